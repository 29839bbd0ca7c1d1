"""FIXT 1.1 carries several versions at once: each message is held to its own (ApplVerID, 1128), and no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.dictionary import Problem, Rules, Validator, builtin
from barterpy.protocols.fix.message import Message
from tests.protocols.fix.dictionary.specimens import AT, message, order

BY_ID = {"4": builtin("FIX.4.2"), "7": builtin("FIX.5.0"), "9": builtin("FIX.5.0SP2")}
UNSUPPORTED = Problem(18, 1128, "Invalid/Unsupported Application Version")
UNKNOWN_TAG = 0
VERSIONS = {None: "FIX.5.0SP2", "4": "FIX.4.2", "7": "FIX.5.0", "9": "FIX.5.0SP2"}


def make(*, sightings: int = 8, rules: Rules | None = None) -> Validator:
    return Validator(
        builtin("FIXT.1.1"),
        builtin("FIX.5.0SP2"),
        Rules.strict() if rules is None else rules,
        applications=BY_ID,
        sightings=sightings,
    )


def an_order(version: str | None, field: str = "") -> Message:
    """An order that names a version, with a field changed or added."""
    tag, _, _ = field.partition("=")
    body = order("FIX.5.0", without=[int(tag)]) + field + "|" if field else order("FIX.5.0")
    said = "" if version is None else f"1128={version}|"
    return message("FIX.5.0", body, header=f"34=2|49=TW|52={AT}|56=ISLD|{said}")


def alone(version: str | None) -> Validator:
    """The validator of a session which speaks nothing but that version."""
    return Validator(builtin("FIXT.1.1"), builtin(VERSIONS[version]), Rules.strict())


# Not every version has ClientID (109), SecondaryClOrdID (526), DisplayQty (1138) or ProductComplex (1227), and the
# values here are those of some, or of none.
FIELDS = ("", "109=c", "526=s", "1138=5", "1227=x", "40=w", "54=?", "21=9")


@pytest.mark.parametrize("version", [None, "4", "7", "9"])
@pytest.mark.parametrize("field", FIELDS)
def test_each_message_is_held_to_its_own_version(version: str | None, field: str) -> None:
    checked = an_order(version, field)
    assert make().check(checked) == alone(version).check(checked)


def test_the_versions_differ() -> None:
    """Or the test above could not fail."""
    told = {
        version: [make().check(an_order(version, field)) is None for field in FIELDS] for version in ("4", "7", "9")
    }
    assert len({tuple(one) for one in told.values()}) == 3, told


@pytest.mark.parametrize("version", ["8", "6", "99", "x", "99999999999", " 9", "09"])
def test_a_version_that_nobody_agreed_on(version: str) -> None:
    validator = make(sightings=1)
    for _ in range(3):
        assert validator.check(an_order(version)) == UNSUPPORTED
        assert validator.match(an_order(version).raw) is None


def test_a_version_that_is_empty() -> None:
    assert make().check(an_order("")) == Problem.of(4, 1128)
    assert make(rules=Rules.strict().but(values=False)).check(an_order("", "1138=5")) is None  # says none, so SP2


def test_a_message_of_the_sessions_own_has_no_version() -> None:
    validator = make()
    for version in ("4", "8"):
        heartbeat = message("FIX.5.0", "112=x|", kind="0", header=f"34=2|49=TW|52={AT}|56=ISLD|1128={version}|")
        assert validator.check(heartbeat) is None
        assert validator.match(heartbeat.raw) is None
    learned = make(sightings=1)
    heartbeat = message("FIX.5.0", "112=x|", kind="0")
    assert learned.check(heartbeat) is None
    assert learned.match(heartbeat.raw) is not None


def test_without_a_mapping_it_is_a_field_like_any_other() -> None:
    validator = alone(None)
    assert validator.check(an_order("7", "1138=5")) is None
    assert validator.check(an_order("99")) == Problem.of(5, 1128)
    assert validator.speaking("7") is validator


@pytest.mark.parametrize("version", ["4", "7", "9"])
def test_a_shape_that_was_learned_of_one_version_is_no_other_ones(version: str) -> None:
    validator = make(sightings=1)
    assert validator.check(an_order(version)) is None
    assert validator.match(an_order(version).raw.replace(b"11=id", b"11=other")) is not None
    for other in {"4", "7", "9", "8", ""} - {version}:
        assert validator.match(an_order(other).raw) is None
    assert validator.match(an_order(None).raw) is None


def test_shapes_of_several_versions_stand_side_by_side() -> None:
    validator = make(sightings=3)
    for _ in range(3):
        for version in (None, "4", "7", "9"):
            assert validator.check(an_order(version)) is None
    for version in ("4", "7", "9"):  # those with 1128 have the same tags, and are learned in turns
        for _ in range(3):
            assert validator.check(an_order(version)) is None
    assert all(validator.match(an_order(version).raw) is not None for version in (None, "4", "7", "9"))


@given(
    learned=st.lists(st.sampled_from([None, "4", "7", "9"]), min_size=1, max_size=6),
    version=st.sampled_from([None, "", "4", "7", "8", "9", "99"]),
    seen=st.sampled_from(FIELDS),
    field=st.sampled_from(FIELDS),
)
def test_what_matches_has_nothing_wrong(learned: list[str | None], version: str | None, seen: str, field: str) -> None:
    validator = make(sightings=1)
    for one in learned:
        validator.check(an_order(one, seen))
    checked = an_order(version, field)
    if validator.match(checked.raw) is not None:
        assert make(sightings=1 << 30).check(checked) is None


def test_the_default_is_what_the_logon_says() -> None:
    validator = make()
    assert validator.speaking("9") is validator
    assert validator.speaking("8") is None
    other = validator.speaking("4")
    assert other is not None
    assert validator.speaking("4") is other
    assert validator.check(an_order(None, "109=c")) == Problem.of(UNKNOWN_TAG, 109)
    assert other.check(an_order(None, "109=c")) is None
    assert other.check(an_order("9", "109=c")) == Problem.of(UNKNOWN_TAG, 109)
    assert other.check(an_order("8")) == UNSUPPORTED
    assert other.speaking("7") is not None


def test_a_mapping_alone_does_not_say_what_a_message_without_a_version_is() -> None:
    with pytest.raises(ConfigurationError, match="applications needs application"):
        Validator(builtin("FIXT.1.1"), applications=BY_ID)
