"""The open orders and order lists of an account at the simulated Binance, as their owner knows them."""

from dataclasses import dataclass, field
from enum import StrEnum

from barterpy.testing.simulated.fix.lists import RELEASE, Instruction
from barterpy.testing.simulated.fix.tickets import Ticket
from barterpy.testing.simulated.matching import SimulatedOrder
from barterpy.testing.simulated.symbols import SimulatedSymbol

__all__ = ["ClientOrder", "OrderList", "Phase"]


class Phase(StrEnum):
    """What an open order waits for."""

    PENDING = "pending"
    """Another order of its list."""
    WAITING = "waiting"
    """A price."""
    WORKING = "working"
    """Somebody to trade with: it is in the book, or about to be."""


@dataclass(eq=False, kw_only=True)
class OrderList:
    """A list that was taken, in the order of the request."""

    id: str
    cl_list_id: str
    contingency: str
    instructions: tuple[tuple[Instruction, ...], ...]
    orders: list["ClientOrder"] = field(default_factory=list["ClientOrder"])
    done: bool = False

    @property
    def pending(self) -> frozenset[int]:
        """The places of orders that are to be released."""
        return frozenset(
            place for place, said in enumerate(self.instructions) if any(one.action == RELEASE for one in said)
        )

    def follows(self, order: "ClientOrder", event: str) -> list[tuple["ClientOrder", str]]:
        """The orders that something happens to, and what, when ``event`` has become of an order of the list."""
        at = self.orders.index(order)
        return [
            (self.orders[place], one.action)
            for place, said in enumerate(self.instructions)
            for one in said
            if (one.place, one.event) == (at, event)
        ]


@dataclass(eq=False, kw_only=True)
class ClientOrder:
    """An order as its owner knows it. ``told`` are the lots reported so far, ``told_cost`` ticks times lots."""

    order: SimulatedOrder
    ticket: Ticket
    symbol: SimulatedSymbol
    account: str
    session: int
    phase: Phase
    created_at: int
    """Int nanoseconds UTC."""
    working_at: int | None
    """When it came to the market, int nanoseconds UTC."""
    group: OrderList | None = None
    """The list it belongs to."""
    told: int = 0
    told_cost: int = 0

    @property
    def cl_ord_id(self) -> str:
        """The owner's name for it."""
        return self.ticket.cl_ord_id

    def named(self, tag: int) -> str | None:
        """What a request says in that field (37, 41, 66, 25015) if it means this order or its list."""
        if tag in (37, 41):
            return self.order.id if tag == 37 else self.cl_ord_id
        if self.group is None:
            return None
        return self.group.id if tag == 66 else self.group.cl_list_id

    @property
    def status(self) -> str:
        """OrdStatus (39) by what was told of it."""
        if self.phase is Phase.PENDING:
            return "A"
        if self.told == self.order.size:
            return "2"
        return "1" if self.told else "0"
