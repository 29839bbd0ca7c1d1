"""One message of the other side's, from its bytes to what follows from it.

The order of the checks is that of the engine counterparties test against: BeginString, the dictionary, then state,
SendingTime, CompIDs, and the number last. What is acted on differs by type (FIX 4.4 volume 2, "Administrative
Messages"); which number checks a type has, does too.
"""

from collections.abc import Callable, Mapping
from typing import Final

from barterpy.errors import BarterError, ProtocolError
from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing, Garbled, LogonRefused, PlannedEnd, SessionClosed
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.session.core import Core
from barterpy.protocols.fix.session.events import (
    ApplicationFailed,
    EndAnnounced,
    GarbledIgnored,
    Messages,
    RejectReceived,
)
from barterpy.protocols.fix.session.hooks import FoundProblem
from barterpy.protocols.fix.session.logon import handle_logon
from barterpy.protocols.fix.session.numbers import number_in
from barterpy.protocols.fix.session.reasons import INCORRECT_BEGIN_STRING, SessionRejectReason
from barterpy.protocols.fix.session.rejects import ask_inbound, business_reject, reject, seq_of
from barterpy.protocols.fix.session.resend import serve_request
from barterpy.protocols.fix.session.sequence import settle, too_high, too_low
from barterpy.protocols.fix.session.transitions import Action, Input, State, transition

__all__ = ["check", "end_of_stream", "handle", "handle_early", "ignore_garbled", "planned_end"]

_ACTED_ON_AT_ONCE: Final = frozenset({"A", "2"})
"""Types that do not wait for their turn: when it comes, they only use up their number."""
_INPUTS: Final[Mapping[str, Input]] = {"5": Input.LOGOUT, "3": Input.REJECT, "4": Input.SEQUENCE_RESET}


def check(core: Core, message: Message) -> FoundProblem | None:
    """What the dictionary has against a message. Of another version's there is nothing to be said."""
    validator = core.validator
    if validator is None or message.value(8) != core.begin_string:
        return None
    try:
        return validator.check(message)
    except Exception as error:  # noqa: BLE001 - a dictionary with a defect must not cost a message, nor the session
        core.events.append(ApplicationFailed(error, message))
        return None


def handle(core: Core, message: Message, problem: FoundProblem | None = None) -> None:
    """Act on a message, or reject it for its problem."""
    if message.value(8) != core.begin_string and message.msg_type != "5":
        _wrong_version(core, message)
    elif problem is None:
        _guarded(core, message, _HANDLERS.get(message.msg_type, _application))
    elif problem.business:
        business_reject(core, message, problem.reason or 0, problem.text, problem.tag)
    else:
        reject(core, message, problem.reason, problem.tag, problem.text)
    settle(core)


def handle_early(core: Core, message: Message) -> None:
    """Act on a message that waited for its turn, and was checked when it came."""
    if message.msg_type in _ACTED_ON_AT_ONCE:
        core.consume(message.seq_num)
    else:
        core.from_queue = True
        _guarded(core, message, _HANDLERS.get(message.msg_type, _application))
        core.from_queue = False
    settle(core)


def ignore_garbled(core: Core, garbled: Garbled) -> None:
    """FIX 4.4 volume 2, "Message Integrity": ignored, and the gap shows with the next message. Before the logon, and
    where it is itself a Logon, it is the end."""
    if garbled.is_logon and core.live:  # somebody tries to log on who is there already, and cannot even do that
        core.fail("a garbled Logon came", garbled)
        return
    action = core.feed(Input.GARBLED)
    if action is Action.IGNORE:
        core.events.append(GarbledIgnored(garbled.size, garbled.reason))
    elif action is Action.CLOSE:
        core.finish(f"the first message is garbled: {garbled.reason}", garbled)


def end_of_stream(core: Core) -> None:
    """Nothing more comes; what came before was handled."""
    state = core.state
    if core.feed(Input.EOF) is not Action.CLOSE:
        return
    reason = "the other side closed the connection"
    error: BarterError | None = SessionClosed(reason)
    if state is State.LOGGING_ON:
        reason = "the other side closed the connection instead of answering the Logon"
        error = LogonRefused("")
    elif state is State.LOGGING_OUT:
        error = core.fault
    core.finish(reason, error)


def planned_end(core: Core, message: Message) -> None:
    """Does this message announce the connection's end?"""
    if not core.asks_planned_end:
        return
    try:
        reason = core.hooks.planned_end(message)
    except Exception as error:  # noqa: BLE001 - the message itself is handed over in any case
        core.events.append(ApplicationFailed(error, message))
        return
    if reason is not None:
        core.events.append(EndAnnounced(reason))
        if core.settings.on_planned_end == "logout":
            core.leave(fault=PlannedEnd(reason))


def _guarded(core: Core, message: Message, handler: Callable[[Core, Message], None]) -> None:
    """Handlers read the fields they need before they change anything; without a dictionary, this is the check."""
    try:
        handler(core, message)
    except FieldMissing as error:
        reject(core, message, SessionRejectReason.REQUIRED_TAG_MISSING, error.tag, None)
    except FieldInvalid as error:
        reject(core, message, SessionRejectReason.INCORRECT_DATA_FORMAT, error.tag, None)


def _verify(core: Core, message: Message, *, high: bool = True, low: bool = True) -> int | None:
    """The message's number if it is to be acted on now; None where whatever it calls for was done."""
    step = transition(core.state, _INPUTS.get(message.msg_type, Input.MESSAGE))
    if step is None or (step[1] is Action.CLOSE and core.state is not State.LOGGING_OUT):
        core.fail("the first message has to be a Logon")
        return None
    seq = number_in(message) if high or low else seq_of(message) or 0
    sending_time = message.value(52)
    if sending_time is None:
        raise FieldMissing(52, message.raw)
    if not core.from_queue and not core.latency.accepts(sending_time, core.at):
        reject(core, message, SessionRejectReason.SENDING_TIME_ACCURACY_PROBLEM, None, None)
        core.leave(fault=ProtocolError("SendingTime (52) of a message is too far from our clock"))
        return None
    sender, target = message.value(49), message.value(56)
    if sender is None or target is None:
        raise FieldMissing(49 if sender is None else 56, message.raw)
    if core.settings.check_comp_ids and (sender != core.peer or target != core.me):
        reject(core, message, SessionRejectReason.COMP_ID_PROBLEM, None, None)
        core.leave(fault=ProtocolError("a message has CompIDs which are not this session's"))
        return None
    ahead = core.numbers.ahead(seq)
    if high and ahead > 0:
        too_high(core, message, seq)
        return None
    if low and ahead < 0:
        too_low(core, message, seq)
        return None
    core.timers.received(core.now)
    return seq if ask_inbound(core, message) else None


def _wrong_version(core: Core, message: Message) -> None:
    if core.live:
        core.consume(seq_of(message))
        core.leave(INCORRECT_BEGIN_STRING, ProtocolError("a message of another version of FIX came"))
    else:
        core.fail("a message of another version of FIX came before the logon")


def _heartbeat(core: Core, message: Message) -> None:
    seq = _verify(core, message)
    if seq is not None:
        core.consume(seq)


def _test_request(core: Core, message: Message) -> None:
    test_id = message.value(112)
    if test_id is None:
        raise FieldMissing(112, message.raw)
    seq = _verify(core, message)
    if seq is not None:
        core.consume(seq)
        core.send("0", [(112, test_id)])


def _resend_request(core: Core, message: Message) -> None:
    # Served whatever its own number: were it to wait in a gap of ours, two sides with gaps would wait for each other.
    begin, end = message.integer(7), message.integer(16)
    seq = _verify(core, message, high=False, low=False)
    if seq is not None:
        core.consume(seq)
        serve_request(core, begin, end)


def _reject(core: Core, message: Message) -> None:
    if core.state is State.LOGGING_ON:
        text = message.text(58, "")
        core.events.append(RejectReceived(message))  # a venue's own code for the refusal may be in there
        core.fail(f"the Logon was rejected: {text}", LogonRefused(text))
        return
    seq = _verify(core, message, high=False)
    if seq is not None:
        core.consume(seq)
        core.events.append(RejectReceived(message))


def _sequence_reset(core: Core, message: Message) -> None:
    following, gap_fill = number_in(message, 36), message.boolean(123, False)
    # In the mode Reset the message's own number means nothing (FIX 4.4 volume 2, "Sequence Reset").
    seq = _verify(core, message, high=gap_fill, low=gap_fill)
    if seq is None:
        return
    ahead = core.numbers.ahead(following)
    if ahead > 0:
        core.numbers.next_in = following
    elif ahead < 0:
        reject(core, message, SessionRejectReason.VALUE_IS_INCORRECT, None, None)


def _logout(core: Core, message: Message) -> None:
    # Obeyed whatever its number, and only the expected one is used up: what is missing before it is asked for at the
    # next logon, not lost.
    if core.state is State.LOGGING_ON:
        core.feed(Input.LOGOUT)
        text = message.text(58, "")
        core.consume(seq_of(message))
        core.send_logout()
        core.finish(f"logon refused: {text}", LogonRefused(text))
        return
    seq = _verify(core, message, high=False, low=False)
    if seq is None:
        return
    core.consume(seq)
    by_peer = core.state is State.LOGGED_ON
    if core.feed(Input.LOGOUT) is Action.ANSWER_LOGOUT:
        core.send_logout()
    core.finish_logout(message.text(58, "") if by_peer else core.logout_text, by_peer=by_peer)


def _application(core: Core, message: Message) -> None:
    seq = _verify(core, message)
    if seq is not None:
        core.consume(seq)
        core.events.append(Messages([message]))
        planned_end(core, message)


_HANDLERS: Final[Mapping[str, Callable[[Core, Message], None]]] = {
    "0": _heartbeat,
    "1": _test_request,
    "2": _resend_request,
    "3": _reject,
    "4": _sequence_reset,
    "5": _logout,
    "A": handle_logon,
}
