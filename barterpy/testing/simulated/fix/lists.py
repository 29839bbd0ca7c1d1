"""Order lists of the simulated Binance: which there are, and what one order of a list makes of the others.

"Supported Order List Types", FIX API page of Binance, 2026-09: the client says of each order by triggering instructions
what another one's fate does to it, and each type of list has exactly one way to say it.

    OCO     below, above             one cancels the other as soon as it trades or is triggered
    OTO     working, pending         the pending order is released when the working one is filled
    OTOCO   working, below, above    an OCO that is released when the working one is filled
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing
from barterpy.protocols.fix.groups import EntryLayout, GroupEntry
from barterpy.protocols.fix.message import Message
from barterpy.testing.simulated.fix.refusals import FieldRefusal, OrderRefusal
from barterpy.testing.simulated.fix.tickets import Ticket

__all__ = [
    "ACTIVATED",
    "CANCEL",
    "FILLED",
    "PARTIALLY_FILLED",
    "RELEASE",
    "Instruction",
    "check_list",
    "list_orders",
    "read_instructions",
]

_TRIGGERS: Final = EntryLayout({25011, 25012, 25013})
_LAYOUT: Final = EntryLayout(
    {
        *(11, 18, 38, 40, 44, 54, 55, 59, 111, 152, 211, 835, 836, 847, 1094, 7940),
        *(1100, 1101, 1102, 1107, 1109, 25001, 25009, 25010),
    },
    {25010: _TRIGGERS},
)
_OCO: Final = "1"
_OTO: Final = "2"
ACTIVATED: Final = "1"
PARTIALLY_FILLED: Final = "2"
FILLED: Final = "3"
RELEASE: Final = "1"
CANCEL: Final = "2"
_STOP_LOSS: Final = frozenset({"STOP_LOSS", "STOP_LOSS_LIMIT"})
_TAKE_PROFIT: Final = frozenset({"TAKE_PROFIT", "TAKE_PROFIT_LIMIT"})
_WORKING: Final = frozenset({"LIMIT", "LIMIT_MAKER"})
_WRONG_PLACE: Final = {
    # Of a leg: whether it buys, whether it is above.
    ("LIMIT_MAKER", True, True): (-1165, "A limit order in a buy OCO must be below."),
    ("LIMIT_MAKER", False, False): (-1166, "A limit order in a sell OCO must be above."),
    ("STOP_LOSS", True, False): (-1196, "A stop loss order in a buy OCO must be above."),
    ("STOP_LOSS", False, True): (-1197, "A stop loss order in a sell OCO must be below."),
    ("TAKE_PROFIT", True, True): (-1198, "A take profit order in a buy OCO must be below."),
    ("TAKE_PROFIT", False, False): (-1199, "A take profit order in a sell OCO must be above."),
}


class Instruction(NamedTuple):
    """When this becomes (25011) of the order at that place (25012), do that (25013) with the one it stands at."""

    event: str
    place: int
    action: str


def list_orders(message: Message) -> list[GroupEntry]:
    """The orders of a NewOrderList (E).

    :raises barterpy.testing.simulated.fix.refusals.FieldRefusal: a count that is wrong
    """
    orders = _group(message, 73, _LAYOUT)
    for order in orders:
        _group(order, 25010, _TRIGGERS)
    return orders


def read_instructions(order: GroupEntry) -> tuple[Instruction, ...]:
    """What was said of an order of a list."""
    return tuple(
        Instruction(one.text(25011), one.integer(25012), one.text(25013)) for one in order.group(25010, _TRIGGERS)
    )


def check_list(
    contingency: str, tickets: Sequence[Ticket], said: Sequence[tuple[Instruction, ...]], last_price: int
) -> tuple[tuple[Instruction, ...], ...]:
    """The instructions of the list, if it is one of those there are.

    :raises barterpy.testing.simulated.fix.refusals.OrderRefusal: it is none, or its prices contradict each other
    """
    if (contingency, len(tickets)) not in ((_OCO, 2), (_OTO, 2), (_OTO, 3)):
        raise OrderRefusal(-1014, "Unsupported order combination.")
    if contingency == _OCO:
        legs = _pair(tickets, 0)
        below, above = (_level(one) for one in tickets)
        if not below < last_price < above:
            raise OrderRefusal(-2010, "The relationship of the prices for the orders is not correct.")
        expected: tuple[tuple[Instruction, ...], ...] = legs
    else:
        if tickets[0].kind not in _WORKING:
            raise OrderRefusal(-1014, "Unsupported order combination.")
        release = (Instruction(FILLED, 0, RELEASE),)
        if len(tickets) == 2:
            expected = ((), release)
        else:
            legs = _pair(tickets[1:], 1)
            below, above = (_level(one) for one in tickets[1:])
            if not below < above:
                raise OrderRefusal(-2010, "The relationship of the prices for the orders is not correct.")
            expected = ((), *(release + leg for leg in legs))
    if tuple(_normal(one, contingency) for one in said) != expected:
        advice = "; ".join(_written(one) for one in expected)
        text = (
            f"Component 'ListTriggeringInstructions' is incorrectly populated on this list. Recommendation: '{advice}'"
        )
        raise OrderRefusal(-1174, text)
    return expected


def _pair(legs: Sequence[Ticket], first: int) -> tuple[tuple[Instruction, ...], tuple[Instruction, ...]]:
    """What two orders that cancel each other say; ``first`` is the place of the one below."""
    if len({leg.buys for leg in legs}) != 1:
        raise OrderRefusal(-1014, "Unsupported order combination.")
    if not any(leg.contingent for leg in legs):
        raise OrderRefusal(-1168, "At least one OCO order must be contingent.")
    for leg, above in zip(legs, (False, True), strict=True):
        group = "STOP_LOSS" if leg.kind in _STOP_LOSS else "TAKE_PROFIT" if leg.kind in _TAKE_PROFIT else leg.kind
        if group in ("LIMIT", "MARKET"):
            raise OrderRefusal(-1158, "Order type not supported in OCO.")
        wrong = _WRONG_PLACE.get((group, leg.buys, above))
        if wrong is not None:
            raise OrderRefusal(*wrong)
    below, above_ = (ACTIVATED if leg.contingent else PARTIALLY_FILLED for leg in legs)
    return (Instruction(above_, first + 1, CANCEL),), (Instruction(below, first, CANCEL),)


def _normal(said: tuple[Instruction, ...], contingency: str) -> tuple[Instruction, ...]:
    # For an OTOCO the page's table has CANCEL where an order is released; it cannot mean that, and both are taken.
    if contingency == _OTO and len(said) > 1 and said[0][:2] == (FILLED, 0):
        return (Instruction(FILLED, 0, RELEASE), *said[1:])
    return said


def _level(ticket: Ticket) -> int:
    assert ticket.level is not None, "no market order is in a pair"
    return ticket.level


def _written(said: tuple[Instruction, ...]) -> str:
    fields = [f"25011={one.event}|25012={one.place}|25013={one.action}|" for one in said]
    return "".join([f"25010={len(said)}|", *fields])


def _group(fields: Message | GroupEntry, tag: int, layout: EntryLayout) -> list[GroupEntry]:
    try:
        return fields.group(tag, layout)
    except (FieldInvalid, FieldMissing) as error:
        # Of a group in it, perhaps.
        tag = error.tag
        raise FieldRefusal(16, tag, -1188, f"Incorrect NumInGroup count for repeating group '{tag}'.") from error
