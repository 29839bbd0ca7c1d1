"""Server-sent events and lines as sockets, over real connections and over scripted ones."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

import anyio
import anyio.abc
import pytest

from barterpy.backoff import Backoff
from barterpy.errors import (
    BarterError,
    ConnectError,
    ConnectionLost,
    LimitExceeded,
    ProtocolError,
    RateLimited,
    RequestRejected,
    TlsError,
    TransportTimeout,
    VenueUnavailable,
)
from barterpy.http import HttpRequest
from barterpy.parser import JsonParser
from barterpy.protocols.http import (
    EventDataParser,
    HttpxTransport,
    ServerSentEvent,
    event_source,
    ndjson,
)
from barterpy.socket import ReceiveSocket
from barterpy.stream import ExchangeStream

if TYPE_CHECKING:
    from tests.protocols.http.conftest import Serve

pytestmark = pytest.mark.anyio

NO_DELAY = Backoff(initial=0, cap=0, jitter=0)
EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n"
STOP = b"HTTP/1.1 204 No Content\r\n\r\n"
LINES = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n"


def get(url: str, **more: Any) -> HttpRequest:
    return HttpRequest(method="GET", url=url, **more)


async def everything(socket: ReceiveSocket[Any]) -> tuple[list[Any], Exception]:
    """All messages of a socket, and what it ended with."""
    messages: list[Any] = []
    while True:
        try:
            messages.extend((await socket.receive()).messages)
        except (BarterError, anyio.EndOfStream) as error:
            return messages, error


async def data_of(socket: ReceiveSocket[ServerSentEvent]) -> list[str]:
    events, error = await everything(socket)
    assert isinstance(error, anyio.EndOfStream)
    return [event.data for event in events]


class Scripted:
    """A stream of chunks; an exception among them is raised, None waits for ever."""

    def __init__(self, *chunks: bytes | Exception | None, status: int = 200, kind: str = "text/event-stream") -> None:
        self.chunks = list(chunks)
        self.status = status
        self.headers = (("Content-Type", kind),)
        self.closed = False

    async def receive(self) -> bytes:
        await anyio.lowlevel.checkpoint()
        chunk = self.chunks.pop(0) if self.chunks else anyio.EndOfStream()
        if chunk is None:
            await anyio.sleep_forever()
        if isinstance(chunk, Exception):
            raise chunk
        assert chunk is not None
        return chunk

    async def aclose(self) -> None:
        self.closed = True


class ScriptedTransport:
    def __init__(self, *streams: Scripted | Exception) -> None:
        self.streams = list(streams)
        self.requests: list[HttpRequest] = []

    async def open(self, request: HttpRequest, /) -> Scripted:
        self.requests.append(request)
        stream = self.streams.pop(0)
        if isinstance(stream, Exception):
            raise stream
        return stream


REQUEST = get("https://x.test/events")


async def test_events_over_a_connection(serve: "Serve") -> None:
    text = EVENTS + b"event: trade\nid: 1\ndata: a\n\ndata: b\n\n"
    async with serve(text, STOP) as server, HttpxTransport() as http:
        request = get(server.url)
        async with event_source(http, request, backoff=NO_DELAY, clock=lambda: 42) as source:
            batch = await source.receive()
            assert list(batch.messages) == [ServerSentEvent("a", "trade", "1"), ServerSentEvent("b", "message", "1")]
            assert batch.received_at == 42
            assert await data_of(source) == []
    assert server.header("accept") == "text/event-stream"
    assert server.header("cache-control") == "no-store"
    assert server.header("last-event-id") is None
    assert server.header("last-event-id", 1) == "1"


async def test_a_cut_connection_is_resumed(serve: "Serve") -> None:
    chunked = EVENTS.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    reasons: list[tuple[type[BarterError], float]] = []
    async with (
        serve(chunked + b"1f\r\nid: caf\xc3\xa9\ndata: a\n\ndata: lost\r\n", EVENTS + b"data: b\n\n", STOP) as server,
        HttpxTransport() as http,
        event_source(
            http,
            get(server.url),
            backoff=NO_DELAY,
            on_reconnect=lambda error, delay: reasons.append((type(error), delay)),
        ) as source,
    ):
        assert await data_of(source) == ["a", "b"]
    assert [server.header("last-event-id", n) for n in range(3)] == [None, "caf\xc3\xa9", "caf\xc3\xa9"]
    assert reasons == [(ConnectionLost, 0.0), (ConnectionLost, 0.0)]


async def test_first_event_id_and_fresh_requests() -> None:
    transport = ScriptedTransport(Scripted(b"data: a\n\n"), Scripted(status=204))
    times = iter(range(100))

    def request(now: int) -> HttpRequest:
        return REQUEST.with_headers(("T", str(now)))

    async with event_source(
        transport, request, last_event_id=" 5 ", backoff=NO_DELAY, clock=lambda: next(times)
    ) as source:
        assert await data_of(source) == ["a"]
    assert [r.header("last-event-id") for r in transport.requests] == ["5", "5"]
    stamps = [int(r.header("T") or "") for r in transport.requests]
    assert stamps[0] < stamps[1]


async def test_id_that_no_header_can_carry_is_not_sent() -> None:
    transport = ScriptedTransport(Scripted(b"id: a\x01b\ndata: a\n\n"), Scripted(status=204))
    async with event_source(transport, REQUEST, backoff=NO_DELAY) as source:
        assert await data_of(source) == ["a"]
        assert source.last_event_id == "a\x01b"
    assert transport.requests[1].header("last-event-id") is None


async def test_last_event_id_is_that_of_the_last_event_received() -> None:
    transport = ScriptedTransport(Scripted(b"id: 1\ndata: a\n\n", b"id: 2\ndata: b\n\n", None))
    async with event_source(transport, REQUEST) as source:
        await anyio.wait_all_tasks_blocked()
        assert source.last_event_id == ""
        await source.receive()
        assert source.last_event_id == "1", "the second was read, and not handed over"


async def test_retry_is_a_lower_bound_of_the_delay() -> None:
    delays: list[float] = []
    transport = ScriptedTransport(Scripted(b"retry: 20\n"), Scripted(status=204))
    async with event_source(
        transport, REQUEST, backoff=NO_DELAY, on_reconnect=lambda _, delay: delays.append(delay)
    ) as source:
        assert await data_of(source) == []
        assert source.retry == 0.02
    assert delays == [0.02]


async def test_reconnecting_goes_on_when_a_connection_cannot_be_made() -> None:
    transport = ScriptedTransport(
        Scripted(b"data: a\n\n"), ConnectError("x.test:443", "refused"), Scripted(b"data: b\n\n"), Scripted(status=204)
    )
    async with event_source(transport, REQUEST, backoff=NO_DELAY) as source:
        assert await data_of(source) == ["a", "b"]


async def test_reconnecting_ends_after_the_attempts_allowed() -> None:
    transport = ScriptedTransport(Scripted(b"data: a\n\n"), Scripted(), Scripted(), Scripted())
    backoff = Backoff(initial=0, cap=0, jitter=0, max_attempts=2)
    async with event_source(transport, REQUEST, backoff=backoff) as source:
        events, error = await everything(source)
    assert [event.data for event in events] == ["a"]
    assert isinstance(error, ConnectionLost)
    assert len(transport.requests) == 3


async def test_what_only_a_person_can_help_ends_the_reconnecting() -> None:
    transport = ScriptedTransport(Scripted(b"data: a\n\n"), TlsError("x.test:443", "expired"))
    async with event_source(transport, REQUEST, backoff=NO_DELAY) as source:
        events, error = await everything(source)
    assert [event.data for event in events] == ["a"]
    assert isinstance(error, TlsError)


async def test_without_reconnecting_the_end_is_an_error_that_knows_when_to_come_back() -> None:
    transport = ScriptedTransport(Scripted(b"retry: 3000\ndata: a\n\n"))
    async with event_source(transport, REQUEST, reconnect=False) as source:
        events, error = await everything(source)
    assert [event.data for event in events] == ["a"]
    assert isinstance(error, ConnectionLost)
    assert error.retry_after == 3.0


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (Scripted(b"<title>no such page</title>", status=404), RequestRejected),
        (Scripted(b"slow down", status=429), RateLimited),
        (Scripted(None, status=503), VenueUnavailable),
        (Scripted(status=302), RequestRejected),
        (Scripted(b"{}", kind="application/json"), ProtocolError),
    ],
    ids=["404", "429", "503-without-a-body", "redirect", "not-an-event-stream"],
)
async def test_refusal_fails_the_first_connection(stream: Scripted, expected: type[BarterError]) -> None:
    with pytest.raises(expected):
        async with event_source(ScriptedTransport(stream), get("https://x.test", timeout=0.05)):
            pytest.fail("it was refused")
    assert stream.closed


async def test_refusal_ends_the_reconnecting() -> None:
    transport = ScriptedTransport(Scripted(b"data: a\n\n"), Scripted(b"gone", status=410))
    async with event_source(transport, REQUEST, backoff=NO_DELAY) as source:
        events, error = await everything(source)
    assert [event.data for event in events] == ["a"]
    assert isinstance(error, RequestRejected)
    assert error.text == "gone"


async def test_204_at_once_is_an_empty_stream() -> None:
    async with event_source(ScriptedTransport(Scripted(status=204)), REQUEST) as source:
        assert await data_of(source) == []


async def test_oversize_event_comes_after_what_was_good() -> None:
    stream = Scripted(b"data: a\n\ndata: " + b"x" * 200)
    async with event_source(ScriptedTransport(stream), REQUEST, max_event_size=100) as source:
        events, error = await everything(source)
    assert [event.data for event in events] == ["a"]
    assert isinstance(error, LimitExceeded)
    assert error.limit == "max_event_size"
    assert stream.closed


@pytest.mark.parametrize("which", ["events", "lines"])
async def test_server_that_accepts_and_says_nothing(serve: "Serve", which: str) -> None:
    async def silent(stream: anyio.abc.ByteStream) -> None:
        await stream.send(EVENTS if which == "events" else LINES)
        await stream.receive()

    async with serve(silent) as server, HttpxTransport() as http:
        opened = (
            event_source(http, get(server.url), reconnect=False, idle_timeout=0.1)
            if which == "events"
            else ndjson(http, get(server.url), idle_timeout=0.1)
        )
        async with opened as socket:
            with pytest.raises(TransportTimeout) as caught:
                await socket.receive()
    assert caught.value.seconds == 0.1


async def test_lines_over_a_connection(serve: "Serve") -> None:
    async with serve(LINES + b'{"a":1}\r\n\n  \n{"a":2}\n{"a":3}') as server, HttpxTransport() as http:
        async with ndjson(http, get(server.url), clock=lambda: 42) as socket:
            assert (await socket.receive()).received_at == 42
            await everything(socket)
        async with ndjson(http, get(server.url)) as socket:
            lines, error = await everything(socket)
    assert lines == [b'{"a":1}', b'{"a":2}', b'{"a":3}']
    assert isinstance(error, anyio.EndOfStream)


async def test_truncated_lines(serve: "Serve") -> None:
    text = LINES.replace(b"\r\n\r\n", b"\r\nContent-Length: 100\r\n\r\n") + b"1\n2\n3"
    async with serve(text) as server, HttpxTransport() as http, ndjson(http, get(server.url)) as socket:
        lines, error = await everything(socket)
    assert lines == [b"1", b"2"], "half a line is not a line"
    assert isinstance(error, ConnectionLost)


async def test_oversize_line_comes_after_what_was_good() -> None:
    async with ndjson(ScriptedTransport(Scripted(b"1\n" + b"x" * 101)), REQUEST, max_line_size=100) as socket:
        lines, error = await everything(socket)
    assert lines == [b"1"]
    assert isinstance(error, LimitExceeded)
    assert error.limit == "max_line_size"


async def test_lines_refused() -> None:
    stream = Scripted(b'{"msg":"no","code":7}', status=400)
    with pytest.raises(RequestRejected) as caught:
        async with ndjson(ScriptedTransport(stream), REQUEST):
            pytest.fail("it was refused")
    assert (caught.value.text, caught.value.code) == ("no", 7)
    assert stream.closed


Opener = Callable[[ScriptedTransport], AbstractAsyncContextManager[ReceiveSocket[Any]]]


def open_events(transport: ScriptedTransport) -> AbstractAsyncContextManager[ReceiveSocket[Any]]:
    return event_source(transport, REQUEST)


def open_lines(transport: ScriptedTransport) -> AbstractAsyncContextManager[ReceiveSocket[Any]]:
    return ndjson(transport, REQUEST)


OPENERS = [
    pytest.param(open_events, b"data: %d\n\n", id="events"),
    pytest.param(open_lines, b"%d\n", id="lines"),
]


@pytest.mark.parametrize(("opener", "message"), OPENERS)
async def test_cancelled_receive_loses_nothing(opener: Opener, message: bytes) -> None:
    go = anyio.Event()

    class Gated(Scripted):
        async def receive(self) -> bytes:
            await go.wait()
            return await super().receive()

    stream = Gated(message % 1, message % 2, None)
    async with opener(ScriptedTransport(stream)) as socket:
        for _ in range(3):
            with anyio.move_on_after(0) as scope:
                await socket.receive()
            assert scope.cancelled_caught
        go.set()
        assert len([await socket.receive(), await socket.receive()]) == 2


@pytest.mark.parametrize(("opener", "message"), OPENERS)
async def test_slow_consumer_stops_the_reading(opener: Opener, message: bytes) -> None:
    stream = Scripted(*(message % number for number in range(100)), None)
    async with opener(ScriptedTransport(stream)) as socket:
        await anyio.wait_all_tasks_blocked()
        held = 101 - len(stream.chunks)
        assert held == 17, "sixteen are held, and one waits for room"
        for _ in range(100):
            await socket.receive()
        assert len(stream.chunks) == 0


@pytest.mark.parametrize(("opener", "message"), OPENERS)
async def test_closing_and_receiving(opener: Opener, message: bytes) -> None:
    stream = Scripted(message % 1, None)
    async with opener(ScriptedTransport(stream)) as socket:
        await socket.receive()
        async with anyio.create_task_group() as tasks:

            async def wait() -> None:
                with pytest.raises(anyio.ClosedResourceError):
                    await socket.receive()

            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            with pytest.raises(anyio.BusyResourceError):
                await socket.receive()
            await socket.aclose()
        await socket.aclose()
        with pytest.raises(anyio.ClosedResourceError):
            await socket.receive()
    assert stream.closed


@pytest.mark.parametrize(("opener", "message"), OPENERS)
async def test_error_in_the_body_is_raised_as_it_is(opener: Opener, message: bytes) -> None:
    stream = Scripted(None)
    with pytest.raises(LookupError, match="mine"):
        async with opener(ScriptedTransport(stream)):
            raise LookupError("mine")
    assert stream.closed


async def test_request_that_cannot_be_made_reaches_the_consumer() -> None:
    def request(now: int) -> HttpRequest:
        if transport.requests:
            raise LookupError("no credentials left")
        return REQUEST

    transport = ScriptedTransport(Scripted(b"data: a\n\n"))
    async with event_source(transport, request, backoff=NO_DELAY) as source:
        assert [event.data for event in (await source.receive()).messages] == ["a"]
        with pytest.raises(LookupError, match="no credentials left"):
            await source.receive()


async def test_events_into_an_exchange_stream() -> None:
    class Sum:
        total = 0

        def transform(self, message: int, received_at: int) -> list[int]:
            self.total += message
            return [self.total]

    transport = ScriptedTransport(Scripted(b"data: 1\n\nevent: ping\ndata: x\n\ndata: 2\n\n"), Scripted(status=204))
    async with event_source(transport, REQUEST, backoff=NO_DELAY) as source:
        stream = ExchangeStream(source, EventDataParser(JsonParser(int)), Sum())
        assert [total async for total in stream] == [1, 3]
