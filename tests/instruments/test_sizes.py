"""Contracts become base asset, by the instrument's own contract size; what has no single price passes as it is."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from barterpy.errors import ParseError
from barterpy.instruments import BaseSizes, InstrumentCache, base_size
from barterpy.model import (
    BookDelta,
    BookSnapshot,
    Instrument,
    Level,
    Liquidation,
    OpenInterest,
    Quote,
    Side,
    Trade,
)

Make = Callable[..., Instrument]
WHERE: dict[str, Any] = {"venue": "venue", "exchange_at": None, "received_at": 1}
D = Decimal


def trade(size: Any, price: Any, instrument: str = "BTCUSD") -> Trade[Any]:
    return Trade(**WHERE, instrument=instrument, price=price, size=size, side=None, id="1")


def sizes(make: Make, **fields: Any) -> BaseSizes[Any]:
    cache = InstrumentCache("venue")
    cache.cache_instruments([make("BTCUSD", **fields)], 1)
    return BaseSizes(cache)


@pytest.mark.parametrize(
    ("fields", "size", "base"),
    [
        ({}, D("2.5"), D("2.5")),
        ({"contract_size": D("0.01")}, D("250"), D("2.50")),
        ({"contract_size": D("100"), "inverse": True}, D("50"), D("0.1")),
        ({"inverse": True}, D("50000"), D("1")),
        ({"contract_size": D("0.01")}, 250.0, 2.5),
    ],
)
def test_a_trade_in_base_asset(make: Make, fields: dict[str, Any], size: Any, base: Any) -> None:
    price = D(50_000) if isinstance(size, Decimal) else 50_000.0
    (event,) = sizes(make, **fields).transform(trade(size, price), 1)
    assert isinstance(event, Trade)
    assert (event.size, type(event.size)) == (base, type(size))
    assert event.price == price


def test_every_kind_of_size_is_converted_at_its_own_price(make: Make) -> None:
    convert = sizes(make, contract_size=D(10), inverse=True).transform
    where: dict[str, Any] = {**WHERE, "instrument": "BTCUSD"}
    level = (Level(D(10), D(2)), Level(D(20), D(0)))
    snapshot = BookSnapshot(**where, bids=level, asks=())
    assert next(iter(convert(snapshot, 1))) == BookSnapshot(
        **where, bids=(Level(D(10), D(2)), Level(D(20), D(0))), asks=()
    )
    delta = BookDelta(**where, bids=(), asks=(Level(D(20), D(4)),))
    assert next(iter(convert(delta, 1))) == BookDelta(**where, bids=(), asks=(Level(D(20), D(2)),))
    quote = Quote(**where, bid_price=D(20), bid_size=D(1), ask_price=None, ask_size=None)
    assert next(iter(convert(quote, 1))) == Quote(
        **where, bid_price=D(20), bid_size=D("0.5"), ask_price=None, ask_size=None
    )
    order = Liquidation(**where, side=Side.SELL, price=D(20), size=D(2), filled=D(2), average_price=D(10))
    (converted,) = convert(order, 1)
    assert isinstance(converted, Liquidation)
    assert (converted.size, converted.filled) == (D(1), D(2))


def test_what_has_no_single_price_passes_as_it_is(make: Make) -> None:
    interest = OpenInterest(**WHERE, instrument="BTCUSD", size=D(7))
    assert list(sizes(make, contract_size=D(10)).transform(interest, 1)) == [interest]


def test_an_instrument_that_counts_base_asset_is_left_alone(make: Make) -> None:
    event = trade(D(1), D(1))
    assert next(iter(sizes(make).transform(event, 1))) is event


def test_a_contract_size_that_changes_is_used_at_once(make: Make) -> None:
    cache = InstrumentCache("venue")
    cache.cache_instrument(make("BTCUSD", contract_size=D(10)), 1)
    convert: BaseSizes[Decimal] = BaseSizes(cache)
    cache.cache_instrument(make("BTCUSD", contract_size=D(100)), 2)
    (event,) = convert.transform(trade(D(1), D(1)), 1)
    assert isinstance(event, Trade)
    assert event.size == 100


def test_an_instrument_nobody_cached_is_a_message_that_cannot_be_understood(make: Make) -> None:
    with pytest.raises(ParseError, match="ETHUSD is not among the cached instruments"):
        list(sizes(make).transform(trade(D(1), D(1), "ETHUSD"), 1))


def test_an_inverse_contract_has_no_size_without_a_price(make: Make) -> None:
    with pytest.raises(ParseError, match="no size without a price"):
        base_size(make("BTCUSD", inverse=True), D(1), D(0))


def test_it_has_no_state_to_save(make: Make) -> None:
    convert = sizes(make)
    assert convert.save_state() is None  # type: ignore[func-returns-value]
    convert.restore_state(None)
