"""What a number means: in order, too high, too low, a duplicate, a gap fill, a reset."""

import pytest

from barterpy.errors import ConfigurationError, ProtocolError
from barterpy.protocols.fix.errors import SessionClosed
from barterpy.protocols.fix.session import Closed, GapFilled, GapOpened, LoggedOut, Role, State, Stored
from tests.protocols.fix.session.counterparty import AT, Counterparty, settings

TIME = "20231114-22:13:20.000"


class TestTooHigh:
    @pytest.mark.parametrize(
        ("version", "end"), [("FIX.4.0", 999999), ("FIX.4.1", 999999), ("FIX.4.2", 0), ("FIX.4.4", 0)]
    )
    def test_it_asks_for_all_that_follows(self, version: str, end: int) -> None:
        peer = Counterparty(settings(version)).log_on().say(*(f"35=0|34={n}" for n in (2, 3, 4, 10)))
        assert peer.heard() == [f"35=2|34=2|7=5|16={end}"]
        peer.say(*(f"35=0|34={n}" for n in range(5, 10)))
        assert peer.heard() == []
        assert peer.session.next_in == 11
        assert peer.told(GapOpened) == [GapOpened(5, 9)]
        assert peer.told(GapFilled) == [GapFilled(10)]

    def test_what_waited_comes_in_order(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=D|34=4|11=c", "35=D|34=3|11=b")
        assert peer.delivered() == []
        peer.say("35=D|34=2|11=a|43=Y|122=20231114-22:13:20.000")
        assert peer.delivered() == ["D2", "D3", "D4"]

    def test_it_asks_once(self) -> None:
        peer = Counterparty(settings()).log_on().say(*(f"35=D|34={n}|11=x" for n in range(5, 50)))
        assert peer.heard() == ["35=2|34=2|7=2|16=0"]

    def test_it_asks_each_time_where_the_settings_say_so(self) -> None:
        peer = Counterparty(settings(redundant_resend_requests=True)).log_on()
        peer.say("35=D|34=5|11=x", "35=D|34=6|11=x")
        assert peer.heard() == ["35=2|34=2|7=2|16=0", "35=2|34=3|7=2|16=0"]

    def test_a_second_gap_is_asked_for_after_the_first(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=D|34=4|11=x")
        peer.say("35=4|34=2|43=Y|36=4|123=Y", "35=D|34=8|11=y")
        assert peer.heard() == ["35=2|34=2|7=2|16=0", "35=2|34=3|7=5|16=0"]

    def test_a_rejected_fill_still_fills(self) -> None:
        """The queued one is answered before what comes later, whatever became of the fill."""
        peer = Counterparty(settings()).log_on().say("35=1|34=3|112=HELLO1")
        peer.say("35=4|34=2|43=Y|123=Y", "35=0|34=2", "35=1|34=4|112=HELLO2")
        assert peer.heard() == [
            "35=2|34=2|7=2|16=0",
            "35=3|34=3|45=2|58=Required tag missing|371=36|372=4|373=1",
            "35=0|34=4|112=HELLO1",
            "35=0|34=5|112=HELLO2",
        ]

    def test_where_nothing_is_resent_a_gap_is_the_end(self) -> None:
        peer = Counterparty(settings(on_gap="close")).log_on().say("35=D|34=3|11=x")
        assert peer.heard() == []
        (closed,) = peer.told(Closed)
        assert isinstance(closed.error, ProtocolError)
        assert closed.reason == "MsgSeqNum too high, expecting 2 but received 3"

    def test_a_heartbeat_that_waited_long_is_not_late(self) -> None:
        """Its SendingTime was looked at when it came."""
        peer = Counterparty(settings()).log_on().say("35=D|34=3|11=x")
        for _ in range(6):
            peer.pass_time(29)
            peer.say("35=2|34=9|7=1|16=1")  # served at once, and a sign of life
        peer.say("35=D|34=2|11=y")
        assert peer.delivered() == ["D2", "D3"]
        assert peer.session.is_logged_on


class TestChunks:
    def test_each_part_is_asked_for_when_the_one_before_is_there(self) -> None:
        peer = Counterparty(settings(resend_chunk=3)).log_on().say("35=D|34=10|11=x")
        assert peer.heard() == ["35=2|34=2|7=2|16=4"]
        peer.say("35=0|34=2", "35=0|34=3")
        assert peer.heard() == []
        peer.say("35=0|34=4")
        assert peer.heard() == ["35=2|34=3|7=5|16=7"]
        peer.say("35=4|34=5|43=Y|36=8|123=Y")
        assert peer.heard() == ["35=2|34=4|7=8|16=9"]
        peer.say("35=D|34=8|11=y", "35=D|34=9|11=z")
        assert peer.heard() == []
        assert peer.delivered() == ["D8", "D9", "D10"]
        assert peer.told(GapFilled) == [GapFilled(10)]

    def test_a_fill_over_several_parts(self) -> None:
        peer = Counterparty(settings(resend_chunk=3)).log_on().say("35=D|34=20|11=x", "35=4|34=2|43=Y|36=20|123=Y")
        assert peer.heard() == ["35=2|34=2|7=2|16=4"]
        assert peer.delivered() == ["D20"]


class TestBounds:
    def test_what_does_not_fit_is_asked_for_again(self) -> None:
        peer = Counterparty(settings(max_early=3)).log_on()
        peer.say(*(f"35=D|34={n}|11=x" for n in range(3, 12)), "35=D|34=2|11=x")
        assert peer.delivered() == ["D2", "D3", "D4", "D5"]
        peer.say("35=D|34=12|11=x")
        assert peer.heard() == ["35=2|34=2|7=2|16=0", "35=2|34=3|7=6|16=0"]
        peer.say(*(f"35=D|34={n}|43=Y|122={TIME}|11=x" for n in range(6, 13)))
        assert peer.delivered() == [f"D{n}" for n in range(2, 13)]

    def test_in_bytes(self) -> None:
        peer = Counterparty(settings(max_early_bytes=300)).log_on()
        peer.say(*(f"35=D|34={n}|11={'x' * 100}" for n in range(3, 6)), "35=D|34=2|11=x")
        assert peer.delivered() == ["D2", "D3"]


class TestTooLow:
    def test_it_ends_the_session(self) -> None:
        peer = Counterparty(settings()).log_on().say(*(f"35=0|34={n}" for n in (2, 3, 4, 2)))
        assert peer.heard() == ["35=5|34=2|58=MsgSeqNum too low, expecting 5 but received 2"]
        assert peer.session.is_closed
        assert isinstance(peer.told(Closed)[0].error, ProtocolError)

    @pytest.mark.parametrize("seq", [-5, 0, 1])
    def test_numbers_that_never_were(self, seq: int) -> None:
        peer = Counterparty(settings()).log_on().say(f"35=D|34={seq}|11=x")
        assert peer.heard() == [f"35=5|34=2|58=MsgSeqNum too low, expecting 2 but received {seq}"]

    def test_a_possible_duplicate_is_passed_over(self) -> None:
        peer = (
            Counterparty(settings()).log_on().say("35=D|34=2|11=x", f"35=D|34=2|43=Y|122={TIME}|11=x", "35=D|34=3|11=y")
        )
        assert peer.delivered() == ["D2", "D3"]
        assert peer.heard() == []

    def test_one_that_never_came_is_taken(self) -> None:
        peer = Counterparty(settings()).log_on().say(f"35=D|34=2|43=Y|122={TIME}|11=x")
        assert peer.delivered() == ["D2"]

    def test_a_duplicate_without_its_time(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=D|34=2|11=x", "35=D|34=3|11=x", "35=D|34=2|43=Y|11=x")
        assert peer.heard() == ["35=3|34=2|45=2|58=Required tag missing|371=122|372=D|373=1"]
        peer.say("35=1|34=4|112=HELLO")
        assert peer.heard() == ["35=0|34=3|112=HELLO"]

    def test_a_duplicate_from_the_future(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=D|34=2|11=x")
        peer.say("35=D|34=2|43=Y|122=20231114-22:13:30.000|11=x")
        assert peer.heard() == [
            "35=3|34=2|45=2|58=SendingTime accuracy problem|372=D|373=10",
            "35=5|34=3",
        ]
        assert peer.session.state is State.LOGGING_OUT
        peer.say("35=5|34=3")
        assert peer.session.is_closed

    def test_a_duplicate_whose_time_is_none(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=D|34=2|11=x", "35=D|34=2|43=Y|122=yesterday|11=x")
        assert peer.heard() == ["35=3|34=2|45=2|58=Incorrect data format for value|371=122|372=D|373=6"]


class TestGapFill:
    def test_in_order(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=4|34=2|36=20|123=Y", "35=1|34=20|112=HELLO")
        assert peer.heard() == ["35=0|34=2|112=HELLO"]

    def test_too_high(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=4|34=10|36=20|123=Y", "35=1|34=20|112=HELLO")
        assert peer.heard() == ["35=2|34=2|7=2|16=0"]
        assert peer.session.next_in == 2

    def test_too_low_with_a_possible_duplicate_needs_no_time(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=0|34=2", "35=4|34=2|43=Y|36=20|123=Y")
        assert (peer.heard(), peer.session.next_in) == ([], 3)

    def test_too_low(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=0|34=2", "35=4|34=2|36=20|123=Y")
        assert peer.heard() == ["35=5|34=2|58=MsgSeqNum too low, expecting 3 but received 2"]

    def test_backwards(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=0|34=2", "35=4|34=3|36=2|123=Y")
        assert peer.heard() == ["35=3|34=2|45=3|58=Value is incorrect (out of range) for this tag|372=4|373=5"]
        assert peer.session.next_in == 3


class TestReset:
    """123=N or absent: the message's own number means nothing."""

    @pytest.mark.parametrize("mode", ["", "|123=N"])
    def test_up(self, mode: str) -> None:
        peer = Counterparty(settings()).log_on().say(f"35=4|34=0|36=25{mode}", "35=1|34=25|112=HELLO")
        assert peer.heard() == ["35=0|34=2|112=HELLO"]

    def test_to_what_is_expected(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=4|34=0|36=2", "35=1|34=2|112=HELLO")
        assert peer.heard() == ["35=0|34=2|112=HELLO"]

    def test_down(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=0|34=2", "35=4|34=0|36=1")
        assert peer.heard() == ["35=3|34=2|45=0|58=Value is incorrect (out of range) for this tag|372=4|373=5"]
        assert peer.session.next_in == 3

    def test_it_ends_an_open_request(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=D|34=5|11=x", "35=4|34=0|36=5")
        assert peer.delivered() == ["D5"]
        assert peer.told(GapFilled) == [GapFilled(5)]


class TestOurReset:
    def test_both_sides_count_on_from_there(self) -> None:
        peer = Counterparty(settings()).log_on()
        peer.session.sequence_reset(50, peer.now, peer.at)
        peer.pump()
        assert peer.heard() == ["35=4|34=2|36=50|123=N"]
        assert peer.store.stored == Stored(50, 2, AT)
        peer.order("x")
        assert peer.heard() == ["35=D|34=50|11=x|55=BTC"]

    @pytest.mark.parametrize("following", [1, 2])
    def test_never_back(self, following: int) -> None:
        peer = Counterparty(settings()).log_on()
        with pytest.raises(ConfigurationError, match="can only grow"):
            peer.session.sequence_reset(following, peer.now, peer.at)
        assert peer.session.next_out == 2

    def test_only_while_logged_on(self) -> None:
        with pytest.raises(SessionClosed):
            Counterparty(settings()).session.sequence_reset(9, 0, AT)


class TestLogout:
    def test_both_sides_at_once(self) -> None:
        peer = Counterparty(settings()).log_on()
        peer.session.logout(peer.now, peer.at, "ours")
        peer.pump().say("35=5|34=2|58=theirs")
        assert peer.heard() == ["35=5|34=2|58=ours"]
        assert peer.told(LoggedOut) == [LoggedOut("ours", by_peer=False)]
        assert peer.told(Closed) == [Closed("logged out: ours", None)]

    @pytest.mark.parametrize("seq", [1, 2, 40])
    def test_it_is_obeyed_whatever_its_number(self, seq: int) -> None:
        peer = Counterparty(settings()).log_on().say(f"35=5|34={seq}")
        assert peer.heard() == ["35=5|34=2"]
        assert peer.session.is_closed

    def test_what_is_missing_before_it_is_not_lost(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=D|34=2|11=a", "35=5|34=4")
        assert peer.store.stored == Stored(3, 3, AT)
        again = Counterparty(settings(), store=peer.store).connect().say("35=A|34=5|98=0|108=30")
        assert again.heard() == ["35=A|34=3|98=0|108=30", "35=2|34=4|7=3|16=0"]


class TestWrap:
    """Numbers of 32 bits that begin again at 0."""

    def test_both_directions(self) -> None:
        top = 2**32 - 1
        peer = Counterparty(settings(sequence_wrap=top), stored=Stored(top, top, AT)).connect()
        peer.say(f"35=A|34={top}|98=0|108=30", "35=1|34=0|112=a", "35=1|34=1|112=b")
        assert peer.heard() == [f"35=A|34={top}|98=0|108=30", "35=0|34=0|112=a", "35=0|34=1|112=b"]
        assert peer.store.stored == Stored(2, 2, AT)

    def test_a_gap_over_the_end(self) -> None:
        top = 7
        peer = Counterparty(settings(sequence_wrap=top, role=Role.ACCEPTOR, resend_chunk=2), stored=Stored(1, 6, AT))
        peer.connect().say("35=A|34=6|98=0|108=30", "35=D|34=2|11=x")
        assert peer.heard()[1:] == ["35=2|34=2|7=7|16=0"]
        peer.say("35=D|34=7|11=y", "35=D|34=0|11=z")
        assert peer.heard() == ["35=2|34=3|7=1|16=1"]
        peer.say("35=D|34=1|11=w")
        assert peer.delivered() == ["D7", "D0", "D1", "D2"]

    def test_a_resend_over_the_end(self) -> None:
        peer = Counterparty(settings(sequence_wrap=15, resend_batch=2), stored=Stored(13, 1, AT)).connect()
        peer.say("35=A|34=1|98=0|108=30")
        for identity in "abcd":
            peer.order(identity)
        peer.heard()
        peer.say("35=2|34=2|7=13|16=1")
        assert [text.split("|122")[0] for text in peer.heard()] == [
            "35=4|34=13|43=Y",
            "35=D|34=14|43=Y",
            "35=D|34=15|43=Y",
            "35=D|34=0|43=Y",
            "35=D|34=1|43=Y",
        ]

    def test_the_bound_is_checked(self) -> None:
        with pytest.raises(ConfigurationError, match="sequence_wrap"):
            settings(sequence_wrap=1)
