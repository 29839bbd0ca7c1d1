"""The two usual schemes, as data: the signature in the query, or in a header.

A venue whose rule is neither writes its own :class:`~barterpy.signing.SigningScheme`, three short methods.
"""

from dataclasses import dataclass, field
from string import Formatter
from typing import Final
from urllib.parse import quote

from barterpy.errors import ConfigurationError, CredentialsError
from barterpy.http import HttpRequest, encode_query
from barterpy.signing.nonces import NonceSource, TimestampFormat, milliseconds

__all__ = ["HeaderScheme", "QueryScheme"]

_FIELDS: Final = frozenset({"body", "host", "key", "method", "nonce", "path", "query", "target", "timestamp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryScheme:
    """Timestamp and signature in the query, the key in a header; query and body are signed as they stand.

    :param api_key: sent in ``key_header``
    :param extra: further query parameters of every signed request, such as ``(("recvWindow", 5000),)``
    :param timestamp_format: int nanoseconds UTC to text
    """

    api_key: str = field(repr=False)
    key_header: str
    timestamp: str = "timestamp"
    signature: str = "signature"
    extra: tuple[tuple[str, object], ...] = ()
    timestamp_format: TimestampFormat = milliseconds

    def __post_init__(self) -> None:
        _need_key(self.api_key)

    def prepare(self, request: HttpRequest, now: int, /) -> HttpRequest:
        added = encode_query({**dict(self.extra), self.timestamp: self.timestamp_format(now)})
        query = request.query
        return request.with_query(f"{query}&{added}" if query else added).with_headers((self.key_header, self.api_key))

    def payload(self, request: HttpRequest, /) -> bytes:
        return request.query.encode("ascii") + request.body

    def attach(self, request: HttpRequest, signature: str, /) -> HttpRequest:
        # Base64 holds +, / and =, which a query would not bring over as they are.
        return request.with_query(f"{request.query}&{self.signature}={quote(signature, safe='')}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderScheme:
    """Key, timestamp, nonce and signature in headers; what is signed is a template.

    :param template: what to sign, of the fields ``{timestamp} {nonce} {key} {method} {host} {path} {query} {target}
        {body}``; ``target`` is the path with its query. ``"{timestamp}{method}{target}{body}"``, for example
    :param headers: further headers of every signed request, such as a passphrase
    :param nonce: makes the nonces; sent in ``nonce_header``
    """

    api_key: str = field(repr=False)
    template: str
    key_header: str
    timestamp_header: str
    signature_header: str
    nonce_header: str | None = None
    nonce: NonceSource | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timestamp_format: TimestampFormat = milliseconds

    def __post_init__(self) -> None:
        _need_key(self.api_key)
        if (self.nonce is None) != (self.nonce_header is None):
            raise ConfigurationError("nonce and nonce_header belong together")
        names = {name for _, name, _, _ in Formatter().parse(self.template) if name is not None}
        known = _FIELDS if self.nonce else _FIELDS - {"nonce"}
        if not names or not names <= known:
            raise ConfigurationError(f"template {self.template!r} must be made of {{{'}, {'.join(sorted(known))}}}")

    def prepare(self, request: HttpRequest, now: int, /) -> HttpRequest:
        added = [(self.key_header, self.api_key), (self.timestamp_header, self.timestamp_format(now)), *self.headers]
        if self.nonce is not None and self.nonce_header is not None:
            added.append((self.nonce_header, self.nonce(now)))
        return request.with_headers(*added)

    def payload(self, request: HttpRequest, /) -> bytes:
        values = {
            "timestamp": request.header(self.timestamp_header) or "",
            "nonce": request.header(self.nonce_header) or "" if self.nonce_header else "",
            "key": self.api_key,
            "method": request.method,
            "host": request.host,
            "path": request.path,
            "query": request.query,
            "target": request.target,
            # Whatever the body holds comes back out of the template bit for bit.
            "body": request.body.decode("utf-8", "surrogateescape"),
        }
        return self.template.format_map(values).encode("utf-8", "surrogateescape")

    def attach(self, request: HttpRequest, signature: str, /) -> HttpRequest:
        return request.with_headers((self.signature_header, signature))


def _need_key(api_key: str) -> None:
    if not api_key:
        raise CredentialsError("the API key is empty")
