"""Coinbase over FIX: Exchange (FIX 5.0SP2 over FIXT.1.1) and Prime (FIX 4.2), as the documentation stood in 2026-09.

    from barterpy.venues.coinbase import fix

    gateway = fix.order_entry(credentials, cancel_on_disconnect="session")
    async with gateway.connect() as socket:
        await socket.send(fix.ExchangeNewOrder(cl_ord_id=str(uuid4()), symbol="BTC-USD", side="1", …))
        async for event in ExchangeStream(socket, gateway.parser, gateway.transformer()):
            ...                                             # OrderUpdate, Fill, refusals

    gateway = fix.prime(credentials, service_account="…", portfolio="…")

Market data comes as typed messages of single orders (L3). International Exchange (INTX) and the FIX 5.0 dialect of
Prime are not in here.

Docs: https://docs.cdp.coinbase.com/exchange/fix-api and https://docs.cdp.coinbase.com/prime/fix-api
"""

from barterpy.venues.coinbase.fix.endpoints import FixEnvironment, GatewayKind
from barterpy.venues.coinbase.fix.errors import refusal_error
from barterpy.venues.coinbase.fix.gateways import (
    CommonOptions,
    FixOptions,
    drop_copy,
    market_data,
    order_entry,
    prime,
)
from barterpy.venues.coinbase.fix.messages import (
    BatchCancel,
    BatchOrder,
    ExchangeExecutionReport,
    ExchangeNewOrder,
    NewOrderBatch,
    OrderCancelBatch,
    PrimeExecutionReport,
    PrimeNewOrder,
)

__all__ = [
    "BatchCancel",
    "BatchOrder",
    "CommonOptions",
    "ExchangeExecutionReport",
    "ExchangeNewOrder",
    "FixEnvironment",
    "FixOptions",
    "GatewayKind",
    "NewOrderBatch",
    "OrderCancelBatch",
    "PrimeExecutionReport",
    "PrimeNewOrder",
    "drop_copy",
    "market_data",
    "order_entry",
    "prime",
    "refusal_error",
]
