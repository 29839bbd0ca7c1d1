"""What a bad client does to an acceptor, over TCP: the documented answer or a close, and nobody else notices.

Each case is played beside a session that goes on all the while, and ends with the same client coming back as it should
be: what was acknowledged is not lost, not doubled, and not asked for again.
"""

import tracemalloc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import pytest

from barterpy.protocols.fix import FixSocket
from barterpy.protocols.fix.initiator import initiate
from tests.protocols.fix.adapters.counterparty import accepting, client_settings, identities, order, server_settings
from tests.protocols.fix.adapters.raw import Raw, connection

pytestmark = pytest.mark.anyio

DUPLICATE = "43=Y|122=20260101-00:00:00"
LOGON = "35=A|34={n}|98=0|108=30"
NEXT = 5
"""What the acceptor expects of CLIENT's next message, who was there before: a Logon, two orders, a Logout."""


class House:
    """An acceptor of two sessions, one of which is played with and the other goes on."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        """Orders of CLIENT, as often as they were handed over."""
        self.port = 0
        self.leave = anyio.Event()
        """Set it, and the acceptor logs CLIENT out."""
        self.good: FixSocket
        self._number = 0

    async def serve(self, socket: FixSocket) -> None:
        """Echoes GOOD's orders, and notes CLIENT's."""
        async with anyio.create_task_group() as tasks:
            if socket.settings.target == "CLIENT":
                tasks.start_soon(self._log_out, socket)
            while True:
                for message in (await socket.receive()).messages:
                    if socket.settings.target == "CLIENT":
                        self.handled.append(message.text(11))
                    else:
                        socket.put(order(message.text(11)))

    async def _log_out(self, socket: FixSocket) -> None:
        await self.leave.wait()
        await socket.logout("enough")

    async def lives_on(self) -> None:
        """The other session answers."""
        self._number += 1
        await self.good.send(order(str(self._number)))
        assert identities((await self.good.receive()).messages) == [str(self._number)]

    @asynccontextmanager
    async def client(self, *, logged_on: bool = True, number: int = NEXT) -> AsyncGenerator[Raw]:
        """The one that is played with; logged on, and 34=``number`` + 1 comes next."""
        async with connection(self.port) as raw:
            if logged_on:
                await raw.say(LOGON.format(n=number))
                assert (await raw.hear(1))[0].startswith("35=A|")
            yield raw

    async def comes_back(self, number: int) -> list[str]:
        """CLIENT logs on with its next number, sends an order, and logs out; gives what it hears from the Logon on."""
        async with connection(self.port) as raw:
            await raw.say(LOGON.format(n=number), f"35=D|34={number + 1}|11=back", f"35=5|34={number + 2}")
            return await raw.rest()


@pytest.fixture
async def house() -> AsyncGenerator[House]:
    """CLIENT was there before; GOOD is there."""
    house = House()
    sessions = server_settings(logout_timeout=0.2), server_settings("GOOD")
    async with accepting(house.serve, *sessions) as acceptor:
        house.port = acceptor.port
        async with initiate(client_settings("GOOD"), "127.0.0.1", acceptor.port) as house.good:
            async with connection(acceptor.port) as raw:
                await raw.say(LOGON.format(n=1), "35=D|34=2|11=first", "35=D|34=3|11=second", "35=5|34=4")
                assert await raw.rest() == ["35=A|34=1|98=0|108=30", "35=5|34=2"]
            yield house
            await house.lives_on()


# Before the logon: what is sent, and what is heard until the close. Nothing but a Logout uses up a number.
STRANGE: dict[str, tuple[list[str], list[str]]] = {
    "a heartbeat": (["35=0|34=5"], []),
    "an order with the right number": (["35=D|34=5|11=x"], []),
    "an order with a number too high": (["35=D|34=50|11=x"], []),
    "an order with a number too low": (["35=D|34=1|11=x"], []),
    "a logout": (["35=5|34=5"], []),
    "a sequence reset": (["35=4|34=5|36=99"], []),
    "a resend request": (["35=2|34=5|7=1|16=0"], []),
    "a logon whose number is too low": (
        ["35=A|34=2|98=0|108=30"],
        ["35=5|34=3|58=MsgSeqNum too low, expecting 5 but received 2"],
    ),
    "a logon that says it is a duplicate": (["35=A|34=2|43=Y|122=20260101-00:00:00|98=0|108=30"], []),
    "a logon of a slow clock": (["35=A|34=5|52=20010101-00:00:00|98=0|108=30"], []),
    "a logon of a fast clock": (["35=A|34=5|52=20990101-00:00:00|98=0|108=30"], []),
    "a logon with an interval below zero": (["35=A|34=5|98=0|108=-1"], []),
    "a logon of another": (["35=A|34=5|49=OTHER|98=0|108=30"], []),
    "a logon to another": (["35=A|34=5|56=OTHER|98=0|108=30"], []),
}


@pytest.mark.parametrize("name", STRANGE)
async def test_before_the_logon(house: House, name: str) -> None:
    said, heard = STRANGE[name]
    async with connection(house.port) as raw:
        await raw.say(*said)
        assert await raw.rest() == heard
        await house.lives_on()
    assert house.handled == ["first", "second"]
    number = 3 + len(heard)
    assert await house.comes_back(NEXT) == [f"35=A|34={number}|98=0|108=30", f"35=5|34={number + 1}"]
    assert house.handled == ["first", "second", "back"]


async def test_a_logon_whose_number_is_too_high_is_let_in_and_what_is_missing_asked_for(house: House) -> None:
    async with connection(house.port) as raw:
        await raw.say(LOGON.format(n=8))
        assert await raw.hear(2) == ["35=A|34=3|98=0|108=30", "35=2|34=4|7=5|16=0"]
        await house.lives_on()
        then = "122=20260101-00:00:00"
        await raw.say(
            f"35=D|34=5|43=Y|{then}|11=a", f"35=4|34=6|43=Y|{then}|36=9|123=Y", "35=D|34=9|11=b", "35=5|34=10"
        )
        assert await raw.rest() == ["35=5|34=5"]
    assert house.handled == ["first", "second", "a", "b"]


GARBLED = b"8=FIX.4.4\x019=5\x0135=D\x0110=000\x01"
HUGE = b"8=FIX.4.4\x019=2147483648\x0135=D\x01"
GARBAGE = b"GET / HTTP/1.1\r\n\r\n" + bytes(range(1, 56)) * 2000


@dataclass(frozen=True)
class Case:
    """``said`` to a session that expects number 6 and sends number 4, what is ``heard``, and what it expects then."""

    said: list[str | bytes]
    heard: list[str]
    expected: int
    closes: bool = False
    handled: list[str] = field(default_factory=list[str])


def low(number: int, ours: int = 4) -> str:
    return f"35=5|34={ours}|58=MsgSeqNum too low, expecting 6 but received {number}"


LOGGED_ON = {
    "an order too low": Case(["35=D|34=2|11=x"], [low(2)], 6, closes=True),
    "a heartbeat too low": Case(["35=0|34=2"], [low(2)], 6, closes=True),
    "a test request too low": Case(["35=1|34=2|112=x"], [low(2)], 6, closes=True),
    "a reject too low": Case(["35=3|34=2|45=1"], [low(2)], 6, closes=True),
    "a gap fill too low": Case(["35=4|34=2|36=9|123=Y"], [low(2)], 6, closes=True),
    "a resend request too low": Case(["35=2|34=2|7=1|16=0"], ["35=4|34=1|43=Y|122|36=4|123=Y"], 6),
    "a logout too low": Case(["35=5|34=2"], ["35=5|34=4"], 6, closes=True),
    "a duplicate": Case([f"35=D|34=2|{DUPLICATE}|11=first"], [], 6),
    "a duplicate that does not say when": Case(
        ["35=D|34=2|43=Y|11=first"], ["35=3|34=4|45=2|58=Required tag missing|371=122|372=D|373=1"], 6
    ),
    "an order too high": Case(["35=D|34=8|11=x"], ["35=2|34=4|7=6|16=0"], 6),
    "an order too high, and what is missing": Case(
        ["35=D|34=8|11=c", f"35=D|34=6|{DUPLICATE}|11=a", f"35=D|34=7|{DUPLICATE}|11=b"],
        ["35=2|34=4|7=6|16=0"],
        9,
        handled=["a", "b", "c"],
    ),
    "a heartbeat too high": Case(["35=0|34=8"], ["35=2|34=4|7=6|16=0"], 6),
    "a gap fill too high": Case(["35=4|34=8|36=9|123=Y"], ["35=2|34=4|7=6|16=0"], 6),
    "a reject too high": Case(["35=3|34=8|45=1"], [], 6),
    "a resend request too high": Case(["35=2|34=8|7=1|16=0"], ["35=4|34=1|43=Y|122|36=4|123=Y"], 6),
    "a logout too high": Case(["35=5|34=8"], ["35=5|34=4"], 6, closes=True),
    "a reset to a number that was there": Case(
        ["35=4|34=6|36=2"], ["35=3|34=4|45=6|58=Value is incorrect (out of range) for this tag|372=4|373=5"], 6
    ),
    "a message without a number": Case(["35=D|11=x"], ["35=3|34=4|58=Required tag missing|371=34|372=D|373=1"], 6),
    "a number that is none": Case(
        ["35=D|34=x|11=x"], ["35=3|34=4|58=Incorrect data format for value|371=34|372=D|373=6"], 6
    ),
    "a clock that went wrong": Case(
        ["35=D|34=6|52=20010101-00:00:00|11=x"],
        ["35=3|34=4|45=6|58=SendingTime accuracy problem|372=D|373=10", "35=5|34=5"],
        7,
        closes=True,
    ),
    "the name of another": Case(
        ["35=D|34=6|49=GOOD|11=x"], ["35=3|34=4|45=6|58=CompID problem|372=D|373=9", "35=5|34=5"], 7, closes=True
    ),
    "a second logon": Case([LOGON.format(n=6)], [], 6, closes=True),
    "a garbled message": Case([GARBLED], [], 6),
    "a garbled message, and one more": Case([GARBLED, "35=D|34=7|11=x"], ["35=2|34=4|7=6|16=0"], 6),
    "garbage": Case([GARBAGE, "35=1|34=6|112=there?"], ["35=0|34=4|112=there?"], 7),
    "a length of 2 GB": Case([HUGE], [], 6, closes=True),
    "orders before a length of 2 GB": Case(["35=D|34=6|11=x", HUGE], [], 7, closes=True, handled=["x"]),
}


async def play(raw: Raw, case: Case) -> None:
    await raw.stream.send(b"".join(one if isinstance(one, bytes) else raw.write(one) for one in case.said))


@pytest.mark.parametrize("name", LOGGED_ON)
async def test_while_logged_on(house: House, name: str) -> None:
    case = LOGGED_ON[name]
    async with house.client() as raw:
        await play(raw, case)
        if case.closes:
            assert await raw.rest() == case.heard
        else:
            await house.lives_on()
            await raw.say("35=5|34=99")  # obeyed whatever its number
            *heard, last = await raw.rest()
            assert heard == case.heard
            assert last.startswith("35=5|")
        await house.lives_on()
    assert house.handled == ["first", "second", *case.handled]
    assert [text[:4] for text in await house.comes_back(case.expected)] == ["35=A", "35=5"]
    assert house.handled == ["first", "second", *case.handled, "back"]


# After our Logout, number 4.
LOGGING_OUT = {
    "an order": Case(["35=D|34=6|11=x"], [], 7, handled=["x"]),
    "an order too low": Case(["35=D|34=2|11=x"], [low(2, 5)], 6, closes=True),
    "an order too high": Case(["35=D|34=8|11=x"], ["35=2|34=5|7=6|16=0"], 6),
    "an order too high, and what is missing": Case(
        ["35=D|34=7|11=b", f"35=D|34=6|{DUPLICATE}|11=a"], ["35=2|34=5|7=6|16=0"], 8, handled=["a", "b"]
    ),
    "a duplicate": Case([f"35=D|34=2|{DUPLICATE}|11=first"], [], 6),
    "a test request": Case(["35=1|34=6|112=x"], ["35=0|34=5|112=x"], 7),
    "a resend request": Case(["35=2|34=6|7=1|16=0"], ["35=4|34=1|43=Y|122|36=5|123=Y"], 7),
    "a logon": Case([LOGON.format(n=6)], [], 6, closes=True),
    "a reset logon": Case(["35=A|34=1|98=0|108=30|141=Y"], [], 6, closes=True),
    "a garbled message": Case([GARBLED], [], 6),
    "garbage": Case([GARBAGE], [], 6),
    "a length of 2 GB": Case([HUGE], [], 6, closes=True),
    "silence": Case([], [], 6, closes=True),
}


@pytest.mark.parametrize("name", LOGGING_OUT)
async def test_while_logging_out(house: House, name: str) -> None:
    case = LOGGING_OUT[name]
    async with house.client() as raw:
        house.leave.set()
        assert await raw.hear(1) == ["35=5|34=4|58=enough"]
        await play(raw, case)
        if not case.closes:
            await raw.say("35=5|34=99")
        assert await raw.rest() == case.heard
        await house.lives_on()
    assert house.handled == ["first", "second", *case.handled]
    house.leave = anyio.Event()
    assert [text[:4] for text in await house.comes_back(case.expected)] == ["35=A", "35=5"]
    assert house.handled == ["first", "second", *case.handled, "back"]


async def test_half_a_message_and_gone(house: House) -> None:
    async with house.client() as raw:
        await raw.stream.send(raw.write("35=D|34=6|11=a") + raw.write("35=D|34=7|11=b")[:-1])
    heard: list[str] = []
    while not heard:  # turned away for as long as the acceptor has not noticed the end
        heard = await house.comes_back(7)
    assert [text[:4] for text in heard] == ["35=A", "35=5"]
    assert house.handled == ["first", "second", "a", "back"]


async def test_the_memory_that_a_flood_takes_is_bounded(house: House) -> None:
    """Garbage for ever, garbled messages for ever, messages too early for ever: none of it is kept."""
    async with house.client() as raw:
        early = [raw.write(f"35=D|34={number}|11={'x' * 200}") for number in range(2000, 2200)]
        floods = [b"x" * 65_536, GARBLED * 500, b"8=FIX.4.4\x019=60000\x01" + b"x" * 60_000, b"".join(early)]
        kept: list[int] = []
        tracemalloc.start()
        for _ in range(4):
            for flood in floods:
                for _ in range(3):
                    await raw.stream.send(flood)
                    await house.lives_on()
            kept.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert kept[-1] - kept[0] < 1_000_000
