"""One client, one run, one process: ``python -m benchmarks.client NAME --loop LOOP URL`` prints what it cost as JSON.

A fresh process for each run keeps one library's imports, memory and warmed-up caches out of another's figures. The
clocks start before connecting and stop when the client has seen the end of the stream, after everything was imported.
"""

import argparse
import faulthandler
import gc
import importlib
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.affinity import pin
from benchmarks.target import Outcome, Target

__all__ = ["CLIENTS", "LOOPS", "Client", "main"]

LOOPS = ("asyncio", "uvloop", "trio")
_ASYNCIO = ("asyncio", "uvloop")
_LONGEST = 120.0
"""Seconds no client takes, by far."""

Run = Callable[[Target], Awaitable[Outcome]]


class Client(NamedTuple):
    """A row of the tables: where its code is, what has to be installed, and where it can run."""

    function: str
    package: str
    loops: tuple[str, ...] = LOOPS
    deflate: bool = True
    """Whether it can be offered messages compressed by permessage-deflate."""


CLIENTS: dict[str, Client] = {
    "barterpy, by batches": Client("benchmarks.ours:ours_batches", "barterpy"),
    "barterpy, item by item": Client("benchmarks.ours:ours_items", "barterpy"),
    "barterpy, by batches, one at a time": Client("benchmarks.ours:ours_batches_single", "barterpy"),
    "barterpy, item by item, one at a time": Client("benchmarks.ours:ours_items_single", "barterpy"),
    "barterpy, by batches, Decimal": Client("benchmarks.ours:ours_batches_decimal", "barterpy"),
    "barterpy, item by item, Decimal": Client("benchmarks.ours:ours_items_decimal", "barterpy"),
    "picows": Client("benchmarks.peers:picows_sum", "picows", _ASYNCIO, deflate=False),
    "picows, websockets API": Client("benchmarks.peers:picows_websockets_sum", "picows", _ASYNCIO),
    "aiohttp": Client("benchmarks.peers:aiohttp_sum", "aiohttp", _ASYNCIO),
    "websockets": Client("benchmarks.peers:websockets_sum", "websockets", _ASYNCIO),
    "wsproto on anyio": Client("benchmarks.peers:wsproto_sum", "wsproto"),
}

ARRIVALS: dict[str, Client] = {
    "barterpy": Client("benchmarks.ours:ours_arrivals", "barterpy"),
    "picows": Client("benchmarks.peers:picows_arrivals", "picows", _ASYNCIO),
    "aiohttp": Client("benchmarks.peers:aiohttp_arrivals", "aiohttp", _ASYNCIO),
    "websockets": Client("benchmarks.peers:websockets_arrivals", "websockets", _ASYNCIO),
}


def resolve(path: str) -> Any:
    """``module:name``."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def run_on(loop: str, function: Run, target: Target) -> Outcome:
    """Runs it to its end on that event loop."""
    import anyio

    if loop == "uvloop":
        # Named here, so that a missing uvloop is an error and not a quiet run on another loop.
        importlib.import_module("uvloop")
    backend = "trio" if loop == "trio" else "asyncio"
    options = {"use_uvloop": True} if loop == "uvloop" else {}
    return anyio.run(function, target, backend=backend, backend_options=options)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Run one client once.")
    parser.add_argument("function", help="module:name of the client")
    parser.add_argument("url")
    parser.add_argument("--loop", choices=(*LOOPS, "none"), default="asyncio")
    parser.add_argument("--workload", type=Path, help="for --loop none: messages, one a line")
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--compressed", action="store_true")
    parser.add_argument("--core", type=int)
    options = parser.parse_args(arguments)
    pin(options.core)
    faulthandler.dump_traceback_later(_LONGEST, exit=True)  # a client that hangs says where
    function = resolve(options.function)
    if options.loop == "none":
        run = function(options.workload.read_bytes().splitlines())
    else:
        target = Target(options.url, options.certificate, options.compressed)
        # Libraries import parts of themselves on first use; a connection that is refused makes them do it now.
        run_on(options.loop, _refused(function), Target("ws://127.0.0.1:1/"))

        def run() -> Outcome:
            return run_on(options.loop, function, target)

    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    outcome = run()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(
        json.dumps(
            {
                "count": outcome.count,
                "volume": outcome.volume,
                "cpu": cpu,
                "wall": wall,
                "delays": outcome.delays,
                "extra": outcome.extra,
            }
        )
    )


def _refused(function: Run) -> Run:
    async def run(target: Target) -> Outcome:
        try:
            return await function(target)
        except Exception:  # noqa: BLE001 - each library has its own; that it fails is the point
            return Outcome()

    return run


if __name__ == "__main__":
    main()
