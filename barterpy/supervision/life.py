"""One life of a supervised connection: a socket, the stream over it, and the two tasks that send and watch the time.

Every end comes through the supervisor. The reading side raises what it finds, behind the outputs before it; the other
two tasks never raise, they tell the supervisor and cancel what it says is over.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast, final

import anyio

from barterpy.clock import SECOND, WallClock
from barterpy.connection import Connection, SubscribeRequest
from barterpy.errors import (
    ConnectionLost,
    HandshakeError,
    LimitExceeded,
    ParseError,
    SubscriptionRefused,
    SubscriptionTimeout,
    TransportError,
    TransportTimeout,
    excerpt,
)
from barterpy.events import (
    Authenticated,
    Connected,
    MessageError,
    Stalled,
    Subscribed,
    SubscriptionFailed,
    Unsubscribed,
)
from barterpy.socket import Socket
from barterpy.stream import ExchangeStream
from barterpy.subscription import Subscription
from barterpy.supervision.authentication import Authentication, AuthenticationState
from barterpy.supervision.heartbeat import Beat, Pulse
from barterpy.supervision.inlet import Inlet
from barterpy.supervision.ledger import EntryState, Failure, Ledger, Outcome
from barterpy.supervision.policy import Emit, ReconnectPolicy
from barterpy.supervision.supervisor import Supervisor
from barterpy.supervision.transitions import Action, State
from barterpy.supervision.watchdog import Activity, QuietDogs, Watchdog
from barterpy.transformer import Directive, Fetch, Reply

__all__ = ["Life", "Shared", "loop_time"]

_MAX_OUTBOX: Final = 10_000
_GRACE_OF_READER: Final = 1.0
"""Seconds the reading side has to say why a connection broke, after sending has failed on it."""


def loop_time() -> int:
    """The event loop's clock, on which all timers run: int nanoseconds."""
    return round(anyio.current_time() * SECOND)


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What outlives a single connection."""

    connection: Connection[Any]
    policy: ReconnectPolicy
    supervisor: Supervisor
    ledger: Ledger
    authentication: Authentication | None
    emit: Emit
    clock: WallClock

    def where(self, now: int) -> dict[str, Any]:
        """What every event says of the connection; ``now`` is int nanoseconds UTC."""
        return {
            "venue": self.connection.venue,
            "connection": self.connection.name,
            "epoch": self.supervisor.epoch,
            "received_at": now,
        }


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
        self._last_seen: Callable[[str], int | None] | None = getattr(shared.connection.transformer, "last_seen", None)
        self._whole = anyio.CancelScope()
        """Connecting, being connected and closing. Cancelled, the socket is closed without grace."""
        self._inside: anyio.CancelScope | None = None
        """Being connected. Cancelled, the socket is closed in order."""
        self._outbox: deque[Callable[[], Any]] = deque()
        """Each makes its message when its turn comes, and notes that it goes."""
        self._filled = anyio.Event()
        self._changed = anyio.Event()
        self._asked = False
        self._awaits_data = False
        self._emitting = False
        self._stream: ExchangeStream[Any] | None = None
        self._pulse: Pulse | None = None
        self._dog: Watchdog | None = None
        self._quiet: QuietDogs | None = None
        self._activity = Activity(0)

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
                self._logon()
            case Action.RESTORE:
                self._restore()
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
            inlet = Inlet(
                socket,
                tasks,
                self._connection.fetch,
                shared.clock,
                send=None if self._connection.send_limiter is None else self._queue,
            )
            self._arm(inlet)
            if not supervisor.done and supervisor.state is not State.CLOSING:
                self.obey(action)
                tasks.start_soon(self._transmit, socket)
                tasks.start_soon(self._watch)
                try:
                    await self._read(inlet)
                except Exception as error:  # noqa: BLE001 - raised again below, outside of the task group
                    failure = error
            tasks.cancel_scope.cancel()
        self._whole.deadline = anyio.current_time() + shared.policy.close_timeout
        if failure is not None:
            raise failure

    def _arm(self, inlet: Inlet) -> None:
        """Set up what watches the time. In a replay it is the recording's, and nothing of that can stall."""
        now, connection = loop_time(), self._connection
        self._activity = Activity(now)
        if inlet.event_time:
            return
        if connection.heartbeat is not None:
            self._pulse = Pulse(connection.heartbeat, now)
        idle = self._shared.policy.idle_timeout
        idle = connection.idle_timeout if idle is None else idle or None
        if idle is not None:
            self._dog = Watchdog(idle, now)
        if connection.quiet_after is not None and self._last_seen is not None:
            self._quiet = QuietDogs(self._last_seen)

    # Reading.

    async def _read(self, inlet: Inlet) -> None:
        shared = self._shared
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
            if self._awaits_data:
                await self._tell(Outcome(self._ledger.observe()))
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
        if self._pulse is not None and self._pulse.on_reply(reply):
            self._changed.set()
            return None
        return self._events(self._ledger.on_reply(reply, now))

    def _authenticated(self, authentication: Authentication, now: int) -> Sequence[Any]:
        if authentication.error is not None:
            raise authentication.error
        self.obey(self._supervisor.authenticated(now))
        seconds = authentication.expires_in
        expires_in = None if seconds is None else round(seconds * SECOND)
        return [Authenticated(**self._shared.where(self._shared.clock()), expires_in=expires_in)]

    # Subscribing.

    @property
    def subscribes(self) -> bool:
        """Whether what is wanted may be asked for now; before, it will be with the rest."""
        return self._asked

    def ask(self) -> None:
        """Ask for what is wanted and was not asked for on this connection.

        :raises barterpy.errors.BarterError: a request cannot be made
        """
        wanted = self._ledger.take_wanted()
        subscribe = self._connection.subscribe
        if wanted and subscribe is not None:
            for request in subscribe(wanted):
                self._ask(request)

    def release(self, subscriptions: Sequence[Subscription]) -> None:
        """End these, which nobody wants any more.

        :raises barterpy.errors.BarterError: a request cannot be made
        """
        unsubscribe = self._connection.unsubscribe
        if unsubscribe is None:
            self._ledger.forget([subscription.name for subscription in subscriptions])
            return
        for request in unsubscribe(subscriptions):
            self._put(partial(self._ending, request))

    def _restore(self) -> None:
        self._asked = True
        for request in self._connection.requests:
            self._ask(request)
        self.ask()
        if self._ledger.settled:  # nothing but requests without a name
            self.obey(self._supervisor.restored(loop_time()))

    def _ask(self, request: SubscribeRequest) -> None:
        self._put(partial(self._asking, request))

    def _ending(self, request: SubscribeRequest) -> Any:
        self._ledger.sent(request, loop_time(), ends=True)
        return request.message

    def _asking(self, request: SubscribeRequest) -> Any:
        now = loop_time()
        self._ledger.sent(request, now)
        self._supervisor.progressed(now)
        self._awaits_data = self._ledger.awaits_data
        quiet_after = self._connection.quiet_after
        if self._quiet is not None and quiet_after is not None:
            for name in request.subscriptions:
                entry = self._ledger.entry(name)
                seconds = None if entry is None or entry.subscription is None else quiet_after(entry.subscription)
                if seconds is not None:
                    self._quiet.arm(name, seconds, now)
        return request.message

    def _events(self, outcome: Outcome) -> list[Any]:
        """The events of an outcome; it may be the last one the restoration has waited for.

        :raises barterpy.errors.SubscriptionError: not one of the subscriptions is confirmed
        """
        if not outcome:
            return []
        now = loop_time()
        self._supervisor.progressed(now)
        self._awaits_data = self._ledger.awaits_data
        if self._quiet is not None:
            for name in (*outcome.ended, *(failure.name for failure in outcome.failed if failure.final)):
                self._quiet.disarm(name)
        if outcome.failed:
            self._check(outcome.failed)
        where = self._shared.where(self._shared.clock())
        events: list[Any] = []
        if outcome.confirmed:
            events.append(Subscribed(**where, subscriptions=outcome.confirmed))
        for failure in outcome.failed:
            error = failure.error
            events.append(
                SubscriptionFailed(
                    **where,
                    subscription=failure.name,
                    reason=excerpt(getattr(error, "text", str(error)), 200),
                    error=type(error).__name__,
                    final=failure.final,
                )
            )
        if outcome.ended:
            events.append(Unsubscribed(**where, subscriptions=outcome.ended))
        if self._supervisor.state is State.RESTORING and self._ledger.settled:
            self.obey(self._supervisor.restored(now))
        self._changed.set()
        return events

    def _check(self, failures: Sequence[Failure]) -> None:
        """Whether the connection is worth keeping although these have failed.

        :raises barterpy.errors.SubscriptionError: it is not
        """
        ledger = self._ledger
        # The plan's own requests are sent once a connection, so what was not answered takes another one.
        lost = [one for one in failures if not one.final and ledger.plain(one.name)]
        if not lost and ledger.settled and not ledger.confirmed:
            lost = [one for one in failures if not one.final]
            if not lost:
                error = failures[-1].error
                text, code = getattr(error, "text", str(error)), getattr(error, "code", None)
                raise SubscriptionRefused(ledger.names(EntryState.REFUSED), text, code) from error
        if lost:
            raise SubscriptionTimeout(tuple(one.name for one in lost), "not confirmed in time") from lost[0].error

    async def _tell(self, outcome: Outcome) -> None:
        events = self._events(outcome)
        if events:
            await self._shared.emit(events)

    # Sending.

    def _logon(self) -> None:
        self._put(self._log_on)

    def _log_on(self) -> Any:
        assert self._authentication is not None
        return self._authentication.begin(loop_time(), self._shared.clock()).message

    def _beat(self) -> Any:
        assert self._pulse is not None
        message = self._pulse.heartbeat.message(self._shared.clock())
        self._pulse.sent(message, loop_time())
        return message.message if isinstance(message, SubscribeRequest) else message

    async def _queue(self, message: Any) -> None:
        """What the transformer sends, where sending is limited: reading does not wait for it."""
        if len(self._outbox) >= _MAX_OUTBOX:
            raise LimitExceeded("messages waiting to be sent", _MAX_OUTBOX)
        self._put(lambda: message)

    def _put(self, make: Callable[[], Any]) -> None:
        self._outbox.append(make)
        self._filled.set()

    async def _transmit(self, socket: Socket[Any, Any]) -> None:
        connection = self._connection
        try:
            while True:
                self._filled = anyio.Event()
                while self._outbox:
                    if connection.send_limiter is not None:
                        await connection.send_limiter.acquire()
                    # Noted first: the answer may be there before send returns.
                    message = self._outbox.popleft()()
                    self._changed.set()
                    await socket.send(message)
                    if connection.send_interval:
                        await anyio.sleep(connection.send_interval)
                await self._filled.wait()
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            await anyio.sleep(_GRACE_OF_READER)
            lost = ConnectionLost(str(error) or "the connection broke while sending")
            lost.__cause__ = error
            self._end(lost)
        except TransportError as error:
            await anyio.sleep(_GRACE_OF_READER)
            self._end(error)
        except Exception as error:  # noqa: BLE001 - a message that cannot be made: the supervisor decides
            self._end(error)

    def _end(self, error: Exception) -> None:
        self.obey(self._supervisor.ended(error, loop_time()))

    # The time.

    async def _watch(self) -> None:
        try:
            while True:
                self._changed = anyio.Event()
                await self._due(loop_time())
                deadline = self._next_deadline()
                # A wait too short for the loop's own clock to show would never end.
                delay = math.inf if deadline is None else max((deadline - loop_time()) / SECOND, 1e-6)
                with anyio.move_on_after(delay):
                    await self._changed.wait()
        except Exception as error:  # noqa: BLE001 - the supervisor decides
            self._end(error)

    def _next_deadline(self) -> int | None:
        parts = (self._supervisor, self._authentication, self._ledger, self._pulse, self._dog, self._quiet)
        return min(
            (at for part in parts if part is not None and (at := part.next_deadline()) is not None), default=None
        )

    async def _due(self, now: int) -> None:
        """Everything that is due now, in the order in which it depends on each other."""
        self.obey(self._supervisor.handle_deadline(now))
        authentication = self._authentication
        if authentication is not None:
            if authentication.handle_deadline(now):
                self._logon()
            elif authentication.state is AuthenticationState.FAILED and authentication.error is not None:
                raise authentication.error
        await self._tell(self._ledger.handle_deadline(now))
        if self._asked:
            self.ask()
        utc, seen = self._shared.clock(), 0 if self._stream is None else self._stream.received_at
        if self._emitting:  # nobody could read: that is not the venue's silence
            for dog in (self._dog, self._quiet):
                if dog is not None:
                    dog.touch(now)
        if self._pulse is not None and now >= self._pulse.next_deadline():
            self._listen(self._pulse, now, now if self._emitting else self._activity.look(seen, now, utc))
        if self._dog is not None and now >= self._dog.next_deadline():
            idle = self._dog.handle_deadline(seen, now, utc)
            if idle is not None:
                await self._stall(idle, None, self._dog.timeout)
        if self._quiet is not None:
            await self._listen_to_each(self._quiet, now, utc)

    def _listen(self, pulse: Pulse, now: int, last: int) -> None:
        beat = pulse.handle_deadline(now, last)
        if beat is Beat.OVERDUE:
            self.obey(self._supervisor.stalled(TransportTimeout("the heartbeat", pulse.heartbeat.timeout), now))
        elif beat is Beat.SEND and self._beat not in self._outbox:
            self._put(self._beat)

    async def _listen_to_each(self, quiet: QuietDogs, now: int, utc: int) -> None:
        for name, idle, times in quiet.handle_deadline(now, utc):
            entry = self._ledger.entry(name)
            if entry is None or entry.subscription is None or entry.state is not EntryState.CONFIRMED:
                continue  # it is asked for already
            seconds = idle / SECOND
            if times > 1:
                await self._stall(idle, name, seconds)
                return
            await self._shared.emit([self._stalled(idle, name)])
            if self._connection.unsubscribe is not None:
                for request in self._connection.unsubscribe([entry.subscription]):
                    self._put(partial(self._ending, request))
            self._ledger.again([name])
            self.ask()

    async def _stall(self, idle: int, name: str | None, seconds: float) -> None:
        await self._shared.emit([self._stalled(idle, name)])
        error = TransportTimeout(f"data of {name}" if name else "the next message", seconds)
        self.obey(self._supervisor.stalled(error, loop_time()))

    def _stalled(self, idle: int, name: str | None) -> Stalled:
        return Stalled(**self._shared.where(self._shared.clock()), idle=idle, subscription=name)
