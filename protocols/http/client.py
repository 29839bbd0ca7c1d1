"""rest_client: signer and parser over httpx in one line."""

import ssl
from collections.abc import Callable
from typing import TypedDict

from typing_extensions import Unpack

from barterpy.clock import WallClock, wall_clock
from barterpy.protocols.http.transport import HttpxTransport
from barterpy.rest import HttpParser, RequestMetrics, RestClient, Signer

__all__ = ["TransportOptions", "rest_client"]


class TransportOptions(TypedDict, total=False):
    """The arguments of :class:`~barterpy.protocols.http.HttpxTransport`, which says what they mean."""

    max_connections: int
    keepalive_expiry: float
    connect_timeout: float
    max_response_size: int
    http2: bool
    proxy: str | None
    trust_env: bool
    ssl_context: ssl.SSLContext | None
    user_agent: str


def rest_client(
    base_url: str,
    signer: Signer | None,
    parser: HttpParser,
    *,
    clock: WallClock = wall_clock,
    on_metrics: Callable[[RequestMetrics], None] | None = None,
    **transport: Unpack[TransportOptions],
) -> RestClient:
    """A :class:`barterpy.rest.RestClient` with an :class:`HttpxTransport` of its own.

    It opens nothing before its first request. Use it in ``async with``, which closes it, or call
    :meth:`~barterpy.rest.RestClient.aclose` where a block does not fit.

        async with rest_client("https://api.example.com", signer, JsonHttpParser()) as client:
            balances = await client.execute(FetchBalances())

    :param transport: the arguments of :class:`HttpxTransport`, such as ``proxy`` or ``max_response_size``
    :raises barterpy.errors.ConfigurationError: the URL or an argument of the transport cannot be one
    :raises barterpy.errors.MissingExtraError: HTTP/2 or SOCKS without their extras
    """
    http = HttpxTransport(clock=clock, **transport)
    return RestClient(base_url, signer, parser, http, clock=clock, on_metrics=on_metrics)
