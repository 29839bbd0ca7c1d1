"""A venue that cuts every connection after its lifetime, knows what it sent where, and may do anything else."""

import json
import random
from collections import Counter, deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final

import anyio

from barterpy.backoff import Backoff
from barterpy.connection import Connection, Room, ShardLimits, Slot, SubscribeRequest
from barterpy.errors import ConnectError, HandshakeError, RateLimited, RequestRejected
from barterpy.events import ClosingSoon
from barterpy.limits import Limiter, RollingWindow
from barterpy.model.market import Level, Side, Trade
from barterpy.parser import JsonParser
from barterpy.protocols.websocket.connection import WebSocketConnection
from barterpy.protocols.websocket.websocket import WebSocket
from barterpy.reconnect import ReconnectPolicy
from barterpy.subscription import Subscription, book, trades
from barterpy.sync import BookSynchroniser, DepthSnapshot, DepthUpdate, SyncPolicy
from barterpy.sync.rules import Consecutive, Unnumbered
from barterpy.testing import VirtualClock
from barterpy.transformer import Reply, Send
from tests.supervision.wire import ENDS, Wire

__all__ = [
    "ALWAYS",
    "CONNECTS",
    "FAULTS",
    "IDLE",
    "LIFETIME",
    "POLICY",
    "REORDERING",
    "SENDS",
    "TOPICS",
    "Leg",
    "Venue",
]

LIFETIME: Final = 200.0
"""Seconds until the venue cuts a connection. The plan's rollover is then due after 170 to 180, and takes 10 at most."""
TICK: Final = 1.0
IDLE: Final = 6.0
CONNECTS: Final = (6, 10.0)
SENDS: Final = (8, 2.0)
ROOM: Final = 4
"""Topics on a connection."""
TOPICS: Final = {one.name: one for one in (*(trades(name) for name in "ABCD"), *(book(name) for name in "AB"))}
ALWAYS: Final = ("trades(A)", "book(A)")
POLICY: Final = ReconnectPolicy(
    backoff=Backoff(initial=0.5, cap=8.0, jitter=0.2), connect_timeout=5.0, close_timeout=1.0, first_connect="retry"
)
COMING: Final[dict[str, Exception | None]] = {
    "refused": ConnectError("host:1", "refused"),
    "answered with 503": HandshakeError("host:1", "no upgrade", status=503),
    "answered with 429": HandshakeError("host:1", "too fast", status=429, headers=[("retry-after", "6")]),
    "never answered": None,
    "slow": None,
    "closed at once": None,
    "half open from birth": None,
    "subscribe unanswered": None,
    "subscribe too fast": None,
    "subscribe rejected": None,
    "subscribe late": None,
    "behind from birth": None,
    "notice at once": None,
}
"""What happens to the next connection."""
LIVE: Final = (
    *("half open", "stalled", "stalled for long", "flows again", "trickles", "falls behind", "notice"),
    *("drops an update", "garbage", "unsubscribe unanswered"),
)
USER: Final = ("want", "unwant", "pauses")
REORDERING: Final = frozenset(
    {"stalled", "stalled for long", "trickles", "falls behind", "behind from birth", "subscribe late", "pauses"}
)
"""What may put one connection behind another."""
FAULTS: Final = (*ENDS, *COMING, *LIVE, *USER, "quiet", "clock steps")


class Leg:
    """One connection at the venue: what it carries, and what was made for it to carry."""

    def __init__(self, venue: "Venue", number: int, lineage: int, name: str, fault: str) -> None:
        self.venue = venue
        self.number = number
        self.lineage = lineage
        self.name = name
        self.fault = fault
        self.born_at = venue.clock()
        self.cut_at = anyio.current_time() + LIFETIME
        self.open = True
        self.dead = False
        self.held = False
        self.lag = 3.0 if fault == "behind from birth" else 0.0
        self.subscribed: set[str] = set()
        self.rejected: set[str] = set()
        self.carried: dict[str, list[list[int]]] = {}
        """By topic, the numbers between which it was subscribed: behind the first, up to the second."""
        self.send_times: list[float] = []
        self.wire = Wire(self._respond)
        self._late: deque[tuple[float, str]] = deque()

    @property
    def well(self) -> bool:
        return self.open and not self.dead and not self.held and not self.wire.ended

    def ended(self) -> None:
        """Our side has closed it."""
        self.open = False
        self._late.clear()
        for name in list(self.subscribed):
            self._drop(name)

    def _drop(self, name: str) -> None:
        self.subscribed.discard(name)
        self.carried[name][-1][1] = self.venue.numbers[name]

    def _take(self, name: str) -> None:
        if name not in self.subscribed:
            self.subscribed.add(name)
            self.carried.setdefault(name, []).append([self.venue.numbers[name], 10**9])

    def _respond(self, text: str) -> None:
        request = json.loads(text)
        self.send_times.append(anyio.current_time())
        kind, id_, names = request["do"], request["id"], request["names"]
        if self.dead or self.fault == f"{kind} unanswered":
            return
        answer: dict[str, Any] = {"id": id_}
        if kind == "unsubscribe":
            for name in self.subscribed.intersection(names):
                self._drop(name)
        elif kind == "subscribe" and self.fault == "subscribe too fast":
            self.fault, answer["error"] = "", "slow down"
        elif kind == "subscribe" and self.fault == "subscribe rejected" and not set(ALWAYS).intersection(names):
            self.fault, answer["error"] = "", "rejected"
            self.rejected.update(names)
        elif kind == "subscribe":
            for name in names:
                self._take(name)
        late = kind == "subscribe" and self.fault == "subscribe late"
        if late:
            self.fault = ""
        self.deliver(answer, late=3.0 if late else 0.0)
        if "error" not in answer:
            for name in names:
                if kind != "unsubscribe" and name.startswith("book"):
                    self.deliver({"book": name, "number": self.venue.numbers[name], "whole": self.venue.books[name]})

    def deliver(self, message: dict[str, Any], *, late: float = 0.0) -> None:
        """In order, and no sooner than this connection is behind."""
        if self.dead or not self.open:
            return
        before = self._late[-1][0] if self._late else 0.0
        self._late.append((max(before, anyio.current_time() + self.lag + late), json.dumps(message)))
        self.pump()

    def pump(self) -> None:
        while self._late and not self.held and not self.dead and self._late[0][0] <= anyio.current_time():
            self.wire.feed(self._late.popleft()[1])

    def end(self, kind: str, at: int = 0) -> None:
        if not self.dead:
            self.dead = True
            self._late.clear()
            self.wire.end_as(kind, json.dumps({"trade": "trades(A)", "number": 0, "leg": 0}), at)

    def strike(self, fault: str, at: int) -> None:
        match fault:
            case "half open":
                self.dead = True
            case "stalled" | "stalled for long":
                self.held = True
            case "flows again":
                self.held = False
                self.pump()
            case "trickles":
                self.wire.chunk = 1 + at % 9
            case "falls behind":
                self.lag = 1.0 + at % 3
            case "notice":
                self.deliver({"notice": "maintenance"})
                self.cut_at = min(self.cut_at, anyio.current_time() + 8)
            case "drops an update":
                self.fault = "drops"
            case "unsubscribe unanswered":
                self.fault = fault
            case "garbage":
                if self.well and not self._late:
                    self.wire.feed("{not json")
            case _:
                self.end(fault, at)


class Events:
    """Messages to trades and synchronised books. The price of a trade is the number of the leg it came on."""

    def __init__(self, venue: "Venue") -> None:
        self.venue = venue
        self.epoch = 0
        self.books: dict[str, BookSynchroniser[float]] = {}

    def _book(self, name: str) -> BookSynchroniser[float]:
        if name not in self.books:
            self.books[name] = BookSynchroniser(
                "test",
                name,
                Consecutive() if self.venue.numbered else Unnumbered(),
                lambda delay: Send(json.dumps({"do": "whole", "id": 0, "names": [name]})),
                SyncPolicy(snapshot_timeout=4.0),
                streamed=True,
            )
            self.books[name].epoch = self.epoch
        return self.books[name]

    def on_reset(self, epoch: int, now: int) -> Iterable[Any]:
        self.epoch = epoch
        for one in self.books.values():
            yield from one.on_reset(epoch, now)

    def next_timer(self) -> int | None:
        return min((at for one in self.books.values() if (at := one.next_deadline()) is not None), default=None)

    def on_timer(self, deadline: int) -> Iterable[Any]:
        for one in self.books.values():
            at = one.next_deadline()
            if at is not None and at <= deadline:
                yield from one.on_deadline(deadline)

    def transform(self, message: Any, received_at: int) -> Iterable[Any]:
        where: dict[str, Any] = {"venue": "test", "received_at": received_at, "epoch": self.epoch, "exchange_at": None}
        match message:
            case {"id": 0}:
                pass
            case {"id": id_, "error": "rejected"}:
                yield Reply(id_, RequestRejected("no such thing", 2))
            case {"id": id_, "error": text}:
                yield Reply(id_, RateLimited(text, retry_after=3.0))
            case {"id": id_}:
                yield Reply(id_)
            case {"notice": reason}:
                yield ClosingSoon(venue="test", connection="x", epoch=1, received_at=received_at, reason=reason)
            case {"trade": name, "number": number, "leg": leg}:
                yield Trade(**where, instrument=name, price=leg, size=1, side=Side.BUY, id=str(number))
            case {"book": name, "number": number, "whole": levels}:
                bids = tuple(Level(float(price), float(size)) for price, size in levels.items())
                whole = DepthSnapshot(last_id=self._id(number), bids=bids, asks=(), exchange_at=None)
                yield from self._book(name).on_snapshot(whole, received_at)
            case {"book": name, "number": number, "level": level}:
                id_ = self._id(number)
                bids = (Level(float(level), float(number)),)
                update = DepthUpdate(first_id=id_, last_id=id_, bids=bids, asks=(), exchange_at=None)
                yield from self._book(name).on_update(update, received_at)
            case _:
                raise AssertionError(message)

    def _id(self, number: int) -> int:
        return number if self.venue.numbered else 0


class Venue:
    """Makes a trade of each instrument and a change of each book a second, whoever listens.

    :param numbered: whether it numbers the changes of its books
    """

    def __init__(self, seed: int = 0, *, numbered: bool = True) -> None:
        self.numbered = numbered
        self.clock = VirtualClock()
        self.legs: list[Leg] = []
        self.coming: deque[str] = deque()
        self.quiet: set[str] = set()
        self.numbers: Counter[str] = Counter()
        self.books: dict[str, dict[int, int]] = {name: {} for name in TOPICS if name.startswith("book")}
        self.history: dict[tuple[str, int], dict[int, int]] = {}
        """Each book as it was after each of its changes; a level's size is the number of its last change."""
        self.connect_times: list[float] = []
        self.most: Counter[int] = Counter()
        """The most connections that were open at a time, by which of them replace each other."""
        self.opening: Counter[int] = Counter()
        self.running = True
        self._chance = random.Random(seed)
        self._lineages = count(1)
        self._ids = count(1)
        self._connects = Limiter("connects", RollingWindow(*CONNECTS))

    # The plans for our side.

    def plan(self, topics: Sequence[Subscription], lineage: int | None = None) -> Connection[Any]:
        """A connection for these; those of one lineage replace each other."""
        mine = next(self._lineages) if lineage is None else lineage
        return Connection(
            venue="test",
            name="x",
            connect=lambda: self._connect(mine),
            parser=JsonParser(),
            transformer=Events(self),
            topics=tuple(topics),
            subscribe=lambda wanted: [self._request("subscribe", one.name) for one in wanted],
            unsubscribe=lambda wanted: [self._request("unsubscribe", one.name) for one in wanted],
            subscribe_timeout=4.0,
            idle_timeout=IDLE,
            connect_limiter=self._connects,
            send_limiter=Limiter("sends", RollingWindow(*SENDS)),
            lifetime=LIFETIME,
            again=lambda wanted: self.plan(wanted, mine),
            room=Room(limits=ShardLimits(topics=ROOM), slot=lambda topic: Slot(topic.name)),
            own_numbers=not self.numbered,
        )

    def _request(self, kind: str, name: str) -> SubscribeRequest:
        id_ = next(self._ids)
        message = json.dumps({"do": kind, "id": id_, "names": [name]})
        return SubscribeRequest(id=id_, message=message, subscriptions=(name,))

    @asynccontextmanager
    async def _connect(self, lineage: int) -> AsyncGenerator[WebSocket]:
        self.connect_times.append(anyio.current_time())
        self.opening[lineage] += 1
        try:
            fault = self.coming.popleft() if self.coming else ""
            if (error := COMING.get(fault)) is not None:
                raise error.with_traceback(None)
            if fault in ("never answered", "slow"):
                await anyio.sleep(4.0 if fault == "slow" else 1e6)
            # A connection's task has its name.
            leg = Leg(self, len(self.legs) + 1, lineage, anyio.get_current_task().name or "", fault)
            self.legs.append(leg)
            self.most[lineage] = max(self.most[lineage], len([one for one in self.open if one.lineage == lineage]))
            now = anyio.current_time()
            socket = WebSocket(leg.wire, WebSocketConnection(client=True, now=now), client=True, clock=self.clock)
            if fault == "closed at once":
                leg.end("finished")
            elif fault == "half open from birth":
                leg.dead = True
            elif fault == "notice at once":
                leg.strike("notice", 0)
            try:
                yield socket
            finally:
                leg.ended()
                await socket.aclose()
        finally:
            self.opening[lineage] -= 1

    # The venue.

    @property
    def open(self) -> list[Leg]:
        """The connections that are open, the oldest first."""
        return [leg for leg in self.legs if leg.open]

    async def run(self) -> None:
        while True:
            await anyio.sleep(TICK)
            if self.running:
                self.publish()
            for leg in self.open:
                leg.pump()
                if anyio.current_time() >= leg.cut_at:
                    leg.end(self._chance.choice(ENDS), self._chance.randrange(80))

    def publish(self) -> None:
        for name in TOPICS:
            if name in self.quiet:
                continue
            self.numbers[name] += 1
            number = self.numbers[name]
            if name in self.books:
                level = number % 7 + 1
                self.books[name][level] = number
                self.history[name, number] = dict(self.books[name])
            for leg in self.open:
                if name not in leg.subscribed:
                    continue
                if name not in self.books:
                    leg.deliver({"trade": name, "number": number, "leg": leg.number})
                elif leg.fault == "drops" and self.numbered:
                    leg.fault = ""
                else:
                    leg.deliver({"book": name, "number": number, "level": number % 7 + 1})

    def strike(self, fault: str, which: int, name: str, at: int) -> None:
        """Do this to one of its connections: the oldest, the next oldest, …"""
        if fault in COMING:
            self.coming.append(fault)
        elif fault == "quiet":
            (self.quiet.discard if name in self.quiet else self.quiet.add)(name)
        elif fault == "clock steps":
            self.clock.step((-1) ** at * 3_600)
        elif fault not in USER and self.open:
            self.open[which % len(self.open)].strike(fault, at)
