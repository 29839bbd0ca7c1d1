"""What serves the connections of an acceptor, one task each: whose each is, and that its end is nobody else's."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias, cast, final

import anyio
from anyio.abc import ByteStream, SocketAttribute, TaskGroup

from barterpy.clock import WallClock
from barterpy.errors import BarterError, ConfigurationError, ConnectionLost
from barterpy.protocols.fix.errors import Garbled
from barterpy.protocols.fix.fix_socket import FixSocket
from barterpy.protocols.fix.framing import Framer
from barterpy.protocols.fix.log import MessageLog
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.session import (
    Hooks,
    Role,
    Session,
    SessionEvent,
    SessionId,
    SessionSettings,
    Store,
)
from barterpy.protocols.fix.transport import Wire
from barterpy.protocols.tcp import DeadlinePassed

__all__ = ["FindSession", "Handler", "Options", "Service"]

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
class Options:
    """What :func:`~barterpy.protocols.fix.acceptor.accept` was told, beside handler and sessions."""

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


_Name: TypeAlias = tuple[bytes, bytes, bytes]
"""BeginString, TargetCompID and SenderCompID as they stand in the counterparty's messages."""


@final
class Service:
    """The sessions of one acceptor.

    :param sessions: those that are known before they come
    :raises barterpy.errors.ConfigurationError: settings that are an initiator's, or two sessions of the same name
    """

    def __init__(self, handler: Handler, sessions: Iterable[SessionSettings], options: Options) -> None:
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
                try:
                    if socket is None:
                        await wire.finish(options.close_timeout)
                    else:
                        await socket.aclose(handled=False)
                except Exception:  # a store or a log of the program's own: it is no other session's end
                    _logger.exception("a connection could not be closed in order")

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

        on_event = options.on_event
        try:
            stored = await store.load()
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
        except BaseException:
            await release()
            raise

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
            try:
                await socket.aclose(handled=False)
            except Exception:
                _logger.exception("%s could not be closed in order", socket.settings.id)

        async with anyio.create_task_group() as closing:
            for socket in tuple(self.sockets.values()):
                closing.start_soon(log_out, socket)
        group.cancel_scope.cancel()

    async def close_stores(self) -> None:
        """The end of all sessions."""
        for identity, store in self._stores.items():
            try:
                await store.aclose()
            except Exception:
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
