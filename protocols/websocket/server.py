"""The server role over anyio's listeners: for the testing kit, and for programs that publish.

One connection's failure, in the handshake or in the handler, ends that connection and nothing else.
"""

import logging
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

import anyio
from anyio.abc import ByteStream, Listener, SocketAttribute, TaskGroup
from anyio.streams.tls import TLSListener

from barterpy.clock import WallClock, wall_clock
from barterpy.errors import ConnectError, ProtocolError, TransportError
from barterpy.protocols.tcp import listen_tcp
from barterpy.protocols.websocket.closecode import CloseCode
from barterpy.protocols.websocket.connection import WebSocketConnection
from barterpy.protocols.websocket.deflate import Deflate, PerMessageDeflate
from barterpy.protocols.websocket.handshake import Accept, HandshakeRequest, Headers, Reject, ServerHandshake
from barterpy.protocols.websocket.limits import DEFAULT_MAX_HEADER_SIZE, DEFAULT_MAX_MESSAGE_SIZE, Limits
from barterpy.protocols.websocket.websocket import PIECE_SIZE, READ_SIZE, WebSocket

__all__ = ["Handler", "Server", "serve"]

Handler = Callable[[WebSocket], Awaitable[None]]
"""Serves one connection; when it returns, the connection is closed with code 1000."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Settings:
    handler: Handler
    accept: Accept | None
    headers: Headers
    subprotocols: Sequence[str]
    compression: Deflate | None
    limits: Limits
    max_connections: int
    open_timeout: float
    ping_interval: float | None
    ping_timeout: float
    close_timeout: float
    clock: WallClock


def _is_farewell(error: BaseException) -> bool:
    """Whether a handler ended because its connection did."""
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        return all(_is_farewell(one) for one in group.exceptions)
    return isinstance(error, anyio.EndOfStream | anyio.ClosedResourceError | TransportError | ProtocolError)


class _Service:
    """What serves the connections, one task each."""

    def __init__(self, settings: _Settings) -> None:
        self.sockets: set[WebSocket] = set()
        self._settings = settings
        self._connections = 0
        self._stopping = False

    async def serve_stream(self, stream: ByteStream) -> None:
        """One connection from its first byte on; never raises for what the peer did."""
        settings = self._settings
        self._connections += 1
        try:
            socket = await self._upgrade(stream)
            if socket is None:
                return
            self.sockets.add(socket)
            try:
                await self._handle(socket)
            finally:
                self.sockets.discard(socket)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, OSError):
            _logger.debug("a client went away")
        except Exception:  # the boundary of one connection: whatever it is, the others go on
            _logger.exception("a connection failed")
        finally:
            self._connections -= 1
            with anyio.move_on_after(settings.close_timeout, shield=True):
                await anyio.aclose_forcefully(stream)

    async def _handle(self, socket: WebSocket) -> None:
        code = CloseCode.NORMAL
        try:
            if self._stopping:
                code = CloseCode.GOING_AWAY
            else:
                await self._settings.handler(socket)
        except Exception as error:
            if _is_farewell(error):
                _logger.debug("a connection ended: %s", error)
            else:
                code = CloseCode.INTERNAL_ERROR
                _logger.exception("the handler of a connection failed")
        await socket.aclose(code)

    async def _upgrade(self, stream: ByteStream) -> WebSocket | None:
        settings = self._settings
        handshake = ServerHandshake(max_header_size=settings.limits.max_header_size)
        request: HandshakeRequest | None = None
        with anyio.move_on_after(settings.open_timeout):
            while (request := handshake.request) is None:
                if refusal := handshake.receive_data(await stream.receive(READ_SIZE)):
                    await self._refuse(stream, refusal)
                    return None
        if request is None:
            _logger.debug("a client was silent during the opening handshake")
            return None
        reject = self._decide(request)
        if reject is not None:
            await self._refuse(stream, handshake.reject(reject))
            return None
        deflate = None
        if settings.compression is not None:
            deflate = PerMessageDeflate(settings.compression, client=False, limit=settings.limits.max_message_size)
        subprotocol = next((name for name in settings.subprotocols if name in request.subprotocols), None)
        with anyio.fail_after(settings.open_timeout):
            await stream.send(handshake.accept(subprotocol=subprotocol, headers=settings.headers, deflate=deflate))
        now = anyio.current_time()
        connection = WebSocketConnection(
            client=False,
            wsproto=handshake.connection,
            deflate=deflate,
            limits=settings.limits,
            ping_interval=settings.ping_interval,
            ping_timeout=settings.ping_timeout,
            now=now,
            piece=PIECE_SIZE,
        )
        if handshake.trailing:
            connection.receive_data(handshake.trailing, now)
        return WebSocket(
            stream,
            connection,
            client=False,
            subprotocol=subprotocol,
            request=request,
            close_timeout=settings.close_timeout,
            clock=settings.clock,
        )

    def _decide(self, request: HandshakeRequest) -> Reject | None:
        settings = self._settings
        if self._connections > settings.max_connections:
            return Reject(503, (("Retry-After", "1"),), b"too many connections")
        return None if settings.accept is None else settings.accept(request)

    async def _refuse(self, stream: ByteStream, answer: bytes) -> None:
        with anyio.move_on_after(self._settings.close_timeout):
            await stream.send(answer)
            await stream.send_eof()
            while True:  # closing with bytes unread would reset the connection and lose the answer
                await stream.receive(READ_SIZE)

    async def stop(self, group: TaskGroup) -> None:
        """Tells every client that this server goes away, and waits no longer than ``close_timeout``."""
        self._stopping = True

        async def go_away(socket: WebSocket) -> None:
            await socket.aclose(CloseCode.GOING_AWAY)

        async with anyio.create_task_group() as closing:
            for socket in tuple(self.sockets):
                closing.start_soon(go_away, socket)
        group.cancel_scope.cancel()


class Server:
    """A running server. ``addresses`` are those it is bound to, as (host, port)."""

    def __init__(self, addresses: tuple[tuple[str, int], ...], service: _Service, *, secure: bool) -> None:
        self.addresses = addresses
        self.secure = secure
        self._service = service

    @property
    def port(self) -> int:
        """The port it is bound to; of several the first."""
        return self.addresses[0][1]

    @property
    def url(self) -> str:
        """A URL for clients on this machine."""
        host = self.addresses[0][0]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
        return f"{'wss' if self.secure else 'ws'}://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def sockets(self) -> frozenset[WebSocket]:
        """The connections that are open now."""
        return frozenset(self._service.sockets)


@asynccontextmanager
async def serve(
    handler: Handler,
    host: str | None = "127.0.0.1",
    port: int = 0,
    *,
    listener: Listener[ByteStream] | None = None,
    ssl_context: ssl.SSLContext | None = None,
    accept: Accept | None = None,
    headers: Headers = (),
    subprotocols: Sequence[str] = (),
    compression: Deflate | None = None,
    max_frame_size: int | None = None,
    max_message_size: int = DEFAULT_MAX_MESSAGE_SIZE,
    max_header_size: int = DEFAULT_MAX_HEADER_SIZE,
    max_connections: int = 1000,
    open_timeout: float = 15.0,
    ping_interval: float | None = 20.0,
    ping_timeout: float = 20.0,
    close_timeout: float = 5.0,
    clock: WallClock = wall_clock,
) -> AsyncGenerator[Server, None]:
    """Serves WebSockets while the block runs: ``async with serve(handler) as server: … server.url``.

    :param handler: called with each :class:`WebSocket`; what it raises closes that connection (1011) and is logged
    :param host: to bind; None for every interface
    :param port: to bind; 0 for a free one, told by ``server.port``
    :param listener: to serve instead of ``host`` and ``port``; it is closed at the end
    :param ssl_context: makes it ``wss``
    :param accept: may turn a request away with an HTTP answer
    :param headers: further headers of the answer that opens a connection
    :param subprotocols: spoken here, most wanted first
    :param compression: accepts permessage-deflate; off by default
    :param max_connections: at once; more are answered 503
    :raises ConnectError: the address cannot be bound

    The other arguments mean what they mean for :class:`~barterpy.protocols.websocket.connect`. At the end of the block
    clients are closed with 1001 within ``close_timeout``, and what is left is cancelled.
    """
    settings = _Settings(
        handler,
        accept,
        tuple(headers),
        tuple(subprotocols),
        compression,
        Limits(max_message_size if max_frame_size is None else max_frame_size, max_message_size, max_header_size),
        max_connections,
        open_timeout,
        ping_interval,
        ping_timeout,
        close_timeout,
        clock,
    )
    bound: Listener[ByteStream]
    if listener is None:
        try:
            bound = await listen_tcp(host, port)
        except OSError as error:
            raise ConnectError(f"{host or '*'}:{port}", str(error)) from error
    else:
        bound = listener
    addresses = _addresses(bound)
    if ssl_context is not None:
        bound = TLSListener(bound, ssl_context, standard_compatible=False, handshake_timeout=open_timeout)
    service = _Service(settings)
    failure: Exception | None = None
    async with anyio.create_task_group() as connections:
        async with bound, anyio.create_task_group() as accepting:
            accepting.start_soon(bound.serve, service.serve_stream, connections)
            try:
                yield Server(addresses, service, secure=ssl_context is not None)
            except Exception as error:  # noqa: BLE001 - the block's own; passed on below as it is, not in a group
                failure = error
            accepting.cancel_scope.cancel()
        await service.stop(connections)
    if failure is not None:
        raise failure


def _addresses(listener: Listener[ByteStream]) -> tuple[tuple[str, int], ...]:
    listeners: Sequence[Listener[ByteStream]] = getattr(listener, "listeners", (listener,))
    found: list[tuple[str, int]] = []
    for one in listeners:
        address = one.extra(SocketAttribute.local_address, "")  # noqa: S610 - anyio's
        if not isinstance(address, str):
            found.append((str(address[0]), int(address[1])))
    return tuple(found)
