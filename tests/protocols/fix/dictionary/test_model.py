"""The model: members laid out flat, and dictionaries extended."""

import dataclasses

import pytest

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.dictionary import (
    ComponentDefinition,
    ComponentMember,
    FieldDefinition,
    FieldMember,
    GroupMember,
    Layout,
    MessageDefinition,
    Rules,
    Validator,
    builtin,
)
from barterpy.protocols.fix.message import Message

INNER = GroupMember(20, True, (FieldMember(21, True), FieldMember(22)))
OPTIONAL = ComponentMember("Optional", False, (FieldMember(2, True), INNER))
REQUIRED = ComponentMember("Required", True, (FieldMember(4, True), FieldMember(3)))
MEMBERS = (FieldMember(9, True), OPTIONAL, REQUIRED, GroupMember(30, False, (INNER, FieldMember(31, True))))


def test_members_laid_out() -> None:
    layout = Layout(MEMBERS)
    assert layout.order == (9, 2, 20, 4, 3, 30)
    assert layout.tags == {9, 2, 20, 4, 3, 30}
    # What a component requires is required where the component is.
    assert layout.required == (4, 9)
    assert set(layout.groups) == {20, 30}


def test_a_group_that_begins_with_a_group() -> None:
    group = Layout(MEMBERS).groups[30]
    assert group.delimiter == 20
    assert group.layout.required == (20, 31)
    assert group.layout.groups == {20: INNER}


def test_a_component_within_a_component_keeps_the_order() -> None:
    outer = ComponentMember("Outer", True, (FieldMember(1), REQUIRED, FieldMember(5, True)))
    assert Layout((outer, FieldMember(6))).order == (1, 4, 3, 5, 6)
    assert Layout((outer, FieldMember(6))).required == (4, 5)
    assert Layout((ComponentMember("Outer", False, outer.content),)).required == ()


def test_a_dictionary_does_not_change() -> None:
    dictionary = builtin("FIX.4.4")
    for mapping in (dictionary.fields, dictionary.messages, dictionary.components, dictionary.fields[54].values):
        with pytest.raises(TypeError):
            mapping["x"] = None  # type: ignore[index] # pyright: ignore[reportIndexIssue]
    with pytest.raises(AttributeError):
        dictionary.fields[54].name = "x"  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(dataclasses.FrozenInstanceError):
        dictionary.begin_string = "x"  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]


def test_messages_by_type_and_by_name() -> None:
    dictionary = builtin("FIX.4.4")
    assert dictionary.message("D") is dictionary.message("NewOrderSingle") is dictionary.messages["D"]
    assert dictionary.message("NoSuchMessage") is None
    assert dictionary.message("") is None


def test_labels() -> None:
    side = builtin("FIX.4.4").fields[54]
    assert (side.label("1"), side.label("?")) == ("Buy", None)


def test_a_dialect() -> None:
    standard = builtin("FIX.4.4")
    venue = standard.extended(
        fields=[
            FieldDefinition(6136, "ReqID"),
            FieldDefinition(9406, "DropCopy", "BOOLEAN"),
            FieldDefinition(25000, "RecvWindow", "FLOAT"),
            FieldDefinition(25004, "LimitType", "CHAR", {"1": "Orders"}),
        ],
        messages=[MessageDefinition("XLQ", "LimitQuery", "app", (FieldMember(6136, True),))],
        components=[ComponentDefinition("Limits", (FieldMember(25004),))],
        members={"A": [FieldMember(9406)], "D": [FieldMember(21, True)]},
        header=[FieldMember(25000)],
    )
    validator = Validator(venue, rules=Rules.strict())
    head = "34=1|49=A|52=20260102-03:04:05|56=B|"
    assert validator.check(Message.from_text(f"35=A|{head}98=0|108=30|9406=Y|")) is None
    assert validator.check(Message.from_text(f"35=XLQ|{head}25000=5.5|6136=x|")) is None
    missing = validator.check(Message.from_text(f"35=D|{head}11=a|40=1|54=1|60=20260102-03:04:05|"))
    assert missing is not None
    assert (missing.reason, missing.tag) == (1, 21)
    # The standard stays what it was.
    assert 9406 not in standard.fields
    assert 9406 not in standard.messages["A"].layout.tags
    assert 21 not in standard.messages["D"].layout.required
    assert "XLQ" not in standard.messages
    assert "Limits" in venue.components


def test_a_dialect_with_another_begin_string_and_trailer() -> None:
    own = builtin("FIX.4.4").extended(
        begin_string="FIX.4.4X", fields=[FieldDefinition(9999, "Seal")], trailer=[FieldMember(9999, True)]
    )
    assert own.begin_string == "FIX.4.4X"
    assert own.trailer_layout.required == (10, 9999)


def test_a_dialect_that_makes_no_sense() -> None:
    standard = builtin("FIX.4.4")
    with pytest.raises(ConfigurationError, match="no message of type 'XX'"):
        standard.extended(members={"XX": [FieldMember(1)]})
    with pytest.raises(ConfigurationError, match=r"Heartbeat has members that are no field of FIX\.4\.4: \[7777\]"):
        standard.extended(members={"0": [FieldMember(7777)]})
    with pytest.raises(ConfigurationError, match=r"header has members that are no field"):
        standard.extended(header=[FieldMember(7777)])


def test_lengths_of_data() -> None:
    dictionary = builtin("FIX.4.4")
    assert {95: 96, 93: 89, 90: 91, 354: 355}.items() <= dictionary.data_fields.items()
    assert 89 not in dictionary.data_fields
