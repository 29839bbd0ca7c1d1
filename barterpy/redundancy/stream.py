"""Several connections to the same subscriptions as one stream: the part that runs them.

Each connection of the venue's plan becomes ``connections`` of its kind (``name-1``, ``name-2``, …), each supervised by
itself; what they bring goes through one :class:`~barterpy.redundancy.deduplicator.Deduplicator` and one buffer.
"""

import random as _random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Generic, TypeVar

import anyio
import anyio.abc
import msgspec

from barterpy.clock import WallClock, wall_clock
from barterpy.connection import Connection
from barterpy.errors import BarterError, ConfigurationError
from barterpy.events import Disconnected
from barterpy.flow import LIFECYCLE, FlowChannel, FlowCounters, FlowPolicy, FlowSender
from barterpy.iteration import Iteration
from barterpy.market import Event, Venue
from barterpy.model.number import N
from barterpy.reconnect import ReconnectPolicy, supervise
from barterpy.redundancy.deduplicator import Deduplicator
from barterpy.redundancy.report import RedundancyReport
from barterpy.subscription import Subscription

__all__ = ["RedundantStream", "redundant_stream"]

Out = TypeVar("Out")


class RedundantStream(Generic[Out]):
    """Events of connections which carry the same, each once. Use it with ``async with``, which owns its tasks.

    :param plans: makes the connections of the plan anew, as many times as it is called: parsers and transformers have
        state and are not shared
    :param connections: how many of each
    :param policy: of each connection; see below for the first connect
    :param window: see :class:`~barterpy.redundancy.deduplicator.Deduplicator`

    As long as one connection lives, what happens to the others is told by their own events and ends nothing. With
    ``first_connect="fail"`` an error is raised as long as none has ever been up; after that, a connection that was
    never made is tried again like one that was lost. A connection that ends for good says so by
    :class:`~barterpy.events.Disconnected`, and iterating raises its error when it was the last of its kind.
    """

    def __init__(
        self,
        plans: Callable[[], Sequence[Connection[Out]]],
        connections: int = 2,
        policy: ReconnectPolicy | None = None,
        *,
        flow: FlowPolicy | None = None,
        window: int = 4096,
        clock: WallClock = wall_clock,
        random: Callable[[], float] = _random.random,
    ) -> None:
        if connections < 1:
            raise ConfigurationError(f"connections is a number from 1, not {connections}")
        self._policy = policy or ReconnectPolicy()
        self._clock = clock
        self._random = random
        self._channel: FlowChannel[Out] = FlowChannel(flow, clock=clock)
        copies = [plans() for _ in range(connections)]
        if not copies[0]:
            raise ConfigurationError("there is nothing to connect to: pass at least one subscription")
        self._groups = [
            _Group(
                [replace(plan, name=f"{plan.name}-{number}") for number, plan in enumerate(group, 1)],
                Deduplicator(window=window),
            )
            for group in zip(*copies, strict=True)
        ]
        self._tasks: anyio.abc.TaskGroup | None = None
        self._items: Iterator[Out] = iter(())

    @property
    def report(self) -> RedundancyReport:
        """Which connection was first, how often and by how much, since the beginning."""
        return RedundancyReport(
            connections=tuple(row for group in self._groups for row in group.merging.report.connections)
        )

    @property
    def flow(self) -> FlowCounters:
        """How many events wait for the consumer now and did at most, and how many were lost on the way to it."""
        return self._channel.counters

    @property
    def up(self) -> tuple[str, ...]:
        """The names of the connections that are up."""
        return tuple(plan.name for group in self._groups for plan in group.plans if plan.name in group.merging.up)

    async def __aenter__(self) -> "RedundantStream[Out]":
        if self._tasks is not None:
            raise ConfigurationError("a redundant stream is entered once; make a new one")
        self._tasks = await anyio.create_task_group().__aenter__()
        for group in self._groups:
            for plan in group.plans:
                sender = self._channel.sender(plan.venue, plan.name)
                self._tasks.start_soon(self._run, group, plan, sender, name=plan.name)
        return self

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

    # Consuming.

    def __aiter__(self) -> "RedundantStream[Out]":
        return self

    async def __anext__(self) -> Out:
        for item in self._items:
            return item
        self._items = iter(await self._next())
        for item in self._items:
            return item
        raise AssertionError("an empty batch was handed over")  # pragma: no cover

    def batches(self) -> AsyncIterator[Sequence[Out]]:
        """The same events, as one non-empty sequence for each read of a connection that brought something new."""
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
            raise ConfigurationError("enter the redundant stream first: async with ... as events")
        try:
            return await self._channel.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    # Running.

    async def _run(self, group: "_Group", plan: Connection[Out], sender: FlowSender[Out]) -> None:
        source = _Source(group, plan, sender)
        try:
            try:
                await self._supervise(source, self._policy)
            except Exception as error:
                if source.connected or not group.connected or not _passing(error):
                    raise
                # The others show that it can be done.
                await self._supervise(source, msgspec.structs.replace(self._policy, first_connect="retry"))
        except anyio.BrokenResourceError:
            pass  # the consumer has left, or was too slow
        except Exception as error:  # noqa: BLE001 - raised where the consumer iterates, not in a task of ours
            group.running -= 1
            if group.running and group.connected:
                await source.give_up(error, self._clock())
            else:
                sender.fail(error)
        else:
            group.running -= 1
        finally:
            sender.close()

    async def _supervise(self, source: "_Source[Out]", policy: ReconnectPolicy) -> None:
        await supervise(source.plan, source.emit, policy, clock=self._clock, random=self._random)


class _Group:
    """The connections which carry the same, and what merges them."""

    def __init__(self, plans: Sequence[Connection[Any]], merging: Deduplicator) -> None:
        self.plans = plans
        self.merging = merging
        self.running = len(plans)
        self.connected = False


class _Source(Generic[Out]):
    """One connection, on its way into the buffer."""

    def __init__(self, group: _Group, plan: Connection[Out], sender: FlowSender[Out]) -> None:
        self.plan = plan
        self.connected = False
        self._group = group
        self._sender = sender
        self._told: Any = None

    async def emit(self, events: Sequence[Any]) -> None:
        """Hand over what nobody else has brought yet."""
        # Merged when it takes its place, or one that had a later event could overtake one that had the event before it.
        await self._sender.send(events, self._merge)

    def _merge(self, events: Sequence[Any]) -> Sequence[Any]:
        merging = self._group.merging
        merged = merging.merge(self.plan.name, events)
        if self.plan.name in merging.up:
            self.connected = self._group.connected = True
        self._told = events[-1]
        return merged

    async def give_up(self, error: Exception, now: int) -> None:
        """Tell that this connection is not tried again, unless its end was the last that was heard of it."""
        if isinstance(self._told, Disconnected):
            return
        event: Any = Disconnected(
            venue=self.plan.venue,
            connection=self.plan.name,
            epoch=getattr(self._told, "epoch", 0),
            received_at=now,
            reason=f"not tried again: {error}",
            error=type(error).__name__,
        )
        await self.emit([event])


def _passing(error: Exception) -> bool:
    return isinstance(error, BarterError) and error.needs_reconnect and not error.fatal


def redundant_stream(
    venue: Venue[N],
    subscriptions: Sequence[Subscription],
    *,
    connections: int = 2,
    policy: ReconnectPolicy | None = None,
    flow: FlowPolicy | None = None,
    window: int = 4096,
    clock: WallClock = wall_clock,
) -> RedundantStream[Event[N]]:
    """Market data of ``venue`` over ``connections`` of each connection it takes: first arrival wins.

        async with redundant_stream(binance.Futures(), [trades("BTC/USDT:USDT")], connections=3) as events:
            async for event in events:          # every trade once, as long as one of the three is up
                ...

    Venues count each connection against their limits: of connections, of attempts and, for books, of REST requests.

    :param window: events of each kind and instrument in which duplicates are found
    :raises barterpy.errors.ConfigurationError: a subscription cannot be made; the text names it
    """
    return RedundantStream(
        lambda: venue.connections(subscriptions), connections, policy, flow=flow, window=window, clock=clock
    )
