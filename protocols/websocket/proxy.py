"""Ways through a proxy: HTTP CONNECT (RFC 9110 section 9.3.6) and SOCKS5 (RFC 1928, RFC 1929).

A proxy that cannot be used is an error. There is no way from here to a direct connection.
"""

import ipaddress
import os
import socket
import ssl
import urllib.request
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import anyio
import h11
from anyio.abc import ByteStream

from barterpy.errors import BarterError, ConfigurationError, MissingExtraError, ProxyError
from barterpy.protocols.websocket.tls import wrap_tls
from barterpy.protocols.websocket.url import WebSocketUrl, basic_authorization

__all__ = ["Proxy", "connect_through", "parse_proxy", "proxy_from_environment"]

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_MAX_ANSWER = 16 * 1024


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where the proxy is and what it is told. Its user and password are never shown."""

    scheme: str
    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)

    @property
    def display(self) -> str:
        """The proxy as messages name it."""
        return f"proxy {self.scheme}://{self.host}:{self.port}"


def parse_proxy(url: str) -> Proxy:
    """The parts of ``http://``, ``https://``, ``socks5://`` or ``socks5h://user:password@host:port``.

    :raises ConfigurationError: anything else
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError("the proxy URL has a host or port that cannot be read") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ConfigurationError("a proxy URL is http://, https://, socks5:// or socks5h:// with a host")
    user = None if parts.username is None else unquote(parts.username)
    return Proxy(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], user, unquote(parts.password or ""))


def proxy_from_environment(url: WebSocketUrl) -> Proxy | None:
    """The proxy the environment names for this URL (``https_proxy``, ``all_proxy`` …), unless ``no_proxy`` does."""
    proxies = urllib.request.getproxies()
    if urllib.request.proxy_bypass(f"{url.host}:{url.port}"):
        return None
    for name in ("wss", "https", "all") if url.secure else ("ws", "http", "all"):
        if found := proxies.get(name):
            return parse_proxy(found)
    return None


async def connect_through(proxy: Proxy, url: WebSocketUrl, *, ssl_context: ssl.SSLContext | None) -> ByteStream:
    """A stream to the host of ``url`` by way of the proxy. ``ssl_context`` is for an ``https://`` proxy.

    :raises ProxyError: the proxy cannot be reached, refuses, or does not speak its protocol
    """
    stream: ByteStream | None = None
    try:
        stream = await anyio.connect_tcp(proxy.host, proxy.port)
        if proxy.scheme == "https":
            stream = await wrap_tls(stream, proxy.host, ssl_context, proxy.display)
        if proxy.scheme in ("http", "https"):
            await _http_connect(stream, proxy, url)
        else:
            await _socks5(stream, proxy, url)
    except BaseException as error:
        if stream is not None:
            await anyio.aclose_forcefully(stream)
        if isinstance(error, ProxyError | MissingExtraError):
            raise
        if isinstance(error, BarterError):
            raise ProxyError(proxy.display, str(error)) from error
        if isinstance(error, OSError):
            raise ProxyError(proxy.display, os.strerror(error.errno) if error.errno else str(error)) from error
        if isinstance(error, anyio.EndOfStream | anyio.BrokenResourceError):
            raise ProxyError(proxy.display, "it closed the connection") from error
        raise
    return stream


async def _http_connect(stream: ByteStream, proxy: Proxy, url: WebSocketUrl) -> None:
    target = url.display
    headers = [("Host", target)]
    if proxy.user is not None:
        headers.append(("Proxy-Authorization", basic_authorization(proxy.user, proxy.password)))
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_ANSWER)
    await stream.send(http.send(h11.Request(method="CONNECT", target=target, headers=headers)) or b"")
    http.send(h11.EndOfMessage())
    while True:
        try:
            event = http.next_event()
        except h11.RemoteProtocolError as error:
            raise ProxyError(proxy.display, "its answer is not HTTP") from error
        if event is h11.NEED_DATA:
            http.receive_data(await stream.receive())
        elif isinstance(event, h11.Response):
            if not 200 <= event.status_code < 300:
                raise ProxyError(proxy.display, f"it answered {event.status_code} to CONNECT {target}")
            if http.trailing_data[0]:
                raise ProxyError(proxy.display, "it sent data before it was asked")
            return
        elif not isinstance(event, h11.InformationalResponse):
            raise ProxyError(proxy.display, "it closed the connection")


async def _socks5(stream: ByteStream, proxy: Proxy, url: WebSocketUrl) -> None:
    try:
        from socksio import ProtocolError, socks5
    except ImportError as error:
        raise MissingExtraError("socksio", "socks") from error
    dialogue: Any = socks5.SOCKS5Connection()  # its overloads of send() are not visible to type checkers
    methods = [socks5.SOCKS5AuthMethod.NO_AUTH_REQUIRED]
    if proxy.user is not None:
        methods = [socks5.SOCKS5AuthMethod.USERNAME_PASSWORD]
    try:
        dialogue.send(socks5.SOCKS5AuthMethodsRequest(methods))
        await stream.send(dialogue.data_to_send())
        chosen = dialogue.receive_data(await _exactly(stream, 2))
        if not isinstance(chosen, socks5.SOCKS5AuthReply) or chosen.method not in methods:
            raise ProxyError(proxy.display, "it does not accept this way to log in")
        if proxy.user is not None:
            user, password = proxy.user.encode(), proxy.password.encode()
            if not 1 <= len(user) <= 255 or not 1 <= len(password) <= 255:
                raise ProxyError(proxy.display, "user and password must have 1 to 255 bytes (RFC 1929)")
            dialogue.send(socks5.SOCKS5UsernamePasswordRequest(user, password))
            await stream.send(dialogue.data_to_send())
            answer = dialogue.receive_data(await _exactly(stream, 2))
            if not isinstance(answer, socks5.SOCKS5UsernamePasswordReply) or not answer.success:
                raise ProxyError(proxy.display, "it does not accept the user and password")
        kind, address = await _socks_address(proxy, url)
        request = socks5.SOCKS5CommandRequest(socks5.SOCKS5Command.CONNECT, socks5.SOCKS5AType(kind), address, url.port)
        dialogue.send(request)
        await stream.send(dialogue.data_to_send())
        head = await _exactly(stream, 4)
        # Section 6: the bound address is 4, 16, or one byte of length and as many bytes; then two bytes of port.
        sizes = {b"\x01": 4, b"\x04": 16}
        rest = await _exactly(stream, 1) if head[3:4] == b"\x03" else b""
        size = rest[0] if rest else sizes.get(head[3:4], 0)
        rest += await _exactly(stream, size + 2)
        reply = dialogue.receive_data(head + rest)
    except ProtocolError as error:
        raise ProxyError(proxy.display, "its answer is not SOCKS5") from error
    if not isinstance(reply, socks5.SOCKS5Reply) or reply.reply_code != socks5.SOCKS5ReplyCode.SUCCEEDED:
        code = reply.reply_code.name if isinstance(reply, socks5.SOCKS5Reply) else "no reply"
        raise ProxyError(proxy.display, f"it refused {url.display}: {code.lower().replace('_', ' ')}")


async def _socks_address(proxy: Proxy, url: WebSocketUrl) -> tuple[bytes, bytes]:
    """Address type and address (RFC 1928 section 5). ``socks5h`` leaves the name to the proxy, as curl does."""
    host = url.host
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if proxy.scheme == "socks5h":
            return b"\x03", host.encode("ascii")
        found = await anyio.getaddrinfo(host, url.port, type=socket.SOCK_STREAM)
        address = ipaddress.ip_address(str(found[0][4][0]).partition("%")[0])
    return (b"\x01" if address.version == 4 else b"\x04"), address.packed


async def _exactly(stream: ByteStream, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += await stream.receive(size - len(data))
    return data
