"""One exchange over httpx: the request exactly as it was signed, the response as it comes, errors as ours."""

import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Protocol, final

import anyio
import httpx

from barterpy.errors import BarterError, ConfigurationError, ConnectError, TransportTimeout
from barterpy.http import HttpRequest
from barterpy.protocols.http.translation import translate

__all__ = ["GRACE", "ExactUrl", "Exchange", "StreamedResponse"]

GRACE: Final = 2.0
"""Seconds a connection may take to close."""

_URL = re.compile(r"https?://[^/?#\s\x00-\x20\x7f]+([/?][\x21\x22\x24-\x7e]*)?\Z")  # no fragment: 0x23 is left out
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")  # RFC 9110 section 5.6.2: token
_VALUE = re.compile(r"([\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?\Z")  # section 5.5
_FOREIGN = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, ssl.SSLError)


class _Closable(Protocol):
    async def aclose(self) -> None: ...


class ExactUrl(httpx.URL):
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
class Exchange:
    """One request on its way: builds httpx's request, notes when it begins to go out, translates what fails."""

    def __init__(self, client: httpx.AsyncClient, request: HttpRequest, proxy: str | None, connect: float) -> None:
        self._client = client
        self._request = request
        self._proxy = proxy
        self._connect = min(connect, request.timeout)
        self._connection: _Closable | None = None
        self.sent: bool = False

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
            url = ExactUrl(self._request.url)
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
            # Both as they are: httpx would take apart the one and put the other into capitals.
            request.url, request.method = url, self._request.method
            return request
        raise ConfigurationError(f"the URL cannot be used: {reason}")

    async def start(self, foreign: httpx.Request) -> "StreamedResponse":
        """Send it and read the head of the answer."""
        try:
            return StreamedResponse(self, await self._client.send(foreign, stream=True))
        except BaseException as error:
            if self._connection is not None and not self.sent:
                # httpcore forgets a connection which is cancelled in its TLS handshake, or refused by a SOCKS proxy.
                with anyio.move_on_after(GRACE, shield=True):
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
class StreamedResponse:
    """A response whose body is read as it comes: the :class:`ByteStream` which :meth:`HttpxTransport.open` gives."""

    def __init__(self, call: Exchange, response: httpx.Response) -> None:
        self.status: int = response.status_code
        self.headers: tuple[tuple[str, str], ...] = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw
        )
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
        with anyio.move_on_after(GRACE, shield=True):
            await self._response.aclose()
            # httpx reads through generators within generators. On trio each must be run to its end, which the closed
            # connection brings about after what was already read.
            with suppress(Exception):
                async for _ in self._chunks:
                    pass
