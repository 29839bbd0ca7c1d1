"""A simulated dYdX: seeded markets and scripted accounts that speak the Indexer's WebSocket and REST.

    SimulatedMarkets, SimulatedAccounts ──▶ SimulatedDydx ──▶ IndexerSession (streams), IndexerApi (REST)
      what happens, and how it is told       time, servers      one client each

Everything left of the venue is a function of seed, time and script, without I/O.
"""

from barterpy.testing.simulated.dydx.accounts import SimulatedAccount
from barterpy.testing.simulated.dydx.market import DYDX_SYMBOLS
from barterpy.testing.simulated.dydx.venue import SimulatedDydx

__all__ = ["DYDX_SYMBOLS", "SimulatedAccount", "SimulatedDydx"]
