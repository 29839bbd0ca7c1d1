"""Deribit's limits, as its documentation had them in 2026-09 ("Rate limits"): credits that come back all the time.

What does not reach the matching engine costs 500 of a pool of 50,000 that gains 10,000 a second; a subscribe costs
3,000 of a pool of 30,000. Orders have a pool of their own, by volume traded. No answer tells what is left: running out
is code 10028, and on a WebSocket the end of the session. An account's own figures are in
``private/get_account_summary``.
"""

from collections.abc import Mapping
from typing import Any, Final, Self, cast

from barterpy.limits import Gcra, Limiter, Meter, Places, RequestLimits, Scope, Scopes, WaitingLine

__all__ = [
    "BOOK_DEPTHS",
    "CALL_COST",
    "CANDLES_PER_PAGE",
    "CONNECTIONS_PER_ADDRESS",
    "CONNECTION_CHANNELS",
    "HEARTBEAT_INTERVAL",
    "IDLE_TIMEOUT",
    "INSTRUMENTS_METHOD",
    "MATCHING_METHODS",
    "REQUEST_CHANNELS",
    "SESSIONS_PER_KEY",
    "SUBSCRIBE_COST",
    "TRADES_PER_PAGE",
    "Credits",
    "address_places",
    "key_places",
]

CONNECTIONS_PER_ADDRESS: Final = 32
"""At a time, REST and WebSocket together; the next one is answered with HTTP 429."""
SESSIONS_PER_KEY: Final = 16
"""Connections that have logged on with one key, at a time."""
CONNECTION_CHANNELS: Final = 400
"""Channels this library puts on one connection; the venue names no limit, and 500 are widely used."""
REQUEST_CHANNELS: Final = 100
"""Channels in one subscribe request."""
HEARTBEAT_INTERVAL: Final = 30
"""Seconds; the venue takes 10 and more."""
IDLE_TIMEOUT: Final = 75.0
"""Two heartbeats of the venue that did not come, and some patience."""
TRADES_PER_PAGE: Final = 1000
CANDLES_PER_PAGE: Final = 1000
"""Bars asked for at once; the venue gives about 5000 at most."""
BOOK_DEPTHS: Final = (1, 5, 10, 20, 50, 100, 1000, 10000)

CALL_COST: Final = 500
"""Credits of one call."""
SUBSCRIBE_COST: Final = 3000
"""Credits of one subscribe request, whatever it names."""
_POOL: Final = 50_000
_SUBSCRIBE_POOL: Final = 30_000
_REFILL: Final = 10_000
INSTRUMENTS_METHOD: Final = "public/get_instruments"
"""It has a limit of its own."""

MATCHING_METHODS: Final = frozenset(
    f"private/{name}"
    for name in (
        *("buy", "sell", "edit", "edit_by_label", "mass_quote", "close_position"),
        *("cancel", "cancel_by_label", "cancel_quotes", "cancel_all", "cancel_all_by_currency"),
        *("cancel_all_by_instrument", "cancel_all_by_currency_pair", "cancel_all_by_kind_or_type"),
    )
)
"""What reaches the matching engine, and is counted apart from everything else."""


class Credits:
    """The limiters of one account, by method. Times come from the event loop unless a limiter is asked directly.

    :param scopes: where clients that the venue counts together find each other; by default this object is alone
    :param host: who counts
    :param key: whose calls they are; without one they are counted by address
    :param matching_rate: requests a second that may reach the matching engine; 5 is the lowest tier's
    :param matching_burst: and how many at once after a pause
    :param pool: credits for everything else
    :param refill: credits that come back in a second
    :param max_wait: seconds a call waits for its turn at most, else :class:`barterpy.errors.Throttled`
    """

    def __init__(
        self,
        *,
        matching_rate: float = 5,
        matching_burst: int = 20,
        pool: int = _POOL,
        refill: float = _REFILL,
        max_wait: float | None = 10.0,
        scopes: Scopes | None = None,
        host: str = "www.deribit.com",
        key: str = "",
    ) -> None:
        known = Scopes() if scopes is None else scopes
        account, address = Scope(host, "key", key) if key else Scope(host), Scope(host)

        def limiter(name: str, meter: Meter, scope: Scope, longest: float | None) -> Limiter:
            def make(words: str, line: WaitingLine) -> Limiter:
                return Limiter(name, meter, scope=words, max_wait=longest, line=line)

            return known.limiter(scope, name, make)

        self.matching: Limiter = limiter(
            "matching engine requests", Gcra(matching_rate, matching_burst), account, max_wait
        )
        self.others: Limiter = limiter("credits", Gcra(refill, pool), account, max_wait)
        # Counted in requests. Connections wait as long as it takes, or they would be dropped and subscribe once more.
        self.subscribes: Limiter = limiter(
            "subscribe requests", Gcra(_REFILL / SUBSCRIBE_COST, _SUBSCRIBE_POOL // SUBSCRIBE_COST), account, None
        )
        self.instruments: Limiter = limiter("instrument requests", Gcra(1, 50), address, max_wait)

    @classmethod
    def from_account(cls, limits: Mapping[str, Any], *, max_wait: float | None = 10.0) -> Self:
        """Those of ``limits`` in an account summary; what is missing there keeps its default::

        {"non_matching_engine":{"burst":100,"rate":20},"matching_engine":{"trading":{"total":{"burst":250,"rate":200}}}}
        """
        others = _numbers(limits, "non_matching_engine")
        matching = _numbers(limits, "matching_engine", "trading", "total")
        return cls(
            matching_rate=matching.get("rate", 5),
            matching_burst=int(matching.get("burst", 20)),
            pool=int(others.get("burst", _POOL // CALL_COST)) * CALL_COST,
            refill=others.get("rate", _REFILL / CALL_COST) * CALL_COST,
            max_wait=max_wait,
        )

    def cost(self, method: str) -> tuple[Limiter, int]:
        """Which limiter a call of this method passes, and with what weight."""
        if method in MATCHING_METHODS:
            return self.matching, 1
        if method == INSTRUMENTS_METHOD:
            return self.instruments, 1
        if method.endswith("/subscribe"):
            return self.subscribes, 1
        return self.others, CALL_COST

    def rest_limits(self) -> RequestLimits:
        """The same for a REST client."""
        return RequestLimits(self.others, {"matching": self.matching, "instruments": self.instruments})

    async def acquire(self, method: str) -> None:
        """Wait until a call of this method may go out.

        :raises barterpy.errors.Throttled: its turn would come too late
        """
        limiter, weight = self.cost(method)
        await limiter.acquire(weight)


def address_places(scopes: Scopes, host: str, proxy: str = "") -> Places:
    """Those of all connections from here to ``host``, as far as they are known: REST has a pool of its own. Behind a
    ``proxy`` they come from its address."""

    def make(words: str) -> Places:
        remedy = "close one, or carry more channels on each"
        return Places(CONNECTIONS_PER_ADDRESS, name="connections at a time", scope=words, remedy=remedy)

    return scopes.places(Scope(host, "ip", proxy), "connections", make)


def key_places(scopes: Scopes, host: str, key: str) -> Places:
    """Those of the connections which log on to ``host`` with ``key``; they take one of the address as well."""

    def make(words: str) -> Places:
        remedy = "close one, carry more channels on each, or use another key"
        return Places(SESSIONS_PER_KEY, name="sessions of one key at a time", scope=words, remedy=remedy)

    return scopes.places(Scope(host, "key", key), "sessions", make)


def _numbers(limits: Mapping[str, Any], *path: str) -> Mapping[str, float]:
    found: Any = limits
    for name in path:
        found = cast("Mapping[str, Any]", found).get(name) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        return {}
    values = cast("Mapping[str, Any]", found)
    return {name: value for name, value in values.items() if isinstance(value, (int, float)) and value > 0}
