"""What Deribit answers and what it tells of an account, as typed messages: only the fields that are used, raw payload
above each.

docs.deribit.com, API 2.1.1 (2026-09). Numbers are exact; times are int milliseconds UTC.
"""

from decimal import Decimal
from typing import Any

import msgspec

__all__ = [
    "AccountSummaries",
    "AccountSummary",
    "AuthResult",
    "BookAnswer",
    "BookSummary",
    "CancelOnDisconnect",
    "ChangesRow",
    "ChartData",
    "CurrencyRow",
    "FundingRow",
    "IndexPriceRow",
    "OrderRow",
    "PlacedOrder",
    "PositionRow",
    "PublicTrade",
    "QuoteResult",
    "TradesPage",
    "UserTradeRow",
    "UserTradesPage",
]


class AuthResult(msgspec.Struct):
    """``{"access_token":"…","expires_in":31536000,"refresh_token":"…","scope":"session:feed account:read_write",
    "token_type":"bearer"}``; its repr shows neither token."""

    access_token: str
    expires_in: int
    refresh_token: str = ""
    scope: str = ""

    def __repr__(self) -> str:
        return f"AuthResult(expires_in={self.expires_in}, scope={self.scope!r})"


class OrderRow(msgspec.Struct):
    """An order, of a channel or an answer. The price of a market order is the text ``"market_price"``; a trigger order
    may have neither ``filled_amount`` nor ``average_price``::

        {"label":"my-1","price":2973.55,"amount":0.001,"direction":"buy","time_in_force":"good_til_cancelled",
         "instrument_name":"ETH_USDC-PERPETUAL","order_id":"USDC-104819327443","creation_timestamp":1767978363493,
         "replaced":false,"filled_amount":0.0,"last_update_timestamp":1767978363493,"post_only":true,
         "reduce_only":false,"average_price":0.0,"order_state":"open","order_type":"limit"}
    """

    order_id: str
    instrument_name: str
    direction: str
    order_state: str
    order_type: str = ""
    time_in_force: str = ""
    amount: Decimal | None = None
    filled_amount: Decimal | None = None
    average_price: Decimal | None = None
    price: msgspec.Raw = msgspec.Raw(b"null")
    trigger_price: Decimal | None = None
    label: str = ""
    post_only: bool = False
    reduce_only: bool = False
    creation_timestamp: int | None = None
    last_update_timestamp: int | None = None
    cancel_reason: str | None = None
    reject_reason: str | None = None
    quote_id: str | None = None
    quote_set_id: str | None = None
    """Of a mass quote, as is ``quote_id``."""


class UserTradeRow(msgspec.Struct):
    """A fill, of a channel or an answer; ``liquidity`` is "M" or "T"::

    {"trade_id":"ETH-34066","trade_seq":1966031,"order_id":"ETH-584","instrument_name":"ETH-PERPETUAL",
     "direction":"buy","price":1700.0,"amount":10.0,"fee":0.00002,"fee_currency":"ETH","liquidity":"T",
     "state":"filled","order_type":"limit","label":"","timestamp":1550657341322}
    """

    trade_id: str
    order_id: str
    instrument_name: str
    direction: str
    price: Decimal
    amount: Decimal
    timestamp: int
    trade_seq: int | None = None
    fee: Decimal | None = None
    fee_currency: str | None = None
    liquidity: str = ""
    label: str = ""
    quote_id: str | None = None
    quote_set_id: str | None = None


class PositionRow(msgspec.Struct):
    """``{"instrument_name":"BTC-PERPETUAL","kind":"future","direction":"buy","size":50.0,"average_price":7440.18,
    "mark_price":7476.65,"floating_profit_loss":0.0000015,"estimated_liquidation_price":5.2,"leverage":34}``"""

    instrument_name: str
    size: Decimal
    direction: str = ""
    average_price: Decimal | None = None
    mark_price: Decimal | None = None
    floating_profit_loss: Decimal | None = None
    estimated_liquidation_price: Decimal | None = None
    leverage: Decimal | None = None


class ChangesRow(msgspec.Struct):
    """``user.changes.{…}.{interval}``: ``{"instrument_name":"BTC-PERPETUAL","trades":[…],"orders":[…],
    "positions":[…]}``"""

    instrument_name: str = ""
    orders: list[OrderRow] = []
    trades: list[UserTradeRow] = []
    positions: list[PositionRow] = []


class AccountSummary(msgspec.Struct):
    """``user.portfolio.{currency}`` and ``private/get_account_summary``; in cross margin ``margin_balance`` is that of
    the whole portfolio, and ``equity`` what is held of the asset::

        {"currency":"USDT","balance":55.00055,"equity":55.00055,"margin_balance":54.968258,"available_funds":53.868247,
         "initial_margin":1.100011,"maintenance_margin":0.0,"locked_balance":0.0}
    """

    currency: str
    equity: Decimal
    available_funds: Decimal
    balance: Decimal | None = None
    initial_margin: Decimal | None = None
    maintenance_margin: Decimal | None = None
    limits: dict[str, Any] | None = None


class AccountSummaries(msgspec.Struct):
    """``private/get_account_summaries``: ``{"id":10,"email":"…","summaries":[{"currency":"BTC",…}]}``"""

    summaries: list[AccountSummary]


class PlacedOrder(msgspec.Struct):
    """``{"order":{…},"trades":[…]}``: an order that was placed or edited, and what it traded at once."""

    order: OrderRow
    trades: list[UserTradeRow] = []


class QuoteResult(msgspec.Struct):
    """``private/mass_quote``: ``{"orders":[…],"trades":[…],"errors":[{"side":"bid","instrument_name":"…",
    "error":{"code":10009,"message":"not_enough_funds"}}]}``; not ``detailed``, it has counts instead of lists."""

    orders: list[OrderRow] = []
    trades: list[UserTradeRow] = []
    errors: list[dict[str, Any]] = []
    errors_count: int | None = None
    pending_requests: list[dict[str, Any]] = []
    """Instrument and side of what was not waited for."""
    pending_requests_count: int | None = None


class CancelOnDisconnect(msgspec.Struct):
    """``{"enabled":false,"scope":"account"}``"""

    enabled: bool
    scope: str


class PublicTrade(msgspec.Struct):
    """``{"trade_seq":36798,"trade_id":"277976","timestamp":1590476708320,"price":8950.0,"instrument_name":
    "BTC-PERPETUAL","direction":"sell","amount":10.0}``"""

    trade_seq: int
    trade_id: str
    timestamp: int
    instrument_name: str
    price: Decimal
    amount: Decimal
    direction: str
    liquidation: str = ""


class TradesPage(msgspec.Struct):
    """``{"trades":[…],"has_more":true}``"""

    trades: list[PublicTrade]
    has_more: bool = False


class UserTradesPage(msgspec.Struct):
    """``{"trades":[…],"has_more":true}``"""

    trades: list[UserTradeRow]
    has_more: bool = False


class BookAnswer(msgspec.Struct):
    """``public/get_order_book``: ``{"timestamp":1550757626706,"instrument_name":"BTC-PERPETUAL","change_id":474988,
    "bids":[[3955.75,30.0]],"asks":[[3956.0,20.0]],"state":"open",…}``"""

    timestamp: int
    change_id: int
    instrument_name: str
    bids: list[tuple[Decimal, Decimal]]
    asks: list[tuple[Decimal, Decimal]]


class ChartData(msgspec.Struct):
    """``public/get_tradingview_chart_data``, columns: ``{"ticks":[1554373800000],"open":[4.0],"high":[5.0],"low":[3.0],
    "close":[4.5],"volume":[19.0],"cost":[90.0],"status":"ok"}``"""

    status: str
    ticks: list[int] = []
    open: list[Decimal] = []
    high: list[Decimal] = []
    low: list[Decimal] = []
    close: list[Decimal] = []
    volume: list[Decimal] = []
    cost: list[Decimal] = []


class FundingRow(msgspec.Struct):
    """``{"timestamp":1569891600000,"index_price":8222.87,"prev_index_price":8305.72,"interest_8h":-0.00009,
    "interest_1h":-0.000003}``"""

    timestamp: int
    interest_8h: Decimal
    interest_1h: Decimal
    index_price: Decimal | None = None


class IndexPriceRow(msgspec.Struct):
    """``{"index_price":11628.81,"estimated_delivery_price":11628.81}``"""

    index_price: Decimal
    estimated_delivery_price: Decimal | None = None


class BookSummary(msgspec.Struct):
    """``{"instrument_name":"ETH-22FEB19-140-P","mark_price":0.04,"open_interest":0.55,"volume":0.0,"high":null,
    "low":null,"last":null,"bid_price":null,"ask_price":null,"creation_timestamp":1550230036440}``"""

    instrument_name: str
    creation_timestamp: int
    last: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: Decimal | None = None
    bid_price: Decimal | None = None
    ask_price: Decimal | None = None
    mark_price: Decimal | None = None
    open_interest: Decimal | None = None


class CurrencyRow(msgspec.Struct):
    """``{"currency":"BTC","currency_long":"Bitcoin","coin_type":"BITCOIN","min_confirmations":1,"decimals":8,…}``"""

    currency: str
    currency_long: str = ""
    decimals: int | None = None
