"""Where the Indexer of dYdX v4 listens, as of 2026 (docs.dydx.xyz, "Endpoints"). It reads only, and wants no key.

Anybody may run an Indexer: pass ``ws_url`` and ``rest_url`` for another one.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

from barterpy.errors import ConfigurationError

__all__ = ["ENDPOINTS", "STREAM_PATH", "Endpoints", "Environment", "endpoints"]

Environment: TypeAlias = Literal["live", "testnet"]

STREAM_PATH: Final = "/v4/ws"
"""All channels, public or of an account, are on one path."""


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Scheme, host and port; paths are the same in every environment. ``chain`` is the id of the chain behind it."""

    rest: str
    streams: str
    chain: str


ENDPOINTS: Final[Mapping[Environment, Endpoints]] = {
    "live": Endpoints(rest="https://indexer.dydx.trade", streams="wss://indexer.dydx.trade", chain="dydx-mainnet-1"),
    "testnet": Endpoints(
        rest="https://indexer.v4testnet.dydx.exchange",
        streams="wss://indexer.v4testnet.dydx.exchange",
        chain="dydx-testnet-4",
    ),
}


def endpoints(environment: Environment, *, ws_url: str | None = None, rest_url: str | None = None) -> Endpoints:
    """The endpoints of an environment; an override stands in for scheme, host and port.

    :raises barterpy.errors.ConfigurationError: unknown environment, or an override with the wrong scheme
    """
    known = ENDPOINTS.get(environment)
    if known is None:
        raise ConfigurationError(f"environment must be one of {', '.join(ENDPOINTS)}, not {environment!r}")
    return Endpoints(
        rest=known.rest if rest_url is None else _override("rest_url", rest_url, ("http", "https")),
        streams=known.streams if ws_url is None else _override("ws_url", ws_url, ("ws", "wss")),
        chain=known.chain,
    )


def _override(name: str, url: str, schemes: tuple[str, ...]) -> str:
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError(f"{name} must be {' or '.join(f'{scheme}://' for scheme in schemes)}host[:port]")
    return url.rstrip("/")
