"""Draw the state machines of supervision and of books from their tables, as the page docs/state-machines.md.

python scripts/state_diagrams.py            # write the page and its pictures
python scripts/state_diagrams.py --check    # exit 1 when they are not what the tables say
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from barterpy.supervision.authentication import AUTHENTICATION
from barterpy.supervision.ledger import LEDGER
from barterpy.supervision.transitions import TRANSITIONS

DOCS = Path(__file__).resolve().parent.parent / "docs"
Arc = tuple[str, str, str]

INTRODUCTION = """\
These pictures and tables are made from the tables that the program runs by (`python scripts/state_diagrams.py`), so
they cannot say anything else. What is not in a row means nothing in that state and is ignored.
"""

MACHINES: Mapping[str, tuple[str, str, Mapping[Any, Mapping[Any, Any]]]] = {
    "supervisor": (
        "A supervised connection",
        "What follows what, and behind the slash what is done. A state without a use is passed through at once.",
        TRANSITIONS,
    ),
    "ledger": (
        "A subscription",
        "Each one that is wanted, on each connection. `reset` is a new connection.",
        LEDGER,
    ),
    "authentication": (
        "A logon",
        "A newer attempt takes the place of an older one, whose answer then means nothing.",
        AUTHENTICATION,
    ),
}


def arcs(table: Mapping[Any, Mapping[Any, Any]]) -> list[Arc]:
    """From, to and label of each transition; those between the same two states are one."""
    labels: dict[tuple[str, str], list[str]] = {}
    for state, row in table.items():
        for input_, step in row.items():
            target, action = cast("tuple[Any, Any]", step) if isinstance(step, tuple) else (step, None)
            label = str(input_) if action is None else f"{input_} / {action}"
            labels.setdefault((str(state), str(target)), []).append(label)
    return [(source, target, ", ".join(words)) for (source, target), words in labels.items()]


def picture(states: Sequence[str], transitions: Iterable[Arc]) -> str:
    """States in a column, ways down at their right and ways up at their left, farther out the farther they lead."""
    row, middle = 64, 420
    place = {state: 40 + row * index for index, state in enumerate(states)}
    lines: list[str] = []
    for number, (source, target, label) in enumerate(transitions):
        start, end = place[source], place[target]
        if start == end:
            continue  # it stays: the table below says so
        side = 1 if end > start else -1
        reach = 50 + abs(end - start) * 0.42 + number % 3 * 7
        edge, apex = middle + side * 62, middle + side * (62 + reach * 0.75)
        lines.append(
            f'<path d="M{edge} {start} C{edge + side * reach:g} {start} {edge + side * reach:g} {end} {edge} {end}" '
            f'fill="none" stroke="#8a8f98" marker-end="url(#to)"/>'
        )
        anchor = "start" if side > 0 else "end"
        y = (start + end) / 2 + (number % 3 - 1) * 9
        lines.append(f'<text x="{apex + side * 4:g}" y="{y:g}" text-anchor="{anchor}" font-size="10">{label}</text>')
    for state, y in place.items():
        lines.append(
            f'<rect x="{middle - 62}" y="{y - 15}" width="124" height="30" rx="6" fill="#eef3fb" stroke="#3b6fb5"/>'
        )
        lines.append(f'<text x="{middle}" y="{y + 4}" text-anchor="middle" font-size="13">{state}</text>')
    height = 40 + row * len(states)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * middle} {height}" font-family="sans-serif">\n'
        '<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#8a8f98"/></marker></defs>\n'
        f'<rect width="{2 * middle}" height="{height}" fill="#ffffff"/>\n' + "\n".join(lines) + "\n</svg>\n"
    )


def pages() -> dict[Path, str]:
    """Every file of the page and what belongs into it."""
    text = [
        "# State machines\n",
        INTRODUCTION,
    ]
    files: dict[Path, str] = {}
    for name, (title, summary, table) in MACHINES.items():
        transitions = arcs(table)
        picture_file = DOCS / "_static" / f"state-{name}.svg"
        files[picture_file] = picture([str(state) for state in table], transitions)
        text.append(f"## {title}\n\n{summary}\n\n![{title}](_static/{picture_file.name})\n")
        text.append("| in | on | to |\n|---|---|---|")
        text += [f"| {source} | {label} | {target} |" for source, target, label in transitions]
        text.append("")
    files[DOCS / "state-machines.md"] = "\n".join(text)
    return files


def main() -> int:
    """Write the files, or only compare them."""
    wanted = pages()
    if "--check" not in sys.argv[1:]:
        for path, text in wanted.items():
            path.write_text(text)
        return 0
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text() != text]
    for path in stale:
        sys.stderr.write(f"{path.relative_to(DOCS.parent)} is not what the tables say\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
