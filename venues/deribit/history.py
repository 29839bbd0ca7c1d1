"""The past by REST, page after page: ascending, each item once, whatever the size of a page.

Trades are asked for by their sequence once there is one, because several share a millisecond; candles by their opening,
funding by its hour.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Generic

from barterpy.clock import MILLISECOND, WallClock
from barterpy.errors import ConfigurationError
from barterpy.model.market import Candle, FundingRate, Side, Trade
from barterpy.model.number import N, NumberParser
from barterpy.rest import RestClient
from barterpy.venues.deribit.answers import FundingRow, PublicTrade
from barterpy.venues.deribit.channels import INTERVALS
from barterpy.venues.deribit.limits import CANDLES_PER_PAGE, TRADES_PER_PAGE
from barterpy.venues.deribit.pages import Pages
from barterpy.venues.deribit.rest import FetchChart, FetchFundingRates, FetchTrades, FetchTradesByTime
from barterpy.venues.deribit.running import LENGTHS
from barterpy.venues.deribit.symbols import native_symbol

__all__ = ["History"]

_HOUR = 3_600_000
_FUNDING_HOURS = 500


class History(Generic[N]):
    """What happened from ``start`` (inclusive) to ``end`` (exclusive; None for now), both int nanoseconds UTC.

    Symbols are unified or the venue's; items carry them as they were written. Each method gives an asynchronous
    iterator and asks for nothing before it is iterated; iterating raises what
    :meth:`barterpy.rest.RestClient.execute` raises, and may then go on.
    """

    def __init__(self, venue: str, number: NumberParser[N], client: Callable[[], RestClient], clock: WallClock) -> None:
        self._venue = venue
        self._number: NumberParser[N] = number
        self._client = client
        self._clock = clock

    def trades(self, symbol: str, start: int, end: int | None = None) -> Pages[Trade[N]]:
        """Trades, one by one."""
        native = native_symbol(symbol)
        first, last = self._span(start, end)

        async def page(after: int | None) -> tuple[list[tuple[int, Trade[N]]], bool]:
            if after is None:
                request: FetchTradesByTime | FetchTrades = FetchTradesByTime(
                    instrument_name=native,
                    start_timestamp=first,
                    end_timestamp=last,
                    count=TRADES_PER_PAGE,
                    sorting="asc",
                )
            else:
                request = FetchTrades(instrument_name=native, start_seq=after + 1, count=TRADES_PER_PAGE, sorting="asc")
            answer = await self._client().execute(request)
            rows = [row for row in answer.trades if row.timestamp <= last]
            more = answer.has_more and len(rows) == len(answer.trades)
            return [(row.trade_seq, self._trade(row, symbol)) for row in rows], more

        return Pages(page)

    def candles(self, symbol: str, interval: str, start: int, end: int | None = None) -> Pages[Candle[N]]:
        """Candles that open in that time; the last one may still be open.

        :raises barterpy.errors.ConfigurationError: the venue has no such candles
        """
        if interval not in INTERVALS:
            raise ConfigurationError(f"interval must be one of {', '.join(INTERVALS)}, not {interval!r}")
        native, length = native_symbol(symbol), LENGTHS[interval]
        first, last = self._span(start, end)
        reached = first

        async def page(after: int | None) -> tuple[list[tuple[int, Candle[N]]], bool]:
            nonlocal reached
            until = min(last, reached + (CANDLES_PER_PAGE - 1) * length)
            data = await self._client().execute(
                FetchChart(
                    instrument_name=native,
                    start_timestamp=reached,
                    end_timestamp=until,
                    resolution=INTERVALS[interval],
                )
            )
            now = self._clock()
            costs: Sequence[Decimal | None] = data.cost or [None] * len(data.ticks)
            columns = zip(data.ticks, data.open, data.high, data.low, data.close, data.volume, costs, strict=True)
            number = self._number
            rows = [
                (
                    tick,
                    Candle(
                        venue=self._venue,
                        instrument=symbol,
                        interval=interval,
                        open_at=tick * MILLISECOND,
                        close_at=(tick + length) * MILLISECOND,
                        open=number(str(open_)),
                        high=number(str(high)),
                        low=number(str(low)),
                        close=number(str(close)),
                        volume=number(str(volume)),
                        quote_volume=None if cost is None else number(str(cost)),
                        trades=None,
                        closed=(tick + length) * MILLISECOND <= now,
                        exchange_at=None,
                        received_at=now,
                    ),
                )
                for tick, open_, high, low, close, volume, cost in columns
                if first <= tick <= last
            ]
            # A span in which nothing was traded is an empty page, and not the end.
            reached = until + 1
            return rows, reached <= last

        return Pages(page)

    def funding_rates(self, symbol: str, start: int, end: int | None = None) -> Pages[FundingRate[N]]:
        """Hourly funding of a perpetual: the rate of eight hours, as it stood then."""
        native = native_symbol(symbol)
        first, last = self._span(start, end)
        reached = first

        async def page(after: int | None) -> tuple[list[tuple[int, FundingRate[N]]], bool]:
            nonlocal reached
            until = min(last, reached + _FUNDING_HOURS * _HOUR)
            request = FetchFundingRates(instrument_name=native, start_timestamp=reached, end_timestamp=until)
            rows = await self._client().execute(request)
            reached = until + 1
            return [(row.timestamp, self._funding_rate(row, symbol)) for row in rows], reached <= last

        return Pages(page)

    def _trade(self, row: PublicTrade, instrument: str) -> Trade[N]:
        return Trade(
            venue=self._venue,
            instrument=instrument,
            price=self._number(str(row.price)),
            size=self._number(str(row.amount)),
            side=Side(row.direction),
            id=row.trade_id,
            exchange_at=row.timestamp * MILLISECOND,
            received_at=self._clock(),
            sequence=row.trade_seq,
        )

    def _funding_rate(self, row: FundingRow, instrument: str) -> FundingRate[N]:
        return FundingRate(
            venue=self._venue,
            instrument=instrument,
            rate=self._number(str(row.interest_8h)),
            exchange_at=row.timestamp * MILLISECOND,
            received_at=self._clock(),
        )

    def _span(self, start: int, end: int | None) -> tuple[int, int]:
        """First and last millisecond, both inclusive, as the venue wants them."""
        if end is not None and end <= start:
            raise ConfigurationError("end must be after start")
        return -(-start // MILLISECOND), (self._clock() if end is None else end - 1) // MILLISECOND
