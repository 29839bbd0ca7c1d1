"""The two rules, as the documentation words them, and over every position of an update against a snapshot."""

import pytest

from barterpy.sync import DepthSnapshot, DepthUpdate
from barterpy.venues.binance.books import RULES
from barterpy.venues.binance.endpoints import Market

SPOT, FUTURES = RULES[Market.SPOT], RULES[Market.FUTURES]


def update(first: int, last: int, previous: int | None = None) -> DepthUpdate:
    return DepthUpdate(first_id=first, last_id=last, previous_id=previous, bids=(), asks=(), exchange_at=None)


def snapshot(last: int) -> DepthSnapshot:
    return DepthSnapshot(last_id=last, bids=(), asks=(), exchange_at=None)


@pytest.mark.parametrize(
    ("first", "last", "stale", "joins", "follows"),
    [
        (97, 99, True, False, False),
        (98, 100, True, False, False),
        (99, 101, False, True, True),
        (100, 101, False, True, True),
        (101, 101, False, True, True),
        (101, 105, False, True, True),
        (102, 105, False, False, False),
    ],
)
def test_spot_updates_against_a_book_as_of_100(first: int, last: int, stale: bool, joins: bool, follows: bool) -> None:
    assert SPOT.stale(update(first, last), 100) is stale
    assert SPOT.joins(update(first, last), 100) is joins
    if not stale:
        assert SPOT.follows(update(first, last), 100) is follows


@pytest.mark.parametrize(("last", "too_old"), [(99, True), (100, False), (101, False)])
def test_a_spot_snapshot_must_not_be_older_than_the_first_update(last: int, too_old: bool) -> None:
    assert SPOT.snapshot_too_old(snapshot(last), update(100, 105)) is too_old


@pytest.mark.parametrize(
    ("previous", "first", "last", "stale", "joins", "follows"),
    [
        (80, 90, 99, True, False, False),
        (80, 90, 100, False, True, False),
        (80, 90, 110, False, True, False),
        (80, 100, 110, False, True, False),
        (95, 105, 110, False, True, False),
        (100, 105, 110, False, True, True),
        (101, 105, 110, False, False, False),
        (None, 100, 110, False, True, False),
        (None, 101, 110, False, False, False),
    ],
)
def test_futures_updates_against_a_book_as_of_100(
    previous: int | None, first: int, last: int, stale: bool, joins: bool, follows: bool
) -> None:
    assert FUTURES.stale(update(first, last, previous), 100) is stale
    assert FUTURES.joins(update(first, last, previous), 100) is joins
    assert FUTURES.follows(update(first, last, previous), 100) is follows


@pytest.mark.parametrize(
    ("last", "previous", "too_old"), [(99, 100, True), (100, 100, False), (99, None, True), (105, None, False)]
)
def test_a_futures_snapshot_must_reach_where_the_first_update_begins(
    last: int, previous: int | None, too_old: bool
) -> None:
    assert FUTURES.snapshot_too_old(snapshot(last), update(105, 110, previous)) is too_old
