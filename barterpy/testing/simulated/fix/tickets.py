"""What a new order asks for over FIX, alone or in a list, and whether the simulated Binance takes it.

"Supported Order Types" and the required fields behind it, FIX API page of Binance, and its error codes, 2026-09. Stops
say by a trigger what they wait for, and its direction and the side tell a stop loss from a take profit.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from barterpy.protocols.fix.values import FieldReader
from barterpy.testing.simulated.fix.refusals import FieldRefusal, OrderRefusal, invalid, missing
from barterpy.testing.simulated.instrument import SimulatedInstrument
from barterpy.testing.simulated.matching import SimulatedOrder

__all__ = ["KEPT", "ORDER_FIELDS", "Ticket", "Trigger", "check_order", "read_ticket", "steps"]

ORDER_FIELDS: Final = (11, 40, 54, 55)
"""What every new order has to have."""

_ID: Final = re.compile(r"[a-zA-Z0-9-_]{1,36}")
_IDS: Final = (11, 41, 25014, 25015, 25034)
_QUANTITIES: Final = (38, 44, 152, 1102)
_VALUES: Final = (
    (54, ("1", "2")),
    (40, ("1", "2", "3", "4")),
    (18, ("6",)),
    (59, ("1", "3", "4")),
    (530, ("1",)),
    (1100, ("4",)),
    (1101, ("1",)),
    (1107, ("2",)),
    (1109, ("U", "D")),
)
_TIMES: Final = {"1": "good_til_cancelled", "3": "immediate_or_cancel", "4": "fill_or_kill"}
_TRIGGER: Final = (1100, 1101, 1107, 1109, 1102)
_LOSS: Final = frozenset({(True, "U"), (False, "D")})
"""Side and direction of a trigger that limits a loss: buy when it rises, sell when it falls."""
_KINDS: Final = {
    ("3", True): "STOP_LOSS",
    ("4", True): "STOP_LOSS_LIMIT",
    ("3", False): "TAKE_PROFIT",
    ("4", False): "TAKE_PROFIT_LIMIT",
}
KEPT: Final = (18, 40, 44, 54, 55, 59, 111, 152, 847, 1100, 1101, 1102, 1107, 1109, 7940)
"""Fields of a request that every report on the order repeats."""
_MOST_LOTS: Final = 10**12


@dataclass(frozen=True, slots=True)
class Trigger:
    """A price, in ticks, that the last trade has to reach: from below, or from above."""

    price: int
    rises: bool

    def met(self, low: int, high: int) -> bool:
        """Whether trades from ``low`` to ``high`` reach it."""
        return high >= self.price if self.rises else low <= self.price


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """A new order as it was asked for, in steps of the instrument. ``price`` is None for market orders."""

    cl_ord_id: str
    kind: str
    """The venue's own name of the order type."""
    buys: bool
    price: int | None
    size: int
    time: str
    post_only: bool
    trigger: Trigger | None
    kept: tuple[tuple[int, str], ...]
    """Fields that every report on the order repeats."""

    @property
    def contingent(self) -> bool:
        """Whether it waits for a price."""
        return self.trigger is not None

    @property
    def level(self) -> int | None:
        """Where it stands in a list, in ticks: its trigger, or else its price."""
        return self.price if self.trigger is None else self.trigger.price

    def check_now(self, instrument: SimulatedInstrument) -> None:
        """Whether the market of this moment lets it in.

        :raises barterpy.testing.simulated.fix.refusals.OrderRefusal: it does not
        """
        if self.trigger is not None:
            if self.trigger.met(instrument.last_price, instrument.last_price):
                raise OrderRefusal(-2010, "Order would trigger immediately.")
        elif self.post_only and self.takes(instrument):
            raise OrderRefusal(-2010, "Order would immediately match and take.")

    def takes(self, instrument: SimulatedInstrument) -> bool:
        """Whether it would trade at once."""
        probe = SimulatedOrder(id="", owner="", buys=self.buys, price=self.price, size=self.size, created_at=0)
        return instrument.engine.crosses(probe)


def check_order(fields: FieldReader, required: tuple[int, ...] = ORDER_FIELDS) -> None:
    """Whether the fields of a request, or of an order of a list, can be looked at.

    :raises barterpy.testing.simulated.fix.refusals.FieldRefusal: one is missing or cannot be right
    :raises barterpy.protocols.fix.errors.FieldInvalid: a number is none
    """
    for tag in required:
        if not fields.value(tag):
            raise missing(tag)
    for tag in _QUANTITIES:
        fields.decimal(tag, None)
    for tag in _IDS:
        if tag in fields and not _ID.fullmatch(fields.text(tag)):
            text = f"Illegal characters found in parameter '{tag}'; legal range is '^[a-zA-Z0-9-_]{{1,36}}$'."
            raise FieldRefusal(5, tag, -1100, text)
    for tag, values in _VALUES:
        if fields.text(tag, values[0]) not in values:
            raise invalid(tag)


def read_ticket(fields: FieldReader, instrument: SimulatedInstrument) -> Ticket:
    """The order, if its type, its fields and the filters of the instrument allow it.

    :raises barterpy.testing.simulated.fix.refusals.OrderRefusal: they do not
    """
    symbol = instrument.symbol
    type_, buys = fields.text(40), fields.text(54) == "1"
    trigger = _trigger(fields, instrument)
    post_only = fields.text(18, "") == "6"
    kind = "LIMIT_MAKER" if post_only else "LIMIT" if type_ == "2" else "MARKET"
    if trigger is not None:
        kind = _KINDS[type_, (buys, fields.text(1109)) in _LOSS]
    price: int | None = None
    if type_ in ("2", "4"):
        _require(fields, (38, 44) if post_only else (38, 44, 59))
        price = steps(fields.decimal(44), symbol.tick, "PRICE_FILTER")
    elif 59 in fields:
        raise OrderRefusal(-1114, "TimeInForce parameter sent when not required.")
    elif 44 in fields:
        raise OrderRefusal(-1106, "Parameter '44' sent when not required.")
    elif type_ == "3":
        _require(fields, (38,))
    elif (38 in fields) == (152 in fields):
        raise OrderRefusal(-1102, "Param '38' or '152' must be sent, but both were empty/null!")
    if 38 in fields:
        size = steps(fields.decimal(38), symbol.lot, "LOT_SIZE" if price is not None else "MARKET_LOT_SIZE")
    else:
        size = _affordable(instrument, fields.decimal(152), buys=buys)
    reference = price or (trigger.price if trigger is not None else instrument.last_price)
    if Decimal(symbol.notional_text(size * reference)) < Decimal(symbol.min_notional):
        raise OrderRefusal(-1013, "Filter failure: NOTIONAL")
    return Ticket(
        cl_ord_id=fields.text(11),
        kind=kind,
        buys=buys,
        price=price,
        size=size,
        time=_TIMES[fields.text(59, "1")] if price is not None else "immediate_or_cancel",
        post_only=post_only,
        trigger=trigger,
        kept=tuple((tag, fields.text(tag)) for tag in KEPT if tag in fields),
    )


def _trigger(fields: FieldReader, instrument: SimulatedInstrument) -> Trigger | None:
    if fields.text(40) not in ("3", "4"):
        if any(tag in fields for tag in (*_TRIGGER, 25009)):
            text = (
                "Component 'TriggeringInstruction' is incorrectly populated on this order. Recommendation: 'remove it'"
            )
            raise OrderRefusal(-1174, text)
        return None
    if 25009 in fields:
        raise OrderRefusal(-2010, "Trailing stop orders are not supported for this symbol.")
    if 18 in fields:
        raise OrderRefusal(-2010, "Unsupported order combination")
    _require(fields, _TRIGGER)
    price = steps(fields.decimal(1102), instrument.symbol.tick, "PRICE_FILTER")
    return Trigger(price, rises=fields.text(1109) == "U")


def _require(fields: FieldReader, tags: tuple[int, ...]) -> None:
    for tag in tags:
        if tag not in fields:
            raise OrderRefusal(-1102, f"Required tag '{tag}' missing.")


def _affordable(instrument: SimulatedInstrument, quote: Decimal, *, buys: bool) -> int:
    """The lots that so much of the quote asset buys, or is received for."""
    symbol = instrument.symbol
    left = quote / (Decimal(symbol.tick) * Decimal(symbol.lot))
    levels = instrument.asks if buys else instrument.bids
    lots = 0
    for price in sorted(levels, reverse=not buys):
        taken = min(levels[price], int(left / price))
        lots += taken
        left -= taken * price
        if taken < levels[price]:
            break
    if not lots:
        raise OrderRefusal(-2010, "Order book liquidity is less than `LOT_SIZE` filter minimum quantity.")
    return lots


def steps(value: Decimal, step: str, name: str) -> int:
    """So many steps of tick or lot.

    :raises barterpy.testing.simulated.fix.refusals.OrderRefusal: not a whole number of them, or not above zero
    """
    count = value / Decimal(step)
    if count != count.to_integral_value() or not 0 < count < _MOST_LOTS:
        raise OrderRefusal(-1013, f"Filter failure: {name}")
    return int(count)
