"""Channels whose messages only mean something together with the one before: running candles, incremental tickers."""

from collections.abc import Mapping, Sequence
from typing import Final, Generic

import msgspec

from barterpy.clock import MILLISECOND, MINUTE
from barterpy.model.market import Candle
from barterpy.model.number import N
from barterpy.venues.deribit.channels import INTERVALS
from barterpy.venues.deribit.messages import ChartBar
from barterpy.venues.deribit.normaliser import Normaliser

__all__ = ["LENGTHS", "RunningCandle", "RunningTicker"]

LENGTHS: Final[Mapping[str, int]] = {
    interval: (1440 if resolution == "1D" else int(resolution)) * MINUTE // MILLISECOND
    for interval, resolution in INTERVALS.items()
}
"""Candle lengths in milliseconds."""


class RunningCandle(Generic[N]):
    """The bar of one chart channel. Nothing says that a bar is final: the first of the next one does."""

    def __init__(self, normalise: Normaliser[N], instrument: str, interval: str) -> None:
        self._normalise: Normaliser[N] = normalise
        self._instrument = instrument
        self._interval = interval
        self._decode = msgspec.json.Decoder(ChartBar[normalise.wire]).decode  # type: ignore[name-defined]
        self._bar: ChartBar[N] | None = None

    def forget(self) -> None:
        """A new connection began: what the bar became meanwhile is not known, and so is not told as final."""
        self._bar = None

    def take_over(self, other: "RunningCandle[N]") -> None:
        """Go on with the bar of another one of the same channel."""
        self._bar = other._bar

    def update(self, data: msgspec.Raw, received_at: int) -> Sequence[Candle[N]]:
        """The bar as it is now, and before it the last one as final when this one is new."""
        bar: ChartBar[N] = self._decode(data)
        last, self._bar = self._bar, bar
        told = [self._candle(bar, received_at, closed=False)]
        if last is not None and bar.tick > last.tick:
            told.insert(0, self._candle(last, received_at, closed=True))
        return told

    def _candle(self, bar: ChartBar[N], received_at: int, *, closed: bool) -> Candle[N]:
        interval = self._interval
        return self._normalise.candle(
            bar, self._instrument, received_at, interval=interval, length=LENGTHS[interval], closed=closed
        )


class RunningTicker:
    """The whole ticker behind ``incremental_ticker``: the first message has all fields, later ones what changed.

    Fields are kept as the venue wrote them, so no digit is lost on the way.
    """

    def __init__(self) -> None:
        self._fields: dict[str, msgspec.Raw] = {}
        self._decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

    def forget(self) -> None:
        """A new connection began, which begins with all fields again."""
        self._fields = {}

    def merge(self, data: msgspec.Raw) -> msgspec.Raw:
        """The whole ticker as JSON, after this message.

        :raises msgspec.DecodeError: the message is no object
        """
        for name, value in self._decode(data).items():
            before = self._fields.get(name)
            if before is not None and bytes(value)[:1] == bytes(before)[:1] == b"{":
                merged = {**self._decode(before), **self._decode(value)}
                self._fields[name] = msgspec.Raw(msgspec.json.encode(merged))
            else:
                # A view would keep the whole message alive.
                self._fields[name] = value.copy()
        return msgspec.Raw(msgspec.json.encode(self._fields))
