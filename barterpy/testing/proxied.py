"""One connection through a fault injector: two lines, each carrying out its plan and what it is told."""

import socket
import struct
from contextlib import suppress
from typing import Final, final

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.lowlevel import checkpoint

from barterpy.errors import ConfigurationError
from barterpy.testing.faults import DIRECTIONS, Cut, Direction, FaultPlan, Faults, HalfClose, HalfOpen, Stall

__all__ = ["ProxiedConnection"]

_READ: Final = 64 * 1024
_GONE: Final = (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError)


class _Line:
    """One direction of a connection: its plan, its valve, and how many bytes came through."""

    def __init__(self, plan: FaultPlan) -> None:
        self.plan = plan
        self.delivered = 0
        self.swallowing = False
        self._flowing = anyio.Event()
        self._flowing.set()
        self._reading: anyio.CancelScope | None = None

    @property
    def stalled(self) -> bool:
        return not self._flowing.is_set()

    def shut(self) -> None:
        if not self.stalled:
            self._flowing = anyio.Event()
        self.wake()

    def open(self) -> None:
        self._flowing.set()

    async def flow(self) -> None:
        while self.stalled:
            await self._flowing.wait()

    def wake(self) -> None:
        """Let a read that waits look at the plan and the valve again. Cancelling a read loses no byte."""
        if self._reading is not None:
            self._reading.cancel()

    async def read(self, source: SocketStream) -> bytes | None:
        """What came, ``b""`` at the end of the stream, None when there is something else to look at."""
        with anyio.CancelScope() as self._reading:
            try:
                return await source.receive(_READ)
            except anyio.EndOfStream:
                return b""
            finally:
                self._reading = None
        return None


@final
class ProxiedConnection:
    """One connection through a :class:`~barterpy.testing.injector.FaultInjector`, which makes them.

    ``index`` counts them from 0, ``faults`` is its script.
    """

    def __init__(self, index: int, faults: Faults, seed: int) -> None:
        self.index = index
        self.faults = faults
        self.error: str | None = None
        """Why the server could not be reached; the client was then reset."""
        self._lines = {
            direction: _Line(FaultPlan(faults.of(direction), f"{seed}/{index}/{direction}")) for direction in DIRECTIONS
        }
        self._ends: dict[Direction, SocketStream] = {}
        self._scope = anyio.CancelScope()
        self._reset = False
        self._cut = False
        self._closed = anyio.Event()

    @property
    def closed(self) -> bool:
        """Whether it has ended for both sides."""
        return self._closed.is_set()

    @property
    def bytes_to_server(self) -> int:
        """Bytes delivered to the server."""
        return self._lines["to_server"].delivered

    @property
    def bytes_to_client(self) -> int:
        """Bytes delivered to the client."""
        return self._lines["to_client"].delivered

    def stalled(self, direction: Direction) -> bool:
        """Whether nothing is delivered in this direction now."""
        return self._lines[direction].stalled

    async def wait_closed(self) -> None:
        """Wait until it has ended for both sides."""
        await self._closed.wait()

    # Commands

    def inject(self, faults: Faults) -> None:
        """Further faults, whose positions count from the bytes delivered so far."""
        if faults.refuse:
            raise ConfigurationError("a connection that was made cannot be refused; cut it")
        for direction in DIRECTIONS:
            line = self._lines[direction]
            line.plan.add(faults.of(direction))
            line.wake()

    def cut(self, *, reset: bool = False) -> None:
        """End it now for both sides, by FIN or by RST. What was delivered in good order stays readable after a FIN."""
        self._reset = self._reset or reset
        self._cut = True
        self._scope.cancel()

    def stall(self, direction: Direction | None = None) -> None:
        """Deliver nothing more in this direction, or in both, until it is released."""
        for one in DIRECTIONS if direction is None else (direction,):
            self._lines[one].shut()

    def release(self, direction: Direction | None = None) -> None:
        """End a stall, whether by command or by script: what was held back is delivered."""
        for one in DIRECTIONS if direction is None else (direction,):
            self._lines[one].open()

    # Its life

    async def run(self, client: SocketStream, host: str, port: int, linger: float) -> None:
        """The whole of it, from ``client``'s first byte on; for the injector."""
        self._ends["to_client"] = client
        try:
            with self._scope:
                if self.faults.refuse:
                    self.cut(reset=self.faults.refuse == "reset")
                    await checkpoint()
                try:
                    server = await anyio.connect_tcp(host, port)
                except OSError as error:
                    self.error = str(error)
                    self.cut(reset=True)
                    return
                self._ends["to_server"] = server
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._pump, "to_server", client, server)
                    tasks.start_soon(self._pump, "to_client", server, client)
            if self._cut and not self._reset:
                with anyio.move_on_after(linger):
                    await self._farewell()
        finally:
            for end in self._ends.values():
                if self._reset:
                    _reset_on_close(end)
            with anyio.CancelScope(shield=True):
                for end in self._ends.values():
                    await anyio.aclose_forcefully(end)
            self._closed.set()

    async def _pump(self, direction: Direction, source: SocketStream, sink: SocketStream) -> None:
        line = self._lines[direction]
        try:
            await self._relay(direction, line, source, sink)
        except _GONE:
            if not any(other.swallowing for other in self._lines.values()):
                # One side is gone without a good-bye; the other hears of it in the same way.
                self.cut(reset=True)

    async def _relay(self, direction: Direction, line: _Line, source: SocketStream, sink: SocketStream) -> None:
        held = b""
        while True:
            await line.flow()
            stop = line.plan.due()
            if isinstance(stop, Stall):
                line.shut()
            elif stop is not None:
                await self._stop(stop, line, source, sink)
                return
            elif held:
                piece = line.plan.take(held)
                held = held[len(piece.data) :]
                if piece.delay:
                    await anyio.sleep(piece.delay)
                    await line.flow()
                line.delivered += len(piece.data)  # before the write: who has received them finds them counted
                await sink.send(piece.data)
            else:
                data = await line.read(source)
                if data == b"":
                    await line.flow()
                    await _end(sink)
                    return
                held = data or b""

    async def _stop(
        self, stop: Cut | HalfClose | HalfOpen, line: _Line, source: SocketStream, sink: SocketStream
    ) -> None:
        if isinstance(stop, Cut):
            self.cut(reset=stop.reset)
            return
        if isinstance(stop, HalfClose):
            await _end(sink)
        else:
            line.swallowing = True
            _reset_on_close(sink)
            await anyio.aclose_forcefully(sink)
        while await line.read(source) != b"":
            continue

    async def _farewell(self) -> None:
        """FIN to both sides, then whatever they still send, until they close too: closing with bytes unread would
        reset the connection and lose what was delivered."""
        async with anyio.create_task_group() as tasks:
            for end in self._ends.values():
                tasks.start_soon(_see_off, end)


async def _end(sink: SocketStream) -> None:
    with suppress(OSError):  # it is gone already
        await sink.send_eof()


async def _see_off(end: SocketStream) -> None:
    try:
        await _end(end)
        while True:
            await end.receive(_READ)
    except (anyio.EndOfStream, *_GONE):
        return


def _reset_on_close(end: SocketStream) -> None:
    # A linger time of nothing makes the kernel answer a close with RST.
    try:
        end.extra(SocketAttribute.raw_socket).setsockopt(  # noqa: S610 - anyio's
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
    except OSError:  # closed already
        return
