"""Heartbeats and watchdogs: due times, answers, silence, and wall clocks that are set meanwhile."""

import pytest

from barterpy.clock import SECOND
from barterpy.connection import Connection, Heartbeat, SubscribeRequest
from barterpy.errors import ConfigurationError
from barterpy.parser import JsonParser
from barterpy.subscription import trades
from barterpy.supervision import Activity, Beat, Pulse, QuietDogs, Watchdog
from barterpy.transformer import FunctionTransformer, Reply

UTC = 10**18


def test_a_heartbeat_is_due_after_silence_and_messages_put_it_off() -> None:
    pulse = Pulse(Heartbeat(interval=20, message=lambda now: "ping", timeout=5), 0)
    assert pulse.next_deadline() == 20 * SECOND
    assert pulse.handle_deadline(20 * SECOND, 15 * SECOND) is Beat.NOTHING
    assert pulse.next_deadline() == 35 * SECOND
    assert pulse.handle_deadline(35 * SECOND, 15 * SECOND) is Beat.SEND
    pulse.sent("ping", 35 * SECOND)
    assert pulse.next_deadline() == 40 * SECOND
    assert pulse.handle_deadline(40 * SECOND, 36 * SECOND) is Beat.NOTHING
    assert pulse.next_deadline() == 56 * SECOND


def test_a_heartbeat_without_an_answer_is_overdue() -> None:
    pulse = Pulse(Heartbeat(interval=20, message=lambda now: "ping", timeout=5), 0)
    pulse.sent("ping", 20 * SECOND)
    assert pulse.handle_deadline(25 * SECOND, 19 * SECOND) is Beat.OVERDUE


def test_a_request_is_answered_by_its_reply_alone() -> None:
    pulse = Pulse(Heartbeat(interval=20, message=lambda now: "ping", timeout=5), 0)
    pulse.sent(SubscribeRequest(id=7, message="ping"), 20 * SECOND)
    assert not pulse.on_reply(Reply(6))
    assert pulse.handle_deadline(25 * SECOND, 24 * SECOND) is Beat.OVERDUE
    assert pulse.on_reply(Reply(7))
    assert not pulse.on_reply(Reply(7))
    assert pulse.handle_deadline(25 * SECOND, 24 * SECOND) is Beat.NOTHING


def test_one_that_is_always_sent_minds_no_messages() -> None:
    pulse = Pulse(Heartbeat(interval=20, message=lambda now: "ping", timeout=5, always=True), 0)
    assert pulse.handle_deadline(20 * SECOND, 20 * SECOND) is Beat.SEND


@pytest.mark.parametrize(("interval", "timeout", "always"), [(0, 5, False), (5, 0, False), (5, 6, True)])
def test_a_heartbeat_that_cannot_work_is_refused(interval: float, timeout: float, always: bool) -> None:
    with pytest.raises(ConfigurationError, match="heartbeat"):
        Heartbeat(interval=interval, message=lambda now: "", timeout=timeout, always=always)


@pytest.mark.parametrize("options", [{"topics": (trades("A"),)}, {"idle_timeout": 0.0}])
def test_a_plan_that_cannot_work_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="test-1"):
        Connection(
            venue="test",
            name="test-1",
            connect=lambda: pytest.fail("not to be connected"),
            parser=JsonParser(),
            transformer=FunctionTransformer(lambda message: [message]),
            **options,  # type: ignore[arg-type]
        )


def test_a_watchdog_barks_after_its_time_and_then_after_as_long_again() -> None:
    dog = Watchdog(30, 0)
    assert dog.handle_deadline(None, 29 * SECOND, UTC) is None
    assert dog.handle_deadline(None, 30 * SECOND, UTC) == 30 * SECOND
    assert dog.next_deadline() == 60 * SECOND
    assert dog.handle_deadline(None, 60 * SECOND, UTC) == 60 * SECOND
    assert dog.barked == 2


def test_a_message_puts_it_off_and_makes_it_forget() -> None:
    dog = Watchdog(30, 0)
    dog.handle_deadline(None, 30 * SECOND, UTC)
    assert dog.handle_deadline(UTC, 60 * SECOND, UTC + 10 * SECOND) is None
    assert (dog.barked, dog.next_deadline()) == (0, 80 * SECOND)


def test_what_could_not_be_listened_to_is_no_silence() -> None:
    dog = Watchdog(30, 0)
    dog.touch(20 * SECOND)
    assert dog.next_deadline() == 50 * SECOND


@pytest.mark.parametrize("jump", [-3600, 0, 3600])
def test_a_wall_clock_that_is_set_makes_nothing_stall(jump: int) -> None:
    activity = Activity(0)
    last = activity.look(UTC + 25 * SECOND, 30 * SECOND, UTC + (30 + jump) * SECOND)
    assert 0 <= last <= 30 * SECOND
    if not jump:
        assert last == 25 * SECOND


def test_each_subscription_has_its_own_watchdog_from_the_subscribe_on() -> None:
    seen: dict[str, int] = {"b": UTC - SECOND}
    dogs = QuietDogs(seen.get)
    assert dogs.next_deadline() is None
    dogs.arm("a", 10, 0)
    dogs.arm("b", 20, 0)
    dogs.arm("a", 10, 9 * SECOND)
    assert dogs.next_deadline() == 10 * SECOND
    assert dogs.handle_deadline(10 * SECOND, UTC) == [("a", 10 * SECOND, 1)]
    seen["b"] = UTC + 15 * SECOND
    assert dogs.handle_deadline(20 * SECOND, UTC + 20 * SECOND) == [("a", 20 * SECOND, 2)]
    dogs.disarm("a")
    dogs.disarm("never armed")
    assert (len(dogs), dogs.next_deadline()) == (1, 35 * SECOND)
    dogs.touch(30 * SECOND)
    assert dogs.next_deadline() == 50 * SECOND
