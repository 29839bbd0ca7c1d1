"""The book of levels as the consumer has it: every change passes here before it is emitted, and comes out as it has to
be said.

Two things make what is said differ from what the venue sent. A venue that sends its best levels only does not say
which ones fell out at the bottom: they are taken away in the same delta, so a consumer's book holds what the venue's
does without knowing the depth. A venue whose book may be crossed means another one: what is said is its uncrossed view.
"""

from typing import Generic

import msgspec

from barterpy.errors import ConfigurationError
from barterpy.model.market import BookDelta, BookSnapshot, Level
from barterpy.model.number import N
from barterpy.orderbook import OrderBook
from barterpy.sync.checksums import Checksum, level_texts
from barterpy.sync.sequence import DepthSnapshot, DepthUpdate
from barterpy.sync.uncrossing import UncrossedBook

__all__ = ["Replica", "ReplicaPlan"]


class ReplicaPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is done to the changes of a book, and said of them. See :class:`~barterpy.sync.BookSynchroniser`."""

    venue: str
    instrument: str
    numbered: bool = True
    depth: int | None = None
    uncross: bool = False
    checksum: Checksum | None = None

    def __post_init__(self) -> None:
        if self.depth is not None and self.depth < 1:
            raise ConfigurationError(f"depth is a number of levels from 1, not {self.depth}")
        if self.uncross and (self.depth is not None or self.checksum is not None):
            raise ConfigurationError("an uncrossed book is a view of ours: neither depth nor checksum is the venue's")

    @property
    def plain(self) -> bool:
        """Whether what is said is what the venue sent."""
        return self.depth is None and not self.uncross and self.checksum is None


class Replica(Generic[N]):
    """One life of a book, from a snapshot to the next. ``book`` is what the consumer has."""

    __slots__ = ("_plan", "_raw", "book")

    def __init__(self, plan: ReplicaPlan) -> None:
        self.book: OrderBook[N] = OrderBook(plan.instrument, venue=plan.venue)
        self._plan = plan
        self._raw: UncrossedBook[N] | None = None

    def load(self, snapshot: DepthSnapshot[N], received_at: int, epoch: int) -> BookSnapshot[N]:
        """Begin with this snapshot; returns it as it is to be emitted."""
        plan = self._plan
        bids, asks = snapshot.bids, snapshot.asks
        if plan.uncross:
            self._raw = UncrossedBook()
            self._raw.replace(bids, asks, snapshot.last_id)
            bids, asks = self._raw.levels()
        whole: BookSnapshot[N] = BookSnapshot(
            venue=plan.venue,
            instrument=plan.instrument,
            bids=bids,
            asks=asks,
            exchange_at=snapshot.exchange_at,
            received_at=received_at,
            epoch=epoch,
            sequence=snapshot.last_id if plan.numbered else None,
        )
        self.book.apply_snapshot(whole)
        if plan.depth is None:
            return whole
        self.book.trim(plan.depth)
        return msgspec.structs.replace(
            whole, bids=tuple(self.book.bids()), asks=tuple(self.book.asks()), depth=plan.depth
        )

    def apply(self, update: DepthUpdate[N], received_at: int, epoch: int) -> BookDelta[N] | None:
        """Apply these changes; returns them as they are to be emitted, None if the consumer has nothing to change."""
        plan = self._plan
        bids, asks = update.bids, update.asks
        if self._raw is not None:
            bids, asks = self._raw.update(bids, asks, update.last_id)
            if not bids and not asks:
                return None
        delta: BookDelta[N] = BookDelta(
            venue=plan.venue,
            instrument=plan.instrument,
            bids=bids,
            asks=asks,
            exchange_at=update.exchange_at,
            received_at=received_at,
            epoch=epoch,
            sequence=update.last_id if plan.numbered else None,
        )
        self.book.advance(delta)
        if plan.depth is None:
            return delta
        fallen_bids, fallen_asks = self.book.trim(plan.depth)
        if not fallen_bids and not fallen_asks:
            return delta
        return msgspec.structs.replace(delta, bids=bids + _gone(fallen_bids), asks=asks + _gone(fallen_asks))

    def intact(self, checksum: int | None) -> bool:
        """Whether the book has the checksum the venue says; True where it says none, or none is computed."""
        how = self._plan.checksum
        if how is None or checksum is None:
            return True
        bids, asks = level_texts(self.book.bids(how.depth)), level_texts(self.book.asks(how.depth))
        return how.compute(bids, asks) == checksum

    def crossed(self) -> bool:
        """Whether the book is crossed."""
        return self.book.crossed()

    def invalidate(self, reason: str) -> None:
        """The book refuses to be read from here on."""
        self.book.invalidate(reason)


def _gone(prices: list[N]) -> tuple[Level[N], ...]:
    return tuple(Level(price, price - price) for price in prices)
