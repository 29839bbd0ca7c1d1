"""What a limit counts, without a clock: a cell rate with bursts (GCRA), and a window that truly rolls.

Times are int nanoseconds of any clock that runs forward; one that steps back makes a meter forget how far ahead it was,
never wait longer than its own period.

The two are not the same limit in two spellings. A bucket of 100 refilled at 100 a minute lets 100 pass after a pause
and up to 100 more within the next minute, so it overruns a venue that counts 100 in any minute. For such a venue take
:class:`RollingWindow`; :class:`Gcra` is right where the venue itself keeps a bucket (credits that refill).
"""

import math
from collections import deque
from typing import Final, Protocol, Self, final

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError

__all__ = ["Gcra", "Meter", "RollingWindow"]

_BUCKETS: Final = 1024


class Meter(Protocol):
    """One limit and how much of it is used. Weights are whole numbers, 0 or more."""

    @property
    def capacity(self) -> int:
        """What can be taken at once when nothing is used; a larger weight never fits."""
        ...

    @property
    def period(self) -> float:
        """Seconds after which a meter nobody touches is empty again."""
        ...

    def wait(self, now: int, weight: int, /) -> int:
        """Nanoseconds until ``weight`` fits if nobody else takes anything; 0 when it fits now."""
        ...

    def take(self, now: int, weight: int, /) -> None:
        """Count ``weight`` as used at ``now``, whether it fits or not."""
        ...

    def give_back(self, taken_at: int, weight: int, /) -> None:
        """Undo a :meth:`take` whose weight was not used after all."""
        ...

    def observe(self, now: int, used: int, limit: int | None = None, /) -> None:
        """Learn what the other side counts: its figure when it is higher, and its limit when it is lower than ours.

        Its figure is lower as long as some of ours is on its way, so that tells nothing.
        """
        ...

    def idle(self, now: int, /) -> bool:
        """Whether nothing is used, so that a fresh one would answer the same."""
        ...

    def fresh(self) -> "Meter":
        """An empty one with the same settings: a meter is also the pattern for those of further keys."""
        ...


@final
class Gcra:
    """The generic cell rate algorithm (ITU-T I.371 annex A): ``burst`` at once, then ``rate`` a ``per``, evenly.

    :param rate: weight that comes free in ``per`` seconds
    :param burst: weight that can be taken at once after a pause; ``rate`` by default
    :raises barterpy.errors.ConfigurationError: a number that cannot be a limit
    """

    def __init__(self, rate: float, burst: int | None = None, *, per: float = 1.0) -> None:
        if not (rate > 0 and math.isfinite(rate) and per > 0 and math.isfinite(per)):
            raise ConfigurationError(f"a rate is more than 0 in a time of more than 0, not {rate} in {per}")
        self.rate: float = rate
        self.per: float = per
        self.burst: int = max(1, math.floor(rate)) if burst is None else burst
        if self.burst < 1:
            raise ConfigurationError(f"burst must be at least 1, not {burst}")
        # Rounded up: the limit is what may not be exceeded.
        self._cell = math.ceil(per * SECOND / rate)
        self._limit = self.burst
        self._arrival: int | None = None  # the theoretical arrival time: empty from then on

    @property
    def capacity(self) -> int:
        return self._limit

    @property
    def period(self) -> float:
        return self.burst * self._cell / SECOND

    def wait(self, now: int, weight: int, /) -> int:
        if weight == 0:
            return 0
        return max(0, self._start(now) + (weight - self._limit) * self._cell - now)

    def take(self, now: int, weight: int, /) -> None:
        if weight:
            self._arrival = self._start(now) + weight * self._cell

    def give_back(self, taken_at: int, weight: int, /) -> None:
        if self._arrival is not None:
            self._arrival -= weight * self._cell

    def observe(self, now: int, used: int, limit: int | None = None, /) -> None:
        if limit is not None:
            self._limit = max(1, min(self.burst, limit))
        self._arrival = max(self._start(now), now + min(used, self.burst) * self._cell)

    def idle(self, now: int, /) -> bool:
        return self._start(now) == now

    def fresh(self) -> Self:
        return type(self)(self.rate, self.burst, per=self.per)

    def _start(self, now: int) -> int:
        if self._arrival is None or self._arrival <= now:
            return now
        # It is never further ahead than the whole burst, unless the clock was set back.
        self._arrival = min(self._arrival, now + self.burst * self._cell)
        return self._arrival

    def __repr__(self) -> str:
        return f"{self.rate:g} in {self.per:g} s, {self._limit} at once"


@final
class RollingWindow:
    """Never more than ``limit`` within any ``period`` seconds, wherever the period begins.

    Exact up to a limit of 1024. Above that, what is taken within 1/1024 of the period is kept together and comes free
    with the last of it: memory stays bounded, and the error is on the safe side.

    :raises barterpy.errors.ConfigurationError: a number that cannot be a limit
    """

    def __init__(self, limit: int, period: float) -> None:
        if limit < 1 or not (period > 0 and math.isfinite(period)):
            raise ConfigurationError(f"a window is at least 1 in a time of more than 0, not {limit} in {period}")
        self.limit: int = limit
        self._period = period
        self._length = math.ceil(period * SECOND)
        self._grain = self._length // _BUCKETS if limit > _BUCKETS else 0
        self._limit = limit
        self._used = 0
        # Of each bucket: when it began, the last time something was put into it, and how much it holds.
        self._buckets: deque[list[int]] = deque()

    @property
    def capacity(self) -> int:
        return self._limit

    @property
    def period(self) -> float:
        return self._period

    def used(self, now: int) -> int:
        """Weight taken within the period that ends now."""
        buckets, horizon = self._buckets, now - self._length
        while buckets and buckets[0][1] <= horizon:
            self._used -= buckets.popleft()[2]
        if buckets and buckets[-1][1] > now:  # the clock was set back
            for bucket in buckets:
                bucket[0], bucket[1] = min(bucket[0], now), min(bucket[1], now)
        return self._used

    def wait(self, now: int, weight: int, /) -> int:
        buckets = self._buckets
        if not buckets or buckets[0][1] <= now - self._length or buckets[-1][1] > now:
            self.used(now)
        excess = self._used + weight - self._limit
        if excess <= 0 or weight == 0:
            return 0
        for _, last, held in buckets:
            excess -= held
            if excess <= 0:
                return last + self._length - now
        return self._length  # more than the capacity: never

    def take(self, now: int, weight: int, /) -> None:
        if weight == 0:
            return
        self._used += weight
        if self._buckets and now - self._buckets[-1][0] <= self._grain:
            self._buckets[-1][1] = now
            self._buckets[-1][2] += weight
        else:
            self._buckets.append([now, now, weight])

    def give_back(self, taken_at: int, weight: int, /) -> None:
        for index in range(len(self._buckets) - 1, -1, -1):
            bucket = self._buckets[index]
            if bucket[0] <= taken_at <= bucket[1]:
                returned = min(weight, bucket[2])
                bucket[2] -= returned
                self._used -= returned
                if not bucket[2]:
                    del self._buckets[index]
                return

    def observe(self, now: int, used: int, limit: int | None = None, /) -> None:
        if limit is not None:
            self._limit = max(1, min(self.limit, limit))
        self.take(now, max(0, used - self.used(now)))

    def idle(self, now: int, /) -> bool:
        return self.used(now) == 0

    def fresh(self) -> Self:
        return type(self)(self.limit, self._period)

    def __repr__(self) -> str:
        return f"{self._limit} in {self._period:g} s"
