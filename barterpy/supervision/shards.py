"""Shards: which connection carries which topic, by what the venue allows. No I/O, no time.

    Shards.hold     a connection there is, and what it carries
    Shards.place    where new subscriptions would go: on connections with room, and the rest on further ones
    Shards.fill     they have gone there
    Shards.leave    they are gone; says which connections carry nothing any more
    split           the same from nothing: subscriptions to the connections they need

What has a place keeps it: nothing is ever moved from one connection to another.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, final

import msgspec

from barterpy.connection import Room, ShardLimits, Slot
from barterpy.errors import ConfigurationError
from barterpy.subscription import Subscription

__all__ = ["Placement", "Shards", "split"]

_NO_ROOM: Final = "connections are more than the venue allows at a time,"


class Placement(msgspec.Struct, frozen=True):
    """Where subscriptions go: ``fills`` by the name of a connection, and ``rest`` on further ones."""

    fills: Mapping[str, tuple[Subscription, ...]]
    rest: tuple[Subscription, ...]


@final
class _Shard:
    """One connection: its topics, each with the names of the subscriptions it serves."""

    def __init__(self, room: Room) -> None:
        self.room: Room = room
        self.topics: dict[str, tuple[Slot, set[str]]] = {}
        self.counts: Counter[str] = Counter()

    def copy(self) -> "_Shard":
        other = _Shard(self.room)
        other.topics = {topic: (slot, set(names)) for topic, (slot, names) in self.topics.items()}
        other.counts = self.counts.copy()
        return other

    def takes(self, slot: Slot) -> bool:
        """Whether a subscription with this slot may be carried here."""
        if slot.family != self.room.family:
            return False
        if slot.topic in self.topics:
            return True
        limits = self.room.limits
        of_channel = limits.channels.get(slot.channel)
        return (limits.topics is None or len(self.topics) < limits.topics) and (
            of_channel is None or self.counts[slot.channel] < of_channel
        )

    def put(self, name: str, slot: Slot) -> None:
        known = self.topics.get(slot.topic)
        if known is None:
            self.topics[slot.topic] = slot, {name}
            self.counts[slot.channel] += 1
        else:
            known[1].add(name)

    def drop(self, name: str) -> None:
        for topic, (slot, names) in self.topics.items():
            if name in names:
                names.discard(name)
                if not names:
                    del self.topics[topic]
                    self.counts[slot.channel] -= 1
                return


@final
class Shards:
    """The connections of one stream. Each is known by its name; those held without a room are never filled.

    :param copies: how many connections there are of each
    """

    def __init__(self, copies: int = 1) -> None:
        self._copies = copies
        self._shards: dict[str, _Shard | None] = {}

    def __len__(self) -> int:
        return len(self._shards)

    def topics(self, name: str) -> Sequence[str]:
        """What the connection of this name carries, as the venue counts it."""
        shard = self._shards[name]
        return () if shard is None else tuple(shard.topics)

    def hold(self, name: str, room: Room | None, subscriptions: Sequence[Subscription]) -> None:
        """There is a connection of this name, made for these; without ``room`` nothing more goes there."""
        shard = None if room is None else _Shard(room)
        self._shards[name] = shard
        if shard is not None:
            for subscription in subscriptions:
                shard.put(subscription.name, shard.room.slot(subscription))

    def close(self, name: str) -> None:
        """The connection of this name is no more."""
        self._shards.pop(name, None)

    def place(self, subscriptions: Sequence[Subscription]) -> Placement:
        """Where these would go: to the connection that carries their topic already, else to the first with room.
        Nothing changes.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; the text names it
        """
        trial = {name: shard.copy() for name, shard in self._shards.items() if shard is not None}
        fills: dict[str, list[Subscription]] = {}
        rest: list[Subscription] = []
        for subscription in subscriptions:
            name = _choose(subscription, trial)
            if name is None:
                rest.append(subscription)
            else:
                fills.setdefault(name, []).append(subscription)
        return Placement({name: tuple(members) for name, members in fills.items()}, tuple(rest))

    def check(self, further: Sequence[Room | None], replacing: Mapping[str, int] | None = None) -> None:
        """Whether so many further connections may be made.

        :param replacing: how many there are, or are to be, beside those of a name until they have replaced them
        :raises barterpy.errors.ConfigurationError: the venue allows fewer; ``retryable`` where it would allow them as
            soon as nothing is replaced any more
        """
        rooms = {name: None if shard is None else shard.room for name, shard in self._shards.items()}
        lasting = [*rooms.values(), *further] * self._copies
        passing = [room for name, room in rooms.items() for _ in range((replacing or {}).get(name, 0))]
        problem = _too_many([*lasting, *passing]) if further or passing else ""
        if not problem:
            return
        error = ConfigurationError(problem)
        if passing and not _too_many(lasting):
            error = ConfigurationError(f"{problem}; {len(passing)} of them until they have replaced others")
            error.retryable, error.fatal = True, False
        raise error

    def fill(self, placement: Placement) -> None:
        """What was placed is there now, but for the rest, whose connections are to be held."""
        for name, subscriptions in placement.fills.items():
            shard = self._shards[name]
            assert shard is not None
            for subscription in subscriptions:
                shard.put(subscription.name, shard.room.slot(subscription))

    def leave(self, name: str, subscription: str) -> bool:
        """The subscription of this name has ended on the connection. Whether that carries nothing any more; where its
        room is not known, False."""
        shard = self._shards.get(name)
        if shard is None:
            return False
        shard.drop(subscription)
        return not shard.topics


def split(
    subscriptions: Sequence[Subscription], slot: Callable[[Subscription], Slot], limits: ShardLimits
) -> list[tuple[Room, tuple[Subscription, ...]]]:
    """The connections these need, as few as the limits allow, each filled in order; what is asked twice is there once.

    :raises barterpy.errors.ConfigurationError: the venue does not offer one of them, or not so many connections
    """
    trial: dict[str, _Shard] = {}
    members: dict[str, list[Subscription]] = {}
    for subscription in dict.fromkeys(subscriptions):
        name = _choose(subscription, trial)
        if name is None:
            name = str(len(trial))
            found = slot(subscription)
            shard = trial[name] = _Shard(Room(limits=limits, slot=slot, family=found.family))
            shard.put(subscription.name, found)
        members.setdefault(name, []).append(subscription)
    problem = _too_many([shard.room for shard in trial.values()])
    if problem:
        raise ConfigurationError(problem)
    return [(shard.room, tuple(members[name])) for name, shard in trial.items()]


def _choose(subscription: Subscription, shards: Mapping[str, _Shard]) -> str | None:
    """Put it on the shard that has its topic, or else on the first that takes it."""
    first: tuple[str, Slot] | None = None
    slots: dict[Callable[[Subscription], Slot], Slot] = {}  # connections of one venue share the function
    for name, shard in shards.items():
        slot = slots.get(shard.room.slot)
        if slot is None:
            slot = slots[shard.room.slot] = shard.room.slot(subscription)
        if shard.takes(slot):
            if slot.topic in shard.topics:
                shard.put(subscription.name, slot)
                return name
            first = first or (name, slot)
    if first is None:
        return None
    shards[first[0]].put(subscription.name, first[1])
    return first[0]


def _too_many(rooms: Sequence[Room | None]) -> str:
    """Which limit so many connections are past, in words; empty for none."""
    known = [room for room in rooms if room is not None]
    most = min((room.limits.connections for room in known if room.limits.connections is not None), default=None)
    if most is not None and len(rooms) > most:
        return f"{len(rooms)} {_NO_ROOM} {most}"
    for family, count in Counter(room.family for room in known).items():
        of_family = (room.limits.families.get(family) for room in known if room.family == family)
        most = min((limit for limit in of_family if limit is not None), default=None)
        if most is not None and count > most:
            return f"{count} {family} {_NO_ROOM} {most}"
    return ""
