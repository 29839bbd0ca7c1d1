"""Deribit's FIX gateway, put together: for orders, and for market data."""

import ssl
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, TypedDict, Unpack, overload

from barterpy.clock import WallClock, wall_clock
from barterpy.credentials import Credentials
from barterpy.errors import VenueError
from barterpy.limits import Limiter, Scopes, default_scopes
from barterpy.model.number import N, NumberParser, decimal_number
from barterpy.protocols.fix.endpoint import Endpoint
from barterpy.protocols.fix.executions import ExecutionOutput
from barterpy.protocols.fix.fix_socket import OnEvent
from barterpy.protocols.fix.gateway import FixGateway
from barterpy.protocols.fix.log import MessageLog
from barterpy.protocols.fix.market_venue import FixMarketVenue
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.orders import Reject
from barterpy.protocols.fix.records import FixParser
from barterpy.protocols.fix.session import SessionSettings, Store
from barterpy.sync import SyncPolicy
from barterpy.venues.deribit.fix.auth import LogonSigner
from barterpy.venues.deribit.fix.dialect import client_hooks, client_settings
from barterpy.venues.deribit.fix.endpoints import FixEnvironment, endpoint
from barterpy.venues.deribit.fix.errors import refusal_error, text_error
from barterpy.venues.deribit.fix.execution import DeribitExecutions, DeribitExecutionTransformer
from barterpy.venues.deribit.fix.limits import SUBSCRIPTIONS, connect_limiter, order_limiter, request_limiter
from barterpy.venues.deribit.fix.messages import MarketDataMessage, OrderEntryMessage
from barterpy.venues.deribit.fix.transformers import DeribitFixTransformer

__all__ = ["FixOptions", "MarketData", "order_entry"]

_VENUE = "deribit"

_reject = FixParser(Reject)


class FixOptions(TypedDict, total=False):
    """What both take, by keyword."""

    environment: FixEnvironment
    """``live`` (default) or ``testnet``."""
    url: str | None
    """Instead of the environment's endpoint: ``tcp+tls://host:port`` or ``tcp://host:port``."""
    sender: str
    """SenderCompID, a name of your own."""
    heartbeat: int
    """Seconds, 30 by default."""
    reset: bool
    """Begin at 1 with each logon (default); otherwise ``store`` has to remember where the last one ended."""
    store: Callable[[SessionSettings], Store] | None
    """What the session remembers."""
    cancel_on_disconnect: bool | None
    """Whether this session's orders end with it; the account's default by default."""
    sequential: bool | None
    """Whether answers and notifications share one queue."""
    application: Credentials | None
    """Id and secret of a registered application."""
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
    **options: Unpack[FixOptions],
) -> FixGateway[ExecutionOutput[N]]:
    """The gateway for orders.

    :param credentials: client id and secret; ``DERIBIT_API_KEY`` and ``DERIBIT_API_SECRET`` of the environment by
        default (``DERIBIT_TESTNET_…``)
    :param number: what prices and sizes become
    :param instrument: the name an event gives to a symbol; the symbol itself by default
    :raises barterpy.errors.ConfigurationError: an option cannot work
    :raises barterpy.errors.CredentialsError: they are missing
    """
    return _gateway(
        "fix-orders",
        credentials,
        FixParser(OrderEntryMessage),
        lambda: DeribitExecutionTransformer(DeribitExecutions(_VENUE, number, instrument=instrument)),
        lambda place, scopes, key: partial(order_limiter, place, scopes, key),
        **options,
    )


class MarketData(FixMarketVenue[N]):
    """The gateway as a venue of market data: trades, liquidations, quotes and books, as over WebSocket.

        async with market_stream(MarketData(credentials), [trades("BTC/USD:BTC"), book("BTC-PERPETUAL")]) as events:
            async for event in events:
                ...

    :param credentials: client id and secret, which this gateway wants for public data as well; from the environment by
        default
    :param number: what prices and sizes become: :func:`~barterpy.model.decimal_number` (default) or ``float``
    :param sync: bounds of synchronising a book
    :raises barterpy.errors.ConfigurationError: an option cannot work
    :raises barterpy.errors.CredentialsError: they are missing
    """

    @overload
    def __init__(
        self: "MarketData[Decimal]",
        credentials: Credentials | None = ...,
        *,
        number: NumberParser[Decimal] = ...,
        sync: SyncPolicy | None = ...,
        **options: Unpack[FixOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "MarketData[float]",
        credentials: Credentials | None = ...,
        *,
        number: NumberParser[float],
        sync: SyncPolicy | None = ...,
        **options: Unpack[FixOptions],
    ) -> None: ...
    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        number: NumberParser[Any] = decimal_number,
        sync: SyncPolicy | None = None,
        **options: Unpack[FixOptions],
    ) -> None:
        def make(connection: str) -> DeribitFixTransformer[Any]:
            return DeribitFixTransformer(_VENUE, number, policy=sync, connection=connection)

        gateway: FixGateway[Any] = _gateway(
            "fix-data",
            credentials,
            FixParser(MarketDataMessage),
            partial(make, "fix-data"),
            lambda place, scopes, key: partial(request_limiter, place),
            **options,
        )
        super().__init__(gateway, make, streams=SUBSCRIPTIONS)


def _gateway(
    name: str,
    credentials: Credentials | None,
    parser: FixParser[Any],
    transformer: Callable[[], Any],
    limiter: Callable[[Endpoint, Scopes, str], Callable[[], Limiter]],
    *,
    environment: FixEnvironment = "live",
    url: str | None = None,
    sender: str = "barterpy",
    heartbeat: int = 30,
    reset: bool = True,
    store: Callable[[SessionSettings], Store] | None = None,
    cancel_on_disconnect: bool | None = None,
    sequential: bool | None = None,
    application: Credentials | None = None,
    ssl_context: ssl.SSLContext | None = None,
    scopes: Scopes | None = None,
    log: MessageLog | None = None,
    on_event: OnEvent | None = None,
    clock: WallClock = wall_clock,
) -> FixGateway[Any]:
    place = endpoint(environment, url)
    known = Credentials.from_environment("deribit", environment) if credentials is None else credentials
    found = default_scopes() if scopes is None else scopes
    settings = partial(client_settings, sender, heartbeat=heartbeat, reset=reset)
    settings()  # refuses what cannot work
    return FixGateway(
        venue=_VENUE,
        name=name,
        endpoint=place,
        settings=settings,
        hooks=client_hooks(
            LogonSigner(known, application=application, clock=clock),
            cancel_on_disconnect=cancel_on_disconnect,
            sequential=sequential,
        ),
        parser=parser,
        transformer=transformer,
        refusal=_refusal,
        refusal_text=text_error,
        store=store,
        connect_limiter=connect_limiter(place, found),
        message_limiter=limiter(place, found, known.key),
        ssl_context=ssl_context,
        clock=clock,
        options={"log": log, "on_event": on_event},
    )


def _refusal(message: Message) -> VenueError | None:
    reject = _reject.parse(message)
    return None if reject is None else refusal_error(reject)
