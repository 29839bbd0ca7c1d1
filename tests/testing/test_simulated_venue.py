"""The simulated venue through its front door: in memory and virtual time, and on loopback where that is the point."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import msgspec
import pytest

from barterpy import OrderBook
from barterpy.backoff import Backoff
from barterpy.clock import SECOND
from barterpy.errors import (
    AuthenticationError,
    Banned,
    ClockSkew,
    ConfigurationError,
    ConnectionLost,
    HandshakeError,
    RateLimited,
    SubscriptionTimeout,
    Throttled,
    VenueError,
)
from barterpy.events import Connected, Disconnected, Gap, Resynced, Subscribed
from barterpy.limits import Scopes
from barterpy.market import market_stream
from barterpy.model import BookDelta, BookSnapshot, Trade
from barterpy.protocols import websocket
from barterpy.reconnect import ReconnectPolicy
from barterpy.subscription import book, candles, quotes, trades
from barterpy.testing import SimulatedVenue, VirtualClock, virtual_backends
from barterpy.testing.simulated.payloads import MarketName
from barterpy.venues import binance

pytestmark = pytest.mark.anyio

VIRTUAL = pytest.mark.parametrize("anyio_backend", virtual_backends())
BOTH = pytest.mark.parametrize("market", ["spot", "futures"])
SYMBOL = {"spot": "BTC/USDT", "futures": "BTC/USDT:USDT"}


def client(venue: SimulatedVenue, **options: Any) -> Any:
    kind: Any = binance.Spot if venue.market == "spot" else binance.Futures
    return kind(**{**venue.options, **options})


@asynccontextmanager
async def simulated(market: MarketName = "spot", **options: Any) -> AsyncGenerator[SimulatedVenue]:
    """In memory, with little history: quick to make."""
    settings: dict[str, Any] = {"listen": False, "history": 2, "clock": VirtualClock(), "symbols": ("BTCUSDT",)}
    async with SimulatedVenue(market, **{**settings, **options}) as venue:
        yield venue


async def until(events: Any, wanted: Callable[[Any], bool], seconds: float = 60) -> list[Any]:
    """Events up to the one that is wanted."""
    seen: list[Any] = []
    with anyio.fail_after(seconds):
        async for event in events:
            seen.append(event)
            if wanted(event):
                return seen
    raise AssertionError("the stream ended")


async def answers(socket: Any, *messages: Any) -> list[Any]:
    """The answers to these messages, without what comes on streams."""
    got: list[Any] = []
    for message in messages:
        await socket.send(message if isinstance(message, str) else msgspec.json.encode(message).decode())
    with anyio.fail_after(60):
        while len(got) < len(messages):
            for text in (await socket.receive()).messages:
                decoded = msgspec.json.decode(text)
                if "stream" not in decoded and "e" not in decoded and "u" not in decoded:
                    got.append(decoded)
    return got


# Through the real stack


@VIRTUAL
@BOTH
async def test_a_book_through_the_real_stack_is_the_servers_book(market: MarketName) -> None:
    clock = VirtualClock()
    mirror: OrderBook[Any] = OrderBook(SYMBOL[market])
    seen = 0
    async with (
        simulated(market, clock=clock) as venue,
        client(venue) as real,
        market_stream(real, [book(SYMBOL[market])], clock=clock) as events,
    ):
        async for event in events:
            if isinstance(event, (BookSnapshot, BookDelta)):
                mirror.apply(event)
                seen += 1
                if seen == 50:
                    venue.pause()
                if seen >= 50 and event.sequence == venue.book("BTCUSDT").sequence:
                    break
        truth = venue.book("BTCUSDT")
        assert (mirror.bids(), mirror.asks()) == (list(truth.bids), list(truth.asks))


@VIRTUAL
@BOTH
async def test_trades_arrive_as_they_were_made(market: MarketName) -> None:
    clock = VirtualClock()
    async with simulated(market, clock=clock) as venue, client(venue) as real:
        async with market_stream(real, [trades(SYMBOL[market], aggregate=True)], clock=clock) as events:
            seen = [event async for event in _first(events, Trade, 30)]
        truth = {trade.id: trade for trade in venue.trades("BTCUSDT")}
        spec = venue._exchange.instruments["BTCUSDT"].symbol  # pyright: ignore[reportPrivateUsage]
        ids = [int(event.id or 0) for event in seen]
        assert ids == list(range(ids[0], ids[0] + 30))
        for event in seen:
            made = truth[int(event.id or 0)]
            assert (str(event.price), str(event.size)) == (spec.price_text(made.price), spec.size_text(made.size))
            assert event.exchange_at == made.at * 1_000_000


async def _first(events: Any, kind: type[Any], count: int) -> AsyncGenerator[Any]:
    left = count
    async for event in events:
        if isinstance(event, kind):
            yield event
            left -= 1
            if not left:
                return


@VIRTUAL
async def test_the_same_seed_gives_the_same_events() -> None:
    async def run() -> list[Any]:
        clock = VirtualClock(1_767_225_600 * SECOND)
        async with simulated(clock=clock, seed=5) as venue, client(venue) as real:
            wanted = [trades("BTC/USDT"), quotes("BTC/USDT"), book("BTC/USDT"), candles("BTC/USDT", "1s")]
            async with market_stream(real, wanted, clock=clock) as events:
                return [event async for event in _first(events, object, 200)]

    assert await run() == await run()


@BOTH
async def test_it_serves_on_loopback(market: MarketName) -> None:
    async with SimulatedVenue(market, history=2, rate=200) as venue, client(venue) as real:
        assert venue.ws_url.startswith("ws://127.0.0.1:")
        assert len(await real.instruments()) == 3
        assert await real.server_time() > 0
        wanted = [trades(SYMBOL[market]), book(SYMBOL[market]), candles(SYMBOL[market])]
        async with market_stream(real, wanted) as events:
            left = {"Trade", "BookSnapshot", "BookDelta", "Candle"}

            def seen(event: Any) -> bool:
                left.discard(type(event).__name__)
                return not left

            await until(events, seen, 30)
            assert venue.clients == (1 if market == "spot" else 2)


# Refused and cut


@VIRTUAL
@pytest.mark.parametrize(("graceful", "code"), [(True, 1001), (False, 1006)])
async def test_a_cut_is_survived(graceful: bool, code: int) -> None:
    clock = VirtualClock()
    async with simulated(clock=clock) as venue, client(venue) as real:
        async with market_stream(real, [trades("BTC/USDT"), book("BTC/USDT")], clock=clock) as events:
            await until(events, lambda event: isinstance(event, BookDelta))
            assert venue.cut(graceful=graceful) == 1
            # One that is told beforehand may have the next connection come up before the last one has ended.
            (*told, lost) = await until(events, lambda event: isinstance(event, Disconnected))
            assert lost.code == code
            seen = await until(events, lambda event: isinstance(event, BookDelta))
            kinds: list[type[Any]] = [type(event) for event in (*told, *seen)]
            assert kinds.index(Connected) < kinds.index(Subscribed) < kinds.index(BookSnapshot)
            assert Resynced in kinds
        assert venue.connections == 2


@pytest.mark.parametrize(("graceful", "code"), [(True, 1001), (False, 1006)])
async def test_a_cut_on_loopback_is_told_beforehand_or_not(graceful: bool, code: int) -> None:
    async with SimulatedVenue(history=1) as venue, websocket.connect(f"{venue.ws_url}/ws") as socket:
        assert await answers(socket, {"method": "LIST_SUBSCRIPTIONS", "id": 1}) == [{"result": [], "id": 1}]
        venue.cut(graceful=graceful)
        texts: list[Any] = []
        with pytest.raises(ConnectionLost) as caught:
            await _drain(socket, texts)
        assert caught.value.code == code
        assert [msgspec.json.decode(text)["e"] for text in texts] == (["serverShutdown"] if graceful else [])


async def _drain(socket: Any, texts: list[Any]) -> None:
    while True:
        texts.extend((await socket.receive()).messages)


@VIRTUAL
async def test_connections_end_after_their_lifetime() -> None:
    clock = VirtualClock()
    began = clock()
    async with simulated(clock=clock, rate=0.01) as venue, venue.connect(f"{venue.ws_url}/ws") as socket:
        with pytest.raises(ConnectionLost) as caught:
            await socket.receive()
        assert caught.value.code == 1001
        assert clock() - began == pytest.approx(86400 * SECOND, abs=SECOND)


@VIRTUAL
async def test_a_month_in_virtual_time_through_the_real_stack() -> None:
    clock = VirtualClock()
    async with simulated("futures", clock=clock, rate=1 / 3600, symbols=("BTCUSDT",)) as venue, client(venue) as real:
        policy = ReconnectPolicy(backoff=Backoff(jitter=0.0))
        async with market_stream(real, [trades(SYMBOL["futures"])], clock=clock, policy=policy) as events:
            seen: list[Any] = []
            with anyio.move_on_after(30 * 86400):
                async for batch in events.batches():
                    seen.extend(batch)
    lost = [event for event in seen if isinstance(event, Disconnected)]
    # Each is replaced by another before its day is over.
    assert len(lost) == 30
    assert all(event.replaced_by for event in lost)
    assert len([event for event in seen if isinstance(event, Connected)]) == 31
    ids = [int(event.id or 0) for event in seen if isinstance(event, Trade)]
    assert ids == sorted(set(ids))
    assert len(ids) > 50


@VIRTUAL
async def test_connections_are_refused_on_command_and_where_there_are_no_streams() -> None:
    async with simulated("futures") as venue:
        venue.refuse_next(1)
        with pytest.raises(HandshakeError) as caught:
            async with venue.connect(f"{venue.ws_url}/stream"):
                pass
        assert caught.value.status == 503
        for path in ("/public/stream", "/market/ws/btcusdt@aggTrade", "/ws"):
            async with venue.connect(f"{venue.ws_url}{path}"):
                pass
        for path in ("", "/private/ws", "/publicity/ws", "/wsx"):
            with pytest.raises(HandshakeError) as caught:
                async with venue.connect(f"{venue.ws_url}{path}"):
                    pass
            assert caught.value.status == 404


async def test_refusals_on_loopback_are_http() -> None:
    async with SimulatedVenue(history=1) as venue:
        venue.refuse_next(1)
        for path, status in (("/ws", 503), ("/nowhere", 404)):
            with pytest.raises(HandshakeError) as caught:
                await websocket.connect(f"{venue.ws_url}{path}")
            assert caught.value.status == status
        async with websocket.connect(f"{venue.ws_url}/ws/btcusdt@bookTicker") as socket:
            assert "BTCUSDT" in str((await socket.receive()).messages[0])


# Streams


@VIRTUAL
async def test_control_messages() -> None:
    async with simulated(message_limit=100) as venue, venue.connect(f"{venue.ws_url}/stream?streams=a@trade") as socket:
        got = await answers(
            socket,
            {"method": "SUBSCRIBE", "params": ["btcusdt@trade", "nonsense"], "id": 1},
            {"method": "LIST_SUBSCRIPTIONS", "id": "two"},
            {"method": "UNSUBSCRIBE", "params": ["nonsense", "a@trade"], "id": 3},
            {"method": "LIST_SUBSCRIPTIONS", "id": 4},
            {"method": "GET_PROPERTY", "params": ["combined"], "id": 5},
            {"method": "SET_PROPERTY", "params": ["combined", False], "id": 6},
        )
        assert got == [
            {"result": None, "id": 1},
            {"result": ["a@trade", "btcusdt@trade", "nonsense"], "id": "two"},
            {"result": None, "id": 3},
            {"result": ["btcusdt@trade"], "id": 4},
            {"result": True, "id": 5},
            {"result": None, "id": 6},
        ]
        while "stream" in (text := (await socket.receive()).messages[-1]):
            pass
        assert msgspec.json.decode(text)["e"] == "trade"


BAD = [
    ("not json", 3, None),
    ("[]", 2, None),
    ('{"id":7}', 2, 7),
    ('{"method":"SUBSCRIBE","id":7}', 2, 7),
    ('{"method":"SUBSCRIBE","params":[1],"id":7}', 2, 7),
    ('{"method":"DANCE","id":7}', 2, 7),
    ('{"method":"SET_PROPERTY","params":["other",true],"id":7}', 0, 7),
    ('{"method":"SET_PROPERTY","params":["combined","x"],"id":7}', 1, 7),
    ('{"method":"GET_PROPERTY","params":[],"id":7}', 0, 7),
]


@VIRTUAL
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(("message", "code", "id_"), BAD)
async def test_bad_messages_are_answered_in_either_shape(message: str, code: int, id_: Any, nested: bool) -> None:
    async with simulated(nested_errors=nested) as venue, venue.connect(f"{venue.ws_url}/ws") as socket:
        (got,) = await answers(socket, message)
        error = got["error"] if nested else got
        assert (error["code"], got["id"]) == (code, id_)
        assert error["msg"].startswith(("Invalid", "Unknown"))


@VIRTUAL
async def test_too_many_messages_end_the_connection() -> None:
    async with simulated() as venue, venue.connect(f"{venue.ws_url}/ws") as socket:
        for n in range(6):
            await socket.send(f'{{"method":"LIST_SUBSCRIPTIONS","id":{n}}}')
        texts: list[Any] = []
        with pytest.raises(ConnectionLost, match="Too many requests") as caught:
            await _drain(socket, texts)
        assert caught.value.code == 1008
        assert len(texts) == 5


@VIRTUAL
async def test_the_wrong_path_acknowledges_and_never_delivers() -> None:
    async with simulated("futures") as venue:
        heard: dict[str, set[str]] = {}
        for path in ("/stream", "/public/stream", "/market/stream"):
            async with venue.connect(f"{venue.ws_url}{path}") as socket:
                streams = ["btcusdt@aggTrade", "btcusdt@bookTicker"]
                assert await answers(socket, {"method": "SUBSCRIBE", "params": streams, "id": 1})
                names: set[str] = set()
                with anyio.move_on_after(20):
                    while True:
                        names |= {msgspec.json.decode(text)["stream"] for text in (await socket.receive()).messages}
                heard[path] = names
        quote, trade = {"btcusdt@bookTicker"}, {"btcusdt@aggTrade"}
        assert heard == {"/stream": quote, "/public/stream": quote, "/market/stream": trade}


@VIRTUAL
async def test_lost_updates_are_a_gap_and_the_book_recovers() -> None:
    clock = VirtualClock()
    async with (
        simulated(clock=clock) as venue,
        client(venue) as real,
        market_stream(real, [book("BTC/USDT"), trades("BTC/USDT")], clock=clock) as events,
    ):
        await until(events, lambda event: isinstance(event, BookDelta))
        venue.lose_updates("BTCUSDT", 2)
        (*_, gap) = await until(events, lambda event: isinstance(event, Gap))
        assert gap.next > gap.last + 1
        seen = await until(events, lambda event: isinstance(event, Resynced))
        assert Disconnected not in map(type, seen)
        await until(events, lambda event: isinstance(event, BookDelta))


@VIRTUAL
async def test_silence_keeps_connections_open() -> None:
    async with simulated() as venue, venue.connect(f"{venue.ws_url}/ws/btcusdt@bookTicker") as socket:
        await socket.receive()
        venue.stop_sending()
        with anyio.move_on_after(60) as scope:
            await _drain(socket, [])
        assert scope.cancelled_caught
        venue.start_sending()
        with anyio.fail_after(60):
            await socket.receive()


@VIRTUAL
async def test_a_client_that_does_not_read_is_cut_off_and_others_are_not() -> None:
    async with (
        simulated(rate=500, max_unread=50) as venue,
        venue.connect(f"{venue.ws_url}/ws/btcusdt@bookTicker") as slow,
        venue.connect(f"{venue.ws_url}/ws/btcusdt@bookTicker") as quick,
    ):
        await quick.receive()
        assert venue.clients == 2
        with anyio.fail_after(60):
            while venue.clients == 2:
                await quick.receive()
        with pytest.raises(ConnectionLost):
            await _drain(slow, [])
        await quick.receive()


@VIRTUAL
async def test_a_client_that_does_not_read_is_cut_in_bounded_time() -> None:
    async with simulated(rate=500) as venue, venue.connect(f"{venue.ws_url}/ws/btcusdt@bookTicker") as slow:
        await slow.receive()
        await anyio.sleep(10)
        assert venue.cut() == 1
        await anyio.sleep(1.5)
        assert venue.clients == 0


@VIRTUAL
async def test_a_status_is_told_where_there_is_a_stream() -> None:
    async with simulated("futures") as venue, venue.connect(f"{venue.ws_url}/market/ws/!contractInfo") as socket:
        await answers(socket, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
        venue.set_status("BTCUSDT", "SETTLING")
        event = msgspec.json.decode((await socket.receive()).messages[0])
        assert (event["e"], event["s"], event["cs"]) == ("contractInfo", "BTCUSDT", "SETTLING")
        async with client(venue) as real:
            (one,) = await real.instruments()
            assert one.venue_status == "SETTLING"


@VIRTUAL
async def test_what_will_be_cut_is_announced() -> None:
    async with simulated() as venue, venue.connect(f"{venue.ws_url}/stream") as socket:
        await answers(socket, {"method": "LIST_SUBSCRIPTIONS", "id": 1})
        venue.announce_shutdown()
        assert msgspec.json.decode((await socket.receive()).messages[0])["e"] == "serverShutdown"
        assert venue.clients == 1


@VIRTUAL
async def test_a_venue_that_says_nothing_is_noticed() -> None:
    clock = VirtualClock()
    policy = ReconnectPolicy(reconnect=False)

    class Mute:
        async def receive(self) -> Any:
            await anyio.sleep_forever()

        async def send(self, message: Any) -> None: ...

        async def aclose(self) -> None: ...

    @asynccontextmanager
    async def connect(url: str) -> AsyncGenerator[Any]:
        yield Mute()

    async with simulated(clock=clock) as venue:
        options: dict[str, Any] = {**venue.options, "connect": connect}
        real: Any = binance.Spot(**options)
        with pytest.raises(SubscriptionTimeout):
            await _exhaust(market_stream(real, [trades("BTC/USDT")], clock=clock, policy=policy))


async def _exhaust(stream: Any) -> None:
    async with stream as events:
        async for _ in events:
            pass


# REST


@BOTH
@pytest.mark.parametrize("kind", ["hmac", "ed25519", "rsa"])
@VIRTUAL
async def test_signed_requests_with_every_kind_of_key(market: MarketName, kind: Any) -> None:
    async with simulated(market) as venue:
        async with client(venue, credentials=venue.credentials(kind)) as real:
            assert {balance.asset for balance in await real.balances()} == {"USDT", "BTC"}
        wrong = venue.credentials("hmac")
        wrong.secret = type(wrong.secret)("another")
        async with client(venue, credentials=wrong) as real:
            with pytest.raises(AuthenticationError) as caught:
                await real.balances()
            assert caught.value.code == -1022


@VIRTUAL
async def test_a_clock_that_is_off_is_measured_and_signed_again() -> None:
    async with simulated() as venue:
        venue.skew_clock(60)
        async with client(venue, credentials=venue.credentials()) as real:
            assert await real.balances()
        assert [request.partition("?")[0] for request in venue.rest.requests] == [
            "GET /api/v3/account",
            "GET /api/v3/time",
            "GET /api/v3/account",
        ]
        venue.keys.add("k", "s")
        assert ClockSkew.retryable


@VIRTUAL
async def test_limits_bans_and_failures_are_told() -> None:
    """To clients which do not know of each other; one that has read the limits keeps to them by itself."""
    async with simulated(weight_limit=30) as venue:
        async with client(venue) as first:
            assert await first.instruments()
            with pytest.raises(Throttled):
                await first.instruments()
        async with client(venue, scopes=Scopes()) as second:
            with pytest.raises(RateLimited) as limited:
                await second.instruments()
            assert 0 < (limited.value.retry_after or 0) <= 60
        venue.ban(120)
        async with client(venue, scopes=Scopes()) as third:
            with pytest.raises(Banned) as banned:
                await third.server_time()
            assert banned.value.retry_after == 120
        await anyio.sleep(121)
        async with client(venue, scopes=Scopes()) as fourth:
            venue.fail_rest((503, b"Service Unavailable."), (400, b'{"code":-1121,"msg":"Invalid symbol."}'))
            for status in (503, 400):
                with pytest.raises(VenueError) as failed:
                    await fourth.server_time()
                assert failed.value.status == status
            assert await fourth.server_time()


@VIRTUAL
async def test_answers_can_be_delayed() -> None:
    clock = VirtualClock()
    async with simulated(clock=clock) as venue, client(venue) as real:
        venue.delay_rest(7.5)
        began = clock()
        await real.server_time()
        assert clock() - began == pytest.approx(7.5 * SECOND)


@VIRTUAL
async def test_history_comes_page_by_page() -> None:
    clock = VirtualClock()
    async with simulated(clock=clock, history=120, rate=1) as venue, client(venue) as real:
        start = clock() - 100 * 60 * SECOND
        page = await real.history.candles("BTC/USDT", "1m", start).all()
        assert [one.open_at for one in page] == [page[0].open_at + n * 60 * SECOND for n in range(len(page))]
        made = await real.history.trades("BTC/USDT", start).all()
        assert [int(one.id) for one in made] == [
            trade.id for trade in venue.trades("BTCUSDT") if trade.at * 1_000_000 >= start
        ]
        assert len(made) > 400


# Itself


@VIRTUAL
async def test_an_error_in_the_block_passes_as_it_is() -> None:
    with pytest.raises(KeyError, match="mine"):
        async with simulated():
            raise KeyError("mine")


async def test_an_error_in_the_block_passes_as_it_is_on_loopback_too() -> None:
    with pytest.raises(KeyError, match="mine"):
        async with SimulatedVenue(history=1):
            raise KeyError("mine")


async def test_cancellation_leaves_nothing_behind() -> None:
    with anyio.move_on_after(0.2) as scope:
        async with SimulatedVenue(history=1) as venue, websocket.connect(f"{venue.ws_url}/ws"):
            await anyio.sleep_forever()
    assert scope.cancelled_caught


async def test_what_cannot_work_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="spot or futures"):
        SimulatedVenue("options")  # type: ignore[arg-type]
    venue = SimulatedVenue(listen=False, history=1)
    with pytest.raises(ConfigurationError, match="enter the simulated venue"):
        async with venue.connect("ws://simulated/ws"):
            pass
    async with venue:
        with pytest.raises(ConfigurationError, match="entered once"):
            await venue.__aenter__()
