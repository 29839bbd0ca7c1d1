"""Testing without a network: public, and what this library's own tests are made with.

    MockSocket, socket_pair, connector      a socket over a script; two that are connected; a connect that is scripted
    VirtualClock, virtual_backends          days of timers in seconds, on asyncio and trio alike
    ReplaySocket, ReplayTransport           a recording as a socket and as REST answers
    ReplayServer                            a recording as a real WebSocket and real HTTP on loopback
    SimulatedVenue                          a seeded market that speaks Binance's WebSocket and REST
    SimulatedDydx                           markets whose books cross and scripted accounts, over dYdX's Indexer
    SimulatedDeribit                        a matching engine with a crowd, that speaks Deribit's JSON-RPC
    simulated.fix, simulated.deribit.fix    FIX for SimulatedVenue and for SimulatedDeribit, on the same markets
    FaultInjector                           a TCP proxy that cuts, stalls, splits, delays and corrupts at any byte
    serve_http                              any answers over HTTP on loopback
    check_socket, check_venue, …            does an object of yours keep the contract of its kind?

Fixtures for pytest are in :mod:`barterpy.testing.plugin`, recordings themselves in :mod:`barterpy.recording`. What
serves HTTP needs the extra ``testing``, and says so.
"""

import typing

from barterpy.testing.checks import (
    SocketFactory,
    check_parser,
    check_signer,
    check_socket,
    check_transformer,
    check_venue,
)
from barterpy.testing.clock import VIRTUAL_START, VirtualClock, VirtualEventLoop, virtual_backend, virtual_backends
from barterpy.testing.faults import (
    Corrupt,
    Cut,
    Delay,
    Direction,
    Fault,
    Faults,
    HalfClose,
    HalfOpen,
    Noise,
    Split,
    Stall,
)
from barterpy.testing.http_server import HttpHandler, serve_http
from barterpy.testing.injector import FaultInjector
from barterpy.testing.proxied import ProxiedConnection
from barterpy.testing.replay import RecordingSource, ReplaySocket, ReplayTransport
from barterpy.testing.replay_server import BinanceReplay, PlainReplay, ReplayDialect, ReplayServer, ReplaySession
from barterpy.testing.simulated import SimulatedSymbol, SimulatedTrade, SimulatedVenue
from barterpy.testing.simulated.dydx import SimulatedDydx
from barterpy.testing.sockets import MemorySocket, MockSocket, Pause, Step, connector, socket_pair

if typing.TYPE_CHECKING:
    from barterpy.testing.simulated.deribit import SimulatedDeribit
else:

    def __getattr__(name: str) -> object:
        """PEP 562: the one name that brings a venue, and with it an HTTP library, is imported when asked for."""
        if name != "SimulatedDeribit":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from barterpy.testing.simulated.deribit import SimulatedDeribit

        globals()[name] = SimulatedDeribit
        return SimulatedDeribit


__all__ = [
    "VIRTUAL_START",
    "BinanceReplay",
    "Corrupt",
    "Cut",
    "Delay",
    "Direction",
    "Fault",
    "FaultInjector",
    "Faults",
    "HalfClose",
    "HalfOpen",
    "HttpHandler",
    "MemorySocket",
    "MockSocket",
    "Noise",
    "Pause",
    "PlainReplay",
    "ProxiedConnection",
    "RecordingSource",
    "ReplayDialect",
    "ReplayServer",
    "ReplaySession",
    "ReplaySocket",
    "ReplayTransport",
    "SimulatedDeribit",
    "SimulatedDydx",
    "SimulatedSymbol",
    "SimulatedTrade",
    "SimulatedVenue",
    "SocketFactory",
    "Split",
    "Stall",
    "Step",
    "VirtualClock",
    "VirtualEventLoop",
    "check_parser",
    "check_signer",
    "check_socket",
    "check_transformer",
    "check_venue",
    "connector",
    "serve_http",
    "socket_pair",
    "virtual_backend",
    "virtual_backends",
]
