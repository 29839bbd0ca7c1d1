"""NdjsonSocket: a response of one message a line, as a socket. Newline-delimited JSON, or any other text by lines."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import final

import anyio

from barterpy.clock import WallClock, wall_clock
from barterpy.errors import TransportTimeout
from barterpy.http import HttpRequest
from barterpy.protocols.http.lines import LineBuffer
from barterpy.protocols.http.pump import PumpedSocket
from barterpy.protocols.http.stream import ByteStream, StreamingTransport, refusal
from barterpy.rest import error_for_status

__all__ = ["NdjsonSocket", "ndjson"]


@asynccontextmanager
async def ndjson(
    transport: StreamingTransport,
    request: HttpRequest,
    *,
    idle_timeout: float | None = 90.0,
    max_line_size: int = 1 << 20,
    clock: WallClock = wall_clock,
) -> AsyncGenerator["NdjsonSocket", None]:
    """Open a stream of lines.

    :param request: its ``timeout`` bounds the wait for the head of the answer
    :param idle_timeout: seconds without a byte after which the connection counts as broken; None for ever
    :param max_line_size: bytes a line may have
    :raises barterpy.errors.TransportError: no connection was made
    :raises barterpy.errors.VenueError: the server refused
    """
    stream = await transport.open(request)
    try:
        if not 200 <= stream.status < 300:
            raise error_for_status(await refusal(stream, request, clock))
        socket = NdjsonSocket(stream, idle_timeout=idle_timeout, max_line_size=max_line_size, clock=clock)
        async with socket.pumping(socket.run):
            yield socket
    finally:
        await stream.aclose()


@final
class NdjsonSocket(PumpedSocket[bytes]):
    """A :class:`barterpy.socket.ReceiveSocket` of lines, without their ends. Made by :func:`ndjson`.

    Empty lines, which servers send to keep a connection alive, are skipped. ``receive`` raises EndOfStream when the
    response is complete; a last line needs no end.
    """

    def __init__(self, stream: ByteStream, *, idle_timeout: float | None, max_line_size: int, clock: WallClock) -> None:
        super().__init__()
        self._stream = stream
        self._idle_timeout = idle_timeout
        self._lines = LineBuffer(max_line_size, "max_line_size")
        self._clock = clock

    async def run(self) -> None:
        """Read the response into the queue."""
        while True:
            data: bytes | None = None
            with anyio.move_on_after(self._idle_timeout):
                try:
                    data = await self._stream.receive()
                except anyio.EndOfStream:
                    break
            if data is None:
                raise TransportTimeout("the next line", self._idle_timeout or 0.0)
            received_at = self._clock()
            lines: list[bytes] = []
            try:
                lines.extend(line for line in self._lines.feed(data) if line.strip())
            finally:
                await self.put(lines, received_at)
        last = self._lines.finish()
        if last.strip():
            await self.put([last], self._clock())
