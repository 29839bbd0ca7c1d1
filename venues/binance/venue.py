"""What spot and futures have in common as venue objects: connections, REST client, instruments and history."""

import ssl
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeAlias, TypedDict

from barterpy.clock import MILLISECOND, WallClock, wall_clock
from barterpy.connection import Connection, Room, Slot
from barterpy.credentials import Credentials
from barterpy.events import LifecycleEvent
from barterpy.http import HttpTransport
from barterpy.limits import Scopes, default_scopes
from barterpy.model.account import Balance
from barterpy.model.instrument import Instrument
from barterpy.model.market import Candle, MarketEvent
from barterpy.model.number import N, NumberParser, number_parser
from barterpy.protocols.http import HttpxTransport
from barterpy.protocols.websocket import connect as websocket_connect
from barterpy.rest import RequestMetrics, RestClient
from barterpy.retry import RetryPolicy
from barterpy.socket import Socket
from barterpy.subscription import Subscription
from barterpy.supervision import split
from barterpy.sync import SyncPolicy
from barterpy.timesync import ServerClock
from barterpy.venues.binance.account import Account
from barterpy.venues.binance.auth import BinanceSigner
from barterpy.venues.binance.channels import Kind, streams
from barterpy.venues.binance.endpoints import STREAM_PATHS, Environment, Market, endpoints
from barterpy.venues.binance.errors import http_parser
from barterpy.venues.binance.history import History, Pages
from barterpy.venues.binance.instruments import instruments
from barterpy.venues.binance.limits import (
    LIMITS,
    connect_limiter,
    learn,
    request_limits,
    send_limiter,
    shard_limits,
)
from barterpy.venues.binance.messages import FrameParser
from barterpy.venues.binance.rest import Requests
from barterpy.venues.binance.symbols import native_symbol
from barterpy.venues.binance.transformers import MarketTransformer

__all__ = ["BinanceVenue", "Options", "SocketFactory"]

_FETCH_WAIT: Final = 600.0
_STEADY: Final = frozenset(
    {Kind.MARK_PRICE, Kind.BOOK_TICKER, Kind.DEPTH, Kind.PARTIAL_DEPTH, Kind.TICKER, Kind.MINI_TICKER}
)
"""Streams which are never silent for long in a market that trades, unlike trades, candles and liquidations."""
_QUIET_AFTER: Final = 60.0
"""Seconds. Mark prices come every one or three seconds, whether or not anybody trades, and something of all
instruments together comes every second. Of everything else a market may have nothing to say."""
_OF_ALL: Final = frozenset({Kind.BOOK_TICKER, Kind.TICKER, Kind.MINI_TICKER})
_IDLE_TIMEOUT: Final = 300.0
"""Seconds. A path that is dead is found by the WebSocket's own pings much earlier; this finds a server that answers
them and sends nothing else."""

SocketFactory: TypeAlias = Callable[[str], AbstractAsyncContextManager[Socket[Any, Any]]]
"""Makes a socket for a URL, used with ``async with``."""


class Options(TypedDict, total=False):
    """What every Binance venue object takes, by keyword."""

    environment: Environment
    """``live`` (default), ``testnet`` or ``demo``."""
    ws_url: str | None
    """Instead of scheme, host and port of the environment's streams; paths are kept."""
    rest_url: str | None
    """Instead of scheme, host and port of the environment's REST API; paths are kept."""
    credentials: Credentials | None
    """For signed requests; see :meth:`barterpy.credentials.Credentials.from_environment`."""
    receive_window: int
    """Milliseconds a signed request stays valid, 5000 by default."""
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
    depth_limit: int
    """Levels a side of the snapshots books are joined with, 1000 by default. Weights: see ``limits.py``."""
    sync: SyncPolicy | None
    """Bounds of synchronising a book."""
    connection_streams: int | None
    """Streams on one connection, 200 by default; Binance allows 1024."""
    clock: WallClock
    """Int nanoseconds UTC; the time of receipts and signatures."""
    on_metrics: Callable[[RequestMetrics], None] | None
    """Called once a REST request."""
    scopes: Scopes | None
    """Where limits are found that are shared with other clients; the process's own by default."""
    retry: RetryPolicy | None
    """What REST requests are tried again for; nothing by default."""


class BinanceVenue(ABC, Generic[N]):
    """One of Binance's markets: a :class:`barterpy.market.Venue`. Opens nothing before it is asked for something."""

    def __init__(
        self,
        market: Market,
        name: str,
        number: NumberParser[N],
        *,
        routed: bool = False,
        environment: Environment = "live",
        ws_url: str | None = None,
        rest_url: str | None = None,
        credentials: Credentials | None = None,
        receive_window: int = 5000,
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | None = None,
        websocket: Mapping[str, Any] | None = None,
        connect: SocketFactory | None = None,
        transport: HttpTransport | None = None,
        depth_limit: int = 1000,
        sync: SyncPolicy | None = None,
        connection_streams: int | None = None,
        clock: WallClock = wall_clock,
        on_metrics: Callable[[RequestMetrics], None] | None = None,
        scopes: Scopes | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        self.requests: Requests = Requests(market)
        """Makes the market's REST requests, for :attr:`rest`."""
        self.requests.depth("", depth_limit)  # refuses a limit the venue does not have
        self._market = market
        self._name = name
        self._number: NumberParser[N] = number_parser(number)
        self._routed = routed
        self._endpoints = endpoints(market, environment, ws_url=ws_url, rest_url=rest_url)
        self.server_clock: ServerClock = ServerClock(self.server_time, clock=clock)
        """The venue's time, which signatures go by once it has been measured: by ``refresh``, or when a timestamp was
        refused."""
        self._signer = (
            None
            if credentials is None
            else BinanceSigner(credentials, market, receive_window=receive_window, offset=self.server_clock.offset)
        )
        self._ssl_context = ssl_context
        self._proxy = proxy
        self._websocket = dict(websocket or {})
        self._connect = connect
        self._transport = transport
        self._own_transport: HttpTransport | None = None
        self._depth_limit = depth_limit
        self._sync = sync
        self._connection_streams = connection_streams or LIMITS[market].connection_streams
        self._limits = shard_limits(market, self._connection_streams)
        self._clock = clock
        self._on_metrics = on_metrics
        self._account = "" if credentials is None else credentials.key
        self._scopes = default_scopes() if scopes is None else scopes
        self._retry = retry
        self._client: RestClient | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._endpoints.streams}, {self._endpoints.rest})"

    @property
    def name(self) -> str:
        """The venue's name in events."""
        return self._name

    # Streams.

    def connections(
        self, subscriptions: Sequence[Subscription], /
    ) -> Sequence[Connection[MarketEvent[N] | LifecycleEvent]]:
        """The connections that carry these subscriptions: by family of streams, and by how many one may carry.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; the text names it
        """
        made: list[Connection[MarketEvent[N] | LifecycleEvent]] = []
        numbers: Counter[str] = Counter()
        for room, members in split(subscriptions, self._slot, self._limits):
            numbers[room.family] += 1
            made.append(self._connection(f"{room.family or 'stream'}-{numbers[room.family]}", room, members))
        return made

    def _slot(self, subscription: Subscription) -> Slot:
        (stream,) = streams(self._market, [subscription])
        return Slot(stream.name, family=stream.family if self._routed else "")

    def parser(self) -> FrameParser:
        """A parser of wrapped and of bare messages."""
        return FrameParser()

    def transformer(self, subscriptions: Sequence[Subscription] = (), /) -> MarketTransformer[N]:
        """A transformer of parsed messages; without subscriptions it takes whatever comes, under the venue's names.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; the text names it
        """
        return self._transformer(subscriptions)

    def _transformer(self, subscriptions: Sequence[Subscription], connection: str = "") -> MarketTransformer[N]:
        return MarketTransformer(
            self._market,
            self._name,
            self._number,
            subscriptions,
            depth_limit=self._depth_limit,
            policy=self._sync,
            connection=connection,
        )

    def _connection(
        self, name: str, room: Room, topics: Sequence[Subscription]
    ) -> Connection[MarketEvent[N] | LifecycleEvent]:
        limits = LIMITS[self._market]
        transformer = self._transformer(topics, name)
        kinds = {stream.kind for stream in streams(self._market, topics)}
        return Connection(
            venue=self._name,
            name=name,
            connect=partial(self._open, f"{self._endpoints.streams}{STREAM_PATHS[room.family]}"),
            parser=self.parser(),
            transformer=transformer,
            topics=tuple(topics),
            subscribe=transformer.subscribe,
            unsubscribe=transformer.unsubscribe,
            renew=transformer.renew,
            fetch=self.fetch,
            idle_timeout=None if kinds.isdisjoint(_STEADY) else _IDLE_TIMEOUT,
            quiet_after=partial(self._quiet_after, transformer),
            connect_limiter=connect_limiter(self._market, self._endpoints.streams, self._scopes),
            send_limiter=send_limiter(self._market, self._endpoints.streams),
            room=room,
            lifetime=limits.connection_lifetime,
            again=partial(self._connection, name, room),
        )

    def _quiet_after(self, transformer: MarketTransformer[N], subscription: Subscription) -> float | None:
        (stream,) = streams(self._market, [subscription])
        steady = stream.kind is Kind.MARK_PRICE or (not stream.symbol and stream.kind in _OF_ALL)
        return _QUIET_AFTER if steady and transformer.leads(subscription) else None

    def _open(self, url: str) -> AbstractAsyncContextManager[Socket[Any, Any]]:
        if self._connect is not None:
            return self._connect(url)
        options: dict[str, Any] = {"ssl_context": self._ssl_context, "proxy": self._proxy, "clock": self._clock}
        return websocket_connect(url, **{**options, **self._websocket})

    # REST.

    @property
    def rest(self) -> RestClient:
        """The client of the REST API, made when it is first asked for."""
        if self._client is None:
            transport = self._transport
            if transport is None:
                transport = self._own_transport = HttpxTransport(
                    ssl_context=self._ssl_context, proxy=self._proxy, clock=self._clock
                )
            self._client = RestClient(
                self._endpoints.rest,
                self._signer,
                http_parser(),
                transport,
                clock=self._clock,
                on_metrics=self._on_metrics,
                limits=request_limits(self._market, self._endpoints.rest, self._scopes, self._account),
                retry=self._retry,
            )
        return self._client

    @property
    def history(self) -> History[N]:
        """The past, page after page."""
        return History(self._name, self._market, self._number, lambda: self.rest, self._clock)

    async def fetch(self, request: Any, /) -> Any:
        """The answer to a request the transformer asked for. It may stand behind the snapshots of many other books."""
        return await self.rest.execute(request, max_wait=_FETCH_WAIT)

    async def server_time(self) -> int:
        """The server's clock, int nanoseconds UTC."""
        return (await self.rest.execute(self.requests.server_time())).serverTime * MILLISECOND

    async def instruments(self) -> list[Instrument]:
        """Everything that can be traded, with its rules."""
        info = await self.rest.execute(self.requests.exchange_info())
        if self.rest.limits is not None:
            learn(self.rest.limits, info.rateLimits)
        return instruments(self._name, self._market, info.symbols)

    def candles(self, symbol: str, interval: str, start: int, end: int | None = None) -> Pages[Candle[N]]:
        """Candles of the past, see :meth:`barterpy.venues.binance.history.History.candles`."""
        return self.history.candles(symbol, interval, start, end)

    async def balances(self) -> list[Balance[N]]:
        """What the account holds; signed."""
        return list((await self.account()).balances)

    @abstractmethod
    async def account(self) -> Account[N]:
        """Balances and positions; signed.

        :raises barterpy.errors.ConfigurationError: there are no credentials
        """
        ...

    async def aclose(self) -> None:
        """Close the REST transport, if it is the venue object's own."""
        self._client = None
        if self._own_transport is not None:
            transport, self._own_transport = self._own_transport, None
            await transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _native(self, symbol: str) -> str:
        return native_symbol(symbol, self._market)
