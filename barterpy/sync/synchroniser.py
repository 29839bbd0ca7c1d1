"""What every synchroniser is: it finds out what happened, by the venue's rule, and does what the table says.

Of what it does there is :mod:`barterpy.sync.recovery`; the two kinds are :mod:`barterpy.sync.books`, of levels, and
:mod:`barterpy.sync.orders`, of single orders.
"""

from typing import Any, Final, TypeVar

from barterpy.errors import BarterError, BookError, RequestRejected
from barterpy.sync.copy import Change, Copy, Whole
from barterpy.sync.recovery import CHECKSUM, Outputs, Recovery
from barterpy.sync.transitions import SyncAction, SyncInput, SyncState

__all__ = ["Synchroniser"]

U = TypeVar("U", bound=Change)
S = TypeVar("S", bound=Whole)
E = TypeVar("E")
C = TypeVar("C", bound=Copy[Any, Any, Any])

_SYNCED: Final = SyncState.SYNCED


class Synchroniser(Recovery[U, S, E, C]):
    """One instrument's book, in step with its venue; see :class:`~barterpy.sync.BookSynchroniser` for levels and
    :class:`~barterpy.sync.OrdersSynchroniser` for orders.

    ``state`` and ``last_id`` say where it is, ``epoch`` the life of the connection it is on.

    Each method takes the time of what happened (int nanoseconds UTC) and returns what to emit, in order. The first
    join emits a snapshot and the updates behind it; after a Gap it is Resynced, snapshot and the updates. A book whose
    first snapshot cannot be had begins with a Gap that says why, as soon as one attempt at it has failed. Updates a
    snapshot already holds are never emitted. When attempts at a valid book are used up, the last thing is BookFailed;
    with :attr:`SyncPolicy.on_failure` ``"raise"`` the methods raise :class:`~barterpy.errors.BookError` instead.
    """

    epoch: int
    last_id: int | None

    # What happens.

    def on_reset(self, epoch: int, now: int) -> Outputs[E]:
        """A new connection, number ``epoch``, began: what was valid on the last one is not any more."""
        self.epoch = epoch
        # A replay has no clock: its time is that of the messages.
        now = max(now, self._latest())
        lost = self._step(SyncInput.RESET) is SyncAction.LOSE and self._believed
        self._buffer.clear()
        self._requests.restart()
        return [self._gap("reconnected", None, now)] if lost else []

    def on_start(self, now: int) -> Outputs[E]:
        """The venue confirmed the subscription; a quiet instrument need not wait for its first change."""
        self._seen_at = now
        return self._requests.subscribed(now) if self._step(SyncInput.START) is SyncAction.ASK else []

    def on_update(self, update: U, received_at: int) -> Outputs[E]:
        """Changes came."""
        return self._on_update(update, received_at)

    def _on_update(self, update: U, received_at: int) -> Outputs[E]:
        self._seen_at = received_at
        if self.state is not _SYNCED:
            return self._wait(update, received_at)
        last_id = self.last_id
        assert last_id is not None
        verdict = self._judge(update, last_id, joined=self._joined)
        if verdict is SyncInput.STALE and self._renumbered(update, last_id):
            return self._broken(SyncInput.BREAK, "the venue's numbers went back", received_at, update)
        if verdict is not SyncInput.NEXT:
            return self._broken(verdict, "an update is missing", received_at, update)
        # The pair (SYNCED, NEXT) is not looked up in the table: it stays where it is.
        copy = self._copy
        try:
            event = copy.apply(update, received_at, self.epoch)
        except BookError as error:
            return self._broken(SyncInput.BREAK, error.reason, received_at, update)
        if not copy.intact(update.checksum):
            return self._broken(SyncInput.BREAK, CHECKSUM, received_at, update)
        return self._applied(update, event, received_at, crossed=copy.crossed())

    def on_snapshot(self, snapshot: S, received_at: int, *, streamed: bool | None = None) -> Outputs[E]:
        """A snapshot came: the answer to what was asked, or, ``streamed``, in its place among the updates.

        An answer is only wanted while the book is not valid. A streamed snapshot replaces everything at any time: what
        came before it is older. None is what the constructor said.
        """
        self._seen_at = received_at
        if self._streamed if streamed is None else streamed:
            if self.state is _SYNCED and self._repeated(snapshot):
                self._step(SyncInput.STALE)
                return []
            self._buffer.clear()
        elif self.state is not SyncState.SYNCING:
            self._step(SyncInput.LATE)
            return []
        outputs = self._join(snapshot, received_at)
        if isinstance(outputs, str):
            action = self._step(SyncInput.MISFIT)
            if action is SyncAction.BREAK_AND_RETRY:
                return self._break(outputs, snapshot.last_id, received_at)
            return self._retry(outputs, received_at, usual=True) if action is SyncAction.RETRY else []
        self._step(SyncInput.JOINED)
        self._requests.settled(received_at)
        return outputs

    def on_checksum(self, checksum: int, received_at: int) -> Outputs[E]:
        """A checksum came in a message of its own: that of the book as it is now."""
        self._seen_at = received_at
        if self.state is not _SYNCED or self._copy.intact(checksum):
            return []
        return self._broken(SyncInput.BREAK, CHECKSUM, received_at)

    def on_gap(self, reason: str, received_at: int, following: int | None = None) -> Outputs[E]:
        """Something else found that messages are missing, which may have been this book's: a
        :class:`~barterpy.sync.counter.MessageCounter`, or a frame that could not be understood.

        :param following: the venue's number behind the hole
        """
        self._seen_at = received_at
        return self._broken(SyncInput.LOST, reason, received_at, following=following)

    def on_error(self, error: BarterError, received_at: int) -> Outputs[E]:
        """Asking for a snapshot failed. An error that no attempt can mend ends it at once."""
        self._seen_at = received_at
        if self._step(SyncInput.ERROR) is not SyncAction.RETRY:
            return []
        if error.fatal or isinstance(error, RequestRejected):
            return self._exhausted(f"no snapshot: {error}", received_at, error)
        return self._retry(f"no snapshot: {error}", received_at, error)

    def next_deadline(self) -> int | None:
        """When :meth:`on_deadline` has something to do, int nanoseconds UTC; None for never."""
        asking = self._requests.deadline()
        crossed = self._crossing.deadline() if self.state is _SYNCED else None
        if asking is None or crossed is None:
            return crossed if asking is None else asking
        return min(asking, crossed)

    def on_deadline(self, now: int) -> Outputs[E]:
        """The time that :meth:`next_deadline` gave has come."""
        if self._requests.due(now):
            return self._requests.send(0.0, now)
        if self._requests.missed(now):
            if self._step(SyncInput.TIMEOUT) is SyncAction.RETRY:
                return self._retry(f"no snapshot within {self._policy.snapshot_timeout:g} s", now)
            return []
        if self.state is _SYNCED and self._crossing.lasted(now):
            return self._broken(SyncInput.TIMEOUT, "the book stayed crossed", now)
        return []

    def _latest(self) -> int:
        """When something came last."""
        return self._seen_at

    def _applied(self, update: U, event: E | None, received_at: int, *, crossed: bool) -> Outputs[E]:
        """An update that follows was applied."""
        if crossed:
            if self._crossing.too_long(received_at):
                return self._broken(SyncInput.BREAK, "the book is crossed", received_at, update)
        elif self._crossing.since is not None:
            self._crossing.begin(None)
        self.last_id = update.last_id
        self._joined = True
        self._stale = 0
        self._quick = self._short and not crossed
        return () if event is None else (event,)

    def _repeated(self, snapshot: S) -> bool:
        last_id, supersedes = self.last_id, getattr(self._rule, "supersedes", None)
        if supersedes is None or last_id is None or supersedes(snapshot, last_id):
            return False
        return snapshot.last_id == last_id or not self._outdated()

    def _renumbered(self, update: U, last_id: int) -> bool:
        return update.last_id != last_id and self._outdated()

    def _outdated(self) -> bool:
        # Old messages in a row: so many that the venue must have begun to count anew.
        self._stale += 1
        return self._stale > self._policy.stale
