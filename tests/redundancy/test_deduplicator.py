"""One stream out of several: the first arrival of each event, once; what only one had, too; nothing goes back."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import ConfigurationError, LimitExceeded
from barterpy.redundancy import Deduplicator, SourceReport


def rows(merging: Deduplicator) -> dict[str, tuple[int, int, int]]:
    return {row.connection: (row.won, row.late, row.stale) for row in merging.report.connections}


def test_the_first_arrival_of_a_trade_wins_and_its_lead_is_known(make: SimpleNamespace) -> None:
    merging = Deduplicator()
    assert merging.merge("a", [make.trade(1, 100), make.trade(2, 100)]) == [make.trade(1, 100), make.trade(2, 100)]
    assert merging.merge("b", [make.trade(1, 164), make.trade(2, 164), make.trade(3, 164)]) == [make.trade(3, 164)]
    assert merging.merge("a", [make.trade(3, 165)]) == []
    assert merging.report.connections == (
        SourceReport(connection="a", won=2, late=1, stale=0, lead_p50=64, lead_p99=64),
        SourceReport(connection="b", won=1, late=2, stale=0, lead_p50=1, lead_p99=1),
    )


def test_a_laggard_fills_what_the_others_missed(make: SimpleNamespace) -> None:
    merging = Deduplicator()
    merging.merge("a", [make.trade(1), make.trade(4)])
    assert merging.merge("b", [make.trade(n) for n in range(1, 5)]) == [make.trade(2), make.trade(3)]


def test_a_trade_too_old_to_be_compared_is_never_yielded_twice(make: SimpleNamespace) -> None:
    merging = Deduplicator(window=2)
    merging.merge("a", [make.trade(n) for n in (1, 2, 3, 4)])
    assert merging.merge("b", [make.trade(n) for n in (1, 2, 3, 4)]) == []
    assert rows(merging)["b"] == (0, 2, 2)


def test_ids_that_are_not_numbers_are_compared_within_the_window(make: SimpleNamespace) -> None:
    merging = Deduplicator(window=2)
    merging.merge("a", [make.trade("x"), make.trade("y"), make.trade("z")])
    assert merging.merge("b", [make.trade("y"), make.trade("z")]) == []
    assert merging.merge("b", [make.trade("x")]) == [make.trade("x")]  # documented: the window must span the lag


@pytest.mark.parametrize("kind", ["trade without id", "liquidation"])
def test_without_ids_as_many_copies_as_one_connection_sent(make: SimpleNamespace, kind: str) -> None:
    event = make.liquidation(1.0) if kind == "liquidation" else make.trade("")
    other = make.liquidation(1.0, at=7) if kind == "liquidation" else make.trade("", 7)
    merging = Deduplicator()
    assert merging.merge("a", [event, event]) == [event, event]
    assert merging.merge("b", [other, other, other]) == [other]
    assert merging.merge("a", [event]) == []


def test_quotes_never_go_back(make: SimpleNamespace) -> None:
    merging = Deduplicator()
    assert merging.merge("a", [make.quote(5)]) == [make.quote(5)]
    assert merging.merge("b", [make.quote(4), make.quote(5), make.quote(6)]) == [make.quote(6)]
    assert merging.merge("a", [make.quote(6)]) == []
    assert rows(merging) == {"a": (1, 1, 0), "b": (1, 1, 1)}


def test_states_without_a_sequence_are_ordered_by_the_venues_time(make: SimpleNamespace) -> None:
    merging = Deduplicator()
    assert merging.merge("a", [make.ticker(1.0, 10), make.ticker(2.0, 30)]) != []
    assert merging.merge("b", [make.ticker(1.0, 10), make.ticker(1.5, 20), make.ticker(2.5, 30)]) == [
        make.ticker(2.5, 30)
    ]
    assert rows(merging)["b"] == (1, 1, 1)
    quotes = [make.quote(None, bid=bid, exchange_at=bid) for bid in (1, 3, 2)]
    assert merging.merge("a", quotes) == quotes[:2]


def test_states_without_any_number_are_compared_by_what_they_say(make: SimpleNamespace) -> None:
    merging = Deduplicator()
    first, second = make.quote(None, bid=1), make.quote(None, bid=2)
    assert merging.merge("a", [first, second, first]) == [first, second, first]
    assert merging.merge("b", [first, second, first]) == []


def test_a_bar_is_updated_in_order_and_closes_once(make: SimpleNamespace) -> None:
    merging = Deduplicator()
    updates = [make.candle(0, 1), make.candle(0, 2, close=2), make.candle(0, 60, closed=True, close=3)]
    assert merging.merge("a", updates) == updates
    assert merging.merge("b", updates) == []
    assert merging.merge("a", [make.candle(60, 61)]) != []
    assert merging.merge("b", [make.candle(0, 59, close=5)]) == []
    late = make.candle(-60, 0, closed=True)
    assert merging.merge("b", [late]) == [late]
    assert merging.merge("a", [make.candle(-60, 1, closed=True)]) == []


def test_snapshots_of_a_depth_are_states_of_their_own(make: SimpleNamespace) -> None:
    merging = Deduplicator()
    assert len(merging.merge("a", [make.snapshot(5, depth=5), make.snapshot(3, depth=10)])) == 2
    assert merging.merge("b", [make.snapshot(4, depth=5), make.snapshot(5, depth=5)]) == []
    assert merging.merge("b", [make.snapshot(3)]) == [make.snapshot(3)]


def test_what_is_not_known_is_compared_if_it_can_be(make: SimpleNamespace) -> None:
    merging = Deduplicator()
    assert merging.merge("a", ["text", [1]]) == ["text", [1]]
    assert merging.merge("b", ["text", [1]]) == [[1]]


def test_lives_of_connections_are_passed_on(make: SimpleNamespace) -> None:
    merging = Deduplicator()
    events = [make.connected("a"), make.disconnected("a"), make.connected("a", 2)]
    assert merging.merge("a", events[:1]) == events[:1]
    assert merging.up == {"a"}
    assert merging.merge("a", events[1:]) == events[1:]


def test_the_epoch_counts_the_lives_of_the_whole(make: SimpleNamespace) -> None:
    merging = Deduplicator()
    merging.merge("a", [make.connected("a")])
    merging.merge("b", [make.connected("b")])
    merging.merge("a", [make.disconnected("a"), make.connected("a", 2)])
    assert merging.merge("a", [make.trade(1, epoch=2)]) == [make.trade(1, epoch=1)]
    merging.merge("a", [make.disconnected("a", 2)])
    merging.merge("b", [make.disconnected("b")])
    merging.merge("b", [make.connected("b", 2)])
    merging.merge("a", [make.connected("a", 3)])
    assert merging.epoch == 2
    assert merging.merge("a", [make.trade(2, epoch=3)]) == [make.trade(2, epoch=2)]


def test_a_venue_that_counts_anew_after_all_were_down_is_believed(make: SimpleNamespace) -> None:
    merging = Deduplicator(window=1)
    merging.merge("a", [make.connected("a"), make.quote(900), make.trade(900), make.trade(901)])
    merging.merge("a", [make.disconnected("a"), make.connected("a", 2)])
    assert len(merging.merge("a", [make.quote(1, epoch=2), make.trade(1, epoch=2)])) == 2


def test_memory_is_bounded(make: SimpleNamespace) -> None:
    merging = Deduplicator(window=3, max_series=2)
    merging.merge("a", [make.trade(number) for number in range(100)])
    merging.merge("a", [make.quote(1)])
    with pytest.raises(LimitExceeded, match="max_series allows 2, got 3"):
        merging.merge("a", [make.ticker(1.0, 1)])
    with pytest.raises(LimitExceeded):
        merging.merge("a", [make.snapshot(1)])


@pytest.mark.parametrize("bounds", [{"window": 0}, {"max_series": 0}])
def test_bounds_that_cannot_work_are_refused(bounds: Any) -> None:
    with pytest.raises(ConfigurationError, match="from 1"):
        Deduplicator(**bounds)


SOURCES = "abc"


@given(st.integers(1, 60), st.lists(st.tuples(st.sampled_from(SOURCES), st.integers(0, 3), st.booleans())))
def test_each_trade_that_any_connection_brought_comes_exactly_once(
    make: SimpleNamespace, window: int, script: list[tuple[str, int, bool]]
) -> None:
    """Connections read the same trades at their own pace and lose some; together they must not repeat one, and must
    not miss one that any of them had while it was within the window."""
    merging = Deduplicator(window=window)
    at = dict.fromkeys(SOURCES, 0)
    had: set[str] = set()
    yielded: list[str] = []
    for source, count, lost in script:
        ids = [str(at[source] + step) for step in range(count)]
        at[source] += count
        if not lost:
            had.update(ids)
            yielded += [event.id for event in merging.merge(source, [make.trade(id_) for id_ in ids])]
    assert len(yielded) == len(set(yielded))
    assert set(yielded) <= had
    if len(had) <= window:
        assert set(yielded) == had
    assert sum(row.won for row in merging.report.connections) == len(yielded)
