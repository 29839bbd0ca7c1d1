"""Binance's market data messages: instruments, books, quotes and trades ("FIX API" page and its QuickFIX schemas,
2026-09).

Prices and sizes stay text: what they become is the user's choice, and most levels repeat a price.
"""

from decimal import Decimal
from typing import Annotated, ClassVar

import msgspec

from barterpy.protocols.fix.marketdata import MarketDataRequestReject
from barterpy.protocols.fix.records import Group, Tag, Timestamp

__all__ = [
    "BinanceRequestReject",
    "BookEntry",
    "BookSnapshotMessage",
    "DataUpdate",
    "InstrumentEntry",
    "InstrumentList",
    "InstrumentListRequest",
    "UpdateMessage",
]


class InstrumentListRequest(msgspec.Struct, frozen=True, kw_only=True):
    """InstrumentListRequest (x): ``320=BTCUSDT_INFO|559=0|55=BTCUSDT|``"""

    msg_type: ClassVar[str] = "x"

    instrument_req_id: Annotated[str, Tag(320)]
    request_type: Annotated[int, Tag(559)]
    """0 one, 4 all that trade."""
    symbol: Annotated[str | None, Tag(55)] = None


class InstrumentEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument that trades: an entry of RelatedSym (146)."""

    symbol: Annotated[str, Tag(55)]
    currency: Annotated[str, Tag(15)]
    """The quote asset."""
    min_trade_vol: Annotated[Decimal, Tag(562)]
    max_trade_vol: Annotated[Decimal, Tag(1140)]
    min_qty_increment: Annotated[Decimal, Tag(25039)]
    market_min_trade_vol: Annotated[Decimal, Tag(25040)]
    market_max_trade_vol: Annotated[Decimal, Tag(25041)]
    market_min_qty_increment: Annotated[Decimal, Tag(25042)]
    min_price_increment: Annotated[Decimal, Tag(969)]


class InstrumentList(msgspec.Struct, frozen=True, kw_only=True):
    """InstrumentList (y)::

    320=BTCUSDT_INFO|146=1|55=BTCUSDT|15=USDT|562=0.00001000|1140=9000.00000000|25039=0.00001000|25040=0.00000001|
    25041=76.79001236|25042=0.00000001|969=0.01000000|
    """

    msg_type: ClassVar[str] = "y"

    instrument_req_id: Annotated[str, Tag(320)]
    related_sym: Annotated[tuple[InstrumentEntry, ...], Group(146)] = ()


class BinanceRequestReject(MarketDataRequestReject, frozen=True, kw_only=True):
    """MarketDataRequestReject (Y)::

    262=BOOK_TICKER_2|281=2|25016=-1191|58=Similar subscription is already active on this connection. …|
    """

    error_code: Annotated[int | None, Tag(25016)] = None


class BookEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A level of a snapshot: an entry of MDEntries (268)."""

    md_entry_type: Annotated[str, Tag(269)]
    md_entry_px: Annotated[str, Tag(270)]
    md_entry_size: Annotated[str, Tag(271)]


class BookSnapshotMessage(msgspec.Struct, frozen=True, kw_only=True):
    """MarketDataSnapshot (W), best level first: ``262=BOOK_TICKER_1_2|55=BNBBUSD|25044=0|268=0|``"""

    msg_type: ClassVar[str] = "W"

    md_req_id: Annotated[str, Tag(262)]
    symbol: Annotated[str, Tag(55)]
    sending_time: Annotated[Timestamp | None, Tag(52)] = None
    last_book_update_id: Annotated[int | None, Tag(25044)] = None
    md_entries: Annotated[tuple[BookEntry, ...], Group(268)] = ()


class DataUpdate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry of MDEntries (268) in an update. What is None of symbol and book ids is what the entry before it had."""

    md_update_action: Annotated[str, Tag(279)]
    md_entry_type: Annotated[str, Tag(269)]
    md_entry_px: Annotated[str | None, Tag(270)] = None
    md_entry_size: Annotated[str | None, Tag(271)] = None
    symbol: Annotated[str | None, Tag(55)] = None
    transact_time: Annotated[Timestamp | None, Tag(60)] = None
    trade_id: Annotated[int | None, Tag(1003)] = None
    aggressor_side: Annotated[str | None, Tag(2446)] = None
    first_book_update_id: Annotated[int | None, Tag(25043)] = None
    last_book_update_id: Annotated[int | None, Tag(25044)] = None


class UpdateMessage(msgspec.Struct, frozen=True, kw_only=True):
    """MarketDataIncrementalRefresh (X); ``last_fragment`` is there where one update needs several messages::

    262=TRADE_3|268=3|279=0|269=2|270=10.00000|271=0.01000|55=BNBBUSD|1003=0|60=20241019-05:40:11.464000|279=0|269=2|
    270=10.00000|271=0.01000|1003=1|60=20241019-05:40:11.464000|279=0|269=2|270=10.00000|271=0.01000|1003=2|
    60=20241019-05:40:11.464000|
    """

    msg_type: ClassVar[str] = "X"

    md_req_id: Annotated[str, Tag(262)]
    sending_time: Annotated[Timestamp | None, Tag(52)] = None
    last_fragment: Annotated[bool | None, Tag(893)] = None
    md_entries: Annotated[tuple[DataUpdate, ...], Group(268)]
