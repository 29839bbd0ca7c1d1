"""What a program knows of the instruments of a venue, and what changed about their status since it last looked."""

from collections.abc import Iterable
from typing import Final

import msgspec

from barterpy.errors import ConfigurationError, LimitExceeded
from barterpy.instruments.snapshot import InstrumentSnapshot
from barterpy.model.instrument import Instrument, TradingStatus
from barterpy.model.market import InstrumentStatus

__all__ = ["InstrumentCache"]

_MOST: Final = 100_000


class InstrumentCache:
    """The instruments of one venue, replaced as a whole or one by one. No I/O; time is an argument.

    What was read from it never changes afterwards: each change makes a new :attr:`snapshot`. Changes of status come
    back as :class:`~barterpy.model.InstrumentStatus`, under the venue's own symbols:

    * an instrument whose status, ours or the venue's word, is another than before;
    * one that is new, once there was something to compare with;
    * one that vanished: it is not available for trading any more, so ``closed``, and the venue's word is empty.

    :param max_instruments: a bound on what a venue may list
    """

    def __init__(self, venue: str, *, max_instruments: int = _MOST) -> None:
        self.venue: str = venue
        self.snapshot: InstrumentSnapshot = InstrumentSnapshot(venue)
        """All that is known now. Keep it as long as you like: it stays as it is."""
        self._max = max_instruments

    def __len__(self) -> int:
        return len(self.snapshot)

    def __contains__(self, symbol: str) -> bool:
        """Whether there is an instrument of this symbol, the venue's own or the unified one."""
        return self.snapshot.find(symbol) is not None

    def __repr__(self) -> str:
        return f"InstrumentCache({self.venue}, {len(self)} instruments)"

    def get_instrument(self, symbol: str) -> Instrument:
        """The instrument of the venue's own or the unified symbol.

        :raises barterpy.errors.UnknownInstrument: there is none; the error names those that look like it
        """
        return self.snapshot.get_instrument(symbol)

    def find_instrument(self, symbol: str) -> Instrument | None:
        """The same, None when there is none."""
        return self.snapshot.find(symbol)

    def cache_instruments(self, instruments: Iterable[Instrument], now: int) -> list[InstrumentStatus]:
        """Replace all that is known by what the venue lists at ``now`` (int nanoseconds UTC). All or nothing.

        :raises barterpy.errors.ConfigurationError: one of them is another venue's
        :raises barterpy.errors.LimitExceeded: there are more than ``max_instruments``
        """
        before, after = self.snapshot, self._checked(instruments, now)
        self.snapshot = after
        if not before.taken_at:
            return []
        changes = [change for item in after.values() for change in self._changed(before.get(item.symbol), item, now)]
        return changes + [
            self._status(symbol, TradingStatus.CLOSED, "", now)
            for symbol, item in before.items()
            if symbol not in after and item.status is not TradingStatus.CLOSED
        ]

    def cache_instrument(self, instrument: Instrument, now: int) -> list[InstrumentStatus]:
        """Put one in, in the place of what was known of it; at ``now``, int nanoseconds UTC.

        :raises barterpy.errors.ConfigurationError: it is another venue's
        :raises barterpy.errors.LimitExceeded: there are ``max_instruments`` already
        """
        before = self.snapshot
        self.snapshot = self._checked([*before.values(), instrument], now)
        return self._changed(before.get(instrument.symbol), instrument, now) if before.taken_at else []

    def apply(self, event: InstrumentStatus) -> bool:
        """Take over a status the venue told on a stream. True when that is news; then it will not be told again by
        the next :meth:`cache_instruments`."""
        known = self.snapshot.find(event.instrument)
        if known is None or event.venue != self.venue:
            return False
        # Another library's word, or a newer one of ours, is no status of ours.
        status = TradingStatus(event.status) if event.status in set(TradingStatus) else TradingStatus.UNKNOWN
        if (known.status, known.venue_status) == (status, event.venue_status):
            return False
        changed = msgspec.structs.replace(known, status=status, venue_status=event.venue_status)
        instruments = (changed if item is known else item for item in self.snapshot.values())
        self.snapshot = InstrumentSnapshot(self.venue, instruments, max(self.snapshot.taken_at, event.received_at))
        return True

    def _checked(self, instruments: Iterable[Instrument], now: int) -> InstrumentSnapshot:
        taken: dict[str, Instrument] = {}
        for instrument in instruments:
            if instrument.venue != self.venue:
                raise ConfigurationError(
                    f"{instrument.symbol} is an instrument of {instrument.venue}, this cache is {self.venue}'s"
                )
            taken[instrument.symbol] = instrument
            if len(taken) > self._max:
                raise LimitExceeded("max_instruments", self._max)
        return InstrumentSnapshot(self.venue, taken.values(), max(now, 1))

    def _changed(self, before: Instrument | None, after: Instrument, now: int) -> list[InstrumentStatus]:
        if before is not None and (before.status, before.venue_status) == (after.status, after.venue_status):
            return []
        return [self._status(after.symbol, after.status, after.venue_status, now)]

    def _status(self, symbol: str, status: TradingStatus, venue_status: str, now: int) -> InstrumentStatus:
        return InstrumentStatus(
            venue=self.venue,
            instrument=symbol,
            status=status.value,
            venue_status=venue_status,
            exchange_at=None,
            received_at=now,
        )
