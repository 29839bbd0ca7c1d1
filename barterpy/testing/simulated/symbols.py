"""What the simulated venue trades."""

from decimal import Decimal
from typing import Final

import msgspec

from barterpy.errors import ConfigurationError

__all__ = ["SYMBOLS", "SimulatedSymbol", "find_symbols"]


class SimulatedSymbol(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument of the simulated venue. Numbers are exact text: tick and lot are the steps of price and size.

    ``volatility`` is how far the fair price wanders in one step, in ticks; ``size`` an ordinary level, in lots.
    """

    name: str
    base: str
    quote: str
    price: str
    tick: str
    lot: str
    min_notional: str = "5"
    volatility: float = 1.5
    size: int = 400

    def price_text(self, ticks: int) -> str:
        """A price as the venue writes it."""
        return format(ticks * Decimal(self.tick), "f")

    def size_text(self, lots: int) -> str:
        """A size as the venue writes it."""
        return format(lots * Decimal(self.lot), "f")

    def notional_text(self, units: int) -> str:
        """Ticks times lots, in the quote asset."""
        return format(units * Decimal(self.tick) * Decimal(self.lot), "f")


SYMBOLS: Final[tuple[SimulatedSymbol, ...]] = (
    SimulatedSymbol(name="BTCUSDT", base="BTC", quote="USDT", price="65000.00", tick="0.10", lot="0.001"),
    SimulatedSymbol(name="ETHUSDT", base="ETH", quote="USDT", price="3200.00", tick="0.01", lot="0.001", size=2000),
    SimulatedSymbol(name="SOLUSDT", base="SOL", quote="USDT", price="150.00", tick="0.01", lot="0.01", size=3000),
    SimulatedSymbol(name="BNBUSDT", base="BNB", quote="USDT", price="600.00", tick="0.01", lot="0.001", size=3000),
    SimulatedSymbol(name="XRPUSDT", base="XRP", quote="USDT", price="0.6000", tick="0.0001", lot="0.1", size=9000),
)
"""Those it knows by name; any other may be given as a :class:`SimulatedSymbol`."""


def find_symbols(symbols: tuple[str | SimulatedSymbol, ...]) -> tuple[SimulatedSymbol, ...]:
    """Descriptions of these symbols.

    :raises barterpy.errors.ConfigurationError: a name that is not known, or none at all
    """
    known = {symbol.name: symbol for symbol in SYMBOLS}
    found: list[SimulatedSymbol] = []
    for symbol in symbols:
        if isinstance(symbol, str):
            if symbol not in known:
                raise ConfigurationError(f"the simulated venue knows {', '.join(known)}; describe {symbol} to it")
            found.append(known[symbol])
        else:
            found.append(symbol)
    if not found:
        raise ConfigurationError("the simulated venue needs a symbol")
    return tuple(found)
