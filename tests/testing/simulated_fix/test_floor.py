"""Whole conversations with the simulated FIX gateways, from a signed Logon to the Logout."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from barterpy.credentials import Credentials, Secret
from barterpy.protocols.fix.framing import Framer
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing, Value
from barterpy.protocols.fix.session import Session
from barterpy.protocols.fix.session.events import Closed, EndAnnounced, LoggedOn, LoggedOut
from barterpy.testing.simulated.fix.client import Gateway
from barterpy.venues.binance.fix.auth import LogonSigner
from barterpy.venues.binance.fix.dialect import client_hooks, client_settings
from barterpy.venues.binance.fix.endpoints import GatewayKind

LIMIT: dict[int, Any] = {11: "a", 55: "BTCUSDT", 54: "1", 40: "2", 38: "1", 44: "60000", 59: "1"}
MARKET: dict[int, Any] = {11: "m", 55: "BTCUSDT", 54: "1", 40: "1", 38: "0.5"}
World = Callable[..., Any]


def frames(data: bytes) -> list[bytes]:
    framer = Framer()
    framer.feed(data)
    return [frame for frame in framer.frames() if isinstance(frame, bytes)]


@pytest.mark.parametrize("gateway", Gateway)
def test_a_signed_logon_is_answered(world: World, gateway: Gateway) -> None:
    line = world().line(gateway)
    assert line.logged_on
    answer = line.last(LoggedOn).message
    assert (answer.text(49), answer.text(56), answer.integer(108)) == ("SPOT", "ME", 30)
    assert len(answer.text(25037)) == 36
    # Microseconds, as the venue writes them.
    assert len(answer.text(52)) == len("20260102-03:04:05.678901")


def test_a_wrong_signature_is_told_and_nobody_is_there(world: World) -> None:
    one = world()
    stranger = one.venue.credentials("ed25519")
    line = one.line(credentials=Credentials(one.credentials.key, Secret(stranger.secret.reveal())))
    assert not line.logged_on
    assert line.refusal == "Signature for this request is not valid."
    assert one.floor.clients == {}


def test_a_clock_that_is_off_is_told(world: World) -> None:
    one = world()
    one.venue.skew_clock(30)
    line = one.line()
    assert line.refusal == "Timestamp for this request is outside of the recvWindow."
    # A window as wide as that, which its header may ask for.
    assert one.line(sender="ME2", recv_window=60_000).logged_on


def test_an_order_lives_and_ends(world: World) -> None:
    line = world().line()
    line.say("D", LIMIT)
    (accepted,) = line.received()
    assert (accepted.msg_type, accepted.text(150), accepted.text(11)) == ("8", "0", "a")
    line.say("F", {11: "c", 41: "a", 55: "BTCUSDT"})
    (cancelled,) = line.received()
    assert (cancelled.text(150), cancelled.text(41)) == ("4", "a")
    line.say("D", MARKET)
    reports = line.received()
    assert [report.text(150) for report in reports] == ["0", *["F"] * (len(reports) - 1)]
    assert sum(report.decimal(32) for report in reports) == Decimal("0.5")
    (fee,) = reports[-1].group(136, (137, 138, 139))
    assert (fee.text(138), fee.decimal(137)) == ("BTC", reports[-1].decimal(32) / 1000)


def test_a_message_that_cannot_be_read_is_rejected_and_the_session_goes_on(world: World) -> None:
    line = world().line()
    line.say("D", {**LIMIT, 55: "NOPE"})
    line.say("D", {**LIMIT, 38: "lots"})
    line.say("V", {262: "x", 263: "1"})
    assert line.received() == []
    rejects = [Message(raw) for data in line.sent for raw in frames(data) if b"\x0135=3\x01" in raw]
    assert [(m.integer(45), *(m.get(tag) for tag in (372, 371, 373, 25016, 58))) for m in rejects] == [
        (2, "D", "55", "5", "-1121", "Invalid symbol."),
        (3, "D", "38", "6", "-1130", "Data sent for parameter '38' is not valid."),
        (4, "V", None, "99", "-1186", "Requested operation is not allowed in order entry sessions."),
    ]
    line.say("D", LIMIT)
    assert [message.text(150) for message in line.received()] == ["0"]


def test_every_session_of_the_account_hears_of_its_orders_but_of_refusals(world: World) -> None:
    one = world(drop_copy_delay=0)
    entry, second, acks = one.line(), one.line(sender="TWO"), one.line(sender="ACK", response_mode="only_acks")
    copy, market = one.line(Gateway.DROP_COPY), one.line(Gateway.MARKET_DATA)
    stranger = one.line(sender="OTHER", credentials=one.venue.credentials("ed25519"))
    entry.say("D", LIMIT)
    entry.say("D", {**LIMIT, 44: "60000.03"})
    one.wait(0.1)
    assert [message.text(150) for message in entry.received()] == ["0", "8"]
    for line in (second, copy):
        assert [message.text(150) for message in line.received()] == ["0"]
    for line in (acks, market, stranger):
        assert line.received() == []
    acks.say("D", {**MARKET, 11: "n"})
    one.wait(0.1)
    assert [message.text(150) for message in acks.received()] == ["0"]
    assert {message.text(150) for message in copy.received()} == {"0", "F"}


def test_a_drop_copy_is_a_second_late(world: World) -> None:
    one = world()
    copy = one.line(Gateway.DROP_COPY)
    one.line().say("D", LIMIT)
    one.wait(0.9)
    assert copy.received() == []
    one.wait(0.2)
    assert [message.text(150) for message in copy.received()] == ["0"]


def test_what_was_open_is_cancelled_with_its_session_where_that_was_asked_for(world: World) -> None:
    for cancel in (True, False):
        one = world(cancel_on_disconnect=cancel, drop_copy_delay=0)
        copy, line = one.line(Gateway.DROP_COPY), one.line()
        line.say("D", LIMIT)
        line.cut()
        one.wait(0.1)
        assert [message.text(150) for message in copy.received()] == (["0", "4"] if cancel else ["0"])
        assert len(one.floor.orders.orders(one.credentials.key)) == (0 if cancel else 1)


def test_market_data_over_fix_is_the_venues_own(world: World) -> None:
    one = world()
    line = one.line(Gateway.MARKET_DATA)
    symbols, types = Outgoing.group(146, [[(55, "BTCUSDT")]]), Outgoing.group(267, [[(269, "0")], [(269, "1")]])
    line.say("V", {262: "b", 263: "1", 264: 5000, 266: "Y", **dict([symbols, types])})
    one.wait(3)
    snapshot, *changes = line.received()
    assert snapshot.msg_type == "W"
    members = (279, 269, 270, 271, 55, 1003, 60, 2446, 25043, 25044)
    sides: dict[str, dict[Decimal, Decimal]] = {"0": {}, "1": {}}
    for entry in snapshot.group(268, members):
        sides[entry.text(269)][entry.decimal(270)] = entry.decimal(271)
    one.venue.pause()
    line.pump()
    for message in (*changes, *line.received()):
        assert message.msg_type == "X"
        for entry in message.group(268, members):
            if entry.text(279) == "2":
                sides[entry.text(269)].pop(entry.decimal(270), None)
            else:
                sides[entry.text(269)][entry.decimal(270)] = entry.decimal(271)
    truth = one.venue.book("BTCUSDT")
    assert sides["0"] == {level.price: level.size for level in truth.bids}
    assert sides["1"] == {level.price: level.size for level in truth.asks}


def test_too_many_messages_are_the_end(world: World) -> None:
    one = world(budgets={Gateway.ORDER_ENTRY: (5, 10.0)})
    line = one.line()
    for number in range(6):
        line.say("D", {**LIMIT, 11: f"o{number}"})
    assert line.last(LoggedOut).text == "Too many messages; current limit is '5' messages per '10 SECONDS'."
    assert one.floor.clients == {}


def test_maintenance_is_announced_before_the_end(world: World) -> None:
    one = world()
    line = one.line()
    one.floor.announce()
    line.pump()
    assert line.last(EndAnnounced).reason == "Your connection is about to be closed. Please reconnect."
    assert one.floor.end_all("Server maintenance.") == 1
    line.pump()
    assert line.last(LoggedOut).text == "Server maintenance."
    assert line.last(LoggedOut).by_peer
    assert isinstance(line.last(Closed), Closed)
    assert one.floor.clients == {}
    assert one.line(sender="NEW").logged_on


def test_a_silent_client_is_asked_and_then_left(world: World) -> None:
    one = world()
    line = one.line(heartbeat=5)
    one.wait(20)
    assert line.logged_on
    line.silent = True
    one.wait(12)
    asked = [raw for data in line.sent for raw in frames(data) if b"\x0135=1\x01" in raw]
    assert len(asked) == 1
    assert line.theirs.is_closed
    assert one.floor.clients == {}


def test_a_second_logon_within_a_session_is_its_end(world: World) -> None:
    """A session has one: what came with the first would be another client's, whom nobody serves."""
    one = world()
    line = one.line()
    hooks = client_hooks(GatewayKind.ORDER_ENTRY, LogonSigner(one.credentials))
    again = Session(client_settings("ME"), hooks=hooks)
    again.connected(one.now, one.at())
    line.theirs.receive_data(again.data_to_send(), one.now, one.at())
    line.pump()
    reject = [raw for data in line.sent for raw in frames(data) if b"\x0135=3\x01" in raw]
    assert [Message(raw).text(58) for raw in reject] == ["Logon<A> may only be sent once per session."]
    assert line.theirs.is_closed
    assert one.floor.clients == {}
    assert one.line().logged_on


def test_a_logout_is_answered(world: World) -> None:
    one = world()
    line = one.line()
    line.mine.logout(one.now, one.at(), "bye")
    line.pump()
    assert line.last(LoggedOut).by_peer is False
    assert one.floor.clients == {}


def test_a_list_is_told_to_every_session_of_the_account_and_a_refused_one_to_its_own(world: World) -> None:
    one = world(drop_copy_delay=0)
    entry, second, copy = one.line(), one.line(sender="TWO"), one.line(Gateway.DROP_COPY)
    last = one.venue.exchange.instruments["BTCUSDT"].last_price
    prices = [one.venue.exchange.instruments["BTCUSDT"].symbol.price_text(last + ticks) for ticks in (-500, 500)]
    stop: list[tuple[int, Value]] = [(11, "s"), (38, "1"), (40, "3"), (54, "2"), (55, "BTCUSDT")]
    stop += [(1100, "4"), (1101, "1"), (1102, prices[0]), (1107, "2"), (1109, "D")]
    maker: list[tuple[int, Value]] = [(11, "l"), (38, "1"), (40, "2"), (18, "6"), (44, prices[1]), (54, "2")]
    maker += [(55, "BTCUSDT")]

    def instruction(event: str, place: int) -> tuple[int, Value]:
        return Outgoing.group(25010, [[(25011, event), (25012, place), (25013, "2")]])

    orders = Outgoing.group(73, [[*stop, instruction("2", 1)], [*maker, instruction("1", 0)]])
    entry.say("E", {73: orders[1], 1385: "2", 25014: "refused"})
    (refused,) = entry.received()
    assert (refused.msg_type, refused.text(431), refused.integer(25016)) == ("N", "7", -1014)
    assert second.received() == copy.received() == []
    entry.say("E", {73: orders[1], 1385: "1", 25014: "taken"})
    one.wait(0.1)
    for line in (entry, second, copy):
        assert [message.msg_type for message in line.received()] == ["N", "8", "8"]
