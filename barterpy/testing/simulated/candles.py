"""Candles of a simulated instrument, made of its trades and of nothing else.

Prices are int ticks, sizes int lots, amounts ticks times lots.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, final

__all__ = ["INTERVALS", "Bar", "Candles", "close_time", "open_time"]

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000

INTERVALS: Final[Mapping[str, int]] = {
    "1s": _SECOND,
    "1m": _MINUTE,
    "3m": 3 * _MINUTE,
    "5m": 5 * _MINUTE,
    "15m": 15 * _MINUTE,
    "30m": 30 * _MINUTE,
    "1h": _HOUR,
    "2h": 2 * _HOUR,
    "4h": 4 * _HOUR,
    "6h": 6 * _HOUR,
    "8h": 8 * _HOUR,
    "12h": 12 * _HOUR,
    "1d": _DAY,
    "3d": 3 * _DAY,
    "1w": 7 * _DAY,
    "1M": 0,  # as long as its month
}
"""Names of intervals and their lengths in milliseconds."""

_FIRST_MONDAY: Final = 4 * _DAY
_MAX_BARS: Final = 100_000


def open_time(interval: str, at: int) -> int:
    """When the bar opened that ``at`` lies in; both int milliseconds UTC."""
    if interval == "1M":
        month = datetime.fromtimestamp(at / 1000, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return int(month.timestamp()) * 1000
    length = INTERVALS[interval]
    offset = _FIRST_MONDAY if interval == "1w" else 0
    return (at - offset) // length * length + offset


def close_time(interval: str, opened: int) -> int:
    """The last millisecond of the bar that opened then."""
    if interval == "1M":
        return open_time("1M", opened + 32 * _DAY) - 1
    return opened + INTERVALS[interval] - 1


@final
class Bar:
    """A bar: prices in ticks, ``volume`` in lots, ``quote`` in ticks times lots; what takers bought of both."""

    __slots__ = (
        "bought",
        "bought_quote",
        "close",
        "first_id",
        "high",
        "last_id",
        "low",
        "open",
        "opened",
        "quote",
        "trades",
        "volume",
    )

    def __init__(self, opened: int, price: int) -> None:
        self.opened: int = opened
        self.open: int = price
        self.high: int = price
        self.low: int = price
        self.close: int = price
        self.volume: int = 0
        self.quote: int = 0
        self.trades: int = 0
        self.bought: int = 0
        self.bought_quote: int = 0
        self.first_id: int = -1
        self.last_id: int = -1

    def trade(self, id_: int, price: int, size: int, *, bought: bool) -> None:
        """One more trade."""
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price
        self.volume += size
        self.quote += price * size
        self.trades += 1
        if bought:
            self.bought += size
            self.bought_quote += price * size
        if self.first_id < 0:
            self.first_id = id_
        self.last_id = id_

    def append(self, later: "Bar") -> None:
        """Take in the bar that follows."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.quote += later.quote
        self.trades += later.trades
        self.bought += later.bought
        self.bought_quote += later.bought_quote
        if self.first_id < 0:
            self.first_id = later.first_id
        self.last_id = max(self.last_id, later.last_id)


@final
class Candles:
    """Bars of one second and of one minute; the longer ones are put together of those when they are asked for."""

    def __init__(self, price: int, now: int) -> None:
        self.first: int = open_time("1m", now)
        """When the first bar opened."""
        self._price = price
        self._seconds: dict[int, Bar] = {}
        self._minutes: dict[int, Bar] = {}

    def trade(self, now: int, id_: int, price: int, size: int, *, bought: bool) -> None:
        """One trade, not before the last one."""
        for interval, bars in (("1s", self._seconds), ("1m", self._minutes)):
            opened = open_time(interval, now)
            bar = bars.get(opened)
            if bar is None:
                bar = bars[opened] = Bar(opened, price)
                if len(bars) > _MAX_BARS:
                    del bars[next(iter(bars))]
            bar.trade(id_, price, size, bought=bought)

    def bar(self, interval: str, opened: int) -> Bar:
        """The bar that opened then; flat at the price before it when nothing was traded."""
        base, step = (self._seconds, _SECOND) if interval == "1s" else (self._minutes, _MINUTE)
        whole: Bar | None = None
        for at in range(max(opened, open_time("1s", self.first)), close_time(interval, opened) + 1, step):
            part = base.get(at)
            if part is None:
                continue
            if whole is None:
                whole = Bar(opened, part.open)
            whole.append(part)
        return whole or Bar(opened, self._close_before(base, opened))

    def bars(self, interval: str, start: int, end: int) -> Iterator[Bar]:
        """Bars that opened from ``start`` to ``end``, both included, int milliseconds UTC, ascending."""
        opened = open_time(interval, max(start, self.first))
        if opened < start and start > self.first:
            opened = close_time(interval, opened) + 1
        while opened <= end:
            yield self.bar(interval, opened)
            opened = close_time(interval, opened) + 1

    def _close_before(self, bars: dict[int, Bar], opened: int) -> int:
        for at in reversed(bars):
            if at < opened:
                return bars[at].close
        return self._price
