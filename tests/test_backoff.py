"""Back-off: delays, the cap, and when a connection counts as good."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.backoff import Attempts, Backoff
from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError


def test_delays_double_up_to_the_cap() -> None:
    backoff = Backoff(jitter=0.0)
    assert [backoff.delay(attempt, 0.5) for attempt in range(1, 8)] == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


@given(attempt=st.integers(1, 10**9), random=st.floats(0, 1, exclude_max=True))
def test_a_delay_lies_between_initial_and_cap_plus_jitter(attempt: int, random: float) -> None:
    backoff = Backoff()
    assert backoff.initial <= backoff.delay(attempt, random) <= backoff.cap + backoff.jitter


def test_a_connection_that_drops_at_once_goes_on_counting() -> None:
    attempts = Attempts(Backoff(jitter=0.0, stable_after=10))
    waits: list[float | None] = []
    for now in range(0, 5 * SECOND, SECOND):
        attempts.connected(now)
        waits.append(attempts.failed(now + 1, 0.0))
    assert waits == [0.25, 0.5, 1.0, 2.0, 4.0]


def test_a_connection_that_stayed_up_begins_again() -> None:
    attempts = Attempts(Backoff(jitter=0.0, stable_after=10))
    attempts.failed(0, 0.0)
    attempts.failed(0, 0.0)
    attempts.connected(0)
    assert attempts.failed(10 * SECOND, 0.0) == 0.25
    assert attempts.count == 1


def test_attempts_run_out() -> None:
    attempts = Attempts(Backoff(max_attempts=2, jitter=0.0))
    assert [attempts.failed(0, 0.0) for _ in range(3)] == [0.25, 0.5, None]


def test_the_venue_may_ask_for_a_longer_wait_but_not_a_shorter_one() -> None:
    attempts = Attempts(Backoff(jitter=0.0))
    assert attempts.failed(0, 0.0, retry_after=30.0) == 30.0
    assert attempts.failed(0, 0.0, retry_after=0.0) == 0.5


@pytest.mark.parametrize(
    "arguments",
    [
        {"initial": -1},
        {"initial": 9, "cap": 5},
        {"factor": 0.5},
        {"jitter": -1},
        {"stable_after": -1},
        {"max_attempts": 0},
    ],
)
def test_impossible_settings_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        Backoff(**arguments)  # type: ignore[arg-type]
