"""The receiving half which a task fills: what makes a streamed response a socket that survives cancelled reads.

Cancelling a read of httpx ends the response. So one task reads, and whoever receives only takes from a short queue:
cancelling that loses nothing.
"""

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

import anyio

from barterpy.socket import Batch

__all__ = ["PumpedSocket"]

T = TypeVar("T")


class PumpedSocket(Generic[T]):
    """A :class:`barterpy.socket.ReceiveSocket` whose batches come from :meth:`put`.

    :param max_batches: batches held for the consumer; when it is slower, reading stops and the network holds the rest
    """

    def __init__(self, max_batches: int = 16) -> None:
        self._max_batches = max_batches
        self._batches: deque[Batch[T]] = deque()
        self._ended: Exception | None = None
        self._receiving = False
        self._closed = False
        self._ready = anyio.Event()
        self._room = anyio.Event()
        self._pump = anyio.CancelScope()

    async def receive(self) -> Batch[T]:
        """The next batch; see :class:`barterpy.socket.ReceiveSocket`. What ended the stream comes after all batches."""
        if self._receiving:
            raise anyio.BusyResourceError("receiving from")
        self._receiving = True
        try:
            await anyio.lowlevel.checkpoint()
            while True:
                if self._closed:
                    raise anyio.ClosedResourceError
                if self._batches:
                    self._room.set()
                    return self._batches.popleft()
                if self._ended is not None:
                    raise self._ended
                self._ready = anyio.Event()
                await self._ready.wait()
        finally:
            self._receiving = False

    async def aclose(self) -> None:
        """Stop reading, and let go of what was not received. Closing twice is fine."""
        self._closed = True
        self._batches.clear()
        self._pump.cancel()
        self._ready.set()
        await anyio.lowlevel.checkpoint()

    async def put(self, messages: Sequence[T], received_at: int) -> None:
        """Hand a batch to the consumer, when there is room for it; an empty one is nothing."""
        if not messages:
            return
        while len(self._batches) >= self._max_batches:
            self._room = anyio.Event()
            await self._room.wait()
        self._batches.append(Batch(messages, received_at))
        self._ready.set()

    @asynccontextmanager
    async def pumping(self, pump: Callable[[], Awaitable[None]]) -> AsyncGenerator[None, None]:
        """Run ``pump`` beside the body. What it raises is what :meth:`receive` raises; if it returns, EndOfStream."""
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._run, pump)
            try:
                yield
            except Exception as error:  # noqa: BLE001 - raised below, where no group is put around it
                failure = error
            tasks.cancel_scope.cancel()
        self._closed = True
        if failure is not None:
            raise failure

    async def _run(self, pump: Callable[[], Awaitable[None]]) -> None:
        with self._pump:
            try:
                await pump()
                self._ended = anyio.EndOfStream()
            except Exception as error:  # noqa: BLE001 - it is the consumer's
                self._ended = error
            self._ready.set()
