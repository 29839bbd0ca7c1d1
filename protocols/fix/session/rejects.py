"""Reject (35=3) and BusinessMessageReject (35=j): how each version writes them, and when they use up a number.

FIX 4.4 volume 2, "Reject" and volume 1, "Business Message Reject"; 4.0 and 4.1 know only RefSeqNum (45) and Text (58).
"""

from collections.abc import Mapping, Sequence
from typing import Final

from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing, SessionClosed
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Field
from barterpy.protocols.fix.session.core import ADMINISTRATIVE, Core
from barterpy.protocols.fix.session.events import ApplicationFailed, Rejected
from barterpy.protocols.fix.session.hooks import BusinessReject, RejectMessage
from barterpy.protocols.fix.session.reasons import (
    APPLICATION_ERROR,
    BUSINESS_TEXTS,
    REJECT_TEXTS,
    BusinessRejectReason,
    SessionRejectReason,
)
from barterpy.protocols.fix.session.transitions import Action, Input
from barterpy.protocols.fix.session.versions import referring

__all__ = ["application_failed", "ask_inbound", "business_reject", "reject", "send_reject", "seq_of"]

_REVERSED: Final[Mapping[int, int]] = {115: 128, 116: 129, 128: 115, 129: 116}
"""OnBehalfOf and DeliverTo change places on the way back (FIX 4.4 volume 2, "Message routing")."""
_REVERSED_LOCATIONS: Final[Mapping[int, int]] = {144: 145, 145: 144}
"""These exist from 4.1 on."""

_ADMIN_CONSUMES_NOTHING: Final = frozenset({"A", "4"})
_LAST_REASON_OF_4_2: Final = SessionRejectReason.INVALID_MSG_TYPE
_UNSUPPORTED_BEFORE_4_2: Final = "Unsupported message type"


def seq_of(message: Message) -> int | None:
    """MsgSeqNum (34), None where there is none that can be read."""
    try:
        return message.seq_num
    except (FieldMissing, FieldInvalid):
        return None


def reject(
    core: Core,
    message: Message,
    reason: int | None,
    tag: int | None,
    text: str | None,
    more: Sequence[Field] = (),
) -> None:
    """Reject a message; close instead where nobody is logged on.

    A message that was expected is thereby done with, but a Logon and a SequenceReset, which move numbers themselves.
    """
    text = REJECT_TEXTS.get(reason or 0, "Other") if text is None else text.replace("\x01", " ")
    action = core.feed(Input.INVALID)
    if action is not Action.REJECT:
        if action is Action.CLOSE:
            reason_closed = f"a message before the logon is not valid: {text}"
            core.finish(reason_closed, SessionClosed(reason_closed))
        return
    if message.msg_type not in _ADMIN_CONSUMES_NOTHING:
        core.consume(seq_of(message))
    send_reject(core, message, reason, tag, text, more)


def send_reject(
    core: Core, message: Message, reason: int | None, tag: int | None, text: str, more: Sequence[Field] = ()
) -> None:
    """Send a Reject, whatever the state; ``more`` are the dialect's own fields."""
    seq = seq_of(message)
    version = core.settings.version
    fields: list[Field] = [] if seq is None else [(45, message.value(34) or b"")]
    if version < 4.2:
        fields.append((58, text if tag is None else f"{text} ({tag})"))
    else:
        fields.append((58, text))
        if tag is not None:
            fields.append((371, tag))
        fields.append((372, message.value(35) or b""))
        if reason is not None and (version > 4.2 or reason <= _LAST_REASON_OF_4_2):
            fields.append((373, int(reason)))
        if core.settings.is_fixt and message.msg_type not in ADMINISTRATIVE:
            fields += referring(message, core.versions)
    fields += more
    core.send("3", fields, _reversed_route(message, version))
    core.events.append(Rejected(message, reason, tag, text))


def business_reject(core: Core, message: Message, reason: int, text: str | None, tag: int | None = None) -> None:
    """Tell the other side that the application cannot do anything with a message, which is thereby done with."""
    if core.settings.version < 4.2:
        if text is None:
            unsupported = reason == BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE
            text = _UNSUPPORTED_BEFORE_4_2 if unsupported else BUSINESS_TEXTS.get(reason, "Other")
        reject(core, message, None, tag, text)
        return
    if not core.live:
        core.fail("a message was refused before the logon")
        return
    text = BUSINESS_TEXTS.get(reason, "Other") if text is None else text.replace("\x01", " ")
    seq = seq_of(message)
    core.consume(seq)
    fields: list[Field] = [] if seq is None else [(45, message.value(34) or b"")]
    fields.append((58, text if tag is None else f"{text} ({tag})"))
    fields.append((372, message.value(35) or b""))
    fields.append((380, int(reason)))
    if core.settings.is_fixt:
        fields.append((1137, core.appl_ver_id))
        fields += referring(message, core.versions, core.appl_ver_id)
    core.send("j", fields)
    core.events.append(Rejected(message, reason, tag, text, business=True))


def ask_inbound(core: Core, message: Message) -> bool:
    """Show the message to the hooks; False where it was answered by a reject, and is not to be acted on."""
    if not core.asks_inbound:
        return True
    try:
        core.hooks.on_inbound(message)
    except RejectMessage as refusal:
        reject(core, message, refusal.reason, refusal.tag, refusal.text, refusal.fields)
        return False
    except BusinessReject as refusal:
        business_reject(core, message, refusal.reason, refusal.text, refusal.tag)
        return False
    except Exception as error:  # noqa: BLE001 - one message's failure must not end the session, nor be silent
        return application_failed(core, error, message)
    return True


def application_failed(core: Core, error: Exception, message: Message | None) -> bool:
    """Our own side failed: report it, and answer by policy. True where the message is to be acted on all the same.

    What the session has to do itself, for an administrative message, it does in any case.
    """
    core.events.append(ApplicationFailed(error, message))
    policy = core.settings.on_application_error
    if policy == "logout":
        core.leave(APPLICATION_ERROR)
        return False
    administrative = message is None or message.msg_type in ADMINISTRATIVE
    if policy == "reject" and message is not None and not administrative:
        business_reject(core, message, BusinessRejectReason.APPLICATION_NOT_AVAILABLE, APPLICATION_ERROR)
        return False
    return True


def _reversed_route(message: Message, version: float) -> list[Field]:
    tags = _REVERSED if version < 4.1 else {**_REVERSED, **_REVERSED_LOCATIONS}
    return [(there, value) for here, there in tags.items() if (value := message.value(here))]
