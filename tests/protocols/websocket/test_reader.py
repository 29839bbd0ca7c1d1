"""The receive path as a whole: what was sent comes out, however the bytes are cut and whichever loop takes them.

What each frame has to come to is known when it is made, and not read off the bytes again by code like the reader's.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from barterpy.protocols.websocket import reader
from barterpy.protocols.websocket.connection import WebSocketConnection
from barterpy.protocols.websocket.framing import encode_frame
from barterpy.protocols.websocket.limits import Limits
from barterpy.protocols.websocket.runs import WINDOW, take_translated

Cut = Callable[[bytes], Iterable[bytes]]
KEY = b"\x01\x02\x03\x04"
LIMITS = (Limits(), Limits(1_000, 1_000), Limits(200, 400), Limits(400, 200), Limits(65_535, 65_535))
# 0x81, 0x7E, 0xD9, 0xDA and 0xDB are marks; a length has them as one of its bytes, or both.
SIZES = (0, 1, 125, 126, 127, 129, 150, 199, 200, 201, 217, 218, 219, 1_024, 0x7E81, 0x817E, 0xDA81, 0xDADA, 65_535)
# The last two are UTF-8 once the marks are exchanged.
BAD_TEXTS = (
    b"\xff",
    b"a" * 150 + b"\xc3",
    b"\xed\xa0\x80" + b"a" * 150,
    b"a" * 126 + b"\xf4\x90\x80\x80",
    b"a" * 126 + b"~\x80",
    b"a" * 126 + b"\x81~\x80",
)


@dataclass(frozen=True)
class Sent:
    """Bytes of the peer's, and what they come to: messages, or the code the connection fails with."""

    data: bytes
    messages: tuple[str | bytes, ...] = ()
    code: int | None = None


def message(content: str | bytes) -> Sent:
    if isinstance(content, str):
        return Sent(encode_frame(0x81, content.encode(), None), (content,))
    return Sent(encode_frame(0x82, content, None), (content,))


def fragmented(content: str, cuts: list[int]) -> Sent:
    """In pieces cut anywhere, also within characters, with a ping behind the first."""
    payload = content.encode()
    places = sorted(min(cut, len(payload)) for cut in cuts)
    pieces = [payload[start:end] for start, end in zip([0, *places], [*places, len(payload)], strict=True)]
    first, *rest = pieces
    data = encode_frame(0x01, first, None) + encode_frame(0x89, b"\x81~", None)
    data += b"".join(encode_frame(0x00, piece, None) for piece in rest)
    return Sent(data + encode_frame(0x80, b"", None), (content,))


FAILING = (
    *(Sent(encode_frame(0x81, text, None), code=1007) for text in BAD_TEXTS),
    Sent(encode_frame(0xC1, b"x" * 150, None), code=1002),
    Sent(encode_frame(0xA1, b"reserved", None), code=1002),
    Sent(encode_frame(0x83, b"opcode", None), code=1002),
    Sent(encode_frame(0x81, b"x" * 150, KEY), code=1002),
    Sent(encode_frame(0x80, b"no beginning", None), code=1002),
    Sent(b"\x81\x7e\x00\x7d" + b"x" * 125, code=1002),
    # What msgpack takes for strings, with a mark inside so that there are as many strings as marks.
    Sent(b"\xd9\xc8" + b"x" * 198 + b"\x81~\x80", code=1002),
    Sent(b"\xdb\x00\x00\x00\xc8" + b"x" * 198 + b"\x81~\x80", code=1002),
    Sent(b"~\x00\x96" + b"x" * 75 + b"\x81" + b"x" * 75, code=1002),
    Sent(b"\xda\x00\x96" + b"x" * 150, code=1002),
    Sent(b"\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x96" + b"x" * 150, code=1002),
)
ODD = (
    message("Á~" * 20),
    message("j" * 201),
    message("Ł" * 201),
    message(b"\x81~" * 90),
    message(b"\x81~" * 1_001),
    fragmented("Ł" * 9, [3, 5]),
)
TEXTS = st.one_of(
    st.text(max_size=9),
    st.text(alphabet="a~\x81\xda\u0601Á\x00{\u06fe𝄞", max_size=400),
    st.sampled_from(["~" * 150, "Á~" * 80, "\x81~" * 80, "\u0690" * 200, "x" * 149 + "~", "x" * 126 + "Ł" * 5]),
    st.sampled_from(SIZES).map("j".__mul__),
    st.integers(126, 600).map("k".__mul__),
)
BYTES = st.one_of(st.binary(max_size=300), st.sampled_from([b"\x81~\x00\x96" * 40, b"\xda\x00\xc8" * 50, b"\x81~"]))
SENT = st.one_of(
    TEXTS.map(message),
    TEXTS.map(message),
    BYTES.map(message),
    st.builds(fragmented, st.text(max_size=60), st.lists(st.integers(0, 90), max_size=3)),
    st.sampled_from([Sent(encode_frame(0x89, b"\x81~", None)), Sent(encode_frame(0x8A, b"", None))]),
)


def expected(frames: Iterable[Sent], limits: Limits) -> tuple[list[str | bytes], int | None]:
    """What comes out of them, and the code the connection fails with."""
    found: list[str | bytes] = []
    for sent in frames:
        if sent.code is not None:
            return found, sent.code
        for one in sent.messages:
            size = len(one.encode() if isinstance(one, str) else one)
            # The fragments here are shorter than any limit.
            if size > min(limits.max_frame_size, limits.max_message_size):
                return found, 1009
            found.append(one)
    return found, None


def received(
    reads: Iterable[bytes], limits: Limits, piece: int | None = None, *, single: bool = False
) -> tuple[list[str | bytes], int | None]:
    connection = WebSocketConnection(client=True, limits=limits, piece=piece)
    found: list[str | bytes] = []
    for read in reads:
        if single and (text := connection.receive_single(read, 0.0)) is not None:
            found.append(text)
            assert connection.messages() == []
            continue
        connection.receive_data(read, 0.0)
        found += connection.messages()
        while connection.has_unread:
            connection.receive_unread(0.0)
            found += connection.messages()
    connection.settle()
    assert connection.messages() == []
    assert (connection.failure is None) == (connection.close_code is None)
    return found, connection.close_code


def cut_at(places: Iterable[int]) -> Cut:
    """Pieces that end at these distances from each other, again and again."""
    steps = [place + 1 for place in places] or [1 << 30]

    def cut(data: bytes) -> Iterable[bytes]:
        position = turn = 0
        while position < len(data):
            step = steps[turn % len(steps)]
            yield data[position : position + step]
            position += step
            turn += 1

    return cut


CUTS = st.one_of(
    st.just(cut_at([])),
    st.lists(st.integers(0, 3_000), min_size=1, max_size=5).map(cut_at),
    st.sampled_from([1023, 1024, 1025, 4095, 8191, 65535]).map(lambda size: cut_at([size])),
)


@pytest.fixture(params=[True, False], ids=["translated", "not translated"])
def translation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """With and without what takes many text frames at once."""
    if not request.param:
        monkeypatch.setattr(reader, "take_translated", lambda data, position, out: position)  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType]
    return bool(request.param)


PIECES = st.sampled_from([None, 1, 700, 2_000, 40_000])


@given(
    st.lists(SENT, max_size=30),
    st.lists(st.sampled_from(FAILING), max_size=1),
    st.sampled_from(LIMITS),
    CUTS,
    PIECES,
    st.booleans(),
)
@example([message("j" * 150)] * 60, [FAILING[0]], Limits(), cut_at([]), None, False)
@example([message("j" * 150)] * 600, [FAILING[0]], Limits(), cut_at([]), 1, False)
@example([message("Á~" * 80)] * 60, [], Limits(), cut_at([2_999]), 700, False)
def test_what_was_sent_comes_out(
    frames: list[Sent], failing: list[Sent], limits: Limits, cut: Cut, piece: int | None, single: bool
) -> None:
    frames = [*frames, *failing, *frames[:2]]
    data = b"".join(sent.data for sent in frames)
    assert received(cut(data), limits, piece, single=single) == expected(frames, limits)


@given(st.lists(SENT, max_size=30), st.lists(st.sampled_from(FAILING), max_size=1), st.sampled_from(LIMITS))
def test_a_frame_at_a_time(frames: list[Sent], failing: list[Sent], limits: Limits) -> None:
    frames = [*frames, *failing, *frames[:2]]
    reads = [sent.data for sent in frames]
    assert received(reads, limits, single=True) == expected(frames, limits)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 1_000])
def test_a_single_text_is_taken_without_ado(size: int) -> None:
    data = message("Ł" * (size // 2) + "j" * (size % 2)).data
    connection = WebSocketConnection(client=True)
    assert connection.receive_single(data, 0.0) == data[2 if size < 126 else 4 :].decode()
    for odd in (data[:-1], data + b"\x81", data * 2):
        assert connection.receive_single(odd, 0.0) is None
    connection.receive_data(data[:1], 0.0)
    assert connection.receive_single(data, 0.0) is None


@pytest.mark.parametrize("odd", [*FAILING, message(b"binary"), fragmented("abc", [1])])
def test_what_is_not_a_single_text_is_left(odd: Sent) -> None:
    connection = WebSocketConnection(client=True)
    assert connection.receive_single(odd.data, 0.0) is None
    connection.receive_data(FAILING[0].data, 0.0)
    assert connection.receive_single(message("behind an end").data, 0.0) is None


def test_a_large_read_is_taken_piece_by_piece() -> None:
    connection = WebSocketConnection(client=True, piece=1_000)
    connection.receive_data(message("j" * 150).data * 2_000, 0.0)
    counts = [len(connection.messages())]
    while connection.has_unread:
        connection.receive_unread(0.0)
        counts.append(len(connection.messages()))
    assert sum(counts) == 2_000
    assert len(counts) > 5
    assert max(counts) <= (1_000 + WINDOW) / 150


def test_what_is_unread_comes_before_what_is_read_next() -> None:
    connection = WebSocketConnection(client=True, piece=1)
    sent = [message(f"{number:04}" * 40) for number in range(900)]
    data = b"".join(one.data for one in sent)
    connection.receive_data(data[:80_000], 0.0)
    found = connection.messages()
    assert connection.has_unread
    connection.receive_data(data[80_000:], 0.0)
    while connection.has_unread:
        found += connection.messages()
        connection.receive_unread(0.0)
    assert found + connection.messages() == [text for one in sent for text in one.messages]


def test_an_end_drops_what_is_unread() -> None:
    connection = WebSocketConnection(client=True, piece=1)
    connection.receive_data(FAILING[0].data + message("never").data, 0.0)
    connection.settle()
    assert not connection.has_unread
    assert connection.messages() == []
    assert connection.close_code == FAILING[0].code


@given(st.lists(TEXTS.filter(lambda text: len(text) < 700), max_size=8), st.lists(st.sampled_from(FAILING), max_size=1))
def test_a_byte_at_a_time(texts: list[str], failing: list[Sent]) -> None:
    frames = [*map(message, texts), *failing, message("behind")]
    data = b"".join(sent.data for sent in frames)
    assert received(cut_at([0])(data), Limits()) == expected(frames, Limits())


@pytest.mark.usefixtures("translation")
@pytest.mark.parametrize("limits", LIMITS, ids=lambda limits: f"{limits.max_frame_size}, {limits.max_message_size}")
@pytest.mark.parametrize("odd", [*FAILING, *ODD])
@pytest.mark.parametrize("place", [0, 54, 212, 249])
def test_one_odd_frame_at_any_place_among_ordinary_ones(odd: Sent, place: int, limits: Limits) -> None:
    """At the ends of a window and in its middle; those before it come out, those behind it as far as they may."""
    frames = [message(f"{number:03}" + "j" * 147) for number in range(250)]
    frames[place] = odd
    data = b"".join(sent.data for sent in frames)
    for cut in (cut_at([]), cut_at([8_191]), cut_at([700, 3])):
        assert received(cut(data), limits) == expected(frames, limits)
    assert received([sent.data for sent in frames], limits) == expected(frames, limits)


@pytest.mark.usefixtures("translation")
@pytest.mark.parametrize("size", SIZES)
def test_lengths_that_are_marks(size: int) -> None:
    frames = [message("a" * 150), message("j" * size), message("~" * size)] * 9 + [message("b" * 150)] * 9
    data = b"".join(sent.data for sent in frames)
    for cut in (cut_at([]), cut_at([8_191]), cut_at([40_000, 1])):
        assert received(cut(data), Limits()) == expected(frames, Limits())


def test_frames_within_a_text_are_text() -> None:
    """The payload of one is a run of whole frames, of the very form that is translated."""
    inner = encode_frame(0x81, b"x" * 150, None).decode("latin-1").replace("\x81", "Á")
    frames = [message("a" * 150), message(inner * 20), message("b" * 150)] * 5
    data = b"".join(sent.data for sent in frames)
    assert received([data], Limits()) == expected(frames, Limits())


@given(st.lists(st.sampled_from([b"\x81~", b"\x00\x96", b"j" * 150, b"\xc3", b"~", b"\x81", b"\xda", b"\x01"])))
def test_bytes_of_any_kind_come_to_the_same_with_and_without_translation(parts: list[bytes]) -> None:
    data = b"\x81~\x00\x96" + b"j" * 150 + b"".join(parts) + (b"\x81~\x00\x96" + b"j" * 150) * 8
    found: list[str | bytes] = []
    position = take_translated(data, 0, found)
    # Taken apart by the lengths alone, as section 5.2 has it.
    wanted: list[str | bytes] = []
    place = 0
    while place < position:
        assert data[place : place + 2] == b"\x81~"
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        assert length >= 126
        wanted.append(data[place + 4 : place + 4 + length].decode())
        place += 4 + length
    assert place == position
    assert found == wanted
