"""How much was traded, and at which average price."""

from collections.abc import Iterable
from typing import Any, Generic, cast

import msgspec

from barterpy.analytics.observation import Single
from barterpy.analytics.window import SlidingWindow
from barterpy.errors import ConfigurationError
from barterpy.model.market import Trade
from barterpy.model.number import N

__all__ = ["AveragePrice", "RollingVolume", "Volume", "Vwap"]


class Volume(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False):
    """What was traded within a window: ``volume`` in the base asset, ``quote_volume`` in the quote asset."""

    instrument: str
    exchange_at: int | None
    received_at: int
    volume: N
    quote_volume: N
    trades: int


class AveragePrice(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False):
    """The average price in the quote asset, weighted by size, of ``trades`` trades of ``volume`` in the base asset."""

    instrument: str
    exchange_at: int | None
    received_at: int
    price: N
    volume: N
    trades: int


class _Traded(Generic[N]):
    """Volume, quote volume and number of trades, of a window or of everything."""

    def __init__(self, count: int | None, duration: int | None, max_items: int) -> None:
        self._single = Single()
        self._window: SlidingWindow[tuple[N, N, int]] | None = None
        if count is not None or duration is not None:
            self._window = SlidingWindow(_added, count=count, duration=duration, max_items=max_items)
        # Without a window, each sum with what rounding has taken from it so far (Neumaier's summation): the error
        # does not grow with the number of trades.
        self._sums: tuple[N, N, N, N, int] | None = None

    def add(self, trade: Trade[N]) -> tuple[N, N, int]:
        time = self._single.advance(trade)
        price, size = trade.price, trade.size
        if self._window is not None:
            return self._window.add(time, (size, price * size, 1))
        volume, value = size, price * size
        if self._sums is None:
            lost_volume, lost_value, trades = volume - volume, value - value, 1
        else:
            volume, lost_volume, value, lost_value, trades = self._sums
            volume, lost_volume = _compensated(volume, lost_volume, size)
            value, lost_value = _compensated(value, lost_value, price * size)
            trades += 1
        self._sums = (volume, lost_volume, value, lost_value, trades)
        return volume + lost_volume, value + lost_value, trades

    def save_state(self) -> Any:
        return [self._single.save_state(), None if self._window is None else self._window.save_state(), self._sums]

    def restore_state(self, state: Any, /) -> None:
        single, window, sums = state
        if (window is None) != (self._window is None):
            raise ConfigurationError("the state is of a window where this has none, or the other way round")
        self._single.restore_state(single)
        if self._window is not None:
            self._window.restore_state(window)
        self._sums = cast("tuple[N, N, N, N, int] | None", sums)


class RollingVolume(Generic[N]):
    """The volume traded within the last ``duration`` nanoseconds or the last ``count`` trades, after each trade.

        RollingVolume(duration=5 * MINUTE)

    A window by time follows the time of the trades (``exchange_at``, else ``received_at``): it does not shrink while
    none come, and a trade older than the newest counts as of the newest. For one instrument; see
    :func:`~barterpy.combinators.keyed` for more.

    :param max_items: trades a window by time may hold; one more raises :class:`~barterpy.errors.LimitExceeded`
    :raises barterpy.errors.ConfigurationError: not exactly one of ``count`` and ``duration``
    """

    def __init__(self, *, duration: int | None = None, count: int | None = None, max_items: int = 1_000_000) -> None:
        if count is None and duration is None:
            raise ConfigurationError("give a window either a count or a duration")
        self._traded: _Traded[N] = _Traded(count, duration, max_items)

    def transform(self, trade: Trade[N], received_at: int, /) -> Iterable[Volume[N]]:
        volume, quote_volume, trades = self._traded.add(trade)
        return (
            Volume(
                instrument=trade.instrument,
                exchange_at=trade.exchange_at,
                received_at=received_at,
                volume=volume,
                quote_volume=quote_volume,
                trades=trades,
            ),
        )

    def save_state(self) -> Any:
        return self._traded.save_state()

    def restore_state(self, state: Any, /) -> None:
        self._traded.restore_state(state)


class Vwap(Generic[N]):
    """The average price weighted by size: of the last ``duration`` nanoseconds, of the last ``count`` trades, or with
    neither of all trades since the start. After each trade; nothing while the volume is zero.

    Windows and out-of-order trades: as :class:`RollingVolume`.
    """

    def __init__(self, *, duration: int | None = None, count: int | None = None, max_items: int = 1_000_000) -> None:
        self._traded: _Traded[N] = _Traded(count, duration, max_items)

    def transform(self, trade: Trade[N], received_at: int, /) -> Iterable[AveragePrice[N]]:
        volume, quote_volume, trades = self._traded.add(trade)
        if not volume:
            return ()
        return (
            AveragePrice(
                instrument=trade.instrument,
                exchange_at=trade.exchange_at,
                received_at=received_at,
                price=quote_volume / volume,
                volume=volume,
                trades=trades,
            ),
        )

    def save_state(self) -> Any:
        return self._traded.save_state()

    def restore_state(self, state: Any, /) -> None:
        self._traded.restore_state(state)


def _added(older: tuple[N, N, int], newer: tuple[N, N, int]) -> tuple[N, N, int]:
    return older[0] + newer[0], older[1] + newer[1], older[2] + newer[2]


def _compensated(total: N, lost: N, item: N) -> tuple[N, N]:
    # Neumaier 1974: of the two, the smaller loses its low digits in the sum; they are what comes back by subtraction.
    after = total + item
    lost = lost + ((total - after) + item if abs(total) >= abs(item) else (item - after) + total)
    return after, lost
