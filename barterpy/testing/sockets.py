"""Sockets without a network: one over a script, and two that are connected with each other."""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Generic, TypeAlias, TypeVar, cast, final

import anyio
import anyio.lowlevel

from barterpy.clock import WallClock, wall_clock
from barterpy.errors import ConfigurationError, ConnectionLost
from barterpy.socket import Batch

__all__ = ["MemorySocket", "MockSocket", "Pause", "Step", "connector", "socket_pair"]

T = TypeVar("T")


@final
class Pause:
    """A step that lets ``seconds`` pass."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds: float = seconds

    def __repr__(self) -> str:
        return f"Pause({self.seconds:g})"


Step: TypeAlias = Sequence[T] | Batch[T] | BaseException | Pause | anyio.Event
"""What a :class:`MockSocket` does next: hand over a batch (with its own time if it is a
:class:`~barterpy.socket.Batch`), raise, wait, or wait for an event."""


class _Inbound(Generic[T]):
    """The receiving half both kinds share: what was put in comes out in order, one receiver at a time."""

    def __init__(self) -> None:
        self.steps: deque[Step[T]] = deque()
        self.ended = False
        self.closed = False
        self._waiting: anyio.Event | None = None

    def put(self, step: Step[T]) -> None:
        self.steps.append(step)
        self.wake()

    def wake(self) -> None:
        if self._waiting is not None:
            self._waiting.set()

    async def next(self) -> Step[T]:
        """The first step, which stays in its place: whoever has carried it out removes it."""
        await anyio.lowlevel.checkpoint()
        while not self.closed:
            if self.steps:
                return self.steps[0]
            if self.ended:
                raise anyio.EndOfStream
            await self.wait(None)
        raise anyio.ClosedResourceError

    async def wait(self, seconds: float | None) -> None:
        self._waiting = anyio.Event()
        try:
            with anyio.move_on_after(seconds):
                await self._waiting.wait()
        finally:
            self._waiting = None


class MockSocket(Generic[T]):
    """A :class:`barterpy.socket.Socket` that plays a script and keeps what is sent.

        socket = MockSocket(["1", "2"], Pause(5), ["3"], ConnectionLost("cut", 1006))

    Steps are carried out in order, one a ``receive``; behind the last one it ends, or waits for :meth:`feed` when
    ``end`` is false. An exception is raised again by every later ``receive``, as a broken connection does, unless steps
    follow it.

    :param steps: the script, see :data:`Step`
    :param end: whether the other side finishes behind the last step
    :param respond: called with each message sent; the messages it returns are received next, as one batch
    :param clock: stamps batches that have no time of their own, int nanoseconds UTC
    :param event_time: whether the time of messages is the time of the stream, as in a replay
    :raises barterpy.errors.ConfigurationError: a step is a bare message
    """

    def __init__(
        self,
        *steps: Step[T],
        end: bool = True,
        respond: Callable[[Any], Iterable[T] | None] | None = None,
        clock: WallClock = wall_clock,
        event_time: bool = False,
    ) -> None:
        self.event_time = event_time
        self.sent: list[Any] = []
        """Every message that was sent, in order."""
        self.close_code: int | None = None
        if any(isinstance(step, (str, bytes)) for step in steps):
            raise ConfigurationError("a step of messages is a list of them, also when it is only one")
        self._inbound: _Inbound[T] = _Inbound()
        self._inbound.steps.extend(steps)
        self._inbound.ended = end
        self._respond = respond
        self._clock = clock
        self._receiving = False
        self._sent_more = anyio.Event()

    @property
    def closed(self) -> bool:
        """Whether this side closed it."""
        return self._inbound.closed

    def feed(self, *messages: T) -> None:
        """Let these messages be received next behind what is already there, as one batch."""
        self._inbound.put(messages)

    def fail(self, error: BaseException) -> None:
        """Let ``receive`` raise this behind what is already there."""
        self._inbound.put(error)

    def finish(self) -> None:
        """Let the other side finish behind what is already there."""
        self._inbound.ended = True
        self._inbound.wake()

    async def wait_sent(self, count: int = 1) -> list[Any]:
        """Wait until ``count`` messages were sent in all, and return all of them."""
        while len(self.sent) < count:
            await self._sent_more.wait()
        return self.sent

    async def receive(self) -> Batch[T]:
        """The next batch of the script; see :meth:`barterpy.socket.ReceiveSocket.receive`."""
        if self._receiving:
            raise anyio.BusyResourceError("receiving from")
        self._receiving = True
        try:
            while True:
                batch = await self._carry_out(await self._inbound.next())
                if batch is not None:
                    return batch
        finally:
            self._receiving = False

    async def _carry_out(self, step: Step[T]) -> Batch[T] | None:
        steps = self._inbound.steps
        if isinstance(step, BaseException):
            if len(steps) > 1:
                steps.popleft()
            if isinstance(step, ConnectionLost):
                self.close_code = step.code
            raise step.with_traceback(None)
        if isinstance(step, Pause):
            await self._inbound.wait(step.seconds)
            if self._inbound.closed:
                return None
        elif isinstance(step, anyio.Event):
            while not (step.is_set() or self._inbound.closed):
                await self._race(step)
            if self._inbound.closed:
                return None
        steps.popleft()
        if isinstance(step, (Pause, anyio.Event)):
            return None
        return step if isinstance(step, Batch) else Batch(step, self._clock())

    async def _race(self, event: anyio.Event) -> None:
        async with anyio.create_task_group() as tasks:

            async def closed() -> None:
                await self._inbound.wait(None)
                tasks.cancel_scope.cancel()

            tasks.start_soon(closed)
            await event.wait()
            tasks.cancel_scope.cancel()

    async def send(self, message: Any) -> None:
        """Keep the message; see :meth:`barterpy.socket.Socket.send`."""
        await anyio.lowlevel.checkpoint()
        if self._inbound.closed:
            raise anyio.ClosedResourceError
        self.sent.append(message)
        replies = None if self._respond is None else self._respond(message)
        if replies is not None and (batch := list(replies)):
            self._inbound.steps.appendleft(batch)
            self._inbound.wake()
        event, self._sent_more = self._sent_more, anyio.Event()
        event.set()

    async def aclose(self) -> None:
        """Close it; a ``receive`` that waits raises :class:`anyio.ClosedResourceError`."""
        self._inbound.closed = True
        self._inbound.wake()
        await anyio.lowlevel.checkpoint()


@final
class MemorySocket(Generic[T]):
    """One end of a :func:`socket_pair`. ``path`` and ``query`` are what a client asked its server for."""

    event_time = False

    def __init__(self, *, size: int, clock: WallClock, path: str = "", query: str = "") -> None:
        self.path = path
        self.query = query
        self.close_code: int | None = None
        self.close_reason = ""
        self._inbound: _Inbound[T] = _Inbound()
        self._size = size
        self._clock = clock
        self._receiving = False
        self._room = anyio.Event()
        self._peer: MemorySocket[T] = self

    async def receive(self) -> Batch[T]:
        """Everything the other end has sent; see :meth:`barterpy.socket.ReceiveSocket.receive`."""
        if self._receiving:
            raise anyio.BusyResourceError("receiving from")
        self._receiving = True
        inbound = self._inbound
        try:
            step = await inbound.next()
            if isinstance(step, BaseException):
                raise step.with_traceback(None)
            messages: list[T] = []
            while inbound.steps and not isinstance(inbound.steps[0], BaseException):
                messages += cast("list[T]", inbound.steps.popleft())
            self._room.set()
            self._room = anyio.Event()
            return Batch(messages, self._clock())
        finally:
            self._receiving = False

    async def send(self, message: T) -> None:
        """Hand a message to the other end; waits while it has ``size`` of them unread."""
        await anyio.lowlevel.checkpoint()
        peer = self._peer
        while True:
            if self._inbound.closed:
                raise anyio.ClosedResourceError
            if peer._inbound.closed or peer._inbound.ended:
                raise ConnectionLost("the other end is closed", self.close_code)
            if len(peer._inbound.steps) < self._size:
                break
            await peer._room.wait()
        peer._inbound.put([message])

    async def aclose(self, code: int = 1000, reason: str = "") -> None:
        """Close both ends; the other one hears ``code`` as its close code, as EndOfStream for 1000."""
        self._close(code, reason, None if code == 1000 else ConnectionLost(reason or "closed", code))
        await anyio.lowlevel.checkpoint()

    def abort(self, reason: str = "the connection was cut") -> None:
        """Break the connection without a word: the other end sees 1006."""
        self._close(1006, reason, ConnectionLost(reason, 1006))

    def _close(self, code: int, reason: str, error: ConnectionLost | None) -> None:
        if self._inbound.closed:
            return
        self._inbound.closed = True
        self._inbound.wake()
        self._room.set()
        peer = self._peer
        peer._room.set()
        if peer._inbound.closed or peer._inbound.ended:
            return
        for end in (self, peer):
            end.close_code, end.close_reason = code, reason
        if error is not None:
            peer._inbound.put(error)
        peer._inbound.ended = True
        peer._inbound.wake()


def socket_pair(
    *, size: int = 1000, clock: WallClock = wall_clock, path: str = "", query: str = ""
) -> tuple[MemorySocket[Any], MemorySocket[Any]]:
    """Two connected sockets in memory, client and server: what one sends, the other receives.

    :param size: messages that may wait to be received before ``send`` waits
    :param path: what the server's end says the client asked for, as a WebSocket of a server does
    """
    if size < 1:
        raise ConfigurationError("size is a number of messages from 1")
    client: MemorySocket[Any] = MemorySocket(size=size, clock=clock)
    server: MemorySocket[Any] = MemorySocket(size=size, clock=clock, path=path, query=query)
    client._peer, server._peer = server, client  # pyright: ignore[reportPrivateUsage]
    return client, server


def connector(*attempts: Any) -> Callable[[], AbstractAsyncContextManager[Any]]:
    """A ``connect`` for :class:`barterpy.connection.Connection` that gives these one after the other.

    A socket is handed over and closed at the end; an exception is raised, as a connect that fails. An attempt more than
    there are raises :class:`~barterpy.errors.ConfigurationError`.
    """
    left = deque(attempts)

    @asynccontextmanager
    async def connect() -> AsyncGenerator[Any, None]:
        if not left:
            raise ConfigurationError(f"one connect more than the {len(attempts)} that were prepared")
        attempt = left.popleft()
        if isinstance(attempt, BaseException):
            raise attempt
        try:
            yield attempt
        finally:
            await attempt.aclose()

    return connect
