"""The simulated Deribit speaks FIX: orders and market data on one gateway, on the market all its protocols share.

    SimulatedDeribitFix ──▶ DeribitFixFloor ──▶ orders, market data, reference ──▶ DeribitDesk
      sockets                 sessions            messages in, messages out          market, accounts

Everything right of the sockets is a function of messages and time, without I/O. Messages are those of "FIX API",
docs.deribit.com, 2026-09; where that page is silent, FIX 4.4 is followed, and each module says in what.
"""

from barterpy.testing.simulated.deribit.fix.floor import DeribitFixFloor
from barterpy.testing.simulated.deribit.fix.gateways import SimulatedDeribitFix

__all__ = ["DeribitFixFloor", "SimulatedDeribitFix"]
