"""What the venue object takes, by keyword."""

import ssl
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias, TypedDict

from barterpy.clock import WallClock
from barterpy.credentials import Credentials
from barterpy.http import HttpTransport
from barterpy.rest import RequestMetrics
from barterpy.socket import Socket
from barterpy.sync import SyncPolicy
from barterpy.venues.deribit.auth import Grant
from barterpy.venues.deribit.endpoints import Environment
from barterpy.venues.deribit.limits import Credits

__all__ = ["Options", "SocketFactory"]

SocketFactory: TypeAlias = Callable[[str], AbstractAsyncContextManager[Socket[Any, Any]]]
"""Makes a socket for a URL, used with ``async with``."""


class Options(TypedDict, total=False):
    """What the venue object takes, by keyword."""

    environment: Environment
    """``live`` (default) or ``testnet``."""
    ws_url: str | None
    """Instead of scheme, host and port of the environment's WebSocket; the path is kept."""
    rest_url: str | None
    """Instead of scheme, host and port of the environment's REST API; the path is kept."""
    credentials: Credentials | None
    """For raw paces, the account and orders; see :meth:`barterpy.credentials.Credentials.from_environment`."""
    grant: Grant
    """How to log on: ``client_signature`` (default) keeps the secret off the wire, ``client_credentials`` sends it."""
    scope: str
    """Of the logon, such as ``session:feed`` or ``trade:read_write``; what the key may do when empty."""
    pace: str
    """Of trades, books and tickers that do not say their own: ``100ms`` (default), ``agg2``, or ``raw``, for which
    credentials are needed."""
    heartbeat: int
    """Seconds between the venue's questions whether we are there, 30 by default, 10 at least."""
    ssl_context: ssl.SSLContext | None
    """Instead of the verifying one, for streams and REST."""
    proxy: str | None
    """For streams and REST: ``http://``, ``https://`` or ``socks5://user:password@host:port``."""
    websocket: Mapping[str, Any] | None
    """Further arguments of :class:`barterpy.protocols.websocket.connect`."""
    connect: SocketFactory | None
    """Instead of a WebSocket: how a URL becomes a socket."""
    transport: HttpTransport | None
    """Instead of a transport of its own, for REST. It stays yours to close."""
    sync: SyncPolicy | None
    """Bounds of synchronising a book."""
    connection_channels: int
    """Channels on one connection, 400 by default."""
    credits: Credits | None
    """What calls and subscribes wait for; by default with the lowest tier's figures, and shared in this process by all
    venue objects of a key (without credentials: of an address)."""
    clock: WallClock
    """Int nanoseconds UTC; the time of receipts and signatures."""
    on_metrics: Callable[[RequestMetrics], None] | None
    """Called once a REST exchange."""
