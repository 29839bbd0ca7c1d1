"""Handlers: what is done with each message of one stream, put together once, when the stream becomes known.

A handler decodes, normalises and says nothing of subscriptions any more: which symbol the user wrote, which of two
channels of one message are wanted, and which book the changes belong to is settled when it is made.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast

import msgspec

from barterpy.model.number import N
from barterpy.subscription import Channel
from barterpy.sync import BookSynchroniser, SyncPolicy
from barterpy.transformer import Fetch
from barterpy.venues.binance.books import RULES
from barterpy.venues.binance.channels import Kind, Stream
from barterpy.venues.binance.endpoints import Market
from barterpy.venues.binance.messages import (
    AggTrade,
    BookTicker,
    ContractInfo,
    DepthDiff,
    ForceOrder,
    Kline,
    MarkPriceUpdate,
    MiniTicker,
    PartialDepth,
    RawTrade,
    Ticker24h,
)
from barterpy.venues.binance.normaliser import Normaliser
from barterpy.venues.binance.rest import Requests
from barterpy.venues.binance.symbols import native_symbol

__all__ = ["Handler", "Handlers"]

M = TypeVar("M")
_Output: TypeAlias = Any  # MarketEvent[N] | LifecycleEvent | Directive: handlers of every kind share one dictionary
Handler: TypeAlias = Callable[[msgspec.Raw, int], Sequence[_Output]]
"""Payload and time of receipt (int nanoseconds UTC) to outputs."""
_Convert: TypeAlias = Callable[[Any, str, int], Sequence[_Output]]

_COIN_MARGINED: Final = 2


class Handlers(Generic[N]):
    """Makes the handlers of one connection's streams.

    :param depth_limit: levels a side of a snapshot
    """

    def __init__(self, market: Market, normalise: Normaliser[N], depth_limit: int, policy: SyncPolicy | None) -> None:
        self.books: dict[str, BookSynchroniser[N]] = {}
        """The whole books by the names of their streams."""
        self._market = market
        self._normalise: Normaliser[N] = normalise
        self._requests = Requests(market)
        self._depth_limit = depth_limit
        self._policy = policy
        self._simple: Mapping[Kind, tuple[Any, _Convert]] = {
            Kind.TRADE: (RawTrade, normalise.trade),
            Kind.AGG_TRADE: (AggTrade, normalise.agg_trade),
            Kind.BOOK_TICKER: (BookTicker, normalise.quote),
            Kind.KLINE: (Kline, normalise.candle),
            Kind.TICKER: (Ticker24h, normalise.ticker),
            Kind.MINI_TICKER: (MiniTicker, normalise.mini_ticker),
            Kind.FORCE_ORDER: (ForceOrder, normalise.liquidation),
        }

    def make(self, stream: Stream) -> Handler:
        """The handler of everything this stream carries."""
        normalise = self._normalise
        instrument = stream.subscriptions[0].instrument if stream.subscriptions else ""
        instrument = instrument or stream.symbol
        wire: Any
        convert: _Convert
        match stream.kind:
            case Kind.DEPTH:
                wire, convert = DepthDiff, self._book(stream, instrument)
            case Kind.PARTIAL_DEPTH:
                wire = PartialDepth if self._market is Market.SPOT else DepthDiff
                convert = partial(normalise.partial_depth, depth=stream.depth)
            case Kind.MARK_PRICE:
                wire, convert = MarkPriceUpdate, self._mark_price(stream)
            case Kind.CONTRACT_INFO:
                return _many(ContractInfo, self._instrument_status(stream))
            case _:
                wire, convert = self._simple[stream.kind]
                if stream.kind is Kind.TICKER and stream.interval:
                    convert = partial(normalise.ticker, window=stream.interval)
        return _one(wire, convert, instrument) if instrument else _many(wire, convert)

    def _mark_price(self, stream: Stream) -> _Convert:
        normalise = self._normalise
        names = {
            subscription.channel: subscription.instrument or stream.symbol for subscription in stream.subscriptions
        }
        if not names:
            names = {Channel.MARK_PRICES: stream.symbol, Channel.FUNDING_RATES: stream.symbol}
        price, rate = names.get(Channel.MARK_PRICES), names.get(Channel.FUNDING_RATES)

        def convert(message: MarkPriceUpdate, _: str, received_at: int) -> Sequence[_Output]:
            events: list[_Output] = []
            if price is not None:
                events += normalise.mark_price(message, price or message.s, received_at)
            if rate is not None:
                events += normalise.funding_rate(message, rate or message.s, received_at)
            return events

        return convert

    def _instrument_status(self, stream: Stream) -> _Convert:
        wanted: dict[str, str] = {}
        for subscription in stream.subscriptions:
            symbol = native_symbol(subscription.instrument, self._market) if subscription.instrument else ""
            wanted[symbol] = subscription.instrument
        everything = not wanted or "" in wanted

        def convert(message: ContractInfo, _: str, received_at: int) -> Sequence[_Output]:
            name = wanted.get(message.s) or (message.s if everything else None)
            return () if name is None else self._normalise.instrument_status(message, name, received_at)

        return convert

    def _book(self, stream: Stream, instrument: str) -> _Convert:
        request = self._requests.depth(stream.symbol, self._depth_limit)
        book: BookSynchroniser[N] = BookSynchroniser(
            self._normalise.venue,
            instrument,
            RULES[self._market],
            lambda delay: Fetch(stream.name, request, delay),
            self._policy,
        )
        book.on_reset(self._normalise.epoch, 0)
        self.books[stream.name] = book

        def convert(message: DepthDiff, _: str, received_at: int) -> Sequence[_Output]:
            return book.on_update(self._normalise.update(message), received_at)

        return convert


def _one(wire: type[M], convert: Callable[[M, str, int], Sequence[_Output]], instrument: str) -> Handler:
    decode = msgspec.json.Decoder(wire).decode

    def handle(data: msgspec.Raw, received_at: int) -> Sequence[_Output]:
        return convert(decode(data), instrument, received_at)

    return handle


def _many(wire: Any, convert: _Convert) -> Handler:
    """A stream of every instrument: one message or an array of them, each of which names its own.

    Since June 2026 such streams carry coin-margined contracts as well (``st`` 2), which are another market.
    """
    decode = msgspec.json.Decoder(list[wire] | wire).decode

    def handle(data: msgspec.Raw, received_at: int) -> Sequence[_Output]:
        decoded: Any = decode(data)
        messages = cast("Sequence[Any]", decoded if isinstance(decoded, list) else (decoded,))
        events: list[_Output] = []
        for message in messages:
            source: Any = message.o if isinstance(message, ForceOrder) else message
            if _COIN_MARGINED not in (message.st, source.st):
                events += convert(message, source.s, received_at)
        return events

    return handle
