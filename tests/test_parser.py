"""JsonParser: what it makes of good and bad messages, alone and in batches."""

import contextlib
import struct
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import ParseError
from barterpy.parser import DecodingParser, JsonParser, TextOrBinaryParser
from barterpy.socket import Batch
from barterpy.stream import ExchangeStream
from barterpy.testing import MockSocket
from barterpy.transformer import FunctionTransformer


class AggTrade(msgspec.Struct, tag="aggTrade", tag_field="e"):
    price: Decimal = msgspec.field(name="p")
    quantity: float = msgspec.field(name="q")


class Ack(msgspec.Struct):
    id: int
    result: None


class Refusal(msgspec.Struct):
    error: str


TRADE = b'{"e":"aggTrade","p":"0.0010","q":"2.5","ignored":[1]}'


@pytest.mark.parametrize("message", [b'{"a": [1, 2.5, "x", null]}', '{"a": [1, 2.5, "x", null]}'], ids=["bytes", "str"])
def test_plain_objects(message: str | bytes) -> None:
    assert JsonParser().parse(message) == {"a": [1, 2.5, "x", None]}


def test_typed_with_numbers_in_strings() -> None:
    trade = JsonParser(AggTrade).parse(TRADE)
    assert trade == AggTrade(price=Decimal("0.0010"), quantity=2.5)
    assert str(trade.price) == "0.0010"


def test_further_types_are_tried_in_order() -> None:
    parser = JsonParser(AggTrade, Ack, Refusal)
    assert parser.parse(TRADE) == AggTrade(price=Decimal("0.001"), quantity=2.5)
    assert parser.parse('{"id":1,"result":null}') == Ack(id=1, result=None)
    assert parser.parse(b'{"error":"no"}') == Refusal(error="no")


def test_more_types_than_the_checker_counts() -> None:
    class Last(msgspec.Struct):
        last: int

    assert JsonParser(AggTrade, Ack, Refusal, Last).parse(b'{"last":1}') == Last(1)


def test_a_tagged_union_is_one_type() -> None:
    class Quote(msgspec.Struct, tag="quote", tag_field="e"):
        bid: Decimal

    parser: JsonParser[Any] = JsonParser(AggTrade | Quote)
    assert parser.parse(b'{"e":"quote","bid":"1.5"}') == Quote(Decimal("1.5"))


def test_strict_takes_no_number_out_of_a_string() -> None:
    with pytest.raises(ParseError, match=r"Expected `float`, got `str`"):
        JsonParser(AggTrade, strict=True).parse(TRADE)


DEEP = b"[" * 1_000_000 + b"]" * 1_000_000
"""Too deep for CPython 3.14, too, which counts no calls but the bytes of the stack."""

BAD: dict[str, tuple[Any, Any]] = {
    "not JSON": (JsonParser(AggTrade), b"<html>"),
    "not JSON, plain": (JsonParser(), b"<html>"),
    "truncated": (JsonParser(AggTrade), TRADE[:-3]),
    "empty": (JsonParser(AggTrade), b""),
    "empty, plain": (JsonParser(), ""),
    "wrong type": (JsonParser(AggTrade), b'{"e":"aggTrade","p":"x","q":"1"}'),
    "missing field": (JsonParser(AggTrade), b'{"e":"aggTrade","p":"1"}'),
    "unknown tag": (JsonParser(AggTrade), b'{"e":"other","p":"1","q":"1"}'),
    "unknown message": (JsonParser(AggTrade, Ack), b'{"hello":1}'),
    "wrong UTF-8": (JsonParser(AggTrade), b'{"e":"\xff"}'),
    "wrong UTF-8, plain": (JsonParser(), b'{"e":"\xff"}'),
    "too deep": (JsonParser(AggTrade), b'{"e":"aggTrade","p":"1","q":"1","x":' + DEEP + b"}"),
    "too deep, plain": (JsonParser(), DEEP),
    "two messages": (JsonParser(AggTrade), TRADE + TRADE),
    "a list": (JsonParser(AggTrade), b"[]"),
    "null": (JsonParser(AggTrade), b"null"),
    "nan": (JsonParser(AggTrade), b'{"e":"aggTrade","p":NaN,"q":1}'),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_a_parse_error_that_keeps_the_payload(name: str) -> None:
    parser, message = BAD[name]
    with pytest.raises(ParseError) as caught:
        parser.parse(message)
    assert caught.value.payload is message
    assert caught.value.reason
    assert len(str(caught.value)) < 400
    assert caught.value.__cause__ is not None
    assert not caught.value.needs_reconnect
    with pytest.raises(ParseError):
        parser.parse_batch([message])


def test_a_batch_gives_what_each_gives() -> None:
    parser = JsonParser(AggTrade, Ack)
    messages: list[str | bytes] = [TRADE, b'{"id":1,"result":null}', TRADE.decode()]
    assert parser.parse_batch(messages) == [parser.parse(message) for message in messages]
    assert JsonParser(AggTrade).parse_batch([TRADE] * 3) == [JsonParser(AggTrade).parse(TRADE)] * 3
    assert parser.parse_batch([]) == []


@pytest.mark.parametrize(
    ("parser", "never"),
    [
        (JsonParser(), False),
        (JsonParser(int), True),
        (JsonParser(int, str), True),
        (JsonParser(int, type(None)), False),
        (JsonParser(Any), False),
    ],
    ids=["plain objects", "type", "types", "a type or None", "anything"],
)
def test_a_parser_of_types_without_none_never_skips(parser: JsonParser[Any], never: bool) -> None:
    assert parser.never_skips is never


def test_a_bad_one_fails_its_whole_batch() -> None:
    with pytest.raises(ParseError) as caught:
        JsonParser(AggTrade).parse_batch([TRADE, b"bad", TRADE])
    assert caught.value.payload == b"bad"


@given(message=st.one_of(st.binary(max_size=80), st.text(max_size=80)))
@pytest.mark.parametrize("parser", [JsonParser(), JsonParser(AggTrade), JsonParser(AggTrade, Ack)])
def test_any_input_gives_a_message_or_a_parse_error(parser: JsonParser[Any], message: str | bytes) -> None:
    with contextlib.suppress(ParseError):
        parser.parse(message)
    with contextlib.suppress(ParseError):
        parser.parse_batch([message, message])


# Other formats.


class Tick(msgspec.Struct):
    price: float


PACKED = msgspec.msgpack.encode({"price": 1.5})


def test_any_decoder_makes_a_parser() -> None:
    assert DecodingParser(msgspec.msgpack.Decoder(Tick).decode).parse(PACKED) == Tick(1.5)
    pair: DecodingParser[bytes, tuple[Any, ...]] = DecodingParser(struct.Struct("<qd").unpack, struct.error)
    assert pair.parse(struct.pack("<qd", 7, 0.5)) == (7, 0.5)


@pytest.mark.parametrize(
    ("parser", "message", "reason"),
    [
        (DecodingParser(msgspec.msgpack.Decoder(Tick).decode, kind="MessagePack"), PACKED[:-1], "truncated"),
        (DecodingParser(msgspec.msgpack.Decoder(Tick).decode, kind="MessagePack"), b"\x80", "missing required field"),
        (DecodingParser(struct.Struct("<q").unpack, struct.error, kind="pair"), b"short", "requires a buffer of 8"),
        (DecodingParser(bytes.decode, kind="text"), b"\xff", "codec can't decode"),
        (DecodingParser(int, kind="number"), "seven", "invalid literal"),
    ],
)
def test_what_a_decoder_cannot_read_keeps_its_payload(
    parser: DecodingParser[Any, Any], message: str | bytes, reason: str
) -> None:
    with pytest.raises(ParseError, match=reason) as caught:
        parser.parse(message)
    assert caught.value.payload is message
    assert caught.value.kind in str(caught.value)
    assert caught.value.__cause__ is not None


def test_a_decoder_that_is_wrong_itself_is_no_bad_message() -> None:
    def decode(message: bytes) -> int:
        return len(message) + int(message.missing)  # type: ignore[attr-defined]

    with pytest.raises(AttributeError):
        DecodingParser(decode).parse(b"x")


def test_an_error_without_text_is_named() -> None:
    def decode(message: bytes) -> int:
        raise EOFError

    with pytest.raises(ParseError, match="EOFError"):
        DecodingParser(decode).parse(b"x")


@pytest.mark.anyio
async def test_confirmations_in_json_and_data_in_another_format_share_a_stream() -> None:
    parser = TextOrBinaryParser(JsonParser(Ack), DecodingParser(msgspec.msgpack.Decoder(Tick).decode))
    socket: MockSocket[Any] = MockSocket(Batch(['{"id":1,"result":null}', PACKED, b'{"id":1}', "{}", PACKED], 5))

    def each(message: Ack | Tick) -> list[Ack | Tick]:
        return [message]

    stream = ExchangeStream(socket, parser, FunctionTransformer(each), on_error="yield")
    outputs = [output async for output in stream]
    assert [type(output) for output in outputs] == [Ack, Tick, ParseError, ParseError, Tick]
