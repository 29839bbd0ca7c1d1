"""A dialect's dictionary, taken from its typed messages."""

from decimal import Decimal
from typing import Annotated, ClassVar

import msgspec
import pytest

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix import Message
from barterpy.protocols.fix.dictionary import Rules, Validator, builtin
from barterpy.protocols.fix.record_dictionary import extend_by_records
from barterpy.protocols.fix.records import Group, Tag


class Leg(msgspec.Struct, frozen=True):
    symbol: Annotated[str, Tag(55)]
    extra_px: Annotated[Decimal | None, Tag(20002)] = None


class Quoted(msgspec.Struct, frozen=True):
    msg_type: ClassVar[str] = "U7"
    id: Annotated[str, Tag(117)]
    legs: Annotated[tuple[Leg, ...], Group(20001)] = ()
    note: str = "is not on the wire"


class Nothing(msgspec.Struct):
    symbol: Annotated[str, Tag(55)]


def test_a_message_of_ones_own() -> None:
    dictionary = extend_by_records(builtin("FIX.4.4"), [Quoted])
    validator = Validator(dictionary, rules=Rules.strict())
    assert dictionary.name_of(20002) == "ExtraPx"
    head = "8=FIX.4.4|35=U7|34=1|49=A|52=20260102-03:04:05|56=B|"
    right = Message.from_text(head + "117=q|20001=2|55=A|20002=1.5|55=B|")
    assert validator.check(right) is None
    problem = validator.check(Message.from_text(head + "20001=1|55=A|"))
    assert problem is not None
    assert problem.tag == 117


def test_the_rest_stays_as_it_was() -> None:
    base = builtin("FIX.4.4")
    dictionary = extend_by_records(base, [Quoted])
    assert dictionary.messages["D"] == base.messages["D"]
    assert "U7" not in base.messages


def test_a_struct_that_is_no_message() -> None:
    with pytest.raises(ConfigurationError, match="Nothing has no msg_type"):
        extend_by_records(builtin("FIX.4.4"), [Nothing])
