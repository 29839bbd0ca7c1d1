"""Events as text for people: one line each, the same in a terminal, a file and a pipe."""

import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from barterpy.clock import SECOND
from barterpy.events import (
    Authenticated,
    BookFailed,
    ClosingSoon,
    Connected,
    Disconnected,
    Gap,
    MessageError,
    Overflow,
    Reconnecting,
    Resynced,
    Stalled,
    Subscribed,
    SubscriptionFailed,
    Unsubscribed,
)
from barterpy.jsonlines import event_kind
from barterpy.model.market import (
    BlockHeight,
    BookDelta,
    BookSnapshot,
    Candle,
    FundingRate,
    IndexPrice,
    InstrumentStatus,
    Level,
    Liquidation,
    MarkPrice,
    OpenInterest,
    OptionGreeks,
    Quote,
    Ticker,
    Trade,
    VenueNotice,
    VolatilityIndex,
)
from barterpy.model.number import plain

__all__ = [
    "bytes_text",
    "clock_text",
    "counted",
    "date_text",
    "duration_text",
    "event_line",
    "event_text",
    "lifecycle_style",
    "number_text",
    "text_table",
]

_MISSING = "-"


def counted(count: int, noun: str) -> str:
    """``1 message``, ``2 messages``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


_STYLES: Final[dict[type[Any], str]] = {
    Connected: "green",
    Authenticated: "green",
    Subscribed: "green",
    Unsubscribed: "green",
    Resynced: "green",
    Reconnecting: "yellow",
    Gap: "yellow",
    Stalled: "yellow",
    Overflow: "yellow",
    ClosingSoon: "yellow",
    SubscriptionFailed: "red",
    BookFailed: "red",
    Disconnected: "red",
    MessageError: "red",
}


def lifecycle_style(event: object) -> str:
    """How a terminal colours it: good, worrying or bad news."""
    return _STYLES.get(type(event), "")


def clock_text(nanoseconds: int | None) -> str:
    """A time of the day, UTC, to the millisecond."""
    if not nanoseconds:
        return "--:--:--.---"
    seconds, rest = divmod(nanoseconds, SECOND)
    return f"{time.strftime('%H:%M:%S', time.gmtime(seconds))}.{rest // 1_000_000:03d}"


def date_text(nanoseconds: int) -> str:
    """A date and time, UTC, to the millisecond."""
    date = time.strftime("%Y-%m-%d", time.gmtime(nanoseconds // SECOND))
    return f"{date} {clock_text(nanoseconds)} UTC"


def duration_text(nanoseconds: float) -> str:
    """A duration in the unit that reads best: ``850 µs``, ``12.5 ms``, ``3.2 s``."""
    size = abs(nanoseconds)
    if size < 1_000_000:
        return f"{nanoseconds / 1_000:.0f} µs"
    if size < 100_000_000:
        return f"{nanoseconds / 1_000_000:.1f} ms"
    return f"{nanoseconds / 1_000_000:.0f} ms" if size < SECOND else f"{nanoseconds / SECOND:.1f} s"


def bytes_text(count: int) -> str:
    """A number of bytes: ``812 B``, ``4.2 kB``, ``1.3 MB``."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def number_text(number: Decimal | float | None) -> str:
    """A number with all its digits, or a dash."""
    return _MISSING if number is None else plain(number)


def text_table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table that needs no terminal: the first column to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]

    def line(row: Sequence[str]) -> str:
        first, *rest = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        return "  ".join([first, *(cell.rstrip().rjust(len(cell)) for cell in rest)])

    return [line(row) for row in (heading, *rows)]


def event_line(event: Any) -> str:
    """Time, kind, instrument or connection, and what there is to say."""
    where = getattr(event, "instrument", None) or getattr(event, "connection", "")
    return f"{clock_text(event.received_at)}  {event_kind(event):<13}  {where:<14}  {event_text(event)}".rstrip()


def event_text(event: object) -> str:
    """What an event says, without its time, kind and instrument."""
    writer = _WRITERS.get(type(event))
    return str(event) if writer is None else writer(event)


def _trade(trade: Trade[Any]) -> str:
    return f"{trade.side or '':<4}  {number_text(trade.size)} @ {number_text(trade.price)}"


def _quote(quote: Quote[Any]) -> str:
    return (
        f"{number_text(quote.bid_size)} @ {number_text(quote.bid_price)} | "
        f"{number_text(quote.ask_price)} @ {number_text(quote.ask_size)}"
    )


def _snapshot(book: BookSnapshot[Any]) -> str:
    return f"{_levels(book.bids[:1])} | {_levels(book.asks[:1])}  ({len(book.bids)} bids, {len(book.asks)} asks)"


def _delta(delta: BookDelta[Any]) -> str:
    return f"bids {_levels(delta.bids) or _MISSING}  asks {_levels(delta.asks) or _MISSING}"


def _levels(levels: tuple[Level[Any], ...]) -> str:
    shown = ", ".join(f"{plain(level.size)} @ {plain(level.price)}" for level in levels[:3])
    return f"{shown}, … {len(levels) - 3} more" if len(levels) > 3 else shown


def _candle(candle: Candle[Any]) -> str:
    prices = " ".join(plain(price) for price in (candle.open, candle.high, candle.low, candle.close))
    state = "closed" if candle.closed else "open"
    return f"{candle.interval} {clock_text(candle.open_at)[:5]}  {prices}  volume {plain(candle.volume)}  {state}"


def _ticker(ticker: Ticker[Any]) -> str:
    return (
        f"{plain(ticker.last)}  change {number_text(ticker.change)}  low {number_text(ticker.low)}  "
        f"high {number_text(ticker.high)}  volume {number_text(ticker.volume)}"
    )


def _mark_price(mark: MarkPrice[Any]) -> str:
    return f"{plain(mark.price)}  index {number_text(mark.index_price)}"


def _funding_rate(funding: FundingRate[Any]) -> str:
    return f"{plain(funding.rate)}  next {clock_text(funding.next_at)[:8]}"


def _greeks(greeks: OptionGreeks[Any]) -> str:
    delta, gamma, vega, theta = map(plain, (greeks.delta, greeks.gamma, greeks.vega, greeks.theta))
    return f"delta {delta}  gamma {gamma}  vega {vega}  theta {theta}  vol {number_text(greeks.mark_volatility)}"


def _liquidation(order: Liquidation[Any]) -> str:
    return f"{order.side:<4}  {plain(order.size)} @ {plain(order.price)}"


def _connected(event: Connected) -> str:
    return f"life {event.epoch}" + ("" if event.downtime is None else f", after {duration_text(event.downtime)}")


def _disconnected(event: Disconnected) -> str:
    return f"{event.error}: {event.reason}" if event.error else event.reason


def _reconnecting(event: Reconnecting) -> str:
    return f"attempt {event.attempt} in {duration_text(event.delay)}"


def _authenticated(event: Authenticated) -> str:
    return "" if event.expires_in is None else f"for {duration_text(event.expires_in)}"


def _subscription_failed(event: SubscriptionFailed) -> str:
    return f"{event.subscription}: {event.reason}{', for good' if event.final else ''}"


def _subscribed(event: Subscribed) -> str:
    return ", ".join(event.subscriptions)


def _gap(event: Gap) -> str:
    after = "" if event.last is None else f", after {event.last}"
    came = "" if event.next is None else f" came {event.next}"
    return f"{event.reason}{after}{came}"


def _stalled(event: Stalled) -> str:
    return f"{event.subscription or 'the connection'} silent for {duration_text(event.idle)}"


_WRITERS: Final[dict[type[Any], Callable[[Any], str]]] = {
    Trade: _trade,
    Quote: _quote,
    BookSnapshot: _snapshot,
    BookDelta: _delta,
    Candle: _candle,
    Ticker: _ticker,
    MarkPrice: _mark_price,
    FundingRate: _funding_rate,
    OpenInterest: lambda event: plain(event.size),
    Liquidation: _liquidation,
    InstrumentStatus: lambda event: f"{event.status} ({event.venue_status})",
    IndexPrice: lambda event: plain(event.price),
    VolatilityIndex: lambda event: f"{plain(event.volatility)} %",
    OptionGreeks: _greeks,
    BlockHeight: lambda event: str(event.height),
    VenueNotice: lambda event: f"{event.channel}: {event.data}",
    Connected: _connected,
    Disconnected: _disconnected,
    Reconnecting: _reconnecting,
    Authenticated: _authenticated,
    Subscribed: _subscribed,
    SubscriptionFailed: _subscription_failed,
    Unsubscribed: lambda event: ", ".join(event.subscriptions),
    ClosingSoon: lambda event: event.reason,
    Gap: _gap,
    Resynced: lambda event: f"valid again after {duration_text(event.downtime)}",
    BookFailed: lambda event: f"no book: {event.reason}",
    Stalled: _stalled,
    Overflow: lambda event: f"{event.dropped} events ({event.policy})",
    MessageError: lambda event: f"{event.reason}: {event.payload}",
}
