"""Answers about an account to the model."""

from typing import Generic

import msgspec

from barterpy.clock import MILLISECOND
from barterpy.model.account import Balance, Position
from barterpy.model.number import N, NumberParser
from barterpy.venues.binance.answers import FuturesAccount, FuturesBalance, SpotAccount

__all__ = ["Account", "futures_account", "futures_balances", "spot_balances"]


class Account(msgspec.Struct, Generic[N], frozen=True, kw_only=True):
    """What an account holds. ``received_at`` is int nanoseconds UTC."""

    venue: str
    balances: tuple[Balance[N], ...]
    positions: tuple[Position[N], ...]
    received_at: int


def spot_balances(venue: str, number: NumberParser[N], answer: SpotAccount, received_at: int) -> tuple[Balance[N], ...]:
    """Balances of ``/api/v3/account``; what is locked in orders is part of the total."""
    balances: list[Balance[N]] = []
    for row in answer.balances:
        free = number(row.free)
        balances.append(
            Balance(
                venue=venue,
                asset=row.asset,
                total=free + number(row.locked),
                free=free,
                exchange_at=answer.updateTime * MILLISECOND or None,
                received_at=received_at,
            )
        )
    return tuple(balances)


def futures_balances(
    venue: str, number: NumberParser[N], answer: list[FuturesBalance], received_at: int
) -> tuple[Balance[N], ...]:
    """Balances of ``/fapi/v3/balance``; ``free`` is what new orders may use."""
    return tuple(
        [
            Balance(
                venue=venue,
                asset=row.asset,
                total=number(row.balance),
                free=number(row.availableBalance),
                exchange_at=row.updateTime * MILLISECOND or None,
                received_at=received_at,
            )
            for row in answer
        ]
    )


def futures_account(venue: str, number: NumberParser[N], answer: FuturesAccount, received_at: int) -> Account[N]:
    """Assets and positions of ``/fapi/v3/account``, which does not tell entry prices."""
    return Account(
        venue=venue,
        balances=tuple(
            [
                Balance(
                    venue=venue,
                    asset=row.asset,
                    total=number(row.walletBalance),
                    free=number(row.availableBalance),
                    exchange_at=row.updateTime * MILLISECOND or None,
                    received_at=received_at,
                )
                for row in answer.assets
            ]
        ),
        positions=tuple(
            [
                Position(
                    venue=venue,
                    instrument=row.symbol,
                    size=number(row.positionAmt),
                    entry_price=None,
                    exchange_at=row.updateTime * MILLISECOND or None,
                    received_at=received_at,
                    unrealised_pnl=number(row.unrealizedProfit) if row.unrealizedProfit else None,
                )
                for row in answer.positions
            ]
        ),
        received_at=received_at,
    )
