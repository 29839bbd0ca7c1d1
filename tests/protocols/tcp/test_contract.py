"""State by verb, for our streams and for anyio's beside them. Where anyio's do otherwise, the table says so."""

import contextlib
import random
import socket
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream, TaskGroup
from anyio.lowlevel import checkpoint

pytestmark = pytest.mark.anyio

Pair = tuple[SocketStream, SocketStream]
Paired = Callable[[], AbstractAsyncContextManager[Pair]]
Reset = Callable[[SocketStream], Awaitable[None]]

VERBS = ("receive", "send", "send_eof", "aclose")
TABLE: dict[str, tuple[str, str, str, str]] = {
    "open": ("waits", "done", "done", "done"),
    "data unread": ("data", "done", "done", "done"),
    "more unread than fits": ("data", "done", "done", "done"),
    "ended by the peer": ("EndOfStream", "done", "done", "done"),
    "broken": ("BrokenResourceError", "BrokenResourceError", "done", "done"),
    "sending ended": ("waits", "ClosedResourceError", "done", "done"),
    "closed": ("ClosedResourceError", "ClosedResourceError", "done", "done"),
    "closed with data unread": ("ClosedResourceError", "ClosedResourceError", "done", "done"),
}
ELSEWHERE = {
    ("broken", "receive"): {"EndOfStream"},
    ("broken", "send_eof"): {"RuntimeError", "OSError"},
    ("sending ended", "send"): {"RuntimeError", "BrokenResourceError"},
    ("closed", "send_eof"): {"RuntimeError", "OSError"},
    ("closed with data unread", "send_eof"): {"RuntimeError", "OSError"},
    ("closed with data unread", "receive"): {"data"},
}
"""What anyio's streams come to instead, on one event loop or another."""
MUCH = b"x" * 8 * 1024 * 1024


async def bring_to(state: str, stream: SocketStream, peer: SocketStream, reset: Reset, group: TaskGroup) -> None:
    async def flood() -> None:
        try:
            await peer.send(MUCH)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return

    if "data unread" in state:
        await peer.send(b"xx")
        assert await stream.receive(1) == b"x"
    elif state == "more unread than fits":
        group.start_soon(flood)
        assert await stream.receive(1) == b"x"
    elif state == "ended by the peer":
        await peer.send_eof()
    elif state == "broken":
        await reset(peer)
        with pytest.raises(anyio.BrokenResourceError):
            await stream.receive()
    elif state == "sending ended":
        await stream.send_eof()
    if state.startswith("closed"):
        await stream.aclose()


async def come_to(stream: SocketStream, verb: str, patience: float = 30.0) -> str:
    try:
        if verb == "receive":
            with anyio.move_on_after(patience) as scope:
                assert (await stream.receive(4)).strip(b"x") == b""
            return "waits" if scope.cancelled_caught else "data"
        if verb == "send":
            await stream.send(b"x")
        else:
            await getattr(stream, verb)()
    except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, RuntimeError) as error:
        return type(error).__name__
    except OSError:
        return "OSError"
    return "done"


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", TABLE)
async def test_each_verb_in_each_state(state: str, verb: str, kind: str, pair: Paired, reset: Reset) -> None:
    wanted = {TABLE[state][VERBS.index(verb)]}
    async with pair() as (stream, peer), anyio.create_task_group() as group:
        if type(stream).__name__ != "AsyncioStream":
            assert kind == "anyio" or "trio" in type(stream).__module__
            wanted |= ELSEWHERE.get((state, verb), set())
        await bring_to(state, stream, peer, reset, group)
        assert await come_to(stream, verb, 0.05 if "waits" in wanted else 30.0) in wanted
        await stream.aclose()


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", TABLE)
async def test_each_verb_under_cancellation(state: str, verb: str, pair: Paired, reset: Reset) -> None:
    """Nothing hangs, and afterwards the stream is usable, or closed where it was to be closed."""
    async with pair() as (stream, peer), anyio.create_task_group() as group:
        await bring_to(state, stream, peer, reset, group)
        with anyio.CancelScope() as scope:
            scope.cancel()
            await come_to(stream, verb)
        if state == "data unread" and verb == "receive":
            assert await come_to(stream, "receive") == "data"
        if state in ("open", "data unread") and verb == "send":
            await stream.send_eof()
            with pytest.raises(anyio.EndOfStream):  # nothing was written
                await peer.receive()
        if verb == "aclose":
            assert await come_to(stream, "send") == "ClosedResourceError"
        await stream.aclose()


async def test_a_receive_that_is_cancelled_while_it_waits_loses_nothing(pair: Paired) -> None:
    received = bytearray()

    async def receive() -> None:
        received.extend(await stream.receive())

    async with pair() as (stream, peer):
        for number in range(200):
            async with anyio.create_task_group() as group:
                group.start_soon(receive)
                for _ in range(3):
                    await checkpoint()
                await peer.send(bytes((number,)))
                for _ in range(number % 4):  # the bytes arrive before, while and after it is cancelled
                    await checkpoint()
                group.cancel_scope.cancel()
        await peer.send_eof()
        with contextlib.suppress(anyio.EndOfStream):
            while True:
                await receive()
    assert received == bytes(range(200))


async def test_what_a_cancelled_send_left_goes_before_what_is_sent_next(pair: Paired) -> None:
    received = bytearray()

    async def drain() -> None:
        with contextlib.suppress(anyio.EndOfStream):
            while True:
                received.extend(await peer.receive())

    async with pair() as (stream, peer):
        async with anyio.create_task_group() as group:
            group.start_soon(stream.send, MUCH)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        async with anyio.create_task_group() as group:
            group.start_soon(drain)
            await stream.send(b"behind")
            await stream.send_eof()
    # trio writes a part of it, asyncio has taken the whole.
    assert received == b"x" * (len(received) - 6) + b"behind"


async def test_one_task_receives_and_one_sends_at_a_time(pair: Paired) -> None:
    async with pair() as (stream, _), anyio.create_task_group() as group:
        group.start_soon(stream.receive)
        group.start_soon(stream.send, MUCH)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(anyio.BusyResourceError):
            await stream.receive()
        with pytest.raises(anyio.BusyResourceError):
            await stream.send(b"x")
        group.cancel_scope.cancel()


@pytest.mark.parametrize("verb", ["receive", "send"])
async def test_closing_ends_a_verb_that_waits(verb: str, pair: Paired) -> None:
    outcomes: list[BaseException] = []

    async def wait() -> None:
        try:
            await (stream.receive() if verb == "receive" else stream.send(MUCH))
        except anyio.ClosedResourceError as error:
            outcomes.append(error)

    async with pair() as (stream, _), anyio.create_task_group() as group:
        group.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        await stream.aclose()
    assert len(outcomes) == 1


@pytest.mark.parametrize("verb", ["receive", "send"])
async def test_a_break_ends_a_verb_that_waits(verb: str, pair: Paired, reset: Reset) -> None:
    async with pair() as (stream, peer), anyio.create_task_group() as group:

        async def wait() -> None:
            with pytest.raises(anyio.BrokenResourceError):
                await (stream.receive() if verb == "receive" else stream.send(MUCH))

        group.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        await reset(peer)


@pytest.mark.parametrize("size", [0, -1])
async def test_nothing_at_all_cannot_be_asked_for(size: int, ours: Paired) -> None:
    async with ours() as (stream, _):
        if type(stream).__name__ == "AsyncioStream":
            with pytest.raises(ValueError, match="max_bytes"):
                await stream.receive(size)


async def test_everything_arrives_however_slowly_it_is_taken(pair: Paired) -> None:
    """Reading pauses and goes on many times, with reads of all sizes, and the end comes last."""
    sent = random.Random(1).randbytes(3 * 1024 * 1024)

    async def send() -> None:
        await peer.send(sent)
        await peer.send_eof()

    received = bytearray()
    async with pair() as (stream, peer), anyio.create_task_group() as group:
        group.start_soon(send)
        with contextlib.suppress(anyio.EndOfStream):
            while True:
                received += await stream.receive(1 + len(received) % 40_000)
                for _ in range(len(received) % 3):
                    await checkpoint()
    assert received == sent


async def test_the_addresses_are_told_as_anyio_tells_them(pair: Paired) -> None:
    async with pair() as (stream, peer):
        attribute = SocketAttribute
        assert stream.extra(attribute.remote_address) == peer.extra(attribute.local_address)
        assert stream.extra(attribute.local_port) == peer.extra(attribute.remote_port)
        raw = stream.extra(attribute.raw_socket)
        assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
