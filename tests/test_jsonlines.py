"""JSON lines: every event there and back, exact to the digit, and a documented page that is the model's own."""

import json
import re
from decimal import Decimal
from enum import EnumType, StrEnum
from pathlib import Path
from typing import Any, cast, get_args, get_origin

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.cli.schema import event_schemas, fix_schemas, json_schema, schema_page
from barterpy.errors import ParseError
from barterpy.events import Connected
from barterpy.jsonlines import EVENT_TYPES, decode_event, encode_event, event_kind
from barterpy.model import BookDelta, Level, Order, OrderStatus, OrderType, OrderUpdate, Side, TimeInForce, Trade

ROOT = Path(__file__).parents[1]

SAMPLES: dict[Any, Any] = {
    str: "BTCUSDT",
    int: 1_700_000_000_000_000_001,
    bool: True,
    Decimal: Decimal("0.00100"),
}

ORDER = Order(
    venue="test",
    instrument="BTCUSDT",
    id="1",
    client_id=None,
    side=Side.SELL,
    type=OrderType.LIMIT,
    time_in_force=TimeInForce.GTC,
    status=OrderStatus.OPEN,
    size=Decimal("1.50"),
    filled=Decimal(0),
)


def sample(annotation: Any) -> Any:
    """A value that fits the annotation of a field."""
    origin = get_origin(annotation)
    if origin is tuple:
        element = get_args(annotation)[0]
        return (
            (Level(Decimal("1.10"), Decimal(0)), Level(Decimal("1E-8"), Decimal(2))) if element is not str else ("a",)
        )
    if annotation in SAMPLES:
        return SAMPLES[annotation]
    if origin is Order:
        return ORDER
    if origin is dict:
        return {"filters": [1, "a"]}
    if isinstance(annotation, EnumType):
        return next(iter(cast("type[StrEnum]", annotation)))
    return sample(get_args(annotation)[0])


def make(type_: Any) -> Any:
    return (get_origin(type_) or type_)(**{f.name: sample(f.type) for f in msgspec.structs.fields(type_)})


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_event_survives_the_way_there_and_back(kind: str) -> None:
    event = make(EVENT_TYPES[kind])
    line = encode_event(event)
    assert b"\n" not in line
    assert decode_event(line) == event
    assert decode_event(line.decode()) == event
    members = json.loads(line)
    assert event_kind(event) == kind == members["event"]
    assert list(members) == ["event", *(field.name for field in msgspec.structs.fields(EVENT_TYPES[kind]))]


def trade(**changes: Any) -> Trade:
    fields: dict[str, Any] = {
        "venue": "test",
        "instrument": "BTCUSDT",
        "price": Decimal("37000.10"),
        "size": Decimal("0.001"),
        "side": Side.BUY,
        "id": "7",
        "exchange_at": None,
        "received_at": 5,
    }
    return Trade(**(fields | changes))


def test_a_line_is_what_the_page_says() -> None:
    assert encode_event(trade()) == (
        b'{"event":"trade","venue":"test","instrument":"BTCUSDT","price":"37000.10","size":"0.001","side":"buy",'
        b'"id":"7","exchange_at":null,"received_at":5,"epoch":1,"sequence":null,"first_id":null,"last_id":null}'
    )


@given(st.decimals(allow_nan=False, allow_infinity=False), st.text())
def test_a_decimal_keeps_its_value_and_never_shows_an_exponent(price: Decimal, id_: str) -> None:
    line = encode_event(trade(price=price, id=id_))
    members = json.loads(line)
    assert "E" not in members["price"]
    assert Decimal(members["price"]) == price
    assert members["id"] == id_


@pytest.mark.parametrize("price", ["1E+99903", "-1E-999999999", "0E+999999999"])
def test_a_number_that_would_fill_the_memory_keeps_its_exponent(price: str) -> None:
    line = encode_event(trade(price=Decimal(price)))
    assert json.loads(line)["price"] == price
    assert decode_event(line) == trade(price=Decimal(price))


def test_an_exponent_in_a_text_of_the_venue_is_left_alone() -> None:
    assert json.loads(encode_event(trade(id="1E-8")))["id"] == "1E-8"
    assert json.loads(encode_event(trade(id="1E-8", price=Decimal("1E-8"))))["price"] == "0.00000001"


def test_levels_with_an_exponent() -> None:
    delta = BookDelta(
        venue="t",
        instrument="A",
        bids=(Level(Decimal("1E-7"), Decimal("0E-8")),),
        asks=(),
        exchange_at=None,
        received_at=1,
    )
    assert json.loads(encode_event(delta))["bids"] == [["0.0000001", "0.00000000"]]


def test_an_order_update_holds_its_order() -> None:
    members = json.loads(encode_event(OrderUpdate(order=ORDER)))
    assert members["order"]["event"] == "order"
    assert members["order"]["size"] == "1.50"


def test_members_of_a_later_version_are_ignored() -> None:
    line = encode_event(trade())[:-1] + b',"later":{"a":1}}'
    assert decode_event(line) == trade()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "Input data was truncated"),
        ("{", "Input data was truncated"),
        ("[]", "Expected `object`"),
        ("{}", "missing required field `event`"),
        ('{"event":"nonsense"}', "Invalid value 'nonsense'"),
        ('{"event":"connected","venue":"t","connection":"c","epoch":1}', "missing required field `received_at`"),
        ('{"event":"connected","venue":"t","connection":"c","epoch":"1","received_at":1}', "Expected `int`"),
        ('{"event":"instrument","info":{"a":' + "[" * 1_000_000, "recursion|stack overflow"),
        (b'{"event":"\xff"}', "utf-8"),
    ],
)
def test_a_line_that_is_no_event(line: str | bytes, reason: str) -> None:
    with pytest.raises(ParseError) as caught:
        decode_event(line)
    assert re.search(reason, str(caught.value), re.IGNORECASE)
    assert caught.value.payload == line


def test_what_is_no_event_has_no_kind_and_no_line() -> None:
    with pytest.raises(TypeError, match="object is not an event"):
        event_kind(object())
    with pytest.raises(TypeError):
        encode_event(object())


def test_every_field_has_a_type_and_a_unit() -> None:
    schemas = {schema.event: schema for schema in event_schemas()}
    assert list(schemas) == list(EVENT_TYPES)
    for schema in (*schemas.values(), *fix_schemas()):
        assert schema.summary.endswith((".", ")"))
        assert all(field.unit and field.type for field in schema.fields)
    units = {field.name: (field.type, field.unit) for field in schemas["gap"].fields}
    assert units["last"] == ("integer | null", "the venue's number before the gap")


def test_the_page_of_the_documentation_is_up_to_date() -> None:
    """Write it anew with: barterpy schema > docs/json-lines.md."""
    assert (ROOT / "docs/json-lines.md").read_text() == schema_page()


def test_the_json_schema_names_every_event_and_fits_a_line() -> None:
    schema = json_schema()
    names = {
        definition["properties"]["event"]["enum"][0]
        for definition in schema["$defs"].values()
        if "event" in definition.get("properties", {})
    }
    assert names == {*EVENT_TYPES, *(schema.event for schema in fix_schemas())}
    event = json.loads(encode_event(Connected(venue="t", connection="c", epoch=1, received_at=1)))
    definition = schema["$defs"]["Connected"]
    assert event.keys() == definition["properties"].keys()
