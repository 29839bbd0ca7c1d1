"""Binance's reports to orders and fills, its refusals to errors, and its limits."""

from decimal import Decimal
from typing import Any

import pytest

from barterpy.errors import AuthenticationError, OutcomeUnknown, RateLimited, RequestRejected, VenueUnavailable
from barterpy.limits import Scopes
from barterpy.model import Fill, OrderStatus, OrderType, OrderUpdate, decimal_number
from barterpy.protocols.fix import Message
from barterpy.protocols.fix.endpoint import Endpoint
from barterpy.protocols.fix.records import FixParser
from barterpy.venues.binance.fix.endpoints import ENDPOINTS, GatewayKind, endpoint
from barterpy.venues.binance.fix.errors import refusal_error
from barterpy.venues.binance.fix.execution import BinanceExecutions
from barterpy.venues.binance.fix.limits import LIMITS, connect_limiter, learn, message_limiter
from barterpy.venues.binance.fix.messages import (
    BinanceCancelReject,
    BinanceExecutionReport,
    BinanceReject,
    LimitIndicator,
)

D = Decimal
AT = 1_700_000_000_000_000_000
NEW = (
    "35=8|34=2|49=SPOT|52=20240611-09:01:46.228950|56=qNXO12fH|11=1718096506197867067|14=0.00000000|17=144|32=0.00000000|"
    "37=76|38=5.00000000|39=0|40=2|44=10.00000000|54=1|55=LTCBNB|59=4|60=20240611-09:01:46.228000|150=0|151=5.00000000|"
    "636=Y|1057=Y|25001=1|25017=0.00000000|25018=20240611-09:01:46.228000|25023=20240611-09:01:46.228000|"
)
TRADE = (
    "35=8|34=3|49=SPOT|52=20240611-09:01:47.228950|56=qNXO12fH|11=mine|14=2|17=145|31=10|32=2|37=76|38=5|39=1|40=2|44=10|54=1|"
    "55=LTCBNB|59=1|60=20240611-09:01:47.228000|136=1|137=0.002|138=LTC|139=4|150=F|151=3|1003=77|1057=N|25017=19.5|"
    "25018=20240611-09:01:46.228000|"
)


def outputs(text: str) -> list[Any]:
    report = FixParser(BinanceExecutionReport).parse(Message.from_text(text))
    assert report is not None
    return list(BinanceExecutions("binance_spot", decimal_number).outputs(report, AT))


def test_the_venues_sample() -> None:
    (update,) = outputs(NEW)
    assert type(update) is OrderUpdate
    order = update.order
    assert (order.id, order.client_id, order.instrument) == ("76", "1718096506197867067", "LTCBNB")
    assert (order.status, order.size, order.average_price) == (OrderStatus.OPEN, D(5), None)
    assert (order.created_at, order.exchange_at) == (1_718_096_506_228_000_000, 1_718_096_506_228_000_000)


def test_a_trade_with_its_fee_and_the_average_by_quote_asset() -> None:
    fill, update = outputs(TRADE)
    assert type(fill) is Fill
    assert (fill.id, fill.price, fill.size, fill.fee, fill.fee_asset, fill.maker) == (
        "77",
        D(10),
        D(2),
        D("0.002"),
        "LTC",
        True,
    )
    assert update.order.average_price == D("9.75")


@pytest.mark.parametrize(
    ("ord_type", "side", "extra", "expected"),
    [
        ("3", "1", "1109=U|", OrderType.STOP_MARKET),
        ("3", "2", "1109=D|", OrderType.STOP_MARKET),
        ("3", "1", "1109=D|", OrderType.TAKE_PROFIT_MARKET),
        ("3", "2", "1109=U|", OrderType.TAKE_PROFIT_MARKET),
        ("4", "1", "1109=U|", OrderType.STOP_LIMIT),
        ("4", "2", "1109=U|", OrderType.TAKE_PROFIT_LIMIT),
        ("3", "1", "1109=U|25009=100|", OrderType.TRAILING_STOP_MARKET),
        ("4", "1", "25009=100|", OrderType.TAKE_PROFIT_LIMIT),
        ("1", "1", "", OrderType.MARKET),
    ],
)
def test_triggers_tell_losses_from_profits(ord_type: str, side: str, extra: str, expected: OrderType) -> None:
    text = f"35=8|11=a|14=0|32=0|37=1|39=0|40={ord_type}|54={side}|55=LTCBNB|150=0|1102=12.5|{extra}"
    (update,) = outputs(text)
    assert update.order.type is expected
    assert update.order.stop_price == D("12.5")


def test_post_only() -> None:
    (update,) = outputs("35=8|11=a|14=0|18=6|32=0|37=1|39=0|40=2|54=1|55=LTCBNB|150=0|")
    assert update.order.post_only


def test_why_an_order_expired() -> None:
    (update,) = outputs("35=8|11=a|14=0|32=0|37=1|39=C|40=2|54=1|55=LTCBNB|150=C|25056=INSUFFICIENT_LIQUIDITY|")
    assert (update.order.status, update.reason) == (OrderStatus.EXPIRED, "INSUFFICIENT_LIQUIDITY")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (-1013, RequestRejected),
        (-2010, RequestRejected),
        (-1003, RateLimited),
        (-1015, RateLimited),
        (-1034, VenueUnavailable),
        (-2015, AuthenticationError),
        (-1022, AuthenticationError),
        (-1007, OutcomeUnknown),
        (None, RequestRejected),
    ],
)
def test_what_helps_by_code(code: int | None, expected: type[Exception]) -> None:
    error = refusal_error(BinanceCancelReject(cl_ord_id="x", error_code=code, text="Unknown order sent."))
    assert type(error) is expected
    assert (error.code, error.text) == (code, "Unknown order sent.")


def test_an_internal_error_leaves_open_what_was_done() -> None:
    assert refusal_error(BinanceReject(error_code=-1001, text="Internal error.")).outcome_unknown
    assert not refusal_error(BinanceReject(error_code=-1016, text="Shutting down.")).outcome_unknown


def test_endpoints() -> None:
    assert endpoint("live", GatewayKind.ORDER_ENTRY) == Endpoint("fix-oe.binance.com", 9000)
    assert endpoint("testnet", GatewayKind.MARKET_DATA) == Endpoint("fix-md.testnet.binance.vision", 9000)
    assert endpoint("live", GatewayKind.DROP_COPY, "tcp://127.0.0.1:1") == Endpoint("127.0.0.1", 1, False)
    assert all(one.tls for kinds in ENDPOINTS.values() for one in kinds.values())


@pytest.mark.parametrize("kind", GatewayKind)
def test_messages_leave_room_for_heartbeats(kind: GatewayKind) -> None:
    limiter = message_limiter(kind, endpoint("live", kind))
    count, period = LIMITS[kind].messages
    (meter,) = limiter.quotas
    assert meter.capacity < count
    assert meter.period == period


def test_connects_are_counted_for_the_account() -> None:
    scopes, place = Scopes(), endpoint("live", GatewayKind.ORDER_ENTRY)
    first = connect_limiter(GatewayKind.ORDER_ENTRY, place, scopes, "key")
    assert connect_limiter(GatewayKind.ORDER_ENTRY, place, scopes, "key") is first
    assert connect_limiter(GatewayKind.ORDER_ENTRY, place, scopes, "other") is not first


def limit(type_: str, count: int, most: int) -> LimitIndicator:
    return LimitIndicator(
        limit_type=type_, limit_count=count, limit_max=most, reset_interval=1, reset_interval_resolution="m"
    )


def test_the_venues_own_count_is_learned() -> None:
    limiter = message_limiter(GatewayKind.MARKET_DATA, endpoint("live", GatewayKind.MARKET_DATA))
    limiter.clock = lambda: AT
    learn(limiter, [limit("1", 9, 9)])
    assert limiter.reserve(AT, 1) == 0
    learn(limiter, [limit("2", 1999, 2000)])
    assert limiter.reserve(AT, 1) > 0
