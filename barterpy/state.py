"""State of transformers as bytes, so that a process can stop and another go on where it was.

A transformer whose state can be saved has the two methods of :class:`Stateful`; everything in
:mod:`barterpy.combinators`, :mod:`barterpy.analytics` and :class:`~barterpy.orderbook.BookBuilder` has them. What they
exchange is plain data: None, bool, int, float, str, bytes, ``Decimal``, lists, tuples, dicts, and the structs of
:mod:`barterpy.model` and :mod:`barterpy.events`. Nothing is imported or called by a name found in the bytes, so
reading a state from elsewhere is safe.
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Protocol, runtime_checkable

import msgspec

from barterpy import events, model
from barterpy.errors import ConfigurationError

__all__ = ["Stateful", "part_state", "restore", "restore_part", "save"]

_FORMAT: Final = "barterpy-state"
_VERSION: Final = 1

_DECIMAL, _TUPLE, _OBJECT, _INTEGER, _DICT = range(5)


@runtime_checkable
class Stateful(Protocol):
    """For a transformer whose state can be saved."""

    def save_state(self) -> Any:
        """All it must know to go on, as plain data (see the module). Must not share parts that change later."""
        ...

    def restore_state(self, state: Any, /) -> None:
        """Take over what :meth:`save_state` of an equally configured transformer gave."""
        ...


def save(transformer: object, *, types: Sequence[type[Any]] = ()) -> bytes:
    """The state of ``transformer`` and of all its parts.

    :param types: structs, named tuples and enumerations of yours that occur in the state
    :raises barterpy.errors.ConfigurationError: it, or a part of it, has no ``save_state``, or holds something that
        cannot be saved; the text names it
    """
    codec = _Codec(types)
    return codec.encode([_FORMAT, _VERSION, part_state(transformer)])


def restore(transformer: object, data: bytes, *, types: Sequence[type[Any]] = ()) -> None:
    """Give ``transformer``, made anew with the same arguments, the state that :func:`save` took.

    :raises barterpy.errors.ConfigurationError: the bytes are not a state, are of another version, or are the state of
        a transformer built in another way. The transformer may then hold a part of the state: make a new one
    """
    envelope = _Codec(types).decode(data)
    try:
        format_, version, state = envelope
    except (TypeError, ValueError):
        format_, version, state = None, None, None
    if format_ != _FORMAT:
        raise ConfigurationError("these bytes are not a saved state")
    if version != _VERSION:
        raise ConfigurationError(
            f"the state was saved in version {version} of the format, this library reads {_VERSION}"
        )
    restore_part(transformer, state)


def part_state(transformer: object) -> Any:
    """The state of one part, marked with its class: for the ``save_state`` of a composite.

    :raises barterpy.errors.ConfigurationError: it has no ``save_state``
    """
    name = type(transformer).__name__
    if isinstance(transformer, Stateful):
        return [name, transformer.save_state()]
    raise ConfigurationError(f"the state of {name} cannot be saved: give it save_state and restore_state")


def restore_part(transformer: object, state: Any) -> None:
    """The counterpart of :func:`part_state`.

    :raises barterpy.errors.ConfigurationError: the state is that of another class
    """
    name = type(transformer).__name__
    try:
        saved, inner = state
    except (TypeError, ValueError):
        raise ConfigurationError(f"the state of {name} is damaged") from None
    if saved != name:
        raise ConfigurationError(f"the state is that of {saved}, and this is {name}")
    if isinstance(transformer, Stateful):
        try:
            transformer.restore_state(inner)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise ConfigurationError(f"the state of {name} does not fit how it is built: {error}") from error


def _known_types() -> dict[str, type[Any]]:
    return {
        name: value
        for module in (model, events)
        for name in module.__all__
        if isinstance(value := getattr(module, name), type)
    }


class _Codec:
    """Plain data to MessagePack and back, with what MessagePack lacks as extensions that keep the exact type."""

    def __init__(self, types: Sequence[type[Any]]) -> None:
        self._by_name = _known_types() | {type_.__name__: type_ for type_ in types}
        self._by_type = {type_: name for name, type_ in self._by_name.items()}
        self._decoder = msgspec.msgpack.Decoder(ext_hook=self._extension)

    def encode(self, value: Any) -> bytes:
        return msgspec.msgpack.encode(self._plain(value))

    def decode(self, data: bytes) -> Any:
        try:
            return self._decoder.decode(data)
        except (msgspec.DecodeError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
            raise ConfigurationError(f"these bytes are not a saved state: {error}") from error

    def _plain(self, value: Any) -> Any:
        kind: Any = value.__class__
        if kind is int:
            # MessagePack ends at 64 bits; sums of nanoseconds squared do not.
            return value if -(1 << 63) <= value < 1 << 63 else self._extend(_INTEGER, str(value))
        if kind in (float, str, bool, bytes) or value is None:
            return value
        if kind is Decimal:
            return self._extend(_DECIMAL, str(value))
        if kind is list:
            return [self._plain(item) for item in value]
        if kind is tuple:
            return self._extend(_TUPLE, [self._plain(item) for item in value])
        if kind is dict:
            return self._extend(_DICT, [[self._plain(key), self._plain(item)] for key, item in value.items()])
        name = self._by_type.get(kind)
        if name is None:
            raise ConfigurationError(f"a {kind.__name__} is part of the state and cannot be saved; name it in types")
        if issubclass(kind, Enum):
            return self._extend(_OBJECT, [name, self._plain(value.value)])
        if issubclass(kind, tuple):
            return self._extend(_OBJECT, [name, [self._plain(item) for item in value]])
        fields = {field: self._plain(getattr(value, field)) for field in kind.__struct_fields__}
        return self._extend(_OBJECT, [name, fields])

    def _extend(self, code: int, value: Any) -> msgspec.msgpack.Ext:
        return msgspec.msgpack.Ext(code, msgspec.msgpack.encode(value))

    def _extension(self, code: int, data: memoryview) -> Any:
        value = self._decoder.decode(data)
        if code == _DECIMAL:
            return Decimal(value)
        if code == _TUPLE:
            return tuple(value)
        if code == _INTEGER:
            return int(value)
        if code == _DICT:
            return {key: item for key, item in value}  # noqa: C416 - pairs are lists, which dict() takes for sequences
        if code != _OBJECT:
            raise ValueError(f"unknown extension {code}")
        name, content = value
        type_ = self._by_name.get(name)
        if type_ is None:
            raise ValueError(f"{name} is not among the known types")
        if issubclass(type_, Enum):
            return type_(content)
        return type_(*content) if isinstance(content, list) else type_(**content)
