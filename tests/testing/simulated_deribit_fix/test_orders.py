"""Orders over FIX at the simulated Deribit: what is told of them, to whom, and what is refused."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Value
from barterpy.testing.simulated.deribit.accounts import RpcRefusal

Make = Callable[..., Any]
D = Decimal
NAME = "BTC-PERPETUAL"
FILL = (1363, 1364, 1365, 1443)


def limit(there: Any, id_: str = "a", ticks: int = -5, **fields: Value) -> dict[int, Value]:
    """A bid for two contracts, below the best; ``t38=…`` and their like say otherwise."""
    usual: dict[int, Value] = {11: id_, 55: NAME, 54: "1", 38: 2, 40: "2", 44: there.price(ticks)}
    return {**usual, **{int(name[1:]): value for name, value in fields.items()}}


def told(messages: list[Message]) -> list[tuple[str | None, ...]]:
    """Of each report whose it is, what it is of, the state and the words."""
    return [tuple(message.get(tag) for tag in (41, 150, 39, 58)) for message in messages]


def test_an_order_is_taken_and_its_ids_are_the_venues_way_round(world: Make) -> None:
    there = world()
    (report,) = there.line().ask("D", limit(there, t100010="a label", t59="1", t18="6"))
    (order,) = there.desk.accounts.by_key[there.key.key].open_orders()
    assert (report.msg_type, report.text(37), report.text(11), report.text(41)) == ("8", order.id, order.id, "a")
    assert (report.text(150), report.text(39), report.text(103), report.text(58)) == ("0", "0", "0", "success")
    assert (report.decimal(38), report.decimal(14), report.decimal(151)) == (2, 0, 2)
    assert (report.text(55), report.text(54), report.text(40), report.text(59)) == (NAME, "1", "2", "1")
    assert (report.text(231), report.text(854), report.text(207)) == ("10", "1", "DERIBITSERVER")
    assert (report.text(100010), report.text(18), report.decimal(44)) == ("a label", "6", D(there.price(-5)))
    assert report.timestamp(60) == order.updated_at * 1_000_000


def test_a_market_order_and_its_trades_in_one_report(world: Make) -> None:
    there = world()
    line = there.line()
    (report,) = line.ask("D", limit(there, t40="1", t38=700))
    fills = report.group(1362, FILL)
    trades = list(there.book.trades)[-len(fills) :]
    assert len(fills) > 1
    assert [fill.text(1363) for fill in fills] == [match.id for match in trades]
    assert [fill.decimal(1365) for fill in fills] == [match.size for match in trades]
    assert {fill.text(1443) for fill in fills} == {"2"}
    assert (report.text(39), report.decimal(14), report.decimal(151)) == ("2", 700, 0)
    assert (report.decimal(31), report.decimal(32)) == (fills[-1].decimal(1364), fills[-1].decimal(1365))
    assert 44 not in report
    cost = sum(fill.decimal(1364) * fill.decimal(1365) for fill in fills)
    assert report.decimal(6) == pytest.approx(cost / 700, rel=D("1e-9"))
    there.wait(1)
    assert line.received() == []


def test_an_order_that_rests_is_hit_and_its_owner_hears_of_it(world: Make) -> None:
    there = world()
    line = there.line()
    bid, _ = there.between()
    line.ask("D", limit(there, "best", t44=repr(there.book.contract.price_number(bid + 1))))
    there.hit(buys=False, lots=1)
    there.hit(buys=False, lots=1)
    reports = line.received()
    assert told(reports) == [("best", "I", "1", "notification"), ("best", "I", "2", "notification")]
    assert [fill.text(1443) for report in reports for fill in report.group(1362, FILL)] == ["1", "1"]
    assert [report.decimal(14) for report in reports] == [1, 2]


@pytest.mark.parametrize(
    ("named", "echoed"), [({11: "a"}, (11, "a")), ({41: "BTC-1000"}, (41, "BTC-1000")), ({100010: "l"}, (100010, "l"))]
)
def test_a_cancel_by_each_name(world: Make, named: dict[int, Value], echoed: tuple[int, str]) -> None:
    there = world()
    line = there.line()
    line.ask("D", limit(there, t100010="l"))
    (report,) = line.ask("F", {**named, 55: NAME})
    assert told([report]) == [("a", "4", "4", "success")]
    assert not there.desk.accounts.by_key[there.key.key].open_orders()
    (reject,) = line.ask("F", {**named, 55: NAME})
    assert (reject.msg_type, reject.text(39), reject.text(58)) == ("9", "4", "already_cancelled")
    assert (reject.text(434), reject.text(102), reject.text(echoed[0])) == ("1", "0", echoed[1])


def test_a_label_cancels_all_that_have_it_and_an_id_that_came_twice_the_last(world: Make) -> None:
    there = world()
    line = there.line()
    for id_ in ("one", "two", "two"):
        line.ask("D", limit(there, id_, t100010="l"))
    line.ask("D", limit(there, "other", t100010="m"))
    (report,) = line.ask("F", {11: "two"})
    assert report.text(37) == "BTC-1002"
    assert told(line.ask("F", {100010: "l", 15: "BTC"})) == [("one", "4", "4", "success"), ("two", "4", "4", "success")]
    (left,) = there.desk.accounts.by_key[there.key.key].open_orders()
    assert left.client_id == "other"


@pytest.mark.parametrize("fields", [{15: "ETH"}, {55: "BTC-25DEC26"}])
def test_a_label_elsewhere_is_another_one(world: Make, fields: dict[int, Value]) -> None:
    there = world()
    line = there.line()
    line.ask("D", limit(there, t100010="l"))
    (reject,) = line.ask("F", {100010: "l", **fields})
    assert (reject.text(39), reject.text(58), reject.text(102)) == ("8", "not_found", "1")


def test_a_filled_order_is_not_cancelled(world: Make) -> None:
    there = world()
    line = there.line()
    line.ask("D", limit(there, t40="1"))
    (reject,) = line.ask("F", {11: "a"})
    assert (reject.text(39), reject.text(58)) == ("2", "already_filled")


def test_a_replacement_by_the_ids_that_are_unusual(world: Make) -> None:
    there = world()
    line = there.line()
    line.ask("D", limit(there, t38=5))
    change = {11: "a", 41: "BTC-1000", 55: NAME, 54: "1", 38: 3, 44: there.price(-5)}
    (report,) = line.ask("G", change)
    assert told([report]) == [("a", "5", "0", "success")]
    assert (report.decimal(38), report.text(37)) == (3, "BTC-1000")
    (report,) = line.ask("G", {11: "a", 55: NAME, 54: "1", 44: there.price(-2)})
    assert (report.decimal(38), report.decimal(44)) == (3, D(there.price(-2)))
    (report,) = line.ask("G", {11: "a", 55: NAME, 54: "1", 44: there.price(3)})
    assert (report.text(150), report.text(39)) == ("5", "2")
    assert sum(fill.decimal(1365) for fill in report.group(1362, FILL)) == 3


@pytest.mark.parametrize(
    ("change", "words", "status"),
    [
        ({11: "nobody"}, "not_found", "8"),
        ({41: "BTC-1"}, "not_found", "8"),
        ({44: "0.3"}, "Invalid params: price must be a multiple of 0.5", "0"),
        ({38: "0.5"}, "Invalid params: amount must be a multiple of 10", "0"),
        ({38: 0}, "Invalid params: amount must be a multiple of 10", "0"),
    ],
)
def test_a_replacement_that_is_refused(world: Make, change: dict[int, Value], words: str, status: str) -> None:
    there = world()
    line = there.line()
    line.ask("D", limit(there, t38=5))
    (reject,) = line.ask("G", {11: "a", 55: NAME, 54: "1", **change})
    assert (reject.msg_type, reject.text(434), reject.text(39)) == ("9", "2", status)
    assert reject.text(58) == words


def test_less_than_what_is_filled_is_no_size(world: Make) -> None:
    there = world()
    line = there.line()
    bid, _ = there.between()
    line.ask("D", limit(there, t38=5, t44=repr(there.book.contract.price_number(bid + 1))))
    there.hit(buys=False, lots=3)
    (reject,) = line.ask("G", {11: "a", 55: NAME, 54: "1", 38: 3})
    assert (reject.text(39), reject.text(58)) == ("1", "price_wrong_tick: less than what is filled")


def test_sizes_in_units(world: Make) -> None:
    there = world()
    (report,) = there.line().ask("D", limit(there, t38=50, t854=0))
    assert (report.decimal(38), report.decimal(231)) == (5, 10)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"t59": "3"}, "cancelled"),
        ({"t59": "4"}, "cancelled"),
        ({"t59": "0"}, "good_til_day"),
        ({}, "good_til_cancelled"),
    ],
)
def test_times_in_force(world: Make, fields: dict[str, Any], state: str) -> None:
    there = world()
    line = there.line()
    (report,) = line.ask("D", limit(there, **fields))
    account = there.desk.accounts.by_key[there.key.key]
    if state == "cancelled":
        assert (report.text(39), report.text(59)) == ("4", fields["t59"])
        assert not account.open_orders()
    else:
        assert account.open_orders()[0].time_in_force == state


@pytest.mark.parametrize(("inst", "status"), [("6", "0"), ("6A", "8"), ("E", "2"), ("", "2")])
def test_post_only_moves_the_price_or_is_refused(world: Make, inst: str, status: str) -> None:
    there = world()
    (report,) = there.line().ask("D", limit(there, ticks=0, **({"t18": inst} if inst else {})))
    assert report.text(39) == status
    if status == "8":
        assert report.text(58) == "post_only_reject"
    if inst == "6":
        assert report.decimal(44) < D(there.price(0))


@pytest.mark.parametrize(
    ("fields", "words", "reason"),
    [
        ({"t55": "BTC-XXX"}, "Invalid params: instrument_name wrong format", "1"),
        ({"t54": "7"}, "Invalid params: direction wrong format", "99"),
        ({"t40": "3"}, "Invalid params: type no triggers here", "99"),
        ({"t44": "0.3"}, "Invalid params: price must be a multiple of 0.5", "99"),
        ({"t44": "-1"}, "Invalid params: price must be a multiple of 0.5", "99"),
        ({"t38": "0.1"}, "Invalid params: amount must be a multiple of 10", "99"),
        ({"t59": "6"}, "Invalid params: time_in_force wrong format", "99"),
        ({"t62": "20200101-00:00:00.000"}, "timed_out", "99"),
    ],
)
def test_an_order_that_is_refused(world: Make, fields: dict[str, Any], words: str, reason: str) -> None:
    there = world()
    (report,) = there.line().ask("D", limit(there, **fields))
    assert told([report]) == [("a", "8", "8", words)]
    assert report.text(103) == reason
    assert 37 not in report
    assert not there.desk.accounts.by_key[there.key.key].orders


def test_without_a_price_or_a_size(world: Make) -> None:
    there = world()
    line = there.line()
    for tag, name in ((44, "price"), (38, "amount")):
        (report,) = line.ask("D", {key: value for key, value in limit(there).items() if key != tag})
        assert report.text(58) == f"Invalid params: {name} wrong format"


def test_an_instrument_that_does_not_trade(world: Make) -> None:
    there = world()
    there.desk.set_state(NAME, "halted")
    (report,) = there.line().ask("D", limit(there))
    assert report.text(58) == "invalid_arguments: instrument is halted"


@pytest.mark.parametrize(
    ("kind", "body", "tag", "reason"),
    [
        ("D", {55: NAME, 54: "1"}, "11", "1"),
        ("D", {11: "a", 54: "1"}, "55", "1"),
        ("D", {11: "a", 55: NAME}, "54", "1"),
        ("D", {11: "a", 55: NAME, 54: "1", 38: "many"}, "38", "6"),
        ("D", {11: "a", 55: NAME, 54: "1", 38: 1, 62: "soon"}, "62", "6"),
        ("F", {55: NAME}, "100010", "1"),
        ("q", {11: "a"}, "530", "1"),
        ("q", {11: "a", 530: "1"}, "55", "1"),
        ("AF", {584: "a"}, "585", "1"),
        ("AF", {584: "a", 585: "all"}, "585", "6"),
    ],
)
def test_what_cannot_be_looked_at_is_rejected(
    world: Make, kind: str, body: dict[int, Value], tag: str, reason: str
) -> None:
    there = world()
    line = there.line()
    (reject,) = line.ask(kind, body)
    assert (reject.msg_type, reject.text(371), reject.text(373)) == ("3", tag, reason)
    assert not there.desk.accounts.by_key[there.key.key].orders
    assert line.logged_on


@pytest.mark.parametrize("kind", ["i", "Z", "MM", "MZ", "AD", "R", "E"])
def test_what_is_not_simulated_is_rejected_as_unknown(world: Make, kind: str) -> None:
    line = world().line()
    (reject,) = line.ask(kind, {117: "a"})
    assert (reject.msg_type, reject.text(373), reject.text(372)) == ("3", "11", kind)
    assert line.logged_on


@pytest.mark.parametrize(
    ("fields", "gone"),
    [
        ({530: "7"}, {"a", "b", "c"}),
        ({530: "7", 15: "USDC"}, {"c"}),
        ({530: "1", 55: NAME}, {"a"}),
        ({530: "5", 167: "FUT"}, {"a"}),
        ({530: "5", 167: "OPT"}, {"b"}),
        ({530: "5", 167: "FXSPOT"}, {"c"}),
        ({530: "5", 167: "MLEG"}, set[str]()),
        ({530: "10", 100010: "l"}, {"b", "c"}),
    ],
)
def test_a_mass_cancel(world: Make, fields: dict[int, Value], gone: set[str]) -> None:
    there = world()
    line = there.line()
    line.ask("D", limit(there))
    line.ask("D", limit(there, "b", t55="BTC-25DEC26-100000-C", t38="0.5", t44="0.0001", t100010="l"))
    line.ask("D", limit(there, "c", t55="BTC_USDC", t38="0.5", t44="1", t100010="l"))
    account = there.desk.accounts.by_key[there.key.key]
    assert len(account.open_orders()) == 3
    report, *notified = line.ask("q", {11: "m", **fields})
    assert (report.msg_type, report.text(11), report.text(530)) == ("r", "m", fields[530])
    assert (report.text(531), report.integer(533), report.text(58)) == (fields[530], len(gone), "success")
    assert {entry.text(41) for entry in report.group(534, (41,))} == gone
    assert {order.client_id for order in account.open_orders()} == {"a", "b", "c"} - gone
    assert {(message.text(41), message.text(39)) for message in notified} == {(id_, "4") for id_ in gone}


def test_a_mass_cancel_of_an_unknown_kind(world: Make) -> None:
    there = world()
    line = there.line()
    line.ask("D", limit(there))
    (report,) = line.ask("q", {11: "m", 530: "6"})
    assert (report.text(531), report.text(532)) == ("0", "0")
    assert len(there.desk.accounts.by_key[there.key.key].open_orders()) == 1


def test_the_state_of_all_orders_and_of_one(world: Make) -> None:
    there = world()
    line = there.line()
    line.ask("D", limit(there, "a", t100010="l"))
    line.ask("D", limit(there, "b", t100010="l"))
    line.ask("F", {11: "a"})
    total, *reports = line.ask("AF", {584: "all", 585: 7})
    assert (total.text(584), total.text(585), total.text(58), total.integer(911)) == ("all", "7", "total_reports", 1)
    assert told(reports) == [("b", "I", "0", "success")]
    assert {report.text(584) for report in reports} == {"all"}
    assert told(line.ask("AF", {584: "BTC-1000", 585: 1})) == [("a", "I", "4", "success")]
    assert told(line.ask("AF", {584: "a", 585: 1, 9014: 1})) == [("a", "I", "4", "success")]
    assert [one[0] for one in told(line.ask("AF", {584: "l", 585: 7, 9014: 2}))] == ["a", "b"]
    for fields in ({584: "none", 585: 1}, {584: "a", 585: 1, 9014: 5}):
        (report,) = line.ask("AF", fields)
        assert (report.text(39), report.text(58)) == ("8", "order_not_found")


def test_other_sessions_of_the_account_hear_of_its_orders_and_strangers_do_not(world: Make) -> None:
    there = world()
    line = there.line()
    there.now += 1
    other = there.line("OTHER")
    stranger = there.line("STRANGER", key=there.desk.accounts.create())
    line.ask("D", limit(there))
    line.ask("G", {11: "a", 55: NAME, 54: "1", 38: 1})
    line.ask("F", {11: "a"})
    other.pump()
    stranger.pump()
    assert told(other.received()) == [("a", "I", state, "notification") for state in ("0", "0", "4")]
    assert stranger.received() == []
    assert line.received() == []


def test_an_order_that_came_by_json_rpc(world: Make) -> None:
    there = world()
    line = there.line()
    account = there.desk.accounts.by_key[there.key.key]
    params = {"instrument_name": NAME, "amount": 20, "price": float(there.price(-5)), "label": "l"}
    there.desk.methods.call("private/buy", params, account, 1)
    line.pump()
    assert told(line.received()) == [(None, "I", "0", "notification")]
    (report,) = line.ask("F", {100010: "l"})
    assert told([report]) == [(None, "4", "4", "success")]


def test_one_cannot_touch_anothers_orders(world: Make) -> None:
    there = world()
    line = there.line()
    line.ask("D", limit(there))
    stranger = there.line("STRANGER", key=there.desk.accounts.create())
    for named in ({11: "a"}, {41: "BTC-1000"}):
        (reject,) = stranger.ask("F", named)
        assert reject.text(58) == "not_found"
    (report,) = stranger.ask("q", {11: "m", 530: "7"})
    assert report.integer(533) == 0
    assert len(there.desk.accounts.by_key[there.key.key].open_orders()) == 1


def test_who_trades_with_himself_hears_of_both_orders(world: Make) -> None:
    there = world()
    line = there.line()
    _, ask = there.between()
    price = repr(there.book.contract.price_number(ask - 1))
    line.ask("D", limit(there, "rests", t54="2", t44=price))
    reports = line.ask("D", limit(there, "takes", t44=price))
    assert told(reports) == [("takes", "0", "2", "success"), ("rests", "I", "2", "notification")]
    (position,) = there.desk.trading.positions(there.desk.accounts.by_key[there.key.key])
    assert position["size"] == 0


@pytest.mark.parametrize("name", ["amount", "price"])
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "sNaN", "1e60", "1e-60", "", None, [], True])
def test_a_number_over_json_rpc_that_is_none(world: Make, name: str, value: object) -> None:
    """It went through the matching engine's hands there, and ended the connection's task."""
    there = world()
    account = there.desk.accounts.by_key[there.key.key]
    params = {"instrument_name": NAME, "amount": 20, "price": float(there.price(-5)), name: value}
    with pytest.raises(RpcRefusal) as caught:
        there.desk.methods.call("private/buy", params, account, 1)
    assert caught.value.code == -32602
    assert not account.orders
