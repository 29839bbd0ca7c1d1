"""Wire messages to the model: one pure function a message, nothing about topics or subscriptions.

What the venue does not send is None: books and market updates carry no time. The oracle's price is what dYdX marks
positions at, and what it calls its index.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Generic

from barterpy.clock import MINUTE
from barterpy.model.instrument import TradingStatus
from barterpy.model.market import (
    BlockHeight,
    BookDelta,
    BookSnapshot,
    Candle,
    FundingRate,
    IndexPrice,
    InstrumentStatus,
    Level,
    Liquidation,
    MarkPrice,
    OpenInterest,
    Quote,
    Side,
    Trade,
)
from barterpy.model.number import N, NumberParser
from barterpy.venues.dydx.channels import RESOLUTIONS
from barterpy.venues.dydx.messages import Block, BookLevel, CandleRow, TradeRow, WireLevels
from barterpy.venues.dydx.timestamps import nanoseconds

__all__ = ["INTERVALS", "LENGTHS", "Changes", "Normaliser", "is_liquidation", "trading_status"]

Changes = tuple[tuple[Level[N], ...], tuple[Level[N], ...]]
"""Bids and asks."""

_SIDES: Final[Mapping[str, Side]] = {"BUY": Side.BUY, "SELL": Side.SELL}

INTERVALS: Final[Mapping[str, str]] = {resolution: interval for interval, resolution in RESOLUTIONS.items()}
"""Our names of candle intervals, by the venue's."""

LENGTHS: Final[Mapping[str, int]] = {
    "1MIN": MINUTE,
    "5MINS": 5 * MINUTE,
    "15MINS": 15 * MINUTE,
    "30MINS": 30 * MINUTE,
    "1HOUR": 60 * MINUTE,
    "4HOURS": 240 * MINUTE,
    "1DAY": 1440 * MINUTE,
}
"""Nanoseconds, by the venue's name of the interval."""

_STATUS: Final[Mapping[str, TradingStatus]] = {
    "ACTIVE": TradingStatus.TRADING,
    # Orders that take are refused, those that make are matched with what is there: there is trading.
    "POST_ONLY": TradingStatus.TRADING,
    "CANCEL_ONLY": TradingStatus.CANCEL_ONLY,
    "PAUSED": TradingStatus.HALTED,
    "INITIALIZING": TradingStatus.PENDING,
    "FINAL_SETTLEMENT": TradingStatus.CLOSED,
}


def trading_status(status: str) -> TradingStatus:
    """Ours, of the venue's word."""
    return _STATUS.get(status, TradingStatus.UNKNOWN)


def is_liquidation(row: TradeRow) -> bool:
    """Whether the taker's order was a forced one."""
    return row.type == "LIQUIDATED"


class Normaliser(Generic[N]):
    """Makes events of one venue object: its name, its number type, and the epoch of the connection.

    Every method takes the message, the instrument's name for events, and when it was received (int nanoseconds UTC).

    :raises ValueError: from any method, for a number or a time that is none
    """

    def __init__(self, venue: str, number: NumberParser[N]) -> None:
        self.venue = venue
        self.number: NumberParser[N] = number
        self.epoch = 1

    def trade(self, row: TradeRow, instrument: str, received_at: int) -> Trade[N]:
        return Trade(
            venue=self.venue,
            instrument=instrument,
            price=self.number(row.price),
            size=self.number(row.size),
            side=_SIDES.get(row.side),
            id=row.id,
            exchange_at=nanoseconds(row.createdAt),
            received_at=received_at,
            epoch=self.epoch,
        )

    def liquidation(self, row: TradeRow, instrument: str, received_at: int) -> Liquidation[N]:
        size = self.number(row.size)
        return Liquidation(
            venue=self.venue,
            instrument=instrument,
            side=Side(row.side.lower()),
            price=self.number(row.price),
            size=size,
            exchange_at=nanoseconds(row.createdAt),
            received_at=received_at,
            filled=size,
            status=row.type,
            epoch=self.epoch,
        )

    def quote(
        self, bid: Level[N] | None, ask: Level[N] | None, instrument: str, sequence: int | None, received_at: int
    ) -> Quote[N]:
        return Quote(
            venue=self.venue,
            instrument=instrument,
            bid_price=None if bid is None else bid.price,
            bid_size=None if bid is None else bid.size,
            ask_price=None if ask is None else ask.price,
            ask_size=None if ask is None else ask.size,
            exchange_at=None,
            received_at=received_at,
            epoch=self.epoch,
            sequence=sequence,
        )

    def snapshot(
        self, levels: Changes[N], instrument: str, sequence: int | None, received_at: int, *, depth: int | None = None
    ) -> BookSnapshot[N]:
        bids, asks = levels
        return BookSnapshot(
            venue=self.venue,
            instrument=instrument,
            bids=bids,
            asks=asks,
            exchange_at=None,
            received_at=received_at,
            epoch=self.epoch,
            sequence=sequence,
            depth=depth,
        )

    def delta(self, changes: Changes[N], instrument: str, sequence: int | None, received_at: int) -> BookDelta[N]:
        bids, asks = changes
        return BookDelta(
            venue=self.venue,
            instrument=instrument,
            bids=bids,
            asks=asks,
            exchange_at=None,
            received_at=received_at,
            epoch=self.epoch,
            sequence=sequence,
        )

    def candle(self, row: CandleRow, instrument: str, received_at: int, *, closed: bool) -> Candle[N]:
        number: Any = self.number
        length = LENGTHS.get(row.resolution)
        if length is None:
            raise ValueError(f"unknown resolution {row.resolution!r}")
        open_at = nanoseconds(row.startedAt)
        return Candle(
            venue=self.venue,
            instrument=instrument,
            interval=INTERVALS[row.resolution],
            open_at=open_at,
            close_at=open_at + length,
            open=number(row.open),
            high=number(row.high),
            low=number(row.low),
            close=number(row.close),
            volume=number(row.baseTokenVolume),
            quote_volume=number(row.usdVolume),
            trades=row.trades,
            closed=closed,
            exchange_at=None,
            received_at=received_at,
            epoch=self.epoch,
        )

    def mark_price(self, price: str, instrument: str, exchange_at: int | None, received_at: int) -> MarkPrice[N]:
        value = self.number(price)
        return MarkPrice(
            venue=self.venue,
            instrument=instrument,
            price=value,
            exchange_at=exchange_at,
            received_at=received_at,
            index_price=value,
            epoch=self.epoch,
        )

    def index_price(self, price: str, instrument: str, exchange_at: int | None, received_at: int) -> IndexPrice[N]:
        return IndexPrice(
            venue=self.venue,
            instrument=instrument,
            price=self.number(price),
            exchange_at=exchange_at,
            received_at=received_at,
            epoch=self.epoch,
        )

    def funding_rate(self, rate: str, instrument: str, received_at: int) -> FundingRate[N]:
        """The rate of the hour that runs. When it ends is not sent."""
        return FundingRate(
            venue=self.venue,
            instrument=instrument,
            rate=self.number(rate),
            exchange_at=None,
            received_at=received_at,
            epoch=self.epoch,
        )

    def open_interest(self, size: str, instrument: str, received_at: int) -> OpenInterest[N]:
        return OpenInterest(
            venue=self.venue,
            instrument=instrument,
            size=self.number(size),
            exchange_at=None,
            received_at=received_at,
            epoch=self.epoch,
        )

    def instrument_status(self, status: str, instrument: str, received_at: int) -> InstrumentStatus:
        return InstrumentStatus(
            venue=self.venue,
            instrument=instrument,
            status=trading_status(status).value,
            venue_status=status,
            exchange_at=None,
            received_at=received_at,
            epoch=self.epoch,
        )

    def block(self, block: Block, received_at: int) -> BlockHeight:
        return BlockHeight(
            venue=self.venue,
            height=int(block.blockHeight or block.height),
            exchange_at=nanoseconds(block.time),
            received_at=received_at,
            epoch=self.epoch,
        )

    def levels(self, rows: Sequence[BookLevel]) -> list[tuple[N, N]]:
        """Levels of a whole book."""
        number = self.number
        return [(number(row.price), number(row.size)) for row in rows]

    def changes(self, rows: WireLevels) -> list[tuple[N, N]]:
        """Changed levels."""
        number = self.number
        return [(number(price), number(size)) for price, size in rows]
