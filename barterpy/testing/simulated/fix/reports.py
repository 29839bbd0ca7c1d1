"""What an account is told of its orders over FIX, field by field, as Binance's FIX API of 2026-09 has it.

Written from the documentation and not from this library's own gateway, so that one checks the other.
"""

import itertools
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, final

from barterpy.protocols.fix.groups import GroupEntry
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing, Timestamp, Value
from barterpy.testing.simulated.fix.openorders import ClientOrder, OrderList, Phase
from barterpy.testing.simulated.fix.refusals import OrderRefusal
from barterpy.testing.simulated.fix.tickets import KEPT
from barterpy.testing.simulated.matching import Match

__all__ = ["Reports"]

_FEE: Final = Decimal("0.001")
_EIGHT: Final = Decimal("1e-8")
_NOTHING: Final = "0.00000000"
_RESPONSE: Final = 2
_STARTED: Final = 4
_DONE: Final = 5
_UPDATED: Final = 100


@final
class Reports:
    """Writes the messages of the order desk.

    :param clock: int nanoseconds UTC
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)

    def accepted(self, one: ClientOrder) -> Outgoing:
        """ExecType NEW: it was taken, is released, or was triggered."""
        return self._report(one, "0", one.status)

    def traded(self, one: ClientOrder, match: Match) -> Outgoing:
        """ExecType TRADE."""
        one.told += match.size
        one.told_cost += match.size * match.price
        symbol, buys = one.symbol, one.order.buys
        received = match.size * Decimal(symbol.lot) * (1 if buys else match.price * Decimal(symbol.tick))
        fee = (received * _FEE).quantize(_EIGHT)
        return self._report(
            one,
            "F",
            one.status,
            (
                (31, symbol.price_text(match.price)),
                (32, symbol.size_text(match.size)),
                (1003, match.id),
                (1057, one.order is match.taker),
                (574, 4),
                Outgoing.group(136, [((137, fee), (138, symbol.base if buys else symbol.quote), (139, 4))]),
            ),
        )

    def cancelled(self, one: ClientOrder, request_id: str) -> Outgoing:
        """ExecType CANCELED; 11 is the request's, 41 the order's."""
        return self._report(one, "4", "4", ((41, one.cl_ord_id),), request_id)

    def expired(self, one: ClientOrder) -> Outgoing:
        """ExecType EXPIRED: what did not trade of an order that was not to rest."""
        return self._report(one, "C", "C")

    def amended(self, one: ClientOrder, request_id: str) -> Outgoing:
        """ExecType REPLACED: smaller, and in its place."""
        return self._report(one, "5", one.status, ((41, one.cl_ord_id),), request_id)

    def rejected(self, message: Message, refusal: OrderRefusal) -> Outgoing:
        """ExecType REJECTED: there is neither an order nor a number of it."""
        return Outgoing(
            "8",
            [
                (11, message.text(11)),
                *((tag, message.text(tag)) for tag in (38, *KEPT) if tag in message),
                (14, _NOTHING),
                (32, _NOTHING),
                (39, "8"),
                (58, refusal.text),
                (60, Timestamp(self._clock(), "us")),
                (103, 99),
                (150, "8"),
                (151, _NOTHING),
                (25016, refusal.code),
                (25017, _NOTHING),
            ],
        )

    def cancel_refused(self, message: Message, refusal: OrderRefusal) -> Outgoing:
        """OrderCancelReject (9)."""
        cancel_id = message.text(11) if message.msg_type == "F" else message.text(25034, message.text(11))
        return Outgoing(
            "9",
            [
                (11, cancel_id),
                *((tag, message.text(tag)) for tag in (37, 41, 25015, 66, 55, 25002) if tag in message),
                (58, refusal.text),
                (434, "1"),
                (25016, refusal.code),
            ],
        )

    def amend_refused(self, message: Message, refusal: OrderRefusal) -> Outgoing:
        """OrderAmendReject (XAR)."""
        told = [(tag, message.text(tag)) for tag in (11, 37, 41, 55, 38) if tag in message]
        return Outgoing("XAR", [*told, (25016, refusal.code), (58, refusal.text)])

    def mass_cancelled(self, message: Message, count: int) -> Outgoing:
        """OrderMassCancelReport (r)."""
        fields: list[tuple[int, Value]] = [(11, message.text(11)), (55, message.text(55)), (530, message.text(530))]
        if count:
            return Outgoing("r", [*fields, (531, "1"), (533, count)])
        return Outgoing("r", [*fields, (531, "0"), (532, 99), (25016, -2011), (58, "Unknown order sent.")])

    # Lists.

    def list_started(self, orders: OrderList) -> Outgoing:
        """ListStatus (N) of a list that was taken: EXEC_STARTED, EXECUTING."""
        return self._list(orders, _STARTED, 3)

    def list_updated(self, orders: OrderList) -> Outgoing:
        """The same of one with an order that was amended."""
        return self._list(orders, _UPDATED, 3)

    def list_done(self, orders: OrderList) -> Outgoing:
        """The same of one whose orders have all ended: ALL_DONE."""
        return self._list(orders, _DONE, 6)

    def list_rejected(self, message: Message, entries: Sequence[GroupEntry], refusal: OrderRefusal) -> Outgoing:
        """The same of one that was not taken, none of its orders: RESPONSE, REJECT."""
        orders = [((55, entry.text(55)), (11, entry.text(11))) for entry in entries]
        contingency = [(1385, message.text(1385))] if 1385 in message else []
        return Outgoing(
            "N",
            [
                (55, entries[0].text(55)),
                (58, refusal.text),
                (60, Timestamp(self._clock(), "us")),
                Outgoing.group(73, orders),
                (429, _RESPONSE),
                (431, 7),
                *contingency,
                (1386, 99),
                (25014, message.text(25014)),
                (25016, refusal.code),
            ],
        )

    def _list(self, orders: OrderList, kind: int, status: int) -> Outgoing:
        entries: list[list[tuple[int, Value]]] = []
        symbol = ""
        for one, said in zip(orders.orders, orders.instructions, strict=True):
            symbol = one.symbol.name
            entries.append([(55, symbol), (37, one.order.id), (11, one.cl_ord_id)])
            if said:
                triggers = [((25011, each.event), (25012, each.place), (25013, each.action)) for each in said]
                entries[-1].append(Outgoing.group(25010, triggers))
        return Outgoing(
            "N",
            [
                (55, symbol),
                (60, Timestamp(self._clock(), "us")),
                (66, orders.id),
                Outgoing.group(73, entries),
                (429, kind),
                (431, status),
                (1385, orders.contingency),
                (25014, orders.cl_list_id),
                (25015, orders.cl_list_id),
            ],
        )

    def _report(
        self,
        one: ClientOrder,
        exec_type: str,
        status: str,
        extra: tuple[tuple[int, Value], ...] = (),
        cl_ord_id: str | None = None,
    ) -> Outgoing:
        order, symbol = one.order, one.symbol
        left = 0 if status in ("4", "C") else order.size - one.told
        fields: dict[int, Value] = {
            11: cl_ord_id or one.cl_ord_id,
            14: symbol.size_text(one.told),
            17: next(self._numbers),
            32: _NOTHING,
            37: order.id,
            38: symbol.size_text(order.size),
            39: status,
            **dict(one.ticket.kept),
            60: Timestamp(self._clock(), "us"),
            150: exec_type,
            151: symbol.size_text(left),
            636: one.phase is Phase.WORKING and order.price is not None and status in ("0", "1"),
            25001: "1",
            25017: symbol.notional_text(one.told_cost),
            25018: Timestamp(one.created_at, "us"),
        }
        if one.working_at is not None:
            fields[25023] = Timestamp(one.working_at, "us")
        if one.group is not None:
            fields[66] = one.group.id
        fields.update(extra)
        return Outgoing("8", fields)
