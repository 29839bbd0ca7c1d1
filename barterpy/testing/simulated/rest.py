"""The REST API of the simulated venue: a request in, an answer out. Knows no server: one is put around it.

Paths, weights and errors are those of the spot and derivatives documentation of 2026-09.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, final
from urllib.parse import parse_qsl

import msgspec

from barterpy.clock import MILLISECOND, MINUTE, SECOND, WallClock
from barterpy.testing.simulated import payloads
from barterpy.testing.simulated.candles import INTERVALS
from barterpy.testing.simulated.exchange import SimulatedExchange
from barterpy.testing.simulated.instrument import SimulatedInstrument
from barterpy.testing.simulated.keys import KeyRing, Refusal

__all__ = ["Answer", "RestApi"]

_WEIGHT_LIMIT: Final = {"spot": 6000, "futures": 2400}
_FUNDING: Final = 8 * 3_600_000
_MOST_KLINES: Final = {"spot": 1000, "futures": 1500}
_DEPTHS: Final = (5, 10, 20, 50, 100, 500, 1000)

Parameters = Mapping[str, str]


class Answer(msgspec.Struct, frozen=True):
    """Status, headers and body of an answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@final
class RestApi:
    """See the module.

    :param clock: int nanoseconds UTC
    :param weight_limit: request weight a minute; None for the market's own
    """

    def __init__(
        self, exchange: SimulatedExchange, keys: KeyRing, *, clock: WallClock, weight_limit: int | None = None
    ) -> None:
        self.exchange = exchange
        self.clock = clock
        self.skew = 0
        """Nanoseconds the server's clock goes ahead of ``clock``."""
        self.weight_limit: int = weight_limit or _WEIGHT_LIMIT[exchange.market]
        self.used_weight: int = 0
        """Weight used in the current minute."""
        self.banned_until = 0
        """Int nanoseconds UTC until which everything is answered 418."""
        self.requests: list[str] = []
        """Method and target of every request, signatures left out; the last 10,000."""
        self.balances: dict[str, str] = {"USDT": "10000.00000000", "BTC": "1.50000000"}
        self.planned: list[Answer] = []
        """Answers to give instead of the right ones, first to the next request."""
        self._keys = keys
        self._minute = 0
        prefix = "/api/v3" if exchange.market == "spot" else "/fapi/v1"
        public: dict[str, tuple[Callable[[Parameters], int], Callable[[Parameters], Any]]] = {
            f"{prefix}/ping": (_weight(1), lambda _: {}),
            f"{prefix}/time": (_weight(1), lambda _: {"serverTime": self.server_millis}),
            f"{prefix}/exchangeInfo": (_weight(20 if self._spot else 1), self._exchange_info),
            f"{prefix}/depth": (self._depth_weight, self._depth),
            f"{prefix}/trades": (_weight(25 if self._spot else 5), self._trades),
            f"{prefix}/aggTrades": (_weight(4 if self._spot else 20), self._agg_trades),
            f"{prefix}/klines": (self._klines_weight, self._klines),
            f"{prefix}/ticker/24hr": (self._all_weight(2, 80, 1, 40), self._ticker),
            f"{prefix}/ticker/bookTicker": (self._all_weight(2, 4, 2, 5), self._book_ticker),
        }
        signed: dict[str, tuple[int, Callable[[], Any]]] = {}
        if self._spot:
            signed["/api/v3/account"] = (20, self._account)
        else:
            public["/fapi/v1/premiumIndex"] = (self._all_weight(1, 1, 1, 10), self._premium_index)
            public["/fapi/v1/fundingRate"] = (_weight(1), self._funding_rate)
            public["/fapi/v1/openInterest"] = (_weight(1), self._open_interest)
            for version in ("v2", "v3"):
                signed[f"/fapi/{version}/account"] = (5, self._futures_account)
                signed[f"/fapi/{version}/balance"] = (5, self._futures_balance)
        self._public = public
        self._signed = signed

    @property
    def _spot(self) -> bool:
        return self.exchange.market == "spot"

    @property
    def server_millis(self) -> int:
        """The server's clock, int milliseconds UTC."""
        return (self.clock() + self.skew) // MILLISECOND

    def handle(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to a request; ``headers`` by lower-case name, ``query`` as it was sent."""
        target = f"{path}?{query}" if query else path
        self.requests.append(f"{method} {target.partition('signature=')[0].rstrip('&?')}")
        del self.requests[:-10_000]
        now = self.clock()
        if now < self.banned_until:
            until = self.banned_until // MILLISECOND
            return self._refused(
                Refusal(418, -1003, f"Way too much request weight used; IP banned until {until}."),
                math.ceil((self.banned_until - now) / SECOND),
            )
        if self.planned:
            return self.planned.pop(0)
        if now // MINUTE != self._minute:
            self._minute, self.used_weight = now // MINUTE, 0
        try:
            return self._answer(method, path, query, headers, body)
        except Refusal as refusal:
            wait = math.ceil(((self._minute + 1) * MINUTE - now) / SECOND) if refusal.status == 429 else None
            return self._refused(refusal, wait)

    def _answer(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        parameters = dict(parse_qsl(query, keep_blank_values=True))
        public, signed = self._public.get(path), self._signed.get(path)
        if public is None and signed is None:
            return Answer(404, (("Content-Type", "text/html"),), b"<html><body><h2>404 Not found</h2></body></html>")
        if method != "GET":
            raise Refusal(405, -1000, "Method not allowed.")
        weight = public[0](parameters) if public is not None else signed[0] if signed is not None else 0
        if self.used_weight + weight > self.weight_limit:
            text = f"Too much request weight used; current limit is {self.weight_limit} request weight per 1 MINUTE."
            raise Refusal(429, -1003, text)
        self.used_weight += weight
        if public is not None:
            return self._ok(public[1](parameters))
        assert signed is not None
        self._keys.check(headers.get("x-mbx-apikey"), query, body.decode("latin-1"), self.server_millis)
        return self._ok(signed[1]())

    def _ok(self, content: Any) -> Answer:
        return Answer(200, self._headers(), msgspec.json.encode(content))

    def _refused(self, refusal: Refusal, retry_after: int | None) -> Answer:
        headers = self._headers() if retry_after is None else (*self._headers(), ("Retry-After", str(retry_after)))
        return Answer(refusal.status, headers, msgspec.json.encode({"code": refusal.code, "msg": refusal.text}))

    def _headers(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Content-Type", "application/json;charset=UTF-8"),
            ("X-MBX-USED-WEIGHT-1M", str(self.used_weight)),
        )

    # Weights.

    def _depth_weight(self, parameters: Parameters) -> int:
        limit = _integer(parameters, "limit", 100 if self._spot else 500)
        steps = ((100, 5), (500, 25), (1000, 50)) if self._spot else ((50, 2), (100, 5), (500, 10))
        return next((weight for most, weight in steps if limit <= most), 250 if self._spot else 20)

    def _klines_weight(self, parameters: Parameters) -> int:
        limit = _integer(parameters, "limit", 500)
        if self._spot:
            return 2
        return next((weight for most, weight in ((99, 1), (499, 2), (1000, 5)) if limit <= most), 10)

    def _all_weight(self, one: int, all_: int, futures_one: int, futures_all: int) -> Callable[[Parameters], int]:
        weights = (one, all_) if self._spot else (futures_one, futures_all)
        return lambda parameters: weights["symbol" not in parameters]

    # Public.

    def _instrument(self, parameters: Parameters) -> SimulatedInstrument:
        if not parameters.get("symbol"):
            raise Refusal(400, -1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.")
        instrument = self.exchange.instruments.get(parameters["symbol"])
        if instrument is None:
            raise Refusal(400, -1121, "Invalid symbol.")
        return instrument

    def _exchange_info(self, parameters: Parameters) -> Any:
        rows = [self._instrument(parameters)] if "symbol" in parameters else self.exchange.instruments.values()
        return {
            "timezone": "UTC",
            "serverTime": self.server_millis,
            "rateLimits": [
                {
                    "rateLimitType": "REQUEST_WEIGHT",
                    "interval": "MINUTE",
                    "intervalNum": 1,
                    "limit": self.weight_limit,
                }
            ],
            "symbols": [payloads.exchange_symbol(self.exchange.market, instrument) for instrument in rows],
        }

    def _depth(self, parameters: Parameters) -> Any:
        limit = _integer(parameters, "limit", 100 if self._spot else 500)
        if not self._spot and limit not in _DEPTHS:
            raise Refusal(400, -4021, f"'{limit}' is not valid depth limit.")
        instrument = self._instrument(parameters)
        return payloads.depth(self.exchange.market, instrument, min(limit, 5000), self.exchange.millis)

    def _trades(self, parameters: Parameters) -> Any:
        instrument = self._instrument(parameters)
        rows = [row for traded in instrument.trades for row in payloads.trade_rows(instrument.symbol, traded)]
        return rows[-_integer(parameters, "limit", 500, 1000) :]

    def _agg_trades(self, parameters: Parameters) -> Any:
        instrument = self._instrument(parameters)
        limit = _integer(parameters, "limit", 500, 1000)
        from_id = _integer(parameters, "fromId", -1)
        start = _integer(parameters, "startTime", -1)
        end = _integer(parameters, "endTime", 1 << 62)
        chosen = [one for one in instrument.trades if one.id >= from_id and start <= one.at <= end]
        chosen = chosen[:limit] if from_id >= 0 or start >= 0 else chosen[-limit:]
        return [payloads.agg_trade_row(self.exchange.market, instrument.symbol, one) for one in chosen]

    def _klines(self, parameters: Parameters) -> Any:
        instrument = self._instrument(parameters)
        interval = parameters.get("interval", "")
        if interval not in INTERVALS or (interval == "1s" and not self._spot):
            raise Refusal(400, -1120, "Invalid interval.")
        limit = _integer(parameters, "limit", 500, _MOST_KLINES[self.exchange.market])
        start = _integer(parameters, "startTime", -1)
        end = min(_integer(parameters, "endTime", 1 << 62), self.exchange.millis)
        bars = instrument.candles.bars(interval, max(start, 0), end)
        rows: list[Any] = []
        for bar in bars:
            rows.append(payloads.kline_row(instrument.symbol, interval, bar))
            if start >= 0 and len(rows) == limit:
                break
        return rows[-limit:]

    def _ticker(self, parameters: Parameters) -> Any:
        market, now = self.exchange.market, self.exchange.millis
        return self._one_or_all(parameters, lambda one: payloads.ticker_row(market, one, now))

    def _book_ticker(self, parameters: Parameters) -> Any:
        def row(instrument: SimulatedInstrument) -> Any:
            best = payloads.book_ticker(self.exchange.market, instrument, self.exchange.millis)
            names = {"symbol": "s", "bidPrice": "b", "bidQty": "B", "askPrice": "a", "askQty": "A"}
            return {name: best[key] for name, key in names.items()}

        return self._one_or_all(parameters, row)

    def _premium_index(self, parameters: Parameters) -> Any:
        return self._one_or_all(parameters, lambda one: payloads.premium_index(one, self.exchange.millis))

    def _one_or_all(self, parameters: Parameters, row: Callable[[SimulatedInstrument], Any]) -> Any:
        if "symbol" in parameters:
            return row(self._instrument(parameters))
        return [row(instrument) for instrument in self.exchange.instruments.values()]

    def _funding_rate(self, parameters: Parameters) -> Any:
        instrument = self._instrument(parameters)
        now = self.exchange.millis
        limit = _integer(parameters, "limit", 100, 1000)
        start = _integer(parameters, "startTime", now - 30 * 86_400_000)
        end = min(_integer(parameters, "endTime", now), now)
        times = range(-(-start // _FUNDING) * _FUNDING, end + 1, _FUNDING)
        chosen = times[:limit] if "startTime" in parameters else times[-limit:]
        price = instrument.symbol.price_text(instrument.last_price)
        return [
            {"symbol": instrument.symbol.name, "fundingRate": "0.00010000", "fundingTime": at, "markPrice": price}
            for at in chosen
        ]

    def _open_interest(self, parameters: Parameters) -> Any:
        instrument = self._instrument(parameters)
        total = instrument.symbol.size_text(sum(instrument.bids.values()) + sum(instrument.asks.values()))
        return {"openInterest": total, "symbol": instrument.symbol.name, "time": self.exchange.millis}

    # Signed.

    def _account(self) -> Any:
        rows = [{"asset": asset, "free": free, "locked": "0.00000000"} for asset, free in self.balances.items()]
        return {"canTrade": True, "updateTime": self.server_millis, "accountType": "SPOT", "balances": rows}

    def _futures_balance(self) -> Any:
        return [
            {
                "accountAlias": "SiMu",
                "asset": asset,
                "balance": amount,
                "crossWalletBalance": amount,
                "availableBalance": amount,
                "updateTime": self.server_millis,
            }
            for asset, amount in self.balances.items()
        ]

    def _futures_account(self) -> Any:
        assets = [
            {"asset": asset, "walletBalance": amount, "availableBalance": amount, "updateTime": self.server_millis}
            for asset, amount in self.balances.items()
        ]
        return {"totalWalletBalance": self.balances.get("USDT", "0"), "assets": assets, "positions": []}


def _weight(weight: int) -> Callable[[Parameters], int]:
    return lambda _: weight


def _integer(parameters: Parameters, name: str, default: int, most: int | None = None) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise Refusal(400, -1100, f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'.")
    return int(text) if most is None else min(int(text), most)
