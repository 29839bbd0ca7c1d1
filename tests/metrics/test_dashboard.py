"""The dashboard shows what is recorded: every metric, under its own name and labels."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from barterpy.metrics import METRICS, Metric, MetricKind, MetricsRegistry
from barterpy.metrics.prometheus import PrometheusCollector

PATH = Path(__file__).parents[2] / "docs" / "grafana" / "dashboard.json"
DASHBOARD: dict[str, Any] = json.loads(PATH.read_text())
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
TARGETS: list[tuple[str, str, str]] = [
    (panel["title"], target["expr"], target["legendFormat"]) for panel in PANELS for target in panel["targets"]
]
NAME = re.compile(r"\bbarterpy_\w+")
UNITS = {"seconds": {"s"}, "bytes": {"Bps"}}


def metric_of(name: str) -> Metric:
    """The metric of a name in a query; of a histogram, Prometheus has buckets, a sum and a count."""
    if name in METRICS:
        assert METRICS[name].kind is not MetricKind.HISTOGRAM, f"{name} is a histogram: ask for its buckets"
        return METRICS[name]
    metric = METRICS[name.removesuffix("_bucket")]
    assert metric.kind is MetricKind.HISTOGRAM
    return metric


@pytest.mark.parametrize(("title", "query", "legend"), TARGETS)
def test_a_query_asks_for_what_there_is(title: str, query: str, legend: str) -> None:
    (name,) = set(NAME.findall(query))
    metric = metric_of(name)
    matched = re.findall(r'(\w+)=~?"', query)
    assert set(matched) <= set(metric.labels)
    grouped = {label.strip() for group in re.findall(r"by \(([^)]*)\)", query) for label in group.split(",")}
    assert grouped <= {*metric.labels, *(["le"] if metric.kind is MetricKind.HISTOGRAM else [])}
    kept = grouped or ({*metric.labels} if "sum(" not in query else set())
    assert set(re.findall(r"{{(\w+)}}", legend)) <= kept, "the legend names a label that the query drops"
    assert query.count("(") == query.count(")")
    assert query.count("{") == query.count("}")


@pytest.mark.parametrize(("title", "query", "legend"), TARGETS)
def test_a_query_treats_a_metric_as_what_it_is(title: str, query: str, legend: str) -> None:
    (name,) = set(NAME.findall(query))
    kind = metric_of(name).kind
    assert bool(re.search(rf"\b(rate|increase)\({name}\b", query)) is (kind is not MetricKind.GAUGE)
    assert ("histogram_quantile(" in query) is (kind is MetricKind.HISTOGRAM)
    assert "$__rate_interval" in query or "[1h]" in query or kind is MetricKind.GAUGE


@pytest.mark.parametrize(("title", "query", "legend"), [target for target in TARGETS if "increase(" in target[1]])
def test_the_first_count_of_a_series_shows(title: str, query: str, legend: str) -> None:
    """To ``increase`` a series that begins with 1 has not increased, and most of these count to 1 and no further."""
    series = r"(barterpy_\w+\{[^}]*\})"
    found = re.search(rf"\({series} unless {series} offset (\S+)\) or increase\({series}\[(\S+)\]\)", query)
    assert found is not None
    assert found[1] == found[2] == found[4]
    assert found[3] == found[5]


@pytest.mark.parametrize("panel", [panel for panel in PANELS if panel["type"] == "stat"], ids=lambda one: one["title"])
def test_a_number_has_a_line_behind_it_where_its_query_gives_one(panel: dict[str, Any]) -> None:
    lined = panel["options"]["graphMode"] != "none"
    assert all(target["range"] is lined for target in panel["targets"])


def exported() -> dict[str, set[str]]:
    """What Prometheus scrapes when everything was recorded once: each name, with its labels."""
    registry = MetricsRegistry()
    for metric in METRICS.values():
        labels = tuple(f"a {name}" for name in metric.labels)
        match metric.kind:
            case MetricKind.COUNTER:
                registry.count(metric, 1, labels)
            case MetricKind.GAUGE:
                registry.gauge(metric, 1, labels)
            case MetricKind.HISTOGRAM:
                registry.observe(metric, 1, labels)
    scraped = CollectorRegistry()
    scraped.register(PrometheusCollector(registry))
    families = text_string_to_metric_families(generate_latest(scraped).decode())
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


EXPORTED = exported()


@pytest.mark.parametrize(("title", "query", "legend"), TARGETS)
def test_a_query_asks_for_what_is_exported(title: str, query: str, legend: str) -> None:
    used = set(re.findall(r'(\w+)=~?"', query))
    used |= {label.strip() for group in re.findall(r"by \(([^)]*)\)", query) for label in group.split(",")}
    for name in NAME.findall(query):
        assert name in EXPORTED
        assert used <= EXPORTED[name]


def test_variables_ask_for_what_is_exported() -> None:
    asked = [variable for variable in DASHBOARD["templating"]["list"] if variable["type"] == "query"]
    assert [variable["name"] for variable in asked] == ["venue", "connection"]
    for variable in asked:
        query = variable["query"]["query"]
        assert variable.get("definition") in (None, query)
        (name,) = NAME.findall(query)
        match = re.fullmatch(r"label_values\(\w+(?:\{(.*)\})?, (\w+)\)", query)
        assert match is not None
        assert {match[2], *re.findall(r"(\w+)=~", match[1] or "")} <= EXPORTED[name]


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_every_metric_is_shown(metric: Metric) -> None:
    assert any(metric.name in query for _, query, _ in TARGETS)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_has_what_grafana_wants(panel: dict[str, Any]) -> None:
    assert panel["type"] in ("stat", "timeseries", "state-timeline")
    assert panel["description"].endswith(".")
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])
    refs = [target["refId"] for target in panel["targets"]]
    assert refs == [chr(ord("A") + index) for index in range(len(refs))]
    assert all(target["instant"] is not target["range"] for target in panel["targets"])
    units = {metric_of(name).unit for target in panel["targets"] for name in NAME.findall(target["expr"])}
    for unit in units & UNITS.keys():
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS[unit]


def test_panels_do_not_lie_upon_each_other() -> None:
    squares = [
        {(x, y) for x in range(box["x"], box["x"] + box["w"]) for y in range(box["y"], box["y"] + box["h"])}
        for box in (panel["gridPos"] for panel in DASHBOARD["panels"])
    ]
    assert all(first.isdisjoint(second) for first, second in combinations(squares, 2))
    assert max(x for square in squares for x, _ in square) == 23
    assert len({y for square in squares for _, y in square}) * 24 == sum(map(len, squares)), "there is a hole"


def test_ids_are_unique_and_the_dashboard_can_be_imported_anywhere() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    assert DASHBOARD["id"] is None  # Grafana gives one
    assert DASHBOARD["uid"] == "barterpy"
    assert DASHBOARD["schemaVersion"] >= 39  # Grafana 11
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", PATH.read_text())) - {"__rate_interval", "__all"}
    assert used == set(variables)
    for variable in variables.values():
        if variable["type"] == "query":
            (name,) = NAME.findall(variable["query"]["query"])
            assert variable["name"] in METRICS[name].labels
            assert variable["includeAll"]
            assert variable["allValue"] == ".*"
