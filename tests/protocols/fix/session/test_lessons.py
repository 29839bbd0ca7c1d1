"""What has gone wrong for users of other engines, each once: the name says what they saw, the test that ours does not.

Each is a public complaint: project and issue number stand beside it.
"""

from typing import Any

import pytest

from barterpy.protocols.fix.checksum import checksum_field
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session import (
    Closed,
    GapFilled,
    Hooks,
    Inbound,
    LoggedOn,
    Messages,
    NumbersReset,
    Rejected,
    ResendRefused,
    Role,
    Stored,
)
from tests.protocols.fix.session.counterparty import AT, Counterparty, settings

DUP = "43=Y|122=20231114-22:13:20.000"


def test_a_callback_that_raises_silences_nobody() -> None:
    """quickfix in Python: a ValueError in fromApp, and no heartbeat and no answer ever after."""

    class Raises(Hooks):
        def on_inbound(self, message: Message) -> None:
            if message.msg_type == "8":
                raise ValueError

    peer = Counterparty(settings(), hooks=Raises()).log_on()
    peer.say("35=8|34=2|37=x", "35=1|34=3|112=alive", "35=D|34=4|11=x")
    assert peer.heard()[-1] == "35=0|34=3|112=alive"
    assert peer.delivered() == ["D4"]
    peer.pass_time(30)
    assert peer.heard() == ["35=0|34=4"]


def test_a_message_that_was_held_back_can_be_told_from_one_that_was_sent() -> None:
    """quickfixn 413."""

    class Holds(Hooks):
        def on_outbound(self, outgoing: Outgoing, resend: bool) -> bool:
            return outgoing.get(11) != "no"

    peer = Counterparty(settings(), hooks=Holds()).log_on()
    assert peer.session.send(Outgoing("D", {11: "no"}), 0, AT) is None
    assert peer.session.send(Outgoing("D", {11: "yes"}), 0, AT) == 2


def test_a_storm_of_resend_requests_can_be_refused() -> None:
    """quickfixj 667."""
    peer = Counterparty(settings(resend_limit=10), stored=Stored(50_000, 1, AT)).log_on()
    for n in range(2, 12):
        peer.say(f"35=2|34={n}|7=1|16=0")
    assert len(peer.heard()) == 10
    assert len(peer.told(ResendRefused)) == 10


def test_the_application_sees_a_fill_that_is_rejected_for_a_tag() -> None:
    """quickfix 637 and 184: an execution report with a field the dictionary lacks was rejected, and lost."""

    class Dictionary:
        @property
        def data_fields(self) -> dict[int, int]:
            return {}

        def check(self, message: Message) -> Rejected | None:
            return Rejected(message, 0, 9999, "Invalid tag number") if 9999 in message else None

        def match(self, raw: bytes) -> None:
            return None

    peer = Counterparty(settings(validator=Dictionary(), show_inbound=True)).log_on().say("35=8|34=2|37=fill|9999=x")
    shown, rejected = peer.events
    assert isinstance(shown, Inbound)
    assert (shown.message.text(37), shown.problem) == ("fill", "Invalid tag number")
    assert isinstance(rejected, Rejected)
    assert rejected.message.text(37) == "fill"


def test_without_a_dictionary_an_unknown_tag_is_nobodys_trouble() -> None:
    """quickfixj 106."""
    assert Counterparty(settings()).log_on().say("35=8|34=2|37=fill|9999=x").delivered() == ["82"]


def test_a_number_too_low_after_a_restart_says_what_is_expected() -> None:
    """quickfixgo 431, quickfixj 656: reconnecting for ever, with the same wrong number."""
    peer = Counterparty(settings(), stored=Stored(9, 40, AT)).connect().say("35=A|34=3|98=0|108=30")
    assert peer.heard() == ["35=5|34=9|58=MsgSeqNum too low, expecting 40 but received 3"]
    (closed,) = peer.told(Closed)
    assert "expecting 40" in closed.reason


def test_a_reset_has_a_visible_cause() -> None:
    """quickfix 592."""
    causes: list[str] = []
    for policy, number in (("reset_on_logon", 1), ("reset_on_logout", 5), ("reset_on_disconnect", 5)):
        changes: dict[str, Any] = {policy: True}
        peer = Counterparty(settings(**changes), stored=Stored(5, 5, AT)).connect()
        peer.say(f"35=A|34={number}|98=0|108=30", f"35=5|34={number + 1}")
        causes += [event.cause for event in peer.told(NumbersReset)]
        assert peer.store.stored == (Stored(3, 3, AT) if policy == "reset_on_logon" else Stored(1, 1, AT))
    assert causes == ["logon", "logout", "disconnect"]


def test_an_initiator_resets_on_each_connection_where_it_says_so() -> None:
    """quickfixgo 625."""
    peer = Counterparty(settings(role=Role.INITIATOR, reset_on_logon=True)).connect()
    for _ in range(3):
        assert peer.heard() == ["35=A|34=1|98=0|108=30|141=Y"]
        peer.say("35=A|34=1|98=0|108=30|141=Y", "35=0|34=2").hang_up()
        peer = Counterparty(settings(role=Role.INITIATOR, reset_on_logon=True), store=peer.store).connect()


def test_a_logout_behind_a_gap_loses_no_message() -> None:
    """quickfixn 896."""
    peer = Counterparty(settings()).log_on().say("35=D|34=4|11=late", "35=5|34=5")
    assert peer.session.is_closed
    again = Counterparty(settings(), store=peer.store).connect().say("35=A|34=6|98=0|108=30")
    assert again.heard()[-1] == "35=2|34=5|7=2|16=0"
    again.say(
        f"35=D|34=2|{DUP}|11=a", f"35=D|34=3|{DUP}|11=b", f"35=D|34=4|{DUP}|11=late", f"35=4|34=5|{DUP}|36=6|123=Y"
    )
    assert again.delivered() == ["D2", "D3", "D4"]


def test_two_sides_with_gaps_do_not_ask_each_other_for_ever() -> None:
    """jspurefix 20."""
    left = Counterparty(settings(role=Role.INITIATOR), stored=Stored(9, 2, AT)).connect()
    right = Counterparty(settings(), stored=Stored(9, 2, AT)).connect()
    for _ in range(10):
        for one, other in ((left, right), (right, left)):
            data = one.wire().replace(b"49=US", b"49=XX").replace(b"56=THEM", b"56=US").replace(b"49=XX", b"49=THEM")
            other.send_raw(_summed(data))
    assert left.session.is_logged_on
    assert right.session.is_logged_on
    assert left.session.next_out == right.session.next_in == 11
    assert right.session.next_out == left.session.next_in == 11
    assert len(left.told(GapFilled)) == len(right.told(GapFilled)) == 1


def _summed(data: bytes) -> bytes:
    """The same messages with the right checksums."""
    heads = data.split(b"\x0110=")[:-1]
    out = b""
    for place, head in enumerate(heads):
        body = (head if place == 0 else head[4:]) + b"\x01"
        out += body + checksum_field(body)
    return out


def test_no_resend_request_right_after_a_reset() -> None:
    """artio 185."""
    peer = Counterparty(settings(role=Role.INITIATOR, reset_on_logon=True), stored=Stored(70, 90, AT)).connect()
    peer.heard()
    peer.say("35=A|34=1|98=0|108=30|141=Y", "35=0|34=2")
    assert peer.heard() == []
    assert peer.told(LoggedOn)[0].reset


def test_the_numbers_of_gap_fills() -> None:
    """jspurefix 83, quickfixn 278 and 309, quickfixj 48: 34 is the first number passed over, 36 the next that comes."""
    peer = Counterparty(settings()).log_on()
    peer.say("35=1|34=2|112=a")
    peer.order("x")
    peer.say("35=1|34=3|112=b", "35=1|34=4|112=c")
    peer.heard()
    peer.say("35=2|34=5|7=1|16=0")
    assert peer.heard() == [
        f"35=4|34=1|{DUP}|36=3|123=Y",
        f"35=D|34=3|{DUP}|11=x|55=BTC",
        f"35=4|34=4|{DUP}|36=6|123=Y",
    ]


def test_a_gap_fill_is_no_reset() -> None:
    """IronFix 9: a fill that came too high moved the number, and what was missing was never asked for."""
    peer = Counterparty(settings()).log_on().say("35=4|34=5|36=9|123=Y")
    assert peer.heard() == ["35=2|34=2|7=2|16=0"]
    assert peer.session.next_in == 2


def test_heartbeats_under_constant_traffic() -> None:
    """quickfixn 57: whoever reads all the time forgets to speak."""
    peer = Counterparty(settings()).connect().say("35=A|34=1|98=0|108=1")
    peer.heard()
    for n in range(2, 102):
        peer.now += 0.1
        peer.at += 100_000_000
        peer.say(f"35=D|34={n}|11=x")
    assert [text[:4] for text in peer.heard()] == ["35=0"] * 9


@pytest.mark.parametrize("interval", [1, 3, 30])
def test_heartbeats_are_not_late(interval: int) -> None:
    """quickfixn 775, jspurefix 38: the deadline is the moment itself, not the next tick of a second."""
    peer = Counterparty(settings()).connect().say(f"35=A|34=1|98=0|108={interval}")
    assert peer.session.next_deadline() == interval


def test_a_price_is_the_text_it_came_as() -> None:
    """quickfix 33 and 83: 1.233 became 1.2329999999999999."""
    peer = Counterparty(settings()).log_on().say("35=D|34=2|11=x|44=1.233")
    (event,) = peer.told(Messages)
    assert str(event.messages[0].decimal(44)) == "1.233"
    peer.session.send(Outgoing.echo(event.messages[0]), peer.now, peer.at)
    peer.pump()
    assert peer.heard() == ["35=D|34=2|11=x|44=1.233"]


def test_a_message_in_a_data_field_is_not_taken_for_one() -> None:
    """simplefix 6, 11 and 16: a whole FIX message within 213, as drop copies have it."""
    inner = "8=FIX.4.4|9=5|35=5|10=160"
    peer = Counterparty(settings()).log_on()
    peer.send_raw(peer.write(f"35=D|34=2|212={len(inner)}|213={inner}|11=x"))
    (message,) = peer.told(Messages)[0].messages
    assert message.data(213) == inner.replace("|", "\x01").encode()
    assert peer.session.is_logged_on


def test_a_data_field_of_the_counterpartys_own() -> None:
    """nexus 429: a length field that no standard knows, and a separator in what it counts; sent again too."""

    class Dictionary:
        @property
        def data_fields(self) -> dict[int, int]:
            return {5001: 5002}

        def check(self, message: Message) -> None:
            return None

        def match(self, raw: bytes) -> None:
            return None

    peer = Counterparty(settings(validator=Dictionary())).log_on().say("35=D|34=2|5001=3|5002=a|b|11=x")
    message = peer.last_message()
    assert (message.data(5002), message.text(11)) == (b"a\x01b", "x")
    assert peer.session.is_logged_on
