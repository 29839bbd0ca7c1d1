"""A recording as a server: a real WebSocket and real HTTP on loopback, for clients in any language."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, Self, TypeAlias, final
from urllib.parse import urlsplit

import anyio
import msgspec

from barterpy.clock import SECOND
from barterpy.errors import BarterError, ConfigurationError
from barterpy.http import HttpRequest, HttpResponse
from barterpy.recording import Opened, Payload, Received
from barterpy.testing.http_server import serve_http
from barterpy.testing.replay import RecordingSource, RecordStream, ReplayTransport
from barterpy.testing.simulated.exchange import family_of
from barterpy.testing.simulated.session import asked_in_url

if TYPE_CHECKING:
    from barterpy.protocols.websocket import WebSocket

__all__ = ["BinanceReplay", "PlainReplay", "ReplayDialect", "ReplayServer", "ReplaySession"]

_STREAM: Final = '{"stream":"'


class ReplaySession(Protocol):
    """What one client of a :class:`ReplayServer` gets; one is made for each connection."""

    @property
    def ready(self) -> bool:
        """Whether to begin: for a venue with subscriptions, when something was subscribed."""
        ...

    def on_message(self, message: Payload, /) -> Sequence[Payload]:
        """What the client said; returns what to answer."""
        ...

    def wants(self, record: Opened | Received, /) -> bool:
        """Whether this message is for it. Sees every record of a connection's opening, too, in order."""
        ...


ReplayDialect: TypeAlias = Callable[[str, str], ReplaySession]
"""Makes a session for a client that asked for this path and query."""


@final
class PlainReplay:
    """Everything that came on the connections which led to the same path as the client's, at once; all of the recording
    where none did or no path was recorded."""

    def __init__(self, path: str, query: str) -> None:
        self._path = path or "/"
        self._paths: dict[str, str] = {}

    @property
    def ready(self) -> bool:
        return True

    def on_message(self, message: Payload, /) -> Sequence[Payload]:
        return ()

    def wants(self, record: Opened | Received, /) -> bool:
        if isinstance(record, Opened):
            self._paths[record.connection] = urlsplit(record.url).path or "/"
            return False
        return self._path not in self._paths.values() or self._paths.get(record.connection) == self._path


class _Call(msgspec.Struct):
    method: str
    id: int | str | None = None
    params: list[Any] = []


@final
class BinanceReplay:
    """Frames by the name of their stream: each client gets those it subscribed, in the URL or by SUBSCRIBE, which is
    acknowledged. On the split futures paths (``/public``, ``/market``) only what that path carries, whatever connection
    it was recorded on."""

    def __init__(self, path: str, query: str) -> None:
        self.streams: set[str] = set(asked_in_url(path, query))
        family = path.split("/")[1] if "/" in path else ""
        self._family = family if family in ("public", "market") else None

    @property
    def ready(self) -> bool:
        return bool(self.streams)

    def on_message(self, message: Payload, /) -> Sequence[Payload]:
        try:
            call = msgspec.json.decode(message, type=_Call)
        except msgspec.DecodeError as error:
            return [msgspec.json.encode({"code": 2, "msg": f"Invalid request: {error}", "id": None}).decode()]
        result: list[str] | None = None
        match call.method:
            case "SUBSCRIBE":
                self.streams.update(str(name) for name in call.params)
            case "UNSUBSCRIBE":
                self.streams.difference_update(str(name) for name in call.params)
            case "LIST_SUBSCRIPTIONS":
                result = sorted(self.streams)
            case _:
                pass
        return [msgspec.json.encode({"result": result, "id": call.id}).decode()]

    def wants(self, record: Opened | Received, /) -> bool:
        if isinstance(record, Opened) or record.text is None or not record.text.startswith(_STREAM):
            return False  # what was acknowledged then is not what this client asked
        name = record.text[len(_STREAM) : record.text.index('"', len(_STREAM))]
        return name in self.streams and (self._family is None or family_of(name) == self._family)


@final
class ReplayServer:
    """Serves a recording to any number of clients, each from its beginning.

        async with ReplayServer("binance.barterpy.zst") as server:
            client = binance.Futures(ws_url=server.ws_url, rest_url=server.rest_url)

    Payloads are sent exactly as they came, text as text and binary as binary. REST requests are answered as
    :class:`~barterpy.testing.ReplayTransport` answers them, at once.

    :param source: the recording
    :param dialect: how clients subscribe; None finds out from the recording's messages: :class:`BinanceReplay` or
        :class:`PlainReplay`
    :param speed: times the recording's pace; None for as fast as it goes
    :param at_end: keep the connection open (``hold``), or ``close`` it with 1000 behind the last message
    :param settle: seconds to wait for further subscriptions before beginning, after each
    """

    def __init__(
        self,
        source: RecordingSource,
        *,
        dialect: ReplayDialect | None = None,
        speed: float | None = None,
        at_end: Literal["hold", "close"] = "hold",
        settle: float = 0.1,
        host: str = "127.0.0.1",
        ws_port: int = 0,
        rest_port: int = 0,
    ) -> None:
        if (speed is not None and speed <= 0) or settle < 0:
            raise ConfigurationError("speed must be positive and settle not negative")
        self.ws_url: str = ""
        self.rest_url: str = ""
        self.sent: int = 0
        """Messages of the recording that were sent, to all clients."""
        # What can be iterated only once is kept: every client begins at the beginning.
        self._source: RecordingSource = source if isinstance(source, (str, Path)) else tuple(source)
        self._dialect = dialect
        self._speed = speed
        self._at_end = at_end
        self._settle = settle
        self._address = (host, ws_port, rest_port)
        self._transport = ReplayTransport(self._source)
        self._clients: dict[int, bool] = {}
        self._changed = anyio.Event()
        self._running: AbstractAsyncContextManager[None] | None = None

    async def __aenter__(self) -> Self:
        if self._running is not None:
            raise ConfigurationError("a replay server can be entered once")
        self._running = self._run()
        await self._running.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        assert self._running is not None
        return await self._running.__aexit__(kind, error, traceback)

    async def finished(self, clients: int = 1) -> None:
        """Wait until so many clients were sent everything."""
        while sum(self._clients.values()) < clients:
            await self._changed.wait()

    @asynccontextmanager
    async def _run(self) -> AsyncGenerator[None, None]:
        from barterpy.protocols import websocket

        # A recording that cannot be read is told here and not to each client.
        await self._transport.load()
        if self._dialect is None:
            self._dialect = await self._detect()
        host, ws_port, rest_port = self._address
        async with AsyncExitStack() as servers:
            server = await servers.enter_async_context(
                websocket.serve(self._serve, host, ws_port, ping_interval=None, close_timeout=1.0)
            )
            self.ws_url = server.url
            self.rest_url = await servers.enter_async_context(serve_http(self._answer, host, rest_port))
            yield

    async def _detect(self) -> ReplayDialect:
        stream = RecordStream(self._source)
        try:
            while (record := await stream.next()) is not None:
                if isinstance(record, Received):
                    wrapped = record.text is not None and record.text.startswith(_STREAM)
                    return BinanceReplay if wrapped else PlainReplay
        finally:
            await stream.aclose()
        return PlainReplay

    async def _answer(self, request: HttpRequest) -> HttpResponse:
        return await self._transport.send(request)

    async def _serve(self, socket: "WebSocket") -> None:
        assert self._dialect is not None
        session = self._dialect(socket.path, socket.query)
        heard = anyio.Event()
        number = len(self._clients)
        self._clients[number] = False
        failure: BarterError | None = None
        async with anyio.create_task_group() as tasks:

            async def listen() -> None:
                nonlocal heard, failure
                try:
                    while True:
                        for message in (await socket.receive()).messages:
                            for answer in session.on_message(message):
                                await socket.send(answer)
                            event, heard = heard, anyio.Event()
                            event.set()
                except (anyio.EndOfStream, anyio.ClosedResourceError):
                    pass
                except BarterError as error:
                    failure = error
                tasks.cancel_scope.cancel()

            tasks.start_soon(listen)
            while not session.ready:
                await heard.wait()
            # Clients with many subscriptions ask in several messages.
            while self._settle and not isinstance(session, PlainReplay):
                with anyio.move_on_after(self._settle) as quiet:
                    await heard.wait()
                if quiet.cancelled_caught:
                    break
            try:
                await self._play(socket, session)
            except BarterError as error:
                failure = error
                tasks.cancel_scope.cancel()
            self._clients[number] = True
            event, self._changed = self._changed, anyio.Event()
            event.set()
            if self._at_end == "close":
                tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _play(self, socket: "WebSocket", session: ReplaySession) -> None:
        stream = RecordStream(self._source)
        began = anyio.current_time()
        first: int | None = None
        try:
            while (record := await stream.next()) is not None:
                if not isinstance(record, (Opened, Received)):
                    continue
                first = record.at if first is None else first
                if not session.wants(record) or isinstance(record, Opened):
                    continue
                if self._speed is not None:
                    due = began + (record.at - first) / SECOND / self._speed
                    await anyio.sleep(max(0.0, due - anyio.current_time()))
                await socket.send(record.payload)
                self.sent += 1
        finally:
            await stream.aclose()
