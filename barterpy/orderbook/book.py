"""A price-level order book, kept from snapshots and deltas."""

from itertools import islice
from typing import Generic

from barterpy.errors import BookError, ConfigurationError
from barterpy.model.market import BookDelta, BookSnapshot, Level, Side
from barterpy.model.number import N
from barterpy.orderbook.side import AskSide, BidSide

__all__ = ["OrderBook"]


class OrderBook(Generic[N]):
    """The resting size at each price of one instrument. Not valid before its first snapshot.

    ``venue``, ``epoch``, ``sequence``, ``exchange_at`` and ``received_at`` (int nanoseconds UTC) are those of
    ``last_event``, the last one applied; ``reason`` says why the book is not valid, None while it is.

    :param instrument: the only instrument whose events it takes
    :param venue: the only venue whose events it takes; None for that of the first one
    :param max_depth: levels kept on each side, the best ones; None keeps all. Only for feeds which are themselves cut
        to this depth, as a level dropped here does not come back when a better one leaves

    Every method that reads prices raises :class:`~barterpy.errors.BookError` while the book is not valid;
    :meth:`peek` is the one that does not.
    """

    __slots__ = ("_asks", "_bids", "instrument", "last_event", "max_depth", "reason", "venue")

    def __init__(self, instrument: str, *, venue: str | None = None, max_depth: int | None = None) -> None:
        if max_depth is not None and max_depth < 1:
            raise ConfigurationError(f"max_depth is a number of levels from 1, not {max_depth}")
        self.instrument: str = instrument
        self.venue = venue
        self.max_depth: int | None = max_depth
        self.reason: str | None = "no snapshot yet"
        self._bids: BidSide[N] = BidSide()
        self._asks: AskSide[N] = AskSide()
        self.last_event: BookSnapshot[N] | BookDelta[N] | None = None

    def __repr__(self) -> str:
        state = "valid" if self.reason is None else f"not valid: {self.reason}"
        return f"OrderBook({self.instrument!r}, {len(self._bids)} bids, {len(self._asks)} asks, {state})"

    @property
    def valid(self) -> bool:
        """Whether its prices can be trusted."""
        return self.reason is None

    @property
    def epoch(self) -> int:
        """The life of the connection its last event came on; 0 before the first."""
        return 0 if self.last_event is None else self.last_event.epoch

    @property
    def sequence(self) -> int | None:
        """The venue's number for its last event."""
        return None if self.last_event is None else self.last_event.sequence

    @property
    def exchange_at(self) -> int | None:
        """The venue's time of its last event, int nanoseconds UTC."""
        return None if self.last_event is None else self.last_event.exchange_at

    @property
    def received_at(self) -> int:
        """When its last event was received, int nanoseconds UTC; 0 before the first."""
        return 0 if self.last_event is None else self.last_event.received_at

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
        self._bids = BidSide(snapshot.bids)
        self._asks = AskSide(snapshot.asks)
        self.reason = None
        self.venue = snapshot.venue
        self.last_event = snapshot
        if self.max_depth is not None:
            self.trim(self.max_depth)

    def apply_delta(self, delta: BookDelta[N]) -> None:
        """Set the levels it names to their new total size; zero takes one away, also one that is not there.

        :raises barterpy.errors.BookError: the book is not valid, or the delta is of another instrument or venue
        """
        if self.reason is not None:
            raise BookError(self.instrument, self.reason)
        if delta.instrument != self.instrument or delta.venue != self.venue:
            self._check(delta)
        self.advance(delta)
        if self.max_depth is not None:
            self.trim(self.max_depth)

    def advance(self, delta: BookDelta[N]) -> bool:
        """Like :meth:`apply_delta`, for those who know that the delta is of this book, that the book is valid and that
        it keeps every level; returns whether the book is crossed."""
        if changes := delta.bids:
            self._bids.apply(changes)
        if changes := delta.asks:
            self._asks.apply(changes)
        self.last_event = delta
        bid, ask = self._bids.best, self._asks.best
        return bid is not None and ask is not None and bid >= ask

    def sides(self) -> tuple[BidSide[N], AskSide[N]]:
        """Buyers and sellers as they are kept until the next snapshot, for those who do :meth:`advance`'s work in a
        loop of their own: they set ``last_event`` as well."""
        return self._bids, self._asks

    def trim(self, depth: int) -> tuple[list[N], list[N]]:
        """Keep the best ``depth`` levels of each side; returns the prices of those that fell out, bids and asks."""
        return self._bids.trim(depth), self._asks.trim(depth)

    def invalidate(self, reason: str) -> None:
        """Say that its levels cannot be trusted any more. They stay readable by :meth:`peek`."""
        self.reason = reason

    # Reading it.

    def best_bid(self) -> Level[N] | None:
        """The highest price somebody buys at; None when nobody does."""
        self._trusted()
        return self._bids.first()

    def best_ask(self) -> Level[N] | None:
        """The lowest price somebody sells at; None when nobody does."""
        self._trusted()
        return self._asks.first()

    def bids(self, depth: int | None = None) -> list[Level[N]]:
        """The best ``depth`` levels of buyers, best first; all of them for None."""
        self._trusted()
        return list(islice(self._bids, depth))

    def asks(self, depth: int | None = None) -> list[Level[N]]:
        """The best ``depth`` levels of sellers, best first; all of them for None."""
        self._trusted()
        return list(islice(self._asks, depth))

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
        if self.reason is not None:
            raise BookError(self.instrument, self.reason)
        bid, ask = self._bids.best, self._asks.best
        return bid is not None and ask is not None and bid >= ask

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
            bids=tuple(islice(self._bids, depth)),
            asks=tuple(islice(self._asks, depth)),
            exchange_at=self.exchange_at,
            received_at=self.received_at,
            epoch=self.epoch,
            sequence=self.sequence,
            depth=depth,
        )

    def _trusted(self) -> None:
        if self.reason is not None:
            raise BookError(self.instrument, self.reason)

    def _check(self, event: BookSnapshot[N] | BookDelta[N]) -> None:
        if event.instrument != self.instrument or (self.venue is not None and event.venue != self.venue):
            raise BookError(self.instrument, f"an event of {event.venue} {event.instrument} was applied to it")
