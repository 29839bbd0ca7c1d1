"""``barterpy parse``."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import anyio
import msgspec
from cyclopts import Parameter

from barterpy.cli.failures import DataProblem, Exit
from barterpy.cli.lines import LineReader, open_input
from barterpy.cli.offline import OfflineTransport, Pipeline, answered
from barterpy.cli.options import Common, CommonOptions, ExistingFile
from barterpy.cli.progress import Progress
from barterpy.cli.render import counted, event_line
from barterpy.cli.session import Session, run
from barterpy.cli.venues import VenueOptions, find_venue
from barterpy.errors import ConfigurationError

__all__ = ["parse"]

_BLOCK: Final = 512
"""Events printed at once at most, when lines come faster than that."""


def parse(
    venue: str,
    file: Annotated[Path, Parameter(allow_leading_hyphen=True)] = Path("-"),
    /,
    *,
    rest: ExistingFile | None = None,
    received_at: int = 0,
    text: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    common: Common = CommonOptions,
) -> int:
    """Turn raw messages of a venue, one a line, into normalised events, as JSON lines.

    The same input gives the same output, byte for byte. Lines come out as lines go in, so it works in a pipe. A line
    that cannot be understood becomes a `message_error` in its place, whose `connection` is file and line; the others
    flow on and the exit code is 1.

    Order books begin with a snapshot that venues give over REST: put those answers in a file of lines
    `{"url": "https://…/depth?symbol=BTCUSDT", "body": …}`, the body as JSON or as text, and pass it with `--rest`.

        barterpy parse binance-futures messages.txt > events.jsonl
        barterpy parse binance-futures messages.txt --rest answers.jsonl
        zstdcat messages.zst | barterpy parse binance - | jq -c '[.event, .price]'

    Parameters
    ----------
    venue
        A name that barterpy venues lists.
    file
        Raw messages, one a line; - for standard input.
    rest
        REST answers, as lines of {"url": …, "body": …}.
    received_at
        The received_at of every event, nanoseconds UTC: a line does not say when it was received.
    text
        Lines for people instead of JSON.
    """
    entry = find_venue(venue)
    descriptor, name = open_input(file)

    async def work(session: Session) -> int:
        async def write(events: list[Any]) -> None:
            if text and not common.json:
                await session.lines(map(event_line, events))
            else:
                await session.events(events)

        with LineReader(descriptor) as reader:
            transport = OfflineTransport(_read_answers(rest))
            made = entry.make(VenueOptions(transport=transport))

            pipeline = Pipeline(made.name, name, made.parser(), made.transformer())
            events: list[Any] = []
            with Progress(session, "reading") as progress, session.until(None):
                async for number, line in reader:
                    progress.update(partial(_progress, name, number, pipeline.problems))
                    pipeline.where = f"{name}:{number}"
                    events += await pipeline.push(_text(line), received_at)
                    if pipeline.fetches:
                        events += await answered(pipeline, made.fetch, received_at)
                    if not reader.ready or len(events) >= _BLOCK:
                        await write(events)
                        events = []
                await write(await pipeline.end())
            with anyio.move_on_after(5, shield=True):
                await made.aclose()
        if session.exit is not None:
            return session.exit
        problems: list[str] = []
        if pipeline.problems:
            problems.append(
                f"{counted(pipeline.problems, 'message')} could not be understood, see the message_error lines"
            )
        if transport.missing:
            problems.append(_unanswered(transport.missing, rest))
        if problems:
            raise DataProblem("; ".join(problems))
        return Exit.OK

    return run(work, common)


def _progress(name: str, number: int, problems: int) -> str:
    return f"{name}: {number} lines, {problems} not understood"


def _text(line: bytes) -> str | bytes:
    # What is not UTF-8 stays bytes: the parser says so, in its place.
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line


class _Answer(msgspec.Struct):
    url: str
    body: msgspec.Raw  # its very bytes: decoding would cost digits of numbers


def _unanswered(missing: list[str], rest: Path | None) -> str:
    where = "give the answers with --rest" if rest is None else f"{rest} does not have the answers"
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return f"order books are not complete: no REST answer for {missing[0]}{more}; {where}"


def _read_answers(path: Path | None) -> list[tuple[str, bytes]]:
    """The REST answers of a file.

    :raises barterpy.errors.ConfigurationError: a line is not ``{"url": …, "body": …}``
    """
    answers: list[tuple[str, bytes]] = []
    if path is None:
        return answers
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            answer = msgspec.json.decode(line, type=_Answer)
            body = bytes(answer.body)
            answers.append((answer.url, msgspec.json.decode(body, type=str).encode() if body[:1] == b'"' else body))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f'{path}, line {number}: not {{"url": …, "body": …}}: {error}') from error
    return answers
