"""TCP streams for the protocols above: anyio's, and on asyncio a faster one."""

from barterpy.protocols.tcp.connect import connect_tcp
from barterpy.protocols.tcp.deadline import DeadlinePassed, TimedStream, timed

__all__ = ["DeadlinePassed", "TimedStream", "connect_tcp", "timed"]
