"""FIX, bytes to values and values to bytes, beside quickfix's Python binding and simplefix.

An execution report of 25 fields of which 14 are read, as seven ``str``, six ``Decimal`` and an ``int``; and a new
order of 17 fields. Every client gives the same sum of prices and sizes, or the same count of bytes, so none can skip
its work. Each is called in the quickest way its interface has: quickfix by tags and strings, with the messages cut from
the stream for it, and its times made once.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

from barterpy.protocols.fix import Encoder, Framer, Message, Outgoing, Timestamp
from barterpy.protocols.fix.timestamps import format_timestamp
from benchmarks.client import Client
from benchmarks.harness import Bench, Run, missing, rounds
from benchmarks.report import Section, Table, Target
from benchmarks.target import Outcome

__all__ = [
    "execution_reports",
    "measure_fix_codec",
    "prepare_encode",
    "prepare_encode_quickfix",
    "prepare_encode_simplefix",
    "prepare_parse",
    "prepare_parse_quickfix",
    "prepare_parse_simplefix",
]

_Prepared: TypeAlias = Callable[[], Outcome]

_READ: Final = 32
"""Messages that arrive with one read."""
_START: Final = 1_700_000_000_000_000_000
_STEP: Final = 1_700_000
"""Nanoseconds from one message to the next."""
_SYMBOLS: Final = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT")

_WORK: Final = {
    "parse": "an execution report of 25 fields parsed, 14 of them read",
    "encode": "an order of 17 fields built and encoded",
}
_PEERS: Final = ("barterpy", "quickfix", "simplefix")
_WANTED: Final = {
    ("parse", "quickfix"): 2.0,
    ("parse", "simplefix"): 5.0,
    ("encode", "quickfix"): 3.0,
    ("encode", "simplefix"): 3.0,
}
"""How many times the messages a CPU second of each peer are wanted."""


def measure_fix_codec(bench: Bench) -> Section:
    """Parsing and encoding, as many of the peers as are installed."""
    section = Section("FIX codec", "Messages a second of processor time; nothing is read or sent.")
    absent = [peer for peer in _PEERS if missing(peer)]
    section.notes += [f"{peer} is not installed: left out" for peer in absent]
    for work, about in _WORK.items():
        names = [peer for peer in _PEERS if peer not in absent]
        clients = {name: Client(_function(work, name), name) for name in names}
        figures = rounds(bench, names, _runner(bench, clients))
        if len({(run.count, run.volume) for found in figures.values() for run in found.runs}) != 1:
            raise RuntimeError(f"the clients of {work} did not all do the same work")
        table = Table(("client", "k msg / CPU s", "best", "spread", "barterpy is"))
        ours = figures["barterpy"]
        for name, found in figures.items():
            ratio = ours.paired(found)
            row = [name, f"{found.rate() / 1000:.1f}", f"{found.rate(best=True) / 1000:.1f}", f"{found.spread:.0%}"]
            if name == "barterpy":
                table.rows.append((*row, ""))
            else:
                table.rows.append((*row, f"{ratio:.2f} times it"))
                section.targets.append(Target(f"{work}, barterpy to {name}", ratio, _WANTED[work, name]))
            section.data[f"{work}, {name}"] = {"per_cpu_second": found.rate(), "best": found.rate(best=True)}
        section.tables.append((about[0].upper() + about[1:], table))
    return section


def _runner(bench: Bench, clients: Mapping[str, Client]) -> Callable[[str], Run]:
    return lambda name: bench.client(clients[name], "-", "none")


def _function(work: str, peer: str) -> str:
    return f"benchmarks.fix_codec:prepare_{work}" + ("" if peer == "barterpy" else f"_{peer}")


def execution_reports(count: int) -> list[bytes]:
    """Fills with values of their own each; 25 fields."""
    encoder = Encoder("FIX.4.4", "VENUE", "TRADER", "us")
    reports: list[bytes] = []
    for number in range(count):
        at = _START + number * _STEP
        price, size, rest = _price(number), _size(number), _size(number + 7)
        report: dict[int, Any] = {6: price, 11: f"order-{number}", 14: size, 17: f"exec-{number}", 31: price, 32: size}
        report |= {37: f"{9_000_000 + number}", 38: size + rest, 39: "1", 40: "2", 44: price, 54: "1"}
        report |= {55: _SYMBOLS[number % 4], 59: "1", 60: Timestamp(at), 150: "F", 151: rest}
        reports.append(encoder.encode(Outgoing("8", report), number + 1, at))
    assert all(report.count(b"\x01") == 25 for report in reports)
    return reports


def prepare_parse(messages: Sequence[bytes]) -> _Prepared:
    """Ours: from what was read off a socket, with length and checksum checked."""
    reads = _reads(execution_reports(len(messages)))

    def run() -> Outcome:
        framer = Framer()
        count, total = 0, Decimal(0)
        for read in reads:
            framer.feed(read)
            for frame in framer.frames():
                assert isinstance(frame, bytes)
                message = Message(frame)
                text, decimal = message.text, message.decimal
                _ = (text(11), text(17), text(37), text(39), text(54), text(55), text(150))
                count += message.integer(34) > 0
                total += decimal(14) + decimal(31) + decimal(32) + decimal(38) + decimal(44) + decimal(151)
        return Outcome(count, str(total))

    return run


def prepare_parse_quickfix(messages: Sequence[bytes]) -> _Prepared:
    """quickfix: from whole messages as text, with length and checksum checked, without a dictionary."""
    quickfix: Any = importlib.import_module("quickfix")

    frames = [report.decode("ascii") for report in execution_reports(len(messages))]
    new = quickfix.Message

    def run() -> Outcome:
        count, total = 0, Decimal(0)
        for frame in frames:
            message = new(frame)
            get = message.getField
            _ = (get(11), get(17), get(37), get(39), get(54), get(55), get(150))
            count += int(message.getHeader().getField(34)) > 0
            total += Decimal(get(14)) + Decimal(get(31)) + Decimal(get(32))
            total += Decimal(get(38)) + Decimal(get(44)) + Decimal(get(151))
        return Outcome(count, str(total))

    return run


def prepare_parse_simplefix(messages: Sequence[bytes]) -> _Prepared:
    """simplefix: from what was read off a socket; it checks neither length nor checksum."""
    simplefix: Any = importlib.import_module("simplefix")

    reads = _reads(execution_reports(len(messages)))

    def run() -> Outcome:
        parser = simplefix.FixParser()
        count, total = 0, Decimal(0)
        for read in reads:
            parser.append_buffer(read)
            while (message := parser.get_message()) is not None:
                get = message.get
                _ = [get(tag).decode() for tag in (11, 17, 37, 39, 54, 55, 150)]
                count += int(get(34)) > 0
                for tag in (14, 31, 32, 38, 44, 151):
                    total += Decimal(get(tag).decode())
        return Outcome(count, str(total))

    return run


def prepare_encode(messages: Sequence[bytes]) -> _Prepared:
    """Ours: a dictionary of fields, numbered and stamped by the session's encoder."""
    orders = _orders(len(messages))

    def run() -> Outcome:
        encoder = Encoder("FIX.4.4", "TRADER", "VENUE")
        size = 0
        at = _START
        for number, (id_, symbol, price, quantity) in enumerate(orders, 1):
            at += _STEP
            order: dict[int, Any] = {11: id_, 21: "1", 38: quantity, 40: "2", 44: price, 54: "1", 55: symbol, 59: "1"}
            order[60] = Timestamp(at)
            size += len(encoder.encode(Outgoing("D", order), number, at))
        return Outcome(len(orders), str(size))

    return run


def prepare_encode_quickfix(messages: Sequence[bytes]) -> _Prepared:
    """quickfix: fields by tag and text; the text of the times is made before."""
    quickfix: Any = importlib.import_module("quickfix")

    orders = _orders(len(messages))
    stamps = [format_timestamp(_START + number * _STEP).decode() for number in range(1, len(orders) + 1)]
    new = quickfix.Message

    def run() -> Outcome:
        size = 0
        for number, (id_, symbol, price, quantity) in enumerate(orders, 1):
            message = new()
            put = message.getHeader().setField
            _ = (put(8, "FIX.4.4"), put(35, "D"), put(34, str(number)), put(49, "TRADER"))
            _ = (put(52, stamps[number - 1]), put(56, "VENUE"))
            put = message.setField
            _ = (put(11, id_), put(21, "1"), put(38, str(quantity)), put(40, "2"), put(44, str(price)))
            _ = (put(54, "1"), put(55, symbol), put(59, "1"), put(60, stamps[number - 1]))
            size += len(message.toString())
        return Outcome(len(orders), str(size))

    return run


def prepare_encode_simplefix(messages: Sequence[bytes]) -> _Prepared:
    """simplefix: fields by tag; the text of the times is made before."""
    simplefix: Any = importlib.import_module("simplefix")

    orders = _orders(len(messages))
    stamps = [format_timestamp(_START + number * _STEP) for number in range(1, len(orders) + 1)]

    def run() -> Outcome:
        size = 0
        for number, (id_, symbol, price, quantity) in enumerate(orders, 1):
            message = simplefix.FixMessage()
            put = message.append_pair
            _ = (put(8, b"FIX.4.4"), put(35, b"D"), put(34, number), put(49, b"TRADER"))
            _ = (put(52, stamps[number - 1]), put(56, b"VENUE"))
            _ = (put(11, id_), put(21, b"1"), put(38, quantity), put(40, b"2"), put(44, price))
            _ = (put(54, b"1"), put(55, symbol), put(59, b"1"), put(60, stamps[number - 1]))
            size += len(message.encode())
        return Outcome(len(orders), str(size))

    return run


def _reads(frames: Sequence[bytes]) -> list[bytes]:
    return [b"".join(frames[start : start + _READ]) for start in range(0, len(frames), _READ)]


def _orders(count: int) -> list[tuple[str, str, Decimal, Decimal]]:
    return [(f"order-{number}", _SYMBOLS[number % 4], _price(number), _size(number)) for number in range(count)]


def _price(number: int) -> Decimal:
    return Decimal(6_500_000 + number * 7919 % 100_003).scaleb(-2)


def _size(number: int) -> Decimal:
    return Decimal(1 + number * 104_729 % 5_000).scaleb(-3)
