"""Pages of the past as one iteration, where the venue says whether there is more."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

__all__ = ["Pages"]

T = TypeVar("T")


class Pages(Generic[T]):
    """Items of all pages, by ``async for``. After an error or a cancelled step the next one goes on where it was.

    :param page: the items, with their keys, behind the given key (the first page for None), and whether there is more
    """

    def __init__(self, page: Callable[[int | None], Awaitable[tuple[Sequence[tuple[int, T]], bool]]]) -> None:
        self._page = page
        self._last: int | None = None
        self._ended = False
        self._items: deque[T] = deque()

    def __aiter__(self) -> "Pages[T]":
        return self

    async def __anext__(self) -> T:
        while not self._items:
            if self._ended:
                raise StopAsyncIteration
            rows, more = await self._page(self._last)
            for key, item in sorted(rows, key=_key):
                if self._last is None or key > self._last:
                    self._last = key
                    self._items.append(item)
            self._ended = not more
        return self._items.popleft()

    async def all(self) -> list[T]:
        """Every item, in a list."""
        return [item async for item in self]


def _key(row: tuple[int, object]) -> int:
    return row[0]
