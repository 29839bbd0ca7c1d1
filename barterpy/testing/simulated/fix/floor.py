"""Where the sessions of the simulated venue's three FIX gateways meet: one order desk, and who hears of what.

No I/O: sockets, or a test, bring the messages of each session and take what is to be sent to it.
"""

import itertools
from collections.abc import Callable, Collection, Sequence
from typing import Final, final

import msgspec

from barterpy.clock import WallClock
from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing, LogonRefused
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session.hooks import Hooks, RejectMessage
from barterpy.protocols.fix.session.settings import Role, SessionSettings
from barterpy.testing.simulated.fix.client import Budget, Gateway, GatewayClient
from barterpy.testing.simulated.fix.logon import LogonRules
from barterpy.testing.simulated.fix.marketdata import MarketDataDesk
from barterpy.testing.simulated.fix.orders import OrderDesk
from barterpy.testing.simulated.fix.refusals import ERROR_CODE, FieldRefusal, invalid, missing
from barterpy.testing.simulated.venue import SimulatedVenue

__all__ = ["NEWS", "SERVER", "FixFloor", "GatewayHooks", "server_settings"]

SERVER: Final = "SPOT"
"""The venue's CompID."""
NEWS: Final = "Your connection is about to be closed. Please reconnect."
"""What it says before maintenance."""
_UUID: Final = "4392a152-3481-4499-921a-6d42c50702e2"
_OTHER: Final = 99
_REPORTS: Final = frozenset({"8", "N"})
_LAST_SEQ_NUM: Final = 2**32 - 1

_decode = msgspec.json.Decoder().decode


def server_settings(sender: str) -> SessionSettings:
    """Our side of a session with a client whose SenderCompID is ``sender``."""
    return SessionSettings(
        begin_string="FIX.4.4",
        sender=SERVER,
        target=sender,
        role=Role.ACCEPTOR,
        heartbeat_range=(5, 60),
        reset_on_logon=True,
        on_gap="close",
        persist=False,
        sequence_wrap=_LAST_SEQ_NUM,
        check_latency=False,
        timestamp_precision="us",
    )


@final
class FixFloor:
    """See the module. Listens to the venue's streams as long as it is open.

    :param timer: seconds of a monotonic clock
    :param budgets: messages in seconds, in place of the venue's own
    :param drop_copy_delay: seconds that drop copies come late
    :param cancel_on_disconnect: take the open orders of a session out when it ends
    :param unread: messages that wait for a client which does not read, before it is logged out
    """

    def __init__(
        self,
        venue: SimulatedVenue,
        timer: Callable[[], float],
        *,
        budgets: dict[Gateway, Budget] | None = None,
        drop_copy_delay: float = 1.0,
        cancel_on_disconnect: bool = False,
        unread: int = 10_000,
    ) -> None:
        self.venue: SimulatedVenue = venue
        self.orders: OrderDesk = OrderDesk(venue, self.server_time, self._tell)
        self.clients: dict[tuple[Gateway, str], GatewayClient] = {}
        """Who is logged on, by gateway and SenderCompID."""
        self.moved: Callable[[], None] = lambda: None
        """Called when somebody has come or gone."""
        self._timer = timer
        self._budgets = budgets or {}
        self._drop_copy_delay = drop_copy_delay
        self._cancel_on_disconnect = cancel_on_disconnect
        self._unread = unread
        self._numbers = itertools.count(1)

    def server_time(self) -> int:
        """The venue's clock, int nanoseconds UTC: ahead or behind where it was told to be."""
        clock: WallClock = self.venue.clock
        return clock() + self.venue.rest.skew

    def hooks(self, gateway: Gateway) -> Hooks:
        """What a gateway adds to each of its sessions."""
        return GatewayHooks(self, gateway)

    # Who is there.

    def enter(self, gateway: Gateway, message: Message) -> GatewayClient:
        """A session has logged on by this Logon."""
        client = GatewayClient(
            gateway,
            next(self._numbers),
            message.text(553),
            orders=self.orders,
            market_data=MarketDataDesk(self.venue.exchange),
            timer=self._timer,
            everything=message.text(25036, "1") == "1",
            budget=self._budgets.get(gateway),
            delay=self._drop_copy_delay if gateway is Gateway.DROP_COPY else 0.0,
            unread=self._unread,
        )
        self.clients[gateway, message.text(49)] = client
        self.moved()
        return client

    def leave(self, client: GatewayClient) -> None:
        """Its connection has ended."""
        for key, known in tuple(self.clients.items()):
            if known is client:
                del self.clients[key]
                if self._cancel_on_disconnect:
                    self.orders.disconnected(client.account, client.number)
                self.moved()

    def handle(self, client: GatewayClient, message: Message) -> None:
        """Carry out a message of a session's."""
        if message.msg_type == "V" and message.text(263, "") == "1":
            # Everybody knows the book, before somebody begins with a picture of it.
            self.venue.flush()
        client.handle(message)

    # What is said.

    @property
    def wanted(self) -> Collection[str]:
        """Names of the streams that some session needs."""
        return {name for client in self.clients.values() for name in client.wanted}

    def hear(self, name: str, text: str) -> None:
        """Pass on what was said on a stream."""
        event = None
        for client in self.clients.values():
            if name in client.wanted:
                event = event or _decode(text)
                client.hear(name, event)

    def announce(self, text: str = NEWS) -> None:
        """Say News (35=B) to every session, as the venue does every ten seconds before maintenance."""
        for client in tuple(self.clients.values()):
            client.tell(Outgoing("B", [(148, text)]))

    def end_all(self, text: str) -> int:
        """Log everybody out; gives how many that were."""
        clients = tuple(self.clients.values())
        for client in clients:
            client.end(text)
        return len(clients)

    def _tell(self, account: str, report: Outgoing, session: int) -> None:
        refused = report.msg_type not in _REPORTS or report.get(150) == "8" or report.get(431) == 7
        for client in tuple(self.clients.values()):
            if client.account != account or client.gateway is Gateway.MARKET_DATA:
                continue
            asked = client.number == session
            if asked or (not refused and client.everything):
                client.tell(report)


@final
class GatewayHooks(Hooks):
    """A gateway's part in its sessions: the check of the Logon, that of each request, and the server's id."""

    def __init__(self, floor: FixFloor, gateway: Gateway) -> None:
        self._floor = floor
        self._gateway = gateway
        self._rules = LogonRules(floor.venue.keys, floor.server_time, drop_copy=gateway is Gateway.DROP_COPY)

    def check_logon(self, message: Message) -> None:
        """Let it in, or answer with a Reject, as the venue does with who cannot have a connection. A session has one
        Logon."""
        if (self._gateway, message.text(49)) in self._floor.clients:
            raise RejectMessage(_OTHER, None, "Logon<A> may only be sent once per session.")
        try:
            self._rules.check(message)
        except LogonRefused as refusal:
            raise RejectMessage(_OTHER, None, refusal.text, [(ERROR_CODE, int(refusal.code or 0))]) from refusal
        self._floor.enter(self._gateway, message)

    def sign_logon(self, outgoing: Outgoing, header: Sequence[tuple[int, bytes]]) -> Outgoing:
        """With the server's id, as the venue answers."""
        return outgoing.with_fields([(25037, _UUID)])

    def on_inbound(self, message: Message) -> None:
        """Reject what cannot be looked at."""
        client = self._floor.clients.get((self._gateway, message.text(49)))
        if client is None:
            return
        try:
            client.check(message)
        except FieldRefusal as refusal:
            raise refusal.rejection from refusal
        except FieldMissing as error:
            raise missing(error.tag).rejection from error
        except FieldInvalid as error:
            raise invalid(error.tag, 6).rejection from error

    def on_resend_request(self, begin: int, end: int) -> bool:
        """Never: what was sent is not sent again."""
        return False
