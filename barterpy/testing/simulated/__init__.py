"""A simulated venue: a seeded market that speaks Binance's WebSocket and REST, spot or USD-M futures.

    SimulatedInstrument ──▶ SimulatedExchange ──▶ SimulatedVenue ──▶ Session (streams), RestApi
      a book and takers       names of streams      time, servers      one client each

Everything left of the venue is a function of seed and time, without I/O. Spot speaks FIX as well, on the same book:
:mod:`barterpy.testing.simulated.fix`. What clients and the crowd trade in is one engine for every simulated venue:
:mod:`barterpy.testing.simulated.matching`.
"""

from barterpy.testing.simulated.exchange import SimulatedExchange
from barterpy.testing.simulated.instrument import SimulatedTrade
from barterpy.testing.simulated.symbols import SYMBOLS, SimulatedSymbol
from barterpy.testing.simulated.venue import SimulatedTransport, SimulatedVenue

__all__ = [
    "SYMBOLS",
    "SimulatedExchange",
    "SimulatedSymbol",
    "SimulatedTrade",
    "SimulatedTransport",
    "SimulatedVenue",
]
