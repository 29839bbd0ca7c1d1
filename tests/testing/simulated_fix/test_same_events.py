"""Market data over FIX is market data over WebSocket: the same market, heard on both, is the same events."""

from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import anyio
import msgspec
import pytest

from barterpy.market import market_stream
from barterpy.model import BookDelta, BookSnapshot, Quote, Trade
from barterpy.orderbook import OrderBook
from barterpy.subscription import book, quotes, trades
from barterpy.testing.simulated import SimulatedVenue
from barterpy.testing.simulated.fix import SimulatedFix
from barterpy.venues import binance
from barterpy.venues.binance import fix

pytestmark = pytest.mark.anyio
WANTED = [trades("BTC/USDT"), quotes("BTC/USDT"), book("BTC/USDT")]
KINDS: tuple[type[Any], ...] = (Trade, Quote, BookDelta)
ENOUGH = 12


class Heard:
    """What one protocol brings, in order."""

    def __init__(self, look: Callable[[], None]) -> None:
        self.events: list[Any] = []
        self.book: OrderBook[Any] = OrderBook("BTC/USDT")
        self._look = look

    async def listen(self, venue: Any) -> None:
        async with market_stream(venue, WANTED) as events:
            async for event in events:
                self.events.append(event)
                if isinstance(event, BookSnapshot | BookDelta):
                    self.book.apply(event)
                self._look()

    def of(self, kind: type[Any]) -> dict[Any, Any]:
        """Events of a kind by the venue's number of each, without what belongs to the way they took: when they were
        received, and when they were sent. A spot quote over WebSocket has no time at all."""
        strip = {"received_at": 0, "epoch": 1, **({} if kind is Trade else {"exchange_at": None})}
        return {
            event.sequence: msgspec.structs.replace(event, **strip) for event in self.events if isinstance(event, kind)
        }


async def test_binance() -> None:
    async with (
        SimulatedVenue("spot", seed=3, rate=100, symbols=("BTCUSDT",), history=1) as venue,
        SimulatedFix(venue) as gateways,
    ):
        asked = False

        def look() -> None:
            nonlocal asked
            if not asked and all(len(a.of(kind).keys() & b.of(kind).keys()) >= ENOUGH for kind in KINDS):
                asked = True
                venue.pause()
            truth = venue.book("BTCUSDT").sequence
            if asked and a.book.sequence == b.book.sequence == truth:
                tasks.cancel_scope.cancel()

        a, b = Heard(look), Heard(look)
        async with (
            aclosing(binance.Spot(**venue.options)) as spot,
            aclosing(fix.MarketData(gateways.credentials(), url=str(gateways.market_data))) as data,
        ):
            with anyio.fail_after(50):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(a.listen, spot)
                    tasks.start_soon(b.listen, data)
        for kind in KINDS:
            mine, theirs = a.of(kind), b.of(kind)
            shared = sorted(mine.keys() & theirs.keys())
            assert len(shared) >= ENOUGH
            # From where both listened, neither has one that the other has not; the last ones may still be on their way.
            first, last = max(min(mine), min(theirs)), min(max(mine), max(theirs))
            assert shared == sorted(key for key in mine.keys() | theirs.keys() if first <= key <= last)
            assert [mine[key] for key in shared] == [theirs[key] for key in shared]
        truth = venue.book("BTCUSDT")
        assert a.book.bids() == b.book.bids() == list(truth.bids)
        assert a.book.asks() == b.book.asks() == list(truth.asks)
