"""The REST API of the simulated Indexer: a path and a query in, an answer out. Knows no server."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, final
from urllib.parse import parse_qsl

import msgspec

from barterpy.clock import MILLISECOND, SECOND, WallClock
from barterpy.testing.simulated.dydx.accounts import SimulatedAccount, SimulatedAccounts
from barterpy.testing.simulated.dydx.market import RESOLUTIONS, Contents, SimulatedMarkets, iso
from barterpy.testing.simulated.rest import Answer

__all__ = ["IndexerApi"]

_MOST: Final = 100
_CANDLES: Final = "/v4/candles/"
_BUCKETS: Final = {"candles": 1000, "requests": 100}
_PERIOD: Final = 10 * SECOND

Parameters = Mapping[str, str]


class _Refusal(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@final
class IndexerApi:
    """See the module. ``requests`` are the targets of all requests, the last 10,000."""

    def __init__(
        self, markets: SimulatedMarkets, accounts: SimulatedAccounts, clock: WallClock, limit: int | None = None
    ) -> None:
        self.requests: list[str] = []
        self.planned: list[Answer] = []
        """Answers to give instead of the right ones, first to the next request."""
        self._markets = markets
        self._accounts = accounts
        self._clock = clock
        self._limits = {**_BUCKETS, **({} if limit is None else {"requests": limit})}
        self._times: dict[str, list[int]] = {name: [] for name in _BUCKETS}
        self._routes: tuple[tuple[str, Callable[[str, Parameters], Any]], ...] = (
            ("/v4/time", self._time),
            ("/v4/height", self._height),
            ("/v4/perpetualMarkets", self._perpetual_markets),
            ("/v4/sparklines", self._sparklines),
            ("/v4/orderbooks/perpetualMarket/", lambda rest, _: self._markets.book(self._ticker(rest))),
            ("/v4/trades/perpetualMarket/", self._trades),
            ("/v4/candles/perpetualMarkets/", self._candles),
            ("/v4/historicalFunding/", self._funding),
            ("/v4/addresses/", self._addresses),
            ("/v4/orders/parentSubaccountNumber", self._orders),
            ("/v4/orders/", self._order),
            ("/v4/orders", self._orders),
            ("/v4/fills", lambda _, query: {"fills": self._rows(query, lambda account: account.fills)}),
            ("/v4/transfers", lambda _, query: {"transfers": self._rows(query, lambda account: account.transfers)}),
            ("/v4/perpetualPositions", self._positions),
            ("/v4/assetPositions", self._assets),
            ("/v4/historical-pnl", self._pnl),
            ("/v4/fundingPayments", self._payments),
        )

    def handle(self, path: str, query: str) -> Answer:
        """The answer to a GET."""
        self.requests.append(f"{path}?{query}" if query else path)
        del self.requests[:-10_000]
        if self.planned:
            return self.planned.pop(0)
        now = self._clock()
        bucket = "candles" if path.startswith(_CANDLES) else "requests"
        times = self._times[bucket] = [time for time in self._times[bucket] if now - time < _PERIOD]
        if len(times) >= self._limits[bucket]:
            return _answer({"errors": [{"msg": "Too many requests"}]}, 429)
        times.append(now)
        for root, route in self._routes:
            if path.startswith(root):
                try:
                    return _answer(route(path.removeprefix(root), dict(parse_qsl(query))))
                except _Refusal as refusal:
                    return _answer({"errors": [{"msg": str(refusal)}]}, refusal.status)
        return _answer({"errors": [{"msg": "Not Found"}]}, 404)

    def _time(self, _: str, query: Parameters) -> Contents:
        now = self._clock()
        return {"iso": iso(now), "epoch": now // MILLISECOND / 1000}

    def _height(self, _: str, query: Parameters) -> Contents:
        return {"height": str(self._markets.height()), "time": iso(self._markets.now)}

    def _perpetual_markets(self, _: str, query: Parameters) -> Contents:
        rows = self._markets.market_rows()
        ticker = query.get("ticker")
        return {"markets": rows if ticker is None else {ticker: rows[self._ticker(ticker)]}}

    def _sparklines(self, _: str, query: Parameters) -> Contents:
        resolution = {"ONE_DAY": "1HOUR", "SEVEN_DAYS": "4HOURS"}.get(query.get("timePeriod", ""))
        if resolution is None:
            raise _Refusal(400, "timePeriod must be one of ONE_DAY, SEVEN_DAYS")
        markets = self._markets
        return {
            ticker: [row["close"] for row in markets.candle_rows(ticker, resolution, 0, markets.now, 24)]
            for ticker in markets.instruments
        }

    def _trades(self, ticker: str, query: Parameters) -> Contents:
        height = query.get("createdBeforeOrAtHeight")
        return {
            "trades": self._markets.last_trades(
                self._ticker(ticker), _limit(query), None if height is None else int(height)
            )
        }

    def _candles(self, ticker: str, query: Parameters) -> Contents:
        resolution = query.get("resolution", "")
        if resolution not in RESOLUTIONS:
            raise _Refusal(400, f"resolution must be a valid Candle Resolution, one of {','.join(RESOLUTIONS)}")
        start, end = _at(query.get("fromISO"), 0), _at(query.get("toISO"), self._markets.now + 1)
        return {"candles": self._markets.candle_rows(self._ticker(ticker), resolution, start, end, _limit(query))}

    def _funding(self, ticker: str, query: Parameters) -> Contents:
        most = int(query.get("effectiveBeforeOrAtHeight", 1 << 60))
        rows = [
            {"ticker": of, "rate": rate, "price": "1", "effectiveAt": iso(at), "effectiveAtHeight": str(height)}
            for of, rate, height, at in self._markets.funding
            if of == self._ticker(ticker) and height <= most
        ]
        return {"historicalFunding": rows[: _limit(query)]}

    def _addresses(self, rest: str, query: Parameters) -> Contents:
        address, _, kind_and_number = rest.partition("/")
        if not kind_and_number:
            rows = [account.row() for (owner, _), account in self._accounts.known.items() if owner == address]
            if not rows:
                raise _Refusal(404, f"No subaccounts found for address {address}")
            return {"subaccounts": rows, "totalTradingRewards": "0"}
        kind, _, number = kind_and_number.partition("/")
        found = self._accounts.of(address, int(number), parent=kind == "parentSubaccountNumber")
        if not found:
            raise _Refusal(404, f"No subaccount found with address {address} and subaccountNumber {number}")
        if kind == "subaccountNumber":
            return {"subaccount": found[0].row()}
        whole = {"address": address, "parentSubaccountNumber": int(number), "equity": "0", "freeCollateral": "0"}
        return {"subaccount": {**whole, "childSubaccounts": [account.row() for account in found]}}

    def _orders(self, _: str, query: Parameters) -> list[Contents]:
        rows = [
            {**order, "subaccountNumber": account.number}
            for account in self._found(query)
            for order in reversed(account.orders.values())
            if query.get("ticker") in (None, order["ticker"]) and query.get("status") in (None, order["status"])
        ]
        return rows[: _limit(query)]

    def _order(self, order_id: str, query: Parameters) -> Contents:
        for account in self._accounts.known.values():
            if order_id in account.orders:
                return {**account.orders[order_id], "subaccountNumber": account.number}
        raise _Refusal(404, f"Unable to find order id {order_id}")

    def _positions(self, _: str, query: Parameters) -> Contents:
        found = self._found(query)
        return {"positions": [account.position_row(market) for account in found for market in account.positions]}

    def _assets(self, _: str, query: Parameters) -> Contents:
        return {"positions": [account.asset_row() for account in self._found(query)]}

    def _pnl(self, _: str, query: Parameters) -> Contents:
        markets = self._markets
        rows = [
            {
                "equity": str(account.usdc),
                "totalPnl": "0",
                "netTransfers": "0",
                "createdAt": iso(markets.now - hour * 3600 * SECOND),
                "blockHeight": str(markets.height(markets.now - hour * 3600 * SECOND)),
            }
            for account in self._found(query)
            for hour in range(3)
        ]
        return {"historicalPnl": _until(rows, "blockHeight", query)[: _limit(query)]}

    def _payments(self, _: str, query: Parameters) -> Contents:
        rows = [
            {
                "createdAt": iso(at),
                "createdAtHeight": str(height),
                "perpetualId": "0",
                "ticker": ticker,
                "oraclePrice": "1",
                "size": str(abs(account.positions[ticker][0])),
                "side": "LONG" if account.positions[ticker][0] > 0 else "SHORT",
                "rate": rate,
                "payment": "-0.01",
                "subaccountNumber": str(account.number),
                "fundingIndex": "0",
            }
            for account in self._found(query)
            for ticker, rate, height, at in self._markets.funding
            if ticker in account.positions
        ]
        return {"fundingPayments": _until(rows, "createdAtHeight", query)[: _limit(query)]}

    def _rows(self, query: Parameters, of: Callable[[SimulatedAccount], Sequence[Contents]]) -> list[Contents]:
        rows = [row for account in self._found(query) for row in of(account)]
        market = query.get("market")
        rows = [row for row in rows if market in (None, row.get("market"))]
        rows.sort(key=lambda row: int(row["createdAtHeight"]))
        return _until(rows[::-1], "createdAtHeight", query)[: _limit(query)]

    def _found(self, query: Parameters) -> list[SimulatedAccount]:
        address = query.get("address", "")
        if not address.startswith("dydx1"):
            raise _Refusal(400, "address must be a valid dydx address")
        parent = "parentSubaccountNumber" in query
        number = query.get("parentSubaccountNumber" if parent else "subaccountNumber", "0")
        found = self._accounts.of(address, int(number), parent=parent)
        if not found:
            raise _Refusal(404, f"No subaccount found with address {address} and subaccountNumber {number}")
        return found

    def _ticker(self, ticker: str) -> str:
        if ticker not in self._markets.instruments:
            raise _Refusal(400, "ticker must be a valid ticker (BTC-USD, etc)")
        return ticker


def _answer(body: Any, status: int = 200) -> Answer:
    return Answer(status, (("Content-Type", "application/json"),), msgspec.json.encode(body))


def _limit(query: Parameters) -> int:
    text = query.get("limit", str(_MOST))
    if not text.isdecimal() or not 1 <= int(text) <= _MOST:
        raise _Refusal(400, f"limit must be a positive integer that is not greater than max: {_MOST}")
    return int(text)


def _at(text: str | None, default: int) -> int:
    return default if text is None else round(datetime.fromisoformat(text).timestamp() * 1000) * MILLISECOND


def _until(rows: list[Contents], name: str, query: Parameters) -> list[Contents]:
    most = int(query.get("createdBeforeOrAtHeight", 1 << 60))
    return [row for row in rows if int(row[name]) <= most]
