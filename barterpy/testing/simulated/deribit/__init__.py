"""A simulated Deribit: a matching engine with a crowd, that speaks JSON-RPC over WebSocket and HTTP.

MatchingBook ──▶ DeribitMarket ──▶ SimulatedDeribit ──▶ DeribitSessionServer, HTTP
  one instrument   crowd, channels   accounts, time       one client each
"""

from barterpy.testing.simulated.deribit.accounts import SimulatedAccount
from barterpy.testing.simulated.deribit.contracts import CONTRACTS, SimulatedContract
from barterpy.testing.simulated.deribit.venue import DeribitTransport, SimulatedDeribit
from barterpy.testing.simulated.matching import Match, MatchingBook, SimulatedOrder

__all__ = [
    "CONTRACTS",
    "DeribitTransport",
    "Match",
    "MatchingBook",
    "SimulatedAccount",
    "SimulatedContract",
    "SimulatedDeribit",
    "SimulatedOrder",
]
