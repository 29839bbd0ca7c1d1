"""Every message of the documentation, as it is sent, to exactly the event it means."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy import subscription as sub
from barterpy.errors import ConfigurationError, LimitExceeded, ParseError, RequestRejected
from barterpy.events import BookFailed, ClosingSoon, Gap
from barterpy.model import (
    BookDelta,
    BookSnapshot,
    Candle,
    FundingRate,
    InstrumentStatus,
    Level,
    Liquidation,
    MarkPrice,
    Quote,
    Side,
    Ticker,
    Trade,
)
from barterpy.subscription import Subscription
from barterpy.transformer import Fetch, Fetched, Reply
from barterpy.venues import binance
from barterpy.venues.binance.answers import Depth
from barterpy.venues.binance.channels import Kind
from barterpy.venues.binance.rest import FetchDepth

D = Decimal
AT = 1_700_000_000_000_000_000
SPOT = binance.Spot()
FUTURES = binance.Futures()
Venue = binance.Spot[D] | binance.Futures[D]


def events(venue: Any, message: object, *subscriptions: Subscription, received_at: int = AT) -> list[Any]:
    """What one message gives: as text, as bytes and in a batch alike."""
    text = message if isinstance(message, str) else json.dumps(message)
    results: list[list[Any]] = []
    for raw in (text, text.encode()):
        transformer, parser = venue.transformer(subscriptions), venue.parser()
        results.append(list(transformer.transform(parser.parse(raw), received_at)))
        (frame,) = venue.parser().parse_batch([raw])
        results.append(list(venue.transformer(subscriptions).transform(frame, received_at)))
    assert all(result == results[0] for result in results)
    return results[0]


def wrapped(stream: str, data: object) -> dict[str, object]:
    return {"stream": stream, "data": data}


SPOT_TRADE: dict[str, Any] = {
    "e": "trade",
    "E": 1672515782136,
    "s": "BNBBTC",
    "t": 12345,
    "p": "0.001",
    "q": "100",
    "T": 1672515782130,
    "m": True,
    "M": True,
}
AGG_TRADE: dict[str, Any] = {
    "e": "aggTrade",
    "E": 123456789,
    "s": "BTCUSDT",
    "a": 5933014,
    "p": "0.001",
    "q": "100",
    "nq": "100",
    "f": 100,
    "l": 105,
    "T": 123456785,
    "m": False,
    "st": 1,
}
SPOT_QUOTE: dict[str, Any] = {
    "u": 400900217,
    "s": "BNBUSDT",
    "b": "25.3519",
    "B": "31.21",
    "a": "25.3652",
    "A": "40.66",
}
FUTURES_QUOTE: dict[str, Any] = {
    **SPOT_QUOTE,
    "e": "bookTicker",
    "ps": "BNBUSDT",
    "T": 1568014460891,
    "E": 1568014460893,
    "st": 1,
}
PARTIAL: dict[str, Any] = {"lastUpdateId": 160, "bids": [["0.0024", "10"]], "asks": [["0.0026", "100"]]}
SPOT_DIFF: dict[str, Any] = {
    "e": "depthUpdate",
    "E": 1672515782136,
    "s": "BNBBTC",
    "U": 157,
    "u": 160,
    "b": [["0.0024", "10"]],
    "a": [["0.0026", "0"]],
}
FUTURES_DIFF: dict[str, Any] = {
    "e": "depthUpdate",
    "E": 123456789,
    "T": 123456788,
    "s": "BTCUSDT",
    "ps": "BTCUSDT",
    "st": 1,
    "U": 157,
    "u": 160,
    "pu": 149,
    "b": [["0.0024", "10"]],
    "a": [["0.0026", "5"]],
}
KLINE: dict[str, Any] = {
    "e": "kline",
    "E": 1672515782136,
    "s": "BNBBTC",
    "k": {
        "t": 1672515780000,
        "T": 1672515839999,
        "s": "BNBBTC",
        "i": "1m",
        "f": 100,
        "L": 200,
        "o": "0.0010",
        "c": "0.0020",
        "h": "0.0025",
        "l": "0.0015",
        "v": "1000",
        "n": 100,
        "x": False,
        "q": "1.0",
        "V": "500",
        "Q": "0.500",
        "B": "0",
    },
}
TICKER: dict[str, Any] = {
    "e": "24hrTicker",
    "E": 1672515782136,
    "s": "BNBBTC",
    "p": "0.0015",
    "P": "250.00",
    "w": "0.0018",
    "x": "0.0009",
    "c": "0.0025",
    "Q": "10",
    "b": "0.0024",
    "B": "10",
    "a": "0.0026",
    "A": "100",
    "o": "0.0010",
    "h": "0.0026",
    "l": "0.0009",
    "v": "10000",
    "q": "18",
    "O": 0,
    "C": 86400000,
    "F": 0,
    "L": 18150,
    "n": 18151,
}
MINI_TICKER: dict[str, Any] = {
    "e": "24hrMiniTicker",
    "E": 1672515782136,
    "s": "BNBBTC",
    "c": "0.0025",
    "o": "0.0010",
    "h": "0.0026",
    "l": "0.0009",
    "v": "10000",
    "q": "18",
}
MARK_PRICE: dict[str, Any] = {
    "e": "markPriceUpdate",
    "E": 1562305380000,
    "s": "BTCUSDT",
    "p": "11794.15",
    "ap": "11794.0",
    "i": "11784.62",
    "P": "11784.25",
    "r": "0.00038167",
    "T": 1562306400000,
    "st": 1,
}
FORCE_ORDER: dict[str, Any] = {
    "e": "forceOrder",
    "E": 1568014460893,
    "o": {
        "s": "BTCUSDT",
        "S": "SELL",
        "o": "LIMIT",
        "f": "IOC",
        "q": "0.014",
        "p": "9910",
        "ap": "9911",
        "X": "FILLED",
        "l": "0.014",
        "z": "0.013",
        "T": 1568014460890,
    },
}
CONTRACT_INFO: dict[str, Any] = {
    "e": "contractInfo",
    "E": 1669647330368,
    "s": "IOTAUSDT",
    "ps": "IOTAUSDT",
    "ct": "PERPETUAL",
    "dt": 4133404800000,
    "ot": 1569398400000,
    "cs": "SETTLING",
    "bks": [{"bs": 1, "bnf": 0, "bnc": 5000, "mmr": 0.01, "cf": 0, "mi": 21, "ma": 50}],
}

TRADE_EVENT = Trade(
    venue="binance_spot",
    instrument="BNBBTC",
    price=D("0.001"),
    size=D(100),
    side=Side.SELL,
    id="12345",
    exchange_at=1672515782130_000_000,
    received_at=AT,
    sequence=12345,
)
AGG_TRADE_EVENT = Trade(
    venue="binance_futures",
    instrument="BTCUSDT",
    price=D("0.001"),
    size=D(100),
    side=Side.BUY,
    id="5933014",
    exchange_at=123456785_000_000,
    received_at=AT,
    sequence=5933014,
    first_id=100,
    last_id=105,
)
QUOTE_EVENT = Quote(
    venue="binance_spot",
    instrument="BNBUSDT",
    bid_price=D("25.3519"),
    bid_size=D("31.21"),
    ask_price=D("25.3652"),
    ask_size=D("40.66"),
    exchange_at=None,
    received_at=AT,
    sequence=400900217,
)
CANDLE_EVENT = Candle(
    venue="binance_spot",
    instrument="BNBBTC",
    interval="1m",
    open_at=1672515780000_000_000,
    close_at=1672515840000_000_000,
    open=D("0.0010"),
    high=D("0.0025"),
    low=D("0.0015"),
    close=D("0.0020"),
    volume=D(1000),
    quote_volume=D("1.0"),
    trades=100,
    closed=False,
    exchange_at=1672515782136_000_000,
    received_at=AT,
    taker_buy_volume=D(500),
    taker_buy_quote_volume=D("0.500"),
)
TICKER_EVENT = Ticker(
    venue="binance_spot",
    instrument="BNBBTC",
    last=D("0.0025"),
    exchange_at=1672515782136_000_000,
    received_at=AT,
    open=D("0.0010"),
    high=D("0.0026"),
    low=D("0.0009"),
    volume=D(10000),
    quote_volume=D(18),
    change=D("0.0015"),
    vwap=D("0.0018"),
    bid_price=D("0.0024"),
    bid_size=D(10),
    ask_price=D("0.0026"),
    ask_size=D(100),
    trades=18151,
)
MARK_PRICE_EVENT = MarkPrice(
    venue="binance_futures",
    instrument="BTCUSDT",
    price=D("11794.15"),
    exchange_at=1562305380000_000_000,
    received_at=AT,
    index_price=D("11784.62"),
    settle_price=D("11784.25"),
)
FUNDING_EVENT = FundingRate(
    venue="binance_futures",
    instrument="BTCUSDT",
    rate=D("0.00038167"),
    exchange_at=1562305380000_000_000,
    received_at=AT,
    next_at=1562306400000_000_000,
)
LIQUIDATION_EVENT = Liquidation(
    venue="binance_futures",
    instrument="BTCUSDT",
    side=Side.SELL,
    price=D(9910),
    size=D("0.014"),
    exchange_at=1568014460890_000_000,
    received_at=AT,
    average_price=D(9911),
    filled=D("0.013"),
    status="FILLED",
)
STATUS_EVENT = InstrumentStatus(
    venue="binance_futures",
    instrument="IOTAUSDT",
    status="closed",
    venue_status="SETTLING",
    exchange_at=1669647330368_000_000,
    received_at=AT,
)


def book_event(venue: str, instrument: str, *, ask: str, at: int | None, depth: int) -> BookSnapshot[D]:
    return BookSnapshot(
        venue=venue,
        instrument=instrument,
        bids=(Level(D("0.0024"), D(10)),),
        asks=(Level(D("0.0026"), D(ask)),),
        exchange_at=at,
        received_at=AT,
        sequence=160,
        depth=depth,
    )


CASES: list[tuple[Venue, str, object, list[object]]] = [
    (SPOT, "bnbbtc@trade", SPOT_TRADE, [TRADE_EVENT]),
    (FUTURES, "btcusdt@aggTrade", AGG_TRADE, [AGG_TRADE_EVENT]),
    (SPOT, "bnbusdt@bookTicker", SPOT_QUOTE, [QUOTE_EVENT]),
    (
        FUTURES,
        "bnbusdt@bookTicker",
        FUTURES_QUOTE,
        [
            Quote(
                venue="binance_futures",
                instrument="BNBUSDT",
                bid_price=D("25.3519"),
                bid_size=D("31.21"),
                ask_price=D("25.3652"),
                ask_size=D("40.66"),
                exchange_at=1568014460891_000_000,
                received_at=AT,
                sequence=400900217,
            )
        ],
    ),
    (
        SPOT,
        "btcusdt@depth5@100ms",
        PARTIAL,
        [book_event("binance_spot", "BTCUSDT", ask="100", at=None, depth=5)],
    ),
    (
        FUTURES,
        "btcusdt@depth10@100ms",
        FUTURES_DIFF,
        [book_event("binance_futures", "BTCUSDT", ask="5", at=123456788_000_000, depth=10)],
    ),
    (SPOT, "bnbbtc@kline_1m", KLINE, [CANDLE_EVENT]),
    (SPOT, "bnbbtc@ticker", TICKER, [TICKER_EVENT]),
    (FUTURES, "btcusdt@markPrice@1s", MARK_PRICE, [MARK_PRICE_EVENT, FUNDING_EVENT]),
    (FUTURES, "btcusdt@forceOrder", FORCE_ORDER, [LIQUIDATION_EVENT]),
    (FUTURES, "!forceOrder@arr", FORCE_ORDER, [LIQUIDATION_EVENT]),
    (FUTURES, "!contractInfo", CONTRACT_INFO, [STATUS_EVENT]),
    (FUTURES, "!markPrice@arr@1s", [MARK_PRICE], [MARK_PRICE_EVENT, FUNDING_EVENT]),
    (FUTURES, "!markPrice@arr", [], []),
]


@pytest.mark.parametrize(("venue", "stream", "message", "expected"), CASES, ids=[case[1] for case in CASES])
def test_a_wrapped_message_is_its_event(venue: Venue, stream: str, message: object, expected: list[object]) -> None:
    assert events(venue, wrapped(stream, message)) == expected


@pytest.mark.parametrize(
    ("venue", "message", "expected"),
    [case[:1] + case[2:] for case in CASES if "depth" not in case[1] and case[2]],
    ids=[case[1] for case in CASES if "depth" not in case[1] and case[2]],
)
def test_a_message_without_its_streams_name_is_the_same_event(
    venue: Venue, message: object, expected: list[object]
) -> None:
    assert events(venue, message) == expected


def test_the_mini_ticker_has_less_to_say() -> None:
    expected = Ticker(
        venue="binance_spot",
        instrument="BNBBTC",
        last=D("0.0025"),
        exchange_at=1672515782136_000_000,
        received_at=AT,
        open=D("0.0010"),
        high=D("0.0026"),
        low=D("0.0009"),
        volume=D(10000),
        quote_volume=D(18),
    )
    assert events(SPOT, wrapped("!miniTicker@arr", [MINI_TICKER, MINI_TICKER])) == [expected, expected]
    assert events(SPOT, wrapped("bnbbtc@miniTicker", MINI_TICKER)) == [expected]
    assert events(SPOT, [MINI_TICKER]) == [expected]
    assert events(SPOT, wrapped("!miniTicker@arr", [MINI_TICKER]), sub.tickers("")) == [expected]


def test_a_ticker_of_a_rolling_window_says_which() -> None:
    message = {key: value for key, value in TICKER.items() if key not in "bBaA"} | {"e": "1hTicker"}
    for text in (wrapped("bnbbtc@ticker_1h", message), message):
        (ticker,) = events(SPOT, text)
        assert (ticker.window, ticker.bid_price, ticker.ask_size) == ("1h", None, None)


def test_an_empty_side_of_a_quote_is_none() -> None:
    (quote,) = events(SPOT, wrapped("bnbusdt@bookTicker", SPOT_QUOTE | {"b": "0.00000000", "B": "0.00000000"}))
    assert (quote.bid_price, quote.bid_size, quote.ask_price) == (None, None, D("25.3652"))


def test_an_empty_funding_rate_is_no_event() -> None:
    assert events(FUTURES, wrapped("btcusdt@markPrice@1s", MARK_PRICE | {"r": "", "T": 0})) == [MARK_PRICE_EVENT]


def test_empty_texts_are_none_and_never_zero() -> None:
    (price, _) = events(FUTURES, wrapped("btcusdt@markPrice@1s", MARK_PRICE | {"i": "", "P": ""}))
    assert (price.index_price, price.settle_price) == (None, None)
    order = {**FORCE_ORDER["o"], "ap": "0", "z": "0"}
    (liquidation,) = events(FUTURES, wrapped("!forceOrder@arr", FORCE_ORDER | {"o": order}))
    assert (liquidation.average_price, liquidation.filled) == (None, D(0))


def test_coin_margined_contracts_are_left_out_of_streams_of_every_instrument() -> None:
    assert events(FUTURES, wrapped("!markPrice@arr@1s", [MARK_PRICE | {"st": 2}, MARK_PRICE])) == [
        MARK_PRICE_EVENT,
        FUNDING_EVENT,
    ]
    assert events(FUTURES, wrapped("!forceOrder@arr", FORCE_ORDER | {"st": 2})) == []
    order = {**FORCE_ORDER["o"], "st": 2}
    assert events(FUTURES, wrapped("!forceOrder@arr", [FORCE_ORDER | {"o": order}])) == []
    assert events(FUTURES, wrapped("!bookTicker", FUTURES_QUOTE | {"st": 2})) == []
    assert events(FUTURES, wrapped("!contractInfo", CONTRACT_INFO | {"st": 2})) == []


def test_float_is_a_choice_of_the_venue_object() -> None:
    (trade,) = events(binance.Futures(number=float), wrapped("btcusdt@aggTrade", AGG_TRADE))
    assert (type(trade.price), trade.price) == (float, 0.001)


@pytest.mark.parametrize("number", [float, Decimal])
@pytest.mark.parametrize("price", ["NaN", "-Infinity", "1e999999999", "9" * 500, ""])
def test_a_price_that_is_not_finite_is_a_parse_error_whatever_numbers_are(number: Any, price: str) -> None:
    message = wrapped("btcusdt@aggTrade", {**AGG_TRADE, "p": price})
    with pytest.raises(ParseError) as caught:
        events(binance.Futures(number=number), message)
    assert caught.value.payload


@pytest.mark.parametrize("number", [str, int])
def test_numbers_nobody_can_compute_with_are_refused_where_they_are_chosen(number: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"number={number.__name__} makes no number"):
        binance.Spot(number=number)


# Subscriptions.


def test_events_carry_the_symbol_as_it_was_subscribed() -> None:
    message = wrapped("btcusdt@aggTrade", AGG_TRADE)
    assert events(FUTURES, message, sub.trades("BTC/USDT:USDT"))[0].instrument == "BTC/USDT:USDT"
    assert events(FUTURES, message, sub.trades("btcusdt"))[0].instrument == "btcusdt"
    assert events(FUTURES, AGG_TRADE, sub.trades("BTC/USDT:USDT"))[0].instrument == "BTC/USDT:USDT"


def test_what_was_not_subscribed_is_passed_over_and_counted() -> None:
    transformer, parser = FUTURES.transformer([sub.trades("ETHUSDT")]), FUTURES.parser()
    for message in (wrapped("btcusdt@aggTrade", AGG_TRADE), AGG_TRADE):
        assert list(transformer.transform(parser.parse(json.dumps(message)), AT)) == []
    assert transformer.ignored == 2


@pytest.mark.parametrize("named", [True, False], ids=["named", "bare"])
def test_when_a_subscription_last_brought_something_is_known(named: bool) -> None:
    mark, rate, trades = sub.mark_prices("BTCUSDT"), sub.funding_rates("BTCUSDT"), sub.trades("BNBBTC")
    transformer, parser = FUTURES.transformer([mark, rate, trades]), FUTURES.parser()
    transformer.on_reset(1, 0)

    def say(stream: str, message: dict[str, Any], received_at: int) -> None:
        frame = parser.parse(json.dumps(wrapped(stream, message) if named else message))
        assert list(transformer.transform(frame, received_at))

    for at in (AT, AT + 1):
        say("btcusdt@markPrice@1s", MARK_PRICE | {"s": "BTCUSDT"}, at)
        assert [transformer.last_seen(one.name) for one in (mark, rate, trades)] == [at, at, None]
    say("bnbbtc@aggTrade", AGG_TRADE | {"s": "BNBBTC"}, AT + 2)
    assert transformer.last_seen(trades.name) == AT + 2
    assert transformer.last_seen("trades(ETHUSDT)") is None
    transformer.on_reset(2, AT + 3)
    assert [transformer.last_seen(one.name) for one in (mark, rate, trades)] == [None, None, None]


def test_one_message_gives_only_the_events_that_were_subscribed() -> None:
    message = wrapped("btcusdt@markPrice@1s", MARK_PRICE)
    assert events(FUTURES, message, sub.mark_prices("BTCUSDT")) == [MARK_PRICE_EVENT]
    assert events(FUTURES, message, sub.funding_rates("BTCUSDT")) == [FUNDING_EVENT]
    both = events(FUTURES, message, sub.mark_prices("BTCUSDT"), sub.funding_rates("BTC/USDT:USDT"))
    assert [event.instrument for event in both] == ["BTCUSDT", "BTC/USDT:USDT"]
    assert events(FUTURES, wrapped("!markPrice@arr@1s", [MARK_PRICE]), sub.funding_rates("")) == [FUNDING_EVENT]


def test_status_changes_of_the_instruments_that_were_subscribed() -> None:
    message = wrapped("!contractInfo", CONTRACT_INFO)
    assert events(FUTURES, message, sub.instrument_status()) == [STATUS_EVENT]
    assert events(FUTURES, message, sub.instrument_status("BTCUSDT")) == []
    (event,) = events(FUTURES, message, sub.instrument_status("BTCUSDT"), sub.instrument_status("IOTA/USDT:USDT"))
    assert event.instrument == "IOTA/USDT:USDT"


def test_candles_of_two_intervals_stay_apart_without_stream_names() -> None:
    five = KLINE | {"k": {**KLINE["k"], "i": "5m"}}
    subscriptions = (sub.candles("BNB/BTC", "1m"), sub.candles("BNBBTC", "5m"))
    assert [events(SPOT, message, *subscriptions)[0].instrument for message in (KLINE, five)] == ["BNB/BTC", "BNBBTC"]
    assert [events(SPOT, message)[0].interval for message in (KLINE, five)] == ["1m", "5m"]


def test_a_partial_book_without_a_stream_name_belongs_to_the_only_one_subscribed() -> None:
    (event,) = events(SPOT, PARTIAL, sub.book("BTC/USDT", depth=5))
    assert (event.instrument, event.depth) == ("BTC/USDT", 5)
    for subscriptions in ((), (sub.book("BTC/USDT", depth=5), sub.book("ETH/USDT", depth=5))):
        with pytest.raises(ParseError, match="does not say whose it is"):
            events(SPOT, PARTIAL, *subscriptions)


def test_futures_send_partial_books_as_changes_without_a_stream_name() -> None:
    (event,) = events(FUTURES, FUTURES_DIFF, sub.book("BTC/USDT:USDT", depth=20))
    assert (type(event), event.depth) == (BookSnapshot, 20)


def test_a_symbol_of_any_letters() -> None:
    message = {**SPOT_TRADE, "s": "币安人生USDT"}
    (event,) = events(SPOT, wrapped("币安人生usdt@trade", message), sub.trades("币安人生/USDT"))
    assert event.instrument == "币安人生/USDT"
    assert events(SPOT, message)[0].instrument == "币安人生USDT"


# Books.


def answer(last_id: int, *, bid: str = "0.0024", at: int | None = None) -> Depth:
    return Depth(lastUpdateId=last_id, bids=[(bid, "10")], asks=[("0.0026", "100")], T=at)


def test_a_book_asks_for_its_snapshot_and_joins_it() -> None:
    transformer, parser = SPOT.transformer([sub.book("BNB/BTC")]), SPOT.parser()
    frame = parser.parse(json.dumps(wrapped("bnbbtc@depth@100ms", SPOT_DIFF)))
    (fetch,) = transformer.transform(frame, AT)
    assert isinstance(fetch, Fetch)
    assert (fetch.request, fetch.delay) == (SPOT.requests.depth("BNBBTC"), 0.0)
    whole, delta = transformer.transform(Fetched(fetch.key, answer(158)), AT + 1)
    assert isinstance(whole, BookSnapshot)
    assert (whole.instrument, whole.sequence, whole.exchange_at) == ("BNB/BTC", 158, None)
    assert delta == BookDelta(
        venue="binance_spot",
        instrument="BNB/BTC",
        bids=(Level(D("0.0024"), D(10)),),
        asks=(Level(D("0.0026"), D(0)),),
        exchange_at=1672515782136_000_000,
        received_at=AT,
        sequence=160,
    )


def test_the_snapshot_of_futures_has_a_time() -> None:
    transformer, parser = FUTURES.transformer(), FUTURES.parser()
    (fetch,) = transformer.transform(parser.parse(json.dumps(FUTURES_DIFF)), AT)
    assert isinstance(fetch, Fetch)
    assert isinstance(fetch.request, FetchDepth)
    assert (fetch.request.path, fetch.request.weight) == ("/fapi/v1/depth", 20)
    whole, delta = transformer.transform(Fetched(fetch.key, answer(158, at=123)), AT)
    assert isinstance(whole, BookSnapshot)
    assert isinstance(delta, BookDelta)
    assert (whole.exchange_at, delta.exchange_at) == (123_000_000, 123456788_000_000)


def test_a_snapshot_that_is_not_a_book_is_fetched_again() -> None:
    transformer, parser = SPOT.transformer(), SPOT.parser()
    (fetch,) = transformer.transform(parser.parse(json.dumps(SPOT_DIFF)), AT)
    assert isinstance(fetch, Fetch)
    gap, again = transformer.transform(Fetched(fetch.key, answer(158, bid="NaN")), AT)
    assert isinstance(gap, Gap), "there is no book yet, and it says so"
    assert (gap.last, gap.next) == (None, None)
    assert isinstance(again, Fetch)
    assert again.delay > 0
    (failed,) = transformer.transform(Fetched(fetch.key, error=RequestRejected("Invalid symbol.", -1121)), AT)
    assert isinstance(failed, BookFailed)
    assert "Invalid symbol" in failed.reason


def test_an_answer_for_nobody_is_passed_over() -> None:
    assert list(SPOT.transformer().transform(Fetched("nobody", answer(1)), AT)) == []


def test_books_of_two_instruments_are_independent() -> None:
    subscriptions = [sub.book("AAA/BTC"), sub.book("BBB/BTC")]
    transformer, parser = SPOT.transformer(subscriptions), SPOT.parser()

    def feed(symbol: str, first: int) -> list[str]:
        data: dict[str, Any] = SPOT_DIFF | {"s": symbol, "U": first, "u": first, "a": []}
        frame = parser.parse(json.dumps(wrapped(f"{symbol.lower()}@depth@100ms", data)))
        return [type(output).__name__ for output in transformer.transform(frame, AT)]

    for symbol in ("AAABTC", "BBBBTC"):
        assert feed(symbol, 10) == ["Fetch"]
        assert len(list(transformer.transform(Fetched(f"{symbol.lower()}@depth@100ms", answer(10)), AT))) == 1
    assert feed("AAABTC", 12) == ["Gap", "Fetch"]
    assert feed("BBBBTC", 11) == ["BookDelta"]
    assert [book.state.value for book in transformer.books.values()] == ["syncing", "synced"]


def test_a_new_connection_is_a_new_epoch_and_a_gap_for_valid_books() -> None:
    transformer, parser = SPOT.transformer(), SPOT.parser()
    transformer.transform(parser.parse(json.dumps(SPOT_DIFF)), AT)
    transformer.transform(Fetched("bnbbtc@depth", answer(160)), AT)
    (gap,) = transformer.on_reset(2, AT)
    assert gap.epoch == 2
    (trade,) = transformer.transform(parser.parse(json.dumps(SPOT_TRADE)), AT)
    assert isinstance(trade, Trade)
    assert trade.epoch == 2


# Answers, and what is no data.


def test_a_confirmation_is_a_reply() -> None:
    assert events(SPOT, '{"result":null,"id":1}') == [Reply(1)]


@pytest.mark.parametrize(
    "text",
    [
        '{"code":2,"msg":"Invalid request: unknown variant","id":7}',
        '{"error":{"code":2,"msg":"Invalid request: unknown variant"},"id":7}',
    ],
)
def test_a_refusal_in_either_shape_is_a_reply_with_its_error(text: str) -> None:
    (reply,) = events(SPOT, text)
    assert reply == Reply(7, RequestRejected("Invalid request: unknown variant", 2))


@pytest.mark.parametrize(
    "text", ['{"error":{"code":3,"msg":"Invalid JSON"}}', '{"code":3,"msg":"Invalid JSON","id":null}']
)
def test_a_refusal_of_nothing_in_particular_is_visible(text: str) -> None:
    with pytest.raises(ParseError, match="Invalid JSON"):
        events(SPOT, text)


@pytest.mark.parametrize(
    "message",
    [
        {"e": "serverShutdown", "E": 1770123456789},
        wrapped("serverShutdown", {"e": "serverShutdown", "E": 1770123456789}),
        wrapped("a stream of another name", {"e": "serverShutdown", "E": 1770123456789}),
    ],
)
def test_an_announced_shutdown_is_told(message: object) -> None:
    for subscriptions in ((), (sub.trades("BTCUSDT"),)):
        (event,) = events(SPOT, message, *subscriptions)
        assert isinstance(event, ClosingSoon)
        assert (event.venue, event.reason) == ("binance_spot", "the server shuts down within minutes")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no json", "malformed"),
        ('{"stream":"btcusdt@trade","data":', "truncated"),
        ('{"stream":5,"data":{}}', "Expected `str`"),
        ("{}", "neither event nor answer"),
        ("[]", "neither event nor answer"),
        ("[1]", "Expected"),
        ('"text"', "Expected `object`"),
        ('{"e":"unheardOf","s":"BTCUSDT"}', "unknown event 'unheardOf'"),
        ('{"e":"trade"}', "names no instrument"),
        ('{"stream":"btcusdt@unheardOf","data":{}}', "unknown stream"),
        (json.dumps(wrapped("@trade", SPOT_TRADE)), "unknown stream"),
        (json.dumps(wrapped("!aggTrade@arr", [AGG_TRADE])), "unknown stream"),
        (json.dumps([SPOT_TRADE]), "there is no stream of it"),
        (json.dumps({**SPOT_TRADE, "s": "a@b"}), "there is no stream of it"),
        ('{"stream":"btcusdt@trade","data":{"e":"trade"}}', "missing required field"),
        (json.dumps(wrapped("btcusdt@trade", {**SPOT_TRADE, "p": 1.5})), "Expected `str`"),
        (json.dumps(wrapped("btcusdt@trade", {**SPOT_TRADE, "p": "dear"})), "not a number"),
        (json.dumps(wrapped("btcusdt@trade", {**SPOT_TRADE, "p": "NaN"})), "not a finite number"),
        (json.dumps(wrapped("btcusdt@depth5", {**PARTIAL, "bids": [["1"]]})), "at least length 2|of length 2"),
        ("[" * 100_000, "Expected `object`"),
        ('{"stream":"btcusdt@trade","data":' + "[" * 1_000_000, "recursion|stack overflow"),
    ],
)
def test_what_cannot_be_understood_says_why_and_keeps_the_payload(text: str, reason: str) -> None:
    with pytest.raises(ParseError, match=f"(?i){reason}") as caught:
        events(SPOT, text)
    assert caught.value.payload


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(["", "NaN", "1e400", "-1", "²", "1", 1e300, [], {}, [["1"]], [["a", "b"]], {"s": 1}]),
    st.text(max_size=5),
)
NAMES = st.builds(
    "{}{}@{}".format,
    st.sampled_from(["", "!", "btcusdt", "!btcusdt", "a!b", "@"]),
    st.sampled_from(["", *Kind, "depth5", "depth@100ms"]),
    st.sampled_from(["arr", *Kind, "depth5", "depth@100ms", "kline_1m", "ticker_1h", "unheardOf", ""]),
)


MESSAGES: list[tuple[str, dict[str, Any]]] = [(case[1], case[2]) for case in CASES if isinstance(case[2], dict)]


@given(data=st.data())
def test_whatever_comes_gives_events_or_a_documented_error(data: st.DataObject) -> None:
    venue: Any = data.draw(st.sampled_from([SPOT, FUTURES]))
    name, message = data.draw(st.sampled_from(MESSAGES))
    one = dict(message)
    for key in data.draw(st.sets(st.sampled_from(sorted(one)), max_size=2)):
        one[key] = data.draw(VALUES)
        if data.draw(st.booleans()):
            del one[key]
    sent: Any = data.draw(st.sampled_from([one, [one], [one, one], []]))
    stream = data.draw(st.one_of(st.none(), st.just(name), NAMES))
    text = json.dumps(sent if stream is None else wrapped(stream, sent))
    transformer = venue.transformer()
    transformer.on_reset(1, AT)
    try:
        outputs = list(transformer.transform(venue.parser().parse(text), AT))
    except ParseError as error:
        assert error.payload  # noqa: PT017 - that there may be no error is the point
    else:
        assert all(isinstance(output, (msgspec.Struct, Reply, Fetch)) for output in outputs)


def test_text_that_is_not_utf8() -> None:
    with pytest.raises(ParseError):
        SPOT.parser().parse(b'{"stream":"\xff"}')


def test_one_bad_message_does_not_spoil_a_batch_in_silence() -> None:
    with pytest.raises(ParseError):
        SPOT.parser().parse_batch(['{"result":null,"id":1}', "no json"])


def test_streams_nobody_asked_for_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barterpy.venues.binance.transformers._MAX_STREAMS", 2)
    transformer, parser = SPOT.transformer(), SPOT.parser()
    for name in ("a@trade", "b@trade", "a@trade"):
        transformer.transform(parser.parse(json.dumps(wrapped(name, SPOT_TRADE))), AT)
    with pytest.raises(LimitExceeded, match="streams allows 2"):
        transformer.transform(parser.parse(json.dumps(wrapped("c@trade", SPOT_TRADE))), AT)
