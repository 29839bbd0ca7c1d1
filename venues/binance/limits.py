"""How much and how fast, as data (spot documentation 2026-09-18, derivatives documentation 2026-09-15).

Binance also tells its request limits in ``exchangeInfo.rateLimits`` and the use of them in response headers; what is
told there goes before what stands here.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from barterpy.venues.binance.endpoints import Market

__all__ = ["LIMITS", "USED_WEIGHT_HEADER", "Limits", "depth_weight", "klines_weight"]

USED_WEIGHT_HEADER: Final = "X-MBX-USED-WEIGHT-1M"
"""Weight used in the current minute by this IP address, on every REST answer."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one market. Times are in seconds."""

    connection_streams: int
    """Streams this library puts on one connection; Binance allows 1024."""
    request_streams: int
    """Streams in one SUBSCRIBE message, which keeps it far below any frame limit."""
    messages_per_second: int
    """Messages a connection may receive from us, pings and pongs included; more of them ends it."""
    send_interval: float
    """Seconds between two messages of ours, which leaves room for pongs."""
    connects_per_five_minutes: int
    connection_lifetime: float
    ping_interval: float
    """The server pings this often…"""
    pong_timeout: float
    """…and closes when no pong with the same payload came within this."""
    weight_per_minute: int
    order_count_headers: tuple[str, ...]
    depth_levels: tuple[int, ...]
    """Snapshot sizes, ``()`` where any up to the last of the weights is allowed."""
    depth_weights: tuple[tuple[int, int], ...]
    """(up to this many levels, weight)."""
    klines_per_page: int
    klines_weights: tuple[tuple[int, int], ...]
    weights: Mapping[str, int]
    """Weight by the last part of the path."""


LIMITS: Final[Mapping[Market, Limits]] = {
    Market.SPOT: Limits(
        connection_streams=200,
        request_streams=50,
        messages_per_second=5,
        send_interval=0.25,
        connects_per_five_minutes=300,
        connection_lifetime=24 * 3600,
        ping_interval=20,
        pong_timeout=60,
        weight_per_minute=6000,
        order_count_headers=("X-MBX-ORDER-COUNT-10S", "X-MBX-ORDER-COUNT-1D"),
        depth_levels=(),
        depth_weights=((100, 5), (500, 25), (1000, 50), (5000, 250)),
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
        send_interval=0.125,
        connects_per_five_minutes=300,
        connection_lifetime=24 * 3600,
        ping_interval=180,
        pong_timeout=600,
        weight_per_minute=2400,
        order_count_headers=("X-MBX-ORDER-COUNT-10S", "X-MBX-ORDER-COUNT-1M"),
        depth_levels=(5, 10, 20, 50, 100, 500, 1000),
        depth_weights=((50, 2), (100, 5), (500, 10), (1000, 20)),
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
