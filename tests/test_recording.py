"""A recording gives back exactly what went in, whatever happens to the writer; and a bad file says what is wrong."""

import hashlib
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barterpy.errors import ConfigurationError, ConnectionLost, RecordingError
from barterpy.http import HttpRequest, HttpResponse
from barterpy.recording import (
    Closed,
    HttpExchange,
    Opened,
    Received,
    Record,
    RecordingReader,
    RecordingSocket,
    RecordingTransport,
    RecordingWriter,
    Sent,
    import_frames_jsonl,
    verify,
    write_recording,
)
from barterpy.recording.redaction import redact_sent, redact_url
from barterpy.socket import Batch

pytestmark = pytest.mark.anyio

RECORDS: list[Record] = [
    Opened(at=1, connection="a", url="wss://example.com/stream"),
    Sent(at=2, connection="a", text='{"method":"SUBSCRIBE"}'),
    Received(at=3, connection="a", text='{"p":"1.10", "q": 1e5}\r\n\u2028é\x00 '),
    Received(at=3, connection="a", data=b"\x00\xff\n"),
    HttpExchange(at=4, url="https://example.com/depth?symbol=X", headers=(("Date", "today"),), text='{"a":1}'),
    HttpExchange(at=5, url="https://example.com/x", status=500, method="POST", data=b"\xff"),
    Closed(at=6, connection="a", code=1006, reason="gone"),
]


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A recording of many records, large enough for several blocks."""
    path = tmp_path / "whole.barterpy.zst"
    write_recording(path, many(3000), venue="test", subscriptions=["trades(X)"], created_at=7)
    return path


def many(count: int) -> list[Record]:
    digest = hashlib.sha256
    return [Received(at=n, connection="a", text=digest(str(n).encode()).hexdigest() * 16) for n in range(1, count + 1)]


class Source:
    """A socket over steps: lists are batches, exceptions are raised, None waits for ever."""

    def __init__(self, *steps: list[Any] | Exception | None) -> None:
        self.steps = list(steps)
        self.sent: list[Any] = []
        self.time = 100
        self.closed = False

    async def receive(self) -> Batch[Any]:
        await anyio.lowlevel.checkpoint()
        step = self.steps[0] if self.steps else anyio.EndOfStream()
        if step is None:
            await anyio.sleep_forever()
        if isinstance(step, Exception):
            raise step
        self.steps.pop(0)
        self.time += 1
        assert isinstance(step, list)
        return Batch(step, self.time)

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def aclose(self) -> None:
        self.closed = True


class Answers:
    """A transport with one answer."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        self.closed = False

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        await anyio.lowlevel.checkpoint()
        return self.response

    async def aclose(self) -> None:
        self.closed = True


async def read(path: Path) -> list[Record]:
    def whole() -> list[Record]:
        with RecordingReader(path) as reader:
            return list(reader)

    return await anyio.to_thread.run_sync(whole)


@asynccontextmanager
async def recorded(
    tmp_path: Path, *steps: list[Any] | Exception | None, **options: Any
) -> AsyncGenerator[tuple[RecordingSocket[Any], Path]]:
    path = tmp_path / "r.barterpy.zst"
    async with RecordingWriter(path, clock=lambda: 50, **options) as writer:
        yield RecordingSocket(Source(*steps), writer, connection="c", url="wss://h/ws?listenKey=abc"), path


# The file


def test_records_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "x.barterpy.zst"
    write_recording(path, RECORDS, venue="test", subscriptions=["trades(X)"], created_at=7)
    with RecordingReader(path) as reader:
        assert list(reader) == RECORDS
        assert (reader.header.venue, reader.header.subscriptions, reader.header.created_at) == (
            "test",
            ("trades(X)",),
            7,
        )
        assert reader.footer is not None
        assert reader.footer.counts == {"close": 1, "http": 2, "open": 1, "recv": 2, "send": 1}
        assert (reader.footer.first_at, reader.footer.last_at, reader.footer.records) == (1, 6, 7)
        assert not reader.truncated
    assert verify(path).ok


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text() | st.binary(), max_size=20))
def test_any_payload_comes_back_exactly(tmp_path: Path, payloads: Sequence[str | bytes]) -> None:
    path = tmp_path / "p.barterpy.zst"
    path.unlink(missing_ok=True)
    write_recording(path, [Received.of(payload, at=1, connection="c") for payload in payloads])
    back = [record.payload for record in RecordingReader(path) if isinstance(record, Received)]
    assert back == list(payloads)
    assert list(map(type, back)) == list(map(type, payloads))


def test_the_hash_is_one_that_any_tool_can_check(whole: Path) -> None:
    plain = zstandard.ZstdDecompressor().stream_reader(whole.read_bytes()).read()
    lines = plain.splitlines(keepends=True)
    footer = verify(whole).footer
    assert footer is not None
    assert footer.sha256 == hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    assert plain.startswith(b'{"kind":"header","format":"barterpy-recording","version":1')


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.999])
def test_a_file_cut_short_is_readable_up_to_the_cut_and_says_so(whole: Path, part: float) -> None:
    data = whole.read_bytes()
    whole.write_bytes(data[: int(len(data) * part)])
    with RecordingReader(whole) as reader:
        records = list(reader)
        assert reader.truncated
        assert reader.footer is None
    assert records == many(3000)[: len(records)]
    assert len(records) > 3000 * part - 1500
    report = verify(whole)
    assert (report.truncated, report.problem, report.records) == (
        True,
        "cut short: the footer is missing",
        len(records),
    )


def test_a_changed_byte_is_found(whole: Path) -> None:
    data = bytearray(whole.read_bytes())
    data[len(data) // 2] ^= 0x10
    whole.write_bytes(data)
    report = verify(whole)
    assert not report.ok
    assert report.problem is not None
    assert report.problem.startswith(("damaged", "changed"))


def test_content_exchanged_under_the_same_footer_is_found(tmp_path: Path) -> None:
    path = tmp_path / "x.barterpy.zst"
    write_recording(path, RECORDS)
    plain = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
    path.write_bytes(zstandard.compress(plain.replace(b"1.10", b"1.11")))
    assert verify(path).problem == "changed: the hash of its content is not the one in its footer"
    path.write_bytes(zstandard.compress(plain + plain.splitlines(keepends=True)[1]))
    assert verify(path).problem == "damaged: it goes on behind its footer"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no header"),
        (b"hello, this is no zstd", "not a recording, or damaged: zstd"),
        (zstandard.compress(b""), "no header"),
        (zstandard.compress(b"hello\n"), "not a recording, or damaged: JSON"),
        (zstandard.compress(b'{"kind":"recv","at":1,"connection":"c"}\n'), "not a recording"),
        (zstandard.compress(b'{"kind":"header","format":"other"}\n'), "not a recording"),
        (zstandard.compress(b'{"kind":"header","version":99}\n'), "of version 99"),
    ],
)
def test_a_file_that_is_no_recording_says_why(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "bad"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=reason) as caught:
        RecordingReader(path)
    assert caught.value.path == str(path)
    assert (verify(path).problem or "").startswith(reason)


def test_a_line_without_end_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(zstandard.compress(b'{"kind":"header"}\n' + b" " * 10_000_000))
    with pytest.raises(RecordingError, match="longer than 1000000 bytes"):
        list(RecordingReader(path, max_line=1_000_000))


def test_a_missing_file_and_one_in_the_way_are_errors(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        RecordingReader(tmp_path / "none")
    path = tmp_path / "there"
    path.write_bytes(b"precious")
    with pytest.raises(RecordingError, match="File exists"):
        write_recording(path, [])
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("payload", [None, 5, ["x"]])
def test_only_text_and_bytes_are_recorded(payload: Any) -> None:
    with pytest.raises(ConfigurationError, match="text and bytes"):
        Received.of(payload, at=1, connection="c")


def test_text_that_is_no_unicode_is_refused_before_it_spoils_the_file(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="surrogate"):
        write_recording(tmp_path / "x", [Received(at=1, connection="c", text="\ud800")])


def test_zstandard_is_imported_only_when_it_is_used() -> None:
    program = "import sys, barterpy.recording, barterpy.testing; assert 'zstandard' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


# The writer


async def test_the_writer_gives_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "w.barterpy.zst"
    async with RecordingWriter(path, venue="test", buffer_size=100) as writer:
        for record in RECORDS:
            await writer.write(record)
    assert writer.closed
    await writer.aclose()
    assert await read(path) == RECORDS
    assert (await anyio.to_thread.run_sync(verify, path)).ok
    with pytest.raises(anyio.ClosedResourceError):
        writer.add(RECORDS)


async def test_what_was_flushed_is_readable_while_the_writer_is_open(tmp_path: Path) -> None:
    path = tmp_path / "w.barterpy.zst"
    async with RecordingWriter(path) as writer:
        writer.add(RECORDS)
        await writer.flush()
        writer.add(RECORDS)
        assert await read(path) == RECORDS


async def test_cancellation_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "w.barterpy.zst"
    with anyio.CancelScope() as scope:
        async with RecordingWriter(path) as writer:
            writer.add(RECORDS)
            scope.cancel()
            await anyio.sleep_forever()
    assert await read(path) == RECORDS
    assert (await anyio.to_thread.run_sync(verify, path)).ok


async def test_parts_follow_each_other_without_loss(tmp_path: Path) -> None:
    records = many(50)
    async with RecordingWriter(tmp_path / "w.barterpy.zst", buffer_size=2000, max_part_bytes=10_000) as writer:
        for record in records:
            await writer.write(record)
    assert [path.name for path in writer.paths][:2] == ["w.0001.barterpy.zst", "w.0002.barterpy.zst"]
    back: list[Record] = []
    for number, path in enumerate(writer.paths, 1):
        report = await anyio.to_thread.run_sync(verify, path)
        assert report.ok
        assert report.header is not None
        assert report.header.part == number
        back += await read(path)
    assert back == records
    assert len(writer.paths) > 3


async def test_a_part_ends_after_its_time(tmp_path: Path) -> None:
    now = 0
    async with RecordingWriter(
        tmp_path / "w.barterpy.zst", flush_interval=1.0, max_part_seconds=10.0, clock=lambda: now
    ) as writer:
        for second in range(25):
            now = second * 1_000_000_000
            await writer.write(Received(at=now, connection="c", text="x"))
    assert len(writer.paths) == 3


async def test_a_disk_that_fails_is_told_to_whoever_records(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        async with RecordingWriter(tmp_path / "missing" / "w.barterpy.zst"):
            pass


async def test_others_add_while_a_part_is_turned(tmp_path: Path) -> None:
    async with RecordingWriter(tmp_path / "w.barterpy.zst", buffer_size=500, max_part_bytes=500) as writer:

        async def add(name: str) -> None:
            for n in range(30):
                await writer.write(Received(at=n, connection=name, text="x" * 100))
                await anyio.lowlevel.checkpoint()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(add, "a")
            tasks.start_soon(add, "b")
    back = [record for path in writer.paths for record in await read(path)]
    for name in "ab":
        assert [record.at for record in back if record.connection == name] == list(range(30))


@pytest.mark.parametrize("option", ["buffer_size", "flush_interval", "max_part_bytes", "max_part_seconds"])
def test_arguments_that_cannot_work_are_refused(option: str, tmp_path: Path) -> None:
    arguments: dict[str, Any] = {option: -1}
    with pytest.raises(ConfigurationError):
        RecordingWriter(tmp_path / "x", **arguments)


# Around a socket


async def test_a_socket_is_recorded_as_it_was(tmp_path: Path) -> None:
    async with recorded(tmp_path, ["1", b"2"], ["3"], ConnectionLost("cut", 1006)) as (socket, path):
        await socket.send('{"method":"SUBSCRIBE"}')
        batches = [await socket.receive(), await socket.receive()]
        with pytest.raises(ConnectionLost):
            await socket.receive()
        await socket.aclose()
        await socket.aclose()
    assert [list(batch.messages) for batch in batches] == [["1", b"2"], ["3"]]
    assert await read(path) == [
        Opened(at=50, connection="c", url="wss://h/ws?listenKey=REDACTED"),
        Sent(at=50, connection="c", text='{"method":"SUBSCRIBE"}'),
        Received(at=101, connection="c", text="1"),
        Received(at=101, connection="c", data=b"2"),
        Received(at=102, connection="c", text="3"),
        Closed(at=50, connection="c", code=1006, reason="connection lost (1006): cut"),
    ]


async def test_an_end_in_good_order_is_recorded(tmp_path: Path) -> None:
    async with recorded(tmp_path, ["1"]) as (socket, path):
        await socket.receive()
        with pytest.raises(anyio.EndOfStream):
            await socket.receive()
    assert (await read(path))[-1] == Closed(at=50, connection="c", code=1000)


async def test_cancelling_a_receive_loses_nothing_and_records_nothing_twice(tmp_path: Path) -> None:
    steps = [[str(n)] for n in range(100)]
    got: list[str] = []
    async with recorded(tmp_path, *steps, buffer_size=10) as (socket, path):
        while len(got) < 100:
            # The deadline has passed already: each await inside is a place where it is cancelled.
            with anyio.move_on_after(0) as scope:
                got += (await socket.receive()).messages
            if scope.cancelled_caught:
                got += (await socket.receive()).messages
    assert got == [str(n) for n in range(100)]
    assert [record.payload for record in await read(path) if isinstance(record, Received)] == got


async def test_a_silent_socket_does_not_keep_what_came_before_from_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "r.barterpy.zst"
    async with RecordingWriter(path, flush_interval=0.01) as writer:
        socket: RecordingSocket[str] = RecordingSocket(Source(["1"], None), writer)
        await socket.receive()
        with anyio.move_on_after(5):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(socket.receive)
                while writer.seconds_until_flush() is not None:
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()
        assert any(isinstance(record, Received) for record in await read(path))


# Around a transport


async def test_an_answer_is_recorded_without_what_is_nobodys_business(tmp_path: Path) -> None:
    path = tmp_path / "h.barterpy.zst"
    response = HttpResponse(
        status=200,
        headers=(("Content-Type", "application/json"), ("Set-Cookie", "session=1"), ("X-MBX-USED-WEIGHT-1M", "5")),
        body=b'{"a":1}',
        received_at=9,
        elapsed=3,
    )
    async with RecordingWriter(path) as writer:
        transport = RecordingTransport(inner := Answers(response), writer)
        assert await transport.send(HttpRequest(method="GET", url="https://h/depth?symbol=X")) is response
        await transport.aclose()
    assert inner.closed
    (exchange,) = await read(path)
    assert exchange == HttpExchange(
        at=9,
        url="https://h/depth?symbol=X",
        headers=(("Content-Type", "application/json"), ("X-MBX-USED-WEIGHT-1M", "5")),
        text='{"a":1}',
        elapsed=3,
    )


SECRETS = [
    HttpRequest(method="GET", url="https://h/account?timestamp=1&signature=S3CRET"),
    HttpRequest(method="GET", url="https://h/account", headers=(("X-MBX-APIKEY", "S3CRET"),)),
    HttpRequest(method="GET", url="https://h/account", headers=(("Authorization", "Bearer S3CRET"),)),
    HttpRequest(method="GET", url="https://user:S3CRET@h/account"),
    HttpRequest(method="POST", url="https://h/login", body=b"user=me&password=S3CRET"),
]


@pytest.mark.parametrize("request_", SECRETS)
async def test_what_carries_credentials_is_left_out(request_: HttpRequest, tmp_path: Path) -> None:
    path = tmp_path / "h.barterpy.zst"
    async with RecordingWriter(path) as writer:
        await RecordingTransport(Answers(HttpResponse(status=200, body=b"rich")), writer).send(request_)
    assert await read(path) == []


@pytest.mark.parametrize("request_", SECRETS)
async def test_what_carries_credentials_is_redacted_when_it_is_wanted(request_: HttpRequest, tmp_path: Path) -> None:
    path = tmp_path / "h.barterpy.zst"
    async with RecordingWriter(path) as writer:
        transport = RecordingTransport(Answers(HttpResponse(status=200)), writer, authenticated="redact")
        await transport.send(request_)
    (exchange,) = await read(path)
    assert isinstance(exchange, HttpExchange)
    assert "S3CRET" not in repr(exchange)


TOKENS = [
    (
        '{"id":1,"result":{"access_token":"S3CRET.a","expires_in":900,"refresh_token" : "S3CRET\\"b","scope":"x"}}',
        '{"id":1,"result":{"access_token":"REDACTED","expires_in":900,"refresh_token" : "REDACTED","scope":"x"}}',
    ),
    ('{"listenKey":"S3CRET"}', '{"listenKey":"REDACTED"}'),
    ('{"e":"listenKeyExpired","E":1,"listenKey":"S3CRET"}', '{"e":"listenKeyExpired","E":1,"listenKey":"REDACTED"}'),
    ('{"accessToken":"S3CRET","name":"é"}', '{"accessToken":"REDACTED","name":"é"}'),
    # What is nobody's secret stays to the letter.
    ('{"tokenId":"0xabc","token":7,"tokens":["a"]}', '{"tokenId":"0xabc","token":7,"tokens":["a"]}'),
    ('{"text":"a refresh_token is a word"}', '{"text":"a refresh_token is a word"}'),
]


@pytest.mark.parametrize(("answer", "kept"), TOKENS)
async def test_the_tokens_of_an_answer_are_not_recorded(answer: str, kept: str, tmp_path: Path) -> None:
    async with recorded(tmp_path, [answer, answer.encode()]) as (socket, path):
        (batch,) = [await socket.receive()]
        await socket.aclose()
    assert list(batch.messages) == [answer, answer.encode()]
    assert [one.payload for one in await read(path) if isinstance(one, Received)] == [kept, kept.encode()]
    path = tmp_path / "h.barterpy.zst"
    async with RecordingWriter(path) as writer:
        transport = RecordingTransport(
            Answers(HttpResponse(status=200, body=answer.encode())), writer, authenticated="redact"
        )
        response = await transport.send(SECRETS[0])
    assert response.body == answer.encode()
    (exchange,) = await read(path)
    assert isinstance(exchange, HttpExchange)
    assert exchange.body == kept.encode()


@pytest.mark.parametrize(
    "message",
    [
        '{"id":1,"method":"session.logon","params":{"apiKey":"K","signature":"S3CRET"}}',
        '{"op":"auth","args":["S3CRET",1,"x"]}',
        '{"op":"login","args":[{"apiKey":"K","passphrase":"S3CRET","sign":"x"}]}',
        '{"event":"subscribe","token":"S3CRET"}',
        "8=FIX.4.4\x019=70\x0135=A\x0149=ME\x01554=S3CRET\x0110=000\x01",
        b"8=FIX.4.4\x019=70\x0135=D\x0196=S3CRET\x01",
    ],
)
def test_a_logon_is_never_recorded(message: str | bytes) -> None:
    kept = redact_sent(message)
    assert type(kept) is type(message)
    assert "S3CRET" not in str(kept)
    assert str(len(message)) in str(kept)


@pytest.mark.parametrize(
    "message",
    ['{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}', "ping", b"\x00\xff", "8=FIX.4.4\x0135=0\x01"],
)
def test_what_is_no_logon_is_kept(message: str | bytes) -> None:
    assert redact_sent(message) is message


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("wss://h/stream?streams=a@b/c@d", "wss://h/stream?streams=a@b/c@d"),
        ("https://h/depth?symbol=X&limit=5", "https://h/depth?symbol=X&limit=5"),
        ("https://u:p@h/x", "https://h/x"),
        (f"wss://h/private/ws/{'pqia91ma19a5s61cv6a81va65sdf19v8' * 2}", "wss://h/private/ws/REDACTED"),
        ("wss://h/ws/btcusdt@aggTrade", "wss://h/ws/btcusdt@aggTrade"),
        ("wss://h/ws?listenKey=abc&events=A", "wss://h/ws?listenKey=REDACTED&events=A"),
        ("", ""),
    ],
)
def test_urls_lose_their_secrets_and_nothing_else(url: str, kept: str) -> None:
    assert redact_url(url) == kept


# From elsewhere


def test_frames_as_json_lines_are_read_by_time(tmp_path: Path) -> None:
    frames, http = tmp_path / "f", tmp_path / "h"
    frames.write_text(
        '{"t":1.5,"c":"ws","d":"open","k":"text","url":"wss://h"}\n'
        '{"t":2.000001,"c":"ws","d":"recv","k":"text","p":"{\\"a\\":1}"}\n'
        '{"t":3,"c":"ws","d":"recv","k":"binary","p":"AP8="}\n'
        '{"t":4,"c":"ws","d":"send","k":"text","p":"x"}\n'
    )
    http.write_text('{"t":2.0,"url":"https://h/x","h":null,"p":"[]"}\n\n')
    assert list(import_frames_jsonl(frames, http)) == [
        Opened(at=1_500_000_000, connection="ws", url="wss://h"),
        HttpExchange(at=2_000_000_000, url="https://h/x", text="[]"),
        Received(at=2_000_001_000, connection="ws", text='{"a":1}'),
        Received(at=3_000_000_000, connection="ws", data=b"\x00\xff"),
        Sent(at=4_000_000_000, connection="ws", text="x"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nonsense", "line 1: "),
        ('{"t":1,"c":"ws","d":"sideways","p":""}', "line 1: direction 'sideways'"),
        ('{"t":1,"c":"ws","d":"recv","k":"binary","p":"!"}', "line 1: a binary payload must be base64"),
        ('{"t":1,"c":"ws","d":"recv","k":"binary","p":"é"}', "line 1: a binary payload must be base64"),
        ('{"c":"ws","d":"recv","p":""}', "line 1: Object missing required field `t`"),
        ('{"t":1e999,"c":"ws","d":"recv","p":""}', "line 1: "),
        ('{"t":1e300,"c":"ws","d":"recv","p":""}', "line 1: `t` is no time"),
        ('{"t":-1,"c":"ws","d":"recv","p":""}', "line 1: `t` is no time"),
        ('{"t":1,"c":"ws","d":"recv","p":"\xff"}', "line 1: 'utf-8' codec"),
        ('{"t":1,"c":"ws","d":"recv","x":' + "[" * 100_000, "line 1: "),
    ],
)
def test_a_bad_line_of_frames_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(line.encode("latin-1" if "\xff" in line else "utf-8") + b"\n")
    with pytest.raises(RecordingError, match=reason):
        list(import_frames_jsonl(path))


def test_missing_frames_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        list(import_frames_jsonl(tmp_path / "none"))
