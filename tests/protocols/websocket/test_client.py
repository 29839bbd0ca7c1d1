"""Connecting: TLS, proxies, deadlines, and every way an opening can fail, over loopback."""

import ssl
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import anyio
import pytest
import trustme
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSAttribute

from barterpy.errors import (
    ConnectError,
    HandshakeError,
    LimitExceeded,
    ProxyError,
    TlsError,
    TransportTimeout,
)
from barterpy.protocols.websocket import Deflate, WebSocket, connect, serve

pytestmark = pytest.mark.anyio

Scripted = Callable[[Callable[[ByteStream], Awaitable[None]]], AbstractAsyncContextManager[int]]


async def echo(socket: WebSocket) -> None:
    while True:
        for message in (await socket.receive()).messages:
            await socket.send(message)


async def round_trip(socket: WebSocket) -> None:
    await socket.send("ping")
    assert (await socket.receive()).messages == ["ping"]


async def forward(source: ByteStream, target: ByteStream) -> None:
    try:
        while True:
            await target.send(await source.receive())
    except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
        await target.aclose()


async def tunnel(client: ByteStream, host: str, port: int) -> None:
    async with await anyio.connect_tcp(host, port) as target, anyio.create_task_group() as group:
        group.start_soon(forward, client, target)
        await forward(target, client)


# TLS


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    return context


@pytest.fixture
def client_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)  # pyright: ignore[reportUnknownMemberType]
    return context


@pytest.mark.parametrize("compression", [None, Deflate()], ids=["plain", "deflate"])
async def test_messages_over_tls(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext, compression: Deflate | None
) -> None:
    async with (
        serve(echo, ssl_context=server_context, compression=compression) as server,
        connect(f"wss://localhost:{server.port}", ssl_context=client_context, compression=compression) as socket,
    ):
        assert socket.extra(TLSAttribute.tls_version).startswith("TLS")
        sent = ["x" * 200_000, "é", *(str(n) for n in range(300))]
        received: list[str | bytes] = []

        async def send_all() -> None:
            for message in sent:
                await socket.send(message)

        async with anyio.create_task_group() as group:
            group.start_soon(send_all)
            while len(received) < len(sent):
                received += (await socket.receive()).messages
        assert received == sent


async def test_several_tls_records_make_one_batch(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    """A record holds 16 KiB; what is decrypted already is not left for another suspension."""
    largest = 0

    async def blast(socket: WebSocket) -> None:
        for _ in range(40):
            for _ in range(20):
                await socket.send("x" * 4000)
        await socket.receive()

    async with (
        serve(blast, ssl_context=server_context) as server,
        connect(f"wss://localhost:{server.port}", ssl_context=client_context) as socket,
    ):
        total = 0
        await anyio.wait_all_tasks_blocked()  # until the server has sent what the path holds
        while total < 800:
            batch = await socket.receive()
            total += len(batch.messages)
            largest = max(largest, len(batch.messages))
    assert total == 800
    assert largest > 5


async def test_sni_names_the_host_or_what_was_given(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    names: list[str | None] = []
    server_context.sni_callback = lambda _, name, __: names.append(name)
    async with serve(echo, ssl_context=server_context) as server:
        async with connect(f"wss://localhost:{server.port}", ssl_context=client_context) as socket:
            await round_trip(socket)
        url = f"wss://127.0.0.1:{server.port}"
        async with connect(url, ssl_context=client_context, server_hostname="localhost") as socket:
            await round_trip(socket)
    assert names == ["localhost", "localhost"]


async def test_a_certificate_that_does_not_verify_is_refused(server_context: ssl.SSLContext) -> None:
    async with serve(echo, ssl_context=server_context) as server:
        with pytest.raises(TlsError, match="certificate not accepted") as caught:
            await connect(f"wss://localhost:{server.port}")
    assert caught.value.target == f"localhost:{server.port}"
    assert not caught.value.retryable


async def test_a_certificate_for_another_name_is_refused(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    async with serve(echo, ssl_context=server_context) as server:
        with pytest.raises(TlsError, match="certificate not accepted"):
            await connect(f"wss://localhost:{server.port}", ssl_context=client_context, server_hostname="other.example")


async def test_a_server_without_tls_is_no_tls_server(scripted: Scripted) -> None:
    async def peer(stream: ByteStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with scripted(peer) as port:
        with pytest.raises(TlsError):
            await connect(f"wss://localhost:{port}")


async def test_an_end_during_the_tls_handshake_may_be_tried_again(scripted: Scripted) -> None:
    async def peer(stream: ByteStream) -> None:
        await stream.receive()

    async with scripted(peer) as port:
        with pytest.raises(ConnectError) as caught:
            await connect(f"wss://localhost:{port}")
    assert caught.value.retryable


# Openings that fail


async def test_nobody_listening_is_a_connect_error() -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    await listener.aclose()
    with pytest.raises(ConnectError) as caught:
        await connect(f"ws://127.0.0.1:{port}")
    assert caught.value.target == f"127.0.0.1:{port}"


async def test_a_name_that_does_not_resolve_is_a_connect_error() -> None:
    with pytest.raises(ConnectError, match=r"no-such-host\.invalid:80"):
        await connect("ws://user:secret@no-such-host.invalid/")


@pytest.mark.parametrize("scheme", ["ws", "wss"])
async def test_a_server_that_accepts_and_says_nothing_is_given_up(scripted: Scripted, scheme: str) -> None:
    ended = anyio.Event()

    async def peer(stream: ByteStream) -> None:
        try:
            while True:
                await stream.receive()
        finally:
            ended.set()

    async with scripted(peer) as port:
        with pytest.raises(TransportTimeout) as caught:
            await connect(f"{scheme}://127.0.0.1:{port}", open_timeout=0.1)
        await ended.wait()
    assert (caught.value.operation, caught.value.seconds) == ("opening handshake", 0.1)


@pytest.mark.parametrize(
    ("response", "status"),
    [
        (b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"code":-100}', 200),
        (b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n", 302),
        (b"HTTP/1.1 418 Banned\r\nContent-Length: 200\r\n\r\n<html>", 418),
        (b"", None),
        (b"nonsense", None),
    ],
    ids=["200 with an error body", "redirect", "truncated HTML", "closed at once", "not HTTP"],
)
async def test_an_answer_that_is_no_upgrade(scripted: Scripted, response: bytes, status: int | None) -> None:
    async def peer(stream: ByteStream) -> None:
        await stream.receive()
        if response:
            await stream.send(response)

    async with scripted(peer) as port:
        with pytest.raises(HandshakeError) as caught:
            await connect(f"ws://127.0.0.1:{port}")
    assert caught.value.status == status


async def test_a_head_without_an_end_is_bounded(scripted: Scripted) -> None:
    async def peer(stream: ByteStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 101 Switching\r\n")
        while True:
            await stream.send(b"X-Filler: " + b"x" * 1000 + b"\r\n")

    async with scripted(peer) as port:
        with pytest.raises(LimitExceeded, match="max_header_size"):
            await connect(f"ws://127.0.0.1:{port}", max_header_size=10_000)


# Proxies


class Proxy:
    """A small HTTP CONNECT or SOCKS5 proxy that notes what it was asked for."""

    def __init__(
        self, *, reply: bytes | None = None, target: int = 0, bound: bytes = b"\x03\x05proxy", method: bytes = b"\x00"
    ) -> None:
        self.reply = reply
        self.target = target
        self.bound = bound
        self.method = method
        self.asked: list[bytes] = []

    async def http(self, stream: ByteStream) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += await stream.receive()
        self.asked.append(head)
        await stream.send(self.reply if self.reply is not None else b"HTTP/1.1 200 Connection established\r\n\r\n")
        if self.reply is None:
            await tunnel(stream, "127.0.0.1", self.target)

    async def socks(self, stream: ByteStream) -> None:
        methods = await stream.receive()
        self.asked.append(methods)
        if methods[2:] == b"\x02":
            await stream.send(b"\x05\x02")
            login = await stream.receive()
            self.asked.append(login)
            await stream.send(b"\x01\x00" if login == b"\x01\x04user\x06secret" else b"\x01\x01")
        else:
            await stream.send(b"\x05" + self.method)
        self.asked.append(await stream.receive())
        await stream.send(b"\x05\x00\x00" + self.bound + b"\x1f\x90" if self.reply is None else self.reply)
        if self.reply is None:
            await tunnel(stream, "127.0.0.1", self.target)


async def test_through_an_http_proxy(scripted: Scripted) -> None:
    async with serve(echo) as server:
        proxy = Proxy(target=server.port)
        async with scripted(proxy.http) as port:
            url = f"ws://venue.invalid:{server.port}/x"
            async with connect(url, proxy=f"http://user:secret@127.0.0.1:{port}", close_timeout=0.5) as socket:
                await round_trip(socket)
    assert proxy.asked[0].startswith(f"CONNECT venue.invalid:{server.port} HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=" in proxy.asked[0]


async def test_tls_through_an_http_proxy_is_with_the_venue(
    scripted: Scripted, server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    async with serve(echo, ssl_context=server_context) as server:
        proxy = Proxy(target=server.port)
        async with scripted(proxy.http) as port:
            url = f"wss://localhost:{server.port}"
            async with connect(url, proxy=f"http://127.0.0.1:{port}", ssl_context=client_context) as socket:
                await round_trip(socket)
            with pytest.raises(TlsError):
                await connect(url, proxy=f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("scheme", "credentials", "kind"),
    [
        ("socks5h", "", b"\x03\x09localhost"),
        ("socks5h", "user:secret@", b"\x03\x09localhost"),
        ("socks5", "", b"\x01\x7f\x00\x00\x01"),
    ],
)
async def test_through_a_socks_proxy(
    scripted: Scripted, scheme: str, credentials: str, kind: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr("barterpy.protocols.websocket.proxy.anyio.getaddrinfo", resolve)
    async with serve(echo) as server:
        proxy = Proxy(target=server.port)
        async with scripted(proxy.socks) as port:
            url = f"ws://localhost:{server.port}"
            async with connect(url, proxy=f"{scheme}://{credentials}127.0.0.1:{port}", close_timeout=0.5) as socket:
                await round_trip(socket)
    assert proxy.asked[-1] == b"\x05\x01\x00" + kind + server.port.to_bytes(2, "big")


@pytest.mark.parametrize(
    "bound",
    [b"\x01\x7f\x00\x00\x01", b"\x04" + bytes(15) + b"\x01", b"\x03\x09localhost"],
    ids=["IPv4", "IPv6", "a name"],
)
async def test_a_socks_proxy_may_tell_any_kind_of_address(scripted: Scripted, bound: bytes) -> None:
    async with serve(echo) as server, scripted(Proxy(target=server.port, bound=bound).socks) as port:
        url = f"ws://localhost:{server.port}"
        async with connect(url, proxy=f"socks5h://127.0.0.1:{port}", close_timeout=0.5) as socket:
            await round_trip(socket)


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\n\r\n<html>",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\n\r\nunasked",
    ],
    ids=["407", "502", "not HTTP", "closed", "data before it was asked"],
)
async def test_an_http_proxy_that_cannot_be_used_is_an_error_and_no_detour(scripted: Scripted, reply: bytes) -> None:
    reached = 0

    async def count(socket: WebSocket) -> None:
        nonlocal reached
        reached += 1

    async with serve(count) as server, scripted(Proxy(reply=reply).http) as port:
        with pytest.raises(ProxyError) as caught:
            await connect(server.url, proxy=f"http://user:hunter2@127.0.0.1:{port}")
    assert caught.value.target == f"proxy http://127.0.0.1:{port}"
    assert "hunter2" not in str(caught.value)
    assert reached == 0


@pytest.mark.parametrize(
    ("credentials", "method", "reply", "reason"),
    [
        ("", b"\x00", b"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00", "it refused localhost:"),
        ("", b"\x00", b"\x04\x00\x00\x01\x00\x00\x00\x00\x00\x00", "its answer is not SOCKS5"),
        ("", b"\x00", b"\x05\x00", "it closed the connection"),
        ("", b"\x02", b"", "it does not accept this way to log in"),
        ("", b"\xff", b"", "it does not accept this way to log in"),
        ("user:wrong@", b"\x00", b"", "it does not accept the user and password"),
        (f"user:{'x' * 256}@", b"\x00", b"", "must have 1 to 255 bytes"),
        (":wrong@", b"\x00", b"", "must have 1 to 255 bytes"),
    ],
    ids=[
        "refused",
        "not SOCKS5",
        "cut off",
        "another method",
        "no method",
        "wrong password",
        "long password",
        "no user",
    ],
)
async def test_a_socks_proxy_that_cannot_be_used_is_an_error(
    scripted: Scripted, credentials: str, method: bytes, reply: bytes, reason: str
) -> None:
    reached = 0

    async def count(socket: WebSocket) -> None:
        nonlocal reached
        reached += 1

    async with serve(count) as server, scripted(Proxy(reply=reply, method=method).socks) as port:
        with pytest.raises(ProxyError, match=reason) as caught:
            await connect(f"ws://localhost:{server.port}", proxy=f"socks5h://{credentials}127.0.0.1:{port}")
    assert "wrong" not in str(caught.value)
    assert reached == 0


async def test_a_proxy_that_does_not_listen_is_an_error() -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    await listener.aclose()
    async with serve(echo) as server:
        with pytest.raises(ProxyError):
            await connect(server.url, proxy=f"http://127.0.0.1:{port}")


async def test_a_silent_proxy_is_given_up(scripted: Scripted) -> None:
    async def peer(stream: ByteStream) -> None:
        while True:
            await stream.receive()

    async with scripted(peer) as port:
        with pytest.raises(TransportTimeout):
            await connect("ws://venue.invalid", proxy=f"http://127.0.0.1:{port}", open_timeout=0.1)
