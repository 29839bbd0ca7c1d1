"""Live tables in a terminal: a row an instrument, columns that suit the channel, and a log of what happened below."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Any, Final, Self

import anyio
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from barterpy.cli.columns import Columns
from barterpy.cli.monitor import InstrumentView, Monitor, Note
from barterpy.cli.render import clock_text, duration_text, event_text, lifecycle_style, number_text
from barterpy.jsonlines import event_kind
from barterpy.model.market import (
    BookSnapshot,
    Candle,
    FundingRate,
    IndexPrice,
    InstrumentStatus,
    Liquidation,
    MarkPrice,
    OpenInterest,
    OptionGreeks,
    Quote,
    Ticker,
    Trade,
    VolatilityIndex,
)
from barterpy.model.number import plain
from barterpy.subscription import Channel

__all__ = ["CHANNEL_COLUMNS", "DEMO_COLUMNS", "Column", "LiveTable"]

_REFRESH: Final = 0.2
"""Seconds between two drawings: fast enough to live, slow enough to read."""

_FRAME: Final = 5
"""Lines of title, heading, gap, what is counted, and the cursor."""
_LOG_LINES: Final = (6, 14)


@dataclass(frozen=True)
class Column:
    """A heading, the text of a cell, and from how many columns of terminal on there is room for it."""

    heading: str
    cell: Callable[[InstrumentView, float], str | Text]
    left: bool = False
    from_width: int = 0


def _of(type_: type[Any], text: Callable[[Any], str | Text]) -> Callable[[InstrumentView, float], str | Text]:
    def cell(view: InstrumentView, now: float) -> str | Text:
        event = view.last.get(type_)
        return "" if event is None else text(event)

    return cell


def _side(side: str | None) -> Text:
    return Text(side or "", style="green" if side == "buy" else "red")


def _last(view: InstrumentView, now: float) -> str | Text:
    trade = view.last.get(Trade)
    return "" if trade is None else Text(plain(trade.price), style=_side(trade.side).style)


def _like(value: Decimal | None, view: InstrumentView) -> str:
    """A computed price with one digit more than the prices it came from."""
    if value is None:
        return ""
    trade, book = view.last.get(Trade), view.last.get(Quote)
    price = trade.price if trade is not None else None if book is None else book.bid_price
    places = max(0, -int(price.as_tuple().exponent)) if isinstance(price, Decimal) else 2
    return f"{value:,.{places + 1}f}".replace(",", "")


def _volume(view: InstrumentView, now: float) -> str:
    return "" if view.average is None else plain(view.average.volume)


def _vwap(view: InstrumentView, now: float) -> str:
    return "" if view.average is None else _like(view.average.price, view)


def _spread(view: InstrumentView, now: float) -> str:
    return "" if view.spread is None else plain(view.spread.absolute)


def _book(view: InstrumentView, now: float) -> Text:
    if view.book is None:
        return Text("waiting", style="yellow") if BookSnapshot not in view.last else Text("")
    if not view.book.valid:
        return Text("invalid", style="red")
    return Text("valid", style="green")


def _best(side: str) -> Callable[[InstrumentView, float], str]:
    def cell(view: InstrumentView, now: float) -> str:
        if view.book is None or not view.book.valid:
            return ""
        level = view.book.best_bid() if side == "bid" else view.book.best_ask()
        return "" if level is None else plain(level.price)

    return cell


def _levels(view: InstrumentView, now: float) -> str:
    if view.book is None:
        return ""
    peek = view.book.peek()
    return f"{len(peek.bids)}/{len(peek.asks)}"


def _rate(view: InstrumentView, now: float) -> str:
    return f"{view.messages.rate(now):.0f}"


def _lag(view: InstrumentView, now: float) -> str:
    lag = view.lag()
    return "" if lag is None else duration_text(lag)


_SYMBOL = Column("symbol", lambda view, now: Text(view.instrument or "*", style="bold"), left=True)
_EVENTS = Column("events", lambda view, now: str(view.messages.count), from_width=90)
_RATE = Column("msg/s", _rate)
_LAG = Column("lag p50", _lag)
_GAPS = Column("gaps", lambda view, now: str(view.gaps))

DEMO_COLUMNS: Final = (
    _SYMBOL,
    Column("last", _last),
    Column("volume", _volume),
    Column("VWAP", _vwap),
    Column("spread", _spread),
    Column("best bid", _best("bid"), from_width=100),
    Column("best ask", _best("ask"), from_width=100),
    Column("book", _book, left=True),
    Column("levels", _levels, from_width=120),
    _GAPS,
    _RATE,
    _LAG,
)
"""What the demo shows: trades, quotes and book of a symbol in one row."""

CHANNEL_COLUMNS: Final[dict[Channel, tuple[Column, ...]]] = {
    Channel.TRADES: (
        _SYMBOL,
        Column("last", _last),
        Column("size", _of(Trade, lambda trade: plain(trade.size))),
        Column("side", _of(Trade, lambda trade: _side(trade.side)), left=True),
        Column("volume", _volume),
        Column("VWAP", _vwap),
        _EVENTS,
        _RATE,
        _LAG,
    ),
    Channel.QUOTES: (
        _SYMBOL,
        Column("bid size", _of(Quote, lambda quote: number_text(quote.bid_size))),
        Column("bid", _of(Quote, lambda quote: Text(number_text(quote.bid_price), style="green"))),
        Column("ask", _of(Quote, lambda quote: Text(number_text(quote.ask_price), style="red"))),
        Column("ask size", _of(Quote, lambda quote: number_text(quote.ask_size))),
        Column("spread", _spread),
        _EVENTS,
        _RATE,
        _LAG,
    ),
    Channel.BOOK: (
        _SYMBOL,
        Column("best bid", _best("bid")),
        Column("best ask", _best("ask")),
        Column("spread", _spread),
        Column("book", _book, left=True),
        Column("levels", _levels),
        _GAPS,
        _EVENTS,
        _RATE,
        _LAG,
    ),
    Channel.CANDLES: (
        _SYMBOL,
        Column("bar", _of(Candle, lambda candle: f"{clock_text(candle.open_at)[:5]} {candle.interval}"), left=True),
        Column("open", _of(Candle, lambda candle: plain(candle.open))),
        Column("high", _of(Candle, lambda candle: plain(candle.high))),
        Column("low", _of(Candle, lambda candle: plain(candle.low))),
        Column("close", _of(Candle, lambda candle: plain(candle.close))),
        Column("volume", _of(Candle, lambda candle: plain(candle.volume))),
        Column("closed", _of(Candle, lambda candle: "yes" if candle.closed else ""), from_width=100),
        Column("msg/s", _rate, from_width=100),
    ),
    Channel.TICKERS: (
        _SYMBOL,
        Column("last", _of(Ticker, lambda ticker: plain(ticker.last))),
        Column("change", _of(Ticker, lambda ticker: number_text(ticker.change))),
        Column("low", _of(Ticker, lambda ticker: number_text(ticker.low))),
        Column("high", _of(Ticker, lambda ticker: number_text(ticker.high))),
        Column("volume", _of(Ticker, lambda ticker: number_text(ticker.volume))),
        Column("msg/s", _rate, from_width=100),
    ),
    Channel.MARK_PRICES: (
        _SYMBOL,
        Column("mark", _of(MarkPrice, lambda mark: plain(mark.price))),
        Column("index", _of(MarkPrice, lambda mark: number_text(mark.index_price))),
        _EVENTS,
        _RATE,
        _LAG,
    ),
    Channel.FUNDING_RATES: (
        _SYMBOL,
        Column("rate", _of(FundingRate, lambda funding: plain(funding.rate))),
        Column("next", _of(FundingRate, lambda funding: clock_text(funding.next_at)[:8])),
        _EVENTS,
        _RATE,
        _LAG,
    ),
    Channel.LIQUIDATIONS: (
        _SYMBOL,
        Column("side", _of(Liquidation, lambda order: _side(order.side)), left=True),
        Column("price", _of(Liquidation, lambda order: plain(order.price))),
        Column("size", _of(Liquidation, lambda order: plain(order.size))),
        _EVENTS,
        _LAG,
    ),
    Channel.INSTRUMENT_STATUS: (
        _SYMBOL,
        Column("status", _of(InstrumentStatus, lambda event: event.status), left=True),
        Column("venue says", _of(InstrumentStatus, lambda event: event.venue_status), left=True),
        _EVENTS,
    ),
    Channel.OPEN_INTEREST: (
        _SYMBOL,
        Column("open interest", _of(OpenInterest, lambda event: plain(event.size))),
        _EVENTS,
        _LAG,
    ),
    Channel.OPTION_GREEKS: (
        _SYMBOL,
        Column("mark", _of(OptionGreeks, lambda greeks: number_text(greeks.mark_price))),
        Column("vol", _of(OptionGreeks, lambda greeks: number_text(greeks.mark_volatility))),
        Column("delta", _of(OptionGreeks, lambda greeks: plain(greeks.delta))),
        Column("gamma", _of(OptionGreeks, lambda greeks: plain(greeks.gamma))),
        Column("vega", _of(OptionGreeks, lambda greeks: plain(greeks.vega))),
        Column("theta", _of(OptionGreeks, lambda greeks: plain(greeks.theta))),
        _LAG,
    ),
    Channel.INDEX_PRICES: (
        _SYMBOL,
        Column("index", _of(IndexPrice, lambda index: plain(index.price))),
        _EVENTS,
        _LAG,
    ),
    Channel.VOLATILITY_INDEX: (
        _SYMBOL,
        Column("volatility", _of(VolatilityIndex, lambda index: plain(index.volatility))),
        _EVENTS,
        _LAG,
    ),
    Channel.NATIVE: (_SYMBOL, _EVENTS, _RATE, _LAG),
}
"""What ``watch`` shows of each channel."""


class LiveTable:
    """Draws a monitor again and again while its context lasts, and leaves the last picture on the screen."""

    def __init__(self, console: Console, monitor: Monitor, columns: Sequence[Column], title: str) -> None:
        self.title = title
        self._console = console
        self._monitor = monitor
        self._columns = columns
        self._fitting = Columns()
        self._live = Live(console=console, auto_refresh=False, transient=False, vertical_overflow="crop")

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.__exit__(exc_type, exc, traceback)

    def draw(self, now: float) -> None:
        """Draw it as it is at ``now``, seconds of a monotonic clock."""
        self._live.update(self.render(now), refresh=True)

    async def keep_drawing(self) -> None:
        """Draw it a few times a second, for ever."""
        while True:
            self.draw(anyio.current_time())
            await anyio.sleep(_REFRESH)

    def render(self, now: float) -> RenderableType:
        """The picture at ``now``."""
        width, height = self._console.size
        monitor = self._monitor
        columns = [column for column in self._columns if column.from_width <= width]
        # What does not fit is counted, not scrolled: the log gets its lines first, the rows the rest.
        shown = sorted(monitor.instruments.values(), key=lambda view: view.instrument)
        room = max(1, height - _FRAME - _LOG_LINES[0])
        table = self._fitting.table(
            [(column.heading, column.left) for column in columns],
            [[column.cell(view, now) for column in columns] for view in shown[:room]],
            width,
            100,
        )
        parts: list[RenderableType] = [self._status(now), table]
        if len(shown) > room:
            parts.append(Text(f"… and {len(shown) - room} more", style="dim"))
        lines = max(_LOG_LINES[0], min(_LOG_LINES[1], height // 3 - 1))
        log = list(monitor.log)[-lines:]
        if log:
            parts.append(Text())
            parts.extend(self._log_line(event) for event in log)
        return Group(*parts)

    def _status(self, now: float) -> Text:
        monitor = self._monitor
        up = len(monitor.up)
        state = ("up", "green") if up else ("down", "red")
        text = Text.assemble(
            (self.title, "bold"), "  ", state, f"  {monitor.messages.count} events  {monitor.messages.rate(now):.0f}/s"
        )
        if monitor.reconnections:
            text.append(f"  {monitor.reconnections} reconnects", style="yellow")
        if monitor.problems:
            text.append(f"  {monitor.problems} not understood", style="red")
        return _one_line(text)

    def _log_line(self, event: Any) -> Text:
        if isinstance(event, Note):
            return _one_line(Text.assemble((clock_text(event.received_at), "dim"), "  ", (event.text, "bold")))
        where = getattr(event, "instrument", None) or getattr(event, "connection", "")
        kind = (f"{event_kind(event):<13}", lifecycle_style(event))
        said = f"  {where}  {event_text(event)}"
        return _one_line(Text.assemble((clock_text(event.received_at), "dim"), "  ", kind, said))


def _one_line(text: Text) -> Text:
    text.no_wrap = True
    text.overflow = "ellipsis"
    return text
