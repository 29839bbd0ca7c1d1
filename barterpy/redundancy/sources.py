"""The connections behind a redundant stream: each on its way into the buffer, with the one that is to replace it."""

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

import anyio

from barterpy.clock import SECOND, WallClock
from barterpy.connection import Connection
from barterpy.events import ClosingSoon, Connected, Disconnected
from barterpy.flow import LIFECYCLE, FlowSender
from barterpy.redundancy.deduplicator import Deduplicator
from barterpy.redundancy.rollover import Rollover, RolloverAction

__all__ = ["Group", "Rolling", "Source"]

Out = TypeVar("Out")


class Group:
    """The connections which carry the same, and what merges them."""

    def __init__(self, plans: Sequence[Connection[Any]], merging: Deduplicator) -> None:
        self.plans = plans
        self.merging = merging
        self.running = 0
        self.connected: bool = False


class Source(Generic[Out]):
    """One connection, on its way into the buffer."""

    def __init__(
        self, group: Group, plan: Connection[Out], number: int, sender: FlowSender[Out], clock: WallClock
    ) -> None:
        self.group = group
        self.plan = plan
        self.number = number
        self.sender = sender
        self.scope: anyio.CancelScope = anyio.CancelScope()
        self.connected: bool = False
        self.ended: bool = False
        self.replaced: bool = False
        self.rolling: Rolling[Out] | None = None
        self._clock = clock
        self._told: Any = None

    async def emit(self, events: Sequence[Any]) -> None:
        """Hand over what nobody else has brought yet."""
        # Merged when it takes its place, or one that had a later event could overtake one that had the event before it.
        if self.rolling is None:
            await self.sender.send(events, self._merge)
            return
        # What counts as brought must arrive, though the connection is closed at this moment.
        with anyio.CancelScope(shield=True):
            await self.sender.send(events, self._merge)

    def _merge(self, events: Sequence[Any]) -> Sequence[Any]:
        if self.replaced:
            return ()
        merging = self.group.merging
        merged = merging.merge(self.plan.name, events)
        if self.plan.name in merging.up:
            self.connected = self.group.connected = True
        self._told = events[-1]
        if self.rolling is not None:
            merged += self.rolling.on_events(self, events)
        return merged

    def replace(self, by: str) -> Sequence[Any]:
        """Close it, and give what the consumer is to hear of that."""
        self.replaced = True
        self.scope.cancel()
        event = self._disconnected(f"replaced by {by}")
        return self.group.merging.merge(self.plan.name, [event])

    async def give_up(self, error: Exception) -> None:
        """Tell that this connection is not tried again, unless its end was the last that was heard of it."""
        if isinstance(self._told, Disconnected):
            return
        await self.emit([self._disconnected(f"not tried again: {error}", type(error).__name__)])

    def _disconnected(self, reason: str, error: str = "") -> Disconnected:
        return Disconnected(
            venue=self.plan.venue,
            connection=self.plan.name,
            epoch=getattr(self._told, "epoch", 0),
            received_at=self._clock(),
            reason=reason,
            error=error,
        )

    def end(self) -> None:
        """Nothing comes from it any more."""
        self.ended = True
        self.sender.close()
        if self.rolling is not None:
            self.rolling.on_end(self)


class Rolling(Generic[Out]):
    """A connection and the one that is to replace it, and the plan for both."""

    def __init__(self, carrier: Source[Out], plan: Rollover, clock: WallClock, random: Callable[[], float]) -> None:
        self.carrier: Source[Out] = carrier
        self.following: Source[Out] | None = None
        self._plan = plan
        self._clock = clock
        self._random = random
        self._wake = anyio.Event()
        self._topics: set[Hashable] = set()
        carrier.rolling = self

    async def next_action(self) -> RolloverAction:
        """What the plan wants at its deadline, or nothing when something happened before."""
        deadline = self._plan.next_deadline()
        # A wait too short for the loop's own clock to show would never end.
        wait = math.inf if deadline is None else max((deadline - self._clock()) / SECOND, 1e-6)
        self._wake = anyio.Event()
        with anyio.move_on_after(wait):
            await self._wake.wait()
        action = self._plan.handle_deadline(self._clock())
        if action is RolloverAction.CLOSE_OLD:
            told = self._replace()
            await self.carrier.sender.send(told)
        return action

    def begin(self, following: Source[Out]) -> None:
        """The next connection is being opened."""
        self.following = following
        following.rolling = self

    def on_events(self, source: Source[Out], events: Sequence[Any]) -> Sequence[Any]:
        """What came on either of the two; gives what there is to say behind it."""
        now = self._clock()
        told: list[Any] = []
        for event in events:
            if type(event) not in LIFECYCLE:
                topic: Hashable = (_type_of(event), getattr(event, "instrument", None))
                if source is self.carrier:
                    self._topics.add(topic)
                elif self._plan.on_topic(topic, now) is RolloverAction.CLOSE_OLD:
                    told += self._replace()
            elif isinstance(event, Connected):
                self._plan.on_opened(now, self._random(), self._topics)
                self._wake.set()
            elif isinstance(event, ClosingSoon) and source is self.carrier:
                self._plan.on_notice(now, 0.0)
                self._wake.set()
            elif isinstance(event, Disconnected):
                self._on_disconnected(source, now)
        return told

    def on_end(self, source: Source[Out]) -> None:
        """One of the two has ended for good."""
        if source is self.following:
            self.following = None
            self._plan.on_failed(self._clock())
        elif source is self.carrier and self.following is not None:
            self._plan.on_lost(self._clock())
            self._promote()
        self._wake.set()

    def _on_disconnected(self, source: Source[Out], now: int) -> None:
        if source is self.carrier:
            self._plan.on_lost(now)
            if self.following is None:
                return  # it is brought back like any other
            # What was to be replaced need not be.
            source.scope.cancel()
            self._promote()
        elif source is self.following:
            # It did not last until it took over. The plan asks for another one.
            self.following = None
            source.scope.cancel()
            self._plan.on_failed(now)
        self._wake.set()

    def _replace(self) -> Sequence[Any]:
        assert self.following is not None
        told = self.carrier.replace(self.following.plan.name)
        self._promote()
        return told

    def _promote(self) -> None:
        assert self.following is not None
        self.carrier, self.following = self.following, None
        self._wake.set()


def _type_of(event: object) -> Any:
    return type(event)
