"""The simulated venue speaks FIX: Binance's order entry, drop copy and market data, on the market all protocols share.

    SimulatedFix ──▶ FixFloor ──▶ OrderDesk, MarketDataDesk ──▶ SimulatedVenue
      sockets         sessions      messages to orders, streams    the book, the trades

Everything right of the sockets is a function of messages and time, without I/O.
"""

from barterpy.testing.simulated.fix.client import Gateway
from barterpy.testing.simulated.fix.floor import FixFloor
from barterpy.testing.simulated.fix.gateways import SimulatedFix

__all__ = ["FixFloor", "Gateway", "SimulatedFix"]
