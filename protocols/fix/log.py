"""What went over the wire, one line a message, with times and without secrets.

    20261121-15:46:20.123456789 < 8=FIX.4.4␁9=…          received
    20261121-15:46:20.123498001 > 8=FIX.4.4␁9=…          sent
    20261121-15:46:20.200000000 * logged on              what happened

SOH stays SOH, so that a line can be decoded; line feeds within a message become ``\\n``. What never became a message
(garbage, a message that was cut) is a line as well.
"""

import contextlib
import logging
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal, Protocol, final

import anyio
import anyio.to_thread

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.tags import DATA_FIELDS, SECRET_TAGS
from barterpy.protocols.fix.timestamps import format_timestamp

__all__ = ["FileLog", "LineSplitter", "MessageLog", "mask"]

_logger = logging.getLogger(__name__)

_SECRET: Final = re.compile(b"(?<![^\x01])(%b)=[^\x01]*" % b"|".join(b"%d" % tag for tag in sorted(SECRET_TAGS)))
_COUNTED: Final = re.compile(
    b"(?<![^\x01])(?:%b)"
    % b"|".join(b"%d=(?:[0-9]{1,7})\x01%d=" % pair for pair in DATA_FIELDS.items() if pair[1] in SECRET_TAGS)
)
_HIDDEN: Final = rb"\1=REDACTED"
_TRAILER: Final = re.compile(rb"\x0110=[^\x01]{0,8}\x01")
_MAX_PARTIAL: Final = 64 * 1024


class MessageLog(Protocol):
    """Takes what goes by. A :class:`FileLog`, or anything of yours; none of its methods may raise."""

    def received(self, data: bytes, at: int) -> None:
        """Bytes as they were read, in whatever pieces, at ``at`` (int nanoseconds UTC)."""
        ...

    def sent(self, data: bytes, at: int) -> None:
        """Messages as they are sent."""
        ...

    def note(self, text: str, at: int) -> None:
        """Something that happened to the session."""
        ...

    async def relieve(self) -> None:
        """Writes what was gathered. Awaited once a read or write, so that memory stays bounded."""
        ...

    async def aclose(self) -> None:
        """The end; what is left is written."""
        ...


def mask(message: bytes) -> bytes:
    """The message without the value of any of :data:`~barterpy.protocols.fix.tags.SECRET_TAGS`.

    Data fields are taken by their length, with whatever separators are in them.
    """
    counted = _COUNTED.search(message)
    if counted is None:
        return _SECRET.sub(_HIDDEN, message)
    end = counted.end()
    length = int(message[counted.start() : end].split(b"=", 2)[1].partition(b"\x01")[0])
    return _SECRET.sub(_HIDDEN, message[:end]) + mask(message[end + length :])


@final
class LineSplitter:
    """Pieces of a stream to whole messages, garbage included; holds back at most 64 KiB."""

    def __init__(self) -> None:
        self._partial = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are complete now."""
        data = self._partial + data
        lines: list[bytes] = []
        start = 0
        for found in _TRAILER.finditer(data):
            lines.append(data[start : found.end()])
            start = found.end()
        self._partial = data[start:]
        if len(self._partial) > _MAX_PARTIAL:
            lines.append(self.rest())
        return lines

    def rest(self) -> bytes:
        """What has no end yet, and will have none."""
        partial, self._partial = self._partial, b""
        return partial


@final
class FileLog:
    """A :class:`MessageLog` in a file. Lines are on their way to the disk when ``send`` and ``receive`` return.

    :param path: appended to
    :param max_size: bytes at which it is renamed to ``path`` with ``.1``, that one to ``.2``, and so on
    :param keep: how many of those stay
    :param masked: what is written of a message; :func:`mask` by default

    A log that cannot be written does not end the session: lines are dropped, Python's logging is told once, and how
    many they were is noted when it works again.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        max_size: int = 64 * 1024 * 1024,
        keep: int = 4,
        masked: Callable[[bytes], bytes] = mask,
    ) -> None:
        if max_size < 1 or keep < 0:
            raise ConfigurationError("max_size of a log must be above 0 bytes, and keep not below 0")
        self.path: Path = Path(path)
        self.dropped: int = 0
        """Lines that could not be written since the last one that could."""
        self._max_size = max_size
        self._keep = keep
        self._masked = masked
        self._splitter = LineSplitter()
        self._received_at = 0
        self._lines: list[bytes] = []
        self._descriptor: int | None = None
        self._size = 0
        self._lock = anyio.Lock(fast_acquire=True)

    def received(self, data: bytes, at: int) -> None:
        """See :meth:`MessageLog.received`."""
        self._received_at = at
        for message in self._splitter.feed(data):
            self._add(b"<", message, at)

    def sent(self, data: bytes, at: int) -> None:
        """See :meth:`MessageLog.sent`."""
        splitter = LineSplitter()
        for message in (*splitter.feed(data), splitter.rest()):
            if message:
                self._add(b">", message, at)

    def note(self, text: str, at: int) -> None:
        """See :meth:`MessageLog.note`."""
        if rest := self._splitter.rest():
            self._add(b"<", rest, self._received_at)
        self._add(b"*", text.encode("utf-8", "backslashreplace"), at)

    def _add(self, sign: Literal[b"<", b">", b"*"], message: bytes, at: int) -> None:
        line = self._masked(message).replace(b"\r", b"\\r").replace(b"\n", b"\\n")
        self._lines.append(format_timestamp(at, "ns") + b" " + sign + b" " + line + b"\n")

    async def relieve(self) -> None:
        """See :meth:`MessageLog.relieve`."""
        if not self._lines:
            return
        async with self._lock:
            lines, self._lines = self._lines, []
            try:
                if self._descriptor is None or self._size >= self._max_size:
                    with anyio.CancelScope(shield=True):
                        await anyio.to_thread.run_sync(self._open)
                self._write(lines)
            except OSError as error:
                if not self.dropped:
                    _logger.warning("the log %s cannot be written: %s", self.path, error.strerror)
                self.dropped += len(lines)

    async def aclose(self) -> None:
        """See :meth:`MessageLog.aclose`."""
        if rest := self._splitter.rest():
            self._add(b"<", rest, self._received_at)
        with anyio.CancelScope(shield=True):
            await self.relieve()
            async with self._lock:
                if self._descriptor is not None:
                    descriptor, self._descriptor = self._descriptor, None
                    await anyio.to_thread.run_sync(os.close, descriptor)

    def _write(self, lines: Sequence[bytes]) -> None:
        assert self._descriptor is not None
        if self.dropped:
            lines = [b"* %d lines could not be written\n" % self.dropped, *lines]
        data = b"".join(lines)
        written = os.write(self._descriptor, data)
        self._size += written
        if written < len(data):
            raise OSError(28, "no space left")
        self.dropped = 0

    def _open(self) -> None:
        """Opens it, for the first time or behind those that were full; blocks."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)
            self._rotate()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        self._descriptor = os.open(self.path, flags, 0o600)
        self._size = os.fstat(self._descriptor).st_size
        if hasattr(os, "set_blocking"):
            os.set_blocking(self._descriptor, False)  # an append goes to the page cache, as in the file store

    def _rotate(self) -> None:
        names = [self.path, *(self.path.with_name(f"{self.path.name}.{number}") for number in range(1, self._keep + 1))]
        for older, newer in zip(reversed(names), reversed(names[:-1]), strict=False):
            with contextlib.suppress(FileNotFoundError):
                os.replace(newer, older)
        if not self._keep:
            os.unlink(self.path)

    def __repr__(self) -> str:
        return f"FileLog({str(self.path)!r})"
