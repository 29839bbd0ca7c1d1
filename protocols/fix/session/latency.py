"""Is a SendingTime near enough to our clock? Asked of each message, and answered for most of them without parsing."""

from typing import Final

from barterpy.clock import SECOND
from barterpy.errors import ParseError
from barterpy.protocols.fix.timestamps import parse_timestamp

__all__ = ["Latency"]

_WHOLE_SECONDS: Final = 17
"""Characters of ``YYYYMMDD-HH:MM:SS``."""
_POINT: Final = ord(".")


class Latency:
    """Compares with a bound in seconds; None lets everything pass."""

    __slots__ = ("_from", "_limit", "_second", "_until")

    def __init__(self, max_latency: float | None) -> None:
        self._limit = None if max_latency is None else round(max_latency * SECOND)
        self._second = b""
        """A second whose every fraction is good while our clock is between the two times below."""
        self._from = 0
        self._until = 0

    def accepts(self, value: bytes, at: int) -> bool:
        """Whether a SendingTime (52) is within the bound of ``at``, nanoseconds UTC. What is no time is not."""
        if self._limit is None:
            return True
        if self._from <= at <= self._until and value[:_WHOLE_SECONDS] == self._second:
            fraction = value[_WHOLE_SECONDS:]
            if not fraction or (fraction[0] == _POINT and fraction[1:].isdigit()):
                return True
        try:
            sent = parse_timestamp(value)
        except ParseError:
            return False
        if abs(at - sent) > self._limit:
            return False
        whole = sent - sent % SECOND
        self._second, self._from, self._until = (
            value[:_WHOLE_SECONDS],
            whole + SECOND - self._limit,
            whole + self._limit,
        )
        return True
