"""One life of a supervised connection: a socket, the stream over it, and the two tasks that send and watch the time.

Every end comes through the supervisor. The reading side raises what it finds, behind the outputs before it; the other
two tasks never raise, they tell the supervisor and cancel what it says is over.

    Outbox        messages on their way out                                 (outbox.py)
    Restoration   what is asked for, and what the venue makes of it         (restoration.py)
    Vigil         the heartbeat and the watchdogs                           (vigil.py)
"""

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, cast, final

import anyio

from barterpy.clock import SECOND
from barterpy.errors import ConnectionLost, HandshakeError, ParseError, excerpt
from barterpy.events import Authenticated, Connected, MessageError
from barterpy.socket import Socket
from barterpy.stream import ExchangeStream
from barterpy.subscription import Subscription
from barterpy.supervision.authentication import Authentication, AuthenticationState
from barterpy.supervision.inlet import Inlet
from barterpy.supervision.ledger import EntryState
from barterpy.supervision.outbox import Outbox
from barterpy.supervision.restoration import Restoration
from barterpy.supervision.shared import Shared, loop_time
from barterpy.supervision.transitions import Action, State
from barterpy.supervision.vigil import Vigil
from barterpy.transformer import Directive, Fetch, Reply

__all__ = ["Life"]


@final
class Life:
    """Made for one connection, and run once.

    :param ended_at: when the one before it ended, int nanoseconds UTC
    """

    def __init__(self, shared: Shared, ended_at: int | None = None) -> None:
        self.up: bool = False
        """Whether there was a connection at all."""
        self._shared = shared
        self._connection = shared.connection
        self._supervisor = shared.supervisor
        self._ledger = shared.ledger
        self._authentication = shared.authentication
        self._ended_at = ended_at
        self._whole = anyio.CancelScope()
        """Connecting, being connected and closing. Cancelled, the socket is closed without grace."""
        self._inside: anyio.CancelScope | None = None
        """Being connected. Cancelled, the socket is closed in order."""
        self._changed = anyio.Event()
        self._emitting = False
        self._failure: Exception | None = None
        self._stream: ExchangeStream[Any] | None = None
        self._outbox = Outbox(shared.connection.send_limiter, self._on_change)
        self._restoration = Restoration(shared, self._outbox, self.obey, self._on_change)
        self._vigil: Vigil | None = None

    # From connect to close.

    async def run(self) -> None:
        """Until it has ended and its socket is closed. The supervisor knows of every end but an exception.

        :raises Exception: what connecting, reading or closing raised
        """
        supervisor, connection = self._supervisor, self._connection
        with self._whole as whole:
            if connection.connect_limiter is not None:
                await connection.connect_limiter.acquire()
                supervisor.progressed(loop_time())
            whole.deadline = anyio.current_time() + self._shared.policy.connect_timeout
            try:
                async with connection.connect() as socket:
                    whole.deadline = math.inf
                    await self._connected(socket)
            except HandshakeError as error:
                # Too fast, or banned: that is for all who connect from here.
                if connection.connect_limiter is not None and error.status in (418, 429):
                    connection.connect_limiter.pause(error.retry_after or 1.0, f"refused with HTTP {error.status}")
                raise
        if whole.cancelled_caught and self._failure is not None:
            # Closing took too long and was given up; why there was anything to close is still the news.
            raise self._failure
        if whole.cancelled_caught and supervisor.state is State.CONNECTING:
            deadline = supervisor.next_deadline()
            assert deadline is not None
            supervisor.handle_deadline(max(loop_time(), deadline))

    def obey(self, action: Action | None) -> None:
        """Carry out what the supervisor says."""
        if action is None:
            return
        match action:
            case Action.LOGON:
                self._outbox.put(self._log_on)
            case Action.RESTORE:
                self._restoration.begin()
            case Action.DROP:
                self._whole.cancel()
            case Action.WAIT | Action.CLOSE | Action.STOP | Action.FAIL:
                if self._inside is None:
                    self._whole.cancel()
                else:
                    self._inside.cancel()
            case _:
                pass
        self._changed.set()

    def ask(self) -> None:
        """Ask for what is wanted and was not asked for, if it is time for that; else it will be with the rest.

        :raises barterpy.errors.BarterError: a request cannot be made
        """
        if self._restoration.begun:
            self._restoration.ask()

    def release(self, subscriptions: Sequence[Subscription]) -> None:
        """End these, which nobody wants any more.

        :raises barterpy.errors.BarterError: a request cannot be made
        """
        self._restoration.release(subscriptions)

    async def _connected(self, socket: Socket[Any, Any]) -> None:
        supervisor, shared = self._supervisor, self._shared
        self.up = True
        self._ledger.reset()
        supervisor.restores = bool(self._connection.requests or self._ledger.names(EntryState.WANTED))
        now, utc = loop_time(), shared.clock()
        action = supervisor.connected(now)
        downtime = None if self._ended_at is None else utc - self._ended_at
        await shared.emit([Connected(**shared.where(utc), downtime=downtime)])
        failure: Exception | None = None
        # The tasks never raise, so no exception group reaches the consumer.
        async with anyio.create_task_group() as tasks:
            self._inside = tasks.cancel_scope
            connection = self._connection
            inlet = Inlet(
                socket,
                tasks,
                connection.fetch,
                shared.clock,
                send=None if connection.send_limiter is None else self._outbox.queue,
                subscribe=None
                if connection.subscribe_limiter is None
                else partial(self._outbox.queue, limiter=connection.subscribe_limiter),
            )
            self._vigil = Vigil(shared, self._outbox, self._restoration, self.obey, event_time=inlet.event_time)
            if not supervisor.done and supervisor.state is not State.CLOSING:
                self.obey(action)
                tasks.start_soon(self._outbox.run, socket, self._end)
                tasks.start_soon(self._watch, self._vigil)
                try:
                    await self._read(inlet)
                except Exception as error:  # noqa: BLE001 - raised again below, outside of the task group
                    failure = error
            tasks.cancel_scope.cancel()
        self._whole.deadline = anyio.current_time() + shared.policy.close_timeout
        self._failure = failure
        if failure is not None:
            raise failure

    # Reading.

    async def _read(self, inlet: Inlet) -> None:
        shared, restoration = self._shared, self._restoration
        emit = shared.emit

        def on_directive(directive: Directive) -> Iterable[Any] | None:
            if isinstance(directive, Fetch):
                inlet.start_fetch(directive)
            elif isinstance(directive, Reply):
                return self._on_reply(directive)
            return None

        stream = self._stream = ExchangeStream(
            inlet,
            self._connection.parser,
            self._connection.transformer,
            on_error=cast("Any", shared.policy.on_error),
            epoch=self._supervisor.epoch,
            clock=shared.clock,
            on_directive=on_directive,
        )
        errors = 0
        async for outputs in stream.batches():
            if stream.errors != errors:
                errors = stream.errors
                outputs = [self._visible(output) for output in outputs]
            self._emitting = True
            await emit(outputs)
            self._emitting = False
            if restoration.awaits_data:
                await self._tell(restoration.on_data())
        code = getattr(inlet.socket, "close_code", None)
        error = ConnectionLost("the other side finished", None if code is None else int(code))
        self._supervisor.finished(error, loop_time())

    def _visible(self, output: Any) -> Any:
        if not isinstance(output, ParseError):
            return output
        return MessageError(
            **self._shared.where(self._shared.clock()),
            reason=excerpt(output.reason, 200),
            payload=excerpt(output.payload, 200),
        )

    def _on_reply(self, reply: Reply) -> Sequence[Any] | None:
        now = loop_time()
        authentication = self._authentication
        if authentication is not None and authentication.on_reply(reply, now):
            return self._authenticated(authentication, now)
        if self._vigil is not None and self._vigil.on_reply(reply):
            self._changed.set()
            return None
        return self._restoration.on_reply(reply)

    async def _tell(self, events: Sequence[Any]) -> None:
        if events:
            await self._shared.emit(events)

    # The logon.

    def _log_on(self) -> Any:
        assert self._authentication is not None
        return self._authentication.begin(loop_time(), self._shared.clock()).message

    def _authenticated(self, authentication: Authentication, now: int) -> Sequence[Any]:
        if authentication.state is AuthenticationState.REFRESHING:
            self._changed.set()  # it has to be tried in another way
            return []
        if authentication.error is not None:
            raise authentication.error
        self.obey(self._supervisor.authenticated(now))
        seconds = authentication.expires_in
        expires_in = None if seconds is None else round(seconds * SECOND)
        return [Authenticated(**self._shared.where(self._shared.clock()), expires_in=expires_in)]

    # The time.

    def _on_change(self) -> None:
        self._changed.set()

    def _end(self, error: Exception) -> None:
        self.obey(self._supervisor.ended(error, loop_time()))

    async def _watch(self, vigil: Vigil) -> None:
        try:
            while True:
                self._changed = anyio.Event()
                await self._due(loop_time(), vigil)
                parts = (self._supervisor, self._authentication, self._ledger, vigil)
                deadline = min(
                    (at for part in parts if part is not None and (at := part.next_deadline()) is not None),
                    default=None,
                )
                # A wait too short for the loop's own clock to show would never end.
                delay = math.inf if deadline is None else max((deadline - loop_time()) / SECOND, 1e-6)
                with anyio.move_on_after(delay):
                    await self._changed.wait()
        except Exception as error:  # noqa: BLE001 - the supervisor decides
            self._end(error)

    async def _due(self, now: int, vigil: Vigil) -> None:
        """Everything that is due now, in the order in which it depends on each other."""
        if self._outbox.waits and self._supervisor.state in (State.AUTHENTICATING, State.RESTORING):
            self._supervisor.progressed(now)
        self.obey(self._supervisor.handle_deadline(now))
        authentication = self._authentication
        if authentication is not None:
            if authentication.handle_deadline(now):
                if self._log_on not in self._outbox:
                    self._outbox.put(self._log_on)
            elif authentication.state is AuthenticationState.FAILED and authentication.error is not None:
                raise authentication.error
        await self._tell(self._restoration.on_time(now))
        seen = 0 if self._stream is None else self._stream.received_at
        await vigil.look(seen, now, reading=not self._emitting)
