"""What can be traded, and by which rules."""

from decimal import Context, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from barterpy.shape import exact

__all__ = ["Instrument", "InstrumentKind", "OptionKind", "TickStep", "TradingStatus"]


_EXACT = Context(prec=100)
"""More digits than a price over a tick can have, whatever the caller's context."""


class InstrumentKind(StrEnum):
    """What kind of thing it is."""

    SPOT = "spot"
    PERPETUAL = "perpetual"
    FUTURE = "future"
    OPTION = "option"


class OptionKind(StrEnum):
    """Right to buy, or right to sell."""

    CALL = "call"
    PUT = "put"


class TradingStatus(StrEnum):
    """What a venue's many words come down to."""

    TRADING = "trading"
    CANCEL_ONLY = "cancel_only"
    HALTED = "halted"
    PENDING = "pending"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class TickStep(NamedTuple):
    """Prices above ``above`` lie on the grid of ``tick``."""

    above: Decimal
    tick: Decimal


class Instrument(msgspec.Struct, frozen=True, kw_only=True, tag="instrument", tag_field="event"):
    """One instrument of one venue, with the rules an order must keep. Rules are always exact ``Decimal``.

    ``symbol`` is the venue's own name, ``unified`` the name Python users know from ccxt (``BTC/USDT``,
    ``BTC/USDT:USDT``, ``BTC/USD:BTC-261225``). A rule is None where the venue sets none.
    """

    venue: str
    symbol: str
    unified: str
    kind: InstrumentKind
    base: str
    quote: str
    status: TradingStatus
    venue_status: str
    settle: str | None = None
    """The asset profit and loss are paid in; None for spot."""
    contract_size: Decimal = Decimal(1)
    """Base asset (quote asset when ``inverse``) of one contract; 1 where sizes are in base asset."""
    inverse: bool = False
    expiry_at: int | None = None
    """Int nanoseconds UTC; None when it never expires."""
    strike: Decimal | None = None
    option_kind: OptionKind | None = None
    tick_size: Decimal | None = None
    tick_steps: tuple[TickStep, ...] = ()
    """Where the grid is coarser for higher prices, ascending; ``tick_size`` holds below the first."""
    lot_size: Decimal | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    min_size: Decimal | None = None
    max_size: Decimal | None = None
    market_lot_size: Decimal | None = None
    market_min_size: Decimal | None = None
    market_max_size: Decimal | None = None
    min_notional: Decimal | None = None
    max_notional: Decimal | None = None
    listed_at: int | None = None
    info: dict[str, Any] = {}
    """The venue's own description, as it was sent."""

    def round_price(self, price: Decimal) -> Decimal:
        """The nearest price on the tick grid, half away from zero; unchanged where there is no tick.

        :raises decimal.InvalidOperation: the price is not a finite number
        :raises barterpy.errors.ConfigurationError: it is not a ``Decimal``
        """
        tick, price = self.tick_size, exact(price, "a price")
        for step in self.tick_steps:
            if price > step.above:
                tick = step.tick
        return _round(price, tick, nearest=True)

    def round_size(self, size: Decimal) -> Decimal:
        """The largest size on the lot grid which is not above ``size``; unchanged where there is no lot.

        :raises decimal.InvalidOperation: the size is not a finite number
        :raises barterpy.errors.ConfigurationError: it is not a ``Decimal``
        """
        return _round(exact(size, "a size"), self.lot_size, nearest=False)


def _round(value: Decimal, step: Decimal | None, *, nearest: bool) -> Decimal:
    if not step:
        return value
    if not value.is_finite():
        raise InvalidOperation(f"{value} cannot be rounded")
    # By quotient and remainder, which are exact: a quotient cut to the context's digits may have been rounded up, and
    # the size with it.
    steps, rest = _EXACT.divmod(value, step)
    if nearest and _EXACT.multiply(rest.copy_abs(), 2) >= step:
        steps = _EXACT.add(steps, 1 if value > 0 else -1)
    return _EXACT.multiply(steps, step)
