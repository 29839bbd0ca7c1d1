"""The registry: what goes in comes out, misuse is refused by name, and series are bounded."""

import pytest

from barterpy.errors import ConfigurationError
from barterpy.metrics import (
    METRICS,
    NO_METRICS,
    Forgetful,
    HistogramSnapshot,
    Metric,
    MetricKind,
    MetricsRegistry,
)
from barterpy.metrics.metric import (
    BOOK_GAPS,
    CONNECTION_EPOCH,
    CONNECTION_UP,
    LIMITER_WAIT,
    RECEIVED_MESSAGES,
    RECONNECTS,
    SERIES_DROPPED,
)

HERE = ("venue", "one")


def test_counters_add_gauges_replace_and_histograms_collect() -> None:
    registry = MetricsRegistry()
    registry.count(RECEIVED_MESSAGES, 2, HERE)
    registry.count(RECEIVED_MESSAGES, 3, HERE)
    registry.gauge(CONNECTION_UP, 1, HERE)
    registry.gauge(CONNECTION_UP, 0, HERE)
    registry.observe(LIMITER_WAIT, 0.5, ("ip",))
    registry.observe(LIMITER_WAIT, 1.5, ("ip",))
    assert registry.value(RECEIVED_MESSAGES, HERE) == 5
    assert registry.value(CONNECTION_UP, HERE) == 0
    waits = registry.histogram(LIMITER_WAIT, ("ip",))
    assert (waits.count, waits.sum, waits.maximum) == (2, 2.0, 1.5)


def test_the_snapshot_is_every_series_in_order_and_does_not_change() -> None:
    registry = MetricsRegistry()
    registry.observe(LIMITER_WAIT, 0.5, ("ip",))
    registry.count(BOOK_GAPS, 1, ("venue", "B"))
    registry.count(BOOK_GAPS, 1, ("venue", "A"))
    before = registry.snapshot()
    registry.count(BOOK_GAPS, 1, ("venue", "A"))
    registry.observe(LIMITER_WAIT, 0.5, ("ip",))
    assert [(sample.metric.name, sample.labels) for sample in before] == [
        ("barterpy_gaps_total", ("venue", "A")),
        ("barterpy_gaps_total", ("venue", "B")),
        ("barterpy_limiter_wait_seconds", ("ip",)),
    ]
    assert before[0].value == 1
    assert before[0].named_labels == {"venue": "venue", "instrument": "A"}
    assert isinstance(before[2].value, HistogramSnapshot)
    assert before[2].value.count == 1


def test_what_was_never_recorded_is_nothing() -> None:
    registry = MetricsRegistry()
    assert registry.value(RECEIVED_MESSAGES, HERE) == 0
    assert registry.total(BOOK_GAPS) == 0
    assert registry.histogram(LIMITER_WAIT).count == 0
    assert registry.snapshot() == ()


def test_series_are_bounded_and_the_rest_goes_together() -> None:
    registry = MetricsRegistry(max_series=2)
    for number in range(5):
        registry.count(BOOK_GAPS, 1, ("venue", f"symbol {number}"))
        registry.gauge(CONNECTION_UP, number, ("venue", f"connection {number}"))
        registry.observe(LIMITER_WAIT, number, (f"scope {number}",))
    assert {sample.labels for sample in registry.snapshot() if sample.metric is BOOK_GAPS} == {
        ("venue", "symbol 0"), ("venue", "symbol 1"), ("other", "other"),
    }  # fmt: skip
    assert registry.total(BOOK_GAPS) == 5
    assert registry.value(BOOK_GAPS, ("other", "other")) == 3
    assert registry.histogram(LIMITER_WAIT, ("other",)).count == 3
    for metric in (BOOK_GAPS, CONNECTION_UP, LIMITER_WAIT):
        assert registry.value(SERIES_DROPPED, (metric.name,)) == 3


MISUSE: list[tuple[str, Metric, float, tuple[str, ...], str]] = [
    ("count", CONNECTION_UP, 1, HERE, "is a gauge"),
    ("gauge", RECEIVED_MESSAGES, 1, HERE, "is a counter"),
    ("observe", RECEIVED_MESSAGES, 1, HERE, "is a counter"),
    ("count", LIMITER_WAIT, 1, ("ip",), "is a histogram"),
    ("count", RECEIVED_MESSAGES, -1, HERE, "cannot shrink by 1"),
    ("count", RECEIVED_MESSAGES, 1, ("venue",), "got 1 values"),
    ("gauge", CONNECTION_UP, 1, (), "got 0 values"),
    ("observe", LIMITER_WAIT, 1, HERE, "got 2 values"),
]


@pytest.mark.parametrize(("verb", "metric", "value", "labels", "text"), MISUSE)
@pytest.mark.parametrize("used", [False, True])
def test_misuse_is_refused(
    verb: str, metric: Metric, value: float, labels: tuple[str, ...], text: str, used: bool
) -> None:
    registry = MetricsRegistry()
    if used:
        registry.count(RECEIVED_MESSAGES, 1, HERE)
        registry.gauge(CONNECTION_UP, 1, HERE)
        registry.observe(LIMITER_WAIT, 1, ("ip",))
    before = registry.snapshot()
    with pytest.raises(ConfigurationError, match=text):
        getattr(registry, verb)(metric, value, labels)
    assert registry.snapshot() == before


def test_one_name_is_one_metric() -> None:
    registry = MetricsRegistry()
    registry.count(RECEIVED_MESSAGES, 1, HERE)
    other = Metric(
        name=RECEIVED_MESSAGES.name, kind=MetricKind.GAUGE, unit="1", labels=("venue", "connection"), help=""
    )
    with pytest.raises(ConfigurationError, match="is a counter"):
        registry.gauge(other, 1, HERE)
    assert registry.total(RECEIVED_MESSAGES) == 1


def test_a_registry_for_no_series_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="max_series"):
        MetricsRegistry(max_series=0)


def test_the_default_hook_hears_nothing() -> None:
    NO_METRICS.count(RECEIVED_MESSAGES, 1, HERE)
    NO_METRICS.gauge(CONNECTION_UP, 1, HERE)
    NO_METRICS.observe(LIMITER_WAIT, 1.0, ("ip",))


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_names_say_kind_and_unit(metric: Metric) -> None:
    """Prometheus, "Metric and label naming": the base unit is in the name, and counters end in total."""
    assert metric.name.startswith("barterpy_")
    assert metric.name.endswith("_total") is (metric.kind is MetricKind.COUNTER)
    assert metric.name.endswith("_seconds") is (metric.unit == "seconds")
    assert metric.help.endswith(".")
    assert len(set(metric.labels)) == len(metric.labels)


def test_a_gauge_is_taken_back_and_a_counter_never() -> None:
    registry = MetricsRegistry()
    assert isinstance(registry, Forgetful)
    registry.gauge(CONNECTION_UP, 1, ("venue", "a"))
    registry.gauge(CONNECTION_UP, 1, ("venue", "b"))
    registry.forget(CONNECTION_UP, ("venue", "a"))
    registry.forget(CONNECTION_UP, ("venue", "never there"))
    registry.forget(CONNECTION_EPOCH, ("venue", "a"))
    assert [sample.labels for sample in registry.snapshot()] == [("venue", "b")]
    with pytest.raises(ConfigurationError, match="is a counter, of which nothing is ever taken back"):
        registry.forget(RECONNECTS, ("venue", "a", "closed"))
