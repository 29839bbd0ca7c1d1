"""The simulated Deribit: market, accounts, WebSocket and HTTP, on loopback or in memory, and what may go wrong."""

from collections import deque
from collections.abc import AsyncGenerator, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from decimal import Decimal
from types import TracebackType
from typing import Any, Final, Self, final
from urllib.parse import urlsplit

import anyio
import anyio.abc
import anyio.lowlevel
import msgspec

from barterpy.clock import MILLISECOND, WallClock, wall_clock
from barterpy.credentials import Credentials
from barterpy.errors import ConfigurationError, HandshakeError
from barterpy.http import HttpRequest, HttpResponse
from barterpy.model.market import BookSnapshot, Level
from barterpy.socket import Socket
from barterpy.testing.http_server import serve_http
from barterpy.testing.simulated.deribit.accounts import Accounts, RpcRefusal
from barterpy.testing.simulated.deribit.contracts import SimulatedContract, find_contracts
from barterpy.testing.simulated.deribit.desk import DeribitDesk
from barterpy.testing.simulated.deribit.rest import DeribitRest
from barterpy.testing.simulated.deribit.session import DeribitSessionServer
from barterpy.testing.simulated.matching import Match
from barterpy.testing.sockets import socket_pair

__all__ = ["DeribitTransport", "SimulatedDeribit"]

_STREAM_PATH: Final = "/ws/api/v2"
_MEMORY_WS: Final = "ws://simulated-deribit"
_MEMORY_REST: Final = "http://simulated-deribit"


@final
class SimulatedDeribit:
    """A venue that speaks Deribit's JSON-RPC, with a matching engine and a market that is a function of its seed.

        async with SimulatedDeribit(seed=7) as venue:
            client = Deribit(**venue.options, credentials=venue.credentials())

    It listens on loopback; without ``listen``, everything stays in memory and works in virtual time. What it says
    agrees with itself: the changes of a book give the server's book exactly, orders of clients are matched with those
    of a simulated crowd, and every fill is told to its owner.

    :param instruments: names it knows (:data:`~barterpy.testing.simulated.deribit.contracts.CONTRACTS`) or descriptions
    :param rate: things that happen to each instrument, a second
    :param request_limit: calls a second on one connection, before code 10028 ends it; None for any
    :param max_unread: messages that wait for a client which does not read, before it is cut off
    :param listen: whether to serve on loopback
    :param clock: int nanoseconds UTC; the market's time begins at it
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        instruments: Iterable[str | SimulatedContract] = ("BTC-PERPETUAL", "ETH-PERPETUAL", "BTC-25DEC26-100000-C"),
        rate: float = 20.0,
        request_limit: int | None = None,
        max_unread: int = 10_000,
        listen: bool = True,
        host: str = "127.0.0.1",
        ws_port: int = 0,
        rest_port: int = 0,
        clock: WallClock = wall_clock,
    ) -> None:
        if rate <= 0:
            raise ConfigurationError("rate must be positive")
        self.ws_url: str = _MEMORY_WS
        self.rest_url: str = _MEMORY_REST
        self.connections: int = 0
        """How many WebSocket connections were accepted so far."""
        self.desk: DeribitDesk = DeribitDesk(find_contracts(tuple(instruments)), seed=seed, rate=rate, clock=clock)
        """What all its protocols share."""
        self.accounts: Accounts = self.desk.accounts
        """The keys it knows, and what belongs to them."""
        self._rate = rate
        self._clock = clock
        self._request_limit = request_limit
        self._unread = max_unread
        self._listen = (host, ws_port, rest_port) if listen else None
        self._market = self.desk.market
        self._channels = self.desk.channels
        self._refusals = 0
        self._rest = DeribitRest(self.accounts, self.desk.methods, self.desk.failures, self.desk.stamp)
        self.requests: deque[str] = self._rest.requests
        """Method and target of every HTTP request."""
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
            websocket.serve(self._serve_socket, host, ws_port, accept=accept, close_timeout=1.0)
        )
        self.ws_url = server.url
        self.rest_url = await servers.enter_async_context(serve_http(self._rest.respond, host, rest_port))

    # What it is.

    @property
    def options(self) -> dict[str, Any]:
        """Keyword arguments for a Deribit venue object that lead it here, also when nothing listens."""
        urls: dict[str, Any] = {"ws_url": self.ws_url, "rest_url": self.rest_url, "clock": self._clock}
        if self._listen is not None:
            return urls
        return {**urls, "connect": self.connect, "transport": DeribitTransport(self)}

    @property
    def symbols(self) -> tuple[str, ...]:
        """The names of what it trades."""
        return tuple(self._market.books)

    @property
    def subscriptions(self) -> frozenset[str]:
        """The channels somebody listens to now."""
        return self._channels.wanted

    @property
    def clients(self) -> int:
        """How many WebSocket connections are open."""
        return len(self._channels.sessions)

    @property
    def calls(self) -> list[str]:
        """The methods called on the connections that are open now."""
        return [method for session in self._channels.sessions for method in session.calls]

    def credentials(self) -> Credentials:
        """A new API key that it knows."""
        return self.accounts.create()

    def book(self, symbol: str) -> BookSnapshot[Decimal]:
        """The book as it is on the server; ``sequence`` is its change id."""
        book = self._market.books[symbol]
        bids, asks = (
            tuple(Level(Decimal(repr(price)), Decimal(repr(size))) for price, size in side)
            for side in self._market.depth(book, 1 << 30)
        )
        return BookSnapshot(
            venue="simulated_deribit",
            instrument=symbol,
            bids=bids,
            asks=asks,
            exchange_at=self._market.now,
            received_at=self._clock(),
            sequence=book.engine.change_id,
        )

    def trades(self, symbol: str) -> list[Match]:
        """Every trade so far; the last 50,000."""
        return list(self._market.books[symbol].trades)

    # What may happen to it.

    def pause(self) -> None:
        """Let the market stand still, and tell at once what has not been told: clients then know all there is."""
        self._market.running = False
        self.desk.tell_all()

    def resume(self) -> None:
        """Let the market move on."""
        self._market.running = True

    def stop_sending(self) -> None:
        """Keep every connection open and say nothing more on channels; what happens meanwhile is lost to clients."""
        self._channels.silent = True

    def start_sending(self) -> None:
        """Speak again."""
        self._channels.silent = False

    def cut(self, *, graceful: bool = True) -> int:
        """Cut every connection; returns how many there were."""
        sessions = tuple(self._channels.sessions)
        for session in sessions:
            if graceful:
                session.end(1001, "going away")
            else:
                session.abort()
        return len(sessions)

    def refuse_next(self, count: int) -> None:
        """Answer the next ``count`` connections with 503."""
        self._refusals = count

    def lose_updates(self, symbol: str, count: int) -> None:
        """Do not tell the next ``count`` changes of the book of ``symbol`` to anybody: a hole in its chain."""
        self._channels.losses[symbol] = count

    def refuse_channel(self, channel: str) -> None:
        """Leave this channel out of every answer to a subscription from now on."""
        self._channels.refused.add(channel)

    def swallow(self, method: str, count: int) -> None:
        """Do not answer the next ``count`` calls of ``method``, nor carry them out."""
        self.desk.swallowed[method] = count

    def fail(self, method: str, *refusals: tuple[int, str]) -> None:
        """Answer the next calls of ``method`` with these codes and words."""
        self.desk.failures.setdefault(method, deque()).extend(RpcRefusal(code, text) for code, text in refusals)

    def skew_clock(self, seconds: float) -> None:
        """Let the clock that logons are checked against go ahead by so much, or behind."""
        self.desk.skew_clock(seconds)

    def set_state(self, symbol: str, state: str) -> None:
        """Change an instrument's state, such as ``halted``, and tell it."""
        self.desk.set_state(symbol, state)

    def lock(self, index: str, *, locked: bool = True) -> None:
        """Lock an index, and tell it on ``platform_state``."""
        self._channels.deliver("platform_state", {"price_index": index, "locked": locked})

    def say(self, text: str) -> None:
        """Say anything on every connection."""
        for session in tuple(self._channels.sessions):
            session.say(text)

    # In memory.

    @asynccontextmanager
    async def connect(self, url: str) -> AsyncGenerator[Socket[Any, Any], None]:
        """A connection in memory, as if to ``url``: the ``connect`` of a Deribit venue object.

        :raises barterpy.errors.HandshakeError: refused, or there is nothing at that path
        """
        if self._tasks is None:
            raise ConfigurationError("enter the simulated venue first: async with SimulatedDeribit() as venue")
        status = self._refusal(urlsplit(url).path)
        if status is not None:
            raise HandshakeError("simulated", f"HTTP {status}", status)
        client, server = socket_pair(clock=self._clock, path=_STREAM_PATH)
        self._tasks.start_soon(self._serve_socket, server)
        try:
            yield client
        finally:
            await client.aclose()

    # How it runs.

    def _refusal(self, path: str) -> int | None:
        if path != _STREAM_PATH:
            return 404
        if self._refusals > 0:
            self._refusals -= 1
            return 503
        return None

    async def _serve_socket(self, socket: Any) -> None:
        self.connections += 1
        session = DeribitSessionServer(
            socket,
            self.desk,
            next(self._channels.numbers),
            anyio.current_time,
            unread=self._unread,
            requests=self._request_limit,
        )
        self._channels.sessions.add(session)
        try:
            await session.run()
        finally:
            self._channels.sessions.discard(session)

    async def _pump(self) -> None:
        pause = max(1 / self._rate, 0.01)
        while True:
            await anyio.sleep(pause)
            self.desk.advance()


@final
class DeribitTransport:
    """A :class:`barterpy.http.HttpTransport` that asks a simulated Deribit in memory."""

    def __init__(self, venue: SimulatedDeribit) -> None:
        self._venue = venue

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        """The venue's answer. The request's timeout is not looked at."""
        await anyio.lowlevel.checkpoint()
        response = await self._venue._rest.respond(request)  # pyright: ignore[reportPrivateUsage]
        return msgspec.structs.replace(response, elapsed=MILLISECOND, received_at=self._venue._clock())  # pyright: ignore[reportPrivateUsage]

    async def aclose(self) -> None:
        """Nothing to close."""
