"""Where the FIX sessions of the simulated Deribit meet: who may come in, and what is left when one goes. No I/O.

The page leaves SenderCompID (49) to the client and the sessions of a key are up to sixteen, so one name may be used by
several at a time here: each is a session of its own, with numbers of its own. "Logon" and "Logout", docs.deribit.com,
FIX API, 2026-09: a good Logon is echoed; with CancelOnDisconnect (9001) the session's orders end with it however it
ends, unless its Logout says DontCancelOnDisconnect (9003). The client's SendingTime (52) is not looked at, missing
messages may be asked for. What cannot be looked at is answered by a Reject (3): the page has no other word for it.
"""

from collections.abc import Callable, Sequence
from typing import Final, final

from barterpy.protocols.fix.errors import FieldInvalid, LogonRefused
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Field, Outgoing
from barterpy.protocols.fix.session import SessionId
from barterpy.protocols.fix.session.hooks import Hooks, RejectMessage
from barterpy.protocols.fix.session.reasons import SessionRejectReason
from barterpy.protocols.fix.session.settings import Role, SessionSettings
from barterpy.testing.simulated.deribit.desk import DeribitDesk
from barterpy.testing.simulated.deribit.fix.client import FixClient
from barterpy.testing.simulated.deribit.fix.logon import LogonRules
from barterpy.venues.deribit.fix.dialect import BEGIN_STRING, TARGET

__all__ = ["DeribitFixFloor", "FloorHooks"]

_ADMINISTRATIVE: Final = frozenset("012345A")
_LOGOUT: Final = "5"
_SESSIONS: Final = 16
"""Of one key and one SenderCompID at a time."""
_ECHOED: Final = frozenset({98, 108, 141})
"""What the session answers by itself."""


@final
class DeribitFixFloor:
    """See the module. One gateway for orders and market data.

    :param unread: messages that wait for a client which does not read, before it is logged out
    """

    def __init__(self, desk: DeribitDesk, *, unread: int = 10_000) -> None:
        self.desk: DeribitDesk = desk
        self.clients: dict[SessionId, FixClient] = {}
        """Who is logged on."""
        self.moved: Callable[[], None] = lambda: None
        """Called when somebody has come or gone."""
        self._rules = LogonRules(desk.accounts)
        self._unread = unread
        self._taken: set[SessionId] = set()

    def settings(self, message: Message) -> SessionSettings | None:
        """Our side of the session whose first message this is; None for nobody's."""
        sender, key = message.get(49), message.get(553)
        if message.msg_type != "A" or message.get(8) != BEGIN_STRING or message.get(56) != TARGET or not sender:
            return None
        for number in range(_SESSIONS):
            settings = SessionSettings(
                begin_string=BEGIN_STRING,
                sender=TARGET,
                target=sender,
                role=Role.ACCEPTOR,
                # The key as well: one user's session does not go on with the numbers of another's.
                qualifier=f"{key}/{number}",
                check_latency=False,
                timestamp_precision="ms",
            )
            if settings.id not in self._taken:
                self._taken.add(settings.id)
                return settings
        return None

    def hooks(self, identity: SessionId) -> Hooks:
        """What the venue adds to a session."""
        return FloorHooks(self, identity)

    def enter(self, identity: SessionId, message: Message) -> None:
        """Let a session in by its Logon, or in once more where it logs on anew.

        :raises barterpy.protocols.fix.errors.LogonRefused: it may not; the text says why
        """
        try:
            account = self._rules.check(message)
            cancels = message.boolean(9001, account.cancel_on_disconnect)
        except FieldInvalid as error:
            raise LogonRefused(f"tag {error.tag} is not valid") from error
        known = self.clients.get(identity)
        if known is not None:
            if known.account is not account:
                raise LogonRefused("the session is another account's")
            known.cancel_on_disconnect = cancels
            return
        client = FixClient(
            self.desk,
            account,
            next(self.desk.channels.numbers),
            cancel_on_disconnect=cancels,
            unread=self._unread,
        )
        self.clients[identity] = client
        self.desk.channels.listeners.add(client)
        self.moved()

    def leave(self, identity: SessionId) -> None:
        """The session has ended; twice is fine."""
        self._taken.discard(identity)
        client = self.clients.pop(identity, None)
        if client is None:
            return
        self.desk.channels.listeners.discard(client)
        if client.cancel_on_disconnect:
            self.desk.trading.disconnected(client.account, client.number)
        self.moved()

    def end_all(self, text: str) -> int:
        """Log everybody out; gives how many that were."""
        clients = tuple(self.clients.values())
        for client in clients:
            client.end(text)
        return len(clients)


@final
class FloorHooks(Hooks):
    """The venue's part in one session: the check of its Logon, the echo of it, and its requests."""

    def __init__(self, floor: DeribitFixFloor, identity: SessionId) -> None:
        self._floor = floor
        self._identity = identity
        self._echo: list[Field] = []

    def check_logon(self, message: Message) -> None:
        """Let it in, or answer with a Logout."""
        self._floor.enter(self._identity, message)
        fields = [(tag, value) for tag, value in message.body_fields() if tag not in _ECHOED and tag != 95]
        # RawData (96) has its length before it where the client sent one, and not otherwise.
        self._echo = [(tag, value if tag == 96 and 95 in message else value.decode()) for tag, value in fields]

    def sign_logon(self, outgoing: Outgoing, header: Sequence[tuple[int, bytes]]) -> Outgoing:
        """The client's Logon again."""
        return outgoing.with_fields(self._echo)

    def on_inbound(self, message: Message) -> None:
        """Carry it out, so that what cannot be looked at is rejected by the session."""
        client = self._floor.clients.get(self._identity)
        if client is None or client.ending is not None:
            return
        if message.msg_type not in _ADMINISTRATIVE:
            client.handle(message)
        elif message.msg_type == _LOGOUT:
            try:
                keeps = message.boolean(9003, False)
            except FieldInvalid as error:
                raise RejectMessage(SessionRejectReason.VALUE_IS_INCORRECT, error.tag) from error
            client.cancel_on_disconnect = client.cancel_on_disconnect and not keeps
