"""What can be subscribed, and how: a subscription to the topic that carries it.

A topic is a channel and an id, and a connection may have each topic once: several subscriptions share one. Which
channels exist and what they carry is data here. What has no kind of its own in :mod:`barterpy.subscription` is asked
for by its own name: ``native("v4_block_height")``, ``native("v4_subaccounts/dydx1…/0")``.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from barterpy.errors import ConfigurationError
from barterpy.subscription import Channel, Subscription, native
from barterpy.venues.dydx.symbols import native_symbol

__all__ = [
    "PING",
    "RESOLUTIONS",
    "Kind",
    "Topic",
    "block_heights",
    "parent_subaccount",
    "subaccount",
    "subscribe_message",
    "topic_of",
    "topics",
    "unsubscribe_message",
]


PING: Final = '{"type":"ping"}'
"""Answered with a ``pong``."""


class Kind(StrEnum):
    """The venue's channels, by the venue's names."""

    TRADES = "v4_trades"
    ORDERBOOK = "v4_orderbook"
    CANDLES = "v4_candles"
    MARKETS = "v4_markets"
    SUBACCOUNTS = "v4_subaccounts"
    PARENT_SUBACCOUNTS = "v4_parent_subaccounts"
    BLOCK_HEIGHT = "v4_block_height"


class Topic(msgspec.Struct, frozen=True):
    """A channel and what of it: a ticker, ``BTC-USD/1MIN``, ``dydx1…/0``, or nothing."""

    kind: Kind
    id: str = ""

    @property
    def name(self) -> str:
        """``v4_trades/BTC-USD``, or ``v4_markets`` where there is no id."""
        return f"{self.kind.value}/{self.id}" if self.id else self.kind.value

    @property
    def ticker(self) -> str:
        """The one market it is about; empty where it is about all of them, or an account."""
        return self.id.partition("/")[0] if self.kind in _OF_A_MARKET else ""


RESOLUTIONS: Final[Mapping[str, str]] = {
    "1m": "1MIN",
    "5m": "5MINS",
    "15m": "15MINS",
    "30m": "30MINS",
    "1h": "1HOUR",
    "4h": "4HOURS",
    "1d": "1DAY",
}
"""Candle intervals, by our names."""

_OF_A_MARKET: Final = frozenset({Kind.TRADES, Kind.ORDERBOOK, Kind.CANDLES})
_WITHOUT_ID: Final = frozenset({Kind.MARKETS, Kind.BLOCK_HEIGHT})
_MOST_LEVELS: Final = 100
_ACCOUNT = re.compile(r"[a-z]+1[02-9ac-hj-np-z]{6,90}/\d{1,6}")  # bech32, and the number of the subaccount
_SUBSCRIBE: Final = "subscribe "
_UNSUBSCRIBE: Final = "unsubscribe "


def block_heights() -> Subscription:
    """Each new block as :class:`~barterpy.model.BlockHeight`."""
    return native(Kind.BLOCK_HEIGHT.value)


def subaccount(address: str, number: int = 0) -> Subscription:
    """Orders, fills, positions, balances and transfers of one subaccount, as account events."""
    return native(f"{Kind.SUBACCOUNTS.value}/{address}/{number}")


def parent_subaccount(address: str, number: int = 0) -> Subscription:
    """The same of subaccount ``number`` and its children (``number + 128 k``), which hold isolated positions."""
    return native(f"{Kind.PARENT_SUBACCOUNTS.value}/{address}/{number}")


def topic_of(subscription: Subscription) -> Topic:
    """The topic that carries it.

    :raises barterpy.errors.ConfigurationError: the venue does not offer it; the text names it
    """
    try:
        maker = _MAKERS.get(subscription.channel)
        if maker is None:
            raise ConfigurationError("dYdX has no channel of it")
        return maker(subscription)
    except ConfigurationError as error:
        raise ConfigurationError(f"{subscription.name}: {error}") from None


def topics(subscriptions: Iterable[Subscription]) -> dict[Topic, list[Subscription]]:
    """Topics in their order, each with what it serves; what is asked twice is there once.

    :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; the text names it
    """
    found: dict[Topic, list[Subscription]] = {}
    for subscription in subscriptions:
        served = found.setdefault(topic_of(subscription), [])
        if subscription not in served:
            served.append(subscription)
    return found


def subscribe_message(topic: Topic, *, batched: bool) -> str:
    """Asks for a topic; ``batched`` puts what happens within 250 ms into one message."""
    return _message("subscribe", topic, {"batched": batched})


def unsubscribe_message(topic: Topic) -> str:
    """Ends a topic."""
    return _message("unsubscribe", topic, {})


def _message(type_: str, topic: Topic, more: Mapping[str, object]) -> str:
    id_ = {"id": topic.id} if topic.id else {}
    return msgspec.json.encode({"type": type_, "channel": topic.kind.value, **id_, **more}).decode()


def _market(kind: Kind) -> Callable[[Subscription], Topic]:
    def make(subscription: Subscription) -> Topic:
        if not subscription.instrument:
            raise ConfigurationError("name a market; there is no topic of all of them")
        if subscription.aggregate:
            raise ConfigurationError("dYdX tells single trades only")
        return Topic(kind, native_symbol(subscription.instrument))

    return make


def _book(subscription: Subscription) -> Topic:
    if subscription.interval is not None:
        raise ConfigurationError("the pace is chosen for the whole venue object: batched=True is 250 ms")
    if subscription.depth is not None and not 1 <= subscription.depth <= _MOST_LEVELS:
        raise ConfigurationError(f"depth must be 1 to {_MOST_LEVELS}, or left out for the whole book")
    return _market(Kind.ORDERBOOK)(subscription)


def _candles(subscription: Subscription) -> Topic:
    resolution = RESOLUTIONS.get(subscription.interval or "1m")
    if resolution is None:
        raise ConfigurationError(f"interval must be one of {', '.join(RESOLUTIONS)}")
    return Topic(Kind.CANDLES, f"{_market(Kind.CANDLES)(subscription).id}/{resolution}")


def _markets(subscription: Subscription) -> Topic:
    if subscription.instrument:
        native_symbol(subscription.instrument)
    if subscription.interval is not None:
        raise ConfigurationError("it comes when it changes, at no pace that could be chosen")
    return Topic(Kind.MARKETS)


def _native(subscription: Subscription) -> Topic:
    channel, _, id_ = subscription.instrument.partition("/")
    if channel not in list(Kind):
        raise ConfigurationError(f"the channels of dYdX are {', '.join(Kind)}")
    kind = Kind(channel)
    if kind in _WITHOUT_ID:
        if id_:
            raise ConfigurationError(f"{channel} has no ids")
    elif kind in (Kind.SUBACCOUNTS, Kind.PARENT_SUBACCOUNTS):
        if _ACCOUNT.fullmatch(id_) is None:
            raise ConfigurationError(f"write {channel}/dydx1…/0: the address, and the number of the subaccount")
    else:
        ticker, _, resolution = id_.partition("/")
        if (resolution in RESOLUTIONS.values()) != (kind is Kind.CANDLES) or (resolution and kind is not Kind.CANDLES):
            raise ConfigurationError(f"write {channel}/BTC-USD{'/1MIN' if kind is Kind.CANDLES else ''}")
        id_ = f"{native_symbol(ticker)}{resolution and '/'}{resolution}"
    return Topic(kind, id_)


_MAKERS: Final[Mapping[Channel, Callable[[Subscription], Topic]]] = {
    Channel.TRADES: _market(Kind.TRADES),
    Channel.LIQUIDATIONS: _market(Kind.TRADES),
    Channel.QUOTES: _market(Kind.ORDERBOOK),
    Channel.BOOK: _book,
    Channel.CANDLES: _candles,
    Channel.MARK_PRICES: _markets,
    Channel.INDEX_PRICES: _markets,
    Channel.FUNDING_RATES: _markets,
    Channel.OPEN_INTEREST: _markets,
    Channel.INSTRUMENT_STATUS: _markets,
    Channel.NATIVE: _native,
}
