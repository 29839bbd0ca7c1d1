"""Connections as one stream: each alone, or several to the same, of which the first arrival wins.

EventStream         supervised connections as one iteration; each is replaced before the venue cuts it
redundant_stream    n supervised connections of the same plan as one stream
Deduplicator        the merging, without I/O
RedundancyReport    which connection was first, how often and by how much
"""

from barterpy.redundancy.books import MergedBook
from barterpy.redundancy.deduplicator import Deduplicator
from barterpy.redundancy.identity import Identity, identify
from barterpy.redundancy.redundant import RedundantStream, redundant_stream
from barterpy.redundancy.report import RedundancyReport, SourceReport, Tally
from barterpy.redundancy.rollover import (
    ROLLOVER_TRANSITIONS,
    Rollover,
    RolloverAction,
    RolloverInput,
    RolloverPolicy,
    RolloverState,
)
from barterpy.redundancy.stream import EventStream

__all__ = [
    "ROLLOVER_TRANSITIONS",
    "Deduplicator",
    "EventStream",
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
