"""Streams that grow and shrink while they run, over sockets that confirm all they are asked for."""

import json
from collections.abc import Sequence
from itertools import count
from typing import Any

import anyio
import pytest

from barterpy.connection import Connection, SubscribeRequest
from barterpy.errors import ConfigurationError
from barterpy.events import Connected, Disconnected, Subscribed, Unsubscribed
from barterpy.market import EventStream, event_stream
from barterpy.parser import JsonParser
from barterpy.subscription import Subscription, trades
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
