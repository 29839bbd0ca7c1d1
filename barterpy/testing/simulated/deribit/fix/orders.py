"""What an account does over FIX at the simulated Deribit: orders in, execution reports out. No clock and no I/O.

"New Order Single", "Order Cancel Request", "Order Cancel/Replace Request", "Order Mass Cancel Request" and "Order Mass
Status Request", docs.deribit.com, FIX API, 2026-09. Sizes are contracts unless QtyType (854) is 0. An order is named by
Deribit's id in OrigClOrdID (41), by the user's in ClOrdID (11), or by its label (100010). Orders that wait for a price
are refused, as over JSON-RPC here; what concerns quotes, market maker protection and icebergs is not looked at.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, final

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Field, Outgoing
from barterpy.testing.simulated.deribit.accounts import RpcRefusal, SimulatedAccount
from barterpy.testing.simulated.deribit.desk import DeribitDesk
from barterpy.testing.simulated.deribit.fix.fields import multiplier
from barterpy.testing.simulated.deribit.fix.reports import (
    CANCELED,
    NEW,
    REPLACED,
    STATUS,
    cancel_reject,
    mass_cancel_report,
    order_report,
    refused_order,
    words,
)
from barterpy.testing.simulated.matching import SimulatedOrder

__all__ = ["OrderDesk"]

_TYPES: Final = {"1": "market", "2": "limit"}
_TIMES: Final = {"0": "good_til_day", "1": "good_til_cancelled", "3": "immediate_or_cancel", "4": "fill_or_kill"}
_UNITS: Final = "0"
_SUCCESS: Final = "success"
_IDS: Final = (11, 41, 100010)
_KINDS: Final = {"FUT": "future", "OPT": "option", "FXSPOT": "spot"}
_BY_SYMBOL: Final = "1"
_BY_TYPE: Final = "5"
_ALL: Final = "7"
_BY_LABEL: Final = "10"
_ALL_ORDERS: Final = 7
_ID_TYPES: Final = (0, 1, 2)

Told = tuple[str, list[dict[str, Any]], list[dict[str, Any]]]
"""An instrument, and orders and trades of the account on it."""


@final
class OrderDesk:
    """The orders of one session's account.

    :param session: tells it from every other connection, for what is cancelled with it
    """

    def __init__(self, desk: DeribitDesk, account: SimulatedAccount, session: int) -> None:
        self._desk = desk
        self._trading = desk.trading
        self._account = account
        self._session = session

    # What is asked.

    def new(self, message: Message) -> Iterator[Outgoing]:
        """NewOrderSingle (D)."""
        client_id, symbol, side = message.text(11), message.text(55), message.text(54)
        try:
            params = self._params(message, symbol)
            type_ = _TYPES.get(message.text(40, "2"))
            if type_ is None:
                raise _invalid("type", "no triggers here")
            params |= {"type": type_, "label": message.text(100010, "")}
            if 59 in message and type_ != "market":
                params["time_in_force"] = _TIMES.get(message.text(59), "")
            inst = message.text(18, "")
            params |= {"post_only": "6" in inst, "reject_post_only": "6A" in inst, "reduce_only": "E" in inst}
            if 62 in message and message.timestamp(62) <= self._desk.clock():
                raise RpcRefusal(13888, "timed_out")
            if side not in ("1", "2"):
                raise _invalid("direction", "wrong format")
            placed = self._trading.place(self._account, params, self._session, buys=side == "1", client_id=client_id)
        except RpcRefusal as refusal:
            said: list[Field] = [(tag, value) for tag in (55, 54, 38, 40, 44, 100010) if (value := message.get(tag))]
            yield refused_order(said, client_id, refusal)
            return
        row = placed["order"]
        yield self.report(row, placed["trades"], NEW, _SUCCESS)

    def cancel(self, message: Message) -> Iterator[Outgoing]:
        """OrderCancelRequest (F)."""
        open_, ended = self._named(message)
        if not open_:
            yield self._reject(message, 1, ended)
            return
        self._trading.cancel_orders(self._account, open_)
        for order in open_:
            yield self.report(self._row(order), [], CANCELED, _SUCCESS)

    def replace(self, message: Message) -> Iterator[Outgoing]:
        """OrderCancelReplaceRequest (G)."""
        open_, ended = self._named(message)
        if not open_:
            yield self._reject(message, 2, ended)
            return
        order = open_[0]
        params = {**self._params(message, self._account.instruments[order.id]), "order_id": order.id}
        try:
            placed = self._trading.edit(self._account, params)
        except RpcRefusal as refusal:
            yield cancel_reject(_ids(message), 2, words(refusal), self._row(order))
            return
        yield self.report(placed["order"], placed["trades"], REPLACED, _SUCCESS)

    def mass_cancel(self, message: Message) -> Iterator[Outgoing]:
        """OrderMassCancelRequest (q)."""
        id_, kind, currency = message.text(11), message.text(530), message.text(15, "")
        chosen = [order for order in self._account.open_orders() if currency in ("", self._currency(order))]
        if kind == _BY_SYMBOL:
            symbol = message.text(55)
            chosen = [order for order in chosen if self._account.instruments[order.id] == symbol]
        elif kind == _BY_TYPE:
            type_ = _KINDS.get(message.text(167))
            chosen = [order for order in chosen if self._contract(order).kind == type_]
        elif kind == _BY_LABEL:
            label = message.text(100010)
            chosen = [order for order in chosen if order.label == label]
        elif kind != _ALL:
            yield Outgoing("r", [(11, id_), (530, kind), (531, 0), (532, 0), (58, "unsupported MassCancelRequestType")])
            return
        total = self._trading.cancel_orders(self._account, chosen)
        yield mass_cancel_report(id_, kind, [order.client_id for order in chosen if order.client_id], total)

    def mass_status(self, message: Message) -> Iterator[Outgoing]:
        """OrderMassStatusRequest (AF): all open orders behind a report of how many they are, or those of one id."""
        id_, kind = message.text(584), message.integer(585)
        fields: list[Field] = [(584, id_), (585, kind)]
        if kind == _ALL_ORDERS and 9014 not in message:
            orders = self._account.open_orders()
            yield Outgoing("8", [*fields, (58, "total_reports"), (911, len(orders))])
        else:
            by = message.integer(9014, 0)
            orders = [order for order in self._account.orders.values() if by in _ID_TYPES and _names(order)[by] == id_]
            if not orders:
                yield Outgoing("8", [*fields, (150, "8"), (39, "8"), (103, 5), (58, "order_not_found")])
        for order in orders:
            yield self.report(self._row(order), [], STATUS, _SUCCESS, fields)

    # What is told.

    def report(
        self,
        row: dict[str, Any],
        trades: list[dict[str, Any]],
        exec_type: str = STATUS,
        text: str = "notification",
        fields: list[Field] | None = None,
    ) -> Outgoing:
        """Of an order of the account."""
        order = self._account.orders[row["order_id"]]
        return order_report(self._contract(order), row, trades, order.client_id, exec_type, text, fields or ())

    def notifications(self, told: Told, answered: frozenset[object] = frozenset()) -> Iterator[Outgoing]:
        """Reports of what happened to orders of the account, but those of which an answer has told."""
        _, orders, trades = told
        for row in orders:
            if row["order_id"] not in answered:
                yield self.report(row, [trade for trade in trades if trade["order_id"] == row["order_id"]])

    # How.

    def _params(self, message: Message, symbol: str) -> dict[str, Any]:
        params: dict[str, Any] = {"instrument_name": symbol}
        book = self._desk.market.books.get(symbol)
        if book is not None and 38 in message:
            unit = Decimal(1) if message.text(854, "1") == _UNITS else multiplier(book.contract)
            params["amount"] = message.decimal(38) * unit
        if 44 in message:
            params["price"] = message.decimal(44)
        return params

    def _named(self, message: Message) -> tuple[list[SimulatedOrder], SimulatedOrder | None]:
        """The open orders a request means, and one that has ended if there are none."""
        known = self._account.orders
        if 41 in message:
            found = [known[name] for name in (message.text(41),) if name in known]
        elif 11 in message:
            found = [order for order in known.values() if order.client_id == message.text(11)]
        else:
            label, symbol, currency = message.text(100010), message.text(55, ""), message.text(15, "")
            found = [
                order
                for order in known.values()
                if order.label == label
                and symbol in ("", self._account.instruments[order.id])
                and currency in ("", self._currency(order))
            ]
        open_ = [order for order in found if not order.ended]
        if open_ and 41 not in message and 11 in message:
            open_ = open_[-1:]  # an id that came twice means the order that came last
        return open_, found[-1] if found else None

    def _reject(self, message: Message, response_to: int, ended: SimulatedOrder | None) -> Outgoing:
        if ended is None:
            return cancel_reject(_ids(message), response_to, "not_found")
        return cancel_reject(
            _ids(message),
            response_to,
            "already_filled" if ended.state == "filled" else "already_cancelled",
            self._row(ended),
        )

    def _row(self, order: SimulatedOrder) -> dict[str, Any]:
        return self._trading.order_row(self._contract(order), order)

    def _contract(self, order: SimulatedOrder) -> Any:
        return self._desk.market.books[self._account.instruments[order.id]].contract

    def _currency(self, order: SimulatedOrder) -> str:
        return str(self._contract(order).currency)


def _names(order: SimulatedOrder) -> tuple[str, str, str]:
    """By MassStatusReqIDType (9014)."""
    return order.id, order.client_id, order.label


def _ids(message: Message) -> list[Field]:
    return [(tag, value) for tag in _IDS if (value := message.get(tag))]


def _invalid(name: str, reason: str) -> RpcRefusal:
    return RpcRefusal(-32602, "Invalid params", {"param": name, "reason": reason})
