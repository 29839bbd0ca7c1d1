"""Market data over FIX is market data over WebSocket: one simulated market, heard by both at once over real sockets.

Trades are the same one for one, whole events and all. A book is told over FIX without numbers and with the time it was
sent at; its changes are the same ones in the same order, and the books that come of them are equal to the server's.
"""

from collections.abc import Callable
from contextlib import aclosing
from decimal import Decimal
from typing import Any

import anyio
import msgspec
import pytest

from barterpy.limits import Scopes
from barterpy.market import market_stream
from barterpy.model import BookDelta, BookSnapshot, Liquidation, Quote, Trade
from barterpy.orderbook import OrderBook
from barterpy.subscription import book, liquidations, quotes, trades
from barterpy.testing import SimulatedDeribit
from barterpy.testing.simulated.deribit.fix import SimulatedDeribitFix
from barterpy.venues import deribit
from barterpy.venues.deribit import fix

pytestmark = pytest.mark.anyio
NAME = "BTC/USD:BTC"
WANTED = [trades(NAME), liquidations(NAME), book(NAME), quotes(NAME), book(NAME, depth=10)]
ENOUGH = 40


class Heard:
    """What one protocol brings, in order."""

    def __init__(self, look: Callable[[], None]) -> None:
        self.events: list[Any] = []
        self.book: OrderBook[Any] = OrderBook(NAME)
        self._look = look

    async def listen(self, venue: Any) -> None:
        async with market_stream(venue, WANTED) as events:
            async for event in events:
                self.events.append(event)
                if isinstance(event, BookDelta) or (isinstance(event, BookSnapshot) and event.depth is None):
                    self.book.apply(event)
                self._look()

    def knows(self, truth: BookSnapshot[Decimal], trade: str) -> bool:
        """Whether it has come as far as the server, which stands still."""
        bids, asks = list(truth.bids), list(truth.asks)
        quotes: list[Quote[Decimal]] = [event for event in self.events if isinstance(event, Quote)]
        pictures: list[BookSnapshot[Decimal]] = [
            event for event in self.events if isinstance(event, BookSnapshot) and event.depth
        ]
        if not (quotes and pictures and trade in self.trades()):
            return False
        quote, levels = quotes[-1], pictures[-1]
        return (
            (self.book.bids(), self.book.asks()) == (bids, asks)
            and (list(levels.bids), list(levels.asks)) == (bids[:10], asks[:10])
            and (quote.bid_price, quote.bid_size) == (bids[0].price, bids[0].size)
            and (quote.ask_price, quote.ask_size) == (asks[0].price, asks[0].size)
        )

    def trades(self) -> dict[str, Trade[Decimal]]:
        """By their ids, without the moment at which each came."""
        found: list[Trade[Decimal]] = [event for event in self.events if isinstance(event, Trade)]
        return {event.id: msgspec.structs.replace(event, received_at=0) for event in found}

    def of(self, kind: type[Any]) -> list[Any]:
        """Events of a kind, without numbers and times that belong to the way they took."""
        strip: dict[str, Any] = {"received_at": 0, "exchange_at": None}
        if kind is not Liquidation:
            strip["sequence"] = None
        return [msgspec.structs.replace(event, **strip) for event in self.events if isinstance(event, kind)]


def common(mine: list[Any], theirs: list[Any]) -> int:
    """How many of the last events of both are the same in the same order, from where the one that began later did."""
    shorter, longer = sorted((mine, theirs), key=len)
    assert shorter
    assert longer[len(longer) - len(shorter) :] == shorter
    return len(shorter)


async def test_deribit() -> None:
    async with (
        SimulatedDeribit(seed=3, rate=100, instruments=("BTC-PERPETUAL",)) as venue,
        SimulatedDeribitFix(venue) as gateway,
    ):
        paused = False

        def look() -> None:
            nonlocal paused
            both = a.trades().keys() & b.trades().keys() if not paused else ()
            if len(both) >= ENOUGH and a.of(Liquidation) and b.of(Liquidation):
                paused = True
                venue.pause()
            if not paused:
                return
            truth, last = venue.book("BTC-PERPETUAL"), venue.trades("BTC-PERPETUAL")[-1].id
            if all(one.knows(truth, last) for one in (a, b)) and a.of(Liquidation)[-1] == b.of(Liquidation)[-1]:
                tasks.cancel_scope.cancel()

        a, b = Heard(look), Heard(look)
        async with (
            aclosing(deribit.Deribit(**venue.options)) as web,
            aclosing(fix.MarketData(venue.credentials(), url=gateway.url, scopes=Scopes())) as data,
        ):
            with anyio.fail_after(50):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(a.listen, web)
                    tasks.start_soon(b.listen, data)
        mine, theirs = a.trades(), b.trades()
        ids = [match.id for match in venue.trades("BTC-PERPETUAL")]
        shared = [id_ for id_ in ids if id_ in mine and id_ in theirs]
        assert len(shared) >= ENOUGH
        # From where both listened, neither misses one, and none is another.
        assert shared == ids[ids.index(shared[0]) :]
        assert [mine[id_] for id_ in shared] == [theirs[id_] for id_ in shared]
        assert common(a.of(BookDelta), b.of(BookDelta)) > 3
        assert common(a.of(Liquidation), b.of(Liquidation)) > 0
        # Neither goes on until it has the server's book, its best levels and its best prices: `knows`.
        assert a.of(Quote)[-1] == b.of(Quote)[-1]
        assert a.book.bids() == b.book.bids() == list(venue.book("BTC-PERPETUAL").bids)
        assert a.book.asks() == b.book.asks() == list(venue.book("BTC-PERPETUAL").asks)
