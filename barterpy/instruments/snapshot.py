"""All instruments of a venue at one moment, as a value that never changes."""

from collections.abc import Iterable, Iterator, Mapping
from typing import final

from barterpy.errors import UnknownInstrument
from barterpy.model.instrument import Instrument, TradingStatus

__all__ = ["InstrumentSnapshot"]

_NEAR = 3


@final
class InstrumentSnapshot(Mapping[str, Instrument]):
    """Instruments by the venue's own symbol, in the venue's order; also found by their unified one.

    ``taken_at`` is int nanoseconds UTC, 0 for the empty one before anything was cached.
    """

    def __init__(self, venue: str, instruments: Iterable[Instrument] = (), taken_at: int = 0) -> None:
        self.venue: str = venue
        self.taken_at: int = taken_at
        self._instruments = {instrument.symbol: instrument for instrument in instruments}
        self._unified: dict[str, Instrument] = {}
        for instrument in self._instruments.values():
            # One that trades comes before one that is only still listed under the same name.
            known = self._unified.get(instrument.unified)
            if known is None or (
                known.status is not TradingStatus.TRADING and instrument.status is TradingStatus.TRADING
            ):
                self._unified[instrument.unified] = instrument

    def __getitem__(self, symbol: str) -> Instrument:
        """The instrument of the venue's own symbol; raises KeyError."""
        return self._instruments[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter(self._instruments)

    def __len__(self) -> int:
        return len(self._instruments)

    def __repr__(self) -> str:
        return f"InstrumentSnapshot({self.venue}, {len(self)} instruments, taken_at={self.taken_at})"

    def find(self, symbol: str) -> Instrument | None:
        """The instrument of the venue's own or the unified symbol, None when there is none."""
        return self._instruments.get(symbol) or self._unified.get(symbol)

    def get_instrument(self, symbol: str) -> Instrument:
        """The instrument of the venue's own or the unified symbol.

        :raises barterpy.errors.UnknownInstrument: there is none; the error names those that look like it
        """
        found = self.find(symbol)
        if found is None:
            raise UnknownInstrument(self.venue, symbol, self._near(symbol))
        return found

    def _near(self, symbol: str) -> list[str]:
        from difflib import get_close_matches  # needed for an error alone

        # Case is the most frequent mistake, and difflib does not know it for one.
        names = {name.upper(): name for name in (*self._unified, *self._instruments)}
        return [names[name] for name in get_close_matches(symbol.upper(), names, _NEAR)]
