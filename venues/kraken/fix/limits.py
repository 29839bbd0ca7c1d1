"""What Kraken takes over FIX (docs.kraken.com, 2026-09): orders count with those of REST and WebSocket, by pair.

An order adds 1 to a counter of the account and pair that falls by 1 to 3.75 a second and may reach 60 to 225, by tier;
what is kept here is the lowest tier's rate for all pairs together, which is never more than the venue allows.
"""

from typing import Final

from barterpy.limits import Gcra, Limiter, RollingWindow, Scope, Scopes, WaitingLine
from barterpy.protocols.fix.endpoint import Endpoint

__all__ = ["CONNECTS_PER_MINUTE", "connect_limiter", "message_limiter"]

CONNECTS_PER_MINUTE: Final = 30
"""Ours; the venue names none."""
_RATE: Final = 1.0
_BURST: Final = 60


def message_limiter(endpoint: Endpoint, scopes: Scopes, account: str, *, rate: float = _RATE) -> Limiter:
    """Requests of an account.

    :param rate: a second; that of your tier, where it is not the lowest
    """

    def make(scope: str, line: WaitingLine) -> Limiter:
        return Limiter("orders", Gcra(rate, _BURST), scope=scope, line=line)

    return scopes.limiter(Scope(endpoint.host, "account", account), "orders", make)


def connect_limiter(endpoint: Endpoint, scopes: Scopes) -> Limiter:
    """Attempts to connect, of an address."""

    def make(scope: str, line: WaitingLine) -> Limiter:
        return Limiter("connects", RollingWindow(CONNECTS_PER_MINUTE, 60), scope=scope, line=line)

    return scopes.limiter(Scope(endpoint.host), "connects", make)
