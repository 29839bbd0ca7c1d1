"""What an account does over FIX at the simulated Binance: orders in, execution reports out. No clock and no I/O.

Messages and texts are those of Binance's FIX API and its error codes, documentation of 2026-09.
"""

import itertools
from collections.abc import Callable
from typing import Final, final

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.values import FieldReader
from barterpy.testing.simulated.fix.lists import check_list, list_orders, read_instructions
from barterpy.testing.simulated.fix.openorders import ClientOrder, OrderList, Phase
from barterpy.testing.simulated.fix.progress import Market, OpenOrders, OrderReports
from barterpy.testing.simulated.fix.refusals import FieldRefusal, OrderRefusal, missing
from barterpy.testing.simulated.fix.reports import Reports
from barterpy.testing.simulated.fix.tickets import ORDER_FIELDS, Ticket, check_order, read_ticket, steps
from barterpy.testing.simulated.instrument import SimulatedInstrument

__all__ = ["ORDER_MESSAGES", "OrderDesk"]

ORDER_MESSAGES: Final = frozenset({"D", "E", "F", "q", "XCN", "XAK"})
"""Message types an order desk takes."""

_REQUIRED: Final = {
    "D": ORDER_FIELDS,
    "E": (25014,),
    "F": (11, 55),
    "q": (11, 55, 530),
    "XCN": (11, 25033, 40, 54, 55),
    "XAK": (11, 38, 55),
}


@final
class OrderDesk:
    """Takes the order messages of every session, and tells each account what becomes of its orders.

    :param tell: called with each report
    """

    def __init__(self, market: Market, clock: Callable[[], int], tell: OrderReports) -> None:
        self._market = market
        self._tell = tell
        self._reports = Reports(clock)
        self._open = OpenOrders(market, clock, tell, self._reports)
        self._lists = itertools.count(1)

    def orders(self, account: str) -> list[ClientOrder]:
        """The open orders of an account, in the order in which they came."""
        return self._open.of(account)

    def check(self, message: Message) -> None:
        """Whether the message can be looked at.

        :raises barterpy.testing.simulated.fix.refusals.FieldRefusal: a field is missing or cannot be right
        :raises barterpy.protocols.fix.errors.FieldInvalid: a number is none
        """
        symbol = message.text(55, "")
        if message.msg_type == "E":
            parts = list_orders(message)
            if not parts:
                raise missing(73)
            check_order(message, _REQUIRED["E"])
            message.boolean(25046, False)
            for part in parts:
                check_order(part)
                read_instructions(part)
            if len({part.text(55) for part in parts}) > 1:
                raise FieldRefusal(5, 55, -1121, "Invalid symbol.")
        else:
            check_order(message, _REQUIRED[message.msg_type])
        if symbol not in self._market.exchange.instruments:
            raise FieldRefusal(5, 55, -1121, "Invalid symbol.")

    def handle(self, account: str, message: Message, session: int) -> None:
        """Carry out a message that :meth:`check` found good; the answers are told, refusals to its session alone."""
        match message.msg_type:
            case "D":
                self._new(account, message, session)
            case "E":
                self._new_list(account, message, session)
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
        return self._open.take_out([one for one in self._open.of(account) if one.session == session], None, 0)

    # New orders.

    def _new(self, account: str, message: Message, session: int) -> None:
        instrument = self._market.exchange.instruments[message.text(55)]
        try:
            ticket = self._ticket(account, message, instrument)
            ticket.check_now(instrument)
        except OrderRefusal as refusal:
            self._tell(account, self._reports.rejected(message, refusal), session)
            return
        one = self._open.enter(ticket, instrument, account, session)
        self._tell(account, self._reports.accepted(one), session)
        self._open.begin(one)

    def _new_list(self, account: str, message: Message, session: int) -> None:
        entries = list_orders(message)
        instrument = self._market.exchange.instruments[entries[0].text(55)]
        said = [read_instructions(entry) for entry in entries]
        try:
            if message.boolean(25046, False):
                raise OrderRefusal(-1020, "This operation is not supported.")
            tickets = [self._ticket(account, entry, instrument) for entry in entries]
            lists = {one.group.cl_list_id for one in self._open.of(account) if one.group is not None}
            if message.text(25014) in lists or len({ticket.cl_ord_id for ticket in tickets}) < len(tickets):
                raise OrderRefusal(-2010, "Duplicate order sent.")
            contingency = message.text(1385, "")
            instructions = check_list(contingency, tickets, said, instrument.last_price)
            orders = OrderList(
                id=str(next(self._lists)),
                cl_list_id=message.text(25014),
                contingency=contingency,
                instructions=instructions,
            )
            for place, ticket in enumerate(tickets):
                if place not in orders.pending:
                    ticket.check_now(instrument)
        except OrderRefusal as refusal:
            self._tell(account, self._reports.list_rejected(message, entries, refusal), session)
            return
        ones = [
            self._open.enter(ticket, instrument, account, session, orders, pending=place in orders.pending)
            for place, ticket in enumerate(tickets)
        ]
        self._tell(account, self._reports.list_started(orders), session)
        for one in ones:
            self._tell(account, self._reports.accepted(one), session)
        for one in ones:
            if one.phase is not Phase.PENDING and self._open.is_open(one):
                self._open.begin(one)

    def _ticket(self, account: str, fields: FieldReader, instrument: SimulatedInstrument) -> Ticket:
        if instrument.status != "TRADING":
            raise OrderRefusal(-2010, "Market is closed.")
        if any(one.cl_ord_id == fields.text(11) for one in self._open.of(account)):
            raise OrderRefusal(-2010, "Duplicate order sent.")
        return read_ticket(fields, instrument)

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
        self._open.take_out([one], request_id, session)
        return True

    def _mass_cancel(self, account: str, message: Message, session: int) -> None:
        mine = [one for one in self._open.of(account) if one.symbol.name == message.text(55)]
        count = self._open.take_out(mine, message.text(11), session)
        self._tell(account, self._reports.mass_cancelled(message, count), session)

    def _amend(self, account: str, message: Message, session: int) -> None:
        try:
            one = self._find(account, message)
            size = steps(message.decimal(38), one.symbol.lot, "LOT_SIZE")
            if size == one.order.size:
                raise OrderRefusal(-2038, "The requested action would change no state; rejecting.")
            if size > one.order.size:
                raise OrderRefusal(-2038, "Order amend (quantity increase) is not supported.")
            if size <= one.order.filled:
                raise OrderRefusal(-2038, "The new quantity must exceed the executed quantity.")
        except OrderRefusal as refusal:
            self._tell(account, self._reports.amend_refused(message, refusal), session)
            return
        if one.phase is Phase.WORKING:
            self._market.resize(one.symbol.name, one.order, size)
        else:
            one.order.size = size
        self._tell(account, self._reports.amended(one, message.text(11)), session)
        if one.group is not None:
            self._tell(account, self._reports.list_updated(one.group), session)

    def _find(self, account: str, message: Message) -> ClientOrder:
        """The order that is meant, or the first of the list that is."""
        names = [(tag, message.text(tag)) for tag in (37, 41, 66, 25015) if tag in message]
        if not names:
            raise OrderRefusal(-2011, "Cancel order is invalid. Check origClOrdId and orderId.")
        for one in self._open.of(account):
            if one.symbol.name == message.text(55) and all(one.named(tag) == name for tag, name in names):
                return one
        raise OrderRefusal(-2011, "Unknown order sent.")
