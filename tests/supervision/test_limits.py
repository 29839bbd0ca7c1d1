"""Connections keep to limits they share: connects wait for their turn, messages for theirs, and a refusal stops all."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import anyio
import pytest

from barterpy.backoff import Backoff
from barterpy.connection import Connection, SubscribeRequest
from barterpy.errors import HandshakeError
from barterpy.events import Connected
from barterpy.limits import Limiter, RollingWindow
from barterpy.parser import JsonParser
from barterpy.supervision import ReconnectPolicy, SupervisedConnection
from barterpy.testing import MockSocket
from barterpy.transformer import FunctionTransformer, Send

pytestmark = pytest.mark.anyio

POLICY = ReconnectPolicy(backoff=Backoff(initial=1.0, cap=1.0, jitter=0.0), first_connect="retry")
Connect = Callable[[], AbstractAsyncContextManager[MockSocket[str]]]


class Server:
    """Takes every connection unless it was told to refuse; notes when they came and when messages did."""

    def __init__(self, *refusals: HandshakeError) -> None:
        self.refusals = list(refusals)
        self.connects: list[float] = []
        self.sent: list[float] = []

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[MockSocket[str]]:
        self.connects.append(anyio.current_time())
        if self.refusals:
            raise self.refusals.pop(0)

        def note(message: str) -> None:
            self.sent.append(anyio.current_time())

        socket: MockSocket[str] = MockSocket(end=False, respond=note)
        try:
            yield socket
        finally:
            await socket.aclose()


def echo(message: Any) -> list[Any]:
    return [message]


def plan(name: str, connect: Connect, **more: Any) -> Connection[Any]:
    return Connection(
        venue="test",
        name=name,
        connect=connect,
        parser=JsonParser(),
        transformer=FunctionTransformer(echo),
        **more,
    )


async def run(plans: Sequence[Connection[Any]], seconds: float, *, apart: float = 0.0) -> list[tuple[str, float]]:
    """Start them so many seconds apart and let them live; when each was connected."""
    began = anyio.current_time()
    connected: list[tuple[str, float]] = []

    async def emit(events: Sequence[Any]) -> None:
        connected.extend(
            (event.connection, round(anyio.current_time() - began, 3))
            for event in events
            if isinstance(event, Connected)
        )

    async with anyio.create_task_group() as tasks:
        supervised = [SupervisedConnection(one, emit, POLICY) for one in plans]
        for one in supervised:
            tasks.start_soon(one.run)
            await anyio.sleep(apart)
        await anyio.sleep(seconds)
        for one in supervised:
            one.close()
    return connected


async def test_connects_of_one_address_wait_for_their_turn() -> None:
    server, shared = Server(), Limiter("connects", RollingWindow(2, 30))
    plans = [plan(str(number), server.connect, connect_limiter=shared) for number in range(5)]
    connected = await run(plans, 100)
    assert sorted(at for _, at in connected) == [0, 0, 30, 30, 60]


async def test_a_wait_for_its_turn_may_be_longer_than_connecting() -> None:
    server, shared = Server(), Limiter("connects", RollingWindow(1, 10 * POLICY.connect_timeout))
    plans = [plan(str(number), server.connect, connect_limiter=shared) for number in range(2)]
    connected = await run(plans, 200)
    assert sorted(at for _, at in connected) == [0, 150]


async def test_closing_while_it_waits_for_its_turn_takes_no_time() -> None:
    shared = Limiter("connects", RollingWindow(1, 3600))
    await shared.acquire()
    began = anyio.current_time()
    assert await run([plan("a", Server().connect, connect_limiter=shared)], 5) == []
    assert anyio.current_time() - began == pytest.approx(5)
    assert len(shared.line) == 0


@pytest.mark.parametrize(("status", "waits"), [(429, 40), (418, 40), (503, 0)])
async def test_a_refusal_for_being_too_fast_stops_all_who_connect_from_here(status: int, waits: float) -> None:
    refused = Server(HandshakeError("x.test", f"HTTP {status}", status, [("Retry-After", "40")]))
    other, shared = Server(), Limiter("connects", RollingWindow(1, 1))
    plans = [
        plan("refused", refused.connect, connect_limiter=shared),
        plan("other", other.connect, connect_limiter=shared),
    ]
    connected = dict(await run(plans, 100, apart=0.5))
    assert connected["other"] == pytest.approx(waits or 1, abs=1.5)
    assert connected["refused"] >= 40, "Retry-After is obeyed in any case"


async def test_messages_wait_for_their_turn() -> None:
    server = Server()
    requests = tuple(
        SubscribeRequest(id=number, message=str(number), subscriptions=(str(number),)) for number in range(6)
    )
    limited = plan("a", server.connect, requests=requests, send_limiter=Limiter("messages", RollingWindow(2, 1)))
    await run([limited], 5)
    assert [round(at - server.connects[0], 3) for at in server.sent] == [0, 0, 1, 1, 2, 2]


async def test_subscribes_wait_for_their_own_turn_and_other_messages_do_not() -> None:
    server = Server()
    named = [SubscribeRequest(id=number, message=str(number), subscriptions=(str(number),)) for number in range(4)]
    nameless = SubscribeRequest(id=9, message="9")
    limited = plan(
        "a",
        server.connect,
        requests=(nameless, *named),
        subscribe_limiter=Limiter("subscribes", RollingWindow(1, 2)),
    )
    await run([limited], 9)
    assert [round(at - server.connects[0], 3) for at in server.sent] == [0, 0, 2, 4, 6]


@pytest.mark.parametrize("slow", [False, True])
async def test_what_a_transformer_subscribes_waits_for_the_same_turn(slow: bool) -> None:
    """A book that asks for its snapshot anew does so by subscribing, and others of the connection do meanwhile."""

    class Rejoining:
        def on_reset(self, epoch: int, now: int) -> list[Send]:
            return [Send(str(number), subscribes=number > 1) for number in range(4)]

        def transform(self, message: Any, received_at: int) -> list[Any]:
            return [message]

    server = Server()
    named = SubscribeRequest(id=9, message="9", subscriptions=("9",))
    limited = replace(
        plan("a", server.connect, requests=(named,), subscribe_limiter=Limiter("subscribes", RollingWindow(1, 2))),
        transformer=Rejoining(),
        send_limiter=Limiter("messages", RollingWindow(1, 1)) if slow else None,
    )
    await run([limited], 9)
    times = [round(at - server.connects[0], 3) for at in server.sent]
    assert times == ([0, 1, 2, 3, 4] if slow else [0, 0, 0, 2, 4])


@pytest.mark.parametrize("limiter", ["subscribe_limiter", "send_limiter"])
async def test_waiting_for_its_turn_is_no_failure_of_the_restoration(limiter: str) -> None:
    server, shared = Server(), Limiter("subscribes", RollingWindow(1, 100))
    await shared.acquire()
    waiting = plan(
        "a",
        server.connect,
        requests=(SubscribeRequest(id=1, message="1", subscriptions=("1",)),),
        subscribe_timeout=1.0,
        **{limiter: shared},
    )
    assert len(await run([waiting], 100.5)) == 1
    assert [round(at - server.connects[0], 3) for at in server.sent] == [100]
