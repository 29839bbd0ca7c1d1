"""The venue's clock: bounds that hold, slow and wrong answers, drift, clocks that are set, and a refresher."""

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.clock import MILLISECOND, MINUTE, SECOND
from barterpy.errors import BarterError, ConfigurationError, ConnectionLost, CredentialsError, TransportTimeout
from barterpy.testing import VirtualClock, virtual_backends
from barterpy.timesync import ClockOffset, ServerClock

pytestmark = pytest.mark.anyio

NOW = 1_767_225_600 * SECOND


@pytest.fixture(params=virtual_backends())
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


def measure(clock: ClockOffset, at: int, offset: int, there: int, back: int) -> bool:
    """One exchange with a server which is ahead by ``offset``; its answer is cut to milliseconds."""
    server = (at + there + offset) // MILLISECOND * MILLISECOND
    return clock.observe(at, server, at + there + back)


def test_nothing_is_known_at_first() -> None:
    clock = ClockOffset()
    assert clock.estimate(NOW) is None
    assert clock.offset(NOW) == 0


def test_one_exchange_bounds_the_offset_by_its_round_trip() -> None:
    clock = ClockOffset(resolution=0)
    assert measure(clock, NOW, 3 * SECOND, 10 * MILLISECOND, 30 * MILLISECOND)
    estimate = clock.estimate(NOW + 40 * MILLISECOND)
    assert estimate is not None
    assert (estimate.offset, estimate.error) == (3 * SECOND - 10 * MILLISECOND, 20 * MILLISECOND)
    assert (estimate.agreeing, estimate.measurements, estimate.age) == (1, 1, 0)


def test_a_fast_exchange_is_what_counts_and_a_slow_one_adds_nothing() -> None:
    clock = ClockOffset()
    measure(clock, NOW, SECOND, 900 * MILLISECOND, 5 * MILLISECOND)
    measure(clock, NOW + SECOND, SECOND, 1 * MILLISECOND, 1 * MILLISECOND)
    measure(clock, NOW + 2 * SECOND, SECOND, 5 * MILLISECOND, 900 * MILLISECOND)
    estimate = clock.estimate(NOW + 3 * SECOND)
    assert estimate is not None
    assert abs(estimate.offset - SECOND) <= 2 * MILLISECOND
    assert estimate.error <= 2 * MILLISECOND
    assert estimate.agreeing == 3


def test_a_wrong_answer_is_outvoted() -> None:
    clock = ClockOffset()
    for step in range(5):
        offset = 3600 * SECOND if step == 4 else 200 * MILLISECOND
        measure(clock, NOW + step * SECOND, offset, 5 * MILLISECOND, 5 * MILLISECOND)
    estimate = clock.estimate(NOW + 5 * SECOND)
    assert estimate is not None
    assert abs(estimate.offset - 200 * MILLISECOND) < 6 * MILLISECOND
    assert (estimate.agreeing, estimate.measurements) == (4, 5)


def test_a_server_whose_clock_was_set_is_believed_when_it_repeats_itself() -> None:
    clock = ClockOffset(4)
    for step in range(4):
        measure(clock, NOW + step * SECOND, 0, MILLISECOND, MILLISECOND)
    for step in range(4, 6):
        measure(clock, NOW + step * SECOND, 60 * SECOND, MILLISECOND, MILLISECOND)
    # Two against two: the later ones are right.
    assert abs(clock.offset(NOW + 6 * SECOND) - 60 * SECOND) < 3 * MILLISECOND


def test_our_clock_set_back_makes_it_forget() -> None:
    clock = ClockOffset()
    for step in range(4):
        measure(clock, NOW + step * SECOND, 0, MILLISECOND, MILLISECOND)
    measure(clock, NOW - 3600 * SECOND, 3600 * SECOND, MILLISECOND, MILLISECOND)
    estimate = clock.estimate(NOW - 3600 * SECOND)
    assert estimate is not None
    assert estimate.measurements == 1
    assert abs(estimate.offset - 3600 * SECOND) < 3 * MILLISECOND


def test_what_takes_too_long_or_ends_before_it_began_is_not_taken() -> None:
    clock = ClockOffset(max_round_trip=1)
    assert not clock.observe(NOW, NOW, NOW + SECOND + 1)
    assert not clock.observe(NOW, NOW, NOW - 1)
    assert clock.estimate(NOW) is None


def test_bounds_widen_with_age() -> None:
    clock = ClockOffset(drift=100)
    measure(clock, NOW, 0, MILLISECOND, MILLISECOND)
    young, old = clock.estimate(NOW + SECOND), clock.estimate(NOW + 100 * MINUTE)
    assert young is not None
    assert old is not None
    assert old.error - young.error == pytest.approx(0.0001 * 100 * MINUTE, rel=0.01)


@given(
    offset=st.integers(-(10**12), 10**12),
    trips=st.lists(st.tuples(st.integers(0, 2 * SECOND), st.integers(0, 2 * SECOND)), min_size=1, max_size=20),
)
def test_the_truth_is_always_within_the_bounds(offset: int, trips: list[tuple[int, int]]) -> None:
    clock = ClockOffset()
    at = NOW
    for there, back in trips:
        assert measure(clock, at, offset, there, back)
        at += there + back + SECOND
    estimate = clock.estimate(at)
    assert estimate is not None
    assert abs(estimate.offset - offset) <= estimate.error + 1
    assert estimate.agreeing == estimate.measurements == min(8, len(trips))
    # And never worse than the best of those that are kept.
    best = min(there + back for there, back in trips[-8:])
    assert estimate.error <= best // 2 + MILLISECOND + 5e-5 * (at - NOW)


@given(
    drift=st.floats(-40e-6, 40e-6),
    gaps=st.lists(st.integers(1, 600), min_size=1, max_size=12),
)
def test_the_truth_stays_within_the_bounds_while_clocks_drift(drift: float, gaps: list[int]) -> None:
    clock = ClockOffset(drift=50)
    at = NOW
    for gap in gaps:
        at += gap * SECOND
        measure(clock, at, int((at - NOW) * drift), 3 * MILLISECOND, 9 * MILLISECOND)
    for later in (0, 600, 3600):
        now = at + later * SECOND
        estimate = clock.estimate(now)
        assert estimate is not None
        assert abs(estimate.offset - (now - NOW) * drift) <= estimate.error + MILLISECOND


@pytest.mark.parametrize(
    "make",
    [
        lambda: ClockOffset(0),
        lambda: ClockOffset(drift=-1),
        lambda: ClockOffset(drift=float("nan")),
        lambda: ClockOffset(resolution=-1),
        lambda: ClockOffset(max_round_trip=0),
    ],
)
def test_settings_that_cannot_work(make: object) -> None:
    with pytest.raises(ConfigurationError):
        make()  # type: ignore[operator]


class Server:
    """Ahead of the loop's clock by some seconds; answers after a while, or does not."""

    def __init__(self, clock: VirtualClock, ahead: float = 2.0) -> None:
        self.clock = clock
        self.ahead = round(ahead * SECOND)
        self.trip = 0.02
        self.asked = 0
        self.failures: list[BarterError] = []

    async def time(self) -> int:
        self.asked += 1
        await anyio.sleep(self.trip / 2)
        if self.failures:
            raise self.failures.pop(0)
        now = self.clock() + self.ahead
        await anyio.sleep(self.trip / 2)
        return now // MILLISECOND * MILLISECOND


async def test_a_server_clock_tells_the_venues_time() -> None:
    clock = VirtualClock()
    server = Server(clock)
    venue = ServerClock(server.time, clock=clock)
    assert venue() == clock()
    assert venue.estimate is None
    estimate = await venue.refresh()
    assert server.asked == 3
    assert estimate == venue.estimate
    assert abs(venue() - clock() - 2 * SECOND) <= estimate.error <= 12 * MILLISECOND


async def test_one_of_several_exchanges_is_enough() -> None:
    clock = VirtualClock()
    server = Server(clock)
    server.failures = [ConnectionLost("cut"), ConnectionLost("cut")]
    venue = ServerClock(server.time, clock=clock)
    assert (await venue.refresh()).measurements == 1
    assert venue.failures == 0
    server.failures = [ConnectionLost(str(number)) for number in range(3)]
    with pytest.raises(ConnectionLost, match="2"):
        await venue.refresh()
    assert venue.failures == 3
    assert abs(venue() - clock() - 2 * SECOND) < 15 * MILLISECOND, "what is known stays"


async def test_answers_that_are_too_slow_tell_no_time() -> None:
    clock = VirtualClock()
    server = Server(clock)
    server.trip = 30
    with pytest.raises(TransportTimeout, match=r"measuring the server's clock did not finish within 10 s"):
        await ServerClock(server.time, clock=clock).refresh()


async def test_it_keeps_itself_up_to_date() -> None:
    clock = VirtualClock()
    server = Server(clock)
    venue = ServerClock(server.time, clock=clock, samples=1, interval=600)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(venue.run)
        await anyio.sleep(30)
        server.failures = [ConnectionLost("cut")]
        await anyio.sleep(600)
        assert (server.asked, venue.failures) == (2, 1)
        await anyio.sleep(60)
        assert (server.asked, venue.failures) == (3, 0)
        tasks.cancel_scope.cancel()


async def test_what_only_a_person_can_mend_ends_it() -> None:
    clock = VirtualClock()
    server = Server(clock)
    server.failures = [CredentialsError("no key")]
    with pytest.raises(CredentialsError):
        await ServerClock(server.time, clock=clock, samples=1).run()


@pytest.mark.parametrize("arguments", [{"samples": 0}, {"interval": 0}])
async def test_a_refresher_that_cannot_work(arguments: dict[str, int]) -> None:
    async def time() -> int:
        return 0

    with pytest.raises(ConfigurationError):
        ServerClock(time, **arguments)  # type: ignore[arg-type]
