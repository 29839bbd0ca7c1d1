"""How much and how fast, as data (docs.dydx.xyz "Rate limits" and the Indexer's own configuration, 2026)."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from barterpy.limits import Limiter, RequestLimits, RollingWindow, Scope, Scopes, WaitingLine, default_scopes

__all__ = ["CANDLES", "LIMITS", "PAGE", "Limits", "rest_limits", "send_limiter"]

PAGE: Final = 100
"""Rows asked for at once. Newer Indexers give up to 1000, older ones refuse more than 100 on some lists."""


CANDLES: Final = "candles"
"""The limiter of candles, which have a bucket of their own and cost nothing else."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the Indexer. Times are in seconds."""

    subscriptions: Mapping[str, int]
    """Subscriptions on one connection, by channel; a channel which is not here has one topic at all."""
    subscribes: int
    """Subscribe messages for one channel and id on one connection…"""
    subscribe_period: float
    """…within this; one more ends the connection with 1008."""
    messages: tuple[int, float]
    """Messages of ours on one connection: (how many, within how long)."""
    ping_interval: float
    """The server pings this often…"""
    pong_timeout: float
    """…and closes when no pong came within this."""
    requests: int
    """REST requests from one address…"""
    candle_requests: int
    """…and those for candles, which have a bucket of their own…"""
    request_period: float
    """…within this."""
    block_time: float
    """A block takes about so long; when none came for many of these, the Indexer stands still."""


LIMITS: Final = Limits(
    subscriptions={
        "v4_trades": 32,
        "v4_orderbook": 32,
        "v4_candles": 32,
        "v4_markets": 32,
        "v4_subaccounts": 256,
        "v4_parent_subaccounts": 256,
    },
    subscribes=2,
    subscribe_period=1.0,
    messages=(20, 1.0),
    ping_interval=30.0,
    pong_timeout=10.0,
    requests=100,
    candle_requests=1000,
    request_period=10.0,
    block_time=0.6,
)


def rest_limits(url: str, scopes: Scopes | None = None) -> RequestLimits:
    """What all clients of the Indexer at ``url`` keep to together, as it counts by address.

    :param scopes: where they find each other; the process's own by default
    """
    scope = Scope(urlsplit(url).netloc)
    known = default_scopes() if scopes is None else scopes

    def window(name: str, limit: int) -> Limiter:
        def make(words: str, line: WaitingLine) -> Limiter:
            return Limiter(name, RollingWindow(limit, LIMITS.request_period), scope=words, line=line)

        return known.limiter(scope, name, make)

    return RequestLimits(window("requests", LIMITS.requests), {CANDLES: window(CANDLES, LIMITS.candle_requests)})


def send_limiter(url: str) -> Limiter:
    """Messages of ours on one connection to the Indexer at ``url``."""
    return Limiter("messages", RollingWindow(*LIMITS.messages), scope=f"{urlsplit(url).netloc} connection")
