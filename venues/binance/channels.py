"""What can be subscribed, and how: a subscription to the name of a stream, and a stream's name back to what it carries.

Which channels exist, which paces they have and which path carries them is data here. Adding a channel is a kind, its
name, and a converter in :mod:`barterpy.venues.binance.normaliser`.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from barterpy.errors import ConfigurationError
from barterpy.subscription import Channel, Subscription
from barterpy.venues.binance.endpoints import Market
from barterpy.venues.binance.symbols import native_symbol

__all__ = ["EVENTS", "Kind", "Stream", "named_stream", "streams"]


class Kind(StrEnum):
    """What a stream carries; the value is the part of its name behind the symbol."""

    TRADE = "trade"
    AGG_TRADE = "aggTrade"
    BOOK_TICKER = "bookTicker"
    PARTIAL_DEPTH = "depth#"
    DEPTH = "depth"
    KLINE = "kline"
    TICKER = "ticker"
    MINI_TICKER = "miniTicker"
    MARK_PRICE = "markPrice"
    FORCE_ORDER = "forceOrder"
    CONTRACT_INFO = "contractInfo"


EVENTS: Final[Mapping[str, Kind]] = {
    "trade": Kind.TRADE,
    "aggTrade": Kind.AGG_TRADE,
    "bookTicker": Kind.BOOK_TICKER,
    "depthUpdate": Kind.DEPTH,
    "kline": Kind.KLINE,
    "24hrTicker": Kind.TICKER,
    "1hTicker": Kind.TICKER,
    "4hTicker": Kind.TICKER,
    "1dTicker": Kind.TICKER,
    "24hrMiniTicker": Kind.MINI_TICKER,
    "markPriceUpdate": Kind.MARK_PRICE,
    "forceOrder": Kind.FORCE_ORDER,
    "contractInfo": Kind.CONTRACT_INFO,
}
"""The ``e`` of a message to what its stream carries."""


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """A stream of the venue and the subscriptions it serves. ``symbol`` is the venue's, empty for every instrument."""

    name: str
    kind: Kind
    symbol: str = ""
    depth: int | None = None
    interval: str = ""
    """Of candles, or the window of a ticker."""
    family: str = ""
    """Which path carries it, see :data:`~barterpy.venues.binance.endpoints.STREAM_PATHS`."""
    subscriptions: tuple[Subscription, ...] = ()


_PUBLIC: Final = frozenset({Kind.BOOK_TICKER, Kind.DEPTH, Kind.PARTIAL_DEPTH})
_OF_ALL: Final = frozenset(
    {Kind.BOOK_TICKER, Kind.TICKER, Kind.MINI_TICKER, Kind.MARK_PRICE, Kind.FORCE_ORDER, Kind.CONTRACT_INFO}
)
"""The kinds of which there is a stream of every instrument: their messages name theirs."""
_DEPTHS: Final = (5, 10, 20)
# The venue's own default pace has no suffix; ours, the fastest, is the first.
_PACES: Final[Mapping[Market, Mapping[str, str]]] = {
    Market.SPOT: {"100ms": "@100ms", "1000ms": ""},
    Market.FUTURES: {"100ms": "@100ms", "250ms": "", "500ms": "@500ms"},
}
_MARK_PRICE_PACES: Final[Mapping[str, str]] = {"1s": "@1s", "3s": ""}
_WINDOWS: Final = ("1h", "4h", "1d")
_MINUTES_AND_MORE: Final = (
    *("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h"),
    *("1d", "3d", "1w", "1M"),
)
_INTERVALS: Final[Mapping[Market, tuple[str, ...]]] = {
    Market.SPOT: ("1s", *_MINUTES_AND_MORE),
    Market.FUTURES: _MINUTES_AND_MORE,
}


def streams(market: Market, subscriptions: Sequence[Subscription]) -> list[Stream]:
    """The streams that carry these subscriptions, in their order; what is asked twice is one stream.

    Two spellings of one symbol are one stream as well, and events carry the first of them.

    :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; the text names it
    """
    found: dict[str, Stream] = {}
    seen: set[tuple[str, Channel, str]] = set()
    for subscription in subscriptions:
        try:
            maker = _MAKERS.get(subscription.channel)
            if maker is None:
                raise ConfigurationError("Binance has no stream of it here")
            stream = maker(market, subscription)
            symbol = native_symbol(subscription.instrument, market) if subscription.instrument else ""
        except ConfigurationError as error:
            raise ConfigurationError(f"{subscription.name}: {error}") from None
        served = found[stream.name].subscriptions if stream.name in found else ()
        if (stream.name, subscription.channel, symbol) not in seen:
            seen.add((stream.name, subscription.channel, symbol))
            served = (*served, subscription)
        found[stream.name] = msgspec.structs.replace(stream, subscriptions=served)
    return list(found.values())


def named_stream(market: Market, name: str) -> Stream | None:
    """The stream of this name, as if all it carries were subscribed under the venue's symbols; None if unknown."""
    if name.startswith("!"):
        symbol, channel = "", name[1:].partition("@")[0]
    else:
        symbol, _, rest = name.partition("@")
        channel = rest.partition("@")[0]
    channel, _, interval = channel.partition("_")
    digits = channel.removeprefix("depth")
    if symbol and digits != channel and digits.isdecimal():
        return _stream(market, Kind.PARTIAL_DEPTH, name, symbol.upper(), depth=int(digits))
    try:
        kind = Kind(channel)
    except ValueError:
        return None
    # Whose a message of any other stream is, nothing but the stream's name tells.
    if kind is Kind.PARTIAL_DEPTH or (not symbol and kind not in _OF_ALL):
        return None
    return _stream(market, kind, name, symbol.upper(), interval=interval)


def _stream(
    market: Market, kind: Kind, name: str, symbol: str, *, depth: int | None = None, interval: str = ""
) -> Stream:
    family = "" if market is Market.SPOT else "public" if kind in _PUBLIC else "market"
    return Stream(name=name, kind=kind, symbol=symbol, depth=depth, interval=interval, family=family)


def _one(market: Market, subscription: Subscription, kind: Kind, suffix: str, **details: object) -> Stream:
    if not subscription.instrument:
        raise ConfigurationError("name an instrument; there is no stream of all of them")
    symbol = native_symbol(subscription.instrument, market)
    return _stream(market, kind, f"{symbol.lower()}@{suffix}", symbol, **details)  # type: ignore[arg-type]


def _choose(what: str, chosen: str | None, allowed: Mapping[str, str]) -> str:
    key = next(iter(allowed)) if chosen is None else chosen
    if key not in allowed:
        raise ConfigurationError(f"{what} must be one of {', '.join(allowed)}")
    return allowed[key]


def _futures_only(market: Market, what: str) -> None:
    if market is Market.SPOT:
        raise ConfigurationError(f"the spot market has no {what}")


def _trades(market: Market, subscription: Subscription) -> Stream:
    if market is Market.SPOT:
        kind = Kind.AGG_TRADE if subscription.aggregate else Kind.TRADE
    elif subscription.aggregate is False:
        raise ConfigurationError("futures trades come aggregated only; the single ones (@trade) are not documented")
    else:
        kind = Kind.AGG_TRADE
    return _one(market, subscription, kind, kind.value)


def _quotes(market: Market, subscription: Subscription) -> Stream:
    if not subscription.instrument and market is Market.FUTURES:
        return _stream(market, Kind.BOOK_TICKER, "!bookTicker", "")
    return _one(market, subscription, Kind.BOOK_TICKER, Kind.BOOK_TICKER.value)


def _book(market: Market, subscription: Subscription) -> Stream:
    pace = _choose("interval", subscription.interval, _PACES[market])
    depth = subscription.depth
    if depth is None:
        return _one(market, subscription, Kind.DEPTH, f"depth{pace}")
    if depth not in _DEPTHS:
        raise ConfigurationError(f"depth must be one of {', '.join(map(str, _DEPTHS))}, or left out for the whole book")
    return _one(market, subscription, Kind.PARTIAL_DEPTH, f"depth{depth}{pace}", depth=depth)


def _candles(market: Market, subscription: Subscription) -> Stream:
    intervals = _INTERVALS[market]
    interval = _choose("interval", subscription.interval or "1m", dict(zip(intervals, intervals, strict=True)))
    return _one(market, subscription, Kind.KLINE, f"kline_{interval}", interval=interval)


def _tickers(market: Market, subscription: Subscription) -> Stream:
    window = subscription.interval
    if window not in (None, "24h"):
        if market is not Market.SPOT or window not in _WINDOWS:
            raise ConfigurationError(f"the window must be 24h{'' if market is Market.FUTURES else ', 1h, 4h or 1d'}")
        return _one(market, subscription, Kind.TICKER, f"ticker_{window}", interval=window)
    if subscription.instrument:
        return _one(market, subscription, Kind.TICKER, Kind.TICKER.value)
    # Spot's !ticker@arr is deprecated since 2025-11-14; what is left of every instrument is the small one.
    if market is Market.SPOT:
        return _stream(market, Kind.MINI_TICKER, "!miniTicker@arr", "")
    return _stream(market, Kind.TICKER, "!ticker@arr", "")


def _mark_prices(market: Market, subscription: Subscription) -> Stream:
    _futures_only(market, subscription.channel.value.replace("_", " "))
    pace = _choose("interval", subscription.interval, _MARK_PRICE_PACES)
    if not subscription.instrument:
        return _stream(market, Kind.MARK_PRICE, f"!markPrice@arr{pace}", "")
    return _one(market, subscription, Kind.MARK_PRICE, f"markPrice{pace}")


def _liquidations(market: Market, subscription: Subscription) -> Stream:
    _futures_only(market, "liquidations")
    if not subscription.instrument:
        return _stream(market, Kind.FORCE_ORDER, "!forceOrder@arr", "")
    return _one(market, subscription, Kind.FORCE_ORDER, Kind.FORCE_ORDER.value)


def _instrument_status(market: Market, subscription: Subscription) -> Stream:
    if market is Market.SPOT:
        raise ConfigurationError("the spot market has no stream of it; ask instruments() now and then")
    # One stream for all of them: the transformer picks those that were asked for.
    return _stream(market, Kind.CONTRACT_INFO, "!contractInfo", "")


_MAKERS: Final[Mapping[Channel, Callable[[Market, Subscription], Stream]]] = {
    Channel.TRADES: _trades,
    Channel.QUOTES: _quotes,
    Channel.BOOK: _book,
    Channel.CANDLES: _candles,
    Channel.TICKERS: _tickers,
    Channel.MARK_PRICES: _mark_prices,
    Channel.FUNDING_RATES: _mark_prices,
    Channel.LIQUIDATIONS: _liquidations,
    Channel.INSTRUMENT_STATUS: _instrument_status,
}
