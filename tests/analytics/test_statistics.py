"""Rolling and exponential statistics against their definitions, computed anew with fractions."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.analytics import ExponentialStatistics, RollingStatistics, price_of, size_of
from barterpy.errors import ConfigurationError, LimitExceeded
from barterpy.model import Trade


def trade(price: Any, at: int = 0, instrument: str = "BTC") -> Trade[Any]:
    return Trade(
        venue="v",
        instrument=instrument,
        price=price,
        size=price * 2,
        side=None,
        id="1",
        exchange_at=at,
        received_at=at,
    )


values = st.decimals(Decimal(-1000), Decimal(100_000), places=3)
rows = st.lists(st.tuples(values, st.integers(-3, 15)), min_size=1, max_size=50)
windows = st.one_of(st.integers(1, 60).map(lambda n: {"count": n}), st.integers(1, 60).map(lambda n: {"duration": n}))


def close(actual: Any, expected: Fraction, scale: Fraction, number: Any) -> bool:
    tolerance = Fraction(1, 10**20) if number is Decimal else Fraction(1, 10**10)
    return abs(Fraction(actual) - expected) <= tolerance * max(scale, Fraction(1))


@pytest.mark.parametrize("number", [Decimal, float])
@given(rows=rows, window=windows)
def test_rolling_equals_its_definition(number: Any, rows: Any, window: dict[str, int]) -> None:
    statistics: RollingStatistics[Trade[Any], Any] = RollingStatistics(price_of, **window)
    seen: list[tuple[Any, int]] = []
    at = newest = 0
    for value, step in rows:
        at += step
        newest = at if not seen else max(newest, at)
        seen.append((number(value), newest))
        (out,) = statistics.transform(trade(number(value), at), 3)
        if "count" in window:
            inside = [Fraction(v) for v, _ in seen[-window["count"] :]]
        else:
            inside = [Fraction(v) for v, time in seen if time > newest - window["duration"]]
        mean = sum(inside) / Fraction(len(inside))
        variance = sum((v - mean) ** 2 for v in inside) / Fraction(len(inside))
        scale = max(abs(v) for v in inside)
        assert out.count == len(inside)
        assert (Fraction(out.min), Fraction(out.max)) == (min(inside), max(inside))
        assert close(out.mean, mean, scale, number)
        assert close(out.variance, variance, scale**2, number)
        assert (out.exchange_at, out.received_at) == (at, 3)


@pytest.mark.parametrize("number", [Decimal, float])
@pytest.mark.parametrize("by_time", [True, False])
@given(rows=rows, half_life=st.integers(1, 40))
def test_exponential_equals_its_definition(number: Any, by_time: bool, rows: Any, half_life: int) -> None:
    window = {"duration": half_life} if by_time else {"count": half_life}
    statistics: ExponentialStatistics[Trade[Any], Any] = ExponentialStatistics(price_of, **window)
    seen: list[tuple[Any, int]] = []
    at = newest = 0
    for index, (value, step) in enumerate(rows):
        at += step
        newest = at if not seen else max(newest, at)
        position = newest if by_time else index
        seen.append((number(value), position))
        (out,) = statistics.transform(trade(number(value), at), 3)
        weights = [Fraction(2.0 ** (-(position - then) / half_life)) for _, then in seen]
        numbers = [Fraction(v) for v, _ in seen]
        weight = sum(weights)
        mean = sum(w * v for w, v in zip(weights, numbers, strict=True)) / weight
        variance = sum(w * (v - mean) ** 2 for w, v in zip(weights, numbers, strict=True)) / weight
        scale = max(abs(v) for v in numbers)
        # The weights of this reference are floats, whichever type is tested.
        assert close(out.weight, Fraction(weight), Fraction(weight), float)
        assert close(out.mean, Fraction(mean), scale, float)
        assert close(out.variance, Fraction(variance), scale**2, float)


def test_no_cancellation() -> None:
    # Mean of squares less square of the mean gives 0 or worse here.
    rolling: RollingStatistics[Trade[float], float] = RollingStatistics(price_of, count=100)
    fading: ExponentialStatistics[Trade[float], float] = ExponentialStatistics(price_of, count=1_000_000)
    trades = [trade(1e9 + n % 2) for n in range(1_000)]
    rolled = [out.variance for event in trades for out in rolling.transform(event, 0)]
    faded = [out.variance for event in trades for out in fading.transform(event, 0)]
    assert rolled[-1] == pytest.approx(0.25, rel=1e-9)
    assert faded[-1] == pytest.approx(0.25, rel=1e-6)


def test_decimal_stays_exact_where_it_can() -> None:
    rolling: RollingStatistics[Trade[Decimal], Decimal] = RollingStatistics(price_of, count=2)
    outs = [out for price in ("0.1", "0.3", "0.5") for out in rolling.transform(trade(Decimal(price)), 0)]
    assert [(out.mean, out.variance) for out in outs] == [
        (Decimal("0.1"), 0),
        (Decimal("0.2"), Decimal("0.01")),
        (Decimal("0.4"), Decimal("0.01")),
    ]
    assert isinstance(outs[0].deviation, Decimal)
    assert outs[1].deviation == Decimal("0.1")


def test_derived_figures() -> None:
    rolling: RollingStatistics[Trade[float], float] = RollingStatistics(price_of, count=10)
    (one,) = rolling.transform(trade(1.0), 0)
    (two,) = rolling.transform(trade(3.0), 0)
    assert one.sample_variance is None
    assert (two.variance, two.sample_variance, two.deviation) == (1.0, 2.0, 1.0)
    fading: ExponentialStatistics[Trade[float], float] = ExponentialStatistics(price_of, count=1)
    fading.transform(trade(1.0), 0)
    (faded,) = fading.transform(trade(4.0), 0)
    assert (faded.mean, faded.variance, faded.weight) == (3.0, 2.0, 1.5)
    assert faded.deviation == math.sqrt(2.0)


def test_other_values_than_the_price() -> None:
    rolling: RollingStatistics[Trade[float], float] = RollingStatistics(size_of, count=10)
    (out,) = rolling.transform(trade(1.5), 0)
    assert out.mean == 3.0


@pytest.mark.parametrize("number", [Decimal, float])
def test_a_long_silence_forgets_without_failing(number: Any) -> None:
    fading: ExponentialStatistics[Trade[Any], Any] = ExponentialStatistics(price_of, duration=1)
    fading.transform(trade(number(5), 0), 0)
    (out,) = fading.transform(trade(number(7), 10**18), 0)
    assert (out.mean, out.variance, out.weight) == (7, 0, 1)


def test_events_of_one_instant_weigh_the_same() -> None:
    fading: ExponentialStatistics[Trade[float], float] = ExponentialStatistics(price_of, duration=10)
    outs = [out for price in (1.0, 2.0, 6.0) for out in fading.transform(trade(price, 5), 0)]
    assert (outs[-1].mean, outs[-1].weight) == (3.0, 3.0)


def test_a_window_by_time_is_bounded() -> None:
    rolling: RollingStatistics[Trade[float], float] = RollingStatistics(price_of, duration=10, max_items=1)
    rolling.transform(trade(1.0, 0), 0)
    with pytest.raises(LimitExceeded, match="max_items"):
        rolling.transform(trade(1.0, 5), 0)


@pytest.mark.parametrize("kind", [RollingStatistics, ExponentialStatistics])
def test_another_instrument_is_refused(kind: Any) -> None:
    statistics = kind(price_of, count=2)
    statistics.transform(trade(1.0), 0)
    with pytest.raises(ConfigurationError, match="keyed"):
        statistics.transform(trade(1.0, instrument="ETH"), 0)


@pytest.mark.parametrize("kind", [RollingStatistics, ExponentialStatistics])
@pytest.mark.parametrize("arguments", [{}, {"count": 0}, {"duration": -1}, {"count": 1, "duration": 1}], ids=str)
def test_arguments_that_cannot_work(kind: Any, arguments: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        kind(price_of, **arguments)
