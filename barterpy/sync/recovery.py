"""What a synchroniser does about what happened: tells of a gap, buffers, asks again, joins, gives up.

It does not look into updates and snapshots; what they make of a book its :class:`~barterpy.sync.copy.Copy` knows.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import Any, Final, Generic, TypeAlias, TypeVar

from barterpy.errors import BarterError, BookError, RequestRejected
from barterpy.events import BookFailed, Gap, Resynced
from barterpy.sync.copy import Change, Copy, Whole
from barterpy.sync.crossing import Crossing
from barterpy.sync.policy import SyncPolicy
from barterpy.sync.requests import Ask, SnapshotRequests
from barterpy.sync.sequence import SequenceRule
from barterpy.sync.transitions import TRANSITIONS, SyncAction, SyncInput, SyncState
from barterpy.transformer import Directive

__all__ = ["CHECKSUM", "Outputs", "Recovery"]

U = TypeVar("U", bound=Change)
S = TypeVar("S", bound=Whole)
E = TypeVar("E")
C = TypeVar("C", bound=Copy[Any, Any, Any])

Outputs: TypeAlias = Sequence[E | Gap | Resynced | BookFailed | Directive]
"""What is to be emitted, and sent, in order."""

CHECKSUM: Final = "the checksum differs"
_USUAL: Final = 3
"""So many snapshots in a row do not fit before the consumer hears of it: one that was made too early is no failure."""


class Recovery(ABC, Generic[U, S, E, C]):
    """The part of a :class:`~barterpy.sync.synchroniser.Synchroniser` that acts.

    ``state`` and ``last_id`` say where it is, ``epoch`` the life of the connection it is on.
    """

    def __init__(
        self, venue: str, instrument: str, rule: SequenceRule, ask: Ask, policy: SyncPolicy | None, *, streamed: bool
    ) -> None:
        self.venue: str = venue
        self.instrument: str = instrument
        self.state: SyncState = SyncState.WAITING
        self.last_id: int | None = None
        self.epoch: int = 1
        self._rule: Any = rule  # with what it may say about itself, see SequenceRule
        self._direct: bool = getattr(rule, "direct", False)
        self._numbered: bool = not getattr(rule, "unnumbered", False)
        self._policy: SyncPolicy = policy or SyncPolicy()
        self._streamed: bool = streamed
        self._requests: SnapshotRequests = SnapshotRequests(ask, self._policy, streamed=streamed)
        self._crossing: Crossing = Crossing(self._policy)
        self._copy: C
        self._adopt(self._empty())
        self._buffer: deque[tuple[U, int]] = deque()
        self._joined: bool = False
        self._short: bool = False
        """Whether there is a short way at all."""
        self._quick: bool = False
        """Whether an update that follows changes nothing but the book: no state, and no count of anything."""
        self._stale: int = 0
        self._seen_at: int = 0
        self._believed: bool = False
        """Whether the consumer holds a book it was not told to distrust."""
        self._invalid_since: int | None = None

    @abstractmethod
    def _empty(self) -> C:
        """A copy for another life of the book."""

    def _adopt(self, copy: C) -> None:
        """This is the book from here on."""
        self._copy = copy

    def _step(self, happened: SyncInput) -> SyncAction:
        self._quick = False
        self.state, action = TRANSITIONS[self.state, happened]
        return action

    def _judge(self, update: U, last_id: int, *, joined: bool) -> SyncInput:
        rule = self._rule
        if self._direct and rule.follows(update, last_id):
            return SyncInput.NEXT
        if rule.stale(update, last_id) or (joined and update.last_id == last_id):
            return SyncInput.STALE
        # An update that follows the snapshot's id directly leaves nothing out either, though none joins across it.
        if rule.follows(update, last_id) or (not joined and rule.joins(update, last_id)):
            return SyncInput.NEXT
        return SyncInput.BREAK

    def _wait(self, update: U, received_at: int) -> Outputs[E]:
        """An update while the book is not valid."""
        full = self.state is SyncState.SYNCING and len(self._buffer) >= self._policy.buffer
        action = self._step(SyncInput.OVERFLOW if full else SyncInput.UPDATE)
        if action is SyncAction.IGNORE:
            return []
        outputs: list[E | Gap | Resynced | BookFailed | Directive] = []
        if action is SyncAction.DROP_AND_RETRY:
            self._buffer.clear()
            outputs += self._break("the buffer is full", update.first_id, received_at)
        elif action is SyncAction.BUFFER_AND_ASK:
            outputs += self._requests.send(0.0, received_at)
        if self.state is not SyncState.FAILED:
            self._buffer.append((update, received_at))
        return outputs

    def _broken(
        self, happened: SyncInput, reason: str, now: int, update: U | None = None, following: int | None = None
    ) -> Outputs[E]:
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

    def _join(self, snapshot: S, received_at: int) -> Outputs[E] | str:
        """What to emit for a snapshot which fits the buffer, or why it does not fit. All or nothing."""
        buffer, rule, epoch = self._buffer, self._rule, self.epoch
        if buffer and rule.snapshot_too_old(snapshot, buffer[0][0]):
            return f"snapshot {snapshot.last_id} is older than the first update, {buffer[0][0].first_id}"
        copy = self._empty()
        outputs: list[E | Gap | Resynced | BookFailed | Directive] = []
        tolerant = self._crossing.tolerated
        last_id, joined = snapshot.last_id, False
        try:
            outputs.append(copy.load(snapshot, received_at, epoch))
            if not copy.intact(snapshot.checksum):
                return CHECKSUM
            crossed = copy.crossed()
            for index, (update, at) in enumerate(buffer):
                verdict = self._judge(update, last_id, joined=joined)
                if verdict is SyncInput.BREAK:
                    # Whatever snapshot comes next must reach past this break: what is before it is never needed.
                    for _ in range(index):
                        buffer.popleft()
                    return f"snapshot {snapshot.last_id} does not reach update {update.first_id}"
                if verdict is SyncInput.NEXT:
                    event = copy.apply(update, at, epoch)
                    if not copy.intact(update.checksum):
                        return CHECKSUM
                    crossed = copy.crossed() or (crossed and not tolerant)
                    if event is not None:
                        outputs.append(event)
                    last_id, joined = update.last_id, True
        except BookError as error:
            return error.reason
        if crossed and not tolerant:
            return f"snapshot {snapshot.last_id} gives a crossed book"
        buffer.clear()
        self._adopt(copy)
        self.last_id, self._joined = last_id, joined
        self._crossing.begin(received_at if crossed else None)
        self._stale = 0
        self._believed = True
        if self._invalid_since is not None:
            resynced = Resynced(
                venue=self.venue,
                instrument=self.instrument,
                epoch=epoch,
                received_at=received_at,
                downtime=received_at - self._invalid_since,
            )
            self._invalid_since = None
            outputs.insert(0, resynced)
        return outputs

    def _break(self, reason: str, following: int | None, now: int) -> Outputs[E]:
        # Asking first: when that raises, the gap was not told, and the next connection tells it.
        retry = self._ask_again(reason, now, None)
        return [self._gap(reason, following, now), *retry]

    def _retry(self, reason: str, now: int, error: BarterError | None = None, *, usual: bool = False) -> Outputs[E]:
        """An attempt has failed; ``usual`` where a book that is joined may have to go through some of these."""
        retry = self._ask_again(reason, now, error)
        if self._invalid_since is not None or (usual and self._requests.attempts < _USUAL):
            return retry
        # Attempts may go on for long, and without a word it would look like a market where nothing happens.
        return [self._gap(reason, None, now), *retry]

    def _ask_again(self, reason: str, now: int, error: BarterError | None) -> Outputs[E]:
        directives = self._requests.again(now, error)
        return self._exhausted(reason, now, error) if directives is None else directives

    def _exhausted(self, reason: str, now: int, error: BarterError | None) -> Outputs[E]:
        self._step(SyncInput.EXHAUSTED)
        self._requests.stop()
        attempts = self._requests.attempts
        final = error is not None and (error.fatal or isinstance(error, RequestRejected))
        if not final:
            reason = f"gave up after {attempts} attempts: {reason}"
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
                epoch=self.epoch,
                received_at=now,
                reason=reason,
                attempts=attempts,
            )
        ]

    def _gap(self, reason: str, following: int | None, now: int) -> Gap:
        self._copy.invalidate(reason)
        self._believed = False
        if self._invalid_since is None:
            self._invalid_since = now
        return Gap(
            venue=self.venue,
            instrument=self.instrument,
            epoch=self.epoch,
            received_at=now,
            reason=reason,
            last=self.last_id if self._numbered else None,
            next=following if self._numbered else None,
        )
