"""Wire messages to the model: one pure function a message, nothing about streams or subscriptions.

Empty text means that there is nothing (None), never zero; a time the venue does not send is not invented.
"""

from collections.abc import Sequence
from typing import Any, Final, Generic

from barterpy.clock import MILLISECOND
from barterpy.model.instrument import TradingStatus
from barterpy.model.market import (
    BookSnapshot,
    Candle,
    FundingRate,
    InstrumentStatus,
    Level,
    Liquidation,
    MarkPrice,
    Quote,
    Side,
    Ticker,
    Trade,
)
from barterpy.model.number import N, NumberParser
from barterpy.sync import DepthSnapshot, DepthUpdate
from barterpy.venues.binance.answers import Depth
from barterpy.venues.binance.instruments import trading_status
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
    WireLevels,
)

__all__ = ["Normaliser"]

_BUY: Final = Side.BUY
_SELL: Final = Side.SELL


class Normaliser(Generic[N]):
    """Makes events of one venue object: its name, its number type, and the epoch of the connection.

    Every method takes the message, the instrument's name for events, and when it was received (int nanoseconds UTC).
    """

    def __init__(self, venue: str, number: NumberParser[N]) -> None:
        self.venue = venue
        self.number: NumberParser[N] = number
        self.epoch = 1

    def trade(self, message: RawTrade, instrument: str, received_at: int) -> Sequence[Trade[N]]:
        number: NumberParser[N] = self.number
        return (
            Trade(
                venue=self.venue,
                instrument=instrument,
                price=number(message.p),
                size=number(message.q),
                # "m": the buyer was the maker, so the taker sold.
                side=_SELL if message.m else _BUY,
                id=str(message.t),
                exchange_at=message.T * MILLISECOND,
                received_at=received_at,
                epoch=self.epoch,
                sequence=message.t,
            ),
        )

    def agg_trade(self, message: AggTrade, instrument: str, received_at: int) -> Sequence[Trade[N]]:
        number: NumberParser[N] = self.number
        return (
            Trade(
                venue=self.venue,
                instrument=instrument,
                price=number(message.p),
                size=number(message.q),
                side=_SELL if message.m else _BUY,
                id=str(message.a),
                exchange_at=message.T * MILLISECOND,
                received_at=received_at,
                epoch=self.epoch,
                sequence=message.a,
                first_id=message.f,
                last_id=message.l,
            ),
        )

    def quote(self, message: BookTicker, instrument: str, received_at: int) -> Sequence[Quote[N]]:
        number: NumberParser[N] = self.number
        # An empty side is sent as zeros.
        bid, ask = number(message.b) or None, number(message.a) or None
        return (
            Quote(
                venue=self.venue,
                instrument=instrument,
                bid_price=bid,
                bid_size=None if bid is None else number(message.B),
                ask_price=ask,
                ask_size=None if ask is None else number(message.A),
                exchange_at=None if message.T is None else message.T * MILLISECOND,
                received_at=received_at,
                epoch=self.epoch,
                sequence=message.u,
            ),
        )

    def partial_depth(
        self, message: PartialDepth | DepthDiff, instrument: str, received_at: int, depth: int | None = None
    ) -> Sequence[BookSnapshot[N]]:
        """The best levels; futures send them in the shape of changes."""
        if isinstance(message, PartialDepth):
            bids, asks, at, sequence = message.bids, message.asks, None, message.lastUpdateId
        else:
            bids, asks, at, sequence = message.b, message.a, _depth_time(message), message.u
        return (
            BookSnapshot(
                venue=self.venue,
                instrument=instrument,
                bids=self._levels(bids),
                asks=self._levels(asks),
                exchange_at=at,
                received_at=received_at,
                epoch=self.epoch,
                sequence=sequence,
                depth=depth,
            ),
        )

    def candle(self, message: Kline, instrument: str, received_at: int) -> Sequence[Candle[N]]:
        bar, number = message.k, self.number
        return (
            Candle(
                venue=self.venue,
                instrument=instrument,
                interval=bar.i,
                open_at=bar.t * MILLISECOND,
                # "T" is the last millisecond that belongs to the bar.
                close_at=(bar.T + 1) * MILLISECOND,
                open=number(bar.o),
                high=number(bar.h),
                low=number(bar.l),
                close=number(bar.c),
                volume=number(bar.v),
                quote_volume=number(bar.q),
                trades=bar.n,
                closed=bar.x,
                exchange_at=message.E * MILLISECOND,
                received_at=received_at,
                epoch=self.epoch,
                taker_buy_volume=number(bar.V),
                taker_buy_quote_volume=number(bar.Q),
            ),
        )

    def ticker(self, message: Ticker24h, instrument: str, received_at: int, window: str = "24h") -> Sequence[Ticker[N]]:
        number: NumberParser[N] = self.number
        bid, ask = self._maybe(message.b), self._maybe(message.a)
        return (
            Ticker(
                venue=self.venue,
                instrument=instrument,
                last=number(message.c),
                exchange_at=message.E * MILLISECOND,
                received_at=received_at,
                window=window,
                open=number(message.o),
                high=number(message.h),
                low=number(message.l),
                volume=number(message.v),
                quote_volume=number(message.q),
                change=number(message.p),
                vwap=number(message.w),
                bid_price=bid,
                bid_size=None if bid is None else self._maybe(message.B),
                ask_price=ask,
                ask_size=None if ask is None else self._maybe(message.A),
                trades=message.n,
                epoch=self.epoch,
            ),
        )

    def mini_ticker(self, message: MiniTicker, instrument: str, received_at: int) -> Sequence[Ticker[N]]:
        number: NumberParser[N] = self.number
        return (
            Ticker(
                venue=self.venue,
                instrument=instrument,
                last=number(message.c),
                exchange_at=message.E * MILLISECOND,
                received_at=received_at,
                open=number(message.o),
                high=number(message.h),
                low=number(message.l),
                volume=number(message.v),
                quote_volume=number(message.q),
                epoch=self.epoch,
            ),
        )

    def mark_price(self, message: MarkPriceUpdate, instrument: str, received_at: int) -> Sequence[MarkPrice[N]]:
        return (
            MarkPrice(
                venue=self.venue,
                instrument=instrument,
                price=self.number(message.p),
                exchange_at=message.E * MILLISECOND,
                received_at=received_at,
                index_price=self._maybe(message.i),
                settle_price=self._maybe(message.P),
                epoch=self.epoch,
            ),
        )

    def funding_rate(self, message: MarkPriceUpdate, instrument: str, received_at: int) -> Sequence[FundingRate[N]]:
        if not message.r:
            return ()  # a dated future pays none
        return (
            FundingRate(
                venue=self.venue,
                instrument=instrument,
                rate=self.number(message.r),
                exchange_at=message.E * MILLISECOND,
                received_at=received_at,
                next_at=message.T * MILLISECOND or None,
                epoch=self.epoch,
            ),
        )

    def liquidation(self, message: ForceOrder, instrument: str, received_at: int) -> Sequence[Liquidation[N]]:
        order, number = message.o, self.number
        return (
            Liquidation(
                venue=self.venue,
                instrument=instrument,
                side=Side(order.S.lower()),
                price=number(order.p),
                size=number(order.q),
                exchange_at=order.T * MILLISECOND,
                received_at=received_at,
                # Zero before the first fill: no price, and not a price of nothing.
                average_price=self._maybe(order.ap),
                filled=number(order.z),
                status=order.X,
                epoch=self.epoch,
            ),
        )

    def instrument_status(self, message: ContractInfo, instrument: str, received_at: int) -> Sequence[InstrumentStatus]:
        status: TradingStatus = trading_status(message.cs)
        return (
            InstrumentStatus(
                venue=self.venue,
                instrument=instrument,
                status=status.value,
                venue_status=message.cs,
                exchange_at=message.E * MILLISECOND,
                received_at=received_at,
                epoch=self.epoch,
            ),
        )

    def update(self, message: DepthDiff) -> DepthUpdate[N]:
        """Changed levels, for the synchroniser."""
        return DepthUpdate(
            first_id=message.U,
            last_id=message.u,
            previous_id=message.pu,
            bids=self._levels(message.b),
            asks=self._levels(message.a),
            exchange_at=_depth_time(message),
        )

    def snapshot(self, message: Depth) -> DepthSnapshot[N]:
        """A whole book as REST gives it, for the synchroniser. Spot says no time."""
        return DepthSnapshot(
            last_id=message.lastUpdateId,
            bids=self._levels(message.bids),
            asks=self._levels(message.asks),
            exchange_at=None if message.T is None else message.T * MILLISECOND,
        )

    def _levels(self, levels: WireLevels) -> tuple[Level[N], ...]:
        number: Any = self.number
        return tuple([Level(number(price), number(size)) for price, size in levels])

    def _maybe(self, text: str) -> N | None:
        return (self.number(text) or None) if text else None


def _depth_time(message: DepthDiff) -> int:
    # Futures tell the time of the matching engine beside that of the event.
    return (message.E if message.T is None else message.T) * MILLISECOND
