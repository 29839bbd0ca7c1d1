"""What a validator insists on, and how it says what is wrong."""

from dataclasses import dataclass, replace

import msgspec

__all__ = ["REASONS", "Problem", "Rules"]

# The first tag that the standard leaves to counterparties (FIX 4.4 volume 1, "User Defined Fields").
_FIRST_USER_TAG = 5000

REASONS: dict[int, str] = {
    0: "Invalid tag number",
    1: "Required tag missing",
    2: "Tag not defined for this message type",
    4: "Tag specified without a value",
    5: "Value is incorrect (out of range) for this tag",
    6: "Incorrect data format for value",
    11: "Invalid MsgType",
    13: "Tag appears more than once",
    14: "Tag specified out of required order",
    16: "Incorrect NumInGroup count for repeating group",
    18: "Invalid/Unsupported Application Version",
}
"""Text by SessionRejectReason (373): those a dictionary can find out. Counterparties compare these texts."""


class Problem(msgspec.Struct, frozen=True):
    """The first thing that is wrong with a message.

    ``reason`` is the value of SessionRejectReason (373), or of BusinessRejectReason (380) where ``business`` is true;
    ``tag`` the field it is about (371), None where it is about the message; ``text`` is for Text (58). They are the
    same for every version: a session leaves out what its version does not know, and appends the tag to the text where
    there is no 371.
    """

    reason: int | None
    tag: int | None
    text: str
    business: bool = False

    @classmethod
    def of(cls, reason: int, tag: int | None = None) -> "Problem":
        """A session's problem with the standard's text."""
        return cls(reason, tag, REASONS[reason])

    def __str__(self) -> str:
        return self.text if self.tag is None else f"{self.text} ({self.tag})"


@dataclass(frozen=True, slots=True)
class Rules:
    """Which checks are made. Each may be switched off alone; `lenient` and `strict` are two useful sets.

    By default whatever a counterparty adds of its own is let through, and the rest is held to the dictionary: nobody
    wants to lose an execution report because of a field nobody reads.
    """

    order: bool = True
    """Header, then body, then trailer (reason 14)."""
    message_types: bool = True
    """The dictionary has the message type (11)."""
    required: bool = True
    """Required fields are there, in entries of groups too (1)."""
    repeated: bool = True
    """No field stands twice outside of groups (13)."""
    values: bool = True
    """No field is empty (4)."""
    formats: bool = True
    """Each value is written as its datatype is (6)."""
    enumerations: bool = True
    """Each value is among those the field may have (5), unless the field is open for others."""
    group_counts: bool = True
    """The count of a group is that of its entries (16)."""
    unknown_tags: bool = False
    """A tag below 5000 is in the dictionary (0), and defined for the type of message (2)."""
    user_tags: bool = False
    """The same for the tags from 5000 on, which counterparties define themselves."""

    @classmethod
    def lenient(cls) -> "Rules":
        """The default: fields that the dictionary does not know, or not there, are let through."""
        return cls()

    @classmethod
    def strict(cls) -> "Rules":
        """Every check is made."""
        return cls(unknown_tags=True, user_tags=True)

    @classmethod
    def none(cls) -> "Rules":
        """No check is made: switch on what is wanted by `but`."""
        return cls(**dict.fromkeys(cls.__slots__, False))

    def but(self, **switches: bool) -> "Rules":
        """The same with some checks switched: ``Rules.strict().but(values=False)``."""
        return replace(self, **switches)

    def checks_tag(self, tag: int) -> bool:
        """Whether ``tag`` has to be known."""
        return self.user_tags if tag >= _FIRST_USER_TAG else self.unknown_tags
