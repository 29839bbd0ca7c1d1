"""The price of supervision: the same connection bare, and through an event stream; and what its ledger costs.

Bare and supervised, the consumer's loop is the same: it asks of what it gets whether it is a number.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence

from barterpy.connection import Connection, SubscribeRequest
from barterpy.events import LifecycleEvent
from barterpy.market import event_stream
from barterpy.parser import JsonParser
from barterpy.reconnect import ReconnectPolicy
from barterpy.stream import ExchangeStream
from barterpy.subscription import Subscription, trades
from barterpy.supervision.ledger import Ledger
from barterpy.transformer import Reply
from benchmarks.messages import AggTrade
from benchmarks.ours import VolumeSum, connect
from benchmarks.target import Outcome, Target

__all__ = ["bare_batches", "bare_items", "prepare_ledger", "supervised_batches", "supervised_items"]

Event = float | LifecycleEvent


async def _items(events: AsyncIterator[Event]) -> Outcome:
    count = 0
    total: float = 0.0
    async for event in events:
        if type(event) is float:
            total = event
            count += 1
    return Outcome(count, repr(total))


async def _batches(batches: AsyncIterator[Sequence[Event]]) -> Outcome:
    count = 0
    total: float = 0.0
    async for events in batches:
        last = events[-1]
        if type(last) is float:  # events of the connection come in batches of their own
            count += len(events)
            total = last
    return Outcome(count, repr(total))


async def bare_items(target: Target) -> Outcome:
    async with connect(target) as socket:
        return await _items(ExchangeStream(socket, JsonParser(AggTrade), VolumeSum()))


async def bare_batches(target: Target) -> Outcome:
    async with connect(target) as socket:
        return await _batches(ExchangeStream(socket, JsonParser(AggTrade), VolumeSum()).batches())


def _plan(target: Target) -> Connection[float]:
    return Connection(
        venue="benchmark",
        name="one",
        connect=lambda: connect(target),
        parser=JsonParser(AggTrade),
        transformer=VolumeSum(),
    )


async def supervised_items(target: Target) -> Outcome:
    async with event_stream(_plan(target), policy=ReconnectPolicy(reconnect=False)) as events:
        return await _items(events)


async def supervised_batches(target: Target) -> Outcome:
    async with event_stream(_plan(target), policy=ReconnectPolicy(reconnect=False)) as events:
        return await _batches(events.batches())


def prepare_ledger(messages: Sequence[bytes]) -> Callable[[], Outcome]:
    """Subscriptions from wanted to confirmed, fifty a request, on a connection and on the one after it."""
    wanted = [trades(f"S{number}/USDT") for number in range(min(len(messages), 5_000))]

    def requests(topics: Iterable[Subscription]) -> Iterable[SubscribeRequest]:
        names = [topic.name for topic in topics]
        for start in range(0, len(names), 50):
            yield SubscribeRequest(id=start + 1, message="", subscriptions=tuple(names[start : start + 50]))

    def run() -> Outcome:
        ledger = Ledger(10.0)
        for topic in wanted:
            ledger.add(topic.name, topic)
        for _ in range(2):  # connections
            ledger.reset()
            for request in requests(ledger.take_wanted()):
                ledger.sent(request, 0)
                assert request.id is not None
                ledger.on_reply(Reply(request.id), 0)
        assert ledger.confirmed == ledger.names()
        return Outcome(2 * len(wanted))

    return run
