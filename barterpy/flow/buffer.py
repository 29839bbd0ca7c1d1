"""The bounded buffer between connections and their consumer, without I/O: one that waits, or fails, when it is full.

Batches go in and come out whole; those who want more than a batch at a time look at :mod:`barterpy.flow.channel`.
The policies that lose something are in modules of their own: :mod:`barterpy.flow.dropping`,
:mod:`barterpy.flow.conflation`.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast

import msgspec

from barterpy.errors import BufferOverflow
from barterpy.events import LifecycleEvent, Overflow
from barterpy.flow.policy import FlowPolicy

__all__ = ["LIFECYCLE", "Buffer", "FlowCounters", "Source"]

Out = TypeVar("Out")

Source: TypeAlias = tuple[str, str]
"""Venue and name of the connection a batch came on."""

LIFECYCLE: Final[frozenset[type[Any]]] = frozenset(cast("Any", LifecycleEvent).__args__)
"""The types of ``LifecycleEvent``: what no policy may lose."""


class FlowCounters(msgspec.Struct, frozen=True, kw_only=True):
    """Events in a buffer now (``held``), at most so far (``high_water``), and lost so far, by being dropped or by
    being merged into a later one (``conflated``)."""

    held: int
    high_water: int
    dropped: int
    conflated: int


class Buffer(Generic[Out]):
    """Holds batches up to a number of events. This class waits or fails when it is full; see :class:`FlowPolicy`.

    ``failed`` is true once it has overflowed under ``"fail"``: it takes nothing more.
    """

    def __init__(self, policy: FlowPolicy) -> None:
        self.policy: FlowPolicy = policy
        self.held: int = 0
        self.high_water: int = 0
        self.dropped: int = 0
        self.conflated: int = 0
        self.failed: bool = False
        self._size = policy.size
        self._batches: deque[tuple[Source, Sequence[Out]]] = deque()
        # What an error came behind: it is handed over first and no policy touches it any more.
        self._sealed: deque[Sequence[Out] | Exception] = deque()
        self._lost: dict[Source, int] = {}

    @property
    def counters(self) -> FlowCounters:
        """What it counted so far."""
        return FlowCounters(held=self.held, high_water=self.high_water, dropped=self.dropped, conflated=self.conflated)

    def put(self, batch: Sequence[Out], source: Source = ("", "")) -> bool:
        """Take a batch, or say that there is no room for it: then nothing of it was taken, and it has to wait."""
        if not batch:
            return True
        held = self.held + len(batch)
        if held > self._size and (self.held or self.failed):
            return self._full(batch, source)
        self._batches.append((source, batch))
        self.held = held
        if held > self.high_water:
            self.high_water = held
        return True

    def put_error(self, error: Exception) -> None:
        """Have ``error`` raised behind everything put before it. It takes no room: a connection ends once."""
        while (batch := self._next()) is not None:
            self._sealed.append(batch)
        self._sealed.append(error)

    def take(self, now: int) -> Sequence[Out] | None:
        """The oldest batch, beginning with what was lost since the last one; None when there is nothing.

        :param now: int nanoseconds UTC, for the :class:`~barterpy.events.Overflow`
        :raises Exception: what :meth:`put_error` was given, when its turn has come
        """
        batch: Sequence[Out] | Exception | None
        batch = self._sealed.popleft() if self._sealed else self._next()
        if batch is None:
            return None
        if isinstance(batch, Exception):
            raise batch
        self.held -= len(batch)
        return [*self._overflows(now), *batch] if self._lost else batch

    # What the policies differ in.

    def _full(self, batch: Sequence[Out], source: Source) -> bool:
        """Make room for a batch that does not fit, or refuse it."""
        if self.policy.mode == "fail" and not self.failed:
            self.failed = True
            allowed, self._size = self._size, -1
            self.put_error(BufferOverflow("flow.size", allowed, self.held + len(batch)))
        return False

    def _next(self) -> Sequence[Out] | None:
        """The oldest batch that is not sealed."""
        return self._batches.popleft()[1] if self._batches else None

    # For those that lose.

    def _lose(self, source: Source, count: int = 1) -> None:
        self._lost[source] = self._lost.get(source, 0) + count

    def _overflows(self, now: int) -> list[Any]:
        lost, self._lost = self._lost, {}
        return [
            Overflow(venue=venue, connection=name, received_at=now, dropped=count, policy=self.policy.mode)
            for (venue, name), count in lost.items()
        ]
