"""TCP on asyncio with nothing between the event loop and the reader.

anyio's stream asks the selector twice for each read (a reader is added and removed again), and a cancel scope around
each read is a timer and a callback. Here reading goes on until too much lies unread, the deadline is a timer that is
set once and looked at when it rings, and a read is an append and a future. Half the time from the wire to the consumer
was spent there (measured).
"""

import asyncio
import contextlib
import socket
import time
import types
from collections import deque
from collections.abc import Callable, Generator
from typing import Any, cast

import anyio
from anyio.abc import SocketStream
from anyio.lowlevel import cancel_shielded_checkpoint, checkpoint, checkpoint_if_cancelled

from barterpy.protocols.tcp.deadline import DeadlinePassed
from barterpy.protocols.tcp.wakeup import Wakeup

__all__ = ["AsyncioStream"]

_MAX_UNREAD = 512 * 1024
"""Bytes at which reading pauses, until the consumer has taken them; a read of the event loop's comes on top."""


_SMALL_BUFFER = 16 * 1024
_LARGE_BUFFER = 256 * 1024
"""Bytes one read of the event loop's takes at most: the small one until a read filled it, then the large one. The
buffer belongs to the connection: a fresh one for each read, which the event loop makes for those who bring none, is
memory asked from and given back to the operating system, 40 of 150 microseconds from the wire to the consumer
(measured). A connection with little traffic keeps the small one."""


class AsyncioStream(asyncio.BufferedProtocol, SocketStream):
    """A connected socket, and the asyncio protocol of its transport."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.deadline: float | None = None
        # The clock of asyncio's own loops, without the method around it.
        plain = getattr(type(loop), "time", None) is asyncio.BaseEventLoop.time
        self.now: Callable[[], float] = time.monotonic if plain else loop.time
        self._loop = loop
        self._chunks: deque[bytes] = deque()
        self._unread = 0
        self._buffer = memoryview(bytearray(_SMALL_BUFFER))
        self._paused = False
        self._ended = False
        self._sent_eof = False
        self._closed = False
        self._error: Exception | None = None
        self._receiving = False
        self._sending = False
        self._reader: Wakeup | None = None
        self._arrived: bytes | None = None
        self._writer: asyncio.Future[None] | None = None
        self._blocked = False
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(0)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next read goes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """So much of the buffer was read."""
        data = bytes(self._buffer[:nbytes])
        if nbytes == _SMALL_BUFFER == len(self._buffer):
            self._buffer = memoryview(bytearray(_LARGE_BUFFER))
        reader = self._reader
        if reader is not None and reader.callback is not None:
            # Whoever waits has it before this returns: there is nothing to keep and nothing to count.
            self._arrived = data
            reader.wake_from_callback()
            return
        self._keep(data)

    def _keep(self, data: bytes) -> None:
        self._chunks.append(data)
        self._unread += len(data)
        if self._unread >= _MAX_UNREAD and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        self._ended = True
        self._wake_reader()
        return True  # what is still to be sent can be

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._error = exc
        self._wake_reader()
        self.resume_writing()

    def pause_writing(self) -> None:
        self._blocked = True

    def resume_writing(self) -> None:
        self._blocked = False
        if self._writer is not None and not self._writer.done():
            self._writer.set_result(None)

    def _wake_reader(self) -> None:
        if self._reader is not None:
            self._reader.wake()

    # Receiving

    async def receive(self, max_bytes: int = 65536) -> bytes:
        """What is there, at most ``max_bytes``; waits for the first byte until :attr:`deadline`.

        :raises DeadlinePassed: nothing came in time
        :raises anyio.EndOfStream: the peer sends no more
        :raises anyio.BrokenResourceError: the connection broke
        :raises anyio.ClosedResourceError: this side closed it
        :raises anyio.BusyResourceError: another task is receiving
        :raises ValueError: ``max_bytes`` is less than one
        """
        if max_bytes < 1:
            raise ValueError("max_bytes must be at least 1")
        if self._receiving:
            raise anyio.BusyResourceError("reading from")
        self._receiving = True
        try:
            if self._chunks or self._ended or self._closed:
                await checkpoint()
            while (chunk := self.take(max_bytes)) is None:
                if not self._set_alarm():
                    await checkpoint()  # or a caller that asks again and again would be alone in the event loop
                    raise DeadlinePassed
                data = await self.arrival()
                if data is not None:
                    if len(data) <= max_bytes:
                        return data
                    self._keep(data)
            return chunk
        finally:
            self._receiving = False

    # What receive is made of, for a reader that waits often and for little: a coroutine less for each message. It is to
    # be the only reader, and lets others run when :meth:`is_ready`.

    def is_ready(self) -> bool:
        """Whether :meth:`take` has something to give or to raise."""
        return bool(self._chunks or self._ended or self._closed)

    def take(self, max_bytes: int) -> bytes | None:
        """At most so much of what is there; None if nothing is. Raises what :meth:`receive` raises at an end."""
        if not self._chunks:
            if self._closed:
                raise anyio.ClosedResourceError
            if self._error is not None:
                raise anyio.BrokenResourceError from self._error
            if self._ended:
                raise anyio.EndOfStream
            return None
        chunk = self._chunks.popleft()
        if len(chunk) > max_bytes:
            self._chunks.appendleft(chunk[max_bytes:])
            chunk = chunk[:max_bytes]
        self._unread -= len(chunk)
        if self._paused and not self._chunks:
            self._paused = False
            # It may have broken meanwhile, by a write; uvloop refuses to resume what is closed.
            if not self._transport.is_closing():
                self._transport.resume_reading()
        return chunk

    @types.coroutine
    def arrival(self) -> Generator[Any, None, bytes | None]:
        """Waits for bytes when there are none, and gives them; None when there may be something else to :meth:`take`,
        or the time of an alarm has come.
        """
        # What awaiting the wakeup does, without a second generator in between.
        self._reader = reader = Wakeup(self._loop)
        yield reader
        data = self._arrived
        self._arrived = None
        return data

    def is_quiet(self) -> bool:
        """Whether there is nothing to :meth:`take`, and an :meth:`arrival` will end by itself: most often, when a quiet
        connection is asked."""
        return self._alarm is not None and not (self._chunks or self._ended or self._closed)

    def set_deadline(self, deadline: float | None) -> bool:
        """Sees to it that an :meth:`arrival` ends by then; False if that time has passed."""
        self.deadline = deadline
        return self._set_alarm()

    def _set_alarm(self) -> bool:
        """Sees to it that :meth:`_ring` is called by the deadline; False if that has passed."""
        deadline = self.deadline
        # One that rings too early finds the deadline moved, and is set again: once in many reads. While one is set that
        # rings no later, nobody needs to look at the clock.
        if deadline is None or (self._alarm is not None and deadline >= self._alarm_at):
            return True
        if self.now() >= deadline:
            return False
        self._drop_alarm()
        self._alarm_at = deadline
        self._alarm = self._loop.call_at(deadline, self._ring)
        return True

    def _ring(self) -> None:
        self._alarm = None
        self._wake_reader()

    def _drop_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    # Sending

    async def send(self, item: bytes) -> None:
        """Writes it; returns when the operating system has all of it.

        :raises anyio.BrokenResourceError: the connection broke
        :raises anyio.ClosedResourceError: this side closed it, or the direction
        :raises anyio.BusyResourceError: another task is sending
        """
        if self._sending:
            raise anyio.BusyResourceError("writing to")
        self._sending = True
        try:
            await checkpoint_if_cancelled()
            if self._blocked:  # what a cancelled send left behind goes first, so that it cannot pile up
                await self._unblocked()
            self._require_writable()
            if self._sent_eof:
                raise anyio.ClosedResourceError
            self._transport.write(item)
            if self._blocked:
                await self._unblocked()
                self._require_writable()
                return
            failed = self._transport.is_closing()
            await cancel_shielded_checkpoint()
            if failed:
                self._require_writable()
        finally:
            self._sending = False

    def send_nowait(self, item: bytes) -> bool:
        """Writes it at once, if what was sent before is on its way; False if it was not. What the operating
        system has no room for goes behind it, and the next :meth:`send` waits for that."""
        if self._sending or self._blocked or self._closed or self._sent_eof:
            return False
        transport = self._transport
        transport.write(item)
        return not transport.is_closing()  # nothing was written, or that failed at once: the next send says why

    async def _unblocked(self) -> None:
        self._writer = self._loop.create_future()
        try:
            await self._writer
        finally:
            self._writer = None

    def _require_writable(self) -> None:
        if self._closed:
            raise anyio.ClosedResourceError
        if self._error is not None or self._transport.is_closing():
            raise anyio.BrokenResourceError from self._error

    async def send_eof(self) -> None:
        """Ends the sending direction, behind what is still being sent. Nothing to do if the connection is gone."""
        if not self._closed and not self._transport.is_closing():
            self._sent_eof = True
            with contextlib.suppress(OSError):  # the peer has just reset it; the next receive tells
                self._transport.write_eof()
        await checkpoint()

    # Closing

    async def aclose(self) -> None:
        """Closes at once; what was not received, and what a cancelled ``send`` left behind, is dropped."""
        self._closed = True
        self._drop_alarm()
        self._chunks.clear()
        self._unread = 0
        self._transport.abort()
        self._wake_reader()
        self.resume_writing()
        await checkpoint()

    @property
    def _raw_socket(self) -> socket.socket:
        return cast("socket.socket", self._transport.get_extra_info("socket"))
