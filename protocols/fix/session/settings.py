"""What two counterparties have agreed on: who they are, how they count, how long they wait. One value a session.

Names follow FIX 4.4 volume 2 and FIXT 1.1; in brackets is what the setting is called in the configuration files of the
C++ engine that many counterparties run.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.framing import MAX_MESSAGE_SIZE
from barterpy.protocols.fix.session.hooks import MessageValidator
from barterpy.protocols.fix.session.schedule import Schedule
from barterpy.protocols.fix.session.versions import MessageType
from barterpy.protocols.fix.timestamps import Precision

__all__ = ["BEGIN_STRINGS", "Role", "SessionId", "SessionSettings"]

BEGIN_STRINGS: Final = ("FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.3", "FIX.4.4", "FIXT.1.1")
"""The session protocols spoken here, oldest first. FIX 5.0 and later run over FIXT.1.1."""


class Role(StrEnum):
    """Which side of the connection a session is."""

    INITIATOR = "initiator"
    """Connects, and logs on first."""
    ACCEPTOR = "acceptor"
    """Listens, and answers a Logon."""


class SessionId(NamedTuple):
    """What tells one session from all others of a process."""

    begin_string: str
    sender: str
    target: str
    qualifier: str = ""

    def __str__(self) -> str:
        tail = f":{self.qualifier}" if self.qualifier else ""
        return f"{self.begin_string}:{self.sender}->{self.target}{tail}"


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionSettings:
    """One session, seen from our side. Durations are seconds.

    >>> SessionSettings(begin_string="FIX.4.4", sender="ME", target="VENUE", heartbeat=10).precision
    'ms'

    :raises barterpy.errors.ConfigurationError: a value that cannot work, or two that contradict each other
    """

    begin_string: str
    """8, one of :data:`BEGIN_STRINGS`."""
    sender: str
    """49 of what we send (SenderCompID)."""
    target: str
    """56 of what we send (TargetCompID)."""
    role: Role = Role.INITIATOR
    sender_sub_id: str = ""
    """50 of what we send; empty for none. Not looked at in what is received, and not a part of the identity."""
    sender_location_id: str = ""
    """142, likewise."""
    target_sub_id: str = ""
    """57, likewise."""
    target_location_id: str = ""
    """143, likewise."""
    qualifier: str = ""
    """Tells two sessions of ours with equal CompIDs apart (SessionQualifier). Never on the wire."""

    heartbeat: int = 30
    """108 of an initiator, whole seconds; 0 for no heartbeats. An acceptor takes the other side's."""
    heartbeat_range: tuple[int, int] = (0, 86_400)
    """A Logon whose 108 is outside of these is refused with a Logout that says so."""
    encrypt_method: int = 0
    """98. Nothing but 0, no encryption by FIX itself, is in use any more."""
    default_appl_ver_id: str = ""
    """1137, FIXT.1.1 only: 7 is FIX 5.0, 8 SP1, 9 SP2. An initiator needs it, an acceptor answers with the client's."""
    default_cstm_appl_ver_id: str = ""
    """1408, FIXT.1.1 only; empty for none."""
    msg_types: tuple[MessageType, ...] = ()
    """NoMsgTypes (384) of our Logons, from 4.2 on: types of messages and, with FIXT.1.1, their versions, which may be
    another default than the session's."""
    username: str = ""
    """553 of an initiator's Logon, empty for none. A venue's signer (``Hooks.sign_logon``) may write it as well."""
    password: str = field(default="", repr=False)
    """554, likewise."""

    schedule: Schedule | None = None
    """When the session is open; None for always, without a reset at any time (NonStopSession)."""
    reset_on_logon: bool = False
    """Both numbers start at 1 with each logon (ResetOnLogon). An initiator then says so by 141=Y."""
    reset_on_logout: bool = False
    """Both numbers start at 1 after a Logout of either side (ResetOnLogout)."""
    reset_on_disconnect: bool = False
    """Both numbers start at 1 after every end of a connection (ResetOnDisconnect)."""
    next_expected: bool = False
    """Send 789 in the Logon and resend by the other side's at once, instead of a ResendRequest (4.4 and later;
    SendNextExpectedMsgSeqNum). Both sides need it."""

    max_message_size: int = MAX_MESSAGE_SIZE
    """Bytes of the longest message that is accepted; a longer one ends the connection."""
    on_gap: Literal["resend", "close"] = "resend"
    """What follows when messages are missing: a ResendRequest, or, where a venue does not serve those, the end of the
    connection."""
    resend_chunk: int = 0
    """The most messages one ResendRequest of ours asks for; 0 asks for all that is missing, open-ended
    (ResendRequestChunkSize)."""
    redundant_resend_requests: bool = False
    """Ask again for each early message, though an earlier request is being answered (SendRedundantResendRequests)."""
    max_early: int = 4096
    """Messages that came too early and are kept until the gap before them closes. What is beyond is asked for again."""
    max_early_bytes: int = 16 * 1024 * 1024
    """The same bound in bytes."""
    persist: bool = True
    """Keep application messages for resending (PersistMessages). Without, every ResendRequest is answered by a gap
    fill."""
    resend_limit: int = 0
    """A ResendRequest for more messages than this is answered by one gap fill over all of them; 0 for no limit."""
    resend_batch: int = 512
    """Stored messages that are read at once while a ResendRequest is served: the bound of its memory."""
    sequence_wrap: int | None = None
    """The highest number, after which comes 0; None for numbers without an end. Binance wraps at 4294967295."""

    check_comp_ids: bool = True
    """Reject a message whose 49 and 56 are not ours reversed, and log out (CheckCompID)."""
    check_latency: bool = True
    """Reject a message whose SendingTime is farther than ``max_latency`` from our clock, and log out (CheckLatency)."""
    max_latency: float = 120.0
    timestamp_precision: Precision | None = None
    """Of 52 and 122; None for the version's own: seconds up to 4.1, milliseconds from 4.2 on."""
    field_order: Literal["ascending", "given"] = "ascending"
    """Order of the body's fields as we send them: by tag, or as they were given (PreserveMessageFieldsOrder)."""

    logon_timeout: float = 10.0
    """Until a Logon has come, or ours is answered (LogonTimeout)."""
    logout_timeout: float = 2.0
    """Until our Logout is answered (LogoutTimeout)."""
    test_request_after: float = 1.2
    """Heartbeat intervals of silence until a TestRequest."""
    disconnect_after: float = 2.4
    """Heartbeat intervals of silence until the connection counts as dead."""

    validator: MessageValidator | None = field(default=None, compare=False, repr=False)
    """Judges each message before the session does; None for the session's own rules alone."""
    show_inbound: bool = False
    """Hand over administrative messages, and messages about to be rejected, before they are answered."""
    on_planned_end: Literal["tell", "logout"] = "tell"
    """What follows when a hook says that a message announces the end of the connection (``Hooks.planned_end``):
    nothing but the event, or also an orderly logout. Then what still comes is handed over until the Logout is answered,
    and reading ends by :class:`~barterpy.protocols.fix.errors.PlannedEnd`, after which a supervised connection logs on
    again at once."""
    on_application_error: Literal["reject", "logout", "ignore"] = "reject"
    """What the other side hears when a hook of ours fails: a BusinessMessageReject (up to 4.1 a Reject), a Logout, or
    nothing. It is reported as an event in every case."""

    def __post_init__(self) -> None:
        if self.begin_string not in BEGIN_STRINGS:
            raise ConfigurationError(f"begin_string must be one of {', '.join(BEGIN_STRINGS)}, not {self.begin_string}")
        for name in ("sender", "target"):
            if not getattr(self, name):
                raise ConfigurationError(f"{name} is empty: a session has both CompIDs")
        for name in ("sender", "target", "sender_sub_id", "sender_location_id", "target_sub_id", "target_location_id"):
            if "\x01" in getattr(self, name):
                raise ConfigurationError(f"{name} holds the field separator SOH")
        if self.is_fixt and self.role is Role.INITIATOR and not self.default_appl_ver_id:
            raise ConfigurationError("default_appl_ver_id is needed to log on with FIXT.1.1")
        self._check_message_types()
        if self.next_expected and self.version < 4.4:
            raise ConfigurationError(f"next_expected needs FIX.4.4 or later, this is {self.begin_string}")
        for name in ("heartbeat", "resend_chunk", "resend_limit", "max_early", "max_early_bytes"):
            if getattr(self, name) < 0:
                raise ConfigurationError(f"{name} must not be negative")
        for name in ("max_latency", "logon_timeout", "logout_timeout", "test_request_after"):
            if getattr(self, name) <= 0:
                raise ConfigurationError(f"{name} must be positive")
        for name in ("resend_batch", "max_message_size"):
            if getattr(self, name) <= 0:
                raise ConfigurationError(f"{name} must be positive")
        if self.disconnect_after <= self.test_request_after:
            raise ConfigurationError("disconnect_after must be later than test_request_after")
        if self.sequence_wrap is not None and self.sequence_wrap < 2:
            raise ConfigurationError("sequence_wrap must be at least 2")

    def _check_message_types(self) -> None:
        if self.default_cstm_appl_ver_id and not self.is_fixt:
            raise ConfigurationError("default_cstm_appl_ver_id is for FIXT.1.1")
        if self.msg_types and self.version < 4.2:
            raise ConfigurationError(f"msg_types needs FIX.4.2 or later, this is {self.begin_string}")
        defaults: set[tuple[str, str]] = set()
        for one in self.msg_types:
            if not one.msg_type:
                raise ConfigurationError("an entry of msg_types has no msg_type")
            versioned = bool(one.appl_ver_id or one.cstm_appl_ver_id)
            if versioned and not self.is_fixt:
                raise ConfigurationError("msg_types names versions of the application, which need FIXT.1.1")
            if versioned and one.default:
                if (one.msg_type, one.direction) in defaults:
                    raise ConfigurationError(f"msg_types has two default versions of {one.msg_type}")
                defaults.add((one.msg_type, one.direction))

    @property
    def id(self) -> SessionId:
        """Who this session is."""
        return SessionId(self.begin_string, self.sender, self.target, self.qualifier)

    @property
    def is_fixt(self) -> bool:
        """Whether the session protocol is FIXT.1.1, below FIX 5.0 and later."""
        return self.begin_string == "FIXT.1.1"

    @property
    def version(self) -> float:
        """4.0 to 4.4, and 5.0 for FIXT.1.1: what the session's wire format depends on."""
        return 5.0 if self.is_fixt else float(self.begin_string[4:])

    @property
    def precision(self) -> Precision:
        """Of the timestamps we write (FIX 4.0 and 4.1 know no fractions)."""
        return self.timestamp_precision or ("s" if self.version < 4.2 else "ms")

    @property
    def resets(self) -> bool:
        """Whether any policy of ours starts the numbers anew."""
        return self.reset_on_logon or self.reset_on_logout or self.reset_on_disconnect
