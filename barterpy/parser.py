"""Parsers: one protocol message in, one typed message out."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar, cast, overload

import msgspec
import orjson

from barterpy.errors import ParseError

__all__ = ["BatchParser", "DecodingParser", "JsonParser", "StreamParser", "TextOrBinaryParser", "TotalParser"]

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
In = TypeVar("In")
In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)


class StreamParser(Protocol[In_contra, Out_co]):
    """Turns a protocol message into a typed message. An instance, which may hold state."""

    def parse(self, message: In_contra, /) -> Out_co | None:
        """The typed message, or None when this one is safe to skip.

        :raises barterpy.errors.ParseError: it could not be understood; the error keeps the payload
        """
        ...


class TotalParser(Protocol[In_contra, Out_co]):
    """A :class:`StreamParser` that never skips a message, such as :class:`JsonParser`."""

    def parse(self, message: In_contra, /) -> Out_co: ...


class BatchParser(StreamParser[In_contra, Out_co], Protocol[In_contra, Out_co]):
    """A parser that also takes a whole batch at once, for speed.

    ``parse_batch`` must give what ``parse`` gives for each message in order. When any of them fails it raises
    :class:`~barterpy.errors.ParseError` and must have changed no state: the caller then goes message by message. A
    parser with a true ``never_skips`` attribute spares the caller looking for None among what it gives.
    """

    def parse_batch(self, messages: Sequence[In_contra], /) -> Sequence[Out_co | None]: ...


class JsonParser(Generic[T]):
    """JSON text or bytes to Python objects.

    Without a type the result is plain objects, decoded by orjson. With a type, msgspec decodes and validates straight
    into it: a :class:`msgspec.Struct`, a tagged union of them, or anything else msgspec knows. Further types are tried
    in their order when a message does not fit the ones before, which is how a data message and an untagged
    acknowledgement share a stream.

    Numbers in strings become numbers where the type says so (``strict=False``), because that is how venues send prices.

    :raises barterpy.errors.ParseError: from :meth:`parse`, for a message which is not JSON or does not fit
    """

    @overload
    def __init__(self: "JsonParser[Any]") -> None: ...
    @overload
    def __init__(self: "JsonParser[A]", type_: type[A], /, *, strict: bool = False) -> None: ...
    @overload
    def __init__(self: "JsonParser[A | B]", first: type[A], second: type[B], /, *, strict: bool = False) -> None: ...
    @overload
    def __init__(
        self: "JsonParser[A | B | C]", first: type[A], second: type[B], third: type[C], /, *, strict: bool = False
    ) -> None: ...
    @overload
    def __init__(self: "JsonParser[Any]", *types: Any, strict: bool = False) -> None: ...
    def __init__(self, *types: Any, strict: bool = False) -> None:
        decoders: list[Callable[[str | bytes], Any]]
        decoders = [msgspec.json.Decoder(type_, strict=strict).decode for type_ in types] if types else [orjson.loads]
        self._decode = cast("Callable[[str | bytes], T]", decoders[0])
        self._others = cast("list[Callable[[str | bytes], T]]", decoders[1:])
        self.never_skips: bool = bool(types) and not any(map(_takes_null, decoders))
        """Whether no message gives None, which a stream takes for one to skip."""

    def parse(self, message: str | bytes, /) -> T:
        """The decoded message.

        :raises barterpy.errors.ParseError: not JSON, wrong type, missing field, or none of the types fits
        """
        decode = self._decode  # CPython 3.11 is slow to call what an attribute holds
        try:
            return decode(message)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            first = error
        for decode in self._others:
            try:
                return decode(message)
            except (msgspec.DecodeError, ValueError, RecursionError):
                continue
        raise ParseError(str(first), message) from first

    def parse_batch(self, messages: Sequence[str | bytes], /) -> list[T]:
        """All of them at once, in C; :meth:`parse` for each that does not fit the first type."""
        parsed: list[T] = []
        rest = messages
        while True:
            try:
                # What came before one that does not fit stays in the list.
                parsed.extend(map(self._decode, rest))
            except (msgspec.DecodeError, ValueError, RecursionError):
                parsed.append(self.parse(messages[len(parsed)]))
                rest = messages[len(parsed) :]
            else:
                return parsed


def _takes_null(decode: Callable[[str | bytes], Any]) -> bool:
    try:
        decode("null")
    except msgspec.DecodeError:
        return False
    return True


class DecodingParser(Generic[In, T]):
    """Messages to whatever a decoder makes of them: Protocol Buffers, MessagePack, SBE, or a format of one's own.

        DecodingParser(PushMessage.FromString, DecodeError, kind="protobuf")
        DecodingParser(msgspec.msgpack.Decoder(Trade).decode, kind="MessagePack")

    :param decode: called with each message as it came
    :param errors: what ``decode`` raises for a message that it cannot read, beside ``ValueError``, ``EOFError`` and
        :class:`msgspec.DecodeError`; anything else it raises is a mistake in the program and passes as it is
    :param kind: what to call a message in an error
    """

    def __init__(self, decode: Callable[[In], T], *errors: type[Exception], kind: str = "message") -> None:
        self._decode = decode
        self._errors: tuple[type[Exception], ...] = (ValueError, EOFError, msgspec.DecodeError, *errors)
        self._kind = kind

    def parse(self, message: In, /) -> T:
        """The decoded message.

        :raises barterpy.errors.ParseError: the decoder cannot read it
        """
        decode = self._decode  # CPython 3.11 is slow to call what an attribute holds
        try:
            return decode(message)
        except self._errors as error:
            raise ParseError(str(error) or type(error).__name__, message, kind=self._kind) from error


class TextOrBinaryParser(Generic[T]):
    """Text messages to one parser and binary ones to another, as of a venue that sends its data as Protocol Buffers and
    confirms subscriptions in JSON.
    """

    # Of two parsers that may skip a message mypy would infer what their types have in common.
    @overload
    def __init__(
        self: "TextOrBinaryParser[A | B]", text: TotalParser[str, A], binary: TotalParser[bytes, B]
    ) -> None: ...
    @overload
    def __init__(
        self: "TextOrBinaryParser[Any]", text: StreamParser[str, Any], binary: StreamParser[bytes, Any]
    ) -> None: ...
    def __init__(self, text: StreamParser[str, Any], binary: StreamParser[bytes, Any]) -> None:
        self._text = text
        self._binary = binary

    def parse(self, message: str | bytes, /) -> T:
        """What the one whose kind it is makes of it; None too, if that one may skip messages.

        :raises barterpy.errors.ParseError: see the two parsers
        """
        parsed: Any = self._text.parse(message) if isinstance(message, str) else self._binary.parse(message)
        return cast("T", parsed)
