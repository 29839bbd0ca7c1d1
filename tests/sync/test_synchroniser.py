"""The synchroniser: its table over state and input, its bounds, and a property over any stream with losses."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.backoff import Backoff
from barterpy.clock import SECOND
from barterpy.errors import (
    AuthenticationError,
    BookError,
    ConfigurationError,
    ConnectError,
    RateLimited,
    RequestRejected,
)
from barterpy.events import BookFailed, Gap, Resynced
from barterpy.model import BookDelta, BookSnapshot, Level
from barterpy.orderbook import OrderBook
from barterpy.sync import (
    TRANSITIONS,
    BookSynchroniser,
    DepthSnapshot,
    DepthUpdate,
    Numbered,
    NumberedSnapshot,
    SyncAction,
    SyncInput,
    SyncOutput,
    SyncPolicy,
    SyncState,
)
from barterpy.transformer import Fetch

NOW = 1_700_000_000 * SECOND

Book = BookSynchroniser[Decimal]
Outputs = Sequence[SyncOutput[Decimal]]


class Contiguous:
    """A venue whose updates follow each other by one, without holes."""

    def snapshot_too_old(self, snapshot: NumberedSnapshot, first_buffered: Numbered, /) -> bool:
        return snapshot.last_id + 1 < first_buffered.first_id

    def stale(self, update: Numbered, last_id: int, /) -> bool:
        return update.last_id <= last_id

    def joins(self, update: Numbered, last_id: int, /) -> bool:
        return update.first_id <= last_id + 1 <= update.last_id

    def follows(self, update: Numbered, last_id: int, /) -> bool:
        return update.first_id == last_id + 1


def levels(*pairs: tuple[int, int]) -> tuple[Level[Decimal], ...]:
    return tuple(Level(Decimal(price), Decimal(size)) for price, size in pairs)


def update(first: int, last: int | None = None, *, bid: int = 100, ask: int = 200) -> DepthUpdate[Decimal]:
    return DepthUpdate(
        first_id=first,
        last_id=first if last is None else last,
        bids=levels((bid, first)),
        asks=levels((ask, first)),
        exchange_at=None,
    )


def snapshot(last: int, *, bid: int = 100, ask: int = 200) -> DepthSnapshot[Decimal]:
    return DepthSnapshot(last_id=last, bids=levels((bid, 1)), asks=levels((ask, 1)), exchange_at=None)


def synchroniser(**policy: Any) -> Book:
    attempts = policy.pop("attempts", 3)
    backoff = Backoff(initial=0.5, cap=4, jitter=0, stable_after=10, max_attempts=attempts)
    return BookSynchroniser(
        "venue",
        "BTC/USDT",
        Contiguous(),
        lambda delay: Fetch("book", "request", delay),
        SyncPolicy(backoff=backoff, **policy),
    )


def kinds(outputs: Outputs) -> list[str]:
    return [type(output).__name__ for output in outputs]


def synced(last: int = 10) -> Book:
    book = synchroniser()
    book.on_reset(1, NOW)
    book.on_update(update(last), NOW)
    book.on_snapshot(snapshot(last), NOW)
    assert book.state is SyncState.SYNCED
    return book


def failed() -> Book:
    book = synchroniser()
    book.on_update(update(10), NOW)
    for _ in range(4):
        book.on_snapshot(snapshot(1), NOW)
    assert book.state is SyncState.FAILED
    return book


def waiting() -> Book:
    book = synchroniser()
    book.on_reset(1, NOW)
    return book


def syncing() -> Book:
    book = synchroniser(buffer=2)
    book.on_update(update(10), NOW)
    return book


def full() -> Book:
    book = syncing()
    book.on_update(update(11), NOW)
    return book


MAKERS = {
    SyncState.WAITING: waiting,
    SyncState.SYNCING: syncing,
    SyncState.SYNCED: synced,
    SyncState.FAILED: failed,
}


# The table.


def test_the_hot_path_knows_what_the_table_says() -> None:
    assert TRANSITIONS[SyncState.SYNCED, SyncInput.NEXT] == (SyncState.SYNCED, SyncAction.APPLY)


def test_the_table_uses_every_state_input_and_action() -> None:
    assert {state for state, _ in TRANSITIONS} == set(SyncState)
    assert {happened for _, happened in TRANSITIONS} == set(SyncInput)
    assert {state for state, _ in TRANSITIONS.values()} == set(SyncState)
    assert {action for _, action in TRANSITIONS.values()} == set(SyncAction)


HAPPENINGS: list[Callable[[Book], Outputs]] = [
    lambda book: book.on_reset(2, NOW),
    lambda book: book.on_start(NOW),
    lambda book: book.on_update(update(10), NOW),
    lambda book: book.on_update(update(11), NOW),
    lambda book: book.on_update(update(99), NOW),
    lambda book: book.on_snapshot(snapshot(10), NOW),
    lambda book: book.on_snapshot(snapshot(1), NOW),
    lambda book: book.on_snapshot(snapshot(20), NOW, streamed=True),
    lambda book: book.on_snapshot(snapshot(20, bid=300), NOW, streamed=True),
    lambda book: book.on_error(RateLimited("slow"), NOW),
    lambda book: book.on_gap("lost", NOW),
    lambda book: book.on_checksum(1, NOW),
    lambda book: book.on_deadline(NOW),
]


@pytest.mark.parametrize("state", SyncState)
@pytest.mark.parametrize("happens", HAPPENINGS)
def test_anything_may_happen_in_any_state(state: SyncState, happens: Callable[[Book], Outputs]) -> None:
    book = MAKERS[state]()
    happens(book)
    assert book.state in SyncState
    assert book.book.valid == (book.state is SyncState.SYNCED)


CASES: list[tuple[Callable[[], Book], Callable[[Book], Outputs], SyncState, list[str]]] = [
    (waiting, lambda b: b.on_start(NOW), SyncState.SYNCING, ["Fetch"]),
    (waiting, lambda b: b.on_update(update(5), NOW), SyncState.SYNCING, ["Fetch"]),
    (waiting, lambda b: b.on_snapshot(snapshot(5), NOW), SyncState.WAITING, []),
    (waiting, lambda b: b.on_snapshot(snapshot(5), NOW, streamed=True), SyncState.SYNCED, ["BookSnapshot"]),
    (waiting, lambda b: b.on_snapshot(snapshot(5, bid=300), NOW, streamed=True), SyncState.SYNCING, ["Fetch"]),
    (waiting, lambda b: b.on_error(RateLimited("x"), NOW), SyncState.WAITING, []),
    (waiting, lambda b: b.on_reset(2, NOW), SyncState.WAITING, []),
    (syncing, lambda b: b.on_start(NOW), SyncState.SYNCING, []),
    (syncing, lambda b: b.on_update(update(11), NOW), SyncState.SYNCING, []),
    (syncing, lambda b: b.on_snapshot(snapshot(10), NOW), SyncState.SYNCED, ["BookSnapshot"]),
    (syncing, lambda b: b.on_snapshot(snapshot(9), NOW), SyncState.SYNCED, ["BookSnapshot", "BookDelta"]),
    (syncing, lambda b: b.on_snapshot(snapshot(8), NOW), SyncState.SYNCING, ["Fetch"]),
    (syncing, lambda b: b.on_snapshot(snapshot(10, bid=300), NOW), SyncState.SYNCING, ["Fetch"]),
    (syncing, lambda b: b.on_error(RateLimited("x"), NOW), SyncState.SYNCING, ["Gap", "Fetch"]),
    (syncing, lambda b: b.on_reset(2, NOW), SyncState.WAITING, []),
    (full, lambda b: b.on_update(update(12), NOW), SyncState.SYNCING, ["Gap", "Fetch"]),
    (synced, lambda b: b.on_start(NOW), SyncState.SYNCED, []),
    (synced, lambda b: b.on_update(update(10), NOW), SyncState.SYNCED, []),
    (synced, lambda b: b.on_update(update(11), NOW), SyncState.SYNCED, ["BookDelta"]),
    (synced, lambda b: b.on_update(update(12), NOW), SyncState.SYNCING, ["Gap", "Fetch"]),
    (synced, lambda b: b.on_update(update(11, bid=200), NOW), SyncState.SYNCING, ["Gap", "Fetch"]),
    (synced, lambda b: b.on_snapshot(snapshot(99), NOW), SyncState.SYNCED, []),
    (synced, lambda b: b.on_snapshot(snapshot(5), NOW, streamed=True), SyncState.SYNCED, ["BookSnapshot"]),
    (
        synced,
        lambda b: b.on_snapshot(snapshot(5, bid=300), NOW, streamed=True),
        SyncState.SYNCING,
        ["Gap", "Fetch"],
    ),
    (synced, lambda b: b.on_error(RateLimited("x"), NOW), SyncState.SYNCED, []),
    (synced, lambda b: b.on_reset(2, NOW), SyncState.WAITING, ["Gap"]),
    (failed, lambda b: b.on_start(NOW), SyncState.FAILED, []),
    (failed, lambda b: b.on_update(update(11), NOW), SyncState.FAILED, []),
    (failed, lambda b: b.on_snapshot(snapshot(11), NOW), SyncState.FAILED, []),
    (
        failed,
        lambda b: b.on_snapshot(snapshot(11), NOW, streamed=True),
        SyncState.SYNCED,
        ["Resynced", "BookSnapshot"],
    ),
    (waiting, lambda b: b.on_gap("lost", NOW), SyncState.WAITING, []),
    (syncing, lambda b: b.on_gap("lost", NOW), SyncState.SYNCING, []),
    (synced, lambda b: b.on_gap("lost", NOW), SyncState.SYNCING, ["Gap", "Fetch"]),
    (failed, lambda b: b.on_gap("lost", NOW), SyncState.FAILED, []),
    (failed, lambda b: b.on_snapshot(snapshot(1, bid=300), NOW, streamed=True), SyncState.FAILED, []),
    (failed, lambda b: b.on_error(RateLimited("x"), NOW), SyncState.FAILED, []),
    (failed, lambda b: b.on_reset(2, NOW), SyncState.WAITING, []),
]


@pytest.mark.parametrize(("make", "call", "state", "emitted"), CASES)
def test_state_and_input_give_state_and_outputs(
    make: Callable[[], Book], call: Callable[[Book], Outputs], state: SyncState, emitted: list[str]
) -> None:
    book = make()
    assert (kinds(call(book)), book.state) == (emitted, state)


# What is emitted.


def test_the_first_join_emits_the_snapshot_and_what_follows_it_and_nothing_older() -> None:
    book = synchroniser()
    assert book.on_update(update(8), NOW) == [Fetch("book", "request", 0.0)]
    assert [book.on_update(update(number), NOW + number) for number in (9, 10, 11)] == [[], [], []]
    outputs = book.on_snapshot(snapshot(9), NOW + 100)
    whole, *deltas = outputs
    assert isinstance(whole, BookSnapshot)
    assert (whole.sequence, whole.received_at, whole.epoch) == (9, NOW + 100, 1)
    assert [(delta.sequence, delta.received_at) for delta in deltas if isinstance(delta, BookDelta)] == [
        (10, NOW + 10),
        (11, NOW + 11),
    ]
    assert len(deltas) == 2
    assert book.last_id == 11


def test_a_quiet_instrument_gets_its_book_before_its_first_change() -> None:
    book = waiting()
    assert kinds(book.on_start(NOW)) == ["Fetch"]
    assert kinds(book.on_snapshot(snapshot(10), NOW)) == ["BookSnapshot"]
    assert kinds(book.on_update(update(9), NOW)) == []
    assert kinds(book.on_update(update(9, 12), NOW)) == ["BookDelta"], "the first one may reach back over the snapshot"
    assert kinds(book.on_update(update(12, 14), NOW)) == ["Gap", "Fetch"], "later ones may not"


def test_a_gap_is_told_and_then_that_it_is_over() -> None:
    book = synced(10)
    gap, fetch = book.on_update(update(13), NOW + 1)
    assert gap == Gap(
        venue="venue",
        instrument="BTC/USDT",
        epoch=1,
        received_at=NOW + 1,
        reason="an update is missing",
        last=10,
        next=13,
    )
    assert fetch == Fetch("book", "request", 0.5)
    assert not book.book.valid
    book.on_update(update(14), NOW + 2)
    resynced, whole, delta = book.on_snapshot(snapshot(13), NOW + 5)
    assert resynced == Resynced(venue="venue", instrument="BTC/USDT", epoch=1, received_at=NOW + 5, downtime=4)
    assert isinstance(whole, BookSnapshot)
    assert whole.sequence == 13
    assert isinstance(delta, BookDelta)
    assert delta.sequence == 14


def test_a_crossed_book_is_not_emitted_and_says_why() -> None:
    book = synced(10)
    gap, _ = book.on_update(update(11, ask=100), NOW)
    assert isinstance(gap, Gap)
    assert gap.reason == "the book is crossed"


def test_a_repeated_update_is_passed_over() -> None:
    book = synced(10)
    assert kinds(book.on_update(update(11), NOW)) == ["BookDelta"]
    assert kinds(book.on_update(update(11), NOW)) == []
    assert book.last_id == 11


def test_a_stale_snapshot_is_fetched_again_and_the_buffer_is_kept() -> None:
    book = synchroniser()
    for number in range(10, 15):
        book.on_update(update(number), NOW)
    assert book.on_snapshot(snapshot(5), NOW) == [Fetch("book", "request", 0.5)]
    assert book.on_snapshot(snapshot(6), NOW) == [Fetch("book", "request", 1.0)]
    assert kinds(book.on_snapshot(snapshot(11), NOW)) == ["BookSnapshot"] + ["BookDelta"] * 3


def test_what_was_lost_while_a_snapshot_was_under_way_needs_a_newer_snapshot() -> None:
    book = synchroniser()
    for number in (10, 11, 14, 15):
        book.on_update(update(number), NOW)
    assert kinds(book.on_snapshot(snapshot(10), NOW)) == ["Fetch"]
    assert kinds(book.on_snapshot(snapshot(11), NOW)) == ["Fetch"]
    assert kinds(book.on_snapshot(snapshot(14), NOW)) == ["BookSnapshot", "BookDelta"]


def test_a_full_buffer_is_a_gap_even_before_the_first_join() -> None:
    book = full()
    gap, fetch = book.on_update(update(12), NOW)
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.last, gap.next) == ("the buffer is full", None, 12)
    assert fetch == Fetch("book", "request", 0.5)
    assert kinds(book.on_snapshot(snapshot(11), NOW)) == ["Resynced", "BookSnapshot", "BookDelta"]


def test_a_new_connection_makes_a_valid_book_invalid_and_resyncs_it() -> None:
    book = synced(10)
    assert book.on_reset(2, NOW + 7) == [
        Gap(venue="venue", instrument="BTC/USDT", epoch=2, received_at=NOW + 7, reason="reconnected", last=10)
    ]
    assert book.on_reset(3, NOW + 8) == [], "it was told already"
    assert kinds(book.on_update(update(20), NOW + 9)) == ["Fetch"]
    resynced, whole = book.on_snapshot(snapshot(20), NOW + 10)
    assert isinstance(resynced, Resynced)
    assert (resynced.downtime, resynced.epoch) == (3, 3)
    assert isinstance(whole, BookSnapshot)
    assert whole.epoch == 3


# Attempts.


def test_attempts_are_bounded_with_growing_delays() -> None:
    book = synchroniser(attempts=3)
    book.on_update(update(10), NOW)
    assert [book.on_snapshot(snapshot(1), NOW)[-1] for _ in range(3)] == [
        Fetch("book", "request", delay) for delay in (0.5, 1.0, 2.0)
    ]
    (end,) = book.on_snapshot(snapshot(1), NOW)
    assert end == BookFailed(
        venue="venue",
        instrument="BTC/USDT",
        epoch=1,
        received_at=NOW,
        reason="gave up after 4 attempts: snapshot 1 is older than the first update, 10",
        attempts=4,
    )
    assert kinds(book.on_reset(2, NOW)) == []
    assert kinds(book.on_update(update(30), NOW)) == ["Fetch"], "a new connection begins anew"


def test_a_book_that_never_stays_valid_uses_up_its_attempts() -> None:
    book = synced(10)
    for number in (12, 14, 16):
        book.on_update(update(number), NOW)
        book.on_snapshot(snapshot(number), NOW)
    assert kinds(book.on_update(update(18), NOW)) == ["Gap", "BookFailed"]
    assert kinds(book.on_update(update(19), NOW)) == []
    assert kinds(book.on_reset(2, NOW)) == [], "it was told already"
    book.on_update(update(30), NOW)
    assert kinds(book.on_snapshot(snapshot(30), NOW)) == ["Resynced", "BookSnapshot"]


def test_a_policy_may_have_it_raised() -> None:
    book = synchroniser(attempts=1, on_failure="raise")
    book.on_update(update(10), NOW)
    book.on_snapshot(snapshot(10), NOW)
    book.on_update(update(12), NOW)
    with pytest.raises(BookError, match="gave up after 2 attempts: snapshot 1 is older") as caught:
        book.on_snapshot(snapshot(1), NOW)
    assert caught.value.instrument == "BTC/USDT"
    assert caught.value.needs_reconnect


def test_a_gap_that_could_not_be_told_is_told_by_the_next_connection() -> None:
    book = synchroniser(attempts=1, on_failure="raise")
    book.on_update(update(10), NOW)
    book.on_snapshot(snapshot(10), NOW)
    book.on_update(update(12), NOW)
    book.on_snapshot(snapshot(12), NOW)
    with pytest.raises(BookError, match="an update is missing"):
        book.on_update(update(18), NOW)
    assert [type(output) for output in book.on_reset(2, NOW)] == [Gap]


def test_a_book_that_stayed_valid_starts_counting_anew() -> None:
    book = synced(10)
    now, number = NOW, 10
    for _ in range(10):
        now += 11 * SECOND
        number += 2
        _, fetch = book.on_update(update(number), now)
        assert fetch == Fetch("book", "request", 0.5)
        book.on_snapshot(snapshot(number), now)


def test_a_book_whose_first_snapshot_cannot_be_had_says_so_at_once_and_why() -> None:
    """Ten attempts take half a minute, in which a book that is silent looks like one where nothing happens."""
    book = synchroniser(attempts=4)
    assert kinds(book.on_update(update(10), NOW)) == ["Fetch"]
    refused = ConnectError("rest.test:443", "refused")
    gap, fetch = book.on_error(refused, NOW + 7)
    assert gap == Gap(
        venue="venue",
        instrument="BTC/USDT",
        epoch=1,
        received_at=NOW + 7,
        reason="no snapshot: cannot connect to rest.test:443: refused",
    )
    assert fetch == Fetch("book", "request", 0.5)
    # Once: what follows is what was told already.
    assert kinds(book.on_error(refused, NOW + 8)) == ["Fetch"]
    assert kinds(book.on_reset(2, NOW + 9)) == []
    book.on_update(update(20), NOW + 9)
    assert kinds(book.on_error(refused, NOW + 10)) == ["Fetch"]
    resynced, *_ = book.on_snapshot(snapshot(20), NOW + 11)
    assert isinstance(resynced, Resynced)
    assert (resynced.epoch, resynced.downtime) == (2, 4)


def test_a_snapshot_that_does_not_fit_is_told_when_it_is_not_the_first() -> None:
    """One that was made too early is no failure; one after the other is."""
    book = synchroniser(attempts=5)
    book.on_update(update(10), NOW)
    assert [kinds(book.on_snapshot(snapshot(6), NOW)) for _ in range(4)] == [
        *(["Fetch"], ["Fetch"], ["Gap", "Fetch"], ["Fetch"]),
    ]
    assert kinds(book.on_snapshot(snapshot(10), NOW)) == ["Resynced", "BookSnapshot"]


def test_an_error_waits_as_long_as_the_venue_says() -> None:
    book = syncing()
    _, fetch = book.on_error(RateLimited("slow down", retry_after=30.0), NOW)
    assert fetch == Fetch("book", "request", 30.0)
    assert book.on_error(RateLimited("slow down"), NOW) == [Fetch("book", "request", 1.0)]


@pytest.mark.parametrize("error", [RequestRejected("Invalid symbol.", -1121), AuthenticationError("no")])
def test_an_error_no_attempt_can_mend_ends_it_at_once(error: RequestRejected | AuthenticationError) -> None:
    book = syncing()
    (end,) = book.on_error(error, NOW)
    assert isinstance(end, BookFailed)
    assert end.reason == f"no snapshot: {error}"
    book = synchroniser(on_failure="raise")
    book.on_update(update(10), NOW)
    with pytest.raises(BookError, match="no snapshot") as caught:
        book.on_error(error, NOW)
    assert caught.value.fatal
    assert not caught.value.needs_reconnect
    assert caught.value.__cause__ is error


def test_a_buffer_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="buffer"):
        SyncPolicy(buffer=0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("crossed_seconds", -1.0), ("crossed_updates", -1), ("stale", -1), ("snapshot_timeout", 0.0), ("on_failure", "")],
)
def test_a_bound_that_is_none_is_refused(name: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=name):
        SyncPolicy(**{name: value})  # type: ignore[arg-type]


# Any stream.


@st.composite
def transmissions(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """What reaches the synchroniser of a venue's updates: some lost, some twice, snapshots of the past in between."""
    steps: list[tuple[str, int, int]] = []
    head = 0
    for _ in range(draw(st.integers(5, 40))):
        first, head = head + 1, head + draw(st.integers(1, 3))
        fate = draw(st.sampled_from(["arrives"] * 6 + ["lost", "twice"]))
        steps += [("update", first, head)] * {"arrives": 1, "lost": 0, "twice": 2}[fate]
        if draw(st.booleans()):
            steps.append(("snapshot", max(0, head - draw(st.sampled_from([0, 0, 1, 3, 8]))), 0))
    return steps


def truth(last_id: int) -> dict[Decimal, Decimal]:
    """The bids once changes up to ``last_id`` are in: change n sets price n % 7 + 1 to n, or takes it away."""
    bids: dict[Decimal, Decimal] = {}
    for number in range(1, last_id + 1):
        price = Decimal(number % 7 + 1)
        if number % 5 == 0:
            bids.pop(price, None)
        else:
            bids[price] = Decimal(number)
    return bids


def true_update(first: int, last: int) -> DepthUpdate[Decimal]:
    changes = {
        Decimal(number % 7 + 1): Decimal(0) if number % 5 == 0 else Decimal(number) for number in range(first, last + 1)
    }
    bids = tuple(Level(price, size) for price, size in changes.items())
    return DepthUpdate(first_id=first, last_id=last, bids=bids, asks=(), exchange_at=None)


def true_snapshot(last: int) -> DepthSnapshot[Decimal]:
    bids = tuple(Level(price, size) for price, size in sorted(truth(last).items(), reverse=True))
    return DepthSnapshot(last_id=last, bids=bids, asks=levels((1000, 1)), exchange_at=None)


@given(transmissions())
def test_the_consumers_book_is_the_truth_or_it_was_told_that_it_is_not(steps: list[tuple[str, int, int]]) -> None:
    book = synchroniser(attempts=1000)
    mine: OrderBook[Decimal] = OrderBook("BTC/USDT")
    for kind, first, last in steps:
        outputs: list[SyncOutput[Decimal]]
        if kind == "update":
            outputs = list(book.on_update(true_update(first, last), NOW))
        else:
            outputs = list(book.on_snapshot(true_snapshot(first), NOW))
        for output in outputs:
            if isinstance(output, BookSnapshot | BookDelta):
                mine.apply(output)
            elif isinstance(output, Gap):
                mine.invalidate(output.reason)
        assert mine.valid == (book.state is SyncState.SYNCED)
        if mine.valid:
            assert book.last_id is not None
            assert {level.price: level.size for level in mine.bids()} == truth(book.last_id)
