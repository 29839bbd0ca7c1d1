"""A session at a simulated FIX gateway: what it may ask, how much of it, and when it is told."""

from typing import Any

import pytest

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.testing import VirtualClock
from barterpy.testing.simulated import SimulatedVenue
from barterpy.testing.simulated.fix.client import BUDGETS, Gateway, GatewayClient
from barterpy.testing.simulated.fix.marketdata import MarketDataDesk
from barterpy.testing.simulated.fix.orders import OrderDesk
from barterpy.testing.simulated.fix.refusals import FieldRefusal

HEAD = "34=2|49=A|56=SPOT|"
ORDER = f"35=D|{HEAD}55=BTCUSDT|11=a|54=1|40=1|38=0.001|"
TRADES = f"35=V|{HEAD}262=t|263=1|146=1|55=BTCUSDT|267=1|269=2|"
BEAT = f"35=0|{HEAD}"


class Room:
    """A gateway with one client, and its time."""

    def __init__(self, gateway: Gateway = Gateway.ORDER_ENTRY, **options: Any) -> None:
        self.now = 100.0
        self.venue = SimulatedVenue("spot", listen=False, clock=VirtualClock(), history=0)
        desk = OrderDesk(self.venue, self.venue.clock, self._tell)
        self.woken = 0
        market = MarketDataDesk(self.venue.exchange)
        self.client = GatewayClient(
            gateway, 7, "me", orders=desk, market_data=market, timer=lambda: self.now, **options
        )
        self.client.wake = self._wake

    def _wake(self) -> None:
        self.woken += 1

    def _tell(self, account: str, report: Outgoing, session: int) -> None:
        assert account == "me"
        assert session in (7, 0)
        self.client.tell(report)

    def say(self, text: str) -> None:
        message = Message.from_text(text)
        self.client.check(message)
        if message.msg_type not in "0123456A":
            self.client.handle(message)

    def taken(self) -> list[str]:
        return [message.msg_type for message in self.client.take()]


NOT_ALLOWED = [
    (Gateway.ORDER_ENTRY, TRADES, "order entry sessions"),
    (Gateway.ORDER_ENTRY, f"35=H|{HEAD}", "order entry sessions"),
    (Gateway.MARKET_DATA, ORDER, "market data sessions"),
    (Gateway.DROP_COPY, ORDER, "DropCopy sessions"),
    (Gateway.DROP_COPY, TRADES, "DropCopy sessions"),
    (Gateway.DROP_COPY, f"35=XLQ|{HEAD}6136=a|", "DropCopy sessions"),
]


@pytest.mark.parametrize(("gateway", "text", "words"), NOT_ALLOWED)
def test_what_a_gateway_does_not_take(gateway: Gateway, text: str, words: str) -> None:
    room = Room(gateway)
    with pytest.raises(FieldRefusal, match=f"Requested operation is not allowed in {words}") as caught:
        room.say(text)
    assert (caught.value.reason, caught.value.tag) == (99, None)
    assert room.taken() == []


@pytest.mark.parametrize("gateway", Gateway)
def test_administrative_messages_are_the_sessions(gateway: Gateway) -> None:
    room = Room(gateway)
    room.say(BEAT)
    assert room.taken() == []


def test_reports_are_sent_at_once_and_wake_the_writer() -> None:
    room = Room()
    assert room.client.due_at is None
    room.say(ORDER)
    assert room.woken >= 2
    assert room.client.due_at == 100.0
    assert room.taken() == ["8", "8"]
    assert room.client.due_at is None


def test_a_drop_copy_comes_late_and_in_order() -> None:
    room = Room(Gateway.DROP_COPY, delay=1.0)
    room.client.tell(Outgoing("8"))
    room.now += 0.5
    room.client.tell(Outgoing("N"))
    assert room.taken() == []
    assert room.client.due_at == 101.0
    room.now = 101.0
    assert room.taken() == ["8"]
    assert room.client.due_at == 101.5
    room.now = 102.0
    assert room.taken() == ["N"]


def test_what_was_heard_before_an_unsubscription_still_goes_out() -> None:
    room = Room(Gateway.MARKET_DATA)
    room.say(TRADES)
    event = {"p": "1", "q": "2", "s": "BTCUSDT", "T": 5, "t": 9, "m": True}
    assert list(room.client.wanted) == ["btcusdt@trade"]
    room.client.hear("btcusdt@trade", event)
    room.client.hear("btcusdt@trade", event)
    room.say(f"35=V|{HEAD}262=t|263=2|")
    assert room.taken() == ["X"]
    assert list(room.client.wanted) == []


def test_limits_are_told() -> None:
    room = Room()
    room.say(BEAT)
    room.say(f"35=XLQ|{HEAD}6136=q|")
    (answer,) = room.client.take()
    fields: dict[int, Any] = dict(answer.fields)
    assert (answer.msg_type, fields[6136]) == ("XLR", "q")
    assert [dict(entry) for entry in fields[25003]] == [{25004: "2", 25005: 2, 25006: 10_000, 25007: 10, 25008: "s"}]
    with pytest.raises(FieldRefusal, match="Required tag '6136' missing"):
        room.say(f"35=XLQ|{HEAD}")


@pytest.mark.parametrize("gateway", Gateway)
def test_a_budget_holds_for_its_window(gateway: Gateway) -> None:
    limit, window = BUDGETS[gateway]
    room = Room(gateway)
    for _ in range(limit):
        room.say(BEAT)
    assert room.client.ending is None
    room.now += window
    room.say(BEAT)
    assert room.client.ending is None
    for _ in range(limit):
        room.say(BEAT)
    assert room.client.ending == f"Too many messages; current limit is '{limit}' messages per '{window:g} SECONDS'."
    assert room.woken > 0


def test_a_client_that_does_not_read_is_logged_out_and_costs_no_memory() -> None:
    room = Room(Gateway.MARKET_DATA, unread=10)
    for _ in range(11):
        room.client.tell(Outgoing("X"))
    assert room.client.ending == "The client does not read."
    assert room.taken() == []
    room.client.end("another reason")
    assert room.client.ending == "The client does not read."
