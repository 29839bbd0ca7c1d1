"""Ends that are announced: market data is replaced by a session beside the first, orders log out and on at once."""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import anyio
import pytest

from barterpy import subscription as sub
from barterpy.backoff import Backoff
from barterpy.credentials import Credentials
from barterpy.errors import ConfigurationError
from barterpy.events import ClosingSoon, Connected, Disconnected, Gap, Reconnecting, Resynced, Subscribed
from barterpy.limits import Scopes
from barterpy.market import event_stream, market_stream
from barterpy.model import BookDelta, BookSnapshot, Fill, OrderUpdate, Quote, Trade
from barterpy.orderbook import OrderBook
from barterpy.protocols.fix import Message, Outgoing, PlannedEnd
from barterpy.protocols.fix.outgoing import Field
from barterpy.redundancy import RolloverPolicy
from barterpy.supervision import ReconnectPolicy
from barterpy.testing.simulated import SimulatedVenue
from barterpy.testing.simulated.fix import Gateway, SimulatedFix
from barterpy.venues.binance import fix

pytestmark = pytest.mark.anyio

CREDENTIALS = Credentials(
    "key",
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIIJEYWtGBrhACmb9Dvy+qa8WEf0lQOl1s4CLIAB9m89u\n"
    "-----END PRIVATE KEY-----\n",
)
OVERLAP = RolloverPolicy(max_age=None, overlap=45.0, drain=0.2)
FOR_EVER = ReconnectPolicy(backoff=Backoff(initial=3600.0, cap=3600.0))
"""Who waits for this back-off is never seen again."""
TEXT = "Your connection is about to be closed. Please reconnect."
NEWS = Outgoing("B", [(148, TEXT)])
Venue = Callable[..., Any]
"""The fixture that makes a venue of a script, see conftest.py."""


@asynccontextmanager
async def simulated() -> AsyncGenerator[SimulatedFix, None]:
    async with (
        SimulatedVenue("spot", seed=9, rate=200, symbols=("BTCUSDT",), history=0) as venue,
        SimulatedFix(venue, drop_copy_delay=0) as gateways,
    ):
        yield gateways


async def test_market_data_is_replaced_and_nothing_is_missed_or_comes_twice() -> None:
    told: list[Any] = []
    mirror: OrderBook[Any] = OrderBook("BTC/USDT")
    ids: list[int] = []
    most, names = 0, set[str]()
    async with simulated() as venue:
        data = fix.MarketData(venue.credentials(), url=str(venue.market_data), scopes=Scopes())
        wanted = [sub.trades("BTC/USDT"), sub.book("BTC/USDT"), sub.quotes("BTC/USDT")]
        ends = 0
        with anyio.fail_after(100):
            async with market_stream(data, wanted, policy=FOR_EVER, rollover=OVERLAP) as events:
                async for event in events:
                    names |= {name for _, name in venue.floor.clients}
                    most = max(most, venue.sessions(Gateway.MARKET_DATA))
                    if isinstance(event, Trade):
                        ids.append(int(event.id))
                        if len(ids) in (20, 200):
                            venue.announce(TEXT)
                            venue.announce(TEXT)  # it is repeated, and once is enough
                    elif isinstance(event, BookSnapshot | BookDelta):
                        mirror.apply(event)
                    elif not isinstance(event, Quote):
                        told.append(event)
                        ends += isinstance(event, Disconnected)
                    if ends == 2 and len(ids) > 250:
                        venue.venue.pause()
                        if mirror.sequence == venue.venue.book("BTCUSDT").sequence:
                            break
        truth = venue.venue.book("BTCUSDT")
        assert (mirror.bids(), mirror.asks()) == (list(truth.bids), list(truth.asks))
    assert sorted(ids) == list(range(min(ids), min(ids) + len(ids)))
    kinds: list[Any] = [type(event) for event in told]
    assert kinds.count(ClosingSoon) == 2
    assert not {Gap, Resynced, Reconnecting} & set(kinds)
    reasons = [event.reason for event in told if isinstance(event, Disconnected)]
    assert reasons == ["replaced by fix-market_data-1-2", "replaced by fix-market_data-1"]
    # Two at a time, each under a SenderCompID of its own.
    assert (most, len(names)) == (2, 3)


def trades_and_news(message: Message, number: int) -> Iterable[Outgoing]:
    """Trade number n on connection n; the first one then announces its end."""
    if message.msg_type == "XLQ":
        trade: list[Field] = [(279, "0"), (269, "2"), (270, "10"), (271, "1"), (55, "BTCUSDT"), (1003, number)]
        yield Outgoing("XLR", [(6136, message.text(6136)), Outgoing.group(25003, [])])
        yield Outgoing("X", [(262, "T1" if number == 1 else "T3"), Outgoing.group(268, [trade])])
        if number == 1:
            yield NEWS
            yield NEWS


async def test_with_a_name_of_its_own_a_session_logs_out_and_on_at_once(venue: Venue) -> None:
    """The venue knows one session of a name at a time."""
    async with venue(trades_and_news) as served:
        data = fix.MarketData(CREDENTIALS, url=served.url, sender="MINE", scopes=Scopes())
        events: list[Any] = []
        with anyio.fail_after(60):
            async with market_stream(data, [sub.trades("BTC/USDT")], policy=FOR_EVER) as stream:
                async for event in stream:
                    events.append(event)
                    if isinstance(event, Trade) and event.epoch == 2:
                        break
    assert [type(event) for event in events] == [
        Connected,
        Subscribed,
        Trade,
        ClosingSoon,
        Disconnected,
        Reconnecting,
        Connected,
        Subscribed,
        Trade,
    ]
    end = events[4]
    assert (end.reason, end.error) == (f"FIX session closed: planned, {TEXT}", "PlannedEnd")
    assert events[5].delay == 0.0
    assert served.types() == ["A", "V", "XLQ", "5", "A", "V", "XLQ", "5"]
    assert {message.text(49) for message in served.heard} == {"MINE"}
    assert [message.text(34) for message in served.heard if message.msg_type == "A"] == ["1", "1"]


async def test_a_name_of_its_own_is_for_one_connection() -> None:
    data = fix.MarketData(CREDENTIALS, sender="MINE", scopes=Scopes(), connection_streams=2)
    wanted = [sub.trades(f"{coin}/USDT") for coin in ("BTC", "ETH", "BNB")]
    (plan,) = data.connections(wanted[:2])
    assert plan.again is None
    with pytest.raises(ConfigurationError, match="3 subscriptions need 2 connections, and a sender"):
        data.connections(wanted)
    assert all(one.again for one in fix.MarketData(CREDENTIALS, connection_streams=2).connections(wanted))


async def test_a_drop_copy_logs_out_and_on_at_once_and_hears_of_what_came_before() -> None:
    async with simulated() as venue:
        key = venue.credentials()
        copies = fix.drop_copy(key, url=str(venue.drop_copy), scopes=Scopes())
        orders = fix.order_entry(key, url=str(venue.order_entry), scopes=Scopes())
        told: list[Any] = []
        fills = 0
        with anyio.fail_after(60):
            async with orders.connect() as socket, event_stream(copies.connection(), policy=FOR_EVER) as events:

                async def sell(name: str) -> None:
                    new = fix.BinanceNewOrder(
                        cl_ord_id=name, symbol="BTCUSDT", side="2", ord_type="1", order_qty=Decimal(1)
                    )
                    await socket.send(new)

                async for item in events:
                    event: Any = item
                    if type(event) is OrderUpdate:
                        order: Any = getattr(event, "order")  # noqa: B009 - of any numbers
                        if order.status == "filled":
                            told.append(order.client_id)
                            if len(told) > 3:
                                break
                            venue.announce(TEXT)
                    elif isinstance(event, Fill):
                        fills += 1
                    else:
                        told.append(event)
                        if isinstance(event, Connected):
                            await sell(f"epoch{event.epoch}")
    assert [one if isinstance(one, str) else type(one).__name__ for one in told] == [
        "Connected",
        "epoch1",
        "News",
        "Disconnected",
        "Reconnecting",
        "Connected",
        "epoch2",
    ]
    assert fills
    assert told[3].reason == f"FIX session closed: planned, {TEXT}"
    assert told[4].delay == 0.0


async def test_an_order_entry_session_of_ones_own(venue: Venue) -> None:
    """Every order is answered before the end is raised, and the next session is the caller's to begin."""

    def slow(message: Message, number: int) -> Iterable[Outgoing]:
        if message.msg_type == "D":
            if message.text(11) == "1":
                yield NEWS
            yield Outgoing("8", [(11, message.text(11)), (37, 1), (150, "0"), (39, "0")])

    orders = [
        fix.BinanceNewOrder(cl_ord_id=str(n), symbol="BTCUSDT", side="1", ord_type="1", order_qty=Decimal(1))
        for n in range(4)
    ]
    async with venue(slow) as served:
        gateway = fix.order_entry(CREDENTIALS, url=served.url, scopes=Scopes()).replace(on_planned_end="logout")
        answered: list[str] = []
        with anyio.fail_after(60):
            async with gateway.connect() as socket:
                await socket.send_many(orders)

                async def listen() -> None:
                    while True:
                        answered.extend(one.text(11) for one in (await socket.receive()).messages if 11 in one)

                with pytest.raises(PlannedEnd, match="planned, Your connection is about to be closed") as ended:
                    await listen()
                with pytest.raises(PlannedEnd):
                    await socket.send(orders[0])
        assert answered == ["0", "1", "2", "3"]
        assert served.types() == ["A", "D", "D", "D", "D", "5"]
    assert (ended.value.planned, ended.value.needs_reconnect, ended.value.reason) == (True, True, TEXT)


async def test_unless_it_was_asked_to_a_session_of_ones_own_only_hears_of_it(venue: Venue) -> None:
    def news(message: Message, number: int) -> Iterable[Outgoing]:
        return [NEWS] if message.msg_type == "XLQ" else []

    async with venue(news) as served:
        gateway = fix.order_entry(CREDENTIALS, url=served.url, scopes=Scopes())
        async with gateway.connect() as socket:
            await socket.send(fix.LimitQuery(req_id="1"))
            assert (await socket.receive()).messages[0].msg_type == "B"
            assert socket.session.is_logged_on
            await socket.send(fix.LimitQuery(req_id="2"))
    assert served.types() == ["A", "XLQ", "XLQ", "5"]
