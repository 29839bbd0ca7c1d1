"""The commands and their help, and the way from arguments to an exit code."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from cyclopts import App, CycloptsError, UnknownCommandError, UnusedCliTokensError
from rich.console import Console

from barterpy.cli.failures import Exit, report
from barterpy.cli.manual import described

__all__ = ["COMMANDS", "FIX_COMMANDS", "execute", "make_app"]


def _version() -> str:
    try:
        return f"barterpy {version('barterpy')}"
    except PackageNotFoundError:  # a source tree that was never installed
        return "barterpy (not installed)"


_HELP = """Market data of exchanges as one stream of typed events: watch it, record it, replay it.

Try it without an account or a network:

    barterpy demo

Then with a venue:

    barterpy watch binance trades BTC/USDT ETH/USDT
    barterpy watch binance-futures book BTC/USDT:USDT --json | head
    barterpy record binance-futures trades BTCUSDT -o btc.rec --seconds 60
    barterpy replay btc.rec --json > btc.jsonl
    barterpy serve btc.rec
"""

_FIX_HELP = """Read the FIX messages of a log or a pipe, or hold a session and watch it.

Every field with its name, every code with its meaning; `--json` for programs, `--quiet` for scripts:

    barterpy fix decode fix.log
    tail -f fix.log | barterpy fix decode --lines
    barterpy fix session binance-market-data --environment testnet
    barterpy fix session tcp+tls://fix.example.com:9000 --sender ME --target VENUE
"""

_EPILOGUE = (
    "Exit codes: 0 done, 1 a problem in the data, 2 an argument or a file that cannot be used, 3 the connection or "
    "the venue failed, 70 a defect of barterpy, 130 interrupted by Ctrl-C, 143 terminated."
)

# The first paragraph of each command's help, so that a list of them imports none.
COMMANDS: Final = {
    "demo": "Show the whole stack at work, without a network or an account.",
    "watch": "Show a live stream: a table in a terminal, lines elsewhere, JSON lines with `--json`.",
    "record": "Record a live stream exactly as it comes over the wire, REST answers included.",
    "replay": "Run a recording through its venue's transformers and print the events, as they came on that day.",
    "serve": "Play a recording over a real WebSocket and REST server on this machine, to programs in any language.",
    "parse": "Turn raw messages of a venue, one a line, into normalised events, as JSON lines.",
    "inspect": "Tell what is in a recording, and check that it is whole and unchanged.",
    "check": "Look for everything that is wrong with a recording: a report for people, an exit code for CI.",
    "fix": "Read the FIX messages of a log or a pipe, or hold a session and watch it.",
    "venues": "List the venues, what can be subscribed at each, and their environments.",
    "schema": "Print the schema of the JSON lines: every event, every member, its type and unit.",
}
FIX_COMMANDS: Final = {
    "decode": "Show the FIX messages of a log, a capture or a pipe with the names of their fields.",
    "session": "Hold a FIX session and show what goes by, in both directions, until Ctrl-C logs out.",
}


def make_app(arguments: Sequence[str] = ()) -> App:
    """The commands these arguments can mean: the one they name, or all of them by name and summary alone."""
    app = App(
        name="barterpy",
        help=described(_HELP),
        help_epilogue=_EPILOGUE,
        help_format="rich",
        version=_version,
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    if arguments[:1] == ["fix"]:
        app.command(_make_fix(arguments[1:]))
    else:
        _add(app, COMMANDS, arguments, "barterpy.cli.commands")
    return app


def _make_fix(arguments: Sequence[str]) -> App:
    fix = App(name="fix", help=described(_FIX_HELP), help_format="rich", result_action="return_value")
    _add(fix, FIX_COMMANDS, arguments, "barterpy.cli.commands.fix")
    return fix


def _add(app: App, commands: Mapping[str, str], arguments: Sequence[str], package: str) -> None:
    """The command that is named is imported. Of the others, a name and a line are all that is asked for."""
    named = next((name for name in commands if arguments[:1] == [name]), None)
    if named is not None:
        command = getattr(import_module(f"{package}.{named}"), named)
        app.command(command, name=named, help=described(command.__doc__))
        return
    for order, (name, summary) in enumerate(commands.items()):
        app.command(App(name=name, help=described(summary), sort_key=order))


def execute(arguments: Sequence[str] | None = None) -> int:
    """Run the command of these arguments (those of the process for None) and give the exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app = make_app(arguments)
        result: Any = app(arguments, exit_on_error=False, print_error=False, console=Console())
        sys.stdout.flush()
    except CycloptsError as error:
        print(f"barterpy: {_usage_text(error, arguments)} See `{_help_command(arguments)}`.", file=sys.stderr)
        return Exit.USAGE
    except BrokenPipeError as error:
        # Whoever read our output has gone. Python flushes stdout once more at exit, which must not fail again.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return report(error, debug=False)
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - the last place that can turn it into one line
        return report(error, debug="--debug" in arguments)
    return int(result or Exit.OK)


def _usage_text(error: CycloptsError, arguments: Sequence[str]) -> str:
    if isinstance(error, UnusedCliTokensError):
        return f"Unexpected argument: {' '.join(error.unused_tokens or ())}."
    text = " ".join(str(error).split())
    if isinstance(error, UnknownCommandError):
        known = FIX_COMMANDS if arguments[:1] == ["fix"] else COMMANDS
        return f"{text.partition(' Available commands')[0]} Available commands: {', '.join(known)}."
    return text if text.endswith((".", "?")) else f"{text}."


def _help_command(arguments: Sequence[str]) -> str:
    named = ["barterpy"]
    for name, commands in zip(arguments, (COMMANDS, FIX_COMMANDS if arguments[:1] == ["fix"] else {}), strict=False):
        if name not in commands:
            break
        named.append(name)
    return " ".join([*named, "-h"])
