"""Binance's FIX gateways of this library against the simulated ones: each was written from the venue's page alone."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import anyio
import pytest

from barterpy.errors import AuthenticationError, VenueError
from barterpy.events import ClosingSoon, Connected, Disconnected, Subscribed
from barterpy.market import market_stream
from barterpy.model import BookDelta, BookSnapshot, Fill, Order, OrderUpdate, Trade
from barterpy.orderbook import OrderBook
from barterpy.stream import ExchangeStream
from barterpy.subscription import book, quotes, trades
from barterpy.testing.simulated import SimulatedVenue
from barterpy.testing.simulated.fix import SimulatedFix
from barterpy.venues.binance import fix

pytestmark = pytest.mark.anyio
Output = OrderUpdate[Decimal] | Fill[Decimal] | fix.BinanceCancelReject | fix.BinanceReject


@asynccontextmanager
async def simulated() -> AsyncGenerator[SimulatedFix, None]:
    async with (
        SimulatedVenue("spot", seed=9, rate=200, symbols=("BTCUSDT", "ETHUSDT"), history=0) as venue,
        SimulatedFix(venue, drop_copy_delay=0) as gateways,
    ):
        yield gateways


async def test_books_and_trades_are_the_venues_own() -> None:
    mirror: OrderBook[Any] = OrderBook("BTC/USDT")
    kinds: set[str] = set()
    ids: set[str] = set()
    async with simulated() as venue:
        data = fix.MarketData(venue.credentials(), url=str(venue.market_data))
        with anyio.fail_after(50):
            async with market_stream(data, [trades("BTC/USDT"), book("BTC/USDT"), quotes("ETH/USDT")]) as events:
                async for event in events:
                    kinds.add(type(event).__name__)
                    if isinstance(event, Trade):
                        ids.add(event.id)
                    if isinstance(event, BookSnapshot | BookDelta):
                        mirror.apply(event)
                        if len(ids) > 20 and kinds >= {"Quote", "BookDelta"}:
                            venue.venue.pause()
                            if event.sequence == venue.venue.book("BTCUSDT").sequence:
                                break
        truth = venue.venue.book("BTCUSDT")
        assert (mirror.bids(), mirror.asks()) == (list(truth.bids), list(truth.asks))
        assert ids <= {str(one.first_id + n) for one in venue.venue.trades("BTCUSDT") for n in range(len(one.sizes))}


async def test_an_order_becomes_updates_and_fills() -> None:
    async with simulated() as venue:
        gateway = fix.order_entry(venue.credentials(), url=str(venue.order_entry))
        outputs: list[Output] = []
        async with gateway.connect() as socket:
            order = fix.BinanceNewOrder(
                cl_ord_id="a", symbol="BTCUSDT", side="2", ord_type="1", order_qty=Decimal("0.7")
            )
            await socket.send(order)
            await socket.send(fix.BinanceCancelRequest(cl_ord_id="b", symbol="BTCUSDT", orig_cl_ord_id="gone"))
            await socket.send(fix.BinanceNewOrder(cl_ord_id="c", symbol="NOPE", side="1", ord_type="1"))
            stream: ExchangeStream[Output] = ExchangeStream(socket, gateway.parser, gateway.transformer())
            async for output in stream:
                outputs.append(output)
                if any(isinstance(one, fix.BinanceReject) for one in outputs) and any(
                    isinstance(one, fix.BinanceCancelReject) for one in outputs
                ):
                    break
        fills: list[Fill[Decimal]] = [output for output in outputs if isinstance(output, Fill)]
        assert sum(fill.size for fill in fills) == Decimal("0.7")
        updates: list[Order[Decimal]] = [output.order for output in outputs if isinstance(output, OrderUpdate)]
        assert [update.status for update in updates][:: len(updates) - 1] == ["open", "filled"]
        assert updates[-1].average_price == sum(fill.price * fill.size for fill in fills) / Decimal("0.7")
        (refused,) = [output for output in outputs if isinstance(output, fix.BinanceCancelReject)]
        assert (refused.text, refused.error_code) == ("Unknown order sent.", -2011)
        (reject,) = [output for output in outputs if isinstance(output, fix.BinanceReject)]
        assert (reject.text, reject.ref_tag_id) == ("Invalid symbol.", 55)


async def test_a_wrong_key_is_an_error_that_says_why() -> None:
    async with simulated() as venue:
        other = SimulatedVenue("spot", listen=False)
        other.credentials("ed25519")
        gateway = fix.order_entry(other.credentials("ed25519"), url=str(venue.order_entry))
        with pytest.raises(VenueError, match="Invalid API-key, IP, or permissions for action") as caught:
            async with gateway.connect():
                pass
        assert isinstance(caught.value, AuthenticationError)
        assert (caught.value.code, caught.value.fatal) == (-2015, True)


async def test_maintenance_is_told_and_survived() -> None:
    async with simulated() as venue:
        data = fix.MarketData(venue.credentials(), url=str(venue.market_data))
        lives: dict[tuple[str, int], list[str]] = {}
        # The next connection is up before the old one is lost, or after it: each has its own order.
        whole = [["Connected", "Subscribed", "ClosingSoon", "Disconnected"], ["Connected", "Subscribed"]]
        announced = False
        with anyio.fail_after(50):
            async with market_stream(data, [trades("BTC/USDT")]) as events:
                async for event in events:
                    if isinstance(event, Connected | Subscribed | ClosingSoon | Disconnected):
                        lives.setdefault((event.connection, event.epoch), []).append(type(event).__name__)
                    elif isinstance(event, Trade) and not announced:
                        announced = True
                        venue.announce()
                        venue.end_sessions()
                    elif isinstance(event, Trade) and list(lives.values()) == whole:
                        break
        assert list(lives.values()) == whole
