"""UTCTimestamp and its relatives: text of the wire to nanoseconds and back (FIX 4.4 volume 1, "Data Types").

``YYYYMMDD-HH:MM:SS`` with any count of digits after the second. Times of one stream share their seconds, so what was
made of a second is kept, and a stamp costs its fraction alone.
"""

import datetime as dt
from functools import lru_cache
from typing import Final, Literal

from barterpy.errors import ParseError

__all__ = [
    "Precision",
    "format_date",
    "format_timestamp",
    "parse_date",
    "parse_time",
    "parse_timestamp",
    "timestamp_text",
]

Precision = Literal["s", "ms", "us", "ns"]
"""The digits of a second that are written: none, three, six or nine."""

_NANOS: Final = 1_000_000_000
_DAY: Final = 86_400
_EPOCH: Final = dt.date(1970, 1, 1).toordinal()
_LAST: Final = dt.date.max.toordinal()
_SECONDS: Final = 4096
"""Seconds whose text is remembered, in each direction."""
_MILLIS: Final = tuple(f".{millis:03d}" for millis in range(1000))


def parse_timestamp(value: bytes) -> int:
    """Nanoseconds UTC of a UTCTimestamp. Digits beyond the ninth are cut; the leap second 60 is the next minute's 0.

    :raises barterpy.errors.ParseError: not such a time
    """
    try:
        seconds = _epoch_second(value[:17])
        return seconds if len(value) == 17 else seconds + _fraction(value[17:])
    except ValueError as error:
        raise ParseError(str(error), value, kind="timestamp") from None


def parse_time(value: bytes) -> int:
    """Nanoseconds since midnight of a UTCTimeOnly, ``HH:MM:SS`` with any count of digits after the second.

    :raises barterpy.errors.ParseError: not such a time
    """
    try:
        seconds = _second_of_day(value[:8]) * _NANOS
        return seconds if len(value) == 8 else seconds + _fraction(value[8:])
    except ValueError as error:
        raise ParseError(str(error), value, kind="time") from None


def parse_date(value: bytes) -> dt.date:
    """A UTCDateOnly or LocalMktDate, ``YYYYMMDD``.

    :raises barterpy.errors.ParseError: not such a date
    """
    try:
        return _date(value)
    except ValueError as error:
        raise ParseError(str(error), value, kind="date") from None


def format_timestamp(at: int, precision: Precision = "ms") -> bytes:
    """The UTCTimestamp of ``at``, nanoseconds UTC, cut to the precision and not rounded: it never lies in the future.

    :raises ValueError: outside of the years 1 to 9999
    """
    if precision == "ms":  # as nearly all are written
        second, nanos = divmod(at, _NANOS)
        return (_text_of_second(second) + _MILLIS[nanos // 1_000_000]).encode()
    return timestamp_text(at, precision).encode()


def timestamp_text(at: int, precision: Precision = "ms") -> str:
    """The same as text."""
    second, nanos = divmod(at, _NANOS)
    if precision == "ms":
        return _text_of_second(second) + _MILLIS[nanos // 1_000_000]
    if precision == "us":
        return f"{_text_of_second(second)}.{nanos // 1_000:06d}"
    if precision == "ns":
        return f"{_text_of_second(second)}.{nanos:09d}"
    return _text_of_second(second)


def format_date(date: dt.date) -> bytes:
    """``YYYYMMDD``."""
    return b"%04d%02d%02d" % (date.year, date.month, date.day)


@lru_cache(_SECONDS)
def _text_of_second(second: int) -> str:
    days, rest = divmod(second, _DAY)
    if not 0 < days + _EPOCH <= _LAST:
        raise ValueError("a timestamp is of a year from 1 to 9999")
    minutes, seconds = divmod(rest, 60)
    date = format_date(dt.date.fromordinal(days + _EPOCH)).decode()
    return f"{date}-{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


@lru_cache(_SECONDS)
def _epoch_second(text: bytes) -> int:
    if len(text) != 17 or text[8:9] != b"-":
        raise ValueError("not of the form YYYYMMDD-HH:MM:SS")
    days = _date(text[:8]).toordinal() - _EPOCH
    return (days * _DAY + _second_of_day(text[9:])) * _NANOS


def _second_of_day(text: bytes) -> int:
    if len(text) != 8 or text[2:3] != b":" or text[5:6] != b":":
        raise ValueError("not of the form HH:MM:SS")
    hours, minutes, seconds = text[:2], text[3:5], text[6:]
    if not (hours.isdigit() and minutes.isdigit() and seconds.isdigit()):
        raise ValueError("a time of day has digits only")
    if hours > b"23" or minutes > b"59" or seconds > b"60":
        raise ValueError("no such time of day")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def _date(text: bytes) -> dt.date:
    if len(text) != 8 or not text.isdigit():
        raise ValueError("a date has eight digits")
    return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _fraction(text: bytes) -> int:
    digits = text[1:]
    if text[:1] != b"." or not digits.isdigit():
        raise ValueError("after the second comes a point with digits, or nothing")
    return int(digits[:9].ljust(9, b"0"))
