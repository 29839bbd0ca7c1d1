"""Datatypes: how values are written, one table; and that a pattern in a message and the exact answer agree."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.protocols.fix.dictionary import FieldDefinition, Rules, builtin
from barterpy.protocols.fix.dictionary.rules import REASONS, Problem
from barterpy.protocols.fix.dictionary.types import DATA_TYPES, PATTERNS, format_of, known_type
from barterpy.protocols.fix.dictionary.values import ValueRule

WRITTEN: dict[str, tuple[str, str]] = {
    # datatype: what is, what is not; separated by spaces, _ for a space within a value
    "INT": ("0 1 -1 007 1234567890123456789", "+1 1.0 x -- - 1e5 12345678901234567890 1_"),
    "LENGTH": ("0 12 007", "-1 1.0 x"),
    "NUMINGROUP": ("0 2 02", "-1 x"),
    "SEQNUM": ("0 999999", "-1 1.0"),
    "TAGNUM": ("58", "-58 x"),
    "DAYOFMONTH": ("1 01 9 31", "0 32 00 x 001"),
    "FLOAT": ("0 1 -1 1.5 002000.00 .5 7. -.5 1" + "0" * 60, "+200.00 1e5 1,5 . - -. 1.2.3 x 0x1 nan inf"),
    "QTY": ("100 -1 0.00000001", "+1 1e-8"),
    "PRICE": ("10.25", "10,25"),
    "PRICEOFFSET": ("-0.25", "x"),
    "AMT": ("1.00", "x"),
    "PERCENTAGE": ("0.05", "5%"),
    "CHAR": ("a 1 _ =", "ab 12"),
    "BOOLEAN": ("Y N", "y 1 true YN"),
    "STRING": ("a a_b = é", ""),
    "MULTIPLEVALUESTRING": ("A A_B AA_b", "A__B _A A_"),
    "MULTIPLESTRINGVALUE": ("A A_B AA_b", "A__B _A A_"),
    "MULTIPLECHARVALUE": ("A A_B", "AB A__B A_BB _"),
    "COUNTRY": ("DE", ""),
    "CURRENCY": ("USD USDT 1INCH", ""),
    "EXCHANGE": ("XNAS", ""),
    "LANGUAGE": ("en", ""),
    "MONTHYEAR": ("202612 20261231 202612w1 202612w5", "2026 202613 202612w6 20261232 2026-12"),
    "UTCTIMESTAMP": (
        "20260102-03:04:05 20260102-03:04:05.1 20260102-03:04:05.123 20260102-03:04:05.123456789012 20161231-23:59:60",
        "20040415 20260102-24:00:00 20260102-03:60:00 20260102-03:04:61 20261302-03:04:05 20260132-03:04:05Z",
    ),
    "UTCTIMEONLY": ("03:04:05 03:04:05.123", "3:04:05 03:04 24:00:00"),
    "UTCDATEONLY": ("20260102", "2026-01-02 20260132 202601"),
    "LOCALMKTDATE": ("20260102", "2026-01-02 20261301"),
    "LOCALMKTTIME": ("03:04:05", "03:04"),
    "TZTIMEONLY": ("07:39Z 02:39-05 15:39+08 13:09+05:30 13:09:11 13:09:11.5Z", "7:39Z 07:39+15 07"),
    "TZTIMESTAMP": ("20060901-07:39:00Z 20060901-02:39:00-05 20060901-13:09:00.5+05:30", "20060901-07:39Z 20060901"),
    "DATA": ("a \x01 \x00", ""),
    "XMLDATA": ("<a/>", ""),
}
ROWS = [
    (kind, text.replace("_", " "), good)
    for kind, (goods, bads) in WRITTEN.items()
    for texts, good in ((goods, True), (bads, False))
    for text in texts.split(" ")
    if text
]


def test_every_datatype_is_in_the_table() -> None:
    assert WRITTEN.keys() == PATTERNS.keys()


@pytest.mark.parametrize(("kind", "text", "good"), ROWS)
def test_how_a_value_is_written(kind: str, text: str, good: bool) -> None:
    rule = ValueRule(FieldDefinition(7, "F", kind), Rules.strict())
    assert bool(rule.accepts(text.encode())) is good
    assert rule.problem(text.encode()) == (None if good else Problem.of(6, 7))


@pytest.mark.parametrize(
    "text",
    [
        "20260102-03:04:05.",
        "20260102-03:04",
        "2026-01-02T03:04:05",
        "20260102-03:04:05Z",
        "20260100-03:04:05",
        "20260132-03:04:05",
        "20260102 03:04:05",
    ],
)
def test_what_is_no_time(text: str) -> None:
    rule = ValueRule(FieldDefinition(126, "ExpireTime", "UTCTIMESTAMP"), Rules.strict())
    assert rule.problem(text.encode()) == Problem.of(6, 126)


@pytest.mark.parametrize("kind", sorted(PATTERNS))
def test_an_empty_value_is_a_problem_of_its_own(kind: str) -> None:
    rule = ValueRule(FieldDefinition(7, "F", kind), Rules.strict())
    assert rule.problem(b"") == Problem.of(4, 7)
    assert ValueRule(FieldDefinition(7, "F", kind), Rules.strict().but(values=False)).problem(b"") is None


@pytest.mark.parametrize("kind", sorted(PATTERNS))
def test_no_pattern_lets_a_separator_through_nor_captures(kind: str) -> None:
    for rules in (Rules.strict(), Rules.none(), Rules.strict().but(values=False)):
        pattern = re.compile(ValueRule(FieldDefinition(7, "F", kind), rules).pattern(), re.DOTALL)
        assert pattern.groups == 0
        assert not pattern.fullmatch(b"\x01")
        assert not pattern.fullmatch(b"a\x01b")
    if kind not in DATA_TYPES:
        assert not format_of(kind).fullmatch(b"\x01")


DEFINITIONS = [
    *(FieldDefinition(7, "F", kind) for kind in sorted(PATTERNS.keys() - DATA_TYPES)),
    FieldDefinition(7, "F", "CHAR", {"1": "One", "]": "Bracket", "^": "Roof", "-": "Dash", "\\": "Slash"}),
    FieldDefinition(7, "F", "INT", {"1": "One", "10": "Ten", "1.5": "NoInteger"}),
    FieldDefinition(7, "F", "STRING", {"A": "A", "AB": "AB", "a.b": "Dot", "(": "Bracket"}),
    FieldDefinition(7, "F", "MULTIPLECHARVALUE", {"A": "A", "B": "B"}),
    FieldDefinition(7, "F", "MULTIPLESTRINGVALUE", {"A": "A", "AB": "AB"}),
    FieldDefinition(7, "F", "CHAR", {"1": "One"}, True),
    FieldDefinition(7, "F", "INT", {"x": "Never"}),
]
CHOICES = [
    Rules.strict(),
    Rules.strict().but(values=False),
    Rules.strict().but(formats=False),
    Rules.strict().but(enumerations=False),
    Rules.none(),
]


@given(
    definition=st.sampled_from(DEFINITIONS),
    rules=st.sampled_from(CHOICES),
    value=st.text(alphabet="AB ab1059.-+:]^\\(w", max_size=12).map(str.encode) | st.binary(max_size=6),
)
def test_pattern_and_exact_answer_agree(definition: FieldDefinition, rules: Rules, value: bytes) -> None:
    if b"\x01" in value:
        return
    rule = ValueRule(definition, rules)
    problem = rule.problem(value)
    assert bool(re.compile(rule.pattern(), re.DOTALL).fullmatch(value)) is (problem is None)
    if value:
        assert bool(rule.accepts(value)) is (problem is None)


def test_an_enumeration_of_which_nothing_can_be_written_accepts_nothing() -> None:
    for kind in ("INT", "MULTIPLECHARVALUE"):
        rule = ValueRule(FieldDefinition(7, "F", kind, {"xx": "Never"}), Rules.strict())
        for value in (b"xx", b"1", b"x"):
            assert not rule.accepts(value)
            assert rule.problem(value) is not None
            assert not re.compile(rule.pattern(), re.DOTALL).fullmatch(value)


def test_without_formats_and_enumerations_any_value_will_do() -> None:
    rule = ValueRule(
        FieldDefinition(7, "F", "INT", {"1": "One"}), Rules.strict().but(formats=False, enumerations=False)
    )
    assert rule.accepts(b"anything")
    assert rule.problem(b"anything") is None


def test_values_of_every_field_of_the_standard() -> None:
    for version in ("FIX.4.0", "FIX.4.2", "FIX.4.4", "FIX.5.0SP2"):
        for field in builtin(version).fields.values():
            rule = ValueRule(field, Rules.strict())
            pattern = re.compile(rule.pattern(), re.DOTALL)
            for value in field.values:
                assert rule.accepts(value.encode())
                assert pattern.fullmatch(value.encode())
            if field.values and not field.open:
                assert not rule.accepts(b"\xff")


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Price", "PRICE"),
        ("utctimestamp", "UTCTIMESTAMP"),
        ("TIME", "UTCTIMESTAMP"),
        ("Tenor", "STRING"),
        ("BLOB", None),
    ],
)
def test_names_of_datatypes(name: str, known: str | None) -> None:
    assert known_type(name) == known


def test_problems_in_words() -> None:
    assert str(Problem.of(11)) == "Invalid MsgType"
    assert str(Problem.of(1, 54)) == "Required tag missing (54)"
    assert all(text and not text.endswith(".") for text in REASONS.values())


def test_sets_of_rules() -> None:
    assert Rules() == Rules.lenient() != Rules.strict()
    assert Rules.lenient().but(unknown_tags=True, user_tags=True) == Rules.strict()
    assert not any(getattr(Rules.none(), name) for name in Rules.__slots__)
    assert all(getattr(Rules.strict(), name) for name in Rules.__slots__)
    assert [Rules.strict().but(user_tags=False).checks_tag(tag) for tag in (-1, 0, 4999, 5000)] == [
        True,
        True,
        True,
        False,
    ]
