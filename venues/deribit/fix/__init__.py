"""Deribit over FIX 4.4: orders and market data on one gateway, as the documentation stood in 2026-09.

    from barterpy.venues.deribit import fix

    gateway = fix.order_entry(credentials, cancel_on_disconnect=True)
    async with gateway.connect() as socket:
        await socket.send(fix.DeribitNewOrder(cl_ord_id="1", symbol="BTC-PERPETUAL", side="1", …))
        async for event in ExchangeStream(socket, gateway.parser, gateway.transformer()):
            ...                                         # OrderUpdate, Fill, refusals

    async with market_stream(fix.MarketData(credentials), [trades("BTC/USD:BTC"), book("BTC-PERPETUAL")]) as events:
        ...                                             # the events of the WebSocket channels

What is particular: a Logon carries a digest instead of a signature; the ids of an order are the other way round than in
the standard; sizes on the wire are contracts, and the venue's amounts in events.

Docs: https://docs.deribit.com (FIX API)
"""

from barterpy.venues.deribit.fix.endpoints import FixEnvironment
from barterpy.venues.deribit.fix.errors import refusal_error
from barterpy.venues.deribit.fix.gateways import FixOptions, MarketData, order_entry
from barterpy.venues.deribit.fix.messages import (
    DeribitCancelReject,
    DeribitCancelRequest,
    DeribitExecutionReport,
    DeribitMassCancelRequest,
    DeribitMassStatusRequest,
    DeribitNewOrder,
    DeribitReplaceRequest,
)

__all__ = [
    "DeribitCancelReject",
    "DeribitCancelRequest",
    "DeribitExecutionReport",
    "DeribitMassCancelRequest",
    "DeribitMassStatusRequest",
    "DeribitNewOrder",
    "DeribitReplaceRequest",
    "FixEnvironment",
    "FixOptions",
    "MarketData",
    "order_entry",
    "refusal_error",
]
