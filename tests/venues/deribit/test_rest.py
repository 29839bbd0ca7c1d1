"""The REST API: instruments with their rules, the past page after page, signed questions, and what is refused."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from barterpy.clock import MILLISECOND, SECOND
from barterpy.errors import (
    AuthenticationError,
    ConfigurationError,
    OutcomeUnknown,
    ParseError,
    RateLimited,
    RequestRejected,
)
from barterpy.model import Instrument, InstrumentKind, OptionKind, TradingStatus
from barterpy.testing import SimulatedDeribit
from barterpy.testing.simulated.deribit import CONTRACTS
from barterpy.venues.deribit import Buy, Cancel, Deribit
from barterpy.venues.deribit.instruments import instrument, instruments, trading_status
from barterpy.venues.deribit.rest import (
    FetchAccountSummary,
    FetchBook,
    FetchBookSummaries,
    FetchCurrencies,
    FetchFundingRates,
    FetchIndexPrice,
    FetchOpenOrders,
    FetchPositions,
    FetchTicker,
)

D = Decimal
Make = Callable[..., SimulatedDeribit]

PERPETUAL: dict[str, Any] = {
    "price_index": "btc_usd", "kind": "future", "instrument_name": "BTC-PERPETUAL", "instrument_type": "reversed",
    "state": "open", "is_active": True, "tick_size": 0.5, "tick_size_steps": [], "contract_size": 10.0,
    "min_trade_amount": 10.0, "settlement_currency": "BTC", "settlement_period": "perpetual", "base_currency": "BTC",
    "counter_currency": "USD", "quote_currency": "USD", "creation_timestamp": 1534167754000,
    "expiration_timestamp": 32503708800000,
}  # fmt: skip
OPTION: dict[str, Any] = {
    **PERPETUAL, "kind": "option", "instrument_name": "XRP_USDC-30JUN26-0d625-C", "instrument_type": "linear",
    "tick_size": 0.0001, "tick_size_steps": [{"above_price": 0.005, "tick_size": 0.0005}], "contract_size": 1000,
    "min_trade_amount": 1000, "settlement_currency": "USDC", "settlement_period": "month", "base_currency": "XRP",
    "counter_currency": "USDC", "quote_currency": "USDC", "expiration_timestamp": 1782806400000, "strike": 0.625,
    "option_type": "call",
}  # fmt: skip
SPOT: dict[str, Any] = {
    **PERPETUAL, "kind": "spot", "instrument_name": "BTC_USDC", "instrument_type": "linear", "counter_currency": "USDC",
    "quote_currency": "USDC", "tick_size": 1.0, "min_trade_amount": 0.0001, "contract_size": 0.0001,
}  # fmt: skip


def described(row: dict[str, Any], **changes: Any) -> Instrument:
    found = instrument("deribit", msgspec.Raw(msgspec.json.encode({**row, **changes})))
    assert found is not None
    return found


def test_an_inverse_perpetual() -> None:
    found = described(PERPETUAL)
    assert (found.unified, found.symbol, found.kind) == ("BTC/USD:BTC", "BTC-PERPETUAL", InstrumentKind.PERPETUAL)
    assert (found.inverse, found.settle, found.expiry_at) == (True, "BTC", None)
    assert (found.tick_size, found.lot_size, found.min_size) == (D("0.5"), D("10.0"), D("10.0"))
    assert found.listed_at == 1534167754000 * MILLISECOND
    assert found.info["contract_size"] == 10.0


def test_a_linear_option_with_a_decimal_strike_and_steps() -> None:
    found = described(OPTION)
    assert (found.unified, found.kind) == ("XRP/USDC:USDC-260630-0.625-C", InstrumentKind.OPTION)
    assert (found.strike, found.option_kind, found.inverse) == (D("0.625"), OptionKind.CALL, False)
    assert found.expiry_at == 1782806400000 * MILLISECOND
    assert [found.round_price(D(price)) for price in ("0.00123", "0.0062")] == [D("0.0012"), D("0.0060")]
    assert described(OPTION, option_type="put").unified.endswith("-P")


def test_spot_and_a_dated_future() -> None:
    spot = described(SPOT)
    assert (spot.unified, spot.kind, spot.settle, spot.inverse) == ("BTC/USDC", InstrumentKind.SPOT, None, False)
    future = described(PERPETUAL, settlement_period="month", expiration_timestamp=1798185600000)
    assert (future.unified, future.kind) == ("BTC/USD:BTC-261225", InstrumentKind.FUTURE)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("open", TradingStatus.TRADING), ("settlement", TradingStatus.HALTED), ("locked", TradingStatus.CANCEL_ONLY),
        ("halted", TradingStatus.CANCEL_ONLY), ("delivered", TradingStatus.CLOSED), ("inactive", TradingStatus.CLOSED),
        ("archivized", TradingStatus.CLOSED), ("created", TradingStatus.PENDING), ("started", TradingStatus.TRADING),
        ("closed", TradingStatus.CLOSED), ("terminated", TradingStatus.CLOSED), ("new word", TradingStatus.UNKNOWN),
    ],
)  # fmt: skip
def test_both_sets_of_words_for_a_state(state: str, status: TradingStatus) -> None:
    assert trading_status(state) is status
    assert described(PERPETUAL, state=state).status is status


def test_combinations_are_left_out_and_what_does_not_fit_is_named() -> None:
    combo = msgspec.Raw(msgspec.json.encode({**PERPETUAL, "kind": "future_combo"}))
    assert instruments("deribit", [combo]) == []
    with pytest.raises(ParseError, match="instrument"):
        instruments("deribit", [msgspec.Raw(b'{"instrument_name":"X","kind":"future"}')])
    with pytest.raises(ValueError, match="weather"):
        described(PERPETUAL, kind="weather")


@pytest.mark.anyio
async def test_instruments_of_the_simulated_venue(simulated: Make) -> None:
    async with simulated(instruments=CONTRACTS) as venue, Deribit(**venue.options) as client:
        found = await client.instruments()
        assert [one.symbol for one in found] == list(venue.symbols)
        assert {one.unified for one in found} >= {"BTC/USD:BTC", "ETH/USDC:USDC", "BTC/USD:BTC-261225", "BTC/USDC"}
        assert [one.symbol for one in await client.instruments("ETH")] == ["ETH-PERPETUAL"]
        assert [one.kind for one in await client.instruments(kind="option")] == [InstrumentKind.OPTION]


@pytest.mark.anyio
async def test_the_past_is_whole_whatever_the_pages(simulated: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barterpy.venues.deribit.history.TRADES_PER_PAGE", 7)
    monkeypatch.setattr("barterpy.venues.deribit.history.CANDLES_PER_PAGE", 2)
    async with simulated() as venue, Deribit(**venue.options) as client:
        venue.pause()
        known = venue.trades("BTC-PERPETUAL")
        begin = known[0].at * MILLISECOND
        trades = await client.history.trades("BTC/USD:BTC", begin).all()
        assert [trade.sequence for trade in trades] == [match.seq for match in known]
        assert {trade.instrument for trade in trades} == {"BTC/USD:BTC"}
        assert sum("get_last_trades" in request for request in venue.requests) == len(known) // 7 + 1
        cut = known[len(known) // 2].at
        first = await client.history.trades("BTC/USD:BTC", begin, cut * MILLISECOND).all()
        assert [trade.sequence for trade in first] == [match.seq for match in known if match.at < cut]
        minute = 60 * SECOND
        now = await client.server_time()
        candles = await client.candles("BTC/USD:BTC", "1m", now - 10 * minute).all()
        assert [candle.close_at - candle.open_at for candle in candles] == [minute] * len(candles)
        assert sum(candle.volume for candle in candles) == sum(trade.size for trade in trades)
        assert not candles[-1].closed
        hours = await client.history.funding_rates("BTC/USD:BTC", now - 48 * 60 * minute + 1).all()
        assert len(hours) == 48
        assert hours[0].rate == D("0.00001742")


@pytest.mark.anyio
async def test_public_questions(simulated: Make) -> None:
    async with simulated() as venue, Deribit(**venue.options) as client:
        venue.pause()
        book = await client.rest.execute(FetchBook(instrument_name="BTC-PERPETUAL", depth=5))
        assert tuple(book.bids) == venue.book("BTC-PERPETUAL").bids[:5]
        assert {row.currency for row in await client.rest.execute(FetchCurrencies())} == {"BTC", "ETH"}
        summaries = await client.rest.execute(FetchBookSummaries(currency="BTC"))
        assert [row.instrument_name for row in summaries] == ["BTC-PERPETUAL", "BTC-25DEC26-100000-C"]
        assert (await client.rest.execute(FetchIndexPrice(index_name="btc_usd"))).index_price > 0
        assert b"mark_price" in bytes(await client.rest.execute(FetchTicker(instrument_name="BTC-PERPETUAL")))
        with pytest.raises(RequestRejected, match="instrument_name wrong format") as caught:
            await client.rest.execute(FetchBook(instrument_name="NOPE"))
        assert (caught.value.code, caught.value.status) == (-32602, 400)
        venue.fail("public/get_funding_rate_history", (10028, "too_many_requests"))
        request = FetchFundingRates(instrument_name="BTC-PERPETUAL", start_timestamp=0, end_timestamp=1)
        with pytest.raises(RateLimited):
            await client.rest.execute(request)


@pytest.mark.anyio
async def test_signed_questions_and_orders_over_http(simulated: Make) -> None:
    async with simulated() as venue, Deribit(**venue.options, credentials=venue.credentials()) as client:
        assert (await client.balance("BTC")).total == D("10.0")
        limits = (await client.rest.execute(FetchAccountSummary(currency="BTC", extended=True))).limits
        assert limits is not None
        placed = await client.rest.execute(Buy(instrument_name="BTC-PERPETUAL", amount=10, price=D("60000.5")))
        assert [row.order_id for row in await client.rest.execute(FetchOpenOrders())] == [placed.order.order_id]
        assert await client.rest.execute(FetchPositions(currency="BTC")) == []
        assert (await client.rest.execute(Cancel(order_id=placed.order.order_id))).order_state == "cancelled"
        venue.fail("private/buy", (13888, "timed_out"))
        with pytest.raises(OutcomeUnknown, match="timed_out"):
            await client.rest.execute(Buy(instrument_name="BTC-PERPETUAL", amount=10, price=60000))
        assert "price=60000.5" in next(request for request in venue.requests if "private/buy" in request)


@pytest.mark.anyio
async def test_without_or_with_wrong_credentials(simulated: Make) -> None:
    async with simulated() as venue:
        with pytest.raises(ConfigurationError, match="must be signed"):
            await Deribit(**venue.options).balance("BTC")
        credentials = venue.credentials()
        venue.accounts.by_key[credentials.key].secret = "another"
        with pytest.raises(AuthenticationError, match="invalid_credentials"):
            await Deribit(**venue.options, credentials=credentials).balance("BTC")


def test_intervals_and_spans_that_cannot_be_asked_for() -> None:
    client = Deribit()
    with pytest.raises(ConfigurationError, match="interval must be one of"):
        client.candles("BTC/USD:BTC", "7m", 0)
    with pytest.raises(ConfigurationError, match="end must be after start"):
        client.history.trades("BTC/USD:BTC", 10, 10)
    with pytest.raises(ConfigurationError, match="not a symbol"):
        client.history.funding_rates("BTC", 10)
