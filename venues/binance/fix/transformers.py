"""Market data over FIX to the events that the WebSocket streams bring.

    W  ──id──▶ topic: book ▶ synchroniser, quotes ▶ Quote
    X  ──id──▶ topic: trades ▶ Trade, quotes ▶ Quote, book ▶ synchroniser, once its last fragment is there
    Y  ──id──▶ Reply with what helps
    XLR ─id──▶ Reply for all that was asked before it and has no answer of its own

The gateway answers a subscription to trades with trades only, so a LimitQuery is asked behind it: messages are
processed in their order (MessageHandling 2), and its answer says that the subscription was taken.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final, TypeAlias

from barterpy.errors import LimitExceeded, ParseError
from barterpy.events import LifecycleEvent
from barterpy.model.market import Level, MarketEvent, Quote, Side, Trade
from barterpy.model.number import N
from barterpy.protocols.fix.instants import nanoseconds
from barterpy.protocols.fix.market import MarketDataTransformer, MarketStream, Topic, TopicKind
from barterpy.protocols.fix.marketdata import News
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.subscription import Subscription
from barterpy.sync import DepthSnapshot, DepthUpdate, SequenceRule
from barterpy.transformer import Directive, Reply
from barterpy.venues.binance.books import RULES
from barterpy.venues.binance.endpoints import Market
from barterpy.venues.binance.fix.channels import end_request, start_request, topic
from barterpy.venues.binance.fix.errors import refusal_error
from barterpy.venues.binance.fix.messages import (
    BinanceRequestReject,
    BookSnapshotMessage,
    DataUpdate,
    LimitQuery,
    LimitResponse,
    MarketDataMessage,
    UpdateMessage,
)

__all__ = ["BinanceFixTransformer"]

_Output: TypeAlias = Any  # MarketEvent[N] | LifecycleEvent | Directive | MarketDataMessage

_BID: Final = "0"
_OFFER: Final = "1"
_TRADE: Final = "2"
_DELETE: Final = "2"
_SIDES: Final = {"1": Side.BUY, "2": Side.SELL}
_UPDATE: Final = "MarketDataIncrementalRefresh"
_SNAPSHOT: Final = "MarketDataSnapshot"
_MOST_ENTRIES: Final = 100_000
"""Of one update in several messages. A snapshot has at most 5000 levels a side, and changes are fewer."""


class BinanceFixTransformer(MarketDataTransformer[N]):
    """Messages of Binance's market data gateway to events; ``depth`` is 2 to 5000."""

    rule: ClassVar[SequenceRule] = RULES[Market.SPOT]

    def topic(self, subscription: Subscription) -> Topic:
        return topic(subscription)

    def start(self, id_: str, topic: Topic) -> Outgoing:
        return Outgoing.of(start_request(id_, topic, self.depth))

    def end(self, id_: str, topic: Topic) -> Outgoing:
        return Outgoing.of(end_request(id_))

    def barrier(self, id_: str) -> Outgoing:
        return Outgoing.of(LimitQuery(req_id=id_))

    def answers(self, topic: Topic) -> bool:
        return topic.kind is not TopicKind.TRADES

    def transform(
        self, message: MarketDataMessage, received_at: int, /
    ) -> Iterable[MarketEvent[N] | LifecycleEvent | Directive | MarketDataMessage]:
        if isinstance(message, UpdateMessage):
            return self._update(message, received_at)
        if isinstance(message, BookSnapshotMessage):
            return self._snapshot(message, received_at)
        outputs: Sequence[_Output] | None = None
        if isinstance(message, LimitResponse):
            outputs = self.passed(message.req_id)
        elif isinstance(message, BinanceRequestReject):
            outputs = self.refused(message.md_req_id, refusal_error(message), received_at)
        elif isinstance(message, News):
            outputs = self.closing_soon(message.headline, received_at)
        return (message,) if outputs is None else outputs

    def _snapshot(self, message: BookSnapshotMessage, received_at: int) -> Sequence[_Output]:
        stream = self.stream(message.md_req_id, received_at)
        if stream is None:
            return ()
        bids, asks = self._sides(message)
        outputs: list[_Output] = [Reply(message.md_req_id)]
        book, last_id = stream.book, message.last_book_update_id
        at = nanoseconds(message.sending_time)
        if stream.topic.kind is TopicKind.QUOTES:
            stream.bid, stream.ask = bids[0] if bids else None, asks[0] if asks else None
            outputs.append(self.quote(stream, last_id, at, received_at))
        elif book is not None and last_id is not None:
            stream.parts.clear()
            snapshot: DepthSnapshot[N] = DepthSnapshot(last_id=last_id, bids=bids, asks=asks, exchange_at=at)
            outputs += book.on_snapshot(snapshot, received_at)
        else:
            raise ParseError("a book without an update id, or of a trade stream", kind=_SNAPSHOT)
        return outputs

    def _update(self, message: UpdateMessage, received_at: int) -> Sequence[_Output]:
        stream = self.stream(message.md_req_id, received_at)
        if stream is None:
            return ()
        if stream.topic.kind is TopicKind.TRADES:
            return [self._trade(stream, entry, received_at) for entry in message.md_entries]
        if stream.topic.kind is TopicKind.QUOTES:
            return self._best(stream, message, received_at)
        return self._changes(stream, message, received_at)

    def _trade(self, stream: MarketStream[N], entry: DataUpdate, received_at: int) -> Trade[N]:
        price, size, id_ = entry.md_entry_px, entry.md_entry_size, entry.trade_id
        if price is None or size is None or id_ is None or entry.md_entry_type != _TRADE:
            raise ParseError("an entry of a trade stream is no trade", kind=_UPDATE)
        return Trade(
            venue=self.venue,
            instrument=stream.topic.instrument,
            price=self.made(price),
            size=self.made(size),
            side=_SIDES.get(entry.aggressor_side or ""),
            id=str(id_),
            exchange_at=nanoseconds(entry.transact_time),
            received_at=received_at,
            epoch=self.epoch,
            sequence=id_,
        )

    def _best(self, stream: MarketStream[N], message: UpdateMessage, received_at: int) -> Sequence[Quote[N]]:
        sequence: int | None = None
        for entry in message.md_entries:
            sequence = sequence if entry.last_book_update_id is None else entry.last_book_update_id
            # A change replaces the best quote of its side, whatever its price was.
            level = None if entry.md_update_action == _DELETE else self._level(entry)
            if _is_bid(entry):
                stream.bid = level
            else:
                stream.ask = level
        return (self.quote(stream, sequence, _time(message), received_at),)

    def _changes(self, stream: MarketStream[N], message: UpdateMessage, received_at: int) -> Sequence[_Output]:
        parts: list[DataUpdate] = stream.parts
        entries: Sequence[DataUpdate] = message.md_entries
        if message.last_fragment is not None or parts:
            if len(parts) + len(entries) > _MOST_ENTRIES:
                parts.clear()
                raise LimitExceeded("entries of one update", _MOST_ENTRIES)
            parts += entries
            if message.last_fragment is False:
                return ()
            entries, stream.parts = parts, []
        book = stream.book
        assert book is not None
        outputs: list[_Output] = []
        for update in self._updates(stream, entries, _time(message)):
            outputs += book.on_update(update, received_at)
        return outputs

    def _updates(
        self, stream: MarketStream[N], entries: Sequence[DataUpdate], exchange_at: int | None
    ) -> Sequence[DepthUpdate[N]]:
        """The entries by the changes they belong to: what an entry leaves out is what the one before it had."""
        first = last = None
        symbol = stream.topic.symbol
        changes: dict[tuple[int, int], tuple[list[Level[N]], list[Level[N]]]] = {}
        for entry in entries:
            symbol = entry.symbol or symbol
            first = first if entry.first_book_update_id is None else entry.first_book_update_id
            last = last if entry.last_book_update_id is None else entry.last_book_update_id
            if first is None or last is None or symbol != stream.topic.symbol:
                raise ParseError("an entry without book ids, or of another symbol", kind=_UPDATE)
            bids, asks = changes.setdefault((first, last), ([], []))
            (bids if _is_bid(entry) else asks).append(self._level(entry))
        return [
            DepthUpdate(first_id=first, last_id=last, bids=tuple(bids), asks=tuple(asks), exchange_at=exchange_at)
            for (first, last), (bids, asks) in changes.items()
        ]

    def _sides(self, message: BookSnapshotMessage) -> tuple[tuple[Level[N], ...], tuple[Level[N], ...]]:
        bids: list[Level[N]] = []
        asks: list[Level[N]] = []
        for entry in message.md_entries:
            if entry.md_entry_type not in (_BID, _OFFER):
                raise ParseError("an entry is neither bid nor offer", kind=_SNAPSHOT)
            level = Level(self.made(entry.md_entry_px), self.made(entry.md_entry_size))
            (bids if entry.md_entry_type == _BID else asks).append(level)
        return tuple(bids), tuple(asks)

    def _level(self, entry: DataUpdate) -> Level[N]:
        price, size = entry.md_entry_px, entry.md_entry_size
        if price is None:
            raise ParseError("an entry without a price", kind=_UPDATE)
        if size is None or entry.md_update_action == _DELETE:
            return Level(self.made(price), self.zero)
        return Level(self.made(price), self.made(size))


def _is_bid(entry: DataUpdate) -> bool:
    if entry.md_entry_type not in (_BID, _OFFER):
        raise ParseError("an entry is neither bid nor offer", kind=_UPDATE)
    return entry.md_entry_type == _BID


def _time(message: UpdateMessage) -> int | None:
    first = next((entry.transact_time for entry in message.md_entries if entry.transact_time), message.sending_time)
    return nanoseconds(first)
