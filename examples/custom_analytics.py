"""A transformer of your own among those of the library: large trades against the volume around them.

A trade is reported when it is larger than a tenth of the volume of the minute before it. Run it with

    python examples/custom_analytics.py [WS_URL [REST_URL]]
"""

import sys
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal

import anyio
import msgspec

from barterpy import Trade, keyed, market_stream, trades
from barterpy.analytics import RollingVolume
from barterpy.clock import MINUTE
from barterpy.venues import binance


class LargeTrade(msgspec.Struct, frozen=True):
    instrument: str
    size: Decimal
    share: Decimal
    """Of the volume of the minute that ends with it."""


class LargeTrades:
    """Holds another transformer and asks it: composing needs no framework."""

    def __init__(self, threshold: Decimal = Decimal("0.1")) -> None:
        self._threshold = threshold
        self._volume: RollingVolume[Decimal] = RollingVolume(duration=MINUTE)

    def transform(self, trade: Trade, received_at: int) -> Iterable[LargeTrade]:
        for volume in self._volume.transform(trade, received_at):
            share = trade.size / volume.volume
            if self._threshold < share < 1:
                yield LargeTrade(trade.instrument, trade.size, share)


async def main(ws_url: str | None = None, rest_url: str | None = None, count: int = 5) -> list[LargeTrade]:
    """Print ``count`` large trades of two instruments."""
    found: list[LargeTrade] = []
    detector = keyed(LargeTrades)  # one for each instrument
    venue = binance.Futures(ws_url=ws_url, rest_url=rest_url)
    async with market_stream(venue, [trades("BTC/USDT:USDT"), trades("ETH/USDT:USDT")]) as events:
        async for event in events:
            if isinstance(event, Trade):
                for large in detector.transform(event, event.received_at):
                    print(f"{large.instrument}: {large.size} is {large.share:.0%} of the minute's volume")
                    found.append(large)
            if len(found) >= count:
                break
    return found


if __name__ == "__main__":
    websocket, rest = (*sys.argv[1:3], None, None)[:2]
    with suppress(KeyboardInterrupt):
        anyio.run(main, websocket, rest)
