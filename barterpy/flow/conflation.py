"""The buffer that makes room by merging what waits: of each key the latest, of a book all levels that changed.

Nothing is merged before the buffer is full, so a short burst reaches the consumer as it was. From then on, until the
consumer has taken it, everything that waits is one batch in which each key has one place.
"""

from collections.abc import Hashable, Sequence
from typing import Any, TypeVar

import msgspec

from barterpy.events import Gap, Resynced
from barterpy.flow.buffer import LIFECYCLE, Buffer, Source
from barterpy.flow.policy import FlowPolicy
from barterpy.model.market import BookDelta, BookSnapshot, Level

__all__ = ["ConflatingBuffer"]

Out = TypeVar("Out")


class _Merged:
    """Several deltas of one book as one: of each price the latest size, the rest as the last delta says."""

    __slots__ = ("asks", "bids", "last")

    def __init__(self, first: BookDelta[Any]) -> None:
        self.bids: dict[Any, Level[Any]] = {level[0]: level for level in first.bids}
        self.asks: dict[Any, Level[Any]] = {level[0]: level for level in first.asks}
        self.last = first

    def add(self, delta: BookDelta[Any]) -> None:
        for level in delta.bids:
            self.bids[level[0]] = level
        for level in delta.asks:
            self.asks[level[0]] = level
        self.last = delta

    def delta(self) -> BookDelta[Any]:
        return msgspec.structs.replace(self.last, bids=tuple(self.bids.values()), asks=tuple(self.asks.values()))


class ConflatingBuffer(Buffer[Out]):
    """Merges what waits when it is full; see :class:`~barterpy.flow.policy.FlowPolicy`.

    Order: a key keeps the place of its first event that waits. An event of the lifecycle is a wall: what comes after
    it is not merged into what came before, so a quote of a new connection never stands before its Connected; a Gap and
    a Resynced are walls for their own instrument only. A book's snapshot replaces one of the same depth, unless a delta
    lies between them: then it begins anew, and the deltas after it are merged with each other.
    """

    held: int
    high_water: int
    conflated: int

    def __init__(self, policy: FlowPolicy) -> None:
        super().__init__(policy)
        self._key = policy.key
        self._places: list[Any] = []
        """What waits since the buffer was full; empty as long as nothing had to be merged."""
        self._index: dict[tuple[Any, Any], dict[Hashable, int]] = {}
        """By venue and instrument: where each key has its place."""

    def put(self, batch: Sequence[Out], source: Source = ("", "")) -> bool:
        # Once merging, everything goes the same way until the consumer has caught up, or the order would break.
        return self._full(batch, source) if self._places and batch else super().put(batch, source)

    def _full(self, batch: Sequence[Out], source: Source) -> bool:
        if self._places and self.held >= self._size and not self._replaces(batch):
            return False
        while self._batches:
            origin, waiting = self._batches.popleft()
            self.held -= len(waiting)
            self._insert(waiting, origin)
        self._insert(batch, source)
        self.high_water = max(self.high_water, self.held)
        return True

    def _next(self) -> Sequence[Out] | None:
        if not self._places:
            return super()._next()
        places: list[Any] = [place.delta() if type(place) is _Merged else place for place in self._places]
        self._places = []
        self._index.clear()
        return places

    def _replaces(self, batch: Sequence[Out]) -> bool:
        """Whether every event of the batch takes the place of one that waits, so that nothing grows."""
        for event in batch:
            key = None if type(event) in LIFECYCLE else self._key(event)
            if key is None or self._place(event, key) is None:
                return False
        return True

    def _insert(self, batch: Sequence[Out], source: Source) -> None:
        for event in batch:
            place = self._merge(event)
            if place is None:
                self._places.append(event)
                self.held += 1
            else:
                self.conflated += 1
                self._lose(source)

    def _merge(self, event: Any) -> int | None:
        """Put the event in the place of an earlier one, or note its own place, the next; None where it needs that."""
        if type(event) in LIFECYCLE:
            if isinstance(event, (Gap, Resynced)):
                self._index.pop((event.venue, event.instrument), None)
            else:
                self._index.clear()
            return None
        key = self._key(event)
        if key is None:
            return None
        place = self._place(event, key)
        key = _key_of(event, key)
        if place is None:
            keys = self._index.setdefault(_where(event), {})
            if isinstance(event, BookSnapshot) and _DELTA in keys:
                # What came of the book before must not be changed any more: it comes before this snapshot.
                for old in [old for old in keys if isinstance(old, _BookKey)]:
                    del keys[old]
            keys[key] = len(self._places)
        elif key == _DELTA:
            self._merge_delta(place, event)
        else:
            self._places[place] = event
        return place

    def _place(self, event: Any, key: Hashable) -> int | None:
        """Where an earlier event waits which this one replaces."""
        keys = self._index.get(_where(event))
        if keys is None:
            return None
        if isinstance(event, BookSnapshot) and _DELTA in keys:
            return None
        place = keys.get(_key_of(event, key))
        if place is not None and isinstance(event, (BookDelta, BookSnapshot)):
            waiting = self._places[place]
            epoch = waiting.last.epoch if type(waiting) is _Merged else waiting.epoch
            return place if epoch == event.epoch else None
        return place

    def _merge_delta(self, place: int, delta: BookDelta[Any]) -> None:
        waiting = self._places[place]
        if type(waiting) is not _Merged:
            waiting = self._places[place] = _Merged(waiting)
        waiting.add(delta)


class _BookKey(msgspec.Struct, frozen=True):
    """The book's own key: ``depth`` of a snapshot, -1 for deltas."""

    depth: int | None


_DELTA = _BookKey(-1)


def _key_of(event: Any, key: Hashable) -> Hashable:
    if isinstance(event, BookDelta):
        return _DELTA
    return _BookKey(event.depth) if isinstance(event, BookSnapshot) else key


def _where(event: Any) -> tuple[Any, Any]:
    return getattr(event, "venue", None), getattr(event, "instrument", None)
