"""The tight loop alone: what it takes, and where it stops."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.protocols.websocket.framing import encode_frame, is_utf8_prefix, read_header
from barterpy.protocols.websocket.masking import mask, rotate
from barterpy.protocols.websocket.runs import (
    WINDOW,
    InvalidText,
    repair,
    take_masked,
    take_translated,
    take_unmasked,
)

KEY = b"\x9a\x00\xff\x81"


def take(data: bytes) -> tuple[list[str | bytes], int]:
    out: list[str | bytes] = []
    position = take_unmasked(data, out)
    return out, position


def translate(data: bytes, position: int = 0) -> tuple[list[str | bytes], int]:
    out: list[str | bytes] = []
    position = take_translated(data, position, out)
    return out, position


@pytest.mark.parametrize(
    "odd",
    [
        encode_frame(0x89, b"ping", None),
        encode_frame(0x01, b"fragment", None),
        encode_frame(0xC1, b"reserved", None),
        encode_frame(0x81, b"masked", KEY),
        encode_frame(0x81, b"x" * 70_000, None),
        b"\x81\x7e\x00\x05hello",
        encode_frame(0x81, b"cut off", None)[:-1],
        encode_frame(0x81, b"x" * 200, None)[:3],
        b"\x81",
        b"",
    ],
    ids=["ping", "fragment", "reserved bit", "masked", "large", "long length", "cut", "cut header", "one byte", "end"],
)
@pytest.mark.parametrize("count", [1, 300], ids=["few", "many"])
def test_a_run_stops_before_the_first_frame_that_is_not_ordinary(odd: bytes, count: int) -> None:
    run = encode_frame(0x81, b"a" * 129, None) + encode_frame(0x82, b"\x81~", None) + encode_frame(0x81, b"bc", None)
    assert take(run * count + odd) == (["a" * 129, b"\x81~", "bc"] * count, len(run) * count)


@pytest.mark.parametrize("text", ["a\x81b", "\x81~\x00\x05", "Ł" * 200, "𝄞" * 40])
def test_payloads_that_look_like_headers_are_cut_right(text: str) -> None:
    frames = encode_frame(0x81, text.encode(), None) + encode_frame(0x81, b"plain", None)
    found, position = take(frames * 200)
    repair(found)
    assert found == [text, "plain"] * 200
    assert position == len(frames) * 200


@given(st.lists(st.one_of(st.text(), st.binary()), max_size=40), st.integers(0, 400))
def test_a_frame_is_the_same_alone_and_in_a_run(messages: list[str | bytes], filler: int) -> None:
    frames = [
        encode_frame(0x81, m.encode(), None) if isinstance(m, str) else encode_frame(0x82, m, None) for m in messages
    ]
    start = encode_frame(0x81, b"{}" * 60, None) * filler
    short: list[str | bytes] = []
    for frame in frames:
        found, position = take(frame + b"\x89\x00\x89\x00")
        assert position == len(frame)
        short += found
    found, _ = take(start + b"".join(frames) + b"\x89\x00\x89\x00")
    assert found[filler:] == short
    repair(short)
    assert short == messages


def test_repair_keeps_what_came_before_the_bad_one() -> None:
    messages: list[str | bytes] = ["ascii", "Ã©", b"\xff", "\xff", "never"]
    with pytest.raises(InvalidText):
        repair(messages)
    assert messages == ["ascii", "é", b"\xff"]


def test_a_masked_run_keeps_what_came_before_the_bad_one() -> None:
    data = encode_frame(0x81, b"fine", KEY) + encode_frame(0x81, b"\xff", KEY)
    out: list[str | bytes] = []
    with pytest.raises(InvalidText):
        take_masked(data, 0, len(data), out, None, 65535)
    assert out == ["fine"]


def test_masking_is_that_of_rfc_6455() -> None:
    """Section 5.7: "Hello", masked with 37 fa 21 3d."""
    assert encode_frame(0x81, b"Hello", bytes.fromhex("37fa213d")) == bytes.fromhex("818537fa213d7f9f4d5158")
    assert encode_frame(0x81, b"Hello", None) == bytes.fromhex("810548656c6c6f")


@given(st.binary(max_size=200), st.binary(min_size=4, max_size=4), st.integers(0, 200))
def test_masking_in_pieces_is_masking_as_a_whole(payload: bytes, key: bytes, cut: int) -> None:
    whole = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
    assert mask(payload, key) == whole
    assert mask(payload[:cut], key) + mask(payload[cut:], rotate(key, len(payload[:cut]))) == whole


@given(st.text(max_size=20), st.integers(0, 80))
def test_every_beginning_of_a_text_is_a_prefix(text: str, cut: int) -> None:
    assert is_utf8_prefix(text.encode()[:cut])
    assert not is_utf8_prefix(text.encode() + b"\xff")


@pytest.mark.parametrize("stop", [3 * 136, 3 * 136 + 1, 4 * 136])
def test_a_masked_run_ends_with_the_frame_that_begins_before_the_stop(stop: int) -> None:
    frame = encode_frame(0x82, b"a" * 128, KEY)
    assert len(frame) == 136
    out: list[str | bytes] = []
    wanted = -(-stop // 136)
    assert take_masked(frame * 9, 0, stop, out, None, 65535) == wanted * 136
    assert out == [b"a" * 128] * wanted


# Translation. Lengths of which a byte is one of the marks cannot be translated: 0x7E, 0x81, 0xD9, 0xDA, 0xDB.


@pytest.mark.parametrize("size", [127, 150, 500, 3_000])
def test_texts_are_translated_window_by_window(size: int) -> None:
    frame = encode_frame(0x81, b"a" * size, None)
    data = frame * 200
    found: list[str | bytes] = []
    position = 0
    while (moved := take_translated(data, position, found)) > position:
        assert moved - position < WINDOW + len(frame)
        position = moved
    assert found == ["a" * size] * 200
    assert position == len(data)


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 4, 5, 153])
def test_a_frame_that_is_not_all_there_is_left(cut: int) -> None:
    frame = encode_frame(0x81, b"a" * 150, None)
    assert translate(frame * 5 + frame[:cut]) == (["a" * 150] * 5, 5 * len(frame))


@pytest.mark.parametrize(
    "odd",
    [
        encode_frame(0x89, b"ping", None),
        encode_frame(0x01, b"x" * 200, None),
        encode_frame(0xC1, b"x" * 200, None),
        encode_frame(0x82, b"x" * 200, None),
        encode_frame(0x81, b"short", None),
        encode_frame(0x81, b"x" * 200, KEY),
        encode_frame(0x81, b"x" * 70_000, None),
        encode_frame(0x81, b"\xff" * 200, None),
        encode_frame(0x81, "Á".encode() * 200, None),
        b"\x81\x7e\x00\x05hello",
        b"\x81\x7e\x00\x00",
        b"\xda\x00\xc8" + b"x" * 200,
        b"\xd9\xc8" + b"x" * 200,
        b"\xdb\x00\x00\x00\xc8" + b"x" * 200,
        b"\xa5hello",
        *(encode_frame(0x81, b"x" * size, None) for size in (126, 129, 217, 218, 219)),
    ],
)
@pytest.mark.parametrize("before", [0, 1, 20])
def test_what_cannot_be_translated_is_left_as_it_is(odd: bytes, before: int) -> None:
    """In the middle nothing is taken; behind the last text the others are."""
    frame = encode_frame(0x81, b"a" * 150, None)
    found, position = translate(frame * before + odd + frame * 5)
    assert (found, position) in [([], 0), (["a" * 150] * before, before * len(frame))]


MARKS = [b"\x81~", b"\x81", b"~", b"\xda", b"\xd9", b"\xdb", b"\xdd", b"\xda\x00\xc8", b"\x00", b"\xa5", b"\x89\x00"]


@given(st.lists(st.one_of(st.integers(0, 1_500), st.sampled_from(MARKS), st.text(max_size=9)), max_size=60))
def test_what_is_translated_is_what_the_loop_takes(parts: list[int | bytes | str]) -> None:
    """Whatever the bytes are: each message that is taken is the one which the loop takes, and ends where it ends."""
    data = b"".join(
        part
        if isinstance(part, bytes)
        else encode_frame(0x81, b"j" * part if isinstance(part, int) else part.encode() * 40, None)
        for part in parts
    )
    position = 0
    while position < len(data):
        found, moved = translate(data, position)
        wanted, end = take(data[position:moved])
        repair(wanted)
        assert (found, moved) == (wanted, position + end)
        header = read_header(data, position)
        first = 1 if header is None or header.masked else header.size + header.length
        position = moved if moved > position else position + first
