"""Against QuickFIX itself, in both roles, where its binding is installed: it takes minutes to compile."""

import importlib.util
import socket as sockets
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

import anyio
import pytest

from barterpy.protocols.fix import Message, Outgoing, accept, initiate
from barterpy.protocols.fix.dictionary import Rules, Validator, builtin
from barterpy.protocols.fix.session import SessionSettings
from tests.conformance.fix_acceptor import acceptance_sessions, echo

pytestmark = pytest.mark.anyio

if importlib.util.find_spec("quickfix") is None:
    pytest.skip("PyPI quickfix is not installed", allow_module_level=True)

COUNT = 2000


@contextmanager
def quickfix(role: str, port: int) -> Generator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.conformance.quickfix_peer", role, str(port), str(COUNT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


def free_port() -> int:
    with sockets.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def order(number: int) -> Outgoing:
    fields = {11: str(number), 21: "1", 38: "100", 40: "1", 54: "1", 55: "X", 60: "20260102-03:04:05.678"}
    return Outgoing("D", fields)


async def test_we_connect_to_it() -> None:
    settings = SessionSettings(
        begin_string="FIX.4.4",
        sender="TW44",
        target="ISLD",
        reset_on_logon=True,
        validator=Validator(builtin("FIX.4.4"), rules=Rules.strict()),
    )
    with quickfix("acceptor", port := free_port()):
        came: list[Message] = []
        async with initiate(settings, "127.0.0.1", port) as socket, anyio.create_task_group() as tasks:

            async def send() -> None:
                for start in range(1, COUNT + 1, 100):
                    await socket.send_many(order(number) for number in range(start, start + 100))

            tasks.start_soon(send)
            while len(came) < COUNT:
                came += (await socket.receive()).messages
        assert [message.integer(11) for message in came] == list(range(1, COUNT + 1))
        assert not socket.is_logged_on


async def test_it_connects_to_us() -> None:
    async with accept(echo, acceptance_sessions()) as acceptor:

        def converse() -> bytes:
            with quickfix("initiator", acceptor.port) as process:
                assert process.stdout is not None
                return process.stdout.read()

        assert await anyio.to_thread.run_sync(converse) == b"%d\n" % COUNT
