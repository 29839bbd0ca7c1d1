"""What Coinbase's FIX messages have beyond the standard's: Exchange (FIX 5.0SP2) and Prime (FIX 4.2), 2026-09.

Exchange's books are of single orders (L3): an entry names its order in OrderID or MDEntryID. They are built like this:
keep the updates, take the snapshot, drop the updates whose RptSeq (83) is not above the snapshot's.
"""

from decimal import Decimal
from typing import Annotated, ClassVar

import msgspec

from barterpy.protocols.fix.marketdata import (
    MarketDataIncrementalRefresh,
    MarketDataRequest,
    MarketDataRequestReject,
    MarketDataSnapshotFullRefresh,
    MarketDataUpdate,
    Security,
    SecurityList,
    SecurityStatus,
)
from barterpy.protocols.fix.orders import (
    BusinessMessageReject,
    ExecutionReport,
    NewOrderSingle,
    OrderCancelReject,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderMassCancelReport,
    OrderMassCancelRequest,
    OrderStatusRequest,
    Reject,
)
from barterpy.protocols.fix.records import Group, Tag, Timestamp

__all__ = [
    "BatchCancel",
    "BatchOrder",
    "BusinessMessageReject",
    "ExchangeExecutionReport",
    "ExchangeNewOrder",
    "ExchangeSecurity",
    "ExchangeSecurityList",
    "ExchangeStatus",
    "ExchangeUpdate",
    "ExchangeUpdateMessage",
    "MarketDataMessage",
    "MarketDataRequest",
    "NewOrderBatch",
    "NewOrderBatchReject",
    "OrderCancelBatch",
    "OrderCancelBatchReject",
    "OrderCancelReplaceRequest",
    "OrderCancelRequest",
    "OrderEntryMessage",
    "OrderMassCancelRequest",
    "OrderStatusRequest",
    "PrimeExecutionReport",
    "PrimeMessage",
    "PrimeNewOrder",
]


# Exchange: order entry and drop copy.


class ExchangeNewOrder(NewOrderSingle, frozen=True, kw_only=True):
    """NewOrderSingle (D). ClOrdID is a version 4 UUID in lower case; ``exec_inst="A"`` is post only, ``ord_type="O"`` a
    take profit with a stop loss."""

    self_trade_type: Annotated[str | None, Tag(7928)] = None
    """D decrement and cancel, O cancel the older, N the newer, B both."""
    trigger_price_direction: Annotated[str | None, Tag(1109)] = None


class ExchangeExecutionReport(ExecutionReport, frozen=True, kw_only=True):
    """ExecutionReport (8)."""

    self_trade_type: Annotated[str | None, Tag(7928)] = None
    batch_id: Annotated[str | None, Tag(8014)] = None


class BatchOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order of a batch: an entry of Orders (73)."""

    cl_ord_id: Annotated[str, Tag(11)]
    symbol: Annotated[str, Tag(55)]
    side: Annotated[str, Tag(54)]
    ord_type: Annotated[str, Tag(40)]
    order_qty: Annotated[Decimal | None, Tag(38)] = None
    price: Annotated[Decimal | None, Tag(44)] = None
    time_in_force: Annotated[str | None, Tag(59)] = None
    expire_time: Annotated[Timestamp | None, Tag(126)] = None
    exec_inst: Annotated[str | None, Tag(18)] = None
    self_trade_type: Annotated[str | None, Tag(7928)] = None


class NewOrderBatch(msgspec.Struct, frozen=True, kw_only=True):
    """NewOrderBatch (U6): up to 15 orders."""

    msg_type: ClassVar[str] = "U6"

    batch_id: Annotated[str, Tag(8014)]
    orders: Annotated[tuple[BatchOrder, ...], Group(73)]


class NewOrderBatchReject(msgspec.Struct, frozen=True, kw_only=True):
    """NewOrderBatchReject (U7)."""

    msg_type: ClassVar[str] = "U7"

    batch_id: Annotated[str, Tag(8014)]
    text: Annotated[str | None, Tag(58)] = None


class BatchCancel(msgspec.Struct, frozen=True, kw_only=True):
    """An order to cancel: an entry of Orders (73)."""

    cl_ord_id: Annotated[str, Tag(11)]
    orig_cl_ord_id: Annotated[str | None, Tag(41)] = None
    order_id: Annotated[str | None, Tag(37)] = None
    symbol: Annotated[str | None, Tag(55)] = None


class OrderCancelBatch(msgspec.Struct, frozen=True, kw_only=True):
    """OrderCancelBatch (U4): up to 15 orders."""

    msg_type: ClassVar[str] = "U4"

    batch_id: Annotated[str, Tag(8014)]
    orders: Annotated[tuple[BatchCancel, ...], Group(73)]


class OrderCancelBatchReject(msgspec.Struct, frozen=True, kw_only=True):
    """OrderCancelBatchReject (U5)."""

    msg_type: ClassVar[str] = "U5"

    batch_id: Annotated[str, Tag(8014)]
    text: Annotated[str | None, Tag(58)] = None


# Exchange: market data.


class ExchangeUpdate(MarketDataUpdate, frozen=True, kw_only=True):
    """An entry of MDEntries (268). Without an order it tells of a match to come."""

    aggressor_side: Annotated[str | None, Tag(5797)] = None
    funds: Annotated[Decimal | None, Tag(29004)] = None
    text: Annotated[str | None, Tag(58)] = None
    """Why an order left the book."""


class ExchangeUpdateMessage(MarketDataIncrementalRefresh, frozen=True, kw_only=True):
    """MarketDataIncrementalRefresh (X), always of one entry."""

    rpt_seq: Annotated[int | None, Tag(83)] = None
    md_entries: Annotated[tuple[ExchangeUpdate, ...], Group(268)]


class ExchangeStatus(SecurityStatus, frozen=True, kw_only=True):
    """SecurityStatus (f)."""

    md_security_trading_status: Annotated[int | None, Tag(1682)] = None


class ExchangeSecurity(Security, frozen=True, kw_only=True):
    """A product: an entry of RelatedSym (146)."""

    min_size_increment: Annotated[Decimal | None, Tag(29003)] = None


class ExchangeSecurityList(SecurityList, frozen=True, kw_only=True):
    """SecurityList (y)."""

    related_sym: Annotated[tuple[ExchangeSecurity, ...], Group(146)] = ()


# Prime.


class PrimeNewOrder(NewOrderSingle, frozen=True, kw_only=True):
    """New Order Single (D). ``account`` is the portfolio's id, and OrdType has to match the strategy."""

    target_strategy: Annotated[str | None, Tag(847)] = None
    """L limit, M market, T TWAP, V VWAP, SL stop limit, R RFQ."""
    participation_rate: Annotated[Decimal | None, Tag(849)] = None
    effective_time: Annotated[Timestamp | None, Tag(168)] = None
    max_show: Annotated[Decimal | None, Tag(210)] = None


class PrimeExecutionReport(ExecutionReport, frozen=True, kw_only=True):
    """Execution Report (8)."""

    target_strategy: Annotated[str | None, Tag(847)] = None


OrderEntryMessage = (
    ExchangeExecutionReport
    | OrderCancelReject
    | OrderMassCancelReport
    | NewOrderBatchReject
    | OrderCancelBatchReject
    | BusinessMessageReject
    | Reject
)
"""What comes on order entry and drop copy sessions of Exchange."""

MarketDataMessage = (
    ExchangeUpdateMessage
    | MarketDataSnapshotFullRefresh
    | MarketDataRequestReject
    | ExchangeStatus
    | ExchangeSecurityList
    | BusinessMessageReject
    | Reject
)
"""What comes on market data sessions of Exchange."""

PrimeMessage = PrimeExecutionReport | OrderCancelReject | BusinessMessageReject | Reject
"""What comes on sessions of Prime."""
