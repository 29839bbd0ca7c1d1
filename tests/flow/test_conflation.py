"""Merging what waits: the latest of each key in the place of the first, books level by level."""

from collections.abc import Callable, Hashable
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from barterpy.events import Overflow
from barterpy.flow import LIFECYCLE, Buffer, ConflatingBuffer, FlowPolicy, conflation_key
from barterpy.model.market import BookDelta, BookSnapshot
from barterpy.orderbook import BookBuilder

NOW = 9


def buffer_of(size: int, key: Callable[[Any], Hashable | None] = conflation_key) -> Buffer[Any]:
    return ConflatingBuffer(FlowPolicy("conflate", size, key))


def drain(buffer: Buffer[Any]) -> list[Any]:
    taken: list[Any] = []
    while (batch := buffer.take(NOW)) is not None:
        assert batch
        taken.extend(batch)
    return taken


def data(buffer: Buffer[Any]) -> list[Any]:
    return [event for event in drain(buffer) if not isinstance(event, Overflow)]


def test_a_buffer_that_is_not_full_merges_nothing(make: SimpleNamespace) -> None:
    buffer = buffer_of(3)
    events = [make.quote("A", number) for number in range(3)]
    for event in events:
        assert buffer.put([event])
    assert [buffer.take(NOW) for _ in range(4)] == [[events[0]], [events[1]], [events[2]], None]


def test_the_latest_takes_the_place_of_the_first(make: SimpleNamespace) -> None:
    buffer = buffer_of(4)
    buffer.put([make.quote("A", 1), make.quote("B", 2), make.trade("A", 3)], ("test", "a"))
    buffer.put([make.quote("A", 4)], ("test", "a"))
    buffer.put([make.trade("A", 5), make.quote("B", 6)], ("test", "b"))
    assert buffer.held == 4
    assert buffer.take(NOW) == [
        Overflow(venue="test", connection="a", received_at=NOW, dropped=1, policy="conflate"),
        Overflow(venue="test", connection="b", received_at=NOW, dropped=1, policy="conflate"),
        make.quote("A", 4),
        make.quote("B", 6),
        make.trade("A", 3),
        make.trade("A", 5),
    ]
    assert (buffer.conflated, buffer.dropped, buffer.held) == (2, 0, 0)
    buffer.put([make.quote("A", 7)])
    buffer.put([make.quote("A", 8)])
    assert drain(buffer) == [make.quote("A", 7), make.quote("A", 8)]


def test_what_has_no_key_fills_the_buffer_and_then_waits(make: SimpleNamespace) -> None:
    buffer = buffer_of(2)
    assert buffer.put([make.trade("A", 1)])
    assert buffer.put([make.quote("A", 2)])
    assert buffer.put([make.trade("A", 3)])  # this one finds out that nothing can be merged
    assert not buffer.put([make.trade("A", 4)])
    assert not buffer.put([make.quote("A", 5), make.quote("B", 6)])
    assert buffer.put([make.quote("A", 7)])  # in the place of another
    assert data(buffer) == [make.trade("A", 1), make.quote("A", 7), make.trade("A", 3)]
    assert buffer.put([make.trade("A", 4)])


def test_deltas_of_a_book_are_merged_level_by_level(make: SimpleNamespace) -> None:
    buffer = buffer_of(1)
    buffer.put([make.delta("A", 1, {10: 1, 11: 1}, {20: 5})])
    buffer.put([make.delta("A", 2, {10: 0, 12: 2}), make.delta("B", 3, {1: 1}), make.delta("A", 4, {11: 7}, {21: 1})])
    assert data(buffer) == [
        make.delta("A", 4, {10: 0, 11: 7, 12: 2}, {20: 5, 21: 1}),
        make.delta("B", 3, {1: 1}),
    ]


def test_a_snapshot_replaces_one_of_the_same_depth(make: SimpleNamespace) -> None:
    buffer = buffer_of(1)
    buffer.put([make.snapshot("A", 1, {1: 1}, depth=5), make.snapshot("A", 2, {1: 1}, depth=20)])
    buffer.put([make.snapshot("A", 3, {2: 1}, depth=5), make.snapshot("A", 4, {2: 1}, depth=20)])
    assert data(buffer) == [make.snapshot("A", 3, {2: 1}, depth=5), make.snapshot("A", 4, {2: 1}, depth=20)]


def test_a_snapshot_behind_deltas_begins_anew(make: SimpleNamespace) -> None:
    buffer = buffer_of(1)
    buffer.put([make.snapshot("A", 1, {1: 1}), make.delta("A", 2, {1: 2})])
    buffer.put([make.snapshot("A", 3, {2: 1}), make.delta("A", 4, {3: 1})])
    buffer.put([make.delta("A", 5, {2: 0})])
    assert data(buffer) == [
        make.snapshot("A", 1, {1: 1}),
        make.delta("A", 2, {1: 2}),
        make.snapshot("A", 3, {2: 1}),
        make.delta("A", 5, {3: 1, 2: 0}),
    ]


def test_nothing_is_merged_across_a_new_connection(make: SimpleNamespace) -> None:
    buffer = buffer_of(1)
    buffer.put([make.quote("A", 1), make.delta("A", 1, {1: 1})])
    buffer.put([make.disconnected(1), make.connected(2), make.quote("A", 2, epoch=2), make.delta("A", 2, {1: 2})])
    assert [type(event).__name__ for event in data(buffer)] == [
        *("Quote", "BookDelta", "Disconnected", "Connected", "Quote", "BookDelta")
    ]


def test_a_gap_is_a_wall_for_its_own_instrument(make: SimpleNamespace) -> None:
    buffer = buffer_of(1)
    buffer.put([make.delta("A", 1, {1: 1}), make.quote("B", 1)])
    buffer.put([make.gap("A"), make.resynced("A"), make.snapshot("A", 3, {1: 1}), make.quote("B", 2)])
    assert data(buffer) == [
        make.delta("A", 1, {1: 1}),
        make.quote("B", 2),
        make.gap("A"),
        make.resynced("A"),
        make.snapshot("A", 3, {1: 1}),
    ]


def test_books_of_two_lives_are_not_mixed(make: SimpleNamespace) -> None:
    buffer = buffer_of(1)
    buffer.put([make.delta("A", 1, {1: 1}), make.snapshot("B", 1, {1: 1})])
    buffer.put([make.delta("A", 2, {1: 1}, epoch=2), make.snapshot("B", 2, {1: 1}, epoch=2)])
    assert [(type(event).__name__, event.epoch) for event in data(buffer)] == [
        *(("BookDelta", 1), ("BookSnapshot", 1), ("BookDelta", 2), ("BookSnapshot", 2))
    ]


def test_a_key_of_ones_own(make: SimpleNamespace) -> None:
    buffer = buffer_of(1, key=lambda event: event % 3 if isinstance(event, int) else None)
    buffer.put([1, 2])
    buffer.put([4, "kept", 5, 3])
    assert data(buffer) == [4, 5, "kept", 3]


def test_a_key_cannot_have_deltas_replaced(make: SimpleNamespace) -> None:
    buffer = buffer_of(1, key=lambda event: "all the same")
    buffer.put([make.delta("A", 1, {1: 1})])
    buffer.put([make.delta("A", 2, {2: 2}), make.delta("B", 3, {3: 3})])
    assert data(buffer) == [make.delta("A", 2, {1: 1, 2: 2}), make.delta("B", 3, {3: 3})]


def test_deltas_are_left_alone_if_the_key_says_so(make: SimpleNamespace) -> None:
    buffer = buffer_of(1, key=lambda event: None if isinstance(event, BookDelta) else conflation_key(event))
    events = [make.delta("A", 1, {1: 1}), make.delta("A", 2, {2: 2})]
    buffer.put(events[:1])
    buffer.put(events[1:])
    assert data(buffer) == events


SYMBOLS = st.sampled_from("AB")
EVENT = st.tuples(st.sampled_from(["trade", "quote", "delta", "delta", "snapshot", "resync", "connected"]), SYMBOLS)
STEPS = st.lists(st.lists(EVENT, min_size=1, max_size=5) | st.none(), max_size=40)


def latest(events: list[Any]) -> dict[Hashable, int]:
    """Of each key, the number of its last event."""
    return {key: event.sequence for event in events if (key := conflation_key(event)) is not None}


@given(st.integers(1, 8), STEPS)
def test_the_latest_of_everything_arrives_and_books_are_right(
    make: SimpleNamespace, size: int, steps: list[list[tuple[str, str]] | None]
) -> None:
    buffer = buffer_of(size)
    put: list[Any] = []
    taken: list[Any] = []
    truth: dict[tuple[str, int], dict[int, int]] = {}
    books: dict[str, dict[int, int]] = {"A": {}, "B": {}}
    number = 0
    for step in steps:
        if step is None:
            taken.extend(buffer.take(NOW) or ())
            continue
        batch: list[Any] = []
        before = {symbol: dict(book) for symbol, book in books.items()}
        for kind, symbol in step:
            number += 1
            if kind in ("trade", "quote"):
                batch.append(getattr(make, kind)(symbol, number))
            elif kind == "connected":
                batch.append(make.connected(number))
            elif kind == "delta":
                books[symbol][number % 5] = number
                batch.append(make.delta(symbol, number, {number % 5: number}))
                truth[symbol, number] = dict(books[symbol])
            else:
                books[symbol] = {number % 5: number}
                batch += [make.resynced(symbol)] if kind == "resync" else []
                batch.append(make.snapshot(symbol, number, dict(books[symbol])))
                truth[symbol, number] = dict(books[symbol])
        if buffer.put(batch):
            put.extend(batch)
        else:
            books = before  # it waits, and here it never comes
    taken.extend(drain(buffer))

    told = sum(event.dropped for event in taken if isinstance(event, Overflow))
    rest = [event for event in taken if not isinstance(event, Overflow)]
    assert len(rest) + told == len(put)
    assert told == buffer.conflated
    unmerged: set[type[Any]] = {*LIFECYCLE, type(make.trade("A", 1))}
    assert [event for event in rest if type(event) in unmerged] == [event for event in put if type(event) in unmerged]
    assert latest(rest) == latest(put)

    builder: BookBuilder[float] = BookBuilder()
    for event in taken:
        for book in builder.transform(event, NOW):
            assert isinstance(event, (BookDelta, BookSnapshot))
            assert {level.price: level.size for level in book.bids()} == truth[book.instrument, book.sequence or 0]
