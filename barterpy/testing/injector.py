"""A TCP proxy on loopback that does to connections what networks do, on command or by a script."""

import socket
import struct
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, final

import anyio
from anyio.abc import SocketAttribute, SocketStream

from barterpy.errors import ConfigurationError
from barterpy.testing.faults import Cut, Direction, FaultPlan, Faults, HalfClose, HalfOpen, Stall

__all__ = ["FaultInjector", "ProxiedConnection"]

_READ: Final = 64 * 1024
_BOTH: Final[tuple[Direction, Direction]] = ("to_server", "to_client")
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
    """One connection through a :class:`FaultInjector`. ``index`` counts them from 0, ``faults`` is its script."""

    def __init__(self, index: int, faults: Faults, seed: int) -> None:
        self.index = index
        self.faults = faults
        self.error: str | None = None
        """Why the server could not be reached; the client was then reset."""
        self._lines: dict[Direction, _Line] = {
            "to_server": _Line(FaultPlan(faults.to_server, f"{seed}/{index}/to_server")),
            "to_client": _Line(FaultPlan(faults.to_client, f"{seed}/{index}/to_client")),
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
        for direction, more in (("to_server", faults.to_server), ("to_client", faults.to_client)):
            line = self._lines[direction]
            line.plan.add(more)
            line.wake()

    def cut(self, *, reset: bool = False) -> None:
        """End it now for both sides, by FIN or by RST. What was delivered in good order stays readable after a FIN."""
        self._reset = self._reset or reset
        self._cut = True
        self._scope.cancel()

    def stall(self, direction: Direction | None = None) -> None:
        """Deliver nothing more in this direction, or in both, until it is released."""
        for one in _BOTH if direction is None else (direction,):
            self._lines[one].shut()

    def release(self, direction: Direction | None = None) -> None:
        """End a stall, whether by command or by script: what was held back is delivered."""
        for one in _BOTH if direction is None else (direction,):
            self._lines[one].open()

    # Its life

    async def _run(self, client: SocketStream, host: str, port: int, linger: float) -> None:
        self._ends["to_client"] = client
        try:
            with self._scope:
                if self.faults.refuse:
                    self.cut(reset=self.faults.refuse == "reset")
                    await anyio.lowlevel.checkpoint()
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
                await sink.send(piece.data)
                line.delivered += len(piece.data)
            else:
                data = await line.read(source)
                if data == b"":
                    await line.flow()
                    await sink.send_eof()
                    return
                held = data or b""

    async def _stop(self, stop: Cut | HalfClose | HalfOpen, line: _Line, source: SocketStream, sink: SocketStream) -> None:
        if isinstance(stop, Cut):
            self.cut(reset=stop.reset)
            return
        if isinstance(stop, HalfClose):
            await sink.send_eof()
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


async def _see_off(end: SocketStream) -> None:
    try:
        await end.send_eof()
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


@final
class FaultInjector:
    """A proxy in front of ``host`` and ``port``, running while the block does.

        async with FaultInjector("127.0.0.1", server.port, [Faults(to_client=(Cut(after=1000),))]) as proxy:
            async with websocket.connect(f"ws://127.0.0.1:{proxy.port}") as socket:
                ...                         # the first connection is cut after 1000 bytes, later ones are not
                proxy.stall("to_client")    # and faults come on command, too

    :param faults: the script of each connection: one for all of them; one each in their order, and none for those
        behind the last; or a function of the connection's number from 0
    :param seed: what is random in a script is the same for the same seed
    :param linger: seconds a connection that was cut by FIN waits for its sides to close, before it is closed on them
    :param history: connections remembered at most; the oldest closed ones are forgotten
    :raises barterpy.errors.ConnectError: no port could be bound

    Bytes wait in no queue: a receiver that does not read holds up the sender. Leaving the block ends all connections.
    """

    def __init__(
        self,
        host: str,
        port: int,
        faults: Faults | Sequence[Faults] | Callable[[int], Faults] = (),
        *,
        seed: int = 0,
        linger: float = 1.0,
        history: int = 1000,
    ) -> None:
        if linger < 0 or history < 1:
            raise ConfigurationError("linger is not negative, and history at least 1")
        self.port = 0
        """The port of the proxy on 127.0.0.1, once the block is entered."""
        self.accepted = 0
        """Connections accepted in all."""
        self._host = host
        self._target_port = port
        self._faults = faults
        self._seed = seed
        self._linger = linger
        self._connections: deque[ProxiedConnection] = deque(maxlen=history)
        self._open: set[ProxiedConnection] = set()
        self._forgotten: dict[Direction, int] = {"to_server": 0, "to_client": 0}
        self._stalled: set[Direction] = set()
        self._more = anyio.Event()
        self._running: AbstractAsyncContextManager[None] | None = None

    @property
    def connections(self) -> tuple[ProxiedConnection, ...]:
        """The connections made so far, open or closed, in their order."""
        return tuple(self._connections)

    @property
    def bytes_to_server(self) -> int:
        """Bytes delivered to the server over all connections."""
        return self._delivered("to_server")

    @property
    def bytes_to_client(self) -> int:
        """Bytes delivered to clients over all connections."""
        return self._delivered("to_client")

    async def wait_accepted(self, count: int = 1) -> tuple[ProxiedConnection, ...]:
        """Wait until ``count`` connections were accepted in all; gives :attr:`connections`."""
        while self.accepted < count:
            await self._more.wait()
        return self.connections
