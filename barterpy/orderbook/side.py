"""One side of a book: the level at each price, and the prices in order. Where the cost of a book update is paid.

Nearly every change gives a price that is known another size, so putting it into a dictionary is all that is done at
once. :meth:`BookSide.settle` does the rest, and is called when there is a rest: a price that was not there (a
dictionary keeps its newest keys last), or a best level without size.

A level that leaves stays as an entry of size zero, for most that leave are back soon within a few ticks of the best
price: its return costs no search. Such entries go when the best price passes them, and all at once when the side has
doubled.

Prices are sorted so that the best is the LAST one, where a list grows and shrinks for nearly nothing: bids by price,
asks by the negated price, in a list of its own beside them. A new ``Decimal`` has to compute its hash, which costs more
than all the rest: the price that is looked up is the very object that is the key. The two loops are alike and stand
apart because a comparison through a method would cost more than the rest of them.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final, Generic, cast

from barterpy.model.market import Level
from barterpy.model.number import N

__all__ = ["AskSide", "BidSide", "BookSide"]

_SPARE: Final = 256
"""Entries of size zero that are not worth a sweep."""


class BookSide(Generic[N]):
    """The common part of :class:`BidSide` and :class:`AskSide`.

    Who is in a hurry does :meth:`apply`'s work where the changes are, unless :meth:`trim` is used: put them into
    ``levels``, and :meth:`settle` where ``len(levels)`` is not ``count`` any more or ``levels[best]`` has no size.
    """

    __slots__ = ("_exact", "_keys", "_limit", "_prices", "best", "count", "levels")

    def __init__(self, levels: Iterable[Level[N]] = ()) -> None:
        self.levels: dict[Any, Level[N]] = {level[0]: level for level in levels if level[1]}
        """By price; a level that has left has size zero."""
        self.count: int = len(self.levels)
        """How many entries are settled."""
        self._prices: list[N] = sorted(self.levels, key=self._key)
        self._keys: list[N] = self._sorted_by()
        self.best: N | None = self._prices[-1] if self._prices else None
        """The best price; None when there is no level. Nothing but :meth:`settle` changes it."""
        self._exact = False
        self._limit = 2 * self.count + _SPARE

    def __len__(self) -> int:
        """Levels with a size; a sweep, not for the hot path."""
        self._sweep()
        return len(self._prices)

    def __iter__(self) -> Iterator[Level[N]]:
        """Levels, best first."""
        levels = self.levels
        return (level for level in (levels[price] for price in reversed(self._prices)) if level[1])

    def get(self, price: N) -> Level[N] | None:
        """The level at exactly this price."""
        level = self.levels.get(price)
        return level if level is not None and level[1] else None

    def first(self) -> Level[N] | None:
        """The best level."""
        return None if self.best is None else self.levels[self.best]

    def apply(self, changes: Iterable[Level[N]]) -> bool:
        """Set each level to its new size; zero takes it away. Returns whether a better price than the best appeared:
        nothing else can leave a book crossed."""
        levels = self.levels
        if self._exact:
            changes = tuple(changes)
        for level in changes:
            levels[level[0]] = level  # unpacking a named tuple takes twice as long
        better = False
        if len(levels) != self.count or (self.count and not levels[self.best][1]):
            better = self.settle()
        if self._exact:
            self._remove(level[0] for level in changes if not level[1])
        return better

    def settle(self) -> bool:
        """Bring the order of prices in line with ``levels``; returns what :meth:`apply` does."""
        raise TypeError("a side of buyers or of sellers")  # pragma: no cover - the two below say how

    def _newest(self) -> Sequence[tuple[N, Level[N]]]:
        """Take out what is not settled. What has no size left without ever having been there."""
        levels = self.levels
        fresh = len(levels) - self.count
        if fresh == 1:
            return (levels.popitem(),)
        return [levels.popitem() for _ in range(fresh)]

    def _settled(self) -> None:
        """A best price without size goes on to the next level that has one; a side that has doubled is swept."""
        levels = self.levels
        best = self.best
        if best is not None and not levels[best][1]:
            prices = self._prices
            while prices:
                best = prices[-1]
                if levels[best][1]:
                    self.best = best
                    break
                del levels[best]
                self._cut(len(prices) - 1, len(prices))
            else:
                self.best = None
        if len(levels) > self._limit:
            self._sweep()

    def trim(self, depth: int) -> list[N]:
        """Keep the best ``depth`` levels, and return the prices of those that fell out, the worst first.

        A side that was trimmed once is expected to be again: its levels leave at once from then on.
        """
        if not self._exact:
            self._exact = True
            self._sweep()
        excess = len(self._prices) - depth
        if excess <= 0:
            return []
        prices = self._prices[:excess]
        self._cut(0, excess)
        for price in prices:
            del self.levels[price]
        self.count = len(self.levels)
        return prices

    def _key(self, price: N) -> N:
        """What a price is sorted by."""
        raise TypeError("a side of buyers or of sellers")  # pragma: no cover - the two below say how

    def _sorted_by(self) -> list[N]:
        """The keys of the prices, in their order."""
        raise TypeError("a side of buyers or of sellers")  # pragma: no cover - the two below say how

    def _cut(self, start: int, end: int) -> None:
        """Take these places out of the order."""
        del self._prices[start:end]
        if self._keys is not self._prices:
            del self._keys[start:end]

    def _remove(self, prices: Iterable[N]) -> None:
        levels = self.levels
        for price in prices:
            level = levels.get(price)
            if level is not None and not level[1]:
                del levels[price]
                place = bisect_left(self._keys, self._key(price))
                self._cut(place, place + 1)
        self.count = len(levels)

    def _sweep(self) -> None:
        self.levels = levels = {price: level for price, level in self.levels.items() if level[1]}
        if len(levels) != len(self._prices):
            self._prices = [price for price in self._prices if price in levels]
            self._keys = self._sorted_by()
        self.count = len(levels)
        self._limit = 2 * self.count + _SPARE


class BidSide(BookSide[N]):
    """Buyers: the highest price is the best."""

    __slots__ = ()

    best: N | None
    count: int

    def settle(self) -> bool:
        levels = self.levels
        best = self.best
        better = False
        for price, level in self._newest():
            if level[1]:
                levels[price] = level
                if best is None or price > best:
                    self._prices.append(price)
                    self.best = best = price
                    better = True
                else:
                    insort(self._prices, price)
        if (best is not None and not levels[best][1]) or len(levels) > self._limit:
            self._settled()
        self.count = len(self.levels)
        return better

    def _key(self, price: N) -> N:
        return price

    def _sorted_by(self) -> list[N]:
        return self._prices


class AskSide(BookSide[N]):
    """Sellers: the lowest price is the best."""

    __slots__ = ()

    best: N | None
    count: int

    def settle(self) -> bool:
        levels = self.levels
        best = self.best
        better = False
        for price, level in self._newest():
            if level[1]:
                levels[price] = level
                if best is None or price < best:
                    self._prices.append(price)
                    self._keys.append(_negated(price))
                    self.best = best = price
                    better = True
                else:
                    key = _negated(price)
                    place = bisect_left(self._keys, key)
                    self._keys.insert(place, key)
                    self._prices.insert(place, price)
        if (best is not None and not levels[best][1]) or len(levels) > self._limit:
            self._settled()
        self.count = len(self.levels)
        return better

    def _key(self, price: N) -> N:
        return _negated(price)

    def _sorted_by(self) -> list[N]:
        return [_negated(price) for price in self._prices]


def _negated(number: N) -> N:
    # The operator would round a Decimal to the current context; a key must stay exact.
    exact: Any = number
    return cast("N", exact.copy_negate() if isinstance(exact, Decimal) else -exact)
