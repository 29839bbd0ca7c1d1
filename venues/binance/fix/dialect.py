"""What is particular about a FIX session with Binance, for either side of it ("FIX API" page, 2026-09).

FIX.4.4 over TLS with SNI. Each logon begins at 1 and says so (141=Y), once for a session. Nothing is ever sent again:
the venue refuses a gap and knows no ResendRequest, so a gap on our side ends the connection as well. Sequence numbers
are 32 bits and go on from 0 behind the last. The venue pads BodyLength with zeros, puts the CompIDs before MsgSeqNum
and writes microseconds. News (35=B) says that the connection will be closed; it comes every ten seconds.

    MessageHandling (25035)   1 unordered, 2 sequential          required in a Logon
    ResponseMode (25036)      1 everything, 2 only acknowledgements
    RecvWindow (25000)        milliseconds from SendingTime; in the header of any message
    DropCopyFlag (9406)       Y, and only on drop copy sessions
"""

import re
import secrets
import string
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.dialect import LogonSigner, VenueHooks
from barterpy.protocols.fix.outgoing import Value
from barterpy.protocols.fix.session.settings import SessionSettings
from barterpy.venues.binance.fix.endpoints import GatewayKind

__all__ = [
    "BEGIN_STRING",
    "COMP_ID",
    "HEARTBEATS",
    "LAST_SEQ_NUM",
    "MAX_RECV_WINDOW",
    "TARGET",
    "MessageHandling",
    "ResponseMode",
    "client_hooks",
    "client_settings",
    "make_sender",
]

BEGIN_STRING: Final = "FIX.4.4"
TARGET: Final = "SPOT"
"""TargetCompID of what a client sends."""
COMP_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,8}")
"""A client's SenderCompID. One that was left without a Logout cannot be used for two heartbeat intervals."""
HEARTBEATS: Final = (5, 60)
"""HeartBtInt, from and to, in seconds."""
LAST_SEQ_NUM: Final = 2**32 - 1
MAX_RECV_WINDOW: Final = 60_000

MessageHandling: TypeAlias = Literal["unordered", "sequential"]
ResponseMode: TypeAlias = Literal["everything", "only_acks"]

_HANDLING: Final = {"unordered": 1, "sequential": 2}
_RESPONSES: Final = {"everything": 1, "only_acks": 2}
_LETTERS: Final = string.ascii_letters + string.digits
_NEWS: Final = frozenset({"B"})


def make_sender() -> str:
    """A SenderCompID nobody else has: a session that was cut does not stand in the way of the next."""
    return "".join(secrets.choice(_LETTERS) for _ in range(8))


def client_settings(sender: str | None = None, *, heartbeat: int = 30) -> SessionSettings:
    """Of a client's session.

    :param sender: SenderCompID, unique among the account's sessions; None makes one
    :param heartbeat: seconds, 5 to 60
    :raises barterpy.errors.ConfigurationError: a value the venue would refuse
    """
    sender = make_sender() if sender is None else sender
    if not COMP_ID.fullmatch(sender):
        raise ConfigurationError("a SenderCompID has 1 to 8 letters, digits, - and _")
    if not HEARTBEATS[0] <= heartbeat <= HEARTBEATS[1]:
        raise ConfigurationError(f"heartbeat is {HEARTBEATS[0]} to {HEARTBEATS[1]} seconds, not {heartbeat}")
    return SessionSettings(
        begin_string=BEGIN_STRING,
        sender=sender,
        target=TARGET,
        heartbeat=heartbeat,
        reset_on_logon=True,
        on_gap="close",
        persist=False,
        sequence_wrap=LAST_SEQ_NUM,
        timestamp_precision="us",
    )


def client_hooks(
    kind: GatewayKind,
    signer: LogonSigner,
    *,
    message_handling: MessageHandling = "sequential",
    response_mode: ResponseMode | None = None,
    recv_window: Decimal | int | None = None,
) -> VenueHooks:
    """What a client's Logon has beyond the standard's, and what announces the end.

    :param recv_window: milliseconds for which the Logon is good, up to 60000; the venue's default is 5000
    :raises barterpy.errors.ConfigurationError: a value the venue would refuse
    """
    if message_handling not in _HANDLING:
        raise ConfigurationError(f"message_handling is {' or '.join(_HANDLING)}, not {message_handling!r}")
    if recv_window is not None and not 0 < recv_window <= MAX_RECV_WINDOW:
        raise ConfigurationError(f"recv_window is milliseconds up to {MAX_RECV_WINDOW}, not {recv_window}")
    fields: list[tuple[int, Value]] = [(25035, _HANDLING[message_handling])]
    if kind is GatewayKind.DROP_COPY:
        fields.append((9406, True))
    if response_mode is not None:
        if response_mode not in _RESPONSES:
            raise ConfigurationError(f"response_mode is {' or '.join(_RESPONSES)}, not {response_mode!r}")
        if kind is not GatewayKind.ORDER_ENTRY:
            raise ConfigurationError("response_mode is for order entry sessions")
        fields.append((25036, _RESPONSES[response_mode]))
    header: list[tuple[int, Value]] = [] if recv_window is None else [(25000, recv_window)]
    return VenueHooks(signer, fields=fields, header=header, announcements=_NEWS)
