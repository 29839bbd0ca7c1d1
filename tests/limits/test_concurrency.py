"""How many at the same time: the gate opens when one leaves, in whichever way; a place is had at once or not at all."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import pytest

from barterpy.errors import ConfigurationError, LimitExceeded, Throttled
from barterpy.limits import Concurrency, Places, within
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


async def test_a_place_is_had_at_once_or_refused_with_what_helps() -> None:
    places = Places(2, name="sessions", scope="x.test key", remedy="close one")
    with places.take(), places.take():
        with pytest.raises(LimitExceeded) as caught:
            places.take().__enter__()
        with pytest.raises(LimitExceeded), places.take():
            raise AssertionError("three inside")
        assert places.taken == 2
    assert str(caught.value) == "sessions (x.test key) allows 2, got 3; close one"
    assert (caught.value.retryable, caught.value.fatal) == (True, False)
    assert places.taken == 0
    with pytest.raises(ConfigurationError):
        Places(0, name="sessions")


async def test_a_connection_has_its_places_for_as_long_as_it_is_open() -> None:
    address, key = Places(2, name="connections"), Places(1, name="sessions")
    opened: list[tuple[int, int]] = []

    @asynccontextmanager
    async def connect() -> AsyncGenerator[str]:
        opened.append((address.taken, key.taken))
        await anyio.sleep(1)
        if len(opened) == 3:
            raise OSError("refused")
        yield "socket"

    private, public = within(connect, address, key), within(connect, address)
    async with private() as socket:
        assert socket == "socket"
        with pytest.raises(LimitExceeded, match="sessions allows 1, got 2"):
            async with private():
                raise AssertionError("two sessions")
        assert (address.taken, key.taken) == (1, 1), "what it had of the address was given back"
        async with public():
            with pytest.raises(LimitExceeded, match="connections allows 2, got 3"):
                async with public():
                    raise AssertionError("three connections")
    with pytest.raises(OSError, match="refused"):
        async with private():
            raise AssertionError("connected")
    with anyio.move_on_after(0.5):
        async with private():
            raise AssertionError("in half a second")
    assert opened == [(1, 1), (2, 1), (1, 1), (1, 1)]
    assert (address.taken, key.taken) == (0, 0)
