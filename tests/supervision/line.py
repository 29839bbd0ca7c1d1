"""One supervised connection to a venue that keeps count of everything, and may do anything to it."""

import json
import random
from collections import Counter, deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import anyio

from barterpy.backoff import Backoff
from barterpy.connection import Connection, Heartbeat, Logon, SubscribeRequest
from barterpy.errors import ConnectError, HandshakeError, RateLimited, RequestRejected, VenueUnavailable
from barterpy.events import Connected, Disconnected, MessageError, Stalled, SubscriptionFailed, Unsubscribed
from barterpy.http import HttpRequest, HttpResponse
from barterpy.limits import Limiter, RollingWindow
from barterpy.parser import JsonParser
from barterpy.protocols.websocket.connection import WebSocketConnection
from barterpy.protocols.websocket.websocket import WebSocket
from barterpy.rest import RestClient, RestRequest
from barterpy.subscription import Subscription, trades
from barterpy.supervision import ReconnectPolicy, State, SupervisedConnection
from barterpy.testing import VirtualClock
from barterpy.transformer import Directive, Fetch, Fetched, Reply
from tests.supervision.wire import ENDS, Wire

__all__ = ["ALWAYS", "FAULTS", "SENDS", "TICK", "TOPICS", "Api", "Line"]

TOPICS = {topic.name: topic for topic in (trades("A"), trades("B"), trades("C"), trades("D"))}
ALWAYS = "trades(A)"
TICK = 0.5  # virtual seconds from one message of a topic to the next
SENDS = (8, 2.0)  # of each
TOKEN = 40.0  # seconds a logon is valid
POLICY = ReconnectPolicy(
    backoff=Backoff(initial=0.5, cap=8.0, jitter=0.2), connect_timeout=5.0, close_timeout=1.0, first_connect="retry"
)

COMING: dict[str, Exception | None] = {
    "refused": ConnectError("host:1", "refused"),
    "answered with 503": HandshakeError("host:1", "no upgrade", status=503),
    "answered with 429": HandshakeError("host:1", "too fast", status=429, headers=[("retry-after", "6")]),
    "never answered": None,
    "slow": None,
    "closed at once": None,
    "logon rejected": None,
    "logon unanswered": None,
    "subscribe unanswered": None,
    "subscribe too fast": None,
    "subscribe rejected": None,
    "subscribe late": None,
    "repeats": None,
}
LIVE = (
    *("half open", "stalled", "stalled for long", "trickles", "flows again", "garbage", "stale answer", "burst"),
    *("duplicates", "token expires"),
)
REST = ("REST 429", "REST ban")
USER = ("want", "unwant")
FAULTS = (*ENDS, *COMING, *LIVE, *REST, *USER, "clock steps")


class Ask(RestRequest[Any]):
    path = "/snapshot"


class Api:
    """The venue's REST API, which counts for itself and may be in a bad mood."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.times: list[float] = []
        self.moods: deque[tuple[int, float]] = deque()
        self.closed = (0.0, 0.0)
        """From when, as the client knows, until when nobody may ask."""
        self.offences = 0

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        now = anyio.current_time()
        self.times.append(now)
        known, until = self.closed
        self.offences += known < now < until - 1e-6
        await anyio.sleep(0.1)
        if not self.moods:
            return HttpResponse(status=200, body=b"{}", received_at=self.clock())
        status, seconds = self.moods.popleft()
        self.closed = (anyio.current_time(), anyio.current_time() + seconds)
        headers = (("retry-after", f"{seconds:g}"),)
        return HttpResponse(status=status, headers=headers, body=b"{}", received_at=self.clock())

    async def aclose(self) -> None:
        pass


class Answers:
    """Answers become Reply, what asks for it a Fetch, and everything else is yielded as it is."""

    def transform(self, message: Any, received_at: int) -> Iterable[Any | Directive]:
        if isinstance(message, Fetched):
            return [("fetched", message.error)]
        match message:
            case {"id": id_, "error": "rejected"}:
                return [Reply(id_, RequestRejected("no such thing", 2))]
            case {"id": id_, "error": "away"}:
                return [Reply(id_, VenueUnavailable("not now"))]
            case {"id": id_, "error": text}:
                return [Reply(id_, RateLimited(text, retry_after=3.0))]
            case {"id": id_}:
                return [Reply(id_, result={})]
            case {"fetch": key}:
                return [Fetch(key, Ask())]
            case _:
                return [message]


class Line:
    """One connection: the venue's side of it, the plan for ours, and what the consumer saw."""

    def __init__(
        self, number: int, connects: Limiter, times: list[float], api: Api, client: RestClient, clock: VirtualClock
    ) -> None:
        self.clock = clock
        self.sequence: Counter[str] = Counter()
        self.lives = 0
        self.open = 0
        self.connect_times = times
        self.api = api
        self.send_times: list[float] = []
        self.coming: deque[str] = deque()
        self.wires: list[Wire] = []
        self.subscribed: set[str] = set()
        self.dead = True
        self.held: list[dict[str, Any]] | None = None
        self.fault = ""
        self.token_until = 0.0
        self.events: list[Any] = []
        self.wanted = {ALWAYS, "trades(B)"}
        self.serials = count(1)
        self.sent: dict[int, list[int]] = {}
        """Numbers of all data that was put on the wire, by the life of the connection."""
        self.recent: dict[str, deque[dict[str, Any]]] = {name: deque(maxlen=3) for name in TOPICS}
        self.ids = count(1)
        self.chance = random.Random(number)
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
                logon=Logon(request=lambda now: self.request("logon", ()), timeout=3.0, expires=lambda result: TOKEN),
                heartbeat=Heartbeat(message=lambda now: self.request("ping", ()), interval=3.0, timeout=4.0),
                connect_limiter=connects,
                send_limiter=Limiter("sends", RollingWindow(*SENDS)),
                fetch=client.execute,
            ),
            self.emit,
            POLICY,
            clock=clock,
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
        """The user's wish, which may come at any time. What was refused for good may be wanted anew."""
        if kind == "want" and (name not in self.wanted or name in self.refused):
            self.wanted.add(name)
            self.connection.subscribe(TOPICS[name])
            self.events.append(("wanted", name))
        elif kind == "unwant" and name in self.wanted - {ALWAYS}:
            self.wanted.remove(name)
            self.events.append(("unwanted", name))
            self.connection.unsubscribe(TOPICS[name])

    @property
    def refused(self) -> set[str]:
        """What the consumer was told is refused for good."""
        refused: set[str] = set()
        for event in self.events:
            match event:
                case SubscriptionFailed(subscription=name, final=True):
                    refused.add(name)
                case ("wanted", name):
                    refused.discard(name)
                case _:
                    pass
        return refused

    # The venue's.

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[WebSocket]:
        self.connect_times.append(anyio.current_time())
        fault = self.coming.popleft() if self.coming else ""
        if (error := COMING.get(fault)) is not None:
            raise error.with_traceback(None)
        if fault in ("never answered", "slow"):
            await anyio.sleep(4.0 if fault == "slow" else 1e6)
        self.lives += 1
        life = self.lives
        wire = Wire(lambda message: self.respond(life, json.loads(message)))
        self.wires.append(wire)
        self.sent[life] = []
        self.subscribed, self.dead, self.held, self.fault = set(), False, None, fault
        socket = WebSocket(
            wire, WebSocketConnection(client=True, now=anyio.current_time()), client=True, clock=self.clock
        )
        if fault == "closed at once":
            self.end("finished", 0)
        self.open += 1
        try:
            yield socket
        finally:
            self.open -= 1
            self.dead = self.dead or life == self.lives
            await socket.aclose()

    def respond(self, life: int, request: dict[str, Any]) -> None:
        self.send_times.append(anyio.current_time())
        kind, id_, names = request["do"], request["id"], request["names"]
        if self.dead or life != self.lives or self.fault == f"{kind} unanswered":
            return
        answer: dict[str, Any] = {"id": id_}
        if kind == "logon":
            if self.fault == "logon rejected":
                answer["error"] = "away"
            else:
                self.token_until = anyio.current_time() + TOKEN
        elif kind == "subscribe":
            if self.fault == "subscribe too fast":
                self.fault, answer["error"] = "", "slow down"
            elif self.fault == "subscribe rejected" and ALWAYS not in names:
                self.fault, answer["error"] = "", "rejected"
            else:
                self.subscribed.update(names)
        elif kind == "unsubscribe":
            self.subscribed.difference_update(names)
        late = kind == "subscribe" and self.fault == "subscribe late"
        self.deliver([answer], late=late)
        if kind == "subscribe" and self.fault == "repeats" and "error" not in answer:
            # What it had sent before, on another connection, once more and in any order.
            again = [{**message, "again": True} for name in names for message in self.recent[name]]
            self.chance.shuffle(again)
            self.deliver(again)

    def deliver(self, messages: Sequence[dict[str, Any]], *, late: bool = False) -> None:
        if self.dead:
            return
        if late and self.held is None:
            self.held = []
        if self.held is not None:
            self.held += messages
            return
        for message in messages:
            serial = next(self.serials)
            if self.wires[-1].feed(json.dumps({**message, "serial": serial, "life": self.lives})) and "name" in message:
                self.sent[self.lives].append(serial)

    def publish(self, *, twice: bool = False) -> None:
        """The world goes on, whoever listens."""
        messages: list[dict[str, Any]] = []
        for name in TOPICS:
            self.sequence[name] += 1
            if name in self.subscribed:
                message = {"name": name, "sequence": self.sequence[name]}
                self.recent[name].append(message)
                messages += [message, {**message, "again": True}] if twice else [message]
        if self.sequence[ALWAYS] % 4 == 0 and self.subscribed:
            messages.append({"fetch": "snapshot"})
        self.deliver(messages)
        if not self.dead and anyio.current_time() > self.token_until + 1 and self.subscribed:
            self.end("closed 4001", 0)

    def release(self) -> None:
        held, self.held = self.held, None
        self.deliver(held or ())

    def end(self, kind: str, at: int) -> None:
        if not self.dead:
            self.dead = True
            self.wires[-1].end_as(kind, json.dumps({"name": ALWAYS, "sequence": 0}), at)

    def strike(self, fault: str, name: str, at: int) -> None:
        if fault in ENDS:
            self.end(fault, at)
        elif fault in COMING:
            self.coming.append(fault)
            self.end("closed 1001", at)
        elif fault in USER:
            self.change(fault, name)
        elif fault in REST:
            self.api.moods.append((429, 3.0) if fault == "REST 429" else (418, 20.0))
        elif fault == "clock steps":
            self.clock.step((-1) ** at * 3_600)
        elif fault == "half open":
            self.dead = True
        elif fault in ("stalled", "stalled for long"):
            self.deliver((), late=True)
        elif fault == "trickles" and self.wires:
            self.wires[-1].chunk = 1 + at % 9
        elif fault == "flows again":
            self.release()
        elif fault == "token expires":
            self.token_until = 0.0
        elif fault == "duplicates":
            self.publish(twice=True)
        elif fault == "garbage" and not self.dead and self.held is None:
            self.wires[-1].feed("{not json")
        elif fault == "stale answer":
            self.deliver([{"id": 1}, {"id": 10**6, "error": "whose?"}])
        elif fault == "burst":
            for _ in range(40):
                self.publish()

    @property
    def settled(self) -> bool:
        connection = self.connection
        kept = self.wanted - self.refused
        return (
            connection.supervisor.state is State.LIVE
            and set(connection.ledger.confirmed) == kept == self.subscribed
            and set(connection.ledger.names()) == self.wanted
            and self.open == 1
            and not self.dead
            and self.held is None
        )

    # What has to hold.

    def check(self) -> None:
        life: int | None = None
        last: dict[str, int] = {}
        told: set[str] = set()
        yielded: dict[int, list[int]] = {number: [] for number in self.sent}
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
                case SubscriptionFailed():
                    told.add(event.subscription)
                case ("unwanted", name):
                    told.add(name)
                case {"name": str() as name, "sequence": int() as number, "life": sent_in, "serial": serial, **more}:
                    assert sent_in == life, "data of another life"
                    yielded[sent_in].append(serial)
                    if "again" in more:
                        continue
                    assert number > last.get(name, 0), "a message twice, or out of order"
                    assert number == last.get(name, number - 1) + 1 or name in told, "a gap nobody was told of"
                    last[name] = number
                    told.discard(name)
                case MessageError():
                    assert event.payload == "{not json"
                case _:
                    assert not isinstance(event, dict)
        assert life is None
        for number, serials in self.sent.items():
            given = yielded[number]
            assert given == serials[: len(given)], "something that was sent is missing, or came twice"
