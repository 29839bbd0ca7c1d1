"""Composable stream transformations for exchanges: FIX, WebSocket or HTTP in, any output model out.

Five nouns:

* a *socket* brings batches of protocol messages (:mod:`barterpy.socket`, ``barterpy.protocols.*``);
* a *parser* makes one typed message of one protocol message (:mod:`barterpy.parser`);
* a *transformer* makes any outputs of typed messages, with state and no side effects (:mod:`barterpy.transformer`);
* a *stream* is the three together (:mod:`barterpy.stream`), supervised when it must live long (:mod:`barterpy.market`);
* a *client* is the same idea for request and response (:mod:`barterpy.rest`).

Venues (``barterpy.venues.*``) are built from these, in public. Importing this package opens nothing and imports neither
an HTTP library nor a cryptographic one.
"""

import logging

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
from barterpy.http import HttpRequest, HttpResponse, HttpTransport
from barterpy.limits import Gcra, Limiter, RequestLimits, RollingWindow
from barterpy.market import Event, EventStream, Venue, event_stream, market_stream
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
from barterpy.rest import HttpParser, JsonHttpParser, RestClient, RestRequest
from barterpy.retry import RetryPolicy
from barterpy.socket import Batch, ReceiveSocket, Socket
from barterpy.stream import ErrorPolicy, ExchangeStream
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
    "signing",
    "tee",
    "tickers",
    "trades",
    "volatility_index",
]
