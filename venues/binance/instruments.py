"""``exchangeInfo`` to instruments: what can be traded, and the filters an order must keep.

Spot documentation of 2026-09-18 ("Filters"), derivatives of 2026-09-15. The tick is ``PRICE_FILTER.tickSize``, never
the precision fields; a rule of zero is no rule. New fields and filters do not disturb: what is known is read, and the
whole description stays in ``info``.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from barterpy.clock import MILLISECOND
from barterpy.errors import ParseError
from barterpy.model.instrument import Instrument, InstrumentKind, TradingStatus
from barterpy.model.number import decimal_number
from barterpy.venues.binance.endpoints import Market
from barterpy.venues.binance.symbols import unified_symbol

__all__ = ["Filter", "SymbolInfo", "instruments", "trading_status"]

_STATUS: Final[Mapping[str, TradingStatus]] = {
    "TRADING": TradingStatus.TRADING,
    "CANCEL_ONLY": TradingStatus.CANCEL_ONLY,
    "HALT": TradingStatus.HALTED,
    "BREAK": TradingStatus.HALTED,
    "TRADING_HALT": TradingStatus.HALTED,
    "AUCTION_MATCH": TradingStatus.HALTED,
    "DOWN": TradingStatus.HALTED,
    "PRE_TRADING": TradingStatus.PENDING,
    "PENDING_TRADING": TradingStatus.PENDING,
    "POST_TRADING": TradingStatus.CLOSED,
    "END_OF_DAY": TradingStatus.CLOSED,
    "PRE_DELIVERING": TradingStatus.CLOSED,
    "DELIVERING": TradingStatus.CLOSED,
    "DELIVERED": TradingStatus.CLOSED,
    "PRE_SETTLE": TradingStatus.CLOSED,
    "SETTLING": TradingStatus.CLOSED,
    "CLOSE": TradingStatus.CLOSED,
    # Announced to leave, and traded until then.
    "PRE_DELISTING": TradingStatus.TRADING,
    "DELISTING": TradingStatus.CLOSED,
}


def trading_status(status: str) -> TradingStatus:
    """Ours, of the venue's word in ``status``, ``contractStatus`` or ``cs``."""
    return _STATUS.get(status, TradingStatus.UNKNOWN)


class Filter(msgspec.Struct):
    """One of a symbol's filters; which fields there are depends on ``filterType``::

    {"filterType":"PRICE_FILTER","minPrice":"0.00000100","maxPrice":"100000.0","tickSize":"0.00000100"}
    {"filterType":"LOT_SIZE","minQty":"0.001","maxQty":"100000","stepSize":"0.001"}
    {"filterType":"NOTIONAL","minNotional":"0.0001","maxNotional":"9000000"}
    {"filterType":"MIN_NOTIONAL","notional":"100"}
    """

    filterType: str  # noqa: N815 - the wire's names, here and below
    minPrice: str = ""  # noqa: N815
    maxPrice: str = ""  # noqa: N815
    tickSize: str = ""  # noqa: N815
    minQty: str = ""  # noqa: N815
    maxQty: str = ""  # noqa: N815
    stepSize: str = ""  # noqa: N815
    minNotional: str = ""  # noqa: N815
    maxNotional: str = ""  # noqa: N815
    notional: str = ""


class SymbolInfo(msgspec.Struct):
    """One of ``exchangeInfo.symbols``, of either market; contracts have ``contractType`` and what follows it."""

    symbol: str
    baseAsset: str  # noqa: N815
    quoteAsset: str  # noqa: N815
    status: str = ""
    filters: tuple[Filter, ...] = ()
    contractType: str = ""  # noqa: N815
    contractStatus: str = ""  # noqa: N815
    marginAsset: str = ""  # noqa: N815
    deliveryDate: int = 0  # noqa: N815
    onboardDate: int = 0  # noqa: N815


def instruments(venue: str, market: Market, symbols: Iterable[msgspec.Raw]) -> list[Instrument]:
    """Every instrument of ``exchangeInfo.symbols``.

    :raises barterpy.errors.ParseError: a description does not fit; its payload is that description
    """
    found: list[Instrument] = []
    for raw in symbols:
        try:
            found.append(_instrument(venue, market, raw))
        except (msgspec.DecodeError, ValueError, RecursionError, OverflowError, OSError) as error:
            # The last two are of a delivery that no calendar has.
            raise ParseError(str(error), bytes(raw), kind="instrument") from error
    return found


def _instrument(venue: str, market: Market, raw: msgspec.Raw) -> Instrument:
    symbol = msgspec.json.decode(raw, type=SymbolInfo)
    rules = _rules(symbol.filters)
    status = symbol.status or symbol.contractStatus
    kind, settle, expiry = InstrumentKind.SPOT, None, None
    if market is Market.FUTURES:
        kind, settle = InstrumentKind.PERPETUAL, symbol.marginAsset or symbol.quoteAsset
        # A contract that has yet to be listed has no type: its name tells then.
        if "_" in symbol.symbol or symbol.contractType.endswith(("_QUARTER", "_MONTH")):
            kind, expiry = InstrumentKind.FUTURE, symbol.deliveryDate or None
    return Instrument(
        venue=venue,
        symbol=symbol.symbol,
        unified=unified_symbol(symbol.baseAsset, symbol.quoteAsset, settle, _suffix(symbol.symbol, expiry)),
        kind=kind,
        base=symbol.baseAsset,
        quote=symbol.quoteAsset,
        status=trading_status(status),
        venue_status=status,
        settle=settle,
        # A perpetual's delivery date is the year 2100; one that is being delivered has a real one.
        expiry_at=None if expiry is None else expiry * MILLISECOND,
        listed_at=symbol.onboardDate * MILLISECOND or None,
        info=msgspec.json.decode(raw, type=dict[str, Any]),
        **rules,
    )


def _suffix(symbol: str, expiry: int | None) -> str | None:
    if expiry is None:
        return None
    return symbol.partition("_")[2] or datetime.fromtimestamp(expiry / 1000, UTC).strftime("%y%m%d")


def _rules(filters: Sequence[Filter]) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    for item in filters:
        match item.filterType:
            case "PRICE_FILTER":
                rules["tick_size"] = _rule(item.tickSize)
                rules["min_price"] = _rule(item.minPrice)
                rules["max_price"] = _rule(item.maxPrice)
            case "LOT_SIZE":
                rules["lot_size"] = _rule(item.stepSize)
                rules["min_size"] = _rule(item.minQty)
                rules["max_size"] = _rule(item.maxQty)
            case "MARKET_LOT_SIZE":
                rules["market_lot_size"] = _rule(item.stepSize)
                rules["market_min_size"] = _rule(item.minQty)
                rules["market_max_size"] = _rule(item.maxQty)
            case "NOTIONAL" | "MIN_NOTIONAL":
                rules["min_notional"] = _rule(item.minNotional or item.notional)
                rules["max_notional"] = _rule(item.maxNotional)
            case _:
                pass
    return rules


def _rule(text: str) -> Decimal | None:
    return (decimal_number(text) or None) if text else None
