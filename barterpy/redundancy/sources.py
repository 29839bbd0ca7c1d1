"""The connections behind a stream: those which carry the same are a group, and each is on its way into the buffer.

What several connections of a group bring is merged; what a single one brings goes through as it is, and only the places
of its books are noted. So replacing it by another one may begin at any time.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

import anyio

from barterpy.clock import WallClock
from barterpy.connection import Connection
from barterpy.events import BookFailed, Connected, Disconnected, Gap
from barterpy.flow import LIFECYCLE, FlowSender
from barterpy.model.market import BookDelta, BookSnapshot
from barterpy.redundancy.deduplicator import Deduplicator
from barterpy.redundancy.endings import Stage
from barterpy.subscription import Subscription
from barterpy.supervision import Supervisor

if TYPE_CHECKING:
    from barterpy.redundancy.rolling import Rolling

__all__ = ["CopyGroup", "Runner", "Source"]

Out = TypeVar("Out")

_BOOKS: Final = frozenset({BookDelta, BookSnapshot})
_NOTED: Final[frozenset[type[Any]]] = LIFECYCLE | _BOOKS


class Runner(Protocol):
    """What runs a connection: :class:`~barterpy.supervision.SupervisedConnection`."""

    @property
    def supervisor(self) -> Supervisor: ...

    async def run(self) -> None: ...

    def close(self) -> None: ...

    def subscribe(self, *subscriptions: Subscription) -> None: ...

    def unsubscribe(self, *subscriptions: Subscription) -> None: ...


class CopyGroup(Generic[Out]):
    """The connections which carry the same.

    :param plans: the first of them; more may be made by the ``again`` of a plan
    :param always: whether they are merged all the time, and not only while one replaces another
    """

    def __init__(self, name: str, plans: Sequence[Connection[Out]], *, always: bool, window: int) -> None:
        self.name: str = name
        self.plans: Sequence[Connection[Out]] = plans
        self.always: bool = always
        self.window: int = window
        self._own_numbers = plans[0].own_numbers
        self.merging: Deduplicator | None = self._deduplicator() if always else None
        self.running: int = 0
        self.connected: bool = False
        self.sources: list[Source[Out]] = []
        self.books: dict[str, Any] = {}
        """What was yielded last of each whole book, by instrument, while the consumer may believe in it."""
        plan = plans[0]
        self.wanted: dict[str, Subscription | None] = {
            name: None for request in plan.requests for name in request.subscriptions
        }
        self.wanted.update((topic.name, topic) for topic in plan.topics)

    @property
    def topics(self) -> tuple[Subscription, ...]:
        """What a further connection of the group has to subscribe."""
        return tuple(topic for topic in self.wanted.values() if topic is not None)

    def subscribe(self, subscriptions: Sequence[Subscription]) -> None:
        """Every connection of the group is to carry these as well."""
        self.wanted.update((one.name, one) for one in subscriptions)
        for source in self.sources:
            source.supervised.subscribe(*subscriptions)
            if source.rolling is not None:
                source.rolling.on_wanted(source, [one.name for one in subscriptions])

    def unsubscribe(self, subscription: Subscription) -> None:
        """No connection of the group is to carry it any more."""
        self.wanted.pop(subscription.name, None)
        for source in self.sources:
            source.supervised.unsubscribe(subscription)

    def close(self) -> None:
        """End all of its connections in order."""
        for source in self.sources:
            source.supervised.close()

    def merge_from_here(self, source: "Source[Out]") -> None:
        """Another connection is about to bring the same as ``source``, which has been alone."""
        if self.merging is None:
            self.merging = self._deduplicator()
            self.merging.adopt(source.plan.name, source.epoch, self.books.values())

    def settle(self, source: "Source[Out]") -> bool:
        """``source`` is alone again. Whether it has reached all that was yielded, so that nothing needs merging."""
        if self.always or self.merging is None:
            return True
        if not self.merging.settled(source.plan.name):
            return False
        self.merging = None
        return True

    def lose(self, source: "Source[Out]") -> None:
        """``source`` is down: what another one has in common with it comes from it no more."""
        for other in self.sources:
            if other.rolling is not None:
                other.rolling.on_lost(source.plan.name)

    def _deduplicator(self) -> Deduplicator:
        return Deduplicator(window=self.window, own_numbers=self._own_numbers)

    def watch_copies(self) -> None:
        """Note where connections meet, as long as one of them is to be replaced; at other times it is not worth it."""
        if self.merging is not None:
            replacing = any(one.rolling is not None and one.rolling.following is not None for one in self.sources)
            self.merging.on_copy = self._on_copy if replacing else None

    def _on_copy(self, event: Any, first: str, second: str) -> None:
        for source in self.sources:
            if source.rolling is not None and source.plan.name in (first, second):
                source.rolling.on_copy(source, event, first, second)

    def note(self, events: Iterable[Any]) -> None:
        """These are yielded."""
        for event in events:
            kind = _type_of(event)
            if kind is BookDelta or (kind is BookSnapshot and event.depth is None):
                self.books[event.instrument] = event
            elif kind is Gap or kind is BookFailed:
                self.books.pop(event.instrument, None)


class Source(Generic[Out]):
    """One connection, on its way into the buffer. ``supervised`` runs it, and hands what comes to :meth:`emit`."""

    def __init__(
        self, group: CopyGroup[Out], plan: Connection[Out], number: int, sender: FlowSender[Out], clock: WallClock
    ) -> None:
        self.group: CopyGroup[Out] = group
        self.plan: Connection[Out] = plan
        self.number: int = number
        self.sender: FlowSender[Out] = sender
        self.supervised: Runner
        self.stage: Stage = Stage.TRIED
        self.scope: anyio.CancelScope = anyio.CancelScope()
        self.connected: bool = False
        self.ended: bool = False
        self.replaced: bool = False
        self.rolling: Rolling[Out] | None = None
        self._clock = clock
        self._told: Any = None
        self._sending = 0
        group.sources.append(self)

    @property
    def epoch(self) -> int:
        """Of its present connection."""
        return self.supervised.supervisor.epoch

    async def emit(self, events: Sequence[Any]) -> None:
        """Hand over what nobody else has brought yet."""
        # Merged when it takes its place, or one that had a later event could overtake one that had the event before it.
        self._sending += 1  # two of its tasks may be at it
        await self.sender.send(events, self._place)
        self._sending -= 1
        if self.replaced and not self._sending:
            self.scope.cancel()

    def _place(self, events: Sequence[Any]) -> Sequence[Any]:
        if self.replaced:
            return ()
        group, rolling = self.group, self.rolling
        if group.merging is not None:
            return self._merge(group.merging, events)
        # One set lookup an event, in C: this is the way of a stream that merges nothing.
        if not _NOTED.isdisjoint(map(type, events)):
            group.note(events)
            lifecycle = [event for event in events if type(event) in LIFECYCLE]
            if lifecycle:
                self._hear(lifecycle)
                if rolling is not None:
                    events = [*events, *rolling.on_events(self, lifecycle)]
        return events

    def _merge(self, merging: Deduplicator, events: Sequence[Any]) -> Sequence[Any]:
        merged = merging.merge(self.plan.name, events)
        self._hear(events)
        self.group.note(merged)
        if self.rolling is not None:
            merged += self.rolling.on_events(self, events)
        return merged

    def _hear(self, events: Sequence[Any]) -> None:
        self._told = events[-1]
        if not self.connected and any(type(event) is Connected for event in events):
            self.connected = self.group.connected = True
        if Disconnected in map(type, events):
            self.group.lose(self)

    def replace(self, by: str, *, whole: bool) -> Sequence[Any]:
        """Close it, and give what the consumer is to hear of that.

        :param whole: whether it had brought everything that ``by`` does not
        """
        self.drop()
        merging = self.group.merging
        assert merging is not None
        if whole:
            told = self._disconnected(f"replaced by {by}", by=by)
        else:
            told = self._disconnected(f"replaced by {by}, which may not have all that was on its way here")
        events = merging.merge(self.plan.name, [told])
        self.group.note(events)
        self.group.lose(self)
        return events

    def drop(self) -> None:
        """Close it without a word: its end was told, or nobody heard of it."""
        self.replaced = True
        # What it is handing over has been counted as brought, so it must arrive first.
        if not self._sending:
            self.scope.cancel()

    async def give_up(self, error: Exception) -> None:
        """Tell that this connection is not tried again, unless its end was the last that was heard of it."""
        if isinstance(self._told, Disconnected):
            return
        await self.emit([self._disconnected(f"not tried again: {error}", type(error).__name__)])

    def _disconnected(self, reason: str, error: str = "", by: str = "") -> Disconnected:
        return Disconnected(
            venue=self.plan.venue,
            connection=self.plan.name,
            epoch=self.epoch,
            received_at=self._clock(),
            reason=reason,
            error=error,
            replaced_by=by,
        )

    def end(self) -> None:
        """Nothing comes from it any more."""
        self.ended = True
        self.sender.close()
        self.group.sources.remove(self)
        if self.rolling is not None:
            self.rolling.on_end(self)


def _type_of(event: object) -> Any:
    return type(event)
