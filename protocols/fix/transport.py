"""The bytes below a FIX session: TCP or TLS, made within a deadline, read with one, and never closed by a reset."""

import ssl
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, cast, final

import anyio
from anyio.abc import ByteStream
from anyio.streams.tls import TLSAttribute, TLSStream

from barterpy.errors import ConnectError, ConnectionLost, TransportTimeout
from barterpy.protocols.authorities import default_ssl_context
from barterpy.protocols.tcp import DeadlinePassed, connect_tcp, timed
from barterpy.protocols.tcp.asyncio_stream import AsyncioStream
from barterpy.protocols.websocket.tls import wrap_tls

__all__ = ["BROKEN", "Wire", "connection_lost", "open_wire"]

_READ_SIZE = 64 * 1024
"""Bytes that are taken by one read at most: some hundreds of messages, which stay in the processor's cache."""

BROKEN: Final = (anyio.BrokenResourceError, OSError, ConnectionLost)
"""What a stream that broke raises: anyio's, the operating system's, and ours where somebody has translated it."""


def connection_lost(error: Exception) -> ConnectionLost:
    """One of :data:`BROKEN` as it is told to users."""
    if isinstance(error, ConnectionLost):
        return error
    lost = ConnectionLost(str(error.__cause__ or error) or "the connection broke")
    lost.__cause__ = error
    return lost


async def open_wire(
    host: str, port: int, *, tls: bool | ssl.SSLContext, server_hostname: str | None, timeout: float
) -> "Wire":
    """Connects, by TLS if asked for; ``server_hostname``, by default the host, is sent (SNI) and verified.

    :raises ConnectError: no connection; :class:`~barterpy.errors.TlsError` if TLS is the reason
    :raises TransportTimeout: it took longer than ``timeout`` seconds
    """
    target = f"{f'[{host}]' if ':' in host else host}:{port}"
    with anyio.move_on_after(timeout):
        stream: ByteStream
        try:
            stream = await connect_tcp(host, port)
        except OSError as error:
            cause: Any = error.__cause__ or error
            first: BaseException = cause.exceptions[0] if hasattr(cause, "exceptions") else cause
            raise ConnectError(target, str(first) or type(first).__name__) from error
        if tls is not False:
            try:
                context = default_ssl_context() if tls is True else tls
                stream = await wrap_tls(stream, server_hostname or host, context, target)
            except BaseException:
                await anyio.aclose_forcefully(stream)
                raise
        return Wire(stream)
    raise TransportTimeout(f"connecting to {target}", timeout)


@final
class Wire:
    """A connected byte stream with what a session asks of one.

    :param stream: TCP, TLS, or anything else that moves bytes
    """

    def __init__(self, stream: ByteStream) -> None:
        self.stream: ByteStream = stream
        self._timed = timed(stream)
        self._plain: AsyncioStream | None = stream if isinstance(stream, AsyncioStream) else None
        self._tls: ssl.SSLObject | None = stream.extra(TLSAttribute.ssl_object, None)  # noqa: S610 - anyio's
        self.now: Callable[[], float] = anyio.current_time if self._timed is None else self._timed.now
        """Monotonic seconds."""
        self.send_nowait: Callable[[bytes], bool] = _cannot if self._plain is None else self._plain.send_nowait
        """Sends all of it at once, without being awaited; False if that cannot be, and nothing was done."""

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        """The typed attributes of the stream."""
        stream: Any = self.stream  # anyio declares the keys of this mapping without their parameter
        return cast("Mapping[Any, Callable[[], Any]]", stream.extra_attributes)

    async def receive(self, deadline: float | None) -> bytes:
        """What is there, waiting for the first byte until ``deadline``, seconds of :attr:`now`.

        :raises DeadlinePassed: nothing came
        :raises anyio.EndOfStream: the other side sends no more
        :raises ConnectionLost: the connection broke
        :raises anyio.ClosedResourceError: it was closed meanwhile
        """
        try:
            return await self.read(deadline)
        except BROKEN as error:
            raise connection_lost(error) from error.__cause__

    def read(self, deadline: float | None) -> Coroutine[Any, Any, bytes]:
        """The same for those who know what to do with :data:`BROKEN`: a coroutine less to go through for each read."""
        if self._plain is not None:
            self._plain.deadline = deadline
            return self._plain.receive(_READ_SIZE)
        return self._read(deadline)

    async def _read(self, deadline: float | None) -> bytes:
        if self._timed is not None:
            self._timed.deadline = deadline
            return await (self.stream.receive(_READ_SIZE) if self._tls is None else self._receive_records())
        if deadline is None:
            return await self._receive_records()
        with anyio.move_on_after(deadline - self.now()):
            return await self._receive_records()
        raise DeadlinePassed

    async def _receive_records(self) -> bytes:
        """One read of TLS is one record of at most 16 KiB; what was decrypted already needs no suspension."""
        data = await self.stream.receive(_READ_SIZE)
        if self._tls is None:
            return data
        parts = [data]
        size = len(data)
        try:
            while size < _READ_SIZE and (part := self._tls.read(_READ_SIZE)):
                parts.append(part)
                size += len(part)
        except ssl.SSLError:
            pass  # nothing more is there, or an end which the next read meets again
        return data if len(parts) == 1 else b"".join(parts)

    async def send(self, data: bytes) -> None:
        """All of it.

        :raises ConnectionLost: the connection broke
        :raises anyio.ClosedResourceError: it was closed
        """
        try:
            await self.stream.send(data)
        except BROKEN as error:
            raise connection_lost(error) from error.__cause__

    async def finish(self, timeout: float) -> None:
        """Ends the sending direction, reads what still comes until the other side ends its own, and closes.

        Closing with bytes unread would be a reset, which can take our last message from the other side's buffers. After
        ``timeout`` seconds, or under cancellation, it is closed all the same.
        """
        try:
            with anyio.move_on_after(timeout):
                await self._say_end()
                while True:
                    await self.stream.receive(_READ_SIZE)
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, DeadlinePassed, OSError):
            pass
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.aclose_forcefully(self.stream)

    async def _say_end(self) -> None:
        if self._timed is not None:
            self._timed.deadline = None  # left over from the last read; the limit is that of closing
        stream: Any = self.stream
        if isinstance(stream, TLSStream):
            # Not TLS's own farewell: it would have to be waited for, and what still comes could not be read.
            stream = stream.transport_stream
        await stream.send_eof()

    async def abort(self) -> None:
        """Closes at once."""
        with anyio.CancelScope(shield=True):
            await anyio.aclose_forcefully(self.stream)


def _cannot(_: bytes) -> bool:
    return False
