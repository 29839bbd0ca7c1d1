"""``public/get_instruments`` to instruments: what can be traded, and the rules an order must keep.

docs.deribit.com, 2026-09. Base, quote and settlement are taken from the record and never from the name. Sizes are the
venue's amounts: US dollars for inverse futures and perpetuals (an instrument that is ``inverse`` counts its quote
asset), base asset otherwise, so ``contract_size`` is 1 and the venue's own stays in ``info``.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from barterpy.clock import MILLISECOND
from barterpy.errors import ParseError
from barterpy.model.instrument import Instrument, InstrumentKind, OptionKind, TickStep, TradingStatus
from barterpy.model.number import plain
from barterpy.venues.deribit.symbols import unified_symbol

__all__ = ["InstrumentInfo", "WireTickStep", "instrument", "instruments", "trading_status"]

_STATUS: Final[Mapping[str, TradingStatus]] = {
    "open": TradingStatus.TRADING,
    "settlement": TradingStatus.HALTED,
    "locked": TradingStatus.CANCEL_ONLY,
    "halted": TradingStatus.CANCEL_ONLY,
    "delivered": TradingStatus.CLOSED,
    "inactive": TradingStatus.CLOSED,
    "archivized": TradingStatus.CLOSED,
    # The words of the channel instrument.state from before 2026-01-13, which it may still send.
    "created": TradingStatus.PENDING,
    "started": TradingStatus.TRADING,
    "settled": TradingStatus.TRADING,
    "closed": TradingStatus.CLOSED,
    "deactivated": TradingStatus.CLOSED,
    "terminated": TradingStatus.CLOSED,
}
_PERPETUAL: Final = "perpetual"


def trading_status(state: str) -> TradingStatus:
    """Ours, of the venue's word in ``state``."""
    return _STATUS.get(state, TradingStatus.UNKNOWN)


class WireTickStep(msgspec.Struct):
    """``{"above_price":0.005,"tick_size":0.0005}``"""

    above_price: Decimal
    tick_size: Decimal


class InstrumentInfo(msgspec.Struct):
    """One of ``public/get_instruments``; options add ``option_type`` and ``strike``::

    {"price_index":"btc_usd","kind":"future","instrument_name":"BTC-PERPETUAL","instrument_type":"reversed",
     "state":"open","is_active":true,"tick_size":0.5,"tick_size_steps":[],"contract_size":10.0,"min_trade_amount":10.0,
     "settlement_currency":"BTC","settlement_period":"perpetual","base_currency":"BTC","counter_currency":"USD",
     "quote_currency":"USD","creation_timestamp":1534167754000,"expiration_timestamp":32503708800000}
    """

    instrument_name: str
    kind: str
    base_currency: str
    tick_size: Decimal
    min_trade_amount: Decimal
    quote_currency: str = ""
    counter_currency: str = ""
    settlement_currency: str = ""
    instrument_type: str = ""
    settlement_period: str = ""
    contract_size: Decimal | None = None
    tick_size_steps: list[WireTickStep] = []
    state: str = ""
    is_active: bool = True
    expiration_timestamp: int | None = None
    creation_timestamp: int | None = None
    strike: Decimal | None = None
    option_type: str | None = None


def instruments(venue: str, rows: Iterable[msgspec.Raw]) -> list[Instrument]:
    """Every instrument of ``public/get_instruments``; combinations, which are no instruments of the model, are left
    out.

    :raises barterpy.errors.ParseError: a description does not fit; its payload is that description
    """
    return [found for raw in rows if (found := instrument(venue, raw)) is not None]


def instrument(venue: str, raw: msgspec.Raw) -> Instrument | None:
    """The instrument of one description, None for a combination.

    :raises barterpy.errors.ParseError: it does not fit
    """
    try:
        info = msgspec.json.decode(raw, type=InstrumentInfo)
    except (msgspec.DecodeError, ValueError) as error:
        raise ParseError(str(error), bytes(raw), kind="instrument") from error
    if info.kind.endswith("combo"):
        return None
    kind = _kind(info)
    spot, option = kind is InstrumentKind.SPOT, kind is InstrumentKind.OPTION
    # What an option is quoted in was called quote_currency once, and the strike's currency counter_currency.
    quote = info.counter_currency or (info.quote_currency if info.quote_currency != info.base_currency else "USD")
    settle = None if spot else info.settlement_currency or info.base_currency
    expiry = None if spot or kind is InstrumentKind.PERPETUAL else info.expiration_timestamp
    reversed_ = info.instrument_type == "reversed" or (not info.instrument_type and settle == info.base_currency)
    option_kind = OptionKind(info.option_type) if option and info.option_type in ("call", "put") else None
    status = info.state or ("open" if info.is_active else "inactive")
    return Instrument(
        venue=venue,
        symbol=info.instrument_name,
        unified=unified_symbol(
            info.base_currency,
            quote,
            settle,
            expiry=None if expiry is None else datetime.fromtimestamp(expiry / 1000, UTC).date(),
            strike=None if info.strike is None or not option else _strike(info.strike),
            call=option_kind is OptionKind.CALL,
        ),
        kind=kind,
        base=info.base_currency,
        quote=quote,
        status=trading_status(status),
        venue_status=status,
        settle=settle,
        # Amounts of options are in base asset, inverse ones too.
        inverse=reversed_ and not spot and not option,
        expiry_at=None if expiry is None else expiry * MILLISECOND,
        strike=info.strike if option else None,
        option_kind=option_kind,
        tick_size=info.tick_size or None,
        tick_steps=tuple(TickStep(step.above_price, step.tick_size) for step in info.tick_size_steps),
        # Amounts are multiples of the contract, or of the smallest amount where a part of one can be had.
        lot_size=min(info.min_trade_amount, info.contract_size or info.min_trade_amount) or None,
        min_size=info.min_trade_amount or None,
        listed_at=None if info.creation_timestamp is None else info.creation_timestamp * MILLISECOND,
        info=msgspec.json.decode(raw, type=dict[str, Any]),
    )


def _kind(info: InstrumentInfo) -> InstrumentKind:
    if info.kind == "future":
        return InstrumentKind.PERPETUAL if info.settlement_period == _PERPETUAL else InstrumentKind.FUTURE
    return InstrumentKind(info.kind)


def _strike(strike: Decimal) -> str:
    text = plain(strike)
    return text.rstrip("0").rstrip(".") if "." in text else text
