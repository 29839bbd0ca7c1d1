"""Books that come over several connections, as one: each delta once, in sequence, from whoever has it first.

Each connection keeps a synchroniser of its own, which joins, checks and resyncs the book by the venue's rule; here
their results are merged. A synchroniser shared by the connections would have to know of each update which connection
it came on and what was missed there, or one lossy connection would break the book of all; and a resync would
stop the others. Apart, a connection that loses its place is resynced alone while the others carry the book, and all
that is needed to merge them is the sequence: a delta says what its levels are after it, so one that reaches beyond the
book fits if its own connection's book was, before it, not ahead of ours.

Where the venue numbers nothing, one connection leads and only its deltas are taken. The books of the others are kept
beside it: when the leader is lost, the consumer is told a gap and given the whole book of another.
"""

from typing import Any

import msgspec

from barterpy.events import Gap, Resynced
from barterpy.model.market import BookDelta, BookSnapshot
from barterpy.orderbook import OrderBook

__all__ = ["MergedBook"]


class MergedBook:
    """One instrument's book, kept by deltas, over several connections."""

    __slots__ = ("_at", "_copies", "_leader", "_lost_at", "sequence")

    def __init__(self) -> None:
        self.sequence: int | None = None
        """The venue's number of what was yielded last; None where it numbers nothing, or while nobody has a book."""
        self._at: dict[str, int | None] = {}
        """The connections which have the book, and the number each has reached."""
        self._copies: dict[str, OrderBook[Any]] = {}
        """Without numbers, the books of the connections that do not lead."""
        self._leader: str | None = None
        """Without numbers, the only connection whose deltas are taken."""
        self._lost_at: int | None = None
        """Since when the consumer knows that nobody has it; None while it believes in a book, or has none yet."""

    def adopt(self, source: str, sequence: int | None) -> None:
        """This connection has been alone, and what it brought was yielded up to here."""
        self.sequence = self._at[source] = sequence
        self._leader = source if sequence is None else None

    def settled(self, source: str) -> bool:
        """Whether nothing but this connection matters: it has reached all that was yielded, or there is no book, and
        the consumer was not told that it waits for one."""
        if source in self._at:
            return self._at[source] == self.sequence
        return not self._at and self._lost_at is None

    @property
    def held(self) -> bool:
        """Whether any connection has the book."""
        return bool(self._at)

    def on_snapshot(self, source: str, snapshot: BookSnapshot[Any]) -> list[Any]:
        """What to yield for a snapshot: nothing if it is behind the book, which it would set back."""
        before, reached = self._at.get(source), snapshot.sequence
        if reached is None:
            if self._leader not in (None, source):
                copy = self._copies[source] = OrderBook(snapshot.instrument, venue=snapshot.venue)
                copy.apply_snapshot(snapshot)
                self._at[source] = None
                return []
            self._leader = source
        elif before is not None and reached < before:
            # The venue counts anew. What the others have reached means nothing beside that.
            self._at.clear()
        elif self.sequence is not None and reached <= self.sequence:
            self._at[source] = reached
            return []
        self._at[source] = self.sequence = reached
        if self._lost_at is None:
            return [snapshot]
        downtime, self._lost_at = max(0, snapshot.received_at - self._lost_at), None
        return [
            Resynced(
                venue=snapshot.venue,
                instrument=snapshot.instrument,
                epoch=snapshot.epoch,
                received_at=snapshot.received_at,
                downtime=downtime,
            ),
            snapshot,
        ]

    def on_delta(self, source: str, delta: BookDelta[Any]) -> bool:
        """Whether to yield a delta: whether it fits and brings something new."""
        if source not in self._at:
            return False
        before, self._at[source] = self._at[source], delta.sequence
        if delta.sequence is None:
            copy = self._copies.get(source)
            if copy is not None:
                copy.apply_delta(delta)
            return source == self._leader
        if self.sequence is None or before is None or before > self.sequence or delta.sequence <= self.sequence:
            return False
        self.sequence = delta.sequence
        return True

    def on_gap(self, source: str, gap: Gap) -> list[Any]:
        """What to yield when a connection lost its place: nothing while another has the book."""
        if not self._at and self._lost_at is None:
            return [gap]  # not about a book of ours
        led = source == self._leader
        return [gap, *self._led_by_another(led, gap.received_at)] if self._lose(source, gap.received_at) else []

    def on_lost(self, source: str, venue: str, instrument: str, epoch: int, now: int) -> list[Any]:
        """What to yield when a connection ended: nothing while another has the book."""
        last, led = self.sequence, source == self._leader
        if not self._lose(source, now):
            return []
        reason = "another connection has the book" if led and self._copies else "no connection has the book"
        gap = Gap(venue=venue, instrument=instrument, epoch=epoch, received_at=now, reason=reason, last=last)
        return [gap, *self._led_by_another(led, now)]

    def _led_by_another(self, led: bool, now: int) -> list[Any]:
        """The whole book of the connection that leads from here on, where there is one."""
        if not led or not self._copies:
            return []
        source, copy = next(iter(self._copies.items()))
        whole = msgspec.structs.replace(copy.snapshot(), received_at=now)
        others = {name: book for name, book in self._copies.items() if name != source}
        told = self.on_snapshot(source, whole)
        self._copies = others
        self._at.update(dict.fromkeys(others))
        return told

    def _lose(self, source: str, now: int) -> bool:
        """Take the book from a connection; whether nobody has it any more, and the consumer has to be told."""
        if source not in self._at:
            return False
        del self._at[source]
        self._copies.pop(source, None)
        # Without numbers no other connection's deltas fit to what the leader yielded.
        if self._at and source != self._leader:
            return False
        self._at.clear()
        self.sequence, self._leader = None, None
        self._lost_at = now
        return True
