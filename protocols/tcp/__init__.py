"""TCP streams for the protocols above: anyio's, and on asyncio faster ones."""

from barterpy.protocols.tcp.asyncio_stream import AsyncioStream
from barterpy.protocols.tcp.connect import connect_tcp
from barterpy.protocols.tcp.deadline import DeadlinePassed, TimedStream, timed
from barterpy.protocols.tcp.listen import listen_tcp

__all__ = ["AsyncioStream", "DeadlinePassed", "TimedStream", "connect_tcp", "listen_tcp", "timed"]
