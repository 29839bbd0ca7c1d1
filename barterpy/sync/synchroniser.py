"""The synchroniser of one book: finds out what happened, by the venue's rule, and does what the table says."""

from collections import deque
from collections.abc import Callable, Sequence
from math import ceil, isfinite
from typing import Final, Generic, TypeAlias

from barterpy.backoff import Attempts
from barterpy.clock import SECOND
from barterpy.errors import BarterError, BookError, RequestRejected
from barterpy.events import BookFailed, Gap, Resynced
from barterpy.model.market import BookDelta, BookSnapshot
from barterpy.model.number import N
from barterpy.orderbook import OrderBook
from barterpy.sync.checksums import Checksum
from barterpy.sync.policy import SyncPolicy
from barterpy.sync.replica import Replica, ReplicaPlan
from barterpy.sync.sequence import DepthSnapshot, DepthUpdate, SequenceRule
from barterpy.sync.transitions import TRANSITIONS, SyncAction, SyncInput, SyncState
from barterpy.transformer import Directive

__all__ = ["BookSynchroniser", "SyncOutput"]

SyncOutput: TypeAlias = BookSnapshot[N] | BookDelta[N] | Gap | Resynced | BookFailed | Directive

_SYNCED: Final = SyncState.SYNCED
_MISSING: Final = "an update is missing"
_CHECKSUM: Final = "the checksum differs"


class BookSynchroniser(Generic[N]):
    """One instrument's book, in step with its venue.

    :param venue: the venue's name in events
    :param instrument: the instrument's name in events
    :param rule: how the venue numbers changes, see :mod:`barterpy.sync.rules`
    :param ask: makes the directives that ask for a snapshot ``delay`` seconds from now: a
        :class:`~barterpy.transformer.Fetch`, or :class:`~barterpy.transformer.Send` where snapshots come on the stream
    :param streamed: snapshots come on the stream: the first by subscribing, so that it is not asked for; further ones
        by what ``ask(0.0)`` sends, at the time :meth:`next_deadline` says; one that does not come in time is asked for
        again. The transformer passes :meth:`next_deadline` and :meth:`on_deadline` on as its timer
    :param depth: the venue sends its best ``depth`` levels only; what falls out below is taken away by the same delta
    :param uncross: the venue's book may be crossed; what is emitted is the view of it that is not, see
        :class:`~barterpy.sync.uncrossing.UncrossedBook`. The ids of updates are the logical offsets
    :param checksum: how the venue computes the checksum that its messages carry

    ``state`` and ``last_id`` say where it is; ``book`` is the book itself, valid while ``state`` is SYNCED.

    Each method takes the time of what happened (int nanoseconds UTC) and returns what to emit, in order. The first
    join emits a BookSnapshot and the updates behind it; after a Gap it is Resynced, BookSnapshot and the updates.
    Updates a snapshot already holds are never emitted. When attempts at a valid book are used up, the last thing is
    BookFailed; with :attr:`SyncPolicy.on_failure` ``"raise"`` the methods raise
    :class:`~barterpy.errors.BookError` instead.
    """

    def __init__(
        self,
        venue: str,
        instrument: str,
        rule: SequenceRule,
        ask: Callable[[float], Directive | Sequence[Directive]],
        policy: SyncPolicy | None = None,
        *,
        streamed: bool = False,
        depth: int | None = None,
        uncross: bool = False,
        checksum: Checksum | None = None,
    ) -> None:
        self.venue = venue
        self.instrument = instrument
        self.state: SyncState = SyncState.WAITING
        self.last_id: int | None = None
        self.book: OrderBook[N] = OrderBook(instrument, venue=venue)
        self._rule = rule
        self._follows: Callable[[DepthUpdate[N], int], bool] | None = (
            rule.follows if getattr(rule, "direct", False) else None
        )
        self._numbered = not getattr(rule, "unnumbered", False)
        self._supersedes: Callable[[DepthSnapshot[N], int], bool] | None = getattr(rule, "supersedes", None)
        self._ask = ask
        self._policy = policy or SyncPolicy()
        self._streamed = streamed
        self._plan = ReplicaPlan(depth=depth, uncross=uncross, checksum=checksum)
        self._plain = depth is None and not uncross and checksum is None
        self._replica: Replica[N] = Replica(self._plan, self.book)
        self._attempts = Attempts(self._policy.backoff)
        self._buffer: deque[tuple[DepthUpdate[N], int]] = deque()
        self._joined = False
        self._epoch = 1
        self._seen_at = 0
        self._stale = 0
        self._crossed_since: int | None = None
        self._crossed_updates = 0
        self._ask_at: int | None = None
        self._answer_by: int | None = None
        self._believed = False
        """Whether the consumer holds a book it was not told to distrust."""
        self._invalid_since: int | None = None

    # What happens.

    def on_reset(self, epoch: int, now: int) -> Sequence[SyncOutput[N]]:
        """A new connection, number ``epoch``, began: what was valid on the last one is not any more."""
        self._epoch = epoch
        # A replay has no clock: its time is that of the messages.
        now = max(now, self._seen_at)
        lost = self._step(SyncInput.RESET) is SyncAction.LOSE and self._believed
        self._buffer.clear()
        self._attempts = Attempts(self._policy.backoff)
        self._ask_at = self._answer_by = None
        return [self._gap("reconnected", None, now)] if lost else []

    def on_start(self, now: int) -> Sequence[SyncOutput[N]]:
        """The venue confirmed the subscription; a quiet instrument need not wait for its first change."""
        self._seen_at = now
        if self._step(SyncInput.START) is not SyncAction.ASK:
            return []
        if self._streamed:
            self._answer_by = now + self._timeout()
            return []
        return self._asked(0.0, now)

    def on_update(self, update: DepthUpdate[N], received_at: int) -> Sequence[SyncOutput[N]]:
        """Changed levels came."""
        self._seen_at = received_at
        if self.state is not _SYNCED:
            return self._wait(update, received_at)
        last_id = self.last_id
        follows = self._follows
        assert last_id is not None
        if follows is None or not follows(update, last_id):
            verdict = self._judge(update, last_id, joined=self._joined)
            if verdict is SyncInput.STALE and self._renumbered(update, last_id):
                return self._broken(SyncInput.BREAK, "the venue's numbers went back", received_at, update)
            if verdict is not SyncInput.NEXT:
                return self._broken(verdict, _MISSING, received_at, update)
        # The pair (SYNCED, NEXT) is not looked up in the table: it stays where it is. This is the hot path.
        id_ = update.last_id
        delta: BookDelta[N] = BookDelta(
            venue=self.venue,
            instrument=self.instrument,
            bids=update.bids,
            asks=update.asks,
            exchange_at=update.exchange_at,
            received_at=received_at,
            epoch=self._epoch,
            sequence=id_ if self._numbered else None,
        )
        outputs: Sequence[SyncOutput[N]] = (delta,)
        if self._plain:
            crossed = self.book.advance(delta)
        else:
            applied = self._replica.apply(delta, id_)
            if not self._replica.intact(update.checksum):
                return self._broken(SyncInput.BREAK, _CHECKSUM, received_at, update)
            crossed = self.book.crossed()
            outputs = () if applied is None else (applied,)
        if crossed:
            if self._crossed_too_long(received_at):
                return self._broken(SyncInput.BREAK, "the book is crossed", received_at, update)
        elif self._crossed_since is not None:
            self._crossed_since = None
        self.last_id = id_
        self._joined = True
        self._stale = 0
        return outputs

    def on_snapshot(
        self, snapshot: DepthSnapshot[N], received_at: int, *, streamed: bool | None = None
    ) -> Sequence[SyncOutput[N]]:
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
            return self._retry(outputs, received_at) if action is SyncAction.RETRY else []
        self._step(SyncInput.JOINED)
        self._ask_at = self._answer_by = None
        self._attempts.connected(received_at)
        return outputs

    def on_checksum(self, checksum: int, received_at: int) -> Sequence[SyncOutput[N]]:
        """A checksum came in a message of its own: that of the book as it is now."""
        self._seen_at = received_at
        if self.state is not _SYNCED or self._replica.intact(checksum):
            return []
        return self._broken(SyncInput.BREAK, _CHECKSUM, received_at)

    def on_gap(self, reason: str, received_at: int, following: int | None = None) -> Sequence[SyncOutput[N]]:
        """Something else found that messages are missing, which may have been this book's: a
        :class:`~barterpy.sync.counter.MessageCounter`, or a frame that could not be understood.

        :param following: the venue's number behind the hole
        """
        self._seen_at = received_at
        return self._broken(SyncInput.LOST, reason, received_at, following=following)

    def on_error(self, error: BarterError, received_at: int) -> Sequence[SyncOutput[N]]:
        """Asking for a snapshot failed. An error that no attempt can mend ends it at once."""
        self._seen_at = received_at
        if self._step(SyncInput.ERROR) is not SyncAction.RETRY:
            return []
        if error.fatal or isinstance(error, RequestRejected):
            return self._exhausted(f"no snapshot: {error}", received_at, error)
        return self._retry(f"no snapshot: {error}", received_at, error)

    def next_deadline(self) -> int | None:
        """When :meth:`on_deadline` has something to do, int nanoseconds UTC; None for never."""
        times = [time for time in (self._ask_at, self._answer_by) if time is not None]
        if self._crossed_since is not None and self.state is _SYNCED and isfinite(self._policy.crossed_seconds):
            times.append(self._crossed_since + ceil(self._policy.crossed_seconds * SECOND))
        return min(times, default=None)

    def on_deadline(self, now: int) -> Sequence[SyncOutput[N]]:
        """The time that :meth:`next_deadline` gave has come."""
        if self._ask_at is not None and now >= self._ask_at:
            return self._asked(0.0, now)
        if self._answer_by is not None and now >= self._answer_by:
            self._answer_by = None
            if self._step(SyncInput.TIMEOUT) is SyncAction.RETRY:
                return self._retry(f"no snapshot within {self._policy.snapshot_timeout:g} s", now)
            return []
        since = None if self.state is not _SYNCED else self._crossed_since
        if since is not None and now - since >= self._policy.crossed_seconds * SECOND:
            return self._broken(SyncInput.TIMEOUT, "the book stayed crossed", now)
        return []

    # What follows from it.

    def _step(self, happened: SyncInput) -> SyncAction:
        self.state, action = TRANSITIONS[self.state, happened]
        return action

    def _judge(self, update: DepthUpdate[N], last_id: int, *, joined: bool) -> SyncInput:
        rule = self._rule
        if self._follows is not None and rule.follows(update, last_id):
            return SyncInput.NEXT
        if rule.stale(update, last_id) or (joined and update.last_id == last_id):
            return SyncInput.STALE
        # An update that follows the snapshot's id directly leaves nothing out either, though none joins across it.
        if rule.follows(update, last_id) or (not joined and rule.joins(update, last_id)):
            return SyncInput.NEXT
        return SyncInput.BREAK

    def _repeated(self, snapshot: DepthSnapshot[N]) -> bool:
        last_id = self.last_id
        if self._supersedes is None or last_id is None or self._supersedes(snapshot, last_id):
            return False
        return snapshot.last_id == last_id or not self._outdated()

    def _renumbered(self, update: DepthUpdate[N], last_id: int) -> bool:
        return update.last_id != last_id and self._outdated()

    def _outdated(self) -> bool:
        # Old messages in a row: so many that the venue must have begun to count anew.
        self._stale += 1
        return self._stale > self._policy.stale

    def _crossed_too_long(self, now: int) -> bool:
        if self._crossed_since is None:
            self._crossed_since, self._crossed_updates = now, 0
        self._crossed_updates += 1
        policy = self._policy
        return (
            self._crossed_updates > policy.crossed_updates
            and now - self._crossed_since >= policy.crossed_seconds * SECOND
        )

    def _wait(self, update: DepthUpdate[N], received_at: int) -> Sequence[SyncOutput[N]]:
        """An update while the book is not valid."""
        full = self.state is SyncState.SYNCING and len(self._buffer) >= self._policy.buffer
        action = self._step(SyncInput.OVERFLOW if full else SyncInput.UPDATE)
        if action is SyncAction.IGNORE:
            return []
        outputs: list[SyncOutput[N]] = []
        if action is SyncAction.DROP_AND_RETRY:
            self._buffer.clear()
            outputs += self._break("the buffer is full", update.first_id, received_at)
        elif action is SyncAction.BUFFER_AND_ASK:
            outputs += self._asked(0.0, received_at)
        if self.state is not SyncState.FAILED:
            self._buffer.append((update, received_at))
        return outputs

    def _broken(
        self,
        happened: SyncInput,
        reason: str,
        now: int,
        update: DepthUpdate[N] | None = None,
        following: int | None = None,
    ) -> Sequence[SyncOutput[N]]:
        """What the table says to anything that may end a valid book."""
        action = self._step(happened)
        if action not in (SyncAction.DROP, SyncAction.BREAK_AND_RETRY):
            return []
        self._buffer.clear()
        if action is SyncAction.DROP:
            return []
        outputs = self._break(reason, following if update is None else update.first_id, now)
        if update is not None and self.state is not SyncState.FAILED:
            self._buffer.append((update, now))
        return outputs

    def _join(self, snapshot: DepthSnapshot[N], received_at: int) -> list[SyncOutput[N]] | str:
        """What to emit for a snapshot which fits the buffer, or why it does not fit. All or nothing."""
        buffer, rule = self._buffer, self._rule
        if buffer and rule.snapshot_too_old(snapshot, buffer[0][0]):
            return f"snapshot {snapshot.last_id} is older than the first update, {buffer[0][0].first_id}"
        replica: Replica[N] = Replica(self._plan, OrderBook(self.instrument, venue=self.venue))
        whole = replica.load(self._snapshot(snapshot, received_at), snapshot.last_id)
        if not replica.intact(snapshot.checksum):
            return _CHECKSUM
        tolerant = self._policy.crossed_seconds > 0 or self._policy.crossed_updates > 0
        outputs: list[SyncOutput[N]] = []
        last_id, joined, crossed = snapshot.last_id, False, replica.book.crossed()
        for index, (update, at) in enumerate(buffer):
            verdict = self._judge(update, last_id, joined=joined)
            if verdict is SyncInput.BREAK:
                # Whatever snapshot comes next must reach past this break: what is before it will never be needed.
                for _ in range(index):
                    buffer.popleft()
                return f"snapshot {snapshot.last_id} does not reach update {update.first_id}"
            if verdict is SyncInput.NEXT:
                delta = replica.apply(self._delta(update, at), update.last_id)
                if not replica.intact(update.checksum):
                    return _CHECKSUM
                crossed = replica.book.crossed() or (crossed and not tolerant)
                if delta is not None:
                    outputs.append(delta)
                last_id, joined = update.last_id, True
        if crossed and not tolerant:
            return f"snapshot {snapshot.last_id} gives a crossed book"
        buffer.clear()
        self.book, self._replica, self.last_id, self._joined = replica.book, replica, last_id, joined
        self._crossed_since, self._crossed_updates = (received_at, 0) if crossed else (None, 0)
        self._stale = 0
        self._believed = True
        before: list[SyncOutput[N]] = []
        if self._invalid_since is not None:
            before.append(
                Resynced(
                    venue=self.venue,
                    instrument=self.instrument,
                    epoch=self._epoch,
                    received_at=received_at,
                    downtime=received_at - self._invalid_since,
                )
            )
            self._invalid_since = None
        before.append(whole)
        before.extend(outputs)
        return before

    def _timeout(self) -> int:
        return ceil(self._policy.snapshot_timeout * SECOND)

    def _asked(self, delay: float, now: int) -> list[SyncOutput[N]]:
        if self._streamed:
            if delay > 0:
                self._ask_at, self._answer_by = now + ceil(delay * SECOND), None
                return []
            self._ask_at, self._answer_by = None, now + self._timeout()
        directives = self._ask(delay)
        return [directives] if isinstance(directives, Directive) else list(directives)

    def _break(self, reason: str, following: int | None, now: int) -> list[SyncOutput[N]]:
        # Asking first: when that raises, the gap was not told, and the next connection tells it.
        retry: list[SyncOutput[N]] = self._retry(reason, now)
        retry.insert(0, self._gap(reason, following, now))
        return retry

    def _retry(self, reason: str, now: int, error: BarterError | None = None) -> list[SyncOutput[N]]:
        delay = self._attempts.failed(now, 0.0, None if error is None else error.retry_after)
        if delay is None:
            return self._exhausted(reason, now, error)
        return self._asked(delay, now)

    def _exhausted(self, reason: str, now: int, error: BarterError | None) -> list[SyncOutput[N]]:
        self._step(SyncInput.EXHAUSTED)
        self._ask_at = self._answer_by = None
        final = error is not None and (error.fatal or isinstance(error, RequestRejected))
        if not final:
            reason = f"gave up after {self._attempts.count} attempts: {reason}"
        if self._policy.on_failure == "raise":
            failure = BookError(self.instrument, reason)
            if final:
                failure.needs_reconnect, failure.fatal = False, True
            raise failure from error
        if self._invalid_since is None:
            self._invalid_since = now
        return [
            BookFailed(
                venue=self.venue,
                instrument=self.instrument,
                epoch=self._epoch,
                received_at=now,
                reason=reason,
                attempts=self._attempts.count,
            )
        ]

    def _gap(self, reason: str, following: int | None, now: int) -> Gap:
        self.book.invalidate(reason)
        self._believed = False
        if self._invalid_since is None:
            self._invalid_since = now
        return Gap(
            venue=self.venue,
            instrument=self.instrument,
            epoch=self._epoch,
            received_at=now,
            reason=reason,
            last=self.last_id if self._numbered else None,
            next=following if self._numbered else None,
        )

    def _delta(self, update: DepthUpdate[N], received_at: int) -> BookDelta[N]:
        return BookDelta(
            venue=self.venue,
            instrument=self.instrument,
            bids=update.bids,
            asks=update.asks,
            exchange_at=update.exchange_at,
            received_at=received_at,
            epoch=self._epoch,
            sequence=update.last_id if self._numbered else None,
        )

    def _snapshot(self, snapshot: DepthSnapshot[N], received_at: int) -> BookSnapshot[N]:
        return BookSnapshot(
            venue=self.venue,
            instrument=self.instrument,
            bids=snapshot.bids,
            asks=snapshot.asks,
            exchange_at=snapshot.exchange_at,
            received_at=received_at,
            epoch=self._epoch,
            sequence=snapshot.last_id if self._numbered else None,
        )
