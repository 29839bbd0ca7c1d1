"""The WebSocket a program holds: receiving, sending, ends, cancellation, against loopback peers."""

import itertools
import struct
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute
from anyio.lowlevel import checkpoint

from barterpy.errors import ConfigurationError, ConnectionLost, LimitExceeded, TransportTimeout
from barterpy.protocols.websocket import CloseCode, Deflate, WebSocket, WebSocketError, connect, serve
from barterpy.protocols.websocket.framing import encode_frame
from barterpy.protocols.websocket.handshake import ServerHandshake

pytestmark = pytest.mark.anyio

Scripted = Callable[[Callable[[ByteStream], Awaitable[None]]], AbstractAsyncContextManager[int]]
Upgrade = Callable[[ByteStream], Awaitable[None]]


def wire(first: int, payload: bytes = b"") -> bytes:
    """A frame of a server."""
    return encode_frame(first, payload, None)


async def echo(socket: WebSocket) -> None:
    while True:
        for message in (await socket.receive()).messages:
            await socket.send(message)


async def collect(socket: WebSocket, count: int) -> list[str | bytes]:
    found: list[str | bytes] = []
    while len(found) < count:
        found += (await socket.receive()).messages
    return found


@pytest.mark.parametrize("compression", [None, Deflate()], ids=["plain", "deflate"])
async def test_messages_go_there_and_back(compression: Deflate | None) -> None:
    messages: list[str | bytes] = ["", "hello", "é" * 300, b"", b"\x00\xff" * 50_000, "x" * 200_000]
    async with serve(echo, compression=compression) as server, connect(server.url, compression=compression) as socket:
        for message in messages:
            await socket.send(message)
        assert await collect(socket, len(messages)) == messages
    assert socket.close_code == CloseCode.NORMAL


async def test_one_read_is_one_batch_with_its_time(scripted: Scripted, upgrade: Upgrade) -> None:
    ticks = iter(range(1000))
    more = anyio.Event()

    async def peer(stream: ByteStream) -> None:
        await upgrade(stream)
        await stream.send(b"".join(wire(0x81, str(n).encode()) for n in range(100)))
        await more.wait()
        await stream.send(wire(0x82, b"next"))
        await stream.receive()

    async with scripted(peer) as port:
        socket = await connect(f"ws://127.0.0.1:{port}", clock=lambda: next(ticks), close_timeout=0.1)
        async with socket:
            first = await socket.receive()
            found = list(first.messages)
            while len(found) < 100:
                found += (await socket.receive()).messages
            assert found == [str(n) for n in range(100)]
            more.set()
            last = await socket.receive()
            assert last.messages == [b"next"]
            assert last.received_at > first.received_at


async def test_frames_that_come_with_the_handshake_are_received_and_answered(scripted: Scripted) -> None:
    answers: list[bytes] = []

    async def peer(stream: ByteStream) -> None:
        handshake = ServerHandshake(max_header_size=16384)
        handshake.receive_data(await stream.receive())
        await stream.send(handshake.accept() + wire(0x89, b"") + wire(0x81, b"early"))
        answers.append(await stream.receive())
        await stream.send(wire(0x88, b"\x03\xe8"))

    async with scripted(peer) as port, connect(f"ws://127.0.0.1:{port}", ping_interval=None) as socket:
        assert (await socket.receive()).messages == ["early"]
        with pytest.raises(anyio.EndOfStream):
            await socket.receive()
    assert answers[0][0] == 0x8A


@pytest.mark.parametrize("with_message", [True, False], ids=["after a message", "alone"])
@pytest.mark.parametrize(
    ("frames", "code", "reason"),
    [
        (wire(0x88, b"\x03\xe9restart"), CloseCode.GOING_AWAY, "restart"),
        (wire(0x88, struct.pack(">H", 4999)), 4999, "closed by the peer"),
        (wire(0x88), CloseCode.NO_STATUS, "the peer closed without a code"),
        (b"", CloseCode.ABNORMAL, "the peer ended the connection without a close frame"),
        (b"\x81\x05hel", CloseCode.ABNORMAL, "the peer ended the connection without a close frame"),
    ],
)
async def test_every_end_but_1000_is_a_lost_connection_with_its_code(
    scripted: Scripted, upgrade: Upgrade, frames: bytes, code: int, reason: str, with_message: bool
) -> None:
    async def peer(stream: ByteStream) -> None:
        await upgrade(stream)
        await stream.send((wire(0x81, b"last words") if with_message else b"") + frames)

    async with scripted(peer) as port, connect(f"ws://127.0.0.1:{port}") as socket:
        if with_message:
            assert (await socket.receive()).messages == ["last words"]
        for _ in range(2):  # the end stays the end
            with pytest.raises(ConnectionLost) as caught:
                await socket.receive()
            assert (caught.value.code, caught.value.reason) == (code, reason)
        with pytest.raises(ConnectionLost):
            await socket.send("too late")


async def test_close_1000_is_the_end_of_the_stream(scripted: Scripted, upgrade: Upgrade) -> None:
    answers: list[bytes] = []

    async def peer(stream: ByteStream) -> None:
        await upgrade(stream)
        await stream.send(wire(0x81, b"a") + wire(0x88, b"\x03\xe8done"))
        answers.append(await stream.receive())

    async with scripted(peer) as port, connect(f"ws://127.0.0.1:{port}") as socket:
        assert (await socket.receive()).messages == ["a"]
        for _ in range(2):
            with pytest.raises(anyio.EndOfStream):
                await socket.receive()
        assert (socket.close_code, socket.close_reason) == (CloseCode.NORMAL, "done")
    assert answers[0][0] == 0x88


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (wire(0x81, b"\xff"), CloseCode.INVALID_PAYLOAD),
        (wire(0xC1, b"x"), CloseCode.PROTOCOL_ERROR),
        (encode_frame(0x81, b"masked", b"abcd"), CloseCode.PROTOCOL_ERROR),
        (wire(0x83, b""), CloseCode.PROTOCOL_ERROR),
    ],
    ids=["wrong UTF-8", "reserved bits", "masked frame from a server", "reserved opcode"],
)
async def test_a_peer_that_breaks_the_protocol_is_told(
    scripted: Scripted, upgrade: Upgrade, frames: bytes, code: int
) -> None:
    told: list[bytes] = []

    async def peer(stream: ByteStream) -> None:
        await upgrade(stream)
        await stream.send(wire(0x81, b"fine") + frames)
        told.append(await stream.receive())

    async with scripted(peer) as port, connect(f"ws://127.0.0.1:{port}") as socket:
        assert (await socket.receive()).messages == ["fine"]
        with pytest.raises(WebSocketError) as caught:
            await socket.receive()
        assert caught.value.code == code
    key = told[0][2:6]
    assert bytes(a ^ b for a, b in zip(told[0][6:8], key, strict=False)) == struct.pack(">H", code)


async def test_oversize_names_the_limit_and_keeps_what_came_before(scripted: Scripted, upgrade: Upgrade) -> None:
    async def peer(stream: ByteStream) -> None:
        await upgrade(stream)
        await stream.send(wire(0x81, b"small") + wire(0x82, b"x" * 2000))
        await stream.receive()

    async with scripted(peer) as port, connect(f"ws://127.0.0.1:{port}", max_message_size=1000) as socket:
        assert (await socket.receive()).messages == ["small"]
        with pytest.raises(LimitExceeded, match="allows 1000, got 2000"):
            await socket.receive()
        assert socket.close_code == CloseCode.MESSAGE_TOO_BIG


async def test_a_second_receiver_is_turned_away() -> None:
    async def quiet(socket: WebSocket) -> None:
        await socket.receive()

    async with serve(quiet) as server, connect(server.url) as socket, anyio.create_task_group() as group:
        group.start_soon(socket.receive)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(anyio.BusyResourceError):
            await socket.receive()
        group.cancel_scope.cancel()


async def test_a_cancelled_receive_loses_nothing(scripted: Scripted, upgrade: Upgrade) -> None:
    async def peer(stream: ByteStream) -> None:
        await upgrade(stream)
        for number in range(200):
            frame = wire(0x81, str(number).encode()) + wire(0x89, b"?")
            await stream.send(frame[:3])
            await checkpoint()
            await stream.send(frame[3:])
        while True:
            await stream.receive()

    async with scripted(peer) as port, connect(f"ws://127.0.0.1:{port}", close_timeout=0.1) as socket:
        found: list[str | bytes] = []
        rounds = 0
        while len(found) < 200:
            with anyio.CancelScope() as scope:
                if rounds % 2:
                    scope.cancel()
                found += (await socket.receive()).messages
            rounds += 1
        assert found == [str(number) for number in range(200)]


async def test_messages_of_several_senders_are_not_interleaved() -> None:
    async with serve(echo) as server, connect(server.url) as socket, anyio.create_task_group() as group:
        wanted = [str(number) * 20_000 for number in range(10)]
        for message in wanted:
            group.start_soon(socket.send, message)
        assert sorted(await collect(socket, 10)) == sorted(wanted)


async def test_a_send_cancelled_half_way_breaks_the_connection() -> None:
    """The peer does not read; half a frame is on its way, so nothing may follow it."""
    release = anyio.Event()

    async def deaf(socket: WebSocket) -> None:
        await release.wait()

    async with serve(deaf, max_message_size=1 << 30) as server:
        socket = await connect(server.url)
        with anyio.move_on_after(0.05) as scope:
            await socket.send(b"x" * 50_000_000)
        assert scope.cancelled_caught
        with pytest.raises(ConnectionLost, match="could not be sent whole"):
            await socket.send("next")
        with pytest.raises(ConnectionLost, match="could not be sent whole"):
            await socket.receive()
        await socket.aclose()
        release.set()


async def test_a_send_cancelled_before_it_begins_breaks_nothing() -> None:
    async with serve(echo) as server, connect(server.url) as socket:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await socket.send("never")
        await socket.send("fine")
        assert await collect(socket, 1) == ["fine"]


async def test_the_deadline_of_a_ping_is_none_of_the_closing(scripted: Scripted, upgrade: Upgrade) -> None:
    """The peer closes, keeps its connection open, and the next ping would have been due while we wait for that."""
    done = anyio.Event()

    async def peer(stream: ByteStream) -> None:
        await upgrade(stream)
        await stream.receive()
        await stream.send(wire(0x88, b"\x03\xe8"))
        await done.wait()

    async with scripted(peer) as port:
        socket = await connect(f"ws://127.0.0.1:{port}", ping_interval=0.3, close_timeout=1.0)
        await socket.send("close, please")
        with pytest.raises(anyio.EndOfStream):
            await socket.receive()
        await socket.aclose()
        done.set()


async def test_closing_ends_a_waiting_receiver_and_everything_after() -> None:
    async with serve(echo) as server:
        socket = await connect(server.url)
        caught: list[BaseException] = []

        async def receiver() -> None:
            with pytest.raises(anyio.ClosedResourceError) as info:
                await socket.receive()
            caught.append(info.value)

        async with anyio.create_task_group() as group:
            group.start_soon(receiver)
            await anyio.wait_all_tasks_blocked()
            await socket.aclose()
        assert len(caught) == 1
        await socket.aclose()
        with pytest.raises(anyio.ClosedResourceError):
            await socket.receive()
        with pytest.raises(anyio.ClosedResourceError):
            await socket.send("x")
        with pytest.raises(anyio.ClosedResourceError):
            await socket.ping()


async def test_the_close_code_and_reason_reach_the_peer() -> None:
    seen: list[tuple[int | None, str]] = []
    done = anyio.Event()

    async def handler(socket: WebSocket) -> None:
        try:
            await socket.receive()
        finally:
            seen.append((socket.close_code, socket.close_reason))
            done.set()

    async with serve(handler) as server:
        socket = await connect(server.url)
        await socket.aclose(4001, "enough")
        await done.wait()
    assert seen == [(4001, "enough")]


async def test_a_code_that_cannot_be_sent_is_refused() -> None:
    async with serve(echo) as server, connect(server.url) as socket:
        with pytest.raises(ConfigurationError):
            await socket.aclose(1006)


async def test_closing_is_bounded_when_the_peer_does_not_answer(scripted: Scripted, upgrade: Upgrade) -> None:
    ended = anyio.Event()

    async def peer(stream: ByteStream) -> None:
        await upgrade(stream)
        try:
            while True:
                await stream.receive()
        finally:
            ended.set()

    async with scripted(peer) as port:
        socket = await connect(f"ws://127.0.0.1:{port}", close_timeout=0.05)
        await socket.aclose()
        await ended.wait()


async def test_closing_under_cancellation_is_without_grace(scripted: Scripted, upgrade: Upgrade) -> None:
    ended = anyio.Event()

    async def peer(stream: ByteStream) -> None:
        await upgrade(stream)
        try:
            while True:
                await stream.receive()
        finally:
            ended.set()

    async with scripted(peer) as port:
        with anyio.CancelScope() as scope:
            async with connect(f"ws://127.0.0.1:{port}", close_timeout=3600):
                scope.cancel()
                await checkpoint()
        await ended.wait()


async def test_a_silent_peer_is_pinged_and_then_given_up(scripted: Scripted, upgrade: Upgrade) -> None:
    heard: list[bytes] = []

    async def peer(stream: ByteStream) -> None:
        await upgrade(stream)
        while True:
            heard.append(await stream.receive())

    async with (
        scripted(peer) as port,
        connect(f"ws://127.0.0.1:{port}", ping_interval=0.02, ping_timeout=0.05, close_timeout=0.05) as socket,
    ):
        with pytest.raises(TransportTimeout) as caught:
            await socket.receive()
    assert caught.value.operation == "keep-alive pong"
    assert heard[0][0] == 0x89


async def test_a_peer_that_answers_pings_is_kept() -> None:
    async with serve(echo) as server, connect(server.url, ping_interval=0.01, ping_timeout=5) as socket:
        with anyio.move_on_after(0.2):
            await socket.receive()
        assert socket.latency is not None
        await socket.send("still there")
        assert await collect(socket, 1) == ["still there"]


async def test_ping_measures_the_latency() -> None:
    async with serve(echo) as server, connect(server.url) as socket:
        await socket.ping()
        await socket.send("after it")
        await collect(socket, 1)
        assert socket.latency is not None


async def test_pings_of_the_peer_are_answered_with_their_payload(scripted: Scripted, upgrade: Upgrade) -> None:
    answers: list[bytes] = []

    async def peer(stream: ByteStream) -> None:
        await upgrade(stream)
        await stream.send(wire(0x89, b"1700000000") + wire(0x81, b"x"))
        answers.append(await stream.receive())
        await stream.send(wire(0x88, b"\x03\xe8"))

    async with scripted(peer) as port, connect(f"ws://127.0.0.1:{port}", ping_interval=None) as socket:
        assert await collect(socket, 1) == ["x"]
        with pytest.raises(anyio.EndOfStream):
            await socket.receive()
    assert answers[0][0] == 0x8A
    key, payload = answers[0][2:6], answers[0][6:]
    assert bytes(byte ^ key[index % 4] for index, byte in enumerate(payload)) == b"1700000000"


async def test_the_stream_below_is_reachable() -> None:
    async with serve(echo) as server, connect(server.url) as socket:
        assert socket.extra(SocketAttribute.remote_port) == server.port


async def test_each_use_of_connect_makes_a_connection() -> None:
    async with serve(echo) as server:
        plan = connect(server.url)
        async with plan as first, plan as second:
            assert first is not second
            await first.send("1")
            await second.send("2")
            assert await collect(first, 1) == ["1"]
            assert await collect(second, 1) == ["2"]


async def test_a_large_read_is_handed_over_in_pieces_with_one_time_of_receipt(
    scripted: Scripted, upgrade: Upgrade, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [f"message {index} {'x' * (index % 300)}" for index in range(3_000)]

    async def peer(stream: ByteStream) -> None:
        await upgrade(stream)
        await stream.send(b"".join(wire(0x81, message.encode()) for message in expected) + wire(0x88, b"\x03\xe8"))
        await stream.receive()

    ticks = itertools.count(1)
    seen: list[str | bytes] = []
    times: list[int] = []
    monkeypatch.setattr("barterpy.protocols.websocket.client.PIECE_SIZE", 512)
    async with (
        scripted(peer) as port,
        connect(f"ws://127.0.0.1:{port}", clock=lambda: next(ticks), close_timeout=0.1) as socket,
    ):
        while len(seen) < len(expected):
            batch = await socket.receive()
            seen += batch.messages
            times.append(batch.received_at)
        with pytest.raises(anyio.EndOfStream):
            await socket.receive()
    assert seen == expected
    assert times == sorted(times)
    assert len(set(times)) < len(times)
