"""Quantiles within their promised error, over every size and sign; bounded memory; what exporters read."""

import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import ConfigurationError
from barterpy.metrics import Histogram

sizes = st.floats(min_value=1e-9, max_value=1e9)
values = st.one_of(st.just(0.0), sizes, sizes.map(lambda size: -size))


def filled(*numbers: float) -> Histogram:
    histogram = Histogram()
    for number in numbers:
        histogram.observe(number)
    return histogram


def test_an_empty_one_has_no_quantiles() -> None:
    empty = Histogram().snapshot()
    assert (empty.count, empty.sum, empty.p50, empty.p99, empty.minimum, empty.maximum) == (
        0,
        0.0,
        None,
        None,
        None,
        None,
    )
    assert Histogram().quantile(0.5) is None


@given(st.lists(values, min_size=1, max_size=60), st.floats(min_value=0, max_value=1))
def test_a_quantile_is_off_by_a_64th_at_most(numbers: list[float], q: float) -> None:
    found = filled(*numbers).quantile(q)
    exact = sorted(numbers)[max(1, math.ceil(q * len(numbers))) - 1]
    assert found is not None
    assert abs(found - exact) <= abs(exact) / 64 * 1.000001


@given(st.lists(values, min_size=1))
def test_the_snapshot_says_what_was_observed(numbers: list[float]) -> None:
    snapshot = filled(*numbers).snapshot()
    assert snapshot.count == len(numbers) == sum(count for _, _, count in snapshot.buckets)
    assert math.isclose(snapshot.sum, math.fsum(numbers), rel_tol=1e-6, abs_tol=1e-3)
    assert (snapshot.minimum, snapshot.maximum) == (min(numbers), max(numbers))
    lows = [low for low, _, _ in snapshot.buckets]
    assert lows == sorted(lows)


@given(st.lists(values), st.lists(values))
def test_merging_two_is_like_observing_all_in_one(first: list[float], second: list[float]) -> None:
    merged = filled(*first)
    merged.merge(filled(*second))
    together = filled(*first, *second).snapshot()
    assert merged.snapshot().buckets == together.buckets
    assert (merged.count, merged.snapshot().p99) == (together.count, together.p99)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_left_out(value: float) -> None:
    snapshot = filled(1.0, value).snapshot()
    assert (snapshot.count, snapshot.sum) == (1, 1.0)


@pytest.mark.parametrize("value", [5e-324, 1e-12, 1.7e308, -1.7e308, 2.0**40, 2.0**-32])
def test_sizes_out_of_range_go_to_the_outermost_buckets(value: float) -> None:
    histogram = filled(value)
    assert histogram.quantile(0.5) == value or abs(value) < 2**-30
    assert len(histogram.snapshot().buckets) == 1


def test_memory_is_bounded() -> None:
    histogram = Histogram()
    for exponent in range(-1074, 1024):
        for part in range(4):
            value = math.ldexp(1 + part / 4, exponent)
            histogram.observe(value)
            histogram.observe(-value)
    assert len(histogram.snapshot().buckets) <= 4609


def test_cumulative_counts_are_exact_at_powers_of_two() -> None:
    snapshot = filled(-3.0, -0.5, 0.0, 0.3, 0.75, 1.5, 1.9, 3.0).snapshot()
    assert list(snapshot.cumulative([-2.0, 0.0, 0.5, 1.0, 2.0, 4.0])) == [
        (-2.0, 1), (0.0, 3), (0.5, 4), (1.0, 5), (2.0, 7), (4.0, 8),
    ]  # fmt: skip


@pytest.mark.parametrize("q", [-0.01, 1.01, math.nan])
def test_a_quantile_outside_of_0_and_1_is_refused(q: float) -> None:
    with pytest.raises(ConfigurationError, match="between 0 and 1"):
        filled(1.0).quantile(q)


def test_it_can_be_read_while_another_thread_observes() -> None:
    histogram, done = Histogram(), threading.Event()

    def observe() -> None:
        number = 1
        while not done.is_set():
            histogram.observe(number % 1_000_003 / 7)
            number += 7919

    writer = threading.Thread(target=observe)
    writer.start()
    try:
        counts = [histogram.snapshot().count for _ in range(200)]
    finally:
        done.set()
        writer.join()
    assert counts == sorted(counts)
