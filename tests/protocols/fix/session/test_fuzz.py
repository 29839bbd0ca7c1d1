"""Whatever comes, at whatever state, in whatever pieces.

The invariant: no call raises; what is told is one of the documented events; after a Closed there is silence; the
numbers never move backwards but by a reset that was told; every message of ours can be read, is numbered as the store
says, and has no number twice. (That what is kept is bounded is in the tests of bad input.)
"""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.protocols.fix.dictionary import Rules, Validator, builtin
from barterpy.protocols.fix.framing import Framer
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.session import Closed, LoggedOn, NumbersReset, Role, SessionEvent, Stored
from tests.protocols.fix.session.counterparty import AT, Counterparty, frame, settings

VALIDATORS = {version: Validator(builtin(version), rules=Rules.strict()) for version in ("FIX.4.0", "FIX.4.4")}
EVENTS = get_args(SessionEvent)
TAGS = st.sampled_from(
    [7, 10, 11, 16, 34, 35, 36, 43, 45, 49, 52, 55, 56, 58, 95, 96, 97, 98, 108, 112, 122, 123, 141, 789]
)
VALUES = st.one_of(
    st.sampled_from(["", "Y", "N", "0", "1", "2", "3", "9", "-1", "999999", "A", "5", "4", "US", "THEM"]),
    st.sampled_from(["20231114-22:13:20", "20231114-22:13:20.000", "20010101-00:00:00", "99999999-99:99:99"]),
    st.integers(-5, 10**12).map(str),
    st.text(st.characters(blacklist_characters="\x01|", max_codepoint=300), max_size=5),
)
TYPES = st.sampled_from([*"0123455AD8", "AE", "*", ""])
NUMBERS = st.integers(0, 12)
FIELDS = st.lists(st.tuples(TAGS, VALUES), max_size=5)


def text_of(kind: str, number: int, fields: list[tuple[int, str]]) -> str:
    more = "".join(f"|{tag}={value}" for tag, value in fields)
    return f"35={kind}|34={number}|49=THEM|52=20231114-22:13:20|56=US{more}"


WHOLE = st.builds(text_of, TYPES, NUMBERS, FIELDS)
LIKELY = st.sampled_from(
    [
        "35=A|34=1|49=THEM|52=20231114-22:13:20|56=US|98=0|108=30",
        "35=A|34=1|49=THEM|52=20231114-22:13:20|56=US|98=0|108=30|141=Y",
        *(f"35=0|34={n}|49=THEM|52=20231114-22:13:20|56=US" for n in range(2, 7)),
        *(f"35=D|34={n}|49=THEM|52=20231114-22:13:20|56=US|11=x" for n in range(2, 7)),
        "35=2|34=3|49=THEM|52=20231114-22:13:20|56=US|7=1|16=0",
        "35=4|34=4|43=Y|49=THEM|52=20231114-22:13:20|56=US|36=7|123=Y",
    ]
)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Messages, whole or broken at a byte, and rubbish between them."""
    parts: list[bytes] = []
    for _ in range(draw(st.integers(0, 12))):
        data = frame(draw(st.one_of(LIKELY, WHOLE)), draw(st.sampled_from(["FIX.4.4"] * 5 + ["FIX.4.0", "FIXT.1.1"])))
        if draw(st.integers(0, 5)) == 0:
            place = draw(st.integers(0, len(data) - 1))
            data = data[:place] + bytes([draw(st.integers(0, 255))]) + data[place + draw(st.integers(0, 2)) :]
        parts.append(data)
        if draw(st.integers(0, 7)) == 0:
            parts.append(draw(st.binary(max_size=20)))
    return b"".join(parts)


def holds(peer: Counterparty, before: Stored | None) -> Stored | None:
    """Check the invariant; gives where the numbers are now."""
    assert all(isinstance(event, EVENTS) for event in peer.events)
    assert len(peer.told(Closed)) == peer.session.is_closed
    if peer.session.is_closed:
        assert isinstance(peer.events[-1], Closed)
        assert peer.session.next_deadline() is None
    stored = peer.store.stored
    if before is not None and stored is not None and not peer.told(NumbersReset):
        assert stored.next_in >= before.next_in
        assert stored.next_out >= before.next_out
    framer = Framer()
    framer.feed(peer.wire())
    last = None if before is None else before.next_out - 1
    for raw in framer.frames():
        assert isinstance(raw, bytes)
        message = Message(raw)
        assert (message.text(49), message.text(56)) == ("US", "THEM")
        if not message.boolean(43, False):
            number = message.seq_num
            assert last is None or number == last + 1 or (number == 1 and message.msg_type == "A")
            last = number
    if last is not None:
        assert stored is not None
        assert stored.next_out == last + 1
    assert framer.pending == 0
    return stored


@pytest.mark.parametrize("strict", [False, True], ids=["no dictionary", "dictionary"])
@pytest.mark.parametrize("role", Role)
@given(data=streams(), logged_on=st.booleans(), piece=st.sampled_from([1, 7, 100_000]))
def test_whatever_comes(strict: bool, role: Role, data: bytes, logged_on: bool, piece: int) -> None:
    peer = Counterparty(
        settings(role=role, validator=VALIDATORS["FIX.4.4"] if strict else None, max_early=4, show_inbound=strict)
    )
    if logged_on:
        peer.log_on().order("a")
    else:
        peer.connect()
    stored = holds(peer, None)
    for start in range(0, len(data), piece):
        peer.send_raw(data[start : start + piece])
        if piece > 1 or start % 50 == 0:
            stored = holds(peer, stored)
    stored = holds(peer, stored)
    peer.pass_time(100)
    stored = holds(peer, stored)
    peer.hang_up()
    holds(peer, stored)
    assert peer.session.is_closed


@given(data=streams(), seq=st.integers(1, 9), seqs=st.integers(1, 9))
def test_in_pieces_or_whole_is_the_same(data: bytes, seq: int, seqs: int) -> None:
    """How a stream was cut changes how many messages come together, and nothing else."""
    told: list[object] = []
    for piece in (1, 100_000):
        peer = Counterparty(settings(), stored=Stored(seq, seqs, AT)).connect()
        for start in range(0, len(data), piece):
            peer.send_raw(data[start : start + piece])
        others = [repr(event) for event in peer.events if not hasattr(event, "messages")]
        told.append((peer.delivered(), others, peer.wire(), peer.store.stored))
    assert told[0] == told[1]


@given(version=st.sampled_from(["FIX.4.0", "FIX.4.4"]), texts=st.lists(st.one_of(LIKELY, WHOLE), max_size=15))
def test_good_frames_of_any_content(version: str, texts: list[str]) -> None:
    peer = Counterparty(settings(version, validator=VALIDATORS[version])).connect()
    stored = None
    for text in texts:
        peer.send_raw(frame(text, version))
        stored = holds(peer, stored)
    assert len(peer.told(LoggedOn)) <= len(texts)


IN_ORDER = st.sampled_from(
    [
        "35=0|34={n}",
        "35=1|34={n}|112=x",
        "35=1|34={n}",
        "35=2|34={n}|7=1|16=0",
        "35=4|34={n}|36={later}|123=Y",
        "35=4|34={n}|36={later}",
        "35=3|34={n}|45=1",
        "35=D|34={n}|11=x",
        "35=D|34={n}|11=x|43=Y|122=20231114-22:13:20",
        "35=D|34={n}|54=?",
        "35=A|34=1|98=0|108=30|141=Y",
    ]
)


@pytest.mark.parametrize("strict", [False, True], ids=["no dictionary", "dictionary"])
@pytest.mark.parametrize("role", Role)
@given(steps=st.lists(st.tuples(IN_ORDER, st.sampled_from([0] * 9 + [1, 3])), min_size=4, max_size=25))
def test_a_long_conversation(strict: bool, role: Role, steps: list[tuple[str, int]]) -> None:
    """Numbers that are right more often than not: it goes on, where most of what is made up ends soon."""
    peer = Counterparty(settings(role=role, validator=VALIDATORS["FIX.4.4"] if strict else None)).log_on()
    stored = holds(peer, None)
    for place, (text, ahead) in enumerate(steps):
        number = peer.session.next_in + ahead
        peer.say(text.format(n=number, later=number + 2))
        if place % 3 == 0 and peer.session.is_logged_on:
            peer.order(str(place))
        stored = holds(peer, stored)
    assert peer.session.is_logged_on
