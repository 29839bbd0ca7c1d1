"""Streams of events over one or many supervised connections, and the call most users begin with."""

import random as _random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from types import TracebackType
from typing import Any, Generic, Protocol, TypeAlias, TypeVar, cast

import anyio
import anyio.abc
from anyio.lowlevel import checkpoint

from barterpy.clock import WallClock, wall_clock
from barterpy.connection import Connection
from barterpy.errors import ConfigurationError
from barterpy.events import LifecycleEvent
from barterpy.flow import LIFECYCLE, FlowChannel, FlowCounters, FlowPolicy, FlowSender
from barterpy.iteration import Iteration
from barterpy.metering import BatchMeter, metered_connection
from barterpy.metrics import NO_METRICS, Metrics
from barterpy.model.market import MarketEvent
from barterpy.model.number import N
from barterpy.parser import StreamParser
from barterpy.reconnect import ReconnectPolicy
from barterpy.subscription import Subscription
from barterpy.supervision import SupervisedConnection
from barterpy.transformer import Transformer

__all__ = ["Event", "EventStream", "Venue", "event_stream", "market_stream"]

Out = TypeVar("Out")

Event: TypeAlias = MarketEvent[N] | LifecycleEvent
"""Anything a market stream yields: data, and what happens to it."""


class Venue(Protocol[N]):
    """What a venue integration offers to the streams."""

    @property
    def name(self) -> str:
        """The venue's name in events, such as ``binance_futures``."""
        ...

    def connections(
        self, subscriptions: Sequence[Subscription], /
    ) -> Sequence[Connection[MarketEvent[N] | LifecycleEvent]]:
        """The connections that carry these subscriptions, by the venue's URLs and limits. Opens nothing.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; the text names it
        """
        ...

    def parser(self) -> StreamParser[str | bytes, Any]:
        """A parser of the venue's messages."""
        ...

    def transformer(
        self, subscriptions: Sequence[Subscription] = (), /
    ) -> Transformer[Any, MarketEvent[N] | LifecycleEvent]:
        """A transformer of parsed messages; without subscriptions it takes whatever comes, under the venue's names."""
        ...

    async def fetch(self, request: Any, /) -> Any:
        """Answer a :class:`~barterpy.transformer.Fetch` of the transformer, over REST."""
        ...

    async def aclose(self) -> None:
        """Close what the venue object opened, such as its REST transport."""
        ...


class EventStream(Generic[Out]):
    """Events of all its connections, in one asynchronous iteration. Use it with ``async with``, which owns its tasks.

    ``flow`` says how many events wait for the consumer at most, and what happens when there are more: by default the
    connections stop reading and the network holds the rest. So memory stays bounded whatever the consumer does.

    Iterating raises what ended a connection for good, see :func:`barterpy.reconnect.supervise`, and
    :class:`~barterpy.errors.BufferOverflow` where the flow's policy is to fail. One task at a time may iterate.

    ``metrics`` hears of messages, lags, lives of connections, gaps and drops, once a batch; see
    :mod:`barterpy.metering`.
    """

    def __init__(
        self,
        connections: Sequence[Connection[Out]],
        policy: ReconnectPolicy | None = None,
        *,
        flow: FlowPolicy | None = None,
        clock: WallClock = wall_clock,
        random: Callable[[], float] = _random.random,
        metrics: Metrics = NO_METRICS,
        plan: Callable[[Sequence[Subscription]], Sequence[Connection[Out]]] | None = None,
    ) -> None:
        if not connections:
            raise ConfigurationError("there is nothing to connect to: pass at least one subscription")
        self._connections = tuple(connections)
        self._plan = plan
        self._names: set[str] = set()
        self._holders: dict[str, SupervisedConnection] = {}
        self._metrics = metrics
        names = {connection.name for connection in connections}
        self._meter = BatchMeter(metrics, venue=connections[0].venue, connection="*" if len(names) > 1 else names.pop())
        self._policy = policy or ReconnectPolicy()
        self._clock = clock
        self._random = random
        self._channel: FlowChannel[Out] = FlowChannel(flow, clock=clock)
        self._tasks: anyio.abc.TaskGroup | None = None
        self._items: Iterator[Out] = iter(())

    async def __aenter__(self) -> "EventStream[Out]":
        if self._tasks is not None:
            raise ConfigurationError("an event stream is entered once; make a new one")
        self._tasks = await anyio.create_task_group().__aenter__()
        for connection in self._connections:
            self._start(self._tasks, connection)
        return self

    def _start(self, tasks: anyio.abc.TaskGroup, connection: Connection[Out]) -> None:
        name = next(name for name in _numbered(connection.name) if name not in self._names)
        self._names.add(name)
        connection = metered_connection(replace(connection, name=name), self._metrics)
        sender = self._channel.sender(connection.venue, name)
        emit = BatchMeter(self._metrics, venue=connection.venue, connection=name).emit(sender.send)
        supervised = SupervisedConnection(connection, emit, self._policy, clock=self._clock, random=self._random)
        for subscription in supervised.ledger.names():
            self._holders[subscription] = supervised
        tasks.start_soon(self._run, supervised, sender, name=name)

    async def subscribe(self, *subscriptions: Subscription) -> None:
        """Want these as well, from now on; no open connection is dropped for it. They begin on connections of their
        own, as many as the venue's limits ask for, and :class:`~barterpy.events.Subscribed` tells of each. What is
        wanted already is counted once more.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them, the stream was not made by
            :func:`market_stream`, or is not entered
        """
        tasks = self._entered()
        await checkpoint()
        if self._plan is None:
            raise ConfigurationError("only a stream made by market_stream can plan further connections")
        new = [one for one in dict.fromkeys(subscriptions) if one.name not in self._holders]
        planned = self._plan(new) if new else ()
        for subscription in subscriptions:
            holder = self._holders.get(subscription.name)
            if holder is not None:
                holder.ledger.add(subscription.name, subscription)
        for connection in planned:
            self._start(tasks, connection)

    async def unsubscribe(self, *subscriptions: Subscription) -> None:
        """Want these no longer, each as often as it was subscribed. The connection whose last one it was is closed, and
        the iteration ends with the last connection. Where a venue's plan has no way to end a single subscription, its
        data goes on until then.

        :raises barterpy.errors.ConfigurationError: one of them was never subscribed; none is ended then
        """
        self._entered()
        await checkpoint()
        for subscription in subscriptions:
            if subscription.name not in self._holders:
                raise ConfigurationError(f"{subscription.name} is not subscribed here")
        for subscription in subscriptions:
            holder = self._holders.get(subscription.name)
            if holder is None:
                continue
            holder.unsubscribe(subscription)
            if subscription.name in holder.wanted:
                continue
            del self._holders[subscription.name]
            if not holder.wanted:
                self._names.discard(holder.connection.name)
                holder.close()

    def _entered(self) -> anyio.abc.TaskGroup:
        if self._tasks is None:
            raise ConfigurationError("enter the event stream first: async with ... as events")
        return self._tasks

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        assert self._tasks is not None
        self._tasks.cancel_scope.cancel()
        self._channel.close()
        if exc is None or isinstance(exc, Exception):
            # Given the exception, the group would wrap it; this way the body's own exception passes as it is.
            await self._tasks.__aexit__(None, None, None)
            return None
        return await self._tasks.__aexit__(exc_type, exc, traceback)

    async def _run(self, supervised: SupervisedConnection, sender: FlowSender[Out]) -> None:
        try:
            await supervised.run()
        except anyio.BrokenResourceError:
            pass  # the consumer has left, or was too slow
        except Exception as error:  # noqa: BLE001 - raised where the consumer iterates, not in a task of ours
            sender.fail(error)
        finally:
            sender.close()

    @property
    def flow(self) -> FlowCounters:
        """How many events wait for the consumer now and did at most, and how many were lost on the way to it."""
        return self._channel.counters

    def __aiter__(self) -> "EventStream[Out]":
        return self

    async def __anext__(self) -> Out:
        for item in self._items:
            return item
        self._items = iter(await self._next())
        for item in self._items:
            return item
        raise AssertionError("an empty batch was handed over")  # pragma: no cover

    def batches(self) -> AsyncIterator[Sequence[Out]]:
        """The same events, as one non-empty sequence for each read of a connection."""
        return Iteration(self._next_batch)

    def data(self) -> AsyncIterator[Out]:
        """The data alone, without connection events, gaps or errors of single messages."""
        return Iteration(self._next_data)

    async def _next_batch(self) -> Sequence[Out]:
        rest = list(self._items)
        return rest or await self._next()

    async def _next_data(self) -> Out:
        while True:
            item = await self.__anext__()
            if type(item) not in LIFECYCLE:
                return item

    async def _next(self) -> Sequence[Out]:
        if self._tasks is None:
            raise ConfigurationError("enter the event stream first: async with ... as events")
        try:
            batch = await self._channel.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None
        if self._metrics is not NO_METRICS:
            self._meter.yielded(batch, self._clock(), self._channel.counters.held)
        return batch


def _numbered(name: str) -> Iterator[str]:
    yield name
    for number in count(2):
        yield f"{name}#{number}"


def event_stream(
    *connections: Connection[Out],
    policy: ReconnectPolicy | None = None,
    flow: FlowPolicy | None = None,
    clock: WallClock = wall_clock,
    metrics: Metrics = NO_METRICS,
) -> EventStream[Out | LifecycleEvent]:
    """Supervised events of connections of your own making."""
    return EventStream(cast("Sequence[Connection[Any]]", connections), policy, flow=flow, clock=clock, metrics=metrics)


def market_stream(
    venue: Venue[N],
    subscriptions: Sequence[Subscription],
    *,
    policy: ReconnectPolicy | None = None,
    flow: FlowPolicy | None = None,
    clock: WallClock = wall_clock,
    metrics: Metrics = NO_METRICS,
) -> EventStream[Event[N]]:
    """Market data of ``venue``: connected, subscribed, supervised and normalised.

    Nothing is opened before the stream is entered. A subscription the venue does not offer is refused here.

        async with market_stream(binance.Futures(), [trades("BTC/USDT:USDT"), book("ETH/USDT:USDT")]) as events:
            async for event in events:
                ...

    :raises barterpy.errors.ConfigurationError: a subscription cannot be made; the text names it
    """
    return EventStream(
        venue.connections(subscriptions), policy, flow=flow, clock=clock, metrics=metrics, plan=venue.connections
    )
