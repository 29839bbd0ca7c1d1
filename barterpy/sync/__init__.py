"""Keeps one instrument's book in step with its venue: buffer, ask for a snapshot, join, apply, detect gaps, resync.

A venue that sends changes only leaves the whole book to a snapshot fetched aside, and each venue numbers its changes in
its own way. What is common lives here, once, without I/O: a :class:`BookSynchroniser` is fed updates, snapshots and
failures with the time they came, and gives back events and the :class:`~barterpy.transformer.Directive` that asks for a
snapshot. What is the venue's own is its :class:`SequenceRule`, mostly one of :mod:`barterpy.sync.rules`, and its
:class:`Checksum` where it has one. Nothing here knows how a snapshot travels: over REST, or on the stream itself.

Single orders (L3) have an :class:`OrdersSynchroniser`, which is the same in everything but what it holds.

Each instrument has a synchroniser of its own, so one that lost its place resyncs while the others flow, and one that
cannot be had at all says so in-band while the others flow.

    update ──▶ WAITING ──ask──▶ SYNCING ──snapshot joins──▶ SYNCED ──▶ BookSnapshot, then each BookDelta
                                   ▲                          │
                                   └───── Gap, ask again ◀────┘ an update does not follow, the book is crossed,
                                                                 or has another checksum
"""

from barterpy.sync.books import BookSynchroniser, SyncOutput
from barterpy.sync.checksums import Checksum, DigitsChecksum, PairsChecksum, TextLevel, level_texts, text_level
from barterpy.sync.counter import MessageCounter
from barterpy.sync.orders import OrderAction, OrderChange, OrdersSynchroniser, QueueSnapshot, QueueUpdate
from barterpy.sync.policy import SyncPolicy
from barterpy.sync.rules import Chained, Consecutive, NonDecreasing, SnapshotOnly, Unnumbered
from barterpy.sync.sequence import DepthSnapshot, DepthUpdate, Numbered, NumberedSnapshot, SequenceRule
from barterpy.sync.transitions import TRANSITIONS, SyncAction, SyncInput, SyncState
from barterpy.sync.uncrossing import UncrossedBook

__all__ = [
    "TRANSITIONS",
    "BookSynchroniser",
    "Chained",
    "Checksum",
    "Consecutive",
    "DepthSnapshot",
    "DepthUpdate",
    "DigitsChecksum",
    "MessageCounter",
    "NonDecreasing",
    "Numbered",
    "NumberedSnapshot",
    "OrderAction",
    "OrderChange",
    "OrdersSynchroniser",
    "PairsChecksum",
    "QueueSnapshot",
    "QueueUpdate",
    "SequenceRule",
    "SnapshotOnly",
    "SyncAction",
    "SyncInput",
    "SyncOutput",
    "SyncPolicy",
    "SyncState",
    "TextLevel",
    "UncrossedBook",
    "Unnumbered",
    "level_texts",
    "text_level",
]
