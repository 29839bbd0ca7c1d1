"""Every event as one line of JSON, and back: the format of pipes, logs and anything that is not Python.

A line is one object whose ``event`` says which type it is; the other members are the fields of that type, by their
names, in a fixed order, all of them present, null where there is nothing to say. Prices, sizes and amounts are exact
decimals and travel as strings without exponents (as numbers where ``float`` was chosen); times are integers. A reader
ignores members it does not know: fields are added to this schema, never renamed or given another meaning.
"""

import re
from decimal import Decimal
from typing import Any, Final, TypeAlias, cast, get_args, get_origin

import msgspec
import orjson

from barterpy.errors import ParseError
from barterpy.events import LifecycleEvent
from barterpy.model.account import AccountEvent, Order
from barterpy.model.instrument import Instrument
from barterpy.model.market import MarketEvent
from barterpy.model.number import plain

__all__ = [
    "EVENT_TYPES",
    "AnyEvent",
    "decode_event",
    "encode_event",
    "event_kind",
]

AnyEvent: TypeAlias = MarketEvent[Decimal] | LifecycleEvent | Instrument | Order[Decimal] | AccountEvent[Decimal]
"""Whatever has a line of its own."""

_MEMBERS: Final[tuple[Any, ...]] = get_args(AnyEvent)

EVENT_TYPES: Final[dict[str, type[Any]]] = {
    (get_origin(member) or member).__struct_config__.tag: member for member in _MEMBERS
}
"""Each event type by the ``event`` its lines carry."""

_KINDS: Final[dict[type[Any], str]] = {get_origin(type_) or type_: tag for tag, type_ in EVENT_TYPES.items()}

# Decimals whose text has an exponent, as Decimal("1E-8") has: rare, and no reader should have to understand them.
_EXPONENT = re.compile(rb'"-?\d+(?:\.\d+)?E[+-]\d+"')
_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(cast("Any", AnyEvent))


def encode_event(event: Any) -> bytes:
    """The line of an event, without the newline. Numbers keep every digit they were made of. One beyond 1e±400, which
    no price is, keeps its exponent too: written out, it could fill the memory.

    :raises TypeError: it is not an event, nor anything else that JSON can say
    """
    line = _encoder.encode(event)
    if _EXPONENT.search(line) is None:
        return line
    return orjson.dumps(msgspec.to_builtins(event, builtin_types=(Decimal,)), default=plain)


def decode_event(line: str | bytes) -> AnyEvent:
    """The event of a line, with ``Decimal`` numbers; members that are not known are ignored.

    :raises barterpy.errors.ParseError: not JSON, no event of this schema, or a member is missing or of a wrong type
    """
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ParseError(str(error), line, kind="event line") from error


def event_kind(event: object) -> str:
    """What the ``event`` member of its line says, such as ``book_delta``.

    :raises TypeError: it is not an event
    """
    try:
        return _KINDS[type(event)]
    except KeyError:
        raise TypeError(f"{type(event).__name__} is not an event") from None
