"""Shapes: the sequence of tags of a message, and one regular expression which takes the whole message apart by it.

Messages of one stream have few shapes. Where the shape is known, one call into the regular expression engine checks
that every field is where it should be and finds every value; a dictionary may put the format of each value into the
expression, and then the same call validates the message.

A shape never has both a length field and the data field it counts (``DATA_FIELDS``): such a value may hold the
separator, which no expression can tell from the end of the value. A message that has the two cannot match a shape that
has not: both tags stand in it outside of any data.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from barterpy.protocols.fix.tags import DATA_FIELDS, HEADER_TAGS, SESSION_TAGS, TRAILER_TAGS

__all__ = ["ANY_VALUE", "Shape", "Shapes", "zones"]

ANY_VALUE: Final = rb"[^\x01]*"
"""The expression of a value of which nothing is known."""

_TRIES: Final = 16
"""Shapes with the same count of fields that are kept: as many are tried before a message is called unknown."""

_ELSEWHERE: Final = HEADER_TAGS | TRAILER_TAGS

_LONGEST: Final = 128
"""Fields of the longest message whose shape is worth learning: longer ones have groups, and seldom the same twice."""

_SIGHTINGS: Final = 1024
"""Shapes which are counted and not yet learned."""

_RELUCTANCE: Final = 64
"""How many times more often a shape has to be seen where another has to go for it: more than the cache can hold would
else be learned in turns."""


class Shape:
    """The tags of a message in their order, from BeginString (8) to CheckSum (10), and what follows from them alone.

    :param msg_type: the MsgType (35); the expression matches no other
    :param tags: all of the tags, header and trailer included
    :param patterns: by tag, the expression of its value where :data:`ANY_VALUE` is not to do: bytes of :mod:`re`,
        without capturing groups, never matching the separator
    :raises ValueError: the tags hold a length field and its data field, or do not begin with 8, 9, 35 and end with 10
    """

    __slots__ = (
        "around_body",
        "body_ascending",
        "body_start",
        "fullmatch",
        "header_extras",
        "index",
        "msg_type",
        "pattern",
        "tags",
        "trailer_start",
    )

    def __init__(self, msg_type: str, tags: Sequence[int], patterns: Mapping[int, bytes] | None = None) -> None:
        if not Shape.can_be(tags):
            raise ValueError("not the tags of a message, or a length field and its data field among them")
        self.msg_type: str = msg_type
        self.tags: tuple[int, ...] = tuple(tags)
        known = {} if patterns is None else dict(patterns)
        known[35] = re.escape(msg_type.encode("utf-8", "surrogateescape"))
        self.pattern: re.Pattern[bytes] = re.compile(
            b"".join(b"%d=(%b)\x01" % (tag, known.get(tag, ANY_VALUE)) for tag in self.tags), re.DOTALL
        )
        self.fullmatch: Callable[[bytes], re.Match[bytes] | None] = self.pattern.fullmatch
        """The pattern's own, for a whole message; group ``i + 1`` of the match is the value of ``tags[i]``."""
        self.index: dict[int, int] = {}
        """By tag, the group of its first field."""
        for group, tag in enumerate(self.tags, 1):
            self.index.setdefault(tag, group)
        self.body_start: int
        """The group of the first field of the body; of the trailer's, if there is no body."""
        self.trailer_start: int
        """The group of the first field of the trailer."""
        self.body_start, self.trailer_start = zones(self.tags)
        body = self.tags[self.body_start - 1 : self.trailer_start - 1]
        self.body_ascending: bool = _ELSEWHERE.isdisjoint(body) and all(
            first <= second for first, second in pairwise((1, *body))
        )
        """Whether the body is as it would be sent: in ascending order, with nothing of header or trailer in it."""
        self.header_extras: tuple[int, ...] = tuple(
            group for group, tag in enumerate(self.tags[: self.body_start - 1], 1) if tag not in SESSION_TAGS
        )
        """The groups of the header's fields that no session sets: PossResend, OnBehalfOfCompID, …"""
        tag = len(b"%d=" % self.tags[self.trailer_start - 1])
        self.around_body: tuple[int, int, int] = (self.body_start - 1, self.trailer_start, tag)
        """The groups before and behind the body, and the size of the tag of the latter, its ``=`` included."""

    @staticmethod
    def can_be(tags: Sequence[int], data_fields: Mapping[int, int] = DATA_FIELDS) -> bool:
        """Whether a shape can be made of these tags."""
        if tuple(tags[:3]) != (8, 9, 35) or len(tags) < 4 or tags[-1] != 10:
            return False
        present = set(tags)
        return not any(length in present and data_fields[length] in present for length in data_fields)

    def body_span(self, match: re.Match[bytes]) -> tuple[int, int]:
        """Where the body begins and ends in what was matched, its last separator included."""
        before, after, tag = self.around_body
        return match.end(before) + 1, match.start(after) - tag

    def __repr__(self) -> str:
        return f"Shape({self.msg_type!r}, {self.tags})"


def zones(tags: Sequence[int]) -> tuple[int, int]:
    """The places, from 1 on, at which the body and the trailer begin.

    The header ends at the first field that does not belong to it; the trailer is what is left at the end.
    """
    start = 1
    while start <= len(tags) and tags[start - 1] in HEADER_TAGS:
        start += 1
    end = len(tags) + 1
    while end > start and tags[end - 2] in TRAILER_TAGS:
        end -= 1
    return start, end


class Shapes:
    """A bounded cache of shapes, found again by trying those with as many fields as the message has.

    Making the expression of a shape takes about as long as reading a hundred messages. :meth:`saw` therefore learns a
    shape when it was seen ``sightings`` times, and far more reluctantly when another has to go for it, so neither ever
    new shapes nor very many cost more than a bounded part of the time they would take anyway. At most ``limit`` shapes
    are kept, and 16 of the same count of fields; the oldest goes.
    """

    def __init__(self, limit: int = 256, sightings: int = 8) -> None:
        self.limit: int = limit
        self.sightings: int = sightings
        self._by_count: dict[int, list[Shape]] = {}
        self._age: dict[Shape, None] = {}
        self._seen: dict[tuple[str, tuple[int, ...]], int] = {}

    def __len__(self) -> int:
        return len(self._age)

    def find(self, raw: bytes) -> tuple[Shape, re.Match[bytes]] | None:
        """The shape of a whole message and the match by it, or None where it is not known."""
        shapes = self._by_count.get(raw.count(b"\x01"))
        if shapes is None:
            return None
        for shape in shapes:
            match = shape.fullmatch(raw)
            if match is not None:
                if shape is not shapes[0]:  # what came last comes next, more often than not
                    shapes.remove(shape)
                    shapes.insert(0, shape)
                return shape, match
        return None

    def saw(self, msg_type: str, tags: Sequence[int], patterns: Mapping[int, bytes] | None = None) -> None:
        """A message came whose shape is not known: counts it, and learns its shape when it came often enough."""
        if len(tags) > _LONGEST or not Shape.can_be(tags):
            return
        key = (msg_type, tuple(tags))
        count = self._seen.get(key, 0) + 1
        full = len(self._age) >= self.limit or len(self._by_count.get(len(tags), ())) >= _TRIES
        if count < self.sightings * (_RELUCTANCE if full else 1):
            if len(self._seen) >= _SIGHTINGS:
                self._seen.clear()
            self._seen[key] = count
            return
        self._seen.pop(key, None)
        self.add(Shape(msg_type, tags, patterns))

    def add(self, shape: Shape) -> None:
        """Keeps a shape; the oldest goes where there are too many."""
        if len(self._age) >= self.limit:
            self._drop(next(iter(self._age)))
        shapes = self._by_count.setdefault(len(shape.tags), [])
        if len(shapes) >= _TRIES:
            self._drop(shapes[-1])
            shapes = self._by_count.setdefault(len(shape.tags), [])
        shapes.insert(0, shape)
        self._age[shape] = None

    def _drop(self, shape: Shape) -> None:
        del self._age[shape]
        shapes = self._by_count[len(shape.tags)]
        shapes.remove(shape)
        if not shapes:
            del self._by_count[len(shape.tags)]
