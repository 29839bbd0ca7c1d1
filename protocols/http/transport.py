"""HttpxTransport: whole exchanges and streamed responses over httpx, on asyncio and trio.

httpx does HTTP/1.1, HTTP/2, pooling and proxies. What is added here is what a trading program must be able to rely on:
one bound on the whole exchange, a bound on the decompressed body, the target going out byte for byte as it was signed,
no redirects, cookies or proxies behind one's back, nothing secret in a log, and errors which tell whether the request
may have been done.
"""

import http.cookiejar
import importlib
import ssl
import time
from types import TracebackType
from typing import Final, Self, final

import anyio
import httpx

from barterpy.clock import WallClock, wall_clock
from barterpy.errors import (
    ConfigurationError,
    LimitExceeded,
    MissingExtraError,
    ProtocolError,
)
from barterpy.http import HttpRequest, HttpResponse
from barterpy.protocols.authorities import default_ssl_context
from barterpy.protocols.http.exchange import GRACE, Exchange, StreamedResponse
from barterpy.protocols.http.inflate import BodyDecoder
from barterpy.protocols.http.stream import ByteStream

__all__ = ["DEFAULT_MAX_RESPONSE_SIZE", "HttpxTransport"]

DEFAULT_MAX_RESPONSE_SIZE: Final = 64 * 1024 * 1024

_PROXIES = ("http", "https", "socks5", "socks5h")


@final
class HttpxTransport:
    """A :class:`barterpy.http.HttpTransport`. Use it in ``async with``, or close it.

    :param max_connections: open at a time; further requests wait for one
    :param keepalive_expiry: seconds an idle connection is kept for the next request
    :param connect_timeout: seconds for each of the steps before a request goes out: a free connection, TCP, the proxy,
        TLS; the request's own timeout bounds them all
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
        context = ssl_context or default_ssl_context(*(("h2", "http/1.1") if http2 else ("http/1.1",)))
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
        call = Exchange(self._client, request, self._proxy, self._connect_timeout)
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
        call = Exchange(self._client, request, self._proxy, self._connect_timeout)
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
        with anyio.move_on_after(GRACE, shield=True):
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

    async def _read(self, response: StreamedResponse, method: str) -> bytes:
        if method == "HEAD":
            return b""
        declared = response.header("content-length")
        if declared.isdecimal() and int(declared[:20]) > self._max_response_size:
            raise LimitExceeded("max_response_size", self._max_response_size, int(declared[:20]))
        decoder = BodyDecoder(response.header("content-encoding", "identity"), self._max_response_size)
        while (chunk := await response.next_chunk()) is not None:
            decoder.feed(chunk)
        return decoder.finish()


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
