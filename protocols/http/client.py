"""rest_client: signer and parser over httpx in one line."""

import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
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


@asynccontextmanager
async def rest_client(
    base_url: str,
    signer: Signer | None,
    parser: HttpParser,
    *,
    clock: WallClock = wall_clock,
    on_metrics: Callable[[RequestMetrics], None] | None = None,
    **transport: Unpack[TransportOptions],
) -> AsyncGenerator[RestClient, None]:
    """A :class:`barterpy.rest.RestClient` with an :class:`HttpxTransport` of its own, closed at the end.

    ``transport`` are the arguments of :class:`HttpxTransport`, such as ``proxy`` or ``max_response_size``.

        async with rest_client("https://api.example.com", signer, JsonHttpParser()) as client:
            balances = await client.execute(FetchBalances())
    """
    async with HttpxTransport(clock=clock, **transport) as http:
        yield RestClient(base_url, signer, parser, http, clock=clock, on_metrics=on_metrics)
