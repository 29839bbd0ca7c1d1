"""A book over several connections: each change once, in sequence, and a gap only when nobody has the book."""

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from barterpy.events import BookFailed, Disconnected, Gap, Resynced
from barterpy.orderbook import BookBuilder
from barterpy.redundancy import Deduplicator


def both(make: SimpleNamespace) -> Deduplicator:
    """Two connections with the book as of 10."""
    merging = Deduplicator()
    assert merging.merge("a", [make.connected("a"), make.snapshot(10)]) == [make.connected("a"), make.snapshot(10)]
    assert merging.merge("b", [make.connected("b"), make.snapshot(10)]) == [make.connected("b")]
    return merging


def test_each_delta_comes_once_from_whoever_is_first(make: SimpleNamespace) -> None:
    merging = both(make)
    assert merging.merge("a", [make.delta(11)]) == [make.delta(11)]
    assert merging.merge("b", [make.delta(11), make.delta(12)]) == [make.delta(12)]
    assert merging.merge("a", [make.delta(12), make.delta(13)]) == [make.delta(13)]
    assert [(row.won, row.late, row.stale) for row in merging.report.connections] == [(3, 1, 0), (1, 2, 0)]


def test_a_delta_that_reaches_further_fits_if_its_own_book_was_not_ahead(make: SimpleNamespace) -> None:
    merging = both(make)
    assert merging.merge("a", [make.delta(15)]) == [make.delta(15)]
    assert merging.merge("b", [make.delta(13), make.delta(18)]) == [make.delta(18)]


def test_a_snapshot_that_is_ahead_moves_the_book_and_one_behind_does_not(make: SimpleNamespace) -> None:
    merging = both(make)
    assert merging.merge("c", [make.snapshot(20)]) == [make.snapshot(20)]
    assert merging.merge("a", [make.delta(11), make.delta(20), make.delta(21)]) == [make.delta(21)]
    assert merging.merge("d", [make.snapshot(19)]) == []
    assert merging.merge("d", [make.delta(22)]) == [make.delta(22)]


def test_a_connection_without_a_book_brings_no_deltas(make: SimpleNamespace) -> None:
    merging = both(make)
    assert merging.merge("c", [make.delta(11)]) == []


def test_a_gap_of_one_is_no_gap_while_another_has_the_book(make: SimpleNamespace) -> None:
    merging = both(make)
    assert merging.merge("a", [make.gap(), make.resynced()]) == []
    assert merging.merge("a", [make.delta(11)]) == []
    assert merging.merge("b", [make.delta(11)]) == [make.delta(11)]
    assert merging.merge("a", [make.snapshot(11)]) == []
    assert merging.merge("a", [make.delta(12)]) == [make.delta(12)]


def test_the_gap_of_the_last_is_told_and_the_first_to_have_the_book_again_ends_it(make: SimpleNamespace) -> None:
    merging = both(make)
    assert merging.merge("a", [make.gap(at=100)]) == []
    assert merging.merge("b", [make.gap(at=200)]) == [make.gap(at=200)]
    assert merging.merge("a", [make.delta(11)]) == []
    assert merging.merge("a", [make.resynced(at=250), make.snapshot(9, at=250)]) == [
        make.resynced(at=250, downtime=50),
        make.snapshot(9, at=250),
    ]
    assert merging.merge("b", [make.resynced(at=260), make.snapshot(9, at=260)]) == []


def test_connections_that_end_take_their_books_with_them(make: SimpleNamespace) -> None:
    merging = both(make)
    assert merging.merge("a", [make.disconnected("a", at=5)]) == [make.disconnected("a", at=5)]
    assert merging.merge("b", [make.delta(11)]) == [make.delta(11)]
    assert merging.merge("b", [make.disconnected("b", at=7)]) == [
        make.disconnected("b", at=7),
        make.gap(at=7, last=11, reason="no connection has the book"),
    ]
    # The connection's own synchroniser tells of it again when it is back; the consumer knows.
    assert merging.merge("b", [make.connected("b", 2), make.gap(epoch=2)]) == [make.connected("b", 2)]
    assert merging.merge("b", [make.resynced(epoch=2), make.snapshot(3, epoch=2, at=9)]) == [
        make.resynced(at=9, downtime=2, epoch=2),
        make.snapshot(3, epoch=2, at=9),
    ]


def test_a_venue_that_counts_anew_is_followed(make: SimpleNamespace) -> None:
    merging = both(make)
    assert merging.merge("a", [make.snapshot(1), make.delta(2)]) == [make.snapshot(1), make.delta(2)]
    assert merging.merge("b", [make.delta(11)]) == []
    assert merging.merge("b", [make.snapshot(1), make.delta(2), make.delta(3)]) == [make.delta(3)]


def test_without_numbers_one_connection_leads(make: SimpleNamespace) -> None:
    merging = Deduplicator()
    assert merging.merge("a", [make.snapshot(None), make.delta(None)]) == [make.snapshot(None), make.delta(None)]
    assert merging.merge("b", [make.snapshot(None), make.delta(None)]) == []
    assert merging.merge("b", [make.gap()]) == []
    assert merging.merge("a", [make.gap(at=3)]) == [make.gap(at=3)]
    assert merging.merge("b", [make.delta(None)]) == []
    assert merging.merge("b", [make.snapshot(None, at=4), make.delta(None)]) == [
        make.resynced(at=4, downtime=1),
        make.snapshot(None, at=4),
        make.delta(None),
    ]


def test_a_gap_of_what_is_not_a_book_of_ours_is_passed_on(make: SimpleNamespace) -> None:
    assert Deduplicator().merge("a", [make.gap()]) == [make.gap()]


def test_a_book_that_failed_on_one_connection_failed_when_no_other_has_it(make: SimpleNamespace) -> None:
    failed = BookFailed(venue="test", instrument="A", epoch=1, received_at=0, reason="no snapshot", attempts=3)
    merging = both(make)
    assert merging.merge("a", [make.gap(), failed]) == []
    assert merging.merge("b", [make.gap(), failed]) == [make.gap(), failed]


def _server() -> list[tuple[int, dict[int, int]]]:
    """Changes of a book: one level each."""
    return [(number, {number * 7 % 5: number % 4}) for number in range(1, 80)]


CHANGES = _server()
ACTION = st.tuples(st.sampled_from("ab"), st.sampled_from(["read", "read", "read", "lose", "cut", "snapshot"]))


@given(st.lists(st.tuples(ACTION, st.integers(1, 4)), max_size=60))
def test_a_book_that_is_valid_is_the_servers(make: SimpleNamespace, script: list[Any]) -> None:
    """Each connection reads the changes in batches of its own, loses its place, is cut, gets snapshots."""
    merging = Deduplicator()
    builder: BookBuilder[float] = BookBuilder()
    truth: dict[int, dict[float, float]] = {0: {}}
    for number, levels in CHANGES:
        truth[number] = {**truth[number - 1], **{float(price): float(size) for price, size in levels.items()}}
    at = {"a": 0, "b": 0}
    has = {"a": False, "b": False}
    epoch = {"a": 0, "b": 0}

    def feed(source: str, events: list[Any]) -> None:
        for event in merging.merge(source, events):
            for book in builder.transform(event, 0):
                if book.valid:
                    assert book.sequence is not None
                    levels = {level.price: level.size for level in book.bids()}
                    assert levels == {price: size for price, size in truth[book.sequence].items() if size}

    for (source, action), count in script:
        if action == "snapshot" or (action == "read" and not has[source]):
            if not epoch[source]:
                epoch[source] = 1
                feed(source, [make.connected(source)])
            at[source] = max(at[source], max(at.values()) - count)
            levels = {int(price): int(size) for price, size in truth[at[source]].items()}
            feed(source, [make.resynced(), make.snapshot(at[source], levels, epoch=epoch[source])])
            has[source] = True
        elif action == "read":
            end = min(at[source] + count, len(CHANGES))
            if end > at[source]:
                merged: dict[int, int] = {}
                for _, levels in CHANGES[at[source] : end]:
                    merged.update(levels)
                feed(source, [make.delta(end, merged, epoch=epoch[source])])
                at[source] = end
        elif action == "lose" and has[source]:
            has[source] = False
            feed(source, [make.gap(epoch=epoch[source])])
        elif action == "cut" and epoch[source]:
            feed(source, [make.disconnected(source, epoch[source])])
            epoch[source] += 1
            feed(source, [make.connected(source, epoch[source]), make.gap(epoch=epoch[source])])
            has[source] = False
    book = builder.books.get(("test", "A"))
    if book is not None and not any(has.values()):
        assert not book.valid


def test_without_shared_numbers_the_book_of_another_connection_takes_over_whole(make: SimpleNamespace) -> None:
    """Each connection counts for itself, and is at another number with the same book."""
    merging = Deduplicator(own_numbers=True)
    merging.merge("x-1", [make.connected("x-1"), make.snapshot(1, {5: 1})])
    assert merging.merge("x-2", [make.connected("x-2"), make.snapshot(700, {5: 1})])[1:] == []
    (delta,) = merging.merge("x-1", [make.delta(2, {6: 2})])
    assert (delta.sequence, delta.bids[0].price) == (None, 6.0)
    assert merging.merge("x-2", [make.delta(701, {6: 2})]) == []
    assert merging.merge("x-2", [make.delta(702, {7: 3})]) == []
    ended, gap, resynced, whole = merging.merge("x-1", [make.disconnected("x-1", at=9)])
    assert (type(ended), type(gap), type(resynced)) == (Disconnected, Gap, Resynced)
    assert gap.reason == "another connection has the book"
    assert {level.price: level.size for level in whole.bids} == {7.0: 3.0, 6.0: 2.0, 5.0: 1.0}
    (delta,) = merging.merge("x-2", [make.delta(703, {8: 4})])
    assert delta.bids[0].price == 8.0
    # The first one, back, stands behind it; and takes over in its turn.
    assert merging.merge("x-1", [make.connected("x-1", 2), make.snapshot(1, {8: 4})])[1:] == []
    merging.merge("x-1", [make.delta(2, {8: 5})])
    *_, whole = merging.merge("x-2", [make.gap(11)])
    assert {level.price: level.size for level in whole.bids} == {8.0: 5.0}
    *_, gap = merging.merge("x-1", [make.disconnected("x-1", 2, at=12)])
    assert gap.reason == "no connection has the book"


def test_a_connection_that_was_alone_goes_on_where_it_was_when_another_comes(make: SimpleNamespace) -> None:
    merging = Deduplicator()
    merging.adopt("x-1", 3, [make.delta(10, {5: 1}, epoch=3)])
    # The next one is behind, ahead, and level.
    assert merging.merge("x-2", [make.connected("x-2", 3), make.snapshot(9, {5: 1}, epoch=3)])[1:] == []
    assert merging.merge("x-2", [make.delta(10, {5: 1}, epoch=3)]) == []
    (delta,) = merging.merge("x-2", [make.delta(11, {5: 2}, epoch=3)])
    assert (delta.sequence, delta.epoch) == (11, 3)
    assert merging.merge("x-1", [make.delta(11, {5: 2}, epoch=3)]) == []
    assert [type(event) for event in merging.merge("x-1", [make.disconnected("x-1", 3)])] == [Disconnected]
    assert merging.settled("x-2")


def test_what_was_yielded_before_any_merging_is_not_yielded_again(make: SimpleNamespace) -> None:
    merging = Deduplicator()
    merging.adopt("x-1", 1, [])
    assert len(merging.merge("x-1", [make.trade(50)])) == 1
    # A venue that repeats the last trades to whoever comes.
    assert [event.id for event in merging.merge("x-2", [make.trade(48), make.trade(49), make.trade(50)])] == []
    assert [event.id for event in merging.merge("x-2", [make.trade(51)])] == ["51"]
