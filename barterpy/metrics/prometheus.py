"""A registry for Prometheus to scrape. Needs the extra ``prometheus``.

    from prometheus_client import REGISTRY, start_http_server

    REGISTRY.register(PrometheusCollector(registry))
    start_http_server(9100)

Numbers are read when Prometheus asks and not when they are recorded, so it costs the streams nothing.
"""

from collections.abc import Iterator

from barterpy.errors import MissingExtraError
from barterpy.metrics.histogram import BUCKETS, HistogramSnapshot
from barterpy.metrics.metric import Metric, MetricKind
from barterpy.metrics.registry import MetricsRegistry, Sample

try:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
    from prometheus_client.registry import Collector
except ImportError as _error:
    raise MissingExtraError("prometheus_client", "prometheus") from _error

__all__ = ["PrometheusCollector"]


class PrometheusCollector(Collector):
    """Gives the series of a registry to a ``prometheus_client`` registry, with the registry's own names."""

    def __init__(self, registry: MetricsRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily]:
        """Called by ``prometheus_client`` at each scrape, in a thread of its server."""
        families: dict[Metric, list[Sample]] = {}
        for sample in self._registry.snapshot():
            families.setdefault(sample.metric, []).append(sample)
        for metric, samples in families.items():
            yield _family(metric, samples)


def _family(metric: Metric, samples: list[Sample]) -> CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily:
    if metric.kind is MetricKind.HISTOGRAM:
        histograms = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
        for sample in samples:
            assert isinstance(sample.value, HistogramSnapshot)
            buckets = [(repr(bound), float(count)) for bound, count in sample.value.cumulative(BUCKETS)]
            buckets.append(("+Inf", float(sample.value.count)))
            histograms.add_metric(sample.labels, buckets, sample.value.sum)
        return histograms
    numbers: CounterMetricFamily | GaugeMetricFamily
    if metric.kind is MetricKind.COUNTER:
        numbers = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    else:
        numbers = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    for sample in samples:
        assert isinstance(sample.value, (int, float))
        numbers.add_metric(sample.labels, float(sample.value))
    return numbers
