"""When a synchroniser asks for a snapshot, how often, and how long it waits for one."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import TypeAlias

from barterpy.backoff import Attempts
from barterpy.clock import SECOND
from barterpy.errors import BarterError
from barterpy.sync.policy import SyncPolicy
from barterpy.transformer import Directive

__all__ = ["Ask", "SnapshotRequests"]

Ask: TypeAlias = Callable[[float], Directive | Sequence[Directive]]
"""Makes the directives that ask for a snapshot so many seconds from now."""


class SnapshotRequests:
    """The requests for snapshots of one book, with time as an argument (int nanoseconds UTC).

    A snapshot that is fetched aside is asked for at once, with the delay in its directive, and fails by an error. One
    that comes on the stream is asked for when its time has come, and is missed when it does not come within a bound.
    """

    __slots__ = ("_answer_by", "_ask", "_ask_at", "_attempts", "_policy", "_streamed")

    def __init__(self, ask: Ask, policy: SyncPolicy, *, streamed: bool) -> None:
        self._ask = ask
        self._policy = policy
        self._streamed = streamed
        self._attempts = Attempts(policy.backoff)
        self._ask_at: int | None = None
        self._answer_by: int | None = None

    @property
    def attempts(self) -> int:
        """How many were made in a row."""
        return self._attempts.count

    def deadline(self) -> int | None:
        """When :meth:`due` or :meth:`missed` has something to say; None for never."""
        return self._answer_by if self._ask_at is None else self._ask_at

    def restart(self) -> None:
        """Nothing is under way, and attempts are counted anew."""
        self._attempts = Attempts(self._policy.backoff)
        self.stop()

    def stop(self) -> None:
        """Nothing is under way any more."""
        self._ask_at = self._answer_by = None

    def settled(self, now: int) -> None:
        """A snapshot was of use; the attempts are forgotten if it stays so."""
        self.stop()
        self._attempts.connected(now)

    def subscribed(self, now: int) -> list[Directive]:
        """The first snapshot: by subscribing, where it comes on the stream."""
        if not self._streamed:
            return self.send(0.0, now)
        self._answer_by = now + self._patience()
        return []

    def send(self, delay: float, now: int) -> list[Directive]:
        """Ask ``delay`` seconds from now."""
        if self._streamed:
            if delay > 0:
                self._ask_at, self._answer_by = now + ceil(delay * SECOND), None
                return []
            self._ask_at, self._answer_by = None, now + self._patience()
        directives = self._ask(delay)
        return [directives] if isinstance(directives, Directive) else list(directives)

    def again(self, now: int, error: BarterError | None = None) -> list[Directive] | None:
        """An attempt has failed: the next one, or None when there were enough."""
        delay = self._attempts.failed(now, 0.0, None if error is None else error.retry_after)
        return None if delay is None else self.send(delay, now)

    def due(self, now: int) -> bool:
        """Whether it is time to ask."""
        return self._ask_at is not None and now >= self._ask_at

    def missed(self, now: int) -> bool:
        """Whether a snapshot should have come by now. Told once."""
        if self._answer_by is None or now < self._answer_by:
            return False
        self._answer_by = None
        return True

    def _patience(self) -> int:
        return ceil(self._policy.snapshot_timeout * SECOND)
