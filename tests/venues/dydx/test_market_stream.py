"""The markets under a supervised stream, against the simulated venue: connections, losses, cuts, refusals."""

import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import anyio
import pytest

from barterpy import subscription as sub
from barterpy.errors import ConfigurationError, SubscriptionRefused
from barterpy.events import Connected, Disconnected, Gap, MessageError, Reconnecting, Resynced, Subscribed, Unsubscribed
from barterpy.market import market_stream
from barterpy.model import BlockHeight, BookDelta, BookSnapshot, Candle, InstrumentStatus, MarkPrice, Quote, Trade
from barterpy.orderbook import OrderBook
from barterpy.reconnect import ReconnectPolicy
from barterpy.testing import check_venue
from barterpy.testing.simulated import SimulatedSymbol
from barterpy.venues import dydx

pytestmark = pytest.mark.anyio

Make = Callable[..., Any]
Until = Callable[[Any, Callable[[Any], bool]], Awaitable[list[Any]]]
BOOK = (BookSnapshot, BookDelta)


def of(events: list[Any], *kinds: Any) -> list[Any]:
    """Those of these kinds."""
    return [event for event in events if isinstance(event, kinds)]


def resting(seen: list[Any]) -> OrderBook[Decimal]:
    """The book after these events; never crossed on the way, never changed while it is not valid."""
    book: OrderBook[Decimal] = OrderBook("BTC-USD")
    for event in of(seen, Gap, *BOOK):
        if event.instrument == "BTC-USD":
            if type(event) is Gap:
                book.invalidate(event.reason)
            else:
                book.apply(event)
                assert not book.crossed()
    return book


def expected(venue: Any) -> set[Decimal]:
    """Prices that were told last, without the crossed part, where only age decides."""
    bids, asks = venue.told_book("BTC-USD")
    return {price for price in bids if price < min(asks)} | {price for price in asks if price > max(bids)}


async def test_everything_the_venue_offers_flows(simulated: Make, until: Until, policy: ReconnectPolicy) -> None:
    wanted = [
        sub.trades("BTC-USD"),
        sub.book("BTC-USD"),
        sub.quotes("ETH/USDC:USDC"),
        sub.candles("BTC-USD"),
        sub.mark_prices("BTC-USD"),
        dydx.block_heights(),
    ]
    kinds: set[type] = set()
    all_kinds = {Trade, BookSnapshot, BookDelta, Quote, Candle, MarkPrice, BlockHeight}
    async with simulated() as venue, dydx.Perpetuals(**venue.options) as client:
        async with market_stream(client, wanted, policy=policy) as events:

            def complete(event: Any) -> bool:
                kinds.add(event.__class__)
                return kinds >= all_kinds

            seen = await until(events, complete)
        assert venue.connections == 1
    assert isinstance(seen[0], Connected)
    names = {name for event in seen if isinstance(event, Subscribed) for name in event.subscriptions}
    assert names == {one.name for one in wanted}
    assert {event.instrument for event in of(seen, Quote)} == {"ETH/USDC:USDC"}


@pytest.mark.parametrize("batched", [False, True])
async def test_a_book_is_never_crossed_though_the_venues_is(
    simulated: Make, until: Until, policy: ReconnectPolicy, batched: bool
) -> None:
    async with simulated(crossing=0.6, rate=20) as venue:
        client = dydx.Perpetuals(**venue.options, batched=batched)
        crossed = 0
        seen: list[Any] = []
        async with market_stream(client, [sub.book("BTC-USD")], policy=policy) as events:
            while crossed < 3 or len(seen) < 30:
                seen += await until(events, lambda event: isinstance(event, BOOK))
                bids, asks = venue.told_book("BTC-USD")
                crossed += max(bids) >= min(asks)
        assert resting(seen).best_bid() is not None


async def test_the_book_equals_the_servers(simulated: Make, until: Until, policy: ReconnectPolicy) -> None:
    async with simulated(crossing=0.5, rate=20) as venue:
        client = dydx.Perpetuals(**venue.options)
        async with market_stream(client, [sub.book("BTC-USD"), sub.instrument_status()], policy=policy) as events:
            seen = await until(events, lambda event: isinstance(event, BookDelta) and (event.sequence or 0) > 150)
            venue.pause()
            venue.set_status("BTC-USD", "PAUSED")  # behind everything that was told of the book
            seen += await until(events, lambda event: isinstance(event, InstrumentStatus) and event.status == "halted")
        book = resting(seen)
        prices = {level.price for level in (*book.bids(), *book.asks())}
        assert expected(venue) <= prices
        bids, asks = venue.told_book("BTC-USD")
        assert prices <= {*bids, *asks}


async def test_trades_are_told_once_each_through_a_loss_and_a_cut(
    simulated: Make, until: Until, policy: ReconnectPolicy
) -> None:
    async with simulated(rate=20) as venue:
        client = dydx.Perpetuals(**venue.options)
        async with market_stream(client, [sub.trades("BTC-USD")], policy=policy) as events:
            trades = of(await until(events, lambda event: isinstance(event, Trade)), Trade)
            venue.lose(3)
            seen = await until(events, lambda event: isinstance(event, Resynced))
            seen += await until(events, lambda event: isinstance(event, Trade))
            venue.cut()
            seen += await until(events, lambda event: isinstance(event, Connected))
            for _ in range(5):
                seen += await until(events, lambda event: isinstance(event, Trade))
            venue.repeat(5)
            for _ in range(8):
                seen += await until(events, lambda event: isinstance(event, Trade))
        trades += of(seen, Trade)
        rows = venue.markets.last_trades("BTC-USD", 10_000)[::-1]
    ids = [row["id"] for row in rows]
    first, last = ids.index(trades[0].id), ids.index(trades[-1].id)
    assert [trade.id for trade in trades] == ids[first : last + 1]
    kinds: list[Any] = [type(event) for event in seen if type(event) is not Trade]
    assert kinds == [Gap, Resynced, Disconnected, Reconnecting, Connected, Subscribed]


async def test_a_silence_of_the_venue_ends_in_a_gap_and_a_whole_book(
    simulated: Make, until: Until, policy: ReconnectPolicy
) -> None:
    async with simulated() as venue:
        client = dydx.Perpetuals(**venue.options)
        async with market_stream(client, [sub.book("BTC-USD"), sub.book("ETH-USD")], policy=policy) as events:
            await until(events, lambda event: isinstance(event, BookDelta))
            venue.lose(4)
            seen = await until(events, lambda event: isinstance(event, Resynced) and event.instrument == "ETH-USD")
        gaps = [event.instrument for event in of(seen, Gap)]
        assert sorted(gaps) == ["BTC-USD", "ETH-USD"], "one loss puts both in doubt"
        assert venue.connections == 1


async def test_contents_that_cannot_be_read_cost_one_book(
    simulated: Make, until: Until, policy: ReconnectPolicy
) -> None:
    async with simulated() as venue:
        client = dydx.Perpetuals(**venue.options)
        async with market_stream(client, [sub.book("BTC-USD"), sub.trades("ETH-USD")], policy=policy) as events:
            await until(events, lambda event: isinstance(event, BookDelta))
            venue.spoil("v4_orderbook", "BTC-USD", {"bids": [["nonsense", "1"]]})
            seen = await until(events, lambda event: isinstance(event, Resynced))
            seen += await until(events, lambda event: isinstance(event, Trade))
        kinds: list[Any] = [type(event) for event in of(seen, MessageError, Gap, Resynced)]
        assert kinds == [MessageError, Gap, Resynced]
        assert {event.instrument for event in of(seen, Gap)} == {"BTC-USD"}


async def test_connections_are_as_many_as_the_caps_want(simulated: Make, until: Until, policy: ReconnectPolicy) -> None:
    symbols = tuple(
        SimulatedSymbol(name=f"C{number}-USD", base=f"C{number}", quote="USD", price="10", tick="0.01", lot="1")
        for number in range(70)
    )
    wanted = [sub.trades(symbol.name) for symbol in symbols] + [sub.book("C1-USD"), dydx.block_heights()]
    async with simulated(symbols=symbols, history=0, rate=2) as venue:
        client = dydx.Perpetuals(**venue.options)
        assert [len(connection.topics) for connection in client.connections(wanted)] == [34, 32, 6]
        confirmed: set[str] = set()

        def all_confirmed(event: Any) -> bool:
            confirmed.update(getattr(event, "subscriptions", ()))
            return len(confirmed) == len(wanted)

        async with market_stream(client, wanted, policy=policy) as events:
            await until(events, all_confirmed)
            assert sorted(len(topics) for topics in venue.topics) == [6, 32, 34]


async def test_a_refused_subscription_is_named(simulated: Make, until: Until, policy: ReconnectPolicy) -> None:
    async with simulated() as venue:
        client = dydx.Perpetuals(**venue.options)
        wanted = [sub.trades("BTC-USD"), sub.trades("NOTHING-USD")]
        async with market_stream(client, wanted, policy=policy) as events:
            seen = await told_or_raised(until(events, lambda event: "NOTHING" in repr(event)))
        assert "trades(NOTHING-USD)" in repr(seen)


async def told_or_raised(taking: Any) -> list[Any]:
    """What was told, or the error that ended it."""
    try:
        events: list[Any] = await taking
    except SubscriptionRefused as error:
        return [error]
    return events


async def test_a_venue_that_cannot_answer_now_is_asked_again(
    simulated: Make, until: Until, policy: ReconnectPolicy
) -> None:
    async with simulated() as venue:
        client = dydx.Perpetuals(**venue.options)
        async with market_stream(client, [sub.book("BTC-USD")], policy=policy) as events:
            await until(events, lambda event: isinstance(event, BookDelta))
            venue.rules.refusals.append("Internal error, could not fetch data for subscription: v4_orderbook.")
            venue.lose(1)
            seen = await until(events, lambda event: isinstance(event, Resynced))
        assert [type(event) for event in of(seen, Gap, Resynced)] == [Gap, Resynced]


async def test_subscribing_and_leaving_at_run_time(simulated: Make, until: Until, policy: ReconnectPolicy) -> None:
    async with simulated() as venue:
        client = dydx.Perpetuals(**venue.options)
        (connection,) = client.connections([sub.trades("BTC-USD")])
        assert connection.subscribe is not None
        assert connection.unsubscribe is not None
        requests = connection.subscribe([sub.trades("ETH-USD"), sub.candles("ETH-USD", "1h")])
        assert [json.loads(request.message)["channel"] for request in requests] == ["v4_trades", "v4_candles"]
        (request,) = connection.unsubscribe([sub.trades("ETH-USD")])
        assert json.loads(request.message) == {"type": "unsubscribe", "channel": "v4_trades", "id": "ETH-USD"}


async def test_a_running_stream_takes_up_and_leaves_subscriptions(
    simulated: Make, until: Until, policy: ReconnectPolicy
) -> None:
    async with simulated() as venue:
        client = dydx.Perpetuals(**venue.options)
        async with market_stream(client, [sub.book("BTC-USD"), sub.quotes("BTC-USD")], policy=policy) as events:
            await until(events, lambda event: isinstance(event, BookDelta))
            await events.subscribe(sub.trades("ETH-USD"))
            await until(events, lambda event: isinstance(event, Trade) and event.instrument == "ETH-USD")
            await events.unsubscribe(sub.quotes("BTC-USD"))
            seen = await until(events, lambda event: isinstance(event, Unsubscribed))
            assert seen[-1].subscriptions == ("quotes(BTC-USD)",)
            assert ("v4_orderbook", "BTC-USD") in venue.subscriptions, "the book needs it still"
            rest = await until(events, lambda event: isinstance(event, BookDelta))
            assert of(rest, Quote) == []
            await events.unsubscribe(sub.trades("ETH-USD"))
            with anyio.fail_after(30):
                await venue.when(lambda: venue.clients == 1)
            await until(events, lambda event: isinstance(event, BookDelta))


def test_it_keeps_the_contract_of_venues() -> None:
    check_venue(dydx.Perpetuals(), [sub.trades("BTC-USD"), sub.book("BTC/USDC:USDC"), sub.candles("ETH-USD", "5m")])


def test_accounts_are_not_markets() -> None:
    with pytest.raises(ConfigurationError, match=r"dydx\.Account"):
        dydx.Perpetuals().connections([dydx.subaccount("dydx1qpzry9x8gf2tvdw0s3jn54khce6mua7l")])


@pytest.mark.parametrize("environment", ["demo", "mainnet"])
def test_an_unknown_environment_is_refused(environment: Any) -> None:
    with pytest.raises(ConfigurationError, match="live, testnet"):
        dydx.Perpetuals(environment=environment)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ws_url": "https://x"}, "ws_url"),
        ({"rest_url": "x"}, "rest_url"),
        ({"subscriptions": {"v4_trades": 0}}, "from 1 on"),
    ],
)
def test_options_that_cannot_work(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        dydx.Perpetuals(**options)
