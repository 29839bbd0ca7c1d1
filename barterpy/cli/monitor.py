"""What is known of each instrument right now: fed with events, read by tables and summaries. No terminal in here."""

from collections import Counter, deque
from collections.abc import Iterable
from decimal import Decimal
from statistics import median
from typing import Any, Final, cast

import msgspec

from barterpy.analytics.liquidity import Spread, Spreads
from barterpy.analytics.volume import AveragePrice, Vwap
from barterpy.events import (
    BookFailed,
    Connected,
    Disconnected,
    Gap,
    LifecycleEvent,
    MessageError,
    Resynced,
    SubscriptionFailed,
)
from barterpy.jsonlines import event_kind
from barterpy.model.market import BookDelta, BookSnapshot, Quote, Trade
from barterpy.orderbook import BookBuilder, OrderBook

__all__ = ["InstrumentView", "Meter", "Monitor", "Note"]

_LIFECYCLE: Final[tuple[type[Any], ...]] = cast("Any", LifecycleEvent).__args__
_LAGS: Final = 512
_LOG: Final = 64
_INSTRUMENTS: Final = 1000


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log that is not an event. ``received_at`` is int nanoseconds UTC."""

    received_at: int
    text: str


class Meter:
    """A rate over the last few seconds. Time is an argument: seconds of a monotonic clock."""

    def __init__(self, seconds: float = 3.0) -> None:
        self.count = 0
        self._seconds = seconds
        self._marks: deque[tuple[float, int]] = deque()

    def rate(self, now: float) -> float:
        """Counts a second, between the calls of the last few seconds."""
        marks = self._marks
        marks.append((now, self.count))
        while len(marks) > 2 and marks[1][0] <= now - self._seconds:
            marks.popleft()
        then, before = marks[0]
        return (self.count - before) / (now - then) if now > then else 0.0


class InstrumentView:
    """One instrument: its last event of each kind and what our own analytics make of them."""

    def __init__(self, instrument: str) -> None:
        self.instrument = instrument
        self.last: dict[type[Any], Any] = {}
        """The last event of each type."""
        self.average: AveragePrice[Decimal] | None = None
        """Volume and VWAP of all trades so far."""
        self.spread: Spread[Decimal] | None = None
        self.book: OrderBook[Decimal] | None = None
        self.gaps = 0
        self.messages: Meter = Meter()
        self._lags: deque[int] = deque(maxlen=_LAGS)
        self._vwap: Vwap[Decimal] = Vwap()
        self._spreads: Spreads[Decimal] = Spreads()

    def lag(self) -> float | None:
        """Median of receipt less exchange time, in nanoseconds, over the last few hundred events."""
        return median(self._lags) if self._lags else None

    def update(self, event: Any) -> None:
        self.messages.count += 1
        self.last[type(event)] = event
        if event.exchange_at is not None and event.received_at:
            self._lags.append(event.received_at - event.exchange_at)
        if isinstance(event, Trade):
            for average in self._vwap.transform(cast("Trade[Decimal]", event), event.received_at):
                self.average = average
        elif isinstance(event, Quote):
            self.measure(cast("Quote[Decimal]", event), event.received_at)

    def measure(self, book: Quote[Decimal] | OrderBook[Decimal], received_at: int) -> None:
        """The spread of what is the best source at hand."""
        self.spread = None
        for spread in self._spreads.transform(book, received_at):
            self.spread = spread


class Monitor:
    """Every instrument of a stream, its books, and what happened to its connections."""

    def __init__(self) -> None:
        self.instruments: dict[str, InstrumentView] = {}
        self.kinds: Counter[str] = Counter()
        """How many events of each kind, by the name their JSON lines have."""
        self.log: deque[Any] = deque(maxlen=_LOG)
        """The last lifecycle events, and notes between them."""
        self.messages: Meter = Meter()
        self.up: dict[str, int] = {}
        """The epoch of each connection that is up."""
        self.reconnections: int = 0
        self.problems: int = 0
        """Messages that could not be understood."""
        self.resynced: int = 0
        self._books: BookBuilder[Decimal] = BookBuilder()

    def update(self, events: Iterable[Any]) -> int:
        """Take a batch. Gives how many of them are data."""
        data = 0
        for event in events:
            self.kinds[event_kind(event)] += 1
            if isinstance(event, _LIFECYCLE):
                self._lifecycle(event)
            else:
                data += 1
                view = self.view(event.instrument)
                if view is not None:
                    view.update(event)
            if isinstance(event, (BookSnapshot, BookDelta, Gap, Disconnected)):
                self._book(event)
        self.messages.count += data
        return data

    def view(self, instrument: str) -> InstrumentView | None:
        """The view of an instrument, made when it is new; None beyond a thousand, which no terminal shows."""
        view = self.instruments.get(instrument)
        if view is None and len(self.instruments) < _INSTRUMENTS:
            view = self.instruments[instrument] = InstrumentView(instrument)
        return view

    def _book(self, event: Any) -> None:
        for book in self._books.transform(event, event.received_at):
            view = self.view(book.instrument)
            if view is not None:
                view.book = book
                view.measure(book, event.received_at)

    def _lifecycle(self, event: Any) -> None:
        self.log.append(event)
        match event:
            case Connected():
                self.up[event.connection] = event.epoch
                self.reconnections += event.epoch > 1
            case Disconnected():
                self.up.pop(event.connection, None)
            case Gap():
                view = self.view(event.instrument)
                if view is not None:
                    view.gaps += 1
            case Resynced():
                self.resynced += 1
            case MessageError() | BookFailed() | SubscriptionFailed():
                self.problems += 1
            case _:
                pass
