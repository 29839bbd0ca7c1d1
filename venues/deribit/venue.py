"""The venue object: connections, sessions, REST client, instruments and history."""

import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any, Final, Generic, Self, cast
from urllib.parse import urlsplit

from barterpy.clock import MILLISECOND, WallClock, wall_clock
from barterpy.connection import Connection, Logon, Room, ShardLimits, Slot, SubscribeRequest
from barterpy.credentials import Credentials
from barterpy.errors import ConfigurationError
from barterpy.events import LifecycleEvent
from barterpy.http import HttpTransport
from barterpy.limits import default_scopes, within
from barterpy.market import EventStream
from barterpy.model.account import AccountEvent, Balance
from barterpy.model.instrument import Instrument
from barterpy.model.market import Candle, MarketEvent
from barterpy.model.number import N, NumberParser, number_parser
from barterpy.protocols.http import HttpxTransport
from barterpy.protocols.websocket import connect as websocket_connect
from barterpy.reconnect import ReconnectPolicy
from barterpy.rest import RequestMetrics, RestClient
from barterpy.socket import Socket
from barterpy.subscription import Channel, Subscription, native
from barterpy.supervision import split
from barterpy.sync import SyncPolicy
from barterpy.timesync import ServerClock
from barterpy.venues.deribit.account import AccountNormaliser
from barterpy.venues.deribit.auth import Grant, http_signer, make_logon
from barterpy.venues.deribit.calls import CallLink
from barterpy.venues.deribit.channels import PACES, Stream, streams
from barterpy.venues.deribit.endpoints import STREAM_PATH, Environment, endpoints
from barterpy.venues.deribit.errors import RpcHttpParser
from barterpy.venues.deribit.execution import Scope
from barterpy.venues.deribit.history import History
from barterpy.venues.deribit.instruments import instruments
from barterpy.venues.deribit.limits import (
    CONNECTION_CHANNELS,
    CONNECTIONS_PER_ADDRESS,
    HEARTBEAT_INTERVAL,
    IDLE_TIMEOUT,
    SESSIONS_PER_KEY,
    Credits,
    address_places,
    key_places,
)
from barterpy.venues.deribit.messages import FrameParser
from barterpy.venues.deribit.normaliser import wire_number
from barterpy.venues.deribit.options import SocketFactory
from barterpy.venues.deribit.pages import Pages
from barterpy.venues.deribit.requests import encode_call
from barterpy.venues.deribit.rest import FetchAccountSummary, FetchInstruments, FetchTime
from barterpy.venues.deribit.session import DeribitSession
from barterpy.venues.deribit.transformers import ChannelTransformer

__all__ = ["ACCOUNT_CHANNELS", "DeribitVenue"]

ACCOUNT_CHANNELS: Final = ("user.changes.any.any.raw", "user.portfolio.any")
"""What an account stream has unless it is told otherwise: orders, fills and positions; balances."""

_QUICK: Final = frozenset({Channel.INDEX_PRICES, Channel.VOLATILITY_INDEX})
_QUIET_AFTER: Final = 120.0
_AUTHENTICATED: Final = "authenticated"


class DeribitVenue(Generic[N]):
    """Deribit: a :class:`barterpy.market.Venue`. Opens nothing before it is asked for something."""

    def __init__(
        self,
        number: NumberParser[N],
        *,
        environment: Environment = "live",
        ws_url: str | None = None,
        rest_url: str | None = None,
        credentials: Credentials | None = None,
        grant: Grant = "client_signature",
        scope: str = "",
        pace: str = "100ms",
        heartbeat: int = HEARTBEAT_INTERVAL,
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | None = None,
        websocket: Mapping[str, Any] | None = None,
        connect: SocketFactory | None = None,
        transport: HttpTransport | None = None,
        sync: SyncPolicy | None = None,
        connection_channels: int = CONNECTION_CHANNELS,
        credits: Credits | None = None,  # noqa: A002 - the venue's word
        clock: WallClock = wall_clock,
        on_metrics: Callable[[RequestMetrics], None] | None = None,
    ) -> None:
        if pace not in PACES:
            raise ConfigurationError(f"pace must be one of {', '.join(PACES)}, not {pace!r}")
        if heartbeat < 10:
            raise ConfigurationError(f"heartbeat is seconds from 10, not {heartbeat}")
        if connection_channels < 1:
            raise ConfigurationError("connection_channels must be at least 1")
        wire_number(number)
        self._number: NumberParser[N] = number_parser(number)
        self._endpoints = endpoints(environment, ws_url=ws_url, rest_url=rest_url)
        self._credentials = credentials
        self._grant: Grant = grant
        self._scope = scope
        self._pace = pace
        self._heartbeat = heartbeat
        self._ssl_context = ssl_context
        self._proxy = proxy
        self._websocket = dict(websocket or {})
        self._connect = connect
        self._transport = transport
        self._own_transport: HttpTransport | None = None
        self._sync = sync
        self._connection_channels = connection_channels
        scopes, host = default_scopes(), urlsplit(self._endpoints.rest).netloc
        key = "" if credentials is None else credentials.key
        self.credits: Credits = credits or Credits(scopes=scopes, host=host, key=key)
        """What calls over sessions and REST wait for, and subscribes."""
        self._address_places = address_places(scopes, host, proxy or "")
        self._key_places = [key_places(scopes, host, key)] if key else []
        self._clock = clock
        self.server_clock: ServerClock = ServerClock(self.server_time, clock=clock)
        """The venue's clock, by which logons and requests are signed once it was measured (``refresh``, ``run``)."""
        self._on_metrics = on_metrics
        self._client: RestClient | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._endpoints.streams}, {self._endpoints.rest})"

    @property
    def name(self) -> str:
        """The venue's name in events."""
        return "deribit"

    # Streams.

    def connections(
        self, subscriptions: Sequence[Subscription], /
    ) -> Sequence[Connection[MarketEvent[N] | LifecycleEvent]]:
        """The connections that carry these subscriptions, by how many channels one may carry.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them, or it needs a logon and there
            are no credentials; the text names it
        """
        return cast(
            "Sequence[Connection[MarketEvent[N] | LifecycleEvent]]",
            self._connections("stream", subscriptions, self._market_slot),
        )

    def account_connections(
        self, subscriptions: Sequence[Subscription] = (), /
    ) -> Sequence[Connection[AccountEvent[N] | LifecycleEvent]]:
        """The connections that carry the account's own channels, named as :func:`barterpy.subscription.native`.

        :raises barterpy.errors.ConfigurationError: there is no such channel, or there are no credentials
        """
        wanted = subscriptions or [native(channel) for channel in ACCOUNT_CHANNELS]
        return cast(
            "Sequence[Connection[AccountEvent[N] | LifecycleEvent]]",
            self._connections("account", wanted, self._account_slot),
        )

    def account_stream(
        self, subscriptions: Sequence[Subscription] = (), *, policy: ReconnectPolicy | None = None
    ) -> EventStream[AccountEvent[N] | LifecycleEvent]:
        """The account's orders, fills, positions and balances, supervised; entered with ``async with``.

        What happened while a connection was down does not come after it: ask for open orders and positions then.

        :raises barterpy.errors.ConfigurationError: there is no such channel, or there are no credentials
        """
        return EventStream(
            self.account_connections(subscriptions), policy, clock=self._clock, plan=self.account_connections
        )

    def session(
        self,
        subscriptions: Sequence[Subscription] = (),
        *,
        cancel_on_disconnect: Scope | None = None,
        policy: ReconnectPolicy | None = None,
        timeout: float = 10.0,
    ) -> DeribitSession[N]:
        """A connection of its own for calls, public and private, and for these subscriptions beside them.

        :param cancel_on_disconnect: orders placed over it are cancelled by the venue when it ends
        :param timeout: seconds for a call, unless it says otherwise
        :raises barterpy.errors.ConfigurationError: a subscription the venue does not offer, or it needs a logon and
            there are no credentials
        """
        if cancel_on_disconnect is not None and self._credentials is None:
            raise ConfigurationError("cancel_on_disconnect needs credentials")
        transformer = self.transformer()
        link = CallLink(None if self._credentials is None else transformer.topics.logons, self.credits)
        connection = self._connection(
            "session", transformer, tuple(subscriptions), link=link, cancel_on_disconnect=cancel_on_disconnect
        )
        account = AccountNormaliser(self.name, self._number)
        return DeribitSession(connection, link, account, policy=policy, timeout=timeout, clock=self._clock)

    def parser(self) -> FrameParser:
        """A parser of notifications and answers."""
        return FrameParser()

    def transformer(self, subscriptions: Sequence[Subscription] = (), /) -> ChannelTransformer[N]:
        """A transformer of parsed messages; without subscriptions it takes whatever comes, under the venue's names.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; the text names it
        """
        return ChannelTransformer(self.name, self._number, subscriptions, pace=self._pace, policy=self._sync)

    def _market_slot(self, subscription: Subscription) -> Slot:
        (stream,) = streams([subscription], self._pace)
        if stream.private:
            raise ConfigurationError(f"{subscription.name}: the account's own; use account_stream()")
        return self._slot(stream, subscription)

    def _account_slot(self, subscription: Subscription) -> Slot:
        (stream,) = streams([subscription], self._pace)
        if not stream.private:
            raise ConfigurationError(f"{subscription.name}: is no channel of the account")
        return self._slot(stream, subscription)

    def _slot(self, stream: Stream, subscription: Subscription) -> Slot:
        if stream.authenticated and self._credentials is None:
            raise ConfigurationError(f"{subscription.name}: {stream.name} needs a logon; pass credentials")
        # A connection which has logged on is another one than all others: what needs no logon must not wait for it.
        return Slot(stream.name, family=_AUTHENTICATED if stream.authenticated else "")

    def _connections(
        self, kind: str, subscriptions: Sequence[Subscription], slot: Callable[[Subscription], Slot]
    ) -> list[Connection[Any]]:
        limits = ShardLimits(
            topics=self._connection_channels,
            connections=CONNECTIONS_PER_ADDRESS,
            families={_AUTHENTICATED: SESSIONS_PER_KEY},
        )
        parts = split(subscriptions, slot, limits)
        return [self._shard(f"{kind}-{number}", room, topics) for number, (room, topics) in enumerate(parts, 1)]

    def _shard(self, name: str, room: Room, topics: Sequence[Subscription]) -> Connection[Any]:
        made = self._connection(name, self.transformer(topics), tuple(topics))
        return replace(made, room=room, again=partial(self._shard, name, room))

    def _connection(
        self,
        name: str,
        transformer: ChannelTransformer[N],
        topics: tuple[Subscription, ...],
        *,
        link: CallLink | None = None,
        cancel_on_disconnect: Scope | None = None,
    ) -> Connection[Any]:
        needed = next((stream for stream in streams(topics, self._pace) if stream.authenticated), None)
        if needed is not None and self._credentials is None:
            raise ConfigurationError(f"{needed.subscriptions[0].name}: {needed.name} needs a logon; pass credentials")
        logon: Logon | None = None
        if self._credentials is not None and (needed is not None or link is not None):
            logon = make_logon(
                self._credentials,
                transformer.topics.next_logon_id,
                grant=self._grant,
                scope=self._scope,
                offset=self.server_clock.offset,
            )
        requests = [_asked(transformer, "public/set_heartbeat", {"interval": self._heartbeat})]
        if cancel_on_disconnect is not None:
            scope = {"scope": cancel_on_disconnect}
            requests.append(_asked(transformer, "private/enable_cancel_on_disconnect", scope))
            if link is not None:
                # No order goes out before the venue has promised to cancel it.
                link.opening = {cast("int", requests[-1].id)}
        places = [self._address_places, *(self._key_places if logon is not None else ())]
        connect = within(self._open, *places)
        if link is not None:
            connect = link.through(connect)
        return Connection(
            venue=self.name,
            name=name,
            connect=connect,
            parser=self.parser(),
            transformer=transformer,
            requests=tuple(requests),
            logon=logon,
            topics=topics,
            subscribe=transformer.subscribe,
            unsubscribe=transformer.unsubscribe,
            subscribe_limiter=self.credits.subscribes,
            idle_timeout=max(IDLE_TIMEOUT, 2.5 * self._heartbeat),
            quiet_after=_quiet_after,
        )

    def _open(self) -> AbstractAsyncContextManager[Socket[Any, Any]]:
        url = f"{self._endpoints.streams}{STREAM_PATH}"
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
                None if self._credentials is None else http_signer(self._credentials, offset=self.server_clock.offset),
                RpcHttpParser(),
                transport,
                clock=self._clock,
                on_metrics=self._on_metrics,
                limits=self.credits.rest_limits(),
            )
        return self._client

    @property
    def history(self) -> History[N]:
        """The past, page after page."""
        return History(self.name, self._number, lambda: self.rest, self._clock)

    async def fetch(self, request: Any, /) -> Any:
        """The answer to a request the transformer asked for."""
        return await self.rest.execute(request)

    async def server_time(self) -> int:
        """The server's clock, int nanoseconds UTC."""
        return await self.rest.execute(FetchTime()) * MILLISECOND

    async def instruments(self, currency: str = "any", *, kind: str | None = None) -> list[Instrument]:
        """What can be traded, with its rules; of one currency and kind where these are named."""
        rows = await self.rest.execute(FetchInstruments(currency=currency, kind=kind))
        return instruments(self.name, rows)

    def candles(self, symbol: str, interval: str, start: int, end: int | None = None) -> Pages[Candle[N]]:
        """Candles of the past, see :meth:`barterpy.venues.deribit.history.History.candles`."""
        return self.history.candles(symbol, interval, start, end)

    async def balance(self, currency: str) -> Balance[N]:
        """What the account holds of a currency; signed.

        :raises barterpy.errors.ConfigurationError: there are no credentials
        """
        summary = await self.rest.execute(FetchAccountSummary(currency=currency))
        return AccountNormaliser(self.name, self._number).balance(summary, self._clock())

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


def _asked(transformer: ChannelTransformer[Any], method: str, params: Mapping[str, object]) -> SubscribeRequest:
    id_ = transformer.topics.next_id()
    return SubscribeRequest(id=id_, message=encode_call(id_, method, params), subscriptions=())


def _quiet_after(subscription: Subscription) -> float | None:
    """Indices are told every second; everything else may be silent, and the heartbeat shows that we are not."""
    return _QUIET_AFTER if subscription.channel in _QUICK else None
