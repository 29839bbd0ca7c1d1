"""What becomes of open orders at the simulated Binance: they work, wait, follow each other, and end.

No clock and no I/O. An order is in the book while it works. Before that it may wait for a price (a stop), or for
another order of its list (pending); neither is known to the market. What one trade makes of other orders is done when
the match is over: in the midst of it nothing else may touch the book.
"""

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol, final

from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.testing.simulated.exchange import SimulatedExchange
from barterpy.testing.simulated.fix.lists import ACTIVATED, FILLED, PARTIALLY_FILLED, RELEASE
from barterpy.testing.simulated.fix.openorders import ClientOrder, OrderList, Phase
from barterpy.testing.simulated.fix.reports import Reports
from barterpy.testing.simulated.fix.tickets import Ticket
from barterpy.testing.simulated.instrument import SimulatedInstrument, SimulatedTrade
from barterpy.testing.simulated.matching import Match, SimulatedOrder

__all__ = ["Market", "OpenOrders", "OrderReports"]


class Market(Protocol):
    """What a desk needs of the venue: its market, and a way to change it that tells those who listen."""

    @property
    def exchange(self) -> SimulatedExchange: ...
    def place(self, symbol: str, order: SimulatedOrder) -> None: ...
    def cancel(self, symbol: str, order: SimulatedOrder) -> None: ...
    def resize(self, symbol: str, order: SimulatedOrder, size: int) -> None: ...


class OrderReports(Protocol):
    """Where what an account is told goes."""

    def __call__(self, account: str, report: Outgoing, session: int, /) -> None:
        """``session`` is the one whose request this answers, 0 for what happens to an order by itself."""
        ...


@final
class OpenOrders:
    """See the module. It hears of the market's trades, and tells each account what they make of its orders.

    :param tell: called with each report
    """

    def __init__(self, market: Market, clock: Callable[[], int], tell: OrderReports, reports: Reports) -> None:
        self._market = market
        self._tell = tell
        self._clock = clock
        self._reports = reports
        self._orders: dict[str, ClientOrder] = {}
        self._numbers = itertools.count(1)
        # What became of orders of lists, and where trades went, since somebody looked.
        self._happened: deque[tuple[ClientOrder, str]] = deque()
        self._moves: deque[tuple[str, int, int]] = deque()
        self._settling = False
        market.exchange.settled = self._settle
        for instrument in market.exchange.instruments.values():
            instrument.matched = self._matched

    def of(self, account: str) -> list[ClientOrder]:
        """The open orders of an account, in the order in which they came."""
        return [one for one in self._orders.values() if one.account == account]

    def enter(
        self,
        ticket: Ticket,
        instrument: SimulatedInstrument,
        account: str,
        session: int,
        orders: OrderList | None = None,
        *,
        pending: bool = False,
    ) -> ClientOrder:
        """Take in an order, which the market does not know yet."""
        now = self._clock()
        order = SimulatedOrder(
            id=str(next(self._numbers)), owner=account, buys=ticket.buys, price=ticket.price, size=ticket.size,
            created_at=now // 1_000_000, time_in_force=ticket.time, post_only=ticket.post_only, session=session,
        )  # fmt: skip
        phase = Phase.PENDING if pending else Phase.WORKING if ticket.trigger is None else Phase.WAITING
        one = ClientOrder(
            order=order,
            ticket=ticket,
            symbol=instrument.symbol,
            account=account,
            session=session,
            created_at=now,
            phase=phase,
            working_at=now if phase is Phase.WORKING else None,
            group=orders,
        )
        self._orders[order.id] = one
        if orders is not None:
            orders.orders.append(one)
        return one

    def begin(self, one: ClientOrder) -> None:
        """Let an order that has been told into the market, unless it waits for a price."""
        if one.phase is not Phase.WORKING:
            return
        self._market.place(one.symbol.name, one.order)
        if one.order.state == "cancelled" and self.is_open(one):
            # What did not trade at once was not to rest.
            self._expire(one)

    def is_open(self, one: ClientOrder) -> bool:
        return one.order.id in self._orders

    def listed(self, orders: OrderList | None) -> list[ClientOrder]:
        """The open orders of a list."""
        return [] if orders is None else [one for one in orders.orders if self.is_open(one)]

    def take_out(self, ones: Sequence[ClientOrder], request_id: str | None, session: int) -> int:
        """Cancel these orders and those of their lists; gives how many that were."""
        count = 0
        for first in ones:
            for one in (first, *(other for other in self.listed(first.group) if other is not first)):
                if self.is_open(one):
                    count += 1
                    self._withdraw(one)
                    self._tell(one.account, self._reports.cancelled(one, request_id or one.cl_ord_id), session)
                    self._finish(one, session)
        return count

    def _withdraw(self, one: ClientOrder) -> None:
        if one.phase is Phase.WORKING and not one.order.ended:
            self._market.cancel(one.symbol.name, one.order)
        else:
            one.order.state = "cancelled"

    def _expire(self, one: ClientOrder) -> None:
        """The venue ends an order by itself, and with it what was to follow it."""
        self._withdraw(one)
        self._tell(one.account, self._reports.expired(one), 0)
        followers = [] if one.group is None else [other for other in self.listed(one.group) if other is not one]
        self._finish(one)
        for other in followers:
            if other.phase is Phase.PENDING and self.is_open(other):
                self._expire(other)

    def _finish(self, one: ClientOrder, session: int = 0) -> None:
        del self._orders[one.order.id]
        self._close(one, session)

    def _close(self, one: ClientOrder, session: int = 0) -> None:
        """Tell of the end of its list, once, when the last order of it has ended."""
        group = one.group
        if group is not None and not group.done and not self.listed(group):
            group.done = True
            self._tell(one.account, self._reports.list_done(group), session)

    def _matched(self, instrument: SimulatedInstrument, match: Match) -> None:
        for order in (match.maker, match.taker):
            one = self._orders.get(order.id) if order.owner else None
            if one is None:
                continue
            self._tell(one.account, self._reports.traded(one, match), 0)
            filled = one.told == order.size
            if one.group is None:
                if filled:
                    self._finish(one)
                continue
            # In the midst of a match nothing else may touch the book.
            self._happened.append((one, PARTIALLY_FILLED))
            if filled:
                self._happened.append((one, FILLED))

    # What follows from trades.

    def _settle(self, instrument: SimulatedInstrument, trades: Sequence[SimulatedTrade]) -> None:
        prices = [trade.price for trade in trades]
        self._moves.append((instrument.symbol.name, min(prices), max(prices)))
        self._settle_all()

    def _settle_all(self) -> None:
        if self._settling:
            return  # whoever is at it sees this, too
        self._settling = True
        try:
            while self._happened or self._moves:
                if self._happened:
                    self._follow(*self._happened.popleft())
                else:
                    self._trigger(*self._moves.popleft())
        finally:
            self._settling = False

    def _follow(self, one: ClientOrder, event: str) -> None:
        assert one.group is not None
        if event == FILLED:
            del self._orders[one.order.id]
        for other, action in one.group.follows(one, event):
            if not self.is_open(other):
                continue
            if action == RELEASE:
                self._release(other)
            else:
                self._expire(other)
        self._close(one)

    def _release(self, one: ClientOrder) -> None:
        """An order that waited for another one is on its own now."""
        instrument = self._market.exchange.instruments[one.symbol.name]
        if one.ticket.trigger is not None:
            one.phase = Phase.WAITING
            self._tell(one.account, self._reports.accepted(one), 0)
            self._look_at(one, instrument.last_price, instrument.last_price)
        elif one.ticket.post_only and one.ticket.takes(instrument):
            # Half of a pair would be something else than what was asked for.
            for other in self.listed(one.group):
                if self.is_open(other):
                    self._expire(other)
        else:
            self._work(one)

    def _trigger(self, symbol: str, low: int, high: int) -> None:
        waiting = [one for one in self._orders.values() if one.phase is Phase.WAITING and one.symbol.name == symbol]
        for one in waiting:
            while self._happened:
                self._follow(*self._happened.popleft())
            if self.is_open(one):
                self._look_at(one, low, high)

    def _look_at(self, one: ClientOrder, low: int, high: int) -> None:
        trigger = one.ticket.trigger
        if trigger is None or not trigger.met(low, high):
            return
        if one.group is not None:
            self._follow(one, ACTIVATED)
        self._work(one)

    def _work(self, one: ClientOrder) -> None:
        """Let an order that waited into the market."""
        one.phase, one.working_at = Phase.WORKING, self._clock()
        self._tell(one.account, self._reports.accepted(one), 0)
        self.begin(one)
