"""The tables in the documentation are those of the code."""

from pathlib import Path

from barterpy.sync.rules import rules_table
from barterpy.sync.transitions import transitions_table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "books.md"


def test_the_page_has_the_tables_as_the_code_makes_them() -> None:
    page = PAGE.read_text()
    assert rules_table() in page
    assert transitions_table() in page
