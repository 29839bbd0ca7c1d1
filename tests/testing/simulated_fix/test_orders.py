"""The order desk of the simulated FIX gateway: every request, every refusal, and reports that add up."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.clock import SECOND
from barterpy.testing.simulated.fix.refusals import FieldRefusal
from tests.testing.simulated_fix.trader import NEW, Trader, statuses


def test_a_market_order_is_accepted_and_trades() -> None:
    one = Trader()
    reports = one.ask(NEW + "11=a|54=1|40=1|38=0.5|")
    assert statuses(reports)[0] == "800"
    assert statuses(reports)[-1] == "8F2"
    assert {report[37] for report in reports} == {"1"}
    assert sum(Decimal(report[32]) for report in reports) == Decimal("0.5")
    assert (reports[-1][14], reports[-1][151]) == ("0.500", "0.000")
    assert all(report[1057] is True for report in reports[1:])
    public = {trade.first_id + n for trade in one.book.trades for n in range(len(trade.sizes))}
    assert {int(report[1003]) for report in reports[1:]} <= public
    spent = sum(Decimal(report[31]) * Decimal(report[32]) for report in reports[1:])
    assert Decimal(reports[-1][25017]) == spent
    assert one.desk.orders("me") == []


def test_a_market_order_by_quote_spends_no_more() -> None:
    one = Trader()
    reports = one.ask(NEW + "11=a|54=1|40=1|152=1000|")
    assert statuses(reports)[-1] == "8F2"
    assert 900 < Decimal(reports[-1][25017]) <= 1000


def test_a_resting_order_is_amended_and_cancelled() -> None:
    one = Trader()
    price = one.price(one.book.best_bid - 3)
    assert statuses(one.ask(NEW + f"11=a|54=1|40=2|38=1|44={price}|59=1|18=6|7940=3|")) == ["800"]
    (amended,) = one.ask("35=XAK|34=3|49=A|56=SPOT|55=BTCUSDT|11=b|41=a|38=0.4|")
    assert (amended[150], amended[39], amended[38], amended[151], amended[11], amended[41]) == (
        "5", "0", "0.400", "0.400", "b", "a",
    )  # fmt: skip
    assert (amended[18], amended[7940]) == ("6", "3")
    (cancelled,) = one.ask("35=F|34=4|49=A|56=SPOT|55=BTCUSDT|11=c|37=1|")
    assert (cancelled[150], cancelled[39], cancelled[151], cancelled[11], cancelled[41]) == (
        "4",
        "4",
        "0.000",
        "c",
        "a",
    )
    assert one.desk.orders("me") == []


def test_a_resting_order_is_filled_by_the_crowd() -> None:
    one = Trader()
    price = one.price(one.book.best_bid + 1)
    one.ask(NEW + f"11=a|54=1|40=2|38=0.02|44={price}|59=1|")
    for _ in range(600):
        list(one.venue.exchange.advance(one.venue.exchange.now + SECOND, ()))
        if not one.desk.orders("me"):
            break
    last: dict[int, Any] = dict(one.told[-1][1].fields)
    assert (last[150], last[39], last[1057], last[31]) == ("F", "2", False, price)


@pytest.mark.parametrize(("time", "last"), [("3", "8CC"), ("4", "8CC")])
def test_what_may_not_rest_expires(time: str, last: str) -> None:
    one = Trader()
    price = one.price(one.book.best_ask)
    reports = one.ask(NEW + f"11=a|54=1|40=2|38=90|44={price}|59={time}|")
    assert statuses(reports)[-1] == last
    assert (len(reports) > 2) == (time == "3")  # an order that must be filled whole does not trade in part
    assert reports[-1][151] == "0.000"


def test_cancel_and_new_in_one_message() -> None:
    one = Trader()
    low, lower = (one.price(one.book.best_bid - ticks) for ticks in (5, 6))
    one.ask(NEW + f"11=a|54=1|40=2|38=1|44={low}|59=1|")
    replace = "35=XCN|34=3|49=A|56=SPOT|55=BTCUSDT|25033={}|25034=c|41={}|11={}|54=1|40=2|38=2|44={}|59=1|"
    reports = one.ask(replace.format(1, "a", "b", lower))
    assert [(report[150], report[11]) for report in reports] == [("4", "c"), ("0", "b")]
    # The cancel fails: mode 1 stops there, mode 2 goes on.
    (refused,) = one.ask(replace.format(1, "gone", "d", lower))
    assert (refused[35], refused[11], refused[434], refused[58]) == ("9", "c", "1", "Unknown order sent.")
    assert [report[35] for report in one.ask(replace.format(2, "gone", "d", lower))] == ["9", "8"]
    assert [order.cl_ord_id for order in one.desk.orders("me")] == ["b", "d"]


def test_a_mass_cancel_takes_those_of_the_symbol_and_the_account() -> None:
    one = Trader()
    price = one.price(one.book.best_bid - 5)
    for id_, account in (("a", "me"), ("b", "me"), ("c", "other")):
        one.ask(NEW + f"11={id_}|54=1|40=2|38=1|44={price}|59=1|", account)
    reports = one.ask("35=q|34=3|49=A|56=SPOT|55=BTCUSDT|11=x|530=1|")
    assert statuses(reports) == ["844", "844", "r"]
    assert (reports[-1][531], reports[-1][533]) == ("1", 2)
    (report,) = one.ask("35=q|34=3|49=A|56=SPOT|55=BTCUSDT|11=x|530=1|")
    assert (report[531], report[532], report[58]) == ("0", 99, "Unknown order sent.")
    assert [order.cl_ord_id for order in one.desk.orders("other")] == ["c"]


def test_a_disconnect_takes_the_orders_of_its_session() -> None:
    one = Trader()
    price = one.price(one.book.best_bid - 5)
    one.ask(NEW + f"11=a|54=1|40=2|38=1|44={price}|59=1|", session=1)
    one.ask(NEW + f"11=b|54=1|40=2|38=1|44={price}|59=1|", session=2)
    assert one.desk.disconnected("me", 1) == 1
    assert [order.cl_ord_id for order in one.desk.orders("me")] == ["b"]
    assert dict(one.told[-1][1].fields)[150] == "4"


BAD_FIELDS = [
    (NEW + "54=1|40=1|38=1|", 1, 11, "Required tag '11' missing."),
    ("35=D|34=2|49=A|56=SPOT|11=a|54=1|40=1|38=1|", 1, 55, "Required tag '55' missing."),
    (NEW + "11=a|40=1|38=1|", 1, 54, "Required tag '54' missing."),
    (NEW.replace("BTCUSDT", "NOPE") + "11=a|54=1|40=1|38=1|", 5, 55, "Invalid symbol."),
    (NEW + "11=a|54=3|40=1|38=1|", 5, 54, "Data sent for parameter '54' is not valid."),
    (NEW + "11=a|54=1|40=9|38=1|", 5, 40, "Data sent for parameter '40' is not valid."),
    (NEW + "11=a|54=1|40=2|38=1|44=1|59=6|", 5, 59, "Data sent for parameter '59' is not valid."),
    (NEW + "11=a b|54=1|40=1|38=1|", 5, 11, "Illegal characters found in parameter '11'"),
    (NEW + f"11={'a' * 37}|54=1|40=1|38=1|", 5, 11, "Illegal characters found in parameter '11'"),
    ("35=q|34=2|49=A|56=SPOT|55=BTCUSDT|11=a|530=7|", 5, 530, "Data sent for parameter '530' is not valid."),
]


@pytest.mark.parametrize(("text", "reason", "tag", "words"), BAD_FIELDS)
def test_a_message_that_cannot_be_looked_at(text: str, reason: int, tag: int, words: str) -> None:
    with pytest.raises(FieldRefusal) as caught:
        Trader().ask(text)
    assert (caught.value.reason, caught.value.tag) == (reason, tag)
    assert caught.value.text.startswith(words)


BAD_ORDERS: list[tuple[str, int, str]] = [
    ("40=2|38=1|44=60000.03|59=1|", -1013, "Filter failure: PRICE_FILTER"),
    ("40=2|38=1|44=0|59=1|", -1013, "Filter failure: PRICE_FILTER"),
    ("40=2|38=1|44=-5|59=1|", -1013, "Filter failure: PRICE_FILTER"),
    ("40=2|38=0.0001|44=60000|59=1|", -1013, "Filter failure: LOT_SIZE"),
    ("40=1|38=0.0001|", -1013, "Filter failure: MARKET_LOT_SIZE"),
    ("40=1|38=999999999999999999999|", -1013, "Filter failure: MARKET_LOT_SIZE"),
    ("40=2|38=0.001|44=1|59=1|", -1013, "Filter failure: NOTIONAL"),
    ("40=2|38=1|44=60000|", -1102, "Required tag '59' missing."),
    ("40=2|44=60000|59=1|", -1102, "Required tag '38' missing."),
    ("40=1|38=1|59=1|", -1114, "TimeInForce parameter sent when not required."),
    ("40=1|38=1|44=60000|", -1106, "Parameter '44' sent when not required."),
    ("40=1|", -1102, "Param '38' or '152' must be sent, but both were empty/null!"),
    ("40=1|38=1|152=5|", -1102, "Param '38' or '152' must be sent, but both were empty/null!"),
    ("40=1|152=0.00001|", -2010, "Order book liquidity is less than `LOT_SIZE` filter minimum quantity."),
    ("40=2|18=6|38=1|44=90000|", -2010, "Order would immediately match and take."),
]


@pytest.mark.parametrize(("fields", "code", "text"), BAD_ORDERS)
def test_an_order_that_is_refused(fields: str, code: int, text: str) -> None:
    one = Trader()
    (report,) = one.ask(NEW + "11=a|54=1|" + fields)
    assert (report[35], report[150], report[39], report[25016], report[58]) == ("8", "8", "8", code, text)
    assert 37 not in report
    assert 17 not in report
    assert one.desk.orders("me") == []


def test_an_order_with_a_live_id_and_one_on_a_closed_market_are_refused() -> None:
    one = Trader()
    order = NEW + f"11=a|54=1|40=2|38=1|44={one.price(one.book.best_bid - 5)}|59=1|"
    one.ask(order)
    assert one.ask(order)[0][58] == "Duplicate order sent."
    assert one.ask(order, "another")[0][150] == "0"
    one.venue.set_status("BTCUSDT", "HALT")
    assert one.ask(order.replace("11=a", "11=b"))[0][58] == "Market is closed."


AMENDS = [
    ("41=a|38=1|", -2038, "The requested action would change no state; rejecting."),
    ("41=a|38=2|", -2038, "Order amend (quantity increase) is not supported."),
    ("41=a|38=0.00001|", -1013, "Filter failure: LOT_SIZE"),
    ("41=b|38=0.5|", -2011, "Unknown order sent."),
    ("38=0.5|", -2011, "Cancel order is invalid. Check origClOrdId and orderId."),
]


@pytest.mark.parametrize(("fields", "code", "text"), AMENDS)
def test_an_amend_that_is_refused(fields: str, code: int, text: str) -> None:
    one = Trader()
    one.ask(NEW + f"11=a|54=1|40=2|38=1|44={one.price(one.book.best_bid - 5)}|59=1|")
    (report,) = one.ask("35=XAK|34=3|49=A|56=SPOT|55=BTCUSDT|11=c|" + fields)
    assert (report[35], report[25016], report[58]) == ("XAR", code, text)
    assert one.desk.orders("me")[0].order.size == 1000


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ("41=b|", "Unknown order sent."),
        ("37=99|", "Unknown order sent."),
        ("41=a|37=99|", "Unknown order sent."),
        ("", "Cancel order is invalid. Check origClOrdId and orderId."),
        ("41=a|25002=2|", "Order was not canceled due to cancel restrictions."),
    ],
)
def test_a_cancel_that_is_refused(fields: str, text: str) -> None:
    one = Trader()
    one.ask(NEW + f"11=a|54=1|40=2|38=1|44={one.price(one.book.best_bid - 5)}|59=1|")
    (report,) = one.ask("35=F|34=3|49=A|56=SPOT|55=BTCUSDT|11=c|" + fields)
    assert (report[35], report[11], report[434], report[25016], report[58]) == ("9", "c", "1", -2011, text)
    assert len(one.desk.orders("me")) == 1


ORDERS = st.lists(
    st.tuples(
        st.sampled_from("DDDFXq"), st.booleans(), st.integers(-30, 30), st.integers(1, 3000), st.sampled_from("134")
    ),
    max_size=15,
)


@given(ORDERS)
def test_what_is_told_adds_up(steps: list[tuple[str, bool, int, int, str]]) -> None:
    """Every order: 14 and 25017 are the sums of its trades, 14 + 151 is 38 while it is open, and it ends once."""
    one = Trader()
    for number, (kind, buys, distance, lots, time) in enumerate(steps):
        size, price = one.book.symbol.size_text(lots), one.price(one.book.best_bid + distance)
        side = "1" if buys else "2"
        if kind == "D":
            one.ask(NEW + f"11={number}|54={side}|40=2|38={size}|44={price}|59={time}|", session=number % 2)
        elif kind == "F":
            one.ask(f"35=F|34=3|49=A|56=SPOT|55=BTCUSDT|11=c{number}|41={number - 1}|")
        elif kind == "X":
            one.ask(f"35=XAK|34=3|49=A|56=SPOT|55=BTCUSDT|11=c{number}|41={number - 1}|38={size}|")
        else:
            one.ask(f"35=q|34=3|49=A|56=SPOT|55=BTCUSDT|11=c{number}|530=1|")
        list(one.venue.exchange.advance(one.venue.exchange.now + SECOND // 5, ()))
    reports: list[dict[int, Any]] = [dict(report.fields) for _, report, _ in one.told if report.msg_type == "8"]
    for id_ in {report[37] for report in reports if 37 in report}:
        mine = [report for report in reports if report.get(37) == id_]
        filled = cost = Decimal(0)
        assert mine[0][150] == "0"
        for report in mine:
            if report[150] == "F":
                filled += Decimal(report[32])
                cost += Decimal(report[32]) * Decimal(report[31])
            assert (Decimal(report[14]), Decimal(report[25017])) == (filled, cost)
            if report[39] in ("0", "1", "2"):
                assert Decimal(report[14]) + Decimal(report[151]) == Decimal(report[38])
        ended = [report[39] in ("2", "4", "C") for report in mine]
        assert ended == [False] * (len(mine) - 1) + [id_ not in {order.order.id for order in one.desk.orders("me")}]
    assert [int(report[17]) for report in reports if 17 in report] == sorted(
        int(report[17]) for report in reports if 17 in report
    )
