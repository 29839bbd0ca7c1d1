"""Everything that can go wrong, split by whose fault it is and what helps.

    BarterError
    ├── ConfigurationError          yours: an argument that cannot work                  a person
    │   ├── MissingExtraError       an optional dependency is not installed              a person
    │   ├── CredentialsError        a key or secret is missing or unusable               a person
    │   └── UnknownInstrument       no such instrument; `near` are those with such a name  a person
    ├── TransportError              the path: network, TLS, proxy                        reconnect
    │   ├── ConnectError            the connection was never made
    │   │   ├── TlsError            the certificate or the TLS handshake is not good      a person
    │   │   ├── ProxyError          the proxy refused or failed
    │   │   └── HandshakeError      the server answered the upgrade with something else
    │   ├── TransportTimeout        nothing came within the bound
    │   └── ConnectionLost          it was up and ended; `code` and `reason` tell how
    ├── ProtocolError               the peer broke the protocol                          reconnect
    │   └── LimitExceeded           something grew past a limit of ours; `limit` names it
    │       └── BufferOverflow      the consumer was too slow for the stream
    ├── ParseError                  a message that could not be understood; keeps the payload
    ├── BookError                   an order book that cannot be trusted; `instrument` names it
    ├── RecordingError              a recording cannot be written or read; `path` names it   a person
    ├── Throttled                   a limit of ours would make it wait too long; nothing sent retry
    └── VenueError                  the venue said no; its code and text are kept
        ├── RateLimited             too fast; `retry_after` in seconds                    retry
        │   └── Banned              told to stay away until `retry_after`                 retry
        ├── VenueUnavailable        the venue is not able to answer now                   retry
        ├── ClockSkew               our timestamp is outside the venue's window           retry
        ├── AuthenticationError     the key, signature or permission is not accepted      a person
        ├── RequestRejected         the request itself is wrong                           a person
        ├── OutcomeUnknown          it may or may not have been done                      reconcile
        └── SubscriptionError       a subscription was not confirmed; `subscriptions` names which
            ├── SubscriptionRefused the venue refused it                                 a person
            └── SubscriptionTimeout the venue did not answer in time                     reconnect

Each class says what helps by four flags, which an instance may narrow:
``retryable`` (the same call may succeed later, after ``retry_after`` seconds where it is known),
``needs_reconnect`` (this connection is of no more use), ``fatal`` (nothing helps but a person) and
``outcome_unknown`` (ask the venue what happened before doing anything else). ``planned`` says that there is nothing to
wait for before the next connection.

Errors carry fields and compute their text from them. Neither secrets nor whole payloads reach the text: a payload
stays reachable as a field, and is shown cut to its first characters.
"""

from collections.abc import Sequence
from typing import Any

__all__ = [
    "AuthenticationError",
    "Banned",
    "BarterError",
    "BookError",
    "BufferOverflow",
    "ClockSkew",
    "ConfigurationError",
    "ConnectError",
    "ConnectionLost",
    "CredentialsError",
    "HandshakeError",
    "LimitExceeded",
    "MissingExtraError",
    "OutcomeUnknown",
    "ParseError",
    "ProtocolError",
    "ProxyError",
    "RateLimited",
    "RecordingError",
    "RequestRejected",
    "SubscriptionError",
    "SubscriptionRefused",
    "SubscriptionTimeout",
    "Throttled",
    "TlsError",
    "TransportError",
    "TransportTimeout",
    "UnknownInstrument",
    "VenueError",
    "VenueUnavailable",
    "excerpt",
]

_EXCERPT = 80


def excerpt(payload: object, limit: int = _EXCERPT) -> str:
    """The first ``limit`` characters of a payload, fit for one line of a log."""
    if isinstance(payload, (bytes, bytearray)):
        text = bytes(payload[: limit + 1]).decode("utf-8", "replace")
    else:
        text = str(payload) if not isinstance(payload, str) else payload[: limit + 1]
    text = text.encode("unicode_escape").decode("ascii")
    return text if len(text) <= limit else text[:limit] + "…"


class BarterError(Exception):
    """Root of every error this library raises on purpose."""

    retryable: bool = False
    needs_reconnect: bool = False
    fatal: bool = False
    outcome_unknown: bool = False
    planned: bool = False
    """Whether the end was announced and made in good order: the next connection need not wait."""
    retry_after: float | None = None
    """Seconds to wait before a retry, when the other side said so."""


class ConfigurationError(BarterError):
    """An argument that cannot work; the text says which and what would."""

    fatal = True


class MissingExtraError(ConfigurationError):
    """An optional dependency is needed and not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(package, extra)
        self.package = package
        self.extra = extra

    def __str__(self) -> str:
        return f"{self.package} is not installed; run: pip install 'barterpy[{self.extra}]'"


class CredentialsError(ConfigurationError):
    """A key or secret is missing or cannot be used. Its text never holds the secret."""


class UnknownInstrument(ConfigurationError):
    """No instrument is called ``symbol`` at ``venue``; ``near`` are names that look like it, best first."""

    def __init__(self, venue: str, symbol: str, near: Sequence[str] = ()) -> None:
        super().__init__(venue, symbol, tuple(near))
        self.venue = venue
        self.symbol = symbol
        self.near: tuple[str, ...] = tuple(near)

    def __str__(self) -> str:
        hint = f"; did you mean {' or '.join(self.near)}?" if self.near else ""
        return f"{self.venue} has no instrument {excerpt(self.symbol, 40)!r}{hint}"


class TransportError(BarterError):
    """The path to the venue failed."""

    retryable = True
    needs_reconnect = True


class ConnectError(TransportError):
    """The connection was not made. ``target`` is host and port, never a URL with a secret in it."""

    def __init__(self, target: str, reason: str) -> None:
        super().__init__(target, reason)
        self.target = target
        self.reason = reason

    def __str__(self) -> str:
        return f"cannot connect to {self.target}: {self.reason}"


class TlsError(ConnectError):
    """The TLS handshake failed; a certificate that does not verify is never accepted."""

    retryable = False
    fatal = True


class ProxyError(ConnectError):
    """The proxy could not be used. The connection is never made around it."""


class HandshakeError(ConnectError):
    """The server did not accept the upgrade. ``status`` is the HTTP status, or None if it was not HTTP."""

    def __init__(
        self,
        target: str,
        reason: str,
        status: int | None = None,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> None:
        super().__init__(target, reason)
        self.status = status
        self.headers: tuple[tuple[str, str], ...] = tuple(headers)
        self.body = body
        if status is not None and 400 <= status < 500 and status not in (408, 418, 425, 429):
            self.retryable = False
        for name, value in self.headers:
            if name.lower() == "retry-after" and value.isascii() and value.isdigit():
                self.retry_after: float | None = float(value)


class TransportTimeout(TransportError, TimeoutError):
    """Nothing came within the bound. ``operation`` names what was waited for, ``seconds`` the bound."""

    def __init__(self, operation: str, seconds: float) -> None:
        super().__init__(operation, seconds)
        self.operation = operation
        self.seconds = seconds

    def __str__(self) -> str:
        return f"{self.operation} did not finish within {self.seconds:g} s"


class ConnectionLost(TransportError):
    """A connection that was up has ended. ``code`` is the protocol's close code where it has one."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason, code)
        self.reason = reason
        self.code = code

    def __str__(self) -> str:
        code = "" if self.code is None else f" ({self.code})"
        return f"connection lost{code}: {self.reason or 'no reason given'}"


class ProtocolError(BarterError):
    """The peer broke the protocol; the connection is of no more use."""

    retryable = True
    needs_reconnect = True


class LimitExceeded(ProtocolError):
    """Something grew past a limit of ours. ``limit`` is the name of the setting, ``allowed`` its value, and ``remedy``
    says what a person can do about it, where that is not to raise the limit."""

    def __init__(self, limit: str, allowed: int, actual: int | None = None, remedy: str = "") -> None:
        super().__init__(limit, allowed, actual, remedy)
        self.limit = limit
        self.allowed = allowed
        self.actual = actual
        self.remedy = remedy

    def __str__(self) -> str:
        actual = "more" if self.actual is None else str(self.actual)
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.limit} allows {self.allowed}, got {actual}{remedy}"


class BufferOverflow(LimitExceeded):
    """The consumer was too slow for the stream, whose policy is to fail then. The stream is over; a new one may do."""


class ParseError(BarterError):
    """A message that could not be understood. The connection is still good.

    ``payload`` is the message as it was received, ``reason`` says what is wrong with it.
    """

    def __init__(self, reason: str, payload: object = b"", *, kind: str = "message") -> None:
        super().__init__(reason, payload)
        self.reason = reason
        self.payload = payload
        self.kind = kind

    def __str__(self) -> str:
        return f"cannot parse {self.kind}: {self.reason}: {excerpt(self.payload)}"


class BookError(BarterError):
    """An order book that cannot be trusted any more, and why."""

    needs_reconnect = True

    def __init__(self, instrument: str, reason: str) -> None:
        super().__init__(instrument, reason)
        self.instrument = instrument
        self.reason = reason

    def __str__(self) -> str:
        return f"order book of {self.instrument}: {self.reason}"


class RecordingError(BarterError):
    """A recording that cannot be written or read, and why. ``path`` is the file."""

    fatal = True

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"recording {self.path}: {self.reason}"


class Throttled(BarterError):
    """A limit of ours would make the call wait longer than it may. Nothing was sent.

    ``limit`` names the limit, ``scope`` what it is counted for, ``seconds`` how long it would be at least.
    """

    retryable = True

    def __init__(self, limit: str, scope: str, seconds: float) -> None:
        super().__init__(limit, scope, seconds)
        self.limit = limit
        self.scope = scope
        self.seconds = seconds
        self.retry_after: float | None = seconds

    def __str__(self) -> str:
        where = f" for {self.scope}" if self.scope else ""
        return f"{self.limit}{where} leaves no room for {self.seconds:.3g} s"


class VenueError(BarterError):
    """The venue said no. ``code`` and ``text`` are the venue's own, ``status`` is HTTP's where there is one."""

    def __init__(
        self,
        text: str,
        code: int | str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(text, code, status, retry_after)
        self.text = text
        self.code = code
        self.status = status
        if retry_after is not None:
            self.retry_after: float | None = retry_after

    def __str__(self) -> str:
        where = [f"HTTP {self.status}"] if self.status is not None else []
        if self.code is not None:
            where.append(f"code {self.code}")
        if self.retry_after is not None:
            where.append(f"retry after {self.retry_after:g} s")
        prefix = f"[{', '.join(where)}] " if where else ""
        return f"{prefix}{excerpt(self.text, 200)}"


class RateLimited(VenueError):
    """Too fast. Wait ``retry_after`` seconds where the venue said so."""

    retryable = True


class Banned(RateLimited):
    """Told to stay away; going on makes the ban longer."""


class VenueUnavailable(VenueError):
    """The venue is not able to answer now, and says that nothing was done."""

    retryable = True


class ClockSkew(VenueError):
    """Our timestamp lies outside of the venue's window: measure its clock, then sign again."""

    retryable = True


class AuthenticationError(VenueError):
    """The key, the signature or the permission is not accepted."""

    fatal = True


class RequestRejected(VenueError):
    """The request itself is wrong; sending it again gives the same answer."""


class OutcomeUnknown(VenueError):
    """It may or may not have been done: ask the venue before anything else."""

    outcome_unknown = True


class SubscriptionError(VenueError):
    """A subscription was not confirmed. ``subscriptions`` are their names, as the user wrote them."""

    def __init__(self, subscriptions: Sequence[str], text: str, code: int | str | None = None) -> None:
        super().__init__(text, code)
        self.args: tuple[Any, ...] = (tuple(subscriptions), text, code)
        self.subscriptions: tuple[str, ...] = tuple(subscriptions)

    def __str__(self) -> str:
        return f"{', '.join(self.subscriptions)}: {super().__str__()}"


class SubscriptionRefused(SubscriptionError):
    """The venue refused the subscription."""

    fatal = True


class SubscriptionTimeout(SubscriptionError):
    """The venue did not confirm within the total deadline."""

    retryable = True
    needs_reconnect = True
