"""Market data over FIX, one message at a time: the same events as over WebSocket, and all that is wrong."""

from decimal import Decimal
from typing import Any

import pytest

from barterpy import subscription as sub
from barterpy.connection import SubscribeRequest
from barterpy.errors import ConfigurationError, ParseError, RateLimited, RequestRejected
from barterpy.events import Gap, Resynced
from barterpy.model import BookDelta, BookSnapshot, Level, Liquidation, Quote, Side, Trade, decimal_number
from barterpy.protocols.fix import Encoder, Message, Outgoing
from barterpy.protocols.fix.records import FixParser
from barterpy.subscription import Subscription
from barterpy.transformer import Reply
from barterpy.venues.deribit.fix.messages import MarketDataMessage
from barterpy.venues.deribit.fix.transformers import DeribitFixTransformer

D = Decimal
AT = 1_700_000_000_000_000_000
SENT = 1_729_316_411_466_000_000
ENCODER = Encoder("FIX.4.4", "EXAMPLE", "DERIBITSERVER")
PARSER: FixParser[Any] = FixParser(MarketDataMessage)

TRADES = sub.trades("BTC/USD:BTC")
QUOTES = sub.quotes("BTC-PERPETUAL")
BOOK = sub.book("BTC/USD:BTC")
LEVELS = sub.book("BTC/USD:BTC", depth=10)
FORCED = sub.liquidations("BTC/USD:BTC")


def made(*subscriptions: Subscription) -> tuple[DeribitFixTransformer[Decimal], list[SubscribeRequest]]:
    transformer = DeribitFixTransformer("deribit", decimal_number)
    list(transformer.on_reset(1, AT))
    return transformer, list(transformer.subscribe(subscriptions))


def fed(transformer: Any, *bodies: str) -> list[Any]:
    outputs: list[Any] = []
    for body in bodies:
        kind, _, rest = body.partition("|")
        header = "49=DERIBITSERVER|56=EXAMPLE|34=2|52=20241019-05:40:11.466"
        message = PARSER.parse(Message.from_text(f"{kind}|{header}|{rest}"))
        assert message is not None, body
        outputs += transformer.transform(message, AT)
    return outputs


def wire(outgoing: Outgoing) -> str:
    text = ENCODER.encode(outgoing, 2, AT).decode().replace("\x01", "|")
    return text[text.index("56=DERIBITSERVER|") + len("56=DERIBITSERVER|") : text.index("10=")]


def test_what_asks_for_each_channel() -> None:
    _, requests = made(TRADES, QUOTES, BOOK, LEVELS, FORCED)
    one = "146=1|55=BTC-PERPETUAL|"
    both = "267=2|269=0|269=1|"
    assert [wire(request.message) for request in requests] == [
        f"{one}262=T1|263=1|264=0|265=1|267=1|269=2|",
        f"{one}262=Q2|263=1|264=1|265=0|{both}",
        f"{one}262=B3|263=1|264=0|265=1|{both}",
        f"{one}262=D4|263=1|264=10|265=0|{both}",
        f"{one}262=F5|263=1|264=0|265=1|267=1|269=2|",
    ]


@pytest.mark.parametrize(
    ("subscription", "words"),
    [
        (sub.candles("BTC-PERPETUAL"), "trades, liquidations, quotes and books"),
        (sub.trades(""), "name an instrument"),
        (sub.trades("BTC-PERPETUAL", aggregate=True), "one by one"),
        (sub.book("BTC-PERPETUAL", depth=5), "10 or 20"),
        (sub.book("BTC-PERPETUAL", interval="raw"), "no pace"),
        (sub.trades("BTCUSD"), "not a symbol"),
    ],
)
def test_what_the_gateway_does_not_offer(subscription: Subscription, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        made(subscription)
    assert str(caught.value).startswith(subscription.name)


def test_ending_a_subscription_says_once_more_what_it_was() -> None:
    transformer, _ = made(BOOK)
    (request,) = transformer.unsubscribe([BOOK])
    assert wire(request.message) == "146=1|55=BTC-PERPETUAL|262=B1|263=2|267=2|269=0|269=1|"


TRADE = "279=0|269=2|270=60000.5|271=3|272=20241019-05:40:11.400|100009=42|54=2|44=59990|58=1234|"


def test_trades_in_the_venues_amounts() -> None:
    transformer, _ = made(TRADES)
    past = TRADE.removeprefix("279=0|")
    assert fed(transformer, f"35=W|55=BTC-PERPETUAL|262=T1|231=10|268=1|{past}") == [Reply("T1")]
    assert fed(transformer, f"35=X|55=BTC-PERPETUAL|262=T1|231=10|268=1|{TRADE}") == [
        Trade(
            venue="deribit",
            instrument="BTC/USD:BTC",
            price=D("60000.5"),
            size=D(30),
            side=Side.SELL,
            id="42",
            exchange_at=1_729_316_411_400_000_000,
            received_at=AT,
            sequence=1234,
        )
    ]
    assert transformer.last_seen(TRADES.name) == AT


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("272=20241019-05:40:11|", 1_729_316_411_000_000_000),
        ("272=1729316411400|", 1_729_316_411_400_000_000),
        ("", None),
    ],
)
def test_times_as_the_page_says_and_as_they_were_seen(date: str, expected: int | None) -> None:
    transformer, _ = made(TRADES)
    entry = TRADE.replace("272=20241019-05:40:11.400|", date)
    (trade,) = fed(transformer, f"35=X|55=BTC-PERPETUAL|262=T1|268=1|{entry}")
    assert (trade.exchange_at, trade.size) == (expected, D(3))


@pytest.mark.parametrize(
    ("flag", "sides"), [("T", [Side.SELL]), ("M", [Side.BUY]), ("MT", [Side.BUY, Side.SELL]), ("", [])]
)
def test_liquidations_are_flagged_trades(flag: str, sides: list[Side]) -> None:
    transformer, _ = made(FORCED)
    flagged = f"{TRADE}100091={flag}|" if flag else TRADE
    forced = fed(transformer, f"35=X|55=BTC-PERPETUAL|262=F1|231=10|268=1|{flagged}")
    assert [type(event) for event in forced] == [Liquidation] * len(sides)
    assert [event.side for event in forced] == sides
    assert all(event.size == D(30) for event in forced)


WHOLE = "35=W|55=BTC-PERPETUAL|262={}|231=10|268=2|269=0|270=99|271=1|269=1|270=101|271=2|"


def test_a_book_by_its_changes() -> None:
    transformer, _ = made(BOOK)
    reply, snapshot = fed(transformer, WHOLE.format("B1"))
    assert reply == Reply("B1")
    assert snapshot == BookSnapshot(
        venue="deribit",
        instrument="BTC/USD:BTC",
        bids=(Level(D(99), D(10)),),
        asks=(Level(D(101), D(20)),),
        exchange_at=SENT,
        received_at=AT,
    )
    changes = "279=1|269=0|270=99|271=5|279=2|269=1|270=101|271=0|279=0|269=1|270=102|271=7|"
    (delta,) = fed(transformer, f"35=X|55=BTC-PERPETUAL|262=B1|231=10|268=3|{changes}")
    assert delta == BookDelta(
        venue="deribit",
        instrument="BTC/USD:BTC",
        bids=(Level(D(99), D(50)),),
        asks=(Level(D(101), D(0)), Level(D(102), D(70))),
        exchange_at=SENT,
        received_at=AT,
    )


def test_a_deleted_level_needs_no_size() -> None:
    transformer, _ = made(BOOK)
    fed(transformer, WHOLE.format("B1"))
    (delta,) = fed(transformer, "35=X|55=BTC-PERPETUAL|262=B1|268=1|279=2|269=0|270=99|")
    assert delta.bids == (Level(D(99), D(0)),)


def test_the_best_levels_and_the_best_of_all() -> None:
    transformer, _ = made(LEVELS, QUOTES)
    _, levels = fed(transformer, WHOLE.format("D1"))
    assert (levels.depth, levels.bids, levels.asks) == (10, (Level(D(99), D(10)),), (Level(D(101), D(20)),))
    _, quote = fed(transformer, WHOLE.format("Q2"))
    assert type(quote) is Quote
    assert (quote.bid_price, quote.bid_size, quote.ask_price, quote.ask_size) == (D(99), D(10), D(101), D(20))
    _, empty = fed(transformer, "35=W|55=BTC-PERPETUAL|262=Q2|268=0|")
    assert (empty.bid_price, empty.ask_price) == (None, None)


def test_a_new_connection_begins_with_a_snapshot() -> None:
    transformer, _ = made(BOOK)
    fed(transformer, WHOLE.format("B1"))
    (request,) = transformer.subscribe([BOOK])
    (gap,) = transformer.on_reset(2, AT + 1)
    assert isinstance(gap, Gap)
    again = fed(transformer, WHOLE.format(request.id))
    assert [type(output) for output in again] == [Reply, Resynced, BookSnapshot]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("too_many_requests", RateLimited), ("Unknown symbol", RequestRejected)],
)
def test_a_refused_subscription(text: str, expected: type[Exception]) -> None:
    transformer, _ = made(BOOK)
    (reply,) = fed(transformer, f"35=Y|262=B1|281=0|58={text}|")
    assert (reply.id, type(reply.error)) == ("B1", expected)
    (unknown,) = fed(transformer, "35=Y|262=other|281=0|")
    assert unknown.md_req_id == "other"


@pytest.mark.parametrize(
    ("subscription", "body"),
    [
        (TRADES, f"35=X|55=ETH-PERPETUAL|262=T1|268=1|{TRADE}"),
        (TRADES, f"35=X|55=BTC-PERPETUAL|262=T1|268=1|{TRADE.replace('100009=42|', '')}"),
        (TRADES, f"35=X|55=BTC-PERPETUAL|262=T1|268=1|{TRADE.replace('271=3|', '')}"),
        (TRADES, f"35=X|55=BTC-PERPETUAL|262=T1|268=1|{TRADE.replace('270=60000.5|', '270=much|')}"),
        (TRADES, f"35=X|55=BTC-PERPETUAL|262=T1|268=1|{TRADE.replace('20241019', '20241399')}"),
        (TRADES, f"35=X|55=BTC-PERPETUAL|262=T1|231=x|268=1|{TRADE}"),
        (BOOK, "35=W|55=BTC-PERPETUAL|262=B1|268=1|269=0|271=1|"),
        (BOOK, "35=X|55=BTC-PERPETUAL|262=B1|268=1|279=1|269=0|270=99|"),
        (QUOTES, "35=X|55=BTC-PERPETUAL|262=Q1|268=1|279=1|269=0|270=99|271=1|"),
    ],
)
def test_a_message_that_cannot_be_what_it_says(subscription: Subscription, body: str) -> None:
    transformer, _ = made(subscription)
    if body.startswith("35=X") and subscription is BOOK:
        fed(transformer, WHOLE.format("B1"))
    with pytest.raises(ParseError):
        fed(transformer, body)


def test_a_message_nobody_asked_for() -> None:
    transformer, _ = made(TRADES)
    assert fed(transformer, f"35=X|55=BTC-PERPETUAL|262=T9|268=1|{TRADE}") == []
    assert transformer.ignored == 1
    (reject,) = fed(transformer, "35=3|45=3|58=what|")
    assert reject.text == "what"


def test_an_update_without_an_id_is_of_all_who_asked_for_such() -> None:
    """MDReqID (262) is there "if it is applicable"; the symbol and the type of the entries say whose an update is."""
    transformer, _ = made(TRADES, FORCED, BOOK, QUOTES)
    fed(transformer, WHOLE.format("B3"))
    both = fed(transformer, f"35=X|55=BTC-PERPETUAL|268=1|{TRADE}100091=T|")
    assert [type(event) for event in both] == [Trade, Liquidation]
    (change,) = fed(transformer, "35=X|55=BTC-PERPETUAL|268=1|279=2|269=0|270=60000|")
    assert type(change) is BookDelta
    assert transformer.ignored == 0
    assert fed(transformer, f"35=X|55=ETH-PERPETUAL|268=1|{TRADE}") == []
    assert fed(transformer, "35=X|55=BTC-PERPETUAL|268=1|279=0|269=3|270=1|") == []
    assert transformer.ignored == 2
