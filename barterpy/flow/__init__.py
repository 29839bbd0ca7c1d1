"""What happens when the consumer is slower than its connections: a bound, a policy, and an event that tells.

    FlowPolicy          block, drop_oldest, conflate or fail, and how many events may wait
    Buffer              the policies without I/O: put, take, counters
    FlowChannel         connections on one side of a buffer, one consumer on the other

:class:`~barterpy.market.EventStream` takes a policy as ``flow``.
"""

from barterpy.flow.buffer import LIFECYCLE, Buffer, FlowCounters, Source
from barterpy.flow.channel import FlowChannel, FlowSender
from barterpy.flow.conflation import ConflatingBuffer
from barterpy.flow.dropping import DroppingBuffer
from barterpy.flow.policy import FlowMode, FlowPolicy, conflation_key

__all__ = [
    "LIFECYCLE",
    "Buffer",
    "ConflatingBuffer",
    "DroppingBuffer",
    "FlowChannel",
    "FlowCounters",
    "FlowMode",
    "FlowPolicy",
    "FlowSender",
    "Source",
    "conflation_key",
]
