"""The programs in the documentation run, and print what the page says they print."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"
# A page is one program: its ```python blocks in their order. What is not meant to run is a {code-block}.
PROGRAM = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OUTPUT = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INCLUDED = re.compile(r"^```\{(?:literalinclude|include)\} (\S+)$", re.MULTILINE)

PAGES = {path.relative_to(DOCS).as_posix(): path for path in DOCS.rglob("*.md") if "_build" not in path.parts}
PROGRAMS = [name for name, path in PAGES.items() if PROGRAM.search(path.read_text())]


def test_there_are_programs() -> None:
    assert {"tutorial.md", "howto/errors.md", "howto/sign.md", "howto/record.md", "howto/test.md"} <= set(PROGRAMS)


@pytest.mark.parametrize("page", sorted(PROGRAMS))
def test_the_page_prints_what_it_says(page: str, tmp_path: Path) -> None:
    text = PAGES[page].read_text()
    program = tmp_path / "page.py"
    program.write_text("\n".join(PROGRAM.findall(text)))
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program)], cwd=DOCS.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "".join(OUTPUT.findall(text))


@pytest.mark.parametrize("page", sorted(PAGES))
def test_what_a_page_includes_is_there(page: str) -> None:
    path = PAGES[page]
    assert [name for name in INCLUDED.findall(path.read_text()) if not (path.parent / name).is_file()] == []
