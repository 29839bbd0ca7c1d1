"""What FIX adds to the tree of errors.

    FixError
    ├── Garbled            bytes that are no FIX message                    ProtocolError     retry reconnect
    ├── FieldMissing       a message has no such field                      ParseError
    ├── FieldInvalid       a field's value is not of the type asked for     ParseError
    ├── LogonRefused       the other side did not let us in, or must not    VenueError        retry reconnect
    └── SessionClosed      the session is over                              ConnectionLost    retry reconnect
        └── PlannedEnd     we logged out because the end was announced      ConnectionLost    retry reconnect at once

Each belongs to a class of :mod:`barterpy.errors` as well, so what helps is read off the same flags as everywhere else.
No text holds a value: a field may be a password.
"""

from barterpy.errors import BarterError, ConnectionLost, ParseError, ProtocolError, VenueError

__all__ = ["FieldInvalid", "FieldMissing", "FixError", "Garbled", "LogonRefused", "PlannedEnd", "SessionClosed"]


class FixError(BarterError):
    """Root of the errors which are FIX's own."""


class Garbled(FixError, ProtocolError):
    """Bytes that are no FIX message: their structure, BodyLength or CheckSum is wrong.

    ``reason`` says what; ``size`` is how many bytes were taken from the stream for it. A framer gives it as a value,
    because FIX ignores a garbled message where a session is logged on (FIX 4.4 volume 2, "Message Integrity"), unless
    it says that it is a Logon: ``is_logon``.
    """

    def __init__(self, reason: str, size: int = 0, is_logon: bool = False) -> None:
        super().__init__(reason, size, is_logon)
        self.reason = reason
        self.size = size
        self.is_logon = is_logon

    def __str__(self) -> str:
        return f"garbled message of {self.size} bytes: {self.reason}" if self.size else f"garbled: {self.reason}"


class FieldMissing(FixError, ParseError):
    """A message, or an entry of a repeating group, has no field ``tag``."""

    def __init__(self, tag: int, payload: object = b"") -> None:
        super().__init__("field is missing", payload)
        self.args: tuple[object, ...] = (tag, payload)
        self.tag = tag

    def __str__(self) -> str:
        return f"FIX field {self.tag} is missing"


class FieldInvalid(FixError, ParseError):
    """The value of field ``tag`` is not what was asked for, or cannot be sent; ``text`` says why and never shows it."""

    def __init__(self, tag: int, text: str, payload: object = b"") -> None:
        super().__init__(text, payload)
        self.args: tuple[object, ...] = (tag, text, payload)
        self.tag = tag
        self.text = text

    def __str__(self) -> str:
        return f"FIX field {self.tag} is not valid: {self.text}"


class LogonRefused(FixError, VenueError):
    """A Logon was answered by a Logout or a close; ``text`` is the other side's.

    An acceptor's own check of a Logon raises it too, with the text that the other side is to see.
    """

    retryable = True
    needs_reconnect = True


class SessionClosed(FixError, ConnectionLost):
    """The session is over, and ``reason`` says by what; nothing can be sent any more."""

    def __str__(self) -> str:
        return f"FIX session closed: {self.reason or 'no reason given'}"


class PlannedEnd(SessionClosed):
    """The other side announced the end of the connection, and this side logged out in order; ``reason`` is what was
    announced. What was sent before is answered, and the next logon need not wait."""

    planned = True

    def __str__(self) -> str:
        return f"FIX session closed: planned, {self.reason or 'no reason given'}"
