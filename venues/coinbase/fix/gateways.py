"""Coinbase's FIX gateways, put together: Exchange's order entry, drop copy and market data, and Prime."""

import ssl
from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict, Unpack

from barterpy.clock import WallClock, wall_clock
from barterpy.credentials import Credentials
from barterpy.errors import VenueError
from barterpy.limits import Scopes, default_scopes
from barterpy.model.number import N, NumberParser, decimal_number
from barterpy.protocols.fix.dialect import VenueHooks
from barterpy.protocols.fix.endpoint import Endpoint, parse_endpoint
from barterpy.protocols.fix.executions import ExecutionOutput, ExecutionTransformer
from barterpy.protocols.fix.fix_socket import OnEvent
from barterpy.protocols.fix.gateway import FixGateway
from barterpy.protocols.fix.log import MessageLog
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.orders import Reject
from barterpy.protocols.fix.records import FixParser
from barterpy.protocols.fix.session import SessionSettings, Store
from barterpy.transformer import FunctionTransformer
from barterpy.venues.coinbase.fix.auth import ExchangeSigner, PrimeSigner
from barterpy.venues.coinbase.fix.dialect import (
    CancelOnDisconnect,
    exchange_hooks,
    exchange_settings,
    prime_hooks,
    prime_settings,
)
from barterpy.venues.coinbase.fix.endpoints import PRIME, FixEnvironment, GatewayKind, endpoint
from barterpy.venues.coinbase.fix.errors import refusal_error, text_error
from barterpy.venues.coinbase.fix.execution import CoinbaseExecutions
from barterpy.venues.coinbase.fix.limits import connect_limiter, message_limiter
from barterpy.venues.coinbase.fix.messages import MarketDataMessage, OrderEntryMessage, PrimeMessage

__all__ = ["CommonOptions", "FixOptions", "drop_copy", "market_data", "order_entry", "prime"]

_EXCHANGE = "coinbase"
_PRIME = "coinbase_prime"

_reject = FixParser(Reject)


class CommonOptions(TypedDict, total=False):
    """What every gateway takes, by keyword."""

    url: str | None
    """Instead of the usual endpoint: ``tcp+tls://host:port`` or ``tcp://host:port``."""
    heartbeat: int
    """Seconds, 30 by default."""
    store: Callable[[SessionSettings], Store] | None
    """What the session remembers; nothing beyond a connection, by default."""
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


class FixOptions(CommonOptions, total=False):
    """What the gateways of Exchange take besides."""

    environment: FixEnvironment
    """``live`` (default) or ``sandbox``."""
    resume: bool
    """Go on from where the last session ended, with ``store``; each logon begins anew by default."""


def order_entry(
    credentials: Credentials | None = None,
    *,
    number: NumberParser[N] = decimal_number,  # type: ignore[assignment]  # the default of N
    instrument: Callable[[str], str] | None = None,
    cancel_on_disconnect: CancelOnDisconnect | None = None,
    self_trade_prevention: str | None = None,
    **options: Unpack[FixOptions],
) -> FixGateway[ExecutionOutput[N]]:
    """Exchange's gateway for orders.

    :param credentials: API key, secret and passphrase; ``COINBASE_API_KEY``, ``…_SECRET`` and ``…_PASSPHRASE`` of the
        environment by default (``COINBASE_SANDBOX_…``)
    :param number: what prices and sizes become
    :param instrument: the name an event gives to a symbol; the symbol itself by default
    :param cancel_on_disconnect: ``session`` cancels the session's orders with it, ``profile`` the profile's
    :param self_trade_prevention: of orders that say nothing of it: D, O, N or B
    :raises barterpy.errors.ConfigurationError: an option cannot work
    :raises barterpy.errors.CredentialsError: they are missing or incomplete
    """
    return _exchange(
        GatewayKind.ORDER_ENTRY,
        credentials,
        FixParser(OrderEntryMessage),
        lambda: ExecutionTransformer(CoinbaseExecutions(_EXCHANGE, number, instrument=instrument)),
        cancel_on_disconnect=cancel_on_disconnect,
        self_trade_prevention=self_trade_prevention,
        **options,
    )


def drop_copy(
    credentials: Credentials | None = None,
    *,
    number: NumberParser[N] = decimal_number,  # type: ignore[assignment]  # the default of N
    instrument: Callable[[str], str] | None = None,
    **options: Unpack[FixOptions],
) -> FixGateway[ExecutionOutput[N]]:
    """Exchange's gateway that tells of all orders and takes none. Parameters are those of :func:`order_entry`."""
    return _exchange(
        GatewayKind.DROP_COPY,
        credentials,
        FixParser(OrderEntryMessage),
        lambda: ExecutionTransformer(CoinbaseExecutions(_EXCHANGE, number, instrument=instrument)),
        **options,
    )


def market_data(
    credentials: Credentials | None = None, *, snapshots: bool = True, **options: Unpack[FixOptions]
) -> FixGateway[Any]:
    """Exchange's gateway for market data: typed messages of a book of single orders, as they come.

    :param snapshots: the gateway that sends a snapshot before the updates
    """
    kind = GatewayKind.MARKET_DATA if snapshots else GatewayKind.MARKET_DATA_NO_SNAPSHOTS
    return _exchange(kind, credentials, FixParser(MarketDataMessage), lambda: FunctionTransformer(_as_it_is), **options)


def prime(
    credentials: Credentials | None = None,
    *,
    service_account: str,
    portfolio: str | None = None,
    reset: bool = True,
    all_orders: bool | None = None,
    number: NumberParser[N] = decimal_number,  # type: ignore[assignment]  # the default of N
    instrument: Callable[[str], str] | None = None,
    **options: Unpack[CommonOptions],
) -> FixGateway[ExecutionOutput[N]]:
    """Prime's gateway.

    :param credentials: API key, secret and passphrase; ``COINBASE_PRIME_API_KEY``, ``…_SECRET`` and ``…_PASSPHRASE`` of
        the environment by default
    :param service_account: its id, which is the SenderCompID
    :param portfolio: its id
    :param reset: begin at 1 with each logon; otherwise ``store`` has to remember where the last one ended
    :param all_orders: hear of all orders and not of this session's alone; the venue's default is yes
    """
    known = Credentials.from_environment(_PRIME) if credentials is None else credentials
    url = options.get("url")
    return _gateway(
        _PRIME,
        "fix-prime",
        PRIME if url is None else parse_endpoint(url),
        known.key,
        partial(prime_settings, service_account, heartbeat=options.get("heartbeat", 30), reset=reset),
        prime_hooks(PrimeSigner(known), portfolio=portfolio, drop_copy=all_orders),
        FixParser(PrimeMessage),
        lambda: ExecutionTransformer(CoinbaseExecutions(_PRIME, number, instrument=instrument)),
        options,
    )


def _exchange(
    kind: GatewayKind,
    credentials: Credentials | None,
    parser: FixParser[Any],
    transformer: Callable[[], Any],
    *,
    cancel_on_disconnect: CancelOnDisconnect | None = None,
    self_trade_prevention: str | None = None,
    environment: FixEnvironment = "live",
    resume: bool = False,
    **options: Unpack[CommonOptions],
) -> FixGateway[Any]:
    place = endpoint(environment, kind, options.get("url"))
    known = Credentials.from_environment(_EXCHANGE, environment) if credentials is None else credentials
    hooks = exchange_hooks(
        kind,
        ExchangeSigner(known),
        cancel_on_disconnect=cancel_on_disconnect,
        self_trade_prevention=self_trade_prevention,
    )
    heartbeat = options.get("heartbeat", 30)
    return _gateway(
        _EXCHANGE,
        f"fix-{kind.value}",
        place,
        known.key,
        partial(exchange_settings, known.key, kind, heartbeat=heartbeat, resume=resume),
        hooks,
        parser,
        transformer,
        options,
    )


def _gateway(
    venue: str,
    name: str,
    place: Endpoint,
    account: str,
    settings: Callable[[], SessionSettings],
    hooks: VenueHooks,
    parser: FixParser[Any],
    transformer: Callable[[], Any],
    options: CommonOptions,
) -> FixGateway[Any]:
    settings()  # refuses what cannot work
    given = options.get("scopes")
    scopes = default_scopes() if given is None else given
    return FixGateway(
        venue=venue,
        name=name,
        endpoint=place,
        settings=settings,
        hooks=hooks,
        parser=parser,
        transformer=transformer,
        refusal=_refusal,
        refusal_text=text_error,
        store=options.get("store"),
        connect_limiter=connect_limiter(place, scopes, account),
        message_limiter=partial(message_limiter, place, scopes, account),
        ssl_context=options.get("ssl_context"),
        clock=options.get("clock", wall_clock),
        options={"log": options.get("log"), "on_event": options.get("on_event")},
    )


def _refusal(message: Message) -> VenueError | None:
    reject = _reject.parse(message)
    return None if reject is None else refusal_error(reject)


def _as_it_is(message: Any) -> tuple[Any, ...]:
    return (message,)
