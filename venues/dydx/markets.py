"""What ``v4_markets`` says of every market: status, oracle price, funding and open interest."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeAlias

import msgspec

from barterpy.model.number import N
from barterpy.subscription import Channel, Subscription
from barterpy.venues.dydx.decoding import later_contents
from barterpy.venues.dydx.messages import Frame, MarketRow, MarketsContents
from barterpy.venues.dydx.normaliser import Normaliser
from barterpy.venues.dydx.symbols import native_symbol
from barterpy.venues.dydx.timestamps import nanoseconds

__all__ = ["MarketsHandler"]

Output: TypeAlias = Any

_MARKET_CHANNELS: Final = (
    Channel.INSTRUMENT_STATUS,
    Channel.MARK_PRICES,
    Channel.INDEX_PRICES,
    Channel.FUNDING_RATES,
    Channel.OPEN_INTEREST,
)


class MarketsHandler(Generic[N]):
    """Status, oracle price, funding and open interest of every market; the first contents tell all of it.

    A status is told when it is not what was told before, everything else whenever the venue says it.
    """

    def __init__(self, normalise: Normaliser[N]) -> None:
        self._normalise: Normaliser[N] = normalise
        self._first = msgspec.json.Decoder(MarketsContents).decode
        self._decode = later_contents(MarketsContents)
        self._status: dict[tuple[str, str], str] = {}
        self.serve(())

    def serve(self, subscriptions: Sequence[Subscription], /) -> None:
        wanted: dict[Channel, dict[str, str]] = {}
        for one in subscriptions:
            if one.channel is Channel.NATIVE:
                for channel in _MARKET_CHANNELS:
                    wanted.setdefault(channel, {})[""] = ""
            else:
                ticker = native_symbol(one.instrument) if one.instrument else ""
                wanted.setdefault(one.channel, {}).setdefault(ticker, one.instrument)
        self._wanted: Mapping[Channel, Mapping[str, str]] = wanted or {
            channel: {"": ""} for channel in _MARKET_CHANNELS
        }

    def first(self, frame: Frame, received_at: int, /) -> Sequence[Output]:
        return self._events([self._first(frame.contents)], received_at)

    def later(self, frame: Frame, received_at: int, /) -> Sequence[Output]:
        return self._events(self._decode(frame), received_at)

    def _events(self, parts: Sequence[MarketsContents], received_at: int) -> Sequence[Output]:
        events: list[Output] = []
        for part in parts:
            for rows in (part.markets, part.trading):
                for ticker, row in rows.items():
                    events += self._row(ticker, row, received_at)
            for ticker, price in part.oraclePrices.items():
                at = None if price.effectiveAt is None else nanoseconds(price.effectiveAt)
                events += self._price(ticker, price.oraclePrice, at, received_at)
        return events

    def _row(self, ticker: str, row: MarketRow, received_at: int) -> Iterable[Output]:
        normalise = self._normalise
        if row.status is not None:
            for name in self._names(Channel.INSTRUMENT_STATUS, ticker):
                if self._status.get((ticker, name)) != row.status:
                    self._status[ticker, name] = row.status
                    yield normalise.instrument_status(row.status, name, received_at)
        if row.oraclePrice is not None:
            yield from self._price(ticker, row.oraclePrice, None, received_at)
        if row.nextFundingRate is not None:
            for name in self._names(Channel.FUNDING_RATES, ticker):
                yield normalise.funding_rate(row.nextFundingRate, name, received_at)
        if row.openInterest is not None:
            for name in self._names(Channel.OPEN_INTEREST, ticker):
                yield normalise.open_interest(row.openInterest, name, received_at)

    def _price(self, ticker: str, price: str, exchange_at: int | None, received_at: int) -> Iterable[Output]:
        for name in self._names(Channel.MARK_PRICES, ticker):
            yield self._normalise.mark_price(price, name, exchange_at, received_at)
        for name in self._names(Channel.INDEX_PRICES, ticker):
            yield self._normalise.index_price(price, name, exchange_at, received_at)

    def _names(self, channel: Channel, ticker: str) -> Sequence[str]:
        """What a market is called on a channel; empty when it is not wanted there."""
        wanted = self._wanted.get(channel, {})
        name = wanted.get(ticker)
        return (name,) if name is not None else (ticker,) if "" in wanted else ()
