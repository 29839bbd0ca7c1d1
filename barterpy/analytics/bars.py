"""Bars of trades: by time, by number of trades, by volume and by value."""

from collections.abc import Iterable
from typing import Any, Generic, Literal

import msgspec

from barterpy.analytics.observation import Single
from barterpy.clock import MILLISECOND
from barterpy.errors import ConfigurationError
from barterpy.model.market import Side, Trade
from barterpy.model.number import N

__all__ = ["Bar", "TickBars", "TimeBars", "ValueBars", "VolumeBars"]


class Bar(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False):
    """Trades from ``open_at`` to ``close_at``, int nanoseconds UTC: a bar by time holds its beginning and not its end,
    any other the times of its first and last trade.

    ``open`` and ``close`` are the first and last trade's price in order of arrival. ``volume`` is in the base asset,
    ``quote_volume`` in the quote asset, ``buy_volume`` that of trades whose taker bought. ``late`` counts trades that
    came when their own bar was already out and are in none; they are told by the next bar. ``complete`` is false for a
    bar that the end of the stream cut short.
    """

    instrument: str
    open_at: int
    close_at: int
    open: N
    high: N
    low: N
    close: N
    volume: N
    quote_volume: N
    buy_volume: N
    trades: int
    received_at: int
    late: int = 0
    complete: bool = True

    @property
    def exchange_at(self) -> int:
        """The end of the bar."""
        return self.close_at

    @property
    def vwap(self) -> N | None:
        """The average price weighted by size; None of a bar without volume."""
        return self.quote_volume / self.volume if self.volume else None


class _Growing(msgspec.Struct, Generic[N], kw_only=True, gc=False):
    """A bar to which trades are still added."""

    instrument: str
    open_at: int
    close_at: int
    open: N
    high: N
    low: N
    close: N
    volume: N
    quote_volume: N
    buy_volume: N
    trades: int = 1

    def add(self, trade: Trade[N]) -> None:
        price, size = trade.price, trade.size
        if price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price
        self.volume += size
        self.quote_volume += price * size
        if trade.side is Side.BUY:
            self.buy_volume += size
        self.trades += 1

    def bar(self, received_at: int, *, late: int = 0, complete: bool = True) -> Bar[N]:
        return Bar(received_at=received_at, late=late, complete=complete, **msgspec.structs.asdict(self))


def _begun(trade: Trade[N], open_at: int, close_at: int) -> _Growing[N]:
    price, size = trade.price, trade.size
    return _Growing(
        instrument=trade.instrument,
        open_at=open_at,
        close_at=close_at,
        open=price,
        high=price,
        low=price,
        close=price,
        volume=size,
        quote_volume=price * size,
        buy_volume=size if trade.side is Side.BUY else size - size,
    )


class TimeBars(Generic[N]):
    """A bar for every ``interval`` nanoseconds of the UTC grid in which there was a trade.

        TimeBars(MINUTE)

    A bar goes out once time has passed its end by ``lateness``, so that trades which are slow or out of order still
    find it. Time is shown by the trades, and while none come by a timer: a quiet market's bar is not held back. A
    trade later than that is left out, and counted in ``late`` of the next bar and of this object. Which trade is in
    which bar depends on the recorded times alone, so a replay gives the same bars.

    :param interval: int nanoseconds
    :param basis: whether a trade's time is the venue's (``exchange_at``, the time of receipt where there is none) or
        always that of receipt. The venue's gives the venue's own bars, if its clock and yours differ by less than
        ``lateness``; with the time of receipt no trade is ever late and ``lateness`` may be 0
    :param lateness: int nanoseconds a bar is held back
    :param emit_empty: whether an interval without trades gives a bar of volume 0 at the last price; there are none
        before the first trade, nor when more than ``max_empty`` lie between two trades, which is a gap and not a
        quiet market
    :param offset: int nanoseconds by which the grid is moved from 1970-01-01T00:00Z
    """

    def __init__(
        self,
        interval: int,
        *,
        basis: Literal["exchange", "received"] = "exchange",
        lateness: int = 250 * MILLISECOND,
        emit_empty: bool = False,
        max_empty: int = 10_000,
        offset: int = 0,
    ) -> None:
        if interval < 1:
            raise ConfigurationError(f"interval is nanoseconds from 1, not {interval}")
        if not 0 <= lateness <= 1000 * interval:
            raise ConfigurationError(f"lateness is nanoseconds from 0 to a thousand intervals, not {lateness}")
        self._interval = interval
        self._exchange = basis == "exchange"
        self._lateness = lateness
        self._emit_empty = emit_empty
        self._max_empty = max_empty
        self._offset = offset % interval
        self._single = Single()
        self._growing: dict[int, _Growing[N]] = {}
        self._next: int | None = None  # where the first bar that is not out begins
        self._last: Bar[N] | None = None
        self._late = 0  # of these, the ones that no bar has told yet
        self.late: int = 0

    def transform(self, trade: Trade[N], received_at: int, /) -> Iterable[Bar[N]]:
        if self._exchange:
            self._single.check(trade)
            time = received_at if trade.exchange_at is None else trade.exchange_at
        else:
            time = self._single.advance(trade, received_at)
        bars = self._close(time - self._lateness, received_at)
        open_at = time - (time - self._offset) % self._interval
        growing = self._growing.get(open_at)
        if growing is not None:
            growing.add(trade)
        elif self._next is not None and open_at < self._next:
            self._late += 1
            self.late += 1
        else:
            self._growing[open_at] = _begun(trade, open_at, open_at + self._interval)
        return bars

    def next_timer(self) -> int | None:
        if self._emit_empty and self._last is not None and self._next is not None:
            return self._next + self._interval + self._lateness
        return min(self._growing) + self._interval + self._lateness if self._growing else None

    def on_timer(self, deadline: int, /) -> Iterable[Bar[N]]:
        return self._close(deadline - self._lateness, deadline)

    def on_end(self, now: int, /) -> Iterable[Bar[N]]:
        bars: list[Bar[N]] = []
        for open_at in sorted(self._growing):
            self._fill(open_at, now, bars)
            self._put(self._growing.pop(open_at), now, bars, complete=False)
        return bars

    def save_state(self) -> Any:
        return {
            "single": self._single.save_state(),
            "growing": [msgspec.structs.asdict(growing) for growing in self._growing.values()],
            "next": self._next,
            "last": None if self._last is None else msgspec.structs.asdict(self._last),
            "late": [self._late, self.late],
        }

    def restore_state(self, state: Any, /) -> None:
        self._single.restore_state(state["single"])
        self._growing.clear()
        for fields in state["growing"]:
            self._growing[fields["open_at"]] = _Growing(**fields)
        self._next = state["next"]
        self._last = None if state["last"] is None else Bar(**state["last"])
        self._late, self.late = state["late"]

    def _close(self, until: int, now: int) -> list[Bar[N]]:
        """Every bar that ends at ``until`` or before."""
        bars: list[Bar[N]] = []
        ended = until - (until - self._offset) % self._interval
        if self._next is None or ended > self._next:
            for open_at in sorted(open_at for open_at in self._growing if open_at < ended):
                self._fill(open_at, now, bars)
                self._put(self._growing.pop(open_at), now, bars)
            self._fill(ended, now, bars)
            self._next = ended
        return bars

    def _fill(self, until: int, now: int, bars: list[Bar[N]]) -> None:
        """Empty bars up to where the next one begins."""
        last, start = self._last, self._next
        if not self._emit_empty or last is None or start is None or until <= start:
            return
        if (until - start) // self._interval > self._max_empty:
            return
        for open_at in range(start, until, self._interval):
            zero = last.volume - last.volume
            bars.append(
                Bar(
                    instrument=last.instrument,
                    open_at=open_at,
                    close_at=open_at + self._interval,
                    open=last.close,
                    high=last.close,
                    low=last.close,
                    close=last.close,
                    volume=zero,
                    quote_volume=zero,
                    buy_volume=zero,
                    trades=0,
                    received_at=now,
                    late=self._late,
                )
            )
            self._late = 0

    def _put(self, growing: _Growing[N], now: int, bars: list[Bar[N]], *, complete: bool = True) -> None:
        bar = growing.bar(now, late=self._late, complete=complete)
        self._late = 0
        self._last = bar
        self._next = bar.close_at
        bars.append(bar)


class _ThresholdBars(Generic[N]):
    """Bars that close with the trade by which they have reached their measure."""

    def __init__(self) -> None:
        self._single = Single()
        self._growing: _Growing[N] | None = None

    def transform(self, trade: Trade[N], received_at: int, /) -> Iterable[Bar[N]]:
        time = self._single.advance(trade)
        growing = self._growing
        if growing is None:
            growing = self._growing = _begun(trade, time, time)
        else:
            growing.add(trade)
            growing.close_at = time
        if not self._reached(growing):
            return ()
        self._growing = None
        return (growing.bar(received_at),)

    def on_end(self, now: int, /) -> Iterable[Bar[N]]:
        growing, self._growing = self._growing, None
        return () if growing is None else (growing.bar(now, complete=False),)

    def save_state(self) -> Any:
        return [self._single.save_state(), None if self._growing is None else msgspec.structs.asdict(self._growing)]

    def restore_state(self, state: Any, /) -> None:
        single, growing = state
        self._single.restore_state(single)
        self._growing = None if growing is None else _Growing(**growing)

    def _reached(self, growing: _Growing[N]) -> bool:
        raise AssertionError("a measure is missing")  # pragma: no cover


class TickBars(_ThresholdBars[N]):
    """A bar for every ``count`` trades. Trades are taken in order of arrival; one that is older than those before
    counts as of the newest."""

    def __init__(self, count: int) -> None:
        if count < 1:
            raise ConfigurationError(f"count is a number of trades from 1, not {count}")
        super().__init__()
        self._count = count

    def _reached(self, growing: _Growing[N]) -> bool:
        return growing.trades >= self._count


class VolumeBars(_ThresholdBars[N]):
    """A bar whenever ``volume`` of the base asset has been traded.

    A trade is never split: the bar closes with the one that reaches the volume and holds all of it, so a bar may be
    larger, and each trade is in one bar. Order: as :class:`TickBars`.
    """

    def __init__(self, volume: N) -> None:
        if not volume > 0:
            raise ConfigurationError(f"volume is above zero, not {volume}")
        super().__init__()
        self._volume: N = volume

    def _reached(self, growing: _Growing[N]) -> bool:
        return growing.volume >= self._volume


class ValueBars(_ThresholdBars[N]):
    """A bar whenever ``value`` of the quote asset has been traded (also called dollar bars). No trade is split, see
    :class:`VolumeBars`."""

    def __init__(self, value: N) -> None:
        if not value > 0:
            raise ConfigurationError(f"value is above zero, not {value}")
        super().__init__()
        self._value: N = value

    def _reached(self, growing: _Growing[N]) -> bool:
        return growing.quote_volume >= self._value
