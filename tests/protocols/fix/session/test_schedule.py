"""Hours of a session: daily, weekly, across midnight, across changes of clocks."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.session import Closed, LoggedOn, LoggedOut, NumbersReset, Role, Schedule, State, Stored
from barterpy.protocols.fix.session.schedule import WEEKDAYS
from tests.protocols.fix.session.counterparty import SECOND, Counterparty, settings


def at(text: str) -> int:
    """Nanoseconds UTC of a time written in ISO 8601."""
    return round(dt.datetime.fromisoformat(text).timestamp()) * SECOND


def text(when: int) -> str:
    return dt.datetime.fromtimestamp(when // SECOND, dt.UTC).strftime("%Y-%m-%dT%H:%M")


def window(schedule: Schedule, when: str) -> tuple[str, str] | None:
    found = schedule.window_at(at(when))
    return None if found is None else (text(found.start), text(found.end))


ALWAYS = Schedule()
OFFICE = Schedule(start=dt.time(8), end=dt.time(17), days=frozenset(WEEKDAYS[:5]))
NIGHT = Schedule(start=dt.time(22), end=dt.time(21, 45), timezone="America/New_York")
WEEK = Schedule(start=dt.time(17), end=dt.time(16), start_day="sunday", end_day="friday")
ROUND = Schedule(start=dt.time(9), end=dt.time(9), start_day="monday", end_day="monday")


@pytest.mark.parametrize(
    ("schedule", "when", "expected"),
    [
        (ALWAYS, "2026-11-21T00:00Z", ("2026-11-21T00:00", "2026-11-22T00:00")),
        (ALWAYS, "2026-11-21T23:59:59Z", ("2026-11-21T00:00", "2026-11-22T00:00")),
        (OFFICE, "2026-11-20T08:00Z", ("2026-11-20T08:00", "2026-11-20T17:00")),
        (OFFICE, "2026-11-20T07:59:59Z", None),
        (OFFICE, "2026-11-20T17:00Z", None),
        (OFFICE, "2026-11-21T12:00Z", None),
        (NIGHT, "2026-01-15T12:00Z", ("2026-01-15T03:00", "2026-01-16T02:45")),
        (NIGHT, "2026-01-16T02:50Z", None),
        (NIGHT, "2026-07-15T12:00Z", ("2026-07-15T02:00", "2026-07-16T01:45")),
        # Summer time begins on 8 March 2026 and ends on 1 November 2026: these sessions lack, and have, an hour more.
        (NIGHT, "2026-03-08T12:00Z", ("2026-03-08T03:00", "2026-03-09T01:45")),
        (NIGHT, "2026-11-01T12:00Z", ("2026-11-01T02:00", "2026-11-02T02:45")),
        (WEEK, "2026-11-21T12:00Z", None),
        (WEEK, "2026-11-22T17:00Z", ("2026-11-22T17:00", "2026-11-27T16:00")),
        (WEEK, "2026-11-27T15:59Z", ("2026-11-22T17:00", "2026-11-27T16:00")),
        (ROUND, "2026-11-23T08:59Z", ("2026-11-16T09:00", "2026-11-23T09:00")),
        (ROUND, "2026-11-23T09:00Z", ("2026-11-23T09:00", "2026-11-30T09:00")),
    ],
)
def test_which_session_is_open(schedule: Schedule, when: str, expected: tuple[str, str] | None) -> None:
    assert window(schedule, when) == expected


def test_two_times_of_one_session() -> None:
    assert NIGHT.same_session(at("2026-01-15T03:00Z"), at("2026-01-16T02:44Z"))
    assert not NIGHT.same_session(at("2026-01-15T03:00Z"), at("2026-01-16T03:00Z"))
    assert not NIGHT.same_session(at("2026-01-16T02:50Z"), at("2026-01-16T02:50Z"))
    assert ALWAYS.same_session(at("2026-11-21T00:00Z"), at("2026-11-21T23:59:59Z"))
    assert not ALWAYS.same_session(at("2026-11-20T23:59:59Z"), at("2026-11-21T00:00Z"))


def test_hours_for_logons() -> None:
    schedule = Schedule(start=dt.time(22), end=dt.time(21), logon=dt.time(23), logout=dt.time(20, 30))
    assert not schedule.takes_logon(at("2026-11-20T22:30Z"))
    assert schedule.takes_logon(at("2026-11-20T23:00Z"))
    assert schedule.takes_logon(at("2026-11-21T20:29Z"))
    assert not schedule.takes_logon(at("2026-11-21T20:30Z"))
    assert text(schedule.next_logon(at("2026-11-21T20:30Z"))) == "2026-11-21T23:00"
    assert text(schedule.next_logon(at("2026-11-21T23:40Z"))) == "2026-11-21T23:40"
    assert schedule.next_logout(at("2026-11-20T23:30Z")) == at("2026-11-21T20:30Z")
    assert schedule.next_logout(at("2026-11-21T20:45Z")) is None
    assert schedule.next_logout(at("2026-11-21T21:30Z")) is None


def test_weekly_hours_for_logons() -> None:
    schedule = Schedule(
        start=dt.time(17),
        end=dt.time(16),
        start_day="sunday",
        end_day="friday",
        logon=dt.time(18),
        logon_day="sunday",
        logout=dt.time(15),
        logout_day="friday",
    )
    assert schedule.is_weekly
    assert text(schedule.next_logon(at("2026-11-21T12:00Z"))) == "2026-11-22T18:00"
    assert schedule.next_logout(at("2026-11-24T12:00Z")) == at("2026-11-27T15:00Z")


IMPOSSIBLE: list[dict[str, Any]] = [
    {"timezone": "Mars/Olympus"},
    {"start_day": "sunday"},
    {"end_day": "sunday"},
    {"start_day": "someday", "end_day": "sunday"},
    {"days": frozenset[str]()},
    {"days": frozenset({"someday"})},
    {"start_day": "sunday", "end_day": "friday", "days": frozenset({"monday"})},
    {"logon_day": "sunday", "logon": dt.time(1)},
    {"start_day": "sunday", "end_day": "friday", "logon": dt.time(1)},
    {"start": dt.time(8), "end": dt.time(17), "logon": dt.time(7)},
    {"start": dt.time(8), "end": dt.time(17), "logout": dt.time(18)},
    {"start": dt.time(8), "end": dt.time(17), "logon": dt.time(12), "logout": dt.time(11)},
]


@pytest.mark.parametrize("arguments", IMPOSSIBLE)
def test_hours_that_cannot_be(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Schedule(**arguments)


ZONES = st.sampled_from(["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"])
TIMES = st.times().map(lambda time: time.replace(microsecond=0))
MOMENTS = st.integers(at("2025-01-01T00:00Z"), at("2027-12-31T00:00Z"))


@given(start=TIMES, end=TIMES, zone=ZONES, when=MOMENTS, days=st.sets(st.sampled_from(WEEKDAYS), min_size=1))
def test_windows_hold_what_lies_in_them(start: dt.time, end: dt.time, zone: str, when: int, days: set[str]) -> None:
    schedule = Schedule(start=start, end=end, timezone=zone, days=frozenset(days))
    found = schedule.window_at(when)
    if found is not None:
        assert found.start <= when < found.end
        assert schedule.window_at(found.start) == found
        assert schedule.window_at(found.end - 1) == found
        assert schedule.window_at(found.end) != found
        assert schedule.next_logout(when) == found.end
    following = schedule.next_logon(when)
    assert following >= when
    assert (following == when) == (found is not None)
    assert schedule.takes_logon(following)
    assert following - when <= 8 * 24 * 3600 * SECOND


class TestInASession:
    HOURS = Schedule(start=dt.time(8), end=dt.time(17), logon=dt.time(9), logout=dt.time(16))

    def peer(self, when: str, stored: Stored | None = None, role: Role = Role.ACCEPTOR) -> Counterparty:
        return Counterparty(settings(role=role, schedule=self.HOURS), stored=stored, at=at(when)).connect()

    def test_numbers_of_the_same_session_go_on(self) -> None:
        peer = self.peer("2026-11-20T12:00Z", Stored(5, 5, at("2026-11-20T08:30Z")), Role.INITIATOR)
        assert peer.heard() == ["35=A|34=5|98=0|108=30"]

    def test_numbers_of_another_session_start_anew(self) -> None:
        peer = self.peer("2026-11-20T12:00Z", Stored(5, 5, at("2026-11-19T12:00Z")), Role.INITIATOR)
        assert peer.heard() == ["35=A|34=1|98=0|108=30"]
        assert peer.told(NumbersReset) == [NumbersReset("schedule")]
        assert peer.store.stored == Stored(2, 1, at("2026-11-20T12:00Z"))

    @pytest.mark.parametrize(
        "when", ["2026-11-20T07:00Z", "2026-11-20T08:30Z", "2026-11-20T16:30Z", "2026-11-20T18:00Z"]
    )
    def test_outside_of_the_hours_nobody_logs_on(self, when: str) -> None:
        initiator = self.peer(when, role=Role.INITIATOR)
        assert (initiator.heard(), initiator.session.state) == ([], State.CLOSED)
        acceptor = self.peer(when).say("35=A|34=1|98=0|108=30")
        assert (acceptor.heard(), acceptor.session.state) == ([], State.CLOSED)
        assert not acceptor.told(LoggedOn)

    def test_who_is_early_and_logs_on_in_time_is_of_this_session(self) -> None:
        """The numbers belong to the session in which the Logon came, not to the moment of the connection."""
        peer = self.peer("2026-11-20T08:59:55Z", Stored(5, 5, at("2026-11-19T12:00Z")))
        peer.pass_time(6)
        peer.say("35=A|34=1|98=0|108=30")
        assert peer.heard() == ["35=A|34=1|98=0|108=30"]
        assert peer.store.stored == Stored(2, 2, at("2026-11-20T08:59:55Z"))

    @pytest.mark.parametrize("stored", ["2026-11-19T12:00Z", "2026-11-20T12:00Z"])
    def test_a_session_that_began_between_connection_and_logon(self, stored: str) -> None:
        midnight = settings(schedule=Schedule())
        peer = Counterparty(midnight, stored=Stored(5, 5, at(stored)), at=at("2026-11-20T23:59:55Z")).connect()
        peer.pass_time(6)
        peer.say("35=A|34=1|98=0|108=30")
        assert peer.heard() == ["35=A|34=1|98=0|108=30"]
        assert peer.store.stored == Stored(2, 2, at("2026-11-21T00:00:01Z"))
        again = Counterparty(midnight, store=peer.store, at=at("2026-11-21T12:00Z")).connect()
        again.say("35=A|34=2|98=0|108=30")
        assert again.heard() == ["35=A|34=2|98=0|108=30"]
        assert again.told(NumbersReset) == []

    def test_hours_that_began_between_connection_and_logon(self) -> None:
        early = settings(schedule=Schedule(start=dt.time(8), end=dt.time(17)))
        peer = Counterparty(early, stored=Stored(5, 5, at("2026-11-19T12:00Z")), at=at("2026-11-20T07:59:55Z"))
        peer.connect().pass_time(6)
        peer.say("35=A|34=1|98=0|108=30").hang_up()
        again = Counterparty(early, store=peer.store, at=at("2026-11-20T12:00Z")).connect()
        again.say("35=A|34=2|98=0|108=30")
        assert again.heard() == ["35=A|34=2|98=0|108=30"]

    def test_a_strangers_logon_at_midnight_resets_nothing(self) -> None:
        stored = Stored(5, 5, at("2026-11-20T12:00Z"))
        peer = Counterparty(settings(schedule=Schedule()), stored=stored, at=at("2026-11-20T23:59:55Z")).connect()
        peer.pass_time(6)
        peer.say("35=A|34=1|49=WHO|98=0|108=30")
        assert peer.store.stored == stored

    @pytest.mark.parametrize("role", Role)
    def test_when_the_hours_end_we_log_out(self, role: Role) -> None:
        peer = self.peer("2026-11-20T15:00Z", role=role).say("35=A|34=1|98=0|108=0")
        peer.heard()
        peer.pass_time(3599)
        assert peer.session.is_logged_on
        peer.pass_time(1)
        assert peer.heard() == ["35=5|34=2"]
        peer.say("35=5|34=2")
        assert peer.told(LoggedOut) == [LoggedOut("", by_peer=False)]
        assert peer.told(Closed)[0].error is None

    def test_a_clock_that_was_set_back_only_wakes_too_early(self) -> None:
        peer = self.peer("2026-11-20T15:00Z").say("35=A|34=1|98=0|108=0")
        deadline = peer.session.next_deadline()
        assert deadline == 3600
        peer.session.handle_deadline(3600, at("2026-11-20T15:30Z"))
        assert peer.session.is_logged_on
        assert peer.session.next_deadline() == 3600 + 1800

    def test_a_flood_does_not_make_the_hours_longer(self) -> None:
        peer = self.peer("2026-11-20T15:59Z").say("35=A|34=1|98=0|108=0")
        peer.heard()
        for n in range(2, 70):
            peer.now += 1
            peer.at += SECOND
            peer.say(f"35=D|34={n}|11=x")
        assert peer.heard() == ["35=5|34=2"]
        assert peer.session.is_closed
