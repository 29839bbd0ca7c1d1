"""One message at a time: each channel's payload to the model, requests and answers by id, and all that is wrong."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from barterpy import subscription as sub
from barterpy.clock import MILLISECOND
from barterpy.errors import ConfigurationError, LimitExceeded, ParseError, RequestRejected, SubscriptionRefused
from barterpy.events import BookFailed, Gap, Resynced
from barterpy.model import (
    Balance,
    BookDelta,
    BookSnapshot,
    Candle,
    Fill,
    FundingRate,
    IndexPrice,
    InstrumentStatus,
    Level,
    Liquidation,
    MarkPrice,
    OptionGreeks,
    OrderStatus,
    OrderType,
    OrderUpdate,
    Position,
    Quote,
    Side,
    Ticker,
    TimeInForce,
    Trade,
    VenueNotice,
    VolatilityIndex,
    decimal_number,
)
from barterpy.subscription import Channel, Subscription
from barterpy.sync import SyncPolicy
from barterpy.transformer import Reply, Send
from barterpy.venues.deribit import Deribit
from barterpy.venues.deribit.channels import INTERVALS, Kind, named_stream, streams
from barterpy.venues.deribit.messages import FrameParser
from barterpy.venues.deribit.topics import OWN_IDS
from barterpy.venues.deribit.transformers import ChannelTransformer

AT = 1_700_000_000_000_000_000
D = Decimal


def made(*subscriptions: Subscription, **options: Any) -> ChannelTransformer[Decimal]:
    transformer = ChannelTransformer("deribit", decimal_number, subscriptions, **options)
    list(transformer.on_reset(1, AT))
    return transformer


def fed(transformer: Any, *messages: dict[str, Any] | str) -> list[Any]:
    parser = FrameParser()
    texts = [message if isinstance(message, str) else json.dumps(message) for message in messages]
    return [output for text in texts for output in transformer.transform(parser.parse(text), AT)]


def timed(transformer: Any) -> list[Any]:
    """What comes of its next timer."""
    deadline = transformer.next_timer()
    assert deadline is not None
    return list(transformer.on_timer(deadline))


def told(channel: str, data: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}}


TRADE = {
    "timestamp": 1765531356452, "price": 92294.5, "amount": 10.0, "direction": "sell", "index_price": 92276.75,
    "instrument_name": "BTC-PERPETUAL", "trade_seq": 271252854, "mark_price": 92287.11, "tick_direction": 2,
    "contracts": 1.0, "trade_id": "403691824",
}  # fmt: skip
TICKER = {
    "timestamp": 1765541474086, "state": "open", "stats": {"high": 93612.0, "low": None, "volume": 11897.27640428},
    "index_price": 92263.55, "instrument_name": "BTC-PERPETUAL", "last_price": 92283.5, "open_interest": 1132329370.0,
    "mark_price": 92281.78, "best_ask_price": 92284.0, "best_bid_price": 0.0, "best_ask_amount": 186520.0,
    "best_bid_amount": 0.0, "estimated_delivery_price": 92263.55, "current_funding": 0.0, "funding_8h": 1.742e-05,
}  # fmt: skip
ORDER = {
    "label": "my-1", "price": 2973.55, "amount": 0.003, "direction": "buy", "time_in_force": "good_til_cancelled",
    "instrument_name": "ETH_USDC-PERPETUAL", "order_id": "USDC-1", "creation_timestamp": 1767978363493,
    "filled_amount": 0.001, "last_update_timestamp": 1767978363494, "post_only": True, "reduce_only": False,
    "average_price": 2973.5, "order_state": "open", "order_type": "limit",
}  # fmt: skip


def test_a_trade() -> None:
    (trade,) = fed(made(sub.trades("BTC/USD:BTC")), told("trades.BTC-PERPETUAL.100ms", [TRADE]))
    assert trade == Trade(
        venue="deribit", instrument="BTC/USD:BTC", price=D("92294.5"), size=D("10.0"), side=Side.SELL, id="403691824",
        exchange_at=1765531356452 * MILLISECOND, received_at=AT, sequence=271252854,
    )  # fmt: skip


@pytest.mark.parametrize(("role", "sides"), [("T", [Side.SELL]), ("M", [Side.BUY]), ("MT", [Side.BUY, Side.SELL])])
def test_what_was_forced_is_a_liquidation_too(role: str, sides: list[Side]) -> None:
    wanted = [sub.trades("BTC-PERPETUAL"), sub.liquidations("BTC-PERPETUAL")]
    outputs = fed(made(*wanted), told("trades.BTC-PERPETUAL.100ms", [{**TRADE, "liquidation": role}]))
    assert [type(output) for output in outputs] == [Trade, *[Liquidation] * len(sides)]
    assert [output.side for output in outputs[1:]] == sides
    alone = fed(made(wanted[1]), told("trades.BTC-PERPETUAL.100ms", [TRADE, {**TRADE, "liquidation": role}]))
    assert [type(output) for output in alone] == [Liquidation] * len(sides)


def test_trades_of_everything_name_their_own_instrument() -> None:
    rows = [TRADE, {**TRADE, "instrument_name": "ETH-PERPETUAL"}]
    outputs = fed(made(sub.trades("")), told("trades.any.any.100ms", rows))
    assert [output.instrument for output in outputs] == ["BTC-PERPETUAL", "ETH-PERPETUAL"]


def test_a_quote_with_an_empty_side() -> None:
    data = {"timestamp": 5, "instrument_name": "X", "best_ask_price": 1e-8, "best_ask_amount": 2.0}
    for empty in ({"best_bid_price": None, "best_bid_amount": 0.0}, {"best_bid_price": 0.0, "best_bid_amount": 0}):
        (quote,) = fed(made(sub.quotes("BTC-PERPETUAL")), told("quote.BTC-PERPETUAL", {**data, **empty}))
        assert type(quote) is Quote
        assert (quote.bid_price, quote.bid_size, quote.ask_price, quote.ask_size) == (None, None, D("1E-8"), D(2))


def test_a_ticker_is_as_many_events_as_were_asked_for() -> None:
    wanted = [sub.tickers("BTC-PERPETUAL"), sub.mark_prices("BTC-PERPETUAL"), sub.option_greeks("BTC-PERPETUAL")]
    greeks = {"greeks": {"delta": 0.1, "gamma": 0.2, "vega": 0.3, "theta": -0.4}, "mark_iv": 61.5, "bid_iv": 0.0}
    outputs = fed(made(*wanted), told("ticker.BTC-PERPETUAL.100ms", {**TICKER, **greeks}))
    ticker, mark, option = outputs
    assert type(ticker) is Ticker
    assert type(mark) is MarkPrice
    assert type(option) is OptionGreeks
    assert (ticker.last, ticker.high, ticker.low, ticker.bid_price) == (D("92283.5"), D("93612.0"), None, None)
    assert (mark.price, mark.index_price, mark.settle_price) == (D("92281.78"), D("92263.55"), D("92263.55"))
    assert (option.theta, option.rho, option.mark_volatility, option.bid_volatility) == (
        D("-0.4"),
        None,
        D("61.5"),
        None,
    )
    (only,) = fed(made(wanted[1]), told("ticker.BTC-PERPETUAL.100ms", TICKER))
    assert type(only) is MarkPrice
    assert fed(made(wanted[0]), told("ticker.BTC-PERPETUAL.100ms", {**TICKER, "last_price": None})) == []


def test_an_incremental_ticker_is_whole_again() -> None:
    channel = "incremental_ticker.BTC-PERPETUAL"
    transformer = made(sub.native(channel))
    first = {"type": "snapshot", **TICKER}
    change = {"type": "change", "timestamp": 1765541474186, "stats": {"low": 1.50}, "last_price": 92290.0}
    outputs = [
        output for output in fed(transformer, told(channel, first), told(channel, change)) if type(output) is Ticker
    ]
    assert [(one.last, one.high, one.low) for one in outputs] == [
        (D("92283.5"), D("93612.0"), None),
        (D("92290.0"), D("93612.0"), D("1.5")),
    ]
    list(transformer.on_reset(2, AT))
    with pytest.raises(ParseError):
        fed(transformer, told(channel, {"type": "change", "last_price": 1}))


def test_candles_end_with_the_next_and_are_forgotten_with_the_connection() -> None:
    transformer = made(sub.candles("BTC-PERPETUAL", "5m"))
    bar = {"tick": 1767200100000, "open": 1.0, "high": 4.0, "low": 0.5, "close": 2.0, "volume": 3.5, "cost": 7.0}
    later = {**bar, "tick": bar["tick"] + 300_000}
    channel = "chart.trades.BTC-PERPETUAL.5"
    outputs = fed(transformer, told(channel, bar), told(channel, {**bar, "close": 3.0}), told(channel, later))
    assert [(one.open_at // MILLISECOND, one.close, one.closed) for one in outputs] == [
        (1767200100000, D(2), False),
        (1767200100000, D(3), False),
        (1767200100000, D(3), True),
        (1767200400000, D(2), False),
    ]
    assert isinstance(outputs[0], Candle)
    assert outputs[0].close_at - outputs[0].open_at == 300 * 10**9
    list(transformer.on_reset(2, AT))
    (only,) = fed(transformer, told(channel, {**bar, "tick": bar["tick"] + 600_000}))
    assert not only.closed


@pytest.mark.parametrize(
    ("subscription", "channel", "data", "kind", "values"),
    [
        (sub.funding_rates("BTC-PERPETUAL"), "perpetual.BTC-PERPETUAL.100ms",
         {"timestamp": 1, "interest": 0.00499, "index_price": 7872.88}, FundingRate, {"rate": D("0.00499")}),
        (sub.index_prices("btc_usd"), "deribit_price_index.btc_usd",
         {"timestamp": 1, "price": 3937.89, "index_name": "btc_usd"}, IndexPrice, {"price": D("3937.89")}),
        (sub.volatility_index("btc_usd"), "deribit_volatility_index.btc_usd",
         {"timestamp": 1, "volatility": 129.36, "index_name": "btc_usd"}, VolatilityIndex, {"volatility": D("129.36")}),
        (sub.native("markprice.options.btc_usd"), "markprice.options.btc_usd",
         [{"timestamp": 1, "mark_price": 0.0333, "iv": 0.9, "instrument_name": "BTC-2JUN21-37000-P"}], MarkPrice,
         {"price": D("0.0333"), "instrument": "BTC-2JUN21-37000-P"}),
        (sub.instrument_status(), "instrument.state.any.any",
         {"timestamp": 1, "state": "created", "instrument_name": "BTC-22MAR27"}, InstrumentStatus,
         {"status": "pending", "venue_status": "created", "instrument": "BTC-22MAR27"}),
        (sub.native("deribit_price_ranking.btc_usd"), "deribit_price_ranking.btc_usd",
         [{"identifier": "x", "price": 1.5, "weight": 14.28, "timestamp": 2}], VenueNotice,
         {"channel": "deribit_price_ranking.btc_usd", "exchange_at": 2 * MILLISECOND}),
        (sub.native("deribit_price_statistics.btc_usd"), "deribit_price_statistics.btc_usd",
         {"index_name": "btc_usd", "high24h": 1.0}, VenueNotice, {"instrument": "btc_usd", "exchange_at": None}),
        (sub.native("estimated_expiration_price.btc_usd"), "estimated_expiration_price.btc_usd",
         {"seconds": 180929, "price": 3939.73, "is_estimated": False}, VenueNotice, {"instrument": ""}),
        (sub.native("platform_state.public_methods_state"), "platform_state.public_methods_state",
         {"allow_unauthenticated_public_requests": True}, VenueNotice, {}),
        (sub.native("user.access_log"), "user.access_log", {"id": 1, "log": "success"}, VenueNotice, {}),
        (sub.native("user.lock"), "user.lock", {"locked": False, "currency": "ALL"}, VenueNotice,
         {"instrument": "ALL"}),
        (sub.native("announcements"), "announcements", "plain words", VenueNotice, {"data": {"value": "plain words"}}),
    ],
)  # fmt: skip
def test_every_other_channel(subscription: Subscription, channel: str, data: Any, kind: Any, values: Any) -> None:
    (event,) = fed(made(subscription), told(channel, data))
    assert type(event) is kind
    assert {name: getattr(event, name) for name in values} == values


def test_a_grouped_book_is_a_picture_each_time() -> None:
    channel = "book.BTC-PERPETUAL.none.10.100ms"
    data = {"timestamp": 1, "instrument_name": "BTC-PERPETUAL", "change_id": 109615, "bids": [[160, 40]], "asks": []}
    (book,) = fed(made(sub.book("BTC-PERPETUAL", depth=10)), told(channel, data))
    assert type(book) is BookSnapshot
    assert (book.bids, book.asks, book.depth, book.sequence) == ((Level(D(160), D(40)),), (), 10, 109615)
    (native,) = fed(made(sub.native("book.ETH-PERPETUAL.5.1.agg2")), told("book.ETH-PERPETUAL.5.1.agg2", data))
    assert (native.instrument, native.depth) == ("ETH-PERPETUAL", 1)


# The account.


def test_orders_one_by_one_and_in_arrays() -> None:
    transformer = made(sub.native("user.orders.any.any.raw"), sub.native("user.orders.any.any.100ms"))
    market = {**ORDER, "price": "market_price", "order_type": "market", "order_state": "filled", "filled_amount": 0.003}
    trigger = {key: value for key, value in ORDER.items() if key not in ("filled_amount", "average_price", "price")}
    trigger |= {"order_state": "untriggered", "order_type": "stop_market", "trigger_price": 2900.0, "label": ""}
    cancelled = {**ORDER, "order_state": "cancelled", "cancel_reason": "user_request"}
    outputs = fed(
        transformer,
        told("user.orders.any.any.raw", ORDER),
        told("user.orders.any.any.100ms", [market, trigger, cancelled]),
    )
    assert all(isinstance(output, OrderUpdate) for output in outputs)
    part, filled, waiting, ended = (output.order for output in outputs)
    assert (part.status, part.filled, part.price) == (OrderStatus.PARTIALLY_FILLED, D("0.001"), D("2973.55"))
    assert (part.client_id, part.post_only, part.time_in_force) == ("my-1", True, TimeInForce.GTC)
    assert (filled.status, filled.price, filled.type) == (OrderStatus.FILLED, None, OrderType.MARKET)
    assert (waiting.status, waiting.stop_price, waiting.average_price) == (OrderStatus.OPEN, D(2900), None)
    assert (waiting.type, waiting.client_id, waiting.filled) == (OrderType.STOP_MARKET, None, D(0))
    assert (ended.status, outputs[3].reason) == (OrderStatus.CANCELED, "user_request")


def test_changes_are_fills_then_orders_then_positions() -> None:
    trade = {
        "trade_id": "ETH-34066", "trade_seq": 7, "order_id": "USDC-1", "instrument_name": "ETH_USDC-PERPETUAL",
        "direction": "buy", "price": 1700.0, "amount": 10.0, "fee": -0.00002, "fee_currency": "ETH", "liquidity": "M",
        "timestamp": 1550657341322, "label": "my-1",
    }  # fmt: skip
    position = {"instrument_name": "X", "direction": "sell", "size": 50.0, "average_price": 0.0, "leverage": 34}
    data = {"instrument_name": "X", "orders": [ORDER], "trades": [trade], "positions": [position]}
    fill, update, left = fed(made(sub.native("user.changes.any.any.raw")), told("user.changes.any.any.raw", data))
    assert (type(fill), type(update), type(left)) == (Fill, OrderUpdate, Position)
    assert (fill.fee, fill.maker, fill.client_id) == (D("-0.00002"), True, "my-1")
    assert (left.size, left.entry_price, left.leverage) == (D(-50), None, D(34))


def test_a_portfolio_is_a_balance_of_the_equity() -> None:
    data = {"currency": "USDT", "balance": 55.0, "equity": 55.00055, "margin_balance": 1.0, "available_funds": 53.8}
    (balance,) = fed(made(sub.native("user.portfolio.any")), told("user.portfolio.any", data))
    assert type(balance) is Balance
    assert (balance.asset, balance.total, balance.free) == ("USDT", D("55.00055"), D("53.8"))


# Books.


def book(change: int, previous: int | None = None, bid: float = 1.0, **extra: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"timestamp": 1, "instrument_name": "X", "change_id": change, "bids": [["new", bid, 1.0]]}
    chain = {"type": "snapshot"} if previous is None else {"type": "change", "prev_change_id": previous}
    return told("book.BTC-PERPETUAL.100ms", {**data, "asks": [["new", 9.0, 2.0]], **chain, **extra})


def test_a_chain_and_its_break() -> None:
    transformer = made(sub.book("BTC/USD:BTC"))
    gone = book(12, 11, asks=[["delete", 9.0, 0.0]], bids=[])
    whole, first, second = fed(transformer, book(10), book(11, 10), gone)
    assert [type(one) for one in (whole, first, second)] == [BookSnapshot, BookDelta, BookDelta]
    assert second.asks == (Level(D("9.0"), D(0)),)
    (gap,) = fed(transformer, book(20, 19))
    (leave,) = timed(transformer)
    assert isinstance(gap, Gap)
    assert (gap.last, gap.instrument) == (12, "BTC/USD:BTC")
    request = json.loads(leave.message)
    assert (request["method"], request["params"]) == ("public/unsubscribe", {"channels": ["book.BTC-PERPETUAL.100ms"]})
    # What still comes of the old subscription changes nothing.
    assert fed(transformer, book(21, 20)) == []
    (join,) = fed(transformer, {"jsonrpc": "2.0", "id": request["id"], "result": []})
    again = json.loads(join.message)
    assert (again["method"], again["params"]) == ("public/subscribe", request["params"])
    assert fed(transformer, {"id": again["id"], "result": ["book.BTC-PERPETUAL.100ms"]}) == []
    resynced, snapshot = fed(transformer, book(30))
    assert (type(resynced), type(snapshot), snapshot.sequence) == (Resynced, BookSnapshot, 30)
    assert transformer.next_timer() is None


@pytest.mark.parametrize("link", [{}, {"prev_change_id": None}])
def test_a_change_that_names_none_before_it_is_a_hole_and_not_a_whole_book(link: dict[str, Any]) -> None:
    transformer = made(sub.book("BTC-PERPETUAL"))
    change = book(11, 10)
    data = {name: value for name, value in change["params"]["data"].items() if name != "prev_change_id"}
    change["params"]["data"] = {**data, **link}
    assert len(fed(transformer, book(10))) == 1
    (gap,) = fed(transformer, change)
    assert type(gap) is Gap
    assert len(timed(transformer)) == 1, "it is subscribed again"


def test_the_first_message_is_the_whole_book_also_where_it_does_not_say_so() -> None:
    first = book(10)
    del first["params"]["data"]["type"]
    (whole,) = fed(made(sub.book("BTC-PERPETUAL")), first)
    assert type(whole) is BookSnapshot


def test_what_is_remembered_of_a_channel_goes_with_it() -> None:
    transformer = made(sub.quotes("BTC-PERPETUAL"))
    candles, incremental = sub.candles("BTC-PERPETUAL"), sub.native("incremental_ticker.BTC-PERPETUAL")
    for _ in range(10):
        transformer.subscribe([candles, incremental])
        transformer.subscribe([sub.native("chart.trades.BTC-PERPETUAL.1")])
        assert len(transformer.remembering) == 2
        transformer.unsubscribe([candles, incremental, sub.native("chart.trades.BTC-PERPETUAL.1")])
    assert not transformer.remembering


def test_a_bar_is_told_as_closed_also_when_others_came_to_want_it_meanwhile() -> None:
    def bar(tick: int) -> dict[str, Any]:
        data = {"tick": tick, "open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0, "volume": 1.0, "cost": 1.0}
        return told("chart.trades.BTC-PERPETUAL.1", data)

    transformer = made(sub.native("chart.trades.BTC-PERPETUAL.1"))
    fed(transformer, bar(60_000))
    transformer.subscribe([sub.candles("BTC/USD:BTC")])
    closed, opened = fed(transformer, bar(120_000))
    assert [(one.instrument, one.closed, one.open_at) for one in (closed, opened)] == [
        ("BTC/USD:BTC", True, 60_000 * MILLISECOND),
        ("BTC/USD:BTC", False, 120_000 * MILLISECOND),
    ]


def test_raw_books_are_left_and_joined_by_the_private_methods() -> None:
    transformer = made(sub.book("BTC-PERPETUAL", interval="raw"))
    raw = [json.loads(json.dumps(one).replace(".100ms", ".raw")) for one in (book(10), book(12, 11))]
    fed(transformer, *raw)
    (leave,) = timed(transformer)
    request = json.loads(leave.message)
    (join,) = fed(transformer, {"id": request["id"], "error": {"code": 1, "message": "not subscribed"}})
    assert [request["method"], json.loads(join.message)["method"]] == ["private/unsubscribe", "private/subscribe"]


def test_a_snapshot_that_does_not_come_is_asked_for_by_the_clock_until_the_book_has_failed() -> None:
    transformer = made(sub.book("BTC-PERPETUAL"), policy=SyncPolicy(snapshot_timeout=1.0))
    fed(transformer, book(10), book(12, 11))
    sent = 0
    for _ in range(100):
        deadline = transformer.next_timer()
        if deadline is None:
            break
        outputs = list(transformer.on_timer(deadline))
        sent += sum(isinstance(output, Send) for output in outputs)
        if any(isinstance(output, BookFailed) for output in outputs):
            break
    else:
        raise AssertionError("it never ends")
    assert sent == 10


def test_a_book_whose_subscription_is_refused_has_failed_alone() -> None:
    transformer = made(sub.book("BTC-PERPETUAL"), sub.quotes("BTC-PERPETUAL"))
    fed(transformer, book(10), book(12, 11))
    (leave,) = timed(transformer)
    (join,) = fed(transformer, {"id": json.loads(leave.message)["id"], "result": []})
    refusal = {"code": 10020, "message": "invalid_or_unsupported_instrument"}
    (failed,) = fed(transformer, {"id": json.loads(join.message)["id"], "error": refusal})
    assert isinstance(failed, BookFailed)
    assert "invalid_or_unsupported_instrument" in failed.reason
    assert len(fed(transformer, told("quote.BTC-PERPETUAL", {"timestamp": 1}))) == 1


# Requests and answers.


def test_requests_are_cut_to_size_and_private_ones_apart() -> None:
    transformer = made()
    wanted = [sub.quotes(f"BTC-{day}DEC26-{strike}-C") for day in range(1, 31) for strike in range(1000, 5000, 1000)]
    raw = sub.trades("BTC-PERPETUAL")
    requests = transformer.subscribe(
        [*wanted, msgspec.structs.replace(raw, interval="raw"), sub.quotes("btc-perpetual")]
    )
    methods = [json.loads(request.message)["method"] for request in requests]
    assert methods == ["public/subscribe", "public/subscribe", "private/subscribe"]
    assert [len(request.subscriptions) for request in requests] == [100, 21, 1]
    assert len({request.id for request in requests}) == 3


def test_an_answer_confirms_what_it_lists_and_refuses_the_rest_by_name() -> None:
    transformer = made()
    (request,) = transformer.subscribe([sub.quotes("BTC/USD:BTC"), sub.quotes("ETH-PERPETUAL")])
    (reply,) = fed(transformer, {"id": request.id, "result": ["quote.ETH-PERPETUAL"]})
    assert isinstance(reply.error, SubscriptionRefused)
    assert reply.error.subscriptions == ("quotes(BTC/USD:BTC)",)
    # The same answer once more is about nothing.
    assert fed(transformer, {"id": request.id, "result": []}) == [Reply(request.id or 0)]


def test_a_refused_request_refuses_all_of_it() -> None:
    transformer = made()
    (request,) = transformer.subscribe([sub.quotes("BTC/USD:BTC")])
    (reply,) = fed(transformer, {"id": request.id, "error": {"code": -32602, "message": "Invalid params"}})
    assert isinstance(reply.error, RequestRejected)
    assert reply.error.code == -32602


def test_subscriptions_that_share_a_channel_end_one_by_one() -> None:
    transformer = made()
    ticker, mark = sub.tickers("BTC-PERPETUAL"), sub.mark_prices("BTC-PERPETUAL")
    (request,) = transformer.subscribe([ticker, mark])
    assert request.subscriptions == (ticker.name, mark.name)
    message = told("ticker.BTC-PERPETUAL.100ms", TICKER)
    assert [type(one) for one in fed(transformer, message)] == [Ticker, MarkPrice]
    assert transformer.last_seen(mark.name) == AT
    (kept,) = transformer.unsubscribe([mark])
    assert (kept.subscriptions, json.loads(kept.message)["method"]) == ((mark.name,), "public/test")
    assert [type(one) for one in fed(transformer, message)] == [Ticker]
    assert transformer.last_seen(mark.name) is None
    (ended,) = transformer.unsubscribe([ticker])
    assert json.loads(ended.message)["params"] == {"channels": ["ticker.BTC-PERPETUAL.100ms"]}
    assert fed(transformer, message) == []
    assert transformer.ignored == 1


def test_the_question_whether_we_are_there_is_answered_at_once() -> None:
    beat = {"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "heartbeat"}}
    ask = {"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": "test_request"}}
    transformer = made(sub.quotes("BTC-PERPETUAL"))
    (answer,) = fed(transformer, beat, ask)
    request = json.loads(answer.message)
    assert (request["method"], request["id"] >= OWN_IDS) == ("public/test", True)
    assert fed(transformer, {"id": request["id"], "result": {"version": "1.2.26"}}) == []


# What is wrong.


@pytest.mark.parametrize(
    "message",
    [
        "not JSON",
        "[1]",
        '{"method":1}',
        '{"jsonrpc":"2.0"}',
        '{"jsonrpc":"2.0","error":{"code":1,"message":"of what?"}}',
        '{"method":"subscription","params":{}}',
        '{"method":"something","params":{"channel":"","data":1}}',
        '{"method":"subscription","params":{"channel":"no.such.channel","data":{}}}',
        '{"method":"subscription","params":{"channel":"quote.BTC-PERPETUAL","data":{"timestamp":"x"}}}',
        '{"method":"subscription","params":{"channel":"trades.BTC-PERPETUAL.raw","data":{}}}',
        '{"method":"subscription","params":{"channel":"chart.trades.BTC-PERPETUAL.7","data":{}}}',
        '{"method":"subscription","params":{"channel":"user.orders.any.any.raw","data":[{}]}}',
    ],
)
def test_a_message_that_cannot_be_understood_is_a_parse_error_and_the_next_one_is_fine(message: str) -> None:
    transformer = made()
    with pytest.raises(ParseError):
        fed(transformer, message)
    assert len(fed(transformer, told("quote.BTC-PERPETUAL", {"timestamp": 1}))) == 1


def test_a_price_that_is_no_number_leaves_its_book_without_a_place() -> None:
    transformer = made(sub.book("BTC/USD:BTC"))
    fed(transformer, book(10))
    with pytest.raises(ParseError, match="not a finite number"):
        fed(transformer, book(11, 10, bids=[["new", "NaN", 1.0]]))
    assert Gap in map(type, fed(transformer, book(12, 11)))


def test_an_answer_to_a_subscription_that_is_no_list() -> None:
    transformer = made()
    (request,) = transformer.subscribe([sub.quotes("BTC/USD:BTC")])
    with pytest.raises(ParseError, match="answer to a subscription"):
        fed(transformer, {"id": request.id, "result": "ok"})


def test_channels_are_bounded() -> None:
    transformer = made()
    messages = [told(f"quote.BTC-{number}", {"timestamp": 1}) for number in range(10_001)]
    fed(transformer, *messages[:-1])
    with pytest.raises(LimitExceeded):
        fed(transformer, messages[-1])


def test_batches_are_parsed_as_one_by_one() -> None:
    parser = FrameParser()
    texts = [json.dumps(told("quote.BTC-PERPETUAL", {"timestamp": number})) for number in range(3)]
    assert len(parser.parse_batch(texts)) == 3
    with pytest.raises(ParseError):
        parser.parse_batch([*texts, "no"])


# Names of channels.


@pytest.mark.parametrize(
    ("subscription", "name"),
    [
        (sub.trades("BTC/USD:BTC"), "trades.BTC-PERPETUAL.100ms"),
        (sub.trades(""), "trades.any.any.100ms"),
        (sub.book("BTC/USDC", interval="agg2"), "book.BTC_USDC.agg2"),
        (sub.book("ETH/USDC:USDC", depth=20), "book.ETH_USDC-PERPETUAL.none.20.100ms"),
        (sub.candles("BTC-PERPETUAL", "1d"), "chart.trades.BTC-PERPETUAL.1D"),
        (sub.funding_rates("BTC/USD:BTC", interval="raw"), "perpetual.BTC-PERPETUAL.raw"),
        (sub.open_interest("XRP/USDC:USDC-260630-0.625-C"), "ticker.XRP_USDC-30JUN26-0d625-C.100ms"),
    ],
)
def test_names_are_made_and_read(subscription: Subscription, name: str) -> None:
    (stream,) = streams([subscription])
    read = named_stream(name)
    assert stream.name == name
    assert read is not None
    assert msgspec.structs.replace(stream, subscriptions=()) == read


@pytest.mark.parametrize(
    ("name", "kind", "logon"),
    [
        ("trades.option.BTC.raw", Kind.TRADES, True),
        ("trades.option.BTC.agg2", Kind.TRADES, False),
        ("book.BTC-PERPETUAL.5.20.agg2", Kind.GROUPED_BOOK, False),
        ("user.trades.any.any.100ms", Kind.USER_TRADES, True),
        ("user.isolated.orders.BTC-PERPETUAL.raw", Kind.USER_ORDERS, True),
        ("user.isolated.trades.BTC-PERPETUAL.agg2", Kind.USER_TRADES, True),
        ("user.isolated.changes.future.BTC.100ms", Kind.USER_CHANGES, True),
        ("user.combo_trades.any.BTC.raw", Kind.USER_TRADES, True),
        ("user.mmp_trigger.btc_usd", Kind.NOTICE, True),
        ("user.lock", Kind.NOTICE, True),
        ("user.access_log", Kind.NOTICE, True),
        ("instrument.state.option.BTC", Kind.INSTRUMENT_STATE, False),
        ("platform_state", Kind.NOTICE, False),
        ("platform_state.public_methods_state", Kind.NOTICE, False),
        ("announcements", Kind.NOTICE, False),
        ("deribit_price_ranking.btc_usd", Kind.NOTICE, False),
        ("deribit_price_statistics.btc_usd", Kind.NOTICE, False),
        ("estimated_expiration_price.btc_usd", Kind.NOTICE, False),
        ("markprice.options.btc_usd", Kind.MARK_PRICES, False),
        ("block_rfq.trades.any", Kind.NOTICE, False),
        ("block_rfq.taker.BTC", Kind.NOTICE, True),
        ("block_rfq.maker.quotes.BTC", Kind.NOTICE, True),
        ("block_trade_confirmations.BTC", Kind.NOTICE, True),
    ],
)
def test_native_names(name: str, kind: Kind, logon: bool) -> None:
    stream = named_stream(name)
    assert stream is not None
    assert (stream.kind, stream.symbol) == (kind, "BTC-PERPETUAL" if "PERPETUAL" in name else stream.symbol)
    assert stream.authenticated == logon
    transformer = made(sub.native(name))
    (request,) = transformer.subscribe([sub.native(name)])
    (ended,) = transformer.unsubscribe([sub.native(name)])
    methods = [json.loads(one.message)["method"] for one in (request, ended)]
    assert methods == [f"{'private' if logon else 'public'}/{verb}" for verb in ("subscribe", "unsubscribe")]


@pytest.mark.parametrize(
    "subscription",
    [
        sub.trades("BTC/USD:BTC", aggregate=True),
        sub.quotes(""),
        sub.book("BTC-PERPETUAL", depth=5),
        sub.book("BTC-PERPETUAL", depth=10, interval="raw"),
        sub.book("BTC-PERPETUAL", interval="250ms"),
        sub.candles("BTC-PERPETUAL", "7m"),
        sub.index_prices("BTC-USD"),
        sub.index_prices(""),
        sub.native("nothing.of.this"),
        sub.native("chart.trades.BTC-PERPETUAL.7"),
        Subscription(channel=Channel.INSTRUMENT_STATUS, instrument="?"),
    ],
)
def test_what_the_venue_does_not_offer_is_refused_by_name(subscription: Subscription) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Deribit().connections([subscription])
    assert subscription.name in str(caught.value)


def test_every_candle_length_has_a_channel() -> None:
    made_of = streams([sub.candles("BTC-PERPETUAL", interval) for interval in INTERVALS])
    assert [stream.interval for stream in made_of] == list(INTERVALS)
