"""What is asked of the Indexer's REST API: requests by name. The answers are in :mod:`barterpy.venues.dydx.answers`.

docs.dydx.xyz, "Indexer API / HTTP", 2026. Nothing is signed: who knows an address may read its accounts. REST is served
from copies of the data base, so that a channel may know more than an answer that comes after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from barterpy.rest import RestRequest
from barterpy.venues.dydx.answers import (
    AddressAnswer,
    AssetPositionsAnswer,
    CandlesAnswer,
    FillsAnswer,
    FundingAnswer,
    FundingPaymentsAnswer,
    HeightAnswer,
    MarketsAnswer,
    OrderRow,
    PnlAnswer,
    PositionsAnswer,
    SubaccountAnswer,
    TimeAnswer,
    TradesAnswer,
    TransfersAnswer,
)
from barterpy.venues.dydx.limits import CANDLES
from barterpy.venues.dydx.messages import BookContents

__all__ = [
    "FetchAddress",
    "FetchAssetPositions",
    "FetchBook",
    "FetchCandles",
    "FetchFills",
    "FetchFunding",
    "FetchFundingPayments",
    "FetchHeight",
    "FetchMarkets",
    "FetchOrder",
    "FetchOrders",
    "FetchPnl",
    "FetchPositions",
    "FetchSparklines",
    "FetchSubaccount",
    "FetchTime",
    "FetchTrades",
    "FetchTransfers",
]

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class FetchTime(RestRequest[TimeAnswer]):
    """The server's clock."""

    response: ClassVar[Any] = TimeAnswer
    path: str = "/v4/time"


@dataclass(frozen=True, kw_only=True)
class FetchHeight(RestRequest[HeightAnswer]):
    """The last block the Indexer has read."""

    response: ClassVar[Any] = HeightAnswer
    path: str = "/v4/height"


@dataclass(frozen=True, kw_only=True)
class FetchMarkets(RestRequest[MarketsAnswer]):
    """All markets, or one."""

    response: ClassVar[Any] = MarketsAnswer
    path: str = "/v4/perpetualMarkets"
    ticker: str | None = None

    def query(self) -> Mapping[str, object]:
        return {"ticker": self.ticker}


@dataclass(frozen=True, kw_only=True)
class FetchSparklines(RestRequest[dict[str, list[str]]]):
    """Closes of the last day (``ONE_DAY``, an hour apart) or week (``SEVEN_DAYS``, four hours), by ticker, newest
    first."""

    response: ClassVar[Any] = dict[str, list[str]]
    path: str = "/v4/sparklines"
    period: str = "ONE_DAY"

    def query(self) -> Mapping[str, object]:
        return {"timePeriod": self.period}


@dataclass(frozen=True, kw_only=True)
class _OfMarket(RestRequest[R]):
    ticker: str
    root: ClassVar[str]

    @property
    def path(self) -> str:  # type: ignore[override]
        return f"{self.root}/{self.ticker}"


@dataclass(frozen=True, kw_only=True)
class FetchBook(_OfMarket[BookContents]):
    """A whole book, up to 100 levels a side. It may be crossed, and tells no offsets to uncross it by."""

    response: ClassVar[Any] = BookContents
    root: ClassVar[str] = "/v4/orderbooks/perpetualMarket"


@dataclass(frozen=True, kw_only=True)
class FetchTrades(_OfMarket[TradesAnswer]):
    """Trades, newest first, up to ``limit``, of the block ``at_or_before_height`` and before."""

    response: ClassVar[Any] = TradesAnswer
    root: ClassVar[str] = "/v4/trades/perpetualMarket"
    limit: int | None = None
    at_or_before_height: int | None = None

    def query(self) -> Mapping[str, object]:
        return {"limit": self.limit, "createdBeforeOrAtHeight": self.at_or_before_height}


@dataclass(frozen=True, kw_only=True)
class FetchCandles(_OfMarket[CandlesAnswer]):
    """Candles, newest first, that start from ``start`` (ISO-8601, inclusive) to ``end`` (exclusive). They have a limit
    of their own, ten times that of everything else."""

    response: ClassVar[Any] = CandlesAnswer
    root: ClassVar[str] = "/v4/candles/perpetualMarkets"
    weight: int = 0
    costs: Mapping[str, int] = field(default_factory=lambda: {CANDLES: 1})
    resolution: str
    start: str | None = None
    end: str | None = None
    limit: int | None = None

    def query(self) -> Mapping[str, object]:
        return {"resolution": self.resolution, "fromISO": self.start, "toISO": self.end, "limit": self.limit}


@dataclass(frozen=True, kw_only=True)
class FetchFunding(_OfMarket[FundingAnswer]):
    """Funding that was paid, newest first, at the block ``at_or_before_height`` and before."""

    response: ClassVar[Any] = FundingAnswer
    root: ClassVar[str] = "/v4/historicalFunding"
    limit: int | None = None
    at_or_before_height: int | None = None

    def query(self) -> Mapping[str, object]:
        return {"limit": self.limit, "effectiveBeforeOrAtHeight": self.at_or_before_height}


@dataclass(frozen=True, kw_only=True)
class FetchAddress(RestRequest[AddressAnswer]):
    """All subaccounts of an address."""

    response: ClassVar[Any] = AddressAnswer
    address: str

    @property
    def path(self) -> str:  # type: ignore[override]
        return f"/v4/addresses/{self.address}"


@dataclass(frozen=True, kw_only=True)
class FetchSubaccount(RestRequest[SubaccountAnswer]):
    """One subaccount with its open positions, or a parent with its children."""

    response: ClassVar[Any] = SubaccountAnswer
    address: str
    number: int
    parent: bool = False

    @property
    def path(self) -> str:  # type: ignore[override]
        part = "parentSubaccountNumber" if self.parent else "subaccountNumber"
        return f"/v4/addresses/{self.address}/{part}/{self.number}"


@dataclass(frozen=True, kw_only=True)
class FetchOrder(RestRequest[OrderRow]):
    """One order by the Indexer's id."""

    response: ClassVar[Any] = OrderRow
    order_id: str

    @property
    def path(self) -> str:  # type: ignore[override]
        return f"/v4/orders/{self.order_id}"


@dataclass(frozen=True, kw_only=True)
class _OfAccount(RestRequest[R]):
    """Rows of a subaccount, or of a parent with its children, newest first, of a block and before."""

    address: str
    number: int
    parent: bool = False
    limit: int | None = None
    at_or_before_height: int | None = None
    root: ClassVar[str]
    parent_root: ClassVar[str]
    height_parameter: ClassVar[str] = "createdBeforeOrAtHeight"

    @property
    def path(self) -> str:  # type: ignore[override]
        return self.parent_root if self.parent else self.root

    def query(self) -> Mapping[str, object]:
        number = "parentSubaccountNumber" if self.parent else "subaccountNumber"
        return {
            "address": self.address,
            number: self.number,
            "limit": self.limit,
            self.height_parameter: self.at_or_before_height,
        }


@dataclass(frozen=True, kw_only=True)
class FetchOrders(_OfAccount[list[OrderRow]]):
    """Orders, of one market and of one status where they are named. The answer is a bare list."""

    response: ClassVar[Any] = list[OrderRow]
    root: ClassVar[str] = "/v4/orders"
    parent_root: ClassVar[str] = "/v4/orders/parentSubaccountNumber"
    ticker: str | None = None
    status: str | None = None

    def query(self) -> Mapping[str, object]:
        number = "parentSubaccountNumber" if self.parent else "subaccountNumber"
        return {
            "address": self.address,
            number: self.number,
            "ticker": self.ticker,
            "status": self.status,
            "limit": self.limit,
            # The order with the highest good-til block comes first, unless the latest is asked for.
            "returnLatestOrders": "true",
        }


@dataclass(frozen=True, kw_only=True)
class FetchFills(_OfAccount[FillsAnswer]):
    """Fills, of one market where it is named."""

    response: ClassVar[Any] = FillsAnswer
    root: ClassVar[str] = "/v4/fills"
    parent_root: ClassVar[str] = "/v4/fills/parentSubaccountNumber"
    ticker: str | None = None

    def query(self) -> Mapping[str, object]:
        market = {} if self.ticker is None else {"market": self.ticker, "marketType": "PERPETUAL"}
        return {**super().query(), **market}


@dataclass(frozen=True, kw_only=True)
class FetchTransfers(_OfAccount[TransfersAnswer]):
    """Deposits, withdrawals and transfers."""

    response: ClassVar[Any] = TransfersAnswer
    root: ClassVar[str] = "/v4/transfers"
    parent_root: ClassVar[str] = "/v4/transfers/parentSubaccountNumber"


@dataclass(frozen=True, kw_only=True)
class FetchPositions(_OfAccount[PositionsAnswer]):
    """Positions, also those that were closed unless ``status`` is OPEN."""

    response: ClassVar[Any] = PositionsAnswer
    root: ClassVar[str] = "/v4/perpetualPositions"
    parent_root: ClassVar[str] = "/v4/perpetualPositions/parentSubaccountNumber"
    status: str | None = None

    def query(self) -> Mapping[str, object]:
        return {**super().query(), "status": self.status}


@dataclass(frozen=True, kw_only=True)
class FetchAssetPositions(_OfAccount[AssetPositionsAnswer]):
    """What is held of each asset."""

    response: ClassVar[Any] = AssetPositionsAnswer
    root: ClassVar[str] = "/v4/assetPositions"
    parent_root: ClassVar[str] = "/v4/assetPositions/parentSubaccountNumber"


@dataclass(frozen=True, kw_only=True)
class FetchPnl(_OfAccount[PnlAnswer]):
    """Equity and profit, an hour apart."""

    response: ClassVar[Any] = PnlAnswer
    root: ClassVar[str] = "/v4/historical-pnl"
    parent_root: ClassVar[str] = "/v4/historical-pnl/parentSubaccountNumber"


@dataclass(frozen=True, kw_only=True)
class FetchFundingPayments(_OfAccount[FundingPaymentsAnswer]):
    """Funding that this account paid or was paid."""

    response: ClassVar[Any] = FundingPaymentsAnswer
    root: ClassVar[str] = "/v4/fundingPayments"
    parent_root: ClassVar[str] = "/v4/fundingPayments/parentSubaccount"
