"""What a book says about liquidity: spread, imbalance and micro-price.

Each takes quotes, snapshots or live books (see :class:`~barterpy.orderbook.BookBuilder`) alike, and gives nothing where
the measure is not defined: a side it needs is empty, or the live book is not valid.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeAlias

import msgspec

from barterpy.errors import ConfigurationError
from barterpy.model.market import BookSnapshot, Level, Quote
from barterpy.model.number import N
from barterpy.orderbook import OrderBook

__all__ = ["BookLike", "Imbalance", "Imbalances", "MicroPrice", "MicroPrices", "Spread", "Spreads"]

BookLike: TypeAlias = Quote[N] | BookSnapshot[N] | OrderBook[N]
"""Anything with a best bid and a best ask."""


class Spread(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False):
    """Best ask less best bid: ``absolute`` in the quote asset, ``relative`` to the mid price in basis points."""

    instrument: str
    exchange_at: int | None
    received_at: int
    absolute: N
    relative: N
    mid_price: N


class Imbalance(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False):
    """(bid size - ask size) / (bid size + ask size): from -1, only sellers, to 1, only buyers."""

    instrument: str
    exchange_at: int | None
    received_at: int
    imbalance: N
    bid_size: N
    ask_size: N


class MicroPrice(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False):
    """Each best price weighted by the size on the other side, in the quote asset."""

    instrument: str
    exchange_at: int | None
    received_at: int
    price: N
    mid_price: N


class _Stateless:
    def save_state(self) -> Any:
        return None

    def restore_state(self, state: Any, /) -> None:
        pass


class Spreads(_Stateless, Generic[N]):
    """The spread after each event. Nothing for a mid price of zero. Any number of instruments."""

    def transform(self, event: BookLike[N], received_at: int, /) -> Iterable[Spread[N]]:
        bids, asks = _sides(event, 1)
        if not bids or not asks:
            return ()
        bid, ask = bids[0].price, asks[0].price
        mid_price = (bid + ask) / 2
        if not mid_price:
            return ()
        return (
            Spread(
                instrument=event.instrument,
                exchange_at=event.exchange_at,
                received_at=received_at,
                absolute=ask - bid,
                relative=(ask - bid) / mid_price * 10_000,
                mid_price=mid_price,
            ),
        )


class Imbalances(_Stateless, Generic[N]):
    """The imbalance of the best ``depth`` levels after each event; nothing while both sides are empty. Any number of
    instruments.

    :raises barterpy.errors.ConfigurationError: ``depth`` is below 1; and from ``transform``, it is above 1 and the
        event is a quote, which has one level
    """

    def __init__(self, depth: int = 1) -> None:
        if depth < 1:
            raise ConfigurationError(f"depth is a number of levels from 1, not {depth}")
        self._depth = depth

    def transform(self, event: BookLike[N], received_at: int, /) -> Iterable[Imbalance[N]]:
        if self._depth > 1 and isinstance(event, Quote):
            raise ConfigurationError(f"a quote has one level, and the imbalance of {self._depth} was asked for")
        bids, asks = _sides(event, self._depth)
        some = bids or asks
        if not some:
            return ()
        zero = some[0].size - some[0].size
        bid_size = sum((level.size for level in bids), zero)
        ask_size = sum((level.size for level in asks), zero)
        if not bid_size + ask_size:
            return ()
        return (
            Imbalance(
                instrument=event.instrument,
                exchange_at=event.exchange_at,
                received_at=received_at,
                imbalance=(bid_size - ask_size) / (bid_size + ask_size),
                bid_size=bid_size,
                ask_size=ask_size,
            ),
        )


class MicroPrices(_Stateless, Generic[N]):
    """The micro-price after each event. Any number of instruments."""

    def transform(self, event: BookLike[N], received_at: int, /) -> Iterable[MicroPrice[N]]:
        bids, asks = _sides(event, 1)
        if not bids or not asks:
            return ()
        bid, ask = bids[0], asks[0]
        size = bid.size + ask.size
        if not size:
            return ()
        return (
            MicroPrice(
                instrument=event.instrument,
                exchange_at=event.exchange_at,
                received_at=received_at,
                price=(bid.price * ask.size + ask.price * bid.size) / size,
                mid_price=(bid.price + ask.price) / 2,
            ),
        )


def _sides(event: BookLike[N], depth: int) -> tuple[Sequence[Level[N]], Sequence[Level[N]]]:
    if isinstance(event, OrderBook):
        return (event.bids(depth), event.asks(depth)) if event.valid else ((), ())
    if isinstance(event, BookSnapshot):
        return event.bids[:depth], event.asks[:depth]
    bids: Sequence[Level[N]] = ()
    asks: Sequence[Level[N]] = ()
    if event.bid_price is not None and event.bid_size is not None:
        bids = (Level(event.bid_price, event.bid_size),)
    if event.ask_price is not None and event.ask_size is not None:
        asks = (Level(event.ask_price, event.ask_size),)
    return bids, asks
