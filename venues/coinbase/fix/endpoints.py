"""Where Coinbase's FIX gateways listen, as of 2026-09 (Exchange "FIX connectivity", Prime "FIX API").

The FIX 4.2 gateway of Exchange (fix.exchange.coinbase.com:4198) was to end on 2025-06-03 and is not in here.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.endpoint import Endpoint, parse_endpoint

__all__ = ["ENDPOINTS", "PRIME", "FixEnvironment", "GatewayKind", "endpoint"]

FixEnvironment: TypeAlias = Literal["live", "sandbox"]


class GatewayKind(StrEnum):
    """Which gateway of Exchange."""

    ORDER_ENTRY = "order_entry"
    DROP_COPY = "drop_copy"
    MARKET_DATA = "market_data"
    MARKET_DATA_NO_SNAPSHOTS = "market_data_no_snapshots"


def _hosts(infix: str) -> Mapping[GatewayKind, Endpoint]:
    return {
        GatewayKind.ORDER_ENTRY: Endpoint(f"fix-ord.{infix}exchange.coinbase.com", 6121),
        GatewayKind.DROP_COPY: Endpoint(f"fix-dc.{infix}exchange.coinbase.com", 6122),
        GatewayKind.MARKET_DATA: Endpoint(f"fix-md.{infix}exchange.coinbase.com", 6121),
        GatewayKind.MARKET_DATA_NO_SNAPSHOTS: Endpoint(f"fix-md.{infix}exchange.coinbase.com", 6122),
    }


ENDPOINTS: Final[Mapping[FixEnvironment, Mapping[GatewayKind, Endpoint]]] = {
    "live": _hosts(""),
    "sandbox": _hosts("sandbox."),
}

PRIME: Final = Endpoint("fix.prime.coinbase.com", 4198)
"""The one gateway of Prime."""


def endpoint(environment: FixEnvironment, kind: GatewayKind, url: str | None = None) -> Endpoint:
    """The endpoint of a gateway of Exchange; ``url`` (``tcp+tls://host:port``) stands in for it.

    :raises barterpy.errors.ConfigurationError: unknown environment, or a URL that is none
    """
    if url is not None:
        return parse_endpoint(url)
    known = ENDPOINTS.get(environment)
    if known is None:
        raise ConfigurationError(f"environment must be one of {', '.join(ENDPOINTS)}, not {environment!r}")
    return known[kind]
