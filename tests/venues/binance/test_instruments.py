"""``exchangeInfo`` to instruments, and accounts to balances and positions."""

import json
from decimal import Decimal
from typing import Any

import anyio
import msgspec
import pytest

from barterpy.combinators import chain
from barterpy.credentials import Credentials
from barterpy.errors import ParseError, UnknownInstrument
from barterpy.http import HttpRequest, HttpResponse
from barterpy.instruments import BaseSizes, InstrumentCache, InstrumentRefresher
from barterpy.model import Balance, Instrument, InstrumentKind, Position, Trade, TradingStatus
from barterpy.subscription import trades
from barterpy.venues import binance
from barterpy.venues.binance.endpoints import Market
from barterpy.venues.binance.instruments import instruments, trading_status

pytestmark = pytest.mark.anyio

SPOT: dict[str, Any] = {
    "symbol": "ETHBTC",
    "status": "TRADING",
    "baseAsset": "ETH",
    "baseAssetPrecision": 8,
    "quoteAsset": "BTC",
    "quotePrecision": 8,
    "orderTypes": ["LIMIT", "MARKET"],
    "filters": [
        {"filterType": "PRICE_FILTER", "minPrice": "0.00000100", "maxPrice": "100000.0", "tickSize": "0.00000100"},
        {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "100000", "stepSize": "0.001"},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000", "maxQty": "3200", "stepSize": "0.00000000"},
        {"filterType": "NOTIONAL", "minNotional": "0.0001", "applyMinToMarket": True, "maxNotional": "9000000"},
        {"filterType": "TRAILING_DELTA", "minTrailingAboveDelta": 10},
    ],
    "permissionSets": [["SPOT", "MARGIN"]],
}
PERPETUAL: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "pair": "BTCUSDT",
    "contractType": "PERPETUAL",
    "deliveryDate": 4133404800000,
    "onboardDate": 1569398400000,
    "status": "TRADING",
    "baseAsset": "BTC",
    "quoteAsset": "USDT",
    "marginAsset": "USDT",
    "pricePrecision": 2,
    "filters": [
        {"filterType": "PRICE_FILTER", "minPrice": "556.80", "maxPrice": "4529764", "tickSize": "0.10"},
        {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
        {"filterType": "MARKET_LOT_SIZE", "minQty": "0.001", "maxQty": "120", "stepSize": "0.001"},
        {"filterType": "MIN_NOTIONAL", "notional": "100"},
    ],
}
DATED: dict[str, Any] = PERPETUAL | {
    "symbol": "BTCUSDT_261225",
    "contractType": "CURRENT_QUARTER",
    "deliveryDate": 1798185600000,
    "status": "PRE_SETTLE",
}


def parsed(market: Market, *symbols: dict[str, Any]) -> list[Instrument]:
    return instruments("venue", market, [msgspec.Raw(json.dumps(symbol)) for symbol in symbols])


def test_a_spot_pair() -> None:
    assert parsed(Market.SPOT, SPOT) == [
        Instrument(
            venue="venue",
            symbol="ETHBTC",
            unified="ETH/BTC",
            kind=InstrumentKind.SPOT,
            base="ETH",
            quote="BTC",
            status=TradingStatus.TRADING,
            venue_status="TRADING",
            tick_size=Decimal("0.00000100"),
            lot_size=Decimal("0.001"),
            min_price=Decimal("0.00000100"),
            max_price=Decimal("100000.0"),
            min_size=Decimal("0.001"),
            max_size=Decimal(100000),
            market_max_size=Decimal(3200),
            min_notional=Decimal("0.0001"),
            max_notional=Decimal(9000000),
            info=SPOT,
        )
    ]


def test_a_perpetual() -> None:
    (found,) = parsed(Market.FUTURES, PERPETUAL)
    assert (found.unified, found.kind, found.settle, found.expiry_at) == (
        "BTC/USDT:USDT",
        InstrumentKind.PERPETUAL,
        "USDT",
        None,
    )
    assert (found.tick_size, found.lot_size, found.min_notional, found.max_notional) == (
        Decimal("0.10"),
        Decimal("0.001"),
        Decimal(100),
        None,
    )
    assert (found.market_lot_size, found.market_min_size, found.market_max_size) == (
        Decimal("0.001"),
        Decimal("0.001"),
        Decimal(120),
    )
    assert found.listed_at == 1569398400000_000_000
    assert (found.contract_size, found.inverse, found.info["contractType"]) == (Decimal(1), False, "PERPETUAL")


def test_a_dated_future() -> None:
    (found,) = parsed(Market.FUTURES, DATED)
    assert (found.unified, found.kind, found.expiry_at, found.status, found.venue_status) == (
        "BTC/USDT:USDT-261225",
        InstrumentKind.FUTURE,
        1798185600000_000_000,
        TradingStatus.CLOSED,
        "PRE_SETTLE",
    )


def test_a_future_whose_name_holds_no_date_takes_it_from_its_delivery() -> None:
    (found,) = parsed(Market.FUTURES, DATED | {"symbol": "BTCUSDTQ"})
    assert found.unified == "BTC/USDT:USDT-261225"


def test_a_contract_without_a_type_yet_is_told_by_its_name() -> None:
    found = parsed(Market.FUTURES, DATED | {"contractType": ""}, PERPETUAL | {"contractType": ""})
    assert [instrument.kind for instrument in found] == [InstrumentKind.FUTURE, InstrumentKind.PERPETUAL]


def test_a_contract_settles_in_its_margin_asset_and_in_its_quote_where_it_names_none() -> None:
    odd, plain = parsed(Market.FUTURES, PERPETUAL | {"marginAsset": "BNFCR"}, PERPETUAL | {"marginAsset": ""})
    assert [(one.settle, one.unified) for one in (odd, plain)] == [
        ("BNFCR", "BTC/USDT:BNFCR"),
        ("USDT", "BTC/USDT:USDT"),
    ]


def test_the_older_filter_for_the_least_notional() -> None:
    (found,) = parsed(Market.SPOT, SPOT | {"filters": [{"filterType": "MIN_NOTIONAL", "minNotional": "10.0"}]})
    assert (found.min_notional, found.tick_size) == (Decimal("10.0"), None)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("TRADING", TradingStatus.TRADING),
        ("CANCEL_ONLY", TradingStatus.CANCEL_ONLY),
        ("PRE_DELISTING", TradingStatus.TRADING),
        ("HALT", TradingStatus.HALTED),
        ("BREAK", TradingStatus.HALTED),
        ("AUCTION_MATCH", TradingStatus.HALTED),
        ("TRADING_HALT", TradingStatus.HALTED),
        ("DOWN", TradingStatus.HALTED),
        ("PRE_TRADING", TradingStatus.PENDING),
        ("PENDING_TRADING", TradingStatus.PENDING),
        ("POST_TRADING", TradingStatus.CLOSED),
        ("END_OF_DAY", TradingStatus.CLOSED),
        ("PRE_DELIVERING", TradingStatus.CLOSED),
        ("DELIVERING", TradingStatus.CLOSED),
        ("DELIVERED", TradingStatus.CLOSED),
        ("PRE_SETTLE", TradingStatus.CLOSED),
        ("SETTLING", TradingStatus.CLOSED),
        ("CLOSE", TradingStatus.CLOSED),
        ("DELISTING", TradingStatus.CLOSED),
        ("SOMETHING_NEW", TradingStatus.UNKNOWN),
    ],
)
def test_status_words(word: str, status: TradingStatus) -> None:
    assert trading_status(word) is status


@pytest.mark.parametrize(
    "symbol",
    [
        {"symbol": "ETHBTC"},
        SPOT | {"filters": [{"filterType": "PRICE_FILTER", "tickSize": "small"}]},
        SPOT | {"filters": [{"filterType": "PRICE_FILTER", "tickSize": 1}]},
    ],
)
def test_a_description_that_does_not_fit_is_named_by_its_payload(symbol: dict[str, Any]) -> None:
    with pytest.raises(ParseError) as caught:
        parsed(Market.SPOT, symbol)
    assert caught.value.payload == json.dumps(symbol).encode()


@pytest.mark.parametrize("delivery", [10**17, 10**30, -(10**17)])
def test_a_delivery_that_no_calendar_has_is_named_by_its_payload(delivery: int) -> None:
    with pytest.raises(ParseError) as caught:
        parsed(Market.FUTURES, DATED | {"symbol": "BTCUSDTQ", "deliveryDate": delivery})
    assert str(delivery).encode() in bytes(caught.value.payload)  # type: ignore[call-overload]


def test_text_that_is_not_utf8_in_a_description_is_named_by_its_payload() -> None:
    raw = json.dumps(SPOT | {"note": "?"}).encode().replace(b'"?"', b'"\xff"')
    with pytest.raises(ParseError) as caught:
        instruments("binance", Market.SPOT, [msgspec.Raw(raw)])
    assert caught.value.payload == raw


# Through the venue object.


class Answers:
    """An HTTP transport that answers by path."""

    def __init__(self, **answers: object) -> None:
        self.answers = {path.replace("__", "/"): json.dumps(body).encode() for path, body in answers.items()}
        self.sent: list[HttpRequest] = []
        self.closed = False

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        self.sent.append(request)
        return HttpResponse(status=200, body=self.answers[request.path])

    async def aclose(self) -> None:
        self.closed = True


KEY = Credentials("key", "secret")


async def test_instruments_of_a_venue_object() -> None:
    wire = Answers(__fapi__v1__exchangeInfo={"timezone": "UTC", "serverTime": 1, "symbols": [PERPETUAL, DATED]})
    venue = binance.Futures(transport=wire)
    assert [instrument.symbol for instrument in await venue.instruments()] == ["BTCUSDT", "BTCUSDT_261225"]
    assert {instrument.venue for instrument in await venue.instruments()} == {"binance_futures"}


async def test_instruments_are_cached_compared_and_used_where_sizes_have_to_be_understood() -> None:
    halted = PERPETUAL | {"status": "TRADING_HALT"}
    wire = Answers(__fapi__v1__exchangeInfo={"timezone": "UTC", "serverTime": 1, "symbols": [PERPETUAL, DATED]})
    later = Answers(__fapi__v1__exchangeInfo={"timezone": "UTC", "serverTime": 2, "symbols": [halted]})
    venue = binance.Futures(transport=wire)
    cache = InstrumentCache(venue.name)
    refresher = InstrumentRefresher(venue, cache)
    assert await refresher.refresh() == []
    with pytest.raises(UnknownInstrument, match=r"did you mean BTCUSDT or BTC/USDT:USDT or"):
        cache.get_instrument("BTC/USDT")
    wire.answers = later.answers
    changes = await refresher.refresh()
    assert [(change.instrument, change.status, change.venue_status) for change in changes] == [
        ("BTCUSDT", "halted", "TRADING_HALT")
    ]  # the dated one was closed before it vanished
    assert cache.get_instrument("BTC/USDT:USDT").round_price(Decimal("60000.123")) == Decimal("60000.10")

    subscriptions = [trades("BTC/USDT:USDT")]
    frame = venue.parser().parse(
        b'{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1,"s":"BTCUSDT","a":1,"p":"60000.10","q":"0.5",'
        b'"f":1,"l":1,"T":1,"m":false}}'
    )
    convert: BaseSizes[Decimal] = BaseSizes(cache)
    pipeline = chain(venue.transformer(subscriptions), convert)
    (trade,) = pipeline.transform(frame, 1)
    assert isinstance(trade, Trade)
    assert trade.size == Decimal("0.5")  # USD-M contracts count base asset
    contracts = msgspec.structs.replace(cache.get_instrument("BTCUSDT"), contract_size=Decimal("0.001"))
    cache.cache_instrument(contracts, 2)
    (trade,) = pipeline.transform(frame, 1)
    assert isinstance(trade, Trade)
    assert trade.size == Decimal("0.0005")


async def test_the_balances_of_a_spot_account() -> None:
    wire = Answers(
        __api__v3__account={
            "canTrade": True,
            "updateTime": 123456789,
            "balances": [{"asset": "BTC", "free": "1.5", "locked": "0.25"}],
        }
    )
    venue = binance.Spot(transport=wire, credentials=KEY, clock=lambda: 7_000_000)
    expected = Balance(
        venue="binance_spot",
        asset="BTC",
        total=Decimal("1.75"),
        free=Decimal("1.5"),
        exchange_at=123456789_000_000,
        received_at=7_000_000,
    )
    assert await venue.balances() == [expected]
    account = await venue.account()
    assert (account.balances, account.positions, account.received_at) == ((expected,), (), 7_000_000)
    assert wire.sent[0].query.startswith("omitZeroBalances=true&recvWindow=5000&timestamp=7&signature=")


async def test_a_futures_account() -> None:
    wire = Answers(
        __fapi__v3__account={
            "assets": [{"asset": "USDT", "walletBalance": "23.5", "availableBalance": "20", "updateTime": 0}],
            "positions": [
                {
                    "symbol": "BTCUSDT",
                    "positionSide": "BOTH",
                    "positionAmt": "-1.5",
                    "unrealizedProfit": "2",
                    "updateTime": 5,
                }
            ],
        },
        __fapi__v3__balance=[{"asset": "USDT", "balance": "23.5", "availableBalance": "20", "updateTime": 9}],
    )
    venue = binance.Futures(transport=wire, credentials=KEY, clock=lambda: 7, number=float)
    account = await venue.account()
    usdt = Balance(venue="binance_futures", asset="USDT", total=23.5, free=20.0, exchange_at=None, received_at=7)
    assert account.balances == (usdt,)
    assert account.positions == (
        Position(
            venue="binance_futures",
            instrument="BTCUSDT",
            size=-1.5,
            entry_price=None,
            exchange_at=5_000_000,
            received_at=7,
            unrealised_pnl=2.0,
        ),
    )
    assert await venue.balances() == [msgspec.structs.replace(usdt, exchange_at=9_000_000)]


async def test_open_interest_and_mark_price_by_rest() -> None:
    premium = {
        "symbol": "BTCUSDT",
        "markPrice": "11793.63",
        "indexPrice": "11781.80",
        "estimatedSettlePrice": "11781.16",
        "lastFundingRate": "0.00038246",
        "interestRate": "0.0001",
        "nextFundingTime": 1597392000000,
        "time": 1597370495002,
    }
    wire = Answers(
        __fapi__v1__openInterest={"openInterest": "10659.509", "symbol": "BTCUSDT", "time": 1589437530011},
        __fapi__v1__premiumIndex=premium,
    )
    venue = binance.Futures(transport=wire)
    interest = await venue.open_interest("BTC/USDT:USDT")
    assert (interest.instrument, interest.size, interest.exchange_at) == (
        "BTC/USDT:USDT",
        Decimal("10659.509"),
        1589437530011_000_000,
    )
    price, rate = await venue.mark_price("BTCUSDT")
    assert (price.price, price.index_price, price.settle_price) == (
        Decimal("11793.63"),
        Decimal("11781.80"),
        Decimal("11781.16"),
    )
    assert rate is not None
    assert (rate.rate, rate.next_at) == (Decimal("0.00038246"), 1597392000000_000_000)
    wire.answers["/fapi/v1/premiumIndex"] = json.dumps(premium | {"lastFundingRate": "", "indexPrice": ""}).encode()
    price, rate = await venue.mark_price("BTCUSDT")
    assert (price.index_price, rate) == (None, None)


async def test_closing_leaves_a_transport_that_was_given_to_its_owner() -> None:
    wire = Answers(__api__v3__time={"serverTime": 1})
    async with binance.Spot(transport=wire) as venue:
        await venue.server_time()
    assert not wire.closed


async def test_closing_closes_a_transport_of_its_own() -> None:
    venue = binance.Spot()
    client = venue.rest
    assert venue.rest is client
    await venue.aclose()
    await venue.aclose()
    with pytest.raises(anyio.ClosedResourceError):
        await client.execute(venue.requests.server_time())
    assert venue.rest is not client
    await venue.aclose()
