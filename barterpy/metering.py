"""Measuring streams and sockets from outside: wrappers that count what passes, once a batch and never once a message.

    socket ──metered──▶ messages, bytes          Connection ──metered_connection──▶ the same, in each of its lives,
                                                                                            and waits for its limits
    batches ──BatchMeter, Metered──▶ events, lags, lives of connections, gaps, resyncs, lost books, drops, parse errors

All that happens to a connection is told in-band, so numbers about it are read off the events and no part of the
machinery has to know of metrics. :class:`barterpy.market.EventStream` takes ``metrics`` and uses all of these.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import islice, takewhile
from typing import Any, Final, Generic, Protocol, TypeVar, cast

from barterpy.clock import SECOND, WallClock, wall_clock
from barterpy.connection import Connection
from barterpy.events import (
    BookFailed,
    Connected,
    Disconnected,
    Gap,
    LifecycleEvent,
    MessageError,
    Overflow,
    Resynced,
    Stalled,
)
from barterpy.iteration import Iteration
from barterpy.limits import Grant, Limiter
from barterpy.metrics import NO_METRICS, Forgetful, Metrics
from barterpy.metrics.metric import (
    BOOK_FAILURES,
    BOOK_GAPS,
    BUFFER_FILL,
    CONNECTION_EPOCH,
    CONNECTION_UP,
    DOWNTIME,
    EVENTS,
    LIMITER_WAIT,
    OVERFLOW_DROPPED,
    PARSE_ERRORS,
    RECEIVED_BYTES,
    RECEIVED_LAG,
    RECEIVED_MESSAGES,
    RECONNECTS,
    RESYNC_DOWNTIME,
    RESYNCS,
    SENT_BYTES,
    SENT_MESSAGES,
    STALLS,
    YIELDED_LAG,
)
from barterpy.socket import Batch, Socket

__all__ = ["BatchMeter", "Batches", "Metered", "MeteredSocket", "metered", "metered_connection"]

T = TypeVar("T")
S = TypeVar("S")
Out = TypeVar("Out")
Out_co = TypeVar("Out_co", covariant=True)

_LIFECYCLE: Final[frozenset[type[Any]]] = frozenset(cast("Any", LifecycleEvent).__args__)
_LOOKED_AT: Final = 8
"""Events of a batch that are asked for their time: where none has one, the rest will not either."""


class MeteredSocket(Generic[T, S]):
    """A :class:`~barterpy.socket.Socket` that counts messages and payload of another, whose other attributes it has."""

    def __init__(self, socket: Socket[T, S], metrics: Metrics, *, venue: str = "", connection: str = "") -> None:
        self._socket = socket
        self._metrics = metrics
        self._labels = (venue, connection)

    async def receive(self) -> Batch[T]:
        """What the socket received; raises what it raises."""
        batch = await self._socket.receive()
        self._metrics.count(RECEIVED_MESSAGES, len(batch.messages), self._labels)
        self._metrics.count(RECEIVED_BYTES, _size(batch.messages), self._labels)
        return batch

    async def send(self, message: S) -> None:
        """Send it, and count it when that went well; raises what the socket raises."""
        await self._socket.send(message)
        self._metrics.count(SENT_MESSAGES, 1, self._labels)
        self._metrics.count(SENT_BYTES, _size((message,)), self._labels)

    async def aclose(self) -> None:
        await self._socket.aclose()

    def __getattr__(self, name: str) -> Any:
        # What some sockets have and streams ask for: event_time, close_code.
        return getattr(self._socket, name)


def _size(messages: Sequence[Any]) -> int:
    try:
        return sum(map(len, messages))
    except TypeError:  # objects, as a broker's client gives them: they have no size on the wire
        return 0


def metered(socket: Socket[T, S], metrics: Metrics, *, venue: str = "", connection: str = "") -> Socket[T, S]:
    """``socket``, counted; the very same where nobody measures."""
    if metrics is NO_METRICS:
        return socket
    return MeteredSocket(socket, metrics, venue=venue, connection=connection)


class _MeteredLimiter:
    """A limiter whose waits are told, of this user of it alone: others may share it and measure elsewhere."""

    def __init__(self, limiter: Limiter, metrics: Metrics) -> None:
        self._limiter = limiter
        self._metrics = metrics
        self._labels = (f"{limiter.scope} {limiter.name}".strip(),)

    async def acquire(self, weight: int = 1, key: str | None = None, *, max_wait: float | None = None) -> Grant:
        grant = await self._limiter.acquire(weight, key, max_wait=max_wait)
        self._metrics.observe(LIMITER_WAIT, grant.waited / SECOND, self._labels)
        return grant

    def __getattr__(self, name: str) -> Any:
        return getattr(self._limiter, name)


def _metered_limiter(limiter: Limiter | None, metrics: Metrics) -> Limiter | None:
    return None if limiter is None else cast("Limiter", _MeteredLimiter(limiter, metrics))


def metered_connection(connection: Connection[Out], metrics: Metrics) -> Connection[Out]:
    """The same plan, whose sockets are counted under its venue and name, and the waits for its limits under theirs; the
    very same where nobody measures."""
    if metrics is NO_METRICS:
        return connection

    @asynccontextmanager
    async def connect() -> AsyncGenerator[Socket[Any, Any]]:
        async with connection.connect() as socket:
            yield metered(socket, metrics, venue=connection.venue, connection=connection.name)

    return replace(
        connection,
        connect=connect,
        connect_limiter=_metered_limiter(connection.connect_limiter, metrics),
        send_limiter=_metered_limiter(connection.send_limiter, metrics),
        subscribe_limiter=_metered_limiter(connection.subscribe_limiter, metrics),
    )


class BatchMeter:
    """Reads numbers off the batches of one connection, or of a whole stream; no I/O, time is an argument.

    Lifecycle events are counted under the connection they name, everything else under ``venue`` and ``connection``.
    """

    def __init__(self, metrics: Metrics, *, venue: str = "", connection: str = "") -> None:
        self._metrics = metrics
        self._labels = (venue, connection)

    def received(self, batch: Sequence[Any]) -> None:
        """A batch was made of what was received."""
        metrics = self._metrics
        metrics.count(EVENTS, len(batch), self._labels)
        for event in islice(batch, _LOOKED_AT):
            exchange_at, received_at = getattr(event, "exchange_at", None), getattr(event, "received_at", 0)
            if exchange_at is not None and received_at:
                metrics.observe(RECEIVED_LAG, (received_at - exchange_at) / SECOND, self._labels)
                break
        # One set lookup an event, in C: most batches hold nothing but data.
        if not _LIFECYCLE.isdisjoint(map(type, batch)):
            for event in batch:
                if type(event) in _LIFECYCLE:
                    self._lifecycle(event)

    def yielded(self, batch: Sequence[Any], now: int, waiting: int | None = None) -> None:
        """A batch reaches its consumer at ``now``, int nanoseconds UTC, while ``waiting`` more events wait for it."""
        if waiting is not None:
            self._metrics.gauge(BUFFER_FILL, waiting, self._labels)
        # What a buffer lost is told in front of what it kept, and only to the consumer.
        for event in takewhile(_is_overflow, batch):
            self._metrics.count(OVERFLOW_DROPPED, event.dropped, (event.venue, event.connection, event.policy))
        for event in islice(batch, _LOOKED_AT):
            received_at = getattr(event, "received_at", 0)
            if received_at:
                self._metrics.observe(YIELDED_LAG, (now - received_at) / SECOND, self._labels)
                return

    def gone(self) -> None:
        """Another connection is in the place of this one, whose being down says nothing."""
        for metric in (CONNECTION_UP, CONNECTION_EPOCH):
            if isinstance(self._metrics, Forgetful):
                self._metrics.forget(metric, self._labels)
            elif metric is CONNECTION_UP:
                self._metrics.gauge(metric, 0, self._labels)

    def emit(self, send: Callable[[Sequence[T]], Awaitable[None]]) -> Callable[[Sequence[T]], Awaitable[None]]:
        """``send``, with each batch measured as received first; ``send`` itself where nobody measures."""
        if self._metrics is NO_METRICS:
            return send

        async def measured(batch: Sequence[T]) -> None:
            self.received(batch)
            await send(batch)

        return measured

    def _lifecycle(self, event: Any) -> None:
        metrics = self._metrics
        match event:
            case Connected():
                where = (event.venue, event.connection)
                metrics.gauge(CONNECTION_UP, 1, where)
                metrics.gauge(CONNECTION_EPOCH, event.epoch, where)
                if event.downtime is not None:
                    metrics.observe(DOWNTIME, event.downtime / SECOND, where)
            case Disconnected():
                where = (event.venue, event.connection)
                metrics.gauge(CONNECTION_UP, 0, where)
                metrics.count(RECONNECTS, 1, (*where, event.error or "closed"))
            case Stalled():
                metrics.count(STALLS, 1, (event.venue, event.connection))
            case MessageError():
                metrics.count(PARSE_ERRORS, 1, (event.venue, event.connection))
            case Gap():
                metrics.count(BOOK_GAPS, 1, (event.venue, event.instrument))
            case BookFailed():
                metrics.count(BOOK_FAILURES, 1, (event.venue, event.instrument))
            case Resynced():
                metrics.count(RESYNCS, 1, (event.venue, event.instrument))
                metrics.observe(RESYNC_DOWNTIME, event.downtime / SECOND, (event.venue,))
            case _:
                pass


def _is_overflow(event: object) -> bool:
    return type(event) is Overflow


class Batches(Protocol[Out_co]):
    """A stream that gives batches: :class:`~barterpy.stream.ExchangeStream`, :class:`~barterpy.market.EventStream`."""

    def batches(self) -> AsyncIterator[Sequence[Out_co]]: ...


class Metered(Generic[Out]):
    """The events of any stream, measured where they are consumed.

        async with my_stream as events:
            async for event in Metered(events, registry, venue="example"):
                ...

    Not for a stream that was given ``metrics`` itself: its events would be counted twice.

    :param clock: int nanoseconds UTC, for the lag from receipt to here
    """

    def __init__(
        self,
        stream: Batches[Out],
        metrics: Metrics,
        *,
        venue: str = "",
        connection: str = "",
        clock: WallClock = wall_clock,
    ) -> None:
        self._batches = stream.batches()
        self._meter = BatchMeter(metrics, venue=venue, connection=connection)
        self._measures = metrics is not NO_METRICS
        self._clock = clock
        self._items: Iterator[Out] = iter(())

    def __aiter__(self) -> "Metered[Out]":
        return self

    async def __anext__(self) -> Out:
        for item in self._items:
            return item
        self._items = iter(await self._next())
        return await self.__anext__()

    def batches(self) -> AsyncIterator[Sequence[Out]]:
        """The same events, as the stream's own batches."""
        return Iteration(self._next_batch)

    async def _next_batch(self) -> Sequence[Out]:
        rest = list(self._items)
        return rest or await self._next()

    async def _next(self) -> Sequence[Out]:
        batch = await anext(self._batches)
        if self._measures:
            self._meter.received(batch)
            self._meter.yielded(batch, self._clock())
        return batch
