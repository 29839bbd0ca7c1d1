"""REST calls as numbers: a ready ``on_metrics`` for a client."""

from collections.abc import Callable
from typing import Protocol

from barterpy.clock import SECOND
from barterpy.metrics.hook import Metrics
from barterpy.metrics.metric import LIMITER_WAIT, REST_LATENCY, REST_REQUESTS

__all__ = ["RequestSample", "request_metrics"]


class RequestSample(Protocol):
    """What is read of a :class:`barterpy.rest.RequestMetrics`."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def status(self) -> int | None: ...
    @property
    def elapsed(self) -> int: ...
    @property
    def error(self) -> str: ...
    @property
    def waited(self) -> int: ...


def request_metrics(metrics: Metrics, venue: str) -> Callable[[RequestSample], None]:
    """An ``on_metrics`` for :class:`barterpy.rest.RestClient` and for venues: latency, counts by status or error, and
    what was waited for a limit, under the scope ``<venue> rest``.

    The path is the request's own, without its query: neither keys nor signatures become labels.
    """

    scope = f"{venue} rest"

    def on_metrics(sample: RequestSample) -> None:
        status = str(sample.status) if sample.status is not None else sample.error or "error"
        metrics.count(REST_REQUESTS, 1, (venue, sample.method, sample.path, status))
        metrics.observe(LIMITER_WAIT, sample.waited / SECOND, (scope,))
        metrics.observe(REST_LATENCY, sample.elapsed / SECOND, (venue, sample.method, sample.path))

    return on_metrics
