"""Close codes as values: a number on the wire, a name in the program."""

from enum import IntEnum

__all__ = ["CloseCode", "close_code", "is_sendable"]


class CloseCode(IntEnum):
    """Why a WebSocket was closed (RFC 6455 section 7.4.1 and the IANA registry it founded)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    NO_STATUS = 1005
    """The peer's close frame held no code. Never on the wire."""
    ABNORMAL = 1006
    """The connection ended without a close frame. Never on the wire."""
    INVALID_PAYLOAD = 1007
    POLICY_VIOLATION = 1008
    MESSAGE_TOO_BIG = 1009
    MANDATORY_EXTENSION = 1010
    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_GATEWAY = 1014
    TLS_HANDSHAKE = 1015
    """TLS could not be set up. Never on the wire."""


_LOCAL_ONLY = frozenset({CloseCode.NO_STATUS, CloseCode.ABNORMAL, CloseCode.TLS_HANDSHAKE})


def close_code(code: int) -> int:
    """The member of :class:`CloseCode` where there is one; the number itself for codes of libraries and venues."""
    try:
        return CloseCode(code)
    except ValueError:
        return int(code)


def is_sendable(code: int) -> bool:
    """Whether an endpoint may put this code into a close frame (RFC 6455 sections 7.4.1 and 7.4.2)."""
    if 3000 <= code <= 4999:
        return True
    try:
        return CloseCode(code) not in _LOCAL_ONLY
    except ValueError:
        return False
