"""Instruments, their state, positions and money over FIX at the simulated Deribit."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Value
from barterpy.protocols.fix.records import FixParser
from barterpy.venues.deribit.fix.messages import DeribitSecurityList

Make = Callable[..., Any]
D = Decimal
NAME = "BTC-PERPETUAL"
POSITION = (703, 704, 705, 55, 854, 231, 883, 54, 730)


def listed(message: Message) -> DeribitSecurityList:
    parsed = FixParser(DeribitSecurityList).parse(message)
    assert parsed is not None
    return parsed


def test_the_list_of_all_instruments(world: Make) -> None:
    there = world()
    (answer,) = there.line().ask("x", {320: "all", 559: 4})
    securities = listed(answer)
    assert (securities.security_req_id, securities.security_request_result) == ("all", 0)
    by_name = {one.symbol: one for one in securities.related_sym}
    assert set(by_name) == set(there.desk.market.books)
    future, option, spot = by_name["BTC-25DEC26"], by_name["BTC-25DEC26-100000-C"], by_name["BTC_USDC"]
    assert (future.security_type, future.contract_multiplier, future.min_price_increment) == ("FUT", D(10), D("2.5"))
    assert (future.min_trade_vol, future.settl_currency, future.maturity_date) == (D(1), "BTC", "20261225")
    assert (option.security_type, option.put_or_call, option.strike_price) == ("OPT", 1, D(100000))
    assert (option.strike_currency, option.maturity_time, option.min_trade_vol) == ("USD", "08:00:00+00:00", D("0.1"))
    assert (spot.security_type, spot.settl_currency, spot.contract_multiplier) == ("FXSPOT", None, D(1))


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({559: 0, 55: NAME}, {NAME}),
        ({559: 4, 167: "OPT"}, {"BTC-25DEC26-100000-C"}),
        ({559: 4, 15: "USDC"}, {"BTC_USDC"}),
        ({559: 4, 15: "BTC", 167: "FUT"}, {NAME, "BTC-25DEC26"}),
        ({559: 0, 55: "BTC-XXX"}, set[str]()),
    ],
)
def test_a_part_of_the_list(world: Make, fields: dict[int, Value], names: set[str]) -> None:
    (answer,) = world().line().ask("x", {320: "some", **fields})
    securities = listed(answer)
    assert {one.symbol for one in securities.related_sym} == names
    assert securities.security_request_result == (0 if names else 2)


def test_one_instrument(world: Make) -> None:
    line = world().line()
    (answer,) = line.ask("c", {320: "one", 321: 3, 55: NAME})
    assert (answer.msg_type, answer.text(320), answer.text(323), answer.text(55)) == ("d", "one", "1", NAME)
    assert (answer.decimal(231), answer.decimal(969), answer.text(167)) == (10, D("0.5"), "FUT")
    (answer,) = line.ask("c", {320: "none", 321: 3, 55: "BTC-XXX"})
    assert (answer.text(323), answer.text(58)) == ("6", "unknown Symbol: BTC-XXX")


def test_the_state_of_an_instrument_and_its_changes(world: Make) -> None:
    there = world()
    line = there.line()
    (answer,) = line.ask("e", {324: "s", 55: NAME, 263: "1"})
    assert (answer.msg_type, answer.text(324), answer.text(55), answer.text(326)) == ("f", "s", NAME, "17")
    prices = [there.book.contract.price_number(match.price) for match in there.book.trades]
    assert (answer.decimal(332), answer.decimal(333)) == (D(repr(max(prices))), D(repr(min(prices))))
    for state, status in (("halted", "2"), ("inactive", "18"), ("open", "17")):
        there.desk.set_state(NAME, state)
        there.desk.set_state("BTC-25DEC26", state)
        line.pump()
        (told,) = line.received()
        assert (told.text(324), told.text(55), told.text(326)) == ("s", NAME, status)
    assert line.ask("e", {324: "s", 55: NAME, 263: "2"}) == []
    there.desk.set_state(NAME, "halted")
    line.pump()
    assert line.received() == []
    (once,) = line.ask("e", {324: "once", 55: NAME, 263: "0"})
    assert once.text(326) == "2"
    assert not line.client.channels


def test_the_state_of_no_instrument(world: Make) -> None:
    line = world().line()
    (answer,) = line.ask("e", {324: "s", 55: "BTC-XXX", 263: "1"})
    assert (answer.text(326), answer.text(58)) == ("18", "unknown Symbol: BTC-XXX")
    assert not line.client.channels


def test_positions(world: Make) -> None:
    there = world()
    line = there.line()
    (empty,) = line.ask("AN", {710: "p", 724: 0})
    assert (empty.msg_type, empty.text(710), empty.text(728)) == ("AP", "p", "2")
    line.ask("D", {11: "a", 55: NAME, 54: "1", 38: 3, 40: "1"})
    line.ask("D", {11: "b", 55: "BTC_USDC", 54: "2", 38: "0.1", 40: "1"})
    (answer,) = line.ask("AN", {710: "p", 724: 0})
    long, short = answer.group(702, POSITION)
    assert (answer.text(728), answer.text(721)) != ("2", empty.text(721))
    assert (long.text(55), long.decimal(704), long.decimal(705), long.text(54)) == (NAME, 3, 0, "1")
    assert (long.text(703), long.decimal(231), long.text(854)) == ("TQ", 10, "1")
    assert long.decimal(730) > 0
    assert (short.text(55), short.decimal(704), short.decimal(705), short.text(54)) == ("BTC_USDC", 0, D("0.1"), "2")
    (answer,) = line.ask("AN", {710: "p", 724: 0, 15: "USDC"})
    assert [entry.text(55) for entry in answer.group(702, POSITION)] == ["BTC_USDC"]


@pytest.mark.parametrize(("currency", "equity"), [(None, "10"), ("ETH", "100")])
def test_money(world: Make, currency: str | None, equity: str) -> None:
    there = world()
    (answer,) = there.line().ask(
        "BE", {923: "u", 924: 4, 553: there.key.key, **({} if currency is None else {15: currency})}
    )
    assert (answer.msg_type, answer.text(923), answer.text(553)) == ("BF", "u", there.key.key)
    assert (answer.text(926), answer.text(15)) == ("1", currency or "BTC")
    assert [answer.text(tag) for tag in (100001, 100002, 100003, 100004, 100013)] == [equity, equity, "0", "0", equity]


@pytest.mark.parametrize(
    ("fields", "words"),
    [({924: 1}, "forbidden"), ({553: "somebody"}, "forbidden"), ({15: "DOGE"}, "Invalid params")],
)
def test_money_that_is_not_told(world: Make, fields: dict[int, Value], words: str) -> None:
    there = world()
    (answer,) = there.line().ask("BE", {923: "u", 924: 4, 553: there.key.key, **fields})
    assert (answer.text(923), answer.text(927)) == ("u", words)
    assert 100001 not in answer


@pytest.mark.parametrize(
    ("kind", "fields", "tag", "reason"),
    [
        ("x", {559: 4}, "320", "1"),
        ("c", {320: "a"}, "55", "1"),
        ("e", {324: "a", 55: NAME}, "263", "1"),
        ("e", {55: NAME, 263: "1"}, "324", "1"),
        ("AN", {710: "a"}, "724", "1"),
        ("AN", {710: "a", 724: "x"}, "724", "6"),
        ("BE", {923: "a", 924: 4}, "553", "1"),
    ],
)
def test_what_cannot_be_looked_at_is_rejected(
    world: Make, kind: str, fields: dict[int, Value], tag: str, reason: str
) -> None:
    line = world().line()
    (reject,) = line.ask(kind, fields)
    assert (reject.msg_type, reject.text(371), reject.text(373)) == ("3", tag, reason)
    assert line.logged_on
