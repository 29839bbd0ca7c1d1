"""A dialect's dictionary, taken from its typed messages: they say already which fields there are, and of what type.

What a counterparty adds to the standard is then written down once, in the structs, and names on the command line,
layouts of groups and validation follow from it.
"""

import datetime as dt
import types
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.dictionary import (
    Dictionary,
    FieldDefinition,
    FieldMember,
    GroupMember,
    Member,
    MessageDefinition,
    builtin,
)
from barterpy.protocols.fix.records import Group, Tag, Timestamp
from barterpy.protocols.fix.tags import HEADER_TAGS

__all__ = ["extend_by_records"]

_NEWEST: Final = "FIX.5.0SP2"
_TYPES: Final[Mapping[Any, str]] = {
    str: "STRING",
    int: "INT",
    Decimal: "FLOAT",
    float: "FLOAT",
    bool: "BOOLEAN",
    bytes: "DATA",
    dt.date: "UTCDATEONLY",
    Timestamp: "UTCTIMESTAMP",
}


def extend_by_records(
    base: Dictionary,
    records: Iterable[type[msgspec.Struct]],
    *,
    fields: Iterable[FieldDefinition] = (),
    members: Mapping[str, Sequence[Member]] | None = None,
    header: Sequence[Member] = (),
) -> Dictionary:
    """The dictionary in which these messages are what the structs say, and all others what they are in ``base``.

    A field that ``base`` does not have gets the name and the values it has in FIX 5.0SP2, and otherwise the name of its
    attribute in CamelCase.

    :param fields: definitions that go before these, for values with names
    :param members: additions to messages that have no struct, by their type
    :param header: additions to the header
    :raises barterpy.errors.ConfigurationError: a struct that is no typed message
    """
    found: dict[int, FieldDefinition] = {}
    given = {definition.number: definition for definition in fields}
    newest = builtin(_NEWEST).fields
    messages: list[MessageDefinition] = []
    for record in records:
        kind = getattr(record, "msg_type", None)
        if not isinstance(kind, str):
            raise ConfigurationError(f"{record.__name__} has no msg_type")
        known = base.messages.get(kind)
        name = record.__name__ if known is None else known.name
        messages.append(
            MessageDefinition(kind, name, "app" if known is None else known.category, _members(record, found))
        )
    definitions = {
        tag: given.get(tag) or base.fields.get(tag) or newest.get(tag) or definition
        for tag, definition in found.items()
    }
    return base.extended(fields={**definitions, **given}.values(), messages=messages, members=members, header=header)


def _members(record: type[msgspec.Struct], found: dict[int, FieldDefinition]) -> tuple[Member, ...]:
    hints = get_type_hints(record, include_extras=True)
    members: list[Member] = []
    for info in msgspec.structs.fields(record):
        hint = hints[info.name]
        if get_origin(hint) is not Annotated:
            continue
        type_, place = get_args(hint)[:2]
        required = info.required
        if isinstance(place, Group):
            entry = get_args(type_)[0]
            found.setdefault(place.tag, FieldDefinition(place.tag, f"No{_camel(info.name)}", "NUMINGROUP"))
            members.append(GroupMember(place.tag, required, _members(entry, found)))
        elif isinstance(place, Tag) and place.tag not in HEADER_TAGS:
            found.setdefault(place.tag, FieldDefinition(place.tag, _camel(info.name), _TYPES[_bare(type_)]))
            members.append(FieldMember(place.tag, required))
    return tuple(members)


def _bare(type_: Any) -> Any:
    """Without None."""
    if get_origin(type_) in (types.UnionType, Union):
        return next(part for part in get_args(type_) if part is not types.NoneType)
    return type_


def _camel(name: str) -> str:
    return "".join(part.title() if part != "id" else "ID" for part in name.split("_"))
