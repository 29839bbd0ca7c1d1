"""Sliding windows whose summary is kept without ever subtracting.

Taking what leaves a window off a running sum lets rounding errors pile up for as long as the program runs, and is not
possible at all for a minimum. Two stacks do better: what has arrived since the last turn is summarised as it comes, and
everything older has, beside it, the summary of itself and all that is newer in its stack. The oldest leaves by a pop.
When the older stack is empty the newer one is turned into it. That is O(1) amortised, for any summary that merges.
"""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from barterpy.errors import ConfigurationError, LimitExceeded

__all__ = ["SlidingWindow"]

S = TypeVar("S")


class SlidingWindow(Generic[S]):
    """The last ``count`` items, or those younger than ``duration`` nanoseconds, and their summary.

    At time ``t`` the window by time is everything after ``t - duration``, up to and with ``t``.

    :param merge: the summary of two summaries of neighbours, older first; an item is the summary of itself
    :param max_items: items a window by time may hold

    :raises barterpy.errors.ConfigurationError: not exactly one of ``count`` and ``duration``, or not from 1
    """

    __slots__ = ("_count", "_duration", "_max_items", "_merge", "_newer", "_newer_total", "_older")

    def __init__(self, merge: Callable[[S, S], S], *, count: int | None, duration: int | None, max_items: int) -> None:
        if (count is None) == (duration is None):
            raise ConfigurationError("give a window either a count or a duration")
        if (count is not None and count < 1) or (duration is not None and duration < 1) or max_items < 1:
            raise ConfigurationError("count, duration (nanoseconds) and max_items of a window begin at 1")
        self._merge = merge
        self._count = count
        self._duration = duration
        self._max_items = max_items
        # Oldest last: (time, item, summary of it and of what is newer in this stack).
        self._older: list[tuple[int, S, S]] = []
        self._newer: list[tuple[int, S]] = []
        self._newer_total: S | None = None

    def __len__(self) -> int:
        return len(self._older) + len(self._newer)

    def add(self, time: int, item: S) -> S:
        """Take in an item of ``time``, which never runs backwards, drop what has left, and give the summary.

        :raises barterpy.errors.LimitExceeded: more than ``max_items`` within the duration; the item is not taken in
        """
        if self._duration is None:
            if len(self) == self._count:
                self._drop()
        else:
            horizon = time - self._duration
            while (oldest := self._oldest()) is not None and oldest <= horizon:
                self._drop()
            if len(self) >= self._max_items:
                raise LimitExceeded("max_items", self._max_items, len(self) + 1)
        self._newer.append((time, item))
        total = self._newer_total
        total = self._newer_total = item if total is None else self._merge(total, item)
        return self._merge(self._older[-1][2], total) if self._older else total

    def save_state(self) -> Any:
        # The summaries follow from the items and from how they are spread over the stacks, to the last bit.
        return [[(time, item) for time, item, _ in self._older], list(self._newer)]

    def restore_state(self, state: Any, /) -> None:
        older, newer = state
        self._older.clear()
        self._turn(older[::-1])
        self._newer.clear()
        self._newer_total = None
        for time, item in newer:
            self._newer.append((time, item))
            self._newer_total = item if self._newer_total is None else self._merge(self._newer_total, item)

    def _oldest(self) -> int | None:
        if self._older:
            return self._older[-1][0]
        return self._newer[0][0] if self._newer else None

    def _drop(self) -> None:
        if not self._older:
            self._turn(self._newer)
            self._newer.clear()
            self._newer_total = None
        self._older.pop()

    def _turn(self, items: Sequence[tuple[int, S]]) -> None:
        total: S | None = None
        for time, item in reversed(items):
            total = item if total is None else self._merge(item, total)
            self._older.append((time, item, total))
