"""The session as an adapter drives it: fed bytes and time, drained of events, changes, bytes and a deadline."""

from collections.abc import Iterable, Sequence
from typing import Final, final

from barterpy.errors import BarterError, ConfigurationError, LimitExceeded
from barterpy.protocols.fix.errors import Garbled, PlannedEnd, SessionClosed
from barterpy.protocols.fix.framing import Framer, says_logon
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Field, Outgoing
from barterpy.protocols.fix.session import deadlines, inbound, logon, rejects, resend
from barterpy.protocols.fix.session.core import ADMINISTRATIVE, Core
from barterpy.protocols.fix.session.events import ApplicationFailed, Inbound, Messages, SessionEvent
from barterpy.protocols.fix.session.hooks import FoundProblem, Hooks
from barterpy.protocols.fix.session.outbound import Outbound
from barterpy.protocols.fix.session.reasons import BusinessRejectReason, SessionRejectReason
from barterpy.protocols.fix.session.runs import Runs
from barterpy.protocols.fix.session.settings import SessionSettings
from barterpy.protocols.fix.session.store import Change, Received, Stored
from barterpy.protocols.fix.session.timers import Due
from barterpy.protocols.fix.session.transitions import State

__all__ = ["Session"]

# A member is looked up through the class of the class, which takes ten times as long as a name.
_IDLE: Final = State.IDLE
_LOGGED_ON: Final = State.LOGGED_ON
_CLOSED: Final = State.CLOSED


@final
class Session:
    """One session on one connection, in either role. No I/O: the adapter brings bytes and time, and takes the rest.

    Every method that takes them wants ``now``, seconds of one monotonic clock, and ``at``, int nanoseconds UTC. After
    every call the adapter has to *flush*: take :meth:`changes` and :meth:`data_to_send` together, store the changes,
    and only then send the bytes. Its loop is::

        session.connected(now, at)
        while True:
            events = session.next_events(now, at)     # flush
            if (part := session.wanted()) is not None:
                session.provide(await store.messages(*part), now, at)   # flush
            elif not events:
                session.receive_data(await read(), now, at)   # or receive_eof; or, at the deadline, handle_deadline
            # act on the events; after a Closed: close the connection

    Order is exact. :meth:`next_events` handles the next message only when it is called, so whatever the application
    sends in answer to a message leaves before anything the session says to a later one. For speed, plain application
    messages, of which none calls for an answer of the session's, come as one list.

    :param settings: what was agreed on
    :param stored: what the store knows of this session, None if it is new
    :param hooks: where the application or a venue's dialect takes part
    """

    def __init__(self, settings: SessionSettings, stored: Stored | None = None, *, hooks: Hooks | None = None) -> None:
        self.settings: SessionSettings = settings
        self._core = Core(settings, stored, Hooks() if hooks is None else hooks)
        self.outbound: Outbound = self._core.outbound
        """What is to be stored and to be sent; :meth:`changes` and :meth:`data_to_send` take it from there."""
        self._framer = Framer(settings.max_message_size)
        self._runs = Runs(self._core)
        self._plain = self._runs.possible and not self._core.asks_planned_end
        self._frames: list[bytes | Garbled] = []
        """What is whole of the bytes that were read."""
        self._place = 0
        """How many of them were handled."""
        self._shown: tuple[Message, FoundProblem | None] | None = None
        """A message the application has been shown, and which is handled next."""
        self._eof = False
        self._behind = False
        """Whether bytes were read that were not looked at yet."""

    # What it is.

    @property
    def state(self) -> State:
        """Where it is."""
        return self._core.state

    @property
    def is_logged_on(self) -> bool:
        """Whether application messages may be sent."""
        return self._core.state is _LOGGED_ON

    @property
    def is_closed(self) -> bool:
        """Whether the connection is to be closed, once everything is flushed."""
        return self._core.state is _CLOSED

    @property
    def close_reason(self) -> str:
        """Why it was closed, for people; empty before."""
        return self._core.closed_reason

    @property
    def heartbeat(self) -> float:
        """The agreed interval in seconds, 0 for none or not yet."""
        return self._core.timers.interval

    @property
    def next_out(self) -> int:
        """The number the next message of ours gets."""
        return self._core.numbers.next_out

    @property
    def next_in(self) -> int:
        """The number expected of the other side's next message."""
        return self._core.numbers.next_in

    def __repr__(self) -> str:
        return f"Session({self.settings.id}, {self.state}, next_out={self.next_out}, next_in={self.next_in})"

    # What comes in.

    def connected(self, now: float, at: int) -> None:
        """The connection is there. An initiator logs on. Where the schedule began a new session, so do the numbers."""
        core = self._enter(now, at)
        if core.state is _IDLE:
            logon.begin(core)

    def receive_data(self, data: bytes, now: float, at: int) -> None:
        """Bytes were read. Nothing is handled yet: that is what :meth:`next_events` does."""
        core = self._core
        core.now, core.at = now, at
        if core.state is _CLOSED:
            return
        self._framer.feed(data)
        self._behind = True
        timers = core.timers
        if now - timers.last_sent >= timers.interval and core.live and timers.due(now) is Due.HEARTBEAT:
            deadlines.beat(core)  # a busy inbound side must not keep ours from the other

    def receive_eof(self, now: float, at: int) -> None:
        """The other side closed the connection, or it broke. What came before is still handled first."""
        self._enter(now, at)
        self._eof = True

    def mark_handled(self) -> None:
        """Everything told before is processed, and is stored as received, together with what was sent in answer. Says
        what asking for :meth:`next_events` says, without asking."""
        core = self._core
        if (expected := core.numbers.next_in) != core.marked_in:  # what Core.mark does, without the call
            core.marked_in = expected
            self.outbound.changes.append(Received(expected))

    def next_events(self, now: float, at: int) -> list[SessionEvent]:
        """What there is to tell. Asking says that everything told before is processed, and is stored as received.

        Empty: more bytes are wanted, or stored messages (:meth:`wanted`), or the session is closed and all was told.
        """
        core = self._core
        core.now, core.at = now, at
        if core.numbers.next_in != core.marked_in:
            core.mark()
        if (
            self._place == len(self._frames)
            and not (core.events or core.gap.early or self._eof)
            and self._shown is None
            and core.logout_at is None
            and core.timers.state_deadline is None
        ):
            # Asked behind each batch: where everything was handled, no step is begun to find that out.
            if not self._behind:
                return []
            if self._plain and core.state is _LOGGED_ON and core.gap.begin is None and core.resend is None:
                # Nor is one where what was read is a run and nothing else: the way of nearly every message.
                messages = self._read_run()
                if messages:
                    return [Messages(messages)]
        while not core.events and core.state is not _CLOSED and core.resend is None and self._advance():
            pass
        events, core.events = core.events, []
        for event in events:
            if type(event) is Messages:
                return events
        if core.numbers.next_in != core.marked_in:
            core.mark()
        return events

    def _read_run(self) -> list[Message]:
        """The run that what was read begins with; none where it takes the steps to find out what that is."""
        self._frames, self._place = [], 0
        try:
            self._frames = frames = self._framer.frames()
        except LimitExceeded as error:
            self._core.fail(str(error), error)
            return []
        self._behind = bool(frames) and self._framer.pending > 0
        messages = self._runs.take(frames, 0)
        self._place = len(messages)
        return messages

    # What goes out.

    def send(self, outgoing: Outgoing, now: float, at: int) -> int | None:
        """Number, stamp and encode an application message.

        :returns: its MsgSeqNum, None where ``Hooks.on_outbound`` held it back
        :raises barterpy.protocols.fix.errors.SessionClosed: not logged on, or not any more
        :raises barterpy.protocols.fix.errors.FieldInvalid: a value that cannot be sent; no number was used
        """
        core = self._core
        core.now, core.at = now, at
        if core.state is not _LOGGED_ON:
            raise _not_logged_on(core)
        if core.asks_outbound and not core.hooks.on_outbound(outgoing, False):
            return None
        return core.outbound.application(outgoing, now, at)

    def send_many(self, outgoings: Iterable[Outgoing], now: float, at: int) -> list[int | None]:
        """Several messages, for one flush; otherwise as :meth:`send`. An error leaves those before it to be sent."""
        core = self._enter(now, at)
        if core.state is not _LOGGED_ON or core.asks_outbound:
            return [self.send(outgoing, now, at) for outgoing in outgoings]
        application = core.outbound.application
        return [application(outgoing, now, at) for outgoing in outgoings]

    def sequence_reset(self, following: int, now: float, at: int) -> None:
        """Count on from ``following``, and tell the other side by a SequenceReset (35=4, 123=N): for disaster recovery,
        by hand. What was sent under the numbers passed over is not asked for any more.

        :raises barterpy.protocols.fix.errors.SessionClosed: not logged on
        :raises barterpy.errors.ConfigurationError: the number is below the one the next message would have
        """
        core = self._enter(now, at)
        if core.state is not _LOGGED_ON:
            raise _not_logged_on(core)
        if core.numbers.distance(following, core.numbers.next_out) < 1:
            raise ConfigurationError(f"the next number can only grow: {following} is not above {self.next_out}")
        core.outbound.sequence_reset(following, now, at)

    def reject(
        self,
        message: Message,
        now: float,
        at: int,
        *,
        reason: int = SessionRejectReason.OTHER,
        tag: int | None = None,
        text: str | None = None,
        fields: Sequence[Field] = (),
    ) -> None:
        """Answer an application message with a Reject (35=3): 373 ``reason``, 371 ``tag``, 58 ``text`` (the standard's,
        where it is None), and ``fields`` of the dialect's own."""
        core = self._enter(now, at)
        if core.live:
            rejects.reject(core, message, reason, tag, text, fields)

    def business_reject(
        self,
        message: Message,
        now: float,
        at: int,
        *,
        reason: int = BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE,
        text: str | None = None,
        tag: int | None = None,
    ) -> None:
        """Answer an application message with a BusinessMessageReject (35=j, 380 ``reason``), before 4.2 a Reject."""
        core = self._enter(now, at)
        if core.live:
            rejects.business_reject(core, message, reason, text, tag)

    def application_failed(self, error: Exception, message: Message | None, now: float, at: int) -> None:
        """The application raised while it handled ``message``: reported, and answered by ``on_application_error``."""
        core = self._enter(now, at)
        if core.live:
            rejects.application_failed(core, error, message)
        else:
            core.events.append(ApplicationFailed(error, message))

    def logout(self, now: float, at: int, text: str = "") -> None:
        """Log out, and close when the other side has answered or ``logout_timeout`` has passed."""
        self._enter(now, at).leave(text)

    def abort(self, error: BarterError, now: float, at: int) -> None:
        """Close without a word: the store failed, or the program is going down."""
        self._enter(now, at).fail(str(error), error)

    def changes(self) -> list[Change]:
        """What is to be in the store before :meth:`data_to_send` goes out; empties it."""
        return self._core.outbound.take_changes()

    def data_to_send(self) -> bytes:
        """What is to be sent; empties it."""
        return self._core.outbound.take_bytes()

    def wanted(self) -> tuple[int, int] | None:
        """The numbers, both inclusive, whose stored messages :meth:`provide` waits for; None where it does not."""
        return None if self._core.resend is None else resend.wanted(self._core)

    def provide(self, messages: Sequence[tuple[int, bytes]], now: float, at: int) -> None:
        """What the store holds of the wanted numbers, in order. Numbers it does not hold are gap-filled."""
        resend.provide(self._enter(now, at), messages)

    # Time.

    def next_deadline(self) -> float | None:
        """When to call :meth:`handle_deadline` at the latest, on the clock of ``now``; None for no deadline."""
        core = self._core
        deadline = core.timers.next_deadline()
        if core.logout_at is None:
            return deadline
        if core.state is _LOGGED_ON:
            closing = core.now + max(0.0, (core.logout_at - core.at) / 1e9)
            return closing if deadline is None else min(deadline, closing)
        return deadline

    def handle_deadline(self, now: float, at: int, *, listening: bool = True) -> None:
        """Time has passed: heartbeats, TestRequests, timeouts, the schedule's logout. Too early is harmless.

        :param listening: False where nobody reads: then silence is not the other side's
        """
        core = self._enter(now, at)
        if not listening and core.live:
            core.timers.received(now)
        deadlines.pass_deadline(core, behind=self._behind or self._place < len(self._frames))

    # Inside.

    def _enter(self, now: float, at: int) -> Core:
        self._core.now = now
        self._core.at = at
        return self._core

    def _advance(self) -> bool:
        """Handle what comes next, a run or one message. False where there is nothing."""
        core = self._core
        if core.state is _IDLE:
            return self._end_of_bytes()  # what was read before connected() waits for it
        if self._shown is not None:
            (message, problem), self._shown = self._shown, None
            self._handle(message, problem)
            return True
        gap = core.gap
        if gap.early and (early := gap.take()) is not None:
            inbound.handle_early(core, early)
            return True
        if self._place == len(self._frames):
            self._place = 0
            if not self._behind:
                self._frames = []
                return self._end_of_bytes()
            try:
                self._frames = self._framer.frames()
            except LimitExceeded as error:
                self._frames = []
                core.fail(str(error), error)
                return True
            self._behind = bool(self._frames) and self._framer.pending > 0
            if not self._frames:
                return self._end_of_bytes()
        if self._runs.possible and core.state is _LOGGED_ON and gap.begin is None and not gap.early:
            messages = self._runs.take(self._frames, self._place)
            if messages:
                self._place += len(messages)
                core.events.append(Messages(messages))
                if core.asks_planned_end:
                    for message in messages:
                        inbound.planned_end(core, message)
                return True
        frame = self._frames[self._place]
        self._place += 1
        self._handle_frame(frame)
        return True

    def _handle_frame(self, frame: bytes | Garbled) -> None:
        core = self._core
        if isinstance(frame, Garbled):
            inbound.ignore_garbled(core, frame)
            return
        try:
            message = Message(frame, data_fields=core.data_fields)
        except Garbled as garbled:
            inbound.ignore_garbled(core, Garbled(garbled.reason, len(frame), says_logon(frame)))
            return
        problem = inbound.check(core, message)
        if core.settings.show_inbound and (problem is not None or message.msg_type in ADMINISTRATIVE):
            self._shown = message, problem
            core.events.append(Inbound(message, "" if problem is None else problem.text))
            return
        self._handle(message, problem)

    def _handle(self, message: Message, problem: FoundProblem | None) -> None:
        inbound.handle(self._core, message, problem)
        if problem is None:
            self._runs.learn(message)

    def _end_of_bytes(self) -> bool:
        core = self._core
        if not self._eof:
            if core.logout_at is None and core.timers.state_deadline is None:
                return False
            return deadlines.overdue(core)
        inbound.end_of_stream(core)
        return True


def _not_logged_on(core: Core) -> SessionClosed:
    fault = core.fault
    if isinstance(fault, PlannedEnd):
        return PlannedEnd(fault.reason)  # whoever sends has to hear as well that it is time for the next connection
    return SessionClosed(core.closed_reason or f"cannot send while {core.state}")
