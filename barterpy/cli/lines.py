"""Bytes and lines of a file or of standard input, as they come: bounded, and never blocking the event loop."""

import os
import stat
import sys
from collections import deque
from pathlib import Path
from typing import Final, Self

import anyio
import anyio.lowlevel

from barterpy.errors import ConfigurationError

__all__ = ["MAX_LINE", "ChunkReader", "Line", "LineReader", "open_input"]

MAX_LINE: Final = 16 * 1024 * 1024
"""Bytes of the longest line that is taken; what is longer is cut there, and will not parse."""

_CHUNK: Final = 65536

Line = tuple[int, bytes]
"""The number of a line, from 1, and its bytes without the end of line."""


def open_input(path: Path) -> tuple[int, str]:
    """A descriptor to read from and a name for messages; ``-`` is standard input.

    :raises barterpy.errors.ConfigurationError: it is not a file that can be read
    """
    if str(path) == "-":
        return os.dup(sys.stdin.fileno()), "stdin"
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ConfigurationError(f"cannot read {path}: it is a folder")
    return descriptor, path.name


class ChunkReader:
    """Bytes as soon as they are there, in whatever pieces.

    An asynchronous iterator and a context manager; leaving it closes the descriptor.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waits = _can_wait(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        os.close(self._descriptor)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._waits:
            await anyio.wait_readable(self._descriptor)
        else:
            await anyio.lowlevel.checkpoint()
        chunk = os.read(self._descriptor, _CHUNK)
        if not chunk:
            raise StopAsyncIteration
        return chunk


class LineReader:
    """Each line that is not blank, as soon as it is there. The last one needs no end of line.

    An asynchronous iterator and a context manager; leaving it closes the descriptor.
    """

    def __init__(self, descriptor: int) -> None:
        self._chunks = ChunkReader(descriptor)
        self._lines: deque[Line] = deque()
        self._number = 0
        self._rest = bytearray()
        self._skipping = False
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._chunks.__exit__(*exc_info)

    @property
    def ready(self) -> bool:
        """Whether the next line is here already."""
        return bool(self._lines)

    def __aiter__(self) -> "LineReader":
        return self

    async def __anext__(self) -> Line:
        while not self._lines:
            if self._ended:
                raise StopAsyncIteration
            self._split(await anext(self._chunks, b""))
        return self._lines.popleft()

    def _split(self, chunk: bytes) -> None:
        *lines, last = chunk.split(b"\n")
        for line in lines:
            self._rest += line
            self._end_line()
        self._rest += last
        if not chunk:
            self._ended = True
            self._end_line()
        elif len(self._rest) > MAX_LINE:
            self._end_line()
            self._number -= 1  # the same line goes on
            self._skipping = True

    def _end_line(self) -> None:
        self._number += 1
        if self._rest.strip() and not self._skipping:
            self._lines.append((self._number, bytes(self._rest[:MAX_LINE].rstrip(b"\r"))))
        self._rest.clear()
        self._skipping = False


def _can_wait(descriptor: int) -> bool:
    """Whether readiness can be asked for: of pipes, sockets and terminals. Files and devices are just read."""
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)
