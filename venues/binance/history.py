"""The past by REST, page after page: ascending, each item once, whatever the size of a page.

An item of a page is asked for by what the venue numbers it with (a trade's id, a candle's opening, a funding's time),
so a page that overlaps the one before repeats nothing.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from barterpy.clock import MILLISECOND, WallClock
from barterpy.errors import ConfigurationError
from barterpy.model.market import Candle, FundingRate, Side, Trade
from barterpy.model.number import N, NumberParser
from barterpy.rest import RestClient
from barterpy.venues.binance.answers import AggTradeRow, FundingRow, KlineRow
from barterpy.venues.binance.endpoints import Market
from barterpy.venues.binance.limits import LIMITS
from barterpy.venues.binance.rest import Requests
from barterpy.venues.binance.symbols import native_symbol

__all__ = ["History", "Pages"]

T = TypeVar("T")
_PAGE = 1000
_HOUR = 3_600_000
"""Milliseconds."""


class Pages(Generic[T]):
    """Items of all pages, by ``async for``. Cancelling it loses nothing: the next step goes on where it was.

    :param page: the items, with their keys, behind the given key; the first page for None
    :param size: how many items a full page has; a shorter one is the last
    """

    def __init__(self, page: Callable[[int | None], Awaitable[Sequence[tuple[int, T]]]], size: int) -> None:
        self._page = page
        self._size = size
        self._last: int | None = None
        self._ended = False
        self._items: deque[T] = deque()

    def __aiter__(self) -> "Pages[T]":
        return self

    async def __anext__(self) -> T:
        while not self._items:
            if self._ended:
                raise StopAsyncIteration
            rows = await self._page(self._last)
            before = self._last
            for key, item in sorted(rows, key=_key):
                if self._last is None or key > self._last:
                    self._last = key
                    self._items.append(item)
            # A page without anything new would be asked for again and again.
            self._ended = len(rows) < self._size or self._last == before
        return self._items.popleft()

    async def all(self) -> list[T]:
        """Every item, in a list."""
        return [item async for item in self]


class History(Generic[N]):
    """What happened from ``start`` (inclusive) to ``end`` (exclusive; None for now), both int nanoseconds UTC.

    Symbols are unified or the venue's; items carry them as they were written. Each method gives an asynchronous
    iterator and asks for nothing before it is iterated; iterating raises what
    :meth:`barterpy.rest.RestClient.execute` raises, and may then go on.
    """

    def __init__(
        self, venue: str, market: Market, number: NumberParser[N], client: Callable[[], RestClient], clock: WallClock
    ) -> None:
        self._venue = venue
        self._market = market
        self._number: NumberParser[N] = number
        self._client = client
        self._clock = clock
        self._requests = Requests(market)

    def trades(self, symbol: str, start: int, end: int | None = None) -> Pages[Trade[N]]:
        """Aggregated trades."""
        native = native_symbol(symbol, self._market)
        first, last = _span(start, end)

        async def page(after: int | None) -> list[tuple[int, Trade[N]]]:
            # By id once there is one: several trades share a millisecond, and a time cannot cut between them.
            rows = await (self._first_trades(native, first, last) if after is None else self._trades(native, after + 1))
            return [(row.a, self._trade(row, symbol)) for row in rows if last is None or last >= row.T]

        return Pages(page, _PAGE)

    def candles(self, symbol: str, interval: str, start: int, end: int | None = None) -> Pages[Candle[N]]:
        """Candles that open in that time; the last one may still be open."""
        native = native_symbol(symbol, self._market)
        first, last = _span(start, end)
        size = LIMITS[self._market].klines_per_page

        async def page(after: int | None) -> list[tuple[int, Candle[N]]]:
            request = self._requests.klines(
                native, interval, start_time=first if after is None else after + 1, end_time=last, limit=size
            )
            rows = await self._client().execute(request)
            return [(row.open_time, self._candle(row, symbol, interval)) for row in rows]

        return Pages(page, size)

    def funding_rates(self, symbol: str, start: int, end: int | None = None) -> Pages[FundingRate[N]]:
        """Funding that was paid; ``exchange_at`` is when.

        :raises barterpy.errors.ConfigurationError: the spot market has none
        """
        native = native_symbol(symbol, self._market)
        first, last = _span(start, end)
        self._requests.funding_rates(native)

        async def page(after: int | None) -> list[tuple[int, FundingRate[N]]]:
            request = self._requests.funding_rates(
                native, start_time=first if after is None else after + 1, end_time=last, limit=_PAGE
            )
            rows = await self._client().execute(request)
            return [(row.fundingTime, self._funding_rate(row, symbol)) for row in rows]

        return Pages(page, _PAGE)

    async def _trades(self, native: str, from_id: int) -> list[AggTradeRow]:
        return await self._client().execute(self._requests.agg_trades(native, from_id=from_id, limit=_PAGE))

    async def _first_trades(self, native: str, first: int, last: int | None) -> list[AggTradeRow]:
        """The page a time leads to. Where an answer to a time reaches an hour at most (futures, 2026-09-15), one that
        is short or empty is not the end."""
        newest: int | None = None
        begin = first
        while True:
            rows = await self._client().execute(self._requests.agg_trades(native, start_time=begin, limit=_PAGE))
            if rows:
                if len(rows) < _PAGE and (last is None or last >= rows[-1].T):
                    rows += await self._trades(native, rows[-1].a + 1)
                return rows
            if newest is None:
                latest = await self._client().execute(self._requests.agg_trades(native, limit=1))
                newest = latest[-1].T if latest else 0
            begin += _HOUR
            if begin > newest or (last is not None and begin > last):
                return []

    def _trade(self, row: AggTradeRow, instrument: str) -> Trade[N]:
        return Trade(
            venue=self._venue,
            instrument=instrument,
            price=self._number(row.p),
            size=self._number(row.q),
            side=Side.SELL if row.m else Side.BUY,
            id=str(row.a),
            exchange_at=row.T * MILLISECOND,
            received_at=self._clock(),
            sequence=row.a,
            first_id=row.f,
            last_id=row.l,
        )

    def _candle(self, row: KlineRow, instrument: str, interval: str) -> Candle[N]:
        now = self._clock()
        close_at = (row.close_time + 1) * MILLISECOND
        return Candle(
            venue=self._venue,
            instrument=instrument,
            interval=interval,
            open_at=row.open_time * MILLISECOND,
            close_at=close_at,
            open=self._number(row.open),
            high=self._number(row.high),
            low=self._number(row.low),
            close=self._number(row.close),
            volume=self._number(row.volume),
            quote_volume=self._number(row.quote_volume),
            trades=row.trades,
            closed=close_at <= now,
            exchange_at=None,
            received_at=now,
            taker_buy_volume=self._number(row.taker_buy_volume),
            taker_buy_quote_volume=self._number(row.taker_buy_quote_volume),
        )

    def _funding_rate(self, row: FundingRow, instrument: str) -> FundingRate[N]:
        return FundingRate(
            venue=self._venue,
            instrument=instrument,
            rate=self._number(row.fundingRate),
            exchange_at=row.fundingTime * MILLISECOND,
            received_at=self._clock(),
        )


def _key(row: tuple[int, object]) -> int:
    return row[0]


def _span(start: int, end: int | None) -> tuple[int, int | None]:
    """First and last millisecond, both inclusive, as the venue wants them."""
    if end is not None and end <= start:
        raise ConfigurationError("end must be after start")
    return -(-start // MILLISECOND), None if end is None else -(-end // MILLISECOND) - 1
