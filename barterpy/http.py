"""HTTP messages as values, and what a transport is. The transport itself is in ``barterpy.protocols.http``."""

from collections.abc import Mapping, Sequence
from typing import Protocol, cast
from urllib.parse import quote, urlsplit

import msgspec

__all__ = ["HttpRequest", "HttpResponse", "HttpTransport", "encode_query"]


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request in its final form: ``url`` and ``body`` are the bytes that will go out, which is what gets signed.

    ``timeout`` bounds the whole exchange, in seconds.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    timeout: float = 10.0

    @property
    def host(self) -> str:
        """Host and port, as they stand in the URL."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def path(self) -> str:
        """The path, percent-encoded as it will go out, without the query."""
        return urlsplit(self.url).path

    @property
    def query(self) -> str:
        """The query without its question mark, percent-encoded as it will go out."""
        return urlsplit(self.url).query

    @property
    def target(self) -> str:
        """Path and query, as the request line has them."""
        query = self.query
        return f"{self.path}?{query}" if query else self.path

    def header(self, name: str) -> str | None:
        """The last value of a header, or None. Names are case-insensitive."""
        return _header(self.headers, name)

    def with_headers(self, *headers: tuple[str, str]) -> "HttpRequest":
        """The same request with these headers added, or put in the place of those with the same name."""
        names = {name.lower() for name, _ in headers}
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in names)
        return msgspec.structs.replace(self, headers=kept + headers)

    def with_query(self, query: str) -> "HttpRequest":
        """The same request with this query, which must already be percent-encoded."""
        base = self.url.partition("?")[0]
        return msgspec.structs.replace(self, url=f"{base}?{query}" if query else base)

    def with_body(self, body: bytes) -> "HttpRequest":
        """The same request with this body."""
        return msgspec.structs.replace(self, body=body)

    def __repr__(self) -> str:
        # Keys and signatures travel in query and headers: neither belongs in a log.
        return f"HttpRequest({self.method} {self.url.partition('?')[0]})"


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A whole response. ``received_at`` is int nanoseconds UTC, ``elapsed`` int nanoseconds since it was sent."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    url: str = ""
    received_at: int = 0
    elapsed: int = 0

    def header(self, name: str) -> str | None:
        """The last value of a header, or None. Names are case-insensitive."""
        return _header(self.headers, name)

    @property
    def retry_after(self) -> float | None:
        """Seconds of a ``Retry-After`` header, RFC 9110 section 10.2.3; None when absent or given as a date."""
        value = self.header("retry-after")
        try:
            return None if value is None else max(0.0, float(value))
        except ValueError:
            return None

    def __repr__(self) -> str:
        return f"HttpResponse({self.status}, {len(self.body)} bytes, {self.url.partition('?')[0]})"


class HttpTransport(Protocol):
    """Moves one request out and its response in."""

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        """Exchange one request. It is never repeated and redirects are not followed: a signature holds for one URL.

        :raises barterpy.errors.ConnectError: no connection was made, so nothing was done
        :raises barterpy.errors.TransportTimeout: no whole answer within ``request.timeout``
        :raises barterpy.errors.ConnectionLost: the connection broke before the whole answer was there
        :raises barterpy.errors.LimitExceeded: the response is larger than allowed
        """
        ...

    async def aclose(self) -> None: ...


def encode_query(parameters: Mapping[str, object]) -> str:
    """Parameters percent-encoded in their order, UTF-8, spaces as ``%20``; those that are None are left out.

    Booleans become ``true`` and ``false``; a list or tuple repeats its name.
    """
    parts: list[str] = []
    for name, value in parameters.items():
        values = cast("Sequence[object]", value) if isinstance(value, (list, tuple)) else (value,)
        for item in values:
            if item is None:
                continue
            text = str(item).lower() if isinstance(item, bool) else str(item)
            parts.append(f"{quote(name, safe='')}={quote(text, safe='')}")
    return "&".join(parts)


def _header(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    name = name.lower()
    for key, value in reversed(headers):
        if key.lower() == name:
            return value
    return None
