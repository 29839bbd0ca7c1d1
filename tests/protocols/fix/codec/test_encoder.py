"""Encoding for a session: what a template gives is what the long way gives, for whatever is sent."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.protocols.fix.encoder import Encoder, encode
from barterpy.protocols.fix.errors import FieldInvalid
from barterpy.protocols.fix.framing import check_frame
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing, Timestamp, Value

AT = 1_718_096_506_228_950_123
STAMP = Timestamp(AT)


def test_a_new_order_to_the_byte() -> None:
    """17 fields, out of order, and what a Decimal has of digits."""
    encoder = Encoder("FIX.4.4", "TRADER", "VENUE")
    order: dict[int, Value] = {
        55: "BTCUSDT",
        11: "order-1",
        54: "1",
        40: "2",
        44: Decimal("67012.250"),
        38: Decimal("1E-3"),
    }
    order |= {21: "1", 59: 1, 60: STAMP}
    raw = encoder.encode(Outgoing("D", order), 42, AT)
    assert raw == (
        b"8=FIX.4.4\x019=144\x0135=D\x0134=42\x0149=TRADER\x0152=20240611-09:01:46.228\x0156=VENUE\x01"
        b"11=order-1\x0121=1\x0138=0.001\x0140=2\x0144=67012.250\x0154=1\x0155=BTCUSDT\x0159=1\x01"
        b"60=20240611-09:01:46.228\x0110=159\x01"
    )
    check_frame(raw)


def test_the_published_logon() -> None:
    """Binance (fix-api.md at a5e0bc3d, "How to sign Logon")."""
    signature = "4MHXelVVcpkdwuLbl6n73HQUXUf1dse2PCgT1DYqW9w8AVZ1RACFGM+5UdlGPrQHrgtS3CvsRURC1oj73j8gCA=="
    key = "sBRXrJx2DsOraMXOaUovEhgVRcjOvCtQwnWj8VxkOh1xqboS02SPGfKi2h8spZJb"
    logon: dict[int, Value] = {98: 0, 108: 30, 141: True, 553: key, 96: signature.encode(), 25035: 2}
    encoder = Encoder("FIX.4.4", "EXAMPLE", "SPOT")
    at = 1_719_487_045_223_000_000
    raw = encoder.encode(Outgoing("A", logon), 1, at)
    assert (
        raw
        == (
            f"8=FIX.4.4|9=247|35=A|34=1|49=EXAMPLE|52=20240627-11:17:25.223|56=SPOT|95=88|96={signature}|98=0|108=30|141=Y|"
            f"553={key}|25035=2|10=227|"
        )
        .replace("|", "\x01")
        .encode()
    )
    signed = dict(encoder.header_fields(Outgoing("A"), 1, at))
    assert (
        b"\x01".join(signed[tag] for tag in (35, 49, 56, 34, 52))
        == b"A\x01EXAMPLE\x01SPOT\x011\x0120240627-11:17:25.223"
    )


def test_the_header_a_signature_is_made_of_is_the_one_that_is_sent() -> None:
    encoder = Encoder("FIXT.1.1", "A", "B", "us", header={50: "sub"})
    outgoing = Outgoing("A", {98: 0}, header={97: True})
    raw = encoder.encode(outgoing, 3, AT, [(43, True)])
    fields = encoder.header_fields(outgoing, 3, AT, [(43, True)])
    assert fields == Message(raw).header_fields()[2:]
    assert [tag for tag, _ in fields] == [35, 34, 43, 49, 50, 52, 56, 97]


@pytest.mark.parametrize(
    ("precision", "stamp"),
    [
        ("s", "20240611-09:01:46"),
        ("ms", "20240611-09:01:46.228"),
        ("us", "20240611-09:01:46.228950"),
        ("ns", "20240611-09:01:46.228950123"),
    ],
)
@pytest.mark.parametrize("way", [(), [(97, "Y")]], ids=["template", "long"])
def test_precision(precision: Any, stamp: str, way: list[tuple[int, Value]]) -> None:
    message = Message(Encoder("FIX.4.4", "A", "B", precision).encode(Outgoing("D", {60: STAMP}), 1, AT, way))
    assert message.text(52) == message.text(60) == stamp


def test_a_timestamp_keeps_a_precision_of_its_own() -> None:
    outgoing = Outgoing("D", {60: Timestamp(AT, "us"), 126: STAMP})
    message = Message(Encoder("FIX.4.4", "A", "B", "s").encode(outgoing, 1, AT))
    assert (message.text(60), message.text(126)) == ("20240611-09:01:46.228950", "20240611-09:01:46")


def test_what_is_said_of_a_message_goes_before_what_is_said_of_all() -> None:
    encoder = Encoder("FIX.4.4", "A", "B", header=[(50, "all"), (57, "all")])
    plain = Message(encoder.encode(Outgoing("0"), 1, AT))
    assert (plain.text(50), plain.text(57)) == ("all", "all")
    outgoing = Outgoing("0", header={50: "message", 57: "message"})
    message = Message(encoder.encode(outgoing, 1, AT, [(57, "now"), (122, STAMP)]))
    assert (message.text(50), message.text(57)) == ("message", "now")
    assert message.timestamp(122) == AT // 1_000_000 * 1_000_000


def test_the_order_as_given() -> None:
    outgoing = Outgoing("D", [(55, "x"), (11, "y"), Outgoing.group(453, [[(448, "A")]]), (38, 1)])
    message = Message(Encoder("FIX.4.4", "A", "B", order="given").encode(outgoing, 1, AT))
    assert [tag for tag, _ in message.body_fields()] == [55, 11, 453, 448, 38]
    simple = Outgoing("D", [(55, "x"), (11, "y")])
    message = Message(Encoder("FIX.4.4", "A", "B", order="given").encode(simple, 1, AT))
    assert message.body_fields() == [(55, b"x"), (11, b"y")]


@pytest.mark.parametrize("part", ["begin_string", "sender", "target"])
@pytest.mark.parametrize("bad", ["a\x01b", "\ud800"])
def test_what_is_the_session_s_cannot_hold_a_separator(part: str, bad: str) -> None:
    names: dict[str, Any] = {"begin_string": "FIX.4.4", "sender": "A", "target": "B", part: bad}
    with pytest.raises(FieldInvalid):
        Encoder(**names)


def test_percent_signs_and_bytes_beyond_ascii_are_not_special() -> None:
    encoder = Encoder("FIX%d", "%s\udcff", "größe%", header={50: "%(x)s"})
    for outgoing in (Outgoing("%", {58: "100%"}), Outgoing("%", {58: "100%"}, header={97: True})):
        message = Message(encoder.encode(outgoing, 1, AT))
        check_frame(message.raw)
        assert message.begin_string == "FIX%d"
        assert (message.msg_type, message.text(58), message.text(50)) == ("%", "100%", "%(x)s")
        assert (message.text(49), message.text(56)) == ("%s\udcff", "größe%")
    echo = Outgoing("%")
    echo.raw_body = b"58=%s\x01"
    message = Message(encoder.encode(echo, 1, AT))
    assert (message.msg_type, message.text(58), message.text(56)) == ("%", "%s", "größe%")


def test_echoes_are_stamped_with_their_own_time() -> None:
    encoder = Encoder("FIX.4.4", "A", "B", "us")
    echo = Outgoing("D")
    echo.raw_body = b"58=x\x01"
    times = [0, AT, AT, AT + 1_000, AT, 0]
    stamps = [Message(encoder.encode(echo, 1, at)).timestamp(52) for at in times]
    assert stamps == [at // 1000 * 1000 for at in times]


@pytest.mark.parametrize("size", [0, 900, 1000, 1023, 1024, 5000])
def test_bodies_of_every_length(size: int) -> None:
    raw = Encoder("FIX.4.4", "A", "B").encode(Outgoing("B", {58: "x" * size}), 1, AT)
    check_frame(raw)
    assert len(Message(raw).text(58)) == size


@pytest.mark.parametrize(
    ("fields", "tag"),
    [
        ({11: "x", 58: "a\x0154=2"}, 58),
        ({58: "a\x01", 11: "x", 55: "\x01"}, 58),
        ({11: "x", 44: 1.5}, 44),
        ({11: "x", 44: Decimal("NaN")}, 44),
        ({11: "x", 44: None}, 44),
        ({11: "\ud800"}, 11),
        ({11: 10**5000}, 11),
        ({34: 1}, 34),
        ({0: 1}, 0),
    ],
)
def test_what_cannot_be_sent_is_named_and_the_next_is_sent(fields: dict[int, Any], tag: int) -> None:
    encoder = Encoder("FIX.4.4", "A", "B")
    for _ in range(2):
        with pytest.raises(FieldInvalid) as caught:
            encoder.encode(Outgoing("D", fields), 1, AT)
        assert caught.value.tag == tag
    assert Message(encoder.encode(Outgoing("D", {11: "x"}), 1, AT)).text(11) == "x"


def test_a_separator_cannot_be_balanced_by_another_value() -> None:
    """The template counts separators: a value that is none must not make up for one that has one."""
    with pytest.raises(FieldInvalid):
        Encoder("FIX.4.4", "A", "B").encode(Outgoing("D", [(58, "a\x01b"), Outgoing.group(453, [])]), 1, AT)


def test_types_and_sequences_of_tags_are_forgotten_in_time() -> None:
    encoder = Encoder("FIX.4.4", "A", "B")
    for number in range(1000):
        outgoing = Outgoing(f"U{number}", {5000 + number: "x"})
        echo = Outgoing(f"U{number}")
        echo.raw_body = b"58=x\x01"
        assert Message(encoder.encode(outgoing, 1, AT)).text(5000 + number) == "x"
        assert Message(encoder.encode(echo, 1, AT)).msg_type == f"U{number}"


VALUES = st.one_of(
    st.text(st.characters(exclude_characters="\x01", exclude_categories=["Cs"]), max_size=5),
    st.binary(max_size=4).map(lambda value: value.replace(b"\x01", b"")),
    st.integers(-(10**12), 10**12),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.integers(0, 4_000_000_000_000_000_000).map(Timestamp),
    st.dates(),
)
TAGS = st.sampled_from([1, 11, 38, 44, 54, 55, 58, 60, 4711, 25_035])


@given(st.dictionaries(TAGS, VALUES, max_size=8), st.integers(0, 2**32), st.integers(0, 4 * 10**18))
def test_a_template_gives_what_the_long_way_gives(fields: dict[int, Any], seq_num: int, at: int) -> None:
    encoder = Encoder("FIX.4.4", "A", "B", "us")
    outgoing = Outgoing("D", fields)
    header: dict[int, Value] = {8: "FIX.4.4", 34: seq_num, 49: "A", 52: Timestamp(at, "us"), 56: "B"}
    raw = encode(header, outgoing, precision="us")
    assert encoder.encode(outgoing, seq_num, at) == encoder.encode(outgoing, seq_num, at) == raw
    check_frame(raw)
    message = Message(raw)
    assert (message.seq_num, message.timestamp(52)) == (seq_num, at // 1000 * 1000)
    assert [tag for tag, _ in message.body_fields()] == sorted(fields)
    for tag, value in fields.items():
        if isinstance(value, Decimal):
            assert message.decimal(tag) == value
        elif isinstance(value, str):
            assert message.text(tag) == value
