"""What is measured of sockets and streams is what passed; where nobody measures, nothing stands in the way."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import anyio
import pytest

from barterpy.clock import MILLISECOND, SECOND
from barterpy.connection import Connection, SubscribeRequest
from barterpy.errors import ConnectionLost
from barterpy.events import (
    BookFailed,
    Connected,
    Disconnected,
    Gap,
    MessageError,
    Overflow,
    Reconnecting,
    Resynced,
    Stalled,
    Subscribed,
)
from barterpy.iteration import Iteration
from barterpy.limits import Limiter, RollingWindow
from barterpy.market import EventStream
from barterpy.metering import BatchMeter, Metered, MeteredSocket, metered, metered_connection
from barterpy.metrics import NO_METRICS, MetricsRegistry
from barterpy.metrics.metric import (
    BOOK_FAILURES,
    BOOK_GAPS,
    BUFFER_FILL,
    CONNECTION_EPOCH,
    CONNECTION_UP,
    DOWNTIME,
    EVENTS,
    LIMITER_WAIT,
    OVERFLOW_DROPPED,
    PARSE_ERRORS,
    RECEIVED_BYTES,
    RECEIVED_LAG,
    RECEIVED_MESSAGES,
    RECONNECTS,
    RESYNC_DOWNTIME,
    RESYNCS,
    SENT_BYTES,
    SENT_MESSAGES,
    STALLS,
    YIELDED_LAG,
)
from barterpy.model import Side, Trade
from barterpy.parser import JsonParser
from barterpy.reconnect import ReconnectPolicy
from barterpy.socket import Batch
from barterpy.testing import MockSocket, virtual_backends
from barterpy.transformer import FunctionTransformer

pytestmark = pytest.mark.anyio

HERE = ("venue", "one")
WHERE: dict[str, Any] = {"venue": "venue", "connection": "one", "epoch": 2, "received_at": 7 * SECOND}
BOOK: dict[str, Any] = {"venue": "venue", "instrument": "BTC/USDT", "epoch": 2, "received_at": 7 * SECOND}


def trade(exchange_at: int | None = 1 * SECOND, received_at: int = 2 * SECOND) -> Trade[Decimal]:
    return Trade(
        venue="venue",
        instrument="BTC/USDT",
        price=Decimal(1),
        size=Decimal(1),
        side=Side.BUY,
        id="1",
        exchange_at=exchange_at,
        received_at=received_at,
    )


class Scripted:
    """A stream of these batches."""

    def __init__(self, *batches: Sequence[Any]) -> None:
        self.left = list(batches)

    def batches(self) -> AsyncIterator[Sequence[Any]]:
        return Iteration(self._next)

    async def _next(self) -> Sequence[Any]:
        await anyio.lowlevel.checkpoint()
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop(0)


async def test_a_socket_is_counted_both_ways() -> None:
    registry = MetricsRegistry()
    socket = metered(MockSocket(["abc", "de"], [b"fghi"]), registry, venue="venue", connection="one")
    assert (await socket.receive()).messages == ["abc", "de"]
    assert (await socket.receive()).messages == [b"fghi"]
    await socket.send("hello")
    assert registry.value(RECEIVED_MESSAGES, HERE) == 3
    assert registry.value(RECEIVED_BYTES, HERE) == 9
    assert registry.value(SENT_MESSAGES, HERE) == 1
    assert registry.value(SENT_BYTES, HERE) == 5
    with pytest.raises(anyio.EndOfStream):
        await socket.receive()
    await socket.aclose()
    with pytest.raises(anyio.ClosedResourceError):
        await socket.send("too late")
    assert registry.value(SENT_MESSAGES, HERE) == 1


async def test_messages_without_a_size_are_counted_as_messages() -> None:
    registry = MetricsRegistry()
    socket = metered(MockSocket([1, 2]), registry)
    await socket.receive()
    assert (registry.total(RECEIVED_MESSAGES), registry.total(RECEIVED_BYTES)) == (2, 0)


async def test_a_metered_socket_has_the_attributes_of_its_own() -> None:
    inner: MockSocket[str] = MockSocket(event_time=True)
    inner.close_code = 1001
    socket: Any = MeteredSocket(inner, MetricsRegistry())
    assert (socket.event_time, socket.close_code) == (True, 1001)
    with pytest.raises(AttributeError):
        _ = socket.no_such_thing


async def test_where_nobody_measures_nothing_stands_in_the_way() -> None:
    socket: MockSocket[str] = MockSocket()
    assert metered(socket, NO_METRICS) is socket
    plan = plan_of(socket)
    assert metered_connection(plan, NO_METRICS) is plan

    async def send(batch: Sequence[Any]) -> None:
        raise AssertionError(batch)

    assert BatchMeter(NO_METRICS).emit(send) is send


def plan_of(socket: MockSocket[str]) -> Connection[Any]:
    @asynccontextmanager
    async def connect() -> AsyncGenerator[MockSocket[str]]:
        try:
            yield socket
        finally:
            await socket.aclose()

    passing: FunctionTransformer[Any, Any] = FunctionTransformer(lambda message: [message])
    return Connection(venue="venue", name="one", connect=connect, parser=JsonParser(), transformer=passing)


async def test_every_life_of_a_connection_is_counted_and_closed() -> None:
    registry = MetricsRegistry()
    inner: MockSocket[str] = MockSocket(["abc"])
    plan = metered_connection(plan_of(inner), registry)
    async with plan.connect() as socket:
        await socket.receive()
    assert registry.value(RECEIVED_BYTES, HERE) == 3
    with pytest.raises(anyio.ClosedResourceError):
        await inner.send("closed with its context")


async def test_the_life_of_a_connection_is_read_off_its_events() -> None:
    registry = MetricsRegistry()
    meter = BatchMeter(registry, venue="venue", connection="one")
    meter.received([Connected(**WHERE, downtime=3 * SECOND), Subscribed(**WHERE, subscriptions=("a",))])
    assert registry.value(CONNECTION_UP, HERE) == 1
    assert registry.value(CONNECTION_EPOCH, HERE) == 2
    assert registry.histogram(DOWNTIME, HERE).sum == 3
    meter.received([Stalled(**WHERE, idle=1), Disconnected(**WHERE, reason="r", error="ConnectionLost")])
    meter.received([Reconnecting(**WHERE, attempt=1, delay=1, reason="r"), Disconnected(**WHERE, reason="bye")])
    assert registry.value(CONNECTION_UP, HERE) == 0
    assert registry.value(STALLS, HERE) == 1
    assert registry.value(RECONNECTS, (*HERE, "ConnectionLost")) == 1
    assert registry.value(RECONNECTS, (*HERE, "closed")) == 1
    assert registry.value(EVENTS, HERE) == 6


async def test_what_happens_to_data_is_read_off_the_events() -> None:
    registry = MetricsRegistry()
    meter = BatchMeter(registry, venue="venue", connection="one")
    meter.received([trade(), Gap(**BOOK, reason="r"), trade(), Resynced(**BOOK, downtime=2 * SECOND)])
    meter.received([MessageError(**WHERE, reason="r", payload="p")])
    lost = Overflow(venue="venue", connection="one", received_at=1, dropped=17, policy="drop_oldest")
    meter.yielded([lost, lost, trade()], 3 * SECOND, 5)
    assert registry.value(BOOK_GAPS, ("venue", "BTC/USDT")) == 1
    assert registry.value(RESYNCS, ("venue", "BTC/USDT")) == 1
    assert registry.value(BOOK_FAILURES, ("venue", "BTC/USDT")) == 0
    meter.received([BookFailed(**BOOK, reason="r", attempts=10)])
    assert registry.value(BOOK_FAILURES, ("venue", "BTC/USDT")) == 1
    assert registry.histogram(RESYNC_DOWNTIME, ("venue",)).sum == 2
    assert registry.value(PARSE_ERRORS, HERE) == 1
    assert registry.value(OVERFLOW_DROPPED, (*HERE, "drop_oldest")) == 34
    assert registry.value(BUFFER_FILL, HERE) == 5


async def test_the_lag_of_a_batch_is_that_of_its_oldest_event_with_a_time() -> None:
    registry = MetricsRegistry()
    meter = BatchMeter(registry, venue="venue", connection="one")
    meter.received([Connected(**WHERE), trade(None), trade(), trade(0)])
    meter.received([trade(2 * SECOND, 2 * SECOND - 5 * MILLISECOND)])  # the venue's clock is ahead
    meter.received([trade(None)] * 100)
    meter.received([trade(received_at=0)])  # when it was received is not known
    lag = registry.histogram(RECEIVED_LAG, HERE)
    assert (lag.count, lag.maximum, lag.minimum) == (2, 1.0, -0.005)


async def test_a_measured_stream_gives_the_same_and_measures_once_a_batch() -> None:
    registry = MetricsRegistry()
    trades = [trade() for _ in range(5)]
    stream = Metered(
        Scripted(trades[:3], trades[3:]), registry, venue="venue", connection="one", clock=lambda: 5 * SECOND
    )
    assert [event async for event in stream] == trades
    assert registry.value(EVENTS, HERE) == 5
    yielded = registry.histogram(YIELDED_LAG, HERE)
    assert (yielded.count, yielded.maximum) == (2, 3.0)
    assert registry.histogram(RECEIVED_LAG, HERE).count == 2


async def test_batches_go_on_where_iteration_stopped() -> None:
    trades = [trade() for _ in range(5)]
    stream = Metered(Scripted(trades[:3], trades[3:]), NO_METRICS)
    assert await anext(stream) is trades[0]
    assert [list(batch) async for batch in stream.batches()] == [trades[1:3], trades[3:]]


async def test_emit_measures_before_it_sends() -> None:
    registry = MetricsRegistry()
    seen: list[tuple[float, Sequence[Any]]] = []

    async def send(batch: Sequence[Any]) -> None:
        seen.append((registry.total(EVENTS), batch))

    batch = [trade()]
    await BatchMeter(registry).emit(send)(batch)
    assert seen == [(1, batch)]


async def test_a_batch_of_nothing_but_received_messages_costs_a_few_calls() -> None:
    """Once a batch and never once a message: counted in calls, because time is the machine's."""

    class Calls:
        def __init__(self) -> None:
            self.calls = 0

        def count(self, *_: Any) -> None:
            self.calls += 1

        gauge = observe = count

    few, many = Calls(), Calls()
    for metrics, size in ((few, 1), (many, 1000)):
        meter = BatchMeter(metrics, venue="venue", connection="one")
        batch = [trade() for _ in range(size)]
        meter.received(batch)
        meter.yielded(batch, 3 * SECOND)
        socket = metered(MockSocket(Batch(["x"] * size, 1)), metrics)
        await socket.receive()
    assert few.calls == many.calls == 5


async def test_an_event_stream_measures_each_of_its_connections() -> None:
    registry = MetricsRegistry()
    first: MockSocket[str] = MockSocket(['"abc"', '"de"'], ConnectionLost("cut", 1006))
    second: MockSocket[str] = MockSocket(['"f"'])
    plans = [plan_of(first), replace(plan_of(second), name="two")]
    once = ReconnectPolicy(reconnect=False)
    data: list[str] = []

    async def take_all(events: EventStream[Any]) -> None:
        async for event in events.data():
            data.append(event)  # noqa: PERF401 - what came before an error counts

    async with EventStream(plans, once, metrics=registry) as events:
        with pytest.raises(ConnectionLost):
            await take_all(events)
        await take_all(events)
    assert sorted(data) == ["abc", "de", "f"]
    assert registry.value(RECEIVED_MESSAGES, HERE) == 2
    assert registry.value(RECEIVED_BYTES, HERE) == 9
    assert registry.value(RECEIVED_MESSAGES, ("venue", "two")) == 1
    assert registry.value(EVENTS, HERE) == 4  # connected, two of data, disconnected
    assert registry.value(RECONNECTS, (*HERE, "ConnectionLost")) == 1
    assert registry.value(CONNECTION_UP, HERE) == 0
    assert registry.histogram(YIELDED_LAG, ("venue", "*")).count >= 3
    assert registry.value(BUFFER_FILL, ("venue", "*")) == 0


async def test_an_event_stream_that_nobody_measures_runs_the_very_plans_it_was_given() -> None:
    plan = plan_of(MockSocket(['"abc"']))
    async with EventStream([plan], ReconnectPolicy(reconnect=False)) as events:
        assert [event async for event in events.data()] == ["abc"]


@pytest.mark.parametrize("anyio_backend", virtual_backends())
async def test_a_stream_tells_what_its_connections_waited_for_their_limits_and_not_what_others_did() -> None:
    def limiter(name: str) -> Limiter:
        return Limiter(name, RollingWindow(1, 60), scope="example.com ip")

    connects, messages, subscribes = limiter("connects"), limiter("messages"), limiter("subscribes")
    for each in (connects, messages, subscribes):
        await each.acquire()  # somebody else, who measures nothing
    request = SubscribeRequest(id=None, message="give", subscriptions=("a",))
    sent = anyio.Event()
    socket: MockSocket[str] = MockSocket(end=False, respond=lambda _: sent.set())
    plan = replace(
        plan_of(socket),
        requests=(request,),
        connect_limiter=connects,
        send_limiter=messages,
        subscribe_limiter=subscribes,
    )
    registry = MetricsRegistry()
    async with EventStream([plan], metrics=registry):
        with anyio.fail_after(200):
            await sent.wait()
    assert socket.sent == ["give"]
    waits = {name: registry.histogram(LIMITER_WAIT, (f"example.com ip {name}",)) for name in ("connects", "subscribes")}
    assert {name: (wait.count, round(wait.sum)) for name, wait in waits.items()} == {
        "connects": (1, 60),
        # They began to come free while the connection waited for its turn to connect.
        "subscribes": (1, 0),
    }
    assert registry.histogram(LIMITER_WAIT, ("example.com ip messages",)).count == 1


async def test_a_measured_limiter_is_the_same_for_all_else() -> None:
    limiter = Limiter("connects", RollingWindow(1, 60), scope="example.com ip")
    measured = metered_connection(replace(plan_of(MockSocket()), connect_limiter=limiter), MetricsRegistry())
    assert measured.connect_limiter is not None
    measured.connect_limiter.pause(40, "refused")
    assert (limiter.pause_reason, measured.connect_limiter.name) == ("refused", "connects")
    assert measured.send_limiter is None
