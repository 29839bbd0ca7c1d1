"""Binance's three FIX gateways, put together: where, who, how, and into which events."""

import ssl
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, TypedDict, Unpack, overload

from barterpy.clock import WallClock, wall_clock
from barterpy.credentials import Credentials
from barterpy.errors import VenueError
from barterpy.limits import Scopes, default_scopes
from barterpy.model.number import N, NumberParser, decimal_number
from barterpy.protocols.fix.executions import ExecutionOutput, ExecutionTransformer
from barterpy.protocols.fix.fix_socket import OnEvent
from barterpy.protocols.fix.gateway import FixGateway
from barterpy.protocols.fix.log import MessageLog
from barterpy.protocols.fix.market_venue import FixMarketVenue
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.records import FixParser
from barterpy.sync import SyncPolicy
from barterpy.venues.binance.fix.auth import LogonSigner
from barterpy.venues.binance.fix.dialect import MessageHandling, ResponseMode, client_hooks, client_settings
from barterpy.venues.binance.fix.endpoints import FixEnvironment, GatewayKind, endpoint
from barterpy.venues.binance.fix.errors import refusal_error
from barterpy.venues.binance.fix.execution import BinanceExecutions
from barterpy.venues.binance.fix.limits import LIMITS, connect_limiter, message_limiter
from barterpy.venues.binance.fix.messages import BinanceReject, MarketDataMessage, OrderEntryMessage
from barterpy.venues.binance.fix.transformers import BinanceFixTransformer

__all__ = ["FixOptions", "MarketData", "drop_copy", "order_entry"]

_VENUE = "binance_spot"
_STREAMS = 200
"""Subscriptions this library puts on one connection; Binance allows 1000."""

_reject = FixParser(BinanceReject)


class FixOptions(TypedDict, total=False):
    """What every gateway takes, by keyword."""

    environment: FixEnvironment
    """``live`` (default) or ``testnet``."""
    url: str | None
    """Instead of the environment's endpoint: ``tcp+tls://host:port``, or ``tcp://…`` to a proxy that speaks TLS."""
    sender: str | None
    """SenderCompID, 1 to 8 letters, digits, ``-`` and ``_``; by default a new one for each connection. With one of your
    own there is never a second session beside the first, and so a gap at each planned end."""
    heartbeat: int
    """Seconds, 5 to 60, 30 by default."""
    recv_window: Decimal | int | None
    """Milliseconds for which a Logon is good."""
    ssl_context: ssl.SSLContext | None
    """Instead of the verifying one."""
    scopes: Scopes | None
    """Where limits are found that are shared with other clients; the process's own by default."""
    log: MessageLog | None
    """Hears every message."""
    on_event: OnEvent | None
    """Hears what happens beside messages."""
    clock: WallClock
    """Int nanoseconds UTC."""


def order_entry(
    credentials: Credentials | None = None,
    *,
    number: NumberParser[N] = decimal_number,  # type: ignore[assignment]  # the default of N
    instrument: Callable[[str], str] | None = None,
    message_handling: MessageHandling = "sequential",
    response_mode: ResponseMode | None = None,
    **options: Unpack[FixOptions],
) -> FixGateway[ExecutionOutput[N]]:
    """The gateway that takes orders, and tells of all orders of the account.

    :param credentials: an Ed25519 key with the permission FIX_API; ``BINANCE_API_KEY`` and ``BINANCE_API_SECRET`` of
        the environment by default (``BINANCE_TESTNET_…``)
    :param number: what prices and sizes become
    :param instrument: the name an event gives to a symbol; the symbol itself by default
    :param message_handling: ``unordered`` is faster, and messages may overtake each other
    :param response_mode: ``only_acks`` leaves out what other sessions have placed
    :raises barterpy.errors.ConfigurationError: an option cannot work
    :raises barterpy.errors.CredentialsError: the key is missing or no Ed25519 key
    """
    return _gateway(
        GatewayKind.ORDER_ENTRY,
        credentials,
        FixParser(OrderEntryMessage),
        lambda: ExecutionTransformer(BinanceExecutions(_VENUE, number, instrument=instrument)),
        message_handling=message_handling,
        response_mode=response_mode,
        **options,
    )


def drop_copy(
    credentials: Credentials | None = None,
    *,
    number: NumberParser[N] = decimal_number,  # type: ignore[assignment]  # the default of N
    instrument: Callable[[str], str] | None = None,
    **options: Unpack[FixOptions],
) -> FixGateway[ExecutionOutput[N]]:
    """The gateway that tells of all orders of the account, a second late, and takes none.

    Parameters are those of :func:`order_entry`; the key's permission may be FIX_API_READ_ONLY.
    """
    return _gateway(
        GatewayKind.DROP_COPY,
        credentials,
        FixParser(OrderEntryMessage),
        lambda: ExecutionTransformer(BinanceExecutions(_VENUE, number, instrument=instrument)),
        **options,
    )


class MarketData(FixMarketVenue[N]):
    """The market data gateway as a venue: trades, quotes and books, as over WebSocket.

        async with market_stream(MarketData(credentials), [trades("BTC/USDT"), book("ETH/USDT")]) as events:
            async for event in events:
                ...

    :param credentials: an Ed25519 key with the permission FIX_API or FIX_API_READ_ONLY; from the environment by default
    :param number: what prices and sizes become: :func:`~barterpy.model.decimal_number` (default) or ``float``
    :param depth: levels a side of the snapshots that books begin with, 2 to 5000
    :param sync: bounds of synchronising a book
    :param connection_streams: subscriptions on one connection; 200 by default, the venue allows 1000
    :raises barterpy.errors.ConfigurationError: an option cannot work
    :raises barterpy.errors.CredentialsError: the key is missing or no Ed25519 key
    """

    @overload
    def __init__(
        self: "MarketData[Decimal]",
        credentials: Credentials | None = ...,
        *,
        number: NumberParser[Decimal] = ...,
        depth: int = ...,
        sync: SyncPolicy | None = ...,
        connection_streams: int | None = ...,
        **options: Unpack[FixOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "MarketData[float]",
        credentials: Credentials | None = ...,
        *,
        number: NumberParser[float],
        depth: int = ...,
        sync: SyncPolicy | None = ...,
        connection_streams: int | None = ...,
        **options: Unpack[FixOptions],
    ) -> None: ...
    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        number: NumberParser[Any] = decimal_number,
        depth: int = 5000,
        sync: SyncPolicy | None = None,
        connection_streams: int | None = None,
        **options: Unpack[FixOptions],
    ) -> None:
        def make(connection: str) -> BinanceFixTransformer[Any]:
            return BinanceFixTransformer(_VENUE, number, depth=depth, policy=sync, connection=connection)

        gateway: FixGateway[Any] = _gateway(
            GatewayKind.MARKET_DATA, credentials, FixParser(MarketDataMessage), partial(make, "fix"), **options
        )
        streams = _STREAMS if connection_streams is None else connection_streams
        streams = min(streams, LIMITS[GatewayKind.MARKET_DATA].streams)
        super().__init__(gateway, make, streams=streams, single=not gateway.parallel)


def _gateway(
    kind: GatewayKind,
    credentials: Credentials | None,
    parser: FixParser[Any],
    transformer: Callable[[], Any],
    *,
    message_handling: MessageHandling = "sequential",
    response_mode: ResponseMode | None = None,
    environment: FixEnvironment = "live",
    url: str | None = None,
    sender: str | None = None,
    heartbeat: int = 30,
    recv_window: Decimal | int | None = None,
    ssl_context: ssl.SSLContext | None = None,
    scopes: Scopes | None = None,
    log: MessageLog | None = None,
    on_event: OnEvent | None = None,
    clock: WallClock = wall_clock,
) -> FixGateway[Any]:
    place = endpoint(environment, kind, url)
    known = Credentials.from_environment("binance", environment) if credentials is None else credentials
    settings = partial(client_settings, sender, heartbeat=heartbeat)
    settings()  # refuses what the venue would
    return FixGateway(
        venue=_VENUE,
        name=f"fix-{kind.value}",
        endpoint=place,
        settings=settings,
        hooks=client_hooks(
            kind,
            LogonSigner(known),
            message_handling=message_handling,
            response_mode=response_mode,
            recv_window=recv_window,
        ),
        parser=parser,
        transformer=transformer,
        refusal=_refusal,
        connect_limiter=connect_limiter(kind, place, default_scopes() if scopes is None else scopes, known.key),
        message_limiter=partial(message_limiter, kind, place),
        ssl_context=ssl_context,
        clock=clock,
        parallel=sender is None,
        options={"log": log, "on_event": on_event},
    )


def _refusal(message: Message) -> VenueError | None:
    reject = _reject.parse(message)
    return None if reject is None or reject.error_code is None else refusal_error(reject)
