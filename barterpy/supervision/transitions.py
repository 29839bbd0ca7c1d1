"""The life of a supervised connection, as one literal table. Nothing else decides what follows what.

A state that a plan has no use for (no logon, nothing to subscribe) is passed through at once: the supervisor gives the
input which leaves it. The diagram in the documentation is made from this table.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

__all__ = ["TERMINAL", "TRANSITIONS", "Action", "Input", "State", "transition"]


class State(StrEnum):
    """Where a supervised connection is."""

    IDLE = "idle"
    CONNECTING = "connecting"
    AUTHENTICATING = "authenticating"
    RESTORING = "restoring"
    LIVE = "live"
    WAITING = "waiting"
    CLOSING = "closing"
    CLOSED = "closed"
    FAILED = "failed"


class Input(StrEnum):
    """What may happen to it."""

    START = "start"
    CONNECTED = "connected"
    AUTHENTICATED = "authenticated"
    RESTORED = "restored"
    """Every subscription was answered, and not all of them were refused."""
    LOST = "lost"
    """The connection, or the attempt at one, ended in a way that another attempt may mend."""
    REFUSED = "refused"
    """It ended in a way that only a person can mend, or attempts are used up."""
    DEADLINE = "deadline"
    """The time of this state is over: connect, logon and restore have taken too long, or the back-off has passed."""
    STALLED = "stalled"
    """It is up and nothing comes any more."""
    CLOSE = "close"
    """This side wants it to end."""
    CLOSED = "closed"
    """The socket is closed."""


class Action(StrEnum):
    """What the adapter does on a transition."""

    OPEN = "open"
    LOGON = "logon"
    RESTORE = "restore"
    RESUME = "resume"
    WAIT = "wait"
    """The socket has ended by itself: wait for the back-off."""
    DROP = "drop"
    """Close the socket, whatever it is doing, and then wait for the back-off."""
    CLOSE = "close"
    """Close the socket in order."""
    STOP = "stop"
    FAIL = "fail"
    """Raise the error to the consumer."""


Step = tuple[State, Action | None]

_UP_ENDS: Final[Mapping[Input, Step]] = {
    Input.LOST: (State.WAITING, Action.WAIT),
    Input.STALLED: (State.WAITING, Action.DROP),
    Input.REFUSED: (State.FAILED, Action.FAIL),
    Input.CLOSE: (State.CLOSING, Action.CLOSE),
    Input.CLOSED: (State.CLOSED, Action.STOP),
}
"""How a connection that is up ends, in whichever state. CLOSED without a CLOSE before it: the other side finished, and
the plan is not to come back."""

TRANSITIONS: Final[Mapping[State, Mapping[Input, Step]]] = {
    State.IDLE: {
        Input.START: (State.CONNECTING, Action.OPEN),
        Input.CLOSE: (State.CLOSED, Action.STOP),
    },
    State.CONNECTING: {
        Input.CONNECTED: (State.AUTHENTICATING, Action.LOGON),
        Input.DEADLINE: (State.WAITING, Action.DROP),
        Input.LOST: (State.WAITING, Action.WAIT),
        Input.REFUSED: (State.FAILED, Action.FAIL),
        Input.CLOSE: (State.CLOSING, Action.CLOSE),
    },
    State.AUTHENTICATING: {
        Input.AUTHENTICATED: (State.RESTORING, Action.RESTORE),
        Input.DEADLINE: (State.WAITING, Action.DROP),
        **_UP_ENDS,
    },
    State.RESTORING: {
        Input.RESTORED: (State.LIVE, Action.RESUME),
        Input.DEADLINE: (State.WAITING, Action.DROP),
        **_UP_ENDS,
    },
    State.LIVE: {
        **_UP_ENDS,
    },
    State.WAITING: {
        Input.DEADLINE: (State.CONNECTING, Action.OPEN),
        Input.CLOSE: (State.CLOSED, Action.STOP),
    },
    State.CLOSING: {
        # However it ends: it was to end.
        Input.CLOSED: (State.CLOSED, Action.STOP),
        Input.LOST: (State.CLOSED, Action.STOP),
        Input.REFUSED: (State.CLOSED, Action.STOP),
        Input.DEADLINE: (State.CLOSED, Action.STOP),
    },
    State.CLOSED: {},
    State.FAILED: {},
}

TERMINAL: Final = frozenset({State.CLOSED, State.FAILED})
"""States nothing leads out of."""


def transition(state: State, input_: Input) -> Step | None:
    """The state that follows and what is to be done, or None where the input means nothing in this state.

    What comes late (a reply of a connection that was dropped, a deadline of a state that was left) means nothing.
    """
    return TRANSITIONS[state].get(input_)
