"""Time as an argument: the two clocks a program needs, and nothing that reads them behind its back.

Every timestamp of the library is an ``int`` of nanoseconds since 1970-01-01T00:00:00 UTC. Timers run on a monotonic
clock in seconds, which a step of the wall clock does not move.
"""

import time
from collections.abc import Callable
from typing import Final

__all__ = [
    "MICROSECOND",
    "MILLISECOND",
    "MINUTE",
    "SECOND",
    "WallClock",
    "from_millis",
    "to_millis",
    "wall_clock",
]

WallClock = Callable[[], int]
"""Returns the time now: int nanoseconds UTC."""

MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND

wall_clock: WallClock = time.time_ns
"""This machine's time: int nanoseconds UTC."""


def from_millis(milliseconds: int) -> int:
    """Milliseconds UTC, as most venues send them, to nanoseconds UTC."""
    return milliseconds * MILLISECOND


def to_millis(nanoseconds: int) -> int:
    """Nanoseconds UTC to whole milliseconds UTC, rounded down."""
    return nanoseconds // MILLISECOND
