"""The fast way never says yes where the exact way says no, whatever comes, and says yes to what it has learned."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.protocols.fix.dictionary import FieldDefinition, GroupMember, Layout, Rules, Validator, builtin
from barterpy.protocols.fix.dictionary import validator as validator_module
from barterpy.protocols.fix.dictionary.types import MULTIPLE_TYPES
from barterpy.protocols.fix.errors import Garbled
from barterpy.protocols.fix.message import Message
from tests.protocols.fix.dictionary.specimens import ALL, AT, begin_string, make_validator, message, order

SAMPLES = {
    "INT": ("0", "7", "-3", "0012"),
    "LENGTH": ("4",),
    "SEQNUM": ("0", "12"),
    "DAYOFMONTH": ("1", "31"),
    "CHAR": ("A", "1", "="),
    "BOOLEAN": ("Y", "N"),
    "MONTHYEAR": ("202612", "20261231", "202612w5"),
    "UTCTIMESTAMP": (AT, AT + ".123", AT + ".123456789", "20261231-23:59:60"),
    "UTCTIMEONLY": ("03:04:05", "03:04:05.678"),
    "UTCDATEONLY": ("20260102",),
    "LOCALMKTDATE": ("20260102",),
    "TZTIMEONLY": ("07:39Z", "02:39-05", "15:39:11.5+08:30"),
    "TZTIMESTAMP": ("20260102-07:39:00Z", "20260102-07:39:00.123-05:30"),
}
NUMBERS = ("0", "100", "-1.5", "002000.00", ".5", "7.", "123456789.123456789")
TEXTS = ("a", "x y", "=", "é", "1" * 40)


def a_value(definition: FieldDefinition, rng: random.Random) -> str:
    if definition.values and not definition.open:
        values = sorted(definition.values)
        if definition.type in MULTIPLE_TYPES:
            return " ".join(rng.sample(values, min(len(values), rng.randint(1, 3))))
        return rng.choice(values)
    if definition.type in ("FLOAT", "QTY", "PRICE", "PRICEOFFSET", "AMT", "PERCENTAGE"):
        return rng.choice(NUMBERS)
    if definition.type in MULTIPLE_TYPES:
        return rng.choice(("A", "A B", "Z"))
    return rng.choice(SAMPLES.get(definition.type, TEXTS))


def generated(version: str, kind: str, seed: int, *, spare: float = 0.15) -> Message:
    """A valid message of a type: what is required, some of what is not, groups with some entries, no data."""
    rng = random.Random(seed)
    session, application = make_validator(version).session, make_validator(version).application
    dictionary = session if application is None or kind in session.messages else application
    lengths = {**session.data_fields, **dictionary.data_fields}

    def fields(layout: Layout, depth: int) -> str:
        text = ""
        for tag in layout.order:
            wanted = tag in layout.required or (depth and tag == layout.order[0])
            if tag in lengths or tag in lengths.values() or not (wanted or rng.random() < spare / (1 + depth)):
                continue
            group = layout.groups.get(tag)
            if group is None:
                text += f"{tag}={a_value(dictionary.fields[tag], rng)}|"
            else:
                text += entries(group, depth, required=tag in layout.required)
        return text

    def entries(group: GroupMember, depth: int, *, required: bool) -> str:
        count = rng.randint(1 if required else 0, 2) if depth < 3 else int(required)
        return f"{group.tag}={count}|" + "".join(fields(group.layout, depth + 1) for _ in range(count))

    body = fields(dictionary.messages[kind].layout, 0)
    return message(version, body, kind=kind)


def learned(version: str, checked: Message, rules: Rules | None = None) -> Validator:
    validator = make_validator(version, rules, sightings=1)
    assert validator.check(checked) is None, checked
    return validator


KINDS = {version: sorted({*builtin(version).messages, *builtin(begin_string(version)).messages}) for version in ALL}


@pytest.mark.parametrize("version", ALL)
def test_every_type_of_message_made_by_the_dictionary_is_valid_and_then_matched(version: str) -> None:
    for kind in KINDS[version]:
        for seed in range(2):
            checked = generated(version, kind, seed)
            validator = make_validator(version, sightings=1)
            problem = validator.check(checked)
            assert problem is None, (problem, checked)
            matched = validator.match(checked.raw)
            if matched is None:
                # Two groups of one tag that differ in size have no expression, nor have messages without end.
                assert len(checked.fields()) > 40 or repeated_groups(version, checked), checked
                continue
            shape, values = matched
            assert shape.msg_type == kind
            assert [(tag, values[group]) for group, tag in enumerate(shape.tags, 1)] == checked.fields()


def repeated_groups(version: str, checked: Message) -> bool:
    counts = [tag for tag, _ in checked.fields() if builtin(version).fields.get(tag, PLAIN).type == "NUMINGROUP"]
    return len(counts) != len(set(counts))


PLAIN = FieldDefinition(1, "Plain")

Spoil = Callable[[bytes, int], bytes]


def with_length_and_checksum(raw: bytes) -> bytes:
    """What a framer lets through: BodyLength and CheckSum made right again."""
    fields = raw.split(b"\x01")[2:-2]
    body = b"".join(field + b"\x01" for field in fields)
    head = b"%b\x019=%d\x01" % (raw.split(b"\x01")[0], len(body))
    return head + body + b"10=%03d\x01" % (sum(head + body) % 256)


SPOILS: dict[str, Spoil] = {
    "a byte less": lambda raw, place: raw[: place % len(raw)] + raw[place % len(raw) + 1 :],
    "a byte turned": lambda raw, place: bytes(
        byte ^ (1 << (place % 8)) if index == place % len(raw) else byte for index, byte in enumerate(raw)
    ),
    "a byte doubled": lambda raw, place: raw[: place % len(raw)] + raw[max(place % len(raw) - 1, 0) :],
    "a byte of another kind": lambda raw, place: bytes(
        b"+ .-Y0\x80|"[place % 8] if index == place % len(raw) else byte for index, byte in enumerate(raw)
    ),
    "a field without its value": lambda raw, place: emptied(raw, place),
    "two fields changed over": lambda raw, place: swapped(raw, place),
    "nothing": lambda raw, place: raw,
}


def emptied(raw: bytes, place: int) -> bytes:
    fields = raw.split(b"\x01")
    spot = place % (len(fields) - 1)
    fields[spot] = fields[spot].partition(b"=")[0] + b"="
    return b"\x01".join(fields)


def swapped(raw: bytes, place: int) -> bytes:
    fields = raw.split(b"\x01")
    spot = place % (len(fields) - 2)
    first, _, one = fields[spot].partition(b"=")
    second, _, other = fields[spot + 1].partition(b"=")
    fields[spot], fields[spot + 1] = first + b"=" + other, second + b"=" + one
    return b"\x01".join(fields)


RULES = {
    "strict": Rules.strict(),
    "lenient": Rules.lenient(),
    "empty values allowed": Rules.strict().but(values=False),
    "no formats": Rules.strict().but(formats=False),
    "no enumerations": Rules.strict().but(enumerations=False),
    "no counts": Rules.lenient().but(group_counts=False),
    "none": Rules.none(),
}


@given(
    version=st.sampled_from(ALL),
    pick=st.integers(0, 10_000),
    seed=st.integers(0, 1_000),
    spoil=st.sampled_from(sorted(SPOILS)),
    places=st.lists(st.integers(0, 5_000), min_size=1, max_size=40),
    rules=st.sampled_from(sorted(RULES)),
)
def test_what_matches_has_nothing_wrong(
    version: str, pick: int, seed: int, spoil: str, places: list[int], rules: str
) -> None:
    kind = KINDS[version][pick % len(KINDS[version])]
    good = generated(version, kind, seed, spare=0.05)
    validator = learned(version, good, RULES[rules])
    exact = make_validator(version, RULES[rules], sightings=1 << 30)
    for place in places:
        raw = with_length_and_checksum(SPOILS[spoil](good.raw, place))
        matched = validator.match(raw)
        if matched is None:
            continue
        shape, values = matched
        read = Message(raw, (shape, values))
        assert exact.check(read) is None, raw
        assert Message(raw, data_fields={**validator.data_fields}).fields() == read.fields()


@given(
    version=st.sampled_from(ALL), value=st.binary(max_size=12), tag=st.sampled_from([38, 40, 44, 60, 18, 21, 1, 386])
)
def test_any_value_in_the_place_of_a_good_one(version: str, value: bytes, tag: int) -> None:
    good = message(version, order(version, _44="1.5", _18="6", _1="acc"))
    validator = learned(version, good)
    raw = b"\x01".join(
        b"%d=%b" % (tag, value) if part.startswith(b"%d=" % tag) else part for part in good.raw.split(b"\x01")
    )
    raw = with_length_and_checksum(raw)
    matched = validator.match(raw)
    if matched is not None:
        assert make_validator(version).check(Message(raw)) is None
    else:
        try:
            again = Message(raw)
        except Garbled:
            return
        if [t for t, _ in again.fields()] == [t for t, _ in good.fields()]:
            assert make_validator(version).check(again) is not None


@pytest.mark.parametrize("version", ALL)
def test_an_order_of_a_known_shape_is_matched_with_other_values(version: str) -> None:
    validator = make_validator(version, sightings=3)
    for number in range(3):
        assert validator.match(message(version, order(version)).raw) is None
        assert validator.check(message(version, order(version, _11=f"id{number}"))) is None
    matched = validator.match(message(version, order(version, _11="another", _38="7")).raw)
    assert matched is not None
    assert matched[0].msg_type == "D"


def test_a_shape_belongs_to_its_type_and_its_version() -> None:
    validator = learned("FIX.4.4", message("FIX.4.4", "112=x|", kind="0"))
    assert validator.match(message("FIX.4.4", "112=x|", kind="1").raw) is None
    assert validator.match(message("FIX.4.3", "112=x|", kind="0").raw) is None
    assert validator.match(message("FIX.4.4", "112=other|", kind="0").raw) is not None


@pytest.mark.parametrize("count", ["1", "3", "0", "-2", "2.0", "x", ""])
def test_a_learned_group_has_its_count(count: str) -> None:
    body = order("FIX.4.4", _386="%s") + "336=A|336=B|"
    validator = learned("FIX.4.4", message("FIX.4.4", body % "2"))
    assert validator.match(message("FIX.4.4", body % "2").raw) is not None
    assert validator.match(message("FIX.4.4", body % "02").raw) is not None
    assert validator.match(message("FIX.4.4", body % count).raw) is None


def test_an_empty_group_is_learned_as_an_empty_one() -> None:
    validator = learned("FIX.4.4", message("FIX.4.4", order("FIX.4.4", _386="0")))
    assert validator.match(message("FIX.4.4", order("FIX.4.4", _386="00")).raw) is not None
    assert validator.match(message("FIX.4.4", order("FIX.4.4", _386="1")).raw) is None


def test_a_message_with_data_is_never_matched() -> None:
    validator = make_validator("FIX.4.4", sightings=1)
    checked = message("FIX.4.4", "98=0|108=30|95=3|96=a|b|", kind="A")
    for _ in range(3):
        assert validator.check(checked) is None
    assert validator.match(checked.raw) is None


def test_the_data_of_a_dialect_is_never_matched_either() -> None:
    own = builtin("FIX.4.4").extended(
        fields=[FieldDefinition(9000, "OwnLen", "LENGTH"), FieldDefinition(9001, "Own", "DATA")]
    )
    validator = Validator(own, sightings=1)
    raw = message("FIX.4.4", "112=x|9000=1|9001=a|", kind="0").raw
    for _ in range(3):
        assert validator.check(Message(raw, data_fields=validator.data_fields)) is None
    assert validator.match(raw) is None
    # A data field alone ends like any other field, and then it may.
    alone = message("FIX.4.4", "112=x|9001=a|", kind="0")
    assert validator.check(alone) is None
    assert validator.match(alone.raw) is not None


def test_ever_new_shapes_are_forgotten_again() -> None:
    validator = Validator(builtin("FIX.4.4"), shapes=16, sightings=1)
    for number in range(60):
        assert validator.check(message("FIX.4.4", f"{6000 + number}=a|", kind="0")) is None
    known = sum(
        validator.match(message("FIX.4.4", f"{6000 + number}=a|", kind="0").raw) is not None for number in range(60)
    )
    assert 0 < known <= 16


def test_what_is_kept_of_strange_tags_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validator_module, "_MAX_PATTERNS", 30)
    validator = Validator(builtin("FIX.4.4"), sightings=1)
    for number in range(100):
        assert validator.check(message("FIX.4.4", f"{6000 + number}=a|", kind="0")) is None
        assert len(validator._session.patterns) <= 30  # pyright: ignore[reportPrivateUsage]
    # And it goes on learning.
    matched = [validator.match(message("FIX.4.4", f"{6000 + number}=a|", kind="0").raw) for number in range(100)]
    assert any(matched)


def test_messages_without_end_have_no_expression() -> None:
    validator = make_validator("FIX.4.4", sightings=1)
    body = order("FIX.4.4", _386="400") + "336=A|" * 400
    checked = message("FIX.4.4", body)
    assert validator.check(checked) is None
    assert validator.match(checked.raw) is None
