"""A message for people: names beside tags, labels beside codes, entries of groups set in."""

from collections.abc import Generator, Iterator, Sequence

from barterpy.protocols.fix.dictionary.model import Dictionary, FieldDefinition, Layout
from barterpy.protocols.fix.dictionary.types import MULTIPLE_TYPES
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.tags import SECRET_TAGS
from barterpy.redaction import REDACTED

__all__ = ["describe"]

_INDENT = "  "


def describe(message: Message, session: Dictionary, application: Dictionary | None = None) -> str:
    """A message as text, a line a field, in the order of the wire; passwords, keys and signatures are left out.

    ``session`` is the version of header and trailer, and of the rest too where there is no ``application``. Nothing
    raises: what neither knows is shown as it is, and a group ends where its fields end, whatever its count says.

        >>> print(describe(message, builtin("FIX.4.4")))
        BeginString(8)=FIX.4.4
        …
        MsgType(35)=D NewOrderSingle
        Side(54)=1 Buy
    """
    dictionaries = (session,) if application is None else (session, application)
    return "\n".join(_Describer(message, dictionaries).lines())


class _Describer:
    def __init__(self, message: Message, dictionaries: Sequence[Dictionary]) -> None:
        self._fields = message.fields()
        self._dictionaries = dictionaries
        self._layouts = [dictionaries[0].header_layout, dictionaries[0].trailer_layout]
        self._layouts += [
            dictionary.messages[message.msg_type].layout
            for dictionary in dictionaries
            if message.msg_type in dictionary.messages
        ]

    def lines(self) -> Iterator[str]:
        """The lines of the message."""
        position = 0
        while position < len(self._fields):
            position = yield from self._field(position, self._layouts, 0)

    def _field(self, position: int, layouts: Sequence[Layout], depth: int) -> Generator[str, None, int]:
        tag, value = self._fields[position]
        yield _INDENT * depth + self._line(tag, value)
        position += 1
        group = next((layout.groups[tag] for layout in layouts if tag in layout.groups), None)
        if group is None:
            return position
        layout = group.layout
        number = 0
        while position < len(self._fields) and (tag := self._fields[position][0]) in layout.tags:
            if tag == group.delimiter:
                number += 1
                yield f"{_INDENT * (depth + 1)}[{number}]"
            position = yield from self._field(position, (layout,), depth + 2)
        return position

    def _line(self, tag: int, value: bytes) -> str:
        definition = next((item.fields[tag] for item in self._dictionaries if tag in item.fields), None)
        name = str(tag) if definition is None else f"{definition.name}({tag})"
        if tag in SECRET_TAGS:
            return f"{name}={REDACTED}"
        text = value.decode("utf-8", "backslashreplace")
        shown = text if text.isprintable() else ascii(text)[1:-1]
        label = self._label(tag, definition, text)
        return f"{name}={shown}" if label is None else f"{name}={shown} {label}"

    def _label(self, tag: int, definition: FieldDefinition | None, value: str) -> str | None:
        if tag == 35:
            return next((item.messages[value].name for item in self._dictionaries if value in item.messages), None)
        if definition is None or not definition.values:
            return None
        if definition.type in MULTIPLE_TYPES:
            labels = [definition.label(word) for word in value.split(" ")]
            return ", ".join(filter(None, labels)) or None
        return definition.label(value)
