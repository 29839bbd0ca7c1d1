"""Random scripts of faults against supervised connections, in virtual time; and what has to hold whatever happens.

- Every message the venue handed over was yielded once and in order, or lies within a gap the consumer was told of.
- Data of a life lies between its Connected and its Disconnected.
- In the end all that is wanted is confirmed and known to the venue, on one open connection each.
- Closed, nothing is left.
- Limits on connects and sends, shared or not, were kept.
"""

import json
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barterpy.backoff import Backoff
from barterpy.connection import Connection, Heartbeat, Logon, SubscribeRequest
from barterpy.errors import (
    ConnectError,
    ConnectionLost,
    HandshakeError,
    LimitExceeded,
    ProtocolError,
    RateLimited,
    TransportTimeout,
)
from barterpy.events import Connected, Disconnected, MessageError, Stalled, Unsubscribed
from barterpy.limits import Limiter, RollingWindow
from barterpy.parser import JsonParser
from barterpy.subscription import Subscription, trades
from barterpy.supervision import ReconnectPolicy, State, SupervisedConnection
from barterpy.testing import MockSocket, virtual_backend
from barterpy.transformer import Directive, Reply

LINES = 3
TOPICS = {topic.name: topic for topic in (trades("A"), trades("B"), trades("C"), trades("D"))}
ALWAYS = "trades(A)"
TICK = 0.5  # virtual seconds from one message of a topic to the next
CONNECTS = (6, 10.0)  # of all lines together in so many seconds
SENDS = (8, 2.0)  # of each
POLICY = ReconnectPolicy(
    backoff=Backoff(initial=0.5, cap=8.0, jitter=0.2), connect_timeout=5.0, close_timeout=1.0, first_connect="retry"
)

ENDS: dict[str, Callable[[], BaseException | None]] = {
    "finished": lambda: None,
    **{f"closed {code}": partial(ConnectionLost, "closed", code) for code in (1001, 1005, 1006, 1011, 1012, 4001)},
    "reset": anyio.BrokenResourceError,
    "timed out": lambda: TransportTimeout("keep-alive pong", 20.0),
    "broke the protocol": lambda: ProtocolError("nonsense"),
    "too large": lambda: LimitExceeded("max_message_size", 1, 2),
}
COMING = {
    "refused": ConnectError("host:1", "refused"),
    "answered with 503": HandshakeError("host:1", "no upgrade", status=503),
    "never answered": None,
    "slow": None,
    "closed at once": None,
    "logon unanswered": None,
    "subscribe unanswered": None,
    "subscribe too fast": None,
    "subscribe late": None,
}
LIVE = ("half open", "stalled", "stalled for long", "flows again", "garbage", "stale answer", "burst")
USER = ("want", "unwant")
FAULTS = (*ENDS, *COMING, *LIVE, *USER)


def now_utc() -> int:
    return 10**18 + round(anyio.current_time() * 1e9)


class Answers:
    """Answers become Reply, everything else is yielded as it is."""

    def transform(self, message: Any, received_at: int) -> Iterable[Any | Directive]:
        match message:
            case {"id": id_, "error": text}:
                return [Reply(id_, RateLimited(text, retry_after=3.0))]
            case {"id": id_}:
                return [Reply(id_, result={})]
            case _:
                return [message]


class Line:
    """One connection: the venue's side of it, the plan for ours, and what the consumer saw."""

    def __init__(self, number: int, connects: Limiter, times: list[float]) -> None:
        self.sequence: Counter[str] = Counter()
        self.lives = 0
        self.open = 0
        self.connect_times = times
        self.send_times: list[float] = []
        self.coming: deque[str] = deque()
        self.socket: MockSocket[str] | None = None
        self.subscribed: set[str] = set()
        self.dead = True
        self.held: list[str] | None = None
        self.fault = ""
        self.events: list[Any] = []
        self.wanted = {ALWAYS, "trades(B)"}
        self.ids = count(1)
        self.connection = SupervisedConnection(
            Connection(
                venue="test",
                name=f"test-{number}",
                connect=self.connect,
                parser=JsonParser(),
                transformer=Answers(),
                topics=tuple(TOPICS[name] for name in sorted(self.wanted)),
                subscribe=lambda topics: self.requests("subscribe", topics),
                unsubscribe=lambda topics: self.requests("unsubscribe", topics),
                subscribe_timeout=4.0,
                idle_timeout=10.0,
                logon=Logon(request=lambda now: self.request("logon", ()), timeout=3.0),
                heartbeat=Heartbeat(message=lambda now: self.request("ping", ()), interval=3.0, timeout=4.0),
                connect_limiter=connects,
                send_limiter=Limiter("sends", RollingWindow(*SENDS)),
            ),
            self.emit,
            POLICY,
            clock=now_utc,
            random=lambda: 0.5,
        )

    # Ours.

    async def emit(self, events: Sequence[Any]) -> None:
        self.events += events

    def request(self, kind: str, names: tuple[str, ...]) -> SubscribeRequest:
        id_ = next(self.ids)
        return SubscribeRequest(
            id=id_, message=json.dumps({"do": kind, "id": id_, "names": names}), subscriptions=names
        )

    def requests(self, kind: str, topics: Sequence[Subscription]) -> Sequence[SubscribeRequest]:
        return [self.request(kind, (topic.name,)) for topic in topics]

    def change(self, kind: str, name: str) -> None:
        """The user's wish, which may come at any time."""
        if kind == "want" and name not in self.wanted:
            self.wanted.add(name)
            self.connection.subscribe(TOPICS[name])
        elif kind == "unwant" and name in self.wanted - {ALWAYS}:
            self.wanted.remove(name)
            self.events.append(("unwanted", name))
            self.connection.unsubscribe(TOPICS[name])

    # The venue's.

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[MockSocket[str]]:
        self.connect_times.append(anyio.current_time())
        fault = self.coming.popleft() if self.coming else ""
        if (error := COMING.get(fault)) is not None:
            raise type(error)(*error.args) if type(error) is ConnectError else error
        if fault in ("never answered", "slow"):
            await anyio.sleep(4.0 if fault == "slow" else 1e6)
        self.lives += 1
        life = self.lives
        socket: MockSocket[str] = MockSocket(
            end=False, respond=lambda message: self.respond(life, json.loads(message)), clock=now_utc
        )
        self.socket, self.subscribed, self.dead, self.held, self.fault = socket, set(), False, None, fault
        if fault == "closed at once":
            self.end("finished")
        self.open += 1
        try:
            yield socket
        finally:
            self.open -= 1
            self.dead = self.dead or life == self.lives
            await socket.aclose()

    def respond(self, life: int, request: dict[str, Any]) -> list[str] | None:
        self.send_times.append(anyio.current_time())
        kind, id_ = request["do"], request["id"]
        if self.dead or life != self.lives or self.fault == f"{kind} unanswered":
            return None
        answer = json.dumps({"id": id_})
        if kind == "subscribe":
            if self.fault == "subscribe too fast":
                self.fault = ""
                return [json.dumps({"id": id_, "error": "slow down"})]
            self.subscribed.update(request["names"])
        elif kind == "unsubscribe":
            self.subscribed.difference_update(request["names"])
        if self.held is not None or (kind == "subscribe" and self.fault == "subscribe late"):
            self.deliver([answer], late=True)
            return None
        return [answer]

    def deliver(self, messages: Sequence[str], *, late: bool = False) -> None:
        if self.dead or self.socket is None:
            return
        if late and self.held is None:
            self.held = []
        if self.held is not None:
            self.held += messages
        elif messages:
            self.socket.feed(*messages)

    def publish(self) -> None:
        """The world goes on, whoever listens."""
        messages: list[str] = []
        for name in TOPICS:
            self.sequence[name] += 1
            if name in self.subscribed:
                messages.append(json.dumps({"name": name, "sequence": self.sequence[name], "life": self.lives}))
        self.deliver(messages)

    def release(self) -> None:
        held, self.held = self.held, None
        self.deliver(held or ())

    def end(self, kind: str) -> None:
        if self.dead or self.socket is None:
            return
        error = ENDS[kind]()
        if error is None:
            self.socket.finish()
        else:
            self.socket.fail(error)
        self.dead = True

    def strike(self, fault: str, name: str) -> None:
        if fault in ENDS:
            self.end(fault)
        elif fault in COMING:
            self.coming.append(fault)
            self.end("closed 1006")
        elif fault in USER:
            self.change(fault, name)
        elif fault == "half open":
            self.dead = True
        elif fault == "stalled for long" or fault == "stalled":
            self.deliver((), late=True)
        elif fault == "flows again":
            self.release()
        elif fault == "garbage":
            self.deliver(["{not json"])
        elif fault == "stale answer":
            self.deliver([json.dumps({"id": 1}), json.dumps({"id": 10**6, "error": "whose?"})])
        else:
            for _ in range(40):
                self.publish()

    @property
    def settled(self) -> bool:
        connection = self.connection
        return (
            connection.supervisor.state is State.LIVE
            and set(connection.ledger.confirmed) == set(connection.ledger.names()) == self.wanted == self.subscribed
            and self.open == 1
            and not self.dead
            and self.held is None
        )

    # What has to hold.

    def check(self) -> None:
        life: int | None = None
        last: dict[str, int] = {}
        told: set[str] = set()
        for event in self.events:
            match event:
                case Connected():
                    assert life is None
                    life = event.epoch
                case Disconnected():
                    assert life == event.epoch
                    life = None
                    told |= set(TOPICS)
                case Stalled():
                    told |= set(TOPICS)
                case Unsubscribed():
                    told |= set(event.subscriptions)
                case ("unwanted", name):
                    told.add(name)
                case {"name": str() as name, "sequence": int() as number, "life": sent_in}:
                    assert sent_in == life, "data of another life"
                    assert number > last.get(name, 0), "a message twice, or out of order"
                    assert number == last.get(name, number - 1) + 1 or name in told, "a gap nobody was told of"
                    last[name] = number
                    told.discard(name)
                case MessageError():
                    assert event.payload == "{not json"
                case _:
                    assert not isinstance(event, dict)
        assert life is None


def most_within(times: Sequence[float], seconds: float) -> int:
    """The most of them that lie within any such window."""
    window: deque[float] = deque()
    most = 0
    for time in sorted(times):
        window.append(time)
        while window[0] <= time - seconds + 1e-6:
            window.popleft()
        most = max(most, len(window))
    return most


Script = Sequence[tuple[str, int, str, float]]
"""Fault, line, topic, and seconds until the next."""


async def run_script(script: Script) -> list[Line]:
    connects: list[float] = []
    limiter = Limiter("connects", RollingWindow(*CONNECTS))
    lines = [Line(number, limiter, connects) for number in range(LINES)]

    async def tick() -> None:
        while True:
            await anyio.sleep(TICK)
            for line in lines:
                line.publish()
                if line.fault == "subscribe late" and line.held is not None:
                    line.fault = ""
                    line.release()

    async def play() -> None:
        for fault, number, name, seconds in script:
            lines[number].strike(fault, name)
            await anyio.sleep(seconds)
            if fault == "stalled":
                lines[number].release()
        with anyio.fail_after(1_000):
            while not all(line.settled for line in lines):
                await anyio.sleep(1)
                for line in lines:
                    if not line.coming:
                        line.release()
        marks = [len(line.events) for line in lines]
        await anyio.sleep(2)
        for line, mark in zip(lines, marks, strict=True):
            assert {event["name"] for event in line.events[mark:] if isinstance(event, dict)} == line.wanted

    async with anyio.create_task_group() as world:
        world.start_soon(tick)
        async with anyio.create_task_group() as running:
            for line in lines:
                running.start_soon(line.connection.run)
            await play()
            for line in lines:
                line.connection.close()
            running.cancel_scope.deadline = anyio.current_time() + 60
        world.cancel_scope.cancel()
    assert {line.connection.supervisor.state for line in lines} == {State.CLOSED}
    assert most_within(connects, CONNECTS[1]) <= CONNECTS[0]
    for line in lines:
        assert line.open == 0
        assert most_within(line.send_times, SENDS[1]) <= SENDS[0]
        line.check()
    return lines


@pytest.mark.anyio
@pytest.mark.parametrize("fault", FAULTS)
async def test_each_fault_by_itself_and_twice(fault: str) -> None:
    script = [(fault, 0, "trades(C)", 3.0), (fault, 1, "trades(B)", 0.0), (fault, 1, "trades(C)", 20.0)]
    lines = await run_script(script)
    # What happens to one connection is no business of the others.
    assert [type(event).__name__ for event in lines[2].events].count("Disconnected") == 1


FAULT = st.tuples(
    st.sampled_from(FAULTS),
    st.integers(0, LINES - 1),
    st.sampled_from(sorted(TOPICS)),
    st.one_of(st.sampled_from([0.0, 0.1, TICK, 12.0]), st.floats(0.0, 9.0)),
)


def run(backend: str, script: Script) -> None:
    name, options = virtual_backend(backend)
    anyio.run(run_script, script, backend=name, backend_options=options)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(script=st.lists(FAULT, max_size=12))
@settings(max_examples=20)
def test_scripts_of_faults(backend: str, script: Script) -> None:
    run(backend, script)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(script=st.lists(FAULT, max_size=60))
@settings(max_examples=300)
def test_many_and_long_scripts_of_faults(backend: str, script: Script) -> None:
    run(backend, script)
