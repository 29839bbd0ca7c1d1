"""Where an application or a venue's dialect takes part in what the session does.

Hooks run inside the session, between a message's arrival and the answer to it, so they are synchronous, quick and do no
I/O. What one raises never leaves the session: the errors below are answered by the rejects they stand for, a
:class:`~barterpy.protocols.fix.errors.LogonRefused` by the end of the connection, anything else by
``SessionSettings.on_application_error`` and an :class:`~barterpy.protocols.fix.session.events.ApplicationFailed`.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Field, Outgoing
from barterpy.protocols.fix.session.reasons import BusinessRejectReason, SessionRejectReason
from barterpy.protocols.fix.shape import Shape

__all__ = [
    "BusinessReject",
    "FoundProblem",
    "Hooks",
    "MessageValidator",
    "RejectMessage",
    "UnsupportedMessageType",
    "VersionedValidator",
]


class FoundProblem(Protocol):
    """Why a message is not acceptable, as a validator tells it."""

    @property
    def reason(self) -> int | None:
        """SessionRejectReason (373), or BusinessRejectReason (380) where ``business`` is true."""
        ...

    @property
    def tag(self) -> int | None:
        """The offending field."""
        ...

    @property
    def text(self) -> str:
        """What 58 of the reject says."""
        ...

    @property
    def business(self) -> bool:
        """Whether the answer is a BusinessMessageReject and not a Reject."""
        ...


class MessageValidator(Protocol):
    """What a session needs of a validator; ``barterpy.protocols.fix.dictionary.Validator`` is one."""

    @property
    def data_fields(self) -> Mapping[int, int]:
        """Tags of length fields, and of the data fields whose bytes they count."""
        ...

    def check(self, message: Message) -> FoundProblem | None:
        """The first thing wrong with a message, or None."""
        ...

    def match(self, raw: bytes, /) -> tuple[Shape, re.Match[bytes]] | None:
        """The fast way: shape and values of a message that is certain to pass :meth:`check`, None if unsure."""
        ...


@runtime_checkable
class VersionedValidator(MessageValidator, Protocol):
    """A validator which knows several versions of the application (FIXT 1.1).

    Each Logon says by DefaultApplVerID (1137) and DefaultCstmApplVerID (1408) which one is meant where a message does
    not carry its own (1128, 1129), and for single types by its group NoMsgTypes (384).
    """

    def speaking(
        self,
        appl_ver_id: str,
        cstm_appl_ver_id: str = "",
        by_type: Mapping[str, tuple[str, str]] = MappingProxyType({}),
        /,
    ) -> MessageValidator | None:
        """The validator whose default that version is; None if it is not known.

        :param by_type: the pair of versions, by MsgType, of those which have a default of their own
        """
        ...


class RejectMessage(Exception):
    """Raised by a hook: answer the message with a session-level Reject (35=3).

    :param reason: SessionRejectReason (373)
    :param tag: the offending field (371), None for none
    :param text: 58; None for the standard's text for that reason
    :param fields: fields of the dialect's own behind these, such as a venue's error code
    """

    def __init__(
        self,
        reason: int = SessionRejectReason.OTHER,
        tag: int | None = None,
        text: str | None = None,
        fields: Sequence[Field] = (),
    ) -> None:
        super().__init__(reason, tag, text)
        self.reason: int = reason
        self.tag: int | None = tag
        self.text: str | None = text
        self.fields: tuple[Field, ...] = tuple(fields)


class BusinessReject(Exception):
    """Raised by a hook: answer the message with a BusinessMessageReject (35=j); FIX 4.0 and 4.1 have Reject alone.

    :param reason: BusinessRejectReason (380)
    :param text: 58; None for the standard's text for that reason
    :param tag: the field that is missing, for reason 5: it is appended to the text
    """

    def __init__(
        self, reason: int = BusinessRejectReason.OTHER, text: str | None = None, tag: int | None = None
    ) -> None:
        super().__init__(reason, text, tag)
        self.reason: int = reason
        self.text: str | None = text
        self.tag: int | None = tag


class UnsupportedMessageType(BusinessReject):
    """Raised by a hook: this application does not take messages of that type (380=3)."""

    def __init__(self) -> None:
        super().__init__(BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE)


class Hooks:
    """Every point at which a session asks. All do nothing here: subclass, and write those you need.

    One object may serve many sessions if it keeps nothing of one.
    """

    def on_inbound(self, message: Message) -> None:
        """A message that is valid, in order and about to be acted on; administrative ones too, but Logons, which have
        :meth:`check_logon`.

        :raises RejectMessage: answer it with a Reject, and do not act on it
        :raises BusinessReject: answer it with a BusinessMessageReject, and do not hand it over
        """

    def on_outbound(self, outgoing: Outgoing, resend: bool) -> bool:
        """An application message about to be sent, or, with ``resend``, one that the other side asks for again.

        :returns: False to not send it. A new message then gets no number, and ``send`` says None; one that was to be
            resent is gap-filled.
        """
        return True

    def on_resend_request(self, begin: int, end: int) -> bool:
        """The other side asks for our messages ``begin`` to ``end``, both inclusive.

        :returns: False to refuse (a storm of requests, a day's messages): a gap fill over all of them is the answer
        """
        return True

    def sign_logon(self, outgoing: Outgoing, header: Sequence[tuple[int, bytes]]) -> Outgoing:
        """Our Logon, complete but for what a venue wants signed.

        ``header`` are 35, 34, 49, 52 and 56 exactly as they will be sent: sign those bytes. Called again with new ones
        for every Logon, answers of an acceptor included.

        :returns: the Logon to send, for example with 95, 96, 553 and 554 added
        """
        return outgoing

    def check_logon(self, message: Message) -> None:
        """A valid Logon of the other side's, before it is answered and before any number moves for it.

        :raises barterpy.protocols.fix.errors.LogonRefused: log out with its text, if it has one, and close
        :raises RejectMessage: answer it with a Reject instead, as some venues do, and close
        """

    def make_test_id(self) -> str:
        """112 of the next TestRequest."""
        return "TEST"

    def planned_end(self, message: Message) -> str | None:
        """An application message that may announce the end of the connection (Binance sends News, 35=B, for ten minutes
        before maintenance).

        :returns: why it will end, told as :class:`~barterpy.protocols.fix.session.events.EndAnnounced`; None otherwise
        """
        return None
