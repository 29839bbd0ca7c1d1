"""REST: the Indexer's own payloads, and everything that can be asked of it against the simulated one."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from barterpy.clock import MINUTE, SECOND
from barterpy.errors import (
    AuthenticationError,
    ConfigurationError,
    LimitExceeded,
    ParseError,
    RateLimited,
    RequestRejected,
    VenueError,
    VenueUnavailable,
)
from barterpy.http import HttpRequest, HttpResponse
from barterpy.limits import Scopes
from barterpy.model import InstrumentKind, OrderStatus, TradingStatus
from barterpy.venues import dydx
from barterpy.venues.dydx.history import Pages, Row
from barterpy.venues.dydx.limits import rest_limits
from barterpy.venues.dydx.timestamps import iso_text, nanoseconds

pytestmark = pytest.mark.anyio

D = Decimal
ADDRESS = "dydx155va0m7wz5n8zcqscn9afswwt04n4usj46wvp5"
Make = Callable[..., Any]
BTC = {
    "clobPairId": "0",
    "ticker": "BTC-USD",
    "status": "ACTIVE",
    "oraclePrice": "89919.2",
    "initialMarginFraction": "0.02",
    "maintenanceMarginFraction": "0.012",
    "atomicResolution": -10,
    "quantumConversionExponent": -9,
    "tickSize": "1",
    "stepSize": "0.0001",
    "stepBaseQuantums": 1000000,
    "subticksPerTick": 100000,
    "marketType": "CROSS",
}


class Answers:
    """A transport that gives these bodies, one a request, and keeps what was asked."""

    def __init__(self, *answers: tuple[int, object]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        self.asked.append(request.target)
        status, body = self.answers.pop(0)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return HttpResponse(status=status, body=content)

    async def aclose(self) -> None:
        pass


def client(*answers: tuple[int, object]) -> tuple[Any, Answers]:
    transport = Answers(*answers)
    return dydx.Perpetuals(transport=transport, limits=rest_limits("https://test", Scopes())), transport


async def test_a_market_is_a_linear_perpetual_in_usdc() -> None:
    venue, transport = client((200, {"markets": {"BTC-USD": BTC}}))
    (instrument,) = await venue.instruments()
    assert transport.asked == ["/v4/perpetualMarkets"]
    assert (instrument.symbol, instrument.unified, instrument.kind) == (
        "BTC-USD",
        "BTC/USDC:USDC",
        InstrumentKind.PERPETUAL,
    )
    assert (instrument.base, instrument.quote, instrument.settle) == ("BTC", "USDC", "USDC")
    assert (instrument.tick_size, instrument.lot_size, instrument.min_size) == (D(1), D("0.0001"), D("0.0001"))
    assert (instrument.contract_size, instrument.inverse, instrument.status) == (D(1), False, TradingStatus.TRADING)
    assert instrument.info["initialMarginFraction"] == "0.02"


async def test_a_market_anybody_listed_is_one_word() -> None:
    ticker = "BUFFICORN,UNISWAP_V3,0X4C1B1302220D7DE5C22B495E78B72F2DD2457D45-USD"
    venue, _ = client((200, {"markets": {ticker: {**BTC, "ticker": ticker, "status": "FINAL_SETTLEMENT"}}}))
    (instrument,) = await venue.instruments()
    assert (instrument.symbol, instrument.base) == (ticker, ticker.removesuffix("-USD"))
    assert instrument.status is TradingStatus.CLOSED


@pytest.mark.parametrize("row", [{**BTC, "tickSize": "small"}, {**BTC, "stepSize": 5}, {"ticker": "X-USD"}, []])
async def test_a_market_that_cannot_be_read_is_named(row: Any) -> None:
    venue, _ = client((200, {"markets": {"BTC-USD": row}}))
    with pytest.raises(ParseError, match="market"):
        await venue.instruments()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"errors": [{"msg": "ticker must be a valid ticker", "param": "ticker"}]}, RequestRejected),
        (404, {"errors": [{"msg": "Not Found"}]}, RequestRejected),
        (404, {"error": "no such thing"}, RequestRejected),
        (
            403,
            {"errors": [{"msg": "Because you appear to be a resident of…", "code": "GEOBLOCKED"}]},
            AuthenticationError,
        ),
        (429, {"errors": [{"msg": "Too many requests"}]}, RateLimited),
        (500, {"errors": [{"msg": "Internal Server Error"}]}, VenueUnavailable),
        (502, b"<html><title>Bad gateway</title></html>", VenueUnavailable),
        (400, b"not json", RequestRejected),
        (400, b"[[[", RequestRejected),
    ],
)
async def test_every_refusal_says_what_helps(status: int, body: object, error: type[VenueError]) -> None:
    venue, _ = client((status, body))
    with pytest.raises(VenueError) as caught:
        await venue.block_height()
    assert type(caught.value) is error
    assert caught.value.status == status
    assert caught.value.retryable == (error in (RateLimited, VenueUnavailable))


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", {"height": 5}, {"height": "x", "time": "now"}])
async def test_an_answer_that_cannot_be_read(body: object) -> None:
    venue, _ = client((200, body))
    with pytest.raises(ParseError):
        await venue.block_height()


async def test_what_is_now(simulated: Make) -> None:
    async with simulated() as venue, dydx.Perpetuals(**venue.options) as market:
        assert abs(await market.server_time() - venue.markets.now) < SECOND
        assert await market.block_height() == venue.markets.height()
        assert [one.unified for one in await market.instruments()] == ["BTC/USDC:USDC", "ETH/USDC:USDC"]
        book = await market.book("BTC/USDC:USDC")
        assert book.bids[0].price < book.asks[0].price
        assert book.instrument == "BTC/USDC:USDC"
        assert set(await market.sparklines()) == {"BTC-USD", "ETH-USD"}
        with pytest.raises(RequestRejected, match="timePeriod"):
            await market.sparklines("EVER")  # type: ignore[arg-type]


async def test_trades_come_page_by_page_each_once(simulated: Make) -> None:
    async with simulated(history=20) as venue, dydx.Perpetuals(**venue.options) as market:
        found = await market.trades("BTC-USD").all()
        rows = venue.markets.last_trades("BTC-USD", 100_000)
        assert [trade.id for trade in found] == [row["id"] for row in rows]
        assert len(found) > 300
        pages = sum("/v4/trades/" in target for target in venue.rest.requests)
        assert pages >= 3
        start = found[120].exchange_at
        assert start is not None
        late = await market.trades("BTC-USD", start).all()
        assert {trade.id for trade in late} == {trade.id for trade in found if (trade.exchange_at or 0) >= start}


async def test_candles_come_page_by_page_each_once(simulated: Make) -> None:
    async with simulated(history=150) as venue, dydx.Perpetuals(**venue.options) as market:
        now = venue.markets.now
        start = (now - 130 * MINUTE) // MINUTE * MINUTE
        found = await market.candles("BTC-USD", "1m", start).all()
        assert [candle.open_at for candle in found] == list(range(now // MINUTE * MINUTE, start - 1, -MINUTE))
        assert [candle.closed for candle in found[:3]] == [False, True, True]
        part = await market.candles("BTC-USD", "1m", start, start + 5 * MINUTE).all()
        assert [candle.open_at for candle in part] == [start + minute * MINUTE for minute in (4, 3, 2, 1, 0)]
    with pytest.raises(ConfigurationError, match="interval must be one of"):
        market.candles("BTC-USD", "2m", start)
    with pytest.raises(ConfigurationError, match="end must be after start"):
        market.candles("BTC-USD", "1m", start, start)


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ({"trades": [{"id": "1", "side": "BUY", "size": "1", "price": "x", "createdAt": "2024-01-01T00:00:00Z"}]},
         "trades"),
        ({"historicalFunding": [{"ticker": "BTC-USD", "rate": "x", "price": "1", "effectiveAt": "2024-01-01T00:00:00Z",
                                 "effectiveAtHeight": "1"}]}, "funding_rates"),
    ],
)  # fmt: skip
async def test_a_page_that_cannot_be_read(body: object, call: str) -> None:
    venue, _ = client((200, body))
    with pytest.raises(ParseError, match="page"):
        await getattr(venue, call)("BTC-USD").all()


async def test_a_book_that_cannot_be_read() -> None:
    venue, _ = client((200, {"bids": [{"price": "x", "size": "1"}], "asks": []}))
    with pytest.raises(ParseError, match="book"):
        await venue.book("BTC-USD")


async def test_funding_that_was_paid(simulated: Make) -> None:
    async with simulated() as venue, dydx.Perpetuals(**venue.options) as market:
        found = await market.funding_rates("ETH-USD").all()
        assert len(found) == 3
        assert {rate.rate for rate in found} == {D("0.0000125")}
        times = [rate.exchange_at or 0 for rate in found]
        assert times == sorted(times, reverse=True)
        assert len(await market.funding_rates("ETH-USD", times[1]).all()) == 2


async def test_an_account_by_its_address_alone(simulated: Make) -> None:
    async with simulated() as venue:
        owner = venue.account(ADDRESS, 0, "1000")
        child = venue.account(ADDRESS, 128, "50")
        resting = venue.place(owner, "BTC-USD", "BUY", "1", "60000")
        order = venue.place(owner, "ETH-USD", "SELL", "2", "3000")
        venue.fill(owner, order, "0.5", "3000")
        venue.change_order(owner, resting, status="CANCELED", removalReason="USER_CANCELED")
        venue.deposit(owner, "25")
        venue.deposit(child, "-5")
        async with dydx.Account(ADDRESS, **venue.options) as account:
            assert (await account.describe()).equity == str(owner.usdc)
            assert [row.subaccountNumber for row in await account.siblings()] == [0, 128]
            assert [(one.instrument, one.size) for one in await account.positions()] == [("ETH-USD", D("-0.5"))]
            assert [one.total for one in await account.balances()] == [owner.usdc]
            orders = await account.orders()
            assert {one.instrument: one.status for one in orders} == {
                "ETH-USD": OrderStatus.PARTIALLY_FILLED,
                "BTC-USD": OrderStatus.CANCELED,
            }
            assert [one.id for one in await account.orders("ETH/USDC:USDC", status="OPEN")] == [order]
            assert (await account.order(resting)).status is OrderStatus.CANCELED
            assert [fill.size for fill in await account.fills().all()] == [D("0.5")]
            assert await account.fills("BTC-USD").all() == []
            assert [one.size for one in await account.transfers().all()] == [D(25)]
            assert [row.market for row in await account.closed_positions().all()] == ["ETH-USD"]
            assert len(await account.profits().all()) == 3
            assert {row.ticker for row in await account.funding_payments().all()} == {"ETH-USD"}
        async with dydx.Account(ADDRESS, parent=True, **venue.options) as parent:
            whole = await parent.describe()
            assert [row.subaccountNumber for row in whole.childSubaccounts] == [0, 128]
            assert [one.account for one in await parent.balances()] == [f"{ADDRESS}/0", f"{ADDRESS}/128"]
            assert [one.size for one in await parent.transfers().all()] == [D(5), D(25)]
        async with dydx.Account(ADDRESS, 5, **venue.options) as nobody:
            with pytest.raises(RequestRejected, match="No subaccount found"):
                await nobody.positions()


async def test_fills_come_page_by_page_each_once_though_blocks_have_many(simulated: Make) -> None:
    async with simulated() as venue:
        owner = venue.account(ADDRESS)
        order = venue.place(owner, "ETH-USD", "BUY", "1000", "3000")
        for number in range(250):
            venue.markets.now += 20_000_000
            venue.fill(owner, order, str(number + 1), "3000")
        async with dydx.Account(ADDRESS, **venue.options) as account:
            found = await account.fills().all()
        assert [fill.size for fill in found] == [D(number) for number in range(250, 0, -1)]


async def test_a_block_that_no_page_holds_is_an_error_and_not_a_hole() -> None:
    async def page(place: int | None, size: int) -> list[Row[int]]:
        return [(str(number), 7, number) for number in range(min(size, 100))]

    pages = Pages(page, 100)
    assert [await anext(pages) for _ in range(100)] == list(range(100))
    with pytest.raises(LimitExceeded, match="one block"):
        await anext(pages)


async def test_a_block_larger_than_a_page_is_read_with_a_larger_one() -> None:
    async def page(place: int | None, size: int) -> list[Row[int]]:
        rows = [(str(number), 9 if number < 250 else 8, number) for number in range(260)]
        return [row for row in rows if place is None or row[1] <= place][:size]

    assert await Pages(page, 100).all() == list(range(260))


async def test_the_limit_of_an_address_is_kept_by_all_its_clients(simulated: Make) -> None:
    async with simulated(request_limit=100) as venue:
        limits = rest_limits("https://shared", Scopes())
        first = dydx.Perpetuals(**venue.options, limits=limits)
        second = dydx.Perpetuals(**venue.options, limits=limits)
        for _ in range(60):
            await first.block_height()
            await second.block_height()
        assert len(venue.rest.requests) == 120, "none was refused: the last ones waited"


async def test_candles_have_a_bucket_of_their_own() -> None:
    limits = rest_limits("https://candles", Scopes())
    nothing: tuple[int, object] = (200, {"candles": []})
    transport = Answers(nothing, nothing, nothing)
    venue = dydx.Perpetuals(transport=transport, limits=limits)
    for _ in range(3):
        assert await venue.candles("BTC-USD", "1h", 0).all() == []
    assert (limits.requests.granted, limits.further["candles"].granted) == (3, 3)
    assert transport.asked[0] == (
        "/v4/candles/perpetualMarkets/BTC-USD?resolution=1HOUR&fromISO=1970-01-01T00%3A00%3A00.000Z&limit=100"
    )


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2024-01-01T00:00:01.000Z", 1_704_067_201 * SECOND),
        ("2024-01-01T00:00:01Z", 1_704_067_201 * SECOND),
        ("2024-01-01T01:00:01.123456+01:00", 1_704_067_201 * SECOND + 123_456_000),
        ("1969-12-31T23:59:59.000Z", -SECOND),
    ],
)
def test_times(text: str, at: int) -> None:
    assert nanoseconds(text) == at


def test_times_are_written_to_the_millisecond() -> None:
    assert iso_text(1_704_067_201 * SECOND + 123_999_999) == "2024-01-01T00:00:01.123Z"


@pytest.mark.parametrize("text", ["", "yesterday", "2024-01-01T00:00:01"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|isoformat"):
        nanoseconds(text)
