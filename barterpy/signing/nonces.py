"""Nonces and timestamps: what makes a signed request good for one time only."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias, final

from barterpy.clock import MILLISECOND, SECOND

__all__ = ["IncreasingNonce", "NonceSource", "TimestampFormat", "iso8601", "milliseconds", "random_nonce", "seconds"]

TimestampFormat: TypeAlias = Callable[[int], str]
"""Int nanoseconds UTC to the text a venue wants."""

NonceSource: TypeAlias = Callable[[int], str]
"""Makes the next nonce; is given the time in int nanoseconds UTC."""


def milliseconds(now: int) -> str:
    """Whole milliseconds since 1970."""
    return str(now // MILLISECOND)


def seconds(now: int) -> str:
    """Whole seconds since 1970."""
    return str(now // SECOND)


def iso8601(now: int) -> str:
    """ISO 8601 with milliseconds, such as ``2020-12-08T09:08:57.715Z``."""
    whole, rest = divmod(now, SECOND)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest // MILLISECOND:03d}Z"


def random_nonce(now: int) -> str:
    """16 random hexadecimal digits, whatever the time."""
    return secrets.token_hex(8)


@final
class IncreasingNonce:
    """A number that grows with every call, even when the clock does not or is set back.

    :param unit: nanoseconds a step: a millisecond by default
    :param last: the greatest number used so far, when a process takes over from another
    """

    def __init__(self, unit: int = MILLISECOND, last: int = 0) -> None:
        self._unit = unit
        self.last: int = last

    def __call__(self, now: int, /) -> str:
        self.last = max(self.last + 1, now // self._unit)
        return str(self.last)
