"""Ready callbacks that make numbers of what clients, limiters and clocks tell, none of which knows of metrics."""

from collections.abc import Callable
from typing import Protocol

from barterpy.clock import SECOND
from barterpy.metrics.hook import Metrics
from barterpy.metrics.metric import CLOCK_OFFSET, LIMITER_WAIT, REST_LATENCY, REST_REQUESTS

__all__ = ["OffsetSample", "RequestSample", "offset_metrics", "request_metrics", "wait_metrics"]


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


class OffsetSample(Protocol):
    """What is read of a :class:`barterpy.timesync.Offset`."""

    @property
    def offset(self) -> int: ...


def offset_metrics(metrics: Metrics, venue: str) -> Callable[[OffsetSample], None]:
    """An ``on_offset`` for :class:`barterpy.timesync.ServerClock`: how far the venue's clock is ahead of ours."""

    def on_offset(sample: OffsetSample) -> None:
        metrics.gauge(CLOCK_OFFSET, sample.offset / SECOND, (venue,))

    return on_offset


def wait_metrics(metrics: Metrics, scope: str) -> Callable[[int], None]:
    """An ``on_grant`` for :class:`barterpy.limits.Limiter`: what whoever got its turn had waited for it."""

    def on_grant(waited: int) -> None:
        metrics.observe(LIMITER_WAIT, waited / SECOND, (scope,))

    return on_grant
