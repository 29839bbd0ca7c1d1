"""The simulated Deribit's FIX gateway over real sockets, with the library's own gateways as clients."""

import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import anyio
import pytest
import trustme

from barterpy import subscription as sub
from barterpy.clock import MILLISECOND, SECOND, wall_clock
from barterpy.credentials import Credentials, Secret
from barterpy.errors import AuthenticationError, ConfigurationError, ConnectError, RequestRejected
from barterpy.events import Connected, Disconnected, SubscriptionFailed
from barterpy.limits import Scopes
from barterpy.market import market_stream
from barterpy.model import Fill, OrderStatus, OrderUpdate, Trade
from barterpy.protocols.fix import Outgoing
from barterpy.protocols.fix.initiator import initiate
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.session import GapFilled, LoggedOut, MemoryStore, Session, SessionEvent
from barterpy.protocols.fix.session.store import Received, Sent
from barterpy.stream import ExchangeStream
from barterpy.testing import SimulatedDeribit
from barterpy.testing.simulated.deribit.fix import SimulatedDeribitFix
from barterpy.venues.deribit import fix
from barterpy.venues.deribit.fix.auth import LogonSigner
from barterpy.venues.deribit.fix.dialect import client_hooks, client_settings

pytestmark = pytest.mark.anyio
D = Decimal
NAME = "BTC-PERPETUAL"


@asynccontextmanager
async def venues(**options: Any) -> AsyncGenerator[SimulatedDeribitFix, None]:
    async with (
        SimulatedDeribit(seed=5, rate=100, instruments=(NAME,)) as venue,
        SimulatedDeribitFix(venue, **options) as gateway,
    ):
        yield gateway


def orders(gateway: SimulatedDeribitFix, credentials: Credentials | None = None, **options: Any) -> Any:
    return fix.order_entry(credentials or gateway.credentials(), url=gateway.url, scopes=Scopes(), **options)


def limit(id_: str = "a", price: str = "1000", **fields: Any) -> fix.DeribitNewOrder:
    """A bid far below the market."""
    usual: dict[str, Any] = {"symbol": NAME, "side": "1", "order_qty": D(2), "price": D(price), "ord_type": "2"}
    return fix.DeribitNewOrder(cl_ord_id=id_, **{**usual, **fields})


async def first(stream: Any, wanted: Callable[[Any], bool]) -> Any:
    with anyio.fail_after(30):
        async for event in stream:
            if wanted(event):
                return event
    raise AssertionError("the stream ended")


async def to_its_end(socket: Any) -> None:
    """Read until the session was logged out."""
    with anyio.fail_after(30):
        while True:
            await socket.receive()


def updates(status: OrderStatus, client_id: str = "a") -> Callable[[Any], bool]:
    return lambda event: (
        type(event) is OrderUpdate and event.order.status is status and event.order.client_id == client_id
    )


async def test_an_order_from_new_through_changed_to_cancelled() -> None:
    async with venues() as gateway:
        entry = orders(gateway)
        async with entry.connect() as socket:
            stream = ExchangeStream(socket, entry.parser, entry.transformer())
            await socket.send(limit(label="mine"))
            order = (await first(stream, updates(OrderStatus.OPEN))).order
            assert (order.size, order.price, order.instrument) == (D(20), D(1000), NAME)
            await socket.send(
                fix.DeribitReplaceRequest(
                    cl_ord_id="a", orig_cl_ord_id=order.id, symbol=NAME, side="1", order_qty=D(1), price=D(1001)
                )
            )
            changed = (await first(stream, updates(OrderStatus.OPEN))).order
            assert (changed.id, changed.size, changed.price) == (order.id, D(10), D(1001))
            await socket.send(fix.DeribitCancelRequest(orig_cl_ord_id=order.id))
            ended = (await first(stream, updates(OrderStatus.CANCELED))).order
            assert (ended.id, ended.filled) == (order.id, 0)
            await socket.send(fix.DeribitCancelRequest(orig_cl_ord_id=order.id))
            reject = await first(stream, lambda event: isinstance(event, fix.DeribitCancelReject))
            assert type(fix.refusal_error(reject)) is RequestRejected
            await socket.send(limit("b", symbol="BTC-XXX"))
            refused = await first(stream, updates(OrderStatus.REJECTED, "b"))
            assert "instrument_name" in refused.reason


async def test_fills_are_events_and_the_book_of_every_protocol_has_them() -> None:
    async with venues() as gateway:
        gateway.venue.pause()
        entry = orders(gateway)
        async with entry.connect() as socket:
            stream = ExchangeStream(socket, entry.parser, entry.transformer())
            before = len(gateway.venue.trades(NAME))
            await socket.send(limit(ord_type="1", price="0", order_qty=D(500)))
            fills: list[Fill[Decimal]] = []
            done = updates(OrderStatus.FILLED)

            def ends(event: Any) -> bool:
                if type(event) is Fill:
                    fills.append(event)
                return done(event)

            await first(stream, ends)
            matches = gateway.venue.trades(NAME)[before:]
            assert [fill.id for fill in fills] == [match.id for match in matches]
            assert sum(fill.size for fill in fills) == D(5000)
            assert {fill.maker for fill in fills} == {False}


async def test_how_all_orders_stand_and_a_mass_cancel() -> None:
    async with venues() as gateway:
        entry = orders(gateway)
        async with entry.connect() as socket:
            stream = ExchangeStream(socket, entry.parser, entry.transformer())
            for id_ in ("a", "b"):
                await socket.send(limit(id_))
                await first(stream, updates(OrderStatus.OPEN, id_))
            await socket.send(fix.DeribitMassStatusRequest(mass_status_req_id="all", mass_status_req_type=7))
            total = await first(stream, lambda event: isinstance(event, fix.DeribitExecutionReport))
            assert (total.tot_num_reports, total.mass_status_req_id) == (2, "all")
            for id_ in ("a", "b"):
                await first(stream, updates(OrderStatus.OPEN, id_))
            await socket.send(fix.DeribitMassCancelRequest(cl_ord_id="m", mass_cancel_request_type="7"))
            report = await first(stream, lambda event: getattr(event, "msg_type", "") == "r")
            assert (report.total_affected_orders, report.text) == (2, "success")
            assert [order.orig_cl_ord_id for order in report.affected_orders] == ["a", "b"]
            for id_ in ("a", "b"):
                await first(stream, updates(OrderStatus.CANCELED, id_))


@pytest.mark.parametrize("credentials", [Credentials("nobody", "secret"), None])
async def test_a_logon_that_is_refused_says_why(credentials: Credentials | None) -> None:
    async with venues() as gateway:
        wrong = credentials or Credentials(gateway.credentials().key, Secret("guessed"))
        with pytest.raises(AuthenticationError, match="invalid_credentials") as caught:
            async with orders(gateway, wrong).connect():
                pass
        assert caught.value.fatal
        assert gateway.sessions == 0


async def test_refused_logons_leave_nothing_behind() -> None:
    """More of them than there may be sessions of a name."""
    async with venues() as gateway:
        key = gateway.credentials()
        for _ in range(20):
            with pytest.raises(AuthenticationError):
                async with orders(gateway, Credentials(key.key, Secret("guessed"))).connect():
                    pass
        async with orders(gateway, key).connect():
            assert gateway.sessions == 1


async def test_who_breaks_off_while_logging_on_leaves_nothing_behind() -> None:
    async with venues() as gateway:
        key = gateway.credentials()
        for _ in range(20):
            async with await anyio.connect_tcp("127.0.0.1", gateway.endpoint.port) as stream:
                await stream.send(b"8=FIX.4.4\x019=20\x0135=A\x0149=barterpy\x01")
            async with await anyio.connect_tcp("127.0.0.1", gateway.endpoint.port) as stream:
                session = Session(client_settings(), hooks=client_hooks(LogonSigner(key)))
                session.connected(0.0, gateway.venue.desk.clock())
                await stream.send(session.data_to_send())
        with anyio.fail_after(30):
            later = wall_clock() + SECOND  # than the timestamps of those
            async with orders(gateway, key, clock=lambda: later).connect() as socket:
                assert socket.session.is_logged_on
                await gateway.when(lambda: gateway.sessions == 1)


async def test_an_old_timestamp_is_refused() -> None:
    async with venues() as gateway:
        key, now = gateway.credentials(), wall_clock()
        async with orders(gateway, key, clock=lambda: now).connect():
            pass
        with pytest.raises(AuthenticationError, match="timestamp"):
            async with orders(gateway, key, clock=lambda: now).connect():
                pass
        async with orders(gateway, key, clock=lambda: now + MILLISECOND).connect():
            assert gateway.sessions == 1


@pytest.mark.parametrize(("asked", "left"), [(True, []), (False, ["a"]), (None, ["a"])])
async def test_cancel_on_disconnect(asked: bool | None, left: list[str]) -> None:
    async with venues() as gateway:
        key = gateway.credentials()
        entry = orders(gateway, key, cancel_on_disconnect=asked)
        async with entry.connect() as socket:
            stream = ExchangeStream(socket, entry.parser, entry.transformer())
            await socket.send(limit())
            await first(stream, updates(OrderStatus.OPEN))
        with anyio.fail_after(30):
            await gateway.when(lambda: gateway.sessions == 0)
        assert [order.client_id for order in gateway.venue.accounts.by_key[key.key].open_orders()] == left


async def test_cancel_on_disconnect_when_the_connection_breaks() -> None:
    async with venues() as gateway:
        key = gateway.credentials()
        async with await anyio.connect_tcp("127.0.0.1", gateway.endpoint.port) as stream:
            hooks = client_hooks(LogonSigner(key), cancel_on_disconnect=True)
            session = Session(client_settings(), hooks=hooks)
            session.connected(0.0, gateway.venue.desk.clock())
            await stream.send(session.data_to_send())
            with anyio.fail_after(30):
                await gateway.when(lambda: gateway.sessions == 1)
                session.receive_data(await stream.receive(), 0.0, gateway.venue.desk.clock())
                while session.next_events(0.0, gateway.venue.desk.clock()):
                    pass
                session.send(Outgoing.of(limit()), 0.0, gateway.venue.desk.clock())
                await stream.send(session.data_to_send())
                account = gateway.venue.accounts.by_key[key.key]
                while not account.open_orders():
                    await anyio.lowlevel.checkpoint()
        with anyio.fail_after(30):
            await gateway.when(lambda: gateway.sessions == 0)
        assert not account.open_orders()
        assert account.orders


async def test_messages_that_were_missed_are_asked_for_and_come_again() -> None:
    """A client whose store is behind: it counts on where its store says, finds a gap, and gets what it missed."""
    async with venues() as gateway:
        key = gateway.credentials()
        signer = LogonSigner(key)
        endpoint = gateway.endpoint

        @asynccontextmanager
        async def session(store: MemoryStore, events: list[SessionEvent]) -> AsyncGenerator[Any, None]:
            async with initiate(
                client_settings(reset=False),
                endpoint.host,
                endpoint.port,
                store=store,
                hooks=client_hooks(signer),
                on_event=events.append,
            ) as socket:
                yield socket

        async def answers(socket: Any, count: int) -> list[Message]:
            found: list[Message] = []
            with anyio.fail_after(30):
                while len(found) < count:
                    found += (await socket.receive()).messages
            return found

        store = MemoryStore()
        async with session(store, []) as socket:
            for id_ in ("one", "two"):
                await socket.send(Outgoing("BE", {923: id_, 924: 4, 553: key.key}))
            once = await answers(socket, 2)
        stored = await store.load()
        assert stored is not None
        behind = MemoryStore()
        await behind.apply([Sent(stored.next_out - 1, b"", stored.next_out), Received(once[0].seq_num)])
        events: list[SessionEvent] = []
        async with session(behind, events) as socket:
            again = await answers(socket, 2)
        assert [message.text(923) for message in again] == ["one", "two"]
        assert [message.seq_num for message in again] == [message.seq_num for message in once]
        assert {message.text(43) for message in again} == {"Y"}
        assert any(isinstance(event, GapFilled) for event in events)


async def test_orders_and_data_at_once_by_the_same_name_and_key() -> None:
    async with venues() as gateway:
        key = gateway.credentials()
        entry = orders(gateway, key)
        data = fix.MarketData(key, url=gateway.url, scopes=Scopes())
        async with entry.connect() as socket:
            stream = ExchangeStream(socket, entry.parser, entry.transformer())
            async with market_stream(data, [sub.trades(NAME)]) as events:
                await first(events, lambda event: type(event) is Trade)
                assert gateway.sessions == 2
                await socket.send(limit(ord_type="1", price="0"))
                fill = await first(stream, lambda event: type(event) is Fill)
                trade = await first(events, lambda event: type(event) is Trade and event.id == fill.id)
                assert (trade.price, trade.size) == (fill.price, fill.size)


async def test_an_unknown_symbol_is_refused_and_the_others_live_on() -> None:
    async with venues() as gateway:
        data = fix.MarketData(gateway.credentials(), url=gateway.url, scopes=Scopes())
        async with market_stream(data, [sub.trades("BTC-1JAN30"), sub.trades(NAME)]) as events:
            refused = await first(events, lambda event: isinstance(event, SubscriptionFailed))
            assert "BTC-1JAN30" in str(refused)
            assert (await first(events, lambda event: type(event) is Trade)).instrument == NAME


async def test_everybody_is_logged_out_and_market_data_comes_again() -> None:
    async with venues() as gateway:
        data = fix.MarketData(gateway.credentials(), url=gateway.url, scopes=Scopes())
        async with market_stream(data, [sub.trades(NAME)]) as events:
            await first(events, lambda event: type(event) is Trade)
            assert gateway.end_sessions() == 1
            await first(events, lambda event: isinstance(event, Disconnected))
            await first(events, lambda event: isinstance(event, Connected))
            assert (await first(events, lambda event: type(event) is Trade)).epoch == 2


async def test_a_logout_of_the_venues_has_its_words() -> None:
    async with venues() as gateway:
        events: list[SessionEvent] = []
        entry = orders(gateway, on_event=events.append)
        async with entry.connect() as socket:
            gateway.end_sessions("system_maintenance")
            with pytest.raises(anyio.EndOfStream):
                await to_its_end(socket)
        (out,) = [event for event in events if isinstance(event, LoggedOut)]
        assert (out.text, out.by_peer) == ("system_maintenance", True)


@pytest.fixture
def certificate() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = trustme.CA()
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server)  # pyright: ignore[reportUnknownMemberType]
    client = ssl.create_default_context()
    authority.configure_trust(client)  # pyright: ignore[reportUnknownMemberType]
    return server, client


async def test_over_tls(certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, client = certificate
    async with venues(tls=server) as gateway:
        assert gateway.url.startswith("tcp+tls://")
        async with orders(gateway, ssl_context=client).connect() as socket:
            assert socket.session.is_logged_on


async def test_it_can_be_entered_once_and_needs_its_port() -> None:
    async with venues() as gateway:
        with pytest.raises(ConfigurationError, match="once"):
            await gateway.__aenter__()
        with pytest.raises(ConnectError):
            async with SimulatedDeribitFix(gateway.venue, port=gateway.endpoint.port):
                pass
