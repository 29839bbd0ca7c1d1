"""Stops, order lists, replacements and cancels with the typed messages of this library, over real sockets.

The gateway and the simulated venue were each written from the venue's page alone.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import anyio
import pytest

from barterpy.credentials import Credentials
from barterpy.model import Fill, Order, OrderStatus, OrderType, OrderUpdate
from barterpy.protocols.fix.orders import OrderMassCancelRequest
from barterpy.stream import ExchangeStream
from barterpy.testing.simulated import SimulatedVenue
from barterpy.testing.simulated.fix import SimulatedFix
from barterpy.venues.binance import fix

pytestmark = pytest.mark.anyio
D = Decimal
TICK = D("0.1")
HALF = D("0.5")
TRIGGER: dict[str, Any] = {"trigger_type": "4", "trigger_action": "1", "trigger_price_type": "2"}


class Desk:
    """An order entry session, and what it was told."""

    def __init__(self, venue: SimulatedFix, socket: Any, stream: Any) -> None:
        self.venue = venue
        self.socket = socket
        self.told: list[Any] = []
        self._stream = aiter(stream)

    async def until(self, wanted: Callable[[Any], object]) -> Any:
        """The first thing told from now on that is wanted."""
        while True:
            output = await anext(self._stream)
            self.told.append(output)
            if wanted(output):
                return output

    async def order(self, client_id: str, status: OrderStatus) -> Any:
        """The update by which an order comes to that status."""
        while True:
            update = await self.until(lambda told: isinstance(told, OrderUpdate))
            if (update.order.client_id, update.order.status) == (client_id, status):
                return update.order

    def orders(self) -> list[Order[Decimal]]:
        """Every order as it was told, in that order."""
        updates: list[OrderUpdate[Decimal]] = [told for told in self.told if isinstance(told, OrderUpdate)]
        return [update.order for update in updates]

    def around(self) -> tuple[Decimal, Decimal]:
        """The best bid, and the first ask above the last trade: whoever buys up to it moves that price."""
        book, last = self.venue.venue.book("BTCUSDT"), self.venue.venue.exchange.instruments["BTCUSDT"].last_price
        return book.bids[0].price, next(level.price for level in book.asks if level.price > last * TICK)

    async def buy_up_to(self, price: Decimal) -> None:
        """Take all that is offered up to a price."""
        size = sum(level.size for level in self.venue.venue.book("BTCUSDT").asks if level.price <= price)
        await self.socket.send(limit("taker", "1", price, D(size), time_in_force="3"))


@asynccontextmanager
async def desk() -> AsyncGenerator[Desk, None]:
    async with (
        SimulatedVenue("spot", seed=4, symbols=("BTCUSDT",), history=1) as venue,
        SimulatedFix(venue, drop_copy_delay=0) as gateways,
    ):
        venue.pause()
        gateway = fix.order_entry(gateways.credentials(), url=str(gateways.order_entry))
        with anyio.fail_after(50):
            async with gateway.connect() as socket:
                yield Desk(gateways, socket, ExchangeStream(socket, gateway.parser, gateway.transformer()))


def limit(client_id: str, side: str, price: Decimal, size: Decimal = HALF, **more: Any) -> fix.BinanceNewOrder:
    return fix.BinanceNewOrder(
        cl_ord_id=client_id, symbol="BTCUSDT", side=side, ord_type="2", order_qty=size, price=price, **more
    )


async def test_a_stop_is_triggered_and_filled() -> None:
    async with desk() as one:
        bid, ask = one.around()
        await one.socket.send(
            fix.BinanceNewOrder(
                cl_ord_id="stop", symbol="BTCUSDT", side="1", ord_type="3", order_qty=D("0.2"),
                trigger_price=ask, trigger_price_direction="U", **TRIGGER,
            )
        )  # fmt: skip
        waiting = await one.order("stop", OrderStatus.OPEN)
        assert (waiting.type, waiting.stop_price) == (OrderType.STOP_MARKET, ask)
        await one.buy_up_to(ask)
        filled = await one.order("stop", OrderStatus.FILLED)
        fills: list[Fill[Decimal]] = [told for told in one.told if isinstance(told, Fill) and told.client_id == "stop"]
        assert sum(fill.size for fill in fills) == D("0.2") == filled.filled
        assert bid < ask <= min(fill.price for fill in fills)


async def test_a_list_from_its_start_to_its_end() -> None:
    """OCO: the take profit trades, the stop loss expires, the list is done; each is told as a typed message."""
    async with desk() as one:
        bid, ask = one.around()
        below = fix.BinanceListOrder(
            cl_ord_id="loss", symbol="BTCUSDT", side="2", ord_type="4", order_qty=D("0.2"), price=bid - 60 * TICK,
            time_in_force="1", trigger_price=bid - 50 * TICK, trigger_price_direction="D", **TRIGGER,
            triggers=(fix.ListTrigger(trigger_type="2", trigger_index=1, action="2"),),
        )  # fmt: skip
        above = fix.BinanceListOrder(
            cl_ord_id="profit", symbol="BTCUSDT", side="2", ord_type="2", exec_inst="6", order_qty=D("0.2"),
            price=ask, triggers=(fix.ListTrigger(trigger_type="1", trigger_index=0, action="2"),),
        )  # fmt: skip
        await one.socket.send(fix.BinanceNewOrderList(orders=(below, above), contingency_type=1, cl_list_id="pair"))
        started = await one.until(lambda told: isinstance(told, fix.BinanceListStatus))
        assert (started.list_status_type, started.list_order_status, started.cl_list_id) == (4, 3, "pair")
        assert [(order.cl_ord_id, order.triggers) for order in started.orders] == [
            ("loss", below.triggers),
            ("profit", above.triggers),
        ]
        assert (await one.order("loss", OrderStatus.OPEN)).type is OrderType.STOP_LIMIT
        await one.order("profit", OrderStatus.OPEN)
        await one.buy_up_to(ask)
        done = await one.until(lambda told: isinstance(told, fix.BinanceListStatus))
        assert (done.list_status_type, done.list_order_status) == (5, 6)
        ends = {order.client_id: order.status for order in one.orders() if order.client_id in ("loss", "profit")}
        assert ends == {"loss": OrderStatus.EXPIRED, "profit": OrderStatus.FILLED}


async def test_a_list_that_is_released_and_cancelled_whole() -> None:
    """OTOCO: the pair is pending until the working order is filled; to cancel one of the pair cancels the list."""
    async with desk() as one:
        bid, ask = one.around()
        working = fix.BinanceListOrder(
            cl_ord_id="working", symbol="BTCUSDT", side="1", ord_type="2", order_qty=D("0.2"), price=ask,
            time_in_force="1",
        )  # fmt: skip
        release = fix.ListTrigger(trigger_type="3", trigger_index=0, action="1")
        below = fix.BinanceListOrder(
            cl_ord_id="below", symbol="BTCUSDT", side="2", ord_type="3", order_qty=D("0.2"),
            trigger_price=bid - 50 * TICK, trigger_price_direction="D", **TRIGGER,
            triggers=(release, fix.ListTrigger(trigger_type="2", trigger_index=2, action="2")),
        )  # fmt: skip
        above = fix.BinanceListOrder(
            cl_ord_id="above", symbol="BTCUSDT", side="2", ord_type="2", exec_inst="6", order_qty=D("0.2"),
            price=ask + 50 * TICK, triggers=(release, fix.ListTrigger(trigger_type="1", trigger_index=1, action="2")),
        )  # fmt: skip
        orders = fix.BinanceNewOrderList(orders=(working, below, above), contingency_type=2, cl_list_id="three")
        await one.socket.send(orders)
        assert (await one.order("below", OrderStatus.PENDING_NEW)).type is OrderType.STOP_MARKET
        await one.order("working", OrderStatus.FILLED)
        await one.order("below", OrderStatus.OPEN)
        await one.order("above", OrderStatus.OPEN)
        cancel = fix.BinanceCancelRequest(cl_ord_id="c", symbol="BTCUSDT", orig_cl_ord_id="above")
        await one.socket.send(cancel)
        done = await one.until(lambda told: isinstance(told, fix.BinanceListStatus) and told.list_status_type == 5)
        assert done.list_order_status == 6
        cancelled = [order for order in one.orders() if order.status is OrderStatus.CANCELED]
        assert len(cancelled) == 2
        await one.socket.send(fix.BinanceCancelRequest(cl_ord_id="d", symbol="BTCUSDT", orig_cl_list_id="three"))
        refused = await one.until(lambda told: isinstance(told, fix.BinanceCancelReject))
        assert (refused.orig_cl_list_id, refused.error_code) == ("three", -2011)


async def test_a_list_that_is_refused_says_why() -> None:
    async with desk() as one:
        bid, ask = one.around()
        orders = tuple(
            fix.BinanceListOrder(
                cl_ord_id=name, symbol="BTCUSDT", side="2", ord_type="2", exec_inst="6", order_qty=D("0.2"), price=price
            )
            for name, price in (("a", bid), ("b", ask))
        )
        await one.socket.send(fix.BinanceNewOrderList(orders=orders, contingency_type=1, cl_list_id="wrong"))
        status = await one.until(lambda told: isinstance(told, fix.BinanceListStatus))
        assert (status.list_status_type, status.list_order_status, status.list_reject_reason) == (2, 7, "99")
        assert (status.error_code, status.text) == (-1168, "At least one OCO order must be contingent.")
        assert [order.cl_ord_id for order in status.orders] == ["a", "b"]


async def test_cancel_and_new_amend_and_cancel_all() -> None:
    async with desk() as one:
        bid, _ = one.around()
        await one.socket.send(limit("a", "1", bid, time_in_force="1"))
        await one.order("a", OrderStatus.OPEN)
        replace = fix.CancelAndNewOrder(
            cl_ord_id="b", symbol="BTCUSDT", side="1", ord_type="2", order_qty=D("0.5"), price=bid - TICK,
            time_in_force="1", mode=1, orig_cl_ord_id="a", cancel_cl_ord_id="x",
        )  # fmt: skip
        await one.socket.send(replace)
        cancelled = await one.until(lambda told: isinstance(told, OrderUpdate))
        assert cancelled.order.status is OrderStatus.CANCELED
        assert (await one.order("b", OrderStatus.OPEN)).price == bid - TICK
        await one.socket.send(fix.OrderAmend(cl_ord_id="c", symbol="BTCUSDT", orig_cl_ord_id="b", order_qty=D("0.3")))
        amended = await one.until(lambda told: isinstance(told, OrderUpdate))
        assert (amended.order.size, amended.order.status) == (D("0.3"), OrderStatus.OPEN)
        await one.socket.send(fix.OrderAmend(cl_ord_id="d", symbol="BTCUSDT", orig_cl_ord_id="b", order_qty=D(1)))
        refused = await one.until(lambda told: isinstance(told, fix.OrderAmendReject))
        assert (refused.error_code, refused.text) == (-2038, "Order amend (quantity increase) is not supported.")
        everything = OrderMassCancelRequest(cl_ord_id="e", symbol="BTCUSDT", mass_cancel_request_type="1")
        await one.socket.send_many([limit("f", "1", bid - 2 * TICK, time_in_force="1"), everything])
        report = await one.until(lambda told: isinstance(told, fix.BinanceMassCancelReport))
        assert (report.mass_cancel_response, report.total_affected_orders) == ("1", 2)
        await one.socket.send(everything)
        report = await one.until(lambda told: isinstance(told, fix.BinanceMassCancelReport))
        assert (report.mass_cancel_response, report.error_code) == ("0", -2011)


@pytest.mark.parametrize(
    ("order", "code", "text"),
    [
        (limit("a", "1", D("60000.03"), time_in_force="1"), -1013, "Filter failure: PRICE_FILTER"),
        (limit("a", "1", D("99000"), exec_inst="6"), -2010, "Order would immediately match and take."),
        (limit("a", "1", D("60000")), -1102, "Required tag '59' missing."),
        (
            fix.BinanceNewOrder(
                cl_ord_id="a", symbol="BTCUSDT", side="1", ord_type="3", order_qty=D(1), trigger_price=D("60000"),
                trigger_price_direction="U", **TRIGGER,
            ),
            -2010,
            "Order would trigger immediately.",
        ),
    ],
)  # fmt: skip
async def test_an_order_that_is_refused_says_why(order: Any, code: int, text: str) -> None:
    async with desk() as one:
        await one.socket.send(order)
        while True:
            (message, *_) = (await one.socket.receive()).messages
            if message.msg_type == "8":
                break
        report: Any = fix.order_entry(Credentials("k", _key())).parser.parse(message)
        assert (report.ord_status, report.error_code, report.text) == ("8", code, text)


def _key() -> str:
    return SimulatedVenue("spot", listen=False).credentials("ed25519").secret.reveal()
