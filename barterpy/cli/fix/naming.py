"""A message as named fields, its groups as trees, as far as a dictionary knows it. No I/O.

Made for messages that may be wrong: what no dictionary knows keeps its number, a group with a wrong count shows the
entries that are there, and nothing raises.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from barterpy.cli.fix.messages import NamedField
from barterpy.protocols.fix.dictionary import Dictionary, builtin
from barterpy.protocols.fix.dictionary.model import FieldDefinition, Layout
from barterpy.protocols.fix.dictionary.types import MULTIPLE_TYPES
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.tags import SECRET_TAGS
from barterpy.redaction import REDACTED

__all__ = ["Dictionaries", "name_fields"]

_APPLICATIONS: Final = {"7": "FIX.5.0", "8": "FIX.5.0SP1", "9": "FIX.5.0SP2"}
_VERSIONS: Final = {"2": "FIX.4.0", "3": "FIX.4.1", "4": "FIX.4.2", "5": "FIX.4.3", "6": "FIX.4.4", **_APPLICATIONS}
_LATEST: Final = "FIX.5.0SP2"


class Dictionaries:
    """Which dictionary describes a message: the one that was given, or the standard's by its version.

    :param given: for all messages, or None
    :param version: of all messages, such as ``FIX.4.2``, or None for what each says of itself
    :raises barterpy.errors.ConfigurationError: there is no such version
    """

    def __init__(self, given: Dictionary | None = None, version: str | None = None) -> None:
        self._given = given
        self._version = version
        self._default_version = _LATEST
        if version is not None:
            builtin(version)

    def of(self, message: Message) -> tuple[Dictionary, ...]:
        """Those to look a name up in, the best first."""
        if message.msg_type == "A":
            # DefaultApplVerID: what follows is of that version, unless it says otherwise.
            self._default_version = _VERSIONS.get(message.text(1137, ""), self._default_version)
        standard = self._standard(message)
        return standard if self._given is None else (self._given, *standard)

    def _standard(self, message: Message) -> tuple[Dictionary, ...]:
        begin = message.begin_string
        if self._version is not None:
            own = (builtin(self._version),)
            return own if own[0].header else (*own, builtin("FIXT.1.1"))
        if begin == "FIXT.1.1":
            application = _VERSIONS.get(message.text(1128, ""), self._default_version)
            return builtin(application), builtin("FIXT.1.1")
        # A version nobody knows is read as the one most venues speak.
        return (builtin(begin if begin.startswith("FIX.4.") and begin in _VERSIONS.values() else "FIX.4.4"),)


def name_fields(message: Message, dictionaries: Sequence[Dictionary], *, secrets: bool = False) -> list[NamedField]:
    """Every field in the order of the wire, those of a group within its count.

    :param secrets: show passwords, keys and signatures
    """
    layouts: list[Layout] = []
    for dictionary in dictionaries:
        definition = dictionary.messages.get(message.msg_type)
        if definition is not None:
            layouts.append(definition.layout)
        layouts += [dictionary.header_layout, dictionary.trailer_layout]
    reader = _Reader(message.fields(), dictionaries, secrets=secrets)
    outer = frozenset[int]().union(*(layout.tags for layout in layouts))
    return reader.level(layouts, outer)


class _Reader:
    def __init__(
        self, fields: Sequence[tuple[int, bytes]], dictionaries: Sequence[Dictionary], *, secrets: bool
    ) -> None:
        self._fields = fields
        self._dictionaries = dictionaries
        self._secrets = secrets
        self._at = 0
        self._last = {tag: place for place, (tag, _) in enumerate(fields)}

    def level(self, layouts: Sequence[Layout], outer: frozenset[int]) -> list[NamedField]:
        named: list[NamedField] = []
        while self._at < len(self._fields):
            named.append(self._field(layouts, outer))
        return named

    def _field(self, layouts: Sequence[Layout], outer: frozenset[int]) -> NamedField:
        tag, value = self._fields[self._at]
        self._at += 1
        definition = next(filter(None, (dictionary.fields.get(tag) for dictionary in self._dictionaries)), None)
        name = None if definition is None else definition.name
        group = next(filter(None, (layout.groups.get(tag) for layout in layouts)), None)
        if group is not None:
            return NamedField(tag, name, _text(value), None, tuple(self._entries(group.layout, _count(value), outer)))
        if tag in SECRET_TAGS and not self._secrets:
            return NamedField(tag, name, REDACTED)
        text = _text(value)
        if definition is None:
            return NamedField(tag, None, text)
        if tag == 35 or definition.name == "RefMsgType":
            return NamedField(tag, name, text, _message_name(text, self._dictionaries))
        return NamedField(tag, name, text, _label(definition, text))

    def _entries(self, layout: Layout, count: int, outer: frozenset[int]) -> Iterable[tuple[NamedField, ...]]:
        """The entries of a group. A venue puts fields of its own between those of the standard, even in front."""
        if self._at == len(self._fields):
            return
        delimiter = self._fields[self._at][0]
        last = self._last[delimiter]
        if delimiter not in layout.tags and (delimiter in outer or last == self._at or not count):
            return
        own = {delimiter}
        entry: list[NamedField] = []
        seen = 0
        while self._at < len(self._fields):
            tag = self._fields[self._at][0]
            if tag not in layout.tags and tag not in own:
                if tag in outer or seen >= count or self._at > last:
                    break
                own.add(tag)
            if tag == delimiter:
                if entry:
                    yield tuple(entry)
                entry = []
                seen += 1
            entry.append(self._field((layout,), outer | layout.tags))
        if entry:
            yield tuple(entry)


def _count(value: bytes) -> int:
    return int(value) if value.isdigit() and len(value) < 10 else 0


def _message_name(kind: str, dictionaries: Sequence[Dictionary]) -> str | None:
    known = next(filter(None, (dictionary.messages.get(kind) for dictionary in dictionaries)), None)
    return None if known is None else known.name


def _label(definition: FieldDefinition, value: str) -> str | None:
    if definition.type in MULTIPLE_TYPES and " " in value:
        labels = [definition.label(word) or word for word in value.split(" ")]
        return ", ".join(labels) if labels != value.split(" ") else None
    return definition.label(value)


def _text(value: bytes) -> str:
    text = value.decode("utf-8", "backslashreplace")
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
