"""A venue's FIX gateway as a value: where it is, how a session with it is held, and what comes of its messages.

    gateway = binance.fix.order_entry(credentials)
    async with gateway.connect() as socket:                     # once, by hand
        await socket.send(BinanceNewOrder(…))
    async with event_stream(gateway.connection()) as events:    # supervised: connected again when it breaks
        ...

A socket of a gateway keeps to the venue's limits, takes typed messages as well, and hands over the rejects of the
session level, by which venues refuse orders and subscriptions.
"""

import ssl
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeAlias, TypeVar, final

import msgspec

from barterpy.clock import WallClock, wall_clock
from barterpy.connection import Connection
from barterpy.errors import BarterError
from barterpy.limits import Limiter
from barterpy.parser import StreamParser
from barterpy.protocols.fix.endpoint import Endpoint
from barterpy.protocols.fix.errors import LogonRefused, SessionClosed
from barterpy.protocols.fix.fix_socket import FixSocket
from barterpy.protocols.fix.initiator import initiate
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session import Hooks, Messages, RejectReceived, SessionEvent, SessionSettings, Store
from barterpy.socket import Batch, Socket
from barterpy.transformer import Transformer

__all__ = ["FixGateway", "GatewaySocket", "PlannedEndPolicy", "Record"]

Out = TypeVar("Out")

PlannedEndPolicy: TypeAlias = Literal["tell", "logout"]

Record = Outgoing | msgspec.Struct
"""What a gateway's socket sends: a message, or a typed one."""


@final
class GatewaySocket:
    """A session with a venue: a :class:`barterpy.socket.Socket` of messages, which takes typed ones as well.

    :param limiter: acquired for each message; None where somebody else keeps the limits
    """

    def __init__(self, socket: FixSocket, limiter: Limiter | None = None, clock: WallClock = wall_clock) -> None:
        self.session: FixSocket = socket
        """The session below."""
        self.limiter: Limiter | None = limiter
        self._clock = clock

    async def receive(self) -> Batch[Message]:
        """Application messages and rejects that are there, at least one; otherwise as
        :meth:`barterpy.protocols.fix.fix_socket.FixSocket.receive`."""
        while True:
            messages: list[Message] = []
            for event in await self.session.receive_events():
                if type(event) is Messages:
                    messages += event.messages
                elif type(event) is RejectReceived:
                    messages.append(event.message)
            if messages:
                return Batch(messages, self._clock())

    async def send(self, message: Record) -> None:
        """Send one message, when the venue's limits allow it.

        :raises barterpy.protocols.fix.errors.SessionClosed: not logged on, or not any more
        :raises barterpy.protocols.fix.errors.FieldInvalid: a value that cannot be sent
        :raises barterpy.errors.ConnectionLost: the connection broke
        """
        outgoing = message if isinstance(message, Outgoing) else Outgoing.of(message)
        if self.limiter is not None:
            await self.limiter.acquire()
        await self.session.send(outgoing)

    async def send_many(self, messages: Sequence[Record]) -> None:
        """Send several messages by one write, when the limits allow all of them; otherwise as :meth:`send`."""
        if self.limiter is not None:
            await self.limiter.acquire(len(messages))
        await self.session.send_many(
            [message if isinstance(message, Outgoing) else Outgoing.of(message) for message in messages]
        )

    async def logout(self, text: str = "") -> None:
        """Say Logout; :meth:`receive` goes on with what still comes."""
        await self.session.logout(text)

    async def aclose(self) -> None:
        """Log out and close, in bounded time."""
        await self.session.aclose()

    def __repr__(self) -> str:
        return f"GatewaySocket({self.session!r})"


@dataclass(frozen=True, kw_only=True)
class FixGateway(Generic[Out]):
    """How a venue's gateway is used. Opens nothing before it is asked for a connection."""

    venue: str
    """The venue's name in events."""
    name: str
    """The gateway's, as the connection's name in events."""
    endpoint: Endpoint
    settings: Callable[[], SessionSettings]
    """Those of the next connection: a venue may want another SenderCompID each time."""
    hooks: Hooks
    parser: StreamParser[Message, Any]
    transformer: Callable[[], Transformer[Any, Out]]
    """Makes what turns typed messages into events; one for each supervised connection."""
    refusal: Callable[[Message], BarterError | None] | None = None
    """What a Reject means that answers a Logon; None leaves it at a
    :class:`~barterpy.protocols.fix.errors.LogonRefused`."""
    refusal_text: Callable[[str], BarterError | None] | None = None
    """And what the text of a Logout does."""
    store: Callable[[SessionSettings], Store] | None = None
    """What sessions remember; nothing beyond a connection, by default."""
    connect_limiter: Limiter | None = None
    message_limiter: Callable[[], Limiter] | None = None
    """Makes the limiter of one connection, or finds the one that several share."""
    ssl_context: ssl.SSLContext | None = None
    """Instead of one that verifies as every connection of ours does. Plain endpoints have none."""
    clock: WallClock = wall_clock
    parallel: bool = False
    """Whether another session may be logged on beside the first, which asks for settings with a SenderCompID of its own
    each time. Market data is then replaced without a gap when the venue announces an end."""
    on_planned_end: PlannedEndPolicy | None = None
    """Whether a session logs out by itself when the venue announces its end
    (:attr:`~barterpy.protocols.fix.session.settings.SessionSettings.on_planned_end`). None leaves that to whoever has
    called :meth:`connect`, and lets a supervised session log out and on again at once."""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Further arguments of :func:`barterpy.protocols.fix.initiator.initiate`, such as ``log`` and ``on_event``."""

    def connect(self) -> AbstractAsyncContextManager[GatewaySocket]:
        """Connect and log on once; the end of the block logs out.

        :raises barterpy.errors.VenueError: the venue refused the logon, and said why
        :raises barterpy.errors.ConnectError: no connection
        :raises barterpy.errors.TransportTimeout: connecting or the logon took too long
        """
        limiter = None if self.message_limiter is None else self.message_limiter()
        return self._connect(limiter, self.on_planned_end or "tell", limited=True)

    def connection(self) -> Connection[Out]:
        """The plan of a session that is to live for months, for :func:`barterpy.market.event_stream`."""
        return Connection(
            venue=self.venue,
            name=self.name,
            connect=self.open,
            parser=self.parser,
            transformer=self.transformer(),
            connect_limiter=self.connect_limiter,
            send_limiter=None if self.message_limiter is None else self.message_limiter(),
        )

    def open(self) -> AbstractAsyncContextManager[Socket[Any, Any]]:
        """As :meth:`connect`, for a plan that keeps the limits by itself, and connects again."""
        return self._connect(None, self.on_planned_end or "logout", limited=False)

    def open_replaceable(self) -> AbstractAsyncContextManager[Socket[Any, Any]]:
        """As :meth:`open`, for a plan whose connection is replaced by another beside it when its end is announced: it
        goes on as long as the other needs."""
        return self._connect(None, self.on_planned_end or "tell", limited=False)

    def replace(self, **changes: Any) -> "FixGateway[Out]":
        """The same with other values."""
        return replace(self, **changes)

    @asynccontextmanager
    async def _connect(
        self, limiter: Limiter | None, on_planned_end: PlannedEndPolicy, *, limited: bool
    ) -> AsyncGenerator[GatewaySocket, None]:
        if limited and self.connect_limiter is not None:
            await self.connect_limiter.acquire()
        settings = replace(self.settings(), on_planned_end=on_planned_end)
        endpoint = self.endpoint
        options = dict(self.options)
        refused: list[Message] = []
        further: Callable[[SessionEvent], None] | None = options.pop("on_event", None)

        def on_event(event: SessionEvent) -> None:
            if type(event) is RejectReceived and not refused:
                refused.append(event.message)
            if further is not None:
                further(event)

        manager = initiate(
            settings,
            endpoint.host,
            endpoint.port,
            store=None if self.store is None else self.store(settings),
            hooks=self.hooks,
            tls=False if not endpoint.tls else self.ssl_context or True,
            on_event=on_event,
            clock=self.clock,
            **options,
        )
        async with AsyncExitStack() as stack:
            try:
                socket = await stack.enter_async_context(manager)
            except (LogonRefused, SessionClosed) as error:
                reason = self.refusal(refused[0]) if refused and self.refusal is not None else None
                if reason is None and isinstance(error, LogonRefused) and self.refusal_text is not None:
                    reason = self.refusal_text(error.text)
                if reason is None:
                    raise
                raise reason from error
            yield GatewaySocket(socket, limiter, self.clock)
