"""Symbols: Binance's own (``BTCUSDT``, ``BTCUSDT_261225``) and the unified ones Python users know from ccxt.

A native symbol cannot be split reliably (no separator), so the way back goes through ``exchangeInfo``'s base and quote
asset. Symbols may hold any UTF-8 letters since 2025.
"""

import re

from barterpy.errors import ConfigurationError
from barterpy.venues.binance.endpoints import Market

__all__ = ["native_symbol", "unified_symbol"]

_UNIFIED = re.compile(r"(?P<base>[^/:\s]+)/(?P<quote>[^/:\s]+?)(:(?P<settle>[^/:\s-]+)(-(?P<rest>\S+))?)?")
_NATIVE = re.compile(r"[^/:@!\s]+")
_EXPIRY = re.compile(r"\d{6}")


def native_symbol(symbol: str, market: Market) -> str:
    """Binance's own symbol, upper case, of a unified or a native one.

    :raises barterpy.errors.ConfigurationError: it cannot be an instrument of this market
    """
    match = _UNIFIED.fullmatch(symbol)
    if match is None:
        if not _NATIVE.fullmatch(symbol):
            raise ConfigurationError(f"{symbol!r} is not a symbol; write BTC/USDT or BTCUSDT")
        return symbol.upper()
    base, quote, settle, rest = (match[name] for name in ("base", "quote", "settle", "rest"))
    pair = f"{base}{quote}".upper()
    if market is Market.SPOT:
        if settle is not None:
            raise ConfigurationError(f"{symbol} is a contract; binance.Spot() has {base}/{quote}")
        return pair
    if settle is None:
        raise ConfigurationError(f"{symbol} is a spot pair; the perpetual is written {base}/{quote}:{quote}")
    if settle != quote:
        raise ConfigurationError(f"{symbol} settles in {settle}; USD-M futures settle in their quote asset")
    if rest is None:
        return pair
    if not _EXPIRY.fullmatch(rest):
        raise ConfigurationError(f"{symbol} is not a dated future; write {base}/{quote}:{quote}-YYMMDD")
    return f"{pair}_{rest}"


def unified_symbol(base: str, quote: str, settle: str | None = None, expiry: str | None = None) -> str:
    """``BTC/USDT``, ``BTC/USDT:USDT`` or, with ``expiry`` as YYMMDD, ``BTC/USDT:USDT-261225``."""
    pair = f"{base}/{quote}"
    if settle is None:
        return pair
    return f"{pair}:{settle}" if expiry is None else f"{pair}:{settle}-{expiry}"
