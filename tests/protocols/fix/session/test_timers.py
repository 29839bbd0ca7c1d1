"""When nothing happens: heartbeats, test requests and the ends of patience, in virtual time."""

from typing import Any

import pytest

from barterpy.errors import TransportTimeout
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session import Closed, Hooks, Role, State
from tests.protocols.fix.session.counterparty import SECOND, Counterparty, settings


def beating(interval: int = 6, **changes: Any) -> Counterparty:
    peer = Counterparty(settings(**changes)).connect().say(f"35=A|34=1|98=0|108={interval}")
    peer.heard()
    return peer


def test_a_heartbeat_each_interval_of_silence_of_ours() -> None:
    peer = beating()
    assert peer.session.next_deadline() == 6
    peer.pass_time(5.9)
    assert peer.heard() == []
    peer.pass_time(0.1).say("35=0|34=2")
    assert peer.heard() == ["35=0|34=2"]
    peer.pass_time(6).say("35=0|34=3")
    assert peer.heard() == ["35=0|34=3"]


def test_whatever_we_send_is_a_sign_of_life() -> None:
    peer = beating()
    peer.pass_time(5)
    peer.session.send(Outgoing("D", {11: "x"}), peer.now, peer.at)
    peer.pump()
    peer.say("35=0|34=2")
    peer.heard()
    peer.pass_time(5.9)
    assert peer.heard() == []
    peer.pass_time(0.1)
    assert peer.heard() == ["35=0|34=3"]


def test_silence_is_asked_about_twice_and_then_the_end() -> None:
    """The whole of the acceptance scenario 6, each thing at its time."""
    peer = beating()
    peer.pass_time(6)
    assert peer.heard() == ["35=0|34=2"]
    peer.say("35=0|34=2")
    peer.pass_time(7.1)
    assert peer.heard() == ["35=0|34=3"]
    peer.pass_time(0.1)
    assert peer.heard() == ["35=1|34=4|112=TEST"]
    peer.say("35=0|34=3|112=TEST")
    peer.pass_time(6)
    assert peer.heard() == ["35=0|34=5"]
    peer.say("35=0|34=4")
    peer.pass_time(7.2)
    assert peer.heard() == ["35=0|34=6", "35=1|34=7|112=TEST"]
    peer.pass_time(7.1)
    assert peer.heard() == []  # while a TestRequest is open there are no heartbeats
    assert peer.session.is_logged_on
    peer.pass_time(0.1)
    assert peer.session.is_closed
    (closed,) = peer.told(Closed)
    assert isinstance(closed.error, TransportTimeout)
    assert peer.session.next_deadline() is None


def test_a_test_request_is_answered_at_once() -> None:
    peer = beating().say("35=1|34=2|112=HELLO", "35=1|34=3|112=")
    assert peer.heard() == ["35=0|34=2|112=HELLO", "35=0|34=3|112="]


def test_no_interval_no_heartbeats() -> None:
    peer = beating(0)
    assert peer.session.next_deadline() is None
    peer.pass_time(100_000)
    assert peer.heard() == []
    assert peer.session.is_logged_on


def test_an_id_of_ones_own() -> None:
    class Named(Hooks):
        def make_test_id(self) -> str:
            return "are you there"

    class Broken(Hooks):
        def make_test_id(self) -> str:
            raise LookupError

    for hooks, text in ((Named(), "are you there"), (Broken(), "TEST")):
        peer = Counterparty(settings(), hooks=hooks).connect().say("35=A|34=1|98=0|108=6")
        peer.pass_time(7.2)
        assert peer.heard()[-1].endswith(f"112={text}")


def test_other_factors() -> None:
    peer = beating(10, test_request_after=2.0, disconnect_after=5.0)
    peer.pass_time(20)
    assert peer.heard() == ["35=0|34=2", "35=1|34=3|112=TEST"]
    peer.pass_time(29)
    assert peer.heard() == ["35=1|34=4|112=TEST"]
    peer.pass_time(1)
    assert peer.session.is_closed


@pytest.mark.parametrize("role", Role)
def test_a_logon_that_does_not_come(role: Role) -> None:
    peer = Counterparty(settings(role=role)).connect()
    peer.heard()
    peer.pass_time(9.9)
    assert not peer.session.is_closed
    peer.pass_time(0.1)
    assert peer.session.is_closed
    assert peer.heard() == []
    assert isinstance(peer.told(Closed)[0].error, TransportTimeout)


def test_a_slow_logon_does_not_get_more_time() -> None:
    peer = Counterparty(settings()).connect()
    for byte in peer.write("35=A|34=1|98=0|108=30")[:12]:
        peer.send_raw(bytes([byte])).pass_time(1)
    assert peer.session.is_closed


def test_a_logout_that_is_not_answered() -> None:
    peer = beating()
    peer.session.logout(peer.now, peer.at, "bye")
    peer.pump()
    assert peer.heard() == ["35=5|34=2|58=bye"]
    peer.pass_time(1.9)
    assert peer.session.state is State.LOGGING_OUT
    peer.pass_time(0.1)
    assert peer.told(Closed) == [Closed("the Logout was not answered", None)]


def test_a_busy_inbound_side_does_not_keep_our_heartbeats_back() -> None:
    """An adapter which is busy reading finds no time for deadlines."""
    peer = beating(3)
    for n in range(2, 40):
        peer.now += 0.25
        peer.at += SECOND // 4
        peer.say(f"35=D|34={n}|11=x")
    assert len(peer.heard()) == 3


def test_what_was_read_and_not_yet_looked_at_is_no_silence() -> None:
    peer = beating(3)
    peer.session.receive_data(peer.write("35=D|34=2|11=x"), peer.now, peer.at)
    peer.now += 100  # the application took its time
    peer.at += 100 * SECOND
    peer.session.handle_deadline(peer.now, peer.at)
    assert peer.session.is_logged_on
    peer.pump()
    assert peer.delivered() == ["D2"]


def test_a_piece_of_a_message_is_no_sign_of_life() -> None:
    peer = beating(3)
    for _ in range(3):
        peer.pass_time(2.4)
        peer.send_raw(b"8")
    assert peer.session.is_closed


def test_too_early_is_harmless() -> None:
    peer = beating()
    for _ in range(3):
        peer.session.handle_deadline(peer.now, peer.at)
    peer.pump()
    assert peer.heard() == []


def test_a_flood_does_not_keep_us_from_logging_out() -> None:
    """He who never answers our Logout and never stops sending is left all the same, by an adapter that only reads."""
    peer = beating()
    peer.session.logout(peer.now, peer.at)
    for n in range(2, 30):
        peer.now += 0.1
        peer.at += SECOND // 10
        peer.say(f"35=D|34={n}|11=x")
    assert peer.session.is_closed
    assert peer.delivered() == [f"D{n}" for n in range(2, 22)]


def test_an_answer_that_was_read_too_late_still_counts() -> None:
    peer = beating()
    peer.session.logout(peer.now, peer.at)
    peer.pump()
    peer.now += 100
    peer.at += 100 * SECOND
    peer.say("35=5|34=2")
    assert peer.told(Closed) == [Closed("logged out", None)]
