"""Recordings through the command line: the same events every time, and a clear word about those that are not whole."""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from barterpy.cli import main
from barterpy.clock import SECOND
from barterpy.recording import (
    Closed,
    HttpExchange,
    Opened,
    Received,
    Record,
    Sent,
    import_frames_jsonl,
    write_recording,
)

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings"
HOST = "https://fapi.binance.com"
START = 1_700_000_000 * SECOND

Run = Callable[..., tuple[int, list[dict[str, Any]], str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> tuple[int, list[dict[str, Any]], str]:
        code = main([*map(str, arguments), "--json"])
        out, err = capsys.readouterr()
        return code, [json.loads(line) for line in out.splitlines()], err

    return run


def depth(first: int, last: int, before: int, stream: str = "btcusdt@depth@100ms") -> str:
    data = {"e": "depthUpdate", "E": 1, "T": 1, "s": "BTCUSDT", "U": first, "u": last, "pu": before}
    return json.dumps({"stream": stream, "data": {**data, "b": [["9.5", "1.0"]], "a": []}})


def trade(id_: int = 1) -> str:
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
        "m": False,
    }
    return json.dumps({"stream": "btcusdt@aggTrade", "data": data})


def snapshot(at: int, last: int, limit: int = 1000) -> HttpExchange:
    body = json.dumps({"lastUpdateId": last, "bids": [["9.0", "2.0"]], "asks": [["11.0", "3.0"]]})
    url = f"{HOST}/fapi/v1/depth?symbol=BTCUSDT&limit={limit}"
    return HttpExchange(at=START + at, url=url, text=body)


def received(at: int, message: str, connection: str = "public-1") -> Received:
    return Received.of(message, at=START + at, connection=connection)


WHOLE: Sequence[Record] = (
    Opened(at=START, connection="public-1", url="wss://fstream.binance.com/public/stream"),
    Opened(at=START + 1, connection="market-1", url="wss://fstream.binance.com/market/stream"),
    Sent.of('{"method":"SUBSCRIBE","params":["btcusdt@depth@100ms"],"id":1}', at=START + 2, connection="public-1"),
    received(3, '{"result":null,"id":1}'),
    received(4, '{"result":null,"id":1}', "market-1"),
    received(5, depth(96, 105, 95)),
    received(6, trade(), "market-1"),
    snapshot(7, 100),
    received(8, depth(106, 107, 105)),
    Closed(at=START + 9, connection="public-1", code=1006, reason="cut"),
    Opened(at=START + 12, connection="public-1", url="wss://fstream.binance.com/public/stream"),
    received(13, '{"result":null,"id":2}'),
    received(14, depth(120, 125, 119)),
    snapshot(15, 122),
    received(16, trade(2), "market-1"),
)
SUBSCRIPTIONS = ("book(BTC/USDT:USDT)", "trades(BTC/USDT:USDT)")


def recording(
    path: Path,
    records: Sequence[Record] = WHOLE,
    *,
    venue: str = "binance_futures",
    subscriptions: Sequence[str] = (),
) -> Path:
    write_recording(path, records, venue=venue, subscriptions=subscriptions)
    return path


def test_the_events_of_that_day_come_again_under_the_names_the_user_wrote(run: Run, tmp_path: Path) -> None:
    path = recording(tmp_path / "a.rec", subscriptions=SUBSCRIPTIONS)
    code, events, err = run("replay", path)
    assert (code, err) == (0, "")
    assert [(event["event"], event["received_at"] - START) for event in events] == [
        ("connected", 0), ("connected", 1), ("subscribed", 3), ("subscribed", 4), ("trade", 6),
        ("book_snapshot", 7), ("book_delta", 5), ("book_delta", 8),
        ("disconnected", 9), ("connected", 12), ("gap", 12), ("subscribed", 13),
        ("resynced", 15), ("book_snapshot", 15), ("book_delta", 14), ("trade", 16),
    ]  # fmt: skip
    assert {event["instrument"] for event in events if "instrument" in event} == {"BTC/USDT:USDT"}
    assert [event["epoch"] for event in events if event["event"] == "connected"] == [1, 1, 2]
    again = next(event for event in events if event["event"] == "connected" and event["epoch"] == 2)
    assert again["downtime"] == 3
    assert next(event for event in events if event["event"] == "disconnected")["code"] == 1006
    assert run("replay", path, "--backend", "trio")[1] == events
    assert run("replay", path, "--speed", "1e9")[1] == events


def test_without_subscriptions_everything_comes_under_the_venues_own_names(run: Run, tmp_path: Path) -> None:
    code, events, err = run("replay", recording(tmp_path / "a.rec"))
    assert (code, err) == (0, "")
    assert {event["instrument"] for event in events if "instrument" in event} == {"BTCUSDT"}
    assert Counter(event["event"] for event in events)["book_snapshot"] == 2


def test_an_answer_recorded_before_it_was_asked_for_is_kept(run: Run, tmp_path: Path) -> None:
    records = (snapshot(1, 100, limit=500), received(2, depth(96, 105, 95)), received(3, depth(106, 107, 105)))
    code, events, _ = run("replay", recording(tmp_path / "a.rec", records))
    assert code == 0
    assert [event["event"] for event in events] == ["book_snapshot", "book_delta", "book_delta"]


@pytest.mark.parametrize(("count", "kinds"), [(1, ["trade"]), (2, ["trade", "book_snapshot"])])
def test_count_stops_after_so_many_data_events(run: Run, tmp_path: Path, count: int, kinds: list[str]) -> None:
    code, events, _ = run("replay", recording(tmp_path / "a.rec"), "--count", count)
    assert code == 0
    data = [event["event"] for event in events if event["event"] in ("trade", "book_snapshot", "book_delta")]
    assert data == kinds


def test_lines_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recording(tmp_path / "a.rec", [received(1_000_000, trade(), "market-1")])
    assert main(["replay", str(path)]) == 0
    assert capsys.readouterr().out == "22:13:20.001  trade          BTCUSDT         buy   2 @ 10.10\n"


def test_a_recording_that_was_cut_gives_what_is_whole(run: Run, tmp_path: Path) -> None:
    whole = recording(tmp_path / "whole.rec", [received(number, trade(number)) for number in range(5_000)])
    cut = tmp_path / "cut.rec"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    code, events, err = run("replay", cut)
    assert code == 1
    assert [event["id"] for event in events] == [str(number) for number in range(len(events))]
    assert err == f"barterpy: {cut}: the recording was cut short: its footer is missing\n"


def damaged(path: Path) -> str:
    content = bytearray(recording(path).read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    return "damaged: "


def not_compressed(path: Path) -> str:
    path.write_text('{"event":"trade"}\n')
    return "not a recording, or damaged: zstd decompress error"


def empty(path: Path) -> str:
    path.write_bytes(b"")
    return "no header"


def cut_early(path: Path) -> str:
    path.write_bytes(recording(path).read_bytes()[:5])
    return "no header"


@pytest.mark.parametrize("make", [damaged, not_compressed, empty, cut_early])
@pytest.mark.parametrize("command", ["replay", "inspect", "check", "serve"])
def test_a_file_that_is_no_recording(run: Run, tmp_path: Path, make: Callable[[Path], str], command: str) -> None:
    path = tmp_path / "file.rec"
    reason = make(path)
    code, _, err = run(command, path)
    assert code == 1
    assert err.startswith("barterpy: ")
    assert reason in err
    assert err.count("\n") == 1


def test_a_recording_of_nobody_asks_for_the_venue(run: Run, tmp_path: Path) -> None:
    path = recording(tmp_path / "a.rec", venue="")
    code, events, err = run("replay", path)
    assert (code, events) == (2, [])
    assert err == "barterpy: the recording does not say of which venue it is; name it with --venue\n"
    assert run("replay", path, "--venue", "binance-futures")[0] == 0
    code, _, err = run("replay", path, "--venue", "nope")
    assert code == 2
    assert err == "barterpy: no venue is called 'nope': there are binance, binance-futures, deribit, dydx\n"


@pytest.mark.parametrize(
    ("subscriptions", "heading"),
    [
        (["trades(BTCUSDT)", "trades(ETHUSDT)"], "symbol last size side volume VWAP msg/s lag p50"),
        (["trades(BTCUSDT)", "book(BTCUSDT)"], "symbol last volume VWAP spread book gaps msg/s lag p50"),
        (["what is this"], "symbol last volume VWAP spread book gaps msg/s lag p50"),
        ([], "symbol last volume VWAP spread book gaps msg/s lag p50"),
    ],
)
def test_in_a_terminal_the_columns_are_those_of_what_was_recorded(
    subscriptions: list[str],
    heading: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = recording(tmp_path / "a.rec", [received(1, trade())], subscriptions=subscriptions)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["replay", str(path), "--speed", "1000"]) == 0
    drawn = re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", capsys.readouterr().out)
    assert heading in [" ".join(line.split()) for line in drawn.splitlines()]


def test_problems_in_a_recording_are_counted(run: Run, tmp_path: Path) -> None:
    path = recording(tmp_path / "a.rec", [received(1, "{bad"), received(2, depth(1, 2, 0)), received(3, trade())])
    code, events, err = run("replay", path)
    assert code == 1
    assert [event["event"] for event in events] == ["message_error", "trade"]
    assert err == (
        f"barterpy: {path}: 1 message could not be understood, see the message_error lines; "
        "order books whose snapshot is not recorded: 1\n"
    )


def test_inspect_tells_what_is_in_it(tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    path = recording(tmp_path / "a.rec", subscriptions=SUBSCRIPTIONS)
    assert main(["inspect", str(path)]) == 0
    size = path.stat().st_size
    assert capsys.readouterr().out.splitlines() == [
        f"{path}: {size} B",
        "  venue          binance_futures",
        "  subscriptions  book(BTC/USDT:USDT), trades(BTC/USDT:USDT)",
        "  from           2023-11-14 22:13:20.000 UTC",
        "  to             2023-11-14 22:13:20.000 UTC",
        "  lasts          0 µs",
        "  records        15: 1 close, 2 http, 3 open, 8 recv, 1 send",
        "  state          whole and unchanged",
    ]
    code, (report,), _ = run("inspect", path)
    assert code == 0
    assert (report["ok"], report["problem"], report["records"]) == (True, None, 15)
    assert report["counts"] == {"close": 1, "http": 2, "open": 3, "recv": 8, "send": 1}
    assert main(["inspect", str(path), "--quiet"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "venue", "counts"),
    [
        (
            "BINANCE_FUTURES",
            "binance_futures",
            {"trade": 91, "quote": 613, "candle": 67, "book_snapshot": 4, "book_delta": 752},
        ),
        (
            "BINANCE_US",
            "binance_spot",
            {"trade": 11, "quote": 128, "candle": 5, "book_snapshot": 4, "book_delta": 332},
        ),
    ],
)
def test_a_real_recording_gives_what_its_readme_says(
    run: Run, tmp_path: Path, name: str, venue: str, counts: dict[str, int]
) -> None:
    if not RECORDINGS.is_dir():
        pytest.skip("the recordings are not here")
    records = import_frames_jsonl(RECORDINGS / f"{name}.frames.jsonl", RECORDINGS / f"{name}.http.jsonl")
    path = tmp_path / "real.rec"
    write_recording(path, records, venue=venue)
    code, events, err = run("replay", path)
    assert (code, err) == (0, "")
    assert Counter(event["event"] for event in events) == {**counts, "connected": 1}
