"""FIX: codec, dictionaries, sessions, stores and sockets.

The codec: :class:`Framer` makes messages of a stream's bytes, :class:`Message` reads their fields, :class:`Outgoing` is
what an application wants to send, :class:`Encoder` makes bytes of it.

The session: :func:`initiate` connects and logs on, :func:`accept` listens; both give :class:`FixSocket`, which takes
and gives messages. :func:`fix_connection` is the plan of one that is connected again and again. What it remembers is in
a :class:`FileStore`, a :class:`SqliteStore` or in memory; :class:`FileLog` writes down what went over the wire.
"""

from barterpy.protocols.fix.acceptor import Acceptor, accept, each_message
from barterpy.protocols.fix.encoder import Encoder, encode
from barterpy.protocols.fix.errors import (
    FieldInvalid,
    FieldMissing,
    FixError,
    Garbled,
    LogonRefused,
    PlannedEnd,
    SessionClosed,
)
from barterpy.protocols.fix.fix_socket import FixSocket
from barterpy.protocols.fix.framing import Framer
from barterpy.protocols.fix.groups import EntryLayout, GroupEntry
from barterpy.protocols.fix.initiator import fix_connection, initiate
from barterpy.protocols.fix.log import FileLog, MessageLog
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing, Timestamp
from barterpy.protocols.fix.records import FixParser
from barterpy.protocols.fix.stores import FileStore, SqliteStore, StoreError
from barterpy.protocols.fix.timestamps import Precision

__all__ = [
    "Acceptor",
    "Encoder",
    "EntryLayout",
    "FieldInvalid",
    "FieldMissing",
    "FileLog",
    "FileStore",
    "FixError",
    "FixParser",
    "FixSocket",
    "Framer",
    "Garbled",
    "GroupEntry",
    "LogonRefused",
    "Message",
    "MessageLog",
    "Outgoing",
    "PlannedEnd",
    "Precision",
    "SessionClosed",
    "SqliteStore",
    "StoreError",
    "Timestamp",
    "accept",
    "each_message",
    "encode",
    "fix_connection",
    "initiate",
]
