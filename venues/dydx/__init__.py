"""dYdX v4, read through an Indexer, as its documentation stood in 2026 (docs.dydx.xyz). Placing orders is not in here.

    venue = dydx.Perpetuals()                   # Decimal, exact
    venue = dydx.Perpetuals(number=float)       # float, for speed

    async with market_stream(venue, [trades("BTC/USDC:USDC"), book("ETH-USD")]) as events:
        async for event in events:
            ...

    account = dydx.Account("dydx1…")            # an address is all it takes
    async with account.stream() as events:
        ...

What is particular about this venue: no keys; the messages of a connection are numbered and nothing else is, so a loss
puts every topic of it in doubt; books may be crossed for a moment and are uncrossed by the age of their levels; quotes
come of the books; the oracle's price is mark and index; at most 32 topics of a channel on a connection.
"""

from barterpy.venues.dydx.accounts import Account
from barterpy.venues.dydx.channels import block_heights, parent_subaccount, subaccount
from barterpy.venues.dydx.endpoints import Environment
from barterpy.venues.dydx.perpetuals import Perpetuals
from barterpy.venues.dydx.venue import IndexerVenue, Options, SocketFactory

__all__ = [
    "Account",
    "Environment",
    "IndexerVenue",
    "Options",
    "Perpetuals",
    "SocketFactory",
    "block_heights",
    "parent_subaccount",
    "subaccount",
]
