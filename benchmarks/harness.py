"""Starts the server and the clients, each in a process of its own, and makes figures of what they report."""

import contextlib
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.affinity import cores
from benchmarks.certificate import write_certificate
from benchmarks.client import Client
from benchmarks.messages import Workload, make_workload

__all__ = ["Bench", "Figures", "Run", "missing", "rounds"]

_ROOT = Path(__file__).resolve().parents[1]
_LONGEST = 300.0
"""Seconds after which a client that could not end itself is ended."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one client reported."""

    count: int
    volume: str
    cpu: float
    """Seconds of processor time, user and system."""
    wall: float
    delays: list[int]
    extra: dict[str, float]


@dataclass(slots=True)
class Figures:
    """Several runs of one client."""

    runs: list[Run] = field(default_factory=list[Run])

    def rate(self, of: str = "cpu", *, best: bool = False) -> float:
        """Messages a second of ``cpu`` or ``wall``: the median of the runs, or the best of them."""
        rates: list[float] = [run.count / getattr(run, of) for run in self.runs]
        return max(rates) if best else statistics.median(rates)

    @property
    def spread(self) -> float:
        """How far the rates of the runs lie apart, as a part of the median: what the machine's noise comes to."""
        rates = [run.count / run.cpu for run in self.runs]
        return (max(rates) - min(rates)) / statistics.median(rates)

    def paired(self, other: "Figures", of: str = "cpu") -> float:
        """How many times the rate of ``other`` this is: the median of the ratios of the runs of the same round.

        What slows the machine for a while slows both runs of a round, but not all rounds: of medians or bests, each
        may come from another time.
        """
        ratios: list[float] = [
            (one.count / getattr(one, of)) / (two.count / getattr(two, of))
            for one, two in zip(self.runs, other.runs, strict=True)
        ]
        return statistics.median(ratios)

    def delay(self, part: float) -> float:
        """The quantile of the delays in microseconds, the median over the runs."""
        return statistics.median(self._delays(part))

    def paired_delay(self, other: "Figures", part: float) -> float:
        """How many times the delay of ``other`` this is, as :meth:`paired` has it."""
        return statistics.median(one / two for one, two in zip(self._delays(part), other._delays(part), strict=True))

    def _delays(self, part: float) -> list[float]:
        found: list[float] = []
        for run in self.runs:
            ordered = sorted(run.delays)
            found.append(ordered[min(len(ordered) - 1, int(len(ordered) * part))] / 1000)
        return found


class Bench:
    """One benchmark's workload, files and processes."""

    def __init__(self, directory: Path, count: int, *, repetitions: int, say: Callable[[str], None]) -> None:
        self.say = say
        self.repetitions = repetitions
        self.server_core, self.client_core = cores()
        self.certificate = directory / "certificate.pem"
        write_certificate(self.certificate)
        self.workload: Workload = make_workload(count)
        self.file = directory / "workload.txt"
        self.file.write_bytes(b"\n".join(self.workload.messages))

    @staticmethod
    @contextlib.contextmanager
    def prepared(count: int, *, repetitions: int, say: Callable[[str], None]) -> Generator["Bench"]:
        """With files that are gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="barterpy-bench-") as directory:
            yield Bench(Path(directory), count, repetitions=repetitions, say=say)

    @contextlib.contextmanager
    def blaster(self, *, compression: str = "none", tls: bool = False) -> Generator[str]:
        """A server; its URL, without the query."""
        command = [sys.executable, "-m", "benchmarks.blaster", str(self.file), "--compression", compression]
        if tls:
            command += ["--certificate", str(self.certificate)]
        with subprocess.Popen(
            [*command, *_on(self.server_core)], cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server:
            try:
                assert server.stdout is not None
                port = server.stdout.readline().strip()
                if not port:
                    raise RuntimeError("the benchmark's server did not start")
                yield f"{'wss' if tls else 'ws'}://127.0.0.1:{port}/"
            finally:
                server.terminate()

    def client(self, client: Client, url: str, loop: str, *, tls: bool = False, compressed: bool = False) -> Run:
        """One run of one client."""
        command = [sys.executable, "-m", "benchmarks.client", client.function, url, "--loop", loop]
        if tls:
            command += ["--certificate", str(self.certificate)]
        if compressed:
            command.append("--compressed")
        if loop == "none":
            command += ["--workload", str(self.file)]
        return Run(**self.process([*command, *_on(self.client_core)]))

    def process(self, command: Sequence[str]) -> Any:
        """What a process of ours printed, as JSON."""
        done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=_LONGEST, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command[2:5])} failed:\n{done.stderr}")
        return json.loads(done.stdout)

    def check(self, name: str, run: Run) -> None:
        """Whether the client found every message, and the very sum which the workload has.

        :raises RuntimeError: it did not, and its figures mean nothing
        """
        workload = self.workload
        exact = name.endswith("Decimal")
        right = Decimal(run.volume) == workload.exact_volume if exact else run.volume == repr(workload.volume)
        if run.count != len(workload.messages) or not right:
            wanted = f"{len(workload.messages)} and {workload.exact_volume if exact else workload.volume}"
            raise RuntimeError(f"{name} found {run.count} messages and a volume of {run.volume}, not {wanted}")


def rounds(
    bench: Bench, names: Sequence[str], run: Callable[[str], Run], repetitions: int | None = None
) -> dict[str, Figures]:
    """Every client once, then every client again, the other way round: what slows the machine for a while slows all of
    them, and none is always behind the same other."""
    figures = {name: Figures() for name in names}
    repetitions = repetitions or bench.repetitions
    for repetition in range(repetitions):
        for name in names if repetition % 2 == 0 else reversed(names):
            bench.say(f"round {repetition + 1} of {repetitions}: {name}")
            figures[name].runs.append(run(name))
    return figures


def missing(package: str) -> bool:
    """Whether that package is not installed here."""
    return importlib.util.find_spec(package) is None


def _on(core: int | None) -> list[str]:
    return [] if core is None else ["--core", str(core)]
