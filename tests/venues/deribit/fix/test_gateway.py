"""Deribit's gateway as users meet it, against a scripted venue on loopback; its reports, and its session."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest

from barterpy import subscription as sub
from barterpy.credentials import Credentials
from barterpy.errors import AuthenticationError, ConfigurationError, CredentialsError, RequestRejected
from barterpy.limits import Scopes
from barterpy.market import market_stream
from barterpy.model import (
    BookDelta,
    BookSnapshot,
    OrderStatus,
    OrderType,
    OrderUpdate,
    TimeInForce,
    Trade,
    decimal_number,
)
from barterpy.protocols.fix import Message, Outgoing
from barterpy.protocols.fix.endpoint import Endpoint
from barterpy.protocols.fix.outgoing import Field
from barterpy.protocols.fix.records import FixParser
from barterpy.stream import ExchangeStream
from barterpy.venues.deribit import fix
from barterpy.venues.deribit.fix.auth import password
from barterpy.venues.deribit.fix.dialect import client_settings
from barterpy.venues.deribit.fix.endpoints import endpoint
from barterpy.venues.deribit.fix.errors import NAMES, text_error
from barterpy.venues.deribit.fix.execution import DeribitExecutions
from barterpy.venues.deribit.fix.limits import order_limiter, request_limiter

pytestmark = pytest.mark.anyio

D = Decimal
AT = 1_700_000_000_000_000_000
CREDENTIALS = Credentials("client", "test_secret")
Venue = Callable[..., Any]
ORDER = fix.DeribitNewOrder(
    cl_ord_id="mine", symbol="BTC-PERPETUAL", side="1", order_qty=D(10), price=D(60000), ord_type="2", label="a label"
)


def report(text: str) -> list[Any]:
    message = FixParser(fix.DeribitExecutionReport).parse(Message.from_text(text))
    assert message is not None
    return list(DeribitExecutions("deribit", decimal_number).outputs(message, AT))


TAKEN = (
    "35=8|527=9|37=BTC-123|11=BTC-123|41=mine|150=0|39=0|54=1|60=20241019-05:40:11.466|12=0|151=10|14=0|38=10|40=2|44=60000|"
    "55=BTC-PERPETUAL|103=0|231=10|100010=a label|18=6|"
)
FILLED = (
    "35=8|527=10|37=BTC-123|11=BTC-123|41=mine|150=I|39=1|54=1|60=20241019-05:40:11.466|151=4|14=6|38=10|40=2|44=60000|6=59999|"
    "55=BTC-PERPETUAL|231=10|1362=2|1363=T1|1364=59999|1365=2|1443=1|1363=T2|1364=59998.5|1365=4|1443=2|"
)


def test_whose_id_is_whose_and_contracts_become_amounts() -> None:
    (update,) = report(TAKEN)
    order = update.order
    assert (order.id, order.client_id) == ("BTC-123", "mine")
    assert (order.size, order.filled, order.price) == (D(100), D(0), D(60000))
    assert (order.status, order.time_in_force, order.post_only) == (OrderStatus.OPEN, TimeInForce.GTC, True)


def test_several_trades_in_one_report() -> None:
    first, second, update = report(FILLED)
    assert [(fill.id, fill.price, fill.size, fill.maker) for fill in (first, second)] == [
        ("T1", D(59999), D(20), True),
        ("T2", D("59998.5"), D(40), False),
    ]
    assert (update.order.filled, update.order.average_price) == (D(60), D(59999))
    assert update.order.status is OrderStatus.PARTIALLY_FILLED


def test_a_cancel_that_says_little() -> None:
    normalise = DeribitExecutions("deribit", decimal_number)
    parse = FixParser(fix.DeribitExecutionReport).parse
    for text in (TAKEN, "35=8|11=BTC-123|41=mine|150=4|39=4|58=success|"):
        message = parse(Message.from_text(text))
        assert message is not None
        (update,) = normalise.outputs(message, AT)
    assert type(update) is OrderUpdate
    assert (update.order.status, update.order.size, update.order.instrument) == (
        OrderStatus.CANCELED,
        D(100),
        "BTC-PERPETUAL",
    )


def test_how_many_orders_follow_is_no_order() -> None:
    """The first answer to a mass status request, as it was seen: without OrdStatus, side or symbol."""
    gateway = fix.order_entry(CREDENTIALS, scopes=Scopes())
    message = gateway.parser.parse(Message.from_text("35=8|584=all|585=7|58=total_reports|911=2|"))
    (report,) = gateway.transformer().transform(message, AT)
    assert isinstance(report, fix.DeribitExecutionReport)
    assert (report.tot_num_reports, report.mass_status_req_id, report.ord_status) == (2, "all", "")


def test_a_stop_market_order() -> None:
    (update,) = report(TAKEN.replace("40=2|", "40=S|").replace("18=6|", "18=E|99=59000|"))
    assert (update.order.type, update.order.stop_price) == (OrderType.STOP_MARKET, D(59000))
    assert update.order.reduce_only


def test_what_an_order_says_on_the_wire() -> None:
    outgoing = Outgoing.of(ORDER)
    assert dict(outgoing.fields) == {
        11: "mine",
        55: "BTC-PERPETUAL",
        54: "1",
        38: D(10),
        44: D(60000),
        40: "2",
        100010: "a label",
    }


async def test_an_order_and_what_becomes_of_it(venue: Venue) -> None:
    def takes(message: Message, number: int) -> Iterable[Outgoing]:
        if message.msg_type == "D":
            fields = Message.from_text(TAKEN).body_fields()
            yield Outgoing("8", [(tag, value) for tag, value in fields])

    async with venue(takes) as served:
        gateway = fix.order_entry(CREDENTIALS, url=served.url, scopes=Scopes(), cancel_on_disconnect=True)
        async with gateway.connect() as socket:
            await socket.send(ORDER)
            update = await anext(aiter(ExchangeStream(socket, gateway.parser, gateway.transformer())))
    assert type(update) is OrderUpdate
    assert update.order.client_id == "mine"
    logon = served.heard[0]
    assert logon.get(95) is None  # the venue's own Logon has no length before RawData either
    assert logon.get(554) == password(logon.text(96), CREDENTIALS.secret)
    assert (logon.get(553), logon.get(9001), logon.get(141)) == ("client", "Y", "Y")


async def test_an_echoed_logon_without_the_length_of_its_data_logs_on(venue: Venue) -> None:
    def echoes(message: Message, number: int) -> Iterable[Outgoing]:
        if message.msg_type == "A":
            yield Outgoing("A", [(tag, value.decode()) for tag, value in message.body_fields()])

    async with (
        venue(echoes) as served,
        fix.order_entry(CREDENTIALS, url=served.url, scopes=Scopes()).connect() as socket,
    ):
        assert socket.session.is_logged_on
        assert socket.session.logon is not None
        assert socket.session.logon.get(96) == served.heard[0].get(96)


@pytest.mark.parametrize("text", ["invalid_credentials", "Logon failed: invalid_credentials (13004)"])
async def test_a_logon_that_is_refused_for_good(venue: Venue, text: str) -> None:
    def refuses(message: Message, number: int) -> Iterable[Outgoing]:
        if message.msg_type == "A":
            yield Outgoing("5", [(58, text)])

    async with venue(refuses) as served:
        with pytest.raises(AuthenticationError) as caught:
            async with fix.order_entry(CREDENTIALS, url=served.url, scopes=Scopes()).connect():
                pass
    assert caught.value.fatal


async def test_a_refused_cancel_comes_as_it_was(venue: Venue) -> None:
    def refuses(message: Message, number: int) -> Iterable[Outgoing]:
        if message.msg_type == "F":
            yield Outgoing("9", [(11, message.text(11)), (58, "order_not_found")])

    async with venue(refuses) as served:
        gateway = fix.order_entry(CREDENTIALS, url=served.url, scopes=Scopes())
        async with gateway.connect() as socket:
            await socket.send(fix.DeribitCancelRequest(cl_ord_id="mine", symbol="BTC-PERPETUAL"))
            reject = await anext(aiter(ExchangeStream(socket, gateway.parser, gateway.transformer())))
    assert isinstance(reject, fix.DeribitCancelReject)
    assert type(fix.refusal_error(reject)) is RequestRejected


async def test_market_data_supervised(venue: Venue) -> None:
    def publishes(message: Message, number: int) -> Iterable[Outgoing | None]:
        if message.msg_type != "V":
            return
        id_ = message.text(262)
        head: list[Field] = [(55, "BTC-PERPETUAL"), (262, id_), (231, 10)]
        if id_[0] == "T":
            yield Outgoing("W", [*head, Outgoing.group(268, [])])
            trade: list[Field] = [(279, "0"), (269, "2"), (270, 1), (271, 1), (100009, "t"), (54, "1")]
            yield Outgoing("X", [*head, Outgoing.group(268, [trade])])
        else:
            yield Outgoing("W", [*head, Outgoing.group(268, [[(269, "0"), (270, 99), (271, 1)]])])
            change: list[Field] = [(279, "1"), (269, "0"), (270, 99), (271, 2)]
            yield Outgoing("X", [*head, Outgoing.group(268, [change])])

    async with venue(publishes) as served:
        data = fix.MarketData(CREDENTIALS, url=served.url, scopes=Scopes())
        seen: list[Any] = []
        async with market_stream(data, [sub.trades("BTC/USD:BTC"), sub.book("BTC/USD:BTC")]) as events:
            async for event in events:
                seen.append(event)
                if {Trade, BookSnapshot, BookDelta} <= set(map(type, seen)):
                    break
    deltas = [event for event in seen if type(event) is BookDelta]
    assert [level.size for level in deltas[0].bids] == [D(20)]


def test_endpoints() -> None:
    assert endpoint("live") == Endpoint("fix.deribit.com", 9883)
    assert endpoint("testnet") == Endpoint("fix-test.deribit.com", 9883)
    assert endpoint("live", "tcp://fix.deribit.com:9881") == Endpoint("fix.deribit.com", 9881, False)
    with pytest.raises(ConfigurationError):
        endpoint("moon")  # type: ignore[arg-type]


def test_the_session_begins_anew_unless_it_is_told_not_to() -> None:
    assert client_settings().reset_on_logon
    assert not client_settings(reset=False).reset_on_logon
    assert client_settings().on_gap == "resend"
    assert client_settings("ME").target == "DERIBITSERVER"


def test_credentials_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DERIBIT_API_KEY", raising=False)
    with pytest.raises(CredentialsError, match="DERIBIT_API_KEY"):
        fix.order_entry()


@pytest.mark.parametrize("name", NAMES)
def test_each_error_that_has_a_name(name: str) -> None:
    error = text_error(f"request failed: {name}")
    assert error is not None
    assert error.code == NAMES[name]
    assert text_error("order_not_found") is None


def test_orders_are_counted_for_the_account() -> None:
    scopes, place = Scopes(), endpoint("live")
    first = order_limiter(place, scopes, "key")
    assert order_limiter(place, scopes, "key") is first
    assert [first.reserve(AT) for _ in range(20)] == [0] * 20
    assert first.reserve(AT) > 0
    assert request_limiter(place) is not request_limiter(place)


async def test_what_is_asked_of_the_session_stands_in_the_logon(venue: Venue) -> None:
    async with venue() as served:
        gateway = fix.order_entry(
            CREDENTIALS, url=served.url, scopes=Scopes(), cancel_on_disconnect=False, sequential=True, sender="ME"
        )
        async with gateway.connect():
            pass
    logon = served.heard[0]
    assert [logon.text(tag) for tag in (49, 56, 141, 9001, 9007)] == ["ME", "DERIBITSERVER", "Y", "N", "Y"]
    assert logon.get(95) is None


async def test_the_refusal_of_a_logon_says_what_helps(venue: Venue) -> None:
    def refuses(message: Message, number: int) -> Iterable[Outgoing | None]:
        yield Outgoing("3", [(45, 1), (58, "invalid_credentials")])
        yield None

    async with venue(refuses) as served:
        with pytest.raises(AuthenticationError):
            async with fix.order_entry(CREDENTIALS, url=served.url, scopes=Scopes()).connect():
                pass
