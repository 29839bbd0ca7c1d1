"""How messages of one type are checked: the dictionary's answers, laid out for one pass over the fields.

The order of the checks decides which of several faults is told, and counterparties test it: header, body and trailer in
their places; then the required fields of header, trailer, body and groups; then each field of the header, the trailer
and the body, ascending by tag: repeated, empty, format, enumeration, known, allowed here, count of the group, and after
the count what its entries consist of.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import TypeAlias

from barterpy.protocols.fix.dictionary.model import GroupMember, Layout
from barterpy.protocols.fix.dictionary.rules import Problem, Rules
from barterpy.protocols.fix.dictionary.values import ValueRule

__all__ = ["Item", "Plan", "Zone"]

Item: TypeAlias = "tuple[int, bytes, list[list[Item]] | None]"
"""A field, and the entries of its group where it counts one."""

_by_tag = itemgetter(0)
# No tag: says among the sizes of groups that one was seen in two sizes.
_AMBIGUOUS = -(1 << 40)


class Zone:
    """The header, the body or the trailer: what may stand there, and what each field there has to be."""

    __slots__ = ("groups", "layout", "places_checked", "value_rules")

    def __init__(self, layout: Layout, value_rules: Mapping[int, ValueRule | None], *, places_checked: bool) -> None:
        self.layout: Layout = layout
        self.value_rules: Mapping[int, ValueRule | None] = value_rules
        """The rule of each tag, asked by subscription; None where the dictionary has no such field."""
        self.places_checked: bool = places_checked
        """Whether a field that is known has to be defined for this place too."""
        self.groups: Mapping[int, GroupMember] = layout.groups


class Plan:
    """The checks of one type of message. ``known`` is False for types that the dictionary does not have."""

    __slots__ = ("_body", "_header", "_header_tags", "_known", "_rules", "_trailer", "_trailer_tags")

    def __init__(
        self,
        header: Zone,
        body: Zone,
        trailer: Zone,
        header_tags: frozenset[int],
        trailer_tags: frozenset[int],
        rules: Rules,
        *,
        known: bool,
    ) -> None:
        self._header = header
        self._body = body
        self._trailer = trailer
        self._header_tags = header_tags
        self._trailer_tags = trailer_tags
        self._rules = rules
        self._known = known

    def check(self, fields: Sequence[tuple[int, bytes]]) -> tuple[Problem | None, dict[int, int] | None]:
        """The first problem of a message; and the size of its groups by the tag of their count.

        None in place of the sizes says that two groups have one tag and differ in size.
        """
        header: list[Item] = []
        body: list[Item] = []
        trailer: list[Item] = []
        found: dict[int, int] = {}
        misplaced = self._part(fields, header, body, trailer, found)
        sizes = None if _AMBIGUOUS in found else found
        if misplaced is not None and self._rules.order:
            return Problem.of(14, misplaced), sizes
        if not self._known and self._rules.message_types:
            return Problem.of(11), sizes
        header.sort(key=_by_tag)
        trailer.sort(key=_by_tag)
        body.sort(key=_by_tag)
        places = ((self._header, header), (self._trailer, trailer), (self._body, body))
        if self._rules.required:
            for zone, items in places:
                problem = _missing(zone.layout, items)
                if problem is not None:
                    return problem, sizes
        for zone, items in places:
            problem = self._each(zone, items)
            if problem is not None:
                return problem, sizes
        return None, sizes

    def _part(
        self,
        fields: Sequence[tuple[int, bytes]],
        header: list[Item],
        body: list[Item],
        trailer: list[Item],
        sizes: dict[int, int],
    ) -> int | None:
        """Deals the fields out; the tag of the first that stands where its part of the message is over, or None."""
        misplaced = None
        place = 0
        position = 0
        header_tags, trailer_tags = self._header_tags, self._trailer_tags
        parts = ((header, self._header), (body, self._body), (trailer, self._trailer))
        end = len(fields)
        while position < end:
            tag, value = fields[position]
            position += 1
            here = 0 if tag in header_tags else 2 if tag in trailer_tags else 1
            if here != place:
                if here > place:
                    place = here
                elif misplaced is None:
                    misplaced = tag
            items, zone = parts[here]
            if tag in zone.groups:
                entries, position = self._entries(fields, position, zone.groups[tag], (zone.layout,), sizes)
                _note(sizes, tag, len(entries))
                items.append((tag, value, entries))
            else:
                items.append((tag, value, None))
        return misplaced

    def _entries(
        self,
        fields: Sequence[tuple[int, bytes]],
        position: int,
        group: GroupMember,
        around: tuple[Layout, ...],
        sizes: dict[int, int],
    ) -> tuple[list[list[Item]], int]:
        """The entries behind a group's count, and where they end.

        An entry begins with the group's first member, or with any member that the entry has already. The group ends at
        the first field that is not its member; where unknown tags are let through, at the first that belongs elsewhere.
        """
        layout = group.layout
        members, nested, delimiter = layout.tags, layout.groups, group.delimiter
        entries: list[list[Item]] = []
        entry: list[Item] = []
        seen: set[int] = set()
        while position < len(fields):
            tag, value = fields[position]
            if tag not in members:
                if not entries or self._belongs_elsewhere(tag, around):
                    break
            elif not entries or tag == delimiter or tag in seen:
                entry = []
                seen = set()
                entries.append(entry)
            seen.add(tag)
            position += 1
            inner = nested.get(tag)
            if inner is None:
                entry.append((tag, value, None))
            else:
                below, position = self._entries(fields, position, inner, (*around, layout), sizes)
                _note(sizes, tag, len(below))
                entry.append((tag, value, below))
        return entries, position

    def _belongs_elsewhere(self, tag: int, around: tuple[Layout, ...]) -> bool:
        if self._rules.checks_tag(tag) or tag in self._header_tags or tag in self._trailer_tags:
            return True
        return any(tag in layout.tags for layout in around)

    def _each(self, zone: Zone, items: list[Item]) -> Problem | None:
        """What is wrong with the fields of a part of the message, which are sorted."""
        value_rules, tags, rules = zone.value_rules, zone.layout.tags, self._rules
        last = None
        for tag, value, entries in items:
            if tag == last and rules.repeated:
                return Problem.of(13, tag)
            last = tag
            rule = value_rules[tag]
            if rule is None:
                if not value and rules.values:
                    return Problem.of(4, tag)
                if rules.checks_tag(tag):
                    return Problem.of(0, tag)
            else:
                if not value or not rule.accepts(value):
                    problem = rule.problem(value)
                    if problem is not None:
                        return problem
                if tag not in tags and zone.places_checked and rules.checks_tag(tag):
                    return Problem.of(2, tag)
            if entries is not None:
                if rules.group_counts and not _counts(value, entries):
                    return Problem.of(16, tag)
                problem = self._entries_problem(zone, entries)
                if problem is not None:
                    return problem
        return None

    def _entries_problem(self, zone: Zone, entries: list[list[Item]]) -> Problem | None:
        # A member of an entry is in its place by the way entries are found; what is foreign there was let through.
        value_rules, rules = zone.value_rules, self._rules
        for entry in entries:
            for tag, value, below in entry:
                rule = value_rules[tag]
                if not value or (rule is not None and not rule.accepts(value)):
                    empty = Problem.of(4, tag) if rules.values else None
                    problem = empty if rule is None else rule.problem(value)
                    if problem is not None:
                        return problem
                if below is not None:
                    if rules.group_counts and not _counts(value, below):
                        return Problem.of(16, tag)
                    problem = self._entries_problem(zone, below)
                    if problem is not None:
                        return problem
        return None


def _note(sizes: dict[int, int], tag: int, size: int) -> None:
    if sizes.setdefault(tag, size) != size:
        sizes[_AMBIGUOUS] = tag


def _counts(value: bytes, entries: list[list[Item]]) -> bool:
    # By the text: a count may have leading zeros, and more digits than Python would turn into an int.
    return value.isdigit() and value.lstrip(b"0") == (b"%d" % len(entries) if entries else b"")


def _missing(layout: Layout, items: list[Item]) -> Problem | None:
    """The first required field that is not among the fields of a part or an entry, or of the groups in it."""
    if layout.required:
        present = {item[0] for item in items}
        if not present.issuperset(layout.required):
            return Problem.of(1, next(tag for tag in layout.required if tag not in present))
    if not layout.groups:
        return None
    for tag, _, entries in items:
        for entry in entries or ():
            problem = _missing(layout.groups[tag].layout, entry)
            if problem is not None:
                return problem
    return None
