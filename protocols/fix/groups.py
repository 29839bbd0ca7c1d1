"""Repeating groups: a count, and that many entries behind it (FIX 4.4 volume 1, "Repeating Groups")."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing
from barterpy.protocols.fix.values import FieldReader, to_integer

__all__ = ["EntryLayout", "GroupEntry", "GroupLayout", "GroupPlace", "entries", "group_span"]


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
    layout: GroupLayout | None = None
    if place is not None:
        layout = place.layout if isinstance(place, GroupPlace) else EntryLayout(place)
    starts, end = group_span(fields, position, layout)
    return [GroupEntry(fields[start:stop]) for start, stop in zip(starts, [*starts[1:], end], strict=False)]


def group_span(
    fields: Sequence[tuple[int, bytes]],
    position: int,
    layout: GroupLayout | None,
    outer: Collection[int] | None = None,
) -> tuple[list[int], int]:
    """Where the entries of a group begin, and where the group ends: the place of the first field which is not in it.

    A field of which the layout knows nothing belongs to the entry it stands in, if another entry follows. In the last
    one it ends the group; or, where ``outer`` are the tags which may stand behind the group, one of these does, and a
    member which that entry has already.

    :raises barterpy.protocols.fix.errors.FieldInvalid: the count is no count, or not the count of the entries
    :raises barterpy.protocols.fix.errors.FieldMissing: a count above 0 and no entry
    """
    tag, count = fields[position][0], _count(*fields[position])
    place = position + 1
    if count == 0:
        return [], place
    if place >= len(fields):
        raise FieldMissing(tag)
    delimiter = fields[place][0]
    starts: list[int] = []
    if layout is None:
        starts = [at for at in range(place, len(fields)) if fields[at][0] == delimiter][:count]
        place = len(fields)
    elif delimiter in layout.tags:
        starts, place = _members(fields, place, count, layout, outer)
    if len(starts) != count:
        raise FieldInvalid(tag, f"the count is {count} and the entries are {len(starts)}")
    return starts, place


def _members(
    fields: Sequence[tuple[int, bytes]],
    place: int,
    count: int,
    layout: GroupLayout,
    outer: Collection[int] | None,
) -> tuple[list[int], int]:
    members, groups = layout.tags, layout.groups
    inner_outer = None if outer is None else {*outer, *members}
    delimiter = fields[place][0]
    starts: list[int] = []
    seen: set[int] = set()
    while place < len(fields):
        tag = fields[place][0]
        last = len(starts) == count
        if tag == delimiter:
            if last and outer is not None and tag in outer:
                break
            starts.append(place)
            seen.clear()
        elif last and (tag not in members if outer is None else tag in (seen if tag in members else outer)):
            break
        seen.add(tag)
        nested = groups.get(tag)
        place = place + 1 if nested is None else group_span(fields, place, nested.layout, inner_outer)[1]
    return starts, place


def _count(tag: int, value: bytes) -> int:
    try:
        count = to_integer(value)
    except ValueError as error:
        raise FieldInvalid(tag, str(error)) from None
    if count < 0:
        raise FieldInvalid(tag, "a count is not negative")
    return count
