"""Streams that grow and shrink while they run, over sockets that confirm all they are asked for."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import anyio
import pytest

from barterpy.connection import Connection, ShardLimits, Slot, SubscribeRequest
from barterpy.errors import ConfigurationError
from barterpy.events import Connected, Disconnected, Subscribed, Unsubscribed
from barterpy.market import EventStream, event_stream
from barterpy.metrics import MetricsRegistry
from barterpy.metrics.metric import RECEIVED_MESSAGES
from barterpy.parser import JsonParser
from barterpy.redundancy import RedundantStream
from barterpy.subscription import Subscription, trades
from barterpy.supervision import split
from barterpy.testing import MockSocket, connector
from barterpy.transformer import Directive, Reply

pytestmark = pytest.mark.anyio

A, B, C = trades("A"), trades("B"), trades("C")


class Confirming:
    def transform(self, message: Any, received_at: int) -> list[Any | Directive]:
        return [Reply(message["id"])]


class Plans:
    """Two subscriptions a connection at most; ``sockets`` are those that were made."""

    def __init__(self) -> None:
        self.sockets: list[MockSocket[str]] = []

    def __call__(self, subscriptions: Sequence[Subscription]) -> list[Connection[Any]]:
        if any(subscription.instrument == "NOPE" for subscription in subscriptions):
            raise ConfigurationError("trades(NOPE): not offered here")
        return [self._connection(subscriptions[start : start + 2]) for start in range(0, len(subscriptions), 2)]

    def _connection(self, topics: Sequence[Subscription]) -> Connection[Any]:
        ids = count(1)
        socket: MockSocket[str] = MockSocket(end=False, respond=lambda message: [message])
        self.sockets.append(socket)

        def requests(kind: str, subscriptions: Sequence[Subscription]) -> list[SubscribeRequest]:
            id_ = next(ids)
            names = tuple(subscription.name for subscription in subscriptions)
            message = json.dumps({"id": id_, "do": kind, "names": names})
            return [SubscribeRequest(id=id_, message=message, subscriptions=names)]

        return Connection(
            venue="test",
            name="stream-1",
            connect=connector(socket),
            parser=JsonParser(),
            transformer=Confirming(),
            topics=tuple(topics),
            subscribe=lambda subscriptions: requests("subscribe", subscriptions),
            unsubscribe=lambda subscriptions: requests("unsubscribe", subscriptions),
        )


async def until(stream: EventStream[Any], kind: type[Any]) -> Any:
    async for event in stream:
        if isinstance(event, kind):
            return event
    raise AssertionError(f"the stream ended before {kind.__name__}")


async def test_what_is_subscribed_later_begins_on_a_further_connection() -> None:
    plans = Plans()
    async with EventStream(plans([A]), plan=plans) as events:
        assert (await until(events, Subscribed)).subscriptions == (A.name,)
        await events.subscribe(B, C)
        further = await until(events, Connected)
        assert further.connection == "stream-1#2"
        assert (await until(events, Subscribed)).subscriptions == (B.name, C.name)
        assert not plans.sockets[0].closed
    assert all(socket.closed for socket in plans.sockets)


async def test_a_connection_ends_with_its_last_subscription_and_the_others_go_on() -> None:
    plans = Plans()
    async with EventStream(plans([A]), plan=plans) as events:
        await events.subscribe(B, C)
        await until(events, Subscribed)
        await until(events, Subscribed)
        await events.unsubscribe(B)
        assert (await until(events, Unsubscribed)).subscriptions == (B.name,)
        assert not plans.sockets[1].closed
        await events.unsubscribe(C)
        ended = await until(events, Disconnected)
        assert (ended.connection, ended.reason) == ("stream-1#2", "closed by this side")
        assert [socket.closed for socket in plans.sockets] == [False, True]
        await events.subscribe(C)
        assert (await until(events, Connected)).connection == "stream-1#2"


async def test_it_is_unsubscribed_as_often_as_it_was_subscribed_and_then_the_stream_ends() -> None:
    plans = Plans()
    async with EventStream(plans([A]), plan=plans) as events:
        await until(events, Subscribed)
        await events.subscribe(A)
        await events.unsubscribe(A)
        await anyio.wait_all_tasks_blocked()
        assert not plans.sockets[0].closed
        await events.unsubscribe(A)
        assert [type(event) async for event in events] == [Disconnected]
    assert len(plans.sockets) == 1


async def test_what_cannot_be_subscribed_or_ended_is_refused_and_changes_nothing() -> None:
    plans = Plans()
    stream = EventStream(plans([A]), plan=plans)
    with pytest.raises(ConfigurationError, match="enter the event stream"):
        await stream.subscribe(B)
    async with stream as events:
        await until(events, Subscribed)
        with pytest.raises(ConfigurationError, match="not offered here"):
            await events.subscribe(A, trades("NOPE"))
        with pytest.raises(ConfigurationError, match=r"trades\(B\) is not subscribed here"):
            await events.unsubscribe(A, B)
        assert not plans.sockets[0].closed
        await events.unsubscribe(A)
        await until(events, Disconnected)
    async with event_stream(*plans([B])) as events:
        with pytest.raises(ConfigurationError, match="only a stream made by market_stream"):
            await events.subscribe(C)


def slot(subscription: Subscription) -> Slot:
    if subscription.instrument == "NOPE":
        raise ConfigurationError("trades(NOPE): not offered here")
    return Slot(subscription.name, subscription.channel.value)


class Roomy(Plans):
    """The same, and each connection says that it could carry two."""

    def __init__(self, connections: int = 3) -> None:
        super().__init__()
        self.limits = ShardLimits(topics=2, connections=connections)

    def __call__(self, subscriptions: Sequence[Subscription]) -> list[Connection[Any]]:
        parts = split(subscriptions, slot, self.limits)
        return [replace(self._connection(part), room=room) for room, part in parts]


D = trades("D")


async def test_a_connection_with_room_is_filled_and_no_further_one_is_made() -> None:
    plans = Roomy()
    async with EventStream(plans([A]), plan=plans) as events:
        await until(events, Subscribed)
        await events.subscribe(B)
        assert (await until(events, Subscribed)).subscriptions == (B.name,)
        assert len(plans.sockets) == 1
        await events.subscribe(C)
        assert (await until(events, Connected)).connection == "stream-1#2"
        # Room that was left is found again, and what has a place keeps it.
        await events.unsubscribe(A)
        await until(events, Unsubscribed)
        await events.subscribe(D)
        assert (await until(events, Subscribed)).connection == "stream-1"
        assert len(plans.sockets) == 2
        await events.unsubscribe(B, D)
        assert (await until(events, Disconnected)).connection == "stream-1"
        assert [socket.closed for socket in plans.sockets] == [True, False]


async def test_more_connections_than_the_venue_allows_are_refused_and_nothing_has_changed() -> None:
    plans = Roomy(connections=1)
    async with EventStream(plans([A]), plan=plans) as events:
        await until(events, Subscribed)
        with pytest.raises(ConfigurationError, match="2 connections are more than the venue allows at a time, 1"):
            await events.subscribe(B, C)
        with pytest.raises(ConfigurationError, match="not offered here"):
            await events.subscribe(B, trades("NOPE"))
        assert len(plans.sockets[0].sent) == 1
        await events.subscribe(B)
        assert (await until(events, Subscribed)).subscriptions == (B.name,)


async def test_redundant_streams_grow_and_shrink_alike_and_are_measured() -> None:
    plans, metrics = Roomy(connections=4), MetricsRegistry()
    stream: RedundantStream[Any] = RedundantStream(lambda: plans([A]), 2, plan=plans, metrics=metrics)
    async with stream as events:
        assert {(await until(events, Subscribed)).connection for _ in range(2)} == {"stream-1-1", "stream-1-2"}
        await events.subscribe(B)
        assert {(await until(events, Subscribed)).connection for _ in range(2)} == {"stream-1-1", "stream-1-2"}
        await events.subscribe(C)
        assert {(await until(events, Subscribed)).connection for _ in range(2)} == {"stream-1#2-1", "stream-1#2-2"}
        assert len(events.up) == 4
        await events.unsubscribe(C)
        assert {(await until(events, Disconnected)).connection for _ in range(2)} == {"stream-1#2-1", "stream-1#2-2"}
    assert all(socket.closed for socket in plans.sockets)
    assert metrics.value(RECEIVED_MESSAGES, ("test", "stream-1-1")) >= 2
