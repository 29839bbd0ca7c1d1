"""What Binance's FIX gateways take: messages of a connection, and attempts to connect of an account.

"Limits", FIX API page, 2026-09. Answers to the client are not counted; a breach is answered by a Logout and the end of
the connection. A LimitQuery (XLQ) tells what is used.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import msgspec

from barterpy.limits import Limiter, RollingWindow, Scope, Scopes, WaitingLine
from barterpy.protocols.fix.endpoint import Endpoint
from barterpy.venues.binance.fix.endpoints import GatewayKind
from barterpy.venues.binance.fix.messages import LimitIndicator

__all__ = ["LIMITS", "Limits", "connect_limiter", "learn", "message_limiter"]

_RESERVE: Final = 0.05
"""The part of the messages that is left to heartbeats and logouts, which no application sends."""
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}
_MESSAGES: Final = "2"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Of one gateway: (how many, within how many seconds)."""

    messages: tuple[int, float]
    connects: tuple[int, float]
    connections: int
    """At one time."""
    streams: int = 0
    """Subscriptions of a connection."""


LIMITS: Final[Mapping[GatewayKind, Limits]] = {
    GatewayKind.ORDER_ENTRY: Limits(messages=(10_000, 10), connects=(15, 30), connections=10),
    GatewayKind.DROP_COPY: Limits(messages=(60, 60), connects=(15, 30), connections=10),
    GatewayKind.MARKET_DATA: Limits(messages=(2000, 60), connects=(300, 300), connections=100, streams=1000),
}


def message_limiter(kind: GatewayKind, endpoint: Endpoint) -> Limiter:
    """What the application may send on one connection."""
    count, period = LIMITS[kind].messages
    allowed = count - max(1, round(count * _RESERVE))
    return Limiter("messages", RollingWindow(allowed, period), scope=f"{endpoint.host} connection")


def connect_limiter(kind: GatewayKind, endpoint: Endpoint, scopes: Scopes, account: str) -> Limiter:
    """Attempts to connect, of all who use this account."""
    make = partial(_limiter, LIMITS[kind].connects)
    return scopes.limiter(Scope(endpoint.host, "account", account), "connects", make)


def _limiter(window: tuple[int, float], scope: str, line: WaitingLine) -> Limiter:
    return Limiter("connects", RollingWindow(*window), scope=scope, line=line)


def learn(limiter: Limiter, told: Sequence[LimitIndicator]) -> None:
    """Keep to what a LimitResponse says of messages, where it is more used or less allowed than we think."""
    for limit in told:
        if limit.limit_type == _MESSAGES:
            period = (limit.reset_interval or 0) * _UNITS.get(limit.reset_interval_resolution or "", 0)
            limiter.observe(limit.limit_count, limit.limit_max, period=float(period))
