"""Several connections to the same stream, and one stream out of them: first arrival wins, duplicates are dropped.

redundant_stream    n supervised connections of the same plan as one stream
Deduplicator        the merging, without I/O
RedundancyReport    which connection was first, how often and by how much
"""

from barterpy.redundancy.books import MergedBook
from barterpy.redundancy.deduplicator import Deduplicator
from barterpy.redundancy.identity import Identity, identify
from barterpy.redundancy.report import RedundancyReport, SourceReport, Tally
from barterpy.redundancy.rollover import (
    ROLLOVER_TRANSITIONS,
    Rollover,
    RolloverAction,
    RolloverInput,
    RolloverPolicy,
    RolloverState,
)
from barterpy.redundancy.stream import RedundantStream, redundant_stream

__all__ = [
    "ROLLOVER_TRANSITIONS",
    "Deduplicator",
    "Identity",
    "MergedBook",
    "RedundancyReport",
    "RedundantStream",
    "Rollover",
    "RolloverAction",
    "RolloverInput",
    "RolloverPolicy",
    "RolloverState",
    "SourceReport",
    "Tally",
    "identify",
    "redundant_stream",
]
