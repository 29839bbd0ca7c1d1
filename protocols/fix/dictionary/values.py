"""What the value of a field may be, as one regular expression made of its datatype and its enumeration."""

import re
from collections.abc import Callable

from barterpy.protocols.fix.dictionary.model import FieldDefinition
from barterpy.protocols.fix.dictionary.rules import Problem, Rules
from barterpy.protocols.fix.dictionary.types import DATA_TYPES, MULTIPLE_TYPES, PATTERNS, format_of

__all__ = ["ValueRule"]

_ANYTHING = rb"[^\x01]++"


class ValueRule:
    """A field's definition under some rules: ``accepts`` is the fast question, `problem` the exact answer."""

    __slots__ = ("_definition", "_format", "_rules", "_values", "accepts")

    def __init__(self, definition: FieldDefinition, rules: Rules) -> None:
        self._definition = definition
        self._rules = rules
        self._format = format_of(definition.type).fullmatch if rules.formats else None
        self._values: frozenset[bytes] | None = None
        if rules.enumerations and definition.values and not definition.open:
            self._values = frozenset(value.encode() for value in definition.values)
        self.accepts: Callable[[bytes], object] = self._acceptance()
        """Called with a value that is not empty; false where something is wrong with it."""

    def _acceptance(self) -> Callable[[bytes], object]:
        multiple = self._definition.type in MULTIPLE_TYPES
        if self._values is not None and not multiple:
            written = self._format
            return frozenset(value for value in self._values if written is None or written(value)).__contains__
        if self._values is None and self._format is not None:
            return self._format
        if self._values is not None:
            return re.compile(self.pattern(), re.DOTALL).fullmatch
        return bool

    def pattern(self) -> bytes:
        """The value in an expression for a whole message. Never matches what `problem` objects to, nor a separator."""
        text = _ANYTHING
        # A data field without the length before it ends like any other, and so it has to in an expression.
        if self._rules.formats and self._definition.type not in DATA_TYPES:
            text = PATTERNS[self._definition.type]
        if self._values is not None:
            fit = (value for value in self._values if self._format is None or self._format(value))
            text = _alternation(sorted(fit, key=lambda value: (-len(value), value)))
            if self._definition.type in MULTIPLE_TYPES:
                text = b"%b(?: %b)*+" % (text, text)
        return text if self._rules.values else b"(?:%b)?" % text

    def problem(self, value: bytes) -> Problem | None:
        """What is wrong with a value, or None. Of an empty value nothing but that can be wrong."""
        tag = self._definition.number
        if not value:
            return Problem.of(4, tag) if self._rules.values else None
        if self._format is not None and not self._format(value):
            return Problem.of(6, tag)
        if self._values is not None:
            several = value.split(b" ") if self._definition.type in MULTIPLE_TYPES else (value,)
            if not self._values.issuperset(several):
                return Problem.of(5, tag)
        return None


def _alternation(values: list[bytes]) -> bytes:
    if not values:
        return rb"(?!)"
    if all(len(value) == 1 for value in values):
        return b"[%b]" % b"".join(re.escape(value) for value in values)
    return b"(?:%b)" % b"|".join(re.escape(value) for value in values)
