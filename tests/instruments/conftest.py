"""Instruments to cache."""

from collections.abc import Callable
from typing import Any

import pytest

from barterpy.model import Instrument, InstrumentKind, TradingStatus

Make = Callable[..., Instrument]


@pytest.fixture
def make() -> Make:
    """Makes an instrument of this venue's symbol: ``make("BTCUSDT", "HALT")``."""

    def instrument(symbol: str = "BTCUSDT", venue_status: str = "TRADING", **fields: Any) -> Instrument:
        status = TradingStatus.TRADING if venue_status == "TRADING" else TradingStatus.HALTED
        base, quote = symbol[:3], symbol[3:]
        described: dict[str, Any] = {
            "venue": "venue",
            "symbol": symbol,
            "unified": f"{base}/{quote}",
            "kind": InstrumentKind.SPOT,
            "base": base,
            "quote": quote,
            "status": status,
            "venue_status": venue_status,
        }
        return Instrument(**(described | fields))

    return instrument
