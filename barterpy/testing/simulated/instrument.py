"""One simulated instrument: a fair price that wanders, an order book around it, and takers who hit the book.

Everything that is told about it agrees: trades take from the book what they trade, changed levels carry numbers without
a hole, candles are made of the trades. The crowd and the clients trade in one matching engine, and without clients the
market is a function of its seed. No clock and no I/O: time and randomness are arguments.
"""

from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from random import Random
from typing import Final, final

import msgspec

from barterpy.testing.simulated.candles import Candles
from barterpy.testing.simulated.matching import Match, MatchingBook, SimulatedOrder
from barterpy.testing.simulated.symbols import SimulatedSymbol

__all__ = ["DiffFeed", "SimulatedInstrument", "SimulatedTrade"]

_LEVELS: Final = 40
_KEPT_TRADES: Final = 50_000


class SimulatedTrade(msgspec.Struct, frozen=True, kw_only=True):
    """What one taker order took at one price: an aggregated trade of the trades ``first_id`` to ``last_id``.

    ``sizes`` are those of the single trades, in lots; ``price`` is in ticks, ``at`` int milliseconds UTC.
    """

    id: int
    price: int
    sizes: tuple[int, ...]
    first_id: int
    at: int
    taker_sold: bool
    forced: bool = False

    @property
    def size(self) -> int:
        """All of it, in lots."""
        return sum(self.sizes)

    @property
    def last_id(self) -> int:
        """The id of the last single trade."""
        return self.first_id + len(self.sizes) - 1


@final
class DiffFeed:
    """Which levels changed since this was last asked: one a pace, as each has its own chain of numbers."""

    def __init__(self, last_id: int) -> None:
        self.bids: set[int] = set()
        self.asks: set[int] = set()
        self.first_id: int | None = None
        self.previous_id: int = last_id

    def touch(self, side: set[int], price: int, id_: int) -> None:
        side.add(price)
        if self.first_id is None:
            self.first_id = id_

    def take(self, last_id: int) -> tuple[int, int, set[int], set[int]] | None:
        """First id, id of the update before, changed bids and asks; None when nothing changed."""
        if self.first_id is None:
            return None
        taken = self.first_id, self.previous_id, self.bids, self.asks
        self.bids, self.asks, self.first_id, self.previous_id = set(), set(), None, last_id
        return taken


@final
class SimulatedInstrument:
    """See the module. Prices are ticks, sizes lots, both int; ``now`` is int milliseconds UTC.

    :param paces: milliseconds between book updates, each of which has a :class:`DiffFeed`
    :param id_step: numbers of changes grow by 1 to this; above 1 for a market where instruments share one numbering
    """

    def __init__(
        self, symbol: SimulatedSymbol, random: Random, now: int, *, paces: tuple[int, ...], id_step: int
    ) -> None:
        self.symbol = symbol
        self.status = "TRADING"
        self.fair: float = float(Decimal(symbol.price) / Decimal(symbol.tick))
        self.update_id: int = random.randrange(10**9, 2 * 10**9)
        self.trades: deque[SimulatedTrade] = deque(maxlen=_KEPT_TRADES)
        self.feeds: dict[int, DiffFeed] = {pace: DiffFeed(self.update_id) for pace in paces}
        self.candles: Candles = Candles(round(self.fair), now)
        self.matched: Callable[[SimulatedInstrument, Match], None] | None = None
        """Told of each trade of an order that is not the crowd's."""
        self._random = random
        self._id_step = id_step
        # The engine numbers single trades, the aggregated ones are numbered here.
        self.engine: MatchingBook = MatchingBook((), 0, seq=random.randrange(10**8, 2 * 10**8), changed=self._touch)
        self._id = random.randrange(10**7, 10**8)
        self._crowd: tuple[dict[int, SimulatedOrder], dict[int, SimulatedOrder]] = ({}, {})
        middle = round(self.fair)
        for distance in range(1, _LEVELS + 1):
            self._set(middle - distance, self._some_size(), is_bid=True)
            self._set(middle + distance, self._some_size(), is_bid=False)
        for feed in self.feeds.values():
            feed.take(self.update_id)

    @property
    def bids(self) -> dict[int, int]:
        """All lots by price."""
        return self.engine.levels[0]

    @property
    def asks(self) -> dict[int, int]:
        """All lots by price."""
        return self.engine.levels[1]

    @property
    def best_bid(self) -> int:
        return max(self.bids)

    @property
    def best_ask(self) -> int:
        return min(self.asks)

    @property
    def last_price(self) -> int:
        """Of the last trade; the middle of the book before the first."""
        return self.trades[-1].price if self.trades else round(self.fair)

    def step(self, now: int) -> list[SimulatedTrade]:
        """Let one thing happen: an order comes or goes, or a taker trades. Returns the trades, best price first."""
        random = self._random
        self.fair = max(_LEVELS * 4.0, self.fair + random.gauss(0, self.symbol.volatility))
        pressure = self.fair - (self.best_bid + self.best_ask) / 2
        if random.random() < min(0.6, 0.2 + abs(pressure) / 200):
            sold = random.random() < (0.15 if pressure > 0 else 0.85)
            return self._take(now, sold=sold)
        self._quote(is_bid=random.random() < 0.5)
        return []

    def depth(self, limit: int) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """The best ``limit`` levels a side, best first, as the venue writes them."""
        symbol = self.symbol
        bids = sorted(self.bids, reverse=True)[:limit]
        asks = sorted(self.asks)[:limit]
        return (
            [(symbol.price_text(price), symbol.size_text(self.bids[price])) for price in bids],
            [(symbol.price_text(price), symbol.size_text(self.asks[price])) for price in asks],
        )

    def execute(self, order: SimulatedOrder, now: int) -> list[SimulatedTrade]:
        """Let a client's order trade, and rest where it says so. Returns the trades, best price first.

        The crowd fills up a side that was taken to its end.
        """
        if order.time_in_force == "fill_or_kill" and self.engine.fillable(order) < order.left:
            order.state, order.cancel_reason, order.updated_at = "cancelled", "not_fillable", now
            return []
        trades: list[SimulatedTrade] = []
        while order.left and self.engine.crosses(order):
            price = self.best_ask if order.buys else self.best_bid
            level = sum(lots for _, lots in self.engine.makers(order, price))
            trades.append(self._match(order, price, level, now))
        if not order.ended:
            # What is left rests, or is cancelled as its time in force says.
            self.engine.place(order, now, "")
        for is_bid in (True, False):
            self._fill_up(is_bid=is_bid)
        return trades

    def withdraw(self, order: SimulatedOrder, now: int, reason: str = "user_request") -> None:
        """Take a client's resting order out; the crowd fills up the side where it was one of the last."""
        self.engine.cancel(order, now, reason)
        self._fill_up(is_bid=order.buys)

    def _fill_up(self, *, is_bid: bool) -> None:
        levels, other = (self.bids, self.asks) if is_bid else (self.asks, self.bids)
        middle = round(self.fair)
        while len(levels) < _LEVELS // 2:
            if is_bid:
                edge = min(levels) if levels else min(middle, min(other, default=middle))
            else:
                edge = max(levels) if levels else max(middle, max(other, default=middle))
            self._set(edge - 1 if is_bid else edge + 1, self._some_size(), is_bid=is_bid)

    def _some_size(self) -> int:
        return 1 + int(self._random.expovariate(1 / self.symbol.size))

    def _set(self, price: int, size: int, *, is_bid: bool) -> None:
        """Let the crowd have so many lots there."""
        crowd = self._crowd[0 if is_bid else 1]
        order = crowd.get(price)
        if order is None:
            if size:
                order = SimulatedOrder(id="", owner="", buys=is_bid, price=price, size=size, created_at=0)
                crowd[price] = order
                self.engine.place(order, 0, "")
        elif not size:
            del crowd[price]
            self.engine.cancel(order, 0)
        elif size != order.left:
            self.engine.resize(order, order.filled + size, 0)

    def _touch(self, is_bid: bool, price: int) -> None:
        self.update_id += 1 if self._id_step == 1 else self._random.randint(1, self._id_step)
        for feed in self.feeds.values():
            feed.touch(feed.bids if is_bid else feed.asks, price, self.update_id)

    def _quote(self, *, is_bid: bool) -> None:
        """An order rests near the other side's best price, changes, or goes; the far end is trimmed or filled up."""
        random = self._random
        side, crowd = (self.bids, self._crowd[0]) if is_bid else (self.asks, self._crowd[1])
        distance = 1 + int(random.expovariate(1 / 8))
        price = self.best_ask - distance if is_bid else self.best_bid + distance
        cancelled = random.random() < 0.3 and price in side and len(side) > _LEVELS // 2
        self._set(price, 0 if cancelled else self._some_size(), is_bid=is_bid)
        if len(crowd) > _LEVELS * 2:
            self._set(min(crowd) if is_bid else max(crowd), 0, is_bid=is_bid)
        self._fill_up(is_bid=is_bid)

    def _take(self, now: int, *, sold: bool) -> list[SimulatedTrade]:
        random = self._random
        side = self.bids if sold else self.asks
        wanted = 1 + int(random.expovariate(1 / self.symbol.size))
        forced = random.random() < 0.02
        trades: list[SimulatedTrade] = []
        while wanted > 0 and len(side) > 5 and len(trades) < 5:
            price = max(side) if sold else min(side)
            size = min(wanted, side[price])
            wanted -= size
            taker = SimulatedOrder(
                id="", owner="", buys=not sold, price=price, size=size, created_at=now,
                time_in_force="immediate_or_cancel",
            )  # fmt: skip
            trades.append(self._match(taker, price, size, now, forced=forced))
        return trades

    def _match(self, taker: SimulatedOrder, price: int, size: int, now: int, *, forced: bool = False) -> SimulatedTrade:
        """Let a taker have ``size`` lots of the level at ``price``, which has them."""
        makers = self.engine.makers(taker, price)
        if taker.owner or any(maker.owner for maker, _ in makers):
            sizes = tuple(lots for _, lots in makers)
        else:
            # The crowd has one order at a price, which stands for several.
            cuts = sorted(self._random.sample(range(1, size), min(size - 1, self._random.choice((0, 0, 1, 2)))))
            sizes = tuple(end - begin for begin, end in zip([0, *cuts], [*cuts, size], strict=True))
        self._id += 1
        trade = SimulatedTrade(
            id=self._id,
            price=price,
            sizes=sizes,
            first_id=self.engine.seq + 1,
            at=now,
            taker_sold=not taker.buys,
            forced=forced,
        )
        self.trades.append(trade)
        for offset, part in enumerate(sizes):
            self.candles.trade(now, trade.first_id + offset, price, part, bought=taker.buys)
        self._told(self.engine.trade(taker, now, forced=forced))
        self.engine.seq = trade.last_id
        return trade

    def _told(self, matches: Sequence[Match]) -> None:
        for match in matches:
            maker = match.maker
            if not maker.owner and maker.ended:
                del self._crowd[0 if maker.buys else 1][match.price]
            if self.matched is not None and (maker.owner or match.taker.owner):
                self.matched(self, match)
