"""What a bad acceptor does to an initiator, over TCP: an error that says so, the documented answer, nothing lost."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute

from barterpy.errors import BarterError, LimitExceeded, ProtocolError, TransportTimeout
from barterpy.protocols.fix import FixSocket, Garbled, LogonRefused, SessionClosed
from barterpy.protocols.fix.initiator import initiate
from barterpy.protocols.fix.session import MemoryStore, Received, Reset, Sent
from tests.protocols.fix.adapters.counterparty import client_settings, identities
from tests.protocols.fix.adapters.raw import Raw

pytestmark = pytest.mark.anyio

LOGON = "35=A|34={n}|98=0|108=30"
DUPLICATE = "43=Y|122=20260101-00:00:00"
HUGE = b"8=FIX.4.4\x019=2147483648\x0135=D\x01"
GARBLED = b"8=FIX.4.4\x019=5\x0135=D\x0110=000\x01"
GARBAGE = b"HTTP/1.1 200 OK\r\n\r\n" + bytes(range(1, 56)) * 2000


@dataclass(frozen=True)
class Case:
    """To an initiator that has sent 3 messages and expects number 5: what is said, heard, raised and expected then."""

    said: list[str | bytes]
    heard: list[str]
    error: type[BarterError] | None = None
    expected: int = 5


def low(number: int, ours: int, expected: int) -> str:
    return f"35=5|34={ours}|58=MsgSeqNum too low, expecting {expected} but received {number}"


# In answer to our Logon, number 4.
ANSWERS = {
    "too low": Case([LOGON.format(n=2)], [low(2, 5, 5)], ProtocolError),
    "a duplicate": Case([f"35=A|34=2|{DUPLICATE}|98=0|108=30"], [], SessionClosed),
    "of a wrong clock": Case(["35=A|34=5|52=20010101-00:00:00|98=0|108=30"], [], SessionClosed),
    "of another": Case(["35=A|34=5|49=OTHER|98=0|108=30"], [], SessionClosed),
    "an order": Case(["35=D|34=5|11=x"], [], SessionClosed),
    "an order too high": Case(["35=D|34=50|11=x"], [], SessionClosed),
    "an order too low": Case(["35=D|34=1|11=x"], [], SessionClosed),
    "a refusal": Case(["35=5|34=5|58=not you"], ["35=5|34=5"], LogonRefused, 6),
    "a refusal too low": Case(["35=5|34=1|58=not you"], ["35=5|34=5"], LogonRefused),
    "a reject": Case(["35=3|34=5|45=4|58=what?"], [], LogonRefused),
    "garbled": Case([GARBLED], [], Garbled),
    "a length of 2 GB": Case([HUGE], [], LimitExceeded),
    "garbage": Case([GARBAGE], [], TransportTimeout),
    "silence": Case([], [], TransportTimeout),
}

# Once we are logged on, and expect number 6; our next is 5.
LATER = {
    "an order too low": Case(["35=D|34=2|11=x"], [low(2, 5, 6)], ProtocolError, 6),
    "a duplicate": Case([f"35=D|34=2|{DUPLICATE}|11=x"], [], expected=6),
    "an order too high": Case(["35=D|34=8|11=x"], ["35=2|34=5|7=6|16=0"], expected=6),
    "an order too high, and what is missing": Case(
        ["35=D|34=7|11=b", f"35=D|34=6|{DUPLICATE}|11=a"], ["35=2|34=5|7=6|16=0"], expected=8
    ),
    "a clock that went wrong": Case(
        ["35=D|34=6|52=20010101-00:00:00|11=x"],
        ["35=3|34=5|45=6|58=SendingTime accuracy problem|372=D|373=10", "35=5|34=6"],
        ProtocolError,
        7,
    ),
    "the name of another": Case(
        ["35=D|34=6|49=OTHER|11=x"], ["35=3|34=5|45=6|58=CompID problem|372=D|373=9", "35=5|34=6"], ProtocolError, 7
    ),
    "a second logon": Case([LOGON.format(n=6)], [], SessionClosed, 6),
    "garbled": Case([GARBLED], [], expected=6),
    "garbage": Case([GARBAGE, "35=1|34=6|112=there?"], ["35=0|34=5|112=there?"], expected=7),
    "a length of 2 GB": Case([HUGE], [], LimitExceeded, 6),
}


async def kept() -> MemoryStore:
    """Of a session that has sent 1 to 3, the second an order, and has received 1 to 4."""
    store = MemoryStore()
    await store.apply([Reset(1), Sent(1, b"", 2), Sent(2, b"", 3), Sent(3, b"", 4), Received(5)])
    return store


class Server:
    """Takes connections, and says what the case wants."""

    def __init__(self, *said: list[str | bytes]) -> None:
        self.said = said
        self.heard: list[str] = []
        self.done = anyio.Event()

    async def serve(self, stream: ByteStream) -> None:
        raw = Raw(stream, "SERVER", "CLIENT")
        async with stream:
            await raw.hear(1)
            for texts in self.said:
                if texts:
                    await stream.send(b"".join(one if isinstance(one, bytes) else raw.write(one) for one in texts))
            try:
                self.heard = await raw.rest()
            except anyio.BrokenResourceError:  # what it was sent and did not read: it closed at once
                self.heard = []
        self.done.set()


@asynccontextmanager
async def serving(server: Server) -> AsyncGenerator[int]:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, server.serve)
        yield listener.extra(SocketAttribute.local_port)
        tasks.cancel_scope.cancel()


async def use(port: int, store: MemoryStore, **more: Any) -> tuple[list[str], Exception | None]:
    """What came, and how it ended."""
    came: list[str] = []
    settings = client_settings(logout_timeout=0.2, **more)
    try:
        async with initiate(settings, "127.0.0.1", port, store=store, close_timeout=2) as socket:
            await _read(socket, came)
    except (BarterError, anyio.EndOfStream) as error:
        return came, error
    return came, None


async def _read(socket: FixSocket, came: list[str]) -> None:
    while True:
        came += identities((await socket.receive()).messages)


@pytest.mark.parametrize("name", ANSWERS)
async def test_in_answer_to_our_logon(name: str) -> None:
    case, store, server = ANSWERS[name], await kept(), Server(ANSWERS[name].said)
    async with serving(server) as port:
        patience = 0.3 if case.error is TransportTimeout else 10.0
        came, error = await use(port, store, logon_timeout=patience)
        await server.done.wait()
    assert case.error is not None
    assert isinstance(error, case.error)
    assert (came, server.heard) == ([], case.heard)
    stored = await store.load()
    assert stored is not None
    assert (stored.next_out, stored.next_in) == (5 + len(case.heard), case.expected)


async def test_an_answer_whose_number_is_too_high_and_what_is_missing() -> None:
    store = await kept()
    missing: list[str | bytes] = [f"35=D|34=5|{DUPLICATE}|11=a", f"35=4|34=6|{DUPLICATE}|36=8|123=Y", "35=5|34=9"]
    server = Server([LOGON.format(n=8)], missing)
    async with serving(server) as port:
        came, error = await use(port, store)
        await server.done.wait()
    assert isinstance(error, anyio.EndOfStream)
    assert came == ["a"]
    assert server.heard == ["35=2|34=5|7=5|16=0", "35=5|34=6"]
    stored = await store.load()
    assert stored is not None
    assert stored.next_in == 10


@pytest.mark.parametrize("name", LATER)
async def test_once_we_are_logged_on(name: str) -> None:
    case, store = LATER[name], await kept()
    farewell: list[str | bytes] = [] if case.error is not None else ["35=5|34=99"]
    server = Server([LOGON.format(n=5)], [*case.said, *farewell])
    async with serving(server) as port:
        _, error = await use(port, store)
        await server.done.wait()
    heard = server.heard
    if case.error is None:
        assert isinstance(error, anyio.EndOfStream)
        assert heard.pop().startswith("35=5|")
    else:
        assert isinstance(error, case.error)
    assert heard == case.heard
    stored = await store.load()
    assert stored is not None
    assert stored.next_in == case.expected


async def test_after_all_of_that_the_next_logon_goes_on_where_it_was() -> None:
    store = await kept()
    for name in ("garbled", "a length of 2 GB", "too low", "a refusal"):
        server = Server(ANSWERS[name].said)
        async with serving(server) as port:
            await use(port, store)
            await server.done.wait()
    stored = await store.load()
    assert stored is not None
    server = Server([LOGON.format(n=stored.next_in), f"35=D|34={stored.next_in + 1}|11=x", "35=5|34=99"])
    async with serving(server) as port:
        came, error = await use(port, store)
    assert isinstance(error, anyio.EndOfStream)
    assert came == ["x"]
    again = await store.load()
    assert again is not None
    assert (again.next_in, again.next_out) == (stored.next_in + 2, stored.next_out + 2)
