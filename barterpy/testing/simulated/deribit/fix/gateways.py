"""The simulated Deribit's FIX gateway on loopback: orders and market data, and what may go wrong."""

import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Final, Self, final

import anyio

from barterpy.credentials import Credentials
from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.acceptor import accept
from barterpy.protocols.fix.endpoint import Endpoint
from barterpy.protocols.fix.fix_socket import FixSocket
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.session import Closed, SessionEvent, SessionId
from barterpy.testing.simulated.deribit.fix.floor import DeribitFixFloor
from barterpy.testing.simulated.deribit.venue import SimulatedDeribit
from barterpy.testing.simulated.fix.conversation import converse

__all__ = ["SimulatedDeribitFix"]

_CLOSE_TIMEOUT: Final = 2.0


@final
class SimulatedDeribitFix:
    """FIX for a simulated Deribit: the gateway on the market that its WebSocket and HTTP show.

        async with SimulatedDeribit(seed=7) as venue, SimulatedDeribitFix(venue) as gateway:
            data = deribit.fix.MarketData(venue.credentials(), url=gateway.url)

    Orders go into the venue's book, their trades are told on its channels and their owner gets execution reports, and
    so for an order that came by WebSocket. Keys are the venue's (:meth:`SimulatedDeribit.credentials`); a Logon whose
    digest is not right, or whose timestamp is not later than the last, is answered by a Logout. Of what the venue's
    page lists there is no mass quote (i), no market maker protection (MM) and no trade capture (AD), which are rejected
    as unknown types, and custom tags have their long numbers alone (9002). Money is not counted.

    :param tls: a server's context; None for plain TCP
    :param port: 0 for a free one
    :param unread: messages that wait for a client which does not read, before it is logged out
    """

    def __init__(
        self,
        venue: SimulatedDeribit,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        unread: int = 10_000,
    ) -> None:
        self.venue: SimulatedDeribit = venue
        self.floor: DeribitFixFloor = DeribitFixFloor(venue.desk, unread=unread)
        """Who is logged on."""
        self.endpoint: Endpoint = Endpoint(host, port, tls is not None)
        """Where it listens, once it does."""
        self._tls = tls
        self._running: AbstractAsyncContextManager[None] | None = None
        self._moved = anyio.Event()

    async def __aenter__(self) -> Self:
        if self._running is not None:
            raise ConfigurationError("a simulated FIX gateway can be entered once")
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
        async with accept(
            self._serve,
            host=self.endpoint.host,
            port=self.endpoint.port,
            tls=self._tls,
            find=self.floor.settings,
            hooks=lambda settings: self.floor.hooks(settings.id),
            on_event=self._hear,
            close_timeout=_CLOSE_TIMEOUT,
            clock=self.venue.desk.clock,
        ) as acceptor:
            self.endpoint = Endpoint(self.endpoint.host, acceptor.port, self.endpoint.tls)
            self.floor.moved = self._move
            yield

    # Where it is, and who is there.

    @property
    def url(self) -> str:
        """The endpoint as a venue object takes it."""
        return str(self.endpoint)

    @property
    def sessions(self) -> int:
        """How many sessions are logged on."""
        return len(self.floor.clients)

    def credentials(self) -> Credentials:
        """A new key, which the venue knows."""
        return self.venue.credentials()

    async def when(self, condition: Callable[[], object]) -> None:
        """Wait until ``condition`` is true; it is asked whenever a session comes or goes."""
        while not condition():
            await self._moved.wait()

    # What may happen to it.

    def end_sessions(self, text: str = "system_maintenance") -> int:
        """Log everybody out; gives how many that were. New sessions are welcome."""
        return self.floor.end_all(text)

    # How it runs.

    def _move(self) -> None:
        moved, self._moved = self._moved, anyio.Event()
        moved.set()

    async def _serve(self, socket: FixSocket) -> None:
        identity = socket.settings.id
        client = self.floor.clients.get(identity)
        if client is None:
            return
        try:
            await converse(client, socket, _carried_out)
        finally:
            self.floor.leave(identity)

    def _hear(self, identity: SessionId, event: SessionEvent) -> None:
        # Also of a session that ended before it was served.
        if isinstance(event, Closed):
            self.floor.leave(identity)


def _carried_out(message: Message) -> None:
    """What comes here was carried out as it came in (:class:`~.floor.FloorHooks`)."""
