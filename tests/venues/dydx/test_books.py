"""The uncrossed view against the recipe itself, carried out anew on the whole book after every message."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from barterpy import subscription as sub
from barterpy.model import BookDelta, BookSnapshot, Quote
from barterpy.orderbook import OrderBook
from barterpy.venues import dydx
from barterpy.venues.dydx.messages import Frame, FrameParser

D = Decimal
PRICES = st.integers(1, 12)
SIZES = st.integers(0, 4)
SIDE = st.lists(st.tuples(PRICES, SIZES), max_size=4)
MESSAGES = st.lists(st.tuples(SIDE, SIDE), max_size=12)

Sides = tuple[list[tuple[int, int]], list[tuple[int, int]]]
NOTHING: Sides = ([], [])
Raw = dict[D, tuple[D, int]]


def uncrossed(bids: Raw, asks: Raw) -> tuple[dict[D, D], dict[D, D]]:
    """ "How to uncross the orderbook", word by word: offsets, then sizes, one pair at a time."""
    bids, asks = dict(bids), dict(asks)
    while bids and asks and max(bids) >= min(asks):
        bid, ask = max(bids), min(asks)
        (bid_size, bid_offset), (ask_size, ask_offset) = bids[bid], asks[ask]
        if bid_offset < ask_offset:
            del bids[bid]
        elif bid_offset > ask_offset:
            del asks[ask]
        elif bid_size > ask_size:
            bids[bid] = (bid_size - ask_size, bid_offset)
            del asks[ask]
        elif bid_size < ask_size:
            asks[ask] = (ask_size - bid_size, ask_offset)
            del bids[bid]
        else:
            del bids[bid], asks[ask]
    return {price: size for price, (size, _) in bids.items()}, {price: size for price, (size, _) in asks.items()}


def frame(number: int, type_: str, contents: Any) -> Frame:
    text = {"type": type_, "message_id": number, "channel": "v4_orderbook", "id": "BTC-USD", "contents": contents}
    return FrameParser().parse(json.dumps(text))


def levels(side: list[tuple[int, int]]) -> list[list[str]]:
    return [[str(price), str(size)] for price, size in side]


@given(MESSAGES, st.booleans())
def test_the_view_is_the_recipe_after_every_message(messages: list[Sides], batched: bool) -> None:
    transformer = dydx.Perpetuals().transformer(
        [sub.book("BTC-USD"), sub.quotes("BTC-USD"), sub.book("BTC-USD", depth=2)]
    )
    told: OrderBook[D] = OrderBook("BTC-USD")
    best: list[BookSnapshot[D]] = []
    quote: Quote[D] | None = None
    raw: tuple[Raw, Raw] = ({}, {})
    for number, sides in enumerate([NOTHING, *messages]):
        bids, asks = map(levels, sides)
        first: dict[str, Any] = {"bids": [], "asks": []}
        parts = [{"bids": bids}, {"asks": asks}] if batched else {"bids": bids, "asks": asks}
        kind = "channel_batch_data" if batched else "channel_data"
        made = frame(number, kind, parts) if number else frame(0, "subscribed", first)
        for event in transformer.transform(made, number):
            if type(event) is Quote:
                assert event != quote
                quote = event
            elif type(event) is BookDelta or (type(event) is BookSnapshot and event.depth is None):
                told.apply(event)
            elif type(event) is BookSnapshot:
                best.append(event)
        for side, changes in zip(raw, sides, strict=True):
            for price, size in changes:
                side.pop(D(price), None)
                if size:
                    side[D(price)] = (D(size), number)
        expected_bids, expected_asks = uncrossed(*raw)
        assert {level.price: level.size for level in told.bids()} == expected_bids
        assert {level.price: level.size for level in told.asks()} == expected_asks
        assert not told.crossed()
        assert quote is not None
        assert (quote.bid_price, quote.ask_price) == (
            max(expected_bids, default=None),
            min(expected_asks, default=None),
        )
        assert [level.price for level in best[-1].bids] == sorted(expected_bids, reverse=True)[:2]
        assert [level.price for level in best[-1].asks] == sorted(expected_asks)[:2]


@given(SIDE, SIDE)
def test_a_first_book_that_is_crossed_is_set_off_by_size(
    bids: list[tuple[int, int]], asks: list[tuple[int, int]]
) -> None:
    transformer = dydx.Perpetuals().transformer([sub.book("BTC-USD")])
    sides = [{price: size for price, size in side if size} for side in (bids, asks)]
    rows = [[{"price": str(price), "size": str(size)} for price, size in side.items()] for side in sides]
    _, snapshot = transformer.transform(frame(0, "subscribed", {"bids": rows[0], "asks": rows[1]}), 0)
    expected = uncrossed(*({D(price): (D(size), 0) for price, size in side.items()} for side in sides))
    assert [(level.price, level.size) for level in snapshot.bids] == sorted(expected[0].items(), reverse=True)
    assert [(level.price, level.size) for level in snapshot.asks] == sorted(expected[1].items())
