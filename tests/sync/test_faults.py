"""Any faults, any rule: whoever reads the events has the server's book, or was told that there is none to trust.

The server is a plain dictionary. Its updates are lost, doubled, swapped and corrupted on the way; snapshots are late,
old or do not come. The consumer is a plain dictionary, too, and knows nothing but the events.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barterpy.backoff import Backoff
from barterpy.clock import SECOND
from barterpy.errors import VenueUnavailable
from barterpy.events import BookFailed, Gap, Resynced
from barterpy.model import BookDelta, BookSnapshot, Level
from barterpy.sync import (
    BookSynchroniser,
    Chained,
    Consecutive,
    DepthSnapshot,
    DepthUpdate,
    DigitsChecksum,
    MessageCounter,
    NonDecreasing,
    PairsChecksum,
    SyncPolicy,
    SyncState,
    Unnumbered,
    level_texts,
)
from barterpy.transformer import Fetch, Send

START = 1_700_000_000 * SECOND
Book = dict[int, int]
"""Size by price; bids below 0, so that one number says price and side."""


class Setup(msgspec.Struct, frozen=True):
    """A way of synchronising, and what may go wrong with it without being found out by anything."""

    make: Callable[..., BookSynchroniser[Decimal]]
    faults: tuple[str, ...]
    streamed: bool
    stride: int = 1
    """Ids between two updates: more than one where the ids in between are other books'."""
    depth: int | None = None
    checksum: Any = None
    counted: bool = False


_IDS = ("drop", "double", "swap")
_BACKOFF = Backoff(initial=0.5, cap=4, jitter=0, stable_after=10, max_attempts=4)


def _maker(rule: Any, streamed: bool, **options: Any) -> Callable[[], BookSynchroniser[Decimal]]:
    def make() -> BookSynchroniser[Decimal]:
        def ask(delay: float) -> Send | Fetch:
            return Send("again") if streamed else Fetch("book", None, delay)

        policy = SyncPolicy(backoff=_BACKOFF, buffer=12, snapshot_timeout=5)
        return BookSynchroniser("v", "BTC", rule, ask, policy, streamed=streamed, **options)

    return make


def _setup(rule: Any, faults: tuple[str, ...], *, streamed: bool, stride: int = 1, **options: Any) -> Setup:
    counted = options.pop("counted", False)
    depth, checksum = options.get("depth"), options.get("checksum")
    return Setup(_maker(rule, streamed, **options), faults, streamed, stride, depth, checksum, counted)


DIGITS = DigitsChecksum()
PAIRS = PairsChecksum(negative_asks=True, script_numbers=True)
SETUPS = {
    "REST, ranges": _setup(Consecutive(), _IDS, streamed=False),
    "REST, chained": _setup(Chained(overlap=True), _IDS, streamed=False, stride=3),
    "stream, chained": _setup(Chained(), _IDS, streamed=True, stride=7),
    "stream, consecutive": _setup(Consecutive(), _IDS, streamed=True),
    "stream, counted by the connection": _setup(NonDecreasing(), _IDS, streamed=True, counted=True),
    "stream, digits checksum": _setup(Unnumbered(), (*_IDS, "corrupt"), streamed=True, checksum=DIGITS),
    "stream, pairs checksum": _setup(Consecutive(), (*_IDS, "corrupt"), streamed=True, checksum=PAIRS),
    "REST, checksum": _setup(Consecutive(), (*_IDS, "corrupt"), streamed=False, checksum=DIGITS),
    "stream, depth": _setup(Consecutive(), _IDS, streamed=True, depth=3),
    "stream, depth and checksum": _setup(
        Unnumbered(), (*_IDS, "corrupt"), streamed=True, depth=3, checksum=DigitsChecksum(depth=3)
    ),
}


class Server:
    """A book by price, every state of it, and the messages it sends."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.id = 100
        self.previous = 100
        self.book: Book = {}
        self.history: dict[int, Book] = {100: {}}
        self._expected: dict[int, dict[tuple[str, Decimal], Decimal]] = {}

    def change(self, changes: Sequence[tuple[int, int]]) -> DepthUpdate[Decimal]:
        self.previous, self.id = self.id, self.id + self.setup.stride
        before = self.visible(self.book)
        for price, size in changes:
            if size:
                self.book[price] = size
            else:
                self.book.pop(price, None)
        self.history[self.id] = dict(self.book)
        after = self.visible(self.book)
        # A venue that sends its best levels only says what came into them, and not what fell out at the bottom.
        sent = {price: size for price, size in after.items() if before.get(price) != size}
        sent |= {price: 0 for price in before if price not in self.book}
        bids, asks = _sides(sent)
        return DepthUpdate(
            first_id=self.id,
            last_id=self.id,
            previous_id=self.previous,
            bids=bids,
            asks=asks,
            exchange_at=None,
            checksum=self.checksum(after),
        )

    def snapshot(self, id_: int) -> DepthSnapshot[Decimal]:
        whole = self.visible(self.history[id_])
        bids, asks = _sides(whole)
        return DepthSnapshot(last_id=id_, bids=bids, asks=asks, exchange_at=None, checksum=self.checksum(whole))

    def visible(self, book: Book) -> Book:
        depth = self.setup.depth
        if depth is None:
            return dict(book)
        prices = sorted(book, key=abs)
        bids, asks = [p for p in prices if p < 0][-depth:], [p for p in prices if p > 0][:depth]
        return {price: book[price] for price in (*bids, *asks)}

    def expected(self, id_: int) -> dict[tuple[str, Decimal], Decimal]:
        """What a consumer of update ``id_`` has to have."""
        if id_ not in self._expected:
            bids, asks = _sides(self.visible(self.history[id_]))
            self._expected[id_] = {("bid", p): s for p, s in bids} | {("ask", p): s for p, s in asks}
        return self._expected[id_]

    def checksum(self, book: Book) -> int | None:
        checksum = self.setup.checksum
        if checksum is None:
            return None
        bids, asks = _sides(book)
        return checksum.compute(level_texts(bids[: checksum.depth]), level_texts(asks[: checksum.depth]))  # type: ignore[no-any-return]


def _sides(book: Book) -> tuple[tuple[Level[Decimal], ...], tuple[Level[Decimal], ...]]:
    levels = [(price, Level(Decimal(abs(price)) / 10, Decimal(size) / 100)) for price, size in book.items()]
    bids = sorted((level for price, level in levels if price < 0), reverse=True)
    return tuple(bids), tuple(sorted(level for price, level in levels if price > 0))


class Consumer:
    """Knows the events only. ``book`` is None while it was told to trust nothing."""

    def __init__(self) -> None:
        self.book: dict[tuple[str, Decimal], Decimal] | None = None
        self.sequence: int | None = None
        self.snapshots = 0
        self.told: list[str] = []

    def take(self, event: Any) -> None:
        if isinstance(event, BookSnapshot):
            self.book = {}
            self.snapshots += 1
        elif isinstance(event, (Gap, BookFailed)):
            self.book = None
            self.told.append(type(event).__name__)
        elif isinstance(event, Resynced):
            self.told.append("Resynced")
        if isinstance(event, (BookSnapshot, BookDelta)):
            self.change(cast("BookDelta[Decimal]", event))

    def change(self, event: BookDelta[Decimal]) -> None:
        assert self.book is not None, "a delta of a book that is not valid"
        self.sequence = event.sequence
        for side, levels in (("bid", event.bids), ("ask", event.asks)):
            for price, size in levels:
                if size:
                    self.book[side, price] = size
                else:
                    self.book.pop((side, price), None)


STEPS = st.lists(
    st.tuples(
        # Prices around 10: bids from 9.9 down, asks from 10.1 up.
        st.lists(
            st.tuples(st.one_of(st.integers(-99, -93), st.integers(101, 107)), st.integers(0, 9)),
            min_size=1,
            max_size=4,
        ),
        st.sampled_from(["fine"] * 8 + ["drop", "double", "swap", "corrupt"]),
        st.sampled_from(["fine"] * 5 + ["old", "older", "fails", "corrupt"]),
        st.integers(0, 3),
    ),
    min_size=5,
    max_size=25,
)


@pytest.mark.parametrize("name", SETUPS)
@settings(max_examples=settings.default.max_examples // 3 if settings.default else 20)
@given(steps=STEPS)
def test_the_consumer_has_the_servers_book_or_knows_that_it_has_none(name: str, steps: list[Any]) -> None:
    run = Run(SETUPS[name])
    for changes, fault, snapshot_fault, delay in steps:
        run.step(changes, fault, snapshot_fault, delay)
    # Without further faults and with time, the book is valid again unless its attempts were used up.
    for _ in range(35):
        run.step([(-95, run.server.id % 9 + 1)], "fine", "fine", 0)
    assert run.book.state in (SyncState.SYNCED, SyncState.FAILED)
    assert (run.consumer.book is not None) == (run.book.state is SyncState.SYNCED)


class Run:
    """Server, faults, synchroniser and consumer, a second a step."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.server = Server(setup)
        self.server.change([(-97, 5), (103, 5)])
        self.book = setup.make()
        self.consumer = Consumer()
        self.counter = MessageCounter(1)
        self.number = 0
        self.now = START
        self.due: list[int] = []
        self.held: tuple[DepthUpdate[Decimal], int] | None = None
        self.book.on_reset(1, self.now)
        self.take(self.book.on_start(self.now))
        if setup.streamed:
            self.due.append(self.now)

    def step(self, changes: Sequence[tuple[int, int]], fault: str, snapshot_fault: str, delay: int) -> None:
        self.now += SECOND
        deadline = self.book.next_deadline()
        if deadline is not None and deadline <= self.now:
            self.take(self.book.on_deadline(deadline))
        if self.due and self.due[0] <= self.now:
            self.due.pop(0)
            self.answer(snapshot_fault)
        update = self.server.change(changes)
        self.number += 1
        fault = fault if fault in self.setup.faults else "fine"
        if fault == "drop":
            return
        if fault == "corrupt":
            wrong = Level(Decimal("9.4"), Decimal("77.77"))
            update = msgspec.structs.replace(update, bids=(*update.bids, wrong))
        if fault == "swap" and self.held is None:
            self.held = (update, self.number)
            return
        self.deliver(update, self.number)
        if fault == "double":
            self.deliver(update, self.number)
        if self.held is not None:
            held, self.held = self.held, None
            self.deliver(*held)

    def deliver(self, update: DepthUpdate[Decimal], number: int) -> None:
        if self.setup.counted and self.counter.jumped(number):
            self.take(self.book.on_gap("the connection's counter jumped", self.now, number))
            self.take(self.book.on_update(update, self.now))
            return
        self.take(self.book.on_update(update, self.now))

    def answer(self, fault: str) -> None:
        back = {"old": 2, "older": 5}.get(fault, 0)
        if fault == "fails":
            self.take(self.book.on_error(VenueUnavailable("busy"), self.now))
            return
        # A snapshot on the stream is never of the past: it stands in its place among the updates.
        id_ = self.server.id - (0 if self.setup.streamed else back * self.setup.stride)
        snapshot = self.server.snapshot(max(id_, 100))
        if fault == "corrupt" and self.setup.checksum is not None:
            snapshot = msgspec.structs.replace(snapshot, asks=(*snapshot.asks, Level(Decimal(99), Decimal(1)))[-3:])
        self.take(self.book.on_snapshot(snapshot, self.now))

    def take(self, outputs: Sequence[Any]) -> None:
        for output in outputs:
            if isinstance(output, Send):
                self.due.append(self.now + SECOND)
            elif isinstance(output, Fetch):
                self.due.append(self.now + int(output.delay * SECOND))
            else:
                self.consumer.take(output)
                self.check()

    def check(self) -> None:
        held = self.consumer.book
        if held is None:
            return
        if self.consumer.sequence is not None:
            assert held == self.server.expected(self.consumer.sequence)
        else:
            # Without ids the book has to be one the server had.
            assert any(held == self.server.expected(id_) for id_ in reversed(self.server.history))


def test_the_faults_are_found() -> None:
    """The property would hold of a synchroniser that never emits anything: here is what each fault leads to."""
    for name, setup in SETUPS.items():
        for fault in ("drop", *(f for f in setup.faults if f == "corrupt")):
            run = Run(setup)
            for number in range(6):
                run.step([(-95, number + 1)], "fine", "fine", 0)
            assert run.consumer.snapshots == 1, name
            run.step([(-95, 88)], fault, "fine", 0)
            for number in range(10):
                run.step([(-94, number + 1)], "fine", "fine", 0)
            assert run.consumer.told == ["Gap", "Resynced"], (name, fault)
            assert run.consumer.snapshots == 2
