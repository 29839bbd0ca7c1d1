"""A venue composed from the primitives: trades and best quotes of Coinbase Exchange, supervised and normalised.

Facts: Coinbase Exchange WebSocket feed, channels ``matches`` and ``ticker``, as of 2026. Run it with

    python examples/new_venue.py [URL]
"""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import anyio
import msgspec

from barterpy import Connection, Directive, JsonParser, Quote, Reply, Side, SubscribeRequest, Trade, event_stream
from barterpy.clock import MICROSECOND, SECOND
from barterpy.errors import RequestRejected
from barterpy.protocols import websocket

URL = "wss://ws-feed.exchange.coinbase.com"
VENUE = "coinbase_exchange"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Match(msgspec.Struct, tag_field="type", tag="match"):
    trade_id: int
    product_id: str
    side: str
    size: Decimal
    price: Decimal
    time: datetime


class Ticker(msgspec.Struct, tag_field="type", tag="ticker"):
    product_id: str
    best_bid: Decimal
    best_bid_size: Decimal
    best_ask: Decimal
    best_ask_size: Decimal
    time: datetime


class Control(msgspec.Struct):
    """All other messages: the answer to a subscribe, or the last trade before it, which is no news."""

    type: Literal["subscriptions", "error", "last_match"]
    reason: str = ""


class Normalise:
    """Wire to model. The feed names the maker's side; the model wants the taker's."""

    def transform(self, message: Match | Ticker | Control, received_at: int) -> Iterable[Trade | Quote | Directive]:
        if isinstance(message, Control):
            if message.type != "last_match":
                yield Reply(1, RequestRejected(message.reason) if message.type == "error" else None)
            return
        seconds, microseconds = divmod(message.time - EPOCH, timedelta(seconds=1))
        where: dict[str, Any] = {"venue": VENUE, "instrument": message.product_id, "received_at": received_at}
        at = seconds * SECOND + microseconds.microseconds * MICROSECOND
        if isinstance(message, Match):
            side = Side.SELL if message.side == "buy" else Side.BUY
            yield Trade(
                **where, price=message.price, size=message.size, side=side, id=str(message.trade_id), exchange_at=at
            )
        else:
            bid, ask = (message.best_bid, message.best_bid_size), (message.best_ask, message.best_ask_size)
            yield Quote(**where, bid_price=bid[0], bid_size=bid[1], ask_price=ask[0], ask_size=ask[1], exchange_at=at)


def connection(*products: str, url: str = URL) -> Connection[Trade | Quote]:
    """One connection with both channels of these products."""
    request = {"type": "subscribe", "product_ids": products, "channels": ["matches", "ticker"]}
    return Connection(
        venue=VENUE,
        name=f"{VENUE}/1",
        connect=lambda: websocket.connect(url),
        parser=JsonParser(Match | Ticker, Control),
        transformer=Normalise(),
        requests=(SubscribeRequest(id=1, message=msgspec.json.encode(request).decode(), subscriptions=products),),
    )


async def main(url: str = URL, count: int = 20) -> None:
    """Print ``count`` events: data, and what happens to the connection."""
    async with event_stream(connection("BTC-USD", "ETH-USD", url=url)) as events:
        async for event in events:
            print(event)
            count -= 1
            if count == 0:
                break


if __name__ == "__main__":
    anyio.run(main, next(iter(sys.argv[1:]), URL))
