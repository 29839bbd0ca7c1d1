"""The other side announces the end of the connection: told, or also answered by an orderly logout."""

from typing import Any

import pytest

from barterpy.protocols.fix import Message, PlannedEnd, SessionClosed
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session import Closed, EndAnnounced, Hooks, LoggedOut, Role, State
from tests.protocols.fix.session.counterparty import Counterparty, settings


class Announced(Hooks):
    def planned_end(self, message: Message) -> str | None:
        return message.get(148) if message.msg_type == "B" else None


def side(policy: Any, **more: Any) -> Counterparty:
    it = Counterparty(settings(role=Role.INITIATOR, on_planned_end=policy, **more), hooks=Announced())
    return it.log_on()


def test_told_and_nothing_else() -> None:
    it = side("tell").say("35=B|34=2|148=soon")
    assert it.told(EndAnnounced) == [EndAnnounced("soon")]
    assert it.session.is_logged_on
    assert it.heard() == []


def test_what_still_comes_is_handed_over_until_the_logout_is_answered() -> None:
    it = side("logout")
    it.order("a")
    it.say("35=B|34=2|148=soon", "35=8|34=3|11=a", "35=B|34=4|148=soon")
    assert it.heard() == ["35=D|34=2|11=a|55=BTC", "35=5|34=3"]
    assert it.session.state is State.LOGGING_OUT
    it.say("35=8|34=5|11=a", "35=5|34=6|58=bye")
    assert it.delivered() == ["B2", "83", "B4", "85"]
    assert it.told(LoggedOut) == [LoggedOut("", by_peer=False)]
    (closed,) = it.told(Closed)
    assert isinstance(closed.error, PlannedEnd)
    assert (closed.error.reason, closed.error.planned) == ("soon", True)
    assert (it.session.next_out, it.session.next_in) == (4, 7)  # the next logon goes on from here


def test_a_message_that_is_missing_before_the_announcement_is_had_first() -> None:
    it = side("logout").say("35=B|34=3|148=soon")
    assert it.heard() == ["35=2|34=2|7=2|16=0"]
    assert it.session.is_logged_on
    it.say("35=8|34=2|43=Y|122=20231114-22:13:20|11=a", "35=B|34=3|43=Y|122=20231114-22:13:20|148=soon")
    assert it.delivered() == ["82", "B3"]
    assert it.heard() == ["35=5|34=3"]


@pytest.mark.parametrize("silent", [False, True])
def test_the_end_is_planned_even_where_the_logout_is_not_answered(silent: bool) -> None:
    it = side("logout").say("35=B|34=2|148=soon")
    it = it.pass_time(2.5) if silent else it.hang_up()
    assert [type(event.error) for event in it.told(Closed)] == [PlannedEnd]


def test_what_is_sent_meanwhile_hears_why_not() -> None:
    it = side("logout").say("35=B|34=2|148=soon")
    with pytest.raises(PlannedEnd) as refused:
        it.order("late")
    assert refused.value.reason == "soon"
    with pytest.raises(PlannedEnd):
        it.session.send_many([Outgoing("D", {11: "late"})], it.now, it.at)
    assert it.session.next_out == 3  # no number was used


def test_an_announcement_behind_a_logout_of_ones_own_changes_nothing() -> None:
    it = side("logout")
    it.session.logout(it.now, it.at)
    it.pump().say("35=B|34=2|148=soon", "35=5|34=3")
    assert it.heard() == ["35=5|34=2"]
    assert [event.error for event in it.told(Closed)] == [None]
    with pytest.raises(SessionClosed) as refused:
        it.order("late")
    assert not refused.value.planned


def test_a_hook_that_fails_over_it_ends_nothing() -> None:
    class Fails(Hooks):
        def planned_end(self, message: Message) -> str | None:
            raise ValueError("mine")

    it = Counterparty(settings(role=Role.INITIATOR, on_planned_end="logout"), hooks=Fails()).log_on()
    it.say("35=B|34=2|148=soon")
    assert it.delivered() == ["B2"]
    assert it.session.is_logged_on
