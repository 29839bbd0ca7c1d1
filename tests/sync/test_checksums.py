"""Checksums against the venues' own examples, and the text that they are made of."""

from decimal import Decimal
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import ConfigurationError
from barterpy.model import Level
from barterpy.sync import DigitsChecksum, PairsChecksum, level_texts, text_level
from barterpy.sync.checksums import script_number


def test_kraken_spot_as_its_guide_computes_it() -> None:
    asks = [
        ("45285.2", "0.00100000"), ("45286.4", "1.54571953"), ("45286.6", "1.54571109"), ("45289.6", "1.54560911"),
        ("45290.2", "0.15890660"), ("45291.8", "1.54553491"), ("45294.7", "0.04454749"), ("45296.1", "0.35380000"),
        ("45297.5", "0.09945542"), ("45299.5", "0.18772827"),
    ]  # fmt: skip
    bids = [
        ("45283.5", "0.10000000"), ("45283.4", "1.54582015"), ("45282.1", "0.10000000"), ("45281.0", "0.10000000"),
        ("45280.3", "1.54592586"), ("45279.0", "0.07990000"), ("45277.6", "0.03310103"), ("45277.5", "0.30000000"),
        ("45277.3", "1.54602737"), ("45276.6", "0.15445238"),
    ]  # fmt: skip
    assert DigitsChecksum().compute(bids, asks) == 3310070434


def test_bitfinex_interleaves_and_asks_are_negative() -> None:
    checksum = PairsChecksum(negative_asks=True, script_numbers=True)
    assert checksum.compute([("6000", "1"), ("5900", "2.0")], [("6100.0", "3"), ("6200", "4")]) == 1756193398


def test_the_longer_side_goes_on_alone_and_an_empty_book_has_a_checksum() -> None:
    assert crc32(b"5:1:6:2:4:3") == 4078070468  # above 2**31
    assert PairsChecksum(signed=False).compute([("5", "1"), ("4", "3")], [("6", "2")]) == 4078070468
    assert PairsChecksum().compute([("5", "1"), ("4", "3")], [("6", "2")]) == 4078070468 - 2**32
    assert PairsChecksum().compute([], []) == 0


def test_a_decimal_keeps_the_text_it_was_made_of() -> None:
    assert level_texts([Level(Decimal("45283.50"), Decimal("0.00100000")), Level(Decimal("1e-7"), Decimal(3))]) == [
        ("45283.50", "0.00100000"),
        ("0.0000001", "3"),
    ]


def test_a_float_needs_its_text() -> None:
    level = text_level(45283.5, 0.001, "45283.50", "0.00100000")
    assert level == Level(45283.5, 0.001)
    assert level_texts([level]) == [("45283.50", "0.00100000")]
    with pytest.raises(ConfigurationError, match="TextLevel"):
        level_texts([Level(45283.5, 0.001)])


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("0", "0"),
        ("0.000", "0"),
        ("6000.0", "6000"),
        ("0.10", "0.1"),
        ("-3", "-3"),
        ("0.000001", "0.000001"),
        ("0.0000001", "1e-7"),
        ("1.25E-7", "1.25e-7"),
        ("100", "100"),
        ("1e20", "100000000000000000000"),
        ("1e21", "1e+21"),
        ("12300e19", "1.23e+23"),
        ("57.7020", "57.702"),
    ],
)
def test_numbers_as_javascript_prints_them(text: str, printed: str) -> None:
    assert script_number(text) == printed


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9))
def test_javascripts_text_is_the_same_number(number: Decimal) -> None:
    assert Decimal(script_number(str(number))) == number
