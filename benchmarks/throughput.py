"""How many trades a second: plain, over TLS and with permessage-deflate, supervised, against in memory.

Ratios, in tables and targets, are paired: the median over the rounds of the ratio of the two runs of a round.
"""

import dataclasses
from collections.abc import Mapping, Sequence

from benchmarks.client import CLIENTS, LOOPS, Client
from benchmarks.harness import Bench, Figures, Run, missing, rounds
from benchmarks.report import Section, Table, Target

__all__ = ["measure_accounts", "measure_books", "measure_in_memory", "measure_supervised", "measure_throughput"]

_ITEMS = "barterpy, item by item"
_BATCHES = "barterpy, by batches"
_MEMORY = "in memory"
_IN_MEMORY = {
    _MEMORY: Client("benchmarks.inmemory:prepare_float", "barterpy"),
    "in memory, Decimal": Client("benchmarks.inmemory:prepare_decimal", "barterpy"),
}
_BEYOND = {
    "order book, Decimal: a delta of 5 levels and both best prices": Client(
        "benchmarks.inmemory:prepare_book", "barterpy"
    ),
    "book synchroniser, Decimal: levels of updates of ten": Client("benchmarks.books:prepare_synchroniser", "barterpy"),
    "book synchroniser, Decimal: levels of updates of one": Client(
        "benchmarks.books:prepare_synchroniser_single", "barterpy"
    ),
    "Binance futures aggTrade to Trade, Decimal": Client("benchmarks.inmemory:prepare_binance_decimal", "barterpy"),
    "Binance futures aggTrade to Trade, float": Client("benchmarks.inmemory:prepare_binance_float", "barterpy"),
}
_SUPERVISED = {
    "supervised, by batches": Client("benchmarks.supervised:supervised_batches", "barterpy"),
    "bare, by batches": Client("benchmarks.supervised:bare_batches", "barterpy"),
    "supervised, item by item": Client("benchmarks.supervised:supervised_items", "barterpy"),
    "bare, item by item": Client("benchmarks.supervised:bare_items", "barterpy"),
}
_BOOKS = {
    "updates of ten levels": Client("benchmarks.books:prepare_synchroniser", "barterpy"),
    "updates of one level": Client("benchmarks.books:prepare_synchroniser_single", "barterpy"),
}
_LEVELS = 500.0
"""Thousands a CPU second, from an update to its delta."""
_ACCOUNTS = {
    "limiter: acquire() on two windows, nobody waits": Client("benchmarks.limiter:prepare_limiter", "barterpy"),
    "limiter: reserve(now) on two windows, no event loop": Client("benchmarks.limiter:prepare_reserve", "barterpy"),
    "ledger: a subscription asked for, confirmed, and again after a reconnect": Client(
        "benchmarks.supervised:prepare_ledger", "barterpy"
    ),
}
_COLUMNS = ("client", "k msg / CPU s", "best", "spread", "k msg / wall s", "of picows", "of in memory")

_SUPERVISION_COSTS = 0.9

# What the row must reach, as a multiple of the other's messages a CPU second.
_TARGETS = (
    (_ITEMS, "picows", 1.1),
    (_ITEMS, "aiohttp", 2.0),
    (_ITEMS, "websockets", 4.5),
    (_ITEMS, "wsproto on anyio", 7.0),
    (_BATCHES, "picows", 1.25),
    (_BATCHES, _MEMORY, 0.5),
    (_ITEMS + ", Decimal", _ITEMS, 0.7),
    (_BATCHES + ", Decimal", _BATCHES, 0.7),
)


# Who is compared runs next to whom it is compared with: a machine that others use is as fast as a moment ago, and may
# be half as fast ten seconds later.
_NEIGHBOURS = (
    "barterpy, by batches, Decimal",
    "in memory",
    "barterpy, by batches",
    "picows",
    "barterpy, item by item",
    "aiohttp",
    "barterpy, item by item, one at a time",
    "barterpy, by batches, one at a time",
    "barterpy, item by item, Decimal",
)


def _place(name: str) -> int:
    return _NEIGHBOURS.index(name) if name in _NEIGHBOURS else len(_NEIGHBOURS)


def measure_throughput(
    bench: Bench, title: str, about: str, loops: Sequence[str] = LOOPS, *, compression: str = "none", tls: bool = False
) -> Section:
    """One table for each event loop."""
    section = Section(title, about)
    compressed = compression != "none"
    for loop in loops:
        if loop != "asyncio" and missing(loop):
            section.notes.append(f"{loop} is not installed: no table for it")
            continue
        names, absent = _able(loop, compressed=compressed)
        # The first loop has the ratios that are looked at most, and over plain TCP those that have to be reached.
        plain = not compressed and not tls
        repetitions = bench.repetitions * (2 if plain else 1) if loop == loops[0] else min(3, bench.repetitions)
        with bench.blaster(compression=compression, tls=tls) as url:

            def run(name: str, url: str = url, loop: str = loop) -> Run:
                if name in _IN_MEMORY:
                    found = bench.client(_IN_MEMORY[name], "-", "none")
                else:
                    found = bench.client(CLIENTS[name], url, loop, tls=tls, compressed=compressed)
                bench.check(name, found)
                return found

            shown = [*names, *_IN_MEMORY]
            figures = rounds(bench, sorted(shown, key=_place), run, repetitions)
            figures = {name: figures[name] for name in shown}
        section.tables.append((f"On {'asyncio with uvloop' if loop == 'uvloop' else loop}", _table(figures)))
        if absent:
            section.notes.append(f"not on {loop}: {'; '.join(absent)}")
        if loop == "asyncio" and not compressed and not tls:
            section.targets = _targets(figures)
        section.data[loop] = {name: _data(found) for name, found in figures.items()}
    return section


def measure_supervised(bench: Bench, loops: Sequence[str] = LOOPS) -> Section:
    """An event stream of one connection beside the bare stream."""
    about = (
        "The same plan and the same loop of the consumer, through a supervised event stream and through a bare stream; "
        "k messages a second of processor time."
    )
    section = Section("Supervision", about)
    for loop in loops:
        if loop != "asyncio" and missing(loop):
            section.notes.append(f"{loop} is not installed: no table for it")
            continue
        with bench.blaster() as url:

            def run(name: str, url: str = url, loop: str = loop) -> Run:
                found = bench.client(_SUPERVISED[name], url, loop)
                bench.check(name, found)
                return found

            figures = rounds(bench, list(_SUPERVISED), run)
        table = Table(("client", "k msg / CPU s", "best", "spread", "of bare"))
        for name, found in figures.items():
            bare = figures[name.replace("supervised", "bare")]
            ratio = found.paired(bare)
            table.rows.append(
                (name, _kilo(found.rate()), _kilo(found.rate(best=True)), f"{found.spread:.0%}", f"{ratio:.2f}")
            )
            if bare is not found:
                section.targets.append(Target(f"{name} : bare, on {loop}", ratio, _SUPERVISION_COSTS))
        section.tables.append((f"On {'asyncio with uvloop' if loop == 'uvloop' else loop}", table))
        section.data[loop] = {name: _data(found) for name, found in figures.items()}
    return section


def measure_in_memory(bench: Bench) -> Section:
    """What has no peer and needs no connection."""
    about = "Updates or messages a second of processor time; nothing is read or sent."
    return _measure_alone(bench, "Without a connection", about, _BEYOND)


def measure_books(bench: Bench) -> Section:
    """Books as the synchroniser keeps them."""
    about = "Sequence check and apply, `Decimal`: levels a second of processor time. The whole way: `benchmarks.books`."
    section = _measure_alone(bench, "Books", about, _BOOKS)
    for name, rate in section.data.items():
        section.targets.append(
            Target(f"thousand levels a CPU second, {name}", rate["per_cpu_second"] / 1000, _LEVELS, unit="k")
        )
    return section


def measure_accounts(bench: Bench) -> Section:
    """What keeping account of limits and subscriptions costs."""
    about = "Calls that pass, and confirmations, a second of processor time."
    return _measure_alone(bench, "Limiter and ledger", about, _ACCOUNTS)


def _measure_alone(bench: Bench, title: str, about: str, clients: Mapping[str, Client]) -> Section:
    section = Section(title, about)
    figures = rounds(bench, list(clients), lambda name: bench.client(clients[name], "-", "none"))
    table = Table(("work", "k / CPU s", "best", "spread"))
    for name, found in figures.items():
        table.rows.append((name, _kilo(found.rate()), _kilo(found.rate(best=True)), f"{found.spread:.0%}"))
    section.tables.append(("", table))
    section.data = {name: _data(found) for name, found in figures.items()}
    return section


def _able(loop: str, *, compressed: bool) -> tuple[list[str], list[str]]:
    names: list[str] = []
    absent: list[str] = []
    for name, client in CLIENTS.items():
        if missing(client.package):
            absent.append(f"{name} (not installed)")
        elif loop not in client.loops:
            absent.append(f"{name} (asyncio only)")
        elif compressed and not client.deflate:
            absent.append(f"{name} (its callback API has no permessage-deflate)")
        else:
            names.append(name)
    return names, absent


def _table(figures: Mapping[str, Figures]) -> Table:
    table = Table(_COLUMNS)
    for name, found in figures.items():
        table.rows.append(
            (
                name,
                _kilo(found.rate()),
                _kilo(found.rate(best=True)),
                f"{found.spread:.0%}",
                _kilo(found.rate("wall")),
                _ratio(figures, name, "picows"),
                _ratio(figures, name, "in memory, Decimal" if name.endswith("Decimal") else _MEMORY),
            )
        )
    return table


def _ratio(figures: Mapping[str, Figures], name: str, other: str) -> str:
    return f"{figures[name].paired(figures[other]):.2f}" if other in figures else "-"


def _targets(figures: Mapping[str, Figures]) -> list[Target]:
    return [
        Target(f"{name} : {other}", figures[name].paired(figures[other]), wanted)
        for name, other, wanted in _TARGETS
        if name in figures and other in figures
    ]


def _kilo(rate: float) -> str:
    return f"{rate / 1000:.0f}"


def _data(figures: Figures) -> dict[str, object]:
    return {
        "per_cpu_second": figures.rate(),
        "per_cpu_second_best": figures.rate(best=True),
        "per_wall_second": figures.rate("wall"),
        "runs": [
            {key: value for key, value in dataclasses.asdict(run).items() if key in ("count", "cpu", "wall")}
            for run in figures.runs
        ],
    }
