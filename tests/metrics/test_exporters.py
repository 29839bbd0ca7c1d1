"""What Prometheus scrapes and OpenTelemetry exports is what was recorded; a missing extra is named."""

import importlib
import sys
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from barterpy.errors import MissingExtraError
from barterpy.metrics import METRICS, Metric, MetricKind, Metrics, MetricsRegistry
from barterpy.metrics.histogram import BUCKETS
from barterpy.metrics.metric import CONNECTION_UP, RECEIVED_BYTES, RECEIVED_LAG, RECEIVED_MESSAGES
from barterpy.metrics.opentelemetry import OpenTelemetryMetrics
from barterpy.metrics.prometheus import PrometheusCollector

HERE = ("venue", 'a "name"')
NAMED = {"venue": "venue", "connection": 'a "name"'}


def record(metrics: Metrics) -> None:
    metrics.count(RECEIVED_MESSAGES, 3, HERE)
    metrics.count(RECEIVED_MESSAGES, 4, HERE)
    metrics.count(RECEIVED_BYTES, 512, HERE)
    metrics.gauge(CONNECTION_UP, 1, HERE)
    for lag in (-0.001, 0.003, 0.2, 100.0):
        metrics.observe(RECEIVED_LAG, lag, HERE)


def scraped(registry: MetricsRegistry) -> dict[str, Any]:
    collector = CollectorRegistry()
    collector.register(PrometheusCollector(registry))
    text = generate_latest(collector).decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


def test_prometheus_scrapes_what_was_recorded() -> None:
    registry = MetricsRegistry()
    record(registry)
    families = scraped(registry)
    (messages,) = families["barterpy_received_messages"].samples
    assert (messages.name, messages.labels, messages.value) == ("barterpy_received_messages_total", NAMED, 7)
    (up,) = families["barterpy_connection_up"].samples
    assert up.value == 1
    lag = families["barterpy_received_lag_seconds"].samples
    buckets = {float(sample.labels["le"]): sample.value for sample in lag if sample.name.endswith("_bucket")}
    assert list(buckets) == [*BUCKETS, float("inf")]
    assert (buckets[0.0], buckets[2.0**-8], buckets[0.25], buckets[64.0], buckets[float("inf")]) == (1, 2, 3, 3, 4)
    assert {sample.name: sample.value for sample in lag if not sample.name.endswith("_bucket")} == {
        "barterpy_received_lag_seconds_count": 4,
        "barterpy_received_lag_seconds_sum": pytest.approx(100.202),
    }


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_prometheus_keeps_every_name(metric: Metric) -> None:
    registry = MetricsRegistry()
    labels = tuple(f"{name} value" for name in metric.labels)
    record_one(registry, metric, labels)
    (family,) = scraped(registry).values()
    suffixes = ("_bucket", "_count", "_sum") if metric.kind is MetricKind.HISTOGRAM else ("",)
    assert {sample.name for sample in family.samples} == {metric.name + suffix for suffix in suffixes}
    assert family.documentation == metric.help


def test_an_empty_registry_gives_nothing() -> None:
    assert scraped(MetricsRegistry()) == {}


def record_one(metrics: Metrics, metric: Metric, labels: tuple[str, ...]) -> None:
    match metric.kind:
        case MetricKind.COUNTER:
            metrics.count(metric, 1, labels)
        case MetricKind.GAUGE:
            metrics.gauge(metric, 1, labels)
        case MetricKind.HISTOGRAM:
            metrics.observe(metric, 1, labels)


def exported(reader: InMemoryMetricReader) -> dict[str, Any]:
    data: Any = reader.get_metrics_data()
    return {
        metric.name: metric
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def test_opentelemetry_exports_what_was_recorded() -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    record(OpenTelemetryMetrics(provider.get_meter("test")))
    found = exported(reader)
    (messages,) = found["barterpy_received_messages_total"].data.data_points
    assert (messages.value, dict(messages.attributes)) == (7, NAMED)
    assert found["barterpy_received_messages_total"].unit == "{message}"
    assert found["barterpy_received_bytes_total"].unit == "By"
    (up,) = found["barterpy_connection_up"].data.data_points
    assert (up.value, found["barterpy_connection_up"].unit) == (1, "")
    (lag,) = found["barterpy_received_lag_seconds"].data.data_points
    assert (lag.count, lag.min, lag.sum) == (4, 0, pytest.approx(100.203))  # it takes nothing negative
    assert found["barterpy_received_lag_seconds"].unit == "s"
    assert lag.explicit_bounds == BUCKETS, "p99 of seconds cannot be told by buckets made for milliseconds"
    filled = {bound: count for bound, count in zip((*BUCKETS, None), lag.bucket_counts, strict=True) if count}
    assert filled == {0.0: 1, 2.0**-8: 1, 0.25: 1, None: 1}
    provider.shutdown()


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_opentelemetry_takes_every_metric(metric: Metric) -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    labels = tuple(f"{name} value" for name in metric.labels)
    record_one(OpenTelemetryMetrics(provider.get_meter("test")), metric, labels)
    (point,) = exported(reader)[metric.name].data.data_points
    assert tuple(point.attributes.values()) == labels
    provider.shutdown()


def test_without_a_meter_it_is_the_global_one() -> None:
    record(OpenTelemetryMetrics())  # which does nothing until the program sets a provider


@pytest.mark.parametrize(
    ("module", "package", "extra"),
    [("prometheus", "prometheus_client", "prometheus"), ("opentelemetry", "opentelemetry", "otel")],
)
def test_a_missing_extra_is_named(module: str, package: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"barterpy.metrics.{module}"
    monkeypatch.delitem(sys.modules, name)
    for loaded in [key for key in sys.modules if key.split(".")[0] == package]:
        monkeypatch.setitem(sys.modules, loaded, None)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"barterpy\[{extra}\]"):
        importlib.import_module(name)
