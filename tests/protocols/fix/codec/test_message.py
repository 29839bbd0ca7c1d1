"""A message as it was received: typed reads, data fields, structure, and what is shown of it."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing, Garbled
from barterpy.protocols.fix.message import Message, split_fields
from barterpy.protocols.fix.shape import Shape

REPORT = Message.from_text(
    "35=8|34=00042|49=VENUE|52=20240611-09:01:46.228950|56=ME|97=Y|11=a=b|14=0.500|32=-1|38=.5|39=0|44=67012.25|"
    "55=BTC/USD|58=größe|60=20240611-09:01:46|64=20240612|99=5.|151=-0.00000001|273=09:01:46.5|"
)


@pytest.fixture(params=["split", "shape"])
def report(request: pytest.FixtureRequest) -> Message:
    """The same message, taken apart by itself and by its shape."""
    if request.param == "split":
        return Message(REPORT.raw, data_fields={95: 96})
    shape = Shape("8", [tag for tag, _ in REPORT.fields()])
    match = shape.fullmatch(REPORT.raw)
    assert match is not None
    return Message(REPORT.raw, (shape, match))


def test_reads(report: Message) -> None:
    assert (report.begin_string, report.msg_type, report.seq_num) == ("FIX.4.4", "8", 42)
    assert report.text(55) == report.get(55) == "BTC/USD"
    assert report.text(11) == "a=b"
    assert report.text(58) == "größe"
    assert report.value(58) == report.data(58) == "größe".encode()
    assert report.integer(34) == 42
    assert report.integer(32) == -1
    assert [report.decimal(tag) for tag in (14, 32, 38, 44, 99, 151)] == [
        Decimal(text) for text in ("0.500", "-1", "0.5", "67012.25", "5", "-0.00000001")
    ]
    assert str(report.decimal(14)) == "0.500"
    assert report.boolean(97) is True
    assert report.timestamp(52) == 1_718_096_506_228_950_000
    assert report.timestamp(60) == 1_718_096_506_000_000_000
    assert report.date(64) == dt.date(2024, 6, 12)
    assert report.time(273) == 32_506_500_000_000
    assert 55 in report
    assert 1 not in report
    assert report.value(1) is None
    assert report.get(1) is None


READS: dict[str, Callable[..., Any]] = {
    name: getattr(Message, name)
    for name in ("text", "integer", "decimal", "boolean", "timestamp", "date", "time", "data")
}


@pytest.mark.parametrize("read", READS)
def test_what_is_missing(report: Message, read: str) -> None:
    with pytest.raises(FieldMissing, match="FIX field 1 is missing") as caught:
        READS[read](report, 1)
    assert (caught.value.tag, caught.value.payload) == (1, report.raw)
    assert READS[read](report, 1, None) is None
    assert READS[read](report, 1, default="?") == "?"


@pytest.mark.parametrize(
    ("read", "value"),
    [
        *[("integer", value) for value in ("", "x", "1.0", "+1", " 1", "1_0", "-", "--1", "1E3", "٣", "1" * 5000)],
        *[
            ("decimal", value)
            for value in ("", "x", "+1", "1E5", "NaN", "Infinity", "1_0", " 1", ".", "-", "1.2.3", "٣")
        ],
        *[("boolean", value) for value in ("", "y", "true", "1", "YY")],
        *[("timestamp", value) for value in ("", "20040415", "now", "20240611-25:00:00")],
        *[("date", value) for value in ("", "2024", "20240230")],
        *[("time", value) for value in ("", "9:00", "24:00:00")],
    ],
)
@pytest.mark.parametrize("default", [(), (None,)], ids=["", "default"])
def test_what_is_wrong_is_an_error_with_and_without_a_default(read: str, value: str, default: tuple[Any, ...]) -> None:
    message = Message.from_text(f"35=0|9999={value}|")
    with pytest.raises(FieldInvalid, match="FIX field 9999 is not valid") as caught:
        READS[read](message, 9999, *default)
    assert caught.value.tag == 9999
    assert caught.value.payload == message.raw
    assert len(value) < 3 or value not in str(caught.value)


def test_any_bytes_survive_as_text() -> None:
    message = Message.from_text(b"35=0|58=\xff\x80caf\xc3\xa9|")
    assert message.text(58).encode("utf-8", "surrogateescape") == b"\xff\x80caf\xc3\xa9"
    assert message.get(58) == message.text(58)


def test_of_a_repeated_tag_the_first_is_read() -> None:
    message = Message.from_text("35=0|58=first|58=second|")
    assert message.text(58) == "first"
    assert message.body_fields() == [(58, b"first"), (58, b"second")]


def test_zones(report: Message) -> None:
    assert [tag for tag, _ in report.header_fields()] == [8, 9, 35, 34, 49, 52, 56, 97]
    body = [tag for tag, _ in report.body_fields()]
    assert body == [11, 14, 32, 38, 39, 44, 55, 58, 60, 64, 99, 151, 273]
    assert report.raw_body() == report.raw[report.raw.index(b"11=") : -7]
    assert report.fields() == [*report.header_fields(), *report.body_fields(), (10, report.data(10))]


def test_a_message_without_a_body(report: Message) -> None:
    message = Message.from_text("35=0|34=1|89=x|")
    assert message.body_fields() == []
    assert message.raw_body() == b""


def test_a_header_field_in_the_body_is_of_the_body() -> None:
    message = Message.from_text("35=D|11=x|34=2|")
    assert message.body_fields() == [(11, b"x"), (34, b"2")]
    assert message.seq_num == 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"35=A|95=5|96=a\x01b=c|98=0|", b"a\x01b=c"),
        (b"35=A|95=8|96=\x0110=000\x01|98=0|", b"\x0110=000\x01"),
        (b"35=A|95=0|96=|98=0|", b""),
        (b"35=A|95=0003|96=abc|98=0|", b"abc"),
        (b"35=A|95=3|1137=9|96=abc|98=0|", b"abc"),  # not next to each other, and still the length of it
        (b"35=A|96=1700000000000.3pM=|98=0|", b"1700000000000.3pM="),  # Deribit: no length, an ordinary field
        (b"35=A|96=a|95=9|98=0|", b"a"),  # behind it, it counts nothing
    ],
)
def test_data(text: bytes, value: bytes) -> None:
    message = Message.from_text(text)
    assert message.data(96) == value
    assert message.text(98) == "0"
    assert 10 in message


def test_nothing_is_read_from_inside_of_data() -> None:
    message = Message.from_text(b"35=A|95=11|96=58=in\x0154=1\x01|58=out|")
    assert message.text(58) == "out"
    assert 54 not in message
    assert [tag for tag, _ in message.body_fields()] == [95, 96, 58]


def test_a_signature_is_counted_by_a_field_with_another_number() -> None:
    assert Message.from_text(b"35=A|93=3|89=a\x01b|").data(89) == b"a\x01b"


def test_data_that_looks_like_fields_is_never_taken_for_them() -> None:
    """Shapes are learned from what comes often: one with a length and its data must not be."""
    for _ in range(20):
        plain = Message.from_text(b"35=A|95=2|96=ab|58=x|")
        assert plain.text(58) == "x"
        assert plain.shape is None
        tricky = Message.from_text(b"35=A|95=10|96=ab\x0158=fake|")
        assert 58 not in tricky
        assert tricky.data(96) == b"ab\x0158=fake"


def test_a_shape_is_learned_and_reads_the_same() -> None:
    texts = [f"35=D|34={number}|11=order-{number}|4711=x|4712=|" for number in range(20)]
    messages = [Message.from_text(text) for text in texts]
    assert messages[0].shape is None
    assert messages[-1].shape is not None
    for number, message in enumerate(messages):
        assert (message.msg_type, message.seq_num, message.text(11), message.text(4712)) == (
            ("D", number, f"order-{number}", "")
        )
        assert message.fields() == list(zip(*split_fields(message.raw), strict=True))


def test_other_data_fields_by_argument() -> None:
    raw = Message.from_text("35=U|20001=3|20002=abc|").raw.replace(b"abc", b"a\x01c")
    assert Message(raw, data_fields={20001: 20002}).data(20002) == b"a\x01c"
    with pytest.raises(Garbled):
        Message(raw)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"35=A|95=4|96=abc|98=0|", "data field 96 does not end where its length says"),
        (b"35=A|95=2|96=abc|98=0|", "data field 96 does not end where its length says"),
        (b"35=A|95=99999999999999999999999999|96=abc|", "data field 96 does not end where its length says"),
        (b"35=A|95=-1|96=abc|", "the length of data field 96 is not a number"),
        (b"35=A|95=x|96=abc|", "the length of data field 96 is not a number"),
        (b"35=A|95=|96=abc|", "the length of data field 96 is not a number"),
        (b"35=A|95=3|96=abc|x|", "a field has no tag or no separator"),
        (b"35=0|abc|", "a field has no tag or no separator"),
        (b"35=0|=abc|", "a field has no tag or no separator"),
        (b"35=0|x1=abc|", "a field has no tag or no separator"),
        (b"35=0|1x=abc|", "a field has no tag or no separator"),
        (b"35=0|+1=abc|", "a field has no tag or no separator"),
        (b"35=0|-0=abc|", "a field has no tag or no separator"),
        (b"35=0|058=abc|", "a field has no tag or no separator"),  # TagNum has no leading zeros
        (b"35=0|12345678901=abc|", "a field has no tag or no separator"),
        (b"35=0||58=abc|", "a field has no tag or no separator"),
        (b"34=1|35=0|", "the first three fields are not 8, 9 and 35, or the last is not 10"),
    ],
)
def test_what_is_garbled(body: bytes, reason: str) -> None:
    with pytest.raises(Garbled) as caught:
        Message.from_text(body)
    assert caught.value.reason == reason
    assert caught.value.size > 0


@pytest.mark.parametrize("raw", [b"", b"\x01", b"8=FIX.4.4\x01", REPORT.raw[:-7], REPORT.raw[:-1], REPORT.raw + b"x"])
def test_what_is_no_whole_message(raw: bytes) -> None:
    with pytest.raises(Garbled):
        Message(raw)


def test_a_tag_that_is_not_positive_is_the_fault_of_the_message() -> None:
    """A session answers it with a Reject; a stream is not garbled by it (14a of the acceptance scenarios)."""
    message = Message.from_text("35=0|34=2|-1=HI|0=HI|")
    assert message.body_fields() == [(-1, b"HI"), (0, b"HI")]
    assert message.text(-1) == "HI"


def test_an_empty_value_is_there() -> None:
    message = Message.from_text("35=1|112=|")
    assert message.text(112) == ""
    assert 112 in message


def test_seq_num() -> None:
    with pytest.raises(FieldMissing, match="34"):
        _ = Message.from_text("35=0|").seq_num
    with pytest.raises(FieldInvalid, match="34"):
        _ = Message.from_text("35=0|34=x|").seq_num


def test_what_is_shown_hides_secrets_and_separators() -> None:
    message = Message.from_text(b"35=A|95=3|96=a\x01b|553=key|554=pass|925=new|5025=1|58=tab\t\xff|")
    assert str(message) == (
        f"8=FIX.4.4|9={message.text(9)}|35=A|95=3|96=REDACTED|553=REDACTED|554=REDACTED|925=REDACTED|5025=REDACTED|"
        f"58=tab\\t\\xff|10={message.text(10)}|"
    )
    assert repr(message) == f"Message({str(message)!r})"


def test_messages_are_equal_by_their_bytes() -> None:
    again = Message(REPORT.raw, data_fields={})
    assert again == REPORT
    assert hash(again) == hash(REPORT)
    assert Message.from_text("35=0|") != REPORT
    assert REPORT.raw != REPORT


@pytest.mark.parametrize(
    ("text", "separator", "raw"),
    [
        ("35=0|34=1|", "|", b"8=FIX.4.4\x019=10\x0135=0\x0134=1\x0110=165\x01"),
        ("35=0^34=1", "^", b"8=FIX.4.4\x019=10\x0135=0\x0134=1\x0110=165\x01"),
        ("8=FIX.4.2|35=0|34=1|", "|", b"8=FIX.4.2\x019=10\x0135=0\x0134=1\x0110=163\x01"),
        ("8=FIX.4.4|9=10|35=0|34=1|10=165|", "|", b"8=FIX.4.4\x019=10\x0135=0\x0134=1\x0110=165\x01"),
        ("8=FIX.4.4|9=1|35=0|10=000|", "|", b"8=FIX.4.4\x019=1\x0135=0\x0110=000\x01"),  # kept as it is written
    ],
)
def test_written_by_hand(text: str, separator: str, raw: bytes) -> None:
    assert Message.from_text(text, separator).raw == raw


@given(st.lists(st.tuples(st.integers(1, 40), st.binary(max_size=6)), max_size=12))
def test_every_field_comes_back_from_its_place(fields: list[tuple[int, bytes]]) -> None:
    fields = [(tag + 1000, value.replace(b"\x01", b"")) for tag, value in fields]
    message = Message.from_text(b"35=U\x01" + b"".join(b"%d=%b\x01" % field for field in fields), "\x01")
    assert message.body_fields() == fields
    assert message.raw_body() == b"".join(b"%d=%b\x01" % field for field in fields)
    for tag, value in reversed(dict(reversed(fields)).items()):
        assert message.value(tag) == value
