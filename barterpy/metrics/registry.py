"""Numbers kept in memory: for a table, for a test, and for exporters that come and ask."""

from typing import Final, Literal, final

import msgspec

from barterpy.errors import ConfigurationError
from barterpy.metrics.histogram import Histogram, HistogramSnapshot
from barterpy.metrics.hook import Labels
from barterpy.metrics.metric import SERIES_DROPPED, Metric, MetricKind

__all__ = ["MetricsRegistry", "Sample"]

_MAX_SERIES: Final = 1_000
_OTHER: Final = "other"


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One series as it was: a number, or a histogram."""

    metric: Metric
    labels: Labels
    value: float | HistogramSnapshot

    @property
    def named_labels(self) -> dict[str, str]:
        """The labels by their names."""
        return dict(zip(self.metric.labels, self.labels, strict=True))


@final
class MetricsRegistry:
    """A :class:`~barterpy.metrics.hook.Metrics` that remembers.

    Symbols and paths come from outside, so a metric has at most ``max_series`` sets of labels; values of any further
    one go together under the labels ``other`` and are counted in ``barterpy_metric_series_dropped_total``.

    Write to it from one event loop; :meth:`snapshot` may be called from any thread.

    :raises barterpy.errors.ConfigurationError: ``max_series`` is below 1; or, when recording, a metric is used as what
        it is not, the number of labels is not the metric's, or a counter would shrink
    """

    def __init__(self, *, max_series: int = _MAX_SERIES) -> None:
        if max_series < 1:
            raise ConfigurationError(f"max_series must be at least 1, got {max_series}")
        self._max_series = max_series
        self._metrics: dict[str, Metric] = {}
        self._numbers: dict[str, dict[Labels, float]] = {}
        self._histograms: dict[str, dict[Labels, Histogram]] = {}

    # Recording.

    def count(self, metric: Metric, n: float = 1, labels: Labels = (), /) -> None:
        if n < 0:
            raise ConfigurationError(f"{metric.name} is a counter and cannot shrink by {-n}")
        series = self._series(metric, labels, MetricKind.COUNTER)
        if labels not in series:
            labels = self._admit(metric, labels, len(series))
        series[labels] = series.get(labels, 0) + n

    def gauge(self, metric: Metric, value: float, labels: Labels = (), /) -> None:
        series = self._series(metric, labels, MetricKind.GAUGE)
        if labels not in series:
            labels = self._admit(metric, labels, len(series))
        series[labels] = value

    def forget(self, metric: Metric, labels: Labels = (), /) -> None:
        if metric.kind is not MetricKind.GAUGE:
            raise ConfigurationError(f"{metric.name} is a {metric.kind}, of which nothing is ever taken back")
        self._numbers.get(metric.name, {}).pop(labels, None)

    def observe(self, metric: Metric, value: float, labels: Labels = (), /) -> None:
        series = self._histograms.get(metric.name)
        if series is None:
            self._check(metric, MetricKind.HISTOGRAM)
            series = self._histograms[metric.name] = {}
        histogram = series.get(labels)
        if histogram is None:
            self._check_labels(metric, labels)
            labels = self._admit(metric, labels, len(series))
            histogram = series.setdefault(labels, Histogram())
        histogram.observe(value)

    # Reading.

    def snapshot(self) -> tuple[Sample, ...]:
        """Every series as it is now, by name and labels. Safe while another thread records."""
        samples: list[Sample] = []
        for name, metric in sorted(self._metrics.items()):
            if metric.kind is MetricKind.HISTOGRAM:
                histograms = sorted(self._histograms.get(name, {}).items(), key=lambda item: item[0])
                samples += [Sample(metric=metric, labels=key, value=item.snapshot()) for key, item in histograms]
            else:
                numbers = sorted(self._numbers.get(name, {}).items())
                samples += [Sample(metric=metric, labels=key, value=number) for key, number in numbers]
        return tuple(samples)

    def value(self, metric: Metric, labels: Labels = ()) -> float:
        """The number of one counter or gauge, 0 when nothing was recorded."""
        return self._numbers.get(metric.name, {}).get(labels, 0)

    def total(self, metric: Metric) -> float:
        """The sum of a counter over all its labels."""
        return sum(list(self._numbers.get(metric.name, {}).values()))

    def histogram(self, metric: Metric, labels: Labels = ()) -> HistogramSnapshot:
        """One histogram, empty when nothing was observed."""
        found = self._histograms.get(metric.name, {}).get(labels)
        return (Histogram() if found is None else found).snapshot()

    # Bounds.

    def _series(
        self, metric: Metric, labels: Labels, kind: Literal[MetricKind.COUNTER, MetricKind.GAUGE]
    ) -> dict[Labels, float]:
        series = self._numbers.get(metric.name)
        if series is None or self._metrics[metric.name].kind is not kind:
            self._check(metric, kind)
            series = self._numbers[metric.name] = {}
        if len(labels) != len(metric.labels):
            self._check_labels(metric, labels)
        return series

    def _check(self, metric: Metric, kind: MetricKind) -> None:
        known = self._metrics.setdefault(metric.name, metric)
        if metric.kind is not kind or known != metric:
            raise ConfigurationError(f"{metric.name} is a {known.kind} of {known.labels}, and cannot be a {kind} here")

    @staticmethod
    def _check_labels(metric: Metric, labels: Labels) -> None:
        if len(labels) != len(metric.labels):
            raise ConfigurationError(f"{metric.name} has the labels {metric.labels}, got {len(labels)} values")

    def _admit(self, metric: Metric, labels: Labels, series: int) -> Labels:
        """The labels a new series goes under."""
        # The series "other" itself may come on top of the bound.
        if series < self._max_series or metric is SERIES_DROPPED:
            return labels
        self.count(SERIES_DROPPED, 1, (metric.name,))
        return (_OTHER,) * len(metric.labels)
