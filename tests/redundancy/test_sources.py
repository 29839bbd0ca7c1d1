"""One connection on its way into the buffer: what it has handed over arrives, whatever becomes of it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from barterpy.connection import Connection
from barterpy.flow import FlowChannel, FlowPolicy
from barterpy.parser import JsonParser
from barterpy.redundancy.sources import CopyGroup, Source
from barterpy.testing import MockSocket, VirtualClock
from barterpy.transformer import FunctionTransformer

pytestmark = pytest.mark.anyio


class Runner:
    """Runs nothing; of it only the epoch is asked."""

    supervisor: Any = SimpleNamespace(epoch=1)

    async def run(self) -> None:
        raise AssertionError("not run here")

    def close(self) -> None:
        raise AssertionError("not closed here")

    def subscribe(self, *subscriptions: Any) -> None:
        raise AssertionError("nothing is subscribed here")

    unsubscribe = subscribe


@asynccontextmanager
async def connect() -> AsyncGenerator[MockSocket[str]]:
    yield MockSocket()


async def test_what_two_of_its_tasks_hand_over_arrives_although_it_is_replaced_meanwhile(make: Any) -> None:
    """Its reader and its watch may both wait for room: one that is through must not take the other one's away."""
    plan: Connection[Any] = Connection(
        venue="test",
        name="x-1",
        connect=connect,
        parser=JsonParser(),
        transformer=FunctionTransformer(lambda one: [one]),
    )
    channel: FlowChannel[Any] = FlowChannel(FlowPolicy("block", 1), clock=VirtualClock())
    group: CopyGroup[Any] = CopyGroup("x", [plan], always=True, window=10)
    source: Source[Any] = Source(group, plan, 1, channel.sender("test", "x-1"), VirtualClock())
    source.supervised = Runner()
    await source.emit([make.connected("x-1")])
    seen: list[Any] = []

    async def run() -> None:
        with source.scope:
            async with anyio.create_task_group() as inside:
                for id_ in (1, 2, 3):
                    inside.start_soon(source.emit, [make.trade(id_)])
                await anyio.wait_all_tasks_blocked()
                source.replace("x-2", whole=True)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        await anyio.wait_all_tasks_blocked()
        while len(seen) < 4:
            seen += await channel.receive()
    assert sorted(event.id for event in seen[1:]) == ["1", "2", "3"]
    assert source.scope.cancel_called
