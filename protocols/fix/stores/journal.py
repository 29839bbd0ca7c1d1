"""The file under a file store: opened, recovered, appended to, replaced. Everything in here blocks."""

import contextlib
import os
from bisect import bisect_right
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Final, final

from barterpy.protocols.fix.session.store import FIRST, Change, Received, Sent, Stored
from barterpy.protocols.fix.stores.filelock import lock_file
from barterpy.protocols.fix.stores.records import MAGIC, Damaged, Entry, encode_record, scan

__all__ = ["Journal"]

_STRIDE: Final = 64 * 1024
"""Bytes of the file between two entries of the index; what is in between is read to find a message."""

_FLAGS: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


@final
class Journal:
    """An open file, its numbers as they are at its end, and an index of its messages.

    :raises OSError: from every method, when the operating system says so; ``BlockingIOError`` if another has the file
    :raises Damaged: the file is not what was written
    """

    def __init__(self, path: Path, *, fsync: bool) -> None:
        self.path: Path = path
        self.stored: Stored | None = None
        """What the file says at its end; None while it says nothing."""
        self._fsync = fsync
        self._size = 0
        self._numbers: list[int] = []
        self._offsets: list[int] = []
        self._last = 0
        self._ascending = True
        self._descriptor = -1
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock: BinaryIO = lock_file(path.with_name(f"{path.name}.lock"))
        try:
            self._recover()
        except BaseException:
            self.close()
            raise

    def _recover(self) -> None:
        """Reads it from the beginning, and cuts off what was not written whole."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._fresh)
        self._descriptor = os.open(self.path, _FLAGS, 0o600)
        size = os.fstat(self._descriptor).st_size
        with open(self.path, "rb") as file:
            magic = file.read(len(MAGIC))
            if magic == MAGIC:
                self._size = len(MAGIC)
                for entry in scan(file, self._size, size):
                    self._note(entry)
            elif not MAGIC.startswith(magic.rstrip(b"\0")):
                raise Damaged(0)
        if magic != MAGIC:
            self._begin([])
            return
        if self._size < size:
            os.truncate(self.path, self._size)
        self._prepare()

    def append(self, changes: Sequence[Change]) -> None:
        """One record at the end. If it does not fit, what was written of it is taken back."""
        record = encode_record(changes)
        try:
            self._write(record)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size)
            raise
        if self._fsync:
            os.fsync(self._descriptor)
        self._note(Entry(self._size, self._size + len(record), changes))

    def restart(self, changes: Sequence[Change]) -> None:
        """Begins anew with ``changes``, the first of them a reset. The old file is there until the new one is whole."""
        self._begin(changes)

    def _begin(self, changes: Sequence[Change]) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)  # Windows replaces no file that is open
            self._descriptor = -1
        record = encode_record(changes) if changes else b""
        with open(self._fresh, "xb", opener=_private) as file:
            file.write(MAGIC + record)
            if self._fsync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(self._fresh, self.path)
        if self._fsync:
            _sync_directory(self.path.parent)
        self._descriptor = os.open(self.path, _FLAGS, 0o600)
        self._size = len(MAGIC)
        if changes:
            self._note(Entry(self._size, self._size + len(record), changes))
        self._prepare()

    @property
    def _fresh(self) -> Path:
        return self.path.with_name(f"{self.path.name}.new")

    def _prepare(self) -> None:
        os.lseek(self._descriptor, self._size, os.SEEK_SET)
        if hasattr(os, "set_blocking"):
            os.set_blocking(self._descriptor, False)  # in the sense of poll a file never would; said all the same

    def _write(self, data: bytes) -> None:
        written = os.write(self._descriptor, data)
        while written < len(data):
            written += os.write(self._descriptor, memoryview(data)[written:])

    def _note(self, entry: Entry) -> None:
        """What a record changes, in memory."""
        stored = self.stored
        next_out, next_in, created_at = (
            (FIRST, FIRST, 0) if stored is None else (stored.next_out, stored.next_in, stored.created_at)
        )
        first: int | None = None
        for change in entry.changes:
            if isinstance(change, Sent):
                next_out = change.next_out
                if change.raw:
                    first = change.seq if first is None else first
                    if change.seq <= self._last:
                        self._ascending = False  # numbers were set back by hand, or wrapped
                    self._last = change.seq
            elif isinstance(change, Received):
                next_in = change.next_in
            else:
                next_out = next_in = FIRST
                created_at = change.created_at
                self._numbers.clear()
                self._offsets.clear()
                first = None
                self._last, self._ascending = 0, True
        if first is not None and (not self._offsets or entry.offset - self._offsets[-1] >= _STRIDE):
            self._numbers.append(first)
            self._offsets.append(entry.offset)
        self._size = entry.end
        self.stored = Stored(next_out, next_in, created_at)

    def find(self, begin: int, end: int) -> list[tuple[int, bytes]]:
        """The messages from ``begin`` to ``end``, both included, round the wrap if ``begin`` is greater; of
        those with the same number the last."""
        if begin > end:
            found = self._found(lambda number: number >= begin or number <= end, 0, None)
            return sorted(found.items(), key=lambda item: (item[0] < begin, item[0]))
        if not self._ascending:
            return sorted(self._found(lambda number: begin <= number <= end, 0, None).items())
        near = max(0, bisect_right(self._numbers, begin) - 1)
        return sorted(self._found(lambda number: begin <= number <= end, near, end).items())

    def _found(self, wanted: Callable[[int], bool], near: int, last: int | None) -> dict[int, bytes]:
        """Those wanted, from entry ``near`` of the index on; behind ``last`` there are none."""
        found: dict[int, bytes] = {}
        if not self._offsets:
            return found
        with open(self.path, "rb") as file:
            for entry in scan(file, self._offsets[near], self._size):
                for change in entry.changes:
                    if not isinstance(change, Sent) or not change.raw:
                        continue
                    if last is not None and change.seq > last:
                        return found
                    if wanted(change.seq):
                        found[change.seq] = change.raw
        return found

    def close(self) -> None:
        """Gives file and lock back."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._lock.close()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_directory(path: Path) -> None:
    """So that the name is on the disk, and not the content alone. Windows has no such thing."""
    if os.name != "nt":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
