"""Binance: the spot market and USD-M futures, as their documentation stood in 2026-09.

    venue = binance.Futures()                   # Decimal, exact
    venue = binance.Spot(number=float)          # float, for speed

    async with market_stream(venue, [trades("BTC/USDT:USDT"), book("ETH/USDT:USDT")]) as events:
        async for event in events:
            ...

What is particular about this venue: the two markets share symbols and nothing else; futures streams are split over two
paths and each connection carries one family (since 2026-04-23); an unknown stream is confirmed and never delivers; the
server pings (spot every 20 s, futures every 3 min) and closes every connection after 24 h.

Docs: https://developers.binance.com/docs/binance-spot-api-docs and
https://developers.binance.com/docs/derivatives/usds-margined-futures
"""

from decimal import Decimal
from typing import Any, Unpack, overload

from barterpy.clock import MILLISECOND
from barterpy.model.account import Balance
from barterpy.model.market import FundingRate, MarkPrice, OpenInterest
from barterpy.model.number import N, NumberParser, decimal_number
from barterpy.venues.binance.account import Account, futures_account, futures_balances, spot_balances
from barterpy.venues.binance.auth import BinanceSigner
from barterpy.venues.binance.endpoints import Environment, Market
from barterpy.venues.binance.venue import BinanceVenue, Options, SocketFactory

__all__ = [
    "Account",
    "BinanceSigner",
    "BinanceVenue",
    "Environment",
    "Futures",
    "Market",
    "Options",
    "SocketFactory",
    "Spot",
]


class Spot(BinanceVenue[N]):
    """The spot market.

    :param number: what prices and sizes become: :func:`~barterpy.model.decimal_number` (default) or ``float``
    :param options: see :class:`Options`
    :raises barterpy.errors.ConfigurationError: an option cannot work
    :raises barterpy.errors.CredentialsError: the secret cannot be used
    """

    @overload
    def __init__(self: "Spot[Decimal]", *, number: NumberParser[Decimal] = ..., **options: Unpack[Options]) -> None: ...
    @overload
    def __init__(self: "Spot[float]", *, number: NumberParser[float], **options: Unpack[Options]) -> None: ...
    def __init__(self, *, number: NumberParser[Any] = decimal_number, **options: Unpack[Options]) -> None:
        super().__init__(Market.SPOT, "binance_spot", number, **options)

    async def account(self) -> Account[N]:
        answer = await self.rest.execute(self.requests.spot_account())
        now = self._clock()
        return Account(
            venue=self.name,
            balances=spot_balances(self.name, self._number, answer, now),
            positions=(),
            received_at=now,
        )


class Futures(BinanceVenue[N]):
    """USD-M perpetuals and dated futures.

    :param number: what prices and sizes become: :func:`~barterpy.model.decimal_number` (default) or ``float``
    :param routed: False puts all streams on the path from before the split, for a host that does not know it
    :param options: see :class:`Options`
    :raises barterpy.errors.ConfigurationError: an option cannot work
    :raises barterpy.errors.CredentialsError: the secret cannot be used
    """

    @overload
    def __init__(
        self: "Futures[Decimal]",
        *,
        number: NumberParser[Decimal] = ...,
        routed: bool = ...,
        **options: Unpack[Options],
    ) -> None: ...
    @overload
    def __init__(
        self: "Futures[float]", *, number: NumberParser[float], routed: bool = ..., **options: Unpack[Options]
    ) -> None: ...
    def __init__(
        self, *, number: NumberParser[Any] = decimal_number, routed: bool = True, **options: Unpack[Options]
    ) -> None:
        super().__init__(Market.FUTURES, "binance_futures", number, routed=routed, **options)

    async def account(self) -> Account[N]:
        answer = await self.rest.execute(self.requests.futures_account())
        return futures_account(self.name, self._number, answer, self._clock())

    async def balances(self) -> list[Balance[N]]:
        answer = await self.rest.execute(self.requests.futures_balances())
        return list(futures_balances(self.name, self._number, answer, self._clock()))

    async def open_interest(self, symbol: str) -> OpenInterest[N]:
        """Open positions now, in base asset."""
        answer = await self.rest.execute(self.requests.open_interest(self._native(symbol)))
        return OpenInterest(
            venue=self.name,
            instrument=symbol,
            size=self._number(answer.openInterest),
            exchange_at=answer.time * MILLISECOND,
            received_at=self._clock(),
        )

    async def mark_price(self, symbol: str) -> tuple[MarkPrice[N], FundingRate[N] | None]:
        """Mark and index price, and the last funding rate where there is one, now."""
        answer = await self.rest.execute(self.requests.premium_index(self._native(symbol)))
        now, number = self._clock(), self._number
        price = MarkPrice(
            venue=self.name,
            instrument=symbol,
            price=number(answer.markPrice),
            exchange_at=answer.time * MILLISECOND,
            received_at=now,
            index_price=number(answer.indexPrice) if answer.indexPrice else None,
            settle_price=number(answer.estimatedSettlePrice) if answer.estimatedSettlePrice else None,
        )
        if not answer.lastFundingRate:
            return price, None
        rate = FundingRate(
            venue=self.name,
            instrument=symbol,
            rate=number(answer.lastFundingRate),
            exchange_at=answer.time * MILLISECOND,
            received_at=now,
            next_at=answer.nextFundingTime * MILLISECOND or None,
        )
        return price, rate
