"""The rules that venues share, the connection's counter, and what a synchroniser does at its bounds."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from barterpy.backoff import Backoff
from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError
from barterpy.events import Gap
from barterpy.model import BookDelta, BookSnapshot, Level
from barterpy.sync import (
    BookSynchroniser,
    Chained,
    Consecutive,
    DepthSnapshot,
    DepthUpdate,
    MessageCounter,
    NonDecreasing,
    SequenceRule,
    SnapshotOnly,
    SyncPolicy,
    SyncState,
    Unnumbered,
)
from barterpy.sync.rules import RULES, rules_table
from barterpy.transformer import Directive, Send

NOW = 1_700_000_000 * SECOND
Book = BookSynchroniser[Decimal]
Pairs = Sequence[tuple[Any, Any]]


def levels(pairs: Pairs) -> tuple[Level[Decimal], ...]:
    return tuple(Level(Decimal(price), Decimal(size)) for price, size in pairs)


def update(
    last: int,
    previous: int | None = None,
    *,
    first: int | None = None,
    bids: Pairs = ((90, 1),),
    asks: Pairs = (),
    **kw: Any,
) -> DepthUpdate[Decimal]:
    return DepthUpdate(
        first_id=last if first is None else first,
        last_id=last,
        previous_id=previous,
        bids=levels(bids),
        asks=levels(asks),
        exchange_at=None,
        **kw,
    )


def snapshot(last: int, bids: Pairs = ((99, 1),), asks: Pairs = ((101, 1),), **kw: Any) -> DepthSnapshot[Decimal]:
    return DepthSnapshot(last_id=last, bids=levels(bids), asks=levels(asks), exchange_at=None, **kw)


def synchroniser(rule: SequenceRule, policy: dict[str, Any] | None = None, **options: Any) -> Book:
    backoff = Backoff(initial=0.5, cap=4, jitter=0, stable_after=10, max_attempts=2)
    return BookSynchroniser(
        "v",
        "BTC",
        rule,
        lambda _: Send("again"),
        SyncPolicy(backoff=backoff, **(policy or {})),
        streamed=True,
        **options,
    )


def synced(rule: SequenceRule, policy: dict[str, Any] | None = None, last: int = 10, **options: Any) -> Book:
    book = synchroniser(rule, policy, **options)
    (whole,) = book.on_snapshot(snapshot(last), NOW)
    assert isinstance(whole, BookSnapshot)
    return book


def kinds(outputs: Sequence[object]) -> list[str]:
    return [type(output).__name__ for output in outputs]


# A rule by rule table: what an update means to a book as of 10, just after its snapshot.

GAP, NEXT, PASSED = ["Gap"], ["BookDelta"], list[str]()


@pytest.mark.parametrize(
    ("rule", "first", "verdict"),
    [
        (Chained(), update(15, 10), NEXT),
        (Chained(), update(15, 9), GAP),
        (Chained(), update(15, 11), GAP),
        (Chained(), update(15), GAP),
        (Chained(), update(9, 8), PASSED),
        (Chained(), update(10, 8), PASSED),
        (Chained(), update(10, 10), PASSED),  # OKX, nothing new for a minute
        (Chained(), update(3, 10), NEXT),  # OKX, the venue counts anew
        (Chained(overlap=True), update(15, 8), NEXT),
        (Chained(overlap=True), update(15, 11), GAP),
        (Consecutive(), update(11), NEXT),
        (Consecutive(), update(12), GAP),
        (Consecutive(), update(10), PASSED),
        (Consecutive(), update(14, first=8), NEXT),
        (Consecutive(), update(14, first=12), GAP),
        (Consecutive(restart=1), update(1), GAP),
        (Consecutive(restart=1), update(2), PASSED),
        (NonDecreasing(), update(10), NEXT),
        (NonDecreasing(), update(99), NEXT),
        (NonDecreasing(), update(9), PASSED),
        (Unnumbered(), update(0), NEXT),
        (SnapshotOnly(), update(11), GAP),
    ],
)
def test_what_an_update_means(rule: SequenceRule, first: DepthUpdate[Decimal], verdict: list[str]) -> None:
    assert kinds(synced(rule).on_update(first, NOW)) == verdict


def test_after_the_first_update_ranges_have_to_meet() -> None:
    book = synced(Consecutive())
    assert kinds(book.on_update(update(14, first=8), NOW)) == NEXT
    assert kinds(book.on_update(update(16, first=14), NOW)) == GAP


@pytest.mark.parametrize(
    ("rule", "last", "too_old"),
    [
        (Chained(), 11, True),
        (Chained(), 10, False),
        (Consecutive(), 12, True),
        (Consecutive(), 11, False),
        (NonDecreasing(), 99, False),
        (Unnumbered(), 99, False),
        (SnapshotOnly(), 99, False),
    ],
)
def test_when_a_snapshot_of_10_is_too_old(rule: SequenceRule, last: int, too_old: bool) -> None:
    assert rule.snapshot_too_old(snapshot(10), update(last + 5, last, first=last)) is too_old


def test_whole_books_replace_each_other_unless_they_are_old() -> None:
    book = synced(SnapshotOnly(restart=1))
    assert kinds(book.on_snapshot(snapshot(10), NOW)) == []
    assert kinds(book.on_snapshot(snapshot(9), NOW)) == []
    assert kinds(book.on_snapshot(snapshot(11), NOW)) == ["BookSnapshot"]
    assert kinds(book.on_snapshot(snapshot(1), NOW)) == ["BookSnapshot"]
    assert kinds(book.on_snapshot(snapshot(1), NOW)) == []


def test_numbers_that_went_back_for_good_are_believed_in_the_end() -> None:
    book = synced(SnapshotOnly(), {"stale": 2})
    outputs = [kinds(book.on_snapshot(snapshot(number), NOW)) for number in (1, 2, 3)]
    assert outputs == [[], [], ["BookSnapshot"]]
    book = synced(Consecutive(), {"stale": 2})
    assert [kinds(book.on_update(update(number), NOW)) for number in (1, 2, 3)] == [[], [], ["Gap"]]
    assert book.book.reason == "the venue's numbers went back"
    book = synced(Consecutive(), {"stale": 2})
    assert [kinds(book.on_update(update(10), NOW)) for _ in range(9)] == [[]] * 9, "the same again is no step back"


def test_without_numbers_none_are_shown() -> None:
    book = synchroniser(Unnumbered())
    (whole,) = book.on_snapshot(snapshot(0), NOW)
    (delta,) = book.on_update(update(0), NOW)
    (gap,) = book.on_gap("lost", NOW, 5)
    assert isinstance(whole, BookSnapshot)
    assert isinstance(delta, BookDelta)
    assert isinstance(gap, Gap)
    assert (whole.sequence, delta.sequence, gap.last, gap.next) == (None, None, None, None)


def test_every_rule_is_in_the_documentation() -> None:
    rules: list[type] = [Chained, Consecutive, NonDecreasing, Unnumbered, SnapshotOnly]
    assert [facts.rule for facts in RULES] == rules
    assert rules_table().count("\n") == 2 + len(RULES)


# The connection's own numbers


def test_a_counter_tells_each_loss_once() -> None:
    counter = MessageCounter()
    assert [counter.jumped(number) for number in (7, 8, 10, 11, 11, 5, 6)] == [
        *(False, False, True, False),
        *(True, True, False),
    ]
    assert counter.expected == 7
    counter.reset()
    assert counter.expected is None
    assert not counter.jumped(99)
    counter = MessageCounter(1)
    assert counter.jumped(2)
    counter.reset()
    assert not counter.jumped(1)


def test_a_loss_on_the_connection_is_a_gap_of_each_book() -> None:
    book = synced(NonDecreasing())
    (gap,) = book.on_gap("the connection's counter jumped", NOW, 12)
    assert isinstance(gap, Gap)
    assert (gap.reason, gap.last, gap.next) == ("the connection's counter jumped", 10, 12)
    assert kinds(book.on_update(update(13), NOW)) == []
    assert kinds(book.on_gap("again", NOW)) == [], "it was told"
    assert kinds(book.on_snapshot(snapshot(14), NOW)) == ["Resynced", "BookSnapshot"]


# Asking on the stream


def test_on_the_stream_the_first_snapshot_is_not_asked_for_and_the_next_at_its_time() -> None:
    book = synchroniser(Consecutive())
    assert kinds(book.on_start(NOW)) == []
    assert book.next_deadline() == NOW + 30 * SECOND
    book.on_snapshot(snapshot(10), NOW)
    assert book.next_deadline() is None
    assert kinds(book.on_update(update(12), NOW)) == ["Gap"]
    assert book.next_deadline() == NOW + SECOND // 2
    assert kinds(book.on_deadline(NOW + SECOND // 4)) == [], "too early"
    assert book.on_deadline(NOW + SECOND // 2) == [Send("again")]
    assert book.next_deadline() == NOW + SECOND // 2 + 30 * SECOND
    assert kinds(book.on_snapshot(snapshot(20), NOW)) == ["Resynced", "BookSnapshot"]
    assert book.next_deadline() is None


def test_an_update_before_the_first_snapshot_has_it_asked_for_at_once() -> None:
    book = synchroniser(Consecutive())
    assert book.on_update(update(12), NOW) == [Send("again")]


def test_a_snapshot_that_does_not_come_is_asked_for_again_and_given_up_in_the_end() -> None:
    book = synchroniser(Consecutive(), {"snapshot_timeout": 2})
    book.on_start(NOW)
    told: list[str] = []
    now = NOW
    while (deadline := book.next_deadline()) is not None:
        now = deadline
        told += kinds(book.on_deadline(now))
    assert told == ["Gap", "Send", "Send", "BookFailed"]
    assert now == NOW + int((2 + 0.5 + 2 + 1.0 + 2) * SECOND)
    assert book.state is SyncState.FAILED
    assert kinds(book.on_snapshot(snapshot(5), now)) == ["Resynced", "BookSnapshot"], "it came after all"


def test_a_new_connection_forgets_what_was_to_be_asked() -> None:
    book = synced(Consecutive())
    book.on_update(update(12), NOW)
    book.on_reset(2, NOW)
    assert book.next_deadline() is None


def test_asking_may_take_more_than_one_message() -> None:
    again: list[Directive] = [Send("unsubscribe"), Send("subscribe")]
    book: Book = BookSynchroniser("v", "BTC", Consecutive(), lambda _: again, streamed=True)
    assert book.on_update(update(1), NOW) == again


# Crossed


def test_a_book_may_be_crossed_for_some_updates() -> None:
    book = synced(Consecutive(), {"crossed_updates": 2})
    outputs = [kinds(book.on_update(update(number, bids=((102, 1),)), NOW)) for number in (11, 12, 13)]
    assert outputs == [NEXT, NEXT, GAP]
    book = synced(Consecutive(), {"crossed_updates": 2})
    for number in range(11, 40, 2):
        assert kinds(book.on_update(update(number, bids=((102, 1),)), NOW)) == NEXT
        assert kinds(book.on_update(update(number + 1, bids=((102, 0),)), NOW)) == NEXT


def test_a_book_may_be_crossed_for_a_while_and_a_quiet_one_is_found_out_by_the_clock() -> None:
    book = synced(Consecutive(), {"crossed_seconds": 3.0})
    crossing = update(11, bids=((102, 1),))
    assert kinds(book.on_update(crossing, NOW)) == NEXT
    assert book.next_deadline() == NOW + 3 * SECOND
    assert kinds(book.on_update(update(12), NOW + 2 * SECOND)) == NEXT
    assert kinds(book.on_deadline(NOW + 2 * SECOND)) == []
    (gap,) = book.on_deadline(NOW + 3 * SECOND)
    assert isinstance(gap, Gap)
    assert gap.reason == "the book stayed crossed"
    book = synced(Consecutive(), {"crossed_seconds": 3.0})
    book.on_update(crossing, NOW)
    book.on_update(update(12, bids=((102, 0),)), NOW + SECOND)
    assert book.next_deadline() is None


def test_a_snapshot_may_be_crossed_where_books_may() -> None:
    crossed = snapshot(10, bids=((102, 1),))
    assert kinds(synchroniser(Consecutive()).on_snapshot(crossed, NOW)) == []
    book = synchroniser(Consecutive(), {"crossed_seconds": 3.0})
    assert kinds(book.on_snapshot(crossed, NOW)) == ["BookSnapshot"]
    assert book.next_deadline() == NOW + 3 * SECOND


# Checksums


class Sum:
    """A checksum which tests can compute in their heads: the number of levels."""

    depth = 10

    def compute(self, bids: Any, asks: Any, /) -> int:
        return len(list(bids)) + len(list(asks))


CHECKED: list[tuple[Callable[[Book], Any], list[str]]] = [
    (lambda b: b.on_update(update(11, checksum=3), NOW), NEXT),
    (lambda b: b.on_update(update(11), NOW), NEXT),
    (lambda b: b.on_update(update(11, checksum=4), NOW), GAP),
    (lambda b: b.on_checksum(2, NOW), []),
    (lambda b: b.on_checksum(3, NOW), GAP),
    (lambda b: b.on_snapshot(snapshot(20, checksum=2), NOW), ["BookSnapshot"]),
    (lambda b: b.on_snapshot(snapshot(20, checksum=3), NOW), GAP),
]


@pytest.mark.parametrize(
    ("happens", "emitted"),
    CHECKED,
)
def test_a_checksum_that_differs_makes_the_book_invalid(happens: Callable[[Book], Any], emitted: list[str]) -> None:
    book = synced(Consecutive(), checksum=Sum())
    outputs = happens(book)
    assert kinds(outputs) == emitted
    assert book.book.valid == (emitted != GAP)
    if emitted == GAP:
        assert outputs[0].reason == "the checksum differs"


def test_checksums_that_never_fit_end_that_book_alone() -> None:
    book = synced(Unnumbered(), checksum=Sum())
    told: list[str] = []
    for _ in range(9):
        told += kinds(book.on_checksum(99, NOW))
        told += kinds(book.on_snapshot(snapshot(0, checksum=99), NOW))
    assert told == ["Gap", "BookFailed"]


def test_a_checksum_without_a_book_says_nothing() -> None:
    assert synchroniser(Unnumbered(), checksum=Sum()).on_checksum(99, NOW) == []


# Depth


def test_what_falls_out_of_the_depth_is_taken_away_in_the_same_delta() -> None:
    book = synchroniser(Consecutive(), depth=2)
    (whole,) = book.on_snapshot(snapshot(10, bids=((99, 1), (98, 1), (97, 1))), NOW)
    assert isinstance(whole, BookSnapshot)
    assert (whole.bids, whole.depth) == (levels([(99, 1), (98, 1)]), 2)
    (delta,) = book.on_update(update(11, bids=((100, 5),), asks=((103, 1), (102, 1))), NOW)
    assert isinstance(delta, BookDelta)
    assert delta.bids == levels([(100, 5), (98, 0)])
    assert delta.asks == levels([(103, 1), (102, 1), (103, 0)])
    assert book.book.bids() == list(levels([(100, 5), (99, 1)]))
    (delta,) = book.on_update(update(12, bids=((100, 0),)), NOW)
    assert isinstance(delta, BookDelta)
    assert delta.bids == levels([(100, 0)])


@pytest.mark.parametrize("options", [{"depth": 0}, {"uncross": True, "depth": 5}, {"uncross": True, "checksum": Sum()}])
def test_what_cannot_be_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        synchroniser(Consecutive(), **options)
