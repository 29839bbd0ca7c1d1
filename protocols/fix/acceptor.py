"""The side that listens: many sessions on one port, each found by its first message, none able to disturb another."""

import logging
import ssl
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias, cast, final

import anyio
from anyio.abc import ByteStream, Listener, SocketAttribute, TaskGroup
from anyio.streams.tls import TLSListener

from barterpy.clock import WallClock, wall_clock
from barterpy.errors import BarterError, ConfigurationError, ConnectError, ConnectionLost
from barterpy.protocols.fix.errors import Garbled
from barterpy.protocols.fix.fix_socket import FixSocket
from barterpy.protocols.fix.framing import Framer
from barterpy.protocols.fix.log import MessageLog
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.session import (
    Hooks,
    MemoryStore,
    Role,
    Session,
    SessionEvent,
    SessionId,
    SessionSettings,
    Store,
)
from barterpy.protocols.fix.transport import Wire
from barterpy.protocols.tcp import DeadlinePassed, listen_tcp

__all__ = ["Acceptor", "FindSession", "Handler", "accept", "each_message"]

Handler: TypeAlias = Callable[[FixSocket], Awaitable[None]]
"""Serves one session from its logon on; when it returns, the session is logged out."""

FindSession: TypeAlias = Callable[[Message], SessionSettings | None]
"""The settings for a first message whose session is not among those that are known; None turns it away."""

_MAX_LOGON_SIZE: Final = 64 * 1024
"""Bytes of the first message, before it is known who sends it."""

_MAX_SESSIONS: Final = 10_000
"""Sessions whose stores are held, known ones included."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    find: FindSession | None
    store_factory: Callable[[SessionSettings], Store]
    hooks: Callable[[SessionSettings], Hooks] | None
    log: Callable[[SessionSettings], MessageLog | None] | None
    on_event: Callable[[SessionId, SessionEvent], None] | None
    logon_timeout: float
    close_timeout: float
    send_timeout: float
    max_connections: int
    max_pending: int
    max_pending_per_host: int
    clock: WallClock


@final
class Acceptor:
    """A running acceptor. ``addresses`` are those it is bound to, as (host, port)."""

    def __init__(self, addresses: tuple[tuple[str, int], ...], service: "_Service") -> None:
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
    options = _Options(
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
    service = _Service(handler, sessions, options)
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


_Name: TypeAlias = tuple[bytes, bytes, bytes]
"""BeginString, TargetCompID and SenderCompID as they stand in the counterparty's messages."""


@final
class _Service:
    """What serves the connections, one task each."""

    def __init__(self, handler: Handler, sessions: Iterable[SessionSettings], options: _Options) -> None:
        self.sockets: dict[SessionId, FixSocket] = {}
        self._handler = handler
        self._options = options
        self._known: dict[_Name, SessionSettings] = {}
        self._stores: dict[SessionId, Store] = {}
        self._live: set[SessionId] = set()
        self._connections = 0
        self._pending: Counter[str] = Counter()
        self._stopping = False
        for settings in sessions:
            if settings.role is not Role.ACCEPTOR:
                raise ConfigurationError(f"{settings.id}: accept() needs settings whose role is the acceptor")
            name = _name_of(settings)
            if name in self._known:
                raise ConfigurationError(f"{settings.id} is there twice; counterparties cannot tell them apart")
            self._known[name] = settings

    async def serve(self, stream: ByteStream) -> None:
        """One connection from its first byte on; never raises for what the peer did."""
        options = self._options
        wire = Wire(stream)
        host = str(stream.extra(SocketAttribute.remote_address, ("",))[0])  # noqa: S610 - anyio's
        self._connections += 1
        self._pending[host] += 1
        pending = True
        socket: FixSocket | None = None
        try:
            if not self._has_room(host):
                _logger.debug("a connection too many")
                return
            found = await self._first_message(wire)
            if found is None:
                return
            settings, data = found
            socket = await self._session(wire, settings)
            if socket is None:
                return
            try:
                await socket.log_on(data)
            except (BarterError, anyio.EndOfStream) as error:
                _logger.debug("%s did not log on: %s", settings.id, error)
                return
            pending = False
            self._release_place(host)
            await self._handle(socket, settings.id)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, ConnectionLost, OSError):
            _logger.debug("a client went away")
        except Exception:  # the boundary of one connection: whatever it is, the others go on
            _logger.exception("a connection failed")
        finally:
            self._connections -= 1
            if pending:
                self._release_place(host)
            with anyio.move_on_after(2 * options.close_timeout, shield=True):
                if socket is None:
                    await wire.finish(options.close_timeout)
                else:
                    await socket.aclose(handled=False)

    def _has_room(self, host: str) -> bool:
        options = self._options
        return (
            not self._stopping
            and self._connections <= options.max_connections
            and self._pending.total() <= options.max_pending
            and self._pending[host] <= options.max_pending_per_host
        )

    def _release_place(self, host: str) -> None:
        self._pending[host] -= 1
        if not self._pending[host]:
            del self._pending[host]

    async def _first_message(self, wire: Wire) -> tuple[SessionSettings, bytes] | None:
        """Whose connection this is, and all that was read of it; None for nobody's."""
        framer = Framer(_MAX_LOGON_SIZE)
        read = b""
        deadline = wire.now() + self._options.logon_timeout
        try:
            while (frame := framer.next_frame()) is None:
                if len(read) > _MAX_LOGON_SIZE:
                    _logger.debug("a client sends what is no FIX")
                    return None
                data = await wire.receive(deadline)
                read += data
                framer.feed(data)
            if isinstance(frame, Garbled):
                _logger.debug("the first message of a client is garbled: %s", frame.reason)
                return None
            message = Message(frame)
        except DeadlinePassed:
            _logger.debug("a client was silent instead of logging on")
            return None
        except (BarterError, anyio.EndOfStream) as error:
            _logger.debug("a client did not log on: %s", error)
            return None
        settings = self._find(message)
        if settings is None:
            _logger.debug("a client asks for a session that there is not")
            return None
        return settings, read

    def _find(self, message: Message) -> SessionSettings | None:
        name = (message.value(8) or b"", message.value(49) or b"", message.value(56) or b"")
        settings = self._known.get(name)
        if settings is None and self._options.find is not None:
            settings = self._options.find(message)
        return settings

    async def _session(self, wire: Wire, settings: SessionSettings) -> FixSocket | None:
        """The session, taken by this connection; None if another one has it."""
        options, identity = self._options, settings.id
        if identity in self._live:
            _logger.debug("%s is connected already", identity)
            return None
        store = self._stores.get(identity)
        if store is None:
            if len(self._stores) >= _MAX_SESSIONS:
                _logger.warning("%s is turned away: there are %d sessions already", identity, _MAX_SESSIONS)
                return None
            store = self._stores[identity] = options.store_factory(settings)
        self._live.add(identity)

        async def release() -> None:
            self._live.discard(identity)

        try:
            stored = await store.load()
        except BaseException:
            await release()
            raise
        on_event = options.on_event
        return FixSocket(
            wire,
            Session(settings, stored, hooks=None if options.hooks is None else options.hooks(settings)),
            store,
            log=None if options.log is None else options.log(settings),
            on_event=None if on_event is None else lambda event: on_event(identity, event),
            release=release,
            close_timeout=options.close_timeout,
            send_timeout=options.send_timeout,
            clock=options.clock,
        )

    async def _handle(self, socket: FixSocket, identity: SessionId) -> None:
        self.sockets[identity] = socket
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(socket.watch)
                try:
                    await self._handler(socket)
                    await socket.aclose()
                except Exception as error:
                    if not _is_farewell(error):
                        _logger.exception("the handler of %s failed", identity)
                tasks.cancel_scope.cancel()
        finally:
            self.sockets.pop(identity, None)

    async def stop(self, group: TaskGroup) -> None:
        """Logs every session out, and waits no longer than ``close_timeout``."""
        self._stopping = True

        async def log_out(socket: FixSocket) -> None:
            await socket.aclose(handled=False)

        async with anyio.create_task_group() as closing:
            for socket in tuple(self.sockets.values()):
                closing.start_soon(log_out, socket)
        group.cancel_scope.cancel()

    async def close_stores(self) -> None:
        """The end of all sessions."""
        for identity, store in self._stores.items():
            try:
                await store.aclose()
            except BarterError:
                _logger.exception("the store of %s could not be closed", identity)


def _name_of(settings: SessionSettings) -> _Name:
    begin_string, sender, target = (
        text.encode("utf-8", "surrogateescape") for text in (settings.begin_string, settings.sender, settings.target)
    )
    return begin_string, target, sender


def _is_farewell(error: BaseException) -> bool:
    """Whether a handler ended because its session did."""
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        return all(_is_farewell(one) for one in group.exceptions)
    return isinstance(error, anyio.EndOfStream | anyio.ClosedResourceError | BarterError)
