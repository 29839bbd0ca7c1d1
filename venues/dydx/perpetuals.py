"""The markets of dYdX as a venue object: streams of all of them, and their past by REST."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, Literal, Unpack, overload

from barterpy.connection import Connection
from barterpy.errors import ConfigurationError
from barterpy.events import LifecycleEvent
from barterpy.model.market import BookSnapshot, Candle, FundingRate, MarketEvent, Trade
from barterpy.model.number import N, NumberParser, decimal_number
from barterpy.subscription import Subscription
from barterpy.sync import UncrossedBook
from barterpy.venues.dydx.channels import RESOLUTIONS, Kind, topic_of
from barterpy.venues.dydx.decoding import understood
from barterpy.venues.dydx.history import Pages, Row
from barterpy.venues.dydx.limits import PAGE
from barterpy.venues.dydx.messages import CandleRow
from barterpy.venues.dydx.normaliser import LENGTHS, Normaliser
from barterpy.venues.dydx.rest import FetchBook, FetchCandles, FetchFunding, FetchSparklines, FetchTrades
from barterpy.venues.dydx.symbols import native_symbol
from barterpy.venues.dydx.timestamps import iso_text, nanoseconds
from barterpy.venues.dydx.venue import IndexerVenue, Options

__all__ = ["Perpetuals"]

_ACCOUNTS: Final = frozenset({Kind.SUBACCOUNTS, Kind.PARENT_SUBACCOUNTS})


class Perpetuals(IndexerVenue[N]):
    """All markets of dYdX v4: a :class:`barterpy.market.Venue`. Reads only, and needs no key.

    :param number: what prices and sizes become: :func:`~barterpy.model.decimal_number` (default) or ``float``
    :param options: see :class:`~barterpy.venues.dydx.venue.Options`
    :raises barterpy.errors.ConfigurationError: an option cannot work
    """

    @overload
    def __init__(
        self: "Perpetuals[Decimal]", *, number: NumberParser[Decimal] = ..., **options: Unpack[Options]
    ) -> None: ...
    @overload
    def __init__(self: "Perpetuals[float]", *, number: NumberParser[float], **options: Unpack[Options]) -> None: ...
    def __init__(self, *, number: NumberParser[Any] = decimal_number, **options: Unpack[Options]) -> None:
        super().__init__("dydx", number, **options)

    def connections(
        self, subscriptions: Sequence[Subscription], /
    ) -> Sequence[Connection[MarketEvent[N] | LifecycleEvent]]:
        """The connections that carry these subscriptions: as few as the venue's caps of each channel allow.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them, or it is an account's; the
            text names it
        """
        for subscription in subscriptions:
            if topic_of(subscription).kind in _ACCOUNTS:
                raise ConfigurationError(f"{subscription.name}: dydx.Account has the streams of accounts")
        return self._plans(subscriptions)

    # The past, and what is now.

    async def book(self, symbol: str) -> BookSnapshot[N]:
        """The book now, up to 100 levels a side, uncrossed: all levels are of one age, and sizes are set off."""
        ticker = native_symbol(symbol)
        answer = await self.rest.execute(FetchBook(ticker=ticker))
        normalise = self._normaliser()
        book: UncrossedBook[N] = UncrossedBook()
        with understood("book"):
            book.replace(normalise.levels(answer.bids), normalise.levels(answer.asks), 0)
        return normalise.snapshot(book.levels(), symbol, None, self._clock())

    def trades(self, symbol: str, start: int | None = None) -> Pages[Trade[N]]:
        """Trades, newest first, back to ``start`` (int nanoseconds UTC; None for the first of all)."""
        ticker, normalise = native_symbol(symbol), self._normaliser()

        async def page(place: int | None, size: int) -> Sequence[Row[Trade[N]]]:
            answer = await self.rest.execute(FetchTrades(ticker=ticker, limit=size, at_or_before_height=place))
            now = self._clock()
            rows = [(row, normalise.trade(row, symbol, now)) for row in answer.trades]
            # A row without a block could not be gone on from.
            return [(row.id, int(row.createdAtHeight), trade) for row, trade in rows if _since(trade, start)]

        return Pages(page, PAGE)

    def candles(self, symbol: str, interval: str, start: int, end: int | None = None) -> Pages[Candle[N]]:
        """Candles, newest first, that open from ``start`` (inclusive) to ``end`` (exclusive; None for now), both int
        nanoseconds UTC; the newest may still be open.

        :raises barterpy.errors.ConfigurationError: the venue has no such interval, or no such time
        """
        ticker, normalise = native_symbol(symbol), self._normaliser()
        resolution = RESOLUTIONS.get(interval)
        if resolution is None:
            raise ConfigurationError(f"interval must be one of {', '.join(RESOLUTIONS)}")
        if end is not None and end <= start:
            raise ConfigurationError("end must be after start")
        length = LENGTHS[resolution]

        async def page(place: int | None, size: int) -> Sequence[Row[Candle[N]]]:
            before = end if place is None else place + length
            answer = await self.rest.execute(
                FetchCandles(
                    ticker=ticker,
                    resolution=resolution,
                    start=iso_text(start),
                    end=None if before is None else iso_text(before),
                    limit=size,
                )
            )
            now = self._clock()

            def row_of(row: CandleRow) -> Row[Candle[N]]:
                open_at = nanoseconds(row.startedAt)
                return row.startedAt, open_at, normalise.candle(row, symbol, now, closed=open_at + length <= now)

            return [row_of(row) for row in answer.candles]

        return Pages(page, PAGE, first=start)

    def funding_rates(self, symbol: str, start: int | None = None) -> Pages[FundingRate[N]]:
        """Funding that was paid, newest first, back to ``start`` (int nanoseconds UTC); ``exchange_at`` is when."""
        ticker = native_symbol(symbol)

        async def page(place: int | None, size: int) -> Sequence[Row[FundingRate[N]]]:
            answer = await self.rest.execute(FetchFunding(ticker=ticker, limit=size, at_or_before_height=place))
            rows: list[Row[FundingRate[N]]] = []
            for row in answer.historicalFunding:
                rate: FundingRate[N] = FundingRate(
                    venue=self._name,
                    instrument=symbol,
                    rate=self._number(row.rate),
                    exchange_at=nanoseconds(row.effectiveAt),
                    received_at=self._clock(),
                )
                if _since(rate, start):
                    rows.append((row.effectiveAtHeight, int(row.effectiveAtHeight), rate))
            return rows

        return Pages(page, PAGE)

    async def sparklines(self, period: Literal["ONE_DAY", "SEVEN_DAYS"] = "ONE_DAY") -> dict[str, list[N]]:
        """Closes of the last day (an hour apart) or week (four hours) by ticker, newest first."""
        answer = await self.rest.execute(FetchSparklines(period=period))
        with understood("sparklines"):
            return {ticker: [self._number(close) for close in closes] for ticker, closes in answer.items()}

    def _normaliser(self) -> Normaliser[N]:
        return Normaliser(self._name, self._number)


def _since(event: Any, start: int | None) -> bool:
    return start is None or event.exchange_at is None or event.exchange_at >= start
