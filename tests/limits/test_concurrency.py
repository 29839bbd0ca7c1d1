"""How many at the same time: the gate opens when one leaves, in whichever way."""

import anyio
import pytest

from barterpy.errors import ConfigurationError, Throttled
from barterpy.limits import Concurrency
from barterpy.testing import virtual_backends

pytestmark = pytest.mark.anyio


@pytest.fixture(params=virtual_backends())
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


async def test_no_more_than_the_limit_are_inside() -> None:
    gate = Concurrency(3)
    inside: list[int] = []

    async def one() -> None:
        async with gate:
            inside.append(gate.in_flight)
            await anyio.sleep(1)

    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(one)
    assert anyio.current_time() - began == pytest.approx(4)
    assert (max(inside), gate.in_flight) == (3, 0)


async def test_failure_and_cancellation_leave_as_well() -> None:
    gate = Concurrency(1)
    with pytest.raises(ValueError, match="no"):
        async with gate:
            raise ValueError("no")
    with anyio.move_on_after(1):
        async with gate:
            await anyio.sleep_forever()
    async with gate:
        with anyio.move_on_after(1):
            async with gate:
                raise AssertionError("two inside")
    assert gate.in_flight == 0


async def test_waiting_too_long_is_an_error_that_names_the_cap() -> None:
    gate = Concurrency(2, name="requests under way", scope="x.test key", max_wait=5)
    async with gate, gate:
        with pytest.raises(Throttled) as caught:
            async with gate:
                raise AssertionError("three inside")
        assert gate.in_flight == 2
    error = caught.value
    assert (error.limit, error.scope, error.seconds) == ("requests under way: 2 at once", "x.test key", 5)
    assert gate.in_flight == 0


async def test_a_cap_of_nothing() -> None:
    with pytest.raises(ConfigurationError):
        Concurrency(0)
