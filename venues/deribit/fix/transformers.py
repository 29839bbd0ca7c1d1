"""Market data over FIX to the events that the WebSocket channels bring, sizes in the venue's amounts.

    W  ──id──▶ topic: book ▶ synchroniser, levels ▶ BookSnapshot, quotes ▶ Quote, trades ▶ nothing but Reply
    X  ──id──▶ topic: book ▶ synchroniser, trades ▶ Trade, liquidations ▶ Liquidation
    Y  ──id──▶ Reply with what helps

A book's changes have no numbers here: the session's are without a gap, or the session ends. Sizes are contracts, and
ContractMultiplier (231) makes the amounts of them which every other API of the venue has. What was traded before the
subscription comes with its snapshot, and is passed over.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final, TypeAlias

import msgspec

from barterpy.clock import MILLISECOND
from barterpy.errors import ParseError
from barterpy.events import LifecycleEvent
from barterpy.model.market import Level, Liquidation, MarketEvent, Side, Trade
from barterpy.model.number import N
from barterpy.protocols.fix.instants import nanoseconds
from barterpy.protocols.fix.market import MarketDataTransformer, MarketStream, Topic, TopicKind
from barterpy.protocols.fix.marketdata import MarketDataRequestReject
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.timestamps import parse_timestamp
from barterpy.subscription import Subscription
from barterpy.sync import DepthSnapshot, DepthUpdate, SequenceRule, Unnumbered
from barterpy.transformer import Directive, Reply
from barterpy.venues.deribit.fix.channels import end_request, start_request, topic
from barterpy.venues.deribit.fix.errors import refusal_error
from barterpy.venues.deribit.fix.messages import (
    DataEntry,
    DataUpdate,
    MarketDataMessage,
    SnapshotMessage,
    UpdateMessage,
)

__all__ = ["DeribitFixTransformer"]

_Output: TypeAlias = Any  # MarketEvent[N] | LifecycleEvent | Directive | MarketDataMessage

_BID: Final = "0"
_OFFER: Final = "1"
_TRADE: Final = "2"
_DELETE: Final = "2"
_SIDES: Final = {"1": Side.BUY, "2": Side.SELL}
_OTHER: Final = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
_NO_NUMBER: Final = 0
_TYPES: Final = {
    TopicKind.TRADES: (_TRADE,),
    TopicKind.LIQUIDATIONS: (_TRADE,),
    TopicKind.BOOK: (_BID, _OFFER),
    # These come as a whole, and never by changes.
    TopicKind.QUOTES: (),
    TopicKind.LEVELS: (),
}
"""Of which types the entries of an update are, by what was asked for."""


class DeribitFixTransformer(MarketDataTransformer[N]):
    """Messages of Deribit's FIX gateway to events."""

    rule: ClassVar[SequenceRule] = Unnumbered()

    def topic(self, subscription: Subscription) -> Topic:
        return topic(subscription)

    def start(self, id_: str, topic: Topic) -> Outgoing:
        return Outgoing.of(start_request(id_, topic))

    def end(self, id_: str, topic: Topic) -> Outgoing:
        return Outgoing.of(end_request(id_, topic))

    def transform(
        self, message: MarketDataMessage, received_at: int, /
    ) -> Iterable[MarketEvent[N] | LifecycleEvent | Directive | MarketDataMessage]:
        if isinstance(message, UpdateMessage):
            return self._update(message, received_at)
        if isinstance(message, SnapshotMessage):
            return self._snapshot(message, received_at)
        outputs: Sequence[_Output] | None = None
        if isinstance(message, MarketDataRequestReject):
            outputs = self.refused(message.md_req_id, refusal_error(message), received_at)
        return (message,) if outputs is None else outputs

    def _snapshot(self, message: SnapshotMessage, received_at: int) -> Sequence[_Output]:
        stream = self._of(message, received_at)
        if stream is None:
            return ()
        assert message.md_req_id is not None
        outputs: list[_Output] = [Reply(message.md_req_id)]
        if stream.topic.kind in (TopicKind.TRADES, TopicKind.LIQUIDATIONS):
            return outputs
        unit = self._unit(message)
        bids = tuple(self._level(entry, unit) for entry in message.md_entries if entry.md_entry_type == _BID)
        asks = tuple(self._level(entry, unit) for entry in message.md_entries if entry.md_entry_type == _OFFER)
        at = nanoseconds(message.sending_time)
        if stream.topic.kind is TopicKind.QUOTES:
            stream.bid, stream.ask = bids[0] if bids else None, asks[0] if asks else None
            outputs.append(self.quote(stream, None, at, received_at))
        elif stream.book is None:
            outputs.append(self.levels(stream, bids, asks, at, received_at))
        else:
            snapshot: DepthSnapshot[N] = DepthSnapshot(last_id=_NO_NUMBER, bids=bids, asks=asks, exchange_at=at)
            outputs += stream.book.on_snapshot(snapshot, received_at)
        return outputs

    def _update(self, message: UpdateMessage, received_at: int) -> Sequence[_Output]:
        if message.md_req_id is None:
            return self._unnamed(message, received_at)
        stream = self._of(message, received_at)
        if stream is None:
            return ()
        unit = self._unit(message)
        book = stream.book
        if book is not None:
            entries = message.md_entries
            update: DepthUpdate[N] = DepthUpdate(
                first_id=_NO_NUMBER,
                last_id=_NO_NUMBER,
                bids=tuple(self._change(entry, unit) for entry in entries if entry.md_entry_type == _BID),
                asks=tuple(self._change(entry, unit) for entry in entries if entry.md_entry_type == _OFFER),
                exchange_at=nanoseconds(message.sending_time),
            )
            return book.on_update(update, received_at) if update.bids or update.asks else ()
        trades = [entry for entry in message.md_entries if entry.md_entry_type == _TRADE]
        if stream.topic.kind is TopicKind.TRADES:
            return [self._trade(stream, entry, unit, received_at) for entry in trades]
        if stream.topic.kind is TopicKind.LIQUIDATIONS:
            return [event for entry in trades for event in self._forced(stream, entry, unit, received_at)]
        raise ParseError("changes of what comes as a whole", kind="Market Data Incremental Refresh")

    def _unnamed(self, message: UpdateMessage, received_at: int) -> Sequence[_Output]:
        """The page has MDReqID (262) only "if it is applicable", and trades were seen without: whose they are, their
        symbol and their type say."""
        types = {entry.md_entry_type for entry in message.md_entries}
        meant = [
            id_
            for id_, stream in self._asked.items()
            if stream.topic.symbol == message.symbol and not types.isdisjoint(_TYPES[stream.topic.kind])
        ]
        if not meant:
            self.stream(None, received_at)  # which counts it
        return [
            output
            for id_ in meant
            for output in self._update(msgspec.structs.replace(message, md_req_id=id_), received_at)
        ]

    def _of(self, message: SnapshotMessage | UpdateMessage, received_at: int) -> MarketStream[N] | None:
        stream = self.stream(message.md_req_id, received_at)
        if stream is not None and message.symbol != stream.topic.symbol:
            raise ParseError(f"is of {message.symbol}, and was asked for {stream.topic.symbol}", kind="market data")
        return stream

    def _unit(self, message: SnapshotMessage | UpdateMessage) -> N | None:
        return None if message.contract_multiplier is None else self.made(message.contract_multiplier)

    def _level(self, entry: DataEntry, unit: N | None) -> Level[N]:
        price, size = entry.md_entry_px, entry.md_entry_size
        if price is None or size is None:
            raise ParseError("an entry without a price or a size", kind="market data")
        return Level(self.made(price), self._amount(size, unit))

    def _change(self, entry: DataUpdate, unit: N | None) -> Level[N]:
        if entry.md_update_action == _DELETE and entry.md_entry_px is not None:
            return Level(self.made(entry.md_entry_px), self.zero)
        return self._level(entry, unit)

    def _amount(self, size: str, unit: N | None) -> N:
        amount = self.made(size)
        return amount if unit is None else amount * unit

    def _trade(self, stream: MarketStream[N], entry: DataEntry, unit: N | None, received_at: int) -> Trade[N]:
        level = self._level(entry, unit)
        if entry.trade_id is None:
            raise ParseError("a trade without an id", kind="market data")
        sequence = entry.text
        return Trade(
            venue=self.venue,
            instrument=stream.topic.instrument,
            price=level.price,
            size=level.size,
            side=_SIDES.get(entry.side or ""),
            id=entry.trade_id,
            exchange_at=_time(entry),
            received_at=received_at,
            epoch=self.epoch,
            sequence=int(sequence) if sequence and sequence.isascii() and sequence.isdigit() else None,
        )

    def _forced(
        self, stream: MarketStream[N], entry: DataEntry, unit: N | None, received_at: int
    ) -> Sequence[Liquidation[N]]:
        taker = _SIDES.get(entry.side or "")
        if not entry.liquidation or taker is None:
            return ()
        level = self._level(entry, unit)
        return [
            Liquidation(
                venue=self.venue,
                instrument=stream.topic.instrument,
                side=taker if role == "T" else _OTHER[taker],
                price=level.price,
                size=level.size,
                exchange_at=_time(entry),
                received_at=received_at,
                epoch=self.epoch,
            )
            for role in entry.liquidation
        ]


def _time(entry: DataEntry) -> int | None:
    """The page says UTCTimestamp; milliseconds since 1970 have been seen there."""
    text = entry.md_entry_date
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return int(text[:19]) * MILLISECOND
    return parse_timestamp(text.encode())
