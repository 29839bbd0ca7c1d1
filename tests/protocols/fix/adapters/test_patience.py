"""Deadlines while tasks do other things, in virtual time: nobody waits longer than was agreed on, nor shorter."""

from typing import Any

import anyio
import pytest

from barterpy.protocols.fix import FixSocket
from barterpy.protocols.fix.initiator import initiate
from barterpy.protocols.fix.session import Closed, LoggedOut
from barterpy.testing import virtual_backends
from tests.protocols.fix.adapters.counterparty import (
    Heard,
    accepting,
    client_settings,
    echoing,
    identities,
    order,
    server_settings,
)
from tests.protocols.fix.adapters.raw import connection

pytestmark = pytest.mark.anyio


@pytest.fixture(params=virtual_backends(threshold=0.02))
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize("heartbeat", [0, 30])
async def test_a_logout_that_is_not_answered_ends_a_session_that_is_being_read(heartbeat: int) -> None:
    """Another task says it, while the reader waits with a deadline of before, or none."""
    theirs = Heard()
    ended: list[float] = []

    async def leaves(socket: FixSocket) -> None:
        async def log_out() -> None:
            await anyio.sleep(5)
            await socket.logout("enough")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(log_out)
            try:
                await socket.receive()
            except anyio.EndOfStream:
                ended.append(anyio.current_time())
                raise

    start = anyio.current_time()
    async with (
        accepting(leaves, server_settings(logout_timeout=2.0), on_event=theirs.of) as acceptor,
        connection(acceptor.port) as raw,
    ):
        await raw.say(f"35=A|34=1|98=0|108={heartbeat}")
        assert await raw.rest() == [f"35=A|34=1|98=0|108={heartbeat}", "35=5|34=2|58=enough"]
        closed = await theirs.wait(Closed)
    assert (closed.reason, closed.error) == ("the Logout was not answered", None)
    assert ended[0] - start == pytest.approx(7, abs=1)
    assert not any(isinstance(event, LoggedOut) for event in theirs.events)


async def test_who_does_not_read_does_not_call_the_other_side_silent() -> None:
    """An application that takes minutes over a message keeps its session: it is we who do not listen."""
    ours, theirs = Heard(), Heard()

    async def slow(socket: FixSocket) -> None:
        await socket.receive()
        await anyio.sleep(600)
        socket.put(order("at last"))
        await echoing(socket)

    async with (
        accepting(slow, on_event=theirs.of) as acceptor,
        initiate(client_settings(heartbeat=30), "127.0.0.1", acceptor.port, on_event=ours) as socket,
    ):
        await socket.send(order("A"))
        assert identities((await socket.receive()).messages) == ["at last"]
        await socket.send(order("B"))
        assert identities((await socket.receive()).messages) == ["B"]
    assert not any(isinstance(event, Closed) and event.error is not None for event in (*ours.events, *theirs.events))


@pytest.mark.parametrize("side", ["acceptor", "initiator"])
async def test_a_side_that_has_died_is_noticed_by_who_reads(side: str) -> None:
    heard = Heard()
    start = anyio.current_time()

    async def waits(socket: FixSocket) -> None:
        if side == "initiator":
            await anyio.sleep_forever()
        await echoing(socket)

    async with accepting(waits, on_event=heard.of) as acceptor, connection(acceptor.port) as raw:
        await raw.say("35=A|34=1|98=0|108=10")
        if side == "acceptor":
            said = await raw.rest()
            assert [text[:4] for text in said] == ["35=A", "35=0", "35=1"]
            assert anyio.current_time() - start == pytest.approx(24, abs=2)
        else:
            assert (await raw.hear(5))[1:] == [f"35=0|34={number}" for number in range(2, 6)]
            assert anyio.current_time() - start == pytest.approx(40, abs=4)
