"""What is wrong with a recording, counted while it is read: in bounded memory, however long it is."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, TypeAlias, cast

import msgspec

from barterpy.errors import RecordingError
from barterpy.events import BookFailed, Disconnected, Gap, MessageError, Resynced
from barterpy.model.market import BookDelta, BookSnapshot, Trade
from barterpy.recording import Closed, Opened, Received, Record, RecordingReader

__all__ = ["PROBLEMS", "ConnectionReport", "Findings", "Problem", "SymbolReport"]

Problem: TypeAlias = Literal[
    "damage", "order", "unparsable", "gaps", "checksums", "duplicates", "sequence", "incomplete"
]

PROBLEMS: Final[dict[Problem, str]] = {
    "damage": "the file was cut or changed",
    "order": "messages that were received before the one in front of them",
    "unparsable": "messages that could not be understood",
    "gaps": "losses that the books noticed",
    "checksums": "books whose checksum was not the venue's",
    "duplicates": "trades that came twice",
    "sequence": "events numbered lower than the one in front of them",
    "incomplete": "order books whose snapshot is not recorded",
}
"""What can be wrong, and what it means. Every one makes the exit code 1 unless it is allowed."""

_REMEMBERED: Final = 1_000
"""Ids of trades kept for each symbol: what comes again later than that is not noticed."""
_MOST: Final = 10_000
_REST: Final = "…"
"""Where symbols and connections beyond so many are counted together."""
_EXAMPLES: Final = 5


class ConnectionReport(msgspec.Struct, kw_only=True):
    """One connection. Times are int nanoseconds UTC, ``silence`` is the longest time without a message, nanoseconds."""

    connection: str
    messages: int = 0
    payload_bytes: int = 0
    lives: int = 0
    disconnects: int = 0
    backwards: int = 0
    unparsable: int = 0
    silence: int = 0
    first_at: int | None = None
    last_at: int | None = None


class SymbolReport(msgspec.Struct, kw_only=True):
    """One instrument: how many events of it there are, and what is wrong with them."""

    instrument: str
    trades: int = 0
    books: int = 0
    others: int = 0
    gaps: int = 0
    checksums: int = 0
    resyncs: int = 0
    duplicates: int = 0
    sequence: int = 0


class _Seen:
    """What has to be remembered of an instrument to notice what comes twice or late."""

    __slots__ = ("ids", "known", "sequences")

    def __init__(self) -> None:
        self.ids: deque[str] = deque()
        self.known: set[str] = set()
        self.sequences: dict[type[Any], int] = {}

    def duplicate(self, id_: str) -> bool:
        if id_ in self.known:
            return True
        self.known.add(id_)
        self.ids.append(id_)
        if len(self.ids) > _REMEMBERED:
            self.known.discard(self.ids.popleft())
        return False

    def backwards(self, type_: type[Any], sequence: int | None) -> bool:
        if sequence is None:
            return False
        before = self.sequences.get(type_)
        self.sequences[type_] = sequence
        return before is not None and sequence < before


class Findings:
    """Fed with a recording's records, and with the events its venue makes of them."""

    def __init__(self) -> None:
        self.records: Counter[str] = Counter()
        """Records by kind, as the footer counts them."""
        self.connections: dict[str, ConnectionReport] = {}
        self.symbols: dict[str, SymbolReport] = {}
        self.reasons: Counter[str] = Counter()
        """Gaps by reason."""
        self.examples: list[str] = []
        """The first few messages that could not be understood: where, why, and how they begin."""
        self.damage: str | None = None
        self.incomplete: int = 0
        self.first_at: int | None = None
        self.last_at: int | None = None
        self._seen: dict[str, _Seen] = {}

    # Records.

    def observe(self, reader: RecordingReader) -> Iterator[Record]:
        """Every record of the reader, counted as it passes; damage ends it, and is kept in :attr:`damage`."""
        try:
            for record in reader:
                self._record(record)
                yield record
        except RecordingError as error:
            self.damage = error.reason
            return
        footer = reader.footer
        if footer is None:
            self.damage = "cut short: the footer is missing"
        elif footer.sha256 != reader.sha256:
            self.damage = "changed: the hash of its content is not the one in its footer"
        elif footer.counts != dict(self.records):
            self.damage = "changed: the counts are not those in its footer"

    def _record(self, record: Record) -> None:
        self.records[str(record.__struct_config__.tag)] += 1
        self.first_at = record.at if self.first_at is None else min(self.first_at, record.at)
        self.last_at = record.at if self.last_at is None else max(self.last_at, record.at)
        match record:
            case Received():
                report = self._connection(record.connection)
                report.messages += 1
                report.payload_bytes += len(record.payload)
                if report.last_at is None:
                    report.first_at = record.at
                elif record.at < report.last_at:
                    report.backwards += 1
                else:
                    report.silence = max(report.silence, record.at - report.last_at)
                report.last_at = max(record.at, report.last_at or 0)
            case Opened():
                self._connection(record.connection).lives += 1
            case Closed():
                self._connection(record.connection).disconnects += 1
            case _:
                pass

    # Events.

    def update(self, events: Iterable[Any]) -> None:
        """Take what the venue's transformer made of the records so far."""
        for event in events:
            match event:
                case MessageError():
                    self._connection(event.connection).unparsable += 1
                    if len(self.examples) < _EXAMPLES:
                        self.examples.append(f"{event.connection}: {event.reason}: {event.payload}")
                case Gap() | BookFailed():
                    report = self._symbol(event.instrument)
                    self.reasons[event.reason] += 1
                    if "checksum" in event.reason:
                        report.checksums += 1
                    else:
                        report.gaps += 1
                case Resynced():
                    self._symbol(event.instrument).resyncs += 1
                case Disconnected():
                    # Venues number some things anew on each connection; what was sent last is often sent again.
                    for seen in self._seen.values():
                        seen.sequences.clear()
                case _ if getattr(event, "instrument", None) and hasattr(event, "exchange_at"):
                    self._data(event)
                case _:
                    pass

    def _data(self, event: Any) -> None:
        report = self._symbol(event.instrument)
        seen = self._seen.setdefault(report.instrument, _Seen())
        kind: type[Any] = type(cast("object", event))
        if kind is Trade:
            report.trades += 1
            report.duplicates += seen.duplicate(event.id)
        elif kind in (BookSnapshot, BookDelta):
            report.books += 1
            if kind is BookSnapshot:  # it may be of before what was applied last, when the book began anew
                seen.sequences.pop(BookDelta, None)
        else:
            report.others += 1
        report.sequence += seen.backwards(kind, getattr(event, "sequence", None))

    # The sum of it.

    def problems(self) -> dict[Problem, int]:
        """How much of each kind there is, of those there are."""
        connections, symbols = self.connections.values(), self.symbols.values()
        found: dict[Problem, int] = {
            "damage": int(self.damage is not None),
            "order": sum(report.backwards for report in connections),
            "unparsable": sum(report.unparsable for report in connections),
            "gaps": sum(report.gaps for report in symbols),
            "checksums": sum(report.checksums for report in symbols),
            "duplicates": sum(report.duplicates for report in symbols),
            "sequence": sum(report.sequence for report in symbols),
            "incomplete": self.incomplete,
        }
        return {problem: count for problem, count in found.items() if count}

    def _connection(self, name: str) -> ConnectionReport:
        if name not in self.connections and len(self.connections) >= _MOST:
            name = _REST
        report = self.connections.get(name)
        if report is None:
            report = self.connections[name] = ConnectionReport(connection=name)
        return report

    def _symbol(self, name: str) -> SymbolReport:
        if name not in self.symbols and len(self.symbols) >= _MOST:
            name = _REST
        report = self.symbols.get(name)
        if report is None:
            report = self.symbols[name] = SymbolReport(instrument=name)
        return report
