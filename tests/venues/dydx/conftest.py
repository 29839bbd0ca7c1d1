"""What the tests of the streams share: a simulated dYdX in memory, in virtual time."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from barterpy.backoff import Backoff
from barterpy.reconnect import ReconnectPolicy
from barterpy.testing import VirtualClock, virtual_backends
from barterpy.testing.simulated.dydx import SimulatedDydx

POLICY = ReconnectPolicy(backoff=Backoff(initial=0.25, jitter=0))


@pytest.fixture(params=virtual_backends())
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """Asynchronous tests of this folder run in virtual time, on both backends."""
    return request.param


@pytest.fixture
def policy() -> ReconnectPolicy:
    """Connects again soon, and always after the same time."""
    return POLICY


@pytest.fixture
def simulated() -> Callable[..., Any]:
    """Makes a simulated venue in memory, with little history: quick to make."""

    @asynccontextmanager
    async def make(**options: Any) -> AsyncGenerator[SimulatedDydx]:
        settings: dict[str, Any] = {
            "listen": False,
            "history": 2,
            "clock": VirtualClock(),
            "symbols": ("BTC-USD", "ETH-USD"),
        }
        async with SimulatedDydx(**{**settings, **options}) as venue:
            yield venue

    return make


@pytest.fixture
def until() -> Callable[..., Any]:
    """Takes events up to the one that is wanted."""

    async def take(events: Any, wanted: Callable[[Any], bool], seconds: float = 120) -> list[Any]:
        seen: list[Any] = []
        with anyio.fail_after(seconds):
            async for event in events:
                seen.append(event)
                if wanted(event):
                    return seen
        raise AssertionError("the stream ended")

    return take
