"""Supervised event streams: every life of a connection, told in order among its data."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from barterpy.backoff import Backoff
from barterpy.connection import Acknowledgements, Connection, SubscribeRequest
from barterpy.errors import (
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    ParseError,
    RequestRejected,
    SubscriptionRefused,
    SubscriptionTimeout,
    TlsError,
    TransportTimeout,
    VenueUnavailable,
)
from barterpy.events import Connected, Disconnected, MessageError, Reconnecting, Subscribed
from barterpy.flow import FlowPolicy
from barterpy.market import EventStream, event_stream
from barterpy.parser import JsonParser
from barterpy.reconnect import ReconnectPolicy
from barterpy.socket import Batch
from barterpy.transformer import Directive, Fetch, Fetched, Reply, Send

pytestmark = pytest.mark.anyio

QUICK = Backoff(initial=0.0, cap=0.0, jitter=0.0)


class Script:
    """A socket that hands over a script: lists are batches, exceptions are raised, None waits for ever."""

    def __init__(self, *steps: list[Any] | Exception | None) -> None:
        self.steps = list(steps)
        self.sent: list[Any] = []
        self.closed = 0

    async def receive(self) -> Batch[Any]:
        await anyio.lowlevel.checkpoint()
        step = self.steps.pop(0) if self.steps else anyio.EndOfStream()
        if step is None:
            await anyio.sleep_forever()
        if isinstance(step, Exception):
            raise step
        assert isinstance(step, list)
        return Batch(step, 1)

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def aclose(self) -> None:
        self.closed += 1


class Numbers:
    """Yields every number twice over; acts on a few words; tells of resets and fetches."""

    def transform(self, message: Any, received_at: int) -> Iterable[Any | Directive]:
        if isinstance(message, Fetched):
            return [("fetched", message.key, message.result, message.error)]
        match message:
            case {"ack": id_}:
                return [Reply(id_)]
            case {"refuse": id_}:
                return [Reply(id_, RequestRejected("no such stream", 2))]
            case {"fetch": key}:
                return [Fetch(key, f"request {key}")]
            case {"pong": _}:
                return [Send("pong")]
            case {"bad": _}:
                raise ParseError("bad", "payload")
            case {"bug": _}:
                raise ZeroDivisionError("a defect")
            case _:
                pass
        return [message, message]

    def on_reset(self, epoch: int, now: int) -> Iterable[Any]:
        return [("reset", epoch)]


def connection(*sockets: Script | Exception, name: str = "test/1", **options: Any) -> Connection[Any]:
    """A connection that makes these sockets one after the other, or fails to."""
    left = list(sockets)

    @asynccontextmanager
    async def connect() -> AsyncGenerator[Script]:
        socket = left.pop(0)
        if isinstance(socket, Exception):
            raise socket
        try:
            yield socket
        finally:
            await socket.aclose()

    options.setdefault("connect", connect)
    return Connection(venue="test", name=name, parser=JsonParser(), transformer=Numbers(), **options)


async def collect(
    stream: EventStream[Any], stop: Callable[[Any], bool] = lambda _: False, seen: list[Any] | None = None
) -> list[Any]:
    seen = [] if seen is None else seen
    async with stream as events:
        async for event in events:
            seen.append(event)
            if stop(event):
                break
    return seen


def was_fetched(event: Any) -> bool:
    return type(event).__name__ == "tuple" and bool(event[0] == "fetched")


def kinds(events: Sequence[Any]) -> list[Any]:
    return [type(event).__name__ if hasattr(event, "venue") else event for event in events]


ONCE = ReconnectPolicy(reconnect=False)


async def test_data_flows_between_connected_and_disconnected() -> None:
    socket = Script(["1", "2"], ["3"])
    events = await collect(event_stream(connection(socket), policy=ONCE))
    assert kinds(events) == ["Connected", ("reset", 1), 1, 1, 2, 2, 3, 3, "Disconnected"]
    assert socket.closed == 1


async def test_a_cut_is_told_and_the_next_life_follows() -> None:
    first = Script(["1"], ConnectionLost("gone", 1006))
    second = Script(["2"], None)
    events = await collect(
        event_stream(connection(first, second), policy=ReconnectPolicy(backoff=QUICK)), stop=lambda e: e == 2
    )
    assert kinds(events) == [
        "Connected",
        ("reset", 1),
        1,
        1,
        "Disconnected",
        "Reconnecting",
        "Connected",
        ("reset", 2),
        2,
    ]
    lost, again, back = events[4:7]
    assert isinstance(lost, Disconnected)
    assert (lost.epoch, lost.code, lost.error, lost.reason) == (
        1,
        1006,
        "ConnectionLost",
        "connection lost (1006): gone",
    )
    assert isinstance(again, Reconnecting)
    assert (again.attempt, again.delay) == (1, 0)
    assert isinstance(back, Connected)
    assert back.epoch == 2
    assert back.downtime is not None
    assert back.downtime >= 0


async def test_subscriptions_are_sent_again_after_a_reconnect_and_confirmed_each_time() -> None:
    requests = (
        SubscribeRequest(id=1, message="sub a", subscriptions=("trades(A)",)),
        SubscribeRequest(id=2, message="sub b", subscriptions=("book(B)", "trades(B)")),
    )
    sockets = [Script(['{"ack":1}', '{"ack":2}'], ConnectionLost("cut")), Script(['{"ack":2}', '{"ack":1}', "7"], None)]
    events = await collect(
        event_stream(connection(*sockets, requests=requests), policy=ReconnectPolicy(backoff=QUICK)),
        stop=lambda e: e == 7,
    )
    confirmed = [event.subscriptions for event in events if isinstance(event, Subscribed)]
    assert confirmed == [("trades(A)",), ("book(B)", "trades(B)"), ("book(B)", "trades(B)"), ("trades(A)",)]
    assert [socket.sent for socket in sockets] == [["sub a", "sub b"], ["sub a", "sub b"]]


async def test_a_refusal_names_the_subscription_and_ends_the_stream() -> None:
    requests = (SubscribeRequest(id=1, message="sub", subscriptions=("trades(NOPE)",)),)
    stream = event_stream(connection(Script(["5", '{"refuse":1}'], None), requests=requests))
    seen: list[Any] = []
    with pytest.raises(SubscriptionRefused, match=r"trades\(NOPE\): \[code 2\] no such stream") as caught:
        await collect(stream, seen=seen)
    assert caught.value.subscriptions == ("trades(NOPE)",)
    assert kinds(seen) == ["Connected", ("reset", 1), 5, 5, "Disconnected"]


async def test_the_deadline_of_subscriptions_is_total_however_chatty_the_venue_is() -> None:
    class Chatty(Script):
        async def receive(self) -> Batch[Any]:
            await anyio.sleep(0.001)
            return Batch(["1"], 1)

    requests = (SubscribeRequest(id=1, message="sub", subscriptions=("trades(A)",)),)
    stream = event_stream(connection(Chatty(), requests=requests, subscribe_timeout=0.05), policy=ONCE)
    with pytest.raises(SubscriptionTimeout) as caught:
        await collect(stream)
    assert caught.value.subscriptions == ("trades(A)",)


async def test_a_fetch_runs_aside_and_its_answer_comes_in_band() -> None:
    async def fetch(request: Any) -> str:
        return f"answer to {request}"

    events = await collect(
        event_stream(connection(Script(['{"fetch":"a"}', "1"], None), fetch=fetch)),
        stop=was_fetched,
    )
    assert kinds(events) == ["Connected", ("reset", 1), 1, 1, ("fetched", "a", "answer to request a", None)]


async def test_a_fetch_that_fails_reaches_the_transformer_as_an_error() -> None:
    error = VenueUnavailable("down")

    async def fetch(request: Any) -> str:
        raise error

    events = await collect(
        event_stream(connection(Script(['{"fetch":"a"}'], None), fetch=fetch)),
        stop=was_fetched,
    )
    assert events[-1] == ("fetched", "a", None, error)


async def test_a_defect_in_a_fetch_reaches_the_consumer() -> None:
    async def fetch(request: Any) -> str:
        raise ZeroDivisionError("a defect")

    with pytest.raises(ZeroDivisionError):
        await collect(event_stream(connection(Script(['{"fetch":"a"}'], None), fetch=fetch)))


async def test_a_fetch_without_a_fetcher_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="nothing here can fetch"):
        await collect(event_stream(connection(Script(['{"fetch":"a"}'], None))))


async def test_what_a_transformer_sends_goes_to_the_socket() -> None:
    socket = Script(['{"pong":1}', "1"])
    await collect(event_stream(connection(socket), policy=ONCE))
    assert socket.sent == ["pong"]


async def test_a_bad_message_is_an_event_and_the_others_flow_on() -> None:
    events = await collect(event_stream(connection(Script(["1", "{", '{"bad":1}', "2"])), policy=ONCE))
    assert kinds(events)[2:] == [1, 1, "MessageError", "MessageError", 2, 2, "Disconnected"]
    errors = [event for event in events if isinstance(event, MessageError)]
    assert errors[0].payload == "{"
    assert errors[1].reason == "bad"


async def test_a_bad_message_reconnects_when_that_is_the_policy() -> None:
    policy = ReconnectPolicy(backoff=QUICK, on_error="reconnect")
    events = await collect(
        event_stream(connection(Script(["1", "{"], None), Script(["2"])), policy=policy), lambda e: e == 2
    )
    assert kinds(events) == [
        "Connected",
        ("reset", 1),
        1,
        1,
        "Disconnected",
        "Reconnecting",
        "Connected",
        ("reset", 2),
        2,
    ]


@pytest.mark.parametrize("error", [ConnectError("host:1", "refused"), TlsError("host:1", "bad certificate")])
async def test_the_first_connect_fails_fast_by_default(error: Exception) -> None:
    with pytest.raises(type(error)):
        await collect(event_stream(connection(error)))


async def test_the_first_connect_may_be_retried() -> None:
    policy = ReconnectPolicy(backoff=QUICK, first_connect="retry")
    refused = ConnectError("host:1", "refused")
    events = await collect(event_stream(connection(refused, refused, Script(["1"])), policy=policy), lambda e: e == 1)
    assert kinds(events) == ["Reconnecting", "Reconnecting", "Connected", ("reset", 1), 1]
    assert [event.attempt for event in events[:2]] == [1, 2]


async def test_what_only_a_person_can_mend_is_never_retried() -> None:
    policy = ReconnectPolicy(backoff=QUICK, first_connect="retry")
    with pytest.raises(TlsError):
        await collect(event_stream(connection(TlsError("host:1", "expired")), policy=policy))


async def test_the_last_error_is_raised_when_attempts_are_used_up() -> None:
    policy = ReconnectPolicy(backoff=Backoff(initial=0, cap=0, jitter=0, max_attempts=2), first_connect="retry")
    errors = [ConnectError("host:1", f"refused {n}") for n in range(3)]
    with pytest.raises(ConnectError, match="refused 2"):
        await collect(event_stream(connection(*errors), policy=policy))


async def test_a_connect_that_never_ends_times_out() -> None:
    @asynccontextmanager
    async def connect() -> AsyncGenerator[Script]:
        await anyio.sleep_forever()
        yield Script()

    with pytest.raises(TransportTimeout, match="connecting"):
        await collect(event_stream(connection(connect=connect), policy=ReconnectPolicy(connect_timeout=0.01)))


async def test_a_defect_in_a_transformer_is_raised_after_what_came_before_it() -> None:
    seen: list[Any] = []
    with pytest.raises(ZeroDivisionError):
        await collect(event_stream(connection(Script(["1", '{"bug":1}'], None))), seen=seen)
    assert kinds(seen) == ["Connected", ("reset", 1), 1, 1]


async def test_events_of_several_connections_come_in_one_stream() -> None:
    stream = event_stream(connection(Script(["1"]), name="a"), connection(Script(["2"]), name="b"), policy=ONCE)
    events = await collect(stream)
    assert sorted(event for event in events if isinstance(event, int)) == [1, 1, 2, 2]
    assert {event.connection for event in events if isinstance(event, Connected)} == {"a", "b"}


async def test_data_leaves_the_lifecycle_out() -> None:
    async with event_stream(connection(Script(["1"])), policy=ONCE) as events:
        assert [item async for item in events.data()] == [("reset", 1), 1, 1]


async def test_batches_begin_with_what_single_iteration_left() -> None:
    async with event_stream(connection(Script(["1", "2"], ["3"])), policy=ONCE) as events:
        async for event in events:
            if event == 1:
                break
        rest = [list(batch) async for batch in events.batches()]
    assert kinds([item for batch in rest for item in batch]) == [1, 2, 2, 3, 3, "Disconnected"]
    assert rest[0] == [1, 2, 2]


async def test_an_error_in_the_body_passes_as_it_is_and_the_socket_is_closed() -> None:
    socket = Script(["1"], None)

    def defect(event: Any) -> bool:
        if event == 1:
            raise KeyError("mine")
        return False

    with pytest.raises(KeyError):
        await collect(event_stream(connection(socket)), stop=defect)
    assert socket.closed == 1


async def test_leaving_a_silent_stream_is_quick_and_closes_the_socket() -> None:
    socket = Script(None)
    with anyio.fail_after(5):
        async with event_stream(connection(socket)) as events:
            async for event in events:
                if isinstance(event, Connected):
                    break
    assert socket.closed == 1


async def test_a_cancelled_consumer_leaves_nothing_behind() -> None:
    socket = Script(None)
    with anyio.move_on_after(0.05) as scope:
        await collect(event_stream(connection(socket)))
    assert scope.cancelled_caught
    assert socket.closed == 1


async def test_a_consumer_that_stops_reading_bounds_what_is_read() -> None:
    class Endless(Script):
        reads = 0

        async def receive(self) -> Batch[Any]:
            await anyio.lowlevel.checkpoint()
            self.reads += 1
            return Batch(["1"], 1)

    socket = Endless()
    async with EventStream([connection(socket)], flow=FlowPolicy(size=8)) as events:
        await anyio.wait_all_tasks_blocked()
        assert socket.reads <= 4 + 16 + 4
        async for event in events:
            if event == 1:
                break


async def test_an_empty_stream_and_one_not_entered_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="nothing to connect to"):
        event_stream()
    with pytest.raises(ConfigurationError, match="enter the event stream"):
        await anext(event_stream(connection(Script())))
    stream = event_stream(connection(Script()), policy=ONCE)
    await collect(stream)
    with pytest.raises(ConfigurationError, match="entered once"):
        await collect(stream)


def test_stale_acknowledgements_are_ignored() -> None:
    acknowledgements = Acknowledgements((SubscribeRequest(id=1, message="", subscriptions=("a", "b")),))
    assert not acknowledgements.on_reply(Reply(9))
    assert not acknowledgements.on_reply(Reply(9, RequestRejected("stale")))
    assert acknowledgements.pending == ("a", "b")
    assert acknowledgements.on_reply(Reply(1)) == ("a", "b")
    assert not acknowledgements.on_reply(Reply(1, RequestRejected("twice")))
    assert not acknowledgements.pending
