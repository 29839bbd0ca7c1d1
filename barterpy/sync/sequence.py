"""Changes and snapshots of a book in a form every venue can be brought to, and the rule that puts them in order."""

from typing import Generic, Protocol

import msgspec

from barterpy.model.market import Level
from barterpy.model.number import N

__all__ = ["DepthSnapshot", "DepthUpdate", "Numbered", "NumberedSnapshot", "SequenceRule"]


class Numbered(Protocol):
    """What a rule sees of an update, of whatever kind."""

    @property
    def first_id(self) -> int: ...
    @property
    def last_id(self) -> int: ...
    @property
    def previous_id(self) -> int | None: ...


class NumberedSnapshot(Protocol):
    """What a rule sees of a snapshot, of whatever kind."""

    @property
    def last_id(self) -> int: ...


class DepthUpdate(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False):
    """Changed levels, whoever sent them. The ids are the venue's own; ``exchange_at`` is int nanoseconds UTC."""

    first_id: int
    last_id: int
    previous_id: int | None = None
    """The last id of the update before this one, where the venue chains its updates."""
    bids: tuple[Level[N], ...]
    asks: tuple[Level[N], ...]
    exchange_at: int | None
    checksum: int | None = None
    """The venue's checksum of the book behind this update, where it sends one."""


class DepthSnapshot(msgspec.Struct, Generic[N], frozen=True, kw_only=True, gc=False):
    """A whole book as of ``last_id``, best level first on each side."""

    last_id: int
    bids: tuple[Level[N], ...]
    asks: tuple[Level[N], ...]
    exchange_at: int | None
    checksum: int | None = None
    """The venue's checksum of this book, where it sends one."""


class SequenceRule(Protocol):
    """How a venue numbers the changes of a book. Four pure questions; ids only, levels do not matter to them.

    :mod:`barterpy.sync.rules` has those that venues share. A rule may say more about itself by attributes, which count
    as False where they are missing: ``direct`` (what follows is never stale, so that one question is enough),
    ``link`` (``"first_id"`` or ``"previous_id"``: an update whose first id is the last id + 1, or whose previous id is
    the last id and whose own is higher, follows, and no question is needed), ``unnumbered`` (the ids mean nothing and
    are not shown) and ``supersedes``, a method like ``stale`` for snapshots.
    """

    def snapshot_too_old(self, snapshot: NumberedSnapshot, first_buffered: Numbered, /) -> bool:
        """Whether changes are missing between the snapshot and the first update that was received."""
        ...

    def stale(self, update: Numbered, last_id: int, /) -> bool:
        """Whether a book as of ``last_id`` already holds this update."""
        ...

    def joins(self, update: Numbered, last_id: int, /) -> bool:
        """Whether this may be the first update applied to a snapshot as of ``last_id``."""
        ...

    def follows(self, update: Numbered, last_id: int, /) -> bool:
        """Whether this comes directly after the update that ended at ``last_id``."""
        ...
