"""``barterpy watch``."""

import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

import anyio
from cyclopts import Parameter, validators
from rich.console import Console

from barterpy.cli.countdown import Countdown
from barterpy.cli.failures import Exit
from barterpy.cli.monitor import Monitor
from barterpy.cli.options import ChannelName, Common, CommonOptions, EndpointOptions, Endpoints, Until, UntilOptions
from barterpy.cli.render import event_line
from barterpy.cli.session import Session, run
from barterpy.cli.tables import CHANNEL_COLUMNS, LiveTable
from barterpy.cli.venues import VenueOptions, find_venue, make_subscriptions
from barterpy.market import EventStream, market_stream
from barterpy.subscription import Channel

__all__ = ["watch"]


def watch(
    venue: str,
    channel: ChannelName,
    /,
    *symbols: str,
    depth: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    interval: str | None = None,
    lines: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    endpoints: Endpoints = EndpointOptions,
    until: Until = UntilOptions,
    common: Common = CommonOptions,
) -> int:
    """Show a live stream: a table in a terminal, lines elsewhere, JSON lines with `--json`.

    The connection is supervised: when it breaks it is made again, and what happened is shown among the data.

        barterpy watch binance trades BTC/USDT ETH/USDT
        barterpy watch binance-futures book BTC/USDT:USDT --depth 20
        barterpy watch binance candles BTCUSDT --interval 5m
        barterpy watch binance quotes BTCUSDT --json --count 1000 > quotes.jsonl
        barterpy watch binance trades BTCUSDT --json | jq -r 'select(.event == "trade") | .price'

    Parameters
    ----------
    venue
        A name that `barterpy venues` lists.
    channel
        What to watch.
    symbols
        The venue's own names (`BTCUSDT`) or unified ones (`BTC/USDT`, `BTC/USDT:USDT`).
    depth
        Levels a side of a book; the whole book when not given.
    interval
        Length of candles (`1s`, `1m`, `1h`, `1d`), or the pace of a book (`100ms`).
    lines
        One line an event, also in a terminal.
    """
    entry = find_venue(venue)
    subscriptions = make_subscriptions(entry, channel, symbols, depth, interval)

    async def work(session: Session) -> int:
        made = entry.make(VenueOptions(endpoints=endpoints))
        try:
            with session.until(until.seconds):
                async with market_stream(made, subscriptions) as stream:
                    countdown = Countdown(until.count)
                    if common.json:
                        await _print(stream, countdown, session.events)
                    elif lines or not sys.stdout.isatty():
                        await _print(stream, countdown, lambda batch: session.lines(map(event_line, batch)))
                    else:
                        await _draw(stream, countdown, channel, f"{entry.name} {channel}")
        finally:
            with anyio.move_on_after(5, shield=True):
                await made.aclose()
        return Exit.OK

    return run(work, common)


async def _print(
    stream: EventStream[Any], countdown: Countdown, write: Callable[[Sequence[Any]], Awaitable[None]]
) -> None:
    async for batch in stream.batches():
        await write(countdown.take(batch))
        if countdown.done:
            return


async def _draw(stream: EventStream[Any], countdown: Countdown, channel: Channel, title: str) -> None:
    monitor = Monitor()
    with LiveTable(Console(), monitor, CHANNEL_COLUMNS[channel], title) as table:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(table.keep_drawing)
            async for batch in stream.batches():
                monitor.update(countdown.take(batch))
                if countdown.done:
                    break
            tasks.cancel_scope.cancel()
        table.draw(anyio.current_time())
