"""The past, page after page: everything once, in order, and nothing outside of what was asked for."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest

from barterpy.clock import MILLISECOND, MINUTE
from barterpy.errors import ConfigurationError, RateLimited
from barterpy.http import HttpRequest, HttpResponse
from barterpy.model import Candle, FundingRate, Side, Trade
from barterpy.venues import binance
from barterpy.venues.binance.history import Pages

pytestmark = pytest.mark.anyio

START = 1_700_000_000_000  # ms
NOW = (START + 10_000_000) * MILLISECOND


class Archive:
    """Binance's history of one symbol over HTTP: 2500 trades (two a millisecond), 2500 candles, 2500 fundings."""

    def __init__(self, size: int = 2500, *, apart: int = 0, reach: int | None = None) -> None:
        self.size = size
        self.apart = apart
        """Milliseconds between two trades; two in each of them for none."""
        self.reach = reach
        """Milliseconds an answer to a time reaches at most."""
        self.queries: list[dict[str, str]] = []
        self.failures: list[HttpResponse] = []

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        if self.failures:
            return self.failures.pop()
        query = dict(parse_qsl(request.query))
        self.queries.append(query)
        make = getattr(self, request.path.rpartition("/")[2])
        rows = [row for row in map(make, range(self.size)) if self._wanted(query, *row[0])]
        body = [row[1] for row in rows[: int(query["limit"])]]
        if not query.keys() & {"fromId", "startTime", "endTime"}:
            body = [row[1] for row in rows[-int(query["limit"]) :]]
        return HttpResponse(status=200, body=json.dumps(body).encode())

    async def aclose(self) -> None:
        pass

    def _wanted(self, query: dict[str, str], key: int, at: int) -> bool:
        if "fromId" in query:
            return key >= int(query["fromId"])
        start = int(query.get("startTime", 0))
        if start and self.reach is not None and at > start + self.reach:
            return False
        return start <= at <= int(query.get("endTime", at))

    # Names of the venue's endpoints.

    def aggTrades(self, number: int) -> tuple[tuple[int, int], Any]:  # noqa: N802
        at = START + (number * self.apart if self.apart else number // 2)
        row = {"a": 9000 + number, "p": "1.5", "q": "2", "f": number, "l": number + 1, "T": at, "m": number % 2 == 0}
        return (9000 + number, at), row

    def klines(self, number: int) -> tuple[tuple[int, int], Any]:
        at = START + number * 60_000
        return (at, at), [at, "1", "4", "0.5", "2", "10", at + 59_999, "20", 5, "6", "12", "0"]

    def fundingRate(self, number: int) -> tuple[tuple[int, int], Any]:  # noqa: N802
        at = START + number * 1000
        return (at, at), {"symbol": "BTCUSDT", "fundingRate": "0.0001", "fundingTime": at, "markPrice": "1"}


def ms(milliseconds: int) -> int:
    return (START + milliseconds) * MILLISECOND


async def test_trades_page_by_id_and_lose_none_that_share_a_millisecond() -> None:
    archive = Archive()
    venue = binance.Spot(transport=archive, clock=lambda: NOW)
    found = await venue.history.trades("BTC/USDT", ms(0), ms(1201)).all()
    assert [trade.id for trade in found] == [str(9000 + number) for number in range(2402)]
    assert found[0] == Trade(
        venue="binance_spot",
        instrument="BTC/USDT",
        price=Decimal("1.5"),
        size=Decimal(2),
        side=Side.SELL,
        id="9000",
        exchange_at=ms(0),
        received_at=NOW,
        sequence=9000,
        first_id=0,
        last_id=1,
    )
    assert archive.queries == [
        {"symbol": "BTCUSDT", "startTime": str(START), "limit": "1000"},
        {"symbol": "BTCUSDT", "fromId": "10000", "limit": "1000"},
        {"symbol": "BTCUSDT", "fromId": "11000", "limit": "1000"},
    ]


async def test_trades_until_now_end_with_the_first_page_that_is_not_full() -> None:
    archive = Archive(2000)
    venue = binance.Futures(transport=archive)
    found = [trade.sequence async for trade in venue.history.trades("BTCUSDT", ms(0))]
    assert found == list(range(9000, 11000))
    assert len(archive.queries) == 3, "the last one was empty"


@pytest.mark.parametrize("reach", [None, 3_600_000])
async def test_a_short_answer_to_a_time_is_not_the_end_of_the_trades(reach: int | None) -> None:
    archive = Archive(1500, apart=60_000, reach=reach)
    venue = binance.Futures(transport=archive)
    found = [trade.sequence async for trade in venue.history.trades("BTCUSDT", ms(0))]
    assert found == list(range(9000, 10_500))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (-5 * 3_600_000, None, [9000, 9001, 9002]),
        (-5 * 3_600_000, 1, [9000]),
        (-5 * 3_600_000, -1, []),
        (1, None, [9001, 9002]),
        (5 * 3_600_000 + 1, None, [9002]),
        (1, 5 * 3_600_000, []),
        (10 * 3_600_000 + 1, None, []),
    ],
)
async def test_hours_without_a_trade_are_stepped_over(start: int, end: int | None, expected: list[int]) -> None:
    archive = Archive(3, apart=5 * 3_600_000, reach=3_600_000)
    venue = binance.Futures(transport=archive)
    found = [
        trade.sequence async for trade in venue.history.trades("BTCUSDT", ms(start), None if end is None else ms(end))
    ]
    assert found == expected
    assert len(archive.queries) < 10


async def test_a_symbol_that_never_traded_is_asked_about_twice() -> None:
    archive = Archive(0, reach=3_600_000)
    venue = binance.Futures(transport=archive)
    assert await venue.history.trades("BTCUSDT", ms(-1_000_000_000)).all() == []
    assert len(archive.queries) == 2


async def test_candles() -> None:
    archive = Archive()
    venue = binance.Futures(transport=archive, clock=lambda: ms(2 * 60_000))
    found = await venue.candles("BTC/USDT:USDT", "1m", ms(0), ms(0) + 2400 * MINUTE).all()
    assert [candle.open_at for candle in found] == [ms(0) + number * MINUTE for number in range(2400)]
    assert found[0] == Candle(
        venue="binance_futures",
        instrument="BTC/USDT:USDT",
        interval="1m",
        open_at=ms(0),
        close_at=ms(60_000),
        open=Decimal(1),
        high=Decimal(4),
        low=Decimal("0.5"),
        close=Decimal(2),
        volume=Decimal(10),
        quote_volume=Decimal(20),
        trades=5,
        closed=True,
        exchange_at=None,
        received_at=ms(120_000),
        taker_buy_volume=Decimal(6),
        taker_buy_quote_volume=Decimal(12),
    )
    assert [candle.closed for candle in found[:3]] == [True, True, False]
    assert [query["startTime"] for query in archive.queries] == [
        str(START),
        str(START + 999 * 60_000 + 1),
        str(START + 1999 * 60_000 + 1),
    ]
    assert {query["endTime"] for query in archive.queries} == {str(START + 2400 * 60_000 - 1)}


async def test_funding_rates() -> None:
    archive = Archive()
    venue = binance.Futures(transport=archive, clock=lambda: NOW)
    found = await venue.history.funding_rates("BTCUSDT", ms(500), ms(2_400_000)).all()
    assert len(found) == 2399
    assert found[0] == FundingRate(
        venue="binance_futures", instrument="BTCUSDT", rate=Decimal("0.0001"), exchange_at=ms(1000), received_at=NOW
    )


@pytest.mark.parametrize(("start", "end", "count"), [(0, 1, 2), (1, 1_000_001, 2), (1, 1_000_000, 0)])
async def test_start_is_inclusive_and_end_is_exclusive_to_the_nanosecond(start: int, end: int, count: int) -> None:
    venue = binance.Spot(transport=Archive())
    assert len(await venue.history.trades("BTCUSDT", ms(0) + start, ms(0) + end).all()) == count


async def test_after_an_error_the_iteration_goes_on_where_it_was() -> None:
    archive = Archive()
    pages = binance.Spot(transport=archive).history.trades("BTCUSDT", ms(0))
    found: list[int | None] = [(await anext(pages)).sequence for _ in range(1000)]
    archive.failures = [HttpResponse(status=429, headers=(("Retry-After", "0"),), body=b"")]
    with pytest.raises(RateLimited):
        await anext(pages)
    found += [trade.sequence async for trade in pages]
    assert found == list(range(9000, 11500))


async def test_overlapping_and_unsorted_pages_give_each_item_once_in_order() -> None:
    pages = iter([[(2, "b"), (1, "a"), (3, "c")], [(3, "c"), (2, "b"), (4, "d")], [(4, "d"), (3, "c"), (2, "b")]])

    async def page(after: int | None) -> list[tuple[int, str]]:
        return next(pages)

    assert await Pages(page, 3).all() == ["a", "b", "c", "d"], "and a page with nothing new is the last"


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="end must be after start"):
        binance.Spot().history.trades("BTCUSDT", ms(1), ms(1))


NOT_ON_SPOT: list[Callable[[binance.Spot[Decimal]], object]] = [
    lambda venue: venue.history.funding_rates("BTCUSDT", ms(0)),
    lambda venue: venue.requests.open_interest("BTCUSDT"),
    lambda venue: venue.requests.premium_index("BTCUSDT"),
]


@pytest.mark.parametrize("ask", NOT_ON_SPOT)
def test_what_the_spot_market_does_not_have(ask: Callable[[binance.Spot[Decimal]], object]) -> None:
    with pytest.raises(ConfigurationError, match="the spot market has no"):
        ask(binance.Spot())


@pytest.mark.parametrize(
    ("request_", "path", "query", "weight"),
    [
        (binance.Spot().requests.depth("BTCUSDT", 5000), "/api/v3/depth", {"symbol": "BTCUSDT", "limit": 5000}, 250),
        (binance.Spot().requests.depth("BTCUSDT", 100), "/api/v3/depth", {"symbol": "BTCUSDT", "limit": 100}, 5),
        (binance.Futures().requests.depth("BTCUSDT"), "/fapi/v1/depth", {"symbol": "BTCUSDT", "limit": 1000}, 20),
        (binance.Futures().requests.depth("BTCUSDT", 5), "/fapi/v1/depth", {"symbol": "BTCUSDT", "limit": 5}, 2),
        (binance.Spot().requests.trades("BTCUSDT"), "/api/v3/trades", {"symbol": "BTCUSDT", "limit": None}, 25),
        (binance.Futures().requests.ticker("BTCUSDT"), "/fapi/v1/ticker/24hr", {"symbol": "BTCUSDT"}, 1),
        (binance.Spot().requests.exchange_info(), "/api/v3/exchangeInfo", {}, 20),
        (binance.Spot().requests.spot_account(), "/api/v3/account", {"omitZeroBalances": True}, 20),
        (binance.Futures().requests.futures_balances(), "/fapi/v3/balance", {}, 5),
    ],
)
def test_requests_and_what_they_cost(request_: Any, path: str, query: dict[str, object], weight: int) -> None:
    assert (request_.path, request_.query(), request_.weight) == (path, query, weight)
