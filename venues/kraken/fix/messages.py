"""What Kraken's FIX messages have beyond the standard's (docs.kraken.com, unified FIX, 2026-09).

ClOrdID is an increasing number of at most 18 digits, such as microseconds since 1970, or a UUID that begins with a
time. Orders can be cancelled from the session that placed them only.
"""

from decimal import Decimal
from typing import Annotated, ClassVar

import msgspec

from barterpy.protocols.fix.marketdata import (
    MarketDataRequest,
    MarketDataRequestReject,
    Security,
    SecurityList,
    SecurityListRequest,
    TradingSessionStatus,
)
from barterpy.protocols.fix.orders import (
    BusinessMessageReject,
    ExecutionReport,
    NewOrderSingle,
    OrderCancelReject,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderMassCancelRequest,
    OrderStatusRequest,
    Reject,
)
from barterpy.protocols.fix.records import Group, Tag

__all__ = [
    "KrakenBookEntry",
    "KrakenExecutionReport",
    "KrakenNewOrder",
    "KrakenSecurity",
    "KrakenSecurityList",
    "KrakenSnapshot",
    "KrakenUpdate",
    "KrakenUpdateMessage",
    "MarketDataMessage",
    "MarketDataRequest",
    "OrderCancelReplaceRequest",
    "OrderCancelRequest",
    "OrderMassCancelRequest",
    "OrderStatusRequest",
    "SecurityListRequest",
    "TradingMessage",
]


class KrakenNewOrder(NewOrderSingle, frozen=True, kw_only=True):
    """New Order Single (D). OrdType R and T take profit, U and V are trailing stops::

    11=1688738168|38=0.01|40=2|44=1000|54=1|55=BTC/USD|59=1|60=20230707-13:56:08.277|
    """

    self_trade_type: Annotated[str | None, Tag(7928)] = None
    leverage: Annotated[int | None, Tag(5001)] = None


class KrakenExecutionReport(ExecutionReport, frozen=True, kw_only=True):
    """Execution Report (8)::

    6=0|11=1744036325000000|14=0|17=EXEC002:TRD001|37=OQNCZM-NVAVC-AVD2LO|38=0.001|39=0|40=2|44=84000|54=1|55=BTC/USD|
    58=buy 0.001 BTC/USD @ limit 84000|59=1|60=20260407-14:32:05.000|150=0|151=0.001|381=0|
    """

    gross_trade_amt: Annotated[Decimal | None, Tag(381)] = None
    liquidity: Annotated[str | None, Tag(5050)] = None
    """As one public client has it: whether the order made or took."""


class KrakenBookEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A level, or an order of a derivatives L3 book: an entry of MDEntries (268)."""

    md_entry_type: Annotated[str, Tag(269)]
    md_entry_id: Annotated[str | None, Tag(278)] = None
    """Side and price of a level (``O30300.0``, ``B30299.9``), or the order's id."""
    md_entry_px: Annotated[str, Tag(270)]
    md_entry_size: Annotated[str, Tag(271)]
    md_entry_time: Annotated[str | None, Tag(273)] = None


class KrakenSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Market Data Snapshot Full Refresh (W)."""

    msg_type: ClassVar[str] = "W"

    md_req_id: Annotated[str, Tag(262)]
    symbol: Annotated[str, Tag(55)]
    md_entries: Annotated[tuple[KrakenBookEntry, ...], Group(268)] = ()


class KrakenUpdate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of a level, or a trade: an entry of MDEntries (268)."""

    md_update_action: Annotated[str, Tag(279)]
    md_entry_type: Annotated[str, Tag(269)]
    md_entry_id: Annotated[str | None, Tag(278)] = None
    md_entry_px: Annotated[str, Tag(270)]
    md_entry_size: Annotated[str, Tag(271)]
    md_entry_time: Annotated[str | None, Tag(273)] = None
    ord_type: Annotated[str | None, Tag(40)] = None
    aggressor_side: Annotated[str | None, Tag(2446)] = None


class KrakenUpdateMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Market Data Incremental Refresh (X), whose checksum is of the best ten levels behind it::

    55=BTC/USD|262=1|268=2|279=2|269=1|278=O30300.7|270=30300.7|271=0.0|273=13:42:27.208|279=0|269=1|278=O31941.0|
    270=31941.0|271=0.0031746|273=20:40:00.455|
    """

    msg_type: ClassVar[str] = "X"

    md_req_id: Annotated[str, Tag(262)]
    symbol: Annotated[str, Tag(55)]
    md_entries: Annotated[tuple[KrakenUpdate, ...], Group(268)]
    checksum: Annotated[str | None, Tag(5041)] = None


class KrakenSecurity(Security, frozen=True, kw_only=True):
    """A pair: an entry of RelatedSym (146)::

    55=BTC/USD|562=0.00000001|5010=8|5011=0.0001|2349=1|5022=0.1|5032=1|
    """

    price_precision: Annotated[int | None, Tag(2349)] = None
    quantity_precision: Annotated[int | None, Tag(5010)] = None


class KrakenSecurityList(SecurityList, frozen=True, kw_only=True):
    """Security List (y)."""

    related_sym: Annotated[tuple[KrakenSecurity, ...], Group(146)] = ()


TradingMessage = KrakenExecutionReport | OrderCancelReject | BusinessMessageReject | Reject
"""What comes on trading sessions."""

MarketDataMessage = (
    KrakenUpdateMessage
    | KrakenSnapshot
    | MarketDataRequestReject
    | KrakenSecurityList
    | TradingSessionStatus
    | BusinessMessageReject
    | Reject
)
"""What comes on market data sessions."""
