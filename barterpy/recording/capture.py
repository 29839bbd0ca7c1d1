"""Recording what goes by: a socket around a socket, a transport around a transport."""

from typing import Any, Final, Generic, Literal, TypeVar, final

import anyio

from barterpy.errors import BarterError, ConnectionLost
from barterpy.http import HttpRequest, HttpResponse, HttpTransport
from barterpy.recording.records import Closed, HttpExchange, Opened, Received, Sent
from barterpy.recording.redaction import (
    Redactor,
    carries_credentials,
    kept_headers,
    redact_received,
    redact_sent,
    redact_url,
)
from barterpy.recording.writer import RecordingWriter
from barterpy.socket import Batch, Socket

__all__ = ["RecordingSocket", "RecordingTransport"]

M = TypeVar("M", bound=str | bytes)

_NORMAL: Final = 1000


@final
class RecordingSocket(Generic[M]):
    """A :class:`barterpy.socket.Socket` that records everything which passes through it, exactly.

    What looks like a logon is not recorded, nor are the tokens it was answered with (see
    :mod:`barterpy.recording.redaction`). ``receive`` raises
    :class:`~barterpy.errors.RecordingError` when the recording cannot be written.

    :param inner: the socket to listen to; closing this one closes it
    :param connection: the connection's name in the recording
    :param url: where it leads to; secrets in it are taken out
    :param redact: what is recorded of each sent message
    :param redact_answer: what is recorded of each received message
    """

    def __init__(
        self,
        inner: Socket[M, M],
        writer: RecordingWriter,
        *,
        connection: str = "stream",
        url: str = "",
        redact: Redactor = redact_sent,
        redact_answer: Redactor = redact_received,
    ) -> None:
        self.event_time: bool = bool(getattr(inner, "event_time", False))
        self._inner = inner
        self._writer = writer
        self._connection = connection
        self._redact = redact
        self._redact_answer = redact_answer
        self._ended = False
        writer.add([Opened(at=writer.clock(), connection=connection, url=redact_url(url))])

    @property
    def inner(self) -> Socket[M, M]:
        """The socket that is recorded."""
        return self._inner

    @property
    def close_code(self) -> int | None:
        """The close code of the socket that is recorded, where it has one."""
        return getattr(self._inner, "close_code", None)

    async def receive(self) -> Batch[M]:
        """See :meth:`barterpy.socket.ReceiveSocket.receive`. Cancelling it loses nothing."""
        writer = self._writer
        while True:
            # Writing comes before reading: once a batch was read nothing is awaited, so cancellation cannot lose it.
            await writer.relieve()
            wait = writer.seconds_until_flush()
            batch: Batch[M] | None = None
            try:
                if wait is None:
                    batch = await self._inner.receive()
                else:
                    with anyio.move_on_after(max(0.0, wait)):
                        batch = await self._inner.receive()
            except (anyio.EndOfStream, BarterError) as error:
                self._end(error)
                raise
            if batch is not None:
                break
        at, connection = batch.received_at, self._connection
        keep = self._redact_answer
        writer.add([Received.of(keep(message), at=at, connection=connection) for message in batch.messages])
        return batch

    async def send(self, message: M) -> None:
        """See :meth:`barterpy.socket.Socket.send`."""
        await self._inner.send(message)
        writer = self._writer
        writer.add([Sent.of(self._redact(message), at=writer.clock(), connection=self._connection)])

    async def aclose(self) -> None:
        """Close the inner socket and record the end."""
        try:
            await self._inner.aclose()
        finally:
            self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self._ended or self._writer.closed:
            return
        self._ended = True
        code: Any = error.code if isinstance(error, ConnectionLost) else self.close_code
        if code is None and isinstance(error, anyio.EndOfStream):
            code = _NORMAL
        reason = str(error) if isinstance(error, BarterError) else ""
        self._writer.add(
            [
                Closed(
                    at=self._writer.clock(),
                    connection=self._connection,
                    code=None if code is None else int(code),
                    reason=reason,
                )
            ]
        )


@final
class RecordingTransport:
    """A :class:`barterpy.http.HttpTransport` that records each exchange, so that books join when it is replayed.

    Headers and body of a request are never recorded. Closing it closes the inner one.

    :param authenticated: what becomes of exchanges whose request carries credentials: ``drop`` leaves them out,
        ``redact`` records method, URL without secrets, and the answer without tokens
    """

    def __init__(
        self,
        inner: HttpTransport,
        writer: RecordingWriter,
        *,
        connection: str = "rest",
        authenticated: Literal["drop", "redact"] = "drop",
    ) -> None:
        self._inner = inner
        self._writer = writer
        self._connection = connection
        self._authenticated = authenticated

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        """See :meth:`barterpy.http.HttpTransport.send`.

        :raises barterpy.errors.RecordingError: the recording cannot be written
        """
        response = await self._inner.send(request)
        if self._authenticated == "redact" or not carries_credentials(request):
            body = redact_received(response.body)
            exchange = HttpExchange.with_body(
                body if isinstance(body, bytes) else body.encode(),
                at=response.received_at or self._writer.clock(),
                connection=self._connection,
                method=request.method,
                url=redact_url(request.url),
                status=response.status,
                headers=kept_headers(response.headers),
                elapsed=response.elapsed,
            )
            await self._writer.write(exchange)
        return response

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()
