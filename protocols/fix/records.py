"""Typed messages: :class:`msgspec.Struct` whose fields say their tags.

::

    class Party(msgspec.Struct, frozen=True, kw_only=True):
        party_id: Annotated[str, Tag(448)]
        role: Annotated[int | None, Tag(452)] = None

    class NewOrderSingle(msgspec.Struct, frozen=True, kw_only=True):
        msg_type: ClassVar[str] = "D"
        cl_ord_id: Annotated[str, Tag(11)]
        price: Annotated[Decimal | None, Tag(44)] = None
        transact_time: Annotated[Timestamp, Tag(60)]
        parties: Annotated[tuple[Party, ...], Group(453)] = ()

    FixParser(NewOrderSingle | OrderCancelRequest).parse(message)
    Outgoing.of(NewOrderSingle(cl_ord_id="1", …))

A field may be a ``str``, ``int``, ``Decimal``, ``float``, ``bool``, ``bytes``, :class:`datetime.date`,
:class:`~barterpy.protocols.fix.outgoing.Timestamp`, a ``Literal`` or an :class:`enum.Enum` of one of them (which then
admits nothing else), and may be None besides. Fields of the message which the struct does not have are no error.
What has to be looked up in a struct's annotations is looked up once. msgspec makes JSON of such a struct where it is
told what a Timestamp is: ``msgspec.json.encode(record, enc_hook=int)``.
"""

import datetime as dt
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    Literal,
    NewType,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    overload,
)

import msgspec

from barterpy.errors import ConfigurationError, ParseError
from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing
from barterpy.protocols.fix.groups import EntryLayout, GroupPlace, group_span
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Entries, Field, Timestamp, Value
from barterpy.protocols.fix.timestamps import parse_date, parse_timestamp
from barterpy.protocols.fix.values import to_decimal, to_integer

__all__ = ["FixParser", "Group", "Tag", "Timestamp", "fields_of"]

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")

_Convert = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Tag:
    """The tag of a field, as an annotation of it."""

    tag: int


@dataclass(frozen=True, slots=True)
class Group:
    """The tag of a repeating group's count, as an annotation of a ``tuple[Entry, ...]`` or a ``list[Entry]``."""

    tag: int


@dataclass(frozen=True, slots=True)
class _Member:
    """One field of a struct."""

    name: str
    tag: int
    required: bool
    """It has neither a default nor may it be None."""
    nullable: bool
    """It has no default and may be None."""
    convert: _Convert | None
    """From the bytes; None for a group."""
    entry: "_Plan | None"
    as_list: bool


@dataclass(frozen=True)
class _Plan:
    """How a struct is read from fields, and made fields of."""

    type: type[msgspec.Struct]
    members: tuple[_Member, ...]
    layout: EntryLayout


class FixParser(Generic[T]):
    """A :class:`~barterpy.parser.StreamParser`: messages of the given types become structs, others are skipped.

    :param types: a struct with a ``msg_type``, a union of such structs, or several
    :raises barterpy.errors.ConfigurationError: a struct without ``msg_type``, two with the same, a field without tag or
        of a type that no field of FIX can be
    """

    @overload
    def __init__(self: "FixParser[A]", type_: type[A], /) -> None: ...
    @overload
    def __init__(self: "FixParser[A | B]", first: type[A], second: type[B], /) -> None: ...
    @overload
    def __init__(self: "FixParser[A | B | C]", first: type[A], second: type[B], third: type[C], /) -> None: ...
    @overload
    def __init__(self: "FixParser[Any]", *types: Any) -> None: ...
    def __init__(self, *types: Any) -> None:
        self._plans: dict[str, _Plan] = {}
        for type_ in types:
            for struct in get_args(type_) if _is_union(type_) else (type_,):
                msg_type = _msg_type(struct)
                if msg_type in self._plans:
                    raise ConfigurationError(f"two types for messages of type {msg_type}")
                self._plans[msg_type] = _plan(struct)
        if not self._plans:
            raise ConfigurationError("a FIX parser needs at least one type of message")

    def parse(self, message: Message, /) -> T | None:
        """The typed message, or None for a message of another type.

        :raises barterpy.errors.ParseError: a required field is missing, or a value is not of its type; the error keeps
            the bytes of the message
        """
        plan = self._plans.get(message.msg_type)
        if plan is None:
            return None
        return cast("T", _read(plan, message, message.raw))


def fields_of(record: object) -> tuple[str, list[Field]]:
    """MsgType and fields of a typed message, None left out, in the order of the struct.

    :raises barterpy.errors.ConfigurationError: it is not a typed message
    """
    return _msg_type(type(record)), _write(_plan_of(record), record)


def _read(plan: _Plan, message: Message, raw: bytes) -> msgspec.Struct:
    values: dict[str, object] = {}
    fields: Sequence[tuple[int, bytes]] | None = None
    for member in plan.members:
        value = message.value(member.tag)
        if value is None:
            _without(member, values, raw)
        elif member.convert is not None:
            values[member.name] = _converted(member, value, raw)
        else:
            if fields is None:
                fields = message.fields()
            position = next(place for place, field in enumerate(fields) if field[0] == member.tag)
            values[member.name] = _read_group(member, fields, position, plan.layout.tags, raw)[0]
    return plan.type(**values)


def _read_group(
    member: _Member, fields: Sequence[tuple[int, bytes]], position: int, outer: Collection[int], raw: bytes
) -> tuple[object, int]:
    """The entries of a group, and the place of the first field behind it."""
    plan = cast("_Plan", member.entry)
    try:
        starts, end = group_span(fields, position, plan.layout, outer)
    except FieldInvalid as error:
        raise FieldInvalid(error.tag, error.text, raw) from None
    inner = {*outer, *plan.layout.tags}
    stops = [*starts[1:], end]
    entries = [_read_entry(plan, fields[start:stop], inner, raw) for start, stop in zip(starts, stops, strict=False)]
    return entries if member.as_list else tuple(entries), end


def _read_entry(plan: _Plan, fields: Sequence[tuple[int, bytes]], outer: Collection[int], raw: bytes) -> msgspec.Struct:
    by_tag = {member.tag: member for member in plan.members}
    values: dict[str, object] = {}
    place = 0
    while place < len(fields):
        tag, value = fields[place]
        place += 1
        member = by_tag.pop(tag, None)  # of a tag that stands twice, the first counts
        if member is None:
            continue
        if member.convert is None:
            values[member.name], place = _read_group(member, fields, place - 1, outer, raw)
        else:
            values[member.name] = _converted(member, value, raw)
    for member in by_tag.values():
        _without(member, values, raw)
    return plan.type(**values)


def _without(member: _Member, values: dict[str, object], raw: bytes) -> None:
    """The message has no such field: its default is taken, where it has one."""
    if member.required:
        raise FieldMissing(member.tag, raw)
    if member.nullable:
        values[member.name] = None


def _converted(member: _Member, value: bytes, raw: bytes) -> object:
    try:
        return cast("_Convert", member.convert)(value)
    except ParseError as error:
        raise FieldInvalid(member.tag, error.reason, raw) from None
    except ValueError as error:
        raise FieldInvalid(member.tag, str(error), raw) from None


def _write(plan: _Plan, record: object) -> list[Field]:
    fields: list[Field] = []
    for member in plan.members:
        value = getattr(record, member.name)
        if member.entry is not None:
            if value:
                entries = Entries(tuple(_write(_plan_of(entry), entry)) for entry in value)
                fields.append((member.tag, entries))
        elif value is not None:
            fields.append((member.tag, _sendable(member, value)))
    return fields


def _sendable(member: _Member, value: Any) -> Value:
    if member.convert is _timestamp and not isinstance(value, (Timestamp, dt.date)):
        return Timestamp(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    return cast("Value", value)


def _msg_type(struct: Any) -> str:
    msg_type = getattr(struct, "msg_type", None)
    if not isinstance(msg_type, str):
        raise ConfigurationError(f"{struct!r} has no msg_type: ClassVar[str]")
    return msg_type


def _plan_of(record: Any) -> _Plan:
    return _plan(record.__class__)


@lru_cache(1024)
def _plan(struct: Any) -> _Plan:
    if not (isinstance(struct, type) and issubclass(struct, msgspec.Struct)):
        raise ConfigurationError(f"{struct!r} is no msgspec.Struct")
    members: list[_Member] = []
    groups: dict[int, GroupPlace] = {}
    for field in msgspec.structs.fields(struct):
        member = _member(struct, field)
        members.append(member)
        if member.entry is not None:
            groups[member.tag] = member.entry.layout
    return _Plan(struct, tuple(members), EntryLayout(frozenset(member.tag for member in members), groups))


def _member(struct: type[msgspec.Struct], field: msgspec.structs.FieldInfo) -> _Member:
    where = f"{struct.__name__}.{field.name}"
    mark, type_, nullable = _unwrap(field.type)
    if mark is None:
        raise ConfigurationError(f"{where} says no tag: Annotated[…, Tag(n)]")
    required = field.required and not nullable
    absent = field.required and nullable
    if isinstance(mark, Tag):
        return _Member(field.name, mark.tag, required, absent, _conversion(type_, where), None, False)
    origin, arguments = get_origin(type_), get_args(type_)
    if origin not in (tuple, list) or (origin is tuple and arguments[1:] != (Ellipsis,)):
        raise ConfigurationError(f"{where} is a group and has to be a tuple[Entry, ...] or a list[Entry]")
    return _Member(field.name, mark.tag, required, absent, None, _plan(arguments[0]), origin is list)


def _unwrap(type_: Any) -> tuple[Tag | Group | None, Any, bool]:
    """The tag, the type behind annotations, and whether it may be None."""
    mark: Tag | Group | None = None
    nullable = False
    while True:
        if get_origin(type_) is Annotated:
            type_, *notes = get_args(type_)
            mark = next((note for note in notes if isinstance(note, (Tag, Group))), mark)
        elif _is_union(type_) and type(None) in get_args(type_) and len(get_args(type_)) == 2:
            nullable = True
            type_ = next(argument for argument in get_args(type_) if argument is not type(None))
        elif isinstance(type_, NewType):
            type_ = type_.__supertype__
        else:
            return mark, type_, nullable


def _is_union(type_: Any) -> bool:
    return get_origin(type_) in (Union, types.UnionType)


def _conversion(type_: Any, where: str) -> _Convert:
    plain = _CONVERSIONS.get(type_)
    if plain is not None:
        return plain
    allowed: Mapping[Any, object] | None = None
    if get_origin(type_) is Literal:
        allowed = {value: value for value in get_args(type_)}
    elif isinstance(type_, type) and issubclass(type_, Enum):
        allowed = {member.value: member for member in type_}
    kinds: set[Any] = set(map(type, allowed or ()))
    if allowed is None or len(kinds) != 1 or not kinds <= _CONVERSIONS.keys():
        raise ConfigurationError(f"{where} is of a type that no FIX field can be")
    convert, choices = _CONVERSIONS[kinds.pop()], allowed

    def choose(value: bytes) -> object:
        try:
            return choices[convert(value)]
        except KeyError:
            raise ValueError("not one of the values it may have") from None

    return choose


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _boolean(value: bytes) -> bool:
    if value not in (b"Y", b"N"):
        raise ValueError("neither Y nor N")
    return value == b"Y"


def _float(value: bytes) -> float:
    return float(to_decimal(value))


def _data(value: bytes) -> bytes:
    return value


def _timestamp(value: bytes) -> Timestamp:
    return Timestamp(parse_timestamp(value))


_CONVERSIONS: Final[Mapping[Any, _Convert]] = {
    str: _text,
    int: to_integer,
    Decimal: to_decimal,
    float: _float,
    bool: _boolean,
    bytes: _data,
    dt.date: parse_date,
    Timestamp: _timestamp,
}
