"""Shapes: one expression for a whole message, what follows from the tags, and a cache that cannot grow."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.shape import Shape, Shapes, zones

ORDER = Message.from_text("35=D|34=2|49=A|52=20240101-00:00:00|56=B|97=Y|11=x|38=1|55=BTC|")
TAGS = [tag for tag, _ in ORDER.fields()]


def test_what_follows_from_the_tags() -> None:
    shape = Shape("D", TAGS)
    assert shape.tags == (8, 9, 35, 34, 49, 52, 56, 97, 11, 38, 55, 10)
    assert (shape.body_start, shape.trailer_start) == (9, 12)
    assert shape.body_ascending
    assert shape.header_extras == (8,)
    assert shape.index[34] == 4
    assert repr(shape) == f"Shape('D', {shape.tags})"


def test_the_expression_finds_every_value_and_the_body() -> None:
    shape = Shape("D", TAGS)
    match = shape.fullmatch(ORDER.raw)
    assert match is not None
    assert list(zip(shape.tags, match.groups(), strict=True)) == ORDER.fields()
    start, end = shape.body_span(match)
    assert ORDER.raw[start:end] == ORDER.raw_body() == b"11=x\x0138=1\x0155=BTC\x01"


@pytest.mark.parametrize(
    "text",
    [
        "35=D|34=2|49=A|52=20240101-00:00:00|56=B|97=Y|11=x|38=1|",
        "35=D|34=2|49=A|52=20240101-00:00:00|56=B|97=Y|11=x|38=1|55=BTC|58=x|",
        "35=D|34=2|49=A|52=20240101-00:00:00|56=B|97=Y|11=x|38=1|54=BTC|",
        "35=F|34=2|49=A|52=20240101-00:00:00|56=B|97=Y|11=x|38=1|55=BTC|",
        "35=DD|34=2|49=A|52=20240101-00:00:00|56=B|97=Y|11=x|38=1|55=BTC|",
    ],
    ids=["one less", "one more", "another tag", "another type", "a longer type"],
)
def test_it_matches_nothing_else(text: str) -> None:
    assert Shape("D", TAGS).fullmatch(Message.from_text(text).raw) is None


def test_patterns_of_values() -> None:
    shape = Shape("D", TAGS, {38: rb"[0-9]+", 55: rb"(?:BTC|ETH)"})
    assert shape.fullmatch(ORDER.raw) is not None
    assert shape.fullmatch(ORDER.raw.replace(b"38=1", b"38=x")) is None
    assert shape.fullmatch(ORDER.raw.replace(b"BTC", b"XRP")) is None


def test_a_type_is_no_expression() -> None:
    message = Message.from_text("35=.|34=1|")
    shape = Shape(".", [tag for tag, _ in message.fields()])
    assert shape.fullmatch(message.raw) is not None
    assert shape.fullmatch(message.raw.replace(b"35=.", b"35=x")) is None


@pytest.mark.parametrize(
    ("tags", "span", "ascending"),
    [
        ([8, 9, 35, 34, 10], b"", True),
        ([8, 9, 35, 34, 11, 10], b"11=v\x01", True),
        ([8, 9, 35, 11, 11, 12, 10], b"11=v\x0111=v\x0112=v\x01", True),
        ([8, 9, 35, 38, 11, 89, 10], b"38=v\x0111=v\x01", False),
        ([8, 9, 35, 386, 336, 336, 10], b"386=v\x01336=v\x01336=v\x01", False),
        ([8, 9, 35, 11, 34, 10], b"11=v\x0134=v\x01", False),
        ([8, 9, 35, 11, 93, 444, 10], b"11=v\x0193=v\x01444=v\x01", False),
        ([8, 9, 35, -1, 11, 10], b"-1=v\x0111=v\x01", False),
    ],
)
def test_header_body_and_trailer(tags: list[int], span: bytes, ascending: bool) -> None:
    shape = Shape("v", tags)
    raw = b"".join(b"%d=v\x01" % tag for tag in tags)
    match = shape.fullmatch(raw)
    assert match is not None
    start, end = shape.body_span(match)
    assert raw[start:end] == span
    assert shape.body_ascending is ascending


def test_zones_of_what_has_no_header() -> None:
    assert zones([11, 38, 10]) == (1, 3)
    assert zones([]) == (1, 1)
    assert zones([8, 9]) == (3, 3)


@pytest.mark.parametrize(
    "tags",
    [
        [],
        [8, 9, 35],
        [8, 9, 35, 34],
        [9, 8, 35, 10],
        [8, 9, 34, 35, 10],
        [8, 9, 35, 95, 96, 10],
        [8, 9, 35, 93, 89, 10],
    ],
)
def test_what_cannot_be_a_shape(tags: list[int]) -> None:
    assert not Shape.can_be(tags)
    with pytest.raises(ValueError, match="not the tags of a message"):
        Shape("A", tags)
    shapes = Shapes(sightings=1)
    shapes.saw("A", tags)
    assert len(shapes) == 0


def test_data_without_its_length_is_an_ordinary_field() -> None:
    assert Shape.can_be([8, 9, 35, 96, 10])
    assert not Shape.can_be([8, 9, 35, 20001, 20002, 10], {20001: 20002})


def message(number: int, msg_type: str = "D") -> Message:
    """One of many shapes with the same count of fields."""
    return Message.from_text(f"35={msg_type}|34=1|{5000 + number}=x|")


def tags_of(one: Message) -> list[int]:
    return [tag for tag, _ in one.fields()]


def test_a_shape_is_learned_after_so_many_sightings() -> None:
    shapes = Shapes(sightings=3)
    order = message(0)
    for _ in range(3):
        assert shapes.find(order.raw) is None
        shapes.saw("D", tags_of(order))
    found = shapes.find(order.raw)
    assert found is not None
    shape, match = found
    assert isinstance(match, re.Match)
    assert (shape.msg_type, shape.tags, len(shapes)) == ("D", tuple(tags_of(order)), 1)
    assert shapes.find(message(1).raw) is None
    assert shapes.find(message(0, "F").raw) is None


def test_the_last_one_found_is_tried_first() -> None:
    shapes = Shapes(sightings=1)
    for number in range(5):
        shapes.saw("D", tags_of(message(number)))
    for number in (0, 0, 4, 2, 0):
        found = shapes.find(message(number).raw)
        assert found is not None
        assert found[0].tags[4] == 5000 + number


def test_shapes_of_one_length_are_bounded() -> None:
    shapes = Shapes(limit=100)
    for number in range(50):
        shapes.add(Shape("D", tags_of(message(number))))
    assert len(shapes) == 16
    assert shapes.find(message(49).raw) is not None
    assert shapes.find(message(0).raw) is None


def test_where_another_has_to_go_a_shape_is_learned_reluctantly() -> None:
    """More shapes than there is room for would else push each other out for ever, and learning is dear."""
    shapes = Shapes(limit=100, sightings=2)
    for _ in range(10):
        for number in range(40):
            shapes.saw("D", tags_of(message(number)))
    known = [number for number in range(40) if shapes.find(message(number).raw) is not None]
    assert known == list(range(16))
    for _ in range(200):
        shapes.saw("D", tags_of(message(39)))
    assert shapes.find(message(39).raw) is not None
    assert len(shapes) == 16


def test_all_shapes_are_bounded_and_the_oldest_goes() -> None:
    shapes = Shapes(limit=10)
    for number in range(30):
        shapes.add(Shape("D", [8, 9, 35, *range(5000, 5000 + number), 10]))
    assert len(shapes) == 10
    raw = [b"8=v\x019=v\x0135=D\x01" + b"".join(b"%d=\x01" % tag for tag in range(5000, 5000 + n)) for n in range(30)]
    assert [shapes.find(one + b"10=v\x01") is not None for one in raw] == [False] * 20 + [True] * 10


def test_ever_new_shapes_are_not_learned_and_not_remembered_for_ever() -> None:
    shapes = Shapes(sightings=2)
    for number in range(5000):
        shapes.saw("D", [8, 9, 35, 20_000 + number, 10])
    assert len(shapes) == 0
    for _ in range(2):
        shapes.saw("D", [8, 9, 35, 11, 10])
    assert len(shapes) == 1


def test_a_long_message_is_not_learned() -> None:
    shapes = Shapes(sightings=1)
    shapes.saw("W", [8, 9, 35, *[269, 270] * 100, 10])
    assert len(shapes) == 0


@given(
    st.lists(st.sampled_from([11, 38, 44, 54, 55, 95, 96, 58]), max_size=8),
    st.lists(st.binary(max_size=4), min_size=8, max_size=8),
)
def test_a_match_is_what_taking_it_apart_gives(tags: list[int], values: list[bytes]) -> None:
    """Whatever was learned before, and whatever separators are inside of data."""
    fields = [(tag, value.replace(b"\x01", b"")) for tag, value in zip(tags, values, strict=False)]
    shapes = Shapes(sightings=1)
    shapes.saw("D", [8, 9, 35, *tags, 10])
    raw = Message.from_text(
        b"35=D\x01" + b"".join(b"%d=%b\x01" % field for field in fields if field[0] != 95), "\x01"
    ).raw
    found = shapes.find(raw)
    if found is not None:
        plain = Message(raw, data_fields={95: 96})
        assert list(zip(found[0].tags, found[1].groups(), strict=True)) == plain.fields()
