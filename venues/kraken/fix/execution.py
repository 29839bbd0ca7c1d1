"""Kraken's execution reports to orders and fills ("Execution Report", docs.kraken.com, unified FIX, 2026-09)."""

from collections.abc import Mapping
from typing import ClassVar

from barterpy.model.account import OrderType
from barterpy.model.number import N
from barterpy.protocols.fix.executions import ExecutionNormaliser

__all__ = ["KrakenExecutions"]


class KrakenExecutions(ExecutionNormaliser[N]):
    """With the letters Kraken has for take profits and trailing stops."""

    order_types: ClassVar[Mapping[str, OrderType]] = {
        **ExecutionNormaliser.order_types,
        "R": OrderType.TAKE_PROFIT_MARKET,
        "T": OrderType.TAKE_PROFIT_LIMIT,
        "U": OrderType.TRAILING_STOP_MARKET,
        "V": OrderType.STOP_LIMIT,  # trailing, which the model has for market orders only
    }
