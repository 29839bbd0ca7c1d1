"""Recording a venue as it is watched: its sockets and its REST transport, and how much went by."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

from barterpy.cli.options import Endpoints
from barterpy.cli.venues import VenueEntry, VenueOptions
from barterpy.connection import Connection
from barterpy.http import HttpTransport
from barterpy.market import Venue
from barterpy.recording import RecordingSocket, RecordingTransport, RecordingWriter
from barterpy.socket import Batch, Socket
from barterpy.subscription import Subscription

__all__ = ["Capture"]


class Capture:
    """A venue whose traffic goes into a recording.

    ``messages`` and ``payload_bytes`` count what was received on its streams. Close it after use.
    """

    def __init__(self, entry: VenueEntry, endpoints: Endpoints, writer: RecordingWriter) -> None:
        from barterpy.protocols.http import HttpxTransport

        self.messages = 0
        self.payload_bytes = 0
        self._url = ""
        self._writer = writer
        self._transport: HttpTransport = RecordingTransport(HttpxTransport(), writer)
        options = VenueOptions(endpoints=endpoints, transport=self._transport, connect=self._connect)
        self.venue: Venue[Any] = entry.make(options)

    def connections(self, subscriptions: Sequence[Subscription]) -> list[Connection[Any]]:
        """The venue's connections, each recorded under its own name."""
        return [
            replace(connection, connect=self._recorded(connection))
            for connection in self.venue.connections(subscriptions)
        ]

    async def aclose(self) -> None:
        await self.venue.aclose()
        await self._transport.aclose()

    def _connect(self, url: str) -> AbstractAsyncContextManager[Socket[Any, Any]]:
        from barterpy.protocols import websocket

        self._url = url
        return websocket.connect(url)

    def _recorded(self, connection: Connection[Any]) -> Any:
        @asynccontextmanager
        async def connect() -> AsyncGenerator[Socket[Any, Any]]:
            opening = connection.connect()  # calls _connect, which hears the URL
            url = self._url
            async with opening as socket:
                recorded: RecordingSocket[Any] = RecordingSocket(
                    _Metered(socket, self), self._writer, connection=connection.name, url=url
                )
                try:
                    yield recorded
                finally:
                    await recorded.aclose()

        return connect


class _Metered:
    """Counts what passes."""

    def __init__(self, inner: Socket[Any, Any], capture: Capture) -> None:
        self._inner = inner
        self._capture = capture

    @property
    def close_code(self) -> int | None:
        return getattr(self._inner, "close_code", None)

    async def receive(self) -> Batch[Any]:
        batch = await self._inner.receive()
        self._capture.messages += len(batch.messages)
        self._capture.payload_bytes += sum(map(len, batch.messages))
        return batch

    async def send(self, message: Any) -> None:
        await self._inner.send(message)

    async def aclose(self) -> None:
        await self._inner.aclose()
