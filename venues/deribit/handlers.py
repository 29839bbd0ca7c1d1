"""Handlers: what is done with each message of one channel, put together once, when the channel becomes known.

A handler decodes, normalises and says nothing of subscriptions any more: which symbol the user wrote, which of several
kinds of event one message is wanted for, and which book the changes belong to is settled when it is made.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Generic, TypeAlias, cast

import msgspec

from barterpy.model.number import N, NumberParser
from barterpy.subscription import Channel
from barterpy.sync import BookSynchroniser, SyncPolicy, SyncState
from barterpy.transformer import Directive
from barterpy.venues.deribit.account import AccountNormaliser
from barterpy.venues.deribit.answers import AccountSummary, ChangesRow, OrderRow, UserTradeRow
from barterpy.venues.deribit.books import RULE
from barterpy.venues.deribit.channels import Kind, Stream
from barterpy.venues.deribit.messages import (
    BookMessage,
    GroupedBook,
    IndexMessage,
    InstrumentState,
    MarkRow,
    PerpetualMessage,
    QuoteMessage,
    TickerMessage,
    TradeRow,
    VolatilityMessage,
)
from barterpy.venues.deribit.normaliser import Normaliser
from barterpy.venues.deribit.running import RunningCandle, RunningTicker
from barterpy.venues.deribit.symbols import native_symbol

__all__ = ["Handler", "Handlers"]

_Output: TypeAlias = Any  # MarketEvent[N] | AccountEvent[N] | LifecycleEvent | Directive: they share one dictionary
Handler: TypeAlias = Callable[[msgspec.Raw, int], Sequence[_Output]]
"""Payload and time of receipt (int nanoseconds UTC) to outputs."""
_Ask: TypeAlias = Callable[[str], Sequence[Directive]]

_TICKER_CHANNELS: Final = (Channel.TICKERS, Channel.MARK_PRICES, Channel.OPEN_INTEREST, Channel.OPTION_GREEKS)
_SNAPSHOT: Final = "snapshot"


class Handlers(Generic[N]):
    """Makes the handlers of one connection's channels.

    :param resubscribe: makes the directives that begin to subscribe a channel anew, for a book that needs a snapshot
    """

    def __init__(
        self, venue: str, number: NumberParser[N], resubscribe: _Ask, policy: SyncPolicy | None = None
    ) -> None:
        self.books: dict[str, BookSynchroniser[N]] = {}
        """The whole books by the names of their channels."""
        self.unsettled: dict[str, BookSynchroniser[N]] = {}
        """Those that may have a deadline: nearly always none of them, so that looking for one costs nothing."""
        self.running: dict[str, RunningCandle[N] | RunningTicker] = {}
        """What remembers something of the connection and forgets it with the connection, by channel."""
        self._normalise: Normaliser[N] = Normaliser(venue, number)
        self._account: AccountNormaliser[N] = AccountNormaliser(venue, number)
        self._wire = self._normalise.wire
        self._resubscribe = resubscribe
        self._policy = policy
        self._makers: Mapping[Kind, Callable[[Stream, str], Handler]] = {
            Kind.TRADES: self._trades,
            Kind.BOOK: self._book,
            Kind.GROUPED_BOOK: self._grouped,
            Kind.TICKER: self._ticker,
            Kind.INCREMENTAL_TICKER: self._ticker,
            Kind.QUOTE: self._simple(QuoteMessage, self._normalise.quote),
            Kind.CHART: self._chart,
            Kind.PERPETUAL: self._simple(PerpetualMessage, self._normalise.funding_rate),
            Kind.PRICE_INDEX: self._simple(IndexMessage, self._normalise.index_price),
            Kind.VOLATILITY_INDEX: self._simple(VolatilityMessage, self._normalise.volatility_index),
            Kind.MARK_PRICES: self._mark_prices,
            Kind.INSTRUMENT_STATE: self._instrument_state,
            Kind.USER_ORDERS: self._user(OrderRow, self._account.order_update),
            Kind.USER_TRADES: self._user(UserTradeRow, self._account.fill),
            Kind.USER_CHANGES: self._changes,
            Kind.USER_PORTFOLIO: self._user(AccountSummary, self._account.balance),
            Kind.NOTICE: self._notice,
        }

    def begin(self, epoch: int) -> None:
        """A new connection began."""
        self._normalise.epoch = self._account.epoch = epoch
        self.unsettled.clear()
        for one in self.running.values():
            one.forget()

    def drop(self, channel: str) -> None:
        """Nothing of this channel is wanted any more."""
        self.books.pop(channel, None)
        self.unsettled.pop(channel, None)
        self.running.pop(channel, None)

    def make(self, stream: Stream) -> Handler:
        """The handler of everything this channel carries."""
        written = next((one.instrument for one in stream.subscriptions if one.channel is not Channel.NATIVE), "")
        return self._makers[stream.kind](stream, written or stream.symbol)

    def _simple(self, wire: Any, convert: Callable[[Any, str, int], _Output]) -> Callable[[Stream, str], Handler]:
        def make(stream: Stream, instrument: str) -> Handler:
            decode = self._decoder(wire[self._wire])
            return lambda data, received_at: (convert(decode(data), instrument, received_at),)

        return make

    def _user(self, wire: Any, convert: Callable[[Any, int], _Output]) -> Callable[[Stream, str], Handler]:
        """Orders come one by one in the raw pace, in arrays otherwise; both are taken."""
        decode = self._decoder(wire | list[wire])

        def handle(data: msgspec.Raw, received_at: int) -> Sequence[_Output]:
            decoded = decode(data)
            rows = cast("Sequence[Any]", decoded if isinstance(decoded, list) else (decoded,))
            return [convert(row, received_at) for row in rows]

        return lambda stream, instrument: handle

    def _decoder(self, type_: Any) -> Callable[[msgspec.Raw], Any]:
        return msgspec.json.Decoder(type_).decode

    def _trades(self, stream: Stream, instrument: str) -> Handler:
        decode = self._decoder(list[TradeRow[self._wire]])  # type: ignore[name-defined]
        normalise = self._normalise
        channels = {one.channel for one in stream.subscriptions} - {Channel.NATIVE}
        trades = not channels or Channel.TRADES in channels
        forced = not channels or Channel.LIQUIDATIONS in channels

        def handle(data: msgspec.Raw, received_at: int) -> Sequence[_Output]:
            outputs: list[_Output] = []
            for row in decode(data):
                # A combination's trade is told on its legs' channels too, under the leg's name.
                name = instrument or row.instrument_name
                if trades:
                    outputs.append(normalise.trade(row, name, received_at))
                if forced and row.liquidation:
                    outputs += normalise.liquidations(row, name, received_at)
            return outputs

        return handle

    def _book(self, stream: Stream, instrument: str) -> Handler:
        decode = self._decoder(BookMessage[self._wire])  # type: ignore[name-defined]
        normalise = self._normalise
        book: BookSynchroniser[N] = BookSynchroniser(
            normalise.venue,
            instrument,
            RULE,
            lambda delay: self._resubscribe(stream.name),
            self._policy,
            streamed=True,
        )
        crosses = self._policy is not None and self._policy.crossed_seconds > 0
        book.on_reset(normalise.epoch, 0)
        self.books[stream.name] = book

        def handle(data: msgspec.Raw, received_at: int) -> Sequence[_Output]:
            message = decode(data)
            # A change that names none before it fits nowhere: taken for a whole book, it would be one of a few levels.
            if message.type == _SNAPSHOT or (not message.type and message.prev_change_id is None):
                return book.on_snapshot(normalise.snapshot(message), received_at)
            outputs = book.on_update(normalise.update(message), received_at)
            if crosses or book.state is not SyncState.SYNCED:
                self.unsettled[stream.name] = book
            return outputs

        return handle

    def _grouped(self, stream: Stream, instrument: str) -> Handler:
        decode = self._decoder(GroupedBook[self._wire])  # type: ignore[name-defined]
        return lambda data, received_at: (self._normalise.grouped(decode(data), instrument, received_at, stream.depth),)

    def _ticker(self, stream: Stream, instrument: str) -> Handler:
        decode = self._decoder(TickerMessage[self._wire])  # type: ignore[name-defined]
        normalise = self._normalise
        every = {
            Channel.TICKERS: normalise.ticker,
            Channel.MARK_PRICES: normalise.mark_price,
            Channel.OPEN_INTEREST: normalise.open_interest,
            Channel.OPTION_GREEKS: normalise.greeks,
        }
        wanted = [one.channel for one in stream.subscriptions if one.channel in every] or _TICKER_CHANNELS
        converters = cast("list[Callable[[Any, str, int], Sequence[_Output]]]", [every[channel] for channel in wanted])

        def convert(message: Any, received_at: int) -> Sequence[_Output]:
            return [output for one in converters for output in one(message, instrument, received_at)]

        if stream.kind is Kind.TICKER:
            return lambda data, received_at: convert(decode(data), received_at)
        whole = self.running[stream.name] = RunningTicker()
        return lambda data, received_at: convert(decode(whole.merge(data)), received_at)

    def _chart(self, stream: Stream, instrument: str) -> Handler:
        candle: RunningCandle[N] = RunningCandle(self._normalise, instrument, stream.interval)
        known = self.running.get(stream.name)
        if isinstance(known, RunningCandle):
            # Wanted by others, it is the same bar.
            candle.take_over(known)
        self.running[stream.name] = candle
        return candle.update

    def _mark_prices(self, stream: Stream, instrument: str) -> Handler:
        decode = self._decoder(list[MarkRow[self._wire]])  # type: ignore[name-defined]
        return lambda data, received_at: [
            self._normalise.option_mark(row, row.instrument_name, received_at) for row in decode(data)
        ]

    def _instrument_state(self, stream: Stream, instrument: str) -> Handler:
        decode = self._decoder(InstrumentState)
        asked = [one.instrument for one in stream.subscriptions if one.channel is Channel.INSTRUMENT_STATUS]
        wanted = {native_symbol(symbol): symbol for symbol in asked if symbol}
        everything = len(wanted) < len(asked) or not asked

        def handle(data: msgspec.Raw, received_at: int) -> Sequence[_Output]:
            message = decode(data)
            name = wanted.get(message.instrument_name) or (message.instrument_name if everything else None)
            return () if name is None else (self._normalise.instrument_status(message, name, received_at),)

        return handle

    def _changes(self, stream: Stream, instrument: str) -> Handler:
        decode = self._decoder(ChangesRow | list[ChangesRow])
        account = self._account

        def handle(data: msgspec.Raw, received_at: int) -> Sequence[_Output]:
            decoded = decode(data)
            outputs: list[_Output] = []
            for row in cast("Sequence[ChangesRow]", decoded if isinstance(decoded, list) else (decoded,)):
                # Fills first: an order that says it is filled has then been explained.
                outputs += [account.fill(trade, received_at) for trade in row.trades]
                outputs += [account.order_update(order, received_at) for order in row.orders]
                outputs += [account.position(position, received_at) for position in row.positions]
            return outputs

        return handle

    def _notice(self, stream: Stream, instrument: str) -> Handler:
        decode = self._decoder(Any)

        def handle(data: msgspec.Raw, received_at: int) -> Sequence[_Output]:
            decoded = decode(data)
            items = cast("Sequence[object]", decoded if isinstance(decoded, list) else (decoded,))
            return [self._normalise.notice(item, stream.name, received_at) for item in items]

        return handle
