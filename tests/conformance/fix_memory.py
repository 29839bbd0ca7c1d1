"""A network in memory: connections for an acceptor that never listened, and no time passes on them."""

from collections.abc import Callable, Mapping
from typing import Any

import anyio
from anyio.abc import ByteStream, Listener, TaskGroup
from anyio.lowlevel import checkpoint

__all__ = ["MemoryListener", "MemoryStream", "memory_pair"]


class MemoryStream(ByteStream):
    """One end; what is sent here comes out at ``peer``."""

    peer: "MemoryStream"

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._ended = False
        self._closed = False
        self._sent_eof = False
        self._came = anyio.Event()

    async def receive(self, max_bytes: int = 65536) -> bytes:
        await checkpoint()
        while not self._chunks:
            if self._closed:
                raise anyio.ClosedResourceError
            if self._ended:
                raise anyio.EndOfStream
            self._came = anyio.Event()
            await self._came.wait()
        data = b"".join(self._chunks)
        self._chunks = [data[max_bytes:]] if len(data) > max_bytes else []
        return data[:max_bytes]

    async def send(self, item: bytes) -> None:
        await checkpoint()
        if self._closed or self._sent_eof:
            raise anyio.ClosedResourceError
        if self.peer._closed:
            raise anyio.BrokenResourceError
        self.peer._chunks.append(item)
        self.peer._came.set()

    async def send_eof(self) -> None:
        await checkpoint()
        self._sent_eof = self.peer._ended = True
        self.peer._came.set()

    async def aclose(self) -> None:
        self._closed = self.peer._ended = True
        self._came.set()
        self.peer._came.set()
        await checkpoint()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return {}


def memory_pair() -> tuple[MemoryStream, MemoryStream]:
    """Two ends of one connection."""
    one, two = MemoryStream(), MemoryStream()
    one.peer, two.peer = two, one
    return one, two


class MemoryListener(Listener[ByteStream]):
    """Accepts what :meth:`dial` connects."""

    def __init__(self) -> None:
        self._send, self._receive = anyio.create_memory_object_stream[MemoryStream](100)

    async def dial(self) -> MemoryStream:
        """The client's end of a new connection."""
        ours, theirs = memory_pair()
        await self._send.send(theirs)
        return ours

    async def serve(self, handler: Callable[[ByteStream], Any], task_group: TaskGroup | None = None) -> None:
        assert task_group is not None
        async for stream in self._receive:
            task_group.start_soon(handler, stream)

    async def aclose(self) -> None:
        self._send.close()
        self._receive.close()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return {}
