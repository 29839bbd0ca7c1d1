"""The kit for sockets passes the library's own, and names the clause that a broken one breaks."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError
from barterpy.http import HttpRequest, HttpResponse
from barterpy.protocols.http import Poller
from barterpy.protocols.websocket import WebSocket, connect, serve
from barterpy.socket import Batch
from barterpy.testing.checks import check_socket
from barterpy.testing.sockets import MockSocket, socket_pair

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def mock_socket(messages: Sequence[Any], end: bool) -> AsyncGenerator[Any, None]:
    yield MockSocket(list(messages[:1]), list(messages[1:]), end=end)


@asynccontextmanager
async def memory_socket(messages: Sequence[Any], end: bool) -> AsyncGenerator[Any, None]:
    client, server = socket_pair()
    for message in messages:
        await server.send(message)
    if end:
        await server.aclose()
    yield client


@asynccontextmanager
async def web_socket(messages: Sequence[Any], end: bool) -> AsyncGenerator[Any, None]:
    async def handler(socket: WebSocket) -> None:
        for message in messages:
            await socket.send(message)
        if not end:
            await socket.receive()

    async with serve(handler, close_timeout=0.5) as server, connect(server.url, close_timeout=0.5) as socket:
        yield socket


@asynccontextmanager
async def poller(messages: Sequence[Any], end: bool) -> AsyncGenerator[Any, None]:
    left = list(messages)

    class Transport:
        async def send(self, request: HttpRequest, /) -> HttpResponse:
            await checkpoint()
            if not left:
                await anyio.sleep_forever()
            return HttpResponse(status=200, body=left.pop(0), received_at=1)

        async def aclose(self) -> None:
            return

    yield Poller(Transport(), HttpRequest(method="GET", url="http://x/"), 0.001)


@pytest.mark.parametrize("factory", [mock_socket, memory_socket, web_socket])
async def test_sockets_of_the_library_keep_the_contract(factory: Any) -> None:
    await check_socket(factory)


async def test_the_poller_keeps_the_contract() -> None:
    await check_socket(poller, (b"one", b"two", b"three"), ends=False)


class Broken:
    """A good socket whose verbs can be replaced one at a time."""

    def __init__(self, messages: Sequence[Any], end: bool) -> None:
        self.inner: MockSocket[Any] = MockSocket(*([message] for message in messages), end=end)
        self.calls = 0

    async def receive(self) -> Any:
        return await self.inner.receive()

    async def send(self, message: Any) -> None:
        await self.inner.send(message)

    async def aclose(self) -> None:
        await self.inner.aclose()


class EmptyBatch(Broken):
    async def receive(self) -> Any:
        return Batch[Any]([], 1)


class BareMessage(Broken):
    async def receive(self) -> Any:
        return (await self.inner.receive()).messages[0]


class TimeAsFloat(Broken):
    async def receive(self) -> Any:
        batch = await self.inner.receive()
        return Batch(batch.messages, batch.received_at / SECOND)  # type: ignore[arg-type]


class TimeGoesBack(Broken):
    async def receive(self) -> Any:
        self.calls += 1
        return Batch((await self.inner.receive()).messages, 1_000 - self.calls)


class OutOfOrder(Broken):
    def __init__(self, messages: Sequence[Any], end: bool) -> None:
        super().__init__(messages[::-1], end)


class LosesOne(Broken):
    async def receive(self) -> Any:
        self.calls += 1
        if self.calls == 1:
            await self.inner.receive()
        return await self.inner.receive()


class LosesWhenCancelled(Broken):
    async def receive(self) -> Any:
        batch = await self.inner.receive()
        await checkpoint()
        return batch


class TwoReceivers(Broken):
    async def receive(self) -> Any:
        while True:
            try:
                return await self.inner.receive()
            except anyio.BusyResourceError:
                await checkpoint()


class ClosesOnce(Broken):
    async def aclose(self) -> None:
        self.calls += 1
        if self.calls > 1:
            raise RuntimeError("closed already")
        await self.inner.aclose()


class EndsWhenClosed(Broken):
    async def receive(self) -> Any:
        try:
            return await self.inner.receive()
        except anyio.ClosedResourceError:
            raise anyio.EndOfStream from None


class SendsWhenClosed(Broken):
    async def send(self, message: Any) -> None:
        return


class EndsOnce(Broken):
    async def receive(self) -> Any:
        try:
            return await self.inner.receive()
        except anyio.EndOfStream:
            self.calls += 1
            if self.calls > 1:
                raise anyio.ClosedResourceError from None
            raise


class EndsEarly(Broken):
    async def receive(self) -> Any:
        self.calls += 1
        if self.calls == 2:
            raise anyio.EndOfStream
        return await self.inner.receive()


BROKEN_SOCKETS: dict[type[Broken], str] = {
    EmptyBatch: "a batch must hold at least one message",
    BareMessage: "receive must return a Batch",
    TimeAsFloat: "received_at must be int nanoseconds",
    TimeGoesBack: "received_at must not go back",
    OutOfOrder: "messages must come whole and in order",
    LosesOne: "receive must hand over all 3 messages, not 2",
    LosesWhenCancelled: "a receive that was cancelled must lose nothing",
    TwoReceivers: "receive must raise BusyResourceError",
    ClosesOnce: "closing twice must be fine",
    EndsWhenClosed: "a receive that waits while this side closes must raise ClosedResourceError",
    SendsWhenClosed: "send after aclose must raise ClosedResourceError",
    EndsOnce: "receive must raise EndOfStream each time",
    EndsEarly: "receive must hand over all 3 messages, not 1",
}


@pytest.mark.parametrize("kind", BROKEN_SOCKETS, ids=lambda kind: kind.__name__)
async def test_a_broken_socket_is_told_its_clause(kind: type[Broken]) -> None:
    @asynccontextmanager
    async def factory(messages: Sequence[Any], end: bool) -> AsyncGenerator[Any, None]:
        yield kind(messages, end)

    with pytest.raises(AssertionError, match=BROKEN_SOCKETS[kind]):
        await check_socket(factory, patience=2.0)


async def test_a_socket_that_is_silent_is_told_so() -> None:
    @asynccontextmanager
    async def factory(messages: Sequence[Any], end: bool) -> AsyncGenerator[Any, None]:
        yield MockSocket(end=False)

    with pytest.raises(AssertionError, match=r"hand over the messages that are there: nothing happened for 0\.05 s"):
        await check_socket(factory, patience=0.05)


async def test_one_message_is_too_few_to_check_with() -> None:
    with pytest.raises(ConfigurationError, match="two"):
        await check_socket(mock_socket, ["one"])
