"""One side of a book: the level at each price, and the prices in order. Where the cost of a book update is paid.

Most changes take a level away or bring it back within a few ticks of the best price. So a level that leaves stays as an
empty entry among the sorted prices, and its return costs one hash instead of two searches; empty entries are dropped
when the best price passes them, and all at once when they outnumber the others.

The keys are sorted so that the best price is the LAST one, where a list grows and shrinks for nearly nothing: bids by
price, asks by the negated price. The two loops are alike and stand apart because a comparison through a variable would
cost more than the rest of them.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Generic, cast

from barterpy.model.market import Level
from barterpy.model.number import N

__all__ = ["AskSide", "BidSide", "BookSide"]

_SPARE = 256
"""Empty entries that are not worth a sweep."""


class BookSide(Generic[N]):
    """The common part of :class:`BidSide` and :class:`AskSide`. ``best`` is the best price, None when there is none."""

    __slots__ = ("_empty", "_exact", "_keys", "_levels", "best")

    best: N | None

    def __init__(self, levels: Iterable[Level[N]] = ()) -> None:
        self._levels: dict[N, Level[N] | None] = {level[0]: level for level in levels if level[1]}
        self._keys: list[N] = sorted(map(self._key, self._levels))
        self._empty = 0
        self._exact = False
        self.best = self._key(self._keys[-1]) if self._keys else None

    def __len__(self) -> int:
        """Levels with a size; a sweep, not for the hot path."""
        self._sweep()
        return len(self._keys)

    def __iter__(self) -> Iterator[Level[N]]:
        """Levels, best first."""
        levels, key = self._levels, self._key
        return (level for level in (levels[key(price)] for price in reversed(self._keys)) if level is not None)

    def get(self, price: N) -> Level[N] | None:
        """The level at exactly this price."""
        return self._levels.get(price)

    def first(self) -> Level[N] | None:
        """The best level."""
        return None if self.best is None else self._levels[self.best]

    def apply(self, changes: Iterable[Level[N]]) -> None:
        """Set each level to its new size; zero takes it away."""
        raise TypeError("a side of buyers or of sellers")  # pragma: no cover - the two below say how

    def trim(self, depth: int) -> list[N]:
        """Keep the best ``depth`` levels, and return the prices of those that fell out, the worst first.

        A side that was trimmed once is expected to be again: its levels leave at once from then on.
        """
        if not self._exact:
            self._exact = True
            self._sweep()
        excess = len(self._keys) - depth
        if excess <= 0:
            return []
        prices = [self._key(key) for key in self._keys[:excess]]
        del self._keys[:excess]
        for price in prices:
            del self._levels[price]
        return prices

    def _key(self, price: N) -> N:
        """What a price is sorted by, and back."""
        return price

    def _remove(self, price: N) -> None:
        levels, keys = self._levels, self._keys
        if price == self.best:
            # It leaves at once, and all empty ones below it: `best` is always a level with a size.
            del levels[price], keys[-1]
            while keys:
                best = self._key(keys[-1])
                if levels[best] is not None:
                    self.best = best
                    return
                del levels[best], keys[-1]
            self.best = None
        elif self._exact:
            del levels[price], keys[bisect_left(keys, self._key(price))]
        else:
            levels[price] = None
            self._empty += 1
            if self._empty > _SPARE and self._empty > len(keys):
                self._sweep()

    def _sweep(self) -> None:
        self._levels = {price: level for price, level in self._levels.items() if level is not None}
        if len(self._levels) != len(self._keys):
            self._keys = [key for key in self._keys if self._key(key) in self._levels]
        self._empty = 0


class BidSide(BookSide[N]):
    """Buyers: the highest price is the best."""

    __slots__ = ()

    best: N | None

    def apply(self, changes: Iterable[Level[N]]) -> None:
        levels = self._levels
        count = len(levels)
        for level in changes:
            price = level[0]  # unpacking a named tuple takes twice as long
            if level[1]:
                levels[price] = level
                if len(levels) != count:
                    count += 1
                    if (best := self.best) is None or price > best:
                        self._keys.append(price)
                        self.best = price
                    else:
                        insort(self._keys, price)
            elif levels.get(price) is not None:
                self._remove(price)
                levels = self._levels
                count = len(levels)


class AskSide(BookSide[N]):
    """Sellers: the lowest price is the best."""

    __slots__ = ()

    best: N | None

    def apply(self, changes: Iterable[Level[N]]) -> None:
        levels = self._levels
        count = len(levels)
        for level in changes:
            price = level[0]  # unpacking a named tuple takes twice as long
            if level[1]:
                levels[price] = level
                if len(levels) != count:
                    count += 1
                    if (best := self.best) is None or price < best:
                        self._keys.append(_negated(price))
                        self.best = price
                    else:
                        insort(self._keys, _negated(price))
            elif levels.get(price) is not None:
                self._remove(price)
                levels = self._levels
                count = len(levels)

    def _key(self, price: N) -> N:
        return _negated(price)


def _negated(number: N) -> N:
    # The operator would round a Decimal to the current context; a key must stay exact.
    exact: Any = number
    return cast("N", exact.copy_negate() if isinstance(exact, Decimal) else -exact)
