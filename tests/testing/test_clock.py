"""Virtual time passes only when nothing else can, and takes sleeps, timeouts and the wall clock along."""

import threading
from typing import Any

import anyio
import anyio.to_thread
import pytest

from barterpy.backoff import Backoff
from barterpy.clock import SECOND
from barterpy.connection import Connection
from barterpy.errors import BarterError, ConnectionLost
from barterpy.events import Connected, Disconnected
from barterpy.market import event_stream
from barterpy.parser import JsonParser
from barterpy.reconnect import ReconnectPolicy
from barterpy.testing import (
    VIRTUAL_START,
    MockSocket,
    Pause,
    VirtualClock,
    connector,
    virtual_backend,
    virtual_backends,
)
from barterpy.transformer import FunctionTransformer

pytestmark = pytest.mark.anyio

DAY = 86400


@pytest.fixture(params=virtual_backends())
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


async def test_sleeping_takes_virtual_time_and_wakes_in_order() -> None:
    clock = VirtualClock()
    woken: list[tuple[int, int]] = []

    async def sleeper(seconds: int) -> None:
        await anyio.sleep(seconds)
        woken.append((seconds, clock() - VIRTUAL_START))

    async with anyio.create_task_group() as tasks:
        for seconds in (3600, 5, DAY):
            tasks.start_soon(sleeper, seconds)
    assert woken == [(5, 5 * SECOND), (3600, 3600 * SECOND), (DAY, DAY * SECOND)]


async def test_thirty_days_in_steps_of_ten_minutes() -> None:
    clock = VirtualClock()
    for _ in range(30 * 24 * 6):
        await anyio.sleep(600)
    # Thousands of sums of binary fractions: right to the microsecond.
    assert abs(clock() - VIRTUAL_START - 30 * DAY * SECOND) < 1_000


async def test_timeouts_are_virtual() -> None:
    began = anyio.current_time()
    with anyio.move_on_after(DAY) as scope:
        await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert anyio.current_time() - began == pytest.approx(DAY)


async def test_time_stands_still_while_something_can_run() -> None:
    clock = VirtualClock()
    with anyio.move_on_after(0.001):
        for _ in range(2000):
            await anyio.lowlevel.checkpoint()
        assert clock() == VIRTUAL_START


async def test_a_step_moves_the_wall_clock_and_no_timer() -> None:
    clock = VirtualClock()
    began = anyio.current_time()
    clock.step(-3600)
    assert clock() == VIRTUAL_START - 3600 * SECOND
    assert anyio.current_time() == began


@pytest.mark.parametrize("name", ["asyncio", "trio"])
def test_a_threshold_waits_for_threads(name: str) -> None:
    async def main() -> None:
        began = anyio.current_time()
        release = threading.Event()

        async def release_soon() -> None:
            release.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(release_soon)
            with anyio.move_on_after(DAY) as scope:
                await anyio.to_thread.run_sync(release.wait)
            assert not scope.cancelled_caught
        assert anyio.current_time() - began < DAY

    backend, options = virtual_backend(name, threshold=0.5)
    anyio.run(main, backend=backend, backend_options=options)


def test_outside_of_a_loop_only_a_step_moves_it() -> None:
    clock = VirtualClock(5)
    assert clock() == clock() == 5
    clock.step(1.5)
    assert clock() == 5 + SECOND * 3 // 2


async def test_a_month_of_cuts_every_day_through_the_real_supervision() -> None:
    clock = VirtualClock()
    days = 30
    lives = [
        MockSocket[str](["1"], Pause(DAY), ConnectionLost("24 hours are over", 1001), clock=clock) for _ in range(days)
    ]
    connection = Connection(
        venue="test",
        name="test/1",
        connect=connector(*lives, _NoMoreDays("no more days")),
        parser=JsonParser(),
        transformer=FunctionTransformer(lambda message: [message]),
    )
    policy = ReconnectPolicy(backoff=Backoff(initial=0.25, cap=5, jitter=0))
    events: list[Any] = []

    async def collect() -> None:
        async with event_stream(connection, policy=policy, clock=clock) as stream:
            async for batch in stream.batches():
                events.extend(batch)

    with pytest.raises(BarterError, match="no more days"):
        await collect()
    connected = [event for event in events if isinstance(event, Connected)]
    assert len(connected) == days
    assert {event.downtime for event in connected[1:]} == {SECOND // 4}
    ends = [event.received_at for event in events if isinstance(event, Disconnected)]
    assert ends[-1] == pytest.approx(VIRTUAL_START + days * DAY * SECOND + (days - 1) * SECOND // 4, abs=1000)
    assert events.count(1) == days
    assert all(socket.closed for socket in lives)


class _NoMoreDays(BarterError):
    """Ends the supervision."""
