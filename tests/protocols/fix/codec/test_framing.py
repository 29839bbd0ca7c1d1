"""Bytes to messages: whole, in pieces, with garbage around, with lengths that lie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import LimitExceeded
from barterpy.protocols.fix.checksum import checksum_field
from barterpy.protocols.fix.errors import Garbled
from barterpy.protocols.fix.framing import Framer, check_frame


def framed(body: bytes, length: int | None = None, begin: bytes = b"FIX.4.4") -> bytes:
    """A message of this body (``|`` is the separator), with a length of its own or a wrong one."""
    body = body.replace(b"|", b"\x01")
    head = b"8=%b\x019=%d\x01" % (begin, len(body) if length is None else length)
    return head + body + checksum_field(head + body)


A = framed(b"35=0|34=2|49=A|56=B|")
B = framed(b"35=1|34=3|49=A|56=B|112=x|")
LENGTH, CHECKSUM, FIRST, NUMBER = (
    "BodyLength (9) is wrong",
    "CheckSum (10) is wrong",
    "the first three fields are not 8, 9 and 35",
    "BodyLength (9) is not a number",
)

Shown = bytes | tuple[str, int]


def shown(frame: bytes | Garbled) -> Shown:
    return (frame.reason, frame.size) if isinstance(frame, Garbled) else frame


def frames_of(data: bytes, *cuts: int) -> tuple[list[Shown], int]:
    """What comes of the data, cut at these places, and how many bytes are left waiting."""
    framer = Framer()
    found: list[Shown] = []
    for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        framer.feed(data[start:end])
        found += map(shown, framer.frames())
    return found, framer.pending


SHORT = framed(b"35=0|34=2|49=A|56=B|", 10)
LONG_ALONE = framed(b"35=0|34=2|49=A|56=B|", 24)  # reaches into its own checksum
TOO_LONG = framed(b"35=0|34=2|49=A|56=B|", 60)
DATA = framed(b"35=B|95=23|96=8=FIX.4.2|9=5|10=123||34=4|")

CASES: dict[str, tuple[bytes, list[Shown], int]] = {
    "nothing": (b"", [], 0),
    "one": (A, [A], 0),
    "two": (A + B, [A, B], 0),
    "one and a half": (A + B[:30], [A], 30),
    "garbage in front": (b"GET / HTTP/1.1\r\n\r\n" + A, [A], 0),
    "garbage between": (A + b"\x01\x0110=000\x01" + B, [A, B], 0),
    "garbage behind": (A + b"xyz", [A], 0),
    "garbage that may be the start": (A + b"xyz8", [A], 1),
    "garbage alone": (b"\x00" * 100, [], 0),
    "a start that was none": (b"88" + A, [A], 0),
    "a length in seven digits": (A.replace(b"9=20", b"9=0000020")[:-7] + b"10=066\x01", [], 0),
    "a wrong checksum": (A[:-4] + b"000\x01" + B, [(CHECKSUM, len(A)), B], 0),
    "a checksum of two digits": (A[:-4] + A[-3:] + B, [(CHECKSUM, len(A) - 1), B], 0),
    "a checksum of no digits": (A[:-4] + b"\x01" + B, [(CHECKSUM, len(A) - 3), B], 0),
    "a checksum of letters": (A[:-4] + b"abc\x01" + B, [(CHECKSUM, len(A)), B], 0),
    "a length too short": (SHORT + B, [(LENGTH, len(SHORT)), B], 0),
    "a length too long takes the next message": (TOO_LONG + B + A, [(LENGTH, len(TOO_LONG) + len(B)), A], 0),
    "a length into the checksum takes the next message": (
        LONG_ALONE + B + A,
        [(LENGTH, len(LONG_ALONE) + len(B)), A],
        0,
    ),
    "a length too long waits for more": (TOO_LONG, [], len(TOO_LONG)),
    "a length that is a word": (A.replace(b"9=20", b"9=xx") + B, [(NUMBER, 15), B], 0),
    "a length that is negative": (A.replace(b"9=20", b"9=-5") + B, [(NUMBER, 15), B], 0),
    "a length with a plus": (A.replace(b"9=20", b"9=+5") + B, [(NUMBER, 15), B], 0),
    "a length of nothing": (A.replace(b"9=20", b"9=") + B, [(NUMBER, 13), B], 0),
    "a length of 21 digits": (b"8=FIX.4.4\x019=" + b"0" * 21 + b"\x01" + A, [(NUMBER, 33), A], 0),
    "a length without end": (b"8=FIX.4.4\x019=" + b"0" * 50 + A, [(NUMBER, 33), A], 0),
    "a length of zero": (framed(b"") + B, [(FIRST, len(framed(b""))), B], 0),
    "no length": (b"8=FIX.4.4\x0135=0\x0110=000\x01", [], 22),
    "a length in the third place": (
        b"8=FIX.4.4\x0135=0\x019=5\x0134=2\x0110=000\x01" + B,
        [(FIRST, 31), B],
        0,
    ),
    "no type in the third place": (framed(b"34=2|35=0|49=A|56=B|") + B, [(FIRST, len(A)), B], 0),
    "another length's checksum inside of data": (DATA + B, [DATA, B], 0),
    "an empty version": (framed(b"35=0|", begin=b"") + B, [framed(b"35=0|", begin=b""), B], 0),
}
CASES["a length in seven digits"] = (
    (padded := (head := A[:-7].replace(b"9=20", b"9=0000020")) + checksum_field(head)) + B,
    [padded, B],
    0,
)


@pytest.mark.parametrize("name", CASES)
def test_frames(name: str) -> None:
    data, found, waiting = CASES[name]
    assert frames_of(data) == (found, waiting)


@pytest.mark.parametrize("name", CASES)
def test_frames_do_not_depend_on_the_pieces(name: str) -> None:
    data, found, waiting = CASES[name]
    assert frames_of(data, *range(1, len(data))) == (found, waiting)
    for cut in range(1, len(data)):
        assert frames_of(data, cut) == (found, waiting)


@pytest.mark.parametrize("name", CASES)
def test_one_at_a_time_gives_the_same(name: str) -> None:
    data, found, waiting = CASES[name]
    framer = Framer()
    framer.feed(data)
    taken: list[Shown] = []
    while (frame := framer.next_frame()) is not None:
        taken.append(shown(frame))
    assert (taken, framer.pending) == (found, waiting)


def feed(framer: Framer, pieces: list[bytes]) -> None:
    """Feeds what is no message, and sees that no more of it is kept than may be."""
    for piece in pieces:
        framer.feed(piece)
        assert framer.frames() == []
        assert framer.pending <= framer.max_size


@pytest.mark.parametrize(
    "data",
    [
        b"8=FIX.4.4\x019=2147483648\x0135=0\x01",
        b"8=FIX.4.4\x019=99999999999999999999\x01",
        b"8=FIX.4.4\x019=101\x01",
        b"8=FIX.4.4\x01" + b"a" * 200,  # nothing says that it is one
        b"8=FIX.4.4\x019=5\x0135=0\x01" + b"a" * 200,  # no end
        b"8=FIX.4.4\x019=5\x0135=0\x0110=" + b"1" * 200,  # no end of the end
    ],
    ids=["two gigabytes", "twenty digits", "one byte more", "no length", "no checksum", "an endless checksum"],
)
@pytest.mark.parametrize("pieces", ["whole", "bytes"])
def test_what_is_too_long_names_the_limit(data: bytes, pieces: str) -> None:
    framer = Framer(max_size=100)
    framer.feed(A)
    assert framer.frames() == [A]
    with pytest.raises(LimitExceeded) as caught:
        feed(framer, [data] if pieces == "whole" else [data[at : at + 1] for at in range(len(data))])
    assert (caught.value.limit, caught.value.allowed) == ("max_message_size", 100)


def test_what_came_before_too_long_a_message_is_not_lost() -> None:
    framer = Framer(max_size=100)
    framer.feed(A + B + b"8=FIX.4.4\x019=101\x01")
    assert framer.frames() == [A, B]
    for _ in range(2):
        with pytest.raises(LimitExceeded):
            framer.frames()
    framer = Framer(max_size=100)
    framer.feed(A + b"8=FIX.4.4\x019=101\x01")
    assert framer.next_frame() == A
    with pytest.raises(LimitExceeded):
        framer.next_frame()


def test_a_message_as_long_as_the_limit_is_taken() -> None:
    body = b"35=B|58=" + b"x" * 70 + b"|"
    frame = framed(body)
    limit = len(frame) - 7
    for size, taken in ((limit, True), (limit - 1, False)):
        framer = Framer(max_size=size)
        framer.feed(frame)
        if taken:
            assert framer.frames() == [frame]
        else:
            with pytest.raises(LimitExceeded):
                framer.frames()


@pytest.mark.parametrize("length", [None, 10], ids=["of its length", "with a length too short"])
def test_a_long_message_byte_by_byte_is_not_searched_again_and_again(length: int | None) -> None:
    """With work that grew by the square, this would take hours."""
    frame = framed(b"35=B|58=" + b"x" * 100_000 + b"|", length)
    framer = Framer()
    for at in range(len(frame) - 1):
        framer.feed(frame[at : at + 1])
        assert framer.next_frame() is None
    framer.feed(frame[-1:])
    found = framer.next_frame()
    assert found is not None
    assert shown(found) == (frame if length is None else (LENGTH, len(frame)))


def test_frames_are_bytes_of_their_own() -> None:
    framer = Framer()
    framer.feed(A[:10])
    assert framer.next_frame() is None
    framer.feed(A[10:] + B)
    first, second = framer.frames()
    assert type(first) is type(second) is bytes
    assert (first, second) == (A, B)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", FIRST),
        (A[1:], FIRST),
        (A[:-1], "the last field is not CheckSum (10)"),
        (A[:-7], "the last field is not CheckSum (10)"),
        (A + b"58=x\x01", "the last field is not CheckSum (10)"),
        (SHORT, LENGTH),
        (A[:-4] + b"000\x01", CHECKSUM),
    ],
)
def test_checking_one_frame(frame: bytes, reason: str) -> None:
    check_frame(A)
    with pytest.raises(Garbled) as caught:
        check_frame(frame)
    assert (caught.value.reason, caught.value.size) == (reason, len(frame))


@given(
    st.lists(st.sampled_from([A, B, DATA, padded, SHORT, b"8=", b"\x019=", b"junk", b"8", A[:-1]]), max_size=8),
    st.data(),
)
def test_a_stream_gives_the_same_however_it_is_cut(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6).map(sorted))
    whole = frames_of(stream)
    assert frames_of(stream, *cuts) == whole
    assert frames_of(stream, *range(1, len(stream))) == whole
