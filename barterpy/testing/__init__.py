"""Testing without a network: public, and what this library's own tests are made with.

MockSocket, socket_pair, connector      a socket over a script; two that are connected; a connect that is scripted
VirtualClock, virtual_backends          days of timers in seconds, on asyncio and trio alike
"""

from barterpy.testing.clock import VIRTUAL_START, VirtualClock, VirtualEventLoop, virtual_backend, virtual_backends
from barterpy.testing.http_server import HttpHandler, serve_http
from barterpy.testing.replay import RecordingSource, ReplaySocket, ReplayTransport
from barterpy.testing.replay_server import BinanceReplay, PlainReplay, ReplayDialect, ReplayServer, ReplaySession
from barterpy.testing.simulated import SimulatedSymbol, SimulatedTrade, SimulatedVenue
from barterpy.testing.sockets import MemorySocket, MockSocket, Pause, Step, connector, socket_pair

__all__ = [
    "VIRTUAL_START",
    "BinanceReplay",
    "HttpHandler",
    "MemorySocket",
    "MockSocket",
    "Pause",
    "PlainReplay",
    "RecordingSource",
    "ReplayDialect",
    "ReplayServer",
    "ReplaySession",
    "ReplaySocket",
    "ReplayTransport",
    "SimulatedSymbol",
    "SimulatedTrade",
    "SimulatedVenue",
    "Step",
    "VirtualClock",
    "VirtualEventLoop",
    "connector",
    "serve_http",
    "socket_pair",
    "virtual_backend",
    "virtual_backends",
]
