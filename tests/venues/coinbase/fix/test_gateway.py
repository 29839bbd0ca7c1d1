"""Coinbase's gateways as users meet them, against a scripted venue on loopback."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from barterpy.credentials import Credentials
from barterpy.errors import (
    AuthenticationError,
    ConfigurationError,
    CredentialsError,
    RateLimited,
    RequestRejected,
    VenueUnavailable,
)
from barterpy.limits import Scopes
from barterpy.model import Fill, OrderUpdate, decimal_number
from barterpy.protocols.fix import Message, Outgoing
from barterpy.protocols.fix.endpoint import Endpoint
from barterpy.protocols.fix.orders import BusinessMessageReject, OrderCancelReject, OrderCancelRequest, Reject
from barterpy.protocols.fix.outgoing import Field
from barterpy.protocols.fix.records import FixParser
from barterpy.protocols.fix.session import Session
from barterpy.protocols.fix.timestamps import parse_timestamp
from barterpy.stream import ExchangeStream
from barterpy.venues.coinbase import fix
from barterpy.venues.coinbase.fix.auth import ExchangeSigner, PrimeSigner
from barterpy.venues.coinbase.fix.dialect import exchange_hooks, exchange_settings, prime_hooks, prime_settings
from barterpy.venues.coinbase.fix.endpoints import ENDPOINTS, PRIME, endpoint
from barterpy.venues.coinbase.fix.execution import CoinbaseExecutions
from barterpy.venues.coinbase.fix.limits import connect_limiter, message_limiter
from barterpy.venues.coinbase.fix.messages import ExchangeUpdateMessage

pytestmark = pytest.mark.anyio

D = Decimal
AT = parse_timestamp(b"20230822-20:43:30.000")
CREDENTIALS = Credentials("KEY", "MDEyMzQ1Njc4OWFiY2RlZg==", "PASS")
PRIME_CREDENTIALS = Credentials("KEY", "secret", "PASS")
ID = "5d1d9f4e-6d0a-4d6f-9f0e-0d4f6c1f2a3b"
Venue = Callable[..., Any]
Kind = fix.GatewayKind


def logon(settings: Any, hooks: Any) -> Message:
    session = Session(settings, hooks=hooks)
    session.connected(0.0, AT)
    return Message(session.data_to_send())


def test_a_logon_to_exchange() -> None:
    hooks = exchange_hooks(Kind.ORDER_ENTRY, ExchangeSigner(CREDENTIALS), cancel_on_disconnect="session")
    message = logon(exchange_settings("KEY", Kind.ORDER_ENTRY), hooks)
    assert message.begin_string == "FIXT.1.1"
    assert message.get(52) == "20230822-20:43:30.000"  # exactly three digits, or the signature fails
    expected = {34: "1", 49: "KEY", 56: "Coinbase", 95: "44", 108: "30", 141: "Y", 553: "KEY", 554: "PASS", 1137: "9"}
    assert {tag: message.get(tag) for tag in expected} == expected
    assert message.get(96) == "KNKI+4/v7Km0iosC+us700m9P88uDpMKCyIw+UZRueg="
    assert (message.get(8013), message.get(9406)) == ("S", None)


def test_a_logon_to_drop_copy() -> None:
    hooks = exchange_hooks(Kind.DROP_COPY, ExchangeSigner(CREDENTIALS), self_trade_prevention="D")
    message = logon(exchange_settings("KEY", Kind.DROP_COPY, heartbeat=300), hooks)
    assert (message.get(9406), message.get(8001), message.get(108)) == ("Y", "D", "300")


def test_a_logon_to_prime() -> None:
    hooks = prime_hooks(PrimeSigner(PRIME_CREDENTIALS), portfolio="portfolio", drop_copy=False)
    message = logon(prime_settings("account"), hooks)
    expected = {8: "FIX.4.2", 49: "account", 56: "COIN", 1: "portfolio", 554: "PASS", 9406: "N", 9407: "KEY", 141: "Y"}
    assert {tag: message.get(tag) for tag in expected} == expected
    assert message.get(96) == "PlaTCEyCjbVaVZXDfbLf+BFOAjo8mjqXGC+qaf45MD4="
    assert message.get(553) is None


def test_resuming_is_a_choice() -> None:
    usual, resumed = (exchange_settings("KEY", Kind.ORDER_ENTRY, resume=resume) for resume in (False, True))
    assert (usual.reset_on_logon, usual.on_gap, usual.persist) == (True, "close", False)
    assert (resumed.reset_on_logon, resumed.on_gap, resumed.resend_chunk, resumed.persist) == (
        False,
        "resend",
        1000,
        True,
    )
    assert replace(prime_settings("account", reset=False)).reset_on_logon is False


@pytest.mark.parametrize(("kind", "heartbeat"), [(Kind.ORDER_ENTRY, 31), (Kind.MARKET_DATA, 301), (Kind.DROP_COPY, 0)])
def test_a_heartbeat_the_venue_would_cut(kind: fix.GatewayKind, heartbeat: int) -> None:
    with pytest.raises(ConfigurationError):
        exchange_settings("KEY", kind, heartbeat=heartbeat)


def test_an_option_the_venue_would_refuse() -> None:
    with pytest.raises(ConfigurationError):
        fix.order_entry(CREDENTIALS, cancel_on_disconnect="everything")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        fix.order_entry(CREDENTIALS, environment="moon")  # type: ignore[arg-type]
    with pytest.raises(CredentialsError):
        fix.order_entry(Credentials("KEY", "c2VjcmV0"))


def taken(message: Message, number: int) -> Iterable[Outgoing]:
    if message.msg_type != "D":
        return
    order: list[Field] = [
        (11, message.text(11)),
        (37, "order"),
        (38, D(2)),
        (40, "2"),
        (44, D(10)),
        (54, "1"),
        (55, "BTC-USD"),
    ]
    fee = Outgoing.group(136, [[(137, D("0.01")), (138, "USD"), (139, "4")]])
    yield Outgoing("8", [*order, (14, D(0)), (17, "e1"), (39, "0"), (150, "0"), (151, D(2))])
    traded: list[Field] = [
        (14, D(2)),
        (17, "e2"),
        (31, D(10)),
        (32, D(2)),
        (39, "2"),
        (150, "F"),
        (151, D(0)),
        (1003, "t"),
        fee,
    ]
    yield Outgoing("8", [*order, *traded])


async def test_an_order_and_what_becomes_of_it(venue: Venue) -> None:
    async with venue(taken) as served:
        gateway = fix.order_entry(CREDENTIALS, url=served.url, scopes=Scopes())
        events: list[Any] = []
        async with gateway.connect() as socket:
            order = fix.ExchangeNewOrder(
                cl_ord_id=ID, symbol="BTC-USD", side="1", ord_type="2", order_qty=D(2), price=D(10), self_trade_type="D"
            )
            await socket.send(order)
            async for event in ExchangeStream(socket, gateway.parser, gateway.transformer()):
                events.append(event)
                if len(events) == 3:
                    break
    assert [type(event) for event in events] == [OrderUpdate, Fill, OrderUpdate]
    assert (events[1].id, events[1].fee, events[1].fee_asset) == ("t", D("0.01"), "USD")
    assert (events[1].venue, served.heard[1].get(7928)) == ("coinbase", "D")


async def test_a_batch(venue: Venue) -> None:
    async with venue() as served, fix.order_entry(CREDENTIALS, url=served.url, scopes=Scopes()).connect() as socket:
        orders = tuple(
            fix.BatchOrder(cl_ord_id=f"{n}", symbol="BTC-USD", side="1", ord_type="2", order_qty=D(n)) for n in (1, 2)
        )
        await socket.send(fix.NewOrderBatch(batch_id="b", orders=orders))
    body = "".join(f"{tag}={value.decode()}|" for tag, value in served.heard[1].body_fields())
    assert body == "73=2|11=1|55=BTC-USD|54=1|40=2|38=1|11=2|55=BTC-USD|54=1|40=2|38=2|8014=b|"


async def test_a_fill_of_prime_in_fix_4_2(venue: Venue) -> None:
    def fills(message: Message, number: int) -> Iterable[Outgoing]:
        if message.msg_type == "F":
            report = (
                "35=8|1=portfolio|6=10|11=mine|14=2|17=e|20=0|31=10|32=2|37=o|38=5|39=1|54=2|55=BTC-USD|150=1|151=3|"
            )
            yield Outgoing("8", [(tag, value) for tag, value in Message.from_text(report).body_fields()])

    async with venue(fills) as served:
        gateway = fix.prime(PRIME_CREDENTIALS, service_account="account", url=served.url, scopes=Scopes())
        async with gateway.connect() as socket:
            await socket.send(OrderCancelRequest(cl_ord_id="c", orig_cl_ord_id="mine"))
            first = await anext(aiter(ExchangeStream(socket, gateway.parser, gateway.transformer())))
    assert type(first) is Fill
    assert (first.id, first.account, first.venue) == ("e", "portfolio", "coinbase_prime")


async def test_a_logon_that_is_refused_for_good(venue: Venue) -> None:
    def refuses(message: Message, number: int) -> Iterable[Outgoing]:
        if message.msg_type == "A":
            yield Outgoing("5", [(58, "Invalid signature")])

    async with venue(refuses) as served:
        with pytest.raises(AuthenticationError):
            async with fix.order_entry(CREDENTIALS, url=served.url, scopes=Scopes()).connect():
                pass


async def test_market_data_comes_as_it_is(venue: Venue) -> None:
    def updates(message: Message, number: int) -> Iterable[Outgoing]:
        if message.msg_type == "V":
            entry: list[Field] = [
                (279, "2"),
                (269, "0"),
                (278, "order"),
                (55, "BTC-USD"),
                (270, D(1)),
                (271, D(2)),
                (5797, "1"),
            ]
            yield Outgoing("X", [(83, 17), (262, message.text(262)), Outgoing.group(268, [entry])])

    async with venue(updates) as served:
        gateway = fix.market_data(CREDENTIALS, url=served.url, scopes=Scopes())
        async with gateway.connect() as socket:
            await socket.send(Outgoing("V", [(262, "1"), (263, "1"), Outgoing.group(146, [[(55, "BTC-USD")]])]))
            update = await anext(aiter(ExchangeStream(socket, gateway.parser, gateway.transformer())))
    assert isinstance(update, ExchangeUpdateMessage)
    assert (update.rpt_seq, update.md_entries[0].aggressor_side, update.md_entries[0].md_entry_id) == (17, "1", "order")


def test_post_only() -> None:
    text = "35=8|11=a|14=0|18=A|37=1|39=0|40=2|54=1|55=BTC-USD|150=0|"
    report = FixParser(fix.ExchangeExecutionReport).parse(Message.from_text(text))
    assert report is not None
    assert CoinbaseExecutions("coinbase", decimal_number).order(report, AT).post_only


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (Reject(session_reject_reason=8, text="?"), AuthenticationError),
        (Reject(session_reject_reason=5, text="bad price"), RequestRejected),
        (BusinessMessageReject(ref_msg_type="D", business_reject_reason=4), VenueUnavailable),
        (BusinessMessageReject(ref_msg_type="D", business_reject_reason=6), AuthenticationError),
        (BusinessMessageReject(ref_msg_type="D", business_reject_reason=0, text="Rate limit exceeded"), RateLimited),
        (OrderCancelReject(text="unknown order"), RequestRejected),
    ],
)
def test_what_helps(refusal: Any, expected: type[Exception]) -> None:
    assert type(fix.refusal_error(refusal)) is expected


def test_endpoints() -> None:
    assert endpoint("live", Kind.ORDER_ENTRY) == Endpoint("fix-ord.exchange.coinbase.com", 6121)
    assert endpoint("sandbox", Kind.DROP_COPY) == Endpoint("fix-dc.sandbox.exchange.coinbase.com", 6122)
    assert endpoint("live", Kind.MARKET_DATA_NO_SNAPSHOTS).port == 6122
    assert all(set(kinds) == set(Kind) for kinds in ENDPOINTS.values())
    assert Endpoint("fix.prime.coinbase.com", 4198) == PRIME


def test_limits_are_the_keys() -> None:
    scopes, place = Scopes(), endpoint("live", Kind.ORDER_ENTRY)
    messages, connects = message_limiter(place, scopes, "key"), connect_limiter(place, scopes, "key")
    assert message_limiter(place, scopes, "key") is messages
    assert [messages.reserve(AT) for _ in range(100)] == [0] * 100
    assert messages.reserve(AT) > 0
    assert [connects.reserve(AT) for _ in range(2)] == [0, 0]
    assert connects.reserve(AT) > 0
