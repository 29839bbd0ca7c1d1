"""A price-level order book, kept from snapshots and deltas, and the transformer that keeps one for each instrument.

A book is either valid or says so: reading the prices of one that is not raises, so that nobody trades on levels that
were true before a gap. Sequencing and checksums are a venue's rule and live with the venue; what arrives here is in
order already, with :class:`~barterpy.events.Gap` and :class:`~barterpy.events.Disconnected` where it is not.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, Generic, cast

from barterpy.errors import BookError, ConfigurationError, LimitExceeded
from barterpy.events import Disconnected, Gap
from barterpy.model.market import BookDelta, BookSnapshot, Level, Side
from barterpy.model.number import N

__all__ = ["BookBuilder", "OrderBook"]


class OrderBook(Generic[N]):
    """The resting size at each price of one instrument. Not valid before its first snapshot.

    ``venue``, ``epoch``, ``sequence``, ``exchange_at`` and ``received_at`` (int nanoseconds UTC) are those of the last
    event applied; ``reason`` says why the book is not valid, None while it is.

    :param instrument: the only instrument whose events it takes
    :param venue: the only venue whose events it takes; None for that of the first one
    :param max_depth: levels kept on each side, the best ones; None keeps all. Only for feeds which are themselves cut
        to this depth, as a level dropped here does not come back when a better one leaves

    Every method that reads prices raises :class:`~barterpy.errors.BookError` while the book is not valid;
    :meth:`peek` is the one that does not.
    """

    __slots__ = (
        "_ask_keys",
        "_asks",
        "_bid_keys",
        "_bids",
        "epoch",
        "exchange_at",
        "instrument",
        "max_depth",
        "reason",
        "received_at",
        "sequence",
        "venue",
    )

    def __init__(self, instrument: str, *, venue: str | None = None, max_depth: int | None = None) -> None:
        if max_depth is not None and max_depth < 1:
            raise ConfigurationError(f"max_depth is a number of levels from 1, not {max_depth}")
        self.instrument: str = instrument
        self.venue = venue
        self.max_depth: int | None = max_depth
        self.epoch: int = 0
        self.sequence: int | None = None
        self.exchange_at: int | None = None
        self.received_at: int = 0
        self.reason: str | None = "no snapshot yet"
        # Keys are sorted so that the best level of either side is the LAST one, where most changes happen and a list
        # inserts for nearly nothing: bids by price, asks by the negated price.
        self._bids: dict[N, Level[N]] = {}
        self._asks: dict[N, Level[N]] = {}
        self._bid_keys: list[N] = []
        self._ask_keys: list[N] = []

    def __repr__(self) -> str:
        state = "valid" if self.reason is None else f"not valid: {self.reason}"
        return f"OrderBook({self.instrument!r}, {len(self._bids)} bids, {len(self._asks)} asks, {state})"

    @property
    def valid(self) -> bool:
        """Whether its prices can be trusted."""
        return self.reason is None

    # Changing it.

    def apply(self, event: BookSnapshot[N] | BookDelta[N]) -> None:
        """Apply whichever of the two it is; see :meth:`apply_snapshot` and :meth:`apply_delta`."""
        if isinstance(event, BookDelta):
            self.apply_delta(event)
        else:
            self.apply_snapshot(event)

    def apply_snapshot(self, snapshot: BookSnapshot[N]) -> None:
        """Replace everything known; the book is valid from here on.

        :raises barterpy.errors.BookError: it is of another instrument or venue; the book is unchanged
        """
        self._check(snapshot)
        self._bids = {level.price: level for level in snapshot.bids if level.size}
        self._asks = {level.price: level for level in snapshot.asks if level.size}
        self._bid_keys = sorted(self._bids)
        self._ask_keys = sorted(map(_negated, self._asks))
        self.reason = None
        self._stamp(snapshot)

    def apply_delta(self, delta: BookDelta[N]) -> None:
        """Set the levels it names to their new total size; zero takes one away, also one that is not there.

        :raises barterpy.errors.BookError: the book is not valid, or the delta is of another instrument or venue
        """
        if self.reason is not None:
            raise BookError(self.instrument, self.reason)
        self._check(delta)
        if delta.bids:
            _update(self._bids, self._bid_keys, delta.bids, None)
        if delta.asks:
            _update(self._asks, self._ask_keys, delta.asks, _negated)
        self._stamp(delta)

    def invalidate(self, reason: str) -> None:
        """Say that its levels cannot be trusted any more. They stay readable by :meth:`peek`."""
        self.reason = reason

    # Reading it.

    def best_bid(self) -> Level[N] | None:
        """The highest price somebody buys at; None when nobody does."""
        self._trusted()
        return self._bids[self._bid_keys[-1]] if self._bid_keys else None

    def best_ask(self) -> Level[N] | None:
        """The lowest price somebody sells at; None when nobody does."""
        self._trusted()
        return self._asks[_negated(self._ask_keys[-1])] if self._ask_keys else None

    def bids(self, depth: int | None = None) -> list[Level[N]]:
        """The best ``depth`` levels of buyers, best first; all of them for None."""
        self._trusted()
        return self._best_bids(depth)

    def asks(self, depth: int | None = None) -> list[Level[N]]:
        """The best ``depth`` levels of sellers, best first; all of them for None."""
        self._trusted()
        return self._best_asks(depth)

    def size_at(self, side: Side, price: N) -> N | None:
        """The size resting at exactly ``price`` on the side of buyers or sellers; None when there is none."""
        self._trusted()
        level = (self._bids if side is Side.BUY else self._asks).get(price)
        return None if level is None else level.size

    def mid_price(self) -> N | None:
        """Half way between best bid and best ask, in the quote asset; None unless both sides have orders."""
        bid, ask = self.best_bid(), self.best_ask()
        return None if bid is None or ask is None else (bid.price + ask.price) / 2

    def spread(self) -> N | None:
        """Best ask less best bid, in the quote asset; None unless both sides have orders."""
        bid, ask = self.best_bid(), self.best_ask()
        return None if bid is None or ask is None else ask.price - bid.price

    def micro_price(self) -> N | None:
        """The mid price leaning to the side with less size: each best price weighted by the size on the other side.

        None unless both sides have orders.
        """
        bid, ask = self.best_bid(), self.best_ask()
        if bid is None or ask is None:
            return None
        return (bid.price * ask.size + ask.price * bid.size) / (bid.size + ask.size)

    def imbalance(self, depth: int = 1) -> N | None:
        """(bid size - ask size) / (bid size + ask size) over the best ``depth`` levels: from -1, only sellers, to 1.

        None when the book is empty.
        """
        bid_sizes = [level.size for level in self.bids(depth)]
        ask_sizes = [level.size for level in self.asks(depth)]
        if not bid_sizes and not ask_sizes:
            return None
        zero = (bid_sizes or ask_sizes)[0] * 0
        buying, selling = sum(bid_sizes, zero), sum(ask_sizes, zero)
        return (buying - selling) / (buying + selling)

    def crossed(self) -> bool:
        """Whether the best bid is at or above the best ask, which no venue matches to: the book has gone wrong."""
        bid, ask = self.best_bid(), self.best_ask()
        return bid is not None and ask is not None and bid.price >= ask.price

    def snapshot(self, depth: int | None = None) -> BookSnapshot[N]:
        """The book as an event of its own, unchanged by what happens to the book later.

        :param depth: levels a side; all of them for None
        """
        self._trusted()
        return self.peek(depth)

    def peek(self, depth: int | None = None) -> BookSnapshot[N]:
        """The last known levels, trustworthy or not."""
        return BookSnapshot(
            venue=self.venue or "",
            instrument=self.instrument,
            bids=tuple(self._best_bids(depth)),
            asks=tuple(self._best_asks(depth)),
            exchange_at=self.exchange_at,
            received_at=self.received_at,
            epoch=self.epoch,
            sequence=self.sequence,
            depth=depth,
        )

    def _best_bids(self, depth: int | None) -> list[Level[N]]:
        levels = self._bids
        return [levels[key] for key in _last(self._bid_keys, depth)]

    def _best_asks(self, depth: int | None) -> list[Level[N]]:
        levels = self._asks
        return [levels[_negated(key)] for key in _last(self._ask_keys, depth)]

    def _trusted(self) -> None:
        if self.reason is not None:
            raise BookError(self.instrument, self.reason)

    def _check(self, event: BookSnapshot[N] | BookDelta[N]) -> None:
        if event.instrument != self.instrument or (self.venue is not None and event.venue != self.venue):
            raise BookError(self.instrument, f"an event of {event.venue} {event.instrument} was applied to it")

    def _stamp(self, event: BookSnapshot[N] | BookDelta[N]) -> None:
        self.venue = event.venue
        self.epoch = event.epoch
        self.sequence = event.sequence
        self.exchange_at = event.exchange_at
        self.received_at = event.received_at
        if self.max_depth is not None:
            for key in _cut(self._bid_keys, self.max_depth):
                del self._bids[key]
            for key in _cut(self._ask_keys, self.max_depth):
                del self._asks[_negated(key)]


class BookBuilder(Generic[N]):
    """Keeps the books of all instruments it sees: book events in, the changed book out.

    What it yields is the live book, shared and changed by later events: take :meth:`OrderBook.snapshot` to keep it. A
    book comes out after each snapshot and delta, and once when it stops being valid; ask :attr:`OrderBook.valid`.
    Events that are not about books are ignored, as are deltas of a book that is not valid.

    :param max_depth: see :class:`OrderBook`
    :param max_books: books it keeps at most
    """

    def __init__(self, *, max_depth: int | None = None, max_books: int = 10_000) -> None:
        self.books: dict[tuple[str, str], OrderBook[N]] = {}
        """Every book by venue and instrument."""
        self._max_depth = max_depth
        self._max_books = max_books
        self._suspended: set[tuple[str, str]] = set()

    def transform(self, message: object, received_at: int, /) -> Iterable[OrderBook[N]]:
        """The books this event changed.

        :raises barterpy.errors.LimitExceeded: more than ``max_books`` instruments
        """
        if isinstance(message, BookDelta):
            return self._delta(cast("BookDelta[N]", message))
        if isinstance(message, BookSnapshot):
            return self._snapshot(cast("BookSnapshot[N]", message))
        if isinstance(message, Gap):
            return self._gap(message)
        if isinstance(message, Disconnected):
            return self._disconnected(message)
        return ()

    def save_state(self) -> Any:
        return [(book.peek(), book.reason, key in self._suspended) for key, book in self.books.items()]

    def restore_state(self, state: Any) -> None:
        self.books.clear()
        self._suspended.clear()
        for snapshot, reason, suspended in state:
            (book,) = self._snapshot(snapshot)
            book.reason = reason
            if suspended:
                self._suspended.add((snapshot.venue, snapshot.instrument))

    def _delta(self, delta: BookDelta[N]) -> Iterable[OrderBook[N]]:
        key = (delta.venue, delta.instrument)
        book = self.books.get(key)
        if book is None:
            return ()
        if book.reason is not None:
            if key not in self._suspended or delta.epoch != book.epoch:
                return ()
            # Some connection of the venue ended in this epoch and it was not this book's, or nothing would have
            # followed on it: what the book holds is whole.
            self._suspended.discard(key)
            book.reason = None
        book.apply_delta(delta)
        return (book,)

    def _snapshot(self, snapshot: BookSnapshot[N]) -> Sequence[OrderBook[N]]:
        key = (snapshot.venue, snapshot.instrument)
        book = self.books.get(key)
        if book is None:
            if len(self.books) >= self._max_books:
                raise LimitExceeded("max_books", self._max_books, len(self.books) + 1)
            book = self.books[key] = OrderBook(snapshot.instrument, venue=snapshot.venue, max_depth=self._max_depth)
        self._suspended.discard(key)
        book.apply_snapshot(snapshot)
        return (book,)

    def _gap(self, gap: Gap) -> Iterable[OrderBook[N]]:
        key = (gap.venue, gap.instrument)
        self._suspended.discard(key)
        book = self.books.get(key)
        if book is None or book.reason is not None:
            return ()
        book.invalidate(f"gap: {gap.reason}")
        return (book,)

    def _disconnected(self, event: Disconnected) -> Iterable[OrderBook[N]]:
        # The event does not say which instruments its connection carried; a venue may have several connections. Each
        # book of this epoch is in doubt until a delta of the same epoch shows that its connection still lives.
        ended: list[OrderBook[N]] = []
        for key, book in self.books.items():
            if book.venue == event.venue and book.epoch == event.epoch and book.reason is None:
                book.invalidate(f"disconnected: {event.reason}")
                self._suspended.add(key)
                ended.append(book)
        return ended


def _negated(number: N) -> N:
    # The operator would round a Decimal to the current context; a key must stay exact.
    exact: Any = number
    return cast("N", exact.copy_negate() if isinstance(exact, Decimal) else -exact)


def _update(
    levels: dict[N, Level[N]], keys: list[N], changes: Iterable[Level[N]], negate: Callable[[N], N] | None
) -> None:
    # The hot loop: a changed level costs one hash, and only a new or a leaving one touches the sorted keys.
    count = len(levels)
    for level in changes:
        price, size = level
        if size:
            levels[price] = level
            if len(levels) != count:
                count += 1
                insort(keys, price if negate is None else negate(price))
        elif levels.pop(price, None) is not None:
            count -= 1
            del keys[bisect_left(keys, price if negate is None else negate(price))]


def _last(keys: list[N], depth: int | None) -> list[N]:
    best = keys[:] if depth is None else keys[-depth:] if depth > 0 else []
    best.reverse()
    return best


def _cut(keys: list[N], depth: int) -> list[N]:
    excess = keys[: len(keys) - depth] if len(keys) > depth else []
    del keys[: len(excess)]
    return excess
