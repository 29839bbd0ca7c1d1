"""``barterpy record``."""

from pathlib import Path
from typing import Annotated, Any

import anyio
import orjson
from cyclopts import Parameter, validators
from rich.console import Console
from rich.status import Status

from barterpy.cli.capture import Capture
from barterpy.cli.countdown import Countdown
from barterpy.cli.failures import Exit
from barterpy.cli.monitor import Meter
from barterpy.cli.options import (
    ChannelName,
    Common,
    CommonOptions,
    EndpointOptions,
    Endpoints,
    Until,
    UntilOptions,
)
from barterpy.cli.render import bytes_text, event_line
from barterpy.cli.session import Session, run
from barterpy.cli.venues import VenueOptions, find_venue, make_subscriptions
from barterpy.errors import ConfigurationError
from barterpy.events import LifecycleEvent
from barterpy.market import event_stream
from barterpy.recording import RecordingWriter
from barterpy.subscription import Subscription

__all__ = ["record"]


def record(
    venue: str,
    channel: ChannelName,
    /,
    *symbols: str,
    output: Annotated[Path, Parameter(name=("--output", "-o"))],
    depth: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    interval: str | None = None,
    endpoints: Endpoints = EndpointOptions,
    until: Until = UntilOptions,
    common: Common = CommonOptions,
) -> int:
    """Record a live stream exactly as it comes over the wire, REST answers included.

    It runs until `--seconds` or `--count` are reached, or until Ctrl-C; in every case the file ends with a proper
    footer. What is in it before a crash stays readable. Replay it with `barterpy replay`, serve it to other programs
    with `barterpy serve`, look at it with `barterpy inspect`.

        barterpy record binance-futures trades BTCUSDT -o btc.rec
        barterpy record binance book BTC/USDT ETH/USDT -o books.rec --seconds 60
        barterpy record binance trades BTCUSDT -o btc.rec --count 1000 --quiet

    Parameters
    ----------
    venue
        A name that barterpy venues lists.
    channel
        What to record.
    symbols
        The venue's own names (BTCUSDT) or unified ones (BTC/USDT, BTC/USDT:USDT).
    output
        The file to write; it must not exist yet.
    depth
        Levels a side of a book; the whole book when not given.
    interval
        Length of candles, or the pace of a book.
    """
    entry = find_venue(venue)
    subscriptions = make_subscriptions(entry, channel, symbols, depth, interval)
    name = entry.make(VenueOptions(endpoints=endpoints)).name
    _refuse_to_overwrite(output)

    async def work(session: Session) -> int:
        writer = RecordingWriter(output, venue=name, subscriptions=[each.name for each in subscriptions])
        async with writer:
            capture = Capture(entry, endpoints, writer)
            try:
                with session.until(until.seconds):
                    await _capture(session, capture, subscriptions, until.count)
            finally:
                with anyio.move_on_after(5, shield=True):
                    await capture.aclose()
        await _summary(session, capture, output, _file_size(output))
        return Exit.OK

    return run(work, common)


def _file_size(path: Path) -> int:
    return path.stat().st_size


def _refuse_to_overwrite(path: Path) -> None:
    """Say what to do about a file that is there already, or a folder that is not.

    :raises barterpy.errors.ConfigurationError: either
    """
    if path.exists():
        raise ConfigurationError(f"{path} exists already and is never written over; choose another name")
    if not path.parent.is_dir():
        raise ConfigurationError(f"there is no folder {path.parent} to write {path.name} into")


async def _capture(session: Session, capture: Capture, subscriptions: list[Subscription], count: int | None) -> None:
    countdown = Countdown(count)
    async with event_stream(*capture.connections(subscriptions)) as stream, anyio.create_task_group() as tasks:
        if session.progress:
            tasks.start_soon(_progress, capture)
        async for batch in stream.batches():
            events = countdown.take(batch)
            if session.common.json:
                await session.events(event for event in events if isinstance(event, LifecycleEvent))
            elif not session.progress:
                for event in events:
                    if isinstance(event, LifecycleEvent):
                        session.note(event_line(event))
            if countdown.done:
                break
        tasks.cancel_scope.cancel()


async def _progress(capture: Capture) -> None:
    meter = Meter()
    with Status("connecting", console=Console(stderr=True)) as status:
        while True:
            meter.count = capture.messages
            rate = meter.rate(anyio.current_time())
            status.update(
                f"{capture.messages} messages, {bytes_text(capture.payload_bytes)}, {rate:.0f} messages/s; Ctrl-C ends"
            )
            await anyio.sleep(0.25)


async def _summary(session: Session, capture: Capture, output: Path, size: int) -> None:
    if session.common.json:
        summary: dict[str, Any] = {
            "event": "summary",
            "file": str(output),
            "messages": capture.messages,
            "payload_bytes": capture.payload_bytes,
            "file_bytes": size,
        }
        await session.lines([orjson.dumps(summary).decode()])
    else:
        session.note(
            f"{output}: {capture.messages} messages, {bytes_text(capture.payload_bytes)} in {bytes_text(size)} of file"
        )
