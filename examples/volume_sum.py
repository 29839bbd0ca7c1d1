"""Rolling sum of volume over a Binance futures trade stream: bytes in, one number a trade out.

A socket, a parser and a transformer of your own, composed by hand. Run it with

    python examples/volume_sum.py [URL]
"""

import sys
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal

import anyio
import msgspec

from barterpy import ExchangeStream, JsonParser
from barterpy.protocols import websocket

URL = "wss://fstream.binance.com/market/ws/btcusdt@aggTrade"


class AggTrade(msgspec.Struct, tag_field="e", tag="aggTrade"):
    """The fields of the venue's message that are used here; the others are skipped, not decoded."""

    quantity: Decimal = msgspec.field(name="q")


class VolumeSum:
    """A Transformer is any object with this method."""

    def __init__(self) -> None:
        self.total = Decimal(0)

    def transform(self, trade: AggTrade, received_at: int) -> Iterable[Decimal]:
        self.total += trade.quantity
        yield self.total


async def main(url: str = URL, count: int = 10) -> Decimal:
    """Print the sum after each of ``count`` trades."""
    total = Decimal(0)
    async with websocket.connect(url) as socket:
        async for total in ExchangeStream(socket, JsonParser(AggTrade), VolumeSum()):
            print(total)
            count -= 1
            if count == 0:
                break
    return total


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        anyio.run(main, next(iter(sys.argv[1:]), URL))
