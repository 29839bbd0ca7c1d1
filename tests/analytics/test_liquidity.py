"""Spread, imbalance and micro-price over quotes, snapshots and live books alike."""

from decimal import Decimal
from typing import Any

import pytest

from barterpy.analytics import Imbalances, MicroPrices, Spreads
from barterpy.errors import ConfigurationError
from barterpy.model import BookSnapshot, Level, Quote
from barterpy.orderbook import OrderBook

Side = list[tuple[str, str]]


def quote(bids: Side, asks: Side, number: Any) -> Quote[Any]:
    (bid, bid_size), (ask, ask_size) = bids[0] if bids else (None, None), asks[0] if asks else (None, None)
    return Quote(
        venue="v",
        instrument="BTC",
        bid_price=None if bid is None else number(bid),
        bid_size=None if bid_size is None else number(bid_size),
        ask_price=None if ask is None else number(ask),
        ask_size=None if ask_size is None else number(ask_size),
        exchange_at=5,
        received_at=6,
    )


def snapshot(bids: Side, asks: Side, number: Any) -> BookSnapshot[Any]:
    return BookSnapshot(
        venue="v",
        instrument="BTC",
        bids=tuple(Level(number(price), number(size)) for price, size in bids),
        asks=tuple(Level(number(price), number(size)) for price, size in asks),
        exchange_at=5,
        received_at=6,
    )


def book(bids: Side, asks: Side, number: Any) -> OrderBook[Any]:
    live: OrderBook[Any] = OrderBook("BTC")
    live.apply(snapshot(bids, asks, number))
    return live


BIDS: Side = [("99", "3"), ("98", "1")]
ASKS: Side = [("101", "1"), ("102", "7")]
every_source = pytest.mark.parametrize("source", [quote, snapshot, book])
every_number = pytest.mark.parametrize("number", [Decimal, float])


@every_source
@every_number
def test_spread(source: Any, number: Any) -> None:
    (out,) = Spreads[Any]().transform(source(BIDS, ASKS, number), 9)
    assert (out.absolute, out.relative, out.mid_price) == (2, 200, 100)
    assert (out.instrument, out.exchange_at, out.received_at) == ("BTC", 5, 9)
    assert isinstance(out.relative, number)


@every_source
@every_number
def test_micro_price_leans_to_the_thinner_side(source: Any, number: Any) -> None:
    (out,) = MicroPrices[Any]().transform(source(BIDS, ASKS, number), 9)
    assert (out.price, out.mid_price) == (number("100.5"), 100)


@every_source
@every_number
def test_imbalance_of_the_best_level(source: Any, number: Any) -> None:
    (out,) = Imbalances[Any]().transform(source(BIDS, ASKS, number), 9)
    assert (out.imbalance, out.bid_size, out.ask_size) == (number("0.5"), 3, 1)


@pytest.mark.parametrize("source", [snapshot, book])
def test_imbalance_of_more_levels(source: Any) -> None:
    (two,) = Imbalances[Any](2).transform(source(BIDS, ASKS, Decimal), 9)
    (many,) = Imbalances[Any](20).transform(source(BIDS, ASKS, Decimal), 9)
    assert two.imbalance == Decimal(4 - 8) / 12
    assert many == two


def test_a_quote_has_one_level() -> None:
    with pytest.raises(ConfigurationError, match="one level"):
        Imbalances[Any](2).transform(quote(BIDS, ASKS, Decimal), 9)
    with pytest.raises(ConfigurationError, match="depth"):
        Imbalances(0)


@every_source
@pytest.mark.parametrize(("bids", "asks"), [(BIDS, []), ([], ASKS), ([], [])], ids=["no asks", "no bids", "empty"])
def test_a_side_without_orders(source: Any, bids: Side, asks: Side) -> None:
    event = source(bids, asks, Decimal)
    assert list(Spreads[Any]().transform(event, 9)) == []
    assert list(MicroPrices[Any]().transform(event, 9)) == []
    assert [out.imbalance for out in Imbalances[Any]().transform(event, 9)] == ([1] if bids else [-1] if asks else [])


@pytest.mark.parametrize("source", [quote, snapshot])
def test_what_would_divide_by_zero_gives_nothing(source: Any) -> None:
    empty = source([("99", "0")], [("101", "0")], Decimal)
    assert list(MicroPrices[Any]().transform(empty, 9)) == []
    assert list(Imbalances[Any]().transform(empty, 9)) == []
    around_zero = source([("-1", "1")], [("1", "1")], Decimal)
    assert list(Spreads[Any]().transform(around_zero, 9)) == []


def test_a_book_that_is_not_valid_gives_nothing() -> None:
    live = book(BIDS, ASKS, Decimal)
    live.invalidate("gap")
    for transformer in (Spreads[Any](), MicroPrices[Any](), Imbalances[Any](2)):
        assert list(transformer.transform(live, 9)) == []
