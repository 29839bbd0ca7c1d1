"""What an account does over FIX at the simulated Binance: orders in, execution reports out. No clock and no I/O.

Messages and texts are those of Binance's FIX API and its error codes, documentation of 2026-09.
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol, final

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.testing.simulated.exchange import SimulatedExchange
from barterpy.testing.simulated.fix.refusals import FieldRefusal, OrderRefusal, invalid, missing
from barterpy.testing.simulated.fix.reports import ClientOrder, Reports
from barterpy.testing.simulated.instrument import SimulatedInstrument
from barterpy.testing.simulated.matching import Match, SimulatedOrder

__all__ = ["ORDER_MESSAGES", "Market", "OrderDesk", "OrderReports"]

ORDER_MESSAGES: Final = frozenset({"D", "F", "q", "XCN", "XAK"})
"""Message types an order desk takes."""

_ID: Final = re.compile(r"[a-zA-Z0-9-_]{1,36}")
_REQUIRED: Final = {
    "D": (11, 40, 54, 55),
    "F": (11, 55),
    "q": (11, 55, 530),
    "XCN": (11, 25033, 40, 54, 55),
    "XAK": (11, 38, 55),
}
_TIMES: Final = {"1": "good_til_cancelled", "3": "immediate_or_cancel", "4": "fill_or_kill"}
_MANDATORY_PRICE: Final = "Required tag '{}' missing."
_MOST_LOTS: Final = 10**12


class Market(Protocol):
    """What a desk needs of the venue: its market, and a way to change it that tells those who listen."""

    @property
    def exchange(self) -> SimulatedExchange: ...
    def place(self, symbol: str, order: SimulatedOrder) -> None: ...
    def cancel(self, symbol: str, order: SimulatedOrder) -> None: ...
    def resize(self, symbol: str, order: SimulatedOrder, size: int) -> None: ...


class OrderReports(Protocol):
    """Where what an account is told goes."""

    def __call__(self, account: str, report: Outgoing, session: int, /) -> None:
        """``session`` is the one whose request this answers, 0 for what happens to an order by itself."""
        ...


@dataclass(frozen=True, kw_only=True)
class _Ticket:
    """A new order as it was asked for, in steps of the instrument."""

    buys: bool
    price: int | None
    size: int
    time: str
    post_only: bool


@final
class OrderDesk:
    """Takes the order messages of every session, and tells each account what becomes of its orders.

    :param tell: called with each report
    """

    def __init__(self, market: Market, clock: Callable[[], int], tell: OrderReports) -> None:
        self._market = market
        self._tell = tell
        self._clock = clock
        self._reports = Reports(clock)
        self._orders: dict[str, ClientOrder] = {}
        self._numbers = itertools.count(1)
        for instrument in market.exchange.instruments.values():
            instrument.matched = self._matched

    def orders(self, account: str) -> list[ClientOrder]:
        """The open orders of an account, in the order in which they came."""
        return [one for one in self._orders.values() if one.account == account]

    def check(self, message: Message) -> None:
        """Whether the message can be looked at.

        :raises barterpy.testing.simulated.fix.refusals.FieldRefusal: a field is missing or cannot be right
        :raises barterpy.protocols.fix.errors.FieldInvalid: a number is none
        """
        for tag in _REQUIRED[message.msg_type]:
            if not message.value(tag):
                raise missing(tag)
        for tag in (38, 44, 152):
            message.decimal(tag, None)
        for tag in (11, 41, 25034):
            if tag in message and not _ID.fullmatch(message.text(tag)):
                text = f"Illegal characters found in parameter '{tag}'; legal range is '^[a-zA-Z0-9-_]{{1,36}}$'."
                raise FieldRefusal(5, tag, -1100, text)
        if message.text(55) not in self._market.exchange.instruments:
            raise FieldRefusal(5, 55, -1121, "Invalid symbol.")
        for tag, values in ((54, ("1", "2")), (40, ("1", "2", "3", "4")), (59, tuple(_TIMES)), (530, ("1",))):
            if message.text(tag, values[0]) not in values:
                raise invalid(tag)

    def handle(self, account: str, message: Message, session: int) -> None:
        """Carry out a message that :meth:`check` found good; the answers are told, refusals to its session alone."""
        match message.msg_type:
            case "D":
                self._new(account, message, session)
            case "F":
                self._cancel(account, message, session)
            case "q":
                self._mass_cancel(account, message, session)
            case "XAK":
                self._amend(account, message, session)
            case _:
                if self._cancel(account, message, session) or message.text(25033) == "2":
                    self._new(account, message, session)

    def disconnected(self, account: str, session: int) -> int:
        """Cancel what came on a session that has ended; gives how many orders that were."""
        mine = [one for one in self.orders(account) if one.session == session]
        for one in mine:
            self._take_out(one, one.cl_ord_id, 0)
        return len(mine)

    # New orders.

    def _new(self, account: str, message: Message, session: int) -> None:
        instrument = self._market.exchange.instruments[message.text(55)]
        try:
            ticket = self._ticket(account, message, instrument)
        except OrderRefusal as refusal:
            self._tell(account, self._reports.rejected(message, refusal), session)
            return
        number = next(self._numbers)
        now = self._clock()
        order = SimulatedOrder(
            id=str(number), owner=account, buys=ticket.buys, price=ticket.price, size=ticket.size,
            created_at=now // 1_000_000, time_in_force=ticket.time, post_only=ticket.post_only, session=session,
        )  # fmt: skip
        one = ClientOrder.of(message, order, instrument.symbol, account, session, now)
        self._orders[order.id] = one
        self._tell(account, self._reports.accepted(one), session)
        self._market.place(instrument.symbol.name, order)
        if order.state == "cancelled":
            # What did not trade at once was not to rest.
            self._tell(account, self._reports.expired(one), 0)
        if order.ended:
            self._orders.pop(order.id, None)

    def _ticket(self, account: str, message: Message, instrument: SimulatedInstrument) -> _Ticket:
        symbol, engine = instrument.symbol, instrument.engine
        kind, buys = message.text(40), message.text(54) == "1"
        if instrument.status != "TRADING":
            raise OrderRefusal(-2010, "Market is closed.")
        if kind in ("3", "4"):
            limit = " limit" if kind == "4" else ""
            raise OrderRefusal(-2010, f"Stop loss{limit} orders are not supported for this symbol.")
        if any(one.cl_ord_id == message.text(11) for one in self.orders(account)):
            raise OrderRefusal(-2010, "Duplicate order sent.")
        post_only = message.text(18, "") == "6"
        price: int | None = None
        if kind == "2":
            for tag in (38, 44) if post_only else (38, 44, 59):
                if tag not in message:
                    raise OrderRefusal(-1102, _MANDATORY_PRICE.format(tag))
            price = _steps(message.decimal(44), symbol.tick, "PRICE_FILTER")
        elif 59 in message:
            raise OrderRefusal(-1114, "TimeInForce parameter sent when not required.")
        elif 44 in message:
            raise OrderRefusal(-1106, "Parameter '44' sent when not required.")
        elif (38 in message) == (152 in message):
            raise OrderRefusal(-1102, "Param '38' or '152' must be sent, but both were empty/null!")
        if 38 in message:
            size = _steps(message.decimal(38), symbol.lot, "LOT_SIZE" if price is not None else "MARKET_LOT_SIZE")
        else:
            size = self._affordable(instrument, message.decimal(152), buys=buys)
        reference = price if price is not None else instrument.last_price
        if Decimal(symbol.notional_text(size * reference)) < Decimal(symbol.min_notional):
            raise OrderRefusal(-1013, "Filter failure: NOTIONAL")
        time = _TIMES[message.text(59, "1")] if price is not None else "immediate_or_cancel"
        probe = SimulatedOrder(id="", owner="", buys=buys, price=price, size=size, created_at=0)
        if post_only and engine.crosses(probe):
            raise OrderRefusal(-2010, "Order would immediately match and take.")
        return _Ticket(buys=buys, price=price, size=size, time=time, post_only=post_only)

    def _affordable(self, instrument: SimulatedInstrument, quote: Decimal, *, buys: bool) -> int:
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

    # What becomes of them.

    def _cancel(self, account: str, message: Message, session: int) -> bool:
        try:
            one = self._find(account, message)
            restrictions = message.text(25002, "")
            if (restrictions == "1" and one.order.filled) or (restrictions == "2" and not one.order.filled):
                raise OrderRefusal(-2011, "Order was not canceled due to cancel restrictions.")
        except OrderRefusal as refusal:
            self._tell(account, self._reports.cancel_refused(message, refusal), session)
            return False
        # XCN: 11 is the new order's, the cancel has an id of its own.
        request_id = message.text(11) if message.msg_type == "F" else message.text(25034, message.text(11))
        self._take_out(one, request_id, session)
        return True

    def _mass_cancel(self, account: str, message: Message, session: int) -> None:
        mine = [one for one in self.orders(account) if one.symbol.name == message.text(55)]
        for one in mine:
            self._take_out(one, message.text(11), session)
        self._tell(account, self._reports.mass_cancelled(message, len(mine)), session)

    def _amend(self, account: str, message: Message, session: int) -> None:
        try:
            one = self._find(account, message)
            size = _steps(message.decimal(38), one.symbol.lot, "LOT_SIZE")
            if size == one.order.size:
                raise OrderRefusal(-2038, "The requested action would change no state; rejecting.")
            if size > one.order.size:
                raise OrderRefusal(-2038, "Order amend (quantity increase) is not supported.")
            if size <= one.order.filled:
                raise OrderRefusal(-2038, "The new quantity must exceed the executed quantity.")
        except OrderRefusal as refusal:
            self._tell(account, self._reports.amend_refused(message, refusal), session)
            return
        self._market.resize(one.symbol.name, one.order, size)
        self._tell(account, self._reports.amended(one, message.text(11)), session)

    def _find(self, account: str, message: Message) -> ClientOrder:
        if 37 not in message and 41 not in message:
            raise OrderRefusal(-2011, "Cancel order is invalid. Check origClOrdId and orderId.")
        for one in self.orders(account):
            if (
                one.symbol.name == message.text(55)
                and message.text(37, one.order.id) == one.order.id
                and message.text(41, one.cl_ord_id) == one.cl_ord_id
            ):
                return one
        raise OrderRefusal(-2011, "Unknown order sent.")

    def _take_out(self, one: ClientOrder, request_id: str, session: int) -> None:
        self._market.cancel(one.symbol.name, one.order)
        del self._orders[one.order.id]
        self._tell(one.account, self._reports.cancelled(one, request_id), session)

    def _matched(self, instrument: SimulatedInstrument, match: Match) -> None:
        for order in (match.maker, match.taker):
            one = self._orders.get(order.id) if order.owner else None
            if one is None:
                continue
            self._tell(one.account, self._reports.traded(one, match), 0)
            if order is match.maker and order.ended:
                del self._orders[order.id]


def _steps(value: Decimal, step: str, name: str) -> int:
    steps = value / Decimal(step)
    if steps != steps.to_integral_value() or not 0 < steps < _MOST_LOTS:
        raise OrderRefusal(-1013, f"Filter failure: {name}")
    return int(steps)
