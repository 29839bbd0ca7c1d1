"""Many senders and one receiver over a buffer: who waits, who is woken, and that cancelling loses nothing."""

from collections.abc import Sequence
from typing import Any

import anyio
import pytest

from barterpy.errors import BufferOverflow
from barterpy.events import Overflow
from barterpy.flow import FlowChannel, FlowPolicy, FlowSender

pytestmark = pytest.mark.anyio


def channel_of(mode: Any = "block", size: int = 2) -> FlowChannel[Any]:
    return FlowChannel(FlowPolicy(mode, size), clock=lambda: 9)


async def rest_of(channel: FlowChannel[Any]) -> list[Any]:
    items: list[Any] = []
    while True:
        try:
            items.extend(await channel.receive())
        except anyio.EndOfStream:
            return items


async def test_a_receiver_waits_for_what_comes() -> None:
    channel = channel_of()
    sender = channel.sender()
    seen: list[Sequence[Any]] = []

    async def receive() -> None:
        seen.append(await channel.receive())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(receive)
        await anyio.wait_all_tasks_blocked()
        await sender.send([1])
    assert seen == [[1]]


async def test_the_end_comes_when_the_last_sender_has_left_and_all_is_handed_over() -> None:
    channel = channel_of()
    first, second = channel.sender(), channel.sender()
    await first.send([1])
    first.close()
    first.close()
    await second.send([2])
    second.close()
    assert await rest_of(channel) == [1, 2]


async def test_the_end_reaches_a_receiver_who_waits() -> None:
    channel = channel_of()
    sender = channel.sender()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(rest_of, channel)
        await anyio.wait_all_tasks_blocked()
        sender.close()


async def test_senders_wait_for_room_in_their_order() -> None:
    channel = channel_of(size=1)
    senders = [channel.sender() for _ in range(4)]
    async with anyio.create_task_group() as tasks:
        for number, sender in enumerate(senders):
            tasks.start_soon(sender.send, [number])
            await anyio.wait_all_tasks_blocked()
        assert channel.counters.held == 1
        assert [await channel.receive() for _ in range(4)] == [[0], [1], [2], [3]]


async def test_nobody_overtakes_one_who_waits() -> None:
    channel = channel_of(size=2)
    large, small = channel.sender(), channel.sender()
    await large.send([1])
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(large.send, [2, 3])
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(small.send, [4])
        await anyio.wait_all_tasks_blocked()
        assert [await channel.receive() for _ in range(3)] == [[1], [2, 3], [4]]


async def test_cancelling_a_sender_who_waits_sends_nothing_and_lets_the_next_in() -> None:
    channel = channel_of(size=2)
    first, second, third = (channel.sender() for _ in range(3))
    await first.send([1])
    scope = anyio.CancelScope()

    async def cancelled() -> None:
        with scope:
            await second.send([2, 3])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(cancelled)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(third.send, [4])
        await anyio.wait_all_tasks_blocked()
        assert channel.counters.held == 1
        scope.cancel()
        await anyio.wait_all_tasks_blocked()
        assert channel.counters.held == 2
    for sender in (first, second, third):
        sender.close()
    assert await rest_of(channel) == [1, 4]


async def test_cancelling_a_receiver_loses_nothing() -> None:
    channel = channel_of()
    sender = channel.sender()
    seen: list[Any] = []
    scope = anyio.CancelScope()

    async def receive() -> None:
        with scope:
            seen.extend(await channel.receive())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(receive)
        await anyio.wait_all_tasks_blocked()
        await sender.send([1])  # wakes it
        scope.cancel()  # before it runs
    sender.close()
    assert seen + await rest_of(channel) == [1]


async def test_a_cancelled_sender_puts_nothing() -> None:
    channel = channel_of()
    sender = channel.sender()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await sender.send([1])
    assert scope.cancelled_caught
    assert channel.counters.held == 0


async def test_an_error_is_raised_behind_what_was_sent_and_the_others_go_on() -> None:
    channel = channel_of(size=8)
    first, second = channel.sender(), channel.sender()
    await first.send([1])
    first.fail(ValueError("the first"))
    await second.send([2])
    assert await channel.receive() == [1]
    with pytest.raises(ValueError, match="the first"):
        await channel.receive()
    second.close()
    assert await rest_of(channel) == [2]


async def test_failing_turns_every_sender_away_and_raises_at_the_receiver() -> None:
    channel = channel_of("fail", size=1)
    sender, other = channel.sender(), channel.sender()
    await sender.send([1])
    for each in (sender, other):
        with pytest.raises(anyio.BrokenResourceError):
            await each.send([2])
        each.fail(ValueError("not the first error, so not heard"))
    assert await channel.receive() == [1]
    with pytest.raises(BufferOverflow):
        await channel.receive()
    assert await rest_of(channel) == []


@pytest.mark.parametrize("mode", ["drop_oldest", "conflate"])
async def test_the_policies_that_lose_never_make_data_wait(mode: Any) -> None:
    channel: FlowChannel[Any] = FlowChannel(FlowPolicy(mode, 3, key=lambda number: number % 3), clock=lambda: 9)
    sender = channel.sender("test", "a")
    for number in range(100):
        await sender.send([number])
    sender.close()
    overflow, *numbers = await rest_of(channel)
    assert overflow == Overflow(venue="test", connection="a", received_at=9, dropped=97, policy=mode)
    assert sorted(numbers) == [97, 98, 99]


async def test_closing_breaks_senders_and_wakes_the_receiver() -> None:
    channel = channel_of(size=1)
    sender = channel.sender()
    await sender.send([1])

    async def blocked() -> None:
        with pytest.raises(anyio.BrokenResourceError):
            await sender.send([2])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(blocked)
        await anyio.wait_all_tasks_blocked()
        channel.close()
    with pytest.raises(anyio.ClosedResourceError):
        await channel.receive()
    sender.fail(ValueError("nobody hears this"))
    late = channel.sender()
    with pytest.raises(anyio.BrokenResourceError):
        await late.send([3])


async def test_closing_wakes_a_receiver_who_waits() -> None:
    channel = channel_of()
    _open: FlowSender[Any] = channel.sender()

    async def receive() -> None:
        with pytest.raises(anyio.ClosedResourceError):
            await channel.receive()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(receive)
        await anyio.wait_all_tasks_blocked()
        channel.close()


async def test_misuse_is_refused() -> None:
    channel = channel_of()
    sender = channel.sender()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(channel.receive)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(anyio.BusyResourceError):
            await channel.receive()
        await sender.send([1])
    sender.close()
    with pytest.raises(anyio.ClosedResourceError):
        await sender.send([1])


async def test_batches_are_changed_in_the_order_of_their_places() -> None:
    """One that was changed first is in front, though both senders had to suspend."""
    channel = channel_of(size=9)
    seen: set[int] = set()

    def unseen(batch: Sequence[int]) -> list[int]:
        new = [item for item in batch if item not in seen]
        seen.update(new)
        return new

    first, second = channel.sender(), channel.sender()
    await first.send([0])
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first.send, [1], unseen)
        tasks.start_soon(second.send, [1], unseen)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(second.send, [1, 2], unseen)
    first.close()
    second.close()
    assert await rest_of(channel) == [0, 1, 2]


async def test_the_default_policy_blocks() -> None:
    channel: FlowChannel[int] = FlowChannel()
    sender = channel.sender()
    await sender.send([1])
    assert await channel.receive() == [1]
