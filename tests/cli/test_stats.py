"""One row a connection: every state, every count, on terminals of every width, as lines and as JSON."""

import json
import os
import pty
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from barterpy.cli import main
from barterpy.cli.stats import Board, ConnectionView, StatsTable, table_lines
from barterpy.clock import MILLISECOND, SECOND
from barterpy.connection import Connection
from barterpy.events import Connected, Disconnected, Gap, MessageError, Overflow, Reconnecting, Resynced, Stalled
from barterpy.metrics import MetricsRegistry
from barterpy.metrics.metric import RECEIVED_BYTES, RECEIVED_MESSAGES
from barterpy.model import Trade
from barterpy.parser import JsonParser
from barterpy.socket import Socket
from barterpy.testing import MockSocket, connector
from barterpy.transformer import FunctionTransformer

if TYPE_CHECKING:
    from tests.cli.conftest import Simulated, Start

BTC = "BTC/USDT:USDT"
START = 1_700_000_000 * SECOND
WHERE: dict[str, Any] = {"venue": "venue", "connection": "one", "received_at": START}
BOOK: dict[str, Any] = {"venue": "venue", "instrument": "BTC/USDT", "epoch": 1, "received_at": START}


def trade(lag: int = 0) -> Trade[Any]:
    return Trade(
        venue="venue", instrument="BTC/USDT", price=Decimal(1), size=Decimal(1), side=None, id="1",
        exchange_at=START, received_at=START + lag,
    )  # fmt: skip


def view() -> ConnectionView:
    return ConnectionView("venue", "one", MetricsRegistry())


def test_a_connection_that_was_never_up_is_connecting() -> None:
    row = view().stats(START, 0.0)
    assert (row.state, row.epoch, row.uptime, row.lag_p50, row.last_event) == ("connecting", 0, None, None, None)


STATES: list[tuple[list[Any], str, int | None]] = [
    ([Connected(**WHERE, epoch=1)], "up", 5 * SECOND),
    ([Connected(**WHERE, epoch=1), Stalled(**WHERE, epoch=1, idle=1)], "stalled", 5 * SECOND),
    ([Connected(**WHERE, epoch=1), Disconnected(**WHERE, epoch=1, reason="r")], "down", None),
    ([Disconnected(**WHERE, epoch=1, reason="r"), Reconnecting(**WHERE, epoch=1, attempt=1, delay=1, reason="r")],
     "reconnecting", None),
    ([Disconnected(**WHERE, epoch=1, reason="r"), Connected(**WHERE, epoch=2)], "up", 5 * SECOND),
]  # fmt: skip


@pytest.mark.parametrize(("batch", "state", "uptime"), STATES)
def test_the_state_is_what_was_told_last(batch: list[Any], state: str, uptime: int | None) -> None:
    mine = view()
    mine.update(batch, 0.0)
    row = mine.stats(START + 5 * SECOND, 5.0)
    assert (row.state, row.uptime) == (state, uptime)


OLD: dict[str, Any] = {**WHERE, "connection": "one", "epoch": 3}
NEXT: dict[str, Any] = {**WHERE, "connection": "one-2", "epoch": 3}
REPLACED: list[tuple[list[Any], str, int | None, int]] = [
    ([Connected(**NEXT)], "up", 5 * SECOND, 1),
    ([Connected(**NEXT), Disconnected(**OLD, reason="r", replaced_by="one-2")], "up", 5 * SECOND, 1),
    ([Reconnecting(**NEXT, attempt=1, delay=1, reason="r")], "up", 5 * SECOND, 1),
    ([Connected(**NEXT), Disconnected(**NEXT, reason="r")], "up", 5 * SECOND, 1),
    ([Disconnected(**OLD, reason="r"), Connected(**NEXT)], "up", 5 * SECOND, 2),
    ([Connected(**NEXT), Disconnected(**OLD, reason="r", replaced_by="one-2"), Disconnected(**NEXT, reason="r")],
     "down", None, 1),
]  # fmt: skip


@pytest.mark.parametrize(("batch", "state", "uptime", "reconnects"), REPLACED)
def test_a_connection_that_is_replaced_was_never_down(
    batch: list[Any], state: str, uptime: int | None, reconnects: int
) -> None:
    mine = view()
    mine.update([Connected(**OLD)], 0.0)
    mine.update(batch, 0.0)
    row = mine.stats(START + 5 * SECOND, 5.0)
    assert (row.state, row.uptime, row.reconnects) == (state, uptime, reconnects)


def test_data_ends_a_stall() -> None:
    mine = view()
    mine.update([Connected(**WHERE, epoch=1), Stalled(**WHERE, epoch=1, idle=1)], 0.0)
    mine.update([trade()], 1.0)
    assert mine.stats(START, 2.0).state == "up"


def test_everything_is_counted() -> None:
    registry = MetricsRegistry()
    mine = ConnectionView("venue", "one", registry)
    mine.update([Connected(**WHERE, epoch=1), trade()], 10.0)
    registry.count(RECEIVED_MESSAGES, 30, ("venue", "one"))
    registry.count(RECEIVED_BYTES, 4_000, ("venue", "one"))
    mine.update([Gap(**BOOK, reason="r"), Resynced(**BOOK, downtime=1), Gap(**BOOK, reason="r")], 11.0)
    mine.update([MessageError(**WHERE, epoch=1, reason="r", payload="p")], 11.0)
    mine.update([Overflow(**WHERE, dropped=7, policy="drop_oldest")], 11.0)
    mine.update([Disconnected(**WHERE, epoch=1, reason="r"), Connected(**WHERE, epoch=2)], 11.5)
    row = mine.stats(START, 12.0)
    assert (row.epoch, row.reconnects, row.gaps, row.unparsable, row.dropped) == (2, 1, 2, 1, 7)
    assert (row.messages, row.messages_per_second, row.bytes) == (30, 15.0, 4_000)
    assert (row.last_event, row.last_at) == ("connected", START)


def test_lags_are_of_the_oldest_event_of_each_batch() -> None:
    mine = view()
    for lag in range(1, 101):
        mine.update([trade(lag * MILLISECOND), trade(9 * SECOND)], 0.0)
    row = mine.stats(START, 1.0)
    assert (row.lag_p50, row.lag_p99) == (50 * MILLISECOND, 99 * MILLISECOND)
    for _ in range(1_000):
        mine.update([trade(7)], 0.0)
    assert mine.stats(START, 1.0).lag_p99 == 7  # what is long past does not count any more


def plans(*names: str) -> list[Connection[Any]]:
    sockets: Callable[[], AbstractAsyncContextManager[Socket[Any, Any]]] = connector(MockSocket[Any]())
    passing: FunctionTransformer[Any, Any] = FunctionTransformer(lambda message: [message])
    return [
        Connection(venue="venue", name=name, connect=sockets, parser=JsonParser(), transformer=passing)
        for name in names
    ]


@pytest.mark.anyio
async def test_a_board_has_a_row_for_each_connection_in_their_order() -> None:
    board = Board(plans("b-1", "a-1"), clock=lambda: START + 3_723 * SECOND)
    board.update("a-1", [Connected(**WHERE, epoch=1), trade(5 * MILLISECOND)])
    board.update("b-1", [])
    assert [(row.connection, row.state) for row in board.rows()] == [("b-1", "connecting"), ("a-1", "up")]
    assert len(board.log) == 1
    heading, first, second = table_lines(board.rows())
    assert len(heading) == len(first) == len(second)
    assert "connecting" in first
    assert "1:02:03" in second
    assert "5.0 ms" in second


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("width", "there", "missing"),
    [
        (150, ["messages", "bytes", "errors", "last event"], []),
        (120, ["errors", "last event", "reconnects", "gaps"], ["bytes"]),
        (
            80,
            ["connection", "state", "epoch", "uptime", "msg/s", "lag p50", "lag p99", "reconnects", "gaps"],
            ["errors"],
        ),
    ],
)
async def test_the_table_fits_its_terminal(width: int, there: list[str], missing: list[str]) -> None:
    console = Console(width=width, height=24, record=True, force_terminal=True, file=StringIO())
    board = Board(plans("market-1"), clock=lambda: START + 3_723 * SECOND)
    board.update("market-1", [Connected(**WHERE, epoch=1), trade(5 * MILLISECOND)])
    board.update("market-1", [Disconnected(**WHERE, epoch=1, reason="a long reason " * 20)])
    console.print(StatsTable(console, board, "venue trades").render())
    lines = console.export_text().splitlines()
    assert lines[0] == "venue trades  0 of 1 connections up"
    assert all(heading in lines[1] for heading in there)
    assert not any(heading in lines[1] for heading in missing)
    assert "…" not in lines[1] + lines[2]
    assert max(map(len, lines)) <= width
    assert "disconnected" in lines[-1]


@pytest.mark.anyio
async def test_connections_that_do_not_fit_are_counted() -> None:
    board = Board(plans(*(f"c-{number}" for number in range(30))))
    console = Console(width=100, height=15, record=True, file=StringIO())
    console.print(StatsTable(console, board, "title").render())
    assert "… and 20 more" in console.export_text()


def test_json_is_one_line_a_connection_and_interval(simulated: "Simulated", capsys: pytest.CaptureFixture[str]) -> None:
    code = main(
        ["watch", "binance-futures", "trades", BTC, *simulated.urls, "--stats", "--json", "--every", "0.1", "-n", "20"]
    )
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 0
    assert {(row["event"], row["venue"], row["connection"]) for row in rows} == {
        ("stats", "binance_futures", "market-1")
    }
    last = rows[-1]
    assert (last["state"], last["epoch"], last["reconnects"], last["last_event"]) == ("up", 1, 0, "trade")
    assert last["messages"] >= 21  # with the answer to the subscription
    assert last["bytes"] > last["messages"]
    assert last["uptime"] > 0
    assert last["lag_p50"] <= last["lag_p99"]


def test_tables_without_a_terminal_and_the_last_one_always(
    simulated: "Simulated", capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["watch", "binance-futures", "trades", BTC, *simulated.urls, "--stats", "--every", "3600", "-s", "0.5"])
    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert [line.split()[0] for line in lines if line] == ["connection", "market-1"]


def test_a_connection_that_cannot_be_made_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "binance", "trades", "BTCUSDT", "--stats", "--ws-url", "ws://127.0.0.1:1"]) == 3
    err = capsys.readouterr().err
    assert err.startswith("barterpy: cannot connect to 127.0.0.1:1")
    assert len(err.splitlines()) == 1


def test_a_cut_shows_in_the_next_rows(simulated: "Simulated", start: "Start") -> None:
    process = start(
        "watch", "binance-futures", "book", BTC, *simulated.urls, "--stats", "--json", "--every", "0.05", "-s", "30"
    )
    assert process.stdout is not None
    was_up = False
    for line in process.stdout:
        row = json.loads(line)
        if row["last_event"] == "book_delta" and not was_up:
            was_up = True
            # Without a notice, upon which it would be replaced before it is cut, and nothing be missing.
            simulated.portal.call(partial(simulated.venue.cut, graceful=False))
        if row["epoch"] == 2 and row["gaps"]:
            assert (row["reconnects"], row["state"]) == (1, "up")
            break
    else:
        raise AssertionError("it never came back")


def test_in_a_terminal_it_is_a_table_that_stays(simulated: "Simulated", start: "Start") -> None:
    master, slave = pty.openpty()
    process = start(
        "watch", "binance-futures", "trades", BTC, *simulated.urls, "--stats", "-n", "5",
        stdout=slave, env={"TERM": "xterm", "COLUMNS": "120", "LINES": "40"},
    )  # fmt: skip
    os.close(slave)
    seen = b""
    while True:
        try:
            chunk = os.read(master, 65536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not chunk:
            break
        seen += chunk
    os.close(master)
    assert process.wait(30) == 0
    assert b"1 of 1 connections up" in seen
    assert b"market-1" in seen
