"""What a recording holds, as values, and their lines.

A recording is JSON lines in a zstd stream: one :class:`Header`, the records in the order they happened, one
:class:`Footer`. Text payloads are JSON strings, so they come back exactly; binary ones are base64. The footer's hash is
the SHA-256 of all bytes before it, once decompressed, which any tool can check::

    zstd -dc FILE | head -n -1 | sha256sum
"""

from collections.abc import Callable
from typing import Any, Final, Self, TypeAlias

import msgspec

from barterpy.errors import ConfigurationError

__all__ = [
    "FORMAT",
    "SUFFIX",
    "VERSION",
    "Closed",
    "Footer",
    "Header",
    "HttpExchange",
    "Opened",
    "Payload",
    "Received",
    "Record",
    "Sent",
    "decode_line",
    "encode_line",
]

FORMAT: Final = "barterpy-recording"
VERSION: Final = 1
SUFFIX: Final = ".barterpy.zst"

Payload: TypeAlias = str | bytes
"""A message as it came over the wire: text or binary."""


class Header(msgspec.Struct, frozen=True, kw_only=True, tag="header", tag_field="kind"):
    """The first line. ``created_at`` is int nanoseconds UTC; ``part`` counts the files of a rotated recording from 1.

    ``subscriptions`` and ``notes`` are for people: what was asked for, and anything else worth knowing.
    """

    format: str = FORMAT
    version: int = VERSION
    venue: str = ""
    created_at: int = 0
    subscriptions: tuple[str, ...] = ()
    part: int = 1
    notes: str = ""


class Footer(msgspec.Struct, frozen=True, kw_only=True, tag="footer", tag_field="kind"):
    """The last line: how many records of each kind there are, their time, and the hash of all that is before it."""

    records: int
    counts: dict[str, int]
    payload_bytes: int
    first_at: int | None
    last_at: int | None
    sha256: str


class _Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    at: int
    connection: str
    text: str | None = None
    data: bytes | None = None

    @classmethod
    def of(cls, payload: Payload, *, at: int, connection: str) -> Self:
        """A record of ``payload``.

        :raises barterpy.errors.ConfigurationError: it is neither ``str`` nor ``bytes``
        """
        if isinstance(payload, str):
            return cls(at=at, connection=connection, text=payload)
        if isinstance(payload, (bytes, bytearray, memoryview)):  # pyright: ignore[reportUnnecessaryIsInstance]
            return cls(at=at, connection=connection, data=bytes(payload))
        raise ConfigurationError(f"a recording keeps text and bytes, not {type(payload).__name__}")

    @property
    def payload(self) -> Payload:
        """The message: ``str`` when it was text, ``bytes`` when it was binary."""
        return self.text if self.text is not None else self.data or b""


class Received(_Message, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag="recv", tag_field="kind"):
    """A message from the venue; ``at`` is when it was read, int nanoseconds UTC. Equal times are one read."""


class Sent(_Message, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag="send", tag_field="kind"):
    """A message to the venue. What looks like a logon is not kept, see :mod:`barterpy.recording.redaction`."""


class Opened(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="open", tag_field="kind"):
    """A connection was made. ``url`` is where to, with secrets taken out; empty where there is none."""

    at: int
    connection: str
    url: str = ""


class Closed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="close", tag_field="kind"):
    """A connection ended, by whichever side. ``code`` is the protocol's close code where there was one."""

    at: int
    connection: str
    code: int | None = None
    reason: str = ""


class HttpExchange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="http", tag_field="kind"):
    """A REST request and its whole answer. ``at`` is when the answer was there, ``elapsed`` nanoseconds it took.

    ``headers`` are those of the answer worth keeping. The request's own headers and body are never recorded.
    """

    at: int
    url: str
    connection: str = "rest"
    method: str = "GET"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    elapsed: int = 0
    text: str | None = None
    data: bytes | None = None

    @property
    def body(self) -> bytes:
        """The answer's body, exactly."""
        return self.text.encode() if self.text is not None else self.data or b""

    @classmethod
    def with_body(cls, body: bytes, **fields: Any) -> Self:
        """An exchange with this body: kept as text where it is UTF-8, so that a recording can be read by people."""
        try:
            return cls(text=body.decode(), **fields)
        except UnicodeDecodeError:
            return cls(data=body, **fields)


Record: TypeAlias = Received | Sent | Opened | Closed | HttpExchange

_Line: TypeAlias = Header | Footer | Record

encode_line: Callable[[Any], bytes] = msgspec.json.Encoder().encode
"""One line without its end. Raises UnicodeEncodeError for text which is no Unicode (a lone surrogate)."""

_decoder: msgspec.json.Decoder[_Line] = msgspec.json.Decoder(_Line)


def decode_line(line: bytes) -> _Line:
    """A line of a recording. Raises :class:`msgspec.DecodeError` when it is none."""
    return _decoder.decode(line)
