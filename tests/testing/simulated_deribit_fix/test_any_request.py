"""Whatever a client says, the simulated Deribit answers it, fails at nothing, and keeps its books straight."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barterpy.protocols.fix.errors import FieldInvalid
from barterpy.protocols.fix.outgoing import Outgoing, Value
from tests.testing.simulated_deribit_fix.conftest import Line, World

NAME = "BTC-PERPETUAL"
TYPES = ("D", "F", "G", "q", "AF", "V", "x", "c", "e", "AN", "BE", "i", "8", "ZZ")
TAGS = (
    *(11, 15, 18, 38, 40, 41, 44, 54, 55, 59, 62, 167, 262, 263, 264, 265, 320, 321, 324, 530, 553, 559, 584, 585),
    *(710, 724, 854, 923, 924, 9014, 100007, 100008, 100010),
)
GOOD = (
    "a",
    "b",
    "1",
    "2",
    "7",
    "10",
    "0",
    "20",
    "65000",
    "0.5",
    NAME,
    "BTC-25DEC26-100000-C",
    "BTC",
    "USDC",
    "FUT",
    "OPT",
)
BAD = (
    *(
        "-1",
        "-0",
        "00",
        "0.3",
        "9" * 30,
        "0." + "0" * 40 + "1",
        "NaN",
        "Infinity",
        "1e9",
        "+1",
        ".",
        "x",
        "é",
        "6A",
        "E",
    ),
    *("9" * 400, "BTC-XXX", "20260101-00:00:00", "99999999999999", "BTC-1000", "BTC-1001"),
)
VALUES = st.sampled_from((*GOOD, *BAD))
ORDER: dict[int, Value] = {11: "a", 55: NAME, 54: "1", 38: 2, 40: "2", 44: "60000"}
STARTS: tuple[dict[int, Value], ...] = ({}, ORDER, {**ORDER, 40: "1"}, {262: "m", 263: "1", 264: 0, 265: "1", 55: NAME})


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, list[tuple[int, Value]]]:
    fields = {**draw(st.sampled_from(STARTS)), **draw(st.dictionaries(st.sampled_from(TAGS), VALUES, max_size=8))}
    body = list(fields.items())
    if draw(st.booleans()):
        body.append(
            Outgoing.group(267, [[(269, draw(st.sampled_from("01234")))] for _ in range(draw(st.integers(0, 3)))])
        )
    if draw(st.booleans()):
        body.append(Outgoing.group(146, [[(55, draw(VALUES))] for _ in range(draw(st.integers(0, 2)))]))
    return draw(st.sampled_from(TYPES)), body


def straight(there: World) -> None:
    """Each book's levels are what its resting orders make, none of them without anything left."""
    for book in there.desk.market.books.values():
        for levels in book.engine.levels:
            assert all(price > 0 and lots > 0 for price, lots in levels.items())
    for account in there.desk.accounts.by_key.values():
        for order in account.open_orders():
            assert 0 <= order.filled < order.size
            side = there.desk.market.books[account.instruments[order.id]].engine.levels[0 if order.buys else 1]
            assert side[order.price or 0] >= order.left


@settings(max_examples=30)
@given(asked=st.lists(requests(), min_size=1, max_size=10))
def test_whatever_is_asked(asked: list[tuple[str, list[tuple[int, Value]]]]) -> None:
    there = World()
    line: Any = Line(there, "ME", there.key)
    for kind, body in asked:
        try:
            answers = line.ask(kind, body)
        except FieldInvalid:
            continue  # nothing of it was sent
        assert line.failures == []
        assert line.logged_on
        silent = kind in ("V", "e") and dict(body).get(263) == "2"
        assert answers or silent, kind
        straight(there)
    there.wait(0.3)
    assert line.failures == []
    assert line.logged_on


@pytest.mark.parametrize("size", ["9" * 400, "0." + "0" * 400 + "1", "1" + "0" * 60])
@pytest.mark.parametrize("tag", [38, 44])
def test_numbers_that_are_out_of_all_measure(tag: int, size: str) -> None:
    there = World()
    line = Line(there, "ME", there.key)
    (report,) = line.ask("D", {**ORDER, tag: size})
    assert line.failures == []
    assert (report.msg_type, report.get(39)) in (("8", "8"), ("3", None))
    assert not there.desk.accounts.by_key[there.key.key].open_orders()
    assert Decimal(there.price(0)) > 0
