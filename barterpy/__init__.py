"""Composable stream transformations for exchanges: FIX, WebSocket or HTTP in, any output model out.

Five nouns:

* a *socket* brings batches of protocol messages (:mod:`barterpy.socket`, ``barterpy.protocols.*``);
* a *parser* makes one typed message of one protocol message (:mod:`barterpy.parser`);
* a *transformer* makes any outputs of typed messages, with state and no side effects (:mod:`barterpy.transformer`);
* a *stream* is the three together (:mod:`barterpy.stream`), supervised when it must live long (:mod:`barterpy.market`);
* a *client* is the same idea for request and response (:mod:`barterpy.rest`).

Venues (``barterpy.venues.*``) are built from these, in public. Importing this package opens nothing, and imports what a
name needs when the name is first asked for: programs that start often, and those that need only a part, do not wait for
the rest.
"""

import importlib
import logging
import typing

if typing.TYPE_CHECKING:
    from barterpy import analytics, combinators, errors, events, model, signing
    from barterpy.backoff import Backoff
    from barterpy.combinators import chain, conflate, keyed, tee
    from barterpy.connection import Connection, Heartbeat, Logon, SubscribeRequest
    from barterpy.credentials import Credentials, Secret
    from barterpy.errors import BarterError, ParseError, VenueError
    from barterpy.events import (
        Authenticated,
        BookFailed,
        ClosingSoon,
        Connected,
        Disconnected,
        Gap,
        LifecycleEvent,
        MessageError,
        Overflow,
        Reconnecting,
        Resynced,
        Stalled,
        Subscribed,
        SubscriptionFailed,
        Unsubscribed,
    )
    from barterpy.flow import FlowPolicy
    from barterpy.http import HttpRequest, HttpResponse, HttpTransport
    from barterpy.instruments import InstrumentCache
    from barterpy.limits import Gcra, Limiter, RequestLimits, RollingWindow
    from barterpy.market import Event, EventStream, Venue, event_stream, market_stream
    from barterpy.metrics import MetricsRegistry
    from barterpy.model import (
        BlockHeight,
        BookDelta,
        BookSnapshot,
        Candle,
        FundingRate,
        IndexPrice,
        Instrument,
        InstrumentStatus,
        Level,
        Liquidation,
        MarketEvent,
        MarkPrice,
        OpenInterest,
        OptionGreeks,
        Quote,
        Side,
        Ticker,
        Trade,
        VenueNotice,
        VolatilityIndex,
    )
    from barterpy.orderbook import BookBuilder, OrderBook
    from barterpy.parser import JsonParser, StreamParser
    from barterpy.reconnect import ReconnectPolicy
    from barterpy.redundancy import redundant_stream
    from barterpy.rest import HttpParser, JsonHttpParser, RestClient, RestRequest
    from barterpy.retry import RetryPolicy
    from barterpy.rounds import ErrorPolicy
    from barterpy.socket import Batch, ReceiveSocket, Socket
    from barterpy.stream import ExchangeStream
    from barterpy.subscription import (
        Channel,
        Subscription,
        book,
        candles,
        funding_rates,
        index_prices,
        instrument_status,
        liquidations,
        mark_prices,
        native,
        open_interest,
        option_greeks,
        quotes,
        tickers,
        trades,
        volatility_index,
    )
    from barterpy.transformer import Directive, Fetch, Fetched, FunctionTransformer, Reply, Send, Transformer

_HOMES = {
    "barterpy.backoff": "Backoff",
    "barterpy.combinators": "chain conflate keyed tee",
    "barterpy.connection": "Connection Heartbeat Logon SubscribeRequest",
    "barterpy.credentials": "Credentials Secret",
    "barterpy.errors": "BarterError ParseError VenueError",
    "barterpy.events": (
        "Authenticated BookFailed ClosingSoon Connected Disconnected Gap LifecycleEvent MessageError Overflow "
        "Reconnecting Resynced Stalled Subscribed SubscriptionFailed Unsubscribed"
    ),
    "barterpy.flow": "FlowPolicy",
    "barterpy.http": "HttpRequest HttpResponse HttpTransport",
    "barterpy.instruments": "InstrumentCache",
    "barterpy.limits": "Gcra Limiter RequestLimits RollingWindow",
    "barterpy.market": "Event EventStream Venue event_stream market_stream",
    "barterpy.metrics": "MetricsRegistry",
    "barterpy.model": (
        "BlockHeight BookDelta BookSnapshot Candle FundingRate IndexPrice Instrument InstrumentStatus Level "
        "Liquidation MarketEvent MarkPrice OpenInterest OptionGreeks Quote Side Ticker Trade VenueNotice "
        "VolatilityIndex"
    ),
    "barterpy.orderbook": "BookBuilder OrderBook",
    "barterpy.parser": "JsonParser StreamParser",
    "barterpy.reconnect": "ReconnectPolicy",
    "barterpy.redundancy": "redundant_stream",
    "barterpy.rest": "HttpParser JsonHttpParser RestClient RestRequest",
    "barterpy.retry": "RetryPolicy",
    "barterpy.socket": "Batch ReceiveSocket Socket",
    "barterpy.rounds": "ErrorPolicy",
    "barterpy.stream": "ExchangeStream",
    "barterpy.subscription": (
        "Channel Subscription book candles funding_rates index_prices instrument_status liquidations mark_prices "
        "native open_interest option_greeks quotes tickers trades volatility_index"
    ),
    "barterpy.transformer": "Directive Fetch Fetched FunctionTransformer Reply Send Transformer",
}
"""The imports above once more, for when the program runs; a test compares the two."""

_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}
_ROOMS = frozenset(("analytics", "combinators", "errors", "events", "model", "signing"))

# A program that does not configure logging hears nothing of us; barterpy.redaction is for one that does.
logging.getLogger(__name__).addHandler(logging.NullHandler())

__all__ = [
    "Authenticated",
    "Backoff",
    "BarterError",
    "Batch",
    "BlockHeight",
    "BookBuilder",
    "BookDelta",
    "BookFailed",
    "BookSnapshot",
    "Candle",
    "Channel",
    "ClosingSoon",
    "Connected",
    "Connection",
    "Credentials",
    "Directive",
    "Disconnected",
    "ErrorPolicy",
    "Event",
    "EventStream",
    "ExchangeStream",
    "Fetch",
    "Fetched",
    "FlowPolicy",
    "FunctionTransformer",
    "FundingRate",
    "Gap",
    "Gcra",
    "Heartbeat",
    "HttpParser",
    "HttpRequest",
    "HttpResponse",
    "HttpTransport",
    "IndexPrice",
    "Instrument",
    "InstrumentCache",
    "InstrumentStatus",
    "JsonHttpParser",
    "JsonParser",
    "Level",
    "LifecycleEvent",
    "Limiter",
    "Liquidation",
    "Logon",
    "MarkPrice",
    "MarketEvent",
    "MessageError",
    "MetricsRegistry",
    "OpenInterest",
    "OptionGreeks",
    "OrderBook",
    "Overflow",
    "ParseError",
    "Quote",
    "ReceiveSocket",
    "ReconnectPolicy",
    "Reconnecting",
    "Reply",
    "RequestLimits",
    "RestClient",
    "RestRequest",
    "Resynced",
    "RetryPolicy",
    "RollingWindow",
    "Secret",
    "Send",
    "Side",
    "Socket",
    "Stalled",
    "StreamParser",
    "SubscribeRequest",
    "Subscribed",
    "Subscription",
    "SubscriptionFailed",
    "Ticker",
    "Trade",
    "Transformer",
    "Unsubscribed",
    "Venue",
    "VenueError",
    "VenueNotice",
    "VolatilityIndex",
    "analytics",
    "book",
    "candles",
    "chain",
    "combinators",
    "conflate",
    "errors",
    "event_stream",
    "events",
    "funding_rates",
    "index_prices",
    "instrument_status",
    "keyed",
    "liquidations",
    "mark_prices",
    "market_stream",
    "model",
    "native",
    "open_interest",
    "option_greeks",
    "quotes",
    "redundant_stream",
    "signing",
    "tee",
    "tickers",
    "trades",
    "volatility_index",
]


if not typing.TYPE_CHECKING:  # or every name would be right for a type checker

    def __getattr__(name: str) -> object:
        """PEP 562: where a public name lives, the first time it is asked for."""
        if name in _ROOMS:
            return importlib.import_module(f"{__name__}.{name}")
        if (home := _HOME.get(name)) is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(importlib.import_module(home), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
