"""Stop losses and take profits at the simulated FIX gateway: they wait for a price, and are orders like others then."""

from decimal import Decimal
from typing import Any

import pytest

from barterpy.clock import SECOND
from barterpy.testing.simulated.fix.refusals import FieldRefusal
from tests.testing.simulated_fix.trader import NEW, Trader, statuses

STOP = "1100=4|1101=1|1107=2|"


def stop(one: Trader, id_: str, side: str, rises: bool, trigger: int, more: str = "40=3|38=0.5|") -> str:
    direction = "U" if rises else "D"
    return NEW + f"11={id_}|54={side}|{more}{STOP}1109={direction}|1102={one.price(trigger)}|"


# Side, whether the price has to rise: a stop loss or a take profit.
@pytest.mark.parametrize(("side", "rises"), [("1", True), ("2", False), ("1", False), ("2", True)])
def test_a_stop_waits_and_trades_at_the_market_then(side: str, rises: bool) -> None:
    one = Trader()
    trigger = one.above(2) if rises else one.below(2)
    levels = dict(one.book.bids), dict(one.book.asks)
    (accepted,) = one.ask(stop(one, "s", side, rises, trigger))
    assert statuses([accepted]) == ["800"]
    assert (accepted[636], accepted[40], accepted[1102]) == (False, "3", one.price(trigger))
    assert 25023 not in accepted
    assert levels == (one.book.bids, one.book.asks)
    assert one.push(one.above(1) if rises else one.below(1)) == []
    reports = one.push(trigger)
    assert statuses(reports)[0] == "800"
    assert 25023 in reports[0]
    assert statuses(reports)[-1] == "8F2"
    assert sum(Decimal(report[32]) for report in reports) == Decimal("0.5")
    assert all(report[1057] for report in reports[1:])
    assert one.desk.orders("me") == []


@pytest.mark.parametrize(("side", "rises"), [("1", True), ("2", False), ("1", False), ("2", True)])
def test_a_stop_limit_rests_at_its_price_then(side: str, rises: bool) -> None:
    one = Trader()
    trigger = one.above(2) if rises else one.below(2)
    price = one.below(8) if side == "1" else one.above(8)
    fields = f"40=4|38=0.5|44={one.price(price)}|59=1|"
    assert statuses(one.ask(stop(one, "s", side, rises, trigger, fields))) == ["800"]
    (triggered,) = one.push(trigger)
    assert (triggered[150], triggered[39], triggered[636], triggered[44]) == ("0", "0", True, one.price(price))
    (order,) = one.desk.orders("me")
    assert order.order in [maker for maker, _ in one.book.engine.makers(_taker(one, side), price)]
    filled = one.push(price)
    assert (filled[-1][39], filled[-1][1057]) == ("2", False)


def _taker(one: Trader, side: str) -> Any:
    from barterpy.testing.simulated.matching import SimulatedOrder

    return SimulatedOrder(id="", owner="", buys=side == "2", price=None, size=10**6, created_at=0)


def test_a_stop_limit_that_may_not_rest_expires_then() -> None:
    one = Trader()
    fields = f"40=4|38=0.5|44={one.price(one.below(8))}|59=4|"
    one.ask(stop(one, "s", "1", True, one.above(2), fields))
    assert statuses(one.push(one.above(2))) == ["800", "8CC"]
    assert one.desk.orders("me") == []


def test_the_crowd_triggers_as_well() -> None:
    one = Trader()
    one.ask(stop(one, "up", "1", True, one.book.last_price + 3))
    one.ask(stop(one, "down", "2", False, one.book.last_price - 3))
    for _ in range(2000):
        list(one.venue.exchange.advance(one.venue.exchange.now + SECOND, ()))
        if len(one.desk.orders("me")) < 2:
            break
    reports: list[dict[int, Any]] = [dict(report.fields) for _, report, _ in one.told[2:]]
    assert (reports[0][150], 25023 in reports[0]) == ("0", True)
    assert reports[-1][39] == "2"


def test_one_stop_may_set_off_the_next() -> None:
    """The first sells through the price the second waits for; each is told whole before the next begins."""
    one = Trader()
    first, second = one.below(1), one.below(4)
    size = one.size(sum(one.book.bids[one.below(level)] for level in range(1, 5)))
    one.ask(stop(one, "second", "2", False, second, "40=3|38=0.2|"))
    one.ask(stop(one, "first", "2", False, first, f"40=3|38={size}|"))
    reports = one.push(first)
    ids = [report[11] for report in reports]
    assert ids == sorted(ids)
    assert [report[11] for report in reports if report[39] == "2"] == ["first", "second"]


BAD: list[tuple[str, int, str]] = [
    ("40=3|38=1|1102=5|", -1102, "Required tag '1100' missing."),
    (f"40=3|38=1|{STOP}1109=U|", -1102, "Required tag '1102' missing."),
    (f"40=3|38=1|{STOP}1102=70000|", -1102, "Required tag '1109' missing."),
    (f"40=3|{STOP}1109=U|1102=70000|", -1102, "Required tag '38' missing."),
    (f"40=3|38=1|44=70000|{STOP}1109=U|1102=70000|", -1106, "Parameter '44' sent when not required."),
    (f"40=3|38=1|59=1|{STOP}1109=U|1102=70000|", -1114, "TimeInForce parameter sent when not required."),
    (f"40=4|38=1|44=70000|{STOP}1109=U|1102=70000|", -1102, "Required tag '59' missing."),
    (f"40=4|38=1|59=1|{STOP}1109=U|1102=70000|", -1102, "Required tag '44' missing."),
    (f"40=3|38=1|{STOP}1109=U|1102=70000.03|", -1013, "Filter failure: PRICE_FILTER"),
    (f"40=3|38=0.0001|{STOP}1109=U|1102=70000|", -1013, "Filter failure: MARKET_LOT_SIZE"),
    (f"40=3|38=1|{STOP}1109=D|1102=0.1|", -1013, "Filter failure: NOTIONAL"),
    (f"40=3|38=1|{STOP}1109=U|1102=60000|", -2010, "Order would trigger immediately."),
    (f"40=3|38=1|{STOP}1109=D|1102=70000|", -2010, "Order would trigger immediately."),
    (f"40=3|38=1|25009=100|{STOP}", -2010, "Trailing stop orders are not supported for this symbol."),
    (f"40=4|18=6|38=1|44=70000|59=1|{STOP}1109=U|1102=70000|", -2010, "Unsupported order combination"),
    ("40=1|38=1|1102=70000|", -1174, "Component 'TriggeringInstruction' is incorrectly populated"),
    (f"40=2|38=1|44=60000|59=1|{STOP}1109=U|", -1174, "Component 'TriggeringInstruction' is incorrectly populated"),
]


@pytest.mark.parametrize(("fields", "code", "text"), BAD)
def test_a_stop_that_is_refused(fields: str, code: int, text: str) -> None:
    one = Trader()
    (report,) = one.ask(NEW + "11=a|54=1|" + fields)
    assert (report[35], report[150], report[39], report[25016]) == ("8", "8", "8", code)
    assert report[58].startswith(text)
    assert one.desk.orders("me") == []


@pytest.mark.parametrize("wrong", ["1100=1|", "1101=2|", "1107=1|", "1109=X|"])
def test_a_trigger_that_cannot_be(wrong: str) -> None:
    tag = wrong[:4]
    with pytest.raises(FieldRefusal, match=f"'{tag}' is not valid"):
        Trader().ask(NEW + f"11=a|54=1|40=3|38=1|{wrong}")


def test_a_stop_that_waits_is_amended_replaced_and_cancelled() -> None:
    one = Trader()
    levels = dict(one.book.bids), dict(one.book.asks)
    one.ask(stop(one, "a", "1", True, one.above(5)))
    (amended,) = one.ask("35=XAK|34=3|49=A|56=SPOT|55=BTCUSDT|11=b|41=a|38=0.4|")
    assert (amended[150], amended[39], amended[38], amended[636]) == ("5", "0", "0.400", False)
    text = stop(one, "n", "1", True, one.above(6)).replace("35=D|", "35=XCN|")
    cancelled, fresh = one.ask(text + "25033=1|25034=c|41=a|")
    assert (cancelled[150], cancelled[11], cancelled[41]) == ("4", "c", "a")
    assert (fresh[150], fresh[11], fresh[1102]) == ("0", "n", one.price(one.above(6)))
    (cancelled,) = one.ask("35=F|34=4|49=A|56=SPOT|55=BTCUSDT|11=d|41=n|")
    assert (cancelled[150], cancelled[39], cancelled[41]) == ("4", "4", "n")
    assert levels == (one.book.bids, one.book.asks)
    assert one.push(one.above(7)) == []


def test_what_ends_others_ends_stops() -> None:
    one = Trader()
    for id_ in "ab":
        one.ask(stop(one, id_, "1", True, one.above(5)), session=1)
    assert statuses(one.ask("35=q|34=3|49=A|56=SPOT|55=BTCUSDT|11=x|530=1|")) == ["844", "844", "r"]
    one.ask(stop(one, "c", "1", True, one.above(5)), session=2)
    assert one.desk.disconnected("me", 2) == 1
    assert one.desk.orders("me") == []
    assert one.push(one.above(7)) == []
