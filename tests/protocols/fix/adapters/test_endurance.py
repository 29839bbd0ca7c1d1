"""Two of our own sides through cuts, restarts and kills: ten thousand messages each way, none lost and none twice."""

import random
import signal
import socket as sockets
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import pytest

from barterpy.backoff import Backoff
from barterpy.errors import BarterError
from barterpy.events import Connected, Disconnected
from barterpy.protocols.fix import FileStore, FixSocket, MessageLog, Outgoing, accept, fix_connection, initiate
from barterpy.protocols.fix.session import MemoryStore, SessionSettings, Store
from barterpy.reconnect import ReconnectPolicy, supervise
from barterpy.testing import Cut, FaultInjector, Faults
from tests.protocols.fix.adapters.counterparty import accepting, client_settings, identities, order, server_settings
from tests.protocols.fix.adapters.peer import handled

COUNT = 10_000
NUMBERS = [str(number) for number in range(1, COUNT + 1)]


class Side:
    """Sends the numbers, and keeps what comes."""

    def __init__(self) -> None:
        self.sent = 0
        self.came: list[str] = []
        self.done = anyio.Event()

    async def converse(self, socket: FixSocket) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._talk, socket)
            while len(self.came) < COUNT:
                self.came += identities((await socket.receive()).messages)
            self.done.set()

    async def _talk(self, socket: FixSocket) -> None:
        while self.sent < COUNT:
            for number in NUMBERS[self.sent : self.sent + 25]:
                socket.put(order(number))
                self.sent += 1
            await socket.flush()


async def _cancel_when(done: anyio.Event, scope: anyio.CancelScope) -> None:
    await done.wait()
    scope.cancel()


def _faults(connection: int) -> Faults:
    """Each connection is cut somewhere, by one of its sides, in one of two ways."""
    chance = random.Random(connection)
    cut = Cut(after=chance.randrange(100, 150_000), reset=chance.random() < 0.5)
    return Faults(to_client=(cut,)) if chance.random() < 0.5 else Faults(to_server=(cut,))


@pytest.mark.anyio
async def test_ten_thousand_each_way_through_cuts_and_restarts(tmp_path: Path) -> None:
    here, there = Side(), Side()
    finished = anyio.Event()
    restarts = 0

    async def serve(socket: FixSocket) -> None:
        await there.converse(socket)
        await socket.receive()  # what is left is the other side's logout

    def file(settings: SessionSettings) -> Store:
        return FileStore(tmp_path / "server.fix")

    async def server(port: int) -> None:
        nonlocal restarts
        while not finished.is_set():
            quarter = len(there.came) + COUNT // 4
            async with accept(serve, [server_settings()], port=port, store_factory=file, close_timeout=0.5):
                while len(there.came) < quarter and not finished.is_set():
                    with anyio.move_on_after(0.01):
                        await finished.wait()
            restarts += 1

    with sockets.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    store = FileStore(tmp_path / "client.fix")
    async with FaultInjector("127.0.0.1", port, _faults) as proxy, anyio.create_task_group() as tasks:
        tasks.start_soon(server, port)
        while not (here.done.is_set() and there.done.is_set()):
            try:
                async with initiate(
                    client_settings(logon_timeout=1), "127.0.0.1", proxy.port, store=store, close_timeout=0.5
                ) as socket:
                    await here.converse(socket)
                    async with anyio.create_task_group() as waiting:
                        waiting.start_soon(_cancel_when, there.done, waiting.cancel_scope)
                        while True:
                            await socket.receive()
            except* (BarterError, anyio.EndOfStream, anyio.ClosedResourceError):
                pass
        finished.set()
    assert here.came == NUMBERS
    assert there.came == NUMBERS
    assert restarts >= 2
    assert proxy.accepted > 5


KILLS = {
    "once": {"acceptor": ["handled 3000"], "initiator": ["put 6000"]},
    "three times": {
        "acceptor": ["handled 1500", "put 4000", "handled 7000"],
        "initiator": ["put 2500", "handled 5000", "put 9000"],
    },
}


@pytest.mark.parametrize(
    "often", ["once", pytest.param("three times", marks=[pytest.mark.slow, pytest.mark.timeout(600)])]
)
def test_ten_thousand_each_way_while_each_side_is_killed(often: str, tmp_path: Path) -> None:
    """One side runs on asyncio, the other on trio; each is killed where it hurts."""
    with sockets.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    kills = KILLS[often]
    backends = {"acceptor": "asyncio", "initiator": "trio"}

    def live(role: str) -> subprocess.Popen[bytes]:
        """Life after life; the last one ends when it is told to."""
        for kill in (*kills[role], "never 0"):
            command = [sys.executable, "-m", "tests.protocols.fix.adapters.peer", role, str(port), str(tmp_path)]
            process = subprocess.Popen(
                [*command, str(COUNT), backends[role], *kill.split()], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            assert process.stdout is not None
            ended = process.stdout.readline()  # nothing until it has handled all, or is dead
            if kill == "never 0":
                assert ended == b"done\n"
                return process
            assert process.wait() == -signal.SIGKILL
            process.communicate()
        raise AssertionError

    with ThreadPoolExecutor() as threads:
        last = list(threads.map(live, kills))
    for process in last:
        process.kill()
        process.communicate()
    for role in kills:
        assert handled(tmp_path / f"{role}.list") == list(range(1, COUNT + 1))


class _Numbers:
    """A parser and a transformer: the orders' identities."""

    def parse(self, message: Any) -> str:
        return str(message.text(11))

    def transform(self, message: str, received_at: int) -> Iterable[str]:
        yield message


@pytest.mark.anyio
async def test_a_supervised_session_is_connected_again_and_misses_nothing() -> None:
    wanted = NUMBERS[:2000]
    sent = 0

    async def serve(socket: FixSocket) -> None:
        nonlocal sent
        while sent < len(wanted):
            for number in wanted[sent : sent + 10]:
                socket.put(order(number))
                sent += 1
            await socket.flush()
        await socket.receive()

    emitted: list[Any] = []

    def faults(connection: int) -> Faults:
        return Faults(to_client=(Cut(after=20_000 + 5_000 * connection, reset=True),)) if connection < 5 else Faults()

    async with accepting(serve) as acceptor, FaultInjector("127.0.0.1", acceptor.port, faults) as proxy:
        both = _Numbers()
        plan = fix_connection(client_settings(), "127.0.0.1", proxy.port, parser=both, transformer=both)
        assert plan.name == "FIX.4.4:CLIENT->SERVER"
        with anyio.CancelScope() as scope:

            async def emit(outputs: Any) -> None:
                emitted.extend(outputs)
                if sum(isinstance(one, str) for one in emitted) == len(wanted):
                    scope.cancel()

            policy = ReconnectPolicy(backoff=Backoff(initial=0.01, cap=0.02, jitter=0.0))
            await supervise(plan, emit, policy)
    assert [one for one in emitted if isinstance(one, str)] == wanted
    assert sum(isinstance(one, Connected) for one in emitted) == 6
    assert sum(isinstance(one, Disconnected) for one in emitted) == 5
    assert isinstance(emitted[0], Connected)


def test_a_log_of_ones_own_fits() -> None:
    class Own:
        def received(self, data: bytes, at: int) -> None: ...
        def sent(self, data: bytes, at: int) -> None: ...
        def note(self, text: str, at: int) -> None: ...
        async def relieve(self) -> None: ...
        async def aclose(self) -> None: ...

    log: MessageLog = Own()
    store: Store = MemoryStore()
    assert (log, store, Outgoing("0").msg_type)[2] == "0"
