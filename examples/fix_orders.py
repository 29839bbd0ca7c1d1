"""An order over FIX: placed, made smaller, and cancelled, each step by what the venue reports. Run it with

    BINANCE_TESTNET_API_KEY=… BINANCE_TESTNET_API_SECRET=… python examples/fix_orders.py PRICE [URL]

The key is an Ed25519 one with the permission FIX_API; PRICE is well below the market, so that the order rests.
"""

import sys
import uuid
from decimal import Decimal

import anyio

from barterpy import Credentials, ExchangeStream
from barterpy.model import Fill, OrderStatus, OrderUpdate
from barterpy.venues.binance import fix

SYMBOL = "BTCUSDT"


async def main(price: Decimal, url: str | None = None, credentials: Credentials | None = None) -> list[str]:
    """Gives what became of the order, one word a report."""
    steps: list[str] = []
    order_id = uuid.uuid4().hex
    gateway = fix.order_entry(credentials, environment="testnet", url=url)
    async with gateway.connect() as socket:  # logged on; leaving logs out
        await socket.send(
            fix.BinanceNewOrder(
                cl_ord_id=order_id,
                symbol=SYMBOL,
                side="1",
                ord_type="2",
                time_in_force="1",
                price=price,
                order_qty=Decimal("0.01"),
            )
        )
        stream: ExchangeStream[OrderUpdate[Decimal] | Fill[Decimal]]
        stream = ExchangeStream(socket, gateway.parser, gateway.transformer())
        async for event in stream:
            if not isinstance(event, OrderUpdate):
                print(event)
                continue
            order = event.order
            steps.append(f"{order.status} {order.size}")
            print(f"{order.status:<10} {order.side} {order.filled}/{order.size} at {order.price} {event.reason or ''}")
            if order.status is not OrderStatus.OPEN:
                break
            request = uuid.uuid4().hex
            if order.size == Decimal("0.01"):
                smaller = Decimal("0.005")
                await socket.send(
                    fix.OrderAmend(cl_ord_id=request, symbol=SYMBOL, order_id=order.id, order_qty=smaller)
                )
            else:
                await socket.send(fix.BinanceCancelRequest(cl_ord_id=request, symbol=SYMBOL, order_id=order.id))
    return steps


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    anyio.run(main, Decimal(sys.argv[1]), next(iter(sys.argv[2:]), None))
