"""Wire messages to the model: one pure function a message, nothing about channels or subscriptions.

Sizes are the venue's amounts: US dollars for inverse perpetuals and futures, base asset for everything else. A price of
zero on an empty side is nothing (None); a time the venue does not send is not invented.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, Generic, cast

from barterpy.clock import MILLISECOND
from barterpy.errors import ConfigurationError
from barterpy.model.market import (
    BookSnapshot,
    Candle,
    FundingRate,
    IndexPrice,
    InstrumentStatus,
    Level,
    Liquidation,
    MarkPrice,
    OpenInterest,
    OptionGreeks,
    Quote,
    Side,
    Ticker,
    Trade,
    VenueNotice,
    VolatilityIndex,
)
from barterpy.model.number import N, NumberParser, decimal_number, float_number
from barterpy.sync import DepthSnapshot, DepthUpdate
from barterpy.venues.deribit.instruments import trading_status
from barterpy.venues.deribit.messages import (
    BookMessage,
    ChartBar,
    GroupedBook,
    IndexMessage,
    InstrumentState,
    MarkRow,
    PerpetualMessage,
    QuoteMessage,
    TickerMessage,
    TickerStats,
    TradeRow,
    VolatilityMessage,
)

__all__ = ["Normaliser", "wire_number"]

_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
_OTHER: Final = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}


def wire_number(number: NumberParser[Any]) -> type[Any]:
    """The type JSON numbers are decoded to, exact digits or binary floats.

    :raises barterpy.errors.ConfigurationError: neither ``decimal_number`` nor ``float``
    """
    if number is float_number or number is float:
        return float
    if number is decimal_number or number is Decimal:
        return Decimal
    raise ConfigurationError("number must be decimal_number or float: prices come as JSON numbers here")


class Normaliser(Generic[N]):
    """Makes events of one venue object: its name, its number type, and the epoch of the connection.

    Every method takes the message, the instrument's name for events, and when it was received (int nanoseconds UTC).
    """

    def __init__(self, venue: str, number: NumberParser[N]) -> None:
        self.venue: str = venue
        self.wire: type[Any] = wire_number(number)
        self.zero: N = number("0")
        self.epoch: int = 1

    def trade(self, row: TradeRow[N], instrument: str, received_at: int) -> Trade[N]:
        return Trade(
            venue=self.venue,
            instrument=instrument,
            price=row.price,
            size=row.amount,
            side=_SIDES.get(row.direction),
            id=row.trade_id,
            exchange_at=row.timestamp * MILLISECOND,
            received_at=received_at,
            epoch=self.epoch,
            sequence=row.trade_seq,
        )

    def liquidations(self, row: TradeRow[N], instrument: str, received_at: int) -> Sequence[Liquidation[N]]:
        """What was forced of a trade: the taker's order ("T"), the maker's ("M"), or both."""
        taker = _SIDES.get(row.direction)
        if not row.liquidation or taker is None:
            return ()
        return [
            Liquidation(
                venue=self.venue,
                instrument=instrument,
                side=taker if role == "T" else _OTHER[taker],
                price=row.price,
                size=row.amount,
                exchange_at=row.timestamp * MILLISECOND,
                received_at=received_at,
                epoch=self.epoch,
            )
            for role in row.liquidation
        ]

    def quote(self, message: QuoteMessage[N], instrument: str, received_at: int) -> Quote[N]:
        bid, ask = message.best_bid_price or None, message.best_ask_price or None
        bid_size, ask_size = message.best_bid_amount or None, message.best_ask_amount or None
        return Quote(
            venue=self.venue,
            instrument=instrument,
            bid_price=bid if bid_size else None,
            bid_size=bid_size if bid else None,
            ask_price=ask if ask_size else None,
            ask_size=ask_size if ask else None,
            exchange_at=message.timestamp * MILLISECOND,
            received_at=received_at,
            epoch=self.epoch,
        )

    def update(self, message: BookMessage[N]) -> DepthUpdate[N]:
        previous = message.prev_change_id
        return DepthUpdate(
            first_id=message.change_id if previous is None else previous + 1,
            last_id=message.change_id,
            previous_id=previous,
            bids=self._changes(message.bids),
            asks=self._changes(message.asks),
            exchange_at=message.timestamp * MILLISECOND,
        )

    def snapshot(self, message: BookMessage[N]) -> DepthSnapshot[N]:
        return DepthSnapshot(
            last_id=message.change_id,
            # The order of a snapshot's levels is not documented.
            bids=tuple(sorted(self._changes(message.bids), reverse=True)),
            asks=tuple(sorted(self._changes(message.asks))),
            exchange_at=message.timestamp * MILLISECOND,
        )

    def grouped(
        self, message: GroupedBook[N], instrument: str, received_at: int, depth: int | None = None
    ) -> BookSnapshot[N]:
        return BookSnapshot(
            venue=self.venue,
            instrument=instrument,
            bids=tuple([Level(price, size) for price, size in message.bids]),
            asks=tuple([Level(price, size) for price, size in message.asks]),
            exchange_at=message.timestamp * MILLISECOND,
            received_at=received_at,
            epoch=self.epoch,
            sequence=message.change_id,
            depth=depth,
        )

    def ticker(self, message: TickerMessage[N], instrument: str, received_at: int) -> Sequence[Ticker[N]]:
        if message.last_price is None:
            return ()
        stats: TickerStats[N] = message.stats or TickerStats()
        bid, ask = message.best_bid_price or None, message.best_ask_price or None
        return (
            Ticker(
                venue=self.venue,
                instrument=instrument,
                last=message.last_price,
                exchange_at=message.timestamp * MILLISECOND,
                received_at=received_at,
                high=stats.high,
                low=stats.low,
                volume=stats.volume,
                quote_volume=stats.volume_notional if stats.volume_notional is not None else stats.volume_usd,
                bid_price=bid,
                bid_size=None if bid is None else message.best_bid_amount,
                ask_price=ask,
                ask_size=None if ask is None else message.best_ask_amount,
                epoch=self.epoch,
            ),
        )

    def mark_price(self, message: TickerMessage[N], instrument: str, received_at: int) -> Sequence[MarkPrice[N]]:
        if message.mark_price is None:
            return ()
        return (
            MarkPrice(
                venue=self.venue,
                instrument=instrument,
                price=message.mark_price,
                exchange_at=message.timestamp * MILLISECOND,
                received_at=received_at,
                index_price=message.index_price,
                settle_price=message.estimated_delivery_price,
                epoch=self.epoch,
            ),
        )

    def open_interest(self, message: TickerMessage[N], instrument: str, received_at: int) -> Sequence[OpenInterest[N]]:
        if message.open_interest is None:
            return ()
        return (
            OpenInterest(
                venue=self.venue,
                instrument=instrument,
                size=message.open_interest,
                exchange_at=message.timestamp * MILLISECOND,
                received_at=received_at,
                epoch=self.epoch,
            ),
        )

    def greeks(self, message: TickerMessage[N], instrument: str, received_at: int) -> Sequence[OptionGreeks[N]]:
        greeks = message.greeks
        if greeks is None:
            return ()
        return (
            OptionGreeks(
                venue=self.venue,
                instrument=instrument,
                delta=greeks.delta,
                gamma=greeks.gamma,
                vega=greeks.vega,
                theta=greeks.theta,
                rho=greeks.rho,
                exchange_at=message.timestamp * MILLISECOND,
                received_at=received_at,
                mark_price=message.mark_price,
                mark_volatility=message.mark_iv,
                bid_volatility=message.bid_iv or None,
                ask_volatility=message.ask_iv or None,
                underlying_price=message.underlying_price,
                underlying=message.underlying_index,
                interest_rate=message.interest_rate,
                epoch=self.epoch,
            ),
        )

    def candle(
        self, bar: ChartBar[N], instrument: str, received_at: int, *, interval: str, length: int, closed: bool
    ) -> Candle[N]:
        """``length`` is the bar's, in milliseconds."""
        return Candle(
            venue=self.venue,
            instrument=instrument,
            interval=interval,
            open_at=bar.tick * MILLISECOND,
            close_at=(bar.tick + length) * MILLISECOND,
            open=bar.open,
            high=bar.high,
            low=bar.low,
            close=bar.close,
            volume=bar.volume,
            quote_volume=bar.cost,
            trades=None,
            closed=closed,
            exchange_at=None,
            received_at=received_at,
            epoch=self.epoch,
        )

    def funding_rate(self, message: PerpetualMessage[N], instrument: str, received_at: int) -> FundingRate[N]:
        """The rate of eight hours; it accrues all the time, so there is no time of the next payment."""
        return FundingRate(
            venue=self.venue,
            instrument=instrument,
            rate=message.interest,
            exchange_at=message.timestamp * MILLISECOND,
            received_at=received_at,
            epoch=self.epoch,
        )

    def index_price(self, message: IndexMessage[N], index: str, received_at: int) -> IndexPrice[N]:
        return IndexPrice(
            venue=self.venue,
            instrument=index,
            price=message.price,
            exchange_at=message.timestamp * MILLISECOND,
            received_at=received_at,
            epoch=self.epoch,
        )

    def volatility_index(self, message: VolatilityMessage[N], index: str, received_at: int) -> VolatilityIndex[N]:
        return VolatilityIndex(
            venue=self.venue,
            instrument=index,
            volatility=message.volatility,
            exchange_at=message.timestamp * MILLISECOND,
            received_at=received_at,
            epoch=self.epoch,
        )

    def option_mark(self, row: MarkRow[N], instrument: str, received_at: int) -> MarkPrice[N]:
        return MarkPrice(
            venue=self.venue,
            instrument=instrument,
            price=row.mark_price,
            exchange_at=None if row.timestamp is None else row.timestamp * MILLISECOND,
            received_at=received_at,
            epoch=self.epoch,
        )

    def instrument_status(self, message: InstrumentState, instrument: str, received_at: int) -> InstrumentStatus:
        return InstrumentStatus(
            venue=self.venue,
            instrument=instrument,
            status=trading_status(message.state),
            venue_status=message.state,
            exchange_at=message.timestamp * MILLISECOND,
            received_at=received_at,
            epoch=self.epoch,
        )

    def notice(self, data: object, channel: str, received_at: int) -> VenueNotice:
        """What there is no type for; a value that is no object is put under ``value``."""
        fields = cast("dict[str, Any]", data) if isinstance(data, dict) else {"value": data}
        about = next((str(fields[name]) for name in _ABOUT if isinstance(fields.get(name), str)), "")
        at = fields.get("timestamp")
        return VenueNotice(
            venue=self.venue,
            instrument=about,
            channel=channel,
            data=fields,
            exchange_at=at * MILLISECOND if isinstance(at, int) else None,
            received_at=received_at,
            epoch=self.epoch,
        )

    def _changes(self, changes: list[tuple[str, N, N]]) -> tuple[Level[N], ...]:
        zero = self.zero
        return tuple([Level(price, zero if action == "delete" else size) for action, price, size in changes])


_ABOUT: Final = ("instrument_name", "index_name", "price_index", "currency")
