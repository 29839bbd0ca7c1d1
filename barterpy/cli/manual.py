"""How the help of a command is shown: its docstring, with paragraphs as wide as the terminal and examples as they are.

Rich's Markdown would do as much, and takes a quarter of a second to be imported before the first line is there.
"""

import re
from inspect import cleandoc
from typing import Final

__all__ = ["described"]

_CODE: Final = re.compile(r"`([^`]+)`")


def described(doc: str | None) -> str:
    """Rich markup of a docstring, without its section of parameters."""
    text = cleandoc(doc or "").partition("\nParameters\n---")[0].strip()
    return "\n\n".join(map(_paragraph, text.split("\n\n")))


def _paragraph(text: str) -> str:
    # A bracket that opens nothing rich knows stays what it is; the others are escaped.
    text = re.sub(r"\[(?=[a-z/#@])", r"\\[", text)
    if text.startswith("    "):
        return "\n".join(f"  [cyan]{line.strip()}[/]" for line in text.splitlines())
    return _CODE.sub(r"[bold cyan]\1[/]", " ".join(text.split()))
