"""What every test shares: both asynchronous backends, and blocking calls in the loop as errors."""

from collections.abc import Iterator
from typing import Any

import pytest
from blockbuster import BlockBuster, blockbuster_ctx


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """Runs each asynchronous test once on asyncio and once on trio."""
    return request.param


@pytest.fixture(autouse=True)
def no_blocking_calls(request: pytest.FixtureRequest) -> Iterator[BlockBuster | None]:
    """A blocking call of ours inside the event loop fails the test."""
    if "anyio_backend" not in request.fixturenames:
        yield None
        return
    with blockbuster_ctx("barterpy") as blockbuster:
        yield blockbuster
