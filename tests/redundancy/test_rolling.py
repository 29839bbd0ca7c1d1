"""Connections that are replaced before they are cut, in virtual time: nothing is missed, and nothing comes twice."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from barterpy.backoff import Backoff
from barterpy.connection import Connection
from barterpy.errors import ConnectError
from barterpy.events import ClosingSoon, Connected, Disconnected, Reconnecting
from barterpy.model.market import Side, Trade
from barterpy.parser import JsonParser
from barterpy.reconnect import ReconnectPolicy
from barterpy.redundancy import RedundantStream, RolloverPolicy
from barterpy.socket import Batch
from barterpy.testing import VirtualClock, virtual_backends

pytestmark = pytest.mark.anyio
ROLLOVER = RolloverPolicy(max_age=1000.0, margin=100.0, spread=0.0, overlap=10.0, drain=0.0, retry=20.0)


@pytest.fixture(params=virtual_backends())
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


class Server:
    """Publishes a number a second to every connection, and cuts each after ``max_age`` seconds.

    ``refuse`` are the connections, counted from 1, that are not let in; ``short`` those that end early, and after how
    many numbers; ``notices`` the numbers at which a close is announced; ``most`` that were open at a time.
    """

    def __init__(
        self, *, refuse: Iterable[int] = (), short: dict[int, int] | None = None, max_age: float = 1000.0
    ) -> None:
        self.refuse = set(refuse)
        self.short = dict(short or {})
        self.max_age = max_age
        self.made = 0
        self.started: int | None = None
        self.open = 0
        self.most = 0
        self.notices: set[int] = set()
        self.quiet = 0

    def plans(self) -> Sequence[Connection[Any]]:
        return [
            Connection(venue="test", name="x", connect=self.connect, parser=JsonParser(int), transformer=Trades(self))
        ]

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator["Line"]:
        self.made += 1
        if self.made in self.refuse:
            raise ConnectError("host:1", "refused")
        if self.started is None:
            self.started = int(anyio.current_time())
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            yield Line(self.started, self.max_age, self.short.get(self.made))
        finally:
            self.open -= 1


class Line:
    """A connection: the numbers are the seconds since the first one was made."""

    def __init__(self, started: int, max_age: float, numbers: int | None) -> None:
        self.started = started
        self.cut_at = anyio.current_time() + max_age
        self.left = numbers

    async def receive(self) -> Batch[Any]:
        number = int(anyio.current_time()) - self.started + 1
        await anyio.sleep(self.started + number - anyio.current_time())
        if anyio.current_time() >= self.cut_at or self.left == 0:
            raise anyio.EndOfStream
        if self.left is not None:
            self.left -= 1
        return Batch([str(number)], number)

    async def send(self, message: Any) -> None:
        raise AssertionError("nothing is sent")

    async def aclose(self) -> None:
        self.left = 0


class Trades:
    """A trade a number, and the venue's notice where there is one; and once, one of a quiet instrument."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.epoch = 1

    def on_reset(self, epoch: int, now: int) -> Iterable[Any]:
        self.epoch = epoch
        return ()

    def transform(self, message: int, received_at: int) -> Iterable[Any]:
        yield trade(message, "A", self.epoch)
        if message == self.server.quiet:
            yield trade(message, "B", self.epoch)
        if message in self.server.notices:
            yield ClosingSoon(venue="test", connection="x", epoch=1, received_at=received_at, reason="maintenance")


def trade(number: int, instrument: str, epoch: int) -> Trade[float]:
    return Trade(
        venue="test",
        instrument=instrument,
        price=1.0,
        size=1.0,
        side=Side.BUY,
        id=str(number),
        exchange_at=None,
        received_at=number,
        epoch=epoch,
    )


async def run(server: Server, seconds: int, connections: int = 1, rollover: RolloverPolicy = ROLLOVER) -> list[Any]:
    """What a consumer sees in so many seconds."""
    policy = ReconnectPolicy(backoff=Backoff(initial=1.0, cap=1.0, jitter=0.0), connect_timeout=5.0)
    seen: list[Any] = []
    stream: RedundantStream[Any] = RedundantStream(
        server.plans, connections, policy, rollover=rollover, clock=VirtualClock(), random=lambda: 0.5
    )
    async with stream as events:
        async for event in events:
            seen.append(event)
            if isinstance(event, Trade) and int(event.id) >= seconds:
                break
    assert server.open == 0
    return seen


def ids(events: Iterable[Any]) -> list[int]:
    return [int(event.id) for event in events if isinstance(event, Trade)]


def reasons(events: Iterable[Any]) -> list[str]:
    return [event.reason for event in events if isinstance(event, Disconnected)]


async def test_a_connection_is_replaced_again_and_again_without_a_gap() -> None:
    server = Server()
    seen = await run(server, 4_000)
    assert ids(seen) == list(range(1, 4_001))
    assert server.made == 5
    assert server.most == 2
    assert reasons(seen) == ["replaced by x-2", "replaced by x-1"] * 2
    assert not any(isinstance(event, Reconnecting) for event in seen)
    assert {event.epoch for event in seen if isinstance(event, Trade)} == {1}


async def test_without_rollover_the_cut_is_a_gap() -> None:
    """What the test above would see otherwise."""
    server = Server()
    seen = await run(server, 2_500, rollover=RolloverPolicy(max_age=None))
    assert len(ids(seen)) < 2_500
    assert len(reasons(seen)) == 2


async def test_connections_that_run_together_are_each_replaced() -> None:
    server = Server()
    seen = await run(server, 3_000, connections=2)
    assert ids(seen) == list(range(1, 3_001))
    assert {event.connection for event in seen if isinstance(event, Connected)} == {"x-1", "x-2", "x-3", "x-4"}
    assert set(reasons(seen)) == {f"replaced by x-{number}" for number in range(1, 5)}


async def test_a_replacement_that_is_not_let_in_is_tried_until_it_is() -> None:
    server = Server(refuse=range(2, 8))
    seen = await run(server, 1_500)
    assert ids(seen) == list(range(1, 1_501))
    assert reasons(seen) == ["replaced by x-2"]
    assert {event.connection for event in seen if isinstance(event, Reconnecting)} == {"x-2"}


async def test_a_replacement_that_ends_before_it_took_over_is_followed_by_another() -> None:
    server = Server(short={2: 0})
    seen = await run(server, 1_500)
    assert ids(seen) == list(range(1, 1_501))
    assert [event.connection for event in seen if isinstance(event, Disconnected)] == ["x-2", "x-1"]
    assert reasons(seen)[1] == "replaced by x-2"
    assert server.made == 3


async def test_the_old_one_is_not_brought_back_when_its_replacement_is_being_opened() -> None:
    server = Server(refuse=[2], short={1: 900})
    seen = await run(server, 1_500)
    missing = set(range(1, 1_501)).difference(ids(seen))
    assert missing <= {901, 902, 903}  # the cut came before its time
    assert server.made == 3
    assert [event.connection for event in seen if isinstance(event, Connected)] == ["x-1", "x-2"]


async def test_the_venues_notice_is_heeded_at_once() -> None:
    server = Server(short={1: 110})
    server.notices.add(100)
    seen = await run(server, 300)
    assert ids(seen) == list(range(1, 301))
    assert reasons(seen) == ["replaced by x-2"]


async def test_a_quiet_topic_holds_up_the_old_one_no_longer_than_the_bound() -> None:
    server = Server()
    server.quiet = 5
    seen = await run(server, 1_000)
    last = max(index for index, event in enumerate(seen) if isinstance(event, Disconnected))
    assert reasons(seen) == ["replaced by x-2"]
    assert ids(seen[:last])[-1] in (909, 910)
