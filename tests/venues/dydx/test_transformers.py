"""Every message of the documentation, as it is sent, to exactly the events it means."""

import json
from decimal import Decimal
from typing import Any

import pytest

from barterpy import subscription as sub
from barterpy.errors import ParseError, ProtocolError, RateLimited, RequestRejected, VenueUnavailable
from barterpy.events import BookFailed, Gap, Resynced
from barterpy.model import (
    BlockHeight,
    BookDelta,
    BookSnapshot,
    Candle,
    FundingRate,
    IndexPrice,
    InstrumentStatus,
    Level,
    Liquidation,
    MarkPrice,
    OpenInterest,
    Quote,
    Side,
    Trade,
)
from barterpy.subscription import Subscription
from barterpy.transformer import Reply, Send
from barterpy.venues import dydx
from barterpy.venues.dydx.transformers import IndexerTransformer

D = Decimal
AT = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
JANUARY = 1_704_067_200 * SECOND
VENUE = dydx.Perpetuals()


class Wire:
    """A transformer, and the frames of one connection with their numbers."""

    def __init__(self, *subscriptions: Subscription, batched: bool = False, recent_trades: bool = False) -> None:
        venue = dydx.Perpetuals(batched=batched, recent_trades=recent_trades)
        self.transformer: IndexerTransformer[Any] = venue.transformer(subscriptions)
        self.parser = venue.parser()
        self.next: int = 0
        self.now: int = AT

    def frame(self, **fields: Any) -> list[Any]:
        message: dict[str, Any] = {"connection_id": "c1", "message_id": self.next, **fields}
        self.next = message["message_id"] + 1
        text = json.dumps(message)
        (frame,) = self.parser.parse_batch([text])
        assert frame == self.parser.parse(text.encode())
        return list(self.transformer.transform(frame, self.now))

    def first(self, channel: str, id_: str, contents: Any, **more: Any) -> list[Any]:
        outputs = self.frame(
            type="subscribed", channel=channel, **({"id": id_} if id_ else {}), contents=contents, **more
        )
        (reply,) = (output for output in outputs if isinstance(output, Reply))
        assert reply.error is None
        return [output for output in outputs if output is not reply]

    def later(self, channel: str, id_: str, *contents: Any, batched: bool = False, **more: Any) -> list[Any]:
        kind, whole = ("channel_batch_data", list(contents)) if batched else ("channel_data", contents[0])
        return self.frame(type=kind, channel=channel, id=id_, version="2.1.0", contents=whole, **more)


def trade_row(number: int, type_: str = "LIMIT", price: str = "43248.0") -> dict[str, str]:
    return {
        "id": f"03f89a55000000020000000{number}",
        "side": "SELL",
        "size": "1.2",
        "price": price,
        "type": type_,
        "createdAt": "2024-01-01T00:00:01.000Z",
        "createdAtHeight": "12345678",
    }


def candle_row(minute: int, close: str = "43550.0") -> dict[str, Any]:
    return {
        "startedAt": f"2024-01-01T00:{minute:02}:00.000Z",
        "ticker": "BTC-USD",
        "resolution": "1MIN",
        "low": "43350.0",
        "high": "43600.0",
        "open": "43400.0",
        "close": close,
        "baseTokenVolume": "8.765",
        "usdVolume": "381000.25",
        "trades": 98,
        "startingOpenInterest": "1000100.0",
        "id": "candle-002",
    }


BOOK = {"bids": [{"price": "43240.0", "size": "1.5"}], "asks": [{"price": "43250.0", "size": "1.2"}]}


def test_a_trade() -> None:
    wire = Wire(sub.trades("BTC/USDC:USDC"))
    assert wire.first("v4_trades", "BTC-USD", {"trades": [trade_row(1)]}) == []
    assert wire.later("v4_trades", "BTC-USD", {"trades": [trade_row(2)]}) == [
        Trade(
            venue="dydx",
            instrument="BTC/USDC:USDC",
            price=D("43248.0"),
            size=D("1.2"),
            side=Side.SELL,
            id="03f89a550000000200000002",
            exchange_at=JANUARY + SECOND,
            received_at=AT,
        )
    ]


def test_the_trades_repeated_with_the_confirmation_are_told_oldest_first_to_who_wants_them() -> None:
    wire = Wire(sub.trades("BTC-USD"), recent_trades=True)
    rows = [trade_row(3), trade_row(2), trade_row(1)]
    assert [event.id[-1] for event in wire.first("v4_trades", "BTC-USD", {"trades": rows})] == ["1", "2", "3"]


def test_a_liquidation_is_a_trade_as_well() -> None:
    wire = Wire(sub.trades("BTC-USD"), sub.liquidations("BTC-USD"))
    wire.first("v4_trades", "BTC-USD", {"trades": []})
    events = wire.later("v4_trades", "BTC-USD", {"trades": [trade_row(1), trade_row(2, "LIQUIDATED")]})
    assert [type(event) for event in events] == [Trade, Trade, Liquidation]
    assert (events[2].side, events[2].price, events[2].size) == (Side.SELL, D("43248.0"), D("1.2"))


def test_liquidations_alone_bring_no_trades() -> None:
    wire = Wire(sub.liquidations("BTC-USD"))
    wire.first("v4_trades", "BTC-USD", {"trades": []})
    events = wire.later("v4_trades", "BTC-USD", {"trades": [trade_row(1), trade_row(2, "LIQUIDATED")]})
    assert [type(event) for event in events] == [Liquidation]


def test_a_batch_is_taken_in_its_order() -> None:
    wire = Wire(sub.trades("BTC-USD"), batched=True)
    wire.first("v4_trades", "BTC-USD", {"trades": []})
    parts = [{"trades": [trade_row(1)]}, {"trades": [trade_row(2), trade_row(3)]}]
    assert [event.id[-1] for event in wire.later("v4_trades", "BTC-USD", *parts, batched=True)] == ["1", "2", "3"]


def test_a_book_is_a_snapshot_and_then_deltas() -> None:
    wire = Wire(sub.book("BTC-USD"))
    (snapshot,) = wire.first("v4_orderbook", "BTC-USD", BOOK)
    assert snapshot == BookSnapshot(
        venue="dydx",
        instrument="BTC-USD",
        bids=(Level(D("43240.0"), D("1.5")),),
        asks=(Level(D("43250.0"), D("1.2")),),
        exchange_at=None,
        received_at=AT,
        sequence=0,
    )
    change = {"bids": [["43240.0", "2.0"]], "asks": [["43250.0", "0.0"]]}
    assert wire.later("v4_orderbook", "BTC-USD", change) == [
        BookDelta(
            venue="dydx",
            instrument="BTC-USD",
            bids=(Level(D("43240.0"), D("2.0")),),
            asks=(Level(D("43250.0"), D(0)),),
            exchange_at=None,
            received_at=AT,
            sequence=1,
        )
    ]


def test_one_side_alone_may_change() -> None:
    wire = Wire(sub.book("BTC-USD"))
    wire.first("v4_orderbook", "BTC-USD", BOOK)
    (delta,) = wire.later("v4_orderbook", "BTC-USD", {"bids": [["43239.0", "1"]]})
    assert (delta.bids, delta.asks) == ((Level(D("43239.0"), D(1)),), ())


def test_a_crossed_book_is_uncrossed_by_age_and_comes_back() -> None:
    wire = Wire(sub.book("BTC-USD"))
    wire.first("v4_orderbook", "BTC-USD", BOOK)
    (delta,) = wire.later("v4_orderbook", "BTC-USD", {"bids": [["43251.0", "1"]]})
    assert (delta.bids, delta.asks) == ((Level(D("43251.0"), D(1)),), (Level(D("43250.0"), D(0)),))
    (delta,) = wire.later("v4_orderbook", "BTC-USD", {"bids": [["43251.0", "0"]]})
    assert (delta.bids, delta.asks) == ((Level(D("43251.0"), D(0)),), (Level(D("43250.0"), D("1.2")),))


def test_a_change_of_nothing_is_not_told() -> None:
    wire = Wire(sub.book("BTC-USD"), sub.quotes("BTC-USD"))
    wire.first("v4_orderbook", "BTC-USD", BOOK)
    assert wire.later("v4_orderbook", "BTC-USD", {"bids": [["43240.0", "1.5"]], "asks": [["43999", "0"]]}) == []


def test_quotes_come_of_the_book_and_only_when_the_best_changed() -> None:
    wire = Wire(sub.quotes("BTC-USD"))
    (quote,) = wire.first("v4_orderbook", "BTC-USD", BOOK)
    assert (quote.bid_price, quote.bid_size) == (D("43240.0"), D("1.5"))
    assert (quote.ask_price, quote.ask_size) == (D("43250.0"), D("1.2"))
    assert wire.later("v4_orderbook", "BTC-USD", {"bids": [["43000", "2.0"]]}) == []
    (quote,) = wire.later("v4_orderbook", "BTC-USD", {"asks": [["43250.0", "0"]]})
    assert type(quote) is Quote
    assert (quote.bid_price, quote.ask_price, quote.ask_size) == (D("43240.0"), None, None)


def test_best_levels_are_told_again_when_one_of_them_changed() -> None:
    wire = Wire(sub.book("BTC-USD", depth=1))
    (first,) = wire.first("v4_orderbook", "BTC-USD", BOOK)
    assert (first.depth, len(first.bids)) == (1, 1)
    assert wire.later("v4_orderbook", "BTC-USD", {"bids": [["43000", "2.0"]]}) == []
    (again,) = wire.later("v4_orderbook", "BTC-USD", {"bids": [["43241", "2.0"]]})
    assert again.bids == (Level(D(43241), D("2.0")),)


def test_a_batch_of_changes_is_one_delta_with_what_came_of_it() -> None:
    wire = Wire(sub.book("BTC-USD"))
    wire.first("v4_orderbook", "BTC-USD", BOOK)
    parts = [{"bids": [["43241", "1"]]}, {"bids": [["43241", "0"], ["43242", "3"]]}]
    (delta,) = wire.later("v4_orderbook", "BTC-USD", *parts, batched=True)
    assert delta.bids == (Level(D(43242), D(3)),)


def test_a_candle_is_open_until_a_later_one_is_there() -> None:
    wire = Wire(sub.candles("BTC-USD"))
    (forming,) = wire.first("v4_candles", "BTC-USD/1MIN", {"candles": [candle_row(1), candle_row(0)]})
    assert forming == Candle(
        venue="dydx",
        instrument="BTC-USD",
        interval="1m",
        open_at=JANUARY + 60 * SECOND,
        close_at=JANUARY + 120 * SECOND,
        open=D("43400.0"),
        high=D("43600.0"),
        low=D("43350.0"),
        close=D("43550.0"),
        volume=D("8.765"),
        quote_volume=D("381000.25"),
        trades=98,
        closed=False,
        exchange_at=None,
        received_at=AT,
    )
    (updated,) = wire.later("v4_candles", "BTC-USD/1MIN", candle_row(1, "43555"))
    assert (updated.close, updated.closed) == (D(43555), False)
    closed, opened = wire.later("v4_candles", "BTC-USD/1MIN", candle_row(2))
    assert (closed.open_at, closed.close, closed.closed) == (JANUARY + 60 * SECOND, D(43555), True)
    assert (opened.open_at, opened.closed) == (JANUARY + 120 * SECOND, False)
    (late,) = wire.later("v4_candles", "BTC-USD/1MIN", candle_row(1, "43556"))
    assert (late.close, late.closed) == (D(43556), True)


def test_markets_tell_everything_first_and_changes_then() -> None:
    channels = (sub.mark_prices, sub.funding_rates, sub.instrument_status, sub.open_interest, sub.index_prices)
    wire = Wire(*(channel("BTC-USD") for channel in channels))
    row = {"status": "ACTIVE", "oraclePrice": "43299", "nextFundingRate": "0.0001", "openInterest": "381.7"}
    events = wire.first("v4_markets", "", {"markets": {"BTC-USD": row, "ETH-USD": row}})
    assert [type(event) for event in events] == [InstrumentStatus, MarkPrice, IndexPrice, FundingRate, OpenInterest]
    assert (events[0].status, events[1].price, events[1].index_price) == ("trading", D(43299), D(43299))
    assert (events[3].rate, events[4].size) == (D("0.0001"), D("381.7"))
    oracle = {"oraclePrice": "43300.00", "effectiveAt": "2024-01-01T00:01:00.000Z", "effectiveAtHeight": "12345679"}
    mark, index = wire.later("v4_markets", "v4_markets", {"oraclePrices": {"BTC-USD": oracle, "ETH-USD": oracle}})
    assert (mark.price, mark.exchange_at, index.price) == (D("43300.00"), JANUARY + 60 * SECOND, D("43300.00"))
    paused = {"trading": {"BTC-USD": {"status": "PAUSED", "nextFundingRate": "0.0002"}}}
    status, funding = wire.later("v4_markets", "v4_markets", paused)
    assert (status.status, status.venue_status, funding.rate) == ("halted", "PAUSED", D("0.0002"))
    (funding,) = wire.later("v4_markets", "v4_markets", paused)
    assert isinstance(funding, FundingRate), "the status did not change again"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("ACTIVE", "trading"),
        ("POST_ONLY", "trading"),
        ("PAUSED", "halted"),
        ("CANCEL_ONLY", "cancel_only"),
        ("INITIALIZING", "pending"),
        ("FINAL_SETTLEMENT", "closed"),
        ("SOMETHING_NEW", "unknown"),
    ],
)
def test_every_status(word: str, status: str) -> None:
    wire = Wire(sub.instrument_status())
    (event,) = wire.first("v4_markets", "", {"markets": {"BTC-USD": {"status": word}}})
    assert (event.instrument, event.status, event.venue_status) == ("BTC-USD", status, word)


def test_block_heights_have_two_shapes() -> None:
    wire = Wire(dydx.block_heights())
    (first,) = wire.first("v4_block_height", "", {"height": "12345678", "time": "2024-01-01T00:00:00.000Z"})
    assert first == BlockHeight(venue="dydx", height=12345678, exchange_at=JANUARY, received_at=AT)
    contents = {"blockHeight": "12345679", "time": "2024-01-01T00:00:01.000Z"}
    (then,) = wire.later("v4_block_height", "v4_block_height", contents)
    assert (then.height, then.exchange_at) == (12345679, JANUARY + SECOND)
    assert wire.later("v4_block_height", "v4_block_height", contents) == []


def test_floats_are_a_choice() -> None:
    transformer = dydx.Perpetuals(number=float).transformer([sub.quotes("BTC-USD")])
    text = json.dumps(
        {"type": "subscribed", "message_id": 1, "channel": "v4_orderbook", "id": "BTC-USD", "contents": BOOK}
    )
    _, quote = transformer.transform(VENUE.parser().parse(text), AT)
    assert (quote.bid_price, quote.ask_size) == (43240.0, 1.2)


# Losses.


def test_a_loss_puts_every_topic_in_doubt_and_each_is_asked_for_again() -> None:
    wire = Wire(sub.book("BTC-USD"), sub.trades("ETH-USD"))
    wire.first("v4_orderbook", "BTC-USD", BOOK)
    wire.first("v4_trades", "ETH-USD", {"trades": [trade_row(1)]})
    wire.next += 2
    outputs = wire.later("v4_trades", "ETH-USD", {"trades": [trade_row(4)]})
    gaps = [output for output in outputs if isinstance(output, Gap)]
    assert [(gap.instrument, gap.last, gap.next) for gap in gaps] == [("BTC-USD", 1, 4), ("ETH-USD", 1, 4)]
    asked = [json.loads(output.message) for output in outputs if isinstance(output, Send)]
    assert [(one["type"], one["channel"]) for one in asked] == [
        ("unsubscribe", "v4_orderbook"),
        ("subscribe", "v4_orderbook"),
        ("unsubscribe", "v4_trades"),
        ("subscribe", "v4_trades"),
    ]
    assert wire.transformer.ignored == 1, "what comes of a topic in doubt is in its first contents"
    wire.now += SECOND
    resynced, snapshot = wire.first("v4_orderbook", "BTC-USD", BOOK)
    assert resynced == Resynced(venue="dydx", instrument="BTC-USD", epoch=1, received_at=AT + SECOND, downtime=SECOND)
    assert isinstance(snapshot, BookSnapshot)
    rows = [trade_row(4), trade_row(3), trade_row(2), trade_row(1)]
    resynced, *missed = wire.first("v4_trades", "ETH-USD", {"trades": rows})
    assert isinstance(resynced, Resynced)
    assert [trade.id[-1] for trade in missed] == ["2", "3", "4"], "each once, in order"


def test_what_comes_twice_is_told_once() -> None:
    wire = Wire(sub.book("BTC-USD"))
    wire.first("v4_orderbook", "BTC-USD", BOOK)
    assert len(wire.later("v4_orderbook", "BTC-USD", {"bids": [["43241", "1"]]})) == 1
    wire.next -= 1
    assert wire.later("v4_orderbook", "BTC-USD", {"bids": [["43241", "1"]]}) == []


def test_a_second_loss_waits_before_it_asks_again() -> None:
    wire = Wire(sub.book("BTC-USD"))
    wire.first("v4_orderbook", "BTC-USD", BOOK)
    wire.next += 1
    wire.later("v4_orderbook", "BTC-USD", {})
    wire.next += 1
    assert wire.later("v4_orderbook", "BTC-USD", {}) == [], "the gap was told"
    deadline = wire.transformer.next_timer()
    assert deadline == AT + 2 * SECOND, "the venue takes two subscribes a second of one topic"
    assert [type(output) for output in wire.transformer.on_timer(deadline)] == [Send, Send]


def test_a_topic_is_never_asked_for_more_often_than_the_venue_takes() -> None:
    """Two subscribes a second of one topic on one connection; the third ends it. Other topics need not wait for it."""
    wire = Wire(sub.book("BTC-USD"), sub.book("ETH-USD"))
    for ticker in ("BTC-USD", "ETH-USD"):
        wire.first("v4_orderbook", ticker, BOOK)
    wire.now += SECOND // 10
    wire.first("v4_orderbook", "BTC-USD", BOOK)  # somebody subscribed it once more
    wire.now += SECOND // 10
    wire.next += 1
    outputs = wire.later("v4_orderbook", "ETH-USD", {})
    assert [one.instrument for one in outputs if isinstance(one, Gap)] == ["BTC-USD", "ETH-USD"]
    assert [json.loads(one.message)["id"] for one in outputs if isinstance(one, Send)] == ["ETH-USD", "ETH-USD"]
    deadline = wire.transformer.next_timer()
    assert deadline == AT + SECOND, "a second after the first of the two"
    wire.now = deadline
    asked = [json.loads(one.message) for one in wire.transformer.on_timer(deadline) if isinstance(one, Send)]
    assert [(one["type"], one["id"]) for one in asked] == [
        ("unsubscribe", "BTC-USD"),
        ("subscribe", "BTC-USD"),
    ], "the other one was asked for, and is waited for"
    assert wire.transformer.next_timer() is None


def test_a_connection_that_loses_again_and_again_is_given_up() -> None:
    wire = Wire(sub.book("BTC-USD"))
    wire.first("v4_orderbook", "BTC-USD", BOOK)
    for _ in range(6):
        wire.next += 1
        wire.later("v4_orderbook", "BTC-USD", {})
        deadline = wire.transformer.next_timer()
        if deadline is not None:
            list(wire.transformer.on_timer(deadline))
    wire.next += 1
    with pytest.raises(ProtocolError, match="lost 7 times"):
        wire.later("v4_orderbook", "BTC-USD", {})


def test_a_new_connection_makes_books_invalid_until_they_come_again() -> None:
    wire = Wire(sub.book("BTC-USD"), sub.trades("BTC-USD"))
    wire.first("v4_orderbook", "BTC-USD", BOOK)
    wire.first("v4_trades", "BTC-USD", {"trades": [trade_row(1)]})
    (gap,) = wire.transformer.on_reset(2, AT + SECOND)
    assert (gap.instrument, gap.reason, gap.epoch) == ("BTC-USD", "reconnected", 2)
    assert wire.transformer.last_seen("book(BTC-USD)") is None
    wire.next, wire.now = 0, AT + 2 * SECOND
    assert wire.frame(type="connected") == []
    (missed,) = wire.first("v4_trades", "BTC-USD", {"trades": [trade_row(2), trade_row(1)]})
    assert (missed.id[-1], missed.epoch) == ("2", 2)
    resynced, snapshot = wire.first("v4_orderbook", "BTC-USD", BOOK)
    assert (resynced.downtime, snapshot.epoch, snapshot.sequence) == (SECOND, 2, 2)
    assert wire.transformer.last_seen("book(BTC-USD)") == AT + 2 * SECOND


def test_a_candle_that_closed_meanwhile_is_told() -> None:
    wire = Wire(sub.candles("BTC-USD"))
    wire.first("v4_candles", "BTC-USD/1MIN", {"candles": [candle_row(1)]})
    wire.transformer.on_reset(2, AT)
    wire.next = 0
    events = wire.first("v4_candles", "BTC-USD/1MIN", {"candles": [candle_row(3), candle_row(2), candle_row(1, "9")]})
    assert [(event.open_at // 60 % SECOND, event.closed) for event in events] == [
        (event.open_at // 60 % SECOND, closed)
        for event, closed in zip(events, (False, True, False, True, False), strict=True)
    ]
    assert [event.close for event in events if event.closed] == [D(9), D("43550.0")]


# Refusals and bad input.


@pytest.mark.parametrize(
    ("message", "fields", "error"),
    [
        (
            "Too many subscribe attempts for channel v4_trades-BTC-USD. Please  reconnect and try again.",
            {},
            RateLimited,
        ),
        ("Per-connection subscription limit reached for v4_trades (limit=32)", {}, RateLimited),
        ("Invalid subscription id for channel: (v4_trades-BTC-USD)", {}, RequestRejected),
        (
            "Internal error, could not fetch data for subscription: v4_trades.",
            {"channel": "v4_trades", "id": "BTC-USD"},
            VenueUnavailable,
        ),
        ("Internal error, could not fetch data for subscription: v4_trades.", {}, VenueUnavailable),
        ("Something nobody has seen about v4_trades-BTC-USD", {}, RequestRejected),
    ],
)
def test_a_refusal_names_what_was_refused(message: str, fields: dict[str, str], error: type[Exception]) -> None:
    wire = Wire(sub.trades("BTC-USD"))
    (request,) = wire.transformer.subscribe([sub.trades("BTC-USD")])
    (reply,) = wire.frame(type="error", message=message, **fields)
    assert (reply.id, type(reply.error)) == (request.id, error)


def test_subscribed_already_is_no_refusal() -> None:
    wire = Wire(sub.trades("BTC-USD"))
    wire.first("v4_trades", "BTC-USD", {"trades": []})
    text = "Invalid subscribe message: already subscribed (v4_trades-BTC-USD)"
    assert wire.frame(type="error", message=text) == []
    assert wire.transformer.next_timer() is None


def test_subscribed_already_without_having_heard_of_it_is_asked_for_anew() -> None:
    wire = Wire(sub.trades("BTC-USD"))
    assert wire.frame(type="error", message="Invalid subscribe message: already subscribed (v4_trades-BTC-USD)") == []
    assert wire.transformer.next_timer() == AT


def test_a_refusal_of_nothing_known_is_a_parse_error() -> None:
    with pytest.raises(ParseError, match="says not of what"):
        Wire(sub.trades("BTC-USD")).frame(type="error", message="Invalid message: could not parse")


@pytest.mark.parametrize(
    "contents", [{"bids": [["x", "1"]]}, {"bids": [["1"]]}, {"bids": 5}, [], {"asks": [["1", "Infinity"]]}]
)
def test_contents_that_cannot_be_read_cost_this_book_and_no_other(contents: Any) -> None:
    wire = Wire(sub.book("BTC-USD"), sub.book("ETH-USD"))
    for ticker in ("BTC-USD", "ETH-USD"):
        wire.first("v4_orderbook", ticker, BOOK)
    with pytest.raises(ParseError, match="v4_orderbook"):
        wire.later("v4_orderbook", "BTC-USD", contents)
    deadline = wire.transformer.next_timer()
    assert deadline == AT
    gap, *asked = wire.transformer.on_timer(deadline)
    assert (gap.instrument, gap.reason, len(asked)) == ("BTC-USD", "a message could not be read", 2)
    assert len(wire.later("v4_orderbook", "ETH-USD", {"bids": [["43241", "1"]]})) == 1
    resynced, snapshot = wire.first("v4_orderbook", "BTC-USD", BOOK)
    assert (type(resynced), snapshot.bids[0].price) == (Resynced, D("43240.0"))


def asked_again(wire: Wire) -> list[Any]:
    """What is told and sent when the time has come to ask again."""
    deadline = wire.transformer.next_timer()
    assert deadline is not None
    wire.now = max(wire.now, deadline)
    return list(wire.transformer.on_timer(deadline))


def test_a_book_that_can_never_be_read_has_failed_alone_and_after_so_many_attempts() -> None:
    wire = Wire(sub.book("BTC-USD"), sub.book("ETH-USD"))
    for ticker in ("BTC-USD", "ETH-USD"):
        wire.first("v4_orderbook", ticker, BOOK)
    with pytest.raises(ParseError):
        wire.later("v4_orderbook", "BTC-USD", {"bids": [["x", "1"]]})
    gap, *sent = asked_again(wire)
    assert type(gap) is Gap
    waits: list[float] = []
    failed: list[Any] = []
    while not failed:
        assert [type(one) for one in sent] == [Send, Send], "left, and asked for again"
        with pytest.raises(ParseError):
            wire.first("v4_orderbook", "BTC-USD", {"bids": 5})
        before = wire.now
        outputs = asked_again(wire)
        waits.append((wire.now - before) / SECOND)
        failed = [one for one in outputs if isinstance(one, BookFailed)]
        sent = [one for one in outputs if isinstance(one, Send)]
        assert len(waits) < 100
    # The first of these waits as well: it would be the third subscribe within a second.
    assert waits == [1, 1, 2, 4, 8, 0]
    (failure,) = failed
    assert (failure.instrument, failure.attempts, sent) == ("BTC-USD", 6, [])
    assert wire.transformer.next_timer() is None
    assert len(wire.later("v4_orderbook", "ETH-USD", {"bids": [["43241", "1"]]})) == 1, "the other one flows on"
    assert wire.later("v4_orderbook", "BTC-USD", {"bids": [["43241", "1"]]}) == []
    wire.transformer.on_reset(2, wire.now)
    wire.next = 0
    resynced, snapshot = wire.first("v4_orderbook", "BTC-USD", BOOK)
    assert (type(resynced), type(snapshot)) == (Resynced, BookSnapshot)


def test_trades_go_on_though_what_is_repeated_after_a_loss_cannot_be_read() -> None:
    wire = Wire(sub.trades("BTC-USD"))
    wire.first("v4_trades", "BTC-USD", {"trades": []})
    wire.next += 1  # one is lost
    wire.later("v4_trades", "BTC-USD", {"trades": [trade_row(1)]})
    attempts = 0
    while True:
        with pytest.raises(ParseError):
            wire.first("v4_trades", "BTC-USD", {"trades": [{"id": "1"}]})
        attempts += 1
        if not any(isinstance(one, Send) for one in asked_again(wire)):
            break
    assert attempts == 6
    (trade,) = wire.later("v4_trades", "BTC-USD", {"trades": [trade_row(2)]})
    assert trade.id == trade_row(2)["id"]


@pytest.mark.parametrize(
    ("subscription", "channel", "id_", "contents"),
    [
        (sub.trades("BTC-USD"), "v4_trades", "BTC-USD", {"trades": [{"id": "1"}]}),
        (sub.trades("BTC-USD"), "v4_trades", "BTC-USD", {"trades": [{**trade_row(1), "createdAt": "yesterday"}]}),
        (sub.candles("BTC-USD"), "v4_candles", "BTC-USD/1MIN", {**candle_row(1), "resolution": "2MINS"}),
        (sub.candles("BTC-USD"), "v4_candles", "BTC-USD/1MIN", {**candle_row(1), "startedAt": "2024-01-01T00:00:00"}),
        (sub.mark_prices("BTC-USD"), "v4_markets", "", {"oraclePrices": {"BTC-USD": {"oraclePrice": ""}}}),
        (dydx.block_heights(), "v4_block_height", "", {"blockHeight": "", "time": "2024-01-01T00:00:00Z"}),
    ],
)
def test_other_contents_that_cannot_be_read_are_an_error_and_no_gap(
    subscription: Subscription, channel: str, id_: str, contents: Any
) -> None:
    wire = Wire(subscription)
    first: dict[str, Any] = (
        {"trades": []} if channel == "v4_trades" else {"candles": []} if channel == "v4_candles" else {}
    )
    if channel != "v4_block_height":
        wire.first(channel, id_, first)
    else:
        wire.first(channel, id_, {"height": "1", "time": "2024-01-01T00:00:00Z"})
    with pytest.raises(ParseError):
        wire.later(channel, id_, contents)
    assert wire.transformer.next_timer() is None


@pytest.mark.parametrize("text", ["{", "[]", "7", '"x"', '{"message_id":"x"}', b"\xff"])
def test_what_is_not_a_frame_is_a_parse_error(text: str | bytes) -> None:
    with pytest.raises(ParseError):
        VENUE.parser().parse(text)
    with pytest.raises(ParseError):
        VENUE.parser().parse_batch(['{"type":"pong"}', text])


def test_an_unknown_type_is_a_parse_error() -> None:
    with pytest.raises(ParseError, match="unknown type"):
        Wire(sub.trades("BTC-USD")).frame(type="channel_news")


def test_a_pong_is_nothing() -> None:
    assert Wire(sub.trades("BTC-USD")).frame(type="pong") == []


# Without subscriptions, as for a recording.


def test_without_subscriptions_everything_is_taken_under_the_venues_names() -> None:
    wire = Wire()
    wire.frame(type="connected")
    assert wire.first("v4_trades", "BTC-USD", {"trades": []}) == []
    trade, forced = wire.later("v4_trades", "BTC-USD", {"trades": [trade_row(1, "LIQUIDATED")]})
    assert (trade.instrument, type(forced)) == ("BTC-USD", Liquidation)
    assert [type(event) for event in wire.first("v4_orderbook", "BTC-USD", BOOK)] == [BookSnapshot, Quote]
    with pytest.raises(ParseError, match="unknown channel"):
        wire.later("v4_news", "BTC-USD", {})


def test_a_loss_in_a_recording_is_told_and_trades_go_on() -> None:
    wire = Wire()
    wire.first("v4_trades", "BTC-USD", {"trades": []})
    wire.first("v4_orderbook", "BTC-USD", BOOK)
    wire.next += 1
    gap, trade = wire.later("v4_trades", "BTC-USD", {"trades": [trade_row(1)]})
    assert (type(gap), type(trade)) == (Gap, Trade)
    assert wire.later("v4_orderbook", "BTC-USD", {"bids": [["1", "1"]]}) == []
    assert [type(event) for event in wire.first("v4_orderbook", "BTC-USD", BOOK)] == [Resynced, BookSnapshot, Quote]


def test_a_recording_that_begins_in_the_middle_has_no_book_and_says_so_once() -> None:
    wire = Wire()
    (gap,) = wire.later("v4_orderbook", "BTC-USD", {"bids": [["1", "1"]]})
    assert gap.reason == "the book was not sent whole yet"
    assert wire.later("v4_orderbook", "BTC-USD", {"bids": [["1", "1"]]}) == []


def test_topics_nobody_asked_for_are_passed_over() -> None:
    wire = Wire(sub.trades("BTC-USD"))
    assert wire.later("v4_trades", "ETH-USD", {"trades": [trade_row(1)]}) == []
    assert wire.frame(type="subscribed", channel="v4_trades", id="ETH-USD", contents={"trades": []}) == []
    assert wire.transformer.ignored == 2


# At run time.


def test_a_second_subscription_of_a_topic_asks_for_it_again_and_leaves_the_first() -> None:
    wire = Wire(sub.quotes("BTC-USD"))
    (asked,) = wire.transformer.subscribe([sub.quotes("BTC-USD")])
    wire.first("v4_orderbook", "BTC-USD", BOOK)
    leave, again = wire.transformer.subscribe([sub.book("BTC-USD")])
    assert (leave.subscriptions, again.subscriptions) == ((), ("book(BTC-USD)",))
    assert len({asked.id, leave.id, again.id}) == 3
    assert wire.frame(type="unsubscribed", channel="v4_orderbook", id="BTC-USD") == [Reply(str(leave.id))]
    outputs = wire.frame(type="subscribed", channel="v4_orderbook", id="BTC-USD", contents=BOOK)
    assert [type(output) for output in outputs] == [Reply, BookSnapshot, Quote]
    assert outputs[0] == Reply(str(again.id))
    (kept,) = wire.transformer.unsubscribe([sub.book("BTC-USD")])
    assert (json.loads(kept.message), kept.subscriptions) == ({"type": "ping"}, ("book(BTC-USD)",))
    assert wire.frame(type="pong") == [Reply(str(kept.id))]
    (quote,) = wire.later("v4_orderbook", "BTC-USD", {"bids": [["43241", "1"]]})
    assert isinstance(quote, Quote)
    (last,) = wire.transformer.unsubscribe([sub.quotes("BTC-USD")])
    assert json.loads(last.message) == {"type": "unsubscribe", "channel": "v4_orderbook", "id": "BTC-USD"}
    assert wire.frame(type="unsubscribed", channel="v4_orderbook", id="BTC-USD") == [Reply(str(last.id))]
    assert wire.later("v4_orderbook", "BTC-USD", {"bids": [["43241", "2"]]}) == []


def test_silence_of_a_topic_is_noticed_by_one_of_its_subscriptions() -> None:
    wanted = [sub.mark_prices("BTC-USD"), sub.funding_rates("BTC-USD"), sub.trades("BTC-USD"), dydx.block_heights()]
    (connection,) = VENUE.connections(wanted)
    assert connection.quiet_after is not None
    assert [connection.quiet_after(one) for one in wanted] == [None, 60.0, None, 30.0]


def test_messages_say_channel_id_and_whether_in_batches() -> None:
    wire = Wire(batched=True)
    requests = wire.transformer.subscribe(
        [sub.candles("BTC-USD", "1h"), sub.instrument_status(), sub.mark_prices("BTC-USD")]
    )
    assert [json.loads(request.message) for request in requests] == [
        {"type": "subscribe", "channel": "v4_candles", "id": "BTC-USD/1HOUR", "batched": True},
        {"type": "subscribe", "channel": "v4_markets", "batched": True},
    ]
    assert requests[1].subscriptions == ("instrument_status(*)", "mark_prices(BTC-USD)")
