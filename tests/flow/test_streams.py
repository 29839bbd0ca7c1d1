"""Flow policies where users meet them: the ``flow`` of an event stream whose consumer is slow."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from barterpy.connection import Connection
from barterpy.errors import BufferOverflow
from barterpy.events import Connected, Disconnected, Overflow
from barterpy.flow import FlowPolicy
from barterpy.market import EventStream, event_stream
from barterpy.parser import JsonParser
from barterpy.reconnect import ReconnectPolicy
from barterpy.socket import Batch

pytestmark = pytest.mark.anyio


class Counter:
    """A socket that counts to ``end``, a number a batch, and ends."""

    def __init__(self, end: int) -> None:
        self.end = end
        self.number = 0

    async def receive(self) -> Batch[Any]:
        await anyio.lowlevel.checkpoint()
        if self.number == self.end:
            raise anyio.EndOfStream
        self.number += 1
        return Batch([str(self.number)], self.number)

    async def send(self, message: Any) -> None:
        raise AssertionError("nothing is sent")

    async def aclose(self) -> None:
        self.end = self.number


class Same:
    def transform(self, message: int, received_at: int) -> Iterable[int]:
        return (message,)


def stream_of(end: int, flow: FlowPolicy) -> EventStream[Any]:
    @asynccontextmanager
    async def connect() -> AsyncGenerator[Counter]:
        yield Counter(end)

    connection: Connection[Any] = Connection(
        venue="test", name="a", connect=connect, parser=JsonParser(int), transformer=Same()
    )
    return event_stream(connection, policy=ReconnectPolicy(reconnect=False), flow=flow)


async def test_a_slow_consumer_hears_of_its_loss_and_of_the_connection() -> None:
    async with stream_of(100, FlowPolicy("drop_oldest", 10)) as events:
        await anyio.wait_all_tasks_blocked()
        assert events.flow.held == 11
        assert (events.flow.dropped, events.flow.high_water) == (91, 11)
        seen = [event async for event in events]
    assert isinstance(seen[0], Overflow)
    assert (seen[0].connection, seen[0].dropped, seen[0].policy) == ("a", 91, "drop_oldest")
    assert isinstance(seen[1], Connected)
    assert isinstance(seen[-1], Disconnected)
    assert seen[2:-1] == list(range(92, 101))


async def test_a_slow_consumer_gets_the_latest() -> None:
    async with stream_of(100, FlowPolicy("conflate", 10, lambda number: number % 2)) as events:
        await anyio.wait_all_tasks_blocked()
        seen = [event async for event in events]
    assert [type(event).__name__ for event in seen] == ["Overflow", "Connected", "int", "int", "Disconnected"]
    assert seen[2:4] == [99, 100]


async def test_a_slow_consumer_may_prefer_to_fail() -> None:
    async with stream_of(100, FlowPolicy("fail", 10)) as events:
        await anyio.wait_all_tasks_blocked()
        seen = [await anext(events) for _ in range(10)]
        with pytest.raises(BufferOverflow, match=r"flow\.size allows 10, got 11"):
            await anext(events)
        assert [event async for event in events] == []
    assert seen[1:] == list(range(1, 10))


async def test_a_slow_consumer_loses_nothing_by_default() -> None:
    async with stream_of(100, FlowPolicy(size=10)) as events:
        await anyio.wait_all_tasks_blocked()
        assert events.flow.high_water == 10
        assert [event async for event in events.data()] == list(range(1, 101))
    assert (events.flow.dropped, events.flow.conflated) == (0, 0)
