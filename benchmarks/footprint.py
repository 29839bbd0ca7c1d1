"""Whether memory stays flat, and what importing costs."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.client import Client
from benchmarks.harness import Bench, missing
from benchmarks.ours import connect
from benchmarks.report import Section, Table, Target
from benchmarks.target import Outcome
from benchmarks.target import Target as Address

__all__ = ["measure_imports", "measure_memory", "memory_busy", "memory_stalled", "resident"]

_BUSY = Client("benchmarks.footprint:memory_busy", "barterpy")
_STALLED = Client("benchmarks.footprint:memory_stalled", "barterpy")
_ALLOWED = 5.0  # MB
_STALL = 5.0  # seconds
_WARM = 50_000  # messages
_IMPORTS = (
    "import barterpy",
    "import barterpy.stream, barterpy.parser, barterpy.protocols.websocket",
    "import barterpy.market, barterpy.venues.binance",
)


def resident() -> float:
    """Memory of this process which is in RAM, in MB."""
    status = Path("/proc/self/statm")
    if status.exists():
        import resource

        return int(status.read_text().split()[1]) * resource.getpagesize() / 1e6
    import resource

    # Elsewhere there is only the peak: in bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


async def memory_busy(target: Address) -> Outcome:
    """Reads everything, with exact numbers; ``grown`` is the widest range of memory after the first fifth."""
    from barterpy.parser import JsonParser
    from barterpy.stream import ExchangeStream
    from benchmarks.messages import AggTradeText
    from benchmarks.ours import ExactVolumeSum

    samples: list[tuple[int, float]] = []
    count = 0
    async with connect(target) as socket:
        async for totals in ExchangeStream(socket, JsonParser(AggTradeText), ExactVolumeSum()).batches():
            before, count = count, count + len(totals)
            if before // 20_000 != count // 20_000:
                samples.append((count, resident()))
    after = [memory for at, memory in samples if at > count / 5] or [0.0]
    return Outcome(count, extra={"grown": max(after) - min(after), "resident": after[-1]})


async def memory_stalled(target: Address) -> Outcome:
    """Warms up, stops reading for a while with the server still sending, and reads the rest."""
    import anyio

    from barterpy.parser import JsonParser
    from barterpy.stream import ExchangeStream
    from benchmarks.messages import AggTrade
    from benchmarks.ours import VolumeSum

    samples: list[float] = []
    count = 0
    stalled = False
    async with connect(target) as socket:
        async for totals in ExchangeStream(socket, JsonParser(AggTrade), VolumeSum()).batches():
            count += len(totals)
            if count > _WARM and not stalled:
                stalled = True
                for _ in range(20):
                    samples.append(resident())
                    await anyio.sleep(_STALL / 20)
            if stalled and len(samples) < 10_000:
                samples.append(resident())
    return Outcome(count, extra={"grown": max(samples) - min(samples), "resident": samples[-1]})


def measure_memory(bench: Bench, messages: int) -> Section:
    """Both, on asyncio and on trio."""
    repeat = max(1, -(-messages // len(bench.workload.messages)))
    total = repeat * len(bench.workload.messages)
    section = Section(
        "Memory",
        f"Resident memory of our client over {total:,} messages: how much it moved between its lowest and its highest "
        "after a warm-up of a fifth of them; and with a consumer which stops reading for "
        f"{_STALL:g} s while the server goes on sending.",
    )
    table = Table(("client", "MB moved", "MB resident"))
    with bench.blaster() as url:
        for loop in ("asyncio", "trio"):
            if loop == "trio" and missing("trio"):
                continue
            for name, client, times in (("busy", _BUSY, repeat), ("stalled consumer", _STALLED, max(1, repeat // 3))):
                bench.say(f"{name} on {loop}")
                found = bench.client(client, f"{url}?repeat={times}", loop)
                if found.count != times * len(bench.workload.messages):
                    raise RuntimeError(f"{name} on {loop} found {found.count} messages")
                moved = found.extra["grown"]
                table.rows.append((f"{name}, {loop}", f"{moved:.1f}", f"{found.extra['resident']:.0f}"))
                section.targets.append(Target(f"{name}, {loop}", moved, _ALLOWED, at_most=True, unit="MB"))
                section.data[f"{name}, {loop}"] = found.extra
    section.tables.append(("", table))
    return section


def measure_imports(bench: Bench, times: int) -> Section:
    """In fresh interpreters with compiled files present, less what an empty program takes."""
    statements = ("pass", *_IMPORTS)
    taken: dict[str, list[float]] = {statement: [] for statement in statements}
    for repetition in range(times + 1):  # the first one compiles
        for statement in statements:
            bench.say(f"imports, round {repetition} of {times}")
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True, cwd=Path(__file__).resolve().parents[1])
            if repetition:
                taken[statement].append((time.perf_counter() - began) * 1000)
    bare = statistics.median(taken["pass"])
    about = f"Milliseconds in a fresh interpreter beyond the {bare:.0f} ms of one that does nothing; median of {times}."
    section = Section("Imports", about)
    table = Table(("statement", "ms", "best"))
    for statement in _IMPORTS:
        median, best = statistics.median(taken[statement]) - bare, min(taken[statement]) - min(taken["pass"])
        table.rows.append((f"`{statement}`", f"{median:.0f}", f"{best:.0f}"))
        section.data[statement] = {"median_ms": median, "best_ms": best}
    section.tables.append(("", table))
    section.targets.append(
        Target("import barterpy", section.data["import barterpy"]["median_ms"], 100.0, at_most=True, unit="ms")
    )
    return section
