"""The kit for parsers passes the library's own, and names the clause that a broken one breaks."""

from typing import Any

import msgspec
import pytest

from barterpy.errors import ParseError
from barterpy.parser import JsonParser
from barterpy.testing.checks import check_parser
from barterpy.venues import binance


class Price(msgspec.Struct):
    p: float


GOOD = ['{"p": "1.5"}', '{"p": 2}']
BAD = ["", "{", '{"p": "x"}', "[]", b"\xff"]


@pytest.mark.parametrize(
    ("parser", "bad", "types"),
    [
        (JsonParser(), ["", "{", b"\xff"], dict),
        (JsonParser(Price), BAD, Price),
        (binance.Spot().parser(), ["{"], object),
    ],
)
def test_parsers_of_the_library_keep_the_contract(parser: Any, bad: list[Any], types: Any) -> None:
    check_parser(parser, GOOD, bad, types=types)


class Parsing:
    """Good by itself; skips what is empty."""

    def parse(self, message: Any, /) -> Any:
        try:
            return float(message) if message else None
        except ValueError as error:
            raise ParseError("no number", message) from error


class RaisesForeign(Parsing):
    def parse(self, message: Any, /) -> Any:
        return float(message)


class LosesPayload(Parsing):
    def parse(self, message: Any, /) -> Any:
        try:
            return float(message)
        except ValueError as error:
            raise ParseError("no number") from error


class TakesAnything(Parsing):
    def parse(self, message: Any, /) -> Any:
        return 1.0


class Untyped(Parsing):
    def parse(self, message: Any, /) -> Any:
        super().parse(message)
        return message


class RemembersTheBad(Parsing):
    total = 0.0

    def parse(self, message: Any, /) -> Any:
        self.total += 1
        value = super().parse(message)
        self.total -= 1
        return value + self.total


class BatchDiffers(Parsing):
    def parse_batch(self, messages: Any, /) -> Any:
        return [self.parse(message) for message in reversed(messages)]


class BatchSwallows(Parsing):
    def parse_batch(self, messages: Any, /) -> Any:
        return [float(message) for message in messages if message != "x"]


class BatchRaisesForeign(Parsing):
    def parse_batch(self, messages: Any, /) -> Any:
        return [float(message) for message in messages]


class BatchChangesState(Parsing):
    count = 0

    def parse(self, message: Any, /) -> Any:
        return super().parse(message) + self.count

    def parse_batch(self, messages: Any, /) -> Any:
        try:
            return [self.parse(message) for message in messages]
        except ParseError:
            self.count += 1
            raise


BROKEN_PARSERS: dict[type[Parsing], str] = {
    RaisesForeign: "parse must raise ParseError for a bad message, and nothing else",
    LosesPayload: "must keep the payload",
    TakesAnything: "must raise ParseError for a message that it cannot understand",
    Untyped: "must return one of its types or None, not str",
    RemembersTheBad: "must not change what the ones behind it give",
    BatchDiffers: "parse_batch must give what parse gives",
    BatchSwallows: "parse_batch must raise ParseError when one of its messages is bad",
    BatchRaisesForeign: "parse_batch must raise ParseError for a bad message, and nothing else",
    BatchChangesState: "a parse_batch that failed must have changed no state",
}


@pytest.mark.parametrize("kind", BROKEN_PARSERS, ids=lambda kind: kind.__name__)
def test_a_broken_parser_is_told_its_clause(kind: type[Parsing]) -> None:
    check_parser(Parsing, ["1", "", "2"], ["x"], types=float)
    with pytest.raises(AssertionError, match=BROKEN_PARSERS[kind]):
        check_parser(kind, ["1", "2"], ["x"], types=float)


def test_a_parser_that_fails_on_a_good_message_is_told_so() -> None:
    with pytest.raises(AssertionError, match="must understand or skip a good message, and it raised ParseError"):
        check_parser(Parsing(), ["x"])
