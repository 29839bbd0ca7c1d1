"""Market data of the simulated FIX gateway: subscriptions, snapshots, and changes whose entries inherit fields."""

from typing import Any

import msgspec
import pytest

from barterpy.clock import SECOND
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.testing import VirtualClock
from barterpy.testing.simulated import SimulatedVenue
from barterpy.testing.simulated.fix.marketdata import MarketDataDesk
from barterpy.testing.simulated.fix.refusals import FieldRefusal

HEAD = "34=2|49=A|56=SPOT|"
BOOK = f"35=V|{HEAD}262=book|263=1|264=5000|266=Y|146=1|55=BTCUSDT|267=2|269=0|269=1|"
TICKER = f"35=V|{HEAD}262=best|263=1|264=1|146=2|55=BTCUSDT|55=ETHUSDT|267=2|269=1|269=0|"
TRADES = f"35=V|{HEAD}262=trades|263=1|146=2|55=BTCUSDT|55=ETHUSDT|267=1|269=2|"
INHERITED = (55, 25043, 25044)


class Client:
    """One session's market data."""

    def __init__(self, limit: int = 1000) -> None:
        self.venue = SimulatedVenue(
            "spot", seed=3, symbols=("BTCUSDT", "ETHUSDT"), listen=False, clock=VirtualClock(), history=1, rate=200
        )
        list(self.venue.exchange.flush(()))
        self.desk = MarketDataDesk(self.venue.exchange, limit=limit)

    def ask(self, text: str) -> list[Outgoing]:
        message = Message.from_text(text)
        self.desk.check(message)
        return list(self.desk.handle(message))

    def hear(self, seconds: float) -> list[Outgoing]:
        now = self.venue.exchange.now + int(seconds * SECOND)
        heard = [(name, msgspec.json.decode(text)) for name, text in self.venue.exchange.advance(now, self.desk.wanted)]
        return list(self.desk.render(heard))


def said(message: Outgoing) -> dict[int, Any]:
    return dict(message.fields)


def entries(message: Outgoing) -> list[dict[int, Any]]:
    """The entries of 268 with what they inherit, as a client has to read them."""
    whole: list[dict[int, Any]] = []
    inherited: dict[int, Any] = {}
    for entry in said(message)[268]:
        fields = dict(entry)
        inherited |= {tag: fields[tag] for tag in INHERITED if tag in fields}
        whole.append({**inherited, **fields})
    return whole


def test_a_book_is_its_snapshot_and_its_changes() -> None:
    client = Client()
    (snapshot,) = client.ask(BOOK)
    assert snapshot.msg_type == "W"
    sides: dict[str, dict[str, str]] = {"0": {}, "1": {}}
    for entry in entries(snapshot):
        sides[entry[269]][entry[270]] = entry[271]
    last = said(snapshot)[25044]
    changed = 0
    for message in client.hear(5):
        assert (message.msg_type, said(message)[262]) == ("X", "book")
        first = entries(message)[0]
        assert first[25043] == last + 1
        last = first[25044]
        for entry in entries(message):
            side = sides[entry[269]]
            assert (entry[55], entry[25044]) == ("BTCUSDT", last)
            # New, changed and deleted are what they say.
            assert (entry[279] == "0") == (entry[270] not in side and 271 in entry)
            if entry[279] == "2":
                assert 271 not in entry
                side.pop(entry[270], None)
            else:
                side[entry[270]] = entry[271]
            changed += 1
    bids, asks = client.venue.exchange.instruments["BTCUSDT"].depth(1 << 30)
    for _, text in client.venue.exchange.flush({"btcusdt@depth@100ms"}):
        for kind, key in (("0", "b"), ("1", "a")):
            for price, size in msgspec.json.decode(text)[key]:
                sides[kind].pop(price, None) if size == "0" else sides[kind].update({price: size})
    assert sides == {"0": dict(bids), "1": dict(asks)}
    assert changed > 100


def test_later_entries_say_only_what_differs() -> None:
    client = Client()
    client.ask(BOOK)
    message = next(message for message in client.hear(5) if len(said(message)[268]) > 1)
    first, second = (dict(entry) for entry in said(message)[268][:2])
    assert first.keys() >= {55, 25043, 25044}
    assert second.keys().isdisjoint({55, 25043, 25044})


def test_a_snapshot_has_the_depth_that_was_asked_for() -> None:
    (snapshot,) = Client().ask(BOOK.replace("264=5000", "264=3"))
    assert [entry[269] for entry in entries(snapshot)] == ["0"] * 3 + ["1"] * 3


def test_best_prices_of_two_symbols() -> None:
    client = Client()
    snapshots = client.ask(TICKER)
    assert [said(one)[55] for one in snapshots] == ["BTCUSDT", "ETHUSDT"]
    seen = set[str]()
    for message in client.hear(2):
        bid, ask = entries(message)
        assert (bid[279], bid[269], ask[269]) == ("1", "0", "1")
        assert float(bid[270]) < float(ask[270])
        seen.add(bid[55])
    assert seen == {"BTCUSDT", "ETHUSDT"}


def test_trades_share_a_message_and_carry_the_symbol_where_it_changes() -> None:
    client = Client()
    assert client.ask(TRADES) == []
    messages = client.hear(5)
    ids: dict[str, list[int]] = {"BTCUSDT": [], "ETHUSDT": []}
    shared = 0
    for message in messages:
        assert said(message)[262] == "trades"
        told = [dict(entry).get(55) for entry in said(message)[268]]
        shared += told.count(None)
        for entry in entries(message):
            ids[entry[55]].append(entry[1003])
            assert (entry[279], entry[269]) == ("0", "2")
    assert shared > 5
    for symbol, numbers in ids.items():
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), symbol


def test_long_updates_come_in_fragments() -> None:
    client = Client()
    client.ask(TRADES)
    event = {"p": "1.0", "q": "2", "s": "BTCUSDT", "T": 5, "m": True}
    for count, lengths in ((1, [1]), (50, [50]), (51, [50, 1]), (120, [50, 50, 20])):
        messages = list(client.desk.render([("btcusdt@trade", {**event, "t": number}) for number in range(count)]))
        assert [len(said(message)[268]) for message in messages] == lengths
        fragments = [said(message).get(893) for message in messages]
        assert fragments == ([None] if len(lengths) == 1 else [False] * (len(lengths) - 1) + [True])
        # What is inherited is inherited within a message: each fragment begins anew.
        assert all(dict(said(message)[268][0])[55] == "BTCUSDT" for message in messages)


def test_an_unsubscribed_stream_is_not_heard_any_more() -> None:
    client = Client()
    client.ask(TRADES)
    client.ask(BOOK)
    assert len(client.desk.wanted) == 3
    assert client.ask(f"35=V|{HEAD}262=trades|263=2|") == []
    assert set(client.desk.wanted) == {"btcusdt@depth@100ms"}
    assert {said(message)[262] for message in client.hear(2)} == {"book"}
    client.ask(TRADES)


REFUSED = [
    (BOOK, "1", -1190, "'MDReqID (262)' contains a subscription request id that is already in use"),
    (BOOK.replace("262=book", "262=b"), "2", -1191, "Similar subscription is already active on this connection."),
    (TRADES, "2", -1191, "Too many subscriptions. Connection may create up to '2' subscriptions at a time."),
    (f"35=V|{HEAD}262=z|263=2|", None, -1190, "'MDReqID (262)' contains an unsubscription request id that does not"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "reason", "code", "words"), REFUSED)
def test_a_subscription_that_is_refused(text: str, reason: str | None, code: int, words: str) -> None:
    client = Client(limit=2)
    client.ask(BOOK)
    (answer,) = client.ask(text)
    fields = said(answer)
    assert (answer.msg_type, fields.get(281), fields[25016]) == ("Y", reason, code)
    assert str(fields[58]).startswith(words)
    assert set(client.desk.wanted) == {"btcusdt@depth@100ms"}


BAD = [
    (f"35=V|{HEAD}263=1|", 1, 262),
    (f"35=V|{HEAD}262=a|", 1, 263),
    (f"35=V|{HEAD}262=a|263=0|", 5, 263),
    (f"35=V|{HEAD}262=a|263=1|267=1|269=2|", 1, 146),
    (TRADES.replace("55=ETHUSDT", "55=BTCUSDT"), 5, 146),
    (TRADES.replace("ETHUSDT", "NOPE"), 5, 55),
    (BOOK.replace("267=2|269=0|269=1|", "267=1|269=0|"), 5, 269),
    (BOOK.replace("264=5000", "264=5001"), 5, 264),
    (BOOK.replace("264=5000", "264=0"), 5, 264),
    (f"35=x|{HEAD}559=4|", 1, 320),
    (f"35=x|{HEAD}320=a|", 1, 559),
    (f"35=x|{HEAD}320=a|559=2|", 5, 559),
    (f"35=x|{HEAD}320=a|559=0|", 5, 55),
    (f"35=x|{HEAD}320=a|559=0|55=NOPE|", 5, 55),
]


@pytest.mark.parametrize(("text", "reason", "tag"), BAD)
def test_a_message_that_cannot_be_looked_at(text: str, reason: int, tag: int) -> None:
    with pytest.raises(FieldRefusal) as caught:
        Client().ask(text)
    assert (caught.value.reason, caught.value.tag) == (reason, tag)


def test_instruments() -> None:
    client = Client()
    (every,) = client.ask(f"35=x|{HEAD}320=a|559=4|")
    (one,) = client.ask(f"35=x|{HEAD}320=b|559=0|55=ETHUSDT|")
    assert [dict(entry)[55] for entry in said(every)[146]] == ["BTCUSDT", "ETHUSDT"]
    (entry,) = said(one)[146]
    assert dict(entry)[15] == "USDT"
    assert (one.msg_type, said(one)[320]) == ("y", "b")
    client.venue.set_status("ETHUSDT", "HALT")
    (every,) = client.ask(f"35=x|{HEAD}320=a|559=4|")
    assert [dict(entry)[55] for entry in said(every)[146]] == ["BTCUSDT"]
    with pytest.raises(FieldRefusal, match="Invalid symbolStatus"):
        client.ask(f"35=x|{HEAD}320=b|559=0|55=ETHUSDT|")
