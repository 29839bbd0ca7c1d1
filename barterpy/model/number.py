"""Prices and sizes: ``Decimal`` by default, exact from the wire's text; ``float`` by choice, for speed."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final, TypeAlias

from typing_extensions import TypeVar

__all__ = ["N", "NumberParser", "decimal_number", "plain"]

N = TypeVar("N", Decimal, float, default=Decimal)
"""The number type of a venue object and of everything it yields."""

NumberParser: TypeAlias = Callable[[str], N]
"""Makes a number of the wire's text. :func:`decimal_number` or ``float``."""


# Ten characters of exponent are a gigabyte once they are written out: "1e999999999". No float is beyond this.
_MAX_EXPONENT: Final = 400


# Prices repeat within a narrow band and sizes are round: a lookup is three times cheaper than parsing the text again,
# and equal prices share one object. 64 Ki entries take about 10 MB at most.
@lru_cache(maxsize=65536)
def decimal_number(text: str) -> Decimal:
    """The exact value of a decimal text.

    :raises ValueError: it is not a finite number, or beyond 1e±400
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"not a number: {text[:40]!r}") from None
    if not value.is_finite():
        raise ValueError(f"not a finite number: {text[:40]!r}")
    if not -_MAX_EXPONENT <= value.adjusted() <= _MAX_EXPONENT:
        raise ValueError(f"not a number within 1e±{_MAX_EXPONENT}: {text[:40]!r}")
    return value


def plain(number: Decimal | float) -> str:
    """The number as text: all its digits, never in scientific notation, but for one beyond 1e±400: that is no price,
    and written out it could fill the memory.

    :raises ValueError: it is not a finite number
    """
    exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    if not exact.is_finite():
        raise ValueError(f"not a finite number: {number}")
    if not -_MAX_EXPONENT <= exact.adjusted() <= _MAX_EXPONENT:
        return str(exact)
    return format(exact, "f")
