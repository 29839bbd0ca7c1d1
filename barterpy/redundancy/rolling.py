"""A connection and the one that is to replace it: the plan of :mod:`barterpy.redundancy.rollover`, carried out.

The old one may be closed when nothing can be missing then: when the new one has confirmed every subscription and has
every book, and when the old one has met another on every topic. For what is on its way on the old one comes nowhere
else, as long as nobody has shown to be no further than it. An old one that brings nothing may have nothing to bring, or
be dead without anybody knowing; so it is given the time in which that is found out.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, Generic, TypeVar

import anyio

from barterpy.clock import SECOND
from barterpy.events import ClosingSoon, Connected, Disconnected, Subscribed, SubscriptionFailed
from barterpy.flow import LIFECYCLE
from barterpy.model.market import BookDelta, BookSnapshot, Liquidation, Trade
from barterpy.redundancy.rollover import Rollover, RolloverAction
from barterpy.redundancy.sources import Source
from barterpy.supervision.shared import loop_time

__all__ = ["Rolling"]

Out = TypeVar("Out")

_BOOK: Final = "book"
_ALIVE: Final = ("alive",)
"""Something has come on the old one since the new one is up: seen like a topic."""
_FACTS: Final[frozenset[type[Any]]] = frozenset({Trade, Liquidation})
"""What is lost for good when it is missed; a state is followed by the next."""


class Rolling(Generic[Out]):
    """The one that carries the stream, and what is heard on both of them."""

    def __init__(self, carrier: Source[Out], plan: Rollover, random: Callable[[], float]) -> None:
        self.carrier: Source[Out] = carrier
        self.following: Source[Out] | None = None
        self._plan = plan
        self._random = random
        self._wake = anyio.Event()
        self._topics: set[Hashable] = set()
        """What the carrier has brought."""
        self._ahead: set[Hashable] = set()
        """Of these facts the next one has brought some."""
        self._met: dict[Hashable, str] = {}
        """Where the carrier has met another connection, and which."""
        self._lost: set[str] = set()
        """Those that were lost since the next one was begun: what they brought before proves nothing."""
        self._news: list[Hashable] = []
        self._leaving: set[Source[Out]] = set()
        """Those that are being closed. There are never more than two."""
        self._settles_at: int | None = None
        """When the new carrier, alone again, will have reached what the old one had brought."""
        carrier.rolling = self

    async def next_action(self) -> RolloverAction:
        """What the plan wants at its deadline, or nothing when something happened before, or was done.

        :raises anyio.BrokenResourceError: the consumer has left, or was too slow
        """
        due = None if self._leaving and self.following is None else self._plan.next_deadline()
        times = [at for at in (due, self._settles_at) if at is not None]
        # A wait too short for the loop's own clock to show would never end.
        wait = max((min(times) - loop_time()) / SECOND, 1e-6) if times else math.inf
        self._wake = anyio.Event()
        with anyio.move_on_after(wait):
            await self._wake.wait()
        now = loop_time()
        if self._settles_at is not None and now >= self._settles_at:
            self._settles_at = None
            if self.following is None and not self.carrier.group.settle(self.carrier):
                self._settle_later()
        if self.following is not None:
            # What is told of it takes its place at the moment at which it is so: what the others bring meanwhile is
            # merged either with what the old one had, or without it.
            await self.following.sender.send((), self._overdue)
            return RolloverAction.NOTHING
        return RolloverAction.NOTHING if self._leaving else self._plan.handle_deadline(now)

    def postpone(self) -> None:
        """The next connection cannot even be planned: try again later."""
        self._plan.on_failed(loop_time())

    def begin(self, following: Source[Out]) -> None:
        """The next connection is being opened."""
        self.following = following
        following.rolling = self
        self._settles_at = None
        self._ahead.clear()
        self._met.clear()
        self._lost.clear()
        self._news.clear()
        following.group.watch_copies()

    def on_wanted(self, source: Source[Out], names: Sequence[str]) -> None:
        """These were subscribed while the next connection is on its way."""
        for name in names if source is self.following else ():
            self._plan.on_wanted(("subscribed", name))

    def on_events(self, source: Source[Out], events: Sequence[Any]) -> Sequence[Any]:
        """What came on either of the two; gives what there is to say behind it."""
        if self.following is None and LIFECYCLE.isdisjoint(map(type, events)):
            # The way of nearly everything.
            if source is self.carrier:
                self._topics.update(map(_topic_of, events))
            return ()
        now = loop_time()
        told: list[Any] = []
        for event in events:
            if type(event) not in LIFECYCLE:
                topic = _topic_of(event)
                if source is self.carrier:
                    self._topics.add(topic)
                if self.following is not None:
                    told += self._on_data(source, event, topic, now)
            elif isinstance(event, Connected):
                self._plan.on_opened(now, self._random(), self._wanted() if source is self.following else ())
                self._wake.set()
            elif isinstance(event, ClosingSoon) and source in (self.carrier, self.following):
                self._plan.on_notice(now, 0.0, following=source is self.following)
                self._wake.set()
            elif isinstance(event, Disconnected):
                self._on_disconnected(source, now)
            elif source is self.following:
                told += self._seen(_confirmed(event), now)
        news, self._news = self._news, []
        return [*told, *self._seen(news, now)] if news else told

    def _on_data(self, source: Source[Out], event: Any, topic: tuple[Any, Hashable], now: int) -> Sequence[Any]:
        self._plan.on_wanted(topic)
        if source is self.carrier:
            return self._seen([_ALIVE], now)
        if source is not self.following:
            return ()
        if type(event) in _FACTS:
            self._ahead.add(topic)
        return self._seen([topic], now) if topic[0] is _BOOK else ()

    def on_copy(self, source: Source[Out], event: Any, first: str, second: str) -> None:
        """``source`` and another connection have brought the same: it comes on both from there."""
        other = second if source.plan.name == first else first
        merging = source.group.merging
        if source is not self.carrier or self.following is None or merging is None or other not in merging.up:
            return
        if other == first and other in self._lost:
            return
        topic = _topic_of(event)
        self._met[topic] = other
        self._news.append(topic)

    def on_lost(self, name: str) -> None:
        """The connection of this name is down, and brings nothing more of what was met on it."""
        self._lost.add(name)
        for topic in [topic for topic, other in self._met.items() if other == name]:
            del self._met[topic]
            self._news = [one for one in self._news if one != topic]
            self._plan.on_unseen(topic)

    def on_end(self, source: Source[Out]) -> None:
        """One of the two has ended for good."""
        self._leaving.discard(source)
        if source is self.following:
            self.following = None
            self._plan.on_failed(loop_time())
            self._settle_later()
        elif source is self.carrier and self.following is not None:
            self._plan.on_lost(loop_time())
            self._promote()
        self._wake.set()

    def _wanted(self) -> set[Hashable]:
        """What must have been seen on the next one before the other is closed."""
        assert self.following is not None
        group = self.carrier.group
        wanted: set[Hashable] = {("subscribed", name) for name in group.wanted}
        wanted.update((_BOOK, instrument) for instrument in group.books)
        return wanted | self._topics | {_ALIVE}

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
            self._drop(source)
            self._promote()
        elif source is self.following:
            # It did not last until it took over. The plan asks for another one.
            self.following = None
            self._drop(source)
            self._plan.on_failed(now)
            self._settle_later()
        self._wake.set()

    def _drop(self, source: Source[Out]) -> None:
        self._leaving.add(source)
        source.drop()

    def _overdue(self, _: Sequence[Any]) -> Sequence[Any]:
        return self._replace() if self._plan.handle_deadline(loop_time()) is RolloverAction.CLOSE_OLD else ()

    def _replace(self) -> Sequence[Any]:
        assert self.following is not None
        self._leaving.add(self.carrier)
        told = self.carrier.replace(self.following.plan.name, whole=self._ahead.isdisjoint(self._plan.missing))
        self._promote()
        return told

    def _promote(self) -> None:
        assert self.following is not None
        before, self.carrier, self.following = self.carrier, self.following, None
        if not self.carrier.connected:
            # Nobody was there meanwhile: what it brings belongs to the next life.
            supervisor = self.carrier.supervised.supervisor
            supervisor.epoch = max(supervisor.epoch, before.epoch)
        self._settle_later()
        self._wake.set()

    def _settle_later(self) -> None:
        group = self.carrier.group
        group.watch_copies()
        self._topics = set() if not group.always else self._topics
        self._settles_at = loop_time() + round(max(self._plan.policy.overlap, 1.0) * SECOND)


def _confirmed(event: Any) -> Sequence[Hashable]:
    if isinstance(event, Subscribed):
        return [("subscribed", name) for name in event.subscriptions]
    if isinstance(event, SubscriptionFailed) and event.final:
        return [("subscribed", event.subscription)]
    return ()


def _topic_of(event: Any) -> tuple[Any, Hashable]:
    """What it is of. A whole book needs no meeting: a snapshot stands for all that was before it."""
    kind = _type_of(event)
    book = kind is BookDelta or (kind is BookSnapshot and event.depth is None)
    return (_BOOK if book else kind, getattr(event, "instrument", None))


def _type_of(event: object) -> Any:
    return type(event)
