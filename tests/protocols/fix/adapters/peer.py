"""One side of a conversation that is killed again and again: sends numbered orders, and lists those it has handled.

    python -m tests.protocols.fix.adapters.peer acceptor|initiator PORT DIRECTORY COUNT BACKEND handled|put|never NUMBER

It kills itself when it has listed that number as handled and not yet told the session so, or has put a message of that
number and not yet flushed it. What it knows after a kill is on the disk: the session's store, from which it reads which
order it has sent last, and the list of what it has handled. It says when that are all.
"""

import os
import signal
import sys
from pathlib import Path

import anyio

from barterpy.errors import BarterError
from barterpy.protocols.fix import FileStore, FixSocket, Message, accept, initiate
from barterpy.protocols.fix.session import SessionSettings, Store
from tests.protocols.fix.adapters.counterparty import client_settings, order, server_settings

__all__ = ["Peer", "handled"]

_PORTION = 40


def handled(path: Path) -> list[int]:
    """The list, without a last line that was not written whole."""
    if not path.exists():
        return []
    return [int(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


class Peer:
    """The application of either side."""

    def __init__(self, directory: Path, name: str, count: int, die_when: str, die_at: int) -> None:
        self._die_when = die_when
        self._die_at = die_at
        self.store_path = directory / f"{name}.fix"
        self._count = count
        list_path = directory / f"{name}.list"
        known = handled(list_path)
        list_path.write_bytes(b"".join(b"%d\n" % number for number in known))
        self._last = known[-1] if known else 0
        self._list = os.open(list_path, os.O_WRONLY | os.O_APPEND)
        self._sent = 0
        self._said = False
        self._store: Store | None = None

    def store(self, _: SessionSettings | None = None) -> Store:
        """The one of this process."""
        if self._store is None:
            self._store = FileStore(self.store_path)
        return self._store

    async def converse(self, socket: FixSocket) -> None:
        """Sends what was not sent yet, and handles what comes, until the session ends."""
        messages = await self.store().messages(1, socket.next_out)
        self._sent = int(Message(messages[-1][1]).text(11)) if messages else 0
        self._reached("put", self._sent)
        self._reached("handled", self._last)
        self._say_if_done()  # a life that ended may have handled the last one, and nothing comes any more
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._talk, socket)
            await self._listen(socket)

    async def _talk(self, socket: FixSocket) -> None:
        while self._sent < self._count:
            for _ in range(min(_PORTION, self._count - self._sent)):
                socket.put(order(str(self._sent + 1)))
                self._sent += 1
                self._reached("put", self._sent)
            await socket.flush()

    async def _listen(self, socket: FixSocket) -> None:
        while True:
            lines: list[bytes] = []
            for message in (await socket.receive()).messages:
                number = message.integer(11)
                if number <= self._last:
                    assert message.boolean(43, False), "a number that was handled came again, and does not say so"
                    continue
                assert number == self._last + 1, f"{number} came behind {self._last}"
                self._last = number
                lines.append(b"%d\n" % number)
            os.write(self._list, b"".join(lines))
            self._reached("handled", self._last)
            self._say_if_done()

    def _say_if_done(self) -> None:
        if self._last == self._count and not self._said:
            self._said = True
            sys.stdout.write("done\n")
            sys.stdout.flush()

    def _reached(self, what: str, number: int) -> None:
        if what == self._die_when and number >= self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)


async def run(role: str, port: int, directory: Path, count: int, die_when: str, die_at: int) -> None:
    """For ever, or until it dies."""
    peer = Peer(directory, role, count, die_when, die_at)

    async def serve(socket: FixSocket) -> None:
        await peer.converse(socket)

    if role == "acceptor":
        async with accept(serve, [server_settings()], port=port, store_factory=peer.store):
            await anyio.sleep_forever()
    while True:
        try:
            async with initiate(client_settings(), "127.0.0.1", port, store=peer.store()) as socket:
                await peer.converse(socket)
        except* (BarterError, anyio.EndOfStream, anyio.ClosedResourceError):
            await anyio.sleep(0.05)  # the other side is being started


if __name__ == "__main__":
    _, ROLE, PORT, DIRECTORY, COUNT, BACKEND, DIE_WHEN, DIE_AT = sys.argv
    anyio.run(run, ROLE, int(PORT), Path(DIRECTORY), int(COUNT), DIE_WHEN, int(DIE_AT), backend=BACKEND)
