"""A session's store in one file that only grows: written before a message goes out, whole after a kill at any byte.

A batch of changes is one record and one write (:mod:`barterpy.protocols.fix.stores.records`). A reset, behind which
nothing older is needed, puts a fresh file in the old one's place, so the file is as long as the day.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeVar, final

import anyio
import anyio.to_thread

from barterpy.protocols.fix.session.store import Change, Reset, Stored
from barterpy.protocols.fix.stores.failure import StoreError
from barterpy.protocols.fix.stores.journal import Journal
from barterpy.protocols.fix.stores.records import Damaged

__all__ = ["FileStore", "Fsync"]

Fsync = Literal["never", "batch"]
"""When the disk itself has what was written. ``never`` leaves that to the operating system: nothing is lost when the
process dies, seconds may be when the machine does. ``batch`` waits for the disk with each batch of changes."""

T = TypeVar("T")


@final
class FileStore:
    """A :class:`~barterpy.protocols.fix.session.Store` in the file ``path``, which is made if it is not there.

    :param fsync: when the disk has to have it, see :data:`Fsync`

    Nothing is touched before :meth:`load`. Opening, reading, synchronising and resetting are done in a worker thread;
    an append goes to the page cache of the operating system, which takes microseconds, and is done at once. Where the
    disk may be slower than the load for long, take ``fsync="batch"``: its appends are done in the thread as well.

    A lock file beside it (``path`` with ``.lock``) keeps a second process away.
    """

    def __init__(self, path: str | os.PathLike[str], *, fsync: Fsync = "never") -> None:
        self.path: Path = Path(path)
        self._fsync = fsync == "batch"
        self._lock = anyio.Lock(fast_acquire=True)
        self._journal: Journal | None = None
        self._broken: StoreError | None = None

    async def load(self) -> Stored | None:
        """What is known of the session, None for one that never was; opens the file, anew where it had failed.

        :raises StoreError: it cannot be opened or read, is damaged, or another process has it
        """
        async with self._lock:
            if self._broken is not None and self._journal is not None:
                failed, self._journal = self._journal, None
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(failed.close)
            if self._journal is None:
                self._broken = None
                self._journal = await self._in_thread(self._open)
            return self._journal.stored

    async def apply(self, changes: Sequence[Change]) -> None:
        """Keeps all of these changes, or, if it is killed meanwhile, none.

        :raises StoreError: the disk is full, or fails; the store is of no more use until it is loaded anew
        :raises anyio.ClosedResourceError: it is not loaded
        """
        if not changes:
            return
        async with self._lock:
            journal = self._opened()
            resets = [index for index, change in enumerate(changes) if isinstance(change, Reset)]
            if resets:
                await self._in_thread(journal.restart, changes[resets[-1] :])
            elif self._fsync:
                await self._in_thread(journal.append, changes)
            else:
                self._call(journal.append, changes)

    def apply_at_once(self, changes: Sequence[Change]) -> bool:
        """:meth:`apply` where nothing of it has to wait; False, and nothing was done, where anything has to.

        :raises StoreError: as there
        :raises anyio.ClosedResourceError: as there
        """
        if self._fsync or self._lock.locked():
            return False
        for change in changes:
            if type(change) is Reset:
                return False
        self._call(self._opened().append, changes)
        return True

    async def messages(self, begin: int, end: int) -> list[tuple[int, bytes]]:
        """The messages numbered ``begin`` to ``end``, both included, that were kept, in that order.

        :raises StoreError: the file cannot be read, or is damaged
        :raises anyio.ClosedResourceError: it is not loaded
        """
        async with self._lock:
            return await self._in_thread(self._opened().find, begin, end)

    async def aclose(self) -> None:
        """Closes the file; it can be loaded again. Closing twice is fine."""
        with anyio.CancelScope(shield=True):
            async with self._lock:
                if self._journal is not None:
                    journal, self._journal = self._journal, None
                    await anyio.to_thread.run_sync(journal.close)

    def _open(self) -> Journal:
        return Journal(self.path, fsync=self._fsync)

    def _opened(self) -> Journal:
        if self._broken is not None:
            raise self._broken.with_traceback(None)
        if self._journal is None:
            raise anyio.ClosedResourceError
        return self._journal

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        results: list[T] = []
        with anyio.CancelScope(shield=True):  # the thread would not stop, nor would half of its work be of use
            results.append(await anyio.to_thread.run_sync(self._call, work, *arguments))
        return results[0]

    def _call(self, work: Callable[..., T], *arguments: object) -> T:
        try:
            return work(*arguments)
        except Damaged as error:
            self._broken = StoreError(str(self.path), f"damaged at byte {error.offset}")
            raise self._broken from error
        except OSError as error:
            self._broken = StoreError(str(self.path), error.strerror or type(error).__name__)
            raise self._broken from error

    def __repr__(self) -> str:
        return f"FileStore({str(self.path)!r})"
