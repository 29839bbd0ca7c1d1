"""The machine of both roles: every state against every kind of frame, in one piece and in many."""

import struct
import tracemalloc
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barterpy.errors import ConfigurationError, ConnectionLost, LimitExceeded, ProtocolError, TransportTimeout
from barterpy.protocols.websocket import CloseCode, Limits, State, WebSocketConnection, WebSocketError
from barterpy.protocols.websocket.framing import encode_frame, read_header
from barterpy.protocols.websocket.masking import mask
from barterpy.protocols.websocket.state import FINAL, TRANSITIONS, Input

KEY = b"\x01\x02\x03\x04"


def opened(*, client: bool = True, **options: Any) -> WebSocketConnection:
    return WebSocketConnection(client=client, random=lambda size: KEY[:size], **options)


def wire(first: int, payload: bytes = b"", *, client: bool = True) -> bytes:
    """A frame as the peer of that role sends it."""
    return encode_frame(first, payload, None if client else KEY)


def close_frame(code: int | None, reason: bytes = b"", *, client: bool = True) -> bytes:
    return wire(0x88, b"" if code is None else struct.pack(">H", code) + reason, client=client)


def sent(connection: WebSocketConnection) -> list[tuple[int, bytes]]:
    """The frames a connection wants to send: first byte and payload."""
    data = connection.data_to_send()
    found: list[tuple[int, bytes]] = []
    position = 0
    while position < len(data):
        header = read_header(data, position)
        assert header is not None
        start = position + header.size
        payload = data[start : start + header.length]
        found.append((header.first, mask(payload, data[start - 4 : start]) if header.masked else payload))
        position = start + header.length
    return found


def drain(connection: WebSocketConnection) -> list[str | bytes]:
    """All messages, and then the end that may have been held back for them."""
    messages = connection.messages()
    connection.settle()
    return messages


@dataclass(frozen=True)
class Row:
    """What a peer sends to an open connection, and what comes of it."""

    name: str
    frames: tuple[tuple[int, bytes], ...]
    messages: tuple[str | bytes, ...] = ()
    state: State = State.OPEN
    code: int | None = None
    answers: tuple[tuple[int, bytes], ...] = ()


def _failed(code: int) -> dict[str, Any]:
    return {"state": State.FAILED, "code": code}


TEXT_BEFORE = (0x81, b"before")
ROWS = [
    Row("text", ((0x81, b"hello"),), ("hello",)),
    Row("binary", ((0x82, b"\x00\xff"),), (b"\x00\xff",)),
    Row("empty text and binary", ((0x81, b""), (0x82, b"")), ("", b"")),
    Row("one character", ((0x81, b"x"),), ("x",)),
    Row(
        "text around the short length",
        tuple((0x81, b"a" * n) for n in (125, 126, 127)),
        tuple("a" * n for n in (125, 126, 127)),
    ),
    Row("text of 129 bytes, whose length holds 0x81", ((0x81, b"a" * 129), TEXT_BEFORE), ("a" * 129, "before")),
    Row("binary of 65535 and 65536 bytes", ((0x82, b"a" * 65535), (0x82, b"b" * 65536)), (b"a" * 65535, b"b" * 65536)),
    Row("text that is not ASCII", ((0x81, "πλ 中".encode()), TEXT_BEFORE), ("πλ 中", "before")),
    Row("text holding 0x81 bytes", ((0x81, "\x81\u0141".encode() * 40), TEXT_BEFORE), ("\x81\u0141" * 40, "before")),
    Row("kinds keep their order", ((0x81, b"1"), (0x82, b"2"), (0x81, "é".encode())), ("1", b"2", "é")),
    Row("fragments", ((0x01, b"he"), (0x00, b"ll"), (0x80, b"o")), ("hello",)),
    Row("fragments of a binary message", ((0x02, b"\xff"), (0x80, b"\x00")), (b"\xff\x00",)),
    Row("empty fragments", ((0x01, b""), (0x00, b""), (0x80, b"")), ("",)),
    Row("a character cut by fragments", ((0x01, b"\xc3"), (0x80, b"\xa9")), ("é",)),
    Row(
        "a ping between fragments",
        ((0x01, b"he"), (0x89, b"payload"), (0x80, b"llo"), TEXT_BEFORE),
        ("hello", "before"),
        answers=((0x8A, b"payload"),),
    ),
    Row("a ping", ((0x89, b"x" * 125),), answers=((0x8A, b"x" * 125),)),
    Row("an empty ping", ((0x89, b""),), answers=((0x8A, b""),)),
    Row(
        "messages around pings",
        (TEXT_BEFORE, (0x89, b"1"), TEXT_BEFORE, (0x89, b"2")),
        ("before", "before"),
        answers=((0x8A, b"1"), (0x8A, b"2")),
    ),
    Row("a pong nobody asked for", ((0x8A, b"?"), TEXT_BEFORE), ("before",)),
    Row("text that is not UTF-8", (TEXT_BEFORE, (0x81, b"a\xffb"), TEXT_BEFORE), ("before",), **_failed(1007)),
    Row("text that ends within a character", (TEXT_BEFORE, (0x81, b"\xc3")), ("before",), **_failed(1007)),
    Row("a surrogate in UTF-8", ((0x81, b"\xed\xa0\x80"),), **_failed(1007)),
    Row("fragments that are not UTF-8", ((0x01, b"a"), (0x00, b"\xff")), **_failed(1007)),
    Row("reserved bit 1", (TEXT_BEFORE, (0xC1, b"x")), ("before",), **_failed(1002)),
    Row("reserved bit 2", ((0xA1, b"x"),), **_failed(1002)),
    Row("reserved bit 3 on a ping", ((0x99, b"x"),), **_failed(1002)),
    Row("reserved opcode 3", ((0x83, b"x"),), **_failed(1002)),
    Row("reserved opcode 11", ((0x8B, b""),), **_failed(1002)),
    Row("a fragmented ping", ((0x09, b"x"),), **_failed(1002)),
    Row("a ping of 126 bytes", ((0x89, b"x" * 126),), **_failed(1002)),
    Row("a continuation of nothing", ((0x80, b"x"),), **_failed(1002)),
    Row("a continuation of a complete message", ((0x01, b"a"), (0x80, b"b"), (0x00, b"c")), ("ab",), **_failed(1002)),
    Row("text within a fragmented message", ((0x01, b"a"), (0x81, b"b")), **_failed(1002)),
    Row(
        "close 1000",
        (TEXT_BEFORE, (0x88, b"\x03\xe8bye"), TEXT_BEFORE),
        ("before",),
        State.CLOSED,
        1000,
        ((0x88, b"\x03\xe8bye"),),
    ),
    Row("close 1001", ((0x88, b"\x03\xe9"),), (), State.CLOSED, 1001, ((0x88, b"\x03\xe9"),)),
    Row("close 4242", ((0x88, b"\x10\x92"),), (), State.CLOSED, 4242, ((0x88, b"\x10\x92"),)),
    Row("close without a code", ((0x88, b""),), (), State.CLOSED, 1005, ((0x88, b""),)),
    Row("close with half a code", ((0x88, b"\x03"),), **_failed(1002)),
    Row("close with a reason that is not UTF-8", ((0x88, b"\x03\xe8\xff"),), **_failed(1007)),
    *(
        Row(f"close with the code {code}", ((0x88, struct.pack(">H", code)),), **_failed(1002))
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2999, 5000, 65535)
    ),
]


@pytest.mark.parametrize("step", [None, 1, 7], ids=["whole", "byte by byte", "by sevens"])
@pytest.mark.parametrize("client", [True, False], ids=["client", "server"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_an_open_connection_takes_every_kind_of_frame(row: Row, client: bool, step: int | None) -> None:
    data = b"".join(wire(first, payload, client=client) for first, payload in row.frames)
    if step is not None and len(data) > 4096:
        step *= 997
    connection = opened(client=client)
    messages: list[str | bytes] = []
    answers: list[tuple[int, bytes]] = []
    for start in range(0, len(data), step or len(data)):
        connection.receive_data(data[start : start + (step or len(data))], 0.0)
        messages += drain(connection)
        answers += sent(connection)
    assert tuple(messages) == row.messages
    assert connection.state is row.state
    assert connection.close_code == row.code
    if row.state is State.FAILED:
        assert isinstance(connection.failure, WebSocketError)
        assert connection.failure.code == row.code
        assert [first for first, _ in answers] == [0x88]
        assert answers[0][1][:2] == struct.pack(">H", row.code or 0)
    else:
        assert tuple(answers) == row.answers


@pytest.mark.parametrize("client", [True, False], ids=["client", "server"])
def test_a_frame_masked_the_wrong_way_breaks_the_protocol(client: bool) -> None:
    """Section 5.1: a server masks nothing, a client masks everything."""
    connection = opened(client=client)
    connection.receive_data(wire(0x81, b"right", client=client) + wire(0x81, b"wrong", client=not client), 0.0)
    assert drain(connection) == ["right"]
    assert isinstance(connection.failure, WebSocketError)
    assert connection.failure.code == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize("header", [b"\x81\x7e\x00\x05hello", b"\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x05hello"])
def test_a_length_in_more_bytes_than_needed_breaks_the_protocol(header: bytes) -> None:
    connection = opened()
    connection.receive_data(header, 0.0)
    assert connection.close_code == CloseCode.PROTOCOL_ERROR


def test_a_length_above_63_bits_breaks_the_protocol() -> None:
    connection = opened()
    connection.receive_data(b"\x82\x7f" + b"\xff" * 8, 0.0)
    assert connection.close_code == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize("size", [20, 300, 70_000], ids=["short", "medium", "large"])
@pytest.mark.parametrize("client", [True, False], ids=["client", "server"])
def test_text_fails_as_soon_as_it_stops_being_utf8(client: bool, size: int) -> None:
    """The frame is far from complete, and its bad byte is the last one received."""
    frame = wire(0x81, b"abc\xff" + b"d" * size, client=client)
    bad = frame.index(mask(b"abc\xff", KEY) if not client else b"abc\xff") + 3
    connection = opened(client=client)
    connection.receive_data(frame[:bad], 0.0)
    assert connection.state is State.OPEN
    connection.receive_data(frame[bad : bad + 1], 0.0)
    assert connection.close_code == CloseCode.INVALID_PAYLOAD


@pytest.mark.parametrize("client", [True, False], ids=["client", "server"])
@pytest.mark.parametrize(
    ("limits", "frames", "name"),
    [
        (Limits(max_frame_size=99, max_message_size=1000), [(0x81, 100)], "max_frame_size"),
        (Limits(max_frame_size=99, max_message_size=1000), [(0x01, 100)], "max_frame_size"),
        (Limits(max_frame_size=1000, max_message_size=99), [(0x82, 100)], "max_message_size"),
        (Limits(max_frame_size=1000, max_message_size=99), [(0x01, 50), (0x00, 50)], "max_message_size"),
        (Limits(max_frame_size=70_000, max_message_size=70_000), [(0x82, 70_001)], "max_frame_size"),
        (Limits(max_frame_size=4000, max_message_size=4000), [(0x81, 3000), (0x81, 5000)], "max_frame_size"),
    ],
)
def test_oversize_is_refused_with_1009(client: bool, limits: Limits, frames: list[tuple[int, int]], name: str) -> None:
    connection = opened(client=client, limits=limits)
    before = wire(0x81, "é".encode(), client=client)
    connection.receive_data(before + b"".join(wire(f, b"x" * n, client=client) for f, n in frames), 0.0)
    assert drain(connection)[0] == "é"
    assert isinstance(connection.failure, LimitExceeded)
    assert connection.failure.limit == name
    assert connection.close_code == CloseCode.MESSAGE_TOO_BIG
    assert sent(connection)[-1][1][:2] == b"\x03\xf1"


def test_oversize_is_refused_by_its_declared_length_alone() -> None:
    connection = opened(limits=Limits(1000, 1000))
    connection.receive_data(wire(0x82, b"x" * 1001)[:4], 0.0)
    assert isinstance(connection.failure, LimitExceeded)
    assert connection.failure.actual == 1001


def test_exactly_the_limit_is_allowed() -> None:
    connection = opened(limits=Limits(1000, 1000))
    connection.receive_data(wire(0x81, b"x" * 1000) + wire(0x01, b"x" * 400) + wire(0x80, b"x" * 600), 0.0)
    assert connection.messages() == ["x" * 1000, "x" * 1000]
    assert connection.state is State.OPEN


def test_a_message_of_empty_fragments_takes_no_memory() -> None:
    connection = opened()
    connection.receive_data(wire(0x01, b"a"), 0.0)
    connection.receive_data(wire(0x00) * 10, 0.0)  # what is allocated once is allocated now
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(5):
            connection.receive_data(wire(0x00) * 1000, 0.0)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 5000
    connection.receive_data(wire(0x80, b"b"), 0.0)
    assert connection.messages() == ["ab"]


def test_an_end_waits_until_the_messages_before_it_are_answered() -> None:
    connection = opened()
    connection.receive_data(wire(0x81, b"question") + close_frame(1000), 0.0)
    assert connection.messages() == ["question"]
    assert connection.end_is_held
    connection.send_text("answer")
    connection.settle()
    assert sent(connection) == [(0x81, b"answer"), (0x88, b"\x03\xe8")]
    assert connection.state is State.CLOSED
    assert connection.failure is None


def test_our_close_is_answered_by_the_peers() -> None:
    connection = opened()
    connection.close(1001, "leaving")
    assert sent(connection) == [(0x88, b"\x03\xe9leaving")]
    assert not connection.finished
    connection.receive_data(wire(0x81, b"late") + wire(0x89, b"no pong any more") + close_frame(1001), 0.0)
    assert drain(connection) == ["late"]
    assert connection.state is State.CLOSED
    assert sent(connection) == []


def test_a_violation_after_our_close_sends_no_second_close_frame() -> None:
    connection = opened()
    connection.close()
    sent(connection)
    connection.receive_data(wire(0x83, b""), 0.0)
    assert connection.state is State.FAILED
    assert sent(connection) == []


def test_closing_twice_sends_one_close_frame() -> None:
    connection = opened()
    connection.close()
    connection.close(1001)
    assert sent(connection) == [(0x88, b"\x03\xe8")]


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 2000, 5000])
def test_a_code_that_may_not_be_sent_is_refused(code: int) -> None:
    with pytest.raises(ConfigurationError):
        opened().close(code)


def test_a_long_reason_is_cut_between_characters() -> None:
    connection = opened()
    connection.close(1000, "é" * 100)
    ((_, payload),) = sent(connection)
    assert payload[2:].decode() == "é" * 61


def test_the_end_of_bytes_without_a_close_frame_is_1006() -> None:
    connection = opened()
    connection.receive_data(wire(0x81, b"whole") + wire(0x81, b"cut off")[:5], 0.0)
    connection.receive_eof()
    assert connection.messages() == ["whole"]
    assert isinstance(connection.failure, ConnectionLost)
    assert connection.failure.code == connection.close_code == CloseCode.ABNORMAL


def test_the_end_of_bytes_after_a_close_frame_changes_nothing() -> None:
    connection = opened()
    connection.receive_data(close_frame(1000), 0.0)
    connection.receive_eof()
    assert connection.state is State.CLOSED
    assert connection.close_code == CloseCode.NORMAL


def test_nothing_can_be_sent_once_it_is_closed() -> None:
    connection = opened()
    connection.receive_data(close_frame(4000, b"maintenance"), 0.0)
    assert isinstance(connection.failure, ConnectionLost)
    assert connection.failure.reason == "maintenance"
    with pytest.raises(ConnectionLost) as caught:
        connection.send_text("late")
    assert caught.value.code == 4000
    with pytest.raises(ConnectionLost):
        connection.ping(0.0)


def test_a_ping_payload_is_bounded() -> None:
    with pytest.raises(ConfigurationError):
        opened().ping(0.0, b"x" * 126)


def test_a_flood_of_pings_is_answered_with_the_latest() -> None:
    """Section 5.5.3 allows it; answering all would let a peer fill our memory."""
    connection = opened()
    for number in range(1000):
        connection.receive_data(wire(0x89, str(number).encode()), 0.0)
    answers = sent(connection)
    assert len(answers) == 128
    assert answers[-1] == (0x8A, b"999")


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
@pytest.mark.parametrize("client", [True, False], ids=["client", "server"])
def test_what_one_side_sends_the_other_receives(client: bool, size: int) -> None:
    ours, peer = opened(client=client), opened(client=not client)
    ours.send_text("é" * (size // 2) + "x" * (size % 2))
    ours.send_binary(b"\xff" * size)
    peer.receive_data(ours.data_to_send(), 0.0)
    assert peer.messages() == ["é" * (size // 2) + "x" * (size % 2), b"\xff" * size]


def test_a_client_asks_for_a_new_mask_for_each_frame() -> None:
    keys = iter([b"abcd", b"efgh"])
    connection = WebSocketConnection(client=True, random=lambda size: next(keys))
    connection.send_text("x")
    connection.send_text("x")
    assert connection.data_to_send() == b"\x81\x81abcd" + bytes([ord("x") ^ ord("a")]) + b"\x81\x81efgh" + bytes(
        [ord("x") ^ ord("e")]
    )


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("what", Input)
def test_the_table_leads_from_living_states_only(state: State, what: Input) -> None:
    assert ((state, what) in TRANSITIONS) == (state not in FINAL)


# Any split of the same bytes

_texts = st.text(max_size=300)
_payloads = st.one_of(
    st.tuples(st.just("text"), _texts),
    st.tuples(st.just("binary"), st.binary(max_size=300)),
    st.tuples(st.just("fragments"), _texts),
    st.tuples(st.just("ping"), st.binary(max_size=20)),
)


def _encoded(kind: str, content: str | bytes, *, client: bool) -> bytes:
    payload = content.encode() if isinstance(content, str) else content
    if kind == "fragments":
        middle = len(payload) // 2
        first, last = wire(0x01, payload[:middle], client=client), wire(0x80, payload[middle:], client=client)
        return first + wire(0x89, b"between", client=client) + last
    return wire({"text": 0x81, "binary": 0x82, "ping": 0x89}[kind], payload, client=client)


@settings(deadline=None)
@given(st.booleans(), st.lists(_payloads, max_size=30), st.data())
def test_any_split_of_the_same_bytes_gives_the_same_messages(
    client: bool, script: list[tuple[str, str | bytes]], data: st.DataObject
) -> None:
    stream = b"".join(_encoded(kind, content, client=client) for kind, content in script) * 3
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    connection = opened(client=client)
    found: list[str | bytes] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        connection.receive_data(stream[start:end], 0.0)
        found += connection.messages()
    assert connection.state is State.OPEN
    assert found == [content for kind, content in script if kind != "ping"] * 3


@settings(deadline=None, max_examples=300)
@given(st.booleans(), st.lists(st.binary(max_size=400), max_size=6), st.booleans())
def test_random_bytes_give_messages_or_a_documented_error(client: bool, pieces: list[bytes], valid_start: bool) -> None:
    """Whatever a peer sends, it is understood, or refused with a close frame of our own, and nothing else happens."""
    connection = opened(client=client)
    if valid_start:
        pieces = [wire(0x81, b"ok", client=client) * 2000, *pieces]
    for piece in pieces:
        connection.receive_data(piece, 0.0)
        assert all(isinstance(message, str | bytes) for message in drain(connection))
        connection.data_to_send()
    connection.receive_eof()
    assert connection.state in FINAL
    assert connection.failure is None or isinstance(connection.failure, ProtocolError | ConnectionLost)


# Keep-alive


def test_silence_is_broken_by_a_ping_and_ended_without_an_answer() -> None:
    connection = opened(ping_interval=20.0, ping_timeout=10.0, now=100.0)
    assert connection.next_deadline() == 120.0
    connection.handle_deadline(120.0)
    ((first, payload),) = sent(connection)
    assert first == 0x89
    assert payload
    assert connection.next_deadline() == 130.0
    connection.handle_deadline(130.0)
    assert isinstance(connection.failure, TransportTimeout)
    assert connection.failure.operation == "keep-alive pong"
    assert connection.failure.seconds == 10.0
    assert connection.close_code == CloseCode.ABNORMAL


def test_any_traffic_is_a_sign_of_life() -> None:
    connection = opened(ping_interval=20.0, ping_timeout=10.0)
    connection.handle_deadline(20.0)
    connection.receive_data(wire(0x81, b"x"), 25.0)
    assert connection.next_deadline() == 45.0


def test_a_single_message_is_a_sign_of_life() -> None:
    connection = opened(ping_interval=20.0, ping_timeout=10.0)
    connection.handle_deadline(20.0)
    assert connection.receive_single(wire(0x81, b"x"), 25.0) == "x"
    assert connection.next_deadline() == 45.0
    connection.handle_deadline(44.0)
    assert len(sent(connection)) == 1
    connection.handle_deadline(45.0)
    assert len(sent(connection)) == 1
    assert connection.next_deadline() == 55.0


def test_a_pong_in_the_instant_of_its_ping_is_an_answer() -> None:
    """As with a clock of a test's own, or a coarse one."""
    connection = opened(ping_interval=0.0, ping_timeout=10.0, now=5.0)
    connection.handle_deadline(5.0)
    ((_, payload),) = sent(connection)
    assert connection.next_deadline() == 15.0
    connection.receive_data(wire(0x8A, payload), 5.0)
    assert connection.next_deadline() == 5.0
    connection.handle_deadline(16.0)
    assert connection.state is State.OPEN


def test_a_pong_tells_the_latency() -> None:
    connection = opened(ping_interval=20.0)
    connection.handle_deadline(20.0)
    ((_, payload),) = sent(connection)
    connection.receive_data(wire(0x8A, payload), 20.25)
    assert connection.latency == 0.25


def test_a_deadline_that_we_slept_through_gives_the_peer_one_more_look() -> None:
    """The answer may have been lying there unread for long."""
    connection = opened(ping_interval=20.0, ping_timeout=10.0)
    connection.handle_deadline(20.0)
    connection.handle_deadline(500.0)
    assert connection.state is State.OPEN
    assert connection.next_deadline() == 501.0
    # An answer was there: the next time it gets that look again.
    connection.receive_data(wire(0x8A), 500.5)
    connection.handle_deadline(520.5)
    connection.handle_deadline(900.0)
    assert connection.state is State.OPEN
    connection.handle_deadline(903.0)
    assert isinstance(connection.failure, TransportTimeout)


def test_without_keep_alive_there_is_no_deadline() -> None:
    assert opened(ping_interval=None).next_deadline() is None


def test_a_closing_connection_is_not_pinged() -> None:
    connection = opened(ping_interval=20.0)
    connection.close()
    sent(connection)
    assert connection.next_deadline() is None
    connection.handle_deadline(1000.0)
    assert sent(connection) == []
