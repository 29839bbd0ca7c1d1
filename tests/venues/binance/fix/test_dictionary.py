"""The dialect's dictionaries hold what the venue sends, name it, and refuse what it would not send."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from barterpy.protocols.fix import Message
from barterpy.protocols.fix.dictionary import Rules, Validator, builtin
from barterpy.protocols.fix.dictionary.model import Dictionary
from barterpy.venues.binance.fix.dictionary import dictionary
from barterpy.venues.binance.fix.endpoints import GatewayKind

_SPEC = importlib.util.spec_from_file_location("samples", Path(__file__).with_name("test_messages.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
samples: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(samples)

ORDERS, DATA = dictionary(), dictionary(GatewayKind.MARKET_DATA)
WRITTEN_BY_HAND = (
    *(samples.NEW_ORDER, samples.REPORT, samples.CANCEL, samples.CANCEL_REJECT, samples.CANCEL_AND_NEW),
    *(samples.MASS_CANCEL_REPORT, samples.NEW_LIST),
)


def of(message: Message) -> Dictionary:
    return DATA if message.msg_type in "VWXYxy" else ORDERS


@pytest.mark.parametrize("sample", samples.CONSISTENT, ids=lambda sample: sample.split("|")[2])
def test_the_venues_samples_are_valid_by_the_strictest_rules(sample: str) -> None:
    message = Message(samples.raw(sample))
    assert Validator(of(message), rules=Rules.strict()).check(message) is None


@pytest.mark.parametrize("body", WRITTEN_BY_HAND, ids=lambda body: body.split("|")[0])
def test_so_are_the_bodies_of_those_that_do_not_check(body: str) -> None:
    message = Message.from_text(body)
    assert Validator(of(message), rules=Rules.strict()).check(message) is None


@pytest.mark.parametrize(
    ("body", "tag"),
    [
        (samples.NEW_ORDER.replace("55=LTCBNB|", ""), 55),
        (samples.NEW_ORDER + "25001=9|", 25001),
        (samples.NEW_ORDER + "25009=1.5|", 25009),
        (samples.CANCEL_AND_NEW.replace("25033=1|", "25033=3|"), 25033),
    ],
)
def test_what_the_venue_would_refuse(body: str, tag: int) -> None:
    problem = Validator(ORDERS, rules=Rules.strict()).check(Message.from_text(body))
    assert problem is not None
    assert problem.tag == tag


def test_custom_tags_have_names() -> None:
    assert ORDERS.name_of(25016) == "ErrorCode"
    assert ORDERS.fields[25001].label("4") == "ExpireBoth"
    assert DATA.name_of(25044) == "LastBookUpdateID"
    assert ORDERS.name_of(1109) == "TriggerPriceDirection"  # of FIX 5.0SP2


def test_messages_of_the_venue_stand_beside_those_of_the_standard() -> None:
    assert ORDERS.messages["XCN"].name == "CancelAndNewOrder"
    assert ORDERS.messages["D"].name == builtin("FIX.4.4").messages["D"].name
    assert ORDERS.messages["0"] == builtin("FIX.4.4").messages["0"]
    group = DATA.group("X", 268)
    assert group is not None
    assert 25043 in group.layout.tags
    assert dictionary(GatewayKind.MARKET_DATA) is DATA
