"""Supervisor: what a supervised connection is to do next. No I/O; time is an argument.

It is told what happened (:meth:`Supervisor.connected`, :meth:`Supervisor.ended`, …) and gives back the
:class:`~barterpy.supervision.transitions.Action` that follows by the table. It decides whether an error is worth
another attempt, and when that attempt begins.
"""

from collections.abc import Callable
from typing import Final, final

from barterpy.backoff import Attempts
from barterpy.clock import SECOND
from barterpy.errors import TransportTimeout
from barterpy.supervision.policy import ReconnectPolicy, mendable
from barterpy.supervision.transitions import TERMINAL, Action, Input, State, transition

__all__ = ["Supervisor"]

_OPERATIONS: Final = {
    State.CONNECTING: "connecting",
    State.AUTHENTICATING: "logging on",
    State.RESTORING: "restoring the subscriptions",
    State.CLOSING: "closing",
}


@final
class Supervisor:
    """One connection's life after life. Times are int nanoseconds of one monotonic clock.

    :param policy: back-off, timeouts, and what the first failure means
    :param logon_timeout: seconds until a logon is answered; None where there is no logon
    :param restore_timeout: seconds of the restoration without any progress
    :param random: gives the jitter's share, in [0, 1)
    """

    def __init__(
        self,
        policy: ReconnectPolicy,
        *,
        logon_timeout: float | None = None,
        restore_timeout: float = 10.0,
        random: Callable[[], float],
    ) -> None:
        self.state: State = State.IDLE
        self.epoch: int = 0
        """How many connections were made."""
        self.error: Exception | None = None
        """Why the last connection, or attempt at one, ended."""
        self.delay: float = 0.0
        """Seconds of the present back-off."""
        self.restores: bool = True
        """Whether there is anything to subscribe on the next connection."""
        self._policy = policy
        self._attempts = Attempts(policy.backoff)
        self._timeouts: dict[State, float | None] = {
            State.CONNECTING: policy.connect_timeout,
            State.AUTHENTICATING: logon_timeout,
            State.RESTORING: restore_timeout,
            State.CLOSING: policy.close_timeout,
        }
        self._random = random
        self._deadline: int | None = None

    @property
    def attempt(self) -> int:
        """Attempts in a row, from 1, counted until a connection has stayed up."""
        return self._attempts.count

    @property
    def done(self) -> bool:
        """Whether nothing follows any more."""
        return self.state in TERMINAL

    def start(self, now: int) -> Action | None:
        return self._feed(Input.START, now)

    def connected(self, now: int) -> Action | None:
        """A socket is there. What follows is the logon, the subscriptions, or neither."""
        if self.state is State.CONNECTING:
            self.epoch += 1
            self._attempts.connected(now)
        return self._feed(Input.CONNECTED, now)

    def authenticated(self, now: int) -> Action | None:
        return self._feed(Input.AUTHENTICATED, now)

    def restored(self, now: int) -> Action | None:
        return self._feed(Input.RESTORED, now)

    def finished(self, error: Exception, now: int) -> Action | None:
        """The other side ended the connection in good order. ``error`` is what it is called if that is to be mended."""
        if self._policy.reconnect or self.state in (State.IDLE, State.CONNECTING, State.WAITING):
            return self.ended(error, now)
        self.error = error
        return self._feed(Input.CLOSED, now)

    def ended(self, error: Exception, now: int) -> Action | None:
        """The connection, or the attempt at one, is over."""
        return self._end(Input.LOST, error, now)

    def stalled(self, error: Exception, now: int) -> Action | None:
        """It is up, and silent for too long."""
        return self._end(Input.STALLED, error, now)

    def close(self, now: int) -> Action | None:
        """This side wants an end. In every state it comes within the close timeout."""
        return self._feed(Input.CLOSE, now)

    def closed(self, now: int) -> Action | None:
        """The socket is closed, after :meth:`close`."""
        return self._feed(Input.CLOSED, now) if self.state is State.CLOSING else None

    def progressed(self, now: int) -> None:
        """Something this state waits for has come nearer: its time begins anew."""
        if self.state is State.WAITING:
            return
        timeout = self._timeouts.get(self.state)
        self._deadline = None if timeout is None else now + round(timeout * SECOND)

    def next_deadline(self) -> int | None:
        """When :meth:`handle_deadline` wants to be called."""
        return self._deadline

    def handle_deadline(self, now: int) -> Action | None:
        """The time is ``now``. Before the deadline nothing follows."""
        if self._deadline is None or now < self._deadline:
            return None
        if self.state in (State.WAITING, State.CLOSING):
            return self._feed(Input.DEADLINE, now)
        timeout = self._timeouts[self.state]
        assert timeout is not None
        return self._end(Input.DEADLINE, TransportTimeout(_OPERATIONS[self.state], timeout), now)

    def _end(self, input_: Input, error: Exception, now: int) -> Action | None:
        if transition(self.state, input_) is None:
            return None
        if self.state is not State.CLOSING:
            self.error = error
            delay = None
            if self._worth_another(error):
                planned, wait = getattr(error, "planned", False), getattr(error, "retry_after", None)
                delay = self._attempts.failed(now, self._random(), wait, planned=planned)
            if delay is None:
                input_ = Input.REFUSED
            else:
                self.delay = delay
        return self._feed(input_, now)

    def _worth_another(self, error: Exception) -> bool:
        policy = self._policy
        if not policy.reconnect or (self.epoch == 0 and policy.first_connect == "fail"):
            return False
        return mendable(error)

    def _feed(self, input_: Input, now: int) -> Action | None:
        step = transition(self.state, input_)
        if step is None:
            return None
        self.state, action = step
        if self.state is State.AUTHENTICATING and self._timeouts[State.AUTHENTICATING] is None:
            return self._feed(Input.AUTHENTICATED, now)
        if self.state is State.RESTORING and not self.restores:
            return self._feed(Input.RESTORED, now)
        if self.state is State.WAITING:
            self._deadline = now + round(self.delay * SECOND)
        else:
            self.progressed(now)
        return action
