"""What can be subscribed over Binance's market data gateway, and the request that asks for it.

"MarketDataRequest", FIX API page, 2026-09: trades, the best bid and offer (depth 1), and the changes of a book at
100 ms, whose depth is that of the snapshot it begins with.
"""

from typing import Final

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.market import Topic, TopicKind
from barterpy.protocols.fix.marketdata import MarketDataRequest, RequestedEntryType, RequestedSymbol
from barterpy.subscription import Channel, Subscription
from barterpy.venues.binance.endpoints import Market
from barterpy.venues.binance.symbols import native_symbol

__all__ = ["end_request", "start_request", "topic"]

_SUBSCRIBE: Final = "1"
_UNSUBSCRIBE: Final = "2"
_TRADE: Final = (RequestedEntryType(md_entry_type="2"),)
_BOTH_SIDES: Final = (RequestedEntryType(md_entry_type="0"), RequestedEntryType(md_entry_type="1"))
_SHALLOWEST: Final = 2
_DEEPEST: Final = 5000
_KINDS: Final = {
    Channel.TRADES: TopicKind.TRADES,
    Channel.QUOTES: TopicKind.QUOTES,
    Channel.BOOK: TopicKind.BOOK,
}


def topic(subscription: Subscription) -> Topic:
    """The topic of a subscription.

    :raises barterpy.errors.ConfigurationError: the gateway does not offer it; the text names it and says why
    """
    kind = _KINDS.get(subscription.channel)
    try:
        if kind is None:
            raise ConfigurationError("the gateway has trades, quotes and books")
        if not subscription.instrument:
            raise ConfigurationError("name an instrument; there is no stream of all of them")
        if subscription.aggregate:
            raise ConfigurationError("trades come one by one here, and not aggregated")
        if subscription.depth is not None:
            raise ConfigurationError("the gateway sends changes of the whole book; book() without a depth keeps it")
        if subscription.interval not in (None, "100ms"):
            raise ConfigurationError("books come every 100ms")
        symbol = native_symbol(subscription.instrument, Market.SPOT)
    except ConfigurationError as error:
        raise ConfigurationError(f"{subscription.name}: {error}") from None
    return Topic(kind=kind, symbol=symbol, instrument=subscription.instrument, name=subscription.name)


def start_request(id_: str, topic: Topic, depth: int) -> MarketDataRequest:
    """What asks for a topic.

    :param id_: MDReqID (262), up to 36 letters, digits, ``-`` and ``_``
    :param depth: levels a side of the snapshot that a book begins with, 2 to 5000
    """
    whole = topic.kind is TopicKind.BOOK
    return MarketDataRequest(
        md_req_id=id_,
        subscription_request_type=_SUBSCRIBE,
        market_depth=max(_SHALLOWEST, min(depth, _DEEPEST)) if whole else 1,
        aggregated_book=True,
        md_entry_types=_TRADE if topic.kind is TopicKind.TRADES else _BOTH_SIDES,
        related_sym=(RequestedSymbol(symbol=topic.symbol),),
    )


def end_request(id_: str) -> MarketDataRequest:
    """What ends the topic that was asked for under this id."""
    return MarketDataRequest(md_req_id=id_, subscription_request_type=_UNSUBSCRIBE)
