"""The FIX session, without I/O: FIX 4.0 to 4.4 and FIXT 1.1, both roles.

    bytes ── Session ── events (Messages, LoggedOn, …, Closed)
              │  ▲
      changes ▼  │ stored messages
              Store

:class:`SessionSettings` say what was agreed with the counterparty, :class:`Hooks` where an application or a venue's
dialect takes part, a :class:`Store` what outlives the connection.
"""

from barterpy.protocols.fix.session.events import (
    ApplicationFailed,
    Closed,
    EndAnnounced,
    GapFilled,
    GapOpened,
    GarbledIgnored,
    Inbound,
    LoggedOn,
    LoggedOut,
    Messages,
    NumbersReset,
    Rejected,
    RejectReceived,
    ResendRefused,
    ResendServed,
    SessionEvent,
)
from barterpy.protocols.fix.session.hooks import (
    BusinessReject,
    Hooks,
    MessageValidator,
    RejectMessage,
    UnsupportedMessageType,
    VersionedValidator,
)
from barterpy.protocols.fix.session.reasons import BusinessRejectReason, SessionRejectReason
from barterpy.protocols.fix.session.schedule import Schedule, Window
from barterpy.protocols.fix.session.session import Session
from barterpy.protocols.fix.session.settings import Role, SessionId, SessionSettings
from barterpy.protocols.fix.session.store import Change, MemoryStore, Received, Reset, Sent, Store, Stored
from barterpy.protocols.fix.session.transitions import State
from barterpy.protocols.fix.session.versions import MessageType

__all__ = [
    "ApplicationFailed",
    "BusinessReject",
    "BusinessRejectReason",
    "Change",
    "Closed",
    "EndAnnounced",
    "GapFilled",
    "GapOpened",
    "GarbledIgnored",
    "Hooks",
    "Inbound",
    "LoggedOn",
    "LoggedOut",
    "MemoryStore",
    "MessageType",
    "MessageValidator",
    "Messages",
    "NumbersReset",
    "Received",
    "RejectMessage",
    "RejectReceived",
    "Rejected",
    "ResendRefused",
    "ResendServed",
    "Reset",
    "Role",
    "Schedule",
    "Sent",
    "Session",
    "SessionEvent",
    "SessionId",
    "SessionRejectReason",
    "SessionSettings",
    "State",
    "Store",
    "Stored",
    "UnsupportedMessageType",
    "VersionedValidator",
    "Window",
]
