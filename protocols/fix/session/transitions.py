"""The life of a session on one connection, as one literal table. Nothing else decides what follows what.

What a message means by its number (early, late, a duplicate) does not change the state, so it is not here but in
``inbound`` and ``gaps``. An input that is in no row of a state means nothing there. The diagram in the documentation is
made from this table. Clauses: FIX 4.4 volume 2, "Logon", "Logout", "Session Disconnection".
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

__all__ = ["LIVE", "TRANSITIONS", "Action", "Input", "State", "transition"]


class State(StrEnum):
    """Where a session is."""

    IDLE = "idle"
    """There is no connection yet."""
    AWAITING_LOGON = "awaiting logon"
    """Acceptor: connected, and the first message has to be a Logon."""
    LOGGING_ON = "logging on"
    """Initiator: our Logon is sent."""
    LOGGED_ON = "logged on"
    LOGGING_OUT = "logging out"
    """Our Logout is sent. What comes before its answer is still handled: it may fill a gap."""
    CLOSED = "closed"


class Input(StrEnum):
    """What may happen to it. Messages count here when they are whole, valid and from the right counterparty."""

    DIALLED = "dialled"
    """Connected, as the initiator."""
    ACCEPTED = "accepted"
    """Connected, as the acceptor."""
    LOGON = "logon"
    RESET_LOGON = "reset logon"
    """A Logon with ResetSeqNumFlag (141=Y)."""
    LOGOUT = "logout"
    REJECT = "reject"
    SEQUENCE_RESET = "sequence reset"
    MESSAGE = "message"
    """Any other: heartbeats, TestRequests, ResendRequests and all of the application's."""
    GARBLED = "garbled"
    """Bytes that are no message."""
    INVALID = "invalid"
    """A message that a Reject answers."""
    LEAVE = "leave"
    """We want to log out: asked to, by the schedule, or for something the other side did."""
    TIMEOUT = "timeout"
    """The time of this state is over."""
    FAIL = "fail"
    """Nothing but the end is left: a number too low, a Logon refused, a limit passed."""
    EOF = "eof"
    """The other side closed the connection, or it broke."""


class Action(StrEnum):
    """What is done on a transition."""

    SEND_LOGON = "send logon"
    WAIT = "wait"
    ANSWER_LOGON = "answer logon"
    BEGIN = "begin"
    """Our Logon was answered: the session begins."""
    RESTART = "restart"
    """Both numbers start at 1, and the Logon is answered if it is not an answer itself."""
    HANDLE = "handle"
    """By its type and its number."""
    IGNORE = "ignore"
    REJECT = "reject"
    SEND_LOGOUT = "send logout"
    ANSWER_LOGOUT = "answer logout"
    CLOSE = "close"


Step = tuple[State, Action]

_CLOSED: Final[Step] = (State.CLOSED, Action.CLOSE)

TRANSITIONS: Final[Mapping[State, Mapping[Input, Step]]] = {
    State.IDLE: {
        Input.DIALLED: (State.LOGGING_ON, Action.SEND_LOGON),
        Input.ACCEPTED: (State.AWAITING_LOGON, Action.WAIT),
        Input.LEAVE: _CLOSED,
        Input.FAIL: _CLOSED,
        Input.EOF: _CLOSED,
    },
    State.AWAITING_LOGON: {
        Input.LOGON: (State.LOGGED_ON, Action.ANSWER_LOGON),
        Input.RESET_LOGON: (State.LOGGED_ON, Action.ANSWER_LOGON),
        # Whoever has not logged on gets no answer: a port scanner learns nothing, and no number of ours is spent.
        Input.LOGOUT: _CLOSED,
        Input.REJECT: _CLOSED,
        Input.SEQUENCE_RESET: _CLOSED,
        Input.MESSAGE: _CLOSED,
        Input.GARBLED: _CLOSED,
        Input.INVALID: _CLOSED,
        Input.LEAVE: _CLOSED,
        Input.TIMEOUT: _CLOSED,
        Input.FAIL: _CLOSED,
        Input.EOF: _CLOSED,
    },
    State.LOGGING_ON: {
        Input.LOGON: (State.LOGGED_ON, Action.BEGIN),
        Input.RESET_LOGON: (State.LOGGED_ON, Action.RESTART),
        Input.LOGOUT: (State.CLOSED, Action.ANSWER_LOGOUT),
        Input.REJECT: _CLOSED,  # our Logon was not understood
        Input.SEQUENCE_RESET: (State.LOGGING_ON, Action.HANDLE),
        Input.MESSAGE: _CLOSED,
        Input.GARBLED: _CLOSED,
        Input.INVALID: _CLOSED,
        Input.LEAVE: _CLOSED,
        Input.TIMEOUT: _CLOSED,
        Input.FAIL: _CLOSED,
        Input.EOF: _CLOSED,
    },
    State.LOGGED_ON: {
        Input.LOGON: _CLOSED,  # a second one, without a reset, is somebody who does not know what he does
        Input.RESET_LOGON: (State.LOGGED_ON, Action.RESTART),
        Input.LOGOUT: (State.CLOSED, Action.ANSWER_LOGOUT),
        Input.REJECT: (State.LOGGED_ON, Action.HANDLE),
        Input.SEQUENCE_RESET: (State.LOGGED_ON, Action.HANDLE),
        Input.MESSAGE: (State.LOGGED_ON, Action.HANDLE),
        Input.GARBLED: (State.LOGGED_ON, Action.IGNORE),
        Input.INVALID: (State.LOGGED_ON, Action.REJECT),
        Input.LEAVE: (State.LOGGING_OUT, Action.SEND_LOGOUT),
        Input.TIMEOUT: _CLOSED,
        Input.FAIL: _CLOSED,
        Input.EOF: _CLOSED,
    },
    State.LOGGING_OUT: {
        Input.LOGON: _CLOSED,
        Input.RESET_LOGON: _CLOSED,
        Input.LOGOUT: _CLOSED,
        Input.REJECT: (State.LOGGING_OUT, Action.HANDLE),
        Input.SEQUENCE_RESET: (State.LOGGING_OUT, Action.HANDLE),
        Input.MESSAGE: (State.LOGGING_OUT, Action.HANDLE),
        Input.GARBLED: (State.LOGGING_OUT, Action.IGNORE),
        Input.INVALID: (State.LOGGING_OUT, Action.REJECT),
        Input.LEAVE: (State.LOGGING_OUT, Action.IGNORE),  # one Logout is enough
        Input.TIMEOUT: _CLOSED,
        Input.FAIL: _CLOSED,
        Input.EOF: _CLOSED,
    },
    State.CLOSED: {},
}

LIVE: Final = frozenset({State.LOGGED_ON, State.LOGGING_OUT})
"""States in which both Logons were exchanged and the connection is still up."""


def transition(state: State, input_: Input) -> Step | None:
    """The state that follows and what is to be done, or None where the input means nothing in this state."""
    return TRANSITIONS[state].get(input_)
