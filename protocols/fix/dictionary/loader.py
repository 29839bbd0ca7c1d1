"""Dictionaries from files in QuickFIX's format, in which counterparties publish what they speak.

    <fix type="FIX" major="4" minor="4" servicepack="0">
      <header> … </header> <trailer> … </trailer>
      <messages>
        <message name="Heartbeat" msgtype="0" msgcat="admin"> <field name="TestReqID" required="N"/> </message>
      </messages>
      <components>
        <component name="Parties"> <group name="NoPartyIDs" required="N"> … </group> </component>
      </components>
      <fields> <field number="54" name="Side" type="CHAR"> <value enum="1" description="BUY"/> </field> </fields>
    </fix>

The sections may stand in any order, and ones that are not known are passed over. Within them nothing is: a name that
means nothing is more likely a slip of the pen than an extension.
"""

import os
from pathlib import Path
from types import MappingProxyType

from barterpy.errors import excerpt
from barterpy.protocols.fix.dictionary.elements import MAX_SIZE, Element, parse_elements
from barterpy.protocols.fix.dictionary.errors import DictionaryError
from barterpy.protocols.fix.dictionary.model import (
    ComponentDefinition,
    ComponentMember,
    Dictionary,
    FieldDefinition,
    FieldMember,
    GroupMember,
    Member,
    MessageDefinition,
)
from barterpy.protocols.fix.dictionary.types import known_type

__all__ = ["MAX_MEMBERS", "load_dictionary"]

MAX_MEMBERS = 50_000
"""Fields of a message, its components and groups written out. The longest of the standard has some 4,000."""

_MAX_TAG = 999_999_999
_MAX_NESTING = 32


def load_dictionary(source: str | os.PathLike[str] | bytes) -> Dictionary:
    """The dictionary in a file, or in the bytes of one. Reads the file there and then: not for the event loop.

    In FIX 4.0 and 4.1 CHAR is text of any length, as those versions define it. A datatype that no version knows is read
    as STRING, which any value is. ``allowOtherValues="Y"`` makes a field `open <FieldDefinition>`.

    Raises:
        DictionaryError: the file cannot be read, is no XML, or says something that cannot be; with the line.
    """
    if isinstance(source, bytes):
        return _Loader("(bytes)").load(source)
    try:
        with Path(source).open("rb") as file:
            data = file.read(MAX_SIZE + 1)  # and no more: what is larger is refused
    except OSError as error:
        raise DictionaryError(os.fspath(source), 0, error.strerror or type(error).__name__) from error
    return _Loader(os.fspath(source)).load(data)


class _Loader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._fields: dict[int, FieldDefinition] = {}
        self._tags: dict[str, int] = {}
        self._declared: dict[str, Element] = {}
        self._components: dict[str, ComponentDefinition] = {}
        self._sizes: dict[str, int] = {}
        self._under_way: list[str] = []

    def load(self, data: bytes) -> Dictionary:
        root = parse_elements(data, self._source)
        if root.name != "fix":
            raise self._error(root, f"begins with <{excerpt(root.name, 40)}>, and not with <fix>")
        version = self._version(root)
        sections: dict[str, list[Element]] = {}
        for section in root.children:
            sections.setdefault(section.name, []).extend(section.children)
        for element in sections.get("fields", ()):
            self._add_field(element, version)
        for element in sections.get("components", ()):
            name = self._named(element, "component")
            if name in self._declared:
                raise self._error(element, f"component {name} is there twice")
            self._declared[name] = element
        for element in self._declared.values():
            self._component(element, element)
        messages: dict[str, MessageDefinition] = {}
        for element in sections.get("messages", ()):
            message = self._message(element)
            if message.type in messages:
                raise self._error(element, f"two messages are of type {message.type}")
            messages[message.type] = message
        header, _ = self._members(sections.get("header", ()))
        trailer, _ = self._members(sections.get("trailer", ()))
        return Dictionary(version, self._fields, messages, self._components, header, trailer)

    def _version(self, root: Element) -> str:
        kind = root.attributes.get("type", "FIX")
        major, minor = self._attribute(root, "major"), self._attribute(root, "minor")
        pack = root.attributes.get("servicepack", "0")
        for name, value in (("major", major), ("minor", minor), ("servicepack", pack)):
            if not (value.isascii() and value.isdigit()):
                raise self._error(root, f"{name} is no number")
        if kind not in ("FIX", "FIXT"):
            raise self._error(root, f"type is {excerpt(kind, 20)!r}, and neither FIX nor FIXT")
        return f"{kind}.{int(major)}.{int(minor)}" + (f"SP{int(pack)}" if int(pack) else "")

    def _add_field(self, element: Element, version: str) -> None:
        name = self._named(element, "field")
        text = self._attribute(element, "number")
        if not (text.isascii() and text.isdigit() and 0 < int(text[:10]) <= _MAX_TAG):
            raise self._error(element, f"the number of {name} is no tag")
        number = int(text)
        if number in self._fields:
            raise self._error(element, f"tag {number} is {name} and {self._fields[number].name}")
        if name in self._tags:
            raise self._error(element, f"two tags are called {name}")
        kind = known_type(self._attribute(element, "type")) or "STRING"
        if kind == "CHAR" and version in ("FIX.4.0", "FIX.4.1"):
            kind = "STRING"
        values: dict[str, str] = {}
        for child in element.children:
            if child.name != "value":
                raise self._error(child, f"<{excerpt(child.name, 40)}> in field {name}, where <value> belongs")
            value = self._attribute(child, "enum")
            values[value] = child.attributes.get("description", value)
        is_open = element.attributes.get("allowOtherValues", "N") in ("Y", "y", "true")
        self._fields[number] = FieldDefinition(number, name, kind, MappingProxyType(values), is_open)
        self._tags[name] = number

    def _message(self, element: Element) -> MessageDefinition:
        name = self._named(element, "message")
        members, _ = self._members(element.children)
        category = element.attributes.get("msgcat", "app")
        if category not in ("admin", "app"):
            raise self._error(element, f"msgcat is {excerpt(category, 20)!r}, and neither admin nor app")
        return MessageDefinition(self._attribute(element, "msgtype"), name, category, members)

    def _component(self, element: Element, reference: Element) -> tuple[tuple[Member, ...], int]:
        """The members of a declared component, and how many fields they are written out."""
        name = element.attributes["name"]
        if name in self._under_way:
            circle = " in ".join([name, *reversed(self._under_way[self._under_way.index(name) :])])
            raise self._error(reference, f"a component contains itself: {excerpt(circle, 200)}")
        if name not in self._components:
            self._under_way.append(name)
            if len(self._under_way) > _MAX_NESTING:
                raise self._error(reference, f"components lie deeper than {_MAX_NESTING} within each other")
            members, self._sizes[name] = self._members(element.children)
            self._under_way.pop()
            self._components[name] = ComponentDefinition(name, members)
        return self._components[name].content, self._sizes[name]

    def _members(self, elements: "list[Element] | tuple[()]") -> tuple[tuple[Member, ...], int]:
        members: list[Member] = []
        size = 0
        for element in elements:
            member, count = self._member(element)
            members.append(member)
            size += count
            if size > MAX_MEMBERS:
                raise self._error(element, f"more than {MAX_MEMBERS} fields, components and groups written out")
        return tuple(members), size

    def _member(self, element: Element) -> tuple[Member, int]:
        required = element.attributes.get("required", "N") in ("Y", "y")
        name = self._attribute(element, "name")
        if element.name == "component":
            declared = self._declared.get(name)
            if declared is None:
                raise self._error(element, f"there is no component {excerpt(name, 60)}")
            content, size = self._component(declared, element)
            return ComponentMember(name, required, content), size
        if element.name not in ("field", "group"):
            raise self._error(element, f"<{excerpt(element.name, 40)}> where a field, group or component belongs")
        tag = self._tags.get(name)
        if tag is None:
            raise self._error(element, f"there is no field {excerpt(name, 60)}")
        if element.name == "field":
            return FieldMember(tag, required), 1
        content, size = self._members(element.children)
        if not size:
            raise self._error(element, f"group {name} has no fields")
        return GroupMember(tag, required, content), size + 1

    def _named(self, element: Element, expected: str) -> str:
        if element.name != expected:
            raise self._error(element, f"<{excerpt(element.name, 40)}> where <{expected}> belongs")
        return self._attribute(element, "name")

    def _attribute(self, element: Element, name: str) -> str:
        value = element.attributes.get(name, "")
        if not value:
            raise self._error(element, f"<{excerpt(element.name, 40)}> has no {name}")
        return value

    def _error(self, element: Element, reason: str) -> DictionaryError:
        return DictionaryError(self._source, element.line, reason)
