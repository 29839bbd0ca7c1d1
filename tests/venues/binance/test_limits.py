"""What Binance counts and tells: headers, bans, limiters that clients of one address and of one account share."""

from typing import Any

import anyio
import pytest

from barterpy.clock import MILLISECOND, SECOND
from barterpy.credentials import Credentials
from barterpy.errors import RateLimited, Throttled
from barterpy.http import HttpRequest, HttpResponse
from barterpy.limits import Pause, RollingWindow, Scopes, Usage
from barterpy.retry import RetryPolicy
from barterpy.subscription import trades
from barterpy.testing import VirtualClock, virtual_backends
from barterpy.venues import binance
from barterpy.venues.binance.endpoints import Market
from barterpy.venues.binance.limits import FUNDING, LIMITS, ORDERS, feedback, request_limits
from barterpy.venues.binance.rest import Requests

pytestmark = pytest.mark.anyio


@pytest.fixture(params=virtual_backends())
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


class Wire:
    def __init__(self, *answers: HttpResponse) -> None:
        self.sent: list[HttpRequest] = []
        self.times: list[float] = []
        self.answers = list(answers)

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        self.sent.append(request)
        self.times.append(anyio.current_time())
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def aclose(self) -> None:
        pass


TIME = HttpResponse(status=200, body=b'{"serverTime":1700000000123}')


def answer(*headers: tuple[str, str], status: int = 200, body: bytes = b"{}", at: int = 0) -> HttpResponse:
    return HttpResponse(status=status, headers=headers, body=body, received_at=at)


def test_headers_tell_what_is_used() -> None:
    assert feedback(
        answer(
            ("X-MBX-USED-WEIGHT", "99"),
            ("X-MBX-USED-WEIGHT-1M", "21"),
            ("x-mbx-order-count-10s", "3"),
            ("X-MBX-ORDER-COUNT-1D", "1700"),
        )
    ) == [
        Usage(used=21, period=60),
        Usage(used=3, period=10, limiter=ORDERS),
        Usage(used=1700, period=24 * 3600, limiter=ORDERS),
    ]


@pytest.mark.parametrize(
    "header",
    [
        ("X-MBX-USED-WEIGHT-1M", ""),
        ("X-MBX-USED-WEIGHT-1M", "-5"),
        ("X-MBX-USED-WEIGHT-1M", "many"),
        ("X-MBX-USED-WEIGHT-1M", "²"),
        ("X-MBX-USED-WEIGHT-0M", "5"),
        ("X-MBX-USED-WEIGHT-1Y", "5"),
        ("X-MBX-USED-WEIGHT-", "5"),
    ],
)
def test_headers_that_tell_nothing(header: tuple[str, str]) -> None:
    assert feedback(answer(header)) == []


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (answer(("Retry-After", "17"), status=429), Pause(seconds=17, reason="too fast (HTTP 429)")),
        (answer(("Retry-After", "900"), status=418), Pause(seconds=900, reason="banned (HTTP 418)")),
        (
            answer(
                status=418,
                body=b'{"code":-1003,"msg":"Way too much request weight used; IP banned until 1659146400000. Please"}',
                at=1659146340000 * MILLISECOND,
            ),
            Pause(seconds=60, reason="banned"),
        ),
        (
            answer(("Retry-After", "4"), status=429, body=b'{"code":-1015,"msg":"Too many new orders."}'),
            Pause(seconds=4, reason="too many orders (-1015)", limiter=ORDERS),
        ),
    ],
)
def test_what_has_to_wait_and_for_how_long(told: HttpResponse, expected: Pause) -> None:
    assert feedback(told) == [expected]


@pytest.mark.parametrize("market", Market)
async def test_requests_take_their_weight(market: Market) -> None:
    make: Any = binance.Spot if market is Market.SPOT else binance.Futures
    venue = make(transport=Wire(answer(body=b"[]")), scopes=Scopes())
    await venue.rest.execute(venue.requests.klines("BTCUSDT", "1m", limit=1000))
    meter = venue.rest.limits.requests.quotas[0]
    assert isinstance(meter, RollingWindow)
    assert meter.used(venue.rest.limits.requests.clock()) == venue.requests.klines("BTCUSDT", "1m", limit=1000).weight
    assert (meter.limit, meter.period) == (LIMITS[market].weight_per_minute, 60)


async def test_the_history_of_funding_is_counted_by_address_beside_its_weight() -> None:
    """500 in five minutes and by address, together with fundingInfo ("Get Funding Rate History", 2026-09-15)."""
    scopes = Scopes()
    wire = Wire(answer(body=b"[]"))
    one, two = (binance.Futures(transport=wire, scopes=scopes) for _ in range(2))
    assert one.rest.limits is not None
    assert two.rest.limits is not None
    assert one.rest.limits.further[FUNDING] is two.rest.limits.further[FUNDING]
    began = anyio.current_time()
    for count in range(501):
        await (one, two)[count % 2].rest.execute(one.requests.funding_rates("BTCUSDT"), max_wait=600)
    assert wire.times[499] == began
    assert wire.times[500] == pytest.approx(began + 300)
    assert FUNDING not in request_limits(Market.SPOT, "https://api.binance.com", scopes).further


OF_SYMBOL = ("BTCUSDT",)
WEIGHTS: list[tuple[Market, str, tuple[object, ...], dict[str, int], int]] = [
    *[
        (Market.SPOT, "depth", (*OF_SYMBOL, levels), {}, weight)
        for levels, weight in ((1, 5), (100, 5), (101, 25), (500, 25), (501, 50), (1000, 50), (1001, 250), (5000, 250))
    ],
    *[(Market.SPOT, "klines", (*OF_SYMBOL, "1m"), {"limit": count}, 2) for count in (1, 500, 1000)],
    (Market.SPOT, "klines", (*OF_SYMBOL, "1m"), {}, 2),
    (Market.SPOT, "exchange_info", (), {}, 20),
    (Market.SPOT, "server_time", (), {}, 1),
    (Market.SPOT, "trades", OF_SYMBOL, {}, 25),
    (Market.SPOT, "agg_trades", OF_SYMBOL, {}, 4),
    (Market.SPOT, "ticker", OF_SYMBOL, {}, 2),
    (Market.SPOT, "spot_account", (), {}, 20),
    *[
        (Market.FUTURES, "depth", (*OF_SYMBOL, levels), {}, weight)
        for levels, weight in ((5, 2), (10, 2), (20, 2), (50, 2), (100, 5), (500, 10), (1000, 20))
    ],
    *[
        (Market.FUTURES, "klines", (*OF_SYMBOL, "1m"), {"limit": count}, weight)
        for count, weight in ((99, 1), (100, 2), (499, 2), (500, 5), (1000, 5), (1001, 10), (1500, 10))
    ],
    # Without a limit the venue gives 500.
    (Market.FUTURES, "klines", (*OF_SYMBOL, "1m"), {}, 5),
    (Market.FUTURES, "exchange_info", (), {}, 1),
    (Market.FUTURES, "server_time", (), {}, 1),
    (Market.FUTURES, "trades", OF_SYMBOL, {}, 5),
    (Market.FUTURES, "agg_trades", OF_SYMBOL, {}, 20),
    (Market.FUTURES, "ticker", OF_SYMBOL, {}, 1),
    (Market.FUTURES, "premium_index", OF_SYMBOL, {}, 1),
    (Market.FUTURES, "open_interest", OF_SYMBOL, {}, 1),
    (Market.FUTURES, "futures_account", (), {}, 5),
    (Market.FUTURES, "futures_balances", (), {}, 5),
]


@pytest.mark.parametrize(("market", "name", "arguments", "options", "weight"), WEIGHTS)
def test_a_request_costs_what_the_documentation_says(
    market: Market, name: str, arguments: tuple[object, ...], options: dict[str, int], weight: int
) -> None:
    assert getattr(Requests(market), name)(*arguments, **options).weight == weight


def test_the_limits_are_those_of_the_documentation() -> None:
    """Spot as of 2026-09-18, USD-M futures as of 2026-09-15."""
    spot, futures = LIMITS[Market.SPOT], LIMITS[Market.FUTURES]
    assert (spot.messages_per_second, futures.messages_per_second) == (5, 10)
    assert (spot.connects_per_five_minutes, futures.connects_per_five_minutes) == (300, 300)
    assert spot.connection_lifetime == futures.connection_lifetime == 24 * 3600
    assert (spot.ping_interval, spot.pong_timeout) == (20, 60)
    assert (futures.ping_interval, futures.pong_timeout) == (180, 600)
    assert (spot.weight_per_minute, futures.weight_per_minute) == (6000, 2400)
    assert spot.order_windows == ((100, 10), (200_000, 86_400))
    assert futures.order_windows == ((300, 10), (1200, 60))
    assert futures.depth_levels == (5, 10, 20, 50, 100, 500, 1000)
    assert max(spot.connection_streams, futures.connection_streams) <= 1024
    assert spot.klines_per_page <= 1000
    assert futures.klines_per_page <= 1500


async def test_two_clients_of_one_address_share_their_weight() -> None:
    scopes = Scopes()
    one, two = (binance.Spot(transport=Wire(TIME), scopes=scopes) for _ in range(2))
    other = binance.Futures(transport=Wire(TIME), scopes=scopes)
    await one.server_time()
    assert one.rest.limits is not None
    assert two.rest.limits is not None
    assert other.rest.limits is not None
    assert one.rest.limits.requests is two.rest.limits.requests
    assert one.rest.limits.requests is not other.rest.limits.requests, "another host counts for itself"
    one.rest.limits.requests.observe(6000, period=60)
    with pytest.raises(Throttled, match=r"request weight: 6000 in 60 s for api.binance.com ip leaves no room"):
        await two.server_time()


async def test_a_ban_stops_all_clients_of_the_address() -> None:
    scopes = Scopes()
    banned = binance.Spot(transport=Wire(answer(("Retry-After", "25"), status=418)), scopes=scopes)
    wire = Wire(TIME)
    other = binance.Spot(transport=wire, scopes=scopes)
    began = anyio.current_time()
    with pytest.raises(RateLimited):
        await banned.server_time()
    await other.server_time()
    assert wire.times == [pytest.approx(began + 25)]


def test_orders_are_counted_by_account() -> None:
    scopes = Scopes()
    url = "https://api.binance.com"
    one, again, two = (request_limits(Market.SPOT, url, scopes, account) for account in ("a", "a", "b"))
    assert one.further[ORDERS] is again.further[ORDERS]
    assert one.further[ORDERS] is not two.further[ORDERS]
    assert one.requests is two.requests
    assert request_limits(Market.SPOT, url, scopes).further == {}
    assert [repr(meter) for meter in one.further[ORDERS].quotas] == ["100 in 10 s", "200000 in 86400 s"]


async def test_what_the_answers_say_raises_the_count() -> None:
    used = HttpResponse(status=200, body=TIME.body, headers=(("X-MBX-USED-WEIGHT-1M", "5999"),))
    wire = Wire(used, used, TIME)
    venue = binance.Spot(transport=wire, scopes=Scopes())
    await venue.server_time()
    await venue.server_time()
    with pytest.raises(Throttled):
        await venue.server_time()
    await anyio.sleep(60)
    await venue.server_time()


async def test_what_is_told_of_orders_is_nothing_to_a_client_without_an_account() -> None:
    wire = Wire(HttpResponse(status=200, body=TIME.body, headers=(("X-MBX-ORDER-COUNT-10S", "100"),)))
    venue = binance.Spot(transport=wire, scopes=Scopes())
    began = anyio.current_time()
    await venue.server_time()
    await venue.server_time()
    assert wire.times == [began, began]


async def test_stricter_limits_of_the_exchange_information_are_kept_to() -> None:
    def told(kind: str, interval: str, number: int, limit: int) -> str:
        return f'{{"rateLimitType":"{kind}","interval":"{interval}","intervalNum":{number},"limit":{limit}}}'

    limits = ",".join(
        [
            told("REQUEST_WEIGHT", "MINUTE", 1, 1200),
            told("ORDERS", "SECOND", 10, 50),
            told("ORDERS", "DAY", 1, 900_000),
            told("ORDERS", "FORTNIGHT", 1, 1),
            told("RAW_REQUESTS", "MINUTE", 5, 61_000),
            told("CONNECTIONS", "MINUTE", 1, 1),
        ]
    )
    wire = Wire(answer(body=f'{{"serverTime":1,"symbols":[],"rateLimits":[{limits}]}}'.encode()))
    venue = binance.Spot(transport=wire, scopes=Scopes(), credentials=Credentials("key", "secret"))
    assert await venue.instruments() == []
    assert venue.rest.limits is not None
    assert [meter.capacity for meter in venue.rest.limits.requests.quotas] == [1200]
    assert [meter.capacity for meter in venue.rest.limits.further[ORDERS].quotas] == [50, 200_000]


async def test_a_policy_tries_again() -> None:
    wire = Wire(answer(("Retry-After", "5"), status=429), TIME)
    venue = binance.Spot(transport=wire, scopes=Scopes(), retry=RetryPolicy())
    assert await venue.server_time() == 1_700_000_000 * SECOND + 123 * MILLISECOND
    assert wire.times[1] - wire.times[0] == pytest.approx(5, abs=0.3)


async def test_snapshots_of_many_books_wait_for_their_turn() -> None:
    wire = Wire(answer(body=b'{"lastUpdateId":1,"bids":[],"asks":[]}'))
    venue = binance.Spot(transport=wire, scopes=Scopes(), clock=VirtualClock())
    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for _ in range(300):
            tasks.start_soon(venue.fetch, venue.requests.depth("BTCUSDT", 1000))  # weight 50, so 120 a minute
    assert [round(wire.times[number] - began) for number in (0, 119, 120, 239, 240, 299)] == [0, 0, 60, 60, 120, 120]


@pytest.mark.parametrize("make", [binance.Spot, binance.Futures])
def test_connections_share_the_limit_of_connects_and_have_their_own_of_messages(make: Any) -> None:
    scopes = Scopes()
    venue = make(scopes=scopes, connection_streams=1)
    connections = venue.connections([trades("BTCUSDT"), trades("ETHUSDT")])
    assert len(connections) == 2
    assert len({id(one.connect_limiter) for one in connections}) == 1
    assert len({id(one.send_limiter) for one in connections}) == 2
    assert repr(connections[0].connect_limiter.quotas[0]) == "300 in 300 s"
    assert connections[0].send_limiter.quotas[0].limit < LIMITS[venue.requests.market].messages_per_second
