"""How long a book may be crossed before it is not believed any more."""

from math import ceil, isfinite

from barterpy.clock import SECOND
from barterpy.sync.policy import SyncPolicy

__all__ = ["Crossing"]


class Crossing:
    """Since when, and for how many updates, a book has been crossed; time is an argument (int nanoseconds UTC).

    A book is too long crossed when neither :attr:`SyncPolicy.crossed_updates` nor
    :attr:`SyncPolicy.crossed_seconds` allows it any more.
    """

    __slots__ = ("_policy", "_updates", "since")

    def __init__(self, policy: SyncPolicy) -> None:
        self._policy = policy
        self._updates = 0
        self.since: int | None = None
        """When it became crossed; None while it is not."""

    @property
    def tolerated(self) -> bool:
        """Whether a book may be crossed at all."""
        return self._policy.crossed_seconds > 0 or self._policy.crossed_updates > 0

    def begin(self, now: int | None) -> None:
        """A book begins, crossed since ``now``; None for one that is not."""
        self.since, self._updates = now, 0

    def too_long(self, now: int) -> bool:
        """An update left the book crossed: whether that is one too many."""
        if self.since is None:
            self.begin(now)
        assert self.since is not None
        self._updates += 1
        policy = self._policy
        return self._updates > policy.crossed_updates and now - self.since >= policy.crossed_seconds * SECOND

    def deadline(self) -> int | None:
        """When a book that nothing changes has been crossed for too long; None for never."""
        if self.since is None or not isfinite(self._policy.crossed_seconds):
            return None
        return self.since + ceil(self._policy.crossed_seconds * SECOND)

    def lasted(self, now: int) -> bool:
        """Whether that time has come."""
        return self.since is not None and now - self.since >= self._policy.crossed_seconds * SECOND
