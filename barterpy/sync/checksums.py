"""Checksums of books: CRC-32 over the text of the best levels, in the two ways venues put that text together.

The text has to be the venue's own, digit by digit: ``0.10000000`` and ``0.1`` are one number and two checksums. A
``Decimal`` keeps every digit it was made of, so exact books need nothing more, neither memory nor time. A ``float``
does not: a venue object with ``float`` numbers whose books have checksums makes its levels as :class:`TextLevel`, which
carry their text along.
"""

from collections.abc import Iterable
from decimal import Decimal
from itertools import zip_longest
from typing import Generic, Protocol
from zlib import crc32

import msgspec

from barterpy.errors import ConfigurationError
from barterpy.model.market import Level
from barterpy.model.number import N

__all__ = ["Checksum", "DigitsChecksum", "PairsChecksum", "TextLevel", "level_texts", "script_number", "text_level"]


class TextLevel(Level[N], Generic[N]):
    """A level that remembers how it was written, for numbers that do not. Made by :func:`text_level`."""

    price_text: str
    size_text: str


def text_level(price: N, size: N, price_text: str, size_text: str) -> TextLevel[N]:
    """A level and its text: ``text_level(1.5, 2.0, "1.50", "2")``."""
    level = TextLevel(price, size)
    level.price_text, level.size_text = price_text, size_text
    return level


def level_texts(levels: Iterable[Level[N]]) -> list[tuple[str, str]]:
    """Price and size of each level as the venue wrote them, never in scientific notation.

    :raises barterpy.errors.ConfigurationError: a level of ``float`` numbers without its text
    """
    return [_texts(level) for level in levels]


def _texts(level: Level[N]) -> tuple[str, str]:
    if isinstance(level, TextLevel):
        return level.price_text, level.size_text
    price, size = level
    if not isinstance(price, Decimal):
        raise ConfigurationError("a checksum needs the text of a price; float levels have to be made as TextLevel")
    return format(price, "f"), format(size, "f")


class Checksum(Protocol):
    """How a venue computes the checksum of a book."""

    @property
    def depth(self) -> int:
        """Levels of each side that take part, the best ones."""
        ...

    def compute(self, bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]], /) -> int:
        """The checksum of these levels: texts of price and size, best first. Of an L3 book: of each order."""
        ...


class DigitsChecksum(msgspec.Struct, frozen=True, kw_only=True):
    """The digits of price and size without dot and leading zeros, asks before bids, CRC-32 unsigned.

    Kraken spot, ``book`` and ``level3`` ("Book checksum (v2)", 2026-09): every message has one, over ten levels.
    """

    depth: int = 10

    def compute(self, bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]], /) -> int:
        digits = [text.replace(".", "").lstrip("0") for side in (asks, bids) for level in side for text in level]
        return crc32("".join(digits).encode("ascii"))


class PairsChecksum(msgspec.Struct, frozen=True, kw_only=True):
    """``bid price:bid size:ask price:ask size:…`` level by level, the longer side alone in the end, CRC-32.

    Bitfinex ("WebSocket checksum", 2026-04): ``PairsChecksum(negative_asks=True, script_numbers=True)``, signed, in a
    message of its own. OKX until June 2026: ``PairsChecksum()``, signed, with each message; fixed at 0 since.

    :param signed: as a signed 32-bit integer
    :param negative_asks: sizes of asks are written with a minus
    :param script_numbers: numbers are written as JavaScript prints them (see :func:`script_number`)
    """

    depth: int = 25
    signed: bool = True
    negative_asks: bool = False
    script_numbers: bool = False

    def compute(self, bids: Iterable[tuple[str, str]], asks: Iterable[tuple[str, str]], /) -> int:
        write = script_number if self.script_numbers else str
        minus = "-" if self.negative_asks else ""
        parts: list[str] = []
        for bid, ask in zip_longest(bids, asks):
            if bid is not None:
                parts += (write(bid[0]), write(bid[1]))
            if ask is not None:
                parts += (write(ask[0]), minus + write(ask[1]))
        checksum = crc32(":".join(parts).encode("ascii"))
        return checksum - 2**32 if self.signed and checksum >= 2**31 else checksum


def script_number(text: str) -> str:
    """A number as JavaScript prints it (ECMA-262, ``Number::toString``): no zeros at the end, an exponent below
    1e-6 and from 1e21."""
    number = Decimal(text)
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int), text
    figures = "".join(map(str, digits)).rstrip("0").lstrip("0")
    if not figures:
        return "0"
    point = number.adjusted() + 1
    minus = "-" if sign else ""
    if -6 < point <= 21:
        if point <= 0:
            return f"{minus}0.{'0' * -point}{figures}"
        if len(figures) <= point:
            return f"{minus}{figures}{'0' * (point - len(figures))}"
        return f"{minus}{figures[:point]}.{figures[point:]}"
    rest = f".{figures[1:]}" if len(figures) > 1 else ""
    return f"{minus}{figures[0]}{rest}e{point - 1:+d}"
