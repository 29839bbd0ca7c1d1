"""The simulated Deribit's market: a crowd that quotes and takes, the orders of clients among theirs, and what is told
of it. A function of seed and time, without I/O."""

from collections import deque
from collections.abc import Callable, Collection, Iterator
from functools import partial
from random import Random
from typing import Any, Final, TypeAlias, final

from barterpy.clock import MILLISECOND, SECOND
from barterpy.testing.simulated.deribit.contracts import SimulatedContract
from barterpy.testing.simulated.matching import Match, MatchingBook, SimulatedOrder

__all__ = ["PACES", "DeribitMarket", "SimulatedBook", "Told"]

PACES: Final = {"raw": 0, "100ms": 100, "agg2": 1000}
"""Milliseconds between two messages of a pace; the raw one tells at once."""
_LEVELS: Final = 20
_KEPT_TRADES: Final = 50_000
_CATCH_UP: Final = 5 * SECOND
_DAY: Final = 86_400_000

Told: TypeAlias = tuple[str, Any]
"""A channel, and the data of a notification on it."""


@final
class SimulatedBook:
    """One instrument: its engine, the crowd's orders in it, its trades."""

    def __init__(self, contract: SimulatedContract, random: Random, now: int) -> None:
        self.contract: SimulatedContract = contract
        self.state: str = "open"
        self.engine: MatchingBook = MatchingBook(tuple(PACES), random.randrange(10**9, 2 * 10**9))
        self.trades: deque[Match] = deque(maxlen=_KEPT_TRADES)
        self.fair: float = float(contract.price) / float(contract.tick)
        self.untold: list[Match] = []
        self._crowd: list[SimulatedOrder] = []
        self._random = random
        self._orders = 0
        middle = round(self.fair)
        for distance in range(1, _LEVELS + 1):
            self._rest(now, buys=True, price=middle - distance)
            self._rest(now, buys=False, price=middle + distance)
        for pace in PACES:
            self.engine.take(pace)

    @property
    def last_price(self) -> int:
        """Of the last trade; the middle of the book before the first."""
        return self.trades[-1].price if self.trades else round(self.fair)

    def step(self, now: int) -> list[Match]:
        """Let one thing happen: an order of the crowd comes or goes, or somebody takes. Returns the trades."""
        random = self._random
        self._crowd = [order for order in self._crowd if not order.ended]
        self.fair = max(_LEVELS * 4.0, self.fair + random.gauss(0, self.contract.volatility))
        bid, ask = self.engine.best_bid, self.engine.best_ask
        middle = (bid + ask) / 2 if bid is not None and ask is not None else self.fair
        pressure = self.fair - middle
        chance = random.random()
        if chance < min(0.6, 0.25 + abs(pressure) / 200):
            buys = random.random() < (0.85 if pressure > 0 else 0.15)
            return self._execute(self._order(now, buys=buys, price=None), now, forced=random.random() < 0.02)
        if chance > 0.8 and len(self._crowd) > _LEVELS:
            self.engine.cancel(self._crowd.pop(random.randrange(len(self._crowd))), now)
            return []
        buys = random.random() < 0.5
        best = (ask if buys else bid) or round(self.fair)
        distance = 1 + int(random.expovariate(1 / 6))
        self._rest(now, buys=buys, price=max(1, best - distance if buys else best + distance))
        for levels in self.engine.levels:
            while len(levels) < _LEVELS // 2:
                buys = levels is self.engine.levels[0]
                edge = (min(levels) - 1 if buys else max(levels) + 1) if levels else round(self.fair)
                self._rest(now, buys=buys, price=max(1, edge))
        return []

    def execute(self, order: SimulatedOrder, now: int) -> list[Match]:
        """Place an order of a client."""
        return self._execute(order, now)

    def _execute(self, order: SimulatedOrder, now: int, *, forced: bool = False) -> list[Match]:
        matches = self.engine.place(order, now, f"{self.contract.base}-", forced=forced)
        self.trades.extend(matches)
        self.untold += matches
        return matches

    def _rest(self, now: int, *, buys: bool, price: int) -> None:
        order = self._order(now, buys=buys, price=price)
        if self.engine.crosses(order):
            return
        self._execute(order, now)
        self._crowd.append(order)

    def _order(self, now: int, *, buys: bool, price: int | None) -> SimulatedOrder:
        self._orders += 1
        size = 1 + int(self._random.expovariate(1 / self.contract.size))
        return SimulatedOrder(id=f"crowd-{self._orders}", owner="", buys=buys, price=price, size=size, created_at=now)


@final
class DeribitMarket:
    """See the module. Moves on in steps of equal length, so it depends on the seed and the number of steps alone.

    :param rate: steps a second of each instrument
    :param now: where its time begins, int nanoseconds UTC
    :param history: steps that lie behind it then
    """

    def __init__(
        self, contracts: tuple[SimulatedContract, ...], *, seed: int, rate: float, now: int, history: int = 200
    ) -> None:
        self.now: int = now
        self.running: bool = True
        self._step = int(SECOND / rate)
        self._told_at = self.millis
        self.books: dict[str, SimulatedBook] = {
            contract.name: SimulatedBook(contract, Random(f"{seed}:{contract.name}"), self.millis - history)  # noqa: S311
            for contract in contracts
        }
        for book in self.books.values():
            for before in range(history, 0, -1):
                book.step(self.millis - before)
            book.untold.clear()
            for pace in PACES:
                book.engine.take(pace)

    @property
    def millis(self) -> int:
        """Its time, int milliseconds UTC."""
        return self.now // MILLISECOND

    def advance(self, now: int) -> Iterator[tuple[SimulatedBook, list[Match]]]:
        """Move on up to ``now``; gives the trades of each step. After a long pause it does not catch up with all."""
        self.now = max(self.now, now - _CATCH_UP)
        while self.now + self._step <= now:
            self.now += self._step
            if self.running:
                for book in self.books.values():
                    if book.state == "open":
                        yield book, book.step(self.millis)

    def tell(self, wanted: Collection[str]) -> Iterator[Told]:
        """What is to be said now on the channels that somebody wants, by the pace of each."""
        before, self._told_at = self._told_at, self.millis
        due = [pace for pace, length in PACES.items() if not length or before // length != self._told_at // length]
        for book in self.books.values():
            yield from self._trades(book, wanted)
            for pace in due:
                # Also where nobody listens: the chain goes on.
                yield from self.changes(book, pace)
        for pace in due:
            if pace != "raw" or before != self._told_at:
                for book in self.books.values():
                    for channel, data in self._pictures(book, pace):
                        if channel in wanted:
                            yield channel, data()

    def _trades(self, book: SimulatedBook, wanted: Collection[str]) -> Iterator[Told]:
        matches, book.untold = book.untold, []
        if not matches:
            return
        contract = book.contract
        groups = [f"{kind}.{of}" for kind in (contract.kind, "any") for of in (contract.currency, "any")]
        channels = [f"trades.{of}.{pace}" for of in (contract.name, *groups) for pace in PACES]
        channels = [channel for channel in channels if channel in wanted]
        if channels:
            rows = [self.trade_row(book, match) for match in matches]
            for channel in channels:
                yield channel, rows

    def changes(self, book: SimulatedBook, pace: str) -> Iterator[Told]:
        """What changed of a book since it was told last on this pace."""
        taken = book.engine.take(pace)
        if taken is not None:
            previous, current, bids, asks = taken
            name = book.contract.name
            yield (
                f"book.{name}.{pace}",
                {
                    "type": "change",
                    "timestamp": self.millis,
                    "instrument_name": name,
                    "prev_change_id": previous,
                    "change_id": current,
                    "bids": [self._change(book, change) for change in bids],
                    "asks": [self._change(book, change) for change in asks],
                },
            )

    def snapshot(self, book: SimulatedBook) -> dict[str, Any]:
        """The whole book as the first message of its channel has it."""
        bids, asks = self.depth(book, 1 << 30)
        return {
            "type": "snapshot",
            "timestamp": self.millis,
            "instrument_name": book.contract.name,
            "change_id": book.engine.change_id,
            "bids": [["new", *level] for level in bids],
            "asks": [["new", *level] for level in asks],
        }

    def depth(self, book: SimulatedBook, limit: int) -> tuple[list[list[float]], list[list[float]]]:
        """The best ``limit`` levels a side, best first."""
        contract = book.contract
        bids, asks = book.engine.levels
        return (
            [[contract.price_number(p), contract.amount_number(bids[p])] for p in sorted(bids, reverse=True)[:limit]],
            [[contract.price_number(p), contract.amount_number(asks[p])] for p in sorted(asks)[:limit]],
        )

    def _change(self, book: SimulatedBook, change: list[Any]) -> list[object]:
        action, price, lots = change
        return [action, book.contract.price_number(price), book.contract.amount_number(lots)]

    def _pictures(self, book: SimulatedBook, pace: str) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Channels that tell how things stand, and what makes their data."""
        contract, name = book.contract, book.contract.name
        yield f"ticker.{name}.{pace}", lambda: self.ticker(book)
        if contract.perpetual:
            yield f"perpetual.{name}.{pace}", lambda: self.funding(book)
        if pace == "raw":
            return
        for depth in (1, 10, 20):
            yield f"book.{name}.none.{depth}.{pace}", partial(self._picture, book, depth)
        if pace == "100ms":
            yield f"quote.{name}", lambda: self.quote(book)
            yield f"incremental_ticker.{name}", lambda: {"type": "change", **self.ticker(book)}
            for resolution, minutes in (("1", 1), ("5", 5), ("60", 60), ("1D", 1440)):
                yield f"chart.trades.{name}.{resolution}", partial(self.bar, book, self.millis, minutes * 60_000)
        else:
            index, now = contract.index, self.millis
            yield (
                f"deribit_price_index.{index}",
                lambda: {"timestamp": now, "price": self.index(book), "index_name": index},
            )
            yield (
                f"deribit_volatility_index.{index}",
                lambda: {"timestamp": now, "volatility": 61.25, "index_name": index},
            )

    def _picture(self, book: SimulatedBook, depth: int) -> dict[str, Any]:
        bids, asks = self.depth(book, depth)
        picture = {"timestamp": self.millis, "instrument_name": book.contract.name, "change_id": book.engine.change_id}
        return {**picture, "bids": bids, "asks": asks}

    def funding(self, book: SimulatedBook) -> dict[str, Any]:
        """``perpetual.{instrument}``."""
        return {"timestamp": self.millis, "interest": 0.00001742, "index_price": self.index(book)}

    def quote(self, book: SimulatedBook) -> dict[str, Any]:
        """``quote.{instrument}``."""
        bids, asks = self.depth(book, 1)
        bid, ask = (bids or [[0.0, 0.0]])[0], (asks or [[0.0, 0.0]])[0]
        return {
            "timestamp": self.millis,
            "instrument_name": book.contract.name,
            "best_bid_price": bid[0],
            "best_bid_amount": bid[1],
            "best_ask_price": ask[0],
            "best_ask_amount": ask[1],
        }

    def index(self, book: SimulatedBook) -> float:
        """The price of its index: where the crowd thinks the price is."""
        contract = book.contract
        return 65_000.5 if contract.kind == "option" else contract.price_number(round(book.fair))

    def ticker(self, book: SimulatedBook) -> dict[str, Any]:
        """``ticker.{instrument}``."""
        contract, now = book.contract, self.millis
        recent = [match for match in book.trades if match.at > now - _DAY]
        prices = [match.price for match in recent] or [book.last_price]
        row: dict[str, Any] = {
            **self.quote(book),
            "state": book.state,
            "last_price": contract.price_number(book.last_price),
            "mark_price": contract.price_number(round(book.fair)),
            "index_price": self.index(book),
            "estimated_delivery_price": self.index(book),
            "open_interest": contract.amount_number(123_456),
            "stats": {
                "high": contract.price_number(max(prices)),
                "low": contract.price_number(min(prices)),
                "volume": contract.amount_number(sum(match.size for match in recent)),
                "price_change": 0.0,
            },
        }
        if contract.kind == "option":
            row |= {
                "greeks": {"delta": 0.31, "gamma": 0.00002, "vega": 85.22, "theta": -21.12, "rho": -94.98},
                "mark_iv": 61.5,
                "bid_iv": 60.1,
                "ask_iv": 62.9,
                "underlying_price": 66_000.0,
                "underlying_index": contract.name.rsplit("-", 2)[0],
                "interest_rate": 0.0,
            }
        return row

    def bar(self, book: SimulatedBook, at: int, length: int) -> dict[str, Any]:
        """The candle of ``length`` milliseconds that holds ``at``."""
        contract, begin = book.contract, at // length * length
        trades = [match for match in book.trades if begin <= match.at < begin + length]
        prices = [match.price for match in trades] or [book.last_price]
        lots = sum(match.size for match in trades)
        return {
            "tick": begin,
            "open": contract.price_number(prices[0]),
            "high": contract.price_number(max(prices)),
            "low": contract.price_number(min(prices)),
            "close": contract.price_number(prices[-1]),
            "volume": contract.amount_number(lots),
            "cost": contract.amount_number(lots),
        }

    def trade_row(self, book: SimulatedBook, match: Match) -> dict[str, Any]:
        """A trade as the public sees it."""
        contract = book.contract
        row: dict[str, Any] = {
            "trade_seq": match.seq,
            "trade_id": match.id,
            "timestamp": match.at,
            "instrument_name": contract.name,
            "price": contract.price_number(match.price),
            "amount": contract.amount_number(match.size),
            "direction": "buy" if match.taker.buys else "sell",
            "tick_direction": 0,
            "index_price": self.index(book),
            "mark_price": contract.price_number(round(book.fair)),
        }
        return {**row, "liquidation": "T"} if match.forced else row
