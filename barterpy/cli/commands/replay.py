"""``barterpy replay``."""

import sys
from typing import Annotated, Any, Final

import anyio
from cyclopts import Parameter, validators
from rich.console import Console

from barterpy.cli.countdown import Countdown
from barterpy.cli.failures import DataProblem, Exit
from barterpy.cli.monitor import Monitor
from barterpy.cli.options import Common, CommonOptions, ExistingFile, Until, UntilOptions
from barterpy.cli.progress import Progress
from barterpy.cli.render import counted, event_line
from barterpy.cli.replayer import Replayer
from barterpy.cli.session import Session, run
from barterpy.cli.tables import CHANNEL_COLUMNS, DEMO_COLUMNS, Column, LiveTable
from barterpy.cli.venues import VenueEntry, find_venue, named_subscription
from barterpy.errors import ConfigurationError, RecordingError
from barterpy.recording import RecordingReader

__all__ = ["replay"]

_BLOCK: Final = 256
"""Events printed at once, when they come as fast as they go."""


def replay(
    file: ExistingFile,
    /,
    *,
    speed: Annotated[float | None, Parameter(validator=validators.Number(gt=0))] = None,
    venue: str | None = None,
    until: Until = UntilOptions,
    common: Common = CommonOptions,
) -> int:
    """Run a recording through its venue's transformers and print the events, as they came on that day.

    As fast as it goes, or at the pace of the recording with `--speed 1`, twice as fast with `--speed 2`; with a speed,
    a terminal shows a live table. The same recording gives the same lines every time. A recording that was cut gives
    everything up to the cut, and exit code 1.

        barterpy replay btc.rec
        barterpy replay btc.rec --speed 10
        barterpy replay btc.rec --json > btc.jsonl

    Parameters
    ----------
    file
        A recording, made by barterpy record.
    speed
        Times the pace of the recording; as fast as it goes when not given.
    venue
        The venue, where the recording does not say it.
    """

    async def work(session: Session) -> int:
        with RecordingReader(file) as reader:
            entry = _entry(venue or reader.header.venue)
            replayer = Replayer(reader, entry, reader.header.subscriptions, speed)
            failure: RecordingError | None = None
            countdown = Countdown(until.count)
            try:
                with session.until(until.seconds):
                    await _run(session, replayer, countdown, f"{entry.name} {file.name}", _columns(reader))
            except RecordingError as error:
                failure = error
            finally:
                await replayer.aclose()
        if session.exit is not None or session.scope.cancelled_caught or countdown.done:
            return Exit.OK
        if failure is not None:
            raise DataProblem(str(failure)) from failure
        problems: list[str] = []
        if reader.truncated:
            problems.append("the recording was cut short: its footer is missing")
        if replayer.problems:
            problems.append(
                f"{counted(replayer.problems, 'message')} could not be understood, see the message_error lines"
            )
        if replayer.unanswered:
            problems.append(f"order books whose snapshot is not recorded: {replayer.unanswered}")
        if problems:
            raise DataProblem(f"{file}: {'; '.join(problems)}")
        return Exit.OK

    return run(work, common)


def _entry(name: str) -> VenueEntry:
    if not name:
        raise ConfigurationError("the recording does not say of which venue it is; name it with --venue")
    return find_venue(name)


def _columns(reader: RecordingReader) -> tuple[Column, ...]:
    """Those of the recording's channel, or of several at once."""
    try:
        channels = {named_subscription(name).channel for name in reader.header.subscriptions}
    except ConfigurationError:
        return DEMO_COLUMNS
    return CHANNEL_COLUMNS[channels.pop()] if len(channels) == 1 else DEMO_COLUMNS


async def _run(
    session: Session, replayer: Replayer, countdown: Countdown, title: str, columns: tuple[Column, ...]
) -> None:
    if replayer.paced and sys.stdout.isatty() and not session.common.json:
        monitor = Monitor()
        with LiveTable(Console(), monitor, columns, title) as live:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(live.keep_drawing)
                await _each(replayer, countdown, monitor)
                tasks.cancel_scope.cancel()
            live.draw(anyio.current_time())
        return
    block: list[Any] = []
    progress = Progress(session, "replaying")
    try:
        with progress:
            async for events in replayer:
                progress.update(lambda: f"{replayer.messages} messages")
                block += countdown.take(events)
                if len(block) >= _BLOCK or replayer.paced:
                    await _write(session, block)
                    block = []
                if countdown.done:
                    break
    except RecordingError:
        await _write(session, block)  # what was read before the damage
        raise
    await _write(session, block)


async def _each(replayer: Replayer, countdown: Countdown, monitor: Monitor) -> None:
    async for events in replayer:
        monitor.update(countdown.take(events))
        if countdown.done:
            return


async def _write(session: Session, events: list[Any]) -> None:
    if session.common.json:
        await session.events(events)
    else:
        await session.lines(map(event_line, events))
