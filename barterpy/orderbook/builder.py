"""The transformer that keeps a book for each instrument it hears of."""

from collections.abc import Iterable, Sequence
from typing import Any, Generic, cast

from barterpy.errors import LimitExceeded
from barterpy.events import BookFailed, Disconnected, Gap
from barterpy.model.market import BookDelta, BookSnapshot
from barterpy.model.number import N
from barterpy.orderbook.book import OrderBook

__all__ = ["BookBuilder"]


class BookBuilder(Generic[N]):
    """Keeps the books of all instruments it sees: book events in, the changed book out.

    What it yields is the live book, shared and changed by later events: take :meth:`OrderBook.snapshot` to keep it. A
    book comes out after each snapshot and delta, and once when it stops being valid; ask :attr:`OrderBook.valid`.
    Events that are not about books are ignored, as are deltas of a book that is not valid.

    :param max_depth: see :class:`OrderBook`
    :param max_books: books it keeps at most
    """

    def __init__(self, *, max_depth: int | None = None, max_books: int = 10_000) -> None:
        self.books: dict[tuple[str, str], OrderBook[N]] = {}
        """Every book by venue and instrument."""
        self._max_depth = max_depth
        self._max_books = max_books
        self._suspended: set[tuple[str, str]] = set()

    def transform(self, message: object, received_at: int, /) -> Iterable[OrderBook[N]]:
        """The books this event changed.

        :raises barterpy.errors.LimitExceeded: more than ``max_books`` instruments
        """
        if isinstance(message, BookDelta):
            return self._delta(cast("BookDelta[N]", message))
        if isinstance(message, BookSnapshot):
            return self._snapshot(cast("BookSnapshot[N]", message))
        if isinstance(message, Gap):
            return self._gap(message)
        if isinstance(message, Disconnected):
            return self._disconnected(message)
        if isinstance(message, BookFailed):
            return self._failed(message)
        return ()

    def save_state(self) -> Any:
        return [(book.peek(), book.reason, key in self._suspended) for key, book in self.books.items()]

    def restore_state(self, state: Any) -> None:
        self.books.clear()
        self._suspended.clear()
        for snapshot, reason, suspended in state:
            (book,) = self._snapshot(snapshot)
            book.reason = reason
            if suspended:
                self._suspended.add((snapshot.venue, snapshot.instrument))

    def _delta(self, delta: BookDelta[N]) -> Iterable[OrderBook[N]]:
        key = (delta.venue, delta.instrument)
        book = self.books.get(key)
        if book is None:
            return ()
        if book.reason is not None:
            if key not in self._suspended or delta.epoch != book.epoch:
                return ()
            # Some connection of the venue ended in this epoch and it was not this book's, or nothing would have
            # followed on it: what the book holds is whole.
            self._suspended.discard(key)
            book.reason = None
        book.apply_delta(delta)
        return (book,)

    def _snapshot(self, snapshot: BookSnapshot[N]) -> Sequence[OrderBook[N]]:
        key = (snapshot.venue, snapshot.instrument)
        book = self.books.get(key)
        if book is None:
            if len(self.books) >= self._max_books:
                raise LimitExceeded("max_books", self._max_books, len(self.books) + 1)
            book = self.books[key] = OrderBook(snapshot.instrument, venue=snapshot.venue, max_depth=self._max_depth)
        self._suspended.discard(key)
        book.apply_snapshot(snapshot)
        return (book,)

    def _gap(self, gap: Gap) -> Iterable[OrderBook[N]]:
        return self._invalidate((gap.venue, gap.instrument), f"gap: {gap.reason}")

    def _failed(self, event: BookFailed) -> Iterable[OrderBook[N]]:
        return self._invalidate((event.venue, event.instrument), f"failed: {event.reason}")

    def _invalidate(self, key: tuple[str, str], reason: str) -> Iterable[OrderBook[N]]:
        self._suspended.discard(key)
        book = self.books.get(key)
        if book is None or book.reason is not None:
            return ()
        book.invalidate(reason)
        return (book,)

    def _disconnected(self, event: Disconnected) -> Iterable[OrderBook[N]]:
        # The event does not say which instruments its connection carried; a venue may have several connections. Each
        # book of this epoch is in doubt until a delta of the same epoch shows that its connection still lives.
        ended: list[OrderBook[N]] = []
        if event.replaced_by:
            return ended
        for key, book in self.books.items():
            if book.venue == event.venue and book.epoch == event.epoch and book.reason is None:
                book.invalidate(f"disconnected: {event.reason}")
                self._suspended.add(key)
                ended.append(book)
        return ended
