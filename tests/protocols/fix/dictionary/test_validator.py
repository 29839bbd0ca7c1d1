"""The validator, rule by version: what is wrong, in which words, and which of several faults comes first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.protocols.fix.dictionary import Problem, Rules, Validator, builtin
from barterpy.protocols.fix.errors import Garbled
from barterpy.protocols.fix.message import Message
from tests.protocols.fix.dictionary.specimens import (
    ALL,
    AT,
    FIX_4,
    FIX_5,
    make_validator,
    message,
    order,
    raw_message,
)

FROM_4_1 = ALL[1:]
FROM_4_2 = ALL[2:]
FROM_4_3 = ALL[3:]


def found(version: str, checked: Message, rules: Rules | None = None) -> tuple[int | None, int | None] | None:
    problem = make_validator(version, rules).check(checked)
    return None if problem is None else (problem.reason, problem.tag)


GOOD = {
    "Heartbeat": ("0", ""),
    "Heartbeat, answering": ("0", "112=TEST|"),
    "TestRequest": ("1", "112=TEST|"),
    "ResendRequest": ("2", "7=1|16=0|"),
    "Reject": ("3", "45=2|58=why|"),
    "SequenceReset": ("4", "123=Y|36=12|"),
    "Logout": ("5", ""),
}


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("name", GOOD)
def test_session_messages_are_good_in_every_version(version: str, name: str) -> None:
    kind, body = GOOD[name]
    assert make_validator(version).check(message(version, body, kind=kind)) is None


@pytest.mark.parametrize("version", ALL)
def test_a_logon_needs_the_version_of_what_it_carries_over_fixt_alone(version: str) -> None:
    body = "98=0|108=30|"
    expected = (1, 1137) if version in FIX_5 else None
    assert found(version, message(version, body, kind="A")) == expected
    if version in FIX_5:
        assert found(version, message(version, body + "1137=9|", kind="A")) is None


@pytest.mark.parametrize("version", ALL)
def test_an_order_is_good_in_any_order_of_its_fields(version: str) -> None:
    parts = order(version).split("|")[:-1]
    for turned in (parts, parts[::-1], parts[3:] + parts[:3]):
        assert found(version, message(version, "|".join(turned) + "|")) is None
    assert found(version, message(version, order(version), header=f"56=ISLD|52={AT}|49=TW|34=2|")) is None


@pytest.mark.parametrize("version", ALL)
def test_an_execution_report_with_the_least_there_is(version: str) -> None:
    body = {
        "FIX.4.0": "37=id|17=1|20=0|39=0|55=WLRI|54=1|38=100|32=100|31=10.5|14=0|6=0.0|11=id|",
        "FIX.4.1": "37=id|17=1|20=0|150=0|39=0|55=WLRI|54=1|38=100|32=0|31=0|151=100|14=0|6=0.0|",
        "FIX.4.2": "37=id|17=1|20=0|150=0|39=0|55=WLRI|54=1|151=100|14=0|6=0.0|",
    }.get(version, "37=id|17=id|150=0|39=0|55=WLRI|54=1|151=100|14=0|6=0.0|")
    assert found(version, message(version, body, kind="8")) is None


@pytest.mark.parametrize("tag", [999, 0, -1, 5000])
@pytest.mark.parametrize("version", ALL)
def test_a_tag_nobody_knows_is_invalid(version: str, tag: int) -> None:
    assert found(version, message(version, f"{tag}=HI|", kind="0")) == (0, tag)


@pytest.mark.parametrize("tag", [999, 0, -1, 5000])
@pytest.mark.parametrize("version", ALL)
def test_a_tag_nobody_knows_is_let_through_by_default(version: str, tag: int) -> None:
    assert found(version, message(version, f"{tag}=HI|", kind="0"), Rules.lenient()) is None


def test_tags_of_users_and_of_the_standard_are_two_switches() -> None:
    users, standard = Rules.strict().but(user_tags=False), Rules.strict().but(unknown_tags=False)
    assert found("FIX.4.4", message("FIX.4.4", "5000=x|", kind="0"), users) is None
    assert found("FIX.4.4", message("FIX.4.4", "4999=x|", kind="0"), users) == (0, 4999)
    assert found("FIX.4.4", message("FIX.4.4", "5000=x|", kind="0"), standard) == (0, 5000)
    assert found("FIX.4.4", message("FIX.4.4", "4999=x|", kind="0"), standard) is None


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("tag", [34, 49, 52, 56])
def test_a_header_field_that_is_missing(version: str, tag: int) -> None:
    header = "".join(f"{t}={v}|" for t, v in {34: "2", 49: "TW", 52: AT, 56: "ISLD"}.items() if t != tag)
    assert found(version, message(version, "", kind="0", header=header)) == (1, tag)
    assert found(version, message(version, order(version), header=header)) == (1, tag)


REQUIRED_IN_AN_ORDER = {
    "FIX.4.0": {11, 21, 38, 40, 54, 55},
    "FIX.4.1": {11, 21, 40, 54, 55},
    "FIX.4.2": {11, 21, 40, 54, 55, 60},
    "FIX.4.3": {11, 21, 40, 54, 60},
    "FIX.4.4": {11, 40, 54, 60},
    "FIX.5.0": {11, 40, 54, 60},
    "FIX.5.0SP1": {11, 40, 54, 60},
    "FIX.5.0SP2": {11, 40, 54, 60},
}


@pytest.mark.parametrize("tag", [11, 21, 38, 40, 54, 55, 60])
@pytest.mark.parametrize("version", ALL)
def test_a_body_field_that_is_missing(version: str, tag: int) -> None:
    expected = (1, tag) if tag in REQUIRED_IN_AN_ORDER[version] else None
    assert found(version, message(version, order(version, without=[tag]))) == expected


@pytest.mark.parametrize("version", ALL)
def test_of_several_missing_fields_the_lowest_of_the_header_is_told_then_of_the_body(version: str) -> None:
    body = order(version, without=[54, 40])
    assert found(version, message(version, body, header=f"34=2|52={AT}|")) == (1, 49)
    assert found(version, message(version, body)) == (1, 40)


@pytest.mark.parametrize("version", ALL)
def test_a_field_of_another_message_type(version: str) -> None:
    # Over FIXT the session knows its own fields alone, so that 55 is no tag at all there.
    assert found(version, message(version, "58=x|", kind="0")) == (2, 58)
    assert found(version, message(version, "55=x|", kind="0")) == ((0, 55) if version in FIX_5 else (2, 55))
    assert found(version, message(version, order(version) + "45=1|")) == ((2, 45))
    assert found(version, message(version, "58=x|", kind="0"), Rules.lenient()) is None


@pytest.mark.parametrize("version", ALL)
def test_a_field_without_a_value(version: str) -> None:
    assert found(version, message(version, "", kind="0", header=f"34=2|49=TW|52={AT}|56=|")) == (4, 56)
    assert found(version, message(version, "112=|", kind="0")) == (4, 112)
    assert found(version, message(version, "9999=|", kind="0"), Rules.lenient()) == (4, 9999)
    unvalued = Rules.strict().but(values=False)
    assert found(version, message(version, "112=|", kind="0"), unvalued) is None
    assert found(version, message(version, order(version, _38="", _54=""), kind="D"), unvalued) is None


@pytest.mark.parametrize("version", ALL)
def test_a_value_out_of_its_enumeration(version: str) -> None:
    assert found(version, message(version, order(version, _21="4"))) == (5, 21)
    assert found(version, message(version, order(version, _40="w"))) == (5, 40)
    assert found(version, message(version, order(version, _54="b"))) == (5, 54)
    assert found(version, message(version, order(version, _40="w")), Rules.strict().but(enumerations=False)) is None


@pytest.mark.parametrize("version", FROM_4_1)
def test_a_security_type_out_of_its_enumeration(version: str) -> None:
    quantity = "2000" if version == "FIX.4.1" else "002000.00"
    assert found(version, message(version, order(version, _167="BOO", _38=quantity))) == (5, 167)
    assert found(version, message(version, order(version, _167="CS", _38=quantity))) is None


@pytest.mark.parametrize("version", FROM_4_2)
def test_what_the_standard_leaves_open_is_not_held_to_its_values(version: str) -> None:
    assert found(version, message(version, order(version, _386="1") + "336=PRE-OPEN|")) is None
    security = f"320=a|322=b|323=6|55=TBS|22=X9|{'393=0|' if version == 'FIX.4.2' else ''}"
    assert found(version, message(version, security, kind="d")) is None


@pytest.mark.parametrize("version", ALL)
def test_each_of_several_values_is_held_to_the_enumeration(version: str) -> None:
    assert found(version, message(version, order(version, _18="6"))) is None
    if version not in ("FIX.4.0", "FIX.4.1"):
        assert found(version, message(version, order(version, _18="6 1 G"))) is None
        assert found(version, message(version, order(version, _18="6 1 !"))) == (5, 18)
        assert found(version, message(version, order(version, _18="6  1"))) == (6, 18)


@pytest.mark.parametrize("version", ALL)
def test_a_value_of_another_format(version: str) -> None:
    assert found(version, message(version, order(version, _38="+200.00"))) == (6, 38)
    assert found(version, message(version, order(version, _126="20040415"))) == (6, 126)
    assert found(version, message(version, order(version, _44="1e5"))) == (6, 44)
    assert found(version, message(version, "7=x|16=0|", kind="2")) == (6, 7)
    assert found(version, message(version, order(version, _38="+1")), Rules.strict().but(formats=False)) is None


def test_quantities_were_integers_before_fix_4_2() -> None:
    for version in ALL:
        expected = (6, 38) if version in ("FIX.4.0", "FIX.4.1") else None
        assert found(version, message(version, order(version, _38="200.5"))) == expected


@pytest.mark.parametrize("version", ALL)
def test_the_body_before_the_header(version: str) -> None:
    early = raw_message(version, f"35=D|{order(version)}34=2|49=TW|52={AT}|56=ISLD|")
    assert found(version, early) == (14, 34)
    one = raw_message(version, f"35=D|55=MSFT|34=3|49=TW|52={AT}|56=ISLD|{order(version, without=[55])}")
    assert found(version, one) == (14, 34)
    assert found(version, early, Rules.strict().but(order=False)) is None


@pytest.mark.parametrize("version", ALL)
def test_the_trailer_before_the_body(version: str) -> None:
    # Signature is the trailer's, and so what follows it is out of its place: the first of it is told.
    assert found(version, message(version, "93=1|89=x|112=TEST|", kind="0")) == (14, 112)


@pytest.mark.parametrize("version", ALL)
def test_a_tag_that_comes_twice(version: str) -> None:
    body = order(version)
    assert found(version, message(version, body.replace("40=1|", "40=1|40=2|"))) == (13, 40)
    assert found(version, message(version, body + "40=2|")) == (13, 40)
    assert found(version, message(version, body, header=f"34=2|49=TW|49=TW|52={AT}|56=ISLD|")) == (13, 49)
    assert found(version, message(version, body + "40=2|"), Rules.strict().but(repeated=False)) is None


@pytest.mark.parametrize("version", FROM_4_2)
@pytest.mark.parametrize("count", ["0", "1", "3", "-2", "x", "2.0", "", "9" * 30])
def test_a_count_that_is_not_that_of_the_entries(version: str, count: str) -> None:
    checked = message(version, order(version, _386=count) + "336=PRE-OPEN|336=AFTER-HOURS|")
    problem = make_validator(version).check(checked)
    expected = {"": 4, "x": 6, "2.0": 6, "9" * 30: 6, "-2": 6}.get(count, 16)
    assert problem is not None
    assert (problem.reason, problem.tag) == (expected, 386)


@pytest.mark.parametrize("count", ["9" * 10_000, "x", "-1", "2.0", "+1"])
def test_a_count_is_one_even_where_formats_are_not_checked(count: str) -> None:
    unformatted = Rules.strict().but(formats=False)
    assert found("FIX.4.4", message("FIX.4.4", order("FIX.4.4", _386=count) + "336=A|"), unformatted) == (16, 386)
    parties = f"453=1|448=A|802={count}|523=x|"
    assert found("FIX.4.4", message("FIX.4.4", order("FIX.4.4") + parties), unformatted) == (16, 802)
    many = "0" * 10_000 + "1"
    assert found("FIX.4.4", message("FIX.4.4", order("FIX.4.4", _386=many) + "336=A|"), unformatted) is None


@pytest.mark.parametrize("version", FROM_4_2)
def test_groups_without_entries_and_with_them(version: str) -> None:
    assert found(version, message(version, order(version, _386="0"))) is None
    assert found(version, message(version, order(version, _386="2") + "336=PRE-OPEN|336=AFTER-HOURS|")) is None
    assert found(version, message(version, order(version, _386="02") + "336=PRE-OPEN|336=AFTER-HOURS|")) is None
    off = Rules.strict().but(group_counts=False)
    assert found(version, message(version, order(version, _386="7") + "336=A|"), off) is None


@pytest.mark.parametrize("version", FROM_4_2)
def test_a_security_definition_with_empty_groups(version: str) -> None:
    groups = "393=0|146=0|" if version == "FIX.4.2" else "454=0|"
    session = "336=ONE_MAIN|" if version in ("FIX.4.2", "FIX.4.3", "FIX.4.4") else ""
    body = f"320=JCD1091-20021011|322=1034356488676|323=6|55=TBS|22=8|167=CS|{session}58=No Products found|{groups}"
    assert found(version, message(version, body, kind="d")) is None


@pytest.mark.parametrize("version", FROM_4_3)
def test_members_of_entries_are_held_to_their_formats_and_values(version: str) -> None:
    parties = "453=2|448=A|447=D|452=3|448=B|447=D|452=%s|"
    assert found(version, message(version, order(version) + parties % "4")) is None
    assert found(version, message(version, order(version) + parties % "x")) == (6, 452)
    assert found(version, message(version, order(version) + parties.replace("447=D|452=%s", "447=!"))) == (5, 447)
    assert found(version, message(version, order(version) + parties % "")) == (4, 452)


def test_nested_groups_are_counted_each() -> None:
    parties = "453=2|448=A|452=1|802=2|523=x|803=1|523=y|448=B|802=%s|523=z|"
    assert found("FIX.4.4", message("FIX.4.4", order("FIX.4.4") + parties % "1")) is None
    assert found("FIX.4.4", message("FIX.4.4", order("FIX.4.4") + parties % "2")) == (16, 802)


def test_a_required_member_is_required_in_each_entry() -> None:
    body = "66=L|394=3|68=2|73=2|11=a|67=1|54=1|55=X|38=1|11=b|67=2|55=Y|38=1|"
    assert found("FIX.4.4", message("FIX.4.4", body, kind="E")) == (1, 54)
    assert found("FIX.4.4", message("FIX.4.4", body.replace("67=2|", "67=2|54=2|"), kind="E")) is None
    off = Rules.strict().but(required=False)
    assert found("FIX.4.4", message("FIX.4.4", body, kind="E"), off) is None


def test_an_entry_begins_with_any_member_that_the_last_one_has() -> None:
    assert found("FIX.4.4", message("FIX.4.4", order("FIX.4.4") + "386=2|625=a|625=b|")) is None
    assert found("FIX.4.4", message("FIX.4.4", order("FIX.4.4") + "386=2|625=a|336=A|625=b|336=B|")) == (16, 386)


def test_a_member_after_its_group_is_not_defined_for_the_message() -> None:
    body = order("FIX.4.4", without=[60]) + f"386=1|336=A|60={AT}|625=b|"
    assert found("FIX.4.4", message("FIX.4.4", body)) == (2, 625)


def test_a_strange_tag_in_an_entry_ends_the_group_or_is_let_through() -> None:
    body = order("FIX.4.4") + "453=2|448=A|9001=x|452=1|448=B|9002=y|"
    # Strictly, what comes after the strange tag is no more of the group, and 448 has no place outside of it.
    assert found("FIX.4.4", message("FIX.4.4", body)) == (2, 448)
    assert found("FIX.4.4", message("FIX.4.4", body), Rules.lenient()) is None
    assert found("FIX.4.4", message("FIX.4.4", body.replace("9001=x", "9001=")), Rules.lenient()) == (4, 9001)
    assert (
        found("FIX.4.4", message("FIX.4.4", body.replace("9001=x", "9001=")), Rules.lenient().but(values=False)) is None
    )
    # What belongs elsewhere in the message ends the group all the same.
    body = order("FIX.4.4", without=[60]) + f"453=2|448=A|60={AT}|448=B|"
    assert found("FIX.4.4", message("FIX.4.4", body), Rules.lenient()) == (16, 453)


def test_the_hops_of_the_header_are_a_group() -> None:
    header = f"34=2|49=TW|52={AT}|56=ISLD|627=%s|628=A|629={AT}|628=B|"
    assert found("FIX.4.4", message("FIX.4.4", "", kind="0", header=header % 2)) is None


@pytest.mark.parametrize("version", ALL)
def test_a_message_type_nobody_knows(version: str) -> None:
    checked = message(version, "", kind="*")
    assert make_validator(version).check(checked) == Problem(11, None, "Invalid MsgType")
    assert found(version, checked, Rules.strict().but(message_types=False)) is None


@pytest.mark.parametrize("version", FIX_5)
def test_session_messages_belong_to_the_session_and_the_others_to_the_application(version: str) -> None:
    validator = make_validator(version)
    assert validator.is_session_message("0")
    assert not validator.is_session_message("D")
    assert found(version, message(version, "45=2|372=D|380=3|58=x|", kind="j")) is None


def test_order_then_type_then_required_then_the_fields_ascending() -> None:
    # Every fault at once; take away the first each time and the next is told.
    header = f"34=2|49=TW|52={AT}|56=ISLD|"
    faults = [
        (raw_message("FIX.4.4", f"35=*|58=x|{header}40=w|"), (14, 34)),
        (raw_message("FIX.4.4", f"35=*|{header}40=w|"), (11, None)),
        (raw_message("FIX.4.4", f"35=D|{header}40=w|"), (1, 11)),
        (raw_message("FIX.4.4", f"35=D|{header}11=a|60={AT}|54=?|40=w|38=x|5=N|"), (2, 5)),
        (raw_message("FIX.4.4", f"35=D|{header}11=a|60={AT}|54=?|40=w|38=x|"), (6, 38)),
        (raw_message("FIX.4.4", f"35=D|{header}11=a|60={AT}|54=?|40=w|38=1|"), (5, 40)),
        (raw_message("FIX.4.4", f"35=D|{header}11=a|60={AT}|54=?|40=1|38=1|40=|"), (13, 40)),
        (raw_message("FIX.4.4", f"35=D|{header}11=a|60={AT}|54=?|40=1|38=1|"), (5, 54)),
        (raw_message("FIX.4.4", f"35=D|{header}11=a|60={AT}|54=1|40=1|38=1|"), None),
    ]
    for checked, expected in faults:
        assert found("FIX.4.4", checked) == expected


def test_a_field_of_the_header_is_told_before_one_of_the_body() -> None:
    header = f"34=x|49=TW|52={AT}|56=ISLD|"
    assert found("FIX.4.4", message("FIX.4.4", order("FIX.4.4", _11=""), header=header)) == (6, 34)


@pytest.mark.parametrize("version", ["FIX.4.0"])
@pytest.mark.parametrize("tag", [144, 145])
def test_header_tags_that_came_later_are_unknown_in_fix_4_0(version: str, tag: int) -> None:
    header = f"34=2|49=TW|52={AT}|56=ISLD|115=JCD|{tag}=CHI|"
    assert make_validator(version).check(message(version, order(version), header=header)) == Problem(
        0, tag, "Invalid tag number"
    )
    assert found("FIX.4.1", message("FIX.4.1", order("FIX.4.1"), header=header)) is None


@pytest.mark.parametrize("version", FIX_4)
def test_empty_routing_tags_are_told(version: str) -> None:
    for tag in (115, 116, 128, 129):
        header = f"34=2|49=TW|52={AT}|56=ISLD|{tag}=|"
        assert found(version, message(version, order(version), header=header)) == (4, tag)


def test_the_texts_are_those_counterparties_compare() -> None:
    validator = make_validator("FIX.4.4")
    texts = {
        0: message("FIX.4.4", "999=HI|", kind="0"),
        1: message("FIX.4.4", "", kind="1"),
        2: message("FIX.4.4", "55=x|", kind="0"),
        4: message("FIX.4.4", "112=|", kind="0"),
        5: message("FIX.4.4", order("FIX.4.4", _21="4")),
        6: message("FIX.4.4", order("FIX.4.4", _38="+1")),
        13: message("FIX.4.4", order("FIX.4.4") + "40=1|"),
        14: raw_message("FIX.4.4", f"35=0|112=x|34=2|49=TW|52={AT}|56=ISLD|"),
        16: message("FIX.4.4", order("FIX.4.4") + "386=1|"),
    }
    expected = {
        0: "Invalid tag number (999)",
        1: "Required tag missing (112)",
        2: "Tag not defined for this message type (55)",
        4: "Tag specified without a value (112)",
        5: "Value is incorrect (out of range) for this tag (21)",
        6: "Incorrect data format for value (38)",
        13: "Tag appears more than once (40)",
        14: "Tag specified out of required order (34)",
        16: "Incorrect NumInGroup count for repeating group (386)",
    }
    for reason, checked in texts.items():
        problem = validator.check(checked)
        assert problem is not None
        assert (problem.reason, str(problem), problem.business) == (reason, expected[reason], False)


def test_nothing_is_checked_where_every_rule_is_off() -> None:
    validator = Validator(builtin("FIX.4.4"), rules=Rules.none())
    bad = raw_message("FIX.4.4", "35=*|55=|34=x|55=|386=7|9999=|")
    assert validator.check(bad) is None


TAGS = [
    *(8, 34, 35, 49, 52, 56, 93, 89, 627, 628, 11, 21, 38, 40, 54, 60),
    *(453, 448, 802, 523, 386, 336, 9001, 0, -1),
]
VALUES = ["", "1", "2", "0", "x", AT, "9" * 5000, "\u00e9"]


@given(
    fields=st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(VALUES))),
    kind=st.sampled_from(["D", "0", "8", "E", "*"]),
    rules=st.sampled_from([Rules.strict(), Rules.lenient(), Rules.none(), Rules.strict().but(formats=False)]),
)
def test_whatever_comes_is_judged(fields: list[tuple[int, str]], kind: str, rules: Rules) -> None:
    body = "".join(f"{tag}={value}|" for tag, value in fields)
    try:
        checked = raw_message("FIX.4.4", f"35={kind}|{body}")
    except Garbled:  # a signature that is not as long as it says: no message, and so nobody's to validate
        return
    problem = make_validator("FIX.4.4", rules).check(checked)
    if rules == Rules.none():
        assert problem is None
    elif problem is not None and problem.reason == 1:
        assert problem.tag is not None
    elif problem is not None and problem.tag is not None:
        assert problem.tag in checked


def test_types_and_tags_that_a_peer_makes_up_are_not_remembered() -> None:
    validator = make_validator("FIX.4.4", Rules.lenient())
    for number in range(500):
        validator.check(message("FIX.4.4", "1=a|", kind=f"X{number}"))
        validator.check(message("FIX.4.4", f"{6000 + number}=a|", kind="0"))
    vocabularies = [validator._session, validator._default]  # pyright: ignore[reportPrivateUsage]
    held = sum(len(held) for one in vocabularies for held in (one.plans, one.rules))
    assert held < 50
    assert sum(len(one.patterns) for one in vocabularies) < 2000
