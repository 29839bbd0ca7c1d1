"""The deadline of a stream: when it rings, when it does not, and that nothing is lost by it."""

import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

import anyio
import pytest
import trustme
from anyio.abc import ByteStream, SocketStream
from anyio.lowlevel import checkpoint
from anyio.streams.tls import TLSStream

from barterpy.protocols.tcp import DeadlinePassed, TimedStream, timed
from barterpy.protocols.websocket.tls import wrap_tls

pytestmark = pytest.mark.anyio

Paired = Callable[[], AbstractAsyncContextManager[tuple[SocketStream, SocketStream]]]


@pytest.fixture
def anyio_backend(asyncio_only: object) -> object:
    """trio has streams of its own, without a deadline."""
    return asyncio_only


def clock_of(stream: ByteStream) -> TimedStream:
    found = timed(stream)
    assert found is not None
    return found


async def test_a_wait_ends_at_the_deadline_and_the_stream_goes_on(ours: Paired) -> None:
    async with ours() as (stream, peer):
        clock = clock_of(stream)
        for number in range(3):
            clock.deadline = deadline = clock.now() + 0.01
            with pytest.raises(DeadlinePassed):
                await stream.receive()
            assert clock.now() >= deadline
            await peer.send(bytes((number,)))
            clock.deadline = None
            assert await stream.receive() == bytes((number,))


async def test_what_is_there_comes_before_a_deadline_that_has_passed(ours: Paired) -> None:
    async with ours() as (stream, peer):
        await peer.send(b"ab")
        assert await stream.receive(1) == b"a"
        clock_of(stream).deadline = clock_of(stream).now() - 1
        assert await stream.receive() == b"b"
        with pytest.raises(DeadlinePassed):
            await stream.receive()


async def test_the_end_comes_before_a_deadline_that_has_passed(ours: Paired) -> None:
    async with ours() as (stream, peer):
        await peer.send_eof()
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()
        clock_of(stream).deadline = clock_of(stream).now() - 1
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()


async def test_an_alarm_set_for_an_earlier_deadline_does_not_end_a_later_wait(ours: Paired) -> None:
    """The alarm stays when the deadline moves on: it rings, finds it moved, and is set again."""
    async with ours() as (stream, peer):
        clock = clock_of(stream)
        first = clock.deadline = clock.now() + 0.02
        await peer.send(b"x")
        assert await stream.receive() == b"x"
        with pytest.raises(DeadlinePassed):
            await stream.receive()
        last = clock.deadline = first + 0.05
        with pytest.raises(DeadlinePassed):
            await stream.receive()
        assert clock.now() >= last


async def test_an_alarm_rings_in_a_wait_without_a_deadline_and_ends_nothing(ours: Paired) -> None:
    async with ours() as (stream, peer), anyio.create_task_group() as group:
        clock = clock_of(stream)
        clock.deadline = clock.now() + 0.02

        async def receive() -> None:
            assert await stream.receive() == b"late"

        group.start_soon(receive)
        await anyio.wait_all_tasks_blocked()
        clock.deadline = None
        await anyio.sleep(0.05)
        await peer.send(b"late")


async def test_a_deadline_that_is_moved_up_between_two_waits_is_met(ours: Paired) -> None:
    async with ours() as (stream, peer):
        clock = clock_of(stream)
        clock.deadline = clock.now() + 3600
        with anyio.move_on_after(0):
            await stream.receive()
        with anyio.move_on_after(0.01):
            await stream.receive()
        clock.deadline = clock.now() + 0.01
        with pytest.raises(DeadlinePassed):
            await stream.receive()
        await peer.send(b"still here")
        clock.deadline = None
        assert await stream.receive() == b"still here"


async def test_asking_again_after_the_deadline_lets_other_tasks_run(ours: Paired) -> None:
    turns: list[int] = []

    async def other() -> None:
        for turn in range(5):
            turns.append(turn)
            await checkpoint()

    async with ours() as (stream, _), anyio.create_task_group() as group:
        clock_of(stream).deadline = clock_of(stream).now() - 1
        group.start_soon(other)
        for _ in range(10):
            with pytest.raises(DeadlinePassed):
                await stream.receive()
        assert len(turns) == 5


async def test_closing_takes_the_alarm_away(ours: Paired) -> None:
    async with ours() as (stream, _):
        clock_of(stream).deadline = clock_of(stream).now() + 3600
        with anyio.move_on_after(0.01):
            await stream.receive()
        await stream.aclose()
        assert cast("Any", stream)._alarm is None


class Halting(ByteStream):
    """Sends the first half of what it is given, and the rest when told to."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self.halting = False
        self.go_on = anyio.Event()

    async def send(self, item: bytes) -> None:
        half = len(item) // 2 if self.halting else 0
        await self._stream.send(item[:half])
        if half:
            await self.go_on.wait()
        await self._stream.send(item[half:])

    async def receive(self, max_bytes: int = 65536) -> bytes:
        return await self._stream.receive(max_bytes)

    async def send_eof(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        await self._stream.aclose()


async def test_a_deadline_within_a_tls_record_loses_nothing(ours: Paired) -> None:
    authority = trustme.CA()
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server_context)  # pyright: ignore[reportUnknownMemberType]
    client_context = ssl.create_default_context()
    authority.configure_trust(client_context)  # pyright: ignore[reportUnknownMemberType]
    async with ours() as (stream, peer), anyio.create_task_group() as group:
        halting = Halting(peer)
        served: list[TLSStream] = []

        async def serve() -> None:
            served.append(
                await TLSStream.wrap(halting, server_side=True, ssl_context=server_context, standard_compatible=False)
            )
            await served[0].send(b"first")

        group.start_soon(serve)
        secure = await wrap_tls(stream, "localhost", client_context, "wss://localhost")
        assert timed(secure) is cast("object", stream)
        clock = clock_of(secure)
        assert await secure.receive() == b"first"
        halting.halting = True
        group.start_soon(served[0].send, b"second")
        for _ in range(3):
            clock.deadline = clock.now() + 0.01
            with pytest.raises(DeadlinePassed):
                await secure.receive()
        halting.go_on.set()
        clock.deadline = None
        assert await secure.receive() == b"second"
        await secure.send(b"and the other way")
        assert await served[0].receive() == b"and the other way"


def test_what_has_no_deadline_says_so() -> None:
    assert timed(None) is None
    assert timed(object()) is None
