"""Coinbase's execution reports to orders and fills (Exchange 5.0SP2, Prime 4.2, 2026-09)."""

from typing import ClassVar

from barterpy.model.number import N
from barterpy.protocols.fix.executions import ExecutionNormaliser

__all__ = ["CoinbaseExecutions"]


class CoinbaseExecutions(ExecutionNormaliser[N]):
    """Of Exchange and of Prime, which in FIX 4.2 tells every fill as ExecType 1."""

    post_only: ClassVar[frozenset[str]] = frozenset({"A", "6"})
