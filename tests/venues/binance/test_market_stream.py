"""The venue under a supervised stream, with sockets that play Binance: confirmations, refusals, gaps, reconnects."""

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import anyio
import pytest

from barterpy import subscription as sub
from barterpy.backoff import Backoff
from barterpy.errors import BookError, SubscriptionRefused
from barterpy.events import (
    BookFailed,
    Connected,
    Disconnected,
    Gap,
    MessageError,
    Resynced,
    Stalled,
    Subscribed,
    SubscriptionFailed,
    Unsubscribed,
)
from barterpy.http import HttpRequest, HttpResponse
from barterpy.market import EventStream, event_stream, market_stream
from barterpy.model import BookDelta, BookSnapshot, Trade
from barterpy.reconnect import ReconnectPolicy
from barterpy.socket import Batch
from barterpy.sync import SyncPolicy
from barterpy.testing import VirtualClock, virtual_backends
from barterpy.venues import binance

pytestmark = pytest.mark.anyio

POLICY = ReconnectPolicy(backoff=Backoff(initial=0, jitter=0))
AT = 1_700_000_000_000_000_000
Script = Callable[["Peer", dict[str, Any]], None]


class Peer:
    """Binance's end of one connection, and the socket over it."""

    def __init__(self, url: str, number: int, script: Script, clock: Callable[[], int]) -> None:
        self.clock = clock
        self.url = url
        self.number = number
        self.requests: list[dict[str, Any]] = []
        self._script = script
        self._send, self._receive = anyio.create_memory_object_stream[Batch[str]](100)

    def say(self, *messages: object) -> None:
        self._send.send_nowait(Batch([json.dumps(message) for message in messages], self.clock()))

    def hang_up(self) -> None:
        self._send.close()

    async def receive(self) -> Batch[str]:
        return await self._receive.receive()

    async def send(self, message: str) -> None:
        request = json.loads(message)
        self.requests.append(request)
        self._script(self, request)

    async def aclose(self) -> None:
        self._send.close()
        self._receive.close()


class Exchange:
    """Makes a peer for each connection, and answers depth requests with the current id of each symbol."""

    def __init__(self, script: Script, **last_ids: int) -> None:
        self.peers: list[Peer] = []
        self.last_ids = last_ids
        self.clock: Callable[[], int] = lambda: AT
        self.asked: list[str] = []
        self.statuses: list[int] = []
        self._script = script

    @asynccontextmanager
    async def connect(self, url: str) -> AsyncGenerator[Peer]:
        peer = Peer(url, len([known for known in self.peers if known.url == url]) + 1, self._script, self.clock)
        self.peers.append(peer)
        try:
            yield peer
        finally:
            await peer.aclose()

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        symbol = request.query.partition("symbol=")[2].partition("&")[0]
        self.asked.append(symbol)
        if self.statuses:
            return HttpResponse(status=self.statuses.pop(0), body=b'{"code":-1121,"msg":"Invalid symbol."}')
        body = {"lastUpdateId": self.last_ids[symbol], "bids": [["1", "1"]], "asks": [["9", "1"]]}
        return HttpResponse(status=200, body=json.dumps(body).encode())

    async def aclose(self) -> None:
        pass

    def options(self) -> dict[str, Any]:
        return {"connect": self.connect, "transport": self, "clock": self.clock}


def acknowledge(peer: Peer, request: dict[str, Any]) -> None:
    peer.say({"result": None, "id": request["id"]})


def trade(symbol: str, number: int) -> dict[str, Any]:
    data = {"e": "aggTrade", "s": symbol, "a": number, "p": "1", "q": "1", "f": 1, "l": 1, "T": 1, "m": True}
    return {"stream": f"{symbol.lower()}@aggTrade", "data": data}


def change(symbol: str, first: int, last: int | None = None) -> dict[str, Any]:
    data = {"e": "depthUpdate", "E": 1, "s": symbol, "U": first, "u": last or first, "b": [["2", "1"]], "a": []}
    return {"stream": f"{symbol.lower()}@depth@100ms", "data": data}


async def take(events: EventStream[Any], kind: type | None = None, count: int = 1) -> list[Any]:
    """The next ``count`` events, or those of a kind."""
    found: list[Any] = []
    async for event in events:
        if kind is None or isinstance(event, kind):
            found.append(event)
            if len(found) == count:
                break
    return found


def kinds(events: Sequence[object]) -> list[str]:
    return [type(event).__name__ for event in events]


async def test_futures_are_two_connections_and_one_stream_of_events() -> None:
    def script(peer: Peer, request: dict[str, Any]) -> None:
        acknowledge(peer, request)
        if "market" in peer.url:
            peer.say(trade("BTCUSDT", 7))

    exchange = Exchange(script, ETHUSDT=5)
    venue = binance.Futures(**exchange.options())
    wanted = [sub.trades("BTC/USDT:USDT"), sub.book("ETH/USDT:USDT")]
    async with market_stream(venue, wanted, policy=POLICY, clock=lambda: AT) as events:
        seen = await take(events, count=6)
    assert sorted(kinds(seen)) == ["BookSnapshot", "Connected", "Connected", "Subscribed", "Subscribed", "Trade"]
    assert {event.connection for event in seen if isinstance(event, Connected)} == {"market-1", "public-1"}
    assert {event.subscriptions for event in seen if isinstance(event, Subscribed)} == {
        ("trades(BTC/USDT:USDT)",),
        ("book(ETH/USDT:USDT)",),
    }
    assert {peer.url for peer in exchange.peers} == {
        "wss://fstream.binance.com/market/stream",
        "wss://fstream.binance.com/public/stream",
    }
    assert {event.instrument for event in seen if isinstance(event, Trade | BookSnapshot)} == {
        "BTC/USDT:USDT",
        "ETH/USDT:USDT",
    }


async def test_a_refusal_names_the_subscription_and_ends_the_stream() -> None:
    def script(peer: Peer, request: dict[str, Any]) -> None:
        peer.say({"error": {"code": 2, "msg": "Invalid request"}, "id": request["id"]})

    exchange = Exchange(script)
    venue = binance.Spot(**exchange.options())
    async with market_stream(venue, [sub.trades("BTC/USDT")], policy=POLICY) as events:
        with pytest.raises(SubscriptionRefused, match=r"trades\(BTC/USDT\).*Invalid request") as caught:
            await take(events, Trade)
    assert (caught.value.subscriptions, caught.value.code) == (("trades(BTC/USDT)",), 2)


async def test_what_is_not_confirmed_in_time_is_named_and_asked_for_again_and_the_others_stay() -> None:
    def script(peer: Peer, request: dict[str, Any]) -> None:
        if request["id"] != 2:
            acknowledge(peer, request)

    exchange = Exchange(script)
    wanted = [sub.trades(f"C{number}/USDT") for number in range(51)]
    (connection,) = binance.Spot(**exchange.options()).connections(wanted)
    connection = replace(connection, subscribe_timeout=0.05)
    async with event_stream(connection, policy=POLICY) as events:
        (first,) = await take(events, Subscribed)
        (failed,) = await take(events, SubscriptionFailed)
        (second,) = await take(events, Subscribed)
    assert len(first.subscriptions) == 50
    assert (failed.subscription, failed.error, failed.final) == ("trades(C50/USDT)", "SubscriptionTimeout", False)
    assert second.subscriptions == ("trades(C50/USDT)",)
    assert len(exchange.peers) == 1


async def test_after_a_reconnect_everything_is_subscribed_again_and_books_resync() -> None:
    def script(peer: Peer, request: dict[str, Any]) -> None:
        acknowledge(peer, request)
        peer.say(trade("BTCUSDT", peer.number))

    exchange = Exchange(script, BTCUSDT=10)
    venue = binance.Spot(**exchange.options())
    wanted = [sub.trades("BTC/USDT", aggregate=True), sub.book("BTC/USDT")]
    async with market_stream(venue, wanted, policy=POLICY, clock=lambda: AT) as events:
        (before,) = await take(events, BookSnapshot)
        exchange.last_ids["BTCUSDT"] = 500
        exchange.peers[0].hang_up()
        after: list[Any] = []
        missing = {"Trade", "BookSnapshot"}  # in either order; a trade of before may still be among them
        while missing:
            after.append(await anext(events))
            if getattr(after[-1], "epoch", 0) == 2:
                missing.discard(kinds(after)[-1])
    assert before.epoch == 1
    story = [kind for kind in kinds(after) if kind != "Trade"]
    assert story == ["Disconnected", "Reconnecting", "Connected", "Gap", "Subscribed", "Resynced", "BookSnapshot"]
    gap = next(event for event in after if isinstance(event, Gap))
    assert (gap.reason, gap.instrument, gap.last, gap.epoch) == ("reconnected", "BTC/USDT", 10, 2)
    (whole,) = [event for event in after if type(event) is BookSnapshot]
    assert (whole.sequence, whole.epoch) == (500, 2)
    assert [event.epoch for event in after if isinstance(event, Trade)][-1] == 2
    first, again = ([request["params"] for request in peer.requests] for peer in exchange.peers)
    assert first == again


async def test_one_book_resyncs_alone_while_the_others_flow() -> None:
    def script(peer: Peer, request: dict[str, Any]) -> None:
        acknowledge(peer, request)

    exchange = Exchange(script, BTCUSDT=10, ETHUSDT=10)
    sync = SyncPolicy(backoff=Backoff(initial=0, jitter=0, max_attempts=5))
    venue = binance.Spot(sync=sync, **exchange.options())
    async with market_stream(venue, [sub.book("BTCUSDT"), sub.book("ETHUSDT")], policy=POLICY) as events:
        await take(events, BookSnapshot, 2)
        exchange.last_ids["BTCUSDT"] = 13
        exchange.peers[0].say(change("BTCUSDT", 12), change("ETHUSDT", 11), change("ETHUSDT", 12))
        gap, first, second, resynced, whole = await take(events, count=5)
    assert isinstance(gap, Gap)
    assert (gap.instrument, gap.last, gap.next) == ("BTCUSDT", 10, 12)
    assert [(type(event), event.instrument) for event in (first, second)] == [(BookDelta, "ETHUSDT")] * 2
    assert (type(resynced), type(whole), whole.instrument) == (Resynced, BookSnapshot, "BTCUSDT")
    assert sorted(exchange.asked) == ["BTCUSDT", "BTCUSDT", "ETHUSDT"]
    assert len(exchange.peers) == 1


async def test_a_book_that_has_to_wait_for_rest_says_so_and_why() -> None:
    """With REST unreachable it was silent for half a minute, until all attempts were used up."""
    exchange = Exchange(acknowledge, BTCUSDT=10)
    exchange.statuses = [503, 503, 503]
    venue = binance.Spot(sync=SyncPolicy(backoff=Backoff(initial=0, jitter=0, max_attempts=5)), **exchange.options())
    async with market_stream(venue, [sub.book("BTCUSDT")], policy=POLICY) as events:
        told = await take(events, count=5)
    assert kinds(told) == ["Connected", "Subscribed", "Gap", "Resynced", "BookSnapshot"]
    assert told[2].reason.startswith("no snapshot: [HTTP 503")
    assert len(exchange.asked) == 4


async def test_an_instrument_that_does_not_exist_is_told_and_not_silence() -> None:
    """Binance confirms any name; only the snapshot tells."""
    exchange = Exchange(acknowledge)
    exchange.statuses = [400]
    venue = binance.Spot(**exchange.options())
    async with market_stream(venue, [sub.book("BTC/UDST")], policy=POLICY) as events:
        (failed,) = await take(events, BookFailed)
    assert failed.instrument == "BTC/UDST"
    assert "Invalid symbol" in failed.reason


async def test_an_instrument_that_does_not_exist_is_an_error_where_that_is_asked_for() -> None:
    exchange = Exchange(acknowledge)
    exchange.statuses = [400]
    venue = binance.Spot(sync=SyncPolicy(on_failure="raise"), **exchange.options())
    async with market_stream(venue, [sub.book("BTC/UDST")], policy=POLICY) as events:
        with pytest.raises(BookError, match=r"BTC/UDST.*Invalid symbol"):
            await take(events, BookSnapshot)


async def test_a_snapshot_that_fails_for_now_is_asked_for_again() -> None:
    exchange = Exchange(acknowledge, BTCUSDT=10)
    exchange.statuses = [503, 429]
    sync = SyncPolicy(backoff=Backoff(initial=0, jitter=0, max_attempts=5))
    venue = binance.Spot(sync=sync, **exchange.options())
    async with market_stream(venue, [sub.book("BTCUSDT")], policy=POLICY) as events:
        (whole,) = await take(events, BookSnapshot)
    assert whole.sequence == 10
    assert exchange.asked == ["BTCUSDT"] * 3


async def test_a_message_that_cannot_be_understood_is_told_in_its_place() -> None:
    def script(peer: Peer, request: dict[str, Any]) -> None:
        acknowledge(peer, request)
        peer.say(trade("BTCUSDT", 1), {"e": "unheardOf"}, trade("BTCUSDT", 2))

    venue = binance.Futures(**Exchange(script).options())
    async with market_stream(venue, [sub.trades("BTCUSDT")], policy=POLICY) as events:
        first, bad, second = (await take(events, count=5))[2:]
    assert (first.id, second.id) == ("1", "2")
    assert isinstance(bad, MessageError)
    assert "unheardOf" in bad.reason


async def test_numbers_are_the_venue_objects_choice_from_end_to_end() -> None:
    def script(peer: Peer, request: dict[str, Any]) -> None:
        acknowledge(peer, request)
        peer.say(trade("BTCUSDT", 1))

    exact: binance.Futures[Decimal] = binance.Futures(**Exchange(script).options())
    async with market_stream(exact, [sub.trades("BTCUSDT")], policy=POLICY) as events:
        assert type((await take(events, Trade))[0].price) is Decimal
    fast: binance.Futures[float] = binance.Futures(number=float, **Exchange(script).options())
    async with market_stream(fast, [sub.trades("BTCUSDT")], policy=POLICY) as quick:
        assert type((await take(quick, Trade))[0].price) is float


async def test_a_running_stream_takes_up_and_leaves_subscriptions_on_the_connection_it_has() -> None:
    exchange = Exchange(acknowledge, ETHUSDT=5)
    venue = binance.Spot(**exchange.options())
    bitcoin, ether = sub.trades("BTC/USDT", aggregate=True), sub.book("ETH/USDT")
    async with market_stream(venue, [bitcoin], policy=POLICY) as events:
        await take(events, Subscribed)
        await events.subscribe(ether)
        assert (await take(events, Subscribed))[0].subscriptions == (ether.name,)
        await take(events, BookSnapshot)
        await events.unsubscribe(bitcoin)
        assert (await take(events, Unsubscribed))[0].subscriptions == (bitcoin.name,)
        (peer,) = exchange.peers
        # What was on its way is not told any more.
        peer.say(trade("BTCUSDT", 7), change("ETHUSDT", 6))
        assert kinds(await take(events)) == ["BookDelta"]
        await events.unsubscribe(ether)
        assert kinds(await take(events, Disconnected)) == ["Disconnected"]
    asked = [(request["method"], *request["params"]) for request in peer.requests]
    assert asked[:3] == [
        ("SUBSCRIBE", "btcusdt@aggTrade"),
        ("SUBSCRIBE", "ethusdt@depth@100ms"),
        ("UNSUBSCRIBE", "btcusdt@aggTrade"),
    ]


async def test_what_shares_a_stream_costs_the_venue_nothing_and_the_last_one_ends_it() -> None:
    exchange = Exchange(acknowledge)
    venue = binance.Futures(**exchange.options())
    price, rate = sub.mark_prices("BTCUSDT"), sub.funding_rates("BTCUSDT")
    data = {"e": "markPriceUpdate", "E": 1, "s": "BTCUSDT", "p": "1", "i": "2", "P": "3", "r": "0.1", "T": 9}
    async with market_stream(venue, [price, sub.trades("ETHUSDT")], policy=POLICY) as events:
        await take(events, Subscribed)
        await events.subscribe(rate)
        await take(events, Subscribed)
        (peer,) = exchange.peers
        peer.say({"stream": "btcusdt@markPrice@1s", "data": data})
        assert kinds(await take(events, count=2)) == ["MarkPrice", "FundingRate"]
        await events.unsubscribe(price)
        assert (await take(events, Unsubscribed))[0].subscriptions == (price.name,)
        peer.say({"stream": "btcusdt@markPrice@1s", "data": data})
        assert kinds(await take(events)) == ["FundingRate"]
        await events.unsubscribe(rate)
        assert (await take(events, Unsubscribed))[0].subscriptions == (rate.name,)
    assert [request["method"] for request in peer.requests] == ["SUBSCRIBE", "SUBSCRIBE", "UNSUBSCRIBE"]


async def test_two_spellings_are_one_stream_and_both_are_confirmed() -> None:
    exchange = Exchange(acknowledge)
    venue = binance.Spot(**exchange.options())
    wanted = [sub.quotes("BTC/USDT"), sub.quotes("BTCUSDT")]
    async with market_stream(venue, wanted, policy=POLICY) as events:
        assert (await take(events, Subscribed))[0].subscriptions == ("quotes(BTC/USDT)", "quotes(BTCUSDT)")
        await events.unsubscribe(wanted[0])
        await take(events, Unsubscribed)
        (peer,) = exchange.peers
        peer.say(
            {"stream": "btcusdt@bookTicker", "data": {"u": 1, "s": "BTCUSDT", "b": "1", "B": "1", "a": "2", "A": "1"}}
        )
        assert [event.instrument for event in await take(events)] == ["BTCUSDT"]
    assert len(peer.requests) == 1


@pytest.mark.parametrize("anyio_backend", virtual_backends())
async def test_a_single_subscription_that_falls_silent_is_asked_for_again_while_the_others_flow() -> None:
    """Mark prices come every second whatever happens: one that is silent is not subscribed, whatever was confirmed."""
    clock = VirtualClock()
    exchange = Exchange(acknowledge)
    exchange.clock = clock
    venue = binance.Futures(**exchange.options())
    price, rate, trades = sub.mark_prices("BTCUSDT"), sub.funding_rates("BTCUSDT"), sub.trades("ETHUSDT")
    async with anyio.create_task_group() as tasks, market_stream(venue, [price, rate, trades], clock=clock) as events:
        await take(events, Subscribed)
        (peer,) = exchange.peers

        async def flow() -> None:
            for number in range(200):
                peer.say(trade("ETHUSDT", number))
                await anyio.sleep(1)

        tasks.start_soon(flow)
        (stalled,) = await take(events, Stalled)
        assert stalled.subscription == "funding_rates(BTCUSDT)"
        assert stalled.idle == pytest.approx(60e9, rel=0.1)
        await take(events, Subscribed)
        assert [(one["method"], one["params"]) for one in peer.requests[1:]] == [
            ("UNSUBSCRIBE", ["btcusdt@markPrice@1s"]),
            ("SUBSCRIBE", ["btcusdt@markPrice@1s"]),
        ]
        # As silent as before: then it is the connection.
        (ended,) = await take(events, Disconnected)
        assert ended.error == "TransportTimeout"
        tasks.cancel_scope.cancel()


def test_only_what_is_never_silent_is_watched() -> None:
    wanted = [
        *(sub.mark_prices("BTCUSDT"), sub.funding_rates("BTCUSDT"), sub.tickers(""), sub.liquidations("")),
        *(sub.trades("BTCUSDT"), sub.candles("BTCUSDT"), sub.tickers("BTCUSDT"), sub.book("BTCUSDT")),
        *(sub.quotes("BTCUSDT"), sub.instrument_status("")),
    ]
    watched: set[str] = set()
    for connection in binance.Futures().connections(wanted):
        assert connection.quiet_after is not None
        watched |= {topic.name for topic in connection.topics if connection.quiet_after(topic) is not None}
    assert watched == {"funding_rates(BTCUSDT)", "tickers(*)"}
