"""How Deribit chains the changes of a book ("Notifications", book channel, 2026-09).

The first message of a subscription is the whole book; each change names in ``prev_change_id`` the ``change_id`` it
follows. One that does not follow means that something is missing: the channel is unsubscribed and subscribed again,
which brings a new snapshot. There is no checksum.
"""

from typing import Final

from barterpy.sync import Chained

__all__ = ["RULE"]

RULE: Final = Chained()
"""The first change names the snapshot, every other the one before it."""
