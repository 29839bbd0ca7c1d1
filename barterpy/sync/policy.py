"""The bounds of synchronising a book."""

from typing import Literal

import msgspec

from barterpy.backoff import Backoff
from barterpy.errors import ConfigurationError

__all__ = ["SyncPolicy"]


class SyncPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds of synchronising one book.

    ``buffer`` updates are kept at most while a snapshot is under way. ``backoff`` gives the delays between snapshots
    and how many are tried in a row (its jitter is not used); a book that stayed valid for ``backoff.stable_after``
    seconds starts counting anew.
    """

    buffer: int = 1000
    backoff: Backoff = Backoff(initial=0.25, factor=2.0, cap=5.0, jitter=0.0, stable_after=10.0, max_attempts=10)
    crossed_seconds: float = 0.0
    """How long a book may be crossed before it is invalid; 0 is not at all. More only for venues that cross briefly."""
    crossed_updates: int = 0
    """How many updates may leave it crossed; the book is invalid when neither this nor the time allows it."""
    stale: int = 1000
    """Updates in a row older than the book before the venue's numbers are taken to have begun anew."""
    snapshot_timeout: float = 30.0
    """Seconds within which a snapshot that comes on the stream must have come after it was asked for."""
    on_failure: Literal["event", "raise"] = "event"
    """When attempts are used up: say :class:`~barterpy.events.BookFailed` in-band, and the connection goes on; or raise
    :class:`~barterpy.errors.BookError`, which ends it."""

    def __post_init__(self) -> None:
        if self.buffer < 1:
            raise ConfigurationError(f"buffer is a number of updates from 1, not {self.buffer}")
        if not (self.crossed_seconds >= 0 and self.crossed_updates >= 0 and self.stale >= 0):
            raise ConfigurationError("crossed_seconds, crossed_updates and stale are not negative")
        if not self.snapshot_timeout > 0:
            raise ConfigurationError(f"snapshot_timeout is a positive number of seconds, not {self.snapshot_timeout}")
        if self.on_failure not in ("event", "raise"):
            raise ConfigurationError(f"on_failure is 'event' or 'raise', not {self.on_failure!r}")
