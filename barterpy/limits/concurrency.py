"""Concurrency: how many at the same time. A gate that opens when one is finished, and not a limit of any rate."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, contextmanager
from types import TracebackType
from typing import Self, TypeVar, final

import anyio

from barterpy.errors import ConfigurationError, LimitExceeded, Throttled

__all__ = ["Concurrency", "Places", "within"]

T = TypeVar("T")


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


@final
class Places:
    """At most ``limit`` at one time of what lasts, such as connections. Nobody waits: a place may be free in a second,
    or in a month.

    :param name: what is capped, and ``scope`` what it is counted for, for errors
    :param remedy: what a person can do, for errors
    :raises barterpy.errors.ConfigurationError: ``limit`` lets nothing through
    """

    def __init__(self, limit: int, *, name: str, scope: str = "", remedy: str = "") -> None:
        if limit < 1:
            raise ConfigurationError(f"{name} must be at least 1, not {limit}")
        self.limit: int = limit
        self.name: str = name
        self.scope: str = scope
        self.remedy: str = remedy
        self.taken: int = 0
        """How many there are."""

    @contextmanager
    def take(self) -> Generator[None]:
        """One more, until the end of the ``with``.

        :raises barterpy.errors.LimitExceeded: there are as many as there may be; a later attempt may find a place
        """
        if self.taken >= self.limit:
            name = f"{self.name} ({self.scope})" if self.scope else self.name
            raise LimitExceeded(name, self.limit, self.taken + 1, self.remedy)
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


def within(
    connect: Callable[[], AbstractAsyncContextManager[T]], *places: Places
) -> Callable[[], AbstractAsyncContextManager[T]]:
    """The same, with a place in each of these taken before it connects, and given back when it is closed."""

    @asynccontextmanager
    async def connected() -> AsyncGenerator[T]:
        with ExitStack() as taken:
            for one in places:
                taken.enter_context(one.take())
            async with connect() as made:
                yield made

    return connected
