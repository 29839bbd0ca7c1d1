"""What every part of a session works on: its settings, state and numbers, and the few steps all of them need.

The parts are functions over this: ``logon``, ``inbound``, ``rejects``, ``resend``, ``runs``. Only
:class:`~barterpy.protocols.fix.session.session.Session` is for users.
"""

from collections.abc import Mapping
from typing import Final

from barterpy.errors import BarterError
from barterpy.protocols.fix.errors import SessionClosed
from barterpy.protocols.fix.outgoing import Field, Outgoing
from barterpy.protocols.fix.session.events import ApplicationFailed, Closed, LoggedOut, NumbersReset, SessionEvent
from barterpy.protocols.fix.session.gaps import MissingRange
from barterpy.protocols.fix.session.hooks import Hooks, MessageValidator
from barterpy.protocols.fix.session.latency import Latency
from barterpy.protocols.fix.session.numbers import Numbers
from barterpy.protocols.fix.session.outbound import Outbound
from barterpy.protocols.fix.session.settings import SessionSettings
from barterpy.protocols.fix.session.store import Received, Reset, Stored
from barterpy.protocols.fix.session.timers import Timers
from barterpy.protocols.fix.session.transitions import LIVE, Action, Input, State, transition
from barterpy.protocols.fix.session.versions import LogonVersions
from barterpy.protocols.fix.tags import DATA_FIELDS

__all__ = ["ADMINISTRATIVE", "Core", "ResendJob", "overrides"]

ADMINISTRATIVE: Final = frozenset("0A12345")
"""Types of messages that are the session's own and never resent, Reject (3) among them."""


class ResendJob:
    """A ResendRequest that is being served: numbers from ``next`` to ``end`` are still to come."""

    __slots__ = ("begin", "end", "fill_from", "next", "sent")

    def __init__(self, begin: int, end: int) -> None:
        self.begin: int = begin
        self.end: int = end
        self.next: int = begin
        self.fill_from: int | None = None
        """First of the numbers that were passed over since the last message that went out."""
        self.sent: int = 0


class Core:
    """One session on one connection. ``now`` and ``at`` are those of the call that is being carried out."""

    # More attributes than CPython keeps without a dictionary, through which each of them would be looked up.
    __slots__ = (
        "_logged_on",
        "appl_ver_id",
        "asks_inbound",
        "asks_outbound",
        "asks_planned_end",
        "at",
        "begin_string",
        "closed_reason",
        "created_at",
        "data_fields",
        "events",
        "fault",
        "from_queue",
        "gap",
        "hooks",
        "latency",
        "logout_at",
        "logout_text",
        "marked_in",
        "me",
        "now",
        "numbers",
        "outbound",
        "peer",
        "resend",
        "sent_reset",
        "settings",
        "state",
        "timers",
        "validator",
        "versions",
    )

    def __init__(self, settings: SessionSettings, stored: Stored | None, hooks: Hooks) -> None:
        self.settings: SessionSettings = settings
        self.hooks: Hooks = hooks
        self.state: State = State.IDLE
        self.numbers: Numbers = Numbers(stored, settings.sequence_wrap)
        self.created_at: int | None = None if stored is None else stored.created_at
        self.timers: Timers = Timers(settings)
        self.outbound: Outbound = Outbound(settings, self.numbers, self.timers)
        self.gap: MissingRange = MissingRange(settings, self.numbers)
        self.latency: Latency = Latency(settings.max_latency) if settings.check_latency else Latency(None)
        self.events: list[SessionEvent] = []
        self.resend: ResendJob | None = None
        self.now: float = 0.0
        self.at: int = 0
        self.from_queue: bool = False
        """Whether the message in hand waited for its turn: its time was good when it came."""
        self.sent_reset: bool = False
        """Whether our Logon said 141=Y, and was not answered yet."""
        self.validator: MessageValidator | None = settings.validator
        """The one whose default version is that of the other side's Logon."""
        self.versions: LogonVersions = LogonVersions()
        """What the other side's Logon says of the messages it sends, over FIXT.1.1."""
        self.appl_ver_id: str = settings.default_appl_ver_id
        """1137 of what we send over FIXT.1.1."""
        self.logout_at: int | None = None
        """When the schedule wants us to log out, nanoseconds UTC."""
        self.fault: BarterError | None = None
        """Why we sent a Logout, where the other side was the cause."""
        self.logout_text: str = ""
        self.closed_reason: str = ""
        self.data_fields: Mapping[int, int] = _data_fields(settings)
        self.begin_string: bytes = settings.begin_string.encode()
        self.peer: bytes = settings.target.encode("utf-8", "surrogateescape")
        self.me: bytes = settings.sender.encode("utf-8", "surrogateescape")
        self.asks_inbound: bool = overrides(hooks, "on_inbound")
        self.asks_outbound: bool = overrides(hooks, "on_outbound")
        self.asks_planned_end: bool = overrides(hooks, "planned_end")
        self.marked_in: int = self.numbers.next_in
        """What :meth:`mark` put down last."""
        self._logged_on = False

    @property
    def live(self) -> bool:
        """Whether both Logons were exchanged and the connection is up."""
        return self.state in LIVE

    def feed(self, input_: Input) -> Action | None:
        """Go where the table says, and tell what is to be done."""
        step = transition(self.state, input_)
        if step is None:
            return None
        self.state, action = step
        if self.state is State.LOGGED_ON:
            self._logged_on = True
        return action

    def mark(self) -> None:
        """All that was received up to now is processed: put it down to be stored."""
        if self.numbers.next_in != self.marked_in:
            self.marked_in = self.numbers.next_in
            self.outbound.changes.append(Received(self.marked_in))

    def consume(self, seq: int | None) -> None:
        """The message that was expected is done with; any other leaves the numbers as they are."""
        if seq is not None and seq == self.numbers.next_in:
            self.numbers.next_in = self.numbers.after(seq)

    def reset_numbers(self, cause: str) -> None:
        """Both numbers start anew, and what was sent is forgotten."""
        self.numbers.reset()
        self.gap.clear()
        self.resend = None
        self.marked_in = self.numbers.next_in
        self.created_at = self.at
        self.outbound.changes.append(Reset(self.at))
        self.events.append(NumbersReset(cause))

    def send(self, msg_type: str, fields: list[Field], header: list[Field] | None = None) -> None:
        """An administrative message."""
        self.outbound.administrative(Outgoing(msg_type, fields, header=header or ()), self.now, self.at)

    def leave(self, text: str = "", fault: BarterError | None = None) -> None:
        """Log out and wait for the answer; close at once where nobody is logged on."""
        action = self.feed(Input.LEAVE)
        if action is Action.SEND_LOGOUT:
            self.fault, self.logout_text = fault, text
            self.send_logout(text)
            self.timers.state_deadline = self.now + self.settings.logout_timeout
        elif action is Action.CLOSE:
            self.finish(text or "closed by this side before the logon", fault)

    def make_test_id(self) -> str:
        """112 of our next TestRequest, whatever the hook does."""
        try:
            return self.hooks.make_test_id().replace("\x01", " ")
        except Exception as error:  # noqa: BLE001 - silence has to be asked about all the same
            self.events.append(ApplicationFailed(error))
            return "TEST"

    def send_logout(self, text: str = "") -> None:
        """A Logout, whatever the state. A separator in its text becomes a space."""
        self.send("5", [(58, text.replace("\x01", " "))] if text else [])

    def fail(self, reason: str, error: BarterError | None = None) -> None:
        """Nothing but the end is left."""
        if self.feed(Input.FAIL) is not None:
            self.finish(reason, error or SessionClosed(reason))

    def finish_logout(self, text: str, *, by_peer: bool) -> None:
        """A Logout was exchanged; the table has closed the session."""
        self.events.append(LoggedOut(text, by_peer))
        if self.settings.reset_on_logout:
            self.reset_numbers("logout")
        self.finish("logged out" + (f": {text}" if text else ""), None if by_peer else self.fault)

    def finish(self, reason: str, error: BarterError | None) -> None:
        """The table has closed the session: nothing more is received, and what is to be sent is the last."""
        self.closed_reason = reason
        self.resend = None
        self.gap.clear()
        self.timers.interval = 0.0
        self.timers.state_deadline = None
        self.logout_at = None
        if self.settings.reset_on_disconnect and self._logged_on:
            self.reset_numbers("disconnect")
        self.events.append(Closed(reason, error))


def _data_fields(settings: SessionSettings) -> Mapping[int, int]:
    """The standard's own mapping where the dictionary adds none: with it, messages know their shapes."""
    validator = settings.validator
    if validator is None or validator.data_fields.items() <= DATA_FIELDS.items():
        return DATA_FIELDS
    return validator.data_fields


def overrides(hooks: Hooks, name: str) -> bool:
    """Whether hooks do anything there: a call that does nothing would be made for each message."""
    return getattr(getattr(hooks, name), "__func__", None) is not getattr(Hooks, name)
