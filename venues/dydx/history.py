"""The past by REST, page after page, newest first as the Indexer gives it, each item once.

A page is asked for by the block or the time of the last row of the page before, both inclusive: what shares them with
that row comes again and is left out. When a whole page has one block, nothing tells the venue to go on within it: the
page grows until it reaches past the block, and at the venue's largest page that is an error and not a silent hole.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from barterpy.errors import LimitExceeded
from barterpy.venues.dydx.decoding import understood

__all__ = ["Pages", "Row"]

T = TypeVar("T")
Row = tuple[str, int, T]
"""What tells an item apart, where it stands (block, or time), and the item."""

_LARGEST: Final = 1000


class Pages(Generic[T]):
    """Items of all pages, by ``async for``. Cancelling it loses nothing: the next step goes on where it was.

    :param page: at most so many rows that stand at the given place or before; the newest for None
    :param size: rows asked for at once
    :param first: the place of the oldest item wanted, which is the last; None for all there are
    """

    def __init__(
        self,
        page: Callable[[int | None, int], Awaitable[Sequence[Row[T]]]],
        size: int,
        *,
        first: int | None = None,
    ) -> None:
        self._page = page
        self._size = size
        self._first = first
        self._place: int | None = None
        self._at_place: set[str] = set()
        """Items that stand at the place, which the next page has again."""
        self._wanted = size
        self._ended = False
        self._items: deque[T] = deque()

    def __aiter__(self) -> "Pages[T]":
        return self

    async def __anext__(self) -> T:
        while not self._items:
            if self._ended:
                raise StopAsyncIteration
            with understood("page"):
                rows = await self._page(self._place, self._wanted)
            self._read(rows)
        return self._items.popleft()

    async def all(self) -> list[T]:
        """Every item, in a list."""
        return [item async for item in self]

    def _read(self, rows: Sequence[Row[T]]) -> None:
        before = self._place
        fresh = 0
        for name, place, item in sorted(rows, key=_place, reverse=True):
            if self._first is not None and place < self._first:
                self._ended = True
                return
            if place != self._place:
                self._place, self._at_place = place, set()
            if name not in self._at_place:
                self._at_place.add(name)
                self._items.append(item)
                fresh += 1
        if len(rows) < self._size:
            self._ended = True
        elif self._place != before:
            self._wanted = self._size
        elif self._wanted < _LARGEST:
            self._wanted = _LARGEST
        elif fresh == 0 and len(rows) in (self._size, self._wanted):
            raise LimitExceeded("rows of one block that a page can tell apart", len(rows))
        else:
            self._ended = fresh == 0


def _place(row: tuple[str, int, object]) -> int:
    return row[1]
