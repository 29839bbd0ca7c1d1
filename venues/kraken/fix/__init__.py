"""Kraken over FIX 4.4: spot and derivatives, trading and market data, as the documentation stood in 2026-09.

    from barterpy.venues.kraken import fix

    gateway = fix.trading("MYCOMPID", credentials)          # as Kraken assigned it
    async with gateway.connect() as socket:
        await socket.send(fix.KrakenNewOrder(cl_ord_id="1744036325000000", symbol="BTC/USD", side="1", …))
        async for event in ExchangeStream(socket, gateway.parser, gateway.transformer()):
            ...                                             # OrderUpdate, Fill, refusals

Access is on request, from addresses that are allowed. Market data comes as typed messages. Kraken Prime and US
perpetuals speak other dialects and are not in here.

Docs: https://docs.kraken.com (unified FIX)
"""

from barterpy.venues.kraken.fix.endpoints import FixEnvironment, GatewayKind
from barterpy.venues.kraken.fix.errors import refusal_error
from barterpy.venues.kraken.fix.gateways import FixOptions, market_data, trading
from barterpy.venues.kraken.fix.messages import (
    KrakenExecutionReport,
    KrakenNewOrder,
    KrakenSecurityList,
    KrakenSnapshot,
    KrakenUpdateMessage,
)

__all__ = [
    "FixEnvironment",
    "FixOptions",
    "GatewayKind",
    "KrakenExecutionReport",
    "KrakenNewOrder",
    "KrakenSecurityList",
    "KrakenSnapshot",
    "KrakenUpdateMessage",
    "market_data",
    "refusal_error",
    "trading",
]
