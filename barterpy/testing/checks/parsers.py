"""The contract of :mod:`barterpy.parser`."""

from collections.abc import Callable, Sequence
from typing import Any

from barterpy.errors import ParseError
from barterpy.parser import StreamParser
from barterpy.testing.checks.clause import broken, require, subject

__all__ = ["check_parser"]


def check_parser(
    parser: StreamParser[Any, Any] | Callable[[], StreamParser[Any, Any]],
    messages: Sequence[Any],
    bad: Sequence[Any] = (),
    *,
    types: type[Any] | tuple[type[Any], ...] = object,
) -> None:
    """Check a parser against the contract of :class:`barterpy.parser.StreamParser`, and of ``BatchParser`` if it has
    ``parse_batch``.

    :param parser: the parser; for one with state a function that makes a fresh one
    :param messages: protocol messages it understands, or skips
    :param bad: messages it cannot understand
    :param types: what its results are, other than None
    :raises AssertionError: a clause is broken
    """
    results = _parse_all(subject(parser, "parse"), messages, types)
    for message in bad:
        _check_bad(subject(parser, "parse"), message)
    disturbed = subject(parser, "parse")
    for message in bad:
        _check_bad(disturbed, message)
    require(
        _parse_all(disturbed, messages, types) == results,
        "a message that could not be understood must not change what the ones behind it give",
    )
    if not hasattr(disturbed, "parse_batch"):
        return
    batch = subject(parser, "parse")
    require(
        list(batch.parse_batch(messages)) == results,
        "parse_batch must give what parse gives for each message in order",
    )
    for message in bad:
        failing = subject(parser, "parse")
        try:
            failing.parse_batch([*messages, message])
        except ParseError:
            pass
        except Exception as error:
            raise broken("parse_batch must raise ParseError for a bad message, and nothing else", error) from error
        else:
            raise broken("parse_batch must raise ParseError when one of its messages is bad")
        require(
            _parse_all(failing, messages, types) == results,
            "a parse_batch that failed must have changed no state",
        )


def _parse_all(parser: Any, messages: Sequence[Any], types: type[Any] | tuple[type[Any], ...]) -> list[Any]:
    results: list[Any] = []
    for message in messages:
        before = repr(message)
        try:
            result = parser.parse(message)
        except Exception as error:
            raise broken("parse must understand or skip a good message", error) from error
        require(
            result is None or isinstance(result, types),
            f"parse must return one of its types or None, not {type(result).__name__}",
        )
        require(repr(message) == before, "parse must not change the message it is given")
        results.append(result)
    return results


def _check_bad(parser: Any, message: Any) -> None:
    try:
        parser.parse(message)
    except ParseError as error:
        require(error.payload == message, "a ParseError must keep the payload as it was received")
    except Exception as error:
        raise broken("parse must raise ParseError for a bad message, and nothing else", error) from error
    else:
        raise broken("parse must raise ParseError for a message that it cannot understand")
