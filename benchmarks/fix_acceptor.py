"""An echoing FIX acceptor beside QuickFIX's Python binding: throughput with either store, and round trips.

Both check every message against a dictionary, store what they send before they send it, and answer the same plain
socket (:mod:`benchmarks.fix_feeder`). Ours is the acceptor of the acceptance; QuickFIX's has the same application.
"""

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

from benchmarks.harness import Bench, Figures, Run, missing, rounds
from benchmarks.report import Section, Table, Target

__all__ = ["measure_fix_acceptor"]

_ROOT: Final = Path(__file__).resolve().parents[1]
_BURSTS: Final = 20
"""Of round trips, to each acceptor in turn, in each run."""
_STORES: Final = ("memory", "file")
_WANTED: Final = {"memory": 1.2, "file": 1.5}
"""How many times the orders a second of QuickFIX's are wanted."""
_ROUND_TRIP: Final = 1.3
"""How many times its median round trip ours may take."""
_PATIENCE: Final = 30.0

_Bursts: TypeAlias = Sequence[Sequence[int]]
"""Round trips in nanoseconds, burst by burst."""


def measure_fix_acceptor(bench: Bench) -> Section:
    """Ours beside QuickFIX's, where it is installed."""
    about = f"{len(bench.workload.messages):,} orders of 17 fields sent by a plain socket over loopback, and echoed."
    section = Section("FIX acceptor", about)
    peers = ["barterpy"] if missing("quickfix") else ["barterpy", "quickfix"]
    if len(peers) == 1:
        section.notes.append("quickfix is not installed: left out (uv pip install quickfix; it compiles for minutes)")
    table = Table(("acceptor", "k orders / s", "best", "spread", "round trip p50 us", "p99 us", "barterpy is"))
    for store in _STORES:
        figures = rounds(bench, peers, partial(_run, bench, store))
        trips = _round_trips(bench, store, peers)
        ours = figures["barterpy"]
        for peer, found in figures.items():
            name = f"{peer}, {store}"
            delays = sorted(delay for burst in trips[peer] for delay in burst)
            median, worst = (delays[int(len(delays) * part)] / 1000 for part in (0.5, 0.99))
            row = [name, *_shown(found), f"{median:.0f}", f"{worst:.0f}"]
            section.data[name] = {"per_second": found.rate("wall"), "p50_us": median, "p99_us": worst}
            if peer == "barterpy":
                table.rows.append((*row, ""))
                continue
            ratio = ours.paired(found, "wall")
            trip = _paired(trips["barterpy"], trips[peer])
            table.rows.append((*row, f"{ratio:.2f} times it"))
            section.targets.append(Target(f"orders a second, {store} store", ratio, _WANTED[store]))
            section.targets.append(Target(f"round trip p50, {store} store", trip, _ROUND_TRIP, at_most=True))
    section.tables.append(("Dictionary validation on, stored before it is sent", table))
    return section


def _shown(found: Figures) -> Sequence[str]:
    return (
        f"{found.rate('wall') / 1000:.1f}",
        f"{found.rate('wall', best=True) / 1000:.1f}",
        f"{found.spread:.0%}",
    )


def _paired(ours: _Bursts, others: _Bursts) -> float:
    """How many times as long ours take: the median of the ratios of bursts that followed each other. What slows the
    machine for seconds slows both."""
    return statistics.median(
        statistics.median(one) / statistics.median(two) for one, two in zip(ours, others, strict=True)
    )


def _run(bench: Bench, store: str, peer: str) -> Run:
    count = len(bench.workload.messages)
    with _acceptor(bench, peer, store) as port:
        found = _feed(bench, "throughput", [port], count)
    return Run(count, "", found["seconds"], found["seconds"], [], {})


def _round_trips(bench: Bench, store: str, peers: Sequence[str]) -> dict[str, _Bursts]:
    """By acceptor, all of which run at once and on one core, as one of them has something to do at a time."""
    with contextlib.ExitStack() as running:
        ports = [running.enter_context(_acceptor(bench, peer, store)) for peer in peers]
        bench.say(f"round trips, {store} store")
        bursts = _feed(bench, "pings", ports, _BURSTS * bench.repetitions)["bursts"]
    return dict(zip(peers, bursts, strict=True))


def _feed(bench: Bench, kind: str, ports: Sequence[int], count: int) -> Any:
    command = [sys.executable, "-m", "benchmarks.fix_feeder", kind, ",".join(map(str, ports)), str(count)]
    return bench.process(command if bench.client_core is None else [*command, str(bench.client_core)])


@contextlib.contextmanager
def _acceptor(bench: Bench, peer: str, store: str) -> Generator[int]:
    """A server; its port. It has a core of its own where there are two."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    if peer == "barterpy":
        command = [sys.executable, "-m", "tests.conformance.fix_acceptor", "--port", str(port), "--store", store]
    else:
        command = [sys.executable, "-m", "tests.conformance.quickfix_peer", "acceptor", str(port), "0", store]
    core = bench.server_core
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            server.stdout.readline()
            _wait_for(port)
            if core is not None:
                _pin_all(server.pid, core)
            yield port
        finally:
            server.terminate()


def _pin_all(process: int, core: int) -> None:
    """QuickFIX has threads, and those which are there already are not moved with the first."""
    for thread in os.listdir(f"/proc/{process}/task") if sys.platform == "linux" else [str(process)]:
        os.sched_setaffinity(int(thread), {core})


def _wait_for(port: int) -> None:
    """Until it listens: QuickFIX says it is ready a moment before."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
