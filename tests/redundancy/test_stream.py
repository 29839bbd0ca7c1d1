"""Redundant streams: their connections come and go, their events come once."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from barterpy import Trade, book, trades
from barterpy.backoff import Backoff
from barterpy.connection import Connection
from barterpy.errors import (
    ClockSkew,
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    RateLimited,
    Throttled,
    TlsError,
    VenueUnavailable,
)
from barterpy.events import Connected, Disconnected, Gap, Reconnecting, Subscribed
from barterpy.model.market import Side
from barterpy.orderbook import BookBuilder
from barterpy.parser import JsonParser
from barterpy.reconnect import ReconnectPolicy
from barterpy.redundancy import RedundantStream, redundant_stream
from barterpy.socket import Batch
from barterpy.testing import FaultInjector, SimulatedVenue
from barterpy.venues import binance

pytestmark = pytest.mark.anyio

QUICK = ReconnectPolicy(backoff=Backoff(initial=0.0, cap=0.0, jitter=0.0))
SYMBOL = "BTC/USDT:USDT"


class Script:
    """A socket that hands over a script: numbers are batches of one, events are waited for, exceptions are raised."""

    def __init__(self, *steps: Any) -> None:
        self.steps = list(steps)

    async def receive(self) -> Batch[Any]:
        await anyio.lowlevel.checkpoint()
        while self.steps:
            step = self.steps.pop(0)
            if isinstance(step, anyio.Event):
                await step.wait()
            elif isinstance(step, Exception):
                raise step
            else:
                return Batch([str(step)], step)
        await anyio.sleep_forever()
        raise AssertionError

    async def send(self, message: Any) -> None:
        raise AssertionError("nothing is sent")

    async def aclose(self) -> None:
        self.steps = []


class Trades:
    def __init__(self) -> None:
        self.epoch = 0

    def on_reset(self, epoch: int, now: int) -> Iterable[Trade[float]]:
        self.epoch = epoch
        return ()

    def transform(self, message: int, received_at: int) -> Iterable[Trade[float]]:
        yield Trade(
            venue="test",
            instrument="A",
            price=1.0,
            size=1.0,
            side=Side.BUY,
            id=str(message),
            exchange_at=None,
            received_at=received_at,
            epoch=self.epoch,
        )


def stream_of(
    *scripts: Sequence[Script | Exception | anyio.Event], policy: ReconnectPolicy = QUICK, **options: Any
) -> RedundantStream[Any]:
    """One connection a script: the sockets it makes one after the other, or errors; events are waited for."""
    left = iter(scripts)

    def plans() -> Sequence[Connection[Any]]:
        script = list(next(left))

        @asynccontextmanager
        async def connect() -> AsyncGenerator[Script]:
            while isinstance(socket := script.pop(0), anyio.Event):
                await socket.wait()
            if isinstance(socket, Exception):
                raise socket
            yield socket

        return [Connection(venue="test", name="x", connect=connect, parser=JsonParser(int), transformer=Trades())]

    return RedundantStream(plans, len(scripts), policy, **options)


async def until(stream: RedundantStream[Any], last: int, seen: list[Any] | None = None) -> list[Any]:
    """Everything until the trade of this id."""
    seen = [] if seen is None else seen
    async for event in stream:
        seen.append(event)
        if isinstance(event, Trade) and event.id == str(last):
            return seen
    raise AssertionError("it ended before")


def ids(events: Iterable[Any]) -> list[str]:
    return [event.id for event in events if isinstance(event, Trade)]


async def test_each_trade_once_from_connections_with_names_of_their_own() -> None:
    async with stream_of([Script(1, 2, 3, 4, 5)], [Script(1, 2, 3, 4, 5)], [Script(1, 2, 3, 4, 5)]) as events:
        seen = await until(events, 5)
        await anyio.wait_all_tasks_blocked()
        assert events.up == ("x-1", "x-2", "x-3")
    assert ids(seen) == ["1", "2", "3", "4", "5"]
    assert {event.connection for event in seen if isinstance(event, Connected)} == {"x-1", "x-2", "x-3"}
    assert {row.connection for row in events.report.connections} == {"x-1", "x-2", "x-3"}
    assert sum(row.won for row in events.report.connections) == 5
    assert sum(row.late for row in events.report.connections) == 10


async def test_one_that_is_cut_is_replaced_by_the_other_and_comes_back() -> None:
    cut, go = anyio.Event(), anyio.Event()
    first = [Script(1, 2, cut, ConnectionLost("cut", 1006)), Script(go, 4)]
    second = [Script(1, 2, 3)]
    async with stream_of(first, second) as events:
        seen = await until(events, 3)
        cut.set()
        while not isinstance(event := await anext(events), Connected):
            seen.append(event)
        assert (event.connection, event.epoch) == ("x-1", 2)
        go.set()
        seen = await until(events, 4, seen)
    assert sorted(ids(seen)) == ["1", "2", "3", "4"]
    assert [event.connection for event in seen if isinstance(event, Disconnected | Reconnecting)] == ["x-1", "x-1"]
    assert not any(isinstance(event, Gap) for event in seen)
    assert {event.epoch for event in seen if isinstance(event, Trade)} == {1}


async def test_the_first_connect_fails_fast_while_none_was_up() -> None:
    waits = anyio.Event()
    refused = ConnectError("host:1", "refused")
    async with stream_of([refused], [waits, Script(1)]) as events:
        with pytest.raises(ConnectError):
            await until(events, 1)


@pytest.mark.parametrize(
    "refused",
    [
        ConnectError("host:1", "refused"),
        VenueUnavailable("maintenance", status=503),
        RateLimited("too fast"),
        ClockSkew("timestamp"),
        Throttled("connects", "host", 0.0),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_connection_never_made_is_tried_again_once_another_is_up(refused: Exception) -> None:
    """Whatever an attempt may mend, whether or not it spoiled a connection."""
    up = anyio.Event()
    async with stream_of([up, refused, refused, Script(2)], [Script(1)]) as events:
        seen = await until(events, 1)
        up.set()
        seen = await until(events, 2, seen)
    assert [event.attempt for event in seen if isinstance(event, Reconnecting)] == [1]


async def test_one_that_only_a_person_can_mend_is_told_and_ends_nothing() -> None:
    up, go = anyio.Event(), anyio.Event()
    async with stream_of([up, TlsError("host:1", "expired")], [Script(1, go, 2)]) as events:
        seen = await until(events, 1)
        up.set()
        while not isinstance(event := await anext(events), Disconnected):
            seen.append(event)
        assert (event.connection, event.error) == ("x-1", "TlsError")
        assert event.reason.startswith("not tried again: ")
        go.set()
        seen = await until(events, 2, seen)


async def test_the_end_of_the_last_is_raised() -> None:
    policy = ReconnectPolicy(backoff=Backoff(initial=0, cap=0, jitter=0, max_attempts=1))
    told, lost = anyio.Event(), ConnectionLost("gone")
    first: list[Any] = [Script(1, lost), ConnectError("host:1", "a is away"), ConnectError("host:1", "a is away")]
    second: list[Any] = [
        Script(1, told, lost),
        ConnectError("host:1", "b is away"),
        ConnectError("host:1", "b is away"),
    ]
    async with stream_of(first, second, policy=policy) as events:
        seen: list[Any] = []
        while not seen or not getattr(seen[-1], "reason", "").startswith("not tried again: "):
            seen.append(await anext(events))
        assert (seen[-1].connection, seen[-1].error) == ("x-1", "ConnectError")
        told.set()
        with pytest.raises(ConnectError, match="b is away"):
            await until(events, 9, seen)
    assert ids(seen) == ["1"]


async def test_without_reconnecting_the_stream_ends_when_all_have() -> None:
    class Short(Script):
        async def receive(self) -> Batch[Any]:
            if not self.steps:
                raise anyio.EndOfStream
            return await super().receive()

    async with stream_of([Short(1)], [Short(1, 2)], policy=ReconnectPolicy(reconnect=False)) as events:
        assert ids([event async for event in events.data()]) == ["1", "2"]


async def test_batches_begin_with_what_single_iteration_left() -> None:
    async with stream_of([Script(1, 2)]) as events:
        async for event in events:
            assert isinstance(event, Connected)
            break
        seen: list[Any] = []
        async for batch in events.batches():
            assert batch
            seen.extend(batch)
            if ids(seen) == ["1", "2"]:
                break
    assert events.flow.dropped == 0


async def test_what_cannot_work_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="from 1, not 0"):
        RedundantStream(list, 0)
    with pytest.raises(ConfigurationError, match="nothing to connect to"):
        RedundantStream(list, 2)
    stream = stream_of([Script()])
    with pytest.raises(ConfigurationError, match="enter the event stream"):
        await anext(stream)
    async with stream:
        pass
    with pytest.raises(ConfigurationError, match="entered once"):
        await stream.__aenter__()


async def test_an_error_in_the_body_passes_as_it_is() -> None:
    async def fail() -> None:
        async with stream_of([Script(1)], [Script(1)]) as events:
            await until(events, 1)
            raise KeyError("mine")

    with pytest.raises(KeyError):
        await fail()


async def test_trades_and_books_of_a_venue_survive_cuts_of_either_connection() -> None:
    """Over real sockets: the connections are cut in turn, and each trade of the venue comes once."""
    builder: BookBuilder[Any] = BookBuilder()
    seen: list[int] = []
    gaps = 0
    async with SimulatedVenue("futures", seed=11, rate=100) as server:
        port = int(server.ws_url.rsplit(":", 1)[1])
        async with FaultInjector("127.0.0.1", port) as proxy:
            venue = binance.Futures(ws_url=f"ws://127.0.0.1:{proxy.port}", rest_url=server.rest_url)
            async with venue, redundant_stream(venue, [trades(SYMBOL), book(SYMBOL)], policy=QUICK) as events:
                cuts, heard, valid = 0, 0, 0
                flowing: set[str] = set()
                async for event in events:
                    gaps += isinstance(event, Gap)
                    if isinstance(event, Subscribed):
                        flowing.add(event.connection)
                    elif isinstance(event, Disconnected):
                        flowing.discard(event.connection)
                        heard += 1
                    for changed in builder.transform(event, 0):
                        valid += changed.valid
                    if isinstance(event, Trade):
                        seen.append(int(event.id))
                        # What one loses the others must have: all four (two kinds of streams, each twice) flow. A
                        # connection that is new may be ahead of the other at first, and what it overtook is behind.
                        ready = len(flowing) == 4 and max(seen) - min(seen) + 1 == len(seen)
                        if ready and len(seen) % 20 == 0 and heard >= cuts < 4:
                            proxy.connections[cuts].cut()
                            cuts += 1
                        if ready and heard >= 4 and len(seen) > 150:
                            break
    assert sorted(seen) == list(range(min(seen), max(seen) + 1))
    assert valid
    assert gaps == 0
