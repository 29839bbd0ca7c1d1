"""Logging on, in both roles, with the numbers' resets (FIX 4.4 volume 2, "Logon"; FIXT 1.1, "DefaultApplVerID").

A Logon is looked at completely before anything is changed for it: a stranger's Logon with 141=Y must not reset the
numbers of him whose name he uses.
"""

from typing import Literal

from barterpy.errors import BarterError
from barterpy.protocols.fix.errors import FieldInvalid, LogonRefused
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Field, Outgoing
from barterpy.protocols.fix.session.core import Core
from barterpy.protocols.fix.session.events import ApplicationFailed, LoggedOn
from barterpy.protocols.fix.session.hooks import MessageValidator, RejectMessage, VersionedValidator
from barterpy.protocols.fix.session.numbers import number_in
from barterpy.protocols.fix.session.reasons import SessionRejectReason
from barterpy.protocols.fix.session.rejects import reject, send_reject
from barterpy.protocols.fix.session.resend import serve_range
from barterpy.protocols.fix.session.sequence import too_high, too_low
from barterpy.protocols.fix.session.settings import Role
from barterpy.protocols.fix.session.store import FIRST, Reset
from barterpy.protocols.fix.session.transitions import Action, Input, State, transition
from barterpy.protocols.fix.session.versions import LogonVersions, Version, group_of, versions_in

__all__ = ["begin", "handle_logon"]


def begin(core: Core) -> None:
    """The connection is there: see whether the session may run, and log on where that is ours to do."""
    settings, schedule = core.settings, core.settings.schedule
    initiates = settings.role is Role.INITIATOR
    _renew(core)
    if initiates and schedule is not None and not schedule.takes_logon(core.at):
        core.fail("outside of the session's logon hours")
        return
    core.feed(Input.DIALLED if initiates else Input.ACCEPTED)
    core.timers.state_deadline = core.now + settings.logon_timeout
    if not initiates:
        return
    if settings.reset_on_logon and not _is_new(core):
        core.reset_numbers("logon")
    core.sent_reset = settings.resets and _is_new(core)
    _send_logon(core, reset=core.sent_reset, expects=core.numbers.next_in)


def handle_logon(core: Core, message: Message) -> None:
    """A Logon that the validator found good."""
    reset = message.boolean(141, False)
    seq = number_in(message)
    versions = versions_in(message) if core.settings.is_fixt else core.versions
    expected_of_us = number_in(message, 789) if core.settings.next_expected and 789 in message else None
    input_ = Input.RESET_LOGON if reset else Input.LOGON
    step = transition(core.state, input_)
    if step is None or step[1] is Action.CLOSE:
        core.fail("a Logon that nothing called for")
        return
    action = step[1]
    heartbeat = _acceptable(core, message, versions, seq, reset)
    if heartbeat is None:
        return
    resets = reset and not core.sent_reset
    if action is Action.ANSWER_LOGON and core.settings.reset_on_logon:
        resets = True
    if resets:
        core.reset_numbers("logon")
    answers = action is Action.ANSWER_LOGON or (action is Action.RESTART and not core.sent_reset)
    is_reset = reset or resets
    core.sent_reset = False
    core.feed(input_)
    high = not reset and core.numbers.ahead(seq) > 0
    if core.settings.is_fixt:
        core.validator = _speaks(core, versions) or core.validator
        core.versions = versions
        if core.settings.role is Role.ACCEPTOR:
            core.appl_ver_id = message.text(1137, core.appl_ver_id)
    if answers:
        following = core.numbers.next_in if high else core.numbers.after(seq)
        _send_logon(core, reset=reset, expects=following, answered=message)
        if core.state is State.CLOSED:
            return
    core.timers.begin(heartbeat, core.now)
    schedule = core.settings.schedule
    core.logout_at = None if schedule is None else schedule.next_logout(core.at)
    if reset:
        core.numbers.next_in = core.numbers.after(FIRST)
    else:
        core.consume(seq)
    core.events.append(LoggedOn(message, heartbeat, is_reset))
    if high:
        too_high(core, message, seq, ask=expected_of_us is None)
    if expected_of_us is not None:
        _resend_unasked(core, expected_of_us, answered=answers)


def _acceptable(core: Core, message: Message, versions: LogonVersions, seq: int, reset: bool) -> int | None:
    """The heartbeat interval that was agreed on, or None after the Logon was refused."""
    settings = core.settings
    schedule = settings.schedule
    accepts = core.state is State.AWAITING_LOGON
    if schedule is not None and not schedule.takes_logon(core.at):
        core.fail("a Logon outside of the session's logon hours")
        return None
    if not core.latency.accepts(message.value(52) or b"", core.at):
        reject(core, message, SessionRejectReason.SENDING_TIME_ACCURACY_PROBLEM, None, None)
        core.leave()
        return None
    if settings.check_comp_ids and (message.value(49) != core.peer or message.value(56) != core.me):
        reject(core, message, SessionRejectReason.COMP_ID_PROBLEM, None, None)
        core.leave()
        return None
    if accepts and settings.is_fixt and not message.value(1137):
        core.fail("a Logon without DefaultApplVerID (1137)")
        return None
    if _speaks(core, versions) is None:
        custom = _speaks(core, LogonVersions(Version(versions.default.appl_ver_id))) is not None
        name = "DefaultCstmApplVerID (1408)" if custom else "DefaultApplVerID (1137)"
        _refuse(core, LogonRefused(f"{name} is not supported"))
        return None
    heartbeat = message.integer(108, settings.heartbeat)
    if heartbeat < 0:
        core.fail("a Logon with a negative HeartBtInt (108)")
        return None
    if not settings.heartbeat_range[0] <= heartbeat <= settings.heartbeat_range[1]:
        low, high = settings.heartbeat_range
        _refuse(core, LogonRefused(f"HeartBtInt must be from {low} to {high} seconds"))
        return None
    try:
        core.hooks.check_logon(message)
    except LogonRefused as refusal:
        _refuse(core, refusal)
        return None
    except RejectMessage as refusal:
        text = refusal.text or ""
        send_reject(core, message, refusal.reason, refusal.tag, text, refusal.fields)
        core.fail(f"logon refused: {text}", LogonRefused(text))
        return None
    except Exception as error:  # noqa: BLE001 - whoever could not be checked is not let in
        core.events.append(ApplicationFailed(error, message))
        core.fail("the Logon could not be checked")
        return None
    if accepts:
        _renew(core)  # the hours may have begun between the connection and its Logon
    starts_anew = reset or (accepts and settings.reset_on_logon)
    if not starts_anew and core.numbers.ahead(seq) < 0:
        too_low(core, message, seq)
        if core.state is not State.CLOSED:  # a possible duplicate, which elsewhere is passed over
            core.fail("a Logon that was there before")
        return None
    # An initiator has said what it wants by its own Logon; the answer's interval is the one agreed on all the same.
    return heartbeat


def _speaks(core: Core, versions: LogonVersions) -> MessageValidator | Literal[False] | None:
    """What judges a side whose Logon says this; False for nothing else than before, and None where we do not know that
    version."""
    validator, default = core.settings.validator, versions.default
    if not (core.settings.is_fixt and default.appl_ver_id and isinstance(validator, VersionedValidator)):
        return False
    if not (default.cstm_appl_ver_id or versions.by_type):
        return validator.speaking(default.appl_ver_id)
    return validator.speaking(*default, versions.by_type)


def _refuse(core: Core, refusal: LogonRefused) -> None:
    if refusal.text:
        core.send_logout(refusal.text)
    core.fail(f"logon refused: {refusal.text}" if refusal.text else "logon refused", refusal)


def _send_logon(core: Core, *, reset: bool, expects: int, answered: Message | None = None) -> None:
    """Our Logon, or our answer to one; ``expects`` is what 789 says. Credentials are in the former alone."""
    settings = core.settings
    fields: list[Field]
    if answered is None:
        fields = [(98, settings.encrypt_method), (108, settings.heartbeat)]
        fields += [(tag, text) for tag, text in ((553, settings.username), (554, settings.password)) if text]
    else:
        fields = [(98, answered.value(98) or b"0"), (108, answered.value(108) or b"0")]
    if reset:
        fields.append((141, True))
    if settings.next_expected:
        fields.append((789, expects))
    if settings.is_fixt:
        fields.append((1137, core.appl_ver_id))
        if settings.default_cstm_appl_ver_id:
            fields.append((1408, settings.default_cstm_appl_ver_id))
    if settings.msg_types:
        fields.append(group_of(settings.msg_types))
    header = (
        (35, b"A"),
        (34, str(core.numbers.next_out).encode()),
        (49, core.me),
        (52, core.outbound.stamp(core.at)),
        (56, core.peer),
    )
    try:
        logon = core.hooks.sign_logon(Outgoing("A", fields), header)
        core.outbound.administrative(logon, core.now, core.at)
    except Exception as error:  # noqa: BLE001 - a Logon that cannot be signed must not go out unsigned
        core.events.append(ApplicationFailed(error))
        core.fail("the Logon could not be signed", error if isinstance(error, BarterError) else None)


def _resend_unasked(core: Core, expected: int, *, answered: bool) -> None:
    """The other side's 789: what it lacks is sent without being asked for (FIX 4.4, NextExpectedMsgSeqNum).

    Our own Logon is the last that was sent, and is not lacking in an answer that was made before it came.
    """
    numbers = core.numbers
    last = numbers.before(numbers.next_out)
    known = last if answered else numbers.next_out
    ahead = numbers.distance(expected, known)
    if ahead > 0:
        core.leave(
            f"NextExpectedMsgSeqNum (789) too high, expecting at most {known} but received {expected}",
            FieldInvalid(789, "the other side expects what was never sent"),
        )
    elif ahead < 0:
        serve_range(core, expected, numbers.before(known))


def _renew(core: Core) -> None:
    """The numbers of a session that is over are not those of this one."""
    schedule = core.settings.schedule
    if core.created_at is None:
        core.created_at = core.at
        core.outbound.changes.append(Reset(core.at))
    elif schedule is not None and not schedule.same_session(core.created_at, core.at):
        core.reset_numbers("schedule")


def _is_new(core: Core) -> bool:
    return core.numbers.next_out == FIRST and core.numbers.next_in == FIRST
