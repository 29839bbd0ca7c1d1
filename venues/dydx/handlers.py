"""Handlers: what is done with the contents of one topic, for all subscriptions it serves.

The transformer finds the topic and knows whether its contents can be trusted; a handler decodes, keeps what its kind
needs to keep across a loss (which trades were seen, which candle is open), and makes events. Books are in
:mod:`barterpy.venues.dydx.views`, the markets' state in :mod:`barterpy.venues.dydx.markets`, accounts in
:mod:`barterpy.venues.dydx.account`.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, Final, Generic, Protocol, TypeAlias

import msgspec

from barterpy.model.market import BlockHeight, Candle
from barterpy.model.number import N
from barterpy.subscription import Channel, Subscription
from barterpy.venues.dydx.channels import Kind, Topic
from barterpy.venues.dydx.decoding import later_contents, market_name
from barterpy.venues.dydx.markets import MarketsHandler
from barterpy.venues.dydx.messages import (
    Block,
    CandleList,
    CandleRow,
    Frame,
    TradeList,
)
from barterpy.venues.dydx.normaliser import Normaliser, is_liquidation
from barterpy.venues.dydx.timestamps import nanoseconds
from barterpy.venues.dydx.views import BookHandler

__all__ = [
    "BlockHandler",
    "BookHandler",
    "CandleHandler",
    "Handler",
    "MarketsHandler",
    "TradeHandler",
    "market_handler",
]

Output: TypeAlias = Any  # MarketEvent[N] | AccountEvent[N] | Directive: handlers of every kind share one dictionary
_SEEN: Final = 2000
"""Ids of trades remembered, twice what a newer Indexer repeats at most."""


class Handler(Protocol):
    """Of one topic. Both methods take a frame with contents and when it was received (int nanoseconds UTC).

    :raises ValueError: (msgspec.DecodeError among them) the contents do not fit
    """

    def serve(self, subscriptions: Sequence[Subscription], /) -> None:
        """From now on these subscriptions are served, which may be others than before; none is all of the topic."""
        ...

    def first(self, frame: Frame, received_at: int, /) -> Sequence[Output]:
        """What came with the confirmation."""
        ...

    def later(self, frame: Frame, received_at: int, /) -> Sequence[Output]:
        """What came after it, alone or in a batch."""
        ...


def market_handler(topic: Topic, normalise: Normaliser[N], *, recent_trades: bool) -> Handler:
    """The handler of a topic that is not an account's."""
    match topic.kind:
        case Kind.TRADES:
            return TradeHandler(topic, normalise, recent=recent_trades)
        case Kind.ORDERBOOK:
            return BookHandler(topic, normalise)
        case Kind.CANDLES:
            return CandleHandler(topic, normalise)
        case Kind.MARKETS:
            return MarketsHandler(normalise)
        case _:
            return BlockHandler(normalise)


class TradeHandler(Generic[N]):
    """Trades and liquidations. The venue repeats the last trades when it confirms: those of before the first
    confirmation are told only if ``recent`` is set; later, those missed in between are, each once and in order."""

    def __init__(self, topic: Topic, normalise: Normaliser[N], *, recent: bool) -> None:
        self._topic = topic
        self._normalise: Normaliser[N] = normalise
        self._first = msgspec.json.Decoder(TradeList).decode
        self._decode = later_contents(TradeList)
        self._recent = recent
        self._began = False
        self._seen: set[str] = set()
        self._order: deque[str] = deque()
        self.serve(())

    def serve(self, subscriptions: Sequence[Subscription], /) -> None:
        self._name = market_name(subscriptions, self._topic)
        channels = {subscription.channel for subscription in subscriptions} or {Channel.NATIVE}
        whole = Channel.NATIVE in channels
        self._trades = whole or Channel.TRADES in channels
        self._liquidations = whole or Channel.LIQUIDATIONS in channels

    def first(self, frame: Frame, received_at: int, /) -> Sequence[Output]:
        told = self._began or self._recent
        self._began = True
        return self._events(reversed(self._first(frame.contents).trades), received_at, told=told)

    def later(self, frame: Frame, received_at: int, /) -> Sequence[Output]:
        self._began = True
        rows = [row for part in self._decode(frame) for row in part.trades]
        return self._events(rows, received_at, told=True)

    def _events(self, rows: Iterable[Any], received_at: int, *, told: bool) -> Sequence[Output]:
        events: list[Output] = []
        fresh: list[str] = []
        for row in rows:
            if row.id in self._seen:
                continue
            fresh.append(row.id)
            if told and self._trades:
                events.append(self._normalise.trade(row, self._name, received_at))
            if told and self._liquidations and is_liquidation(row):
                events.append(self._normalise.liquidation(row, self._name, received_at))
        # Only now: of a message that does not fit nothing was seen.
        self._seen.update(fresh)
        self._order.extend(fresh)
        while len(self._order) > _SEEN:
            self._seen.discard(self._order.popleft())
        return events


class CandleHandler(Generic[N]):
    """Candles. The forming one is told with each update; it is closed when a later one is there, and then told once
    more. What closed while nobody listened is told when the topic is confirmed again."""

    def __init__(self, topic: Topic, normalise: Normaliser[N]) -> None:
        self._topic = topic
        self._normalise: Normaliser[N] = normalise
        self._first = msgspec.json.Decoder(CandleList).decode
        self._decode = later_contents(CandleRow)
        self._open: CandleRow | None = None
        self.serve(())

    def serve(self, subscriptions: Sequence[Subscription], /) -> None:
        self._name = market_name(subscriptions, self._topic)

    def first(self, frame: Frame, received_at: int, /) -> Sequence[Output]:
        rows = sorted(self._first(frame.contents).candles, key=_started)
        known = self._open
        if known is not None:
            return self._events([row for row in rows if _started(row) >= _started(known)], received_at)
        return self._events(rows[-1:], received_at)

    def later(self, frame: Frame, received_at: int, /) -> Sequence[Output]:
        return self._events(self._decode(frame), received_at)

    def _events(self, rows: Sequence[CandleRow], received_at: int) -> Sequence[Output]:
        candle, known = self._normalise.candle, self._open
        events: list[Candle[N]] = []
        for row in rows:
            if known is not None and _started(row) > _started(known):
                events.append(candle(known, self._name, received_at, closed=True))
            late = known is not None and _started(row) < _started(known)
            events.append(candle(row, self._name, received_at, closed=late))
            known = known if late else row
        self._open = known
        return events


def _started(row: CandleRow) -> int:
    return nanoseconds(row.startedAt)


class BlockHandler(Generic[N]):
    """Block heights, each once."""

    def __init__(self, normalise: Normaliser[N]) -> None:
        self._normalise: Normaliser[N] = normalise
        self._decode = later_contents(Block)
        self._height = 0

    def serve(self, subscriptions: Sequence[Subscription], /) -> None:
        """There is one subscription of it at most."""

    def first(self, frame: Frame, received_at: int, /) -> Sequence[Output]:
        return self.later(frame, received_at)

    def later(self, frame: Frame, received_at: int, /) -> Sequence[Output]:
        fresh: list[BlockHeight] = []
        for block in self._decode(frame):
            event = self._normalise.block(block, received_at)
            if event.height > self._height:
                self._height = event.height
                fresh.append(event)
        return fresh
