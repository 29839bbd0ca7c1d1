"""A message on its way out: what an application says of it, before a session has numbered and stamped it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Final, Self, TypeAlias, cast

from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing
from barterpy.protocols.fix.groups import GroupPlace, group_span
from barterpy.protocols.fix.tags import DATA_FIELDS, HEADER_TAGS, SESSION_TAGS
from barterpy.protocols.fix.timestamps import Precision, format_date, format_timestamp

if TYPE_CHECKING:
    from barterpy.protocols.fix.message import Message

__all__ = ["Entries", "Field", "Fields", "Outgoing", "Received", "Timestamp", "Value", "to_bytes"]


class Timestamp(int):
    """Nanoseconds UTC which are a UTCTimestamp on the wire: an int that says what it is.

    It is sent with the session's precision, unless ``precision`` is its own.
    """

    precision: Precision | None = None

    def __new__(cls, at: int, precision: Precision | None = None) -> Self:
        stamp = super().__new__(cls, at)
        if precision is not None:
            stamp.precision = precision
        return stamp

    def __repr__(self) -> str:
        return f"Timestamp({int(self)})" if self.precision is None else f"Timestamp({int(self)}, {self.precision!r})"


class Entries(tuple["Fields", ...]):
    """The entries of a repeating group, each the fields of an entry in the order in which they are sent.

    The first field has to be the same in all of them (the delimiter). A nested group is a field with such a value.
    """

    __slots__ = ()


class Received:
    """A repeating group as it came: the count, and the fields of all entries in their order."""

    __slots__ = ("count", "fields")

    def __init__(self, count: bytes, fields: Sequence[tuple[int, bytes]]) -> None:
        self.count: bytes = count
        self.fields: tuple[tuple[int, bytes], ...] = tuple(fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Received):
            return NotImplemented
        return (self.count, self.fields) == (other.count, other.fields)

    def __hash__(self) -> int:
        return hash((self.count, self.fields))

    def __repr__(self) -> str:
        return f"Received({self.count!r}, {len(self.fields)} fields)"


Value: TypeAlias = str | bytes | int | Decimal | bool | dt.date | dt.time | Enum | Entries | Received
"""What a field may be given. A ``bool`` is sent as ``Y`` or ``N``, a ``Decimal`` never in scientific notation, a
``datetime`` (it has to know its zone) as a UTCTimestamp, an ``Enum`` as its value. No ``float``: it is not exact.

``bytes`` for a data field (RawData, …) get the length field in front of them, and may hold the separator. With ``str``
it is a field like any other, unless its length field is there as well: Deribit wants RawData without its length."""

Field: TypeAlias = tuple[int, Value]
Fields: TypeAlias = tuple[Field, ...]


_DATA: Final = frozenset(DATA_FIELDS.values())
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def to_bytes(tag: int, value: Value, precision: Precision = "ms", *, data: bool = False) -> bytes:
    """A value as it is sent.

    :param tag: whose value it is, for the error
    :param precision: digits of a timestamp which has no precision of its own
    :param data: it may hold the separator
    :raises barterpy.protocols.fix.errors.FieldInvalid: a separator, a number that is not finite, a type without text
    """
    try:
        text = _bytes(value, precision)
    except ValueError as error:
        raise FieldInvalid(tag, str(error)) from None
    if b"\x01" in text and not data:
        raise FieldInvalid(tag, "it holds the separator")
    return text


def _bytes(value: object, precision: Precision) -> bytes:
    match value:
        case Enum():
            return _bytes(value.value, precision)
        case str():
            return _encoded(value)
        case bytes():
            return value
        case bool():
            return b"Y" if value else b"N"
        case Timestamp():
            return format_timestamp(value, value.precision or precision)
        case int():
            return b"%d" % value
        case Decimal():
            if not value.is_finite():
                raise ValueError("a number has to be finite")
            return format(value, "f").encode()
        case dt.datetime():
            if value.utcoffset() is None:
                raise ValueError("a datetime has to know its zone")
            since = value - _EPOCH
            nanos = (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000
            return format_timestamp(nanos, precision)
        case dt.date():
            return format_date(value)
        case dt.time():
            if value.utcoffset():
                raise ValueError("a time has to be UTC")
            return value.replace(tzinfo=None).isoformat("microseconds" if value.microsecond else "seconds").encode()
        case float():
            raise ValueError("a float is not exact: give a Decimal")
        case _:
            raise ValueError(f"a {type(value).__name__} cannot be sent")


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise ValueError("not text that UTF-8 could say") from None


class Outgoing:
    """A message without what its session adds. Not to be changed: the methods give new ones.

    :param msg_type: MsgType (35)
    :param fields: the body, by tag or in order; it is sent in ascending order of tags unless the encoder says otherwise
    :param header: fields of the header beyond those a session sets, such as PossResend (97)

    What cannot be sent (a separator in a text, a tag that is none, a float) is found when it is encoded.
    """

    __slots__ = ("header", "msg_type", "raw_body", "tags", "values")

    def __init__(
        self,
        msg_type: str,
        fields: Mapping[int, Value] | Sequence[Field] = (),
        *,
        header: Mapping[int, Value] | Sequence[Field] = (),
    ) -> None:
        self.msg_type: str = msg_type
        self.tags: tuple[int, ...]
        """Tags of the body."""
        self.values: tuple[Value, ...]
        """The values of :attr:`tags`, one by one."""
        if fields.__class__ is dict:
            known = cast("dict[int, Value]", fields)
            self.tags, self.values = tuple(known), tuple(known.values())
        else:
            pairs = _pairs(fields)
            self.tags = tuple(tag for tag, _ in pairs)
            self.values = tuple(value for _, value in pairs)
        self.header: Fields = _pairs(header) if header else ()
        """Fields of the header which no session sets."""
        self.raw_body: bytes | None = None
        """The body as bytes, where it is to be sent as it was received."""

    @classmethod
    def echo(cls, message: "Message", groups: Mapping[int, GroupPlace] | None = None) -> "Outgoing":
        """The same message back: type, body, and what the header has beyond the fields of a session.

        :param groups: the repeating groups of the message by the tags of their counts, so that an entry's fields are
            not taken for the body's when these are sorted
        """
        shape = message.shape
        if shape is not None and shape.body_ascending:
            echo = cls.__new__(cls)  # what __init__ would do takes as long as all the rest
            echo.msg_type, echo.tags, echo.values, echo.header = shape.msg_type, (), (), ()
            echo.raw_body = message.raw_body()
            if shape.header_extras:
                received = message.fields()
                echo.header = tuple(received[group - 1] for group in shape.header_extras)
            return echo
        header = [field for field in _plain(message.header_fields()) if field[0] not in SESSION_TAGS]
        body = [field for field in message.body_fields() if field[0] not in SESSION_TAGS]
        fields = _grouped(body, groups or {})
        if len({tag for tag, _ in fields}) == len(fields):
            return cls(message.msg_type, fields, header=header)
        # Groups of which nothing is known: sorted, their entries would come apart.
        echo = cls(message.msg_type, header=header)
        echo.raw_body = b"".join(b"%d=%b\x01" % field for field in body)
        return echo

    @classmethod
    def of(cls, record: object) -> "Outgoing":
        """A typed message, see :mod:`barterpy.protocols.fix.records`; what is None in it is not sent.

        :raises barterpy.errors.ConfigurationError: it is no such message, or has no ``msg_type``
        """
        from barterpy.protocols.fix.records import fields_of

        msg_type, fields = fields_of(record)
        header = [field for field in fields if field[0] in HEADER_TAGS and field[0] not in SESSION_TAGS]
        return cls(msg_type, [field for field in fields if field[0] not in HEADER_TAGS], header=header)

    @staticmethod
    def group(tag: int, entries: Iterable[Mapping[int, Value] | Sequence[Field]]) -> Field:
        """A repeating group, as a field of ``fields``: ``Outgoing.group(453, [[(448, "A"), (447, "D")], …])``.

        :param tag: the tag of its count, which is the number of entries
        """
        return tag, Entries(_pairs(entry) for entry in entries)

    @property
    def fields(self) -> Fields:
        """The body; empty where it is :attr:`raw_body`."""
        return tuple(zip(self.tags, self.values, strict=True))

    def get(self, tag: int) -> Value | None:
        """The value of the first such field of the body or, if it has none, of the header."""
        for known, value in (*zip(self.tags, self.values, strict=True), *self.header):
            if known == tag:
                return value
        return None

    def __contains__(self, tag: int) -> bool:
        return tag in self.tags or any(known == tag for known, _ in self.header)

    def with_fields(self, fields: Mapping[int, Value] | Sequence[Field]) -> "Outgoing":
        """With these fields in the body, each in the place of those of the same tag, the others behind."""
        new = dict(_pairs(fields))
        kept = [(tag, new.pop(tag, value)) for tag, value in self._body()]
        return Outgoing(self.msg_type, [*kept, *new.items()], header=self.header)

    def with_header(self, fields: Mapping[int, Value] | Sequence[Field]) -> "Outgoing":
        """With these fields in the header, in the place of those of the same tag."""
        new = {**dict(self.header), **dict(_pairs(fields))}
        changed = Outgoing(self.msg_type, header=new)
        changed.tags, changed.values, changed.raw_body = self.tags, self.values, self.raw_body
        return changed

    def without(self, *tags: int) -> "Outgoing":
        """Without these fields, wherever they are."""
        body = [field for field in self._body() if field[0] not in tags]
        return Outgoing(self.msg_type, body, header=[field for field in self.header if field[0] not in tags])

    def _body(self) -> Fields:
        if self.raw_body is None:
            return self.fields
        from barterpy.protocols.fix.message import split_fields

        return tuple(_plain(list(zip(*split_fields(self.raw_body), strict=True))))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Outgoing):
            return NotImplemented
        return (self.msg_type, self.header, self._body()) == (other.msg_type, other.header, other._body())

    def __repr__(self) -> str:
        return f"Outgoing({self.msg_type!r}, {len(self._body())} fields)"


def _pairs(fields: Mapping[int, Value] | Sequence[Field]) -> Fields:
    return tuple(fields.items() if isinstance(fields, Mapping) else fields)


def _plain(fields: Sequence[tuple[int, bytes]]) -> list[Field]:
    """Fields as received, with the value of a data field as text where nothing told its length: it gets none now."""
    lengths = {DATA_FIELDS.get(tag) for tag, _ in fields}
    return [
        (tag, value.decode("utf-8", "surrogateescape") if tag in _DATA and tag not in lengths else value)
        for tag, value in fields
    ]


def _grouped(fields: Sequence[tuple[int, bytes]], groups: Mapping[int, GroupPlace]) -> list[Field]:
    """The same with the fields of each known group made the value of its count, so that they move together."""
    grouped: list[Field] = []
    place = start = 0
    while place < len(fields):
        tag, value = fields[place]
        end = place + 1
        if tag in groups:
            with suppress(FieldInvalid, FieldMissing):  # not a group then, but fields like any others
                end = group_span(fields, place, groups[tag].layout)[1]
        if end > place + 1:
            grouped += (*_plain(fields[start:place]), (tag, Received(value, fields[place + 1 : end])))
            start = end
        place = end
    return [*grouped, *_plain(fields[start:])]
