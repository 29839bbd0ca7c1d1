"""What an answer tells about limits: figures of use, and orders to stay away. Pure functions of status and headers.

Generic here: ``RateLimit`` and ``RateLimit-Policy`` (draft-ietf-httpapi-ratelimit-headers-10), their predecessors
``RateLimit-Limit``, ``-Remaining`` and ``-Reset`` (to draft 07, also with ``X-`` before them), ``Retry-After`` (RFC
9110 section 10.2.3) and the statuses that mean "too fast". A venue with headers of its own has its own function.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeAlias

import msgspec

__all__ = ["Answer", "Feedback", "Pause", "Usage", "http_feedback", "pauses"]

_PARAMETER = re.compile(r"([a-z]+)=(\d{1,12})\Z")
_NUMBER = re.compile(r"\s*(\d{1,12})(?![\d.])")
_LONGEST_RESET: Final = 31 * 24 * 3600
"""Seconds; a larger ``-Reset`` is a date, and dates have been seen in several units."""


class Answer(Protocol):
    """What is read of a response; :class:`barterpy.http.HttpResponse` has it."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> tuple[tuple[str, str], ...]: ...

    @property
    def body(self) -> bytes: ...

    @property
    def received_at(self) -> int: ...

    @property
    def retry_after(self) -> float | None: ...

    def header(self, name: str, /) -> str | None: ...


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """The other side counts ``used`` of ``limit`` within ``period`` seconds."""

    used: int
    limit: int | None = None
    period: float | None = None
    limiter: str = ""
    """Which limiter is meant, by its name in the costs of a request; empty for that of the requests."""


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is to be sent for ``seconds``."""

    seconds: float
    reason: str
    limiter: str = ""


Feedback: TypeAlias = Callable[[Answer], Sequence[Usage | Pause]]
"""Reads an answer, whether it is a success or not. Never raises: what cannot be read tells nothing."""


def pauses(answer: Answer, *, rate_limited: float = 1.0, banned: float = 120.0) -> list[Usage | Pause]:
    """The pause a status and its ``Retry-After`` ask for; without one ``rate_limited`` and ``banned`` seconds."""
    wait = answer.retry_after
    match answer.status:
        case 429:
            return [Pause(seconds=rate_limited if wait is None else wait, reason="too fast (HTTP 429)")]
        case 418:
            return [Pause(seconds=banned if wait is None else wait, reason="banned (HTTP 418)")]
        case 503 if wait is not None:
            return [Pause(seconds=wait, reason="not available (HTTP 503)")]
        case _:
            return []


def http_feedback(answer: Answer) -> list[Usage | Pause]:
    """Rate limit headers as the draft has them, now or before, and :func:`pauses`."""
    found = _current(answer) or _former(answer)
    return [*found, *pauses(answer)]


def _current(answer: Answer) -> list[Usage | Pause]:
    """``RateLimit-Policy: "default";q=100;w=60`` and ``RateLimit: "default";r=50;t=30``."""
    remaining = _items(answer.header("ratelimit"))
    policies = _items(answer.header("ratelimit-policy"))
    found: list[Usage | Pause] = []
    for name, parameters in remaining.items():
        left = parameters.get("r")
        policy = policies.get(name, {})
        if left is not None:
            found += _told(left, policy.get("q"), policy.get("w"), parameters.get("t"))
    return found


def _former(answer: Answer) -> list[Usage | Pause]:
    """``RateLimit-Limit: 100, 100;w=60``, ``RateLimit-Remaining: 50`` and ``RateLimit-Reset: 30``."""
    for prefix in ("ratelimit", "x-ratelimit"):
        left = _number(answer.header(f"{prefix}-remaining"))
        if left is not None:
            limits = answer.header(f"{prefix}-limit")
            limit = _number(limits)
            windows = [parameters.get("w") for name, parameters in _items(limits).items() if name == str(limit)]
            return _told(left, limit, windows[-1] if windows else None, _number(answer.header(f"{prefix}-reset")))
    return []


def _told(left: int, limit: int | None, period: int | None, reset: int | None) -> list[Usage | Pause]:
    found: list[Usage | Pause] = []
    if limit is not None and limit > 0:
        found.append(Usage(used=max(0, limit - left), limit=limit, period=period or None))
    if left == 0 and reset is not None and reset <= _LONGEST_RESET:
        found.append(Pause(seconds=reset, reason="nothing remains until the reset"))
    return found


def _items(value: str | None) -> dict[str, dict[str, int]]:
    """The names of a structured list and their whole numbers, RFC 9651 section 3.1. Split and not matched, because
    what is sent there is not ours; no venue's name has a comma or a semicolon in it."""
    items: dict[str, dict[str, int]] = {}
    for item in (value or "")[:1000].split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        found = filter(None, map(_PARAMETER.match, parameters))
        items.setdefault(name.strip('"'), {}).update((match[1], int(match[2])) for match in found)
    return items


def _number(value: str | None) -> int | None:
    match = _NUMBER.match(value or "")
    return int(match[1]) if match else None
