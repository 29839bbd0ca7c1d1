"""Bytes of a stream to whole messages, by BodyLength.

A message begins at ``8=``, says its length in ``9=``, and ends with the separator of the ``10=`` that is looked for
from there on. So a length that is too short does no harm beyond its message, and one that is too long takes what
follows with it: what those bytes were cannot be known, and whoever is logged on asks for them again.
"""

import re
from typing import Final

from barterpy.errors import LimitExceeded
from barterpy.protocols.fix.checksum import is_summed
from barterpy.protocols.fix.errors import Garbled

__all__ = ["MAX_MESSAGE_SIZE", "Framer", "check_frame", "says_logon"]

MAX_MESSAGE_SIZE: Final = 1 << 20
"""Bytes of the longest message, where nothing else was said."""

_LONGEST_LENGTH: Final = 20
"""Digits of the longest BodyLength, zeros in front included: Binance writes seven."""

_SOH: Final = 1

# What a message begins with when nothing is wrong with it.
_HEAD: Final = re.compile(rb"8=[^\x01]*\x019=([0-9]{1,20})\x0135=")


class Framer:
    """Fed what was read, gives whole messages. Their length and checksum are right, their fields not yet looked at.

    What it gives does not depend on how the stream was cut into pieces. Of bytes that are not yet a message, no more
    than ``max_size`` are kept, and a message that says it is longer ends it at once.
    """

    def __init__(self, max_size: int = MAX_MESSAGE_SIZE) -> None:
        self.max_size: int = max_size
        self._buffer: bytes | bytearray = b""
        self._position = 0
        # Of the message at the position, when it is not yet whole: all in bytes from the position on.
        self._needed = 0
        self._trailer = 0
        self._searched = 0

    @property
    def pending(self) -> int:
        """Bytes that were fed and neither given nor dropped yet."""
        return len(self._buffer) - self._position

    def feed(self, data: bytes) -> None:
        """Adds what was read."""
        buffer, position = self._buffer, self._position
        self._position = 0
        if position >= len(buffer):
            self._buffer = data
            return
        if not isinstance(buffer, bytearray):
            buffer = self._buffer = bytearray(memoryview(buffer)[position:])
        else:
            del buffer[:position]
        buffer += data

    def frames(self) -> list[bytes | Garbled]:
        """Everything that is whole by now; see :meth:`next_frame`."""
        if not self._needed and (only := self._only()) is not None:
            return [only]
        found: list[bytes | Garbled] = []
        while True:
            if not self._needed:
                self._run(found)
                if self._position == len(self._buffer):
                    return found
            try:
                frame = self.next_frame()
            except LimitExceeded:
                if found:
                    return found  # what came before it is good; the next call raises
                raise
            if frame is None:
                return found
            found.append(frame)

    def _only(self) -> bytes | None:
        """The message, where what was fed is one good message and nothing else: it is given as it came."""
        buffer = self._buffer
        size = len(buffer)
        if self._position or size > self.max_size or isinstance(buffer, bytearray):
            return None
        head = _HEAD.match(buffer)
        if head is None or head.end() + 4 + int(head[1]) != size or buffer[-8] != _SOH or not is_summed(buffer):
            return None
        self._buffer = b""
        return buffer

    def _run(self, found: list[bytes | Garbled]) -> None:
        """The way of next_frame for a run of good messages, without a call for each."""
        buffer, position, limit = self._buffer, self._position, self.max_size
        while (head := _HEAD.match(buffer, position)) is not None:
            end = head.end() + 4 + int(head[1])
            frame = bytes(buffer[position:end])
            size = len(frame)
            if size != end - position or size - 7 > limit or frame[-8] != _SOH or not is_summed(frame):
                return
            found.append(frame)
            self._position = position = end

    def next_frame(self) -> bytes | Garbled | None:
        """The next message, or what came garbled instead of one, or None when more has to be fed.

        :raises barterpy.errors.LimitExceeded: a message is longer than ``max_size``; the stream is of no more use
        """
        buffer, start = self._buffer, self._position
        head = None if self._needed else _HEAD.match(buffer, start)
        if head is None:
            return self._unusual()
        end = head.end() + 4 + int(head[1])  # MsgType's tag is of the body, "10=nnn" and its separator are not
        frame = bytes(buffer[start:end])
        size = len(frame)
        if size != end - start or size - 7 > self.max_size or frame[-8] != _SOH or not is_summed(frame):
            return self._unusual()
        self._position = end
        return frame

    def _unusual(self) -> bytes | Garbled | None:
        """The same step by step, for what is not whole, not right, or comes after something else."""
        buffer = self._buffer
        if len(buffer) - self._position < self._needed:
            return None
        if not self._trailer:
            if not self._find_begin():
                return None
            garbled = self._find_length()
            if garbled is not None or not self._trailer:
                return garbled
        start = self._position
        if len(buffer) - start < self._trailer:
            self._needed = self._trailer
            return None
        # The search begins one byte early, at the separator which the body ends with.
        at = buffer.find(b"\x0110=", start + max(self._trailer - 1, self._searched))
        if at < 0:
            self._searched = max(len(buffer) - start - 3, 0)
            self._wait()
            return None
        end = buffer.find(b"\x01", at + 4) + 1
        if end == 0:
            self._searched = at - start
            self._wait()
            return None
        frame = bytes(buffer[start:end])
        self._taken(end)
        try:
            check_frame(frame)
        except Garbled as garbled:
            return Garbled(garbled.reason, garbled.size, says_logon(frame))
        return frame

    def _find_begin(self) -> bool:
        """Drops what comes before the first ``8=``."""
        buffer = self._buffer
        start = buffer.find(b"8=", self._position)
        if start < 0:
            # The last byte may be the 8 whose = comes next.
            self._taken(max(self._position, len(buffer) - buffer.endswith(b"8")))
            return False
        if start > self._position:
            self._taken(start)
        return True

    def _find_length(self) -> Garbled | None:
        """Looks for BodyLength, which is wherever ``9=`` first stands behind a separator."""
        buffer, start = self._buffer, self._position
        tag = buffer.find(b"\x019=", start + self._searched)
        if tag < 0:
            self._searched = max(len(buffer) - start - 2, 0)
            self._wait()
            return None
        digits, separator, _ = bytes(buffer[tag + 3 : tag + 4 + _LONGEST_LENGTH]).partition(b"\x01")
        if not separator and len(digits) <= _LONGEST_LENGTH:
            self._searched = tag - start
            self._wait()
            return None
        end = tag + 3 + len(digits) + len(separator)
        if not (separator and digits.isdigit()):
            self._taken(end)
            return Garbled("BodyLength (9) is not a number", end - start)
        trailer = end - start + int(digits)
        if trailer > self.max_size:
            raise LimitExceeded("max_message_size", self.max_size, trailer)
        self._trailer = trailer
        self._searched = 0
        return None

    def _wait(self) -> None:
        """For one byte more, whatever it is."""
        if self.pending > self.max_size:
            raise LimitExceeded("max_message_size", self.max_size)
        self._needed = self.pending + 1

    def _taken(self, position: int) -> None:
        self._position = position
        self._needed = self._trailer = self._searched = 0


def says_logon(frame: bytes) -> bool:
    """Whether bytes that are no message call themselves a Logon: the first MsgType (35) among them is ``A``."""
    return frame.startswith(b"A\x01", frame.find(b"\x0135=") + 4) and b"\x0135=" in frame


def check_frame(frame: bytes) -> None:
    """Whether this is one whole message: 8, 9, 35 in front, the right BodyLength, the right CheckSum behind.

    :raises barterpy.protocols.fix.errors.Garbled: it is not, and why
    """
    size = len(frame)
    head = _HEAD.match(frame)
    if head is None:
        raise Garbled("the first three fields are not 8, 9 and 35", size)
    start = head.end() - 3
    trailer = frame.rfind(b"\x0110=") + 1
    if trailer <= 0 or not frame.endswith(b"\x01") or frame.find(b"\x01", trailer) != size - 1:
        raise Garbled("the last field is not CheckSum (10)", size)
    if trailer - start != int(head[1]):
        raise Garbled("BodyLength (9) is wrong", size)
    if not is_summed(frame):
        raise Garbled("CheckSum (10) is wrong", size)
