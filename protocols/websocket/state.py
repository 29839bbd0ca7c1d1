"""The life of an open WebSocket as one table, the same for both roles.

Whatever changes the state goes through :data:`TRANSITIONS`; nothing else may.
"""

from enum import Enum
from types import MappingProxyType

__all__ = ["FINAL", "TRANSITIONS", "Input", "State"]


class State(Enum):
    """Where a connection stands after the opening handshake (RFC 6455 section 7.1)."""

    OPEN = "open"
    CLOSING = "closing"
    """Our close frame is sent, the peer's has not come."""
    CLOSED = "closed"
    """Both close frames are exchanged: "The WebSocket Closing Handshake is Started" and done, section 7.1.3."""
    FAILED = "failed"
    """The peer broke the protocol or a limit; it was told so, and nothing more of it is read, section 7.1.7."""
    LOST = "lost"
    """The bytes ended, or silence lasted too long, without a close frame."""


class Input(Enum):
    """What can happen to a connection."""

    CLOSE_SENT = "close sent"
    CLOSE_RECEIVED = "close received"
    VIOLATION = "violation"
    END = "end of bytes"


TRANSITIONS = MappingProxyType(
    {
        (State.OPEN, Input.CLOSE_SENT): State.CLOSING,
        (State.OPEN, Input.CLOSE_RECEIVED): State.CLOSED,
        (State.OPEN, Input.VIOLATION): State.FAILED,
        (State.OPEN, Input.END): State.LOST,
        (State.CLOSING, Input.CLOSE_SENT): State.CLOSING,
        (State.CLOSING, Input.CLOSE_RECEIVED): State.CLOSED,
        (State.CLOSING, Input.VIOLATION): State.FAILED,
        (State.CLOSING, Input.END): State.LOST,
    }
)
"""(state, input) -> state. A pair that is not listed changes nothing: the first end of a connection is what counts."""

FINAL = frozenset({State.CLOSED, State.FAILED, State.LOST})
