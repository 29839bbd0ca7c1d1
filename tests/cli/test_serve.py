"""A recording served over real sockets, and the very command it suggests."""

import json
import shlex
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from barterpy.cli import main
from barterpy.clock import SECOND
from barterpy.recording import HttpExchange, Received, Record, write_recording

if TYPE_CHECKING:
    from tests.cli.conftest import Start

START = 1_700_000_000 * SECOND


def recording(path: Path, subscriptions: Sequence[str] = ()) -> Path:
    trade = {"e": "aggTrade", "E": 1, "s": "BTCUSDT", "p": "10.10", "q": "2", "f": 1, "l": 1, "T": 1, "m": False}
    depth: dict[str, Any] = {"e": "depthUpdate", "E": 1, "T": 1, "s": "BTCUSDT", "b": [["9.5", "1.0"]], "a": []}
    records: list[Record] = []
    for number in range(20):
        for stream, data in (
            ("btcusdt@aggTrade", {**trade, "a": number}),
            ("btcusdt@depth@100ms", {**depth, "U": number * 2 + 1, "u": number * 2 + 2, "pu": number * 2}),
        ):
            text = json.dumps({"stream": stream, "data": data}, separators=(",", ":"))
            records.append(Received.of(text, at=START + number * SECOND // 100, connection="one"))
    snapshot = json.dumps({"lastUpdateId": 5, "bids": [["9.0", "2.0"]], "asks": [["11.0", "3.0"]]})
    url = "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000"
    records.append(HttpExchange(at=START + SECOND, url=url, text=snapshot))
    write_recording(path, records, venue="binance_futures", subscriptions=subscriptions)
    return path


@pytest.mark.parametrize(
    ("subscriptions", "wanted", "kinds"),
    [
        ([], "trades BTCUSDT", ["trade"] * 3),
        (["book(BTC/USDT:USDT)"], "book BTC/USDT:USDT", ["book_snapshot", "book_delta", "book_delta"]),
    ],
)
def test_the_command_it_suggests_works(
    start: "Start",
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    subscriptions: list[str],
    wanted: str,
    kinds: list[str],
) -> None:
    process = start("serve", recording(tmp_path / "a.rec", subscriptions), "--speed", "0", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    told = json.loads(process.stdout.readline())
    assert told["event"] == "serving"
    assert told["try"].startswith(f"barterpy watch binance-futures {wanted} --ws-url ws://127.0.0.1:")
    assert main([*shlex.split(told["try"])[1:], "--json", "--count", "3"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["connected", "subscribed", *kinds]
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert process.stderr.read() == b""


def test_it_tells_people_where_it_is_and_stops_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recording(tmp_path / "a.rec")
    assert main(["serve", str(path), "--seconds", "0.2", "--backend", "trio"]) == 0
    out, err = capsys.readouterr()
    websocket, rest, serves, command = out.splitlines()
    assert websocket.startswith("WebSocket  ws://127.0.0.1:")
    assert rest.startswith("REST       http://127.0.0.1:")
    assert serves == f"serves     {path}, at 1 times its pace"
    assert command.startswith("try        barterpy watch binance-futures trades BTCUSDT --ws-url ws://")
    assert err == "Ctrl-C ends it.\n"


def test_a_port_that_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", str(recording(tmp_path / "a.rec")), "--port", str(port)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("barterpy: cannot listen: ")
    assert err.endswith("; choose another --port\n")
