"""A matching engine for one instrument: orders at price levels, first come first served, and changes with numbers.

One engine for every simulated venue: what differs between them is who is told of a change, and how it is numbered.
No clock and no I/O. Prices are ticks and amounts lots, both int.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, final

__all__ = ["BookFeed", "Match", "MatchingBook", "SimulatedOrder"]

_ENDED: Final = frozenset({"filled", "cancelled", "rejected"})


@dataclass(eq=False, kw_only=True)
class SimulatedOrder:
    """An order and what became of it. ``owner`` is the API key it came with, empty for the crowd's.

    ``price`` is None for a market order; times are int milliseconds UTC.
    """

    id: str
    owner: str
    buys: bool
    price: int | None
    size: int
    created_at: int
    label: str = ""
    client_id: str = ""
    """What its owner calls it."""
    type: str = "limit"
    time_in_force: str = "good_til_cancelled"
    post_only: bool = False
    reduce_only: bool = False
    session: int = 0
    """The connection it came on, for what is cancelled with it."""
    filled: int = 0
    cost: int = 0
    """Of what was filled, in ticks times lots."""
    state: str = "open"
    cancel_reason: str | None = None
    updated_at: int = 0
    replaced: bool = False

    @property
    def left(self) -> int:
        """Lots that are still to be traded."""
        return self.size - self.filled

    @property
    def ended(self) -> bool:
        """Whether nothing more can become of it."""
        return self.state in _ENDED


@dataclass(frozen=True, kw_only=True)
class Match:
    """What two orders traded. ``seq`` counts the instrument's trades, ``id`` those of the venue."""

    id: str
    seq: int
    price: int
    size: int
    maker: SimulatedOrder
    taker: SimulatedOrder
    at: int
    forced: bool = False


@dataclass
class BookFeed:
    """What of the book was told on one pace: each has a chain of numbers of its own."""

    last_id: int
    told: tuple[dict[int, int], dict[int, int]] = field(default_factory=lambda: ({}, {}))
    touched: tuple[set[int], set[int]] = field(default_factory=lambda: (set(), set()))


@final
class MatchingBook:
    """See the module.

    :param paces: names of the paces at which changes are told; each has a :class:`BookFeed`
    :param change_id: number of the last change so far
    :param seq: number of the last trade so far
    :param changed: told of each change: whether it was a bid's, and its price
    """

    def __init__(
        self,
        paces: tuple[str, ...],
        change_id: int,
        *,
        seq: int = 0,
        changed: Callable[[bool, int], None] | None = None,
    ) -> None:
        self.change_id: int = change_id
        self.seq: int = seq
        self.levels: tuple[dict[int, int], dict[int, int]] = ({}, {})
        """Total lots by price: of bids, and of asks."""
        self.feeds: dict[str, BookFeed] = {pace: BookFeed(change_id) for pace in paces}
        self._queues: dict[tuple[bool, int], deque[SimulatedOrder]] = {}
        self._changed = changed

    @property
    def best_bid(self) -> int | None:
        return max(self.levels[0], default=None)

    @property
    def best_ask(self) -> int | None:
        return min(self.levels[1], default=None)

    def crosses(self, order: SimulatedOrder) -> bool:
        """Whether it would trade at once."""
        best = self.best_ask if order.buys else self.best_bid
        return best is not None and _reaches(order, best)

    def fillable(self, order: SimulatedOrder) -> int:
        """How many lots it could trade at once."""
        other = self.levels[1 if order.buys else 0]
        return sum(size for price, size in other.items() if _reaches(order, price))

    def makers(self, order: SimulatedOrder, price: int) -> list[tuple[SimulatedOrder, int]]:
        """Whom it would trade with at that price of the other side, and how many lots with each."""
        found: list[tuple[SimulatedOrder, int]] = []
        left = order.left
        for maker in self._queues.get((not order.buys, price), ()):
            if not left:
                break
            found.append((maker, min(left, maker.left)))
            left -= found[-1][1]
        return found

    def trade(self, order: SimulatedOrder, now: int, trade_id: str = "", *, forced: bool = False) -> list[Match]:
        """Let it trade with the best level of the other side, which it must cross, and no further."""
        price = self.best_ask if order.buys else self.best_bid
        assert price is not None
        matches: list[Match] = []
        for maker, size in self.makers(order, price):
            self.seq += 1
            for side in (maker, order):
                side.filled += size
                side.cost += size * price
                side.updated_at = now
                side.state = "open" if side.left else "filled"
            matches.append(
                Match(
                    id=f"{trade_id}{self.seq}", seq=self.seq, price=price, size=size, maker=maker, taker=order, at=now,
                    forced=forced,
                )
            )  # fmt: skip
            if not maker.left:
                self._queues[not order.buys, price].popleft()
            self._change(not order.buys, price, -size)
        return matches

    def place(self, order: SimulatedOrder, now: int, trade_id: str, *, forced: bool = False) -> list[Match]:
        """Let it trade, and rest what is left where the order says so. Returns its trades in their order.

        :param trade_id: a prefix for their ids
        """
        matches: list[Match] = []
        while order.left and self.crosses(order):
            matches += self.trade(order, now, trade_id, forced=forced)
        if order.left and order.price is not None and order.time_in_force in ("good_til_cancelled", "good_til_day"):
            self._queues.setdefault((order.buys, order.price), deque()).append(order)
            self._change(order.buys, order.price, order.left)
        elif order.left:
            order.state, order.cancel_reason = "cancelled", "user_request"
        order.updated_at = now
        return matches

    def cancel(self, order: SimulatedOrder, now: int, reason: str = "user_request") -> None:
        """Take a resting order out of the book."""
        self.remove(order)
        order.state, order.cancel_reason, order.updated_at = "cancelled", reason, now

    def remove(self, order: SimulatedOrder) -> None:
        """The same, without a word about its end: it comes back changed."""
        assert order.price is not None
        self._queues[order.buys, order.price].remove(order)
        self._change(order.buys, order.price, -order.left)

    def resize(self, order: SimulatedOrder, size: int, now: int) -> None:
        """Give a resting order another size: a smaller one keeps its place, a larger one goes to the queue's end."""
        assert order.price is not None
        if size > order.size:
            queue = self._queues[order.buys, order.price]
            queue.remove(order)
            queue.append(order)
        self._change(order.buys, order.price, size - order.size)
        order.size, order.updated_at, order.replaced = size, now, True

    def take(self, pace: str) -> tuple[int, int, list[list[object]], list[list[object]]] | None:
        """Previous change id, this one, changed bids and asks as (action, price, lots); None when nothing changed."""
        feed = self.feeds[pace]
        if not any(feed.touched):
            return None
        sides: list[list[list[object]]] = []
        for told, touched, levels in zip(feed.told, feed.touched, self.levels, strict=True):
            changes: list[list[object]] = []
            for price in sorted(touched):
                size = levels.get(price, 0)
                if size != told.get(price, 0):
                    changes.append(["delete" if not size else "change" if price in told else "new", price, size])
                    if size:
                        told[price] = size
                    else:
                        del told[price]
            touched.clear()
            sides.append(changes)
        previous, feed.last_id = feed.last_id, self.change_id
        return previous, self.change_id, sides[0], sides[1]

    def _change(self, bids: bool, price: int, lots: int) -> None:
        levels = self.levels[0 if bids else 1]
        size = levels.get(price, 0) + lots
        if size:
            levels[price] = size
        else:
            del levels[price]
            del self._queues[bids, price]
        self.change_id += 1
        for feed in self.feeds.values():
            feed.touched[0 if bids else 1].add(price)
        if self._changed is not None:
            self._changed(bids, price)


def _reaches(order: SimulatedOrder, price: int) -> bool:
    if order.price is None:
        return True
    return order.price >= price if order.buys else order.price <= price
