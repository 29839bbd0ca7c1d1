"""Limiter in virtual time: turns, keys, cancellation, pauses, figures of the venue, and what cannot work."""

import asyncio
from typing import Any

import anyio
import pytest

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError, LimitExceeded, Throttled
from barterpy.limits import Gcra, Grant, Limiter, RollingWindow, WaitingLine, acquire_together, loop_clock
from barterpy.testing import virtual_backend, virtual_backends

pytestmark = pytest.mark.anyio


@pytest.fixture(params=virtual_backends())
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


def seconds(began: float) -> float:
    return round(anyio.current_time() - began, 3)


async def test_turns_are_taken_in_order_of_arrival() -> None:
    limiter = Limiter("test", RollingWindow(3, 10))
    began = anyio.current_time()
    passed: list[tuple[int, float]] = []

    async def one(number: int, weight: int) -> None:
        came = limiter.clock()
        grant = await limiter.acquire(weight)
        passed.append((number, seconds(began)))
        assert abs(grant.waited - (limiter.clock() - came)) < 1000

    async with anyio.create_task_group() as tasks:
        for number, weight in enumerate([2, 3, 1, 1, 2, 3]):
            tasks.start_soon(one, number, weight)
            await anyio.sleep(0.01)
    assert passed == [(0, 0), (1, 10), (2, 20), (3, 20), (4, 30), (5, 40)]
    assert limiter.granted == 6
    assert limiter.waited / SECOND == pytest.approx(120 - 0.01 - 0.02 - 0.03 - 0.04 - 0.05)
    assert len(limiter.line) == 0


async def test_who_is_cancelled_takes_nothing_and_the_next_one_moves_up() -> None:
    limiter = Limiter("test", RollingWindow(2, 10))
    await limiter.acquire(2)
    began = anyio.current_time()
    passed: list[float] = []

    async def one(weight: int) -> None:
        await limiter.acquire(weight)
        passed.append(seconds(began))

    async with anyio.create_task_group() as tasks:
        with anyio.move_on_after(5):
            async with anyio.create_task_group() as inner:
                inner.start_soon(one, 2)
                inner.start_soon(one, 2)
                await anyio.sleep(1)
                tasks.start_soon(one, 1)
                tasks.start_soon(one, 1)
                await anyio.sleep_forever()
    assert passed == [10, 10]


@pytest.mark.parametrize("wake_first", [True, False])
async def test_cancelled_in_the_moment_of_the_grant_it_is_either_had_or_given_back(wake_first: bool) -> None:
    limiter = Limiter("test", RollingWindow(1, 10))
    meter = limiter.quotas[0]
    assert isinstance(meter, RollingWindow)
    had: list[Grant] = []

    async def one() -> None:
        had.append(await limiter.acquire())

    for _ in range(5):
        grant = await limiter.acquire()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one)
            await anyio.sleep(1)
            grant.give_back()
            if wake_first:
                limiter.line.pump(limiter.clock())  # granted, and its task has not run yet
            tasks.cancel_scope.cancel()
        assert meter.used(limiter.clock()) == len(had)
        assert len(limiter.line) == 0
        while had:
            had.pop().give_back()


def test_a_task_cancelled_from_outside_when_its_turn_had_come_gives_back() -> None:
    """What ``asyncio.wait_for`` and the like do: the cancellation overtakes the grant."""
    limiter = Limiter("test", RollingWindow(1, 3600))
    meter = limiter.quotas[0]
    assert isinstance(meter, RollingWindow)

    async def run() -> None:
        grant = await limiter.acquire()
        task = asyncio.get_running_loop().create_task(limiter.acquire())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(limiter.line) == 1
        grant.give_back()
        limiter.line.pump(limiter.clock())
        assert meter.used(limiter.clock()) == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert meter.used(limiter.clock()) == 0
        assert len(limiter.line) == 0

    asyncio.run(run())


async def test_what_was_not_used_is_given_back_once() -> None:
    limiter = Limiter("test", RollingWindow(2, 10))
    first = await limiter.acquire()
    await limiter.acquire()
    first.give_back()
    first.give_back()
    began = anyio.current_time()
    await limiter.acquire()
    assert seconds(began) == 0
    await limiter.acquire()
    assert seconds(began) == 10


async def test_giving_back_wakes_who_waits() -> None:
    limiter = Limiter("test", RollingWindow(1, 10))
    grant = await limiter.acquire()
    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(limiter.acquire)
        await anyio.sleep(3)
        grant.give_back()
    assert seconds(began) == 3


async def test_a_newcomer_who_may_go_earlier_than_the_first_is_not_late() -> None:
    limiter = Limiter(
        "test", RollingWindow(100, 1), keys={"slow": [RollingWindow(1, 60)], "quick": [RollingWindow(1, 2)]}
    )
    await limiter.acquire(key="slow")
    await limiter.acquire(key="quick")
    began = anyio.current_time()
    passed: dict[str, float] = {}

    async def one(key: str) -> None:
        await limiter.acquire(key=key)
        passed[key] = seconds(began)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one, "slow")
        await anyio.sleep(0.5)
        tasks.start_soon(one, "quick")
    assert passed == {"quick": 2, "slow": 60}


@pytest.mark.parametrize("max_wait", [5, 9.999])
async def test_a_wait_known_to_be_too_long_is_refused_at_once(max_wait: float) -> None:
    limiter = Limiter("test", RollingWindow(1, 10), scope="x.test ip", max_wait=max_wait)
    await limiter.acquire()
    began = anyio.current_time()
    with pytest.raises(Throttled) as caught:
        await limiter.acquire()
    assert seconds(began) == 0
    error = caught.value
    assert (error.limit, error.scope, error.retryable) == ("test: 1 in 10 s", "x.test ip", True)
    assert error.retry_after == error.seconds == pytest.approx(10)
    assert len(limiter.line) == 0


async def test_a_wait_that_turns_out_too_long_is_given_up() -> None:
    limiter = Limiter("test", RollingWindow(1, 10), max_wait=15)
    await limiter.acquire()
    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(limiter.acquire)
        await anyio.sleep(1)
        with pytest.raises(Throttled):
            await limiter.acquire()
        assert seconds(began) == 16
    assert len(limiter.line) == 0
    assert limiter.granted == 2


async def test_the_wait_of_one_call_may_differ() -> None:
    limiter = Limiter("test", RollingWindow(1, 10), max_wait=1)
    await limiter.acquire()
    await limiter.acquire(max_wait=10.5)
    assert limiter.granted == 2


async def test_a_pause_stops_all_and_is_never_shortened() -> None:
    limiter = Limiter("test", RollingWindow(100, 1))
    began = anyio.current_time()
    limiter.pause(30, "banned")
    limiter.pause(10, "too fast")
    limiter.pause(-1)
    assert limiter.pause_reason == "banned"
    with pytest.raises(Throttled, match=r"test: banned leaves no room for 30 s"):
        await limiter.acquire(max_wait=29)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(limiter.acquire)
        tasks.start_soon(limiter.acquire, 0)  # also what weighs nothing
        await anyio.sleep(20)
        assert limiter.granted == 0
        limiter.pause(20, "still banned")
    assert seconds(began) == 40
    assert limiter.granted == 2


async def test_what_the_venue_counts_is_learnt() -> None:
    limiter = Limiter("test", RollingWindow(10, 60), RollingWindow(100, 3600))
    limiter.observe(9, period=60)
    limiter.observe(100, period=7)  # a window there is not
    began = anyio.current_time()
    await limiter.acquire()
    assert seconds(began) == 0
    limiter.observe(99, 100, period=3600)
    limiter.observe(3, 5)
    assert [meter.capacity for meter in limiter.quotas] == [5, 100]
    with pytest.raises(ConfigurationError, match="weight 6 is more than test ever lets through: 5 in 60 s"):
        await limiter.acquire(6)


async def test_what_is_learnt_of_a_key_counts_for_that_key() -> None:
    limiter = Limiter("test", RollingWindow(100, 1), default=[RollingWindow(5, 10)])
    limiter.observe(5, key="a")
    limiter.observe(0, key="b")
    began = anyio.current_time()
    await limiter.acquire(key="b")
    await limiter.acquire()
    assert seconds(began) == 0
    await limiter.acquire(key="a")
    assert seconds(began) == 10


async def test_a_limit_that_shrinks_below_the_weight_ends_the_wait() -> None:
    limiter = Limiter("test", RollingWindow(10, 60))
    await limiter.acquire(10)
    async with anyio.create_task_group() as tasks:

        async def heavy() -> None:
            with pytest.raises(Throttled):
                await limiter.acquire(8)

        tasks.start_soon(heavy)
        await anyio.sleep(1)
        limiter.observe(10, 5)
    assert len(limiter.line) == 0


# Keys.


async def test_a_key_without_a_quota_gets_the_default_and_never_none() -> None:
    limiter = Limiter("test", keys={"vip": [RollingWindow(10, 10)]}, default=[RollingWindow(1, 10)])
    began = anyio.current_time()
    for key in ("a", "b", None, *["vip"] * 10):
        await limiter.acquire(key=key)
    assert seconds(began) == 0
    for key in ("a", "b", None, "vip"):
        with pytest.raises(Throttled):
            await limiter.acquire(key=key, max_wait=1)


async def test_a_key_without_a_quota_and_no_default_keeps_to_the_common_one() -> None:
    limiter = Limiter("test", RollingWindow(1, 10), keys={"a": [RollingWindow(1, 1)]})
    await limiter.acquire(key="other")
    with pytest.raises(Throttled):
        await limiter.acquire(max_wait=1)


async def test_idle_keys_are_forgotten_and_busy_ones_are_not() -> None:
    limiter = Limiter("test", default=[RollingWindow(1, 10)], max_keys=50)
    for number in range(500):
        await limiter.acquire(key=str(number))
        await anyio.sleep(1)
    assert limiter.keys <= 50
    # More busy keys than are kept: the rest share one quota, and nobody goes free.
    for number in range(60):
        try:
            await limiter.acquire(key=f"busy {number}", max_wait=0)
        except Throttled:
            break
    else:
        raise AssertionError("keys beyond the bound were not limited")
    assert limiter.keys == 50


async def test_a_key_somebody_waits_for_is_not_forgotten() -> None:
    limiter = Limiter("test", RollingWindow(1, 100), default=[RollingWindow(1, 1)], max_keys=1)
    await limiter.acquire(key="a")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(limiter.acquire, 1, "a")
        await anyio.sleep(50)  # its own quota is idle by now, the common one is not
        with pytest.raises(Throttled):
            await limiter.acquire(key="b", max_wait=1)
        assert limiter.keys == 1
        tasks.cancel_scope.cancel()


# Together.


async def test_all_or_none() -> None:
    line = WaitingLine()
    address = Limiter("weight", RollingWindow(10, 10), line=line)
    account = Limiter("orders", RollingWindow(1, 30), line=line)
    began = anyio.current_time()
    await acquire_together([address.demand(5), account.demand()])
    with pytest.raises(Throttled, match="orders: 1 in 30 s"):
        await acquire_together([address.demand(5), account.demand()], max_wait=20)
    await address.acquire(5)  # which the refused one has not taken
    assert seconds(began) == 0
    grant = await acquire_together([address.demand(5), account.demand()])
    assert isinstance(grant, Grant)
    assert seconds(began) == 30
    grant.give_back()
    await acquire_together([address.demand(10), account.demand()])
    assert seconds(began) == 30


async def test_limiters_apart_cannot_be_asked_together() -> None:
    one, two = Limiter("one", RollingWindow(1, 1)), Limiter("two", RollingWindow(1, 1))
    for demands in ([one.demand(), two.demand()], []):
        with pytest.raises(ConfigurationError, match="share one WaitingLine"):
            await acquire_together(demands)
    with pytest.raises(ConfigurationError, match="once at a time"):
        await acquire_together([one.demand(), one.demand()])


# What cannot work.


async def test_a_line_is_bounded() -> None:
    limiter = Limiter("test", RollingWindow(1, 10), line=WaitingLine(2))
    await limiter.acquire()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(limiter.acquire)
        tasks.start_soon(limiter.acquire)
        await anyio.sleep(1)
        with pytest.raises(LimitExceeded, match="size of the waiting line allows 2"):
            await limiter.acquire()
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("weight", [-1, 11])
async def test_weights_that_never_fit(weight: int) -> None:
    limiter = Limiter("test", RollingWindow(10, 1), Gcra(100, 20))
    with pytest.raises(ConfigurationError, match="weight"):
        await limiter.acquire(weight)
    with pytest.raises(ConfigurationError, match="weight"):
        limiter.reserve(0, weight)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"keys": {"a": [RollingWindow(1, 1)]}},
        {"default": [RollingWindow(1, 1)], "max_keys": 0},
    ],
)
def test_limiters_that_would_let_something_through_unlimited(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Limiter("test", **arguments)


def test_a_line_for_nobody() -> None:
    with pytest.raises(ConfigurationError):
        WaitingLine(0)


# Without an event loop.


def test_reserving_takes_all_or_says_how_long() -> None:
    limiter = Limiter("test", RollingWindow(2, 1), RollingWindow(3, 10))
    at = 1000 * SECOND
    assert [limiter.reserve(at, 2), limiter.reserve(at), limiter.reserve(at + SECOND)] == [0, SECOND, 0]
    assert limiter.reserve(at + SECOND) == 9 * SECOND
    assert limiter.reserve(at + 10 * SECOND, 2) == 0
    limiter.pause_until(at + 60 * SECOND)
    assert limiter.reserve(at + 20 * SECOND) == 40 * SECOND
    assert limiter.granted == 3


def test_reserving_does_not_pass_those_who_wait() -> None:
    limiter = Limiter("test", RollingWindow(2, 1))
    at = 1000 * SECOND
    assert limiter.reserve(at) == 0
    ticket = limiter.line.join((limiter.demand(2, now=at),), at)
    assert limiter.reserve(at) == SECOND
    assert limiter.reserve(at + SECOND) == SECOND
    assert ticket.granted_at == at + SECOND


def test_a_limiter_says_what_it_is() -> None:
    assert (
        repr(Limiter("weight", RollingWindow(6000, 60), scope="x.test ip"))
        == "Limiter(weight of x.test ip: 6000 in 60 s)"
    )


# One limiter, several event loops.


def test_a_limiter_goes_from_one_event_loop_to_the_next() -> None:
    """Their clocks begin anywhere; what was used a moment ago is still used, and nothing waits for days."""
    limiter = Limiter("test", RollingWindow(1, 60))

    async def first() -> int:
        await limiter.acquire()
        return loop_clock()

    async def second() -> None:
        with pytest.raises(Throttled) as caught:
            await limiter.acquire(max_wait=1)
        assert 0 < caught.value.seconds <= 60

    for backend, other in (("asyncio", "trio"), ("trio", "trio"), ("trio", "asyncio")):
        limiter = Limiter("test", RollingWindow(1, 60))
        anyio.run(first, backend=backend)
        anyio.run(second, backend=other)


@pytest.mark.parametrize("name", ["asyncio", "trio"])
def test_the_clock_of_a_virtual_loop_is_virtual(name: str) -> None:
    async def measure() -> int:
        began = loop_clock()
        await anyio.sleep(3600)
        return loop_clock() - began

    backend, options = virtual_backend(name)
    passed = anyio.run(measure, backend=backend, backend_options=options)
    assert round(passed / SECOND) == 3600
