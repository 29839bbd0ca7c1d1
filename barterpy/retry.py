"""Whether to try once more, and when: by what helps against the error, never by hope."""

from typing import Final

import msgspec

from barterpy.backoff import Backoff
from barterpy.clock import SECOND
from barterpy.errors import BarterError, ConfigurationError

__all__ = ["RetryPolicy"]

_BACKOFF: Final = Backoff()


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How often, how long and how far apart a call is tried. Times are in seconds.

    Tried again is what says of itself that it is ``retryable`` and does not leave its outcome unknown. The wait is the
    back-off's, and never shorter than the ``retry_after`` of the error. An error that would have to wait past the
    ``budget`` is raised at once.
    """

    attempts: int = 3
    """Attempts in total, the first included."""
    budget: float = 30.0
    """From the first attempt to the beginning of the last one."""
    backoff: Backoff = _BACKOFF

    def __post_init__(self) -> None:
        if self.attempts < 1 or not self.budget >= 0:
            raise ConfigurationError("a retry policy wants attempts of at least 1 and a budget of at least 0")

    def delay(self, error: BarterError, attempt: int, elapsed: int, random: float) -> float | None:
        """Seconds to wait after attempt number ``attempt`` (from 1) failed, or None to give up.

        :param elapsed: int nanoseconds since the first attempt began
        :param random: in [0, 1), scales the jitter
        """
        if not error.retryable or error.fatal or error.outcome_unknown or attempt >= self.attempts:
            return None
        delay = max(self.backoff.delay(attempt, random), error.retry_after or 0.0)
        return delay if elapsed + delay * SECOND <= self.budget * SECOND else None
