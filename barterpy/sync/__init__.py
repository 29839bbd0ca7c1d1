"""Keeps one instrument's book in step with its venue: buffer, ask for a snapshot, join, apply, detect gaps, resync.

A venue that sends changes only leaves the whole book to a snapshot fetched aside, and each venue numbers its changes in
its own way. What is common lives here, once, without I/O: a :class:`BookSynchroniser` is fed updates, snapshots and
failures with the time they came, and gives back events and the :class:`~barterpy.transformer.Directive` that asks for a
snapshot. What is the venue's own is its :class:`SequenceRule`. Nothing here knows how a snapshot travels: over REST, or
on the stream itself.

Each instrument has a synchroniser of its own, so one that lost its place resyncs while the others flow.

    update ──▶ WAITING ──ask──▶ SYNCING ──snapshot joins──▶ SYNCED ──▶ BookSnapshot, then each BookDelta
                                   ▲                          │
                                   └───── Gap, ask again ◀────┘ an update does not follow, or the book is crossed
"""

from barterpy.sync.sequence import DepthSnapshot, DepthUpdate, SequenceRule
from barterpy.sync.synchroniser import BookSynchroniser, SyncOutput, SyncPolicy
from barterpy.sync.transitions import TRANSITIONS, SyncAction, SyncInput, SyncState

__all__ = [
    "TRANSITIONS",
    "BookSynchroniser",
    "DepthSnapshot",
    "DepthUpdate",
    "SequenceRule",
    "SyncAction",
    "SyncInput",
    "SyncOutput",
    "SyncPolicy",
    "SyncState",
]
