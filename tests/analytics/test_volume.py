"""Rolling volume and VWAP against sums taken anew with fractions."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.analytics import RollingVolume, Vwap
from barterpy.errors import ConfigurationError, LimitExceeded
from barterpy.model import Trade


def trade(price: Any, size: Any, at: int | None = None, *, received_at: int = 0, instrument: str = "BTC") -> Trade[Any]:
    return Trade(
        venue="v",
        instrument=instrument,
        price=price,
        size=size,
        side=None,
        id="1",
        exchange_at=at,
        received_at=received_at,
    )


prices = st.decimals(Decimal("0.01"), Decimal(100_000), places=2)
sizes = st.decimals(Decimal(0), Decimal(1_000), places=4)
# Steps back are in it: trades out of order.
rows = st.lists(st.tuples(prices, sizes, st.integers(-5, 20)), min_size=1, max_size=60)
no_window: dict[str, int] = {}
windows: st.SearchStrategy[dict[str, int]] = st.one_of(
    st.integers(1, 70).map(lambda n: {"count": n}),
    st.integers(1, 60).map(lambda n: {"duration": n}),
    st.just(no_window),
)


def in_window(rows: list[tuple[Decimal, Decimal, int]], window: dict[str, int], newest: int) -> list[Any]:
    """What the documentation says is in the window after the last of ``rows``: (price, size, clamped time)."""
    if "count" in window:
        return rows[-window["count"] :]
    return [row for row in rows if row[2] > newest - window["duration"]] if window else rows


@pytest.mark.parametrize("number", [Decimal, float])
@given(rows=rows, window=windows)
def test_equals_the_sums_taken_anew(number: Any, rows: Any, window: dict[str, int]) -> None:
    volume = RollingVolume[Any](**window) if window else None
    vwap = Vwap[Any](**window)
    seen: list[Any] = []
    at = newest = 0
    for price, size, step in rows:
        at += step
        newest = at if not seen else max(newest, at)
        seen.append((number(price), number(size), newest))
        event = trade(number(price), number(size), at)
        inside = in_window(seen, window, newest)
        total = sum((Fraction(s) for _, s, _ in inside), Fraction(0))
        value = sum((Fraction(p) * Fraction(s) for p, s, _ in inside), Fraction(0))
        exact = number is Decimal
        if volume is not None:
            (out,) = volume.transform(event, 7)
            assert (out.instrument, out.exchange_at, out.received_at) == ("BTC", at, 7)
            assert out.trades == len(inside)
            assert Fraction(out.volume) == total if exact else float(total) == pytest.approx(out.volume, rel=1e-14)
            assert Fraction(out.quote_volume) == value if exact else float(value) == pytest.approx(out.quote_volume)
        averages = list(vwap.transform(event, 7))
        if not total:
            assert averages == []
        else:
            (average,) = averages
            assert average.trades == len(inside)
            assert abs(Fraction(average.price) - value / total) <= value / total * (
                Fraction(1, 10**27) if exact else Fraction(1, 10**13)
            )


def test_a_window_by_time_is_open_at_its_beginning() -> None:
    volume: RollingVolume[Decimal] = RollingVolume(duration=10)
    got = [out.volume for at in (0, 9, 10, 19, 30) for out in volume.transform(trade(Decimal(1), Decimal(1), at), 0)]
    assert got == [1, 2, 2, 2, 1]


def test_the_time_of_receipt_stands_in_for_the_venues() -> None:
    volume: RollingVolume[Decimal] = RollingVolume(duration=10)
    events = [trade(Decimal(1), Decimal(1), None, received_at=at) for at in (0, 5, 11)]
    assert [out.trades for event in events for out in volume.transform(event, event.received_at)] == [1, 2, 2]


def test_an_older_trade_counts_as_of_the_newest() -> None:
    volume: RollingVolume[Decimal] = RollingVolume(duration=10)
    got = [out.trades for at in (100, 1, 109, 110) for out in volume.transform(trade(Decimal(1), Decimal(1), at), 0)]
    assert got == [1, 2, 3, 2]


def test_no_error_grows_with_the_length_of_the_run() -> None:
    # Taking 1e16 off a running float sum again would leave nothing of the small trades.
    volume: RollingVolume[float] = RollingVolume(count=3)
    got = [out.volume for size in (1e16, 0.1, 0.2, 0.3) for out in volume.transform(trade(1.0, size, 0), 0)]
    assert got[-1] == pytest.approx(0.6, rel=1e-15)


def test_a_cumulative_vwap_in_float_does_not_drift() -> None:
    vwap: Vwap[float] = Vwap()
    outs = [out for _ in range(20_000) for out in vwap.transform(trade(0.1, 0.1, 0), 0)]
    assert outs[-1].volume == float(Fraction(0.1) * 20_000)
    assert outs[-1].price == pytest.approx(0.1, rel=1e-15)


@pytest.mark.parametrize("kind", [RollingVolume, Vwap])
def test_a_window_by_time_is_bounded(kind: Any) -> None:
    transformer = kind(duration=10, max_items=2)
    for at in (0, 1):
        transformer.transform(trade(Decimal(1), Decimal(1), at), 0)
    with pytest.raises(LimitExceeded, match="max_items allows 2, got 3"):
        transformer.transform(trade(Decimal(1), Decimal(1), 2), 0)
    (out,) = transformer.transform(trade(Decimal(1), Decimal(1), 10), 0)
    assert out.trades == 2


@pytest.mark.parametrize("kind", [RollingVolume, Vwap])
def test_another_instrument_is_refused(kind: Any) -> None:
    transformer = kind(count=2)
    transformer.transform(trade(Decimal(1), Decimal(1), 0), 0)
    with pytest.raises(ConfigurationError, match=r"BTC was given ETH.*keyed"):
        transformer.transform(trade(Decimal(1), Decimal(1), 0, instrument="ETH"), 0)


@pytest.mark.parametrize(
    "arguments",
    [{"count": 0}, {"duration": 0}, {"count": 1, "duration": 1}, {"duration": 1, "max_items": 0}],
    ids=str,
)
@pytest.mark.parametrize("kind", [RollingVolume, Vwap])
def test_arguments_that_cannot_work(kind: Any, arguments: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        kind(**arguments)


def test_rolling_volume_needs_a_window() -> None:
    with pytest.raises(ConfigurationError, match="count or a duration"):
        RollingVolume()
