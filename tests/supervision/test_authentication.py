"""The logon tracker: its table, newer attempts, renewal, deadlines, and those who wait."""

from itertools import count, product
from typing import Any

import anyio
import pytest

from barterpy.clock import SECOND
from barterpy.connection import Logon, SubscribeRequest
from barterpy.errors import AuthenticationError, TransportTimeout
from barterpy.supervision import Authentication, AuthenticationState, authenticated
from barterpy.supervision.authentication import AUTHENTICATION, AuthenticationInput
from barterpy.transformer import Reply


def make(**options: Any) -> Authentication:
    ids = count(1)
    return Authentication(
        Logon(request=lambda now: SubscribeRequest(id=next(ids), message=now), timeout=5.0, **options)
    )


@pytest.mark.parametrize(("state", "input_"), list(product(AuthenticationState, AuthenticationInput)))
def test_every_state_is_left_by_a_reset_and_knows_an_attempt(
    state: AuthenticationState, input_: AuthenticationInput
) -> None:
    row = AUTHENTICATION[state]
    assert row[AuthenticationInput.RESET] is AuthenticationState.IDLE
    assert AuthenticationInput.BEGIN in row
    # Only an attempt that is under way is answered.
    waits = state in (AuthenticationState.PENDING, AuthenticationState.REFRESHING)
    if input_ not in (AuthenticationInput.BEGIN, AuthenticationInput.RESET):
        assert (input_ in row) == waits


def test_a_newer_attempt_supersedes_the_older() -> None:
    tracker = make()
    tracker.begin(0, 100)
    assert tracker.begin(SECOND, 200).message == 200
    assert not tracker.on_reply(Reply(1, AuthenticationError("stale")), SECOND)
    assert tracker.state is AuthenticationState.PENDING
    assert tracker.on_reply(Reply(2), SECOND)
    assert tracker.ok
    assert not tracker.on_reply(Reply(2), SECOND)


def test_a_refusal_and_a_silence_are_kept_as_the_error() -> None:
    tracker = make()
    tracker.begin(0, 0)
    error = AuthenticationError("bad key")
    assert tracker.on_reply(Reply(1, error), 0)
    assert (tracker.state, tracker.error) == (AuthenticationState.FAILED, error)
    tracker.begin(0, 0)
    assert not tracker.handle_deadline(5 * SECOND - 1)
    assert tracker.state is AuthenticationState.PENDING
    tracker.handle_deadline(5 * SECOND)
    assert not tracker.ok
    assert isinstance(tracker.error, TransportTimeout)


def test_it_is_renewed_before_it_expires_by_what_the_last_answer_said() -> None:
    def expires(result: Any) -> float:
        return float(result["seconds"])

    def refresh(result: Any, now: int) -> SubscribeRequest:
        return SubscribeRequest(id="refresh", message=result["token"])

    tracker = make(expires=expires, refresh=refresh)
    tracker.begin(0, 0)
    tracker.on_reply(Reply(1, result={"seconds": 100, "token": "t"}), 0)
    assert tracker.next_deadline() == tracker.refresh_at == 80 * SECOND
    assert not tracker.handle_deadline(80 * SECOND - 1)
    assert tracker.handle_deadline(80 * SECOND)
    assert tracker.begin(80 * SECOND, 0).message == "t"
    assert tracker.state is AuthenticationState.REFRESHING
    assert tracker.ok
    tracker.on_reply(Reply("refresh", result={"seconds": 50, "token": "u"}), 81 * SECOND)
    assert tracker.refresh_at == 121 * SECOND
    assert tracker.begin(121 * SECOND, 0).message == "u"


def test_a_refused_renewal_is_followed_by_a_logon_and_only_that_ones_refusal_counts() -> None:
    ids = count(1)

    def asked(what: str) -> SubscribeRequest:
        return SubscribeRequest(id=next(ids), message=what)

    tracker = Authentication(
        Logon(
            request=lambda now: asked("logon"),
            expires=lambda result: 100.0,
            refresh=lambda result, now: asked("renewal"),
        )
    )
    assert tracker.begin(0, 0).message == "logon"
    tracker.on_reply(Reply(1), 0)
    assert tracker.begin(80 * SECOND, 0).message == "renewal"
    refusal = AuthenticationError("the token is no longer good")
    assert tracker.on_reply(Reply(2, refusal), 81 * SECOND)
    assert (tracker.state, tracker.ok, tracker.error) == (AuthenticationState.REFRESHING, True, None)
    assert tracker.handle_deadline(81 * SECOND), "it is time for the next attempt at once"
    assert tracker.begin(81 * SECOND, 0).message == "logon"
    assert not tracker.on_reply(Reply(2, refusal), 81 * SECOND)
    tracker.on_reply(Reply(3), 82 * SECOND)
    assert tracker.state is AuthenticationState.AUTHENTICATED
    # The next one is a renewal again; and a refusal of the logon itself is the end.
    assert tracker.begin(170 * SECOND, 0).message == "renewal"
    tracker.on_reply(Reply(4, refusal), 170 * SECOND)
    tracker.begin(170 * SECOND, 0)
    final = AuthenticationError("bad key")
    tracker.on_reply(Reply(5, final), 170 * SECOND)
    assert (tracker.state, tracker.error) == (AuthenticationState.FAILED, final)


def test_without_a_way_to_renew_it_logs_on_again() -> None:
    def expires(result: Any) -> float:
        return 10.0

    tracker = make(expires=expires)
    tracker.begin(0, 0)
    tracker.on_reply(Reply(1, result={}), 0)
    assert tracker.begin(8 * SECOND, 8).id == 2


def test_its_repr_says_nothing_of_tokens() -> None:
    tracker = make()
    tracker.begin(0, 0)
    tracker.on_reply(Reply(1, result={"access_token": "secret"}), 0)
    assert "secret" not in repr(tracker)
    assert "secret" not in repr(Reply(1, result={"access_token": "secret"}))


@pytest.mark.anyio
async def test_who_waits_is_let_go_when_it_is_logged_on() -> None:
    tracker = make()
    let_go: list[str] = []

    async def wait(name: str) -> None:
        await authenticated(tracker, timeout=60.0)
        let_go.append(name)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait, "a")
        tasks.start_soon(wait, "b")
        await anyio.wait_all_tasks_blocked()
        tracker.begin(0, 0)
        tracker.reset()
        tracker.begin(0, 0)
        assert not let_go
        tracker.on_reply(Reply(2), 0)
    assert sorted(let_go) == ["a", "b"]
    await authenticated(tracker, timeout=0.1)


@pytest.mark.anyio
async def test_who_waits_hears_of_a_refusal_and_of_the_time() -> None:
    tracker = make()
    started = anyio.current_time()
    with pytest.raises(TransportTimeout, match="waiting for the logon"):
        await authenticated(tracker, timeout=30.0)
    assert anyio.current_time() - started == pytest.approx(30)
    tracker.begin(0, 0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_refuse_soon, tracker)
        with pytest.raises(AuthenticationError, match="bad key"):
            await authenticated(tracker)


async def _refuse_soon(tracker: Authentication) -> None:
    await anyio.wait_all_tasks_blocked()
    tracker.on_reply(Reply(1, AuthenticationError("bad key")), 0)
