"""What must never be in a recording: keys, signatures, tokens, and what was answered to them.

A recording is made to be kept and passed on. So requests that carry credentials are left out, logon messages are
replaced by a note of their length, and queries lose the values of parameters that sound like secrets. The names are
matched loosely on purpose: a parameter dropped for nothing costs little. Not so in what is received, which has to be
replayed as it was: there, only the values of the tokens that venues hand out are replaced, by their exact names.
"""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from barterpy.http import HttpRequest
from barterpy.recording.records import Payload
from barterpy.redaction import SECRET_WORDS

__all__ = [
    "KEPT_HEADERS",
    "Redactor",
    "carries_credentials",
    "kept_headers",
    "redact_received",
    "redact_sent",
    "redact_url",
]

Redactor = Callable[[Payload], Payload]
"""What is recorded of a message."""

_SECRET_NAME: Final = re.compile(SECRET_WORDS, re.IGNORECASE)
_SECRET_HEADER: Final = re.compile(rf"{SECRET_WORDS}|key|cookie", re.IGNORECASE)
# A JSON key that sounds like a secret, or an operation that logs on with bare values ({"op":"auth","args":[...]}).
_LOGON: Final = re.compile(
    rf'"[^"]*({SECRET_WORDS})[^"]*"\s*:|:\s*"[^"]*(auth|login|logon)[^"]*"|(^|\x01)35=A\x01|(^|\x01)(96|554|925)=',
    re.IGNORECASE,
)

# A listen key stands in the path itself; no stream's name is that long without a mark in it.
_KEY_IN_PATH: Final = re.compile(r"(?<=/)[A-Za-z0-9_-]{40,}(?=/|$)")

# Deribit's answer to public/auth, Binance's to listenKey, and OAuth's (RFC 6749 section 5.1).
_TOKEN: Final = re.compile(
    r'("(?:access|refresh|id|session)_?token"\s*:\s*"|"listen_?key"\s*:\s*")((?:[^"\\]|\\.)+)(?=")', re.IGNORECASE
)

KEPT_HEADERS: Final = re.compile(
    r"content-type|date|retry-after|etag|last-modified|x-mbx-.*|.*rate-?limit.*|x-bapi-limit.*", re.IGNORECASE
)
"""Headers of answers that are kept: those that say what the body is, and what is left of a rate limit."""


def carries_credentials(request: HttpRequest) -> bool:
    """Whether a request has anything in its headers, query or body that sounds like a key or a signature."""
    if any(_SECRET_HEADER.search(name) for name, _ in request.headers):
        return True
    if urlsplit(request.url).username is not None:
        return True
    if any(_SECRET_NAME.search(name) for name, _ in parse_qsl(request.query, keep_blank_values=True)):
        return True
    return bool(request.body) and _SECRET_NAME.search(request.body.decode("latin-1")) is not None


def redact_url(url: str) -> str:
    """The URL without user and password, and without what looks like a key in its path or sounds like a secret in its
    query."""
    base, mark, query = url.partition("?")
    base = _KEY_IN_PATH.sub("REDACTED", base)
    scheme, separator, rest = base.partition("://")
    authority, slash, path = rest.partition("/")
    base = f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}" if separator else base
    parts = [
        f"{name}=REDACTED" if equals and _SECRET_NAME.search(name) else f"{name}{equals}{value}"
        for name, equals, value in (part.partition("=") for part in query.split("&"))
    ]
    return f"{base}{mark}{'&'.join(parts)}"


def redact_sent(payload: Payload) -> Payload:
    """The message, or a note in its place when it looks like a logon."""
    text = payload if isinstance(payload, str) else payload.decode("latin-1")
    if not _LOGON.search(text):
        return payload
    note = f"[logon of {len(payload)} characters not recorded]"
    return note if isinstance(payload, str) else note.encode()


def redact_received(payload: Payload) -> Payload:
    """The message, without the values of tokens that stand for a logon; nearly every message comes back as it is."""
    if isinstance(payload, str):
        return _TOKEN.sub(_hidden, payload) if "oken" in payload or "istenKey" in payload else payload
    if b"oken" not in payload and b"istenKey" not in payload:
        return payload
    return _TOKEN.sub(_hidden, payload.decode("latin-1")).encode("latin-1")


def _hidden(found: re.Match[str]) -> str:
    return f"{found[1]}REDACTED"


def kept_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The headers of an answer that go into a recording."""
    return tuple((name, value) for name, value in headers if KEPT_HEADERS.fullmatch(name))
