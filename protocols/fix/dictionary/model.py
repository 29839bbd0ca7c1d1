"""What a version of FIX, or a counterparty's dialect of it, consists of.

A `Dictionary` is frozen once made, by `barterpy.protocols.fix.dictionary.load_dictionary` from a file or by
`barterpy.protocols.fix.dictionary.builtin` from the standard, and is extended by making another one. What a message
may hold is a tree of members: fields, groups that repeat, and components, which are members with a name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TypeAlias

import msgspec

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.dictionary.types import DATA_TYPES

__all__ = [
    "ComponentDefinition",
    "ComponentMember",
    "Dictionary",
    "FieldDefinition",
    "FieldMember",
    "GroupMember",
    "Layout",
    "Member",
    "MessageDefinition",
]

_NO_VALUES: Mapping[str, str] = MappingProxyType({})


def _no_values() -> Mapping[str, str]:
    return _NO_VALUES


class FieldDefinition(msgspec.Struct, frozen=True):
    """A field: its tag, its name, the datatype of its value and the values it may have.

    ``values`` maps each value to its name and is empty where any will do. ``open`` says that others are allowed by
    agreement, as the standard does for some fields: then ``values`` gives names and forbids nothing.
    """

    number: int
    name: str
    type: str = "STRING"
    values: Mapping[str, str] = msgspec.field(default_factory=_no_values)
    open: bool = False

    def label(self, value: str) -> str | None:
        """The name of a value, or None where it has none."""
        return self.values.get(value)


class FieldMember(msgspec.Struct, frozen=True):
    """A field's place in a message, group or component."""

    tag: int
    required: bool = False


class GroupMember(msgspec.Struct, frozen=True, dict=True):
    """A group's place: the field that counts its entries, and what an entry consists of, in order."""

    tag: int
    required: bool
    content: "tuple[Member, ...]"

    @property
    def layout(self) -> "Layout":
        """The members of an entry, flat. Those that are required are so in each entry that is there."""
        return self._layout

    @cached_property
    def _layout(self) -> "Layout":
        return Layout(self.content)

    @property
    def delimiter(self) -> int:
        """The tag that begins each entry: the first member, or the count of a group that comes first."""
        return self.layout.order[0]


class ComponentMember(msgspec.Struct, frozen=True):
    """A component's place. Its members are required only where it is itself."""

    name: str
    required: bool
    content: "tuple[Member, ...]"


Member: TypeAlias = FieldMember | GroupMember | ComponentMember


class Layout:
    """Members laid out flat: what readers and validators ask, answered from a dictionary each.

    ``order`` are the tags as they are declared, the counts of groups among them; ``required`` those that must be
    there, ascending; ``groups`` the groups by the tag of their count.
    """

    __slots__ = ("groups", "order", "required", "tags")

    def __init__(self, members: "Iterable[Member]") -> None:
        order: dict[int, None] = {}
        required: set[int] = set()
        groups: dict[int, GroupMember] = {}
        stack: list[tuple[Iterator[Member], bool]] = [(iter(members), True)]
        while stack:
            iterator, wanted = stack[-1]
            for member in iterator:
                if isinstance(member, ComponentMember):
                    stack.append((iter(member.content), wanted and member.required))
                    break
                order[member.tag] = None
                if wanted and member.required:
                    required.add(member.tag)
                if isinstance(member, GroupMember):
                    groups.setdefault(member.tag, member)
            else:
                stack.pop()
        self.order: tuple[int, ...] = tuple(order)
        self.tags: frozenset[int] = frozenset(order)
        self.required: tuple[int, ...] = tuple(sorted(required))
        self.groups: Mapping[int, GroupMember] = MappingProxyType(groups)


class ComponentDefinition(msgspec.Struct, frozen=True):
    """Members that belong together under a name, such as Instrument or Parties."""

    name: str
    content: tuple[Member, ...]


class MessageDefinition(msgspec.Struct, frozen=True, dict=True):
    """A type of message: ``type`` is its value of MsgType (35), ``category`` is ``admin`` or ``app``."""

    type: str
    name: str
    category: str = "app"
    content: tuple[Member, ...] = ()

    @cached_property
    def layout(self) -> Layout:
        """The body's members, flat."""
        return Layout(self.content)

    @property
    def is_admin(self) -> bool:
        """Whether the session answers it, rather than the application."""
        return self.category == "admin"


@dataclass(frozen=True)
class Dictionary:
    """A version of FIX or a dialect of it. Mappings are read-only; see `extended` for another one with more.

    ``begin_string`` is the value of BeginString (8) where this dictionary describes a session (``FIX.4.4``,
    ``FIXT.1.1``), and the name of the version where it describes applications over FIXT alone (``FIX.5.0SP2``).
    ``header`` and ``trailer`` are empty in the latter.
    """

    begin_string: str
    fields: Mapping[int, FieldDefinition]
    messages: Mapping[str, MessageDefinition]
    components: Mapping[str, ComponentDefinition] = field(default_factory=lambda: MappingProxyType({}))
    header: tuple[Member, ...] = ()
    trailer: tuple[Member, ...] = ()

    def __post_init__(self) -> None:
        for name in ("fields", "messages", "components"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @cached_property
    def header_layout(self) -> Layout:
        """The header's members, flat."""
        return Layout(self.header)

    @cached_property
    def trailer_layout(self) -> Layout:
        """The trailer's members, flat."""
        return Layout(self.trailer)

    @cached_property
    def _tags(self) -> Mapping[str, int]:
        return {definition.name: number for number, definition in self.fields.items()}

    @cached_property
    def _types(self) -> Mapping[str, str]:
        return {definition.name: kind for kind, definition in self.messages.items()}

    @cached_property
    def data_fields(self) -> Mapping[int, int]:
        """The tag of each data field by the tag of its length, which is the one before it but for Signature (89)."""
        pairs: dict[int, int] = {}
        for number, definition in self.fields.items():
            if definition.type in DATA_TYPES:
                pairs[93 if number == 89 else number - 1] = number
        return MappingProxyType(pairs)

    def name_of(self, tag: int) -> str | None:
        """The name of a field, or None if there is no such tag."""
        definition = self.fields.get(tag)
        return None if definition is None else definition.name

    def tag_of(self, name: str) -> int | None:
        """The tag of a field by its name, or None."""
        return self._tags.get(name)

    def message(self, name_or_type: str) -> MessageDefinition | None:
        """A message by its type (``D``) or its name (``NewOrderSingle``), or None."""
        return self.messages.get(name_or_type) or self.messages.get(self._types.get(name_or_type, ""))

    def group(self, msg_type: str, tag: int) -> GroupMember | None:
        """The group that ``tag`` counts at the top of a message, its header or its trailer, or None."""
        message = self.messages.get(msg_type)
        if message is not None and tag in message.layout.groups:
            return message.layout.groups[tag]
        return self.header_layout.groups.get(tag) or self.trailer_layout.groups.get(tag)

    def extended(
        self,
        *,
        begin_string: str | None = None,
        fields: Iterable[FieldDefinition] = (),
        messages: Iterable[MessageDefinition] = (),
        components: Iterable[ComponentDefinition] = (),
        members: Mapping[str, Sequence[Member]] | None = None,
        header: Sequence[Member] = (),
        trailer: Sequence[Member] = (),
    ) -> "Dictionary":
        """Another dictionary with more in it: a venue's dialect of this one.

        A field, message or component that is there already is replaced. ``members`` adds to messages that exist, by
        their type, and ``header`` and ``trailer`` to those; a member whose tag is there already takes its place.

        Raises:
            ConfigurationError: ``members`` names an unknown type, or a member a tag that no field has.
        """
        all_fields = {**self.fields, **{item.number: item for item in fields}}
        all_messages = {**self.messages, **{item.type: item for item in messages}}
        for kind, more in (members or {}).items():
            if kind not in all_messages:
                raise ConfigurationError(f"{self.begin_string} has no message of type {kind!r} to add members to")
            known = all_messages[kind]
            all_messages[kind] = msgspec.structs.replace(known, content=_merged(known.content, more))
        extended = Dictionary(
            begin_string or self.begin_string,
            all_fields,
            all_messages,
            {**self.components, **{item.name: item for item in components}},
            _merged(self.header, header),
            _merged(self.trailer, trailer),
        )
        for place, tags in extended.unknown_tags().items():
            raise ConfigurationError(f"{place} has members that are no field of {extended.begin_string}: {tags}")
        return extended

    def unknown_tags(self) -> dict[str, list[int]]:
        """Members whose tag is not among the fields, by the name of the message that has them. Empty if it is sound."""
        places: dict[str, tuple[Member, ...]] = {"header": self.header, "trailer": self.trailer}
        places |= {message.name: message.content for message in self.messages.values()}
        found = {name: sorted(_tags_in(members) - self.fields.keys()) for name, members in places.items()}
        return {name: tags for name, tags in found.items() if tags}


def _merged(members: tuple[Member, ...], more: Sequence[Member]) -> tuple[Member, ...]:
    replaced = {member.tag for member in more if not isinstance(member, ComponentMember)}
    kept = (member for member in members if isinstance(member, ComponentMember) or member.tag not in replaced)
    return (*kept, *more)


def _tags_in(members: Iterable[Member]) -> set[int]:
    tags: set[int] = set()
    for member in members:
        if not isinstance(member, ComponentMember):
            tags.add(member.tag)
        if not isinstance(member, FieldMember):
            tags |= _tags_in(member.content)
    return tags
