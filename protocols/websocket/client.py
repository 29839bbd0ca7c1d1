"""The client's way to a WebSocket: TCP or a proxy, TLS, the opening handshake, all within one deadline."""

import os
import ssl
from collections.abc import Callable, Generator, Sequence
from types import TracebackType
from typing import Any

import anyio
from anyio.abc import ByteStream

from barterpy.clock import WallClock, wall_clock
from barterpy.errors import ConnectError, TransportTimeout
from barterpy.protocols.tcp import connect_tcp
from barterpy.protocols.websocket.connection import WebSocketConnection
from barterpy.protocols.websocket.deflate import Deflate, PerMessageDeflate
from barterpy.protocols.websocket.handshake import ClientHandshake, Headers
from barterpy.protocols.websocket.limits import DEFAULT_MAX_HEADER_SIZE, DEFAULT_MAX_MESSAGE_SIZE, Limits
from barterpy.protocols.websocket.proxy import Proxy, connect_through, parse_proxy, proxy_from_environment
from barterpy.protocols.websocket.tls import wrap_tls
from barterpy.protocols.websocket.url import WebSocketUrl, parse_url
from barterpy.protocols.websocket.websocket import PIECE_SIZE, READ_SIZE, WebSocket

__all__ = ["connect"]


class connect:  # noqa: N801 - used like a function
    """Connects to a WebSocket: ``async with connect(url) as socket`` or ``socket = await connect(url)``.

    Nothing happens before it is entered or awaited, and nothing runs beside the task that uses the socket. Each use of
    the object makes a new connection.

    :param url: ``wss://…`` or ``ws://…``; a user and password in it are sent as HTTP basic authorization
    :param headers: further headers of the opening handshake
    :param subprotocols: offered, most wanted first
    :param ssl_context: instead of the verifying one; for ``wss`` only
    :param server_hostname: instead of the URL's host, for SNI and the certificate
    :param proxy: ``http://``, ``https://``, ``socks5://`` or ``socks5h://user:password@host:port``; True takes it from
        the environment. There is never a direct connection where a proxy is given
    :param compression: offers permessage-deflate; off by default
    :param max_frame_size: bytes of one frame; ``max_message_size`` by default
    :param max_message_size: bytes of one message, inflated
    :param max_header_size: bytes of the head of the server's answer
    :param open_timeout: seconds for everything until the connection is open
    :param ping_interval: seconds of silence after which a ping is sent; None for never
    :param ping_timeout: seconds the peer has to show a sign of life then
    :param close_timeout: seconds the closing handshake may take
    :param clock: gives ``received_at``, int nanoseconds UTC
    :raises ConnectError: no connection; :class:`~barterpy.errors.TlsError`, :class:`~barterpy.errors.ProxyError` and
        :class:`~barterpy.errors.HandshakeError` tell more
    :raises TransportTimeout: it took longer than ``open_timeout``
    :raises LimitExceeded: the answer's head is larger than ``max_header_size``
    :raises ConfigurationError: an argument cannot work
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Headers = (),
        subprotocols: Sequence[str] = (),
        ssl_context: ssl.SSLContext | None = None,
        server_hostname: str | None = None,
        proxy: str | bool | None = None,
        compression: Deflate | None = None,
        max_frame_size: int | None = None,
        max_message_size: int = DEFAULT_MAX_MESSAGE_SIZE,
        max_header_size: int = DEFAULT_MAX_HEADER_SIZE,
        open_timeout: float = 15.0,
        ping_interval: float | None = 20.0,
        ping_timeout: float = 20.0,
        close_timeout: float = 5.0,
        clock: WallClock = wall_clock,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._url = parse_url(url)
        self._headers = tuple(headers)
        self._subprotocols = tuple(subprotocols)
        self._ssl_context = ssl_context
        self._server_hostname = server_hostname
        self._proxy: Proxy | None = None
        if proxy is True:
            self._proxy = proxy_from_environment(self._url)
        elif proxy:
            self._proxy = parse_proxy(proxy)
        self._compression = compression
        self._limits = Limits(
            max_message_size if max_frame_size is None else max_frame_size, max_message_size, max_header_size
        )
        self._open_timeout = open_timeout
        self._ping_interval = ping_interval
        self._ping_timeout = ping_timeout
        self._close_timeout = close_timeout
        self._clock = clock
        self._random = random
        self._opened: list[WebSocket] = []
        self._handshake()  # what cannot work is said here, before the network is touched

    def __await__(self) -> Generator[Any, Any, WebSocket]:
        return self._open().__await__()

    async def __aenter__(self) -> WebSocket:
        socket = await self._open()
        self._opened.append(socket)
        return socket

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._opened.pop().aclose()

    def __repr__(self) -> str:
        return f"connect({self._url.display})"

    async def _open(self) -> WebSocket:
        with anyio.move_on_after(self._open_timeout):
            stream = await self._open_stream()
            try:
                return await self._upgrade(stream)
            except BaseException:
                await anyio.aclose_forcefully(stream)
                raise
        raise TransportTimeout("opening handshake", self._open_timeout)

    async def _open_stream(self) -> ByteStream:
        url = self._url
        stream: ByteStream
        if self._proxy is not None:
            stream = await connect_through(self._proxy, url, ssl_context=self._ssl_context)
        else:
            stream = await _connect_tcp(url)
        if not url.secure:
            return stream
        try:
            return await wrap_tls(stream, self._server_hostname or url.host, self._ssl_context, url.display)
        except BaseException:
            await anyio.aclose_forcefully(stream)
            raise

    def _handshake(self) -> tuple[ClientHandshake, PerMessageDeflate | None]:
        deflate = None
        if self._compression is not None:
            deflate = PerMessageDeflate(self._compression, client=True, limit=self._limits.max_message_size)
        handshake = ClientHandshake(
            self._url,
            headers=self._headers,
            subprotocols=self._subprotocols,
            deflate=deflate,
            max_header_size=self._limits.max_header_size,
        )
        return handshake, deflate

    async def _upgrade(self, stream: ByteStream) -> WebSocket:
        handshake, deflate = self._handshake()
        try:
            await stream.send(handshake.data_to_send())
            while not handshake.done:
                handshake.receive_data(await stream.receive(READ_SIZE))
        except anyio.EndOfStream:
            handshake.receive_eof()
        except (anyio.BrokenResourceError, OSError) as error:
            raise ConnectError(self._url.display, "the connection broke during the opening handshake") from error
        now = anyio.current_time()
        connection = WebSocketConnection(
            client=True,
            wsproto=handshake.connection,
            deflate=deflate,
            limits=self._limits,
            ping_interval=self._ping_interval,
            ping_timeout=self._ping_timeout,
            now=now,
            random=self._random,
            piece=PIECE_SIZE,
        )
        if handshake.trailing:
            connection.receive_data(handshake.trailing, now)
        return WebSocket(
            stream,
            connection,
            client=True,
            subprotocol=handshake.subprotocol,
            response_headers=handshake.response_headers,
            close_timeout=self._close_timeout,
            clock=self._clock,
        )


async def _connect_tcp(url: WebSocketUrl) -> ByteStream:
    try:
        return await connect_tcp(url.host, url.port)
    except OSError as error:
        cause: Any = error.__cause__ or error
        # One attempt for each address of the host; the first tells as much as any.
        first: BaseException = cause.exceptions[0] if hasattr(cause, "exceptions") else cause
        raise ConnectError(url.display, str(first) or type(first).__name__) from error
