"""A book that its venue sends crossed, and the view of it that is not.

dYdX: an order that lives for some blocks only is in the memory of the validators, and the Indexer merges what it hears
of them: for a moment a bid may stand at or above an ask. Neither is matched, one of them is old. The documentation's
recipe ("How to uncross the orderbook", docs.dydx.xyz, 2026) tells which by a logical offset: the ``message_id`` with
which a level changed last. While the best bid is at or above the best ask:

* the level with the lower offset goes;
* with equal offsets the smaller goes and the larger is what it has more; of equal ones both go.

The book as it was sent stays whole behind that: a level that was hidden is there again when what it crossed has gone.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from decimal import Context, Decimal
from typing import Any, Final, Generic, cast, final

from barterpy.model.market import Level
from barterpy.model.number import N

__all__ = ["Changes", "UncrossedBook"]

Changes = tuple[tuple[Level[N], ...], tuple[Level[N], ...]]
"""Changed bids and asks, with their new total size."""

_EXACT: Final = Context(prec=100)


@final
class _Side(Generic[N]):
    """One side as it was sent: size and offset by price, and the prices in ascending order."""

    __slots__ = ("hidden", "levels", "prices")

    def __init__(self) -> None:
        self.levels: dict[N, tuple[N, int]] = {}
        self.prices: list[N] = []
        self.hidden: dict[N, N | None] = {}
        """What is left of the levels that are crossed; None for nothing."""

    def set(self, price: N, size: N, offset: int) -> None:
        if size:
            if price not in self.levels:
                insort(self.prices, price)
            self.levels[price] = (size, offset)
        elif self.levels.pop(price, None) is not None:
            del self.prices[bisect_left(self.prices, price)]

    def visible(self, price: N) -> N | None:
        """The size to be believed; None for nothing."""
        if price in self.hidden:
            return self.hidden[price]
        known = self.levels.get(price)
        return None if known is None else known[0]


@final
class UncrossedBook(Generic[N]):
    """One market's book as it was sent, and the view of it that is never crossed. Pure: offsets are arguments."""

    __slots__ = ("_asks", "_bids")

    def __init__(self) -> None:
        self._bids: _Side[N] = _Side()
        self._asks: _Side[N] = _Side()

    def replace(self, bids: Iterable[tuple[N, N]], asks: Iterable[tuple[N, N]], offset: int) -> None:
        """Forget everything; ``bids`` and ``asks`` are a whole book, sent with message ``offset``."""
        self._bids, self._asks = _Side(), _Side()
        for side, levels in ((self._bids, bids), (self._asks, asks)):
            for price, size in levels:
                side.set(price, size, offset)
        self._resolve()

    def update(self, bids: Sequence[tuple[N, N]], asks: Sequence[tuple[N, N]], offset: int) -> Changes[N]:
        """Levels changed with message ``offset``; returns how the view changed, which may be not at all."""
        before = self._before(self._bids, bids), self._before(self._asks, asks)
        for side, levels in ((self._bids, bids), (self._asks, asks)):
            for price, size in levels:
                side.set(price, size, offset)
        hidden = self._bids.hidden, self._asks.hidden
        self._resolve()
        return self._changed(self._bids, before[0], hidden[0]), self._changed(self._asks, before[1], hidden[1])

    def best(self) -> tuple[Level[N] | None, Level[N] | None]:
        """Best bid and best ask of the view; None where there is no order."""
        bids, asks = self.levels(1)
        return (bids[0] if bids else None), (asks[0] if asks else None)

    def levels(self, depth: int | None = None) -> Changes[N]:
        """The best ``depth`` levels of the view, best first; all of them for None."""
        return _first(self._bids, reversed(self._bids.prices), depth), _first(self._asks, self._asks.prices, depth)

    @property
    def crossed(self) -> bool:
        """Whether the book as it was sent is crossed now."""
        return bool(self._bids.hidden or self._asks.hidden)

    def _before(self, side: _Side[N], levels: Iterable[tuple[N, N]]) -> dict[N, N | None]:
        return {price: side.visible(price) for price, _ in levels}

    def _resolve(self) -> None:
        bids, asks = self._bids, self._asks
        bids.hidden, asks.hidden = {}, {}
        bid, ask = len(bids.prices) - 1, 0
        while bid >= 0 and ask < len(asks.prices) and bids.prices[bid] >= asks.prices[ask]:
            bid_price, ask_price = bids.prices[bid], asks.prices[ask]
            bid_size, bid_offset = bids.levels[bid_price]
            ask_size, ask_offset = asks.levels[ask_price]
            bid_goes = ask_goes = False
            if bid_offset == ask_offset:
                bid_size = bids.hidden.get(bid_price) or bid_size
                ask_size = asks.hidden.get(ask_price) or ask_size
                if bid_size > ask_size:
                    bids.hidden[bid_price], ask_goes = _less(bid_size, ask_size), True
                elif bid_size < ask_size:
                    asks.hidden[ask_price], bid_goes = _less(ask_size, bid_size), True
                else:
                    bid_goes = ask_goes = True
            else:
                bid_goes, ask_goes = bid_offset < ask_offset, bid_offset > ask_offset
            if bid_goes:
                bids.hidden[bid_price] = None
                bid -= 1
            if ask_goes:
                asks.hidden[ask_price] = None
                ask += 1

    def _changed(self, side: _Side[N], before: dict[N, N | None], hidden: dict[N, N | None]) -> tuple[Level[N], ...]:
        # What was hidden and what is now changed without being sent; a level sent has its size from before.
        for price in side.hidden:
            if price not in before and price not in hidden:
                before[price] = side.levels[price][0]
        for price, left in hidden.items():
            before.setdefault(price, left)
        changed: list[Level[N]] = []
        for price, size in before.items():
            now = side.visible(price)
            if now != size:
                changed.append(Level(price, price - price if now is None else now))
        return tuple(changed)


def _less(size: N, taken: N) -> N:
    # The operator would round a Decimal to the caller's context.
    exact: Any = size
    return cast("N", _EXACT.subtract(exact, cast("Any", taken)) if isinstance(exact, Decimal) else exact - taken)


def _first(side: _Side[N], prices: Iterable[N], depth: int | None) -> tuple[Level[N], ...]:
    found: list[Level[N]] = []
    for price in prices:
        if depth is not None and len(found) >= depth:
            break
        size = side.visible(price)
        if size is not None:
            found.append(Level(price, size))
    return tuple(found)
