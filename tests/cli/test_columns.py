"""Columns of a live table: none is cut while another could be left out, and none moves."""

import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from barterpy.cli.columns import Columns

HEADINGS = [("symbol", True), ("last", False), ("size", False), ("lag", False)]
ROW = ["BTC/USDT", "64999.10", "0.002", "14.1 ms"]


def drawn(columns: Columns, rows: Sequence[Sequence[str]], width: int, roomy: int = 100) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, width=max(width, 1), color_system=None)
    console.print(columns.table(HEADINGS, rows, width, roomy))
    return file.getvalue().splitlines()


@pytest.mark.parametrize(
    ("width", "row"),
    [
        (120, "BTC/USDT  64999.10  0.002  14.1 ms"),
        (99, "BTC/USDT 64999.10 0.002 14.1 ms"),
        (31, "BTC/USDT 64999.10 0.002 14.1 ms"),
        (30, "BTC/USDT 64999.10 0.002"),
        (22, "BTC/USDT 64999.10"),
        (17, "BTC/USDT 64999.10"),
    ],
)
def test_what_does_not_fit_is_left_out_from_the_right(width: int, row: str) -> None:
    assert drawn(Columns(), [ROW], width)[1].rstrip() == row


def test_room_for_one_space_alone_leaves_nothing_out() -> None:
    assert drawn(Columns(), [ROW], 33, roomy=20)[1] == "BTC/USDT 64999.10 0.002 14.1 ms"


def test_a_terminal_too_narrow_for_two_columns_shows_that_they_are_cut() -> None:
    assert drawn(Columns(), [ROW], 12)[1].count("…") == 2


def test_a_column_stays_as_wide_as_it_once_was() -> None:
    columns = Columns()
    before = drawn(columns, [ROW], 80)
    after = drawn(columns, [["BTC/USDT", "64999", "1", "2 s"]], 80)
    assert after[0] == before[0]
    assert after[1] == "BTC/USDT    64999     1     2 s"


@given(st.lists(st.lists(st.text("abc1", max_size=30), min_size=4, max_size=4), max_size=4), st.integers(1, 130))
def test_no_cell_is_cut_unless_two_columns_are_too_much(rows: list[list[str]], width: int) -> None:
    lines = drawn(Columns(), rows, width)
    assert all(len(line) <= width for line in lines)
    widths = [max(len(cell) for cell in column) for column in zip(*rows, ["symbol", "last", "", ""], strict=True)]
    if widths[0] + 1 + widths[1] <= width:
        assert not any("…" in line for line in lines)
