"""The plan that replaces a connection before it is cut: every state with every input, and a month of it."""

from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError
from barterpy.redundancy import (
    ROLLOVER_TRANSITIONS,
    Rollover,
    RolloverAction,
    RolloverInput,
    RolloverPolicy,
    RolloverState,
)

DOWN, STEADY, OPENING, OVERLAP = RolloverState
NOTHING, OPEN_NEXT, CLOSE_OLD = RolloverAction
POLICY = RolloverPolicy(max_age=1000.0, margin=100.0, spread=50.0, overlap=10.0, drain=0.0, retry=5.0)
START = 1_000_000 * SECOND


def at(seconds: float) -> int:
    return START + round(seconds * SECOND)


def plan_in(state: RolloverState) -> Rollover:
    """A plan whose connection was opened at 0, and in this state at 900."""
    plan = Rollover(POLICY)
    if state is DOWN:
        return plan
    plan.on_opened(at(0), 0.0)
    if state is STEADY:
        return plan
    assert plan.handle_deadline(at(900)) is OPEN_NEXT
    if state is OVERLAP:
        plan.on_opened(at(900), 0.0, ["trades", "book"])
    assert plan.state is state
    return plan


def _seen(plan: Rollover) -> RolloverAction:
    assert plan.on_topic("trades", at(901)) is NOTHING
    return plan.on_topic("book", at(901))


def _bound(plan: Rollover) -> RolloverAction:
    return plan.handle_deadline(at(910)) if plan.state is OVERLAP else NOTHING


def _due(plan: Rollover) -> RolloverAction:
    return plan.handle_deadline(at(900)) if plan.state is not OVERLAP else NOTHING


HAPPENS: dict[RolloverInput, Callable[[Rollover], RolloverAction]] = {
    RolloverInput.OPENED: lambda plan: plan.on_opened(at(900), 0.5),
    RolloverInput.DUE: _due,
    RolloverInput.FAILED: lambda plan: plan.on_failed(at(900)),
    RolloverInput.LOST: lambda plan: plan.on_lost(at(900)),
    RolloverInput.SEEN: _seen,
    RolloverInput.BOUND: _bound,
}

EXPECTED: dict[tuple[RolloverState, RolloverInput], tuple[RolloverState, RolloverAction, float | None]] = {
    (DOWN, RolloverInput.OPENED): (STEADY, NOTHING, 1775),
    (STEADY, RolloverInput.DUE): (OPENING, OPEN_NEXT, None),
    (STEADY, RolloverInput.LOST): (DOWN, NOTHING, None),
    (OPENING, RolloverInput.OPENED): (OVERLAP, NOTHING, 910),
    (OPENING, RolloverInput.FAILED): (STEADY, NOTHING, 905),
    (OPENING, RolloverInput.LOST): (DOWN, NOTHING, None),
    (OVERLAP, RolloverInput.SEEN): (STEADY, CLOSE_OLD, 1800),
    (OVERLAP, RolloverInput.BOUND): (STEADY, CLOSE_OLD, 1800),
    (OVERLAP, RolloverInput.FAILED): (STEADY, NOTHING, 905),
    (OVERLAP, RolloverInput.LOST): (STEADY, NOTHING, 1800),
}
UNCHANGED: dict[RolloverState, float | None] = {DOWN: None, STEADY: 900, OPENING: None, OVERLAP: 910}


@pytest.mark.parametrize(("state", "happens"), list(product(RolloverState, RolloverInput)))
def test_every_input_in_every_state(state: RolloverState, happens: RolloverInput) -> None:
    plan = plan_in(state)
    action = HAPPENS[happens](plan)
    following, expected, deadline = EXPECTED.get((state, happens), (state, NOTHING, UNCHANGED[state]))
    assert (plan.state, action) == (following, expected)
    assert plan.next_deadline() == (None if deadline is None else at(deadline))


def test_the_table_is_what_is_expected_here() -> None:
    assert {key: value[:2] for key, value in EXPECTED.items()} == {
        (state, happened): step for state, row in ROLLOVER_TRANSITIONS.items() for happened, step in row.items()
    }


def test_nothing_is_due_early() -> None:
    plan = plan_in(STEADY)
    assert plan.handle_deadline(at(899.9)) is NOTHING
    assert plan.state is STEADY


@pytest.mark.parametrize(("random", "due"), [(0.0, 900), (0.5, 875), (1.0, 850)])
def test_the_spread_keeps_connections_apart(random: float, due: float) -> None:
    plan = Rollover(POLICY)
    plan.on_opened(at(0), random)
    assert plan.next_deadline() == at(due)


@pytest.mark.parametrize(("seconds", "due"), [(5.0, 500), (100.0, 500), (200.0, 600), (900.0, 900)])
def test_a_notice_brings_the_time_forward_and_never_back(seconds: float, due: float) -> None:
    plan = plan_in(STEADY)
    plan.on_notice(at(500), seconds)
    assert plan.next_deadline() == at(due)


def test_a_notice_counts_where_the_venue_has_no_bound() -> None:
    plan = Rollover(RolloverPolicy(max_age=None, margin=10.0))
    plan.on_opened(at(0), 0.0)
    assert plan.next_deadline() is None
    plan.on_notice(at(50), 60.0)
    assert plan.next_deadline() == at(100)


@pytest.mark.parametrize("state", [DOWN, OPENING, OVERLAP])
def test_a_notice_changes_nothing_where_the_next_is_under_way(state: RolloverState) -> None:
    plan = plan_in(state)
    plan.on_notice(at(901), 1.0)
    assert (plan.state, plan.next_deadline()) == (state, None if UNCHANGED[state] is None else at(910))


def test_without_topics_the_overlap_lasts_until_its_bound() -> None:
    plan = Rollover(POLICY)
    plan.on_opened(at(0), 0.0)
    plan.handle_deadline(at(900))
    plan.on_opened(at(900), 0.0)
    assert plan.on_topic("anything", at(905)) is NOTHING
    assert plan.handle_deadline(at(910)) is CLOSE_OLD


def test_a_topic_counts_once_and_only_if_it_is_wanted() -> None:
    plan = plan_in(OVERLAP)
    for topic in ("trades", "trades", "other"):
        assert plan.on_topic(topic, at(901)) is NOTHING
    assert plan.on_topic("book", at(902)) is CLOSE_OLD
    assert plan.on_topic("book", at(903)) is NOTHING


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"margin": -1.0}, "not negative"),
        ({"spread": -1.0}, "not negative"),
        ({"overlap": -1.0}, "not negative"),
        ({"retry": 0.0}, "above 0"),
        ({"max_age": 900.0}, "leaves no life"),
    ],
)
def test_a_policy_that_cannot_work_is_refused(options: dict[str, float], text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        RolloverPolicy(**options)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.floats(0, 20)), min_size=40, max_size=40))
def test_a_month_without_a_moment_without_a_connection(days: list[tuple[float, bool, float]]) -> None:
    """Whatever the luck in opening: the old one is never closed before the new one is up, nor kept until its cut."""
    policy = RolloverPolicy(overlap=10.0, drain=0.0)
    assert policy.max_age is not None
    plan = Rollover(policy)
    now = START
    plan.on_opened(now, 0.0)
    opened_at = now
    for random, fails, first_data in days:
        deadline = plan.next_deadline()
        assert deadline is not None
        now = deadline
        assert plan.handle_deadline(now) is OPEN_NEXT
        if fails:
            now += SECOND
            plan.on_failed(now)
            deadline = plan.next_deadline()
            assert deadline is not None
            now = deadline
            assert plan.handle_deadline(now) is OPEN_NEXT
        now += SECOND
        plan.on_opened(now, random, ["trades"])
        up_at = now
        seen_at = now + round(first_data * SECOND)
        bound = plan.next_deadline()
        assert bound is not None
        if seen_at < bound:
            now = seen_at
            assert plan.on_topic("trades", now) is CLOSE_OLD
        else:
            now = bound
            assert plan.handle_deadline(now) is CLOSE_OLD
        assert up_at <= now < opened_at + policy.max_age * SECOND
        opened_at = up_at


DRAINED = RolloverPolicy(max_age=1000.0, margin=100.0, spread=50.0, overlap=10.0, drain=4.0, retry=5.0)


def overlapping(*topics: str) -> Rollover:
    plan = Rollover(DRAINED)
    plan.on_opened(at(0), 0.0)
    plan.handle_deadline(at(900))
    plan.on_opened(at(900), 0.0, topics)
    return plan


def test_what_is_on_its_way_has_time_to_come_although_all_was_seen() -> None:
    plan = overlapping("trades")
    assert plan.on_topic("trades", at(901)) is NOTHING
    assert plan.next_deadline() == at(904)
    assert plan.handle_deadline(at(903)) is NOTHING
    assert plan.handle_deadline(at(904)) is CLOSE_OLD


def test_what_only_shows_itself_meanwhile_is_waited_for_too() -> None:
    plan = overlapping("trades")
    plan.on_topic("trades", at(901))
    plan.on_wanted("trades")
    plan.on_wanted("quotes")
    assert plan.handle_deadline(at(904)) is NOTHING
    assert plan.next_deadline() == at(910)
    assert plan.on_topic("quotes", at(905)) is CLOSE_OLD
    late = overlapping("trades")
    late.on_wanted("quotes")
    assert late.handle_deadline(at(904)) is NOTHING
    assert late.handle_deadline(at(910)) is CLOSE_OLD


@pytest.mark.parametrize("lifetime", [None, 60.0, 1_000.0, 86_400.0])
def test_a_policy_for_any_lifetime(lifetime: float | None) -> None:
    policy = RolloverPolicy.before(lifetime)
    assert policy.max_age == lifetime
    assert lifetime is None or policy.margin + policy.spread < lifetime / 5
    assert lifetime is None or policy.overlap < policy.margin


def test_a_notice_on_the_next_one_brings_forward_the_time_of_the_one_behind_it() -> None:
    plan = plan_in(OVERLAP)
    plan.on_notice(at(901), 200.0, following=True)
    plan.on_notice(at(901), 300.0, following=True)
    assert _seen(plan) is CLOSE_OLD
    assert plan.next_deadline() == at(901 + 100)
    for state in (DOWN, STEADY, OPENING):
        other = plan_in(state)
        before = other.next_deadline()
        other.on_notice(at(901), 0.0, following=True)
        assert (other.state, other.next_deadline()) == (state, before)


def test_what_was_seen_may_have_to_be_seen_once_more() -> None:
    plan = plan_in(OVERLAP)
    assert plan.on_topic("trades", at(901)) is NOTHING
    assert plan.missing == {"book"}
    plan.on_unseen("trades")
    assert plan.missing == {"book", "trades"}
    assert plan.on_topic("book", at(901)) is NOTHING
    assert plan.on_topic("trades", at(901)) is CLOSE_OLD
    plan.on_unseen("trades")
    assert not plan.missing
