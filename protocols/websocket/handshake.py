"""The opening handshake of both roles, RFC 6455 section 4: bytes in, an answer or an error out.

wsproto speaks it (over h11). What is added here: a bound on the head before anything is parsed, the bytes after it kept
apart for the tight loop, and every way it can fail told with the fields of
:class:`~barterpy.errors.HandshakeError`.
"""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, urlsplit

import h11
from wsproto import ConnectionType, WSConnection
from wsproto.connection import Connection
from wsproto.events import AcceptConnection, RejectConnection, RejectData, Request
from wsproto.extensions import Extension
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from barterpy.errors import ConfigurationError, HandshakeError, LimitExceeded, ProtocolError
from barterpy.protocols.websocket.deflate import PerMessageDeflate
from barterpy.protocols.websocket.url import WebSocketUrl

__all__ = ["Accept", "ClientHandshake", "HandshakeRequest", "Headers", "Reject", "ServerHandshake"]

Headers = Sequence[tuple[str, str]]

_MAX_BODY = 4096
"""Bytes kept of the body of a refusal; the rest is not read."""

_HEAD_END: Final = re.compile(rb"\n\r?\n")

_HTTP_1_0: Final = re.compile(rb"[^\r\n]* HTTP/1\.0\r?\n")

_OURS: Final = frozenset(
    {
        "connection",
        "content-length",
        "sec-websocket-accept",
        "sec-websocket-extensions",
        "sec-websocket-key",
        "sec-websocket-protocol",
        "sec-websocket-version",
        "transfer-encoding",
        "upgrade",
    }
)


def _encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    try:
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]
    except UnicodeEncodeError as error:
        raise ConfigurationError("header names are ASCII and values Latin-1") from error


def _decoded(headers: Sequence[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


class _Head:
    """Collects the head of a message, and no more than is allowed."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()

    def feed(self, data: bytes) -> tuple[bytes, bytes] | None:
        """The head and the bytes after it, once it is all there.

        :raises LimitExceeded: it grew past ``max_header_size``
        """
        searched = max(0, len(self._buffer) - 2)
        self._buffer += data
        found = _HEAD_END.search(self._buffer, searched)
        end = len(self._buffer) if found is None else found.end()
        if end > self._limit:
            raise LimitExceeded("max_header_size", self._limit, end)
        if found is None:
            return None
        return bytes(self._buffer[:end]), bytes(self._buffer[end:])


class ClientHandshake:
    """Asks for the upgrade and reads the answer."""

    def __init__(
        self,
        url: WebSocketUrl,
        *,
        headers: Headers = (),
        subprotocols: Sequence[str] = (),
        deflate: PerMessageDeflate | None = None,
        max_header_size: int,
    ) -> None:
        self._target = url.display
        self._head: _Head | None = _Head(max_header_size)
        self._beginning = b""
        self._wsproto = WSConnection(ConnectionType.CLIENT)
        self._status: int | None = None
        self._headers: tuple[tuple[str, str], ...] = ()
        self._body = b""
        self.done: bool = False
        self.subprotocol: str | None = None
        self.response_headers: tuple[tuple[str, str], ...] = ()
        self.trailing: bytes = b""
        """What was read beyond the answer: the first frames."""
        extra = list(headers)
        names = {name.lower() for name, _ in extra}
        if forbidden := names & _OURS:
            raise ConfigurationError(f"the handshake writes the header {min(forbidden)} itself")
        host = url.host_header
        if "host" in names:
            host = next(value for name, value in extra if name.lower() == "host")
            extra = [(name, value) for name, value in extra if name.lower() != "host"]
        if url.authorization is not None and "authorization" not in names:
            extra.append(("Authorization", url.authorization))
        if "user-agent" not in names:
            extra.append(("User-Agent", "barterpy"))
        extensions: list[Extension] = [] if deflate is None else [deflate]
        request = Request(
            host=host,
            target=url.target,
            extensions=extensions,
            extra_headers=_encoded(extra),
            subprotocols=list(subprotocols),
        )
        try:
            self._request = self._wsproto.send(request)
        except (h11.LocalProtocolError, UnicodeError) as error:
            raise ConfigurationError("a header, host or subprotocol of the handshake is not valid HTTP") from error

    @property
    def connection(self) -> Connection:
        """wsproto's half of the open connection, once :attr:`done`."""
        connection = self._wsproto.connection
        assert connection is not None
        return connection

    def data_to_send(self) -> bytes:
        """The request."""
        return self._request

    def receive_data(self, data: bytes) -> None:
        """Takes what was read; :attr:`done` tells whether the connection is open.

        :raises HandshakeError: the server answered with something else than an upgrade
        :raises LimitExceeded: the head of the answer is larger than ``max_header_size``
        """
        if self._head is None:
            self._feed(data)
            return
        found = self._head.feed(data)
        if found is None:
            # An answer that is not HTTP may never have an end, so its first bytes are looked at right away.
            self._beginning = (self._beginning + data)[:5]
            if not b"HTTP/".startswith(self._beginning):
                raise HandshakeError(self._target, "the server's answer is not HTTP")
            return
        head, rest = found
        self._head = None
        self._feed(head)
        if self.done:
            self.trailing = rest
        elif rest:
            self._feed(rest)

    def receive_eof(self) -> None:
        """The server ended the connection instead.

        :raises HandshakeError: always
        """
        if self._status is not None:
            raise self._refused()
        raise HandshakeError(self._target, "the server closed the connection during the opening handshake")

    def _feed(self, data: bytes) -> None:
        try:
            self._wsproto.receive_data(data)
            for event in self._wsproto.events():
                match event:
                    case AcceptConnection():
                        self.done = True
                        self.subprotocol = event.subprotocol
                        self.response_headers = _decoded(event.extra_headers)
                    case RejectConnection():
                        self._status = event.status_code
                        self._headers = _decoded(event.headers)
                        if not event.has_body:
                            raise self._refused()
                    case RejectData():
                        self._body += event.data
                        if event.body_finished or len(self._body) >= _MAX_BODY:
                            raise self._refused()
                    case _:
                        raise HandshakeError(self._target, f"unexpected {type(event).__name__} in the handshake")
        except (RemoteProtocolError, UnicodeError) as error:
            if self._status is not None:
                raise self._refused() from error
            reason = "the answer is not valid" if isinstance(error, UnicodeError) else str(error)
            raise HandshakeError(self._target, f"the server's answer is not an upgrade: {reason}") from error

    def _refused(self) -> HandshakeError:
        status = self._status
        reason = f"the server answered {status} instead of 101"
        if status is not None and 300 <= status < 400:
            location = next((value for name, value in self._headers if name.lower() == "location"), "")
            try:
                where = urlsplit(location).hostname
            except ValueError:
                where = None
            # The host alone: a location may carry a token.
            reason = f"the server redirects ({status}) to {where or 'another place'}; redirects are not followed"
        return HandshakeError(self._target, reason, status, self._headers, self._body[:_MAX_BODY])


@dataclass(frozen=True, slots=True)
class HandshakeRequest:
    """What a client asks for. ``target`` is path and query as they were sent."""

    target: str
    host: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    subprotocols: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The path, percent-decoded."""
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> str:
        """The query as it was sent, without its question mark; empty if there is none."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        name = name.lower()
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Reject:
    """The answer to a client that is not let in."""

    status: int = 403
    headers: Headers = ()
    body: bytes = b""


Accept = Callable[[HandshakeRequest], Reject | None]
"""Decides about a request; None lets it in."""


class ServerHandshake:
    """Reads the request for an upgrade and answers it."""

    def __init__(self, *, max_header_size: int) -> None:
        self._head = _Head(max_header_size)
        self._wsproto = WSConnection(ConnectionType.SERVER)
        self.request: HandshakeRequest | None = None
        self.trailing: bytes = b""

    @property
    def connection(self) -> Connection:
        """wsproto's half of the open connection, after :meth:`accept`."""
        connection = self._wsproto.connection
        assert connection is not None
        return connection

    def receive_data(self, data: bytes) -> bytes:
        """Takes what was read; sets :attr:`request` once it is all there. Returns the refusal of a bad one.

        After a refusal nothing more is to be read. It is returned and not raised, because a bad request is the
        everyday life of a server.
        """
        try:
            found = self._head.feed(data)
        except LimitExceeded:
            return _plain_refusal(431, b"request header fields too large")
        if found is None:
            return b""
        head, self.trailing = found
        if _HTTP_1_0.match(head):  # section 4.2.1 item 1: "HTTP/1.1 or higher"
            return _plain_refusal(400, b"a WebSocket needs HTTP/1.1")
        try:
            self._wsproto.receive_data(head)
            for event in self._wsproto.events():
                if isinstance(event, Request):
                    return self._check(event)
        except RemoteProtocolError as error:
            hint = error.event_hint
            if not isinstance(hint, RejectConnection):
                return _plain_refusal(400, b"bad request")
            extra = _decoded(hint.headers)
            return _plain_refusal(hint.status_code, str(error).encode("ascii", "replace"), extra)
        except UnicodeError:
            return _plain_refusal(400, b"bad request")
        return _plain_refusal(400, b"bad request")

    def _check(self, event: Request) -> bytes:
        headers = _decoded(event.extra_headers)
        key = next((value for name, value in headers if name.lower() == "sec-websocket-key"), "")
        try:
            nonce = base64.b64decode(key, validate=True)
        except (binascii.Error, ValueError):
            nonce = b""
        if len(nonce) != 16:  # section 4.2.1 item 5
            return _plain_refusal(400, b"Sec-WebSocket-Key is not 16 bytes in base64")
        self.request = HandshakeRequest(event.target, event.host, headers, tuple(event.subprotocols))
        return b""

    def accept(
        self, *, subprotocol: str | None = None, headers: Headers = (), deflate: PerMessageDeflate | None = None
    ) -> bytes:
        """The answer that opens the connection."""
        extensions: list[Extension] = [] if deflate is None else [deflate]
        try:
            return self._wsproto.send(
                AcceptConnection(subprotocol=subprotocol, extensions=extensions, extra_headers=_encoded(headers))
            )
        except LocalProtocolError as error:
            raise ProtocolError(str(error)) from error

    def reject(self, reject: Reject) -> bytes:
        """The answer that turns the client away."""
        return _plain_refusal(reject.status, reject.body, reject.headers)


def _plain_refusal(status: int, body: bytes, headers: Headers = ()) -> bytes:
    """A whole HTTP response that ends the connection."""
    given = {name.lower() for name, _ in headers}
    extra = [] if "content-type" in given or not body else [("Content-Type", "text/plain; charset=utf-8")]
    fields = [*headers, *extra, ("Content-Length", str(len(body))), ("Connection", "close")]
    http = h11.Connection(h11.SERVER)
    response = h11.Response(status_code=status, headers=_encoded(fields), reason=b"")
    parts = [http.send(response), http.send(h11.Data(data=body)), http.send(h11.EndOfMessage())]
    return b"".join(part for part in parts if part)
