"""Typed reads of fields by tag, shared by messages and by the entries of repeating groups."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Final, Literal, TypeVar, overload

from barterpy.errors import ParseError
from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing
from barterpy.protocols.fix.timestamps import parse_date, parse_time, parse_timestamp

__all__ = ["REQUIRED", "FieldReader", "Required", "to_decimal", "to_integer"]

D = TypeVar("D")

_FLOAT: Final = re.compile(rb"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")


class Required(Enum):
    """The default of a default: there is none, and a field that is not there is an error."""

    REQUIRED = 0


REQUIRED: Final = Required.REQUIRED


class FieldReader:
    """Reads fields by their tag. Of a tag that stands several times, the first is read; the inside of data never is.

    Every typed read takes a ``default``, which is returned when the field is not there. Without one:

    :raises barterpy.protocols.fix.errors.FieldMissing: there is no such field
    :raises barterpy.protocols.fix.errors.FieldInvalid: it is there and not of that type, default or no default
    """

    __slots__ = ("_index", "_tags", "_values")

    _index: Mapping[int, int]
    _tags: Sequence[int]
    # From position 1 on: in a list, or found by the expression of a shape.
    _values: "list[bytes] | re.Match[bytes]"

    def __contains__(self, tag: int) -> bool:
        return tag in self._index

    def value(self, tag: int) -> bytes | None:
        """The value as it is on the wire, or None."""
        position = self._index.get(tag)
        return None if position is None else self._values[position]

    def get(self, tag: int) -> str | None:
        """The value as text, or None."""
        position = self._index.get(tag)
        return None if position is None else self._values[position].decode("utf-8", "surrogateescape")

    @overload
    def text(self, tag: int) -> str: ...
    @overload
    def text(self, tag: int, default: D) -> str | D: ...
    def text(self, tag: int, default: D | Literal[Required.REQUIRED] = REQUIRED) -> str | D:
        """The value as text: UTF-8, in which other bytes become surrogates (PEP 383), so that none is lost."""
        try:
            return self._values[self._index[tag]].decode()
        except KeyError:
            return self._missing(tag, default)
        except UnicodeDecodeError:
            return self._values[self._index[tag]].decode("utf-8", "surrogateescape")

    @overload
    def integer(self, tag: int) -> int: ...
    @overload
    def integer(self, tag: int, default: D) -> int | D: ...
    def integer(self, tag: int, default: D | Literal[Required.REQUIRED] = REQUIRED) -> int | D:
        """An int: digits, perhaps after a minus; leading zeros are right, a plus is not."""
        try:
            value = self._values[self._index[tag]]
            return int(value) if value.isdigit() else to_integer(value)
        except KeyError:
            return self._missing(tag, default)
        except ValueError as error:
            raise self._invalid(tag, error) from None

    @overload
    def decimal(self, tag: int) -> Decimal: ...
    @overload
    def decimal(self, tag: int, default: D) -> Decimal | D: ...
    def decimal(self, tag: int, default: D | Literal[Required.REQUIRED] = REQUIRED) -> Decimal | D:
        """A float of FIX (Price, Qty, Amt, …), exact: digits with at most one point, perhaps after a minus."""
        try:
            value = self._values[self._index[tag]]
            return Decimal(value.decode()) if value.replace(b".", b"", 1).isdigit() else to_decimal(value)
        except KeyError:
            return self._missing(tag, default)
        except ValueError as error:
            raise self._invalid(tag, error) from None

    @overload
    def boolean(self, tag: int) -> bool: ...
    @overload
    def boolean(self, tag: int, default: D) -> bool | D: ...
    def boolean(self, tag: int, default: D | Literal[Required.REQUIRED] = REQUIRED) -> bool | D:
        """``Y`` or ``N``."""
        value = self.value(tag)
        if value is None:
            return self._missing(tag, default)
        if value == b"Y":
            return True
        if value == b"N":
            return False
        raise FieldInvalid(tag, "neither Y nor N", self._payload())

    @overload
    def timestamp(self, tag: int) -> int: ...
    @overload
    def timestamp(self, tag: int, default: D) -> int | D: ...
    def timestamp(self, tag: int, default: D | Literal[Required.REQUIRED] = REQUIRED) -> int | D:
        """A UTCTimestamp in nanoseconds UTC, with any count of digits after the second."""
        try:
            return parse_timestamp(self._values[self._index[tag]])
        except KeyError:
            return self._missing(tag, default)
        except ParseError as error:
            raise self._invalid(tag, error) from None

    @overload
    def date(self, tag: int) -> dt.date: ...
    @overload
    def date(self, tag: int, default: D) -> dt.date | D: ...
    def date(self, tag: int, default: D | Literal[Required.REQUIRED] = REQUIRED) -> dt.date | D:
        """A UTCDateOnly or a LocalMktDate."""
        try:
            return parse_date(self._values[self._index[tag]])
        except KeyError:
            return self._missing(tag, default)
        except ParseError as error:
            raise self._invalid(tag, error) from None

    @overload
    def time(self, tag: int) -> int: ...
    @overload
    def time(self, tag: int, default: D) -> int | D: ...
    def time(self, tag: int, default: D | Literal[Required.REQUIRED] = REQUIRED) -> int | D:
        """A UTCTimeOnly in nanoseconds since midnight."""
        try:
            return parse_time(self._values[self._index[tag]])
        except KeyError:
            return self._missing(tag, default)
        except ParseError as error:
            raise self._invalid(tag, error) from None

    @overload
    def data(self, tag: int) -> bytes: ...
    @overload
    def data(self, tag: int, default: D) -> bytes | D: ...
    def data(self, tag: int, default: D | Literal[Required.REQUIRED] = REQUIRED) -> bytes | D:
        """The bytes of a data field, separators among them, or of any other."""
        try:
            return self._values[self._index[tag]]
        except KeyError:
            return self._missing(tag, default)

    def fields(self) -> list[tuple[int, bytes]]:
        """All fields in the order of the wire, those of groups among them."""
        values = self._values
        return [(tag, values[position]) for position, tag in enumerate(self._tags, 1)]

    def _missing(self, tag: int, default: D | Literal[Required.REQUIRED]) -> D:
        if default is REQUIRED:
            raise FieldMissing(tag, self._payload()) from None
        return default

    def _invalid(self, tag: int, error: Exception) -> FieldInvalid:
        reason = error.reason if isinstance(error, ParseError) else str(error)
        return FieldInvalid(tag, reason, self._payload())

    def _payload(self) -> bytes:
        """The bytes that were read, for an error to keep."""
        return b"".join(b"%d=%b\x01" % field for field in self.fields())


def to_integer(value: bytes) -> int:
    """An int of FIX.

    :raises ValueError: anything else, although Python would take ``+1``, ``1_0`` and spaces around it
    """
    if (value[1:] if value.startswith(b"-") else value).isdigit():
        return int(value)
    raise ValueError("not an int")


def to_decimal(value: bytes) -> Decimal:
    """A float of FIX, exact.

    :raises ValueError: anything else, although Python would take ``1E5``, ``NaN`` and ``1_0``
    """
    if _FLOAT.fullmatch(value):
        return Decimal(value.decode())
    raise ValueError("not a float")
