"""The buffer that makes room by forgetting the oldest data, and tells of each book that this has spoilt."""

from collections.abc import Sequence
from typing import Any, TypeAlias, TypeVar, cast

from barterpy.events import Gap, Resynced
from barterpy.flow.buffer import LIFECYCLE, Buffer, Source
from barterpy.flow.policy import FlowPolicy
from barterpy.model.market import BookDelta, BookSnapshot, OrdersDelta, OrdersSnapshot

__all__ = ["DroppingBuffer"]

Out = TypeVar("Out")

_BookEvent: TypeAlias = BookDelta[Any] | BookSnapshot[Any] | OrdersDelta[Any] | OrdersSnapshot[Any]
_REASON = "the consumer is too slow: updates of the book were dropped"


class DroppingBuffer(Buffer[Out]):
    """Drops the oldest data when it is full; see :class:`~barterpy.flow.policy.FlowPolicy`.

    Where an event of a book is dropped, a :class:`~barterpy.events.Gap` of the instrument takes its place among what
    stays (unless the consumer has been told and knows nothing newer), with the time of the event that was dropped.

    What may not be dropped does not take room from the data: up to ``size`` events of the lifecycle, and a gap for each
    book, may wait on top of it. Connections wait when it is more.
    """

    held: int
    high_water: int
    dropped: int

    def __init__(self, policy: FlowPolicy) -> None:
        super().__init__(policy)
        # The front of the buffer: what could not be dropped of the batches trimmed so far, in order.
        self._kept: list[Any] = []
        self._kept_events = 0  # of them, those which are not gaps of our own
        # Books whose last word, in the order of handing over, is a gap of ours.
        self._spoilt: set[tuple[str, str]] = set()

    def put_error(self, error: Exception) -> None:
        super().put_error(error)
        # What is sealed may hold newer words about them; telling a gap once too often does no harm.
        self._spoilt.clear()

    def take(self, now: int) -> Sequence[Out] | None:
        batch = super().take(now)
        if batch is not None and self._spoilt:
            for event in batch:
                if isinstance(event, (BookSnapshot, Resynced)):
                    self._spoilt.discard((event.venue, event.instrument))
        return batch

    def _full(self, batch: Sequence[Out], source: Source) -> bool:
        sealed = sum(len(item) for item in self._sealed if not isinstance(item, Exception))
        if self._kept_events + sealed >= self._size:
            return False
        self._batches.append((source, batch))
        self.held += len(batch)
        while self._excess() > 0 and self._batches:
            origin, oldest = self._batches.popleft()
            rest = self._trim(origin, oldest)
            if rest:
                self._batches.appendleft((origin, rest))
        self.high_water = max(self.high_water, self.held)
        return True

    def _next(self) -> Sequence[Out] | None:
        batch = super()._next()
        if self._kept:
            kept, self._kept, self._kept_events = self._kept, [], 0
            return kept if batch is None else [*kept, *batch]
        return batch

    def _trim(self, source: Source, batch: Sequence[Out]) -> Sequence[Out]:
        """Drop from the front of a batch until there is room, and give what is left of it."""
        for index, event in enumerate(batch):
            if self._excess() <= 0:
                return batch[index:]
            if type(event) in LIFECYCLE:
                self._kept.append(event)
                self._kept_events += 1
                if isinstance(event, Resynced):
                    self._spoilt.discard((event.venue, event.instrument))
                continue
            self.held -= 1
            self.dropped += 1
            self._lose(source)
            if isinstance(event, (BookDelta, BookSnapshot, OrdersDelta, OrdersSnapshot)):
                self._spoil(cast("_BookEvent", event))
        return ()

    def _excess(self) -> int:
        return self.held - len(self._kept) - self._size

    def _spoil(self, event: _BookEvent) -> None:
        book = (event.venue, event.instrument)
        if book in self._spoilt:
            return
        self._spoilt.add(book)
        self.held += 1
        self._kept.append(
            Gap(
                venue=event.venue,
                instrument=event.instrument,
                epoch=event.epoch,
                received_at=event.received_at,
                reason=_REASON,
            )
        )
