"""Subscriptions to streams and connections, symbols to the venue's own, environments to URLs."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from barterpy import subscription as sub
from barterpy.connection import Connection, SubscribeRequest
from barterpy.errors import ConfigurationError
from barterpy.subscription import Subscription
from barterpy.venues import binance
from barterpy.venues.binance.channels import Kind, named_stream, streams
from barterpy.venues.binance.endpoints import Market, endpoints
from barterpy.venues.binance.symbols import native_symbol, unified_symbol

SPOT, FUTURES = Market.SPOT, Market.FUTURES

STREAMS = [
    (SPOT, sub.trades("BTC/USDT"), "btcusdt@trade"),
    (SPOT, sub.trades("BTC/USDT", aggregate=False), "btcusdt@trade"),
    (SPOT, sub.trades("BTC/USDT", aggregate=True), "btcusdt@aggTrade"),
    (FUTURES, sub.trades("BTC/USDT:USDT"), "btcusdt@aggTrade"),
    (FUTURES, sub.trades("BTCUSDT", aggregate=True), "btcusdt@aggTrade"),
    (SPOT, sub.quotes("BTC/USDT"), "btcusdt@bookTicker"),
    (FUTURES, sub.quotes(""), "!bookTicker"),
    (SPOT, sub.book("BTC/USDT"), "btcusdt@depth@100ms"),
    (SPOT, sub.book("BTC/USDT", interval="1000ms"), "btcusdt@depth"),
    (SPOT, sub.book("BTC/USDT", depth=20), "btcusdt@depth20@100ms"),
    (SPOT, sub.book("BTC/USDT", depth=5, interval="1000ms"), "btcusdt@depth5"),
    (FUTURES, sub.book("BTCUSDT"), "btcusdt@depth@100ms"),
    (FUTURES, sub.book("BTCUSDT", interval="250ms"), "btcusdt@depth"),
    (FUTURES, sub.book("BTCUSDT", interval="500ms"), "btcusdt@depth@500ms"),
    (FUTURES, sub.book("BTCUSDT", depth=10, interval="500ms"), "btcusdt@depth10@500ms"),
    (SPOT, sub.candles("BTC/USDT", "1s"), "btcusdt@kline_1s"),
    (FUTURES, sub.candles("BTCUSDT", "1M"), "btcusdt@kline_1M"),
    (SPOT, sub.tickers("BTC/USDT"), "btcusdt@ticker"),
    (SPOT, sub.tickers(""), "!miniTicker@arr"),
    (FUTURES, sub.tickers(""), "!ticker@arr"),
    (SPOT, Subscription(channel=sub.Channel.TICKERS, instrument="BTCUSDT", interval="4h"), "btcusdt@ticker_4h"),
    (FUTURES, sub.mark_prices("BTC/USDT:USDT"), "btcusdt@markPrice@1s"),
    (FUTURES, sub.mark_prices("BTCUSDT", interval="3s"), "btcusdt@markPrice"),
    (FUTURES, sub.funding_rates("BTC/USDT:USDT-261225"), "btcusdt_261225@markPrice@1s"),
    (FUTURES, sub.mark_prices(""), "!markPrice@arr@1s"),
    (FUTURES, sub.liquidations("BTCUSDT"), "btcusdt@forceOrder"),
    (FUTURES, sub.liquidations(), "!forceOrder@arr"),
    (FUTURES, sub.instrument_status("BTCUSDT"), "!contractInfo"),
]


@pytest.mark.parametrize(("market", "subscription", "name"), STREAMS)
def test_a_subscription_is_a_stream_and_its_name_tells_what_it_carries(
    market: Market, subscription: Subscription, name: str
) -> None:
    (stream,) = streams(market, [subscription])
    assert (stream.name, stream.subscriptions) == (name, (subscription,))
    known = named_stream(market, name)
    assert known is not None
    assert (known.kind, known.symbol, known.depth, known.family) == (
        stream.kind,
        stream.symbol,
        stream.depth,
        stream.family,
    )


REFUSALS = [
    (FUTURES, sub.trades("BTCUSDT", aggregate=False), "aggregated only"),
    (SPOT, sub.quotes(""), "name an instrument"),
    (SPOT, sub.trades(""), "name an instrument"),
    (SPOT, sub.book("BTCUSDT", interval="250ms"), "interval must be one of 100ms, 1000ms"),
    (FUTURES, sub.book("BTCUSDT", interval="1000ms"), "interval must be one of 100ms, 250ms, 500ms"),
    (SPOT, sub.book("BTCUSDT", depth=7), "depth must be one of 5, 10, 20"),
    (FUTURES, sub.candles("BTCUSDT", "1s"), "interval must be one of 1m, 3m"),
    (SPOT, sub.candles("BTCUSDT", "7m"), "interval must be one of 1s, 1m"),
    (SPOT, sub.mark_prices("BTCUSDT"), "no mark prices"),
    (SPOT, sub.funding_rates("BTCUSDT"), "no funding rates"),
    (FUTURES, sub.funding_rates("BTCUSDT", interval="2s"), "interval must be one of 1s, 3s"),
    (SPOT, sub.liquidations(), "no liquidations"),
    (SPOT, sub.instrument_status(), "ask instruments"),
    (SPOT, Subscription(channel=sub.Channel.TICKERS, instrument="BTCUSDT", interval="2h"), "24h, 1h, 4h or 1d"),
    (FUTURES, Subscription(channel=sub.Channel.TICKERS, instrument="BTCUSDT", interval="1h"), "must be 24h"),
    (SPOT, sub.trades("BTC/USDT:USDT"), r"binance.Spot\(\) has BTC/USDT"),
    (FUTURES, sub.trades("BTC/USDT"), "written BTC/USDT:USDT"),
    (FUTURES, sub.trades("BTC/USD:BTC"), "settles in BTC"),
    (FUTURES, sub.trades("BTC/USDT:USDT-261225-100000-C"), "not a dated future"),
    (SPOT, sub.trades("BTC USDT"), "is not a symbol"),
    (SPOT, sub.trades("btcusdt@trade"), "is not a symbol"),
]


@pytest.mark.parametrize(("market", "subscription", "reason"), REFUSALS)
def test_what_the_venue_does_not_have_is_refused_by_name(
    market: Market, subscription: Subscription, reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=reason) as caught:
        streams(market, [subscription])
    assert str(caught.value).startswith(subscription.name)


def test_what_is_asked_twice_is_one_stream() -> None:
    (stream,) = streams(FUTURES, [sub.trades("BTCUSDT"), sub.trades("BTCUSDT"), sub.trades("BTC/USDT:USDT")])
    assert stream.subscriptions == (sub.trades("BTCUSDT"),)


def test_two_channels_of_one_stream_share_it() -> None:
    wanted = (sub.mark_prices("BTCUSDT"), sub.funding_rates("BTCUSDT"))
    (stream,) = streams(FUTURES, wanted)
    assert stream.subscriptions == wanted


@pytest.mark.parametrize(
    "name",
    [
        *("btcusdt@unheardOf", "btcusdt", "", "!unheardOf@arr", "btcusdt@depthX", "btcusdt@depth#", "btcusdt@depth²"),
        # There is no stream of every instrument of these, and a stream of none is none.
        *("!trade@arr", "!aggTrade", "!depth@arr", "!depth5@arr", "!kline_1m@arr", "btcusdt!trade@arr"),
        *("@trade", "@depth", "@depth5", "@kline_1m", "@", "!", "!@arr"),
    ],
)
def test_an_unknown_stream_name_is_none(name: str) -> None:
    assert named_stream(SPOT, name) is None
    assert named_stream(FUTURES, name) is None


def test_every_kind_can_be_told_from_its_name() -> None:
    names = [name for _, _, name in STREAMS]
    assert {stream.kind for name in names if (stream := named_stream(FUTURES, name))} == set(Kind)


@pytest.mark.parametrize(
    ("symbol", "market", "native"),
    [
        ("BTC/USDT", SPOT, "BTCUSDT"),
        ("btc/usdt", SPOT, "BTCUSDT"),
        ("BTCUSDT", SPOT, "BTCUSDT"),
        ("btcusdt", FUTURES, "BTCUSDT"),
        ("1000SHIB/USDT:USDT", FUTURES, "1000SHIBUSDT"),
        ("BTC/USDT:USDT-261225", FUTURES, "BTCUSDT_261225"),
        ("BTCUSDT_261225", FUTURES, "BTCUSDT_261225"),
        ("币安人生/USDT", SPOT, "币安人生USDT"),
        ("币安人生USDT", SPOT, "币安人生USDT"),
    ],
)
def test_symbols(symbol: str, market: Market, native: str) -> None:
    assert native_symbol(symbol, market) == native


@pytest.mark.parametrize(
    ("parts", "unified"),
    [
        (("BTC", "USDT"), "BTC/USDT"),
        (("BTC", "USDT", "USDT"), "BTC/USDT:USDT"),
        (("BTC", "USDT", "USDT", "261225"), "BTC/USDT:USDT-261225"),
    ],
)
def test_unified_symbols(parts: tuple[str, ...], unified: str) -> None:
    assert unified_symbol(*parts) == unified


# Connections.


class Opened:
    """Remembers the URLs that are opened."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def __call__(self, url: str) -> Any:
        self.urls.append(url)
        return self


def asked(connection: Connection[Any]) -> Sequence[SubscribeRequest]:
    """What is sent at the beginning."""
    assert connection.subscribe is not None
    return connection.subscribe(connection.topics)


def urls(make: Callable[..., Any], subscriptions: Sequence[Subscription], **options: Any) -> dict[str, list[str]]:
    """URL to the streams subscribed there."""
    opened = Opened()
    found: dict[str, list[str]] = {}
    for connection in make(connect=opened, **options).connections(subscriptions):
        connection.connect()
        found[opened.urls[-1]] = [
            stream for request in asked(connection) for stream in json.loads(request.message)["params"]
        ]
    return found


MIXED = [sub.trades("BTCUSDT"), sub.book("BTCUSDT"), sub.quotes("ETHUSDT"), sub.candles("ETHUSDT")]


def test_futures_streams_are_split_over_their_two_paths() -> None:
    assert urls(binance.Futures, MIXED) == {
        "wss://fstream.binance.com/market/stream": ["btcusdt@aggTrade", "ethusdt@kline_1m"],
        "wss://fstream.binance.com/public/stream": ["btcusdt@depth@100ms", "ethusdt@bookTicker"],
    }
    assert list(urls(binance.Futures, MIXED, routed=False)) == ["wss://fstream.binance.com/stream"]


def test_spot_has_one_path() -> None:
    assert list(urls(binance.Spot, MIXED)) == ["wss://stream.binance.com:9443/stream"]


@pytest.mark.parametrize("override", ["ws://127.0.0.1:8765", "ws://127.0.0.1:8765/"])
def test_an_override_keeps_the_paths(override: str) -> None:
    assert list(urls(binance.Futures, MIXED, ws_url=override)) == [
        "ws://127.0.0.1:8765/market/stream",
        "ws://127.0.0.1:8765/public/stream",
    ]


@pytest.mark.parametrize(
    ("make", "environment", "rest", "stream"),
    [
        (SPOT, "live", "https://api.binance.com", "wss://stream.binance.com:9443"),
        (SPOT, "testnet", "https://testnet.binance.vision", "wss://stream.testnet.binance.vision"),
        (SPOT, "demo", "https://demo-api.binance.com", "wss://demo-stream.binance.com"),
        (FUTURES, "live", "https://fapi.binance.com", "wss://fstream.binance.com"),
        (FUTURES, "testnet", "https://demo-fapi.binance.com", "wss://demo-fstream.binance.com"),
        (FUTURES, "demo", "https://demo-fapi.binance.com", "wss://demo-fstream.binance.com"),
    ],
)
def test_environments(make: Market, environment: Any, rest: str, stream: str) -> None:
    known = endpoints(make, environment)
    assert (known.rest, known.streams) == (rest, stream)


@pytest.mark.parametrize(
    "options",
    [
        {"environment": "paper"},
        {"ws_url": "http://localhost"},
        {"ws_url": "localhost:80"},
        {"rest_url": "ws://localhost"},
        {"rest_url": "https://localhost?x=1"},
        {"depth_limit": 0},
        {"depth_limit": 5001},
    ],
)
def test_an_option_that_cannot_work_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        binance.Spot(**options)


def test_futures_have_snapshots_of_certain_sizes_only() -> None:
    with pytest.raises(ConfigurationError, match="5, 10, 20, 50, 100, 500, 1000"):
        binance.Futures(depth_limit=5000)


def test_streams_are_spread_over_connections_and_requests_within_limits() -> None:
    subscriptions = [sub.trades(f"C{number}USDT") for number in range(430)]
    connections = binance.Spot().connections(subscriptions)
    requests = [asked(connection) for connection in connections]
    assert [len(part) for part in requests] == [4, 4, 1]
    assert [connection.name for connection in connections] == ["stream-1", "stream-2", "stream-3"]
    assert [request.id for request in requests[0]] == [1, 2, 3, 4]
    assert all(len(json.loads(request.message)["params"]) <= 50 for request in requests[0])
    names = [name for part in requests for request in part for name in request.subscriptions]
    assert names == [subscription.name for subscription in subscriptions]
    (one,) = binance.Spot(connection_streams=1024).connections(subscriptions)
    assert len(asked(one)) == 9


def test_a_request_is_the_venues_own_message() -> None:
    (connection,) = binance.Spot().connections([sub.trades("币安人生/USDT"), sub.quotes("BTCUSDT")])
    (request,) = asked(connection)
    assert request.message == '{"method":"SUBSCRIBE","params":["币安人生usdt@trade","btcusdt@bookTicker"],"id":1}'
    assert request.subscriptions == ("trades(币安人生/USDT)", "quotes(BTCUSDT)")
    assert (connection.venue, connection.name) == ("binance_spot", "stream-1")
