"""What is counted: bursts and rates, windows that roll, figures of the other side, clocks that step back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError
from barterpy.limits import Gcra, Meter, RollingWindow

START = 1_000_000 * SECOND


def passed(meter: Meter, at: int, weight: int = 1) -> bool:
    if meter.wait(at, weight):
        return False
    meter.take(at, weight)
    return True


def test_a_burst_and_then_the_rate() -> None:
    meter = Gcra(10, 3)
    assert [passed(meter, START) for _ in range(4)] == [True, True, True, False]
    assert meter.wait(START, 1) == SECOND // 10
    assert meter.wait(START, 3) == 3 * SECOND // 10
    assert not passed(meter, START + SECOND // 10 - 1)
    assert passed(meter, START + SECOND // 10)
    assert meter.wait(START + SECOND // 10, 1) == SECOND // 10
    assert meter.idle(START + SECOND)
    assert not meter.idle(START + SECOND // 10)


def test_a_rate_of_several_seconds() -> None:
    meter = Gcra(300, per=300)
    assert (meter.capacity, meter.period) == (300, 300)
    assert passed(meter, START, 300)
    assert meter.wait(START, 1) == SECOND


def test_a_window_is_free_a_period_after_what_was_taken() -> None:
    meter = RollingWindow(3, 10)
    assert passed(meter, START, 2)
    assert passed(meter, START + 4 * SECOND)
    assert meter.wait(START + 5 * SECOND, 1) == 5 * SECOND
    assert meter.wait(START + 5 * SECOND, 3) == 9 * SECOND
    assert not passed(meter, START + 10 * SECOND - 1)
    assert passed(meter, START + 10 * SECOND, 2)
    assert meter.used(START + 10 * SECOND) == 3


def test_a_window_counts_what_lies_within_the_period() -> None:
    meter = RollingWindow(10, 1)
    for step in range(5):
        meter.take(START + step * SECOND // 10, 1)
    assert meter.used(START + SECOND // 2) == 5
    assert meter.used(START + SECOND + SECOND // 10) == 3
    assert meter.idle(START + 2 * SECOND)


@pytest.mark.parametrize("meter", [Gcra(10, 3), RollingWindow(3, 1)], ids=repr)
def test_what_is_given_back_can_be_taken_again(meter: Meter) -> None:
    assert passed(meter, START, 2)
    assert passed(meter, START + 1)
    meter.give_back(START, 2)
    assert passed(meter, START + 2, 2)
    assert not passed(meter, START + 2)


def test_what_has_left_the_window_is_not_given_back() -> None:
    meter = RollingWindow(3, 1)
    meter.take(START, 2)
    meter.take(START + SECOND, 2)
    meter.give_back(START, 2)
    assert meter.used(START + SECOND) == 2
    meter.give_back(START + SECOND, 2)
    assert meter.used(START + SECOND) == 0


@pytest.mark.parametrize("meter", [Gcra(3, 3), RollingWindow(3, 1)], ids=repr)
def test_nothing_weighs_nothing(meter: Meter) -> None:
    assert passed(meter, START, 3)
    assert passed(meter, START, 0)
    meter.give_back(START, 0)
    assert not passed(meter, START)


@pytest.mark.parametrize("meter", [Gcra(10, 10), RollingWindow(10, 1)], ids=repr)
def test_the_other_sides_figure_counts_when_it_is_higher(meter: Meter) -> None:
    meter.take(START, 4)
    meter.observe(START, 7)
    assert not meter.wait(START, 3)
    assert meter.wait(START, 4)
    meter.observe(START, 1)
    assert meter.wait(START, 4)
    assert meter.idle(START + SECOND)


@pytest.mark.parametrize("meter", [Gcra(10, 10), RollingWindow(10, 1)], ids=repr)
def test_the_other_sides_limit_counts_when_it_is_lower(meter: Meter) -> None:
    meter.observe(START, 0, 4)
    assert meter.capacity == 4
    assert meter.wait(START, 4) == 0
    assert meter.wait(START, 5) > 0
    meter.observe(START, 0, 1000)
    assert meter.capacity == 10
    meter.observe(START, 0, 0)
    assert meter.capacity == 1


@pytest.mark.parametrize("meter", [Gcra(1, 60), RollingWindow(60, 60)], ids=repr)
def test_a_clock_set_back_costs_a_period_at_most(meter: Meter) -> None:
    meter.take(START, 60)
    earlier = START - 3600 * SECOND
    assert 0 < meter.wait(earlier, 1) <= 60 * SECOND
    assert meter.wait(earlier + 60 * SECOND, 60) == 0


@pytest.mark.parametrize("meter", [Gcra(10, 7, per=2), RollingWindow(10, 2)], ids=repr)
def test_a_fresh_one_has_the_same_settings(meter: Meter) -> None:
    meter.observe(START, 5, 5)
    fresh = meter.fresh()
    assert fresh.idle(START)
    assert fresh.capacity > meter.capacity
    assert fresh.period == meter.period


def test_a_large_window_keeps_few_buckets_and_errs_on_the_safe_side() -> None:
    meter = RollingWindow(1_000_000, 60)
    for step in range(20_000):
        meter.take(START + step * SECOND // 100, 1)  # 200 seconds
    end = START + 19_999 * SECOND // 100
    assert 6000 <= meter.used(end) <= 6000 + 100 * 60 / 1024 + 1
    assert len(vars(meter)["_buckets"]) <= 1026


def test_giving_back_in_any_order_leaves_no_empty_buckets() -> None:
    meter = RollingWindow(100, 60)
    for step in range(1000):
        meter.take(START + step, 1)
        meter.take(START + step, 1)
        meter.give_back(START + step, 1)
        meter.give_back(START + step, 1)
    assert len(vars(meter)["_buckets"]) == 0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Gcra(0),
        lambda: Gcra(-1),
        lambda: Gcra(math.inf),
        lambda: Gcra(math.nan),
        lambda: Gcra(1, 0),
        lambda: Gcra(1, per=0),
        lambda: RollingWindow(0, 1),
        lambda: RollingWindow(1, 0),
        lambda: RollingWindow(1, -1),
        lambda: RollingWindow(1, math.inf),
        lambda: RollingWindow(1, math.nan),
    ],
)
def test_numbers_that_cannot_be_a_limit(make: object) -> None:
    with pytest.raises(ConfigurationError):
        make()  # type: ignore[operator]


def test_a_meter_says_what_it_allows() -> None:
    assert repr(RollingWindow(6000, 60)) == "6000 in 60 s"
    assert repr(Gcra(10, 20)) == "10 in 1 s, 20 at once"


@given(
    limit=st.integers(1, 3000),
    requests=st.lists(st.tuples(st.integers(0, 400_000_000), st.integers(1, 40), st.booleans()), max_size=120),
)
def test_no_period_ever_holds_more_than_the_limit(limit: int, requests: list[tuple[int, int, bool]]) -> None:
    """The time to wait is never too short, and exact where it need not be bounded: one nanosecond less does not fit."""
    meter = RollingWindow(limit, 1)
    now, taken = START, list[tuple[int, int]]()
    for gap, size, returned in requests:
        now += gap
        weight = min(size, limit)
        wait = meter.wait(now, weight)
        assert wait <= SECOND
        if wait and limit <= 1024:
            assert meter.wait(now + wait - 1, weight) > 0
        now += wait
        assert meter.wait(now, weight) == 0
        meter.take(now, weight)
        taken.append((now, weight))
        if returned:
            meter.give_back(now, weight)
            taken.pop()
        for end, _ in taken:
            assert sum(one for at, one in taken if end - SECOND < at <= end) <= limit


@given(
    burst=st.integers(1, 50),
    rate=st.integers(1, 1000),
    requests=st.lists(st.tuples(st.integers(0, SECOND), st.integers(1, 60)), max_size=100),
)
def test_a_rate_is_never_exceeded_in_the_long_run(burst: int, rate: int, requests: list[tuple[int, int]]) -> None:
    meter = Gcra(rate, burst)
    now, total = START, 0
    for gap, size in requests:
        weight = min(size, burst)
        now += gap
        now += meter.wait(now, weight)
        assert meter.wait(now, weight) == 0
        meter.take(now, weight)
        total += weight
        assert total <= burst + (now - START) / SECOND * rate + 1e-6
