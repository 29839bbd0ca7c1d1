"""``barterpy check``."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import anyio.lowlevel
import msgspec
from cyclopts import Parameter

from barterpy.cli.failures import DataProblem, Exit
from barterpy.cli.findings import PROBLEMS, Findings, Problem
from barterpy.cli.options import Common, CommonOptions, ExistingFile
from barterpy.cli.progress import Progress
from barterpy.cli.render import bytes_text, date_text, duration_text, text_table
from barterpy.cli.replayer import Replayer
from barterpy.cli.session import Session, run
from barterpy.cli.venues import VenueEntry, find_venue
from barterpy.errors import RecordingError
from barterpy.recording import RecordingReader

__all__ = ["check"]

_STEP = 512
"""Records between two looks at whether somebody wants it to stop, where no venue is known."""

_CONNECTIONS = ("connection", "messages", "bytes", "lives", "closed", "silence", "order", "unparsable")
_SYMBOLS = ("symbol", "trades", "books", "others", "gaps", "checksums", "resyncs", "duplicates", "sequence")


def check(
    file: ExistingFile,
    /,
    *,
    venue: str | None = None,
    allow: Annotated[tuple[Problem, ...], Parameter(negative=(), consume_multiple=True, show_default=False)] = (),
    common: Common = CommonOptions,
) -> int:
    """Look for everything that is wrong with a recording: a report for people, an exit code for CI.

    The file: whether it is whole, its hash, the order of receipt, the longest silence of each connection. The messages,
    through their venue's own transformers: what cannot be understood, gaps and checksum failures of books, trades
    that came twice, numbers that went back, books that never became whole. It reads as it goes, so a recording of
    days needs no more memory than one of minutes.

    The exit code is 0 when nothing is wrong but what is allowed, and 1 otherwise.

        barterpy check btc.rec
        barterpy check btc.rec --json | jq .problems
        barterpy check btc.rec --quiet --allow gaps duplicates && echo good

    Parameters
    ----------
    file
        A recording, made by barterpy record.
    venue
        The venue, where the recording does not say it. Without any, messages are counted and not understood.
    allow
        What does not make the exit code 1.
    """

    async def work(session: Session) -> int:
        findings = Findings()
        try:
            reader = RecordingReader(file)
        except RecordingError as error:
            raise DataProblem(str(error)) from error
        with reader:
            name = venue or reader.header.venue
            entry = find_venue(name) if name else None
            with session.until(None), Progress(session, "checking") as progress:
                await _read(findings, reader, entry, progress)
        if session.exit is not None:
            return session.exit
        if common.json:
            await session.lines([msgspec.json.encode(_members(file, reader, findings, entry, allow)).decode()])
        elif not common.quiet:
            await session.lines(_lines(file, reader, findings, entry))
        wrong: list[Problem] = [problem for problem in findings.problems() if problem not in allow]
        if wrong:
            raise DataProblem(f"{file}: {'; '.join(_said(findings, wrong))}")
        return Exit.OK

    return run(work, common)


async def _read(findings: Findings, reader: RecordingReader, entry: VenueEntry | None, progress: Progress) -> None:
    def said() -> str:
        return f"{findings.records.total()} records, {len(findings.problems())} kinds of problems"

    records = findings.observe(reader)
    if entry is None:
        for number, _ in enumerate(records):
            progress.update(said)
            if number % _STEP == 0:
                await anyio.lowlevel.checkpoint()
        return
    replayer = Replayer(records, entry, reader.header.subscriptions)
    try:
        async for events in replayer:
            progress.update(said)
            findings.update(events)
    finally:
        await replayer.aclose()
    findings.incomplete = replayer.unanswered


def _said(findings: Findings, problems: Iterable[Problem]) -> list[str]:
    counts = findings.problems()
    return [
        findings.damage or "" if name == "damage" else f"{name}: {counts[name]} ({PROBLEMS[name]})" for name in problems
    ]


def _members(
    file: Path, reader: RecordingReader, findings: Findings, entry: VenueEntry | None, allow: Sequence[Problem]
) -> dict[str, Any]:
    problems = findings.problems()
    return {
        "file": str(file),
        "ok": not set(problems) - set(allow),
        "problems": problems,
        "allowed": list(allow),
        "damage": findings.damage,
        "sha256": reader.sha256,
        "file_bytes": file.stat().st_size,
        "venue": None if entry is None else entry.name,
        "subscriptions": reader.header.subscriptions,
        "first_at": findings.first_at,
        "last_at": findings.last_at,
        "records": findings.records.total(),
        "counts": dict(findings.records),
        "gap_reasons": dict(findings.reasons),
        "unparsable": findings.examples,
        "connections": list(findings.connections.values()),
        "symbols": [findings.symbols[name] for name in sorted(findings.symbols)],
    }


def _lines(file: Path, reader: RecordingReader, findings: Findings, entry: VenueEntry | None) -> list[str]:
    lines = [f"{file}: {bytes_text(file.stat().st_size)}"]
    lines.append(f"  venue    {'not said: messages are counted and not understood' if entry is None else entry.name}")
    if findings.first_at is not None and findings.last_at is not None:
        lines.append(f"  from     {date_text(findings.first_at)}")
        lines.append(f"  to       {date_text(findings.last_at)}")
        lines.append(f"  lasts    {duration_text(findings.last_at - findings.first_at)}")
    lines.append(f"  records  {findings.records.total()}")
    lines.append(f"  sha256   {reader.sha256}")
    lines.append(f"  file     {findings.damage or 'whole and unchanged'}")
    if findings.connections:
        rows = [
            (
                report.connection,
                str(report.messages),
                bytes_text(report.payload_bytes),
                str(report.lives),
                str(report.disconnects),
                duration_text(report.silence),
                str(report.backwards),
                str(report.unparsable),
            )
            for report in findings.connections.values()
        ]
        lines += ["", *text_table(_CONNECTIONS, rows)]
    if findings.symbols:
        cells = [msgspec.structs.astuple(findings.symbols[name]) for name in sorted(findings.symbols)]
        lines += ["", *text_table(_SYMBOLS, [[str(cell) for cell in row] for row in cells])]
    if findings.reasons:
        lines += ["", *(f"gap: {reason}, {count} times" for reason, count in findings.reasons.most_common(10))]
    if findings.examples:
        lines += ["", *(f"not understood: {example}" for example in findings.examples)]
    verdict = "; ".join(_said(findings, findings.problems())) or "nothing is wrong"
    return [*lines, "", f"verdict: {verdict}"]
