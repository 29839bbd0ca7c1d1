"""The sockets of the kit behave as a socket must, so that what passes with them passes with a real one."""

from typing import Any

import anyio
import pytest

from barterpy.errors import ConfigurationError, ConnectionLost
from barterpy.socket import Batch
from barterpy.testing import MockSocket, Pause, connector, socket_pair

pytestmark = pytest.mark.anyio


async def everything(socket: Any) -> list[list[Any]]:
    batches: list[list[Any]] = []
    while True:
        try:
            batches.append(list((await socket.receive()).messages))
        except anyio.EndOfStream:
            return batches


# A script


async def test_a_script_is_played_in_order() -> None:
    socket: MockSocket[str] = MockSocket(["1", "2"], Batch(["3"], 7), clock=lambda: 5)
    first = await socket.receive()
    second = await socket.receive()
    assert [(list(batch.messages), batch.received_at) for batch in (first, second)] == [(["1", "2"], 5), (["3"], 7)]
    for _ in range(2):
        with pytest.raises(anyio.EndOfStream):
            await socket.receive()


async def test_an_error_ends_it_and_is_raised_again_unless_steps_follow() -> None:
    socket: MockSocket[str] = MockSocket(ValueError("passes"), ["1"], ConnectionLost("cut", 1006))
    with pytest.raises(ValueError, match="passes"):
        await socket.receive()
    assert (await socket.receive()).messages == ["1"]
    for _ in range(2):
        with pytest.raises(ConnectionLost, match="cut"):
            await socket.receive()
    assert socket.close_code == 1006


async def test_it_can_be_fed_while_somebody_waits() -> None:
    socket: MockSocket[str] = MockSocket(end=False)
    batches: list[list[str]] = []

    async def read() -> None:
        batches.extend(await everything(socket))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await anyio.wait_all_tasks_blocked()
        socket.feed("1", "2")
        await anyio.wait_all_tasks_blocked()
        socket.feed("3")
        socket.finish()
    assert batches == [["1", "2"], ["3"]]


async def test_a_failure_can_be_fed() -> None:
    socket: MockSocket[str] = MockSocket(end=False)
    socket.fail(ConnectionLost("gone"))
    with pytest.raises(ConnectionLost):
        await socket.receive()


async def test_it_waits_for_events_and_pauses() -> None:
    event = anyio.Event()
    socket: MockSocket[str] = MockSocket(event, ["1"], Pause(0.001), ["2"])
    async with anyio.create_task_group() as tasks:

        async def release() -> None:
            await anyio.wait_all_tasks_blocked()
            event.set()

        tasks.start_soon(release)
        assert (await socket.receive()).messages == ["1"]
        assert event.is_set()
    assert (await socket.receive()).messages == ["2"]


async def test_a_step_survives_the_cancellation_of_who_waited_for_it() -> None:
    event = anyio.Event()
    socket: MockSocket[str] = MockSocket(event, ["1"])
    with anyio.move_on_after(0):
        await socket.receive()
    with anyio.move_on_after(0.01) as scope:
        await socket.receive()
    assert scope.cancelled_caught
    event.set()
    assert (await socket.receive()).messages == ["1"]


async def test_what_is_sent_is_kept_and_answered() -> None:
    socket: MockSocket[str] = MockSocket(["tick"], respond=lambda message: [f"ack {message}"] if message else None)
    await socket.send("sub")
    await socket.send("")
    assert socket.sent == ["sub", ""]
    assert await everything(socket) == [["ack sub"], ["tick"]]


async def test_one_can_wait_for_what_is_sent() -> None:
    socket: MockSocket[str] = MockSocket(end=False)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(socket.send, "a")
        tasks.start_soon(socket.send, "b")
        assert sorted(await socket.wait_sent(2)) == ["a", "b"]


@pytest.mark.parametrize("step", [None, "pause", "event"])
async def test_closing_wakes_whoever_receives(step: str | None) -> None:
    steps: Any = {None: (), "pause": (Pause(1000),), "event": (anyio.Event(),)}[step]
    socket: MockSocket[str] = MockSocket(*steps, end=False)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:

            async def read() -> None:
                with pytest.raises(anyio.ClosedResourceError):
                    await socket.receive()

            tasks.start_soon(read)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(anyio.BusyResourceError):
                await socket.receive()
            await socket.aclose()
            await socket.aclose()
    assert socket.closed
    for verb in (socket.receive(), socket.send("x")):
        with pytest.raises(anyio.ClosedResourceError):
            await verb


@pytest.mark.parametrize("step", ["message", b"message"])
def test_a_bare_message_is_no_batch(step: Any) -> None:
    with pytest.raises(ConfigurationError, match="list"):
        MockSocket(step)


# A pair


async def test_what_one_end_sends_the_other_receives_in_batches() -> None:
    client, server = socket_pair(path="/ws", query="a=1", clock=lambda: 3)
    for n in range(3):
        await client.send(n)
    batch = await server.receive()
    assert (batch.messages, batch.received_at) == ([0, 1, 2], 3)
    await server.send("back")
    assert (await client.receive()).messages == ["back"]
    assert (server.path, server.query, client.path) == ("/ws", "a=1", "")


async def test_a_close_ends_the_other_end_behind_what_was_sent() -> None:
    client, server = socket_pair()
    await server.send("last")
    await server.aclose()
    assert await everything(client) == [["last"]]
    assert client.close_code == 1000
    with pytest.raises(ConnectionLost):
        await client.send("late")
    with pytest.raises(anyio.ClosedResourceError):
        await server.send("late")


@pytest.mark.parametrize(("abrupt", "code"), [(True, 1006), (False, 1008)])
async def test_an_end_in_bad_order_has_its_code(abrupt: bool, code: int) -> None:
    client, server = socket_pair()
    await server.send("last")
    if abrupt:
        server.abort()
    else:
        await server.aclose(1008, "too many requests")
    assert (await client.receive()).messages == ["last"]
    for _ in range(2):
        with pytest.raises(ConnectionLost) as caught:
            await client.receive()
        assert caught.value.code == code
    assert client.close_code == code


async def test_a_sender_waits_for_a_slow_receiver_and_hears_of_its_end() -> None:
    client, server = socket_pair(size=2)
    async with anyio.create_task_group() as tasks:

        async def send() -> None:
            for n in range(3):
                await client.send(n)
            await client.send(3)
            with pytest.raises(ConnectionLost):
                await client.send(4)

        tasks.start_soon(send)
        await anyio.wait_all_tasks_blocked()
        assert (await server.receive()).messages == [0, 1]
        await anyio.wait_all_tasks_blocked()
        await server.aclose()


async def test_two_receivers_are_one_too_many() -> None:
    client, _ = socket_pair()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.receive)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(anyio.BusyResourceError):
            await client.receive()
        tasks.cancel_scope.cancel()
    with pytest.raises(ConfigurationError):
        socket_pair(size=0)


# A connect


async def test_a_connect_gives_what_was_prepared_and_says_when_that_is_used_up() -> None:
    socket: MockSocket[str] = MockSocket(["1"])
    connect = connector(ConnectionLost("refused"), socket)
    with pytest.raises(ConnectionLost):
        async with connect():
            pass
    async with connect() as given:
        assert given is socket
    assert socket.closed
    with pytest.raises(ConfigurationError, match="more than the 2"):
        async with connect():
            pass
