"""What can be asked of Deribit: every call by name, over HTTP (:attr:`Deribit.rest`) or over a session's WebSocket.

docs.deribit.com, API 2.1.1 (2026-09). A dataclass's fields are the venue's parameters, those that are None are left
out. The answers are in :mod:`barterpy.venues.deribit.answers`; orders are in :mod:`barterpy.venues.deribit.execution`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, TypeVar

import msgspec

from barterpy.rest import RestRequest
from barterpy.venues.deribit.answers import (
    AccountSummaries,
    AccountSummary,
    BookAnswer,
    BookSummary,
    ChartData,
    CurrencyRow,
    FundingRow,
    IndexPriceRow,
    OrderRow,
    PositionRow,
    TradesPage,
    UserTradesPage,
)
from barterpy.venues.deribit.endpoints import REST_PREFIX
from barterpy.venues.deribit.limits import CALL_COST, INSTRUMENTS_METHOD, MATCHING_METHODS

__all__ = [
    "Call",
    "FetchAccountSummaries",
    "FetchAccountSummary",
    "FetchBook",
    "FetchBookSummaries",
    "FetchChart",
    "FetchCurrencies",
    "FetchFundingRates",
    "FetchIndexPrice",
    "FetchInstruments",
    "FetchOpenOrders",
    "FetchOpenOrdersByInstrument",
    "FetchOrder",
    "FetchOrderHistory",
    "FetchOrdersByLabel",
    "FetchPositions",
    "FetchTicker",
    "FetchTime",
    "FetchTrades",
    "FetchTradesByTime",
    "FetchUserTrades",
]

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Call(RestRequest[R]):
    """A method of the API. ``rpc`` is its name; the dataclass's fields are its parameters."""

    rpc: ClassVar[str]

    @property
    def weight(self) -> int:  # type: ignore[override]
        # What the matching engine does is counted there alone.
        return 0 if self.rpc in MATCHING_METHODS else CALL_COST

    @property
    def path(self) -> str:  # type: ignore[override]
        return f"{REST_PREFIX}/{self.rpc}"

    @property
    def costs(self) -> Mapping[str, int]:  # type: ignore[override]
        if self.rpc in MATCHING_METHODS:
            return {"matching": 1}
        return {"instruments": 1} if self.rpc == INSTRUMENTS_METHOD else {}

    @property
    def signed(self) -> bool:  # type: ignore[override]
        return self.rpc.startswith("private/")

    def params(self) -> Mapping[str, object]:
        """The parameters by the venue's names."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def query(self) -> Mapping[str, object]:
        return self.params()


@dataclass(frozen=True, kw_only=True)
class FetchTime(Call[int]):
    """The server's clock, int milliseconds UTC."""

    rpc: ClassVar[str] = "public/get_time"
    response: ClassVar[Any] = int


@dataclass(frozen=True, kw_only=True)
class FetchInstruments(Call[list[msgspec.Raw]]):
    """Instruments of a currency (``any`` for all); they are decoded one by one, see ``instruments.py``."""

    rpc: ClassVar[str] = "public/get_instruments"
    response: ClassVar[Any] = list[msgspec.Raw]
    currency: str = "any"
    kind: str | None = None
    expired: bool = False


@dataclass(frozen=True, kw_only=True)
class FetchBook(Call[BookAnswer]):
    """A whole book, up to ``depth`` levels a side."""

    rpc: ClassVar[str] = "public/get_order_book"
    response: ClassVar[Any] = BookAnswer
    instrument_name: str
    depth: int = 1000


@dataclass(frozen=True, kw_only=True)
class FetchTicker(Call[msgspec.Raw]):
    """What the channel ``ticker`` says, once, as it is on the wire."""

    rpc: ClassVar[str] = "public/ticker"
    response: ClassVar[Any] = msgspec.Raw
    instrument_name: str


@dataclass(frozen=True, kw_only=True)
class FetchTrades(Call[TradesPage]):
    """Trades by their sequence, up to 1000."""

    rpc: ClassVar[str] = "public/get_last_trades_by_instrument"
    response: ClassVar[Any] = TradesPage
    instrument_name: str
    start_seq: int | None = None
    end_seq: int | None = None
    count: int | None = None
    sorting: Literal["asc", "desc", "default"] | None = None


@dataclass(frozen=True, kw_only=True)
class FetchTradesByTime(Call[TradesPage]):
    """Trades by their time (int milliseconds UTC, both ends inclusive), up to 1000."""

    rpc: ClassVar[str] = "public/get_last_trades_by_instrument_and_time"
    response: ClassVar[Any] = TradesPage
    instrument_name: str
    start_timestamp: int
    end_timestamp: int
    count: int | None = None
    sorting: Literal["asc", "desc", "default"] | None = None


@dataclass(frozen=True, kw_only=True)
class FetchChart(Call[ChartData]):
    """Candles that open in a time, both ends inclusive, int milliseconds UTC; ``resolution`` in minutes or ``1D``."""

    rpc: ClassVar[str] = "public/get_tradingview_chart_data"
    response: ClassVar[Any] = ChartData
    instrument_name: str
    start_timestamp: int
    end_timestamp: int
    resolution: str


@dataclass(frozen=True, kw_only=True)
class FetchBookSummaries(Call[list[BookSummary]]):
    """Statistics of every instrument of a currency."""

    rpc: ClassVar[str] = "public/get_book_summary_by_currency"
    response: ClassVar[Any] = list[BookSummary]
    currency: str
    kind: str | None = None


@dataclass(frozen=True, kw_only=True)
class FetchFundingRates(Call[list[FundingRow]]):
    """Hourly funding of a perpetual, both ends inclusive, int milliseconds UTC."""

    rpc: ClassVar[str] = "public/get_funding_rate_history"
    response: ClassVar[Any] = list[FundingRow]
    instrument_name: str
    start_timestamp: int
    end_timestamp: int


@dataclass(frozen=True, kw_only=True)
class FetchIndexPrice(Call[IndexPriceRow]):
    """The price of an index, such as ``btc_usd``."""

    rpc: ClassVar[str] = "public/get_index_price"
    response: ClassVar[Any] = IndexPriceRow
    index_name: str


@dataclass(frozen=True, kw_only=True)
class FetchCurrencies(Call[list[CurrencyRow]]):
    """The currencies there are."""

    rpc: ClassVar[str] = "public/get_currencies"
    response: ClassVar[Any] = list[CurrencyRow]


# Private, and only reading.


@dataclass(frozen=True, kw_only=True)
class FetchAccountSummary(Call[AccountSummary]):
    """Balances and margins of one currency; with ``extended``, the account's limits as well."""

    rpc: ClassVar[str] = "private/get_account_summary"
    response: ClassVar[Any] = AccountSummary
    currency: str
    extended: bool | None = None


@dataclass(frozen=True, kw_only=True)
class FetchAccountSummaries(Call[AccountSummaries]):
    """Balances and margins of every currency."""

    rpc: ClassVar[str] = "private/get_account_summaries"
    response: ClassVar[Any] = AccountSummaries
    extended: bool | None = None


@dataclass(frozen=True, kw_only=True)
class FetchPositions(Call[list[PositionRow]]):
    """Positions, of one currency and kind where these are named."""

    rpc: ClassVar[str] = "private/get_positions"
    response: ClassVar[Any] = list[PositionRow]
    currency: str | None = None
    kind: str | None = None


@dataclass(frozen=True, kw_only=True)
class FetchOpenOrders(Call[list[OrderRow]]):
    """Orders that are working."""

    rpc: ClassVar[str] = "private/get_open_orders"
    response: ClassVar[Any] = list[OrderRow]
    kind: str | None = None
    type: str | None = None


@dataclass(frozen=True, kw_only=True)
class FetchOrder(Call[OrderRow]):
    """One order by the venue's id."""

    rpc: ClassVar[str] = "private/get_order_state"
    response: ClassVar[Any] = OrderRow
    order_id: str


@dataclass(frozen=True, kw_only=True)
class FetchOrdersByLabel(Call[list[OrderRow]]):
    """The orders of a currency with this label, whatever became of them: what to ask when an answer never came."""

    rpc: ClassVar[str] = "private/get_order_state_by_label"
    response: ClassVar[Any] = list[OrderRow]
    currency: str
    label: str


@dataclass(frozen=True, kw_only=True)
class FetchOpenOrdersByInstrument(Call[list[OrderRow]]):
    """Orders of one instrument that are working."""

    rpc: ClassVar[str] = "private/get_open_orders_by_instrument"
    response: ClassVar[Any] = list[OrderRow]
    instrument_name: str
    type: str | None = None


@dataclass(frozen=True, kw_only=True)
class FetchOrderHistory(Call[list[OrderRow]]):
    """Orders of one instrument that have ended, newest first; those of more than half an hour ago by ``historical``."""

    rpc: ClassVar[str] = "private/get_order_history_by_instrument"
    response: ClassVar[Any] = list[OrderRow]
    instrument_name: str
    count: int | None = None
    offset: int | None = None
    include_old: bool | None = None
    include_unfilled: bool | None = None
    historical: bool | None = None


@dataclass(frozen=True, kw_only=True)
class FetchUserTrades(Call[UserTradesPage]):
    """The account's fills of an instrument by their sequence, up to 1000.

    ``historical`` false has the last 24 hours, true what was archived before.
    """

    rpc: ClassVar[str] = "private/get_user_trades_by_instrument"
    response: ClassVar[Any] = UserTradesPage
    instrument_name: str
    start_seq: int | None = None
    end_seq: int | None = None
    count: int | None = None
    historical: bool | None = None
    sorting: Literal["asc", "desc", "default"] | None = None
