"""The ledger: its table, stale and partial answers, counts, retries, and confirmation by data."""

from itertools import count, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.clock import SECOND
from barterpy.connection import SubscribeRequest
from barterpy.errors import RateLimited, RequestRejected, SubscriptionRefused, SubscriptionTimeout
from barterpy.subscription import Subscription, trades
from barterpy.supervision import EntryState, Failure, Ledger, Outcome
from barterpy.supervision.ledger import LEDGER, Entry, EntryInput
from barterpy.transformer import Reply

A, B = trades("A"), trades("B")


def request(id_: int | str | None, *subscriptions: Subscription) -> SubscribeRequest:
    return SubscribeRequest(id=id_, message="", subscriptions=tuple(one.name for one in subscriptions))


def asked(*subscriptions: Subscription, id_: int | None = 1, seen: dict[str, int] | None = None) -> Ledger:
    ledger = Ledger(10.0, None if seen is None else seen.get)
    for subscription in subscriptions:
        ledger.add(subscription.name, subscription)
    ledger.reset()
    assert ledger.take_wanted() == list(subscriptions)
    ledger.sent(request(id_, *subscriptions), 0)
    return ledger


@pytest.mark.parametrize(("state", "input_"), list(product(EntryState, EntryInput)))
def test_every_input_in_every_state_is_in_the_table_or_means_nothing(state: EntryState, input_: EntryInput) -> None:
    entry = Entry("a", A)
    entry.state = state
    expected = LEDGER[state].get(input_)
    assert entry.feed(input_) == (expected is not None)
    assert entry.state is (expected or state)


def test_an_answer_confirms_all_of_its_request() -> None:
    ledger = asked(A, B)
    assert not ledger.settled
    assert ledger.on_reply(Reply(1), 0) == Outcome(confirmed=(A.name, B.name))
    assert ledger.settled
    assert ledger.next_deadline() is None


def test_an_answer_that_comes_twice_or_belongs_to_an_older_connection_is_stale() -> None:
    ledger = asked(A)
    assert ledger.on_reply(Reply(1), 0)
    assert not ledger.on_reply(Reply(1, RequestRejected("twice")), 0)
    ledger.reset()
    assert ledger.names(EntryState.WANTED) == (A.name,)
    assert not ledger.on_reply(Reply(1), 0)
    ledger.take_wanted()
    ledger.sent(request(2, A), 0)
    assert not ledger.on_reply(Reply(1), 0)
    assert ledger.names(EntryState.PENDING) == (A.name,)


def test_an_answer_to_a_request_that_was_made_again_is_stale() -> None:
    ledger = asked(A)
    ledger.sent(request(2, A), 1)
    assert not ledger.on_reply(Reply(1, RequestRejected("the first")), 2)
    assert ledger.on_reply(Reply(2), 2) == Outcome(confirmed=(A.name,))


def test_a_refusal_names_those_it_means() -> None:
    ledger = asked(A, B)
    error = SubscriptionRefused((B.name,), "unknown")
    assert ledger.on_reply(Reply(1, error), 0) == Outcome((A.name,), (Failure(B.name, error, True),))
    assert ledger.names(EntryState.REFUSED) == (B.name,)
    ledger.reset()
    assert ledger.take_wanted() == [A]


def test_what_may_succeed_later_is_asked_for_later() -> None:
    ledger = asked(A)
    error = RateLimited("slow down", retry_after=60.0)
    assert ledger.on_reply(Reply(1, error), 0).failed == (Failure(A.name, error, False),)
    assert ledger.next_deadline() == 60 * SECOND
    assert not ledger.handle_deadline(59 * SECOND)
    assert ledger.take_wanted() == []
    ledger.handle_deadline(60 * SECOND)
    assert ledger.take_wanted() == [A]


def test_a_deadline_is_of_each_subscription_and_total() -> None:
    ledger = asked(A)
    ledger.add(B.name, B)
    ledger.take_wanted()
    ledger.sent(request(2, B), 5 * SECOND)
    assert ledger.next_deadline() == 10 * SECOND
    (failure,) = ledger.handle_deadline(10 * SECOND).failed
    assert (failure.name, type(failure.error), failure.final) == (A.name, SubscriptionTimeout, False)
    assert [one.name for one in ledger.handle_deadline(15 * SECOND).failed] == [B.name]


def test_retries_come_at_growing_distances() -> None:
    ledger, now, ids = asked(A), 0, count(2)
    waits: list[int] = []
    for _ in range(8):
        deadline = ledger.next_deadline()
        assert deadline is not None
        ledger.handle_deadline(deadline)
        now = deadline
        retry = ledger.next_deadline()
        assert retry is not None
        waits.append((retry - now) // SECOND)
        ledger.handle_deadline(retry)
        assert ledger.take_wanted() == [A]
        ledger.sent(request(next(ids), A), retry)
    assert waits == [10, 20, 40, 80, 160, 300, 300, 300]


def test_an_answer_that_comes_late_still_confirms() -> None:
    ledger = asked(A)
    ledger.handle_deadline(10 * SECOND)
    assert ledger.on_reply(Reply(1), 11 * SECOND) == Outcome(confirmed=(A.name,))
    assert ledger.next_deadline() is None


def test_without_an_answer_the_first_new_data_confirms() -> None:
    seen = {A.name: 5}
    ledger = asked(A, id_=None, seen=seen)
    assert ledger.awaits_data
    assert ledger.observe() == ()
    seen[A.name] = 6
    assert ledger.observe() == (A.name,)
    assert not ledger.awaits_data
    assert ledger.settled


def test_data_confirms_what_was_never_answered() -> None:
    seen: dict[str, int] = {}
    ledger = asked(A, seen=seen)
    seen[A.name] = 7
    assert ledger.handle_deadline(10 * SECOND) == Outcome(confirmed=(A.name,))


def test_references_are_counted() -> None:
    ledger = asked(A)
    assert not ledger.add(A.name, A)
    assert not ledger.remove(A.name)
    assert ledger.remove(A.name)
    assert ledger.names(EntryState.UNSUBSCRIBING) == (A.name,)
    assert not ledger.remove(A.name)
    assert not ledger.remove("never heard of")
    ledger.sent(request(2, A), 0, ends=True)
    assert not ledger.on_reply(Reply(1), 0)
    assert ledger.on_reply(Reply(2), 0) == Outcome(ended=(A.name,))
    assert ledger.names() == ()


@pytest.mark.parametrize("id_", [2, None])
def test_an_end_that_is_not_answered_is_one_all_the_same(id_: int | None) -> None:
    ledger = asked(A)
    ledger.on_reply(Reply(1), 0)
    ledger.remove(A.name)
    ledger.sent(request(id_, A), 0, ends=True)
    assert ledger.next_deadline() == 10 * SECOND
    assert ledger.handle_deadline(10 * SECOND) == Outcome(ended=(A.name,))
    assert ledger.next_deadline() is None


def test_wanted_again_while_it_ends_it_is_asked_for_again() -> None:
    ledger = asked(A)
    ledger.on_reply(Reply(1), 0)
    ledger.remove(A.name)
    ledger.sent(request(2, A), 0, ends=True)
    assert ledger.add(A.name, A)
    assert ledger.take_wanted() == [A]
    assert not ledger.on_reply(Reply(2), 0)
    ledger.sent(request(3, A), 0)
    assert ledger.on_reply(Reply(3), 0) == Outcome(confirmed=(A.name,))


def test_what_ends_when_the_connection_does_is_gone() -> None:
    ledger = asked(A, B)
    ledger.remove(A.name)
    ledger.reset()
    assert ledger.names() == (B.name,)


def test_a_refused_one_may_be_wanted_again_or_no_longer() -> None:
    ledger = asked(A, B)
    ledger.on_reply(Reply(1, RequestRejected("no")), 0)
    assert ledger.add(A.name, A)
    assert not ledger.remove(B.name)
    assert ledger.take_wanted() == [A]
    assert ledger.names() == (A.name,)


def test_a_request_for_nothing_in_particular_may_be_refused_but_is_not_missed() -> None:
    ledger = Ledger(10.0)
    ledger.sent(SubscribeRequest(id=1, message=""), 0)
    ledger.sent(SubscribeRequest(id=2, message=""), 0)
    assert ledger.settled
    assert ledger.next_deadline() is None
    assert not ledger.on_reply(Reply(1), 0)
    with pytest.raises(RequestRejected):
        ledger.on_reply(Reply(2, RequestRejected("no heartbeat for you")), 0)


def test_where_a_venue_has_no_way_to_end_it_it_is_forgotten() -> None:
    ledger = asked(A)
    ledger.remove(A.name)
    ledger.forget([A.name, "never heard of"])
    assert ledger.names() == ()


@given(
    st.lists(st.tuples(st.sampled_from(["add", "remove", "reset", "ask", "reply", "refuse", "time"]), st.booleans()))
)
def test_whatever_happens_all_that_is_wanted_can_be_confirmed_in_the_end(steps: list[tuple[str, bool]]) -> None:
    ledger, ids, now, open_ids = Ledger(10.0), count(1), 0, list[int]()
    wanted = {A.name: 0, B.name: 0}

    def ask() -> None:
        for subscription in ledger.take_wanted():
            id_ = next(ids)
            open_ids.append(id_)
            ledger.sent(request(id_, subscription), now)

    for step, which in steps:
        now += 7 * SECOND
        subscription = A if which else B
        if step == "add":
            wanted[subscription.name] += 1
            ledger.add(subscription.name, subscription)
        elif step == "remove" and wanted[subscription.name]:
            wanted[subscription.name] -= 1
            if ledger.remove(subscription.name):
                id_ = next(ids)
                open_ids.append(id_)
                ledger.sent(request(id_, subscription), now, ends=True)
        elif step == "reset":
            ledger.reset()
        elif step == "ask":
            ask()
        elif step in ("reply", "refuse") and open_ids:
            ledger.on_reply(
                Reply(open_ids.pop(-1 if which else 0), RateLimited("no") if step == "refuse" else None), now
            )
        elif step == "time":
            ledger.handle_deadline(now)
    ledger.reset()
    open_ids.clear()
    ask()
    for id_ in open_ids:
        ledger.on_reply(Reply(id_), now)
    assert set(ledger.confirmed) == {name for name, times in wanted.items() if times}
