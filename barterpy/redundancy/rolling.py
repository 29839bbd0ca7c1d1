"""A connection and the one that is to replace it: the plan of :mod:`barterpy.redundancy.rollover`, carried out.

The old one may be closed when nothing can be missing then: when the new one has confirmed every subscription and has
every book, and when the two have met on every topic. For what is on its way on the old one, while the new one is
ahead of it, comes nowhere else.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

import anyio

from barterpy.clock import SECOND, WallClock
from barterpy.events import ClosingSoon, Connected, Disconnected, Subscribed, SubscriptionFailed
from barterpy.flow import LIFECYCLE
from barterpy.model.market import BookDelta, BookSnapshot
from barterpy.redundancy.rollover import Rollover, RolloverAction
from barterpy.redundancy.sources import Source

__all__ = ["Rolling"]

Out = TypeVar("Out")


class Rolling(Generic[Out]):
    """The one that carries the stream, and what is heard on both of them."""

    def __init__(self, carrier: Source[Out], plan: Rollover, clock: WallClock, random: Callable[[], float]) -> None:
        self.carrier: Source[Out] = carrier
        self.following: Source[Out] | None = None
        self._plan = plan
        self._clock = clock
        self._random = random
        self._wake = anyio.Event()
        self._topics: set[Hashable] = set()
        self._met: list[Hashable] = []
        # Where more than these two bring the same, what one of them has lost comes on another.
        self._alone = len(carrier.group.plans) == 1
        self._settles_at: int | None = None
        """When the new carrier, alone again, will have reached what the old one had brought."""
        carrier.rolling = self

    async def next_action(self) -> RolloverAction:
        """What the plan wants at its deadline, or nothing when something happened before."""
        times = [at for at in (self._plan.next_deadline(), self._settles_at) if at is not None]
        # A wait too short for the loop's own clock to show would never end.
        wait = max((min(times) - self._clock()) / SECOND, 1e-6) if times else math.inf
        self._wake = anyio.Event()
        with anyio.move_on_after(wait):
            await self._wake.wait()
        now = self._clock()
        if self._settles_at is not None and now >= self._settles_at:
            self._settles_at = None
            if self.following is None and not self.carrier.group.settle(self.carrier):
                self._settle_later(now)
        action = self._plan.handle_deadline(now)
        if action is RolloverAction.CLOSE_OLD:
            told = self._replace()
            await self.carrier.sender.send(told)
        return action

    def begin(self, following: Source[Out]) -> None:
        """The next connection is being opened."""
        self.following = following
        following.rolling = self
        self._settles_at = None
        merging = following.group.merging
        if self._alone and merging is not None:
            merging.on_copy = self._on_copy

    def on_wanted(self, source: Source[Out], names: Sequence[str]) -> None:
        """These were subscribed while the next connection is on its way."""
        for name in names if source is self.following else ():
            self._plan.on_wanted(("subscribed", name))

    def on_events(self, source: Source[Out], events: Sequence[Any]) -> Sequence[Any]:
        """What came on either of the two; gives what there is to say behind it."""
        now = self._clock()
        told: list[Any] = []
        for event in events:
            if type(event) not in LIFECYCLE:
                if source is self.carrier:
                    topic = _topic_of(event)
                    self._topics.add(topic)
                    if self._alone:
                        self._plan.on_wanted(topic)
                elif source is self.following and (not self._alone or _is_book(event)):
                    told += self._seen([_topic_of(event)], now)
            elif isinstance(event, Connected):
                self._plan.on_opened(now, self._random(), self._wanted() if source is self.following else ())
                self._wake.set()
            elif isinstance(event, ClosingSoon) and source is self.carrier:
                self._plan.on_notice(now, 0.0)
                self._wake.set()
            elif isinstance(event, Disconnected):
                self._on_disconnected(source, now)
            elif source is self.following:
                told += self._seen(_confirmed(event), now)
        met, self._met = self._met, []
        return [*told, *self._seen(met, now)] if met else told

    def _on_copy(self, event: Any) -> None:
        if self.following is not None:
            self._met.append(_topic_of(event))

    def on_end(self, source: Source[Out]) -> None:
        """One of the two has ended for good."""
        if source is self.following:
            self.following = None
            self._plan.on_failed(self._clock())
            self._settle_later(self._clock())
        elif source is self.carrier and self.following is not None:
            self._plan.on_lost(self._clock())
            self._promote()
        self._wake.set()

    def _wanted(self) -> set[Hashable]:
        """What must have been seen on the next one before the other is closed."""
        assert self.following is not None
        group = self.carrier.group
        wanted: set[Hashable] = {("subscribed", name) for name in group.wanted}
        wanted.update(("book", instrument) for instrument in group.books)
        return wanted | self._topics

    def _seen(self, topics: Sequence[Hashable], now: int) -> Sequence[Any]:
        for topic in topics:
            if self.following is not None and self._plan.on_topic(topic, now) is RolloverAction.CLOSE_OLD:
                return self._replace()
        return ()

    def _on_disconnected(self, source: Source[Out], now: int) -> None:
        if source is self.carrier:
            self._plan.on_lost(now)
            if self.following is None:
                return  # it is brought back like any other
            # What was to be replaced need not be.
            source.drop()
            self._promote()
        elif source is self.following:
            # It did not last until it took over. The plan asks for another one.
            self.following = None
            source.drop()
            self._plan.on_failed(now)
            self._settle_later(now)
        self._wake.set()

    def _replace(self) -> Sequence[Any]:
        assert self.following is not None
        told = self.carrier.replace(self.following.plan.name)
        self._promote()
        return told

    def _promote(self) -> None:
        assert self.following is not None
        before, self.carrier, self.following = self.carrier, self.following, None
        if not self.carrier.connected:
            # Nobody was there meanwhile: what it brings belongs to the next life.
            supervisor = self.carrier.supervised.supervisor
            supervisor.epoch = max(supervisor.epoch, before.epoch)
        self._settle_later(self._clock())
        self._wake.set()

    def _settle_later(self, now: int) -> None:
        self._topics = set() if not self.carrier.group.always else self._topics
        self._settles_at = now + round(max(self._plan.policy.overlap, 1.0) * SECOND)


def _confirmed(event: Any) -> Sequence[Hashable]:
    if isinstance(event, Subscribed):
        return [("subscribed", name) for name in event.subscriptions]
    if isinstance(event, SubscriptionFailed) and event.final:
        return [("subscribed", event.subscription)]
    return ()


def _is_book(event: Any) -> bool:
    """Whether it is of a whole book, which needs no meeting: a snapshot stands for all that was before it."""
    kind = _type_of(event)
    return kind is BookDelta or (kind is BookSnapshot and event.depth is None)


def _topic_of(event: Any) -> Hashable:
    return ("book" if _is_book(event) else _type_of(event), getattr(event, "instrument", None))


def _type_of(event: object) -> Any:
    return type(event)
