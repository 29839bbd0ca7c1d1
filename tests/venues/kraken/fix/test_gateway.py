"""Kraken's gateways as users meet them, against a scripted venue on loopback; its samples; its session."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest

from barterpy.clock import MILLISECOND
from barterpy.credentials import Credentials
from barterpy.errors import (
    AuthenticationError,
    ClockSkew,
    ConfigurationError,
    CredentialsError,
    RateLimited,
    RequestRejected,
    VenueUnavailable,
)
from barterpy.limits import Scopes
from barterpy.model import OrderStatus, OrderType, OrderUpdate, decimal_number
from barterpy.protocols.fix import Framer, Message, Outgoing
from barterpy.protocols.fix.endpoint import Endpoint
from barterpy.protocols.fix.marketdata import TradingSessionStatus
from barterpy.protocols.fix.orders import BusinessMessageReject, Reject
from barterpy.protocols.fix.records import FixParser
from barterpy.protocols.fix.session import Session
from barterpy.stream import ExchangeStream
from barterpy.venues.kraken import fix
from barterpy.venues.kraken.fix.auth import TradingSigner
from barterpy.venues.kraken.fix.dialect import ROLLOVER, client_hooks, client_settings
from barterpy.venues.kraken.fix.endpoints import TARGETS, endpoint
from barterpy.venues.kraken.fix.execution import KrakenExecutions

pytestmark = pytest.mark.anyio

D = Decimal
AT = 1_724_512_345_678 * MILLISECOND
CREDENTIALS = Credentials("APIKEY", "c2VjcmV0")
Venue = Callable[..., Any]
Kind = fix.GatewayKind

# As somebody else's test quotes it from Kraken: the one sample whose length and checksum are right.
NEW = (
    "8=FIX.4.4|9=260|35=8|34=3|49=KRAKEN-TRD|56=CLIENT|52=20260407-14:32:05.122|6=0|11=1744036325000000|14=0|"
    "17=EXEC002:TRD001|37=OQNCZM-NVAVC-AVD2LO|38=0.001|39=0|40=2|44=84000|54=1|55=BTC/USD|"
    "58=buy 0.001 BTC/USD @ limit 84000|"
    "59=1|60=20260407-14:32:05.000|150=0|151=0.001|381=0|10=144|"
)
# Bodies of the venue's own samples, whose checksums are not right.
ORDER = (
    "35=D|34=2|49=MYCOMPID|52=20230707-13:56:08.000|56=KRAKEN-TRD|11=1688738168|38=0.01|40=2|44=1000|"
    "54=1|55=BTC/USD|59=1|"
    "60=20230707-13:56:08.277|"
)
BUSINESS_REJECT = (
    "35=j|34=16|49=KRAKEN-TRD|52=20230707-14:05:37.805|56=MYCOMPID|45=0|"
    "58=1688738737 : EOrder:Insufficient funds|372=D|"
    "379=1688738737|380=0|"
)
REJECT = "35=3|34=14|49=KRAKEN-TRD|52=20230707-14:04:24.689|56=MYCOMPID|45=12|58=Missing Mandatory Field: Side (54)|"
BOOK = (
    "35=X|34=100|56=MYCOMPID|49=KRAKEN-MD|52=20230707-13:42:27.230|55=BTC/USD|262=1|268=2|279=2|269=1|"
    "278=O30300.7|270=30300.7|"
    "271=0.0|273=13:42:27.208|279=0|269=1|278=O31941.0|270=31941.0|271=0.0031746|273=20:40:00.455|"
)
SECURITIES = (
    "35=y|49=KRAKEN-MD|56=CLIENT|34=3|52=20231012-09:54:15.317|320=SLS1000002|322=1697104455317568799|"
    "560=0|146=1|55=BTC/USD|"
    "562=0.00000001|5010=8|5011=0.0001|2349=1|5022=0.1|5032=1|"
)


def test_the_one_sample_that_is_right() -> None:
    raw = NEW.replace("|", "\x01").encode()
    framer = Framer()
    framer.feed(raw)
    assert framer.frames() == [raw]
    report = FixParser(fix.KrakenExecutionReport).parse(Message(raw))
    assert report is not None
    order = KrakenExecutions("kraken", decimal_number).order(report, AT)
    assert (order.id, order.client_id, order.instrument) == ("OQNCZM-NVAVC-AVD2LO", "1744036325000000", "BTC/USD")
    assert (order.size, order.price, order.status) == (D("0.001"), D(84000), OrderStatus.OPEN)


def test_an_order() -> None:
    order = FixParser(fix.KrakenNewOrder).parse(Message.from_text(ORDER))
    assert order is not None
    assert (order.cl_ord_id, order.order_qty, order.price, order.symbol) == (
        "1688738168",
        D("0.01"),
        D(1000),
        "BTC/USD",
    )


def test_refusals() -> None:
    business = FixParser(BusinessMessageReject).parse(Message.from_text(BUSINESS_REJECT))
    reject = FixParser(Reject).parse(Message.from_text(REJECT))
    assert business is not None
    assert reject is not None
    assert (business.business_reject_ref_id, business.ref_msg_type) == ("1688738737", "D")
    assert type(fix.refusal_error(business)) is RequestRejected
    assert fix.refusal_error(reject).text == "Missing Mandatory Field: Side (54)"


def test_a_book() -> None:
    update = FixParser(fix.KrakenUpdateMessage).parse(Message.from_text(BOOK + "5041=2654535121|"))
    assert update is not None
    assert [(entry.md_update_action, entry.md_entry_id, entry.md_entry_size) for entry in update.md_entries] == [
        ("2", "O30300.7", "0.0"),
        ("0", "O31941.0", "0.0031746"),
    ]
    assert update.checksum == "2654535121"


def test_securities() -> None:
    found = FixParser(fix.KrakenSecurityList).parse(Message.from_text(SECURITIES))
    assert found is not None
    (pair,) = found.related_sym
    assert (pair.symbol, pair.price_precision, pair.quantity_precision) == ("BTC/USD", 1, 8)


def test_a_session_status() -> None:
    status = FixParser(TradingSessionStatus).parse(Message.from_text("35=h|336=1|340=2|"))
    assert status is not None
    assert status.trad_ses_status == 2


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("R", OrderType.TAKE_PROFIT_MARKET),
        ("T", OrderType.TAKE_PROFIT_LIMIT),
        ("U", OrderType.TRAILING_STOP_MARKET),
        ("V", OrderType.STOP_LIMIT),
        ("3", OrderType.STOP_MARKET),
    ],
)
def test_letters_of_its_own(code: str, expected: OrderType) -> None:
    text = f"35=8|11=1|14=0|37=1|38=1|39=0|40={code}|54=1|55=BTC/USD|150=0|151=1|"
    report = FixParser(fix.KrakenExecutionReport).parse(Message.from_text(text))
    assert report is not None
    assert KrakenExecutions("kraken", decimal_number).order(report, AT).type is expected


# Sessions.


def logon(kind: fix.GatewayKind, **options: Any) -> Message:
    signer = TradingSigner(CREDENTIALS, clock=lambda: AT) if "trading" in kind else None
    session = Session(client_settings("CLIENT", kind), hooks=client_hooks(kind, signer, **options))
    session.connected(0.0, AT)
    return Message(session.data_to_send())


def test_a_logon_to_market_data_has_no_credentials() -> None:
    message = logon(Kind.SPOT_MARKET_DATA)
    assert (message.get(49), message.get(56), message.get(98), message.get(108), message.get(141)) == (
        "CLIENT",
        "KRAKEN-MD",
        "0",
        "60",
        "Y",
    )
    assert not any(tag in message for tag in (553, 554, 5025))


def test_a_logon_to_trading() -> None:
    message = logon(Kind.SPOT_TRADING, cancel_on_disconnect=False, reset_cl_ord_id=True, client_id="sub")
    expected = {553: "APIKEY", 5025: "1724512345678", 8674: "1", 5030: "Y", 109: "sub", 56: "KRAKEN-TRD"}
    assert {tag: message.get(tag) for tag in expected} == expected
    signer = TradingSigner(CREDENTIALS, clock=lambda: AT)
    header = {tag: message.text(tag) for tag in (35, 34, 49, 56)}
    assert message.get(554) == dict(signer(header))[554]


def test_options_that_do_not_belong_there() -> None:
    with pytest.raises(ConfigurationError):
        client_hooks(Kind.SPOT_MARKET_DATA, None, cancel_on_disconnect=True)
    with pytest.raises(ConfigurationError):
        client_hooks(Kind.SPOT_TRADING, None)
    with pytest.raises(ConfigurationError):
        client_settings("", Kind.SPOT_TRADING)
    with pytest.raises(ConfigurationError):
        fix.market_data("ME", environment="moon")  # type: ignore[arg-type]


def test_who_goes_on_keeps_the_rollover() -> None:
    assert client_settings("ME", Kind.SPOT_TRADING).schedule is None
    assert client_settings("ME", Kind.SPOT_TRADING, reset=False).schedule is ROLLOVER
    day = 86_400 * 1_000_000_000
    assert not ROLLOVER.takes_logon(22 * 3600 * 1_000_000_000 + 10 * 1_000_000_000 + 19_000 * day)
    assert ROLLOVER.takes_logon(22 * 3600 * 1_000_000_000 + 31 * 1_000_000_000 + 19_000 * day)


async def test_an_order_and_what_becomes_of_it(venue: Venue) -> None:
    def takes(message: Message, number: int) -> Iterable[Outgoing]:
        if message.msg_type == "D":
            report = Message(NEW.replace("|", "\x01").encode())
            yield Outgoing("8", [(tag, value) for tag, value in report.body_fields()])

    async with venue(takes) as served:
        gateway = fix.trading("CLIENT", CREDENTIALS, url=served.url, scopes=Scopes())
        async with gateway.connect() as socket:
            order = FixParser(fix.KrakenNewOrder).parse(Message.from_text(ORDER))
            assert order is not None
            await socket.send(order)
            update = await anext(aiter(ExchangeStream(socket, gateway.parser, gateway.transformer())))
    assert type(update) is OrderUpdate
    assert (update.order.venue, update.reason) == ("kraken", "buy 0.001 BTC/USD @ limit 84000")
    assert served.heard[1].get(60) == "20230707-13:56:08.277"


async def test_market_data_comes_as_it_is(venue: Venue) -> None:
    def updates(message: Message, number: int) -> Iterable[Outgoing]:
        if message.msg_type == "V":
            yield Outgoing("X", [(tag, value) for tag, value in Message.from_text(BOOK).body_fields()][:2])
            yield Outgoing("Y", [(262, message.text(262)), (58, "EQuery:Unknown asset pair")])

    async with venue(updates) as served:
        gateway = fix.market_data("CLIENT", derivatives=True, url=served.url, scopes=Scopes())
        async with gateway.connect() as socket:
            await socket.send(Outgoing("V", [(262, "1"), (263, "1")]))
            stream = ExchangeStream(socket, gateway.parser, gateway.transformer(), on_error="skip")
            reject = await anext(aiter(stream))
    assert reject.text == "EQuery:Unknown asset pair"
    assert served.heard[0].get(56) == "KRAKEN-DRV-MD"


@pytest.mark.parametrize("text", ["EAPI:Invalid key", "EAPI:Invalid signature"])
async def test_a_logon_that_is_refused_for_good(venue: Venue, text: str) -> None:
    def refuses(message: Message, number: int) -> Iterable[Outgoing]:
        if message.msg_type == "A":
            yield Outgoing("5", [(58, text)])

    async with venue(refuses) as served:
        with pytest.raises(AuthenticationError):
            async with fix.trading("CLIENT", CREDENTIALS, url=served.url, scopes=Scopes()).connect():
                pass


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EAPI:Invalid nonce", ClockSkew),
        ("EOrder:Rate limit exceeded", RateLimited),
        ("EService:Unavailable", VenueUnavailable),
        ("EOrder:Unknown order", RequestRejected),
        (None, RequestRejected),
    ],
)
def test_what_helps(text: str | None, expected: type[Exception]) -> None:
    assert type(fix.refusal_error(Reject(text=text))) is expected


def test_endpoints_and_names() -> None:
    assert endpoint("live", Kind.SPOT_TRADING) == Endpoint("fix.kraken.com", 4001)
    assert endpoint("uat", Kind.DERIVATIVES_TRADING) == Endpoint("fix.uat.kraken.com", 4003)
    assert set(TARGETS) == set(Kind)
    gateway = fix.trading("ME", CREDENTIALS, derivatives=True, target="KRAKEN-TRD")
    assert (gateway.venue, gateway.settings().target) == ("kraken_futures", "KRAKEN-TRD")


def test_credentials_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KRAKEN_UAT_API_KEY", raising=False)
    with pytest.raises(CredentialsError, match="KRAKEN_UAT_API_KEY"):
        fix.trading("ME", environment="uat")
