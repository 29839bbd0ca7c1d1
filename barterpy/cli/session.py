"""A run of a command: its event loop, its end by signal, and its standard output.

The first Ctrl-C stops the work and lets the command flush and sum up; the second ends the program where it stands.
"""

import os
import signal
import stat
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable
from importlib.util import find_spec
from io import BufferedIOBase
from typing import Any

import anyio
import anyio.abc
import anyio.lowlevel

from barterpy.cli.failures import Exit
from barterpy.cli.options import Common
from barterpy.errors import MissingExtraError
from barterpy.jsonlines import encode_event

__all__ = ["Session", "run"]

# POSIX: a pipe that polls as writable takes PIPE_BUF bytes without blocking; Linux has 4096, the least is 512.
_PIPE_CHUNK = 4096 if sys.platform == "linux" else 512


class Session:
    """What a running command has: its options, when to stop, and where to write.

    ``scope`` is for the part of the work that a signal or a deadline ends; what comes behind it (footers, a summary)
    always runs.
    """

    def __init__(self, common: Common) -> None:
        self.common = common
        self.scope: anyio.CancelScope = anyio.CancelScope()
        self.exit: Exit | None = None
        """The exit code of the signal that came, None when none has."""
        self._output = _Output()

    def until(self, seconds: float | None) -> anyio.CancelScope:
        """The scope to work in, with ``seconds`` from now as its deadline."""
        if seconds is not None:
            self.scope.deadline = anyio.current_time() + seconds
        return self.scope

    @property
    def progress(self) -> bool:
        """Whether to tell a person, on standard error, how far it is."""
        mixed = self.common.json and sys.stdout.isatty()
        return not self.common.quiet and not mixed and sys.stderr.isatty()

    def note(self, text: str) -> None:
        """Tell a person something that is not data."""
        if not self.common.quiet:
            print(text, file=sys.stderr, flush=True)

    async def events(self, events: Iterable[Any]) -> None:
        """Print events as JSON lines.

        :raises BrokenPipeError: nobody reads any more
        """
        data = b"".join([encode_event(event) + b"\n" for event in events])
        if data:
            await self._output.write(data)

    async def lines(self, lines: Iterable[str]) -> None:
        """Print lines of text.

        :raises BrokenPipeError: nobody reads any more
        """
        await self._output.write("".join([f"{line}\n" for line in lines]).encode("utf-8", "backslashreplace"))


class _Output:
    """Standard output that never blocks the event loop: a reader that is slow or paused must not cost a connection."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._buffer: BufferedIOBase | None = getattr(sys.stdout, "buffer", None)
        self._pipe: int | None = None
        self._lock = anyio.Lock()
        try:
            number = sys.stdout.fileno()
            mode = os.fstat(number).st_mode
        except (OSError, ValueError):
            return
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or (stat.S_ISCHR(mode) and os.isatty(number)):
            self._pipe = number

    async def write(self, data: bytes) -> None:
        if self._pipe is not None:
            view = memoryview(data)
            # Several tasks may print; what one of them says is not interrupted by another.
            async with self._lock:
                while view:
                    await anyio.wait_writable(self._pipe)
                    view = view[os.write(self._pipe, view[:_PIPE_CHUNK]) :]
        elif self._buffer is not None:
            self._buffer.write(data)
            self._buffer.flush()
            await anyio.lowlevel.checkpoint()
        else:
            sys.stdout.write(data.decode())
            await anyio.lowlevel.checkpoint()


def run(work: Callable[[Session], Awaitable[int]], common: Common) -> int:
    """Run ``work`` on the chosen backend and give its exit code.

    :raises barterpy.errors.MissingExtraError: trio was asked for and is not installed
    """
    if common.backend == "trio" and find_spec("trio") is None:
        raise MissingExtraError("trio", "trio")
    return anyio.run(_run, work, common, backend=common.backend)


async def _run(work: Callable[[Session], Awaitable[int]], common: Common) -> int:
    session = Session(common)
    failure: BaseException | None = None
    code = int(Exit.OK)
    async with anyio.create_task_group() as tasks:
        if sys.platform != "win32" and threading.current_thread() is threading.main_thread():
            await tasks.start(_listen, session)
        try:
            code = await work(session)
        except Exception as error:  # noqa: BLE001 - raised again below, outside of the task group
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return code if session.exit is None else session.exit


async def _listen(session: Session, *, task_status: anyio.abc.TaskStatus[None]) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for number in signals:
            session.exit = Exit.INTERRUPTED if number == signal.SIGINT else Exit.TERMINATED
            session.scope.cancel()
            return  # leaving restores the usual handlers: a second Ctrl-C is not asked to wait
