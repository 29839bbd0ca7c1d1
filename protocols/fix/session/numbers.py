"""The two sequence numbers of a session, and how numbers compare where they wrap."""

from typing import Final

from barterpy.protocols.fix.errors import FieldInvalid
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.session.store import FIRST, Stored

__all__ = ["LIMIT", "Numbers", "number_in"]

LIMIT: Final = 10**18
"""No number reaches this: what is greater is nonsense, and would not fit into the 64 bits of a store."""


def number_in(message: Message, tag: int = 34) -> int:
    """A sequence number in a message, by default its own.

    :raises barterpy.protocols.fix.errors.FieldMissing: there is none
    :raises barterpy.protocols.fix.errors.FieldInvalid: it is no number, or one that cannot be
    """
    number = message.seq_num if tag == 34 else message.integer(tag)
    if number >= LIMIT:
        raise FieldInvalid(tag, "a sequence number beyond all measure")
    return number


class Numbers:
    """What our next message is called, and what the other side's should be.

    :param stored: where they stood; None for a session that never was
    :param wrap: the highest number, after which comes 0; None for numbers without an end
    """

    __slots__ = ("next_in", "next_out", "wrap")

    def __init__(self, stored: Stored | None = None, wrap: int | None = None) -> None:
        self.next_out: int = FIRST if stored is None else stored.next_out
        self.next_in: int = FIRST if stored is None else stored.next_in
        self.wrap: int | None = wrap

    def after(self, number: int) -> int:
        """The number behind it."""
        return 0 if number == self.wrap else number + 1

    def before(self, number: int) -> int:
        """The number in front of it."""
        return self.wrap if self.wrap is not None and number == 0 else number - 1

    def distance(self, number: int, base: int) -> int:
        """How far ``number`` lies behind ``base``: negative when it comes before it. Half a round is the farthest."""
        if self.wrap is None:
            return number - base
        around = self.wrap + 1
        return (number - base + around // 2) % around - around // 2

    def ahead(self, number: int) -> int:
        """How far ``number`` is from what is expected: 0 for that itself, above 0 too high, below 0 too low."""
        return number - self.next_in if self.wrap is None else self.distance(number, self.next_in)

    def reset(self) -> None:
        """Both start anew."""
        self.next_out = self.next_in = FIRST
