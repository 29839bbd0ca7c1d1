"""The benchmark runs, and refuses figures of a client that did not see every message. What it measures is no test."""

import json
import socket
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import anyio
import msgspec
import pytest

from barterpy.parser import JsonParser
from barterpy.protocols.tcp import connect_tcp
from barterpy.protocols.websocket import WebSocket, WebSocketConnection
from barterpy.stream import ExchangeStream
from benchmarks.blaster import frames
from benchmarks.client import CLIENTS, Client
from benchmarks.harness import Bench, Figures, Run, rounds
from benchmarks.messages import AggTrade, AggTradeText, make_workload, stamped
from benchmarks.ours import BatchVolumeSum
from benchmarks.report import Section, Table, Target, markdown, plain

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"), 300, repetitions=1, say=lambda _: None)


def test_the_workload_is_the_same_each_time_and_its_sums_are_right() -> None:
    workload = make_workload(500)
    assert workload == make_workload(500)
    assert workload.messages != make_workload(500, seed=2).messages
    trades = [msgspec.json.decode(message, type=AggTrade, strict=False) for message in workload.messages]
    exact = [msgspec.json.decode(message, type=AggTradeText) for message in workload.messages]
    assert len({trade.id for trade in trades}) == len({trade.time for trade in trades}) == 500
    volume = 0.0
    for trade in trades:
        volume += trade.quantity
    assert volume == workload.volume
    assert sum(Decimal(trade.quantity) for trade in exact) == workload.exact_volume
    assert len({trade.price for trade in exact}) == workload.distinct_prices
    assert len({trade.quantity for trade in exact}) == workload.distinct_quantities


def test_a_stamp_changes_nothing_but_the_time() -> None:
    (message,) = make_workload(1).messages
    before, after = (msgspec.json.decode(m, type=AggTrade, strict=False) for m in (message, stamped(message, 7)))
    assert after.time == 7
    assert msgspec.structs.replace(after, time=before.time) == before


def test_frames_have_the_length_their_payload_asks_for() -> None:
    assert list(frames([b"a", b"b" * 126, b"c" * 300], "none")) == [
        *(b"\x81\x01a", b"\x81\x7e\x00\x7e" + b"b" * 126, b"\x81\x7e\x01\x2c" + b"c" * 300)
    ]


@pytest.mark.parametrize("name", [name for name in CLIENTS if name.startswith("barterpy")])
@pytest.mark.parametrize(
    ("loop", "compression", "tls"), [("asyncio", "none", True), ("trio", "takeover", False), ("trio", "none", False)]
)
def test_our_clients_find_every_message(bench: Bench, name: str, loop: str, compression: str, tls: bool) -> None:
    with bench.blaster(compression=compression, tls=tls) as url:
        run = bench.client(CLIENTS[name], url, loop, tls=tls, compressed=compression != "none")
    bench.check(name, run)
    assert run.cpu > 0


def test_a_wrong_sum_and_a_missing_message_are_refused(bench: Bench) -> None:
    right = Run(300, repr(bench.workload.volume), 1.0, 1.0, [], {})
    bench.check("picows", right)
    for wrong in (Run(300, "1.0", 1.0, 1.0, [], {}), Run(299, right.volume, 1.0, 1.0, [], {})):
        with pytest.raises(RuntimeError, match="picows found"):
            bench.check("picows", wrong)


def test_a_client_that_fails_says_why(bench: Bench) -> None:
    with pytest.raises(RuntimeError, match="ConnectError"):
        bench.client(CLIENTS["barterpy, by batches"], "ws://127.0.0.1:1/", "asyncio")


def test_figures_are_medians_and_best() -> None:
    figures = Figures([Run(100, "0", cpu, 2 * cpu, [1000, 2000, 9000], {}) for cpu in (1.0, 2.0, 4.0)])
    assert (figures.rate(), figures.rate(best=True), figures.rate("wall")) == (50, 100, 25)
    assert figures.spread == 1.5
    assert (figures.delay(0.5), figures.delay(0.99)) == (2, 9)


def test_ratios_are_those_within_a_round() -> None:
    """The machine is three times as slow in the second round; the medians of the two would say 1."""
    quick, slow = (Figures([Run(100, "0", cpu, cpu, [], {}) for cpu in cpus]) for cpus in ((1, 3, 1), (2, 6, 1)))
    assert quick.paired(slow) == 2
    assert slow.paired(quick) == 0.5
    with pytest.raises(ValueError):  # a run is missing
        quick.paired(Figures(slow.runs[:2]))


def test_rounds_go_to_and_fro(bench: Bench) -> None:
    order: list[str] = []

    def run(name: str) -> Run:
        order.append(name)
        return Run(1, "0", 1.0, 1.0, [], {})

    figures = rounds(bench, ["a", "b", "c"], run, 2)
    assert "".join(order) == "abccba"
    assert [len(found.runs) for found in figures.values()] == [2, 2, 2]


@pytest.mark.parametrize(
    ("name", "loop"),
    [
        ("bare_items", "trio"),
        ("bare_batches", "asyncio"),
        ("supervised_items", "asyncio"),
        ("supervised_batches", "trio"),
    ],
)
def test_supervised_and_bare_clients_find_every_message(bench: Bench, name: str, loop: str) -> None:
    with bench.blaster() as url:
        bench.check(name, bench.client(Client(f"benchmarks.supervised:{name}", "barterpy"), url, loop))


def test_tables_show_what_was_reached_and_what_was_not() -> None:
    section = Section("Title", "About.", tables=[("On trio", Table(("name", "n"), [("one", "1")]))])
    section.targets = [Target("ratio", 1.5, 2.0), Target("time", 1.5, 2.0, at_most=True, unit="ms")]
    for text in (plain([section]), markdown([section])):
        assert "Title" in text
        assert "On trio" in text
    assert "| ratio | 1.50 | ≥ 2 | NO |" in markdown([section])
    assert "| time | 1.5 ms | ≤ 2 ms | yes |" in markdown([section])


def test_one_command_measures_and_writes(tmp_path: Path) -> None:
    figures, page = tmp_path / "figures.json", tmp_path / "page.md"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--rows", "inmemory,accounts,books,fix", "--count", "300"]
    done = subprocess.run([*command, "--json", figures, "--markdown", page], cwd=ROOT, check=True, capture_output=True)
    assert all(
        row in done.stdout for row in (b"order book", b"ledger", b"updates of ten levels", b"An order of 17 fields")
    )
    data = json.loads(figures.read_text())
    assert data["sections"]["Without a connection"]
    assert page.read_text().startswith("# ")


def test_what_every_message_meets_has_no_more_attributes_than_cpython_finds_fast() -> None:
    """From about thirty on they are looked up in a dictionary, which is a slower way for each of them."""

    async def look(address: tuple[str, int]) -> dict[str, int]:
        async with await connect_tcp(*address) as stream:
            connection = WebSocketConnection(client=True, ping_interval=20.0)
            opened = WebSocket(stream, connection, client=True)
            outputs = ExchangeStream(opened, JsonParser(AggTrade), BatchVolumeSum())
            things = [value for one in (connection, opened, outputs) for value in (one, *vars(one).values())]
            return {type(thing).__name__: len(vars(thing)) for thing in things if hasattr(thing, "__dict__")}

    with socket.create_server(("127.0.0.1", 0)) as server:
        found = anyio.run(look, server.getsockname())
    assert {"AsyncioStream", "ExchangeStream", "KeepAlive", "MessageReader", "Rounds", "WebSocketConnection"} <= {
        *found
    }
    assert {name: count for name, count in found.items() if count > 28} == {}
