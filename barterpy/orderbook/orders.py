"""A book of single orders (L3): who stands in line at each price, and what that makes of the levels (L2)."""

from collections.abc import Iterable, Iterator
from decimal import Context, Decimal
from itertools import islice
from typing import Any, Final, Generic, TypeAlias, cast

from barterpy.errors import BookError, LimitExceeded
from barterpy.model.market import Level, RestingOrder, Side
from barterpy.model.number import N
from barterpy.orderbook.side import AskSide, BidSide

__all__ = ["LevelChanges", "OrderQueues", "RestingOrder"]

LevelChanges: TypeAlias = tuple[tuple[Level[N], ...], tuple[Level[N], ...]]
"""Changed bids and asks with their new total size, as deltas have them."""

_EXACT: Final = Context(prec=200)


class OrderQueues(Generic[N]):
    """The orders of one instrument by id, in the order of their priority at each price.

    Each change returns what it makes of the levels, so that an :class:`~barterpy.orderbook.OrderBook`, or the deltas
    of a stream, follow the orders. An order that moves to another price goes to the end of the line there, and so does
    one that grows; one that shrinks, by amendment or by a match, keeps its place.

    Every method that names an order raises :class:`~barterpy.errors.BookError` when that order is not in the book:
    something was missed, and nothing was changed.

    :param instrument: named in errors
    :param keep_place: one that grows keeps its place, too
    :param max_orders: orders kept at most; one more is :class:`~barterpy.errors.LimitExceeded`
    """

    def __init__(self, instrument: str, *, keep_place: bool = False, max_orders: int = 1_000_000) -> None:
        self.instrument: str = instrument
        self._keep_place = keep_place
        self._max_orders = max_orders
        self._orders: dict[str, RestingOrder[N]] = {}
        self._queues: dict[tuple[Side, N], dict[str, RestingOrder[N]]] = {}
        self._bids: BidSide[N] = BidSide()
        self._asks: AskSide[N] = AskSide()

    def __len__(self) -> int:
        return len(self._orders)

    def __contains__(self, id: str) -> bool:  # noqa: A002 - the venues' own word
        return id in self._orders

    # Changing it.

    def replace(self, orders: Iterable[RestingOrder[N]]) -> None:
        """Forget everything; these are all orders, at each price in the order of their priority.

        :raises barterpy.errors.BookError: an id is there twice; the book is empty then
        """
        self._orders, self._queues = {}, {}
        self._bids, self._asks = BidSide(), AskSide()
        try:
            for order in orders:
                self.add(order.id, order.side, order.price, order.size)
        except (BookError, LimitExceeded):
            self._orders, self._queues = {}, {}
            self._bids, self._asks = BidSide(), AskSide()
            raise

    def add(self, id: str, side: Side, price: N, size: N) -> LevelChanges[N]:  # noqa: A002 - the venues' own word
        """An order was placed: it stands last at its price.

        :raises barterpy.errors.BookError: there is one with this id, or it has no size
        """
        if id in self._orders:
            raise BookError(self.instrument, f"order {id} is in it already")
        if not size > 0:
            raise BookError(self.instrument, f"order {id} has no size")
        if len(self._orders) >= self._max_orders:
            raise LimitExceeded("max_orders", self._max_orders, len(self._orders) + 1)
        order = RestingOrder(id, side, price, size)
        self._orders[id] = order
        self._queues.setdefault((side, price), {})[id] = order
        return self._changed((side, price))

    def modify(self, id: str, size: N, price: N | None = None) -> LevelChanges[N]:  # noqa: A002
        """An order has another size, or another price as well; zero takes it away."""
        order = self._order(id)
        if not size > 0:
            return self.delete(id)
        target = order.price if price is None else price
        if target == order.price and (size <= order.size or self._keep_place):
            changed = RestingOrder(id, order.side, order.price, size)
            self._orders[id] = self._queues[order.side, order.price][id] = changed
            return self._changed((order.side, order.price))
        self._take(order)
        changed = RestingOrder(id, order.side, target, size)
        self._orders[id] = changed
        self._queues.setdefault((order.side, target), {})[id] = changed
        return self._changed((order.side, order.price), (order.side, target))

    def put(self, id: str, side: Side, price: N, size: N) -> LevelChanges[N]:  # noqa: A002
        """Add an order, or change the one with this id, for venues that do not say which (Bitfinex, ``R0``)."""
        known = self._orders.get(id)
        if known is None:
            return self.add(id, side, price, size)
        if known.side is side:
            return self.modify(id, size, price)
        gone, come = self.delete(id), self.add(id, side, price, size)
        return gone[0] + come[0], gone[1] + come[1]

    def match(self, id: str, size: N) -> LevelChanges[N]:  # noqa: A002
        """``size`` of a resting order was traded; it leaves when nothing is left.

        :raises barterpy.errors.BookError: it has less than that
        """
        order = self._order(id)
        if size > order.size:
            raise BookError(self.instrument, f"more of order {id} was traded than there was")
        return self.modify(id, _sum(order.size, -size))

    def delete(self, id: str) -> LevelChanges[N]:  # noqa: A002
        """An order left."""
        order = self._order(id)
        self._take(order)
        del self._orders[id]
        return self._changed((order.side, order.price))

    def update(self, orders: Iterable[RestingOrder[N]]) -> None:
        """Take up the orders of an :class:`~barterpy.model.OrdersDelta`: each as it is now, size zero says it left."""
        for order in orders:
            if order.size:
                self.put(order.id, order.side, order.price, order.size)
            else:
                self.delete(order.id)

    def trim(self, depth: int) -> list[RestingOrder[N]]:
        """Keep the best ``depth`` prices of each side; returns the orders at those that fell out."""
        fallen: list[RestingOrder[N]] = []
        for side, prices in ((Side.BUY, self._bids.trim(depth)), (Side.SELL, self._asks.trim(depth))):
            for price in prices:
                queue = self._queues.pop((side, price))
                fallen += queue.values()
                for id_ in queue:
                    del self._orders[id_]
        return fallen

    # Reading it.

    def crossed(self) -> bool:
        """Whether the best bid is at or above the best ask."""
        bid, ask = self._bids.best, self._asks.best
        return bid is not None and ask is not None and bid >= ask

    def order(self, id: str) -> RestingOrder[N] | None:  # noqa: A002
        """The order with this id."""
        return self._orders.get(id)

    def queue(self, side: Side, price: N) -> list[RestingOrder[N]]:
        """Who stands in line at exactly this price, first come first."""
        return list(self._queues.get((side, price), {}).values())

    def ahead(self, id: str) -> N:  # noqa: A002
        """The size that is to be traded before this order at its price."""
        order = self._order(id)
        total = order.size * 0
        for other in self._queues[order.side, order.price].values():
            if other.id == id:
                break
            total = _sum(total, other.size)
        return total

    def orders(self, side: Side, depth: int | None = None) -> Iterator[RestingOrder[N]]:
        """The orders at the best ``depth`` prices of one side: best price first, and by priority at each."""
        for level in islice(self._bids if side is Side.BUY else self._asks, depth):
            yield from self._queues[side, level.price].values()

    def bids(self, depth: int | None = None) -> list[Level[N]]:
        """The best ``depth`` levels of buyers, best first; all of them for None."""
        return list(islice(self._bids, depth))

    def asks(self, depth: int | None = None) -> list[Level[N]]:
        """The best ``depth`` levels of sellers, best first; all of them for None."""
        return list(islice(self._asks, depth))

    def _order(self, id: str) -> RestingOrder[N]:  # noqa: A002
        order = self._orders.get(id)
        if order is None:
            raise BookError(self.instrument, f"order {id} is not in it")
        return order

    def _take(self, order: RestingOrder[N]) -> None:
        key = (order.side, order.price)
        queue = self._queues[key]
        del queue[order.id]
        if not queue:
            del self._queues[key]

    def _changed(self, *places: tuple[Side, N]) -> LevelChanges[N]:
        bids: list[Level[N]] = []
        asks: list[Level[N]] = []
        for side, price in places:
            queue = self._queues.get((side, price), {})
            total = price - price
            for order in queue.values():
                total = _sum(total, order.size)
            (bids if side is Side.BUY else asks).append(Level(price, total))
        self._bids.apply(bids)
        self._asks.apply(asks)
        return tuple(bids), tuple(asks)


def _sum(one: N, other: N) -> N:
    # The operator would round a Decimal to the caller's context.
    exact: Any = one
    return cast("N", _EXACT.add(exact, cast("Any", other)) if isinstance(exact, Decimal) else exact + other)
