"""Repeating groups: a count, and that many entries behind it (FIX 4.4 volume 1, "Repeating Groups")."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing
from barterpy.protocols.fix.values import FieldReader, to_integer

__all__ = ["EntryLayout", "GroupEntry", "GroupLayout", "GroupPlace", "entries", "group_end"]


class GroupLayout(Protocol):
    """What may stand in an entry of a group, as a dictionary knows it. :class:`EntryLayout` is one written by hand."""

    @property
    def tags(self) -> Collection[int]:
        """The counts of nested groups are among them, what is inside of these is not."""
        ...

    @property
    def groups(self) -> Mapping[int, "GroupPlace"]:
        """The nested groups, by the tag of their count."""
        ...


@runtime_checkable
class GroupPlace(Protocol):
    """A group as a member of a message or of another group."""

    @property
    def layout(self) -> GroupLayout:
        """What its entries look like."""
        ...


@dataclass(frozen=True, slots=True)
class EntryLayout:
    """A group's layout without a dictionary: ``EntryLayout({448, 447, 452, 802}, {802: EntryLayout({523, 803})})``."""

    tags: Collection[int]
    groups: Mapping[int, GroupPlace] = field(default_factory=dict[int, GroupPlace])

    @property
    def layout(self) -> "EntryLayout":
        """Itself: it can stand where a dictionary's group can."""
        return self


class GroupEntry(FieldReader):
    """One entry of a repeating group: reads like a message."""

    __slots__ = ()

    def __init__(self, fields: Sequence[tuple[int, bytes]]) -> None:
        index: dict[int, int] = {}
        for position, (tag, _) in enumerate(fields, 1):
            index.setdefault(tag, position)
        self._index = index
        self._tags = [tag for tag, _ in fields]
        self._values = [b"", *(value for _, value in fields)]

    def group(self, tag: int, place: GroupPlace | Collection[int] | None = None) -> list["GroupEntry"]:
        """The entries of a nested group; see :meth:`barterpy.protocols.fix.message.Message.group`."""
        position = self._index.get(tag)
        return [] if position is None else entries(self.fields(), position - 1, place)

    def __repr__(self) -> str:
        return f"GroupEntry({', '.join(map(str, self._tags))})"

    def _payload(self) -> bytes:
        return b"".join(b"%d=%b\x01" % pair for pair in self.fields())


def entries(
    fields: Sequence[tuple[int, bytes]], position: int, place: GroupPlace | Collection[int] | None = None
) -> list[GroupEntry]:
    """The entries of the group whose count stands at ``position`` of ``fields``.

    The first field after the count is the delimiter: an entry begins with each (a group may begin with a group, and
    then that is its count). With its place in a dictionary, or the tags that may stand in an entry, the last entry ends
    at the first field that is not a member. Without, nothing tells where it ends, and it has all that is left.

    :raises barterpy.protocols.fix.errors.FieldInvalid: the count is no count, or not the count of the entries
    :raises barterpy.protocols.fix.errors.FieldMissing: a count above 0 and no entry
    """
    tag, value = fields[position]
    count = _count(tag, value)
    if count == 0:
        return []
    known: GroupLayout | None = None
    if place is not None:
        known = place.layout if isinstance(place, GroupPlace) else EntryLayout(place)
    end = len(fields) if known is None else group_end(fields, position, known)
    if position + 1 >= end:
        raise FieldMissing(tag, value)
    starts = _starts(fields, position + 1, end, {} if known is None else known.groups)
    if known is None:
        del starts[count:]
    if len(starts) != count:
        raise FieldInvalid(tag, f"the count is {count} and the entries are {len(starts)}")
    return [GroupEntry(fields[start:stop]) for start, stop in zip(starts, [*starts[1:], end], strict=True)]


def group_end(fields: Sequence[tuple[int, bytes]], position: int, layout: GroupLayout) -> int:
    """Where the group whose count stands at ``position`` ends: the place of the first field which is not in it."""
    members, nested = layout.tags, layout.groups
    place = position + 1
    while place < len(fields):
        tag = fields[place][0]
        if tag not in members:
            break
        inner = nested.get(tag)
        place = place + 1 if inner is None else group_end(fields, place, inner.layout)
    return place


def _starts(fields: Sequence[tuple[int, bytes]], first: int, end: int, nested: Mapping[int, GroupPlace]) -> list[int]:
    """The places of the delimiters, those inside of nested groups left out where a layout tells them apart."""
    delimiter = fields[first][0]
    found: list[int] = []
    place = first
    while place < end:
        tag = fields[place][0]
        if tag == delimiter:
            found.append(place)
        inner = nested.get(tag)
        place = place + 1 if inner is None else group_end(fields, place, inner.layout)
    return found


def _count(tag: int, value: bytes) -> int:
    try:
        count = to_integer(value)
    except ValueError as error:
        raise FieldInvalid(tag, str(error)) from None
    if count < 0:
        raise FieldInvalid(tag, "a count is not negative")
    return count
