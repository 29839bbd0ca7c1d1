"""Live streams through the whole command: for people, for pipes, with and without a terminal, to every end."""

import fcntl
import json
import os
import pty
import signal
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from barterpy.cli import main
from barterpy.jsonlines import decode_event
from barterpy.model import Trade

if TYPE_CHECKING:
    from tests.cli.conftest import Simulated, Start

BTC = "BTC/USDT:USDT"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_json_lines_of_trades(simulated: "Simulated", capsys: pytest.CaptureFixture[str], backend: str) -> None:
    code = main(["watch", "binance-futures", "trades", BTC, "ETHUSDT", *simulated.urls, "--json", "--count", "20",
                 "--backend", backend])  # fmt: skip
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    events = [decode_event(line) for line in out.splitlines()]
    trades = [event for event in events if isinstance(event, Trade)]
    assert len(trades) == 20
    assert {trade.instrument for trade in trades} <= {BTC, "ETHUSDT"}
    assert [json.loads(line)["event"] for line in out.splitlines()][:2] == ["connected", "subscribed"]


CHANNELS: dict[str, tuple[list[str], str]] = {
    "quotes": ([BTC], "quote"),
    "book": ([BTC], "book_snapshot"),
    "candles": ([BTC, "--interval", "1m"], "candle"),
    "tickers": ([BTC], "ticker"),
    "mark_prices": ([BTC, "--interval", "1s"], "mark_price"),
    "funding_rates": ([BTC, "--interval", "1s"], "funding_rate"),
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel(simulated: "Simulated", capsys: pytest.CaptureFixture[str], channel: str) -> None:
    arguments, kind = CHANNELS[channel]
    assert main(["watch", "binance-futures", channel, *arguments, *simulated.urls, "--json", "--count", "1"]) == 0
    data = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert data[-1]["event"] == kind
    assert data[-1]["instrument"] == BTC


def test_a_partial_book_has_the_depth_that_was_asked_for(
    simulated: "Simulated", capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", "binance-futures", "book", BTC, "--depth", "5", *simulated.urls, "--json", "-n", "1"]) == 0
    book = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (len(book["bids"]), len(book["asks"])) == (5, 5)


def test_lines_for_people_without_a_terminal(simulated: "Simulated", capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "binance-futures", "trades", BTC, *simulated.urls, "--count", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "connected" in lines[0]
    assert "trades(BTC/USDT:USDT)" in lines[1]
    assert all("  trade          BTC/USDT:USDT   " in line for line in lines[2:])


def test_seconds_stop_it(simulated: "Simulated", capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["watch", "binance-futures", "liquidations", BTC, *simulated.urls, "--seconds", "0.5", "--json"])
    assert code == 0
    assert '"event":"subscribed"' in capsys.readouterr().out


def test_the_life_of_the_connection_is_among_the_data(simulated: "Simulated", start: "Start") -> None:
    process = start("watch", "binance-futures", "trades", BTC, *simulated.urls, "--json", "--seconds", "30")
    assert process.stdout is not None
    lives: dict[tuple[str, int], list[str]] = {}
    # The next connection is up before the old one is lost, or after it: each has its own order.
    whole = [["connected", "subscribed", "closing_soon", "disconnected"], ["connected", "subscribed"]]
    cut = False
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "trade" and not cut:
            cut = simulated.portal.call(simulated.venue.cut) == 1
        elif event["event"] == "trade" and list(lives.values()) == whole:
            return
        elif event["event"] not in ("trade", "reconnecting"):
            lives.setdefault((event["connection"], event["epoch"]), []).append(event["event"])
    raise AssertionError(f"no trade behind the cut: {lives}")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_signal_ends_it_with_whole_lines(
    simulated: "Simulated", start: "Start", number: int, code: int, backend: str
) -> None:
    process = start("watch", "binance-futures", "trades", BTC, *simulated.urls, "--json", "--backend", backend)
    assert process.stdout is not None
    assert process.stderr is not None
    while b'"trade"' not in process.stdout.readline():
        pass
    process.send_signal(number)
    rest = process.stdout.read()
    assert process.wait(30) == code
    assert process.stderr.read() == b""
    assert all(json.loads(line) for line in rest.splitlines())
    assert rest == b"" or rest.endswith(b"\n")


def test_it_leaves_without_a_word_when_its_reader_does(simulated: "Simulated", start: "Start") -> None:
    """``barterpy watch … --json | head -1``."""
    process = start("watch", "binance-futures", "trades", BTC, *simulated.urls, "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith(b'{"event":"connected"')
    process.stdout.close()
    assert process.wait(30) == 0
    assert process.stderr.read() == b""


def test_an_interrupt_is_heard_while_the_reader_is_not_reading(simulated: "Simulated", start: "Start") -> None:
    """A paused pager must not make the program deaf."""
    read, write = os.pipe()
    if sys.platform == "linux":
        # A pipe of one page takes nothing more until the reader has taken the first line whole.
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    process = start("watch", "binance-futures", "book", BTC, *simulated.urls, "--json", stdout=write)
    os.close(write)
    assert os.read(read, 12) == b'{"event":"co'
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    os.close(read)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["trades", BTC, "--ws-url", "ws://127.0.0.1:1"], 3, "cannot connect to 127.0.0.1:1: "),
        (["trades", "NOPE/USDT"], 2, "trades(NOPE/USDT): "),
    ],
)
def test_a_failure_is_one_line(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["watch", "binance-futures", *arguments]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"barterpy: {message}")
    assert err.count("\n") == 1


class Terminal:
    """A pseudo terminal with a program in it."""

    def __init__(self, start: "Start", *arguments: object, columns: int = 80) -> None:
        self._master, slave = pty.openpty()
        size = {"COLUMNS": str(columns), "LINES": "24", "TERM": "xterm-256color"}
        self.process = start(*arguments, stdin=slave, stdout=slave, stderr=slave, env=size)
        os.close(slave)

    def read(self) -> str:
        """Everything it writes until it ends."""
        seen = b""
        try:
            while chunk := os.read(self._master, 65536):
                seen += chunk
        except OSError:  # Linux says so when the other side has closed
            pass
        os.close(self._master)
        return seen.decode()

    def write(self, data: bytes) -> None:
        os.write(self._master, data)


@pytest.mark.parametrize("columns", [80, 140])
def test_a_terminal_gets_a_table(simulated: "Simulated", start: "Start", columns: int) -> None:
    terminal = Terminal(
        start, "watch", "binance-futures", "trades", BTC, "ETH/USDT:USDT", *simulated.urls, "--seconds", "2",
        columns=columns,
    )  # fmt: skip
    screen = terminal.read()
    assert terminal.process.wait(30) == 0
    assert "\x1b[" in screen
    for text in ("binance-futures trades", "symbol", "VWAP", "lag p50", BTC, "connected", "subscribed"):
        assert text in screen
    assert "Traceback" not in screen


def test_a_terminal_gets_lines_when_it_wants_them(simulated: "Simulated", start: "Start") -> None:
    terminal = Terminal(start, "watch", "binance-futures", "trades", BTC, *simulated.urls, "--lines", "--count", "2")
    screen = terminal.read()
    assert terminal.process.wait(30) == 0
    assert "\x1b[" not in screen
    assert len(screen.splitlines()) >= 4


def test_ctrl_c_in_a_terminal(simulated: "Simulated", start: "Start") -> None:
    terminal = Terminal(start, "watch", "binance-futures", "trades", BTC, *simulated.urls)
    terminal.process.send_signal(signal.SIGINT)
    screen = terminal.read()
    assert terminal.process.wait(30) in (130, -signal.SIGINT)
    assert "Traceback" not in screen


def summary(out: str) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(out.splitlines()[-1])
    assert line["event"] == "summary"
    return line


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_recording_replays_to_what_was_watched(
    simulated: "Simulated", tmp_path: Path, capsys: pytest.CaptureFixture[str], backend: str
) -> None:
    path = tmp_path / "book.rec"
    code = main(["record", "binance-futures", "book", BTC, *simulated.urls, "-o", str(path), "--count", "30", "--json",
                 "--backend", backend])  # fmt: skip
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    told = summary(out)
    assert told["file"] == str(path)
    assert told["file_bytes"] == path.stat().st_size
    assert told["messages"] >= 30
    assert main(["inspect", str(path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["venue"]) == (True, "binance_futures")
    assert report["subscriptions"] == [f"book({BTC})"]
    assert report["counts"]["http"] >= 1
    assert main(["replay", str(path), "--json", "--count", "30"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events][:2] == ["connected", "subscribed"]
    data = [event for event in events if event["event"].startswith("book")]
    assert len(data) == 30
    assert data[0]["event"] == "book_snapshot"
    assert {event["instrument"] for event in data} == {BTC}


def test_an_interrupted_recording_is_whole(simulated: "Simulated", start: "Start", tmp_path: Path) -> None:
    path = tmp_path / "trades.rec"
    process = start("record", "binance-futures", "trades", BTC, *simulated.urls, "-o", path)
    assert process.stderr is not None
    while b"subscribed" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    told = process.stderr.read().decode()
    assert process.wait(30) == 130
    assert told.splitlines()[-1].startswith(f"{path}: ")
    assert main(["inspect", str(path), "--quiet"]) == 0


def test_progress_is_for_terminals_and_quiet_is_quiet(
    simulated: "Simulated", start: "Start", tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["record", "binance-futures", "trades", BTC, *simulated.urls, "--seconds", "1"]
    terminal = Terminal(start, *arguments, "-o", tmp_path / "a.rec")
    screen = terminal.read()
    assert terminal.process.wait(30) == 0
    assert "messages/s" in screen
    assert main([*arguments, "-o", str(tmp_path / "b.rec"), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("there.rec", "exists already and is never written over; choose another name"),
        ("missing/a.rec", "to write a.rec into"),
    ],
)
def test_where_a_recording_cannot_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    (tmp_path / "there.rec").write_text("precious")
    assert main(["record", "binance", "trades", "BTCUSDT", "-o", str(tmp_path / name)]) == 2
    assert message in capsys.readouterr().err
    assert (tmp_path / "there.rec").read_text() == "precious"


def test_a_failed_recording_leaves_a_whole_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.rec"
    code = main(["record", "binance", "trades", "BTCUSDT", "-o", str(path), "--ws-url", "ws://127.0.0.1:1"])
    assert code == 3
    assert "cannot connect" in capsys.readouterr().err
    assert main(["inspect", str(path), "--quiet"]) == 0


def test_the_console_script_is_the_same_program() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert EntryPoint("barterpy", project["project"]["scripts"]["barterpy"], "console_scripts").load() is main
