"""Testing without a network: public, and what this library's own tests are made with.

MockSocket, socket_pair, connector      a socket over a script; two that are connected; a connect that is scripted
VirtualClock, virtual_backends          days of timers in seconds, on asyncio and trio alike
"""

from barterpy.testing.clock import VIRTUAL_START, VirtualClock, VirtualEventLoop, virtual_backend, virtual_backends
from barterpy.testing.sockets import MemorySocket, MockSocket, Pause, Step, connector, socket_pair

__all__ = [
    "VIRTUAL_START",
    "MemorySocket",
    "MockSocket",
    "Pause",
    "Step",
    "VirtualClock",
    "VirtualEventLoop",
    "connector",
    "socket_pair",
    "virtual_backend",
    "virtual_backends",
]
