"""Frame headers, RFC 6455 section 5.2: read without judging, and written."""

import codecs
import struct
from dataclasses import dataclass
from typing import Final

from barterpy.protocols.websocket.deflate import PerMessageDeflate
from barterpy.protocols.websocket.masking import mask, rotate
from barterpy.protocols.websocket.runs import InvalidText

__all__ = ["BINARY", "TEXT", "FrameHeader", "PartialFrame", "encode_frame", "is_utf8_prefix", "join", "read_header"]

TEXT: Final = 1
BINARY: Final = 2

_utf8_decoder = codecs.getincrementaldecoder("utf-8")


@dataclass(slots=True)
class FrameHeader:
    """What the header of a frame says."""

    first: int
    opcode: int
    masked: bool
    length: int
    size: int
    """Bytes of the header itself, the masking key included."""
    canonical: bool
    """Whether the length is written in the fewest bytes, as section 5.2 demands."""

    @property
    def final(self) -> bool:
        """The last frame of its message."""
        return self.first & 0x80 != 0

    @property
    def compressed(self) -> bool:
        """RSV1, which permessage-deflate sets on the first frame of a compressed message."""
        return self.first & 0x40 != 0

    @property
    def is_control(self) -> bool:
        """Close, ping, pong and the reserved control opcodes."""
        return self.opcode & 8 != 0


def read_header(data: bytes, position: int) -> FrameHeader | None:
    """The header at ``position``; None when it is not all there."""
    available = len(data) - position
    if available < 2:
        return None
    first, second = data[position], data[position + 1]
    length = second & 0x7F
    size = 2
    canonical = True
    if length == 126:
        size = 4
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        canonical = length >= 126
    elif length == 127:
        size = 10
        length = int.from_bytes(data[position + 2 : position + 10], "big")
        canonical = 65536 <= length < 1 << 63
    masked = second & 0x80 != 0
    if masked:
        size += 4
    if available < size:
        return None
    return FrameHeader(first, first & 0x0F, masked, length, size, canonical)


def encode_frame(first: int, payload: bytes, key: bytes | None) -> bytes:
    """One frame; ``first`` is its first byte, ``key`` the masking key of a client."""
    length = len(payload)
    bit = 0 if key is None else 0x80
    if length < 126:
        header = bytes((first, bit | length))
    elif length < 65536:
        header = struct.pack(">BBH", first, bit | 126, length)
    else:
        header = struct.pack(">BBQ", first, bit | 127, length)
    if key is None:
        return header + payload
    return b"".join((header, key, mask(payload, key)))


def is_utf8_prefix(payload: bytes) -> bool:
    """Whether the bytes are the beginning of some UTF-8 text."""
    try:
        codecs.utf_8_decode(payload, "strict", False)
    except UnicodeDecodeError:
        return False
    return True


class PartialFrame:
    """An ordinary data frame larger than what was read of it.

    Its pieces are unmasked, inflated and decoded as they come: each byte is touched once, however small the reads, and
    a text that stops being UTF-8 is known before it is complete.
    """

    __slots__ = ("_decoder", "_deflate", "_key", "_parts", "remaining")

    def __init__(self, header: FrameHeader, key: bytes | None, deflate: PerMessageDeflate | None) -> None:
        self.remaining: int = header.length
        self._key = key
        self._deflate = deflate if header.compressed else None
        self._decoder = _utf8_decoder() if header.opcode == TEXT else None
        self._parts: list[str | bytes] = []

    def feed(self, piece: bytes) -> None:
        """The next bytes of the payload, at most :attr:`remaining`.

        :raises InvalidText: the text is not UTF-8
        :raises WebSocketError: it is not valid DEFLATE data
        :raises LimitExceeded: it inflates beyond the limit
        """
        self.remaining -= len(piece)
        last = self.remaining == 0
        if self._key is not None:
            length = len(piece)
            piece = mask(piece, self._key)
            self._key = rotate(self._key, length)
        if self._deflate is not None:
            piece = self._deflate.inflate_part(piece, last=last)
        if self._decoder is None:
            self._parts.append(piece)
            return
        try:
            self._parts.append(self._decoder.decode(piece, last))
        except UnicodeDecodeError as error:
            raise InvalidText(str(error.reason)) from error

    def message(self) -> str | bytes:
        """The whole message, once nothing remains."""
        return join(self._parts, text=self._decoder is not None)


def join(parts: list[str | bytes], *, text: bool) -> str | bytes:
    """Pieces of one message, all of one kind."""
    if text:
        return "".join(part for part in parts if isinstance(part, str))
    return b"".join(part for part in parts if isinstance(part, bytes))
