"""``barterpy fix``: the commands that speak FIX."""

from cyclopts import App

from barterpy.cli.fix.decoding import decode
from barterpy.cli.fix.watching import session

__all__ = ["fix"]

_HELP = """Read the FIX messages of a log or a pipe, or hold a session and watch it.

Every field with its name, every code with its meaning; `--json` for programs, `--quiet` for scripts:

    barterpy fix decode fix.log
    tail -f fix.log | barterpy fix decode --lines
    barterpy fix session binance-market-data --environment testnet
    barterpy fix session tcp+tls://fix.example.com:9000 --sender ME --target VENUE
"""

fix: App = App(name="fix", help=_HELP, help_format="markdown", result_action="return_value")
fix.command(decode, name="decode")
fix.command(session, name="session")
