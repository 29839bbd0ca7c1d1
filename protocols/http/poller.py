"""Poller: a request asked again and again, as a socket of its answers."""

import hashlib
import random as _random
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, final

import anyio

from barterpy.clock import WallClock, wall_clock
from barterpy.errors import BarterError, ConfigurationError
from barterpy.http import HttpRequest, HttpResponse, HttpTransport
from barterpy.rest import error_for_status
from barterpy.socket import Batch

__all__ = ["Poller"]


@final
class Poller:
    """A :class:`barterpy.socket.ReceiveSocket` whose messages are the bodies of responses, as bytes.

    Requests never overlap: one is sent when somebody receives and the interval since the last one has passed. The pace
    is kept by deadlines, so that the time an answer takes does not add up; a consumer that was slow is served at once,
    and nothing is made up for in a burst. A poll that is cancelled is asked again at the next deadline.

    An error is raised by ``receive``, which may be called again: the next poll comes at the next deadline, and not
    before ``retry_after`` of the error.

    :param request: what to ask for; a function is called for each poll with the time in int nanoseconds UTC
    :param interval: seconds from one request to the next
    :param jitter: seconds, of which a random part is added to each wait, so that many pollers do not march in step
    :param drop_unchanged: keep back an answer whose body is that of the one before; asks with ``If-None-Match`` where
        the server gives entity tags, and takes 304
    :param check: the error a response stands for, or None; by default whatever is not a success
    :param clock: the time for ``request``
    :param random: a number in [0, 1), for the jitter
    :param monotonic: seconds, for the pace
    :param sleep: waits for some seconds
    """

    def __init__(
        self,
        transport: HttpTransport,
        request: HttpRequest | Callable[[int], HttpRequest],
        interval: float,
        *,
        jitter: float = 0.0,
        drop_unchanged: bool = True,
        check: Callable[[HttpResponse], BarterError | None] | None = None,
        clock: WallClock = wall_clock,
        random: Callable[[], float] = _random.random,
        monotonic: Callable[[], float] = anyio.current_time,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        if interval <= 0 or jitter < 0:
            raise ConfigurationError(f"interval must be positive and jitter not negative, got {interval} and {jitter}")
        self._transport = transport
        self._request = request
        self._interval = interval
        self._jitter = jitter
        self._drop_unchanged = drop_unchanged
        self._check = check or _default_check
        self._clock = clock
        self._random = random
        self._monotonic = monotonic
        self._sleep = sleep
        self._due: float | None = None
        self._tag: str | None = None
        self._digest: bytes | None = None
        self._closed = False
        self._receiving: anyio.CancelScope | None = None

    async def receive(self) -> Batch[bytes]:
        """The next answer, or the next one that differs.

        :raises barterpy.errors.TransportError: the request did not get through
        :raises barterpy.errors.VenueError: the answer is an error
        :raises anyio.ClosedResourceError: the poller was closed
        :raises anyio.BusyResourceError: another task is receiving
        """
        if self._receiving is not None:
            raise anyio.BusyResourceError("receiving from")
        with anyio.CancelScope() as self._receiving:
            try:
                while not self._closed:
                    await self._pace()
                    response = await self._poll()
                    if response is not None:
                        return Batch([response.body], response.received_at or self._clock())
            finally:
                self._receiving = None
        raise anyio.ClosedResourceError

    async def aclose(self) -> None:
        """Stop polling. The transport, which may be shared, stays open."""
        self._closed = True
        if self._receiving is not None:
            self._receiving.cancel()
        await anyio.lowlevel.checkpoint()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _pace(self) -> None:
        """Wait for the deadline, and set the next one."""
        now = self._monotonic()
        if self._due is None or now >= self._due:
            await anyio.lowlevel.checkpoint()
            self._due = now + self._interval
        else:
            await self._sleep(self._due - now + self._jitter * self._random())
            self._due += self._interval

    async def _poll(self) -> HttpResponse | None:
        request = self._request(self._clock()) if callable(self._request) else self._request
        if self._tag is not None:
            request = request.with_headers(("If-None-Match", self._tag))
        try:
            response = await self._transport.send(request)
            if response.status == 304 and self._tag is not None:
                return None
            error = self._check(response)
            if error is not None:
                raise error
        except BarterError as error:
            if error.retry_after is not None:
                self._due = max(self._due or 0.0, self._monotonic() + error.retry_after)
            raise
        if not self._drop_unchanged:
            return response
        self._tag = response.header("etag")
        digest = hashlib.blake2b(response.body).digest()
        if digest == self._digest:
            return None
        self._digest = digest
        return response


def _default_check(response: HttpResponse) -> BarterError | None:
    return None if 200 <= response.status < 300 else error_for_status(response)
