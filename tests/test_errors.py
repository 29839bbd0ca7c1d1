"""The error tree: what each says, which remedy it names, and that payloads and secrets stay out of the text."""

import copy
import inspect
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy import errors
from barterpy.errors import (
    Banned,
    BarterError,
    BookError,
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    HandshakeError,
    LimitExceeded,
    MissingExtraError,
    ParseError,
    ProtocolError,
    RateLimited,
    RecordingError,
    SubscriptionRefused,
    SubscriptionTimeout,
    Throttled,
    TransportTimeout,
    UnknownInstrument,
    VenueError,
    excerpt,
)

TREE = [value for name in errors.__all__ if inspect.isclass(value := getattr(errors, name))]

EXAMPLES: list[tuple[BarterError, str]] = [
    (BarterError("text"), "text"),
    (ConfigurationError("interval"), "interval"),
    (UnknownInstrument("venue", "BTC"), "venue has no instrument 'BTC'"),
    (
        UnknownInstrument("venue", "BTCUSD", ("BTCUSDT", "BTCUSDC")),
        "venue has no instrument 'BTCUSD'; did you mean BTCUSDT or BTCUSDC?",
    ),
    (MissingExtraError("rich", "cli"), "rich is not installed; run: pip install 'barterpy[cli]'"),
    (ConnectError("host:443", "refused"), "cannot connect to host:443: refused"),
    (HandshakeError("host:443", "HTTP 503", 503), "cannot connect to host:443: HTTP 503"),
    (TransportTimeout("connect", 1.50), "connect did not finish within 1.5 s"),
    (ConnectionLost("going away", 1001), "connection lost (1001): going away"),
    (ConnectionLost(""), "connection lost: no reason given"),
    (ProtocolError("reserved bits"), "reserved bits"),
    (LimitExceeded("max_message_size", 10, 11), "max_message_size allows 10, got 11"),
    (LimitExceeded("max_message_size", 10), "max_message_size allows 10, got more"),
    (LimitExceeded("sessions of a key", 1, 2, "close one"), "sessions of a key allows 1, got 2; close one"),
    (ParseError("no price", b'{"a":1}'), 'cannot parse message: no price: {"a":1}'),
    (ParseError("bad", "x", kind="snapshot"), "cannot parse snapshot: bad: x"),
    (BookError("BTCUSDT", "checksum"), "order book of BTCUSDT: checksum"),
    (RecordingError("a.jsonl", "no header"), "recording a.jsonl: no header"),
    (
        Throttled("request weight: 6000 in 60 s", "x.test ip", 2.5),
        "request weight: 6000 in 60 s for x.test ip leaves no room for 2.5 s",
    ),
    (Throttled("orders", "", 40.0), "orders leaves no room for 40 s"),
    (VenueError("Invalid symbol.", -1121, 400), "[HTTP 400, code -1121] Invalid symbol."),
    (VenueError("no"), "no"),
    (RateLimited("slow down", 429, 429, 2.5), "[HTTP 429, code 429, retry after 2.5 s] slow down"),
    (SubscriptionRefused(["trades BTC", "book ETH"], "unknown", 2), "trades BTC, book ETH: [code 2] unknown"),
    (SubscriptionTimeout(["trades BTC"], "no answer"), "trades BTC: no answer"),
]


@pytest.mark.parametrize(("error", "text"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_text(error: BarterError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize(("error", "text"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_copies_and_pickles_keep_every_field(error: BarterError, text: str) -> None:
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(again) is type(error)
        assert str(again) == text
        assert vars(again) == vars(error)


def test_every_class_is_in_the_tree_and_in_its_drawing() -> None:
    defined = {value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, Exception)}
    assert defined == set(TREE)
    drawing = errors.__doc__ or ""
    for class_ in TREE:
        assert issubclass(class_, BarterError)
        assert class_.__name__ in drawing
        assert class_.__doc__


# Which remedy each class names: retry, new connection, a person, ask the venue first.
REMEDIES: dict[str, str] = {
    "BarterError": "",
    "ConfigurationError": "person",
    "MissingExtraError": "person",
    "CredentialsError": "person",
    "UnknownInstrument": "person",
    "TransportError": "retry reconnect",
    "ConnectError": "retry reconnect",
    "TlsError": "reconnect person",
    "ProxyError": "retry reconnect",
    "HandshakeError": "retry reconnect",
    "TransportTimeout": "retry reconnect",
    "ConnectionLost": "retry reconnect",
    "ProtocolError": "retry reconnect",
    "LimitExceeded": "retry reconnect",
    "BufferOverflow": "retry reconnect",
    "ParseError": "",
    "BookError": "reconnect",
    "RecordingError": "person",
    "VenueError": "",
    "RateLimited": "retry",
    "Banned": "retry",
    "VenueUnavailable": "retry",
    "ClockSkew": "retry",
    "AuthenticationError": "person",
    "RequestRejected": "",
    "OutcomeUnknown": "unknown",
    "SubscriptionError": "",
    "SubscriptionRefused": "person",
    "SubscriptionTimeout": "retry reconnect",
    "Throttled": "retry",
}


@pytest.mark.parametrize("class_", TREE, ids=lambda class_: class_.__name__)
def test_remedies(class_: type[BarterError]) -> None:
    flags = [("retry", class_.retryable), ("reconnect", class_.needs_reconnect), ("person", class_.fatal)]
    flags.append(("unknown", class_.outcome_unknown))
    assert " ".join(name for name, flag in flags if flag) == REMEDIES[class_.__name__]
    assert class_.retry_after is None
    assert class_.planned is False


def test_a_timeout_is_a_timeout_error_too() -> None:
    with pytest.raises(TimeoutError):
        raise TransportTimeout("ping", 20)


def test_a_ban_is_a_rate_limit() -> None:
    assert isinstance(Banned("out", retry_after=60), RateLimited)
    assert Banned("out", retry_after=60).retry_after == 60


@pytest.mark.parametrize(
    ("status", "retryable"),
    [
        *[(400, False), (401, False), (403, False), (404, False), (408, True), (418, True), (425, True), (429, True)],
        *[(451, False), (301, True), (500, True), (503, True), (None, True)],
    ],
)
def test_a_refused_handshake_is_retried_unless_it_is_our_fault(status: int | None, retryable: bool) -> None:
    assert HandshakeError("h", "r", status).retryable is retryable
    assert HandshakeError.retryable is True


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0", 0.0), ("-1", None), ("1.5", None), ("soon", None), ("", None), ("²", None), ("٣", None)],
)
def test_a_handshake_knows_when_to_come_back(value: str, seconds: float | None) -> None:
    error = HandshakeError("h", "r", 503, [("Server", "x"), ("Retry-After", value)])
    assert error.retry_after == seconds


def test_a_payload_is_kept_whole_and_shown_cut() -> None:
    payload = b"s" * 10_000
    error = ParseError("too long", payload)
    assert error.payload is payload
    assert len(str(error)) < 200
    assert "s" * 81 not in str(error)


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        ("plain", "plain"),
        (b"\xff\x00", "\\ufffd\\x00"),
        ("line\nbreak\ttab", "line\\nbreak\\ttab"),
        ("é", "\\xe9"),
        (bytearray(b"abc"), "abc"),
        ({"a": 1}, "{'a': 1}"),
        (None, "None"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 80 + "…"),
    ],
)
def test_excerpt(payload: Any, shown: str) -> None:
    assert excerpt(payload) == shown


@given(payload=st.one_of(st.text(), st.binary()), limit=st.integers(1, 100))
def test_an_excerpt_is_one_bounded_printable_line(payload: str | bytes, limit: int) -> None:
    shown = excerpt(payload, limit)
    assert len(shown) <= limit + 1
    assert shown.removesuffix("…").isprintable()
