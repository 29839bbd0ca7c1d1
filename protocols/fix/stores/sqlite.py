"""A session's store in SQLite: for those who want to look into it, or keep many sessions in one file."""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Final, TypeVar, final

import anyio
import anyio.to_thread

from barterpy.protocols.fix.session.store import FIRST, Change, Received, Sent, Stored
from barterpy.protocols.fix.stores.failure import StoreError
from barterpy.protocols.fix.stores.file import Fsync

__all__ = ["SqliteStore"]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS fix_sessions (
    session TEXT PRIMARY KEY, next_out INTEGER NOT NULL, next_in INTEGER NOT NULL, created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fix_messages (
    session TEXT NOT NULL, number INTEGER NOT NULL, raw BLOB NOT NULL, PRIMARY KEY (session, number)
) WITHOUT ROWID;
"""

_HIGHEST: Final = (1 << 63) - 1

_PATIENCE: Final = 5.0
"""Seconds to wait for another session's write."""

T = TypeVar("T")


@final
class SqliteStore:
    """A :class:`~barterpy.protocols.fix.session.Store` in an SQLite database; each batch of changes is a transaction.

    :param path: the database, which is made if it is not there
    :param session: the session's name in it; stores of the same file differ in this
    :param fsync: when the disk has to have it, see :data:`~barterpy.protocols.fix.stores.file.Fsync`

    Tables ``fix_sessions`` and ``fix_messages`` may be read by others at any time (write-ahead log).
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        session: str = "",
        *,
        fsync: Fsync = "never",
    ) -> None:
        self.path: Path = Path(path)
        self.session: str = session
        self._synchronous = "FULL" if fsync == "batch" else "NORMAL"
        self._lock = anyio.Lock(fast_acquire=True)
        self._connection: sqlite3.Connection | None = None
        self._failed = False

    async def load(self) -> Stored | None:
        """What is known of the session, None for one that never was; opens the database, anew where it had failed.

        :raises StoreError: it cannot be opened or read
        """
        async with self._lock:
            return await self._in_thread(self._load)

    async def apply(self, changes: Sequence[Change]) -> None:
        """Keeps all of these changes, or none.

        :raises StoreError: the disk is full, or fails
        :raises anyio.ClosedResourceError: it is not loaded
        """
        if changes:
            async with self._lock:
                await self._in_thread(self._apply, changes)

    async def messages(self, begin: int, end: int) -> list[tuple[int, bytes]]:
        """The messages numbered ``begin`` to ``end``, both included, that were kept; ascending.

        :raises StoreError: the database cannot be read
        :raises anyio.ClosedResourceError: it is not loaded
        """
        async with self._lock:
            return await self._in_thread(self._find, begin, end)

    async def aclose(self) -> None:
        """Closes the database; it can be loaded again. Closing twice is fine."""
        with anyio.CancelScope(shield=True):
            async with self._lock:
                if self._connection is not None:
                    connection, self._connection = self._connection, None
                    await anyio.to_thread.run_sync(connection.close)

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        """In a worker thread; the lock sees to it that there is one at a time."""
        try:
            return await anyio.to_thread.run_sync(work, *arguments)
        except (sqlite3.Error, OSError) as error:
            self._failed = True
            raise StoreError(str(self.path), str(error)) from error

    def _load(self) -> Stored | None:
        connection = self._connection
        if self._failed and connection is not None:
            # Whoever mended the database may have put another file in its place.
            self._connection = None
            connection.close()
            connection = None
        self._failed = False
        if connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode=WAL").fetchone()
                connection.execute(f"PRAGMA synchronous={self._synchronous}")
                connection.executescript(_SCHEMA)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._read(connection)

    def _read(self, connection: sqlite3.Connection) -> Stored | None:
        row = connection.execute(
            "SELECT next_out, next_in, created_at FROM fix_sessions WHERE session = ?", (self.session,)
        ).fetchone()
        return None if row is None else Stored(*row)

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise anyio.ClosedResourceError
        return self._connection

    @contextlib.contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        connection = self._opened()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk has rolled it back already
                connection.execute("ROLLBACK")
            raise

    def _apply(self, changes: Sequence[Change]) -> None:
        name = self.session
        stored = self._read(self._opened()) or Stored(FIRST, FIRST, 0)
        next_out, next_in, created_at = stored.next_out, stored.next_in, stored.created_at
        messages: list[tuple[str, int, bytes]] = []
        reset = False
        for change in changes:
            if isinstance(change, Sent):
                next_out = change.next_out
                if change.raw:
                    messages.append((name, change.seq, change.raw))
            elif isinstance(change, Received):
                next_in = change.next_in
            else:
                next_out = next_in = FIRST
                created_at = change.created_at
                reset = True
                messages.clear()
        with self._transaction() as connection:
            if reset:
                connection.execute("DELETE FROM fix_messages WHERE session = ?", (name,))
            connection.executemany("INSERT OR REPLACE INTO fix_messages VALUES (?, ?, ?)", messages)
            numbers = (name, next_out, next_in, created_at)
            connection.execute("INSERT OR REPLACE INTO fix_sessions VALUES (?, ?, ?, ?)", numbers)

    def _find(self, begin: int, end: int) -> list[tuple[int, bytes]]:
        if begin > end:  # round the wrap
            return self._find(begin, _HIGHEST) + self._find(0, end)
        found = self._opened().execute(
            "SELECT number, raw FROM fix_messages WHERE session = ? AND number BETWEEN ? AND ? ORDER BY number",
            (self.session, begin, end),
        )
        return [(number, raw) for number, raw in found.fetchall()]
