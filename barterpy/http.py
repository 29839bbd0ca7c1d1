"""HTTP messages as values, and what a transport is. The transport itself is in ``barterpy.protocols.http``."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from enum import Enum
from typing import Protocol, cast
from urllib.parse import quote, urlsplit

import msgspec

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError

__all__ = ["HttpRequest", "HttpResponse", "HttpTransport", "encode_form", "encode_json", "encode_query"]

_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?\Z")


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
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query without its question mark, percent-encoded as it will go out."""
        return self.target.partition("?")[2]

    @property
    def target(self) -> str:
        """Path and query, as the request line has them (RFC 9112 section 3.2.1)."""
        origin = _ORIGIN.match(self.url)
        target = self.url[origin.end() :] if origin else self.url
        return target if target.startswith("/") else f"/{target}"

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
        """Seconds of a ``Retry-After`` header, RFC 9110 section 10.2.3; None when absent or not understood.

        A date there is compared with the server's own in ``Date``, or with ``received_at``.
        """
        value = (self.header("retry-after") or "").strip()
        if _SECONDS.match(value):
            return float(value)
        until = _date(value)
        now = _date(self.header("date")) or (self.received_at / SECOND if self.received_at else None)
        return None if until is None or now is None else max(0.0, until - now)

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

    Booleans become ``true`` and ``false``, enumerations their values, numbers plain digits (never scientific
    notation); a list or tuple repeats its name.

    :raises barterpy.errors.ConfigurationError: a number which is not finite
    """
    parts: list[str] = []
    for name, value in parameters.items():
        values = cast("Sequence[object]", value) if isinstance(value, (list, tuple)) else (value,)
        for item in values:
            if item is None:
                continue
            parts.append(f"{quote(name, safe='')}={quote(_text(name, item), safe='')}")
    return "&".join(parts)


def encode_form(content: object) -> bytes:
    """A mapping, struct or dataclass as ``application/x-www-form-urlencoded``, with the rules of a query."""
    fields = msgspec.to_builtins(content, builtin_types=(Decimal,))
    if not isinstance(fields, dict):
        raise ConfigurationError(f"a form is a mapping, a struct or a dataclass, not {type(content).__name__}")
    return encode_query(cast("dict[str, object]", fields)).encode("ascii")


def encode_json(content: object) -> bytes:
    """Anything msgspec knows as JSON; ``Decimal`` as text in plain digits, ``float`` as a number in plain digits.

    :raises barterpy.errors.ConfigurationError: a number which is not finite
    """
    return msgspec.json.encode(_plain(msgspec.to_builtins(content, builtin_types=(Decimal,))))


def _text(name: str, item: object) -> str:
    if isinstance(item, Enum):
        item = item.value
    if isinstance(item, bool):
        return "true" if item else "false"
    return _digits(item, name) if isinstance(item, (Decimal, float)) else str(item)


def _digits(number: Decimal | float, name: str = "a number") -> str:
    if not (number.is_finite() if isinstance(number, Decimal) else math.isfinite(number)):
        raise ConfigurationError(f"{name} is not a finite number")
    # A venue may read 1E-8 as text that is not a number.
    return f"{number if isinstance(number, Decimal) else Decimal(repr(number)):f}"


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[object]", value)]
    if isinstance(value, Decimal):
        return _digits(value)
    return msgspec.Raw(_digits(value).encode()) if isinstance(value, float) else value


def _date(value: str | None) -> float | None:
    if not value:
        return None
    from email.utils import parsedate_to_datetime  # which takes socket and more along, for a rare header

    try:
        # Without a zone it is UTC (RFC 5322 section 3.3 on "-0000"), and not this machine's time.
        date = parsedate_to_datetime(value)
        return (date if date.tzinfo is not None else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _header(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    name = name.lower()
    for key, value in reversed(headers):
        if key.lower() == name:
            return value
    return None
