"""Callbacks that make numbers of what a client, a limiter and a clock tell."""

import pytest

from barterpy.clock import MILLISECOND, SECOND
from barterpy.limits import Gcra, Limiter
from barterpy.metrics import MetricsRegistry, offset_metrics, request_metrics, wait_metrics
from barterpy.metrics.metric import CLOCK_OFFSET, LIMITER_WAIT, REST_LATENCY, REST_REQUESTS
from barterpy.rest import RequestMetrics
from barterpy.testing import VIRTUAL_START, VirtualClock, virtual_backends
from barterpy.timesync import ServerClock


def sample(status: int | None, error: str = "") -> RequestMetrics:
    return RequestMetrics(
        method="GET",
        path="/api/v3/time",
        status=status,
        elapsed=250_000_000,
        request_bytes=0,
        response_bytes=2,
        error=error,
        waited=500_000_000 if status == 429 else 0,
    )


def test_rest_calls_are_counted_by_status_and_error() -> None:
    registry = MetricsRegistry()
    on_metrics = request_metrics(registry, "venue")
    for item in (sample(200), sample(200), sample(429), sample(None, "TransportTimeout")):
        on_metrics(item)
    where = ("venue", "GET", "/api/v3/time")
    assert [registry.value(REST_REQUESTS, (*where, status)) for status in ("200", "429", "TransportTimeout")] == [
        2,
        1,
        1,
    ]
    latency = registry.histogram(REST_LATENCY, where)
    assert (latency.count, latency.sum) == (4, 1.0)
    waits = registry.histogram(LIMITER_WAIT, ("venue rest",))
    assert (waits.count, waits.sum, waits.maximum) == (4, 0.5, 0.5)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", virtual_backends())
async def test_a_limiter_tells_every_wait() -> None:
    registry = MetricsRegistry()
    limiter = Limiter("requests", Gcra(1, per=2.0), scope="ip")
    limiter.on_grant = wait_metrics(registry, "ip requests")
    for _ in range(3):
        await limiter.acquire()
    waits = registry.histogram(LIMITER_WAIT, ("ip requests",))
    assert (waits.count, waits.minimum) == (3, 0.0)
    assert waits.maximum == pytest.approx(2.0, rel=0.01)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", virtual_backends())
async def test_a_server_clock_tells_every_offset() -> None:
    registry = MetricsRegistry()

    async def server_time() -> int:
        return (VIRTUAL_START + 3 * SECOND) // MILLISECOND * MILLISECOND

    clock = ServerClock(server_time, clock=VirtualClock())
    clock.on_offset = offset_metrics(registry, "venue")
    await clock.refresh()
    assert registry.value(CLOCK_OFFSET, ("venue",)) == pytest.approx(3.0, abs=0.001)
