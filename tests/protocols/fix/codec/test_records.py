"""Typed messages: structs to fields and back, groups in groups, and every way in which a message does not fit."""

import datetime as dt
import enum
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, NewType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import ConfigurationError, ParseError
from barterpy.parser import StreamParser
from barterpy.protocols.fix.encoder import Encoder
from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Entries, Outgoing
from barterpy.protocols.fix.records import FixParser, Group, Tag, Timestamp, fields_of

AT = 1_718_096_506_228_000_000
OrderId = NewType("OrderId", str)


class Side(enum.Enum):
    BUY = "1"
    SELL = "2"


class Status(enum.IntEnum):
    NEW = 0
    FILLED = 2


class SubId(msgspec.Struct, frozen=True, kw_only=True):
    sub_id: Annotated[str, Tag(523)]
    sub_id_type: Annotated[int | None, Tag(803)] = None


class Party(msgspec.Struct, frozen=True, kw_only=True):
    party_id: Annotated[str, Tag(448)]
    role: Annotated[int | None, Tag(452)] = None
    sub_ids: Annotated[tuple[SubId, ...], Group(802)] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    msg_type: ClassVar[str] = "8"

    order_id: Annotated[OrderId, Tag(37)]
    side: Annotated[Side, Tag(54)]
    status: Annotated[Status, Tag(39)]
    kind: Annotated[Literal["1", "2"], Tag(40)]
    quantity: Annotated[Decimal, Tag(38)]
    seq_num: Annotated[int, Tag(34)]
    account: Annotated[str | None, Tag(1)]
    price: Annotated[Decimal, Tag(44)] | None = None
    rate: Annotated[float, Tag(218)] = 0.5
    working: Annotated[bool, Tag(636)] = False
    raw: Annotated[bytes, Tag(96)] = b""
    settled: Annotated[dt.date | None, Tag(64)] = None
    time: Annotated[Timestamp | None, Tag(60)] = None
    parties: Annotated[tuple[Party, ...], Group(453)] = ()


class News(msgspec.Struct):
    msg_type: ClassVar[str] = "B"

    headline: Annotated[str, Tag(148)]
    lines: Annotated["list[Line]", Group(33)] = msgspec.field(default_factory=lambda: list[Line]())


class Line(msgspec.Struct):
    text: Annotated[str, Tag(58)]


LEAST = "35=8|34=7|37=x|38=1.50|39=2|40=2|54=1|"
REPORT = Report(
    order_id=OrderId("x"),
    side=Side.BUY,
    status=Status.FILLED,
    kind="2",
    quantity=Decimal("1.50"),
    seq_num=7,
    account=None,
)


def read(text: str | bytes) -> Report | None:
    return FixParser(Report).parse(Message.from_text(text))


def changed(**fields: Any) -> Report:
    return msgspec.structs.replace(REPORT, **fields)


def test_what_has_to_be_there_and_what_need_not() -> None:
    assert read(LEAST) == REPORT
    parser: StreamParser[Message, Report] = FixParser(Report)
    assert parser.parse(Message.from_text(LEAST)) == REPORT


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("1=me|44=10|", {"account": "me", "price": Decimal(10)}),
        ("218=1.25|636=Y|", {"rate": 1.25, "working": True}),
        ("64=20240611|60=20240611-09:01:46.228|", {"settled": dt.date(2024, 6, 11), "time": Timestamp(AT)}),
        ("95=3|96=a\x01b|", {"raw": b"a\x01b"}),
        ("20001=unknown|9999=|", {}),
        ("453=0|", {"parties": ()}),
        ("453=1|448=A|", {"parties": (Party(party_id="A"),)}),
    ],
)
def test_what_may_be_there(text: str, fields: dict[str, Any]) -> None:
    assert read(LEAST + text) == changed(**fields)


def test_a_time_is_a_number_of_nanoseconds() -> None:
    report = read(LEAST + "60=20240611-09:01:46.228|")
    assert report is not None
    assert type(report.time) is Timestamp
    assert report.time == AT


def test_json_of_a_typed_message() -> None:
    text = msgspec.json.encode(read(LEAST + "60=20240611-09:01:46.228|"), enc_hook=int)
    assert msgspec.json.decode(text)["time"] == AT


def test_other_types_are_skipped() -> None:
    assert read("35=0|34=1|") is None


def test_several_types() -> None:
    messages = [Message.from_text(text) for text in (LEAST, "35=B|148=hi|33=2|58=a|58=b|", "35=0|")]
    wanted = [REPORT, News("hi", [Line("a"), Line("b")]), None]
    both: FixParser[Report | News] = FixParser(Report | News)
    assert [both.parse(message) for message in messages] == wanted
    assert [FixParser(Report, News).parse(message) for message in messages] == wanted


def test_groups_in_groups() -> None:
    text = "453=2|448=A|452=1|802=2|523=x|803=4|523=y|448=B|802=1|523=z|58=text|"
    parties = (
        Party(party_id="A", role=1, sub_ids=(SubId(sub_id="x", sub_id_type=4), SubId(sub_id="y"))),
        Party(party_id="B", sub_ids=(SubId(sub_id="z"),)),
    )
    assert read(LEAST + text) == changed(parties=parties)


@pytest.mark.parametrize(
    "text",
    [
        "453=2|448=A|447=D|452=1|2376=x|448=B|447=D|452=2|",  # between, and in the last
        "453=2|448=A|452=1|802=1|523=x|9999=?|448=B|452=2|",  # in a group inside
        "453=2|448=A|452=1|448=B|452=2|44=10|54=2|",  # fields of the message behind it
        "453=2|448=A|452=1|448=B|2376=x|452=2|58=y|452=9|",  # a member once more: not of the entry
    ],
)
def test_unknown_fields_inside_of_groups_cost_nothing(text: str) -> None:
    """Engines lose fills over them (quickfix #184); venues add fields without asking."""
    report = read(text.join(("35=8|34=7|37=x|38=1.50|39=2|40=2|54=1|", "")))
    assert report is not None
    assert [(party.party_id, party.role) for party in report.parties] == [("A", 1), ("B", 2)]


def test_a_field_of_the_message_is_not_taken_for_an_entry_s() -> None:
    class Order(msgspec.Struct):
        cl_ord_id: Annotated[str, Tag(11)]
        text: Annotated[str | None, Tag(58)] = None

    class OrderList(msgspec.Struct):
        msg_type: ClassVar[str] = "E"
        orders: Annotated[list[Order], Group(73)]
        list_id: Annotated[str, Tag(66)]
        text: Annotated[str | None, Tag(58)] = None

    parser = FixParser(OrderList)
    found = parser.parse(Message.from_text("35=E|73=2|11=a|58=x|11=b|66=list|58=all|"))
    assert found == OrderList([Order("a", "x"), Order("b")], "list", "x")  # 58 of the message is the first that stands


def test_two_groups_and_a_delimiter_which_the_message_has_as_well() -> None:
    class Leg(msgspec.Struct):
        symbol: Annotated[str, Tag(55)]
        side: Annotated[str | None, Tag(54)] = None

    class Pair(msgspec.Struct):
        msg_type: ClassVar[str] = "U9"
        buys: Annotated[tuple[Leg, ...], Group(5001)]
        sells: Annotated[list[Leg], Group(5002)]
        side: Annotated[str, Tag(54)]
        symbol: Annotated[str, Tag(55)]

    message = Message.from_text("35=U9|54=1|5001=1|55=A|5002=2|55=B|54=2|55=C|55=all|")
    assert FixParser(Pair).parse(message) == Pair((Leg("A"),), [Leg("B", "2"), Leg("C")], "1", "A")


@pytest.mark.parametrize(
    ("text", "tag", "error"),
    [
        ("35=8|34=7|38=1.50|39=2|40=2|54=1|", 37, FieldMissing),
        (LEAST.replace("38=1.50", "38=1,50"), 38, FieldInvalid),
        (LEAST.replace("38=1.50", "38=1E5"), 38, FieldInvalid),
        (LEAST.replace("38=1.50", "38="), 38, FieldInvalid),
        (LEAST.replace("34=7", "34=+7"), 34, FieldInvalid),
        (LEAST.replace("54=1", "54=5"), 54, FieldInvalid),
        (LEAST.replace("39=2", "39=1"), 39, FieldInvalid),
        (LEAST.replace("39=2", "39=A"), 39, FieldInvalid),
        (LEAST.replace("40=2", "40=3"), 40, FieldInvalid),
        (LEAST + "636=y|", 636, FieldInvalid),
        (LEAST + "218=NaN|", 218, FieldInvalid),
        (LEAST + "64=2024|", 64, FieldInvalid),
        (LEAST + "60=20240611|", 60, FieldInvalid),
        (LEAST + "453=x|448=A|", 453, FieldInvalid),
        (LEAST + "453=-1|448=A|", 453, FieldInvalid),
        (LEAST + "453=2|448=A|", 453, FieldInvalid),
        (LEAST + "453=1|58=x|", 453, FieldInvalid),
        (LEAST + "453=1|448=A|802=1|", 802, FieldInvalid),
        (LEAST + "453=1|", 453, FieldInvalid),
        (LEAST + "453=1|448=A|452=x|", 452, FieldInvalid),
        (LEAST + "453=1|452=1|", 448, FieldMissing),
        (LEAST + "453=1|448=A|802=2|523=x|", 802, FieldInvalid),
        (LEAST + "453=1|448=A|802=1|803=1|", 523, FieldMissing),
    ],
)
def test_what_does_not_fit_is_a_parse_error_with_its_field_and_the_bytes(
    text: str, tag: int, error: type[FieldInvalid | FieldMissing]
) -> None:
    message = Message.from_text(text)
    with pytest.raises(ParseError) as caught:
        FixParser(Report).parse(message)
    assert type(caught.value) is error
    assert caught.value.tag == tag
    assert caught.value.payload == message.raw


def test_what_is_sent() -> None:
    parties = (Party(party_id="A", role=1, sub_ids=(SubId(sub_id="x"),)), Party(party_id="B"))
    report = changed(account="me", price=Decimal("1E+2"), rate=0.1, time=Timestamp(AT), parties=parties, raw=b"\x01")
    msg_type, fields = fields_of(report)
    assert msg_type == "8"
    assert dict(fields)[218] == Decimal("0.1")
    assert dict(fields)[453] == Entries([((448, "A"), (452, 1), (802, Entries([((523, "x"),)]))), ((448, "B"),)])
    sent = Message(Encoder("FIX.4.4", "A", "B").encode(Outgoing.of(report), 7, AT))
    assert sent.raw_body().decode().replace("\x01", "|").replace("95=1|96=||", "95=1|96=.|") == (
        "1=me|37=x|38=1.50|39=2|40=2|44=100|54=1|60=20240611-09:01:46.228|95=1|96=.|218=0.1|"
        "453=2|448=A|452=1|802=1|523=x|448=B|636=N|"
    )
    assert FixParser(Report).parse(sent) == changed(
        account="me", price=Decimal(100), rate=0.1, time=Timestamp(AT), parties=parties, raw=b"\x01"
    )


def test_what_is_none_or_empty_is_not_sent() -> None:
    tags = [tag for tag, _ in fields_of(REPORT)[1]]
    assert tags == [37, 54, 39, 40, 38, 34, 218, 636, 96]


def test_fields_of_the_header_go_there_and_those_of_the_session_do_not_go() -> None:
    class Order(msgspec.Struct):
        msg_type: ClassVar[str] = "D"
        cl_ord_id: Annotated[str, Tag(11)]
        seq_num: Annotated[int, Tag(34)] = 9
        possible_resend: Annotated[bool, Tag(97)] = True

    outgoing = Outgoing.of(Order("x"))
    assert outgoing.fields == ((11, "x"),)
    assert outgoing.header == ((97, True),)


def test_a_number_where_a_timestamp_belongs_is_sent_as_one() -> None:
    late: Any = changed(time=AT)
    assert dict(fields_of(late)[1])[60] == Timestamp(AT)
    assert isinstance(dict(fields_of(late)[1])[60], Timestamp)


class NoTag(msgspec.Struct):
    msg_type: ClassVar[str] = "U1"
    field: str


class NoType(msgspec.Struct):
    field: Annotated[str, Tag(1)]


class WrongType(msgspec.Struct):
    msg_type: ClassVar[str] = "U2"
    field: Annotated[dict[str, str], Tag(1)]


class MixedLiteral(msgspec.Struct):
    msg_type: ClassVar[str] = "U3"
    field: Annotated[Literal["1", 2], Tag(1)]


class WrongGroup(msgspec.Struct):
    msg_type: ClassVar[str] = "U4"
    field: Annotated[Party, Group(453)]


class PairGroup(msgspec.Struct):
    msg_type: ClassVar[str] = "U5"
    field: Annotated[tuple[Party, Party], Group(453)]


class TextGroup(msgspec.Struct):
    msg_type: ClassVar[str] = "U6"
    field: Annotated[list[str], Group(453)]


class Twin(msgspec.Struct):
    msg_type: ClassVar[str] = "8"
    field: Annotated[str, Tag(1)]


class Plain:
    msg_type = "D"


@pytest.mark.parametrize(
    ("types", "reason"),
    [
        ((), "at least one type"),
        ((NoTag,), "NoTag.field says no tag"),
        ((NoType,), "has no msg_type"),
        ((WrongType,), "WrongType.field is of a type that no FIX field can be"),
        ((MixedLiteral,), "MixedLiteral.field is of a type that no FIX field can be"),
        ((WrongGroup,), "WrongGroup.field is a group and has to be"),
        ((PairGroup,), "PairGroup.field is a group and has to be"),
        ((TextGroup,), "is no msgspec.Struct"),
        ((Report, Twin), "two types for messages of type 8"),
        ((Plain,), "is no msgspec.Struct"),
        ((str,), "has no msg_type"),
    ],
)
def test_what_cannot_be_a_typed_message(types: tuple[Any, ...], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        FixParser(*types)


@pytest.mark.parametrize("record", [Plain(), "D", Line("x")])
def test_what_is_no_record_cannot_be_sent(record: Any) -> None:
    with pytest.raises(ConfigurationError):
        Outgoing.of(record)


TEXTS = st.text(st.characters(exclude_characters="\x01", exclude_categories=["Cs"]), max_size=6)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9)
PARTIES = st.builds(
    Party,
    party_id=TEXTS,
    role=st.none() | st.integers(),
    sub_ids=st.lists(st.builds(SubId, sub_id=TEXTS, sub_id_type=st.none() | st.integers()), max_size=2).map(tuple),
)
REPORTS = st.builds(
    Report,
    order_id=TEXTS.map(OrderId),
    side=st.sampled_from(Side),
    status=st.sampled_from(Status),
    kind=st.sampled_from(["1", "2"]),
    quantity=DECIMALS,
    seq_num=st.just(1),
    account=st.none() | TEXTS,
    price=st.none() | DECIMALS,
    rate=st.floats(allow_nan=False, allow_infinity=False),
    working=st.booleans(),
    raw=st.binary(max_size=5),
    settled=st.none() | st.dates(),
    time=st.none() | st.integers(0, 4 * 10**18).map(Timestamp),
    parties=st.lists(PARTIES, max_size=3).map(tuple),
)


@given(REPORTS)
def test_there_and_back(report: Report) -> None:
    raw = Encoder("FIX.4.4", "A", "B", "ns").encode(Outgoing.of(report), 1, AT)
    assert FixParser(Report).parse(Message(raw)) == report


@given(st.lists(st.tuples(st.sampled_from([34, 37, 38, 39, 40, 54, 60, 453, 448, 452, 802, 523]), TEXTS), max_size=14))
def test_it_is_a_record_or_a_parse_error(fields: list[tuple[int, str]]) -> None:
    body = "".join(f"{tag}={value}\x01" for tag, value in fields)
    message = Message.from_text(f"35=8\x01{body}", "\x01")
    try:
        assert isinstance(FixParser(Report).parse(message), Report)
    except (FieldInvalid, FieldMissing) as error:
        assert error.payload == message.raw  # noqa: PT017 - either is right, and this is what the one must have
