"""What strangers, broken peers and broken clocks send, each by its name: a documented answer or a close, never more."""

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import LimitExceeded, RecordingError, TransportTimeout
from barterpy.protocols.fix.dictionary import Rules, Validator, builtin
from barterpy.protocols.fix.errors import FieldInvalid, Garbled, LogonRefused, SessionClosed
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session import Closed, GarbledIgnored, Hooks, Messages, Role, State, Stored
from barterpy.protocols.fix.session.gaps import MissingRange
from barterpy.protocols.fix.session.numbers import Numbers
from tests.protocols.fix.session.counterparty import AT, Counterparty, frame, settings

LOGON = "35=A|34=1|98=0|108=30"


def closed_in_silence(peer: Counterparty) -> bool:
    """Nothing was sent and no number was used; the end was told once."""
    return peer.heard() == [] and peer.session.is_closed and len(peer.told(Closed)) == 1 and peer.session.next_out == 1


def test_a_port_scan() -> None:
    assert closed_in_silence(Counterparty(settings()).connect().hang_up())


def test_a_silent_connection() -> None:
    peer = Counterparty(settings()).connect().pass_time(10)
    assert closed_in_silence(peer)
    assert isinstance(peer.told(Closed)[0].error, TransportTimeout)


def test_a_slow_logon() -> None:
    peer = Counterparty(settings()).connect()
    for byte in peer.write(LOGON):
        peer.send_raw(bytes([byte])).pass_time(0.5)
    assert closed_in_silence(peer)


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", bytes(range(256)) * 40],
    ids=["http", "tls", "bytes"],
)
def test_garbage_before_a_logon(garbage: bytes) -> None:
    """What holds no ``8=`` is dropped as it comes: the time for a Logon passes."""
    peer = Counterparty(settings()).connect().send_raw(garbage * 100).pass_time(10)
    assert closed_in_silence(peer)


def test_a_garbled_message_before_a_logon() -> None:
    peer = Counterparty(settings()).connect().send_raw(frame("35=A|34=1|nonsense|98=0"))
    assert closed_in_silence(peer)
    assert isinstance(peer.told(Closed)[0].error, Garbled)


@pytest.mark.parametrize("data", [b"8=FIX.4.4\x019=2147483648\x0135=A\x01", b"8=FIX.4.4\x019=00" + b"9" * 15 + b"\x01"])
def test_a_body_of_two_gigabytes(data: bytes) -> None:
    for peer in (Counterparty(settings()).connect(), Counterparty(settings()).log_on()):
        peer.send_raw(data)
        assert peer.session.is_closed
        assert isinstance(peer.told(Closed)[0].error, LimitExceeded)


def test_a_limit_does_not_swallow_what_came_before_it() -> None:
    peer = Counterparty(settings()).log_on()
    peer.send_raw(peer.write("35=D|34=2|11=x") + b"8=FIX.4.4\x019=2147483648\x0135=A\x01")
    assert peer.delivered() == ["D2"]
    assert peer.session.is_closed


def test_garbage_for_ever_keeps_nothing() -> None:
    peer = Counterparty(settings()).log_on()
    tracemalloc.start()
    for _ in range(100):
        peer.send_raw(b"x" * 65536)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_000_000
    assert peer.session.is_logged_on


@pytest.mark.parametrize("ids", ["49=WHO", "56=WHO", "49=US|56=THEM"])
def test_an_unknown_session(ids: str) -> None:
    assert closed_in_silence(Counterparty(settings()).connect().say(f"35=A|34=1|{ids}|98=0|108=30"))


@pytest.mark.parametrize("version", ["FIX.3.9", "FIX.4.2", "FIXT.1.1"])
def test_another_version(version: str) -> None:
    peer = Counterparty(settings()).connect()
    peer.send_raw(frame("35=A|34=1|49=THEM|52=20231114-22:13:20|56=US|98=0|108=30", version))
    assert closed_in_silence(peer)


@pytest.mark.parametrize("text", ["35=0|34=1", "35=D|34=1|11=x", "35=5|34=1", "35=3|34=1|45=1", "35=4|34=1|36=9"])
def test_a_first_message_that_is_no_logon(text: str) -> None:
    assert closed_in_silence(Counterparty(settings()).connect().say(text))


def test_a_second_logon_of_him_who_is_there() -> None:
    peer = Counterparty(settings()).log_on().say("35=A|34=2|98=0|108=30")
    assert (peer.heard(), peer.session.state) == ([], State.CLOSED)


def test_a_wrong_signature() -> None:
    class Checks(Hooks):
        def check_logon(self, message: Message) -> None:
            if message.get(554) != "right":
                raise LogonRefused("")

    assert closed_in_silence(Counterparty(settings(), hooks=Checks()).connect().say(LOGON + "|554=wrong"))
    assert Counterparty(settings(), hooks=Checks()).connect().say(LOGON + "|554=right").session.is_logged_on


@pytest.mark.parametrize("time", ["20010101-00:00:00", "20231114-22:11:19", "20231114-22:15:21", "never"])
def test_clock_skew_of_a_logon(time: str) -> None:
    assert closed_in_silence(Counterparty(settings()).connect().say(f"35=A|34=1|52={time}|98=0|108=30"))


def test_an_answer_from_a_clock_that_is_wrong() -> None:
    peer = Counterparty(settings(role=Role.INITIATOR)).connect()
    peer.heard()
    peer.say("35=A|34=1|52=20010101-00:00:00|98=0|108=30")
    assert (peer.heard(), peer.session.state) == ([], State.CLOSED)


@pytest.mark.parametrize("fields", ["98=0", "98=0|108=x", "98=0|108=", "98=0|108=-5", "98=0|108=30|141=maybe"])
def test_a_logon_that_says_no_sensible_interval_or_reset(fields: str) -> None:
    validator = Validator(builtin("FIX.4.4"), rules=Rules.strict())
    peer = Counterparty(settings(validator=validator)).connect().say(f"35=A|34=1|{fields}")
    assert closed_in_silence(peer)


def test_a_store_that_is_full_or_corrupt() -> None:
    """The adapter could not store: nothing more goes out, and the end says why."""
    peer = Counterparty(settings()).log_on()
    peer.session.send(Outgoing("D", {11: "x"}), peer.now, peer.at)
    error = RecordingError("session.store", "no space left")
    peer.session.abort(error, peer.now, peer.at)
    assert peer.session.next_events(peer.now, peer.at) == [Closed(str(error), error)]
    with pytest.raises(SessionClosed, match="no space left"):
        peer.session.send(Outgoing("D", {11: "y"}), peer.now, peer.at)


def test_messages_while_logging_out() -> None:
    """They may fill a gap, so they are taken; ours are not sent any more."""
    peer = Counterparty(settings()).log_on()
    peer.session.logout(peer.now, peer.at)
    peer.pump().say("35=D|34=2|11=x", "35=1|34=3|112=y", "35=5|34=4")
    assert peer.heard() == ["35=5|34=2", "35=0|34=3|112=y"]
    assert peer.delivered() == ["D2"]
    assert peer.store.stored == Stored(4, 5, AT)
    assert peer.told(Closed) == [Closed("logged out", None)]


@pytest.mark.parametrize("when", ["before", "while", "after"])
def test_sending_when_nobody_is_logged_on(when: str) -> None:
    peer = Counterparty(settings())
    if when != "before":
        peer.log_on().session.logout(peer.now, peer.at)
        peer.pump()
    if when == "after":
        peer.say("35=5|34=2")
    used = peer.session.next_out
    with pytest.raises(SessionClosed):
        peer.session.send(Outgoing("D", {11: "x"}), 0, AT)
    with pytest.raises(SessionClosed):
        peer.session.send_many([Outgoing("D", {11: "x"})], 0, AT)
    assert peer.session.next_out == used


def test_a_value_that_cannot_be_sent_uses_no_number() -> None:
    peer = Counterparty(settings()).log_on()
    with pytest.raises(FieldInvalid):
        peer.session.send(Outgoing("D", {11: "a\x01b=c"}), peer.now, peer.at)
    assert peer.session.send(Outgoing("D", {11: "ab"}), peer.now, peer.at) == 2


def test_a_logout_text_cannot_smuggle_fields() -> None:
    peer = Counterparty(settings()).log_on()
    peer.session.logout(peer.now, peer.at, "bye\x0134=9")
    peer.pump()
    assert peer.heard() == ["35=5|34=2|58=bye 34=9"]


def test_garbled_messages_of_one_who_is_logged_on_use_no_number() -> None:
    peer = Counterparty(settings()).log_on()
    bad = peer.write("35=D|34=2|11=x")
    for data in (bad[:-4] + b"999\x01"[-4:], frame("34=2|35=D|11=x"), frame("35=D|34=2|x=y"), frame("35=D|34=2||11=x")):
        peer.send_raw(data)
    assert len(peer.told(GarbledIgnored)) == 4
    assert (peer.heard(), peer.session.next_in) == ([], 2)
    peer.say("35=D|34=3|11=y")
    assert peer.heard() == ["35=2|34=2|7=2|16=0"]


@pytest.mark.parametrize("digits", [19, 400, 5000])
def test_numbers_beyond_all_measure(digits: int) -> None:
    """They would not fit into a store, nor, some of them, into a text."""
    huge = "9" * digits
    peer = Counterparty(settings()).log_on().say(f"35=D|34={huge}|11=x", f"35=4|34=0|36={huge}")
    assert [text[:9] for text in peer.heard()] == ["35=3|34=2", "35=3|34=3"]
    assert peer.session.next_in == 2
    peer.say(f"35=2|34=2|7=1|16={huge[:400]}", f"35=2|34=3|7={huge[:400]}|16={huge[:400]}")
    assert [text[:4] for text in peer.heard()] == ["35=4"]
    assert peer.session.is_logged_on


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("field", ["34", "108", "789"])
def test_a_logon_with_numbers_beyond_all_measure(role: Role, field: str) -> None:
    peer = Counterparty(settings(role=role, next_expected=True)).connect()
    peer.heard()
    fields = {"34": "1", "98": "0", "108": "30", "789": "1"} | {field: "9" * 400}
    peer.say("35=A|" + "|".join(f"{tag}={value}" for tag, value in fields.items()))
    said = ["35=5|34=2|58=HeartBtInt must be from 0 to 86400 seconds"] if field == "108" else []
    if role is Role.ACCEPTOR and said:
        said = ["35=5|34=1|58=HeartBtInt must be from 0 to 86400 seconds"]
    assert (peer.heard(), peer.session.state) == (said, State.CLOSED)


def test_a_flood_of_early_messages_is_kept_within_bounds() -> None:
    peer = Counterparty(settings(max_early=100)).log_on()
    tracemalloc.start()
    for start in range(3, 2_003, 500):
        peer.say(*(f"35=D|34={n}|11={'x' * 200}" for n in range(start, start + 500)))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peer.heard() == ["35=2|34=2|7=2|16=0"]
    assert kept < 1_000_000
    assert peer.told(Messages) == []


class Counted(dict[int, Message]):
    """Knows how often it was gone through."""

    rounds = 0

    def __iter__(self) -> Iterator[int]:
        self.rounds += 1
        return super().__iter__()


def test_what_waits_is_not_gone_through_for_each_message() -> None:
    """A gap that stays open would else make every message dearer, and all other sessions wait for this one."""
    peer = Counterparty(settings(max_early=1000)).log_on()
    kept = peer.session._core.gap.early = Counted()  # pyright: ignore[reportPrivateUsage]
    peer.say(*(f"35=D|34={n}|11=x" for n in range(10, 1100)), *(f"35=D|34={n}|11=x" for n in range(5000, 5500)))
    assert len(kept) == 1000
    then = "43=Y|122=20231114-22:13:20"
    peer.say(*(f"35=D|34={n}|{then}|11=y" for n in range(2, 8)), f"35=4|34=8|{then}|36=10|123=Y")
    assert peer.delivered() == [f"D{n}" for n in [*range(2, 8), *range(10, 1010)]]
    assert kept.rounds == 0
    assert not kept


@pytest.mark.parametrize("wrap", [None, 20])
@given(
    early=st.sets(st.integers(1, 19)),
    jumps=st.lists(st.integers(1, 6), max_size=8),
    start=st.integers(1, 19),
)
def test_what_waits_comes_in_its_turn_or_is_forgotten(
    wrap: int | None, early: set[int], jumps: list[int], start: int
) -> None:
    """By the definition: what is expected is taken, what is behind it goes."""
    numbers = Numbers(Stored(1, start, AT), wrap)
    gap = MissingRange(settings(sequence_wrap=wrap), numbers)
    message = Message(frame("35=D|34=1"))
    waiting: set[int] = set()
    for number in sorted(early):
        if numbers.ahead(number) > 0:
            gap.keep(number, message)
            waiting.add(number)
    for jump in jumps:
        for _ in range(jump):
            numbers.next_in = numbers.after(numbers.next_in)
        waiting = {number for number in waiting if numbers.ahead(number) >= 0}
        assert (gap.take() is not None) == (numbers.next_in in waiting)
        waiting.discard(numbers.next_in)
        assert gap.early.keys() == waiting  # pyright: ignore[reportPrivateUsage]
        assert gap._bytes == len(waiting) * len(message.raw)  # pyright: ignore[reportPrivateUsage]


def test_what_is_sent_after_the_end_is_not_looked_at() -> None:
    peer = Counterparty(settings()).log_on().hang_up()
    before = len(peer.events)
    peer.say("35=D|34=2|11=x", "35=5|34=3").hang_up().pass_time(100)
    peer.session.logout(peer.now, peer.at)
    peer.session.connected(peer.now, peer.at)
    peer.pump()
    assert (peer.heard(), len(peer.events)) == ([], before)


@pytest.mark.parametrize("flaw", ["checksum", "length", "field"])
def test_a_garbled_logon_ends_the_session_of_him_who_is_there(flaw: str) -> None:
    peer = Counterparty(settings()).log_on()
    data = peer.write("35=A|34=2|98=0|108=30")
    if flaw == "checksum":
        data = data[:-4] + (b"000\x01" if data[-4:] != b"000\x01" else b"001\x01")
    elif flaw == "length":
        data = b"8=FIX.4.4\x019=20\x01" + data[data.index(b"\x0135=") + 1 :]
    else:
        data = frame("35=A|34=2|x=y")
    peer.send_raw(data)
    assert (peer.heard(), peer.session.state) == ([], State.CLOSED)
    assert isinstance(peer.told(Closed)[0].error, Garbled)


@pytest.mark.parametrize("fault", ["a byte", "the end", "everything"])
def test_a_stored_message_that_is_damaged_is_neither_sent_nor_passed_over(fault: str) -> None:
    """A gap fill would say that there was no message, and sent again it would have a CheckSum that is right."""
    peer = Counterparty(settings()).log_on()
    for identity in "abc":
        peer.order(identity)
    peer.heard()
    raw = peer.store.messages[3]
    wrong = {"a byte": raw.replace(b"11=b", b"11=x"), "the end": raw[:-4], "everything": b"\0" * len(raw)}
    peer.store.messages[3] = wrong[fault]
    peer.say("35=2|34=2|7=1|16=0")
    assert [text[:9] for text in peer.heard()] == ["35=4|34=1", "35=D|34=2"]
    (closed,) = peer.told(Closed)
    assert str(closed.error) == "FIX store FIX.4.4:US->THEM: message 3 is damaged"
    assert peer.session.wanted() is None
