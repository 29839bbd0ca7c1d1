"""Which columns of a live table fit into the terminal, and how wide each is so that none of them moves."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

__all__ = ["Columns"]

_ALWAYS = 2
"""Columns that are shown in any terminal: what it is, and what there is to see of it."""


class Columns:
    """Draws a table, again and again. A cut number is a wrong one: what does not fit is left out, from the right.

    A column keeps the width of the widest cell it ever had, so that the others do not move while a number changes.
    """

    def __init__(self) -> None:
        self._widest: dict[str, int] = {}

    def table(
        self, headings: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str | Text]], width: int, roomy: int
    ) -> Table:
        """The table of ``rows``, at most ``width`` characters wide.

        :param headings: each with whether its cells begin at the left
        :param roomy: from how many characters on there is a second one between two columns, if they fit
        """
        widths: list[int] = []
        for index, (heading, _) in enumerate(headings):
            cells = [cell_len(str(row[index])) for row in rows]
            widest = max([len(heading), self._widest.get(heading, 0), *cells])
            self._widest[heading] = widest
            widths.append(widest)
        gap = 2 if width >= roomy and sum(widths) + 2 * (len(widths) - 1) <= width else 1
        while len(widths) > _ALWAYS and sum(widths) + gap * (len(widths) - 1) > width:
            widths.pop()
        table = Table(box=None, padding=(0, 1), collapse_padding=gap == 1, pad_edge=False, header_style="dim")
        crowded = sum(widths) + gap * (len(widths) - 1) > width
        for (heading, left), widest in zip(headings, widths, strict=False):
            table.add_column(
                heading, justify="left" if left else "right", no_wrap=True, min_width=None if crowded else widest
            )
        for row in rows:
            table.add_row(*row[: len(widths)])
        return table
