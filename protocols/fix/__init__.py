"""FIX: codec, dictionaries, sessions, stores and sockets.

The codec: :class:`Framer` makes messages of a stream's bytes, :class:`Message` reads their fields, :class:`Outgoing` is
what an application wants to send, :class:`Encoder` makes bytes of it.
"""

from barterpy.protocols.fix.encoder import Encoder, encode
from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing, FixError, Garbled, LogonRefused, SessionClosed
from barterpy.protocols.fix.framing import Framer
from barterpy.protocols.fix.groups import EntryLayout, GroupEntry
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing, Timestamp
from barterpy.protocols.fix.records import FixParser
from barterpy.protocols.fix.timestamps import Precision

__all__ = [
    "Encoder",
    "EntryLayout",
    "FieldInvalid",
    "FieldMissing",
    "FixError",
    "FixParser",
    "Framer",
    "Garbled",
    "GroupEntry",
    "LogonRefused",
    "Message",
    "Outgoing",
    "Precision",
    "SessionClosed",
    "Timestamp",
    "encode",
]
