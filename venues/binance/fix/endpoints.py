"""Where Binance's FIX gateways listen, as of 2026-09 ("FIX API" page). TLS with SNI is required.

Port 9000 speaks FIX in both directions. Ports 9001 and 9002 speak FIX-SBE, which is not in here.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.endpoint import Endpoint, parse_endpoint

__all__ = ["ENDPOINTS", "FixEnvironment", "GatewayKind", "endpoint"]

FixEnvironment: TypeAlias = Literal["live", "testnet"]


class GatewayKind(StrEnum):
    """Which gateway: each speaks its part of the messages, and counts its own limits."""

    ORDER_ENTRY = "order_entry"
    DROP_COPY = "drop_copy"
    MARKET_DATA = "market_data"


def _hosts(suffix: str) -> Mapping[GatewayKind, Endpoint]:
    names = {GatewayKind.ORDER_ENTRY: "fix-oe", GatewayKind.DROP_COPY: "fix-dc", GatewayKind.MARKET_DATA: "fix-md"}
    return {kind: Endpoint(f"{name}.{suffix}", 9000) for kind, name in names.items()}


ENDPOINTS: Final[Mapping[FixEnvironment, Mapping[GatewayKind, Endpoint]]] = {
    "live": _hosts("binance.com"),
    "testnet": _hosts("testnet.binance.vision"),
}


def endpoint(environment: FixEnvironment, kind: GatewayKind, url: str | None = None) -> Endpoint:
    """The endpoint of a gateway; ``url`` (``tcp+tls://host:port``) stands in for it.

    :raises barterpy.errors.ConfigurationError: unknown environment, or a URL that is none
    """
    if url is not None:
        return parse_endpoint(url)
    known = ENDPOINTS.get(environment)
    if known is None:
        raise ConfigurationError(f"environment must be one of {', '.join(ENDPOINTS)}, not {environment!r}")
    return known[kind]
