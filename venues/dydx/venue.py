"""What the market's and an account's venue object have in common: connections, REST client, and the options of both."""

import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeAlias, TypedDict

from barterpy.clock import WallClock, wall_clock
from barterpy.connection import Connection, Heartbeat, Room, ShardLimits, Slot
from barterpy.errors import ConfigurationError
from barterpy.http import HttpTransport
from barterpy.limits import RequestLimits
from barterpy.model.instrument import Instrument
from barterpy.model.number import N, NumberParser, number_parser
from barterpy.protocols.http import HttpxTransport
from barterpy.protocols.websocket import connect as websocket_connect
from barterpy.rest import RequestMetrics, RestClient
from barterpy.socket import Socket
from barterpy.subscription import Subscription
from barterpy.supervision import split
from barterpy.venues.dydx.channels import PING, Kind, topic_of
from barterpy.venues.dydx.decoding import understood
from barterpy.venues.dydx.endpoints import STREAM_PATH, Environment, endpoints
from barterpy.venues.dydx.errors import http_parser
from barterpy.venues.dydx.instruments import instruments
from barterpy.venues.dydx.limits import LIMITS, rest_limits, send_limiter
from barterpy.venues.dydx.messages import FrameParser
from barterpy.venues.dydx.rest import FetchHeight, FetchMarkets, FetchTime
from barterpy.venues.dydx.timestamps import nanoseconds
from barterpy.venues.dydx.transformers import IndexerTransformer

__all__ = ["IndexerVenue", "Options", "SocketFactory"]

SocketFactory: TypeAlias = Callable[[str], AbstractAsyncContextManager[Socket[Any, Any]]]
"""Makes a socket for a URL, used with ``async with``."""

_IDLE: Final = 15.0
# Oracle prices move with nearly every block, and a block takes less than a second.
_QUIET: Final[Mapping[Kind, float]] = {Kind.MARKETS: 60.0, Kind.BLOCK_HEIGHT: 30.0}


class Options(TypedDict, total=False):
    """What every dYdX venue object takes, by keyword."""

    environment: Environment
    """``live`` (default) or ``testnet``."""
    ws_url: str | None
    """Instead of scheme, host and port of the environment's streams; the path is kept."""
    rest_url: str | None
    """Instead of scheme, host and port of the environment's REST API; paths are kept."""
    batched: bool
    """Take what happens within 250 ms as one message: less work, later. False by default."""
    recent_trades: bool
    """Tell the trades before the subscription too, which the venue repeats when it confirms. False by default."""
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
    limits: RequestLimits | None
    """Instead of those that all venue objects for the same REST host share in this process."""
    subscriptions: Mapping[str, int] | None
    """Topics on one connection by channel, where a venue allows others than dYdX does."""
    clock: WallClock
    """Int nanoseconds UTC; the time of receipts."""
    on_metrics: Callable[[RequestMetrics], None] | None
    """Called once a REST request."""


class IndexerVenue(Generic[N]):
    """An Indexer, for markets or for an account. Opens nothing before it is asked for something."""

    def __init__(
        self,
        name: str,
        number: NumberParser[N],
        *,
        environment: Environment = "live",
        ws_url: str | None = None,
        rest_url: str | None = None,
        batched: bool = False,
        recent_trades: bool = False,
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | None = None,
        websocket: Mapping[str, Any] | None = None,
        connect: SocketFactory | None = None,
        transport: HttpTransport | None = None,
        limits: RequestLimits | None = None,
        subscriptions: Mapping[str, int] | None = None,
        clock: WallClock = wall_clock,
        on_metrics: Callable[[RequestMetrics], None] | None = None,
    ) -> None:
        self._name = name
        self._number: NumberParser[N] = number_parser(number)
        self._endpoints = endpoints(environment, ws_url=ws_url, rest_url=rest_url)
        self._batched = batched
        self._recent_trades = recent_trades
        self._ssl_context = ssl_context
        self._proxy = proxy
        self._websocket = dict(websocket or {})
        self._connect = connect
        self._transport = transport
        self._own_transport: HttpTransport | None = None
        self._limits = limits
        self._caps: Mapping[str, int] = {**LIMITS.subscriptions, **(subscriptions or {})}
        if any(cap < 1 for cap in self._caps.values()):
            raise ConfigurationError("subscriptions are numbers of topics from 1 on, by channel")
        self._clock = clock
        self._on_metrics = on_metrics
        self._client: RestClient | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._endpoints.streams}, {self._endpoints.rest})"

    @property
    def name(self) -> str:
        """The venue's name in events."""
        return self._name

    # Streams.

    def parser(self) -> FrameParser:
        """A parser of whatever comes on a connection."""
        return FrameParser()

    def transformer(self, subscriptions: Sequence[Subscription] = (), /) -> IndexerTransformer[N]:
        """A transformer of parsed messages; without subscriptions it takes whatever comes, under the venue's names.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; the text names it
        """
        return IndexerTransformer(
            self._name,
            self._number,
            subscriptions,
            batched=self._batched,
            recent_trades=self._recent_trades,
        )

    def _plans(self, subscriptions: Sequence[Subscription]) -> list[Connection[Any]]:
        parts = split(subscriptions, _slot, ShardLimits(channels=self._caps, messages=LIMITS.messages))
        return [self._plan(f"indexer-{number}", room, part) for number, (room, part) in enumerate(parts, 1)]

    def _plan(self, name: str, room: Room, subscriptions: Sequence[Subscription]) -> Connection[Any]:
        transformer = self.transformer(subscriptions)
        return Connection(
            venue=self._name,
            name=name,
            connect=partial(self._open, f"{self._endpoints.streams}{STREAM_PATH}"),
            parser=self.parser(),
            transformer=transformer,
            topics=tuple(subscriptions),
            subscribe=transformer.subscribe,
            unsubscribe=transformer.unsubscribe,
            fetch=self.fetch,
            send_limiter=send_limiter(self._endpoints.streams),
            # A market where nothing happens says nothing: its silence alone does not tell it from a dead connection.
            heartbeat=Heartbeat(interval=_IDLE, message=lambda _: PING, timeout=LIMITS.pong_timeout),
            idle_timeout=_IDLE + LIMITS.pong_timeout + LIMITS.ping_interval,
            quiet_after=partial(_quiet_after, transformer),
            room=room,
            own_numbers=True,
            again=partial(self._plan, name, room),
        )

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
                None,
                http_parser(),
                transport,
                clock=self._clock,
                on_metrics=self._on_metrics,
                limits=self._limits or rest_limits(self._endpoints.rest),
            )
        return self._client

    async def fetch(self, request: Any, /) -> Any:
        """The answer to a request the transformer asked for."""
        return await self.rest.execute(request)

    async def server_time(self) -> int:
        """The server's clock, int nanoseconds UTC."""
        answer = await self.rest.execute(FetchTime())
        with understood("time"):
            return nanoseconds(answer.iso)

    async def block_height(self) -> int:
        """The last block the Indexer has read."""
        answer = await self.rest.execute(FetchHeight())
        with understood("height"):
            return int(answer.height)

    async def instruments(self) -> list[Instrument]:
        """Everything that can be traded, with its rules."""
        return instruments(self._name, (await self.rest.execute(FetchMarkets())).markets)

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


def _slot(subscription: Subscription) -> Slot:
    topic = topic_of(subscription)
    return Slot(topic.name, topic.kind.value)


def _quiet_after(transformer: IndexerTransformer[Any], subscription: Subscription) -> float | None:
    # One for each topic, or as many as it serves would ask for it again at once.
    return _QUIET.get(topic_of(subscription).kind) if transformer.leads(subscription) else None
