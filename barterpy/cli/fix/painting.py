"""Messages for a person: a heading and aligned fields, or a line each; coloured where the terminal has colours."""

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

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


class Painter:
    """Makes lines of text, with the codes of colours in them where the console has them.

    :param compact: a line a message
    """

    def __init__(self, console: Console | None = None, *, compact: bool = False) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._compact = compact

    def message(self, line: FixMessageLine) -> list[str]:
        """One message."""
        if self._compact:
            return self._paint([self._one_line(line)])
        return self._paint([self._heading(line), *_rows(line.fields), Text()])

    def garbled(self, line: FixGarbledLine) -> list[str]:
        """What could not be read."""
        text = Text()
        if line.line is not None:
            text.append(f"line {line.line}  ", "dim")
        text.append("garbled", "bold red").append(f"  {line.problem}: ", "red")
        text.append(line.text[:_EXCERPT] + ("…" if len(line.text) > _EXCERPT else ""), "dim")
        return self._paint([text] if self._compact else [text, Text()])

    def session(self, line: FixSessionLine) -> list[str]:
        """What happened to a session."""
        text = Text().append(f"{clock_text(line.at)}  ", "dim")
        style = _SESSION.get(line.kind, "yellow")
        return self._paint(
            [text.append(line.kind.replace("_", " "), f"bold {style}").append(f"  {line.text}".rstrip())]
        )

    def _paint(self, lines: Iterable[Text]) -> list[str]:
        with self._console.capture() as capture:
            for line in lines:
                self._console.print(line, soft_wrap=True)
        return capture.get().removesuffix("\n").split("\n")

    def _heading(self, line: FixMessageLine) -> Text:
        text = Text()
        if line.line is not None:
            text.append(f"line {line.line}  ", "dim")
        if line.direction is not None:
            text.append(f"{_ARROWS[line.direction]}  ", "dim")
        text.append(line.name or line.type, f"bold {_style(line.type)}")
        if line.seq is not None:
            text.append(f"  #{line.seq}")
        text.append(f"  {line.sender or '?'} to {line.target or '?'}")
        if line.sent_at is not None:
            text.append(f"  {date_text(line.sent_at)}", "dim")
        if line.masked:
            text.append("  values are hidden, so nothing was checked", "yellow")
        if line.problem is not None:
            text.append(f"  {line.problem}", "bold red")
        if line.prefix:
            text.append(f"  {line.prefix}", "dim italic")
        return text

    def _one_line(self, line: FixMessageLine) -> Text:
        text = Text().append(f"{clock_text(line.sent_at)}  ", "dim")
        if line.direction is not None:
            text.append(f"{_ARROWS[line.direction]} ", "dim")
        text.append(f"{line.name or line.type:<22}", f"bold {_style(line.type)}")
        if line.seq is not None:
            text.append(f"  #{line.seq:<5}", "dim")
        for field in line.fields:
            if field.tag not in _UNTOLD:
                text.append(" ").append_text(_pair(field))
        if line.problem is not None:
            text.append(f"  {line.problem}", "bold red")
        return text


def _style(kind: str) -> str:
    return _STYLES.get(kind, "blue" if kind in _ADMIN else "yellow")


def _pair(field: NamedField) -> Text:
    text = Text().append(field.name or str(field.tag), "cyan").append("=", "dim")
    if field.entries is not None:
        for number, entry in enumerate(field.entries):
            text.append("" if number == 0 else " ").append("[", "dim")
            for place, inner in enumerate(entry):
                text.append(" " if place else "").append_text(_pair(inner))
            text.append("]", "dim")
        return text if field.entries else text.append(field.value)
    return text.append(field.label or field.value, "green" if field.label else "")


def _rows(fields: Sequence[NamedField], depth: int = 0) -> Iterable[Text]:
    """The fields one below the other; columns are as wide as this level needs, and groups are indented."""
    names = min(max((len(field.name or "") for field in fields), default=0), _NAME_WIDTH)
    values = min(max((len(field.value) for field in fields if field.label), default=0), _VALUE_WIDTH)
    yield from _level(fields, depth, names, values, "")


def _level(fields: Sequence[NamedField], depth: int, names: int, values: int, number: str) -> Iterable[Text]:
    for place, field in enumerate(fields):
        text = Text("    " * depth)
        text.append(f"{number if place == 0 else '':>3} " if depth else "", "bold blue")
        text.append(f"{field.tag:>5}  ", "dim")
        text.append(f"{field.name or '?':<{names}}", "cyan" if field.name else "dim")
        text.append(f"  {field.value}", "dim" if field.tag in (8, 9, 10) else "bold")
        if field.label:
            text.append(" " * max(2, values + 2 - len(field.value)) + field.label, "green")
        yield text
        if field.entries:
            inner = [one for entry in field.entries for one in entry]
            wide = min(max(len(one.name or "") for one in inner), _NAME_WIDTH)
            labelled = min(max((len(one.value) for one in inner if one.label), default=0), _VALUE_WIDTH)
            for count, entry in enumerate(field.entries, 1):
                yield from _level(entry, depth + 1, wide, labelled, str(count))
