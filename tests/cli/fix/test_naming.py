"""Fields with their names, groups as trees: whatever a message holds, nothing is lost, moved or raised."""

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.cli.fix.messages import NamedField
from barterpy.cli.fix.naming import Dictionaries, name_fields
from barterpy.protocols.fix.message import Message
from barterpy.redaction import REDACTED

TAGS = st.sampled_from([11, 22, 37, 38, 54, 55, 78, 79, 80, 146, 267, 268, 269, 270, 271, 279, 311, 448, 447, 453, 802])
VALUES = st.one_of(st.sampled_from(["0", "1", "2", "3", "9999999999", "-1", "Z"]), st.text("ab ", max_size=3))


def flat(fields: Iterable[NamedField]) -> Iterator[tuple[int, str]]:
    for field in fields:
        yield field.tag, field.value
        for entry in field.entries or ():
            yield from flat(entry)


def named(text: str) -> list[NamedField]:
    message = Message.from_text(text)
    return name_fields(message, Dictionaries().of(message))


@given(st.sampled_from(["D", "8", "V", "W", "X", "E", "y", "U9"]), st.lists(st.tuples(TAGS, VALUES), max_size=25))
def test_every_field_stands_where_it_stood(kind: str, fields: list[tuple[int, str]]) -> None:
    message = Message.from_text(f"35={kind}|34=2|49=A|56=B|" + "".join(f"{tag}={value}|" for tag, value in fields))
    shown = list(flat(name_fields(message, Dictionaries().of(message))))
    assert shown == [(tag, value.decode()) for tag, value in message.fields()]


def test_nested_groups() -> None:
    fields = named("35=D|34=2|49=A|56=B|11=x|453=2|448=P|447=D|452=1|802=2|523=s|803=1|523=t|803=2|448=Q|447=D|54=1|")
    (parties,) = [field for field in fields if field.tag == 453]
    assert parties.entries is not None
    assert [[field.tag for field in entry] for entry in parties.entries] == [[448, 447, 452, 802], [448, 447]]
    (subs,) = [field for field in parties.entries[0] if field.tag == 802]
    assert subs.entries is not None
    assert [[field.value for field in entry] for entry in subs.entries] == [["s", "1"], ["t", "2"]]
    assert fields[-2].tag == 54


@pytest.mark.parametrize("count", ["0", "1", "3", "x", ""])
def test_a_wrong_count_shows_the_entries_that_are_there(count: str) -> None:
    fields = named(f"35=W|34=2|49=A|56=B|55=S|268={count}|269=0|270=1|269=1|270=2|")
    (group,) = [field for field in fields if field.tag == 268]
    assert group.entries is not None
    assert [[field.tag for field in entry] for entry in group.entries] == [[269, 270], [269, 270]]


def test_codes_that_are_several_have_several_labels() -> None:
    fields = named("35=D|34=2|49=A|56=B|18=1 6 Ω|54=1|59=X|372=D|")
    labels = {field.tag: field.label for field in fields}
    assert labels[18] == "NotHeld, ParticipateDontInitiate, Ω"
    assert labels[59] is None
    assert labels[54] == "Buy"
    assert {field.tag: field.label for field in named("35=3|34=2|49=A|56=B|372=D|")}[372] == "NewOrderSingle"


def test_secrets_inside_and_outside() -> None:
    fields = named("35=A|34=1|49=A|56=B|95=3|96=abc|553=u|554=p|")
    assert {field.tag: field.value for field in fields if field.tag in (96, 553, 554)} == dict.fromkeys(
        (96, 553, 554), REDACTED
    )
