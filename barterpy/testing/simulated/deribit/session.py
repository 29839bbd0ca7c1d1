"""One client of the simulated Deribit's WebSocket: its logon, its subscriptions, its heartbeat, and a bounded queue."""

from collections.abc import Callable
from typing import Any, Final, Protocol, cast, final

import anyio
import msgspec

from barterpy.errors import BarterError
from barterpy.testing.simulated.deribit.accounts import RpcRefusal, SimulatedAccount
from barterpy.testing.simulated.session import ServerSocket

__all__ = ["DeribitSessionServer", "Desk"]

_GRACE: Final = 1.0
_NORMAL: Final = 1000
_POLICY_VIOLATION: Final = 1008
_LEAST_HEARTBEAT: Final = 10


class Desk(Protocol):
    """What a session asks its venue."""

    def call(self, session: "DeribitSessionServer", method: str, params: dict[str, Any]) -> Any: ...
    def log_on(self, params: dict[str, Any]) -> tuple[SimulatedAccount, dict[str, Any]]: ...
    def admit(self, channel: str) -> bool: ...
    def subscribed(self, session: "DeribitSessionServer", channel: str) -> None: ...
    def swallows(self, method: str, params: dict[str, Any]) -> bool: ...
    def ended(self, session: "DeribitSessionServer") -> None: ...
    def stamp(self) -> dict[str, Any]: ...


class _Call(msgspec.Struct):
    method: str
    id: int | str | None = None
    params: dict[str, Any] | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Call).decode


@final
class DeribitSessionServer:
    """See the module. :meth:`tell` never waits; a client that does not read is cut off when its queue is full.

    :param number: tells it from others of the venue
    :param requests: calls a second it may make, before code 10028 ends it; None for any
    """

    def __init__(
        self,
        socket: ServerSocket,
        desk: Desk,
        number: int,
        timer: Callable[[], float],
        *,
        unread: int = 10_000,
        requests: int | None = None,
    ) -> None:
        self.socket: ServerSocket = socket
        self.number: int = number
        self.account: SimulatedAccount | None = None
        self.channels: dict[str, None] = {}
        self.calls: list[str] = []
        """The methods that were called."""
        self.cancel_on_disconnect: bool = False
        self._desk = desk
        self._timer = timer
        self._requests = requests
        self._times: list[float] = []
        self._interval: float | None = None
        self._heartbeat_set = anyio.Event()
        self._alive = True
        self._ending: tuple[int, str] | None = None
        self._aborted = False
        self._scope = anyio.CancelScope()
        self._send, self._receive = anyio.create_memory_object_stream[str](unread)

    def tell(self, channel: str, data: Any) -> None:
        """Say something on a channel."""
        self._put({"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}})

    def say(self, text: str) -> None:
        """Say anything."""
        self._put_text(text)

    def end(self, code: int = _NORMAL, reason: str = "") -> None:
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
        try:
            with self._scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._write, tasks.cancel_scope)
                    tasks.start_soon(self._read, tasks.cancel_scope)
                    tasks.start_soon(self._beat)
            if self._aborted:
                await _break(self.socket)
            elif self._ending is not None:
                await self.socket.aclose(*self._ending)
        finally:
            self._send.close()
            self._receive.close()
            self._desk.ended(self)

    async def _write(self, scope: anyio.CancelScope) -> None:
        try:
            async for text in self._receive:
                await self.socket.send(text)
        except (BarterError, anyio.ClosedResourceError, anyio.BrokenResourceError):
            pass
        scope.cancel()

    async def _read(self, scope: anyio.CancelScope) -> None:
        try:
            while True:
                for message in (await self.socket.receive()).messages:
                    self._on_message(message)
        except (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError, BarterError):
            scope.cancel()

    async def _beat(self) -> None:
        """Ask every interval whether the client is there; one that does not answer until the next is gone."""
        await self._heartbeat_set.wait()
        while self._interval is not None:
            await anyio.sleep(self._interval)
            if not self._alive:
                self.end(_NORMAL, "heartbeat failed")
                return
            self._alive = False
            for type_ in ("heartbeat", "test_request"):
                self._put({"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": type_}})

    def _on_message(self, message: str | bytes) -> None:
        try:
            call = _decode(message)
        except msgspec.DecodeError as error:
            refusal = RpcRefusal(-32700, "Parse error", {"reason": str(error)})
            self._put({"jsonrpc": "2.0", "error": refusal.wire(), **self._desk.stamp()})
            return
        params = call.params or {}
        self.calls.append(call.method)
        if self._desk.swallows(call.method, params):
            return
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": call.id}
        now = self._timer()
        self._times = [time for time in self._times if now - time < 1.0] + [now]
        if self._requests is not None and len(self._times) > self._requests:
            self._put({**answer, "error": RpcRefusal(10028, "too_many_requests").wire()})
            self.end(_POLICY_VIOLATION, "too many requests")
            return
        try:
            answer["result"] = self._answer(call.method, params)
        except RpcRefusal as refusal:
            answer["error"] = refusal.wire()
        self._put({**answer, **self._desk.stamp()})
        if call.method.endswith("/subscribe") and "result" in answer:
            for channel in answer["result"]:
                self._desk.subscribed(self, channel)

    def _answer(self, method: str, params: dict[str, Any]) -> Any:
        match method:
            case "public/auth":
                self.account, result = self._desk.log_on(params)
                self.cancel_on_disconnect = self.cancel_on_disconnect or self.account.cancel_on_disconnect
                return result
            case "public/set_heartbeat":
                interval = params.get("interval")
                if not isinstance(interval, (int, float)) or interval < _LEAST_HEARTBEAT:
                    raise RpcRefusal(-32602, "Invalid params", {"param": "interval", "reason": "at least 10"})
                self._interval = float(interval)
                self._heartbeat_set.set()
                return "ok"
            case "public/disable_heartbeat":
                self._interval = None
                return "ok"
            case "public/subscribe" | "private/subscribe":
                return self._subscribe(method, params)
            case "public/unsubscribe" | "private/unsubscribe":
                left = [name for name in params.get("channels", []) if name in self.channels]
                for name in left:
                    del self.channels[name]
                return left
            case "public/unsubscribe_all" | "private/unsubscribe_all":
                self.channels.clear()
                return "ok"
            case _:
                if method == "public/test":
                    self._alive = True
                return self._desk.call(self, method, params)

    def _subscribe(self, method: str, params: dict[str, Any]) -> list[str]:
        names: object = params.get("channels")
        if not isinstance(names, list) or not names:
            raise RpcRefusal(-32602, "Invalid params", {"param": "channels", "reason": "wrong format"})
        if method.startswith("private/") and self.account is None:
            raise RpcRefusal(13009, "unauthorized", {"reason": "missing token", "param": "access_token"})
        given: list[str] = []
        for name in map(str, cast("list[object]", names)):
            private = name.startswith("user.") or name.endswith(".raw")
            # What does not exist, or may not be had, is left out of the answer and nothing more is said.
            if (private and self.account is None) or not self._desk.admit(name):
                continue
            self.channels[name] = None
            given.append(name)
        return given

    def _put(self, message: dict[str, Any]) -> None:
        self._put_text(_encode(message).decode())

    def _put_text(self, text: str) -> None:
        try:
            self._send.send_nowait(text)
        except anyio.WouldBlock:
            self.end(_POLICY_VIOLATION, "the client does not read")
            self._scope.cancel()
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            pass


async def _break(socket: ServerSocket) -> None:
    abort: Callable[[], None] | None = getattr(socket, "abort", None)
    if abort is not None:
        abort()
        return
    # A WebSocket closed under cancellation is closed without a closing handshake.
    with anyio.CancelScope() as scope:
        scope.cancel()
        await socket.aclose()
