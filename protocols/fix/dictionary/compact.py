"""The short form in which the standard is kept here, and how a version is taken out of it.

One text holds all versions, because they differ little from each other, and a fact that stands in nine places is wrong
in one of them. Three notations share one suffix: ``@3`` is from FIX 4.3 on, ``@0-2`` up to FIX 4.2, ``@2-2`` FIX 4.2
alone, where 0 to 4 are FIX 4.0 to 4.4, and 5 to 7 are FIX 5.0, 5.0 SP1 and 5.0 SP2. FIXT 1.1 is read as 7.

fields
    ``tag Name type [@versions];``
enumerations
    ``tag,tag value=Label[@versions] … [+];`` where ``+`` says that other values are allowed by agreement
messages and components
    ``Name: members`` and ``type Name category[@versions]: members`` up to an empty line, where a member is a tag, the
    name of a component, or ``tag( members )`` for a group; ``!`` after it says that it is required, then come versions;
    those of a group stand behind its opening bracket
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

from barterpy.protocols.fix.dictionary.model import (
    ComponentDefinition,
    ComponentMember,
    FieldDefinition,
    FieldMember,
    GroupMember,
    Member,
    MessageDefinition,
)

__all__ = ["read_components", "read_enumerations", "read_fields", "read_members", "read_messages"]

_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "amt": "AMT",
        "bool": "BOOLEAN",
        "char": "CHAR",
        "chars": "MULTIPLECHARVALUE",
        "ctry": "COUNTRY",
        "cur": "CURRENCY",
        "data": "DATA",
        "date": "UTCDATEONLY",
        "dom": "DAYOFMONTH",
        "exch": "EXCHANGE",
        "float": "FLOAT",
        "int": "INT",
        "lang": "LANGUAGE",
        "ldate": "LOCALMKTDATE",
        "len": "LENGTH",
        "month": "MONTHYEAR",
        "num": "NUMINGROUP",
        "offset": "PRICEOFFSET",
        "pct": "PERCENTAGE",
        "price": "PRICE",
        "qty": "QTY",
        "seq": "SEQNUM",
        "str": "STRING",
        "time": "UTCTIMEONLY",
        "ts": "UTCTIMESTAMP",
        "tztime": "TZTIMEONLY",
        "tzts": "TZTIMESTAMP",
        "words": "MULTIPLESTRINGVALUE",
        "xml": "XMLDATA",
    }
)

# The last tag of FIX 4.0, 4.1, …, 5.0 SP1: what lies beyond came with the next version.
_LAST_TAGS = (140, 211, 446, 659, 956, 1139, 1426)

# Until FIX 4.1 there were five datatypes. Quantities were integers, and text was called char whatever its length.
_FIRST_WITH_TYPES = 2
_BEFORE_4_2: Mapping[str, str] = MappingProxyType(
    {"QTY": "INT", "PRICE": "FLOAT", "AMT": "FLOAT", "PRICEOFFSET": "FLOAT", "CHAR": "STRING", "SEQNUM": "INT"}
)

_FIELD = re.compile(r"(\d+)\s+(\w+)\s+(\w+)(?:\s+@(\d)(?:-(\d))?)?;?")
_VALUE = re.compile(r"(\S+)=(\w+)(?:@(\d)(?:-(\d))?)?")
_MEMBER = re.compile(r"(\w+)(\(?)(!?)(?:@(\d)(?:-(\d))?)?|(\))")


def _holds(since: str | None, until: str | None, version: int) -> bool:
    return since is None or int(since) <= version <= int(until or 9)


def _split(word: str) -> tuple[str, str | None, str | None]:
    head, _, versions = word.partition("@")
    if not versions:
        return head, None, None
    since, _, until = versions.partition("-")
    return head, since, until or None


def read_enumerations(text: str, version: int) -> dict[int, tuple[Mapping[str, str], bool]]:
    """Values and their labels, and whether others are allowed, by tag."""
    found: dict[int, tuple[Mapping[str, str], bool]] = {}
    for entry in text.split(";"):
        tags, _, rest = entry.strip().partition(" ")
        values = {
            value: label
            for value, label, since, until in _VALUE.findall(rest)
            if not since or int(since) <= version <= int(until or 9)
        }
        if values:
            shared = (MappingProxyType(values), rest.endswith("+"))
            for tag in tags.split(","):
                found[int(tag)] = shared
    return found


def read_fields(
    text: str, enumerations: Mapping[int, tuple[Mapping[str, str], bool]], version: int
) -> dict[int, FieldDefinition]:
    """The fields that ``version`` knows, by tag, in ascending order of their tags."""
    last = _LAST_TAGS[version] if version < len(_LAST_TAGS) else 1 << 30
    types = dict(_TYPES)
    if version < _FIRST_WITH_TYPES:
        types = {short: _BEFORE_4_2.get(name, name) for short, name in types.items()}
    fields: dict[int, FieldDefinition] = {}
    for tag, name, kind, since, until in _FIELD.findall(text):
        number = int(tag)
        if (int(since) <= version <= int(until or 9)) if since else number <= last:
            values = enumerations.get(number)
            if values is None:
                fields[number] = FieldDefinition(number, name, types[kind])
            else:
                fields[number] = FieldDefinition(number, name, types[kind], *values)
    return fields


def read_members(text: str, version: int, components: Mapping[str, ComponentDefinition]) -> tuple[Member, ...]:
    """The members that ``text`` has in ``version``. A component that is not there in it is left out."""
    return _members(iter(_MEMBER.findall(text)), version, components)


def _members(
    tokens: Iterator[tuple[str, ...]], version: int, components: Mapping[str, ComponentDefinition]
) -> tuple[Member, ...]:
    members: list[Member] = []
    for name, opens, required, since, until, closes in tokens:
        if closes:
            break
        wanted = not since or int(since) <= version <= int(until or 9)
        if opens:
            inner = _members(tokens, version, components)
            if wanted:
                members.append(GroupMember(int(name), bool(required), inner))
        elif not wanted:
            continue
        elif name in components:
            members.append(ComponentMember(name, bool(required), components[name].content))
        elif name.isdigit():
            members.append(_field_member(name, required))
    return tuple(members)


@cache
def _field_member(tag: str, required: str) -> FieldMember:
    return FieldMember(int(tag), bool(required))


def read_components(text: str, version: int) -> dict[str, ComponentDefinition]:
    """Components by name. One that is used by another stands before it."""
    components: dict[str, ComponentDefinition] = {}
    for block in text.strip().split("\n\n"):
        head, _, body = block.partition(":")
        name, since, until = _split(head)
        if _holds(since, until, version):
            components[name] = ComponentDefinition(name, read_members(body, version, components))
    return components


def read_messages(
    text: str, version: int, components: Mapping[str, ComponentDefinition], category: str | None
) -> dict[str, MessageDefinition]:
    """Messages by type; of one category alone, where it is given."""
    messages: dict[str, MessageDefinition] = {}
    for block in text.strip().split("\n\n"):
        head, _, body = block.partition(":")
        kind, name, rest = head.split()
        group, since, until = _split(rest)
        if _holds(since, until, version) and category in (None, group):
            messages[kind] = MessageDefinition(kind, name, group, read_members(body, version, components))
    return messages
