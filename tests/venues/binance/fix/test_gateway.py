"""The gateways as users meet them, against a scripted venue on loopback."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest

from barterpy import subscription as sub
from barterpy.credentials import Credentials
from barterpy.errors import AuthenticationError, ConfigurationError, CredentialsError, Throttled
from barterpy.events import ClosingSoon, Connected, Disconnected, Subscribed, SubscriptionFailed
from barterpy.limits import Limiter, RollingWindow, Scopes
from barterpy.market import event_stream, market_stream
from barterpy.model import BookDelta, BookSnapshot, Fill, OrderStatus, OrderUpdate, Quote, Trade
from barterpy.protocols.fix import Message, Outgoing
from barterpy.protocols.fix.outgoing import Field
from barterpy.stream import ExchangeStream
from barterpy.supervision import ReconnectPolicy
from barterpy.venues.binance import fix
from barterpy.venues.binance.fix.auth import logon_payload

pytestmark = pytest.mark.anyio

D = Decimal
PRIVATE_KEY = (
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIIJEYWtGBrhACmb9Dvy+qa8WEf0lQOl1s4CLIAB9m89u\n"
    "-----END PRIVATE KEY-----\n"
)
CREDENTIALS = Credentials("key", PRIVATE_KEY)
ANSWER = Outgoing("A", [(98, 0), (108, 30), (25037, "4392a152-3481-4499-921a-6d42c50702e2")])

Venue = Callable[..., Any]
"""The fixture that makes a venue of a script, see conftest.py."""

ORDER = fix.BinanceNewOrder(
    cl_ord_id="mine", symbol="LTCBNB", side="1", ord_type="2", order_qty=D(5), price=D(10), time_in_force="1"
)


def matched(message: Message, number: int) -> Iterable[Outgoing]:
    """A new order is taken, and filled in part."""
    if message.msg_type != "D":
        return ()
    order: list[Field] = [
        (11, message.text(11)),
        (37, 76),
        (38, D(5)),
        (40, "2"),
        (44, D(10)),
        (54, "1"),
        (55, "LTCBNB"),
        (59, "1"),
    ]
    fee = Outgoing.group(136, [[(137, D("0.002")), (138, "LTC"), (139, 4)]])
    traded: list[Field] = [
        (14, D(2)),
        (17, 2),
        (31, D(10)),
        (32, D(2)),
        (39, "1"),
        (150, "F"),
        (1003, 7),
        (1057, False),
        fee,
    ]
    return (
        Outgoing("8", [*order, (14, D(0)), (17, 1), (32, D(0)), (39, "0"), (150, "0")]),
        Outgoing("8", [*order, *traded]),
    )


async def test_an_order_and_what_becomes_of_it(venue: Venue) -> None:
    async with venue(matched) as served:
        gateway = fix.order_entry(CREDENTIALS, url=served.url, sender="TRADER", scopes=Scopes())
        events: list[Any] = []
        async with gateway.connect() as socket:
            assert socket.session.is_logged_on
            await socket.send(ORDER)
            async for event in ExchangeStream(socket, gateway.parser, gateway.transformer()):
                events.append(event)
                if len(events) == 3:
                    break
    assert [type(event) for event in events] == [OrderUpdate, Fill, OrderUpdate]
    assert (events[1].id, events[1].price, events[1].fee, events[1].maker) == ("7", D(10), D("0.002"), True)
    assert events[2].order.status is OrderStatus.PARTIALLY_FILLED
    assert served.types() == ["A", "D", "5"]


async def test_the_logon_is_signed_for_the_header_it_has(venue: Venue) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    async with venue() as served, fix.drop_copy(CREDENTIALS, url=served.url, scopes=Scopes()).connect():
        pass
    logon = served.heard[0]
    key: Any = load_pem_private_key(PRIVATE_KEY.encode(), None).public_key()
    import base64

    header = {tag: logon.text(tag) for tag in (35, 34, 49, 52, 56)}
    key.verify(base64.b64decode(logon.data(96)), logon_payload(header))
    assert (logon.get(553), logon.get(141), logon.get(9406), logon.get(34)) == ("key", "Y", "Y", "1")


async def test_a_refused_order_comes_as_it_was_and_says_what_helps(venue: Venue) -> None:
    def refuses(message: Message, number: int) -> Iterable[Outgoing]:
        if message.msg_type != "D":
            return ()
        refs: list[Field] = [
            (45, message.seq_num),
            (371, 55),
            (372, "D"),
            (373, 5),
            (25016, -1121),
            (58, "Invalid symbol."),
        ]
        return (Outgoing("3", refs),)

    async with venue(refuses) as served:
        gateway = fix.order_entry(CREDENTIALS, url=served.url, scopes=Scopes())
        async with gateway.connect() as socket:
            await socket.send(ORDER)
            stream = ExchangeStream(socket, gateway.parser, gateway.transformer())
            reject = await anext(aiter(stream))
    assert isinstance(reject, fix.BinanceReject)
    assert (reject.ref_msg_type, fix.refusal_error(reject).code) == ("D", -1121)


async def test_a_logon_that_is_refused_for_good(venue: Venue) -> None:
    def refuses(message: Message, number: int) -> Iterable[Outgoing | None]:
        if message.msg_type != "A":
            return ()
        text = "Invalid API-key, IP, or permissions for action."
        return (Outgoing("3", [(45, 1), (372, "A"), (373, 99), (25016, -2015), (58, text)]), None)

    async with venue(refuses) as served:
        with pytest.raises(AuthenticationError) as caught:
            async with fix.order_entry(CREDENTIALS, url=served.url, scopes=Scopes()).connect():
                pass
    assert (caught.value.code, caught.value.fatal) == (-2015, True)


async def test_the_budget_of_messages_is_kept(venue: Venue) -> None:
    async with venue() as served:
        gateway = fix.drop_copy(CREDENTIALS, url=served.url, scopes=Scopes())
        few = gateway.replace(message_limiter=lambda: Limiter("messages", RollingWindow(3, 60), max_wait=0.0))
        async with few.connect() as socket:
            await socket.send(fix.LimitQuery(req_id="1"))
            await socket.send_many([fix.LimitQuery(req_id="2"), fix.LimitQuery(req_id="3")])
            with pytest.raises(Throttled):
                await socket.send(fix.LimitQuery(req_id="4"))
    assert served.types() == ["A", "XLQ", "XLQ", "XLQ", "5"]


def book_and_trades(message: Message, number: int) -> Iterable[Outgoing | None]:
    """Snapshots, a change and a trade; the first connection is cut behind them."""
    if message.msg_type == "XLQ":
        trade: list[Field] = [(279, "0"), (269, "2"), (270, "10"), (271, "1"), (55, "BTCUSDT"), (1003, number)]
        yield Outgoing("XLR", [(6136, message.text(6136)), Outgoing.group(25003, [])])
        yield Outgoing("X", [(262, "T" + ("1" if number == 1 else "5")), Outgoing.group(268, [trade])])
        if number == 1:
            yield None
    elif message.msg_type == "V" and message.text(262)[0] in "QB":
        id_ = message.text(262)
        levels: list[list[Field]] = [[(269, "0"), (270, "99"), (271, "1")], [(269, "1"), (270, "101"), (271, "2")]]
        yield Outgoing("W", [(262, id_), (55, "BTCUSDT"), (25044, 100), Outgoing.group(268, levels)])
        if id_[0] == "B":
            change: list[Field] = [
                (279, "1"),
                (270, "99"),
                (271, "3"),
                (269, "0"),
                (55, "BTCUSDT"),
                (25043, 101),
                (25044, 101),
            ]
            yield Outgoing("X", [(262, id_), Outgoing.group(268, [change])])


FAST = ReconnectPolicy()


async def test_market_data_through_a_cut(venue: Venue) -> None:
    async with venue(book_and_trades) as served:
        data = fix.MarketData(CREDENTIALS, url=served.url, scopes=Scopes())
        wanted = [sub.trades("BTC/USDT"), sub.quotes("BTC/USDT"), sub.book("BTC/USDT")]
        events: list[Any] = []
        async with market_stream(data, wanted, policy=FAST) as stream:
            async for event in stream:
                events.append(event)
                if isinstance(event, Trade) and event.epoch == 2:
                    break
    kinds: list[Any] = [type(event) for event in events]
    assert kinds.count(Connected) == 2
    assert kinds.count(Disconnected) == 1
    assert kinds.count(BookSnapshot) == kinds.count(BookDelta) == kinds.count(Quote) == 2
    assert [event.id for event in events if isinstance(event, Trade)] == ["1", "2"]
    confirmed = [name for event in events if isinstance(event, Subscribed) for name in event.subscriptions]
    assert sorted(confirmed) == sorted(2 * [one.name for one in wanted])
    senders = {message.text(49) for message in served.heard}
    assert len(senders) == 2  # a session that was cut does not stand in the way of the next


async def test_a_refused_subscription_does_not_cost_the_others(venue: Venue) -> None:
    def refuses(message: Message, number: int) -> Iterable[Outgoing | None]:
        if message.msg_type == "V" and message.text(262)[0] == "Q":
            yield Outgoing("Y", [(262, message.text(262)), (281, "2"), (25016, -1191), (58, "already active")])
        else:
            yield from book_and_trades(message, 2)

    async with venue(refuses) as served:
        data = fix.MarketData(CREDENTIALS, url=served.url, scopes=Scopes())
        wanted = [sub.quotes("BTC/USDT"), sub.book("BTC/USDT")]
        seen: list[Any] = []
        async with market_stream(data, wanted, policy=FAST) as stream:
            async for event in stream:
                seen.append(event)
                if {SubscriptionFailed, BookDelta} <= set(map(type, seen)):
                    break
    (failed,) = (event for event in seen if isinstance(event, SubscriptionFailed))
    assert (failed.subscription, failed.final) == (wanted[0].name, True)


async def test_maintenance_is_told_before_the_end(venue: Venue) -> None:
    def announces(message: Message, number: int) -> Iterable[Outgoing | None]:
        yield from book_and_trades(message, 2)
        if message.msg_type == "V":
            yield Outgoing("B", [(148, "Your connection is about to be closed. Please reconnect.")])

    async with venue(announces) as served:
        data = fix.MarketData(CREDENTIALS, url=served.url, scopes=Scopes())
        reasons: list[str] = []
        async with market_stream(data, [sub.book("BTC/USDT")], policy=FAST) as stream:
            async for event in stream:
                if isinstance(event, ClosingSoon):
                    reasons.append(event.reason)
                    break
    assert reasons == ["Your connection is about to be closed. Please reconnect."]


async def test_orders_supervised(venue: Venue) -> None:
    async with venue() as served:
        gateway = fix.order_entry(CREDENTIALS, url=served.url, scopes=Scopes())
        async with event_stream(gateway.connection(), policy=FAST) as events:
            first = await anext(aiter(events))
    assert isinstance(first, Connected)
    assert (first.venue, first.connection) == ("binance_spot", "fix-order_entry")


@pytest.mark.parametrize("make", [fix.order_entry, fix.drop_copy, fix.MarketData])
async def test_options_that_cannot_work(make: Any) -> None:
    with pytest.raises(ConfigurationError):
        make(CREDENTIALS, environment="moon")
    with pytest.raises(ConfigurationError):
        make(CREDENTIALS, url="https://fix.example.com")
    with pytest.raises(ConfigurationError):
        make(CREDENTIALS, sender="much too long")
    with pytest.raises(ConfigurationError):
        make(CREDENTIALS, heartbeat=3)
    with pytest.raises(CredentialsError):
        make(Credentials("key", "a shared secret"))


async def test_credentials_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BINANCE_TESTNET_API_KEY", raising=False)
    with pytest.raises(CredentialsError, match="BINANCE_TESTNET_API_KEY"):
        fix.order_entry(environment="testnet")
    monkeypatch.setenv("BINANCE_TESTNET_API_KEY", "key")
    monkeypatch.setenv("BINANCE_TESTNET_API_SECRET", PRIVATE_KEY)
    assert fix.order_entry(environment="testnet").endpoint.host == "fix-oe.testnet.binance.vision"


async def test_a_subscription_that_is_not_offered_is_refused_before_anything_is_opened() -> None:
    data = fix.MarketData(CREDENTIALS)
    with pytest.raises(ConfigurationError, match="candles"):
        data.connections([sub.candles("BTC/USDT")])
    with pytest.raises(ConfigurationError):
        await data.fetch(object())
    await data.aclose()


async def test_connections_carry_so_many_subscriptions_each() -> None:
    data = fix.MarketData(CREDENTIALS, connection_streams=2)
    plans = data.connections([sub.trades(f"A{number}/BTC") for number in range(5)])
    assert [len(plan.topics) for plan in plans] == [2, 2, 1]
    assert [plan.name for plan in plans] == ["fix-market_data-1", "fix-market_data-2", "fix-market_data-3"]


async def test_several_orders_by_one_write_and_a_logout_of_ones_own(venue: Venue) -> None:
    heard: list[Any] = []
    async with venue(matched) as served:
        gateway = fix.order_entry(CREDENTIALS, url=served.url, scopes=Scopes(), on_event=heard.append)
        async with gateway.connect() as socket:
            assert repr(socket).startswith("GatewaySocket(<FixSocket FIX.4.4:")
            await socket.send_many([ORDER, Outgoing.of(ORDER)])
            first = await socket.receive()
            await socket.logout("enough")
            await socket.aclose()
    assert first.messages[0].msg_type == "8"
    assert served.types() == ["A", "D", "D", "5"]
    assert heard, "what happens beside messages is told to who asked for it"


async def test_a_market_venue_of_nothing() -> None:
    venue = fix.MarketData(CREDENTIALS, scopes=Scopes())
    assert repr(venue) == "MarketData(tcp+tls://fix-md.binance.com:9000)"
    assert venue.parser() is venue.gateway.parser
    assert list(venue.transformer([sub.trades("BTC/USDT")]).on_reset(1, 0)) == []
    assert venue.connections([]) == []
    for wrong in (0, -1):
        with pytest.raises(ConfigurationError):
            fix.MarketData(CREDENTIALS, connection_streams=wrong)
