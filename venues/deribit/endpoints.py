"""Where Deribit listens, as of 2026-09 (docs.deribit.com, "JSON-RPC over websocket" and "over http").

One WebSocket URL serves public and private methods. Keys of the test network are not those of the live one.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

from barterpy.errors import ConfigurationError

__all__ = ["ENDPOINTS", "REST_PREFIX", "STREAM_PATH", "Endpoints", "Environment", "endpoints"]

Environment: TypeAlias = Literal["live", "testnet"]


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Scheme, host and port; paths are the same in every environment."""

    rest: str
    streams: str


ENDPOINTS: Final[Mapping[Environment, Endpoints]] = {
    "live": Endpoints(rest="https://www.deribit.com", streams="wss://www.deribit.com"),
    "testnet": Endpoints(rest="https://test.deribit.com", streams="wss://test.deribit.com"),
}

STREAM_PATH: Final = "/ws/api/v2"
REST_PREFIX: Final = "/api/v2"


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
    )


def _override(name: str, url: str, schemes: tuple[str, ...]) -> str:
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError(f"{name} must be {' or '.join(f'{scheme}://' for scheme in schemes)}host[:port]")
    return url.rstrip("/")
