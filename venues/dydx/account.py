"""What is told of an account: rows of the wire, REST's or a channel's, to account events.

An update may say of an order only what changed, and names its market by number: orders are remembered while they live,
and the numbers are learned from the markets. ``BEST_EFFORT_…`` is what one Indexer has heard and no block has settled:
a short-term order reported cancelled may still be filled until its good-til block has passed.
"""

from collections.abc import Mapping
from typing import Any, Final, Generic

import msgspec

from barterpy.model.account import (
    Balance,
    Fill,
    Order,
    OrderStatus,
    OrderType,
    OrderUpdate,
    Position,
    TimeInForce,
    Transfer,
    TransferKind,
)
from barterpy.model.market import Side
from barterpy.model.number import N, NumberParser
from barterpy.venues.dydx.answers import AssetPositionRow, FillRow, OrderRow, Party, PositionRow, TransferRow
from barterpy.venues.dydx.symbols import COLLATERAL
from barterpy.venues.dydx.timestamps import nanoseconds

__all__ = ["AccountNormaliser", "account_name", "merged"]

_STATUS: Final[Mapping[str, OrderStatus]] = {
    "BEST_EFFORT_OPENED": OrderStatus.OPEN,
    "OPEN": OrderStatus.OPEN,
    "UNTRIGGERED": OrderStatus.OPEN,
    "FILLED": OrderStatus.FILLED,
    "BEST_EFFORT_CANCELED": OrderStatus.PENDING_CANCEL,
    "CANCELED": OrderStatus.CANCELED,
    "ERROR": OrderStatus.REJECTED,
}
_TYPES: Final[Mapping[str, OrderType]] = {
    "LIMIT": OrderType.LIMIT,
    "MARKET": OrderType.MARKET,
    "STOP_LIMIT": OrderType.STOP_LIMIT,
    "STOP_MARKET": OrderType.STOP_MARKET,
    "TAKE_PROFIT": OrderType.TAKE_PROFIT_LIMIT,
    "TAKE_PROFIT_MARKET": OrderType.TAKE_PROFIT_MARKET,
    "TRAILING_STOP": OrderType.TRAILING_STOP_MARKET,
}
# Every order of dYdX names the block or the time at which it ends.
_IN_FORCE: Final[Mapping[str, TimeInForce]] = {
    "GTT": TimeInForce.GTD,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
}
_EXPIRED: Final = frozenset({"EXPIRED", "INDEXER_EXPIRED"})


def account_name(address: str, number: int) -> str:
    """How the venue writes it: ``dydx1…/0``."""
    return f"{address}/{number}"


def merged(known: OrderRow | None, row: OrderRow) -> OrderRow:
    """What is known of an order after an update that may be partial."""
    if known is None:
        return row
    told = {name: value for name in row.__struct_fields__ if (value := getattr(row, name)) is not None}
    return msgspec.structs.replace(known, **told)


class AccountNormaliser(Generic[N]):
    """Makes account events of one venue object: its name, its number type, and the epoch of the connection.

    :raises ValueError: from any method, for what is missing, or a number, a time or a word that is none
    """

    def __init__(self, venue: str, number: NumberParser[N]) -> None:
        self.venue = venue
        self.number: NumberParser[N] = number
        self.epoch = 1

    def order(self, row: OrderRow, ticker: str, account: str, received_at: int) -> OrderUpdate[N]:
        if row.side is None or row.size is None or row.status is None:
            raise ValueError(f"a part of order {row.id}, of which nothing was told before")
        number: Any = self.number
        # What was matched and not settled yet is in the second of them alone.
        filled = max(number(row.totalFilled or "0"), number(row.totalOptimisticFilled or "0"))
        at = None if row.updatedAt is None else nanoseconds(row.updatedAt)
        order: Order[N] = Order(
            venue=self.venue,
            instrument=ticker,
            id=row.id,
            client_id=row.clientId,
            side=Side(row.side.lower()),
            type=_TYPES.get(row.type or "", OrderType.UNKNOWN),
            time_in_force=_IN_FORCE.get(row.timeInForce or "", TimeInForce.UNKNOWN),
            status=_status(row, partly=bool(filled)),
            size=number(row.size),
            filled=filled,
            price=None if row.price is None else number(row.price),
            stop_price=None if not row.triggerPrice else number(row.triggerPrice),
            post_only=bool(row.postOnly),
            reduce_only=bool(row.reduceOnly),
            exchange_at=at,
            received_at=received_at,
            account=account,
        )
        words = row.status if row.status.startswith("BEST_EFFORT") else None
        return OrderUpdate(order=order, reason=row.removalReason or words, epoch=self.epoch)

    def fill(self, row: FillRow, ticker: str, account: str, received_at: int) -> Fill[N]:
        return Fill(
            venue=self.venue,
            instrument=ticker,
            id=row.id,
            # What was taken over from somebody who was liquidated or deleveraged has no order of ours.
            order_id=row.orderId or "",
            client_id=None,
            side=Side(row.side.lower()),
            price=self.number(row.price),
            size=self.number(row.size),
            fee=None if row.fee is None else self.number(row.fee),
            fee_asset=None if row.fee is None else COLLATERAL,
            maker=row.liquidity == "MAKER",
            exchange_at=nanoseconds(row.createdAt),
            received_at=received_at,
            epoch=self.epoch,
            account=account,
        )

    def position(self, row: PositionRow, account: str, received_at: int) -> Position[N]:
        size = self._signed(row.size, row.side) if row.status == "OPEN" else self.number("0")
        return Position(
            venue=self.venue,
            instrument=row.market,
            size=size,
            entry_price=None if row.entryPrice is None else self.number(row.entryPrice),
            exchange_at=None,
            received_at=received_at,
            unrealised_pnl=None if row.unrealizedPnl is None else self.number(row.unrealizedPnl),
            epoch=self.epoch,
            account=account,
        )

    def closed_position(self, ticker: str, account: str, received_at: int) -> Position[N]:
        """Of a market which is not among the open positions any more."""
        return Position(
            venue=self.venue,
            instrument=ticker,
            size=self.number("0"),
            entry_price=None,
            exchange_at=None,
            received_at=received_at,
            epoch=self.epoch,
            account=account,
        )

    def balance(self, row: AssetPositionRow, account: str, received_at: int) -> Balance[N]:
        """An asset, negative where it is owed. Orders lock nothing of it: margin is reckoned over the account."""
        total = self._signed(row.size, row.side)
        return Balance(
            venue=self.venue,
            asset=row.symbol,
            total=total,
            free=total,
            exchange_at=None,
            received_at=received_at,
            epoch=self.epoch,
            account=account,
        )

    def transfer(self, row: TransferRow, account: str, received_at: int) -> Transfer[N]:
        return Transfer(
            venue=self.venue,
            kind=TransferKind(row.type.lower()),
            asset=row.symbol,
            size=self.number(row.size),
            id=row.id or row.transactionHash,
            sender=_party(row.sender),
            recipient=_party(row.recipient),
            exchange_at=nanoseconds(row.createdAt),
            received_at=received_at,
            epoch=self.epoch,
            account=account,
        )

    def _signed(self, size: str, side: str) -> N:
        # Some places send the sign, some leave it to the side.
        return self.number(f"-{size.lstrip('-')}" if side == "SHORT" else size.lstrip("-"))


def _status(row: OrderRow, *, partly: bool) -> OrderStatus:
    status = _STATUS.get(row.status or "")
    if status is None:
        raise ValueError(f"unknown order status {row.status!r}")
    if status is OrderStatus.OPEN and partly:
        return OrderStatus.PARTIALLY_FILLED
    if status is OrderStatus.CANCELED and row.removalReason in _EXPIRED:
        return OrderStatus.EXPIRED
    return status


def _party(party: Party) -> str:
    number = party.subaccountNumber
    return party.address if number is None else account_name(party.address, number)
