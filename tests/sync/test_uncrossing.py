"""The uncrossed view: never crossed, told by deltas alone, and by the documentation's recipe."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.model import BookDelta, BookSnapshot, Level
from barterpy.orderbook import OrderBook
from barterpy.sync import BookSynchroniser, DepthSnapshot, DepthUpdate, NonDecreasing, UncrossedBook
from barterpy.transformer import Send

Pairs = Sequence[tuple[int, int]]


def levels(pairs: Pairs) -> tuple[Level[Decimal], ...]:
    return tuple(Level(Decimal(price), Decimal(size)) for price, size in pairs)


def naive(raw: tuple[dict[int, tuple[int, int]], dict[int, tuple[int, int]]]) -> tuple[dict[int, int], dict[int, int]]:
    """The documentation's recipe, word by word, over a copy: (size, offset) by price."""
    bids, asks = dict(raw[0]), dict(raw[1])
    while bids and asks and max(bids) >= min(asks):
        bid, ask = max(bids), min(asks)
        (bid_size, bid_offset), (ask_size, ask_offset) = bids[bid], asks[ask]
        if bid_offset < ask_offset:
            del bids[bid]
        elif bid_offset > ask_offset:
            del asks[ask]
        else:
            left = bid_size - ask_size
            del bids[bid], asks[ask]
            if left > 0:
                bids[bid] = left, bid_offset
            elif left < 0:
                asks[ask] = -left, ask_offset
    return {price: size for price, (size, _) in bids.items()}, {price: size for price, (size, _) in asks.items()}


RECIPE: list[tuple[int, int, int, int, tuple[Pairs, Pairs]]] = [
    (1, 2, 5, 5, ([], [(100, 5)])),
    (2, 1, 5, 5, ([(100, 5)], [])),
    (1, 1, 5, 3, ([(100, 2)], [])),
    (1, 1, 3, 5, ([], [(100, 2)])),
    (1, 1, 5, 5, ([], [])),
]


@pytest.mark.parametrize(
    ("bid_offset", "ask_offset", "bid", "ask", "view"),
    RECIPE,
    ids=["the bid is older", "the ask is older", "the bid is larger", "the ask is larger", "equal"],
)
def test_the_recipe(bid_offset: int, ask_offset: int, bid: int, ask: int, view: tuple[Pairs, Pairs]) -> None:
    book: UncrossedBook[Decimal] = UncrossedBook()
    if bid_offset == ask_offset:
        book.replace(levels([(100, bid)]), levels([(100, ask)]), bid_offset)
    else:
        first_bid = bid_offset < ask_offset
        book.replace((), (), 0)
        book.update(levels([(100, bid)]) if first_bid else (), () if first_bid else levels([(100, ask)]), 1)
        book.update(() if first_bid else levels([(100, bid)]), levels([(100, ask)]) if first_bid else (), 2)
    assert book.levels() == (levels(view[0]), levels(view[1]))
    assert book.crossed


def test_what_was_hidden_comes_back_when_what_it_crossed_has_gone() -> None:
    book: UncrossedBook[Decimal] = UncrossedBook()
    book.replace(levels([(100, 5), (99, 1)]), levels([(102, 1)]), 1)
    assert book.update((), levels([(100, 2)]), 2) == (levels([(100, 0)]), levels([(100, 2)]))
    assert book.best() == (Level(Decimal(99), Decimal(1)), Level(Decimal(100), Decimal(2)))
    assert book.update((), levels([(100, 0)]), 3) == (levels([(100, 5)]), levels([(100, 0)]))
    assert not book.crossed


SIDE = st.lists(st.tuples(st.integers(95, 105), st.integers(0, 4)), max_size=4)


@given(st.tuples(SIDE, SIDE), st.lists(st.tuples(SIDE, SIDE, st.booleans()), max_size=25))
def test_the_consumer_of_any_crossed_book_has_the_uncrossed_one(start: Any, changes: list[Any]) -> None:
    book: BookSynchroniser[Decimal] = BookSynchroniser(
        "v", "BTC", NonDecreasing(), lambda _: Send("again"), streamed=True, uncross=True
    )
    consumer: OrderBook[Decimal] = OrderBook("BTC")
    raw: tuple[dict[int, tuple[int, int]], dict[int, tuple[int, int]]] = ({}, {})
    for side, pairs in zip(raw, start, strict=True):
        side.update({price: (size, 1) for price, size in pairs if size})
    sent = [levels([(price, size) for price, (size, _) in side.items()]) for side in raw]
    outputs: list[Any] = [*book.on_snapshot(DepthSnapshot(last_id=1, bids=sent[0], asks=sent[1], exchange_at=None), 1)]
    offset = 1
    for bids, asks, same_message in [((), (), True), *changes]:
        # Several updates may come in one message, and have the same id.
        offset += not same_message
        for side, pairs in zip(raw, (bids, asks), strict=True):
            for price, size in pairs:
                if size:
                    side[price] = size, offset
                else:
                    side.pop(price, None)
        update = DepthUpdate(first_id=offset, last_id=offset, bids=levels(bids), asks=levels(asks), exchange_at=None)
        outputs += book.on_update(update, 1)
        for event in outputs:
            assert isinstance(event, (BookSnapshot, BookDelta)), "a crossed book is no gap"
            consumer.apply(cast("BookDelta[Decimal]", event))
        outputs.clear()
        bid_view, ask_view = naive(raw)
        assert consumer.bids() == [Level(Decimal(p), Decimal(s)) for p, s in sorted(bid_view.items(), reverse=True)]
        assert consumer.asks() == [Level(Decimal(p), Decimal(s)) for p, s in sorted(ask_view.items())]
        assert not consumer.crossed()
