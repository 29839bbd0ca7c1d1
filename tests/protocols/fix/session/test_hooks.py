"""Where the application takes part: it sees, refuses, signs and fails without harm to the session."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session import (
    ApplicationFailed,
    BusinessReject,
    EndAnnounced,
    Hooks,
    Inbound,
    Messages,
    Rejected,
    RejectMessage,
    RejectReceived,
    State,
    UnsupportedMessageType,
)
from tests.protocols.fix.session.counterparty import Counterparty, settings


class Inspecting(Hooks):
    """Sees every message, and does with it what a test says."""

    def __init__(self, act: Callable[[Message], None] = lambda message: None) -> None:
        self.act = act
        self.seen: list[str] = []

    def on_inbound(self, message: Message) -> None:
        self.seen.append(f"{message.msg_type}{message.seq_num}")
        self.act(message)


def raising(error: Exception) -> Inspecting:
    def act(message: Message) -> None:
        if message.get(11) == "bad":
            raise error

    return Inspecting(act)


def test_every_message_in_order_is_seen_before_it_is_acted_on() -> None:
    hooks = Inspecting()
    peer = Counterparty(settings(), hooks=hooks).log_on()
    peer.say("35=0|34=2", "35=D|34=3|11=a", "35=1|34=4|112=x", "35=D|34=6|11=c", "35=D|34=5|11=b", "35=5|34=7")
    assert hooks.seen == ["02", "D3", "14", "D5", "D6", "57"]
    assert peer.delivered() == ["D3", "D5", "D6"]


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (RejectMessage(5, 54), "35=3|34=2|45=3|58=Value is incorrect (out of range) for this tag|371=54|372=D|373=5"),
        (RejectMessage(text="not today"), "35=3|34=2|45=3|58=not today|372=D|373=99"),
        (RejectMessage(5, 54, "no", [(25016, -1117)]), "35=3|34=2|45=3|58=no|371=54|372=D|373=5|25016=-1117"),
        (UnsupportedMessageType(), "35=j|34=2|45=3|58=Unsupported Message Type|372=D|380=3"),
        (BusinessReject(2), "35=j|34=2|45=3|58=Unknown Security|372=D|380=2"),
        (BusinessReject(0, "no", 44), "35=j|34=2|45=3|58=no (44)|372=D|380=0"),
        (RejectMessage(text="a\x01b=c"), "35=3|34=2|45=3|58=a b=c|372=D|373=99"),
        (BusinessReject(text="a\x01b=c"), "35=j|34=2|45=3|58=a b=c|372=D|380=0"),
        (ZeroDivisionError(), "35=j|34=2|45=3|58=Application error|372=D|380=4"),
    ],
    ids=repr,
)
def test_a_message_is_refused(error: Exception, answer: str) -> None:
    peer = Counterparty(settings(), hooks=raising(error)).log_on()
    peer.say("35=D|34=2|11=good", "35=D|34=3|11=bad", "35=D|34=4|11=good")
    assert peer.heard() == [answer]
    assert peer.delivered() == ["D2", "D4"]
    assert len(peer.told(Rejected)) == 1


class TestFailures:
    """A callback that raises costs one message an answer, and nobody the session."""

    def test_it_is_reported(self) -> None:
        error = ZeroDivisionError()
        peer = Counterparty(settings(), hooks=raising(error)).log_on().say("35=D|34=2|11=bad")
        (failed,) = peer.told(ApplicationFailed)
        assert failed.error is error
        assert failed.message is not None
        assert failed.message.seq_num == 2

    def test_before_4_2(self) -> None:
        peer = Counterparty(settings("FIX.4.1"), hooks=raising(ZeroDivisionError())).log_on().say("35=D|34=2|11=bad")
        assert peer.heard() == ["35=3|34=2|45=2|58=Application error"]

    def test_log_out(self) -> None:
        peer = Counterparty(settings(on_application_error="logout"), hooks=raising(ZeroDivisionError())).log_on()
        peer.say("35=D|34=2|11=bad")
        assert peer.heard() == ["35=5|34=2|58=Application error"]
        assert peer.session.state is State.LOGGING_OUT
        assert peer.session.next_in == 2  # it comes again

    def test_ignore(self) -> None:
        peer = Counterparty(settings(on_application_error="ignore"), hooks=raising(ZeroDivisionError())).log_on()
        peer.say("35=D|34=2|11=bad")
        assert (peer.heard(), peer.delivered()) == ([], ["D2"])
        assert len(peer.told(ApplicationFailed)) == 1

    def test_what_the_session_must_do_it_does(self) -> None:
        def act(message: Message) -> None:
            raise ZeroDivisionError

        peer = Counterparty(settings(), hooks=Inspecting(act)).log_on()
        peer.say("35=1|34=2|112=x", "35=4|34=3|36=9|123=Y", "35=5|34=9")
        assert peer.heard() == ["35=0|34=2|112=x", "35=5|34=3"]
        assert len(peer.told(ApplicationFailed)) == 3

    @pytest.mark.parametrize(
        ("policy", "answer"),
        [
            ("reject", ["35=j|34=2|45=2|58=Application error|372=D|380=4"]),
            ("logout", ["35=5|34=2|58=Application error"]),
            ("ignore", []),
        ],
    )
    def test_of_a_handler(self, policy: str, answer: list[str]) -> None:
        peer = Counterparty(settings(on_application_error=policy)).log_on().say("35=D|34=2|11=x")
        peer.session.application_failed(ZeroDivisionError(), peer.last_message(), peer.now, peer.at)
        peer.pump()
        assert peer.heard() == answer
        assert len(peer.told(ApplicationFailed)) == 1
        assert peer.session.next_in == 3

    def test_of_a_validator(self) -> None:
        class Defective:
            data_fields: Mapping[int, int] = MappingProxyType({})

            def check(self, message: Message) -> None:
                if message.msg_type == "D":
                    raise ZeroDivisionError

            def match(self, raw: bytes) -> None:
                return None

        peer = Counterparty(settings(validator=Defective())).log_on().say("35=D|34=2|11=x", "35=1|34=3|112=y")
        assert (peer.delivered(), peer.heard()) == (["D2"], ["35=0|34=2|112=y"])
        assert len(peer.told(ApplicationFailed)) == 1

    def test_of_a_handler_after_the_end(self) -> None:
        peer = Counterparty(settings()).log_on().say("35=D|34=2|11=x").hang_up()
        peer.session.application_failed(ZeroDivisionError(), peer.last_message(), peer.now, peer.at)
        peer.pump()
        assert peer.heard() == []
        assert len(peer.told(ApplicationFailed)) == 1


class TestSending:
    def test_a_message_is_held_back(self) -> None:
        class NoOrders(Hooks):
            def on_outbound(self, outgoing: Outgoing, resend: bool) -> bool:
                return outgoing.msg_type != "D"

        peer = Counterparty(settings(), hooks=NoOrders()).log_on()
        messages = [Outgoing("D", {11: "x"}), Outgoing("F", {11: "y"})]
        assert peer.session.send(messages[0], peer.now, peer.at) is None
        assert peer.session.send_many(messages, peer.now, peer.at) == [None, 2]
        peer.pump()
        assert peer.heard() == ["35=F|34=2|11=y"]

    def test_several(self) -> None:
        peer = Counterparty(settings()).log_on()
        assert peer.session.send_many([Outgoing("D", {11: n}) for n in "ab"], peer.now, peer.at) == [2, 3]
        peer.pump()
        assert peer.heard() == ["35=D|34=2|11=a", "35=D|34=3|11=b"]


class TestShown:
    """Every message before any automatic answer, where the settings say so."""

    def test_what_will_be_answered_is_told_first(self) -> None:
        peer = Counterparty(settings(show_inbound=True)).log_on()
        peer.session.receive_data(peer.write("35=1|34=2|112=x"), peer.now, peer.at)
        (shown,) = peer.session.next_events(peer.now, peer.at)
        assert isinstance(shown, Inbound)
        assert (shown.message.msg_type, shown.problem) == ("1", "")
        peer.flush()
        assert peer.heard() == []
        peer.session.send(Outgoing("D", {11: "first"}), peer.now, peer.at)
        peer.pump()
        assert peer.heard() == ["35=D|34=2|11=first", "35=0|34=3|112=x"]

    def test_application_messages_come_once(self) -> None:
        peer = Counterparty(settings(show_inbound=True)).log_on().say("35=D|34=2|11=x")
        assert [type(event) for event in peer.events] == [Messages]


def test_a_reject_of_ours_is_told() -> None:
    peer = Counterparty(settings()).log_on().say("35=3|34=2|45=1|58=why")
    (event,) = peer.told(RejectReceived)
    assert event.message.text(58) == "why"
    assert (peer.heard(), peer.session.next_in) == ([], 3)


class TestPlannedEnd:
    class News(Hooks):
        def planned_end(self, message: Message) -> str | None:
            if message.get(148) == "fail":
                raise ZeroDivisionError
            return message.get(148) if message.msg_type == "B" else None

    def test_it_is_told_behind_its_message(self) -> None:
        peer = Counterparty(settings(), hooks=self.News()).log_on()
        for n in range(2, 30):
            peer.say(f"35=B|34={n}|148=maintenance in 10 min" if n in (5, 25) else f"35=D|34={n}|11=x")
        assert peer.told(EndAnnounced) == [EndAnnounced("maintenance in 10 min")] * 2
        assert len(peer.delivered()) == 28

    def test_a_hook_that_fails_costs_nothing(self) -> None:
        peer = Counterparty(settings(), hooks=self.News()).log_on().say("35=B|34=2|148=fail")
        assert peer.delivered() == ["B2"]
        assert len(peer.told(ApplicationFailed)) == 1
