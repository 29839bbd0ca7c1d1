"""An account of dYdX as a venue object: who knows an address may read it, so an address is all it takes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Unpack, overload

from barterpy.connection import Connection
from barterpy.events import LifecycleEvent
from barterpy.market import EventStream
from barterpy.model.account import AccountEvent, Balance, Fill, Order, Position, Transfer
from barterpy.model.market import BlockHeight
from barterpy.model.number import N, NumberParser, decimal_number
from barterpy.reconnect import ReconnectPolicy
from barterpy.subscription import Subscription
from barterpy.venues.dydx.account import AccountNormaliser, account_name
from barterpy.venues.dydx.answers import FundingPaymentRow, OrderRow, PnlRow, PositionRow, SubaccountRow
from barterpy.venues.dydx.channels import block_heights, parent_subaccount, subaccount
from barterpy.venues.dydx.decoding import understood
from barterpy.venues.dydx.history import Pages, Row
from barterpy.venues.dydx.instruments import pair_numbers
from barterpy.venues.dydx.limits import PAGE
from barterpy.venues.dydx.rest import (
    FetchAddress,
    FetchAssetPositions,
    FetchFills,
    FetchFundingPayments,
    FetchMarkets,
    FetchOrder,
    FetchOrders,
    FetchPnl,
    FetchPositions,
    FetchSubaccount,
    FetchTransfers,
)
from barterpy.venues.dydx.symbols import native_symbol
from barterpy.venues.dydx.venue import IndexerVenue, Options

__all__ = ["Account"]


class Account(IndexerVenue[N]):
    """One subaccount of an address, or with ``parent`` also its children, which hold isolated positions.

        account = dydx.Account("dydx1…")
        async with account.stream() as events:
            async for event in events:
                ...

    :param address: of the wallet, ``dydx1…``
    :param subaccount: its number, 0 to 127 for those that may be a parent
    :param options: see :class:`~barterpy.venues.dydx.venue.Options`
    :raises barterpy.errors.ConfigurationError: it cannot be an address, or an option cannot work
    """

    @overload
    def __init__(
        self: "Account[Decimal]",
        address: str,
        subaccount: int = ...,
        *,
        parent: bool = ...,
        number: NumberParser[Decimal] = ...,
        **options: Unpack[Options],
    ) -> None: ...
    @overload
    def __init__(
        self: "Account[float]",
        address: str,
        subaccount: int = ...,
        *,
        parent: bool = ...,
        number: NumberParser[float],
        **options: Unpack[Options],
    ) -> None: ...
    def __init__(
        self,
        address: str,
        subaccount: int = 0,
        *,
        parent: bool = False,
        number: NumberParser[Any] = decimal_number,
        **options: Unpack[Options],
    ) -> None:
        super().__init__("dydx", number, **options)
        self.address: str = address
        self.subaccount: int = subaccount
        self.parent: bool = parent
        self._plans([self.subscription])  # refuses what cannot be an address

    @property
    def subscription(self) -> Subscription:
        """What :meth:`connections` subscribes to by itself."""
        return (parent_subaccount if self.parent else subaccount)(self.address, self.subaccount)

    def connections(
        self, subscriptions: Sequence[Subscription] = (), /
    ) -> Sequence[Connection[AccountEvent[N] | BlockHeight | LifecycleEvent]]:
        """The connection of this account; ``subscriptions`` may name others, and block heights, instead.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; the text names it
        """
        return self._plans(subscriptions or [self.subscription])

    def stream(
        self, *, heights: bool = False, policy: ReconnectPolicy | None = None
    ) -> EventStream[AccountEvent[N] | BlockHeight | LifecycleEvent]:
        """Everything that happens to the account, supervised: all it holds first, and again after each connect.

        :param heights: each new block too, by which short-term orders end
        """
        wanted = [self.subscription]
        if heights:
            wanted.append(block_heights())
        return EventStream(self.connections(wanted), policy, clock=self._clock, plan=self.connections)

    # What it holds now.

    async def describe(self) -> SubaccountRow:
        """The subaccount as the Indexer describes it, with equity and free collateral."""
        request = FetchSubaccount(address=self.address, number=self.subaccount, parent=self.parent)
        return (await self.rest.execute(request)).subaccount

    async def siblings(self) -> list[SubaccountRow]:
        """All subaccounts of the address."""
        return (await self.rest.execute(FetchAddress(address=self.address))).subaccounts

    async def positions(self) -> list[Position[N]]:
        """Open positions."""
        answer = await self.rest.execute(FetchPositions(**self._who, status="OPEN"))
        now, normalise = self._clock(), self._normaliser()
        with understood("positions"):
            return [normalise.position(row, self._account(row.subaccountNumber), now) for row in answer.positions]

    async def balances(self) -> list[Balance[N]]:
        """What is held of each asset."""
        answer = await self.rest.execute(FetchAssetPositions(**self._who))
        now, normalise = self._clock(), self._normaliser()
        with understood("balances"):
            return [normalise.balance(row, self._account(row.subaccountNumber), now) for row in answer.positions]

    async def orders(
        self, symbol: str | None = None, *, status: str | None = None, limit: int = PAGE
    ) -> list[Order[N]]:
        """The latest orders, of one market and of one status (``OPEN``) where they are named.

        :param limit: how many at most; the Indexer gives up to 1000, older ones 100. It has no way to go on from there
        """
        ticker = None if symbol is None else native_symbol(symbol)
        request = FetchOrders(**self._who, ticker=ticker, status=status, limit=limit)
        return await self._made_orders(await self.rest.execute(request))

    async def order(self, order_id: str) -> Order[N]:
        """One order by the Indexer's id."""
        (order,) = await self._made_orders([await self.rest.execute(FetchOrder(order_id=order_id))])
        return order

    # What happened to it.

    def fills(self, symbol: str | None = None) -> Pages[Fill[N]]:
        """Fills, newest first, of one market where it is named."""
        ticker = None if symbol is None else native_symbol(symbol)
        normalise = self._normaliser()

        async def page(place: int | None, size: int) -> Sequence[Row[Fill[N]]]:
            request = FetchFills(**self._who, ticker=ticker, limit=size, at_or_before_height=place)
            now = self._clock()
            return [
                (
                    row.id,
                    int(row.createdAtHeight),
                    normalise.fill(row, row.market or row.ticker or "", self._account(row.subaccountNumber), now),
                )
                for row in (await self.rest.execute(request)).fills
            ]

        return Pages(page, PAGE)

    def transfers(self) -> Pages[Transfer[N]]:
        """Deposits, withdrawals and transfers, newest first."""
        normalise = self._normaliser()

        async def page(place: int | None, size: int) -> Sequence[Row[Transfer[N]]]:
            request = FetchTransfers(**self._who, limit=size, at_or_before_height=place)
            now, account = self._clock(), self._account(None)
            rows = (await self.rest.execute(request)).transfers
            return [(row.id, int(row.createdAtHeight), normalise.transfer(row, account, now)) for row in rows]

        return Pages(page, PAGE)

    def closed_positions(self) -> Pages[PositionRow]:
        """Positions, open and closed, newest first, as the Indexer describes them."""

        async def page(place: int | None, size: int) -> Sequence[Row[PositionRow]]:
            request = FetchPositions(**self._who, limit=size, at_or_before_height=place)
            rows = (await self.rest.execute(request)).positions
            return [(f"{row.market} {row.createdAt}", int(row.createdAtHeight or 0), row) for row in rows]

        return Pages(page, PAGE)

    def profits(self) -> Pages[PnlRow]:
        """Equity and profit hour by hour, newest first, as the Indexer reckons them."""

        async def page(place: int | None, size: int) -> Sequence[Row[PnlRow]]:
            request = FetchPnl(**self._who, limit=size, at_or_before_height=place)
            rows = (await self.rest.execute(request)).historicalPnl
            return [(row.createdAt, int(row.blockHeight), row) for row in rows]

        return Pages(page, PAGE)

    def funding_payments(self) -> Pages[FundingPaymentRow]:
        """Funding this account paid (below zero) or was paid, newest first, as the Indexer tells it."""

        async def page(place: int | None, size: int) -> Sequence[Row[FundingPaymentRow]]:
            request = FetchFundingPayments(**self._who, limit=size, at_or_before_height=place)
            rows = (await self.rest.execute(request)).fundingPayments
            return [(f"{row.ticker} {row.createdAt}", int(row.createdAtHeight), row) for row in rows]

        return Pages(page, PAGE)

    @property
    def _who(self) -> dict[str, Any]:
        return {"address": self.address, "number": self.subaccount, "parent": self.parent}

    def _account(self, number: int | None) -> str:
        return account_name(self.address, self.subaccount if number is None else number)

    def _normaliser(self) -> AccountNormaliser[N]:
        return AccountNormaliser(self._name, self._number)

    async def _made_orders(self, rows: Sequence[OrderRow]) -> list[Order[N]]:
        pairs: dict[str, str] = {}
        if any(row.ticker is None for row in rows):
            pairs = pair_numbers((await self.rest.execute(FetchMarkets())).markets)
        now, normalise = self._clock(), self._normaliser()
        with understood("orders"):
            return [
                normalise.order(
                    row,
                    row.ticker or pairs.get(row.clobPairId or "", row.clobPairId or ""),
                    self._account(row.subaccountNumber),
                    now,
                ).order
                for row in rows
            ]
