"""Plain streams are replaced before the venue cuts them, without being asked to: in virtual time, on both backends."""

import json
import random
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import anyio
import pytest

from barterpy.backoff import Backoff
from barterpy.connection import Connection, Room, ShardLimits, Slot, SubscribeRequest
from barterpy.errors import (
    AuthenticationError,
    BufferOverflow,
    ConfigurationError,
    ConnectError,
    TlsError,
    VenueUnavailable,
)
from barterpy.events import ClosingSoon, Connected, Disconnected, Gap, Reconnecting, Resynced
from barterpy.flow import FlowPolicy
from barterpy.market import EventStream
from barterpy.metrics import NO_METRICS, Labels, Metric, Metrics, MetricsRegistry
from barterpy.metrics.metric import CONNECTION_UP
from barterpy.model.market import BookDelta, BookSnapshot, Level, Side, Trade
from barterpy.orderbook import BookBuilder
from barterpy.parser import JsonParser
from barterpy.reconnect import ReconnectPolicy
from barterpy.redundancy import RolloverPolicy
from barterpy.subscription import Subscription, book, trades
from barterpy.testing import MockSocket, VirtualClock, virtual_backends
from barterpy.transformer import Reply

pytestmark = pytest.mark.anyio

LIFETIME = 300.0


@pytest.fixture(params=virtual_backends())
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


class Server:
    """Numbers trades and changes of a book, once a second, and cuts each connection after its lifetime.

    ``lag`` is how many seconds each of its connections is behind; ``slow`` how long a book's snapshot takes.
    """

    def __init__(self, *, lag: Callable[[int], float] = lambda number: 0.0, slow: float = 0.0) -> None:
        self.lag = lag
        self.slow = slow
        self.made = self.open = self.most = self.number = 0
        self.sockets: dict[int, tuple[MockSocket[str], set[str]]] = {}
        self.quiet: set[str] = set()
        self.bids: dict[str, dict[str, int]] = {}

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[MockSocket[str]]:
        self.made += 1
        number = self.made
        names: set[str] = set()

        def respond(message: str) -> list[str]:
            request = json.loads(message)
            change = names.update if request["do"] == "subscribe" else names.difference_update
            change(request["names"])
            # The snapshot is what was before the changes to come.
            whole = [
                {"book": name, "number": self.number, "whole": self.bids.get(name, {})}
                for name in request["names"]
                if name.startswith("book") and request["do"] == "subscribe"
            ]
            return [json.dumps({"id": request["id"]}), *map(json.dumps, whole)]

        socket: MockSocket[str] = MockSocket(end=False, respond=respond, clock=VirtualClock())
        self.sockets[number] = socket, names
        self.open += 1
        self.most = max(self.most, self.open)
        cut_at = anyio.current_time() + LIFETIME

        async def cut() -> None:
            await anyio.sleep(cut_at - anyio.current_time())
            socket.finish()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(cut)
            try:
                yield socket
            finally:
                self.open -= 1
                del self.sockets[number]
                tasks.cancel_scope.cancel()
                await socket.aclose()

    async def run(self) -> None:
        while True:
            await anyio.sleep(1)
            self.number += 1
            messages: dict[str, str] = {}
            for name in ("A", "B"):
                if name not in self.quiet:
                    messages[f"trades({name})"] = json.dumps({"trade": name, "number": self.number})
            for name in ("book(A)", "book(B)"):
                if name not in self.quiet:
                    level = str(self.number % 7 + 1)
                    self.bids.setdefault(name, {})[level] = self.number
                    messages[name] = json.dumps({"book": name, "number": self.number, "level": level})
            for number, (socket, names) in list(self.sockets.items()):
                texts = [text for name, text in messages.items() if name in names]
                if texts:
                    self._later(self.lag(number), socket, texts)

    def _later(self, delay: float, socket: MockSocket[str], texts: Sequence[str]) -> None:
        if delay:
            self.tasks.start_soon(self._feed, delay, socket, texts)
        else:
            socket.feed(*texts)

    async def _feed(self, delay: float, socket: MockSocket[str], texts: Sequence[str]) -> None:
        await anyio.sleep(delay)
        if not socket.closed:
            socket.feed(*texts)

    tasks: anyio.abc.TaskGroup


class Events:
    """Messages to trades, snapshots and deltas, with the epoch of the connection."""

    def __init__(self) -> None:
        self.epoch = 0
        self.seen: dict[str, int] = {}

    def on_reset(self, epoch: int, now: int) -> Iterable[Any]:
        self.epoch = epoch
        return ()

    def transform(self, message: Any, received_at: int) -> Iterable[Any]:
        where: dict[str, Any] = {"venue": "test", "received_at": received_at, "epoch": self.epoch, "exchange_at": None}
        match message:
            case {"id": id_}:
                yield Reply(id_)
            case {"notice": _}:
                yield ClosingSoon(venue="test", connection="x", epoch=1, received_at=received_at, reason="shutdown")
            case {"trade": name, "number": number}:
                yield Trade(**where, instrument=name, price=1, size=1, side=Side.BUY, id=str(number))
            case {"book": name, "number": number, "whole": bids}:
                levels = tuple(Level(int(price), size) for price, size in bids.items())
                yield BookSnapshot(**where, instrument=name, bids=levels, asks=(), sequence=number)
            case {"book": name, "number": number, "level": level}:
                yield BookDelta(**where, instrument=name, bids=(Level(int(level), number),), asks=(), sequence=number)
            case _:
                raise AssertionError(message)


def plan(server: Server, topics: Sequence[Subscription], lifetime: float | None = LIFETIME) -> Connection[Any]:
    ids = count(1)

    def requests(kind: str, subscriptions: Sequence[Subscription]) -> list[SubscribeRequest]:
        id_, names = next(ids), tuple(one.name for one in subscriptions)
        message = json.dumps({"do": kind, "id": id_, "names": names})
        return [SubscribeRequest(id=id_, message=message, subscriptions=names)]

    return Connection(
        venue="test",
        name="x",
        connect=server.connect,
        parser=JsonParser(),
        transformer=Events(),
        topics=tuple(topics),
        subscribe=lambda wanted: requests("subscribe", wanted),
        unsubscribe=lambda wanted: requests("unsubscribe", wanted),
        lifetime=lifetime,
        again=lambda wanted: plan(server, wanted, lifetime),
    )


class Seen:
    """What a consumer was given, and whether it adds up."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.books: BookBuilder[Any] = BookBuilder()
        self.trades: dict[str, list[int]] = {}
        self.changes: dict[str, list[int]] = {}

    def take(self, event: Any) -> None:
        self.events.append(event)
        list(self.books.transform(event, 0))
        if isinstance(event, Trade):
            self.trades.setdefault(event.instrument, []).append(int(event.id))
        elif isinstance(event, BookDelta):
            self.changes.setdefault(event.instrument, []).append(event.sequence or 0)

    def of(self, *kinds: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kinds)]


async def watch(
    server: Server,
    topics: Sequence[Subscription],
    seconds: float,
    *,
    script: Callable[[EventStream[Any]], Any] | None = None,
    lifetime: float | None = LIFETIME,
    rollover: RolloverPolicy | None = None,
    policy: ReconnectPolicy | None = None,
    metrics: Metrics = NO_METRICS,
    made: Connection[Any] | None = None,
    spread: Callable[[], float] = random.random,
) -> Seen:
    seen = Seen()
    async with anyio.create_task_group() as tasks:
        server.tasks = tasks
        tasks.start_soon(server.run)
        first = plan(server, topics, lifetime) if made is None else made
        stream: EventStream[Any] = EventStream(
            [first],
            policy,
            clock=VirtualClock(),
            plan=lambda _: [],
            rollover=rollover,
            random=spread,
            metrics=metrics,
        )
        async with stream as events:
            if script is not None:
                tasks.start_soon(script, events)
            with anyio.move_on_after(seconds):
                async for event in events:
                    seen.take(event)
        tasks.cancel_scope.cancel()
    assert server.open == 0
    return seen


def whole(numbers: Sequence[int]) -> bool:
    return list(numbers) == list(range(numbers[0], numbers[0] + len(numbers)))


TOPICS = [trades("A"), trades("B"), book("A"), book("B")]


@pytest.mark.parametrize("seed", [1, 22])
@pytest.mark.parametrize("lag", [(0.0, 0.0), (0.0, 2.5), (2.5, 0.0)])
async def test_nothing_is_missed_and_nothing_comes_twice(lag: tuple[float, float], seed: int) -> None:
    """The seed says when a connection is replaced; with 22 the watching ends within an overlap."""
    server = Server(lag=lambda number: lag[number % 2])
    seen = await watch(server, TOPICS, 1_050, spread=random.Random(seed).random)
    assert server.made in (4, 5)
    assert server.most == 2
    assert seen.of(Reconnecting, Gap, Resynced) == []
    reasons = [event.reason for event in seen.of(Disconnected)]
    assert reasons == ["replaced by x-2", "replaced by x", "replaced by x-2", "replaced by x"][: len(reasons)]
    for name in ("A", "B"):
        # Whichever connection is ahead: each once, and none left out.
        numbers = sorted(seen.trades[name])
        # The watching may end within an overlap, where the slower connection owes the last 2.5 seconds: 1048 may be
        # on its way when 1049 came by the faster one. All that was due before the end is here.
        due = [number for number in numbers if number <= server.number - 3]
        assert due == list(range(numbers[0], server.number - 2))
        assert len(numbers) == len(set(numbers)) > 1_000
        # A snapshot on the way may stand for changes, and is nowhere behind them.
        assert seen.changes[f"book({name})"] == sorted(set(seen.changes[f"book({name})"]))
        held = seen.books.books.get(("test", f"book({name})"))
        assert held is not None
        assert held.valid
        last = held.sequence or 0
        levels = {number % 7 + 1: number for number in range(1, last + 1)}
        assert dict(held.bids()) == levels
    assert {event.epoch for event in seen.of(Trade, BookDelta, BookSnapshot)} == {1}


async def test_a_book_that_was_quiet_for_hours_goes_on_where_it_was() -> None:
    server = Server()

    async def script(_: EventStream[Any]) -> None:
        await anyio.sleep(100)
        server.quiet.add("book(B)")
        await anyio.sleep(450)
        server.quiet.discard("book(B)")

    seen = await watch(server, TOPICS, 650, script=script)
    assert seen.of(Gap, Resynced) == []
    changes = seen.changes["book(B)"]
    assert changes == sorted(set(changes))
    assert len(changes) > 150
    held = seen.books.books.get(("test", "book(B)"))
    assert held is not None
    assert held.valid


async def test_a_notice_is_enough_where_the_venue_names_no_cut() -> None:
    server = Server()

    async def script(_: EventStream[Any]) -> None:
        await anyio.sleep(50)
        for socket, _names in server.sockets.values():
            socket.feed(json.dumps({"notice": "maintenance"}))

    seen = await watch(server, TOPICS, 200, script=script, lifetime=None)
    assert [event.reason for event in seen.of(Disconnected)] == ["replaced by x-2"]
    assert server.made == 2
    assert all(whole(numbers) for numbers in seen.trades.values())


async def test_what_is_subscribed_and_left_while_running_is_so_on_the_next_connection() -> None:
    server = Server()

    async def script(events: EventStream[Any]) -> None:
        await anyio.sleep(10)
        await events.unsubscribe(trades("B"))

    seen = await watch(server, TOPICS, 450, script=script)
    assert server.made == 2
    assert whole(seen.trades["A"])
    assert len(seen.trades["B"]) < 20
    assert not any("trades(B)" in names for _, names in server.sockets.values())


async def test_a_lifetime_of_its_own_and_none_at_all() -> None:
    never = RolloverPolicy(max_age=None)
    seen = await watch(Server(), TOPICS, 450, rollover=never)
    assert [event.reason for event in seen.of(Disconnected)] == ["connection lost: the other side finished"]
    early = RolloverPolicy(max_age=200, margin=50, spread=0, overlap=20)
    seen = await watch(Server(), TOPICS, 500, rollover=early)
    assert len(seen.of(Connected)) == 4


async def test_a_connection_cut_too_early_is_told_and_the_next_life_follows() -> None:
    server = Server()

    async def script(_: EventStream[Any]) -> None:
        await anyio.sleep(100)
        (socket, _names) = next(iter(server.sockets.values()))
        socket.finish()

    seen = await watch(server, TOPICS, 450, script=script)
    story = [type(event).__name__ for event in seen.of(Connected, Disconnected, Reconnecting)]
    assert story == ["Connected", "Disconnected", "Reconnecting", "Connected", "Connected", "Disconnected"]
    assert [event.epoch for event in seen.of(Connected)] == [1, 2, 2]
    assert {event.epoch for event in seen.of(Trade)} == {1, 2}
    after = seen.trades["A"][100:]
    assert whole(after)


async def test_a_replacement_that_cannot_be_planned_yet_is_planned_later() -> None:
    server = Server()
    asked: list[float] = []

    def again(topics: Sequence[Subscription]) -> Connection[Any]:
        asked.append(anyio.current_time())
        if len(asked) < 3:
            raise ConfigurationError("the instruments are being fetched")
        return plan(server, topics)

    seen = await watch(server, TOPICS, 400, made=replace(plan(server, TOPICS), again=again))
    assert len(asked) == 3
    assert [event.replaced_by for event in seen.of(Disconnected)] == ["x-2"]


@pytest.mark.parametrize(
    "error",
    [
        *(ConnectError("host:1", "refused"), VenueUnavailable("maintenance"), TlsError("host:1", "expired")),
        *(AuthenticationError("wrong key"), KeyError("a defect")),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_replacement_that_cannot_be_had_ends_its_attempt_and_not_the_stream(error: Exception) -> None:
    """Attempts of its own, no second round of them, and the next ones when the rollover says so."""
    server, attempts = Server(), list[float]()

    def again(topics: Sequence[Subscription]) -> Connection[Any]:
        made = plan(server, topics)

        @asynccontextmanager
        async def connect() -> AsyncGenerator[MockSocket[str]]:
            attempts.append(anyio.current_time())
            if len(attempts) <= tries:
                raise error
            async with server.connect() as socket:
                yield socket

        return replace(made, connect=connect, again=again)

    tries = 3 if isinstance(error, (ConnectError, VenueUnavailable)) and not error.fatal else 1
    policy = ReconnectPolicy(backoff=Backoff(initial=1.0, jitter=0.0, max_attempts=2))
    rollover = RolloverPolicy(max_age=LIFETIME, margin=100, spread=0, overlap=20, retry=30)
    made, registry = replace(plan(server, TOPICS), again=again), MetricsRegistry()
    seen = await watch(server, TOPICS, 215, made=made, policy=policy, rollover=rollover, metrics=registry)
    assert [event.connection for event in seen.of(Disconnected)] == ["x-2"]
    up = {sample.labels: sample.value for sample in registry.snapshot() if sample.metric is CONNECTION_UP}
    assert up == {("test", "x"): 1}
    attempts.clear()
    seen = await watch(server, TOPICS, 400, made=made, policy=policy, rollover=rollover)
    told = seen.of(Disconnected)
    assert [(event.connection, event.error, event.replaced_by) for event in told] == [
        ("x-2", type(error).__name__, ""),
        ("x", "", "x-2"),
    ]
    assert told[0].reason.startswith("not tried again: ")
    assert attempts[tries] - attempts[tries - 1] == pytest.approx(30)
    assert [event.epoch for event in seen.of(Connected)] == [1, 1]
    assert all(whole(numbers) for numbers in seen.trades.values())
    assert seen.of(Gap) == []


class Remembering:
    """Metrics that cannot take anything back."""

    def __init__(self) -> None:
        self.gauges: dict[tuple[str, Labels], float] = {}

    def count(self, metric: Metric, n: float = 1, labels: Labels = (), /) -> None:
        pass

    def gauge(self, metric: Metric, value: float, labels: Labels = (), /) -> None:
        self.gauges[metric.name, labels] = value

    def observe(self, metric: Metric, value: float, labels: Labels = (), /) -> None:
        pass


@pytest.mark.parametrize(("seconds", "carrier"), [(450, "x-2"), (700, "x")])
async def test_what_was_replaced_is_not_measured_as_up_nor_as_down(seconds: float, carrier: str) -> None:
    """An alert on connections that are down must not ring for one that is not missed, nor one that is be overseen."""
    registry, remembering = MetricsRegistry(), Remembering()
    await watch(Server(), TOPICS, seconds, metrics=registry, spread=lambda: 0.0)
    up = {sample.labels: sample.value for sample in registry.snapshot() if sample.metric is CONNECTION_UP}
    assert up == {("test", carrier): 1}
    await watch(Server(), TOPICS, seconds, metrics=remembering, spread=lambda: 0.0)
    others = {"x", "x-2"} - {carrier}
    assert remembering.gauges[CONNECTION_UP.name, ("test", carrier)] == 1
    assert {remembering.gauges[CONNECTION_UP.name, ("test", name)] for name in others} == {0}


async def test_no_connection_is_replaced_by_one_too_many() -> None:
    """Three are allowed, and two are due at the same time: the second waits until the first is done."""
    server = Server()
    limits = ShardLimits(topics=1, connections=3)
    room = Room(limits=limits, slot=lambda subscription: Slot(subscription.name))

    def made(topics: Sequence[Subscription]) -> Connection[Any]:
        return replace(plan(server, topics), room=room, again=made)

    refused: list[ConfigurationError] = []
    seen = Seen()
    rollover = RolloverPolicy(max_age=LIFETIME, margin=100, spread=0, overlap=20, retry=30)
    async with anyio.create_task_group() as tasks:
        server.tasks = tasks
        tasks.start_soon(server.run)
        stream: EventStream[Any] = EventStream(
            [made([trades("A")]), made([trades("B")])],
            clock=VirtualClock(),
            plan=lambda wanted: [made([one]) for one in wanted],
            rollover=rollover,
        )

        async def subscribe(events: EventStream[Any]) -> None:
            await anyio.sleep(201)
            with pytest.raises(ConfigurationError, match="1 of them until they have replaced others") as caught:
                await events.subscribe(trades("C"))
            refused.append(caught.value)

        async with stream as events:
            tasks.start_soon(subscribe, events)
            with anyio.move_on_after(290):
                async for event in events:
                    seen.take(event)
        tasks.cancel_scope.cancel()
    assert [(error.retryable, error.fatal) for error in refused] == [(True, False)]
    assert server.most == 3
    assert {event.replaced_by for event in seen.of(Disconnected)} == {"x-2", "x#2-2"}
    assert whole(seen.trades["A"])
    assert whole(seen.trades["B"])


async def test_a_defect_in_planning_is_raised_where_the_consumer_iterates() -> None:
    def again(topics: Sequence[Subscription]) -> Connection[Any]:
        raise KeyError(topics[0].name)

    server = Server()
    with pytest.RaisesGroup(pytest.RaisesExc(KeyError, match="trades")):
        await watch(server, TOPICS, 400, made=replace(plan(server, TOPICS), again=again))
    assert server.open == 0


async def test_a_consumer_that_was_too_slow_hears_of_nothing_else_at_the_end_of_an_overlap() -> None:
    """The buffer overflows by one connection while another, which is quiet, is to be closed."""
    server = Server()
    async with anyio.create_task_group() as tasks:
        server.tasks = tasks
        tasks.start_soon(server.run)
        quiet, loud = plan(server, [trades("Q")]), plan(server, [trades("A")], None)
        stream: EventStream[Any] = EventStream(
            [quiet, loud], clock=VirtualClock(), flow=FlowPolicy("fail", 4), random=lambda: 0.5
        )
        async with stream as events:
            with anyio.move_on_after(270):
                async for _ in events:
                    pass
            assert server.open == 3
            await anyio.sleep(60)
            with pytest.raises(BufferOverflow):
                async for _ in events:
                    pass
        tasks.cancel_scope.cancel()
    assert server.open == 0
