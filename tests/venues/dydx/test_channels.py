"""Subscriptions to topics, topics to connections, and what is refused before anything is sent."""

import pytest

from barterpy import subscription as sub
from barterpy.errors import ConfigurationError
from barterpy.subscription import Subscription, native
from barterpy.venues import dydx
from barterpy.venues.dydx.channels import Kind, Topic, topic_of
from barterpy.venues.dydx.symbols import native_symbol, unified_symbol

ADDRESS = "dydx155va0m7wz5n8zcqscn9afswwt04n4usj46wvp5"


@pytest.mark.parametrize(
    ("subscription", "name"),
    [
        (sub.trades("BTC-USD"), "v4_trades/BTC-USD"),
        (sub.trades("btc/usdc:usdc"), "v4_trades/BTC-USD"),
        (sub.liquidations("BTC-USD"), "v4_trades/BTC-USD"),
        (sub.book("BTC/USD:USDC"), "v4_orderbook/BTC-USD"),
        (sub.book("BTC-USD", depth=100), "v4_orderbook/BTC-USD"),
        (sub.quotes("BTC-USD"), "v4_orderbook/BTC-USD"),
        (sub.candles("BTC-USD", "4h"), "v4_candles/BTC-USD/4HOURS"),
        (sub.candles("BTC-USD"), "v4_candles/BTC-USD/1MIN"),
        (sub.mark_prices("BTC-USD"), "v4_markets"),
        (sub.index_prices("BTC-USD"), "v4_markets"),
        (sub.funding_rates("BTC-USD"), "v4_markets"),
        (sub.open_interest("BTC-USD"), "v4_markets"),
        (sub.instrument_status(), "v4_markets"),
        (dydx.block_heights(), "v4_block_height"),
        (dydx.subaccount(ADDRESS, 3), f"v4_subaccounts/{ADDRESS}/3"),
        (dydx.parent_subaccount(ADDRESS), f"v4_parent_subaccounts/{ADDRESS}/0"),
        (native("v4_trades/BTC-USD"), "v4_trades/BTC-USD"),
        (native("v4_candles/BTC-USD/1DAY"), "v4_candles/BTC-USD/1DAY"),
    ],
)
def test_every_subscription_has_its_topic(subscription: Subscription, name: str) -> None:
    assert topic_of(subscription).name == name


@pytest.mark.parametrize(
    ("subscription", "words"),
    [
        (sub.tickers("BTC-USD"), "no channel"),
        (sub.trades("BTC/USDT"), "not a market"),
        (sub.trades("BTC"), "not a market"),
        (sub.trades("BTC-USD", aggregate=True), "single trades"),
        (sub.liquidations(), "name a market"),
        (sub.book("BTC-USD", depth=101), "1 to 100"),
        (sub.book("BTC-USD", depth=0), "1 to 100"),
        (sub.book("BTC-USD", interval="250ms"), "batched=True"),
        (sub.candles("BTC-USD", "2m"), "one of 1m"),
        (sub.mark_prices("BTC-USD", interval="1s"), "no pace"),
        (sub.mark_prices("BTC"), "not a market"),
        (native("v4_news"), "channels of dYdX are"),
        (native("v4_markets/BTC-USD"), "has no ids"),
        (native("v4_trades/BTC-USD/1MIN"), "write v4_trades/BTC-USD"),
        (native("v4_candles/BTC-USD"), "BTC-USD/1MIN"),
        (native("v4_subaccounts/me"), "the address, and the number"),
    ],
)
def test_what_is_not_offered_is_refused_by_name(subscription: Subscription, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        topic_of(subscription)
    assert str(caught.value).startswith(subscription.name)


def test_topics_fill_connections_in_order_by_the_caps_of_their_channels() -> None:
    wanted = [sub.trades(f"C{number}-USD") for number in range(5)]
    wanted += [sub.book("C0-USD"), sub.quotes("C0-USD"), sub.liquidations("C4-USD"), dydx.block_heights()]
    connections = dydx.Perpetuals(subscriptions={"v4_trades": 2, "v4_orderbook": 2}).connections(wanted)
    assert [[one.name for one in plan.topics] for plan in connections] == [
        ["trades(C0-USD)", "trades(C1-USD)", "book(C0-USD)", "quotes(C0-USD)", "native(v4_block_height)"],
        ["trades(C2-USD)", "trades(C3-USD)"],
        ["trades(C4-USD)", "liquidations(C4-USD)"],
    ]


def test_what_is_asked_twice_is_one_topic() -> None:
    (plan,) = dydx.Perpetuals().connections([sub.trades("BTC-USD"), sub.trades("BTC-USD")])
    assert plan.topics == (sub.trades("BTC-USD"),)


def test_a_topic_knows_its_market() -> None:
    assert Topic(Kind.CANDLES, "BTC-USD/1MIN").ticker == "BTC-USD"
    assert Topic(Kind.SUBACCOUNTS, f"{ADDRESS}/0").ticker == ""


@pytest.mark.parametrize("symbol", ["BTC/USDC:USDC", "BTC/USD:USDC", "btc-usd", "BTC-USD"])
def test_symbols_there_and_back(symbol: str) -> None:
    assert native_symbol(symbol) == "BTC-USD"
    assert native_symbol(unified_symbol("BTC-USD")) == "BTC-USD"


@pytest.mark.parametrize("symbol", ["", "BTC", "BTC/USDT:USDT", "BTC-USDC", "A B-USD", "BTC/USDC", "-USD"])
def test_what_is_no_symbol(symbol: str) -> None:
    with pytest.raises(ConfigurationError, match="BTC/USDC:USDC or BTC-USD"):
        native_symbol(symbol)
