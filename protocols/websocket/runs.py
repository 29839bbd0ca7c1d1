"""The tight loop: whole runs of complete, unfragmented data frames, from one read to a list of messages.

A read may hold hundreds of frames, and what is done once a frame is the price of the whole library. The functions here
take every frame they fully understand, from a frame boundary on, and stop at the first one they do not (a control
frame, a fragment, a reserved bit, a wrong mask, 64 KiB and more, a frame cut by the end of the read), telling where.
They raise nothing for such a frame: judging it is somebody else's work.

Text is sliced out of the whole read decoded as Latin-1, which costs as much as slicing bytes and gives real ``str``
objects of one byte a character. For ASCII, nearly all there is on this path, they are the final messages; the others
are repaired by :func:`repair`, once a run.

Cutting a whole read by a pattern and proving the cuts afterwards is faster alone and was not in a program: it makes
twice the objects, and a read of 1,700 messages pays for those in memory traffic.
"""

import struct
from typing import cast

from barterpy.protocols.websocket.deflate import PerMessageDeflate
from barterpy.protocols.websocket.masking import mask

__all__ = ["InvalidText", "repair", "take_masked", "take_unmasked", "take_unmasked_deflated"]

_two_shorts = struct.Struct(">HH").unpack_from


class InvalidText(Exception):
    """A text message that is not UTF-8."""


def take_unmasked(data: bytes, text: str, position: int, out: list[str | bytes]) -> int:
    """Text and binary frames as a client gets them. ``text`` is ``data`` decoded as Latin-1.

    Texts are appended as Latin-1 and need :func:`repair`. Returns the position of the first frame not taken.
    """
    size = len(data)
    append = out.append
    unpack = _two_shorts
    end = position
    try:
        while True:
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
    except struct.error:  # fewer than four bytes are left: an empty frame, or a header that is not all there
        return position


def take_unmasked_deflated(
    data: bytes, position: int, out: list[str | bytes], deflate: PerMessageDeflate, longest: int
) -> int:
    """Like :func:`take_unmasked` where permessage-deflate is agreed; texts come out as they should be.

    A frame of more than ``longest`` bytes is not taken.

    :raises InvalidText: a text is not UTF-8; the messages before it are in ``out``
    :raises WebSocketError: a message is not valid DEFLATE data
    :raises LimitExceeded: a message inflates beyond its limit
    """
    size = len(data)
    inflate = deflate.inflate_message
    while position + 2 <= size:
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
    data: bytes, position: int, out: list[str | bytes], deflate: PerMessageDeflate | None, longest: int
) -> int:
    """Data frames as a server gets them, masked; texts come out as they should be.

    A frame of more than ``longest`` bytes is not taken.

    :raises InvalidText: a text is not UTF-8; the messages before it are in ``out``
    :raises WebSocketError: a message is not valid DEFLATE data
    :raises LimitExceeded: a message inflates beyond its limit
    """
    size = len(data)
    while position + 6 <= size:
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
