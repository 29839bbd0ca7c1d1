"""A message as it was received: its bytes, and reads of its fields by tag."""

import re
from collections.abc import Collection, Mapping
from typing import Final

from barterpy.protocols.fix.checksum import checksum_field
from barterpy.protocols.fix.errors import FieldMissing, Garbled
from barterpy.protocols.fix.groups import GroupEntry, GroupPlace, entries
from barterpy.protocols.fix.shape import Shape, Shapes, zones
from barterpy.protocols.fix.tags import DATA_FIELDS, SECRET_TAGS
from barterpy.protocols.fix.values import FieldReader, to_integer
from barterpy.redaction import REDACTED

__all__ = ["Message", "split_fields"]

# A tag has no leading zeros (FIX 4.4 volume 1, data type TagNum). One that is not positive is a message's fault and not
# the stream's: a session answers it with a Reject.
_FIELD: Final = re.compile(rb"(0|-?[1-9][0-9]{0,9})=([^\x01]*)\x01")

_LONGEST_LENGTH: Final = 20
"""Digits of the length of data, leading zeros among them; what has more is longer than any message."""

# Of all messages which are read without a dictionary: what they have in common is their shapes, and those are bounded.
_SHAPES: Final = Shapes()


class Message(FieldReader):
    """One whole message, from ``8=`` to the separator after ``10=``.

    The bytes stay as they came (``raw``); a value is decoded when it is asked for. Whoever has the bytes from a
    :class:`~barterpy.protocols.fix.framing.Framer` has had their length and checksum checked; this checks the fields.

    :param raw: the bytes
    :param matched: the shape of the message and the match of ``raw`` by it, where they are known already
    :param data_fields: tags of length fields, and of the data fields they count
    :raises barterpy.protocols.fix.errors.Garbled: 8, 9 and 35 are not the first three fields or 10 is not the last, a
        field without ``=`` or with a tag that is no number, a data field whose length is wrong
    """

    __slots__ = ("msg_type", "raw", "shape")

    def __init__(
        self,
        raw: bytes,
        matched: tuple[Shape, re.Match[bytes]] | None = None,
        *,
        data_fields: Mapping[int, int] = DATA_FIELDS,
    ) -> None:
        self.raw: bytes = raw
        if matched is None and data_fields is DATA_FIELDS:
            matched = _SHAPES.find(raw)
        if matched is not None:
            shape, self._values = matched
            self.shape: Shape | None = shape
            """What the tags alone tell, where the message is of a known shape."""
            self.msg_type: str = shape.msg_type
            """MsgType (35)."""
            self._index = shape.index
            self._tags = shape.tags
            return
        tags, values = split_fields(raw, data_fields)
        if tags[:3] != [8, 9, 35] or tags[-1] != 10:
            raise Garbled("the first three fields are not 8, 9 and 35, or the last is not 10", len(raw))
        index: dict[int, int] = {}
        for position, tag in enumerate(tags, 1):
            index.setdefault(tag, position)
        self.shape = None
        self.msg_type = values[2].decode("utf-8", "surrogateescape")
        self._index = index
        self._tags = tags
        self._values = [raw, *values]
        if data_fields is DATA_FIELDS:
            _SHAPES.saw(self.msg_type, tags)

    @classmethod
    def from_text(cls, text: str | bytes, separator: str = "|") -> "Message":
        """A message written by hand, such as ``"35=0|34=2|49=A|56=B|"``.

        Without a BeginString it gets ``FIX.4.4``; BodyLength and CheckSum are made anew where either is missing.
        """
        data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        data = data.replace(separator.encode(), b"\x01")
        if not data.endswith(b"\x01"):
            data += b"\x01"
        if not (data.startswith(b"8=") and b"\x019=" in data and b"\x0110=" in data):
            begin = b"8=FIX.4.4\x01"
            if data.startswith(b"8="):
                begin, _, data = data.partition(b"\x01")
                begin += b"\x01"
            data = b"%b9=%d\x01%b" % (begin, len(data), data)
            data += checksum_field(data)
        return cls(data)

    @property
    def begin_string(self) -> str:
        """BeginString (8), such as ``FIX.4.4``."""
        return self.text(8)

    @property
    def seq_num(self) -> int:
        """MsgSeqNum (34).

        :raises barterpy.protocols.fix.errors.FieldMissing: there is none
        :raises barterpy.protocols.fix.errors.FieldInvalid: it is not a number
        """
        try:
            return to_integer(self._values[self._index[34]])
        except KeyError:
            raise FieldMissing(34, self.raw) from None
        except ValueError as error:
            raise self._invalid(34, error) from None

    def fields(self) -> list[tuple[int, bytes]]:
        """All fields in the order of the wire, those of groups among them."""
        values = self._values
        return list(zip(self._tags, values[1:] if isinstance(values, list) else values.groups(), strict=True))

    def header_fields(self) -> list[tuple[int, bytes]]:
        """The fields before the first that does not belong to the standard header, in the order of the wire."""
        return self.fields()[: zones(self._tags)[0] - 1]

    def body_fields(self) -> list[tuple[int, bytes]]:
        """The fields between header and trailer, in the order of the wire."""
        start, end = zones(self._tags)
        return self.fields()[start - 1 : end - 1]

    def raw_body(self) -> bytes:
        """The bytes of :meth:`body_fields`."""
        shape, values = self.shape, self._values
        if shape is not None and not isinstance(values, list):
            before, after, tag = shape.around_body
            return self.raw[values.end(before) + 1 : values.start(after) - tag]
        return b"".join(b"%d=%b\x01" % pair for pair in self.body_fields())

    def group(self, tag: int, place: GroupPlace | Collection[int] | None = None) -> list[GroupEntry]:
        """The entries of the repeating group whose count is in field ``tag``; none, if there is no such field.

        With its place in a dictionary, or the tags which may stand in an entry, the group ends where it ends.
        Without, the first tag after the count tells entries apart and the last entry runs to the end of the body, so
        that it may find fields which are not the group's.

        :raises barterpy.protocols.fix.errors.FieldInvalid: the count is no count, or not that of the entries
        :raises barterpy.protocols.fix.errors.FieldMissing: a count above 0 and no entry
        """
        position = self._index.get(tag)
        if position is None:
            return []
        end = max(zones(self._tags)[1] - 1, position)  # a field of the trailer is none's count, and is said to be so
        return entries(self.fields()[:end], position - 1, place)

    def __eq__(self, other: object) -> bool:
        return self.raw == other.raw if isinstance(other, Message) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.raw)

    def __str__(self) -> str:
        """The fields with ``|`` behind each, secrets left out."""
        shown = (f"{tag}={REDACTED if tag in SECRET_TAGS else _printable(value)}|" for tag, value in self.fields())
        return "".join(shown)

    def __repr__(self) -> str:
        return f"Message({str(self)!r})"

    def _payload(self) -> bytes:
        return self.raw


def split_fields(raw: bytes, data_fields: Mapping[int, int] = DATA_FIELDS) -> tuple[list[int], list[bytes]]:
    """Tags and values of a message, or of a part of one, in the order of the wire.

    A data field is as long as the length field before it says; without one before it, it ends like any other.

    :raises barterpy.protocols.fix.errors.Garbled: a field without ``=`` or separator, a tag that is no number, a data
        field that does not end where its length says
    """
    pairs = _FIELD.findall(raw)
    tags = [int(tag) for tag, _ in pairs]
    if data_fields.keys().isdisjoint(tags):
        values = [value for _, value in pairs]
        if sum(map(len, values)) + sum(len(tag) for tag, _ in pairs) + 2 * len(values) != len(raw):
            raise Garbled("a field has no tag or no separator", len(raw))
        return tags, values
    return _split_with_data(raw, data_fields)


def _split_with_data(raw: bytes, data_fields: Mapping[int, int]) -> tuple[list[int], list[bytes]]:
    tags: list[int] = []
    values: list[bytes] = []
    lengths: dict[int, bytes] = {}
    position = 0
    while position < len(raw):
        field = _FIELD.match(raw, position)
        if field is None:
            raise Garbled("a field has no tag or no separator", len(raw))
        tag, value = int(field[1]), field[2]
        end = field.end()
        length = lengths.pop(tag, None)
        if length is not None:
            start = field.start(2)
            end = start + _data_length(tag, length, len(raw)) + 1
            if raw[end - 1 : end] != b"\x01":
                raise Garbled(f"data field {tag} does not end where its length says", len(raw))
            value = raw[start : end - 1]
        counted = data_fields.get(tag)
        if counted is not None:
            lengths[counted] = value
        tags.append(tag)
        values.append(value)
        position = end
    return tags, values


def _data_length(tag: int, length: bytes, limit: int) -> int:
    if not length.isdigit():
        raise Garbled(f"the length of data field {tag} is not a number", limit)
    return limit if len(length) > _LONGEST_LENGTH else min(int(length), limit)


def _printable(value: bytes) -> str:
    text = value.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
