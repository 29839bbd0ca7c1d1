"""One FIX session at the simulated Deribit: what it may ask, and what waits for it. No I/O."""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, final

from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session.hooks import RejectMessage
from barterpy.protocols.fix.session.reasons import SessionRejectReason
from barterpy.testing.simulated.deribit.accounts import SimulatedAccount
from barterpy.testing.simulated.deribit.desk import DeribitDesk
from barterpy.testing.simulated.deribit.fix.marketdata import MarketDataDesk
from barterpy.testing.simulated.deribit.fix.orders import OrderDesk, Told
from barterpy.testing.simulated.deribit.fix.reference import ReferenceDesk

__all__ = ["FixClient"]

_ORDERS: Final = frozenset({"D", "F", "G", "q"})
_STATE: Final = "instrument.state."


@final
class FixClient:
    """See the module. Its orders and its market data come on one session, in one queue.

    :param number: tells it from every other connection there ever was
    :param cancel_on_disconnect: whether its open orders end with it (9001)
    :param unread: messages that may wait for a client that does not read, before it is logged out
    """

    def __init__(
        self,
        desk: DeribitDesk,
        account: SimulatedAccount,
        number: int,
        *,
        cancel_on_disconnect: bool = False,
        unread: int = 10_000,
    ) -> None:
        self.number: int = number
        self.cancel_on_disconnect: bool = cancel_on_disconnect
        self.ending: str | None = None
        """The text to log it out with; None as long as it may stay."""
        self.wake: Callable[[], None] = lambda: None
        """Called when there is something to send, or the session is to end."""
        self._account = account
        self._unread = unread
        self._outbox: deque[Outgoing] = deque()
        self._happened: list[Told] | None = None
        self._orders = OrderDesk(desk, account, number)
        self._market_data = MarketDataDesk(desk.market, desk.channels)
        self._reference = ReferenceDesk(desk, account)
        self._answers: Mapping[str, Callable[[Message], Iterator[Outgoing]]] = {
            "D": self._orders.new,
            "F": self._orders.cancel,
            "G": self._orders.replace,
            "q": self._orders.mass_cancel,
            "AF": self._orders.mass_status,
            "V": self._market_data.request,
            "x": self._reference.security_list,
            "c": self._reference.security_definition,
            "e": self._reference.security_status,
            "AN": self._reference.positions,
            "BE": self._reference.user,
        }

    # What it says.

    def handle(self, message: Message) -> None:
        """Carry out an application message.

        :raises barterpy.protocols.fix.session.RejectMessage: it cannot be looked at, and nothing was done for it
        """
        answers = self._answers.get(message.msg_type)
        if answers is None:
            raise RejectMessage(SessionRejectReason.INVALID_MSG_TYPE)
        # What happens to the account meanwhile is told behind the answer, but for the orders of which that tells.
        self._happened = []
        try:
            said = list(answers(message))
        except FieldMissing as error:
            raise RejectMessage(SessionRejectReason.REQUIRED_TAG_MISSING, error.tag) from error
        except FieldInvalid as error:
            raise RejectMessage(SessionRejectReason.INCORRECT_DATA_FORMAT, error.tag) from error
        finally:
            happened, self._happened = self._happened, None
        answered = frozenset(out.get(37) for out in said if out.msg_type == "8" and message.msg_type in _ORDERS)
        for out in said:
            self._put(out)
        for told in happened:
            for out in self._orders.notifications(told, answered):
                self._put(out)

    # What it hears (the Listener of barterpy.testing.simulated.deribit.channels).

    @property
    def account(self) -> SimulatedAccount:
        """Whose it is."""
        return self._account

    @property
    def channels(self) -> Collection[str]:
        """The channels it needs."""
        return (*self._market_data.channels, *self._reference.channels)

    def tell(self, channel: str, data: Any) -> None:
        """Something was said on a channel it needs."""
        for out in (
            self._reference.render(data) if channel.startswith(_STATE) else self._market_data.render(channel, data)
        ):
            self._put(out)

    def account_changed(self, name: str, orders: list[dict[str, Any]], trades: list[dict[str, Any]]) -> None:
        """Something happened to orders of its account."""
        if self._happened is not None:
            self._happened.append((name, orders, trades))
            return
        for out in self._orders.notifications((name, orders, trades)):
            self._put(out)

    # What it is told.

    def end(self, text: str) -> None:
        """Log it out with these words."""
        if self.ending is None:
            self.ending = text
        self.wake()

    @property
    def due_at(self) -> float | None:
        """Nothing here waits for its time."""
        return None

    def take(self) -> list[Outgoing]:
        """What is to be sent now."""
        taken = list(self._outbox)
        self._outbox.clear()
        return taken

    def _put(self, out: Outgoing) -> None:
        if self.ending is not None:
            return
        self._outbox.append(out)
        if len(self._outbox) > self._unread:
            self._outbox.clear()
            self.end("the client does not read")
        self.wake()
