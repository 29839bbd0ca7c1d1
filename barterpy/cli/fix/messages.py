"""What the FIX commands print with ``--json``: one object a line, each with all its members."""

from collections.abc import Sequence

import msgspec

from barterpy.cli.fix.scanner import FoundMessage, FoundText
from barterpy.errors import ParseError
from barterpy.protocols.fix.message import Message

__all__ = [
    "FIX_LINES",
    "FixGarbledLine",
    "FixMessageLine",
    "FixSessionLine",
    "NamedField",
    "garbled_line",
    "message_line",
    "sent_at",
]


class NamedField(msgspec.Struct, frozen=True):
    """A field: its tag, its name and what its value means, null where no dictionary knows; the entries of a group."""

    tag: int
    name: str | None
    value: str
    label: str | None = None
    entries: "tuple[tuple[NamedField, ...], ...] | None" = None
    """Of a repeating group, whose count the field is; null for any other field."""


class FixMessageLine(msgspec.Struct, frozen=True, kw_only=True, tag="fix_message", tag_field="event"):
    """A FIX message: what the header says of it, and every field in the order of the wire."""

    line: int | None
    prefix: str
    direction: str | None
    type: str
    name: str | None
    begin_string: str
    sender: str | None
    target: str | None
    seq: int | None
    sent_at: int | None
    problem: str | None
    masked: bool
    fields: tuple[NamedField, ...]


class FixGarbledLine(msgspec.Struct, frozen=True, kw_only=True, tag="fix_garbled", tag_field="event"):
    """What began like a FIX message and cannot be read as one."""

    line: int | None
    problem: str
    text: str


class FixSessionLine(msgspec.Struct, frozen=True, kw_only=True, tag="fix_session", tag_field="event"):
    """What happened to a FIX session: `kind` is the name of the event, `text` what there is to say of it."""

    at: int
    kind: str
    text: str


FIX_LINES: tuple[type[msgspec.Struct], ...] = (FixMessageLine, FixGarbledLine, FixSessionLine)
"""Every kind of line, for the page that describes them."""

_MAX_TEXT = 1000


def sent_at(message: Message) -> int | None:
    """SendingTime, int nanoseconds UTC, or None where it cannot be read."""
    try:
        return message.timestamp(52, None)
    except ParseError:
        return None


def message_line(
    message: Message,
    fields: Sequence[NamedField],
    found: FoundMessage | None = None,
    *,
    direction: str | None = None,
    problem: str | None = None,
) -> FixMessageLine:
    """The line of a message: one that was found somewhere, or one that went by."""
    try:
        seq = message.integer(34, None)
    except ParseError:
        seq = None
    return FixMessageLine(
        line=None if found is None else found.line,
        prefix="" if found is None else found.prefix,
        direction=direction,
        type=message.msg_type,
        name=next((field.label for field in fields if field.tag == 35), None),
        begin_string=message.begin_string,
        sender=message.get(49),
        target=message.get(56),
        seq=seq,
        sent_at=sent_at(message),
        problem=problem or (None if found is None else found.problem),
        masked=found is not None and found.masked,
        fields=tuple(fields),
    )


def garbled_line(found: FoundText) -> FixGarbledLine:
    """The line of what could not be read."""
    return FixGarbledLine(line=found.line, problem=found.problem, text=found.text[:_MAX_TEXT])
