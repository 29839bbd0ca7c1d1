"""``barterpy watch``."""

import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
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
from barterpy.cli.stats import Board, StatsTable, table_lines
from barterpy.cli.tables import CHANNEL_COLUMNS, LiveTable
from barterpy.cli.venues import VenueOptions, find_venue, make_subscriptions
from barterpy.connection import Connection
from barterpy.market import EventStream, event_stream, market_stream
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
    stats: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    every: Annotated[float, Parameter(validator=validators.Number(gt=0))] = 1.0,
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
        barterpy watch binance trades BTCUSDT --json | jq -c '[.event, .price]'
        barterpy watch binance-futures book BTCUSDT ETHUSDT --stats
        barterpy watch binance trades BTCUSDT --stats --every 60 --json >> s.jsonl

    Parameters
    ----------
    venue
        A name that barterpy venues lists.
    channel
        What to watch.
    symbols
        The venue's own names (BTCUSDT) or unified ones (BTC/USDT, BTC/USDT:USDT).
    depth
        Levels a side of a book; the whole book when not given.
    interval
        Length of candles (1s, 1m, 1h, 1d), or the pace of a book (100ms).
    lines
        One line an event, also in a terminal.
    stats
        One row a connection instead of the data: state, epoch, uptime, rates, lags, reconnects, gaps, last event.
    every
        Seconds between two tables of --stats without a terminal, or with --json.
    """
    entry = find_venue(venue)
    subscriptions = make_subscriptions(entry, channel, symbols, depth, interval)

    title = f"{entry.name} {channel}"

    async def work(session: Session) -> int:
        made = entry.make(VenueOptions(endpoints=endpoints))
        countdown = Countdown(until.count)
        try:
            if stats:
                await _stats(session, Board(made.connections(subscriptions)), countdown, until.seconds, every, title)
                return Exit.OK
            with session.until(until.seconds):
                async with market_stream(made, subscriptions) as stream:
                    if common.json:
                        await _print(stream, countdown, session.events)
                    elif lines or not sys.stdout.isatty():
                        await _print(stream, countdown, lambda batch: session.lines(map(event_line, batch)))
                    else:
                        await _draw(stream, countdown, channel, title)
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


async def _stats(
    session: Session, board: Board, countdown: Countdown, seconds: float | None, every: float, title: str
) -> None:
    async def tell() -> None:
        if session.common.json:
            await session.events(board.rows())
        else:
            await session.lines([*table_lines(board.rows()), ""])

    if sys.stdout.isatty() and not session.common.json:
        with StatsTable(Console(), board, title) as table:
            with session.until(seconds):
                await _collect(board, countdown, table.keep_drawing)
            table.draw()
        return

    async def keep_telling() -> None:
        while True:
            await anyio.sleep(every)
            await tell()

    with session.until(seconds):
        await _collect(board, countdown, keep_telling)
    await tell()


async def _collect(board: Board, countdown: Countdown, show: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run every connection of the board, until all have ended or enough was counted."""

    async def collect(connection: Connection[Any]) -> None:
        # A stream a connection: then each batch is known to be of that connection.
        async with event_stream(connection) as stream:
            async for batch in stream.batches():
                board.update(connection.name, countdown.take(batch))
                if countdown.done:
                    collectors.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(show)
        async with anyio.create_task_group() as collectors:
            for connection in board.connections:
                collectors.start_soon(collect, connection)
        tasks.cancel_scope.cancel()
