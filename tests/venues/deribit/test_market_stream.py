"""Public data under supervision, against the simulated venue: all channels, cuts, holes in books, refusals, silence."""

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from barterpy import subscription as sub
from barterpy.backoff import Backoff
from barterpy.errors import ConfigurationError
from barterpy.events import Connected, Disconnected, Gap, Resynced, Subscribed, SubscriptionFailed, Unsubscribed
from barterpy.market import EventStream, market_stream
from barterpy.model import (
    BookDelta,
    BookSnapshot,
    Candle,
    InstrumentStatus,
    MarkPrice,
    Quote,
    Ticker,
    Trade,
    VenueNotice,
)
from barterpy.orderbook import OrderBook
from barterpy.reconnect import ReconnectPolicy
from barterpy.testing import SimulatedDeribit, check_venue, virtual_backends
from barterpy.venues.deribit import Credits, Deribit
from barterpy.venues.deribit.channels import INTERVALS

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", virtual_backends())]

POLICY = ReconnectPolicy(backoff=Backoff(initial=0.1, jitter=0))
PERPETUAL = "BTC/USD:BTC"
OPTION = "BTC/USD:BTC-261225-100000-C"
Make = Callable[..., SimulatedDeribit]


async def until(events: Any, wanted: Callable[[Any], bool], seconds: float = 120) -> list[Any]:
    """Events up to the one that is wanted, itself included."""
    seen: list[Any] = []
    with anyio.fail_after(seconds):
        async for event in events:
            seen.append(event)
            if wanted(event):
                return seen
    raise AssertionError("the stream ended")


def of(events: list[Any], *kinds: Any) -> list[Any]:
    """Those of these kinds."""
    return [event for event in events if isinstance(event, kinds)]


def stream(venue: SimulatedDeribit, wanted: list[sub.Subscription], **options: Any) -> EventStream[Any]:
    """What a user's program has, in the venue's time."""
    deribit: Deribit[Any] = Deribit(**venue.options, **options)
    return market_stream(deribit, wanted, policy=POLICY, clock=venue.options["clock"])


def apply(books: dict[str, OrderBook], event: Any) -> None:
    for change in of([event], BookSnapshot, BookDelta):
        books.setdefault(change.instrument, OrderBook(change.instrument)).apply(change)


async def test_every_kind_of_event_comes_under_the_name_that_was_written(simulated: Make) -> None:
    wanted = [
        sub.trades(PERPETUAL),
        sub.quotes(PERPETUAL),
        sub.book(PERPETUAL),
        sub.book(PERPETUAL, depth=10),
        sub.candles(PERPETUAL, "1m"),
        sub.tickers(PERPETUAL),
        sub.mark_prices(PERPETUAL),
        sub.open_interest(PERPETUAL),
        sub.funding_rates(PERPETUAL),
        sub.option_greeks(OPTION),
        sub.index_prices("btc_usd"),
        sub.volatility_index("btc_usd"),
        sub.liquidations(PERPETUAL),
    ]
    kinds = {"Trade", "Quote", "BookSnapshot", "BookDelta", "Candle", "Ticker", "MarkPrice", "OpenInterest"}
    kinds |= {"FundingRate", "OptionGreeks", "IndexPrice", "VolatilityIndex", "Liquidation", "Connected", "Subscribed"}
    seen: dict[str, set[str]] = {}
    async with simulated(rate=50) as venue, stream(venue, wanted) as events:
        with anyio.fail_after(600):
            async for event in events:
                seen.setdefault(type(event).__name__, set()).add(getattr(event, "instrument", ""))
                if set(seen) == kinds:
                    break
    assert {name for names in seen.values() for name in names if name} == {PERPETUAL, OPTION, "btc_usd"}
    assert seen["OptionGreeks"] == {OPTION}


async def test_the_clients_book_is_the_servers(simulated: Make) -> None:
    books: dict[str, OrderBook] = {}
    async with simulated(rate=100) as venue:
        wanted = [sub.book("BTC-PERPETUAL"), sub.book("BTC-25DEC26-100000-C", interval="agg2")]
        async with stream(venue, wanted) as events:
            for event in await until(events, lambda event: isinstance(event, BookDelta)):
                apply(books, event)
            await anyio.sleep(30)
            venue.pause()
            last = {symbol: venue.book(symbol).sequence for symbol in ("BTC-PERPETUAL", "BTC-25DEC26-100000-C")}
            with anyio.fail_after(60):
                async for event in events:
                    apply(books, event)
                    if all(symbol in books and books[symbol].sequence == number for symbol, number in last.items()):
                        break
            for symbol in last:
                server = venue.book(symbol)
                assert (tuple(books[symbol].bids()), tuple(books[symbol].asks())) == (server.bids, server.asks)


async def test_a_hole_in_a_chain_is_told_and_mended_on_the_same_connection(simulated: Make) -> None:
    async with simulated(rate=50) as venue:
        wanted = [sub.book("BTC-PERPETUAL"), sub.book("ETH-PERPETUAL")]
        async with stream(venue, wanted) as events:
            await until(events, lambda event: isinstance(event, BookDelta) and event.instrument == "BTC-PERPETUAL")
            venue.lose_updates("BTC-PERPETUAL", 1)
            seen = await until(events, lambda event: isinstance(event, Resynced))
            seen += await until(events, lambda event: isinstance(event, BookDelta) and event.instrument[:3] == "BTC")
            mended = [event for event in seen if not isinstance(event, BookDelta)]
            assert [type(event) for event in mended] == [Gap, Resynced, BookSnapshot]
            assert {event.instrument for event in mended} == {"BTC-PERPETUAL"}
            assert venue.connections == 1
            assert venue.calls[-2:] == ["public/unsubscribe", "public/subscribe"]


async def test_a_snapshot_that_never_comes_is_asked_for_again(simulated: Make) -> None:
    async with simulated(rate=50) as venue:
        wanted = [sub.book("BTC-PERPETUAL")]
        async with stream(venue, wanted) as events:
            await until(events, lambda event: isinstance(event, BookDelta))
            venue.lose_updates("BTC-PERPETUAL", 1)
            venue.swallow("public/unsubscribe", 1)
            seen = await until(events, lambda event: isinstance(event, Resynced), 300)
            assert sum(isinstance(event, Gap) for event in seen) == 1
            assert venue.calls.count("public/unsubscribe") == 2
            assert venue.connections == 1


@pytest.mark.parametrize("graceful", [True, False])
async def test_a_cut_is_survived_and_everything_is_asked_for_again(simulated: Make, graceful: bool) -> None:
    async with simulated(rate=50) as venue:
        wanted = [sub.trades(PERPETUAL), sub.book(PERPETUAL)]
        async with stream(venue, wanted) as events:
            await until(events, lambda event: isinstance(event, BookDelta))
            before = venue.subscriptions
            assert venue.cut(graceful=graceful) == 1
            seen = await until(events, lambda event: isinstance(event, Resynced))
            kinds: list[Any] = [type(event) for event in seen if not of([event], Trade, BookDelta)]
            assert kinds.index(Disconnected) < kinds.index(Connected) < kinds.index(Resynced)
            assert Gap in kinds
            seen = await until(events, lambda event: isinstance(event, Trade))
            assert seen[-1].epoch == 2
            assert venue.subscriptions == before == {"trades.BTC-PERPETUAL.100ms", "book.BTC-PERPETUAL.100ms"}


async def test_the_venues_question_is_answered_for_hours(simulated: Make) -> None:
    async with simulated(rate=0.2, instruments=["BTC-PERPETUAL"]) as venue:
        wanted = [sub.trades(PERPETUAL)]
        async with stream(venue, wanted, heartbeat=10) as events:
            await until(events, lambda event: isinstance(event, Subscribed))
            with anyio.move_on_after(7200):
                async for event in events:
                    assert not isinstance(event, Disconnected), event
            assert venue.calls.count("public/test") >= 700


async def test_a_channel_the_venue_leaves_out_is_refused_by_name(simulated: Make) -> None:
    async with simulated() as venue:
        venue.refuse_channel("quote.BTC-PERPETUAL")
        wanted = [sub.quotes(PERPETUAL), sub.trades(PERPETUAL)]
        async with stream(venue, wanted) as events:
            failed = (await until(events, lambda event: isinstance(event, SubscriptionFailed)))[-1]
            assert failed.subscription == "quotes(BTC/USD:BTC)"
            assert "quote.BTC-PERPETUAL" in failed.reason
            await until(events, lambda event: isinstance(event, Trade))


async def test_a_subscription_that_is_never_answered_is_made_on_another_connection(simulated: Make) -> None:
    async with simulated() as venue:
        venue.swallow("public/subscribe", 1)
        async with stream(venue, [sub.quotes(PERPETUAL)]) as events:
            seen = await until(events, lambda event: isinstance(event, Subscribed))
            (ended,) = [event for event in seen if isinstance(event, Disconnected)]
            assert "quotes(BTC/USD:BTC)" in ended.reason
            assert venue.connections == 2


async def test_status_notices_and_native_channels(simulated: Make) -> None:
    async with simulated() as venue:
        wanted = [
            sub.instrument_status(PERPETUAL),
            sub.native("platform_state"),
            sub.native("incremental_ticker.BTC-PERPETUAL"),
        ]
        async with stream(venue, wanted) as events:
            await until(events, lambda event: isinstance(event, Subscribed))
            venue.set_state("ETH-PERPETUAL", "halted")
            venue.set_state("BTC-PERPETUAL", "locked")
            venue.lock("btc_usd")
            seen = await until(events, lambda event: isinstance(event, VenueNotice))
    (status,) = [event for event in seen if isinstance(event, InstrumentStatus)]
    assert (status.instrument, status.status, status.venue_status) == (PERPETUAL, "cancel_only", "locked")
    assert (seen[-1].channel, seen[-1].instrument) == ("platform_state", "btc_usd")
    assert seen[-1].data == {"price_index": "btc_usd", "locked": True}
    tickers = {event.instrument for event in seen if type(event).__name__ == "Ticker"}
    assert tickers <= {"BTC-PERPETUAL"}


async def test_a_bar_is_closed_by_the_next_one(simulated: Make) -> None:
    async with simulated(rate=5, instruments=["BTC-PERPETUAL"]) as venue:
        wanted = [sub.candles(PERPETUAL, "1m")]
        async with stream(venue, wanted) as events:
            seen = await until(events, lambda event: isinstance(event, Candle) and event.closed)
    closed, before = seen[-1], of(seen[:-1], Candle)[-1]
    assert (closed.open_at, closed.close, closed.volume) == (before.open_at, before.close, before.volume)
    assert closed.close_at - closed.open_at == 60 * 10**9


async def test_raw_paces_log_on_first(simulated: Make) -> None:
    async with simulated(rate=50) as venue:
        wanted = [sub.trades(PERPETUAL), sub.quotes(PERPETUAL)]
        async with stream(venue, wanted, credentials=venue.credentials(), pace="raw") as events:
            await until(events, lambda event: isinstance(event, Trade))
            assert venue.calls.index("public/auth") < venue.calls.index("private/subscribe")
            assert venue.subscriptions == {"trades.BTC-PERPETUAL.raw", "quote.BTC-PERPETUAL"}
            assert venue.accounts.logons == ["client_signature"]


async def test_subscriptions_change_while_it_runs(simulated: Make) -> None:
    async with simulated(rate=50) as venue:
        wanted = [sub.tickers(PERPETUAL), sub.mark_prices(PERPETUAL)]
        async with stream(venue, wanted) as events:
            await until(events, lambda event: isinstance(event, MarkPrice))
            await events.unsubscribe(sub.mark_prices(PERPETUAL))
            await until(events, lambda event: isinstance(event, Unsubscribed))
            await events.subscribe(sub.quotes(PERPETUAL))
            seen = await until(events, lambda event: isinstance(event, Quote))
            seen += await until(events, lambda event: isinstance(event, Ticker))
            assert of(seen, MarkPrice) == []
            assert venue.subscriptions == {"ticker.BTC-PERPETUAL.100ms", "quote.BTC-PERPETUAL"}
            await events.unsubscribe(sub.tickers(PERPETUAL))
            await until(events, lambda event: isinstance(event, Quote))
            await anyio.sleep(1)
            assert venue.subscriptions == {"quote.BTC-PERPETUAL"}


async def test_the_venue_keeps_its_contract() -> None:
    client = Deribit(ws_url="ws://127.0.0.1:1", rest_url="http://127.0.0.1:1")
    check_venue(client, [sub.trades(PERPETUAL), sub.book("BTC-PERPETUAL"), sub.candles(OPTION, "5m")])


async def test_many_channels_are_many_connections() -> None:
    client = Deribit(connection_channels=2)
    made = client.connections([sub.quotes(f"BTC-{day}DEC26") for day in range(1, 6)])
    assert [connection.name for connection in made] == ["stream-1", "stream-2", "stream-3"]
    assert [len(connection.topics) for connection in made] == [2, 2, 1]


async def test_subscribes_of_all_connections_keep_within_the_venues_credits(simulated: Make) -> None:
    wanted = [sub.candles(PERPETUAL, interval) for interval in INTERVALS] + [sub.quotes(PERPETUAL), sub.trades(OPTION)]
    async with simulated() as venue, stream(venue, wanted, connection_channels=1) as events:
        began = anyio.current_time()
        subscribed: list[float] = []
        with anyio.fail_after(60):
            async for event in events:
                if isinstance(event, Subscribed):
                    subscribed.append(anyio.current_time() - began)
                    if len(subscribed) == len(wanted):
                        break
    # 30,000 credits at once are ten requests of 3,000; 10,000 a second let one more pass each 0.3 s.
    assert [at >= 0.3 * number for number, at in enumerate(subscribed[10:], 1)] == [True] * 4
    assert subscribed[9] < 0.3


async def test_the_venues_question_is_answered_while_subscribes_wait(simulated: Make) -> None:
    async with simulated() as venue:
        credits_ = Credits()
        credits_.subscribes.pause(100, "told to wait")
        async with stream(venue, [sub.quotes(PERPETUAL)], heartbeat=10, credits=credits_) as events:
            seen = await until(events, lambda event: isinstance(event, Subscribed), 150)
            assert not of(seen, Disconnected)


async def test_what_needs_a_logon_is_refused_without_credentials() -> None:
    with pytest.raises(ConfigurationError, match=r"book\(BTC-PERPETUAL, interval=raw\).*credentials"):
        Deribit().connections([sub.book("BTC-PERPETUAL", interval="raw")])
    with pytest.raises(ConfigurationError, match=r"user\.orders.*account_stream"):
        Deribit().connections([sub.native("user.orders.any.any.raw")])
    with pytest.raises(ConfigurationError, match="pass credentials"):
        Deribit().account_connections()
    with pytest.raises(ConfigurationError, match="no channel of the account"):
        Deribit().account_connections([sub.trades("BTC-PERPETUAL")])


@pytest.mark.parametrize(
    "options", [{"pace": "1s"}, {"heartbeat": 5}, {"connection_channels": 0}, {"number": str}, {"environment": "demo"}]
)
async def test_options_that_cannot_work_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Deribit(**options)
