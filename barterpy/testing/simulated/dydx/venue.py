"""The simulated dYdX: markets and accounts, their streams and their REST API, on loopback or in memory, and what may go
wrong."""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from decimal import Decimal
from types import TracebackType
from typing import Any, Final, Self, final
from urllib.parse import urlsplit

import anyio
import anyio.abc
import anyio.lowlevel

from barterpy.clock import MILLISECOND, WallClock, wall_clock
from barterpy.errors import ConfigurationError, HandshakeError
from barterpy.http import HttpRequest, HttpResponse
from barterpy.socket import Socket
from barterpy.testing.http_server import serve_http
from barterpy.testing.simulated.dydx.accounts import SimulatedAccount, SimulatedAccounts
from barterpy.testing.simulated.dydx.market import DYDX_SYMBOLS, Contents, SimulatedMarkets, Topic
from barterpy.testing.simulated.dydx.rest import IndexerApi
from barterpy.testing.simulated.dydx.session import IndexerRules, IndexerSession
from barterpy.testing.simulated.rest import Answer
from barterpy.testing.simulated.symbols import SimulatedSymbol
from barterpy.testing.sockets import socket_pair

__all__ = ["SimulatedDydx"]

_PATH: Final = "/v4/ws"
_BATCH: Final = 250 * MILLISECOND
_MEMORY_WS: Final = "ws://simulated"
_MEMORY_REST: Final = "http://simulated"


@final
class SimulatedDydx:
    """A venue that speaks the Indexer's WebSocket and REST, with markets that are a function of its seed.

        async with SimulatedDydx(seed=7) as venue:
            client = dydx.Perpetuals(ws_url=venue.ws_url, rest_url=venue.rest_url)

    It listens on loopback; without ``listen``, everything stays in memory and works in virtual time::

        async with SimulatedDydx(listen=False, clock=VirtualClock()) as venue:
            client = dydx.Perpetuals(**venue.options)

    Books cross now and then, as the Indexer's do. Accounts are what a script makes of them.

    :param symbols: names it knows (``BTC-USD``, ``ETH-USD``, ``SOL-USD``) or descriptions of others
    :param rate: things that happen to each market, a second
    :param history: minutes of trading that lie behind it
    :param crossing: how many of the levels that go are told late, 0 to 1
    :param request_limit: REST requests in ten seconds; None for the venue's
    :param listen: whether to serve on loopback
    :param clock: int nanoseconds UTC; the markets' time begins at it
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        symbols: Iterable[str | SimulatedSymbol] = ("BTC-USD", "ETH-USD", "SOL-USD"),
        rate: float = 20.0,
        history: float = 10.0,
        crossing: float = 0.2,
        request_limit: int | None = None,
        listen: bool = True,
        host: str = "127.0.0.1",
        ws_port: int = 0,
        rest_port: int = 0,
        clock: WallClock = wall_clock,
    ) -> None:
        self.ws_url: str = _MEMORY_WS
        self.rest_url: str = _MEMORY_REST
        self.connections: int = 0
        """How many stream connections were accepted so far."""
        self.rules: IndexerRules = IndexerRules()
        """Caps, rates and lifetime of connections."""
        self.accounts: SimulatedAccounts = SimulatedAccounts()
        self._clock = clock
        self._rate = rate
        self._listen = (host, ws_port, rest_port) if listen else None
        self.markets: SimulatedMarkets = SimulatedMarkets(
            _symbols(symbols), seed=seed, rate=rate, now=clock(), history=history, crossing=crossing
        )
        self.rest: IndexerApi = IndexerApi(self.markets, self.accounts, clock, request_limit)
        self._sessions: set[IndexerSession] = set()
        self._flushed = clock() // _BATCH
        self._refusals = 0
        self._changed = anyio.Event()
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
            return None if status is None else websocket.Reject(status, (), b"refused")

        server = await servers.enter_async_context(
            websocket.serve(
                self._serve_socket,
                host,
                ws_port,
                accept=accept,
                ping_interval=30.0,
                ping_timeout=10.0,
                close_timeout=1.0,
            )
        )
        self.ws_url = server.url
        self.rest_url = await servers.enter_async_context(serve_http(self._respond, host, rest_port))

    # What it is.

    @property
    def options(self) -> dict[str, Any]:
        """Keyword arguments for a dYdX venue object that lead it here, also when nothing listens."""
        urls: dict[str, Any] = {"ws_url": self.ws_url, "rest_url": self.rest_url, "clock": self._clock}
        if self._listen is not None:
            return urls
        return {**urls, "connect": self.connect, "transport": _MemoryTransport(self, self._clock)}

    @property
    def clients(self) -> int:
        """How many stream connections are open."""
        return len(self._sessions)

    @property
    def subscriptions(self) -> frozenset[Topic]:
        """Channels and ids somebody listens to now."""
        return frozenset(topic for session in self._sessions for topic in session.topics)

    @property
    def topics(self) -> list[list[Topic]]:
        """The same of each connection."""
        return sorted(list(session.topics) for session in self._sessions)

    def told_book(self, ticker: str) -> tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]:
        """Bids and asks as they were told last, crossed or not."""
        book = self.markets.book(ticker, None)
        bids, asks = ({Decimal(row["price"]): Decimal(row["size"]) for row in book[side]} for side in ("bids", "asks"))
        return bids, asks

    async def when(self, condition: Callable[[], object]) -> None:
        """Wait until it holds; asked whenever a client was answered or has left."""
        while not condition():
            await self._changed.wait()

    # Accounts.

    def account(self, address: str, number: int = 0, deposit: str = "10000") -> SimulatedAccount:
        """A new account with so much USDC."""
        return self.accounts.create(address, number, deposit)

    def place(self, account: SimulatedAccount, ticker: str, side: str, size: str, price: str, **more: Any) -> str:
        """An order comes to rest; returns its id."""
        pair = str(list(self.markets.instruments).index(ticker))
        row = {"ticker": ticker, "clobPairId": pair, "side": side, "size": size, "price": price, "type": "LIMIT"}
        self._deliver_to_account(self.accounts.place(account, {**row, "clientId": "1", **more}))
        return next(reversed(account.orders))

    def change_order(self, account: SimulatedAccount, order_id: str, **fields: Any) -> None:
        """Tell what changed of an order, such as ``status="CANCELED"``."""
        self._deliver_to_account(self.accounts.change(account, order_id, **fields))

    def fill(self, account: SimulatedAccount, order_id: str, size: str, price: str) -> None:
        """A part of an order is traded."""
        now, height = self.markets.now, self.markets.height()
        self._deliver_to_account(self.accounts.fill(account, order_id, Decimal(size), Decimal(price), now, height))

    def deposit(self, account: SimulatedAccount, size: str) -> None:
        """Money comes from the wallet, or goes to it where the size is below zero."""
        now, height = self.markets.now, self.markets.height()
        self._deliver_to_account(self.accounts.deposit(account, Decimal(size), now, height))

    # What may happen to it.

    def pause(self) -> None:
        """Let the markets stand still, and tell at once what is in batches."""
        self.markets.running = False
        for session in self._sessions:
            session.flush()

    def resume(self) -> None:
        """Let the markets move on."""
        self.markets.running = True

    def set_status(self, ticker: str, status: str) -> None:
        """Change a market's status, such as ``PAUSED``."""
        self._deliver([self.markets.set_status(ticker, status)])

    def cut(self, *, graceful: bool = False) -> int:
        """Cut every connection, with 1001 or without a word; returns how many there were."""
        sessions = tuple(self._sessions)
        for session in sessions:
            if graceful:
                session.end(1001, "going away")
            else:
                session.abort()
        return len(sessions)

    def refuse_next(self, count: int) -> None:
        """Answer the next ``count`` connections with 503."""
        self._refusals = count

    def lose(self, count: int) -> None:
        """Do not send the next ``count`` messages of each connection: a hole in their numbers."""
        for session in self._sessions:
            session.lost += count

    def repeat(self, count: int) -> None:
        """Send the next ``count`` messages of each connection twice."""
        for session in self._sessions:
            session.repeated += count

    def spoil(self, channel: str, id_: str, contents: Any) -> None:
        """Send contents that the protocol does not know."""
        for session in self._sessions:
            session.spoil((channel, id_), contents)

    def stop_sending(self) -> None:
        """Keep every connection open and say nothing more; what happens meanwhile is lost to clients."""
        for session in self._sessions:
            session.silent = True

    def start_sending(self) -> None:
        """Speak again."""
        for session in self._sessions:
            session.silent = False

    def fail_rest(self, *answers: tuple[int, bytes]) -> None:
        """Give these (status, body) instead of the next answers."""
        self.rest.planned += [Answer(status, (), body) for status, body in answers]

    # In memory.

    @asynccontextmanager
    async def connect(self, url: str) -> AsyncGenerator[Socket[Any, Any], None]:
        """A connection in memory, as if to ``url``: the ``connect`` of a dYdX venue object.

        :raises barterpy.errors.HandshakeError: refused, or there is nothing at that path
        """
        if self._tasks is None:
            raise ConfigurationError("enter the simulated venue first: async with SimulatedDydx() as venue")
        path = urlsplit(url).path
        status = self._refusal(path)
        if status is not None:
            raise HandshakeError("simulated", f"HTTP {status}", status)
        client, server = socket_pair(clock=self._clock, path=path)
        self._tasks.start_soon(self._serve_socket, server)
        try:
            yield client
        finally:
            await client.aclose()

    # How it runs.

    def _refusal(self, path: str) -> int | None:
        if path != _PATH:
            return 404
        if self._refusals > 0:
            self._refusals -= 1
            return 503
        return None

    async def _serve_socket(self, socket: Any) -> None:
        self.connections += 1
        session = IndexerSession(
            socket, self.rules, anyio.current_time, self._first, f"c{self.connections}", self._wake
        )
        self._sessions.add(session)
        try:
            await session.run()
        finally:
            self._sessions.discard(session)
            self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, anyio.Event()
        changed.set()

    def _first(self, topic: Topic) -> Contents | None:
        if topic[0] in ("v4_subaccounts", "v4_parent_subaccounts"):
            return self.accounts.first(topic)
        return self.markets.first(topic)

    async def _respond(self, request: HttpRequest) -> HttpResponse:
        await anyio.lowlevel.checkpoint()
        answer = self.rest.handle(request.path, request.query)
        return HttpResponse(status=answer.status, headers=answer.headers, body=answer.body, url=request.url)

    async def _pump(self) -> None:
        # As often as something happens, but not more often than a timer is worth.
        pause = max(1 / self._rate, 0.01)
        while True:
            await anyio.sleep(pause)
            self._deliver(self.markets.advance(self._clock(), self.subscriptions))
            if self._flushed != (now := self._clock() // _BATCH):
                self._flushed = now
                for session in tuple(self._sessions):
                    session.flush()

    def _deliver(self, told: Iterable[tuple[Topic, Contents]]) -> None:
        for topic, contents in told:
            for session in tuple(self._sessions):
                session.tell(topic, contents)

    def _deliver_to_account(self, told: Iterable[tuple[Topic, int, Contents]]) -> None:
        for topic, child, contents in told:
            for session in tuple(self._sessions):
                session.tell(topic, contents, child)


@final
class _MemoryTransport:
    """A :class:`barterpy.http.HttpTransport` that asks a simulated venue in memory."""

    def __init__(self, venue: SimulatedDydx, clock: WallClock) -> None:
        self._venue = venue
        self._clock = clock

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        answer = await self._venue._respond(request)  # pyright: ignore[reportPrivateUsage]
        return HttpResponse(
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            url=request.url,
            received_at=self._clock(),
            elapsed=MILLISECOND,
        )

    async def aclose(self) -> None:
        """Nothing to close."""


def _symbols(symbols: Iterable[str | SimulatedSymbol]) -> tuple[SimulatedSymbol, ...]:
    known = {symbol.name: symbol for symbol in DYDX_SYMBOLS}
    found: list[SimulatedSymbol] = []
    for symbol in symbols:
        if isinstance(symbol, SimulatedSymbol):
            found.append(symbol)
        elif symbol in known:
            found.append(known[symbol])
        else:
            raise ConfigurationError(f"the simulated venue knows {', '.join(known)}; describe {symbol} to it")
    if not found:
        raise ConfigurationError("the simulated venue needs a symbol")
    return tuple(found)
