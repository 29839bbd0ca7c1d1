"""Market data over FIX, one message at a time: the same events as over WebSocket, and all that is wrong."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy import subscription as sub
from barterpy.connection import SubscribeRequest
from barterpy.errors import ConfigurationError, LimitExceeded, ParseError, RequestRejected
from barterpy.events import ClosingSoon, Gap, Resynced
from barterpy.model import BookDelta, BookSnapshot, Level, Quote, Side, Trade, decimal_number
from barterpy.protocols.fix import Encoder, Message, Outgoing
from barterpy.protocols.fix.records import FixParser
from barterpy.subscription import Subscription
from barterpy.sync import SyncPolicy
from barterpy.transformer import Reply, Send
from barterpy.venues.binance.fix import transformers
from barterpy.venues.binance.fix.messages import MarketDataMessage
from barterpy.venues.binance.fix.transformers import BinanceFixTransformer

D = Decimal
AT = 1_700_000_000_000_000_000
SENT = 1_729_316_411_466_313_000
STAMP = "20241019-05:40:11.466313"
ENCODER = Encoder("FIX.4.4", "EXAMPLE", "SPOT")
PARSER: FixParser[Any] = FixParser(MarketDataMessage)

TRADES = sub.trades("BNB/BUSD")
QUOTES = sub.quotes("BNBBUSD")
BOOK = sub.book("BTC/USDT")


def made(*subscriptions: Subscription, **options: Any) -> tuple[BinanceFixTransformer[Decimal], list[SubscribeRequest]]:
    transformer = BinanceFixTransformer("binance_spot", decimal_number, **options)
    list(transformer.on_reset(1, AT))
    return transformer, list(transformer.subscribe(subscriptions))


def fed(transformer: Any, *bodies: str, at: int = AT) -> list[Any]:
    outputs: list[Any] = []
    for body in bodies:
        kind, _, rest = body.partition("|")
        message = PARSER.parse(Message.from_text(f"{kind}|49=SPOT|56=EXAMPLE|34=2|52={STAMP}|{rest}"))
        assert message is not None, body
        outputs += transformer.transform(message, at)
    return outputs


def wire(outgoing: Outgoing) -> str:
    text = ENCODER.encode(outgoing, 2, AT).decode().replace("\x01", "|")
    return text[text.index("56=SPOT|") + len("56=SPOT|") : text.index("10=")]


# Requests.


def test_what_asks_for_each_channel() -> None:
    _, requests = made(TRADES, QUOTES, BOOK)
    assert [request.subscriptions for request in requests] == [
        (TRADES.name,),
        (QUOTES.name,),
        (BOOK.name,),
        (),
    ]
    assert [wire(request.message) for request in requests] == [
        "146=1|55=BNBBUSD|262=T1|263=1|264=1|266=Y|267=1|269=2|",
        "146=1|55=BNBBUSD|262=Q2|263=1|264=1|266=Y|267=2|269=0|269=1|",
        "146=1|55=BTCUSDT|262=B3|263=1|264=5000|266=Y|267=2|269=0|269=1|",
        "6136=L4|",
    ]


def test_the_snapshot_may_be_smaller() -> None:
    _, (request,) = made(BOOK, depth=100)
    assert "|264=100|" in wire(request.message)


def test_without_trades_nothing_more_is_asked() -> None:
    _, requests = made(QUOTES, BOOK)
    assert len(requests) == 2


@pytest.mark.parametrize(
    ("subscription", "words"),
    [
        (sub.candles("BTC/USDT"), "trades, quotes and books"),
        (sub.trades(""), "name an instrument"),
        (sub.trades("BTC/USDT", aggregate=True), "one by one"),
        (sub.book("BTC/USDT", depth=20), "without a depth"),
        (sub.book("BTC/USDT", interval="1000ms"), "100ms"),
        (sub.trades("BTC/USDT:USDT"), "is a contract"),
    ],
)
def test_what_the_gateway_does_not_offer(subscription: Subscription, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        made(subscription)
    assert str(caught.value).startswith(subscription.name)


def test_trades_are_confirmed_by_the_answer_behind_them() -> None:
    transformer, requests = made(TRADES, sub.trades("LTC/BTC"), QUOTES)
    (barrier,) = (request for request in requests if not request.subscriptions)
    limits = f"35=XLR|6136={barrier.id}|25003=1|25004=3|25005=3|25006=1000|"
    assert fed(transformer, limits) == [Reply("T1"), Reply("T2"), Reply(str(barrier.id))]
    (other,) = fed(transformer, "35=XLR|6136=mine|25003=1|25004=2|25005=3|25006=2000|25007=60|25008=s|")
    assert other.req_id == "mine"


def test_a_barrier_confirms_what_was_asked_before_it_and_nothing_else() -> None:
    transformer, first = made(TRADES)
    second = list(transformer.subscribe([sub.trades("LTC/BTC")]))
    assert fed(transformer, f"35=XLR|6136={first[-1].id}|25003=0|")[0] == Reply("T1")
    assert fed(transformer, f"35=XLR|6136={second[-1].id}|25003=0|")[0] == Reply(str(second[0].id))


def test_ending_a_subscription() -> None:
    transformer, _ = made(TRADES, BOOK)
    requests = transformer.unsubscribe([BOOK, sub.book("ETH/USDT")])
    assert [wire(request.message) for request in requests] == ["262=B2|263=2|", "6136=L5|"]
    end, barrier = requests
    assert end.subscriptions == (BOOK.name,)
    assert Reply(str(end.id)) in fed(transformer, f"35=XLR|6136={barrier.id}|25003=0|")
    assert fed(transformer, "35=W|262=B2|55=BTCUSDT|25044=7|268=0|") == []
    assert transformer.ignored == 1


def test_a_refused_subscription() -> None:
    transformer, _ = made(QUOTES)
    (reply,) = fed(transformer, "35=Y|262=Q1|281=2|25016=-1191|58=Similar subscription is already active.|")
    assert isinstance(reply, Reply)
    assert (reply.id, type(reply.error)) == ("Q1", RequestRejected)
    assert getattr(reply.error, "code", None) == -1191
    (unknown,) = fed(transformer, "35=Y|262=nobody|281=2|")
    assert unknown.md_req_id == "nobody"


# Trades.


def test_trades_with_what_they_inherit() -> None:
    transformer, _ = made(TRADES)
    trades = fed(
        transformer,
        "35=X|262=T1|268=2|279=0|269=2|270=10.00000|271=0.01000|55=BNBBUSD|1003=7|60=20241019-05:40:11.464000|"
        "279=0|269=2|270=10.00001|271=0.02000|1003=8|60=20241019-05:40:11.464001|2446=2|",
    )
    assert trades == [
        Trade(
            venue="binance_spot",
            instrument="BNB/BUSD",
            price=D("10.00000"),
            size=D("0.01000"),
            side=None,
            id="7",
            exchange_at=1_729_316_411_464_000_000,
            received_at=AT,
            sequence=7,
        ),
        Trade(
            venue="binance_spot",
            instrument="BNB/BUSD",
            price=D("10.00001"),
            size=D("0.02000"),
            side=Side.SELL,
            id="8",
            exchange_at=1_729_316_411_464_001_000,
            received_at=AT,
            sequence=8,
        ),
    ]
    assert transformer.last_seen(TRADES.name) == AT
    assert [type(trade.exchange_at) for trade in trades] == [int, int]


def test_floats_for_speed() -> None:
    transformer = BinanceFixTransformer("binance_spot", float)
    transformer.subscribe([TRADES])
    (trade,) = fed(transformer, "35=X|262=T1|268=1|279=0|269=2|270=10.5|271=2|55=BNBBUSD|1003=7|")
    assert (trade.price, trade.size) == (10.5, 2.0)
    assert trade.exchange_at is None


@pytest.mark.parametrize(("text", "price"), [("00023.23", 23.23), ("23.", 23.0), ("-0.50", -0.5)])
def test_floats_are_written_as_fix_allows(text: str, price: float) -> None:
    transformer = BinanceFixTransformer("binance_spot", float)
    transformer.subscribe([TRADES])
    (trade,) = fed(transformer, f"35=X|262=T1|268=1|279=0|269=2|270={text}|271=2|55=BNBBUSD|1003=7|")
    assert trade.price == price


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999", "9" * 400, "1_0"])
def test_a_price_that_is_not_finite_is_none_as_a_float_too(text: str) -> None:
    transformer = BinanceFixTransformer("binance_spot", float)
    transformer.subscribe([TRADES])
    with pytest.raises(ParseError):
        fed(transformer, f"35=X|262=T1|268=1|279=0|269=2|270={text}|271=2|55=BNBBUSD|1003=7|")


# Quotes.


def test_quotes_change_side_by_side() -> None:
    transformer, _ = made(QUOTES)
    entries = "268=2|269=0|270=10|271=1|269=1|270=11|271=2|"
    reply, first = fed(transformer, f"35=W|262=Q1|55=BNBBUSD|25044=5|{entries}")
    assert reply == Reply("Q1")
    assert first == Quote(
        venue="binance_spot",
        instrument="BNBBUSD",
        bid_price=D(10),
        bid_size=D(1),
        ask_price=D(11),
        ask_size=D(2),
        exchange_at=SENT,
        received_at=AT,
        sequence=5,
    )
    (second,) = fed(transformer, "35=X|262=Q1|268=1|279=1|270=10.5|271=3|269=0|55=BNBBUSD|25044=6|")
    assert (second.bid_price, second.bid_size, second.ask_price, second.sequence) == (D("10.5"), D(3), D(11), 6)
    (third,) = fed(transformer, "35=X|262=Q1|268=2|279=2|270=11|269=1|55=BNBBUSD|25044=7|279=1|270=10|271=4|269=0|")
    assert (third.ask_price, third.ask_size, third.bid_price, third.sequence) == (None, None, D(10), 7)


def test_an_empty_market() -> None:
    transformer, _ = made(QUOTES)
    _, quote = fed(transformer, "35=W|262=Q1|55=BNBBUSD|25044=0|268=0|")
    assert (quote.bid_price, quote.ask_price, quote.sequence) == (None, None, 0)


# Books.

WHOLE = "35=W|262=B1|55=BTCUSDT|25044=100|268=2|269=0|270=99|271=1|269=1|270=101|271=2|"


def test_a_book_by_its_changes() -> None:
    transformer, _ = made(BOOK)
    reply, snapshot = fed(transformer, WHOLE)
    assert reply == Reply("B1")
    assert snapshot == BookSnapshot(
        venue="binance_spot",
        instrument="BTC/USDT",
        bids=(Level(D(99), D(1)),),
        asks=(Level(D(101), D(2)),),
        exchange_at=SENT,
        received_at=AT,
        sequence=100,
    )
    (delta,) = fed(
        transformer,
        "35=X|262=B1|268=3|279=1|270=99|271=3|269=0|55=BTCUSDT|25043=101|25044=103|279=0|270=98|271=1|269=0|"
        "279=2|270=101|269=1|",
    )
    assert delta == BookDelta(
        venue="binance_spot",
        instrument="BTC/USDT",
        bids=(Level(D(99), D(3)), Level(D(98), D(1))),
        asks=(Level(D(101), D(0)),),
        exchange_at=SENT,
        received_at=AT,
        sequence=103,
    )


def test_what_the_snapshot_holds_already_is_passed_over() -> None:
    transformer, _ = made(BOOK)
    fed(transformer, WHOLE)
    assert fed(transformer, "35=X|262=B1|268=1|279=1|270=99|271=9|269=0|55=BTCUSDT|25043=98|25044=100|") == []
    (delta,) = fed(transformer, "35=X|262=B1|268=1|279=1|270=99|271=9|269=0|55=BTCUSDT|25043=99|25044=101|")
    assert delta.sequence == 101


def test_two_changes_in_one_message() -> None:
    transformer, _ = made(BOOK)
    fed(transformer, WHOLE)
    first, second = fed(
        transformer,
        "35=X|262=B1|268=3|279=1|270=99|271=3|269=0|55=BTCUSDT|25043=101|25044=101|279=1|270=101|271=3|269=1|"
        "279=1|270=99|271=4|269=0|25043=102|25044=105|",
    )
    assert (first.bids, first.asks, first.sequence) == ((Level(D(99), D(3)),), (Level(D(101), D(3)),), 101)
    assert (second.bids, second.asks, second.sequence) == ((Level(D(99), D(4)),), (), 105)


def fragment(flag: str, price: int, ids: str = "") -> str:
    return f"35=X|262=B1|893={flag}|268=1|279=1|270={price}|271=3|269=0|{ids}"


def test_an_update_in_fragments_is_one() -> None:
    transformer, _ = made(BOOK)
    fed(transformer, WHOLE)
    assert fed(transformer, fragment("N", 99, "55=BTCUSDT|25043=101|25044=101|"), fragment("N", 98)) == []
    (delta,) = fed(transformer, fragment("Y", 97))
    assert [level.price for level in delta.bids] == [D(99), D(98), D(97)]
    assert delta.sequence == 101


def test_a_snapshot_forgets_fragments() -> None:
    transformer, _ = made(BOOK)
    fed(transformer, WHOLE, fragment("N", 99, "55=BTCUSDT|25043=101|25044=101|"))
    fed(transformer, WHOLE.replace("25044=100", "25044=200"))
    (delta,) = fed(transformer, "35=X|262=B1|268=1|279=1|270=98|271=3|269=0|55=BTCUSDT|25043=201|25044=201|")
    assert [level.price for level in delta.bids] == [D(98)]


def test_fragments_without_an_end_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformers, "_MOST_ENTRIES", 3)
    transformer, _ = made(BOOK)
    fed(transformer, WHOLE)
    part = fragment("N", 99, "55=BTCUSDT|25043=101|25044=101|")
    fed(transformer, part, part, part)
    with pytest.raises(LimitExceeded):
        fed(transformer, part)


def test_a_lost_change_asks_for_the_book_again() -> None:
    transformer, _ = made(BOOK, policy=SyncPolicy())
    fed(transformer, WHOLE)
    (gap,) = fed(transformer, "35=X|262=B1|268=1|279=1|270=99|271=9|269=0|55=BTCUSDT|25043=103|25044=104|")
    assert isinstance(gap, Gap)
    deadline = transformer.next_timer()
    assert deadline is not None
    outputs = list(transformer.on_timer(deadline))
    assert [wire(output.message) for output in outputs if isinstance(output, Send)] == [
        "262=B1|263=2|",
        "146=1|55=BTCUSDT|262=B2|263=1|264=5000|266=Y|267=2|269=0|269=1|",
    ]
    assert fed(transformer, WHOLE) == []  # of the subscription that was ended
    again = fed(transformer, WHOLE.replace("262=B1", "262=B2").replace("25044=100", "25044=110"))
    assert [type(output) for output in again] == [Reply, Resynced, BookSnapshot]
    assert transformer.next_timer() is None


def test_a_snapshot_that_does_not_come_is_asked_for_again() -> None:
    transformer, _ = made(BOOK, policy=SyncPolicy(snapshot_timeout=5))
    fed(transformer, WHOLE, "35=X|262=B1|268=1|279=1|270=99|271=9|269=0|55=BTCUSDT|25043=103|25044=104|")
    asked: list[str] = []
    for _ in range(4):
        deadline = transformer.next_timer()
        assert deadline is not None
        asked += [wire(output.message) for output in transformer.on_timer(deadline) if isinstance(output, Send)]
    assert [text[:6] for text in asked if "263=2" in text] == ["262=B1", "262=B2"]


def test_a_new_connection_begins_with_nothing() -> None:
    transformer, _ = made(BOOK, QUOTES)
    fed(transformer, WHOLE)
    (gap,) = transformer.on_reset(2, AT + 1)
    assert isinstance(gap, Gap)
    assert transformer.last_seen(BOOK.name) is None
    (request, _) = transformer.subscribe([BOOK, QUOTES])
    assert fed(transformer, WHOLE) == []  # nothing can come under the id of another connection
    again = fed(transformer, WHOLE.replace("262=B1", f"262={request.id}"))
    assert [type(output) for output in again] == [Reply, Resynced, BookSnapshot]
    assert {output.epoch for output in again[1:]} == {2}


def test_what_was_asked_for_before_the_connection_was_told_of_counts() -> None:
    transformer, _ = made(BOOK, TRADES)
    (request, _, barrier) = transformer.subscribe([BOOK, TRADES])
    list(transformer.on_reset(2, AT))
    assert len(fed(transformer, WHOLE.replace("262=B1", f"262={request.id}"))) == 2
    assert len(fed(transformer, f"35=XLR|6136={barrier.id}|25003=0|")) == 2


# The end, and what is wrong.


def test_news_is_told_once_a_connection() -> None:
    transformer, _ = made(TRADES, connection="fix-1")
    news = "35=B|148=Your connection is about to be closed. Please reconnect.|"
    assert fed(transformer, news, news) == [
        ClosingSoon(
            venue="binance_spot",
            connection="fix-1",
            epoch=1,
            received_at=AT,
            reason="Your connection is about to be closed. Please reconnect.",
        )
    ]
    list(transformer.on_reset(2, AT))
    assert len(fed(transformer, news)) == 1


def test_what_is_no_market_data_comes_as_it_is() -> None:
    transformer, _ = made(TRADES)
    (reject,) = fed(transformer, "35=3|45=3|371=55|372=V|373=5|25016=-1121|58=Invalid symbol.|")
    assert (reject.ref_seq_num, reject.ref_msg_type, reject.error_code) == (3, "V", -1121)


@pytest.mark.parametrize(
    ("subscription", "body"),
    [
        (TRADES, "35=X|262=T1|268=1|279=0|269=0|270=10|271=1|55=BNBBUSD|1003=7|"),
        (TRADES, "35=X|262=T1|268=1|279=0|269=2|271=1|55=BNBBUSD|1003=7|"),
        (TRADES, "35=X|262=T1|268=1|279=0|269=2|270=10|271=1|55=BNBBUSD|"),
        (TRADES, "35=X|262=T1|268=1|279=0|269=2|270=ten|271=1|55=BNBBUSD|1003=7|"),
        (TRADES, "35=X|262=T1|268=1|279=0|269=2|270=NaN|271=1|55=BNBBUSD|1003=7|"),
        (TRADES, "35=W|262=T1|55=BNBBUSD|25044=7|268=0|"),
        (QUOTES, "35=X|262=Q1|268=1|279=1|270=10|271=1|269=2|55=BNBBUSD|25044=6|"),
        (QUOTES, "35=X|262=Q1|268=1|279=1|271=1|269=0|55=BNBBUSD|25044=6|"),
        (QUOTES, "35=W|262=Q1|55=BNBBUSD|25044=5|268=1|269=2|270=10|271=1|"),
        (BOOK, "35=W|262=B1|55=BTCUSDT|268=0|"),
        (BOOK, "35=X|262=B1|268=1|279=1|270=99|271=9|269=0|55=BTCUSDT|25043=101|"),
        (BOOK, "35=X|262=B1|268=1|279=1|270=99|271=9|269=0|55=BTCUSDT|25044=101|"),
        (BOOK, "35=X|262=B1|268=1|279=1|270=99|271=9|269=0|55=ETHUSDT|25043=101|25044=101|"),
        (BOOK, "35=X|262=B1|268=1|279=1|270=99|271=9|269=2|55=BTCUSDT|25043=101|25044=101|"),
    ],
)
def test_a_message_that_cannot_be_what_it_says(subscription: Subscription, body: str) -> None:
    transformer, _ = made(subscription)
    with pytest.raises(ParseError):
        fed(transformer, body)


def test_a_message_nobody_asked_for() -> None:
    transformer, _ = made(TRADES)
    assert fed(transformer, "35=X|262=T9|268=1|279=0|269=2|270=10|271=1|55=BNBBUSD|1003=7|") == []
    assert transformer.ignored == 1


@given(
    st.lists(
        st.tuples(st.integers(1, 30), st.integers(0, 5), st.booleans(), st.integers(1, 3)),
        min_size=1,
        max_size=20,
    )
)
def test_changes_make_the_book_that_the_venue_has(changes: list[tuple[int, int, bool, int]]) -> None:
    """However changes are cut into messages, and whatever an entry leaves out, the levels are those of the venue."""
    transformer, _ = made(BOOK)
    fed(transformer, "35=W|262=B1|55=BTCUSDT|25044=100|268=0|")
    venue: dict[tuple[str, int], int] = {}
    book: dict[tuple[str, Decimal], Decimal] = {}
    last = 100
    for offset, size, is_bid, steps in changes:
        side, price = ("0", 50 - offset) if is_bid else ("1", 50 + offset)
        if size:
            venue[side, price] = size
        else:
            venue.pop((side, price), None)
        entry = f"279={'1' if size else '2'}|270={price}|{f'271={size}|' if size else ''}269={side}|"
        ids = f"25043={last + 1}|25044={last + steps}|"
        last += steps
        for event in fed(transformer, f"35=X|262=B1|268=1|{entry}{ids}"):
            for name, levels in (("0", event.bids), ("1", event.asks)):
                for level in levels:
                    if level.size:
                        book[name, level.price] = level.size
                    else:
                        book.pop((name, level.price), None)
    assert book == {(side, D(price)): D(size) for (side, price), size in venue.items()}
