"""One client of the simulated venue's streams: what it asked for, and the queue of what it is told."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, final
from urllib.parse import parse_qs, unquote

import anyio
import msgspec

from barterpy.errors import BarterError
from barterpy.socket import Batch
from barterpy.testing.simulated.exchange import family_of
from barterpy.testing.simulated.payloads import MarketName

__all__ = ["ServerSocket", "Session", "SessionRules", "asked_in_url", "is_stream_path"]

_GRACE: Final = 1.0
_POLICY_VIOLATION: Final = 1008
_GOING_AWAY: Final = 1001

_PATHS: Final = {
    "spot": ("/ws", "/stream"),
    # Un-routed futures connections still open, and deliver book data alone.
    "futures": ("/ws", "/stream", "/public/ws", "/public/stream", "/market/ws", "/market/stream"),
}


class ServerSocket(Protocol):
    """The server's end of a connection: a WebSocket, or one in memory."""

    @property
    def path(self) -> str: ...
    @property
    def query(self) -> str: ...
    async def receive(self) -> Batch[Any]: ...
    async def send(self, message: str) -> None: ...
    async def aclose(self, code: int = 1000, reason: str = "") -> None: ...


def is_stream_path(market: MarketName, path: str) -> bool:
    """Whether the venue has streams there; everything else is answered 404."""
    return any(path == base or (base.endswith("/ws") and path.startswith(f"{base}/")) for base in _PATHS[market])


class SessionRules(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for every connection. ``messages`` a second may come from a client, ``lifetime`` is in seconds, and
    ``unread`` messages may wait for a client that does not read."""

    market: MarketName
    messages: int
    lifetime: float
    streams: int = 1024
    unread: int = 10_000
    nested_errors: bool = False


class _Call(msgspec.Struct):
    method: str
    id: int | str | None = None
    params: list[Any] | None = None


@final
class Session:
    """See the module. :meth:`tell` never waits; a client that does not read is cut off when its queue is full."""

    def __init__(self, socket: ServerSocket, rules: SessionRules, timer: Callable[[], float]) -> None:
        self.socket = socket
        self.streams: dict[str, None] = {}
        self.requests: list[Any] = []
        """Every message of the client."""
        self._rules = rules
        self._timer = timer
        self._combined = not _raw(socket.path)
        family = socket.path.split("/")[1]
        self._family = family if family in ("public", "market") else ""
        self._times: list[float] = []
        self._ending: tuple[int, str] | None = None
        self._aborted = False
        self._scope = anyio.CancelScope()
        self._send, self._receive = anyio.create_memory_object_stream[str](rules.unread)
        for name in asked_in_url(socket.path, socket.query):
            self.streams[name] = None

    def delivers(self, name: str) -> bool:
        """Whether this connection gets the stream: it asked for it, and its path carries it."""
        return name in self.streams and self._carries(name)

    @property
    def wanted(self) -> Sequence[str]:
        """The streams it gets."""
        return [name for name in self.streams if self._carries(name)]

    def _carries(self, name: str) -> bool:
        # "Important WebSocket Change Notice", 2026-03-06: what another path carries is acknowledged, never delivered.
        return self._rules.market == "spot" or family_of(name) == (self._family or "public")

    def tell(self, name: str, text: str) -> None:
        """Say something on a stream."""
        self._put(f'{{"stream":"{name}","data":{text}}}' if self._combined else text)

    def announce(self, text: str) -> None:
        """Say something that belongs to no stream."""
        self._put(text)

    def end(self, code: int, reason: str) -> None:
        """Close behind what is already queued, in bounded time."""
        self._ending = (code, reason)
        self._send.close()
        self._scope.deadline = self._timer() + _GRACE

    def abort(self) -> None:
        """Break the connection at once, without a word."""
        self._aborted = True
        self._scope.cancel()

    async def run(self) -> None:
        """Serve the client until either side ends it."""
        socket = self.socket
        try:
            with self._scope, anyio.move_on_after(self._rules.lifetime) as life:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._write, tasks.cancel_scope)
                    tasks.start_soon(self._read, tasks.cancel_scope)
            if life.cancelled_caught:
                self._ending = (_GOING_AWAY, "24 hours are over")
            if self._aborted:
                await _break(socket)
            elif self._ending is not None:
                await socket.aclose(*self._ending)
        finally:
            self._send.close()
            self._receive.close()

    async def _write(self, scope: anyio.CancelScope) -> None:
        try:
            async for text in self._receive:
                await self.socket.send(text)
        except (BarterError, anyio.ClosedResourceError):
            pass
        scope.cancel()

    async def _read(self, scope: anyio.CancelScope) -> None:
        try:
            while True:
                for message in (await self.socket.receive()).messages:
                    if not self._on_message(message):
                        break
        except (anyio.EndOfStream, anyio.ClosedResourceError, BarterError):
            scope.cancel()

    def _on_message(self, message: str | bytes) -> bool:
        self.requests.append(message)
        now = self._timer()
        self._times = [time for time in self._times if now - time < 1.0] + [now]
        if len(self._times) > self._rules.messages:
            self.end(_POLICY_VIOLATION, "Too many requests")
            return False
        self._put(msgspec.json.encode(self._answer(message)).decode())
        return True

    def _put(self, text: str) -> None:
        try:
            self._send.send_nowait(text)
        except anyio.WouldBlock:
            # Nothing of the queue can be told any more: the writer waits for the client.
            self.end(_POLICY_VIOLATION, "the client does not read")
            self._scope.cancel()
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            pass

    def _answer(self, message: str | bytes) -> dict[str, Any]:
        try:
            call = msgspec.json.decode(message, type=_Call)
        except msgspec.ValidationError as error:
            return self._error(2, f"Invalid request: {error}", _id_of(message))
        except msgspec.DecodeError as error:
            return self._error(3, f"Invalid JSON: {error}", None)
        parameters = call.params or []
        match call.method:
            case "SUBSCRIBE" | "UNSUBSCRIBE":
                if not parameters or not all(isinstance(name, str) for name in parameters):
                    return self._error(2, "Invalid request: params must be a list of stream names", call.id)
                # A name that does not exist is acknowledged like any other.
                for name in parameters:
                    if call.method == "UNSUBSCRIBE":
                        self.streams.pop(name, None)
                    elif len(self.streams) < self._rules.streams or name in self.streams:
                        self.streams[name] = None
                    else:
                        return self._error(2, "Invalid request: too many streams", call.id)
                return {"result": None, "id": call.id}
            case "LIST_SUBSCRIPTIONS":
                return {"result": list(self.streams), "id": call.id}
            case "SET_PROPERTY":
                if len(parameters) != 2 or parameters[0] != "combined":
                    return self._error(0, "Unknown property", call.id)
                if not isinstance(parameters[1], bool):
                    return self._error(1, "Invalid value type: expected Boolean", call.id)
                self._combined = parameters[1]
                return {"result": None, "id": call.id}
            case "GET_PROPERTY":
                if parameters != ["combined"]:
                    return self._error(0, "Unknown property", call.id)
                return {"result": self._combined, "id": call.id}
            case _:
                return self._error(2, f"Invalid request: unknown variant `{call.method}`", call.id)

    def _error(self, code: int, text: str, id_: int | str | None) -> dict[str, Any]:
        error: dict[str, Any] = {"code": code, "msg": text}
        return {"error": error, "id": id_} if self._rules.nested_errors else {**error, "id": id_}


async def _break(socket: ServerSocket) -> None:
    abort: Callable[[], None] | None = getattr(socket, "abort", None)
    if abort is not None:
        abort()
        return
    # A WebSocket closed under cancellation is closed without a closing handshake.
    with anyio.CancelScope() as scope:
        scope.cancel()
        await socket.aclose()


def _raw(path: str) -> bool:
    return "/ws" in path


def asked_in_url(path: str, query: str) -> list[str]:
    """The streams a URL asks for: ``/ws/<name>`` or ``/stream?streams=<name>/<name>``."""
    if _raw(path):
        return [unquote(name) for name in path.partition("/ws")[2].strip("/").split("/") if name]
    return [name for names in parse_qs(query).get("streams", []) for name in names.split("/") if name]


def _id_of(message: str | bytes) -> int | str | None:
    try:
        decoded: Any = msgspec.json.decode(message)
        id_ = decoded.get("id")
    except (msgspec.DecodeError, AttributeError):
        return None
    return id_ if isinstance(id_, (int, str)) else None
