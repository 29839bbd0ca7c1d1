"""What may happen to a book that is being synchronised, and what comes of it: one literal table.

Nothing else decides about the state; :mod:`barterpy.sync.synchroniser` only finds out what happened and carries out
what the table says.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

__all__ = ["TRANSITIONS", "SyncAction", "SyncInput", "SyncState", "transitions_table"]


class SyncState(StrEnum):
    """Where a book is."""

    WAITING = "waiting"
    """Nothing was asked for yet."""
    SYNCING = "syncing"
    """A snapshot was asked for; updates are buffered."""
    SYNCED = "synced"
    """The book is valid."""
    FAILED = "failed"
    """Attempts were used up; only a new connection begins again, or a snapshot the venue sends by itself."""


class SyncInput(StrEnum):
    """What can happen to a book; updates and snapshots are judged by the venue's rule before they enter the table."""

    RESET = "reset"
    """A new connection began."""
    START = "start"
    """The venue confirmed the subscription."""
    UPDATE = "update"
    """An update came while the book is not valid, so nothing can be said about it yet."""
    OVERFLOW = "overflow"
    """The same, and the buffer is full."""
    STALE = "stale"
    """An update the book already holds."""
    NEXT = "next"
    """An update that follows."""
    BREAK = "break"
    """An update that does not follow, or leaves the book crossed, or with another checksum than the venue's."""
    LOST = "lost"
    """Something else shows that messages are missing: the connection's counter jumped."""
    JOINED = "joined"
    """A snapshot which fits what is buffered."""
    MISFIT = "misfit"
    """A snapshot which does not."""
    LATE = "late"
    """An answer nobody waits for any more."""
    ERROR = "error"
    """Asking for a snapshot failed."""
    TIMEOUT = "timeout"
    """What was asked for did not come, or the book was crossed for too long."""
    EXHAUSTED = "exhausted"
    """That was the last attempt."""


class SyncAction(StrEnum):
    """What is done about it."""

    IGNORE = "ignore"
    FORGET = "forget"
    """Drop what is buffered and start counting attempts anew."""
    LOSE = "lose"
    """The same, and tell a consumer who does not know it yet that the book is not valid any more."""
    ASK = "ask"
    """Ask for a snapshot."""
    BUFFER = "buffer"
    BUFFER_AND_ASK = "buffer_and_ask"
    DROP_AND_RETRY = "drop_and_retry"
    """Empty the buffer, tell of the gap, ask again after a delay."""
    DROP = "drop"
    """Empty the buffer; the snapshot under way has to be newer than the loss."""
    RETRY = "retry"
    """Ask again after a delay; the buffer stays."""
    PUBLISH = "publish"
    """Emit the snapshot and the buffered updates that follow it."""
    APPLY = "apply"
    """Emit the update."""
    BREAK_AND_RETRY = "break_and_retry"
    """Tell of the gap, buffer what came, ask again after a delay."""
    FAIL = "fail"
    """Say that there will be no book, or raise."""


def _table() -> Mapping[tuple[SyncState, SyncInput], tuple[SyncState, SyncAction]]:
    waiting, syncing, synced, failed = SyncState
    i, a = SyncInput, SyncAction
    return {
        (waiting, i.RESET): (waiting, a.FORGET),
        (waiting, i.START): (syncing, a.ASK),
        (waiting, i.UPDATE): (syncing, a.BUFFER_AND_ASK),
        (waiting, i.JOINED): (synced, a.PUBLISH),
        (waiting, i.MISFIT): (syncing, a.RETRY),
        (waiting, i.LATE): (waiting, a.IGNORE),
        (waiting, i.LOST): (waiting, a.IGNORE),
        (waiting, i.ERROR): (waiting, a.IGNORE),
        (syncing, i.RESET): (waiting, a.FORGET),
        (syncing, i.START): (syncing, a.IGNORE),
        (syncing, i.UPDATE): (syncing, a.BUFFER),
        (syncing, i.OVERFLOW): (syncing, a.DROP_AND_RETRY),
        (syncing, i.LOST): (syncing, a.DROP),
        (syncing, i.TIMEOUT): (syncing, a.RETRY),
        (syncing, i.JOINED): (synced, a.PUBLISH),
        (syncing, i.MISFIT): (syncing, a.RETRY),
        (syncing, i.ERROR): (syncing, a.RETRY),
        (syncing, i.EXHAUSTED): (failed, a.FAIL),
        (synced, i.RESET): (waiting, a.LOSE),
        (synced, i.START): (synced, a.IGNORE),
        (synced, i.STALE): (synced, a.IGNORE),
        (synced, i.NEXT): (synced, a.APPLY),
        (synced, i.BREAK): (syncing, a.BREAK_AND_RETRY),
        (synced, i.LOST): (syncing, a.BREAK_AND_RETRY),
        (synced, i.TIMEOUT): (syncing, a.BREAK_AND_RETRY),
        (synced, i.JOINED): (synced, a.PUBLISH),
        (synced, i.MISFIT): (syncing, a.BREAK_AND_RETRY),
        (synced, i.LATE): (synced, a.IGNORE),
        (synced, i.ERROR): (synced, a.IGNORE),
        (failed, i.RESET): (waiting, a.LOSE),
        (failed, i.START): (failed, a.IGNORE),
        (failed, i.UPDATE): (failed, a.IGNORE),
        (failed, i.LOST): (failed, a.IGNORE),
        (failed, i.JOINED): (synced, a.PUBLISH),
        (failed, i.MISFIT): (failed, a.IGNORE),
        (failed, i.LATE): (failed, a.IGNORE),
        (failed, i.ERROR): (failed, a.IGNORE),
    }


TRANSITIONS: Final = _table()
"""All that may happen, and what comes of it. A pair which is not here cannot occur."""


def transitions_table() -> str:
    """The table as Markdown, as it stands in the documentation: a row an input, a column a state."""
    states = list(SyncState)
    lines = [f"| | {' | '.join(states)} |", "|---" * (len(states) + 1) + "|"]
    for happened in SyncInput:
        cells: list[str] = []
        for state in states:
            entry = TRANSITIONS.get((state, happened))
            moves = entry is not None and entry[0] is not state
            cells.append("" if entry is None else f"{entry[1]} → **{entry[0]}**" if moves else str(entry[1]))
        lines.append(f"| {happened} | {' | '.join(cells)} |")
    return "\n".join(lines).replace("_", " ") + "\n"
