"""The whole simulated market: instruments that move on, and what is said about them on which stream.

Moves on in steps of equal length, so what it says depends on the seed and the number of steps and on nothing else.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from random import Random
from typing import Final, TypeAlias, final

import msgspec

from barterpy.clock import MILLISECOND, SECOND
from barterpy.errors import ConfigurationError
from barterpy.testing.simulated import payloads
from barterpy.testing.simulated.candles import INTERVALS, open_time
from barterpy.testing.simulated.instrument import SimulatedInstrument, SimulatedTrade
from barterpy.testing.simulated.matching import SimulatedOrder
from barterpy.testing.simulated.payloads import MarketName, Payload
from barterpy.testing.simulated.symbols import SimulatedSymbol

__all__ = ["Output", "SimulatedExchange", "family_of"]

Output: TypeAlias = tuple[str, str]
"""The name of a stream and what is said on it, as JSON."""

_PACES: Final = {"spot": {"": 1000, "@100ms": 100}, "futures": {"": 250, "@100ms": 100, "@500ms": 500}}
_KLINE_PACE: Final = {"spot": 2000, "futures": 250}
_TICKER_PACE: Final = {"spot": 1000, "futures": 2000}
_ONE_SECOND: Final = 1000
_MARK_PACES: Final = {"": 3000, "@1s": 1000}
_FINEST: Final = 50
"""Every pace is a multiple of it."""
_WARM_UP_STEP: Final = 2000
_CATCH_UP: Final = 5 * SECOND

_encode = msgspec.json.Encoder().encode


def family_of(name: str) -> str:
    """Which path carries a stream of the futures market: ``public`` (book data) or ``market`` (all else)."""
    channel = name.partition("@")[2] if "@" in name and not name.startswith("!") else name.lstrip("!")
    return "public" if channel.startswith(("bookTicker", "depth", "rpiDepth")) else "market"


@final
class SimulatedExchange:
    """See the module.

    :param rate: steps a second of each instrument
    :param now: where its time begins, int nanoseconds UTC
    :param history: minutes of trading that lie behind it then
    """

    def __init__(
        self,
        market: MarketName,
        symbols: Sequence[SimulatedSymbol],
        *,
        seed: int,
        rate: float,
        now: int,
        history: float = 60.0,
    ) -> None:
        if rate <= 0 or history < 0:
            raise ConfigurationError("rate must be positive and history not negative")
        self.market: MarketName = market
        self.now: int = now
        """Up to where it has moved on, int nanoseconds UTC."""
        self.running = True
        """Whether time moves the market; what has happened is told either way."""
        self.settled: Callable[[SimulatedInstrument, Sequence[SimulatedTrade]], None] | None = None
        """Told of the trades of an instrument once everything that goes with them is done: may trade in turn."""
        self._step = int(SECOND / rate)
        self._paces = _PACES[market]
        began = now - int(history * 60) * SECOND
        self.instruments: dict[str, SimulatedInstrument] = {
            symbol.name: SimulatedInstrument(
                symbol,
                Random(f"{seed}/{symbol.name}"),  # noqa: S311 - a model, not a secret
                began // MILLISECOND,
                paces=tuple(self._paces.values()),
                id_step=1 if market == "spot" else 40,
            )
            for symbol in symbols
        }
        self._bars: dict[tuple[str, str], int] = {}
        self._partial_ids: dict[tuple[str, str], int] = {}
        self._liquidated_at: dict[str, int] = {}
        for at in range(began // MILLISECOND, now // MILLISECOND, _WARM_UP_STEP):
            for instrument in self.instruments.values():
                instrument.step(at)
        for instrument in self.instruments.values():
            for feed in instrument.feeds.values():
                feed.take(instrument.update_id)

    @property
    def millis(self) -> int:
        """Its time, int milliseconds UTC."""
        return self.now // MILLISECOND

    def advance(self, to: int, wanted: Collection[str]) -> Iterator[Output]:
        """Move on to ``to`` (int nanoseconds UTC), telling what somebody wants to hear: names of streams.

        What lies further behind than a few seconds is left out: a machine that slept does not see it all at once.
        """
        missed = to - self.now - max(_CATCH_UP, 2 * self._step)
        if missed > 0:
            self.now += missed
        while self.now + self._step <= to:
            before = self.millis
            self.now += self._step
            if self.running:
                for instrument in self.instruments.values():
                    yield from self._move(instrument, wanted)
            yield from self._tell(before, self.millis, wanted)

    def place(self, symbol: str, order: SimulatedOrder, wanted: Collection[str]) -> Iterator[Output]:
        """Let a client's order into the book at once; its trades are told like any others."""
        instrument = self.instruments[symbol]
        best = _best(instrument)
        yield from self._traded(instrument, instrument.execute(order, self.millis), best, wanted)

    def cancel(self, symbol: str, order: SimulatedOrder, wanted: Collection[str]) -> Iterator[Output]:
        """Take a client's order out of the book."""
        instrument = self.instruments[symbol]
        best = _best(instrument)
        instrument.withdraw(order, self.millis)
        yield from self._told(instrument, (), best, wanted)

    def resize(self, symbol: str, order: SimulatedOrder, size: int, wanted: Collection[str]) -> Iterator[Output]:
        """Give a client's resting order another size, in lots."""
        instrument = self.instruments[symbol]
        best = _best(instrument)
        instrument.engine.resize(order, size, self.millis)
        yield from self._told(instrument, (), best, wanted)

    def flush(self, wanted: Collection[str]) -> Iterator[Output]:
        """Tell now what would be told at the next pace of each book, so that whoever listens knows all of it."""
        for instrument in self.instruments.values():
            for suffix, pace in self._paces.items():
                yield from self._depth(instrument, suffix, pace, wanted)

    def set_status(self, symbol: str, status: str) -> Iterator[Output]:
        """Change an instrument's trading status, and tell it where there is a stream for it."""
        instrument = self.instruments[symbol]
        instrument.status = status
        if self.market == "futures":
            event = {"e": "contractInfo", "E": self.millis, "s": symbol, "ps": symbol, "ct": "PERPETUAL", "cs": status}
            yield "!contractInfo", _encode({**event, "dt": 4133404800000, "ot": 1569398400000, "st": 1}).decode()

    def _move(self, instrument: SimulatedInstrument, wanted: Collection[str]) -> Iterator[Output]:
        best = _best(instrument)
        yield from self._traded(instrument, instrument.step(self.millis), best, wanted)

    def _traded(
        self,
        instrument: SimulatedInstrument,
        trades: Sequence[SimulatedTrade],
        best: tuple[int, int, int, int],
        wanted: Collection[str],
    ) -> Iterator[Output]:
        yield from self._told(instrument, trades, best, wanted)
        if trades and self.settled is not None:
            self.settled(instrument, trades)

    def _told(
        self,
        instrument: SimulatedInstrument,
        trades: Sequence[SimulatedTrade],
        best: tuple[int, int, int, int],
        wanted: Collection[str],
    ) -> Iterator[Output]:
        """What is said at once of these trades, and of the best prices where they are not ``best`` any more."""
        name = instrument.symbol.name.lower()
        now = self.millis
        for traded in trades:
            if self.market == "spot" and f"{name}@trade" in wanted:
                for index in range(len(traded.sizes)):
                    yield f"{name}@trade", _encode(payloads.trade(instrument, traded, index, now)).decode()
            if f"{name}@aggTrade" in wanted:
                yield (
                    f"{name}@aggTrade",
                    _encode(payloads.agg_trade(self.market, instrument.symbol, traded, now)).decode(),
                )
            if traded.forced and self.market == "futures":
                yield from self._liquidation(instrument, traded, wanted)
        if best != _best(instrument):
            yield from _said(
                wanted,
                (f"{name}@bookTicker", *(("!bookTicker",) if self.market == "futures" else ())),
                lambda: payloads.book_ticker(self.market, instrument, now),
            )

    def _liquidation(
        self, instrument: SimulatedInstrument, traded: SimulatedTrade, wanted: Collection[str]
    ) -> Iterator[Output]:
        # At most one a second and symbol.
        name, now = instrument.symbol.name, self.millis
        if now - self._liquidated_at.get(name, 0) >= _ONE_SECOND:
            self._liquidated_at[name] = now
            streams = (f"{name.lower()}@forceOrder", "!forceOrder@arr")
            yield from _said(wanted, streams, lambda: payloads.force_order(instrument.symbol, traded, now))

    def _tell(self, before: int, now: int, wanted: Collection[str]) -> Iterator[Output]:
        """What is said at its pace: books, candles, tickers, mark prices."""

        def due(pace: int) -> bool:
            return before // pace != now // pace

        if not due(_FINEST):
            return
        for instrument in self.instruments.values():
            for suffix, pace in self._paces.items():
                if due(pace):
                    yield from self._depth(instrument, suffix, pace, wanted)
            yield from self._klines(instrument, due, wanted)
        if due(_TICKER_PACE[self.market]):
            yield from self._each("ticker", payloads.ticker, wanted)
        if due(_ONE_SECOND):
            yield from self._each("miniTicker", payloads.mini_ticker, wanted)
        if self.market == "futures":
            for suffix, pace in _MARK_PACES.items():
                if due(pace):
                    yield from self._each("markPrice", lambda _, one, at: payloads.mark_price(one, at), wanted, suffix)

    def _depth(
        self, instrument: SimulatedInstrument, suffix: str, pace: int, wanted: Collection[str]
    ) -> Iterator[Output]:
        name, now = instrument.symbol.name.lower(), self.millis
        event = payloads.depth_update(self.market, instrument, pace, now)
        if event is None:
            return
        if f"{name}@depth{suffix}" in wanted:
            yield f"{name}@depth{suffix}", _encode(event).decode()
        for levels in (5, 10, 20):
            stream = f"{name}@depth{levels}{suffix}"
            if stream in wanted:
                key = (name, stream)
                previous = self._partial_ids.get(key, instrument.update_id - 1)
                self._partial_ids[key] = instrument.update_id
                yield stream, _encode(payloads.partial_depth(self.market, instrument, levels, previous, now)).decode()

    def _klines(
        self, instrument: SimulatedInstrument, due: Callable[[int], bool], wanted: Collection[str]
    ) -> Iterator[Output]:
        name, now = instrument.symbol.name.lower(), self.millis
        for interval in INTERVALS:
            stream = f"{name}@kline_{interval}"
            if stream not in wanted or (interval == "1s" and self.market == "futures"):
                continue
            current = open_time(interval, now)
            told = self._bars.setdefault((name, interval), current)
            if told != current:
                self._bars[name, interval] = current
                bar = instrument.candles.bar(interval, told)
                yield stream, _encode(payloads.kline(instrument.symbol, interval, bar, closed=True, now=now)).decode()
            if due(_ONE_SECOND if interval == "1s" else _KLINE_PACE[self.market]):
                bar = instrument.candles.bar(interval, current)
                yield stream, _encode(payloads.kline(instrument.symbol, interval, bar, closed=False, now=now)).decode()

    def _each(
        self,
        channel: str,
        make: Callable[[MarketName, SimulatedInstrument, int], Payload],
        wanted: Collection[str],
        suffix: str = "",
    ) -> Iterator[Output]:
        everything = f"!{channel}@arr{suffix}"
        rows: list[Payload] = []
        for name, instrument in self.instruments.items():
            stream = f"{name.lower()}@{channel}{suffix}"
            if stream in wanted or everything in wanted:
                rows.append(make(self.market, instrument, self.millis))
                if stream in wanted:
                    yield stream, _encode(rows[-1]).decode()
        if everything in wanted:
            yield everything, _encode(rows).decode()


def _best(instrument: SimulatedInstrument) -> tuple[int, int, int, int]:
    bid, ask = instrument.best_bid, instrument.best_ask
    return bid, instrument.bids[bid], ask, instrument.asks[ask]


def _said(wanted: Collection[str], streams: Sequence[str], make: Callable[[], Payload]) -> Iterator[Output]:
    if not any(stream in wanted for stream in streams):
        return
    text = _encode(make()).decode()
    for stream in streams:
        if stream in wanted:
            yield stream, text
