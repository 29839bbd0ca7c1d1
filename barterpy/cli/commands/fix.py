"""``barterpy fix``: the commands that speak FIX."""

from cyclopts import App

from barterpy.cli.fix.decoding import decode

__all__ = ["fix"]

_HELP = """Read the FIX messages of a log or a pipe.

Every field with its name, every code with its meaning; `--json` for programs, `--quiet` for scripts:

    barterpy fix decode fix.log
    tail -f fix.log | barterpy fix decode --lines
    barterpy fix decode fix.log --types D 8 --json
"""

fix: App = App(name="fix", help=_HELP, help_format="markdown", result_action="return_value")
fix.command(decode, name="decode")
