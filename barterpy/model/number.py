"""Prices and sizes: ``Decimal`` by default, exact from the wire's text; ``float`` by choice, for speed."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias

import msgspec
from typing_extensions import TypeVar

from barterpy.errors import ConfigurationError

__all__ = ["N", "NumberParser", "decimal_number", "float_number", "number_parser", "plain"]

N = TypeVar("N", Decimal, float, default=Decimal)
"""The number type of a venue object and of everything it yields."""

NumberParser: TypeAlias = Callable[[str], N]
"""Makes a number of the wire's text: :func:`decimal_number`, :func:`float_number`, or a function of one's own that
raises ``ValueError`` for what is none."""


# Ten characters of exponent are a gigabyte once they are written out: "1e999999999". No float is beyond this.
_MAX_EXPONENT: Final = 400


_REMEMBERED: Final = 65536
"""Texts whose numbers are kept: 10 MB at most."""


class _Numbers(dict[str, Decimal]):
    """Numbers by their texts. When there are too many, all are forgotten: those in use are back soon."""

    __slots__ = ()

    def __missing__(self, text: str) -> Decimal:
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise ValueError(f"not a number: {text[:40]!r}") from None
        if not value.is_finite():
            raise ValueError(f"not a finite number: {text[:40]!r}")
        if not -_MAX_EXPONENT <= value.adjusted() <= _MAX_EXPONENT:
            raise ValueError(f"not a number within 1e±{_MAX_EXPONENT}: {text[:40]!r}")
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = value
        return value


# Prices repeat within a narrow band and sizes are round, so a lookup is several times cheaper than parsing the text
# again, and equal prices share one object. It is a method of a dictionary because functools.lru_cache, which has to
# say for each hit what was used last, takes half as long again (measured).
decimal_number: NumberParser[Decimal] = _Numbers().__getitem__
"""The exact value of a decimal text.

:raises ValueError: it is not a finite number, or beyond 1e±400
"""

# float() takes "NaN" and "Infinity". A check of what it made would cost more than the making; JSON's numbers (RFC 8259
# section 6) are finite by their grammar, and reading one in C takes no longer than float() does (measured).
float_number: NumberParser[float] = msgspec.json.Decoder(float).decode
"""The float nearest to a decimal text. The text is a number as JSON has them: no zero before other digits, no ``+``.

:raises ValueError: it is not a finite number, or no float is that large
"""


def number_parser(number: NumberParser[N]) -> NumberParser[N]:
    """What a venue object makes numbers with, when it was given ``number``: ``Decimal`` and ``float`` stand for the
    parsers here, which refuse what is not finite; a function of one's own is taken as it is.

    :raises barterpy.errors.ConfigurationError: it makes neither a Decimal nor a float of a text
    """
    chosen: Any = number
    if chosen is Decimal:
        chosen = decimal_number
    elif chosen is float:
        chosen = float_number
    try:
        made: object = chosen("1.5")
    except (TypeError, ValueError, ArithmeticError):
        made = None
    if not isinstance(made, (Decimal, float)):
        name = getattr(chosen, "__name__", type(chosen).__name__)
        raise ConfigurationError(
            f"number={name} makes no number that can be computed with: number=Decimal (exact, the default) and "
            "number=float (fast) do, or a function of a text that returns one of the two"
        )
    parser: NumberParser[N] = chosen
    return parser


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
