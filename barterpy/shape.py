"""Whether what a user passed has the shape that is asked for, told where it was passed and not where it is missed."""

from collections.abc import Callable
from decimal import Decimal
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any

from barterpy.errors import ConfigurationError

__all__ = ["asynchronous", "exact", "method", "synchronous"]


def method(thing: object, name: str, role: str) -> Callable[..., Any]:
    """The method ``name``, which makes of ``thing`` a ``role`` ("socket", "parser", …).

    :raises barterpy.errors.ConfigurationError: there is none, ``thing`` is a class, or an ``async with`` was forgotten
    """
    if isinstance(thing, type):
        raise ConfigurationError(f"the class {thing.__name__} was passed as the {role}: pass an instance of it")
    found: object = getattr(thing, name, None)
    if callable(found):
        return found
    said = f"{_called(thing)} is no {role}: it has no method {name}"
    if hasattr(thing, "__aenter__"):
        said += f"; enter it first: async with … as {role}"
    raise ConfigurationError(said)


def synchronous(thing: object, name: str, role: str) -> Callable[..., Any]:
    """The method ``name``, which must not be asynchronous.

    :raises barterpy.errors.ConfigurationError: as :func:`method`; or it is ``async def``
    """
    found = method(thing, name, role)
    if iscoroutinefunction(found) or isasyncgenfunction(found):
        raise ConfigurationError(f"{_called(thing)}.{name} is async; write it with def: a {role} waits for nothing")
    return found


def asynchronous(thing: object, name: str, role: str) -> Callable[..., Any]:
    """The method ``name``, which is awaited.

    :raises barterpy.errors.ConfigurationError: as :func:`method`; or it is a generator
    """
    found = method(thing, name, role)
    if isasyncgenfunction(found):
        raise ConfigurationError(f"{_called(thing)}.{name} yields; a {role} returns, one batch a call")
    return found


def exact(value: object, what: str) -> Decimal:
    """``value``, which has to be a ``Decimal``.

    :raises barterpy.errors.ConfigurationError: it is something else
    """
    if not isinstance(value, Decimal):
        raise ConfigurationError(f"{what} must be a Decimal, not {_called(value)}: Decimal('{value}')")
    return value


def _called(thing: object) -> str:
    # A function has a better name than that of its type, which is "function".
    name = getattr(thing, "__qualname__", "") if callable(thing) else ""
    return name or type(thing).__name__
