"""``perpetualMarkets`` to instruments: what can be traded, and the steps an order must keep (docs.dydx.xyz, 2026).

All of them are linear perpetuals in USDC, sized in the base asset; the smallest order is one step. The margins and what
the chain calls its steps (``atomicResolution`` and the like) stay in ``info``, which is the whole description.
"""
# ruff: noqa: N815 - camel case is the wire's own

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from barterpy.errors import ParseError
from barterpy.model.instrument import Instrument, InstrumentKind
from barterpy.model.number import decimal_number
from barterpy.venues.dydx.normaliser import trading_status
from barterpy.venues.dydx.symbols import COLLATERAL, base_of, unified_symbol

__all__ = ["MarketInfo", "instruments", "pair_numbers"]


class MarketInfo(msgspec.Struct):
    """One of ``markets``, of REST and of the first contents of ``v4_markets``::

    {"clobPairId":"0","ticker":"BTC-USD","status":"ACTIVE","oraclePrice":"89919.2","priceChange24H":"701.1",
     "volume24H":"125000000.5","trades24H":63065,"nextFundingRate":"0.0000025","initialMarginFraction":"0.02",
     "maintenanceMarginFraction":"0.012","openInterest":"381.7348","atomicResolution":-10,
     "quantumConversionExponent":-9,"tickSize":"1","stepSize":"0.0001","stepBaseQuantums":1000000,
     "subticksPerTick":100000,"marketType":"CROSS","openInterestLowerCap":"0","openInterestUpperCap":"0",
     "baseOpenInterest":"782.09","defaultFundingRate1H":"0"}
    """

    ticker: str
    status: str
    tickSize: str
    stepSize: str
    clobPairId: str = ""


def instruments(venue: str, markets: Mapping[str, msgspec.Raw]) -> list[Instrument]:
    """Every instrument of ``markets``.

    :raises barterpy.errors.ParseError: a description does not fit; its payload is that description
    """
    return [_instrument(venue, raw) for raw in markets.values()]


def pair_numbers(markets: Mapping[str, msgspec.Raw]) -> dict[str, str]:
    """Tickers by the chain's number of their market, as orders name it.

    :raises barterpy.errors.ParseError: a description does not fit
    """
    known = [_decode(raw) for raw in markets.values()]
    return {market.clobPairId: market.ticker for market in known if market.clobPairId}


def _decode(raw: msgspec.Raw) -> MarketInfo:
    try:
        return msgspec.json.decode(raw, type=MarketInfo)
    except (msgspec.DecodeError, ValueError) as error:
        raise ParseError(str(error), bytes(raw), kind="market") from error


def _instrument(venue: str, raw: msgspec.Raw) -> Instrument:
    market = _decode(raw)
    try:
        tick, step = _rule(market.tickSize), _rule(market.stepSize)
    except ValueError as error:
        raise ParseError(str(error), bytes(raw), kind="market") from error
    return Instrument(
        venue=venue,
        symbol=market.ticker,
        unified=unified_symbol(market.ticker),
        kind=InstrumentKind.PERPETUAL,
        base=base_of(market.ticker),
        quote=COLLATERAL,
        settle=COLLATERAL,
        status=trading_status(market.status),
        venue_status=market.status,
        tick_size=tick,
        lot_size=step,
        min_size=step,
        info=msgspec.json.decode(raw, type=dict[str, Any]),
    )


def _rule(text: str) -> Decimal | None:
    return decimal_number(text) or None
