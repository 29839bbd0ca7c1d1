"""What an application sends: values to bytes, groups, echoes, and changes that make new ones."""

import datetime as dt
import enum
from decimal import Decimal
from typing import Any

import pytest

from barterpy.protocols.fix.encoder import encode
from barterpy.protocols.fix.errors import FieldInvalid
from barterpy.protocols.fix.groups import EntryLayout
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Entries, Outgoing, Received, Timestamp, to_bytes

AT = 1_718_096_506_228_950_123


class Side(enum.Enum):
    BUY = "1"


class Level(enum.IntEnum):
    HIGH = 7


def body(outgoing: Outgoing) -> str:
    """The body as it is sent."""
    return Message(encode({8: "FIX.4.4", 34: 1}, outgoing)).raw_body().decode().replace("\x01", "|")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("BTC/USD", b"BTC/USD"),
        ("", b""),
        ("größe", "größe".encode()),
        ("\udcff", b"\xff"),
        (b"\xff=", b"\xff="),
        (True, b"Y"),
        (False, b"N"),
        (0, b"0"),
        (-7, b"-7"),
        (Decimal("0.500"), b"0.500"),
        (Decimal("1E+3"), b"1000"),
        (Decimal("1E-10"), b"0.0000000001"),
        (Decimal("-0"), b"-0"),
        (Timestamp(AT), b"20240611-09:01:46.228"),
        (Timestamp(AT, "us"), b"20240611-09:01:46.228950"),
        (Timestamp(AT, "s"), b"20240611-09:01:46"),
        (dt.datetime(2024, 6, 11, 9, 1, 46, 228_950, tzinfo=dt.UTC), b"20240611-09:01:46.228"),
        (dt.datetime(2024, 6, 11, 11, 1, 46, tzinfo=dt.timezone(dt.timedelta(hours=2))), b"20240611-09:01:46.000"),
        (dt.date(2024, 6, 11), b"20240611"),
        (dt.time(9, 1, 46), b"09:01:46"),
        (dt.time(9, 1, 46, 228_950, tzinfo=dt.UTC), b"09:01:46.228950"),
        (Side.BUY, b"1"),
        (Level.HIGH, b"7"),
    ],
)
def test_values(value: Any, text: bytes) -> None:
    assert to_bytes(58, value) == text
    assert Message(encode({34: 1}, Outgoing("D", {5858: value}))).value(5858) == text


UNSENDABLE: list[tuple[Any, str]] = [
    ("a\x01b", "it holds the separator"),
    (b"a\x01b", "it holds the separator"),
    ("\x01" + "54=2", "it holds the separator"),
    ("\ud800", "not text that UTF-8 could say"),
    (1.5, "a float is not exact: give a Decimal"),
    (Decimal("NaN"), "a number has to be finite"),
    (Decimal("sNaN123"), "a number has to be finite"),
    (Decimal("-Infinity"), "a number has to be finite"),
    (dt.datetime(2024, 1, 1), "a datetime has to know its zone"),  # noqa: DTZ001 - that is the point
    (dt.time(1, tzinfo=dt.timezone(dt.timedelta(hours=1))), "a time has to be UTC"),
    (None, "a NoneType cannot be sent"),
    ([1], "a list cannot be sent"),
    (1j, "a complex cannot be sent"),
    (10**5000, "digits"),
    (Timestamp(1 << 80), "a timestamp is of a year from 1 to 9999"),
]


@pytest.mark.parametrize(("value", "reason"), UNSENDABLE, ids=lambda value: type(value).__name__)
def test_what_cannot_be_sent(value: Any, reason: str) -> None:
    with pytest.raises(FieldInvalid) as caught:
        encode({34: 1}, Outgoing("D", {5858: value}))
    assert caught.value.tag == 5858
    assert reason in caught.value.text


@pytest.mark.parametrize("tag", [0, -1, "55", "55=x\x0154", 1.0, True, None])
def test_a_tag_is_a_positive_int(tag: Any) -> None:
    for outgoing in (Outgoing("D", {tag: "x"}), Outgoing("D", [(tag, "x")]), Outgoing("D", header={tag: "x"})):
        with pytest.raises(FieldInvalid, match="a tag is a positive int"):
            encode({34: 1}, outgoing)


@pytest.mark.parametrize("msg_type", ["D\x01", "\ud800"])
def test_a_type_cannot_smuggle_fields(msg_type: str) -> None:
    with pytest.raises(FieldInvalid) as caught:
        encode({34: 1}, Outgoing(msg_type))
    assert caught.value.tag == 35


def test_a_timestamp_is_an_int_that_says_what_it_is() -> None:
    assert Timestamp(AT) == AT
    assert Timestamp(AT) - AT == 0
    assert hash(Timestamp(AT)) == hash(AT)
    assert (Timestamp(AT).precision, Timestamp(AT, "ns").precision) == (None, "ns")
    assert repr(Timestamp(5)) == "Timestamp(5)"
    assert repr(Timestamp(5, "us")) == "Timestamp(5, 'us')"


def test_the_body_ascends_and_groups_keep_their_order() -> None:
    parties = Outgoing.group(453, [[(448, "A"), (447, "D"), (452, 3)], {448: "B", 452: 1}])
    assert parties == (453, Entries([((448, "A"), (447, "D"), (452, 3)), ((448, "B"), (452, 1))]))
    outgoing = Outgoing("D", [(55, "BTC"), parties, (11, "x")])
    assert body(outgoing) == "11=x|55=BTC|453=2|448=A|447=D|452=3|448=B|452=1|"


def test_nested_groups_and_groups_of_none() -> None:
    inner = Outgoing.group(802, [[(523, "x"), (803, 1)], [(523, "y")]])
    outgoing = Outgoing("D", [Outgoing.group(453, [[(448, "A"), inner]]), Outgoing.group(386, [])])
    assert body(outgoing) == "386=0|453=1|448=A|802=2|523=x|803=1|523=y|"


@pytest.mark.parametrize("entries", [[[(448, "A")], [(447, "B")]], [[(448, "A")], []], [[]]])
def test_entries_begin_with_the_same_field(entries: list[list[tuple[int, str]]]) -> None:
    with pytest.raises(FieldInvalid, match="do not all begin with the same field") as caught:
        encode({34: 1}, Outgoing("D", [Outgoing.group(453, entries)]))
    assert caught.value.tag == 453


def test_a_separator_in_an_entry_names_its_field() -> None:
    with pytest.raises(FieldInvalid, match="FIX field 448") as caught:
        encode({34: 1}, Outgoing("D", [Outgoing.group(453, [[(448, "A\x0111=y")]])]))
    assert caught.value.tag == 448


def test_a_field_that_stands_twice_is_a_group_that_was_not_made() -> None:
    outgoing = Outgoing("D", [(453, 2), (448, "A"), (448, "B")])
    with pytest.raises(FieldInvalid, match="it stands twice") as caught:
        encode({34: 1}, outgoing)
    assert caught.value.tag == 448
    assert encode({34: 1}, outgoing, "given").count(b"\x01448=") == 2


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({96: b"a\x01b"}, "95=3|96=a\x01b|"),
        ({96: "ab"}, "96=ab|"),
        ({95: 0, 96: "ab"}, "95=2|96=ab|"),
        ({96: "a\x01b", 95: 1}, "95=3|96=a\x01b|"),
        ({98: 0, 96: b"", 108: 30}, "95=0|96=|98=0|108=30|"),
        ({354: 9, 355: "größe"}, "354=7|355=größe|"),
        ({95: 3}, "95=3|"),
    ],
)
def test_data_and_its_length(fields: dict[int, Any], text: str) -> None:
    raw = encode({34: 1}, Outgoing("A", fields))
    assert Message(raw).raw_body().decode() == text.replace("|", "\x01")


def test_data_as_text_without_its_length_may_not_hold_a_separator() -> None:
    with pytest.raises(FieldInvalid, match="it holds the separator"):
        encode({34: 1}, Outgoing("A", {96: "a\x01b"}))


def test_a_signature_is_of_the_trailer_and_header_fields_of_the_header() -> None:
    raw = encode({34: 7, 49: "A"}, Outgoing("D", {89: b"sig", 11: "x", 97: True, 50: "sub"}))
    assert [tag for tag, _ in Message(raw).fields()] == [8, 9, 35, 34, 49, 50, 97, 11, 93, 89, 10]


@pytest.mark.parametrize("tag", [8, 9, 10, 34, 35, 43, 49, 52, 56, 122])
def test_what_the_session_sets_is_not_the_application_s(tag: int) -> None:
    with pytest.raises(FieldInvalid) as caught:
        encode({34: 1}, Outgoing("D", {tag: "x"}))
    assert (caught.value.tag, caught.value.text) == (tag, "the session sets it")


@pytest.mark.parametrize("tag", [9, 10, 35])
def test_what_has_a_place_of_its_own_is_not_in_a_header(tag: int) -> None:
    with pytest.raises(FieldInvalid) as caught:
        encode({34: 1, tag: "x"}, Outgoing("D"))
    assert caught.value.tag == tag


def learned(text: str) -> Message:
    """A message whose shape is known."""
    messages = [Message.from_text(text) for _ in range(20)]
    assert messages[-1].shape is not None
    return messages[-1]


ECHOED = "35=D|34=5|43=Y|49=A|50=sub|52=20240101-00:00:00|56=B|97=Y|122=20240101-00:00:00|11=x|38=002000.00|112=|"


@pytest.mark.parametrize("known", [False, True], ids=["split", "shape"])
def test_an_echo_has_the_body_and_what_is_not_the_session_s(known: bool) -> None:
    message = learned(ECHOED) if known else Message(Message.from_text(ECHOED).raw, data_fields={95: 96})
    echo = Outgoing.echo(message)
    assert (echo.raw_body is not None) is known
    assert dict(echo.header) == {50: b"sub", 97: b"Y"}
    sent = Message(encode({8: "FIX.4.2", 34: 9, 49: "B", 56: "A", 52: Timestamp(AT)}, echo))
    assert sent.raw_body() == b"11=x\x0138=002000.00\x01112=\x01"
    assert [tag for tag, _ in sent.header_fields()] == [8, 9, 35, 34, 49, 50, 52, 56, 97]


@pytest.mark.parametrize("known", [False, True], ids=["split", "shape"])
def test_an_echo_comes_back_in_ascending_order(known: bool) -> None:
    text = "35=D|34=5|49=A|56=B|55=BTC|11=x|54=1|"
    message = learned(text) if known else Message(Message.from_text(text).raw, data_fields={95: 96})
    assert body(Outgoing.echo(message)) == "11=x|54=1|55=BTC|"


def test_an_echo_of_groups_keeps_them_whole() -> None:
    text = "35=D|453=2|448=A|802=1|523=z|448=B|386=1|336=X|55=BTC|11=x|"
    groups = {386: EntryLayout({336}), 453: EntryLayout({448, 802}, {802: EntryLayout({523})})}
    echo = Outgoing.echo(Message.from_text(text), groups)
    assert body(echo) == "11=x|55=BTC|386=1|336=X|453=2|448=A|802=1|523=z|448=B|"
    assert repr(echo.get(386)) == "Received(b'1', 1 fields)"


@pytest.mark.parametrize("known", [False, True], ids=["split", "shape"])
@pytest.mark.parametrize("text", ["35=D|11=x|34=5|49=A|54=1|", "35=D|11=x|11=y|34=5|49=A|54=1|"], ids=["once", "twice"])
def test_an_echo_has_no_field_of_the_session_from_wherever_it_stood(text: str, known: bool) -> None:
    """A lenient session takes headers behind the body; sent on, MsgSeqNum would be there twice."""
    message = learned(text) if known else Message(Message.from_text(text).raw, data_fields={95: 96})
    sent = Message(encode({34: 9, 49: "B"}, Outgoing.echo(message)))
    assert [tag for tag, _ in sent.fields() if tag in (34, 49)] == [34, 49]
    assert (sent.seq_num, sent.text(49)) == (9, "B")


def test_an_echo_of_groups_of_none_and_of_a_wrong_count() -> None:
    groups = {454: EntryLayout({455}), 146: EntryLayout({311})}
    assert body(Outgoing.echo(Message.from_text("35=d|454=0|146=0|11=x|"), groups)) == "11=x|146=0|454=0|"
    assert body(Outgoing.echo(Message.from_text("35=d|454=2|455=A|11=x|"), groups)) == "11=x|454=2|455=A|"


def test_an_echo_of_groups_nothing_is_known_of_is_left_as_it_was() -> None:
    text = "453=2|448=A|447=D|448=B|447=D|11=x|"
    assert body(Outgoing.echo(Message.from_text(f"35=D|{text}"))) == text


def test_an_echo_of_data() -> None:
    with_length = Message.from_text(b"35=B|148=x|95=3|96=a\x01b|33=0|")
    assert Message(encode({34: 1}, Outgoing.echo(with_length))).raw_body() == b"33=0\x0195=3\x0196=a\x01b\x01148=x\x01"
    without = Message.from_text(b"35=B|148=x|96=ab|33=0|")
    assert Message(encode({34: 1}, Outgoing.echo(without))).raw_body() == b"33=0\x0196=ab\x01148=x\x01"


def test_reading_what_is_to_be_sent() -> None:
    outgoing = Outgoing("D", {11: "x", 38: Decimal(2)}, header={97: True})
    assert outgoing.fields == ((11, "x"), (38, Decimal(2)))
    assert (outgoing.get(38), outgoing.get(97), outgoing.get(44)) == (Decimal(2), True, None)
    assert 11 in outgoing
    assert 97 in outgoing
    assert 44 not in outgoing
    assert repr(outgoing) == "Outgoing('D', 2 fields)"


@pytest.mark.parametrize("known", [False, True], ids=["fields", "echo"])
def test_changes_make_new_ones(known: bool) -> None:
    outgoing = Outgoing.echo(learned("35=D|11=x|38=2|")) if known else Outgoing("D", [(11, b"x"), (38, b"2")])
    changed = outgoing.with_fields({38: 3, 44: 1}).with_header({97: True}).without(11)
    assert body(changed) == "38=3|44=1|"
    assert changed.header == ((97, True),)
    assert changed.with_header([(97, False), (50, "sub")]).header == ((97, False), (50, "sub"))
    assert changed.without(97).header == ()
    assert body(outgoing) == "11=x|38=2|"
    assert outgoing.header == ()
    assert body(outgoing.with_header({97: True})) == "11=x|38=2|"


def test_equal_by_what_is_sent() -> None:
    assert Outgoing("D", {11: "x"}) == Outgoing("D", [(11, "x")])
    assert Outgoing("D", {11: "x"}) != Outgoing("F", {11: "x"})
    assert Outgoing("D", {11: "x"}) != Outgoing("D", {11: "x"}, header={97: True})
    assert Outgoing("D") != "D"
    assert Outgoing.echo(learned("35=D|11=x|38=2|")) == Outgoing("D", {11: b"x", 38: b"2"})
    assert Received(b"1", [(1, b"x")]) == Received(b"1", ((1, b"x"),))
    assert Received(b"1", []) != (b"1", ())
    assert hash(Received(b"1", [])) == hash(Received(b"1", []))
    with pytest.raises(TypeError):
        hash(Outgoing("D"))
