"""The short way of a book's updates: whatever comes, it says what the long one says."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.backoff import Backoff
from barterpy.clock import SECOND
from barterpy.model import BookDelta, Level
from barterpy.sync import (
    BookSynchroniser,
    Chained,
    Consecutive,
    DepthSnapshot,
    DepthUpdate,
    Numbered,
    NumberedSnapshot,
    SyncPolicy,
    SyncState,
)
from barterpy.transformer import Send

NOW = 1_700_000_000 * SECOND


class LongWay:
    """A rule without the word that opens the short way."""

    direct: ClassVar[bool] = True

    def __init__(self, rule: Consecutive | Chained) -> None:
        self._rule = rule

    def snapshot_too_old(self, snapshot: NumberedSnapshot, first_buffered: Numbered, /) -> bool:
        return self._rule.snapshot_too_old(snapshot, first_buffered)

    def stale(self, update: Numbered, last_id: int, /) -> bool:
        return self._rule.stale(update, last_id)

    def joins(self, update: Numbered, last_id: int, /) -> bool:
        return self._rule.joins(update, last_id)

    def follows(self, update: Numbered, last_id: int, /) -> bool:
        return self._rule.follows(update, last_id)


def book(rule: Any, *, tolerant: bool) -> BookSynchroniser[Decimal]:
    policy = SyncPolicy(
        backoff=Backoff(initial=0.5, cap=1, jitter=0, max_attempts=50), crossed_seconds=2.0 if tolerant else 0.0
    )
    return BookSynchroniser("venue", "BTC", rule, lambda delay: Send("again"), policy, streamed=True)


def snapshot(last: int) -> DepthSnapshot[Decimal]:
    bids, asks = (tuple(Level(Decimal(price), Decimal(1)) for price in prices) for prices in ((99, 98), (101, 102)))
    return DepthSnapshot(last_id=last, bids=bids, asks=asks, exchange_at=None)


def by_delta(book: BookSynchroniser[Decimal], update: DepthUpdate[Decimal], now: int) -> Sequence[Any]:
    delta: BookDelta[Decimal] = BookDelta(
        venue="venue",
        instrument="BTC",
        bids=update.bids,
        asks=update.asks,
        exchange_at=update.exchange_at,
        received_at=now,
        epoch=book.epoch,
        sequence=update.last_id,
    )
    return book.on_delta(delta, update.first_id, update.previous_id)


STEP = st.tuples(
    # What is wrong with the number, if anything; and seconds since the update before.
    st.sampled_from(["fine"] * 12 + ["gap", "old", "again", "wide", "snapshot", "reset", "ids"]),
    st.integers(0, 3),
    st.lists(
        st.tuples(st.booleans(), st.one_of(st.integers(95, 99), st.integers(101, 105)), st.integers(0, 3)),
        max_size=4,
    ),
    st.booleans(),
)


@pytest.mark.parametrize("rule", [Consecutive(), Chained()], ids=["consecutive", "chained"])
@given(steps=st.lists(STEP, max_size=25), tolerant=st.booleans())
def test_the_short_way_says_what_the_long_one_says(
    rule: Consecutive | Chained, steps: list[Any], tolerant: bool
) -> None:
    long, short, events = (book(one, tolerant=tolerant) for one in (LongWay(rule), rule, rule))
    books = (long, short, events)
    now, last = NOW, 10
    for one in books:
        one.on_snapshot(snapshot(last), now)
    for what, seconds, changes, crossing in steps:
        now += seconds * SECOND
        deadline = long.next_deadline()
        assert short.next_deadline() == events.next_deadline() == deadline
        if deadline is not None and deadline <= now:
            assert long.on_deadline(deadline) == short.on_deadline(deadline) == events.on_deadline(deadline)
        if what == "snapshot":
            told = [one.on_snapshot(snapshot(last), now) for one in books]
        elif what == "reset":
            told = [one.on_reset(one.epoch + 1, now) for one in books]
        else:
            previous = last
            if what in ("fine", "wide", "gap"):
                last += {"fine": 1, "wide": 3, "gap": 2}[what]
            first = {"gap": last, "old": last - 3, "again": last}.get(what, previous + 1)
            update: DepthUpdate[Decimal] = DepthUpdate(
                first_id=first,
                last_id=last if what != "old" else last - 3,
                previous_id={"gap": previous + 1, "old": previous - 4, "again": previous - 1}.get(what, previous),
                bids=tuple(
                    Level(Decimal(price if price < 100 or crossing else price - 10), Decimal(size))
                    for bid, price, size in changes
                    if bid
                ),
                asks=tuple(
                    Level(Decimal(price if price > 100 else price + 10), Decimal(size))
                    for bid, price, size in changes
                    if not bid
                ),
                exchange_at=None,
            )
            told = [long.on_update(update, now), short.on_update(update, now), by_delta(events, update, now)]
        assert list(told[0]) == list(told[1]) == list(told[2])
        for one in books:
            assert (one.state, one.last_id, one.book.peek()) == (long.state, long.last_id, long.book.peek())


def test_the_short_way_emits_the_very_event_it_was_given() -> None:
    one = book(Consecutive(), tolerant=False)
    one.on_snapshot(snapshot(10), NOW)
    for number in (11, 12):
        delta: BookDelta[Decimal] = BookDelta(
            venue="venue",
            instrument="BTC",
            bids=(Level(Decimal(99), Decimal(number)),),
            asks=(),
            exchange_at=None,
            received_at=NOW,
            sequence=number,
        )
        (event,) = one.on_delta(delta, number)
        assert event == delta
    assert event is delta
    assert (one.state, one.last_id) == (SyncState.SYNCED, 12)
    # A replay's clock is that of its messages, also of those that went the short way.
    (gap,) = one.on_reset(2, NOW - SECOND)
    assert not isinstance(gap, Send)
    assert gap.received_at == NOW
