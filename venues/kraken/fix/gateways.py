"""Kraken's FIX gateways, put together: spot and derivatives, trading and market data."""

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
from barterpy.protocols.fix.executions import ExecutionOutput, ExecutionTransformer
from barterpy.protocols.fix.fix_socket import OnEvent
from barterpy.protocols.fix.gateway import FixGateway
from barterpy.protocols.fix.log import MessageLog
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.orders import Reject
from barterpy.protocols.fix.records import FixParser
from barterpy.protocols.fix.session import SessionSettings, Store
from barterpy.signing.nonces import NonceSource
from barterpy.transformer import FunctionTransformer
from barterpy.venues.kraken.fix.auth import TradingSigner
from barterpy.venues.kraken.fix.dialect import client_hooks, client_settings
from barterpy.venues.kraken.fix.endpoints import FixEnvironment, GatewayKind, endpoint
from barterpy.venues.kraken.fix.errors import refusal_error, text_error
from barterpy.venues.kraken.fix.execution import KrakenExecutions
from barterpy.venues.kraken.fix.limits import connect_limiter, message_limiter
from barterpy.venues.kraken.fix.messages import MarketDataMessage, TradingMessage

__all__ = ["FixOptions", "market_data", "trading"]

_VENUE = {False: "kraken", True: "kraken_futures"}

_reject = FixParser(Reject)


class FixOptions(TypedDict, total=False):
    """What every gateway takes, by keyword."""

    environment: FixEnvironment
    """``live`` (default) or ``uat``."""
    url: str | None
    """Instead of the usual endpoint, as Kraken gave it: ``tcp+tls://host:port``."""
    target: str | None
    """TargetCompID, where Kraken told another than the usual."""
    heartbeat: int
    """Seconds, 60 by default."""
    reset: bool
    """Begin at 1 with each logon (default); otherwise ``store`` has to remember where the last one ended."""
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


def trading(
    sender: str,
    credentials: Credentials | None = None,
    *,
    derivatives: bool = False,
    number: NumberParser[N] = decimal_number,  # type: ignore[assignment]  # the default of N
    instrument: Callable[[str], str] | None = None,
    cancel_on_disconnect: bool | None = None,
    reset_cl_ord_id: bool = False,
    client_id: str | None = None,
    nonces: NonceSource | None = None,
    **options: Unpack[FixOptions],
) -> FixGateway[ExecutionOutput[N]]:
    """The gateway for orders.

    :param sender: SenderCompID, as Kraken assigned it
    :param credentials: a key of the type FIX and its secret; ``KRAKEN_API_KEY`` and ``KRAKEN_API_SECRET`` of the
        environment by default (``KRAKEN_UAT_…``)
    :param derivatives: those of derivatives and not of spot
    :param number: what prices and sizes become
    :param instrument: the name an event gives to a symbol; the symbol itself by default
    :param cancel_on_disconnect: whether this session's orders end with it, as they do by default
    :param reset_cl_ord_id: begin the sequence of ClOrdIDs anew
    :param client_id: of an account below the key's
    :param nonces: makes the nonces, where the key is used by others as well
    :raises barterpy.errors.ConfigurationError: an option cannot work
    :raises barterpy.errors.CredentialsError: they are missing or not base64
    """
    environment = options.get("environment", "live")
    known = Credentials.from_environment("kraken", environment) if credentials is None else credentials
    kind = GatewayKind.DERIVATIVES_TRADING if derivatives else GatewayKind.SPOT_TRADING
    venue = _VENUE[derivatives]
    signer = TradingSigner(known, clock=options.get("clock", wall_clock), nonces=nonces)
    hooks = client_hooks(
        kind,
        signer,
        cancel_on_disconnect=cancel_on_disconnect,
        reset_cl_ord_id=reset_cl_ord_id,
        client_id=client_id,
    )
    gateway = _gateway(
        kind,
        venue,
        sender,
        hooks,
        FixParser(TradingMessage),
        lambda: ExecutionTransformer(KrakenExecutions(venue, number, instrument=instrument)),
        options,
    )
    return gateway.replace(message_limiter=partial(message_limiter, gateway.endpoint, _scopes(options), known.key))


def market_data(sender: str, *, derivatives: bool = False, **options: Unpack[FixOptions]) -> FixGateway[Any]:
    """The gateway for market data: typed messages as they come. It wants no credentials.

    :param sender: SenderCompID, as Kraken assigned it
    :param derivatives: those of derivatives and not of spot
    :raises barterpy.errors.ConfigurationError: an option cannot work
    """
    kind = GatewayKind.DERIVATIVES_MARKET_DATA if derivatives else GatewayKind.SPOT_MARKET_DATA
    return _gateway(
        kind,
        _VENUE[derivatives],
        sender,
        client_hooks(kind, None),
        FixParser(MarketDataMessage),
        lambda: FunctionTransformer(_as_it_is),
        options,
    )


def _gateway(
    kind: GatewayKind,
    venue: str,
    sender: str,
    hooks: VenueHooks,
    parser: FixParser[Any],
    transformer: Callable[[], Any],
    options: FixOptions,
) -> FixGateway[Any]:
    place = endpoint(options.get("environment", "live"), kind, options.get("url"))
    settings = partial(
        client_settings,
        sender,
        kind,
        target=options.get("target"),
        heartbeat=options.get("heartbeat", 60),
        reset=options.get("reset", True),
    )
    settings()  # refuses what cannot work
    return FixGateway(
        venue=venue,
        name=f"fix-{kind.value}",
        endpoint=place,
        settings=settings,
        hooks=hooks,
        parser=parser,
        transformer=transformer,
        refusal=_refusal,
        refusal_text=text_error,
        store=options.get("store"),
        connect_limiter=connect_limiter(place, _scopes(options)),
        ssl_context=options.get("ssl_context"),
        clock=options.get("clock", wall_clock),
        options={"log": options.get("log"), "on_event": options.get("on_event")},
    )


def _scopes(options: FixOptions) -> Scopes:
    scopes = options.get("scopes")
    return default_scopes() if scopes is None else scopes


def _refusal(message: Message) -> VenueError | None:
    reject = _reject.parse(message)
    return None if reject is None else refusal_error(reject)


def _as_it_is(message: Any) -> tuple[Any, ...]:
    return (message,)
