"""The instruments of a venue: cached, refreshed, compared, and used where sizes have to be understood.

venue.instruments() ──▶ InstrumentRefresher ──▶ InstrumentCache ──▶ get_instrument, snapshot
                               └──▶ InstrumentStatus                  └──▶ BaseSizes
"""

from barterpy.instruments.cache import InstrumentCache
from barterpy.instruments.refresher import InstrumentRefresher, InstrumentSource, RefreshPolicy
from barterpy.instruments.sizes import BaseSizes, base_size
from barterpy.instruments.snapshot import InstrumentSnapshot

__all__ = [
    "BaseSizes",
    "InstrumentCache",
    "InstrumentRefresher",
    "InstrumentSnapshot",
    "InstrumentSource",
    "RefreshPolicy",
    "base_size",
]
