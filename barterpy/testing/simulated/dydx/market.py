"""The simulated markets of dYdX: seeded books, takers and candles, blocks, and what the Indexer says of them.

What it tells of a book is not the book: a level that has gone is sometimes told later than the one that crossed it, as
happens where orders live in the memory of validators. So books are crossed now and then, and everything else agrees:
trades took what they traded, candles are made of those trades, every message is of some block.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any, Final, TypeAlias, final

from barterpy.clock import MILLISECOND, SECOND
from barterpy.testing.simulated.candles import Bar, open_time
from barterpy.testing.simulated.instrument import SimulatedInstrument, SimulatedTrade
from barterpy.testing.simulated.symbols import SimulatedSymbol

__all__ = ["DYDX_SYMBOLS", "Contents", "SimulatedMarkets", "Topic", "iso"]

Topic: TypeAlias = tuple[str, str]
"""Channel and id; the id is empty where there is none."""
Contents: TypeAlias = dict[str, Any]

DYDX_SYMBOLS: Final[tuple[SimulatedSymbol, ...]] = (
    SimulatedSymbol(name="BTC-USD", base="BTC", quote="USD", price="65000", tick="1", lot="0.0001"),
    SimulatedSymbol(name="ETH-USD", base="ETH", quote="USD", price="3200.0", tick="0.1", lot="0.001", size=2000),
    SimulatedSymbol(name="SOL-USD", base="SOL", quote="USD", price="150.00", tick="0.01", lot="0.1", size=3000),
)
"""Those it knows by name; any other may be given as a :class:`~barterpy.testing.simulated.SimulatedSymbol`."""

RESOLUTIONS: Final[Mapping[str, str]] = {
    "1MIN": "1m",
    "5MINS": "5m",
    "15MINS": "15m",
    "30MINS": "30m",
    "1HOUR": "1h",
    "4HOURS": "4h",
    "1DAY": "1d",
}

_PACE: Final = 0
_BLOCK: Final = 600 * MILLISECOND
_BLOCKS_BEHIND: Final = 12_000_000
_WARM_UP_STEP: Final = 2000
_CATCH_UP: Final = 5 * SECOND
_LINGER: Final = 3
_REPEATED: Final = 100


def iso(at: int) -> str:
    """How dYdX writes int nanoseconds UTC."""
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%dT%H:%M:%S}.{at % SECOND // MILLISECOND:03d}Z"


@final
class _Told:
    """What was told of one book, in ticks and lots, and which levels are told late."""

    def __init__(self, instrument: SimulatedInstrument) -> None:
        self.instrument = instrument
        self.bids: dict[int, int] = dict(instrument.bids)
        self.asks: dict[int, int] = dict(instrument.asks)
        self._late: list[tuple[int, bool, int]] = []
        self._step = 0

    def changes(self, random: Random, crossing: float) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Levels to tell after one step."""
        self._step += 1
        taken = self.instrument.feeds[_PACE].take(self.instrument.update_id)
        touched = [] if taken is None else [(True, one) for one in taken[2]] + [(False, one) for one in taken[3]]
        due = [(is_bid, price) for step, is_bid, price in self._late if step <= self._step]
        self._late = [late for late in self._late if late[0] > self._step]
        told: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
        for is_bid, price in due + touched:
            real, known = (self.instrument.bids, self.bids) if is_bid else (self.instrument.asks, self.asks)
            size = real.get(price, 0)
            if size == known.get(price, 0):
                continue
            if not size and (is_bid, price) not in due and random.random() < crossing:
                self._late.append((self._step + _LINGER, is_bid, price))
                continue
            if size:
                known[price] = size
            else:
                del known[price]
            told[0 if is_bid else 1].append((price, size))
        return told


@final
class SimulatedMarkets:
    """See the module. Moves on in steps of equal length, so what it says depends on seed and steps alone.

    :param rate: steps a second of each market
    :param now: where its time begins, int nanoseconds UTC
    :param history: minutes of trading that lie behind it then
    :param crossing: how many of the levels that go are told late, 0 to 1
    """

    def __init__(
        self,
        symbols: Sequence[SimulatedSymbol],
        *,
        seed: int,
        rate: float,
        now: int,
        history: float = 10.0,
        crossing: float = 0.2,
    ) -> None:
        self.now: int = now
        self.running: bool = True
        self.status: dict[str, str] = {symbol.name: "ACTIVE" for symbol in symbols}
        self.funding: list[tuple[str, str, int, int]] = []
        """Ticker, rate, block and time of what was paid."""
        self._step = int(SECOND / rate)
        self._random = Random(f"{seed}/crossing")  # noqa: S311 - a model, not a secret
        self._crossing = crossing
        began = now - int(history * 60) * SECOND
        self.instruments: dict[str, SimulatedInstrument] = {
            symbol.name: SimulatedInstrument(
                symbol,
                Random(f"{seed}/{symbol.name}"),  # noqa: S311
                began // MILLISECOND,
                paces=(_PACE,),
                id_step=1,
            )
            for symbol in symbols
        }
        for at in range(began // MILLISECOND, now // MILLISECOND, _WARM_UP_STEP):
            for instrument in self.instruments.values():
                instrument.step(at)
        for hour in range(3):
            at = now - hour * 3600 * SECOND
            self.funding += [(ticker, "0.0000125", self.height(at), at) for ticker in self.instruments]
        self.told: dict[str, _Told] = {}
        for ticker, instrument in self.instruments.items():
            instrument.feeds[_PACE].take(instrument.update_id)
            self.told[ticker] = _Told(instrument)

    def height(self, at: int | None = None) -> int:
        """The number of the last block at a time."""
        return ((self.now if at is None else at) // _BLOCK) - (1_600_000_000 * SECOND // _BLOCK) + _BLOCKS_BEHIND

    def advance(self, to: int, wanted: Collection[Topic]) -> Iterator[tuple[Topic, Contents]]:
        """Move on to ``to`` (int nanoseconds UTC), telling what somebody wants to hear."""
        missed = to - self.now - max(_CATCH_UP, 2 * self._step)
        if missed > 0:
            self.now += missed
        while self.now + self._step <= to:
            before = self.height()
            self.now += self._step
            if self.running:
                for ticker in self.instruments:
                    yield from self._move(ticker, wanted)
            if self.height() != before:
                yield from self._block()

    def _move(self, ticker: str, wanted: Collection[Topic]) -> Iterator[tuple[Topic, Contents]]:
        instrument = self.instruments[ticker]
        trades = instrument.step(self.now // MILLISECOND)
        if trades:
            rows = [row for trade in trades for row in self.trade_rows(ticker, trade)]
            yield ("v4_trades", ticker), {"trades": rows}
        bids, asks = self.told[ticker].changes(self._random, self._crossing)
        if bids or asks:
            symbol = instrument.symbol
            yield (
                ("v4_orderbook", ticker),
                {
                    name: [[symbol.price_text(price), symbol.size_text(size)] for price, size in levels]
                    for name, levels in (("bids", bids), ("asks", asks))
                    if levels
                },
            )
        if trades:
            for resolution, interval in RESOLUTIONS.items():
                if ("v4_candles", f"{ticker}/{resolution}") in wanted:
                    bar = instrument.candles.bar(interval, open_time(interval, self.now // MILLISECOND))
                    yield ("v4_candles", f"{ticker}/{resolution}"), self.candle_row(ticker, resolution, bar)

    def _block(self) -> Iterator[tuple[Topic, Contents]]:
        height = self.height()
        yield ("v4_block_height", ""), {"blockHeight": str(height), "time": iso(self.now)}
        prices = {
            ticker: {
                "oraclePrice": instrument.symbol.price_text(instrument.last_price),
                "effectiveAt": iso(self.now),
                "effectiveAtHeight": str(height),
                "marketId": number,
            }
            for number, (ticker, instrument) in enumerate(self.instruments.items())
        }
        yield ("v4_markets", ""), {"oraclePrices": prices}
        if height % 10 == 0:
            rows = {ticker: {"nextFundingRate": "0.0000125", "openInterest": "381.5"} for ticker in self.instruments}
            yield ("v4_markets", ""), {"trading": rows}

    def set_status(self, ticker: str, status: str) -> tuple[Topic, Contents]:
        """Change a market's status, and how that is told."""
        self.instruments[ticker]
        self.status[ticker] = status
        return ("v4_markets", ""), {"trading": {ticker: {"status": status}}}

    # What REST and first contents say.

    def market_rows(self) -> dict[str, Contents]:
        """Every market as ``perpetualMarkets`` describes it."""
        return {ticker: self._market(number, ticker) for number, ticker in enumerate(self.instruments)}

    def book(self, ticker: str, depth: int | None = _REPEATED) -> Contents:
        """A book as it was told, crossed or not; the best ``depth`` levels a side."""
        told, symbol = self.told[ticker], self.instruments[ticker].symbol
        sides = {"bids": sorted(told.bids, reverse=True)[:depth], "asks": sorted(told.asks)[:depth]}
        return {
            name: [
                {"price": symbol.price_text(price), "size": symbol.size_text(getattr(told, name)[price])}
                for price in prices
            ]
            for name, prices in sides.items()
        }

    def last_trades(self, ticker: str, limit: int, height: int | None = None) -> list[Contents]:
        """The last trades up to a block, newest first."""
        rows: list[Contents] = []
        for trade in reversed(self.instruments[ticker].trades):
            if len(rows) >= limit:
                break
            made = self.trade_rows(ticker, trade)
            if height is None or int(made[0]["createdAtHeight"]) <= height:
                rows += reversed(made)
        return rows[:limit]

    def trade_rows(self, ticker: str, trade: SimulatedTrade) -> list[Contents]:
        """The single trades of one taker at one price."""
        symbol, at = self.instruments[ticker].symbol, trade.at * MILLISECOND
        return [
            {
                "id": f"{trade.first_id + offset:024x}",
                "side": "SELL" if trade.taker_sold else "BUY",
                "size": symbol.size_text(size),
                "price": symbol.price_text(trade.price),
                "type": "LIQUIDATED" if trade.forced else "LIMIT",
                "createdAt": iso(at),
                "createdAtHeight": str(self.height(at)),
            }
            for offset, size in enumerate(trade.sizes)
        ]

    def candle_rows(self, ticker: str, resolution: str, start: int, end: int, limit: int) -> list[Contents]:
        """Candles that open from ``start`` (inclusive) to ``end`` (exclusive), int nanoseconds UTC, newest first."""
        end = min(end, self.now + 1)
        candles = self.instruments[ticker].candles
        bars = candles.bars(RESOLUTIONS[resolution], -(-start // MILLISECOND), (end - 1) // MILLISECOND)
        return [self.candle_row(ticker, resolution, bar) for bar in reversed(list(bars))][:limit]

    def candle_row(self, ticker: str, resolution: str, bar: Bar) -> Contents:
        """One candle as the venue writes it."""
        symbol = self.instruments[ticker].symbol
        prices = {name: symbol.price_text(getattr(bar, name)) for name in ("low", "high", "open", "close")}
        return {
            "startedAt": iso(bar.opened * MILLISECOND),
            "ticker": ticker,
            "resolution": resolution,
            **prices,
            "baseTokenVolume": symbol.size_text(bar.volume),
            "usdVolume": symbol.notional_text(bar.quote),
            "trades": bar.trades,
            "startingOpenInterest": "381.5",
            "id": f"{ticker}-{resolution}-{bar.opened}",
        }

    def first(self, topic: Topic) -> Contents | None:
        """First contents of a topic that is not an account's; None where there is no such thing."""
        channel, id_ = topic
        ticker, _, resolution = id_.partition("/")
        if channel == "v4_markets":
            return {"markets": self.market_rows()}
        if channel == "v4_block_height":
            return {"height": str(self.height()), "time": iso(self.now)}
        if ticker not in self.instruments or (resolution and channel != "v4_candles"):
            return None
        if channel == "v4_trades":
            return {"trades": self.last_trades(ticker, _REPEATED)}
        if channel == "v4_orderbook":
            return self.book(ticker, None)
        if channel == "v4_candles" and resolution in RESOLUTIONS:
            return {"candles": self.candle_rows(ticker, resolution, 0, self.now + 1, _REPEATED)}
        return None

    def _market(self, number: int, ticker: str) -> Contents:
        instrument = self.instruments[ticker]
        symbol = instrument.symbol
        return {
            "clobPairId": str(number),
            "ticker": ticker,
            "status": self.status[ticker],
            "oraclePrice": symbol.price_text(instrument.last_price),
            "priceChange24H": "0",
            "volume24H": "125000000.5",
            "trades24H": len(instrument.trades),
            "nextFundingRate": "0.0000125",
            "initialMarginFraction": "0.02",
            "maintenanceMarginFraction": "0.012",
            "openInterest": "381.5",
            "atomicResolution": int(Decimal(symbol.lot).as_tuple().exponent) - 6,
            "quantumConversionExponent": -9,
            "tickSize": symbol.tick,
            "stepSize": symbol.lot,
            "stepBaseQuantums": 1000000,
            "subticksPerTick": 100000,
            "marketType": "CROSS",
        }
