"""XML into elements that know their line, and nothing else XML can do: no document type, no entities, bounded.

What a dictionary's file may need of XML is elements and attributes. A document type declaration is where entities that
grow, and entities that read files, come from; a file with one is refused (expat's own protection came with its version
2.4.1, and other versions are about).
"""

from dataclasses import dataclass, field
from xml.parsers import expat

from barterpy.errors import excerpt
from barterpy.protocols.fix.dictionary.errors import DictionaryError

__all__ = ["MAX_DEPTH", "MAX_ELEMENTS", "MAX_SIZE", "Element", "parse_elements"]

MAX_SIZE = 32 << 20
"""Bytes of a file. The largest of the standard's versions has 1.5 MB."""
MAX_ELEMENTS = 1_000_000
MAX_DEPTH = 32
"""Elements within each other: groups within groups, in this format."""


@dataclass(slots=True)
class Element:
    """An element: its name, attributes and children, and the line it begins on."""

    name: str
    attributes: dict[str, str]
    line: int
    children: "list[Element]" = field(default_factory=list["Element"])


def parse_elements(data: bytes, source: str) -> Element:
    """The root element of an XML document. ``source`` names it in errors.

    Raises:
        DictionaryError: not well formed, a document type declaration, or larger than the limits of this module.
    """
    if len(data) > MAX_SIZE:
        raise DictionaryError(source, 0, f"larger than {MAX_SIZE} bytes")
    return _Reader(source).read(data)


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._count = 0
        self._top = Element("", {}, 0)
        self._open = [self._top]
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.EntityDeclHandler = self._doctype

    def read(self, data: bytes) -> Element:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            raise DictionaryError(self._source, error.lineno, f"not XML: {expat.ErrorString(error.code)}") from error
        except (LookupError, ValueError) as error:  # an encoding that Python does not know, or cannot be used here
            raise DictionaryError(self._source, 1, f"not XML: {error}") from error
        return self._top.children[0]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise DictionaryError(self._source, line, f"more than {MAX_ELEMENTS} elements")
        if len(self._open) > MAX_DEPTH:
            raise DictionaryError(self._source, line, f"<{excerpt(name, 40)}> lies deeper than {MAX_DEPTH} elements")
        element = Element(name, attributes, line)
        self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _doctype(self, *_: object) -> None:
        line = self._parser.CurrentLineNumber
        raise DictionaryError(self._source, line, "a document type declaration, which no dictionary needs")
