"""From bytes to messages: which frames the tight loop takes, which arrive in pieces, and which are wsproto's.

The boundaries of frames are kept here, and nowhere else.
"""

from collections.abc import Callable

from barterpy.errors import LimitExceeded
from barterpy.protocols.websocket.deflate import PerMessageDeflate
from barterpy.protocols.websocket.failure import WebSocketError
from barterpy.protocols.websocket.framing import (
    BINARY,
    TEXT,
    FrameHeader,
    PartialFrame,
    is_utf8_prefix,
    join,
    read_header,
)
from barterpy.protocols.websocket.limits import Limits
from barterpy.protocols.websocket.masking import mask
from barterpy.protocols.websocket.runs import (
    LOOP_WINDOW,
    InvalidText,
    repair,
    take_masked,
    take_translated,
    take_unmasked,
    take_unmasked_deflated,
)

__all__ = ["MessageReader"]

_SMALL = 16 * 1024
"""A cut frame of up to so many bytes waits in the buffer for the next read, so that the tight loop takes it whole."""

_SHORT = 65535
"""The longest payload the tight loop takes; a limit below it has to be checked after each run."""


_TEXT_16 = b"\x81\x7e"

_MANY = 1024
"""Bytes from which on translating frames is cheaper than a step for each (measured with those of 150)."""


class MessageReader:
    """Reads the frames of one connection.

    ``pass_on`` is given the bytes of every frame that is not an ordinary one, in order, and nothing else; it answers
    with :meth:`add_fragment` for what they held of messages.

    Of what it is given to read it takes about ``piece`` bytes at a time, all of it without one.
    """

    def __init__(
        self,
        *,
        client: bool,
        deflate: PerMessageDeflate | None,
        limits: Limits,
        pass_on: Callable[[bytes], None],
        piece: int | None = None,
    ) -> None:
        self.messages: list[str | bytes] = []
        """What is complete, in order: text as ``str``, binary as ``bytes``."""
        self._client = client
        self._deflate = deflate
        self._limits = limits
        self._longest = min(limits.max_frame_size, limits.max_message_size, _SHORT)
        self._pass_on = pass_on
        self._plain = client and deflate is None
        self._piece = piece
        self.has_unread: bool = False
        """Whether :meth:`read_on` has something to go on with."""
        self._data = b""
        self._position = 0
        self._tail = b""
        self._partial: PartialFrame | None = None
        self._foreign = 0  # bytes of the current frame that belong to wsproto
        self._fragmented = False
        self._fragments: list[str | bytes] = []
        self._fragments_compressed = False
        self._message_size = 0

    def drop(self) -> None:
        """Forgets what is not complete or not taken; nothing more will be read."""
        self._leave(b"", 0)
        self._tail, self._partial, self._fragments, self._foreign = b"", None, [], 0

    def add_fragment(self, data: str | bytes, *, last: bool) -> None:
        """A piece of a fragmented message, all of one kind."""
        if data:  # no limit of sizes would end a message of empty fragments
            self._fragments.append(data)
        if last:
            self.messages.append(join(self._fragments, text=isinstance(data, str)))
            self._fragments = []
            self._fragmented = False
            self._message_size = 0

    def read_single(self, data: bytes) -> str | None:
        """The message of a read that is one short text message and nothing else, which a quiet connection's reads are;
        None, with nothing done, if it is anything else.
        """
        size = len(data)
        if size >= _MANY or self._tail or not self._plain or self.has_unread:
            return None
        length = size - 2
        start = 2
        if length >= 126:
            length -= 2
            start = 4
            if length < 126 or not data.startswith(_TEXT_16) or data[2] << 8 | data[3] != length:
                return None
        elif length < 0 or data[0] != 0x81 or data[1] != length:
            return None
        if self._fragmented or self._foreign or self._partial is not None or length > self._longest:
            return None
        try:
            return data[start:].decode()
        except UnicodeDecodeError:
            return None  # read finds it again, and says so

    def read(self, data: bytes) -> None:
        """Takes what was read, or the first piece of it.

        :raises InvalidText: a text is not UTF-8
        :raises WebSocketError: a message is not valid DEFLATE data
        :raises LimitExceeded: a frame or message is too large

        What ``pass_on`` raises passes through as well. After an exception nothing more is to be read; what was
        complete before it is in :attr:`messages`.
        """
        position = 0
        if self.has_unread:
            data = self._data[self._position :] + data
            self._leave(b"", 0)
        if self._tail:
            data, position = self._complete(data)
        self._walk(data, position)

    def read_on(self) -> None:
        """Takes the next piece; raises as :meth:`read` does."""
        data, position = self._data, self._position
        self._leave(b"", 0)
        self._walk(data, position)

    def _leave(self, data: bytes, position: int) -> None:
        self._data, self._position = data, position
        self.has_unread = position < len(data)

    def _complete(self, data: bytes) -> tuple[bytes, int]:
        """Takes the frame that the last read cut, where it ends soon: what is to be read then, and from where.

        Putting all of a large read behind those few bytes would copy it.
        """
        tail, self._tail = self._tail, b""
        head = tail + data[:_SMALL]
        header = read_header(head, 0)
        end = 0 if header is None else header.size + header.length
        if not len(tail) < end <= len(head):
            return tail + data, 0
        self._walk(head[:end], 0)
        return data, end - len(tail)

    def _walk(self, data: bytes, position: int) -> None:
        size = len(data)
        stop = size if self._piece is None else min(size, position + self._piece)
        while position < stop:
            if self._partial is not None:
                position = self._continue_partial(self._partial, data, position)
                continue
            if self._foreign:
                piece = data[position : position + self._foreign]
                self._foreign -= len(piece)
                position += len(piece)
                self._pass_on(piece)
                continue
            if not self._fragmented:
                position = self._take_run(data, position, stop)
                if position >= stop:
                    break
            moved = self._take_single(data, position)
            if moved == position:
                self._tail = data[position:]
                return
            position = moved
        if position < size:
            self._leave(data, position)

    def _take_run(self, data: bytes, position: int, stop: int) -> int:
        """Ordinary frames, of those that begin before ``stop``."""
        run: list[str | bytes] = []
        invalid: Exception | None = None
        try:
            if not self._client:
                position = take_masked(data, position, stop, run, self._deflate, self._longest)
            elif self._deflate is not None:
                position = take_unmasked_deflated(data, position, stop, run, self._deflate, self._longest)
            else:
                position = self._take_plain_run(data, position, stop, run)
        except (InvalidText, WebSocketError, LimitExceeded) as error:
            invalid = error
        if run:
            if self.messages:
                self.messages += run
            else:
                self.messages = run
        if invalid is not None:
            raise invalid
        return position

    def _take_plain_run(self, data: bytes, position: int, stop: int, run: list[str | bytes]) -> int:
        """By translation where it goes and is worth it, by the loop where not, a window at a time."""
        size = len(data)
        limited = self._longest < _SHORT
        while position < stop:
            if size - position >= _MANY and not limited:
                moved = take_translated(data, position, run)
                if moved > position:
                    position = moved
                    continue
            rough: list[str | bytes] = []
            # A frame which begins in the window and ends behind it is the next window's, unless it is the only one.
            moved = take_unmasked(data[position : position + LOOP_WINDOW], rough)
            if not moved and size - position > LOOP_WINDOW:
                moved = take_unmasked(data[position : position + _SHORT + 4], rough)
            if not rough:
                break
            too_long = self._cut_too_long(rough) if limited else None
            try:
                repair(rough)
            finally:
                run += rough
            if too_long is not None:
                self._check_length(too_long)
            position += moved
        return position

    def _cut_too_long(self, run: list[str | bytes]) -> int | None:
        """Ends a run before the first message past a limit, and tells its length; Latin-1 is as long as its bytes."""
        for index, message in enumerate(run):
            if len(message) > self._longest:
                del run[index:]
                return len(message)
        return None

    def _take_single(self, data: bytes, position: int) -> int:
        """One frame, or its beginning; the same position when too little of it is there."""
        header = read_header(data, position)
        if header is None:
            return position
        if self._is_ordinary(header):
            return self._take_ordinary(header, data, position)
        available = min(len(data) - position, header.size + header.length)
        end = position + header.size
        # wsproto sees the header alone first: what is wrong with the frame comes before what is too large about it.
        self._foreign = header.length
        self._pass_on(data[position:end])
        if not header.is_control:
            self._begin_fragment(header)
        piece = data[end : position + available]
        self._foreign -= len(piece)
        if piece:
            self._pass_on(piece)
        return position + available

    def _is_ordinary(self, header: FrameHeader) -> bool:
        """A whole message in one frame, well-formed as far as its header goes."""
        flags = header.first & 0xF0
        return (
            not self._fragmented
            and header.opcode in (TEXT, BINARY)
            and (flags == 0x80 or (flags == 0xC0 and self._deflate is not None))
            and header.masked is not self._client
            and header.canonical
        )

    def _take_ordinary(self, header: FrameHeader, data: bytes, position: int) -> int:
        self._check_length(header.length, compressed=header.compressed)
        start = position + header.size
        key = data[start - 4 : start] if header.masked else None
        end = start + header.length
        if len(data) < end and header.size + header.length <= _SMALL:
            if header.opcode == TEXT and not header.compressed:
                payload = data[start:]
                if not is_utf8_prefix(payload if key is None else mask(payload, key)):
                    raise InvalidText("in a frame that is not complete yet")
            return position
        self._partial = PartialFrame(header, key, self._deflate)
        return self._continue_partial(self._partial, data, start)

    def _continue_partial(self, partial: PartialFrame, data: bytes, position: int) -> int:
        piece = data[position : position + partial.remaining]
        partial.feed(piece)
        if not partial.remaining:
            self._partial = None
            self.messages.append(partial.message())
        return position + len(piece)

    def _begin_fragment(self, header: FrameHeader) -> None:
        """A frame of a fragmented message, whose declared length counts at once."""
        if header.opcode in (TEXT, BINARY):
            self._fragmented = True
            self._fragments_compressed = header.compressed
            self._message_size = 0
        if not self._fragments_compressed:
            self._message_size += header.length
        self._check_length(header.length, compressed=self._fragments_compressed)
        if self._message_size > self._limits.max_message_size:
            raise LimitExceeded("max_message_size", self._limits.max_message_size, self._message_size)

    def _check_length(self, length: int, *, compressed: bool = False) -> None:
        if length > self._limits.max_frame_size:
            raise LimitExceeded("max_frame_size", self._limits.max_frame_size, length)
        if not compressed and length > self._limits.max_message_size:
            raise LimitExceeded("max_message_size", self._limits.max_message_size, length)
