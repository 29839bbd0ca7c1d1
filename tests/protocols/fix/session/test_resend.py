"""The other side asks for what we sent: application messages go again, the rest is filled, and storms are refused."""

import pytest

from barterpy.protocols.fix.outgoing import Outgoing, Value
from barterpy.protocols.fix.session import ApplicationFailed, Hooks, ResendRefused, ResendServed, Stored
from tests.protocols.fix.session.counterparty import AT, Counterparty, frame, settings

TIME = "20231114-22:13:20.000"
DUP = f"43=Y|122={TIME}"


def admin_and_orders() -> Counterparty:
    """1 Logon, 2-4 heartbeats, 5-6 orders, 7-8 heartbeats, 9 order."""
    peer = Counterparty(settings()).log_on().say(*(f"35=1|34={n}|112=HELLO" for n in (2, 3, 4)))
    peer.order("a")
    peer.order("b")
    peer.say(*(f"35=1|34={n}|112=HELLO" for n in (5, 6)))
    peer.order("c")
    peer.heard()
    return peer


FILL_2_4 = f"35=4|34=2|{DUP}|36=5|123=Y"
A, B, C = (f"35=D|34={n}|{DUP}|11={i}|55=BTC" for n, i in ((5, "a"), (6, "b"), (9, "c")))
FILL_7_8 = f"35=4|34=7|{DUP}|36=9|123=Y"


@pytest.mark.parametrize(
    ("begin", "end", "answer"),
    [
        (2, 4, [FILL_2_4]),
        (2, 6, [FILL_2_4, A, B]),
        (2, 8, [FILL_2_4, A, B, FILL_7_8]),
        (2, 9, [FILL_2_4, A, B, FILL_7_8, C]),
        (2, 0, [FILL_2_4, A, B, FILL_7_8, C]),
        (2, 999, [FILL_2_4, A, B, FILL_7_8, C]),
        (5, 5, [A]),
        (8, 9, [f"35=4|34=8|{DUP}|36=9|123=Y", C]),
        (1, 0, [f"35=4|34=1|{DUP}|36=5|123=Y", A, B, FILL_7_8, C]),
        (0, 0, [f"35=4|34=1|{DUP}|36=5|123=Y", A, B, FILL_7_8, C]),
        (-3, 1, [f"35=4|34=1|{DUP}|36=2|123=Y"]),
        (6, 5, []),
        (10, 0, []),
        (10, 12, []),
    ],
)
def test_ranges(begin: int, end: int, answer: list[str]) -> None:
    peer = admin_and_orders().say(f"35=2|34=7|7={begin}|16={end}")
    assert peer.heard() == answer
    assert peer.session.next_out == 10  # nothing of it has a number of its own
    peer.say("35=1|34=8|112=HELLO")
    assert peer.heard() == ["35=0|34=10|112=HELLO"]


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_in_parts_of_any_size(batch: int) -> None:
    peer = Counterparty(settings(resend_batch=batch)).log_on()
    for n in range(2, 12):
        if n % 3:
            peer.order(str(n))
        else:
            peer.say(f"35=1|34={peer.session.next_in}|112=x")
    peer.heard()
    peer.say(f"35=2|34={peer.session.next_in}|7=1|16=0")
    numbers = [(text[:9], text.split("|36=")[-1][:2] if "36=" in text else "") for text in peer.heard()]
    assert numbers == [
        ("35=4|34=1", "2|"),
        ("35=D|34=2", ""),
        ("35=4|34=3", "4|"),
        ("35=D|34=4", ""),
        ("35=D|34=5", ""),
        ("35=4|34=6", "7|"),
        ("35=D|34=7", ""),
        ("35=D|34=8", ""),
        ("35=4|34=9", "10"),
        ("35=D|34=1", ""),
        ("35=D|34=1", ""),
    ]
    assert peer.most_wanted <= batch
    assert peer.told(ResendServed) == [ResendServed(1, 11, 7)]


def test_a_request_is_served_whatever_its_own_number() -> None:
    peer = admin_and_orders().say("35=2|34=3|7=9|16=9")
    assert peer.heard() == [C]
    peer.say("35=2|34=90|7=9|16=9")
    assert peer.heard() == [C]
    assert peer.session.next_in == 7


@pytest.mark.parametrize("version", ["FIX.4.0", "FIX.4.1", "FIX.4.2"])
def test_an_old_infinity(version: str) -> None:
    peer = Counterparty(settings(version)).log_on()
    peer.order("a")
    peer.heard()
    peer.say("35=2|34=2|7=2|16=999999")
    time = TIME if version == "FIX.4.2" else "20231114-22:13:20"
    assert peer.heard() == [f"35=D|34=2|43=Y|122={time}|11=a|55=BTC"]


def test_both_sides_ask_at_once() -> None:
    peer = Counterparty(settings()).log_on()
    peer.order("a")
    peer.order("b")
    peer.say("35=0|34=7")
    assert peer.heard()[2:] == ["35=2|34=4|7=2|16=0"]
    peer.say("35=2|34=8|7=2|16=3")
    assert peer.heard() == [f"35=D|34=2|{DUP}|11=a|55=BTC", f"35=D|34=3|{DUP}|11=b|55=BTC"]
    peer.say(*(f"35=0|34={n}|{DUP}" for n in range(2, 7)))
    assert peer.session.next_in == 8
    peer.say("35=5|34=8")
    assert peer.heard() == ["35=5|34=5"]


def test_to_the_byte_with_all_the_header_had() -> None:
    peer = Counterparty(settings(sender_sub_id="desk")).log_on()
    header: dict[int, Value] = {97: True, 115: "CLIENT"}
    outgoing = Outgoing("D", [(55, "BTC"), (11, "x"), Outgoing.group(453, [[(448, "p"), (447, "D")]])], header=header)
    peer.session.send(outgoing, peer.now, peer.at)
    peer.flush()
    first = "35=D|34=2|{}49=US|50=desk|52={}|56=THEM|97=Y|115=CLIENT|{}11=x|55=BTC|453=1|448=p|447=D"
    assert peer.wire() == frame(first.format("", TIME, ""))
    peer.pass_time(20)
    peer.say("35=2|34=2|7=2|16=2")
    assert peer.wire() == frame(first.format("43=Y|", "20231114-22:13:40.000", f"122={TIME}|"))


def test_without_persistence_all_is_filled() -> None:
    peer = Counterparty(settings(persist=False)).log_on()
    peer.order("a")
    peer.order("b")
    peer.heard()
    peer.say("35=2|34=2|7=1|16=0")
    assert peer.heard() == [f"35=4|34=1|{DUP}|36=4|123=Y"]
    assert peer.store.messages == {}


def test_what_the_store_has_lost_is_filled() -> None:
    peer = admin_and_orders()
    del peer.store.messages[6]
    del peer.store.messages[5]
    peer.say("35=2|34=7|7=5|16=9")
    assert peer.heard() == [f"35=4|34=5|{DUP}|36=9|123=Y", C]


def test_what_was_not_asked_for_is_not_sent() -> None:
    peer = admin_and_orders()
    peer.session.receive_data(peer.write("35=2|34=7|7=5|16=6"), peer.now, peer.at)
    assert peer.session.next_events(peer.now, peer.at) == []
    assert peer.session.wanted() == (5, 6)
    peer.session.provide(peer.store.read(1, 99), peer.now, peer.at)
    peer.pump()
    assert peer.heard() == [A, B]


def test_nothing_else_is_handled_before_it_is_served() -> None:
    peer = admin_and_orders()
    data = peer.write("35=2|34=7|7=9|16=9") + peer.write("35=1|34=8|112=AFTER")
    peer.session.receive_data(data, peer.now, peer.at)
    assert peer.session.next_events(peer.now, peer.at) == []
    assert peer.session.next_events(peer.now, peer.at) == []
    peer.flush()
    assert peer.heard() == []
    peer.pump()
    assert peer.heard() == [C, "35=0|34=10|112=AFTER"]


def test_providing_what_nobody_wants_is_harmless() -> None:
    peer = admin_and_orders()
    peer.session.provide([(5, b"")], peer.now, peer.at)
    peer.pump()
    assert peer.heard() == []


class TestRefusing:
    def test_by_a_limit(self) -> None:
        peer = Counterparty(settings(resend_limit=2), stored=Stored(1000, 1, AT)).log_on()
        peer.say("35=2|34=2|7=1|16=999")
        assert peer.heard() == [f"35=4|34=1|{DUP}|36=1000|123=Y"]
        assert peer.told(ResendRefused) == [ResendRefused(1, 999)]
        peer.say("35=2|34=3|7=999|16=1000")
        assert peer.told(ResendServed) == [ResendServed(999, 1000, 0)]

    def test_by_a_hook(self) -> None:
        class Once(Hooks):
            def __init__(self) -> None:
                self.asked: list[tuple[int, int]] = []

            def on_resend_request(self, begin: int, end: int) -> bool:
                self.asked.append((begin, end))
                return len(self.asked) == 1

        hooks = Once()
        peer = Counterparty(settings(), hooks=hooks).log_on()
        peer.order("a")
        peer.heard()
        peer.say(*(f"35=2|34={n}|7=1|16=0" for n in range(2, 5)))
        again = [f"35=4|34=1|{DUP}|36=2|123=Y", f"35=D|34=2|{DUP}|11=a|55=BTC"]
        fill = f"35=4|34=1|{DUP}|36=3|123=Y"
        assert peer.heard() == [*again, fill, fill]
        assert hooks.asked == [(1, 2)] * 3

    def test_a_hook_that_fails_refuses_nothing(self) -> None:
        class Broken(Hooks):
            def on_resend_request(self, begin: int, end: int) -> bool:
                raise ZeroDivisionError

        peer = Counterparty(settings(), hooks=Broken()).log_on()
        peer.order("a")
        peer.heard()
        peer.say("35=2|34=2|7=2|16=2")
        assert len(peer.heard()) == 1
        assert len(peer.told(ApplicationFailed)) == 1

    def test_single_messages(self) -> None:
        class NoStaleOrders(Hooks):
            def on_outbound(self, outgoing: Outgoing, resend: bool) -> bool:
                if resend and b"11=b\x01" in (outgoing.raw_body or b""):
                    raise ZeroDivisionError
                return not (resend and b"11=a\x01" in (outgoing.raw_body or b""))

        peer = Counterparty(settings(), hooks=NoStaleOrders()).log_on()
        for identity in "abc":
            peer.order(identity)
        peer.heard()
        peer.say("35=2|34=2|7=2|16=0")
        assert peer.heard() == [f"35=4|34=2|{DUP}|36=4|123=Y", f"35=D|34=4|{DUP}|11=c|55=BTC"]
        assert len(peer.told(ApplicationFailed)) == 1
