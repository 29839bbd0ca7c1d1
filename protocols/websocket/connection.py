"""A WebSocket after the opening handshake, as a machine that is fed bytes and time and drained of messages and bytes.

wsproto does what is rare and intricate: control frames, fragments, the closing handshake, and judging what is wrong.
The tight loop of :mod:`barterpy.protocols.websocket.runs` does what is common: runs of complete data frames. Both read
the same bytes, so :mod:`barterpy.protocols.websocket.reader` keeps the boundaries of frames: wsproto is given exactly
the frames the loop does not take, and the loop starts only where no message is half read.

    receive_data ── at a boundary ──> run of ordinary frames ──> messages()
        │                └── ordinary, larger than the read ──> PartialFrame ──> messages()
        └── control, fragment, anything odd ──> wsproto ──> pong, close, failure, messages()

There is no clock, socket, task or logging inside. After each call, send :meth:`WebSocketConnection.data_to_send`; wake
the connection at :meth:`WebSocketConnection.next_deadline` with :meth:`WebSocketConnection.handle_deadline`.
"""

import os
from collections import deque
from collections.abc import Callable

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage
from wsproto.utilities import LocalProtocolError

from barterpy.errors import BarterError, ConfigurationError, ConnectionLost, LimitExceeded, TransportTimeout
from barterpy.protocols.websocket.closecode import CloseCode, close_code, is_sendable
from barterpy.protocols.websocket.deflate import PerMessageDeflate
from barterpy.protocols.websocket.failure import WebSocketError
from barterpy.protocols.websocket.framing import BINARY, TEXT, encode_frame
from barterpy.protocols.websocket.keepalive import KeepAlive
from barterpy.protocols.websocket.limits import Limits
from barterpy.protocols.websocket.reader import MessageReader
from barterpy.protocols.websocket.runs import InvalidText
from barterpy.protocols.websocket.state import FINAL, TRANSITIONS, Input, State

__all__ = ["WebSocketConnection"]

_MAX_PONGS = 128
"""Answers waiting to be sent. Section 5.5.3 allows to answer only the most recent of several pings."""


class _PeerClosed(Exception):
    """The peer's close frame."""

    def __init__(self, event: CloseConnection) -> None:
        super().__init__(event)
        self.event = event


_ENDS = (InvalidText, WebSocketError, LimitExceeded, _PeerClosed)


class WebSocketConnection:
    """One open connection, for either role. ``now`` is always monotonic seconds.

    ``wsproto`` and ``deflate`` come from the opening handshake; without them the connection has no extension.
    ``random`` gives the masking keys of a client. ``ping_interval`` None switches the keep-alive off. With ``piece``,
    about so many bytes are taken at a time: the rest waits for :meth:`receive_unread` (see :attr:`has_unread`).
    """

    def __init__(
        self,
        *,
        client: bool,
        wsproto: Connection | None = None,
        deflate: PerMessageDeflate | None = None,
        limits: Limits | None = None,
        ping_interval: float | None = None,
        ping_timeout: float = 20.0,
        now: float = 0.0,
        random: Callable[[int], bytes] = os.urandom,
        piece: int | None = None,
    ) -> None:
        self._client = client
        self._deflate = deflate if deflate is not None and deflate.enabled() else None
        if wsproto is None:
            role = ConnectionType.CLIENT if client else ConnectionType.SERVER
            wsproto = Connection(role, [] if self._deflate is None else [self._deflate])
        self._wsproto = wsproto
        self._reader = MessageReader(
            client=client,
            deflate=self._deflate,
            limits=Limits() if limits is None else limits,
            pass_on=self._pass_on,
            piece=piece,
        )
        self._keep_alive = KeepAlive(ping_interval, ping_timeout, now)
        self._random = random
        self._now = now

        self.state: State = State.OPEN
        self.finished: bool = False
        """Whether nothing more will be read; :attr:`failure` tells whether that was in good order."""
        self.close_code: int | None = None
        """The code of the peer's close frame, or 1005 or 1006; the code it was sent, where it broke the protocol."""
        self.close_reason: str = ""
        self.failure: BarterError | None = None
        """Why the connection ended, once it has and not in good order (code 1000)."""
        self.has_data_to_send: bool = False
        """Whether :meth:`data_to_send` would give anything."""
        self.has_pending: bool = False
        """Whether an end is held, or something unread: both come before what is read next."""

        self._pongs: deque[bytes] = deque(maxlen=_MAX_PONGS)
        self._outgoing: list[bytes] = []
        self._held: WebSocketError | LimitExceeded | _PeerClosed | None = None

    # What came of it

    @property
    def latency(self) -> float | None:
        """Seconds from the last answered ping to its pong."""
        return self._keep_alive.latency

    def messages(self) -> list[str | bytes]:
        """The messages completed since the last call, in order: text as ``str``, binary as ``bytes``."""
        messages = self._reader.messages
        self._reader.messages = []
        return messages

    def data_to_send(self) -> bytes:
        """The bytes to write now, in order; empty when there is nothing to write."""
        self.has_data_to_send = False
        if self._pongs:
            self._outgoing[:0] = self._pongs
            self._pongs.clear()
        if not self._outgoing:
            return b""
        data = self._outgoing[0] if len(self._outgoing) == 1 else b"".join(self._outgoing)
        self._outgoing.clear()
        return data

    # Time

    def next_deadline(self) -> float | None:
        """When :meth:`handle_deadline` wants to be called; None for never."""
        return self._keep_alive.deadline if self.state is State.OPEN and self._held is None else None

    def handle_deadline(self, now: float) -> None:
        """Pings a peer that is silent, or gives up on one that did not answer."""
        if self.state is not State.OPEN:
            return
        if self._keep_alive.expired(now):
            self._end(TransportTimeout("keep-alive pong", self._keep_alive.timeout))
        elif (payload := self._keep_alive.ping_due(now)) is not None:
            self._queue(bytes(self._wsproto.send(Ping(payload))))

    # Sending

    def send_text(self, text: str) -> None:
        """Queues one text message.

        :raises ConnectionLost: the closing handshake has begun
        """
        self._send(TEXT, text.encode("utf-8"))

    def send_binary(self, data: bytes) -> None:
        """Queues one binary message.

        :raises ConnectionLost: the closing handshake has begun
        """
        self._send(BINARY, data)

    def ping(self, now: float, payload: bytes = b"") -> None:
        """Queues a ping of at most 125 bytes; the answer sets :attr:`latency`.

        :raises ConnectionLost: the closing handshake has begun
        """
        if len(payload) > 125:
            raise ConfigurationError("the payload of a ping is at most 125 bytes")
        self._require_open()
        self._keep_alive.pinged(now, payload)
        self._queue(bytes(self._wsproto.send(Ping(payload))))

    def close(self, code: int = CloseCode.NORMAL, reason: str = "") -> None:
        """Begins the closing handshake; after it has begun this does nothing. The reason is cut to 123 bytes."""
        if not is_sendable(code):
            raise ConfigurationError(f"{code} is not a code for a close frame")
        self.settle()
        if self.state is State.OPEN:
            self._move(Input.CLOSE_SENT)
            self._queue_close(code, reason)

    def _send(self, opcode: int, payload: bytes) -> None:
        self._require_open()
        first = 0x80 | opcode
        deflate = self._deflate
        if deflate is not None and len(payload) >= deflate.threshold:
            payload = deflate.deflate_message(payload)
            first |= 0x40
        self._queue(encode_frame(first, payload, self._random(4) if self._client else None))

    def _queue(self, data: bytes) -> None:
        self._outgoing.append(data)
        self.has_data_to_send = True

    def _require_open(self) -> None:
        if self.state is not State.OPEN:
            raise ConnectionLost("the WebSocket is closed or closing", self.close_code)

    # Receiving

    def receive_eof(self) -> None:
        """No more bytes will come. Without a close frame that is the loss of the connection, code 1006."""
        self.connection_lost("the peer ended the connection without a close frame")

    def connection_lost(self, reason: str) -> None:
        """The path broke under the connection."""
        self.settle()
        self._end(ConnectionLost(reason, CloseCode.ABNORMAL))

    @property
    def has_unread(self) -> bool:
        """Whether there is more of what was received for :meth:`receive_unread`."""
        return self._reader.has_unread

    def receive_data(self, data: bytes, now: float) -> None:
        """Takes what was read, behind what is unread; never raises for what the peer did: see :attr:`failure`.

        An end that comes after messages in the same read is held back (:attr:`end_is_held`) until :meth:`settle`, so
        that the messages before it can still be answered: until then the connection is open, for both sides.
        """
        if self._held is not None:
            self.settle()
        if self.finished:
            return
        self._now = self._keep_alive.heard_at = now
        try:
            self._reader.read(data)
        except _ENDS as error:
            self._hold(error)
        self.has_pending = self._held is not None or self._reader.has_unread

    def receive_single(self, data: bytes, now: float) -> str | None:
        """The message, if what was read is one short text message and nothing else; otherwise None, and it is still to
        be given to :meth:`receive_data`.

        Most reads of a quiet connection are such, and need none of the steps that are for many messages.
        """
        if self.finished or self.has_pending:
            return None
        text = self._reader.read_single(data)
        if text is not None:
            self._keep_alive.heard_at = now
        return text

    def receive_unread(self, now: float) -> None:
        """Takes the next piece of what was received, in the way of :meth:`receive_data`."""
        self._now = now
        try:
            self._reader.read_on()
        except _ENDS as error:
            self._hold(error)
        self.has_pending = self._held is not None or self._reader.has_unread

    def _hold(self, error: Exception) -> None:
        if isinstance(error, InvalidText):
            self._held = WebSocketError(CloseCode.INVALID_PAYLOAD, f"invalid UTF-8: {error}")
        elif isinstance(error, WebSocketError | LimitExceeded | _PeerClosed):
            self._held = error
        self._reader.drop()
        if not self._reader.messages:
            self.settle()

    # What wsproto makes of the rest

    def _pass_on(self, data: bytes) -> None:
        self._wsproto.receive_data(data)
        for event in self._wsproto.events():
            self._handle(event)

    def _handle(self, event: Event) -> None:
        match event:
            case TextMessage() | BytesMessage():
                data = event.data if isinstance(event, TextMessage) else bytes(event.data)
                self._reader.add_fragment(data, last=event.message_finished)
            case Ping():
                if self.state is State.OPEN:
                    self._pongs.append(bytes(self._wsproto.send(event.response())))
                    self.has_data_to_send = True
            case Pong():
                self._keep_alive.answered(self._now, bytes(event.payload))
            case CloseConnection():
                self._handle_close(event)
            case _:
                raise WebSocketError(CloseCode.PROTOCOL_ERROR, f"unexpected {type(event).__name__}")

    def _handle_close(self, event: CloseConnection) -> None:
        if self._wsproto.state not in (ConnectionState.REMOTE_CLOSING, ConnectionState.CLOSED):
            # Not a close frame: wsproto's way to say that the peer broke the protocol.
            refused = None if self._deflate is None else self._deflate.failure
            if refused is not None:
                raise refused
            raise WebSocketError(close_code(event.code), event.reason or "protocol error")
        raise _PeerClosed(event)

    # Ends

    def _move(self, what: Input) -> bool:
        target = TRANSITIONS.get((self.state, what))
        if target is None:
            return False
        self.state = target
        self.finished = target in FINAL
        return True

    @property
    def end_is_held(self) -> bool:
        """Whether the connection has an end that :meth:`settle` has to take note of."""
        return self._held is not None

    def settle(self) -> None:
        """Takes note of an end that was held back: answers the peer's close, or tells it what it did wrong."""
        held, self._held = self._held, None
        self.has_pending = self._reader.has_unread
        match held:
            case None:
                return
            case _PeerClosed():
                self._answer_close(held.event)
            case LimitExceeded():
                self._fail(held, CloseCode.MESSAGE_TOO_BIG, f"more than {held.allowed} bytes")
            case WebSocketError():
                self._fail(held, held.code, held.reason)

    def _answer_close(self, event: CloseConnection) -> None:
        code = close_code(event.code)
        self.close_code, self.close_reason = code, event.reason or ""
        if self._wsproto.state is ConnectionState.REMOTE_CLOSING:
            # Section 5.5.1: "the endpoint typically echos the status code it received"
            self._queue(bytes(self._wsproto.send(event.response())))
        self._move(Input.CLOSE_RECEIVED)
        if code != CloseCode.NORMAL:
            self.failure = ConnectionLost(self.close_reason or _NO_REASON.get(code, "closed by the peer"), code)

    def _fail(self, error: BarterError, code: int, reason: str) -> None:
        """Section 7.1.7: tell the peer why, and read nothing more."""
        if self._move(Input.VIOLATION):
            self.failure, self.close_code, self.close_reason = error, close_code(code), reason
            self._queue_close(code, reason)

    def _end(self, error: BarterError) -> None:
        if self._move(Input.END):
            self.failure, self.close_code = error, CloseCode.ABNORMAL
            self._reader.drop()

    def _queue_close(self, code: int, reason: str) -> None:
        try:
            self._queue(bytes(self._wsproto.send(CloseConnection(code, reason))))
        except LocalProtocolError:
            return  # our close frame is already on its way; section 5.5.1 allows only one


_NO_REASON = {
    int(CloseCode.NO_STATUS): "the peer closed without a code",
    int(CloseCode.GOING_AWAY): "the peer is going away",
}
