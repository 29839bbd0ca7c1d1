"""The supervisor: its table state by state and input by input, and what it makes of errors, attempts and time."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.backoff import Backoff
from barterpy.clock import SECOND
from barterpy.errors import (
    AuthenticationError,
    ConnectionLost,
    RateLimited,
    RequestRejected,
    TransportTimeout,
    VenueError,
    VenueUnavailable,
)
from barterpy.supervision import Action, Input, ReconnectPolicy, State, Supervisor
from barterpy.supervision.transitions import TERMINAL, TRANSITIONS, transition

POLICY = ReconnectPolicy(backoff=Backoff(initial=1.0, cap=8.0, jitter=0.0, stable_after=10.0), first_connect="retry")
LOST = ConnectionLost("cut")


def make(policy: ReconnectPolicy = POLICY, *, logon: float | None = 5.0, restores: bool = True) -> Supervisor:
    supervisor = Supervisor(policy, logon_timeout=logon, restore_timeout=20.0, random=lambda: 0.0)
    supervisor.restores = restores
    return supervisor


def brought_to(state: State, supervisor: Supervisor | None = None) -> Supervisor:
    supervisor = supervisor or make()
    steps = [supervisor.start, supervisor.connected, supervisor.authenticated, supervisor.restored]
    if state in (State.WAITING, State.CLOSING, State.CLOSED, State.FAILED):
        supervisor.start(0)
        supervisor.connected(0)
        if state is State.WAITING:
            supervisor.ended(LOST, 0)
        elif state is State.FAILED:
            supervisor.ended(AuthenticationError("no"), 0)
        else:
            supervisor.close(0)
            if state is State.CLOSED:
                supervisor.closed(0)
    else:
        order = [State.IDLE, State.CONNECTING, State.AUTHENTICATING, State.RESTORING, State.LIVE]
        for step in steps[: order.index(state)]:
            step(0)
    assert supervisor.state is state
    return supervisor


@pytest.mark.parametrize(("state", "input_"), list(product(State, Input)))
def test_every_input_in_every_state_is_in_the_table_or_means_nothing(state: State, input_: Input) -> None:
    step = transition(state, input_)
    assert (step is None) == (input_ not in TRANSITIONS[state])
    if step is not None:
        assert step[0] in State
        assert state not in TERMINAL


@pytest.mark.parametrize("state", [state for state in State if state not in TERMINAL])
def test_from_every_state_a_close_leads_to_the_end(state: State) -> None:
    supervisor = brought_to(state)
    supervisor.close(0)
    if not supervisor.done:
        deadline = supervisor.next_deadline()
        assert deadline is not None
        assert deadline <= POLICY.close_timeout * SECOND
        supervisor.handle_deadline(deadline)
    assert supervisor.state is State.CLOSED


@pytest.mark.parametrize("state", [State.CONNECTING, State.AUTHENTICATING, State.RESTORING, State.LIVE])
def test_an_end_is_waited_out_and_tried_again(state: State) -> None:
    supervisor = brought_to(state)
    assert supervisor.ended(LOST, 0) is Action.WAIT
    assert (supervisor.state, supervisor.attempt, supervisor.error) == (State.WAITING, 1, LOST)
    assert supervisor.handle_deadline(SECOND - 1) is None
    assert supervisor.handle_deadline(SECOND) is Action.OPEN


@pytest.mark.parametrize(
    ("state", "seconds", "operation"),
    [
        (State.CONNECTING, 15, "connecting"),
        (State.AUTHENTICATING, 5, "logging on"),
        (State.RESTORING, 20, "restoring the subscriptions"),
    ],
)
def test_each_state_on_the_way_up_has_a_time_limit(state: State, seconds: int, operation: str) -> None:
    supervisor = brought_to(state)
    assert supervisor.next_deadline() == seconds * SECOND
    assert supervisor.handle_deadline(seconds * SECOND) is Action.DROP
    assert isinstance(supervisor.error, TransportTimeout)
    assert supervisor.error.operation == operation


def test_progress_begins_the_time_of_a_state_anew_but_not_the_back_off() -> None:
    supervisor = brought_to(State.RESTORING)
    supervisor.progressed(3 * SECOND)
    assert supervisor.next_deadline() == 23 * SECOND
    supervisor.ended(LOST, 4 * SECOND)
    supervisor.progressed(4 * SECOND + 1)
    assert supervisor.next_deadline() == 5 * SECOND


def test_states_without_a_use_are_passed_through() -> None:
    assert (supervisor := make(logon=None)).start(0) is Action.OPEN
    assert supervisor.connected(0) is Action.RESTORE
    assert (supervisor := make(logon=None, restores=False)).start(0) is Action.OPEN
    assert supervisor.connected(0) is Action.RESUME
    assert supervisor.state is State.LIVE
    supervisor = make(restores=False)
    supervisor.start(0)
    assert supervisor.connected(0) is Action.LOGON
    assert supervisor.authenticated(0) is Action.RESUME


@pytest.mark.parametrize("error", [AuthenticationError("no"), ZeroDivisionError("a defect")])
def test_what_only_a_person_can_mend_is_final(error: Exception) -> None:
    supervisor = brought_to(State.LIVE)
    assert supervisor.ended(error, 0) is Action.FAIL
    assert supervisor.error is error


def test_the_first_connect_fails_at_once_unless_told_otherwise() -> None:
    supervisor = make(ReconnectPolicy())
    supervisor.start(0)
    assert supervisor.ended(LOST, 0) is Action.FAIL
    supervisor = make(ReconnectPolicy())
    supervisor.start(0)
    assert supervisor.handle_deadline(15 * SECOND) is Action.FAIL


def test_attempts_count_until_a_connection_has_stayed_up() -> None:
    supervisor, now = make(), 0
    supervisor.start(now)
    delays: list[float] = []
    for _ in range(5):
        supervisor.connected(now)
        supervisor.ended(LOST, now)
        delays.append(supervisor.delay)
        now += round(supervisor.delay * SECOND)
        supervisor.handle_deadline(now)
    assert delays == [1, 2, 4, 8, 8]
    supervisor.connected(now)
    supervisor.ended(LOST, now + 10 * SECOND)
    assert (supervisor.delay, supervisor.attempt) == (1, 1)


def test_the_last_of_the_attempts_is_final() -> None:
    supervisor = make(ReconnectPolicy(backoff=Backoff(max_attempts=1), first_connect="retry"))
    supervisor.start(0)
    assert supervisor.ended(LOST, 0) is Action.WAIT
    supervisor.handle_deadline(9 * SECOND)
    assert supervisor.ended(LOST, 9 * SECOND) is Action.FAIL


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (VenueUnavailable("maintenance"), Action.WAIT),
        (RateLimited("slow down"), Action.WAIT),
        (RequestRejected("no such scope"), Action.FAIL),
        (AuthenticationError("bad key"), Action.FAIL),
    ],
)
def test_a_logon_that_may_be_repeated_is_repeated_and_any_other_refusal_is_the_end(
    error: VenueError, action: Action
) -> None:
    supervisor = make()
    supervisor.start(0)
    assert supervisor.connected(0) is Action.LOGON
    assert supervisor.ended(error, 0) is action


def test_a_venue_that_says_how_long_is_obeyed() -> None:
    supervisor = brought_to(State.LIVE)
    error = RateLimited("slow down", retry_after=120.0)
    error.needs_reconnect = True
    supervisor.ended(error, 0)
    assert supervisor.next_deadline() == 120 * SECOND


def test_after_an_end_that_was_planned_there_is_nothing_to_wait_for() -> None:
    planned = ConnectionLost("announced")
    planned.planned = True
    supervisor, now = brought_to(State.LIVE), 3600 * SECOND
    assert supervisor.ended(planned, now) is Action.WAIT
    assert (supervisor.delay, supervisor.attempt, supervisor.next_deadline()) == (0.0, 1, now)
    supervisor.handle_deadline(now)
    supervisor.connected(now)
    # An end that is announced to each new connection is no hot loop.
    supervisor.ended(planned, now + SECOND)
    assert (supervisor.delay, supervisor.attempt) == (2.0, 2)
    supervisor.handle_deadline(now + 3 * SECOND)
    supervisor.connected(now + 3 * SECOND)
    supervisor.ended(planned, now + 13 * SECOND)
    assert (supervisor.delay, supervisor.attempt) == (0.0, 1)


def test_a_planned_end_waits_for_as_long_as_it_says() -> None:
    supervisor = brought_to(State.LIVE)
    planned = ConnectionLost("announced")
    planned.planned, planned.retry_after = True, 30.0
    supervisor.ended(planned, 0)
    assert supervisor.next_deadline() == 30 * SECOND


def test_an_end_in_good_order_is_the_end_where_nothing_reconnects() -> None:
    supervisor = brought_to(State.LIVE, make(ReconnectPolicy(reconnect=False)))
    assert supervisor.finished(LOST, 0) is Action.STOP
    assert supervisor.state is State.CLOSED
    supervisor = brought_to(State.LIVE)
    assert supervisor.finished(LOST, 0) is Action.WAIT


@given(st.lists(st.sampled_from(["start", "connected", "authenticated", "restored", "ended", "stalled", "time"])))
def test_whatever_comes_in_whatever_order_it_is_never_stuck(inputs: list[str]) -> None:
    supervisor, now = make(), 0
    for name in inputs:
        now += SECOND
        if name in ("ended", "stalled"):
            getattr(supervisor, name)(LOST, now)
        elif name == "time":
            supervisor.handle_deadline(now)
        else:
            getattr(supervisor, name)(now)
        # In each state something is bound to happen: it has a deadline, or it is up, or nothing was begun.
        assert (supervisor.next_deadline() is not None) == (supervisor.state not in (State.IDLE, State.LIVE))
    assert not supervisor.done
