"""Symbols: Deribit's own (``BTC-PERPETUAL``, ``ETH_USDC-25DEC26-4000-C``) and the unified ones known from ccxt.

The grammar is that of docs.deribit.com, "Naming" (2026-09): a day has no leading zero, a decimal strike is written with
``d``. An inverse contract leaves out the US dollar it is quoted in, and settles in its base asset.
"""

import re
from datetime import date
from typing import Final

from barterpy.errors import ConfigurationError

__all__ = ["native_symbol", "unified_symbol"]

_UNIFIED: Final = re.compile(
    r"(?P<base>[^/:\s-]+)/(?P<quote>[^/:\s-]+)"
    r"(:(?P<settle>[^/:\s-]+)(-(?P<expiry>\d{6})(-(?P<strike>\d+(\.\d+)?)-(?P<side>[CP]))?)?)?",
    re.IGNORECASE,
)
# Every name has a hyphen (contracts and combinations) or an underscore (spot).
_NATIVE: Final = re.compile(r"(?=[^-_]+[-_])[A-Z0-9]+(_[A-Z0-9]+)?(-[A-Z0-9_]+)*", re.IGNORECASE)
_DECIMAL_STRIKE: Final = re.compile(r"(?<=\d)D(?=\d)")
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def native_symbol(symbol: str) -> str:
    """Deribit's own name of a unified symbol, or of one that is native already.

    :raises barterpy.errors.ConfigurationError: it cannot be an instrument of this venue
    """
    match = _UNIFIED.fullmatch(symbol)
    if match is None:
        if not _NATIVE.fullmatch(symbol):
            raise ConfigurationError(f"{symbol!r} is not a symbol; write BTC/USD:BTC or BTC-PERPETUAL")
        return _DECIMAL_STRIKE.sub("d", symbol.upper())
    base, quote, settle = (match[name] and match[name].upper() for name in ("base", "quote", "settle"))
    if settle is None:
        return f"{base}_{quote}"
    if settle == base and quote == "USD":
        root = base
    elif settle == quote:
        root = f"{base}_{quote}"
    else:
        raise ConfigurationError(
            f"{symbol} settles in {settle}; contracts here settle in the base asset ({base}/USD:{base}) or in the "
            f"quote asset ({base}/{quote}:{quote})"
        )
    expiry, strike = match["expiry"], match["strike"]
    if expiry is None:
        return f"{root}-PERPETUAL"
    dated = f"{root}-{_venue_date(symbol, expiry)}"
    return dated if strike is None else f"{dated}-{strike.replace('.', 'd')}-{match['side'].upper()}"


def unified_symbol(
    base: str,
    quote: str,
    settle: str | None = None,
    *,
    expiry: date | None = None,
    strike: str | None = None,
    call: bool | None = None,
) -> str:
    """``BTC/USDC``, ``BTC/USD:BTC``, ``BTC/USD:BTC-261225`` or ``BTC/USD:BTC-261225-100000-C``."""
    pair = f"{base}/{quote}"
    if settle is None:
        return pair
    parts = [f"{pair}:{settle}"]
    if expiry is not None:
        parts.append(f"{expiry:%y%m%d}")
    if strike is not None:
        parts += [strike, "C" if call else "P"]
    return "-".join(parts)


def _venue_date(symbol: str, expiry: str) -> str:
    year, month, day = expiry[:2], int(expiry[2:4]), int(expiry[4:])
    try:
        date(2000 + int(year), month, day)
    except ValueError:
        raise ConfigurationError(f"{symbol} does not expire on a day of the calendar; write it as YYMMDD") from None
    return f"{day}{_MONTHS[month - 1]}{year}"
