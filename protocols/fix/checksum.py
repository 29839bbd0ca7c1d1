"""CheckSum (tag 10): the sum of all bytes before it, modulo 256, in three digits (FIX 4.4 volume 2)."""

from typing import Final
from zlib import adler32

__all__ = ["checksum", "checksum_field", "is_summed"]

# The low half of Adler-32 is 1 + the sum of the bytes, modulo 65521 (RFC 1950 section 8.2): exact while the sum is
# below that, and some ten times faster than sum(), which makes an int of every byte.
_EXACT: Final = 256
"""Bytes whose sum cannot reach 65520, whatever they are."""
_EXACT_ASCII: Final = 515
"""The same for bytes below 128."""

_FIELDS: Final = tuple(b"10=%03d\x01" % value for value in range(256))
_TOTALS: Final = {field: (value + sum(field)) & 0xFF for value, field in enumerate(_FIELDS)}
"""By the last field, what the whole message has to add up to: it need not be cut in two to be added up."""


def checksum(data: bytes) -> int:
    """The sum of the bytes modulo 256. ``data`` is everything before ``10=``, the separator included."""
    size = len(data)
    if size <= _EXACT or (size <= _EXACT_ASCII and data.isascii()):
        return ((adler32(data) & 0xFFFF) - 1) & 0xFF
    total = 0
    view = memoryview(data)
    for start in range(0, size, _EXACT):
        total += (adler32(view[start : start + _EXACT]) & 0xFFFF) - 1
    return total & 0xFF


def checksum_field(data: bytes) -> bytes:
    """The whole last field of a message, ``10=nnn`` and its separator, for everything before it."""
    if len(data) <= _EXACT:
        return _FIELDS[((adler32(data) & 0xFFFF) - 1) & 0xFF]
    return _FIELDS[checksum(data)]


def is_summed(message: bytes) -> bool:
    """Whether a message ends with ``10=nnn`` and its separator, and nnn is the sum of what is before it."""
    if len(message) <= _EXACT:
        return _TOTALS.get(message[-7:]) == ((adler32(message) & 0xFFFF) - 1) & 0xFF
    return message[-7:] == checksum_field(message[:-7])
