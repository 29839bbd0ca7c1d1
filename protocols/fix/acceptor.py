"""The side that listens: many sessions on one port, each found by its first message, none able to disturb another."""

import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import final

import anyio
from anyio.abc import ByteStream, Listener, SocketAttribute
from anyio.streams.tls import TLSListener

from barterpy.clock import WallClock, wall_clock
from barterpy.errors import ConnectError
from barterpy.protocols.fix.fix_socket import FixSocket
from barterpy.protocols.fix.log import MessageLog
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.service import FindSession, Handler, Options, Service
from barterpy.protocols.fix.session import Hooks, MemoryStore, SessionEvent, SessionId, SessionSettings, Store
from barterpy.protocols.tcp import listen_tcp

__all__ = ["Acceptor", "FindSession", "Handler", "accept", "each_message"]


@final
class Acceptor:
    """A running acceptor. ``addresses`` are those it is bound to, as (host, port)."""

    def __init__(self, addresses: tuple[tuple[str, int], ...], service: Service) -> None:
        self.addresses: tuple[tuple[str, int], ...] = addresses
        self._service = service

    @property
    def port(self) -> int:
        """The port it is bound to; of several the first."""
        return self.addresses[0][1]

    @property
    def sockets(self) -> Mapping[SessionId, FixSocket]:
        """The sessions that are logged on now."""
        return dict(self._service.sockets)

    async def serve_stream(self, stream: ByteStream) -> None:
        """Serves a connection that was accepted elsewhere, until it ends. Never raises for what the peer did."""
        await self._service.serve(stream)


def each_message(on_message: Callable[[FixSocket, Message], Awaitable[None] | None]) -> Handler:
    """A handler that calls ``on_message`` for every application message, one after the other.

    What it raises is the answer to that one message: :class:`~barterpy.protocols.fix.session.RejectMessage`,
    :class:`~barterpy.protocols.fix.session.UnsupportedMessageType` and their like are the rejects they stand for,
    anything else is logged and answered by ``SessionSettings.on_application_error``. The session goes on.
    """

    async def handle(socket: FixSocket) -> None:
        while True:
            for message in (await socket.receive()).messages:
                try:
                    pending = on_message(socket, message)
                    if pending is not None:
                        await pending
                except Exception as error:
                    if not socket.is_logged_on:
                        raise
                    socket.put_failure(error, message)

    return handle


@asynccontextmanager
async def accept(
    handler: Handler,
    sessions: Iterable[SessionSettings] = (),
    host: str | None = "127.0.0.1",
    port: int = 0,
    *,
    listener: Listener[ByteStream] | None = None,
    tls: ssl.SSLContext | None = None,
    find: FindSession | None = None,
    store_factory: Callable[[SessionSettings], Store] | None = None,
    hooks: Callable[[SessionSettings], Hooks] | None = None,
    log: Callable[[SessionSettings], MessageLog | None] | None = None,
    on_event: Callable[[SessionId, SessionEvent], None] | None = None,
    logon_timeout: float = 10.0,
    close_timeout: float = 5.0,
    send_timeout: float = 30.0,
    max_connections: int = 1000,
    max_pending: int = 100,
    max_pending_per_host: int = 20,
    clock: WallClock = wall_clock,
) -> AsyncGenerator[Acceptor, None]:
    """Accepts FIX sessions while the block runs: ``async with accept(handler, sessions) as acceptor: … acceptor.port``.

    A connection has ``logon_timeout`` seconds for its first message, which says by BeginString (8) and CompIDs (49, 56)
    which session it wants. If that is none of ours, is connected already, or the message is garbled, the connection is
    closed without a word. The same goes for connections beyond the limits.

    :param handler: called with each session that has logged on; see :func:`each_message` for one that takes messages
        one by one. What it raises ends its session and is logged; the others live on
    :param sessions: whose ``role`` is the acceptor; ``sender`` is ours
    :param host: to bind; None for every interface
    :param port: to bind; 0 for a free one, told by ``acceptor.port``
    :param listener: to serve instead of ``host`` and ``port``; it is closed at the end
    :param tls: a server's context; one that asks for the client's certificate shows it by ``socket.extra``
    :param find: makes sessions that are not among ``sessions``, from their first message
    :param store_factory: called once for each session; in memory by default. Stores are closed at the end
    :param hooks: the hooks of a session, made for each connection
    :param log: the log of a session, made for each connection; what it gives stays open
    :param on_event: hears what happens to each session beside messages
    :param logon_timeout: seconds for the first message
    :param close_timeout: seconds for logging out
    :param send_timeout: seconds after which a peer that reads nothing is given up
    :param max_connections: at once; more are closed
    :param max_pending: of those, how many may not be logged on yet
    :param max_pending_per_host: and how many of these may come from one address
    :param clock: int nanoseconds UTC
    :raises ConnectError: the address cannot be bound
    :raises ConfigurationError: settings that are an initiator's, or two sessions of the same name

    At the end of the block every session is logged out, within ``close_timeout``.
    """
    options = Options(
        find=find,
        store_factory=(lambda _: MemoryStore()) if store_factory is None else store_factory,
        hooks=hooks,
        log=log,
        on_event=on_event,
        logon_timeout=logon_timeout,
        close_timeout=close_timeout,
        send_timeout=send_timeout,
        max_connections=max_connections,
        max_pending=max_pending,
        max_pending_per_host=max_pending_per_host,
        clock=clock,
    )
    service = Service(handler, sessions, options)
    bound: Listener[ByteStream]
    if listener is None:
        try:
            bound = await listen_tcp(host, port)
        except OSError as error:
            raise ConnectError(f"{host or '*'}:{port}", str(error)) from error
    else:
        bound = listener
    addresses = _addresses(bound)
    if tls is not None:
        bound = TLSListener(bound, tls, standard_compatible=False, handshake_timeout=logon_timeout)
    failure: Exception | None = None
    try:
        async with anyio.create_task_group() as connections:
            async with bound, anyio.create_task_group() as accepting:
                accepting.start_soon(bound.serve, service.serve, connections)
                try:
                    yield Acceptor(addresses, service)
                except Exception as error:  # noqa: BLE001 - the block's own; passed on below as it is, not in a group
                    failure = error
                accepting.cancel_scope.cancel()
            await service.stop(connections)
    finally:
        with anyio.CancelScope(shield=True):
            await service.close_stores()
    if failure is not None:
        raise failure


def _addresses(listener: Listener[ByteStream]) -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    for one in getattr(listener, "listeners", (listener,)):
        address = one.extra(SocketAttribute.local_address, "")  # noqa: S610 - anyio's
        if not isinstance(address, str):
            found.append((str(address[0]), int(address[1])))
    return tuple(found)
