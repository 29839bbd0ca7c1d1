"""Wrong input from the venue at each point of a connection: what comes of it, and that everything flows on."""

import json
from typing import Any

import anyio
import pytest

from barterpy.events import Connected, Disconnected, MessageError
from barterpy.limits import Limiter, RequestLimits, RollingWindow
from barterpy.rest import JsonHttpParser, RestClient
from barterpy.testing import VirtualClock, virtual_backends
from tests.supervision.line import TICK, Api, Line
from tests.supervision.wire import Wire

pytestmark = pytest.mark.anyio

POINTS = ("logon", "subscribe", "ping", "live")
"""Before the answer to the logon, to a subscription, to a heartbeat; and among the data."""

TOLD = {
    "no JSON": b"{not json",
    "half of it": b'{"name": "trades(A)", ',
    "nothing": b"",
    "a lone surrogate": rb'{"name": "\ud800"}',
    "too deep": b"[" * 3_000,
}
"""Messages that cannot be read: each is told, and the connection stays."""
IGNORED = {
    "an answer to nothing": json.dumps({"id": 10**6}).encode(),
    "a refusal of nothing": json.dumps({"id": 10**6, "error": "rejected"}).encode(),
    "an answer without a name": json.dumps({"id": None}).encode(),
    "an answer with a name of another type": json.dumps({"id": "1"}).encode(),
}
FATAL = {
    "no UTF-8": b"\x81\x02\xff\xfe",
    "a masked frame": b"\x81\x81\x01\x02\x03\x04\x05",
    "a reserved bit": b"\xc1\x02{}",
    "an opcode nobody knows": b"\x83\x00",
    "a continuation of nothing": b"\x80\x02{}",
    "a ping in pieces": b"\x09\x00",
    "a ping that is too long": b"\x89\x7e\x00\x7e" + b"x" * 126,
    "a message that is too large": b"\x81\x7f" + (1 << 40).to_bytes(8, "big"),
    "a length that is negative": b"\x81\x7f" + (1 << 63).to_bytes(8, "big"),
    "a close that is half a code": b"\x88\x01\x03",
    "a close with a code that is none": b"\x88\x02\x03\xed",
}
"""Bytes that break the protocol: the connection ends, and is made again. The venue does not answer our close, so that
closing has to be given up."""


@pytest.fixture(params=virtual_backends())
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


class Wrong(Line):
    """A line on whose first connection something wrong comes at one point."""

    point = ""
    wrong = b""
    framed = False

    def respond(self, life: int, request: dict[str, Any]) -> None:
        if life == 1 and request["do"] == self.point:
            self.put_wrong(self.wires[-1])
        super().respond(life, request)

    def put_wrong(self, wire: Wire) -> None:
        self.point = ""
        if self.framed:
            # Written by the venue's own end, it would not go out.
            length = len(self.wrong)
            size = bytes([length]) if length < 126 else b"\x7e" + length.to_bytes(2, "big")
            wire.put(b"\x81" + size + self.wrong)
        else:
            wire.put(self.wrong)


async def play(point: str, wrong: bytes, *, framed: bool) -> Wrong:
    clock = VirtualClock()
    api = Api(clock)
    limits = RequestLimits(Limiter("requests", RollingWindow(100, 1.0)))
    client = RestClient("https://venue", None, JsonHttpParser(), api, clock=clock, limits=limits)
    line = Wrong(1, Limiter("connects", RollingWindow(100, 1.0)), [], api, client, clock)
    line.point, line.wrong, line.framed = point, wrong, framed

    async def tick() -> None:
        while True:
            await anyio.sleep(TICK)
            if line.point != "ping":  # as long as data flows nobody asks whether the venue lives
                line.publish()

    async with anyio.create_task_group() as world:
        world.start_soon(tick)
        async with anyio.create_task_group() as running:
            running.start_soon(line.connection.run)
            await anyio.sleep(2)
            if point == "live":
                line.put_wrong(line.wires[-1])
            await anyio.sleep(15)
            assert line.point == "", "it never came"
            assert line.settled
            mark = len(line.events)
            await anyio.sleep(2)
            messages: list[dict[str, Any]] = [event for event in line.events[mark:] if isinstance(event, dict)]
            assert {message["name"] for message in messages} == line.wanted
            line.connection.close()
        world.cancel_scope.cancel()
    return line


def lives(line: Line) -> int:
    return sum(isinstance(event, Connected) for event in line.events)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("wrong", TOLD)
async def test_what_cannot_be_read_is_told_and_nothing_else_happens(point: str, wrong: str) -> None:
    line = await play(point, TOLD[wrong], framed=True)
    errors = [event for event in line.events if isinstance(event, MessageError)]
    assert len(errors) == 1
    assert len(errors[0].payload) <= 203
    assert lives(line) == 1


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("wrong", IGNORED)
async def test_answers_to_nothing_mean_nothing(point: str, wrong: str) -> None:
    line = await play(point, IGNORED[wrong], framed=True)
    assert not any(isinstance(event, MessageError) for event in line.events)
    assert lives(line) == 1
    line.check()


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("wrong", FATAL)
async def test_what_breaks_the_protocol_ends_the_connection_and_the_next_has_everything(point: str, wrong: str) -> None:
    line = await play(point, FATAL[wrong], framed=False)
    assert lives(line) == 2
    ends = [event for event in line.events if isinstance(event, Disconnected)]
    assert ends[0].error
    assert ends[0].reason
    line.check()
