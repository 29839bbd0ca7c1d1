"""The WebSocket a program holds: a few verbs that move bytes between a stream and the machine.

Nothing runs in the background. Pings are answered, silence is noticed and the close is seen while somebody is in
:meth:`WebSocket.receive`; that is also what makes a WebSocket safe to hold without a task group.
"""

import ssl
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, cast

import anyio
from anyio import TypedAttributeProvider
from anyio.abc import ByteStream
from anyio.lowlevel import checkpoint, checkpoint_if_cancelled
from anyio.streams.tls import TLSAttribute

from barterpy.clock import WallClock, wall_clock
from barterpy.errors import BarterError, ConfigurationError, ConnectionLost
from barterpy.protocols.tcp import AsyncioStream, DeadlinePassed, timed
from barterpy.protocols.websocket.closecode import CloseCode, is_sendable
from barterpy.protocols.websocket.connection import WebSocketConnection
from barterpy.protocols.websocket.handshake import HandshakeRequest
from barterpy.protocols.websocket.state import State
from barterpy.socket import Batch

__all__ = ["PIECE_SIZE", "READ_SIZE", "WebSocket"]

READ_SIZE = 256 * 1024
"""Bytes taken by one read at most."""

PIECE_SIZE = 48 * 1024
"""Bytes of a read that are handed over at a time, and what is left of the window of the reader's which they end in.
What is made of them (text, messages, whatever a parser makes of those) stays in the processor's cache until the
consumer is done with it, which is worth more than longer batches (measured)."""

_READ_ENDS = (DeadlinePassed, anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, OSError)


class WebSocket(TypedAttributeProvider):
    """An open WebSocket; a :class:`barterpy.socket.Socket` of ``str`` (text) and ``bytes`` (binary).

    Made by :func:`~barterpy.protocols.websocket.connect` and :func:`~barterpy.protocols.websocket.serve`. ``request``
    is what the client asked for in the opening handshake, ``response_headers`` what a client was answered.
    :meth:`extra` gives the attributes of the stream below: addresses, certificate, cipher
    (:class:`anyio.abc.SocketAttribute`, :class:`anyio.streams.tls.TLSAttribute`).
    """

    def __init__(
        self,
        stream: ByteStream,
        connection: WebSocketConnection,
        *,
        client: bool,
        subprotocol: str | None = None,
        request: HandshakeRequest | None = None,
        response_headers: tuple[tuple[str, str], ...] = (),
        close_timeout: float = 5.0,
        clock: WallClock = wall_clock,
        timer: Callable[[], float] | None = None,
    ) -> None:
        self._stream = stream
        self._connection = connection
        self._client = client
        self._close_timeout = close_timeout
        self._clock = clock
        self._timed = timed(stream)
        self._timer = timer or (anyio.current_time if self._timed is None else self._timed.now)
        self._lock = anyio.Lock(fast_acquire=True)
        self._ready: list[str | bytes] = connection.messages()
        self._received_at = clock()
        self._receiving = False
        self._closing = False
        self._broken: ConnectionLost | None = None
        self._ended = anyio.Event()
        self._tls: ssl.SSLObject | None = stream.extra(TLSAttribute.ssl_object, None)  # noqa: S610 - anyio's
        self._prompt = stream if isinstance(stream, AsyncioStream) else None
        self.subprotocol = subprotocol
        self.request = request
        self.response_headers = response_headers

    # What is known of it

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """The typed attributes of the stream below."""
        stream: Any = self._stream  # anyio declares the keys of this mapping without their parameter
        return cast("Mapping[Any, Callable[[], Any]]", stream.extra_attributes)

    @property
    def path(self) -> str:
        """The path the client asked for, percent-decoded; empty for a client's own WebSocket."""
        return "" if self.request is None else self.request.path

    @property
    def query(self) -> str:
        """The query the client asked with, as it was sent."""
        return "" if self.request is None else self.request.query

    @property
    def target(self) -> str:
        """Path and query as the client sent them."""
        return "" if self.request is None else self.request.target

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The peer's headers in the opening handshake."""
        return self.response_headers if self.request is None else self.request.headers

    @property
    def close_code(self) -> int | None:
        """The code the connection ended with: a :class:`CloseCode`, a number of the peer's own, or None while open."""
        return self._connection.close_code

    @property
    def close_reason(self) -> str:
        """The reason the connection ended with."""
        return self._connection.close_reason

    @property
    def latency(self) -> float | None:
        """Seconds from the last answered ping to its pong, once there was one."""
        return self._connection.latency

    # Receiving

    async def receive(self) -> Batch[str | bytes]:
        """Every message that is already there, at least one; waits for the first if there is none.

        Cancelling it loses nothing. Messages read before the connection ended come first, its end with the next call.

        :raises anyio.EndOfStream: the peer closed with code 1000
        :raises ConnectionLost: it closed with another code, with none (1005), or not at all (1006)
        :raises TransportTimeout: it did not answer the keep-alive ping
        :raises WebSocketError: it broke the protocol; it was told so
        :raises LimitExceeded: a frame or message is too large; it was told so
        :raises anyio.ClosedResourceError: this side closed it
        :raises anyio.BusyResourceError: another task is receiving
        """
        if self._receiving:
            raise anyio.BusyResourceError("receiving from")
        self._receiving = True
        connection = self._connection
        try:
            if self._ready or connection.finished:
                await checkpoint()
            while not self._closing:
                if connection.has_data_to_send:
                    await self._flush()
                if self._ready:
                    batch = Batch(self._ready, self._received_at)
                    self._ready = []
                    return batch
                if connection.finished or self._broken is not None:
                    raise self._end()
                stream = self._prompt
                if stream is None or connection.has_pending:
                    await self._read()
                    continue
                # What _read does without a coroutine: a quiet connection's message is waited for here.
                data: bytes | None = None
                try:
                    if stream.is_quiet():
                        data = await stream.arrival()
                    elif stream.is_ready():
                        await checkpoint()
                        data = stream.take(READ_SIZE)
                    elif stream.set_deadline(connection.next_deadline()):
                        data = await stream.arrival()
                    else:
                        await checkpoint()
                        connection.handle_deadline(self._timer())
                except _READ_ENDS as error:
                    self._note(error)
                if data is not None:
                    text = self._take(data)
                    if text is not None and not self._closing:
                        return Batch([text], self._received_at)
            raise anyio.ClosedResourceError
        finally:
            self._receiving = False
            if self._closing or connection.finished:
                self._ended.set()

    def _end(self) -> Exception:
        failure = self._connection.failure or self._broken
        if failure is None:
            return anyio.EndOfStream()
        # A fresh traceback each time: the same end may be told to several callers.
        return failure.with_traceback(None)

    async def _read(self) -> None:
        """One read, or one timer; what came of it is in ``_ready`` and in the state of the connection."""
        connection = self._connection
        if connection.end_is_held:
            connection.settle()
            return
        if connection.has_unread:
            connection.receive_unread(self._timer())
            self._ready = connection.messages()
            return
        data: bytes | None = None
        deadline = connection.next_deadline()
        try:
            if self._timed is not None:
                self._timed.deadline = deadline
                data = await (self._stream.receive(READ_SIZE) if self._tls is None else self._read_bytes())
            elif deadline is None:
                data = await self._read_bytes()
            else:
                with anyio.move_on_after(deadline - self._timer()):
                    data = await self._read_bytes()
        except _READ_ENDS as error:
            self._note(error)
            return
        if data is None:
            connection.handle_deadline(self._timer())
        elif (text := self._take(data)) is not None:
            self._ready = [text]

    def _take(self, data: bytes) -> str | None:
        """The message, if it is a single one; what else came is in ``_ready``."""
        connection = self._connection
        timer, clock = self._timer, self._clock
        now = timer()
        self._received_at = clock()
        text = connection.receive_single(data, now)
        if text is None:
            connection.receive_data(data, now)
            self._ready = connection.messages()
        return text

    def _note(self, error: Exception) -> None:
        """Why a read brought nothing."""
        match error:
            case DeadlinePassed():
                self._connection.handle_deadline(self._timer())
            case anyio.EndOfStream():
                self._connection.receive_eof()
            case anyio.ClosedResourceError():
                self._connection.connection_lost("the stream below was closed")
            case _:
                self._connection.connection_lost(str(error.__cause__ or error) or "the connection broke")

    async def _read_bytes(self) -> bytes:
        data = await self._stream.receive(READ_SIZE)
        if self._tls is None:
            return data
        # One TLS read is one record of at most 16 KiB; what is decrypted already needs no suspension.
        parts = [data]
        size = len(data)
        try:
            while size < READ_SIZE:
                part = self._tls.read(READ_SIZE)
                if not part:
                    break
                parts.append(part)
                size += len(part)
        except ssl.SSLError:
            pass  # nothing more to decrypt, or an end which the next read meets again
        return data if len(parts) == 1 else b"".join(parts)

    async def _flush(self) -> None:
        """Writes what the machine has to say (pongs, pings, a close frame), in bounded time.

        Shielded, because a frame written by half would be the end of the connection. A sender holding the lock writes
        it instead, once it is done: a peer that does not read must not keep us from reading.
        """
        try:
            self._lock.acquire_nowait()
        except anyio.WouldBlock:
            return
        try:
            with anyio.move_on_after(self._close_timeout, shield=True) as scope:
                await self._write_pending()
            if scope.cancelled_caught:
                self._broken = ConnectionLost("the peer does not read", CloseCode.ABNORMAL)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            return  # what the peer sent before it went can still be read; the read will meet the end
        finally:
            self._lock.release()

    async def _write_pending(self) -> None:
        while data := self._connection.data_to_send():
            await self._stream.send(data)

    # Sending

    async def send(self, message: str | bytes) -> None:
        """Sends ``str`` as text and ``bytes`` as binary. Several tasks may send; messages are not interleaved.

        A send that is cancelled while it writes breaks the connection: half a frame can be followed by nothing.

        :raises ConnectionLost: the connection has ended
        :raises anyio.ClosedResourceError: this side closed it
        """
        async with self._lock:
            await checkpoint_if_cancelled()
            self._require_open()
            if isinstance(message, str):
                self._connection.send_text(message)
            else:
                self._connection.send_binary(message)
            await self._write()

    async def ping(self, payload: bytes | None = None) -> None:
        """Sends a ping; :attr:`latency` is set when its pong is received.

        :raises ConnectionLost: the connection has ended
        :raises anyio.ClosedResourceError: this side closed it
        """
        async with self._lock:
            await checkpoint_if_cancelled()
            self._require_open()
            now = self._timer()
            self._connection.ping(now, str(now).encode("ascii") if payload is None else payload)
            await self._write()

    def _require_open(self) -> None:
        if self._closing:
            raise anyio.ClosedResourceError
        if self._broken is not None:
            raise self._broken.with_traceback(None)
        failure = self._connection.failure
        if isinstance(failure, BarterError) and self._connection.finished:
            raise ConnectionLost(str(failure), self.close_code) from failure

    async def _write(self) -> None:
        written = False
        try:
            await self._write_pending()
            written = True
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as error:
            reason = str(error.__cause__ or error) or "the connection broke"
            raise ConnectionLost(reason, CloseCode.ABNORMAL) from error
        finally:
            if not written:
                self._broken = ConnectionLost("a message could not be sent whole", CloseCode.ABNORMAL)

    # Closing

    async def aclose(self, code: int = CloseCode.NORMAL, reason: str = "") -> None:
        """Closes with a closing handshake bounded by ``close_timeout``; closing twice is fine.

        Under cancellation the connection is closed at once, without grace. What the peer still sent is not read.
        """
        if not is_sendable(code):
            raise ConfigurationError(f"{code} is not a code for a close frame")
        if self._closing:
            return
        self._closing = True
        try:
            with anyio.move_on_after(self._close_timeout):
                await self._close_gracefully(code, reason)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.aclose_forcefully(self._stream)

    async def _close_gracefully(self, code: int, reason: str) -> None:
        if self._broken is not None or self._connection.state is State.LOST:
            return
        self._connection.close(code, reason)
        try:
            async with self._lock:
                await self._write_pending()
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            return
        if self._receiving:
            await self._ended.wait()
        while not self._connection.finished:
            await self._read()
            await self._flush()
        # RFC 6455 section 7.1.1: the server closes the TCP connection first, the client waits for it. After a
        # violation either side waits: closing with bytes unread would reset the connection and lose the close frame.
        if self._connection.state is State.FAILED or (self._client and self._connection.state is State.CLOSED):
            await self._wait_for_end()

    async def _wait_for_end(self) -> None:
        if self._timed is not None:
            self._timed.deadline = None  # left over from the last read; here the limit is that of closing
        try:
            while True:
                await self._stream.receive(READ_SIZE)
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            return

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<WebSocket {'client' if self._client else 'server'} {self._connection.state.value}>"
