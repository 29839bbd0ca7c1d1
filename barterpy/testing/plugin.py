"""Fixtures for pytest, for those who ask for them: ``pytest_plugins = ["barterpy.testing.plugin"]`` in a conftest.py.

Asynchronous tests are anyio's: mark them with ``pytest.mark.anyio``. To run a module's tests in virtual time, on both
backends, let its ``anyio_backend`` be ours::

    @pytest.fixture
    def anyio_backend(virtual_backend):
        return virtual_backend


    async def test_a_day(virtual_clock, simulated_spot):
        async with binance.Spot(**simulated_spot.options) as client:
            await anyio.sleep(86400)
"""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from barterpy.testing.clock import VirtualClock, virtual_backends
from barterpy.testing.simulated import SimulatedVenue

__all__ = ["simulated_futures", "simulated_spot", "virtual_backend", "virtual_clock"]


@pytest.fixture(params=virtual_backends())
def virtual_backend(request: pytest.FixtureRequest) -> Any:
    """Each backend in virtual time, for a fixture ``anyio_backend`` to return."""
    return request.param


@pytest.fixture
async def virtual_clock(anyio_backend: Any) -> VirtualClock:
    """A wall clock that moves with the time of the test's event loop."""
    # Made inside of the event loop, so that it begins where the loop is now.
    return VirtualClock()


@pytest.fixture
async def simulated_spot(virtual_clock: VirtualClock) -> AsyncGenerator[SimulatedVenue, None]:
    """A simulated spot venue in memory, running; lead a client to it by its ``options``."""
    async with SimulatedVenue("spot", listen=False, history=10, clock=virtual_clock) as venue:
        yield venue


@pytest.fixture
async def simulated_futures(virtual_clock: VirtualClock) -> AsyncGenerator[SimulatedVenue, None]:
    """A simulated USD-M futures venue in memory, running; lead a client to it by its ``options``."""
    async with SimulatedVenue("futures", listen=False, history=10, clock=virtual_clock) as venue:
        yield venue
