"""The simulated dYdX by itself: what it says on the wire, which rules it keeps, and that it agrees with itself."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import anyio
import pytest

from barterpy.errors import ConfigurationError, ConnectionLost, HandshakeError
from barterpy.protocols import websocket
from barterpy.testing import SimulatedDydx, VirtualClock, virtual_backends

pytestmark = pytest.mark.anyio

VIRTUAL = pytest.mark.parametrize("anyio_backend", virtual_backends())
URL = "ws://simulated/v4/ws"
ADDRESS = "dydx155va0m7wz5n8zcqscn9afswwt04n4usj46wvp5"


class Client:
    """A socket and the messages that came on it."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.seen: list[dict[str, Any]] = []

    async def ask(self, type_: str, channel: str = "", id_: str = "", **more: Any) -> None:
        fields = {"channel": channel, "id": id_} if id_ else {"channel": channel} if channel else {}
        await self.socket.send(json.dumps({"type": type_, **fields, **more}))

    async def until(self, type_: str, count: int = 1) -> list[dict[str, Any]]:
        """Messages up to so many of a type; those of the type."""
        found: list[dict[str, Any]] = []
        with anyio.fail_after(30):
            while len(found) < count:
                for text in (await self.socket.receive()).messages:
                    message: dict[str, Any] = json.loads(text)
                    self.seen.append(message)
                    if message["type"] == type_:
                        found.append(message)
        return found


@asynccontextmanager
async def connected(**options: Any) -> AsyncGenerator[tuple[SimulatedDydx, Client]]:
    settings: dict[str, Any] = {"listen": False, "history": 1, "clock": VirtualClock(), "symbols": ("BTC-USD",)}
    async with SimulatedDydx(**{**settings, **options}) as venue, venue.connect(URL) as socket:
        yield venue, Client(socket)


@VIRTUAL
async def test_messages_are_numbered_over_all_topics() -> None:
    async with connected() as (_, client):
        await client.ask("subscribe", "v4_trades", "BTC-USD")
        await client.ask("subscribe", "v4_orderbook", "BTC-USD")
        await client.ask("subscribe", "v4_block_height")
        await client.until("channel_data", 30)
        assert [message["message_id"] for message in client.seen] == list(range(len(client.seen)))
        assert client.seen[0]["type"] == "connected"
        assert {message["connection_id"] for message in client.seen} == {"c1"}


@VIRTUAL
async def test_batches_hold_what_happened_within_a_quarter_of_a_second() -> None:
    async with connected(rate=50) as (_, client):
        await client.ask("subscribe", "v4_orderbook", "BTC-USD", batched=True)
        began = anyio.current_time()
        batches = await client.until("channel_batch_data", 8)
        assert 1.5 <= anyio.current_time() - began <= 2.5
        assert sum(len(batch["contents"]) for batch in batches) > 20


@VIRTUAL
async def test_what_is_told_of_a_book_gives_the_book_and_sometimes_crosses() -> None:
    async with connected(crossing=0.5, rate=50) as (venue, client):
        await client.ask("subscribe", "v4_orderbook", "BTC-USD")
        (first,) = await client.until("subscribed")
        sides = [
            {Decimal(row["price"]): Decimal(row["size"]) for row in first["contents"][name]}
            for name in ("bids", "asks")
        ]
        crossed = 0
        for message in await client.until("channel_data", 300):
            for side, name in zip(sides, ("bids", "asks"), strict=True):
                for price, size in message["contents"].get(name, ()):
                    side[Decimal(price)] = Decimal(size)
                    if not Decimal(size):
                        del side[Decimal(price)]
            crossed += max(sides[0]) >= min(sides[1])
        assert crossed > 0
        assert tuple(sides) == venue.told_book("BTC-USD")


@VIRTUAL
async def test_the_same_seed_says_the_same() -> None:
    said: list[list[Any]] = []
    for _ in range(2):
        async with connected(seed=5) as (_, client):
            await client.ask("subscribe", "v4_orderbook", "BTC-USD")
            said.append(await client.until("channel_data", 40))
    assert said[0] == said[1]


@VIRTUAL
@pytest.mark.parametrize(
    ("channel", "id_", "text"),
    [
        ("v4_trades", "XYZ-USD", "Invalid subscription id for channel: (v4_trades-XYZ-USD)"),
        ("v4_candles", "BTC-USD/2MINS", "Invalid subscription id for channel: (v4_candles-BTC-USD/2MINS)"),
        ("v4_subaccounts", "me/0", "Invalid subscription id for channel: (v4_subaccounts-me/0)"),
        ("v4_news", "", "Invalid channel: v4_news"),
    ],
)
async def test_what_there_is_not_is_refused(channel: str, id_: str, text: str) -> None:
    async with connected() as (_, client):
        await client.ask("subscribe", channel, id_)
        (error,) = await client.until("error")
        assert error["message"] == text


@VIRTUAL
async def test_a_topic_is_had_once_and_may_be_left() -> None:
    async with connected() as (venue, client):
        await client.ask("subscribe", "v4_trades", "BTC-USD")
        await client.ask("subscribe", "v4_trades", "BTC-USD")
        (error,) = await client.until("error")
        assert error["message"] == "Invalid subscribe message: already subscribed (v4_trades-BTC-USD)"
        await client.ask("unsubscribe", "v4_trades", "BTC-USD")
        await client.until("unsubscribed")
        assert venue.subscriptions == frozenset()


@VIRTUAL
async def test_a_third_subscribe_within_a_second_ends_the_connection() -> None:
    async with connected() as (_, client):
        for _ in range(3):
            await client.ask("subscribe", "v4_trades", "BTC-USD")
            await client.ask("unsubscribe", "v4_trades", "BTC-USD")
        (error,) = await client.until("error")
        assert error["message"].startswith("Too many subscribe attempts for channel v4_trades-BTC-USD")
        with pytest.raises((ConnectionLost, anyio.EndOfStream)):
            await client.until("nothing")
        assert client.socket.close_code == 1008


@VIRTUAL
async def test_the_cap_of_a_channel_is_kept() -> None:
    async with connected() as (venue, client):
        venue.rules.caps["v4_candles"] = 2
        for resolution in ("1MIN", "5MINS", "1HOUR"):
            await client.ask("subscribe", "v4_candles", f"BTC-USD/{resolution}")
        (error,) = await client.until("error")
        assert error["message"] == "Per-connection subscription limit reached for v4_candles (limit=2)"


@VIRTUAL
async def test_faults_come_as_they_were_ordered() -> None:
    async with connected() as (venue, client):
        venue.rules.refusals.append("Internal error, could not fetch data for subscription: v4_trades.")
        await client.ask("subscribe", "v4_trades", "BTC-USD")
        (error,) = await client.until("error")
        assert (error["channel"], error["id"]) == ("v4_trades", "BTC-USD")
        venue.rules.unanswered = 1
        await client.ask("subscribe", "v4_block_height")
        await client.ask("ping")
        await client.until("pong")
        assert venue.subscriptions == frozenset()
        venue.lose(2)
        await client.ask("ping")
        await client.ask("ping")
        venue_number = client.seen[-1]["message_id"]
        await client.ask("ping")
        (pong,) = await client.until("pong")
        assert pong["message_id"] == venue_number + 3
        venue.repeat(1)
        await client.ask("ping")
        first, second = await client.until("pong", 2)
        assert first == second
        assert venue.cut() == 1
        with pytest.raises(ConnectionLost):
            await client.until("pong")


@VIRTUAL
@pytest.mark.parametrize("text", ["{", "[]", '{"type":5}', '{"type":"dance"}'])
async def test_what_is_no_message_is_refused(text: str) -> None:
    async with connected() as (_, client):
        await client.socket.send(text)
        (error,) = await client.until("error")
        assert error["message"].startswith("Invalid message")


@VIRTUAL
async def test_a_refused_connection_and_a_wrong_path() -> None:
    async with connected() as (venue, _):
        venue.refuse_next(1)
        for url, status in ((URL, 503), ("ws://simulated/v3/ws", 404)):
            with pytest.raises(HandshakeError) as caught:
                async with venue.connect(url):
                    raise AssertionError("it must be refused")
            assert caught.value.status == status


@VIRTUAL
async def test_an_account_adds_up() -> None:
    async with connected() as (venue, client):
        owner = venue.account(ADDRESS, 0, "100000")
        await client.ask("subscribe", "v4_subaccounts", f"{ADDRESS}/0")
        await client.until("subscribed")
        buy = venue.place(owner, "BTC-USD", "BUY", "2", "60000")
        venue.fill(owner, buy, "1", "60000")
        venue.fill(owner, buy, "1", "50000")
        assert owner.positions["BTC-USD"] == (Decimal(2), Decimal(55000))
        sell = venue.place(owner, "BTC-USD", "SELL", "2", "55000")
        venue.fill(owner, sell, "2", "55000")
        assert owner.positions == {}
        told = await client.until("channel_data", 5)
        last = told[-1]["contents"]
        assert last["perpetualPositions"][0]["status"] == "CLOSED"
        assert Decimal(last["assetPositions"][0]["size"]) == owner.usdc == Decimal(100000) - 220000 * Decimal("0.0005")
        assert "ticker" not in told[0]["contents"]["orders"][0], "an update names the market by its number"


async def test_it_listens_on_loopback() -> None:
    async with SimulatedDydx(rate=50, history=0) as venue, websocket.connect(f"{venue.ws_url}/v4/ws") as socket:
        client = Client(socket)
        await client.ask("subscribe", "v4_markets")
        (first,) = await client.until("subscribed")
        assert set(first["contents"]["markets"]) == {"BTC-USD", "ETH-USD", "SOL-USD"}
        venue.set_status("ETH-USD", "PAUSED")
        data = await client.until("channel_data", 1)
        assert data
        await venue.when(lambda: venue.clients == 1)


def test_unknown_symbols_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="BTC-USD, ETH-USD, SOL-USD"):
        SimulatedDydx(symbols=("DOGE-USD",))
    with pytest.raises(ConfigurationError, match="needs a symbol"):
        SimulatedDydx(symbols=())
