"""What Binance's FIX messages have beyond the standard's, and those that are its own ("FIX API" page and its QuickFIX
schemas, 2026-09): all of them by one name, those about limits, and what comes on each kind of session.
"""

from typing import Annotated, ClassVar

import msgspec

from barterpy.protocols.fix.marketdata import MarketDataRequest, News
from barterpy.protocols.fix.orders import OrderMassCancelRequest
from barterpy.protocols.fix.records import Group, Tag
from barterpy.venues.binance.fix.market_messages import (
    BinanceRequestReject,
    BookEntry,
    BookSnapshotMessage,
    DataUpdate,
    InstrumentEntry,
    InstrumentList,
    InstrumentListRequest,
    UpdateMessage,
)
from barterpy.venues.binance.fix.order_messages import (
    BinanceCancelReject,
    BinanceCancelRequest,
    BinanceExecutionReport,
    BinanceListOrder,
    BinanceListStatus,
    BinanceListStatusOrder,
    BinanceMassCancelReport,
    BinanceNewOrder,
    BinanceNewOrderList,
    BinanceReject,
    CancelAndNewOrder,
    ListTrigger,
    OrderAmend,
    OrderAmendReject,
)

__all__ = [
    "BinanceCancelReject",
    "BinanceCancelRequest",
    "BinanceExecutionReport",
    "BinanceListOrder",
    "BinanceListStatus",
    "BinanceListStatusOrder",
    "BinanceMassCancelReport",
    "BinanceNewOrder",
    "BinanceNewOrderList",
    "BinanceReject",
    "BinanceRequestReject",
    "BookEntry",
    "BookSnapshotMessage",
    "CancelAndNewOrder",
    "DataUpdate",
    "InstrumentEntry",
    "InstrumentList",
    "InstrumentListRequest",
    "LimitIndicator",
    "LimitQuery",
    "LimitResponse",
    "ListTrigger",
    "MarketDataMessage",
    "MarketDataRequest",
    "News",
    "OrderAmend",
    "OrderAmendReject",
    "OrderEntryMessage",
    "OrderMassCancelRequest",
    "UpdateMessage",
]


class LimitQuery(msgspec.Struct, frozen=True, kw_only=True):
    """LimitQuery (XLQ): ``6136=1718343335357229749|``"""

    msg_type: ClassVar[str] = "XLQ"

    req_id: Annotated[str, Tag(6136)]


class LimitIndicator(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of LimitIndicators (25003)."""

    limit_type: Annotated[str, Tag(25004)]
    """1 orders, 2 messages, 3 subscriptions."""
    limit_count: Annotated[int, Tag(25005)]
    limit_max: Annotated[int, Tag(25006)]
    reset_interval: Annotated[int | None, Tag(25007)] = None
    reset_interval_resolution: Annotated[str | None, Tag(25008)] = None
    """s, m, h or d."""


class LimitResponse(msgspec.Struct, frozen=True, kw_only=True):
    """LimitResponse (XLR)::

    6136=1718343762723730315|25003=3|25004=2|25005=1|25006=1000|25007=10|25008=s|25004=1|25005=0|25006=200|25007=10|
    25008=s|25004=1|25005=0|25006=200000|25007=1|25008=d|
    """

    msg_type: ClassVar[str] = "XLR"

    req_id: Annotated[str, Tag(6136)]
    limits: Annotated[tuple[LimitIndicator, ...], Group(25003)] = ()


OrderEntryMessage = (
    BinanceExecutionReport
    | BinanceCancelReject
    | BinanceMassCancelReport
    | BinanceListStatus
    | OrderAmendReject
    | LimitResponse
    | BinanceReject
    | News
)
"""What comes on order entry and drop copy sessions."""

MarketDataMessage = (
    UpdateMessage | BookSnapshotMessage | BinanceRequestReject | InstrumentList | LimitResponse | BinanceReject | News
)
"""What comes on market data sessions."""
