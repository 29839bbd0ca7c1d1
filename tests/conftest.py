"""What every test shares: both asynchronous backends, blocking calls in the loop as errors, how hard to search."""

import asyncio
import os
from collections.abc import Iterator
from types import SimpleNamespace

import blockbuster.blockbuster
import pytest
import trio
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import HealthCheck, settings

# `fast` tries the same examples on every machine, so that a red run is red for everybody; HYPOTHESIS_PROFILE=deep looks
# further, and elsewhere each time. No deadlines: how long an example takes is the machine's affair.
settings.register_profile("fast", max_examples=60, deadline=None, derandomize=True, database=None)
settings.register_profile(
    "deep", max_examples=300, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


def _require_event_loop() -> None:
    """What blockbuster asks before each call it watches. It knows only asyncio; a trio run is an event loop as well.

    :raises RuntimeError: no event loop runs in this thread
    """
    if not trio.lowlevel.in_trio_run():
        asyncio.get_running_loop()


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """Runs each asynchronous test once on asyncio and once on trio."""
    return request.param


@pytest.fixture(autouse=True)
def no_blocking_calls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[BlockBuster | None]:
    """A blocking call inside the event loop, made by the library or on its behalf, fails the test."""
    if "anyio_backend" not in request.fixturenames:
        yield None
        return
    monkeypatch.setattr(blockbuster.blockbuster, "asyncio", SimpleNamespace(get_running_loop=_require_event_loop))
    with blockbuster_ctx("barterpy") as watch:  # the path of the package: the linked folders are beneath it
        yield watch
