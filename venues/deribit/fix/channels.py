"""What can be subscribed over Deribit's FIX gateway, and the request that asks for it.

"Market Data Request", docs.deribit.com, 2026-09. Of books there are two kinds: the whole by changes, and the best 1, 10
or 20 levels as they are.
"""

from typing import Final

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.market import Topic, TopicKind
from barterpy.protocols.fix.marketdata import RequestedEntryType, RequestedSymbol
from barterpy.subscription import Channel, Subscription
from barterpy.venues.deribit.fix.messages import DeribitMarketDataRequest
from barterpy.venues.deribit.symbols import native_symbol

__all__ = ["end_request", "start_request", "topic"]

_SUBSCRIBE: Final = "1"
_UNSUBSCRIBE: Final = "2"
_FULL: Final = 0
_INCREMENTAL: Final = 1
_DEPTHS: Final = (10, 20)
_TRADE: Final = (RequestedEntryType(md_entry_type="2"),)
_BOTH_SIDES: Final = (RequestedEntryType(md_entry_type="0"), RequestedEntryType(md_entry_type="1"))
_KINDS: Final = {
    Channel.TRADES: TopicKind.TRADES,
    Channel.LIQUIDATIONS: TopicKind.LIQUIDATIONS,
    Channel.QUOTES: TopicKind.QUOTES,
    Channel.BOOK: TopicKind.BOOK,
}


def topic(subscription: Subscription) -> Topic:
    """The topic of a subscription.

    :raises barterpy.errors.ConfigurationError: the gateway does not offer it; the text names it and says why
    """
    kind = _KINDS.get(subscription.channel)
    depth = subscription.depth
    try:
        if kind is None:
            raise ConfigurationError("the gateway has trades, liquidations, quotes and books")
        if not subscription.instrument:
            raise ConfigurationError("name an instrument; there is no stream of all of them")
        if subscription.aggregate:
            raise ConfigurationError("trades come one by one here, and not aggregated")
        if subscription.interval is not None:
            raise ConfigurationError("there is no pace to choose over FIX")
        if kind is TopicKind.BOOK and depth is not None:
            if depth not in _DEPTHS:
                raise ConfigurationError(f"depth must be {' or '.join(map(str, _DEPTHS))}, or none for the whole book")
            kind = TopicKind.LEVELS
        symbol = native_symbol(subscription.instrument)
    except ConfigurationError as error:
        raise ConfigurationError(f"{subscription.name}: {error}") from None
    return Topic(kind=kind, symbol=symbol, instrument=subscription.instrument, name=subscription.name, depth=depth)


def start_request(id_: str, topic: Topic) -> DeribitMarketDataRequest:
    """What asks for a topic."""
    full = topic.kind in (TopicKind.QUOTES, TopicKind.LEVELS)
    trades = topic.kind in (TopicKind.TRADES, TopicKind.LIQUIDATIONS)
    return DeribitMarketDataRequest(
        md_req_id=id_,
        subscription_request_type=_SUBSCRIBE,
        market_depth=1 if topic.kind is TopicKind.QUOTES else topic.depth or 0,
        md_update_type=_FULL if full else _INCREMENTAL,
        md_entry_types=_TRADE if trades else _BOTH_SIDES,
        related_sym=(RequestedSymbol(symbol=topic.symbol),),
    )


def end_request(id_: str, topic: Topic) -> DeribitMarketDataRequest:
    """What ends a topic: the venue wants to hear once more what it was."""
    request = start_request(id_, topic)
    return DeribitMarketDataRequest(
        md_req_id=id_,
        subscription_request_type=_UNSUBSCRIBE,
        md_entry_types=request.md_entry_types,
        related_sym=request.related_sym,
    )
