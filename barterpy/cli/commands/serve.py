"""``barterpy serve``."""

from typing import Annotated, Any

import anyio
import orjson
from cyclopts import Parameter, validators

from barterpy.cli.failures import Exit
from barterpy.cli.options import Common, CommonOptions, ExistingFile
from barterpy.cli.render import date_text
from barterpy.cli.replayer import Replayer
from barterpy.cli.session import Session, run
from barterpy.cli.venues import find_venue, named_subscription
from barterpy.errors import ConfigurationError, ConnectError
from barterpy.jsonlines import event_kind
from barterpy.recording import Header, RecordingReader
from barterpy.subscription import Channel, Subscription

__all__ = ["serve"]

_PORT = validators.Number(gte=0, lte=65535)
_CHANNELS = {
    "trade": Channel.TRADES,
    "quote": Channel.QUOTES,
    "book_snapshot": Channel.BOOK,
    "book_delta": Channel.BOOK,
    "candle": Channel.CANDLES,
    "ticker": Channel.TICKERS,
    "mark_price": Channel.MARK_PRICES,
}
_LOOKED_AT = 1000
"""Events looked at to find one to suggest."""


def serve(
    file: ExistingFile,
    /,
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, Parameter(validator=_PORT)] = 0,
    rest_port: Annotated[int, Parameter(validator=_PORT)] = 0,
    speed: Annotated[float, Parameter(validator=validators.Number(gte=0))] = 1.0,
    seconds: Annotated[float | None, Parameter(name=("--seconds", "-s"), validator=validators.Number(gt=0))] = None,
    common: Common = CommonOptions,
) -> int:
    """Play a recording over a real WebSocket and REST server on this machine, to programs in any language.

    Every client gets the recording from its beginning, once it has subscribed, exactly as it came over the wire. The
    addresses are printed, and a command to try. It runs until Ctrl-C.

        barterpy serve btc.rec
        barterpy serve btc.rec --speed 10 --port 8765
        barterpy serve btc.rec --json | jq -r .ws_url

    Parameters
    ----------
    file
        A recording, made by barterpy record.
    host
        The address to listen on.
    port
        The port of the WebSocket; any free one for 0.
    rest_port
        The port of REST; any free one for 0.
    speed
        Times the pace of the recording; 0 for as fast as it goes.
    seconds
        Stop after this time.
    """

    async def work(session: Session) -> int:
        from barterpy.testing import ReplayServer

        with RecordingReader(file) as reader:
            header, example = reader.header, await _example(reader)
        server = ReplayServer(file, speed=speed or None, host=host, ws_port=port, rest_port=rest_port)
        try:
            # The scope is inside, so that the servers end in good order and not by cancellation.
            async with server:
                urls = {"ws_url": server.ws_url, "rest_url": server.rest_url}
                told = {"file": str(file), "venue": header.venue, **urls, "try": _command(header, example, **urls)}
                with session.until(seconds):
                    await _tell(session, header, told, speed)
                    await anyio.sleep_forever()
        except ConnectError as error:
            raise ConfigurationError(f"cannot listen: {error.reason}; choose another --port") from error
        return Exit.OK

    return run(work, common)


async def _tell(session: Session, header: Header, told: dict[str, str], speed: float) -> None:
    if session.common.json:
        await session.lines([orjson.dumps({"event": "serving", **told}).decode()])
        return
    pace = f"at {speed:g} times its pace" if speed else "as fast as it goes"
    when = f", made {date_text(header.created_at)}" if header.created_at else ""
    await session.lines(
        [
            f"WebSocket  {told['ws_url']}",
            f"REST       {told['rest_url']}",
            f"serves     {told['file']}{when}, {pace}",
            f"try        {told['try']}",
        ]
    )
    session.note("Ctrl-C ends it.")


async def _example(reader: RecordingReader) -> Subscription | None:
    """Something that is in the recording: what was subscribed, or else what comes first."""
    for name in reader.header.subscriptions:
        try:
            return named_subscription(name)
        except ConfigurationError:
            continue
    if not reader.header.venue:
        return None
    replayer = Replayer(reader, find_venue(reader.header.venue))
    seen = 0
    try:
        async for events in replayer:
            for event in events:
                channel = _CHANNELS.get(event_kind(event))
                if channel is not None:
                    return _subscription(channel, event)
            seen += len(events)
            if seen > _LOOKED_AT:
                break
    finally:
        await replayer.aclose()
    return None


def _subscription(channel: Channel, event: Any) -> Subscription:
    interval = event.interval if channel is Channel.CANDLES else None
    return Subscription(channel=channel, instrument=event.instrument, interval=interval)


def _command(header: Header, example: Subscription | None, ws_url: str, rest_url: str) -> str:
    venue = header.venue.replace("_", "-") or "VENUE"
    what = "CHANNEL SYMBOL" if example is None else f"{example.channel} {example.instrument}".rstrip()
    if example is not None and example.depth is not None:
        what += f" --depth {example.depth}"
    if example is not None and example.interval is not None:
        what += f" --interval {example.interval}"
    return f"barterpy watch {venue} {what} --ws-url {ws_url} --rest-url {rest_url}"
