"""The poller, with a clock that moves only when it sleeps."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from barterpy.errors import ConfigurationError, ConnectionLost, RateLimited, VenueUnavailable
from barterpy.http import HttpRequest, HttpResponse
from barterpy.protocols.http import HttpxTransport, Poller
from barterpy.socket import ReceiveSocket

if TYPE_CHECKING:
    from tests.protocols.http.conftest import Serve

pytestmark = pytest.mark.anyio

REQUEST = HttpRequest(method="GET", url="https://x.test/depth")


class World:
    """A transport and a clock; each exchange takes ``takes`` seconds."""

    def __init__(self, *answers: HttpResponse | Exception | bytes, takes: float = 0.0) -> None:
        self.answers = list(answers)
        self.takes = takes
        self.now = 100.0
        self.sent: list[float] = []
        self.slept: list[float] = []
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        self.sent.append(self.now)
        self.requests.append(request)
        await anyio.lowlevel.checkpoint()
        self.now += self.takes
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return HttpResponse(status=200, body=answer) if isinstance(answer, bytes) else answer

    async def sleep(self, seconds: float) -> None:
        await anyio.lowlevel.checkpoint()
        self.slept.append(seconds)
        self.now += seconds

    async def aclose(self) -> None:
        raise AssertionError("the transport is not the poller's")

    def poller(self, request: HttpRequest | Callable[[int], HttpRequest] = REQUEST, **more: Any) -> Poller:
        options: dict[str, Any] = {"random": lambda: 0.5, "sleep": self.sleep, **more}
        return Poller(self, request, 10.0, monotonic=lambda: self.now, clock=lambda: int(self.now), **options)


async def bodies(socket: ReceiveSocket[bytes], count: int) -> list[bytes]:
    return [message for _ in range(count) for message in (await socket.receive()).messages]


async def test_pace_is_kept_by_deadlines() -> None:
    world = World(b"1", b"2", b"3", b"4", takes=3.0)
    assert await bodies(world.poller(), 4) == [b"1", b"2", b"3", b"4"]
    assert world.sent == [100, 110, 120, 130]
    assert world.slept == [7, 7, 7]


async def test_slow_answers_do_not_overlap_and_make_no_burst() -> None:
    world = World(b"1", b"2", b"3", takes=25.0)
    await bodies(world.poller(), 3)
    assert world.sent == [100, 125, 150]


async def test_slow_consumer_is_served_at_once_and_not_in_a_burst() -> None:
    world = World(b"1", b"2", b"3")
    poller = world.poller()
    await bodies(poller, 1)
    world.now += 1000
    await bodies(poller, 2)
    assert world.sent == [100, 1100, 1110]


async def test_jitter_does_not_move_the_grid() -> None:
    world = World(b"1", b"2", b"3")
    await bodies(world.poller(jitter=4.0), 3)
    assert world.sent == [100, 112, 122]


async def test_unchanged_answers_are_dropped() -> None:
    world = World(b"1", b"1", b"1", b"2", b"1")
    assert await bodies(world.poller(), 3) == [b"1", b"2", b"1"]
    assert len(world.sent) == 5


async def test_unchanged_answers_are_kept_when_asked() -> None:
    world = World(b"1", b"1")
    assert await bodies(world.poller(drop_unchanged=False), 2) == [b"1", b"1"]


async def test_entity_tags() -> None:
    world = World(
        HttpResponse(status=200, body=b"1", headers=(("ETag", '"x"'),), received_at=7),
        HttpResponse(status=304),
        HttpResponse(status=200, body=b"2"),
        HttpResponse(status=200, body=b"3"),
    )
    poller = world.poller()
    batch = await poller.receive()
    assert (list(batch.messages), batch.received_at) == ([b"1"], 7)
    assert await bodies(poller, 2) == [b"2", b"3"]
    assert [request.header("if-none-match") for request in world.requests] == [None, '"x"', '"x"', None]


async def test_request_is_made_for_each_poll() -> None:
    world = World(b"1", b"2")
    poller = world.poller(lambda now: REQUEST.with_query(f"timestamp={now}"))
    batch = await poller.receive()
    assert batch.received_at == 100
    await poller.receive()
    assert [request.query for request in world.requests] == ["timestamp=100", "timestamp=110"]


async def test_error_is_raised_and_the_next_poll_keeps_the_pace() -> None:
    world = World(ConnectionLost("cut"), HttpResponse(status=503, body=b"down"), b"1")
    poller = world.poller()
    with pytest.raises(ConnectionLost):
        await poller.receive()
    with pytest.raises(VenueUnavailable, match="down"):
        await poller.receive()
    assert await bodies(poller, 1) == [b"1"]
    assert world.sent == [100, 110, 120]


@pytest.mark.parametrize(("wait", "next_at"), [("35", 135), ("3", 110)])
async def test_retry_after_is_respected(wait: str, next_at: float) -> None:
    world = World(HttpResponse(status=429, headers=(("Retry-After", wait),)), b"1", b"2")
    poller = world.poller()
    with pytest.raises(RateLimited):
        await poller.receive()
    await bodies(poller, 2)
    assert world.sent == [100, next_at, next_at + 10]


async def test_check_of_ones_own() -> None:
    def check(response: HttpResponse) -> RateLimited | None:
        return RateLimited("busy") if response.body == b"busy" else None

    world = World(b"busy", HttpResponse(status=404, body=b"fine"))
    poller = world.poller(check=check)
    with pytest.raises(RateLimited):
        await poller.receive()
    assert await bodies(poller, 1) == [b"fine"]


async def test_304_that_was_not_asked_for_is_an_error() -> None:
    with pytest.raises(Exception, match="not followed"):
        await World(HttpResponse(status=304)).poller().receive()


async def test_cancelled_poll_is_asked_again_at_the_next_deadline() -> None:
    world = World(b"1")
    poller = world.poller()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await poller.receive()
    assert world.sent == []
    started = anyio.Event()

    class Hanging(World):
        async def send(self, request: HttpRequest, /) -> HttpResponse:
            self.sent.append(self.now)
            if len(self.sent) == 1:
                started.set()
                await anyio.sleep_forever()
            return HttpResponse(status=200, body=b"1")

    hanging = Hanging()
    poller = hanging.poller()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(poller.receive)
        await started.wait()
        tasks.cancel_scope.cancel()
    assert await bodies(poller, 1) == [b"1"]
    assert hanging.sent == [100, 110]


async def test_busy_and_closed() -> None:
    world = World(b"1", b"1")

    async def for_ever(seconds: float) -> None:
        await anyio.sleep_forever()

    poller = world.poller(sleep=for_ever)
    await bodies(poller, 1)
    async with anyio.create_task_group() as tasks:

        async def wait() -> None:
            with pytest.raises(anyio.ClosedResourceError):
                await poller.receive()

        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(anyio.BusyResourceError):
            await poller.receive()
        await poller.aclose()
    await poller.aclose()
    with pytest.raises(anyio.ClosedResourceError):
        await poller.receive()


async def test_poller_as_a_context() -> None:
    async with World(b"1").poller() as poller:
        assert await bodies(poller, 1) == [b"1"]
    with pytest.raises(anyio.ClosedResourceError):
        await poller.receive()


@pytest.mark.parametrize(("interval", "jitter"), [(0, 0), (-1, 0), (1, -1)])
def test_pace_that_cannot_be(interval: float, jitter: float) -> None:
    with pytest.raises(ConfigurationError, match="interval"):
        Poller(World(), REQUEST, interval, jitter=jitter)


async def test_over_a_connection(serve: "Serve") -> None:
    def answer(body: bytes) -> bytes:
        return b'HTTP/1.1 200 OK\r\nETag: "%b"\r\nContent-Length: 1\r\n\r\n%b' % (body, body)

    unchanged = b"HTTP/1.1 304 Not Modified\r\n\r\n"
    async with serve(answer(b"1"), unchanged, answer(b"2")) as server, HttpxTransport() as http:
        poller = Poller(http, HttpRequest(method="GET", url=server.url), 0.01)
        assert await bodies(poller, 2) == [b"1", b"2"]
    assert server.header("if-none-match", 1) == '"1"'
