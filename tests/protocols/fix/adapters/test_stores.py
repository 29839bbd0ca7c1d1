"""An acceptor whose store is full, or damaged: the session has its documented end, and nothing else has one.

What was acknowledged is there when the store is right again, and the same client gets in; what was not acknowledged was
not sent, and comes again.
"""

import contextlib
import errno
import logging
import os
import shutil
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from barterpy.errors import BarterError
from barterpy.protocols.fix import FileStore, FixSocket, LogonRefused, Outgoing, SqliteStore, StoreError
from barterpy.protocols.fix.acceptor import Acceptor, accept
from barterpy.protocols.fix.initiator import initiate
from barterpy.protocols.fix.session import Closed, MemoryStore, Sent, SessionEvent, SessionId, SessionSettings, Store
from barterpy.protocols.fix.stores.file import Fsync
from tests.protocols.fix.adapters.counterparty import client_settings, identities, order, server_settings
from tests.protocols.fix.adapters.raw import connection

pytestmark = pytest.mark.anyio

LOGON = "35=A|34={n}|98=0|108=30"
LONG = "x" * 6_000
"""More than a page of a database."""
_MANY = 1 << 30


class Medium(ABC):
    """Where the sessions' stores are, and what may happen to it. BAD's alone is hit. All of it blocks."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @abstractmethod
    def store(self, settings: SessionSettings) -> Store:
        """Of a session."""

    @abstractmethod
    def fill(self) -> None:
        """There is no room any more."""

    @abstractmethod
    def free(self) -> None:
        """There is again."""

    @abstractmethod
    def damage(self) -> None:
        """Change something in the middle."""

    def path(self, name: str) -> Path:
        return self.directory / name

    def back_up(self) -> None:
        shutil.copy(self.path("BAD"), self.path("copy"))

    def repair(self) -> None:
        os.replace(self.path("copy"), self.path("BAD"))


class Files(Medium):
    def __init__(self, directory: Path, patch: pytest.MonkeyPatch, fsync: Fsync) -> None:
        super().__init__(directory)
        self._fsync: Fsync = fsync
        self._room = _MANY
        self._descriptors: set[int] = set()
        self._open = os.open
        self._write = os.write
        patch.setattr(os, "open", self._remembering)
        patch.setattr(os, "write", self._bounded)

    def store(self, settings: SessionSettings) -> Store:
        return FileStore(self.path(settings.target), fsync=self._fsync)

    def fill(self) -> None:
        self._room = 11  # a few bytes still fit, as they do in life

    def free(self) -> None:
        self._room = _MANY

    def _remembering(self, path: Any, flags: int, mode: int = 0o777, **options: Any) -> int:
        descriptor = self._open(path, flags, mode, **options)
        change = self._descriptors.add if path == self.path("BAD") else self._descriptors.discard
        change(descriptor)
        return descriptor

    def _bounded(self, descriptor: int, data: Any) -> int:
        if descriptor not in self._descriptors:
            return self._write(descriptor, data)
        if not self._room:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = min(self._room, len(data))
        self._room -= count
        return self._write(descriptor, bytes(data[:count]))

    def damage(self) -> None:
        content = bytearray(self.path("BAD").read_bytes())
        content[len(content) // 2] ^= 4
        self.path("BAD").write_bytes(content)


class Databases(Medium):
    """A database for each session. A bit that flips in a message is seen by nobody but the message's own checksum."""

    def __init__(self, directory: Path, patch: pytest.MonkeyPatch) -> None:
        super().__init__(directory)
        self._connections: list[sqlite3.Connection] = []
        self._pages = _MANY
        connect = sqlite3.connect

        def remembered(path: Path, **options: Any) -> sqlite3.Connection:
            made: sqlite3.Connection = connect(path, **options)
            if path.name == "BAD":
                self._connections.append(made)
                self._limit(made)
            return made

        patch.setattr(sqlite3, "connect", remembered)

    def store(self, settings: SessionSettings) -> Store:
        return SqliteStore(self.path(settings.target))

    def fill(self) -> None:
        """By SQLite's own limit, which is met as a full disk is: no page can be added."""
        self._set(1)

    def free(self) -> None:
        self._set(_MANY)

    def _set(self, pages: int) -> None:
        self._pages = pages
        for made in self._connections:
            with contextlib.suppress(sqlite3.ProgrammingError):  # it is closed
                self._limit(made)

    def _limit(self, made: sqlite3.Connection) -> None:
        made.execute(f"PRAGMA max_page_count={self._pages}")

    def damage(self) -> None:
        self._change(b"11=5", b"11=6")

    def repair(self) -> None:
        self._change(b"11=6", b"11=5")

    def _change(self, old: bytes, new: bytes) -> None:
        """In message 7, the answer to order 5."""
        with contextlib.closing(sqlite3.connect(self.path("BAD"))) as database, database:
            (raw,) = database.execute("SELECT raw FROM fix_messages WHERE number = 7").fetchone()
            assert old in raw
            database.execute("UPDATE fix_messages SET raw = ? WHERE number = 7", (raw.replace(old, new),))


@pytest.fixture(params=["file", "file, synchronised", "sqlite"])
def medium(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Medium:
    if request.param == "sqlite":
        return Databases(tmp_path, monkeypatch)
    return Files(tmp_path, monkeypatch, "batch" if "synchronised" in request.param else "never")


class House:
    """An acceptor that echoes, of BAD and GOOD."""

    def __init__(self, medium: Medium) -> None:
        self.medium = medium
        self.ends: list[tuple[str, Exception | None]] = []

    @asynccontextmanager
    async def full(self) -> AsyncGenerator[None]:
        await anyio.to_thread.run_sync(self.medium.fill)
        yield
        await anyio.to_thread.run_sync(self.medium.free)

    def hear(self, identity: SessionId, event: SessionEvent) -> None:
        if isinstance(event, Closed):
            self.ends.append((identity.target, event.error))

    async def serve(self, socket: FixSocket) -> None:
        while True:
            for message in (await socket.receive()).messages:
                socket.put(Outgoing.echo(message))

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Acceptor]:
        sessions = [server_settings("BAD", logout_timeout=0.5), server_settings("GOOD", logout_timeout=0.5)]
        async with accept(self.serve, sessions, store_factory=self.medium.store, on_event=self.hear) as acceptor:
            yield acceptor


@pytest.fixture
def house(medium: Medium, caplog: pytest.LogCaptureFixture) -> Iterator[House]:
    with caplog.at_level(logging.CRITICAL):  # what is logged of it is not what these tests are about
        yield House(medium)


class Client:
    """A client that keeps what it has sent, and what was answered."""

    def __init__(self, name: str, acceptor: Acceptor) -> None:
        self.name = name
        self.port = acceptor.port
        self.store = MemoryStore()
        self.sent: list[str] = []
        self.answers: list[str] = []

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[FixSocket]:
        settings = client_settings(self.name, logout_timeout=0.5)
        async with initiate(settings, "127.0.0.1", self.port, store=self.store) as socket:
            yield socket

    async def ask(self, socket: FixSocket, count: int) -> None:
        """Sends so many more orders, and waits for the answers to all."""
        for _ in range(count):
            identity, number = str(len(self.sent)), socket.next_out
            try:
                await socket.send(order(identity).with_fields([(58, LONG)]))
            finally:
                if socket.next_out != number:  # it has a number and is stored: it goes out, now or later
                    self.sent.append(identity)
        await self.hear(socket)

    async def hear(self, socket: FixSocket) -> None:
        """The answers that are missing."""
        while len(self.answers) < len(self.sent):
            self.answers += identities((await socket.receive()).messages)


def numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


async def test_a_disk_that_is_full_for_a_while(house: House) -> None:
    with anyio.fail_after(100):
        async with house.open() as acceptor:
            bad, good = Client("BAD", acceptor), Client("GOOD", acceptor)
            async with good.session() as other:
                await good.ask(other, 3)
                async with bad.session() as socket:
                    await bad.ask(socket, 5)
                    async with house.full():
                        with pytest.raises((BarterError, anyio.EndOfStream)):
                            await bad.ask(socket, 5)
                assert bad.answers == numbers(5), "nothing is sent that is not stored"
                assert [name for name, _ in house.ends] == ["BAD"]
                assert isinstance(house.ends[0][1], StoreError)
                await good.ask(other, 3)
                async with house.full():
                    for _ in range(2):
                        with pytest.raises((BarterError, anyio.EndOfStream)):
                            async with bad.session() as socket:
                                await bad.hear(socket)
                        assert bad.answers == numbers(5)
                        await good.ask(other, 1)
                async with bad.session() as socket:
                    await bad.hear(socket)  # what was not acknowledged is asked for, and answered
                    await bad.ask(socket, 5)
                assert bad.answers == bad.sent
                await good.ask(other, 2)
            assert good.answers == numbers(10)
        async with house.open() as acceptor:  # and another run of the program finds it all
            assert await resent(acceptor, bad) == bad.answers


async def resent(acceptor: Acceptor, client: Client, name: str = "BAD") -> list[str]:
    """What the acceptor sends again when it is asked for everything."""
    stored = await client.store.load()
    assert stored is not None
    following = stored.next_out
    async with connection(acceptor.port, name) as raw:
        await raw.say(LOGON.format(n=following), f"35=2|34={following + 1}|7=1|16=0", f"35=5|34={following + 2}")
        heard = await raw.rest()
    await client.store.apply([Sent(following + 2, b"", following + 3)])
    return [field[3:] for text in heard for field in text.split("|") if text.startswith("35=D") and field[:3] == "11="]


async def test_a_disk_that_is_full_at_the_first_logon(house: House) -> None:
    """There is nothing yet, not even a number."""
    with anyio.fail_after(100):
        async with house.open() as acceptor:
            bad, good = Client("BAD", acceptor), Client("GOOD", acceptor)
            async with good.session() as other:
                async with house.full():
                    with pytest.raises((LogonRefused, BarterError, anyio.EndOfStream)):
                        async with bad.session() as socket:
                            await bad.ask(socket, 3)
                    await good.ask(other, 3)
                assert bad.answers == []
                async with bad.session() as socket:
                    await bad.ask(socket, 3)
                await good.ask(other, 3)


async def test_a_store_that_is_damaged_in_the_middle(house: House) -> None:
    """A file is refused as a whole, a database when the message is asked for; nothing of either is passed over."""
    with anyio.fail_after(100):
        async with house.open() as acceptor:
            bad, good = Client("BAD", acceptor), Client("GOOD", acceptor)
            async with bad.session() as socket, good.session() as other:
                await bad.ask(socket, 20)
                await good.ask(other, 20)
        medium = house.medium
        await anyio.to_thread.run_sync(medium.back_up)
        await anyio.to_thread.run_sync(medium.damage)
        house.ends.clear()
        async with house.open() as acceptor:
            good.port = acceptor.port
            async with good.session() as other:
                for _ in range(2):
                    assert set(await resent(acceptor, bad)) <= set(numbers(5))
                    await good.ask(other, 1)
                assert not [name for name, error in house.ends if not isinstance(error, StoreError)]
                await anyio.to_thread.run_sync(medium.repair)
                assert await resent(acceptor, bad) == numbers(20)
                await good.ask(other, 3)
            assert good.answers == numbers(25)


async def test_damage_while_it_is_in_use(house: House) -> None:
    """It is met when a message is asked for: by a close, not by a gap fill over it, nor by the message as it is."""
    with anyio.fail_after(100):
        async with house.open() as acceptor:
            bad, good = Client("BAD", acceptor), Client("GOOD", acceptor)
            async with bad.session() as socket, good.session() as other:
                await bad.ask(socket, 20)
                await good.ask(other, 20)
                await anyio.to_thread.run_sync(house.medium.damage)
                await bad.ask(socket, 5)
                assert bad.answers == numbers(25)
            house.ends.clear()
            async with good.session() as other:
                assert set(await resent(acceptor, bad)) <= set(numbers(11)), "what is before the damage, at most"
                (end,) = house.ends
                assert end[0] == "BAD"
                assert isinstance(end[1], StoreError)
                assert "damaged" in str(end[1])
                await good.ask(other, 5)
