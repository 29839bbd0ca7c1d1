"""Several connections to the same subscriptions as one stream: the part that runs them.

Each connection of the venue's plan becomes ``connections`` of its kind (``name-1``, ``name-2``, …), each supervised by
itself; what they bring goes through one :class:`~barterpy.redundancy.deduplicator.Deduplicator` and one buffer.
"""

import random as _random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Generic, TypeVar

import anyio
import anyio.abc
import msgspec

from barterpy.clock import WallClock, wall_clock
from barterpy.connection import Connection
from barterpy.errors import BarterError, ConfigurationError
from barterpy.flow import LIFECYCLE, FlowChannel, FlowCounters, FlowPolicy
from barterpy.iteration import Iteration
from barterpy.market import Event, Venue
from barterpy.model.number import N
from barterpy.reconnect import ReconnectPolicy, supervise
from barterpy.redundancy.deduplicator import Deduplicator
from barterpy.redundancy.report import RedundancyReport
from barterpy.redundancy.rollover import Rollover, RolloverAction, RolloverPolicy
from barterpy.redundancy.sources import Group, Rolling, Source
from barterpy.subscription import Subscription

__all__ = ["RedundantStream", "redundant_stream"]

Out = TypeVar("Out")


class RedundantStream(Generic[Out]):
    """Events of connections which carry the same, each once. Use it with ``async with``, which owns its tasks.

    :param plans: makes the connections of the plan anew, as many times as it is called: parsers and transformers have
        state and are not shared
    :param connections: how many of each
    :param policy: of each connection; see below for the first connect
    :param rollover: replaces each connection in time, by a new one beside it; None to wait for the venue's cut
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
        rollover: RolloverPolicy | None = None,
        flow: FlowPolicy | None = None,
        window: int = 4096,
        clock: WallClock = wall_clock,
        random: Callable[[], float] = _random.random,
    ) -> None:
        if connections < 1:
            raise ConfigurationError(f"connections is a number from 1, not {connections}")
        self._plans = plans
        self._policy = policy or ReconnectPolicy()
        self._rollover = rollover
        self._clock = clock
        self._random = random
        self._channel: FlowChannel[Out] = FlowChannel(flow, clock=clock)
        copies = [plans() for _ in range(connections)]
        if not copies[0]:
            raise ConfigurationError("there is nothing to connect to: pass at least one subscription")
        self._groups = [
            Group([_named(plan, number) for number, plan in enumerate(group, 1)], Deduplicator(window=window))
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
        return tuple(name for group in self._groups for name in sorted(group.merging.up))

    async def __aenter__(self) -> "RedundantStream[Out]":
        if self._tasks is not None:
            raise ConfigurationError("a redundant stream is entered once; make a new one")
        self._tasks = await anyio.create_task_group().__aenter__()
        for index, group in enumerate(self._groups):
            for number, plan in enumerate(group.plans, 1):
                source = self._source(group, plan, number)
                if self._rollover is None:
                    self._tasks.start_soon(self._run, source, self._policy, name=plan.name)
                else:
                    self._tasks.start_soon(self._roll, source, index, self._rollover, name=plan.name)
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

    def _source(self, group: Group, plan: Connection[Out], number: int) -> Source[Out]:
        return Source(group, plan, number, self._channel.sender(plan.venue, plan.name), self._clock)

    async def _run(self, source: Source[Out], policy: ReconnectPolicy) -> None:
        """One connection until it ends for good, or is closed by its scope."""
        group = source.group
        group.running += 1
        try:
            with source.scope:
                try:
                    await self._supervise(source, policy)
                except Exception as error:
                    if source.connected or not group.connected or not _passing(error):
                        raise
                    # The others show that it can be done.
                    await self._supervise(source, msgspec.structs.replace(policy, first_connect="retry"))
        except anyio.BrokenResourceError:
            pass  # the consumer has left, or was too slow
        except Exception as error:  # noqa: BLE001 - raised where the consumer iterates, not in a task of ours
            if group.running > 1 and group.connected:
                group.running -= 1
                await source.give_up(error)
                group.running += 1
            else:
                source.sender.fail(error)
        finally:
            group.running -= 1
            source.end()

    async def _supervise(self, source: Source[Out], policy: ReconnectPolicy) -> None:
        await supervise(source.plan, source.emit, policy, clock=self._clock, random=self._random)

    # Rolling over.

    async def _roll(self, first: Source[Out], index: int, policy: RolloverPolicy) -> None:
        """One connection and those which replace it, two at a time at most; their names take turns."""
        group, count = first.group, len(first.group.plans)
        rolling: Rolling[Out] = Rolling(first, Rollover(policy), self._clock, self._random)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._run, first, self._policy)
            while not rolling.carrier.ended:
                if await rolling.next_action() is RolloverAction.OPEN_NEXT:
                    number = rolling.carrier.number
                    number = number + count if number <= count else number - count
                    following = self._source(group, _named(self._plans()[index], number), number)
                    rolling.begin(following)
                    # It has no first connect that might fail fast: the stream has been up for long.
                    tasks.start_soon(self._run, following, msgspec.structs.replace(self._policy, first_connect="retry"))
            if rolling.following is not None:
                rolling.following.scope.cancel()


def _named(plan: Connection[Out], number: int) -> Connection[Out]:
    return replace(plan, name=f"{plan.name}-{number}")


def _passing(error: Exception) -> bool:
    return isinstance(error, BarterError) and error.needs_reconnect and not error.fatal


def redundant_stream(
    venue: Venue[N],
    subscriptions: Sequence[Subscription],
    *,
    connections: int = 2,
    policy: ReconnectPolicy | None = None,
    rollover: RolloverPolicy | None = None,
    flow: FlowPolicy | None = None,
    window: int = 4096,
    clock: WallClock = wall_clock,
) -> RedundantStream[Event[N]]:
    """Market data of ``venue`` over ``connections`` of each connection it takes: first arrival wins.

        async with redundant_stream(binance.Futures(), [trades("BTC/USDT:USDT")], connections=3) as events:
            async for event in events:          # every trade once, as long as one of the three is up
                ...

    Venues count each connection against their limits: of connections, of attempts and, for books, of REST requests.

    :param rollover: replaces each connection before the venue cuts it; with ``connections=1`` there is one, and two
        for the time of the overlap
    :param window: events of each kind and instrument in which duplicates are found
    :raises barterpy.errors.ConfigurationError: a subscription cannot be made; the text names it
    """
    return RedundantStream(
        lambda: venue.connections(subscriptions),
        connections,
        policy,
        rollover=rollover,
        flow=flow,
        window=window,
        clock=clock,
    )
