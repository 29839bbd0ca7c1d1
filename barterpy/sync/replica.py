"""The book as the consumer has it: every change passes here before it is emitted, and comes out as it has to be said.

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
from barterpy.sync.uncrossing import UncrossedBook

__all__ = ["Replica", "ReplicaPlan"]


class ReplicaPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is done to the changes of a book. See :class:`~barterpy.sync.BookSynchroniser`."""

    depth: int | None = None
    uncross: bool = False
    checksum: Checksum | None = None

    def __post_init__(self) -> None:
        if self.depth is not None and self.depth < 1:
            raise ConfigurationError(f"depth is a number of levels from 1, not {self.depth}")
        if self.uncross and (self.depth is not None or self.checksum is not None):
            raise ConfigurationError("an uncrossed book is a view of ours: neither depth nor checksum is the venue's")


class Replica(Generic[N]):
    """One life of a book, from a snapshot to the next. ``book`` is what the consumer has."""

    __slots__ = ("_plan", "_raw", "book")

    def __init__(self, plan: ReplicaPlan, book: OrderBook[N]) -> None:
        self.book: OrderBook[N] = book
        self._plan = plan
        self._raw: UncrossedBook[N] | None = None

    def load(self, snapshot: BookSnapshot[N], offset: int) -> BookSnapshot[N]:
        """Begin with this snapshot; returns it as it is to be emitted."""
        if self._plan.uncross:
            self._raw = UncrossedBook()
            self._raw.replace(snapshot.bids, snapshot.asks, offset)
            bids, asks = self._raw.levels()
            snapshot = msgspec.structs.replace(snapshot, bids=bids, asks=asks)
        self.book.apply_snapshot(snapshot)
        if self._plan.depth is None:
            return snapshot
        self.book.trim(self._plan.depth)
        return msgspec.structs.replace(
            snapshot, bids=tuple(self.book.bids()), asks=tuple(self.book.asks()), depth=self._plan.depth
        )

    def apply(self, delta: BookDelta[N], offset: int) -> BookDelta[N] | None:
        """Apply these changes; returns them as they are to be emitted, None if the consumer has nothing to change."""
        if self._raw is not None:
            bids, asks = self._raw.update(delta.bids, delta.asks, offset)
            if not bids and not asks:
                return None
            delta = msgspec.structs.replace(delta, bids=bids, asks=asks)
        self.book.apply_delta(delta)
        if self._plan.depth is None:
            return delta
        fallen_bids, fallen_asks = self.book.trim(self._plan.depth)
        if not fallen_bids and not fallen_asks:
            return delta
        return msgspec.structs.replace(
            delta, bids=delta.bids + _gone(fallen_bids), asks=delta.asks + _gone(fallen_asks)
        )

    def intact(self, expected: int | None) -> bool:
        """Whether the book has the checksum the venue says; True where it says none, or none is computed."""
        checksum = self._plan.checksum
        if checksum is None or expected is None:
            return True
        bids, asks = level_texts(self.book.bids(checksum.depth)), level_texts(self.book.asks(checksum.depth))
        return checksum.compute(bids, asks) == expected


def _gone(prices: list[N]) -> tuple[Level[N], ...]:
    return tuple(Level(price, price - price) for price in prices)
