"""The way out: messages get their number and their time, and are put down to be stored and sent."""

from collections.abc import Sequence

from barterpy.protocols.fix.encoder import Encoder
from barterpy.protocols.fix.outgoing import Field, Outgoing
from barterpy.protocols.fix.session.numbers import Numbers
from barterpy.protocols.fix.session.settings import SessionSettings
from barterpy.protocols.fix.session.store import Change, Sent
from barterpy.protocols.fix.session.timers import Timers
from barterpy.protocols.fix.timestamps import Precision, format_timestamp

__all__ = ["Outbound"]


class Outbound:
    """What is to be stored, and what is to be sent after it was. ``now`` is monotonic seconds, ``at`` nanoseconds UTC.

    :param numbers: the session's; the next one is used up with each new message
    :param timers: the session's; they are told of each message
    """

    def __init__(self, settings: SessionSettings, numbers: Numbers, timers: Timers) -> None:
        header: list[Field] = [
            (tag, value)
            for tag, value in (
                (50, settings.sender_sub_id),
                (57, settings.target_sub_id),
                (142, settings.sender_location_id),
                (143, settings.target_location_id),
            )
            if value
        ]
        self.precision: Precision = settings.precision
        self.changes: list[Change] = []
        self.chunks: list[bytes] = []
        self._numbers = numbers
        self._timers = timers
        self._persist = settings.persist
        self._encoder = Encoder(
            settings.begin_string,
            settings.sender,
            settings.target,
            settings.precision,
            header=header,
            order=settings.field_order,
        )

    def administrative(self, outgoing: Outgoing, now: float, at: int) -> int:
        """A message of the session's own: it takes a number, and is never resent.

        :raises barterpy.protocols.fix.errors.FieldInvalid: a value that cannot be sent; no number is used
        """
        return self.application(outgoing, now, at, keep=False)

    def application(self, outgoing: Outgoing, now: float, at: int, *, keep: bool = True) -> int:
        """A message of the application's.

        :param keep: whether it may be resent
        :raises barterpy.protocols.fix.errors.FieldInvalid: a value that cannot be sent; no number is used
        """
        numbers = self._numbers
        seq = numbers.next_out
        raw = self._encoder.encode(outgoing, seq, at)
        numbers.next_out = following = 0 if seq == numbers.wrap else seq + 1
        self.changes.append(Sent(seq, raw if keep and self._persist else b"", following))
        self.chunks.append(raw)
        self._timers.last_sent = now
        return seq

    def again(self, outgoing: Outgoing, seq: int, original_time: bytes, now: float, at: int) -> None:
        """A message under the number it had (FIX 4.4 volume 2, "Resend Request": PossDupFlag, OrigSendingTime)."""
        self.chunks.append(self._encoder.encode(outgoing, seq, at, ((43, "Y"), (122, original_time))))
        self._timers.last_sent = now

    def gap_fill(self, begin: int, following: int, now: float, at: int) -> None:
        """Instead of the messages from ``begin`` on: the next one is ``following``. It takes no number of its own."""
        fill = Outgoing("4", ((36, following), (123, "Y")))
        self.again(fill, begin, format_timestamp(at, self.precision), now, at)

    def sequence_reset(self, following: int, now: float, at: int) -> None:
        """Our next number is ``following``, by a SequenceReset in the mode Reset, whose own number means nothing."""
        self.administrative(Outgoing("4", ((36, following), (123, "N"))), now, at)
        last = self.changes.pop()
        assert type(last) is Sent
        self._numbers.next_out = following
        self.changes.append(Sent(last.seq, b"", following))

    def stamp(self, at: int) -> bytes:
        """SendingTime (52) as it is written for that time."""
        return format_timestamp(at, self.precision)

    def take_changes(self) -> list[Change]:
        changes, self.changes = self.changes, []
        return changes

    def take_bytes(self) -> bytes:
        if not self.chunks:
            return b""
        chunks: Sequence[bytes]
        chunks, self.chunks = self.chunks, []
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)
