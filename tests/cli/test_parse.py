"""Raw messages in, JSON lines out: complete, in order, exact, and the same every time."""

import io
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from barterpy.cli import main
from barterpy.jsonlines import decode_event
from barterpy.model import Trade

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings"

TRADE = (
    '{"e":"aggTrade","E":1700000000001,"s":"BTCUSDT","a":7,"p":"37000.10","q":"0.00100","f":1,"l":2,'
    '"T":1700000000000,"m":true}'
)
DEPTH = (
    '{{"e":"depthUpdate","E":1700000000001,"T":1700000000000,"s":"BTCUSDT","U":{first},"u":{last},"pu":{before},'
    '"b":[["{bid}","1.0"]],"a":[]}}'
)
SNAPSHOT = {"lastUpdateId": 100, "bids": [["9.0", "2.0"]], "asks": [["11.0", "3.0"]]}
URL = "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000"

Run = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def parse(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in this process: its exit code, its lines, and what it said."""

    def run(*arguments: object) -> tuple[int, list[dict[str, Any]], str]:
        code = main(["parse", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, [json.loads(line) for line in out.splitlines()], err

    return run


def write(path: Path, *lines: str | bytes) -> Path:
    path.write_bytes(b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines))
    return path


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_trade_becomes_a_line(parse: Run, tmp_path: Path, backend: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "messages", TRADE)
    assert main(["parse", "binance-futures", str(path), "--backend", backend, "--received-at", "42"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    trade = decode_event(line)
    assert isinstance(trade, Trade)
    assert (str(trade.price), str(trade.size), trade.received_at) == ("37000.10", "0.00100", 42)
    assert (trade.first_id, trade.last_id, trade.exchange_at) == (1, 2, 1_700_000_000_000_000_000)


def test_the_limits_of_a_venue_do_not_hold_up_what_is_on_file(parse: Run, tmp_path: Path) -> None:
    # 150 snapshots of weight 50 are more than Binance gives in a minute.
    update: dict[str, Any] = {"e": "depthUpdate", "E": 1, "U": 1, "u": 2, "b": [], "a": []}
    messages = [json.dumps({"stream": f"s{n}usdt@depth", "data": {**update, "s": f"S{n}USDT"}}) for n in range(150)]
    answers = [
        json.dumps(
            {"url": f"https://x/api/v3/depth?symbol=S{n}USDT&limit=1000", "body": {**SNAPSHOT, "lastUpdateId": 1}}
        )
        for n in range(149)
    ]
    code, events, err = parse(
        "binance", write(tmp_path / "messages", *messages), "--rest", write(tmp_path / "answers", *answers)
    )
    assert (code, Counter(event["event"] for event in events)) == (1, {"book_snapshot": 149, "book_delta": 149})
    assert "no REST answer for https://api.binance.com/api/v3/depth?symbol=S149USDT&limit=1000" in err


def test_a_bad_line_stands_in_its_place_and_the_others_flow_on(parse: Run, tmp_path: Path) -> None:
    path = write(
        tmp_path / "messages",
        "",
        "{not json",
        TRADE,
        '{"e":"aggTrade","s":"BTCUSDT"}',
        b'{"e":"\xff"}',
        '{"e":"unheardOf"}',
        "  ",
        TRADE,
    )
    code, events, err = parse("binance-futures", path)
    assert code == 1
    assert [event["event"] for event in events] == ["message_error", "trade", *["message_error"] * 3, "trade"]
    assert [event["connection"] for event in events if "connection" in event] == [
        "messages:2", "messages:4", "messages:5", "messages:6",
    ]  # fmt: skip
    assert events[0]["payload"] == "{not json"
    assert "unheardOf" in events[4]["reason"]
    assert err == "barterpy: 4 messages could not be understood, see the message_error lines\n"


@pytest.mark.parametrize("body", [SNAPSHOT, json.dumps(SNAPSHOT)], ids=["json", "text"])
def test_a_book_joins_its_snapshot_from_a_file(parse: Run, tmp_path: Path, body: object) -> None:
    path = write(
        tmp_path / "messages",
        DEPTH.format(first=90, last=95, before=89, bid="8.0"),
        DEPTH.format(first=96, last=105, before=95, bid="9.5"),
        DEPTH.format(first=106, last=107, before=105, bid="9.6"),
    )
    rest = write(tmp_path / "rest", "", json.dumps({"url": URL, "body": body}))
    code, events, err = parse("binance-futures", path, "--rest", rest)
    assert (code, err) == (0, "")
    assert [(event["event"], event["sequence"]) for event in events] == [
        ("book_snapshot", 100), ("book_delta", 105), ("book_delta", 107),
    ]  # fmt: skip
    assert events[0]["bids"] == [["9.0", "2.0"]]


def test_a_gap_is_told_and_the_book_asks_again(parse: Run, tmp_path: Path) -> None:
    path = write(
        tmp_path / "messages",
        DEPTH.format(first=96, last=105, before=95, bid="9.5"),
        DEPTH.format(first=200, last=205, before=199, bid="9.6"),
        DEPTH.format(first=206, last=207, before=205, bid="9.7"),
    )
    answers = [{**SNAPSHOT, "lastUpdateId": number} for number in (100, 203)]
    rest = write(tmp_path / "rest", *(json.dumps({"url": URL, "body": answer}) for answer in answers))
    code, events, _ = parse("binance-futures", path, "--rest", rest)
    assert code == 0
    assert [event["event"] for event in events] == [
        "book_snapshot", "book_delta", "gap", "resynced", "book_snapshot", "book_delta", "book_delta",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], f"order books are not complete: no REST answer for {URL}; give the answers with --rest"),
        (["--rest"], f"order books are not complete: no REST answer for {URL}; rest does not have the answers"),
    ],
)
def test_a_book_without_its_snapshot_is_told(
    parse: Run, tmp_path: Path, arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "messages", DEPTH.format(first=96, last=105, before=95, bid="9.5"), TRADE)
    write(tmp_path / "rest", '{"url":"https://fapi.binance.com/fapi/v1/time","body":{}}')
    code, events, err = parse("binance-futures", "messages", *arguments, *(["rest"] if arguments else []))
    assert code == 1
    assert [event["event"] for event in events] == ["trade"]
    assert err == f"barterpy: {message}\n"


@pytest.mark.parametrize("line", ["{", "[]", '{"url":"x"}', '{"url":1,"body":{}}', '{"body":{}}', "nonsense"])
def test_a_file_of_answers_that_is_none(parse: Run, tmp_path: Path, line: str) -> None:
    rest = write(tmp_path / "rest", '{"url":"x","body":1}', "", line)
    code, events, err = parse("binance", write(tmp_path / "messages", TRADE), "--rest", rest)
    assert (code, events) == (2, [])
    assert err.startswith(f'barterpy: {rest}, line 3: not {{"url": …, "body": …}}: ')


def test_lines_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "messages", TRADE)
    at = str(3_723_004_000_000)
    assert main(["parse", "binance-futures", str(path), "--text", "--received-at", at]) == 0
    assert capsys.readouterr().out == "01:02:03.004  trade          BTCUSDT         sell  0.00100 @ 37000.10\n"


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONWARNINGS": "error"}


def test_it_answers_line_by_line_in_a_pipe() -> None:
    """A filter that waits for the end of its input is of no use in a live pipe."""
    process = subprocess.Popen(
        [sys.executable, "-m", "barterpy", "parse", "binance-futures"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for _ in range(3):
        process.stdin.write(TRADE.encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["event"] == "trade"
    process.stdin.close()
    assert process.stdout.read() == b""
    process.stdout.close()
    assert process.wait(30) == 0


def test_an_interrupt_ends_it_while_it_waits_for_input() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "barterpy", "parse", "binance-futures"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(TRADE.encode() + b"\n")
    process.stdin.flush()
    assert b"trade" in process.stdout.readline()
    process.send_signal(2)
    assert process.wait(30) == 130
    assert process.stderr.read() == b""
    for pipe in (process.stdin, process.stdout, process.stderr):
        pipe.close()


EXPECTED = {
    "BINANCE_FUTURES": (
        "binance-futures",
        {"trade": 91, "quote": 613, "candle": 67, "book_snapshot": 4, "book_delta": 752},
    ),
    "BINANCE_US": ("binance", {"trade": 11, "quote": 128, "candle": 5, "book_snapshot": 4, "book_delta": 332}),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_recording_gives_what_its_readme_says(parse: Run, tmp_path: Path, name: str) -> None:
    if not RECORDINGS.is_dir():
        pytest.skip("the recordings are not here")
    messages, answers = tmp_path / "messages", tmp_path / "rest"
    with (RECORDINGS / f"{name}.frames.jsonl").open() as frames:
        write(messages, *(frame["p"] for frame in map(json.loads, frames) if frame["d"] == "recv"))
    with (RECORDINGS / f"{name}.http.jsonl").open() as exchanges:
        write(answers, *(json.dumps({"url": one["url"], "body": one["p"]}) for one in map(json.loads, exchanges)))
    venue, counts = EXPECTED[name]
    code, events, err = parse(venue, messages, "--rest", answers)
    assert (code, err) == (0, "")
    assert Counter(event["event"] for event in events) == counts
    assert all(decode_event(json.dumps(event)) for event in events)
    # Every digit of every price is the venue's: the sum over the raw messages is the sum over the lines.
    raw = io.StringIO(messages.read_text())
    trades = [line["data"] for line in map(json.loads, raw) if line.get("data", {}).get("e") == "aggTrade"]
    assert sum(Decimal(trade["p"]) * Decimal(trade["q"]) for trade in trades) == sum(
        Decimal(event["price"]) * Decimal(event["size"]) for event in events if event["event"] == "trade"
    )
    assert parse(venue, messages, "--rest", answers, "--backend", "trio")[1] == events
