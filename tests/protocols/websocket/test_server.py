"""Serving: what a handler is given, who is turned away, and that one connection's trouble is its own."""

import logging

import anyio
import pytest
from anyio.abc import ByteStream

from barterpy.errors import ConnectError, ConnectionLost, HandshakeError
from barterpy.protocols.websocket import CloseCode, HandshakeRequest, Reject, WebSocket, connect, serve

pytestmark = pytest.mark.anyio


REQUEST = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


async def read_all(stream: ByteStream) -> bytes:
    answer = b""
    try:
        while True:
            answer += await stream.receive()
    except anyio.EndOfStream:
        return answer


async def echo(socket: WebSocket) -> None:
    while True:
        for message in (await socket.receive()).messages:
            await socket.send(message)


async def test_a_handler_sees_what_was_asked_for() -> None:
    seen: list[tuple[str, str, str, str | None]] = []

    async def handler(socket: WebSocket) -> None:
        assert socket.request is not None
        assert ("x-token", "1") in [(name.lower(), value) for name, value in socket.headers]
        seen.append((socket.path, socket.query, socket.target, socket.subprotocol))

    async with serve(handler, subprotocols=["b", "a"], headers=[("X-Server", "us")]) as server:
        url = f"{server.url}/a%20b?x=1"
        async with connect(url, headers=[("X-Token", "1")], subprotocols=["a", "b", "c"]) as socket:
            assert socket.subprotocol == "b"
            assert ("x-server", "us") in [(name.lower(), value) for name, value in socket.headers]
            assert (socket.path, socket.query, socket.target) == ("", "", "")
            with pytest.raises(anyio.EndOfStream):
                await socket.receive()
    assert seen == [("/a b", "x=1", "/a%20b?x=1", "b")]


async def test_a_request_can_be_turned_away() -> None:
    def accept(request: HandshakeRequest) -> Reject | None:
        return None if request.path == "/in" else Reject(404, [("X-Why", "no such feed")], b"nothing here")

    async with serve(echo, accept=accept) as server:
        async with connect(f"{server.url}/in") as socket:
            await socket.send("x")
            assert (await socket.receive()).messages == ["x"]
        with pytest.raises(HandshakeError) as caught:
            await connect(f"{server.url}/out")
    assert (caught.value.status, caught.value.body) == (404, b"nothing here")
    assert ("x-why", "no such feed") in caught.value.headers


async def test_a_handler_that_fails_ends_its_connection_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def handler(socket: WebSocket) -> None:
        if socket.path == "/bad":
            raise ValueError("a bug")
        await echo(socket)

    async with serve(handler) as server, connect(f"{server.url}/good") as good:
        async with connect(f"{server.url}/bad") as bad:
            with pytest.raises(ConnectionLost) as caught:
                await bad.receive()
            assert caught.value.code == CloseCode.INTERNAL_ERROR
        await good.send("still here")
        assert (await good.receive()).messages == ["still here"]
    assert [record.levelno for record in caplog.records if record.levelno >= logging.ERROR] == [logging.ERROR]


async def test_a_client_that_goes_away_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    ended = anyio.Event()

    async def handler(socket: WebSocket) -> None:
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(echo, socket)
        finally:
            ended.set()

    async with serve(handler) as server:
        stream = await anyio.connect_tcp("127.0.0.1", server.port)
        await stream.send(REQUEST)
        await stream.receive()
        await stream.aclose()
        await ended.wait()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\n\n", b"X" * 100_000])
async def test_a_bad_request_is_answered_and_the_server_goes_on(data: bytes) -> None:
    async with serve(echo, close_timeout=0.5) as server:
        async with await anyio.connect_tcp("127.0.0.1", server.port) as stream:
            await stream.send(data)
            assert (await read_all(stream)).startswith(b"HTTP/1.1 4")
        async with connect(server.url) as socket:
            await socket.send("x")
            assert (await socket.receive()).messages == ["x"]


async def test_a_client_that_says_nothing_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    async with (
        serve(echo, open_timeout=0.05) as server,
        await anyio.connect_tcp("127.0.0.1", server.port) as stream,
    ):
        with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
            await stream.receive()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_the_server_is_the_first_to_end_tcp() -> None:
    """RFC 6455 section 7.1.1: the client may wait for it, and here waits for nothing else."""
    async with (
        serve(echo, close_timeout=600) as server,
        await anyio.connect_tcp("127.0.0.1", server.port) as stream,
    ):
        await stream.send(REQUEST + b"\x88\x82\x00\x00\x00\x00\x03\xe8")
        assert (await read_all(stream)).endswith(b"\r\n\r\n\x88\x02\x03\xe8")


async def test_too_many_connections_are_told_to_wait() -> None:
    async with serve(echo, max_connections=1) as server, connect(server.url) as first:
        with pytest.raises(HandshakeError) as caught:
            await connect(server.url)
        assert (caught.value.status, caught.value.retry_after) == (503, 1.0)
        await first.send("x")
        assert (await first.receive()).messages == ["x"]


async def test_the_end_of_the_server_says_goodbye() -> None:
    ready, ends = anyio.Event(), list[int | None]()

    async def client(url: str) -> None:
        async with connect(url) as socket:
            await socket.send("x")
            await socket.receive()
            ready.set()
            with pytest.raises(ConnectionLost) as caught:
                await socket.receive()
            ends.append(caught.value.code)

    async with anyio.create_task_group() as group, serve(echo) as server:
        group.start_soon(client, server.url)
        await ready.wait()
        assert len(server.sockets) == 1
    assert ends == [CloseCode.GOING_AWAY]


async def test_the_end_of_the_server_is_bounded() -> None:
    """Neither a client that does not answer nor a handler that does not end holds it up."""

    async def stubborn(socket: WebSocket) -> None:
        await anyio.sleep_forever()

    async with serve(stubborn, close_timeout=0.05) as server:
        stream = await anyio.connect_tcp("127.0.0.1", server.port)
        await stream.send(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await stream.receive()
    await stream.aclose()


async def test_what_the_block_raises_comes_out_as_it_is() -> None:
    with pytest.raises(LookupError, match="mine"):
        async with serve(echo):
            raise LookupError("mine")


async def test_an_address_that_cannot_be_bound_is_a_connect_error() -> None:
    async with serve(echo) as server:
        with pytest.raises(ConnectError):
            async with serve(echo, port=server.port):
                raise AssertionError("the port is taken")


async def test_a_listener_of_the_users_own() -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with serve(echo, listener=listener) as server, connect(server.url) as socket:
        await socket.send(b"x")
        assert (await socket.receive()).messages == [b"x"]
