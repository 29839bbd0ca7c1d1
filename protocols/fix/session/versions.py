"""Which version of the application a message is of, where the session is FIXT.1.1 and carries several.

A message says so itself by ApplVerID (1128) and CstmApplVerID (1129). Of one that does not, the sender's Logon says it:
for some types by its group NoMsgTypes (384), for all others by DefaultApplVerID (1137) and DefaultCstmApplVerID (1408).
That order is FIXT 1.1's ("Message type default application version" before "session default").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from barterpy.protocols.fix.errors import FieldInvalid
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Field, Outgoing

__all__ = ["LogonVersions", "MessageType", "Version", "group_of", "referring", "versions_in"]

_SENT: Final = "S"
_DIRECTIONS: Final = {"send": "S", "receive": "R"}
_IDS: Final = frozenset(str(number) for number in range(11))
"""What 1128 and 1130 may be by the standard; a name of the counterparty's own would make a Reject of ours no good."""
_WITHOUT_REFERENCE: Final = frozenset(str(number) for number in range(8))
"""Versions whose BusinessMessageReject has neither 1130 nor 1131: up to FIX 5.0."""


class MessageType(NamedTuple):
    """An entry of NoMsgTypes (384) in a Logon of ours: a type of message, and in which version it is sent or taken."""

    msg_type: str
    """372."""
    appl_ver_id: str = ""
    """1130, FIXT.1.1 only: as in 1128."""
    cstm_appl_ver_id: str = ""
    """1131, likewise: as in 1129."""
    direction: Literal["send", "receive"] = "send"
    """385, as we see it."""
    default: bool = True
    """1410: whether that version is meant by a message of this type which names none. Only where a version is named."""


class Version(NamedTuple):
    """What a message is of; empty where nothing is said."""

    appl_ver_id: str = ""
    cstm_appl_ver_id: str = ""


_NOTHING_SAID: Final = Version()


@dataclass(frozen=True, slots=True)
class LogonVersions:
    """What a side's Logon says about the messages which that side sends."""

    default: Version = _NOTHING_SAID
    by_type: Mapping[str, Version] = field(default_factory=dict[str, Version])
    """Of the types that have a default of their own."""

    def of(self, message: Message) -> Version:
        """The version of a message, by what it says or by its sender's Logon."""
        named = Version(message.text(1128, ""), message.text(1129, ""))
        return named if any(named) else self.by_type.get(message.msg_type, self.default)


def group_of(types: Sequence[MessageType]) -> Field:
    """The field of a Logon that lists them."""
    entries: list[list[Field]] = []
    for one in types:
        entry: list[Field] = [(372, one.msg_type), (385, _DIRECTIONS[one.direction])]
        if one.appl_ver_id:
            entry.append((1130, one.appl_ver_id))
        if one.cstm_appl_ver_id:
            entry.append((1131, one.cstm_appl_ver_id))
        if one.default and (one.appl_ver_id or one.cstm_appl_ver_id):
            entry.append((1410, True))
        entries.append(entry)
    return Outgoing.group(384, entries)


def versions_in(logon: Message) -> LogonVersions:
    """Of a Logon.

    :raises barterpy.protocols.fix.errors.FieldInvalid: it names two defaults for one type
    """
    default = Version(logon.text(1137, ""), logon.text(1408, ""))
    if 384 not in logon:
        return LogonVersions(default)
    by_type: dict[str, Version] = {}
    for entry in _entries(logon):
        if entry.get(385) != _SENT or entry.get(1410) != "Y":
            continue
        # What is left out of the pair is that of the session's default.
        version = Version(entry.get(1130) or default.appl_ver_id, entry.get(1131, ""))
        if by_type.setdefault(entry[372], version) != version:
            raise FieldInvalid(1410, "two default versions of one type of message", logon.raw)
    return LogonVersions(default, by_type)


def referring(message: Message, versions: LogonVersions, reject_version: str | None = None) -> list[Field]:
    """The fields of a reject that tell of which version the message was: 1130 and 1131, as far as that is not the
    default of its sender's Logon.

    :param reject_version: ApplVerID of the reject itself; None for the session's own, which always has these fields
    """
    if reject_version in _WITHOUT_REFERENCE:
        return []
    version, default = versions.of(message), versions.default
    always = message.msg_type in versions.by_type  # the session's default is not what is meant by saying nothing
    fields: list[Field] = []
    if version.appl_ver_id in _IDS and (always or version.appl_ver_id != default.appl_ver_id):
        fields.append((1130, version.appl_ver_id))
    if version.cstm_appl_ver_id and (always or version.cstm_appl_ver_id != default.cstm_appl_ver_id):
        fields.append((1131, version.cstm_appl_ver_id))
    return fields


def _entries(logon: Message) -> list[dict[int, str]]:
    """By their first field alone: a counterparty's own fields in there must not cost its Logon."""
    entries: list[dict[int, str]] = []
    inside = False
    for tag, value in logon.body_fields():
        inside = inside or tag == 384
        if inside and tag == 372:
            entries.append({})
        if inside and entries:
            entries[-1].setdefault(tag, value.decode("utf-8", "surrogateescape"))
    return entries
