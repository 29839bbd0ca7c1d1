"""The simulated FIX gateways over real sockets, with this library's own sessions as clients."""

import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import anyio
import pytest
import trustme

from barterpy.credentials import Credentials
from barterpy.errors import ConfigurationError, ConnectError
from barterpy.protocols.fix.errors import LogonRefused
from barterpy.protocols.fix.fix_socket import FixSocket
from barterpy.protocols.fix.initiator import initiate
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session import EndAnnounced, LoggedOut, SessionEvent
from barterpy.testing.simulated import SimulatedVenue
from barterpy.testing.simulated.fix import Gateway, SimulatedFix
from barterpy.venues.binance.fix.auth import LogonSigner
from barterpy.venues.binance.fix.dialect import client_hooks, client_settings
from barterpy.venues.binance.fix.endpoints import GatewayKind

pytestmark = pytest.mark.anyio
LIMIT: dict[int, Any] = {11: "a", 55: "BTCUSDT", 54: "1", 40: "2", 38: "1", 44: "60000", 59: "1"}


@asynccontextmanager
async def gateways(**options: Any) -> AsyncGenerator[SimulatedFix, None]:
    async with (
        SimulatedVenue("spot", seed=5, rate=100, symbols=("BTCUSDT",), history=0) as venue,
        SimulatedFix(venue, **options) as fix,
    ):
        yield fix


@asynccontextmanager
async def session(
    fix: SimulatedFix,
    gateway: Gateway = Gateway.ORDER_ENTRY,
    credentials: Credentials | None = None,
    events: list[SessionEvent] | None = None,
    **options: Any,
) -> AsyncGenerator[FixSocket, None]:
    endpoint = fix.endpoints[gateway]
    hooks = client_hooks(GatewayKind(gateway), LogonSigner(credentials or fix.credentials()))
    on_event = None if events is None else events.append
    async with initiate(
        client_settings(), endpoint.host, endpoint.port, hooks=hooks, on_event=on_event, **options
    ) as socket:
        yield socket


async def until(socket: FixSocket, wanted: Callable[[Message], bool]) -> list[Message]:
    """Everything received up to the first message that is wanted."""
    messages: list[Message] = []
    while True:
        for message in (await socket.receive()).messages:
            messages.append(message)
            if wanted(message):
                return messages


async def to_its_end(socket: FixSocket) -> None:
    """Read until the session was logged out."""
    while True:
        await socket.receive()


async def test_an_order_from_new_to_cancelled() -> None:
    async with gateways() as fix, session(fix) as socket:
        assert fix.sessions(Gateway.ORDER_ENTRY) == fix.sessions() == 1
        await socket.send(Outgoing("D", LIMIT))
        (accepted,) = await until(socket, lambda message: message.text(150) == "0")
        await socket.send(Outgoing("F", {11: "c", 37: accepted.text(37), 55: "BTCUSDT"}))
        (cancelled,) = await until(socket, lambda message: message.text(150) == "4")
        assert (cancelled.text(11), cancelled.text(41)) == ("c", "a")


async def test_a_trade_over_fix_is_told_on_every_protocol() -> None:
    """One market: the order's trades come by drop copy, over FIX market data, and are in the venue's own list."""
    async with gateways(drop_copy_delay=0) as fix:
        key = fix.credentials()
        async with (
            session(fix, credentials=key) as orders,
            session(fix, Gateway.DROP_COPY, key) as copies,
            session(fix, Gateway.MARKET_DATA, key) as data,
        ):
            groups = [Outgoing.group(146, [[(55, "BTCUSDT")]]), Outgoing.group(267, [[(269, "2")]])]
            await data.send(Outgoing("V", [(262, "t"), (263, "1"), *groups]))
            await data.send(Outgoing("x", [(320, "i"), (559, 4)]))
            await until(data, lambda message: message.msg_type == "y")
            await orders.send(Outgoing("D", {11: "m", 55: "BTCUSDT", 54: "1", 40: "1", 38: "2"}))
            reports = await until(orders, lambda message: message.get(39) == "2")
            trades = {report.text(1003) for report in reports if report.text(150) == "F"}
            copied = await until(copies, lambda message: message.get(39) == "2")
            assert {report.text(1003) for report in copied if report.text(150) == "F"} == trades
            seen = set[str]()
            while not trades <= seen:
                for message in (await data.receive()).messages:
                    seen |= {entry.text(1003) for entry in message.group(268, (279, 269, 270, 271, 55, 1003, 60, 2446))}
            known = {str(one.first_id + n) for one in fix.venue.trades("BTCUSDT") for n in range(len(one.sizes))}
            assert trades <= known
            assert sum(report.decimal(32) for report in reports) == Decimal(2)


async def test_a_logon_that_is_refused_says_why() -> None:
    async with gateways() as fix:
        stranger = SimulatedVenue("spot", listen=False).credentials("ed25519")
        with pytest.raises(LogonRefused, match="Invalid API-key, IP, or permissions for action") as caught:
            async with session(fix, credentials=Credentials("nobody", stranger.secret)):
                pass
        assert fix.sessions() == 0
        assert not caught.value.fatal or caught.value.needs_reconnect


async def test_a_second_session_of_the_same_name_is_closed_without_a_word() -> None:
    async with gateways() as fix:
        settings, endpoint = client_settings("TWIN"), fix.order_entry
        hooks = client_hooks(GatewayKind.ORDER_ENTRY, LogonSigner(fix.credentials()))
        async with initiate(settings, endpoint.host, endpoint.port, hooks=hooks) as first:
            with pytest.raises(LogonRefused):
                async with initiate(settings, endpoint.host, endpoint.port, hooks=hooks):
                    pass
            await first.send(Outgoing("D", LIMIT))
            assert (await first.receive()).messages[0].text(150) == "0"


async def test_maintenance_from_the_notice_to_a_new_session() -> None:
    async with gateways() as fix:
        key, events = fix.credentials(), list[SessionEvent]()
        async with session(fix, credentials=key, events=events) as socket, anyio.create_task_group() as tasks:
            tasks.start_soon(fix.maintain, 0.05, 0.02)
            with pytest.raises(anyio.EndOfStream):
                await to_its_end(socket)
        soon = [event for event in events if isinstance(event, EndAnnounced)]
        assert soon[0].reason == "Your connection is about to be closed. Please reconnect."
        (out,) = [event for event in events if isinstance(event, LoggedOut)]
        assert (out.text, out.by_peer) == ("Server maintenance.", True)
        async with session(fix, credentials=key):
            assert fix.sessions() == 1


async def test_a_budget_that_is_broken() -> None:
    async with gateways(budgets={Gateway.ORDER_ENTRY: (3, 60.0)}) as fix:
        events = list[SessionEvent]()
        async with session(fix, events=events) as socket:
            await socket.send_many([Outgoing("D", {**LIMIT, 11: str(number)}) for number in range(4)])
            with pytest.raises(anyio.EndOfStream):
                await to_its_end(socket)
        (out,) = [event for event in events if isinstance(event, LoggedOut)]
        assert out.text == "Too many messages; current limit is '3' messages per '60 SECONDS'."


async def test_open_orders_end_with_their_session_where_that_was_asked_for() -> None:
    async with gateways(cancel_on_disconnect=True, drop_copy_delay=0) as fix:
        key = fix.credentials()
        async with session(fix, Gateway.DROP_COPY, key) as copies:
            async with session(fix, credentials=key) as socket:
                await socket.send(Outgoing("D", LIMIT))
                await socket.receive()
            reports = await until(copies, lambda message: message.get(150) == "4")
            assert [report.text(150) for report in reports] == ["0", "4"]
            assert fix.floor.orders.orders(key.key) == []


async def test_garbage_a_silent_connection_and_a_wrong_gateway_disturb_nobody() -> None:
    async with gateways() as fix, session(fix) as socket:
        endpoint = fix.order_entry
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"8=FIX.4.4\x019=5\x0135=0\x0110=000\x01", b""):
            async with await anyio.connect_tcp(endpoint.host, endpoint.port) as stream:
                await stream.send(data or b"8")
        copies = client_hooks(GatewayKind.DROP_COPY, LogonSigner(fix.credentials()))
        with pytest.raises(LogonRefused, match="DropCopy sessions are not supported on this server"):
            async with initiate(client_settings(), endpoint.host, endpoint.port, hooks=copies):
                pass
        await socket.send(Outgoing("D", LIMIT))
        assert (await socket.receive()).messages[0].text(150) == "0"
        assert fix.sessions() == 1


async def test_tls_with_a_name() -> None:
    authority = trustme.CA()
    server, client = _contexts(authority)
    async with gateways(tls=server) as fix:
        assert fix.order_entry.tls
        async with session(fix, tls=client, server_hostname="localhost") as socket:
            assert socket.is_logged_on


def _contexts(authority: trustme.CA) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server, client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server)  # pyright: ignore[reportUnknownMemberType]
    authority.configure_trust(client)  # pyright: ignore[reportUnknownMemberType]
    return server, client


async def test_a_port_that_is_taken() -> None:
    async with gateways() as fix:
        with pytest.raises(ConnectError, match=str(fix.order_entry.port)):
            async with SimulatedFix(fix.venue, ports=(fix.order_entry.port, 0, 0)):
                pass


async def test_what_cannot_work_is_said() -> None:
    with pytest.raises(ConfigurationError, match="for spot alone"):
        SimulatedFix(SimulatedVenue("futures", listen=False))
    async with gateways() as fix:
        with pytest.raises(ConfigurationError, match="can be entered once"):
            async with fix:
                pass
