"""How Deribit chains the changes of a book ("Notifications", book channel, 2026-09).

The first message of a subscription is the whole book; each change names in ``prev_change_id`` the ``change_id`` it
follows. One that does not follow means that something is missing: the channel is unsubscribed and subscribed again,
which brings a new snapshot. There is no checksum.
"""

from barterpy.model.number import N
from barterpy.sync import DepthSnapshot, DepthUpdate

__all__ = ["ChainRule"]


class ChainRule:
    """A change follows the one it names: a :class:`barterpy.sync.SequenceRule`."""

    def snapshot_too_old(self, snapshot: DepthSnapshot[N], first_buffered: DepthUpdate[N], /) -> bool:
        previous = first_buffered.previous_id
        return previous is not None and snapshot.last_id < previous

    def stale(self, update: DepthUpdate[N], last_id: int, /) -> bool:
        return update.last_id <= last_id

    def joins(self, update: DepthUpdate[N], last_id: int, /) -> bool:
        return update.previous_id == last_id

    def follows(self, update: DepthUpdate[N], last_id: int, /) -> bool:
        return update.previous_id == last_id
