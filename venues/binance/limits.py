"""How much and how fast, as data (spot documentation 2026-09-18, derivatives documentation 2026-09-15).

Counted by address: the weight of REST requests, and attempts to connect; by account: orders; by connection: messages.
Binance tells the use of the first two in response headers and their limits in ``exchangeInfo``; what it tells goes
before what stands here when it is stricter.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import msgspec

from barterpy.clock import MILLISECOND, SECOND
from barterpy.connection import ShardLimits
from barterpy.limits import (
    Answer,
    Limiter,
    Pause,
    RequestLimits,
    RollingWindow,
    Scope,
    Scopes,
    Usage,
    WaitingLine,
    pauses,
)
from barterpy.venues.binance.answers import RateLimit
from barterpy.venues.binance.endpoints import Market

__all__ = [
    "FUNDING",
    "LIMITS",
    "ORDERS",
    "Limits",
    "connect_limiter",
    "depth_weight",
    "feedback",
    "klines_weight",
    "learn",
    "request_limits",
    "send_limiter",
    "shard_limits",
]

ORDERS: Final = "orders"
"""The name of the account's limiter in the costs of a request."""
FUNDING: Final = "funding history"
"""The name of the address's limiter of what is asked about funding, which futures count apart."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one market. Times are in seconds."""

    connection_streams: int
    """Streams this library puts on one connection; Binance allows 1024."""
    request_streams: int
    """Streams in one SUBSCRIBE message, which keeps it far below any frame limit."""
    messages_per_second: int
    """Messages a connection may receive from us, pings and pongs included; more of them ends it."""
    connects_per_five_minutes: int
    connection_lifetime: float
    ping_interval: float
    """The server pings this often…"""
    pong_timeout: float
    """…and closes when no pong with the same payload came within this."""
    weight_per_minute: int
    order_windows: tuple[tuple[int, float], ...]
    """Orders of an account: (how many, within how long)."""
    depth_levels: tuple[int, ...]
    """Snapshot sizes, ``()`` where any up to the last of the weights is allowed."""
    depth_weights: tuple[tuple[int, int], ...]
    """(up to this many levels, weight)."""
    funding_per_five_minutes: int | None
    """Requests for the history of funding, beside their weight; None where there is no funding."""
    klines_per_page: int
    klines_weights: tuple[tuple[int, int], ...]
    weights: Mapping[str, int]
    """Weight by the last part of the path."""


LIMITS: Final[Mapping[Market, Limits]] = {
    Market.SPOT: Limits(
        connection_streams=200,
        request_streams=50,
        messages_per_second=5,
        connects_per_five_minutes=300,
        connection_lifetime=24 * 3600,
        ping_interval=20,
        pong_timeout=60,
        weight_per_minute=6000,
        order_windows=((100, 10), (200_000, 24 * 3600)),
        depth_levels=(),
        depth_weights=((100, 5), (500, 25), (1000, 50), (5000, 250)),
        funding_per_five_minutes=None,
        klines_per_page=1000,
        klines_weights=((1000, 2),),
        weights={
            "exchangeInfo": 20,
            "time": 1,
            "trades": 25,
            "aggTrades": 4,
            "ticker/24hr": 2,
            "account": 20,
        },
    ),
    Market.FUTURES: Limits(
        connection_streams=200,
        request_streams=50,
        messages_per_second=10,
        connects_per_five_minutes=300,
        connection_lifetime=24 * 3600,
        ping_interval=180,
        pong_timeout=600,
        weight_per_minute=2400,
        order_windows=((300, 10), (1200, 60)),
        depth_levels=(5, 10, 20, 50, 100, 500, 1000),
        depth_weights=((50, 2), (100, 5), (500, 10), (1000, 20)),
        funding_per_five_minutes=500,
        # 1500 would be allowed at twice the weight.
        klines_per_page=1000,
        klines_weights=((99, 1), (499, 2), (1000, 5), (1500, 10)),
        weights={
            "exchangeInfo": 1,
            "time": 1,
            "trades": 5,
            "aggTrades": 20,
            "ticker/24hr": 1,
            "premiumIndex": 1,
            "fundingRate": 1,
            "openInterest": 1,
            "account": 5,
            "balance": 5,
        },
    ),
}


def depth_weight(market: Market, levels: int) -> int:
    """What a depth snapshot of ``levels`` a side costs."""
    return _step(LIMITS[market].depth_weights, levels)


def klines_weight(market: Market, count: int) -> int:
    """What a page of ``count`` candles costs."""
    return _step(LIMITS[market].klines_weights, count)


def _step(steps: Sequence[tuple[int, int]], size: int) -> int:
    return next((weight for upto, weight in steps if size <= upto), steps[-1][1])


def request_limits(market: Market, url: str, scopes: Scopes, account: str = "") -> RequestLimits:
    """What a client of the REST API keeps to; clients of the same host and account find the same limiters.

    :param url: of the REST API, whose host counts
    :param account: tells accounts apart: the API key
    """
    limits, host = LIMITS[market], urlsplit(url).netloc
    weight = scopes.limiter(
        Scope(host), "request weight", partial(_limiter, "request weight", ((limits.weight_per_minute, 60),))
    )
    further: dict[str, Limiter] = {}
    if account:
        scope = Scope(host, "account", account)
        further[ORDERS] = scopes.limiter(scope, ORDERS, partial(_limiter, ORDERS, limits.order_windows))
    if limits.funding_per_five_minutes is not None:
        windows = ((limits.funding_per_five_minutes, 300),)
        further[FUNDING] = scopes.limiter(Scope(host), FUNDING, partial(_limiter, FUNDING, windows))
    return RequestLimits(weight, further, feedback=feedback)


def connect_limiter(market: Market, url: str, scopes: Scopes) -> Limiter:
    """Attempts to connect to the streams of a host, by address."""
    windows = ((LIMITS[market].connects_per_five_minutes, 300),)
    return scopes.limiter(Scope(urlsplit(url).netloc), "connects", partial(_limiter, "connects", windows))


def shard_limits(market: Market, topics: int) -> ShardLimits:
    """What one connection may carry and send; ``topics`` streams of it, instead of all that the venue allows.

    A ping and a pong of ours are counted with our messages, and may go at any time: there is room left for one each.
    """
    limits = LIMITS[market]
    return ShardLimits(
        topics=topics,
        connects=(limits.connects_per_five_minutes, 300),
        messages=(limits.messages_per_second - 2, 1),
    )


def send_limiter(market: Market, url: str) -> Limiter:
    """Messages of ours on one connection; see :func:`shard_limits`."""
    window = shard_limits(market, 1).messages
    assert window is not None
    return Limiter("messages", RollingWindow(*window), scope=f"{urlsplit(url).netloc} connection")


def _limiter(name: str, windows: Sequence[tuple[int, float]], scope: str, line: WaitingLine) -> Limiter:
    return Limiter(name, *(RollingWindow(limit, period) for limit, period in windows), scope=scope, line=line)


_INTERVALS: Final = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 24 * 3600}


def learn(limits: RequestLimits, told: Sequence[RateLimit]) -> None:
    """Keep to the limits of ``exchangeInfo`` where they are lower than ours; see there for their shape."""
    for limit in told:
        limiter = limits.further.get(ORDERS) if limit.rateLimitType == "ORDERS" else limits.requests
        if limiter is not None and limit.rateLimitType in ("ORDERS", "REQUEST_WEIGHT"):
            limiter.observe(0, limit.limit, period=_INTERVALS.get(limit.interval, 0) * limit.intervalNum)


_COUNT: Final = re.compile(r"x-mbx-(used-weight|order-count)-([1-9]\d{0,3})([smhd])\Z")
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}
_BANNED_UNTIL: Final = re.compile(rb"banned until (\d{13})\b", re.IGNORECASE)
_TOO_MANY_ORDERS: Final = re.compile(rb'"code"\s*:\s*-1015\b')


def feedback(answer: Answer) -> list[Usage | Pause]:
    """``X-MBX-USED-WEIGHT-1M: 21``, ``X-MBX-ORDER-COUNT-10S: 3``, Retry-After, and bans told in words.

    ``{"code":-1003,"msg":"Way too much request weight used; IP banned until 1659146400000. …"}``: milliseconds UTC.
    """
    told: list[Usage | Pause] = []
    for name, value in answer.headers:
        count = _COUNT.match(name.lower())
        if count is not None and value.isascii() and value.isdigit():
            limiter = ORDERS if count[1] == "order-count" else ""
            told.append(Usage(used=int(value[:12]), period=int(count[2]) * _UNITS[count[3]], limiter=limiter))
    if answer.status < 400:
        return told
    if _TOO_MANY_ORDERS.search(answer.body[:1000]):
        # The account has to wait; what the address may ask for is another matter.
        told.append(Pause(seconds=answer.retry_after or 10, reason="too many orders (-1015)", limiter=ORDERS))
        return told
    banned = _BANNED_UNTIL.search(answer.body[:1000])
    if banned is not None and answer.retry_after is None and answer.received_at:
        seconds = (int(banned[1]) * MILLISECOND - answer.received_at) / SECOND
        told.append(Pause(seconds=max(0.0, seconds), reason="banned"))
        return told
    return told + pauses(answer)
