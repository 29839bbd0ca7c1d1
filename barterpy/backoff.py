"""How long to wait before the next attempt."""

import msgspec

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError

__all__ = ["Attempts", "Backoff"]


class Backoff(msgspec.Struct, frozen=True, kw_only=True):
    """Exponential delays with a cap and jitter. All in seconds.

    A connection counts as good only after it has stayed up for ``stable_after``: one that is accepted and dropped at
    once goes on counting attempts, so it never becomes a hot loop.
    """

    initial: float = 0.25
    factor: float = 2.0
    cap: float = 5.0
    jitter: float = 0.2
    stable_after: float = 10.0
    max_attempts: int | None = None
    """Attempts in a row before the last error is raised to the consumer; None for ever."""

    def __post_init__(self) -> None:
        if not (0 <= self.initial <= self.cap and self.factor >= 1 and self.jitter >= 0 and self.stable_after >= 0):
            raise ConfigurationError("back-off wants 0 <= initial <= cap, factor >= 1, jitter >= 0, stable_after >= 0")
        if self.max_attempts is not None and self.max_attempts < 1:
            raise ConfigurationError("max_attempts must be at least 1, or None for ever")

    def delay(self, attempt: int, random: float) -> float:
        """Seconds before attempt number ``attempt`` (from 1); ``random`` in [0, 1) scales the jitter."""
        exponent = min(attempt - 1, 64)  # far past any cap, and below the range of a float
        return min(self.cap, self.initial * self.factor**exponent) + self.jitter * random


class Attempts:
    """Counts attempts in a row, with time as an argument (int nanoseconds)."""

    def __init__(self, backoff: Backoff) -> None:
        self.backoff = backoff
        self.count: int = 0
        self._up_since: int | None = None

    def connected(self, now: int) -> None:
        """A connection was made. It has yet to prove itself."""
        self._up_since = now

    def failed(
        self, now: int, random: float, retry_after: float | None = None, *, planned: bool = False
    ) -> float | None:
        """The connection, or the attempt at one, ended. Seconds to wait, or None when there were enough attempts.

        ``retry_after`` is what the venue asked for; the wait is never shorter. After an end that was ``planned`` there
        is no other, unless the connection had yet to prove itself: an end that is announced to each new connection
        must not become a hot loop.
        """
        if self._up_since is not None and now - self._up_since >= self.backoff.stable_after * SECOND:
            self.count = 0
        self._up_since = None
        self.count += 1
        if self.backoff.max_attempts is not None and self.count > self.backoff.max_attempts:
            return None
        delay = 0.0 if planned and self.count == 1 else self.backoff.delay(self.count, random)
        return max(delay, retry_after or 0.0)
