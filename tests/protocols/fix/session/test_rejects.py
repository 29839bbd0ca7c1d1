"""Rejects: what each version writes, when a number is used up by one, and the way back of routed messages."""

from dataclasses import dataclass

import pytest

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.session import (
    BusinessRejectReason,
    Rejected,
    SessionRejectReason,
    State,
)
from tests.protocols.fix.session.counterparty import Counterparty, frame, settings


@dataclass
class Problem:
    reason: int | None
    tag: int | None
    text: str
    business: bool = False


class Judge:
    """A validator that has one thing against every message with a field 999."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.data_fields: dict[int, int] = {}

    def check(self, message: Message) -> Problem | None:
        return self.problem if 999 in message else None

    def match(self, raw: bytes) -> None:
        return None


def judged(version: str, problem: Problem) -> Counterparty:
    return Counterparty(settings(version, validator=Judge(problem))).log_on()


@pytest.mark.parametrize(
    ("version", "answer"),
    [
        ("FIX.4.0", "35=3|34=2|45=2|58=Invalid tag number (999)"),
        ("FIX.4.1", "35=3|34=2|45=2|58=Invalid tag number (999)"),
        ("FIX.4.2", "35=3|34=2|45=2|58=Invalid tag number|371=999|372=D|373=0"),
        ("FIX.4.3", "35=3|34=2|45=2|58=Invalid tag number|371=999|372=D|373=0"),
        ("FIX.4.4", "35=3|34=2|45=2|58=Invalid tag number|371=999|372=D|373=0"),
        ("FIXT.1.1", "35=3|34=2|45=2|58=Invalid tag number|371=999|372=D|373=0"),
    ],
)
def test_each_version(version: str, answer: str) -> None:
    peer = judged(version, Problem(0, 999, "Invalid tag number")).say("35=D|34=2|999=x")
    assert peer.heard() == [answer]
    assert peer.delivered() == []
    (event,) = peer.told(Rejected)
    assert (event.reason, event.tag, event.text, event.business) == (0, 999, "Invalid tag number", False)
    assert peer.session.next_in == 3


@pytest.mark.parametrize(("version", "reason"), [("FIX.4.2", ""), ("FIX.4.3", "|373=13"), ("FIX.4.4", "|373=13")])
def test_reasons_that_4_2_does_not_know(version: str, reason: str) -> None:
    peer = judged(version, Problem(13, 40, "Tag appears more than once")).say("35=D|34=2|999=x")
    assert peer.heard() == [f"35=3|34=2|45=2|58=Tag appears more than once|371=40|372=D{reason}"]


def test_a_strange_type_is_named_as_it_came() -> None:
    peer = judged("FIX.4.4", Problem(11, None, "Invalid MsgType")).say("35=*|34=2|999=x")
    assert peer.heard() == ["35=3|34=2|45=2|58=Invalid MsgType|372=*|373=11"]


@pytest.mark.parametrize(
    ("version", "answer"),
    [
        ("FIX.4.1", "35=3|34=2|45=2|58=Unsupported Message Type"),
        ("FIX.4.2", "35=j|34=2|45=2|58=Unsupported Message Type|372=8|380=3"),
        ("FIX.4.4", "35=j|34=2|45=2|58=Unsupported Message Type|372=8|380=3"),
        ("FIXT.1.1", "35=j|34=2|45=2|58=Unsupported Message Type|372=8|380=3|1137=9"),
    ],
)
def test_a_problem_of_business(version: str, answer: str) -> None:
    peer = judged(version, Problem(3, None, "Unsupported Message Type", business=True)).say("35=8|34=2|999=x")
    assert peer.heard() == [answer]
    assert peer.session.next_in == 3


@pytest.mark.parametrize(
    ("version", "answer"),
    [
        ("FIX.4.0", "35=3|34=2|45=2|58=Unsupported message type"),
        ("FIX.4.1", "35=3|34=2|45=2|58=Unsupported message type"),
        ("FIX.4.2", "35=j|34=2|45=2|58=Unsupported Message Type|372=8|380=3"),
        ("FIXT.1.1", "35=j|34=2|45=2|58=Unsupported Message Type|372=8|380=3|1137=9"),
    ],
)
def test_the_application_does_not_know_a_type(version: str, answer: str) -> None:
    peer = Counterparty(settings(version)).log_on().say("35=8|34=2|37=x")
    message = peer.last_message()
    peer.session.business_reject(message, peer.now, peer.at)
    peer.flush()
    assert peer.heard() == [answer]
    assert peer.session.next_in == 3


def test_the_application_misses_a_field() -> None:
    peer = Counterparty(settings()).log_on().say("35=D|34=2|11=x")
    message = peer.last_message()
    reason = BusinessRejectReason.CONDITIONALLY_REQUIRED_FIELD_MISSING
    peer.session.business_reject(message, peer.now, peer.at, reason=reason, tag=44)
    peer.flush()
    assert peer.heard() == ["35=j|34=2|45=2|58=Conditionally Required Field Missing (44)|372=D|380=5"]


def test_the_application_rejects() -> None:
    peer = Counterparty(settings()).log_on().say("35=D|34=2|54=7")
    message = peer.last_message()
    peer.session.reject(message, peer.now, peer.at, reason=SessionRejectReason.VALUE_IS_INCORRECT, tag=54)
    peer.session.reject(message, peer.now, peer.at, text="no such side")
    peer.flush()
    assert peer.heard() == [
        "35=3|34=2|45=2|58=Value is incorrect (out of range) for this tag|371=54|372=D|373=5",
        "35=3|34=3|45=2|58=no such side|372=D|373=99",
    ]


def test_after_the_end_nothing_is_rejected() -> None:
    peer = Counterparty(settings()).log_on().say("35=D|34=2|54=7")
    message = peer.last_message()
    peer.hang_up()
    peer.session.reject(message, peer.now, peer.at)
    peer.session.business_reject(message, peer.now, peer.at)
    peer.pump()
    assert peer.wire() == b""


def test_before_the_logon_there_are_no_business_rejects_either() -> None:
    judge = Judge(Problem(3, None, "Unsupported Message Type", business=True))
    peer = Counterparty(settings(validator=judge)).connect().say("35=8|34=1|999=x")
    assert (peer.heard(), peer.session.state) == ([], State.CLOSED)


class TestNumbers:
    def test_only_the_expected_one_is_used_up(self) -> None:
        peer = judged("FIX.4.4", Problem(0, 999, "Invalid tag number"))
        peer.say("35=D|34=7|999=x", "35=D|34=1|999=x")
        assert [text[:14] for text in peer.heard()] == ["35=3|34=2|45=7", "35=3|34=3|45=1"]
        assert peer.session.next_in == 2

    @pytest.mark.parametrize("msg_type", ["A", "4"])
    def test_a_logon_and_a_sequence_reset_use_up_none(self, msg_type: str) -> None:
        peer = judged("FIX.4.4", Problem(0, 999, "Invalid tag number")).say(f"35={msg_type}|34=2|999=x")
        assert len(peer.heard()) == 1
        assert peer.session.next_in == 2

    def test_without_a_number_there_is_none_to_name(self) -> None:
        peer = judged("FIX.4.4", Problem(1, 34, "Required tag missing")).say("35=D|11=x|999=x")
        assert peer.heard() == ["35=3|34=2|58=Required tag missing|371=34|372=D|373=1"]


ROUTES = [
    ("115=JCD", "128=JCD"),
    ("128=JCD", "115=JCD"),
    ("115=JCD|116=CS", "128=JCD|129=CS"),
    ("128=JCD|129=CS", "115=JCD|116=CS"),
    ("115=JCD|116=CS|144=CHI", "128=JCD|129=CS|145=CHI"),
    ("128=JCD|129=CS|145=CHI", "115=JCD|116=CS|144=CHI"),
    ("115=|116=CS", "129=CS"),
]


@pytest.mark.parametrize(("there", "back"), ROUTES)
def test_a_reject_goes_back_the_way_the_message_came(there: str, back: str) -> None:
    peer = judged("FIX.4.4", Problem(5, 40, "Value is incorrect (out of range) for this tag"))
    peer.say(f"35=D|34=2|{there}|999=x")
    assert peer.heard() == [
        f"35=3|34=2|{back}|45=2|58=Value is incorrect (out of range) for this tag|371=40|372=D|373=5"
    ]


def test_4_0_knows_no_locations() -> None:
    peer = judged("FIX.4.0", Problem(0, 999, "Invalid tag number")).say("35=D|34=2|115=JCD|144=CHI|999=x")
    assert peer.heard() == ["35=3|34=2|128=JCD|45=2|58=Invalid tag number (999)"]


def test_business_rejects_are_not_routed() -> None:
    peer = judged("FIX.4.4", Problem(3, None, "Unsupported Message Type", business=True))
    peer.say("35=8|34=2|115=JCD|999=x")
    assert peer.heard() == ["35=j|34=2|45=2|58=Unsupported Message Type|372=8|380=3"]


class TestSessionRules:
    """What the session has against a message by itself: rejected, then logged out."""

    @pytest.mark.parametrize(
        ("ids", "logs_out"), [("49=WHO", True), ("56=WHO", True), ("49=WHO|56=WHO", True), ("49=THEM|56=US", False)]
    )
    def test_comp_ids(self, ids: str, logs_out: bool) -> None:
        peer = Counterparty(settings()).log_on().say(f"35=D|34=2|{ids}|11=x")
        expected = ["35=3|34=2|45=2|58=CompID problem|372=D|373=9", "35=5|34=3"] if logs_out else []
        assert peer.heard() == expected
        assert peer.session.state is (State.LOGGING_OUT if logs_out else State.LOGGED_ON)
        peer.say("35=5|34=3")
        assert peer.session.is_closed

    def test_comp_ids_where_they_are_not_checked(self) -> None:
        peer = Counterparty(settings(check_comp_ids=False)).log_on().say("35=D|34=2|49=WHO|11=x")
        assert peer.delivered() == ["D2"]

    @pytest.mark.parametrize(
        ("time", "good"),
        [
            ("20231114-22:11:19.000", False),
            ("20231114-22:11:20.000", True),
            ("20231114-22:15:20.000", True),
            ("20231114-22:15:21.000", False),
            ("20231114-22:15:20.000001", False),
            ("20231114-22:13:20", True),
            ("20231114-22:13:20.123456789", True),
            ("20231114-22:13:20X123", False),
            ("today", False),
            ("", False),
        ],
    )
    def test_sending_time(self, time: str, good: bool) -> None:
        peer = Counterparty(settings()).log_on().say("35=0|34=2", f"35=0|34=3|52={time}")
        expected = [] if good else ["35=3|34=2|45=3|58=SendingTime accuracy problem|372=0|373=10", "35=5|34=3"]
        assert peer.heard() == expected
        assert peer.session.next_in == 4

    def test_sending_time_where_it_is_not_checked(self) -> None:
        peer = Counterparty(settings(check_latency=False)).log_on().say("35=0|34=2|52=20010101-00:00:00")
        assert peer.heard() == []

    @pytest.mark.parametrize(
        ("text", "answer"),
        [
            ("35=1|34=2", "35=3|34=2|45=2|58=Required tag missing|371=112|372=1|373=1"),
            ("35=2|34=2|7=1", "35=3|34=2|45=2|58=Required tag missing|371=16|372=2|373=1"),
            ("35=2|34=2|7=x|16=0", "35=3|34=2|45=2|58=Incorrect data format for value|371=7|372=2|373=6"),
            ("35=4|34=2", "35=3|34=2|45=2|58=Required tag missing|371=36|372=4|373=1"),
            ("35=D|11=x", "35=3|34=2|58=Required tag missing|371=34|372=D|373=1"),
            ("35=D|34=two|11=x", "35=3|34=2|58=Incorrect data format for value|371=34|372=D|373=6"),
            ("35=D|34=1|43=maybe|11=x", "35=3|34=2|45=1|58=Incorrect data format for value|371=43|372=D|373=6"),
        ],
    )
    def test_fields_the_session_needs_itself(self, text: str, answer: str) -> None:
        peer = Counterparty(settings()).log_on().say(text)
        assert peer.heard() == [answer]
        assert peer.session.is_logged_on

    @pytest.mark.parametrize("missing", ["49", "52", "56"])
    def test_header_fields_the_session_needs_itself(self, missing: str) -> None:
        peer = Counterparty(settings()).log_on()
        header = {"49": "THEM", "52": "20231114-22:13:20", "56": "US"}
        del header[missing]
        text = "|".join(f"{tag}={value}" for tag, value in header.items())
        peer.send_raw(frame(f"35=D|34=2|{text}|11=x"))
        assert peer.heard() == [f"35=3|34=2|45=2|58=Required tag missing|371={missing}|372=D|373=1"]

    def test_another_version(self) -> None:
        peer = Counterparty(settings()).log_on()
        peer.send_raw(frame("35=1|34=2|49=THEM|52=20231114-22:13:20|56=US|112=id", "FIX.4.1"))
        assert peer.heard() == ["35=5|34=2|58=Incorrect BeginString"]
        peer.say("35=5|34=3")
        assert peer.session.is_closed

    def test_a_logout_of_another_version_is_one(self) -> None:
        peer = Counterparty(settings()).log_on()
        peer.send_raw(frame("35=5|34=2|49=THEM|52=20231114-22:13:20|56=US", "FIX.4.1"))
        assert peer.heard() == ["35=5|34=2"]
        assert peer.session.is_closed
