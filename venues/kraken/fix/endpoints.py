"""Where Kraken's FIX gateways listen, as of 2026-09.

Kraken hands hosts and ports out with the account (and allows addresses one by one); those here are the ones public
clients use. Pass your own by ``url``.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.endpoint import Endpoint, parse_endpoint

__all__ = ["ENDPOINTS", "TARGETS", "FixEnvironment", "GatewayKind", "endpoint"]

FixEnvironment: TypeAlias = Literal["live", "uat"]


class GatewayKind(StrEnum):
    """Which gateway."""

    SPOT_MARKET_DATA = "spot_market_data"
    SPOT_TRADING = "spot_trading"
    DERIVATIVES_MARKET_DATA = "derivatives_market_data"
    DERIVATIVES_TRADING = "derivatives_trading"


_PORTS: Final = {
    GatewayKind.SPOT_MARKET_DATA: 4000,
    GatewayKind.SPOT_TRADING: 4001,
    GatewayKind.DERIVATIVES_MARKET_DATA: 4002,
    GatewayKind.DERIVATIVES_TRADING: 4003,
}

ENDPOINTS: Final[Mapping[FixEnvironment, Mapping[GatewayKind, Endpoint]]] = {
    "live": {kind: Endpoint("fix.kraken.com", port) for kind, port in _PORTS.items()},
    "uat": {kind: Endpoint("fix.uat.kraken.com", port) for kind, port in _PORTS.items()},
}

TARGETS: Final[Mapping[GatewayKind, str]] = {
    GatewayKind.SPOT_MARKET_DATA: "KRAKEN-MD",
    GatewayKind.SPOT_TRADING: "KRAKEN-TRD",
    GatewayKind.DERIVATIVES_MARKET_DATA: "KRAKEN-DRV-MD",
    GatewayKind.DERIVATIVES_TRADING: "KRAKEN-DRV-TRD",
}
"""TargetCompIDs. One page has the derivatives' without DRV: pass your own where Kraken told you another."""


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
