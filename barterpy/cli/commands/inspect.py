"""``barterpy inspect``."""

from typing import Any

import orjson

from barterpy.cli.failures import DataProblem, Exit
from barterpy.cli.options import Common, CommonOptions, ExistingFile
from barterpy.cli.render import bytes_text, date_text, duration_text
from barterpy.cli.session import Session, run
from barterpy.recording import Report, verify

__all__ = ["inspect"]


def inspect(file: ExistingFile, /, *, common: Common = CommonOptions) -> int:
    """Tell what is in a recording, and check that it is whole and unchanged.

    Counts and hash are checked against the footer. The exit code is 0 for a whole recording and 1 for one that was cut
    or changed, whose readable part is still described.

        barterpy inspect btc.rec
        barterpy inspect btc.rec --json | jq .ok
        barterpy inspect btc.rec --quiet && echo whole

    Parameters
    ----------
    file
        A recording.
    """

    async def work(session: Session) -> int:
        report = verify(file)
        if common.json:
            await session.lines([orjson.dumps(_members(report, file.stat().st_size)).decode()])
        elif not common.quiet:
            await session.lines(_lines(report, file.stat().st_size))
        if report.problem is not None:
            raise DataProblem(f"{file}: {report.problem}")
        return Exit.OK

    return run(work, common)


def _members(report: Report, size: int) -> dict[str, Any]:
    header = report.header
    return {
        "file": report.path,
        "ok": report.ok,
        "problem": report.problem,
        "file_bytes": size,
        "venue": None if header is None else header.venue,
        "subscriptions": [] if header is None else header.subscriptions,
        "created_at": None if header is None else header.created_at,
        "first_at": report.first_at,
        "last_at": report.last_at,
        "records": report.records,
        "counts": report.counts,
    }


def _lines(report: Report, size: int) -> list[str]:
    lines = [f"{report.path}: {bytes_text(size)}"]
    header = report.header
    if header is not None:
        lines.append(f"  venue          {header.venue or 'not said'}")
        lines.append(f"  subscriptions  {', '.join(header.subscriptions) or 'not said'}")
    if report.first_at is not None and report.last_at is not None:
        lines.append(f"  from           {date_text(report.first_at)}")
        lines.append(f"  to             {date_text(report.last_at)}")
        lines.append(f"  lasts          {duration_text(report.last_at - report.first_at)}")
    counts = ", ".join(f"{count} {kind}" for kind, count in report.counts.items())
    lines.append(f"  records        {report.records}{f': {counts}' if counts else ''}")
    lines.append(f"  state          {report.problem or 'whole and unchanged'}")
    return lines
