"""The synchroniser of a book of single orders (L3).

The venue says what happened to an order: it came, shrank, was traded, left. What contradicts the orders there are (an
order nobody has heard of, one that comes twice, one that is traded beyond its size) shows that something was missed,
beside what the numbers and a checksum show; all of them are a gap.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Generic

import msgspec

from barterpy.errors import BookError, ConfigurationError, LimitExceeded
from barterpy.model.market import Level, OrdersDelta, OrdersSnapshot, RestingOrder, Side
from barterpy.model.number import N
from barterpy.orderbook import OrderQueues
from barterpy.sync.checksums import Checksum, level_texts
from barterpy.sync.policy import SyncPolicy
from barterpy.sync.requests import Ask
from barterpy.sync.sequence import SequenceRule
from barterpy.sync.synchroniser import Synchroniser
from barterpy.sync.transitions import SyncState

__all__ = ["OrderAction", "OrderChange", "OrderCopy", "OrdersSynchroniser", "QueuePlan", "QueueSnapshot", "QueueUpdate"]


class OrderAction(StrEnum):
    """What happened to an order; each is a method of :class:`~barterpy.orderbook.OrderQueues`."""

    ADD = "add"
    """It was placed: side, price and size are said."""
    MODIFY = "modify"
    """It has another size, and another price where one is said."""
    DELETE = "delete"
    MATCH = "match"
    """So much of it, ``size``, was traded."""
    PUT = "put"
    """Added or changed, for venues that do not say which: side, price and size are said."""


_WHOLE: Final = frozenset({OrderAction.ADD, OrderAction.PUT})


class OrderChange(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False):
    """What happened to one order, with what the venue says of it.

    :raises barterpy.errors.ConfigurationError: less is said than the action needs
    """

    action: OrderAction
    id: str
    side: Side | None = None
    price: N | None = None
    size: N | None = None

    def __post_init__(self) -> None:
        action = self.action
        if action is not OrderAction.DELETE and self.size is None:
            raise ConfigurationError(f"{action} needs a size")
        if action in _WHOLE and (self.side is None or self.price is None):
            raise ConfigurationError(f"{action} needs side and price")


class QueueUpdate(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False):
    """What happened to orders, in order. Ids as in :class:`~barterpy.sync.DepthUpdate`."""

    first_id: int
    last_id: int
    previous_id: int | None = None
    changes: tuple[OrderChange[N], ...]
    exchange_at: int | None
    checksum: int | None = None


class QueueSnapshot(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False):
    """All orders as of ``last_id``, at each price in the order of their priority."""

    last_id: int
    orders: tuple[RestingOrder[N], ...]
    exchange_at: int | None
    checksum: int | None = None


class QueuePlan(msgspec.Struct, frozen=True, kw_only=True):
    """See :class:`OrdersSynchroniser`."""

    venue: str
    instrument: str
    numbered: bool
    depth: int | None
    checksum: Checksum | None
    keep_place: bool
    max_orders: int

    def __post_init__(self) -> None:
        if self.depth is not None and self.depth < 1:
            raise ConfigurationError(f"depth is a number of prices from 1, not {self.depth}")


class OrderCopy(Generic[N]):
    """One life of a book of orders, from a snapshot to the next."""

    __slots__ = ("_plan", "queues")

    def __init__(self, plan: QueuePlan) -> None:
        self._plan = plan
        self.queues: OrderQueues[N] = OrderQueues(
            plan.instrument, keep_place=plan.keep_place, max_orders=plan.max_orders
        )

    def load(self, snapshot: QueueSnapshot[N], received_at: int, epoch: int) -> OrdersSnapshot[N]:
        """Begin with this snapshot.

        :raises barterpy.errors.BookError: an order is in it twice, or there are more than ``max_orders``
        """
        plan, queues = self._plan, self.queues
        try:
            queues.replace(snapshot.orders)
        except LimitExceeded as error:
            raise BookError(plan.instrument, str(error)) from error
        if plan.depth is not None:
            queues.trim(plan.depth)
        return OrdersSnapshot(
            venue=plan.venue,
            instrument=plan.instrument,
            bids=tuple(queues.orders(Side.BUY)),
            asks=tuple(queues.orders(Side.SELL)),
            exchange_at=snapshot.exchange_at,
            received_at=received_at,
            epoch=epoch,
            sequence=snapshot.last_id if plan.numbered else None,
            depth=plan.depth,
        )

    def apply(self, update: QueueUpdate[N], received_at: int, epoch: int) -> OrdersDelta[N] | None:
        """Carry out these changes; None where they are none.

        :raises barterpy.errors.BookError: they contradict the orders there are
        """
        plan = self._plan
        told: list[RestingOrder[N]] = []
        for change in update.changes:
            before = self.queues.order(change.id)
            try:
                self._change(change)
            except LimitExceeded as error:
                raise BookError(plan.instrument, str(error)) from error
            after = self.queues.order(change.id)
            if after is not None:
                told.append(after)
            elif before is not None:
                told.append(_left(before))
        if plan.depth is not None:
            told += map(_left, self.queues.trim(plan.depth))
        if not told:
            return None
        return OrdersDelta(
            venue=plan.venue,
            instrument=plan.instrument,
            orders=tuple(told),
            exchange_at=update.exchange_at,
            received_at=received_at,
            epoch=epoch,
            sequence=update.last_id if plan.numbered else None,
        )

    def intact(self, checksum: int | None) -> bool:
        """Whether the orders at the best prices have the checksum the venue says."""
        how = self._plan.checksum
        if how is None or checksum is None:
            return True
        bids, asks = (_texts(self.queues.orders(side, how.depth)) for side in (Side.BUY, Side.SELL))
        return how.compute(bids, asks) == checksum

    def crossed(self) -> bool:
        """Whether the best bid is at or above the best ask."""
        return self.queues.crossed()

    def invalidate(self, reason: str) -> None:
        """Nothing: the synchroniser gives out no orders while it is not valid."""

    def _change(self, change: OrderChange[N]) -> None:
        queues, id_, side, price, size = self.queues, change.id, change.side, change.price, change.size
        if size is None or change.action is OrderAction.DELETE:
            queues.delete(id_)
        elif change.action is OrderAction.MATCH:
            queues.match(id_, size)
        elif change.action is OrderAction.MODIFY or side is None or price is None:
            queues.modify(id_, size, price)
        elif change.action is OrderAction.ADD:
            queues.add(id_, side, price, size)
        else:
            queues.put(id_, side, price, size)


class OrdersSynchroniser(
    Synchroniser[QueueUpdate[N], QueueSnapshot[N], OrdersSnapshot[N] | OrdersDelta[N], OrderCopy[N]], Generic[N]
):
    """One instrument's single orders, in step with their venue.

    Everything is as in :class:`~barterpy.sync.BookSynchroniser`, with :class:`~barterpy.model.OrdersSnapshot` and
    :class:`~barterpy.model.OrdersDelta` in the place of BookSnapshot and BookDelta.

    :param depth: the venue sends the orders at its best ``depth`` prices only (Kraken ``level3``); what falls out below
        is taken away by the same delta
    :param checksum: how the venue computes the checksum that its messages carry
    :param keep_place: see :class:`~barterpy.orderbook.OrderQueues`; whoever follows the events has to say the same
    :param max_orders: orders at most; more are a book that cannot be had
    """

    def __init__(
        self,
        venue: str,
        instrument: str,
        rule: SequenceRule,
        ask: Ask,
        policy: SyncPolicy | None = None,
        *,
        streamed: bool = False,
        depth: int | None = None,
        checksum: Checksum | None = None,
        keep_place: bool = False,
        max_orders: int = 1_000_000,
    ) -> None:
        self._plan: QueuePlan = QueuePlan(
            venue=venue,
            instrument=instrument,
            numbered=not getattr(rule, "unnumbered", False),
            depth=depth,
            checksum=checksum,
            keep_place=keep_place,
            max_orders=max_orders,
        )
        super().__init__(venue, instrument, rule, ask, policy, streamed=streamed)

    @property
    def queues(self) -> OrderQueues[N]:
        """The orders themselves.

        :raises barterpy.errors.BookError: they are not valid now
        """
        if self.state is not SyncState.SYNCED:
            raise BookError(self.instrument, "no snapshot yet" if self.last_id is None else f"it is {self.state}")
        return self._copy.queues

    def _empty(self) -> OrderCopy[N]:
        return OrderCopy(self._plan)


def _left(order: RestingOrder[N]) -> RestingOrder[N]:
    return RestingOrder(order.id, order.side, order.price, order.size - order.size)


def _texts(orders: Iterable[RestingOrder[N]]) -> list[tuple[str, str]]:
    return level_texts(Level(order.price, order.size) for order in orders)
