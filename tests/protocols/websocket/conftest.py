"""A TCP server that does exactly what a test says, for peers that a real server would never be."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute

from barterpy.protocols.websocket.deflate import PerMessageDeflate
from barterpy.protocols.websocket.handshake import ServerHandshake

Script = Callable[[ByteStream], Awaitable[None]]
Scripted = Callable[[Script], AbstractAsyncContextManager[int]]
Upgrade = Callable[[ByteStream], Awaitable[None]]


@asynccontextmanager
async def _scripted(script: Script) -> AsyncGenerator[int, None]:
    async def serve(stream: ByteStream) -> None:
        async with stream:
            try:
                await script(stream)
            except (anyio.BrokenResourceError, anyio.EndOfStream, anyio.ClosedResourceError):
                return

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve)
        yield listener.extra(SocketAttribute.local_port)
        group.cancel_scope.cancel()


async def _upgrade(stream: ByteStream, deflate: PerMessageDeflate | None = None) -> None:
    handshake = ServerHandshake(max_header_size=16384)
    while handshake.request is None:
        assert handshake.receive_data(await stream.receive()) == b""
    await stream.send(handshake.accept(deflate=deflate))


@pytest.fixture
def scripted() -> Scripted:
    """``async with scripted(script) as port``: each connection is handled by ``script(stream)``."""
    return _scripted


@pytest.fixture
def upgrade() -> Upgrade:
    """``await upgrade(stream)``: reads and accepts an opening handshake; the frames are the test's own."""
    return _upgrade
