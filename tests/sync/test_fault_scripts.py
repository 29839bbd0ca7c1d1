"""Random scripts of faults against many books on several connections, in virtual time; and what has to hold of books.

The books are kept by synchronisers on supervised connections, their snapshots come aside or on the stream, and the
consumer knows the events only.

- A book that the consumer holds as valid is the venue's, as of the update it names; without numbers, one the venue had.
- Between a Gap and its Resynced nothing comes of that book, and nobody reads it as valid; the others flow on.
- In the end, when nothing is wrong any more, each book is the venue's, or the consumer was told that it is not; and
  after one more connection each is the venue's.
"""

import json
import random
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from math import floor
from typing import Any, Final

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barterpy.backoff import Backoff
from barterpy.connection import Connection
from barterpy.errors import ConnectionLost, RateLimited, RequestRejected, VenueUnavailable
from barterpy.events import BookFailed, Gap, Resynced
from barterpy.model import BookDelta, BookSnapshot, Level
from barterpy.orderbook import BookBuilder
from barterpy.parser import JsonParser
from barterpy.supervision import ReconnectPolicy, SupervisedConnection
from barterpy.sync import (
    BookSynchroniser,
    Chained,
    Consecutive,
    DepthSnapshot,
    DepthUpdate,
    DigitsChecksum,
    SyncPolicy,
    SyncState,
    Unnumbered,
    level_texts,
)
from barterpy.testing import MockSocket, virtual_backend
from barterpy.transformer import Fetch, Fetched, Send

LINES: Final = 2
BOOKS: Final = ("rest-1", "rest-2", "chained-1", "chained-2", "checked-1")
TICK: Final = 1.0  # virtual seconds from one change of a book to the next
POLICY: Final = SyncPolicy(
    backoff=Backoff(initial=0.5, cap=4.0, jitter=0.0, stable_after=5.0, max_attempts=6),
    buffer=200,
    crossed_seconds=3.0,
    snapshot_timeout=4.0,
)
RECONNECT: Final = ReconnectPolicy(backoff=Backoff(initial=0.5, cap=4.0, jitter=0.0), close_timeout=1.0)
CHECKSUM: Final = DigitsChecksum()

ON_THE_WAY: Final = ("lost", "twice", "swapped", "garbled", "wrong level")
SNAPSHOTS: Final = ("refused", "429", "busy", "slow", "old")
CONNECTION: Final = ("cut", "cut within a message", "cut, and an old message comes on the next connection")
VENUE: Final = ("crossed for long", "crossed for a moment", "stalls")
FAULTS: Final = (*ON_THE_WAY, *SNAPSHOTS, *CONNECTION, *VENUE)

State = frozenset[tuple[str, Decimal, Decimal]]


def now_utc() -> int:
    return 10**18 + round(anyio.current_time() * 1e9)


class Market:
    """The venue's side of one book: every state of it, and the messages about it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.checked = name.startswith("checked")
        self.id = 100
        self.sides: dict[str, dict[Decimal, Decimal]] = {
            "bids": {Decimal(price): Decimal("1.50") for price in (98, 99)},
            "asks": {Decimal(price): Decimal("2.00") for price in (101, 102)},
        }
        self.crossing: int = 0
        """Changes for which a bid stands above the asks."""
        self.states: dict[int, State] = {}
        self.known: set[State] = set()
        self.messages: deque[str] = deque(maxlen=8)
        self.wrong: deque[str] = deque()
        """What happens to the next updates on the way."""
        self.late: list[str] = []
        self._remember()

    def change(self, generator: random.Random) -> list[str]:
        """The next update, as it arrives."""
        self.id += 1
        side = generator.choice(("bids", "asks"))
        price = Decimal(generator.randint(95, 99) if side == "bids" else generator.randint(101, 105))
        size = Decimal(self.id % 500 + 1) / 100  # never the one before
        if price in self.sides[side] and generator.random() < 0.3:
            size = Decimal(0)
        changes = [(side, price, size)]
        if self.crossing:
            self.crossing -= 1
            changes.append(("bids", Decimal(200), Decimal(1 if self.crossing else 0)))
        for where, at, much in changes:
            if much:
                self.sides[where][at] = much
            else:
                self.sides[where].pop(at, None)
        self._remember()
        rows = [[where, str(at), str(much)] for where, at, much in changes]
        message = {"book": self.name, "id": self.id, "previous": self.id - 1, "levels": rows}
        return self._on_the_way({**message, "checksum": self._checksum()})

    def whole(self, id_: int | None = None) -> dict[str, Any]:
        """A snapshot of now, or of back then."""
        id_ = self.id if id_ is None else max(100, id_)
        rows = sorted([side, str(price), str(size)] for side, price, size in self.states[id_])
        checksum = self._checksum() if id_ == self.id else None
        return {"book": self.name, "id": id_, "whole": True, "levels": rows, "checksum": checksum}

    def _on_the_way(self, message: dict[str, Any]) -> list[str]:
        fault = self.wrong.popleft() if self.wrong else ""
        text = json.dumps(message)
        self.messages.append(text)
        late, self.late = self.late, []
        match fault:
            case "lost":
                return late
            case "twice":
                return [text, text, *late]
            case "swapped":
                self.late = [text]
                return late
            case "garbled":
                return [text[: len(text) // 2], *late]
            case "wrong level" if self.checked:  # without a checksum nobody can know
                return [json.dumps({**message, "levels": [*message["levels"], ["bids", "97.5", "7.7"]]}), *late]
            case _:
                return [text, *late]

    def _remember(self) -> None:
        self.states[self.id] = frozenset(
            (side, price, size) for side, levels in self.sides.items() for price, size in levels.items()
        )
        self.known.add(self.states[self.id])

    def _checksum(self) -> int | None:
        if not self.checked:
            return None
        bids = sorted((Level(*level) for level in self.sides["bids"].items()), reverse=True)
        asks = sorted(Level(*level) for level in self.sides["asks"].items())
        return CHECKSUM.compute(level_texts(bids[:10]), level_texts(asks[:10]))


class Books:
    """Our side: a transformer with a synchroniser a book."""

    def __init__(self, venue: str) -> None:
        self.books = {name: self._book(venue, name) for name in BOOKS}

    def _book(self, venue: str, name: str) -> BookSynchroniser[Decimal]:
        if name.startswith("rest"):
            return BookSynchroniser(
                venue, name, Consecutive(), lambda delay: Fetch(f"book {name}", name, delay), POLICY
            )
        checked = name.startswith("checked")
        return BookSynchroniser(
            venue,
            name,
            Unnumbered() if checked else Chained(),
            lambda delay: Send(json.dumps({"again": name})),
            POLICY,
            streamed=True,
            checksum=CHECKSUM if checked else None,
        )

    def on_reset(self, epoch: int, now: int) -> Iterable[Any]:
        outputs: list[Any] = [Send(json.dumps({"subscribe": BOOKS}))]
        for book in self.books.values():
            outputs += book.on_reset(epoch, now)
            outputs += book.on_start(now)
        return outputs

    def transform(self, message: Any, received_at: int) -> Iterable[Any]:
        if isinstance(message, Fetched):
            book = self.books[message.key.removeprefix("book ")]
            if message.error is not None:
                assert isinstance(message.error, (RateLimited, RequestRejected, VenueUnavailable))
                return book.on_error(message.error, received_at)
            message = message.result
        book = self.books[message["book"]]
        bids, asks = (
            tuple(Level(Decimal(price), Decimal(size)) for where, price, size in message["levels"] if where == side)
            for side in ("bids", "asks")
        )
        checksum = message["checksum"]
        if "whole" in message:
            return book.on_snapshot(
                DepthSnapshot(last_id=message["id"], bids=bids, asks=asks, exchange_at=None, checksum=checksum),
                received_at,
            )
        return book.on_update(
            DepthUpdate(
                first_id=message["id"],
                last_id=message["id"],
                previous_id=message["previous"],
                bids=bids,
                asks=asks,
                exchange_at=None,
                checksum=checksum,
            ),
            received_at,
        )

    def next_timer(self) -> int | None:
        return min((at for book in self.books.values() if (at := book.next_deadline()) is not None), default=None)

    def on_timer(self, deadline: int) -> Iterable[Any]:
        return [output for book in self.books.values() for output in book.on_deadline(deadline)]


class Line:
    """One connection with its books: the venue, the plan, and the consumer."""

    def __init__(self, number: int) -> None:
        self.venue = f"venue-{number}"
        self.markets = {name: Market(name) for name in BOOKS}
        self.generator = random.Random(number)
        self.snapshot_faults: dict[str, deque[str]] = defaultdict(deque)
        self.socket: MockSocket[str] | None = None
        self.subscribed = False
        self.stalled_until = 0.0
        self.leftover: list[str] = []
        self.books = Books(self.venue)
        self.builder: BookBuilder[Decimal] = BookBuilder()
        self.invalid: set[str] = set(BOOKS)
        """Books the consumer was told not to trust, or has not yet."""
        self.told: list[str] = []
        self.connection = SupervisedConnection(
            Connection(
                venue=self.venue,
                name=self.venue,
                connect=self.connect,
                parser=JsonParser(),
                transformer=self.books,
                fetch=self.fetch,
                idle_timeout=60.0,
            ),
            self.emit,
            RECONNECT,
            clock=now_utc,
            random=lambda: 0.5,
        )

    # The consumer.

    async def emit(self, events: Sequence[Any]) -> None:
        for event in events:
            self._heard(event)
            self.builder.transform(event, 0)
            # An event that names no instrument may be about all of them.
            name = getattr(event, "instrument", None)
            for market in self.markets.values() if name is None else (self.markets[name],):
                self.check(market)

    def _heard(self, event: Any) -> None:
        match event:
            case Gap() | BookFailed():
                self.invalid.add(event.instrument)
                self.told.append(type(event).__name__)
            case Resynced():
                assert event.instrument in self.invalid, "resynced without a gap"
                self.invalid.remove(event.instrument)
                self.told.append("Resynced")
            case BookSnapshot():
                if (self.venue, event.instrument) in self.builder.books:
                    assert event.instrument not in self.invalid, "a book between Gap and Resynced"
                self.invalid.discard(event.instrument)
            case BookDelta():
                assert event.instrument not in self.invalid, "a change between Gap and Resynced"
            case _:
                pass

    def held(self, name: str) -> State | None:
        """The book as the consumer has it; None while it is not valid."""
        book = self.builder.books.get((self.venue, name))
        if book is None or not book.valid:
            return None
        bids, asks = (("bids", book.bids()), ("asks", book.asks()))
        return frozenset((side, level.price, level.size) for side, levels in (bids, asks) for level in levels)

    def check(self, market: Market) -> None:
        held = self.held(market.name)
        if held is None:
            return
        assert market.name not in self.invalid, "read as valid between Gap and Resynced"
        sequence = self.builder.books[self.venue, market.name].sequence
        if sequence is None:
            assert held in market.known
        else:
            assert held == market.states[sequence]

    # The venue.

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[MockSocket[str]]:
        socket: MockSocket[str] = MockSocket(end=False, respond=self.respond, clock=now_utc)
        self.socket, self.subscribed = socket, False
        try:
            yield socket
        finally:
            await socket.aclose()

    def respond(self, text: str) -> list[str] | None:
        request = json.loads(text)
        if "again" in request:
            return self.answer(request["again"])
        self.subscribed = True
        leftover, self.leftover = self.leftover, []
        streamed = [name for name in BOOKS if not name.startswith("rest")]
        return leftover + [message for name in streamed for message in self.answer(name) or ()]

    def answer(self, name: str) -> list[str] | None:
        """A snapshot on the stream, if one comes."""
        faults = self.snapshot_faults[name]
        fault = faults.popleft() if faults else ""
        market = self.markets[name]
        if fault in ("refused", "429", "busy"):
            return None  # nobody says so on a stream
        if fault == "slow":
            market.late.append(json.dumps(market.whole()))
            return None
        return [json.dumps(market.whole())]

    async def fetch(self, name: str) -> Any:
        faults = self.snapshot_faults[name]
        fault = faults.popleft() if faults else ""
        match fault:
            case "refused":
                raise RequestRejected("no such book")
            case "429":
                raise RateLimited("slow down", retry_after=2.0)
            case "busy":
                raise VenueUnavailable("busy")
            case "slow":
                taken = self.markets[name].whole()
                await anyio.sleep(6.0)
                return taken
            case "old":
                return self.markets[name].whole(self.markets[name].id - 5)
            case _:
                return self.markets[name].whole()

    def tick(self) -> None:
        """The world goes on, whoever listens."""
        stalled = anyio.current_time() < self.stalled_until
        for market in self.markets.values():
            messages = market.change(self.generator)
            if self.socket is not None and self.subscribed:
                if stalled:
                    self.leftover += messages
                else:
                    self.socket.feed(*self.leftover, *messages)
                    self.leftover = []

    def strike(self, fault: str, name: str) -> None:
        market = self.markets[name]
        if fault in ON_THE_WAY:
            market.wrong.append(fault)
        elif fault in SNAPSHOTS:
            self.snapshot_faults[name].append(fault)
            market.wrong.append("lost")
        elif fault == "crossed for long":
            market.crossing = 6
        elif fault == "crossed for a moment":
            market.crossing = 2
        elif fault == "stalls":
            self.stalled_until = anyio.current_time() + 3.0
        else:
            self.cut(fault, market)

    def cut(self, fault: str, market: Market) -> None:
        if self.socket is None or not self.subscribed:
            return
        self.subscribed = False
        self.leftover = []
        self.stalled_until = 0.0
        if "within" in fault:
            last = market.messages[-1] if market.messages else '{"book'
            self.socket.feed(last[:-7])
        elif "old message" in fault:
            self.leftover = list(market.messages)[-2:]
        self.socket.fail(ConnectionLost("cut", 1006))

    @property
    def calm(self) -> bool:
        """Nothing is wrong any more, nor about to be."""
        return not any(self.snapshot_faults.values()) and not any(
            market.wrong or market.late or market.crossing for market in self.markets.values()
        )

    def forgive(self) -> None:
        self.snapshot_faults.clear()
        for market in self.markets.values():
            market.wrong.clear()
            market.crossing = min(market.crossing, 1)

    # What has to hold in the end.

    def check_quiet(self) -> None:
        for name, market in self.markets.items():
            held = self.held(name)
            if held is None:
                assert name in self.invalid, "a book that is not valid, and nobody was told"
                assert self.books.books[name].state is not SyncState.SYNCED
            else:
                at = self.books.books[name].last_id
                assert held == market.states[market.id], f"{name}: {at} of {market.id}"


Script = Sequence[tuple[str, int, str, float]]
"""Fault, line, book, and seconds until the next."""


async def run_script(script: Script) -> list[Line]:
    lines = [Line(number) for number in range(LINES)]

    async def world() -> None:
        while True:
            await anyio.sleep(TICK)
            for line in lines:
                line.tick()

    async def rest(seconds: float) -> None:
        for line in lines:
            line.forgive()
        await anyio.sleep(seconds)
        assert all(line.calm for line in lines)
        # Between two changes: what was sent has arrived.
        await anyio.sleep_until((floor(anyio.current_time() / TICK) + 1.5) * TICK)

    async with anyio.create_task_group() as everything:
        everything.start_soon(world)
        for line in lines:
            everything.start_soon(line.connection.run)
        await anyio.sleep(2.0 + TICK / 2)  # every book is there
        for fault, number, name, seconds in script:
            lines[number].strike(fault, name)
            await anyio.sleep(seconds)
        await rest(24.0)
        for line in lines:
            line.check_quiet()
            line.cut("cut", line.markets[BOOKS[0]])
        await rest(24.0)
        for line in lines:
            line.check_quiet()
            assert not line.invalid, "a new connection begins anew"
            line.connection.close()
        everything.cancel_scope.cancel()
    return lines


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ["rest-1", "chained-1", "checked-1"])
def test_each_fault_by_itself(fault: str, name: str) -> None:
    line, other = run("asyncio", [(fault, 0, name, 12.0)])
    # The cut in the end tells a gap for each book. A fault tells one before that, and no other line hears of it.
    assert other.told == ["Gap"] * len(BOOKS) + ["Resynced"] * len(BOOKS)
    checked, refused = name.startswith("checked"), fault == "refused" and name.startswith("rest")
    harmless = {"crossed for a moment", "stalls", "twice"} | (set[str]() if checked else {"wrong level"})
    before = line.told[: len(line.told) - len(other.told)]
    if fault in CONNECTION:
        assert before == other.told
    elif fault in harmless:
        assert before == []
    elif refused:
        assert line.told[:2] == ["Gap", "BookFailed"], "nothing comes of it before a new connection"
    else:
        assert before[0] == "Gap"
        assert before[-1] == "Resynced"
    assert line.told.count("BookFailed") == refused


FAULT = st.tuples(
    st.sampled_from(FAULTS),
    st.integers(0, LINES - 1),
    st.sampled_from(BOOKS),
    st.one_of(st.sampled_from([0.0, TICK, 12.0]), st.floats(0.0, 6.0)),
)


def run(backend: str, script: Script) -> list[Line]:
    name, options = virtual_backend(backend)
    return anyio.run(run_script, script, backend=name, backend_options=options)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(script=st.lists(FAULT, max_size=20))
@settings(max_examples=15)
def test_scripts_of_faults(backend: str, script: Script) -> None:
    run(backend, script)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(script=st.lists(FAULT, max_size=80))
@settings(max_examples=200)
def test_many_and_long_scripts_of_faults(backend: str, script: Script) -> None:
    run(backend, script)
