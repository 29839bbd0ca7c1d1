"""A recording in the place of the network: exact, in its own time, through sockets, transports and servers."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import msgspec
import pytest

from barterpy import ExchangeStream, OrderBook, RestClient
from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError, RecordingError, RequestRejected, VenueError
from barterpy.events import Gap
from barterpy.http import HttpRequest
from barterpy.market import market_stream
from barterpy.model import BookDelta, BookSnapshot
from barterpy.protocols import websocket
from barterpy.protocols.http import HttpxTransport
from barterpy.recording import (
    HttpExchange,
    Opened,
    Received,
    Record,
    RecordingReader,
    RecordingSocket,
    RecordingTransport,
    RecordingWriter,
    Sent,
    import_frames_jsonl,
    write_recording,
)
from barterpy.subscription import Subscription, book, candles, quotes, trades
from barterpy.testing import (
    PlainReplay,
    ReplayServer,
    ReplaySocket,
    ReplayTransport,
    SimulatedVenue,
    VirtualClock,
    virtual_backends,
)
from barterpy.venues import binance

pytestmark = pytest.mark.anyio

VIRTUAL = pytest.mark.parametrize("anyio_backend", virtual_backends())
RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "recordings"
REAL = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the real recordings are not beside this tree")


def got(payload: str | bytes, at: int, connection: str = "a") -> Received:
    return Received.of(payload, at=at, connection=connection)


RECORDS: list[Record] = [
    Opened(at=1, connection="a", url="wss://example.com/ws/one"),
    Opened(at=1, connection="b", url="wss://example.com/ws/two"),
    Sent(at=1, connection="a", text="subscribe"),
    got("1", 2 * SECOND),
    got("2", 2 * SECOND),
    got(b"\x00\xff", 3 * SECOND, "b"),
    got("3\n ", 5 * SECOND),
]


async def everything(socket: ReplaySocket) -> list[tuple[int, list[Any]]]:
    batches: list[tuple[int, list[Any]]] = []
    while True:
        try:
            batch = await socket.receive()
        except anyio.EndOfStream:
            return batches
        batches.append((batch.received_at, list(batch.messages)))


# A socket


async def test_reads_come_back_as_they_were() -> None:
    batches = [(2 * SECOND, ["1", "2"]), (3 * SECOND, [b"\x00\xff"]), (5 * SECOND, ["3\n "])]
    assert await everything(ReplaySocket(RECORDS)) == batches
    assert await everything(ReplaySocket(RECORDS, connection="a")) == [batches[0], batches[2]]
    assert await everything(ReplaySocket(RECORDS, batch_size=3)) == [
        (3 * SECOND, ["1", "2", b"\x00\xff"]),
        (5 * SECOND, ["3\n "]),
    ]
    assert await everything(ReplaySocket([])) == []


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
async def test_any_batch_size_gives_every_message_once(size: int) -> None:
    batches = await everything(ReplaySocket(RECORDS, batch_size=size))
    assert [message for _, messages in batches for message in messages] == ["1", "2", b"\x00\xff", "3\n "]
    assert {len(messages) for _, messages in batches[:-1]} <= {size}


async def test_a_read_without_end_is_bounded() -> None:
    batches = await everything(ReplaySocket([got(str(n), 1) for n in range(25_000)]))
    assert [len(messages) for _, messages in batches] == [10_000, 10_000, 5_000]
    assert [message for _, messages in batches for message in messages] == [str(n) for n in range(25_000)]


async def test_a_file_is_read_in_a_thread_and_tells_when_it_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "r.barterpy.zst"
    records = [got(f"message {n} {'x' * (n % 700)}", n) for n in range(1, 5001)]
    await anyio.to_thread.run_sync(write_recording, path, records)
    socket = ReplaySocket(path)
    assert len(await everything(socket)) == 5000
    assert not socket.truncated
    data = await anyio.Path(path).read_bytes()
    await anyio.Path(path).write_bytes(data[: len(data) // 2])
    socket = ReplaySocket(path)
    left = await everything(socket)
    assert 0 < len(left) < 5000
    assert socket.truncated
    await socket.aclose()
    with pytest.raises(RecordingError):
        await ReplaySocket(tmp_path / "none").receive()


@VIRTUAL
@pytest.mark.parametrize(("speed", "seconds"), [(1.0, 3.0), (2.0, 1.5), (None, 0.0)])
async def test_it_keeps_the_recorded_pace(speed: float | None, seconds: float) -> None:
    began = anyio.current_time()
    await everything(ReplaySocket(RECORDS, speed=speed))
    assert anyio.current_time() - began == pytest.approx(seconds)


@VIRTUAL
async def test_cancelling_a_receive_loses_nothing() -> None:
    socket = ReplaySocket(RECORDS, speed=1)
    seen: list[Any] = []
    while len(seen) < 4:
        with anyio.move_on_after(0.3):
            seen += (await socket.receive()).messages
    assert seen == ["1", "2", b"\x00\xff", "3\n "]


async def test_it_is_a_socket_like_any_other() -> None:
    socket = ReplaySocket(RECORDS)
    await socket.send("hello")
    assert socket.sent == ["hello"]
    assert socket.event_time
    await socket.aclose()
    await socket.aclose()
    for verb in (socket.receive(), socket.send("x")):
        with pytest.raises(anyio.ClosedResourceError):
            await verb
    for wrong in ({"speed": 0}, {"batch_size": 0}):
        arguments: dict[str, Any] = wrong
        with pytest.raises(ConfigurationError):
            ReplaySocket([], **arguments)


# A transport

EXCHANGES: list[Record] = [
    HttpExchange(at=1, url="https://a/depth?symbol=X&limit=1000", text="1", headers=(("X-A", "b"),)),
    HttpExchange(at=2, url="https://a/depth?symbol=X&limit=1000", text="2"),
    HttpExchange(at=3, url="https://a/depth?symbol=Y&limit=1000", data=b"\xff", status=500),
]


@pytest.mark.parametrize(
    ("targets", "answers"),
    [
        (["depth?symbol=X&limit=1000"] * 3, [(200, b"1"), (200, b"2"), (200, b"2")]),
        (["depth?limit=1000&symbol=X"], [(200, b"1")]),
        (["depth?symbol=X&limit=5000", "depth?symbol=X"], [(200, b"1"), (200, b"2")]),
        (["depth?symbol=Y&limit=1000&timestamp=5&signature=x"], [(500, b"\xff")]),
        (["depth?symbol=Z&limit=1000", "other"], [(404, None), (404, None)]),
    ],
)
async def test_answers_are_those_of_the_recording(targets: list[str], answers: list[tuple[int, bytes | None]]) -> None:
    transport = ReplayTransport(EXCHANGES)
    for target, (status, body) in zip(targets, answers, strict=True):
        response = await transport.send(HttpRequest(method="GET", url=f"http://elsewhere/{target}"))
        assert response.status == status
        assert body in (None, response.body)
        assert response.header("content-type") == "application/json"
    wrong = await transport.send(HttpRequest(method="POST", url="http://elsewhere/depth?symbol=X&limit=1000"))
    assert (wrong.status, b"POST /depth is not in the recording" in wrong.body) == (404, True)
    await transport.aclose()


# A server


async def test_a_server_sends_payloads_exactly_by_path() -> None:
    async with ReplayServer(RECORDS, at_end="close") as server:
        for path, expected in (
            ("/ws/one", ["1", "2", "3\n "]),
            ("/ws/two", [b"\x00\xff"]),
            ("/any", ["1", "2", b"\x00\xff", "3\n "]),
        ):
            async with websocket.connect(f"{server.ws_url}{path}") as socket:
                assert await _drain(socket) == expected
        assert server.sent == 8


async def _drain(socket: Any) -> list[Any]:
    messages: list[Any] = []
    while True:
        try:
            messages += (await socket.receive()).messages
        except anyio.EndOfStream:
            return messages


async def test_a_server_keeps_the_pace() -> None:
    async with ReplayServer(RECORDS, at_end="close", speed=100) as server:
        began = anyio.current_time()
        async with websocket.connect(server.ws_url) as socket:
            await _drain(socket)
        assert anyio.current_time() - began >= 0.029


def wrapped(stream: str, n: int) -> Received:
    return got(f'{{"stream":"{stream}","data":{{"n":{n}}}}}', n)


FRAMES: list[Record] = [
    Opened(at=0, connection="a", url="wss://fstream.binance.com/stream"),
    got('{"result":null,"id":1}', 0),
    wrapped("x@depth@100ms", 1),
    wrapped("x@aggTrade", 2),
    wrapped("y@aggTrade", 3),
]


async def test_frames_go_to_who_subscribed_their_stream_on_its_path() -> None:
    async with ReplayServer([wrapped("x@aggTrade", 0), *FRAMES], at_end="close", settle=0.05) as server:
        heard: dict[str, list[Any]] = {}
        for path in ("/stream", "/public/stream", "/market/stream"):
            async with websocket.connect(f"{server.ws_url}{path}") as socket:
                for id_, params in (7, ["x@depth@100ms"]), (8, ["x@aggTrade"]):
                    call = {"method": "SUBSCRIBE", "params": params, "id": id_}
                    await socket.send(msgspec.json.encode(call).decode())
                heard[path] = [msgspec.json.decode(text) for text in await _drain(socket)]
        acknowledged = [{"result": None, "id": 7}, {"result": None, "id": 8}]
        numbers = {path: [text["data"]["n"] for text in texts[2:]] for path, texts in heard.items()}
        assert all(texts[:2] == acknowledged for texts in heard.values())
        assert numbers == {"/stream": [0, 1, 2], "/public/stream": [1], "/market/stream": [0, 2]}


async def test_streams_may_be_asked_in_the_url_and_the_end_may_be_held() -> None:
    async with (
        ReplayServer(FRAMES[2:]) as server,
        websocket.connect(f"{server.ws_url}/stream?streams=x@aggTrade/y@aggTrade") as socket,
    ):
        await server.finished()
        first: list[Any] = []
        while len(first) < 2:
            first += (await socket.receive()).messages
        assert [msgspec.json.decode(text)["data"]["n"] for text in first] == [2, 3]
        for call, result in (
            ({"method": "LIST_SUBSCRIPTIONS", "id": 1}, ["x@aggTrade", "y@aggTrade"]),
            ({"method": "UNSUBSCRIBE", "params": ["x@aggTrade"], "id": 2}, None),
        ):
            await socket.send(msgspec.json.encode(call).decode())
            (answer,) = (await socket.receive()).messages
            assert msgspec.json.decode(answer) == {"result": result, "id": call["id"]}
        await socket.send("nonsense")
        (answer,) = (await socket.receive()).messages
        assert msgspec.json.decode(answer)["code"] == 2


async def test_a_server_answers_over_http() -> None:
    async with ReplayServer(EXCHANGES, dialect=PlainReplay) as server, HttpxTransport() as transport:
        for body in (b"1", b"2", b"2"):
            url = f"{server.rest_url}/depth?symbol=X&limit=1000"
            response = await transport.send(HttpRequest(method="GET", url=url))
            assert (response.status, response.body) == (200, body)
        missing = await transport.send(HttpRequest(method="GET", url=f"{server.rest_url}/nowhere"))
        assert missing.status == 404
        wrong = await transport.send(HttpRequest(method="GET", url=f"{server.rest_url}/depth?symbol=Y"))
        assert (wrong.status, wrong.body) == (500, b"\xff")


async def test_a_bad_recording_is_told_to_who_serves_it(tmp_path: Path) -> None:
    with pytest.raises(RecordingError):
        async with ReplayServer(tmp_path / "none"):
            pass
    with pytest.raises(ConfigurationError):
        ReplayServer([], speed=0)
    server = ReplayServer(RECORDS)
    with pytest.raises(KeyError, match="mine"):
        async with server:
            raise KeyError("mine")
    with pytest.raises(ConfigurationError, match="entered once"):
        await server.__aenter__()


# The whole way: recorded, and replayed to the same events


@VIRTUAL
async def test_a_replay_gives_the_events_of_the_day_it_was_recorded(tmp_path: Path) -> None:
    clock = VirtualClock()
    path = tmp_path / "day.barterpy.zst"
    subscriptions = [trades("BTC/USDT"), book("BTC/USDT"), quotes("ETH/USDT"), candles("BTC/USDT", "1s")]

    async with (
        SimulatedVenue(listen=False, history=2, clock=clock) as venue,
        RecordingWriter(path, venue="binance_spot", clock=clock) as writer,
    ):
        options: dict[str, Any] = venue.options
        transport = RecordingTransport(options.pop("transport"), writer)
        async with venue.connect(f"{venue.ws_url}/stream") as inner:
            socket: RecordingSocket[Any] = RecordingSocket(inner, writer, url=venue.ws_url)
            client = binance.Spot(**options, transport=transport)
            (connection,) = client.connections(subscriptions)
            live: list[Any] = []
            await transport.send(
                HttpRequest(method="GET", url=f"{venue.rest_url}/api/v3/depth?symbol=BTCUSDT&limit=1000")
            )
            assert connection.subscribe is not None
            for request in connection.subscribe(connection.topics):
                await socket.send(request.message)
            stream = ExchangeStream(
                socket, client.parser(), connection.transformer, clock=None, on_directive=lambda _: None
            )
            # No deadline: virtual time jumps while the recording is written in a thread.
            async for batch in stream.batches():
                live.extend(batch)
                if len(live) >= 200:
                    break

    again = binance.Spot()
    (connection,) = again.connections(subscriptions)
    assert connection.subscribe is not None
    connection.subscribe(connection.topics)  # as on that day: the answers to it are in the recording
    stream = ExchangeStream(
        ReplaySocket(path), again.parser(), connection.transformer, clock=None, on_directive=lambda _: None
    )
    replayed = [event async for event in stream]
    assert replayed == live

    def counts() -> Counter[str]:
        with RecordingReader(path) as reader:
            return Counter(type(record).__name__ for record in reader)

    assert (await anyio.to_thread.run_sync(counts))["HttpExchange"] == 1


@REAL
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "BINANCE_FUTURES",
            {"Trade": 91, "Quote": 613, "Candle": 67, "BookSnapshot": 4, "BookDelta": 752},
        ),
        ("BINANCE_US", {"Trade": 11, "Quote": 128, "Candle": 5, "BookSnapshot": 4, "BookDelta": 332}),
    ],
)
async def test_real_recordings_through_the_server_and_the_real_stack(
    name: str, expected: dict[str, int], tmp_path: Path
) -> None:
    path = tmp_path / f"{name}.barterpy.zst"

    def convert() -> None:
        write_recording(
            path, import_frames_jsonl(RECORDINGS / f"{name}.frames.jsonl", RECORDINGS / f"{name}.http.jsonl")
        )

    await anyio.to_thread.run_sync(convert)
    futures = name == "BINANCE_FUTURES"
    symbols = (
        ("SUSHIUSDT", "AKROUSDT", "KEEPUSDT", "CTKUSDT") if futures else ("CRVUSDT", "COMPUSDT", "OMGBUSD", "ZRXUSDT")
    )
    subscriptions: Sequence[Subscription] = [
        subscription
        for symbol in symbols
        for subscription in (trades(symbol, aggregate=True), quotes(symbol), candles(symbol), book(symbol))
    ]
    kind: Any = binance.Futures if futures else binance.Spot
    books: dict[str, OrderBook[Any]] = {}
    counts: Counter[str] = Counter()
    data = sum(expected.values())
    async with (
        ReplayServer(path) as server,
        kind(ws_url=server.ws_url, rest_url=server.rest_url) as client,
        market_stream(client, subscriptions) as events,
    ):
        with anyio.fail_after(50):
            async for event in events.data():
                counts[type(event).__name__] += 1
                assert not isinstance(event, Gap)
                if isinstance(event, (BookSnapshot, BookDelta)):
                    books.setdefault(event.instrument, OrderBook(event.instrument)).apply(event)
                if counts.total() == data:
                    break
        await server.finished(2 if futures else 1)
        assert server.sent == (1535 if futures else 480)
    assert dict(counts) == expected
    assert set(books) == set(symbols)
    assert not [one for one in books.values() if one.crossed()]


async def test_what_a_venue_refuses_is_refused_again_by_a_replay() -> None:
    refusal = HttpExchange(
        at=1, url="https://api.binance.com/api/v3/time", status=400, text='{"code":-1121,"msg":"Invalid symbol."}'
    )
    client = binance.Spot(transport=ReplayTransport([refusal]))
    assert isinstance(client.rest, RestClient)
    with pytest.raises(RequestRejected) as caught:
        await client.server_time()
    assert caught.value.code == -1121
    with pytest.raises(VenueError, match="not in the recording"):
        await client.instruments()
