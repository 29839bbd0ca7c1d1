"""An asynchronous iterator over a coroutine function."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

__all__ = ["Iteration"]

T = TypeVar("T")


class Iteration(Generic[T]):
    """Each step awaits ``following()``, which raises ``StopAsyncIteration`` at the end.

    An iterator and not an async generator: abandoning it half way leaves nothing for an event loop to finalise.
    """

    def __init__(self, following: Callable[[], Awaitable[T]]) -> None:
        self._following = following

    def __aiter__(self) -> "Iteration[T]":
        return self

    async def __anext__(self) -> T:
        return await self._following()
