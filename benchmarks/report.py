"""Tables, as text for a terminal and as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Section", "Table", "Target", "markdown", "plain"]


@dataclass(slots=True)
class Table:
    """Columns of text; the first is a name."""

    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list[Sequence[str]])


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio or a figure, and what it is to reach."""

    name: str
    found: float
    wanted: float
    at_most: bool = False
    unit: str = ""

    @property
    def reached(self) -> bool:
        return self.found <= self.wanted if self.at_most else self.found >= self.wanted

    def row(self) -> Sequence[str]:
        sign = "≤" if self.at_most else "≥"
        shown = f"{self.found:.2f}" if not self.unit else f"{self.found:.1f} {self.unit}"
        return (self.name, shown, f"{sign} {self.wanted:g} {self.unit}".rstrip(), "yes" if self.reached else "NO")


@dataclass(slots=True)
class Section:
    """One part of the benchmark: what it measured, and in what it falls short."""

    title: str
    about: str
    tables: list[tuple[str, Table]] = field(default_factory=list[tuple[str, Table]])
    targets: list[Target] = field(default_factory=list[Target])
    notes: list[str] = field(default_factory=list[str])
    data: dict[str, Any] = field(default_factory=dict[str, Any])

    def all_tables(self) -> list[tuple[str, Table]]:
        if not self.targets:
            return self.tables
        table = Table(("ratio or figure", "found", "wanted", "reached"), [target.row() for target in self.targets])
        return [*self.tables, ("", table)]


def plain(sections: Sequence[Section]) -> str:
    """For a terminal."""
    return "\n".join(_lines(sections, "", _plain_table))


def markdown(sections: Sequence[Section], level: int = 2) -> str:
    """For a page."""
    return "\n".join(_lines(sections, "#" * level + " ", _markdown_table))


def _lines(sections: Sequence[Section], heading: str, show: Any) -> list[str]:
    lines: list[str] = []
    for section in sections:
        lines += [heading + section.title, "", section.about, ""]
        for caption, table in section.all_tables():
            if caption:
                lines += [f"{caption}:", ""]
            lines += [*show(table), ""]
        lines += [f"- {note}" for note in section.notes]
        if section.notes:
            lines.append("")
    return lines


def _plain_table(table: Table) -> list[str]:
    rows = [table.columns, *table.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.columns))]
    lines = ["  ".join(map(_aligned, row, widths, range(len(row)))) for row in rows]
    return [lines[0].rstrip(), "-" * len(lines[0]), *(line.rstrip() for line in lines[1:])]


def _aligned(text: str, width: int, column: int) -> str:
    return text.rjust(width) if column else text.ljust(width)


def _markdown_table(table: Table) -> list[str]:
    rule = ["---", *("---:" for _ in table.columns[1:])]
    return [f"| {' | '.join(row)} |" for row in (table.columns, rule, *table.rows)]
