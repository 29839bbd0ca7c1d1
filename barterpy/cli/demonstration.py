"""What the demo did and found, as values: for a table of people, for JSON, and for the exit code."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from barterpy.cli.render import bytes_text, duration_text
from barterpy.model.market import BookSnapshot, Level

__all__ = ["DemoFile", "DemoSummary", "same_levels"]

Levels = Mapping[Decimal, Decimal]


class DemoFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file the demo wrote. ``problem`` is None when it was read back and is whole."""

    path: str
    bytes: int
    holds: str
    problem: str | None = None


class DemoSummary(msgspec.Struct, frozen=True, kw_only=True, tag="summary", tag_field="event"):
    """What ``barterpy demo`` prints at its end. Durations are nanoseconds."""

    venue: str
    symbols: tuple[str, ...]
    seconds: float
    messages: int
    counts: dict[str, int]
    lag_p50: float | None
    cuts: int
    reconnected: int
    downtime: int | None
    """How long the connection that was cut was away, None when it did not come back."""
    resynced: int
    books: dict[str, bool]
    """For each symbol, whether the book equals the venue's own, level by level."""
    levels: int
    """Levels compared."""
    files: tuple[DemoFile, ...]

    @property
    def problems(self) -> list[str]:
        """What is not as it should be, one line each."""
        problems = [f"the book of {symbol} is not the venue's" for symbol, same in self.books.items() if not same]
        if not self.cuts:
            problems.append("the connection was never cut")
        elif self.downtime is None:
            problems.append("the connection that was cut did not come back")
        problems += [f"{file.path}: {file.problem}" for file in self.files if file.problem is not None]
        return problems

    def lines(self) -> list[str]:
        """The summary for people."""
        unequal = [symbol for symbol, same in self.books.items() if not same]
        verdict = f"yes, all {self.levels} levels of {len(self.books)} books"
        if unequal:
            verdict = f"no: {', '.join(unequal)}"
        back = "did not come back" if self.downtime is None else f"back after {duration_text(self.downtime)}"
        lag = "" if self.lag_p50 is None else f", half of them within {duration_text(self.lag_p50)} of their event"
        count = self.counts.get
        changes = f"{count('book_snapshot', 0)} book snapshots, {count('book_delta', 0)} book changes"
        lines = [
            f"venue       simulated {self.venue} on this machine for {self.seconds:.1f} s",
            f"messages    {self.messages}{lag}",
            f"events      {count('trade', 0)} trades, {count('quote', 0)} quotes, {changes}",
            f"connections {self.cuts} broken at once, {back}; {self.resynced} books resynced",
            f"equal       to the venue's own books: {verdict}",
        ]
        for file in self.files:
            state = "whole" if file.problem is None else file.problem
            lines.append(f"file        {file.path}  {bytes_text(file.bytes)}  {file.holds}, {state}")
        return lines


def same_levels(book: BookSnapshot[Any], bids: Levels, asks: Levels) -> bool:
    """Whether a book holds exactly these sizes at these prices."""
    return _sizes(book.bids) == dict(bids) and _sizes(book.asks) == dict(asks)


def _sizes(levels: tuple[Level[Any], ...]) -> dict[Any, Any]:
    return {level.price: level.size for level in levels}
