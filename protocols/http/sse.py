"""Server-sent events: the parser of the event stream, sans-IO.

HTML Living Standard, section 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an event stream" (2026).
"""

from collections.abc import Iterator
from typing import Final, Generic, TypeVar, final

import msgspec

from barterpy.errors import LimitExceeded
from barterpy.parser import StreamParser
from barterpy.protocols.http.lines import LineBuffer

__all__ = ["EventDataParser", "EventStreamParser", "ServerSentEvent"]

T = TypeVar("T")

_BOM: Final = b"\xef\xbb\xbf"
_MAX_RETRY_DIGITS: Final = 9


@final
class ServerSentEvent(msgspec.Struct, frozen=True, gc=False):
    """One event. ``id`` is the last event id in force when it was dispatched, its own or an earlier one's."""

    data: str
    event: str = "message"
    id: str = ""


@final
class EventStreamParser:
    """Feed it bytes, cut anywhere; it yields events.

    :param max_event_size: bytes the data of an event may have, and any line
    :param last_event_id: where an earlier connection left off
    """

    def __init__(self, *, max_event_size: int = 1 << 20, last_event_id: str = "") -> None:
        self.last_event_id: str = last_event_id
        """The id to resume from: of the last event that was dispatched."""
        self.retry: int | None = None
        """Milliseconds the server wants a client to wait before it connects again."""
        self._limit = max_event_size
        self._lines = LineBuffer(max_event_size, "max_event_size", bare_cr=True)
        self._head = b""
        self._begun = False
        self._id = last_event_id
        self._event = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[ServerSentEvent]:
        """The events that ``data`` completes. Run it to its end before the next call.

        An event which the stream ends in is never complete, and is discarded, as the standard has it.

        :raises barterpy.errors.LimitExceeded: an event is larger than ``max_event_size``; those before it were yielded
        """
        if not self._begun:
            self._head += data
            if len(self._head) < len(_BOM) and _BOM.startswith(self._head):
                return
            self._begun = True
            data = self._head.removeprefix(_BOM)
        for line in self._lines.feed(data):
            if not line:
                event = self._dispatch()
                if event is not None:
                    yield event
                continue
            self._interpret(line)

    def _interpret(self, line: bytes) -> None:
        name, _, raw = line.partition(b":")
        # "UTF-8 decode": what is not UTF-8 becomes U+FFFD.
        value = raw.removeprefix(b" ").decode("utf-8", "replace")
        if name == b"data":
            self._size += len(raw) + 1
            if self._size > self._limit:
                raise LimitExceeded("max_event_size", self._limit)
            self._data.append(value)
        elif name == b"event":
            self._event = value
        elif name == b"id":
            if "\0" not in value:
                self._id = value
        elif name == b"retry" and value.isascii() and value.isdigit() and len(value) <= _MAX_RETRY_DIGITS:
            self.retry = int(value)
        # Everything else, comments included (whose field name is empty), is ignored.

    def _dispatch(self) -> ServerSentEvent | None:
        self.last_event_id = self._id
        data, event = self._data, self._event
        self._data, self._event, self._size = [], "", 0
        # "If the data buffer is an empty string, …return": a lone empty data line leaves a line feed in it.
        return ServerSentEvent("\n".join(data), event or "message", self._id) if data else None


@final
class EventDataParser(Generic[T]):
    """A :class:`~barterpy.parser.StreamParser` of events which gives their data to another parser.

    :param event: the type of event to take; others are skipped. None takes all
    """

    def __init__(self, parser: StreamParser[str, T], *, event: str | None = "message") -> None:
        self._parser = parser
        self._event = event

    def parse(self, message: ServerSentEvent, /) -> T | None:
        """What the inner parser makes of the event's data."""
        if self._event is not None and message.event != self._event:
            return None
        return self._parser.parse(message.data)
