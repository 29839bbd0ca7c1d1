"""``barterpy demo``."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, Final

import anyio
import msgspec
from cyclopts import Parameter, validators
from rich.console import Console

from barterpy.cli.capture import Capture
from barterpy.cli.demonstration import DemoFile, DemoSummary, same_levels
from barterpy.cli.failures import DataProblem, Exit
from barterpy.cli.monitor import Monitor, Note
from barterpy.cli.options import Common, CommonOptions, Endpoints
from barterpy.cli.parquet import ParquetSink
from barterpy.cli.render import clock_text, event_line
from barterpy.cli.session import Session, run
from barterpy.cli.tables import DEMO_COLUMNS, LiveTable
from barterpy.cli.venues import find_venue
from barterpy.clock import wall_clock
from barterpy.errors import ConfigurationError
from barterpy.events import Connected, LifecycleEvent
from barterpy.market import event_stream
from barterpy.recording import SUFFIX, RecordingWriter, verify
from barterpy.subscription import Subscription, book, quotes, trades

__all__ = ["demo"]

_SYMBOLS: Final = {"BTC/USDT:USDT": "BTCUSDT", "ETH/USDT:USDT": "ETHUSDT", "SOL/USDT:USDT": "SOLUSDT"}
_SETTLE: Final = 5.0
"""Seconds in which the books must equal the venue's, once its market stands still."""
_QUIET: Final = 0.25
"""Seconds without a message after which nothing is on its way any more."""
_RATE: Final = 40.0
_NAMES: Final = (f"market{SUFFIX}", "trades.parquet", "quotes.parquet")


def demo(
    *,
    output: Annotated[Path, Parameter(name=("--output", "-o"))] = Path("demo-output"),
    seconds: Annotated[float, Parameter(name=("--seconds", "-s"), validator=validators.Number(gte=3))] = 15.0,
    common: Common = CommonOptions,
) -> int:
    """Show the whole stack at work, without a network or an account.

    A simulated venue starts on this machine and speaks Binance futures' WebSocket and REST. Trades, quotes and order
    books of three symbols are collected from it, through the same code that collects them from the real one; half way,
    the connection is broken without a word, and recovers. What came over the wire goes into a recording, trades and
    quotes into Parquet. In the end the market stands still and every book is compared with the venue's own.

    The exit code is 0 when the books are equal, the connection recovered and the files are whole, and 1 otherwise.

        barterpy demo
        barterpy demo --seconds 60 --output /tmp/demo
        barterpy demo --json | jq -c .event
        barterpy replay demo-output/market.barterpy.zst --speed 1

    Parameters
    ----------
    output
        The folder to write into; files of an earlier demo are replaced.
    seconds
        How long it collects.
    """
    paths = _prepare(output)

    async def work(session: Session) -> int:
        demonstration = _Demonstration(session, paths, seconds)
        summary = await demonstration.run()
        if common.json:
            await session.lines([msgspec.json.encode(summary).decode()])
        elif not common.quiet:
            await session.lines(["", *summary.lines()])
            await session.lines(["", f"now try     barterpy replay {paths[0]} --speed 1"])
        if session.exit is None and summary.problems:
            raise DataProblem("; ".join(summary.problems))
        return Exit.OK

    return run(work, common)


def _prepare(output: Path) -> tuple[Path, Path, Path]:
    """The files to write, none of which is there any more.

    :raises barterpy.errors.ConfigurationError: it is no folder, or cannot be made one
    """
    recording, trades_file, quotes_file = (output / name for name in _NAMES)
    try:
        output.mkdir(parents=True, exist_ok=True)
        for path in (recording, trades_file, quotes_file):
            path.unlink(missing_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigurationError(f"cannot write into {output}: {reason}; choose another --output") from error
    return recording, trades_file, quotes_file


class _Demonstration:
    """One run: the venue, the collector, and what is shown meanwhile."""

    def __init__(self, session: Session, paths: tuple[Path, Path, Path], seconds: float) -> None:
        from barterpy.testing.simulated import SimulatedVenue

        self.session = session
        self.seconds = seconds
        self.monitor = Monitor()
        self.recording, self.trades, self.quotes = paths
        self.venue = SimulatedVenue("futures", symbols=_SYMBOLS.values(), seed=1, rate=_RATE)
        self.cuts = 0
        self.downtime: int | None = None
        self.books: dict[str, bool] = {}
        self.levels = 0
        self.lag: float | None = None
        self.messages = 0
        self._began = 0.0
        self._settling = False
        self._equal = anyio.Event()

    async def run(self) -> DemoSummary:
        subscriptions: list[Subscription] = [make(symbol) for symbol in _SYMBOLS for make in (trades, quotes, book)]
        names = [subscription.name for subscription in subscriptions]
        writer = RecordingWriter(self.recording, venue="binance_futures", subscriptions=names)
        with ExitStack() as files:
            sinks = [
                files.enter_context(ParquetSink(self.trades, "trade")),
                files.enter_context(ParquetSink(self.quotes, "quote")),
            ]
            async with self.venue, writer:
                self._began = anyio.current_time()
                endpoints = Endpoints(ws_url=self.venue.ws_url, rest_url=self.venue.rest_url)
                capture = Capture(find_venue("binance-futures"), endpoints, writer)
                try:
                    with self.session.until(None):
                        await self._show(capture, subscriptions, sinks)
                finally:
                    with anyio.move_on_after(5, shield=True):
                        await capture.aclose()
                self.messages = capture.messages
        return self._summary(anyio.current_time() - self._began, sinks)

    async def _show(self, capture: Capture, subscriptions: list[Subscription], sinks: list[ParquetSink]) -> None:
        common = self.session.common
        if common.json or common.quiet or not sys.stdout.isatty():
            async with anyio.create_task_group() as tasks:
                if not (common.json or common.quiet):
                    tasks.start_soon(self._progress)
                await self._collect(capture, subscriptions, sinks)
                tasks.cancel_scope.cancel()
            return
        with LiveTable(Console(), self.monitor, DEMO_COLUMNS, "barterpy demo") as table:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._draw, table)
                await self._collect(capture, subscriptions, sinks)
                tasks.cancel_scope.cancel()
            table.title = "barterpy demo"
            table.draw(anyio.current_time())

    async def _collect(self, capture: Capture, subscriptions: list[Subscription], sinks: list[ParquetSink]) -> None:
        async with event_stream(*capture.connections(subscriptions)) as stream, anyio.create_task_group() as tasks:
            tasks.start_soon(self._script, tasks.cancel_scope)
            async for events in stream.batches():
                self.monitor.update(events)
                for event in events:
                    if isinstance(event, Connected) and event.downtime is not None:
                        self.downtime = max(event.downtime, self.downtime or 0)
                    for sink in sinks:
                        sink.write(event)
                if self._settling and self._compare():
                    self._equal.set()
                await self._tell([event for event in events if isinstance(event, LifecycleEvent)])

    async def _script(self, done: anyio.CancelScope) -> None:
        """What happens and when: half way the cut, at the end the comparison."""
        await anyio.sleep(self.seconds * 0.45)
        await self._note("now the connection is broken, without a word")
        self.cuts = self.venue.cut(graceful=False)
        await anyio.sleep(self.seconds * 0.55)
        lags = [lag for view in self.monitor.instruments.values() if (lag := view.lag()) is not None]
        self.lag = max(lags, default=None)
        self.venue.pause()
        await self._note("now the market stands still, and the books are compared with the venue's own")
        self._settling = True
        if not self._compare():
            with anyio.move_on_after(_SETTLE):
                await self._equal.wait()
        # Trades travel on another connection than books: what is on its way belongs to the summary, too.
        with anyio.move_on_after(_SETTLE):
            count = -1
            while count != self.monitor.messages.count:
                count = self.monitor.messages.count
                await anyio.sleep(_QUIET)
        done.cancel()

    def _compare(self) -> bool:
        self.levels = 0
        for symbol, native in _SYMBOLS.items():
            truth = self.venue.book(native)
            view = self.monitor.instruments.get(symbol)
            mine = None if view is None else view.book
            bids = {level.price: level.size for level in truth.bids}
            asks = {level.price: level.size for level in truth.asks}
            self.books[symbol] = mine is not None and mine.valid and same_levels(mine.peek(), bids, asks)
            self.levels += len(bids) + len(asks)
        return all(self.books.values())

    # What is shown meanwhile.

    async def _draw(self, table: LiveTable) -> None:
        while True:
            now = anyio.current_time()
            left = max(0.0, self._began + self.seconds - now)
            table.title = f"barterpy demo, {left:.0f} s left"
            table.draw(now)
            await anyio.sleep(0.2)

    async def _progress(self) -> None:
        while True:
            await anyio.sleep(1)
            now = anyio.current_time()
            parts = [f"{now - self._began:3.0f} s", f"{self.monitor.messages.count} events"]
            for symbol, view in sorted(self.monitor.instruments.items()):
                price = "" if view.average is None else f" VWAP {view.average.price:.2f}"
                state = "no book yet" if view.book is None else "valid" if view.book.valid else "invalid"
                parts.append(f"{symbol.partition('/')[0]}{price} {state}")
            await self.session.lines(["  ".join(parts)])

    async def _note(self, text: str) -> None:
        note = Note(received_at=wall_clock(), text=text)
        self.monitor.log.append(note)
        if not self._silent:
            await self.session.lines([f"{clock_text(note.received_at)}  {text}"])

    async def _tell(self, events: list[Any]) -> None:
        if self.session.common.json:
            await self.session.events(events)
        elif not self._silent:
            await self.session.lines(map(event_line, events))

    @property
    def _silent(self) -> bool:
        common = self.session.common
        return common.json or common.quiet or sys.stdout.isatty()

    # What came of it.

    def _summary(self, seconds: float, sinks: list[ParquetSink]) -> DemoSummary:
        report = verify(self.recording)
        files = [
            DemoFile(
                path=str(self.recording),
                bytes=self.recording.stat().st_size,
                holds=f"{report.records} records",
                problem=report.problem,
            )
        ]
        for sink, kind in zip(sinks, ("trade", "quote"), strict=True):
            missing = self.monitor.kinds[kind] - sink.rows
            files.append(
                DemoFile(
                    path=str(sink.path),
                    bytes=sink.path.stat().st_size,
                    holds=f"{sink.rows} rows",
                    problem=f"{missing} events are missing" if missing else None,
                )
            )
        return DemoSummary(
            venue="binance-futures",
            symbols=tuple(_SYMBOLS),
            seconds=round(seconds, 3),
            messages=self.messages,
            counts=dict(self.monitor.kinds),
            lag_p50=self.lag,
            cuts=self.cuts,
            reconnected=self.monitor.reconnections,
            downtime=self.downtime,
            resynced=self.monitor.resynced,
            books=self.books or dict.fromkeys(_SYMBOLS, False),
            levels=self.levels,
            files=tuple(files),
        )
