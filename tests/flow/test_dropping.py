"""Dropping the oldest: what is lost is counted, what may not be lost stays, and no book is trusted by mistake."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.events import Gap, Overflow
from barterpy.flow import LIFECYCLE, Buffer, DroppingBuffer, FlowPolicy
from barterpy.model.market import BookDelta, BookSnapshot
from barterpy.orderbook import BookBuilder

NOW = 9
REASON = "the consumer is too slow: updates of the book were dropped"


def buffer_of(size: int) -> Buffer[Any]:
    return DroppingBuffer(FlowPolicy("drop_oldest", size))


def drain(buffer: Buffer[Any]) -> list[Any]:
    taken: list[Any] = []
    while (batch := buffer.take(NOW)) is not None:
        assert batch
        taken.extend(batch)
    return taken


def overflow(dropped: int, connection: str = "a") -> Overflow:
    return Overflow(venue="test", connection=connection, received_at=NOW, dropped=dropped, policy="drop_oldest")


def test_the_oldest_goes_and_the_consumer_is_told_first(make: SimpleNamespace) -> None:
    buffer = buffer_of(3)
    trades = [make.trade("A", number) for number in range(6)]
    assert buffer.put(trades[:3], ("test", "a"))
    assert buffer.put(trades[3:5], ("test", "a"))
    assert buffer.held == 3
    assert buffer.take(NOW) == [overflow(2), trades[2]]
    assert buffer.put(trades[5:], ("test", "a"))
    assert drain(buffer) == trades[3:]
    assert (buffer.counters.dropped, buffer.counters.held) == (2, 0)


def test_losses_are_counted_for_each_connection_since_the_last_telling(make: SimpleNamespace) -> None:
    buffer = buffer_of(2)
    trades = [make.trade("A", number) for number in range(8)]
    buffer.put(trades[:1], ("test", "a"))
    buffer.put(trades[1:2], ("test", "b"))
    buffer.put(trades[2:4], ("test", "a"))
    assert drain(buffer) == [overflow(1, "a"), overflow(1, "b"), *trades[2:4]]
    buffer.put(trades[4:6], ("test", "b"))
    buffer.put(trades[6:], ("test", "a"))
    assert drain(buffer) == [overflow(2, "b"), *trades[6:]]


def test_a_batch_larger_than_the_buffer_keeps_its_newest_if_anything_waits(make: SimpleNamespace) -> None:
    buffer = buffer_of(2)
    trades = [make.trade("A", number) for number in range(6)]
    buffer.put(trades[:1], ("test", "a"))
    buffer.put(trades[1:], ("test", "a"))
    assert drain(buffer) == [overflow(4), *trades[4:]]


def test_connection_events_stay_in_their_order(make: SimpleNamespace) -> None:
    buffer = buffer_of(2)
    trades = [make.trade("A", number) for number in range(5)]
    cut, again = make.disconnected(1), make.connected(2)
    buffer.put([trades[0], cut], ("test", "a"))
    buffer.put([again, trades[1]], ("test", "a"))
    buffer.put(trades[2:], ("test", "a"))
    assert drain(buffer) == [overflow(3), cut, again, *trades[3:]]
    assert buffer.dropped == 3


def test_connection_events_alone_make_the_connection_wait(make: SimpleNamespace) -> None:
    buffer = buffer_of(2)
    events: list[Any] = []
    while buffer.put([event := make.connected(len(events))]):
        events.append(event)
    assert len(events) == 4
    assert not buffer.put([make.trade("A", 1)])
    assert drain(buffer) == events
    assert buffer.put([make.trade("A", 1)])


def test_a_dropped_update_of_a_book_leaves_a_gap_in_its_place(make: SimpleNamespace) -> None:
    buffer = buffer_of(3)
    buffer.put([make.connected(), make.delta("A", 5, {1: 1}), make.delta("B", 6, {1: 1})], ("test", "a"))
    buffer.put([make.delta("A", 7, {1: 2}), make.trade("A", 8), make.trade("A", 9)], ("test", "a"))
    taken = drain(buffer)
    assert taken == [
        overflow(2),
        make.connected(),
        Gap(venue="test", instrument="A", epoch=1, received_at=5, reason=REASON),
        Gap(venue="test", instrument="B", epoch=1, received_at=6, reason=REASON),
        make.delta("A", 7, {1: 2}),
        make.trade("A", 8),
        make.trade("A", 9),
    ]


def test_a_gap_is_told_once_until_the_book_is_made_anew(make: SimpleNamespace) -> None:
    buffer = buffer_of(1)
    for number in range(4):
        buffer.put([make.delta("A", number, {1: 1})])
    assert [type(event).__name__ for event in drain(buffer)] == ["Overflow", "Gap", "BookDelta"]
    buffer.put([make.delta("A", 4, {1: 1})])
    buffer.put([make.delta("A", 5, {1: 1})])
    assert [type(event).__name__ for event in drain(buffer)] == ["Overflow", "BookDelta"]
    buffer.put([make.snapshot("A", 6, {1: 1})])
    assert [type(event).__name__ for event in drain(buffer)] == ["BookSnapshot"]
    buffer.put([make.delta("A", 7, {1: 1})])
    buffer.put([make.delta("A", 8, {1: 1})])
    assert [type(event).__name__ for event in drain(buffer)] == ["Overflow", "Gap", "BookDelta"]


def test_a_resynced_whose_snapshot_is_dropped_is_followed_by_a_gap(make: SimpleNamespace) -> None:
    buffer = buffer_of(2)
    buffer.put([make.delta("A", 1, {1: 1}), make.delta("A", 2, {1: 1})])
    buffer.put([make.resynced("A"), make.snapshot("A", 3, {1: 1})])
    buffer.put([make.trade("A", 4), make.trade("A", 5)])
    kinds = [type(event).__name__ for event in drain(buffer)]
    assert kinds == ["Overflow", "Gap", "Resynced", "Gap", "Trade", "Trade"]


def test_a_gap_is_told_again_behind_an_error(make: SimpleNamespace) -> None:
    """What was put before the error may hold a snapshot that a drop behind it spoils."""
    buffer = buffer_of(3)
    for event in (make.delta("A", 1, {1: 1}), make.trade("A", 2), make.snapshot("A", 3, {1: 1}), make.trade("A", 4)):
        buffer.put([event])
    assert [type(event).__name__ for event in buffer.take(NOW) or ()] == ["Overflow", "Gap", "Trade"]
    buffer.put_error(ValueError("the end of one"))
    buffer.put([make.delta("A", 5, {1: 1})])
    buffer.put([make.delta("A", 6, {1: 1})])
    assert [type(event).__name__ for event in buffer.take(NOW) or ()] == ["Overflow", "BookSnapshot"]
    assert buffer.take(NOW) == [make.trade("A", 4)]
    with pytest.raises(ValueError, match="the end of one"):
        buffer.take(NOW)
    assert [type(event).__name__ for event in drain(buffer)] == ["Gap", "BookDelta"]


def test_what_is_sealed_by_an_error_is_not_dropped_and_makes_the_connection_wait(make: SimpleNamespace) -> None:
    buffer = buffer_of(2)
    assert buffer.put([make.trade("A", 1), make.trade("A", 2)])
    buffer.put_error(ValueError("the end of one"))
    assert not buffer.put([make.trade("A", 3)])
    assert buffer.take(NOW) == [make.trade("A", 1), make.trade("A", 2)]


SYMBOLS = st.sampled_from("AB")
EVENT = st.tuples(st.sampled_from(["trade", "quote", "delta", "snapshot", "resync", "connected"]), SYMBOLS)
STEPS = st.lists(st.lists(EVENT, min_size=1, max_size=5) | st.none(), max_size=40)


@given(st.integers(1, 8), STEPS)
def test_nothing_is_lost_in_silence_and_no_book_lies(
    make: SimpleNamespace, size: int, steps: list[list[tuple[str, str]] | None]
) -> None:
    """Every event is handed over, in order, or counted; a book that is valid equals the venue's at that event."""
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
        for kind, symbol in step:
            number += 1
            if kind in ("trade", "quote"):
                batch.append(getattr(make, kind)(symbol, number))
            elif kind == "connected":
                batch.append(make.connected(number))
            else:
                if kind == "resync":
                    batch.append(make.resynced(symbol))
                if kind == "delta":
                    books[symbol][number % 3] = number
                    batch.append(make.delta(symbol, number, {number % 3: number}))
                else:
                    books[symbol] = {number % 3: number}
                    batch.append(make.snapshot(symbol, number, dict(books[symbol])))
                truth[symbol, number] = dict(books[symbol])
        if buffer.put(batch):
            put.extend(batch)
        else:
            break  # a connection that waits sends nothing more
    taken.extend(drain(buffer))

    told = sum(event.dropped for event in taken if isinstance(event, Overflow))
    rest = [event for event in taken if not (isinstance(event, Gap) and event.reason == REASON)]
    rest = [event for event in rest if not isinstance(event, Overflow)]
    assert len(rest) + told == len(put)
    assert told == buffer.dropped
    remaining = iter(put)
    assert all(any(event == other for other in remaining) for event in rest)
    assert [event for event in put if type(event) in LIFECYCLE] == [e for e in rest if type(e) in LIFECYCLE]

    builder: BookBuilder[float] = BookBuilder()
    for event in taken:
        for book in builder.transform(event, NOW):
            if book.valid:
                assert isinstance(event, (BookDelta, BookSnapshot))
                assert {level.price: level.size for level in book.bids()} == truth[book.instrument, book.sequence or 0]
