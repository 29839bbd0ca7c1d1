"""Messages of the other side's that are missing: what was asked for, and what came early and waits behind the gap.

FIX 4.4 volume 2, "Ordered Message Processing" and "Resend Request".
"""

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.session.numbers import Numbers
from barterpy.protocols.fix.session.settings import SessionSettings

__all__ = ["MissingRange"]


class MissingRange:
    """At most one request for messages is open at a time, and early messages are kept within two bounds.

    What does not fit is forgotten: when its turn comes it is missing, and is asked for as well.
    """

    __slots__ = ("_bytes", "_expected", "_max_bytes", "_max_early", "_numbers", "asked_to", "begin", "early", "end")

    def __init__(self, settings: SessionSettings, numbers: Numbers) -> None:
        self.begin: int | None = None
        """First number of the open request, None while there is none."""
        self.end: int = 0
        """The last number that is missing."""
        self.asked_to: int = 0
        """The last number that was asked for: before ``end`` where requests come in chunks."""
        self._numbers = numbers
        self.early: dict[int, Message] = {}
        """What waits for its turn, by number."""
        self._expected = numbers.next_in
        """Below this nothing waits."""
        self._bytes = 0
        self._max_early = settings.max_early
        self._max_bytes = settings.max_early_bytes

    def keep(self, seq: int, message: Message) -> None:
        """A message that came early; the first under a number stays."""
        size = len(message.raw)
        if seq in self.early or len(self.early) >= self._max_early or self._bytes + size > self._max_bytes:
            return
        self.early[seq] = message
        self._bytes += size

    def take(self) -> Message | None:
        """The early message whose turn it is, if it is there. Those whose turn is over are forgotten."""
        if not self.early:
            return None
        expected = self._numbers.next_in
        if expected != self._expected:
            self._forget_until(expected)
        message = self.early.pop(expected, None)
        if message is not None:
            self._bytes -= len(message.raw)
        return message

    def _forget_until(self, expected: int) -> None:
        """Each number is passed once, so that what waits is not gone through for every message that comes."""
        numbers, early, passed = self._numbers, self.early, self._expected
        self._expected = expected
        if 0 <= numbers.distance(expected, passed) <= len(early):
            while passed != expected:
                if (message := early.pop(passed, None)) is not None:
                    self._bytes -= len(message.raw)
                passed = numbers.after(passed)
        else:
            for seq in [seq for seq in early if numbers.ahead(seq) < 0]:
                self._bytes -= len(early.pop(seq).raw)

    def covers(self, seq: int) -> bool:
        """Whether the open request brings what is missing before ``seq``."""
        return self.begin is not None and self._numbers.distance(seq, self.begin) >= 0

    def open(self, begin: int, asked_to: int, end: int) -> None:
        """Messages up to ``asked_to`` of those missing up to ``end`` were asked for."""
        self.begin, self.asked_to, self.end = begin, asked_to, end

    def close(self) -> None:
        """Nothing more is to come for the open request."""
        self.begin = None

    def clear(self) -> None:
        """The numbers start anew, or the connection is over."""
        self.begin = None
        self.early.clear()
        self._bytes = 0
