"""Logging on: every way in, in both roles and every version, and every way to be turned away."""

from typing import Any

import pytest

from barterpy.protocols.fix.errors import LogonRefused
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session import (
    ApplicationFailed,
    Closed,
    GapOpened,
    Hooks,
    LoggedOn,
    LoggedOut,
    NumbersReset,
    RejectMessage,
    Role,
    State,
    Stored,
)
from barterpy.protocols.fix.session.settings import BEGIN_STRINGS
from tests.protocols.fix.session.counterparty import AT, Counterparty, frame, settings


@pytest.mark.parametrize("version", BEGIN_STRINGS)
def test_an_acceptor_answers_a_logon(version: str) -> None:
    more = "|1137=9" if version == "FIXT.1.1" else ""
    peer = Counterparty(settings(version)).connect().say(f"35=A|34=1|98=0|108=30{more}")
    assert peer.heard() == [f"35=A|34=1|98=0|108=30{more}"]
    (event,) = peer.events
    assert isinstance(event, LoggedOn)
    assert (event.heartbeat, event.reset, event.message.seq_num) == (30, False, 1)
    assert (peer.session.next_in, peer.session.next_out) == (2, 2)


@pytest.mark.parametrize(
    ("version", "time"),
    [
        ("FIX.4.0", "20231114-22:13:20"),
        ("FIX.4.1", "20231114-22:13:20"),
        ("FIX.4.2", "20231114-22:13:20.000"),
        ("FIX.4.4", "20231114-22:13:20.000"),
    ],
)
def test_an_answer_to_the_byte(version: str, time: str) -> None:
    peer = Counterparty(settings(version)).connect().say("35=A|34=1|98=0|108=2")
    assert peer.wire() == frame(f"35=A|34=1|49=US|52={time}|56=THEM|98=0|108=2", version)


@pytest.mark.parametrize("version", BEGIN_STRINGS)
def test_an_initiator_logs_on(version: str) -> None:
    more = "|1137=9" if version == "FIXT.1.1" else ""
    peer = Counterparty(settings(version, Role.INITIATOR, heartbeat=10)).connect()
    assert peer.heard() == [f"35=A|34=1|98=0|108=10{more}"]
    assert peer.session.state is State.LOGGING_ON
    peer.say(f"35=A|34=1|98=0|108=10{more}")
    assert [type(event) for event in peer.events] == [LoggedOn]
    assert peer.heard() == []
    assert peer.session.is_logged_on


def test_sub_ids_and_credentials_are_in_every_logon() -> None:
    peer = Counterparty(
        settings(
            role=Role.INITIATOR,
            sender_sub_id="desk",
            target_sub_id="gate",
            sender_location_id="LDN",
            target_location_id="TYO",
            username="me",
            password="secret",
        )
    ).connect()
    assert peer.heard() == ["35=A|34=1|50=desk|57=gate|142=LDN|143=TYO|98=0|108=30|553=me|554=secret"]
    assert "secret" not in repr(peer.session.settings)


def test_an_acceptor_does_not_tell_its_credentials() -> None:
    peer = Counterparty(settings(username="me", password="secret")).connect().say("35=A|34=1|98=0|108=30")
    assert peer.heard() == ["35=A|34=1|98=0|108=30"]


class TestResets:
    def test_an_initiator_that_resets_says_so(self) -> None:
        peer = Counterparty(settings(role=Role.INITIATOR, reset_on_logon=True), stored=Stored(7, 9, AT)).connect()
        assert peer.heard() == ["35=A|34=1|98=0|108=30|141=Y"]
        assert [type(event) for event in peer.events] == [NumbersReset]
        peer.say("35=A|34=1|98=0|108=30|141=Y")
        assert (peer.session.next_out, peer.session.next_in) == (2, 2)
        assert len(peer.told(NumbersReset)) == 1
        assert peer.told(LoggedOn)[0].reset
        assert peer.heard() == []  # least of all a ResendRequest

    @pytest.mark.parametrize("policy", ["reset_on_logout", "reset_on_disconnect"])
    def test_numbers_that_are_new_are_said_to_be(self, policy: str) -> None:
        changes: dict[str, Any] = {policy: True}
        one = Counterparty(settings(role=Role.INITIATOR, **changes)).connect()
        assert one.heard() == ["35=A|34=1|98=0|108=30|141=Y"]
        other = Counterparty(settings(role=Role.INITIATOR, **changes), stored=Stored(2, 3, AT)).connect()
        assert other.heard() == ["35=A|34=2|98=0|108=30"]

    def test_an_acceptor_resets_when_it_is_told_to(self) -> None:
        peer = Counterparty(settings(), stored=Stored(7, 9, AT)).connect().say("35=A|34=1|98=0|108=30|141=Y")
        assert peer.heard() == ["35=A|34=1|98=0|108=30|141=Y"]
        assert [type(event) for event in peer.events] == [NumbersReset, LoggedOn]
        assert peer.store.stored == Stored(2, 2, AT)

    def test_an_acceptor_that_resets_does_not_say_so_unasked(self) -> None:
        peer = Counterparty(settings(reset_on_logon=True), stored=Stored(7, 9, AT)).connect()
        peer.say("35=A|34=1|98=0|108=30")
        assert peer.heard() == ["35=A|34=1|98=0|108=30"]
        assert peer.store.stored == Stored(2, 2, AT)

    def test_a_reset_in_the_middle_of_a_session(self) -> None:
        peer = Counterparty(settings()).log_on().say(*(f"35=0|34={n}" for n in range(2, 10)), "35=1|34=10|112=1")
        assert peer.heard() == ["35=0|34=2|112=1"]
        peer.say("35=A|34=1|98=0|108=30|141=Y")
        assert peer.heard() == ["35=A|34=1|98=0|108=30|141=Y"]
        peer.say("35=1|34=2|112=1")
        assert peer.heard() == ["35=0|34=2|112=1"]

    def test_a_reset_forgets_what_waited(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=D|34=5|11=old")
        peer.say("35=A|34=1|98=0|108=30|141=Y", *(f"35=D|34={n}|11=new" for n in range(2, 6)))
        assert peer.delivered() == ["D2", "D3", "D4", "D5"]

    def test_the_other_side_resets_though_nobody_asked(self) -> None:
        peer = Counterparty(settings(role=Role.INITIATOR), stored=Stored(5, 5, AT)).connect()
        assert peer.heard() == ["35=A|34=5|98=0|108=30"]
        peer.say("35=A|34=1|98=0|108=30|141=Y")
        assert peer.heard() == ["35=A|34=1|98=0|108=30|141=Y"]
        assert peer.session.is_logged_on
        assert (peer.session.next_out, peer.session.next_in) == (2, 2)

    def test_a_refused_logon_resets_nothing(self) -> None:
        class NoEntry(Hooks):
            def check_logon(self, message: Message) -> None:
                raise LogonRefused("")

        peer = Counterparty(settings(), stored=Stored(7, 9, AT), hooks=NoEntry())
        peer.connect().say("35=A|34=1|98=0|108=30|141=Y")
        assert peer.store.stored == Stored(7, 9, AT)
        assert peer.heard() == []


class TestNumbers:
    def test_too_high_is_let_in_and_asked(self) -> None:
        peer = Counterparty(settings()).connect().say("35=A|34=5|98=0|108=30")
        assert peer.heard() == ["35=A|34=1|98=0|108=30", "35=2|34=2|7=1|16=0"]
        assert [type(event) for event in peer.events] == [LoggedOn, GapOpened]
        peer.say("35=4|34=1|43=Y|122=20231114-22:13:20.000|36=5|123=Y")
        assert peer.session.next_in == 6  # the Logon had waited, and only used up its number

    def test_too_low_is_told_what_is_expected(self) -> None:
        peer = Counterparty(settings(), stored=Stored(3, 9, AT)).connect().say("35=A|34=2|98=0|108=30")
        assert peer.heard() == ["35=5|34=3|58=MsgSeqNum too low, expecting 9 but received 2"]
        assert peer.session.is_closed
        assert peer.session.next_in == 9

    def test_too_low_with_a_possible_duplicate_is_no_way_in(self) -> None:
        peer = Counterparty(settings(), stored=Stored(3, 9, AT)).connect()
        peer.say("35=A|34=2|43=Y|122=20231114-22:13:20.000|98=0|108=30")
        assert peer.session.is_closed
        assert peer.heard() == []

    def test_the_numbers_go_on_where_they_were(self) -> None:
        peer = Counterparty(settings(), stored=Stored(7, 9, AT)).connect().say("35=A|34=9|98=0|108=30")
        assert peer.heard() == ["35=A|34=7|98=0|108=30"]
        assert peer.store.stored == Stored(8, 10, AT)


class TestNextExpected:
    """789: what is missing comes without a ResendRequest."""

    def test_both_say_what_they_expect(self) -> None:
        peer = Counterparty(settings(next_expected=True), stored=Stored(7, 9, AT)).connect()
        peer.say("35=A|34=9|98=0|108=30|789=7")
        assert peer.heard() == ["35=A|34=7|98=0|108=30|789=10"]

    def test_an_acceptor_sends_what_is_missing(self) -> None:
        peer = Counterparty(settings(next_expected=True)).log_on("|789=1")
        for identity in "abc":
            peer.order(identity)
        peer.hang_up()
        again = Counterparty(settings(next_expected=True), store=peer.store)
        again.connect().say("35=A|34=2|98=0|108=30|789=3")
        assert again.heard() == [
            "35=A|34=5|98=0|108=30|789=3",
            "35=D|34=3|43=Y|122=20231114-22:13:20.000|11=b|55=BTC",
            "35=D|34=4|43=Y|122=20231114-22:13:20.000|11=c|55=BTC",
        ]

    def test_an_acceptor_does_not_ask_when_it_has_said(self) -> None:
        peer = Counterparty(settings(next_expected=True)).connect().say("35=A|34=4|98=0|108=30|789=1")
        assert peer.heard() == ["35=A|34=1|98=0|108=30|789=1"]
        assert [type(event) for event in peer.events] == [LoggedOn, GapOpened]
        peer.say("35=D|34=1|43=Y|122=20231114-22:13:20.000|11=x", "35=4|34=2|43=Y|36=5|123=Y")
        assert (peer.delivered(), peer.session.next_in) == (["D1"], 5)

    def test_it_asks_where_the_other_side_knows_no_789(self) -> None:
        peer = Counterparty(settings(next_expected=True)).connect().say("35=A|34=4|98=0|108=30")
        assert peer.heard() == ["35=A|34=1|98=0|108=30|789=1", "35=2|34=2|7=1|16=0"]

    def test_an_initiator_sends_what_is_missing(self) -> None:
        peer = Counterparty(settings(role=Role.INITIATOR, next_expected=True), stored=Stored(4, 2, AT))
        peer.connect()
        assert peer.heard() == ["35=A|34=4|98=0|108=30|789=2"]
        peer.say("35=A|34=2|98=0|108=30|789=3")
        assert peer.heard() == ["35=4|34=3|43=Y|122=20231114-22:13:20.000|36=5|123=Y"]

    @pytest.mark.parametrize("role", Role)
    def test_more_than_was_ever_sent_cannot_be_expected(self, role: Role) -> None:
        peer = Counterparty(settings(role=role, next_expected=True)).connect()
        peer.say("35=A|34=1|98=0|108=30|789=40")
        (said,) = peer.heard()[1:]
        most = 2 if role is Role.INITIATOR else 1
        assert said == f"35=5|34=2|58=NextExpectedMsgSeqNum (789) too high, expecting at most {most} but received 40"


class TestFixt:
    def test_the_clients_version_is_answered(self) -> None:
        peer = Counterparty(settings("FIXT.1.1")).connect().say("35=A|34=1|98=0|108=30|1137=7")
        assert peer.heard() == ["35=A|34=1|98=0|108=30|1137=7"]

    def test_without_a_version_nobody_is_let_in(self) -> None:
        peer = Counterparty(settings("FIXT.1.1")).connect().say("35=A|34=1|98=0|108=30")
        assert peer.heard() == []
        assert peer.session.is_closed


class TestSigning:
    def test_the_signer_sees_the_header_as_it_goes_out(self) -> None:
        class Signer(Hooks):
            def sign_logon(self, outgoing: Outgoing, header: object) -> Outgoing:
                assert header == (
                    (35, b"A"),
                    (34, b"3"),
                    (49, b"US"),
                    (52, b"20231114-22:13:20.000"),
                    (56, b"THEM"),
                )
                return outgoing.with_fields([(96, b"a\x01b"), (553, "key")])

        peer = Counterparty(settings(role=Role.INITIATOR), hooks=Signer(), stored=Stored(3, 1, AT)).connect()
        assert peer.wire() == frame(
            "35=A|34=3|49=US|52=20231114-22:13:20.000|56=THEM|95=3|96=a\x01b|98=0|108=30|553=key"
        )

    def test_a_signer_that_fails_sends_nothing(self) -> None:
        class Broken(Hooks):
            def sign_logon(self, outgoing: Outgoing, header: object) -> Outgoing:
                raise RuntimeError("no key")

        peer = Counterparty(settings(role=Role.INITIATOR), hooks=Broken()).connect()
        assert peer.wire() == b""
        assert [type(event) for event in peer.events] == [ApplicationFailed, Closed]
        assert peer.session.is_closed

    def test_an_answer_that_cannot_be_signed_is_none(self) -> None:
        class Broken(Hooks):
            def sign_logon(self, outgoing: Outgoing, header: object) -> Outgoing:
                return outgoing.with_fields({553: "a\x01b"})

        peer = Counterparty(settings(), hooks=Broken()).connect().say("35=A|34=1|98=0|108=30")
        assert peer.wire() == b""
        assert [type(event) for event in peer.events] == [ApplicationFailed, Closed]
        assert not peer.told(LoggedOn)


def test_what_a_session_says_of_itself() -> None:
    peer = Counterparty(settings()).connect().say("35=A|34=1|98=0|108=20")
    assert peer.session.heartbeat == 20
    assert repr(peer.session) == "Session(FIX.4.4:US->THEM, logged on, next_out=2, next_in=2)"


class TestRefusals:
    def test_a_refusal_with_a_text_is_a_logout(self) -> None:
        class NoEntry(Hooks):
            def check_logon(self, message: Message) -> None:
                raise LogonRefused("signature is wrong")

        peer = Counterparty(settings(), hooks=NoEntry()).connect().say("35=A|34=1|98=0|108=30")
        assert peer.heard() == ["35=5|34=1|58=signature is wrong"]
        (closed,) = peer.told(Closed)
        assert isinstance(closed.error, LogonRefused)

    def test_a_refusal_may_be_a_reject_with_a_code_of_the_venue_s(self) -> None:
        class NoEntry(Hooks):
            def check_logon(self, message: Message) -> None:
                raise RejectMessage(99, 553, "who are you", [(25016, -2015)])

        peer = Counterparty(settings(), stored=Stored(7, 9, AT), hooks=NoEntry()).connect()
        peer.say("35=A|34=9|98=0|108=30")
        assert peer.heard() == ["35=3|34=7|45=9|58=who are you|371=553|372=A|373=99|25016=-2015"]
        (closed,) = peer.told(Closed)
        assert isinstance(closed.error, LogonRefused)
        assert peer.session.next_in == 9

    def test_a_check_that_fails_lets_nobody_in(self) -> None:
        class Broken(Hooks):
            def check_logon(self, message: Message) -> None:
                raise KeyError(553)

        peer = Counterparty(settings(), hooks=Broken()).connect().say("35=A|34=1|98=0|108=30")
        assert peer.heard() == []
        assert [type(event) for event in peer.events] == [ApplicationFailed, Closed]

    def test_an_interval_outside_of_the_bounds(self) -> None:
        peer = Counterparty(settings(heartbeat_range=(5, 60))).connect().say("35=A|34=1|98=0|108=61")
        assert peer.heard() == ["35=5|34=1|58=HeartBtInt must be from 5 to 60 seconds"]

    @pytest.mark.parametrize("role", Role)
    def test_a_negative_interval(self, role: Role) -> None:
        peer = Counterparty(settings(role=role, heartbeat_range=(-9, 9))).connect()
        peer.heard()
        peer.say("35=A|34=1|98=0|108=-1")
        assert peer.heard() == []
        assert peer.session.is_closed

    @pytest.mark.parametrize("answer", ["35=5|34=1|58=unknown user", "35=3|34=1|45=1|58=unknown user"])
    def test_an_initiator_is_told_why(self, answer: str) -> None:
        peer = Counterparty(settings(role=Role.INITIATOR)).connect().say(answer)
        (closed,) = peer.told(Closed)
        assert isinstance(closed.error, LogonRefused)
        assert closed.error.text == "unknown user"
        assert not peer.told(LoggedOut)

    def test_a_connection_that_ends_instead_of_an_answer(self) -> None:
        peer = Counterparty(settings(role=Role.INITIATOR)).connect().hang_up()
        assert isinstance(peer.told(Closed)[0].error, LogonRefused)
