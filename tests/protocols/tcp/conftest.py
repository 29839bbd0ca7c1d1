"""Connected pairs, on every event loop there is: the tcp streams are the one place that depends on which it is."""

import asyncio
import importlib.util
import socket
import struct
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from barterpy.protocols.tcp import connect_tcp, listen_tcp

ASYNCIO: dict[str, Any] = {"asyncio": "asyncio", "asyncio debug": ("asyncio", {"debug": True})}
if importlib.util.find_spec("uvloop") is not None:
    ASYNCIO["uvloop"] = ("asyncio", {"use_uvloop": True})
if sys.version_info >= (3, 12):

    def _eager() -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        loop.set_task_factory(asyncio.eager_task_factory)
        return loop

    ASYNCIO["eager tasks"] = ("asyncio", {"loop_factory": _eager})

LOOPS = {name: backend for name, backend in ASYNCIO.items() if name != "asyncio debug"} | {"trio": "trio"}


@pytest.fixture(params=LOOPS.values(), ids=list(LOOPS))
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """Every event loop; the asynchronous tests of this folder run on each."""
    return request.param


@pytest.fixture(params=ASYNCIO.values(), ids=list(ASYNCIO))
def asyncio_only(request: pytest.FixtureRequest) -> Any:
    """Every event loop of asyncio's kind, for an ``anyio_backend`` of a module's own."""
    return request.param


Pair = tuple[SocketStream, SocketStream]
Paired = Callable[[], AbstractAsyncContextManager[Pair]]
Reset = Callable[[SocketStream], Awaitable[None]]


@asynccontextmanager
async def _pair(kind: str) -> AsyncGenerator[Pair, None]:
    """The stream to be tested, and anyio's own at the other end."""
    accepted: list[SocketStream] = []
    connected: list[SocketStream] = []
    if kind == "accepted":
        multi = await listen_tcp("127.0.0.1", 0)
    else:
        multi = await anyio.create_tcp_listener(local_host="127.0.0.1")
    listener = multi.listeners[0]
    port = multi.extra(SocketAttribute.local_port)

    async def accept() -> None:
        accepted.append(await listener.accept())  # type: ignore[attr-defined]

    async with multi, anyio.create_task_group() as group:
        group.start_soon(accept)
        connect: Any = connect_tcp if kind == "connected" else anyio.connect_tcp
        connected.append(await connect("127.0.0.1", port))
    tested, peer = (accepted[0], connected[0]) if kind == "accepted" else (connected[0], accepted[0])
    try:
        yield tested, peer
    finally:
        with anyio.CancelScope(shield=True):
            await tested.aclose()
            await peer.aclose()


@pytest.fixture(params=["connected", "anyio"])
def kind(request: pytest.FixtureRequest) -> str:
    """Whose stream is tested: ours, or anyio's, which sets the contract."""
    return str(request.param)


@pytest.fixture
def pair(kind: str) -> Paired:
    """``async with pair() as (stream, peer)``."""
    return lambda: _pair(kind)


@pytest.fixture
def ours() -> Paired:
    """``async with ours() as (stream, peer)``, for what only our streams promise."""
    return lambda: _pair("connected")


@pytest.fixture
def accepted() -> Paired:
    """``async with accepted() as (stream, peer)``, of our listener."""
    return lambda: _pair("accepted")


async def _reset(peer: SocketStream) -> None:
    raw = peer.extra(SocketAttribute.raw_socket)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await peer.aclose()


@pytest.fixture
def reset() -> Reset:
    """``await reset(peer)`` breaks the connection: the next read or write of the other side fails."""
    return _reset
