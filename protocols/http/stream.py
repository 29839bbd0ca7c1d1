"""A response whose body is read as it comes, and what opens one: below server-sent events and NDJSON."""

from contextlib import suppress
from typing import Final, Protocol

import anyio

from barterpy.clock import WallClock
from barterpy.errors import BarterError
from barterpy.http import HttpRequest, HttpResponse

__all__ = ["ByteStream", "StreamingTransport", "refusal"]

_REFUSAL_SIZE: Final = 8192
_REFUSAL_TIMEOUT: Final = 2.0


class ByteStream(Protocol):
    """The head of a response, and its body bit by bit."""

    @property
    def status(self) -> int:
        """HTTP status."""
        ...

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Header fields in their order."""
        ...

    async def receive(self) -> bytes:
        """The next bytes of the body, at least one. Cancelling it ends the response.

        :raises anyio.EndOfStream: the body is complete
        :raises barterpy.errors.ConnectionLost: the connection broke before it was
        """
        ...

    async def aclose(self) -> None:
        """Let go of the response and of its connection."""
        ...


class StreamingTransport(Protocol):
    """Opens responses which go on for long."""

    async def open(self, request: HttpRequest, /) -> ByteStream:
        """Send a request and read the head of the answer; ``request.timeout`` bounds that, not the body.

        :raises barterpy.errors.ConnectError: no connection was made
        :raises barterpy.errors.TransportTimeout: no head of an answer in time
        """
        ...


async def refusal(stream: ByteStream, request: HttpRequest, clock: WallClock) -> HttpResponse:
    """A response that is an error as a whole response, with as much of its body as comes and an error can show."""
    body = b""
    with anyio.move_on_after(min(request.timeout, _REFUSAL_TIMEOUT)):
        with suppress(anyio.EndOfStream, BarterError):
            while len(body) < _REFUSAL_SIZE:
                body += await stream.receive()
    return HttpResponse(
        status=stream.status,
        headers=stream.headers,
        body=body[:_REFUSAL_SIZE],
        url=request.url,
        received_at=clock(),
    )
