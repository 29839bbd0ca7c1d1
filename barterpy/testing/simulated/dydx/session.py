"""One client of the simulated Indexer: its topics, the numbers of its messages, and the queue of what it is told."""

from collections.abc import Callable
from typing import Any, Final, final

import anyio
import msgspec

from barterpy.errors import BarterError
from barterpy.testing.simulated.dydx.market import Contents, Topic
from barterpy.testing.simulated.session import ServerSocket

__all__ = ["IndexerRules", "IndexerSession"]

_GRACE: Final = 1.0
_POLICY_VIOLATION: Final = 1008
_GOING_AWAY: Final = 1001
_WITHOUT_ID: Final = ("v4_markets", "v4_block_height")
_CAPS: Final = {
    "v4_trades": 32,
    "v4_orderbook": 32,
    "v4_candles": 32,
    "v4_markets": 32,
    "v4_subaccounts": 256,
    "v4_parent_subaccounts": 256,
    "v4_block_height": 1,
}

_encode = msgspec.json.Encoder().encode


class IndexerRules(msgspec.Struct, kw_only=True):
    """What holds for every connection, and what a script has planned for those to come. ``lifetime`` is in seconds."""

    caps: dict[str, int] = msgspec.field(default_factory=_CAPS.copy)
    subscribes: int = 2
    """Of one topic a second."""
    lifetime: float = 86_400.0
    unread: int = 10_000
    refusals: list[str] = []
    """Errors to answer the next subscribe messages with."""
    unanswered: int = 0
    """Subscribe messages to leave without an answer."""


class _Call(msgspec.Struct):
    type: str
    channel: str = ""
    id: str = ""
    batched: bool = False


@final
class IndexerSession:
    """See the module. :meth:`tell` never waits; a client that does not read is cut off when its queue is full.

    :param first: first contents of a topic, None where there is no such thing
    :param changed: called when a message of the client was answered
    """

    def __init__(
        self,
        socket: ServerSocket,
        rules: IndexerRules,
        timer: Callable[[], float],
        first: Callable[[Topic], Contents | None],
        name: str,
        changed: Callable[[], None],
    ) -> None:
        self.socket = socket
        self.topics: dict[Topic, bool] = {}
        """What it has, and whether in batches."""
        self.requests: list[Any] = []
        """Every message of the client."""
        self.lost: int = 0
        """Messages to number and not to send."""
        self.repeated: int = 0
        """Messages to send twice."""
        self.silent: bool = False
        self._rules = rules
        self._timer = timer
        self._first = first
        self._name = name
        self._changed = changed
        self._number = 0
        self._batches: dict[tuple[Topic, int | None], list[Contents]] = {}
        self._asked: dict[Topic, list[float]] = {}
        self._ending: tuple[int, str] | None = None
        self._aborted = False
        self._scope = anyio.CancelScope()
        self._send, self._receive = anyio.create_memory_object_stream[str](rules.unread)
        self._put("connected", {})

    def tell(self, topic: Topic, contents: Contents, child: int | None = None) -> None:
        """Say something on a topic it has: now, or with its batch."""
        batched = self.topics.get(topic)
        if batched is None:
            return
        if batched:
            self._batches.setdefault((topic, child), []).append(contents)
        else:
            self._data("channel_data", topic, contents, child)

    def flush(self) -> None:
        """Send what is in batches."""
        batches, self._batches = self._batches, {}
        for (topic, child), contents in batches.items():
            if topic in self.topics:
                self._data("channel_batch_data", topic, contents, child)

    def spoil(self, topic: Topic, contents: Any) -> None:
        """Say something the protocol does not know."""
        if topic in self.topics:
            self._data("channel_data", topic, contents, None)

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
        try:
            with self._scope, anyio.move_on_after(self._rules.lifetime) as life:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._write, tasks.cancel_scope)
                    tasks.start_soon(self._read, tasks.cancel_scope)
            if life.cancelled_caught:
                self._ending = (_GOING_AWAY, "its time is over")
            if self._aborted:
                await _break(self.socket)
            elif self._ending is not None:
                await self.socket.aclose(*self._ending)
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
                    self._on_message(message)
                    self._changed()
        except (anyio.EndOfStream, anyio.ClosedResourceError, BarterError):
            scope.cancel()

    def _on_message(self, message: str | bytes) -> None:
        self.requests.append(message)
        try:
            call = msgspec.json.decode(message, type=_Call)
        except msgspec.DecodeError as error:
            self._error(f"Invalid message: could not parse: {error}")
            return
        topic = (call.channel, "" if call.channel in _WITHOUT_ID else call.id)
        match call.type:
            case "ping":
                self._put("pong", {})
            case "subscribe":
                self._subscribe(topic, batched=call.batched)
            case "unsubscribe":
                self.topics.pop(topic, None)
                self._put("unsubscribed", _named(topic))
            case _:
                self._error(f"Invalid message type: {call.type}")

    def _subscribe(self, topic: Topic, *, batched: bool) -> None:
        channel, id_ = topic
        name = f"{channel}-{id_ or channel}"
        now = self._timer()
        times = self._asked[topic] = [time for time in self._asked.get(topic, []) if now - time < 1.0] + [now]
        rules = self._rules
        if channel not in rules.caps:
            self._error(f"Invalid channel: {channel}")
        elif sum(1 for known, _ in self.topics if known == channel) >= rules.caps[channel]:
            self._error(f"Per-connection subscription limit reached for {channel} (limit={rules.caps[channel]})")
        elif len(times) > rules.subscribes:
            self._error(f"Too many subscribe attempts for channel {name}. Please  reconnect and try again.")
            self.end(_POLICY_VIOLATION, '{"message":"Rate limited"}')
        elif rules.unanswered > 0:
            rules.unanswered -= 1
        elif rules.refusals:
            self._error(rules.refusals.pop(0), **_named(topic))
        elif topic in self.topics:
            self._error(f"Invalid subscribe message: already subscribed ({name})")
        else:
            contents = self._first(topic)
            if contents is None:
                self._error(f"Invalid subscription id for channel: ({name})")
            else:
                self.topics[topic] = batched
                self._put("subscribed", {**_named(topic), "contents": contents})

    def _data(self, type_: str, topic: Topic, contents: Any, child: int | None) -> None:
        fields = {**_named(topic), "version": "3.0.0", "contents": contents}
        if topic[0] == "v4_parent_subaccounts":
            fields["subaccountNumber"] = child
        self._put(type_, fields)

    def _error(self, text: str, **fields: Any) -> None:
        self._put("error", {"message": text, **fields})

    def _put(self, type_: str, fields: Contents) -> None:
        message = {"type": type_, "connection_id": self._name, "message_id": self._number, **fields}
        self._number += 1
        if self.silent or self.lost > 0:
            self.lost = max(0, self.lost - 1)
            return
        text = _encode(message).decode()
        times, self.repeated = (2, self.repeated - 1) if self.repeated > 0 else (1, 0)
        try:
            for _ in range(times):
                self._send.send_nowait(text)
        except anyio.WouldBlock:
            self.end(_POLICY_VIOLATION, "the client does not read")
            self._scope.cancel()
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            pass


def _named(topic: Topic) -> Contents:
    channel, id_ = topic
    return {"channel": channel, "id": id_} if id_ else {"channel": channel}


async def _break(socket: ServerSocket) -> None:
    abort: Callable[[], None] | None = getattr(socket, "abort", None)
    if abort is not None:
        abort()
        return
    # A WebSocket closed under cancellation is closed without a closing handshake.
    with anyio.CancelScope() as scope:
        scope.cancel()
        await socket.aclose()
