"""What is particular about FIX sessions with Kraken (docs.kraken.com, unified FIX, 2026-09).

FIX.4.4 over TLS, from addresses that are allowed. The SenderCompID is assigned (that of derivatives ends in DRV).
Market data wants no credentials. Missing messages may be asked for. Everybody is logged out daily at 22:00 UTC for
about half a minute, and numbers begin anew.

    CancelOrdersOnDisconnect (8674)   0 cancel (default), 1 keep
    Nonce (5025)                      milliseconds, increasing, within 5 s
    ResetClOrdID (5030)               begin the sequence of ClOrdIDs anew
    ClientID (109)                    of an account below the key's
"""

import datetime as dt
from typing import Final

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.dialect import LogonSigner, VenueHooks
from barterpy.protocols.fix.outgoing import Value
from barterpy.protocols.fix.session.schedule import Schedule
from barterpy.protocols.fix.session.settings import SessionSettings
from barterpy.venues.kraken.fix.endpoints import TARGETS, GatewayKind

__all__ = ["BEGIN_STRING", "ROLLOVER", "client_hooks", "client_settings"]

BEGIN_STRING: Final = "FIX.4.4"
ROLLOVER: Final = Schedule(start=dt.time(22, 0, 30), end=dt.time(22, 0), timezone="UTC")
"""When sessions are open: all day but for the half minute in which Kraken begins anew."""
_TRADING: Final = frozenset({GatewayKind.SPOT_TRADING, GatewayKind.DERIVATIVES_TRADING})
_CANCEL: Final = 0
_KEEP: Final = 1


def client_settings(
    sender: str, kind: GatewayKind, *, target: str | None = None, heartbeat: int = 60, reset: bool = True
) -> SessionSettings:
    """Of a client's session.

    :param sender: SenderCompID, as Kraken assigned it
    :param target: TargetCompID, where Kraken told another than the usual
    :param heartbeat: seconds
    :param reset: begin at 1 with each logon; otherwise a store has to remember where the last one ended, and the daily
        rollover is kept
    """
    if not sender:
        raise ConfigurationError("Kraken assigns the SenderCompID: pass it as sender")
    return SessionSettings(
        begin_string=BEGIN_STRING,
        sender=sender,
        target=TARGETS[kind] if target is None else target,
        heartbeat=heartbeat,
        reset_on_logon=reset,
        schedule=None if reset else ROLLOVER,
        timestamp_precision="ms",
    )


def client_hooks(
    kind: GatewayKind,
    signer: LogonSigner | None,
    *,
    cancel_on_disconnect: bool | None = None,
    reset_cl_ord_id: bool = False,
    client_id: str | None = None,
) -> VenueHooks:
    """What a client's Logon has beyond the standard's.

    :param signer: needed for trading, and for nothing else
    :param cancel_on_disconnect: whether this session's orders end with it, as they do by default
    :param reset_cl_ord_id: begin the sequence of ClOrdIDs anew
    :raises barterpy.errors.ConfigurationError: an option of trading for market data, or trading without a signer
    """
    if kind not in _TRADING:
        if signer is not None or cancel_on_disconnect is not None or reset_cl_ord_id or client_id is not None:
            raise ConfigurationError("market data sessions of Kraken take neither credentials nor options of trading")
        return VenueHooks()
    if signer is None:
        raise ConfigurationError("trading sessions of Kraken need credentials")
    fields: list[tuple[int, Value]] = []
    if cancel_on_disconnect is not None:
        fields.append((8674, _CANCEL if cancel_on_disconnect else _KEEP))
    if reset_cl_ord_id:
        fields.append((5030, True))
    if client_id is not None:
        fields.append((109, client_id))
    return VenueHooks(signer, fields=fields)
