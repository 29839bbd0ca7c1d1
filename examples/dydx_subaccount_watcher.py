"""Watches a subaccount of dYdX v4: its orders, fills, positions and balances, through any number of lost connections.

An address is all it takes. What the account holds comes with every connect, so the table below is right again a moment
after a cut; fills that happened meanwhile are asked for over REST, where they are kept. Run it with

    python examples/dydx_subaccount_watcher.py ADDRESS [NUMBER [WS_URL REST_URL]]
"""

import sys
from contextlib import suppress
from decimal import Decimal

import anyio

from barterpy import BlockHeight, Connected, Disconnected, Gap, ReconnectPolicy
from barterpy.clock import SECOND
from barterpy.events import LifecycleEvent
from barterpy.model import AccountEvent, Balance, Fill, OrderStatus, OrderUpdate, Position, Transfer
from barterpy.venues import dydx

ENDED = {OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED}
Event = AccountEvent[Decimal] | BlockHeight | LifecycleEvent


class Watcher:
    """What is known of the account, by what it was told."""

    def __init__(self) -> None:
        self.positions: dict[str, Decimal] = {}
        self.balances: dict[str, Decimal] = {}
        self.orders: dict[str, OrderStatus] = {}
        self.fills: dict[str, Fill[Decimal]] = {}
        self.connects = 0

    def see(self, event: Event) -> str:
        """Take an event in, and say it in a line."""
        match event:
            case Fill():
                if event.id in self.fills:
                    return ""
                self.fills[event.id] = event
                return f"fill      {event.instrument}  {event.side} {event.size} at {event.price}, fee {event.fee}"
            case Position():
                self.positions[event.instrument] = event.size
                return f"position  {event.instrument}  {event.size}"
            case Balance():
                self.balances[event.asset] = event.total
                return f"balance   {event.asset}  {event.total}"
            case OrderUpdate(order=order):
                if order.id is not None and order.status in ENDED:
                    self.orders.pop(order.id, None)
                elif order.id is not None:
                    self.orders[order.id] = order.status
                return f"order     {order.instrument}  {order.side} {order.filled}/{order.size}  {order.status}"
            case Transfer():
                return f"{event.kind.value:<9} {event.size} {event.asset}"
            case Connected():
                self.connects += 1
                return "connected"
            case Disconnected() | Gap():
                return f"in doubt: {event.reason}"
            case _:
                return ""


async def missed(account: dydx.Account[Decimal], watcher: Watcher, began: int) -> list[Fill[Decimal]]:
    """Fills nobody told of since ``began`` (int nanoseconds UTC), oldest first."""
    fresh: list[Fill[Decimal]] = []
    async for fill in account.fills():
        if fill.id in watcher.fills or (fill.exchange_at or 0) < began:
            break
        fresh.append(fill)
    return fresh[::-1]


async def main(
    address: str,
    number: int = 0,
    ws_url: str | None = None,
    rest_url: str | None = None,
    fills: int | None = None,
) -> Watcher:
    """Watch for ever, or until so many fills were seen."""
    watcher = Watcher()
    policy = ReconnectPolicy(first_connect="retry")
    behind = False
    async with (
        dydx.Account(address, number, ws_url=ws_url, rest_url=rest_url) as account,
        account.stream(policy=policy) as events,
    ):
        # By the venue's clock, and a little before: blocks are told some time after they were made.
        began = await account.server_time() - 5 * SECOND
        async for event in events:
            behind = behind or isinstance(event, Disconnected | Gap)
            seen: list[Event] = [event]
            if behind and isinstance(event, Balance):
                # The channel tells what is held now; how it came to be is in the books.
                seen += await missed(account, watcher, began)
                behind = False
            for line in filter(None, map(watcher.see, seen)):
                print(line)
            if fills is not None and len(watcher.fills) >= fills:
                break
    return watcher


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with suppress(KeyboardInterrupt):
        ws, rest = sys.argv[3:5] or (None, None)
        anyio.run(main, sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0, ws, rest, None)
