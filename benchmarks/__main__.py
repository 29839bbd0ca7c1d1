"""The benchmark as a program; see :mod:`benchmarks`."""

import argparse
import datetime as dt
import importlib.metadata
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.client import LOOPS
from benchmarks.fix_acceptor import measure_fix_acceptor
from benchmarks.fix_codec import measure_fix_codec
from benchmarks.footprint import measure_imports, measure_memory
from benchmarks.harness import Bench
from benchmarks.latency import measure_latency
from benchmarks.report import Section, markdown, plain
from benchmarks.throughput import (
    measure_accounts,
    measure_books,
    measure_in_memory,
    measure_supervised,
    measure_throughput,
)

__all__ = ["ROWS", "main"]

_PACKAGES = (
    "picows",
    "aiofastnet",
    "aiohttp",
    "websockets",
    "wsproto",
    "uvloop",
    "anyio",
    "trio",
    "msgspec",
    "quickfix",
    "simplefix",
)

ROWS = (
    "plain",
    "tls",
    "deflate",
    "supervised",
    "latency",
    "memory",
    "imports",
    "inmemory",
    "accounts",
    "books",
    "fix",
    "fix_acceptor",
)
"""What can be measured; also the order."""

_SHORTER = ("tls", "deflate", "latency", "inmemory", "accounts")
"""Measured with a third of the messages, and three times: the whole is to take no longer than twenty minutes."""

_FEW = ("books", "fix", "fix_acceptor")
"""What is made of each message here takes more memory than the message."""


def measure(bench: Bench, row: str, *, quick: bool) -> list[Section]:
    """The sections of one of :data:`ROWS`."""
    loops = ("asyncio",) if quick else LOOPS
    count = f"{len(bench.workload.messages):,} distinct aggregate trades"
    match row:
        case "plain":
            about = f"{count} over loopback TCP, decoded to the same typed trade, their volume added up."
            return [measure_throughput(bench, "Throughput", about, loops)]
        case "tls":
            about = f"{count} over TLS, with a certificate that is verified."
            return [measure_throughput(bench, "Throughput over TLS", about, loops, tls=True)]
        case "deflate":
            about = f"{count}, compressed with context takeover: one window for the whole connection."
            title = "Throughput with permessage-deflate"
            kept = measure_throughput(bench, title, about, loops, compression="takeover")
            if quick:
                return [kept]
            title += ", no context takeover"
            about = f"{count}, each compressed by itself."
            return [kept, measure_throughput(bench, title, about, ("asyncio",), compression="no-takeover")]
        case "supervised":
            return [measure_supervised(bench, loops)]
        case "books":
            return [measure_books(bench)]
        case "fix":
            return [measure_fix_codec(bench)]
        case "fix_acceptor":
            return [measure_fix_acceptor(bench)]
        case "accounts":
            return [measure_accounts(bench)]
        case "latency":
            return [measure_latency(bench, 1.0 if quick else 3.0)]
        case "memory":
            return [measure_memory(bench, 300_000 if quick else 5_000_000)]
        case "imports":
            return [measure_imports(bench, 3 if quick else 11)]
        case _:
            return [measure_in_memory(bench)]


def environment(bench: Bench) -> list[str]:
    """What the figures were taken on."""
    versions: list[str] = []
    for package in _PACKAGES:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{package} not installed")
    workload = bench.workload
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    where = "server and client on a core each" if bench.client_core is not None else "not pinned to cores"
    machine = (
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {platform.python_implementation()} {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}, {_processor()}, {os.cpu_count()} cores ({where}{load})"
    )
    work = (
        f"{len(workload.messages):,} messages with {workload.distinct_prices:,} distinct prices and "
        f"{workload.distinct_quantities:,} distinct quantities; every client finds the same sum of volume; "
        f"{bench.repetitions} runs of each (twice as many of throughput over TCP on asyncio, 3 of what is beside it "
        "and on the other event loops), "
        "interleaved, each in a fresh process; "
        "medians unless it says best, ratios as medians of those within a round"
    )
    return [machine, ", ".join(versions), work]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 when everything could be measured, whatever the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure barterpy beside its peers, all in one run."
    )
    parser.add_argument("--quick", action="store_true", help="less of everything, a minute; too little to quote")
    parser.add_argument("--rows", help=f"only these, separated by commas: {', '.join(ROWS)}")
    parser.add_argument("--count", type=int, help="messages of the throughput rows (300000; 10000 with --quick)")
    parser.add_argument("--repetitions", type=int, help="runs of each client (7; 1 with --quick)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables as Markdown")
    options = parser.parse_args(arguments)
    rows = options.rows.split(",") if options.rows else list(ROWS)
    if unknown := [row for row in rows if row not in ROWS]:
        parser.error(f"no such row: {', '.join(unknown)}")
    count = options.count or (10_000 if options.quick else 300_000)
    repetitions = options.repetitions or (1 if options.quick else 7)
    began = time.monotonic()
    sections: list[Section] = []
    say = _teller(began)
    with (
        Bench.prepared(count, repetitions=repetitions, say=say) as bench,
        Bench.prepared(max(1, count // 3), repetitions=min(3, repetitions), say=say) as shorter,
        Bench.prepared(max(1, count // 15), repetitions=repetitions, say=say) as few,
    ):
        about = environment(bench)
        for row in (row for row in ROWS if row in rows):
            size = few if row in _FEW else shorter if row in _SHORTER else bench
            found = measure(size, row, quick=options.quick)
            sections += found
            _erase()
            print(plain(found), flush=True)
    print("\n".join(about))
    minutes = (time.monotonic() - began) / 60
    print(f"\nmeasured in {minutes:.1f} minutes")
    if options.json is not None:
        data = {"environment": about, "sections": {section.title: section.data for section in sections}}
        options.json.write_text(json.dumps(data, indent=2) + "\n")
    if options.markdown is not None:
        lines = ["# Results of a benchmark run", "", "Made by `python -m benchmarks --markdown FILE`.", ""]
        lines += [*(f"- {line}" for line in about), "", markdown(sections)]
        options.markdown.write_text("\n".join(lines))
    return 0


def _teller(began: float) -> Callable[[str], None]:
    """Says on a terminal what is being done; says nothing elsewhere."""

    def say(what: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[K{time.monotonic() - began:4.0f} s  {what}", end="", file=sys.stderr, flush=True)

    return say


def _erase() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
