"""permessage-deflate, RFC 7692: one inflater shared by the tight loop and by wsproto, and bounded while it inflates.

wsproto's own extension inflates without a limit and keeps its inflater to itself; runs of complete frames never reach
wsproto, and with context takeover both ways of reading must go through the same window. So the extension is ours, on
wsproto's public base class, and knows nothing of frames beyond what RFC 7692 asks of their reserved bit.
"""

import zlib
from dataclasses import dataclass
from typing import Protocol

from wsproto.extensions import Extension
from wsproto.frame_protocol import CloseReason, FrameDecoder, FrameProtocol, Opcode, RsvBits
from wsproto.utilities import RemoteProtocolError

from barterpy.errors import ConfigurationError, LimitExceeded
from barterpy.protocols.websocket.closecode import CloseCode
from barterpy.protocols.websocket.failure import WebSocketError

__all__ = ["Deflate", "PerMessageDeflate"]

_TAIL = b"\x00\x00\xff\xff"
"""Section 7.2.2: the sender removes these four bytes, the receiver puts them back."""

_MAX_STREAMS = 16
"""DEFLATE streams within one message. A final block ends a stream (section 7.2.3.4); thousands would only burn time."""

_NAMES = frozenset(
    {"server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits", "client_max_window_bits"}
)


@dataclass(frozen=True, slots=True)
class Deflate:
    """Asks for permessage-deflate, and how (RFC 7692 section 7.1).

    ``*_no_context_takeover`` starts each message with an empty window: more bytes, less memory.
    ``*_max_window_bits`` (8 to 15) bounds the window of that side's compressor. ``threshold`` is the size in bytes
    below which our messages are sent as they are, ``level`` zlib's level of 0 to 9.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = 15
    client_max_window_bits: int = 15
    threshold: int = 64
    level: int = 6

    def __post_init__(self) -> None:
        for name in ("server_max_window_bits", "client_max_window_bits"):
            if not 8 <= getattr(self, name) <= 15:
                raise ConfigurationError(f"{name} must be between 8 and 15")
        if not 0 <= self.level <= 9:
            raise ConfigurationError("level must be between 0 and 9")


class _Deflater(Protocol):
    """zlib's compressor, whose class has no public name."""

    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self, mode: int, /) -> bytes: ...


def _parameters(offer: str) -> dict[str, str | None]:
    """The parameters of one offer or answer; ValueError for what section 7.1 does not allow in either."""
    found: dict[str, str | None] = {}
    for part in offer.split(";")[1:]:
        name, equals, text = part.partition("=")
        name = name.strip()
        value = text.strip().strip('"') if equals else None
        if name not in _NAMES or name in found:
            raise ValueError(f"unknown or repeated parameter {name!r}")
        if name.endswith("takeover") and value is not None:
            raise ValueError(f"{name} takes no value")
        if name == "server_max_window_bits" and value is None:
            raise ValueError(f"{name} needs a value")
        # Section 7.1.2.1: "a decimal integer value without leading zeroes between 8 to 15"
        if value is not None and value not in ("8", "9", "10", "11", "12", "13", "14", "15"):
            raise ValueError(f"{name} must be between 8 and 15")
        found[name] = value
    return found


class PerMessageDeflate(Extension):
    """The extension of one connection. ``limit`` bounds an inflated message in bytes."""

    name = "permessage-deflate"

    def __init__(self, options: Deflate, *, client: bool, limit: int) -> None:
        self._options = options
        self._client = client
        self._limit = limit
        self._enabled = False
        self._our_reset = options.client_no_context_takeover if client else options.server_no_context_takeover
        self._their_reset = False
        self._our_bits = 15
        self._deflater: _Deflater | None = None
        self._inflater = zlib.decompressobj(-15)
        self._inflated = 0
        self._streams = 0
        self._compressed: bool | None = None
        self._control = False
        self.failure: WebSocketError | LimitExceeded | None = None
        """Why wsproto was told to stop, where it was this extension which said so."""

    @property
    def threshold(self) -> int:
        """Messages smaller than this are sent as they are."""
        return self._options.threshold

    # Negotiation

    def enabled(self) -> bool:
        """Whether both sides agreed."""
        return self._enabled

    def offer(self) -> str:
        """The client's offer (section 7.1). A hint for our own window bits says that the server may choose them."""
        options = self._options
        parts: list[str] = []
        if options.server_no_context_takeover:
            parts.append("server_no_context_takeover")
        if options.client_no_context_takeover:
            parts.append("client_no_context_takeover")
        if options.server_max_window_bits < 15:
            parts.append(f"server_max_window_bits={options.server_max_window_bits}")
        bits = options.client_max_window_bits
        parts.append("client_max_window_bits" if bits == 15 else f"client_max_window_bits={bits}")
        return "; ".join(parts)

    def finalize(self, offer: str) -> None:
        """The server's answer. One that does not fit the offer fails the connection (section 7.1)."""
        options = self._options
        try:
            if self._enabled:
                raise ValueError("accepted twice")
            answer = _parameters(offer)
            if "client_max_window_bits" in answer and answer["client_max_window_bits"] is None:
                raise ValueError("client_max_window_bits needs a value")
            # Section 7.1.1.1: an offered server_no_context_takeover must be in the answer that accepts it.
            if options.server_no_context_takeover and "server_no_context_takeover" not in answer:
                raise ValueError("server_no_context_takeover was asked for and not granted")
            theirs = int(answer.get("server_max_window_bits") or 15)
            if theirs > options.server_max_window_bits:
                raise ValueError("server_max_window_bits is larger than was offered")
        except ValueError as error:
            raise RemoteProtocolError(f"permessage-deflate: {error}") from error
        self._their_reset = "server_no_context_takeover" in answer
        self._our_reset = options.client_no_context_takeover or "client_no_context_takeover" in answer
        self._our_bits = min(int(answer.get("client_max_window_bits") or 15), options.client_max_window_bits)
        self._enabled = True

    def accept(self, offer: str) -> str | None:
        """The server's answer to one offer; None declines it. The first that fits is taken (section 5.1)."""
        if self._enabled:
            return None
        try:
            wanted = _parameters(offer)
        except ValueError:
            return None
        options = self._options
        parts: list[str] = []
        self._our_reset = options.server_no_context_takeover or "server_no_context_takeover" in wanted
        if self._our_reset:
            parts.append("server_no_context_takeover")
        self._their_reset = options.client_no_context_takeover or "client_no_context_takeover" in wanted
        if self._their_reset:
            parts.append("client_no_context_takeover")
        self._our_bits = min(int(wanted.get("server_max_window_bits") or 15), options.server_max_window_bits)
        if "server_max_window_bits" in wanted or self._our_bits < 15:
            parts.append(f"server_max_window_bits={self._our_bits}")
        if "client_max_window_bits" in wanted:
            # Section 7.1.2.2: only an offer with this parameter lets the answer hold it.
            bits = min(int(wanted["client_max_window_bits"] or 15), options.client_max_window_bits)
            if bits < 15:
                parts.append(f"client_max_window_bits={bits}")
        self._enabled = True
        return "; ".join(parts)

    # Whole messages, for the tight loop

    def inflate_message(self, payload: bytes) -> bytes:
        """A whole message from the payload of its only frame.

        :raises WebSocketError: 1007, it is not DEFLATE
        :raises LimitExceeded: it inflates beyond ``max_message_size``
        """
        data = self._inflate(payload + _TAIL)
        self._finish()
        return data

    def deflate_message(self, payload: bytes) -> bytes:
        """The payload of the only frame of a message."""
        deflater = self._deflater
        if deflater is None:
            # zlib has no raw window of 8 bits. Matches of distance one (Z_RLE) fit into a window of any size.
            strategy = zlib.Z_RLE if self._our_bits == 8 else zlib.Z_DEFAULT_STRATEGY
            bits = max(self._our_bits, 9)
            deflater = zlib.compressobj(self._options.level, zlib.DEFLATED, -bits, 8, strategy)
            if not self._our_reset:
                self._deflater = deflater
        data = deflater.compress(payload) + deflater.flush(zlib.Z_SYNC_FLUSH)
        return data[:-4]

    # Frames, for what comes by way of wsproto

    def frame_inbound_header(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, payload_length: int
    ) -> CloseReason | RsvBits:
        """Section 6: the bit is set on the first frame of a message or on none, and never on a control frame."""
        self._control = opcode.iscontrol()
        if rsv.rsv1 and (self._control or opcode is Opcode.CONTINUATION):
            return CloseReason.PROTOCOL_ERROR
        if not self._control and opcode is not Opcode.CONTINUATION:
            self._compressed = rsv.rsv1
        return RsvBits(True, False, False)

    def frame_inbound_payload_data(self, proto: FrameDecoder | FrameProtocol, data: bytes) -> bytes | CloseReason:
        """Part of a frame's payload, already unmasked."""
        if self._control or not self._compressed:
            return data
        return self._guarded(data)

    def frame_inbound_complete(self, proto: FrameDecoder | FrameProtocol, fin: bool) -> bytes | CloseReason | None:
        """The end of a frame; of the message too, where ``fin`` is set."""
        if self._control or not fin or not self._compressed:
            return None
        data = self._guarded(_TAIL)
        self._finish()
        return data

    def frame_outbound(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, data: bytes, fin: bool
    ) -> tuple[RsvBits, bytes]:
        """Only control frames leave by way of wsproto, and those are never compressed."""
        return rsv, data

    # The shared inflater

    def inflate_part(self, data: bytes, *, last: bool) -> bytes:
        """A piece of a message whose single frame is still arriving; ``last`` with the final one."""
        if not last:
            return self._inflate(data)
        return self.inflate_message(data)

    def _guarded(self, data: bytes) -> bytes | CloseReason:
        try:
            return self._inflate(data)
        except LimitExceeded as error:
            self.failure = error
            return CloseReason.MESSAGE_TOO_BIG
        except WebSocketError as error:
            self.failure = error
            return CloseReason.INVALID_FRAME_PAYLOAD_DATA

    def _inflate(self, data: bytes) -> bytes:
        room = self._limit - self._inflated
        try:
            out = self._inflater.decompress(data, room + 1)
            if self._inflater.eof:
                out = self._next_streams(out, room)
        except zlib.error as error:
            raise WebSocketError(CloseCode.INVALID_PAYLOAD, "the message is not valid DEFLATE data") from error
        if len(out) > room:
            raise LimitExceeded("max_message_size", self._limit)
        self._inflated += len(out)
        return out

    def _next_streams(self, out: bytes, room: int) -> bytes:
        """Goes on after a final block: what follows it is a new stream with an empty window (section 7.2.3.4)."""
        parts = [out]
        total = len(out)
        while self._inflater.eof and total <= room:
            rest = self._inflater.unused_data
            self._streams += 1
            if self._streams > _MAX_STREAMS:
                raise WebSocketError(CloseCode.INVALID_PAYLOAD, "too many final blocks in one message")
            self._inflater = zlib.decompressobj(-15)
            parts.append(self._inflater.decompress(rest, room - total + 1))
            total += len(parts[-1])
        return b"".join(parts)

    def _finish(self) -> None:
        self._inflated = 0
        self._streams = 0
        if self._their_reset:
            self._inflater = zlib.decompressobj(-15)
