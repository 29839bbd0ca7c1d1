"""The calls most users begin with: streams of events over one or many supervised connections."""

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar, cast

from barterpy.clock import WallClock, wall_clock
from barterpy.connection import Connection
from barterpy.events import LifecycleEvent
from barterpy.flow import FlowPolicy
from barterpy.metrics import NO_METRICS, Metrics
from barterpy.model.number import N
from barterpy.reconnect import ReconnectPolicy
from barterpy.redundancy.rollover import RolloverPolicy
from barterpy.redundancy.stream import EventStream
from barterpy.subscription import Subscription
from barterpy.venue import Event, Venue, planned

__all__ = ["Event", "EventStream", "Venue", "event_stream", "market_stream"]

Out = TypeVar("Out")


def event_stream(
    *connections: Connection[Out],
    policy: ReconnectPolicy | None = None,
    flow: FlowPolicy | None = None,
    clock: WallClock = wall_clock,
    metrics: Metrics = NO_METRICS,
    rollover: RolloverPolicy | None = None,
) -> EventStream[Out | LifecycleEvent]:
    """Supervised events of connections of your own making."""
    return EventStream(
        cast("Sequence[Connection[Any]]", connections),
        policy,
        flow=flow,
        clock=clock,
        metrics=metrics,
        rollover=rollover,
    )


def market_stream(
    venue: Venue[N],
    subscriptions: Sequence[Subscription],
    *,
    policy: ReconnectPolicy | None = None,
    flow: FlowPolicy | None = None,
    clock: WallClock = wall_clock,
    metrics: Metrics = NO_METRICS,
    rollover: RolloverPolicy | None = None,
) -> EventStream[Event[N]]:
    """Market data of ``venue``: connected, subscribed, supervised and normalised.

    Nothing is opened before the stream is entered. A subscription the venue does not offer is refused here. A
    connection that the venue is going to cut is replaced before, so that nothing is missed; ``rollover`` says when, in
    place of what the venue's plan says.

        async with market_stream(binance.Futures(), [trades("BTC/USDT:USDT"), book("ETH/USDT:USDT")]) as events:
            async for event in events:
                ...

    :raises barterpy.errors.ConfigurationError: a subscription cannot be made; the text names it
    """
    return EventStream(
        planned(venue, subscriptions),
        policy,
        flow=flow,
        clock=clock,
        metrics=metrics,
        plan=partial(planned, venue),
        rollover=rollover,
    )
