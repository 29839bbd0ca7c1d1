"""The hook for OpenTelemetry. Needs the extra ``otel``; which exporter the numbers go to is the SDK's configuration.

Names are the registry's own; units are UCUM, as OpenTelemetry's semantic conventions ask (metrics, "Instrument units",
read 2026-11). What has no unit says none: "1" is a ratio's, and becomes part of the name on the way to Prometheus.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from barterpy.errors import MissingExtraError
from barterpy.metrics.histogram import BUCKETS
from barterpy.metrics.hook import Labels
from barterpy.metrics.metric import Metric

try:
    from opentelemetry.metrics import Counter, Histogram, Meter, get_meter
except ImportError as _error:
    raise MissingExtraError("opentelemetry", "otel") from _error

__all__ = ["OpenTelemetryMetrics"]

_UCUM: Final = {"seconds": "s", "bytes": "By", "1": ""}


class _Gauge(Protocol):
    """What ``Meter.create_gauge`` gives; the API has no public name for it."""

    def set(self, amount: float, attributes: Mapping[str, str] | None = None) -> None: ...


class OpenTelemetryMetrics:
    """A :class:`~barterpy.metrics.hook.Metrics` that records into instruments of an OpenTelemetry meter.

    :param meter: where instruments are made; that of the global provider, named ``barterpy``, when not given
    """

    def __init__(self, meter: Meter | None = None) -> None:
        self._meter: Meter = get_meter("barterpy") if meter is None else meter
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, _Gauge] = {}
        self._histograms: dict[str, Histogram] = {}

    def count(self, metric: Metric, n: float = 1, labels: Labels = (), /) -> None:
        instrument = self._counters.get(metric.name)
        if instrument is None:
            instrument = self._meter.create_counter(metric.name, _unit(metric), metric.help)
            self._counters[metric.name] = instrument
        instrument.add(n, dict(zip(metric.labels, labels, strict=True)))

    def gauge(self, metric: Metric, value: float, labels: Labels = (), /) -> None:
        instrument = self._gauges.get(metric.name)
        if instrument is None:
            instrument = self._gauges[metric.name] = self._meter.create_gauge(metric.name, _unit(metric), metric.help)
        instrument.set(value, dict(zip(metric.labels, labels, strict=True)))

    def observe(self, metric: Metric, value: float, labels: Labels = (), /) -> None:
        instrument = self._histograms.get(metric.name)
        if instrument is None:
            # The SDK's own buckets are made for milliseconds: seconds would all be in the first of them.
            instrument = self._meter.create_histogram(
                metric.name, _unit(metric), metric.help, explicit_bucket_boundaries_advisory=BUCKETS
            )
            self._histograms[metric.name] = instrument
        # The SDK refuses what is negative, with a warning a value: a lag is when the other clock is ahead.
        instrument.record(max(value, 0.0), dict(zip(metric.labels, labels, strict=True)))


def _unit(metric: Metric) -> str:
    known = _UCUM.get(metric.unit)
    return f"{{{metric.unit.removesuffix('s')}}}" if known is None else known
