"""EventSource: server-sent events as a socket which resumes where its connection broke.

HTML Living Standard, section 9.2.3 "Processing model" (2026): a connection that breaks or ends is made again after the
server's reconnection time, with ``Last-Event-ID``; 204 says to stop; any other status, or another content type, fails.
"""

import random as _random
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import final

import anyio

from barterpy.backoff import Attempts, Backoff
from barterpy.clock import WallClock, wall_clock
from barterpy.errors import BarterError, ConnectionLost, ProtocolError, TransportError, TransportTimeout
from barterpy.http import HttpRequest
from barterpy.protocols.http.pump import PumpedSocket
from barterpy.protocols.http.sse import EventStreamParser, ServerSentEvent
from barterpy.protocols.http.stream import ByteStream, StreamingTransport, refusal
from barterpy.rest import error_for_status
from barterpy.socket import Batch

__all__ = ["EventSource", "event_source"]


@asynccontextmanager
async def event_source(
    transport: StreamingTransport,
    request: HttpRequest | Callable[[int], HttpRequest],
    *,
    last_event_id: str = "",
    reconnect: bool = True,
    backoff: Backoff | None = None,
    on_reconnect: Callable[[BarterError, float], None] | None = None,
    idle_timeout: float | None = 90.0,
    max_event_size: int = 1 << 20,
    clock: WallClock = wall_clock,
    random: Callable[[], float] = _random.random,
) -> AsyncGenerator["EventSource", None]:
    """Open an event stream; a first connection that cannot be made raises here.

    :param request: what to ask for; a function is called for each connection with the time in int nanoseconds UTC, so
        that a signature can be fresh. ``timeout`` bounds the wait for the head of the answer
    :param last_event_id: resume after this event
    :param reconnect: connect again when the connection ends; false raises ConnectionLost, for those who are supervised
        by something else, and who pass ``EventSource.last_event_id`` on
    :param backoff: delays between connections; the server's ``retry`` is a lower bound to them
    :param on_reconnect: called with the reason and the delay in seconds before each further connection
    :param idle_timeout: seconds without a byte after which the connection counts as broken; None for ever
    :param max_event_size: bytes the data of an event may have, and any line
    :raises barterpy.errors.TransportError: no connection was made
    :raises barterpy.errors.VenueError: the server refused
    """
    source = EventSource(
        transport,
        request,
        last_event_id=last_event_id,
        reconnect=reconnect,
        backoff=backoff or Backoff(),
        on_reconnect=on_reconnect,
        idle_timeout=idle_timeout,
        max_event_size=max_event_size,
        clock=clock,
        random=random,
    )
    first = await source.connect()
    async with source.pumping(lambda: source.run(first)):
        yield source


@final
class EventSource(PumpedSocket[ServerSentEvent]):
    """A :class:`barterpy.socket.ReceiveSocket` of :class:`ServerSentEvent`. Made by :func:`event_source`.

    ``receive`` raises EndOfStream when the server said that there is no more (204).
    """

    def __init__(
        self,
        transport: StreamingTransport,
        request: HttpRequest | Callable[[int], HttpRequest],
        *,
        last_event_id: str,
        reconnect: bool,
        backoff: Backoff,
        on_reconnect: Callable[[BarterError, float], None] | None,
        idle_timeout: float | None,
        max_event_size: int,
        clock: WallClock,
        random: Callable[[], float],
    ) -> None:
        super().__init__()
        self.last_event_id: str = last_event_id
        """The id of the last event that was received, to resume after."""
        self.retry: float | None = None
        """Seconds the server wants between connections, once it said so."""
        self._read_id = last_event_id
        self._transport = transport
        self._request = request
        self._reconnect = reconnect
        self._attempts = Attempts(backoff)
        self._on_reconnect = on_reconnect
        self._idle_timeout = idle_timeout
        self._max_event_size = max_event_size
        self._clock = clock
        self._random = random

    async def receive(self) -> Batch[ServerSentEvent]:
        """The next events; see :class:`barterpy.socket.ReceiveSocket`."""
        batch = await super().receive()
        self.last_event_id = batch.messages[-1].id
        return batch

    async def connect(self) -> ByteStream | None:
        """One connection, its head read and found good; None when the server said that there is no more."""
        request = self._request(self._clock()) if callable(self._request) else self._request
        headers = [("Accept", "text/event-stream"), ("Cache-Control", "no-store")]
        resume = _header_value(self._read_id)
        if resume:
            headers.append(("Last-Event-ID", resume))
        request = request.with_headers(*headers)
        stream = await self._transport.open(request)
        if stream.status == 200 and _content_type(stream) == "text/event-stream":
            self._attempts.connected(self._clock())
            return stream
        try:
            if stream.status == 204:
                return None
            if stream.status == 200:
                raise ProtocolError(f"an event stream is text/event-stream, not {_content_type(stream)[:40]!r}")
            raise error_for_status(await refusal(stream, request, self._clock))
        finally:
            await stream.aclose()

    async def run(self, stream: ByteStream | None) -> None:
        """Read this connection, and those after it, into the queue."""
        while stream is not None:
            try:
                ended = await self._read(stream)
            finally:
                await stream.aclose()
            stream = await self._connect_again(ended)

    async def _read(self, stream: ByteStream) -> TransportError:
        parser = EventStreamParser(max_event_size=self._max_event_size, last_event_id=self._read_id)
        while True:
            data: bytes | None = None
            with anyio.move_on_after(self._idle_timeout):
                try:
                    data = await stream.receive()
                except anyio.EndOfStream:
                    return ConnectionLost("the event stream ended")
                except TransportError as error:
                    return error
            if data is None:
                return TransportTimeout("the next event", self._idle_timeout or 0.0)
            received_at = self._clock()
            events: list[ServerSentEvent] = []
            try:
                events.extend(parser.feed(data))
            finally:
                # Also when an event is too large: those before it are good.
                self._read_id = parser.last_event_id
                if parser.retry is not None:
                    self.retry = parser.retry / 1000
                await self.put(events, received_at)

    async def _connect_again(self, ended: TransportError) -> ByteStream | None:
        while True:
            if not self._reconnect:
                ended.retry_after = self.retry
                raise ended
            delay = self._attempts.failed(self._clock(), self._random(), self.retry)
            if delay is None or ended.fatal:
                raise ended
            if self._on_reconnect is not None:
                self._on_reconnect(ended, delay)
            await anyio.sleep(delay)
            try:
                return await self.connect()
            except TransportError as error:
                ended = error


def _content_type(stream: ByteStream) -> str:
    for name, value in stream.headers:
        if name.lower() == "content-type":
            return value.partition(";")[0].strip().lower()
    return ""


def _header_value(event_id: str) -> str:
    """The id as a header carries it: the bytes of its UTF-8. One with control characters cannot be sent."""
    text = event_id.strip()
    return text.encode().decode("latin-1") if text.replace("\t", " ").isprintable() else ""
