"""Messages for a person: a heading and aligned fields, or a line each; coloured where the terminal has colours.

Rich says what the terminal can do; the codes are put in here, as a log may hold millions of lines.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Self

from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style

from barterpy.cli.fix.messages import FixGarbledLine, FixMessageLine, FixSessionLine, NamedField
from barterpy.cli.render import clock_text, date_text

__all__ = ["Painter"]

_ADMIN: Final = frozenset("012345A")
_STYLES: Final = {"3": "red", "9": "red", "j": "red", "Y": "red", "8": "green", "A": "cyan", "5": "cyan"}
_SESSION: Final = {"logged_on": "green", "rejected": "red", "garbled_ignored": "yellow", "application_failed": "red"}
# Of header and trailer, in `--lines`: what the line says by itself, or what nobody reads.
_UNTOLD: Final = frozenset({8, 9, 10, 34, 35, 49, 52, 56})
_NAME_WIDTH: Final = 28
_VALUE_WIDTH: Final = 32
_EXCERPT: Final = 100
_ARROWS: Final = {"in": "<-", "out": "->"}
_SYSTEMS: Final = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}


class _Row:
    """A line in the making: pieces of text, each with its style."""

    __slots__ = ("parts",)

    def __init__(self) -> None:
        self.parts: list[tuple[str, str]] = []

    def add(self, text: str, style: str = "") -> Self:
        self.parts.append((text, style))
        return self


class Painter:
    """Makes lines of text, with the codes of colours in them where the console has them.

    :param console: what is known of the terminal
    :param compact: a line a message
    """

    def __init__(self, console: Console | None = None, *, compact: bool = False) -> None:
        console = console or Console()
        self._system: ColorSystem | None = _SYSTEMS.get(console.color_system or "")
        if console.no_color:
            self._system = None
        self._codes: dict[str, tuple[str, str]] = {"": ("", "")}
        self._compact = compact

    def message(self, line: FixMessageLine) -> list[str]:
        """One message."""
        if self._compact:
            return [self._paint(_one_line(line))]
        return [*map(self._paint, (_heading(line), *_rows(line.fields))), ""]

    def garbled(self, line: FixGarbledLine) -> list[str]:
        """What could not be read."""
        row = _Row()
        if line.line is not None:
            row.add(f"line {line.line}  ", "dim")
        row.add("garbled", "bold red").add(f"  {line.problem}: ", "red")
        row.add(line.text[:_EXCERPT] + ("…" if len(line.text) > _EXCERPT else ""), "dim")
        return [self._paint(row), *self._gap()]

    def session(self, line: FixSessionLine) -> list[str]:
        """What happened to a session."""
        row = _Row().add(f"{clock_text(line.at)}  ", "dim")
        row.add(line.kind.replace("_", " "), f"bold {_SESSION.get(line.kind, 'yellow')}")
        row.add(f"  {_shown(line.text)}".rstrip())
        return [self._paint(row), *self._gap()]

    def _gap(self) -> list[str]:
        return [] if self._compact else [""]

    def _paint(self, row: _Row) -> str:
        if self._system is None:
            return "".join([text for text, _ in row.parts])
        pieces: list[str] = []
        for text, style in row.parts:
            codes = self._codes.get(style)
            if codes is None:
                before, _, after = Style.parse(style).render("|", color_system=self._system).partition("|")
                codes = self._codes[style] = before, after
            pieces += (codes[0], text, codes[1])
        return "".join(pieces)


def _heading(line: FixMessageLine) -> _Row:
    row = _Row()
    if line.line is not None:
        row.add(f"line {line.line}  ", "dim")
    if line.direction is not None:
        row.add(f"{_ARROWS[line.direction]}  ", "dim")
    row.add(line.name or _shown(line.type), f"bold {_style(line.type)}")
    if line.seq is not None:
        row.add(f"  #{line.seq}")
    row.add(f"  {_shown(line.sender or '?')} to {_shown(line.target or '?')}")
    if line.sent_at is not None:
        row.add(f"  {date_text(line.sent_at)}", "dim")
    if line.masked:
        row.add("  values are hidden, so nothing was checked", "yellow")
    if line.problem is not None:
        row.add(f"  {line.problem}", "bold red")
    if line.prefix:
        row.add(f"  {line.prefix}", "dim italic")
    return row


def _one_line(line: FixMessageLine) -> _Row:
    row = _Row().add(f"{clock_text(line.sent_at)}  ", "dim")
    if line.direction is not None:
        row.add(f"{_ARROWS[line.direction]} ", "dim")
    row.add(f"{line.name or _shown(line.type):<22}", f"bold {_style(line.type)}")
    if line.seq is not None:
        row.add(f"  #{line.seq:<5}", "dim")
    for field in line.fields:
        if field.tag not in _UNTOLD:
            row.add(" ")
            _add_pair(row, field)
    if line.problem is not None:
        row.add(f"  {line.problem}", "bold red")
    return row


def _add_pair(row: _Row, field: NamedField) -> None:
    row.add(field.name or str(field.tag), "cyan").add("=", "dim")
    if not field.entries:
        row.add(field.label or field.value, "green" if field.label else "")
        return
    for number, entry in enumerate(field.entries):
        row.add(" " if number else "").add("[", "dim")
        for place, inner in enumerate(entry):
            row.add(" " if place else "")
            _add_pair(row, inner)
        row.add("]", "dim")


def _rows(fields: Sequence[NamedField]) -> Iterable[_Row]:
    """The fields one below the other; columns are as wide as their level needs, and groups are indented."""
    names, values = _widths(fields)
    yield from _level(fields, 0, names, values, "")


def _level(fields: Sequence[NamedField], depth: int, names: int, values: int, number: str) -> Iterable[_Row]:
    for place, field in enumerate(fields):
        row = _Row()
        if depth:
            row.add("    " * depth).add(f"{number if place == 0 else '':>3} ", "bold blue")
        row.add(f"{field.tag:>5}  ", "dim")
        row.add(f"{field.name or '?':<{names}}", "cyan" if field.name else "dim")
        row.add(f"  {field.value}", "dim" if field.tag in (8, 9, 10) else "bold")
        if field.label:
            row.add(" " * max(2, values + 2 - len(field.value)) + field.label, "green")
        yield row
        if field.entries:
            wide, labelled = _widths([one for entry in field.entries for one in entry])
            for count, entry in enumerate(field.entries, 1):
                yield from _level(entry, depth + 1, wide, labelled, str(count))


def _widths(fields: Sequence[NamedField]) -> tuple[int, int]:
    """Of names, and of values that have a label behind them."""
    names = max((len(field.name or "") for field in fields), default=0)
    values = max((len(field.value) for field in fields if field.label), default=0)
    return min(names, _NAME_WIDTH), min(values, _VALUE_WIDTH)


def _style(kind: str) -> str:
    return _STYLES.get(kind, "blue" if kind in _ADMIN else "yellow")


def _shown(text: str) -> str:
    """Nothing that a terminal would obey."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
