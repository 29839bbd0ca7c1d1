"""The simulated venue: the market, its streams and its REST API, on loopback or in memory, and what may go wrong."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from decimal import Decimal
from types import TracebackType
from typing import Any, Final, Self, final
from urllib.parse import urlsplit

import anyio
import anyio.abc

from barterpy.clock import SECOND, WallClock, wall_clock
from barterpy.credentials import Credentials
from barterpy.errors import ConfigurationError, HandshakeError
from barterpy.http import HttpRequest, HttpResponse
from barterpy.limits import Scopes
from barterpy.model.market import BookSnapshot, Level
from barterpy.socket import Socket
from barterpy.testing.http_server import serve_http
from barterpy.testing.simulated.exchange import SimulatedExchange
from barterpy.testing.simulated.instrument import SimulatedTrade
from barterpy.testing.simulated.keys import KeyKind, KeyRing
from barterpy.testing.simulated.matching import SimulatedOrder
from barterpy.testing.simulated.payloads import MarketName
from barterpy.testing.simulated.rest import Answer, RestApi
from barterpy.testing.simulated.session import Session, SessionRules, is_stream_path
from barterpy.testing.simulated.streams import Listener, Streams
from barterpy.testing.simulated.symbols import SimulatedSymbol, find_symbols
from barterpy.testing.simulated.transport import SimulatedTransport
from barterpy.testing.sockets import socket_pair

__all__ = ["Listener", "SimulatedTransport", "SimulatedVenue"]

_MESSAGES: Final = {"spot": 5, "futures": 10}
_PINGS: Final = {"spot": (20.0, 60.0), "futures": (180.0, 600.0)}
_DAY: Final = 86400.0
_MEMORY_WS: Final = "ws://simulated"
_MEMORY_REST: Final = "http://simulated"


@final
class SimulatedVenue:
    """A venue that speaks Binance's WebSocket and REST, with a market that is a function of its seed.

        async with SimulatedVenue("futures", seed=7) as venue:
            client = binance.Futures(ws_url=venue.ws_url, rest_url=venue.rest_url)

    It listens on loopback; without ``listen``, everything stays in memory and works in virtual time::

        async with SimulatedVenue("spot", listen=False, clock=VirtualClock()) as venue:
            client = binance.Spot(**venue.options)

    :class:`~barterpy.testing.simulated.fix.SimulatedFix` adds FIX.

    What it says agrees with itself: the changes of a book give the server's book exactly, trades took from it what they
    traded, candles are made of those trades. It begins ``history`` minutes into its life.

    :param market: ``spot`` or ``futures`` (USD-M)
    :param symbols: names it knows (:data:`~barterpy.testing.simulated.symbols.SYMBOLS`) or descriptions of others
    :param rate: things that happen to each instrument, a second
    :param history: minutes of trading that lie behind it
    :param weight_limit: REST weight a minute; None for the venue's
    :param message_limit: messages a second from a client, before it is cut off; None for the venue's
    :param lifetime: seconds after which a connection is cut, 24 hours by default
    :param max_unread: messages that wait for a client which does not read, before it is cut off
    :param nested_errors: answer refused messages as ``{"error": {…}, "id": 1}`` instead of flat; both are documented
    :param listen: whether to serve on loopback
    :param clock: int nanoseconds UTC; the market's time begins at it
    """

    def __init__(
        self,
        market: MarketName = "spot",
        *,
        seed: int = 0,
        symbols: Iterable[str | SimulatedSymbol] = ("BTCUSDT", "ETHUSDT", "SOLUSDT"),
        rate: float = 20.0,
        history: float = 60.0,
        weight_limit: int | None = None,
        message_limit: int | None = None,
        lifetime: float = _DAY,
        max_unread: int = 10_000,
        nested_errors: bool = False,
        listen: bool = True,
        host: str = "127.0.0.1",
        ws_port: int = 0,
        rest_port: int = 0,
        clock: WallClock = wall_clock,
    ) -> None:
        if market not in _MESSAGES:
            raise ConfigurationError(f"market must be spot or futures, not {market!r}")
        self.market: MarketName = market
        self.keys: KeyRing = KeyRing()
        """API keys it knows."""
        self.ws_url: str = _MEMORY_WS
        self.rest_url: str = _MEMORY_REST
        self.connections: int = 0
        """How many stream connections were accepted so far."""
        self._rate = rate
        self._clock = clock
        self._scopes = Scopes()
        self._listen = (host, ws_port, rest_port) if listen else None
        self._rules = SessionRules(
            market=market,
            messages=message_limit or _MESSAGES[market],
            lifetime=lifetime,
            unread=max_unread,
            nested_errors=nested_errors,
        )
        self._exchange = SimulatedExchange(
            market, find_symbols(tuple(symbols)), seed=seed, rate=rate, now=clock(), history=history
        )
        self.rest: RestApi = RestApi(self._exchange, self.keys, clock=clock, weight_limit=weight_limit)
        """The REST API: its limits, clock skew, balances and the requests it had."""
        self._streams = Streams()
        self._refusals = 0
        self._rest_delay = 0.0
        self._tasks: anyio.abc.TaskGroup | None = None
        self._running: AbstractAsyncContextManager[None] | None = None

    async def __aenter__(self) -> Self:
        if self._running is not None:
            raise ConfigurationError("a simulated venue can be entered once")
        self._running = self._run()
        await self._running.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        assert self._running is not None
        return await self._running.__aexit__(kind, error, traceback)

    @asynccontextmanager
    async def _run(self) -> AsyncGenerator[None, None]:
        failure: Exception | None = None
        async with AsyncExitStack() as servers:
            if self._listen is not None:
                await self._serve(servers, *self._listen)
            async with anyio.create_task_group() as tasks:
                self._tasks = tasks
                tasks.start_soon(self._pump)
                try:
                    yield
                except Exception as error:  # noqa: BLE001 - the block's own; passed on below as it is, not in a group
                    failure = error
                tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _serve(self, servers: AsyncExitStack, host: str, ws_port: int, rest_port: int) -> None:
        from barterpy.protocols import websocket

        def accept(request: websocket.HandshakeRequest) -> websocket.Reject | None:
            status = self._refusal(request.path)
            if status is None:
                return None
            return websocket.Reject(status, (("Retry-After", "1"),) if status == 503 else (), b"refused")

        interval, patience = _PINGS[self.market]
        server = await servers.enter_async_context(
            websocket.serve(
                self._serve_socket,
                host,
                ws_port,
                accept=accept,
                ping_interval=interval,
                ping_timeout=patience,
                close_timeout=1.0,
            )
        )
        self.ws_url = server.url
        self.rest_url = await servers.enter_async_context(serve_http(self.respond, host, rest_port))

    # What it is.

    @property
    def options(self) -> dict[str, Any]:
        """Keyword arguments for a Binance venue object that lead it here, also when nothing listens.

        All clients made with them count as one address: they share limits with each other, not with other venues.
        """
        urls: dict[str, Any] = {
            "ws_url": self.ws_url,
            "rest_url": self.rest_url,
            "clock": self._clock,
            "scopes": self._scopes,
        }
        if self._listen is not None:
            return urls
        return {**urls, "connect": self.connect, "transport": SimulatedTransport(self)}

    @property
    def symbols(self) -> tuple[str, ...]:
        """The names of what it trades."""
        return tuple(self._exchange.instruments)

    @property
    def subscriptions(self) -> frozenset[str]:
        """The streams somebody listens to now."""
        return self._streams.wanted

    @property
    def exchange(self) -> SimulatedExchange:
        """The market itself."""
        return self._exchange

    @property
    def clock(self) -> WallClock:
        """Int nanoseconds UTC."""
        return self._clock

    @property
    def clients(self) -> int:
        """How many stream connections are open."""
        return len(self._streams.sessions)

    def credentials(self, kind: KeyKind = "hmac") -> Credentials:
        """A new API key that it knows, of that kind."""
        return self.keys.create(kind)

    def book(self, symbol: str) -> BookSnapshot[Decimal]:
        """The book as it is on the server; ``sequence`` is the number of its last change."""
        instrument = self._exchange.instruments[symbol]
        bids, asks = instrument.depth(1 << 30)
        return BookSnapshot(
            venue=f"simulated_{self.market}",
            instrument=symbol,
            bids=tuple(Level(Decimal(price), Decimal(size)) for price, size in bids),
            asks=tuple(Level(Decimal(price), Decimal(size)) for price, size in asks),
            exchange_at=self._exchange.now,
            received_at=self._clock(),
            sequence=instrument.update_id,
        )

    def trades(self, symbol: str) -> list[SimulatedTrade]:
        """Every aggregated trade so far, the history's included; the last 50,000."""
        return list(self._exchange.instruments[symbol].trades)

    # Who else is there.

    def listen(self, listener: Listener) -> None:
        """Let somebody else hear what is said on the streams, too."""
        self._streams.listeners.append(listener)

    def stop_listening(self, listener: Listener) -> None:
        """Undo :meth:`listen`."""
        self._streams.listeners.remove(listener)

    def place(self, symbol: str, order: SimulatedOrder) -> None:
        """Let a client's order into the book, and tell its trades to whoever listens."""
        self._streams.deliver(self._exchange.place(symbol, order, self.subscriptions))

    def cancel(self, symbol: str, order: SimulatedOrder) -> None:
        """Take a client's order out of the book."""
        self._streams.deliver(self._exchange.cancel(symbol, order, self.subscriptions))

    def resize(self, symbol: str, order: SimulatedOrder, size: int) -> None:
        """Give a client's resting order another size, in lots; a larger one loses its place in the queue."""
        self._streams.deliver(self._exchange.resize(symbol, order, size, self.subscriptions))

    def flush(self) -> None:
        """Tell at once what of the books has not been told: clients then know all there is."""
        self._streams.deliver(self._exchange.flush(self.subscriptions))

    # What may happen to it.

    def pause(self) -> None:
        """Let the market stand still, and tell at once what has not been told: clients then know all there is."""
        self._exchange.running = False
        self.flush()

    def resume(self) -> None:
        """Let the market move on."""
        self._exchange.running = True

    def stop_sending(self) -> None:
        """Keep every connection open and say nothing more; what happens meanwhile is lost to clients."""
        self._streams.silent = True

    def start_sending(self) -> None:
        """Speak again."""
        self._streams.silent = False

    def cut(self, *, graceful: bool = True, notice: bool = True) -> int:
        """Cut every connection, as happens after 24 hours; returns how many there were.

        :param graceful: close with 1001, after a ``serverShutdown`` event if ``notice``; otherwise break the
            connection without a word
        """
        sessions = tuple(self._streams.sessions)
        for session in sessions:
            if not graceful:
                session.abort()
                continue
            if notice:
                session.announce(f'{{"e":"serverShutdown","E":{self._exchange.millis}}}')
            session.end(1001, "going away")
        return len(sessions)

    def announce_shutdown(self) -> None:
        """Tell every client that its connection will be cut, as the venue does some minutes before."""
        for session in self._streams.sessions:
            session.announce(f'{{"e":"serverShutdown","E":{self._exchange.millis}}}')

    def refuse_next(self, count: int) -> None:
        """Answer the next ``count`` connections with 503."""
        self._refusals = count

    def lose_updates(self, symbol: str, count: int) -> None:
        """Do not tell the next ``count`` changes of the book of ``symbol`` to anybody: a gap in its numbers."""
        self._streams.losses[symbol.lower()] = count

    def delay_rest(self, seconds: float) -> None:
        """Let every REST answer take this long; it is worked out at its end, and so is as fresh as ever."""
        self._rest_delay = seconds

    def fail_rest(self, *answers: tuple[int, bytes]) -> None:
        """Give these (status, body) instead of the next answers."""
        self.rest.planned += [Answer(status, (), body) for status, body in answers]

    def ban(self, seconds: float) -> None:
        """Answer every REST request with 418 for so long."""
        self.rest.banned_until = self._clock() + round(seconds * SECOND)

    def skew_clock(self, seconds: float) -> None:
        """Let the server's clock go ahead of ``clock`` by so much, or behind."""
        self.rest.skew = round(seconds * SECOND)

    def set_status(self, symbol: str, status: str) -> None:
        """Change an instrument's trading status, such as ``HALT``."""
        self._streams.deliver(self._exchange.set_status(symbol, status))

    # In memory.

    @asynccontextmanager
    async def connect(self, url: str) -> AsyncGenerator[Socket[Any, Any], None]:
        """A connection in memory, as if to ``url``: the ``connect`` of a Binance venue object.

        :raises barterpy.errors.HandshakeError: refused, or there are no streams at that path
        """
        if self._tasks is None:
            raise ConfigurationError("enter the simulated venue first: async with SimulatedVenue() as venue")
        parts = urlsplit(url)
        status = self._refusal(parts.path)
        if status is not None:
            raise HandshakeError("simulated", f"HTTP {status}", status)
        client, server = socket_pair(clock=self._clock, path=parts.path, query=parts.query)
        self._tasks.start_soon(self._serve_socket, server)
        try:
            yield client
        finally:
            await client.aclose()

    # How it runs.

    def _refusal(self, path: str) -> int | None:
        if not is_stream_path(self.market, path):
            return 404
        if self._refusals > 0:
            self._refusals -= 1
            return 503
        return None

    async def _serve_socket(self, socket: Any) -> None:
        session = Session(socket, self._rules, anyio.current_time)
        self.connections += 1
        self._streams.sessions.add(session)
        try:
            await session.run()
        finally:
            self._streams.sessions.discard(session)

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """The answer of its REST API, which takes as long as it was told to."""
        if self._rest_delay > 0:
            await anyio.sleep(self._rest_delay)
        headers = {name.lower(): value for name, value in request.headers}
        answer = self.rest.handle(request.method, request.path, request.query, headers, request.body)
        return HttpResponse(status=answer.status, headers=answer.headers, body=answer.body, url=request.url)

    async def _pump(self) -> None:
        # As often as something happens, but not more often than a timer is worth.
        pause = max(1 / self._rate, 0.01)
        while True:
            await anyio.sleep(pause)
            self._streams.deliver(self._exchange.advance(self._clock(), self.subscriptions))
