"""FIX's own errors: what each says, which remedy it names, and that no value reaches the text."""

import copy
import pickle

import pytest

from barterpy.errors import BarterError, ConnectionLost, ParseError, ProtocolError, VenueError
from barterpy.protocols.fix import errors
from barterpy.protocols.fix.errors import (
    FieldInvalid,
    FieldMissing,
    FixError,
    Garbled,
    LogonRefused,
    PlannedEnd,
    SessionClosed,
)

EXAMPLES: list[tuple[BarterError, str, type[BarterError], str]] = [
    (FixError("text"), "text", BarterError, ""),
    (Garbled("CheckSum (10) is wrong"), "garbled: CheckSum (10) is wrong", ProtocolError, "retry reconnect"),
    (Garbled("no 9", 70), "garbled message of 70 bytes: no 9", ProtocolError, "retry reconnect"),
    (FieldMissing(44), "FIX field 44 is missing", ParseError, ""),
    (FieldMissing(44, b"8=\x01"), "FIX field 44 is missing", ParseError, ""),
    (FieldInvalid(554, "not an int", b"554=x\x01"), "FIX field 554 is not valid: not an int", ParseError, ""),
    (LogonRefused("bad key"), "bad key", VenueError, "retry reconnect"),
    (SessionClosed("logged out"), "FIX session closed: logged out", ConnectionLost, "retry reconnect"),
    (PlannedEnd("maintenance"), "FIX session closed: planned, maintenance", ConnectionLost, "retry reconnect"),
    (SessionClosed(""), "FIX session closed: no reason given", ConnectionLost, "retry reconnect"),
]


@pytest.mark.parametrize(("error", "text", "family", "remedy"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_text_family_and_remedy(error: BarterError, text: str, family: type[BarterError], remedy: str) -> None:
    assert str(error) == text
    assert isinstance(error, FixError)
    assert isinstance(error, family)
    flags = [("retry", error.retryable), ("reconnect", error.needs_reconnect), ("person", error.fatal)]
    assert " ".join(name for name, flag in flags if flag) == remedy
    assert not error.outcome_unknown


@pytest.mark.parametrize(("error", "text", "family", "remedy"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_copies_and_pickles_keep_every_field(
    error: BarterError, text: str, family: type[BarterError], remedy: str
) -> None:
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(again) is type(error)
        assert str(again) == text
        assert vars(again) == vars(error)


def test_every_class_is_in_the_drawing() -> None:
    for name in errors.__all__:
        assert name in (errors.__doc__ or "")


def test_a_field_error_keeps_the_message_and_does_not_show_it() -> None:
    error = FieldInvalid(554, "not an int", b"554=secret\x01")
    assert error.payload == b"554=secret\x01"
    assert "secret" not in str(error)
