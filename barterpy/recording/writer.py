"""Writing a recording while messages come: gathered in memory, compressed and written in a worker thread.

The event loop only appends lines to a list. What is gathered is written when it reaches ``buffer_size`` or is older
than ``flush_interval``, and whoever records waits for that, so memory stays bounded by the speed of the disk.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeVar, final

import anyio
import anyio.to_thread
import msgspec

from barterpy.clock import SECOND, WallClock, wall_clock
from barterpy.errors import ConfigurationError, RecordingError
from barterpy.recording.encoder import RecordingEncoder
from barterpy.recording.records import SUFFIX, Header, Record

__all__ = ["RecordingWriter", "write_recording"]

T = TypeVar("T")


@final
class RecordingWriter:
    """Writes records to a file. Use it in ``async with``: the end of the block writes what is left and the footer,
    also under cancellation.

        async with RecordingWriter("btc.barterpy.zst", venue="binance_spot") as writer:
            async with websocket.connect(url) as inner:
                socket = RecordingSocket(inner, writer, connection="stream", url=url)

    :param path: the file, which must not exist; with rotation the number of the part is put before the suffix
    :param venue: the venue's name, for the header
    :param subscriptions: what was asked for, for the header
    :param level: of zstd, 1 (fast) to 19
    :param buffer_size: bytes, uncompressed, gathered at most before they are written
    :param flush_interval: seconds after which what is gathered is written
    :param max_part_bytes: uncompressed bytes after which the next part begins; None for one file
    :param max_part_seconds: seconds after which the next part begins; None for one file
    :raises barterpy.errors.MissingExtraError: zstandard is not installed (extra ``zstd``)
    """

    def __init__(
        self,
        path: str | Path,
        *,
        venue: str = "",
        subscriptions: Sequence[str] = (),
        notes: str = "",
        level: int = 3,
        buffer_size: int = 256 * 1024,
        flush_interval: float = 1.0,
        max_part_bytes: int | None = None,
        max_part_seconds: float | None = None,
        clock: WallClock = wall_clock,
    ) -> None:
        if buffer_size < 1 or flush_interval <= 0:
            raise ConfigurationError("buffer_size and flush_interval must be positive")
        if min(max_part_bytes or 1, max_part_seconds or 1) <= 0:
            raise ConfigurationError("max_part_bytes and max_part_seconds must be positive")
        self.paths: list[Path] = []
        """The files written so far, in their order."""
        self.clock = clock
        self._path = Path(path)
        self._header = Header(venue=venue, subscriptions=tuple(subscriptions), notes=notes)
        self._level = level
        self._buffer_size = buffer_size
        self._flush_interval = int(flush_interval * SECOND)
        self._max_part_bytes = max_part_bytes
        self._max_part_age = None if max_part_seconds is None else int(max_part_seconds * SECOND)
        self._lock = anyio.Lock()
        self._file: BinaryIO | None = None
        self._encoder: RecordingEncoder | None = None
        self._part_bytes = 0
        self._part_began = 0
        self._dirty_since: int | None = None
        self._failure: RecordingError | None = None

    async def __aenter__(self) -> Self:
        async with self._lock:
            await self._turn(None, self._begin_part())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    @property
    def closed(self) -> bool:
        """Whether nothing more can be recorded."""
        return self._encoder is None

    def seconds_until_flush(self) -> float | None:
        """Seconds after which :meth:`flush` should be called, zero or less for at once; None when nothing waits."""
        if self._encoder is None or self._dirty_since is None:
            return None
        if self._encoder.pending >= self._buffer_size:
            return 0.0
        return (self._dirty_since + self._flush_interval - self.clock()) / SECOND

    def add(self, records: Iterable[Record]) -> None:
        """Take records over, without waiting. Whoever adds must call :meth:`relieve` now and then.

        :raises barterpy.errors.RecordingError: an earlier write failed, or a text cannot be kept
        :raises anyio.ClosedResourceError: the writer is closed
        """
        if self._failure is not None:
            raise self._failure.with_traceback(None)
        if self._encoder is None:
            raise anyio.ClosedResourceError
        for record in records:
            self._encoder.add(record)
        if self._dirty_since is None:
            self._dirty_since = self.clock()

    async def relieve(self) -> None:
        """Write what is gathered if it is much or old; otherwise return at once.

        :raises barterpy.errors.RecordingError: it cannot be written
        """
        wait = self.seconds_until_flush()
        if wait is not None and wait <= 0:
            await self.flush()

    async def write(self, *records: Record) -> None:
        """:meth:`add` and :meth:`relieve` in one. Cancelling it loses no record.

        :raises barterpy.errors.RecordingError: it cannot be written
        """
        self.add(records)
        await self.relieve()

    async def flush(self) -> None:
        """Write everything gathered so far.

        :raises barterpy.errors.RecordingError: it cannot be written
        """
        # Shielded, and short: a block written by half would end the readable part of the file.
        with anyio.CancelScope(shield=True):
            async with self._lock:
                await self._flush()

    async def aclose(self) -> None:
        """Write the rest and the footer, and close the file. Closing twice is fine.

        :raises barterpy.errors.RecordingError: it cannot be written
        """
        with anyio.CancelScope(shield=True):
            async with self._lock:
                await self._finish()

    async def _flush(self) -> None:
        encoder, file = self._encoder, self._file
        if encoder is None or file is None:
            return
        data = encoder.take()
        self._dirty_since = None
        self._part_bytes += len(data)

        def write() -> None:
            file.write(encoder.compress(data))
            file.flush()

        await self._in_thread(write)
        age = self.clock() - self._part_began
        if (self._max_part_bytes is not None and self._part_bytes >= self._max_part_bytes) or (
            self._max_part_age is not None and age >= self._max_part_age
        ):
            await self._turn(encoder, self._begin_part())

    def _begin_part(self) -> Path:
        """Make the next part current at once, so that others go on adding while its file is opened."""
        part = len(self.paths) + 1
        path = self._path
        if self._max_part_bytes is not None or self._max_part_age is not None:
            stem, dot, suffix = path.name.partition(SUFFIX)
            path = path.with_name(f"{stem}.{part:04d}{dot}{suffix}")
        now = self.clock()
        header = msgspec.structs.replace(self._header, created_at=now, part=part)
        self._encoder = RecordingEncoder(header, level=self._level, path=str(path))
        self._part_bytes, self._part_began, self._dirty_since = 0, now, now
        return path

    async def _turn(self, ended: RecordingEncoder | None, path: Path) -> None:
        """Finish the file that is open, and open the next."""
        file = self._file

        def turn() -> BinaryIO:
            if file is not None and ended is not None:
                with file:
                    file.write(ended.finish())
            return path.open("xb")  # exclusively: a recording is never written over

        self._file = None
        self._file = await self._in_thread(turn)
        self.paths.append(path)

    async def _finish(self) -> None:
        encoder, file = self._encoder, self._file
        self._encoder = self._file = self._dirty_since = None
        if encoder is None or file is None:
            return

        def finish() -> None:
            with file:
                if self._failure is None:
                    file.write(encoder.finish())

        await self._in_thread(finish)

    async def _in_thread(self, function: Callable[[], T]) -> T:
        try:
            return await anyio.to_thread.run_sync(function)
        except OSError as error:
            self._failure = RecordingError(str(self._path), error.strerror or str(error))
            raise self._failure from error


def write_recording(
    path: str | Path,
    records: Iterable[Record],
    *,
    venue: str = "",
    subscriptions: Sequence[str] = (),
    notes: str = "",
    created_at: int = 0,
    level: int = 3,
) -> None:
    """Write a whole recording at once, outside of an event loop: to convert or to cut one.

    :raises barterpy.errors.RecordingError: it cannot be written, or the file exists already
    """
    header = Header(venue=venue, created_at=created_at, subscriptions=tuple(subscriptions), notes=notes)
    encoder = RecordingEncoder(header, level=level, path=str(path))
    try:
        with Path(path).open("xb") as file:
            for record in records:
                encoder.add(record)
                if encoder.pending >= 1024 * 1024:
                    file.write(encoder.compress(encoder.take()))
            file.write(encoder.finish())
    except OSError as error:
        raise RecordingError(str(path), error.strerror or str(error)) from error
