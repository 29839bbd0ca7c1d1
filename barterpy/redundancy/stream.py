"""The stream of events that everybody iterates: one connection or many, each alone or several with the same.

Connections which carry the same are a :class:`~barterpy.redundancy.sources.CopyGroup`. Between them and the consumer is
one bounded buffer. A connection whose plan says how to make it again is replaced before the venue cuts it
(:mod:`barterpy.redundancy.rolling`), and nothing is missed.
"""

import logging
import random as _random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from types import TracebackType
from typing import Generic, Self, TypeVar

import anyio
import anyio.abc
import msgspec
from anyio.lowlevel import checkpoint

from barterpy.clock import WallClock, wall_clock
from barterpy.connection import Connection
from barterpy.errors import BarterError, ConfigurationError
from barterpy.flow import LIFECYCLE, FlowChannel, FlowCounters, FlowPolicy
from barterpy.iteration import Iteration
from barterpy.metering import BatchMeter, metered_connection
from barterpy.metrics import NO_METRICS, Metrics
from barterpy.redundancy.endings import Ending, Stage, ending
from barterpy.redundancy.rolling import Rolling
from barterpy.redundancy.rollover import Rollover, RolloverAction, RolloverPolicy
from barterpy.redundancy.sources import CopyGroup, Source
from barterpy.subscription import Subscription
from barterpy.supervision import ReconnectPolicy, Shards, SupervisedConnection

__all__ = ["EventStream"]

Out = TypeVar("Out")

_logger = logging.getLogger(__name__)


class EventStream(Generic[Out]):
    """Events of all its connections, in one asynchronous iteration. Use it with ``async with``, which owns its tasks.

    ``flow`` says how many events wait for the consumer at most, and what happens when there are more: by default the
    connections stop reading and the network holds the rest. So memory stays bounded whatever the consumer does.

    ``rollover`` says when a connection is replaced by a new one that is open beside it for a while; by default what its
    plan says of the venue's cut, and at the venue's notice. Plans without
    :attr:`~barterpy.connection.Connection.again` are never replaced.

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
        rollover: RolloverPolicy | None = None,
    ) -> None:
        self._begin([connections], policy, flow, clock, random, metrics, plan, rollover, merged=False, window=4096)

    def _begin(
        self,
        copies: Sequence[Sequence[Connection[Out]]],
        policy: ReconnectPolicy | None,
        flow: FlowPolicy | None,
        clock: WallClock,
        random: Callable[[], float],
        metrics: Metrics,
        plan: Callable[[Sequence[Subscription]], Sequence[Connection[Out]]] | None,
        rollover: RolloverPolicy | None,
        *,
        merged: bool,
        window: int,
    ) -> None:
        if not copies[0]:
            raise ConfigurationError("there is nothing to connect to: pass at least one subscription")
        self._policy = policy or ReconnectPolicy()
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._plan = plan
        self._rollover = rollover
        self._merged = merged
        self._window = window
        self._copies = len(copies)
        self._groups: dict[str, CopyGroup[Out]] = {}
        self._shards = Shards(len(copies))
        self._holders: dict[str, CopyGroup[Out]] = {}
        self._counts: Counter[str] = Counter()
        self._add(copies)
        self._counts.update(list(self._holders))
        first = copies[0][0]
        self._meter = BatchMeter(
            metrics, venue=first.venue, connection=first.name if len({one.name for one in copies[0]}) == 1 else "*"
        )
        self._channel: FlowChannel[Out] = FlowChannel(flow, clock=clock)
        self._tasks: anyio.abc.TaskGroup | None = None
        self._items: Iterator[Out] = iter(())

    async def __aenter__(self) -> Self:
        if self._tasks is not None:
            raise ConfigurationError("an event stream is entered once; make a new one")
        self._tasks = await anyio.create_task_group().__aenter__()
        for group in self._groups.values():
            self._start(self._tasks, group)
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

    # What it is subscribed to.

    async def subscribe(self, *subscriptions: Subscription) -> None:
        """Want these as well, from now on; no open connection is dropped for it. They go to connections with room by
        the venue's limits, else to further ones, and :class:`~barterpy.events.Subscribed` tells of each. What is
        wanted already is counted once more.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them, or not so many connections;
            the stream was not made by :func:`~barterpy.market.market_stream`, or is not entered. Nothing has changed
        """
        tasks = self._entered()
        await checkpoint()
        plan = self._plan
        if plan is None:
            raise ConfigurationError("only a stream made by market_stream can plan further connections")
        new = [one for one in dict.fromkeys(subscriptions) if one.name not in self._holders]
        placement = self._shards.place(new)
        copies = [plan(placement.rest) for _ in range(self._copies if placement.rest else 0)]
        if copies:
            self._shards.check([connection.room for connection in copies[0]], self._replacing())
        # Nothing is refused from here on.
        self._shards.fill(placement)
        for name, members in placement.fills.items():
            self._groups[name].subscribe(members)
            self._holders.update((one.name, self._groups[name]) for one in members)
        for group in self._add(copies):
            self._start(tasks, group)
        self._counts.update(one.name for one in subscriptions)

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
            name = subscription.name
            group = self._holders.get(name)
            if group is None:
                continue
            self._counts[name] -= 1
            if self._counts[name] > 0:
                continue
            del self._counts[name], self._holders[name]
            group.unsubscribe(subscription)
            self._shards.leave(group.name, name)
            if not group.wanted:
                del self._groups[group.name]
                self._shards.close(group.name)
                group.close()

    def _replacing(self) -> dict[str, int]:
        """How many connections there are beside those of each group, until they have replaced them."""
        return {
            name: len(group.sources) - self._copies
            for name, group in self._groups.items()
            if len(group.sources) > self._copies
        }

    def _entered(self) -> anyio.abc.TaskGroup:
        if self._tasks is None:
            raise ConfigurationError("enter the event stream first: async with ... as events")
        return self._tasks

    # Consuming.

    @property
    def flow(self) -> FlowCounters:
        """How many events wait for the consumer now and did at most, and how many were lost on the way to it."""
        return self._channel.counters

    def __aiter__(self) -> Self:
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
        self._entered()
        try:
            batch = await self._channel.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None
        if self._metrics is not NO_METRICS:
            self._meter.yielded(batch, self._clock(), self._channel.counters.held)
        return batch

    # Running.

    def _add(self, copies: Sequence[Sequence[Connection[Out]]]) -> list[CopyGroup[Out]]:
        added: list[CopyGroup[Out]] = []
        for plans in zip(*copies, strict=True):
            name = next(name for name in _numbered(plans[0].name) if name not in self._groups)
            group: CopyGroup[Out] = CopyGroup(name, plans, always=self._merged, window=self._window)
            self._groups[name] = group
            self._shards.hold(name, plans[0].room, plans[0].topics)
            self._holders.update(dict.fromkeys(group.wanted, group))
            added.append(group)
        return added

    def _start(self, tasks: anyio.abc.TaskGroup, group: CopyGroup[Out]) -> None:
        for number, plan in enumerate(group.plans, 1):
            source = self._source(group, plan, number)
            if plan.again is None:
                tasks.start_soon(self._run, source, name=source.plan.name)
            else:
                policy = self._rollover or RolloverPolicy.before(plan.lifetime)
                tasks.start_soon(self._roll, source, policy, plan.again, name=source.plan.name)

    def _source(
        self, group: CopyGroup[Out], plan: Connection[Out], number: int, replaces: Source[Out] | None = None
    ) -> Source[Out]:
        # A connection that is alone has its plan's name, and what replaces it a number.
        name = group.name if number == 1 and not group.always else f"{group.name}-{number}"
        plan = metered_connection(replace(plan, name=name), self._metrics)
        source = Source(group, plan, number, self._channel.sender(plan.venue, name), self._clock)
        # One that replaces another has no first connect that might fail fast: the stream has been up for long.
        policy = self._policy if replaces is None else msgspec.structs.replace(self._policy, first_connect="retry")
        source.stage = Stage.FIRST if policy.first_connect == "fail" and policy.reconnect else Stage.TRIED
        source.supervised = self._supervised(source, policy, 0 if replaces is None else replaces.epoch - 1)
        return source

    def _supervised(self, source: Source[Out], policy: ReconnectPolicy, epoch: int = 0) -> SupervisedConnection:
        plan = source.plan
        emit = BatchMeter(self._metrics, venue=plan.venue, connection=plan.name).emit(source.emit)
        return SupervisedConnection(plan, emit, policy, clock=self._clock, random=self._random, epoch=epoch)

    async def _run(self, source: Source[Out]) -> None:
        """One connection until it ends for good, or is closed by its scope."""
        group = source.group
        group.running += 1
        try:
            with source.scope:
                try:
                    await source.supervised.run()
                except Exception as first:
                    if self._ending(source, first) is not Ending.AGAIN:
                        raise
                    source.plan = replace(source.plan, topics=group.topics) if group.topics else source.plan
                    source.stage = Stage.TRIED
                    policy = msgspec.structs.replace(self._policy, first_connect="retry")
                    source.supervised = self._supervised(source, policy)
                    await source.supervised.run()
        except anyio.BrokenResourceError:
            pass  # the consumer has left, or was too slow
        except Exception as error:  # noqa: BLE001 - raised where the consumer iterates, not in a task of ours
            if self._ending(source, error) is Ending.GIVE_UP:
                group.running -= 1
                await source.give_up(error)
                group.running += 1
            else:
                source.sender.fail(error)
        finally:
            group.running -= 1
            source.end()
            if source.rolling is not None and source.rolling.carrier is not source:
                BatchMeter(self._metrics, venue=source.plan.venue, connection=source.plan.name).gone()

    def _ending(self, source: Source[Out], error: Exception) -> Ending:
        group = source.group
        stage = Stage.TRIED if source.connected else source.stage
        return ending(stage, error, running=group.running > 1, connected=group.connected)

    async def _roll(
        self,
        first: Source[Out],
        policy: RolloverPolicy,
        again: Callable[[Sequence[Subscription]], Connection[Out]],
    ) -> None:
        """One connection and those which replace it, two at a time at most; their names take turns."""
        group, copies = first.group, len(first.group.plans)
        rolling: Rolling[Out] = Rolling(first, Rollover(policy), self._random)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._run, first, name=first.plan.name)
            while not rolling.carrier.ended:
                try:
                    action = await rolling.next_action()
                except anyio.BrokenResourceError:
                    tasks.cancel_scope.cancel()  # nobody takes what they bring
                    break
                if action is RolloverAction.OPEN_NEXT:
                    carrier = rolling.carrier
                    try:
                        replacing = self._replacing()
                        self._shards.check([], {**replacing, group.name: replacing.get(group.name, 0) + 1})
                        plan = again(group.topics)
                    except BarterError as error:
                        _logger.warning("%s cannot be replaced yet: %s", carrier.plan.name, error)
                        rolling.postpone()
                        continue
                    except Exception as error:  # noqa: BLE001 - raised where the consumer iterates
                        carrier.sender.fail(error)
                        tasks.cancel_scope.cancel()
                        break
                    group.merge_from_here(carrier)
                    number = carrier.number + copies if carrier.number <= copies else carrier.number - copies
                    following = self._source(group, plan, number, carrier)
                    rolling.begin(following)
                    tasks.start_soon(self._run, following, name=following.plan.name)
            if rolling.following is not None:
                rolling.following.drop()


def _numbered(name: str) -> Iterator[str]:
    yield name
    for number in count(2):
        yield f"{name}#{number}"
