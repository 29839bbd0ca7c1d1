"""The versions of the standard, made from the facts in `barterpy.protocols.fix.dictionary.standard` when asked for.

Sources: the FIX specifications 4.0 (1997) to 5.0 SP2 (2009, with what later extension packs gave names to) and FIXT 1.1
(2008), volumes 1 to 7. Nothing is read before the first call, and a version is made once.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.dictionary.compact import read_components, read_enumerations, read_fields, read_messages
from barterpy.protocols.fix.dictionary.model import ComponentMember, Dictionary, FieldMember, Member

__all__ = ["APPL_VER_IDS", "VERSIONS", "builtin"]

VERSIONS: tuple[str, ...] = (
    "FIX.4.0",
    "FIX.4.1",
    "FIX.4.2",
    "FIX.4.3",
    "FIX.4.4",
    "FIX.5.0",
    "FIX.5.0SP1",
    "FIX.5.0SP2",
    "FIXT.1.1",
)
"""The names `builtin` takes. The last is the session layer of the three before it."""

APPL_VER_IDS: Mapping[str, str] = MappingProxyType(
    {
        "2": "FIX.4.0",
        "3": "FIX.4.1",
        "4": "FIX.4.2",
        "5": "FIX.4.3",
        "6": "FIX.4.4",
        "7": "FIX.5.0",
        "8": "FIX.5.0SP1",
        "9": "FIX.5.0SP2",
    }
)
"""The version by its value of ApplVerID (1128) and DefaultApplVerID (1137)."""

_FIRST_WITHOUT_SESSION = 5


def builtin(version: str) -> Dictionary:
    """The dictionary of a version of the standard; ``FIX.4.4`` may be written ``FIX44``, ``FIX.5.0SP2`` ``FIX50SP2``.

    Raises:
        ConfigurationError: there is no such version among `VERSIONS`.
    """
    wanted = version.upper().replace(".", "")
    for name in VERSIONS:
        if name.replace(".", "") == wanted:
            return _make(name)
    raise ConfigurationError(f"no dictionary is built in for {version!r}; there are {', '.join(VERSIONS)}")


@cache
def _make(name: str) -> Dictionary:
    # Imported here because they are long, and most programs need one version or none.
    from barterpy.protocols.fix.dictionary.standard.components import COMPONENTS
    from barterpy.protocols.fix.dictionary.standard.enumerations import ENUMERATIONS
    from barterpy.protocols.fix.dictionary.standard.fields import FIELDS
    from barterpy.protocols.fix.dictionary.standard.later_enumerations import LATER_ENUMERATIONS
    from barterpy.protocols.fix.dictionary.standard.messages import MESSAGES

    is_transport = name == "FIXT.1.1"
    version = 7 if is_transport else VERSIONS.index(name)
    components = read_components(COMPONENTS, version)
    header = components.pop("StandardHeader").content
    trailer = components.pop("StandardTrailer").content
    values = read_enumerations(ENUMERATIONS, version) | read_enumerations(LATER_ENUMERATIONS, version)
    fields = read_fields(FIELDS, values, version)
    if version < _FIRST_WITHOUT_SESSION:
        messages = read_messages(MESSAGES, version, components, None)
    elif is_transport:
        messages = read_messages(MESSAGES, version, components, "admin")
        # The session layer knows its own fields alone: a field of the application in a Heartbeat is no field at all.
        known = _tags(header) | _tags(trailer) | {tag for item in messages.values() for tag in _tags(item.content)}
        fields = {tag: field for tag, field in fields.items() if tag in known}
        components = {}
    else:
        messages = read_messages(MESSAGES, version, components, "app")
        header = trailer = ()
    return Dictionary(name, fields, messages, components, header, trailer)


def _tags(members: Iterable[Member]) -> set[int]:
    tags: set[int] = set()
    for member in members:
        if not isinstance(member, ComponentMember):
            tags.add(member.tag)
        if not isinstance(member, FieldMember):
            tags |= _tags(member.content)
    return tags
