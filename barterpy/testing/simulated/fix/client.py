"""One session at a gateway of the simulated venue: what it may ask, its message budget, and what waits for it.

No I/O: time is an argument, and whoever writes to the connection takes what is due.
"""

from collections import deque
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, Final, final

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing, Value
from barterpy.testing.simulated.fix.marketdata import MARKET_DATA_MESSAGES, MarketDataDesk
from barterpy.testing.simulated.fix.orders import ORDER_MESSAGES, OrderDesk
from barterpy.testing.simulated.fix.refusals import FieldRefusal, missing

__all__ = ["BUDGETS", "Budget", "Gateway", "GatewayClient"]

_OTHER: Final = 99


class Gateway(StrEnum):
    """The three doors of the venue."""

    ORDER_ENTRY = "order_entry"
    DROP_COPY = "drop_copy"
    MARKET_DATA = "market_data"


Budget = tuple[int, float]
"""So many messages in so many seconds."""

BUDGETS: Final[dict[Gateway, Budget]] = {
    Gateway.ORDER_ENTRY: (10_000, 10.0),
    Gateway.DROP_COPY: (60, 60.0),
    Gateway.MARKET_DATA: (2_000, 60.0),
}
"""The venue's own ("Message Limits", 2026-09)."""

_NOT_ALLOWED: Final = {
    Gateway.ORDER_ENTRY: (-1186, "Requested operation is not allowed in order entry sessions."),
    Gateway.DROP_COPY: (-1183, "Requested operation is not allowed in DropCopy sessions."),
    Gateway.MARKET_DATA: (-1187, "Requested operation is not allowed in market data sessions."),
}
_ADMINISTRATIVE: Final = frozenset("0123456A")


@final
class GatewayClient:
    """See the module.

    :param number: tells it from every other session there ever was
    :param account: the API key it logged on with
    :param everything: whether it hears of all its account's orders, or of its own requests alone (25036)
    :param budget: messages it may send
    :param delay: seconds that what it is told comes late
    :param unread: how much may wait for a client that does not read, before it is logged out
    """

    def __init__(
        self,
        gateway: Gateway,
        number: int,
        account: str,
        *,
        orders: OrderDesk,
        market_data: MarketDataDesk,
        timer: Callable[[], float],
        everything: bool = True,
        budget: Budget | None = None,
        delay: float = 0.0,
        unread: int = 10_000,
    ) -> None:
        self.gateway: Gateway = gateway
        self.number: int = number
        self.account: str = account
        self.everything: bool = everything
        self.ending: str | None = None
        """The text to log it out with; None as long as it may stay."""
        self.wake: Callable[[], None] = lambda: None
        """Called when there is something to send, or the session is to end."""
        self._orders = orders
        self._market_data = market_data
        self._timer = timer
        self._budget = budget or BUDGETS[gateway]
        self._times: deque[float] = deque()
        self._delay = delay
        self._unread = unread
        self._outbox: deque[tuple[float, Outgoing]] = deque()
        self._heard: list[tuple[str, Any]] = []

    @property
    def wanted(self) -> Iterable[str]:
        """Names of the venue's streams that it needs."""
        return self._market_data.wanted

    # What it says.

    def check(self, message: Message) -> None:
        """Count a message, and look whether it can be looked at.

        :raises barterpy.testing.simulated.fix.refusals.FieldRefusal: it cannot
        """
        self._count()
        kind = message.msg_type
        if kind in _ADMINISTRATIVE:
            return
        if kind == "XLQ" and self.gateway is not Gateway.DROP_COPY:
            if not message.value(6136):
                raise missing(6136)
        elif kind in ORDER_MESSAGES and self.gateway is Gateway.ORDER_ENTRY:
            self._orders.check(message)
        elif kind in MARKET_DATA_MESSAGES and self.gateway is Gateway.MARKET_DATA:
            self._market_data.check(message)
        else:
            raise FieldRefusal(_OTHER, None, *_NOT_ALLOWED[self.gateway])

    def handle(self, message: Message) -> None:
        """Carry out a message that :meth:`check` found good."""
        if message.msg_type == "XLQ":
            self.tell(self._limits(message))
        elif self.gateway is Gateway.ORDER_ENTRY:
            self._orders.handle(self.account, message, self.number)
        else:
            # What was heard before belongs to the subscriptions there were.
            self._render()
            for answer in self._market_data.handle(message):
                self.tell(answer)

    # What it is told.

    def tell(self, outgoing: Outgoing) -> None:
        """Send it something, late where it hears everything late."""
        self._outbox.append((self._timer() + self._delay, outgoing))
        self._look()

    def hear(self, name: str, event: Any) -> None:
        """Something was said on one of the streams it wants; ``event`` is decoded."""
        self._heard.append((name, event))
        self._look()

    def end(self, text: str) -> None:
        """Log it out with these words."""
        if self.ending is None:
            self.ending = text
        self.wake()

    @property
    def due_at(self) -> float | None:
        """When the next message is to be sent, None while nothing waits."""
        if self._heard:
            return self._timer()
        return self._outbox[0][0] if self._outbox else None

    def take(self) -> list[Outgoing]:
        """What is to be sent now."""
        self._render()
        now = self._timer()
        taken: list[Outgoing] = []
        while self._outbox and self._outbox[0][0] <= now:
            taken.append(self._outbox.popleft()[1])
        return taken

    def _render(self) -> None:
        heard, self._heard = self._heard, []
        if heard:
            due = self._timer() + self._delay
            self._outbox.extend((due, message) for message in self._market_data.render(heard))

    def _look(self) -> None:
        if len(self._outbox) + len(self._heard) > self._unread:
            self._outbox.clear()
            self._heard.clear()
            self.end("The client does not read.")
        self.wake()

    def _count(self) -> None:
        now, (limit, window) = self._timer(), self._budget
        self._times.append(now)
        while now - self._times[0] >= window:
            self._times.popleft()
        if len(self._times) > limit:
            self.end(f"Too many messages; current limit is '{limit}' messages per '{window:g} SECONDS'.")

    def _limits(self, message: Message) -> Outgoing:
        limit, window = self._budget
        indicator: list[tuple[int, Value]] = [
            (25004, "2"),
            (25005, len(self._times)),
            (25006, limit),
            (25007, int(window)),
            (25008, "s"),
        ]
        return Outgoing("XLR", [(6136, message.text(6136)), Outgoing.group(25003, [indicator])])
