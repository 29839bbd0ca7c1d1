"""The fault injector between a real WebSocket client and a real server, on both backends."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

import anyio
import pytest
from anyio.abc import SocketStream

from barterpy.errors import ConfigurationError, ConnectError, ConnectionLost, ProtocolError, TransportTimeout
from barterpy.protocols.websocket import Server, WebSocket, WebSocketError, connect, serve
from barterpy.testing import virtual_backends
from barterpy.testing.faults import (
    NO_FAULTS,
    Corrupt,
    Cut,
    Delay,
    Faults,
    HalfClose,
    HalfOpen,
    Noise,
    Split,
    Stall,
)
from barterpy.testing.injector import FaultInjector
from barterpy.testing.proxied import ProxiedConnection

pytestmark = pytest.mark.anyio

Handler = Callable[[WebSocket], Awaitable[None]]
LARGE = 1 << 20


async def echo(socket: WebSocket) -> None:
    while True:
        for message in (await socket.receive()).messages:
            await socket.send(message)


async def three_messages(socket: WebSocket) -> None:
    for message in ("one", "two", "three"):
        await socket.send(message)
    await socket.receive()


@asynccontextmanager
async def proxied(
    handler: Handler, faults: Faults | list[Faults] | Callable[[int], Faults] = NO_FAULTS
) -> AsyncGenerator[tuple[FaultInjector, str, Server], None]:
    async with (
        serve(handler, close_timeout=0.5) as server,
        FaultInjector("127.0.0.1", server.port, faults) as proxy,
    ):
        yield proxy, f"ws://127.0.0.1:{proxy.port}", server


async def receive_all(socket: WebSocket) -> tuple[list[str | bytes], Exception]:
    """Every message up to the end, and what the end was."""
    messages: list[str | bytes] = []
    while True:
        try:
            messages += (await socket.receive()).messages
        except (anyio.EndOfStream, ConnectionLost, ProtocolError, TransportTimeout) as error:
            return messages, error


async def handshake_size() -> int:
    """Bytes to the client that the opening handshake takes, measured over a connection without faults."""
    async with proxied(echo) as (proxy, url, _), connect(url) as socket:
        await socket.send("x")
        await socket.receive()
        return proxy.bytes_to_client - 3


# Raw bytes, without a protocol: what goes in comes out.


@asynccontextmanager
async def raw(
    faults: Faults | list[Faults], handler: Callable[[SocketStream], Awaitable[None]], **options: float
) -> AsyncGenerator[FaultInjector, None]:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port: int = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, handler, tasks)
        async with FaultInjector("127.0.0.1", port, faults, **options) as proxy:  # type: ignore[arg-type]
            yield proxy
        tasks.cancel_scope.cancel()


async def read_to_end(stream: SocketStream) -> bytes:
    data = b""
    while True:
        try:
            data += await stream.receive()
        except anyio.EndOfStream:
            return data


async def raw_echo(stream: SocketStream) -> None:
    async with stream:
        try:
            while True:
                await stream.send(await stream.receive())
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            return


async def test_everything_passes_and_is_counted() -> None:
    async with raw([], raw_echo) as proxy, await anyio.connect_tcp("127.0.0.1", proxy.port) as client:
        await client.send(b"x" * LARGE)
        received = 0
        while received < LARGE:
            received += len(await client.receive())
        await client.send_eof()
        assert await read_to_end(client) == b""
        [connection] = proxy.connections
        await connection.wait_closed()
        assert connection.bytes_to_server == connection.bytes_to_client == LARGE
        assert proxy.bytes_to_server == proxy.bytes_to_client == LARGE
        assert proxy.accepted == 1


async def test_a_cut_in_good_order_lets_everything_before_it_arrive() -> None:
    script = Faults(to_client=(Cut(after=300_000),))

    async def blast(stream: SocketStream) -> None:
        async with stream:
            await stream.send(b"y" * LARGE)

    async with raw(script, blast) as proxy, await anyio.connect_tcp("127.0.0.1", proxy.port) as client:
        assert len(await read_to_end(client)) == 300_000


async def test_a_reset_is_met_as_a_broken_stream() -> None:
    script = Faults(to_client=(Cut(after=2, reset=True),))

    async def talk(stream: SocketStream) -> None:
        async with stream:
            await stream.send(b"abcd")
            with pytest.raises(anyio.BrokenResourceError):
                await read_to_end(stream)

    async with raw(script, talk) as proxy, await anyio.connect_tcp("127.0.0.1", proxy.port) as client:
        with pytest.raises(anyio.BrokenResourceError):
            await read_to_end(client)
        assert proxy.connections[0].bytes_to_client == 2


@pytest.mark.parametrize("refuse", [True, "reset"])
async def test_refused_at_once_and_the_server_never_hears_of_it(refuse: bool | Literal["reset"]) -> None:
    async def unexpected(stream: SocketStream) -> None:
        pytest.fail("the server was reached")

    async with raw(Faults(refuse=refuse), unexpected) as proxy:
        async with await anyio.connect_tcp("127.0.0.1", proxy.port) as client:
            if refuse == "reset":
                with pytest.raises(anyio.BrokenResourceError):
                    await client.receive()
            else:
                with pytest.raises(anyio.EndOfStream):
                    await client.receive()
        await proxy.connections[0].wait_closed()


async def test_half_closed_the_other_direction_goes_on() -> None:
    async def talk(stream: SocketStream) -> None:
        async with stream:
            await stream.send(b"abcdef")
            assert await stream.receive() == b"still here"

    async with raw(Faults(to_client=(HalfClose(3),)), talk) as proxy:
        async with await anyio.connect_tcp("127.0.0.1", proxy.port) as client:
            assert await read_to_end(client) == b"abc"
            await client.send(b"still here")
        await proxy.connections[0].wait_closed()
        assert proxy.bytes_to_server == 10


async def test_half_open_the_sender_never_hears_of_the_end() -> None:
    """The server is reset; the client's bytes vanish, and nothing comes back until the client itself gives up."""
    heard: list[bytes] = []
    ended = anyio.Event()

    async def talk(stream: SocketStream) -> None:
        async with stream:
            try:
                while True:
                    heard.append(await stream.receive())
            except anyio.BrokenResourceError:
                ended.set()

    async with raw(Faults(to_server=(HalfOpen(2),)), talk) as proxy:
        async with await anyio.connect_tcp("127.0.0.1", proxy.port) as client:
            await client.send(b"abcd")
            await ended.wait()
            await client.send(b"z" * LARGE)  # taken, more than any buffer holds
            assert proxy.bytes_to_server == 2
            assert not proxy.connections[0].closed
        await proxy.connections[0].wait_closed()
    assert b"".join(heard) in (b"ab", b"")  # a reset may overtake them


async def test_an_end_of_one_side_is_passed_on() -> None:
    async def leave(stream: SocketStream) -> None:
        async with stream:
            await stream.send(b"bye")

    async with raw([], leave) as proxy, await anyio.connect_tcp("127.0.0.1", proxy.port) as client:
        assert await read_to_end(client) == b"bye"


async def test_a_receiver_that_does_not_read_holds_up_the_sender() -> None:
    """Nothing piles up in the proxy: what it holds is less than one read."""
    sent = 0
    started = anyio.Event()

    async def blast(stream: SocketStream) -> None:
        nonlocal sent
        async with stream:
            started.set()
            with anyio.move_on_after(0.3):
                while True:
                    await stream.send(b"x" * 65536)
                    sent += 65536
            proxy.cut_all()

    async with raw(Faults(to_client=(Stall(100),)), blast) as proxy:
        async with await anyio.connect_tcp("127.0.0.1", proxy.port):
            await started.wait()
            await proxy.connections[0].wait_closed()
        assert proxy.bytes_to_client == 100
    assert sent < 64 * LARGE  # what the kernel's buffers take, and no more


async def test_a_server_that_cannot_be_reached_resets_the_client() -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port: int = listener.extra(anyio.abc.SocketAttribute.local_port)
    await listener.aclose()
    async with FaultInjector("127.0.0.1", port) as proxy:
        async with await anyio.connect_tcp("127.0.0.1", proxy.port) as client:
            with pytest.raises(anyio.BrokenResourceError):
                await client.receive()
        await proxy.connections[0].wait_closed()
        assert proxy.connections[0].error


async def test_leaving_the_block_ends_connections_that_stall() -> None:
    async with raw([], raw_echo) as proxy:
        proxy.stall()
        client = await anyio.connect_tcp("127.0.0.1", proxy.port)
        await client.send(b"abc")
        [connection] = await proxy.wait_accepted(1)
        assert connection.stalled("to_server")
        assert connection.stalled("to_client")
    assert connection.closed
    await client.aclose()


async def test_what_the_block_raises_passes_as_it_is() -> None:
    async def fail() -> None:
        async with FaultInjector("127.0.0.1", 1):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()


async def test_history_is_bounded_and_the_counters_are_not_forgotten() -> None:
    async with raw([], raw_echo, history=2) as proxy:
        for _ in range(4):
            async with await anyio.connect_tcp("127.0.0.1", proxy.port) as client:
                await client.send(b"abc")
                await client.send_eof()
                assert await read_to_end(client) == b"abc"
            await proxy.connections[-1].wait_closed()
        assert [connection.index for connection in proxy.connections] == [2, 3]
        assert (proxy.accepted, proxy.bytes_to_server, proxy.bytes_to_client) == (4, 12, 12)


async def test_scripts_by_number_then_none() -> None:
    scripts = [Faults(refuse=True), Faults(to_client=(Corrupt(0, 0x20),))]
    async with raw(scripts, raw_echo) as proxy:
        answers: list[bytes] = []
        for _ in range(3):
            async with await anyio.connect_tcp("127.0.0.1", proxy.port) as client:
                try:
                    await client.send(b"a")
                    await client.send_eof()
                    answers.append(await read_to_end(client))
                except anyio.BrokenResourceError:
                    answers.append(b"")
        assert answers == [b"", b"A", b"a"]
        assert [connection.faults for connection in proxy.connections] == [*scripts, Faults()]


async def test_entered_once() -> None:
    async with FaultInjector("127.0.0.1", 1) as proxy:
        with pytest.raises(ConfigurationError, match="once"):
            await proxy.__aenter__()


@pytest.mark.parametrize("options", [{"linger": -1.0}, {"history": 0}])
async def test_arguments_that_cannot_work(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        FaultInjector("127.0.0.1", 1, **options)


async def test_a_connection_that_was_made_cannot_be_refused() -> None:
    connection = ProxiedConnection(0, Faults(), 0)
    with pytest.raises(ConfigurationError, match="refused"):
        connection.inject(Faults(refuse=True))


# Through a real WebSocket.


async def test_messages_before_the_cut_arrive_then_the_connection_is_lost() -> None:
    head = await handshake_size()
    # Frames of a server: two bytes of head and the text. The cut falls inside of the third one.
    async with (
        proxied(three_messages, Faults(to_client=(Cut(after=head + 5 + 5 + 3),))) as (_, url, _),
        connect(url) as socket,
    ):
        messages, end = await receive_all(socket)
        assert messages == ["one", "two"]
        assert isinstance(end, ConnectionLost)
        assert end.code == 1006


async def test_cut_on_command_then_connected_anew() -> None:
    async with proxied(echo) as (proxy, url, _):
        for reset in (False, True):
            async with connect(url) as socket:
                await socket.send("hello")
                assert (await socket.receive()).messages == ["hello"]
                proxy.cut_all(reset=reset)
                messages, end = await receive_all(socket)
                assert messages == []
                assert isinstance(end, ConnectionLost)
        assert proxy.accepted == 2


@pytest.mark.parametrize("script", [Faults(to_server=(Split(1),)), Faults(to_client=(Split(1),))])
async def test_a_text_one_byte_at_a_time_arrives_whole(script: Faults) -> None:
    text = "₿ one byte at a time " * 20
    async with proxied(echo, script) as (proxy, url, _), connect(url) as socket:
        await socket.send(text)
        assert (await socket.receive()).messages == [text]
        assert proxy.connections[0].faults == script


async def test_a_corrupted_head_of_a_frame_breaks_the_protocol() -> None:
    head = await handshake_size()
    # The first byte of the second frame gets a reserved bit (RFC 6455 section 5.2), its second one the mask bit.
    for at in (head + 5, head + 6):
        mask = 0x40 if at == head + 5 else 0x80
        async with (
            proxied(three_messages, Faults(to_client=(Corrupt(at, mask),))) as (_, url, _),
            connect(url, close_timeout=0.5) as socket,
        ):
            messages, end = await receive_all(socket)
            assert messages == ["one"]
            assert isinstance(end, WebSocketError)
            assert end.code == 1002


async def test_a_corrupted_text_is_not_utf_8() -> None:
    head = await handshake_size()
    async with (
        proxied(three_messages, Faults(to_client=(Corrupt(head + 2),))) as (_, url, _),
        connect(url, close_timeout=0.5) as socket,
    ):
        messages, end = await receive_all(socket)
        assert messages == []
        assert isinstance(end, WebSocketError)
        assert end.code == 1007


async def test_a_corrupted_handshake_is_never_an_open_connection() -> None:
    async with proxied(echo, Faults(to_client=(Noise(1.0, until=10),))) as (_, url, _):
        with pytest.raises((ConnectError, ProtocolError)):
            await connect(url)


@pytest.mark.parametrize("script", [Faults(refuse=True), Faults(refuse="reset"), Faults(to_client=(Cut(10),))])
async def test_an_end_during_the_handshake_is_a_connect_error(script: Faults) -> None:
    async with proxied(echo, script) as (_, url, _):
        with pytest.raises(ConnectError):
            await connect(url)


async def test_released_nothing_of_a_stall_is_lost() -> None:
    async with proxied(echo) as (proxy, url, _), connect(url) as socket:
        proxy.stall("to_client")
        for text in ("a", "b", "c"):
            await socket.send(text)
        with anyio.move_on_after(0.05) as waited:
            await socket.receive()
        assert waited.cancelled_caught
        proxy.release()
        received: list[str | bytes] = []
        while len(received) < 3:
            received += (await socket.receive()).messages
        assert received == ["a", "b", "c"]


async def test_faults_injected_into_an_open_connection_count_from_now() -> None:
    async with proxied(echo) as (proxy, url, _), connect(url) as socket:
        await socket.send("first")
        assert (await socket.receive()).messages == ["first"]
        proxy.inject(Faults(to_client=(Corrupt(2, 0x20), Cut(after=3))))
        await socket.send("A")
        messages, end = await receive_all(socket)
        assert messages == ["a"]
        assert isinstance(end, ConnectionLost)


async def test_a_cut_injected_into_a_silent_connection_falls_at_once() -> None:
    async with proxied(echo) as (proxy, url, _), connect(url) as socket:
        proxy.inject(Faults(to_client=(Cut(),)))
        _, end = await receive_all(socket)
        assert isinstance(end, ConnectionLost)


async def test_a_scripted_stall_is_released_too() -> None:
    async with proxied(echo, Faults(to_client=(Stall(20),))) as (proxy, url, _), anyio.create_task_group() as tasks:

        async def release() -> None:
            [connection] = await proxy.wait_accepted()
            while not connection.stalled("to_client"):
                await anyio.lowlevel.checkpoint()
            assert connection.bytes_to_client == 20
            connection.release()

        tasks.start_soon(release)
        async with connect(url) as socket:
            await socket.send("through")
            assert (await socket.receive()).messages == ["through"]


# In virtual time: minutes of network in no time.


@pytest.mark.parametrize("anyio_backend", virtual_backends(threshold=0.01))
@pytest.mark.parametrize("fault", [Stall, HalfOpen])
async def test_silence_trips_the_keep_alive(fault: type[Stall] | type[HalfOpen]) -> None:
    """The connection stays open and nothing comes: only the ping that nobody answers tells."""
    async with proxied(echo) as (proxy, url, _), connect(url, ping_interval=20.0, ping_timeout=10.0) as socket:
        await socket.send("hello")
        assert (await socket.receive()).messages == ["hello"]
        began = anyio.current_time()
        proxy.inject(Faults(to_server=(fault(),), to_client=(Stall(),)))
        messages, end = await receive_all(socket)
        assert messages == []
        assert isinstance(end, TransportTimeout)
        assert end.seconds == 10.0
        assert 29.0 <= anyio.current_time() - began <= 31.0


@pytest.mark.parametrize("anyio_backend", virtual_backends(threshold=0.01))
async def test_a_stalled_handshake_runs_into_the_open_timeout() -> None:
    async with proxied(echo, Faults(to_client=(Stall(),))) as (_, url, _):
        with pytest.raises(TransportTimeout) as caught:
            await connect(url, open_timeout=15.0)
        assert caught.value.operation == "opening handshake"


@pytest.mark.parametrize("anyio_backend", virtual_backends(threshold=0.01))
async def test_delay_holds_each_piece_back() -> None:
    async with proxied(echo) as (proxy, url, _), connect(url) as socket:
        proxy.inject(Faults(to_client=(Delay(3.0),), to_server=(Delay(2.0),)))
        began = anyio.current_time()
        await socket.send("slow")
        assert (await socket.receive()).messages == ["slow"]
        assert 4.9 <= anyio.current_time() - began <= 5.2
