"""A TCP proxy on loopback that does to connections what networks do, on command or by a script."""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Self, final

import anyio
from anyio.abc import SocketAttribute, SocketStream

from barterpy.errors import ConfigurationError, ConnectError
from barterpy.testing.faults import DIRECTIONS, NO_FAULTS, Direction, Faults
from barterpy.testing.proxied import ProxiedConnection

__all__ = ["FaultInjector"]


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
    :param history: connections that :attr:`connections` remembers at most
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
        self.port: int = 0
        """The port of the proxy on 127.0.0.1, once the block is entered."""
        self.accepted: int = 0
        """Connections accepted in all."""
        self._target = (host, port)
        self._faults = faults
        self._seed = seed
        self._linger = linger
        self._connections: deque[ProxiedConnection] = deque(maxlen=history)
        self._open: set[ProxiedConnection] = set()
        self._past = {"to_server": 0, "to_client": 0}
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
        return self._past["to_server"] + sum(connection.bytes_to_server for connection in self._open)

    @property
    def bytes_to_client(self) -> int:
        """Bytes delivered to clients over all connections."""
        return self._past["to_client"] + sum(connection.bytes_to_client for connection in self._open)

    async def wait_accepted(self, count: int = 1) -> tuple[ProxiedConnection, ...]:
        """Wait until ``count`` connections were accepted in all; gives :attr:`connections`."""
        while self.accepted < count:
            await self._more.wait()
        return self.connections

    # Commands

    def inject(self, faults: Faults) -> None:
        """Further faults for every open connection, whose positions count from the bytes each has delivered so far."""
        for connection in self._open:
            connection.inject(faults)

    def cut_all(self, *, reset: bool = False) -> None:
        """End every open connection now, by FIN or by RST. New ones can be made."""
        for connection in tuple(self._open):
            connection.cut(reset=reset)

    def stall(self, direction: Direction | None = None) -> None:
        """Deliver nothing more in this direction, or in both, over open and over new connections."""
        self._stalled.update(DIRECTIONS if direction is None else (direction,))
        for connection in self._open:
            connection.stall(direction)

    def release(self, direction: Direction | None = None) -> None:
        """End every stall in this direction, or in both, whether by command or by script."""
        self._stalled.difference_update(DIRECTIONS if direction is None else (direction,))
        for connection in self._open:
            connection.release(direction)

    # Its life

    async def __aenter__(self) -> Self:
        if self._running is not None:
            raise ConfigurationError("a fault injector is entered once; make a new one")
        self._running = self._run()
        await self._running.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        assert self._running is not None
        return await self._running.__aexit__(exc_type, exc, traceback)

    @asynccontextmanager
    async def _run(self) -> AsyncGenerator[None, None]:
        try:
            listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        except OSError as error:
            raise ConnectError("127.0.0.1", str(error)) from error
        self.port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - anyio's
        failure: Exception | None = None
        async with listener, anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, self._serve, tasks)
            try:
                yield
            except Exception as error:  # noqa: BLE001 - the block's own; passed on below as it is, not in a group
                failure = error
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _serve(self, client: SocketStream) -> None:
        index = self.accepted
        connection = ProxiedConnection(index, self._script(index), self._seed)
        for direction in self._stalled:
            connection.stall(direction)
        self._connections.append(connection)
        self._open.add(connection)
        self.accepted += 1
        self._more.set()
        self._more = anyio.Event()
        try:
            await connection.run(client, *self._target, self._linger)
        finally:
            self._open.discard(connection)
            self._past["to_server"] += connection.bytes_to_server
            self._past["to_client"] += connection.bytes_to_client

    def _script(self, index: int) -> Faults:
        if isinstance(self._faults, Faults):
            return self._faults
        if callable(self._faults):
            return self._faults(index)
        return self._faults[index] if index < len(self._faults) else NO_FAULTS
