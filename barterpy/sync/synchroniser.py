"""The synchroniser of one book: finds out what happened, by the venue's rule, and does what the table says."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeAlias

import msgspec

from barterpy.backoff import Attempts, Backoff
from barterpy.errors import BarterError, BookError, ConfigurationError, RequestRejected
from barterpy.events import Gap, Resynced
from barterpy.model.market import BookDelta, BookSnapshot
from barterpy.model.number import N
from barterpy.orderbook import OrderBook
from barterpy.sync.sequence import DepthSnapshot, DepthUpdate, SequenceRule
from barterpy.sync.transitions import TRANSITIONS, SyncAction, SyncInput, SyncState
from barterpy.transformer import Directive

__all__ = ["BookSynchroniser", "SyncOutput", "SyncPolicy"]


class SyncPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds of synchronising one book.

    ``buffer`` updates are kept at most while a snapshot is under way. ``backoff`` gives the delays between snapshots
    and how many are tried in a row (its jitter is not used); a book that stayed valid for ``backoff.stable_after``
    seconds starts counting anew.
    """

    buffer: int = 1000
    backoff: Backoff = Backoff(initial=0.25, factor=2.0, cap=5.0, jitter=0.0, stable_after=10.0, max_attempts=10)

    def __post_init__(self) -> None:
        if self.buffer < 1:
            raise ConfigurationError(f"buffer is a number of updates from 1, not {self.buffer}")


SyncOutput: TypeAlias = BookSnapshot[N] | BookDelta[N] | Gap | Resynced | Directive


class BookSynchroniser(Generic[N]):
    """One instrument's book, in step with its venue.

    :param venue: the venue's name in events
    :param instrument: the instrument's name in events
    :param rule: how the venue numbers changes
    :param ask: makes the directive that asks for a snapshot ``delay`` seconds from now: a
        :class:`~barterpy.transformer.Fetch`, or a :class:`~barterpy.transformer.Send` where snapshots come on the
        stream

    ``state`` and ``last_id`` say where it is; ``book`` is the book itself, valid while ``state`` is SYNCED.

    Each method takes the time of what happened (int nanoseconds UTC) and returns what to emit, in order. The first
    join emits a BookSnapshot and the updates behind it; after a Gap it is Resynced, BookSnapshot and the updates.
    Updates a snapshot already holds are never emitted.
    """

    def __init__(
        self,
        venue: str,
        instrument: str,
        rule: SequenceRule,
        ask: Callable[[float], Directive],
        policy: SyncPolicy | None = None,
    ) -> None:
        self.venue = venue
        self.instrument = instrument
        self.state: SyncState = SyncState.WAITING
        self.last_id: int | None = None
        self.book: OrderBook[N] = OrderBook(instrument, venue=venue)
        self._rule = rule
        self._ask = ask
        self._policy = policy or SyncPolicy()
        self._attempts = Attempts(self._policy.backoff)
        self._buffer: deque[tuple[DepthUpdate[N], int]] = deque()
        self._joined = False
        self._epoch = 1
        self._seen_at = 0
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
        return [self._gap("reconnected", None, now)] if lost else []

    def on_start(self, now: int) -> Sequence[SyncOutput[N]]:
        """The venue confirmed the subscription; a quiet instrument need not wait for its first change."""
        self._seen_at = now
        return [self._ask(0.0)] if self._step(SyncInput.START) is SyncAction.ASK else []

    def on_update(self, update: DepthUpdate[N], received_at: int) -> Sequence[SyncOutput[N]]:
        """Changed levels came.

        :raises barterpy.errors.BookError: attempts at a valid book are used up
        """
        self._seen_at = received_at
        if self.state is SyncState.SYNCED:
            assert self.last_id is not None
            verdict, reason = self._judge(update, self.last_id, joined=self._joined), "an update is missing"
            delta = self._delta(update, received_at)
            if verdict is SyncInput.NEXT:
                self.book.apply_delta(delta)
                if self.book.crossed():
                    verdict, reason = SyncInput.BREAK, "the book is crossed"
        else:
            full = self.state is SyncState.SYNCING and len(self._buffer) >= self._policy.buffer
            verdict, reason = SyncInput.OVERFLOW if full else SyncInput.UPDATE, "the buffer is full"
            delta = None
        action = self._step(verdict)
        if action is SyncAction.APPLY and delta is not None:
            self.last_id = update.last_id
            self._joined = True
            return [delta]
        if action is SyncAction.IGNORE:
            return []
        outputs: list[SyncOutput[N]] = []
        if action in (SyncAction.BREAK_AND_RETRY, SyncAction.DROP_AND_RETRY):
            self._buffer.clear()
            outputs += self._break(reason, update.first_id, received_at)
        elif action is SyncAction.BUFFER_AND_ASK:
            outputs.append(self._ask(0.0))
        self._buffer.append((update, received_at))
        return outputs

    def on_snapshot(
        self, snapshot: DepthSnapshot[N], received_at: int, *, streamed: bool = False
    ) -> Sequence[SyncOutput[N]]:
        """A snapshot came: the answer to what was asked, or, ``streamed``, by the venue's own decision.

        An answer is only wanted while the book is not valid; a streamed snapshot replaces everything at any time.

        :raises barterpy.errors.BookError: it does not fit, and attempts are used up
        """
        self._seen_at = received_at
        if not streamed and self.state is not SyncState.SYNCING:
            self._step(SyncInput.LATE)
            return []
        outputs = self._join(snapshot, received_at)
        if isinstance(outputs, str):
            action = self._step(SyncInput.MISFIT)
            if action is SyncAction.BREAK_AND_RETRY:
                return self._break(outputs, snapshot.last_id, received_at)
            return [self._retry(outputs, received_at)] if action is SyncAction.RETRY else []
        self._step(SyncInput.JOINED)
        self._attempts.connected(received_at)
        return outputs

    def on_error(self, error: BarterError, received_at: int) -> Sequence[SyncOutput[N]]:
        """Asking for a snapshot failed.

        :raises barterpy.errors.BookError: attempts are used up, or it is one that no attempt can mend
        """
        self._seen_at = received_at
        if self._step(SyncInput.ERROR) is not SyncAction.RETRY:
            return []
        if error.fatal or isinstance(error, RequestRejected):
            self._step(SyncInput.EXHAUSTED)
            failure = BookError(self.instrument, f"no snapshot: {error}")
            failure.needs_reconnect, failure.fatal = False, True
            raise failure from error
        return [self._retry(f"no snapshot: {error}", received_at, error)]

    # What follows from it.

    def _step(self, happened: SyncInput) -> SyncAction:
        self.state, action = TRANSITIONS[self.state, happened]
        return action

    def _judge(self, update: DepthUpdate[N], last_id: int, *, joined: bool) -> SyncInput:
        rule = self._rule
        if rule.stale(update, last_id) or (joined and update.last_id == last_id):
            return SyncInput.STALE
        # An update that follows the snapshot's id directly leaves nothing out either, though none joins across it.
        if rule.follows(update, last_id) or (not joined and rule.joins(update, last_id)):
            return SyncInput.NEXT
        return SyncInput.BREAK

    def _join(self, snapshot: DepthSnapshot[N], received_at: int) -> list[SyncOutput[N]] | str:
        """What to emit for a snapshot which fits the buffer, or why it does not fit. All or nothing."""
        buffer, rule = self._buffer, self._rule
        if buffer and rule.snapshot_too_old(snapshot, buffer[0][0]):
            return f"snapshot {snapshot.last_id} is older than the first update, {buffer[0][0].first_id}"
        book: OrderBook[N] = OrderBook(self.instrument, venue=self.venue)
        whole = self._snapshot(snapshot, received_at)
        book.apply_snapshot(whole)
        outputs: list[SyncOutput[N]] = []
        last_id, joined, crossed = snapshot.last_id, False, book.crossed()
        for index, (update, at) in enumerate(buffer):
            verdict = self._judge(update, last_id, joined=joined)
            if verdict is SyncInput.BREAK:
                # Whatever snapshot comes next must reach past this break: what is before it will never be needed.
                for _ in range(index):
                    buffer.popleft()
                return f"snapshot {snapshot.last_id} does not reach update {update.first_id}"
            if verdict is SyncInput.NEXT:
                delta = self._delta(update, at)
                book.apply_delta(delta)
                crossed = crossed or book.crossed()
                outputs.append(delta)
                last_id, joined = update.last_id, True
        if crossed:
            return f"snapshot {snapshot.last_id} gives a crossed book"
        buffer.clear()
        self.book, self.last_id, self._joined = book, last_id, joined
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

    def _break(self, reason: str, following: int, now: int) -> list[SyncOutput[N]]:
        # Asking first: when that raises, the gap was not told, and the next connection tells it.
        retry = self._retry(reason, now)
        return [self._gap(reason, following, now), retry]

    def _retry(self, reason: str, now: int, error: BarterError | None = None) -> Directive:
        delay = self._attempts.failed(now, 0.0, None if error is None else error.retry_after)
        if delay is None:
            self._step(SyncInput.EXHAUSTED)
            raise BookError(self.instrument, f"gave up after {self._attempts.count} attempts: {reason}") from error
        return self._ask(delay)

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
            last=self.last_id,
            next=following,
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
            sequence=update.last_id,
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
            sequence=snapshot.last_id,
        )
