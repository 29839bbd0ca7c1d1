"""The model: numbers from and to the wire, instruments' rules, events as values."""

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy import model
from barterpy.errors import ConfigurationError
from barterpy.model import (
    Instrument,
    InstrumentKind,
    Level,
    Side,
    TickStep,
    Trade,
    TradingStatus,
    decimal_number,
    float_number,
    number_parser,
    plain,
)

# Numbers.


@pytest.mark.parametrize("text", ["0", "-0.10", "1.000", "00012.5", "123456789012345678901234567890.123456789", "1E-8"])
def test_a_decimal_is_exact(text: str) -> None:
    assert decimal_number(text) == Fraction(text)
    assert str(decimal_number(text)) == str(Decimal(text))


@pytest.mark.parametrize("text", ["", "abc", "NaN", "sNaN", "Infinity", "-inf", "1,5", "0x10", "--1", "1.2.3"])
def test_what_is_not_a_finite_number(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        decimal_number(text)


@pytest.mark.parametrize("text", ["1e401", "1E-401", "-1e999999999", "0e-999999999", "1e999999999999999999"])
def test_a_number_that_would_fill_the_memory_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="within 1e"):
        decimal_number(text)
    assert len(plain(Decimal(text))) < 30
    assert Decimal(plain(Decimal(text))) == Decimal(text)


@pytest.mark.parametrize("text", ["1e400", "9.99e400", "1e-400", "5e-324", "1.7976931348623157e308", "0e-400"])
def test_every_float_is_within_the_bounds_of_a_number(text: str) -> None:
    assert Decimal(plain(decimal_number(text))) == Decimal(text)


def test_a_long_text_is_cut_in_the_error() -> None:
    with pytest.raises(ValueError, match="not a number") as caught:
        decimal_number("x" * 10_000)
    assert len(str(caught.value)) < 100


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_read_as_python_reads_it(number: float) -> None:
    read = float_number(repr(number))
    assert (type(read), repr(read)) == (float, repr(number))


@given(text=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**25), max_value=10**25).map(plain))
def test_the_float_of_a_decimal_text_is_the_nearest(text: str) -> None:
    assert float_number(text) == float(text)


@pytest.mark.parametrize(
    "text", ["", "abc", "NaN", "nan", "-NaN", "Infinity", "-Infinity", "inf", "-inf", "1e400", "9" * 400, "1,5", "null"]
)
def test_what_is_not_a_finite_number_is_no_float(text: str) -> None:
    with pytest.raises(ValueError, match=r"malformed|truncated|out of range|Expected `float`"):
        float_number(text)


@pytest.mark.parametrize(
    ("number", "parser"),
    [(Decimal, decimal_number), (decimal_number, decimal_number), (float, float_number), (float_number, float_number)],
)
def test_what_a_venue_makes_numbers_with(number: Any, parser: Any) -> None:
    assert number_parser(number) is parser


def test_a_parser_of_ones_own_is_taken_as_it_is() -> None:
    def cents(text: str) -> Decimal:
        return Decimal(text).quantize(Decimal("0.01"))

    assert number_parser(cents) is cents


@pytest.mark.parametrize("number", [str, int, Fraction, bool, complex, None, "float", lambda: 1.5])
def test_numbers_nobody_can_compute_with_are_refused_with_what_to_write_instead(number: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"number=Decimal .* number=float") as caught:
        number_parser(number)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-8"), "0.00000001"),
        (Decimal("1.10"), "1.10"),
        (Decimal("-0.5"), "-0.5"),
        (1e-8, "0.00000001"),
        (1e16, "10000000000000000"),
        (0.1, "0.1"),
        (5.0, "5.0"),
    ],
)
def test_plain_is_never_in_scientific_notation(number: Any, text: str) -> None:
    assert plain(number) == text


@pytest.mark.parametrize("number", [Decimal("NaN"), Decimal("Infinity"), float("nan"), float("-inf")])
def test_what_is_not_finite_does_not_go_on_the_wire(number: Any) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        plain(number)


@given(
    number=st.one_of(
        st.decimals(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False)
    )
)
def test_plain_keeps_every_digit(number: Decimal | float) -> None:
    text = plain(number)
    assert "e" not in text.lower()
    assert type(number)(text) == number


# Instruments.


def instrument(**rules: Any) -> Instrument:
    return Instrument(
        venue="v",
        symbol="BTCUSDT",
        unified="BTC/USDT",
        kind=InstrumentKind.SPOT,
        base="BTC",
        quote="USDT",
        status=TradingStatus.TRADING,
        venue_status="TRADING",
        **rules,
    )


@pytest.mark.parametrize(
    ("price", "tick", "rounded"),
    [
        ("100.014", "0.01", "100.01"),
        ("100.015", "0.01", "100.02"),
        ("-100.015", "0.01", "-100.02"),
        ("7", "5", "5"),
        ("7.5", "5", "10"),
        ("0.1", "0.25", "0"),
        ("3", None, "3"),
        ("3", "0", "3"),
    ],
)
def test_round_price_to_the_nearest_tick(price: str, tick: str | None, rounded: str) -> None:
    rules = {} if tick is None else {"tick_size": Decimal(tick)}
    assert instrument(**rules).round_price(Decimal(price)) == Decimal(rounded)


@pytest.mark.parametrize(
    ("size", "lot", "rounded"),
    [("1.999", "0.01", "1.99"), ("0.009", "0.01", "0"), ("7", "5", "5"), ("5", "5", "5"), ("1.23", None, "1.23")],
)
def test_round_size_down_to_the_lot(size: str, lot: str | None, rounded: str) -> None:
    rules = {} if lot is None else {"lot_size": Decimal(lot)}
    assert instrument(**rules).round_size(Decimal(size)) == Decimal(rounded)


steps = st.sampled_from([Decimal(step) for step in ("0.00001", "0.03", "0.25", "0.7", "1", "3", "1000")])
amounts = st.decimals(Decimal(0), Decimal(10**9), places=8)


@given(value=amounts, step=steps)
def test_rounding_lands_on_the_grid(value: Decimal, step: Decimal) -> None:
    rules = instrument(tick_size=step, lot_size=step)
    price, size = rules.round_price(value), rules.round_size(value)
    assert price % step == 0
    assert abs(price - value) * 2 <= step
    assert size % step == 0
    assert 0 <= value - size < step


def test_a_size_that_a_quotient_of_28_digits_would_round_up() -> None:
    size = Decimal("0.29999999999999999999999999999999")
    assert instrument(lot_size=Decimal("0.03")).round_size(size) == Decimal("0.27")


@pytest.mark.parametrize("value", ["NaN", "Infinity"])
def test_rounding_what_is_not_finite(value: str) -> None:
    rules = instrument(tick_size=Decimal("0.01"), lot_size=Decimal("0.01"))
    with pytest.raises(InvalidOperation):
        rules.round_price(Decimal(value))
    with pytest.raises(InvalidOperation):
        rules.round_size(Decimal(value))


# Events.


def trade() -> Trade[Decimal]:
    return Trade(
        venue="v",
        instrument="BTC",
        price=Decimal("1.50"),
        size=Decimal(2),
        side=Side.BUY,
        id="7",
        exchange_at=None,
        received_at=3,
    )


def test_events_are_values_that_do_not_change() -> None:
    event: Any = trade()
    assert event == trade()
    assert hash(event) == hash(trade())
    with pytest.raises(AttributeError):
        event.price = Decimal(2)


def test_an_event_says_in_json_what_it_is_and_comes_back() -> None:
    text = msgspec.json.encode(trade())
    assert msgspec.json.decode(text)["event"] == "trade"
    assert msgspec.json.decode(text)["price"] == "1.50"
    assert msgspec.json.decode(text, type=Trade[Decimal]) == trade()


def test_every_event_has_a_tag_of_its_own() -> None:
    structs = [
        value
        for name in model.__all__
        if isinstance(value := getattr(model, name), type) and issubclass(value, msgspec.Struct)
    ]
    structs.remove(model.RestingOrder)  # a part of events
    tags = [value.__struct_config__.tag for value in structs]
    assert len(set(tags)) == len(tags) > 15
    assert all(value.__struct_config__.tag_field == "event" for value in structs)


def test_a_level_is_a_pair() -> None:
    level = Level(Decimal(1), Decimal(2))
    price, size = level
    assert (price, size) == (level.price, level.size) == (Decimal("1.0"), Decimal("2.0"))
    assert level == Level(Decimal("1.0"), Decimal("2.0"))


def test_a_price_is_rounded_to_the_tick_of_its_range() -> None:
    option = instrument(
        tick_size=Decimal("0.0001"),
        tick_steps=(TickStep(Decimal("0.005"), Decimal("0.0005")), TickStep(Decimal(1), Decimal("0.1"))),
    )
    prices = {"0.00123": "0.0012", "0.005": "0.0050", "0.00512": "0.0050", "0.00526": "0.0055", "1.04": "1.0"}
    assert {price: str(option.round_price(Decimal(price))) for price in prices} == prices
