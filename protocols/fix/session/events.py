"""What a session tells its application, in order: messages, and what became of the session itself.

A core hands these over (:meth:`~barterpy.protocols.fix.session.session.Session.next_events`); none is ever dropped.
Texts are the counterparty's or the standard's own. No event holds a secret, but the messages hold what was received.
"""

from typing import TypeAlias

import msgspec

from barterpy.protocols.fix.message import Message

__all__ = [
    "ApplicationFailed",
    "Closed",
    "EndAnnounced",
    "GapFilled",
    "GapOpened",
    "GarbledIgnored",
    "Inbound",
    "LoggedOn",
    "LoggedOut",
    "Messages",
    "NumbersReset",
    "RejectReceived",
    "Rejected",
    "ResendRefused",
    "ResendServed",
    "SessionEvent",
]


class Messages(msgspec.Struct, frozen=True, gc=False):
    """Application messages in the order of their numbers: at least one, valid and not handed over before.

    They count as processed when the session is asked for more; what was handed over and not yet processed when the
    program is killed comes again after the next logon, with 43=Y. A list of several never holds one that asks for an
    answer of the session's own.
    """

    messages: list[Message]


class Inbound(msgspec.Struct, frozen=True):
    """A message the session will answer by itself, shown before it does (``SessionSettings.show_inbound``).

    ``problem`` is the text of the Reject it will get, empty for a message in good order.
    """

    message: Message
    problem: str = ""


class LoggedOn(msgspec.Struct, frozen=True):
    """Both Logons were exchanged. ``message`` is the other side's, ``heartbeat`` in seconds, 0 for none.

    ``reset`` says that both sides count from 1 again. It may come again within a connection, with ``reset`` true.
    """

    message: Message
    heartbeat: int
    reset: bool


class LoggedOut(msgspec.Struct, frozen=True):
    """The session ended by a Logout. ``text`` is the one of the side that sent the first."""

    text: str
    by_peer: bool


class Rejected(msgspec.Struct, frozen=True):
    """We rejected a message of the other side's.

    ``reason`` is SessionRejectReason (373), or BusinessRejectReason (380) where ``business`` is true, None where only
    the text exists (FIX 4.0, 4.1). ``tag`` is the offending field.
    """

    message: Message
    reason: int | None
    tag: int | None
    text: str
    business: bool = False


class RejectReceived(msgspec.Struct, frozen=True):
    """The other side rejected a message of ours (35=3): 45 is its number, 58 says why, 371 to 373 where and what."""

    message: Message


class GarbledIgnored(msgspec.Struct, frozen=True):
    """``size`` bytes were no message and were ignored, as the standard wants; no number was consumed."""

    size: int
    reason: str


class GapOpened(msgspec.Struct, frozen=True):
    """Messages ``begin`` to ``end``, both inclusive, are missing and were asked for."""

    begin: int
    end: int


class GapFilled(msgspec.Struct, frozen=True):
    """All that was missing has come; ``expected`` is the number expected next."""

    expected: int


class NumbersReset(msgspec.Struct, frozen=True):
    """Both sides' numbers start at 1 again, and ``cause`` says why. Stored messages are forgotten."""

    cause: str


class ResendServed(msgspec.Struct, frozen=True):
    """The other side asked for ``begin`` to ``end``; ``messages`` were sent again, the rest was gap-filled."""

    begin: int
    end: int
    messages: int


class ResendRefused(msgspec.Struct, frozen=True):
    """The other side asked for ``begin`` to ``end``, which the settings or a hook refused: gap-filled as a whole."""

    begin: int
    end: int


class EndAnnounced(msgspec.Struct, frozen=True):
    """The other side announced that it will end the connection, and said why."""

    reason: str


class ApplicationFailed(msgspec.Struct, frozen=True):
    """A hook or a handler of ours raised. The session goes on, or logs out, by ``on_application_error``."""

    error: Exception
    message: Message | None = None


class Closed(msgspec.Struct, frozen=True):
    """The connection is to be closed: after this event nothing is received or sent on it. It comes once, and last, but
    for an :class:`ApplicationFailed` of a handler that was still at work.

    ``reason`` is for people; ``error`` is what to raise where the end was not in good order, None after a Logout of
    either side.
    """

    reason: str
    error: Exception | None = None


SessionEvent: TypeAlias = (
    Messages
    | Inbound
    | LoggedOn
    | LoggedOut
    | Rejected
    | RejectReceived
    | GarbledIgnored
    | GapOpened
    | GapFilled
    | NumbersReset
    | ResendServed
    | ResendRefused
    | EndAnnounced
    | ApplicationFailed
    | Closed
)
"""What :meth:`~barterpy.protocols.fix.session.session.Session.next_events` hands over."""
