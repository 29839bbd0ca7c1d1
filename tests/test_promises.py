"""What users of such libraries complain of, and what is nowhere else shown not to happen here: memory that grows, a
connection that gives up, a library which starts event loops, threads or requests by itself."""

import ast
import gc
import json
import socket
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

import barterpy
from barterpy import subscription as sub
from barterpy.connection import Connection
from barterpy.credentials import Credentials
from barterpy.errors import ConnectError, ConnectionLost
from barterpy.events import Connected, Reconnecting
from barterpy.market import EventStream
from barterpy.metrics import MetricsRegistry
from barterpy.parser import JsonParser
from barterpy.reconnect import ReconnectPolicy
from barterpy.testing import MockSocket, virtual_backends
from barterpy.transformer import FunctionTransformer
from barterpy.venues import binance, deribit, dydx

ROOT = Path(barterpy.__file__).parent
VIRTUAL = pytest.mark.parametrize("anyio_backend", virtual_backends())


class Lives:
    """Refuses so many times; then each connection brings some messages and is lost."""

    def __init__(self, *, refusals: int = 0, messages: int = 50) -> None:
        self.refusals = refusals
        self.messages = [json.dumps({"number": number}) for number in range(messages)]

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[MockSocket[str]]:
        if self.refusals:
            self.refusals -= 1
            raise ConnectError("venue.test:443", "refused")
        messages: MockSocket[str] = MockSocket(self.messages, ConnectionLost("cut", 1006))
        try:
            yield messages
        finally:
            await messages.aclose()

    def plan(self) -> Connection[Any]:
        passing: FunctionTransformer[Any, Any] = FunctionTransformer(lambda message: [message])
        return Connection(
            venue="venue", name="one", connect=self.connect, parser=JsonParser(), transformer=passing, idle_timeout=60.0
        )


@pytest.mark.anyio
@VIRTUAL
async def test_memory_does_not_grow_with_lives_and_messages() -> None:
    """Six hundred lives of a measured stream leave as many objects behind as three hundred."""
    held: list[int] = []
    registry = MetricsRegistry()
    async with EventStream([Lives().plan()], metrics=registry) as events:
        with anyio.fail_after(100_000):
            async for event in events:
                if isinstance(event, Connected) and event.epoch in (300, 600):
                    gc.collect()
                    held.append(len(gc.get_objects()))
                    if event.epoch == 600:
                        break
    before, after = held
    # A leak of one object a life would be three hundred, one a message fifteen thousand.
    assert after - before < 150, f"{after - before} objects more after three hundred lives"


@pytest.mark.anyio
@VIRTUAL
async def test_by_default_it_never_gives_up_and_never_waits_long() -> None:
    """A venue that is away for a thousand attempts is found again, with no policy given but that of the first."""
    waits: list[int] = []
    lives = Lives(refusals=1000)
    async with EventStream([lives.plan()], ReconnectPolicy(first_connect="retry")) as events:
        with anyio.fail_after(100_000):
            async for event in events:
                if isinstance(event, Reconnecting):
                    waits.append(event.delay)
                if isinstance(event, Connected):
                    break
    assert len(waits) == 1000
    assert max(waits) <= 6 * 10**9


def _calls(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_no_event_loop_and_no_thread_is_the_librarys() -> None:
    """Outside of the command line, nothing runs a loop, makes one, or starts a thread."""
    loops = {"asyncio.run", "asyncio.new_event_loop", "asyncio.get_event_loop", "anyio.run", "trio.run"}
    threads = {"threading.Thread", "Thread", "ThreadPoolExecutor", "anyio.from_thread.start_blocking_portal"}
    sources = [path for path in ROOT.rglob("*.py") if "cli" not in path.relative_to(ROOT).parts]
    assert len(sources) > 100
    found = {str(path.relative_to(ROOT)): _calls(path) & (loops | threads) for path in sources}
    assert {name: calls for name, calls in found.items() if calls} == {}


def test_nothing_is_opened_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Venue objects, plans of connections and clients are made without a socket, a name looked up, or a thread."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("something was opened")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    before = threading.active_count()
    wanted = [sub.trades("BTC-USD"), sub.book("BTC-USD")]
    assert dydx.Perpetuals().connections(wanted)
    assert dydx.Account("dydx1qpzry9x8gf2tvdw0s3jn54khce6mua7l").connections()
    perpetual = [sub.trades("BTC/USD:BTC"), sub.book("BTC/USD:BTC", interval="raw")]
    venue = deribit.Deribit(credentials=Credentials("key", "secret"))
    assert venue.connections(perpetual)
    assert venue.account_connections()
    venue.session(cancel_on_disconnect="connection")
    futures = binance.Futures()
    assert futures.connections([sub.trades("BTC/USDT:USDT"), sub.book("BTC/USDT:USDT")])
    for client in (venue.rest, futures.rest, dydx.Perpetuals().rest):
        assert client is not None
    assert threading.active_count() == before
