"""The way from many connections to one consumer, through a buffer with a policy: the part that waits."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

import anyio
from anyio.lowlevel import checkpoint, checkpoint_if_cancelled

from barterpy.clock import WallClock, wall_clock
from barterpy.flow.buffer import Buffer, FlowCounters, Source
from barterpy.flow.conflation import ConflatingBuffer
from barterpy.flow.dropping import DroppingBuffer
from barterpy.flow.policy import FlowMode, FlowPolicy

__all__ = ["FlowChannel", "FlowSender"]

Out = TypeVar("Out")


_BUFFERS: Final[dict[FlowMode, type[Buffer[Any]]]] = {
    "block": Buffer,
    "fail": Buffer,
    "drop_oldest": DroppingBuffer,
    "conflate": ConflatingBuffer,
}


class _Waiting(Generic[Out]):
    """A sender whose batch finds no room yet."""

    __slots__ = ("batch", "event", "source", "taken")

    def __init__(self, batch: Sequence[Out], source: Source) -> None:
        self.batch = batch
        self.source = source
        self.event = anyio.Event()
        self.taken = False


class FlowChannel(Generic[Out]):
    """Batches of several senders for one receiver. Senders who have to wait are served in the order in which they came.

    Cancelling loses nothing: a batch that was not taken is not sent, and one that was not handed over stays.

    :param policy: how much may wait, and what happens then; :class:`~barterpy.flow.policy.FlowPolicy`
    :param clock: int nanoseconds UTC, for :class:`~barterpy.events.Overflow`
    """

    def __init__(self, policy: FlowPolicy | None = None, *, clock: WallClock = wall_clock) -> None:
        policy = policy or FlowPolicy()
        self._buffer: Buffer[Out] = _BUFFERS[policy.mode](policy)
        self._low = policy.size // 2
        self._clock = clock
        self._senders = 0
        self._waiting: deque[_Waiting[Out]] = deque()
        self._receiver: anyio.Event | None = None
        self._receiving = False
        self._closed = False

    @property
    def counters(self) -> FlowCounters:
        """How full the buffer is and was, and what was lost."""
        return self._buffer.counters

    def sender(self, venue: str = "", connection: str = "") -> "FlowSender[Out]":
        """A way in, for the connection of this name. The receiver sees the end when all senders are closed."""
        self._senders += 1
        return FlowSender(self, (venue, connection))

    async def receive(self) -> Sequence[Out]:
        """The next batch, never empty.

        :raises anyio.EndOfStream: all senders are closed and everything was handed over
        :raises anyio.ClosedResourceError: the channel is closed
        :raises anyio.BusyResourceError: another task is receiving
        :raises Exception: what a sender failed with, or the policy, behind everything that came before it
        """
        if self._receiving:
            raise anyio.BusyResourceError("receiving from")
        self._receiving = True
        try:
            await checkpoint()
            while True:
                if self._closed:
                    raise anyio.ClosedResourceError("closed; iterate inside its async with block")
                batch = self._buffer.take(self._clock())
                if batch is not None:
                    # Half empty: waking a sender for each batch costs more than the batch.
                    if self._waiting and self._buffer.held <= self._low:
                        self._admit()
                    return batch
                if not self._senders:
                    raise anyio.EndOfStream
                self._receiver = anyio.Event()
                await self._receiver.wait()
        finally:
            self._receiver = None
            self._receiving = False

    def close(self) -> None:
        """Forget what waits. Senders get :class:`anyio.BrokenResourceError` from here on."""
        self._closed = True
        self._turn_away()
        self._wake()

    # For its senders.

    async def put(
        self, batch: Sequence[Out], source: Source, through: Callable[[Sequence[Out]], Sequence[Out]] | None = None
    ) -> None:
        """Take a batch of this connection; see :meth:`FlowSender.send`."""
        buffer = self._buffer
        if buffer.held:
            # Sockets suspend; one that does not would fill the buffer before the consumer ran once. Where the consumer
            # keeps up it is spared, as a turn of the loop costs as much as all the rest of handing over a batch.
            await checkpoint()
        else:
            await checkpoint_if_cancelled()
        if self._closed or buffer.failed:
            raise anyio.BrokenResourceError
        if through is not None:
            # Nothing suspends from here until the batch has its place, in the buffer or in the line before it.
            batch = through(batch)
            if not batch:
                return
        # Whoever waits came first.
        if not self._waiting and buffer.put(batch, source):
            self._wake()
            return
        if buffer.failed:
            self._turn_away()
            self._wake()
            raise anyio.BrokenResourceError
        waiting = _Waiting(batch, source)
        self._waiting.append(waiting)
        try:
            await waiting.event.wait()
        finally:
            if not waiting.taken and waiting in self._waiting:
                self._waiting.remove(waiting)
                self._admit()  # those behind it may have waited for it alone
        if not waiting.taken:
            raise anyio.BrokenResourceError

    def put_error(self, error: Exception) -> None:
        """Have ``error`` raised at the receiver; see :meth:`FlowSender.fail`."""
        if not self._closed and not self._buffer.failed:
            self._buffer.put_error(error)
            self._wake()

    def leave(self) -> None:
        """There is one sender less."""
        self._senders -= 1
        if not self._senders:
            self._wake()

    # Waiting.

    def _admit(self) -> None:
        while self._waiting and self._buffer.put(self._waiting[0].batch, self._waiting[0].source):
            waiting = self._waiting.popleft()
            waiting.taken = True
            waiting.event.set()
            self._wake()

    def _turn_away(self) -> None:
        while self._waiting:
            self._waiting.popleft().event.set()

    def _wake(self) -> None:
        if self._receiver is not None:
            self._receiver.set()


class FlowSender(Generic[Out]):
    """One connection's way into a :class:`FlowChannel`; see :meth:`FlowChannel.sender`."""

    def __init__(self, channel: FlowChannel[Out], source: Source) -> None:
        self._channel = channel
        self._source = source
        self._closed = False

    async def send(self, batch: Sequence[Out], through: Callable[[Sequence[Out]], Sequence[Out]] | None = None) -> None:
        """Hand over a batch, waiting for room where the policy is to wait.

        :param through: what becomes of the batch at the moment it takes its place among those of the other senders;
            nothing of it may be left
        :raises anyio.BrokenResourceError: the channel is closed, or has overflowed under ``"fail"``
        :raises anyio.ClosedResourceError: this sender is closed
        """
        if self._closed:
            raise anyio.ClosedResourceError
        await self._channel.put(batch, self._source, through)

    def fail(self, error: Exception) -> None:
        """Have ``error`` raised at the receiver, behind everything sent before it; then :meth:`close`."""
        self._channel.put_error(error)
        self.close()

    def close(self) -> None:
        """Nothing more comes from here. May be called twice."""
        if not self._closed:
            self._closed = True
            self._channel.leave()
