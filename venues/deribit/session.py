"""A session: one supervised connection for calls, orders above all, and for the account's own events beside them."""

import random as _random
from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

import anyio
import anyio.abc

from barterpy.clock import WallClock, wall_clock
from barterpy.connection import Connection
from barterpy.errors import ConfigurationError
from barterpy.events import LifecycleEvent, Overflow
from barterpy.model.account import AccountEvent, Balance, Order, Position
from barterpy.model.market import MarketEvent
from barterpy.model.number import N
from barterpy.reconnect import ReconnectPolicy, supervise
from barterpy.venues.deribit.account import AccountNormaliser
from barterpy.venues.deribit.answers import PlacedOrder
from barterpy.venues.deribit.calls import CallLink
from barterpy.venues.deribit.execution import Buy, Cancel, CancelAll, CancelAllByInstrument, CancelByLabel, Edit, Sell
from barterpy.venues.deribit.rest import (
    Call,
    FetchAccountSummary,
    FetchOpenOrders,
    FetchOrdersByLabel,
    FetchPositions,
)

__all__ = ["DeribitSession"]

R = TypeVar("R")
_UNREAD: Final = 10_000


class DeribitSession(Generic[N]):
    """See the module. Use it with ``async with``; made by ``Deribit.session``.

        async with venue.session() as session:
            order = await session.place(Buy(instrument_name="BTC-PERPETUAL", amount=10, price=Decimal(60000)))
            await session.cancel(order.id)

    Iterating gives the events of what it subscribes and what happens to its connection. Nobody has to: at most
    ``unread`` wait, then the oldest go and :class:`~barterpy.events.Overflow` says how many.

    :param connection: must have been made with ``link`` in between
    :param timeout: seconds for a call, unless it says otherwise
    """

    def __init__(
        self,
        connection: Connection[MarketEvent[N] | AccountEvent[N] | LifecycleEvent],
        link: CallLink,
        account: AccountNormaliser[N],
        *,
        policy: ReconnectPolicy | None = None,
        timeout: float = 10.0,
        unread: int = _UNREAD,
        clock: WallClock = wall_clock,
    ) -> None:
        self._connection: Connection[MarketEvent[N] | AccountEvent[N] | LifecycleEvent] = connection
        self._link = link
        self._account: AccountNormaliser[N] = account
        self._policy = policy or ReconnectPolicy()
        self._timeout = timeout
        self._clock = clock
        self._events: deque[Any] = deque(maxlen=unread)
        self._dropped = 0
        self._more = anyio.Event()
        self._ended = False
        self._failure: Exception | None = None
        self._tasks: anyio.abc.TaskGroup | None = None

    async def __aenter__(self) -> Self:
        if self._tasks is not None:
            raise ConfigurationError("a session is entered once; make a new one")
        self._tasks = await anyio.create_task_group().__aenter__()
        self._tasks.start_soon(self._run)
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        assert self._tasks is not None
        self._tasks.cancel_scope.cancel()
        self._link.close()
        if exc is None or isinstance(exc, Exception):
            # Given the exception, the group would wrap it; this way the body's own exception passes as it is.
            await self._tasks.__aexit__(None, None, None)
            return None
        return await self._tasks.__aexit__(exc_type, exc, traceback)

    async def _run(self) -> None:
        try:
            await supervise(self._connection, self._emit, self._policy, clock=self._clock, random=_random.random)
        except Exception as error:  # noqa: BLE001 - raised where somebody calls or iterates, not in a task of ours
            self._failure = error
        self._ended = True
        self._link.close(self._failure)
        self._more.set()

    async def _emit(self, events: Sequence[Any]) -> None:
        limit = self._events.maxlen or 0
        self._dropped += max(0, len(self._events) + len(events) - limit)
        self._events.extend(events)
        self._more.set()

    # Events.

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> MarketEvent[N] | AccountEvent[N] | LifecycleEvent:
        while not self._events:
            if self._ended:
                if self._failure is not None:
                    raise self._failure
                raise StopAsyncIteration
            self._more = anyio.Event()
            await self._more.wait()
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            return Overflow(
                venue=self._connection.venue,
                connection=self._connection.name,
                received_at=self._clock(),
                dropped=dropped,
                policy="drop_oldest",
            )
        event: MarketEvent[N] | AccountEvent[N] | LifecycleEvent = self._events.popleft()
        return event

    # Calls.

    async def call(self, request: Call[R], *, timeout: float | None = None) -> R:
        """Send a call and give its typed answer; waits for the connection and its logon.

        See :meth:`barterpy.venues.deribit.calls.CallLink.call` for what it raises: an order whose answer did not come
        raises :class:`~barterpy.errors.OutcomeUnknown`, and must be asked for before it is sent again.
        """
        return await self._link.call(request, self._timeout if timeout is None else timeout)

    async def place(self, request: Buy | Sell, *, timeout: float | None = None) -> Order[N]:
        """Place an order. What it traded at once is in ``filled``, and among the events when they are subscribed."""
        return self._placed(await self.call(request, timeout=timeout))

    async def edit(self, request: Edit, *, timeout: float | None = None) -> Order[N]:
        """Change an order."""
        return self._placed(await self.call(request, timeout=timeout))

    async def cancel(self, order_id: str, *, timeout: float | None = None) -> Order[N]:
        """Cancel an order; gives what it had become."""
        row = await self.call(Cancel(order_id=order_id), timeout=timeout)
        return self._account.order(row, self._clock())

    async def cancel_by_label(self, label: str, *, timeout: float | None = None) -> int:
        """Cancel the orders with this label; how many there were."""
        return await self.call(CancelByLabel(label=label), timeout=timeout)

    async def cancel_all(self, instrument_name: str | None = None, *, timeout: float | None = None) -> int:
        """Cancel every order, of one instrument where it is named; how many there were."""
        if instrument_name is None:
            return await self.call(CancelAll(), timeout=timeout)
        return await self.call(CancelAllByInstrument(instrument_name=instrument_name), timeout=timeout)

    async def open_orders(self, *, timeout: float | None = None) -> list[Order[N]]:
        """Orders that are working."""
        now = self._clock
        return [self._account.order(row, now()) for row in await self.call(FetchOpenOrders(), timeout=timeout)]

    async def orders_by_label(self, label: str, currency: str, *, timeout: float | None = None) -> list[Order[N]]:
        """The orders of a currency with this label, whatever became of them: what to ask after
        :class:`~barterpy.errors.OutcomeUnknown`, before an order is sent again."""
        rows = await self.call(FetchOrdersByLabel(label=label, currency=currency), timeout=timeout)
        return [self._account.order(row, self._clock()) for row in rows]

    async def positions(self, currency: str | None = None, *, timeout: float | None = None) -> list[Position[N]]:
        """Positions, of one currency where it is named."""
        rows = await self.call(FetchPositions(currency=currency), timeout=timeout)
        return [self._account.position(row, self._clock()) for row in rows]

    async def balance(self, currency: str, *, timeout: float | None = None) -> Balance[N]:
        """What is held of a currency."""
        summary = await self.call(FetchAccountSummary(currency=currency), timeout=timeout)
        return self._account.balance(summary, self._clock())

    def _placed(self, placed: PlacedOrder) -> Order[N]:
        return self._account.order(placed.order, self._clock())
