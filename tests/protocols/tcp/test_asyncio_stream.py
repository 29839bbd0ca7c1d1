"""What the stream asks of its transport, by a transport that writes it down."""

import asyncio
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from barterpy.protocols.tcp.asyncio_stream import AsyncioStream

pytestmark = pytest.mark.anyio

UNREAD = 512 * 1024
READ = 256 * 1024
"""What asyncio reads at once."""


@pytest.fixture
def anyio_backend() -> str:
    """The transport is made up, so one event loop tells as much as all."""
    return "asyncio"


class Wire(asyncio.Transport):
    """A transport whose peer reads ``room`` bytes, and which refuses what a real one may refuse."""

    def __init__(self, stream: AsyncioStream, room: int = 1 << 30) -> None:
        super().__init__()
        self.stream = stream
        self.room = room
        self.calls: list[str] = []
        self.written = bytearray()
        self.closing = False
        self.fails = False
        self.reading = True
        stream.connection_made(self)

    def deliver(self, size: int, byte: bytes = b"x") -> bool:
        """As the event loop does it: into the buffer, as much as fits at a time, nothing while reading is paused."""
        while size and self.reading:
            buffer = self.stream.get_buffer(-1)
            read = min(size, len(buffer))
            buffer[:read] = byte * read
            self.stream.buffer_updated(read)
            size -= read
        return self.reading

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high == 0

    def pause_reading(self) -> None:
        assert self.reading
        assert not self.closing
        self.reading = False
        self.calls.append("pause")

    def resume_reading(self) -> None:
        if self.closing:
            raise RuntimeError("uvloop: the handler is closed")
        assert not self.reading
        self.reading = True
        self.calls.append("resume")

    def is_closing(self) -> bool:
        return self.closing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.fails:
            self.closing = True
            asyncio.get_running_loop().call_soon(self.stream.connection_lost, ConnectionResetError("gone"))
            return
        self.written += data
        if len(self.written) > self.room:
            self.stream.pause_writing()

    def write_eof(self) -> None:
        self.calls.append("eof")
        if self.fails:
            raise OSError("not connected")

    def abort(self) -> None:
        self.calls.append("abort")
        if not self.closing:
            self.closing = True
            asyncio.get_running_loop().call_soon(self.stream.connection_lost, None)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


def made(room: int = 1 << 30) -> tuple[AsyncioStream, Wire]:
    stream = AsyncioStream(asyncio.get_running_loop())
    return stream, Wire(stream, room)


async def test_a_consumer_that_never_reads_is_sent_no_more_than_the_bound() -> None:
    stream, wire = made()
    delivered = 0
    while wire.deliver(READ):
        delivered += READ
    assert wire.calls == ["pause"]
    assert delivered < UNREAD + READ
    await stream.aclose()


async def test_reading_goes_on_when_everything_was_taken_and_not_before() -> None:
    stream, wire = made()
    while wire.deliver(READ - 1):
        pass
    taken = 0
    while not wire.reading:
        taken += len(await stream.receive(100_000))
    assert taken >= UNREAD
    assert wire.calls == ["pause", "resume"]
    assert wire.deliver(1)
    assert await stream.receive() == b"x"
    await stream.aclose()


async def test_what_receive_is_made_of() -> None:
    """Take, or await the arrival: of bytes, of the deadline, of the end."""
    stream, wire = made()
    assert not stream.is_ready()
    assert stream.take(10) is None
    loop = asyncio.get_running_loop()
    loop.call_soon(wire.deliver, 12)
    assert await stream.arrival() == b"x" * 12
    assert not stream.is_ready()
    assert stream.take(10) is None
    wire.deliver(12)
    assert stream.is_ready()
    assert stream.take(10) == b"x" * 10
    assert stream.take(10) == b"xx"
    assert stream.take(10) is None

    assert not stream.is_quiet()
    assert not stream.set_deadline(stream.now())
    assert stream.set_deadline(stream.now() + 0.01)
    assert stream.is_quiet()
    wire.deliver(1)
    assert not stream.is_quiet()
    assert stream.take(10) == b"x"
    assert await stream.arrival() is None
    assert not stream.is_quiet()
    assert stream.take(10) is None
    assert stream.set_deadline(None)

    loop.call_soon(stream.eof_received)
    assert await stream.arrival() is None
    assert stream.is_ready()
    with pytest.raises(anyio.EndOfStream):
        stream.take(10)
    await stream.aclose()
    with pytest.raises(anyio.ClosedResourceError):
        stream.take(10)


async def test_a_wait_for_an_arrival_that_is_cancelled_loses_nothing() -> None:
    stream, wire = made()
    with anyio.move_on_after(0.01) as scope:
        await stream.arrival()
    assert scope.cancelled_caught
    assert wire.deliver(3)
    assert stream.take(10) == b"xxx"
    asyncio.get_running_loop().call_soon(wire.deliver, 1)
    assert await stream.arrival() == b"x"
    await stream.aclose()


async def test_what_comes_between_a_cancellation_and_its_delivery_is_kept() -> None:
    stream, wire = made()
    waiting = asyncio.ensure_future(stream.receive())
    await asyncio.sleep(0)
    waiting.cancel()
    wire.deliver(3)
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    assert await stream.receive() == b"xxx"
    await stream.aclose()


async def test_more_than_was_asked_for_while_waiting_is_kept() -> None:
    stream, wire = made()
    for size in (5, READ * 2):
        asyncio.get_running_loop().call_soon(wire.deliver, size)
        found = b""
        while len(found) < size:
            piece = await stream.receive(4 if size == 5 else 100_000)
            assert 0 < len(piece) <= (4 if size == 5 else 100_000)
            found += piece
        assert found == b"x" * size
    assert not stream.is_ready()
    await stream.aclose()


async def test_what_was_read_before_a_break_can_be_taken_and_nothing_is_resumed() -> None:
    stream, wire = made()
    while wire.deliver(READ):
        pass
    wire.fails = True
    with pytest.raises(anyio.BrokenResourceError):
        await stream.send(b"x")
    found: list[bytes] = []

    async def take_all() -> None:
        while True:
            found.append(await stream.receive(1 << 20))

    with pytest.raises(anyio.BrokenResourceError) as caught:
        await take_all()
    assert sum(map(len, found)) >= UNREAD
    assert wire.calls == ["pause"]
    assert isinstance(caught.value.__cause__, ConnectionResetError)


async def test_what_was_read_is_a_copy_and_the_next_read_does_not_change_it() -> None:
    stream, wire = made()
    wire.deliver(3, b"a")
    wire.deliver(3, b"b")
    assert [await stream.receive(), await stream.receive()] == [b"aaa", b"bbb"]
    await stream.aclose()


async def test_the_buffer_grows_once_for_a_connection_with_much_traffic() -> None:
    stream, wire = made()
    small = len(stream.get_buffer(-1))
    wire.deliver(small - 1)
    assert len(stream.get_buffer(-1)) == small
    wire.deliver(small)
    large = len(stream.get_buffer(-1))
    assert large == READ > small
    wire.deliver(large)
    assert len(stream.get_buffer(-1)) == large
    assert [len(await stream.receive(READ)) for _ in range(3)] == [small - 1, small, large]
    await stream.aclose()


async def test_sends_that_are_cancelled_do_not_pile_up() -> None:
    stream, wire = made(room=10)
    for _ in range(50):
        with anyio.move_on_after(0):
            await stream.send(b"x" * 11)
        async with anyio.create_task_group() as group:
            group.start_soon(stream.send, b"x" * 11)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            group.cancel_scope.cancel()
    assert len(wire.written) == 11
    await stream.aclose()


@pytest.mark.parametrize("end", ["aclose", "break", "resume"])
async def test_a_send_that_waits_ends(end: str) -> None:
    stream, wire = made(room=0)
    outcome: list[str] = []

    async def send() -> None:
        try:
            await stream.send(b"x")
            outcome.append("sent")
        except (anyio.ClosedResourceError, anyio.BrokenResourceError) as error:
            outcome.append(type(error).__name__)

    ends: dict[str, Callable[[], object]] = {
        "break": lambda: stream.connection_lost(ConnectionResetError()),
        "resume": stream.resume_writing,
    }
    async with anyio.create_task_group() as group:
        group.start_soon(send)
        await anyio.wait_all_tasks_blocked()
        if end == "aclose":
            await stream.aclose()
        else:
            ends[end]()
    assert outcome == [{"aclose": "ClosedResourceError", "break": "BrokenResourceError", "resume": "sent"}[end]]
    await stream.aclose()
    assert wire.closing


async def test_sending_at_once_is_for_a_stream_with_room() -> None:
    stream, wire = made(room=10)
    assert stream.send_nowait(b"x" * 11)  # the last byte waits
    assert not stream.send_nowait(b"y")
    assert len(wire.written) == 11
    stream.resume_writing()
    assert stream.send_nowait(b"y")
    await stream.aclose()
    assert not stream.send_nowait(b"z")
    failing, wire = made()
    wire.fails = True
    assert not failing.send_nowait(b"x")
    with pytest.raises(anyio.BrokenResourceError):
        await failing.send(b"x")


async def test_a_write_that_fails_at_once_is_known_to_its_sender() -> None:
    stream, wire = made()
    wire.fails = True
    with pytest.raises(anyio.BrokenResourceError) as caught:
        await stream.send(b"x")
    assert isinstance(caught.value.__cause__, ConnectionResetError)


async def test_the_end_of_sending_is_said_once_the_connection_is_there_and_not_after() -> None:
    stream, wire = made()
    wire.fails = True  # reset by the peer at this very moment
    await stream.send_eof()
    with pytest.raises(anyio.ClosedResourceError):
        await stream.send(b"x")
    await stream.aclose()
    await stream.send_eof()
    assert wire.calls == ["eof", "abort"]


async def test_closing_drops_what_was_not_taken() -> None:
    stream, wire = made()
    wire.deliver(100)
    await stream.aclose()
    with pytest.raises(anyio.ClosedResourceError):
        await stream.receive()
    await stream.aclose()
    assert wire.calls == ["abort", "abort"]


async def test_closing_under_cancellation_closes() -> None:
    stream, wire = made()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await stream.aclose()
    assert scope.cancelled_caught
    assert wire.closing


async def test_the_task_runs_while_the_data_is_being_received() -> None:
    """No turn of the event loop lies between the wire and the consumer."""
    stream, wire = made()
    found: list[bytes] = []

    async def receive() -> None:
        found.append(await stream.receive())

    async with anyio.create_task_group() as group:
        group.start_soon(receive)
        await anyio.wait_all_tasks_blocked()
        seen = asyncio.Event()

        def read() -> None:
            wire.deliver(3)
            found.append(b"behind")
            seen.set()

        asyncio.get_running_loop().call_soon(read)
        await seen.wait()
    assert found == [b"xxx", b"behind"]
    await stream.aclose()
