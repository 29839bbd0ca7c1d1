"""The simulated REST API answers as the documentation says, refusals included."""

import hashlib
import hmac
from typing import Any

import msgspec
import pytest

from barterpy.clock import SECOND
from barterpy.testing.simulated import SYMBOLS, SimulatedExchange
from barterpy.testing.simulated.keys import KeyRing
from barterpy.testing.simulated.payloads import MarketName
from barterpy.testing.simulated.rest import Answer, RestApi

NOW = 1_767_225_605 * SECOND
MILLIS = NOW // 1_000_000


class Api:
    """A REST API at a fixed time, with one key."""

    def __init__(self, market: MarketName = "spot", **options: Any) -> None:
        self.now = NOW
        self.keys = KeyRing()
        self.keys.add("key", "secret")
        exchange = SimulatedExchange(market, SYMBOLS[:2], seed=1, rate=20, now=NOW, history=30)
        self.rest = RestApi(exchange, self.keys, clock=lambda: self.now, **options)

    def get(self, target: str, key: str | None = None, method: str = "GET") -> tuple[int, Any, dict[str, str]]:
        path, _, query = target.partition("?")
        headers = {} if key is None else {"x-mbx-apikey": key}
        answer = self.rest.handle(method, path, query, headers, b"")
        content = msgspec.json.decode(answer.body) if answer.body[:1] in (b"{", b"[") else answer.body
        return answer.status, content, {name.lower(): value for name, value in answer.headers}


def sign(query: str, secret: str = "secret") -> str:
    return f"{query}&signature={hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()}"


def test_time_and_instruments() -> None:
    api = Api()
    assert api.get("/api/v3/time")[:2] == (200, {"serverTime": MILLIS})
    api.rest.skew = -3 * SECOND
    assert api.get("/api/v3/time")[1] == {"serverTime": MILLIS - 3000}
    status, info, _ = api.get("/api/v3/exchangeInfo")
    assert status == 200
    assert [row["symbol"] for row in info["symbols"]] == ["BTCUSDT", "ETHUSDT"]
    assert {one["filterType"] for one in info["symbols"][0]["filters"]} >= {"PRICE_FILTER", "LOT_SIZE", "NOTIONAL"}
    assert [row["symbol"] for row in api.get("/api/v3/exchangeInfo?symbol=ETHUSDT")[1]["symbols"]] == ["ETHUSDT"]


@pytest.mark.parametrize(("market", "path"), [("spot", "/api/v3/depth"), ("futures", "/fapi/v1/depth")])
def test_depth_is_the_book(market: MarketName, path: str) -> None:
    api = Api(market)
    instrument = api.rest.exchange.instruments["BTCUSDT"]
    status, depth, headers = api.get(f"{path}?symbol=BTCUSDT&limit=5")
    assert status == 200
    assert depth["lastUpdateId"] == instrument.update_id
    assert [tuple(level) for level in depth["bids"]] == instrument.depth(5)[0]
    assert len(depth["asks"]) == 5
    assert ("T" in depth) == (market == "futures")
    assert headers["x-mbx-used-weight-1m"] == str(api.rest.used_weight)


def test_pages_of_trades_follow_each_other() -> None:
    api = Api()
    all_ = list(api.rest.exchange.instruments["BTCUSDT"].trades)
    assert len(all_) > 150
    first = api.get(f"/api/v3/aggTrades?symbol=BTCUSDT&startTime={all_[0].at}&limit=100")[1]
    second = api.get(f"/api/v3/aggTrades?symbol=BTCUSDT&fromId={first[-1]['a'] + 1}&limit=100")[1]
    assert [row["a"] for row in first + second] == [trade.id for trade in all_[: len(first + second)]]
    assert [row["a"] for row in api.get("/api/v3/aggTrades?symbol=BTCUSDT&limit=3")[1]] == [one.id for one in all_[-3:]]
    newest = api.get("/api/v3/trades?symbol=BTCUSDT&limit=5")[1]
    assert [row["id"] for row in newest] == list(range(newest[-1]["id"] - 4, newest[-1]["id"] + 1))
    assert newest[-1]["id"] == all_[-1].last_id


def test_pages_of_candles_follow_each_other() -> None:
    api = Api()
    first = api.rest.exchange.instruments["BTCUSDT"].candles.first
    page = api.get(f"/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime={first}&limit=10")[1]
    after = api.get(f"/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime={page[-1][0] + 1}&limit=1000")[1]
    opens = [row[0] for row in page + after]
    assert opens == [first + 60_000 * n for n in range(len(opens))]
    assert 30 <= len(opens) <= 32
    assert [row[0] for row in api.get("/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=3")[1]] == opens[-3:]
    assert api.get("/api/v3/klines?symbol=BTCUSDT&interval=7m")[:2] == (
        400,
        {"code": -1120, "msg": "Invalid interval."},
    )


def test_tickers_of_one_and_of_all() -> None:
    api = Api()
    one = api.get("/api/v3/ticker/24hr?symbol=BTCUSDT")[1]
    assert one["lastPrice"] == api.rest.exchange.instruments["BTCUSDT"].symbol.price_text(
        api.rest.exchange.instruments["BTCUSDT"].last_price
    )
    assert [row["symbol"] for row in api.get("/api/v3/ticker/24hr")[1]] == ["BTCUSDT", "ETHUSDT"]
    assert set(api.get("/api/v3/ticker/bookTicker?symbol=ETHUSDT")[1]) == {
        "symbol",
        "bidPrice",
        "bidQty",
        "askPrice",
        "askQty",
    }


def test_futures_have_marks_and_funding() -> None:
    api = Api("futures")
    index = api.get("/fapi/v1/premiumIndex?symbol=BTCUSDT")[1]
    assert index["nextFundingTime"] > MILLIS
    assert len(api.get("/fapi/v1/premiumIndex")[1]) == 2
    rows = api.get("/fapi/v1/fundingRate?symbol=BTCUSDT&limit=5")[1]
    assert [row["fundingTime"] % 28_800_000 for row in rows] == [0] * 5
    since = api.get(f"/fapi/v1/fundingRate?symbol=BTCUSDT&startTime={rows[2]['fundingTime']}&limit=2")[1]
    assert since == rows[2:4]
    assert Api().get("/fapi/v1/premiumIndex")[0] == 404


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/api/v3/depth", 400, -1102),
        ("/api/v3/depth?symbol=NOPE", 400, -1121),
        ("/api/v3/depth?symbol=BTCUSDT&limit=many", 400, -1100),
    ],
)
def test_bad_requests_are_refused_with_their_code(target: str, status: int, code: int) -> None:
    got, content, _ = Api().get(target)
    assert (got, content["code"]) == (status, code)


def test_other_refusals() -> None:
    assert Api("futures").get("/fapi/v1/depth?symbol=BTCUSDT&limit=7")[:2] == (
        400,
        {"code": -4021, "msg": "'7' is not valid depth limit."},
    )
    assert Api().get("/api/v3/time", method="DELETE")[0] == 405
    assert Api().get("/nowhere")[0] == 404


def test_weight_is_counted_and_refused_until_the_minute_ends() -> None:
    api = Api(weight_limit=100)
    assert api.get("/api/v3/depth?symbol=BTCUSDT&limit=1000")[2]["x-mbx-used-weight-1m"] == "50"
    assert api.get("/api/v3/depth?symbol=BTCUSDT&limit=1000")[2]["x-mbx-used-weight-1m"] == "100"
    status, content, headers = api.get("/api/v3/time")
    assert (status, content["code"], headers["retry-after"]) == (429, -1003, "55")
    api.now += 55 * SECOND
    assert api.get("/api/v3/time")[0] == 200
    assert api.rest.used_weight == 1


def test_a_ban_ends() -> None:
    api = Api()
    api.rest.banned_until = NOW + 90 * SECOND
    status, content, headers = api.get("/api/v3/time")
    assert (status, content["code"], headers["retry-after"]) == (418, -1003, "90")
    assert str(MILLIS + 90_000) in content["msg"]
    api.now += 90 * SECOND
    assert api.get("/api/v3/time")[0] == 200


def test_planned_answers_come_first_and_requests_are_kept_without_signatures() -> None:
    api = Api()
    api.rest.planned.append(Answer(503, (), b"Service Unavailable."))
    assert api.get("/api/v3/time")[:2] == (503, b"Service Unavailable.")
    assert api.get(f"/api/v3/account?{sign(f'timestamp={MILLIS}')}", "key")[0] == 200
    assert api.rest.requests == ["GET /api/v3/time", f"GET /api/v3/account?timestamp={MILLIS}"]


SIGNED = [("spot", "/api/v3/account"), ("futures", "/fapi/v3/account"), ("futures", "/fapi/v3/balance")]


@pytest.mark.parametrize(("market", "path"), SIGNED)
def test_a_good_signature_is_accepted(market: MarketName, path: str) -> None:
    status, content, _ = Api(market).get(f"{path}?{sign(f'recvWindow=5000&timestamp={MILLIS}')}", "key")
    assert status == 200
    assert "USDT" in str(content)


@pytest.mark.parametrize(
    ("query", "key", "status", "code"),
    [
        (sign(f"timestamp={MILLIS}"), None, 401, -2014),
        (sign(f"timestamp={MILLIS}"), "other", 401, -2015),
        (f"timestamp={MILLIS}", "key", 400, -1102),
        (sign("recvWindow=5000"), "key", 400, -1102),
        (sign("timestamp=now"), "key", 400, -1102),
        (sign(f"timestamp={MILLIS}", "wrong"), "key", 400, -1022),
        (sign(f"timestamp={MILLIS}") + "&extra=1", "key", 400, -1022),
        (sign(f"recvWindow=60001&timestamp={MILLIS}"), "key", 400, -1131),
        (sign(f"timestamp={MILLIS - 5001}"), "key", 400, -1021),
        (sign(f"timestamp={MILLIS - 5000}"), "key", 200, None),
        (sign(f"timestamp={MILLIS + 1000}"), "key", 400, -1021),
        (sign(f"timestamp={MILLIS + 999}"), "key", 200, None),
        (sign(f"recvWindow=100&timestamp={MILLIS - 101}"), "key", 400, -1021),
    ],
)
def test_every_way_a_signed_request_can_be_wrong(query: str, key: str | None, status: int, code: int | None) -> None:
    got, content, _ = Api().get(f"/api/v3/account?{query}", key)
    assert (got, content.get("code")) == (status, code)
