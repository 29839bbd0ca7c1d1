"""One stream out of several that carry the same: the first arrival of each event wins, and the others are counted.

Without I/O: it is told which connection an event came on, and says what to yield. See
:mod:`barterpy.redundancy.identity` for when two events are the same, and :mod:`barterpy.redundancy.books` for books.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

import msgspec

from barterpy.errors import ConfigurationError, LimitExceeded
from barterpy.events import BookFailed, Connected, Disconnected, Gap, Resynced
from barterpy.flow import LIFECYCLE
from barterpy.model.market import BookDelta, BookSnapshot
from barterpy.redundancy.books import MergedBook
from barterpy.redundancy.identity import Identity, identify
from barterpy.redundancy.report import RedundancyReport, Tally

__all__ = ["Deduplicator"]


class _First:
    """The first arrival of an event: whose and when; without an id of the venue, how often each connection sent it."""

    __slots__ = ("copies", "number", "received_at", "source", "yielded")

    def __init__(self, source: str, received_at: int, number: int | None, copies: dict[str, int] | None) -> None:
        self.source = source
        self.received_at = received_at
        self.number = number
        self.copies = copies
        self.yielded = 1


class _Series:
    """What is remembered of one kind of event of one instrument."""

    __slots__ = ("floor", "order", "seen")

    def __init__(self) -> None:
        self.seen: dict[Hashable, _First] = {}
        self.floor: int | None = None
        """The highest numeric id that was forgotten: at or below it, new and old cannot be told apart."""
        self.order: Any = None
        """Of states: how new the newest is."""


class Deduplicator:
    """Merges the events of connections which carry the same subscriptions.

    :param window: events remembered for each kind and instrument. A connection that lags by more than this is not
        compared any more: what it brings with a numeric id is dropped as stale, the rest would be yielded again
    :param max_series: kinds of events times instruments, at most
    :param own_numbers: ``sequence`` counts the messages of one connection; it is taken off what is yielded, as it means
        nothing among several
    :raises barterpy.errors.ConfigurationError: a bound below 1

    Of each event the first arrival is yielded, also from a connection that is behind the others if they have missed
    it. Facts (trades, liquidations, closed candles) come whenever they come; states (quotes, tickers, open candles,
    books) never go back in time.

    Events of a connection's life are passed on as they are, with its name, but for those of books: a Gap is told when
    the last connection that had the book has lost it, and a Resynced when one has it again. ``epoch`` of data and of
    gaps counts the lives of the whole: one more each time after all connections were down.
    """

    def __init__(self, *, window: int = 4096, max_series: int = 100_000, own_numbers: bool = False) -> None:
        if window < 1 or max_series < 1:
            raise ConfigurationError("window and max_series are numbers from 1")
        self.epoch: int = 1
        self.up: set[str] = set()
        """The connections that are up."""
        self.on_copy: Callable[[Any, str, str], None] | None = None
        """Called with an event that one connection has brought after another, and with the names of the two, the first
        one first: they have met there."""
        self._down = False
        self._before: str | None = None
        """Whose events were yielded before any were merged: what it begins with is newer than all of these."""
        self._window = window
        self._max_series = max_series
        self._own_numbers = own_numbers
        self._series: dict[Hashable, _Series] = {}
        self._books: dict[tuple[str, str], MergedBook] = {}
        self._tallies: dict[str, Tally] = {}

    def adopt(self, source: str, epoch: int, books: Iterable[BookDelta[Any] | BookSnapshot[Any]]) -> None:
        """The connection ``source`` has been alone until now, and what it brought was yielded.

        :param epoch: of what it brings
        :param books: what was yielded last of each book
        """
        self.up.add(source)
        self.epoch = epoch
        self._before = source
        for last in books:
            self._book(last).adopt(source, None if self._own_numbers else last.sequence)

    def settled(self, source: str) -> bool:
        """Whether the connection ``source``, alone again, has reached everything that was yielded of books."""
        return all(book.settled(source) for book in self._books.values())

    @property
    def report(self) -> RedundancyReport:
        """Who was first, how often and by how much, since the beginning."""
        return RedundancyReport(connections=tuple(tally.report(name) for name, tally in self._tallies.items()))

    def merge(self, source: str, events: Sequence[Any]) -> list[Any]:
        """What of these events, which came on the connection ``source``, is to be yielded, in order.

        :raises barterpy.errors.LimitExceeded: more than ``max_series``
        """
        tally = self._tallies.get(source)
        if tally is None:
            tally = self._tallies[source] = Tally()
        merged: list[Any] = []
        if self._own_numbers:
            events = [_unnumbered(event) for event in events]
        for kind, event in zip(map(type, events), events, strict=True):
            if kind in LIFECYCLE:
                merged += self._on_lifecycle(source, event)
            elif kind is BookDelta:
                if self._book(event).on_delta(source, event):
                    merged.append(self._first(source, tally, event))
                else:
                    self._late(source, tally, event)
            elif kind is BookSnapshot and event.depth is None:
                outputs = self._book(event).on_snapshot(source, event)
                for output in outputs:
                    merged.append(self._lived(output))
                if outputs:
                    tally.won += 1
                else:
                    tally.late += 1
            elif self._is_new(source, tally, event):
                merged.append(self._lived(event))
        return merged

    # Lives.

    def _lived(self, event: Any) -> Any:
        """The event with the epoch of the whole: of connections with lives of their own, a reader of books could not
        tell which one an event belongs to."""
        if getattr(event, "epoch", self.epoch) == self.epoch:
            return event
        return msgspec.structs.replace(event, epoch=self.epoch)

    def _on_lifecycle(self, source: str, event: Any) -> list[Any]:
        if isinstance(event, Connected):
            self.up.add(source)
            if self._down:
                self._down = False
                self.epoch += 1
                # A venue that was away may count anew.
                for series in self._series.values():
                    series.floor = series.order = None
        elif isinstance(event, Disconnected):
            self.up.discard(source)
            self._down = not self.up
            return [event, *self._lose_books(source, event.received_at)]
        elif isinstance(event, Gap):
            return [self._lived(gap) for gap in self._book(event).on_gap(source, event)]
        elif isinstance(event, BookFailed):
            return [] if self._book(event).held else [self._lived(event)]
        elif isinstance(event, Resynced):
            return []  # told with the snapshot behind it, if the consumer knows of a gap
        return [event]

    def _lose_books(self, source: str, now: int) -> list[Any]:
        return [
            self._lived(output)
            for (venue, instrument), book in self._books.items()
            for output in book.on_lost(source, venue, instrument, self.epoch, now)
        ]

    # Data.

    def _book(self, event: Any) -> MergedBook:
        book = self._books.get((event.venue, event.instrument))
        if book is None:
            self._count()
            book = self._books[event.venue, event.instrument] = MergedBook()
        return book

    def _is_new(self, source: str, tally: Tally, event: Any) -> bool:
        identity = identify(event)
        if identity is None:
            tally.won += 1
            return True
        series = self._series.get(identity.series)
        if series is None:
            self._count()
            series = self._series[identity.series] = _Series()
            if source == self._before and identity.number is not None:
                series.floor = identity.number - 1
        first = series.seen.get(identity.id)
        if first is not None:
            return self._again(source, tally, event, first)
        stale = identity.number is not None and series.floor is not None and identity.number <= series.floor
        if identity.order is not None:
            stale = stale or (series.order is not None and identity.order < series.order)
            if not stale:
                series.order = identity.order
        if stale:
            tally.stale += 1
            return False
        self._remember(series, identity, source, getattr(event, "received_at", 0))
        tally.won += 1
        return True

    def _again(self, source: str, tally: Tally, event: Any, first: _First) -> bool:
        """Whether an event that was seen before is nevertheless another one: one without an id of its own, of which
        this connection has sent more than were yielded."""
        if first.copies is not None:
            copies = first.copies[source] = first.copies.get(source, 0) + 1
            if copies > first.yielded:
                first.yielded = copies
                tally.won += 1
                return True
        tally.late += 1
        if first.source != source:
            self._tallies[first.source].leads.observe(getattr(event, "received_at", 0) - first.received_at)
            if self.on_copy is not None:
                self.on_copy(event, first.source, source)
        return False

    def _first(self, source: str, tally: Tally, delta: BookDelta[Any]) -> Any:
        tally.won += 1
        if delta.sequence is not None:
            identity = Identity((BookDelta, delta.venue, delta.instrument), delta.sequence)
            series = self._series.get(identity.series)
            if series is None:
                self._count()
                series = self._series[identity.series] = _Series()
            self._remember(series, identity, source, delta.received_at)
        return self._lived(delta)

    def _late(self, source: str, tally: Tally, delta: BookDelta[Any]) -> None:
        series = self._series.get((BookDelta, delta.venue, delta.instrument))
        first = None if series is None else series.seen.get(delta.sequence)
        if first is None:
            tally.stale += 1
        else:
            self._again(source, tally, delta, first)

    def _remember(self, series: _Series, identity: Identity, source: str, received_at: int) -> None:
        seen = series.seen
        seen[identity.id] = _First(source, received_at, identity.number, None if identity.exact else {source: 1})
        if len(seen) > self._window:
            forgotten = seen.pop(next(iter(seen)))
            if forgotten.number is not None and (series.floor is None or forgotten.number > series.floor):
                series.floor = forgotten.number

    def _count(self) -> None:
        count = len(self._series) + len(self._books)
        if count >= self._max_series:
            raise LimitExceeded("max_series", self._max_series, count + 1)


def _unnumbered(event: Any) -> Any:
    return event if getattr(event, "sequence", None) is None else msgspec.structs.replace(event, sequence=None)
