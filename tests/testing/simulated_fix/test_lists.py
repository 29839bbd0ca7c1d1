"""Order lists at the simulated FIX gateway: each type the venue has, what its orders make of each other, refusals."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.clock import SECOND
from barterpy.protocols.fix.outgoing import Entries
from barterpy.testing.simulated.fix.refusals import FieldRefusal
from tests.testing.simulated_fix.trader import Trader, statuses

HEAD = "35=E|34=2|49=A|56=SPOT|"
STOP = "1100=4|1101=1|1107=2|"


def order(
    one: Trader, id_: str, kind: str, buys: bool, ticks: int, said: str = "", size: str = "0.5", limit: int = 0
) -> str:
    """An order of a list: its price or its trigger is at ``ticks``, its price behind a trigger ``limit`` further."""
    price = one.price(ticks)
    direction = "U" if buys == kind.startswith("STOP_LOSS") else "D"
    fields = {
        "LIMIT": f"40=2|44={price}|59=1|",
        "IOC": f"40=2|44={price}|59=3|",
        "LIMIT_MAKER": f"40=2|18=6|44={price}|",
        "MARKET": "40=1|",
        "STOP_LOSS": f"40=3|{STOP}1109={direction}|1102={price}|",
        "STOP_LOSS_LIMIT": f"40=4|44={one.price(ticks + limit)}|59=1|{STOP}1109={direction}|1102={price}|",
        "TAKE_PROFIT": f"40=3|{STOP}1109={direction}|1102={price}|",
        "TAKE_PROFIT_LIMIT": f"40=4|44={one.price(ticks + limit)}|59=1|{STOP}1109={direction}|1102={price}|",
    }[kind]
    return f"11={id_}|55=BTCUSDT|54={'1' if buys else '2'}|38={size}|{fields}{said}"


def said(*instructions: str) -> str:
    """Triggering instructions: ``said("2>1:2")`` is what 25011=2 of the order at 1 does (25013=2)."""
    parts = [f"25011={one[0]}|25012={one[2]}|25013={one[4]}|" for one in instructions]
    return f"25010={len(parts)}|" + "".join(parts)


def listed(*orders: str, contingency: str = "1", name: str = "list") -> str:
    return f"{HEAD}73={len(orders)}|{''.join(orders)}1385={contingency}|25014={name}|"


def oco(one: Trader, below: str, above: str, buys: bool, width: int = 3, **options: Any) -> str:
    """A pair, each ``width`` levels away from the market."""
    events = ["2" if kind == "LIMIT_MAKER" else "1" for kind in (below, above)]
    return listed(
        order(one, "below", below, buys, one.below(width), said(f"{events[1]}>1:2"), **options),
        order(one, "above", above, buys, one.above(width), said(f"{events[0]}>0:2"), **options),
    )


def otoco(one: Trader, working: str, released: str = "1") -> str:
    """A buy, and a pair of sells behind it."""
    return listed(
        working,
        order(one, "below", "STOP_LOSS", False, one.below(6), said(f"3>0:{released}", "2>2:2")),
        order(one, "above", "LIMIT_MAKER", False, one.above(6), said(f"3>0:{released}", "1>1:2")),
        contingency="2",
    )


def summary(reports: list[dict[int, Any]]) -> list[str]:
    """``id:ExecType OrdStatus`` of each report, and the state of a list."""
    return [
        f"list:{report[429]}{report[431]}" if report[35] == "N" else f"{report[11]}:{report[150]}{report[39]}"
        for report in reports
    ]


TYPES = [
    ("STOP_LOSS", "LIMIT_MAKER", False),
    ("STOP_LOSS_LIMIT", "LIMIT_MAKER", False),
    ("LIMIT_MAKER", "STOP_LOSS", True),
    ("LIMIT_MAKER", "STOP_LOSS_LIMIT", True),
    ("STOP_LOSS", "TAKE_PROFIT", False),
    ("STOP_LOSS_LIMIT", "TAKE_PROFIT", False),
    ("TAKE_PROFIT", "STOP_LOSS", True),
    ("TAKE_PROFIT", "STOP_LOSS_LIMIT", True),
    ("STOP_LOSS", "TAKE_PROFIT_LIMIT", False),
]


@pytest.mark.parametrize("reached", ["below", "above"])
@pytest.mark.parametrize(("below", "above", "buys"), TYPES)
def test_of_two_that_cancel_each_other_one_is_left(below: str, above: str, buys: bool, reached: str) -> None:
    one = Trader()
    # Through the other side of the book, so that a price behind a trigger trades at once.
    limit = 30 if buys else -30
    reports = one.ask(oco(one, below, above, buys, limit=limit))
    assert summary(reports) == ["list:43", "below:00", "above:00"]
    at = one.below(3) if reached == "below" else one.above(3)
    other = "above" if reached == "below" else "below"
    told = summary(one.push(at))
    ended = told.index(f"{other}:CC")
    first_trade = next(index for index, line in enumerate(told) if line.startswith(f"{reached}:F"))
    if (below if reached == "below" else above) == "LIMIT_MAKER":
        # A limit order has to trade, if only in part, before the other one goes.
        assert ended > first_trade
    else:
        assert ended < told.index(f"{reached}:00") < first_trade
    assert told.count(f"{other}:CC") == 1
    assert told[-2:] == [f"{reached}:F2", "list:56"] or told[-3:-1] == [f"{reached}:F2", f"{other}:CC"]
    assert told[-1] == "list:56"
    assert one.desk.orders("me") == []


def test_a_partial_fill_is_enough_to_cancel_the_other() -> None:
    one = Trader()
    at = one.above(3)
    one.ask(oco(one, "STOP_LOSS", "LIMIT_MAKER", False))
    ahead = one.book.asks[at] - 500
    lots = sum(size for price, size in one.book.asks.items() if price < at) + ahead + 200
    text = f"35=D|34=2|49=A|56=SPOT|55=BTCUSDT|11=x|54=1|40=2|38={one.size(lots)}|44={one.price(at)}|59=1|"
    before = len(one.told)
    one.ask(text, "somebody")
    mine = [{35: report.msg_type, **dict(report.fields)} for to, report, _ in one.told[before:] if to == "me"]
    assert summary(mine) == ["above:F1", "below:CC"]
    assert summary(one.push(at)) == ["above:F2", "list:56"]


def test_what_a_list_status_tells() -> None:
    one = Trader()
    status, below, above = one.ask(oco(one, "STOP_LOSS", "LIMIT_MAKER", False))
    assert (status[55], status[66], status[1385], status[25014], status[25015]) == ("BTCUSDT", "1", "1", "list", "list")
    entries: Any = status[73]
    assert isinstance(entries, Entries)
    orders: list[dict[int, Any]] = [dict(entry) for entry in entries]
    assert [(entry[55], entry[37], entry[11]) for entry in orders] == [
        ("BTCUSDT", below[37], "below"),
        ("BTCUSDT", above[37], "above"),
    ]
    assert [[dict(each) for each in entry[25010]] for entry in orders] == [
        [{25011: "2", 25012: 1, 25013: "2"}],
        [{25011: "1", 25012: 0, 25013: "2"}],
    ]
    assert (below[66], above[66]) == ("1", "1")
    assert (below[636], above[636]) == (False, True)


@pytest.mark.parametrize(
    "kind", ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"]
)
def test_one_order_releases_the_other(kind: str) -> None:
    one = Trader()
    at = one.below(3)
    later = one.above(8) if kind in ("LIMIT", "LIMIT_MAKER", "TAKE_PROFIT_LIMIT") else one.below(8)
    working = order(one, "working", "LIMIT", True, at)
    pending = order(one, "pending", kind, False, later, said("3>0:1"))
    reports = one.ask(listed(working, pending, contingency="2"))
    assert summary(reports) == ["list:43", "working:00", "pending:0A"]
    assert (reports[2][636], 25023 in reports[2]) == (False, False)
    assert [open_.cl_ord_id for open_ in one.desk.orders("me")] == ["working", "pending"]
    told = summary(one.push(at))
    filled = told.index("working:F2")
    assert told[filled + 1] == "pending:00"
    if kind == "MARKET":
        assert told[-2:] == ["pending:F2", "list:56"]
    else:
        assert told[filled + 2 :] == []
        assert [open_.cl_ord_id for open_ in one.desk.orders("me")] == ["pending"]
        told = summary(one.push(later))
        if kind in ("STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"):
            assert told == ["pending:00"]  # its price is the trigger's, and the bids are below it
            told = summary(one.push(one.above(20)))
        assert told[-2:] == ["pending:F2", "list:56"]


def test_a_working_order_that_is_filled_at_once_releases_the_other_at_once() -> None:
    one = Trader()
    working = order(one, "working", "LIMIT", True, one.above(3))
    reports = one.ask(listed(working, order(one, "pending", "MARKET", False, 0, said("3>0:1")), contingency="2"))
    told = summary(reports)
    assert told[:3] == ["list:43", "working:00", "pending:0A"]
    assert told.index("working:F2") < told.index("pending:00") < told.index("pending:F2")
    assert told[-1] == "list:56"
    assert one.desk.orders("me") == []


@pytest.mark.parametrize("released", ["1", "2"])
@pytest.mark.parametrize("reached", ["below", "above"])
def test_one_order_releases_two_that_cancel_each_other(reached: str, released: str) -> None:
    """The venue's page writes 25013=2 where it means a release; what it says literally is taken, too."""
    one = Trader()
    working = order(one, "working", "LIMIT_MAKER", True, one.below(2))
    reports = one.ask(otoco(one, working, released))
    assert summary(reports) == ["list:43", "working:00", "below:0A", "above:0A"]
    below, above = one.below(6), one.above(6)
    assert summary(one.push(one.below(2)))[-3:] == ["working:F2", "below:00", "above:00"]
    told = summary(one.push(below if reached == "below" else above))
    assert sorted(line for line in told if line.startswith("list") or line.endswith("CC")) == [
        f"{'above' if reached == 'below' else 'below'}:CC",
        "list:56",
    ]
    assert told[-1] == "list:56"
    assert one.desk.orders("me") == []


def test_a_pair_that_comes_too_late_for_its_price() -> None:
    """When the pair is released, its stop's price has been passed: it is triggered at once."""
    one = Trader()
    working = order(one, "working", "LIMIT_MAKER", True, one.below(8))
    one.ask(otoco(one, working))
    told = summary(one.push(one.below(8)))
    assert told[told.index("working:F2") + 1 :][:3] == ["below:00", "above:CC", "below:00"]
    assert told[-2:] == ["below:F2", "list:56"]


def test_a_pair_one_half_of_which_would_take_is_not_released() -> None:
    one = Trader()
    low = otoco(one, order(one, "working", "LIMIT", True, one.below(2))).replace(
        one.price(one.above(6)), one.price(one.below(5))
    )
    one.ask(low.replace(one.price(one.below(6)), one.price(one.below(9))))
    told = summary(one.push(one.below(2)))
    after = told[told.index("working:F2") + 1 :]
    assert after == ["below:00", "below:CC", "above:CC", "list:56"]
    assert one.desk.orders("me") == []


def test_what_follows_an_order_that_is_not_filled_expires_with_it() -> None:
    one = Trader()
    working = order(one, "working", "IOC", True, one.below(3))
    reports = one.ask(otoco(one, working))
    assert summary(reports)[4:] == ["working:CC", "below:CC", "above:CC", "list:56"]


@pytest.mark.parametrize("which", ["41=below|", "37=2|", "25015=list|", "66=1|", "66=1|25015=list|41=above|"])
def test_who_cancels_one_cancels_the_list(which: str) -> None:
    one = Trader()
    one.ask(oco(one, "STOP_LOSS", "LIMIT_MAKER", False))
    reports = one.ask(f"35=F|34=3|49=A|56=SPOT|55=BTCUSDT|11=c|{which}")
    assert sorted(statuses(reports)) == ["844", "844", "N"]
    assert sorted(report[41] for report in reports[:2]) == ["above", "below"]
    assert (reports[2][429], reports[2][431]) == (5, 6)
    assert one.desk.orders("me") == []
    (refused,) = one.ask(f"35=F|34=4|49=A|56=SPOT|55=BTCUSDT|11=d|{which}")
    assert (refused[35], refused[25016], refused[58]) == ("9", -2011, "Unknown order sent.")
    assert all(refused[int(field.split("=")[0])] == field.split("=")[1] for field in which.split("|")[:-1])


def test_a_mass_cancel_and_a_disconnect_end_a_list_once() -> None:
    one = Trader()
    one.ask(oco(one, "STOP_LOSS", "LIMIT_MAKER", False))
    reports = one.ask("35=q|34=3|49=A|56=SPOT|55=BTCUSDT|11=x|530=1|")
    assert statuses(reports) == ["844", "844", "N", "r"]
    assert reports[-1][533] == 2
    one.ask(otoco(one, order(one, "working", "LIMIT", True, one.below(3))), session=4)
    before = len(one.told)
    assert one.desk.disconnected("me", 4) == 3
    assert [report.msg_type for _, report, _ in one.told[before:]] == ["8", "8", "8", "N"]


def test_an_order_of_a_list_is_amended() -> None:
    one = Trader()
    one.ask(oco(one, "STOP_LOSS", "LIMIT_MAKER", False))
    for id_ in ("below", "above"):
        amended, status = one.ask(f"35=XAK|34=3|49=A|56=SPOT|55=BTCUSDT|11=n{id_}|41={id_}|38=0.4|")
        assert (amended[150], amended[38], status[429], status[431]) == ("5", "0.400", 100, 3)


Made = Callable[[Trader], str]


def bad_lists() -> list[tuple[Made, int, str]]:
    def pair(below: str, above: str, buys: bool, **options: Any) -> Made:
        return lambda one: oco(one, below, above, buys, **options)

    def two(contingency: str, *kinds: str, sides: tuple[bool, bool] = (False, False)) -> Made:
        return lambda one: listed(
            order(one, "a", kinds[0], sides[0], one.below(3), said("1>1:2")),
            order(one, "b", kinds[1], sides[1], one.above(3), said("1>0:2")),
            contingency=contingency,
        )

    return [
        (pair("STOP_LOSS", "LIMIT_MAKER", True), -1196, "A stop loss order in a buy OCO must be above."),
        (pair("LIMIT_MAKER", "STOP_LOSS", False), -1166, "A limit order in a sell OCO must be above."),
        (pair("TAKE_PROFIT", "LIMIT_MAKER", True), -1165, "A limit order in a buy OCO must be below."),
        (pair("TAKE_PROFIT", "STOP_LOSS", False), -1199, "A take profit order in a sell OCO must be above."),
        (pair("STOP_LOSS", "STOP_LOSS", False), -1197, "A stop loss order in a sell OCO must be below."),
        (pair("TAKE_PROFIT", "TAKE_PROFIT", True), -1198, "A take profit order in a buy OCO must be below."),
        (pair("LIMIT_MAKER", "LIMIT_MAKER", True), -1168, "At least one OCO order must be contingent."),
        (two("1", "STOP_LOSS", "LIMIT"), -1158, "Order type not supported in OCO."),
        (two("1", "STOP_LOSS", "MARKET"), -1158, "Order type not supported in OCO."),
        (two("1", "STOP_LOSS", "LIMIT_MAKER", sides=(False, True)), -1014, "Unsupported order combination."),
        (two("2", "MARKET", "LIMIT"), -1014, "Unsupported order combination."),
        (two("3", "STOP_LOSS", "LIMIT_MAKER"), -1014, "Unsupported order combination."),
        (
            two("1", "STOP_LOSS", "LIMIT_MAKER"),
            -1174,
            "Component 'ListTriggeringInstructions' is incorrectly populated",
        ),
        (two("2", "LIMIT", "MARKET"), -1174, "Component 'ListTriggeringInstructions' is incorrectly populated"),
        (pair("STOP_LOSS", "LIMIT_MAKER", False, size="0.00001"), -1013, "Filter failure: MARKET_LOT_SIZE"),
        (
            lambda one: listed(
                order(one, "a", "STOP_LOSS", False, one.below(3), said("2>1:2")),
                order(one, "b", "LIMIT_MAKER", False, one.below(5), said("1>0:2")),
            ),
            -2010,
            "The relationship of the prices for the orders is not correct.",
        ),
        (
            lambda one: otoco(one, order(one, "w", "LIMIT", True, one.below(2))).replace(
                one.price(one.above(6)), one.price(one.below(9))
            ),
            -2010,
            "The relationship of the prices for the orders is not correct.",
        ),
        (
            lambda one: listed(
                order(one, "a", "LIMIT_MAKER", True, one.above(3)),
                order(one, "b", "MARKET", False, 0, said("3>0:1")),
                contingency="2",
            ),
            -2010,
            "Order would immediately match and take.",
        ),
        (
            lambda one: oco(one, "STOP_LOSS", "LIMIT_MAKER", False).replace("11=above|", "11=below|"),
            -2010,
            "Duplicate order sent.",
        ),
        (
            lambda one: oco(one, "STOP_LOSS", "LIMIT_MAKER", False) + "25046=Y|",
            -1020,
            "This operation is not supported.",
        ),
        (lambda one: listed(order(one, "a", "LIMIT", True, one.below(3))), -1014, "Unsupported order combination."),
    ]


@pytest.mark.parametrize(("make", "code", "text"), bad_lists())
def test_a_list_that_is_refused_is_refused_whole(make: Made, code: int, text: str) -> None:
    one = Trader()
    (status,) = one.ask(make(one))
    assert (status[35], status[429], status[431], status[1386], status[25016]) == ("N", 2, 7, 99, code)
    assert status[58].startswith(text)
    assert (status[25014], 66 in status) == ("list", False)
    assert one.desk.orders("me") == []
    assert one.push(one.above(8)) == []


def test_names_that_are_in_use() -> None:
    one = Trader()
    text = oco(one, "STOP_LOSS", "LIMIT_MAKER", False)
    one.ask(text)
    again = text.replace("11=below|", "11=b|").replace("11=above|", "11=a|")
    for wrong in (again, text.replace("25014=list|", "25014=other|")):
        (status,) = one.ask(wrong)
        assert (status[431], status[58]) == (7, "Duplicate order sent.")
    assert statuses(one.ask(again, "another"))[0] == "N"
    assert len(one.desk.orders("another")) == 2


BAD_FIELDS: list[tuple[Callable[[str], str], int, int, str]] = [
    (lambda text: text.replace("25014=list|", ""), 1, 25014, "Required tag '25014' missing."),
    (lambda text: text.replace("25014=list|", "25014=a b|"), 5, 25014, "Illegal characters found in parameter '25014'"),
    (lambda text: HEAD + "1385=1|25014=list|", 1, 73, "Required tag '73' missing."),
    (lambda text: text.replace("73=2|", "73=3|"), 16, 73, "Incorrect NumInGroup count for repeating group '73'."),
    (lambda text: text.replace("25010=1|", "25010=x|", 1), 16, 25010, "Incorrect NumInGroup count for repeating"),
    (lambda text: text.replace("54=2|38", "38", 1), 1, 54, "Required tag '54' missing."),
    (lambda text: text.replace("55=BTCUSDT|", "55=ETHUSDT|", 1), 5, 55, "Invalid symbol."),
    (lambda text: text.replace("55=BTCUSDT|", "55=NOPE|"), 5, 55, "Invalid symbol."),
    (lambda text: text.replace("40=3|", "40=7|"), 5, 40, "Data sent for parameter '40' is not valid."),
]


@pytest.mark.parametrize(("spoil", "reason", "tag", "words"), BAD_FIELDS)
def test_a_list_that_cannot_be_looked_at(spoil: Callable[[str], str], reason: int, tag: int, words: str) -> None:
    one = Trader()
    with pytest.raises(FieldRefusal) as caught:
        one.ask(spoil(oco(one, "STOP_LOSS", "LIMIT_MAKER", False)))
    assert (caught.value.reason, caught.value.tag) == (reason, tag)
    assert caught.value.text.startswith(words)


@given(
    st.sampled_from(["oco", "oto", "otoco"]),
    st.integers(1, 6),
    st.lists(st.one_of(st.integers(-9, 9), st.just("cancel")), min_size=1, max_size=6),
)
def test_every_order_of_a_list_ends_once_and_then_the_list(shape: str, width: int, moves: list[Any]) -> None:
    one = Trader()
    if shape == "oco":
        one.ask(oco(one, "STOP_LOSS_LIMIT", "LIMIT_MAKER", False, width))
    else:
        working = order(one, "working", "LIMIT", True, one.below(width))
        pending = order(one, "pending", "STOP_LOSS", False, one.below(width + 2), said("3>0:1"))
        one.ask(otoco(one, working) if shape == "otoco" else listed(working, pending, contingency="2"))
    for move in moves:
        if move == "cancel":
            one.ask("35=F|34=3|49=A|56=SPOT|55=BTCUSDT|11=c|25015=list|")
        elif move:
            one.push(one.above(move) if move > 0 else one.below(-move))
        list(one.venue.exchange.advance(one.venue.exchange.now + SECOND // 5, ()))
    reports: list[dict[int, Any]] = [
        {35: report.msg_type, **dict(report.fields)} for to, report, _ in one.told if to == "me"
    ]
    open_ids = {open_.order.id for open_ in one.desk.orders("me")}
    executions = [report for report in reports if report[35] == "8"]
    for id_ in {report[37] for report in executions}:
        ended = [report[39] in ("2", "4", "C") for report in executions if report[37] == id_]
        assert ended == [False] * (len(ended) - 1) + [id_ not in open_ids]
    done = [report for report in reports if report[35] == "N" and report[429] == 5]
    assert len(done) == (not open_ids)
    if done:
        behind = reports[reports.index(done[0]) + 1 :]
        assert [report[35] for report in behind] == ["9"] * len(behind)
