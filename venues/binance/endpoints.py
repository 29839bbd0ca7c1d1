"""Where Binance listens, as of 2026-09 (spot and derivatives documentation, "General Info" pages).

Binance.US speaks the spot protocol on hosts of its own: pass ``ws_url="wss://stream.binance.us:9443"`` and
``rest_url="https://api.binance.us"``.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

from barterpy.errors import ConfigurationError

__all__ = ["ENDPOINTS", "STREAM_PATHS", "Endpoints", "Environment", "Market", "endpoints"]

Environment: TypeAlias = Literal["live", "testnet", "demo"]


class Market(StrEnum):
    """Which of Binance's markets. They share symbols (``BTCUSDT``) and nothing else."""

    SPOT = "spot"
    FUTURES = "futures"


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Scheme, host and port; paths are the same in every environment."""

    rest: str
    streams: str


ENDPOINTS: Final[Mapping[Market, Mapping[Environment, Endpoints]]] = {
    Market.SPOT: {
        "live": Endpoints(rest="https://api.binance.com", streams="wss://stream.binance.com:9443"),
        "testnet": Endpoints(rest="https://testnet.binance.vision", streams="wss://stream.testnet.binance.vision"),
        "demo": Endpoints(rest="https://demo-api.binance.com", streams="wss://demo-stream.binance.com"),
    },
    # The old futures testnet (testnet.binancefuture.com) leads to the demo environment.
    Market.FUTURES: {
        "live": Endpoints(rest="https://fapi.binance.com", streams="wss://fstream.binance.com"),
        "testnet": Endpoints(rest="https://demo-fapi.binance.com", streams="wss://demo-fstream.binance.com"),
        "demo": Endpoints(rest="https://demo-fapi.binance.com", streams="wss://demo-fstream.binance.com"),
    },
}

STREAM_PATHS: Final[Mapping[str, str]] = {
    "": "/stream",
    # Since 2026-04-23 a futures connection carries one family of streams, by its path. The wrong family is acknowledged
    # and then never delivered ("Important WebSocket Change Notice", 2026-03-06).
    "public": "/public/stream",
    "market": "/market/stream",
}
"""The combined-stream path of each family of streams."""


def endpoints(
    market: Market, environment: Environment, *, ws_url: str | None = None, rest_url: str | None = None
) -> Endpoints:
    """The endpoints of an environment; an override stands in for scheme, host and port.

    :raises barterpy.errors.ConfigurationError: unknown environment, or an override with the wrong scheme
    """
    known = ENDPOINTS[market].get(environment)
    if known is None:
        raise ConfigurationError(f"environment must be one of {', '.join(ENDPOINTS[market])}, not {environment!r}")
    return Endpoints(
        rest=known.rest if rest_url is None else _override("rest_url", rest_url, ("http", "https")),
        streams=known.streams if ws_url is None else _override("ws_url", ws_url, ("ws", "wss")),
    )


def _override(name: str, url: str, schemes: tuple[str, ...]) -> str:
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError(f"{name} must be {' or '.join(f'{scheme}://' for scheme in schemes)}host[:port]")
    return url.rstrip("/")
