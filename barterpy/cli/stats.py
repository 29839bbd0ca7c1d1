"""A row a connection: what state it is in, how fast, how late, and how often it was lost. For ``watch --stats``."""

from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final, Self

import anyio
import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from barterpy.cli.columns import Columns
from barterpy.cli.monitor import Meter
from barterpy.cli.render import bytes_text, clock_text, duration_text, event_text, lifecycle_style, text_table
from barterpy.clock import SECOND, WallClock, wall_clock
from barterpy.connection import Connection
from barterpy.events import Connected, Disconnected, Gap, MessageError, Overflow, Reconnecting, Stalled
from barterpy.flow import LIFECYCLE
from barterpy.jsonlines import event_kind
from barterpy.metering import metered_connection
from barterpy.metrics import MetricsRegistry
from barterpy.metrics.metric import RECEIVED_BYTES, RECEIVED_MESSAGES

__all__ = ["Board", "ConnectionStats", "ConnectionView", "StatsTable", "table_lines"]

_LAGS: Final = 1_000
"""Batches whose lag is remembered: the last seconds of a busy connection, the last minutes of a quiet one."""
_REFRESH: Final = 0.2
_LOG: Final = 8
_STATES: Final = {"connecting": "yellow", "up": "green", "stalled": "yellow", "down": "red", "reconnecting": "yellow"}


class ConnectionStats(msgspec.Struct, frozen=True, kw_only=True, tag="stats", tag_field="event"):
    """One row. Durations are nanoseconds, times int nanoseconds UTC; null is what is not known yet.

    ``lag_p50`` and ``lag_p99``: receipt less the venue's time, of the oldest event of each of the last 1,000 batches.
    """

    at: int
    venue: str
    connection: str
    state: str
    epoch: int
    uptime: int | None
    messages: int
    messages_per_second: float
    bytes: int
    lag_p50: int | None
    lag_p99: int | None
    reconnects: int
    gaps: int
    unparsable: int
    dropped: int
    last_event: str | None
    last_at: int | None


class ConnectionView:
    """One connection, fed with its batches."""

    def __init__(self, venue: str, connection: str, registry: MetricsRegistry) -> None:
        self.state: str = "connecting"
        self._labels = (venue, connection)
        self._registry = registry
        self._epoch = 0
        self._up: set[str] = set()
        """The connections that are up: two for a while, when one replaces the other."""
        self._since: int | None = None
        self._reconnects = 0
        self._gaps = 0
        self._unparsable = 0
        self._dropped = 0
        self._last: Any = None
        self._lags: deque[int] = deque(maxlen=_LAGS)
        self._meter = Meter()

    def update(self, batch: Sequence[Any], monotonic: float) -> None:
        """Take what came of one read; ``monotonic`` is now, in seconds, from where the rate is counted."""
        if self._last is None:
            self._meter.rate(monotonic)
        if self.state == "stalled":
            self.state = "up"
        self._last = batch[-1]
        for event in batch:
            if getattr(event, "exchange_at", None) is not None and event.received_at:
                self._lags.append(event.received_at - event.exchange_at)
                break
        if LIFECYCLE.isdisjoint(map(type, batch)):
            return
        for event in batch:
            match event:
                case Connected():
                    if not self._up:
                        self._since = event.received_at
                        self._reconnects += event.epoch > 1
                    self._up.add(event.connection)
                    self.state, self._epoch = "up", event.epoch
                case Disconnected():
                    self._up.discard(event.connection)
                    if not self._up:
                        self.state, self._since = "down", None
                case Reconnecting():
                    if not self._up:
                        self.state = "reconnecting"
                case Stalled():
                    self.state = "stalled"
                case Gap():
                    self._gaps += 1
                case MessageError():
                    self._unparsable += 1
                case Overflow():
                    self._dropped += event.dropped
                case _:
                    pass

    def stats(self, now: int, monotonic: float) -> ConnectionStats:
        """The row at ``now``, int nanoseconds UTC, and ``monotonic``, seconds for the rate."""
        self._meter.count = int(self._registry.value(RECEIVED_MESSAGES, self._labels))
        lags = sorted(self._lags)
        venue, connection = self._labels
        return ConnectionStats(
            at=now,
            venue=venue,
            connection=connection,
            state=self.state,
            epoch=self._epoch,
            uptime=None if self._since is None else now - self._since,
            messages=self._meter.count,
            messages_per_second=round(self._meter.rate(monotonic), 1),
            bytes=int(self._registry.value(RECEIVED_BYTES, self._labels)),
            lag_p50=lags[(len(lags) - 1) // 2] if lags else None,
            lag_p99=lags[(len(lags) - 1) * 99 // 100] if lags else None,
            reconnects=self._reconnects,
            gaps=self._gaps,
            unparsable=self._unparsable,
            dropped=self._dropped,
            last_event=None if self._last is None else event_kind(self._last),
            last_at=None if self._last is None else self._last.received_at,
        )


class Board:
    """All connections of a command, in their order, and a log of what happened to them."""

    def __init__(self, connections: Sequence[Connection[Any]], clock: WallClock = wall_clock) -> None:
        registry = MetricsRegistry(max_series=max(1, len(connections)))
        self.connections: list[Connection[Any]] = [metered_connection(plan, registry) for plan in connections]
        """The same plans, to be run in the place of those that were given."""
        self.log: deque[Any] = deque(maxlen=_LOG)
        self._clock = clock
        self._views = {plan.name: ConnectionView(plan.venue, plan.name, registry) for plan in connections}

    def update(self, connection: str, batch: Sequence[Any]) -> None:
        """Take a batch of the connection of this name."""
        if batch:
            self._views[connection].update(batch, anyio.current_time())
            self.log.extend(event for event in batch if type(event) in LIFECYCLE)

    def rows(self) -> list[ConnectionStats]:
        """Every row as it is now."""
        now, monotonic = self._clock(), anyio.current_time()
        return [view.stats(now, monotonic) for view in self._views.values()]


_HEADING: Final = (
    *("connection", "state", "epoch", "uptime", "msg/s", "messages", "bytes", "lag p50", "lag p99"),
    *("reconnects", "gaps", "errors", "last event"),
)
_LEFT: Final = ("connection", "state", "last event")
_FROM_WIDTH: Final = {"last event": 100, "errors": 100, "messages": 140, "bytes": 140}
"""From how many columns of terminal on there is room for a column of the table."""


def table_lines(rows: Sequence[ConnectionStats]) -> list[str]:
    """The rows as lines that need no terminal."""
    return text_table(_HEADING, [_cells(row) for row in rows])


def _cells(row: ConnectionStats) -> tuple[str, ...]:
    last = "-" if row.last_event is None else f"{row.last_event} {clock_text(row.last_at)[:8]}"
    return (
        row.connection,
        row.state,
        str(row.epoch),
        _uptime(row.uptime),
        f"{row.messages_per_second:.0f}",
        str(row.messages),
        bytes_text(row.bytes),
        _duration(row.lag_p50),
        _duration(row.lag_p99),
        str(row.reconnects),
        str(row.gaps),
        str(row.unparsable),
        last,
    )


def _duration(nanoseconds: int | None) -> str:
    return "-" if nanoseconds is None else duration_text(nanoseconds)


def _uptime(nanoseconds: int | None) -> str:
    if nanoseconds is None or nanoseconds < 60 * SECOND:
        return _duration(nanoseconds)
    minutes, seconds = divmod(nanoseconds // SECOND, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


class StatsTable:
    """Draws a board again and again while its context lasts, and leaves the last picture on the screen."""

    def __init__(self, console: Console, board: Board, title: str) -> None:
        self._console = console
        self._board = board
        self._title = title
        self._fitting = Columns()
        self._live = Live(console=console, auto_refresh=False, transient=False, vertical_overflow="crop")

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.__exit__(exc_type, exc, traceback)

    def draw(self) -> None:
        """Draw it as it is."""
        self._live.update(self.render(), refresh=True)

    async def keep_drawing(self) -> None:
        """Draw it a few times a second, for ever."""
        while True:
            self.draw()
            await anyio.sleep(_REFRESH)

    def render(self) -> RenderableType:
        """The picture as it is now."""
        width, height = self._console.size
        hidden = {heading for heading, least in _FROM_WIDTH.items() if width < least}
        rows = self._board.rows()
        # What does not fit is counted, not scrolled.
        room = max(1, height - len(self._board.log) - 5)
        table = self._fitting.table(
            [(heading, heading in _LEFT) for heading in _HEADING if heading not in hidden],
            [
                [
                    Text(cell, style=_STATES[row.state] if heading == "state" else "")
                    for heading, cell in zip(_HEADING, _cells(row), strict=True)
                    if heading not in hidden
                ]
                for row in rows[:room]
            ],
            width,
            120,
        )
        up = sum(row.state == "up" for row in rows)
        title = Text.assemble((self._title, "bold"), f"  {up} of {len(rows)} connections up")
        parts: list[RenderableType] = [title, table]
        if len(rows) > room:
            parts.append(Text(f"… and {len(rows) - room} more", style="dim"))
        if self._board.log:
            parts.append(Text())
            parts.extend(_log_line(event) for event in self._board.log)
        return Group(*parts)


def _log_line(event: Any) -> Text:
    where = getattr(event, "instrument", None) or getattr(event, "connection", "")
    kind = (f"{event_kind(event):<13}", lifecycle_style(event))
    line = Text.assemble((clock_text(event.received_at), "dim"), "  ", kind, f"  {where}  {event_text(event)}")
    line.no_wrap, line.overflow = True, "ellipsis"
    return line
