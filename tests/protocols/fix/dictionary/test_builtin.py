"""The versions that are built in: consistent in themselves, and what the standard says where it matters most."""

import itertools
import subprocess
import sys

import pytest

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.dictionary import (
    APPL_VER_IDS,
    VERSIONS,
    ComponentMember,
    Dictionary,
    FieldMember,
    GroupMember,
    Member,
    builtin,
)
from barterpy.protocols.fix.dictionary.standard.components import COMPONENTS
from barterpy.protocols.fix.dictionary.standard.enumerations import ENUMERATIONS
from barterpy.protocols.fix.dictionary.standard.fields import FIELDS
from barterpy.protocols.fix.dictionary.standard.later_enumerations import LATER_ENUMERATIONS
from barterpy.protocols.fix.dictionary.types import DATA_TYPES, MULTIPLE_TYPES, PATTERNS, format_of
from barterpy.protocols.fix.tags import DATA_FIELDS, HEADER_TAGS, TRAILER_TAGS

pytestmark = pytest.mark.anyio

SIZES = {
    "FIX.4.0": (139, 24),
    "FIX.4.1": (210, 24),
    "FIX.4.2": (405, 39),
    "FIX.4.3": (640, 51),
    "FIX.4.4": (914, 59),
    "FIX.5.0": (1090, 52),
    "FIX.5.0SP1": (1373, 52),
    "FIX.5.0SP2": (1459, 52),
    "FIXT.1.1": (74, 8),
}
SESSION = {"0", "1", "2", "3", "4", "5", "A"}
ORDERS = {"D", "E", "F", "G", "H", "K", "L", "M", "N", "Q", "8", "9"}
ALWAYS = {*ORDERS, "6", "B", "C", "R", "S"}
FROM_4_2 = {*ALWAYS, "V", "W", "X", "Y", "Z", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
FROM_4_3 = {*FROM_4_2, "q", "r", "v", "w", "x", "y", "AD", "AE", "AF", "AG", "AI"}
FROM_4_4 = {*FROM_4_3, "AL", "AM", "AN", "AO", "AP", "AQ", "BE", "BF"}


def places(dictionary: Dictionary) -> dict[str, tuple[Member, ...]]:
    return {
        "header": dictionary.header,
        "trailer": dictionary.trailer,
        **{message.name: message.content for message in dictionary.messages.values()},
        **{component.name: component.content for component in dictionary.components.values()},
    }


def groups_in(members: tuple[Member, ...]) -> list[GroupMember]:
    found = [member for member in members if isinstance(member, GroupMember)]
    inner = (groups_in(member.content) for member in members if not isinstance(member, FieldMember))
    return [*found, *itertools.chain.from_iterable(inner)]


@pytest.mark.parametrize("version", VERSIONS)
def test_how_much_there_is(version: str) -> None:
    dictionary = builtin(version)
    assert (len(dictionary.fields), len(dictionary.messages)) == SIZES[version]
    assert dictionary.begin_string == version


@pytest.mark.parametrize("version", VERSIONS)
def test_what_messages_consist_of_are_known_fields(version: str) -> None:
    assert builtin(version).unknown_tags() == {}


@pytest.mark.parametrize("version", VERSIONS)
def test_names_and_tags_are_each_others(version: str) -> None:
    dictionary = builtin(version)
    assert len({field.name for field in dictionary.fields.values()}) == len(dictionary.fields)
    assert list(dictionary.fields) == sorted(dictionary.fields)
    for tag, field in dictionary.fields.items():
        assert (field.number, dictionary.tag_of(field.name), dictionary.name_of(tag)) == (tag, tag, field.name)
    assert dictionary.tag_of("NoSuchField") is None
    assert dictionary.name_of(999_999) is None


@pytest.mark.parametrize("version", VERSIONS)
def test_values_are_written_as_their_datatype_is(version: str) -> None:
    for field in builtin(version).fields.values():
        assert field.type in PATTERNS
        for value, label in field.values.items():
            assert format_of(field.type).fullmatch(value.encode()), (field.number, value)
            assert label.isidentifier()
        if field.type in MULTIPLE_TYPES:
            assert not any(" " in value for value in field.values)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_group_is_counted_by_a_count_and_begins_with_something(version: str) -> None:
    dictionary = builtin(version)
    for place, members in places(dictionary).items():
        for group in groups_in(members):
            assert dictionary.fields[group.tag].type == "NUMINGROUP", (place, group.tag)
            first = group.content[0]
            assert group.delimiter in group.layout.tags
            assert isinstance(first, ComponentMember) or group.delimiter == first.tag


@pytest.mark.parametrize("version", VERSIONS)
def test_every_count_that_is_used_counts_a_group(version: str) -> None:
    dictionary = builtin(version)
    for message in dictionary.messages.values():
        for tag in message.layout.tags:
            if dictionary.fields[tag].type == "NUMINGROUP":
                assert tag in message.layout.groups, (message.name, tag)


@pytest.mark.parametrize("version", VERSIONS)
def test_no_field_stands_twice_in_a_message_or_an_entry(version: str) -> None:
    dictionary = builtin(version)

    def flat(members: tuple[Member, ...]) -> list[int]:
        tags: list[int] = []
        for member in members:
            tags += flat(member.content) if isinstance(member, ComponentMember) else [member.tag]
        return tags

    for place, members in places(dictionary).items():
        for content in (members, *(group.content for group in groups_in(members))):
            tags = flat(content)
            assert len(tags) == len(set(tags)), (place, sorted(tag for tag in tags if tags.count(tag) > 1))


@pytest.mark.parametrize("version", VERSIONS)
def test_data_comes_with_its_length_wherever_it_is_used(version: str) -> None:
    dictionary = builtin(version)
    assert dictionary.data_fields.items() <= DATA_FIELDS.items()
    for length, data in dictionary.data_fields.items():
        assert dictionary.fields[length].type == "LENGTH"
        assert dictionary.fields[data].type in DATA_TYPES
    for message in dictionary.messages.values():
        for data in message.layout.tags & set(dictionary.data_fields.values()):
            length = next(tag for tag, counted in dictionary.data_fields.items() if counted == data)
            assert length in message.layout.tags, (message.name, data)


@pytest.mark.parametrize("version", [version for version in VERSIONS if not version.startswith("FIX.5")])
def test_header_and_trailer_of_a_session(version: str) -> None:
    dictionary = builtin(version)
    assert dictionary.header_layout.order[:3] == (8, 9, 35)
    assert dictionary.header_layout.required == (8, 9, 34, 35, 49, 52, 56)
    assert dictionary.trailer_layout.required == (10,)
    nested = itertools.chain.from_iterable(group.layout.tags for group in groups_in(dictionary.header))
    assert {*dictionary.header_layout.tags, *nested} <= HEADER_TAGS
    assert dictionary.trailer_layout.tags == TRAILER_TAGS


@pytest.mark.parametrize("version", ["FIX.5.0", "FIX.5.0SP1", "FIX.5.0SP2"])
def test_an_application_version_has_no_session(version: str) -> None:
    dictionary = builtin(version)
    assert (dictionary.header, dictionary.trailer) == ((), ())
    assert not any(message.is_admin for message in dictionary.messages.values())
    assert not dictionary.messages.keys() & SESSION


def test_which_messages_there_are() -> None:
    def admin(version: str) -> set[str]:
        return {kind for kind, message in builtin(version).messages.items() if message.is_admin}

    def app(version: str) -> set[str]:
        return {kind for kind, message in builtin(version).messages.items() if not message.is_admin}

    assert admin("FIX.4.0") == admin("FIX.4.2") == SESSION
    assert admin("FIX.4.3") == admin("FIX.4.4") == admin("FIXT.1.1") == {*SESSION, "n"}
    assert app("FIX.4.0") == app("FIX.4.1") == ALWAYS
    assert app("FIX.4.2") == FROM_4_2
    assert app("FIX.4.3") == FROM_4_3
    assert app("FIX.4.4") == FROM_4_4
    assert app("FIX.5.0") == app("FIX.5.0SP1") == app("FIX.5.0SP2") == {*FROM_4_4, "BN"}
    assert app("FIXT.1.1") == set()


def test_the_session_of_fixt_knows_its_own_fields_alone() -> None:
    fields = builtin("FIXT.1.1").fields
    assert {8, 34, 45, 58, 98, 108, 112, 371, 373, 1128, 1137} <= fields.keys()
    assert not fields.keys() & {1, 11, 38, 54, 55, 999, 5000}


def test_names_that_changed_and_tags_that_came_and_went() -> None:
    assert [builtin(version).name_of(22) for version in ("FIX.4.0", "FIX.4.2", "FIX.4.3")] == [
        "IDSource",
        "IDSource",
        "SecurityIDSource",
    ]
    assert [builtin(version).name_of(20) for version in ("FIX.4.2", "FIX.4.3")] == ["ExecTransType", None]
    assert [builtin(version).name_of(999) for version in ("FIX.4.4", "FIX.5.0")] == [None, "LegUnitOfMeasure"]
    assert all(5000 not in builtin(version).fields for version in VERSIONS)


@pytest.mark.parametrize(
    ("version", "kind", "required"),
    [
        ("FIX.4.0", "8", {6, 14, 17, 20, 31, 32, 37, 38, 39, 54, 55}),
        ("FIX.4.2", "8", {6, 14, 17, 20, 37, 39, 54, 55, 150, 151}),
        ("FIX.4.4", "8", {6, 14, 17, 37, 39, 54, 150, 151}),
        ("FIX.5.0SP2", "8", {14, 17, 37, 39, 54, 150, 151}),
        ("FIX.4.0", "9", {11, 37}),
        ("FIX.4.4", "9", {11, 37, 39, 41, 434}),
        ("FIX.4.2", "F", {11, 41, 54, 55, 60}),
        ("FIX.4.4", "G", {11, 40, 41, 54, 60}),
        ("FIX.4.4", "V", {146, 262, 263, 264, 267}),
        ("FIX.4.4", "W", {268}),
        ("FIX.4.2", "d", {320, 322, 393}),
        ("FIX.4.4", "d", {320, 322, 323}),
        ("FIX.5.0SP2", "d", set[int]()),
        ("FIX.4.4", "q", {11, 60, 530}),
        ("FIX.4.4", "AN", {1, 60, 581, 710, 715, 724}),
        ("FIX.4.2", "j", {372, 380}),
        ("FIXT.1.1", "A", {98, 108, 1137}),
        ("FIX.4.4", "A", {98, 108}),
        ("FIX.4.4", "3", {45}),
    ],
)
def test_what_is_required(version: str, kind: str, required: set[int]) -> None:
    assert set(builtin(version).messages[kind].layout.required) == required


@pytest.mark.parametrize(
    ("tag", "version", "values"),
    [
        (21, "FIX.4.4", "1 2 3"),
        (40, "FIX.4.0", "1 2 3 4 5 6 7 8 9 A B C D E P"),
        (54, "FIX.4.2", "1 2 3 4 5 6 7 8 9"),
        (54, "FIX.4.4", "1 2 3 4 5 6 7 8 9 A B C D E F G"),
        (39, "FIX.4.2", "0 1 2 3 4 5 6 7 8 9 A B C D E"),
        (59, "FIX.4.4", "0 1 2 3 4 5 6 7"),
        (263, "FIX.4.4", "0 1 2"),
        (279, "FIX.4.4", "0 1 2"),
        (434, "FIX.4.4", "1 2"),
        (98, "FIX.4.0", "0 1 2 3 4 5 6"),
    ],
)
def test_values_by_version(tag: int, version: str, values: str) -> None:
    field = builtin(version).fields[tag]
    assert sorted(field.values) == values.split()
    assert not field.open


@pytest.mark.parametrize("tag", [22, 102, 103, 167, 276, 277, 336, 373, 380, 452, 625])
def test_what_the_standard_leaves_open(tag: int) -> None:
    for version in ("FIX.4.3", "FIX.4.4", "FIX.5.0SP2"):
        field = builtin(version).fields[tag]
        assert field.open is (tag != 167 and bool(field.values))


def test_groups_as_venues_use_them() -> None:
    fix44 = builtin("FIX.4.4")
    parties = fix44.group("D", 453)
    assert parties is not None
    assert parties.delimiter == 448
    assert parties.layout.tags == {447, 448, 452, 802}
    assert parties.layout.groups[802].layout.order == (523, 803)
    entries = fix44.group("W", 268)
    assert entries is not None
    assert entries.delimiter == 269
    updates = fix44.group("X", 268)
    assert updates is not None
    assert updates.delimiter == 279
    assert fix44.group("D", 627) is not None  # of the header
    assert fix44.group("D", 38) is None
    assert fix44.group("?", 453) is None


@pytest.mark.parametrize("spelling", ["FIX.4.4", "FIX44", "fix.4.4", "fix44"])
def test_spellings(spelling: str) -> None:
    assert builtin(spelling) is builtin("FIX.4.4")


def test_a_version_there_is_not() -> None:
    with pytest.raises(ConfigurationError, match=r"'FIX\.4\.5'; there are FIX\.4\.0, "):
        builtin("FIX.4.5")


def test_versions_by_their_appl_ver_id() -> None:
    assert [builtin(name).begin_string for name in APPL_VER_IDS.values()] == [*VERSIONS[:-1]]
    assert APPL_VER_IDS["9"] == "FIX.5.0SP2"
    names = builtin("FIXT.1.1").fields[1137].values
    assert {names[key] for key in APPL_VER_IDS} == {name.replace(".", "") for name in VERSIONS[:-1]}


def test_every_fact_is_used_by_a_version() -> None:
    tags = {int(entry.split()[0]) for entry in FIELDS.split(";")}
    assert tags == {tag for version in VERSIONS for tag in builtin(version).fields}
    for text in (ENUMERATIONS, LATER_ENUMERATIONS):
        enumerated = [int(tag) for entry in text.split(";") for tag in entry.split()[0].split(",")]
        assert len(enumerated) == len(set(enumerated))
        assert tags.issuperset(enumerated)
        assert all("+" not in entry.split()[:-1] for entry in text.split(";"))  # where it would not be seen
    names = {block.partition(":")[0].partition("@")[0] for block in COMPONENTS.strip().split("\n\n")}
    used: set[str] = {"StandardHeader", "StandardTrailer"}
    for version in VERSIONS:
        dictionary = builtin(version)
        for members in places(dictionary).values():
            stack = [*members]
            while stack:
                member = stack.pop()
                if isinstance(member, ComponentMember):
                    used.add(member.name)
                if not isinstance(member, FieldMember):
                    stack += member.content
    assert names == used


def in_a_new_process(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout


def test_nothing_is_read_before_it_is_asked_for() -> None:
    loaded = in_a_new_process(
        "import sys, barterpy.protocols.fix, barterpy.protocols.fix.dictionary as dictionary\n"
        "print([name for name in sys.modules if '.dictionary.standard' in name])\n"
        "dictionary.builtin('FIX44')\n"
        "print([name for name in sys.modules if name.endswith('.standard.messages')])\n"
    )
    assert loaded.splitlines() == ["[]", "['barterpy.protocols.fix.dictionary.standard.messages']"]


async def test_a_version_may_be_asked_for_in_the_event_loop() -> None:
    builtin("FIX.5.0SP1")


def test_making_a_version_takes_milliseconds() -> None:
    seconds = in_a_new_process(
        "import time\n"
        "from barterpy.protocols.fix.dictionary import VERSIONS, builtin\n"
        "for version in VERSIONS:\n"
        "    before = time.process_time()\n"
        "    builtin(version)\n"
        "    print(time.process_time() - before)\n"
    )
    # The processor's time, which other programs do not count for; 15 to 20 ms where nothing else runs, and 30 promised.
    assert min(map(float, seconds.split())) < 0.3
