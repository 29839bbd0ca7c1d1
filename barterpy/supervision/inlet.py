"""Inlet: a socket over a socket, which also brings the answers to what was fetched aside.

    socket ────────────────▶ Inlet ──▶ ExchangeStream(parser, transformer) ──▶ events
                               ▲                    │ Fetch
                               └── fetch task ◀─────┘

It has no task and no queue of its own for what the socket brings: whoever receives reads the socket, and is interrupted
when an answer is there.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, final

import anyio
import anyio.abc

from barterpy.clock import WallClock
from barterpy.errors import BarterError, ConfigurationError
from barterpy.socket import Batch, Socket
from barterpy.transformer import Fetch, Fetched

__all__ = ["Inlet"]


@final
class Inlet:
    """What a supervised stream receives from, and sends to.

    :param tasks: runs the fetches
    :param send: takes the messages that are sent; the socket's own ``send`` by default
    :param subscribe: takes those of them that ask for a subscription; ``send`` by default
    """

    def __init__(
        self,
        socket: Socket[Any, Any],
        tasks: anyio.abc.TaskGroup,
        fetch: Callable[[Any], Awaitable[Any]] | None,
        clock: WallClock,
        *,
        send: Callable[[Any], Awaitable[None]] | None = None,
        subscribe: Callable[[Any], Awaitable[None]] | None = None,
        concurrent_fetches: int = 4,
    ) -> None:
        self.event_time: bool = bool(getattr(socket, "event_time", False))
        self._send = send or socket.send
        self._subscribe = subscribe or self._send
        self.socket: Socket[Any, Any] = socket
        self._tasks = tasks
        self._fetch = fetch
        self._clock = clock
        self._concurrent = anyio.Semaphore(concurrent_fetches)
        self._latest: dict[str, Fetch] = {}
        # At most one answer for each fetch under way, and a key has no more than one of them.
        self._answers: deque[Batch[Any] | Exception] = deque()
        self._waiting: anyio.CancelScope | None = None
        self._under_way = 0

    async def send(self, message: Any) -> None:
        await self._send(message)

    async def subscribe(self, message: Any) -> None:
        await self._subscribe(message)

    async def aclose(self) -> None:
        await self.socket.aclose()

    def start_fetch(self, directive: Fetch) -> None:
        """Begin a fetch; its answer comes as a :class:`~barterpy.transformer.Fetched` message.

        :raises barterpy.errors.ConfigurationError: this connection has nothing to fetch with
        """
        if self._fetch is None:
            raise ConfigurationError(f"nothing here can fetch {directive.key!r}")
        self._latest[directive.key] = directive
        self._under_way += 1
        self._tasks.start_soon(self._run_fetch, self._fetch, directive)

    async def receive(self) -> Batch[Any]:
        if not self._under_way and not self._answers:
            # Only what is received starts a fetch, so none can be answered meanwhile.
            return await self.socket.receive()
        while not self._answers:
            # A receive that is cancelled loses nothing, see ReceiveSocket.
            with anyio.CancelScope() as scope:
                self._waiting = scope
                try:
                    return await self.socket.receive()
                finally:
                    self._waiting = None
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _run_fetch(self, fetch: Callable[[Any], Awaitable[Any]], directive: Fetch) -> None:
        try:
            if directive.delay > 0:
                await anyio.sleep(directive.delay)
            async with self._concurrent:
                if self._latest.get(directive.key) is not directive:
                    return
                del self._latest[directive.key]
                try:
                    answer = Fetched(directive.key, await fetch(directive.request))
                except BarterError as error:
                    answer = Fetched(directive.key, error=error)
                except Exception as error:  # noqa: BLE001 - a defect in the fetcher: the consumer must hear of it
                    self._put(error)
                    return
            self._put(Batch([answer], self._clock(), parsed=True))
        finally:
            self._under_way -= 1

    def _put(self, answer: Batch[Any] | Exception) -> None:
        self._answers.append(answer)
        if self._waiting is not None:
            self._waiting.cancel()
