"""Which address is connected to, what is said when none is, and that nothing is left behind."""

import asyncio
import contextlib
import gc
import socket
from collections.abc import Iterable
from typing import Any, cast

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketListener, SocketStream
from anyio.lowlevel import checkpoint
from anyio.streams.stapled import MultiListener

from barterpy.protocols.tcp import connect_tcp, listen_tcp
from barterpy.protocols.tcp.asyncio_stream import AsyncioStream

pytestmark = pytest.mark.anyio

Listening = MultiListener[SocketStream]


def port_of(listener: Listening) -> int:
    return listener.extra(SocketAttribute.local_port)


def resolved_to(monkeypatch: pytest.MonkeyPatch, addresses: Iterable[tuple[str, int]]) -> None:
    """Names mean these from now on, in this order."""
    answer = [
        (socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))
        for host, port in addresses
    ]

    async def getaddrinfo(*args: Any, **options: Any) -> Any:
        return answer

    monkeypatch.setattr("anyio.getaddrinfo", getaddrinfo)


def free_port() -> int:
    """One that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


async def test_by_number_and_by_name() -> None:
    greeted: list[str] = []
    async with await listen_tcp("127.0.0.1", 0) as listener, anyio.create_task_group() as group:

        async def greet(stream: SocketStream) -> None:
            async with stream:
                await stream.send(b"hello")

        group.start_soon(listener.serve, greet)
        for host in ("127.0.0.1", "localhost"):
            async with await connect_tcp(host, port_of(listener)) as stream:
                assert await stream.receive() == b"hello"
                greeted.append(host)
        group.cancel_scope.cancel()
    assert greeted == ["127.0.0.1", "localhost"]


async def test_refused_by_its_only_address() -> None:
    with pytest.raises(OSError) as caught:
        await connect_tcp("127.0.0.1", free_port())
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


async def test_a_name_that_nobody_knows() -> None:
    with pytest.raises(OSError):
        await connect_tcp("nobody.invalid", 80)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_refused_by_each_of_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved_to(monkeypatch, [("127.0.0.1", free_port()), ("127.0.0.1", free_port())])
    with pytest.raises(OSError) as caught:
        await connect_tcp("many.test", 80)
    cause = caught.value.__cause__
    assert isinstance(cause, ExceptionGroup)
    errors = cast("ExceptionGroup[OSError]", cause).exceptions
    assert [type(error) for error in errors] == [ConnectionRefusedError] * 2


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_next_address_is_tried_when_one_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    async with await listen_tcp("127.0.0.1", 0) as listener:
        good = port_of(listener)
        bad = free_port()
        resolved_to(monkeypatch, [("::1", bad), ("127.0.0.1", bad), ("127.0.0.1", good), ("::1", bad)])
        async with await connect_tcp("many.test", 80) as stream:
            assert isinstance(stream, AsyncioStream)
            assert stream.extra(SocketAttribute.remote_port) == good


class Silent(asyncio.SelectorEventLoop):
    """An event loop on which connections to one port are never answered."""

    port = 0

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        if address[1] == self.port:
            await asyncio.Event().wait()
        await super().sock_connect(sock, address)


SILENT = ("asyncio", {"loop_factory": Silent})


@pytest.mark.parametrize("anyio_backend", [SILENT], ids=["asyncio"])
async def test_an_address_that_is_silent_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Silent)
    async with await listen_tcp("127.0.0.1", 0) as listener:
        good = port_of(listener)
        loop.port = free_port()
        resolved_to(monkeypatch, [("127.0.0.1", loop.port), ("127.0.0.1", good)])
        async with await connect_tcp("many.test", 80) as stream:
            assert stream.extra(SocketAttribute.remote_port) == good
    gc.collect()  # a socket left open would warn now


@pytest.mark.parametrize("anyio_backend", [SILENT], ids=["asyncio"])
async def test_cancelling_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Silent)
    loop.port = 9
    resolved_to(monkeypatch, [("127.0.0.1", 9), ("127.0.0.1", 9)])
    async with anyio.create_task_group() as group:
        group.start_soon(connect_tcp, "many.test", 80)
        await anyio.wait_all_tasks_blocked()
        group.cancel_scope.cancel()
    gc.collect()


async def test_cancelling_at_any_moment_leaves_nothing_open() -> None:
    """Among them the moment between winning and returning."""
    opened: list[SocketStream] = []
    cancelled: list[bool] = []
    all_closed = anyio.Event()

    async def read(stream: SocketStream) -> None:
        opened.append(stream)
        async with stream:
            with contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                await stream.receive()
        opened.remove(stream)
        if cancelled and not opened:
            all_closed.set()

    async def connect() -> None:
        await anyio.aclose_forcefully(await connect_tcp("127.0.0.1", port_of(listener)))

    async with await listen_tcp("127.0.0.1", 0) as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, read, group)
        for turns in range(30):
            async with anyio.create_task_group() as connecting:
                connecting.start_soon(connect)
                for _ in range(turns):
                    await checkpoint()
                connecting.cancel_scope.cancel()
        gc.collect()
        cancelled.append(True)
        if opened:  # one that stays open keeps the test from ending
            await all_closed.wait()
        group.cancel_scope.cancel()


# Listening.


async def test_an_address_that_is_taken() -> None:
    async with await listen_tcp("127.0.0.1", 0) as listener:
        with pytest.raises(OSError):
            await listen_tcp("127.0.0.1", port_of(listener))


async def test_every_interface() -> None:
    async with await listen_tcp(None, 0) as listener, anyio.create_task_group() as group:
        accepted = anyio.Event()

        async def accept(stream: SocketStream) -> None:
            await stream.aclose()
            accepted.set()

        group.start_soon(listener.serve, accept)
        async with await connect_tcp("127.0.0.1", port_of(listener)):
            await accepted.wait()
        group.cancel_scope.cancel()


async def test_connections_that_come_at_once_are_all_served() -> None:
    served: set[bytes] = set()
    all_served = anyio.Event()

    async def serve(stream: SocketStream) -> None:
        async with stream:
            served.add(await stream.receive())
            if len(served) == 50:
                all_served.set()

    async def call(number: int) -> None:
        async with await connect_tcp("127.0.0.1", port_of(listener)) as stream:
            await stream.send(b"%d" % number)
            await all_served.wait()

    async with await listen_tcp("127.0.0.1", 0) as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve)
        for number in range(50):
            group.start_soon(call, number)
        await all_served.wait()
        group.cancel_scope.cancel()


async def test_closing_ends_an_accept_that_waits_and_later_ones() -> None:
    multi = await listen_tcp("127.0.0.1", 0)
    listener = multi.listeners[0]
    assert isinstance(listener, SocketListener)

    async def accept() -> None:
        with pytest.raises(anyio.ClosedResourceError):
            await listener.accept()

    async with anyio.create_task_group() as group:
        group.start_soon(accept)
        await anyio.wait_all_tasks_blocked()
        await listener.aclose()
    await accept()
    await listener.aclose()


async def test_an_accept_that_is_cancelled_loses_no_connection() -> None:
    async with await listen_tcp("127.0.0.1", 0) as multi:
        listener = multi.listeners[0]
        assert isinstance(listener, SocketListener)
        for _ in range(3):
            async with anyio.create_task_group() as group:
                group.start_soon(listener.accept)
                await anyio.wait_all_tasks_blocked()
                group.cancel_scope.cancel()
        async with await connect_tcp("127.0.0.1", port_of(multi)) as stream, await listener.accept() as accepted:
            await accepted.send(b"here")
            assert await stream.receive() == b"here"


async def test_what_is_accepted_has_the_contract_of_what_is_connected(accepted: Any) -> None:
    async with accepted() as (stream, peer):
        await peer.send(b"there")
        assert await stream.receive(2) == b"th"
        await stream.send(b"back")
        assert await peer.receive() == b"back"
        await peer.send_eof()
        assert await stream.receive() == b"ere"
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()
