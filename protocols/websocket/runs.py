"""The tight loop: whole runs of complete, unfragmented data frames, from one read to a list of messages.

A read may hold hundreds of frames, and what is done once a frame is the price of the whole library. The functions here
take every frame they fully understand, from a frame boundary on, and stop at the first one they do not (a control
frame, a fragment, a reserved bit, a wrong mask, 64 KiB and more, a frame cut by the end of the read), telling where.
They raise nothing for such a frame: judging it is somebody else's work.

A busy connection's reads are nothing but text frames of 126 bytes to 64 KiB, and :func:`take_translated` takes dozens
of those at once, without a step in Python for each of them: msgpack, too, writes a string as a mark, its length in two
bytes of the same order, and its bytes. With one mark exchanged for the other, the frames are an array of strings to a
decoder written in C (two to three times as fast as the loop, measured).

In the loop, text is sliced out of the whole read decoded as Latin-1, which costs as much as slicing bytes and gives
real ``str`` objects of one byte a character. For ASCII, nearly all there is on this path, they are the final messages;
the others are repaired by :func:`repair`, once a run.
"""

import struct
from typing import Annotated, cast

import msgspec

from barterpy.protocols.websocket.deflate import PerMessageDeflate
from barterpy.protocols.websocket.masking import mask

__all__ = [
    "LOOP_WINDOW",
    "WINDOW",
    "InvalidText",
    "repair",
    "take_masked",
    "take_translated",
    "take_unmasked",
    "take_unmasked_deflated",
]

_two_shorts = struct.Struct(">HH").unpack_from
_strings = msgspec.msgpack.Decoder(list[Annotated[str, msgspec.Meta(min_length=126)]]).decode
"""A length below 126 in two bytes is the peer's error; characters are never more than their bytes."""

_TEXT_16 = b"\x81~"
"""RFC 6455 section 5.2: a whole text message, unmasked, its length in the next two bytes."""

_STR_16 = b"\xda"
"""msgpack: a string, its length in the next two bytes."""

_STR_8 = b"\xd9"
_STR_32 = b"\xdb"
_ARRAY_32 = b"\xdd"
"""msgpack: an array, the count of its elements in the next four bytes."""

WINDOW = 32 * 1024
"""Bytes translated at a time: few enough to stay in the processor's cache, enough for the fixed costs not to matter
(a message costs a quarter less than with 8 KiB, measured)."""

LOOP_WINDOW = 8 * 1024
"""Bytes the loop takes at a time, so that a frame which could not be translated keeps few others from it."""


class InvalidText(Exception):
    """A text message that is not UTF-8."""


def take_translated(data: bytes, position: int, out: list[str | bytes]) -> int:
    """The text frames of the next :data:`WINDOW` as a client gets them, where there is nothing else among them.

    The messages are what they should be. Returns the position behind them; the same position when one of the frames is
    of another kind or shorter than 126 bytes, is not UTF-8, or when a message or a length has one of the bytes which
    the marks are made of.
    """
    last = data.rfind(_TEXT_16, position, position + WINDOW)
    if last <= position or not data.startswith(_TEXT_16, position):
        return position
    size = len(data)
    end = last + 4 + (data[last + 2] << 8 | data[last + 3]) if last + 4 <= size else size + 1
    if end > size:
        end = last
    run = data[position:end]
    # Exchanging single bytes is several times as fast as exchanging the pair.
    strings = run.replace(b"\x81", b"").replace(b"~", _STR_16)
    # The proof. What comes back the same is the run with another mark for each mark. There are as many strings as
    # marks, and none of another kind (the short one is told by its length), so each mark begins one and none is inside.
    if strings.replace(_STR_16, _TEXT_16) != run or _STR_8 in strings or _STR_32 in strings:
        return position
    count = len(run) - len(strings)
    try:
        messages = _strings(_ARRAY_32 + count.to_bytes(4, "big") + strings)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return position
    if not messages:
        return position
    out += messages
    return end


def take_unmasked(data: bytes, out: list[str | bytes]) -> int:
    """Text and binary frames as a client gets them.

    Texts are appended as Latin-1, and need :func:`repair`. Returns the position of the first frame not taken.
    """
    size = len(data)
    text = data.decode("latin-1")
    append = out.append
    unpack = _two_shorts
    position = end = 0
    try:
        while end < size:
            head, length = unpack(data, end)
            if head == 0x817E:
                start = end + 4
                end = start + length
                if end > size or length < 126:
                    return position
                append(text[start:end])
            elif 0x8100 <= head < 0x817E:
                length = head & 0x7F
                start = end + 2
                end = start + length
                if end > size:
                    return position
                append(text[start:end])
            elif head == 0x827E:
                start = end + 4
                end = start + length
                if end > size or length < 126:
                    return position
                append(data[start:end])
            elif 0x8200 <= head < 0x827E:
                length = head & 0x7F
                start = end + 2
                end = start + length
                if end > size:
                    return position
                append(data[start:end])
            else:
                return position
            position = end
        return position
    except struct.error:  # fewer than four bytes are left: an empty frame, or a header that is not all there
        return position


def take_unmasked_deflated(
    data: bytes, position: int, stop: int, out: list[str | bytes], deflate: PerMessageDeflate, longest: int
) -> int:
    """Like :func:`take_unmasked` where permessage-deflate is agreed; texts come out as they should be.

    Of the frames that begin before ``stop``, and none of more than ``longest`` bytes.

    :raises InvalidText: a text is not UTF-8; the messages before it are in ``out``
    :raises WebSocketError: a message is not valid DEFLATE data
    :raises LimitExceeded: a message inflates beyond its limit
    """
    size = len(data)
    inflate = deflate.inflate_message
    while position < stop and position + 2 <= size:
        first = data[position]
        length = data[position + 1]
        if length < 126:
            start = position + 2
        elif length == 126 and position + 4 <= size:
            start = position + 4
            length = data[position + 2] << 8 | data[position + 3]
            if length < 126:
                break
        else:
            break
        end = start + length
        if end > size or length > longest:
            break
        if first == 0xC1:
            out.append(_decoded(inflate(data[start:end])))
        elif first == 0x81:
            out.append(_decoded(data[start:end]))
        elif first == 0xC2:
            out.append(inflate(data[start:end]))
        elif first == 0x82:
            out.append(data[start:end])
        else:
            break
        position = end
    return position


def take_masked(
    data: bytes, position: int, stop: int, out: list[str | bytes], deflate: PerMessageDeflate | None, longest: int
) -> int:
    """Data frames as a server gets them, masked; texts come out as they should be.

    Of the frames that begin before ``stop``, and none of more than ``longest`` bytes.

    :raises InvalidText: a text is not UTF-8; the messages before it are in ``out``
    :raises WebSocketError: a message is not valid DEFLATE data
    :raises LimitExceeded: a message inflates beyond its limit
    """
    size = len(data)
    while position < stop and position + 6 <= size:
        first = data[position]
        length = data[position + 1] - 0x80
        if 0 <= length < 126:
            start = position + 6
        elif length == 126 and position + 8 <= size:
            start = position + 8
            length = data[position + 2] << 8 | data[position + 3]
            if length < 126:
                break
        else:
            break
        end = start + length
        if end > size or length > longest:
            break
        kind = first & 0x0F
        if kind not in (1, 2) or first & 0xF0 not in ((0x80,) if deflate is None else (0x80, 0xC0)):
            break
        payload = mask(data[start:end], data[start - 4 : start])
        if first & 0x40 and deflate is not None:
            payload = deflate.inflate_message(payload)
        out.append(_decoded(payload) if kind == 1 else payload)
        position = end
    return position


def repair(messages: list[str | bytes]) -> None:
    """Turns texts that were sliced as Latin-1 into what they are, in place.

    :raises InvalidText: one is not UTF-8; it and what follows it are taken off the list
    """
    try:
        if "".join(cast("list[str]", messages)).isascii():
            return
    except TypeError:  # there is a binary message among them
        pass
    for index, message in enumerate(messages):
        if isinstance(message, str) and not message.isascii():
            try:
                messages[index] = message.encode("latin-1").decode("utf-8")
            except UnicodeDecodeError as error:
                del messages[index:]
                raise InvalidText(str(error.reason)) from error


def _decoded(payload: bytes) -> str:
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidText(str(error.reason)) from error
