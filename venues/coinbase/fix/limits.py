"""What Coinbase Exchange's FIX gateways take ("FIX rate limits", 2026-09): logons and requests of an API key.

Above 100 requests a second they are refused, above 200 messages a second the connection ends.
"""

from typing import Final

from barterpy.limits import Limiter, RollingWindow, Scope, Scopes, WaitingLine
from barterpy.protocols.fix.endpoint import Endpoint

__all__ = ["CONNECTIONS_PER_PROFILE", "LOGONS_PER_SECOND", "REQUESTS_PER_SECOND", "connect_limiter", "message_limiter"]

LOGONS_PER_SECOND: Final = 2
REQUESTS_PER_SECOND: Final = 100
CONNECTIONS_PER_PROFILE: Final = 75


def message_limiter(endpoint: Endpoint, scopes: Scopes, account: str) -> Limiter:
    """Requests of a key, on all its connections."""

    def make(scope: str, line: WaitingLine) -> Limiter:
        return Limiter("requests", RollingWindow(REQUESTS_PER_SECOND, 1), scope=scope, line=line)

    return scopes.limiter(Scope(endpoint.host, "key", account), "requests", make)


def connect_limiter(endpoint: Endpoint, scopes: Scopes, account: str) -> Limiter:
    """Logons of a key."""

    def make(scope: str, line: WaitingLine) -> Limiter:
        return Limiter("logons", RollingWindow(LOGONS_PER_SECOND, 1), scope=scope, line=line)

    return scopes.limiter(Scope(endpoint.host, "key", account), "logons", make)
