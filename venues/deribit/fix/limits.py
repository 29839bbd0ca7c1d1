"""What Deribit takes over FIX ("Rate limits", docs.deribit.com, 2026-09): the credits of the account, as over JSON-RPC.

Requests to the matching engine are 5 a second with bursts of 20 in the lowest tier; market data requests are not
counted by any number the venue tells, and are kept below its calls.
"""

from typing import Final

from barterpy.limits import Gcra, Limiter, RollingWindow, Scope, Scopes, WaitingLine
from barterpy.protocols.fix.endpoint import Endpoint

__all__ = ["CONNECTS_PER_MINUTE", "SUBSCRIPTIONS", "connect_limiter", "order_limiter", "request_limiter"]

CONNECTS_PER_MINUTE: Final = 30
"""Ours; the venue allows 32 connections of an address and names no rate."""
SUBSCRIPTIONS: Final = 400
"""Of one connection, this library's; the venue names no number."""
_ORDERS: Final = (5.0, 20)
_REQUESTS: Final = 20


def connect_limiter(endpoint: Endpoint, scopes: Scopes) -> Limiter:
    """Attempts to connect, of an address."""

    def make(scope: str, line: WaitingLine) -> Limiter:
        return Limiter("connects", RollingWindow(CONNECTS_PER_MINUTE, 60), scope=scope, line=line)

    return scopes.limiter(Scope(endpoint.host), "connects", make)


def order_limiter(
    endpoint: Endpoint, scopes: Scopes, account: str, *, rate: float | None = None, burst: int | None = None
) -> Limiter:
    """Requests to the matching engine, of an account.

    :param rate: a second; that of your tier, where it is not the lowest
    :param burst: at once after a pause
    """
    meter = Gcra(rate or _ORDERS[0], burst or _ORDERS[1])

    def make(scope: str, line: WaitingLine) -> Limiter:
        return Limiter("matching engine requests", meter, scope=scope, line=line)

    return scopes.limiter(Scope(endpoint.host, "account", account), "matching engine requests", make)


def request_limiter(endpoint: Endpoint) -> Limiter:
    """Market data requests of one connection."""
    return Limiter("requests", Gcra(_REQUESTS, _REQUESTS), scope=f"{endpoint.host} connection")
