"""Times of the wire: every precision, both directions, every way to be wrong."""

import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import ParseError
from barterpy.protocols.fix.timestamps import (
    Precision,
    format_date,
    format_timestamp,
    parse_date,
    parse_time,
    parse_timestamp,
    timestamp_text,
)

_FIRST = parse_timestamp(b"00010101-00:00:00")
_LAST = parse_timestamp(b"99991231-23:59:59.999999999")
_DIGITS: dict[Precision, int] = {"s": 0, "ms": 3, "us": 6, "ns": 9}


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        (b"19700101-00:00:00", 0),
        (b"19691231-23:59:59.5", -500_000_000),
        (b"20240611-09:01:46", 1_718_096_506_000_000_000),
        (b"20240611-09:01:46.2", 1_718_096_506_200_000_000),
        (b"20240611-09:01:46.228", 1_718_096_506_228_000_000),
        (b"20240611-09:01:46.228950", 1_718_096_506_228_950_000),
        (b"20240611-09:01:46.228950123", 1_718_096_506_228_950_123),
        (b"20240611-09:01:46.228950123999", 1_718_096_506_228_950_123),  # picoseconds, FIX 5.0SP2 EP
        (b"20161231-23:59:60", 1_483_228_800_000_000_000),  # the leap second is the next day's first
        (b"20161231-23:59:60.250", 1_483_228_800_250_000_000),
        (b"20240229-00:00:00", 1_709_164_800_000_000_000),
    ],
)
def test_timestamps_are_nanoseconds(text: bytes, nanoseconds: int) -> None:
    assert parse_timestamp(text) == nanoseconds


@pytest.mark.parametrize(
    "text",
    [
        *(
            b"",
            b"2024",
            b"20240611",
            b"20240611-09:01",
            b"20240611 09:01:46",
            b"20240611-09:01:46.",
            b"20240611-09:01:46,5",
        ),
        *(b"20240611-9:01:46", b"20240611-24:00:00", b"20240611-09:60:46", b"20240611-09:01:61", b"20240231-00:00:00"),
        *(
            b"20241301-00:00:00",
            b"00000101-00:00:00",
            b"+0240611-09:01:46",
            b"20240611-09:01:46Z",
            b"20240611-09:01:46.5Z",
        ),
        *(b"20240611-09:01:46.-5", b"20240611-+9:01:46", b"20240611-09-01-46", b"2024-06-11T09:01:46", b"\xff" * 17),
        *(b"20240611-09:01:46 ", b" 20240611-09:01:46", b"20240611-09:0a:46", "\uff12\uff10240611-09:01:46".encode()),
    ],
)
def test_what_is_no_timestamp(text: bytes) -> None:
    with pytest.raises(ParseError, match="cannot parse timestamp") as caught:
        parse_timestamp(text)
    assert caught.value.payload == text


@pytest.mark.parametrize(
    ("precision", "text"),
    [
        ("s", b"20240611-09:01:46"),
        ("ms", b"20240611-09:01:46.228"),
        ("us", b"20240611-09:01:46.228950"),
        ("ns", b"20240611-09:01:46.228950999"),
    ],
)
def test_it_is_cut_and_not_rounded(precision: Precision, text: bytes) -> None:
    assert format_timestamp(1_718_096_506_228_950_999, precision) == text
    assert timestamp_text(1_718_096_506_228_950_999, precision) == text.decode()


def test_a_time_before_1970_is_cut_towards_the_past() -> None:
    assert format_timestamp(-1, "s") == b"19691231-23:59:59"
    assert format_timestamp(-1, "ms") == b"19691231-23:59:59.999"


@pytest.mark.parametrize("at", [_FIRST - 1, _LAST + 1, 1 << 80])
def test_a_year_of_five_digits_cannot_be_written(at: int) -> None:
    with pytest.raises(ValueError, match="a year from 1 to 9999"):
        format_timestamp(at)


@given(st.integers(_FIRST, _LAST), st.sampled_from(["s", "ms", "us", "ns"]))
def test_there_and_back(at: int, precision: Precision) -> None:
    step = 10 ** (9 - _DIGITS[precision])
    text = format_timestamp(at, precision)
    assert parse_timestamp(text) == at // step * step
    assert len(text) == 17 + (_DIGITS[precision] and _DIGITS[precision] + 1)


@given(st.binary(max_size=30))
def test_it_is_a_time_or_a_parse_error(text: bytes) -> None:
    for parse in (parse_timestamp, parse_time):
        with suppress(ParseError):
            assert isinstance(parse(text), int)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [(b"00:00:00", 0), (b"23:59:59.999", 86_399_999_000_000), (b"01:02:03.000000004", 3_723_000_000_004)],
)
def test_a_time_of_day(text: bytes, nanoseconds: int) -> None:
    assert parse_time(text) == nanoseconds


@pytest.mark.parametrize("text", [b"", b"24:00:00", b"1:02:03", b"01:02", b"01:02:03.", b"01.02.03", b"aa:bb:cc"])
def test_what_is_no_time_of_day(text: bytes) -> None:
    with pytest.raises(ParseError, match="cannot parse time"):
        parse_time(text)


def test_dates() -> None:
    assert parse_date(b"20240229") == dt.date(2024, 2, 29)
    assert format_date(dt.date(7, 1, 2)) == b"00070102"


@pytest.mark.parametrize("text", [b"", b"20230229", b"2024022", b"202402290", b"2024-2-9", b"20240a01"])
def test_what_is_no_date(text: bytes) -> None:
    with pytest.raises(ParseError, match="cannot parse date"):
        parse_date(text)
