"""An account: orders, fills, balances and positions, the same for every venue.

Times are int nanoseconds UTC; sizes count base asset or contracts as the instrument does; amounts the asset
named. ``account`` says which of several accounts it is about (a subaccount); None where a login has only one.
"""

from enum import StrEnum
from typing import Generic, TypeAlias

import msgspec

from barterpy.model.market import Side
from barterpy.model.number import N

__all__ = [
    "AccountEvent",
    "Balance",
    "Fill",
    "Order",
    "OrderStatus",
    "OrderType",
    "OrderUpdate",
    "Position",
    "TimeInForce",
    "Transfer",
    "TransferKind",
]


class OrderType(StrEnum):
    """How an order is priced."""

    LIMIT = "limit"
    MARKET = "market"
    STOP_LIMIT = "stop_limit"
    STOP_MARKET = "stop_market"
    TAKE_PROFIT_LIMIT = "take_profit_limit"
    TAKE_PROFIT_MARKET = "take_profit_market"
    TRAILING_STOP_MARKET = "trailing_stop_market"
    UNKNOWN = "unknown"


class TimeInForce(StrEnum):
    """How long an order works."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    GTD = "gtd"
    DAY = "day"
    UNKNOWN = "unknown"


class OrderStatus(StrEnum):
    """Where an order is in its life. ``UNKNOWN_OUTCOME``: it may or may not exist, the venue must be asked."""

    PENDING_NEW = "pending_new"
    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    PENDING_CANCEL = "pending_cancel"
    CANCELED = "canceled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    UNKNOWN_OUTCOME = "unknown_outcome"


class Order(msgspec.Struct, Generic[N], frozen=True, kw_only=True, tag="order", tag_field="event"):
    """The state of an order. ``price`` is None for an order without one, ``average_price`` None before any fill."""

    venue: str
    instrument: str
    id: str | None
    client_id: str | None
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    status: OrderStatus
    size: N
    filled: N
    price: N | None = None
    average_price: N | None = None
    stop_price: N | None = None
    post_only: bool = False
    reduce_only: bool = False
    created_at: int | None = None
    exchange_at: int | None = None
    received_at: int = 0
    account: str | None = None


class OrderUpdate(msgspec.Struct, Generic[N], frozen=True, kw_only=True, tag="order_update", tag_field="event"):
    """An order changed. ``reason`` is the venue's text where it gave one."""

    order: Order[N]
    reason: str | None = None
    epoch: int = 1
    sequence: int | None = None


class Fill(msgspec.Struct, Generic[N], frozen=True, kw_only=True, tag="fill", tag_field="event"):
    """A part of an order was traded. ``fee`` is in ``fee_asset``, negative for a rebate."""

    venue: str
    instrument: str
    id: str
    order_id: str
    client_id: str | None
    side: Side
    price: N
    size: N
    fee: N | None
    fee_asset: str | None
    maker: bool | None
    exchange_at: int | None
    received_at: int
    epoch: int = 1
    account: str | None = None


class Balance(msgspec.Struct, Generic[N], frozen=True, kw_only=True, tag="balance", tag_field="event"):
    """What is held of an asset. ``total`` includes what is locked in orders."""

    venue: str
    asset: str
    total: N
    free: N
    exchange_at: int | None
    received_at: int
    epoch: int = 1
    account: str | None = None


class Position(msgspec.Struct, Generic[N], frozen=True, kw_only=True, tag="position", tag_field="event"):
    """An open position; ``size`` is negative when short, zero when it was closed."""

    venue: str
    instrument: str
    size: N
    entry_price: N | None
    exchange_at: int | None
    received_at: int
    mark_price: N | None = None
    unrealised_pnl: N | None = None
    liquidation_price: N | None = None
    leverage: N | None = None
    epoch: int = 1
    account: str | None = None


class TransferKind(StrEnum):
    """Which way a transfer went, seen from ``account``."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"


class Transfer(msgspec.Struct, Generic[N], frozen=True, kw_only=True, tag="transfer", tag_field="event"):
    """Money moved: from outside or to outside (deposit, withdrawal), or between accounts of the venue.

    ``size`` is never negative. ``sender`` and ``recipient`` are accounts or addresses as the venue names them.
    """

    venue: str
    kind: TransferKind
    asset: str
    size: N
    id: str
    sender: str
    recipient: str
    exchange_at: int | None
    received_at: int
    epoch: int = 1
    account: str | None = None


AccountEvent: TypeAlias = OrderUpdate[N] | Fill[N] | Balance[N] | Position[N] | Transfer[N]
