"""Seeing what a program does: counters, gauges and histograms behind one small hook.

    streams, clients ──▶ Metrics ──▶ MetricsRegistry ──▶ snapshot(), Prometheus
                                └──▶ OpenTelemetryMetrics

The hook is :class:`Metrics`; without one nothing is measured. What streams and sockets are measured with is in
:mod:`barterpy.metering`; exporters are :mod:`barterpy.metrics.prometheus` and :mod:`barterpy.metrics.opentelemetry`,
each with an extra of its own. This package imports neither of them, and knows no stream.
"""

from barterpy.metrics.callbacks import offset_metrics, request_metrics, wait_metrics
from barterpy.metrics.histogram import Histogram, HistogramSnapshot
from barterpy.metrics.hook import NO_METRICS, Forgetful, Labels, Metrics
from barterpy.metrics.metric import METRICS, Metric, MetricKind
from barterpy.metrics.registry import MetricsRegistry, Sample

__all__ = [
    "METRICS",
    "NO_METRICS",
    "Forgetful",
    "Histogram",
    "HistogramSnapshot",
    "Labels",
    "Metric",
    "MetricKind",
    "Metrics",
    "MetricsRegistry",
    "Sample",
    "offset_metrics",
    "request_metrics",
    "wait_metrics",
]
