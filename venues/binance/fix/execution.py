"""Binance's execution reports to orders and fills: what it says in fields of its own.

"ExecutionReport" and "Supported order types", FIX API page, 2026-09: there is no average price but the quote asset
traded so far; stops have a trigger instead of a StopPx, and only its direction tells a stop loss from a take profit.
"""

from decimal import Decimal
from typing import Final

from barterpy.model.account import OrderType
from barterpy.model.number import N
from barterpy.protocols.fix.executions import ExecutionNormaliser
from barterpy.protocols.fix.instants import nanoseconds
from barterpy.protocols.fix.orders import ExecutionReport
from barterpy.venues.binance.fix.messages import BinanceExecutionReport

__all__ = ["BinanceExecutions"]

_STOP: Final = "3"
_STOP_LIMIT: Final = "4"
_LOSS: Final = frozenset({("1", "U"), ("2", "D")})
"""Side and direction of a trigger that limits a loss: buy when it rises, sell when it falls."""


class BinanceExecutions(ExecutionNormaliser[N]):
    """Of :class:`~barterpy.venues.binance.fix.order_messages.BinanceExecutionReport`."""

    def order_type(self, report: ExecutionReport) -> OrderType:
        if not isinstance(report, BinanceExecutionReport) or report.ord_type not in (_STOP, _STOP_LIMIT):
            return super().order_type(report)
        direction = report.trigger_price_direction
        # A trailing order without a price to begin at has no direction, and takes profit.
        loss = (report.side, direction) in _LOSS
        if report.ord_type == _STOP_LIMIT:
            return OrderType.STOP_LIMIT if loss else OrderType.TAKE_PROFIT_LIMIT
        if report.trigger_trailing_delta_bips is not None:
            return OrderType.TRAILING_STOP_MARKET
        return OrderType.STOP_MARKET if loss else OrderType.TAKE_PROFIT_MARKET

    def average_price(self, report: ExecutionReport) -> Decimal | None:
        if not isinstance(report, BinanceExecutionReport) or not report.cum_qty or not report.cum_quote_qty:
            return super().average_price(report)
        return report.cum_quote_qty / report.cum_qty

    def stop_price(self, report: ExecutionReport) -> Decimal | None:
        return report.trigger_price if isinstance(report, BinanceExecutionReport) else super().stop_price(report)

    def created_at(self, report: ExecutionReport) -> int | None:
        return nanoseconds(report.order_creation_time) if isinstance(report, BinanceExecutionReport) else None

    def reason(self, report: ExecutionReport) -> str | None:
        expiry = report.expiry_reason if isinstance(report, BinanceExecutionReport) else None
        return report.text or expiry
