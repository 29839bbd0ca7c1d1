"""How long from the server's stamp to the decoded trade in the consumer's hands, at a steady pace."""

from benchmarks.client import ARRIVALS, LOOPS
from benchmarks.harness import Bench, Run, missing, rounds
from benchmarks.report import Section, Table, Target

__all__ = ["measure_latency"]

_RATE = 1_000


def measure_latency(bench: Bench, seconds: float) -> Section:
    """p50 and p99 in microseconds, of each client on each of its loops."""
    section = Section(
        "Latency",
        f"At {_RATE:,} messages a second for {seconds:g} s, in microseconds from the server's stamp to the decoded "
        "trade in the consumer's hands; the median of the runs.",
    )
    names = [
        f"{name}, {loop}"
        for loop in LOOPS
        for name, client in ARRIVALS.items()
        if loop in client.loops and not missing(client.package) and (loop == "asyncio" or not missing(loop))
    ]
    count = int(_RATE * seconds)
    with bench.blaster() as url:

        def run(name: str) -> Run:
            client, _, loop = name.rpartition(", ")
            found = bench.client(ARRIVALS[client], f"{url}?rate={_RATE}&count={count}", loop)
            if found.count != count:
                raise RuntimeError(f"{name} found {found.count} messages, not {count}")
            return found

        figures = rounds(bench, names, run)
    table = Table(("client", "p50", "p90", "p99"))
    for name, found in figures.items():
        table.rows.append((name, *(f"{found.delay(part):.0f}" for part in (0.5, 0.9, 0.99))))
        section.data[name] = {f"p{int(part * 100)}": found.delay(part) for part in (0.5, 0.9, 0.99)}
    section.tables.append(("", table))
    for other, wanted in (("aiohttp", 1.0), ("picows", 1.4)):
        if f"{other}, asyncio" in figures:
            ratio = figures["barterpy, asyncio"].paired_delay(figures[f"{other}, asyncio"], 0.5)
            section.targets.append(Target(f"p50 on asyncio, barterpy : {other}", ratio, wanted, at_most=True))
    return section
