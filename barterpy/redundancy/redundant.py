"""Several connections to the same subscriptions as one stream.

Each connection of the venue's plan becomes ``connections`` of its kind (``name-1``, ``name-2``, …), each supervised by
itself; what they bring goes through one :class:`~barterpy.redundancy.deduplicator.Deduplicator` and one buffer.
"""

import random as _random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from barterpy.clock import WallClock, wall_clock
from barterpy.connection import Connection
from barterpy.errors import ConfigurationError
from barterpy.flow import FlowPolicy
from barterpy.metrics import NO_METRICS, Metrics
from barterpy.model.number import N
from barterpy.redundancy.report import RedundancyReport
from barterpy.redundancy.rollover import RolloverPolicy
from barterpy.redundancy.stream import EventStream
from barterpy.subscription import Subscription
from barterpy.supervision import ReconnectPolicy
from barterpy.venue import Event, Venue, planned

__all__ = ["RedundantStream", "redundant_stream"]

Out = TypeVar("Out")


class RedundantStream(EventStream[Out]):
    """Events of connections which carry the same, each once: an :class:`~barterpy.redundancy.stream.EventStream`.

    :param plans: makes the connections of the plan anew, as many times as it is called: parsers and transformers have
        state and are not shared
    :param connections: how many of each
    :param policy: of each connection; see below for the first connect
    :param rollover: replaces each connection in time, by a new one beside it; None for what its plan says
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
        metrics: Metrics = NO_METRICS,
        plan: Callable[[Sequence[Subscription]], Sequence[Connection[Out]]] | None = None,
    ) -> None:
        if connections < 1:
            raise ConfigurationError(f"connections is a number from 1, not {connections}")

        def again(index: int, topics: Sequence[Subscription]) -> Connection[Out]:
            made = plans()[index]
            return replace(made, topics=tuple(topics)) if topics else made

        def copy() -> Sequence[Connection[Out]]:
            if rollover is None:
                return plans()
            return [replace(made, again=made.again or partial(again, index)) for index, made in enumerate(plans())]

        copies = [copy() for _ in range(connections)]
        self._begin(copies, policy, flow, clock, random, metrics, plan, rollover, merged=True, window=window)

    @property
    def report(self) -> RedundancyReport:
        """Which connection was first, how often and by how much, since the beginning."""
        merging = [group.merging for group in self._groups.values() if group.merging is not None]
        return RedundancyReport(connections=tuple(row for one in merging for row in one.report.connections))

    @property
    def up(self) -> tuple[str, ...]:
        """The names of the connections that are up."""
        merging = [group.merging for group in self._groups.values() if group.merging is not None]
        return tuple(name for one in merging for name in sorted(one.up))


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
    metrics: Metrics = NO_METRICS,
) -> RedundantStream[Event[N]]:
    """Market data of ``venue`` over ``connections`` of each connection it takes: first arrival wins.

        async with redundant_stream(binance.Futures(), [trades("BTC/USDT:USDT")], connections=3) as events:
            async for event in events:          # every trade once, as long as one of the three is up
                ...

    Venues count each connection against their limits: of connections, of attempts and, for books, of REST requests.

    :param rollover: when each connection is replaced, instead of what the venue's plan says of its cut
    :param window: events of each kind and instrument in which duplicates are found
    :raises barterpy.errors.ConfigurationError: a subscription cannot be made; the text names it
    """
    return RedundantStream(
        lambda: planned(venue, subscriptions),
        connections,
        policy,
        rollover=rollover,
        flow=flow,
        window=window,
        clock=clock,
        metrics=metrics,
        plan=partial(planned, venue),
    )
