"""permessage-deflate against wsproto's own, for every parameter, and against data that is not what it says."""

import itertools
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, Event, TextMessage
from wsproto.extensions import PerMessageDeflate as TheirDeflate
from wsproto.utilities import RemoteProtocolError

from barterpy.errors import ConfigurationError, LimitExceeded
from barterpy.protocols.websocket import CloseCode, Deflate, Limits, State, WebSocketConnection, WebSocketError
from barterpy.protocols.websocket.deflate import PerMessageDeflate
from barterpy.protocols.websocket.framing import encode_frame

MESSAGES: list[str | bytes] = ["", "hello", "hello", "é" * 500, b"\x00" * 1000, b"", "x" * 70_000, "hello"]


def ours(
    options: Deflate | None = None, *, client: bool = True, answer: str = "", limit: int = 1 << 24
) -> PerMessageDeflate:
    deflate = PerMessageDeflate(options or Deflate(threshold=0), client=client, limit=limit)
    if client:
        deflate.finalize("permessage-deflate" + answer)
    else:
        assert deflate.accept("permessage-deflate" + answer) is not None
    return deflate


def connection(deflate: PerMessageDeflate, *, client: bool = True, **options: Any) -> WebSocketConnection:
    return WebSocketConnection(client=client, deflate=deflate, random=lambda size: b"mask"[:size], **options)


def messages_of(events: list[Event]) -> list[str | bytes]:
    found: list[str | bytes] = []
    parts: list[Any] = []
    for event in events:
        assert isinstance(event, TextMessage | BytesMessage)
        parts.append(event.data)
        if event.message_finished:
            empty: Any = "" if isinstance(event, TextMessage) else b""
            found.append(empty.join(parts))
            parts = []
    return found


@pytest.mark.parametrize("step", [None, 3, 4000])
@pytest.mark.parametrize("client", [True, False], ids=["client", "server"])
@pytest.mark.parametrize(
    ("server_reset", "client_reset", "server_bits", "client_bits"),
    [*itertools.product([False, True], [False, True], [15, 9], [15, 10])],
)
def test_wsproto_understands_us_and_we_it(
    client: bool, server_reset: bool, client_reset: bool, server_bits: int, client_bits: int, step: int | None
) -> None:
    parameters = "; server_no_context_takeover" * server_reset + "; client_no_context_takeover" * client_reset
    parameters += f"; server_max_window_bits={server_bits}; client_max_window_bits={client_bits}"
    their = TheirDeflate()
    their.finalize("permessage-deflate" + parameters)
    peer = Connection(ConnectionType.SERVER if client else ConnectionType.CLIENT, [their])
    we = connection(ours(client=client, answer=parameters), client=client)

    data = b"".join(
        peer.send(TextMessage(message) if isinstance(message, str) else BytesMessage(message)) for message in MESSAGES
    )
    found: list[str | bytes] = []
    for start in range(0, len(data), step or len(data)):
        we.receive_data(data[start : start + (step or len(data))], 0.0)
        found += we.messages()
    assert found == MESSAGES
    assert we.state is State.OPEN

    for message in MESSAGES:
        if isinstance(message, str):
            we.send_text(message)
        else:
            we.send_binary(message)
    sent = we.data_to_send()
    peer.receive_data(sent)
    assert messages_of(list(peer.events())) == MESSAGES


def test_context_takeover_makes_the_second_message_smaller() -> None:
    sizes: dict[bool, list[int]] = {}
    for reset in (False, True):
        we = connection(ours(answer="; client_no_context_takeover" * reset))
        text = "".join(chr(33 + (n * n) % 90) for n in range(400))
        sizes[reset] = []
        for _ in range(2):
            we.send_text(text)
            sizes[reset].append(len(we.data_to_send()))
    assert sizes[False][1] < sizes[False][0] / 4
    assert sizes[True][1] == sizes[True][0]


@pytest.mark.parametrize("client", [True, False], ids=["client", "server"])
def test_a_window_of_8_bits_never_refers_further_back_than_256_bytes(client: bool) -> None:
    """zlib has no raw window of 8 bits; a peer that keeps only 256 bytes must still be able to inflate."""
    side = "client" if client else "server"
    we = connection(ours(client=client, answer=f"; {side}_max_window_bits=8"), client=client)
    text = ("".join(chr(33 + n % 90) for n in range(300)) + "a" * 300) * 3
    we.send_text(text)
    peer = connection(ours(client=not client), client=not client)
    sent = we.data_to_send()
    peer.receive_data(sent, 0.0)
    assert peer.messages() == [text]
    assert len(sent) < len(text)
    # A repetition 600 bytes back is not found; the run of one letter is.
    assert len(sent) > 3 * 200


def test_small_messages_are_sent_as_they_are() -> None:
    we = connection(ours(Deflate(threshold=64)))
    we.send_text("x" * 63)
    we.send_text("x" * 64)
    data = we.data_to_send()
    assert data[0] == 0x81
    assert data[2 + 4 + 63] == 0xC1


# Negotiation


def test_the_offer_says_what_was_asked_for() -> None:
    assert PerMessageDeflate(Deflate(), client=True, limit=1).offer() == "client_max_window_bits"
    options = Deflate(
        server_no_context_takeover=True,
        client_no_context_takeover=True,
        server_max_window_bits=10,
        client_max_window_bits=9,
    )
    assert PerMessageDeflate(options, client=True, limit=1).offer() == (
        "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9"
    )


@pytest.mark.parametrize(
    "answer",
    [
        "; unknown",
        "; server_no_context_takeover; server_no_context_takeover",
        "; server_no_context_takeover=1",
        "; server_max_window_bits",
        "; server_max_window_bits=7",
        "; server_max_window_bits=16",
        "; server_max_window_bits=09",
        "; client_max_window_bits",
        "; client_max_window_bits=x",
    ],
)
def test_an_answer_that_rfc_7692_does_not_allow_fails(answer: str) -> None:
    with pytest.raises(RemoteProtocolError):
        PerMessageDeflate(Deflate(), client=True, limit=1).finalize("permessage-deflate" + answer)


def test_an_answer_beyond_the_offer_fails() -> None:
    asked = Deflate(server_no_context_takeover=True, server_max_window_bits=10)
    for answer in (
        "; server_max_window_bits=10",
        "; server_no_context_takeover; server_max_window_bits=11",
        "; server_no_context_takeover",
    ):
        with pytest.raises(RemoteProtocolError):
            PerMessageDeflate(asked, client=True, limit=1).finalize("permessage-deflate" + answer)


def test_being_accepted_twice_fails() -> None:
    deflate = ours()
    with pytest.raises(RemoteProtocolError):
        deflate.finalize("permessage-deflate")


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ("", ""),
        ("; client_max_window_bits", ""),
        ("; client_max_window_bits=10", "client_max_window_bits=10"),
        ("; server_max_window_bits=8", "server_max_window_bits=8"),
        ('; server_max_window_bits="10"', "server_max_window_bits=10"),
        (
            "; server_no_context_takeover; client_no_context_takeover",
            "server_no_context_takeover; client_no_context_takeover",
        ),
        ("; server_max_window_bits=7", None),
        ("; foo=bar", None),
        ("; client_no_context_takeover=x", None),
    ],
)
def test_a_server_answers_an_offer(offer: str, answer: str | None) -> None:
    assert PerMessageDeflate(Deflate(), client=False, limit=1).accept("permessage-deflate" + offer) == answer


def test_a_server_may_ask_for_less_than_was_offered() -> None:
    options = Deflate(
        server_no_context_takeover=True,
        client_no_context_takeover=True,
        server_max_window_bits=11,
        client_max_window_bits=12,
    )
    answer = PerMessageDeflate(options, client=False, limit=1).accept("permessage-deflate; client_max_window_bits")
    assert answer is not None
    assert answer.split("; ") == [
        "server_no_context_takeover",
        "client_no_context_takeover",
        "server_max_window_bits=11",
        "client_max_window_bits=12",
    ]


def test_the_first_offer_that_fits_is_taken() -> None:
    deflate = PerMessageDeflate(Deflate(), client=False, limit=1)
    assert deflate.accept("permessage-deflate; unknown") is None
    assert deflate.accept("permessage-deflate; server_max_window_bits=9") == "server_max_window_bits=9"
    assert deflate.accept("permessage-deflate") is None


@pytest.mark.parametrize("options", [{"server_max_window_bits": 7}, {"client_max_window_bits": 16}, {"level": 10}])
def test_options_that_cannot_work_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        Deflate(**options)  # type: ignore[arg-type]


# Bad input


def deflated(data: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (deflater.compress(data) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]


@pytest.mark.parametrize("how", ["one read", "many reads", "fragments"])
@pytest.mark.parametrize("client", [True, False], ids=["client", "server"])
def test_a_compression_bomb_is_stopped_while_it_inflates(client: bool, how: str) -> None:
    bomb = deflated(bytes(20_000_000))
    key = None if client else b"mask"
    deflate = ours(client=client, limit=100_000)
    we = connection(deflate, client=client, limits=Limits(1 << 24, 100_000))
    before = encode_frame(0x81, b"before", key)
    if how == "fragments":
        half = len(bomb) // 2
        data = encode_frame(0x42, bomb[:half], key) + encode_frame(0x80, bomb[half:], key)
    else:
        data = encode_frame(0xC2, bomb, key)
    data = before + data
    found: list[str | bytes] = []
    step = 5000 if how == "many reads" else len(data)
    for start in range(0, len(data), step):
        we.receive_data(data[start : start + step], 0.0)
        found += we.messages()
        we.settle()
    assert found == ["before"]
    assert isinstance(we.failure, LimitExceeded)
    assert we.failure.limit == "max_message_size"
    assert we.failure.allowed == 100_000
    assert we.close_code == CloseCode.MESSAGE_TOO_BIG


def test_a_message_that_inflates_to_exactly_the_limit_is_allowed() -> None:
    we = connection(ours(limit=5000))
    we.receive_data(encode_frame(0xC2, deflated(bytes(5000)), None) * 1, 0.0)
    assert we.messages() == [bytes(5000)]


@pytest.mark.parametrize("first", [0xC1, 0x41], ids=["whole", "fragmented"])
@pytest.mark.parametrize("payload", [b"\xff\xff\xff", b"\x07garbage", deflated(b"hello world")[:-2] + b"\xff\xff\x00"])
def test_data_that_is_not_deflate_fails_with_1007(first: int, payload: bytes) -> None:
    we = connection(ours())
    data = encode_frame(first, payload, None)
    if first == 0x41:
        data += encode_frame(0x80, b"", None)
    we.receive_data(data, 0.0)
    assert isinstance(we.failure, WebSocketError)
    assert we.close_code == CloseCode.INVALID_PAYLOAD


def test_text_that_inflates_to_something_else_fails_with_1007() -> None:
    we = connection(ours())
    we.receive_data(encode_frame(0xC1, deflated(b"fine"), None) + encode_frame(0xC1, deflated(b"\xff"), None), 0.0)
    assert we.messages() == ["fine"]
    we.settle()
    assert we.close_code == CloseCode.INVALID_PAYLOAD


@pytest.mark.parametrize(
    "data",
    [
        encode_frame(0x41, b"\x00", None) + encode_frame(0xC0, b"\x00", None),
        encode_frame(0xC9, b"", None),
        encode_frame(0xC8, b"\x03\xe8", None),
        encode_frame(0xE1, b"", None),
    ],
    ids=["continuation", "ping", "close", "reserved bit 2 too"],
)
def test_the_reserved_bit_where_it_may_not_be_breaks_the_protocol(data: bytes) -> None:
    """RFC 7692 section 6: on the first frame of a message, and never on a control frame."""
    we = connection(ours())
    we.receive_data(data, 0.0)
    assert we.close_code == CloseCode.PROTOCOL_ERROR


def test_a_final_block_ends_a_stream_and_not_the_connection() -> None:
    """Section 7.2.3.4, and its example of "Hello" in a block with BFINAL set."""
    we = connection(ours())
    hello = b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"
    we.receive_data(
        encode_frame(0xC1, hello, None) * 2 + encode_frame(0x41, hello[:4], None) + encode_frame(0x80, hello[4:], None),
        0.0,
    )
    assert we.messages() == ["Hello"] * 3


def test_many_final_blocks_in_one_message_are_refused() -> None:
    we = connection(ours())
    we.receive_data(encode_frame(0xC1, b"\x03\x00" * 1000, None), 0.0)
    assert we.close_code == CloseCode.INVALID_PAYLOAD


def test_control_frames_between_compressed_fragments_are_not_inflated() -> None:
    we = connection(ours())
    payload = deflated(b"hello world")
    we.receive_data(
        encode_frame(0x41, payload[:4], None)
        + encode_frame(0x89, b"ping", None)
        + encode_frame(0x80, payload[4:], None),
        0.0,
    )
    assert we.messages() == ["hello world"]
    assert we.data_to_send()[0] == 0x8A


def test_compressed_and_plain_messages_mix() -> None:
    we = connection(ours())
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)

    def packed(data: bytes) -> bytes:
        return (deflater.compress(data) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]

    first, second, third = packed(b"one" * 9), packed(b"two" * 9), packed(b"one" * 9)
    we.receive_data(
        encode_frame(0xC1, first, None)
        + encode_frame(0x81, b"plain", None)
        + encode_frame(0x41, second[:3], None)
        + encode_frame(0x80, second[3:], None)
        + encode_frame(0xC2, third, None)
        + encode_frame(0x01, b"pl", None)
        + encode_frame(0x80, b"ain", None),
        0.0,
    )
    assert we.messages() == ["one" * 9, "plain", "two" * 9, b"one" * 9, "plain"]


@settings(deadline=None)
@given(st.lists(st.one_of(st.text(max_size=200), st.binary(max_size=200)), max_size=20), st.data())
def test_any_split_of_compressed_bytes_gives_the_same_messages(script: list[str | bytes], data: st.DataObject) -> None:
    peer = connection(ours(client=False), client=False)
    for message in script:
        if isinstance(message, str):
            peer.send_text(message)
        else:
            peer.send_binary(message)
    stream = peer.data_to_send()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    we = connection(ours())
    found: list[str | bytes] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        we.receive_data(stream[start:end], 0.0)
        found += we.messages()
    assert found == script


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300), st.booleans())
def test_random_payloads_inflate_or_are_refused(payload: bytes, fragmented: bool) -> None:
    we = connection(ours(limit=10_000))
    data = (
        encode_frame(0x42, payload, None) + encode_frame(0x80, b"", None)
        if fragmented
        else encode_frame(0xC2, payload, None)
    )
    we.receive_data(data, 0.0)
    we.messages()
    we.settle()
    assert we.state in (State.OPEN, State.FAILED)
    assert we.failure is None or isinstance(we.failure, WebSocketError | LimitExceeded)
