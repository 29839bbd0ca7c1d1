"""HttpxTransport: whole exchanges and streamed responses over httpx, on asyncio and trio.

httpx does HTTP/1.1, HTTP/2, pooling and proxies. What is added here is what a trading program must be able to rely on:
one bound on the whole exchange, a bound on the decompressed body, the target going out byte for byte as it was signed,
no redirects, cookies or proxies behind one's back, nothing secret in a log, and errors which tell whether the request
may have been done.
"""

import http.cookiejar
import importlib
import os
import re
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from types import TracebackType
from typing import Any, Final, Protocol, Self, final

import anyio
import certifi
import httpx

from barterpy.clock import WallClock, wall_clock
from barterpy.errors import (
    BarterError,
    ConfigurationError,
    ConnectError,
    LimitExceeded,
    MissingExtraError,
    ProtocolError,
    TransportTimeout,
)
from barterpy.http import HttpRequest, HttpResponse
from barterpy.protocols.http.inflate import BodyDecoder
from barterpy.protocols.http.stream import ByteStream
from barterpy.protocols.http.translation import translate

__all__ = ["DEFAULT_MAX_RESPONSE_SIZE", "HttpxTransport"]

DEFAULT_MAX_RESPONSE_SIZE: Final = 64 * 1024 * 1024

_URL = re.compile(r"https?://[^/?#\s\x00-\x20\x7f]+([/?][\x21\x22\x24-\x7e]*)?\Z")  # no fragment: 0x23 is left out
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")  # RFC 9110 section 5.6.2: token
_VALUE = re.compile(r"([\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?\Z")  # section 5.5
_PROXIES = ("http", "https", "socks5", "socks5h")
_GRACE = 2.0
_FOREIGN = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, ssl.SSLError)


class _Closable(Protocol):
    async def aclose(self) -> None: ...


@lru_cache(maxsize=2)
def _default_ssl_context(http2: bool) -> ssl.SSLContext:
    # Loading the authorities takes tens of milliseconds: once a process. HTTP/2 sets other ALPN names, hence two.
    context = ssl.create_default_context()
    if not (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
        # Slim images and some builds of Python come without authorities of the system.
        context.load_verify_locations(certifi.where())
    return context


@final
class HttpxTransport:
    """A :class:`barterpy.http.HttpTransport`. Use it in ``async with``, or close it.

    :param max_connections: open at a time; further requests wait for one
    :param keepalive_expiry: seconds an idle connection is kept for the next request
    :param connect_timeout: seconds for name, TCP, proxy and TLS together with waiting for a free connection; the
        request's own timeout bounds it too
    :param max_response_size: bytes of the body after decompression
    :param http2: offer HTTP/2 (extra ``http2``)
    :param proxy: ``http://``, ``https://``, ``socks5://`` or ``socks5h://`` URL (extra ``socks`` for the last two);
        when it cannot be used the request fails, it never goes around the proxy
    :param trust_env: use the proxies of the environment (``HTTPS_PROXY`` and so on)
    :param ssl_context: instead of the default one, which verifies against the authorities of the system and of certifi,
        or only those of ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` where these are set
    :param clock: stamps ``received_at``
    :raises barterpy.errors.MissingExtraError: HTTP/2 or SOCKS without their extras
    """

    def __init__(
        self,
        *,
        max_connections: int = 20,
        keepalive_expiry: float = 30.0,
        connect_timeout: float = 10.0,
        max_response_size: int = DEFAULT_MAX_RESPONSE_SIZE,
        http2: bool = False,
        proxy: str | None = None,
        trust_env: bool = False,
        ssl_context: ssl.SSLContext | None = None,
        user_agent: str = "barterpy",
        clock: WallClock = wall_clock,
    ) -> None:
        if max_connections < 1 or max_response_size < 1 or connect_timeout <= 0:
            raise ConfigurationError("max_connections, max_response_size and connect_timeout must be positive")
        if http2:
            _need("h2", "http2")
        context = ssl_context or _default_ssl_context(http2)
        self._max_response_size = max_response_size
        self._connect_timeout = connect_timeout
        self._clock = clock
        self._defaults = ((b"Accept", b"*/*"), (b"User-Agent", user_agent.encode()))
        self._proxy, through = _proxy(proxy, context)
        self._closed = False
        self._client = httpx.AsyncClient(
            verify=context,
            http2=http2,
            proxy=through,
            trust_env=trust_env,
            follow_redirects=False,
            timeout=None,  # noqa: S113 - each request brings its own
            # A cookie would make a request depend on the ones before it.
            cookies=http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=())),
            limits=httpx.Limits(
                max_connections=max_connections,
                max_keepalive_connections=max_connections,
                keepalive_expiry=keepalive_expiry,
            ),
        )

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        """Exchange one request within ``request.timeout`` seconds; see :class:`barterpy.http.HttpTransport`."""
        started = time.perf_counter_ns()
        call = _Call(self._client, request, self._proxy, self._connect_timeout)
        foreign = call.build(self._defaults, b"gzip")
        self._check_open()
        with anyio.move_on_after(request.timeout):
            response = await call.start(foreign)
            try:
                return HttpResponse(
                    status=response.status,
                    headers=response.headers,
                    body=await self._read(response, request.method),
                    url=request.url,
                    received_at=self._clock(),
                    elapsed=time.perf_counter_ns() - started,
                )
            finally:
                await response.aclose()
        raise call.timed_out()

    async def open(self, request: HttpRequest, /) -> ByteStream:
        """Send a request and read the head of its answer within ``request.timeout``; the body is read as it comes."""
        call = _Call(self._client, request, self._proxy, self._connect_timeout)
        foreign = call.build(self._defaults, b"identity")
        self._check_open()
        with anyio.move_on_after(request.timeout):
            response = await call.start(foreign)
            try:
                if response.header("content-encoding", "identity") != "identity":
                    raise ProtocolError("a stream must come uncompressed, as it was asked for")
            except BaseException:
                await response.aclose()
                raise
            return response
        raise call.timed_out()

    async def aclose(self) -> None:
        """Close every connection, in bounded time."""
        self._closed = True
        with anyio.move_on_after(_GRACE, shield=True):
            await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def _check_open(self) -> None:
        if self._closed:
            raise anyio.ClosedResourceError

    async def _read(self, response: "_Response", method: str) -> bytes:
        if method == "HEAD":
            return b""
        declared = response.header("content-length")
        if declared.isdecimal() and int(declared[:20]) > self._max_response_size:
            raise LimitExceeded("max_response_size", self._max_response_size, int(declared[:20]))
        decoder = BodyDecoder(response.header("content-encoding", "identity"), self._max_response_size)
        while (chunk := await response.next_chunk()) is not None:
            decoder.feed(chunk)
        return decoder.finish()


class _ExactUrl(httpx.URL):
    """A URL whose target goes out as it is (httpx would normalise it), and whose text has no query.

    httpx logs the URL of every request; the query may hold a signature.
    """

    exact: bytes = b"/"

    @property
    def raw_path(self) -> bytes:
        return self.exact

    def __str__(self) -> str:
        return super().__str__().partition("?")[0]

    def __repr__(self) -> str:
        return f"URL({str(self)!r})"


@final
class _Call:
    """One request on its way: builds httpx's request, notes when it begins to go out, translates what fails."""

    def __init__(self, client: httpx.AsyncClient, request: HttpRequest, proxy: str | None, connect: float) -> None:
        self._client = client
        self._request = request
        self._proxy = proxy
        self._connect = min(connect, request.timeout)
        self._connection: _Closable | None = None
        self.sent = False

    def build(self, defaults: tuple[tuple[bytes, bytes], ...], encoding: bytes) -> httpx.Request:
        """httpx's request. Raises ConfigurationError, in words which hold no value, for what is not legal HTTP."""
        match = _URL.match(self._request.url)
        if match is None:
            raise ConfigurationError("the URL must be http(s)://host/path?query, percent-encoded, without fragment")
        headers = [(b"Accept-Encoding", encoding), *defaults]
        names = {name.lower() for name, _ in self._request.headers}
        headers = [(name, value) for name, value in headers if name.decode().lower() not in names]
        for name, value in self._request.headers:
            if not _NAME.match(name) or not _VALUE.match(value):
                raise ConfigurationError(
                    f"the value of header {name!r} is not legal HTTP (line break, outer space or beyond Latin-1?)"
                    if _NAME.match(name)
                    else f"{name[:40]!r} cannot be the name of a header"
                )
            headers.append((name.encode("ascii"), value.encode("latin-1")))
        if not _NAME.match(self._request.method):
            raise ConfigurationError("the method of a request is one word")
        try:
            url = _ExactUrl(self._request.url)
        except httpx.InvalidURL as error:
            reason = str(error).partition(":")[0]
        else:
            target = match[1] or "/"
            url.exact = (target if target.startswith("/") else f"/{target}").encode("ascii")
            request = httpx.Request(
                self._request.method,
                url,
                headers=headers,
                content=self._request.body or None,
                extensions={
                    "timeout": {"connect": self._connect, "pool": self._connect, "read": None, "write": None},
                    "trace": self._trace,
                },
            )
            request.url = url
            return request
        raise ConfigurationError(f"the URL cannot be used: {reason}")

    async def start(self, foreign: httpx.Request) -> "_Response":
        """Send it and read the head of the answer."""
        try:
            return _Response(self, await self._client.send(foreign, stream=True))
        except BaseException as error:
            if self._connection is not None and not self.sent:
                # httpcore forgets a connection which is cancelled in its TLS handshake, or refused by a SOCKS proxy.
                with anyio.move_on_after(_GRACE, shield=True):
                    await self._connection.aclose()
            if isinstance(error, _FOREIGN):
                raise self.translated(error) from error
            raise

    def timed_out(self) -> ConnectError | TransportTimeout:
        """The error for when ``request.timeout`` is over: before anything went out, nothing was done."""
        if self.sent:
            return TransportTimeout(f"{self._request.method} at {self._request.host}", self._request.timeout)
        return ConnectError(self._request.host, f"no connection within {self._request.timeout:g} s")

    def translated(self, error: Exception) -> BarterError:
        """The error of ours for one of httpx."""
        timeout = self._request.timeout if self.sent else self._connect
        return translate(error, self._request.host, self._proxy, timeout, sent=self.sent)

    async def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith("connect_tcp.complete"):
            self._connection = info["return_value"]
        # A CONNECT to a proxy is not yet the request.
        if event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self.sent = True


@final
class _Response:
    """A response whose body is read as it comes: the :class:`ByteStream` which :meth:`HttpxTransport.open` gives."""

    def __init__(self, call: _Call, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        self._call = call
        self._response = response
        self._chunks = response.aiter_raw()

    def header(self, name: str, default: str = "") -> str:
        value: str = self._response.headers.get(name, default)
        return value.strip().lower()

    async def next_chunk(self) -> bytes | None:
        """The next bytes of the body, or None at its end."""
        try:
            async for chunk in self._chunks:
                if chunk:
                    return chunk
        except _FOREIGN as error:
            raise self._call.translated(error) from error
        return None

    async def receive(self) -> bytes:
        chunk = await self.next_chunk()
        if chunk is None:
            raise anyio.EndOfStream
        return chunk

    async def aclose(self) -> None:
        with anyio.move_on_after(_GRACE, shield=True):
            await self._response.aclose()
            # httpx reads through generators within generators. On trio each must be run to its end, which the closed
            # connection brings about after what was already read.
            with suppress(Exception):
                async for _ in self._chunks:
                    pass


def _proxy(url: str | None, context: ssl.SSLContext) -> tuple[str | None, httpx.Proxy | None]:
    if url is None:
        return None, None
    scheme, _, rest = url.partition("://")
    if scheme not in _PROXIES or not rest:
        raise ConfigurationError(f"proxy must begin with {', '.join(f'{name}://' for name in _PROXIES)}")
    if scheme.startswith("socks"):
        _need("socksio", "socks")
    try:
        through = httpx.Proxy(url, ssl_context=context if scheme == "https" else None)
    except httpx.InvalidURL:
        through = None
    if through is None:
        # Outside of the handler: the foreign text may quote the password.
        raise ConfigurationError("the proxy's URL cannot be read")
    return rest.rpartition("@")[2].rstrip("/"), through


def _need(module: str, extra: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(module, extra) from error
