"""Who may log on at the simulated Deribit over FIX, what the others are told, and how a session lives."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from barterpy.clock import SECOND
from barterpy.credentials import Credentials, Secret
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing, Value
from barterpy.protocols.fix.session import Closed, Hooks, LoggedOut
from barterpy.protocols.fix.session.events import Messages
from barterpy.venues.deribit.fix.auth import LogonSigner, password

Make = Callable[..., Any]
RAW = "1767225605000.3pM14pgJOYBATBDaCmE+0YvdPExppg5bJXAZtxakwDQ="


class Says(Hooks):
    """A Logon written by hand."""

    def __init__(self, *fields: tuple[int, Value]) -> None:
        self._fields = fields

    def sign_logon(self, outgoing: Outgoing, header: Sequence[tuple[int, bytes]]) -> Outgoing:
        return outgoing.with_fields(self._fields)


def test_a_good_logon_is_echoed_as_it_came(world: Make) -> None:
    there = world()
    line = there.line(cancel_on_disconnect=True, sequential=True)
    assert line.logged_on
    echo = Message(line.sent[0])
    assert (echo.text(49), echo.text(56), echo.seq_num) == ("DERIBITSERVER", "ME", 1)
    assert (echo.text(98), echo.text(108), echo.text(141)) == ("0", "30", "Y")
    assert (echo.text(553), echo.text(9001), echo.text(9007)) == (there.key.key, "Y", "Y")
    assert echo.text(554) == password(echo.text(96), there.key.secret)
    assert 95 not in echo


def test_raw_data_may_have_its_length(world: Make) -> None:
    there = world()
    signed = (96, RAW.encode()), (553, there.key.key), (554, password(RAW, there.key.secret))
    line = there.line(hooks=Says(*signed))
    assert line.logged_on
    assert b"\x0195=%d\x0196=%b\x01" % (len(RAW), RAW.encode()) in line.sent[0]


def digest(secret: Secret) -> str:
    return password(RAW, secret)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({554: "x"}, "invalid_credentials"),
        ({554: "é"}, "invalid_credentials"),
        ({553: "nobody"}, "invalid_credentials"),
        ({96: "1767225605000"}, "RawData"),
        ({96: ".YWJj"}, "RawData"),
        ({96: "1767225605000.a b"}, "RawData"),
        ({96: "1767225605000." + "A" * 512}, "RawData"),
        ({9001: "maybe"}, "tag 9001 is not valid"),
        ({9002: "Y"}, "UseWordsafeTags"),
        ({9004: "some", 9005: "thing"}, "application"),
    ],
)
def test_a_logon_that_is_wrong_is_answered_by_a_logout(world: Make, fields: dict[int, Value], words: str) -> None:
    there = world()
    right: dict[int, Value] = {96: RAW, 553: there.key.key, 554: digest(there.key.secret)}
    line = there.line(hooks=Says(*{**right, **fields}.items()))
    assert not line.logged_on
    assert words in line.refusal
    assert not there.floor.clients
    assert not there.desk.channels.listeners


@pytest.mark.parametrize("tag", [96, 553, 554])
def test_a_logon_that_lacks_something_is_answered_by_a_logout(world: Make, tag: int) -> None:
    there = world()
    right: dict[int, Value] = {96: RAW, 553: there.key.key, 554: digest(there.key.secret)}
    del right[tag]
    assert "invalid_credentials" in there.line(hooks=Says(*right.items())).refusal


def test_the_digest_in_hexadecimal_is_the_usual_mistake(world: Make) -> None:
    there = world()
    wrong = hashlib.sha256((RAW + there.key.secret.reveal()).encode()).hexdigest()
    line = there.line(hooks=Says((96, RAW), (553, there.key.key), (554, wrong)))
    assert line.refusal == "invalid_credentials"


def test_a_wrong_secret(world: Make) -> None:
    there = world()
    line = there.line(key=Credentials(there.key.key, Secret("guessed")))
    assert line.refusal == "invalid_credentials"


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_timestamp_that_is_not_later_than_the_last_is_refused_on_every_session(world: Make, seconds: int) -> None:
    there = world()
    line = there.line()
    line.log_out()
    again = there.line("OTHER", clock=lambda: there.at() + seconds * SECOND)
    assert "timestamp" in again.refusal
    assert there.line("OTHER", clock=lambda: there.at() + SECOND).logged_on


def test_a_refused_logon_does_not_use_its_timestamp_up(world: Make) -> None:
    """Or whoever knows a key's name could lock its owner out."""
    there = world()
    far = (1 << 40) * 1_000_000
    assert there.line(key=Credentials(there.key.key, Secret("guessed")), clock=lambda: far * 100).refusal
    assert there.line().logged_on


def test_the_venues_clock_is_not_asked(world: Make) -> None:
    there = world()
    assert there.line(clock=lambda: there.at() - 10**9 * SECOND).logged_on


def test_a_registered_application(world: Make) -> None:
    there = world()
    application = there.desk.accounts.register_application()
    assert there.line(application=application).logged_on
    stranger = Credentials(application.key, Secret("guessed"))
    there.now += 1
    assert "application" in there.line("OTHER", application=stranger).refusal


def test_one_name_for_several_sessions_each_with_its_numbers(world: Make) -> None:
    there = world()
    first = there.line()
    there.now += 1
    second = there.line()
    assert first.logged_on
    assert second.logged_on
    assert first.identity != second.identity
    first.ask("BE", {923: "a", 924: 4, 553: there.key.key})
    (answer,) = second.ask("BE", {923: "b", 924: 4, 553: there.key.key})
    assert (answer.text(923), answer.seq_num) == ("b", 2)


def test_sixteen_sessions_of_one_name_and_no_more(world: Make) -> None:
    there = world()
    for _ in range(16):
        there.now += 1
        assert there.line().logged_on
    logon = f"35=A|34=1|49=ME|56=DERIBITSERVER|52=20260101-00:00:05.000|98=0|108=30|553={there.key.key}|"
    assert there.floor.settings(Message.from_text(logon)) is None


@pytest.mark.parametrize(
    "change", [("35=A", "35=0"), ("56=DERIBITSERVER", "56=BINANCE"), ("49=ME|", ""), ("8=FIX.4.4", "8=FIX.4.2")]
)
def test_a_first_message_that_is_nobodys(world: Make, change: tuple[str, str]) -> None:
    there = world()
    first = "8=FIX.4.4|35=A|34=1|49=ME|56=DERIBITSERVER|52=20260101-00:00:05.000|98=0|108=30|"
    assert there.floor.settings(Message.from_text(first)) is not None
    assert there.floor.settings(Message.from_text(first.replace(*change))) is None


def test_heartbeats_and_a_client_that_falls_silent(world: Make) -> None:
    there = world()
    line = there.line(heartbeat=10, cancel_on_disconnect=True)
    line.ask("D", {11: "a", 55: "BTC-PERPETUAL", 54: "1", 38: 1, 44: there.price(-5)})
    there.wait(35)
    beats = [Message(raw) for raw in line.sent if b"\x0135=0\x01" in raw]
    assert len(beats) >= 3
    assert line.logged_on
    theirs, now = line.theirs, there.now
    for step in range(60):  # what the client says does not come any more
        theirs.handle_deadline(now + step, there.at() + step * SECOND)
        if any(isinstance(event, Closed) for event in theirs.next_events(now + step, there.at())):
            break
    else:
        raise AssertionError("a silent client is not missed")
    assert any(b"\x0135=1\x01" in raw for raw in [theirs.data_to_send()])
    line.cut()
    assert not there.desk.accounts.by_key[there.key.key].open_orders()


def test_what_the_venue_did_not_get_is_asked_for_and_done_once(world: Make) -> None:
    there = world()
    line = there.line()
    now, at = there.now, there.at()
    order = {55: "BTC-PERPETUAL", 54: "1", 38: 1, 44: there.price(-5)}
    line.mine.send(Outgoing("D", {11: "first", **order}), now, at)
    line.mine.changes()
    kept = line.mine.data_to_send()
    line.mine.send(Outgoing("D", {11: "second", **order}), now, at)
    line.mine.changes()
    line.theirs.receive_data(line.mine.data_to_send(), now, at)
    line.theirs.next_events(now, at)
    line.theirs.changes()
    asked = Message(line.theirs.data_to_send())
    assert (asked.msg_type, asked.text(7)) == ("2", str(Message(kept).seq_num))
    text = kept[kept.index(b"35=") : kept.rindex(b"10=")].decode()
    again = Message.from_text(text.replace("\x0152=", "\x0143=Y\x01122=20260101-00:00:05.000\x0152="), "\x01")
    line.theirs.receive_data(again.raw, now, at)
    while line.theirs.next_events(now, at):
        pass
    ids = [one.client_id for one in there.desk.accounts.by_key[there.key.key].orders.values()]
    assert ids == ["first", "second"]


def test_a_logon_within_the_session_begins_anew_and_keeps_what_it_has(world: Make) -> None:
    there = world()
    line = there.line()
    line.ask("D", {11: "a", 55: "BTC-PERPETUAL", 54: "1", 38: 1, 44: there.price(-5)})
    client = line.client
    raw = f"{int(RAW[:13]) + 1000}.YWJj"
    logon = f"35=A|34=1|49=ME|52=20260101-00:00:06.000|56=DERIBITSERVER|98=0|108=30|141=Y|96={raw}|553={there.key.key}|"
    logon += f"554={password(raw, there.key.secret)}|9001=Y|"
    line.theirs.receive_data(Message.from_text(logon).raw, there.now, there.at())
    line.theirs.next_events(there.now, there.at())
    assert line.client is client
    assert client.cancel_on_disconnect
    stranger = there.desk.accounts.create()
    wrong = logon.replace(there.key.key, stranger.key).replace(
        password(raw, there.key.secret), password(raw, stranger.secret)
    )
    line.theirs.receive_data(Message.from_text(wrong).raw, there.now, there.at())
    events = line.theirs.next_events(there.now, there.at())
    assert any(isinstance(event, Closed) for event in events)


@pytest.mark.parametrize(
    ("asked", "account", "fields", "left"),
    [
        (True, False, None, 0),
        (False, True, None, 1),
        (None, True, None, 0),
        (None, False, None, 1),
        (True, False, {9003: "Y"}, 1),
        (True, False, {9003: "N"}, 0),
    ],
)
def test_cancel_on_disconnect_at_a_logout(
    world: Make, asked: bool | None, account: bool, fields: dict[int, str] | None, left: int
) -> None:
    there = world()
    there.desk.accounts.by_key[there.key.key].cancel_on_disconnect = account
    line = there.line(cancel_on_disconnect=asked)
    line.ask("D", {11: "a", 55: "BTC-PERPETUAL", 54: "1", 38: 1, 44: there.price(-5)})
    line.log_out(fields)
    assert any(isinstance(event, LoggedOut) for event in line.events)
    assert len(there.desk.accounts.by_key[there.key.key].open_orders()) == left


def test_cancel_on_disconnect_takes_this_sessions_orders_and_tells_the_others(world: Make) -> None:
    there = world()
    first = there.line(cancel_on_disconnect=True)
    there.now += 1
    second = there.line()
    order = {55: "BTC-PERPETUAL", 54: "1", 38: 1, 44: there.price(-5)}
    first.ask("D", {11: "mine", **order})
    second.ask("D", {11: "its", **order})
    first.cut()
    second.pump()
    (left,) = there.desk.accounts.by_key[there.key.key].open_orders()
    assert left.client_id == "its"
    told = [(message.text(41), message.text(39), message.text(58)) for message in second.received()]
    assert told == [("mine", "4", "notification")]


def test_a_logout_with_a_flag_that_is_none_is_rejected(world: Make) -> None:
    there = world()
    line = there.line(cancel_on_disconnect=True)
    line.log_out({9003: "perhaps"})
    reject = line.received()[0]
    assert (reject.msg_type, reject.text(371), reject.text(373)) == ("3", "9003", "5")


def test_a_client_that_does_not_read_is_logged_out(world: Make) -> None:
    there = world(unread=50)
    line = there.line()
    groups = [Outgoing.group(267, [[(269, "0")]]), Outgoing.group(146, [[(55, "BTC-PERPETUAL")]])]
    line.ask("V", [(262, "b"), (263, "1"), (264, 0), (265, 1), *groups])
    there.desk.market.running = True
    for _ in range(100):
        there.now += 0.2
        there.desk.advance()
    assert line.client.ending == "the client does not read"
    assert line.client.take() == []
    line.pump()
    assert line.last(LoggedOut).text == "the client does not read"


def test_everybody_is_logged_out(world: Make) -> None:
    there = world()
    lines = [there.line()]
    there.now += 1
    lines.append(there.line("OTHER"))
    assert there.floor.end_all("system_maintenance") == 2
    for line in lines:
        line.pump()
        assert line.last(LoggedOut).text == "system_maintenance"
    assert not there.floor.clients
    assert there.floor.end_all("again") == 0


def test_signer_of_the_library_is_what_is_checked(world: Make) -> None:
    there = world()
    fields = dict(LogonSigner(there.key, clock=there.at)({}))
    assert there.line(hooks=Says(*fields.items())).logged_on
    assert not any(isinstance(event, Messages) for event in there.lines[0].events)
