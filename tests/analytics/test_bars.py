"""Bars against tables and against bars put together by hand."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.analytics import Bar, TickBars, TimeBars, ValueBars, VolumeBars
from barterpy.clock import MILLISECOND, MINUTE, SECOND
from barterpy.errors import ConfigurationError
from barterpy.model import Side, Trade


def trade(
    at: int | None, price: Any = "10", size: Any = "1", side: Side | None = None, instrument: str = "BTC"
) -> Trade[Any]:
    return Trade(
        venue="v",
        instrument=instrument,
        price=Decimal(price) if isinstance(price, str) else price,
        size=Decimal(size) if isinstance(size, str) else size,
        side=side,
        id="1",
        exchange_at=at,
        received_at=0 if at is None else at,
    )


def feed(bars: Any, *trades: Trade[Any]) -> list[Bar[Any]]:
    """The bars of trades that are received when they happen, with the timers as a replayed stream runs them."""
    got: list[Bar[Any]] = []
    for event in trades:
        run_timers(bars, event.received_at, got)
        got.extend(bars.transform(event, event.received_at))
    return got


def run_timers(bars: Any, now: int, got: list[Bar[Any]]) -> None:
    next_timer = getattr(bars, "next_timer", lambda: None)
    while (deadline := next_timer()) is not None and deadline <= now:
        got.extend(bars.on_timer(deadline))


def spans(bars: list[Bar[Any]]) -> list[tuple[int, int]]:
    return [(bar.open_at, bar.trades) for bar in bars]


# By time.


def test_a_bar_by_time_holds_everything_about_its_trades() -> None:
    bars: TimeBars[Decimal] = TimeBars(10, lateness=0)
    trades = [
        trade(11, "10", "1", Side.BUY),
        trade(12, "13", "2", Side.SELL),
        trade(15, "9", "3", Side.BUY),
        trade(19, "11", "4", None),
    ]
    assert feed(bars, *trades) == []
    (bar,) = bars.transform(trade(20), 21)
    assert bar == Bar(
        instrument="BTC",
        open_at=10,
        close_at=20,
        open=Decimal(10),
        high=Decimal(13),
        low=Decimal(9),
        close=Decimal(11),
        volume=Decimal(10),
        quote_volume=Decimal(107),
        buy_volume=Decimal(4),
        trades=4,
        received_at=21,
    )
    assert bar.vwap == Decimal("10.7")
    assert bar.exchange_at == 20


def test_in_float() -> None:
    bars: TimeBars[float] = TimeBars(10, lateness=0)
    (bar,) = feed(bars, trade(1, 2.0, 0.5), trade(2, 4.0, 0.5), trade(10, 1.0, 1.0))
    assert (bar.open, bar.close, bar.volume, bar.quote_volume, bar.vwap) == (2.0, 4.0, 1.0, 3.0, 3.0)


def test_the_beginning_belongs_to_the_bar_and_the_end_does_not() -> None:
    assert spans(feed(TimeBars(10, lateness=0), trade(10), trade(19), trade(20), trade(29), trade(30))) == [
        (10, 2),
        (20, 2),
    ]


def test_intervals_without_trades_give_no_bar() -> None:
    assert spans(feed(TimeBars(10, lateness=0), trade(5), trade(95), trade(100))) == [(0, 1), (90, 1)]


def test_the_grid_is_utc_and_can_be_moved() -> None:
    assert spans(feed(TimeBars(MINUTE, lateness=0), trade(90 * SECOND), trade(120 * SECOND))) == [(60 * SECOND, 1)]
    moved: TimeBars[Decimal] = TimeBars(10, lateness=0, offset=13)
    assert spans(feed(moved, trade(2), trade(3), trade(12), trade(13))) == [(-7, 1), (3, 2)]


def test_a_timer_closes_a_bar_while_no_trade_comes() -> None:
    bars: TimeBars[Decimal] = TimeBars(10, lateness=3)
    assert bars.next_timer() is None
    feed(bars, trade(12))
    assert bars.next_timer() == 23
    (bar,) = bars.on_timer(23)
    assert (bar.open_at, bar.close_at, bar.received_at) == (10, 20, 23)
    assert bars.next_timer() is None


def test_a_slow_trade_still_finds_its_bar_within_the_lateness() -> None:
    bars: TimeBars[Decimal] = TimeBars(10, lateness=5)
    got = [out for at in (8, 12, 9, 14, 7) for out in bars.transform(trade(at), at)]
    assert got == []
    (first,) = bars.transform(trade(15), 15)
    assert (first.open_at, first.trades, first.close, first.late) == (0, 3, Decimal(10), 0)
    (second,) = bars.transform(trade(25), 25)
    assert (second.open_at, second.trades) == (10, 3)


def test_a_later_one_is_left_out_and_told() -> None:
    bars: TimeBars[Decimal] = TimeBars(10, lateness=0)
    feed(bars, trade(5), trade(12))
    assert list(bars.transform(trade(9, "99"), 13)) == []
    assert list(bars.transform(trade(1, "99"), 13)) == []
    (second, third) = feed(bars, trade(20), trade(30))
    assert (second.trades, second.high, second.late) == (1, Decimal(10), 2)
    assert third.late == 0
    assert bars.late == 2


def test_a_trade_before_the_first_is_late_by_the_same_rule() -> None:
    bars: TimeBars[Decimal] = TimeBars(10, lateness=5)
    (bar,) = [out for at in (100, 50, 96, 120) for out in bars.transform(trade(at), at) if out.open_at == 100]
    assert bars.late == 1
    assert bar.late == 0  # the bar at 90 came first and told it


def test_a_timer_and_a_trade_of_the_same_time_close_it_once() -> None:
    bars: TimeBars[Decimal] = TimeBars(10, lateness=0)
    assert spans(feed(bars, trade(5), trade(10), trade(20))) == [(0, 1), (10, 1)]
    assert list(bars.on_timer(20)) == []


def test_by_the_time_of_receipt() -> None:
    bars: TimeBars[Decimal] = TimeBars(10, basis="received", lateness=0)
    got = [out for now, at in [(1, 500), (9, None), (10, 0), (7, 3), (20, 0)] for out in bars.transform(trade(at), now)]
    assert spans(got) == [(0, 2), (10, 2)]  # a clock that steps back makes nothing late
    assert bars.late == 0


def test_the_time_of_receipt_stands_in_for_the_venues() -> None:
    bars: TimeBars[Decimal] = TimeBars(10, lateness=0)
    got = [out for now in (1, 12) for out in bars.transform(trade(None), now)]
    assert spans(got) == [(0, 1)]


def test_empty_bars_on_request() -> None:
    bars: TimeBars[Any] = TimeBars(10, lateness=0, emit_empty=True)
    got: list[Bar[Any]] = [out for at in (5, 38) for out in bars.transform(trade(at, str(at)), at)]
    assert spans(got) == [(0, 1), (10, 0), (20, 0)]
    assert (got[1].open, got[1].high, got[1].low, got[1].close) == (5, 5, 5, 5)
    assert (got[1].volume, got[1].quote_volume, got[1].buy_volume, got[1].vwap) == (0, 0, 0, None)
    assert bars.next_timer() == 40
    (timed,) = bars.on_timer(40)
    assert (timed.open_at, timed.trades) == (30, 1)
    assert bars.next_timer() == 50
    (empty,) = bars.on_timer(50)
    assert (empty.open_at, empty.trades, empty.close) == (40, 0, 38)


def test_no_empty_bars_before_the_first_trade() -> None:
    bars: TimeBars[Decimal] = TimeBars(10, lateness=0, emit_empty=True)
    assert bars.next_timer() is None
    assert list(bars.transform(trade(1_000), 1_000)) == []


def test_a_gap_is_not_filled() -> None:
    bars: TimeBars[Decimal] = TimeBars(10, lateness=0, emit_empty=True, max_empty=3)
    got = [out for at in (5, 15, 55, 10**18) for out in bars.transform(trade(at), at)]
    assert spans(got) == [(0, 1), (10, 1), (20, 0), (30, 0), (40, 0), (50, 1)]
    assert bars.next_timer() == 10**18 + 10


def test_the_end_of_the_stream_flushes_what_is_open() -> None:
    bars: TimeBars[Decimal] = TimeBars(10, lateness=20, emit_empty=True)
    feed(bars, trade(5), trade(28))
    got = list(bars.on_end(30))
    assert [(bar.open_at, bar.trades, bar.complete, bar.received_at) for bar in got] == [
        (0, 1, False, 30),
        (10, 0, True, 30),
        (20, 1, False, 30),
    ]
    assert list(bars.on_end(30)) == []


events = st.lists(st.tuples(st.integers(0, 12), st.integers(-4, 4), st.integers(1, 9)), min_size=1, max_size=60)


@given(rows=events, interval=st.integers(1, 20), lateness=st.integers(0, 15), live=st.booleans())
def test_each_trade_is_in_the_bar_of_its_time_or_late(rows: Any, interval: int, lateness: int, live: bool) -> None:
    bars: TimeBars[Decimal] = TimeBars(interval, lateness=min(lateness, 1000 * interval))
    got: list[Bar[Decimal]] = []
    now = newest = 0
    expected: dict[int, list[Decimal]] = {}
    late = 0
    passed = -(10**9)  # what time has shown to be over
    for step, jitter, price in rows:
        now += step
        at = max(0, now + jitter)
        if live:
            run_timers(bars, now, got)
            ends = [open_at + interval for open_at in expected if open_at + interval + lateness <= now]
            passed = max([passed, *ends])
        got.extend(bars.transform(trade(at, str(price)), now))
        newest = max(newest, at)
        passed = max(passed, newest - lateness)
        open_at = at - at % interval
        if open_at + interval <= passed:
            late += 1
        else:
            expected.setdefault(open_at, []).append(Decimal(price))
    got.extend(bars.on_end(now))
    assert [bar.open_at for bar in got] == sorted(expected)
    assert [(b.open, b.high, b.low, b.close, b.trades) for b in got] == [
        (p[0], max(p), min(p), p[-1], len(p)) for _, p in sorted(expected.items())
    ]
    assert bars.late == late
    assert sum(bar.late for bar in got) <= late


@pytest.mark.parametrize("arguments", [{"interval": 0}, {"interval": 1, "lateness": -1}, {"interval": 1}], ids=str)
def test_arguments_that_cannot_work(arguments: Any) -> None:
    with pytest.raises(ConfigurationError):  # the default lateness is more than a thousand nanosecond bars
        TimeBars(**arguments)
    assert TimeBars[Decimal](MILLISECOND).next_timer() is None


# By count, volume and value.


def test_tick_bars() -> None:
    bars: TickBars[Decimal] = TickBars(2)
    got = feed(bars, trade(1, "10"), trade(4, "12"), trade(9, "11"))
    (bar,) = got
    assert (bar.open_at, bar.close_at, bar.open, bar.close, bar.trades) == (1, 4, 10, 12, 2)
    (rest,) = bars.on_end(20)
    assert (rest.open_at, rest.close_at, rest.trades, rest.complete) == (9, 9, 1, False)
    assert list(bars.on_end(20)) == []


def test_tick_bars_of_trades_out_of_order() -> None:
    bars: TickBars[Decimal] = TickBars(2)
    got = [out for at in (5, 3, 4, 8) for out in bars.transform(trade(at), at)]
    assert [(bar.open_at, bar.close_at) for bar in got] == [(5, 5), (5, 8)]


def test_volume_bars_do_not_split_a_trade() -> None:
    bars: VolumeBars[Decimal] = VolumeBars(Decimal(10))
    got = feed(bars, trade(1, "1", "4"), trade(2, "1", "6"), trade(3, "1", "35"), trade(4, "1", "9"))
    assert [(bar.volume, bar.trades) for bar in got] == [(10, 2), (35, 1)]


def test_value_bars_count_the_quote_asset() -> None:
    bars: ValueBars[float] = ValueBars(100.0)
    got = feed(bars, trade(1, 10.0, 4.0), trade(2, 20.0, 3.0), trade(3, 99.0, 1.0))
    assert [(bar.quote_volume, bar.trades) for bar in got] == [(100.0, 2)]


@given(
    sizes=st.lists(st.integers(1, 50), max_size=50),
    threshold=st.integers(1, 60),
)
def test_threshold_bars_lose_nothing(sizes: list[int], threshold: int) -> None:
    bars: VolumeBars[Decimal] = VolumeBars(Decimal(threshold))
    got = feed(bars, *(trade(at, "1", str(size)) for at, size in enumerate(sizes)))
    rest = list(bars.on_end(0))
    assert sum(bar.volume for bar in got + rest) == sum(sizes)
    assert sum(bar.trades for bar in got + rest) == len(sizes)
    assert all(bar.volume >= threshold for bar in got)
    assert all(bar.volume < threshold for bar in rest)


@pytest.mark.parametrize(
    "make",
    [lambda: TickBars(0), lambda: VolumeBars(Decimal(0)), lambda: VolumeBars(float("nan")), lambda: ValueBars(-1.0)],
)
def test_thresholds_that_cannot_work(make: Any) -> None:
    with pytest.raises(ConfigurationError):
        make()


@pytest.mark.parametrize("bars", [TimeBars[Decimal](MINUTE), TickBars[Decimal](3)])
def test_another_instrument_is_refused(bars: Any) -> None:
    bars.transform(trade(1), 1)
    with pytest.raises(ConfigurationError, match="keyed"):
        bars.transform(trade(1, instrument="ETH"), 1)
