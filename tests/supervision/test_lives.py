"""Supervised connections in virtual time: killed in every state, logged on, stalled, closed, and cut for a month."""

import json
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import count, pairwise
from typing import Any

import anyio
import pytest

from barterpy.backoff import Backoff
from barterpy.connection import Connection, Heartbeat, Logon, SubscribeRequest
from barterpy.errors import (
    AuthenticationError,
    ConnectError,
    ConnectionLost,
    ProtocolError,
    RequestRejected,
    SubscriptionRefused,
    SubscriptionTimeout,
)
from barterpy.events import Authenticated, Connected, Disconnected, Reconnecting, Stalled, SubscriptionFailed
from barterpy.parser import JsonParser
from barterpy.subscription import Subscription, trades
from barterpy.supervision import ReconnectPolicy, State, SupervisedConnection
from barterpy.testing import MockSocket
from barterpy.transformer import Directive, Reply

pytestmark = pytest.mark.anyio

TOPICS = (trades("A"), trades("B"), trades("C"))
POLICY = ReconnectPolicy(backoff=Backoff(initial=1.0, cap=8.0, jitter=0.0), first_connect="retry")


class Answers:
    """Replies of the venue become Reply; data is noted by name and yielded."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}

    def transform(self, message: Any, received_at: int) -> Iterable[Any | Directive]:
        match message:
            case {"id": id_, "error": text}:
                error = AuthenticationError(text) if text == "bad key" else RequestRejected(text, 7)
                return [Reply(id_, error)]
            case {"id": id_, "result": result}:
                return [Reply(id_, result=result)]
            case {"name": name}:
                self.seen[name] = received_at
            case _:
                pass
        return [message]

    def last_seen(self, name: str) -> int | None:
        return self.seen.get(name)

    def on_reset(self, epoch: int, now: int) -> Iterable[Any]:
        self.seen.clear()
        return ()


class Server:
    """Each connect gives a socket that answers; ``mute`` names what is not answered on the first ``mute_lives``."""

    def __init__(self, *, mute: str = "", mute_lives: int = 1, refuse: Sequence[str] = ()) -> None:
        self.mute = mute
        self.mute_lives = mute_lives
        self.refuse = tuple(refuse)
        self.sockets: list[MockSocket[str]] = []
        self.subscribed: list[set[str]] = []
        self.open = 0
        self.connects = 0
        self.gate: anyio.Event | None = None
        self.connect_error: Exception | None = None

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[MockSocket[str]]:
        self.connects += 1
        if self.connects <= self.mute_lives:
            if self.mute == "connect":
                self.gate = anyio.Event()
                await self.gate.wait()
            if self.connect_error is not None:
                raise self.connect_error
        number = len(self.sockets)
        names: set[str] = set()
        socket: MockSocket[str] = MockSocket(
            end=False, respond=lambda message: self.respond(number, json.loads(message)), clock=now_utc
        )
        self.sockets.append(socket)
        self.subscribed.append(names)
        self.open += 1
        try:
            yield socket
        finally:
            self.open -= 1
            await socket.aclose()

    def respond(self, number: int, request: dict[str, Any]) -> list[str] | None:
        kind = request["do"]
        if kind == self.mute and number < self.mute_lives:
            return None
        names = self.subscribed[number]
        if kind == "subscribe":
            if set(request["names"]) & set(self.refuse):
                return [json.dumps({"id": request["id"], "error": "no such thing"})]
            names.update(request["names"])
        elif kind == "unsubscribe":
            names.difference_update(request["names"])
        return [json.dumps({"id": request["id"], "result": {"expires_in": 900}})]

    @property
    def last(self) -> MockSocket[str]:
        return self.sockets[-1]


def now_utc() -> int:
    return 10**18 + round(anyio.current_time() * 1e9)


def plan(server: Server, *, each: int = 1, **options: Any) -> Connection[Any]:
    """A connection to ``server``: with a logon, three topics, ``each`` of them a request."""
    ids = count(1)

    def asking(kind: str) -> Callable[[Sequence[Subscription]], Sequence[SubscribeRequest]]:
        def requests(subscriptions: Sequence[Subscription]) -> Sequence[SubscribeRequest]:
            names = [subscription.name for subscription in subscriptions]
            parts = [tuple(names[start : start + each]) for start in range(0, len(names), each)]
            made: list[SubscribeRequest] = []
            for part in parts:
                id_ = next(ids)
                message = json.dumps({"do": kind, "id": id_, "names": part})
                made.append(SubscribeRequest(id=id_, message=message, subscriptions=part))
            return made

        return requests

    def log_on(now: int) -> SubscribeRequest:
        id_ = next(ids)
        return SubscribeRequest(id=id_, message=json.dumps({"do": "logon", "id": id_, "at": now}))

    defaults: dict[str, Any] = {
        "topics": TOPICS,
        "subscribe": asking("subscribe"),
        "unsubscribe": asking("unsubscribe"),
        "idle_timeout": 30.0,
        "logon": Logon(request=log_on, timeout=5.0),
    }
    return Connection(
        venue="test",
        name="test-1",
        connect=server.connect,
        parser=JsonParser(),
        transformer=Answers(),
        **{**defaults, **options},
    )


class Watched:
    """A supervised connection whose events are kept, and may be waited for."""

    def __init__(self, connection: Connection[Any], policy: ReconnectPolicy = POLICY) -> None:
        self.events: list[Any] = []
        self._more = anyio.Event()
        self.connection = SupervisedConnection(connection, self.emit, policy, clock=now_utc, random=lambda: 0.0)

    async def emit(self, events: Sequence[Any]) -> None:
        self.events += events
        more, self._more = self._more, anyio.Event()
        more.set()

    async def until(self, condition: Callable[[], object]) -> None:
        while not condition():
            await self._more.wait()

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events if hasattr(event, "venue")]


NAMES = tuple(topic.name for topic in TOPICS)
MUTED = {
    State.CONNECTING: "connect",
    State.AUTHENTICATING: "logon",
    State.RESTORING: "subscribe",
    State.LIVE: "",
}
KILLS: dict[str, Callable[[MockSocket[str]], None]] = {
    "finished": lambda socket: socket.finish(),
    "lost": lambda socket: socket.fail(ConnectionLost("cut", 1006)),
    "broken": lambda socket: socket.fail(anyio.BrokenResourceError()),
    "against the protocol": lambda socket: socket.fail(ProtocolError("nonsense")),
    "silent": lambda socket: None,
}


@pytest.mark.parametrize("kill", KILLS)
@pytest.mark.parametrize("state", [State.AUTHENTICATING, State.RESTORING, State.LIVE])
async def test_killed_in_any_state_it_comes_back_with_all_that_is_wanted(state: State, kill: str) -> None:
    server = Server(mute=MUTED[state])
    watched = Watched(plan(server))
    supervisor, ledger = watched.connection.supervisor, watched.connection.ledger
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.connection.run)
        await anyio.sleep(0.1)
        assert supervisor.state is state
        KILLS[kill](server.last)
        await watched.until(lambda: supervisor.epoch == 2 and set(ledger.confirmed) == set(NAMES))
        assert supervisor.state is State.LIVE
        assert server.subscribed[1] == set(NAMES)
        assert server.open == 1
        tasks.cancel_scope.cancel()
    assert server.open == 0
    assert watched.kinds().count("Disconnected") == watched.kinds().count("Reconnecting") == 1
    again = next(event for event in watched.events if isinstance(event, Connected) and event.epoch == 2)
    assert again.downtime == 1_000_000_000


@pytest.mark.parametrize("error", [ConnectError("host:1", "refused"), ConnectionLost("cut in the handshake")])
async def test_killed_while_connecting_it_tries_again(error: Exception) -> None:
    server = Server(mute="connect")
    watched = Watched(plan(server))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.connection.run)
        await anyio.sleep(0.1)
        assert watched.connection.supervisor.state is State.CONNECTING
        assert server.gate is not None
        server.connect_error = error
        server.gate.set()
        await watched.until(lambda: len(watched.connection.ledger.confirmed) == 3)
        tasks.cancel_scope.cancel()
    assert watched.kinds()[0] == "Reconnecting"
    assert server.open == 0


async def test_a_connect_that_hangs_is_given_up_and_made_again() -> None:
    server = Server(mute="connect")
    watched = Watched(plan(server))
    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.connection.run)
        await watched.until(lambda: "Reconnecting" in watched.kinds())
        assert anyio.current_time() - started == pytest.approx(15)
        await watched.until(lambda: len(watched.connection.ledger.confirmed) == 3)
        tasks.cancel_scope.cancel()
    (reason,) = [event.reason for event in watched.events if isinstance(event, Reconnecting)]
    assert reason == "connecting did not finish within 15 s"


@pytest.mark.parametrize("how", ["close", "cancel"])
@pytest.mark.parametrize("state", [State.CONNECTING, State.AUTHENTICATING, State.RESTORING, State.LIVE, State.WAITING])
async def test_it_ends_in_bounded_time_from_every_state(state: State, how: str) -> None:
    server = Server(mute=MUTED.get(state, ""))
    if state is State.WAITING:
        server.connect_error = ConnectError("host:1", "refused")
    watched = Watched(plan(server))
    with anyio.fail_after(POLICY.close_timeout + 1):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watched.connection.run)
            await anyio.sleep(0.1)
            assert watched.connection.supervisor.state is state
            if how == "close":
                watched.connection.close()
                watched.connection.close()
            else:
                tasks.cancel_scope.cancel()
    assert server.open == 0
    if how == "close":
        assert watched.connection.supervisor.state is State.CLOSED
        ended = [event for event in watched.events if isinstance(event, Disconnected)]
        assert [event.reason for event in ended] == ["closed by this side"] * bool(server.sockets)


async def test_closed_before_it_began_it_never_connects() -> None:
    server = Server()
    watched = Watched(plan(server))
    watched.connection.close()
    await watched.connection.run()
    assert server.connects == 0


async def test_a_socket_that_does_not_close_is_left_behind_in_bounded_time() -> None:
    server = Server()
    watched = Watched(plan(server))
    started = 0.0
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.connection.run)
        await watched.until(lambda: len(watched.connection.ledger.confirmed) == 3)

        async def never() -> None:
            await anyio.sleep_forever()

        server.last.aclose = never  # type: ignore[method-assign]
        started = anyio.current_time()
        watched.connection.close()
    assert anyio.current_time() - started == pytest.approx(POLICY.close_timeout)


async def test_a_logon_comes_before_the_subscriptions_and_is_signed_anew_for_each_attempt() -> None:
    server = Server(mute="logon")
    watched = Watched(plan(server))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.connection.run)
        await watched.until(lambda: len(watched.connection.ledger.confirmed) == 3)
        tasks.cancel_scope.cancel()
    sent = [[json.loads(message) for message in socket.sent] for socket in server.sockets]
    assert [request["do"] for request in sent[0]] == ["logon"]
    assert [request["do"] for request in sent[1]] == ["logon", "subscribe", "subscribe", "subscribe"]
    assert sent[0][0]["at"] < sent[1][0]["at"]
    (lost,) = [event for event in watched.events if isinstance(event, Disconnected)]
    assert lost.error == "TransportTimeout"
    assert watched.kinds()[-5:] == ["Connected", "Authenticated", "Subscribed", "Subscribed", "Subscribed"]


async def test_a_logon_the_venue_refuses_ends_it_with_the_venues_error() -> None:
    server = Server()
    server.respond = lambda number, request: [json.dumps({"id": request["id"], "error": "bad key"})]  # type: ignore[method-assign]
    watched = Watched(plan(server))
    with pytest.raises(AuthenticationError, match="bad key"):
        await watched.connection.run()
    assert watched.kinds() == ["Connected", "Disconnected"]
    assert server.open == 0


async def test_a_logon_is_renewed_before_it_expires() -> None:
    def log_on(now: int) -> SubscribeRequest:
        return SubscribeRequest(id="first", message=json.dumps({"do": "logon", "id": "first"}))

    def refresh(result: Any, now: int) -> SubscribeRequest:
        assert result["expires_in"] == 900
        return SubscribeRequest(id="again", message=json.dumps({"do": "refresh", "id": "again"}))

    server = Server()
    logon = Logon(request=log_on, expires=lambda result: float(result["expires_in"]), refresh=refresh)
    watched = Watched(plan(server, idle_timeout=None, logon=logon))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.connection.run)
        await anyio.sleep(3600)
        tasks.cancel_scope.cancel()
    logons = [event for event in watched.events if isinstance(event, Authenticated)]
    assert [event.expires_in for event in logons] == [900_000_000_000] * 5
    assert [later.received_at - earlier.received_at for earlier, later in pairwise(logons)] == [720 * 10**9] * 4
    assert "Disconnected" not in watched.kinds()


async def test_a_refused_subscription_is_named_and_the_others_flow_on() -> None:
    server = Server(refuse=(NAMES[1],))
    watched = Watched(plan(server))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.connection.run)
        await watched.until(lambda: watched.connection.supervisor.state is State.LIVE)
        await anyio.sleep(1)
        server.last.feed(json.dumps({"name": NAMES[0]}))
        await watched.until(lambda: {"name": NAMES[0]} in watched.events)
        server.last.fail(ConnectionLost("cut"))
        await watched.until(lambda: server.connects == 2 and watched.connection.supervisor.state is State.LIVE)
        tasks.cancel_scope.cancel()
    failed = [event for event in watched.events if isinstance(event, SubscriptionFailed)]
    assert [(event.subscription, event.final, event.error) for event in failed] == [(NAMES[1], True, "RequestRejected")]
    assert server.subscribed[1] == {NAMES[0], NAMES[2]}


async def test_when_every_subscription_is_refused_the_consumer_gets_the_error() -> None:
    server = Server(refuse=NAMES)
    with pytest.raises(SubscriptionRefused) as caught:
        await Watched(plan(server)).connection.run()
    assert set(caught.value.subscriptions) == set(NAMES)


async def test_an_answer_that_is_lost_is_asked_for_again_on_the_same_connection() -> None:
    server = Server()
    answer = server.respond
    dropped: list[Any] = []

    def forgetful(number: int, request: dict[str, Any]) -> list[str] | None:
        if request["do"] == "subscribe" and NAMES[2] in request["names"] and not dropped:
            dropped.append(request)
            return None
        return answer(number, request)

    server.respond = forgetful  # type: ignore[method-assign]
    watched = Watched(plan(server, idle_timeout=None))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.connection.run)
        await watched.until(lambda: len(watched.connection.ledger.confirmed) == 3)
        tasks.cancel_scope.cancel()
    assert server.connects == 1
    (failed,) = [event for event in watched.events if isinstance(event, SubscriptionFailed)]
    assert (failed.subscription, failed.final, failed.error) == (NAMES[2], False, "SubscriptionTimeout")


async def test_when_no_subscription_is_answered_the_connection_is_made_again() -> None:
    server = Server(mute="subscribe")
    watched = Watched(plan(server, idle_timeout=None))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.connection.run)
        await watched.until(lambda: len(watched.connection.ledger.confirmed) == 3)
        tasks.cancel_scope.cancel()
    (lost,) = [event for event in watched.events if isinstance(event, Disconnected)]
    assert lost.error == SubscriptionTimeout.__name__


async def test_silence_is_a_stall_and_then_a_new_connection() -> None:
    server = Server()
    watched = Watched(plan(server))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.connection.run)
        await anyio.sleep(20)
        server.last.feed(json.dumps({"name": NAMES[0]}))
        await anyio.sleep(29)
        assert "Stalled" not in watched.kinds()
        await watched.until(lambda: watched.connection.supervisor.epoch == 2)
        tasks.cancel_scope.cancel()
    (stalled,) = [event for event in watched.events if isinstance(event, Stalled)]
    assert (stalled.idle, stalled.subscription) == (30_000_000_000, None)


async def test_a_silent_subscription_is_subscribed_again_and_then_costs_the_connection() -> None:
    server = Server()

    def quiet(topic: Subscription) -> float | None:
        return 60.0 if topic == TOPICS[0] else None

    watched = Watched(plan(server, idle_timeout=None, quiet_after=quiet))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.connection.run)
        await watched.until(lambda: watched.connection.supervisor.epoch == 2)
        tasks.cancel_scope.cancel()
    asked = [(request["do"], request.get("names")) for request in map(json.loads, server.sockets[0].sent)]
    assert asked[4:] == [("unsubscribe", [NAMES[0]]), ("subscribe", [NAMES[0]])]
    stalls = [(event.subscription, event.idle) for event in watched.events if isinstance(event, Stalled)]
    assert stalls == [(NAMES[0], 60_000_000_000), (NAMES[0], 120_000_000_000)]


async def test_a_slow_consumer_is_no_silence_of_the_venue() -> None:
    server = Server()
    watched = Watched(plan(server, idle_timeout=10.0))
    emit = watched.emit

    async def slow(events: Any) -> None:
        await emit(events)
        if {"name": NAMES[0]} in events:
            await anyio.sleep(100)

    connection = SupervisedConnection(watched.connection.connection, slow, POLICY, clock=now_utc, random=lambda: 0.0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(connection.run)
        await watched.until(lambda: len(connection.ledger.confirmed) == 3)
        server.last.feed(json.dumps({"name": NAMES[0]}))
        await anyio.sleep(99)
        assert "Stalled" not in watched.kinds()
        tasks.cancel_scope.cancel()


async def test_a_text_heartbeat_is_sent_after_silence_and_any_message_answers_it() -> None:
    server = Server()
    answer = server.respond
    beats: list[float] = []

    def respond(number: int, request: dict[str, Any]) -> list[str] | None:
        if request["do"] != "ping":
            return answer(number, request)
        beats.append(anyio.current_time())
        return ['"pong"'] if len(beats) < 4 else None

    server.respond = respond  # type: ignore[method-assign]
    heartbeat = Heartbeat(interval=20.0, message=lambda now: json.dumps({"do": "ping"}), timeout=5.0)
    watched = Watched(plan(server, heartbeat=heartbeat))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.connection.run)
        await watched.until(lambda: watched.connection.supervisor.epoch == 2)
        tasks.cancel_scope.cancel()
    assert [round(b - a) for a, b in pairwise(beats)][:3] == [20, 20, 20]
    (lost,) = [event for event in watched.events if isinstance(event, Disconnected)]
    assert lost.reason == "the heartbeat did not finish within 5 s"


async def test_topics_come_and_go_on_an_open_connection() -> None:
    server = Server()
    watched = Watched(plan(server, idle_timeout=None))
    more = trades("D")
    ledger = watched.connection.ledger
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.connection.run)
        watched.connection.subscribe(more)
        await watched.until(lambda: len(ledger.confirmed) == 4)
        watched.connection.subscribe(more)
        watched.connection.unsubscribe(more, TOPICS[0])
        await watched.until(lambda: "Unsubscribed" in watched.kinds())
        assert server.subscribed[0] == {NAMES[1], NAMES[2], more.name}
        watched.connection.unsubscribe(more)
        watched.connection.subscribe(TOPICS[0])
        await watched.until(lambda: set(ledger.confirmed) == set(NAMES) and len(ledger.names()) == 3)
        server.last.fail(ConnectionLost("cut"))
        await watched.until(lambda: watched.connection.supervisor.epoch == 2 and len(ledger.confirmed) == 3)
        tasks.cancel_scope.cancel()
    assert server.subscribed == [set(NAMES), set(NAMES)]
    assert server.connects == 2


async def test_attempts_that_are_used_up_end_it_with_the_last_error() -> None:
    server = Server(mute_lives=9)
    server.connect_error = ConnectError("host:1", "refused")
    policy = ReconnectPolicy(backoff=Backoff(max_attempts=3), first_connect="retry")
    with pytest.raises(ConnectError, match="refused"):
        await Watched(plan(server), policy).connection.run()
    assert server.connects == 4


async def test_a_month_of_hourly_cuts_leaves_all_confirmed_after_each_and_nothing_behind() -> None:
    server = Server()
    watched = Watched(plan(server, idle_timeout=4000.0))
    ledger, supervisor = watched.connection.ledger, watched.connection.supervisor
    kills = [kill for name, kill in KILLS.items() if name != "silent"]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.connection.run)
        for hour in range(720):
            await watched.until(lambda: set(ledger.confirmed) == set(NAMES) and supervisor.state is State.LIVE)
            assert supervisor.epoch == hour + 1
            assert server.open == 1
            server.last.feed(json.dumps({"name": NAMES[0]}))
            await anyio.sleep(3600)
            watched.events.clear()
            kills[hour % len(kills)](server.last)
            await watched.until(lambda: "Reconnecting" in watched.kinds())
        tasks.cancel_scope.cancel()
    assert server.open == 0
    assert len(server.sockets) in (720, 721)
