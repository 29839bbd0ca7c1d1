"""The codec against bytes that nobody meant to send.

The invariant, whatever comes, whole or a byte at a time:

1. a framer gives whole messages and garbled units, or ends with LimitExceeded, and never raises anything else; what it
   gives does not depend on how the bytes were cut; it keeps no more than ``max_size`` bytes that are not a message;
2. what it gives as a message has the right length and checksum; a message with one byte changed is never among them;
3. such a message is garbled, or its fields are all of its bytes; a read by tag gives its type, FieldMissing or
   FieldInvalid, and a group its entries or one of the two; what is shown of it is one printable line;
4. its echo is a message with the same fields, or FieldInvalid.
"""

# ruff: noqa: PT017 - which of two outcomes comes is not known before; both are looked at

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import LimitExceeded
from barterpy.protocols.fix.checksum import checksum_field
from barterpy.protocols.fix.encoder import Encoder
from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing, Garbled
from barterpy.protocols.fix.framing import Framer, check_frame
from barterpy.protocols.fix.groups import EntryLayout
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.tags import DATA_FIELDS, HEADER_TAGS, TRAILER_TAGS

MAX = 400

VALID = [
    Message.from_text(text).raw
    for text in (
        b"35=0|34=2|49=A|52=20240101-00:00:00.123|56=B|",
        b"35=A|34=1|49=A|52=20240101-00:00:00|56=B|95=6|96=a=\x0110=|98=0|108=30|554=x|",
        b"8=FIX.4.2|35=D|34=3|49=A|52=20240101-00:00:00|56=B|97=Y|11=x|38=1.50|44=-2|54=1|55=B/U|60=20240101-00:00:00|",
        b"35=W|34=4|49=A|56=B|262=r|268=2|269=0|270=1|271=2|269=1|270=3|58=text|",
        b"8=FIXT.1.1|35=8|34=5|49=A|56=B|453=2|448=A|802=2|523=x|523=y|448=B|75=20240229|273=09:00:00|",
        b"35=C|34=6|49=A|56=B|43=Y|122=20240101-00:00:00|164=\xff\x80|93=3|89=a\x01b|",
    )
]
GROUPS = {268: EntryLayout({269, 270, 271}), 453: EntryLayout({448, 802}, {802: EntryLayout({523})})}

ELSEWHERE = {*HEADER_TAGS, *TRAILER_TAGS, *DATA_FIELDS}

Shown = bytes | tuple[str, int]


def fed(pieces: Sequence[bytes], max_size: int = MAX) -> tuple[list[Shown], str, int]:
    """What came, how it ended, and what is left."""
    framer = Framer(max_size)
    found: list[Shown] = []
    try:
        for piece in pieces:
            framer.feed(piece)
            found += ((one.reason, one.size) if isinstance(one, Garbled) else one for one in framer.frames())
            assert framer.pending <= max_size
    except LimitExceeded as error:
        assert error.limit == "max_message_size"
        return found, "limit", -1
    return found, "", framer.pending


def holds(data: bytes, cuts: Sequence[int]) -> None:
    """The whole invariant for one stream of bytes."""
    whole, end, left = fed([data])
    assert fed([data[at : at + 1] for at in range(len(data))]) == (whole, end, left)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    assert fed([data[start:stop] for start, stop in pairwise(places)]) == (whole, end, left)
    for frame in whole:
        if isinstance(frame, bytes):
            check_frame(frame)
            assert is_message(frame)
            assert frame in data
            holds_for(frame)


def is_message(frame: bytes) -> bool:
    """By the letter of FIX 4.4 volume 2, "Message format": counted and summed here, whatever the codec says."""
    begin, length, rest = frame.split(b"\x01", 2)
    body, _, checksum = rest.rpartition(b"10=")
    return (
        begin.startswith(b"8=")
        and length.startswith(b"9=")
        and body.startswith(b"35=")
        and body.endswith(b"\x01")
        and int(length[2:]) == len(body)
        and checksum == b"%03d\x01" % (sum(frame[: len(frame) - 7]) % 256)
    )


def holds_for(frame: bytes) -> None:
    """What holds of a message whose length and checksum are right."""
    try:
        message = Message(frame)
    except Garbled as garbled:
        assert garbled.size == len(frame)
        return
    fields = message.fields()
    assert [tag for tag, _ in fields[:3]] == [8, 9, 35]
    assert fields[-1][0] == 10
    assert b"".join(b"%d=%b\x01" % field for field in fields) == frame
    assert str(message).isprintable()
    for tag, _ in fields:
        reads_are_typed(message, tag)
    echo = Outgoing.echo(message, GROUPS)
    try:
        sent = Encoder("FIX.4.4", "A", "B").encode(echo, 1, 0)
    except FieldInvalid as error:
        assert error.tag in message
        return
    check_frame(sent)
    assert plain_fields(Message(sent)) == plain_fields(message)


def plain_fields(message: Message) -> list[tuple[int, bytes]]:
    """The body without what has a place elsewhere, and without lengths of data, which an echo makes anew."""
    return sorted(field for field in message.body_fields() if field[0] not in ELSEWHERE)


def reads_are_typed(message: Message, tag: int) -> None:
    reads = (message.integer, message.decimal, message.boolean, message.timestamp, message.date, message.time)
    for read in (*reads, message.text, message.data):
        try:
            assert read(tag) is not None
        except FieldInvalid as error:
            assert error.tag == tag
    for place in (None, GROUPS.get(tag), {tag + 1, tag + 2}):
        try:
            for entry in message.group(tag, place):
                assert entry.fields()
        except (FieldInvalid, FieldMissing) as error:
            assert error.tag in message


def summed(body: bytes, begin: bytes = b"FIX.4.4") -> bytes:
    """Made whole again: what comes of it gets past the framer, to where fields are looked at."""
    head = b"8=%b\x019=%d\x01" % (begin.replace(b"\x01", b""), len(body))
    return head + body + checksum_field(head + body)


CUTS = st.lists(st.integers(0, 300), max_size=5)
NOISE = st.sampled_from(
    [b"8=", b"\x019=", b"9=5\x01", b"\x0110=", b"10=000\x01", b"\x01", b"=", b"8", b"\xff", b"-1=x\x01"]
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A message with pieces cut out, doubled, replaced, or put in."""
    data = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.integers(0, 12)))
        middle = draw(st.one_of(st.just(b""), st.just(data[start:stop] * 2), NOISE, st.binary(max_size=4)))
        data = data[:start] + middle + data[stop:]
    return data


@given(st.binary(max_size=200), CUTS)
def test_noise(data: bytes, cuts: list[int]) -> None:
    holds(data, cuts)


@given(st.lists(NOISE | st.sampled_from(VALID) | st.binary(max_size=5), max_size=12).map(b"".join), CUTS)
def test_messages_between_noise(data: bytes, cuts: list[int]) -> None:
    holds(data, cuts)


@given(st.lists(mutated() | st.sampled_from(VALID), min_size=1, max_size=4).map(b"".join), CUTS)
def test_mutated_messages(data: bytes, cuts: list[int]) -> None:
    holds(data, cuts)


@given(mutated(), CUTS)
def test_mutated_messages_made_whole_again(data: bytes, cuts: list[int]) -> None:
    start = data.find(b"35=")
    body = data[start : data.rfind(b"10=")] if start >= 0 else data
    holds(summed(body), cuts)
    holds(summed(b"35=D\x01" + body), cuts)


@given(
    st.lists(
        st.tuples(
            st.integers(-1, 100) | st.sampled_from([95, 96, 93, 89, 268, 269, 453, 448, 802, 523, 354, 355]),
            st.binary(max_size=6) | st.sampled_from([b"1", b"2", b"Y", b"1.5", b"20240101-00:00:00", b"a\x0158=b"]),
        ),
        max_size=10,
    )
)
def test_fields_of_every_kind(fields: list[tuple[int, bytes]]) -> None:
    frame = summed(b"35=U\x01" + b"".join(b"%d=%b\x01" % field for field in fields))
    found, end, left = fed([frame], 10_000)
    assert (end, left) == ("", 0)
    for one in found:
        if isinstance(one, bytes):
            holds_for(one)


@pytest.mark.parametrize("message", VALID, ids=lambda raw: Message(raw).msg_type)
def test_one_byte_changed_is_never_a_message(message: bytes) -> None:
    """The checksum sees every change of one byte, wherever it is."""
    for at in range(len(message)):
        for byte in (message[at] ^ 1, message[at] ^ 4, 1, 61, 56):
            if byte == message[at]:
                continue
            found, _, _ = fed([message[:at] + bytes([byte]) + message[at + 1 :]])
            assert [frame for frame in found if isinstance(frame, bytes)] == []


@pytest.mark.parametrize("message", VALID, ids=lambda raw: Message(raw).msg_type)
def test_what_was_cut_off_is_never_a_message(message: bytes) -> None:
    for at in range(len(message)):
        assert fed([message[:at]])[0] == []
        after = fed([message[:at], message * 3])[0]
        assert after[-1] == message


@pytest.mark.parametrize("message", VALID, ids=lambda raw: Message(raw).msg_type)
@pytest.mark.parametrize("wrong", [*range(-12, 0), *range(1, 13)])
def test_a_wrong_length_is_never_a_message_though_the_checksum_is_right(message: bytes, wrong: int) -> None:
    begin, length, rest = message.split(b"\x01", 2)
    body = rest[: -len(b"10=000\x01")]
    head = b"%b\x019=%d\x01" % (begin, int(length[2:]) + wrong) + body
    changed = head + checksum_field(head)
    assert [frame for frame in fed([changed, message, message, message])[0] if isinstance(frame, bytes)][-1:] == [
        message
    ]
    assert changed not in fed([changed, message, message, message])[0]


@pytest.mark.parametrize(
    "begin", [b"8=", b"8=FIX.4.4\x019=10\x0135=0\x01", b"8=FIX.4.4\x019=10\x0135=0\x0158=x\x0110="]
)
def test_what_never_becomes_a_message_is_given_up(begin: bytes) -> None:
    holds(begin + b"x" * 2 * MAX, [MAX // 2])
    for pieces in ([begin, b"x" * 2 * MAX], [begin, *[b"x"] * 2 * MAX]):
        assert fed(pieces) == ([], "limit", -1)


@pytest.mark.parametrize("length", range(60))
def test_data_whose_length_lies_is_no_message_or_all_of_it(length: int) -> None:
    """The data may swallow what comes behind it, and the checksum with it."""
    body = b"35=A\x0134=1\x0195=%d\x0196=a=\x0110=\x0198=0\x01108=30\x01" % length
    holds_for(summed(body))
