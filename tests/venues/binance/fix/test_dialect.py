"""The dialect in a session of its own: the venue's Logon byte for byte, its answers, and what ends a connection."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from barterpy.credentials import Credentials
from barterpy.errors import ConfigurationError
from barterpy.protocols.fix import Encoder, Message, Outgoing
from barterpy.protocols.fix.session import Session
from barterpy.protocols.fix.session.events import Closed, EndAnnounced, LoggedOn, Messages
from barterpy.protocols.fix.session.store import Stored
from barterpy.protocols.fix.timestamps import parse_timestamp
from barterpy.venues.binance.fix.auth import LogonSigner
from barterpy.venues.binance.fix.dialect import COMP_ID, client_hooks, client_settings, make_sender
from barterpy.venues.binance.fix.endpoints import GatewayKind

# "How to sign Logon request", FIX API page at a5e0bc3d.
PRIVATE_KEY = (
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIIJEYWtGBrhACmb9Dvy+qa8WEf0lQOl1s4CLIAB9m89u\n"
    "-----END PRIVATE KEY-----\n"
)
USERNAME = "sBRXrJx2DsOraMXOaUovEhgVRcjOvCtQwnWj8VxkOh1xqboS02SPGfKi2h8spZJb"
AT = parse_timestamp(b"20240627-11:17:25.223")
LOGON = (
    "8=FIX.4.4|9=247|35=A|34=1|49=EXAMPLE|52=20240627-11:17:25.223|56=SPOT|95=88|"
    "96=4MHXelVVcpkdwuLbl6n73HQUXUf1dse2PCgT1DYqW9w8AVZ1RACFGM+5UdlGPrQHrgtS3CvsRURC1oj73j8gCA==|98=0|108=30|141=Y|"
    "553=sBRXrJx2DsOraMXOaUovEhgVRcjOvCtQwnWj8VxkOh1xqboS02SPGfKi2h8spZJb|25035=2|10=227|"
)
SIGNER = LogonSigner(Credentials(USERNAME, PRIVATE_KEY))
ANSWER = Outgoing("A", [(98, 0), (108, 30), (25037, "4392a152-3481-4499-921a-6d42c50702e2")])


class Venue:
    """The other side, with numbers that may be anything."""

    def __init__(self, sender: str = "EXAMPLE") -> None:
        self.encoder = Encoder("FIX.4.4", "SPOT", sender, "us")
        self.seq_num = 0

    def says(self, outgoing: Outgoing, seq_num: int | None = None) -> bytes:
        self.seq_num = self.seq_num + 1 if seq_num is None else seq_num
        return self.encoder.encode(outgoing, self.seq_num, AT)


def begun(kind: GatewayKind = GatewayKind.ORDER_ENTRY, sender: str = "EXAMPLE", **options: Any) -> Session:
    settings = replace(client_settings(sender), timestamp_precision="ms")
    session = Session(settings, hooks=client_hooks(kind, SIGNER, **options))
    session.connected(0.0, AT)
    return session


def events(session: Session) -> list[Any]:
    told: list[Any] = []
    while part := session.next_events(0.0, AT):
        told += part
    return told


def logged_on() -> tuple[Session, Venue]:
    session, venue = begun(), Venue()
    session.data_to_send()
    session.receive_data(venue.says(ANSWER), 0.0, AT)
    assert [type(event) for event in events(session)] == [LoggedOn]
    return session, venue


def sent(session: Session) -> list[Message]:
    return [Message(part + b"\x01") for part in _split(session.data_to_send())]


def _split(data: bytes) -> Sequence[bytes]:
    parts = data.split(b"\x018=")
    return [parts[0].rstrip(b"\x01"), *(b"8=" + part.rstrip(b"\x01") for part in parts[1:])] if data else []


def test_the_logon_is_the_venues_own_example_byte_for_byte() -> None:
    assert begun().data_to_send().decode().replace("\x01", "|") == LOGON


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        (GatewayKind.DROP_COPY, {}, {25035: "2", 9406: "Y"}),
        (GatewayKind.MARKET_DATA, {"message_handling": "unordered"}, {25035: "1"}),
        (GatewayKind.ORDER_ENTRY, {"response_mode": "only_acks"}, {25035: "2", 25036: "2"}),
        (GatewayKind.ORDER_ENTRY, {"response_mode": "everything"}, {25036: "1"}),
        (GatewayKind.ORDER_ENTRY, {"recv_window": Decimal("500.125")}, {25000: "500.125"}),
    ],
)
def test_what_a_logon_may_say(kind: GatewayKind, options: dict[str, Any], expected: dict[int, str]) -> None:
    (logon,) = sent(begun(kind, **options))
    assert {tag: logon.get(tag) for tag in expected} == expected
    assert (logon.get(9406) is None) is (kind is not GatewayKind.DROP_COPY)


def test_the_receive_window_stands_in_the_header() -> None:
    (logon,) = sent(begun(recv_window=5000))
    tags = [tag for tag, _ in logon.fields()]
    assert tags.index(25000) < tags.index(98)


@pytest.mark.parametrize(
    "options",
    [
        {"message_handling": "some"},
        {"response_mode": "none"},
        {"recv_window": 0},
        {"recv_window": 60_001},
    ],
)
def test_a_logon_the_venue_would_refuse(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        client_hooks(GatewayKind.ORDER_ENTRY, SIGNER, **options)


def test_a_response_mode_is_for_order_entry() -> None:
    with pytest.raises(ConfigurationError, match="order entry"):
        client_hooks(GatewayKind.MARKET_DATA, SIGNER, response_mode="only_acks")


@pytest.mark.parametrize("sender", ["", "NINECHARS", "with space", "ümlaut"])
def test_a_comp_id_the_venue_would_refuse(sender: str) -> None:
    with pytest.raises(ConfigurationError):
        client_settings(sender)


@pytest.mark.parametrize("heartbeat", [4, 61])
def test_a_heartbeat_the_venue_would_refuse(heartbeat: int) -> None:
    with pytest.raises(ConfigurationError):
        client_settings(heartbeat=heartbeat)


def test_every_session_gets_a_name_of_its_own() -> None:
    names = {make_sender() for _ in range(100)}
    assert len(names) == 100
    assert all(COMP_ID.fullmatch(name) for name in names)
    assert client_settings().sender != client_settings().sender


def test_an_answer_without_a_reset_flag_logs_on() -> None:
    session, _ = logged_on()
    assert session.is_logged_on
    assert session.next_in == 2


def test_news_is_handed_over_and_announces_the_end_but_ends_nothing() -> None:
    session, venue = logged_on()
    session.receive_data(venue.says(Outgoing("B", {148: "Your connection is about to be closed."})), 0.0, AT)
    told = events(session)
    assert EndAnnounced("Your connection is about to be closed.") in told
    assert [len(event.messages) for event in told if isinstance(event, Messages)] == [1]
    assert session.is_logged_on


def test_a_gap_ends_the_connection_and_nothing_is_asked_for_again() -> None:
    session, venue = logged_on()
    session.receive_data(venue.says(Outgoing("B", {148: "…"}), seq_num=7), 0.0, AT)
    assert isinstance(events(session)[-1], Closed)
    assert "2" not in [message.msg_type for message in sent(session)]


def test_numbers_go_on_from_zero_behind_the_last_of_32_bits() -> None:
    settings = replace(client_settings("EXAMPLE"), reset_on_logon=False)
    stored = Stored(next_out=2**32 - 1, next_in=2**32 - 1, created_at=AT)
    session, venue = Session(settings, stored, hooks=client_hooks(GatewayKind.DROP_COPY, SIGNER)), Venue()
    session.connected(0.0, AT)
    assert [message.seq_num for message in sent(session)] == [2**32 - 1]
    session.receive_data(venue.says(ANSWER, seq_num=2**32 - 1), 0.0, AT)
    for number in range(3):
        session.receive_data(venue.says(Outgoing("B", {148: "still here"}), seq_num=number), 0.0, AT)
    assert sum(len(event.messages) for event in events(session) if isinstance(event, Messages)) == 3
    assert (session.next_in, session.next_out) == (3, 0)
