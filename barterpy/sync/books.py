"""The synchroniser of a book of levels (L2), and the short way that nearly every update goes.

Most updates follow the last one, change levels and nothing else. For them there is one comparison, one event and one
call into the side of the book that changed; whatever is not as usual goes the long way of
:class:`~barterpy.sync.synchroniser.Synchroniser`, which knows nothing of the short one.
"""

from typing import Generic, TypeAlias

from barterpy.events import BookFailed, Gap, Resynced
from barterpy.model.market import BookDelta, BookSnapshot
from barterpy.model.number import N
from barterpy.orderbook import OrderBook
from barterpy.orderbook.side import AskSide, BidSide
from barterpy.sync.checksums import Checksum
from barterpy.sync.policy import SyncPolicy
from barterpy.sync.recovery import Outputs
from barterpy.sync.replica import Replica, ReplicaPlan
from barterpy.sync.requests import Ask
from barterpy.sync.sequence import DepthSnapshot, DepthUpdate, SequenceRule
from barterpy.sync.synchroniser import Synchroniser
from barterpy.transformer import Directive

__all__ = ["BookSynchroniser", "SyncOutput"]

SyncOutput: TypeAlias = BookSnapshot[N] | BookDelta[N] | Gap | Resynced | BookFailed | Directive


class BookSynchroniser(
    Synchroniser[DepthUpdate[N], DepthSnapshot[N], BookSnapshot[N] | BookDelta[N], Replica[N]], Generic[N]
):
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
    join emits a BookSnapshot and the updates behind it; after a Gap it is Resynced, BookSnapshot and the updates. A
    book whose first snapshot cannot be had begins with a Gap that says why, as soon as one attempt at it has failed.
    Updates a snapshot already holds are never emitted. When attempts at a valid book are used up, the last thing is
    BookFailed; with :attr:`SyncPolicy.on_failure` ``"raise"`` the methods raise
    :class:`~barterpy.errors.BookError` instead.
    """

    def __init__(
        self,
        venue: str,
        instrument: str,
        rule: SequenceRule,
        ask: Ask,
        policy: SyncPolicy | None = None,
        *,
        streamed: bool = False,
        depth: int | None = None,
        uncross: bool = False,
        checksum: Checksum | None = None,
    ) -> None:
        numbered = not getattr(rule, "unnumbered", False)
        self._plan: ReplicaPlan = ReplicaPlan(
            venue=venue, instrument=instrument, numbered=numbered, depth=depth, uncross=uncross, checksum=checksum
        )
        super().__init__(venue, instrument, rule, ask, policy, streamed=streamed)
        link: str | None = getattr(rule, "link", None)
        self._counting: bool = link == "first_id"
        self._short = link is not None and self._plan.plain

    def _empty(self) -> Replica[N]:
        return Replica(self._plan)

    def _adopt(self, copy: Replica[N]) -> None:
        self._copy: Replica[N] = copy
        self.book: OrderBook[N] = copy.book
        self._bids: BidSide[N]
        self._asks: AskSide[N]
        self._bids, self._asks = copy.book.sides()

    def _latest(self) -> int:
        # The short way notes no time of its own.
        return max(self._seen_at, self.book.received_at)

    def on_update(self, update: DepthUpdate[N], received_at: int) -> Outputs[BookSnapshot[N] | BookDelta[N]]:
        """Changed levels came."""
        if not self._quick:
            return self._on_update(update, received_at)
        delta: BookDelta[N] = BookDelta(
            venue=self.venue,
            instrument=self.instrument,
            bids=update.bids,
            asks=update.asks,
            exchange_at=update.exchange_at,
            received_at=received_at,
            epoch=self.epoch,
            sequence=update.last_id,
        )
        return self.on_delta(delta, update.first_id, update.previous_id)

    def on_delta(
        self, delta: BookDelta[N], first_id: int, previous_id: int | None = None
    ) -> Outputs[BookSnapshot[N] | BookDelta[N]]:
        """The same as :meth:`on_update` for a transformer in a hurry, which makes the event itself and nothing besides.

        ``delta`` is emitted as it is where nothing has to be done about it, so it has to be of this book: its venue,
        its instrument, its ``epoch``, and the update's last id as its sequence.
        """
        id_ = delta.sequence
        if self._quick and (
            first_id == self.last_id + 1 if self._counting else previous_id == self.last_id < id_  # type: ignore[operator]
        ):
            better = False
            # What BookSide.apply does, without the call.
            if changes := delta.bids:
                bids = self._bids
                levels = bids.levels
                for level in changes:
                    levels[level[0]] = level
                if len(levels) != bids.count or not levels[bids.best][1]:
                    better = bids.settle()
            if changes := delta.asks:
                asks = self._asks
                levels = asks.levels
                for level in changes:
                    levels[level[0]] = level
                if len(levels) != asks.count or not levels[asks.best][1]:
                    better = asks.settle() or better
            self.book.last_event = delta
            if better and self.book.crossed():
                return self._applied(_update(delta, first_id, previous_id), delta, delta.received_at, crossed=True)
            self.last_id = id_
            return (delta,)
        return self._on_update(_update(delta, first_id, previous_id), delta.received_at)


def _update(delta: BookDelta[N], first_id: int, previous_id: int | None) -> DepthUpdate[N]:
    return DepthUpdate(
        first_id=first_id,
        last_id=first_id if delta.sequence is None else delta.sequence,
        previous_id=previous_id,
        bids=delta.bids,
        asks=delta.asks,
        exchange_at=delta.exchange_at,
    )
