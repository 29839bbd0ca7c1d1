"""A histogram over many orders of magnitude in bounded memory: logarithmic buckets, each cut into equal parts.

The idea is that of HdrHistogram: the relative error is the same for a microsecond and for an hour. Each power of two is
one bucket of 32 parts, so a quantile is off by 1/64 of its value at most. Powers of two are bounds of buckets, which
makes cumulative counts at them exact for exporters with fixed bounds.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from barterpy.errors import ConfigurationError

__all__ = ["BUCKETS", "Histogram", "HistogramSnapshot"]

BUCKETS: Final = (0.0, *(2.0**exponent for exponent in range(-17, 7)))
"""Upper bounds of exported buckets, in the metric's unit: 0, then powers of two from 8 µs to 64 s, where the counts are
exact. What is below 0 is the share of events the venue's clock was ahead of ours for."""

_PARTS: Final = 32
_LOWEST: Final = -31
"""``frexp`` exponent of the smallest bucket: sizes below 2**-32 (a quarter of a nanosecond) count as zero."""
_HIGHEST: Final = 40
"""And of the largest, which takes all that is above 2**40 (thirty thousand years of seconds)."""


class HistogramSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A histogram as it was: in the metric's unit; ``minimum`` to ``p99`` are None while nothing was observed.

    ``buckets`` holds lower bound, upper bound and count of each bucket that is not empty, in order.
    """

    count: int
    sum: float
    minimum: float | None
    maximum: float | None
    p50: float | None
    p90: float | None
    p99: float | None
    buckets: tuple[tuple[float, float, int], ...] = ()

    def cumulative(self, bounds: Iterable[float]) -> Iterator[tuple[float, int]]:
        """How many values are not above each bound, which ascend; a bucket belongs to a bound when all of it does.

        Exact at powers of two, at their negatives and at zero, but for a value that equals the bound, which may count
        to the next.
        """
        total, index = 0, 0
        for bound in bounds:
            while index < len(self.buckets) and self.buckets[index][1] <= bound:
                total += self.buckets[index][2]
                index += 1
            yield bound, total


class Histogram:
    """Counts values by size; takes negative ones too, as a lag is when the other clock is ahead.

    At most 4,609 buckets: 72 powers of two in 32 parts, of either sign, and zero. Only those that are not empty take
    memory.
    """

    __slots__ = ("_buckets", "count", "maximum", "minimum", "sum")

    def __init__(self) -> None:
        self.count: int = 0
        self.sum: float = 0.0
        self.minimum: float = math.inf
        self.maximum: float = -math.inf
        self._buckets: dict[int, int] = {}

    def observe(self, value: float) -> None:
        """Count one value. What is not a finite number is left out: one would spoil the sum for ever."""
        if not math.isfinite(value):
            return
        self.count += 1
        self.sum += value
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)
        key = _key(value)
        self._buckets[key] = self._buckets.get(key, 0) + 1

    def merge(self, other: "Histogram") -> None:
        """Take in all that another one counted."""
        self.count += other.count
        self.sum += other.sum
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        for key, count in list(other._buckets.items()):
            self._buckets[key] = self._buckets.get(key, 0) + count

    def quantile(self, q: float) -> float | None:
        """The value that a fraction ``q`` of all is not above; None while there is none.

        :raises barterpy.errors.ConfigurationError: ``q`` is not within 0 and 1
        """
        if not 0 <= q <= 1:
            raise ConfigurationError(f"a quantile is between 0 and 1, not {q}")
        return self._quantiles([q], sorted(self._buckets.items()))[0]

    def snapshot(self) -> HistogramSnapshot:
        """All of it as an immutable value. Safe while another thread observes."""
        # sorted() copies the items in one step: a dictionary that grows meanwhile cannot be iterated.
        items = sorted(self._buckets.items())
        p50, p90, p99 = self._quantiles([0.5, 0.9, 0.99], items)
        return HistogramSnapshot(
            count=sum(count for _, count in items),
            sum=self.sum,
            minimum=self.minimum if items else None,
            maximum=self.maximum if items else None,
            p50=p50,
            p90=p90,
            p99=p99,
            buckets=tuple((*_bounds(key), count) for key, count in items),
        )

    def _quantiles(self, fractions: list[float], items: list[tuple[int, int]]) -> list[float | None]:
        total = sum(count for _, count in items)
        found: list[float | None] = []
        for fraction in fractions:
            rank, seen = max(1, math.ceil(fraction * total)), 0
            value: float | None = None
            for key, count in items:
                seen += count
                if seen >= rank:
                    low, high = _bounds(key)
                    value = min(max((low + high) / 2, self.minimum), self.maximum)
                    break
            found.append(value)
        return found


def _key(value: float) -> int:
    """The number of a value's bucket; ascends with the value, zero is zero."""
    mantissa, exponent = math.frexp(abs(value))
    if not value or exponent < _LOWEST:
        return 0
    if exponent > _HIGHEST:
        mantissa, exponent = 0.999, _HIGHEST
    key = 1 + (exponent - _LOWEST) * _PARTS + int((mantissa - 0.5) * 2 * _PARTS)
    return key if value > 0 else -key


def _bounds(key: int) -> tuple[float, float]:
    """What a bucket reaches from and to."""
    if key == 0:
        return 0.0, 0.0
    exponent, part = divmod(abs(key) - 1, _PARTS)
    scale = math.ldexp(1.0, exponent + _LOWEST - 1)
    low, high = scale * (1 + part / _PARTS), scale * (1 + (part + 1) / _PARTS)
    return (low, high) if key > 0 else (-high, -low)
