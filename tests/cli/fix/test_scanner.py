"""Messages are found in whatever surrounds them, however it comes, and nothing that is wrong goes unsaid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.cli.fix.scanner import MAX_MESSAGE, FoundMessage, FoundText, MessageScanner
from barterpy.protocols.fix.message import Message

SEPARATORS = ["\x01", "|", "^A", "^", ";", "<SOH>", "\\x01", "\\u0001", "\\001", "\u2401"]


def fix(body: str, begin: str = "FIX.4.4") -> bytes:
    """A message with the right length and checksum, its separators being SOH."""
    fields = body.replace("|", "\x01").encode()
    raw = f"8={begin}\x019={len(fields)}\x01".encode() + fields
    return raw + b"10=%03d\x01" % (sum(raw) % 256)


def scan(data: bytes, step: int = 1 << 20) -> list[FoundMessage | FoundText]:
    scanner = MessageScanner()
    found: list[FoundMessage | FoundText] = []
    for start in range(0, len(data), step):
        found += scanner.feed(data[start : start + step])
    return [*found, *scanner.end()]


ORDER = fix("35=D|34=2|49=A|56=B|52=20260102-03:04:05.678|11=x|55=BTC|54=1|38=1|")
BEAT = fix("35=0|34=3|49=A|56=B|52=20260102-03:04:06|")


@pytest.mark.parametrize("step", [1, 5, 1 << 20])
@pytest.mark.parametrize("separator", SEPARATORS)
def test_every_way_of_writing_soh(separator: str, step: int) -> None:
    lines = [f"2026-01-02 03:04 INFO <- {raw.decode()}" for raw in (ORDER, BEAT)]
    text = "nothing here\n" + "\n".join(lines).replace("\x01", separator) + "\n"
    first, second = scan(text.encode(), step)
    assert first == FoundMessage(2, "2026-01-02 03:04 INFO <-", ORDER, None)
    assert second == FoundMessage(3, "2026-01-02 03:04 INFO <-", BEAT, None)


@pytest.mark.parametrize("step", [1, 1 << 20])
def test_a_capture_without_line_ends(step: int) -> None:
    assert [found.raw for found in scan(ORDER + BEAT + ORDER, step) if isinstance(found, FoundMessage)] == [
        ORDER, BEAT, ORDER,
    ]  # fmt: skip


def test_a_message_is_given_as_soon_as_it_is_whole() -> None:
    scanner = MessageScanner()
    assert list(scanner.feed(ORDER[:-1])) == []
    assert len(list(scanner.feed(ORDER[-1:]))) == 1
    assert len(list(scanner.feed(BEAT.replace(b"\x01", b"|")))) == 1


def test_several_in_a_line_and_quotes_around() -> None:
    text = f'{{"in": "{ORDER.decode()}", "out": "{BEAT.decode()[:-1]}"}}'.replace("\x01", "|")
    first, second = scan(text.encode() + b"\n")
    assert isinstance(first, FoundMessage)
    assert isinstance(second, FoundMessage)
    assert (first.raw, second.raw, second.problem) == (ORDER, BEAT, None)


def test_the_last_separator_may_be_missing() -> None:
    for end in (b"", b"\n", b"\r\n", b" \n", b'"\n'):
        (found,) = scan(ORDER[:-1].replace(b"\x01", b"|") + end)
        assert isinstance(found, FoundMessage)
        assert (found.raw, found.problem) == (ORDER, None)


def test_data_with_separators_and_line_ends_inside() -> None:
    inner = ORDER.decode()
    raw = fix(f"35=B|34=2|49=A|56=B|148=news|95={len(inner) + 1}|96={inner}\n|".replace("|", "\x01"))
    for step in (1, 1 << 20):
        (found,) = scan(b"x " + raw + b"\n", step)
        assert isinstance(found, FoundMessage)
        assert (found.raw, found.problem) == (raw, None)


def test_line_ends_that_a_log_wrote_as_text() -> None:
    raw = fix("35=B|34=2|49=A|56=B|148=two\r\nlines|")
    (found,) = scan(raw.replace(b"\r", b"\\r").replace(b"\n", b"\\n") + b"\n")
    assert isinstance(found, FoundMessage)
    assert (found.raw, found.problem) == (raw, None)


WRONG = [
    (ORDER.replace(b"\x0110=", b"\x0110=9")[:-2] + b"\x01", "CheckSum is 9"),
    (ORDER.replace(b"38=1", b"38=2"), "CheckSum is "),
    (ORDER.replace(b"38=1", b"38=10"), "BodyLength is 67, and the body has 68 bytes"),
    (ORDER.replace(b"9=67", b"9=9999"), "BodyLength is 9999, and the body has 67 bytes"),
    (ORDER.replace(b"9=67", b"9=5"), "BodyLength is 5, and the body has 67 bytes"),
]


@pytest.mark.parametrize(("raw", "problem"), WRONG)
@pytest.mark.parametrize("separator", [b"\x01", b"|"])
@pytest.mark.parametrize("step", [1, 1 << 20])
def test_a_wrong_message_is_shown_with_what_is_wrong(raw: bytes, problem: str, separator: bytes, step: int) -> None:
    first, second = scan((raw + b"\n" + BEAT + b"\n").replace(b"\x01", separator), step)
    assert isinstance(first, FoundMessage)
    assert str(first.problem).startswith(problem)
    assert second == FoundMessage(2, "", BEAT, None)


UNREADABLE = [
    (b"8=FIX.4.4|35=D|34=1|", "BeginString is not followed by BodyLength"),
    (b"8=FIX.4.4 is what we speak", "BeginString is not followed by BodyLength"),
    (b"8=FIX.4.4|9=99|35=D|34=1|49=A|56=B", "there is no CheckSum"),
    (b"8=FIX.4.4|9=x|35=D|", "BeginString is not followed by BodyLength"),
    (b"8=FIX.4.4|9=99999999999|35=D|10=000|", "BeginString is not followed by BodyLength"),
]


@pytest.mark.parametrize(("text", "problem"), UNREADABLE)
@pytest.mark.parametrize("step", [1, 1 << 20])
def test_what_cannot_be_read_is_named_and_the_rest_goes_on(text: bytes, problem: str, step: int) -> None:
    beat = BEAT.replace(b"\x01", b"|")
    first, second = scan(b"\n> " + text + b"\n" + beat + b"\n", step)
    assert first == FoundText(2, text.decode(), problem)
    assert second == FoundMessage(3, "", BEAT, None)


def test_a_message_cut_by_the_next_one() -> None:
    first, second = scan(ORDER[:40] + BEAT)
    assert isinstance(first, FoundText)
    assert isinstance(second, FoundMessage)
    assert second.raw == BEAT


@pytest.mark.parametrize("hidden", ["REDACTED", "****"])
def test_hidden_values_are_no_mistake(hidden: str) -> None:
    raw = fix(f"35=A|34=1|49=A|56=B|95=88|96={'s' * 88}|98=0|108=30|554=secret|").decode()
    raw = raw.replace("s" * 88, hidden).replace("secret", hidden)
    (found,) = scan(raw.encode() + b"\n")
    assert isinstance(found, FoundMessage)
    assert (found.problem, found.masked) == (None, True)
    assert Message(found.raw).text(108) == "30"


def test_memory_is_bounded() -> None:
    scanner = MessageScanner()
    for _ in range(40):
        assert list(scanner.feed(b"8=FIX.4.4\x019=900000000\x01" + b"x" * (1 << 20))) is not None
        assert len(scanner._data) <= MAX_MESSAGE + (1 << 21)  # pyright: ignore[reportPrivateUsage]
    assert list(scanner.feed(b"\n" + ORDER))[-1] == FoundMessage(2, "", ORDER, None)


@given(
    st.lists(
        st.one_of(
            st.sampled_from([ORDER, BEAT, b"\n", b"8=FIX", b"8=FIX.4.4\x019=", b"\x0110=000\x01", b"|", b"\x01"]),
            st.binary(max_size=20),
        ),
        max_size=12,
    ),
    st.integers(1, 50),
)
def test_pieces_change_nothing_and_nothing_raises(parts: list[bytes], step: int) -> None:
    """Whatever comes, a scanner gives values, each of whose bytes were there, and every prefix is one line at most."""
    data = b"".join(parts)
    for found in (*scan(data), *scan(data, step)):
        if isinstance(found, FoundMessage):
            assert found.raw.startswith(b"8=FIX")
            assert "\n" not in found.prefix
    whole = b"\n".join([b"x", ORDER, *parts[:0], BEAT])
    assert scan(whole) == scan(whole, step)
