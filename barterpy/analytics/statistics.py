"""Mean, variance and extremes of anything measured: rolling over a window, or fading with age."""

import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any, Generic, TypeAlias, TypeVar, cast

import msgspec

from barterpy.analytics.observation import Observation, Single, number
from barterpy.analytics.window import SlidingWindow
from barterpy.errors import ConfigurationError
from barterpy.model.number import N

__all__ = ["ExponentialStatistics", "FadingStatistics", "RollingStatistics", "Statistics"]

Event = TypeVar("Event", bound=Observation)

_FORGOTTEN = 400
"""Half-lives after which what was before has no more weight in either number type (2 ** -400)."""


class Statistics(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False):
    """Statistics of the ``count`` values within a window. ``variance`` is the population's (divided by count)."""

    instrument: str
    exchange_at: int | None
    received_at: int
    count: int
    mean: N
    variance: N
    min: N
    max: N

    @property
    def sample_variance(self) -> N | None:
        """The unbiased estimate (divided by count - 1); None of a single value."""
        return self.variance * self.count / (self.count - 1) if self.count > 1 else None

    @property
    def deviation(self) -> N:
        """The standard deviation: the square root of ``variance``."""
        return _square_root(self.variance)


class FadingStatistics(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False):
    """Exponentially weighted mean and variance; ``weight`` is the sum of the weights, the newest value weighing 1."""

    instrument: str
    exchange_at: int | None
    received_at: int
    mean: N
    variance: N
    weight: N

    @property
    def deviation(self) -> N:
        """The standard deviation: the square root of ``variance``."""
        return _square_root(self.variance)


_Moments: TypeAlias = tuple[int, N, N, N, N]
"""Count, mean, sum of squared differences from the mean, least, greatest."""


class RollingStatistics(Generic[Event, N]):
    """Statistics of ``value`` over the last ``duration`` nanoseconds or the last ``count`` events, after each event.

        RollingStatistics(price_of, count=500)

    O(1) amortised an event, for the extremes too. Moments are merged (Chan, Golub and LeVeque 1979) and never
    subtracted: no cancellation, and no error that grows with the length of the run. ``Decimal`` works in the current
    decimal context, 28 digits unless set otherwise.

    A window by time follows the time of the events (``exchange_at``, else ``received_at``); an event older than the
    newest counts as of the newest. For one instrument; see :func:`~barterpy.combinators.keyed` for more.

    :param max_items: events a window by time may hold; one more raises :class:`~barterpy.errors.LimitExceeded`
    :raises barterpy.errors.ConfigurationError: not exactly one of ``count`` and ``duration``
    """

    def __init__(
        self,
        value: Callable[[Event], N],
        *,
        duration: int | None = None,
        count: int | None = None,
        max_items: int = 1_000_000,
    ) -> None:
        self._value: Callable[[Event], N] = value
        self._single = Single()
        self._window: SlidingWindow[_Moments[N]]
        self._window = SlidingWindow(_merged, count=count, duration=duration, max_items=max_items)

    def transform(self, event: Event, received_at: int, /) -> Iterable[Statistics[N]]:
        time = self._single.advance(event)
        value = self._value(event)
        count, mean, squares, least, greatest = self._window.add(time, (1, value, value - value, value, value))
        return (
            Statistics(
                instrument=event.instrument,
                exchange_at=event.exchange_at,
                received_at=received_at,
                count=count,
                mean=mean,
                variance=squares / count,
                min=least,
                max=greatest,
            ),
        )

    def save_state(self) -> Any:
        return [self._single.save_state(), self._window.save_state()]

    def restore_state(self, state: Any, /) -> None:
        single, window = state
        self._single.restore_state(single)
        self._window.restore_state(window)


class ExponentialStatistics(Generic[Event, N]):
    """Mean and variance of ``value`` whose weights halve with every ``duration`` nanoseconds, or every ``count``
    events, of age.

        ExponentialStatistics(price_of, duration=30 * SECOND)

    Weights are normalised by their sum, so the first values count in full and need no warming up (what pandas calls
    ``adjust=True``); events of one instant weigh the same. By time it follows that of the events (``exchange_at``, else
    ``received_at``); an event older than the newest counts as of the newest. For one instrument.

    :param duration: half-life in nanoseconds
    :param count: half-life in events
    :raises barterpy.errors.ConfigurationError: not exactly one of ``count`` and ``duration``
    """

    def __init__(self, value: Callable[[Event], N], *, duration: int | None = None, count: int | None = None) -> None:
        if (count is None) == (duration is None):
            raise ConfigurationError("give a half-life either as a count or as a duration")
        half_life = count if duration is None else duration
        if half_life is None or half_life < 1:
            raise ConfigurationError(f"a half-life begins at 1, not {half_life}")
        self._value: Callable[[Event], N] = value
        self._half_life = half_life
        self._by_time = duration is not None
        self._single = Single()
        self._state: tuple[N, N, N] | None = None  # mean, weighted sum of squared differences, sum of weights

    def transform(self, event: Event, received_at: int, /) -> Iterable[FadingStatistics[N]]:
        before = self._single.time
        time = self._single.advance(event)
        value = self._value(event)
        if self._state is None:
            mean, squares, weight = value, value - value, number(1, value)
        else:
            age = (time - before if before is not None else 0) if self._by_time else 1
            kind: Any = type(value)
            fade: N = _fade(age, self._half_life, kind)
            mean, squares, weight = self._state
            # West 1979, with the weights of what came before faded first.
            weight = weight * fade + 1
            difference = value - mean
            mean = mean + difference / weight
            squares = squares * fade + difference * (value - mean)
        self._state = (mean, squares, weight)
        return (
            FadingStatistics(
                instrument=event.instrument,
                exchange_at=event.exchange_at,
                received_at=received_at,
                mean=mean,
                variance=squares / weight,
                weight=weight,
            ),
        )

    def save_state(self) -> Any:
        return [self._single.save_state(), self._state]

    def restore_state(self, state: Any, /) -> None:
        single, self._state = state
        self._single.restore_state(single)


def _merged(older: _Moments[N], newer: _Moments[N]) -> _Moments[N]:
    count_a, mean_a, squares_a, least_a, greatest_a = older
    count_b, mean_b, squares_b, least_b, greatest_b = newer
    count = count_a + count_b
    difference = mean_b - mean_a
    mean = mean_a + difference * count_b / count
    squares = squares_a + squares_b + difference * difference * count_a * count_b / count
    return (
        count,
        mean,
        squares,
        min(least_a, least_b),
        max(greatest_a, greatest_b),
    )


# A Decimal to a broken power takes tens of microseconds, and ages repeat: always with a half-life in events, often with
# venues that count milliseconds.
@lru_cache(maxsize=4096)
def _fade(age: int, half_life: int, kind: type[Any]) -> Any:
    """What is left of a weight of 1 after ``age``: a number of the type ``kind``."""
    if age >= _FORGOTTEN * half_life:
        return kind(0)
    return kind("0.5") ** (kind(age) / half_life)


def _square_root(value: N) -> N:
    root: Any = value
    return cast("N", root.sqrt() if isinstance(root, Decimal) else math.sqrt(root))
