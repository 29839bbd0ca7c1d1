"""What is particular about FIX sessions with Coinbase: Exchange and Prime, as of 2026-09.

Exchange speaks FIX 5.0SP2 over FIXT.1.1, one connection for an API key, which is the SenderCompID. SendingTime has
exactly three digits behind the second. Its pages disagree on whether it sends again what is missing: by default a gap
ends the connection and each logon begins at 1; ``resume=True`` goes on from where the last session ended, in requests
for up to 1000 messages. Everybody is logged out on Saturdays at 13:00 in New York.

Prime speaks FIX.4.2; the SenderCompID is the service account's id. Everybody is logged out daily from 17:00 to 17:05 in
New York, numbers begin at 1 then, and reports that were missed are told again. Our SendingTime may differ by 5 s.

    CancelOrdersOnDisconnect (8013)   S the session's orders, Y the profile's
    DropCopyFlag (9406)               Y on drop copy sessions
    DefaultSelfTradePrevention (8001)
"""

from typing import Final, Literal, TypeAlias

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.dialect import LogonSigner, VenueHooks
from barterpy.protocols.fix.outgoing import Value
from barterpy.protocols.fix.session.settings import SessionSettings
from barterpy.venues.coinbase.fix.endpoints import GatewayKind

__all__ = [
    "EXCHANGE_TARGET",
    "PRIME_TARGET",
    "CancelOnDisconnect",
    "exchange_hooks",
    "exchange_settings",
    "prime_hooks",
    "prime_settings",
]

EXCHANGE_TARGET: Final = "Coinbase"
PRIME_TARGET: Final = "COIN"
_FIX50SP2: Final = "9"
_RESEND_CHUNK: Final = 1000
_LONGEST_ORDER_HEARTBEAT: Final = 30
_LONGEST_HEARTBEAT: Final = 300

CancelOnDisconnect: TypeAlias = Literal["session", "profile"]

_CANCELS: Final = {"session": "S", "profile": "Y"}


def exchange_settings(api_key: str, kind: GatewayKind, *, heartbeat: int = 30, resume: bool = False) -> SessionSettings:
    """Of a client's session with Exchange.

    :param heartbeat: seconds, up to 30 for order entry and 300 otherwise
    :raises barterpy.errors.ConfigurationError: a heartbeat the venue would cut
    """
    longest = _LONGEST_ORDER_HEARTBEAT if kind is GatewayKind.ORDER_ENTRY else _LONGEST_HEARTBEAT
    if not 0 < heartbeat <= longest:
        raise ConfigurationError(f"heartbeat is 1 to {longest} seconds, not {heartbeat}")
    return SessionSettings(
        begin_string="FIXT.1.1",
        sender=api_key,
        target=EXCHANGE_TARGET,
        default_appl_ver_id=_FIX50SP2,
        heartbeat=heartbeat,
        reset_on_logon=not resume,
        on_gap="resend" if resume else "close",
        resend_chunk=_RESEND_CHUNK if resume else 0,
        persist=resume,
        timestamp_precision="ms",
    )


def exchange_hooks(
    kind: GatewayKind,
    signer: LogonSigner,
    *,
    cancel_on_disconnect: CancelOnDisconnect | None = None,
    self_trade_prevention: str | None = None,
) -> VenueHooks:
    """What a client's Logon to Exchange has beyond the standard's.

    :raises barterpy.errors.ConfigurationError: a value the venue would refuse
    """
    fields: list[tuple[int, Value]] = []
    if kind is GatewayKind.DROP_COPY:
        fields.append((9406, True))
    if cancel_on_disconnect is not None:
        if cancel_on_disconnect not in _CANCELS:
            raise ConfigurationError(f"cancel_on_disconnect is {' or '.join(_CANCELS)}, not {cancel_on_disconnect!r}")
        fields.append((8013, _CANCELS[cancel_on_disconnect]))
    if self_trade_prevention is not None:
        fields.append((8001, self_trade_prevention))
    return VenueHooks(signer, fields=fields)


def prime_settings(service_account: str, *, heartbeat: int = 30, reset: bool = True) -> SessionSettings:
    """Of a client's session with Prime.

    :param service_account: SenderCompID, the service account's id
    :param reset: begin at 1 with each logon; otherwise a store has to remember where the last one ended
    """
    return SessionSettings(
        begin_string="FIX.4.2",
        sender=service_account,
        target=PRIME_TARGET,
        heartbeat=heartbeat,
        reset_on_logon=reset,
        timestamp_precision="ms",
    )


def prime_hooks(signer: LogonSigner, *, portfolio: str | None = None, drop_copy: bool | None = None) -> VenueHooks:
    """What a client's Logon to Prime has beyond the standard's.

    :param portfolio: its id, as Account (1)
    :param drop_copy: reports of all orders, and not of this session's alone; the venue's default is yes
    """
    fields: list[tuple[int, Value]] = []
    if portfolio is not None:
        fields.append((1, portfolio))
    if drop_copy is not None:
        fields.append((9406, drop_copy))
    return VenueHooks(signer, fields=fields)
