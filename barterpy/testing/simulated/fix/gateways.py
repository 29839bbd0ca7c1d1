"""The FIX gateways of the simulated venue on loopback: orders, drop copies, market data, and what may go wrong."""

import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Final, Self, final

import anyio
from anyio.abc import SocketAttribute

from barterpy.credentials import Credentials
from barterpy.errors import ConfigurationError, ConnectError
from barterpy.protocols.fix.acceptor import Handler, accept
from barterpy.protocols.fix.endpoint import Endpoint
from barterpy.protocols.fix.fix_socket import FixSocket
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.session import Closed, Hooks, SessionEvent, SessionId, SessionSettings
from barterpy.protocols.tcp import listen_tcp
from barterpy.testing.simulated.fix.client import Budget, Gateway
from barterpy.testing.simulated.fix.conversation import converse
from barterpy.testing.simulated.fix.floor import NEWS, SERVER, FixFloor, server_settings
from barterpy.testing.simulated.fix.wire import DialectListener
from barterpy.testing.simulated.venue import SimulatedVenue

__all__ = ["SimulatedFix"]

_CLOSE_TIMEOUT: Final = 2.0


@final
class SimulatedFix:
    """FIX for a simulated venue: Binance's three gateways on the market that its WebSocket and REST show.

        async with SimulatedVenue("spot") as venue, SimulatedFix(venue) as fix:
            gateway = binance.fix.order_entry(venue.credentials("ed25519"), url=str(fix.order_entry))

    Orders go into the venue's book, their trades are told on its streams, and their owner gets execution reports. Keys
    are the venue's (:meth:`SimulatedVenue.credentials` of kind ``ed25519``); a Logon that is not signed by one of them
    is refused in the venue's words and with its code. Stops, take profits and order lists (OCO, OTO, OTOCO) wait for
    the trades of this market; trailing stops are refused, icebergs shown whole. Some messages are written as the venue
    writes them: CompIDs before the number, zeros in front of BodyLength. Money is not counted: every account can afford
    everything.

    :param venue: a spot venue
    :param tls: a server's context; None for plain TCP
    :param ports: of order entry, drop copy and market data; 0 for a free one
    :param budgets: messages in seconds by gateway, in place of the venue's own
    :param drop_copy_delay: seconds that drop copies come late, as they do there
    :param cancel_on_disconnect: take the open orders of a session out when it ends. Binance has no such thing, other
        venues do
    :param unread: messages that wait for a client which does not read, before it is logged out
    """

    def __init__(
        self,
        venue: SimulatedVenue,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        ports: tuple[int, int, int] = (0, 0, 0),
        budgets: Mapping[Gateway, Budget] | None = None,
        drop_copy_delay: float = 1.0,
        cancel_on_disconnect: bool = False,
        unread: int = 10_000,
    ) -> None:
        if venue.market != "spot":
            raise ConfigurationError("Binance speaks FIX for spot alone; give it SimulatedVenue('spot')")
        self.venue: SimulatedVenue = venue
        self.floor: FixFloor = FixFloor(
            venue,
            anyio.current_time,
            budgets=dict(budgets or {}),
            drop_copy_delay=drop_copy_delay,
            cancel_on_disconnect=cancel_on_disconnect,
            unread=unread,
        )
        """What the sessions have in common: open orders, and who is logged on."""
        self.endpoints: dict[Gateway, Endpoint] = {}
        """Where each gateway listens, once it does."""
        self._tls = tls
        self._host = host
        self._ports = dict(zip(Gateway, ports, strict=True))
        self._running: AbstractAsyncContextManager[None] | None = None
        self._moved = anyio.Event()

    async def __aenter__(self) -> Self:
        if self._running is not None:
            raise ConfigurationError("simulated FIX gateways can be entered once")
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
        async with AsyncExitStack() as stack:
            for gateway in Gateway:
                try:
                    bound = await listen_tcp(self._host, self._ports[gateway])
                except OSError as error:
                    raise ConnectError(f"{self._host}:{self._ports[gateway]}", str(error)) from error
                port = int(bound.extra(SocketAttribute.local_port))  # noqa: S610 - anyio's
                await stack.enter_async_context(
                    accept(
                        self._handler(gateway),
                        listener=DialectListener(bound, self._tls),
                        find=_find,
                        hooks=self._hooks(gateway),
                        on_event=self._listener(gateway),
                        close_timeout=_CLOSE_TIMEOUT,
                        clock=self.venue.clock,
                    )
                )
                self.endpoints[gateway] = Endpoint(self._host, port, self._tls is not None)
            self.venue.listen(self.floor)
            self.floor.moved = self._move
            try:
                yield
            finally:
                self.venue.stop_listening(self.floor)

    # Where it is, and who is there.

    @property
    def order_entry(self) -> Endpoint:
        """Where orders go; ``str`` of it is a URL."""
        return self.endpoints[Gateway.ORDER_ENTRY]

    @property
    def drop_copy(self) -> Endpoint:
        """Where copies of all reports of an account come from."""
        return self.endpoints[Gateway.DROP_COPY]

    @property
    def market_data(self) -> Endpoint:
        """Where market data comes from."""
        return self.endpoints[Gateway.MARKET_DATA]

    def credentials(self) -> Credentials:
        """A new key, which the venue knows."""
        return self.venue.credentials("ed25519")

    def sessions(self, gateway: Gateway | None = None) -> int:
        """How many sessions are logged on, of one gateway or all."""
        return sum(gateway is None or known is gateway for known, _ in self.floor.clients)

    async def when(self, condition: Callable[[], object]) -> None:
        """Wait until ``condition`` is true; it is asked whenever a session comes or goes."""
        while not condition():
            await self._moved.wait()

    def _move(self) -> None:
        moved, self._moved = self._moved, anyio.Event()
        moved.set()

    # What may happen to it.

    def announce(self, text: str = NEWS) -> None:
        """Say News (35=B) to every session, as the venue does every ten seconds before maintenance."""
        self.floor.announce(text)

    def end_sessions(self, text: str = "Server maintenance.") -> int:
        """Log everybody out; gives how many that were. New sessions are welcome."""
        return self.floor.end_all(text)

    async def maintain(self, seconds: float = 60.0, every: float = 10.0) -> int:
        """Announce the end again and again for so long, then log everybody out who is still there."""
        with anyio.move_on_after(seconds):
            while True:
                self.announce()
                await anyio.sleep(every)
        return self.end_sessions()

    # How it runs.

    def _hooks(self, gateway: Gateway) -> Callable[[SessionSettings], Hooks]:
        return lambda _: self.floor.hooks(gateway)

    def _handler(self, gateway: Gateway) -> Handler:
        async def serve(socket: FixSocket) -> None:
            client = self.floor.clients.get((gateway, socket.settings.target))
            if client is None:
                return
            try:
                await converse(client, socket, lambda message: self.floor.handle(client, message))
            finally:
                self.floor.leave(client)

        return serve

    def _listener(self, gateway: Gateway) -> Callable[[SessionId, SessionEvent], None]:
        def hear(identity: SessionId, event: SessionEvent) -> None:
            # Also of a session that ended before it was served.
            client = self.floor.clients.get((gateway, identity.target))
            if isinstance(event, Closed) and client is not None:
                self.floor.leave(client)

        return hear


def _find(message: Message) -> SessionSettings | None:
    if message.msg_type != "A" or message.get(8) != "FIX.4.4" or message.get(56) != SERVER or not message.get(49):
        return None
    return server_settings(message.text(49))
