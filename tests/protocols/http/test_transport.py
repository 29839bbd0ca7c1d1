"""HttpxTransport against servers which do every wrong thing."""

import gzip
import logging
import ssl
import sys
import zlib
from typing import TYPE_CHECKING, Any

import anyio
import anyio.abc
import pytest

from barterpy.errors import (
    BarterError,
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    LimitExceeded,
    MissingExtraError,
    ProtocolError,
    ProxyError,
    TlsError,
    TransportTimeout,
)
from barterpy.http import HttpRequest
from barterpy.protocols.http import HttpxTransport

if TYPE_CHECKING:
    from tests.protocols.http.conftest import Serve

pytestmark = pytest.mark.anyio

SECRET = "c8db56825ae71d6d79447849e617115f"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def get(url: str, **more: Any) -> HttpRequest:
    return HttpRequest(method="GET", url=url, **more)


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def say_nothing(stream: anyio.abc.ByteStream, first: bytes = b"") -> None:
    await stream.receive()


def shows_no_secret(error: BaseException) -> None:
    seen: BaseException | None = error
    while seen is not None:
        assert SECRET not in repr(seen) + str(seen) + repr(seen.args)
        seen = seen.__cause__ or seen.__context__


async def test_exchange(serve: "Serve") -> None:
    async with (
        serve(answer(b'{"a":1}', b"X-Used: 3", b"x-used: 4")) as server,
        HttpxTransport(clock=lambda: 42) as http,
    ):
        request = HttpRequest(
            method="POST", url=f"{server.url}/order?a=1", headers=(("X-Key", "k"), ("x-key", "l")), body=b"raw\x00body"
        )
        response = await http.send(request)
    assert (response.status, response.body, response.header("X-USED")) == (200, b'{"a":1}', "4")
    assert response.received_at == 42
    assert response.elapsed > 0
    assert response.url == request.url
    sent = server.requests[0]
    assert sent.startswith(b"POST /order?a=1 HTTP/1.1\r\n")
    assert sent.endswith(b"\r\n\r\nraw\x00body")
    assert sent.count(b"X-Key: k\r\n") == sent.count(b"x-key: l\r\n") == 1
    assert server.header("user-agent") == "barterpy"
    assert server.header("accept-encoding") == "gzip"


async def test_own_headers_replace_the_defaults(serve: "Serve") -> None:
    async with serve(OK) as server, HttpxTransport() as http:
        await http.send(get(server.url, headers=(("user-agent", "mine"), ("ACCEPT", "application/json"))))
    assert server.header("user-agent") == "mine"
    assert server.requests[0].lower().count(b"user-agent") == 1
    assert server.requests[0].lower().count(b"\naccept:") == 1


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/api/v3/order?symbol=%E5%B8%81%E5%AE%89USDT&signature=a%2Bb%2F%3D%3D",
        "/lower?symbol=%e5%b8%81&UPPER=%E5%B8%81",
        "/p?q='(x)*!~|[1]{2}`^\\\"<>",
        "/p?filter=%7B%22symbol%22%3A+%22XBTM15%22%7D",
        "/p?plus=a+b&percent=100%&double=%2525",
        "/a/../b//c/./d;v=1?x=1?y=2&&z",
        "/p?",
    ],
)
async def test_target_goes_out_byte_for_byte(serve: "Serve", target: str) -> None:
    async with serve(OK) as server, HttpxTransport() as http:
        await http.send(get(server.url + target))
    assert server.target() == target.encode()


async def test_method_goes_out_as_it_is(serve: "Serve") -> None:
    async with serve(OK) as server, HttpxTransport() as http:
        await http.send(HttpRequest(method="Search", url=server.url))
    assert server.requests[0].startswith(b"Search / HTTP/1.1\r\n")


async def test_target_without_a_path(serve: "Serve") -> None:
    async with serve(OK) as server, HttpxTransport() as http:
        await http.send(get(server.url))
        await http.send(get(f"{server.url}?a=1"))
    assert [server.target(0), server.target(1)] == [b"/", b"/?a=1"]


async def test_a_connection_is_used_again(serve: "Serve") -> None:
    async def twice(stream: anyio.abc.ByteStream) -> None:
        await stream.send(OK)
        assert b"/second" in await stream.receive()
        await stream.send(OK)

    async with serve(twice) as server, HttpxTransport() as http:
        await http.send(get(f"{server.url}/first"))
        assert (await http.send(get(f"{server.url}/second"))).status == 200
    assert server.connections == 1


async def test_server_that_accepts_and_says_nothing(serve: "Serve") -> None:
    async with serve(say_nothing) as server, HttpxTransport() as http:
        with pytest.raises(TransportTimeout) as caught:
            await http.send(get(f"{server.url}/order?signature={SECRET}", timeout=0.1))
    assert caught.value.seconds == 0.1
    assert caught.value.retryable
    shows_no_secret(caught.value)


async def test_timeout_bounds_the_whole_exchange_not_each_read(serve: "Serve") -> None:
    async def drip(stream: anyio.abc.ByteStream) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            await stream.send(b"x")
            await anyio.sleep(0.01)

    async with serve(drip) as server, HttpxTransport() as http:
        with pytest.raises(TransportTimeout):
            await http.send(get(server.url, timeout=0.2))


async def test_nothing_listens(serve: "Serve") -> None:
    async with serve(OK) as server:
        url = server.url
    async with HttpxTransport() as http:
        with pytest.raises(ConnectError) as caught:
            await http.send(get(f"{url}/?signature={SECRET}"))
    assert caught.value.target == url.removeprefix("http://")
    assert caught.value.__cause__ is not None
    shows_no_secret(caught.value)


async def test_no_free_connection_means_nothing_was_done(serve: "Serve") -> None:
    async with serve(say_nothing) as server, HttpxTransport(max_connections=1, connect_timeout=0.1) as http:
        stream_error: list[BarterError] = []

        async def hold() -> None:
            try:
                await http.send(get(server.url, timeout=5))
            except BarterError as error:
                stream_error.append(error)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hold)
            while not server.requests:
                await anyio.lowlevel.checkpoint()
            with pytest.raises(ConnectError, match="free connection"):
                await http.send(get(server.url, timeout=5))
            tasks.cancel_scope.cancel()
    assert not stream_error


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"307 Temporary Redirect", b"308 Permanent"])
async def test_redirect_is_not_followed(serve: "Serve", status: bytes) -> None:
    text = answer(b"", b"Location: http://127.0.0.1:1/elsewhere", status=status)
    async with serve(text) as server, HttpxTransport() as http:
        response = await http.send(get(server.url))
    assert response.status == int(status[:3])
    assert response.header("location") == "http://127.0.0.1:1/elsewhere"
    assert len(server.requests) == 1


async def test_cookies_are_not_kept(serve: "Serve") -> None:
    async with serve(answer(b"", b"Set-Cookie: a=b")) as server, HttpxTransport() as http:
        await http.send(get(server.url))
        await http.send(get(server.url))
    assert server.header("cookie", 1) is None


@pytest.mark.parametrize(
    ("text", "status"),
    [(b"HTTP/1.1 204 No Content\r\n\r\n", 204), (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200)],
)
async def test_empty_body(serve: "Serve", text: bytes, status: int) -> None:
    async with serve(text) as server, HttpxTransport() as http:
        response = await http.send(get(server.url))
    assert (response.status, response.body) == (status, b"")


async def test_head_has_no_body(serve: "Serve") -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nContent-Encoding: br\r\n\r\n"
    async with serve(head) as server, HttpxTransport() as http:
        assert (await http.send(HttpRequest(method="HEAD", url=server.url))).body == b""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", id="length"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", id="chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="head"),
        pytest.param(b"", id="nothing"),
    ],
)
async def test_truncated_body(serve: "Serve", text: bytes) -> None:
    async with serve(text) as server, HttpxTransport() as http:
        with pytest.raises(ConnectionLost) as caught:
            await http.send(get(f"{server.url}/?signature={SECRET}"))
    shows_no_secret(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", id="not-http"),
        pytest.param(b"HTTP/1.1 abc OK\r\n\r\n", id="status"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", id="head-too-large"),
        pytest.param(answer(b"not gzip", b"Content-Encoding: gzip"), id="not-gzip"),
        pytest.param(answer(gzip.compress(b"x" * 1000)[:-9], b"Content-Encoding: gzip"), id="gzip-cut"),
        pytest.param(answer(b"x", b"Content-Encoding: br"), id="coding-not-asked-for"),
    ],
)
async def test_server_breaks_http(serve: "Serve", text: bytes) -> None:
    async with serve(text) as server, HttpxTransport() as http:
        with pytest.raises(ProtocolError):
            await http.send(get(server.url))


async def test_gzip(serve: "Serve") -> None:
    body = b'{"a":' + b"1" * 5000 + b"}"
    async with serve(answer(gzip.compress(body), b"Content-Encoding: gzip")) as server, HttpxTransport() as http:
        assert (await http.send(get(server.url))).body == body


async def test_oversize_body_by_its_declared_length(serve: "Serve") -> None:
    async def declare(stream: anyio.abc.ByteStream) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n")
        await stream.receive()

    async with serve(declare) as server, HttpxTransport(max_response_size=1000) as http:
        with pytest.raises(LimitExceeded) as caught:
            await http.send(get(server.url))
    assert (caught.value.limit, caught.value.allowed, caught.value.actual) == ("max_response_size", 1000, 1001)


async def test_oversize_body_without_a_length(serve: "Serve") -> None:
    async def forever(stream: anyio.abc.ByteStream) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await stream.send(b"64\r\n" + b"x" * 100 + b"\r\n")

    async with serve(forever) as server, HttpxTransport(max_response_size=1000) as http:
        with pytest.raises(LimitExceeded, match="max_response_size"):
            await http.send(get(server.url))


async def test_body_of_just_the_limit(serve: "Serve") -> None:
    async with (
        serve(answer(b"x" * 1000), answer(gzip.compress(b"x" * 1000), b"Content-Encoding: gzip")) as server,
        HttpxTransport(max_response_size=1000) as http,
    ):
        assert len((await http.send(get(server.url))).body) == 1000
        assert len((await http.send(get(server.url))).body) == 1000


async def test_gzip_bomb(serve: "Serve") -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    async with (
        serve(answer(bomb, b"Content-Encoding: gzip")) as server,
        HttpxTransport(max_response_size=100_000) as http,
    ):
        with pytest.raises(LimitExceeded, match="max_response_size"):
            await http.send(get(server.url))


async def test_certificate_that_does_not_verify(serve: "Serve", server_tls: ssl.SSLContext) -> None:
    async with serve(OK, tls=server_tls) as server, HttpxTransport() as http:
        with pytest.raises(TlsError, match="certificate") as caught:
            await http.send(get(f"{server.url}/?signature={SECRET}"))
    assert caught.value.fatal
    assert not caught.value.retryable
    assert not server.requests
    shows_no_secret(caught.value)


async def test_certificate_for_another_name(
    serve: "Serve", server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with serve(OK, tls=server_tls) as server, HttpxTransport(ssl_context=client_tls) as http:
        with pytest.raises(TlsError, match=r"(?i)mismatch"):
            await http.send(get(server.url.replace("127.0.0.1", "localhost")))
    assert not server.requests


async def test_tls_with_an_authority_of_ones_own(
    serve: "Serve", server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with serve(OK, tls=server_tls) as server, HttpxTransport(ssl_context=client_tls) as http:
        assert (await http.send(get(server.url))).body == b"{}"


async def test_server_that_does_not_speak_tls(serve: "Serve") -> None:
    async with serve(b"HTTP/1.1 400 Bad Request\r\n\r\n", raw=True) as server, HttpxTransport() as http:
        with pytest.raises(TlsError):
            await http.send(get(server.url.replace("http:", "https:")))


async def test_server_that_accepts_and_never_answers_the_tls_handshake(serve: "Serve") -> None:
    async with serve(say_nothing, raw=True) as server, HttpxTransport() as http:
        with pytest.raises(ConnectError):
            await http.send(get(server.url.replace("http:", "https:"), timeout=0.1))


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        pytest.param(get("https://x.test/ä?k=" + SECRET), "percent-encoded", id="path-not-ascii"),
        pytest.param(get("https://x.test/a?k=" + SECRET + " b"), "percent-encoded", id="space"),
        pytest.param(get("https://x.test/a?k=" + SECRET + "\r\nX: y"), "percent-encoded", id="line-break"),
        pytest.param(get("https://x.test/a?k=" + SECRET + "#f"), "fragment", id="fragment"),
        pytest.param(get("ftp://x.test/?k=" + SECRET), "http", id="scheme"),
        pytest.param(get("https://x.test:port/?k=" + SECRET), "cannot be used", id="port"),
        pytest.param(get("https://x.test/", headers=(("Key", SECRET + "\n"),)), "header 'Key'", id="header-break"),
        pytest.param(get("https://x.test/", headers=(("Key", SECRET + " "),)), "header 'Key'", id="header-space"),
        pytest.param(get("https://x.test/", headers=(("Key", SECRET + "€"),)), "header 'Key'", id="header-text"),
        pytest.param(get("https://x.test/", headers=(("A B", SECRET),)), "name of a header", id="header-name"),
        pytest.param(HttpRequest(method="GE T", url="https://x.test/"), "one word", id="method"),
    ],
)
async def test_request_that_is_not_legal_http(request_: HttpRequest, text: str) -> None:
    async with HttpxTransport() as http:
        with pytest.raises(ConfigurationError, match=text) as caught:
            await http.send(request_)
    shows_no_secret(caught.value)


async def test_signed_url_is_in_no_log(serve: "Serve", caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serve(OK) as server, HttpxTransport() as http:
        await http.send(get(f"{server.url}/order?signature={SECRET}", headers=(("X-Key", SECRET),)))
    assert "HTTP Request" in caplog.text, "httpx does log requests, which is what makes this test one"
    assert SECRET not in caplog.text


async def test_cancelled_exchange_leaves_a_usable_transport(serve: "Serve") -> None:
    async with serve(say_nothing, OK) as server, HttpxTransport(max_connections=1) as http:
        with anyio.move_on_after(0.1) as scope:
            await http.send(get(server.url))
        assert scope.cancelled_caught
        assert (await http.send(get(server.url))).status == 200


async def test_closed_transport(serve: "Serve") -> None:
    async with serve(OK) as server:
        http = HttpxTransport()
        await http.aclose()
        await http.aclose()
        with pytest.raises(anyio.ClosedResourceError):
            await http.send(get(server.url))
        with pytest.raises(anyio.ClosedResourceError):
            await http.open(get(server.url))


async def test_forward_proxy(serve: "Serve") -> None:
    async with serve(OK) as proxy, HttpxTransport(proxy=proxy.url) as http:
        await http.send(get("http://venue.test/a?q=%e5'"))
    assert proxy.target() == b"http://venue.test/a?q=%e5'"


async def test_tunnel_through_a_proxy(serve: "Serve", server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async def tunnel(stream: anyio.abc.ByteStream) -> None:
        async with await anyio.connect_tcp("127.0.0.1", server.port) as inner:
            await stream.send(b"HTTP/1.1 200 Connection established\r\n\r\n")

            async def copy(source: anyio.abc.ByteStream, sink: anyio.abc.ByteStream) -> None:
                async for data in source:
                    await sink.send(data)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(copy, stream, inner)
                await copy(inner, stream)
                tasks.cancel_scope.cancel()

    async with serve(OK, tls=server_tls) as server, serve(tunnel) as proxy:
        url = proxy.url.replace("127.0.0.1", f"user:{SECRET}@127.0.0.1")
        async with HttpxTransport(proxy=url, ssl_context=client_tls) as http:
            assert (await http.send(get(f"{server.url}/a?q=%e5"))).status == 200
    assert proxy.target() == f"127.0.0.1:{server.port}".encode()
    assert server.target() == b"/a?q=%e5"


@pytest.mark.parametrize(
    "text", [b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 502 No\r\n\r\n"]
)
async def test_proxy_that_refuses(serve: "Serve", text: bytes) -> None:
    async with serve(text) as proxy:
        url = proxy.url.replace("127.0.0.1", f"user:{SECRET}@127.0.0.1")
        async with HttpxTransport(proxy=url) as http:
            with pytest.raises(ProxyError) as caught:
                await http.send(get("https://venue.test/"))
    assert caught.value.target == f"127.0.0.1:{proxy.port}"
    shows_no_secret(caught.value)


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_proxy_that_is_not_there(serve: "Serve", scheme: str) -> None:
    async with serve(OK) as server:
        port = server.port
    async with HttpxTransport(proxy=f"{scheme}://user:{SECRET}@127.0.0.1:{port}") as http:
        with pytest.raises(ProxyError) as caught:
            await http.send(get("https://venue.test/"))
    shows_no_secret(caught.value)


async def test_socks_proxy_that_refuses(serve: "Serve") -> None:
    async with serve(b"\x05\xff", raw=True) as proxy:
        http = HttpxTransport(proxy=proxy.url.replace("http:", "socks5:"))
        with pytest.raises(ProxyError):
            await http.send(get("https://venue.test/"))
        await http.aclose()
    assert proxy.requests[0][:1] == b"\x05"


@pytest.mark.parametrize("trusted", [False, True])
async def test_proxies_of_the_environment_are_used_only_when_asked(
    serve: "Serve", monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    async with serve(OK) as server, serve(OK) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        async with HttpxTransport(trust_env=trusted) as http:
            await http.send(get(server.url))
    assert (len(server.requests), len(proxy.requests)) == ((0, 1) if trusted else (1, 0))


@pytest.mark.parametrize(
    "proxy", ["", f"ftp://user:{SECRET}@x.test", "x.test:1080", "http://", f"http://user:{SECRET}@x.test:port"]
)
def test_proxy_url_that_cannot_work(proxy: str) -> None:
    with pytest.raises(ConfigurationError, match="proxy") as caught:
        HttpxTransport(proxy=proxy)
    shows_no_secret(caught.value)


@pytest.mark.parametrize(
    ("module", "extra", "options"),
    [("h2", "http2", {"http2": True}), ("socksio", "socks", {"proxy": "socks5://127.0.0.1:1080"})],
)
def test_missing_extra(monkeypatch: pytest.MonkeyPatch, module: str, extra: str, options: dict[str, Any]) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"barterpy\[{extra}\]") as caught:
        HttpxTransport(**options)
    assert caught.value.extra == extra


@pytest.mark.parametrize("options", [{"max_connections": 0}, {"max_response_size": 0}, {"connect_timeout": 0}])
def test_limits_must_be_positive(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="must be positive"):
        HttpxTransport(**options)


async def test_streamed_response(serve: "Serve") -> None:
    more = anyio.Event()

    async def slowly(stream: anyio.abc.ByteStream) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc")
        await more.wait()
        await stream.send(b"def")

    async with serve(slowly) as server, HttpxTransport() as http:
        stream = await http.open(get(server.url, timeout=5))
        assert (stream.status, dict(stream.headers)) == (200, {"Content-Length": "6"})
        assert await stream.receive() == b"abc"
        more.set()
        assert await stream.receive() == b"def"
        with pytest.raises(anyio.EndOfStream):
            await stream.receive()
        await stream.aclose()
    assert server.header("accept-encoding") == "identity"


async def test_streamed_response_that_breaks(serve: "Serve") -> None:
    async with serve(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc") as server, HttpxTransport() as http:
        stream = await http.open(get(server.url))
        assert await stream.receive() == b"abc"
        with pytest.raises(ConnectionLost):
            await stream.receive()
        await stream.aclose()


async def test_streamed_response_must_not_be_compressed(serve: "Serve") -> None:
    async with serve(answer(gzip.compress(b"x"), b"Content-Encoding: br")) as server, HttpxTransport() as http:
        with pytest.raises(ProtocolError, match="uncompressed"):
            await http.open(get(server.url))


async def test_streamed_response_whose_head_never_comes(serve: "Serve") -> None:
    async with serve(say_nothing) as server, HttpxTransport() as http:
        with pytest.raises(TransportTimeout):
            await http.open(get(server.url, timeout=0.1))
