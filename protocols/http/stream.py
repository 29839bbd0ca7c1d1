"""A response whose body is read as it comes, and what opens one: below server-sent events and NDJSON."""

from typing import Protocol

from barterpy.http import HttpRequest

__all__ = ["ByteStream", "StreamingTransport"]


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
