"""The demo: what it shows, what it leaves behind, and when it says that something is wrong."""

import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from barterpy.cli import main
from barterpy.cli.demonstration import DemoFile, DemoSummary, same_levels
from barterpy.jsonlines import decode_event
from barterpy.model import BookSnapshot, Level, decimal_number

if TYPE_CHECKING:
    from tests.cli.conftest import Start

parquet: Any = import_module("pyarrow.parquet")
SYMBOLS = {"BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"}


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_whole_stack_recovers_and_its_books_are_the_venues(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], backend: str
) -> None:
    folder = tmp_path / "out"
    assert main(["demo", "--seconds", "4", "-o", str(folder), "--json", "--backend", backend]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    *lines, last = out.splitlines()
    summary = json.loads(last)
    assert summary["event"] == "summary"
    assert summary["books"] == dict.fromkeys(SYMBOLS, True)
    assert summary["levels"] > 100
    assert summary["cuts"] == summary["reconnected"] == 2
    assert summary["downtime"] > 0
    assert summary["resynced"] == 3
    assert [file["problem"] for file in summary["files"]] == [None, None, None]
    kinds = [json.loads(line)["event"] for line in lines]
    assert all(decode_event(line) for line in lines)
    assert kinds.count("disconnected") == kinds.count("reconnecting") == 2
    assert kinds.count("connected") == 4
    # What it wrote holds what it counted.
    recording, trades, quotes = (Path(file["path"]) for file in summary["files"])
    assert parquet.read_table(trades).num_rows == summary["counts"]["trade"]
    assert parquet.read_table(quotes).num_rows == summary["counts"]["quote"]
    assert main(["replay", str(recording), "--json", "--quiet"]) == 0
    replayed = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert replayed.count("trade") == summary["counts"]["trade"]
    assert replayed.count("quote") == summary["counts"]["quote"]
    assert replayed.count("resynced") == 3


def test_without_a_terminal_it_tells_in_plain_lines(start: "Start", tmp_path: Path) -> None:
    for _ in range(2):  # the second replaces what the first has written
        process = start("demo", "--seconds", "3", cwd=tmp_path)
        assert process.stdout is not None
        text = process.stdout.read().decode()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(60) == 0
        assert "\x1b[" not in text
        for part in ("subscribed", "now the connection is broken", "disconnected", "resynced", " events  BTC VWAP "):
            assert part in text
        assert "equal       to the venue's own books: yes" in text
        assert "now try     barterpy replay demo-output/market.barterpy.zst --speed 1" in text
    assert sorted(path.name for path in (tmp_path / "demo-output").iterdir()) == [
        "market.barterpy.zst", "quotes.parquet", "trades.parquet",
    ]  # fmt: skip


def test_quiet_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--seconds", "3", "-o", str(tmp_path / "out"), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_an_interrupt_leaves_whole_files(start: "Start", tmp_path: Path) -> None:
    process = start("demo", "--seconds", "60", "-o", tmp_path, "--json")
    assert process.stdout is not None
    while b"subscribed" not in process.stdout.readline():
        pass
    process.send_signal(2)
    summary = json.loads(process.stdout.read().splitlines()[-1])
    assert process.wait(30) == 130
    assert [file["problem"] for file in summary["files"]] == [None, None, None]


def test_a_folder_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["demo", "-o", str(tmp_path / "file" / "out")]) == 2
    assert "choose another --output" in capsys.readouterr().err


SUMMARY = DemoSummary(
    venue="binance-futures",
    symbols=("A",),
    seconds=3.0,
    messages=10,
    counts={"trade": 5},
    lag_p50=2_000_000.0,
    cuts=2,
    reconnected=2,
    downtime=400_000_000,
    resynced=1,
    books={"A": True},
    levels=80,
    files=(DemoFile(path="a.rec", bytes=1500, holds="9 records"),),
)


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({}, []),
        ({"books": {"A": True, "B": False}}, ["the book of B is not the venue's"]),
        ({"cuts": 0}, ["the connection was never cut"]),
        ({"downtime": None}, ["the connection that was cut did not come back"]),
        (
            {"files": (DemoFile(path="a.rec", bytes=1, holds="", problem="cut short"),)},
            ["a.rec: cut short"],
        ),
    ],
)
def test_what_counts_as_a_problem(changes: dict[str, Any], problems: list[str]) -> None:
    assert msgspec.structs.replace(SUMMARY, **changes).problems == problems


def test_a_demo_whose_books_differ_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("barterpy.cli.commands.demo")

    def differ(*_: object) -> bool:
        return False

    monkeypatch.setattr(module, "same_levels", differ)
    monkeypatch.setattr(module, "_SETTLE", 0.1)
    assert main(["demo", "--seconds", "3", "-o", str(tmp_path / "out"), "--quiet"]) == 1
    assert capsys.readouterr().err == (
        "barterpy: the book of BTC/USDT:USDT is not the venue's; the book of ETH/USDT:USDT is not the venue's; "
        "the book of SOL/USDT:USDT is not the venue's\n"
    )


def test_the_summary_for_people() -> None:
    assert SUMMARY.lines() == [
        "venue       simulated binance-futures on this machine for 3.0 s",
        "messages    10, half of them within 2.0 ms of their event",
        "events      5 trades, 0 quotes, 0 book snapshots, 0 book changes",
        "connections 2 broken at once, back after 400 ms; 1 books resynced",
        "equal       to the venue's own books: yes, all 80 levels of 1 books",
        "file        a.rec  1.5 kB  9 records, whole",
    ]


@pytest.mark.parametrize(
    ("bids", "asks", "same"),
    [
        ({"10": "1"}, {"11": "2"}, True),
        ({"10.0": "1.00"}, {"11": "2"}, True),
        ({"10": "1", "9": "1"}, {"11": "2"}, False),
        ({"10": "1"}, {"11": "3"}, False),
        ({"10": "1"}, {}, False),
    ],
)
def test_books_are_compared_level_by_level(bids: dict[str, str], asks: dict[str, str], same: bool) -> None:
    one, two, ten, eleven = map(decimal_number, ("1", "2", "10", "11"))
    book = BookSnapshot(
        venue="t", instrument="A", bids=(Level(ten, one),), asks=(Level(eleven, two),), exchange_at=None, received_at=1
    )
    truth = [{decimal_number(price): decimal_number(size) for price, size in side.items()} for side in (bids, asks)]
    assert same_levels(book, *truth) is same
