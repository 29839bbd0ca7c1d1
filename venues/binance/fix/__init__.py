"""Binance Spot over FIX 4.4: order entry, drop copy and market data, as the documentation stood in 2026-09.

    from barterpy.venues.binance import fix

    gateway = fix.order_entry(credentials)                  # an Ed25519 key with the permission FIX_API
    async with gateway.connect() as socket:
        await socket.send(fix.BinanceNewOrder(cl_ord_id="1", symbol="BTCUSDT", side="1", ord_type="2", …))
        async for event in ExchangeStream(socket, gateway.parser, gateway.transformer()):
            ...                                             # OrderUpdate, Fill, refusals

    async with market_stream(fix.MarketData(credentials), [trades("BTC/USDT"), book("ETH/USDT")]) as events:
        ...                                                 # the events of the WebSocket streams

What is particular: every logon begins anew and nothing is sent twice; the venue announces its maintenance by News, told
as :class:`~barterpy.events.ClosingSoon`; budgets are messages of a connection. FIX-SBE (ports 9001 and 9002) is not in
here: it is another encoding of the same messages, in binary.

Docs: https://developers.binance.com/docs/binance-spot-api-docs/fix-api
"""

from barterpy.venues.binance.fix.endpoints import FixEnvironment, GatewayKind
from barterpy.venues.binance.fix.errors import refusal_error
from barterpy.venues.binance.fix.gateways import FixOptions, MarketData, drop_copy, order_entry
from barterpy.venues.binance.fix.messages import (
    BinanceCancelReject,
    BinanceCancelRequest,
    BinanceExecutionReport,
    BinanceListOrder,
    BinanceListStatus,
    BinanceMassCancelReport,
    BinanceNewOrder,
    BinanceNewOrderList,
    BinanceReject,
    CancelAndNewOrder,
    LimitQuery,
    LimitResponse,
    ListTrigger,
    OrderAmend,
    OrderAmendReject,
    OrderMassCancelRequest,
)

__all__ = [
    "BinanceCancelReject",
    "BinanceCancelRequest",
    "BinanceExecutionReport",
    "BinanceListOrder",
    "BinanceListStatus",
    "BinanceMassCancelReport",
    "BinanceNewOrder",
    "BinanceNewOrderList",
    "BinanceReject",
    "CancelAndNewOrder",
    "FixEnvironment",
    "FixOptions",
    "GatewayKind",
    "LimitQuery",
    "LimitResponse",
    "ListTrigger",
    "MarketData",
    "OrderAmend",
    "OrderAmendReject",
    "OrderMassCancelRequest",
    "drop_copy",
    "order_entry",
    "refusal_error",
]
