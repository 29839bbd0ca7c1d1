"""What Deribit tells of an account, brought to the model: orders, fills, positions, balances.

There is no state for a part that was traded (it is told from ``filled_amount``), and sizes of positions are signed.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Generic

from barterpy.clock import MILLISECOND
from barterpy.model.account import (
    Balance,
    Fill,
    Order,
    OrderStatus,
    OrderType,
    OrderUpdate,
    Position,
    TimeInForce,
)
from barterpy.model.market import Side
from barterpy.model.number import N, NumberParser
from barterpy.venues.deribit.answers import AccountSummary, OrderRow, PositionRow, UserTradeRow

__all__ = ["AccountNormaliser"]

_STATUS: Final[Mapping[str, OrderStatus]] = {
    "open": OrderStatus.OPEN,
    "filled": OrderStatus.FILLED,
    "rejected": OrderStatus.REJECTED,
    "cancelled": OrderStatus.CANCELED,
    # Accepted and waiting for their trigger; "triggered" ones live on as another order.
    "untriggered": OrderStatus.OPEN,
    "triggered": OrderStatus.FILLED,
}
_TYPES: Final[Mapping[str, OrderType]] = {
    "limit": OrderType.LIMIT,
    "market": OrderType.MARKET,
    "market_limit": OrderType.MARKET,
    "stop_limit": OrderType.STOP_LIMIT,
    "stop_market": OrderType.STOP_MARKET,
    "take_limit": OrderType.TAKE_PROFIT_LIMIT,
    "take_market": OrderType.TAKE_PROFIT_MARKET,
    "trailing_stop": OrderType.TRAILING_STOP_MARKET,
}
_TIMES: Final[Mapping[str, TimeInForce]] = {
    "good_til_cancelled": TimeInForce.GTC,
    "good_til_day": TimeInForce.DAY,
    "immediate_or_cancel": TimeInForce.IOC,
    "fill_or_kill": TimeInForce.FOK,
}


class AccountNormaliser(Generic[N]):
    """Makes account events of one venue object: its name, its number type, and the epoch of the connection.

    Instruments are named by the venue; ``received_at`` is int nanoseconds UTC.
    """

    def __init__(self, venue: str, number: NumberParser[N]) -> None:
        self.venue: str = venue
        self.epoch: int = 1
        self._number: NumberParser[N] = number

    def order(self, row: OrderRow, received_at: int) -> Order[N]:
        filled = row.filled_amount or Decimal(0)
        status = _STATUS.get(row.order_state, OrderStatus.OPEN)
        if status is OrderStatus.OPEN and filled:
            status = OrderStatus.PARTIALLY_FILLED
        return Order(
            venue=self.venue,
            instrument=row.instrument_name,
            id=row.order_id,
            client_id=row.label or None,
            side=Side(row.direction),
            type=_TYPES.get(row.order_type, OrderType.UNKNOWN),
            time_in_force=_TIMES.get(row.time_in_force, TimeInForce.UNKNOWN),
            status=status,
            size=self._exact(row.amount or Decimal(0)),
            filled=self._exact(filled),
            price=self._price(bytes(row.price)),
            average_price=self._maybe(row.average_price or None),
            stop_price=self._maybe(row.trigger_price),
            post_only=row.post_only,
            reduce_only=row.reduce_only,
            created_at=_nanoseconds(row.creation_timestamp),
            exchange_at=_nanoseconds(row.last_update_timestamp),
            received_at=received_at,
        )

    def order_update(self, row: OrderRow, received_at: int) -> OrderUpdate[N]:
        return OrderUpdate(
            order=self.order(row, received_at), reason=row.cancel_reason or row.reject_reason, epoch=self.epoch
        )

    def fill(self, row: UserTradeRow, received_at: int) -> Fill[N]:
        return Fill(
            venue=self.venue,
            instrument=row.instrument_name,
            id=row.trade_id,
            order_id=row.order_id,
            client_id=row.label or None,
            side=Side(row.direction),
            price=self._exact(row.price),
            size=self._exact(row.amount),
            fee=self._maybe(row.fee),
            fee_asset=row.fee_currency,
            maker={"M": True, "T": False}.get(row.liquidity),
            exchange_at=row.timestamp * MILLISECOND,
            received_at=received_at,
            epoch=self.epoch,
        )

    def position(self, row: PositionRow, received_at: int) -> Position[N]:
        # "size" is signed; where a gateway sends it unsigned, the direction tells.
        size = -abs(row.size) if row.direction == "sell" else row.size
        return Position(
            venue=self.venue,
            instrument=row.instrument_name,
            size=self._exact(size),
            entry_price=self._maybe(row.average_price or None),
            exchange_at=None,
            received_at=received_at,
            mark_price=self._maybe(row.mark_price),
            unrealised_pnl=self._maybe(row.floating_profit_loss),
            liquidation_price=self._maybe(row.estimated_liquidation_price),
            leverage=self._maybe(row.leverage),
            epoch=self.epoch,
        )

    def balance(self, row: AccountSummary, received_at: int) -> Balance[N]:
        return Balance(
            venue=self.venue,
            asset=row.currency,
            total=self._exact(row.equity),
            free=self._exact(row.available_funds),
            exchange_at=None,
            received_at=received_at,
            epoch=self.epoch,
        )

    def _exact(self, value: Decimal) -> N:
        # A number that is a Decimal already keeps its digits.
        return self._number(str(value))

    def _maybe(self, value: Decimal | None) -> N | None:
        return None if value is None else self._exact(value)

    def _price(self, raw: bytes) -> N | None:
        # "market_price" and the like: an order that has none.
        if raw[:1] in (b'"', b"n", b""):
            return None
        return self._number(raw.decode("ascii"))


def _nanoseconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else milliseconds * MILLISECOND
