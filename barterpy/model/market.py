"""Market data, the same for every venue.

Each event says ``venue``, ``instrument`` (the symbol as it was subscribed, else the venue's own), ``exchange_at`` (the
venue's time of the event, int nanoseconds UTC, None where the venue sends none), ``received_at`` (when it was read
here, int nanoseconds UTC) and ``epoch`` (the life of the connection it came on, from 1). ``sequence`` is the
venue's own number for it, where there is one. Prices are in the quote asset, sizes in the base asset
unless the instrument says contracts. Empty means None, never zero.
"""

from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeAlias

import msgspec

from barterpy.model.number import N

__all__ = [
    "BlockHeight",
    "BookDelta",
    "BookSnapshot",
    "Candle",
    "FundingRate",
    "IndexPrice",
    "InstrumentStatus",
    "Level",
    "Liquidation",
    "MarkPrice",
    "MarketEvent",
    "OpenInterest",
    "OptionGreeks",
    "OrdersDelta",
    "OrdersSnapshot",
    "Quote",
    "RestingOrder",
    "Side",
    "Ticker",
    "Trade",
    "VenueNotice",
    "VolatilityIndex",
]


class Side(StrEnum):
    """The side of an order, or of the taker in a trade."""

    BUY = "buy"
    SELL = "sell"


class Level(NamedTuple, Generic[N]):
    """A price level: the total ``size`` at ``price``; size zero means that the level is gone."""

    price: N
    size: N


class Trade(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False, tag="trade", tag_field="event"):
    """A trade, or several of one taker order at one price where the venue aggregates. ``side`` is the taker's.

    ``first_id`` and ``last_id`` are the range of trades an aggregate stands for.
    """

    venue: str
    instrument: str
    price: N
    size: N
    side: Side | None
    id: str
    exchange_at: int | None
    received_at: int
    epoch: int = 1
    sequence: int | None = None
    first_id: int | None = None
    last_id: int | None = None


class Quote(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False, tag="quote", tag_field="event"):
    """Best bid and best ask. A side is None when there is no order on it."""

    venue: str
    instrument: str
    bid_price: N | None
    bid_size: N | None
    ask_price: N | None
    ask_size: N | None
    exchange_at: int | None
    received_at: int
    epoch: int = 1
    sequence: int | None = None


class BookSnapshot(
    msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False, tag="book_snapshot", tag_field="event"
):
    """A whole book, or its best ``depth`` levels: replaces everything known before. Best level first on each side."""

    venue: str
    instrument: str
    bids: tuple[Level[N], ...]
    asks: tuple[Level[N], ...]
    exchange_at: int | None
    received_at: int
    epoch: int = 1
    sequence: int | None = None
    depth: int | None = None


class BookDelta(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False, tag="book_delta", tag_field="event"):
    """Levels that changed, with their new total size; zero takes the level away."""

    venue: str
    instrument: str
    bids: tuple[Level[N], ...]
    asks: tuple[Level[N], ...]
    exchange_at: int | None
    received_at: int
    epoch: int = 1
    sequence: int | None = None


class RestingOrder(msgspec.Struct, Generic[N], frozen=True, gc=False):
    """An order in the book; ``size`` is what is left of it, zero when it has left."""

    id: str
    side: Side
    price: N
    size: N


class OrdersSnapshot(
    msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False, tag="orders_snapshot", tag_field="event"
):
    """All single orders of a book (L3): best price first on each side, and by priority at each price. Not among
    :data:`MarketEvent`: what an :class:`~barterpy.sync.OrdersSynchroniser` tells those who keep an
    :class:`~barterpy.orderbook.OrderQueues`."""

    venue: str
    instrument: str
    bids: tuple[RestingOrder[N], ...]
    asks: tuple[RestingOrder[N], ...]
    exchange_at: int | None
    received_at: int
    epoch: int = 1
    sequence: int | None = None
    depth: int | None = None


class OrdersDelta(
    msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False, tag="orders_delta", tag_field="event"
):
    """Orders that came, changed or left, in this order, each as it is now; size zero says that it left. Take them up by
    :meth:`~barterpy.orderbook.orders.OrderQueues.update`."""

    venue: str
    instrument: str
    orders: tuple[RestingOrder[N], ...]
    exchange_at: int | None
    received_at: int
    epoch: int = 1
    sequence: int | None = None


class Candle(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False, tag="candle", tag_field="event"):
    """A bar of trades: from ``open_at`` (inclusive) to ``close_at`` (exclusive), both int nanoseconds UTC."""

    venue: str
    instrument: str
    interval: str
    open_at: int
    close_at: int
    open: N
    high: N
    low: N
    close: N
    volume: N
    quote_volume: N | None
    trades: int | None
    closed: bool
    exchange_at: int | None
    received_at: int
    epoch: int = 1
    taker_buy_volume: N | None = None
    taker_buy_quote_volume: N | None = None


class Ticker(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False, tag="ticker", tag_field="event"):
    """Statistics of a rolling window (24 hours unless ``window`` says otherwise)."""

    venue: str
    instrument: str
    last: N
    exchange_at: int | None
    received_at: int
    window: str = "24h"
    open: N | None = None
    high: N | None = None
    low: N | None = None
    volume: N | None = None
    quote_volume: N | None = None
    change: N | None = None
    vwap: N | None = None
    bid_price: N | None = None
    bid_size: N | None = None
    ask_price: N | None = None
    ask_size: N | None = None
    trades: int | None = None
    epoch: int = 1


class MarkPrice(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False, tag="mark_price", tag_field="event"):
    """The price a venue marks positions at, with its index where it is sent along."""

    venue: str
    instrument: str
    price: N
    exchange_at: int | None
    received_at: int
    index_price: N | None = None
    settle_price: N | None = None
    epoch: int = 1


class FundingRate(
    msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False, tag="funding_rate", tag_field="event"
):
    """The rate longs pay shorts, as a fraction per period (0.0001 = 1 basis point). ``next_at`` is when it is paid."""

    venue: str
    instrument: str
    rate: N
    exchange_at: int | None
    received_at: int
    next_at: int | None = None
    epoch: int = 1


class OpenInterest(
    msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False, tag="open_interest", tag_field="event"
):
    """Open positions, in base asset or contracts as the instrument counts."""

    venue: str
    instrument: str
    size: N
    exchange_at: int | None
    received_at: int
    epoch: int = 1


class Liquidation(
    msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False, tag="liquidation", tag_field="event"
):
    """A forced order. ``side`` is the order's: sell when a long position is liquidated."""

    venue: str
    instrument: str
    side: Side
    price: N
    size: N
    exchange_at: int | None
    received_at: int
    average_price: N | None = None
    filled: N | None = None
    status: str | None = None
    epoch: int = 1


class InstrumentStatus(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="instrument_status", tag_field="event"):
    """An instrument's status changed. ``status`` is ours, ``venue_status`` the venue's own word."""

    venue: str
    instrument: str
    status: str
    venue_status: str
    exchange_at: int | None
    received_at: int
    epoch: int = 1


class IndexPrice(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False, tag="index_price", tag_field="event"):
    """The price of an index, which is traded nowhere. ``instrument`` is the index's own name, such as ``btc_usd``."""

    venue: str
    instrument: str
    price: N
    exchange_at: int | None
    received_at: int
    epoch: int = 1


class VolatilityIndex(
    msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False, tag="volatility_index", tag_field="event"
):
    """What options say of the volatility to come: ``volatility`` is in per cent a year, ``instrument`` the index."""

    venue: str
    instrument: str
    volatility: N
    exchange_at: int | None
    received_at: int
    epoch: int = 1


class OptionGreeks(
    msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False, tag="option_greeks", tag_field="event"
):
    """How an option's price moves, and what its prices say of volatility.

    Greeks are a number of the venue's model: ``delta`` and ``gamma`` for one unit of the underlying, ``vega`` for one
    per cent of volatility, ``theta`` for a day, ``rho`` for one per cent of interest. Volatilities are in per cent a
    year, None where there is no price to take one from.
    """

    venue: str
    instrument: str
    delta: N
    gamma: N
    vega: N
    theta: N
    rho: N | None
    exchange_at: int | None
    received_at: int
    mark_price: N | None = None
    mark_volatility: N | None = None
    bid_volatility: N | None = None
    ask_volatility: N | None = None
    underlying_price: N | None = None
    underlying: str | None = None
    interest_rate: N | None = None
    epoch: int = 1


class BlockHeight(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag="block_height", tag_field="event"):
    """The chain behind a venue has grown: ``height`` is the number of its last block, ``exchange_at`` the block's time.

    ``instrument`` is empty: a block is about all of them.
    """

    venue: str
    height: int
    exchange_at: int | None
    received_at: int
    epoch: int = 1
    instrument: str = ""


class VenueNotice(msgspec.Struct, frozen=True, kw_only=True, tag="venue_notice", tag_field="event"):
    """What a venue says on a channel of its own for which there is no type here: ``data`` is as it was sent;
    of an array each element is a notice of its own.

    ``instrument`` is the instrument, index or asset it is about, empty where it is about none.
    """

    venue: str
    instrument: str
    channel: str
    data: dict[str, Any]
    exchange_at: int | None
    received_at: int
    epoch: int = 1


MarketEvent: TypeAlias = (
    Trade[N]
    | Quote[N]
    | BookSnapshot[N]
    | BookDelta[N]
    | Candle[N]
    | Ticker[N]
    | MarkPrice[N]
    | FundingRate[N]
    | OpenInterest[N]
    | Liquidation[N]
    | InstrumentStatus
    | IndexPrice[N]
    | VolatilityIndex[N]
    | OptionGreeks[N]
    | BlockHeight
    | VenueNotice
)
"""Anything a market stream yields as data."""
