"""What can be subscribed, and how: a subscription to the name of a channel, and a channel's name back to what it
carries.

Which channels exist and how their names are made is data here (docs.deribit.com, "Subscriptions", 2026-09). Adding one
is a kind with its pattern, and a converter in :mod:`barterpy.venues.deribit.handlers`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from barterpy.errors import ConfigurationError
from barterpy.subscription import Channel, Subscription
from barterpy.venues.deribit.symbols import native_symbol

__all__ = ["INTERVALS", "PACES", "Kind", "Stream", "named_stream", "needs_logon", "streams"]


class Kind(StrEnum):
    """What a channel carries."""

    TRADES = "trades"
    BOOK = "book"
    GROUPED_BOOK = "grouped book"
    TICKER = "ticker"
    INCREMENTAL_TICKER = "incremental_ticker"
    QUOTE = "quote"
    CHART = "chart"
    PERPETUAL = "perpetual"
    PRICE_INDEX = "deribit_price_index"
    VOLATILITY_INDEX = "deribit_volatility_index"
    MARK_PRICES = "markprice.options"
    INSTRUMENT_STATE = "instrument.state"
    USER_ORDERS = "user.orders"
    USER_TRADES = "user.trades"
    USER_CHANGES = "user.changes"
    USER_PORTFOLIO = "user.portfolio"
    NOTICE = "notice"
    """Anything else: it comes as it was sent."""


_PRIVATE: Final = ("user.", "block_rfq.maker.", "block_rfq.taker.", "block_trade_confirmations")


def needs_logon(name: str) -> bool:
    """Whether the channel needs a connection that is logged on: what is private, and everything in its raw pace."""
    return name.startswith(_PRIVATE) or name.endswith(".raw")


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """A channel of the venue and the subscriptions it serves.

    ``symbol`` is the instrument or index in its name, empty where it carries several.
    """

    name: str
    kind: Kind
    symbol: str = ""
    depth: int | None = None
    interval: str = ""
    """Of candles, as the model writes it; else the pace."""
    subscriptions: tuple[Subscription, ...] = ()

    @property
    def private(self) -> bool:
        """Whether only the account's owner may have it."""
        return self.name.startswith(_PRIVATE)

    @property
    def authenticated(self) -> bool:
        """See :func:`needs_logon`."""
        return needs_logon(self.name)


PACES: Final = ("raw", "100ms", "agg2")
"""Every change (only when logged on), batches of 100 ms, batches of about a second."""
_DEPTHS: Final = (1, 10, 20)
INTERVALS: Final[Mapping[str, str]] = {
    "1m": "1",
    "3m": "3",
    "5m": "5",
    "10m": "10",
    "15m": "15",
    "30m": "30",
    "1h": "60",
    "2h": "120",
    "3h": "180",
    "6h": "360",
    "12h": "720",
    "1d": "1D",
}
"""Length of a candle to the venue's word for it."""
_LENGTHS: Final = {resolution: interval for interval, resolution in INTERVALS.items()}

_INDEX: Final = re.compile(r"[a-z0-9]+_[a-z0-9]+")
_ANY: Final = r"(?P<{name}>[A-Za-z0-9_-]+)"
_INSTRUMENT: Final = _ANY.format(name="symbol")
_PACE: Final = r"(?P<pace>raw|100ms|agg2)"
_GROUP: Final = r"(?P<kind>future|option|spot|future_combo|option_combo|combo|any)\.(?P<currency>[A-Za-z]+)"
_OF: Final = rf"({_GROUP}|{_INSTRUMENT})"
_NAMES: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (Kind.TRADES, rf"trades\.{_OF}\.{_PACE}"),
        (Kind.BOOK, rf"book\.{_INSTRUMENT}\.{_PACE}"),
        (Kind.GROUPED_BOOK, rf"book\.{_INSTRUMENT}\.(none|[0-9.]+)\.(?P<depth>1|10|20)\.(?P<pace>100ms|agg2)"),
        (Kind.TICKER, rf"ticker\.{_INSTRUMENT}\.{_PACE}"),
        (Kind.INCREMENTAL_TICKER, rf"incremental_ticker\.{_INSTRUMENT}"),
        (Kind.QUOTE, rf"quote\.{_INSTRUMENT}"),
        (Kind.CHART, rf"chart\.trades\.{_INSTRUMENT}\.(?P<resolution>\w+)"),
        (Kind.PERPETUAL, rf"perpetual\.{_INSTRUMENT}\.{_PACE}"),
        (Kind.PRICE_INDEX, rf"deribit_price_index\.{_INSTRUMENT}"),
        (Kind.VOLATILITY_INDEX, rf"deribit_volatility_index\.{_INSTRUMENT}"),
        (Kind.MARK_PRICES, r"markprice\.options\.[a-z0-9_]+"),
        (Kind.INSTRUMENT_STATE, rf"instrument\.state\.{_GROUP}"),
        (Kind.USER_ORDERS, rf"user\.(isolated\.)?orders\.{_OF}\.{_PACE}"),
        (Kind.USER_TRADES, rf"user\.(isolated\.)?trades\.{_OF}\.{_PACE}"),
        (Kind.USER_CHANGES, rf"user\.(isolated\.)?changes\.{_OF}\.{_PACE}"),
        (Kind.USER_PORTFOLIO, r"user\.portfolio\.\w+"),
        (Kind.NOTICE, rf"deribit_price_(ranking|statistics)\.{_INSTRUMENT}"),
        (Kind.NOTICE, rf"estimated_expiration_price\.{_INSTRUMENT}"),
        (Kind.NOTICE, r"platform_state(\.public_methods_state)?|announcements"),
        (Kind.NOTICE, r"block_rfq\.(trades|taker|maker|maker\.quotes)\.\w+"),
        (Kind.NOTICE, r"block_trade_confirmations(\.\w+)?"),
        (Kind.NOTICE, r"user\.(access_log|lock)"),
        (Kind.NOTICE, rf"user\.mmp_trigger\.{_INSTRUMENT}"),
        (Kind.USER_TRADES, rf"user\.combo_trades\.{_OF}\.{_PACE}"),
    )
)


def streams(subscriptions: Sequence[Subscription], pace: str = "100ms") -> list[Stream]:
    """The channels that carry these subscriptions, in their order; what is asked twice is one channel.

    Two spellings of one symbol are one channel as well, and events carry the first of them.

    :param pace: of trades, books and tickers that do not say their own, one of :data:`PACES`
    :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; the text names it
    """
    found: dict[str, Stream] = {}
    seen: set[tuple[str, Channel, str]] = set()
    for subscription in subscriptions:
        try:
            stream = _MAKERS[subscription.channel](subscription, pace)
        except ConfigurationError as error:
            raise ConfigurationError(f"{subscription.name}: {error}") from None
        served = found[stream.name].subscriptions if stream.name in found else ()
        key = (stream.name, subscription.channel, _asked(subscription))
        if key not in seen:
            seen.add(key)
            served = (*served, subscription)
        found[stream.name] = msgspec.structs.replace(stream, subscriptions=served)
    return list(found.values())


def named_stream(name: str) -> Stream | None:
    """The channel of this name, as if all it carries were subscribed under the venue's symbols; None if unknown."""
    for kind, pattern in _NAMES:
        match = pattern.fullmatch(name)
        if match is None:
            continue
        parts = match.groupdict()
        interval = parts.get("pace") or ""
        if kind is Kind.CHART:
            interval = _LENGTHS.get(parts["resolution"] or "", "")
            if not interval:
                return None
        depth = parts.get("depth")
        return Stream(
            name=name,
            kind=kind,
            symbol=parts.get("symbol") or "",
            depth=None if depth is None else int(depth),
            interval=interval,
        )
    return None


def _known(name: str) -> Stream:
    stream = named_stream(name)
    if stream is None:
        raise ConfigurationError(f"{name} is not a channel of Deribit")
    return stream


def _asked(subscription: Subscription) -> str:
    if subscription.channel in (Channel.NATIVE, Channel.INDEX_PRICES, Channel.VOLATILITY_INDEX):
        return subscription.instrument
    return native_symbol(subscription.instrument) if subscription.instrument else ""


def _instrument(subscription: Subscription) -> str:
    if not subscription.instrument:
        raise ConfigurationError("name an instrument; there is no channel of all of them")
    return native_symbol(subscription.instrument)


def _paced(subscription: Subscription, pace: str, allowed: Sequence[str] = PACES) -> str:
    chosen = pace if subscription.interval is None else subscription.interval
    if chosen not in allowed:
        raise ConfigurationError(f"interval must be one of {', '.join(allowed)}")
    return chosen


def _trades(subscription: Subscription, pace: str) -> Stream:
    if subscription.aggregate:
        raise ConfigurationError("trades come one by one, never aggregated")
    of = native_symbol(subscription.instrument) if subscription.instrument else "any.any"
    return _known(f"trades.{of}.{_paced(subscription, pace)}")


def _quotes(subscription: Subscription, pace: str) -> Stream:
    return _known(f"quote.{_instrument(subscription)}")


def _book(subscription: Subscription, pace: str) -> Stream:
    symbol, depth = _instrument(subscription), subscription.depth
    if depth is None:
        return _known(f"book.{symbol}.{_paced(subscription, pace)}")
    if depth not in _DEPTHS:
        raise ConfigurationError(f"depth must be one of {', '.join(map(str, _DEPTHS))}, or left out for the whole book")
    batched = "100ms" if pace == "raw" else pace
    return _known(f"book.{symbol}.none.{depth}.{_paced(subscription, batched, PACES[1:])}")


def _candles(subscription: Subscription, pace: str) -> Stream:
    interval = subscription.interval or "1m"
    if interval not in INTERVALS:
        raise ConfigurationError(f"interval must be one of {', '.join(INTERVALS)}")
    return _known(f"chart.trades.{_instrument(subscription)}.{INTERVALS[interval]}")


def _ticker(subscription: Subscription, pace: str) -> Stream:
    return _known(f"ticker.{_instrument(subscription)}.{_paced(subscription, pace)}")


def _perpetual(subscription: Subscription, pace: str) -> Stream:
    return _known(f"perpetual.{_instrument(subscription)}.{_paced(subscription, pace)}")


def _instrument_status(subscription: Subscription, pace: str) -> Stream:
    # One channel for all of them: the transformer picks those that were asked for.
    if subscription.instrument:
        native_symbol(subscription.instrument)
    return _known("instrument.state.any.any")


def _index(kind: Kind) -> Callable[[Subscription, str], Stream]:
    def make(subscription: Subscription, pace: str) -> Stream:
        if not _INDEX.fullmatch(subscription.instrument):
            raise ConfigurationError(f"{subscription.instrument!r} is not an index; write btc_usd")
        return _known(f"{kind.value}.{subscription.instrument}")

    return make


def _native(subscription: Subscription, pace: str) -> Stream:
    return _known(subscription.instrument)


_MAKERS: Final[Mapping[Channel, Callable[[Subscription, str], Stream]]] = {
    Channel.TRADES: _trades,
    Channel.QUOTES: _quotes,
    Channel.BOOK: _book,
    Channel.CANDLES: _candles,
    Channel.TICKERS: _ticker,
    Channel.MARK_PRICES: _ticker,
    Channel.OPEN_INTEREST: _ticker,
    Channel.OPTION_GREEKS: _ticker,
    Channel.FUNDING_RATES: _perpetual,
    # They are flagged among the trades.
    Channel.LIQUIDATIONS: _trades,
    Channel.INSTRUMENT_STATUS: _instrument_status,
    Channel.INDEX_PRICES: _index(Kind.PRICE_INDEX),
    Channel.VOLATILITY_INDEX: _index(Kind.VOLATILITY_INDEX),
    Channel.NATIVE: _native,
}
