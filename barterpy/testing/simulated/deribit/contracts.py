"""What the simulated Deribit trades."""

from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec

from barterpy.errors import ConfigurationError

__all__ = ["CONTRACTS", "SimulatedContract", "find_contracts"]

_FAR: Final = 32_503_708_800_000
_LISTED: Final = 1_534_167_754_000


class SimulatedContract(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument of the simulated Deribit. Numbers are exact text: tick and lot are the steps of price and amount.

    ``volatility`` is how far the fair price wanders in one step, in ticks; ``size`` an ordinary order, in lots;
    ``expiry`` is int milliseconds UTC. An option has a strike.
    """

    name: str
    base: str
    quote: str
    price: str
    tick: str
    lot: str
    kind: Literal["future", "option", "spot"] = "future"
    settle: str = ""
    expiry: int | None = None
    strike: str | None = None
    option_type: Literal["call", "put"] = "call"
    volatility: float = 1.5
    size: int = 100

    @property
    def perpetual(self) -> bool:
        """Whether it never expires and is no spot pair."""
        return self.kind == "future" and self.expiry is None

    @property
    def index(self) -> str:
        """The name of its price index."""
        return f"{self.base}_{self.quote}".lower()

    @property
    def currency(self) -> str:
        """What a query by currency finds it under."""
        return self.settle or self.quote

    def price_number(self, ticks: float) -> float:
        """A price as the venue writes it: the nearest binary float has the digits of the exact one."""
        return _product(ticks, self.tick)

    def amount_number(self, lots: int) -> float:
        """An amount likewise."""
        return _product(lots, self.lot)

    def description(self, state: str) -> dict[str, Any]:
        """Its row in ``public/get_instruments``."""
        row: dict[str, Any] = {
            "price_index": self.index,
            "kind": self.kind,
            "instrument_name": self.name,
            "state": state,
            "is_active": state == "open",
            "tick_size": float(self.tick),
            "tick_size_steps": [{"above_price": 0.005, "tick_size": 0.0005}] if self.kind == "option" else [],
            "contract_size": float(self.lot) if self.kind == "future" else 1.0,
            "min_trade_amount": float(self.lot),
            "base_currency": self.base,
            "counter_currency": self.quote,
            "quote_currency": self.quote,
            "creation_timestamp": _LISTED,
            "expiration_timestamp": _FAR if self.expiry is None else self.expiry,
        }
        if self.kind != "spot":
            row["instrument_type"] = "reversed" if self.settle == self.base else "linear"
            row["settlement_currency"] = self.settle
            row["settlement_period"] = "perpetual" if self.perpetual else "month"
        if self.strike is not None:
            row |= {"strike": float(self.strike), "option_type": self.option_type}
        return row


@lru_cache(maxsize=65536)
def _product(count: float, step: str) -> float:
    return float(Decimal(str(count)) * Decimal(step))


_CHRISTMAS_2026: Final = 1_798_185_600_000

CONTRACTS: Final[tuple[SimulatedContract, ...]] = (
    SimulatedContract(
        name="BTC-PERPETUAL", base="BTC", quote="USD", settle="BTC", price="65000", tick="0.5", lot="10", size=400
    ),
    SimulatedContract(
        name="ETH-PERPETUAL", base="ETH", quote="USD", settle="ETH", price="3200", tick="0.05", lot="1", size=900
    ),
    SimulatedContract(
        name="ETH_USDC-PERPETUAL", base="ETH", quote="USDC", settle="USDC", price="3200", tick="0.05", lot="0.001"
    ),
    SimulatedContract(
        name="BTC-25DEC26",
        base="BTC",
        quote="USD",
        settle="BTC",
        price="66000",
        tick="2.5",
        lot="10",
        expiry=_CHRISTMAS_2026,
    ),
    SimulatedContract(
        name="BTC-25DEC26-100000-C",
        kind="option",
        base="BTC",
        quote="USD",
        settle="BTC",
        price="0.05",
        tick="0.0001",
        lot="0.1",
        expiry=_CHRISTMAS_2026,
        strike="100000",
        volatility=0.5,
    ),
    SimulatedContract(name="BTC_USDC", kind="spot", base="BTC", quote="USDC", price="65000", tick="1", lot="0.0001"),
)
"""Those it knows by name; any other may be given as a :class:`SimulatedContract`."""


def find_contracts(names: tuple[str | SimulatedContract, ...]) -> tuple[SimulatedContract, ...]:
    """Descriptions of these.

    :raises barterpy.errors.ConfigurationError: a name that is not known, or none at all
    """
    known = {contract.name: contract for contract in CONTRACTS}
    found: list[SimulatedContract] = []
    for name in names:
        if isinstance(name, SimulatedContract):
            found.append(name)
        elif name in known:
            found.append(known[name])
        else:
            raise ConfigurationError(f"the simulated Deribit knows {', '.join(known)}; describe {name} to it")
    if not found:
        raise ConfigurationError("the simulated Deribit needs an instrument")
    return tuple(found)
