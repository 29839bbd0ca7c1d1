"""Deribit's execution reports to orders and fills: its ids, its units, and several trades in one report.

"Execution Reports", docs.deribit.com, 2026-09: ClOrdID (11) is the id that Deribit gave and OrigClOrdID (41) the
user's; quantities are contracts, of which ContractMultiplier (231) makes the venue's amounts.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Final

from barterpy.model.account import OrderType, TimeInForce
from barterpy.model.number import N
from barterpy.protocols.fix.executions import ExecutionNormaliser, ExecutionOutput, ExecutionTransformer
from barterpy.protocols.fix.orders import ExecutionReport
from barterpy.venues.deribit.fix.messages import DeribitExecutionReport

__all__ = ["DeribitExecutionTransformer", "DeribitExecutions"]

_ONE: Final = Decimal(1)


class DeribitExecutions(ExecutionNormaliser[N]):
    """Of :class:`~barterpy.venues.deribit.fix.messages.DeribitExecutionReport`."""

    order_types: ClassVar[Mapping[str, OrderType]] = {
        **ExecutionNormaliser.order_types,
        "S": OrderType.STOP_MARKET,
    }
    default_time_in_force: ClassVar[TimeInForce] = TimeInForce.GTC

    def ids(self, report: ExecutionReport) -> tuple[str | None, str | None]:
        return report.order_id or report.cl_ord_id, report.orig_cl_ord_id

    def is_trade(self, report: ExecutionReport) -> bool:
        # Reports of trades come as answers to orders, too, whatever their ExecType says; each trade is told once.
        return bool(report.fills) or super().is_trade(report)

    def unit(self, report: ExecutionReport) -> Decimal:
        multiplier = report.contract_multiplier if isinstance(report, DeribitExecutionReport) else None
        return _ONE if multiplier is None else multiplier


class DeribitExecutionTransformer(ExecutionTransformer[N]):
    """Where a report may be of no order: how many follow a mass status request comes as the message it is."""

    def transform(self, message: Any, received_at: int, /) -> Sequence[ExecutionOutput[N]]:
        if isinstance(message, DeribitExecutionReport) and not message.ord_status:
            return (message,)
        return super().transform(message, received_at)
