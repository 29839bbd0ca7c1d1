"""Draw the state machines of supervision and of FIX from their tables, as the page docs/state-machines.md.

python scripts/state_diagrams.py            # write the page and its pictures
python scripts/state_diagrams.py --check    # exit 1 when they are not what the tables say
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from barterpy.protocols.fix.session.transitions import TRANSITIONS as FIX_SESSION
from barterpy.redundancy.rollover import ROLLOVER_TRANSITIONS
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
    "fix-session": (
        "A FIX session",
        "On one connection, in either role. What a message's number means is [another matter](howto/fix-session.md).",
        FIX_SESSION,
    ),
    "rollover": (
        "Replacing a connection before the venue cuts it",
        "Each connection of a stream, and the one that takes its place. `seen`: everything came on the new one, too.",
        ROLLOVER_TRANSITIONS,
    ),
}


def arcs(table: Mapping[Any, Mapping[Any, Any]]) -> list[Arc]:
    """From, to and label of each transition; those between the same two states are one."""
    labels: dict[tuple[str, str], dict[str | None, list[str]]] = {}
    for state, row in table.items():
        for input_, step in row.items():
            target, action = cast("tuple[Any, Any]", step) if isinstance(step, tuple) else (step, None)
            inputs = labels.setdefault((str(state), str(target)), {})
            inputs.setdefault(None if action is None else str(action), []).append(str(input_))
    return [(source, target, label(inputs)) for (source, target), inputs in labels.items()]


def label(inputs: Mapping[str | None, Sequence[str]]) -> str:
    """The inputs of an arc, and behind a slash what is done on them, once for all that have it done."""
    return "; ".join(", ".join(words) + ("" if action is None else f" / {action}") for action, words in inputs.items())


def picture(states: Sequence[str], transitions: Iterable[Arc]) -> str:
    """A column for each state and a line for each transition: an arrow from the one it leaves to the one it enters.

    Arcs between boxes cross each other and their labels from a dozen of them on; these never do.
    """
    column, line, top = 116, 32, 46
    place = {state: 70 + column * index for index, state in enumerate(states)}
    drawn: list[str] = []
    y = top
    extent = column * len(states)
    before: str | None = None
    for source, target, words in transitions:
        if before is not None and source != before:
            drawn.append(f'<path d="M8 {y + 12} H{column * len(states) + 8}" stroke="#dfe3ea"/>')
            y += 10
        before = source
        y += line
        start, end = place[source], place[target]
        if start == end:
            shape = f"M{start} {y - 6} C{start + 34} {y - 10} {start + 34} {y + 6} {start + 5} {y + 3}"
            middle, anchor = start + 30.0, "start"
        else:
            shape = f"M{start} {y} H{end - 4 if end > start else end + 4}"
            middle, anchor = (start + end) / 2, "middle"
        drawn.append(f'<path d="{shape}" fill="none" stroke="#3b6fb5" stroke-width="1.4" marker-end="url(#to)"/>')
        drawn.append(f'<circle cx="{start}" cy="{y - 6 if start == end else y}" r="3" fill="#3b6fb5"/>')
        drawn.append(
            f'<text x="{middle:g}" y="{y - 7 if start != end else y + 2}" text-anchor="{anchor}" font-size="13" '
            f'stroke="#ffffff" stroke-width="4" paint-order="stroke" fill="#24292f">{words}</text>'
        )
        extent = max(extent, round(middle) + len(words) * (4 if anchor == "middle" else 8))
    width, height = extent + 16, y + 24
    columns = [
        f'<path d="M{x} {top - 10} V{height - 8}" stroke="#c3c9d4" stroke-dasharray="3 4"/>'
        f'<rect x="{x - 54}" y="8" width="108" height="28" rx="6" fill="#eef3fb" stroke="#3b6fb5"/>'
        f'<text x="{x}" y="26" text-anchor="middle" font-size="13" fill="#24292f">{state}</text>'
        for state, x in place.items()
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        'font-family="sans-serif">\n'
        '<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#3b6fb5"/></marker></defs>\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n' + "\n".join(columns + drawn) + "\n</svg>\n"
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
