"""What is asked of Binance's REST API: requests by name, and one factory a market which knows paths and weights.

Spot: "General endpoints", "Market data endpoints", "Account endpoints" (2026-09-18). USD-M futures: "REST API"
(2026-09-15). The answers are in :mod:`barterpy.venues.binance.answers`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from barterpy.errors import ConfigurationError
from barterpy.rest import RestRequest
from barterpy.venues.binance.answers import (
    AggTradeRow,
    Depth,
    ExchangeInfo,
    FundingRow,
    FuturesAccount,
    FuturesBalance,
    KlineRow,
    OpenInterestRow,
    PremiumIndex,
    ServerTime,
    SpotAccount,
    TickerRow,
    TradeRow,
)
from barterpy.venues.binance.endpoints import Market
from barterpy.venues.binance.limits import FUNDING, LIMITS, depth_weight, klines_weight

__all__ = [
    "FetchAggTrades",
    "FetchDepth",
    "FetchExchangeInfo",
    "FetchFundingRates",
    "FetchFuturesAccount",
    "FetchFuturesBalances",
    "FetchKlines",
    "FetchOpenInterest",
    "FetchPremiumIndex",
    "FetchServerTime",
    "FetchSpotAccount",
    "FetchTicker",
    "FetchTrades",
    "Requests",
]

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class _Fetch(RestRequest[R]):
    """A GET whose path and weight depend on the market."""

    path: str
    weight: int = 1


@dataclass(frozen=True, kw_only=True)
class _OfSymbol(_Fetch[R]):
    symbol: str

    def query(self) -> Mapping[str, object]:
        return {"symbol": self.symbol}


@dataclass(frozen=True, kw_only=True)
class FetchServerTime(_Fetch[ServerTime]):
    """The server's clock."""

    response: ClassVar[Any] = ServerTime


@dataclass(frozen=True, kw_only=True)
class FetchExchangeInfo(_Fetch[ExchangeInfo]):
    """All instruments and the limits that hold now. The answer has megabytes on spot."""

    response: ClassVar[Any] = ExchangeInfo
    timeout: float = 30.0


@dataclass(frozen=True, kw_only=True)
class FetchDepth(_OfSymbol[Depth]):
    """A whole book, up to ``limit`` levels a side."""

    response: ClassVar[Any] = Depth
    limit: int

    def query(self) -> Mapping[str, object]:
        return {"symbol": self.symbol, "limit": self.limit}


@dataclass(frozen=True, kw_only=True)
class FetchTrades(_OfSymbol[list[TradeRow]]):
    """The last trades, up to 1000."""

    response: ClassVar[Any] = list[TradeRow]
    limit: int | None = None

    def query(self) -> Mapping[str, object]:
        return {"symbol": self.symbol, "limit": self.limit}


@dataclass(frozen=True, kw_only=True)
class FetchAggTrades(_OfSymbol[list[AggTradeRow]]):
    """Aggregated trades, ascending, from an id or from a time (int milliseconds UTC), up to 1000."""

    response: ClassVar[Any] = list[AggTradeRow]
    from_id: int | None = None
    start_time: int | None = None
    end_time: int | None = None
    limit: int | None = None

    def query(self) -> Mapping[str, object]:
        return {
            "symbol": self.symbol,
            "fromId": self.from_id,
            "startTime": self.start_time,
            "endTime": self.end_time,
            "limit": self.limit,
        }


@dataclass(frozen=True, kw_only=True)
class FetchKlines(_OfSymbol[list[KlineRow]]):
    """Candles, ascending, that open within ``start_time`` and ``end_time`` (int milliseconds UTC, both inclusive)."""

    response: ClassVar[Any] = list[KlineRow]
    interval: str
    start_time: int | None = None
    end_time: int | None = None
    limit: int | None = None

    def query(self) -> Mapping[str, object]:
        return {
            "symbol": self.symbol,
            "interval": self.interval,
            "startTime": self.start_time,
            "endTime": self.end_time,
            "limit": self.limit,
        }


@dataclass(frozen=True, kw_only=True)
class FetchTicker(_OfSymbol[TickerRow]):
    """Statistics of the last 24 hours."""

    response: ClassVar[Any] = TickerRow


@dataclass(frozen=True, kw_only=True)
class FetchPremiumIndex(_OfSymbol[PremiumIndex]):
    """Mark price, index price and the last funding rate. Futures."""

    response: ClassVar[Any] = PremiumIndex


@dataclass(frozen=True, kw_only=True)
class FetchFundingRates(_OfSymbol[list[FundingRow]]):
    """Funding rates that were paid, ascending, up to 1000. Futures."""

    response: ClassVar[Any] = list[FundingRow]
    costs: Mapping[str, int] = field(default_factory=lambda: {FUNDING: 1})
    start_time: int | None = None
    end_time: int | None = None
    limit: int | None = None

    def query(self) -> Mapping[str, object]:
        return {
            "symbol": self.symbol,
            "startTime": self.start_time,
            "endTime": self.end_time,
            "limit": self.limit,
        }


@dataclass(frozen=True, kw_only=True)
class FetchOpenInterest(_OfSymbol[OpenInterestRow]):
    """Open positions, in base asset. Futures."""

    response: ClassVar[Any] = OpenInterestRow


@dataclass(frozen=True, kw_only=True)
class FetchSpotAccount(_Fetch[SpotAccount]):
    """Balances of the spot account; signed."""

    response: ClassVar[Any] = SpotAccount
    signed: bool = True
    omit_zero_balances: bool = True

    def query(self) -> Mapping[str, object]:
        return {"omitZeroBalances": self.omit_zero_balances}


@dataclass(frozen=True, kw_only=True)
class FetchFuturesAccount(_Fetch[FuturesAccount]):
    """Assets and positions of the futures account; signed."""

    response: ClassVar[Any] = FuturesAccount
    signed: bool = True


@dataclass(frozen=True, kw_only=True)
class FetchFuturesBalances(_Fetch[list[FuturesBalance]]):
    """Balances of the futures account; signed."""

    response: ClassVar[Any] = list[FuturesBalance]
    signed: bool = True


class Requests:
    """Makes the requests of one market, with its paths and weights. Symbols are the venue's own here."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._prefix = "/api/v3" if market is Market.SPOT else "/fapi/v1"
        self._weights = LIMITS[market].weights

    def server_time(self) -> FetchServerTime:
        return FetchServerTime(**self._at("time"))

    def exchange_info(self) -> FetchExchangeInfo:
        return FetchExchangeInfo(**self._at("exchangeInfo"))

    def depth(self, symbol: str, limit: int = 1000) -> FetchDepth:
        """:raises barterpy.errors.ConfigurationError: the venue has no snapshots of this size"""
        levels = LIMITS[self.market].depth_levels
        largest = LIMITS[self.market].depth_weights[-1][0]
        if levels and limit not in levels:
            raise ConfigurationError(f"depth limit must be one of {', '.join(map(str, levels))}, not {limit}")
        if not 1 <= limit <= largest:
            raise ConfigurationError(f"depth limit must be 1 to {largest}, not {limit}")
        return FetchDepth(
            path=f"{self._prefix}/depth", weight=depth_weight(self.market, limit), symbol=symbol, limit=limit
        )

    def trades(self, symbol: str, limit: int | None = None) -> FetchTrades:
        return FetchTrades(**self._at("trades"), symbol=symbol, limit=limit)

    def agg_trades(
        self,
        symbol: str,
        *,
        from_id: int | None = None,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int | None = None,
    ) -> FetchAggTrades:
        return FetchAggTrades(
            **self._at("aggTrades"),
            symbol=symbol,
            from_id=from_id,
            start_time=start_time,
            end_time=end_time,
            limit=limit,
        )

    def klines(
        self,
        symbol: str,
        interval: str,
        *,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int | None = None,
    ) -> FetchKlines:
        return FetchKlines(
            path=f"{self._prefix}/klines",
            weight=klines_weight(self.market, 500 if limit is None else limit),
            symbol=symbol,
            interval=interval,
            start_time=start_time,
            end_time=end_time,
            limit=limit,
        )

    def ticker(self, symbol: str) -> FetchTicker:
        return FetchTicker(**self._at("ticker/24hr"), symbol=symbol)

    def premium_index(self, symbol: str) -> FetchPremiumIndex:
        return FetchPremiumIndex(**self._futures("premiumIndex"), symbol=symbol)

    def funding_rates(
        self, symbol: str, *, start_time: int | None = None, end_time: int | None = None, limit: int | None = None
    ) -> FetchFundingRates:
        return FetchFundingRates(
            **self._futures("fundingRate"), symbol=symbol, start_time=start_time, end_time=end_time, limit=limit
        )

    def open_interest(self, symbol: str) -> FetchOpenInterest:
        return FetchOpenInterest(**self._futures("openInterest"), symbol=symbol)

    def spot_account(self) -> FetchSpotAccount:
        return FetchSpotAccount(path="/api/v3/account", weight=self._weights["account"])

    def futures_account(self) -> FetchFuturesAccount:
        return FetchFuturesAccount(path="/fapi/v3/account", weight=self._weights["account"])

    def futures_balances(self) -> FetchFuturesBalances:
        return FetchFuturesBalances(path="/fapi/v3/balance", weight=self._weights["balance"])

    def _at(self, name: str) -> dict[str, Any]:
        return {"path": f"{self._prefix}/{name}", "weight": self._weights[name]}

    def _futures(self, name: str) -> dict[str, Any]:
        if self.market is Market.SPOT:
            raise ConfigurationError(f"the spot market has no {name}")
        return self._at(name)
