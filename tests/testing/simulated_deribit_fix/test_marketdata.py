"""What the simulated Deribit says of its market over FIX, message by message, and what it refuses."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing, Value

Make = Callable[..., Any]
D = Decimal
NAME = "BTC-PERPETUAL"
LEVEL = (269, 270, 271)
ENTRY = (279, *LEVEL, 272, 100009, 54, 37, 198, 39, 44, 58, 100091)


def request(id_: str, types: str, names: tuple[str, ...] = (NAME,), **fields: Value) -> list[tuple[int, Value]]:
    """The body of V: a subscription to changes, unless ``t263=…`` and their like say otherwise."""
    usual: dict[int, Value] = {263: "1", 264: 0, 265: "1"}
    said = {**usual, **{int(name[1:]): value for name, value in fields.items()}}
    groups = [
        Outgoing.group(267, [[(269, kind)] for kind in types]),
        Outgoing.group(146, [[(55, name)] for name in names]),
    ]
    return [(262, id_), *((tag, value) for tag, value in said.items() if value != ""), *groups]


def entries(message: Message) -> list[tuple[str | None, ...]]:
    return [tuple(entry.get(tag) for tag in ENTRY[:4]) for entry in message.group(268, ENTRY)]


def sides(message: Message) -> tuple[list[tuple[Decimal, Decimal]], list[tuple[Decimal, Decimal]]]:
    found: tuple[list[Any], list[Any]] = ([], [])
    for entry in message.group(268, ENTRY):
        found[int(entry.text(269))].append((entry.decimal(270), entry.decimal(271)))
    return found


def truth(there: Any, depth: int = 1 << 30) -> tuple[list[tuple[Decimal, Decimal]], ...]:
    """The book in contracts: for this instrument, ten dollars each."""
    return tuple(
        [(D(repr(price)), D(repr(amount)) / 10) for price, amount in side]
        for side in there.desk.market.depth(there.book, depth)
    )


def test_a_snapshot_is_the_book_and_stays_alone(world: Make) -> None:
    there = world()
    line = there.line()
    (whole,) = line.ask("V", request("s", "01", t263="0"))
    assert (whole.msg_type, whole.text(262), whole.text(55), whole.text(231)) == ("W", "s", NAME, "10")
    assert sides(whole) == truth(there)
    there.desk.market.running = True
    there.wait(1)
    assert line.received() == []
    assert not line.client.channels


@pytest.mark.parametrize(("types", "empty"), [("0", 1), ("1", 0)])
def test_one_side_alone(world: Make, types: str, empty: int) -> None:
    there = world()
    line = there.line()
    (whole,) = line.ask("V", request("s", types))
    assert sides(whole)[empty] == []
    assert sides(whole)[1 - empty] == truth(there)[1 - empty]
    there.desk.market.running = True
    there.wait(3)
    told = {kind for message in line.received() for _, kind, *_ in entries(message)}
    assert told == {types}


def test_changes_make_the_book_of_the_server(world: Make) -> None:
    there = world()
    line = there.line()
    (whole,) = line.ask("V", request("b", "01"))
    book: list[dict[str, str]] = [{}, {}]
    for entry in whole.group(268, ENTRY):
        book[int(entry.text(269))][entry.text(270)] = entry.text(271)
    there.desk.market.running = True
    there.wait(10)
    there.desk.market.running = False
    there.desk.tell_all()
    line.pump()
    updates = line.received()
    assert len(updates) > 20
    actions = set[str]()
    for update in updates:
        assert (update.msg_type, update.text(262), update.text(55), update.text(231)) == ("X", "b", NAME, "10")
        for entry in update.group(268, ENTRY):
            side, price, action = book[int(entry.text(269))], entry.text(270), entry.text(279)
            actions.add(action)
            assert (price in side) == (action != "0")
            if action == "2":
                assert 271 not in entry
                del side[price]
            else:
                side[price] = entry.text(271)
    assert actions == {"0", "1", "2"}
    found = [sorted((D(price), D(size)) for price, size in side.items()) for side in book]
    assert found == [sorted(side) for side in truth(there)]


@pytest.mark.parametrize("depth", [1, 10, 20])
def test_the_best_levels_again_and_again(world: Make, depth: int) -> None:
    there = world()
    line = there.line()
    (first,) = line.ask("V", request("d", "01", t264=depth, t265="0"))
    assert sides(first) == truth(there, depth)
    there.wait(0.5)
    later = line.received()
    assert len(later) >= 4
    assert {message.msg_type for message in later} == {"W"}
    assert all(sides(message) == truth(there, depth) for message in later)


def test_trades_are_told_once_and_those_before_come_with_the_snapshot(world: Make) -> None:
    there = world()
    line = there.line()
    before = list(there.book.trades)[-20:]
    (whole,) = line.ask("V", request("t", "2", t264=""))
    assert [entry.text(100009) for entry in whole.group(268, ENTRY)] == [match.id for match in before]
    there.desk.market.running = True
    there.wait(5)
    told = [entry for message in line.received() for entry in message.group(268, ENTRY)]
    matches = list(there.book.trades)[-len(told) :]
    assert len(told) > 20
    assert [entry.text(100009) for entry in told] == [match.id for match in matches]
    for entry, match in zip(told, matches, strict=True):
        assert entry.decimal(270) == D(repr(there.book.contract.price_number(match.price)))
        assert entry.decimal(271) == match.size
        assert entry.timestamp(272) == match.at * 1_000_000
        assert entry.text(54) == ("1" if match.taker.buys else "2")
        assert entry.text(58) == str(match.seq)
        assert entry.get(100091) == ("T" if match.forced else None)
        assert (entry.text(279), entry.text(269), entry.text(39)) == ("0", "2", "2")


def test_trades_that_are_still_to_be_told_are_not_in_the_snapshot(world: Make) -> None:
    there = world()
    line = there.line()
    there.hit(buys=True, lots=5)
    late = [match.id for match in there.book.untold]
    assert late
    (whole,) = line.ask("V", request("t", "2"))
    known = [entry.text(100009) for entry in whole.group(268, ENTRY)]
    there.wait(0.2)
    told = [entry.text(100009) for message in line.received() for entry in message.group(268, ENTRY)]
    assert told == late
    assert not set(known) & set(late)


@pytest.mark.parametrize(("fields", "count"), [({"t100007": 3}, 3), ({"t100007": 0}, 0), ({"t100008": 1 << 50}, 0)])
def test_how_many_past_trades(world: Make, fields: dict[str, Any], count: int) -> None:
    there = world()
    (whole,) = there.line().ask("V", request("t", "2", t263="0", **fields))
    assert len(whole.group(268, ENTRY)) == count


def test_books_and_trades_of_several_instruments_in_one_request(world: Make) -> None:
    there = world()
    line = there.line()
    names = (NAME, "BTC-25DEC26")
    answers = line.ask("V", request("all", "012", names))
    assert [answer.text(55) for answer in answers] == list(names)
    there.desk.market.running = True
    there.wait(5)
    kinds = {(message.text(55), entry[1]) for message in line.received() for entry in entries(message)}
    assert kinds == {(name, kind) for name in names for kind in "012"}


def test_one_symbol_may_stand_without_a_group(world: Make) -> None:
    there = world()
    body = [field for field in request("s", "01", t263="0") if field[0] != 146]
    (whole,) = there.line().ask("V", [*body, (55, NAME)])
    assert sides(whole) == truth(there)


def test_an_option_in_contracts_of_one(world: Make) -> None:
    there = world()
    name = "BTC-25DEC26-100000-C"
    (whole,) = there.line().ask("V", request("o", "0", (name,), t263="0"))
    assert (whole.text(231), whole.text(201)) == ("1", "1")
    price, amount = there.desk.market.depth(there.desk.market.books[name], 1)[0][0]
    entry = whole.group(268, ENTRY)[0]
    assert (entry.decimal(270), entry.decimal(271)) == (D(repr(price)), D(repr(amount)))


def test_the_end_of_a_subscription_is_the_end_of_its_messages_and_no_others(world: Make) -> None:
    there = world()
    line = there.line()
    line.ask("V", request("one", "01"))
    line.ask("V", request("two", "01"))
    there.desk.market.running = True
    there.wait(1)
    told = [message.text(262) for message in line.received()]
    assert told.count("one") == told.count("two") > 0
    assert line.ask("V", request("one", "01", t263="2")) == []
    there.wait(1)
    assert {message.text(262) for message in line.received()} == {"two"}
    line.ask("V", request("two", "01", t263="2"))
    assert not line.client.channels
    (again,) = line.ask("V", request("one", "01"))
    assert again.msg_type == "W"


def test_who_comes_later_finds_a_book_that_the_others_know(world: Make) -> None:
    """What was not told yet is told to those who have the book, before somebody begins with a picture of it."""
    there = world()
    first = there.line()
    first.ask("V", request("b", "01"))
    there.hit(buys=True, lots=5)
    there.now += 1
    second = there.line()
    (whole,) = second.ask("V", request("b", "01"))
    first.pump()
    (told,) = first.received()
    best = min(entry.decimal(270) for entry in told.group(268, ENTRY) if entry.text(269) == "1")
    assert sides(whole) == truth(there)
    assert best <= sides(whole)[1][0][0]
    there.wait(0.5)
    assert second.received() == []


@pytest.mark.parametrize(
    ("body", "reason", "text"),
    [
        (request("x", "01", ("BTC-XXX",)), "0", "unknown Symbol: BTC-XXX"),
        (request("x", "01", (NAME, "BTC-XXX")), "0", "unknown Symbol: BTC-XXX"),
        (request("x", "01", t263="3"), "4", "unsupported SubscriptionRequestType"),
        (request("x", "01", t264=5, t265="0"), "5", "unsupported MarketDepth"),
        (request("x", "01", t264=10), "5", "unsupported combination of MDUpdateType and MarketDepth"),
        (request("x", "01", t265="0"), "5", "unsupported combination of MDUpdateType and MarketDepth"),
        (request("x", "01", t265="2"), "6", "unsupported MDUpdateType"),
        (request("x", "3"), "8", "unsupported MDEntryType"),
        (request("x", ""), "8", "unsupported MDEntryType"),
        (request("taken", "01"), "1", "duplicate MDReqID"),
        (request("x", "01", t263="2"), None, "no such subscription"),
    ],
)
def test_what_is_refused(world: Make, body: list[tuple[int, Value]], reason: str | None, text: str) -> None:
    there = world()
    line = there.line()
    line.ask("V", request("taken", "01"))
    before = set(line.client.channels)
    (reject,) = line.ask("V", body)
    assert (reject.msg_type, reject.text(262)) == ("Y", dict(body)[262])
    assert (reject.get(281), reject.text(58)) == (reason, text)
    assert set(line.client.channels) == before


@pytest.mark.parametrize(
    ("body", "tag", "reason"),
    [
        ([(263, "1")], "262", "1"),
        ([(262, "x")], "263", "1"),
        (request("x", "01", t265=""), "265", "1"),
        (request("x", "01", t264="deep"), "264", "6"),
        (request("x", "2", t100007="many"), "100007", "6"),
        ([(262, "x"), (263, "1"), (267, 2), (269, "0"), (55, NAME)], "267", "6"),
    ],
)
def test_what_cannot_be_looked_at_is_rejected(
    world: Make, body: list[tuple[int, Value]], tag: str, reason: str
) -> None:
    line = world().line()
    (reject,) = line.ask("V", body)
    assert (reject.msg_type, reject.text(371), reject.text(373)) == ("3", tag, reason)
    assert not line.client.channels
    assert line.logged_on


def test_a_channel_that_cannot_be_had_and_too_many_of_them(world: Make) -> None:
    there = world()
    line = there.line()
    there.desk.channels.refused.add(f"trades.{NAME}.100ms")
    (reject,) = line.ask("V", request("t", "2"))
    assert (reject.msg_type, reject.text(58)) == ("Y", "forbidden")
    for number in range(1000):
        assert line.ask("V", request(f"n{number}", "0", t264=1, t265="0"))[-1].msg_type == "W"
    (reject,) = line.ask("V", request("more", "0"))
    assert (reject.msg_type, reject.text(58)) == ("Y", "too_many_subscriptions")


def test_nothing_is_said_while_the_venue_is_silent(world: Make) -> None:
    there = world()
    line = there.line()
    line.ask("V", request("b", "012"))
    there.desk.channels.silent = True
    there.desk.market.running = True
    there.wait(2)
    assert line.received() == []
