"""The ways in which venues number the changes of a book, as rules to choose from.

    Chained         each update names the one before                    Deribit, OKX
    Consecutive     ids count up by one, or ranges of them meet         Kraken futures, Bybit, Gate
    NonDecreasing   ids only never go back                              dYdX, Coinbase: with a MessageCounter
    Unnumbered      there are no ids                                    Kraken spot, Bitfinex: with a checksum; BitMEX
    SnapshotOnly    every message is a whole book                       Hyperliquid, Bybit's depth 1, grouped books

A rule judges numbers and nothing else. Where numbers belong to the connection and not to the book, a
:class:`~barterpy.sync.counter.MessageCounter` watches them and the books are told by
``BookSynchroniser.on_gap``. Facts are those of the venues' documentation as of 2026-09.
"""

from typing import ClassVar, Final

import msgspec

from barterpy.sync.sequence import Numbered, NumberedSnapshot

__all__ = [
    "RULES",
    "Chained",
    "Consecutive",
    "NonDecreasing",
    "RuleFacts",
    "SnapshotOnly",
    "Unnumbered",
    "rules_table",
]


class RuleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader of the documentation wants to know of a rule."""

    rule: type
    next: str
    """When an update is the next one."""
    passed: str
    """When an update, or a snapshot on the stream, is passed over."""
    lost: str
    """What shows that something is missing."""
    venues: str


class Chained(msgspec.Struct, frozen=True, kw_only=True):
    """Each update names the one before it in ``previous_id``.

    :param overlap: the first update after a snapshot may begin before it, as where the snapshot comes over REST: OKX,
        ``prevSeqId <= snapshot < seqId``. Without, it has to name the snapshot: Deribit
    """

    overlap: bool = False
    direct: ClassVar[bool] = True
    link: ClassVar[str] = "previous_id"

    def snapshot_too_old(self, snapshot: NumberedSnapshot, first_buffered: Numbered, /) -> bool:
        previous = first_buffered.previous_id
        return previous is not None and snapshot.last_id < previous

    def stale(self, update: Numbered, last_id: int, /) -> bool:
        # OKX's seqId falls when it begins anew, and that update still names the one before: it is not stale.
        return update.last_id <= last_id and (update.last_id == last_id or update.previous_id != last_id)

    def joins(self, update: Numbered, last_id: int, /) -> bool:
        previous = update.previous_id
        return self.overlap and previous is not None and previous <= last_id < update.last_id

    def follows(self, update: Numbered, last_id: int, /) -> bool:
        # OKX repeats the last id in a message without levels, so that a quiet book is known to live.
        return update.previous_id == last_id and update.last_id != last_id


class Consecutive(msgspec.Struct, frozen=True, kw_only=True):
    """Ids count up by one; an update covers ``first_id`` to ``last_id``, which are the same where it is one change.

    :param restart: the id with which the venue begins anew: neither an update nor a snapshot with it is an old one.
        Bybit, 1
    """

    restart: int | None = None
    direct: ClassVar[bool] = True
    link: ClassVar[str] = "first_id"

    def snapshot_too_old(self, snapshot: NumberedSnapshot, first_buffered: Numbered, /) -> bool:
        return snapshot.last_id + 1 < first_buffered.first_id

    def stale(self, update: Numbered, last_id: int, /) -> bool:
        return update.last_id <= last_id and (update.last_id != self.restart or update.last_id == last_id)

    def joins(self, update: Numbered, last_id: int, /) -> bool:
        return update.first_id <= last_id + 1 <= update.last_id

    def follows(self, update: Numbered, last_id: int, /) -> bool:
        return update.first_id == last_id + 1


class NonDecreasing(msgspec.Struct, frozen=True, kw_only=True):
    """Ids never go back, and nothing more is known of them: losses must be found by something else."""

    direct: ClassVar[bool] = True

    def snapshot_too_old(self, snapshot: NumberedSnapshot, first_buffered: Numbered, /) -> bool:
        return False

    def stale(self, update: Numbered, last_id: int, /) -> bool:
        return update.last_id < last_id

    def joins(self, update: Numbered, last_id: int, /) -> bool:
        return update.last_id >= last_id

    def follows(self, update: Numbered, last_id: int, /) -> bool:
        return update.last_id >= last_id


class Unnumbered(msgspec.Struct, frozen=True, kw_only=True):
    """There are no ids: write 0. Order is the connection's, and a checksum tells what it does not."""

    direct: ClassVar[bool] = True
    unnumbered: ClassVar[bool] = True

    def snapshot_too_old(self, snapshot: NumberedSnapshot, first_buffered: Numbered, /) -> bool:
        return False

    def stale(self, update: Numbered, last_id: int, /) -> bool:
        return False

    def joins(self, update: Numbered, last_id: int, /) -> bool:
        return True

    def follows(self, update: Numbered, last_id: int, /) -> bool:
        return True


class SnapshotOnly(msgspec.Struct, frozen=True, kw_only=True):
    """Every message is a whole book; those that are not newer are passed over. An update has no place here.

    :param restart: see :class:`Consecutive`
    """

    restart: int | None = None

    def snapshot_too_old(self, snapshot: NumberedSnapshot, first_buffered: Numbered, /) -> bool:
        return False

    def stale(self, update: Numbered, last_id: int, /) -> bool:
        return False

    def joins(self, update: Numbered, last_id: int, /) -> bool:
        return False

    def follows(self, update: Numbered, last_id: int, /) -> bool:
        return False

    def supersedes(self, snapshot: NumberedSnapshot, last_id: int, /) -> bool:
        """Whether this snapshot replaces a valid book as of ``last_id``."""
        return snapshot.last_id > last_id or (snapshot.last_id == self.restart and snapshot.last_id != last_id)


RULES: Final[tuple[RuleFacts, ...]] = (
    RuleFacts(
        rule=Chained,
        next="its previous id is the last id",
        passed="its id is not newer and its previous id another one",
        lost="its previous id is another one",
        venues="Deribit (`change_id`, `prev_change_id`), OKX (`seqId`, `prevSeqId`)",
    ),
    RuleFacts(
        rule=Consecutive,
        next="its first id is the last id + 1",
        passed="its last id is not newer",
        lost="its first id is beyond the last id + 1",
        venues="Kraken futures (`seq`), Bybit (`u`, restart 1), Gate (`U`, `u`)",
    ),
    RuleFacts(
        rule=NonDecreasing,
        next="its id is not lower",
        passed="its id is lower",
        lost="the connection's message counter jumps",
        venues="dYdX (`message_id`), Coinbase (`sequence_num`), Bitfinex (`SEQ_ALL`)",
    ),
    RuleFacts(
        rule=Unnumbered,
        next="always",
        passed="never",
        lost="the checksum differs, or the book is crossed",
        venues="Kraken spot (`checksum`), BitMEX, Bitfinex without `SEQ_ALL`",
    ),
    RuleFacts(
        rule=SnapshotOnly,
        next="never: snapshots only",
        passed="a snapshot whose id is not newer",
        lost="nothing can be: the next one is whole",
        venues="Hyperliquid (`time`), Bybit depth 1 (`u`, restart 1), Deribit's grouped books",
    ),
)
"""All of the above, for the documentation."""


def rules_table() -> str:
    """The rules as a Markdown table, as it stands in the documentation."""
    lines = ["| rule | the next update | passed over | a loss shows | venues |", "|---|---|---|---|---|"]
    lines += [f"| `{one.rule.__name__}` | {one.next} | {one.passed} | {one.lost} | {one.venues} |" for one in RULES]
    return "\n".join(lines) + "\n"
