"""The methods of the simulated Deribit, public and private, for WebSocket and HTTP alike: parameters in, result out."""

from collections.abc import Callable
from typing import Any, Final, final

from barterpy.testing.simulated.deribit.accounts import Accounts, RpcRefusal, SimulatedAccount
from barterpy.testing.simulated.deribit.market import DeribitMarket, SimulatedBook
from barterpy.testing.simulated.deribit.trading import Trading

__all__ = ["Methods"]

_MOST_TRADES: Final = 1000
_MOST_BARS: Final = 5000
_HOUR: Final = 3_600_000
Params = dict[str, Any]


@final
class Methods:
    """See the module. What only makes sense on a connection (subscriptions, heartbeats, logons) is the session's."""

    def __init__(self, market: DeribitMarket, accounts: Accounts, trading: Trading) -> None:
        self._market = market
        self._accounts = accounts
        self._trading = trading
        self._public: dict[str, Callable[[Params], Any]] = {
            "public/test": lambda params: {"version": "1.2.26"},
            "public/get_time": lambda params: market.millis,
            "public/get_instruments": self._instruments,
            "public/get_currencies": lambda params: [
                {"currency": name, "currency_long": name, "decimals": 8} for name in self._currencies()
            ],
            "public/get_index_price": self._index_price,
            "public/get_order_book": self._order_book,
            "public/ticker": lambda params: market.ticker(self._book(params)),
            "public/get_last_trades_by_instrument": self._trades,
            "public/get_last_trades_by_instrument_and_time": self._trades,
            "public/get_tradingview_chart_data": self._chart,
            "public/get_funding_rate_history": self._funding,
            "public/get_book_summary_by_currency": self._summaries,
        }
        self._private: dict[str, Callable[[SimulatedAccount, Params, int], Any]] = {
            "private/buy": lambda account, params, session: trading.place(account, params, session, buys=True),
            "private/sell": lambda account, params, session: trading.place(account, params, session, buys=False),
            "private/edit": lambda account, params, session: trading.edit(account, params),
            "private/cancel": lambda account, params, session: trading.cancel(account, params),
            "private/mass_quote": trading.mass_quote,
            "private/get_open_orders": lambda account, params, session: trading.open_orders(account),
            "private/get_order_state": lambda account, params, session: trading.order_state(account, params),
            "private/get_order_state_by_label": lambda account, params, session: trading.orders_by_label(
                account, params
            ),
            "private/get_positions": lambda account, params, session: trading.positions(
                account, params.get("currency")
            ),
            "private/get_account_summary": lambda account, params, session: trading.summary(
                account, str(params.get("currency"))
            ),
            "private/get_user_trades_by_instrument": lambda account, params, session: trading.user_trades(
                account, params
            ),
        }
        for name in ("cancel_all", "cancel_by_label", "cancel_all_by_currency", "cancel_all_by_instrument"):
            self._private[f"private/{name}"] = self._cancel_many(f"private/{name}")

    def call(self, method: str, params: Params, account: SimulatedAccount | None, session: int = 0) -> Any:
        """The result.

        :raises RpcRefusal: an answer of no
        """
        public, private = self._public.get(method), self._private.get(method)
        if public is not None:
            return public(params)
        if private is None:
            raise RpcRefusal(-32601, "Method not found")
        if account is None:
            raise RpcRefusal(13009, "unauthorized", {"reason": "missing token", "param": "access_token"})
        return private(account, params, session)

    def _cancel_many(self, method: str) -> Callable[[SimulatedAccount, Params, int], int]:
        return lambda account, params, session: self._trading.cancel_many(account, method, params)

    def _book(self, params: Params) -> SimulatedBook:
        book = self._market.books.get(str(params.get("instrument_name")))
        if book is None:
            reason = {"reason": "wrong format", "param": "instrument_name"}
            raise RpcRefusal(-32602, "Invalid params", reason)
        return book

    def _currencies(self) -> list[str]:
        contracts = [book.contract for book in self._market.books.values()]
        return sorted({contract.base for contract in contracts} | {contract.currency for contract in contracts})

    def _instruments(self, params: Params) -> list[Params]:
        currency, kind = params.get("currency", "any"), params.get("kind")
        return [
            book.contract.description(book.state)
            for book in self._market.books.values()
            if currency in ("any", book.contract.currency) and kind in (None, "any", book.contract.kind)
        ]

    def _index_price(self, params: Params) -> Params:
        for book in self._market.books.values():
            if book.contract.index == params.get("index_name"):
                price = self._market.index(book)
                return {"index_price": price, "estimated_delivery_price": price}
        raise RpcRefusal(-32602, "Invalid params", {"param": "index_name", "reason": "value not found"})

    def _order_book(self, params: Params) -> Params:
        book = self._book(params)
        bids, asks = self._market.depth(book, int(params.get("depth", 5)))
        return {
            **self._market.ticker(book),
            "instrument_name": book.contract.name,
            "change_id": book.engine.change_id,
            "bids": bids,
            "asks": asks,
        }

    def _trades(self, params: Params) -> Params:
        book = self._book(params)
        first, last = int(params.get("start_seq", 0)), int(params.get("end_seq", 1 << 60))
        begin, end = int(params.get("start_timestamp", 0)), int(params.get("end_timestamp", 1 << 60))
        count = int(params.get("count", 10))
        if not 1 <= count <= _MOST_TRADES:
            raise RpcRefusal(-32602, "Invalid params", {"param": "count", "reason": "must be 1 to 1000"})
        rows = [match for match in book.trades if first <= match.seq <= last and begin <= match.at <= end]
        if params.get("sorting") != "asc":
            rows.reverse()
        shown = [self._market.trade_row(book, match) for match in rows[:count]]
        return {"trades": shown, "has_more": len(rows) > count}

    def _chart(self, params: Params) -> Params:
        book = self._book(params)
        resolution = str(params.get("resolution"))
        length = 1440 * 60_000 if resolution == "1D" else int(resolution) * 60_000
        begin, end = int(params["start_timestamp"]), min(int(params["end_timestamp"]), self._market.millis)
        opened = book.trades[0].at if book.trades else self._market.millis
        ticks = range(-(-max(begin, opened // length * length) // length) * length, end + 1, length)[:_MOST_BARS]
        bars = [self._market.bar(book, tick, length) for tick in ticks]
        names = {"ticks": "tick"} | {name: name for name in ("open", "high", "low", "close", "volume", "cost")}
        columns = {name: [bar[key] for bar in bars] for name, key in names.items()}
        return {**columns, "status": "ok" if bars else "no_data"}

    def _funding(self, params: Params) -> list[Params]:
        book = self._book(params)
        begin, end = int(params["start_timestamp"]), min(int(params["end_timestamp"]), self._market.millis)
        return [
            {
                "timestamp": at,
                "index_price": self._market.index(book),
                "prev_index_price": self._market.index(book),
                "interest_8h": 0.00001742,
                "interest_1h": 0.0000021775,
            }
            for at in range(-(-begin // _HOUR) * _HOUR, end + 1, _HOUR)
        ]

    def _summaries(self, params: Params) -> list[Params]:
        rows: list[Params] = []
        for book in self._market.books.values():
            if book.contract.currency == params.get("currency"):
                ticker = self._market.ticker(book)
                rows.append(
                    {
                        "instrument_name": book.contract.name,
                        "creation_timestamp": self._market.millis,
                        "last": ticker["last_price"],
                        "high": ticker["stats"]["high"],
                        "low": ticker["stats"]["low"],
                        "volume": ticker["stats"]["volume"],
                        "bid_price": ticker["best_bid_price"],
                        "ask_price": ticker["best_ask_price"],
                        "mark_price": ticker["mark_price"],
                        "open_interest": ticker["open_interest"],
                    }
                )
        return rows
