"""The simulated venue's REST API as a transport in memory: no server, no socket."""

from typing import Protocol, final

import anyio.lowlevel
import msgspec

from barterpy.clock import MILLISECOND, WallClock
from barterpy.http import HttpRequest, HttpResponse

__all__ = ["Responder", "SimulatedTransport"]


class Responder(Protocol):
    """What answers requests: a simulated venue."""

    @property
    def clock(self) -> WallClock:
        """Int nanoseconds UTC."""
        ...

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """The answer to a request."""
        ...


@final
class SimulatedTransport:
    """A :class:`barterpy.http.HttpTransport` that asks a simulated venue in memory."""

    def __init__(self, venue: Responder) -> None:
        self._venue = venue

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        """The venue's answer. The request's timeout is not looked at."""
        await anyio.lowlevel.checkpoint()
        response = await self._venue.respond(request)
        return msgspec.structs.replace(response, received_at=self._venue.clock(), elapsed=MILLISECOND)

    async def aclose(self) -> None:
        """Nothing to close."""
