"""ISO-8601 text, as dYdX writes every time, to int nanoseconds UTC and back."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from barterpy.clock import MICROSECOND, MILLISECOND, SECOND

__all__ = ["iso_text", "nanoseconds"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


# All trades of a block have its time, and a candle is sent again and again with its own.
@lru_cache(maxsize=4096)
def nanoseconds(text: str) -> int:
    """Int nanoseconds UTC of ``2024-01-01T00:00:01.000Z``.

    :raises ValueError: it is not such a time, or names no time zone
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone: {text[:40]!r}")
    passed = at - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * SECOND + passed.microseconds * MICROSECOND


def iso_text(at: int) -> str:
    """``2024-01-01T00:00:01.000Z`` of int nanoseconds UTC, whose part below a millisecond is left out."""
    seconds, rest = divmod(at, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // MILLISECOND:03d}Z"
