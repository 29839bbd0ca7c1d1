"""What is wrong with a recording is found, named, counted and made an exit code; nothing is wrong with a good one."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from barterpy.cli import main
from barterpy.cli.findings import PROBLEMS, Findings, Problem
from barterpy.clock import SECOND
from barterpy.events import Connected, Disconnected, Gap
from barterpy.model import Quote, Trade
from barterpy.recording import Closed, HttpExchange, Opened, Received, Record, write_recording

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings"
START = 1_700_000_000 * SECOND

Check = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    def check(*arguments: object) -> tuple[int, dict[str, Any], str]:
        code = main(["check", *map(str, arguments), "--json"])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else {}, err

    return check


def depth(first: int, last: int, before: int) -> str:
    data = {"e": "depthUpdate", "E": 1, "T": 1, "s": "BTCUSDT", "U": first, "u": last, "pu": before}
    return json.dumps({"stream": "btcusdt@depth@100ms", "data": {**data, "b": [["9.5", "1.0"]], "a": []}})


def trade(id_: int) -> str:
    data = {
        "e": "aggTrade",
        "E": 1,
        "s": "BTCUSDT",
        "a": id_,
        "p": "10.10",
        "q": "2",
        "f": 1,
        "l": 1,
        "T": 1,
        "m": True,
    }
    return json.dumps({"stream": "btcusdt@aggTrade", "data": data})


def snapshot(at: int, last: int) -> HttpExchange:
    body = json.dumps({"lastUpdateId": last, "bids": [["9.0", "2.0"]], "asks": [["11.0", "3.0"]]})
    return HttpExchange(
        at=START + at * SECOND, url="https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000", text=body
    )


def got(at: int, message: str, connection: str = "one") -> Received:
    return Received.of(message, at=START + at * SECOND, connection=connection)


OPEN = Opened(at=START, connection="one", url="wss://x.com/stream")
GOOD: Sequence[Record] = (
    OPEN,
    got(1, depth(96, 105, 95)),
    snapshot(2, 100),
    got(3, depth(106, 107, 105)),
    got(4, trade(1)),
    got(9, trade(2)),
)


def recording(path: Path, records: Sequence[Record] = GOOD, venue: str = "binance_futures") -> Path:
    write_recording(path, records, venue=venue)
    return path


def test_nothing_is_wrong_with_a_good_one(check: Check, tmp_path: Path) -> None:
    path = recording(tmp_path / "a.rec")
    code, report, err = check(path)
    assert (code, err, report["ok"], report["problems"], report["damage"]) == (0, "", True, {}, None)
    assert report["venue"] == "binance-futures"
    assert (report["records"], report["counts"]) == (6, {"open": 1, "recv": 4, "http": 1})
    assert (report["first_at"], report["last_at"]) == (START, START + 9 * SECOND)
    (connection,) = report["connections"]
    assert (connection["messages"], connection["lives"], connection["silence"]) == (4, 1, 5 * SECOND)
    assert connection["payload_bytes"] == sum(len(record.payload) for record in GOOD if isinstance(record, Received))
    assert report["symbols"] == [
        {
            "instrument": "BTCUSDT", "trades": 2, "books": 3, "others": 0, "gaps": 0, "checksums": 0, "resyncs": 0,
            "duplicates": 0, "sequence": 0,
        }
    ]  # fmt: skip
    assert check(path, "--backend", "trio") == (code, report, err)


WRONG: list[tuple[Problem, Sequence[Record], int]] = [
    ("order", (OPEN, got(5, trade(1)), got(4, trade(2)), got(6, trade(3))), 1),
    ("unparsable", (OPEN, got(1, "no json"), got(2, trade(1)), got(3, '{"e":"mystery"}')), 2),
    ("gaps", (*GOOD, got(10, depth(120, 125, 119)), snapshot(11, 122), got(12, depth(126, 127, 125))), 1),
    ("gaps", (*GOOD, Closed(at=START + 10 * SECOND, connection="one"), Opened(at=START + 11 * SECOND, connection="one"),
              got(12, depth(120, 125, 119)), snapshot(13, 122)), 1),
    ("duplicates", (*GOOD, got(10, trade(2)), got(11, trade(2))), 2),
    ("sequence", (OPEN, got(1, trade(7)), got(2, trade(5)), got(3, trade(6))), 1),
    ("incomplete", (OPEN, got(1, depth(96, 105, 95))), 1),
]  # fmt: skip


@pytest.mark.parametrize(("problem", "records", "count"), WRONG)
def test_what_is_wrong_is_named_and_counted(
    check: Check, tmp_path: Path, problem: Problem, records: Sequence[Record], count: int
) -> None:
    path = recording(tmp_path / "a.rec", records)
    code, report, err = check(path)
    assert (code, report["ok"], report["problems"]) == (1, False, {problem: count})
    assert err == f"barterpy: {path}: {problem}: {count} ({PROBLEMS[problem]})\n"
    code, report, err = check(path, "--allow", problem)
    assert (code, report["ok"], report["problems"], report["allowed"], err) == (
        0,
        True,
        {problem: count},
        [problem],
        "",
    )


def test_every_problem_has_a_meaning() -> None:
    assert set(PROBLEMS) == set(get_args(Problem))


def test_the_file_says_why_a_message_was_not_understood_and_why_a_book_broke(check: Check, tmp_path: Path) -> None:
    records = (*GOOD, got(10, "no json"), got(11, depth(120, 125, 119)), snapshot(12, 122))
    _, report, _ = check(recording(tmp_path / "a.rec", records))
    assert list(report["gap_reasons"].values()) == [1]
    (example,) = report["unparsable"]
    assert example.startswith("one: ")
    assert example.endswith("no json")


def test_a_checksum_that_fails_is_counted_as_one() -> None:
    findings = Findings()
    where: dict[str, Any] = {"venue": "v", "instrument": "BTC/USDT", "epoch": 1, "received_at": 1}
    findings.update([Gap(**where, reason="the checksum is 1, not 2"), Gap(**where, reason="an update is missing")])
    assert findings.problems() == {"gaps": 1, "checksums": 1}


def test_a_new_connection_may_number_anew() -> None:
    findings = Findings()
    where: dict[str, Any] = {"venue": "v", "connection": "one", "epoch": 1, "received_at": 1}
    sides: dict[str, Any] = dict.fromkeys(["bid_price", "bid_size", "ask_price", "ask_size"])
    for sequence in (9, 3):
        quote: Quote[Any] = Quote(
            venue="v", instrument="X", exchange_at=None, received_at=1, sequence=sequence, **sides
        )
        findings.update([Connected(**where), quote, Disconnected(**where, reason="r")])
    assert findings.problems() == {}


def test_memory_is_bounded_whatever_comes() -> None:
    findings = Findings()
    for number in range(12_000):
        item: Trade[Any] = Trade(
            venue="v", instrument=f"S{number}", price=1, size=1, side=None, id="1", exchange_at=None, received_at=1
        )
        findings.update([item])
        same = msgspec.structs.replace(item, instrument="S0", id=f"t{number % 6_000}")
        findings.update([same])
    assert len(findings.symbols) == 10_001
    assert findings.symbols["…"].trades == 2_000
    assert findings.symbols["S0"].duplicates == 0  # each came again, but much later than what is remembered


def test_a_file_that_was_cut_is_checked_as_far_as_it_goes(check: Check, tmp_path: Path) -> None:
    path = recording(tmp_path / "a.rec", [OPEN, *(got(number, trade(number)) for number in range(1, 3_000))])
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 9 // 10])
    code, report, err = check(path)
    assert (code, report["damage"]) == (1, "cut short: the footer is missing")
    assert report["problems"] == {"damage": 1}
    assert report["symbols"][0]["trades"] > 0
    assert "cut short" in err
    assert check(path, "--allow", "damage")[0] == 0


def test_a_file_that_was_changed_is_told(check: Check, tmp_path: Path) -> None:
    import zstandard

    path = recording(tmp_path / "a.rec")
    text = zstandard.ZstdDecompressor().stream_reader(path.read_bytes(), read_across_frames=True).read()
    path.write_bytes(zstandard.ZstdCompressor().compress(text.replace(b"10.10", b"10.11", 1)))
    code, report, _ = check(path)
    assert (code, report["damage"]) == (1, "changed: the hash of its content is not the one in its footer")
    path.write_bytes(zstandard.ZstdCompressor().compress(text.replace(b'"recv":4', b'"recv":5')))
    assert check(path)[1]["damage"] == "changed: the counts are not those in its footer"
    path.write_bytes(zstandard.ZstdCompressor().compress(text.replace(b'"kind":"http"', b'"kind":"what"')))
    assert check(path)[1]["damage"].startswith("damaged: ")


def test_what_is_no_recording_is_one_line(check: Check, tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    path.write_bytes(b"not a recording")
    code, report, err = check(path)
    assert (code, report) == (1, {})
    assert err.startswith(f"barterpy: recording {path}: ")
    assert check(tmp_path / "missing.rec")[0] == 2


def test_without_a_venue_messages_are_counted_and_not_understood(check: Check, tmp_path: Path) -> None:
    records = (OPEN, got(2, "one"), got(1, "two"))
    code, report, _ = check(recording(tmp_path / "a.rec", records, venue=""))
    assert (code, report["venue"], report["symbols"], report["problems"]) == (1, None, [], {"order": 1})
    code, report, _ = check(tmp_path / "a.rec", "--venue", "binance-futures")
    assert report["problems"] == {"order": 1, "unparsable": 2}
    assert check(tmp_path / "a.rec", "--venue", "nowhere")[0] == 2


def test_the_report_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recording(tmp_path / "a.rec", (*GOOD, got(10, trade(2)), got(11, "no json")))
    assert main(["check", str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "  file     whole and unchanged" in lines
    heading = next(line for line in lines if line.startswith("connection"))
    row = next(line for line in lines if line.startswith("one"))
    cells = row.replace(" kB", "kB").replace(" B", "B").replace(" s", "s").split()
    values = dict(zip(heading.split(), cells, strict=True))
    del values["bytes"]
    assert values == {
        "connection": "one", "messages": "6", "lives": "1", "closed": "0", "silence": "5.0s", "order": "0",
        "unparsable": "1",
    }  # fmt: skip
    assert len(heading) == len(row)
    assert lines[-1] == (
        "verdict: unparsable: 1 (messages that could not be understood); duplicates: 1 (trades that came twice)"
    )
    assert main(["check", str(path), "--quiet", "--allow", "duplicates", "unparsable"]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["check", str(recording(tmp_path / "b.rec"))]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "verdict: nothing is wrong"
