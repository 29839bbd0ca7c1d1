"""How Binance numbers the changes of a book: two rules, one a market.

Ids count changes; an update covers ``U`` to ``u``. Spot's updates follow each other without a hole between them; on
futures the ids in between belong to other instruments, and ``pu`` names the update before.
"""

from typing import ClassVar, Final

from barterpy.sync import Numbered, NumberedSnapshot, SequenceRule
from barterpy.venues.binance.endpoints import Market

__all__ = ["RULES", "FuturesRule", "SpotRule"]


class SpotRule:
    """ "How to manage a local order book correctly", spot documentation as corrected on 2025-11-12."""

    link: ClassVar[str] = "first_id"

    def snapshot_too_old(self, snapshot: NumberedSnapshot, first_buffered: Numbered, /) -> bool:
        # Step 3: lastUpdateId "strictly less than the U" of the first event: get another snapshot.
        return snapshot.last_id < first_buffered.first_id

    def stale(self, update: Numbered, last_id: int, /) -> bool:
        # Step 4: discard where u <= lastUpdateId.
        return update.last_id <= last_id

    def joins(self, update: Numbered, last_id: int, /) -> bool:
        # Step 4: the first one left has the id after the snapshot's within [U, u].
        return update.first_id <= last_id + 1 <= update.last_id

    def follows(self, update: Numbered, last_id: int, /) -> bool:
        # Step 6: U above the local id + 1 means that events were missed.
        return update.first_id <= last_id + 1


class FuturesRule:
    """ "How to manage a local order book correctly", USD-M futures documentation of 2026-09-15."""

    link: ClassVar[str] = "previous_id"

    def snapshot_too_old(self, snapshot: NumberedSnapshot, first_buffered: Numbered, /) -> bool:
        return snapshot.last_id < _begin(first_buffered)

    def stale(self, update: Numbered, last_id: int, /) -> bool:
        # Step 4: drop where u is strictly less than lastUpdateId: the one that ends there is the one that joins.
        return update.last_id < last_id

    def joins(self, update: Numbered, last_id: int, /) -> bool:
        # Step 5: U <= lastUpdateId and u >= lastUpdateId. An id between pu and U joins as well: no change of this
        # instrument lies there.
        return _begin(update) <= last_id <= update.last_id

    def follows(self, update: Numbered, last_id: int, /) -> bool:
        # Step 6: pu equals the u of the event before.
        return update.previous_id == last_id


def _begin(update: Numbered) -> int:
    if update.previous_id is None:
        return update.first_id
    return min(update.first_id, update.previous_id)


RULES: Final[dict[Market, SequenceRule]] = {Market.SPOT: SpotRule(), Market.FUTURES: FuturesRule()}
