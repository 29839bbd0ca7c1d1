"""Symbols: dYdX's own tickers (``BTC-USD``) and the unified ones Python users know from ccxt (``BTC/USDC:USDC``).

All markets are perpetuals, quoted in dollars and settled in USDC. Anybody may list one, and a ticker may then look like
``BUFFICORN,UNISWAP_V3,0X…-USD``: it is one word to us, and only the last ``-USD`` means something.
"""

import re
from typing import Final

from barterpy.errors import ConfigurationError

__all__ = ["COLLATERAL", "base_of", "native_symbol", "unified_symbol"]

COLLATERAL: Final = "USDC"
"""What every market settles in."""

_UNIFIED = re.compile(r"(?P<base>[^/:\s]+)/(?P<quote>USD|USDC):USDC", re.IGNORECASE)
_NATIVE = re.compile(r"[^/:\s]+-USD", re.IGNORECASE)


def native_symbol(symbol: str) -> str:
    """dYdX's own ticker, upper case, of a unified or a native symbol.

    :raises barterpy.errors.ConfigurationError: it cannot be a market of dYdX
    """
    match = _UNIFIED.fullmatch(symbol)
    if match is not None:
        return f"{match['base']}-USD".upper()
    if _NATIVE.fullmatch(symbol) is None:
        raise ConfigurationError(f"{symbol!r} is not a market of dYdX; write BTC/USDC:USDC or BTC-USD")
    return symbol.upper()


def base_of(ticker: str) -> str:
    """What is traded: ``BTC`` of ``BTC-USD``."""
    return ticker.rpartition("-")[0] or ticker


def unified_symbol(ticker: str) -> str:
    """``BTC/USDC:USDC`` of ``BTC-USD``."""
    return f"{base_of(ticker)}/{COLLATERAL}:{COLLATERAL}"
