"""Transformers of one message at a time, without state: which messages go on, and as what.

``map`` and ``filter`` have the names everybody knows; use them as ``combinators.map`` and ``combinators.filter`` where
the built-in ones are wanted too.
"""

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar, get_origin, overload

from typing_extensions import TypeIs

from barterpy.errors import ConfigurationError

__all__ = ["Filter", "Map", "filter", "map", "of_type"]

In = TypeVar("In")
Out = TypeVar("Out")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


class Map(Generic[In, Out]):
    """See :func:`map`."""

    def __init__(self, function: Callable[[In], Out]) -> None:
        self._function = function

    def transform(self, message: In, received_at: int, /) -> Iterable[Out]:
        return (self._function(message),)

    def save_state(self) -> None:
        return None

    def restore_state(self, state: Any, /) -> None:
        pass


class Filter(Generic[In, Out]):
    """See :func:`filter`."""

    def __init__(self, predicate: Callable[[Any], object]) -> None:
        self._predicate = predicate

    def transform(self, message: In, received_at: int, /) -> Iterable[Out]:
        # What passes is an Out by the predicate's word, which a signature cannot express.
        kept: Any = (message,) if self._predicate(message) else ()
        return kept  # type: ignore[no-any-return]

    def save_state(self) -> None:
        return None

    def restore_state(self, state: Any, /) -> None:
        pass


def map(function: Callable[[In], Out]) -> Map[In, Out]:  # noqa: A001 - see the module
    """One output for each message: what ``function`` makes of it. For none or many, see
    :class:`~barterpy.transformer.FunctionTransformer`."""
    return Map(function)


@overload
def filter(predicate: Callable[[In], TypeIs[Out]]) -> Filter[In, Out]: ...  # noqa: A001 - see the module
@overload
def filter(predicate: Callable[[In], object]) -> Filter[In, In]: ...  # noqa: A001 - see the module
def filter(predicate: Callable[[Any], object]) -> Filter[Any, Any]:  # noqa: A001 - see the module
    """The messages for which ``predicate`` is true."""
    return Filter(predicate)


@overload
def of_type(first: type[A], /) -> Filter[object, A]: ...
@overload
def of_type(first: type[A], second: type[B], /) -> Filter[object, A | B]: ...
@overload
def of_type(first: type[A], second: type[B], third: type[C], /) -> Filter[object, A | B | C]: ...
@overload
def of_type(*types: type[Any]) -> Filter[object, Any]: ...
def of_type(*types: type[Any]) -> Filter[Any, Any]:
    """The messages of these types, and no others: ``of_type(Trade)``, or ``of_type(Trade[float])`` for the checker.

    :raises barterpy.errors.ConfigurationError: no type at all
    """
    if not types:
        raise ConfigurationError("of_type needs a type")
    # A parametrised generic is for the checker; at run time an event does not know its number type.
    classes = tuple(get_origin(type_) or type_ for type_ in types)
    return Filter(lambda message: isinstance(message, classes))
