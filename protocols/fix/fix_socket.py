"""The FIX session a program holds: a socket of messages over a wire, a session and a store.

What the session has decided goes out one way, by whoever asked for it (:mod:`barterpy.protocols.fix.outlet`). Reading
is done by whoever is in :meth:`FixSocket.receive`; while nobody is, one task watches the time, so that an application
which takes long keeps its heartbeats.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self, final

import anyio
from anyio import TypedAttributeProvider

from barterpy.clock import WallClock, wall_clock
from barterpy.errors import BarterError, ConnectionLost
from barterpy.protocols.fix.log import MessageLog
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outlet import Outlet
from barterpy.protocols.fix.sender import Sender
from barterpy.protocols.fix.session import (
    ApplicationFailed,
    Closed,
    LoggedOn,
    LoggedOut,
    Messages,
    Session,
    SessionEvent,
    SessionSettings,
    Store,
)
from barterpy.protocols.fix.transport import BROKEN, Wire, connection_lost
from barterpy.protocols.tcp import DeadlinePassed
from barterpy.socket import Batch

__all__ = ["FixSocket", "OnEvent"]

OnEvent = Callable[[SessionEvent], None]
"""Hears what happens to a session beside its messages, in order with them. It is called in the event loop and has to be
quick; what it raises is logged."""

Release = Callable[[], Awaitable[None]]
"""Called when the session is over and stored, before the other side can see that the connection ends."""

_GRACE: Final = 0.25
"""Seconds a deadline may pass before the watching task takes it from a reader, who sees it first where there is one."""

_READ_ENDS: Final = (DeadlinePassed, anyio.EndOfStream, anyio.ClosedResourceError, *BROKEN)

_logger = logging.getLogger(__name__)


@final
class FixSocket(Sender, TypedAttributeProvider):
    """A session that is logged on; a :class:`barterpy.socket.Socket` of :class:`~barterpy.protocols.fix.Message` and
    :class:`~barterpy.protocols.fix.Outgoing`.

    Made by :func:`~barterpy.protocols.fix.initiate` and :func:`~barterpy.protocols.fix.accept`. :meth:`extra` gives the
    attributes of the stream below: addresses, certificate.
    """

    def __init__(
        self,
        wire: Wire,
        session: Session,
        store: Store,
        *,
        log: MessageLog | None = None,
        on_event: OnEvent | None = None,
        release: Release | None = None,
        close_timeout: float = 5.0,
        send_timeout: float = 30.0,
        clock: WallClock = wall_clock,
    ) -> None:
        self.logon: Message | None = None
        """The other side's last Logon."""
        super().__init__(wire, session, Outlet(wire, session, store, log, send_timeout, clock), clock)
        self._store = store
        self._log = log
        self._on_event = on_event
        self._release = release
        self._close_timeout = close_timeout
        self._events: list[SessionEvent] = []
        self._received_at: int = clock()
        self._receiving = False
        self._end: Exception | None = None
        """What :meth:`receive` raises when everything was told; None for an end in good order."""
        self._ended = anyio.Event()

    # What is known of it.

    @property
    def settings(self) -> SessionSettings:
        """What was agreed on."""
        return self._session.settings

    @property
    def is_logged_on(self) -> bool:
        """Whether messages may be sent."""
        return self._session.is_logged_on

    @property
    def next_out(self) -> int:
        """The number the next message of ours gets."""
        return self._session.next_out

    @property
    def next_in(self) -> int:
        """The number expected of the other side's next message."""
        return self._session.next_in

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """The typed attributes of the stream below."""
        return self._wire.extra_attributes

    async def log_on(self, data: bytes = b"") -> None:
        """The beginning: until both Logons were exchanged. Called once, by whoever made the socket.

        :param data: what was read already
        :raises barterpy.errors.BarterError: the session ended instead, and why
        :raises anyio.EndOfStream: it ended in good order
        """
        self._session.connected(self._wire.now(), self._clock())
        if data:
            self._take_in(data)
        while self.logon is None:
            await self.receive_events()

    # Receiving

    async def receive(self) -> Batch[Message]:
        """Application messages that are there, at least one, valid and in order; waits for the first if there is none.

        Those of the last batch count as handled now, and are stored as such, together with what was put in answer to
        them (:meth:`put`). Cancelling it loses nothing. Whatever else happens goes to ``on_event``.

        :raises anyio.EndOfStream: a side logged out, and the other answered
        :raises barterpy.protocols.fix.errors.SessionClosed: the other side closed the connection, or broke the protocol
        :raises barterpy.errors.TransportTimeout: it showed no sign of life
        :raises barterpy.errors.ConnectionLost: the connection broke
        :raises barterpy.protocols.fix.stores.StoreError: the store failed; what it does not hold was not sent
        :raises anyio.ClosedResourceError: this side closed it
        :raises anyio.BusyResourceError: another task is receiving
        """
        while True:
            for event in await self.receive_events():
                if type(event) is Messages:  # a list of events has no more than one of these
                    return Batch(event.messages, self._received_at)

    async def receive_events(self) -> list[SessionEvent]:
        """What there is to tell: messages and everything else, in order. Otherwise as :meth:`receive`.

        After a :class:`~barterpy.protocols.fix.session.Closed` the next call raises.
        """
        if self._receiving:
            raise anyio.BusyResourceError("receiving from")
        self._receiving = True
        session, wire, outlet, clock = self._session, self._wire, self._outlet, self._clock
        outbound = session.outbound
        try:
            if outbound.chunks and not self._events and not self._closing:
                # Answers go first, and what else there is to do about what was received is done behind them.
                session.mark_handled()
                if not outlet.at_once():
                    await outlet.flush_unless_busy()
            while not self._closing:
                if not self._events:
                    self._events = session.next_events(wire.now(), clock())
                if (outbound.chunks or outbound.changes) and not outlet.at_once():
                    await outlet.flush_unless_busy()
                if (part := session.wanted()) is not None:
                    await self._provide(*part)
                elif self._events:
                    events, self._events = self._events, []
                    if len(events) > 1 or type(events[0]) is not Messages:
                        for event in events:
                            self._tell(event)
                    return events
                elif session.is_closed:
                    raise anyio.EndOfStream if self._end is None else self._end.with_traceback(None)
                else:
                    # What _read does, without a coroutine of its own for each read.
                    try:
                        data = await wire.read(session.next_deadline())
                    except _READ_ENDS as error:
                        self._no_more(error)
                    else:
                        self._take_in(data)
            raise anyio.ClosedResourceError
        finally:
            self._receiving = False
            if self._closing:
                self._ended.set()

    async def _read(self) -> None:
        try:
            data = await self._wire.read(self._session.next_deadline())
        except _READ_ENDS as error:
            self._no_more(error)
        else:
            self._take_in(data)

    def _no_more(self, error: Exception) -> None:
        """Nothing was read: the time has come for something, or the stream has ended."""
        session, wire = self._session, self._wire
        if isinstance(error, DeadlinePassed):
            session.handle_deadline(wire.now(), self._clock())
            return
        if self._end is None and not session.is_closed and not isinstance(error, anyio.EndOfStream):
            if isinstance(error, anyio.ClosedResourceError):
                self._end = self._outlet.broken or ConnectionLost("the stream was closed")
            else:
                self._end = connection_lost(error)
        session.receive_eof(wire.now(), self._clock())

    def _take_in(self, data: bytes) -> None:
        self._received_at = at = self._clock()
        if self._log is not None:
            self._log.received(data, at)
        self._session.receive_data(data, self._wire.now(), at)

    async def _provide(self, begin: int, end: int) -> None:
        """Stored messages for the other side, who asked for them."""
        async with self._outlet.lock:
            try:
                messages = await self._store.messages(begin, end)
            except BarterError as error:
                self._session.abort(error, self._wire.now(), self._clock())
                return
        self._session.provide(messages, self._wire.now(), self._clock())

    def _tell(self, event: SessionEvent) -> None:
        if isinstance(event, LoggedOn):
            self.logon = event.message
        elif isinstance(event, Closed) and self._end is None:
            self._end = event.error
        if isinstance(event, ApplicationFailed):
            _logger.error("the application failed over a message of %s", self.settings.id, exc_info=event.error)
        if self._log is not None and not isinstance(event, Messages):
            self._log.note(_described(event), self._clock())
        if self._on_event is not None:
            try:
                self._on_event(event)
            except Exception:
                _logger.exception("on_event of %s failed", self.settings.id)

    # Time

    async def watch(self) -> None:
        """Keeps the session's deadlines while nobody is receiving. The program's own task group runs it; it never
        raises, and ends with the session."""
        session, wire = self._session, self._wire
        while not (self._closing or session.is_closed):
            deadline = session.next_deadline()
            wait = None if deadline is None else max(0.0, deadline + _GRACE - wire.now())
            self._moved = anyio.Event()
            with anyio.move_on_after(wait):
                await self._moved.wait()
                continue
            session.handle_deadline(wire.now(), self._clock(), listening=self._receiving)
            await self._outlet.flush_unless_busy()
            if session.is_closed and self._receiving:
                await wire.abort()  # its reader waits with a deadline of before, or with none

    # Closing

    async def aclose(self, *, handled: bool = True) -> None:
        """Logs out and closes, within ``close_timeout``; closing twice is fine. Under cancellation it closes at once.

        Messages that still come are not handled: the other side is asked for them again after the next logon.

        :param handled: whether the last batch that was received counts as handled
        """
        if self._closing:
            return
        self._closing = True
        self._moved.set()
        if not handled:
            self._outlet.forget()
        try:
            with anyio.move_on_after(self._close_timeout):
                await self._close_gracefully()
        finally:
            try:
                await self._outlet.settle(self._close_timeout)
            finally:
                if self._release is not None:
                    with anyio.CancelScope(shield=True):
                        await self._release()
                await self._wire.finish(self._close_timeout)

    async def _close_gracefully(self) -> None:
        session, wire = self._session, self._wire
        if not session.is_closed:
            session.logout(wire.now(), self._clock())
            await self._outlet.flush_unless_busy()
        if self._receiving:  # its task ends with the next thing that comes, at the latest with the answer
            await self._ended.wait()
        self._note_unhandled(self._events)
        while True:
            events = session.next_events(wire.now(), self._clock())
            await self._outlet.flush_unless_busy()
            self._note_unhandled(events)
            if (part := session.wanted()) is not None:
                await self._provide(*part)
            elif not events and session.is_closed:
                return
            elif not events:
                await self._read()

    def _note_unhandled(self, events: Sequence[SessionEvent]) -> None:
        for event in events:
            if isinstance(event, Messages):
                self._outlet.forget()
            self._tell(event)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose(handled=error is None)

    def __repr__(self) -> str:
        return f"<FixSocket {self.settings.id} {self._session.state}>"


def _described(event: SessionEvent) -> str:
    """One line for a log."""
    if isinstance(event, LoggedOn):
        return f"logged on, heartbeat {event.heartbeat} s{', numbers reset' if event.reset else ''}"
    if isinstance(event, LoggedOut):
        return f"logged out by {'the other side' if event.by_peer else 'this side'}: {event.text}"
    if isinstance(event, Closed):
        return f"closed: {event.reason}"
    return type(event).__name__
