"""Concurrency: how many at the same time. A gate that opens when one is finished, and not a limit of any rate."""

from types import TracebackType
from typing import Self, final

import anyio

from barterpy.errors import ConfigurationError, Throttled

__all__ = ["Concurrency"]


@final
class Concurrency:
    """At most ``limit`` inside of ``async with`` at one time; who waits goes in order of arrival.

    :param name: what is capped, for errors
    :param scope: what it is counted for, for errors
    :param max_wait: seconds to wait at most; None for as long as it takes
    :raises barterpy.errors.ConfigurationError: ``limit`` lets nothing through
    """

    def __init__(self, limit: int, *, name: str = "in flight", scope: str = "", max_wait: float | None = None) -> None:
        if limit < 1:
            raise ConfigurationError(f"{name} must be at least 1, not {limit}")
        self.limit: int = limit
        self.name: str = name
        self.scope: str = scope
        self.max_wait: float | None = max_wait
        # One may leave in another task than the one that came, so it is counted, not owned.
        self._free = anyio.Semaphore(limit)

    @property
    def in_flight(self) -> int:
        """How many are inside."""
        return self.limit - self._free.value

    async def __aenter__(self) -> Self:
        """:raises barterpy.errors.Throttled: nobody left within ``max_wait``"""
        try:
            self._free.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(self.max_wait):
                await self._free.acquire()
                return self
            raise Throttled(f"{self.name}: {self.limit} at once", self.scope, self.max_wait or 0.0) from None
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._free.release()
